"""What the inbox shows: the subject and the first line."""

from __future__ import annotations

import re
from collections.abc import Iterator
from difflib import SequenceMatcher

from digest.lint.findings import Hit
from digest.lint.mail import Mail
from digest.lint.rules import ERROR, INFO, WARNING, header_rule, rule, told_rule

_PHONE, _LONG = 60, 120  # characters
_SHOUTED = 0.6
_ALIKE = 0.8
_FEW_WORDS = 3  #: or none, in scripts without spaces
_ALIKE_WORDS = 0.5  #: of the subject; with fewer nobody need look closely
_SHORT = 40
_FEW_LETTERS = 8
#: Where the first words of a page end that an inbox shows.
_FIRST = 140


@header_rule(
    "subject-missing",
    ERROR,
    fix="Give the mail a subject.",
    bad="Subject:",
    good="Subject: Lisbon keeps its night trains",
)
def subject_missing(mail: Mail) -> Iterator[Hit]:
    """Without a subject a mail is neither found nor trusted."""
    if not mail.subject.strip():
        yield mail.header_hit("there is no subject", "Subject")


@header_rule(
    "subject-long",
    WARNING,
    fix="Say it in 60 characters; the rest belongs into the first line.",
    bad="Subject: " + "Lisbon keeps the night trains it had promised to cancel " * 3,
    good="Subject: Lisbon keeps its night trains, and 5 more stories",
)
def subject_long(mail: Mail) -> Iterator[Hit]:
    """No inbox shows more than about 120 characters, most far less."""
    if len(mail.subject) > _LONG:
        yield mail.header_hit(f"{len(mail.subject)} characters", "Subject")


@header_rule(
    "subject-cut",
    INFO,
    fix="Put what matters into the first 33 characters.",
    bad="Subject: Lisbon keeps the night trains it had promised to cancel, and more",
    good="Subject: Lisbon keeps its night trains",
)
def subject_cut(mail: Mail) -> Iterator[Hit]:
    """Phones show 33 to 48 characters, computers about 60."""
    if _PHONE < len(mail.subject) <= _LONG:
        yield mail.header_hit(f"{len(mail.subject)} characters", "Subject")


@header_rule(
    "subject-shouting",
    WARNING,
    fix="Write it as a sentence, with one mark at its end at most.",
    bad="Subject: LAST CHANCE TO READ THIS!!",
    good="Subject: What the court decided last night",
)
def subject_shouting(mail: Mail) -> Iterator[Hit]:
    """Capitals and exclamation marks are what filters know spam by."""
    letters = [c for c in mail.subject if c.isalpha() and c.lower() != c.upper()]
    capitals = sum(c.isupper() for c in letters)
    many = len(letters) > _FEW_LETTERS and capitals > _SHOUTED * len(letters)
    if many or re.search(r"[!¡]{2,}|[!?]{3,}", mail.subject):
        yield mail.header_hit(f"{mail.subject[:60]!r}", "Subject")


@header_rule(
    "subject-reply",
    WARNING,
    fix="Leave Re: and Fwd: to answers.",
    bad="Subject: Re: your digest",
    good="Subject: Your digest",
)
def subject_reply(mail: Mail) -> Iterator[Hit]:
    """A newsletter that pretends to be an answer misleads (CAN-SPAM), and filters know
    the trick."""
    answered = mail.named("In-Reply-To") or mail.named("References")
    if re.match(r"(?i)\s*(?:re|fwd?|aw|wg|sv|tr)\s*:", mail.subject) and not answered:
        yield mail.header_hit(f"{mail.subject[:40]!r} answers nothing", "Subject")


@rule(
    "hidden-text",
    WARNING,
    fix="Let the first visible line be what the inbox shows; leave the hidden one out.",
    bad='<div style="display:none">Only the inbox sees this line of text.</div>',
    good="<div>Everybody sees this line of text.</div>",
)
def hidden_text(mail: Mail) -> Iterator[Hit]:
    """Google tells senders not to hide content; summaries ignore it, filters count it,
    and screen readers may read it aloud."""
    page, seen = mail.page, mail.looks
    last = -1
    for text in page.texts:
        node = text.node
        if node is None or text.value.isspace() or not text.value.strip("\u200c\u034f"):
            continue
        if not seen[node.index].hidden or node.within("head", "noscript"):
            continue
        if node.tag in ("style", "script", "title", "head", "noscript"):
            continue
        if "mso-hide" in seen[node.index].style.values or node.index < last:
            continue
        last = node.end
        yield node.hit(f"{' '.join(text.value.split())[:60]!r} cannot be seen")


@told_rule(
    "preheader-short",
    INFO,
    fix="Begin with a sentence that says what is inside.",
    bad="a page whose whole text is “News”",
    good="a page that begins with a sentence of 60 characters",
)
def preheader_short(mail: Mail) -> Iterator[Hit]:
    """Inboxes show the first 40 to 140 characters of a mail beside its subject."""
    if len(mail.prose) < _SHORT:
        yield mail.page.hit(f"the page's text has {len(mail.prose)} characters in all")


@told_rule(
    "preheader-repeats-subject",
    WARNING,
    fix="Let the first line go on where the subject ends.",
    bad="a page whose first line is the subject again",
    good="a page whose first line says something else",
)
def preheader_repeats_subject(mail: Mail) -> Iterator[Hit]:
    """The inbox shows the first line right after the subject: twice the same says half
    as much."""
    subject = " ".join(mail.subject.split()).casefold()
    if not subject or not mail.shown:
        return
    first = mail.prose[: max(len(subject), _SHORT)].casefold()
    said = subject.split()
    shared = len(set(said) & set(first.split()))
    if len(said) > _FEW_WORDS and shared < _ALIKE_WORDS * len(said):
        return
    matcher = SequenceMatcher(None, subject, first[: len(subject)], autojunk=False)
    if matcher.quick_ratio() > _ALIKE and matcher.ratio() > _ALIKE:
        node = mail.shown[0].node
        assert node
        yield node.hit(f"{mail.prose[:_FIRST][:60]!r} repeats the subject")
