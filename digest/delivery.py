"""Send one issue: claim, choose, assemble, hand over, record.

    claim -> choose -> assemble -> journal.start -> transport.deliver -> record

A row is marked `sending`, durably, just before its bytes may leave, and its outcome
is written as soon as the transport knows it. Whatever dies in between, a row is
either untouched (and sent later) or in doubt (and held): never lost, never doubled.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Generator, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from digest.assembly import Assembler, writable
from digest.message import HeaderProblem
from digest.model import Issue, Message, Outcome, State, Subscriber
from digest.store import Audience, Claim, Journal
from digest.transports import Transport

CLAIM_ROWS = 200  #: leased at a time; enough that claiming costs nothing
LEASE_SECONDS = 900  #: longer than the 10 minutes a server may take after the final dot

#: Minutes until a deferred delivery is tried again (RFC 5321 §4.5.4.1: quick first
#: tries are allowed when the reason is known, as with greylisting; then slower).
BACK_OFF_MINUTES = (5, 15, 30, 60, 120, 240)


@dataclass(kw_only=True)
class SendReport:
    """What one `send` did; `counts` is the whole issue as the journal has it."""

    issue: Issue
    done: Counter[State] = field(default_factory=Counter)  #: by this run alone
    counts: dict[State, int] = field(default_factory=dict)
    refusals: list[tuple[str, Outcome]] = field(default_factory=list)  #: by reader's id
    skipped: Counter[str] = field(default_factory=Counter)  #: reasons
    #: Files of templates that had to be rendered for each choice of articles, and why.
    not_joined: Mapping[str, str] = field(default_factory=dict)
    stopped: bool = False  #: somebody asked us to stop; the rest waits

    @property
    def settled(self) -> bool:
        """Whether every reader has their mail or a final answer, and nobody failed."""
        return all(
            state in (State.SENT, State.SKIPPED)
            for state, number in self.counts.items()
            if number
        )


class Sending:
    """One run over one issue's rows; use once."""

    def __init__(
        self,
        *,
        assembler: Assembler,
        audience: Audience,
        journal: Journal,
        transport: Transport,
        now: Callable[[], datetime],
        only: Collection[str] = (),
        stopping: Callable[[], bool] = lambda: False,
        on_outcome: Callable[[State], None] = lambda _: None,
    ) -> None:
        """Take the rooms needed; `only` limits the run to these readers' ids."""
        self.assembler, self.audience, self.journal = assembler, audience, journal
        self.transport, self.now, self.stopping = transport, now, stopping
        self.only, self.on_outcome = frozenset(only), on_outcome
        self.report = SendReport(issue=assembler.issue)
        self.claims: dict[str, Claim] = {}  #: in flight, by delivery

    def run(self) -> SendReport:
        """Send what is due, and return what came of it.

        Raises `TransportError` or `OutputError` when messages cannot leave at all,
        and `InputError` when they cannot be made; rows not yet handed over are given
        back first, so a later run sends them.
        """
        supply = self.messages()
        try:
            for outcome in self.transport.deliver(supply):
                self.record(outcome)
        finally:
            supply.close()  # gives back what was claimed and not handed over
            self.hold()
            self.report.not_joined = self.assembler.renderer.why_not_joined
            self.report.counts = self.journal.counts(self.assembler.issue.id)
        return self.report

    def hold(self) -> None:
        """Mark as in doubt what was being handed over when something ended it all.

        A second Ctrl-C does that, or a fault of a transport's own.
        """
        reply = "interrupted before the server answered; it may have been delivered"
        for delivery in tuple(self.claims):
            self.record(Outcome(delivery=delivery, state=State.UNKNOWN, reply=reply))

    def messages(self) -> Generator[Message]:
        """Yield what is due, each row marked `sending` before its message."""
        issue = self.assembler.issue
        while not self.stopping():
            claims = self.journal.claim(
                issue.id,
                limit=CLAIM_ROWS,
                lease_seconds=LEASE_SECONDS,
                only=self.only or None,
            )
            if not claims:
                return
            try:
                yield from self.claimed(claims)
            finally:
                self.journal.release(claims[0].token)
        self.report.stopped = True

    def claimed(self, claims: list[Claim]) -> Iterator[Message]:
        """Yield the messages of one batch of claims."""
        received = self.journal.received(
            [claim.subscriber for claim in claims],
            [article.id for article in self.assembler.issue.articles],
        )
        for claim in claims:
            if self.stopping():
                return
            # Read now, not with the batch: an unsubscribe counts until the last moment.
            subscriber = self.audience.find(claim.subscriber)
            message = subscriber and self.message(
                claim, subscriber, received.get(claim.subscriber, set())
            )
            if message:
                yield message

    def message(
        self, claim: Claim, subscriber: Subscriber, received: Collection[str]
    ) -> Message | None:
        """Return the claim's message, marked `sending`; None when there is none."""
        digest = self.assembler.choose(subscriber, received=received, now=self.now())
        if digest.skipped:
            self.journal.skip(claim, digest.skipped)
            self.note(State.SKIPPED)
            self.report.skipped[digest.skipped] += 1
            return None
        rendered = self.assembler.render(subscriber, digest)
        # What was left to the site, so that Gmail shows all of it, was not received.
        shown = rendered.digest.articles
        dated = self.journal.start(claim, [article.id for article in shown])
        if dated is None:  # our lease ran out and somebody else took the row
            return None
        self.claims[claim.delivery] = claim
        try:
            return self.assembler.assemble(
                subscriber, rendered, delivery=claim.delivery, dated=dated
            )
        except HeaderProblem as problem:
            self.unwritable(claim, problem)
            return None

    def unwritable(self, claim: Claim, problem: HeaderProblem) -> None:
        """Record that a message cannot be written; stop when none of them can.

        A reader's own address concerns that reader. Anything else, such as an empty
        subject, is the template's or the newsletter's fault, and no reader's.
        """
        theirs = problem.field == "To"
        self.record(
            Outcome(
                delivery=claim.delivery,
                state=State.FAILED if theirs else State.QUEUED,
                reply=f"not sent: {problem}",
            )
        )
        if not theirs:
            with writable(self.assembler.issue):
                raise problem

    def record(self, outcome: Outcome) -> None:
        """Write down what came of one message."""
        claim, due = self.claims[outcome.delivery], None
        if outcome.state is State.DEFERRED:
            if self.now() > self.assembler.issue.expires:
                outcome = Outcome(
                    delivery=outcome.delivery,
                    state=State.FAILED,
                    reply=f"gave up after a day: {outcome.reply}",
                )
            else:
                step = min(claim.attempts, len(BACK_OFF_MINUTES) - 1)
                due = self.now() + timedelta(minutes=BACK_OFF_MINUTES[step])
        mine = self.journal.record(claim, outcome, due=due)
        del self.claims[outcome.delivery]
        if not mine:
            return
        if outcome.state is not State.SENT:
            self.report.refusals.append((claim.subscriber, outcome))
        self.note(outcome.state)

    def note(self, state: State) -> None:
        """Count one outcome and tell who watches."""
        self.report.done[state] += 1
        self.on_outcome(state)
