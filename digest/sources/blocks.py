"""Pieces of markup set in order: paragraphs, headings, lists, tables, figures.

Whatever markup comes in, what goes out is a short list of elements that a mail
can carry, each closed where it was opened and none nested where it may not be:
text always stands in a paragraph, a list item, a cell, a heading or a caption.
Elements open only when something is put in them, so none is empty.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from html import escape

from digest.sources.markup import Piece

_INLINE_NAMES = "a b strong i em q s sub sup code small"
_BLOCK_NAMES = (
    "p h2 h3 h4 ul ol li blockquote pre figure figcaption table caption tr td th"
)
_BREAK_NAMES = (
    "address article aside body center dd details dialog div dl dt fieldset footer"
    " form header hgroup html legend main nav section summary"
)
#: Kept inside text; what a name is written as.
INLINE = {name: name for name in _INLINE_NAMES.split()} | {
    "del": "s",
    "strike": "s",
    "tt": "code",
    "kbd": "code",
    "samp": "code",
}
#: Kept as blocks; what a name is written as.
BLOCKS = {name: name for name in _BLOCK_NAMES.split()} | {
    "h1": "h2",
    "h5": "h4",
    "h6": "h4",
    "menu": "ul",
    "dir": "ul",
}
#: Not kept, but what stands before and after them are two paragraphs.
_BREAKS = frozenset(_BREAK_NAMES.split())
#: Blocks that hold other blocks; text directly in the first needs a paragraph.
_PARAGRAPHS_IN = frozenset({"", "blockquote"})
_FLOW = _PARAGRAPHS_IN | {"li", "td", "th"}
#: Deeper markup is not an article; the blocks below are written flat.
_DEEPEST = 40

#: Characters in one block. nh3's time grows with the square of it where the text
#: is full of no-break spaces (2 s for 400,000, measured).
_LONGEST = 50_000

_DASHES = ("—", "–", "―", "-")
_SPACE = re.compile("[ \t\n\r\f]+")
_BLANK = "\u00a0\u200b\ufeff"  #: what editors leave in a paragraph they emptied


@dataclass(slots=True)
class _Block:
    """An element on its way out; `opened` once its start tag is written."""

    name: str
    start: str
    opened: bool = False
    length: int = 0  #: characters of text directly in it
    filled: bool = False  #: text or a picture is directly in it
    inline: int = 0  #: how many inline elements were wanted when it began


Attributes = Callable[[str, Piece], str | None]


@dataclass(slots=True)
class Arrangement:
    """Takes pieces one by one; `html()` is what they amount to.

    `attributes` writes the attributes of an element that is kept (`a`, `img`,
    `td`, …) with a leading space, or says None: this one is not kept.
    """

    attributes: Attributes
    _out: list[str] = field(default_factory=list)
    _open: list[_Block] = field(default_factory=lambda: [_Block("", "", opened=True)])
    _inline: list[tuple[str, str]] = field(default_factory=list)
    _written: int = 0  #: how many of `_inline` are open in the output right now
    _space: bool = False
    _breaks: int = 0
    _signing: bool = False  #: the next words name who said the quotation

    def take_all(self, pieces: Iterable[Piece]) -> None:
        """Take every piece, in order."""
        for piece in pieces:
            if not piece.name:
                self._text(piece.text)
            elif piece.name in INLINE:
                self._inline_tag(INLINE[piece.name], piece)
            elif piece.name in BLOCKS:
                self._block_tag(BLOCKS[piece.name], piece)
            elif piece.name in _BREAKS:
                self._break()
                self._signing = piece.name == "footer" and self._may_sign(piece)
            elif piece.name == "cite" and self._top.name == "blockquote":
                self._signing = self._signing or self._may_sign(piece)
            elif piece.name == "hr" and not piece.end:
                self._rule()
            elif piece.name == "br":
                self._line_end()
            elif piece.name == "img" and not piece.end:
                self._image(piece)

    def html(self) -> str:
        """Close what is open and return the whole."""
        self._close_to(1)
        return "".join(self._out)

    # -- text ---------------------------------------------------------------

    def _text(self, text: str) -> None:
        if self._top.name == "pre":
            self._preformatted(text)
            return
        for index, word in enumerate(_SPACE.split(text)):
            if index:
                self._space = True
            if word.strip(_BLANK) or (word and self._top.filled):
                if self._top.name == "figure":
                    self._push("figcaption")
                if self._signing:
                    self._sign(word)
                self._words(word)

    def _may_sign(self, piece: Piece) -> bool:
        """Tell whether `piece` opens the name under a quotation that has begun."""
        index = self._find("blockquote", set())
        return not piece.end and index > 0 and self._open[index].opened

    def _sign(self, word: str) -> None:
        """Set a name apart as print does, "— NAME": other elements are not kept."""
        self._signing = False
        if self._find("blockquote", set()) and not word.startswith(_DASHES):
            self._words("—")
            self._space = True

    def _words(self, text: str) -> None:
        """Write text, in parts where no author would have written that much."""
        for start in range(0, len(text), _LONGEST):
            self._ready()
            part = text[start : start + _LONGEST]
            self._out.append(escape(part, quote=False))
            self._top.length += len(part)
            if self._top.length > _LONGEST:
                self._close_to(1)

    def _preformatted(self, text: str) -> None:
        text = text.replace("\r\n", "\n").replace("\r", "\n")
        if not self._top.filled:  # a browser drops the first line end (13.1.2.5)
            text = text.lstrip("\n")
        if text:
            self._words(text)

    def _image(self, piece: Piece) -> None:
        attributes = self.attributes("img", piece)
        if attributes is None:
            return
        if self._top.name == "figcaption":  # a caption that came first is over
            self._close_to(len(self._open) - 1)
        self._ready()
        self._out.append(f"<img{attributes}>")

    def _ready(self) -> None:
        """Open whatever the next word or picture must stand in."""
        self._open_a_place()
        top = self._top
        if top.filled and self._breaks:
            self._close_inline(0)
            self._out.append("<br>" * min(self._breaks, 2))
        elif top.filled and self._space:
            self._out.append(" ")
        top.filled, self._space, self._breaks = True, False, 0
        for name, start in self._inline[self._written :]:
            self._out.append(f"<{name}{start}>")
        self._written = len(self._inline)

    def _open_a_place(self) -> None:
        name = self._top.name
        if name in _PARAGRAPHS_IN:
            self._push("p")
        elif name in {"ul", "ol"}:
            self._push("li")
        elif name == "table":
            self._push("tr")
            self._push("td")
        elif name == "tr":
            self._push("td")
        for block in self._open:
            if not block.opened:
                self._out.append(block.start)
                block.opened = True

    # -- inside a text ------------------------------------------------------

    def _inline_tag(self, name: str, piece: Piece) -> None:
        wanted = [inline for inline, _ in self._inline]
        if piece.end or (name == "a" and name in wanted):
            if name in wanted:
                self._end_inline(wanted.index(name))
            if piece.end:
                return
        elif name in wanted:
            return
        attributes = self.attributes(name, piece) if name == "a" else ""
        if attributes is not None:
            self._inline.append((name, attributes))

    def _end_inline(self, index: int) -> None:
        """End one inline element; those begun inside it go on after it."""
        self._close_inline(min(index, self._written))
        del self._inline[index]

    def _close_inline(self, count: int) -> None:
        for name, _ in reversed(self._inline[count : self._written]):
            self._out.append(f"</{name}>")
        self._written = min(self._written, count)

    def _line_end(self) -> None:
        if self._top.name == "pre":
            self._preformatted("\n")
            return
        self._breaks += 1
        in_paragraph = self._top.name == "p" and self._top.filled
        if in_paragraph and self._breaks > 1:  # what old pages did for paragraphs
            self._close_to(len(self._open) - 1)

    # -- blocks -------------------------------------------------------------

    @property
    def _top(self) -> _Block:
        return self._open[-1]

    def _block_tag(self, name: str, piece: Piece) -> None:
        if piece.end:
            self._end_block(name)
        elif len(self._open) >= _DEEPEST or not self._make_room(name):
            self._break()
        else:
            attributes = self.attributes(name, piece) or ""
            self._push(name, attributes)
            if name in {"td", "th"}:  # an empty cell keeps the others in their column
                self._open_a_place()

    def _break(self) -> None:
        """Let what follows stand apart from what came before."""
        if self._top.name == "p":
            self._close_to(len(self._open) - 1)
        elif self._top.name == "pre":
            self._preformatted("\n")
        elif self._top.filled:
            self._breaks = max(self._breaks, 1)

    def _rule(self) -> None:
        room = self._make_room("hr") and len(self._open) == 1
        if room and self._out and self._out[-1] != "<hr>":
            self._out.append("<hr>")

    def _make_room(self, name: str) -> bool:
        """Close what may not hold a `name`, open what it needs; False: flatten it."""
        if name in {"td", "th", "tr", "caption"}:
            return self._make_room_in_table(name)
        if name == "figcaption":
            figure = self._find("figure", {"table"})
            self._close_to(figure + 1 if figure else len(self._open))
            return bool(figure)
        if name == "li":
            self._close_to(self._find("li", {"ul", "ol", "table"}) or len(self._open))
            if self._top.name in {"ul", "ol"}:
                return True
            room = self._make_room("ul")
            if room:
                self._push("ul")
            return room
        return self._make_room_for_flow(name)

    def _make_room_for_flow(self, name: str) -> bool:
        if self._top.name in {"figcaption", "caption", "h2", "h3", "h4", "pre"}:
            if name == "p":
                return False
            self._close_to(len(self._open) - 1)
        self._pop_text()
        if self._top.name in {"ul", "ol"}:
            self._push("li")
        if self._top.name == "table":
            self._push("tr")
        if self._top.name == "tr":
            self._push("td")
        if self._top.name == "figure":
            return name in {"blockquote", "table", "pre"}
        return self._top.name in _FLOW

    def _make_room_in_table(self, name: str) -> bool:
        table = self._find("table", set())
        if not table:
            return False
        if name in {"tr", "caption"}:
            self._close_to(table + 1)
            return name == "tr" or not self._top.opened
        row = self._find("tr", {"table"})
        self._close_to(row + 1 if row else table + 1)
        if not row:
            self._push("tr")
        return True

    def _pop_text(self) -> None:
        if self._top.name == "p":
            self._close_to(len(self._open) - 1)

    def _find(self, name: str, fences: set[str]) -> int:
        """Return the place of the innermost open `name`, 0 when there is none."""
        for index in range(len(self._open) - 1, 0, -1):
            if self._open[index].name == name:
                return index
            if self._open[index].name in fences:
                return 0
        return 0

    def _end_block(self, name: str) -> None:
        fences = (
            {"td", "th", "table"} - {name} if name not in {"tr", "table"} else set()
        )
        index = self._find(name, fences)
        if index:
            kept = self._open[index].inline
            self._close_to(index)
            del self._inline[kept:]
        else:
            self._break()

    def _push(self, name: str, attributes: str = "") -> None:
        self._close_inline(0)
        self._space, self._breaks = False, 0
        start = f"<{name}{attributes}>"
        self._open.append(_Block(name, start, inline=len(self._inline)))

    def _close_to(self, count: int) -> None:
        """Close open blocks until only `count` are left."""
        if len(self._open) <= count:
            return
        self._close_inline(0)
        self._space, self._breaks = False, 0
        while len(self._open) > count:
            block = self._open.pop()
            if block.opened:
                self._out.append(f"</{block.name}>")
