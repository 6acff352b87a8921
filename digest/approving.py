"""Editors see an issue before it leaves: a proof, two links, and what they decide.

The issue is held back from the moment it is made, in the same transaction, so no crash
and no second process can let it out unseen. The proof is a mail made as every mail is,
of all articles of the issue; its links open a page with a button, because mail scanners
follow links, too. Each editor's links are their own, and die with the next revision.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from contextlib import closing
from dataclasses import dataclass, replace
from datetime import datetime
from html import escape
from zoneinfo import ZoneInfo

from digest.assembly import writable
from digest.errors import InputError, TransportError
from digest.issues import WAITING
from digest.links import Purpose
from digest.model import (
    Chosen,
    Digest,
    Issue,
    Message,
    Newsletter,
    Section,
    State,
    Subscriber,
)
from digest.newsroom import NOBODY, Newsroom
from digest.quoting import Part
from digest.rendering import Rendered
from digest.selection import candidates, choose
from digest.store import HELD, PAUSED, RECALLED, Approval
from digest.transports import deliver_one, open_transport

#: Stands above the proof; every value is escaped.
BANNER = """\
<table role="presentation" dir="ltr" lang="en" width="100%" cellpadding="0" cellspacing="0" \
style="background:#fff7d6;color:#1a1a1a"><tr><td style="padding:20px 24px;\
font:16px/24px Arial,Helvetica,sans-serif;color:#1a1a1a"><p style="margin:0 0 12px">\
<strong>{title}</strong><br>{what}</p><p style="margin:0"><a href="{approve}" \
style="display:inline-block;padding:10px 20px;background:#14532d;color:#ffffff">\
Approve</a> &nbsp; <a href="{hold}" style="display:inline-block;padding:10px 20px;\
background:#7f1d1d;color:#ffffff">Hold it back</a></p></td></tr></table>
"""
_BODY = re.compile(r"<body\b[^>]*>", re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """An issue that was put before its editors."""

    issue: Issue
    revision: int
    editors: tuple[str, ...]  #: to whom a proof was sent now
    opens: datetime | None  #: when it leaves unless somebody holds it; None: never


def let_go(newsroom: Newsroom, newsletter: Newsletter) -> None:
    """Let issues leave whose window has passed and that nobody held."""
    for approval in newsroom.store.approvals.held_back(newsletter.slug):
        newsroom.store.approvals.open(approval.issue)


def ask(newsroom: Newsroom, newsletter: Newsletter) -> list[Asked]:
    """Send proofs of the issues that wait to editors who have none; return whose.

    Safe to repeat: an editor gets one proof of a revision. Raises `TransportError`
    when one cannot leave; the issue stays held.
    """
    asked = []
    for approval in newsroom.store.approvals.held_back(newsletter.slug):
        missing = [e for e in newsroom.settings.editors if e not in approval.proofed]
        issue = newsroom.store.archive.issue(approval.issue)
        if issue is None or approval.hold == HELD or newsroom.now() > issue.expires:
            continue
        if newsletter.approval is None or not missing:
            continue
        _send_proofs(newsroom, issue, approval, missing)
        asked.append(
            Asked(
                issue=issue,
                revision=approval.revision,
                editors=tuple(missing),
                opens=approval.opens,
            )
        )
    return asked


def _send_proofs(
    newsroom: Newsroom,
    issue: Issue,
    approval: Approval,
    editors: Collection[str],
) -> None:
    proof = _Proof(newsroom, issue, approval)
    for editor in editors:
        with closing(open_transport(newsroom.settings.delivery)) as transport:
            outcome = deliver_one(transport, proof.message(editor))
        if outcome.state is not State.SENT:
            raise TransportError(
                f"{issue.id}: the proof for {editor} was not accepted: "
                f"{outcome.reply}; the issue stays held back. Correct `editors:` in "
                f"digest.yaml, or let it go with `digest approve {issue.id}`."
            )
        newsroom.store.approvals.proof(issue.id, who=editor)


class _Proof:
    """One issue's proof, made for each editor with links of their own."""

    def __init__(self, newsroom: Newsroom, issue: Issue, approval: Approval) -> None:
        self.newsroom, self.issue, self.approval = newsroom, issue, approval
        self.newsletter = newsroom.newsletter(issue.newsletter)
        self.assembler = newsroom.assembler(issue)
        many = len(issue.articles)
        limits = replace(
            self.newsletter.limits, articles=many, per_topic=many, minimum=1
        )
        # Of two near-duplicates one reader may get this one, and another that one.
        whole = replace(self.newsletter, limits=limits, same_story_twice=True)
        self.candidates = candidates(issue, whole, newsroom.settings.topics)

    def message(self, editor: str) -> Message:
        """Return the proof for one editor."""
        now = self.newsroom.now()
        nobody = Subscriber(id=NOBODY, address=editor)
        digest = self._everything(nobody, now)
        with writable(self.issue):
            return self.assembler.assemble(
                nobody,
                self._with_links(self.assembler.render(nobody, digest), editor),
                delivery=f"proof {now:%Y%m%dT%H%M%S%f} {self.issue.id} {editor}",
                dated=now,
                recipient=editor,
            )

    def _everything(self, nobody: Subscriber, now: datetime) -> Digest:
        """Return a digest of whatever any reader may get, also by a single tag."""
        digest = choose(self.candidates, nobody, received=frozenset(), now=now)
        rest = self.candidates.without_topic
        if not rest:
            return digest
        articles = tuple(Chosen(article=article) for article in rest)
        section = Section(slug="in-no-topic", title="In no topic", articles=articles)
        return replace(digest, sections=(*digest.sections, section), skipped="")

    def _with_links(self, rendered: Rendered, editor: str) -> Rendered:
        """Return a mail with what it is and both links above it."""
        approve, hold = (
            self.newsroom.links.decision(
                purpose,
                editor=editor,
                issue=self.issue.id,
                revision=self.approval.revision,
            )
            for purpose in (Purpose.APPROVE, Purpose.HOLD)
        )
        title, what = self._words()
        text = f"{title}\n{what}\n\nApprove: {approve}\nHold it back: {hold}\n\n"
        html = rendered.html
        if html is not None:
            banner = BANNER.format(
                title=escape(title),
                what=escape(what),
                approve=escape(approve),
                hold=escape(hold),
            )
            body = _BODY.search(html)
            at = body.end() if body else 0
            html = html[:at] + banner + html[at:]
        return replace(
            rendered,
            subject=f"[Proof] {rendered.subject}",
            text_part=Part.of(text + rendered.text),
            html_part=None if html is None else Part.of(html),
        )

    def _words(self) -> tuple[str, str]:
        """Say what this mail is, and what happens if nobody does anything."""
        revision = self.approval.revision
        again = f", revision {revision}" if revision > 1 else ""
        title = f"Proof of {self.newsletter.title} No. {self.issue.number}{again}"
        opens = self.approval.asked.opens if self.approval.asked else None
        if opens is None:
            return (
                title,
                "It leaves when one of its editors approves it, and not before.",
            )
        local = opens.astimezone(ZoneInfo(self.newsletter.timezone))
        return title, (
            f"It leaves at {local:%H:%M on %d %B} ({self.newsletter.timezone}) unless "
            "one of its editors holds it back."
        )


