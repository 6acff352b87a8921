"""What differs from reader to reader, and how it gets into a finished page.

A page is rendered and inlined once for everyone who gets the same articles. Where
the template prints `reader.name`, a *mark* is printed instead: a word no article
can contain, because a hash over all of them is part of it. `digest.rendering.
filling` cuts the finished page at its marks and puts each reader's values there.

A mark can be printed and nothing else. A template that compares a reader's value
or sends it through a filter would act on the mark, the same for everybody, so
that is an error which names the template and the line.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from types import FrameType
from typing import NoReturn

from digest.rendering.plaintext import one_line

#: Values that are whole addresses: only they may begin a link.
ADDRESSES = ("unsubscribe", "preferences", "pause", "web_copy")
NAMES = ("name", "address", "subscribed", *ADDRESSES)


@dataclass(frozen=True, slots=True, kw_only=True)
class Personal:
    """One reader's own values, as plain text; an empty one is not shown."""

    name: str = ""
    address: str = ""
    subscribed: datetime | None = None
    unsubscribe: str = ""  #: these four are whole addresses
    preferences: str = ""
    pause: str = ""
    web_copy: str = ""

    def values(self, written_date: Callable[[datetime], str]) -> dict[str, str]:
        """Return the values that are there, each on one line."""
        texts = {name: getattr(self, name) for name in NAMES if name != "subscribed"}
        if self.subscribed:
            texts["subscribed"] = written_date(self.subscribed)
        lines = {name: one_line(text) for name, text in texts.items()}
        return {name: text for name, text in lines.items() if text}


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """A line of a template."""

    file: str
    line: int


class SlotMisuse(Exception):
    """A template did something else with a reader's value than print it."""

    def __init__(self, name: str, what: str, place: Place | None = None) -> None:
        """Say which value (``reader.name``) and, if it was printed, where."""
        super().__init__(name, what, place)
        self.name, self.what, self.place = name, what, place

    def __str__(self) -> str:
        """Return what, what was found, and what to do."""
        return f"`{self.name}` {self.what}"


_ALIKE = (
    "is filled in for each reader after the page is made, so it can be neither "
    "compared nor changed by a filter: print it alone, or ask whether it is there "
    "with `{% if reader.has_name %}` (`has_address`, `has_pause`, …)"
)


class Slot:
    """A reader's value in a template: something to print, and nothing else."""

    __slots__ = ("_marks", "_name")

    def __init__(self, name: str, marks: Marks) -> None:
        self._name, self._marks = name, marks

    def __getattr__(self, name: str) -> NoReturn:
        if name.startswith("__"):  # Python's own questions, such as `__html__`
            raise AttributeError(name)
        raise SlotMisuse(spoken(self._name), _ALIKE)

    def _refuse(self, *_: object) -> NoReturn:
        raise SlotMisuse(spoken(self._name), _ALIKE)

    __bool__ = __str__ = __len__ = __iter__ = __contains__ = __getitem__ = _refuse
    __eq__ = __ne__ = __lt__ = __le__ = __gt__ = __ge__ = __hash__ = _refuse
    __add__ = __radd__ = __mod__ = __rmod__ = __mul__ = __rmul__ = _refuse
    __int__ = __float__ = __format__ = _refuse


@dataclass(frozen=True, slots=True, kw_only=True)
class Shaped:
    """Text with marks in it, laid out only when its values are known."""

    text: str
    shape: Callable[[str], str]


class Marks:
    """The marks printed while one page is rendered, in the order of printing."""

    def __init__(self, prefix: str) -> None:
        """Take the words' beginning: lower-case ASCII letters and digits."""
        self.prefix = prefix
        self.printed: list[str | Shaped] = []
        self.places: list[Place | None] = []  # of those printed
        self.pattern = re.compile(prefix + r"(\d{4})z")

    def print(self, value: str | Shaped) -> str:
        """Return a new mark for a value's name, or for text to be laid out."""
        self.printed.append(value)
        self.places.append(_place())
        return f"{self.prefix}{len(self.printed) - 1:04}z"

    def shaped(self, text: str, shape: Callable[[str], str]) -> str:
        """Apply `shape` now, or, when `text` has marks in it, once they are known."""
        if self.prefix in text:
            return self.print(Shaped(text=text, shape=shape))
        return shape(text)


def _place() -> Place | None:
    """Return the line of the template that is printing right now."""
    frame: FrameType | None = sys._getframe()  # noqa: SLF001 - documented; inspect's own way is slow
    while frame is not None:
        template = frame.f_globals.get("__jinja_template__")
        if template is not None:
            line = template.get_corresponding_lineno(frame.f_lineno)
            return Place(file=template.filename or "", line=line)
        frame = frame.f_back
    return None


def finalize(value: object) -> object:
    """Return what Jinja is to print for `value`: a mark for a slot."""
    return value._marks.print(value._name) if isinstance(value, Slot) else value  # noqa: SLF001 - a slot hides its parts from templates, not from this module


def spoken(name: str) -> str:
    """Return a value's name as templates write it."""
    return f"reader.{name}" if name in NAMES else name
