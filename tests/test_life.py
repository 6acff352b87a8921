"""No database that is older than what was sent may send, wherever it came from."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import timedelta
from pathlib import Path

import pytest

import digest.store.life
from digest.errors import StoreError
from digest.model import State
from digest.store import Store, back_up, open_store
from digest.store.life import NOTE
from tests.projects import MONDAY, Clock
from tests.stores import article, issue, planned, settled, where

pytestmark = pytest.mark.usefixtures("engine")


@contextmanager
def living(folder: Path, clock: Clock | None = None) -> Iterator[Store]:
    """Open the folder's store as a project does."""
    store = open_store(settled(folder), now=clock or Clock(), project=folder)
    with closing(store):
        yield store


def doubt(folder: Path) -> str:
    with living(folder) as store:
        return store.life.doubt()


def send(store: Store) -> None:
    with store.life.sending():
        pass


def note(folder: Path) -> dict[str, object]:
    said: dict[str, object] = json.loads((folder / NOTE).read_text())
    return said


def restore(folder: Path, saved: list[tuple[str, int]]) -> None:
    """Set the database's name and steps back to what they were."""
    with closing(open_store(settled(folder), now=Clock())) as store:
        ((id_, steps),) = saved
        store._database.run(
            "update life set id = :id, steps = :steps", id=id_, steps=steps
        )


def saved(folder: Path) -> list[tuple[str, int]]:
    with closing(open_store(settled(folder), now=Clock())) as store:
        (row,) = store._database.all("select id, steps from life")
        return [(row["id"], row["steps"])]


class TestADatabase:
    def test_goes_on_where_it_was(self, tmp_path: Path) -> None:
        for _ in range(3):
            with living(tmp_path) as store:
                send(store)

        assert doubt(tmp_path) == ""
        assert note(tmp_path)["steps"] == 6

    def test_that_never_sent_leaves_no_note(self, tmp_path: Path) -> None:
        assert doubt(tmp_path) == ""
        assert not (tmp_path / NOTE).exists()

    def test_that_crashed_before_the_note_was_written_goes_on(
        self, tmp_path: Path
    ) -> None:
        with living(tmp_path) as store:
            send(store)
            before = (tmp_path / NOTE).read_text()
            send(store)
        (tmp_path / NOTE).write_text(before)

        assert doubt(tmp_path) == ""

    def test_that_was_set_back_sends_nothing(self, tmp_path: Path) -> None:
        with living(tmp_path) as store:
            send(store)
        before = saved(tmp_path)
        with living(tmp_path) as store:
            send(store)
        restore(tmp_path, before)

        with living(tmp_path) as store:
            with pytest.raises(StoreError) as caught:
                send(store)
            with pytest.raises(StoreError):
                send(store)

        text = str(caught.value)
        assert "is older than the one that this folder sent with last" in text
        assert "2026-11-23 06:00 UTC: it was restored, or set back, by 2 steps" in text
        assert "`digest db accept`" in text
        assert saved(tmp_path) == before

    def test_saved_in_the_middle_of_a_send_is_noticed_as_well(
        self, tmp_path: Path
    ) -> None:
        with living(tmp_path) as store, store.life.sending():
            before = saved(tmp_path)
        restore(tmp_path, before)

        assert "by 1 steps" in doubt(tmp_path)

    def test_that_is_another_one_sends_nothing(self, tmp_path: Path) -> None:
        with living(tmp_path) as store:
            send(store)
        restore(tmp_path, [("another", 99)])

        assert "is not the one that this folder sent with last" in doubt(tmp_path)

    def test_that_is_a_backup_sends_nothing_even_where_nothing_was_sent(
        self, tmp_path: Path
    ) -> None:
        with living(tmp_path) as store:
            send(store)
        backup = tmp_path / "elsewhere" / "digest.db"
        backup.parent.mkdir()
        back_up(where(tmp_path), backup, made=MONDAY)

        store = open_store(backup, now=Clock(), project=backup.parent)
        with closing(store), pytest.raises(StoreError, match="a backup of 2026-11-23"):
            send(store)

        assert doubt(tmp_path) == ""


class TestANote:
    def test_of_another_folder_or_machine_means_that_there_are_two(
        self, tmp_path: Path, engine: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        first, copy = tmp_path / "first", tmp_path / "copy"
        first.mkdir()
        with living(first) as store:
            send(store)
        shutil.copytree(first, copy)

        shared = engine == "postgresql"  # both have the same database: no two
        assert (f"it was {first} that sent last" in doubt(copy)) != shared
        assert doubt(first) == ""
        (tmp_path / "machine").write_text("another\n")
        monkeypatch.setattr(digest.store.life, "MACHINE", tmp_path / "machine")
        assert ("on another machine" in doubt(first)) != shared
        monkeypatch.setattr(digest.store.life, "MACHINE", tmp_path / "no-machine")
        assert ("on another machine" in doubt(first)) != shared

    @pytest.mark.parametrize("text", ["", "{}", "[]", '{"life": "x"}'])
    def test_that_is_damaged_lets_nothing_be_sent(
        self, tmp_path: Path, text: str
    ) -> None:
        (tmp_path / NOTE).write_text(text)

        with living(tmp_path) as store:
            with pytest.raises(StoreError, match="cannot be read"):
                send(store)
            store.life.accept()
            send(store)

    def test_that_cannot_be_written_lets_nothing_be_sent(self, tmp_path: Path) -> None:
        with living(tmp_path) as store:
            (tmp_path / NOTE).mkdir()

            with pytest.raises(StoreError, match="cannot be"):
                send(store)


class TestAccepting:
    def test_holds_what_may_have_been_sent_and_begins_anew(
        self, tmp_path: Path
    ) -> None:
        clock = Clock()
        with living(tmp_path, clock) as store:
            made = planned(store, readers=3)
            store.archive.watch("daily")
            claim, *_ = store.journal.claim(made.id, limit=1, lease_seconds=60)
        restore(tmp_path, [("another", 1)])
        (tmp_path / NOTE).write_text(
            json.dumps({"life": "x", "steps": 9, "at": "-", "place": {"folder": "x"}})
        )
        clock.forward(days=1)

        with living(tmp_path, clock) as store:
            held = store.life.accept()

            assert held == {made.id: 3}
            assert store.journal.counts(made.id) == {State.UNKNOWN: 3}
            assert all(
                "restored" in row.reply for row in store.journal.deliveries(made.id)
            )
            store.archive.add([article(99)])
            last = store.archive.last_issue("daily")
            assert last
            assert last.until == clock()
            assert store.archive.last_slot("daily", until=clock()) == clock()
            following = store.archive.freeze(
                issue(2, since=last.until, until=clock() + timedelta(hours=1))
            )
            assert following
            send(store)
            assert claim.issue == made.id
        assert doubt(tmp_path) == ""

    def test_lets_the_database_before_it_send_no_more(self, tmp_path: Path) -> None:
        with living(tmp_path) as store:
            send(store)
        before = saved(tmp_path)
        with living(tmp_path) as store:
            store.life.accept()
        restore(tmp_path, before)

        assert "is not the one" in doubt(tmp_path)
