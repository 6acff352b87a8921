"""An issue, rendered once for all its readers.

`compile_issue` renders the issue with every article in every section where it may
stand, inlines it once, cuts it into blocks and encodes each piece. What one reader
receives is then joined from pieces. Before that is trusted, digests of several kinds
are joined and also made the exact way, by rendering their very choice of articles. A
page that differs in a single character is not joined, nor is one whose template needs
to know what was chosen: `Compiled.why_not` says why, and the exact path serves it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from threading import RLock
from typing import cast

from digest.errors import TemplateProblem
from digest.model import Digest, Length, Section
from digest.quoting import Part
from digest.rendering.flowing import Run, flow
from digest.rendering.joining import Sheet
from digest.rendering.later import NotJoinable
from digest.rendering.marks import Place
from digest.rendering.pages import Kind, Pages, Shape
from digest.rendering.proofs import BARE, RICH, difference, proofs
from digest.rendering.stage import Cast, Lengths, SectionKey, Stage, section_key

#: Makes a page the exact way: for one choice of articles.
Exact = Callable[[Kind, Digest, Shape, Lengths], Sheet]
#: Returns a section with all it may hold, for one that is not among the compiled.
Widen = Callable[[Section], Section]


@dataclass(kw_only=True)
class _Whole:
    """One kind of page, for each answer to what its template asks by `if`."""

    asked: set[str] = field(default_factory=set)  #: names of personal values
    sheets: dict[frozenset[str], Sheet] = field(default_factory=dict)
    blocks: dict[frozenset[str], set[tuple[SectionKey, str, Length]]] = field(
        default_factory=dict
    )


class Compiled:
    """One issue in one language, for readers who asked for one length."""

    def __init__(
        self,
        pages: Pages,
        sections: Sequence[Section],
        shape: Shape,
        *,
        widen: Widen,
        lock: RLock,
    ) -> None:
        """Take every section with all it may hold; `compile_issue` does the rest.

        `lock` is held while `pages` are made: they serve one thread at a time.
        """
        self._pages, self._widen, self._shape = pages, widen, shape
        self._lock = lock
        self._sections = sections
        self._wholes: dict[Kind, _Whole] = {kind: _Whole() for kind in Kind}
        #: Pages that cannot be joined, and why.
        self.why_not: dict[Kind, NotJoinable] = {}

    def join(
        self, kind: Kind, digest: Digest, stage: Stage, values: Mapping[str, str]
    ) -> Part:
        """Return one reader's page; raise `NotJoinable` for the exact path."""
        if kind in self.why_not:
            raise self.why_not[kind]
        whole = self._wholes[kind]
        try:
            sheet = whole.sheets[stage.present & whole.asked]
            return laid_out(kind, sheet, stage, values)
        except KeyError:  # something of it is not compiled yet
            with self._lock:
                self._add(kind, digest, stage)
        sheet = whole.sheets[stage.present & whole.asked]
        return laid_out(kind, sheet, stage, values)

    def _add(self, kind: Kind, digest: Digest, stage: Stage) -> None:
        """Compile what a digest needs: everything at its lengths, then what it adds."""
        needed = {(key, id_, length) for key, id_, _, length in _keys(stage)}
        for length in {length for _, _, length in needed}:
            if not any(at == length for _, _, at in self._blocks(kind, stage)):
                self._compile(kind, self._sections, length, stage)
        missing = needed - self._blocks(kind, stage)
        names = {(key, length) for key, _, length in missing}
        for length in {length for _, length in names}:
            own = [s for s in digest.sections if (section_key(s), length) in names]
            wide = [*map(self._widen, own), *own]
            self._compile(kind, wide, length, stage)

    def _blocks(self, kind: Kind, stage: Stage) -> set[tuple[SectionKey, str, Length]]:
        whole = self._wholes[kind]
        return whole.blocks.setdefault(stage.present & whole.asked, set())

    def _compile(
        self, kind: Kind, sections: Iterable[Section], length: Length, stage: Stage
    ) -> None:
        whole = self._wholes[kind]
        shape = replace(self._shape, present=stage.present)
        merged = _merged(sections)
        before = whole.sheets.get(stage.present & whole.asked)
        try:
            sheet = self._pages.whole(
                kind,
                merged,
                shape,
                length,
                asked=whole.asked,
                holes=before.holes if before else (),
            )
            if before is not None:
                sheet = before.with_more(sheet)
        except (NotJoinable, TemplateProblem, ValueError) as error:
            raise self.refuse(kind, error) from error
        whole.sheets[stage.present & whole.asked] = sheet
        self._blocks(kind, stage).update(
            (section_key(section), chosen.article.id, length)
            for section in merged
            for chosen in section.articles
        )

    def refuse(self, kind: Kind, error: Exception) -> NotJoinable:
        """Take a kind of page off this path, and return why."""
        match error:
            case NotJoinable():
                why = error
            case TemplateProblem():
                why = NotJoinable(error.what, Place(file=error.file, line=error.line))
            case _:
                why = NotJoinable(f"its frame is not always the same: {error}")
        self.why_not[kind] = why
        return why


