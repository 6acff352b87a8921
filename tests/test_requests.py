"""Requests wait for their mail and are used once, on either database."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from digest.store import Store, Wanted
from digest.store.requests import FIRST_WAIT, KEPT
from tests.projects import Clock
from tests.stores import opened, reader

DAYS = timedelta(days=3)


def asked(store: Store, address: str = "new@x.example") -> str:
    return store.requests.add(
        Wanted.SUBSCRIBE, address=address, detail={"näme": "ü"}, lifetime=DAYS
    )


@pytest.mark.usefixtures("engine")
class TestRequests:
    def test_come_again_until_their_mail_is_out(self, tmp_path: Path) -> None:
        clock = Clock()
        with opened(tmp_path, clock) as store:
            id_ = asked(store)
            (taken,) = store.requests.take()
            assert (taken.id, taken.detail, taken.attempts) == (id_, {"näme": "ü"}, 0)
            assert store.requests.take() == [], "another process has it"

            waits = []
            for _ in range(12):
                before = clock()
                while not (again := store.requests.take()):
                    clock.forward(minutes=5)
                waits.append(clock() - before)
                assert again[0].id == id_
            assert waits[:3] == [FIRST_WAIT, 2 * FIRST_WAIT, 4 * FIRST_WAIT]
            assert waits[-1] == timedelta(days=1)

            store.requests.settle(id_)
            clock.forward(days=9)
            assert store.requests.take() == []
            assert store.requests.waiting() == 0

    def test_are_counted_for_an_address_in_any_case_once_their_mail_is_out(
        self, tmp_path: Path
    ) -> None:
        clock = Clock()
        with opened(tmp_path, clock) as store:
            first, second = asked(store), asked(store, "NEW@x.example")
            store.requests.settle(first)
            since = clock() - timedelta(hours=1)
            assert store.requests.mailed("New@X.example", since=since) == 1
            store.requests.drop(second)
            assert store.requests.find(second) is None
            assert store.requests.mailed("new@x.example", since=clock()) == 0

    def test_are_used_once_and_in_time_and_forgotten_later(
        self, tmp_path: Path
    ) -> None:
        clock = Clock()
        with opened(tmp_path, clock) as store:
            used, late = asked(store), asked(store)
            assert store.requests.use(used)
            assert not store.requests.use(used)
            found = store.requests.find(used)
            assert found is not None
            assert not store.requests.is_open(found)
            clock.forward(days=3)
            assert not store.requests.use(late)
            for id_ in (used, late):
                store.requests.settle(id_)
            assert store.requests.forget_old() == 0
            clock.at += KEPT
            assert store.requests.forget_old() == 2

    def test_go_with_the_reader_they_are_about(self, tmp_path: Path) -> None:
        clock = Clock()
        with opened(tmp_path, clock) as store:
            store.audience.import_([reader(1)], origin="readers", sync=False)
            known = store.audience.find("reader1@example.org")
            assert known is not None
            id_ = asked(store)
            store.requests.belongs(id_, known.id)
            assert [each.id for each in store.requests.of(known.id)] == [id_]

            store.audience.erase(known.id)

            assert store.requests.find(id_) is None


@pytest.mark.usefixtures("engine")
def test_a_new_key_comes_first_and_the_first_one_stays(tmp_path: Path) -> None:
    with opened(tmp_path, Clock()) as store:
        first = store.keys()
        assert first == (store.key,)
        assert [store.add_key() for _ in range(10)] == list(range(2, 12))
        keys = store.keys()
        assert len(set(keys)) == 11
        assert keys[-1] == store.key == first[0]
    with opened(tmp_path, Clock()) as store:
        assert store.keys() == keys
