"""Hostile HTML read as a flat run of pieces: text, start tags, end tags.

Browsers repair broken markup by nesting it, and deep or tangled nesting makes
every tree builder slow (html5ever: 29 s for 100,000 unclosed tags, measured).
This reader builds no tree: it takes one pass over the text, never raises, and
leaves the order of things to `digest.sources.blocks`. What it overlooks cannot
do harm, because only what is recognised is ever written out again.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from html import unescape

_TAG = re.compile(r"<(?:(?P<end>/?)(?P<name>[A-Za-z][^\s/>]*)|(?P<other>!--|[!?/]))")
#: The inside of a start tag up to its ">", quoted values skipped whole. No "<"
#: outside quotes and possessive repeats: the time stays linear on any input.
_INSIDE = re.compile(r"""(?:[^<>"']++|"[^"]*+"|'[^']*+')*+>""")
_ATTRIBUTE = re.compile(
    r"""([^\s"'<>/=]+)(?:\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s"'>]+)))?"""
)
_NOT_TEXT_NAMES = (
    "applet audio button canvas datalist embed iframe label math noembed noframes"
    " noscript object script select style svg template textarea title video xmp"
)
#: What stands between these tags is not the article's text.
_NOT_TEXT = frozenset(_NOT_TEXT_NAMES.split())
#: Yielded all the same, without what is inside: a mail can link to what they play.
_PLAYERS = frozenset({"iframe", "video"})
#: Nothing of their kind is prose, so a missing end tag means: to the very end.
_TO_THE_END = frozenset({"script", "style"})

#: C0 and C1 controls but tab and line ends, noncharacters, and the two marks that
#: overturn the direction of everything after them.
_CONTROLS = dict.fromkeys(
    [*range(9), 11, *range(14, 32), *range(0x7F, 0xA0), 0xFFFE, 0xFFFF, 0x202D, 0x202E]
)
#: Marks that reorder what a reader sees, and marks that show nothing.
_INVISIBLE = dict.fromkeys(
    [*range(0x202A, 0x202F), *range(0x2066, 0x206A), 0x200B, 0xFEFF, 0xAD]
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Piece:
    """One piece: text when `name` is empty, else a tag of that name."""

    text: str = ""
    name: str = ""  #: lower case
    end: bool = False
    attributes: Mapping[str, str] = field(default_factory=dict)


def printable(text: str) -> str:
    """Return `text` without what no reader may get: controls and half characters."""
    return text.encode("utf-8", "replace").decode().translate(_CONTROLS)


def visible(text: str) -> str:
    """Return `text` without what shows nothing or turns it around: for one line."""
    return printable(text).translate(_INVISIBLE)


class _Finder:
    """`str.find` that remembers what is not there, so that asking stays cheap."""

    def __init__(self, html: str) -> None:
        self.html = html
        self.lower = html.lower()
        self._missing: dict[str, int] = {}

    def find(self, what: str, start: int) -> int:
        if start >= self._missing.get(what, len(self.html) + 1):
            return -1
        # Lower case may be longer (İ); then places differ and case must count.
        same = len(self.lower) == len(self.html)
        found = (self.lower if same else self.html).find(what, start)
        if found < 0:
            self._missing[what] = start
        return found


def read_markup(html: str) -> Iterator[Piece]:
    """Yield the pieces of `html` in order, entities decoded, contents of scripts,
    forms' fields and embedded media left out; of players, the tag that begins them.
    """  # noqa: D205 -- one sentence
    finder, start = _Finder(html), 0
    while match := _TAG.search(html, start):
        if match.start() > start:
            yield Piece(text=_text(html[start : match.start()]))
        after = _after(match, finder)
        if after < 0:  # never closed: a "<" that is only a character
            yield Piece(text="<")
            start = match.start() + 1
            continue
        start = after
        name = (match["name"] or "").lower()
        if not name:
            continue
        inside = html[match.end() : after - 1]
        if match["end"]:
            yield Piece(name=name, end=True)
            continue
        if name not in _NOT_TEXT or name in _PLAYERS:
            yield Piece(name=name, attributes=_attributes(inside))
        if name in _NOT_TEXT and not inside.endswith("/"):
            start = _skipped(name, finder, after)
    if start < len(html):
        yield Piece(text=_text(html[start:]))


def _after(tag: re.Match[str], finder: _Finder) -> int:
    """Return where the tag or comment ends, -1 when it never does."""
    if tag["other"] == "!--":
        # "<!-->" is a whole comment (HTML 13.2.5.43).
        closed = finder.find("-->", tag.end() - 2)
        return closed + 3 if closed >= 0 else finder.find(">", tag.end()) + 1 or -1
    if tag["name"] and not tag["end"]:
        inside = _INSIDE.match(finder.html, tag.end())
        if inside:
            return inside.end()
    return finder.find(">", tag.end()) + 1 or -1


def _skipped(name: str, finder: _Finder, start: int) -> int:
    """Return where reading goes on after a tag whose content is not text."""
    closed = finder.find(f"</{name}", start)
    if closed < 0:
        return len(finder.html) if name in _TO_THE_END else start
    return closed


def _attributes(inside: str) -> dict[str, str]:
    """Return the attributes of a start tag; the first of two with one name wins."""
    found: dict[str, str] = {}
    for name, double, single, bare in _ATTRIBUTE.findall(inside):
        found.setdefault(name.lower(), _text(double or single or bare))
    return found


def _text(raw: str) -> str:
    return printable(unescape(raw))
