"""How each element looks: its own style, what it inherits, light and dark.

The cascade of CSS as far as mails use it: kept style sheets, `style` attributes and
the old attributes (`bgcolor`, `align`). Elements of the same kind in the same
surroundings share one `Look`, so that a page costs what differs in it. Rules behind a
media query do not count, but for those of dark mode in the dark colours.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

from digest import colours
from digest.colours import BLACK, WHITE, Colour
from digest.lint.css import (
    Declaration,
    Selector,
    Sheet,
    Simple,
    Style,
    pixels,
    read_sheet,
)
from digest.lint.page import Node, Page

_HEADINGS = {"h1": 32, "h2": 24, "h3": 18.7, "h4": 16, "h5": 13.3, "h6": 10.7}
_BOLD = frozenset({"b", "strong", "th", *_HEADINGS})
_UNSEEN = frozenset({"style", "script", "title", "head", "template", "noscript"})
_KEYWORDS = {"small": 13.0, "x-small": 10.0, "medium": 16.0, "large": 18.0}
_PLAIN = Style((), {})
_SEMIBOLD = 600
_LINK: Colour = (0, 0, 238)  # what mail programs give a link that says nothing
_INHERITED_SIZE = 16.0


@dataclass(frozen=True, slots=True, eq=False)
class Look:
    """How the text of an element is shown."""

    color: Colour = BLACK
    background: Colour = WHITE
    dark_color: Colour = BLACK
    dark_background: Colour = WHITE
    over_image: bool = False  #: a picture lies behind, and no colour says what under it
    size: float = _INHERITED_SIZE
    line_height: float = 0  #: pixels; 0: as it comes
    bold: bool = False
    italic: bool = False
    underlined: bool = False
    letter_spacing: float = 0
    hidden: bool = False
    align: str = ""
    direction: str = "ltr"
    language: str = ""
    transform: str = ""
    style: Style = _PLAIN  #: all that is said of the element itself
    linked: bool = False


_ROOT = Look()
_MOST_LOOKS = 20_000  #: remembered of one design; a newsletter has some hundreds


def looks(page: Page) -> list[Look]:
    """Return how each element looks, by its index."""
    cascade = _cascade(tuple([sheet.text for _, sheet in page.sheets]))
    known = cascade.known
    if len(known) > _MOST_LOOKS:
        known.clear()
    found: list[Look] = []
    for node in page.nodes:
        above = found[node.parent.index] if node.parent else _ROOT
        key = (above, node.tag, node.kind)
        look = known.get(key)
        if look is None:
            look = known[key] = _look(node, above, cascade)
        found.append(look)
    return found


class _Cascade:
    """The rules of some style sheets, and every look they came to so far.

    All mails of an issue have the same sheets and, but for words, the same elements.
    """

    def __init__(self, sheets: tuple[str, ...]) -> None:
        """Take the sheets in order."""
        read = [read_sheet(text) for text in sheets]
        self.light, self.dark = _Matcher(read, dark=False), _Matcher(read, dark=True)
        self.known: dict[object, Look] = {}


@lru_cache(maxsize=16)
def _cascade(sheets: tuple[str, ...]) -> _Cascade:
    return _Cascade(sheets)


class _Matcher:
    """Finds the rules of a page's style sheets that an element meets."""

    def __init__(self, sheets: Sequence[Sheet], *, dark: bool) -> None:
        """Index the rules by the rarest thing they ask of an element."""
        self._rules: dict[str, list[tuple[Selector, Style, int]]] = defaultdict(list)
        order = 0
        for sheet in sheets:
            for rule in sheet.rules:
                order += 1
                if rule.conditions and not (dark and _is_dark(rule.conditions)):
                    continue
                for selector in rule.selectors:
                    if selector.known:
                        last = selector.parts[0][1]
                        key = next(iter(sorted(last.classes)), "")
                        key = f".{key}" if key else last.tag or "*"
                        self._rules[key].append((selector, rule.style, order))

    def declared(self, node: Node) -> Iterator[tuple[tuple[object, ...], Declaration]]:
        """Yield what style sheets say of an element, with its weight."""
        for key in (*[f".{name}" for name in node.names], node.tag, "*"):
            for selector, style, order in self._rules.get(key, ()):
                if _meets(node, selector):
                    for declaration in style.declarations:
                        weight = (
                            declaration.important,
                            False,
                            selector.specificity,
                            order,
                        )
                        yield weight, declaration

    def style(self, node: Node) -> Style:
        """Return all that is said of an element, the strongest last."""
        if not self._rules:
            return node.style
        said = list(self.declared(node))
        if not said:
            return node.style
        said += [
            ((d.important, True, (0, 0, 0), 0), d) for d in node.style.declarations
        ]
        said.sort(key=lambda pair: pair[0])
        declarations = tuple(declaration for _, declaration in said)
        return Style(declarations, {d.name: d.value for d in declarations})


