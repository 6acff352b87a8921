"""A finished page, cut at its marks into what can be joined for any reader.

Each value is escaped for the place where it stands, as the page itself would have
been: a test joins pages and renders them with the values, and compares. A page in
which a mark was lost or doubled is refused, for then a template did something to a
value that was not there yet.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from functools import cache, lru_cache, partial
from html import unescape

from digest.quoting import SOFT_BREAK, Encoding, Piece, piece, suited, tame
from digest.rendering import markup
from digest.rendering.flowing import TEXT
from digest.rendering.joining import Sheet
from digest.rendering.later import Later, NotJoinable
from digest.rendering.marks import (
    Block,
    Bound,
    Marks,
    Opening,
    Owners,
    Shaped,
    SlotMisuse,
)
from digest.rendering.markup import Stretch
from digest.rendering.memory import Memory
from digest.rendering.nodes import (
    RAW,
    Choice,
    Fact,
    Hole,
    Medium,
    Nodes,
    Pieces,
    Repeat,
    Shape,
    Static,
    Value,
    Written,
    in_a_row,
    raw,
)
from digest.rendering.personal import ADDRESSES, SHARED, spoken

_LOST = (
    "was printed, and then changed, cut or thrown away: print it where it belongs, "
    "and use no filter on a `{% set %}` block that holds it"
)
_TWICE = (
    "was printed once and stands in the page more than once: use a `{% set %}` block "
    "that holds it only once"
)


def cut_html(
    html: str, marks: Marks, memory: Memory, *, holes: Sequence[Hole] = ()
) -> Sheet:
    """Cut inlined HTML at its marks; raise `SlotMisuse` where one cannot stand.

    `holes` are those of a page that this one will be added to.
    """
    cutter = _Cutter(marks, _HTML, holes)
    return cutter.whole(list(_html_tokens(html, cutter)), suited(html), memory)


def cut_text(
    text: str, marks: Marks, memory: Memory, *, holes: Sequence[Hole] = ()
) -> Sheet:
    """Cut plain text at its marks."""
    cutter = _Cutter(marks, TEXT, holes)
    tokens = cutter.tokens(text, TEXT.static)
    return cutter.whole(list(tokens), suited(text), memory)


def cut_line(
    line: str, marks: Marks, memory: Memory, *, holes: Sequence[Hole] = ()
) -> Sheet:
    """Cut a line for the header, which is encoded as a whole."""
    cutter = _Cutter(marks, RAW, holes)
    return cutter.whole(list(cutter.tokens(line, raw)), suited(line), memory)


#: What a page consists of on the way: text, the number of a mark with the way its value
#: is written there, or an attribute, whose node is made when it is known where it stands.
_Token = str | tuple[int, Written] | Callable[[], Nodes]


class _Cutter:
    """Cuts one page."""

    def __init__(self, marks: Marks, medium: Medium, holes: Sequence[Hole]) -> None:
        self._marks, self._medium = marks, medium
        self.prefix = marks.prefix
        self._holes: dict[Hole, int] = {hole: at for at, hole in enumerate(holes)}
        self._found: Counter[int] = Counter()
        #: The section and the story whose blocks are being cut, each by its key.
        self._at_hand: dict[bool, object] = {}

    def whole(self, tokens: list[_Token], encoding: Encoding, memory: Memory) -> Sheet:
        """Return the page, and see that every mark printed is there once, unharmed."""
        nodes = self.nodes(tokens, self._medium.static)
        for number, what in enumerate(self._marks.printed):
            if self._found[number] != 1 and not isinstance(what, Shaped):
                problem = _TWICE if self._found[number] else _LOST
                raise self.misuse(number, problem)
        return Sheet(
            nodes=nodes,
            holes=tuple(self._holes),
            encoding=encoding,
            medium=self._medium,
            memory=memory,
        )

    def tokens(self, text: str, written: Written) -> Iterator[_Token]:
        """Yield `text` in tokens, its values all written one way."""
        end = 0
        for match in self._marks.pattern.finditer(text):
            if end < match.start():
                yield text[end : match.start()]
            yield int(match[1]), written
            end = match.end()
        if end < len(text):
            yield text[end:]

    def nodes(self, tokens: list[_Token], static: Written) -> Nodes:
        """Return the nodes that `tokens` stand for."""
        rest = iter(tokens)
        nodes, stopped = self._nodes(rest, static)
        if stopped is not None:
            raise self.misuse(stopped, _LOST)
        return nodes

    def _nodes(
        self, tokens: Iterator[_Token], static: Written
    ) -> tuple[Nodes, int | None]:
        """Return the nodes up to a boundary, and the number of its mark."""
        nodes: Nodes = []
        for token in tokens:
            if isinstance(token, str):
                if self.prefix in token:
                    raise SlotMisuse("reader", _TWICE)
                nodes.append(Static(static(token)))
            elif callable(token):
                nodes += token()
            else:
                number, written = token
                what = self._marks.printed[number]
                if isinstance(what, Block | Bound):
                    self._found[number] += 1
                    return nodes, number
                if isinstance(what, Opening):
                    self._found[number] += 1
                    nodes.append(self._group(number, what, tokens, static))
                else:
                    nodes.append(self.slot(number, written))
        return nodes, None

    def slot(self, number: int, written: Written) -> Value | Fact | Shape:
        """Return the node of a value, a fact, or text to be laid out."""
        what = self._marks.printed[number]
        self._found[number] += 1
        if isinstance(what, Later):
            self._see_owners(number, what._owners)  # noqa: SLF001 - see below
            write = what._write  # noqa: SLF001 - it hides its parts from templates alone
            return Fact(what._of, lambda value: written(write(value)))  # noqa: SLF001
        if isinstance(what, Shaped):
            shape = what.shape
            inner = self.nodes(list(self.tokens(what.text, raw)), raw)
            return self.shape(inner, lambda text: written(shape(text)))
        assert isinstance(what, str)
        return self._value(what, written)

    def slots(self, number: int, *written: Written) -> Nodes:
        """Return the nodes of a value of which several parts are written."""
        what = self._marks.printed[number]
        self._found[number] += 1
        assert isinstance(what, str)
        return [self._value(what, each) for each in written]

    def _value(self, name: str, written: Written) -> Value:
        if name in SHARED:
            written = _remembered(written)
        return Value(self._holes.setdefault((name, written), len(self._holes)))

    def shape(self, inner: Nodes, written: Written) -> Shape:
        """Return a node that is laid out as a whole."""
        return Shape(inner, written, personal=any(_personal(inner)))

    def _group(
        self,
        opened: int,
        opening: Opening,
        tokens: Iterator[_Token],
        static: Written,
    ) -> Choice | Repeat:
        """Return the blocks or options up to their end."""
        parts: list[tuple[object, Nodes]] = []
        self._see_owners(opened, opening.owners)
        around = dict(self._at_hand)
        before, number = self._nodes(tokens, static)
        while number is not None:
            what = self._marks.printed[number]
            if what is Bound.END:
                break
            if isinstance(what, Block):
                self._at_hand[bool(opening.sections)] = what.key
            nodes, number = self._nodes(tokens, static)
            self._at_hand = dict(around)
            parts.append((what, nodes))
        if number is None or before:
            raise self.misuse(opened, _LOST)
        if opening.sections is None:
            fact = opening.fact or opening.of
            options = [nodes for _, nodes in parts]
            return Choice(opening.of, fact, opening.of_reader, options)
        blocks = {what.key: nodes for what, nodes in parts if isinstance(what, Block)}
        return Repeat(opening.of, opening.sections, blocks, between=parts[0][1])

    def _see_owners(self, number: int, owners: Owners) -> None:
        """Raise for what belongs to a section or story that is not the one at hand."""
        if not owners.issubset(self._at_hand.values()):
            place = self._marks.place(number)
            raise NotJoinable(
                "something of a section or story is used inside `each` of another",
                place,
            )

    def misuse(self, number: int, problem: str) -> SlotMisuse | NotJoinable:
        """Return what is wrong with what a mark stands for."""
        what, place = self._marks.printed[number], self._marks.place(number)
        if isinstance(what, str):
            return SlotMisuse(spoken(what), problem, place)
        return NotJoinable(f"something of the digest {problem}", place)

    def printed(self, number: int) -> object:
        """Return what a mark stands for: a value of the reader's by its name."""
        return self._marks.printed[number]


