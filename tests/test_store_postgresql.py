"""What only a server can do to a store: refuse, restart, break off, take two at once."""

from __future__ import annotations

import builtins
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import psycopg
import pytest

from digest.errors import StoreError
from digest.settings import ServerDatabase
from digest.store import Start, open_store
from digest.store.database import Database
from tests.cluster import Cluster, cluster
from tests.projects import MONDAY, Clock
from tests.stores import article, on_postgresql, opened, planned, where

ROOT = Path(__file__).parent.parent

HOLDER = """
import sys, time
from digest.settings import ServerDatabase
from digest.store.database import Database
with Database(ServerDatabase(url=sys.argv[1])).alone("send-daily") as granted:
    print("held" if granted else "refused", flush=True)
    time.sleep(60)
"""

COMMITS = """
import sys
from digest.errors import StoreError
from digest.settings import ServerDatabase
from digest.store.database import Database
database = Database(ServerDatabase(url=sys.argv[1]))
def commit():
    with database.tx(durable=True, alone=False):
        change = "update schema_version set version = version + :by", [{"by": 0}]
        return database.several([change, change])
commit()
print("ready", flush=True)
sys.stdin.readline()
try:
    commit()
except StoreError as error:
    print(error)
print(commit())
"""

OPENS = """
import sys
from datetime import UTC, datetime
from digest.settings import ServerDatabase
from digest.store import Start, open_store
store = open_store(ServerDatabase(url=sys.argv[1]), now=lambda: datetime.now(UTC))
print(store.key.hex())
store.close()
"""

pytestmark = pytest.mark.slow


@pytest.fixture
def server() -> Cluster:
    return cluster()


@pytest.fixture
def empty(server: Cluster) -> Iterator[str]:
    with server.empty() as name:
        yield name


def problem(where: ServerDatabase) -> str:
    with pytest.raises(StoreError) as caught:
        Database(where, patience_seconds=2).close()
    assert where.url in str(caught.value)
    assert str(caught.value).endswith((".", "`."))
    return str(caught.value)


def size(database: Database) -> int:
    (row,) = database.all("select count(*) as n from source")
    return int(row["n"])


def add(database: Database, name: str) -> None:
    database.run("insert into source (name, record) values (:name, '{}')", name=name)


class TestADatabase:
    def test_that_is_empty_is_made_by_many_processes_at_once(
        self, server: Cluster, empty: str
    ) -> None:
        command = [sys.executable, "-c", OPENS, server.server(empty).url]

        children = [
            subprocess.Popen(command, stdout=subprocess.PIPE, cwd=ROOT)
            for _ in range(3)
        ]

        keys = {child.communicate()[0] for child in children}
        assert {child.returncode for child in children} == {0}
        assert len(keys) == 1

    def test_is_sure_of_its_commits_whatever_the_server_thinks(
        self, server: Cluster, empty: str
    ) -> None:
        assert server.rows(empty, "show synchronous_commit") == [("off",)]

        with closing(Database(server.server(empty))) as database:
            assert database.all("show synchronous_commit") == [
                {"synchronous_commit": "on"}
            ]

    def test_can_be_reached_over_the_network(self, server: Cluster, empty: str) -> None:
        with closing(Database(server.server(empty, over_tcp=True))) as database:
            assert size(database) == 0


