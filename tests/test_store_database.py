from __future__ import annotations

import re
import resource
import sqlite3
import stat
import subprocess
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, suppress
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import digest.store
from digest.errors import StoreError
from digest.store import open_store
from digest.store.database import (
    Database,
    chunks,
    from_ms,
    storable,
    to_ms,
)
from digest.store.engine import Connection
from digest.store.ids import NearIds, new_id
from digest.store.sqlite import rests
from tests.projects import Clock
from tests.stores import article, opened, reader, rows, settled

STORE = Path(digest.store.__file__).parent


THING = "create table thing (id text primary key, size bigint, content bytea)"


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    """Open an SQLite file with a table."""
    with closing(Database(tmp_path / "digest.db", patience_seconds=0.1)) as opened:
        opened.run(THING)
        yield opened


@pytest.fixture
def either(tmp_path: Path, engine: str) -> Iterator[Database]:
    """Open a database of each kind, with a table."""
    with closing(Database(settled(tmp_path), patience_seconds=0.5)) as opened:
        opened.run(THING)
        yield opened


def things(database: Database) -> list[str]:
    return [row["id"] for row in database.all("select id from thing order by id")]


class TestAFile:
    def test_that_is_not_there_is_made_and_migrated(self, tmp_path: Path) -> None:
        with opened(tmp_path, Clock()):
            pass

        newest = max((STORE / "migrations").glob("*.sql"))
        assert rows(tmp_path, "select version from schema_version") == [
            (int(newest.name[:4]),)
        ]

    def test_is_for_its_owner_alone(self, tmp_path: Path) -> None:
        with opened(tmp_path, Clock()):
            pass

        assert stat.S_IMODE((tmp_path / "digest.db").stat().st_mode) == 0o600

    def test_that_is_empty_is_used(self, tmp_path: Path) -> None:
        (tmp_path / "digest.db").touch()

        with opened(tmp_path, Clock()) as store:
            assert store.archive.articles() == []

    def test_keeps_everything_when_opened_again(self, tmp_path: Path) -> None:
        with opened(tmp_path, Clock()) as store:
            store.archive.add([article()])
            key = store.key

        with opened(tmp_path, Clock()) as store:
            assert store.archive.article("article1") == article()
            assert store.key == key

    def test_survives_a_power_cut_after_every_commit(self, database: Database) -> None:
        assert database.all("pragma journal_mode")[0]["journal_mode"] == "wal"
        assert database.all("pragma synchronous")[0]["synchronous"] == 2  # full

    def test_that_threads_open_one_after_another_stays_locked_for_all(
        self, tmp_path: Path
    ) -> None:
        """A file read and closed beside SQLite would cost the process all its locks.

        Then another process that closes it believes to be the last, and takes away the
        log that this one is writing.
        """
        path = tmp_path / "digest.db"
        other = (
            "import sqlite3, sys; other = sqlite3.connect(sys.argv[1]);"
            "other.execute('select * from thing').fetchall(); other.close()"
        )
        with closing(Database(path, patience_seconds=0.1)) as database:
            database.run(THING)
            with ThreadPoolExecutor(max_workers=1) as threads:
                threads.submit(database.one, "select * from thing").result()
            subprocess.run([sys.executable, "-c", other, path], check=True)

            assert (tmp_path / "digest.db-wal").stat().st_size > 0
            assert not rests(path)
            subprocess.run([sys.executable, "-c", other, path], check=True)
            assert (tmp_path / "digest.db-wal").exists()

    def test_opens_while_another_process_is_writing(self, tmp_path: Path) -> None:
        with (
            opened(tmp_path, Clock()) as writer,
            writer.transaction(),
            opened(tmp_path, Clock()) as store,
        ):
            assert store.archive.articles() == []

    def test_may_be_made_by_many_processes_at_once(self, tmp_path: Path) -> None:
        script = (
            "import sys; from pathlib import Path; from datetime import UTC, datetime;"
            "from digest.store import open_store;"
            "store = open_store(Path(sys.argv[1]), now=lambda: datetime.now(UTC));"
            "print(store.key.hex()); store.close()"
        )
        command = [sys.executable, "-c", script, str(tmp_path / "digest.db")]

        children = [
            subprocess.Popen(command, stdout=subprocess.PIPE, cwd=STORE.parent.parent)
            for _ in range(4)
        ]

        keys = {child.communicate()[0] for child in children}
        assert {child.returncode for child in children} == {0}
        assert len(keys) == 1


