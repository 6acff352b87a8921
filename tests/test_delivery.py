"""Sending one issue, row by row: faults that no server and no command line can cause."""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import timedelta
from email import message_from_bytes
from email.utils import parsedate_to_datetime
from pathlib import Path
from random import Random
from typing import Any

import pytest

from digest import delivery
from digest.config import load_settings
from digest.delivery import Sending
from digest.errors import InputError, TransportError
from digest.model import Issue, Message, Outcome, Preferences, State, Subscriber
from digest.newsroom import Newsroom
from digest.sendreport import SendReport
from digest.store import Journal, Written
from digest.transports import Desk
from tests.projects import Clock, write_project


@pytest.fixture
def newsroom(tmp_path: Path, clock: Clock) -> Iterator[Newsroom]:
    settings = load_settings(write_project(tmp_path / "news"), environment={})
    with Newsroom(settings, now=clock) as opened:
        opened.refresh_subscribers()
        list(opened.collect())
        clock.forward(minutes=1)
        yield opened


@pytest.fixture
def issue(newsroom: Newsroom) -> Issue:
    prepared = newsroom.issues.prepare(newsroom.newsletter("daily"))
    assert prepared is not None
    return prepared


class Wire:
    """A transport that does what a test tells it with each message in turn."""

    window = 1

    def __init__(self, *acts: State | Exception) -> None:
        self.acts, self.seen = list(acts), list[Message]()

    def deliver(self, desk: Desk) -> None:
        while (message := desk.take()) is not None:
            if desk.settle(leaving=message):
                self.hand_over(message, desk)

    def hand_over(self, message: Message, desk: Desk) -> None:
        self.seen.append(message)
        act = self.acts.pop(0) if self.acts else State.SENT
        if isinstance(act, Exception):
            raise act
        desk.settle([Outcome(delivery=message.delivery, state=act)])

    def close(self) -> None:
        pass


def sending(newsroom: Newsroom, issue: Issue, clock: Clock) -> Sending:
    """Return a desk at which a test asks by itself; it never comes to an end."""
    return Sending(
        assembler=newsroom.assembler(issue),
        audience=newsroom.store.audience,
        journal=newsroom.store.journal,
        transport=Wire(),
        now=clock,
    )


def test_a_fault_in_the_middle_of_a_mail_leaves_it_in_doubt_and_the_rest_alone(
    newsroom: Newsroom, issue: Issue
) -> None:
    with pytest.raises(RuntimeError, match="a fault"):
        newsroom.send(issue, transport=Wire(State.SENT, RuntimeError("a fault")))

    assert newsroom.store.journal.counts(issue.id) == {
        State.SENT: 1, State.UNKNOWN: 1, State.QUEUED: 1,
    }  # fmt: skip
    wire = Wire()
    report = newsroom.send(issue, transport=wire)
    assert len(wire.seen) == 1
    assert not report.settled


def test_a_mail_has_its_date_name_and_sender_from_its_row(
    newsroom: Newsroom, issue: Issue, clock: Clock
) -> None:
    wire = Wire()
    clock.step = timedelta(seconds=1)

    newsroom.send(issue, transport=wire)

    rows = {row.id: row for row in newsroom.store.journal.deliveries(issue.id)}
    assert len(wire.seen) == len(rows) == 3
    for message in wire.seen:
        row, header = rows[message.delivery], message_from_bytes(message.content)
        whose = {"issue": issue.id, "subscriber": row.subscriber}
        assert row.dated
        assert parsedate_to_datetime(header["Date"]) == row.dated.replace(microsecond=0)
        assert header["Message-ID"] == newsroom.links.message_id(
            **whose, domain="ledger.example"
        )
        assert message.envelope.sender == newsroom.links.bounce_mailbox(
            **whose, domain="ledger.example"
        )
    assert len({row.dated for row in rows.values()}) == 3


