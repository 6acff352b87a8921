"""From the archive to an issue, and from an issue to a plan.

An issue's window begins where the last one's ended, so an article is in at most one
issue of a newsletter. Preparing one freezes its articles and writes a journal row
per reader; everything before that only looks.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from digest.alike import pairs
from digest.errors import InputError
from digest.model import (
    ADDED,
    Article,
    Digest,
    Issue,
    Newsletter,
    State,
    Subscriber,
    Topic,
)
from digest.model import Approval as NeedsApproval
from digest.moments import WAITS, Moments
from digest.selection import rank
from digest.slots import Slot
from digest.spans import Spans
from digest.store import AWAITING, HELD, PAUSED, RECALLED, Store

#: Before any article: where the first issue's window begins.
BEGINNING = datetime(1970, 1, 1, tzinfo=UTC)

#: Why a mail failed that nobody tried to send.
TOO_LATE = "not sent: too late for this issue, as `max_lateness` says"

#: States with something left to do.
WAITING = (State.QUEUED, State.CLAIMED, State.SENDING, State.BODY_SENT, State.DEFERRED)

#: Those of rows that no server has answered for.
UNTRIED = (State.QUEUED, State.CLAIMED)

#: How much later than at the beginning of the editors' window an issue may be made and
#: still leave at its time: sources may be slow.
PUNCTUAL = timedelta(minutes=10)

#: Issues back in which something may still wait, however old they are.
RECENT = 3


#: What lets an issue go on that is held back for this reason.
WAYS_ON = {
    PAUSED: "`digest resume --issue {issue}` lets it go on",
    RECALLED: "it was stopped for good",
    AWAITING: "`digest approve {issue}` lets it go",
    HELD: "`digest approve {issue}` lets it go",
}


def waiting_in(counts: Mapping[State, int]) -> int:
    """Return how many mails are still to be sent, of an issue's by their states."""
    return sum(counts.get(state, 0) for state in WAITING)


def way_on(hold: str, issue_id: str) -> str:
    """Say what lets an issue go on that is held back so, to be typed as it is."""
    return WAYS_ON[hold].format(issue=issue_id)


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedDigest:
    """One reader's line of a plan."""

    subscriber: Subscriber
    digest: Digest


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """Who would get what of an issue, and who nothing and why."""

    issue: Issue
    newsletter: Newsletter
    rows: tuple[PlannedDigest, ...]
    without_topic: tuple[Article, ...] = ()  #: in no topic, so for no reader of topics
    #: Two that say nearly the same, of which a reader gets one; the better ranked first.
    alike: tuple[tuple[Article, Article], ...] = ()

    @property
    def receiving(self) -> tuple[PlannedDigest, ...]:
        """The readers who get a digest."""
        return tuple(row for row in self.rows if not row.digest.skipped)


