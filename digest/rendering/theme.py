"""What an operator may change of a look without touching HTML: `theme.yaml`.

Fonts, colours with their dark values, a logo, sizes. Several files may say something,
a project's about the shipped one: the later wins, value by value. Style sheets and
templates print these values, so they are checked when they are read: nothing that is no
colour, and no text that cannot be read on its ground.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, fields
from difflib import get_close_matches

from digest.errors import FileProblems
from digest.model import Problem
from digest.rendering.contrast import NEEDED, contrast, nearest
from digest.rendering.templates import TemplateFile
from digest.yamltext import Document, Location, Mark, read_yaml

_HEX = re.compile(r"#(?:[0-9a-fA-F]{3}|[0-9a-fA-F]{6})")
#: Family names in quotes or not, with commas between, and a general one at the end.
_FONTS = re.compile(
    r"""(?:(?:"[\w .-]+"|[\w-]+(?: [\w-]+)*)\s*,\s*)*"""
    r"(?:serif|sans-serif|monospace|system-ui)"
)
_LANGUAGE = re.compile(r"[a-z]{2,3}(?:-[A-Za-z0-9]{2,8})*")
_FONT_KEYS = ("default",)  # and languages
_SIZES = {"width": (320, 720), "gutter": (12, 64), "wide": (12, 96), "corners": (0, 30)}
_MODES = ("light", "dark")
_LOGO = ("url", "dark", "width", "height")


@dataclass(frozen=True, slots=True, kw_only=True)
class Colours:
    """The colours of a look, light or dark, each ``#rrggbb``."""

    canvas: str  #: around the card
    card: str  #: behind the stories
    panel: str  #: behind what belongs to a story
    ink: str  #: headlines, names, links
    body: str  #: text
    muted: str  #: dates, bylines, small print
    accent: str  #: kickers, marks
    rule: str  #: lines
    button: str
    button_text: str
    band: str  #: behind the way to the site
    band_title: str
    band_text: str
    picture: str  #: where a picture is missing; its words are in `body`


_NAMES = tuple(field.name for field in fields(Colours))

