"""Text in stretches that keeps its blank lines in order.

A text page that is rendered whole is tidied: no spaces at line ends, never two blank
lines in a row. Stretches of one are tidied each by itself, and what remains is where two
meet: the line ends there are counted, and the right number is put between them. So a
joined text is the tidied text, without a pass over it.

How stretches meet hangs on how each begins and ends, and on nothing else. There are few
such sequences, so what is to stand where is worked out once for each.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache

from digest.quoting import JOIN, Piece, joinable, plain, quote, tame
from digest.rendering.nodes import Gap, Medium, Pieces
from digest.rendering.plaintext import tidied, tidy, visible

_LINE_END = Piece("\n", b"\r\n")
_BLANK_LINE = Piece("\n\n", b"\r\n\r\n")
_MOST = 2  #: line ends in a row: one blank line


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Edges:
    """How a stretch of text begins and ends; equal ones are one object (`_edges`)."""

    leading: int = 0  #: line ends before its pieces, or all there are
    filled: bool = True  #: there is something besides line ends
    trailing: int = 0  #: line ends after its pieces
    loose: bool = False  #: a line end right behind it would have to drop a space
    broken: bool = False  #: one did: only the page as a whole can be tidied


_edges = cache(Edges)
_NOTHING = _edges(filled=False)
#: As most values are; asked for as `run` asks, so that it is the same object.
_FIRM = _edges(leading=0, trailing=0, loose=False)
_BROKEN = _edges(broken=True)


@dataclass(slots=True)
class Run:
    """A stretch of text, without the line ends around it."""

    pieces: Sequence[Piece]
    edges: Edges
    raw: str | Sequence[Run]  #: the text before it was tidied

    def __iter__(self) -> Iterator[Piece]:
        """Return the pieces in order."""
        return iter(self.pieces)

    def __len__(self) -> int:
        """Return how many pieces there are."""
        return len(self.pieces)

    @property
    def text(self) -> str:
        """The whole text before it was tidied."""
        if isinstance(self.raw, str):
            return self.raw
        return "".join([one.text for one in self.raw])


def run(text: str) -> Run:
    """Return a stretch of a text page, tidied inside."""
    if not text:
        return Run((), _NOTHING, "")
    quoted = tame(text) or plain(text)
    if quoted is not None:  # as most values and paragraphs are: nothing to tidy
        return Run((Piece(text, quoted),), _FIRM, text)
    shown = tidied(visible(text).split("\n"))
    core = shown.strip("\n")
    leading = min(_MOST, len(shown) - len(shown.lstrip("\n")))
    if not core:
        return Run((), _edges(leading=leading, filled=False), text)
    trailing = min(_MOST, len(shown) - len(shown.rstrip("\n")))
    loose = not trailing and core != core.rstrip()
    return Run(
        (Piece(core, joinable(core)),),
        _edges(leading=leading, trailing=trailing, loose=loose),
        text,
    )


def joined(runs: Sequence[Run]) -> Run:
    """Return several runs as one: the right line ends between them."""
    edges, between = _meeting(tuple([one.edges for one in runs]))
    pieces: list[Piece] = []
    for before, one in zip(between, runs):  # noqa: B905 - nothing goes between broken ones
        pieces += before
        pieces += one.pieces
    return Run(pieces, edges, runs)


@lru_cache(maxsize=4096)
def _meeting(runs: tuple[Edges, ...]) -> tuple[Edges, tuple[Pieces, ...]]:
    """Return the edges of several runs as one, and what is to stand before each."""
    between: list[Pieces] = []
    leading, line_ends, filled, loose = 0, 0, False, False
    for one in runs:
        line_ends = min(_MOST, line_ends + one.leading)
        if one.broken or (loose and line_ends):
            return _BROKEN, ()
        if not one.filled:
            between.append(())
            continue
        if filled:
            between.append(((JOIN, _LINE_END, _BLANK_LINE)[line_ends],))
        else:
            leading = line_ends
            between.append(())
        line_ends, filled, loose = one.trailing, True, one.loose
    if not filled:
        leading, line_ends = line_ends, 0
    return _edges(
        leading=leading, filled=filled, trailing=line_ends, loose=loose
    ), tuple(between)


def _page(run: Run) -> Pieces:
    """Return the pieces of a text page: all of its text is in `run`."""
    if not _fillable(run):
        # A value ended in a space, or was empty behind one: rare.
        text = tidy(run.text)
        return (Piece(text, quote(text)),)
    return (*run.pieces, _LINE_END)


def _merged(several: Run) -> Run:
    return run(several.text)


def _edges_of(values: Sequence[Pieces]) -> tuple[Edges, ...]:
    # What is to be laid out is not written yet, and has none.
    return tuple([one.edges for one in values if isinstance(one, Run)])


def _gap(gap: Gap, value: Pieces | None) -> Run:
    if isinstance(value, Run):
        return Run((gap,) if value.pieces else (), value.edges, "")
    return Run((gap,), _FIRM, "")


def _single(own: Run) -> Piece | None:
    return own.pieces[0] if own.edges is _FIRM and len(own.pieces) == 1 else None


def _fillable(page: Run) -> bool:
    return not (page.edges.loose or page.edges.broken)


TEXT = Medium(
    static=run,
    joined=joined,
    merged=_merged,
    finished=_page,
    edges=_edges_of,
    gap=_gap,
    single=_single,
    fillable=_fillable,
)
