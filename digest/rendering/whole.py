"""The whole issue in a template's eyes: every story in every place it may stand.

These stand in for the views of one reader's digest (`digest.rendering.view`) while a
page is compiled for all readers. They have the same fields; what differs from reader to
reader is `Later` or `Many`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NoReturn

from digest.rendering.later import Later, Many, NotJoinable
from digest.rendering.marks import Marks
from digest.rendering.plaintext import columns
from digest.rendering.stage import (
    BlockKey,
    Of,
    SectionItem,
    SectionKey,
    Stage,
    StoryItem,
    more_of,
    others_of,
    stories_of,
)
from digest.rendering.view import DOT, ArticleView, fitting

#: A story as a template sees it, with the key its block is known by.
Placed = tuple[BlockKey, ArticleView]


@dataclass(frozen=True, slots=True, kw_only=True)
class WholeSection:
    """Every story that a section may hold."""

    slug: str
    title: str
    url: str
    layout: str
    articles: Many
    others: Many
    more: Later

    @classmethod
    def of(
        cls,
        key: SectionKey,
        said: Mapping[str, str],
        stories: Sequence[Placed],
        marks: Marks,
    ) -> WholeSection:
        """Take what a section says, and its stories as the lead and as others."""
        owners = frozenset({key})

        def many(name: str, of: Of, possible: Sequence[tuple[object, object]]) -> Many:
            return Many(f"section.{name}", of, marks, possible=possible, owners=owners)

        return cls(
            slug=key[0],
            **said,
            articles=many("articles", stories_of, stories),
            others=many("others", others_of, _others(stories)),
            more=Later("section.more", more_of, marks, owners=owners),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class WholeDigest:
    """Every section a reader may get."""

    sections: Many
    articles: Many
    leads: Many
    others: Many
    more: Later
    count: Later
    minutes: Later
    complete: Later
    topics: Later
    _marks: Marks
    _views: Mapping[str, ArticleView]  #: by the story's id; others join later

    @classmethod
    def of(
        cls,
        sections: Sequence[tuple[SectionKey, WholeSection]],
        stories: Sequence[Placed],
        marks: Marks,
        *,
        views: Mapping[str, ArticleView],
    ) -> WholeDigest:
        """Take the sections, and the stories of all of them."""

        def many(name: str, of: Of, possible: Sequence[tuple[object, object]]) -> Many:
            return Many(f"digest.{name}", of, marks, possible=possible)

        def later(name: str, of: Of) -> Later:
            return Later(f"digest.{name}", of, marks)

        return cls(
            sections=Many(
                "digest.sections",
                lambda digest, _, __: digest.sections,
                marks,
                possible=sections,
                sections=True,
            ),
            articles=many("articles", lambda digest, _, __: digest.stories, stories),
            leads=many("leads", lambda digest, _, __: digest.leads, _leads(stories)),
            others=many(
                "others", lambda digest, _, __: digest.others, _others(stories)
            ),
            more=later("more", lambda digest, _, __: digest.more),
            count=later("count", lambda digest, _, __: digest.count),
            minutes=later("minutes", lambda digest, _, __: digest.minutes),
            complete=later("complete", lambda digest, _, __: digest.complete),
            topics=later("topics", lambda digest, _, __: digest.topics),
            _marks=marks,
            _views=views,
        )

    @property
    def lead(self) -> NoReturn:
        """Refuse: it is another one for each reader."""
        raise NotJoinable(
            "`digest.lead` is another story for each reader: "
            "`{% each lead in digest.leads %}` … `{% endeach %}` would do"
        )

    def teasers(self, width: int) -> Later:
        """Return the headlines of `others` that fit on a line, later."""
        views = self._views
        known: dict[str, tuple[str, int]] = {}

        def teaser(id_: str) -> tuple[str, int]:
            if id_ not in known:
                text = views[id_]._teaser(width)  # noqa: SLF001 - hidden from templates alone
                known[id_] = text, columns(text)
            return known[id_]

        def fit(digest: Stage, _: SectionItem | None, __: StoryItem | None) -> object:
            columns = (teaser(story.id)[1] for story in digest.others)
            fits = fitting(columns, width)
            return tuple([story.id for story in digest.others[:fits]])

        def written(ids: Sequence[str]) -> str:
            return DOT.join([teaser(id_)[0] for id_ in ids])

        return Later("digest.teasers", fit, self._marks, written)


def _leads(stories: Sequence[Placed]) -> list[Placed]:
    return [(key, view) for key, view in stories if view.is_lead]


def _others(stories: Sequence[Placed]) -> list[Placed]:
    return [(key, view) for key, view in stories if not view.is_lead]
