"""Editors see an issue before it leaves: a proof, two links, and what they decide.

The issue is held back from the moment it is made, in the same transaction, so no crash
and no second process can let it out unseen. The proof is a mail made as every mail is,
of all articles of the issue; its links open a page with a button, because mail scanners
follow links, too. Each editor's links are their own, and die with the next revision.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
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
from digest.rendering.words import Speech, Words
from digest.selection import candidates, choose
from digest.store import HELD, PAUSED, RECALLED, Approval
from digest.template_files import load_catalogues
from digest.transports import deliver_one, open_transport

#: Stands above the proof; every value is escaped.
BANNER = """\
<table role="presentation" dir="{dir}" lang="{language}" width="100%" cellpadding="0" cellspacing="0" \
style="background:#fff7d6;color:#1a1a1a"><tr><td style="padding:20px 24px;\
font:16px/24px Arial,Helvetica,sans-serif;color:#1a1a1a"><p style="margin:0 0 12px">\
<strong>{title}</strong><br>{what}</p><p style="margin:0"><a href="{approve}" \
style="display:inline-block;padding:10px 20px;background:#14532d;color:#ffffff">\
{approve_label}</a> &nbsp; <a href="{hold}" style="display:inline-block;padding:10px 20px;\
background:#7f1d1d;color:#ffffff">{hold_label}</a></p></td></tr></table>
"""
_BODY = re.compile(r"<body\b[^>]*>", re.IGNORECASE)


#: A word by its key, with what fills its blanks.
Text = tuple[str, Mapping[str, object]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """What was done with an issue: for a command line, and in an editor's language."""

    plain: str  #: in English, with the issue's id and what else to do
    texts: tuple[Text, ...]


class NotDecidedError(InputError):
    """An editor's decision comes to nothing; `texts` say why in their language."""

    def __init__(self, plain: str, *texts: Text) -> None:
        super().__init__(plain)
        self.texts = texts


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
        words = Words.of_stock(load_catalogues(newsroom.settings.root))
        site = newsroom.settings.site
        self.speech = words.speech(self.newsletter.language, otherwise=site.language)
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
        title = self.speech.said("proof.no_topic")
        section = Section(slug="in-no-topic", title=title, articles=articles)
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
        speech, words = self.speech, self._words()
        labels = [speech.said("proof.approve"), speech.said("proof.hold")]
        links = [
            f"{speech.said('label', name=label)}\n{url}\n"
            for label, url in zip(labels, (approve, hold), strict=True)
        ]
        above = [*(speech.said(key, **values) for key, values in words), "", *links]
        html = rendered.html
        if html is not None:
            title, what = (markup(speech, key, **values) for key, values in words)
            banner = BANNER.format(
                dir=speech.direction,
                language=escape(speech.language),
                title=title,
                what=what,
                approve=escape(approve),
                approve_label=escape(labels[0]),
                hold=escape(hold),
                hold_label=escape(labels[1]),
            )
            body = _BODY.search(html)
            at = body.end() if body else 0
            html = html[:at] + banner + html[at:]
        return replace(
            rendered,
            subject=speech.said("proof.subject", subject=rendered.subject),
            text_part=Part.of("\n".join([*above, rendered.text])),
            html_part=None if html is None else Part.of(html),
        )

    def _words(self) -> tuple[Text, Text]:
        """Say what this mail is, and what happens if nobody does anything."""
        named = named_issue(self.speech, self.newsletter, self.issue)
        revision = self.approval.revision
        title = "proof.revised" if revision > 1 else "proof.title"
        opens = self.approval.asked.opens if self.approval.asked else None
        what = "proof.unless_held" if opens else "proof.until_approved"
        blanks = {"issue": named, "n": revision, "opens": opens}
        filled = written(self.speech, self.newsletter, blanks)
        return (title, filled), (what, filled)


def markup(speech: Speech, key: str, **values: object) -> str:
    """Return a word as HTML; a value runs its own way in a line of the other one."""
    word = escape(speech.word(key, None))
    return speech.filled(word, values, lambda value: f"<bdi>{escape(str(value))}</bdi>")


def named_issue(speech: Speech, newsletter: Newsletter, issue: Issue) -> str:
    """Return ``The Daily No. 12`` as a language writes it."""
    number = speech.said("issue_number", n=speech.number(issue.number))
    return f"{newsletter.title} {number}"


