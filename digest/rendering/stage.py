"""One reader's digest as the join sees it: what is shown, in order, and few facts.

A page compiled for all readers asks for little: which sections, which stories in
them, which of them leads, and the numbers around it. `staged` works these out once
per mail from a `Digest`, with a number per story instead of its text.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from itertools import repeat
from typing import Any

from digest.model import Chosen, Digest, Length, Section
from digest.rendering.memory import Memory, Shelf
from digest.rendering.plaintext import one_line
from digest.tags import says_the_same, slug

#: What tells one section from another in an issue: its slug and its title.
SectionKey = tuple[str, str]
#: A story in a section, at a length, as the lead or not.
BlockKey = tuple[SectionKey, str, bool, Length]


@dataclass(frozen=True, slots=True, eq=False)
class Manner:
    """How a story is shown; equal ones are one object (`Lengths.manners`)."""

    is_lead: bool
    length: Length


@dataclass(frozen=True, slots=True, kw_only=True)
class Lengths:
    """How many stories, from the first, are shown at full length or in summary.

    A reader's wish, or less of it where the page would be too long for Gmail.
    """

    full: int
    summaries: int

    def of(self, place: int) -> Length:
        """Return how much to show of the story at `place`, counted from 0."""
        if place < self.full:
            return Length.FULL
        return Length.SUMMARIES if place < self.summaries else Length.HEADLINES

    def manners(self, count: int) -> Sequence[Manner]:
        """Return whether each of so many stories is the lead, and its length."""
        return _manners(self.full, self.summaries, count)

    @classmethod
    @lru_cache(maxsize=1024)  # every mail asks, and digests have few sizes
    def wished(cls, length: Length, count: int) -> Lengths:
        """Return what a reader asked for."""
        full = count if length is Length.FULL else 0
        return cls(full=full, summaries=0 if length is Length.HEADLINES else count)


@lru_cache(maxsize=1024)  # digests have few sizes
def _manners(full: int, summaries: int, count: int) -> tuple[Manner, ...]:
    lengths = Lengths(full=full, summaries=summaries)
    return tuple([_manner(not place, lengths.of(place)) for place in range(count)])


_manner = cache(Manner)


class StoryItem:
    """One story where it stands, and which other sections it belongs to.

    Equal ones are one object (`Cast`), so that pages remember a story's piece by it.
    """

    __slots__ = ("also_in", "id", "is_lead", "key", "minutes")

    def __init__(self, key: BlockKey, chosen: Chosen) -> None:
        self.key = key
        self.is_lead = key[2]
        self.id = chosen.article.id
        self.also_in = tuple(map(one_line, chosen.also_in))
        self.minutes = chosen.article.reading_minutes


class SectionItem:
    """One section with its stories; `others` are those without the lead."""

    __slots__ = ("key", "more", "others", "stories", "title")

    def __init__(self, section: Section, stories: tuple[StoryItem, ...]) -> None:
        self.key = section_key(section)
        self.title = one_line(section.title)
        self.more = section.more
        self.stories = stories
        # Nothing but the first of all can be the lead.
        self.others = stories[1:] if stories and stories[0].is_lead else stories


class Stage:
    """What one reader's mail shows."""

    __slots__ = ("count", "leads", "more", "others", "present", "sections", "stories")

    def __init__(
        self, sections: list[SectionItem], *, more: int, present: frozenset[str]
    ) -> None:
        """Take the sections shown, and the names of the personal values there are."""
        self.sections, self.more, self.present = sections, more, present
        self.stories = [story for one in sections for story in one.stories]
        self.leads, self.others = self.stories[:1], self.stories[1:]
        self.count = len(self.stories)

    @property
    def key(self) -> Hashable:
        """All that pages hang on besides values: readers of one choice have it in common."""
        return self.more, *self.sections

    @property
    def minutes(self) -> int:
        """How long all of it takes to read."""
        return sum([story.minutes for story in self.stories])

    @property
    def complete(self) -> bool:
        """Whether the reader has seen it all: nothing was left out."""
        return not self.more and not any(one.more for one in self.sections)

    @property
    def topics(self) -> tuple[str, ...]:
        """The titles of the sections."""
        return tuple([one.title for one in self.sections if one.title])


