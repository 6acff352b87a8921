"""What follows from returned mail: whose it is, whether it counts, what is done.

Whose it is comes from our tokens alone (VERP): a mail whose token has no right MAC is
somebody's forgery, is counted, and does nothing. One mail counts once, however often
and by however many ways it comes in. When more of one provider's readers seem to be
gone than can be, their bounces wait for the operator.
"""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from digest.bounces import Effect, Kind, Report, read_returned
from digest.inbox import Arrived, Inbox
from digest.links import Links, Purpose
from digest.model import Status, Subscriber
from digest.providers import HARD_LEAST, domains_of, provider_of, too_many_hard
from digest.store import Parked, Request, Store

# It writes tracebacks there about mails that nobody can read; those are counted here.
logging.getLogger("flufl.bounce").addHandler(logging.NullHandler())

ACCEPTED, DROPPED = "accepted", "dropped"
COMPLAINT = "complaint"  #: why an address is suppressed


class Came(StrEnum):
    """What came of one returned mail."""

    HARD = "hard bounce"
    SOFT = "soft bounce"
    PARKED = "parked"
    REFUSED = "refused for our sake"  #: mistrust, size, form: no fault of the reader's
    COMPLAINT = "complaint"
    LEFT = "unsubscribed"
    OVERTAKEN = "overtaken"  #: the reader has a new address, or confirmed this one
    DELAYED = "delayed"
    DELIVERED = "delivered"
    FEEDBACK = "feedback"
    AUTO_REPLY = "automatic reply"
    LETTER = "letter"
    ANSWER = "of an answer"  #: what a form's mail brought back, and nothing follows
    FORGED = "forged"
    STRANGER = "not ours"
    AGAIN = "read before"


@dataclass(frozen=True, slots=True, kw_only=True)
class Handled:
    """One returned mail, and what came of it."""

    name: str
    came: Came
    report: Report
    subscriber: Subscriber | None = None
    issue: str = ""  #: which it is about, where that is known


@dataclass(frozen=True, slots=True, kw_only=True)
class _Whose:
    """What the tokens of a report prove."""

    reader: str
    issue: str = ""
    made: datetime | None = None  #: the issue
    newsletter: str = ""
    request: Request | None = None  #: whose answer it is, of no issue


class _Undo(Exception):
    """Ends the transaction of a dry run."""


