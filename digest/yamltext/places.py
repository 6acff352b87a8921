"""Where something stands in a YAML text."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple

#: Ends a location that means the key itself, not its value. No YAML text holds a NUL.
KEY = "\0key"

Location = tuple[str | int, ...]


class Mark(NamedTuple):
    """A place in a file, as editors count: both from 1."""

    line: int
    column: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """What a text says, and where it says it.

    `value` is made of dict, list, str, int, float, bool and None. `marks` knows
    the root as ``()``, a value as ``("readers", 3, "name")`` and a key as
    ``("readers", 3, "name", KEY)``; nothing below an alias.
    """

    value: object
    marks: Mapping[Location, Mark]

    def mark(self, location: Location) -> Mark:
        """Return the place of `location`, or of the nearest thing around it."""
        while location not in self.marks:
            location = location[:-1]
        return self.marks[location]
