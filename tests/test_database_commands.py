"""`digest db`, on real projects: nothing is lost on the way, and nothing sent twice."""

from __future__ import annotations

import io
import shutil
import sqlite3
import stat
import threading
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from digest.config import load_settings
from digest.model import State
from digest.newsroom import Newsroom
from digest.store import copy_database, verify_database
from digest.store.copying import TABLES
from digest.store.database import Database
from tests.cluster import cluster
from tests.commands import Shell, run
from tests.projects import SETTINGS, Clock, write_article, write_project
from tests.stores import issue, opened, planned, rows, settled
from tests.test_settling import killed_while_sending


@pytest.fixture
def server(project: Path) -> Iterator[str]:
    """Move the project to a server; return the database's address."""
    with cluster().empty() as name:
        url = cluster().server(name).url
        (project / "digest.yaml").write_text(f"{SETTINGS}database: {url}\n")
        yield url


def begun(project: Path) -> None:
    """Send a part of an issue: one arrived, one is in doubt, one waits."""
    with killed_while_sending(project, arrived=1, in_flight=1):
        pass


def everything(database: Database) -> dict[str, list[str]]:
    """Return every row of every table, in the order of their words."""
    with database.snapshot():
        return {
            table: sorted(
                str(sorted(row.items()))
                for batch in database.batches(f"select * from {table}", 100)
                for row in batch
            )
            for table in TABLES
        }


def test_upgrade_says_what_it_did(digest: Shell, project: Path) -> None:
    first = digest("db", "upgrade")
    again = digest("db", "upgrade")

    assert "Applied 0001, 0002" in first.out
    assert again.out == "The database was up to date.\n"


class TestCopy:
    @pytest.mark.slow
    def test_takes_everything_to_a_server_and_back(
        self, digest: Shell, project: Path, tmp_path: Path
    ) -> None:
        digest("collect")
        begun(project)
        with cluster().empty() as name:
            server = cluster().server(name)

            there = digest("db", "copy", project / "digest.db", server.url)
            back = digest("db", "copy", server.url, tmp_path / "back.db")

            assert (there.code, back.code) == (0, 0)
            assert "both sides were counted and compared" in there.out
            found = []
            for place in (project / "digest.db", server, tmp_path / "back.db"):
                with closing(Database(place)) as database:
                    found.append(everything(database))
            assert found[0] == found[1] == found[2]
            assert len(found[0]["delivery"]) == 3
            assert verify_database(server) == []

    def test_knows_every_table(self, tmp_path: Path) -> None:
        with closing(Database(tmp_path / "digest.db")) as database:
            tables = {row["name"] for row in database.all(database.engine.tables)}

        assert tables == {*TABLES, "schema_version"}

    def test_refuses_a_target_that_holds_anything(
        self, digest: Shell, project: Path, tmp_path: Path
    ) -> None:
        digest("collect")
        other = write_project(tmp_path / "other")
        Newsroom(load_settings(other, environment={})).close()

        result = digest("db", "copy", project / "digest.db", other / "digest.db")

        assert result.code == 4
        assert "is not empty" in result.err

    def test_notices_when_something_else_arrives_than_was_sent(
        self, project: Path, tmp_path: Path, digest: Shell
    ) -> None:
        digest("collect")
        with closing(Database(tmp_path / "new.db")) as target:
            target.run(
                "create trigger spoils after insert on article_version begin "
                "update article_version set content = '{}' where hash = new.hash; end"
            )

        result = digest("db", "copy", project / "digest.db", tmp_path / "new.db")

        assert result.code == 4
        assert "did not take 'article_version' as it is" in result.err
        with closing(Database(tmp_path / "new.db")) as target:
            assert not any(everything(target).values())

    @pytest.mark.parametrize(
        ("source", "words"),
        [
            ("nowhere.db", "there is no such file"),
            ("mysql://h/n", "must be a path to a file, or an address"),
            ("postgresql://u:hush@h/n", "has a password in it"),
        ],
    )
    def test_of_what_is_not_there_says_so(
        self, digest: Shell, tmp_path: Path, source: str, words: str
    ) -> None:
        result = digest("db", "copy", source, tmp_path / "new.db")

        assert result.code == 3
        assert words in result.err
        assert "hush" not in result.err
        assert not (tmp_path / "new.db").exists()