#: How to get something of a mail: from its stage, and from the section and the story
#: at hand, if there are any.
Of = Callable[[Stage, SectionItem | None, StoryItem | None], Any]  # Any: of any type


def stories_of(_: Stage, section: SectionItem | None, __: StoryItem | None) -> object:
    """Return the stories of the section at hand."""
    return _at_hand(section).stories


def others_of(_: Stage, section: SectionItem | None, __: StoryItem | None) -> object:
    """Return the stories of the section at hand without the lead."""
    return _at_hand(section).others


def more_of(_: Stage, section: SectionItem | None, __: StoryItem | None) -> object:
    """Return how many stories of the section at hand were left out."""
    return _at_hand(section).more


def _at_hand(section: SectionItem | None) -> SectionItem:
    assert section is not None, "a section's facts are asked inside its block"
    return section


def also_in(_: Stage, __: SectionItem | None, story: StoryItem | None) -> object:
    """Return the titles of the other sections that the story at hand belongs to."""
    assert story is not None, "a story's facts are asked inside its block"
    return story.also_in


def beyond(titles: tuple[str, ...], said: str) -> tuple[str, ...]:
    """Return the titles without those that `said`, a slug, says already."""
    if not said or not titles:
        return titles
    return tuple([one for one in titles if not says_the_same(slug(one), said)])


@dataclass(frozen=True, slots=True)
class Elsewhere:
    """Gives what `also_in` gives, without what is said above the headline."""

    said: str  #: as a slug

    def __call__(
        self, _: Stage, __: SectionItem | None, story: StoryItem | None
    ) -> object:
        """Return the titles that are left for the story at hand."""
        assert story is not None, "a story's facts are asked inside its block"
        return beyond(story.also_in, self.said)


def rests_on(of: Of) -> Of:
    """Return what a thing hangs on, as `OF_SECTION` and `OF_STORY` name it."""
    return also_in if isinstance(of, Elsewhere) else of


#: What hangs on nothing but the section at hand.
OF_SECTION: frozenset[Of] = frozenset({stories_of, others_of, more_of})
#: What hangs on nothing but the story at hand.
OF_STORY: frozenset[Of] = frozenset({also_in})
LOCAL = OF_SECTION | OF_STORY


def section_key(section: Section) -> SectionKey:
    """Return what tells this section from the others."""
    return section.slug, section.title


#: A story's id, where else it belongs, and how it is shown.
Face = tuple[str, tuple[str, ...], Manner]


class Cast:
    """All the stories of an issue, wherever they stand in anybody's digest.

    Equal stories are one object, and so are equal sections, as long as they are kept:
    readers of one topic mostly get the same stories of it.
    """

    def __init__(self, memory: Memory) -> None:
        """Take what keeps them."""
        self._memory = memory
        self._stories: dict[SectionKey, Shelf[StoryItem]] = {}
        self._sections: Shelf[SectionItem] = Shelf(memory)

    def staged(
        self, digest: Digest, lengths: Lengths, *, present: frozenset[str]
    ) -> Stage:
        """Return the stage of a digest whose stories have these lengths."""
        sections: list[SectionItem] = []
        manners = iter(lengths.manners(digest.count))
        for section in digest.sections:
            key = section.slug, section.title
            faces = [
                (chosen.article.id, chosen.also_in, next(manners))
                for chosen in section.articles
            ]
            try:
                known = self._stories[key]
                stories = tuple([known[face] for face in faces])
            except KeyError:
                stories = tuple(map(self._story, repeat(key), faces, section.articles))
            name = key, section.more, stories
            sections.append(
                self._sections.get(name)
                or self._sections.keep(name, SectionItem(section, stories))
            )
        return Stage(sections, more=digest.more, present=present)

    def _story(self, key: SectionKey, face: Face, chosen: Chosen) -> StoryItem:
        """Return a story of a section, which may be met for the first time."""
        known = self._stories.get(key)
        if known is None:
            known = self._stories[key] = Shelf(self._memory)
        found = known.get(face)
        if found is None:
            id_, _, manner = face
            block = key, id_, manner.is_lead, manner.length
            found = known.keep(face, StoryItem(block, chosen))
        return found
