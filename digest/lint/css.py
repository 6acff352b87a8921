"""Style sheets and `style` attributes, read as far as rules about mail need them.

Reading is remembered by the text: a newsletter's kept style sheet and its few hundred
different `style` attributes are the same in every mail of an issue.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from functools import lru_cache
from typing import NamedTuple

_COMMENT = re.compile(r"/\*.*?\*/", re.DOTALL)
_DECLARATION = re.compile(
    r"([-\w*]+)\s*:\s*((?:[^;\"'(]|\"[^\"]*\"|'[^']*'|\((?:[^()\"']|\"[^\"]*\"|'[^']*'"
    r"|\([^()]*\))*\))*)"
)
_IMPORTANT = re.compile(r"\s*!\s*important\s*$", re.IGNORECASE)
_COMPOUND = re.compile(
    r"(?P<tag>[a-zA-Z][\w-]*|\*)|#(?P<id>[\w-]+)|\.(?P<class>[\w-]+)"
    r"|\[\s*(?P<name>[\w-]+)\s*(?:[~|^$*]?=\s*[\"']?(?P<value>[^\"'\]]*)[\"']?)?\s*\]"
    r"|:(?P<pseudo>:?[\w-]+)(?:\([^)]*\))?"
)
_COMBINED = re.compile(r"\s*([>+~])\s*|\s+")


class Declaration(NamedTuple):
    """One property and its value."""

    name: str  #: in lower case
    value: str
    important: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class Style:
    """Declarations in order, and the value that counts of each.

    One text is read into one object, so that what is worked out of it can be
    remembered by it.
    """

    declarations: tuple[Declaration, ...]
    values: dict[str, str]

    def get(self, name: str) -> str:
        """Return a property's value, or ""."""
        return self.values.get(name, "")


class Simple(NamedTuple):
    """What one element must be: the part of a selector between combinators."""

    tag: str
    id: str
    classes: frozenset[str]
    attributes: tuple[tuple[str, str | None], ...]
    pseudo: bool  #: it also asks for what cannot be known here


class Selector(NamedTuple):
    """A selector from its last part to its first; the combinators stand before them."""

    parts: tuple[tuple[str, Simple], ...]
    specificity: tuple[int, int, int]
    text: str
    known: bool  #: whether it asks only for what this linter can tell


@dataclass(frozen=True, slots=True)
class StyleRule:
    """One rule of a style sheet."""

    selectors: tuple[Selector, ...]
    style: Style
    conditions: tuple[str, ...]  #: `@media …` and the like around it
    offset: int  #: in the sheet


@dataclass(slots=True)
class Sheet:
    """One `<style>`."""

    text: str
    rules: list[StyleRule] = field(default_factory=list)
    #: Every at-rule: its name, what follows, how deep it stands, where.
    ats: list[tuple[str, str, int, int]] = field(default_factory=list)
    broken: str = ""


@lru_cache(maxsize=8192)
def read_style(text: str) -> Style:
    """Read what stands in a `style` attribute or between braces."""
    found = []
    for name, value in _DECLARATION.findall(text):
        bare = _IMPORTANT.sub("", value) if "!" in value else value
        found.append(Declaration(name.lower(), bare.strip(), bare != value))
    values = {d.name: d.value for d in found if not d.important}
    values |= {d.name: d.value for d in found if d.important}
    return Style(tuple(found), values)


@lru_cache(maxsize=64)
def read_sheet(text: str) -> Sheet:
    """Read a style sheet; what it does not close ends with it."""
    sheet = Sheet(text)
    blank = _COMMENT.sub(lambda found: " " * len(found[0]), text)
    blank = blank.replace("<!--", "    ").replace("-->", "   ")
    end = _read_rules(sheet, blank, 0, ())
    if end < len(blank) and not sheet.broken:
        sheet.broken = "a } too many"
    return sheet


def _read_rules(
    sheet: Sheet, text: str, start: int, conditions: tuple[str, ...]
) -> int:
    """Read rules up to the brace that ends them; return the place after it."""
    position = start
    while position < len(text):
        found = re.compile(r"[{};]").search(text, position)
        if found is None:
            if text[position:].strip() and not sheet.broken:
                sheet.broken = f"{text[position:].strip()[:40]!r} has no declarations"
            break
        prelude = text[position : found.start()].strip()
        begin = position + len(text[position:]) - len(text[position:].lstrip())
        position = found.end()
        if found[0] == "}":
            return position
        if prelude.startswith("@"):
            name, _, rest = prelude[1:].partition(" ")
            name = re.split(r"[^\w-]", name)[0].lower()
            sheet.ats.append((name, rest.strip(), len(conditions), begin))
            if found[0] == "{":
                if name in ("media", "supports", "layer", "container"):
                    inner = (*conditions, prelude.lower())
                    position = _read_rules(sheet, text, position, inner)
                else:
                    position = _skipped(text, position)
        elif found[0] == "{":
            position = _read_rule(sheet, text, position, prelude, conditions, begin)
    else:
        return position
    if conditions and not sheet.broken:
        sheet.broken = f"{conditions[-1]!r} is never closed"
    return len(text)


