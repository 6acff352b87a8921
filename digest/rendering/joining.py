"""A page in pieces, and how one reader's page is joined from them.

A page is a sequence of nodes: text that is the same for everybody, already encoded;
values of the reader's; facts of their digest; choices between options; blocks that
repeat for the sections and stories they get. Joining walks the nodes for one reader's
stage and collects pieces. Nothing is rendered, inlined or encoded on the way, but for
the few values; those of digests (a number, a list of topics) are remembered.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from digest.quoting import Encoding, Piece
from digest.rendering.stage import Of, SectionItem, Stage, StoryItem

#: Facts remembered per place, such as "12 stories" or a list of topics.
_REMEMBERED = 4096


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
    """One of several options."""

    of: Of  #: gives the option's number
    options: list[Nodes]


@dataclass(slots=True)
class Repeat:
    """Blocks, one for each section or story a reader may get here."""

    of: Of  #: gives the items, in order
    sections: bool  #: whether those are sections
    blocks: dict[object, Nodes]
    between: Nodes


Node = Piece | Value | Fact | Shape | Choice | Repeat
Nodes = list[Node]

#: A value's name in a page, and how it is to be written there.
Hole = tuple[str, Callable[[str], Piece]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Sheet:
    """A page cut where readers' values and the facts of their digests go."""

    nodes: Nodes
    holes: tuple[Hole, ...]
    encoding: Encoding  #: what suits the page as a whole

    @property
    def names(self) -> frozenset[str]:
        """The values this page shows to somebody."""
        return frozenset(name for name, _ in self.holes)

    def join(self, stage: Stage, values: Mapping[str, str]) -> list[Piece]:
        """Return the pieces of one reader's page.

        Raises `KeyError` when the stage holds a block that was not compiled.
        """
        filled = [written(values.get(name, "")) for name, written in self.holes]
        pieces: list[Piece] = []
        _walk(self.nodes, pieces, filled, stage, None, None)
        return pieces

    def with_more(self, sheet: Sheet) -> Sheet:
        """Return this page with the blocks of another part of the same issue.

        Its holes must go on from this page's. Raises `ValueError` when the two differ
        elsewhere than in their blocks.
        """
        _add(self.nodes, sheet.nodes)
        return Sheet(nodes=self.nodes, holes=sheet.holes, encoding=self.encoding)


def _add(nodes: Nodes, more: Nodes) -> None:
    """Add the blocks of `more` to those of `nodes`, wherever blocks stand."""
    for node, other in zip(nodes, more, strict=True):
        match node, other:
            case Piece(), Piece() if node == other:
                pass
            case Choice(), Choice():
                for option, others in zip(node.options, other.options, strict=True):
                    _add(option, others)
            case Repeat(), Repeat():
                _add(node.between, other.between)
                for key, block in other.blocks.items():
                    if key in node.blocks:
                        _add(node.blocks[key], block)
                    else:
                        node.blocks[key] = block
            case Shape(), Shape():
                _add(node.inner, other.inner)
            case (Fact(), Fact()) | (Value(), Value()):
                pass
            case _:
                raise ValueError(f"{node!r:.80} is not {other!r:.80}")


def _walk(
    nodes: Nodes,
    pieces: list[Piece],
    filled: Sequence[Piece],
    stage: Stage,
    section: SectionItem | None,
    story: StoryItem | None,
) -> None:
    """Append the pieces of `nodes` for one reader; the commonest kind comes first."""
    for node in nodes:
        if isinstance(node, Piece):
            pieces.append(node)
        elif isinstance(node, Choice):
            option = node.options[node.of(stage, section, story)]
            _walk(option, pieces, filled, stage, section, story)
        elif isinstance(node, Value):
            pieces.append(filled[node.number])
        elif isinstance(node, Repeat):
            first = True
            for item in node.of(stage, section, story):
                if node.between and not first:
                    _walk(node.between, pieces, filled, stage, section, story)
                first = False
                block = node.blocks[item.key]
                if node.sections:
                    _walk(block, pieces, filled, stage, item, story)
                else:
                    _walk(block, pieces, filled, stage, section, item)
        elif isinstance(node, Fact):
            pieces.append(_fact(node, node.of(stage, section, story)))
        else:
            inner: list[Piece] = []
            _walk(node.inner, inner, filled, stage, section, story)
            pieces.append(_shape(node, "".join([piece.text for piece in inner])))


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


def _remember(known: dict[Any, Piece], value: object, written: Piece) -> None:
    if len(known) >= _REMEMBERED:
        known.clear()
    known[value] = written
