"""The contact sheet: one page from which an editor looks through every digest.

Values in, one HTML text out, without a script: the first readers as cards with a
live thumbnail, the others as a table (two thousand frames would freeze a browser),
and who gets nothing, with the reason. The page around it is
`templates/pages/contact-sheet.html`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from html import escape
from itertools import groupby
from string import Template
from urllib.parse import quote

from digest.shipped import shipped

GMAIL_CLIPS = 102_400  #: octets of HTML, about which Gmail cuts a mail
NEAR = 90_000  #: where it is time to say so
THUMBNAILS = 12
_LISTED_OPEN = 30  #: names under a reason that are shown without a click
_TEXT_LINES = 45  #: of a text-only digest, shown as its thumbnail


@dataclass(frozen=True, slots=True, kw_only=True)
class Cover:
    """What the sheet is about."""

    newsletter: str  #: title
    issue: str  #: id
    lede: str = ""  #: a sentence about the issue, if there is one
    notes: tuple[str, ...] = ()  #: what somebody should look at before it is sent


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """What the sheet says of one reader's digest."""

    reader: str
    subject: str
    stem: str  #: of the file names beside the sheet
    html_octets: int | None  #: None: text only
    articles: int
    sections: tuple[str, ...]
    note: str
    language: str
    text: str  #: its beginning


@dataclass(frozen=True, slots=True, kw_only=True)
class Skipped:
    """A reader who gets nothing of this issue."""

    reader: str
    reason: str


def contact_sheet(
    cover: Cover, entries: Sequence[Entry], skipped: Iterable[Skipped]
) -> str:
    """Return the whole page; links go to ``STEM.html``, ``.txt`` and ``.eml``."""
    passed_over = list(skipped)
    page = shipped("templates") / "pages" / "contact-sheet.html"
    return Template(page.read_text("utf-8")).substitute(
        newsletter=escape(cover.newsletter),
        issue=escape(cover.issue),
        lede=escape(cover.lede or f"Issue {cover.issue}, as each reader would get it."),
        facts="\n".join(_facts(entries, len(passed_over))),
        digests="\n".join([*_notes(cover.notes), *_body(entries, passed_over)]),
        limit=_kilobytes(GMAIL_CLIPS),
    )


def entry_text(text: str) -> str:
    """Return as much of a text as a thumbnail shows."""
    return "\n".join(text.split("\n", _TEXT_LINES)[:_TEXT_LINES])


# -- the parts, from top to bottom ------------------------------------------


def _facts(entries: Sequence[Entry], skipped: int) -> Iterator[str]:
    yield _fact("Digests", f"{len(entries):,}")
    yield _fact("Readers skipped", f"{skipped:,}")
    if entries:
        fewest = min(entry.articles for entry in entries)
        most = max(entry.articles for entry in entries)
        yield _fact("Stories each", f"{most}" if fewest == most else f"{fewest}–{most}")
    styled = [entry for entry in entries if entry.html_octets is not None]
    if styled:
        largest = max(styled, key=lambda entry: entry.html_octets or 0)
        size = _kilobytes(largest.html_octets or 0)
        yield _fact("Largest HTML", size, note=_open(largest, "html", largest.reader))


def _fact(name: str, value: str, *, note: str = "") -> str:
    small = f"<small>{note}</small>" if note else ""
    return f"<div><dt>{name}</dt><dd>{value}{small}</dd></div>"


def _notes(notes: Sequence[str]) -> Iterator[str]:
    if notes:
        yield "<h2>To look at</h2><ul>"
        yield from (f"<li><bdi>{escape(note)}</bdi></li>" for note in notes)
        yield "</ul>"


def _body(entries: Sequence[Entry], skipped: Sequence[Skipped]) -> Iterator[str]:
    shown, listed = entries[:THUMBNAILS], entries[THUMBNAILS:]
    yield "<h2>Digests</h2>"
    if not entries:
        yield "<p>Nobody gets a mail of this issue.</p>"
    if shown:
        yield '<ul class="sheet">'
        yield from (f"<li>{_card(entry)}</li>" for entry in shown)
        yield "</ul>"
    if listed:
        yield f"<h2>The other {len(listed):,}</h2>"
        yield from _table(listed)
    if skipped:
        yield from _skipped(skipped)


def _card(entry: Entry) -> str:
    return f"""\
<article class="card">
{_thumbnail(entry)}
<div class="told">
<p class="who"><bdi>{escape(entry.reader)}</bdi></p>
<h3 {_spoken(entry)}>{escape(entry.subject)}</h3>
<p class="meta">{_contents(entry)}</p>
{_size(entry)}
<p class="open">{_links(entry)}</p>
</div>
</article>"""


