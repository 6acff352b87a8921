from __future__ import annotations

import signal
import subprocess
import sys
import tempfile
import threading
from collections import Counter
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import settings
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
from digest.model import Issue, Outcome, State
from digest.store import Claim, Store
from digest.store.alone import alone
from tests.projects import MONDAY, Clock
from tests.stores import opened, planned, questions, rows

pytestmark = pytest.mark.usefixtures("engine")

MINUTE = timedelta(minutes=1)
LEASE = 60.0


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def store(tmp_path: Path, clock: Clock) -> Iterator[Store]:
    with opened(tmp_path, clock) as store:
        yield store


def claimed(store: Store, made: Issue, *, limit: int = 100) -> list[Claim]:
    return store.journal.claim(made.id, limit=limit, lease_seconds=LEASE)


def one_started(store: Store, *articles: str) -> tuple[Issue, Claim]:
    """Plan for one reader, and start what they get."""
    made = planned(store, readers=1)
    (claim,) = claimed(store, made)
    assert store.journal.start(claim, articles or ("a", "b"))
    return made, claim


def record(
    store: Store,
    claim: Claim,
    state: State,
    reply: str = "",
    due: datetime | None = None,
) -> bool:
    outcome = Outcome(delivery=claim.delivery, state=state, reply=reply)
    return store.journal.record(claim, outcome, due=due)


def got(store: Store, claim: Claim) -> set[str]:
    received = store.journal.received([claim.subscriber], ["a", "b", "c"])
    return received.get(claim.subscriber, set())


class TestAPlan:
    def test_has_one_row_per_reader_however_often_it_is_made(
        self, store: Store
    ) -> None:
        made = planned(store, readers=3)

        again = store.journal.plan(made.id, (s.id for s in store.audience.all()))

        assert again == 0
        assert store.journal.counts(made.id) == {State.QUEUED: 3}

    def test_takes_in_readers_who_came_later(self, store: Store) -> None:
        made = planned(store, readers=2)

        planned(store, readers=3, newsletter="weekly")

        assert store.journal.plan(made.id, [s.id for s in store.audience.all()]) == 1
        assert store.journal.counts(made.id) == {State.QUEUED: 3}

    def test_of_nobody_is_empty(self, store: Store) -> None:
        made = planned(store, readers=0)

        assert store.journal.counts(made.id) == {}
        assert store.journal.oldest_due(made.id) is None
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
        wanted = {s.id for s in store.audience.all()} & {
            s.id for s in list(store.audience.all())[1:4]
        }

        claims = store.journal.claim(
            made.id, limit=2, lease_seconds=LEASE, only={*wanted, "nobody"}
        )

        assert len(claims) == 2
        assert {claim.subscriber for claim in claims} < wanted
        assert store.journal.claim(made.id, limit=9, lease_seconds=1, only=()) == []

    def test_of_one_issue_leaves_the_others_alone(self, store: Store) -> None:
        made, other = (planned(store, readers=2, newsletter=n) for n in "ab")

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
        assert store.journal.start(old[0], ["a"]) is None
        assert not store.journal.skip(old[0], "too late")
        assert store.journal.start(new[0], ["a"])

    def test_given_back_is_free_at_once(self, store: Store) -> None:
        made = planned(store, readers=3)
        claims = claimed(store, made)
        store.journal.start(claims[0], ["a"])

        assert store.journal.release(claims[0].token) == 2

        assert store.journal.counts(made.id) == {State.QUEUED: 2, State.SENDING: 1}
        assert record(store, claims[0], State.SENT)

    def test_says_how_many_attempts_there_were(
        self, store: Store, clock: Clock
    ) -> None:
        made, claim = one_started(store)
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

        assert store.journal.skip(claim, "nothing new on their topics")

        (row,) = store.journal.deliveries(made.id)
        assert (row.state, row.reason) == (State.SKIPPED, "nothing new on their topics")
        assert store.journal.counts(made.id) == {State.SKIPPED: 1}
        assert claimed(store, made) == []


