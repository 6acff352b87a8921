"""What readers' pages are joined from: frames, with places that each reader fills.

A frame is a list of stretches: what is the same for everybody stands in it already, and
places are filled per reader, with values or with what comes of their digest. Nothing is
rendered, inlined or encoded on the way but a few values; what comes of facts (a number,
a list of topics, a whole section) is kept by these.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from types import CodeType
from typing import Any, Protocol

from digest.rendering.memory import Shelf
from digest.rendering.nodes import Gap, Nodes, Pieces, Static, Value, Written, in_a_row
from digest.rendering.stage import Of, SectionItem, Stage, StoryItem

#: Makes one stretch of several.
Joined = Callable[[Sequence[Any]], Any]  # Any: as the medium's
_POINTER = 8  #: octets
_SCENE = "filled, stage, section, story"
_NONE: dict[object, Pieces] = {}


class Filling(Protocol):
    """What fills a place: it hangs on a reader's digest."""

    def pieces(
        self,
        filled: Sequence[Pieces],
        stage: Stage,
        section: SectionItem | None,
        story: StoryItem | None,
        /,
    ) -> Pieces:
        """Return what stands there for one reader, whose values are `filled`.

        Raises `KeyError` when the stage holds a block that was not compiled.
        """
        ...


#: What is asked for a filling's pieces: as `Filling.pieces`.
Fill = Callable[[Sequence[Pieces], Stage, SectionItem | None, StoryItem | None], Pieces]


#: What a frame consists of: what is fixed, values, and fillings.
Stretch = Static | Value | Filling


@dataclass(frozen=True, slots=True)
class Frame:
    """Stretches in order, some of them filled in for each reader."""

    pieces: Fill

    @classmethod
    def of(cls, stretches: Sequence[Stretch], joined: Joined) -> Frame:
        """Return a frame of what is fixed, of values by their numbers, and of fillings.

        There is no loop over these for each reader: the frame becomes one expression,
        `joined((fixed0, filled[1], fill2(filled, …), …))`, which Python compiles.
        """
        names: dict[str, object] = {"joined": joined}
        terms = []
        for place, one in enumerate(stretches):
            if isinstance(one, Value):
                terms.append(f"filled[{one.number}]")
            elif isinstance(one, Static):
                names[f"fixed{place}"] = one.pieces
                terms.append(f"fixed{place}")
            else:
                names[f"fill{place}"] = one.pieces
                terms.append(f"fill{place}({_SCENE})")
        if joined is in_a_row:  # written out, this is faster still
            whole = "".join([f"*{term}, " for term in terms])
        else:
            whole = f"joined(({''.join([f'{term}, ' for term in terms])}))"
        source = f"lambda {_SCENE}: ({whole})"
        return cls(eval(_compiled(source), names))  # noqa: S307 - of our own words alone


@lru_cache(maxsize=256)  # most blocks are of few forms
def _compiled(source: str) -> CodeType:
    return compile(source, "<frame>", "eval")


@dataclass(frozen=True, slots=True)
class Known:
    """What hangs on a few facts, kept for each of their values.

    Most stories are such: all that differs is whether they are "also in" somewhere.
    """

    whole: Filling
    facts: Of  #: of all of them together
    merged: Callable[[Pieces], Pieces]
    kept: Shelf[Pieces]

    def pieces(
        self,
        filled: Sequence[Pieces],
        stage: Stage,
        section: SectionItem | None,
        story: StoryItem | None,
        /,
    ) -> Pieces:
        """Return what these facts come to."""
        facts = self.facts(stage, section, story)
        try:
            return self.kept[facts]
        except KeyError:
            made = self.merged(self.whole.pieces(filled, stage, section, story))
            return self.kept.keep(facts, made, _octets(made))


@dataclass(frozen=True, slots=True)
class Told:
    """A fact of the reader's digest, written as text."""

    of: Of
    written: Callable[[object], Pieces]
    kept: Shelf[Pieces] | None  #: None: what it is a part of is kept as a whole

    def pieces(
        self,
        _: Sequence[Pieces],
        stage: Stage,
        section: SectionItem | None,
        story: StoryItem | None,
        /,
    ) -> Pieces:
        """Return the fact, written."""
        fact = self.of(stage, section, story)
        if self.kept is None:
            return self.written(fact)
        try:
            return self.kept[fact]
        except KeyError:
            made = self.written(fact)
            return self.kept.keep(fact, made, _octets(made))