class TestBackup:
    def test_is_whole_private_and_marked_while_others_write(
        self, digest: Shell, project: Path, tmp_path: Path
    ) -> None:
        digest("collect")
        begun(project)
        stop = threading.Event()

        def write() -> None:
            with Newsroom(load_settings(project, environment={})) as newsroom:
                while not stop.is_set():
                    newsroom.store.archive.watch("daily")
                    newsroom.store.life.step()

        writer = threading.Thread(target=write)
        writer.start()
        try:
            result = digest("db", "backup", tmp_path / "saved.db")
        finally:
            stop.set()
            writer.join()

        assert result.code == 0
        assert stat.S_IMODE((tmp_path / "saved.db").stat().st_mode) == 0o600
        assert list(tmp_path.glob("*saved.db*")) == [tmp_path / "saved.db"]
        assert digest("db", "verify", tmp_path / "saved.db").code == 0
        with closing(sqlite3.connect(tmp_path / "saved.db")) as saved:
            assert saved.execute("select backup_ms is null from life").fetchall() == [
                (0,)
            ]
            assert saved.execute("select count(*) from delivery").fetchall() == [(3,)]

    def test_never_writes_over_anything(
        self, digest: Shell, project: Path, tmp_path: Path
    ) -> None:
        (tmp_path / "saved.db").write_text("precious")

        result = digest("db", "backup", tmp_path / "saved.db")

        assert (result.code, (tmp_path / "saved.db").read_text()) == (4, "precious")
        assert "is there already" in result.err

    def test_into_a_folder_that_is_not_there_says_so(
        self, digest: Shell, tmp_path: Path
    ) -> None:
        digest("collect")

        result = digest("db", "backup", tmp_path / "no" / "saved.db")

        assert result.code == 4
        assert "No such file or directory" in result.err

    def test_of_a_server_is_a_file(
        self, digest: Shell, project: Path, tmp_path: Path, server: str
    ) -> None:
        digest("collect")
        begun(project)

        assert digest("db", "backup", tmp_path / "saved.db").code == 0

        with closing(Database(tmp_path / "saved.db")) as saved:
            assert len(everything(saved)["delivery"]) == 3