class TestAStart:
    def test_is_on_the_disk_with_what_it_holds(
        self, store: Store, tmp_path: Path
    ) -> None:
        made, claim = one_started(store, "a", "b", "a")

        assert rows(tmp_path, "select state, attempts from delivery") == [
            ("sending", 1)
        ]
        assert got(store, claim) == {"a", "b"}
        assert store.journal.counts(made.id) == {State.SENDING: 1}

    def test_is_refused_where_it_would_not_be_on_the_disk(self, store: Store) -> None:
        made = planned(store, readers=1)
        (claim,) = claimed(store, made)

        with pytest.raises(RuntimeError, match="on the disk"), store.transaction():
            store.journal.start(claim, ["a"])

    def test_happens_once(self, store: Store) -> None:
        _, claim = one_started(store, "a")

        assert store.journal.start(claim, ["b"]) is None
        assert got(store, claim) == {"a"}

    def test_dates_the_message_and_dates_it_anew_when_it_did_not_leave(
        self, store: Store, clock: Clock
    ) -> None:
        made = planned(store, readers=1)
        dates = []

        for _ in range(2):
            (claim,) = claimed(store, made)
            dates.append(store.journal.start(claim, ["a"]))
            clock.forward(hours=1)
            record(store, claim, State.DEFERRED, due=clock())

        assert dates == [MONDAY, MONDAY + 60 * MINUTE]

    @pytest.mark.parametrize("noticed", [True, False])
    def test_keeps_the_date_of_a_message_that_may_have_left(
        self, store: Store, clock: Clock, *, noticed: bool
    ) -> None:
        made, claim = one_started(store)
        clock.forward(hours=1)
        if noticed:
            record(store, claim, State.UNKNOWN)
        else:
            store.journal.expire()
        record(store, claim, State.DEFERRED, "451 later", due=clock())

        (again,) = claimed(store, made)

        assert store.journal.start(again, ["a"]) == MONDAY

    def test_of_an_article_just_received_elsewhere_goes_back_to_choosing(
        self, store: Store
    ) -> None:
        daily, weekly = (planned(store, readers=1, newsletter=n) for n in "dw")
        (first,), (second,) = claimed(store, daily), claimed(store, weekly)
        store.journal.start(first, ["a", "b"])

        assert store.journal.start(second, ["b", "c"]) is None

        assert store.journal.counts(weekly.id) == {State.QUEUED: 1}
        assert got(store, second) == {"a", "b"}
        (again,) = claimed(store, weekly)
        assert store.journal.start(again, ["c"])

    def test_of_many_takes_those_that_are_ours(self, store: Store) -> None:
        made = planned(store, readers=3)
        claims = claimed(store, made)
        store.journal.skip(claims[1], "paused")

        dates = store.journal.start_many([(claim, ["a"]) for claim in claims])

        assert dates == {claims[0].delivery: MONDAY, claims[2].delivery: MONDAY}

    def test_without_articles_is_possible(self, store: Store) -> None:
        made = planned(store, readers=1)
        (claim,) = claimed(store, made)

        assert store.journal.start(claim, []) == MONDAY


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
        made, claim = one_started(store)

        assert record(store, claim, state, "the server's words \0")

        (row,) = store.journal.deliveries(made.id)
        assert (row.state, row.reply) == (state, "the server's words \ufffd")
        assert got(store, claim) == ({"a", "b"} if kept else set())

    def test_leaves_what_other_deliveries_brought(self, store: Store) -> None:
        daily, weekly = (planned(store, readers=1, newsletter=n) for n in "dw")
        (first,), (second,) = claimed(store, daily), claimed(store, weekly)
        store.journal.start(first, ["a"])
        store.journal.start(second, ["b"])

        record(store, second, State.FAILED)

        assert got(store, first) == {"a"}

    def test_deferred_comes_back_when_it_is_due(
        self, store: Store, clock: Clock
    ) -> None:
        made, claim = one_started(store)

        record(store, claim, State.DEFERRED, "451 greylisted", due=MONDAY + 5 * MINUTE)

        (row,) = store.journal.deliveries(made.id, State.DEFERRED)
        assert row.due == store.journal.oldest_due(made.id) == MONDAY + 5 * MINUTE
        clock.forward(minutes=4)
        assert claimed(store, made) == []
        clock.forward(minutes=1)
        assert len(claimed(store, made)) == 1

    def test_queued_was_no_attempt(self, store: Store) -> None:
        made, claim = one_started(store)

        record(store, claim, State.QUEUED)

        (again,) = claimed(store, made)
        assert again.attempts == 0

    def test_is_written_once(self, store: Store) -> None:
        made, claim = one_started(store)

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
        made, claim = one_started(store)
        clock.forward(seconds=LEASE)
        assert store.journal.expire() == 1

        due = clock() if state is State.DEFERRED else None
        assert record(store, claim, state, due=due)

        assert store.journal.counts(made.id) == {state: 1}
        assert got(store, claim) == ({"a", "b"} if state is State.SENT else set())

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
        _, claim = one_started(store)

        with pytest.raises(ValueError, match="an outcome cannot be"):
            record(store, claim, state, due=due)

    def test_may_be_written_with_others_at_once(self, store: Store) -> None:
        made = planned(store, readers=3)
        claims = claimed(store, made)
        store.journal.start_many([(claim, ["a"]) for claim in claims[:2]])

        ours = store.journal.record_many(
            [
                (claim, Outcome(delivery=claim.delivery, state=State.SENT), None)
                for claim in claims
            ]
        )

        assert ours == 2
        assert store.journal.counts(made.id) == {State.CLAIMED: 1, State.SENT: 2}


