"""The command `status`: what went out, what waits, what failed, what comes next."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

import click

from digest.cli.issues import newsletter_argument
from digest.cli.output import (
    as_json,
    counted,
    echo_json,
    line,
    plural,
    said,
    table,
    waiting_words,
    warned,
    when,
)
from digest.cli.project import newsroom_at_any_hour
from digest.issues import way_on
from digest.model import Issue, State, Status
from digest.moments import WAITS
from digest.newsroom import Newsroom
from digest.scheduler import overdue, upcoming
from digest.slots import Slot
from digest.store import MEMORY, Delivery

ISSUES = 10  #: shown
SCREENFUL = 20  #: deliveries of an issue shown; `--json` has them all

#: What a reply begins with: "550 5.1.1"; before it may stand why it was not tried.
_CODES = re.compile(r"(?:^|: )[245]\d\d\b(?: [245]\.\d+\.\d+)?")

#: What to do about mails that failed for no fault of their readers.
RETRY = (
    "`digest retry --issue {issue}` tries what failed again, when the cause is gone; "
    "`digest doctor` looks for it"
)

#: States of which each delivery is told, in this order.
TOLD = (
    State.FAILED,
    State.UNKNOWN,
    State.BODY_SENT,
    State.SENDING,
    State.DEFERRED,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """How the deliveries of one issue stand."""

    issue: Issue
    counts: dict[State, int]
    due: datetime | None  #: when the first of those that wait may be sent
    told: tuple[Delivery, ...]
    skipped: dict[str, int]  #: by reason
    hold: str  #: why nothing of it leaves at present
    returned: dict[str, int]  #: of those sent, by what came back
    opens: datetime | None  #: when it leaves all the same; None: not by itself
    waiting: int  #: of the deferred, those that wait for their reader's hour
    first_hour: datetime | None  #: when the first of these leaves

    @property
    def settled(self) -> bool:
        """Whether nothing waits but for its reader's hour, and nothing is in doubt."""
        expected = {State.DEFERRED: self.waiting}
        return all(
            state.settled or number <= expected.get(state, 0)
            for state, number in self.counts.items()
        )

    @property
    def untried(self) -> int:
        """How many nobody tried to send yet, although they may leave."""
        return self.counts.get(State.QUEUED, 0) + self.counts.get(State.CLAIMED, 0)

    def refusals(self) -> Counter[tuple[State, str]]:
        """Return how many were refused, and with which of the server's codes."""
        return Counter(
            (each.state, codes(each.reply))
            for each in self.told
            if each.state in (State.FAILED, State.DEFERRED)
        )


def codes(reply: str) -> str:
    """Return a server's codes, such as "550 5.1.1", and what we said before them."""
    found = _CODES.search(reply)
    return reply[: found.end()] if found else "no answer"


def standing(newsroom: Newsroom, issue: Issue) -> Standing:
    """Read how an issue stands."""
    journal = newsroom.store.journal
    approval = newsroom.store.approvals.of(issue.id)
    waiting, first_hour = journal.waiting(issue.id)
    told = (d for state in TOLD for d in journal.deliveries(issue.id, state))
    return Standing(
        issue=issue,
        counts=journal.counts(issue.id),
        due=journal.oldest_due(issue.id),
        told=tuple(d for d in told if d.reason != WAITS),
        skipped=journal.reasons(issue.id),
        hold=journal.held(issue.id),
        returned=newsroom.store.returns.counts(issue.id),
        opens=approval.opens if approval else None,
        waiting=waiting,
        first_hour=first_hour,
    )


@click.command()
@newsletter_argument
@as_json
@click.pass_context
def status(ctx: click.Context, newsletter: str, json: bool) -> None:
    """Show what went out, what waits, what failed and why, and what comes next.

    Ends with 1 while something waits, is in doubt or is overdue, for monitors.
    """
    newsroom = newsroom_at_any_hour(ctx)
    named = [newsroom.newsletter(newsletter)] if newsletter else []
    newsletters = named or newsroom.settings.newsletters
    wanted = {each.slug for each in newsletters}
    issues = newsroom.store.archive.issues(newsletter or None, limit=ISSUES)
    recent = {i.id for slug in wanted for i in newsroom.issues.recent(slug)}
    found = [standing(newsroom, issue) for issue in issues]
    late = [slot for slot in overdue(newsroom) if slot.newsletter in wanted]
    coming = [slot for slot in upcoming(newsroom) if slot.newsletter in wanted]
    doubt = newsroom.store.life.doubt()
    came = newsroom.store.returns.outcomes()
    if json:
        shown = status_json(newsroom, found, late=late, coming=coming)
        echo_json({**shown, "database": doubt, "returned": came})
    else:
        if doubt:
            warned(f"nothing is sent: {doubt}. `digest db accept --help` says more.")
        show_issues(found)
        for each in found:
            if each.issue.id in recent:
                show_standing(newsroom, each)
        show_slots(late, coming)
        if came:
            line(f"returned mail, in {MEMORY.days} days: {came_back(came)}")
    if (
        doubt
        or late
        or any(not each.settled for each in found if each.issue.id in recent)
    ):
        ctx.exit(1)


