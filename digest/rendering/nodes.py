"""What a page consists of, once it is cut.

Text that is the same for everybody, already encoded; values of the reader's; facts of
their digest; choices between options; blocks that repeat for the sections and stories
they get.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from digest.quoting import Piece
from digest.rendering.stage import Of, SectionItem, StoryItem


@dataclass(slots=True)
class Value:
    """A value of the reader's, by its number among the page's holes."""

    number: int


@dataclass(slots=True)
class Fact:
    """Something of the reader's digest, written as text."""

    of: Of
    written: Callable[[object], Piece]
    known: dict[object, Piece] = field(default_factory=dict)


@dataclass(slots=True)
class Shape:
    """Text laid out when all of it is known: a wrapped paragraph, an attribute."""

    inner: Nodes
    written: Callable[[str], Piece]
    personal: bool  #: holds the reader's own values, so it is not worth remembering
    known: dict[str, Piece] = field(default_factory=dict)


@dataclass(slots=True)
class Choice:
    """One of several options; for a truth, the first is for what is false."""

    of: Of  #: gives the option's number, or a truth
    fact: Of  #: gives what that hangs on: hashable
    of_reader: bool  #: it hangs only on which values the reader has
    options: list[Nodes]


@dataclass(slots=True)
class Repeat:
    """Blocks, one for each section or story a reader may get here."""

    of: Of  #: gives the items, in order
    sections: bool  #: whether those are sections
    blocks: dict[object, Nodes]
    between: Nodes
    local: bool = False  #: a block hangs on nothing but its own section or story
    known: dict[SectionItem | StoryItem, list[Piece]] = field(default_factory=dict)
    #: The same with what stands between two blocks in front.
    after: dict[SectionItem | StoryItem, list[Piece]] = field(default_factory=dict)


@dataclass(slots=True)
class Known:
    """Nodes that hang on a few facts, remembered as one piece for each of their values.

    Most stories are such: all that differs is whether they are "also in" somewhere.
    """

    nodes: Nodes
    facts: Of  #: of all of them together
    asks: frozenset[Of]  #: the facts
    merged: Callable[[Sequence[Piece]], Piece]
    pieces: dict[object, Piece] = field(default_factory=dict)


Node = Piece | Value | Fact | Shape | Choice | Repeat | Known
Nodes = list[Node]

#: A value's name in a page, and how it is to be written there.
Hole = tuple[str, Callable[[str], Piece]]

#: Makes one piece of several.
Merged = Callable[[Sequence[Piece]], Piece]