class TestACrash:
    def test_while_sending_leaves_the_row_in_doubt(
        self, store: Store, clock: Clock
    ) -> None:
        made, claim = one_started(store)
        clock.forward(seconds=LEASE - 1)
        assert store.journal.expire() == 0

        clock.forward(seconds=1)

        assert store.journal.expire() == 1
        assert store.journal.counts(made.id) == {State.UNKNOWN: 1}
        assert claimed(store, made) == []
        assert got(store, claim) == {"a", "b"}

    def test_can_be_recovered_from_at_once_by_who_has_the_lock(
        self, store: Store
    ) -> None:
        made = planned(store, readers=3)
        other = planned(store, readers=3, newsletter="weekly")
        claims, _ = claimed(store, made), claimed(store, other)
        store.journal.start(claims[0], ["a"])

        assert store.journal.recover(made.id) == 1

        assert [c.delivery for c in claimed(store, made)] == [
            c.delivery for c in claims[1:]
        ]
        assert store.journal.counts(other.id) == {State.CLAIMED: 3}

    def test_of_the_process_itself_loses_nothing_and_doubles_nothing(
        self, store: Store, tmp_path: Path, clock: Clock
    ) -> None:
        made = planned(store, readers=5)
        child = subprocess.Popen(
            [sys.executable, "-c", DIES_WHILE_SENDING, str(tmp_path), made.id],
            stdout=subprocess.PIPE,
            cwd=Path(__file__).parent.parent,
        )
        assert child.stdout
        with child:
            in_flight = child.stdout.readline().decode().strip()
            child.send_signal(signal.SIGKILL)

        clock.forward(seconds=LEASE)
        assert store.journal.expire() == 1

        (unknown,) = store.journal.deliveries(made.id, State.UNKNOWN)
        assert unknown.id == in_flight
        counts = {State.CLAIMED: 3, State.SENT: 1, State.UNKNOWN: 1}
        assert store.journal.counts(made.id) == counts
        assert len(claimed(store, made)) == 3


