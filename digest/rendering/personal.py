"""What differs from reader to reader, and what a template may do with it.

A value of one reader's, such as a name, is a `Slot` in templates: it can be printed
and nothing else, for the page is made before anybody reads it. A template that
compares a reader's value or sends it through a filter would act on a mark, the same
for everybody, so that is an error which names the template and the line.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from operator import attrgetter
from typing import NoReturn

from digest.rendering.marks import Marks, SlotMisuse
from digest.rendering.plaintext import one_line

#: Values that are whole addresses: only they may begin a link.
ADDRESSES = ("unsubscribe", "preferences", "pause", "web_copy")
#: Values that many readers have in common.
SHARED = frozenset({"subject", "subscribed", "web_copy"})
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
        found = dict(zip(_TEXTS, _texts(self), strict=True))
        if self.subscribed:
            found["subscribed"] = written_date(self.subscribed)
        together = f" {' '.join(found.values())} "
        if together.isprintable() and "  " not in together:
            return found  # each is there, and on one line: most often
        lines = ((name, one_line(text)) for name, text in found.items())
        return {name: line for name, line in lines if line}


_TEXTS = tuple(name for name in NAMES if name != "subscribed")
_texts = attrgetter(*_TEXTS)

#: What is wrong with all that is done to a value but printing it.
ALIKE = (
    "is filled in for each reader after the page is made, so it can be neither "
    "compared nor changed by a filter: print it alone, or ask whether it is there "
    "with `{% when reader.has_name %}` (`has_address`, `has_pause`, …)"
)


class Slot:
    """A reader's value in a template: something to print, and nothing else."""

    __slots__ = ("_marks", "_name")

    def __init__(self, name: str, marks: Marks) -> None:
        self._name, self._marks = name, marks

    def __getattr__(self, name: str) -> NoReturn:
        if name.startswith("__"):  # Python's own questions, such as `__html__`
            raise AttributeError(name)
        raise SlotMisuse(spoken(self._name), ALIKE)

    def _refuse(self, *_: object) -> NoReturn:
        raise SlotMisuse(spoken(self._name), ALIKE)

    __bool__ = __str__ = __len__ = __iter__ = __contains__ = __getitem__ = _refuse
    __eq__ = __ne__ = __lt__ = __le__ = __gt__ = __ge__ = __hash__ = _refuse
    __add__ = __radd__ = __mod__ = __rmod__ = __mul__ = __rmul__ = _refuse
    __int__ = __float__ = __format__ = _refuse


def finalize(value: object) -> object:
    """Return what Jinja is to print for `value`: a mark for a slot."""
    return value._marks.print(value._name) if isinstance(value, Slot) else value  # noqa: SLF001 - a slot hides its parts from templates, not from this module


def spoken(name: str) -> str:
    """Return a value's name as templates write it."""
    return f"reader.{name}" if name in NAMES else name
