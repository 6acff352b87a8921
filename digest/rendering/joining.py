"""One reader's page, joined from pieces.

Joining walks the nodes of a page for one reader's stage and collects pieces. Nothing is
rendered, inlined or encoded on the way but the reader's few values; what comes of facts
(a number, a list of topics, a whole section) is remembered by these.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from digest.quoting import Encoding, Piece
from digest.rendering.nodes import (
    Choice,
    Fact,
    Hole,
    Known,
    Merged,
    Node,
    Nodes,
    Repeat,
    Shape,
    Value,
)
from digest.rendering.settling import settled
from digest.rendering.stage import SectionItem, Stage, StoryItem

#: Values remembered per place, such as "12 stories" or a list of topics.
_REMEMBERED = 4096


@dataclass(frozen=True, slots=True, kw_only=True)
class Sheet:
    """A page cut where readers' values and the facts of their digests go."""

    nodes: Nodes
    holes: tuple[Hole, ...]
    encoding: Encoding  #: what suits the page as a whole
    merged: Merged  #: makes one piece of several
    #: The nodes made ready for readers, by which values those have.
    ready: dict[frozenset[str], Nodes] = field(default_factory=dict)

    @property
    def names(self) -> frozenset[str]:
        """The values this page shows to somebody."""
        return frozenset(name for name, _ in self.holes)

    def join(self, stage: Stage, values: Mapping[str, str]) -> list[Piece]:
        """Return the pieces of one reader's page.

        Raises `KeyError` when the stage holds a block that was not compiled.
        """
        nodes = self.ready.get(stage.present)
        if nodes is None:
            nodes = settled(self.nodes, stage, self.merged)
            self.ready[stage.present] = nodes
        filled = [written(values.get(name, "")) for name, written in self.holes]
        pieces: list[Piece] = []
        walk(nodes, pieces, filled, stage, None, None)
        return pieces

    def with_more(self, sheet: Sheet) -> Sheet:
        """Return this page with the blocks of another part of the same issue.

        Its holes must go on from this page's. Raises `ValueError` when the two differ
        elsewhere than in their blocks. This page stays as it is: others may be joining
        it, and it may answer another reader's `{% if %}`.
        """
        nodes = _together(self.nodes, sheet.nodes)
        return replace(self, nodes=nodes, holes=sheet.holes, ready={})


def walk(
    nodes: Nodes,
    pieces: list[Piece],
    filled: Sequence[Piece],
    stage: Stage,
    section: SectionItem | None,
    story: StoryItem | None,
) -> None:
    """Append the pieces of `nodes` for one reader; the commonest kinds come first."""
    for node in nodes:
        if isinstance(node, Piece):
            pieces.append(node)
        elif isinstance(node, Value):
            pieces.append(filled[node.number])
        elif isinstance(node, Known):
            facts = node.facts(stage, section, story)
            known = node.pieces.get(facts)
            if known is None:
                known = _known(node, facts, stage, section, story)
            pieces.append(known)
        elif isinstance(node, Repeat):
            _repeat(node, pieces, filled, stage, section, story)
        elif isinstance(node, Choice):
            option = node.options[node.of(stage, section, story)]
            if option:
                walk(option, pieces, filled, stage, section, story)
        elif isinstance(node, Fact):
            pieces.append(_fact(node, node.of(stage, section, story)))
        else:
            inner: list[Piece] = []
            walk(node.inner, inner, filled, stage, section, story)
            pieces.append(_shape(node, "".join([piece.text for piece in inner])))


def _repeat(
    node: Repeat,
    pieces: list[Piece],
    filled: Sequence[Piece],
    stage: Stage,
    section: SectionItem | None,
    story: StoryItem | None,
) -> None:
    """Append a block for each item; most are remembered by their item.

    All but the first come with what stands between two blocks.
    """
    known, between = node.known, False
    for item in node.of(stage, section, story):
        found = known.get(item)
        if found is None:
            found = []
            if between:
                walk(node.between, found, filled, stage, section, story)
            if node.sections:
                walk(node.blocks[item.key], found, filled, stage, item, story)
            else:
                walk(node.blocks[item.key], found, filled, stage, section, item)
            if node.local:
                _remember(known, item, found)
        pieces += found
        if not between:
            known, between = node.after, True


def _known(
    node: Known,
    facts: object,
    stage: Stage,
    section: SectionItem | None,
    story: StoryItem | None,
) -> Piece:
    """Make and remember what some facts come to."""
    pieces: list[Piece] = []
    walk(node.nodes, pieces, (), stage, section, story)
    made = node.merged(pieces)
    _remember(node.pieces, facts, made)
    return made


def _fact(node: Fact, value: object) -> Piece:
    found = node.known.get(value)
    if found is None:
        found = node.written(value)
        _remember(node.known, value, found)
    return found


def _shape(node: Shape, text: str) -> Piece:
    if node.personal:
        return node.written(text)
    found = node.known.get(text)
    if found is None:
        found = node.written(text)
        _remember(node.known, text, found)
    return found


def _remember(known: dict[Any, Any], value: object, written: object) -> None:
    if len(known) >= _REMEMBERED:
        known.clear()
    known[value] = written


def _together(nodes: Nodes, more: Nodes) -> Nodes:
    """Return `nodes` with the blocks of `more`, wherever blocks stand."""
    return [_both(node, other) for node, other in zip(nodes, more, strict=True)]


def _both(node: Node, other: Node) -> Node:
    match node, other:
        case (Piece(), Piece()) | (Value(), Value()) if node == other:
            return node
        case Fact(), Fact():
            return node
        case Choice(), Choice():
            pairs = zip(node.options, other.options, strict=True)
            return replace(node, options=[_together(*pair) for pair in pairs])
        case Repeat(), Repeat():
            blocks = dict(node.blocks)
            for key, block in other.blocks.items():
                known = blocks.get(key)
                blocks[key] = block if known is None else _together(known, block)
            between = _together(node.between, other.between)
            return Repeat(node.of, node.sections, blocks, between)
        case Shape(), Shape():
            inner = _together(node.inner, other.inner)
            return Shape(inner, node.written, node.personal or other.personal)
    raise ValueError(f"{node!r:.80} is not {other!r:.80}")
