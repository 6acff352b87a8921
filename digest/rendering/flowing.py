"""Text in stretches that keeps its blank lines in order.

A text page that is rendered whole is tidied: no spaces at line ends, never two blank
lines in a row. Stretches of one are tidied each by itself, and what remains is where two
meet: the line ends there are counted, and the right number is put between them. So a
joined text is the tidied text, without a pass over it.

How stretches meet hangs on how each begins and ends, and on nothing else. There are few
such sequences, so what is to stand where is worked out once for each.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from operator import attrgetter

from digest.quoting import JOIN, Piece, joinable, plain, quote, tame
from digest.rendering.nodes import Medium, Pieces
from digest.rendering.plaintext import tidied, tidy, visible

_LINE_END = Piece("\n", b"\r\n")
_BLANK_LINE = Piece("\n\n", b"\r\n\r\n")
_MOST = 2  #: line ends in a row: one blank line


@dataclass(frozen=True, slots=True, eq=False)
class Edges:
    """How a stretch of text begins and ends; equal ones are one object (`_edges`)."""

    leading: int  #: line ends before its pieces, or all there are
    filled: bool  #: there is something besides line ends
    trailing: int  #: line ends after its pieces
    loose: bool  #: a line end right behind it would have to drop a space
    broken: bool = False  #: one did: only the page as a whole can be tidied


_edges = cache(Edges)
_NOTHING = _edges(0, False, 0, False)
_FIRM = _edges(0, True, 0, False)  #: as most values are
_BROKEN = _edges(0, False, 0, False, True)


class Run(tuple[Piece, ...]):
    """The pieces of a stretch of text, without the line ends around them."""

    edges: Edges
    raw: str | Sequence[Run]  #: the text before it was tidied

    @property
    def text(self) -> str:
        """The whole text before it was tidied."""
        if isinstance(self.raw, str):
            return self.raw
        return "".join([one.text for one in self.raw])


def _run(pieces: Iterable[Piece], edges: Edges, raw: str | Sequence[Run]) -> Run:
    made = Run(pieces)
    made.edges, made.raw = edges, raw
    return made


def run(text: str) -> Run:
    """Return a stretch of a text page, tidied inside."""
    if not text:
        return _run((), _NOTHING, "")
    quoted = tame(text) or plain(text)
    if quoted is not None:  # as most values and paragraphs are: nothing to tidy
        return _run((Piece(text, quoted),), _FIRM, text)
    shown = tidied(visible(text).split("\n"))
    core = shown.strip("\n")
    leading = min(_MOST, len(shown) - len(shown.lstrip("\n")))
    if not core:
        return _run((), _edges(leading, False, 0, False), text)
    trailing = min(_MOST, len(shown) - len(shown.rstrip("\n")))
    loose = not trailing and core != core.rstrip()
    return _run(
        (Piece(core, joinable(core)),), _edges(leading, True, trailing, loose), text
    )


_EDGES = attrgetter("edges")


def joined(runs: Sequence[Pieces]) -> Run:
    """Return several runs as one: the right line ends between them."""
    edges, between = _meeting(tuple(map(_EDGES, runs)))
    pieces: list[Piece] = []
    for before, one in zip(between, runs):  # noqa: B905 - nothing goes between broken ones
        pieces += before
        pieces += one
    return _run(pieces, edges, runs)  # type: ignore[arg-type]  # all are runs


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
    return _edges(leading, filled, line_ends, loose), tuple(between)


def _page(run: Pieces) -> Pieces:
    """Return the pieces of a text page: all of its text is in `run`."""
    assert isinstance(run, Run)
    if run.edges.loose or run.edges.broken:
        # A value ended in a space, or was empty behind one: rare.
        text = tidy(run.text)
        return (Piece(text, quote(text)),)
    return (*run, _LINE_END)


def _merged(several: Pieces) -> Run:
    assert isinstance(several, Run)
    return run(several.text)


TEXT = Medium(static=run, joined=joined, merged=_merged, finished=_page)