def written(
    speech: Speech, newsletter: Newsletter, values: Mapping[str, object]
) -> Mapping[str, object]:
    """Return what fills a word's blanks as a language writes it.

    Moments are on the newsletter's clocks, and fill three blanks.
    """
    filled = dict[str, object]()
    zone = newsletter.timezone
    for name, value in values.items():
        match value:
            case datetime():
                filled["day"] = speech.day(value, zone)
                filled["time"], filled["zone"] = speech.time(value, zone), zone
            case int():
                filled[name] = speech.number(value)
            case _:
                filled[name] = value
    return filled


# -- what is decided --------------------------------------------------------------


def issue_named(newsroom: Newsroom, issue_id: str) -> Issue:
    """Return a stored issue; raise `InputError` with what there is instead."""
    slug, _, _ = issue_id.partition("/")
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


def approve(newsroom: Newsroom, issue_id: str, *, by: str) -> Said:
    """Let an issue leave; say what was done. Safe to repeat.

    Raises `NotDecidedError` when it was stopped for good, never waited, or is stale.
    """
    issue, approval = _standing(newsroom, issue_id)
    decided = approval.decided
    if not approval.outstanding:
        if decided is None:
            raise NotDecidedError(
                f"{issue.id} waits for nobody's approval", ("proof.not_asked", {})
            )
        by_itself = decided.kind == "opened"
        who: Text = ("proof.approved_before", {"who": decided.who})
        return Said(
            plain=f"{issue.id} was {decided.kind} before: {decided.who}",
            texts=(("proof.let_go", {}) if by_itself else who,),
        )
    if newsroom.now() > issue.expires:
        raise NotDecidedError(
            f"{issue.id} is more than a day old. `digest issues revise {issue.id}` takes "
            "in what is new, if no issue was made since; `digest recall` stops it.",
            ("proof.too_old", {}),
        )
    newsroom.store.approvals.approve(issue.id, who=by)
    done: Text = ("proof.approved", {})
    if approval.hold == PAUSED:
        return Said(
            plain=f"{issue.id} is approved; it is paused, and waits for its operator",
            texts=(done, ("proof.paused", {})),
        )
    now = newsroom.store.approvals.of(issue.id)
    if now is not None and now.opens is not None:
        newsletter = newsroom.newsletter(issue.newsletter)
        local = now.opens.astimezone(ZoneInfo(newsletter.timezone))
        leaves = f"it leaves at {local:%H:%M on %d %B} ({newsletter.timezone})"
        then: Text = ("proof.leaves_at", {"opens": now.opens})
    else:
        leaves, then = "it leaves now", ("proof.leaves_now", {})
    return Said(plain=f"{issue.id} is approved: {leaves}", texts=(done, then))


def hold(newsroom: Newsroom, issue_id: str, *, by: str) -> Said:
    """Let nothing more of an issue leave; say what was done.

    Raises `NotDecidedError` when nothing of it is left to hold.
    """
    issue, approval = _standing(newsroom, issue_id)
    counts = newsroom.store.journal.counts(issue.id)
    left = counts.get(State.SENT, 0)
    mails: Text = ("proof.left", {"n": left})
    if not any(counts.get(state) for state in WAITING):
        raise NotDecidedError(
            f"{issue.id} cannot be held any more: no mail of it waits, and {left} have "
            "left",
            ("proof.too_late", {}),
            mails,
        )
    held: tuple[Text, ...] = (("proof.held", {}), mails)
    if approval.hold == HELD:
        return Said(plain=f"{issue.id} is held already", texts=held)
    newsroom.store.approvals.hold(issue.id, who=by)
    return Said(
        plain=f"{issue.id} is held; mails of it that have left: {left or 'none'}",
        texts=held,
    )


def _standing(newsroom: Newsroom, issue_id: str) -> tuple[Issue, Approval]:
    issue = issue_named(newsroom, issue_id)
    approval = newsroom.store.approvals.of(issue.id)
    assert approval is not None
    if approval.hold == RECALLED:
        raise NotDecidedError(
            f"{issue.id} was recalled: nothing more of it leaves, for good",
            ("proof.recalled", {}),
        )
    return issue, approval
