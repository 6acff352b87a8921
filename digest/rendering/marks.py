"""Marks: words in a rendered page that say what is to come where.

Where a template prints `reader.name`, a *mark* is printed instead: a word no article
can contain, because a hash over all of them is part of it. It survives Jinja, premailer
and libxml2 wherever text may stand, between table rows and inside attributes. The
finished page is cut at its marks (`digest.rendering.cutting`).

A mark stands for a value, for text to be laid out once its values are known, or for a
boundary: where a repeated block begins, the branch of a choice, where either ends.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from enum import Enum
from types import FrameType
from typing import Protocol

from digest.rendering.stage import Of

#: The sections and stories that something is asked of, by the keys of their blocks: it
#: can be worked out only where these are at hand.
Owners = frozenset[object]


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """A line of a template."""

    file: str
    line: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Shaped:
    """Text with marks in it, laid out only when its values are known."""

    text: str
    shape: Callable[[str], str]


@dataclass(frozen=True, slots=True)
class Opening:
    """Where blocks that repeat begin, or the options of a choice.

    `of` gives the items to repeat for, or the number of the option to take.
    """

    of: Of
    #: Whether it repeats for sections, or for stories; None: it is a choice.
    sections: bool | None = None
    fact: Of | None = None  #: what a choice hangs on: hashable
    of_reader: bool = False  #: a choice hangs only on which values the reader has
    owners: Owners = frozenset()


@dataclass(frozen=True, slots=True)
class Block:
    """Where the block of one section or story begins."""

    key: object


class Bound(Enum):
    """A boundary that says nothing more."""

    BETWEEN = "what stands between two blocks begins here"
    OPTION = "the next option begins here"
    END = "blocks or options end here"


class SlotMisuse(Exception):
    """A template did something else with a reader's value than print it."""

    def __init__(self, name: str, what: str, place: Place | None = None) -> None:
        """Say which value (``reader.name``) and, if it was printed, where."""
        super().__init__(name, what, place)
        self.name, self.what, self.place = name, what, place

    def __str__(self) -> str:
        """Return what, what was found, and what to do."""
        return f"`{self.name}` {self.what}"


class Template(Protocol):
    """A compiled template of Jinja's."""

    filename: str | None

    def get_corresponding_lineno(self, lineno: int) -> int:
        """Return the line of the template for one of its code."""
        ...


class Marks:
    """The marks printed while one page is rendered, in the order of printing."""

    def __init__(self, prefix: str) -> None:
        """Take the words' beginning: ASCII letters and digits."""
        self.prefix = prefix
        self.printed: list[object] = []
        self._lines: list[tuple[Template, int] | None] = []  # where they were printed
        self.pattern = re.compile(prefix + r"(\d{4,})z")

    def print(self, what: object) -> str:
        """Return a new mark for a value, by its name, or for anything else."""
        self.printed.append(what)
        self._lines.append(_printing())
        return f"{self.prefix}{len(self.printed) - 1:04}z"

    def place(self, number: int) -> Place | None:
        """Return the line of the template that printed a mark, by the mark's number.

        It is only asked for when something is wrong, for Jinja takes its time.
        """
        printing = self._lines[number]
        if printing is None:
            return None
        template, line = printing
        return Place(
            file=template.filename or "", line=template.get_corresponding_lineno(line)
        )

    def choice(
        self, of: Of, options: Iterable[str], *, fact: Of, owners: Owners
    ) -> str:
        """Return all options of a choice between marks; `of` gives the number."""
        parts = [self.print(Opening(of, fact=fact, owners=owners))]
        for option in options:
            parts += [self.print(Bound.OPTION), option]
        return "".join([*parts, self.print(Bound.END)])

    def shaped(self, text: str, shape: Callable[[str], str]) -> str:
        """Apply `shape` now, or, when `text` has marks in it, once they are known."""
        if self.prefix in text:
            return self.print(Shaped(text=text, shape=shape))
        return shape(text)


def _printing() -> tuple[Template, int] | None:
    """Return the template that is printing right now, and the line of its code."""
    frame: FrameType | None = sys._getframe()  # noqa: SLF001 - documented; inspect's own way is slow
    while frame is not None:
        template = frame.f_globals.get("__jinja_template__")
        if template is not None:
            return template, frame.f_lineno
        frame = frame.f_back
    return None