def compile_issue(
    pages: Pages,
    sections: Sequence[Section],
    shape: Shape,
    *,
    exact: Exact,
    cast: Cast,
    widen: Widen,
    limit: int,
    lock: RLock,
) -> Compiled:
    """Compile an issue for readers of one language and length.

    `sections` hold all articles wherever they may stand; no digest has more than
    `limit` of them. `exact` makes the pages to compare with.
    """
    compiled = Compiled(pages, sections, shape, widen=widen, lock=lock)
    if rule := pages.structural_rule(shape.speech):
        compiled.refuse(
            Kind.HTML,
            NotJoinable("asks for an element's place among its siblings", rule),
        )
    told = (RICH, BARE) * 2
    for digest, values in zip(proofs(sections, limit), told, strict=False):
        shown = replace(shape, present=frozenset(values))
        lengths = Lengths.wished(shape.length, digest.count)
        stage = cast.staged(digest, lengths, present=shown.present)
        for kind in Kind:
            text = {**values, "subject": 'A "sample" & <more>'}
            sheet = partial(exact, kind, digest, shown, lengths)
            _prove(compiled, kind, digest, stage, text, sheet)
    return compiled


def _prove(
    compiled: Compiled,
    kind: Kind,
    digest: Digest,
    stage: Stage,
    values: Mapping[str, str],
    exact: Callable[[], Sheet],
) -> None:
    """Make one page both ways; take its kind off this path if they differ."""
    try:
        joined = compiled.join(kind, digest, stage, values).text
    except NotJoinable:
        return
    if what := difference(joined, laid_out(kind, exact(), stage, values).text):
        compiled.refuse(kind, NotJoinable(what))


def laid_out(kind: Kind, sheet: Sheet, stage: Stage, values: Mapping[str, str]) -> Part:
    """Return one reader's page, joined."""
    pieces = sheet.join(stage, values)
    if kind is Kind.TEXT:  # so all pieces are runs: `cut_text` makes no others
        return Part(flow(cast("list[Run]", pieces)), sheet.encoding)
    return Part(pieces, sheet.encoding)


def _keys(stage: Stage) -> Iterable[tuple[SectionKey, str, bool, Length]]:
    return (story.key for story in stage.stories)


def _merged(sections: Iterable[Section]) -> list[Section]:
    """Return each section once, with everything any of its namesakes holds."""
    found: dict[SectionKey, Section] = {}
    for section in sections:
        known = found.setdefault(section_key(section), replace(section, articles=()))
        ids = {chosen.article.id for chosen in known.articles}
        new = [chosen for chosen in section.articles if chosen.article.id not in ids]
        articles = (*known.articles, *new)
        found[section_key(section)] = replace(known, articles=articles)
    return list(found.values())
