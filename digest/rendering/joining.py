"""One reader's page, joined from pieces: `digest.rendering.frames`, filled.

Readers of the same choice of articles have a page in common but for the gaps in it.
That is kept as a list of pieces, so their mails cost the filling of a few gaps.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from digest.quoting import Encoding, Part, Piece
from digest.rendering.frames import Filling
from digest.rendering.memory import Memory, Shelf
from digest.rendering.nodes import Gap, Hole, Medium, Nodes, Pieces, together
from digest.rendering.settling import Settler
from digest.rendering.stage import Stage

_POINTER, _GAP = 8, 64  #: octets; the gaps themselves are their sections'

#: What makes a stretch of a reader's values: as `Gap.of`.
Of = Callable[[Sequence[Pieces]], Pieces]
#: What makes a piece of a stretch: as `Medium.single`.
Single = Callable[[Any], Piece | None]


@dataclass(frozen=True, slots=True)
class Layout:
    """The page of one choice of articles: its pieces, and where the gaps among them are.

    Without any pieces it has to be tidied as a whole, for every reader.
    """

    pieces: list[Piece]
    values: Sequence[tuple[int, int]]  #: a place, and the number of the value there
    others: Sequence[tuple[int, Of]]

    @classmethod
    def of(cls, pieces: list[Piece]) -> Layout:
        """Find the gaps."""
        gaps = [(at, one) for at, one in enumerate(pieces) if type(one) is Gap]
        values = [(at, gap.number) for at, gap in gaps if gap.number is not None]
        others = [(at, gap.of) for at, gap in gaps if gap.of is not None]
        return cls(pieces, values, others)

    def filled(self, values: Sequence[Pieces], single: Single) -> list[Piece] | None:
        """Return one reader's pieces; None: what is around a gap has to be looked at."""
        pieces = self.pieces.copy()
        for place, number in self.values:
            (pieces[place],) = values[number]
        for place, of in self.others:
            if (piece := single(of(values))) is None:
                return None
            pieces[place] = piece
        return pieces or None


@dataclass(frozen=True, slots=True)
class Ready:
    """A page made ready for readers who have the same values, with the same edges."""

    page: Filling
    gaps: Sequence[Any]  #: a stretch for each value; Any: as the medium's
    kept: Shelf[Layout | None]  #: None: one reader made this choice, so far

    def layout(self, stage: Stage, medium: Medium) -> Layout:
        """Return the page of this choice; `KeyError` as `Sheet.join`.

        It is kept when a second reader asks: many choices are made by nobody else.
        """
        key = stage.key
        known = self.kept.get(key)
        if known is not None:
            return known
        whole = self.page.pieces(self.gaps, stage, None, None)
        pieces = list(medium.finished(whole)) if medium.fillable(whole) else []
        made = Layout.of(pieces)
        if key not in self.kept:
            self.kept.keep(key, None)
            return made
        gaps = len(made.values) + len(made.others)
        self.kept.keep(key, made, _POINTER * len(pieces) + _GAP * gaps)
        return made


@dataclass(frozen=True, slots=True, kw_only=True)
class Sheet:
    """A page cut where readers' values and the facts of their digests go."""

    nodes: Nodes
    holes: tuple[Hole, ...]
    encoding: Encoding  #: what suits the page as a whole
    medium: Medium
    memory: Memory  #: keeps what readers have in common
    #: The page made ready for readers, by which values those have, and their edges.
    ready: dict[object, Ready] = field(default_factory=dict)

    @property
    def names(self) -> frozenset[str]:
        """The values this page shows to somebody."""
        return frozenset(name for name, _ in self.holes)

    def join(self, stage: Stage, values: Mapping[str, str]) -> Part:
        """Return one reader's page.

        Raises `KeyError` when the stage holds a block that was not compiled.
        """
        filled = [written(values.get(name, "")) for name, written in self.holes]
        key = stage.present, self.medium.edges(filled)
        ready = self.ready.get(key) or self._made_ready(key, stage, filled)
        layout = ready.layout(stage, self.medium)
        pieces = layout.filled(filled, self.medium.single)
        if pieces is not None:
            return Part(pieces, self.encoding)
        page = Settler(stage, None).filling(self.nodes, self.medium)
        alone = self.medium.finished(page.pieces(filled, stage, None, None))
        return Part(alone, self.encoding)

    def with_more(self, sheet: Sheet) -> Sheet:
        """Return this page with the blocks of another part of the same issue.

        Its holes must go on from this page's. Raises `ValueError` when the two differ
        elsewhere than in their blocks. This page stays as it is: others may be joining
        it, and it may answer another reader's `{% if %}`.
        """
        nodes = together(self.nodes, sheet.nodes)
        return replace(self, nodes=nodes, holes=sheet.holes, ready={})

    def _made_ready(self, key: object, stage: Stage, filled: Sequence[Pieces]) -> Ready:
        gap, page = self.medium.gap, Settler(stage, self.memory)
        made = self.ready[key] = Ready(
            page=page.filling(self.nodes, self.medium),
            gaps=[gap(Gap(number), one) for number, one in enumerate(filled)],
            kept=Shelf(self.memory.choices),
        )
        return made