class TestWhatCannotBeUsedIsSaidInPlainWords:
    def test_a_server_that_is_not_there(self) -> None:
        place = ServerDatabase(url="postgresql://digest@127.0.0.1:9/news")

        text = problem(place)

        assert "it cannot be reached (" in text
        assert "Connection refused" in text

    def test_a_database_that_is_not_there(self, server: Cluster) -> None:
        assert "createdb" in problem(server.server("nothing"))

    def test_a_user_who_is_not_let_in(self, server: Cluster, empty: str) -> None:
        secret = ServerDatabase(
            url=f"postgresql://digest@127.0.0.1:{server.port}/{empty}", password="hush"
        )
        hba = server.data / "pg_hba.conf"
        before = hba.read_text()
        hba.write_text("host all all 127.0.0.1/32 scram-sha-256\n" + before)
        server.admin("select pg_reload_conf()")
        try:
            text = problem(secret)
            server.admin("alter role digest password 'hush'")
            Database(secret).close()
        finally:
            hba.write_text(before)
            server.admin("select pg_reload_conf()")

        assert "does not let this user in" in text
        assert "database_password" in text
        assert "hush" not in text + repr(secret)

    def test_a_user_without_rights(self, server: Cluster, empty: str) -> None:
        server.admin("create role guest login")
        place = server.server(empty)

        text = problem(ServerDatabase(url=place.url.replace("digest@", "guest@")))

        assert "may not do that. Make the user the owner" in text

    def test_another_encoding(self, server: Cluster) -> None:
        server.admin(
            "create database latin encoding 'LATIN1' locale 'C' "
            "locale_provider libc template template0"
        )

        assert "its encoding is LATIN1" in problem(server.server("latin"))

    def test_the_tables_of_another_program(self, server: Cluster, empty: str) -> None:
        server.rows(empty, "create table recipes (title text)")

        assert "it has the table 'recipes'" in problem(server.server(empty))

    def test_a_format_newer_than_this_program(
        self, server: Cluster, empty: str
    ) -> None:
        open_store(server.server(empty), now=Clock()).close()
        server.rows(empty, "update schema_version set version = 9000")

        assert "has format 9000" in problem(server.server(empty))

    def test_a_database_that_may_only_be_read(
        self, server: Cluster, empty: str
    ) -> None:
        with closing(Database(server.server(empty))) as database:
            database.run("set default_transaction_read_only = on")

            with pytest.raises(StoreError, match="may only be read"):
                add(database, "wire")

    def test_psycopg_that_is_not_installed(
        self, server: Cluster, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        real = builtins.__import__

        def missing(name: str, *rest: object) -> object:
            if name == "psycopg":
                raise ImportError(name)
            return real(name, *rest)  # type: ignore[arg-type]

        monkeypatch.setattr(builtins, "__import__", missing)

        text = problem(server.server("any"))

        assert "`pip install 'digest-newsletter[postgresql]'`" in text

    def test_something_unforeseen(self, server: Cluster, empty: str) -> None:
        with (
            closing(Database(server.server(empty))) as database,
            pytest.raises(StoreError, match=r'"missing" does not exist\. Run it again'),
        ):
            database.all("select * from missing")


@pytest.mark.slow
class TestARestartOfTheServer:
    @pytest.fixture
    def database(self, server: Cluster, empty: str) -> Iterator[Database]:
        with closing(Database(server.server(empty))) as database:
            add(database, "before")
            yield database

    def restart(self, server: Cluster) -> None:
        server.crash()
        server.start()

    def test_fails_what_was_in_hand_and_nothing_after_it(
        self, server: Cluster, database: Database
    ) -> None:
        self.restart(server)

        with pytest.raises(StoreError, match=r"connection broke.*what was kept is not"):
            add(database, "during")
        add(database, "after")

        assert size(database) == 2

    def test_in_a_commit_is_said_once_and_the_next_one_goes_through(
        self, server: Cluster, database: Database
    ) -> None:
        url = database.engine.name.removeprefix("the database ")
        with subprocess.Popen(
            [sys.executable, "-c", COMMITS, url],
            cwd=ROOT,
            text=True,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        ) as process:
            assert process.stdout is not None
            assert process.stdout.readline() == "ready\n"
            self.restart(server)
            out, err = process.communicate("\n", timeout=60)

        said, changed = out.splitlines()
        assert "the connection broke" in said
        assert changed == "[1, 1]"
        assert err == ""

    @pytest.mark.parametrize("durable", [False, True])
    def test_while_it_is_away_is_said_each_time(
        self, server: Cluster, empty: str, database: Database, durable: bool
    ) -> None:
        change = "update schema_version set version = version + :by", [{"by": 0}]

        def ask() -> None:
            if not durable:
                size(database)
                return
            with database.tx(durable=True):
                database.several([change])

        ask()
        server.crash()
        try:
            for words in ("the connection broke", "cannot be reached"):
                with pytest.raises(StoreError, match=words):
                    ask()
        finally:
            server.start()

        ask()
        with closing(Database(server.server(empty))) as after:
            assert size(after) == 1

    def test_undoes_the_transaction_whole_even_when_its_failure_is_hidden(
        self, server: Cluster, database: Database
    ) -> None:
        def hides_it() -> None:
            with database.tx():
                add(database, "first")
                self.restart(server)
                for name in ("second", "third"):
                    with pytest.raises(StoreError, match="connection broke"):
                        add(database, name)

        with pytest.raises(RuntimeError, match="a part of this transaction failed"):
            hides_it()

        assert size(database) == 1

    def test_that_cuts_off_a_commit_is_no_success(
        self, server: Cluster, database: Database
    ) -> None:
        def is_cut_off() -> None:
            with database.tx():
                add(database, "cut off")
                self.restart(server)

        with pytest.raises(StoreError, match="is not known"):
            is_cut_off()

        assert size(database) == 1

    def test_loses_nothing_that_was_committed(
        self, server: Cluster, database: Database
    ) -> None:
        for number in range(50):
            add(database, f"{number}")
        self.restart(server)

        with pytest.raises(StoreError):
            size(database)
        assert size(database) == 51


class TestTransactions:
    def test_that_are_not_alone_run_beside_each_other(
        self, server: Cluster, empty: str
    ) -> None:
        with (
            closing(Database(server.server(empty), patience_seconds=1)) as one,
            closing(Database(server.server(empty), patience_seconds=1)) as two,
        ):
            with one.tx(alone=False), two.tx(), one.tx(alone=False):
                add(one, "a")
                add(two, "b")

            assert size(one) == 2

    def test_ask_for_the_lock_when_a_part_of_them_must_be_alone(
        self, server: Cluster, empty: str
    ) -> None:
        def ask_late(one: Database, two: Database) -> None:
            with two.tx(), one.tx(alone=False), one.tx():
                pass

        with (
            closing(Database(server.server(empty), patience_seconds=0.2)) as one,
            closing(Database(server.server(empty), patience_seconds=0.2)) as two,
            pytest.raises(StoreError, match="Wait for that process"),
        ):
            ask_late(one, two)

    def test_see_what_the_one_before_them_wrote(
        self, server: Cluster, empty: str
    ) -> None:
        """Without the lock, two look at once and both think that they are first."""
        made: list[int] = []

        with closing(Database(server.server(empty))) as database:

            def number() -> None:
                for _ in range(10):
                    with database.tx():
                        made.append(size(database))
                        add(database, f"{size(database)}")

            threads = [threading.Thread(target=number) for _ in range(4)]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()

        assert made == list(range(40))


class TestALock:
    def test_is_held_by_one_and_dies_with_its_process(
        self, tmp_path: Path, server: Cluster, empty: str
    ) -> None:
        url = server.server(empty).url
        child = subprocess.Popen(
            [sys.executable, "-c", HOLDER, url], stdout=subprocess.PIPE, cwd=ROOT
        )
        assert child.stdout
        with closing(Database(server.server(empty))) as database:
            assert child.stdout.readline() == b"held\n"
            with (
                database.alone("send-daily") as same,
                database.alone("send-weekly") as other,
            ):
                assert (same, other) == (False, True)

            child.kill()
            child.wait()
            child.stdout.close()
            wait_until_gone(database)

            with database.alone("send-daily") as again:
                assert again


def wait_until_gone(database: Database) -> None:
    """Wait until the server has noticed that a process with a lock is gone."""
    held = "select 1 as one from pg_locks where locktype = 'advisory'"
    for _ in range(200):
        if not database.all(held):
            return
        threading.Event().wait(0.05)
    raise AssertionError("the lock outlived its process")


def test_a_store_on_a_server_is_a_store(tmp_path: Path, server: Cluster) -> None:
    with server.empty() as name:
        (tmp_path / "database.url").write_text(server.server(name).url)

        with opened(tmp_path, Clock()) as store:
            store.archive.add([article()])
            key = store.key

        assert where(tmp_path) == server.server(name)
        with opened(tmp_path, Clock()) as store:
            assert store.archive.article("article1") == article()
            assert store.key == key


def test_who_lost_its_rows_waits_for_nobody(tmp_path: Path) -> None:
    """Else two might wait for one another, and the server stop the wrong one."""
    with on_postgresql(), opened(tmp_path, Clock()) as store:
        made = planned(store, readers=3)
        former = store.journal.claim(made.id, limit=3, lease_seconds=60)
        store.journal.recover(made.id)
        _, second, _ = store.journal.claim(made.id, limit=3, lease_seconds=60)
        place = where(tmp_path)
        assert isinstance(place, ServerDatabase)
        with psycopg.connect(place.url) as other:
            touch = b"update delivery set changed_ms = 0 where subscriber = %s"
            assert other.execute(touch, [second.subscriber]).rowcount == 1
            starts = [Start(claim=c, dated=MONDAY, articles=("a",)) for c in former]

            written = store.journal.write(made.id, starts=starts, leaving=former)

    assert written.refused == {claim.delivery for claim in former}
