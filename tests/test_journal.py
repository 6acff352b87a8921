from __future__ import annotations

import signal
import subprocess
import sys
import tempfile
import threading
from collections import Counter
from contextlib import AbstractContextManager, ExitStack, closing, nullcontext
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    MultipleResults,
    RuleBasedStateMachine,
    invariant,
    multiple,
    rule,
)

from digest.errors import StoreError
from digest.model import Issue, Outcome, State, Status
from digest.store import Claim, Delivery, Start, Store
from digest.store.alone import alone
from digest.store.database import Database
from digest.store.step import Step
from tests.cluster import MISSING, program
from tests.examples import examples
from tests.projects import MONDAY, Clock
from tests.stores import (
    NEWSLETTERS,
    on_postgresql,
    opened,
    planned,
    questions,
    rows,
    where,
)

pytestmark = pytest.mark.usefixtures("engine")

MINUTE = timedelta(minutes=1)
LEASE = 60.0
OPEN = ("queued", "deferred", "claimed", "sending", "body_sent")


def claimed(store: Store, made: Issue, *, limit: int = 100) -> list[Claim]:
    return store.journal.claim(made.id, limit=limit, lease_seconds=LEASE)


def to_start(claim: Claim, *articles: str, dated: datetime = MONDAY) -> Start:
    return Start(claim=claim, dated=claim.dated or dated, articles=articles)


def start(store: Store, claim: Claim, *articles: str, dated: datetime = MONDAY) -> bool:
    """Say that a row's envelope is about to be handed over."""
    starting = to_start(claim, *articles, dated=dated)
    return not store.journal.write(claim.issue, starts=[starting]).refused


def leave(store: Store, claim: Claim) -> bool:
    """Say that a row's body is about to leave."""
    return not store.journal.write(claim.issue, leaving=[claim]).refused


def one_left(store: Store, *articles: str) -> tuple[Issue, Claim]:
    """Plan for one reader, and let what they get leave."""
    made = planned(store, readers=1)
    (claim,) = claimed(store, made)
    assert start(store, claim, *(articles or ("a", "b")))
    assert leave(store, claim)
    return made, claim


def skip(store: Store, claim: Claim, why: str) -> bool:
    return bool(store.journal.write(claim.issue, skips=[(claim, why)]).skipped)


def record(
    store: Store,
    claim: Claim,
    state: State,
    reply: str = "",
    due: datetime | None = None,
) -> bool:
    outcome = Outcome(delivery=claim.delivery, state=state, reply=reply)
    written = store.journal.write(claim.issue, outcomes=[(claim, outcome, due)])
    return bool(written.recorded)


def got(store: Store, claim: Claim) -> set[str]:
    received = store.journal.received([claim.subscriber], ["a", "b", "c"])
    return received.get(claim.subscriber, set())


class TestAPlan:
    def test_has_one_row_per_reader_however_often_it_is_made(
        self, store: Store
    ) -> None:
        made = planned(store, readers=3)

        again = store.journal.plan(made.id, "daily")

        assert again == 0
        assert store.journal.counts(made.id) == {State.QUEUED: 3}

    def test_takes_in_readers_who_came_later(self, store: Store) -> None:
        made = planned(store, readers=2)

        planned(store, readers=3, newsletter="weekly")

        assert store.journal.plan(made.id, "daily") == 1
        assert store.journal.counts(made.id) == {State.QUEUED: 3}

    def test_is_for_active_readers_who_take_the_newsletter(self, store: Store) -> None:
        planned(store, readers=4)
        gone, *_ = store.audience.all()
        store.audience.set_status(gone.id, Status.UNSUBSCRIBED)
        weekly = planned(store, readers=4, newsletter="weekly")

        rows = list(store.journal.deliveries(weekly.id))

        assert gone.id not in {row.subscriber for row in rows}
        assert len(rows) == 3

    def test_of_nobody_is_empty(self, store: Store) -> None:
        made = planned(store, readers=0)

        assert store.journal.counts(made.id) == {}
        assert store.journal.oldest_due(made.id) is None
        assert store.journal.open_issues("daily") == []
        assert claimed(store, made) == []