def status_json(
    newsroom: Newsroom,
    found: Iterable[Standing],
    *,
    late: list[Slot],
    coming: list[Slot],
) -> dict[str, object]:
    """Return the state of things as a dashboard wants it."""
    return {
        "issues": [
            {
                "id": each.issue.id,
                "newsletter": each.issue.newsletter,
                "number": each.issue.number,
                "until": each.issue.until,
                "counts": {state: each.counts.get(state, 0) for state in State},
                "due": each.due,
                "settled": each.settled,
                "hold": each.hold,
                "opens": each.opens,
                "waiting_for_hour": each.waiting,
                "skipped": each.skipped,
                "returned": each.returned,
                "deliveries": [
                    {
                        "subscriber": d.subscriber,
                        "address": address(newsroom, d),
                        "state": d.state,
                        "attempts": d.attempts,
                        "due": d.due,
                        "changed": d.changed,
                        "reply": d.reply,
                    }
                    for d in each.told
                ],
            }
            for each in found
        ],
        "overdue": late,
        "next": coming,
    }


def address(newsroom: Newsroom, delivery: Delivery) -> str:
    """Return the address a delivery goes to, or the reader's id."""
    subscriber = newsroom.store.audience.find(delivery.subscriber)
    return subscriber.address if subscriber else delivery.subscriber


def show_issues(found: list[Standing]) -> None:
    """Print a line per issue."""
    if not found:
        said(
            "No issue yet. `digest send` makes the first one, `digest run` on schedule."
        )
        return
    table(
        ("issue", "No.", "made", "deliveries"),
        [
            (
                each.issue.id,
                str(each.issue.number),
                when(each.issue.until),
                counted(each.counts),
            )
            for each in found
        ],
    )


def show_standing(newsroom: Newsroom, each: Standing) -> None:
    """Say of an issue what is not simply sent: who, why, until when."""
    shown = (each.told, each.skipped, each.hold, each.returned, each.waiting)
    if each.untried or any(shown):
        line(f"\n{each.issue.id}:")
    if each.hold:
        until = f" before {when(each.opens)}" if each.opens else ""
        way = way_on(each.hold, each.issue.id)
        warned(f"  {each.hold}: nothing more of it leaves{until}; {way}")
    for reason, number in each.skipped.items():
        line(f"  {plural(number, 'reader')} skipped: {reason}")
    if each.returned:
        line(f"  came back after they were sent: {came_back(each.returned)}")
    for (state, code), number in each.refusals().most_common():
        if number > 1:
            line(f"  {plural(number, 'mail')} {state}: {code}")
    if any(blameless(newsroom, delivery) for delivery in each.told[:SCREENFUL]):
        line(f"  {RETRY.format(issue=each.issue.id)}")
    show_waits(each)
    for delivery in each.told[:SCREENFUL]:
        line(f"  {address(newsroom, delivery)}: {story(delivery)}")
    if len(each.told) > SCREENFUL:
        rest = Counter(d.state for d in each.told[SCREENFUL:])
        line(f"  … and {counted(rest)} more: `digest status --json`")


def blameless(newsroom: Newsroom, delivery: Delivery) -> bool:
    """Whether a mail failed although its reader still takes mail."""
    if delivery.state is not State.FAILED:
        return False
    subscriber = newsroom.store.audience.find(delivery.subscriber)
    return subscriber is not None and subscriber.status is Status.ACTIVE


def show_waits(each: Standing) -> None:
    """Say how many mails wait for a process, and how many for an hour of the day."""
    if each.untried:
        sends = f"; `digest send {each.issue.newsletter}` sends what waits"
        line(
            f"  {plural(each.untried, 'mail')} not tried yet, waiting since "
            f"{when(each.due)}{'' if each.hold else sends}"
        )
    if each.first_hour:
        until = when(each.first_hour)
        line(f"  {waiting_words(each.waiting)}, the first until {until}")


def story(delivery: Delivery) -> str:
    """Say what became of one delivery, and what will."""
    reply = f": {delivery.reply}" if delivery.reply else ""
    match delivery.state:
        case State.FAILED:
            return f"failed {when(delivery.changed)}{reply}"
        case State.DEFERRED:
            tries = plural(delivery.attempts, "attempt")
            return f"deferred after {tries}, due {when(delivery.due)}{reply}"
        case State.SENDING:
            return f"being handed over since {when(delivery.changed)}"
        case State.BODY_SENT:
            return (
                f"being sent since {when(delivery.changed)}; if nothing is sending now, "
                "it is in doubt from the next send on"
            )
        case State.UNKNOWN:
            return (
                f"in doubt since {when(delivery.changed)}, held and not sent again; the "
                "mail server's log knows whether it arrived, and `digest resolve --log` "
                f"takes its word{reply}"
            )
        case _:
            return f"{delivery.state} since {when(delivery.changed)}{reply}"


def came_back(returned: Mapping[str, int]) -> str:
    """Return "2 hard, 1 complaint": how much came back, by what it was."""
    return ", ".join(f"{number} {kind}" for kind, number in returned.items())


def show_slots(late: list[Slot], coming: list[Slot]) -> None:
    """Say what is due: what should be out by now, and what comes next."""
    if late or coming:
        line("")
    for slot in late:
        warned(
            f"overdue: {slot.newsletter} was due {when(slot.due)} and nothing has dealt "
            f"with it; is `digest run` running? `digest send {slot.newsletter}` sends now."
        )
    for slot in coming:
        line(f"next: {slot.newsletter} at {when(slot.due)}")


def following(newsroom: Newsroom, newsletter: str) -> str:
    """Say when the next issue leaves, which no word about the last one stops."""
    coming = [slot for slot in upcoming(newsroom) if slot.newsletter == newsletter]
    if not coming:
        return ""
    return (
        f"The next issue leaves all the same when it is due, at {when(coming[0].due)}; "
        "stop `digest run` if it must not."
    )
