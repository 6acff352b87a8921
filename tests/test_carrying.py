"""Issues that hold articles of earlier ones, and rows that wait for an hour."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from digest.model import Issue, Preferences, State
from digest.moments import WAITS
from digest.store import (
    RECALLED,
    Start,
    Store,
    Wait,
    copy_database,
    verify_database,
)
from tests.projects import MONDAY, Clock
from tests.stores import article, issue, opened, reader, where

pytestmark = pytest.mark.usefixtures("engine")

DAY = timedelta(days=1)
DAILY = frozenset({"daily"})


def frozen(store: Store, day: int, *ids: str) -> Issue:
    """Freeze the issue of a day with what it carries."""
    since, until = MONDAY + (day - 1) * DAY, MONDAY + day * DAY
    stories = tuple(article(n, id=name) for n, name in enumerate(ids))
    store.archive.add(stories)
    earlier = store.archive.earlier("daily", number=day, until=until, whole=True)
    draft = issue(day, since=since, until=until, articles=stories)
    made = store.archive.freeze(replace(draft, earlier=earlier))
    assert made is not None
    return made


def names(articles: tuple[object, ...]) -> list[str]:
    return [each.id for each in articles]  # type: ignore[attr-defined]


def test_an_issue_holds_earlier_ones_for_those_who_need_them_and_nobody_else(
    tmp_path: Path,
) -> None:
    clock = Clock(MONDAY)
    with opened(tmp_path, clock) as store:
        frozen(store, 1, "a", "b")
        stopped = frozen(store, 2, "x")
        store.journal.hold(stopped.id, RECALLED)
        clock.forward(days=2)
        store.archive.add([article(9, id="b", headline="Corrected")], by_hand=True)
        made = frozen(store, 3, "c")
        read = store.archive.issue(made.id)

        assert read == made
        assert names(read.articles) == ["c"]
        assert [e.id for e in read.earlier] == [stopped.id, "daily/1"]
        assert sorted(names(read.carried)) == ["a", "b"]
        assert "Corrected" in {a.headline for a in read.carried}, (
            "with its words of now"
        )
        assert all(not each.carried for each in store.archive.issues("daily"))
        assert [each.id for each in store.archive.issues_with("a")] == ["daily/1"]

        late = replace(made, articles=(*made.articles, article(7, id="d")))
        revised = store.archive.revise(made.id, late)
        assert sorted(names(revised.articles)) == ["c", "d"]
        assert sorted(names(revised.carried)) == ["a", "b"]

        clock.forward(days=20)
        (last,) = store.archive.earlier(
            "daily", number=9, until=MONDAY + 30 * DAY, whole=True
        )
        assert (last.id, last.articles) == (made.id, ()), "only when it was is known"
    assert verify_database(where(tmp_path)) == []
    (tmp_path / "copy").mkdir()
    copy_database(where(tmp_path), tmp_path / "copy" / "digest.db")
    assert verify_database(tmp_path / "copy" / "digest.db") == []


def test_what_another_issue_brings_meanwhile_is_not_carried_to_the_same_reader(
    tmp_path: Path,
) -> None:
    with opened(tmp_path, Clock(MONDAY)) as store:
        store.audience.import_([reader(1)], origin="r", sync=False)
        first, second = frozen(store, 1, "a", "b"), frozen(store, 2, "c")
        for each in (first, second):
            store.journal.plan(each.id, "daily")
        (one,) = store.journal.claim(first.id, limit=9, lease_seconds=60)
        (two,) = store.journal.claim(second.id, limit=9, lease_seconds=60)

        begun = Start(claim=one, dated=MONDAY, articles=("a",))
        assert not store.journal.write(first.id, starts=[begun]).refused
        reaching = Start(claim=two, dated=MONDAY, articles=("c", "a"))
        assert store.journal.write(second.id, starts=[reaching]).refused
        (two,) = store.journal.claim(second.id, limit=9, lease_seconds=60)
        instead = Start(claim=two, dated=MONDAY, articles=("c", "b"))
        assert not store.journal.write(second.id, starts=[instead]).refused

        (who,) = store.journal.received([one.subscriber], ["a", "b", "c"]).values()
        assert who == {"a", "b", "c"}
        third = frozen(store, 3, "d")
        held = store.journal.received([one.subscriber], names(third.carried))
        assert held[one.subscriber] == {"a", "b", "c"}


def test_a_row_waits_for_an_hour_and_is_nobodys_failure(tmp_path: Path) -> None:
    clock = Clock(MONDAY)
    wishes = [
        Preferences(newsletters=DAILY),
        Preferences(newsletters=DAILY, hour=18),
        Preferences(newsletters=DAILY, days=frozenset({4})),
        Preferences(newsletters=frozenset({"weekly"}), hour=18),
    ]
    with opened(tmp_path, clock) as store:
        readers = [reader(n, preferences=each) for n, each in enumerate(wishes)]
        store.audience.import_(readers, origin="r", sync=False)
        timed = {each.address: each.id for each in store.audience.with_moments("daily")}
        assert set(timed) == {"reader1@example.org", "reader2@example.org"}
        made, journal = frozen(store, 1, "a"), store.journal
        journal.plan(made.id, "daily")
        evening, later = MONDAY + timedelta(hours=12), MONDAY + timedelta(hours=14)
        journal.put_off(made.id, {timed["reader1@example.org"]: evening}, WAITS)
        assert store.approvals.untouched(made.id), "it may still be revised"
        claims = journal.claim(made.id, limit=9, lease_seconds=60)
        assert len(claims) == 2
        wait = Wait(claim=claims[0], due=later, reason=WAITS)
        journal.write(made.id, waits=[wait], skips=[(claims[1], "away")])

        assert journal.waiting(made.id) == (2, evening)
        assert journal.oldest_due(made.id) == evening
        retried = journal.resolve(
            made.id, was=State.DEFERRED, becomes=State.QUEUED, reply="again"
        )
        assert retried == 0, "only what a server put off is tried at once"
        clock.forward(hours=12)
        (claim,) = journal.claim(made.id, limit=9, lease_seconds=60)
        journal.recover(made.id)
        failed = journal.resolve(
            made.id, was=State.QUEUED, becomes=State.FAILED, reply="late"
        )
        assert failed == 0, "it is not late: it waited"
        (claim,) = journal.claim(made.id, limit=9, lease_seconds=60)
        start = Start(claim=claim, dated=clock(), articles=("a",))
        journal.write(made.id, starts=[start])
        assert journal.delivery(made.id, claim.subscriber).reason == ""  # type: ignore[union-attr]
        assert journal.waiting(made.id) == (1, later)