#: Sends one, and is in the middle of the next when it is killed.
DIES_WHILE_SENDING = """
import sys, time
from pathlib import Path
from digest.model import Outcome, State
from tests.projects import Clock
from tests.stores import opened

with opened(Path(sys.argv[1]), Clock()) as store:
    first, second, *_ = store.journal.claim(sys.argv[2], limit=9, lease_seconds=60)
    store.journal.start(first, ["a"])
    store.journal.record(first, Outcome(delivery=first.delivery, state=State.SENT))
    store.journal.start(second, ["a"])
    print(second.delivery, flush=True)
    time.sleep(60)
"""

#: Claims and sends whatever it can get, and prints what it sent.
SENDS_ALL = """
import sys
from pathlib import Path
from digest.model import Outcome, State
from tests.projects import Clock
from tests.stores import opened

with opened(Path(sys.argv[1]), Clock()) as store:
    while claims := store.journal.claim(sys.argv[2], limit=5, lease_seconds=60):
        for claim in claims:
            if store.journal.start(claim, ["a"]):
                print(claim.subscriber)
                sent = Outcome(delivery=claim.delivery, state=State.SENT)
                assert store.journal.record(claim, sent)
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
            store.journal.start(claim, [f"{n}" for n in range(12)])
            record(store, claim, State.SENT, "250 2.0.0 queued")

    assert len(asked) <= 5 * 500
    assert store.journal.counts(made.id) == {State.SENT: 500}


class TestDeliveries:
    def test_say_everything_about_each_row(self, store: Store, clock: Clock) -> None:
        made, claim = one_started(store)
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
        store.journal.start_many([(c, ["a", "b"]) for c in claims[:599]])

        found = store.journal.received(
            [claim.subscriber for claim in claims], [f"{n}" for n in range(600)] + ["b"]
        )

        assert found == {claim.subscriber: {"b"} for claim in claims[:599]}
        assert store.journal.received([], ["a"]) == {}
        assert store.journal.received([claims[0].subscriber], []) == {}

    def test_can_leave_out_what_one_issue_brought(self, store: Store) -> None:
        daily, weekly = (planned(store, readers=1, newsletter=n) for n in "dw")
        (first,), (second,) = claimed(store, daily), claimed(store, weekly)
        store.journal.start(first, ["a"])
        store.journal.start(second, ["b"])

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
            pytest.raises(StoreError, match="the lock cannot be made"),
            alone(tmp_path / "file" / "lock"),
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
    """Several processes that plan, claim, send, sleep and die, against a dictionary.

    The model knows per row the state, and what the outside world saw: how often
    its bytes left. A row's mail leaves at most once unless a server refused it.
    """

    claims: Bundle[Claim] = Bundle("claims")

    def __init__(self) -> None:
        super().__init__()
        self.folder = tempfile.TemporaryDirectory()
        self.clock = Clock()
        self.opened = opened(Path(self.folder.name), self.clock)
        self.store = self.opened.__enter__()
        self.issue = planned(self.store, readers=4)
        self.states = dict.fromkeys(self.deliveries(), State.QUEUED)
        self.holders: dict[str, tuple[str, datetime]] = {}
        self.due: dict[str, datetime] = {}
        self.sent: Counter[str] = Counter()
        self.articles = 0

    def teardown(self) -> None:
        self.opened.__exit__(None, None, None)
        self.folder.cleanup()

    def deliveries(self) -> list[str]:
        return [row.id for row in self.store.journal.deliveries(self.issue.id)]

    def holds(self, claim: Claim, *states: State) -> bool:
        held = self.holders.get(claim.delivery, ("", MONDAY))[0] == claim.token
        return held and self.states[claim.delivery] in states

    def ready(self, delivery: str) -> bool:
        state = self.states[delivery]
        return (
            state is State.QUEUED
            or (state is State.DEFERRED and self.due[delivery] <= self.clock())
            or (state is State.CLAIMED and self.holders[delivery][1] <= self.clock())
        )

    @rule(target=claims, limit=st.integers(1, 4))
    def claim(self, limit: int) -> MultipleResults[Claim]:
        ready = {delivery for delivery in self.states if self.ready(delivery)}

        taken = claimed(self.store, self.issue, limit=limit)

        assert len(taken) == min(limit, len(ready))
        assert {claim.delivery for claim in taken} <= ready
        end = self.clock() + timedelta(seconds=LEASE)
        for claim in taken:
            self.states[claim.delivery] = State.CLAIMED
            self.holders[claim.delivery] = (claim.token, end)
        return multiple(*taken)

    @rule(claim=claims)
    def start(self, claim: Claim) -> None:
        ours = self.holds(claim, State.CLAIMED)
        self.articles += 1  # others each time: what was received is no protection here

        dated = self.store.journal.start(claim, [str(self.articles)])

        assert (dated is not None) == ours

        if ours:
            self.states[claim.delivery] = State.SENDING
            end = self.clock() + timedelta(seconds=LEASE)
            self.holders[claim.delivery] = (claim.token, end)

    @rule(
        claim=claims,
        state=st.sampled_from(
            [State.SENT, State.UNKNOWN, State.DEFERRED, State.FAILED, State.QUEUED]
        ),
    )
    def finish(self, claim: Claim, state: State) -> None:
        ours = self.holds(claim, State.SENDING, State.UNKNOWN)
        due = self.clock() + 5 * MINUTE if state is State.DEFERRED else None

        assert record(self.store, claim, state, due=due) == ours

        if ours:
            self.states[claim.delivery] = state
            self.sent[claim.delivery] += state is State.SENT
            if due:
                self.due[claim.delivery] = due

    @rule(claim=claims)
    def skip(self, claim: Claim) -> None:
        ours = self.holds(claim, State.CLAIMED)

        assert self.store.journal.skip(claim, "paused") == ours

        if ours:
            self.states[claim.delivery] = State.SKIPPED

    @rule(claim=claims)
    def release(self, claim: Claim) -> None:
        self.store.journal.release(claim.token)

        for delivery, (token, _) in self.holders.items():
            if token == claim.token and self.states[delivery] is State.CLAIMED:
                self.states[delivery] = State.QUEUED

    @rule(seconds=st.sampled_from([1.0, LEASE, 300.0]))
    def sleep(self, seconds: float) -> None:
        self.clock.forward(seconds=seconds)

    @rule()
    def expire(self) -> None:
        dead = [
            delivery
            for delivery, state in self.states.items()
            if state is State.SENDING and self.holders[delivery][1] <= self.clock()
        ]

        assert self.store.journal.expire() == len(dead)

        self.states.update(dict.fromkeys(dead, State.UNKNOWN))

    @rule()
    def plan_again(self) -> None:
        readers = [s.id for s in self.store.audience.all()]

        assert self.store.journal.plan(self.issue.id, readers) == 0

    @invariant()
    def every_row_is_where_the_model_says(self) -> None:
        found = {r.id: r.state for r in self.store.journal.deliveries(self.issue.id)}
        assert found == self.states

    @invariant()
    def the_counts_add_up(self) -> None:
        counts = self.store.journal.counts(self.issue.id)
        assert counts == Counter(self.states.values())

    @invariant()
    def nobody_is_sent_to_twice(self) -> None:
        assert all(number <= 1 for number in self.sent.values())

    @invariant()
    def what_may_have_left_counts_as_received(self) -> None:
        rows = list(self.store.journal.deliveries(self.issue.id))
        articles = [str(number + 1) for number in range(self.articles)]
        received = self.store.journal.received([r.subscriber for r in rows], articles)
        left = (State.SENDING, State.SENT, State.UNKNOWN)
        assert set(received) == {r.subscriber for r in rows if r.state in left}
        assert all(len(articles) == 1 for articles in received.values())


TestJournalMachine = JournalMachine.TestCase
TestJournalMachine.settings = settings(
    max_examples=40, stateful_step_count=30, deadline=None
)