def test_a_readers_own_bad_address_is_that_readers_failure(
    newsroom: Newsroom, clock: Clock
) -> None:
    bad = Subscriber(
        id="",
        address="dee\r\nBcc:eve@readers.example",
        preferences=Preferences(newsletters=frozenset({"daily"})),
    )
    newsroom.store.audience.import_([bad], origin="elsewhere", sync=False)
    issue = newsroom.issues.prepare(newsroom.newsletter("daily"))
    assert issue is not None
    wire = Wire()

    report = newsroom.send(issue, transport=wire)

    assert len(wire.seen) == 3
    assert report.done == {State.SENT: 3, State.FAILED: 1}
    ((_, outcome),) = report.refusals
    assert "To: a carriage return" in outcome.reply
    plan = newsroom.issues.plan(issue, newsroom.newsletter("daily"))
    with pytest.raises(InputError, match="the mail cannot be written: To: a carriage"):
        list(newsroom.messages(plan))


def test_a_lease_that_ran_out_is_not_sent(
    newsroom: Newsroom, issue: Issue, clock: Clock
) -> None:
    journal = newsroom.store.journal

    class Slow(Wire):
        """Takes an hour over its first mail; meanwhile another process goes on."""

        def hand_over(self, message: Message, desk: Desk) -> None:
            super().hand_over(message, desk)
            if len(self.seen) == 1:
                clock.forward(hours=1)
                assert len(journal.claim(issue.id, limit=9, lease_seconds=60)) == 2

    wire = Slow()
    report = newsroom.send(issue, transport=wire)

    assert len(wire.seen) == 1
    assert report.counts == {State.SENT: 1, State.CLAIMED: 2}
    assert not report.settled


def test_a_mail_whose_lease_ended_in_our_own_hands_leaves_once(
    newsroom: Newsroom, issue: Issue, clock: Clock
) -> None:
    desk = sending(newsroom, issue, clock)
    held = [message for _ in range(3) if (message := desk.take())]
    clock.forward(hours=1)

    assert desk.take() is None, "all are in hand, and claimed again"
    assert [desk.settle(leaving=message) for message in held] == [True] * 3
    desk.settle(
        [Outcome(delivery=each.delivery, state=State.SENT, reply="") for each in held]
    )

    assert newsroom.store.journal.counts(issue.id) == {State.SENT: 3}


def gathered(desk: Desk, number: int) -> None:
    """Wait until so many threads wait for a commit."""
    assert isinstance(desk, Sending)
    until = time.monotonic() + 5
    while len(desk._commits._waiting) < number:
        assert time.monotonic() < until
        time.sleep(0.001)


def test_a_mail_whose_lease_ends_while_it_waits_for_the_disk_leaves_once(
    newsroom: Newsroom, issue: Issue, clock: Clock
) -> None:
    desk = sending(newsroom, issue, clock)
    first = desk.take()
    assert first is not None

    with ThreadPoolExecutor() as threads:
        with desk._commits._writing:  # as by a commit that takes long
            waiting = threads.submit(desk.settle, leaving=first)
            clock.forward(hours=1)
            others = [desk.take() for _ in range(2)]
            again = threads.submit(desk.take)  # claims all three again
            gathered(desk, 2)
        assert waiting.result()
        assert again.result() is None

    assert first.delivery not in {each.delivery for each in others if each}
    assert not newsroom.store.journal.claim(issue.id, limit=9, lease_seconds=1)


def test_an_interruption_after_the_outcome_is_on_the_disk_changes_nothing(
    newsroom: Newsroom, issue: Issue
) -> None:
    class Interrupted(Wire):
        def hand_over(self, message: Message, desk: Desk) -> None:
            super().hand_over(message, desk)
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        newsroom.send(issue, transport=Interrupted())

    counts = newsroom.store.journal.counts(issue.id)
    assert counts == {State.SENT: 1, State.QUEUED: 2}