class TestARestoredBackup:
    """backup -> send -> restore -> nothing is sent until the operator decides."""

    def restored(self, digest: Shell, project: Path, tmp_path: Path) -> None:
        digest("collect")
        begun(project)
        assert digest("db", "backup", tmp_path / "saved.db").code == 0
        with Newsroom(load_settings(project, environment={})) as newsroom:
            daily = newsroom.newsletter("daily")
            with newsroom.sending(daily):
                for issue in newsroom.issues.open(daily):
                    newsroom.store.journal.resolve(
                        issue.id, was=State.QUEUED, becomes=State.SENT, reply="250 ok"
                    )
        for file in project.glob("digest.db*"):
            file.unlink()
        shutil.copy(tmp_path / "saved.db", project / "digest.db")

    def test_sends_nothing_and_says_why(
        self, digest: Shell, project: Path, tmp_path: Path
    ) -> None:
        self.restored(digest, project, tmp_path)

        results = [digest("send", "daily"), digest("send", "daily")]

        assert [result.code for result in results] == [4, 4]
        assert "is a backup of 20" in results[0].err
        assert "`digest db accept`" in results[0].err
        once = digest("run", "--once")
        assert once.code == 4, "although nothing is due yet"
        assert "is a backup of 20" in once.err
        status = digest("status")
        assert status.code == 1
        assert "is a backup of 20" in status.err
        assert digest("plan", "daily").code == 0

    def test_whose_acceptance_is_refused_stays_as_it_is(
        self,
        digest: Shell,
        project: Path,
        tmp_path: Path,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        self.restored(digest, project, tmp_path)
        monkeypatch.setattr("sys.stdin", io.StringIO("n\n"))

        result = digest("db", "accept")

        assert result.code == 1, "nobody stopped it: 130 is for Ctrl-C"
        assert "Nothing was changed." in result.err
        assert "What was done is kept" not in result.err
        assert digest("send", "daily").code == 4

    def test_is_not_mixed_with_what_a_crash_left_behind(
        self, digest: Shell, project: Path, tmp_path: Path
    ) -> None:
        digest("collect")
        assert digest("db", "backup", tmp_path / "saved.db").code == 0
        assert digest("db", "verify", tmp_path / "saved.db").code == 0
        with closing(sqlite3.connect(project / "digest.db")) as broken:
            broken.execute("create table later (word text)")
            broken.commit()
            left_behind = (project / "digest.db-wal").read_bytes()
        shutil.copy(tmp_path / "saved.db", project / "digest.db")
        (project / "digest.db-wal").write_bytes(left_behind)

        refused = digest("send", "daily")

        assert refused.code == 4
        assert "digest.db-wal, which belongs to the one that was there" in refused.err
        (project / "digest.db-wal").unlink()
        assert "is a backup of 20" in digest("send", "daily").err
        with closing(sqlite3.connect(project / "digest.db")) as restored:
            names = restored.execute("select name from sqlite_master").fetchall()
        assert ("later",) not in names

    @pytest.mark.slow
    def test_accepted_holds_what_may_have_been_sent(
        self, digest: Shell, project: Path, tmp_path: Path
    ) -> None:
        self.restored(digest, project, tmp_path)
        write_article(
            project,
            "since.md",
            "---\nheadline: Sent by then\ntags: [river]\n---\n\nX.\n",
        )

        unsaid = run(project, "db", "accept")
        accepted = digest("db", "accept", "--yes")

        assert unsaid.code == 2
        assert "Nobody is there to answer, so it was not done. Say --yes" in unsaid.err
        assert accepted.code == 0
        assert "2 mails held, for they may have been sent" in accepted.out
        with Newsroom(load_settings(project, environment={})) as newsroom:
            (issue,) = newsroom.store.archive.issues("daily")
            assert newsroom.store.journal.counts(issue.id) == {
                State.SENT: 1,
                State.UNKNOWN: 2,
            }
            assert newsroom.issues.draft(newsroom.newsletter("daily")).articles == ()
        assert "nothing to accept" in digest("db", "accept").out

    def test_by_file_with_the_whole_name_is_noticed_as_well(
        self, digest: Shell, project: Path, tmp_path: Path
    ) -> None:
        """A copy that `digest db backup` did not make is told by its steps."""
        digest("collect")
        shutil.copy(project / "digest.db", tmp_path / "by-hand.db")
        begun(project)
        for file in project.glob("digest.db*"):
            file.unlink()
        shutil.copy(tmp_path / "by-hand.db", project / "digest.db")

        result = digest("send", "daily")

        assert result.code == 4
        assert "is older than the one that this folder sent with last" in result.err

    @pytest.mark.slow
    def test_on_a_server_is_noticed_as_well(
        self, digest: Shell, project: Path, tmp_path: Path, server: str
    ) -> None:
        digest("collect")
        assert digest("db", "backup", tmp_path / "saved.db").code == 0
        begun(project)
        with cluster().empty() as name:
            url = cluster().server(name).url
            assert digest("db", "copy", tmp_path / "saved.db", url).code == 0
            (project / "digest.yaml").write_text(f"{SETTINGS}database: {url}\n")

            result = digest("send", "daily")

        assert result.code == 4
        assert "is a backup of 20" in result.err


def test_a_copied_folder_sends_nothing_while_its_twin_may(
    digest: Shell, project: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    digest("collect")
    begun(project)
    shutil.copytree(project, tmp_path / "copy")

    result = Shell(capsys, tmp_path / "copy")("send", "daily")

    assert result.code == 4
    assert f"it was {project} that sent last" in result.err
    assert "everybody would get every mail twice" in result.err


DAMAGE = {
    "update article_version set content = '{}'": "a version of it was changed",
    "update issue set since_ms = 5 where number = 2": "its window does not begin where",
    "delete from issue_article where place = 0": "it has 7 articles, and the last is No. 8",
    "update issue set key = key + 7": "deliveries belong to no issue",
    "update delivery set state = 'claimed'": "2 deliveries are claimed by nobody",
    "update delivery set due_ms = -1": "2 deliveries are open and never due",
    "update subscriber set address_key = 'x' || id": "the address and its key differ",
    "delete from taken": "takes other newsletters than is written",
}


@pytest.mark.slow_on_postgresql
class TestVerify:
    @pytest.fixture
    def folder(self, tmp_path: Path, engine: str) -> Path:
        with opened(tmp_path, Clock()) as store:
            made = planned(store, readers=2)
            assert store.archive.freeze(issue(2, since=made.until, until=made.until))
        return tmp_path

    def test_of_a_whole_database_finds_nothing(self, folder: Path) -> None:
        assert verify_database(settled(folder)) == []

    @pytest.mark.parametrize("damage", DAMAGE)
    def test_finds_what_does_not_add_up(self, folder: Path, damage: str) -> None:
        with closing(Database(settled(folder))) as database:
            database.run(damage)

        wrong = verify_database(settled(folder))

        assert wrong
        assert any(DAMAGE[damage] in each for each in wrong), wrong

    def test_ends_with_1_and_says_what(self, digest: Shell, project: Path) -> None:
        digest("collect")
        assert digest("db", "verify").out == "All well: the database is whole.\n"
        with closing(sqlite3.connect(project / "digest.db")) as connection:
            connection.execute("update article_version set content = '{}'")
            connection.execute("delete from article_version where hash like '0%'")
            connection.execute("insert into taken values ('daily', 'nobody')")
            connection.commit()

        result = digest("db", "verify")

        assert result.code == 1
        assert "a version of it was changed" in result.err
        assert "a row of 'taken' refers to nothing" in result.err
        assert digest("db", "verify", "--json").json["wrong"]


def test_an_index_that_is_damaged_is_found(digest: Shell, project: Path) -> None:
    digest("collect")
    with closing(sqlite3.connect(project / "digest.db")) as connection:
        connection.execute("pragma writable_schema = on")
        connection.execute(
            "update sqlite_master set sql = replace(sql, 'seen_ms, id', 'changed_ms, id') "
            "where name = 'article_by_seen'"
        )
        connection.execute("update article set changed_ms = changed_ms + 5")
        connection.commit()
        assert rows(project, "select 1") == [(1,)]

    result = digest("db", "verify")

    assert result.code == 1
    assert "the file is damaged: " in result.err
    saved = digest("db", "backup", project / "saved.db")
    assert saved.code == 1, "a copy of it would pass for a good one"
    assert (
        "keep the earlier backups. What was found: the file is damaged: " in saved.err
    )
    assert (project / "saved.db").exists(), "it is better than nothing"


def test_a_database_of_anywhere_can_be_verified(tmp_path: Path, digest: Shell) -> None:
    copy_from = tmp_path / "a.db"
    Database(copy_from).close()
    copy_database(copy_from, tmp_path / "b.db")

    assert digest("db", "verify", tmp_path / "b.db").code == 0