def _read_rule(
    sheet: Sheet,
    text: str,
    position: int,
    prelude: str,
    conditions: tuple[str, ...],
    begin: int,
) -> int:
    end = text.find("}", position)
    if end < 0:
        sheet.broken = sheet.broken or f"{prelude!r} is never closed"
        end = len(text)
    inside = text[position:end]
    if "{" in inside:
        sheet.broken = sheet.broken or f"{prelude!r} holds a rule of its own"
        sheet.ats.append(("nesting", prelude, len(conditions) + 1, begin))
    selectors = tuple(map(read_selector, prelude.split(",")))
    rule = StyleRule(selectors, read_style(inside), conditions, begin)
    sheet.rules.append(rule)
    return end + 1


def _skipped(text: str, position: int) -> int:
    """Return the place after the block that begins here."""
    depth = 1
    for found in re.finditer(r"[{}]", text[position:]):
        depth += 1 if found[0] == "{" else -1
        if not depth:
            return position + found.end()
    return len(text)


@lru_cache(maxsize=1024)
def read_selector(text: str) -> Selector:
    """Read one selector."""
    text = text.strip()
    pieces = _COMBINED.split(text)
    parts: list[tuple[str, Simple]] = []
    known, a, b, c = bool(text), 0, 0, 0
    for number in range(0, len(pieces), 2):
        simple, (ids, classes, tags) = _simple(pieces[number] or "")
        combinator = (pieces[number - 1] or " ") if number else ""
        parts.append((combinator, simple))
        known = known and not simple.pseudo and combinator in ("", " ", ">")
        a, b, c = a + ids, b + classes, c + tags
    return Selector(tuple(reversed(parts)), (a, b, c), text, known)


def _simple(text: str) -> tuple[Simple, tuple[int, int, int]]:
    tag, identity, pseudo = "", "", False
    classes: set[str] = set()
    attributes: list[tuple[str, str | None]] = []
    end = 0
    for found in _COMPOUND.finditer(text):
        pseudo = pseudo or found.start() != end
        end = found.end()
        if found["tag"]:
            tag = "" if found["tag"] == "*" else found["tag"].lower()
        elif found["id"]:
            identity = found["id"]
        elif found["class"]:
            classes.add(found["class"])
        elif found["name"]:
            attributes.append((found["name"].lower(), found["value"]))
        elif found["pseudo"] != "root":
            pseudo = True
    pseudo = pseudo or end != len(text)
    counts = (int(bool(identity)), len(classes) + len(attributes), int(bool(tag)))
    return Simple(tag, identity, frozenset(classes), tuple(attributes), pseudo), counts


@lru_cache(maxsize=4096)
def pixels(value: str, *, of: float = 16) -> float | None:
    """Return a length in pixels; `of` is what em and % are relative to."""
    found = re.fullmatch(
        r"(-?\d*\.?\d+)(px|em|rem|pt|%|)", value.strip().lower() or "?"
    )
    if found is None:
        return None
    number = float(found[1])
    unit = found[2] or "px"
    return number * {"px": 1, "em": of, "rem": 16, "pt": 4 / 3, "%": of / 100}[unit]


@lru_cache(maxsize=4096)
def sides(style: Style, name: str) -> tuple[float, float, float, float]:
    """Return top, right, bottom and left of `padding` or `margin`, in pixels."""
    found = [0.0, 0.0, 0.0, 0.0]
    around = ("top", "right", "bottom", "left")
    for declaration in style.declarations:
        if declaration.name == name:
            given = [pixels(part) or 0.0 for part in declaration.value.split()][:4]
            if given:
                top, *rest = given
                right = rest[0] if rest else top
                bottom = rest[1] if len(rest) > 1 else top
                left = rest[2] if len(rest) > 2 else right  # noqa: PLR2004 CSS's order
                found = [top, right, bottom, left]
        elif declaration.name.startswith(f"{name}-"):
            side = declaration.name.removeprefix(f"{name}-")
            if side in around:
                found[around.index(side)] = pixels(declaration.value) or 0.0
    top, right, bottom, left = found
    return top, right, bottom, left