@dataclass(kw_only=True)
class Returning:
    """Reads returned mail for one newsroom."""

    store: Store
    links: Links
    newsletters: Sequence[str]  #: slugs
    _mailed: dict[tuple[str, str], int] = field(default_factory=dict)

    def read(self, inbox: Inbox, *, dry_run: bool = False) -> Iterator[Handled]:
        """Deal with each mail of an inbox and yield what came of it.

        In a dry run nothing is written, and the inbox stays as it is.
        """
        for mail in inbox.arrived(looking=dry_run):
            handled = self.take(mail, dry_run=dry_run)
            if not dry_run:
                inbox.done(mail)
            yield handled
        if not dry_run:
            self.store.returns.forget()

    def take(self, mail: Arrived, *, dry_run: bool = False) -> Handled:
        """Deal with one mail, all of it or nothing."""
        report = read_returned(mail.content, recipients=mail.recipients)
        whose = self._whose(report)
        handled = Handled(name=mail.name, came=Came.STRANGER, report=report)
        with suppress(_Undo), self.store.transaction():
            handled = self._dealt_with(mail, report, whose)
            if dry_run:
                raise _Undo
        return handled

    def _dealt_with(
        self, mail: Arrived, report: Report, whose: _Whose | None
    ) -> Handled:
        reader = self.store.audience.find(whose.reader) if whose else None
        mark = _mark(mail, report, reader)
        if self.store.returns.seen(mark):
            came = Came.AGAIN
        else:
            if whose is None or reader is None:
                came = self._nobodys(report, proved=whose is not None)
            else:
                came = self._follow(report, whose, reader)
            self.store.returns.mark(mark, came.value)
        issue = whose.issue if whose else ""
        return Handled(
            name=mail.name, came=came, report=report, subscriber=reader, issue=issue
        )

    def _nobodys(self, report: Report, *, proved: bool) -> Came:
        """Say what a mail is that is about no reader's mail.

        Mails that answer a form come back with the newsletter in their token; the
        request may be forgotten by now.
        """
        if any(
            self._proved(token, Purpose.BOUNCE, self.newsletters)
            for token in report.bounce_tokens
        ):
            return Came.ANSWER
        tokens = report.bounce_tokens or report.unsubscribe_tokens
        return Came.FORGED if tokens and not proved else Came.STRANGER

    # -- whose ------------------------------------------------------------------

    def _whose(self, report: Report) -> _Whose | None:
        """Return what the first token proves whose MAC is right.

        Bounces are about an issue, so it is tried with each that is recent, or about
        the answer to a request. A complaint may name its reader by the link to
        unsubscribe alone.
        """
        # A bounce's token opens nothing else.
        bounces = () if report.effect is Effect.LEAVE else report.bounce_tokens
        issues = self.store.returns.recent_issues() if bounces else {}
        for token in bounces:
            if found := self._proved(token, Purpose.BOUNCE, issues):
                reader, issue = found
                return _Whose(reader=reader, issue=issue, made=issues[issue])
            if answered := self._answered(token):
                return answered
        leaving = report.effect in (Effect.LEAVE, Effect.COMPLAINT)
        for token in report.unsubscribe_tokens if leaving else ():
            if found := self._proved(token, Purpose.UNSUBSCRIBE, self.newsletters):
                reader, newsletter = found
                return _Whose(reader=reader, newsletter=newsletter)
        return None

    def _answered(self, token: str) -> _Whose | None:
        """Return whose request it was, if a mail that answered one comes back."""
        found = self._proved(token, Purpose.BOUNCE, self.newsletters)
        request = self.store.requests.find(found[0]) if found else None
        if request is None or request.subscriber is None:
            return None
        return _Whose(reader=request.subscriber, made=request.asked, request=request)

    def _proved(
        self, token: str, purpose: Purpose, scopes: Iterable[str]
    ) -> tuple[str, str] | None:
        for scope in scopes:
            if reader := self.links.read_token(token, purpose=purpose, scope=scope):
                return reader, scope
        return None

    # -- what follows -----------------------------------------------------------

    def _follow(self, report: Report, whose: _Whose, reader: Subscriber) -> Came:
        if report.kind in (Kind.BOUNCE, Kind.UNREADABLE):
            return self._bounced(report, whose, reader)
        if report.effect is Effect.COMPLAINT:
            return self._complained(report, whose, reader)
        if report.effect is Effect.LEAVE:
            by = "a mail to unsubscribe"
            self.store.audience.leave(reader.id, whose.newsletter, by=by)
            return Came.LEFT
        return {
            Kind.DELAYED: Came.DELAYED,
            Kind.DELIVERED: Came.DELIVERED,
            Kind.FEEDBACK: Came.FEEDBACK,
            Kind.AUTO_REPLY: Came.AUTO_REPLY,
        }.get(report.kind, Came.LETTER)

    def _bounced(self, report: Report, whose: _Whose, reader: Subscriber) -> Came:
        if report.effect is Effect.NONE:
            if whose.issue:
                self._note(report, whose, reader, "refused")
            return Came.REFUSED
        if self._overtaken(whose):
            return Came.OVERTAKEN
        if whose.request is not None:
            hard = report.effect is Effect.HARD and self.store.answer_refused(
                whose.request, reply=_words(report)
            )
            return Came.HARD if hard else Came.ANSWER
        if report.effect is Effect.HARD:
            return self._gone(report, whose, reader)
        self._note(report, whose, reader, "soft")
        self.store.audience.bounced(
            reader.id, hard=False, reply=_words(report), issue=whose.issue
        )
        return Came.SOFT

    def _overtaken(self, whose: _Whose) -> bool:
        """Whether a reader said since the issue was made where their mail arrives."""
        return any(
            event.kind in ("confirmed", "resubscribed") or "address" in event.changed
            for event in self.store.audience.history(whose.reader)
            if whose.made is None or event.at > whose.made
        )

    def _complained(self, report: Report, whose: _Whose, reader: Subscriber) -> Came:
        """Let the reader leave everything, at once and for good."""
        if whose.issue:
            self._note(report, whose, reader, "complaint")
        address = (whose.request and whose.request.mailbox) or reader.address
        self.store.audience.suppress(address, COMPLAINT, by="a report of spam")
        return Came.COMPLAINT

    def _gone(self, report: Report, whose: _Whose, reader: Subscriber) -> Came:
        """Believe that the address is gone, unless too many are at once.

        Then those that were believed before the doubt arose are taken back, too.
        """
        self._note(report, whose, reader, "hard")
        provider, returns = provider_of(reader.address), self.store.returns
        hard = returns.hard(whose.issue, provider)
        if not too_many_hard(hard, of=self._sent(whose.issue, provider, hard)):
            self.store.audience.bounced(
                reader.id, hard=True, reply=_words(report), issue=whose.issue
            )
            return Came.HARD
        for id_, was in returns.park(whose.issue, provider).items():
            other = self.store.audience.find(id_)
            if other and other.status is Status.BOUNCED and was is not Status.BOUNCED:
                why = f"{hard} at {provider} at once: parked for the operator"
                self.store.audience.set_status(id_, was, by=why)
        return Came.PARKED

    def _sent(self, issue: str, provider: str, hard: int) -> int:
        """Return how many of a provider's readers an issue went to, if it matters."""
        if hard <= HARD_LEAST:
            return 0
        key = issue, provider
        if key not in self._mailed:
            domains = domains_of(provider)
            self._mailed[key] = self.store.returns.mailed(issue, domains)
        return self._mailed[key]

    def _note(
        self, report: Report, whose: _Whose, reader: Subscriber, kind: str
    ) -> None:
        self.store.returns.note(
            whose.issue,
            reader.id,
            kind,
            provider=provider_of(reader.address),
            was=reader.status,
            reply=_words(report),
        )

    # -- the operator's word ----------------------------------------------------

    def settle(self, parked: Iterable[Parked], *, accept: bool) -> int:
        """Believe parked bounces after all, or drop them; return how many."""
        number = 0
        for each in parked:
            with self.store.transaction():
                self.store.returns.settle(each, ACCEPTED if accept else DROPPED)
                if accept:
                    self.store.audience.bounced(
                        each.subscriber, hard=True, reply=each.reply, issue=each.issue
                    )
            number += 1
        return number


def _words(report: Report) -> str:
    """Return the server's words behind their code."""
    if report.status and report.status not in report.words:
        return f"{report.status} {report.words}".strip()
    return report.words or str(report.kind)


def _mark(mail: Arrived, report: Report, reader: Subscriber | None) -> str:
    """Return what is the same each time the same mail comes, for the same reader.

    A mail that proves nothing has no say in what its mark is: it could be made to
    hide another.
    """
    if reader is None or not report.identity:
        return hashlib.sha256(mail.content).hexdigest()
    about = f"{reader.id}\0{report.kind}\0{report.identity}"
    return hashlib.sha256(about.encode("utf-8", "replace")).hexdigest()
