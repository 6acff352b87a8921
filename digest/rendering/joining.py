"""One reader's page, joined from pieces: `digest.rendering.frames`, filled."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from digest.quoting import Encoding, Part
from digest.rendering.frames import Filling
from digest.rendering.memory import Memory
from digest.rendering.nodes import Hole, Medium, Nodes, together
from digest.rendering.settling import Settler
from digest.rendering.stage import Stage


@dataclass(frozen=True, slots=True, kw_only=True)
class Sheet:
    """A page cut where readers' values and the facts of their digests go."""

    nodes: Nodes
    holes: tuple[Hole, ...]
    encoding: Encoding  #: what suits the page as a whole
    medium: Medium
    memory: Memory  #: keeps what readers have in common
    #: The page made ready for readers, by which values those have.
    ready: dict[frozenset[str], Filling] = field(default_factory=dict)

    @property
    def names(self) -> frozenset[str]:
        """The values this page shows to somebody."""
        return frozenset(name for name, _ in self.holes)

    def join(self, stage: Stage, values: Mapping[str, str]) -> Part:
        """Return one reader's page.

        Raises `KeyError` when the stage holds a block that was not compiled.
        """
        page = self.ready.get(stage.present)
        if page is None:
            page = Settler(stage, self.memory).filling(self.nodes, self.medium)
            self.ready[stage.present] = page
        filled = [written(values.get(name, "")) for name, written in self.holes]
        pieces = page.pieces(filled, stage, None, None)
        return Part(self.medium.finished(pieces), self.encoding)

    def with_more(self, sheet: Sheet) -> Sheet:
        """Return this page with the blocks of another part of the same issue.

        Its holes must go on from this page's. Raises `ValueError` when the two differ
        elsewhere than in their blocks. This page stays as it is: others may be joining
        it, and it may answer another reader's `{% if %}`.
        """
        nodes = together(self.nodes, sheet.nodes)
        return replace(self, nodes=nodes, holes=sheet.holes, ready={})
