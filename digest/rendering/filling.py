"""A finished page, cut at its marks, and filled with one reader's values.

Each value is escaped for the place where it stands, as the page itself would have
been: a test fills pages and renders them with the values, and compares. A page in
which a mark was lost or doubled is refused, for then a template did something to a
value that was not there yet.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from urllib.parse import quote

from digest.rendering.personal import ADDRESSES, Marks, Shaped, SlotMisuse, spoken

_Escape = Callable[[str], str]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Hole:
    name: str
    escape: _Escape


@dataclass(frozen=True, slots=True, kw_only=True)
class _ShapedHole:
    inner: Page
    shape: Callable[[str], str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """A finished page, cut where the readers' values go."""

    parts: tuple[str | _Hole | _ShapedHole, ...]

    def fill(self, values: Mapping[str, str]) -> str:
        """Return the page of one reader."""
        return "".join(
            part
            if isinstance(part, str)
            else part.escape(values[part.name])
            if isinstance(part, _Hole)
            else part.shape(part.inner.fill(values))
            for part in self.parts
        )

    def holds(self, word: str) -> bool:
        """Whether `word` stands anywhere outside the gaps, in any case."""
        return any(
            word in part.lower()
            if isinstance(part, str)
            else isinstance(part, _ShapedHole) and part.inner.holds(word)
            for part in self.parts
        )

    @property
    def names(self) -> frozenset[str]:
        """The values this page shows."""
        return frozenset(
            name
            for part in self.parts
            if not isinstance(part, str)
            for name in ({part.name} if isinstance(part, _Hole) else part.inner.names)
        )


def cut_html(html: str, marks: Marks) -> Page:
    """Cut inlined HTML at its marks; raise `SlotMisuse` where one cannot stand."""
    return _cut_whole(html, marks, _escape_at)


def cut_text(text: str, marks: Marks) -> Page:
    """Cut plain text at its marks."""
    return _cut_whole(text, marks, lambda _text, _at, _name: str)


_LOST = (
    "was printed, and then changed, cut or thrown away: print it where it belongs, "
    "and use no filter on a `{% set %}` block that holds it"
)
_TWICE = (
    "was printed once and stands in the page more than once: use a `{% set %}` block "
    "that holds it only once"
)


def _cut_whole(
    text: str, marks: Marks, escape_at: Callable[[str, int, str], _Escape]
) -> Page:
    """Cut `text`, and see that every mark printed is there once, unharmed."""
    found: list[int] = []
    page = _cut(text, marks, escape_at, found)
    for number, (value, place) in enumerate(
        zip(marks.printed, marks.places, strict=True)
    ):
        if isinstance(value, str) and found.count(number) != 1:
            what = _TWICE if number in found else _LOST
            raise SlotMisuse(spoken(value), what, place)
    if page.holds(marks.prefix):
        raise SlotMisuse("reader", _TWICE)
    return page


def _cut(
    text: str,
    marks: Marks,
    escape_at: Callable[[str, int, str], _Escape],
    found: list[int],
) -> Page:
    parts: list[str | _Hole | _ShapedHole] = []
    end = 0
    for match in marks.pattern.finditer(text):
        parts.append(text[end : match.start()])
        end = match.end()
        number = int(match[1])
        found.append(number)
        value = marks.printed[number]
        if isinstance(value, Shaped):
            inner = _cut(value.text, marks, escape_at, found)
            parts.append(_ShapedHole(inner=inner, shape=value.shape))
            continue
        try:
            escape = escape_at(text, match.start(), value)
        except SlotMisuse as error:
            raise SlotMisuse(error.name, error.what, marks.places[number]) from error
        parts.append(_Hole(name=value, escape=escape))
    parts.append(text[end:])
    return Page(parts=tuple(part for part in parts if part != ""))


_ATTRIBUTE = re.compile(r"([\w:-]+)=\"([^\"]*)\Z")
_LINKS = frozenset({"href", "src", "action", "background", "cite", "poster"})


def _escape_at(html: str, at: int, name: str) -> _Escape:
    """Return how a value is to be escaped at one place of serialised HTML."""
    if html.rfind("<!--", 0, at) > html.rfind("-->", 0, at):
        return _as_comment
    if html.rfind("<style", 0, at) > html.rfind("</style", 0, at):
        raise SlotMisuse(
            spoken(name), "cannot stand in a style sheet: print it as text"
        )
    tag = html.rfind("<", 0, at)
    if html.rfind(">", 0, at) > tag:
        return _as_text
    attribute = _ATTRIBUTE.search(html, tag, at)
    if attribute is None or attribute[1] == "style" or attribute[1].startswith("on"):
        raise SlotMisuse(
            spoken(name), "cannot stand in a style or a script: print it as text"
        )
    if attribute[1] not in _LINKS:
        return _as_attribute
    if attribute[2]:
        return _as_component
    if name in ADDRESSES:
        return _as_address
    raise SlotMisuse(
        spoken(name),
        f"is not an address, so it cannot begin `{attribute[1]}`: link "
        "`reader.preferences` or another address",
    )


def _as_text(value: str) -> str:
    return value.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _as_attribute(value: str) -> str:
    return _as_text(value).replace('"', "&quot;")


def _as_address(value: str) -> str:
    """Write a whole address as libxml2 writes one, so that both paths agree."""
    return _as_attribute(quote(value, safe="".join(map(chr, range(0x21, 0x7F)))))


def _as_component(value: str) -> str:
    return quote(value, safe="@")


def _as_comment(value: str) -> str:
    """Conditional comments are HTML to Outlook; nothing may end them."""
    return _as_attribute(value).replace("&quot;", "&#34;").replace("'", "&#39;")