class Issues:
    """The issues of one project: the next one, the stored ones, who gets what."""

    def __init__(
        self, store: Store, *, topics: tuple[Topic, ...], now: Callable[[], datetime]
    ) -> None:
        """Take where things are kept, all topics of the project, and the clock."""
        self.store, self.topics, self.now = store, topics, now

    def draft(
        self,
        newsletter: Newsletter,
        *,
        slot: Slot | None = None,
        instead: Issue | None = None,
    ) -> Issue:
        """Return the issue that would be prepared now; nothing is stored.

        It is dated by its slot, or by today, in the newsletter's zone. Its window begins
        where the last issue's ended, or where that of the one begins which it is made
        `instead` of. It holds those of earlier issues if a reader has days of their own.
        """
        last = None if instead else self.store.archive.last_issue(newsletter.slug)
        since = last.until if last else instead.since if instead else BEGINNING
        number = last.number + 1 if last else instead.number if instead else 1
        now = self.now()
        until = self.store.archive.windows.next_end(now)
        dated = (slot.due if slot else now).astimezone(ZoneInfo(newsletter.timezone))
        articles = self.store.archive.articles(
            since=since, until=until, sources=sources_of(newsletter)
        )
        return Issue(
            id=self.store.archive.free_id(f"{newsletter.slug}/{dated:%Y-%m-%d}"),
            newsletter=newsletter.slug,
            number=number,
            since=since,
            until=until,
            slot=slot.id if slot else None,
            articles=rank(articles),
            earlier=self._earlier(newsletter, number=number, until=until),
        )

    def _earlier(
        self, newsletter: Newsletter, *, number: int, until: datetime
    ) -> tuple[Issue, ...]:
        """Return the issues before this number, with articles if a reader needs them."""
        if newsletter.schedule is None:
            return ()
        timed = self.store.audience.with_moments(newsletter.slug)
        return self.store.archive.earlier(
            newsletter.slug,
            number=number,
            until=until,
            whole=any(reader.preferences.days for reader in timed),
        )

    def find(self, newsletter: Newsletter, issue_id: str = "") -> Issue:
        """Return a stored issue by id, or what `send` would send next.

        That is an issue that was interrupted, or one that waits for its editors, or
        else a draft of a new one.
        """
        if not issue_id:
            waiting = self.interrupted(newsletter) or self.before_editors(newsletter)
            return waiting[0] if waiting else self.draft(newsletter)
        found = self.store.archive.issue(issue_id)
        if found is None or found.newsletter != newsletter.slug:
            recent = self.store.archive.issues(newsletter.slug, limit=RECENT)
            known = ", ".join(issue.id for issue in recent)
            raise InputError(
                f"no issue {issue_id!r} of {newsletter.slug}; "
                + (f"the last ones are: {known}" if known else "there is none yet")
            )
        return found

    def recent(self, newsletter: str) -> list[Issue]:
        """Return the last issues, and any other that has not expired; oldest first."""
        limit = RECENT
        while True:
            issues = self.store.archive.issues(newsletter, limit=limit)
            if len(issues) < limit or issues[0].expires < self.now():
                return issues
            limit *= 2

    def open(self, newsletter: Newsletter) -> list[Issue]:
        """Return the issues of which something is still to be sent, oldest first.

        Those that the operator holds back are not among them.
        """
        ids = self.store.journal.open_issues(newsletter.slug)
        issues = (self.store.archive.issue(id_) for id_ in ids)
        return [issue for issue in issues if issue is not None]

    def interrupted(self, newsletter: Newsletter) -> list[Issue]:
        """Return the open issues of which something was not even tried yet."""
        return [
            issue
            for issue in self.open(newsletter)
            if any(map(self.store.journal.counts(issue.id).get, UNTRIED))
        ]

    def to_send(self, newsletter: Newsletter, issue_id: str = "") -> Iterator[Issue]:
        """Yield what a `send` sends: the issue named, or what was interrupted.

        If nothing was, these are the issues with deferred mails that are due, and the
        next issue: one full mailbox must not keep the news from everybody.
        """
        named = [self.find(newsletter, issue_id)] if issue_id else []
        for issue in named:
            if hold := self.store.journal.held(issue.id):
                raise InputError(f"{issue.id} is {hold}; {way_on(hold, issue.id)}")
        if unfinished := named or self.interrupted(newsletter):
            for issue in unfinished:
                self.plan_rows(issue, newsletter)
                yield issue
            return
        yield from self.due(newsletter)
        if self.before_editors(newsletter):
            return  # the one before it first, whatever came in meanwhile
        following = self.prepare(newsletter)
        if following is not None and newsletter.approval is None:
            yield following

    def before_editors(self, newsletter: Newsletter) -> list[Issue]:
        """Return the issues that wait for their editors and have not expired."""
        held = self.store.approvals.held_back(newsletter.slug)
        issues = (self.store.archive.issue(approval.issue) for approval in held)
        return [i for i in issues if i is not None and self.now() <= i.expires]

    def answered(self, issue: Issue) -> set[str]:
        """Return the ids of readers for whom nothing of an issue is left to do."""
        return {
            delivery.subscriber
            for delivery in self.store.journal.deliveries(issue.id)
            if delivery.state not in WAITING
        }

    def due(self, newsletter: Newsletter) -> list[Issue]:
        """Return those of which something may be sent right now."""
        now = self.now()
        return [
            issue
            for issue in self.open(newsletter)
            if (moment := self.store.journal.oldest_due(issue.id)) is None
            or moment <= now
        ]

    def prepare(
        self, newsletter: Newsletter, *, slot: Slot | None = None
    ) -> Issue | None:
        """Freeze the next issue and write one journal row per reader.

        One that its editors have to see is held back in the same step. Returns None
        when there is nothing new to say, nobody to say it to, or when another process
        prepared this slot meanwhile.
        """
        with self.store.transaction():  # no article can slip between two windows
            draft = self.draft(newsletter, slot=slot)
            anybody = next(self.store.audience.takers(newsletter.slug), None)
            wanted = draft.articles and anybody
            due = slot.due if slot else None
            issue = self.store.archive.freeze(draft, due=due) if wanted else None
            if issue is not None:
                self.plan_rows(issue, newsletter)
            if issue is not None and newsletter.approval is not None:
                self.store.approvals.ask(
                    issue.id, opens=self.opens(newsletter.approval, due)
                )
        if issue is not None:
            self.store.life.step()
        return issue

    def opens(self, asked: NeedsApproval, due: datetime | None) -> datetime | None:
        """Return when an issue made now leaves by itself; None: never.

        That is its time, or later, so that editors have their window however late it
        was made: the machine was off, or the news came late.
        """
        if asked.window_minutes is None:
            return None
        window = timedelta(minutes=asked.window_minutes)
        if due is not None and self.now() <= due - window + PUNCTUAL:
            return due
        return self.now() + window

    def revise(self, issue: Issue, newsletter: Newsletter) -> Issue:
        """Take late and corrected articles into an issue that has not left yet.

        It is held back already, and its approval has to be given anew. Raises
        `InputError` when it is not, when any mail of it was made, or when a later
        issue has begun where this one ends.
        """
        with self.store.transaction():
            self._refuse_revision(issue)
            draft = self.draft(newsletter, instead=issue)
            revised = self.store.archive.revise(issue.id, draft)
            self.plan_rows(revised, newsletter)
            if newsletter.approval is not None:
                before = self.store.approvals.of(issue.id)
                first = (
                    next((w for w in before.words if w.opens), None) if before else None
                )
                opens = self.opens(newsletter.approval, first.opens if first else None)
                self.store.approvals.ask(issue.id, opens=opens)
        return revised

    def _refuse_revision(self, issue: Issue) -> None:
        last = self.store.archive.last_issue(issue.newsletter)
        if last is None or last.id != issue.id:
            later = last.id if last else "another one"
            raise InputError(
                f"{issue.id} cannot be revised: {later} begins where it ends. `digest "
                "recall` stops it for good."
            )
        hold = self.store.journal.held(issue.id)
        if hold in ("", RECALLED):
            raise InputError(
                f"{issue.id} is {hold or 'not held back'}; only an issue that waits for "
                "approval, or is paused, can be revised"
            )
        if not self.store.approvals.untouched(issue.id):
            raise InputError(
                f"{issue.id} cannot be revised: mails of it have left, or were skipped. "
                "What is new since goes into the next issue."
            )

    def refuse_late(self, issue: Issue, newsletter: Newsletter) -> int:
        """Let what nobody tried to send of a stale issue fail; return how many."""
        approval = self.store.approvals.of(issue.id)
        allowed = approval.allowed if approval else None
        if self.now() <= too_late(issue, newsletter, allowed=allowed):
            return 0
        return self.store.journal.resolve(
            issue.id,
            was=State.QUEUED,
            becomes=State.FAILED,
            reply=TOO_LATE,
        )

    def plan_rows(self, issue: Issue, newsletter: Newsletter) -> int:
        """Write the rows of readers who have none yet; return how many.

        What waits for a reader's hour is put off at once.
        """
        with self.store.transaction():
            number = self.store.journal.plan(issue.id, issue.newsletter)
            if issue.slot is None or newsletter.schedule is None:
                return number
            moments, now = Moments(issue, newsletter), self.now()
            waiting = {
                reader.id: due
                for reader in self.store.audience.with_moments(newsletter.slug)
                if (due := moments.awaited(reader)) and due > now
            }
            self.store.journal.put_off(issue.id, waiting, WAITS)
        return number

    def plan(self, issue: Issue, newsletter: Newsletter) -> Plan:
        """Work out who gets what; nothing is stored."""
        spans = Spans(issue, newsletter, self.topics)
        own = spans.own
        takers = list(self.store.audience.takers(newsletter.slug))
        received = spans.received(takers, self.store.journal, except_issue=issue.id)
        now = self.now()
        rows = (
            PlannedDigest(
                subscriber=subscriber,
                digest=spans.choose(
                    subscriber, received=received.get(subscriber.id, set()), now=now
                ),
            )
            for subscriber in takers
        )
        return Plan(
            issue=replace(issue, articles=own.articles),
            newsletter=newsletter,
            rows=tuple(rows),
            without_topic=own.without_topic,
            alike=tuple(
                (own.articles[one], own.articles[other])
                for one, other in pairs(own.alike)
            ),
        )


def too_late(
    issue: Issue, newsletter: Newsletter, *, allowed: datetime | None = None
) -> datetime:
    """Return when nothing of an issue is sent any more that was not tried before.

    One that waited for its editors is late only from when it was `allowed` to leave.
    """
    if issue.slot is None or newsletter.schedule is None:
        return max(issue.expires, allowed) if allowed else issue.expires
    from_when = max(issue.until, allowed) if allowed else issue.until
    return from_when + timedelta(minutes=newsletter.schedule.max_lateness_minutes)


def sources_of(newsletter: Newsletter) -> frozenset[str]:
    """Return the sources it draws from; what is added by hand is for every one."""
    return newsletter.sources | {ADDED} if newsletter.sources else frozenset()
