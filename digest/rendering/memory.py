"""What is worked out for one reader and kept for the next: bounded by octets.

Readers of a topic mostly get the same stories of it, so what a story or a section comes
to is kept. Each place that keeps something has a `Shelf`; all shelves of an issue belong
to one `Memory`. When they hold too much together, all of them are emptied: what they
keep is made of each other's pieces, so dropping the oldest of one would free nothing
for certain. A message is made from empty shelves as well. So an issue's worst case is
`OCTETS`, as far as pieces and entries are counted, beside its compiled pages.
"""

from __future__ import annotations

from collections.abc import Hashable
from typing import Any, TypeVar
from weakref import WeakValueDictionary

#: For all an issue's mails have in common, beside its compiled pages.
OCTETS = 32 * 1024 * 1024
#: For what whole pages come to, by the choice of articles.
CHOICES = 8 * 1024 * 1024
#: Of a key, a value and their place in a dict, about.
_ENTRY = 400

Kept = TypeVar("Kept")


class Shelf(dict[Hashable, Kept]):
    """What one place keeps, by what it hangs on."""

    __slots__ = ("__weakref__", "_memory")

    def __init__(self, memory: Memory) -> None:
        """Begin empty; `keep` is how to add something."""
        super().__init__()
        self._memory = memory
        memory.shelves[id(self)] = self

    def keep(self, key: Hashable, kept: Kept, octets: int = 0) -> Kept:
        """Keep something that takes so many octets for itself, and return it."""
        memory, octets = self._memory, octets + _ENTRY
        if memory.held + octets > memory.most:
            memory.empty()
        memory.held += octets
        self[key] = kept
        return kept


class Memory:
    """All the shelves of one issue, and how much they hold together."""

    def __init__(self, most: int = OCTETS, *, choices: int = CHOICES) -> None:
        """Take how many octets they may hold, and the pages of `choices` apart.

        Where every reader chose something else these fill up for nothing, which must
        not cost them the sections and stories that they have in common.
        """
        self.most, self.held = most, 0
        self.choices = Memory(choices, choices=0) if choices else self
        self.shelves: WeakValueDictionary[int, Shelf[Any]] = WeakValueDictionary()

    def empty(self) -> None:
        """Forget everything."""
        for shelf in list(self.shelves.values()):
            shelf.clear()
        self.held = 0