# -- what is decided --------------------------------------------------------------


def issue_named(newsroom: Newsroom, issue_id: str) -> Issue:
    """Return a stored issue; raise `InputError` with what there is instead."""
    slug = issue_id.rpartition("/")[0]
    return newsroom.issues.find(newsroom.newsletter(slug), issue_id)


def editor_of(
    newsroom: Newsroom, token: str, *, purpose: Purpose, issue_id: str
) -> str | None:
    """Return the editor whose link this is; None: not ours, or of an older revision."""
    approval = newsroom.store.approvals.of(issue_id)
    if approval is None:
        return None
    return newsroom.links.editor(
        token,
        newsroom.settings.editors,
        purpose=purpose,
        issue=issue_id,
        revision=approval.revision,
    )


def approve(newsroom: Newsroom, issue_id: str, *, by: str) -> str:
    """Let an issue leave; return in words what was done. Safe to repeat.

    Raises `InputError` when it was stopped for good, never waited, or is stale.
    """
    issue, approval = _standing(newsroom, issue_id)
    decided = approval.decided
    if not approval.outstanding:
        if decided is None:
            raise InputError(f"{issue.id} waits for nobody's approval")
        return f"{issue.id} was {decided.kind} before: {decided.who}"
    if newsroom.now() > issue.expires:
        raise InputError(
            f"{issue.id} is more than a day old. `digest issues revise {issue.id}` takes "
            "in what is new, if no issue was made since; `digest recall` stops it."
        )
    newsroom.store.approvals.approve(issue.id, who=by)
    if approval.hold == PAUSED:
        return f"{issue.id} is approved; it is paused, and waits for its operator"
    now = newsroom.store.approvals.of(issue.id)
    if now is not None and now.opens is not None:
        return f"{issue.id} is approved: it leaves at {local_time(newsroom, now)}"
    return f"{issue.id} is approved: it leaves now"


def local_time(newsroom: Newsroom, approval: Approval) -> str:
    """Return when an issue leaves by itself, as its newsletter's zone says; or ""."""
    if approval.opens is None:
        return ""
    zone = newsroom.newsletter(approval.newsletter).timezone
    return f"{approval.opens.astimezone(ZoneInfo(zone)):%H:%M on %d %B} ({zone})"


def hold(newsroom: Newsroom, issue_id: str, *, by: str) -> str:
    """Let nothing more of an issue leave; return in words what was done.

    Raises `InputError` when nothing of it is left to hold.
    """
    issue, approval = _standing(newsroom, issue_id)
    counts = newsroom.store.journal.counts(issue.id)
    if not any(counts.get(state) for state in WAITING):
        raise InputError(
            f"{issue.id} cannot be held any more: no mail of it waits, and "
            f"{counts.get(State.SENT, 0)} have left"
        )
    if approval.hold == HELD:
        return f"{issue.id} is held already"
    newsroom.store.approvals.hold(issue.id, who=by)
    left = counts.get(State.SENT, 0)
    return f"{issue.id} is held; mails of it that have left: {left or 'none'}"


def _standing(newsroom: Newsroom, issue_id: str) -> tuple[Issue, Approval]:
    issue = issue_named(newsroom, issue_id)
    approval = newsroom.store.approvals.of(issue.id)
    assert approval is not None
    if approval.hold == RECALLED:
        raise InputError(
            f"{issue.id} was recalled: nothing more of it leaves, for good"
        )
    return issue, approval