class TestAKey:
    def test_has_32_bytes_of_its_own(self, tmp_path: Path) -> None:
        (tmp_path / "other").mkdir()
        with (
            opened(tmp_path, Clock()) as one,
            opened(tmp_path / "other", Clock()) as two,
        ):
            assert len(one.key) == 32
            assert one.key != two.key


class TestWhatCannotBeUsedIsSaidInPlainWords:
    def problem(self, path: Path) -> str:
        with pytest.raises(StoreError) as caught:
            open_store(path, now=Clock())
        assert (
            caught.value.__cause__ is not None
            or "newer" in str(caught.value)
            or ("another program" in str(caught.value))
        )
        text = str(caught.value)
        assert str(path) in text
        assert text.endswith((".", "`."))
        return text

    def test_a_missing_folder(self, tmp_path: Path) -> None:
        assert "No such file or directory" in self.problem(
            tmp_path / "no" / "digest.db"
        )

    def test_a_folder_that_is_a_file(self, tmp_path: Path) -> None:
        (tmp_path / "file").write_text("")

        assert "Not a directory" in self.problem(tmp_path / "file" / "digest.db")

    def test_a_folder_in_place_of_the_file(self, tmp_path: Path) -> None:
        assert "cannot be opened" in self.problem(tmp_path)

    def test_a_file_of_another_kind(self, tmp_path: Path) -> None:
        path = tmp_path / "digest.db"
        path.write_text("subscribers:\n" * 1000)

        assert "not an SQLite database" in self.problem(path)
        assert path.read_text().startswith("subscribers:")

    def test_a_damaged_file(self, tmp_path: Path) -> None:
        path = tmp_path / "digest.db"
        with opened(tmp_path, Clock()) as store:
            store.archive.add([article(n) for n in range(200)])
        content = bytearray(path.read_bytes())
        content[4096:] = b"\xff" * (len(content) - 4096)
        path.write_bytes(content)

        with (
            pytest.raises(StoreError, match=r"is damaged\. Restore it"),
            opened(tmp_path, Clock()) as store,
        ):
            store.archive.articles()

    def test_the_database_of_another_program(self, tmp_path: Path) -> None:
        path = tmp_path / "digest.db"
        with closing(sqlite3.connect(path)) as other:
            other.execute("create table recipes (title)")

        assert "another program: it has the table 'recipes'" in self.problem(path)
        assert rows(tmp_path, "select name from sqlite_master") == [("recipes",)]

    def test_a_format_newer_than_this_program(self, tmp_path: Path) -> None:
        path = tmp_path / "digest.db"
        with opened(tmp_path, Clock()):
            pass
        with closing(sqlite3.connect(path)) as newer:
            newer.execute("update schema_version set version = 9000")
            newer.commit()

        assert "has format 9000" in self.problem(path)

    def test_an_sqlite_that_is_too_old(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(sqlite3, "sqlite_version_info", (3, 34, 1))

        with pytest.raises(StoreError, match=r"Use a Python built with SQLite 3\.35"):
            open_store(tmp_path / "digest.db", now=Clock())

    def test_a_process_that_never_stops_writing(
        self, tmp_path: Path, database: Database
    ) -> None:
        with closing(sqlite3.connect(tmp_path / "digest.db")) as other:
            other.execute("begin immediate")

            with pytest.raises(StoreError, match="Wait for that process or stop it"):
                database.run("insert into thing (id) values ('a')")

    def test_a_database_that_may_only_be_read(self, database: Database) -> None:
        database.run("pragma query_only = on")

        with pytest.raises(StoreError, match=r"may only be read\. Give this account"):
            database.run("insert into thing (id) values ('a')")

    def test_something_unforeseen(self, database: Database) -> None:
        with pytest.raises(StoreError, match=r"no such table: missing\. Run it again"):
            database.all("select * from missing")

    def test_a_table_that_somebody_dropped(self, tmp_path: Path) -> None:
        with opened(tmp_path, Clock()) as store:
            store._database.run("drop table secret")

        assert "no such table: secret" in self.problem(tmp_path / "digest.db")


class TestAFullDisk:
    @pytest.fixture
    def full(self, database: Database) -> Database:
        database.run("insert into thing (id) values ('before')")
        page_count = database.all("pragma page_count")[0]["page_count"]
        database.run(f"pragma max_page_count = {page_count}")
        return database

    def test_undoes_what_was_being_written_and_says_so(self, full: Database) -> None:
        many = [{"id": f"{number:0500}"} for number in range(1000)]

        with pytest.raises(StoreError, match=r"disk is full\. Free some space"):
            full.many("insert into thing (id) values (:id)", many)

        assert things(full) == ["before"]

    def test_is_said_in_words_by_a_statement_that_also_returns_rows(
        self, database: Database
    ) -> None:
        """SQLite commits such a statement only when its last row was read."""
        at_first = resource.getrlimit(resource.RLIMIT_FSIZE)
        resource.setrlimit(resource.RLIMIT_FSIZE, (0, at_first[1]))
        try:
            with pytest.raises(StoreError, match="disk"):
                database.all("insert into thing (id) values ('late') returning id")
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, at_first)

        assert things(database) == []

    def test_leaves_a_database_that_goes_on_when_there_is_space(
        self, full: Database
    ) -> None:
        with pytest.raises(StoreError):
            full.run("insert into thing (id) values (:id)", id="x" * 20_000)

        full.run("pragma max_page_count = 100000")
        full.run("insert into thing (id) values (:id)", id="x" * 20_000)

        assert len(things(full)) == 2

    def test_is_met_by_an_import_as_a_whole(self, tmp_path: Path) -> None:
        with opened(tmp_path, Clock()) as store:
            database = store._database
            page_count = database.all("pragma page_count")[0]["page_count"]
            database.run(f"pragma max_page_count = {page_count}")

            with pytest.raises(StoreError, match="disk is full"):
                store.audience.import_(
                    [reader(n) for n in range(2000)], origin="readers", sync=True
                )

            assert list(store.audience.all()) == []


