"""A page's nodes made into frames, for the readers who have the same values.

Choices that only ask which values there are are made; what hangs on few facts is looked
up by these, as one piece; neighbours that are the same for everybody become one. What
remains to be filled in per reader is short.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from functools import partial

from digest.rendering.frames import (
    Blocks,
    Filling,
    Frame,
    Known,
    LaidOut,
    OneOf,
    Own,
    Settled,
    Stretch,
    Told,
)
from digest.rendering.memory import Memory, Shelf
from digest.rendering.nodes import (
    RAW,
    Choice,
    Fact,
    Medium,
    Node,
    Nodes,
    Pieces,
    Repeat,
    Shape,
    Static,
    Value,
)
from digest.rendering.stage import OF_SECTION, OF_STORY, Of, Stage, rests_on

#: Facts looked up together; more have too many values between them.
_MOST_FACTS = 4


@dataclass(frozen=True, slots=True)
class Settler:
    """Makes frames for the readers who have the values that `stage` says."""

    stage: Stage
    #: None: what is made is kept as a whole, if at all, and has no gaps.
    memory: Memory | None

    def filling(self, nodes: Nodes, medium: Medium) -> Filling:
        """Return what is filled in for each reader to get what `nodes` stand for."""
        stretches: list[Stretch] = []
        static: list[Pieces] = []
        for node in [*self._decided(nodes), None]:
            if isinstance(node, Static):
                static.append(node.pieces)
                continue
            if static:
                stretches.append(Static(_one(static, medium)))
                static = []
            if isinstance(node, Value):
                stretches.append(node)
            elif node is not None:
                stretches.append(self._filling(node, medium))
        match stretches:
            case [only] if not isinstance(only, Static | Value):
                return only
        return Frame.of(stretches, medium.joined)

    def _decided(self, nodes: Nodes) -> Iterator[Node]:
        """Yield the nodes without choices that only ask which values there are."""
        for node in nodes:
            if isinstance(node, Choice) and node.of_reader:
                yield from self._decided(node.options[node.of(self.stage, None, None)])
            else:
                yield node

    def _filling(self, node: Node, medium: Medium) -> Filling:
        if self.memory and not isinstance(node, Fact):
            facts: dict[Of, None] = {}
            if self._collect([node], facts):
                return self._known([node], facts, medium)
        match node:
            case Fact():
                return Told(node.of, node.written, self._shelf())
            case Choice():
                options = [self.filling(option, medium) for option in node.options]
                return OneOf(node.of, options)
            case Repeat():
                return self._blocks(node, medium)
            case Shape(personal=True) if self.memory:
                inner = replace(self, memory=None).filling(node.inner, RAW)
                return Own(LaidOut(inner, node.written, None), medium.gap)
            case Shape():
                kept = None if node.personal else self._shelf()
                return LaidOut(self.filling(node.inner, RAW), node.written, kept)
        raise TypeError(f"{node!r:.80} fills no place")

    def _blocks(self, node: Repeat, medium: Medium) -> Blocks:
        own = OF_SECTION if node.sections else OF_STORY
        local = all(self._hang_on(own, block) for block in node.blocks.values())
        return Blocks(
            of=node.of,
            blocks=Settled(node.blocks, partial(self._block, medium=medium)),
            between=self.filling(node.between, medium) if node.between else None,
            joined=medium.joined,
            kept=self._shelf() if local else None,
        )

    def _block(self, nodes: Nodes, medium: Medium) -> Filling:
        """Return a block, looked up as a whole if it hangs on few facts."""
        facts: dict[Of, None] = {}
        if self.memory and self._collect(nodes, facts) and facts:
            return self._known(nodes, facts, medium)
        return self.filling(nodes, medium)

    def _known(self, nodes: Nodes, facts: Iterable[Of], medium: Medium) -> Known:
        """Return nodes that are looked up by these facts, all at once."""
        of, *others = several = tuple(facts)
        if others:
            of = lambda d, s, a: tuple([of(d, s, a) for of in several])  # noqa: E731
        whole = replace(self, memory=None).filling(nodes, medium)
        assert self.memory is not None
        kept: Shelf[Pieces] = Shelf(self.memory)
        return Known(whole, of, medium.merged, kept)

    def _collect(self, nodes: Nodes, facts: dict[Of, None]) -> bool:
        """Add what `nodes` hang on to `facts`; False when that is more than few facts."""
        for node in self._decided(nodes):
            match node:
                case Static():
                    continue
                case Fact():
                    facts[node.of] = None
                case Shape(personal=False):
                    if not self._collect(node.inner, facts):
                        return False
                case Choice():
                    facts[node.fact] = None
                    if not all(self._collect(o, facts) for o in node.options):
                        return False
                case _:
                    return False
        return len(facts) <= _MOST_FACTS

    def _hang_on(self, facts: frozenset[Of], nodes: Nodes) -> bool:
        """Whether what `nodes` come to, gaps aside, hangs on these facts alone."""
        return all(self._hangs_on(facts, node) for node in self._decided(nodes))

    def _hangs_on(self, facts: frozenset[Of], node: Node) -> bool:
        match node:
            case Static() | Value():  # a value is a gap
                return True
            case Fact():
                return rests_on(node.of) in facts
            case Shape():
                return self._hang_on(facts, node.inner)
            case Choice():
                return rests_on(node.fact) in facts and all(
                    self._hang_on(facts, option) for option in node.options
                )
            case Repeat():  # a block may ask for its own item: that comes with the items
                inner = facts | (OF_SECTION if node.sections else OF_STORY)
                return (
                    node.of in facts
                    and self._hang_on(facts, node.between)
                    and all(self._hang_on(inner, one) for one in node.blocks.values())
                )
        raise TypeError(f"{node!r:.80} hangs on nothing known")

    def _shelf(self) -> Shelf[Pieces] | None:
        return Shelf(self.memory) if self.memory else None


def _one(static: list[Pieces], medium: Medium) -> Pieces:
    """Return neighbours as few pieces."""
    if len(static) == 1:
        return static[0]
    merged: Pieces = medium.merged(medium.joined(static))
    return merged
