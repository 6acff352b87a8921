"""HTML as libxml2 writes it: where a mark stands, and how a value is written there.

The page around the marks was serialised by libxml2. A value that is put in afterwards
must look as if it had been there all along, so the rules are libxml2's: text knows
three characters, an attribute takes the quotes its value leaves free, and the address
in a link is percent-encoded where it is not ASCII.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import quote

from digest.rendering.templates import escape

_LINKS = frozenset({"href", "src", "action", "background", "cite", "poster"})
#: Those that libxml2 percent-encodes (`htmlAttrDumpOutput`).
_ENCODED = frozenset({"href", "src", "action"})
_PRINTABLE = "".join(map(chr, range(0x21, 0x7F)))

#: A comment, a style sheet, a script or a tag: what is not text.
_NOT_TEXT = re.compile(
    r"<!--.*?-->|<(style|script)\b[^>]*>.*?</\1>|<(?:[^\"'<>]++|\"[^\"]*\"|'[^']*')*>",
    re.DOTALL,
)
#: An address that stands for itself.
_PLAIN = re.compile(r"[!#-%'-;=?-~]*")
_WAY_ON = re.compile(r"[/?#][\w./?=~-]*", re.ASCII)
#: What is not written as it is in an attribute, and what libxml2 leaves alone there: the
#: ``&{…}`` of HTML 4 and server side includes (`xmlBufAttrSerializeTxtContent`).
_ATTRIBUTE_SPECIAL = re.compile(r"&\{[^}]*\}|<!(?=--).*?-->|[&<>]", re.DOTALL)
_ATTRIBUTE = re.compile(r"(\s)([^\s=<>\"'/]+)=(\"[^\"]*\"|'[^']*')")


@dataclass(frozen=True, slots=True)
class Stretch:
    """A stretch of a page in which every value is written the same way.

    `attribute` is the name of the one whose value `source` is, without its quotes;
    otherwise the stretch is text, with tags that hold no mark, or a comment.
    """

    source: str
    attribute: str = ""
    comment: bool = False
    code: bool = False  #: a style sheet or a script


def stretches(html: str, prefix: str) -> Iterator[Stretch]:
    """Yield a page in stretches, whole ones where no mark stands."""
    end = 0
    for match in _NOT_TEXT.finditer(html):
        found = match[0]
        if prefix not in found:
            continue
        yield Stretch(html[end : match.start()])
        if found.startswith("<!--"):
            yield Stretch(found, comment=True)
        elif match[1]:
            yield Stretch(found, code=True)
        else:
            yield from _tag(found, prefix)
        end = match.end()
    yield Stretch(html[end:])


def _tag(tag: str, prefix: str) -> Iterator[Stretch]:
    end = 0
    for match in _ATTRIBUTE.finditer(tag):
        if prefix in match[3]:
            yield Stretch(tag[end : match.start(3)])
            yield Stretch(match[3][1:-1], attribute=match[2].lower())
            end = match.end()
    yield Stretch(tag[end:])


def is_link(attribute: str) -> bool:
    """Whether the attribute's value is an address."""
    return attribute in _LINKS


def is_encoded(attribute: str) -> bool:
    """Whether the attribute's value is percent-encoded where it is not ASCII."""
    return attribute in _ENCODED


def runs_or_styles(attribute: str) -> bool:
    """Whether a program would run or apply the attribute's value."""
    return attribute in {"style", "class", "id"} or attribute.startswith("on")


def as_text(value: str) -> str:
    """Return `value` as it is written between tags."""
    return value.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def as_comment(value: str) -> str:
    """Return `value` inside a conditional comment, which is HTML to Outlook."""
    return str(escape(value))


def as_attribute(value: str) -> str:
    """Return the value of an attribute, in quotes."""
    written = _ATTRIBUTE_SPECIAL.sub(_attribute_escaped, value)
    if '"' not in written:
        return f'"{written}"'
    if "'" not in written:
        return f"'{written}'"
    return '"' + written.replace('"', "&quot;") + '"'


def _attribute_escaped(match: re.Match[str]) -> str:
    return as_text(match[0]) if len(match[0]) == 1 else match[0]


def as_address(value: str) -> str:
    """Return the value of a link, in quotes."""
    if _PLAIN.fullmatch(value):
        return f'"{value}"'
    return as_attribute(quote(value, safe=_PRINTABLE))


def goes_on(rest: str) -> bool:
    """Whether `rest`, after any address, is written as it is in the link of both."""
    return bool(_WAY_ON.fullmatch(rest))


def as_component(value: str) -> str:
    """Return `value` as a part of an address, such as a name in a query."""
    return quote(value, safe="@")