def add(database: Database, thing: str) -> None:
    with database.tx():
        database.run("insert into thing (id) values (:id)", id=thing)


def fail_after(database: Database, thing: str) -> None:
    with database.tx():
        add(database, thing)
        raise KeyError(thing)


def hide_a_failure(database: Database) -> None:
    with database.tx():
        with pytest.raises(KeyError):
            fail_after(database, "a")
        add(database, "b")


def swallow_a_failure(database: Database) -> None:
    with database.tx():
        database.run("insert into thing (id) values ('b')")
        with suppress(StoreError):
            database.run("insert into thing (id) values ('a')")


class TestATransaction:
    def test_writes_all_or_nothing_with_those_inside_it(self, either: Database) -> None:
        with pytest.raises(KeyError):
            fail_after(either, "a")

        assert things(either) == []

    def test_of_which_a_part_failed_is_never_kept(self, either: Database) -> None:
        with pytest.raises(RuntimeError, match="a part of this transaction failed"):
            hide_a_failure(either)

        assert things(either) == []

    def test_can_be_followed_by_another_after_a_failure(self, either: Database) -> None:
        with pytest.raises(RuntimeError):
            hide_a_failure(either)

        add(either, "c")

        assert things(either) == ["c"]

    def test_that_must_be_durable_is_refused_inside_another(
        self, either: Database
    ) -> None:
        with (
            pytest.raises(RuntimeError, match="on the disk"),
            either.tx(),
            either.tx(durable=True),
        ):
            pass

    def test_is_seen_by_others_only_when_it_ended(
        self, tmp_path: Path, either: Database
    ) -> None:
        count = "select count(*) from thing"
        with either.tx():
            either.run("insert into thing (id) values ('a')")
            assert rows(tmp_path, count) == [(0,)]

        assert rows(tmp_path, count) == [(1,)]


