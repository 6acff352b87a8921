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
from dataclasses import replace
from threading import RLock

from digest.errors import TemplateProblem
from digest.model import Digest, Length, Section
from digest.quoting import Part
from digest.rendering.joining import Sheet
from digest.rendering.later import NotJoinable
from digest.rendering.marks import Place
from digest.rendering.pages import Kind, Pages, Shape
from digest.rendering.proofs import BARE, RICH, difference
from digest.rendering.stage import (
    BlockKey,
    Cast,
    Lengths,
    SectionKey,
    Stage,
    section_key,
)

#: Makes a page the exact way: for one choice of articles.
Exact = Callable[[Kind, Digest, Shape, Lengths], Sheet]
#: Returns a section with all it may hold, for one that is not among the compiled.
Widen = Callable[[Section], Section]


_NOTHING_ASKED: frozenset[str] = frozenset()

#: How many stories of each section are compiled as the lead, before anybody asks. A lead
#: is the first story of somebody's first section, but for those they had or muted.
LEADS = 3


class Compiled:
    """One kind of page of an issue, for readers of one language and length."""

    def __init__(
        self,
        pages: Pages,
        kind: Kind,
        sections: Sequence[Section],
        shape: Shape,
        *,
        widen: Widen,
        lock: RLock,
    ) -> None:
        """Take every section with all it may hold; `compile_issue` does the rest.

        `lock` is held while `pages` are made: they serve one thread at a time.
        """
        self._pages, self._kind, self._shape = pages, kind, shape
        self._sections, self._widen, self._lock = sections, widen, lock
        #: Names of the values a template asks for by `if`, and a page per answer.
        self._asked: set[str] = set()
        self._sheets: dict[frozenset[str], Sheet] = {}
        self._blocks: dict[frozenset[str], set[BlockKey]] = {}
        #: Why it cannot be joined, if it cannot.
        self.why_not: NotJoinable | None = None

    def join(self, digest: Digest, stage: Stage, values: Mapping[str, str]) -> Part:
        """Return one reader's page; raise `NotJoinable` for the exact path."""
        if self.why_not is not None:
            raise self.why_not
        try:
            return self._sheets[self._answers(stage)].join(stage, values)
        except KeyError:  # something of it is not compiled yet
            with self._lock:
                self._add(digest, stage)
        try:
            return self._sheets[self._answers(stage)].join(stage, values)
        except KeyError:  # a loop in a loop holds what was compiled at another time
            raise NotJoinable("this mail needs blocks that were not compiled") from None

    def _answers(self, stage: Stage) -> frozenset[str]:
        """Return which page is for a reader: which of the values asked for there are."""
        return stage.present & self._asked if self._asked else _NOTHING_ASKED

    def _add(self, digest: Digest, stage: Stage) -> None:
        """Compile what a digest needs: everything at its lengths, then what it adds."""
        needed = {story.key for story in stage.stories}
        for length in {length for *_, length in needed}:
            if not any(at == length for *_, at in self._here(stage)):
                self._compile(self._sections, length, stage, leads=LEADS)
        missing = needed - self._here(stage)
        names = {(key, length) for key, *_, length in missing}
        known = {section_key(section): section for section in self._sections}
        for length in {length for _, length in names}:
            own = [s for s in digest.sections if (section_key(s), length) in names]
            all_of = [known.get(section_key(s)) or self._widen(s) for s in own]
            self._compile([*all_of, *own], length, stage, leads=None)

    def _here(self, stage: Stage) -> set[BlockKey]:
        """Return the blocks that are compiled for readers with these values."""
        return self._blocks.setdefault(self._answers(stage), set())

    def _compile(
        self,
        sections: Iterable[Section],
        length: Length,
        stage: Stage,
        *,
        leads: int | None,
    ) -> None:
        merged = _merged(sections)
        before = self._sheets.get(self._answers(stage))
        try:
            sheet = self._pages.whole(
                self._kind,
                merged,
                replace(self._shape, present=stage.present),
                length,
                leads=leads,
                asked=self._asked,
                holes=before.holes if before else (),
            )
            if before is not None:
                sheet = before.with_more(sheet)
        except (NotJoinable, TemplateProblem, ValueError) as error:
            raise self.refuse(error) from error
        self._sheets[self._answers(stage)] = sheet
        self._here(stage).update(
            (section_key(section), chosen.article.id, is_lead, length)
            for section in merged
            for place, chosen in enumerate(section.articles)
            for is_lead in (True, False)
            if not is_lead or leads is None or place < leads
        )

    def refuse(self, error: Exception) -> NotJoinable:
        """Take this kind of page off this path, and return why."""
        match error:
            case NotJoinable():
                self.why_not = error
            case TemplateProblem():
                place = Place(file=error.file, line=error.line)
                self.why_not = NotJoinable(error.what, place)
            case _:
                self.why_not = NotJoinable(f"its frame is not always the same: {error}")
        return self.why_not


def compile_issue(
    pages: Pages,
    kind: Kind,
    sections: Sequence[Section],
    shape: Shape,
    *,
    exact: Exact,
    cast: Cast,
    proofs: Iterable[Digest],
    widen: Widen,
    lock: RLock,
) -> Compiled:
    """Compile an issue for readers of one language and length.

    `sections` hold all articles wherever they may stand. `exact` makes the pages of
    `proofs` to compare with.
    """
    compiled = Compiled(pages, kind, sections, shape, widen=widen, lock=lock)
    if kind is Kind.HTML and (rule := pages.structural_rule(shape.speech)):
        why = "asks for an element's place among its siblings"
        compiled.refuse(NotJoinable(why, rule))
    for digest, values in zip(proofs, (RICH, BARE) * 2, strict=False):
        shown = replace(shape, present=frozenset(values))
        lengths = Lengths.wished(shape.length, digest.count)
        stage = cast.staged(digest, lengths, present=shown.present)
        told = {**values, "subject": 'A "sample" & <more>'}
        try:
            joined = compiled.join(digest, stage, told).text
        except Exception as error:  # noqa: BLE001 - the exact path says what is wrong where
            if compiled.why_not is None:
                compiled.refuse(NotJoinable(f"cannot be joined: {error}"))
            break
        alone = exact(kind, digest, shown, lengths).join(stage, told).text
        if what := difference(joined, alone):
            compiled.refuse(NotJoinable(what))
    return compiled


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