def _personal(nodes: Nodes) -> Iterator[bool]:
    """Yield whether any of the nodes is, or holds, a value of the reader's."""
    for node in nodes:
        match node:
            case Value():
                yield True
            case Shape():
                yield node.personal
            case Choice():
                for option in node.options:
                    yield from _personal(option)
            case Repeat():
                for block in (node.between, *node.blocks.values()):
                    yield from _personal(block)


def _html_tokens(html: str, cutter: _Cutter) -> Iterator[_Token]:
    for stretch in markup.stretches(html, cutter.prefix):
        if stretch.attribute:
            yield partial(_attribute, stretch, cutter)
            continue
        if stretch.code:
            problem = "cannot stand in a style sheet or a script: print it as text"
            _refuse_marks(stretch, cutter, problem)
        written = _comment_value if stretch.comment else _text_value
        yield from cutter.tokens(stretch.source, written)


def _attribute(stretch: Stretch, cutter: _Cutter) -> Nodes:
    """Return the nodes of an attribute's value with its quotes."""
    name = stretch.attribute
    if markup.runs_or_styles(name):
        problem = "cannot stand in a style or a script: print it as text"
        _refuse_marks(stretch, cutter, problem)
    written, tokens = _attribute_value, list(cutter.tokens(stretch.source, raw))
    if markup.is_link(name):
        tokens = list(_link_tokens(tokens, name, cutter))
        written = _address_value if markup.is_encoded(name) else _attribute_value
    if len(tokens) == 1 and isinstance(tokens[0], tuple):
        number = tokens[0][0]
        if isinstance(cutter.printed(number), str):
            return [cutter.slot(number, written)]
    match tokens:  # a reader's address, and the way on from there
        case [(number, _), str(rest)] if (
            written is _address_value
            and cutter.printed(number) in ADDRESSES
            and markup.goes_on(rest)
        ):
            return cutter.slots(number, _begun_address_value, _ending(rest))
    texts = [unescape(token) if isinstance(token, str) else token for token in tokens]
    return [cutter.shape(cutter.nodes(texts, raw), written)]