def _thumbnail(entry: Entry) -> str:
    """Return a small live picture of the mail, and a link over all of it."""
    kind = "txt" if entry.html_octets is None else "html"
    if kind == "txt":
        picture = f'<pre {_spoken(entry)} aria-hidden="true">{escape(entry.text)}</pre>'
    else:
        picture = (
            f'<iframe src="{_file(entry, kind)}" sandbox="allow-same-origin" loading="lazy" '
            'tabindex="-1" aria-hidden="true" title="Thumbnail"></iframe>'
        )
    # For the mouse alone: the first link below says the same to everybody else.
    cover = f'<a href="{_file(entry, kind)}" tabindex="-1" aria-hidden="true"></a>'
    return f'<div class="look">{picture}{cover}</div>'


def _table(entries: Iterable[Entry]) -> Iterator[str]:
    yield '<div class="wide" tabindex="0" role="region" aria-label="The other digests">'
    yield '<table><thead><tr><th scope="col">Reader</th><th scope="col">Subject</th>'
    yield '<th scope="col">HTML</th><th scope="col">Open</th></tr></thead><tbody>'
    for entry in entries:
        yield (
            f'<tr><th scope="row"><bdi>{escape(entry.reader)}</bdi></th>'
            f"<td><span {_spoken(entry)}>{escape(entry.subject)}</span> "
            f'<span class="meta">{_contents(entry)}</span></td>'
            f"<td>{_size(entry)}</td>"
            f'<td><p class="open">{_links(entry)}</p></td></tr>'
        )
    yield "</tbody></table></div>"


def _skipped(skipped: Sequence[Skipped]) -> Iterator[str]:
    """Yield the readers who get nothing, gathered by reason."""
    yield "<h2>Skipped</h2>"
    yield f"<p>{_plural(len(skipped), 'reader')} would get nothing of this issue.</p>"
    by_reason = sorted(skipped, key=lambda reader: reader.reason)
    for reason, group in groupby(by_reason, key=lambda reader: reader.reason):
        names = [f"<li><bdi>{escape(one.reader)}</bdi></li>" for one in group]
        opened = " open" if len(names) <= _LISTED_OPEN else ""
        yield f"<details{opened}><summary>{escape(_sentence(reason))} "
        yield f"<span>({len(names):,})</span></summary>"
        yield f"<ul>{''.join(names)}</ul></details>"


# -- words and numbers ------------------------------------------------------


def _contents(entry: Entry) -> str:
    """Return what the digest holds, as far as known: stories, sections, note."""
    sections = ", ".join(entry.sections)
    parts = (_plural(entry.articles, "story"), entry.note, sections)
    return " · ".join(f"<bdi>{escape(part)}</bdi>" for part in parts if part)


def _size(entry: Entry) -> str:
    octets = entry.html_octets
    if octets is None:
        return '<p class="size">Text only</p>'
    share = min(100, round(octets / GMAIL_CLIPS * 100))
    bar = f'<span class="bar" aria-hidden="true"><i style="width:{share}%"></i></span>'
    if octets > GMAIL_CLIPS:
        state, word = " over", " <b>Gmail cuts it</b>"
    elif octets >= NEAR:
        state, word = " near", " <b>near Gmail’s limit</b>"
    else:
        state, word = "", f" of {_kilobytes(GMAIL_CLIPS)}"
    return f'<p class="size{state}">{bar}{_kilobytes(octets)}{word}</p>'


def _links(entry: Entry) -> str:
    kinds = {"html": "HTML", "txt": "Text", "eml": "Message"}
    if entry.html_octets is None:
        del kinds["html"]
    return "".join(_open(entry, kind, word) for kind, word in kinds.items())


def _open(entry: Entry, kind: str, word: str) -> str:
    label = "" if word == entry.reader else f"<span>, {escape(entry.reader)}</span>"
    return f'<a href="{_file(entry, kind)}"><bdi>{escape(word)}</bdi>{label}</a>'


def _file(entry: Entry, kind: str) -> str:
    return quote(f"{entry.stem}.{kind}")


def _spoken(entry: Entry) -> str:
    """Return the attributes of words in the reader's language."""
    language = f' lang="{escape(entry.language)}"' if entry.language else ""
    return f'dir="auto"{language}'


def _kilobytes(octets: int) -> str:
    return f"{octets / 1000:,.1f} kB"


def _plural(number: int, noun: str) -> str:
    if number != 1:
        noun = f"{noun[:-1]}ies" if noun.endswith("y") else f"{noun}s"
    return f"{number:,} {noun}"


def _sentence(reason: str) -> str:
    return reason[:1].upper() + reason[1:]
