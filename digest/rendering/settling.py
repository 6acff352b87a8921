"""A page's nodes made ready for the readers who have the same values.

Choices that only ask which values there are are made; what hangs on few facts is looked
up by these, as one piece; neighbours that are the same for everybody become one. What
remains to be walked per reader is short.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from digest.quoting import Piece
from digest.rendering.nodes import (
    Choice,
    Fact,
    Known,
    Merged,
    Node,
    Nodes,
    Repeat,
    Shape,
    Value,
)
from digest.rendering.stage import OF_SECTION, OF_STORY, Of, Stage

#: Facts looked up together; more have too many values between them.
_MOST_FACTS = 4


def settled(nodes: Nodes, stage: Stage, merged: Merged) -> Nodes:
    """Return nodes that join faster to the same, for readers with the same values.

    Choices that only ask which values there are have been made; what hangs on a few
    facts is looked up by these; neighbours that are the same for everybody are one.
    """
    ready: Nodes = []
    static: list[Piece] = []
    for node in [*_decided(nodes, stage), None]:
        if isinstance(node, Piece):
            static.append(node)
            continue
        if static:
            ready.append(merged(static) if len(static) > 1 else static[0])
            static = []
        if node is not None:
            ready.append(_settled(node, stage, merged))
    return ready


def _decided(nodes: Nodes, stage: Stage) -> Iterator[Node]:
    """Yield the nodes without choices that only ask which values there are."""
    for node in nodes:
        if isinstance(node, Choice) and node.of_reader:
            yield from _decided(node.options[node.of(stage, None, None)], stage)
        else:
            yield node


def _settled(node: Node, stage: Stage, merged: Merged) -> Node:
    facts: dict[Of, None] = {}
    if not isinstance(node, Value) and _collect([node], facts, stage):
        return _known_by([node], facts, merged)
    match node:
        case Choice():
            options = [settled(option, stage, merged) for option in node.options]
            return replace(node, options=options)
        case Repeat():
            blocks = {
                key: _block(block, stage, merged) for key, block in node.blocks.items()
            }
            between = settled(node.between, stage, merged)
            own = OF_SECTION if node.sections else OF_STORY
            local = all(_hangs_on(block, own) for block in blocks.values())
            local = local and all(isinstance(one, Piece) for one in between)
            ready = Repeat(node.of, node.sections, blocks, between, local=local)
            return ready if between else replace(ready, after=ready.known)
        case Shape():
            return replace(node, inner=settled(node.inner, stage, _raw_merged))
    return node


def _block(nodes: Nodes, stage: Stage, merged: Merged) -> Nodes:
    """Return a block, as one piece if it hangs on few facts."""
    decided = list(_decided(nodes, stage))
    facts: dict[Of, None] = {}
    if _collect(decided, facts, stage) and facts:
        return [_known_by(decided, facts, merged)]
    return settled(decided, stage, merged)


def _raw_merged(pieces: Sequence[Piece]) -> Piece:
    return Piece("".join([piece.text for piece in pieces]), b"")


def _hangs_on(nodes: Nodes, facts: frozenset[Of]) -> bool:
    """Whether what `nodes` come to hangs on these facts alone.

    A block of a story that shows how many more its section has is another one for each
    section, so it is not enough to know the story.
    """
    return all(_node_hangs_on(node, facts) for node in nodes)


def _node_hangs_on(node: Node, facts: frozenset[Of]) -> bool:
    match node:
        case Piece():
            return True
        case Known():
            return node.asks <= facts
        case Repeat():
            inner = facts | (OF_SECTION if node.sections else OF_STORY)
            return (
                node.of in facts
                and _hangs_on(node.between, facts)
                and all(_hangs_on(block, inner) for block in node.blocks.values())
            )
        case Choice():
            return node.fact in facts and all(
                _hangs_on(option, facts) for option in node.options
            )
        case _:
            return False


def _known_by(nodes: Nodes, facts: Iterable[Of], merged: Merged) -> Known:
    """Return nodes that are looked up by these facts, all at once."""
    several = tuple(facts)
    asks = frozenset(several)
    if len(several) == 1:
        return Known(nodes, several[0], asks, merged)
    together = lambda d, s, a: tuple([of(d, s, a) for of in several])  # noqa: E731
    return Known(nodes, together, asks, merged)


def _collect(nodes: Nodes, facts: dict[Of, None], stage: Stage) -> bool:
    """Add what `nodes` hang on to `facts`; False when that is more than few facts."""
    for node in _decided(nodes, stage):
        match node:
            case Piece():
                continue
            case Fact():
                facts[node.of] = None
            case Shape(personal=False):
                if not _collect(node.inner, facts, stage):
                    return False
            case Choice():
                facts[node.fact] = None
                if not all(_collect(o, facts, stage) for o in node.options):
                    return False
            case _:
                return False
    return len(facts) <= _MOST_FACTS