def _link_tokens(
    tokens: list[_Token], attribute: str, cutter: _Cutter
) -> Iterator[_Token]:
    """Yield the tokens of a link: an address first, or parts of one after text.

    Each option of a choice begins where the choice does.
    """
    first, begun = True, [True]
    for token in tokens:
        if not isinstance(token, tuple):
            yield token
            first = False
            continue
        match cutter.printed(token[0]):
            case Later() | Shaped():  # never compared with what follows: it would wait
                first = False
            case Opening():
                begun.append(first)
            case Block() | Bound.OPTION | Bound.BETWEEN:
                first = begun[-1]
            case Bound.END:
                begun = begun[:-1] or [False]
                first = False
            case str(name) if first and name not in ADDRESSES:
                raise cutter.misuse(
                    token[0],
                    f"is not an address, so it cannot begin `{attribute}`: link "
                    "`reader.preferences` or another address",
                )
            case str() if not first:
                token = token[0], _component_value  # noqa: PLW2901 - the same, written otherwise
            case str():
                first = False
        yield token


def _refuse_marks(stretch: Stretch, cutter: _Cutter, problem: str) -> None:
    for token in cutter.tokens(stretch.source, raw):
        if isinstance(token, tuple):
            raise cutter.misuse(token[0], problem)


def _merged(pieces: Pieces) -> Pieces:
    text = "".join([one.text for one in pieces])
    return (Piece(text, b"".join([one.quoted for one in pieces])),)


def _static(html: str) -> Pieces:
    return (piece(html),)


_HTML = Medium(static=_static, joined=in_a_row, merged=_merged)


@cache
def _remembered(written: Written) -> Written:
    """Return the same for values that many readers have in common."""
    return lru_cache(maxsize=1024)(written)


# -- how values are written; each is one function, so that a page fills it once -------


def _text_value(value: str) -> Pieces:
    quoted = tame(value)
    if quoted is None:
        return (piece(markup.as_text(value)),)
    return (Piece(value, quoted + SOFT_BREAK),)


def _comment_value(value: str) -> Pieces:
    return (piece(markup.as_comment(value)),)


def _attribute_value(value: str) -> Pieces:
    quoted = tame(value)
    if quoted is None:
        return (piece(markup.as_attribute(value)),)
    return (Piece(f'"{value}"', b'"%b"%b' % (quoted, SOFT_BREAK)),)


def _address_value(value: str) -> Pieces:
    if " " in value or tame(value) is None:
        return (piece(markup.as_address(value)),)
    return _attribute_value(value)


def _begun_address_value(value: str) -> Pieces:
    """Return an address up to where more of it follows, which `_ending` makes."""
    return (piece(markup.as_address(value)[:-1]),)


@cache
def _ending(rest: str) -> Written:
    """Return what ends an address with `rest`, and the mark `as_attribute` chose."""
    usual, other = ((piece(rest + mark),) for mark in "\"'")
    return lambda value: other if '"' in value and "'" not in value else usual


def _component_value(value: str) -> Pieces:
    return raw(markup.as_component(value))
