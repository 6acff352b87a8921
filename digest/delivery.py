"""Send one issue: claim, choose, assemble, hand over, record.

    claim -> choose -> assemble -> start -> leave -> record

A `Sending` is the desk its transport draws from, at which any number of threads ask
for the next message and say what became of the last. What they say is written to the
journal in commits they share, and every one returns only when it is on the disk. A
message's body ends after the commit that says so. Whatever dies in between, a row
is either untouched (and sent later) or in doubt (and held): never lost, never doubled.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from random import uniform

from digest.assembly import Assembler, writable
from digest.flights import Flight, Flights, unwritten
from digest.issues import TOO_LATE
from digest.message import HeaderProblem
from digest.model import Bounce, Message, Outcome, State, Subscriber
from digest.moments import WAITS
from digest.sendreport import SendReport
from digest.store import Audience, Claim, Commits, Journal, Start, Wait, Written
from digest.transports import Transport

CLAIM_ROWS = 200  #: leased at a time at most; enough that claiming costs nothing
CLAIM_SECONDS = 10  #: about as long as a batch may last; then preferences are read anew

#: A batch, and twice the 10 minutes a server may take after the final dot: for the
#: message before on the connection, and for the last of the batch.
LEASE_SECONDS = 1800

#: Minutes until a deferred delivery is tried again (RFC 5321 §4.5.4.1: quick first
#: tries are allowed when the reason is known, as with greylisting; then slower).
BACK_OFF_MINUTES = (5, 15, 30, 60, 120, 240)
JITTER = 0.2  #: share by which they differ, so that not all come back at once

#: Why somebody gets no mail who had a row when the issue was planned.
LEFT = "does not take this newsletter any more"

#: How long a mail is tried that waited for its reader's hour, as others are.
TRIED_FOR = timedelta(hours=24)

SKIPS_AT_ONCE = 100  #: written together when nothing else is
ARRIVED_AT_ONCE = 200  #: readers whose earlier bounces are forgotten together


@dataclass(slots=True, kw_only=True)
class Settling:
    """What one thread asks to be written, and whether its body may leave then."""

    outcomes: Sequence[Outcome] = ()
    leaving: Message | None = None
    granted: bool = False


class Sending:
    """One run over one issue's rows, and the desk of its transport; use once."""

    def __init__(
        self,
        *,
        assembler: Assembler,
        audience: Audience,
        journal: Journal,
        transport: Transport,
        now: Callable[[], datetime],
        withdrawn: Callable[[], frozenset[str]] = frozenset,
        only: Collection[str] = (),
        allowed: datetime | None = None,
        stopping: Callable[[], bool] = lambda: False,
        on_outcome: Callable[[State], None] = lambda _: None,
    ) -> None:
        """Take the rooms needed; `only` limits the run to these readers' ids.

        `withdrawn` says before each batch which articles, by id, nobody gets any more;
        `allowed` is when editors let the issue go, if they had to.
        """
        self.assembler, self.audience, self.journal = assembler, audience, journal
        self.transport, self.now, self.stopping = transport, now, stopping
        self.only, self.on_outcome = frozenset(only), on_outcome
        self._ask_withdrawn, self._withdrawn = withdrawn, frozenset[str]()
        self.issue, self._allowed = assembler.issue, allowed
        self._moments = assembler.spans.own.moments
        self.report = SendReport(issue=self.issue)

        self._drawing = threading.Lock()  # guards what follows
        self._batch: deque[Claim] = deque()  # claimed, not looked at
        self._readers: dict[str, Subscriber] = {}
        self._received: dict[str, set[str]] = {}
        self._rows, self._claimed_at = max(10, 2 * transport.window), now()
        self._over = False  # nothing more is handed out
        self._ended = False  # and nothing leaves any more

        self._commits = Commits[Settling](self._commit)
        self._skips: deque[tuple[Claim, str]] = deque()
        self._waits: deque[Wait] = deque()
        self._flights = Flights()
        self._arrived: list[str] = []  # readers, not yet told to the audience

    def run(self) -> SendReport:
        """Send what is due, and return what came of it.

        Raises `TransportError` or `OutputError` when messages cannot leave at all,
        and `InputError` when they cannot be made; rows not yet handed over are given
        back first, so a later run sends them.
        """
        try:
            self.transport.deliver(self)
        finally:
            self._end()
            self.report.not_joined = self.assembler.not_joined
            self.report.counts = self.journal.counts(self.issue.id)
            self.report.waiting, _ = self.journal.waiting(self.issue.id)
        return self.report

    # -- the desk ---------------------------------------------------------------

    def take(self) -> Message | None:
        """Return the next message; None when nothing more may be sent."""
        with self._drawing:
            try:
                return self._next()
            except BaseException:
                self._over = True  # for the other threads, too
                raise

    def settle(
        self, outcomes: Sequence[Outcome] = (), *, leaving: Message | None = None
    ) -> bool:
        """Write outcomes down, and that a body is about to leave.

        It is on the disk when this returns. False: `leaving` may not be sent; so it
        is with one whose lease ended and which another process has claimed.
        Raises `StoreError` when it cannot be written; then the body may not leave.
        """
        asked = Settling(outcomes=outcomes, leaving=leaving)
        self._commits.write(asked)
        return asked.granted or leaving is None

    # -- drawing ----------------------------------------------------------------

    def _next(self) -> Message | None:
        while not self._over:
            if self.stopping():
                self.report.stopped = self._over = True
            elif self._batch or self._claim():
                message = self._message(self._batch[0])
                self._batch.popleft()  # now: what cannot be made is given back
                if message is not None:
                    return message
                if len(self._skips) + len(self._waits) >= SKIPS_AT_ONCE:
                    self._commits.write(Settling())
            else:
                # A row refused at its start is queued again: look once more.
                self._commits.write(Settling())
                self._over = not self._claim()
        return None

    def _claim(self) -> bool:
        """Lease the next rows and read all about them; return whether there are any."""
        now = self.now()
        slow = now - self._claimed_at > timedelta(seconds=CLAIM_SECONDS)
        self._rows = max(1, self._rows // 2) if slow else self._rows * 2
        self._rows, self._claimed_at = min(self._rows, CLAIM_ROWS), now
        claims = self.journal.claim(
            self.issue.id,
            limit=self._rows,
            lease_seconds=LEASE_SECONDS,
            only=self.only or None,
        )
        self._batch.extend(claims)
        self._readers = self.audience.by_ids([claim.subscriber for claim in claims])
        self._withdrawn = self._ask_withdrawn()
        self._received = self.assembler.spans.received(
            self._readers.values(), self.journal, except_issue=self.issue.id
        )
        return bool(claims)

    def _message(self, claim: Claim) -> Message | None:
        """Return the claim's message, to be started; None when there is none."""
        if held := self._flights.of(claim.delivery):  # for longer than a lease
            self._flights.begin(held.under(claim))
            return None
        subscriber = self._readers[claim.subscriber]
        if self.issue.newsletter not in subscriber.preferences.newsletters:
            self._skips.append((claim, LEFT))
            return None
        if self._kept_back(claim, subscriber):
            return None
        received = self._received.get(claim.subscriber, set())
        if claim.articles is not None:  # the same mail as the one that may have arrived
            spans = self.assembler.spans
            received = {*spans.ids(spans.back(subscriber))} - claim.articles
        gone = received | self._withdrawn
        digest = self.assembler.choose(subscriber, received=gone, now=self.now())
        if digest.skipped:
            self._skips.append((claim, digest.skipped))
            return None
        rendered = self.assembler.render(subscriber, digest)
        # What was left to the site, so that Gmail shows all of it, was not received.
        shown = tuple(dict.fromkeys(a.id for a in rendered.digest.articles))
        start = Start(claim=claim, dated=claim.dated or self.now(), articles=shown)
        try:
            message = self.assembler.assemble(
                subscriber, rendered, delivery=claim.delivery, dated=start.dated
            )
        except HeaderProblem as problem:
            self._unwritable(start, problem)
            return None
        awaited = self._moments.awaited(subscriber)
        self._flights.begin(
            Flight(claim=claim, start=start, message=message, awaited=awaited)
        )
        return message

    def _kept_back(self, claim: Claim, subscriber: Subscriber) -> bool:
        """Whether a mail has to wait for its reader's hour, or missed it by too much."""
        moment = self._moments.awaited(subscriber)
        if moment is None:
            return False
        schedule, now = self.assembler.newsletter.schedule, self.now()
        assert schedule is not None  # nobody waits for an issue without one
        if claim.attempts or claim.dated:
            return False
        if moment > now:
            self._waits.append(Wait(claim=claim, due=moment, reason=WAITS))
            return True
        lateness = timedelta(minutes=schedule.max_lateness_minutes)
        late = now > max(moment, self._allowed or moment) + lateness
        if late:
            self._fail(Start(claim=claim, dated=now, articles=()), TOO_LATE)
        return late

    def _unwritable(self, start: Start, problem: HeaderProblem) -> None:
        """Record that a message cannot be written; stop when none of them can.

        A reader's own address concerns that reader. Anything else, such as an empty
        subject, is the template's or the newsletter's fault, and no reader's.
        """
        if problem.field != "To":
            with writable(self.issue):
                raise problem
        self._fail(start, f"not sent: {problem}")

    def _fail(self, start: Start, reply: str) -> None:
        """Record that a message is never handed over."""
        delivery = start.claim.delivery
        self._flights.begin(Flight(claim=start.claim, start=start))
        failed = Outcome(delivery=delivery, state=State.FAILED, reply=reply)
        self._commits.write(Settling(outcomes=[failed]))

    # -- writing ----------------------------------------------------------------

    def _commit(self, asked: Sequence[Settling]) -> None:
        """Write what several threads ask for, with one commit."""
        skips = [self._skips.popleft() for _ in range(len(self._skips))]
        waits = [self._waits.popleft() for _ in range(len(self._waits))]
        said: dict[str, Outcome] = {}
        for outcome in (o for each in asked for o in each.outcomes):
            said.setdefault(outcome.delivery, outcome)  # not `_end`'s doubt behind it
        answered = [
            (flight, outcome)
            for delivery, outcome in said.items()
            if (flight := self._flights.of(delivery))
        ]
        leaving = [
            (flight, each)
            for each in asked
            if each.leaving and (flight := self._flights.with_message(each.leaving))
        ]
        if not (skips or waits or answered or leaving):
            return
        moving = [flight for flight, _ in (*answered, *leaving)]
        outcomes = [self._judged(flight, outcome) for flight, outcome in answered]
        self._tell_audience(outcomes)
        try:
            written = self.journal.write(
                self.issue.id,
                skips=skips,
                waits=waits,
                starts=unwritten(moving),
                outcomes=outcomes,
                leaving=[flight.claim for flight, _ in leaving],
            )
        except BaseException:
            self._over = True
            raise
        for flight, each in leaving:
            refused = self._ended or flight.claim.delivery in written.refused
            each.granted = flight.left = not refused
        self._flights.end(flight for flight, _ in answered)
        self._flights.end(f for f in moving if f.claim.delivery in written.refused)
        self._note(written, skips, outcomes)

    def _tell_audience(
        self, outcomes: Sequence[tuple[Claim, Outcome, datetime | None]]
    ) -> None:
        """Say what was learned of addresses; said twice it counts once.

        This comes before the outcome is written, so that no crash forgets it.
        """
        for claim, outcome, _ in outcomes:
            if outcome.bounce is not None:
                self.audience.bounced(
                    claim.subscriber,
                    hard=outcome.bounce is Bounce.HARD,
                    reply=outcome.reply,
                    issue=self.issue.id,
                )
            elif outcome.state is State.SENT:
                self._arrived.append(claim.subscriber)
        if len(self._arrived) >= ARRIVED_AT_ONCE:
            self._forget_bounces()

    def _forget_bounces(self) -> None:
        self.audience.delivered(self._arrived)
        self._arrived.clear()

    def _judged(
        self, flight: Flight, outcome: Outcome
    ) -> tuple[Claim, Outcome, datetime | None]:
        """Return an outcome with when it is tried again, or that it never will be."""
        claim = flight.claim
        if outcome.state is not State.DEFERRED:
            return claim, outcome, None
        step = min(claim.attempts, len(BACK_OFF_MINUTES) - 1)
        wait = BACK_OFF_MINUTES[step] * 60 * uniform(1 - JITTER, 1 + JITTER)  # noqa: S311
        due = self.now() + timedelta(seconds=outcome.wait_seconds or wait)
        expires = self.issue.expires
        if flight.awaited:
            expires = max(expires, flight.awaited + TRIED_FOR)
        if self.now() <= expires:
            return claim, outcome, due
        given_up = Outcome(
            delivery=outcome.delivery,
            state=State.FAILED,
            reply=f"gave up after a day: {outcome.reply}",
            bounce=outcome.bounce,
        )
        return claim, given_up, None

    def _note(
        self,
        written: Written,
        skips: Sequence[tuple[Claim, str]],
        outcomes: Sequence[tuple[Claim, Outcome, datetime | None]],
    ) -> None:
        """Count what was written, and tell who watches."""
        for claim, outcome, _ in outcomes:
            if claim.delivery not in written.recorded:
                continue
            if outcome.state is not State.SENT:
                self.report.refusals.append((claim.subscriber, outcome))
            self._count(outcome.state)
        for claim, reason in skips:
            if claim.delivery in written.skipped:
                self.report.skipped[reason] += 1
                self._count(State.SKIPPED)
        if written.hold:
            self.report.hold, self._over = written.hold, True

    def _count(self, state: State) -> None:
        self.report.done[state] += 1
        self.on_outcome(state)

    def _end(self) -> None:
        """Give back what was not handed over; what was half-way is in doubt.

        A second Ctrl-C leaves something half-way, or a fault of a transport's own. Its
        threads may live on: what they ask for now may not leave.
        """
        self._over = self._ended = True
        self._commits.write(Settling())  # behind one that let something leave
        doubt = "interrupted before the server answered; it may have been delivered"
        unfinished = [
            Outcome(delivery=flight.claim.delivery, state=State.UNKNOWN, reply=doubt)
            if flight.left
            else Outcome(delivery=flight.claim.delivery, state=State.QUEUED)
            for flight in self._flights
        ]
        self._commits.write(Settling(outcomes=unfinished))
        self.journal.release(self._batch)
        self._forget_bounces()