class TestAClaim:
    def test_gets_rows_once_in_a_stable_order(self, store: Store) -> None:
        made = planned(store, readers=20)

        first, second = claimed(store, made, limit=9), claimed(store, made)

        readers = [claim.subscriber for claim in first + second]
        assert readers == sorted(s.id for s in store.audience.all())
        assert claimed(store, made) == []
        assert store.journal.counts(made.id) == {State.CLAIMED: 20}

    def test_can_be_limited_to_some_readers(self, store: Store) -> None:
        made = planned(store, readers=5)
        wanted = {s.id for s in list(store.audience.all())[1:4]}

        claims = store.journal.claim(
            made.id, limit=2, lease_seconds=LEASE, only={*wanted, "nobody"}
        )

        assert len(claims) == 2
        assert {claim.subscriber for claim in claims} < wanted
        assert store.journal.claim(made.id, limit=9, lease_seconds=1, only=()) == []

    def test_of_one_issue_leaves_the_others_alone(self, store: Store) -> None:
        made, other = (planned(store, readers=2, newsletter=n) for n in NEWSLETTERS)

        assert {claim.issue for claim in claimed(store, made)} == {made.id}
        assert store.journal.counts(other.id) == {State.QUEUED: 2}

    def test_is_free_again_when_its_lease_ends(
        self, store: Store, clock: Clock
    ) -> None:
        made = planned(store, readers=2)
        old = claimed(store, made)

        clock.forward(seconds=LEASE - 1)
        assert claimed(store, made) == []
        clock.forward(seconds=1)
        new = claimed(store, made)

        assert [c.delivery for c in new] == [c.delivery for c in old]
        assert not start(store, old[0], "a")
        assert not skip(store, old[0], "too late")
        assert start(store, new[0], "a")

    def test_given_back_is_free_at_once(self, store: Store) -> None:
        made = planned(store, readers=3)
        claims = claimed(store, made)
        start(store, claims[0], "a")

        assert store.journal.release(claims) == 2

        assert store.journal.counts(made.id) == {State.QUEUED: 2, State.SENDING: 1}
        assert record(store, claims[0], State.SENT)
        assert store.journal.release([]) == 0

    def test_is_never_one_that_is_settled(self, store: Store, tmp_path: Path) -> None:
        """Not even as a `digest` from before format 11 writes it, which still runs."""
        made, claim = one_left(store)
        record(store, claim, State.SENT)
        with closing(Database(where(tmp_path))) as database:
            database.run("update delivery set due_ms = 0")

        assert claimed(store, made) == []

    def test_says_how_many_attempts_there_were(
        self, store: Store, clock: Clock
    ) -> None:
        made, claim = one_left(store)
        record(store, claim, State.DEFERRED, due=clock())

        (again,) = claimed(store, made)

        assert (claim.attempts, again.attempts) == (0, 1)

    def test_is_never_shared_by_threads(self, store: Store) -> None:
        made = planned(store, readers=60)
        taken: list[str] = []

        def take() -> None:
            while claims := claimed(store, made, limit=7):
                taken.extend(claim.delivery for claim in claims)

        threads = [threading.Thread(target=take) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

        assert len(taken) == len(set(taken)) == 60


class TestASkippedRow:
    def test_says_why(self, store: Store) -> None:
        made = planned(store, readers=1)
        (claim,) = claimed(store, made)

        assert skip(store, claim, "nothing new on their topics")

        (row,) = store.journal.deliveries(made.id)
        assert (row.state, row.reason) == (State.SKIPPED, "nothing new on their topics")
        assert store.journal.counts(made.id) == {State.SKIPPED: 1}
        assert claimed(store, made) == []


class TestAStart:
    def test_says_what_the_mail_holds(self, store: Store) -> None:
        made = planned(store, readers=1)
        (claim,) = claimed(store, made)

        assert start(store, claim, "a", "b", "a")

        assert got(store, claim) == {"a", "b"}
        assert store.journal.counts(made.id) == {State.SENDING: 1}

    def test_is_refused_where_it_would_not_be_on_the_disk(self, store: Store) -> None:
        made = planned(store, readers=1)
        (claim,) = claimed(store, made)

        with pytest.raises(RuntimeError, match="on the disk"), store.transaction():
            start(store, claim, "a")

    def test_happens_once(self, store: Store) -> None:
        made = planned(store, readers=1)
        (claim,) = claimed(store, made)
        start(store, claim, "a")

        assert not start(store, claim, "b")
        assert got(store, claim) == {"a"}

    def test_dates_the_message_anew_when_it_did_not_leave(
        self, store: Store, clock: Clock
    ) -> None:
        made = planned(store, readers=1)
        dates = []

        for _ in range(2):
            (claim,) = claimed(store, made)
            assert (claim.dated, claim.articles) == (None, None)
            start(store, claim, "a", dated=clock())
            clock.forward(hours=1)
            record(store, claim, State.DEFERRED, due=clock())
            (row,) = store.journal.deliveries(made.id)
            dates.append(row.dated)

        assert dates == [MONDAY, MONDAY + 60 * MINUTE]

    @pytest.mark.parametrize("noticed", [True, False])
    def test_is_of_the_same_mail_when_an_earlier_one_may_have_arrived(
        self, store: Store, clock: Clock, *, noticed: bool
    ) -> None:
        made, claim = one_left(store, "b", "c")
        clock.forward(hours=1)
        if noticed:
            record(store, claim, State.UNKNOWN)
        else:
            store.journal.recover(made.id)
        record(store, claim, State.DEFERRED, "451 later", due=clock())

        (again,) = claimed(store, made)

        assert again.dated == MONDAY
        assert again.articles == frozenset("bc")
        assert got(store, again) == {"b", "c"}, "it may have arrived"

    def test_of_an_article_just_received_elsewhere_goes_back_to_choosing(
        self, store: Store
    ) -> None:
        daily, weekly = (planned(store, readers=1, newsletter=n) for n in NEWSLETTERS)
        (first,), (second,) = claimed(store, daily), claimed(store, weekly)
        start(store, first, "a", "b")

        assert not start(store, second, "b", "c")

        assert store.journal.counts(weekly.id) == {State.QUEUED: 1}
        assert got(store, second) == {"a", "b"}
        (again,) = claimed(store, weekly)
        assert start(store, again, "c")

    def test_of_a_reader_who_just_unsubscribed_goes_back_to_choosing(
        self, store: Store
    ) -> None:
        made = planned(store, readers=1)
        (claim,) = claimed(store, made)
        store.audience.set_status(claim.subscriber, Status.UNSUBSCRIBED)

        assert not start(store, claim, "a")

        assert store.journal.counts(made.id) == {State.QUEUED: 1}

    def test_of_many_takes_those_that_are_ours(self, store: Store) -> None:
        made = planned(store, readers=3)
        claims = claimed(store, made)
        skip(store, claims[1], "paused")

        written = store.journal.write(
            made.id, starts=[to_start(c, "a") for c in claims]
        )

        assert written.refused == {claims[1].delivery}
        assert store.journal.counts(made.id) == {State.SENDING: 2, State.SKIPPED: 1}

    def test_without_articles_is_possible(self, store: Store) -> None:
        made = planned(store, readers=1)
        (claim,) = claimed(store, made)

        assert start(store, claim)
        assert got(store, claim) == set()


class TestABody:
    def test_may_leave_when_that_is_on_the_disk(
        self, store: Store, tmp_path: Path
    ) -> None:
        one_left(store)

        assert rows(tmp_path, "select state, attempts from delivery") == [
            ("body_sent", 0)
        ]

    def test_may_leave_only_when_it_was_started(self, store: Store) -> None:
        made = planned(store, readers=1)
        (claim,) = claimed(store, made)

        assert not leave(store, claim)
        start(store, claim, "a")
        assert leave(store, claim)
        assert leave(store, claim), "the line broke in the middle of it"
        record(store, claim, State.SENT)
        assert not leave(store, claim)

    def test_may_start_and_leave_at_once(self, store: Store) -> None:
        made = planned(store, readers=2)
        first, second = claimed(store, made)

        written = store.journal.write(
            made.id, starts=[to_start(first, "a")], leaving=[first, second]
        )

        assert written.refused == {second.delivery}
        assert store.journal.counts(made.id) == {State.CLAIMED: 1, State.BODY_SENT: 1}

    def test_usually_goes_without_reading_a_row(
        self, store: Store, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        first, *others = claimed(store, made := planned(store, readers=3))
        store.journal.write(made.id, starts=[to_start(first, "a")], leaving=[first])
        monkeypatch.delattr(Step, "write")

        for claim in others:
            sent = Outcome(delivery=first.delivery, state=State.SENT)
            store.journal.write(
                made.id,
                starts=[to_start(claim, "a")],
                outcomes=[(first, sent, None)],
                leaving=[claim],
            )
            first = claim

        assert store.journal.counts(made.id) == {State.BODY_SENT: 1, State.SENT: 2}

    @pytest.mark.parametrize("change", ["left", "held", "lost", "frozen", "overtaken"])
    def test_stays_when_something_has_just_changed(
        self, store: Store, change: str
    ) -> None:
        """And what is written together with it is written nevertheless."""
        made = planned(store, readers=3)
        first, other, last = claimed(store, made)
        weekly = None
        if change == "overtaken":
            weekly = planned(store, readers=3, newsletter="weekly")
        store.journal.write(made.id, starts=[to_start(first, "a")], leaving=[first])
        if change == "left":
            store.audience.set_status(last.subscriber, Status.UNSUBSCRIBED)
        elif change == "held":
            store.journal.hold(made.id, "paused")
        elif change == "lost":
            store.journal.release([last])
        else:
            weekly = weekly or planned(store, readers=3, newsletter="weekly")
            rivals = {claim.subscriber: claim for claim in claimed(store, weekly)}
            start(store, rivals[last.subscriber], "a")

        sent = Outcome(delivery=first.delivery, state=State.SENT)
        written = store.journal.write(
            made.id,
            starts=[to_start(claim, "a") for claim in (other, last)],
            outcomes=[(first, sent, None)],
            leaving=[other, last],
        )

        refused = {last.delivery} | ({other.delivery} if change == "held" else set())
        assert written.refused == refused
        assert written.recorded == {first.delivery}
        assert written.hold == ("paused" if change == "held" else "")
        assert store.journal.counts(made.id) == Counter(
            [State.SENT]
            + [State.QUEUED] * len(refused)
            + [State.BODY_SENT] * (2 - len(refused))
        )

    def test_does_not_leave_once_the_envelope_was_answered(self, store: Store) -> None:
        made = planned(store, readers=2)
        first, second = claimed(store, made)
        store.journal.write(made.id, starts=[to_start(first, "a")], leaving=[first])

        refused = Outcome(delivery=second.delivery, state=State.FAILED)
        written = store.journal.write(
            made.id,
            starts=[to_start(second, "a")],
            outcomes=[(second, refused, None)],
            leaving=[second],
        )

        assert written.refused == {second.delivery}
        assert written.recorded == {second.delivery}

    def test_of_a_row_another_process_took_may_not_leave(self, store: Store) -> None:
        made = planned(store, readers=1)
        (old,) = claimed(store, made)
        start(store, old, "a")
        store.journal.recover(made.id)
        (new,) = claimed(store, made)
        start(store, new, "a")

        assert not leave(store, old)
        assert leave(store, new)


class TestAHold:
    def test_lets_nothing_start_and_what_was_started_leave(self, store: Store) -> None:
        made = planned(store, readers=2)
        first, second = claimed(store, made)
        start(store, first, "a")
        store.journal.hold(made.id, "paused")

        written = store.journal.write(
            made.id, starts=[to_start(second, "a")], leaving=[first]
        )

        assert written.hold == "paused"
        assert written.refused == {second.delivery}
        assert store.journal.counts(made.id) == {State.QUEUED: 1, State.BODY_SENT: 1}
        assert store.journal.open_issues("daily") == []

    def test_ends_when_it_is_lifted(self, store: Store) -> None:
        made = planned(store, readers=1)
        store.journal.hold(made.id, "paused")
        assert store.journal.held(made.id) == "paused"

        store.journal.hold(made.id, "")

        assert store.journal.held(made.id) == ""
        assert store.journal.open_issues("daily") == [made.id]

    def test_can_end_in_skipping_all_that_nobody_was_told_of(
        self, store: Store, clock: Clock
    ) -> None:
        made = planned(store, readers=4)
        claims = claimed(store, made, limit=3)
        for claim in claims[:2]:
            start(store, claim, "a")
        record(store, claims[0], State.DEFERRED, due=clock())

        assert store.journal.skip_open(made.id, "recalled") == 3

        counts = {State.SENDING: 1, State.SKIPPED: 3}
        assert store.journal.counts(made.id) == counts
        assert not start(store, claims[2], "a")


class TestAnOutcome:
    @pytest.mark.parametrize(
        ("state", "kept"),
        [
            (State.SENT, True),
            (State.UNKNOWN, True),
            (State.FAILED, False),
            (State.QUEUED, False),
        ],
    )
    def test_decides_whether_the_articles_were_received(
        self, store: Store, state: State, *, kept: bool
    ) -> None:
        made, claim = one_left(store)

        assert record(store, claim, state, "the server's words \0")

        (row,) = store.journal.deliveries(made.id)
        assert (row.state, row.reply) == (state, "the server's words \ufffd")
        assert got(store, claim) == ({"a", "b"} if kept else set())

    def test_leaves_what_other_deliveries_brought(self, store: Store) -> None:
        daily, weekly = (planned(store, readers=1, newsletter=n) for n in NEWSLETTERS)
        (first,), (second,) = claimed(store, daily), claimed(store, weekly)
        start(store, first, "a")
        start(store, second, "b")

        record(store, second, State.FAILED)

        assert got(store, first) == {"a"}

    def test_deferred_comes_back_when_it_is_due(
        self, store: Store, clock: Clock
    ) -> None:
        made, claim = one_left(store)

        record(store, claim, State.DEFERRED, "451 greylisted", due=MONDAY + 5 * MINUTE)

        (row,) = store.journal.deliveries(made.id, State.DEFERRED)
        assert row.due == store.journal.oldest_due(made.id) == MONDAY + 5 * MINUTE
        clock.forward(minutes=4)
        assert claimed(store, made) == []
        clock.forward(minutes=1)
        assert len(claimed(store, made)) == 1

    def test_queued_was_no_attempt(self, store: Store) -> None:
        made, claim = one_left(store)

        record(store, claim, State.QUEUED)

        (again,) = claimed(store, made)
        assert again.attempts == 0

    def test_is_written_once(self, store: Store) -> None:
        made, claim = one_left(store)

        assert record(store, claim, State.SENT)
        assert not record(store, claim, State.FAILED)
        assert store.journal.counts(made.id) == {State.SENT: 1}

    def test_of_a_row_not_started_is_refused(self, store: Store) -> None:
        made = planned(store, readers=1)
        (claim,) = claimed(store, made)

        assert not record(store, claim, State.SENT)

    @pytest.mark.parametrize("state", [State.SENT, State.DEFERRED, State.FAILED])
    def test_that_comes_late_is_still_the_truth(
        self, store: Store, clock: Clock, state: State
    ) -> None:
        made, claim = one_left(store)
        assert store.journal.recover(made.id) == 1

        due = clock() if state is State.DEFERRED else None
        assert record(store, claim, state, due=due)

        assert store.journal.counts(made.id) == {state: 1}
        (row,) = store.journal.deliveries(made.id)
        assert row.attempts == 1

    @pytest.mark.parametrize(
        ("state", "due"),
        [
            (State.SENDING, None),
            (State.SKIPPED, None),
            (State.DEFERRED, None),
            (State.SENT, MONDAY),
        ],
    )
    def test_that_makes_no_sense_is_refused(
        self, store: Store, state: State, due: datetime | None
    ) -> None:
        _, claim = one_left(store)

        with pytest.raises(ValueError, match="an outcome cannot be"):
            record(store, claim, state, due=due)

    def test_may_be_written_with_others_at_once(self, store: Store) -> None:
        made = planned(store, readers=3)
        claims = claimed(store, made)
        store.journal.write(made.id, starts=[to_start(c, "a") for c in claims[:2]])

        written = store.journal.write(
            made.id,
            outcomes=[
                (claim, Outcome(delivery=claim.delivery, state=State.SENT), None)
                for claim in claims
            ],
        )

        assert written.recorded == {claim.delivery for claim in claims[:2]}
        assert store.journal.counts(made.id) == {State.CLAIMED: 1, State.SENT: 2}


class TestACrash:
    def test_before_the_body_left_costs_nothing(self, store: Store) -> None:
        made = planned(store, readers=3)
        other = planned(store, readers=3, newsletter="weekly")
        claims, _ = claimed(store, made), claimed(store, other)
        start(store, claims[0], "a")

        assert store.journal.recover(made.id) == 0

        assert [c.delivery for c in claimed(store, made)] == [
            c.delivery for c in claims
        ]
        assert store.journal.counts(other.id) == {State.CLAIMED: 3}

    @pytest.mark.parametrize("doubtful", [State.UNKNOWN, State.QUEUED, State.SENT])
    def test_afterwards_leaves_the_row_to_what_was_decided(
        self, store: Store, doubtful: State
    ) -> None:
        made, claim = one_left(store)

        assert store.journal.recover(made.id, doubtful=doubtful) == 1

        assert store.journal.counts(made.id) == {doubtful: 1}
        assert got(store, claim) == {"a", "b"}
        again = claimed(store, made)
        assert [c.articles for c in again] == (
            [frozenset("ab")] if doubtful is State.QUEUED else []
        )

    def test_leaves_doubts_that_the_operator_can_settle(self, store: Store) -> None:
        made = planned(store, readers=3)
        claims = claimed(store, made)
        for claim in claims:
            start(store, claim, "a")
            leave(store, claim)
        store.journal.recover(made.id)

        settled = [
            store.journal.resolve(
                made.id, was=State.UNKNOWN, becomes=becomes, reply="I asked", only=only
            )
            for becomes, only in (
                (State.SENT, [claims[0].subscriber]),
                (State.QUEUED, None),
                (State.FAILED, None),
            )
        ]

        assert settled == [1, 2, 0]
        assert store.journal.counts(made.id) == {State.QUEUED: 2, State.SENT: 1}
        assert not record(store, claims[0], State.FAILED), "the word counts"

    def test_of_the_process_itself_loses_nothing_and_doubles_nothing(
        self, store: Store, tmp_path: Path
    ) -> None:
        made = planned(store, readers=5)
        child = subprocess.Popen(
            [sys.executable, "-c", DIES_WHILE_SENDING, str(tmp_path), made.id],
            stdout=subprocess.PIPE,
            cwd=Path(__file__).parent.parent,
        )
        assert child.stdout is not None
        in_flight = child.stdout.readline().decode().strip()
        child.send_signal(signal.SIGKILL)
        child.wait()
        child.stdout.close()

        assert store.journal.recover(made.id) == 1

        (unknown,) = store.journal.deliveries(made.id, State.UNKNOWN)
        assert unknown.id == in_flight
        counts = {State.QUEUED: 3, State.SENT: 1, State.UNKNOWN: 1}
        assert store.journal.counts(made.id) == counts
        assert len(claimed(store, made)) == 3


#: Sends one, and is in the middle of the next when it is killed.
DIES_WHILE_SENDING = """
import sys, time
from pathlib import Path
from digest.model import State
from tests.projects import Clock
from tests.stores import opened
from tests.test_journal import leave, record, start

with opened(Path(sys.argv[1]), Clock()) as store:
    first, second, *_ = store.journal.claim(sys.argv[2], limit=9, lease_seconds=60)
    for claim in (first, second):
        start(store, claim, "a")
        leave(store, claim)
    record(store, first, State.SENT)
    print(second.delivery, flush=True)
    time.sleep(60)
"""

#: Claims and sends whatever it can get, and prints what it sent.
SENDS_ALL = """
import sys
from pathlib import Path
from digest.model import State
from tests.projects import Clock
from tests.stores import opened
from tests.test_journal import record, to_start

with opened(Path(sys.argv[1]), Clock()) as store:
    while claims := store.journal.claim(sys.argv[2], limit=5, lease_seconds=60):
        for claim in claims:
            starts = [to_start(claim, "a")]
            if not store.journal.write(claim.issue, starts=starts, leaving=[claim]).refused:
                print(claim.subscriber)
                assert record(store, claim, State.SENT)
"""


@pytest.mark.slow_on_postgresql
def test_processes_at_once_send_each_row_once(store: Store, tmp_path: Path) -> None:
    made = planned(store, readers=100)
    command = [sys.executable, "-c", SENDS_ALL, str(tmp_path), made.id]

    children = [
        subprocess.Popen(
            command, stdout=subprocess.PIPE, cwd=Path(__file__).parent.parent
        )
        for _ in range(3)
    ]
    sent = [line for child in children for line in child.communicate()[0].split()]

    assert {child.returncode for child in children} == {0}
    assert len(sent) == len(set(sent)) == 100
    assert store.journal.counts(made.id) == {State.SENT: 100}


@pytest.mark.slow_on_postgresql
def test_five_hundred_rows_ask_the_database_a_few_times_each(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = planned(store, readers=500)
    asked = questions(monkeypatch)

    while claims := claimed(store, made, limit=200):
        store.journal.received(
            [c.subscriber for c in claims], [f"{n}" for n in range(50)]
        )
        for claim in claims:
            store.journal.write(
                made.id, starts=[to_start(claim, *"abcdefgh")], leaving=[claim]
            )
            record(store, claim, State.SENT, "250 2.0.0 queued")

    assert len(asked) <= 9 * 500
    assert store.journal.counts(made.id) == {State.SENT: 500}


class TestDeliveries:
    def test_say_everything_about_each_row(self, store: Store, clock: Clock) -> None:
        made, claim = one_left(store)
        clock.forward(minutes=1)
        record(store, claim, State.FAILED, "550 5.1.1 no such mailbox")

        (row,) = store.journal.deliveries(made.id)

        assert (row.id, row.issue, row.subscriber) == (
            claim.delivery,
            made.id,
            claim.subscriber,
        )
        assert (row.state, row.attempts, row.reply) == (
            State.FAILED,
            1,
            "550 5.1.1 no such mailbox",
        )
        assert (row.dated, row.changed, row.due) == (MONDAY, clock(), None)

    @pytest.mark.slow_on_postgresql
    def test_come_by_reader_however_many_there_are(self, store: Store) -> None:
        made = planned(store, readers=1001)

        found = [row.subscriber for row in store.journal.deliveries(made.id)]

        assert len(found) == 1001
        assert found == sorted(found)
        assert list(store.journal.deliveries(made.id, State.SENT)) == []
        assert all(row.dated is None for row in store.journal.deliveries(made.id))


class TestWhatWasReceived:
    @pytest.mark.slow_on_postgresql
    def test_is_told_by_reader_and_article(self, store: Store) -> None:
        made = planned(store, readers=600)
        claims = claimed(store, made, limit=600)
        store.journal.write(
            made.id, starts=[to_start(c, "a", "b") for c in claims[:599]]
        )

        found = store.journal.received(
            [claim.subscriber for claim in claims], [f"{n}" for n in range(600)] + ["b"]
        )

        assert found == {claim.subscriber: {"b"} for claim in claims[:599]}
        assert store.journal.received([], ["a"]) == {}
        assert store.journal.received([claims[0].subscriber], []) == {}

    def test_can_leave_out_what_one_issue_brought(self, store: Store) -> None:
        daily, weekly = (planned(store, readers=1, newsletter=n) for n in NEWSLETTERS)
        (first,), (second,) = claimed(store, daily), claimed(store, weekly)
        start(store, first, "a")
        start(store, second, "b")

        found = store.journal.received(
            [first.subscriber], ["a", "b"], except_issue=weekly.id
        )

        assert found == {first.subscriber: {"a"}}


class TestBeingAlone:
    def test_is_for_one_process_at_a_time(self, store: Store) -> None:
        with (
            store.alone("send-daily") as first,
            store.alone("send-daily") as second,
            store.alone("send-weekly") as other,
        ):
            assert (first, second, other) == (True, False, True)
        with store.alone("send-daily") as again:
            assert again

    def test_ends_with_the_process_however_it_died(self, tmp_path: Path) -> None:
        lock = tmp_path / "lock"
        child = subprocess.Popen(
            [sys.executable, "-c", HOLDER, str(lock)], stdout=subprocess.PIPE
        )
        assert child.stdout is not None
        assert child.stdout.readline() == b"held\n"
        with alone(lock) as granted:
            assert not granted
        child.kill()
        child.wait()
        child.stdout.close()

        with alone(lock) as granted:
            assert granted

    def test_where_it_cannot_be_is_said(self, tmp_path: Path) -> None:
        (tmp_path / "file").touch()

        with (
            pytest.raises(StoreError, match=r"lock cannot be made.* to the folder"),
            alone(tmp_path / "file" / "lock"),
        ):
            pass
        (tmp_path / "lock").mkdir()  # nor may root write to it
        with (
            pytest.raises(StoreError, match="file, which another account made"),
            alone(tmp_path / "lock"),
        ):
            pass


HOLDER = """
import sys, time
from pathlib import Path
from digest.store.alone import alone
with alone(Path(sys.argv[1])) as granted:
    print("held" if granted else "refused", flush=True)
    time.sleep(60)
"""


class JournalMachine(RuleBasedStateMachine):
    """Several processes that claim, send, sleep, are stopped and die, and a model of it.

    The model knows per row the state, and what the outside world saw: how often
    its body left. A body leaves at most once unless a server refused it, or
    somebody decided that it goes again.
    """

    claims: Bundle[Claim] = Bundle("claims")

    def __init__(self) -> None:
        super().__init__()
        self.folder = tempfile.TemporaryDirectory()
        self.clock = Clock()
        self.open = ExitStack()
        self.open.enter_context(self.engine())
        store = opened(Path(self.folder.name), self.clock)
        self.store = self.open.enter_context(store)
        self.issue = planned(self.store, readers=4)
        self.states = {row.id: State.QUEUED for row in self.rows()}
        self.holders: dict[str, str] = {}
        self.until: dict[str, datetime] = {}  # leases, and the next attempt
        self.doubted: set[str] = set()
        self.left: Counter[str] = Counter()
        self.hold = ""

    def engine(self) -> AbstractContextManager[object]:
        return nullcontext()

    def teardown(self) -> None:
        self.open.close()
        self.folder.cleanup()

    def rows(self) -> list[Delivery]:
        return list(self.store.journal.deliveries(self.issue.id))

    def holds(self, claim: Claim, *states: State) -> bool:
        held = self.holders.get(claim.delivery) == claim.token
        return held and self.states[claim.delivery] in states

    def ready(self, delivery: str) -> bool:
        state = self.states[delivery]
        waiting = state in (State.DEFERRED, State.CLAIMED)
        return state is State.QUEUED or (
            waiting and self.until[delivery] <= self.clock()
        )

    def becomes(self, delivery: str, state: State, *, held: bool = False) -> None:
        self.states[delivery] = state
        if not held:
            self.holders.pop(delivery, None)

    @rule(target=claims, limit=st.integers(1, 4))
    def claim(self, limit: int) -> MultipleResults[Claim]:
        ready = {delivery for delivery in self.states if self.ready(delivery)}

        taken = claimed(self.store, self.issue, limit=limit)

        assert len(taken) == min(limit, len(ready))
        assert {claim.delivery for claim in taken} <= ready
        for claim in taken:
            assert (claim.dated is not None) == (claim.delivery in self.doubted)
            self.states[claim.delivery] = State.CLAIMED
            self.holders[claim.delivery] = claim.token
            self.until[claim.delivery] = self.clock() + timedelta(seconds=LEASE)
        return multiple(*taken)

    @rule(claim=claims, at_once=st.booleans())
    def start(self, claim: Claim, *, at_once: bool) -> None:
        ours = self.holds(claim, State.CLAIMED)
        may = ours and not self.hold

        written = self.store.journal.write(
            self.issue.id,
            starts=[to_start(claim, "a", dated=self.clock())],
            leaving=[claim] if at_once else [],
        )

        assert (not written.refused) == may
        if may:
            self.becomes(claim.delivery, State.SENDING, held=True)
            if at_once:
                self.goes(claim)
        elif ours:
            self.becomes(claim.delivery, State.QUEUED)

    @rule(claim=claims)
    def leave(self, claim: Claim) -> None:
        ours = self.holds(claim, State.SENDING)
        again = self.holds(claim, State.BODY_SENT)  # it had not got away

        assert leave(self.store, claim) == (ours or again)

        if ours:
            self.goes(claim)

    def goes(self, claim: Claim) -> None:
        """Let the body leave, as a transport does when the journal has let it."""
        self.becomes(claim.delivery, State.BODY_SENT, held=True)
        self.left[claim.delivery] += 1

    @rule(
        claim=claims,
        state=st.sampled_from(
            [State.SENT, State.UNKNOWN, State.DEFERRED, State.FAILED, State.QUEUED]
        ),
    )
    def finish(self, claim: Claim, state: State) -> None:
        delivery = claim.delivery
        ours = self.holds(claim, State.SENDING, State.BODY_SENT, State.UNKNOWN)
        due = self.clock() + 5 * MINUTE if state is State.DEFERRED else None

        assert record(self.store, claim, state, due=due) == ours

        if not ours:
            return
        if state is State.UNKNOWN:
            self.doubted.add(delivery)
        elif state is not State.SENT and self.states[delivery] is not State.SENDING:
            self.left[delivery] -= 1  # the server said no: it did not arrive
        self.becomes(delivery, state, held=state is State.UNKNOWN)
        if due:
            self.until[delivery] = due

    @rule(claim=claims)
    def skip(self, claim: Claim) -> None:
        ours = self.holds(claim, State.CLAIMED)

        assert skip(self.store, claim, "paused") == ours

        if ours:
            self.becomes(claim.delivery, State.SKIPPED)

    @rule(claim=claims)
    def release(self, claim: Claim) -> None:
        self.store.journal.release([claim])

        if self.holds(claim, State.CLAIMED):
            self.becomes(claim.delivery, State.QUEUED)

    @rule(seconds=st.sampled_from([1.0, LEASE, 300.0]))
    def sleep(self, seconds: float) -> None:
        self.clock.forward(seconds=seconds)

    @rule(doubtful=st.sampled_from([State.UNKNOWN, State.QUEUED, State.SENT]))
    def another_process_takes_over(self, doubtful: State) -> None:
        dead = {d for d, state in self.states.items() if state is State.BODY_SENT}

        assert self.store.journal.recover(self.issue.id, doubtful=doubtful) == len(dead)

        for delivery, state in self.states.items():
            if state in (State.CLAIMED, State.SENDING):
                self.becomes(delivery, State.QUEUED)
            elif delivery in dead:
                self.doubted.add(delivery)
                self.becomes(delivery, doubtful, held=doubtful is State.UNKNOWN)
                if doubtful is State.QUEUED:
                    self.left[delivery] -= 1  # it goes again because we said so

    @rule(hold=st.sampled_from(["", "paused"]))
    def hold_or_not(self, hold: str) -> None:
        self.store.journal.hold(self.issue.id, hold)
        self.hold = hold

    @rule(becomes=st.sampled_from([State.SENT, State.QUEUED, State.FAILED]))
    def the_operator_decides(self, becomes: State) -> None:
        doubtful = [d for d, state in self.states.items() if state is State.UNKNOWN]

        resolved = self.store.journal.resolve(
            self.issue.id, was=State.UNKNOWN, becomes=becomes, reply="I asked"
        )

        assert resolved == len(doubtful)
        for delivery in doubtful:
            self.becomes(delivery, becomes)
            if becomes is not State.SENT:
                self.left[delivery] = 0

    @rule()
    def plan_again(self) -> None:
        assert self.store.journal.plan(self.issue.id, "daily") == 0

    @invariant()
    def every_row_is_where_the_model_says(self) -> None:
        assert {row.id: row.state for row in self.rows()} == self.states

    @invariant()
    def what_is_open_is_due_at_some_time(self) -> None:
        query = "select count(*) from delivery where (state in %s) <> (due_ms >= 0)"
        assert rows(Path(self.folder.name), query % (OPEN,)) == [(0,)]

    @invariant()
    def the_counts_add_up(self) -> None:
        counts = self.store.journal.counts(self.issue.id)
        assert counts == Counter(self.states.values())

    @invariant()
    def nobody_is_sent_to_twice(self) -> None:
        assert all(number <= 1 for number in self.left.values())

    @invariant()
    def what_may_have_left_counts_as_received(self) -> None:
        rows = self.rows()
        received = self.store.journal.received([r.subscriber for r in rows], ["a"])
        left = (State.SENDING, State.BODY_SENT, State.SENT, State.UNKNOWN)
        assert set(received) == {
            r.subscriber for r in rows if r.state in left or r.id in self.doubted
        }


TestJournalMachine = JournalMachine.TestCase
TestJournalMachine.settings = examples(40, stateful_step_count=30)


class MachineOnPostgresql(JournalMachine):
    """The same, on a server."""

    def engine(self) -> AbstractContextManager[object]:
        return on_postgresql()


@pytest.mark.slow
@pytest.mark.skipif(program("initdb") is None, reason=MISSING)
class TestMachineOnPostgresql(MachineOnPostgresql.TestCase):  # type: ignore[misc,valid-type]
    settings = examples(15, stateful_step_count=30)
