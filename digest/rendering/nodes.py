"""What a page consists of, once it is cut.

Text that is the same for everybody, already encoded; values of the reader's; facts of
their digest; choices between options; blocks that repeat for the sections and stories
they get. `digest.rendering.settling` makes of it what readers' pages are joined from.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any, Protocol

from digest.quoting import Piece
from digest.rendering.stage import Of


class Pieces(Protocol):
    """A stretch of a page, as pieces in order: a tuple, or a `Run` of text."""

    def __iter__(self) -> Iterator[Piece]: ...
    def __len__(self) -> int: ...


#: How a text is written somewhere.
Written = Callable[[str], Pieces]
#: A value's name in a page, and how it is to be written there.
Hole = tuple[str, Written]


class Gap(Piece):
    """Stands in what is kept for many readers where each has a piece of their own.

    It is a value, by its number, or what `of` makes of a reader's values.
    """

    __slots__ = ("number", "of")

    def __init__(
        self,
        number: int | None = None,
        *,
        of: Callable[[Sequence[Pieces]], Pieces] | None = None,
    ) -> None:
        super().__init__("", b"")
        self.number, self.of = number, of

    __eq__ = object.__eq__  # no two are the same, although they read alike
    __hash__ = object.__hash__


@dataclass(frozen=True, slots=True, kw_only=True)
class Medium:
    """How the stretches of a page are made and put together: of HTML, or of text."""

    static: Written  #: makes a stretch of what is the same for everybody
    # Any: the stretches that `static` makes.
    joined: Callable[[Sequence[Any]], Any]  #: makes one stretch of several
    merged: Callable[[Any], Any]  #: makes few pieces of a stretch, to be kept
    #: Makes a whole page's pieces of all its stretches, joined.
    finished: Callable[[Any], Pieces] = lambda pieces: pieces
    #: How values meet what is around them, where that is not alike for all of them.
    edges: Callable[[Sequence[Any]], Hashable] = lambda _: None
    #: Makes the stretch that a gap is until it is filled: with the edges of a value, or
    #: with those that most have.
    gap: Callable[[Gap, Any], Any] = lambda gap, _: (gap,)
    #: Returns the piece that fills a gap with the usual edges; None: it has others.
    single: Callable[[Any], Piece | None] = lambda own: own[0]
    #: Whether the gaps of a page, joined, may be filled and nothing else be done.
    fillable: Callable[[Any], bool] = lambda _: True


def raw(text: str) -> Pieces:
    """Return text that is not written yet."""
    return (Piece(text, b""),)


def in_a_row(several: Sequence[Pieces]) -> Pieces:
    """Return several stretches as one that reads the same."""
    whole: list[Piece] = []
    for one in several:
        whole += one
    return tuple(whole)


#: Of what is laid out, and written as a whole only then.
RAW = Medium(
    static=raw,
    joined=in_a_row,
    merged=lambda pieces: raw("".join([piece.text for piece in pieces])),
)


@dataclass(slots=True)
class Static:
    """What is the same for everybody."""

    pieces: Pieces


@dataclass(slots=True)
class Value:
    """A value of the reader's, by its number among the page's holes."""

    number: int


@dataclass(slots=True)
class Fact:
    """Something of the reader's digest, written as text."""

    of: Of
    written: Callable[[object], Pieces]


@dataclass(slots=True)
class Shape:
    """Text laid out when all of it is known: a wrapped paragraph, an attribute."""

    inner: Nodes
    written: Written
    personal: bool  #: holds the reader's own values, so it is not worth keeping


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


Node = Static | Value | Fact | Shape | Choice | Repeat
Nodes = list[Node]


def together(nodes: Nodes, more: Nodes) -> Nodes:
    """Return `nodes` with the blocks of `more`, wherever blocks stand.

    Raises `ValueError` when the two differ elsewhere.
    """
    return [_both(node, other) for node, other in zip(nodes, more, strict=True)]


def _both(node: Node, other: Node) -> Node:
    match node, other:
        case (Static(), Static()) | (Value(), Value()) if node == other:
            return node
        case Fact(), Fact():
            return node
        case Choice(), Choice():
            pairs = zip(node.options, other.options, strict=True)
            return replace(node, options=[together(*pair) for pair in pairs])
        case Repeat(), Repeat():
            blocks = dict(node.blocks)
            for key, block in other.blocks.items():
                known = blocks.get(key)
                blocks[key] = block if known is None else together(known, block)
            return replace(
                node, blocks=blocks, between=together(node.between, other.between)
            )
        case Shape(), Shape():
            inner = together(node.inner, other.inner)
            return replace(node, inner=inner, personal=node.personal or other.personal)
    raise ValueError(f"{node!r:.80} is not {other!r:.80}")
