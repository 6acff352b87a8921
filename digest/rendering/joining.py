"""A page in pieces, and how one reader's page is joined from them.

A page is a sequence of nodes: text that is the same for everybody, already encoded;
values of the reader's; facts of their digest; choices between options; blocks that
repeat for the sections and stories they get. Joining walks the nodes for one reader's
stage and collects pieces. Nothing is rendered, inlined or encoded on the way, but for
the few values; those of digests (a number, a list of topics) are remembered.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from digest.quoting import Encoding, Piece
from digest.rendering.stage import LOCAL, Of, SectionItem, Stage, StoryItem

#: Values remembered per place, such as "12 stories" or a list of topics.
_REMEMBERED = 4096
#: Facts looked up together; more have too many values between them.
_MOST_FACTS = 4


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
    local: bool = False  #: blocks hang on nothing but the section and story at hand
    known: dict[SectionItem | StoryItem, list[Piece]] = field(default_factory=dict)


@dataclass(slots=True)
class Known:
    """Nodes that hang on a few facts, remembered as one piece for each of their values.

    Most stories are such: all that differs is whether they are "also in" somewhere.
    """

    nodes: Nodes
    facts: Of  #: of all of them together
    local: bool  #: they hang on nothing but the section and story at hand
    merged: Callable[[Sequence[Piece]], Piece]
    pieces: dict[object, Piece] = field(default_factory=dict)


Node = Piece | Value | Fact | Shape | Choice | Repeat | Known
Nodes = list[Node]

#: A value's name in a page, and how it is to be written there.
Hole = tuple[str, Callable[[str], Piece]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Sheet:
    """A page cut where readers' values and the facts of their digests go."""

    nodes: Nodes
    holes: tuple[Hole, ...]
    encoding: Encoding  #: what suits the page as a whole
    merged: Callable[[Sequence[Piece]], Piece]  #: makes one piece of several
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
        elsewhere than in their blocks.
        """
        _add(self.nodes, sheet.nodes)
        return replace(self, holes=sheet.holes, ready={})


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
            pieces.append(_known(node, stage, section, story))
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
    """Append a block for each item; most are remembered by their item."""
    known, between = node.known, node.between
    first = True
    for item in node.of(stage, section, story):
        if between and not first:
            walk(between, pieces, filled, stage, section, story)
        first = False
        found = known.get(item)
        if found is not None:
            pieces += found
            continue
        start = len(pieces)
        if node.sections:
            walk(node.blocks[item.key], pieces, filled, stage, item, story)
        else:
            walk(node.blocks[item.key], pieces, filled, stage, section, item)
        if node.local:
            _remember(known, item, pieces[start:])


def _known(
    node: Known, stage: Stage, section: SectionItem | None, story: StoryItem | None
) -> Piece:
    facts = node.facts(stage, section, story)
    found = node.pieces.get(facts)
    if found is None:
        pieces: list[Piece] = []
        walk(node.nodes, pieces, (), stage, section, story)
        found = node.merged(pieces)
        _remember(node.pieces, facts, found)
    return found


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


# -- getting ready ------------------------------------------------------------------


def settled(
    nodes: Nodes, stage: Stage, merged: Callable[[Sequence[Piece]], Piece]
) -> Nodes:
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


def _settled(
    node: Node, stage: Stage, merged: Callable[[Sequence[Piece]], Piece]
) -> Node:
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
            local = all([_is_local(one) for block in blocks.values() for one in block])
            return Repeat(node.of, node.sections, blocks, between, local=local)
        case Shape():
            return replace(node, inner=settled(node.inner, stage, _raw_merged))
    return node


def _block(
    nodes: Nodes, stage: Stage, merged: Callable[[Sequence[Piece]], Piece]
) -> Nodes:
    """Return a block, as one piece if it hangs on few facts."""
    decided = list(_decided(nodes, stage))
    facts: dict[Of, None] = {}
    if _collect(decided, facts, stage) and facts:
        return [_known_by(decided, facts, merged)]
    return settled(decided, stage, merged)


def _raw_merged(pieces: Sequence[Piece]) -> Piece:
    return Piece("".join([piece.text for piece in pieces]), b"")


def _is_local(node: Node) -> bool:
    """Whether what `node` comes to hangs on the section and story at hand alone."""
    match node:
        case Piece():
            return True
        case Known():
            return node.local
        case Repeat():
            between = all([_is_local(one) for one in node.between])
            return node.local and node.of in LOCAL and between
        case Choice():
            inner = [one for option in node.options for one in option]
            return node.fact in LOCAL and all([_is_local(one) for one in inner])
        case _:
            return False


def _known_by(
    nodes: Nodes, facts: Iterable[Of], merged: Callable[[Sequence[Piece]], Piece]
) -> Known:
    """Return nodes that are looked up by these facts, all at once."""
    several = tuple(facts)
    local = LOCAL.issuperset(several)
    if len(several) == 1:
        return Known(nodes, several[0], local, merged)
    together = lambda d, s, a: tuple([of(d, s, a) for of in several])  # noqa: E731
    return Known(nodes, together, local, merged)


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
                if not all([_collect(o, facts, stage) for o in node.options]):
                    return False
            case _:
                return False
    return len(facts) <= _MOST_FACTS