class Hurried(Wire):
    """Is ended by an interrupt while its threads still wait for a slow disk."""

    def __init__(self, journal: Journal, monkeypatch: pytest.MonkeyPatch) -> None:
        super().__init__()
        self.slow, self.go_on = threading.Event(), threading.Event()
        write = journal.write

        def slowly(*asked: Any, **rows: Any) -> Written:
            if threading.current_thread() is not threading.main_thread():
                self.slow.set()
                assert self.go_on.wait(10)
            return write(*asked, **rows)

        monkeypatch.setattr(journal, "write", slowly)
        self.threads = ThreadPoolExecutor()
        self.granted: Future[bool] | None = None

    def end(self, desk: Desk, *, waiting: int) -> None:
        """Interrupt; the disk goes on when the end waits for it like the others."""

        def let() -> None:
            gathered(desk, waiting)
            self.go_on.set()

        self.threads.submit(let)
        raise KeyboardInterrupt


def test_an_answer_written_together_with_the_end_stands(
    newsroom: Newsroom, issue: Issue, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Answered(Hurried):
        def deliver(self, desk: Desk) -> None:
            first, second = desk.take(), desk.take()
            assert first is not None
            assert second is not None
            assert desk.settle(leaving=first)
            assert desk.settle(leaving=second)
            for number, message in enumerate((first, second)):
                sent = Outcome(delivery=message.delivery, state=State.SENT)
                self.threads.submit(desk.settle, [sent])
                assert self.slow.wait(10)
                gathered(desk, number)
            self.end(desk, waiting=2)

    with pytest.raises(KeyboardInterrupt):
        newsroom.send(issue, transport=Answered(newsroom.store.journal, monkeypatch))

    counts = newsroom.store.journal.counts(issue.id)
    assert counts == {State.SENT: 2, State.QUEUED: 1}


def test_what_is_about_to_leave_when_all_ends_does_not(
    newsroom: Newsroom, issue: Issue, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Leaving(Hurried):
        def deliver(self, desk: Desk) -> None:
            message = desk.take()
            self.granted = self.threads.submit(desk.settle, leaving=message)
            assert self.slow.wait(10)
            self.end(desk, waiting=1)

    wire = Leaving(newsroom.store.journal, monkeypatch)
    with pytest.raises(KeyboardInterrupt):
        newsroom.send(issue, transport=wire)

    assert wire.granted
    assert not wire.granted.result(10), "it would leave, and once more later"
    assert newsroom.store.journal.counts(issue.id) == {State.QUEUED: 3}


def test_an_envelope_that_was_on_its_way_is_no_doubt(
    newsroom: Newsroom, issue: Issue
) -> None:
    class Pipelined(Wire):
        """Has taken a second message when the line breaks and everything ends."""

        def deliver(self, desk: Desk) -> None:
            first, _ = desk.take(), desk.take()
            assert first is not None
            assert desk.settle(leaving=first)
            raise TransportError("no line")

    with pytest.raises(TransportError, match="no line"):
        newsroom.send(issue, transport=Pipelined())

    counts = newsroom.store.journal.counts(issue.id)
    assert counts == {State.UNKNOWN: 1, State.QUEUED: 2}


@pytest.mark.parametrize("doubtful", [State.QUEUED, State.SENT, State.UNKNOWN])
def test_what_is_in_doubt_is_dealt_with_as_the_operator_wants(
    newsroom: Newsroom, issue: Issue, clock: Clock, doubtful: State
) -> None:
    journal, wire = newsroom.store.journal, Wire()
    killed = sending(newsroom, issue, clock)
    first = killed.take()
    assert first is not None
    assert killed.settle(leaving=first)
    clock.forward(hours=1)

    journal.recover(issue.id, doubtful=doubtful)
    newsroom.send(issue, transport=wire)

    again = {message.delivery: message.content for message in wire.seen}
    assert len(again) == (3 if doubtful is State.QUEUED else 2)
    assert again.get(first.delivery, first.content) == first.content


def test_an_issue_held_back_stops_within_a_window_and_goes_on_when_let(
    newsroom: Newsroom, issue: Issue
) -> None:
    class Paused(Wire):
        """Is being paused by somebody else while its first mail is on its way."""

        def hand_over(self, message: Message, desk: Desk) -> None:
            newsroom.store.journal.hold(issue.id, "paused")
            super().hand_over(message, desk)

    paused, wire = Paused(), Wire()

    report = newsroom.send(issue, transport=paused)

    assert (report.hold, len(paused.seen)) == ("paused", 1)
    assert report.counts == {State.SENT: 1, State.QUEUED: 2}
    assert newsroom.issues.open(newsroom.newsletter("daily")) == []
    newsroom.store.journal.hold(issue.id, "")
    assert newsroom.send(issue, transport=wire).settled
    assert len(wire.seen) == 2


def test_a_reader_who_unsubscribes_while_the_mail_is_made_does_not_get_it(
    newsroom: Newsroom, issue: Issue
) -> None:
    ana = newsroom.subscriber("ana@readers.example")

    class Unsubscribing(Wire):
        def deliver(self, desk: Desk) -> None:
            message = desk.take()
            while message is not None and message.envelope.recipient != ana.address:
                assert desk.settle(leaving=message)
                self.hand_over(message, desk)
                message = desk.take()
            assert message is not None
            newsroom.unsubscribe(ana.id)
            assert not desk.settle(leaving=message)
            super().deliver(desk)

    wire = Unsubscribing()
    report = newsroom.send(issue, transport=wire)

    assert report.counts == {State.SENT: 2, State.SKIPPED: 1}
    assert ana.address not in {m.envelope.recipient for m in wire.seen}


def test_a_deferred_mail_comes_back_about_when_it_should(
    newsroom: Newsroom, issue: Issue, clock: Clock
) -> None:
    class Busy(Wire):
        def hand_over(self, message: Message, desk: Desk) -> None:
            wait = 1800.0 if not self.seen else 0.0
            self.seen.append(message)
            desk.settle(
                [
                    Outcome(
                        delivery=message.delivery,
                        state=State.DEFERRED,
                        wait_seconds=wait,
                    )
                ]
            )

    newsroom.send(issue, transport=Busy())

    waits = sorted(
        (row.due - clock.at).total_seconds()
        for row in newsroom.store.journal.deliveries(issue.id)
        if row.due
    )
    assert waits[2] == 1800
    assert all(240 <= wait <= 360 for wait in waits[:2])
    assert waits[0] != waits[1]


def test_many_threads_send_every_mail_once(
    newsroom: Newsroom, issue: Issue, monkeypatch: pytest.MonkeyPatch
) -> None:
    readers = [
        Subscriber(
            id="",
            address=f"r{n}@readers.example",
            preferences=Preferences(newsletters=frozenset({"daily"})),
        )
        for n in range(200)
    ]
    newsroom.store.audience.import_(readers, origin="elsewhere", sync=False)
    newsroom.issues.plan_rows(issue, newsroom.newsletter())

    class Wide(Wire):
        window = 8

        def deliver(self, desk: Desk) -> None:
            with ThreadPoolExecutor(self.window) as pool:
                for each in [
                    pool.submit(super(Wide, self).deliver, desk)
                    for _ in range(self.window)
                ]:
                    each.result()

    journal, commits = newsroom.store.journal, list[str]()
    write = journal.write

    def counted(issue_id: str, **asked: Any) -> Written:
        commits.append(issue_id)
        return write(issue_id, **asked)

    monkeypatch.setattr(journal, "write", counted)
    wire = Wide()

    report = newsroom.send(issue, transport=wire)

    assert report.counts == {State.SENT: 203}
    assert len({message.delivery for message in wire.seen}) == len(wire.seen) == 203
    assert len(commits) < 2 * 203, "threads share commits"


def test_a_report_is_settled_when_everybody_has_mail_or_needs_none(
    issue: Issue,
) -> None:
    def settled(**counts: int) -> bool:
        states = {State(name): number for name, number in counts.items()}
        return SendReport(issue=issue, counts=states).settled

    assert settled()
    assert settled(sent=3, skipped=1, failed=0)
    for state in ("failed", "unknown", "deferred", "queued", "claimed", "sending"):
        assert not settled(sent=3, **{state: 1})


def test_asked_to_stop_in_the_middle_of_a_batch_the_rest_is_given_back(
    newsroom: Newsroom, issue: Issue
) -> None:
    wire = Wire()

    report = newsroom.send(issue, transport=wire, stopping=lambda: bool(wire.seen))

    assert report.stopped
    assert report.counts == {State.SENT: 1, State.QUEUED: 2}


def test_only_the_readers_named_get_mail(newsroom: Newsroom, issue: Issue) -> None:
    ana = newsroom.subscriber("ana@readers.example")
    wire = Wire()

    newsroom.send(issue, only=[ana.id], transport=wire)

    assert [message.envelope.recipient for message in wire.seen] == [ana.address]


def test_each_test_mail_is_another_mail(newsroom: Newsroom, clock: Clock) -> None:
    draft = newsroom.issues.draft(newsroom.newsletter("daily"))
    wire = Wire()
    for _ in range(2):
        newsroom.send_test(draft, "me@ledger.example", transport=wire)
        clock.forward(seconds=1)

    ids = {
        line
        for message in wire.seen
        for line in message.content.splitlines()
        if line.startswith(b"Message-ID:")
    }
    assert len(ids) == 2
    assert len({message.delivery for message in wire.seen}) == 2


def test_a_test_mail_of_nothing_is_refused_with_a_way_out(
    newsroom: Newsroom, clock: Clock, issue: Issue
) -> None:
    newsroom.send(issue, transport=Wire())
    clock.forward(minutes=1)
    draft = newsroom.issues.draft(newsroom.newsletter("daily"))

    with pytest.raises(InputError, match=r"would get nothing .* --issue"):
        newsroom.send_test(draft, "me@ledger.example", transport=Wire())


@pytest.mark.slow
def test_no_mail_leaves_twice_however_short_the_leases(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write = Journal.write

    def slow_disk(journal: Journal, *asked: Any, **what: Any) -> Written:
        time.sleep(0.01)
        return write(journal, *asked, **what)

    monkeypatch.setattr(Journal, "write", slow_disk)
    monkeypatch.setattr(delivery, "LEASE_SECONDS", 0.02)
    named = "".join(f"  - address: r{n}@readers.example\n" for n in range(200))
    folder = write_project(tmp_path / "news", readers=f"subscribers:\n{named}")
    left: Counter[str] = Counter()

    class Dawdling(Wire):
        """Eight threads, each of which waits for a moment before everything."""

        window = 8

        def deliver(self, desk: Desk) -> None:
            with ThreadPoolExecutor(8) as threads:
                list(threads.map(self.carry, [desk] * 8, range(8)))

        def carry(self, desk: Desk, seed: int) -> None:
            chance = Random(seed)
            while (message := desk.take()) is not None:
                time.sleep(chance.choice((0, 0.005, 0.03)))
                if desk.settle(leaving=message):
                    left[message.delivery] += 1
                    time.sleep(chance.choice((0, 0.005, 0.03)))
                    sent = Outcome(delivery=message.delivery, state=State.SENT)
                    desk.settle([sent])

    with Newsroom(load_settings(folder, environment={})) as newsroom:
        newsroom.refresh_subscribers()
        list(newsroom.collect())
        issue = newsroom.issues.prepare(newsroom.newsletter("daily"))
        assert issue is not None
        report = newsroom.send(issue, transport=Dawdling())
        while not report.settled:
            time.sleep(0.05)
            report = newsroom.send(issue, transport=Dawdling())

    assert report.counts == {State.SENT: 200}
    assert set(left.values()) == {1}