def _is_dark(conditions: tuple[str, ...]) -> bool:
    return all("prefers-color-scheme" in c and "dark" in c for c in conditions)


def _meets(node: Node, selector: Selector) -> bool:
    """Whether an element is what a selector asks for."""
    (_, last), *others = selector.parts
    combinator = selector.parts[0][0]
    if not _is(node, last):
        return False
    up = node.parent
    for next_combinator, simple in others:
        if combinator == ">":
            if up is None or not _is(up, simple):
                return False
        else:
            while up is not None and not _is(up, simple):
                up = up.parent
            if up is None:
                return False
        up, combinator = up.parent, next_combinator
    return True


def _is(node: Node, simple: Simple) -> bool:
    if simple.tag and simple.tag != node.tag:
        return False
    if simple.id and simple.id != node.get("id"):
        return False
    if simple.classes and not simple.classes <= node.names:
        return False
    return all(
        name in node.attrs and (value is None or node.attrs[name] == value)
        for name, value in simple.attributes
    )


def _look(node: Node, above: Look, cascade: _Cascade) -> Look:
    style, at_night = cascade.light.style(node), cascade.dark.style(node)
    size = _size(node, style, above)
    image = _has_image(style) or bool(node.get("background"))
    back = _background(node, style, above.background)
    direction = (style.get("direction") or node.get("dir")).lower()
    return Look(
        background=back or above.background,
        dark_background=_background(node, at_night, above.dark_background)
        or above.dark_background,
        color=_color(node, style, above.color, above.background, linked=above.linked),
        dark_color=_color(
            node,
            at_night,
            above.dark_color,
            above.dark_background,
            linked=above.linked,
        ),
        over_image=(image and back is None) or (above.over_image and back is None),
        size=size,
        line_height=_line_height(style, size, above),
        bold=_bold(node, style, above),
        italic=_italic(node, style, above),
        underlined=_underlined(node, style, above),
        letter_spacing=_spacing(style, size, above),
        hidden=above.hidden or node.tag in _UNSEEN or _hidden(node, style, size),
        align=style.get("text-align") or node.get("align") or above.align,
        direction=direction if direction in ("ltr", "rtl") else above.direction,
        language=node.get("lang") or above.language,
        transform=style.get("text-transform") or above.transform,
        style=style,
        linked=above.linked or node.tag == "a",
    )


def _size(node: Node, style: Style, above: Look) -> float:
    if given := style.get("font-size"):
        return _KEYWORDS.get(given.lower(), pixels(given, of=above.size) or above.size)
    if node.tag in _HEADINGS:
        return float(_HEADINGS[node.tag])
    return above.size * 0.83 if node.tag in ("small", "sub", "sup") else above.size


def _line_height(style: Style, size: float, above: Look) -> float:
    given = style.get("line-height")
    if not given:
        return above.line_height
    if given.replace(".", "", 1).isdigit():
        return float(given) * size
    return pixels(given, of=size) or 0


def _bold(node: Node, style: Style, above: Look) -> bool:
    given = style.get("font-weight")
    if given.isdigit():
        return int(given) >= _SEMIBOLD
    if given:
        return given in ("bold", "bolder")
    return above.bold or node.tag in _BOLD


def _italic(node: Node, style: Style, above: Look) -> bool:
    given = style.get("font-style")
    if given:
        return given in ("italic", "oblique")
    return above.italic or node.tag in ("i", "em", "cite", "address")


def _underlined(node: Node, style: Style, above: Look) -> bool:
    given = style.get("text-decoration") or style.get("text-decoration-line")
    if given:
        return "underline" in given
    return (
        above.underlined
        or node.tag == "u"
        or (node.tag == "a" and "href" in node.attrs)
    )


def _spacing(style: Style, size: float, above: Look) -> float:
    given = style.get("letter-spacing")
    return (pixels(given, of=size) or 0) if given else above.letter_spacing


def _hidden(node: Node, style: Style, size: float) -> bool:
    return (
        "hidden" in node.attrs
        or style.get("display") == "none"
        or style.get("visibility") == "hidden"
        or style.get("opacity") == "0"
        or size == 0
        or (pixels(style.get("max-height")) == 0 and "hidden" in style.get("overflow"))
    )


def _has_image(style: Style) -> bool:
    return "url(" in style.get("background-image") + style.get("background")


def _background(node: Node, style: Style, on: Colour) -> Colour | None:
    found = None
    if given := node.get("bgcolor"):
        found = colours.colour(given, on=on)
    if given := style.get("background"):
        found = colours.background(given, on=on) or found
    if given := style.get("background-color"):
        found = colours.colour(given, on=on) or found
    return found


def _color(
    node: Node, style: Style, above: Colour, on: Colour, *, linked: bool
) -> Colour:
    given = style.get("color") or (node.get("color") if node.tag == "font" else "")
    found = colours.colour(given, on=on) if given else None
    if found is not None:
        return found
    if node.tag == "a" and "href" in node.attrs and not linked and given != "inherit":
        return _LINK
    return above
