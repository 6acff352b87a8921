"""Small pieces of the studio's pages: numbers, moments, links and lists in HTML."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from html import escape
from zoneinfo import ZoneInfo

from digest.model import Format, Length, Status, Subscriber


def plural(number: int, noun: str) -> str:
    """Return "1 story" or "2 stories"."""
    if number != 1:
        noun = f"{noun[:-1]}ies" if noun.endswith("y") else f"{noun}s"
    return f"{number:,} {noun}"


def kilobytes(octets: int) -> str:
    """Return "41.2 kB"."""
    return f"{octets / 1000:,.1f} kB"


def when(moment: datetime, timezone: str) -> str:
    """Return a moment as an editor reads it, in a newsletter's time zone."""
    return f"{moment.astimezone(ZoneInfo(timezone)):%a %-d %b %Y, %H:%M}"


def called(reader: Subscriber) -> str:
    """Return what to call a reader."""
    return reader.name or reader.address


def special(reader: Subscriber) -> str:
    """Return what is not as usual about a reader's mail."""
    wishes = reader.preferences
    found = [reader.language]
    if wishes.format is Format.TEXT:
        found.append("text only")
    if wishes.length is not Length.SUMMARIES:
        found.append(str(wishes.length))
    if reader.status is not Status.ACTIVE:
        found.append(str(reader.status))
    return ", ".join(filter(None, found))


def link(
    to: str, text: str, *, unseen: str = "", name: str = "", current: bool = False
) -> str:
    """Return a link that is followed without loading the whole page.

    `unseen` is heard behind its text, where that alone would be one of many.
    """
    here = ' aria-current="true"' if current else ""
    id_ = f' id="{name}"' if name else ""
    more = f'<span class="unseen">{escape(unseen)}</span>' if unseen else ""
    return f'<a href="{escape(to)}"{id_}{here} data-go>{escape(text)}{more}</a>'


def option(value: str, text: str, *, chosen: bool) -> str:
    """Return one line of a select."""
    on = " selected" if chosen else ""
    return f'<option value="{escape(value)}"{on}>{escape(text)}</option>'


def select(name: str, options: Iterable[tuple[str, str]], chosen: str) -> str:
    """Return a select; its id is its name."""
    lines = "".join(
        option(value, text, chosen=value == chosen) for value, text in options
    )
    return f'<select name="{name}" id="{name}" data-go>{lines}</select>'


def carried(pairs: Iterable[tuple[str, str]]) -> str:
    """Return what a form sends along unseen."""
    return "".join(
        f'<input type="hidden" name="{escape(name)}" value="{escape(value)}">'
        for name, value in pairs
    )


def isolated(text: str) -> str:
    """Return a text that may run in either direction, inside one of ours."""
    return f"<bdi>{escape(text)}</bdi>"


def numbered(text: str, *, first: int = 1, mark: int = 0, around: int = 0) -> str:
    """Return lines with their numbers; `around` limits them to those near `mark`."""
    lines = text.split("\n")
    shown = range(first, first + len(lines))
    if around:
        shown = range(max(first, mark - around), min(shown.stop, mark + around + 1))
    cells = []
    for number in shown:
        content = escape(lines[number - first]) or " "
        line = f'<span class="no">{number}</span>{content}'
        cells.append(f"<mark>{line}</mark>" if number == mark else f"<i>{line}</i>")
    return "".join(cells)