#: What is read on what.
_PAIRS = (
    *(
        (text, ground)
        for ground in ("card", "canvas", "panel")
        for text in ("ink", "body", "muted", "accent")
    ),
    ("button_text", "button"),
    ("band_title", "band"),
    ("band_text", "band"),
    ("body", "picture"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Fonts:
    """Font families for one language, as CSS writes them."""

    headlines: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Logo:
    """A picture in place of the newsletter's title."""

    url: str
    dark: str  #: for dark mode; empty: the same
    width: int
    height: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Theme:
    """A look's values in one language."""

    light: Colours
    dark: Colours
    fonts: Fonts
    logo: Logo | None
    width: int  #: of the mail, in pixels
    gutter: int  #: left and right of the text, on a phone
    wide: int  #: the same where there is room
    corners: int  #: how round buttons and pictures are

    @property
    def column(self) -> int:
        """What a text is wide at most, in pixels."""
        return self.width - 2 * max(self.gutter, self.wide)


class Themes:
    """What `theme.yaml` files say, checked, in every language."""

    def __init__(self, files: Sequence[TemplateFile]) -> None:
        """Read the files, the weakest first; raise `FileProblems` with every mistake.

        The first one says everything but `logo`; the others what they change.
        """
        self._values: dict[Location, object] = {}
        self._places: dict[Location, tuple[int, str, Mark]] = {}
        self._problems: list[Problem] = []
        for strength, file in enumerate(files):
            document = read_yaml(file.text, file=file.path)
            for location, value in _leaves(document.value):
                self._take(location, value, (strength, file.path, document))
        if not self._problems:
            self._check_complete(files[0].path)
        if not self._problems:
            self._check_contrast()
        if self._problems:
            raise FileProblems(self._problems)

    def speaking(self, language: str) -> Theme:
        """Return the values for mails in `language`."""
        light, dark = (
            Colours(**{name: self._text("colours", name, mode) for name in _NAMES})
            for mode in _MODES
        )
        return Theme(
            light=light,
            dark=dark,
            fonts=Fonts(
                headlines=self._fonts("headlines", language),
                text=self._fonts("text", language),
            ),
            logo=self._logo(),
            **{name: self._number(name) for name in _SIZES},
        )

    def _logo(self) -> Logo | None:
        if ("logo", "url") not in self._values:
            return None
        return Logo(
            url=self._text("logo", "url"),
            dark=self._text("logo", "dark"),
            width=self._number("logo", "width"),
            height=self._number("logo", "height"),
        )

    def _fonts(self, kind: str, language: str) -> str:
        """Return the families for a language: its own, its base's, or the default."""
        tag = language.replace("_", "-").casefold()
        while tag:
            if family := self._text("fonts", kind, tag):
                return family
            tag = tag.rpartition("-")[0]
        return self._text("fonts", kind, "default")

    def _text(self, *location: str) -> str:
        return str(self._values.get(location, ""))

    def _number(self, *location: str) -> int:
        value = self._values.get(location)
        assert isinstance(value, int)  # checked when it was taken
        return value

    def _take(
        self, location: Location, value: object, source: tuple[int, str, Document]
    ) -> None:
        """Keep a value that may stand there, or note what is wrong with it."""
        strength, file, document = source
        mark = document.mark(location)
        complaint = _unknown(location) or _checks(location)(value)
        if complaint:
            name = ".".join(map(str, location)) or "the file"
            self._problem(file, mark, f"`{name}` {complaint}")
            return
        if location[0] == "fonts":
            location = (*location[:2], str(location[2]).casefold())
        if location[0] == "colours":
            value = _long(str(value))
        self._values[location] = value
        self._places[location] = (strength, file, mark)

    def _check_complete(self, file: str) -> None:
        """Note every value that nobody gave."""
        needed: list[Location] = [(name,) for name in _SIZES]
        needed += [("fonts", kind, "default") for kind in ("headlines", "text")]
        needed += [("colours", name, mode) for name in _NAMES for mode in _MODES]
        logo = [self._places[place] for place in self._values if place[0] == "logo"]
        if logo:
            needed += [("logo", part) for part in ("url", "width", "height")]
        for location in needed:
            if location not in self._values:
                name = ".".join(map(str, location))
                mark = Mark(1, 1)
                if location[0] == "logo":  # the shipped theme has none: who began it
                    _, file, mark = max(logo)
                self._problem(file, mark, f"lacks `{name}`: add it")

    def _check_contrast(self) -> None:
        """Note every text that cannot be read on its ground."""
        for mode in _MODES:
            for pair in _PAIRS:
                text, ground = (("colours", name, mode) for name in pair)
                one, other = self._text(*text), self._text(*ground)
                ratio = contrast(one, other)
                if ratio < NEEDED:
                    self._unreadable(text, ground, ratio)

    def _unreadable(self, text: Location, ground: Location, ratio: float) -> None:
        """Blame whichever of the two was set last: who set it can change it."""
        later = ground if self._places[ground][0] > self._places[text][0] else text
        other = text if later is ground else ground
        _, file, mark = self._places[later]
        own, beside = self._text(*map(str, later)), self._text(*map(str, other))
        shown = f"{ratio - 0.005:.2f}"  # never rounded up to what would do
        self._problem(
            file,
            mark,
            f"`{'.'.join(map(str, text))}` ({self._text(*map(str, text))}) cannot be "
            f"read on `{'.'.join(map(str, ground))}` "
            f"({self._text(*map(str, ground))}): their contrast is {shown}, and text "
            f"needs {NEEDED}; the nearest `{later[1]}` that has it is "
            f"{nearest(own, beside)}",
        )

    def _problem(self, file: str, mark: Mark, what: str) -> None:
        self._problems.append(
            Problem(where=f"{file}:{mark.line}:{mark.column}", what=what)
        )


def _leaves(value: object, at: Location = ()) -> Iterator[tuple[Location, object]]:
    """Yield every value with the way to it; what is empty says nothing."""
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from _leaves(inner, (*at, key))
    elif value is not None:
        yield at, value


# -- what may stand where ---------------------------------------------------


def _unknown(location: Location) -> str:
    """Return what is wrong with the way to a value, or ""."""
    known: Sequence[str] = (*_SIZES, "fonts", "colours", "logo")
    for depth, key in enumerate(map(str, location)):
        tag = known == _FONT_KEYS and _LANGUAGE.fullmatch(key)
        if key not in known and not tag:
            return f"is not something a theme says: {_near(key, known)}"
        known = _below(location[: depth + 1])
    if not location or known:
        return f"holds {', '.join(known)}: give one a value below it"
    return ""


def _below(location: Location) -> Sequence[str]:
    """Return the keys that a mapping at `location` has; () for a value."""
    match location:
        case ("fonts",):
            return ("headlines", "text")
        case ("fonts", _):
            return _FONT_KEYS
        case ("colours",):
            return _NAMES
        case ("colours", _):
            return _MODES
        case ("logo",):
            return _LOGO
    return ()


def _checks(location: Location) -> Callable[[object], str]:
    """Return what says whether a value may stand at `location`."""
    match location:
        case ("fonts", *_):
            return _font_complaint
        case ("colours", *_):
            return _colour_complaint
        case ("logo", "url" | "dark"):
            return _address_complaint
        case ("logo", _):
            return lambda value: _size_complaint(value, 8, 720)
        case (name,):
            return lambda value: _size_complaint(value, *_SIZES[str(name)])
    raise AssertionError(location)  # `_unknown` knows better


def _colour_complaint(value: object) -> str:
    if isinstance(value, str) and _HEX.fullmatch(value):
        return ""
    return f'is {value!r}, not a colour: write it like "#b3261e", with the quotes'


def _font_complaint(value: object) -> str:
    if isinstance(value, str) and _FONTS.fullmatch(value):
        return ""
    return (
        f"is {value!r}: write font names with commas between and `serif` or "
        "`sans-serif` at the end, such as 'Georgia, \"Times New Roman\", serif'"
    )


def _address_complaint(value: object) -> str:
    if isinstance(value, str) and re.fullmatch(r'https://[^\s"<>]+', value):
        return ""
    return f"is {value!r}: give the picture's address, beginning with https://"


def _size_complaint(value: object, least: int, most: int) -> str:
    if (
        isinstance(value, int)
        and not isinstance(value, bool)
        and least <= value <= most
    ):
        return ""
    return f"is {value!r}: give a number of pixels from {least} to {most}"


def _long(colour: str) -> str:
    """Return ``#rrggbb``, of ``#rgb``, too."""
    short = len(colour) == len("#rgb")
    return "#" + "".join(2 * d if short else d for d in colour[1:].lower())


def _near(name: str, known: Sequence[str]) -> str:
    if not known:
        return "give one value here, with nothing below it"
    near = get_close_matches(name, known, n=1)
    return f"did you mean `{near[0]}`?" if near else f"there are {', '.join(known)}"