@dataclass(frozen=True, slots=True)
class LaidOut:
    """Text laid out when all of it is known."""

    inner: Filling
    written: Written
    kept: Shelf[Pieces] | None  #: None: it is not worth keeping by itself

    def pieces(
        self,
        filled: Sequence[Pieces],
        stage: Stage,
        section: SectionItem | None,
        story: StoryItem | None,
        /,
    ) -> Pieces:
        """Return the text, laid out."""
        text = "".join(
            [one.text for one in self.inner.pieces(filled, stage, section, story)]
        )
        if self.kept is None:
            return self.written(text)
        try:
            return self.kept[text]
        except KeyError:
            made = self.written(text)
            return self.kept.keep(text, made, _octets(made))


@dataclass(frozen=True, slots=True)
class Own:
    """Text laid out with values of each reader's: a gap until these are known."""

    inner: LaidOut
    gap: Callable[[Gap, None], Pieces]

    def pieces(
        self,
        _: Sequence[Pieces],
        stage: Stage,
        section: SectionItem | None,
        story: StoryItem | None,
        /,
    ) -> Pieces:
        """Return the gap, which the reader's values will fill."""
        laid_out = self.inner.pieces
        gap = Gap(of=lambda own: laid_out(own, stage, section, story))
        return self.gap(gap, None)


@dataclass(frozen=True, slots=True)
class OneOf:
    """One of several options."""

    of: Of  #: gives the option's number, or a truth
    options: Sequence[Filling]

    def pieces(
        self,
        filled: Sequence[Pieces],
        stage: Stage,
        section: SectionItem | None,
        story: StoryItem | None,
        /,
    ) -> Pieces:
        """Return the one there is for this reader."""
        option = self.options[self.of(stage, section, story)]
        return option.pieces(filled, stage, section, story)


class Settled(dict[object, Filling]):
    """Blocks, each made ready when somebody first gets it: most readers get few."""

    def __init__(
        self, nodes: Mapping[object, Nodes], ready: Callable[[Nodes], Filling]
    ) -> None:
        """Take the nodes of all blocks by their keys, and what makes a filling of one."""
        super().__init__()
        self._nodes, self._ready = nodes, ready

    def __missing__(self, key: object) -> Filling:
        made = self[key] = self._ready(self._nodes[key])
        return made


@dataclass(frozen=True, slots=True, kw_only=True)
class Blocks:
    """Blocks for the sections or stories a reader gets, and what stands between two.

    One that hangs on nothing but its own section or story is kept by that.
    """

    of: Of  #: gives the items, in order
    blocks: Settled
    between: Filling | None
    joined: Joined
    kept: Shelf[Pieces] | None  #: None: blocks hang on more

    def pieces(
        self,
        filled: Sequence[Pieces],
        stage: Stage,
        section: SectionItem | None,
        story: StoryItem | None,
        /,
    ) -> Pieces:
        """Return the blocks of this reader's items."""
        items, kept = self.of(stage, section, story), self.kept
        try:
            stretches = list(map((kept or _NONE).__getitem__, items))
        except KeyError:
            stretches = []
            for item in items:
                found = kept.get(item) if kept is not None else None
                if found is None:
                    found = self._block(item, filled, stage, section, story)
                stretches.append(found)
        if self.between and len(stretches) > 1:
            between = self.between.pieces(filled, stage, section, story)
            stretches = [part for one in stretches for part in (between, one)][1:]
        whole: Pieces = self.joined(stretches)
        return whole

    def _block(
        self,
        item: SectionItem | StoryItem,
        filled: Sequence[Pieces],
        stage: Stage,
        section: SectionItem | None,
        story: StoryItem | None,
        /,
    ) -> Pieces:
        """Make one block, and keep it if it may be."""
        if isinstance(item, SectionItem):
            section = item
        else:
            story = item
        made = self.blocks[item.key].pieces(filled, stage, section, story)
        if self.kept is not None:
            self.kept.keep(item, made, _POINTER * len(made))
        return made


def _octets(pieces: Pieces) -> int:
    """Return how much room pieces take that nothing else holds, about."""
    return sum([len(piece.text) + len(piece.quoted) + 200 for piece in pieces])