class TestThreads:
    def test_have_a_connection_each_and_wait_for_one_another(
        self, tmp_path: Path, engine: str
    ) -> None:
        with closing(Database(settled(tmp_path))) as database:
            database.run("create table thing (id text primary key)")

            def write() -> None:
                for _ in range(20):
                    with database.tx():
                        count = len(things(database))
                        database.run("insert into thing values (:id)", id=f"{count:02}")

            threads = [threading.Thread(target=write) for _ in range(4)]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()

            assert things(database) == [f"{number:02}" for number in range(80)]

    def test_close_their_connections_when_they_end(
        self, either: Database, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        opened: list[Connection] = []
        connect = either.engine.connect

        def noted(*, committing: bool) -> Connection:
            opened.append(connect(committing=committing))
            return opened[-1]

        monkeypatch.setattr(either.engine, "connect", noted)
        for _ in range(3):
            thread = threading.Thread(target=things, args=(either,))
            thread.start()
            thread.join()

        assert len(opened) == 3
        for connection in opened:
            with pytest.raises(either.engine.errors, match="closed"):
                connection.execute("select 1")


class TestStatements:
    def test_take_lists(self, either: Database) -> None:
        either.many(
            "insert into thing (id, size) values (:id, :size)",
            [{"id": "a", "size": 1}, {"id": "b", "size": 2}, {"id": "c", "size": None}],
        )

        found = either.all(
            "select id from thing where id in (:ids) and size = :size",
            ids=("a", "b"),
            size=2,
        )

        assert [row["id"] for row in found] == ["b"]
        rest = either.all("select id from thing where id not in (:ids)", ids=("a", "b"))
        assert [row["id"] for row in rest] == ["c"]
        assert either.run("delete from thing where size in (:sizes)", sizes=(1, 2)) == 2

    def test_take_bytes_and_whatever_a_text_may_hold(self, either: Database) -> None:
        text, octets = "100 % :id %(id)s ' -- é", b"\x00\xff:id"

        either.run(
            "insert into thing (id, content) values (:id, :content) -- :no, 5 %",
            id=text,
            content=octets,
        )

        (row,) = either.all("select id, content from thing where id like '100 %'")
        assert (row["id"], row["content"]) == (text, octets)
        assert list(row.keys()) == ["id", "content"]

    def test_of_many_rows_say_how_many_they_changed(self, either: Database) -> None:
        insert = "insert into thing (id) values (:id) on conflict (id) do nothing"

        assert either.many(insert, [{"id": f"{n}"} for n in range(5)]) == 5
        assert either.many(insert, [{"id": f"{n}"} for n in range(8)]) == 3

    def test_that_are_not_text_are_refused_in_plain_words(
        self, either: Database
    ) -> None:
        with pytest.raises(StoreError, match="not text"):
            either.run("insert into thing (id) values (:id)", id="\ud800")

    def test_wait_for_who_is_writing_and_then_say_so(
        self, tmp_path: Path, either: Database
    ) -> None:
        with (
            closing(Database(settled(tmp_path), patience_seconds=0.2)) as other,
            other.tx(),
            pytest.raises(StoreError, match="Wait for that process or stop it"),
            either.tx(),
        ):
            pass

    def test_that_failed_spoil_their_transaction(self, either: Database) -> None:
        add(either, "a")

        with pytest.raises(RuntimeError, match="a part of this transaction failed"):
            swallow_a_failure(either)

        assert things(either) == ["a"]

    def test_without_rows_change_nothing(self, either: Database) -> None:
        assert either.many("insert into thing (id) values (:id)", []) == 0

    @pytest.mark.parametrize(
        "room", sorted(path.stem for path in (STORE / "sql").glob("*.sql"))
    )
    def test_of_a_room_are_all_there_and_all_used(self, room: str) -> None:
        said = f'SQL = statements("{room}")'
        modules = [path.read_text() for path in STORE.glob("*.py")]
        text = (STORE / "sql" / f"{room}.sql").read_text()

        used = {
            name
            for module in modules
            if said in module
            for name in re.findall(r'SQL\["(\w+)"\]|_many\(\s*"(\w+)"', module)
        }

        assert {a or b for a, b in used} == set(
            re.findall(r"^-- name: (\w+)$", text, re.MULTILINE)
        )


class TestSmallThings:
    @given(st.datetimes(timezones=st.just(UTC)))
    def test_times_keep_their_milliseconds(self, moment: datetime) -> None:
        back = from_ms(to_ms(moment))

        assert timedelta() <= moment - back < timedelta(milliseconds=1)
        assert to_ms(back) == to_ms(moment)

    def test_times_of_any_zone_are_the_same_moment(self) -> None:
        moment = datetime(2026, 11, 23, 7, tzinfo=timezone(timedelta(hours=1)))

        assert from_ms(to_ms(moment)) == moment

    def test_ids_are_13_characters_that_survive_case_folding(self) -> None:
        ids = {new_id() for _ in range(1000)}

        assert len(ids) == 1000
        assert all(re.fullmatch("[a-z2-7]{13}", each) for each in ids)

    @given(st.text(st.characters(), max_size=20))
    def test_any_text_can_be_made_storable(self, text: str) -> None:
        stored = storable(text)

        assert "\0" not in stored
        stored.encode()

    @given(st.lists(st.integers(), max_size=30), st.integers(1, 7))
    def test_chunks_hold_everything_in_order(self, items: list[int], size: int) -> None:
        found = list(chunks(iter(items), size))

        assert [item for chunk in found for item in chunk] == items
        assert all(1 <= len(chunk) <= size for chunk in found)


def test_new_ids_are_those_of_links_and_near_ones_lie_together() -> None:
    ids = NearIds()

    drawn = [ids.draw(number) for number in (500, 1, 500)]

    assert len({each for some in drawn for each in some}) == 1001
    assert max(drawn[0]) < min(drawn[1]) < min(drawn[2])
    assert drawn[0] != sorted(drawn[0]), "they do not tell who came first"
    for each in (*drawn[0], *(new_id() for _ in range(100))):
        assert re.fullmatch("[a-z2-7]{12}[acegikmoqsuwy246]", each)
    assert not NearIds().draw(1)[0].startswith(drawn[0][0][:4])


#: Commits again and again, as a process that sends does.
COMMITTING = """
import sqlite3, sys
line = sqlite3.connect(sys.argv[1], isolation_level=None, timeout=30)
print("begun", flush=True)
while True:
    line.execute("begin immediate")
    line.execute("insert into secret (name, hex) values (hex(randomblob(8)), '')")
    line.execute("commit")
"""


def test_a_writer_gets_its_turn_beside_one_that_commits_all_the_time(
    tmp_path: Path,
) -> None:
    """With SQLite's own way of waiting the other one commits a hundred times meanwhile."""
    file = tmp_path / "digest.db"
    with closing(Database(file)) as database:
        other = subprocess.Popen(
            [sys.executable, "-c", COMMITTING, str(file)],
            stdout=subprocess.PIPE,
            text=True,
        )
        with other:
            assert other.stdout
            other.stdout.readline()
            (before,) = database.all("select count(*) as n from secret")
            for _ in range(30):
                with database.tx():
                    database.run("update secret set hex = hex where name = 'none'")
            (after,) = database.all("select count(*) as n from secret")
            other.kill()

    assert (after["n"] - before["n"]) / 30 < 50
