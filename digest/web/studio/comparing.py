"""Two mails beside each other: which stories only one of them has, and which words."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from difflib import SequenceMatcher
from html import escape

from digest.model import Article
from digest.web.studio.asking import INVENTED, Asked
from digest.web.studio.desk import Desk, Found
from digest.web.studio.galleys import Galley
from digest.web.studio.words import called, carried, isolated, link, plural, select

KEPT_LINES = 3  #: of what is the same, shown around what is not
_WORDS = re.compile(r"\s+|[^\s]+")
BEFORE, READER, ISSUE, OWN = "before", "reader", "issue", "own"


def compare_pane(found: Found, desk: Desk, *, issues: Sequence[tuple[str, str]]) -> str:
    """Return what a mail is compared with, and how the two differ.

    `issues` are those that can be chosen: an id, and what to call it.
    """
    asked, galley = found.asked, found.galley
    assert galley is not None
    as_if = asked.wishes is not None and asked.reader != INVENTED
    usual = OWN if as_if else BEFORE if found.before else READER
    against = asked.against or usual
    asked = replace(asked, against=against)
    kinds = [
        (READER, "Another reader"),
        (ISSUE, "Another issue"),
        (BEFORE, "Before the last change"),
        *([(OWN, "Their own preferences")] if as_if else []),
    ]
    links = "".join(
        link(
            asked.but(against=kind, other="", other_search=""),
            name,
            name=f"against-{kind}",
            current=against == kind,
        )
        for kind, name in kinds
    )
    choice = _choice(asked, desk, issues)
    return (
        f'<nav class="switch" aria-label="Compare with">{links}</nav>{choice}'
        f"{_result(found, asked, desk)}"
    )


def _choice(asked: Asked, desk: Desk, issues: Sequence[tuple[str, str]]) -> str:
    """Return what chooses the other reader or issue."""
    kept = carried(asked.pairs(without=("other", "other_search")))
    if asked.against == ISSUE:
        options = [("", "Choose an issue"), *issues]
        chosen = select("other", options, asked.other)
        return (
            f'<form class="compare" action="/" method="get" data-go>{kept}'
            f'<div><label for="other">Issue</label>{chosen}</div>'
            '<button class="plain">Compare</button></form>'
        )
    if asked.against != READER:
        return ""
    readers = desk.readers(asked.newsletter, asked.other_search, limit=8)
    links = "".join(
        link(
            asked.but(other=each.id),
            called(each),
            name=f"other-{each.id}",
            current=each.id == asked.other,
        )
        for each in readers
        if each.id != asked.reader
    )
    return (
        f'<form class="compare" action="/" method="get" data-go>{kept}'
        '<div><label for="other_search">Reader</label><input type="search" '
        f'name="other_search" id="other_search" value="{escape(asked.other_search)}" '
        'placeholder="Name or address" autocomplete="off" data-go></div>'
        '<button class="plain">Find</button></form>'
        f'<p class="choices">{links or "No other reader is called so."}</p>'
    )


def _result(found: Found, asked: Asked, desk: Desk) -> str:
    galley = found.galley
    assert galley is not None
    if asked.against == BEFORE:
        if found.before is None:
            return (
                '<p class="aside">Nothing has changed in this mail since the studio '
                "first showed it. Save a template or an article, and this says what "
                "became of it.</p>"
            )
        return differences(found.before, galley, names=("Before", "Now"))
    other, names = _other(asked, desk)
    if other is None:
        return ""
    if other.wrong or other.galley is None:
        return f'<p class="aside">{escape(str(other.wrong))}</p>'
    return differences(
        galley, other.galley, names=names or _names(asked, galley, other.galley)
    )


def _other(asked: Asked, desk: Desk) -> tuple[Found | None, tuple[str, str] | None]:
    """Return the mail to compare with, and what to call both where that is fixed."""
    if asked.against == OWN:
        own = desk.find(replace(asked, wishes=None))
        return own, ("With these preferences", "With their own")
    if not asked.other:
        return None, None
    if asked.against == READER:
        return desk.find(replace(asked, reader=asked.other, wishes=None)), None
    return desk.find(replace(asked, issue=asked.other)), None


def _names(asked: Asked, left: Galley, right: Galley) -> tuple[str, str]:
    if asked.against == READER:
        return called(left.reader), called(right.reader)
    return left.issue.id, right.issue.id


def differences(left: Galley, right: Galley, *, names: tuple[str, str]) -> str:
    """Return the stories of either alone and of both, and the text, word by word."""
    first, second = _articles(left), _articles(right)
    one, other = {a.id for a in first}, {a.id for a in second}
    columns = (
        (f"Only {isolated(names[0])}", [a for a in first if a.id not in other]),
        ("Both", [a for a in first if a.id in other]),
        (f"Only {isolated(names[1])}", [a for a in second if a.id not in one]),
    )
    listed = "".join(_column(title, articles) for title, articles in columns)
    return (
        f'<div class="columns">{listed}</div>{_nothing(left, right)}'
        "<h2>Subject and text</h2>"
        f'<p class="aside"><del>Struck out</del>: {isolated(names[0])} alone; '
        f"<ins>shaded</ins>: {isolated(names[1])} alone.</p>"
        '<pre class="changed" tabindex="0" role="region" dir="auto" '
        f'aria-label="Differences">{"".join(changed(left.text, right.text))}</pre>'
        f"{_html(left, right)}"
    )


def _nothing(left: Galley, right: Galley) -> str:
    return "".join(
        f'<p class="aside">{isolated(called(galley.reader))} gets no mail of '
        f"{escape(galley.issue.id)}: {escape(galley.digest.skipped)}.</p>"
        for galley in (left, right)
        if galley.digest.skipped
    )


def _column(title: str, articles: Sequence[Article]) -> str:
    items = "".join(f'<li dir="auto">{escape(a.headline)}</li>' for a in articles)
    count = plural(len(articles), "story")
    return f"<div><h2>{title} <small>{count}</small></h2><ul>{items}</ul></div>"


def _html(left: Galley, right: Galley) -> str:
    """Return what differs in the HTML, folded away: it is for who writes templates."""
    if left.html == right.html:
        return '<p class="aside">The HTML is the same.</p>' if left.html else ""
    return (
        '<details class="group"><summary id="by-line">The HTML, line by line</summary>'
        '<pre class="changed" tabindex="0" role="region" aria-label="Differences in HTML">'
        f"{''.join(changed(left.html, right.html))}</pre></details>"
    )


def changed(left: str, right: str) -> Iterator[str]:
    """Yield two texts as one in HTML, what only one has marked; sameness is folded."""
    before, after = left.split("\n"), right.split("\n")
    steps = SequenceMatcher(None, before, after, autojunk=False).get_opcodes()
    if all(step[0] == "equal" for step in steps):
        yield '<span class="fold">No word is different.</span>'
        return
    for at, (what, i1, i2, j1, j2) in enumerate(steps):
        if what == "equal":
            yield _same(before[i1:i2], first=at == 0, last=at == len(steps) - 1)
        else:
            yield _words("\n".join(before[i1:i2]), "\n".join(after[j1:j2]))


def _same(lines: Sequence[str], *, first: bool, last: bool) -> str:
    head = [] if first else list(lines[:KEPT_LINES])
    tail = [] if last else list(lines[-KEPT_LINES:])
    hidden = len(lines) - len(head) - len(tail)
    if hidden <= KEPT_LINES:
        return "".join(f"{escape(line)}\n" for line in lines)
    fold = f'<span class="fold">{plural(hidden, "line")} the same</span>'
    return (
        "".join(f"{escape(line)}\n" for line in head)
        + fold
        + "".join(f"{escape(line)}\n" for line in tail)
    )


def _words(left: str, right: str) -> str:
    """Return two passages as one, word by word."""
    before, after = _WORDS.findall(left), _WORDS.findall(right)
    parts = []
    matcher = SequenceMatcher(None, before, after, autojunk=False)
    for what, i1, i2, j1, j2 in matcher.get_opcodes():
        gone, new = escape("".join(before[i1:i2])), escape("".join(after[j1:j2]))
        if what == "equal":
            parts.append(gone)
            continue
        parts.append(f"<del>{gone}</del>" if gone else "")
        parts.append(f"<ins>{new}</ins>" if new else "")
    return "".join(parts) + "\n"


def _articles(galley: Galley) -> tuple[Article, ...]:
    shown = galley.rendered.digest if galley.rendered else galley.digest
    return shown.articles
