"""One reader's digest as the join sees it: what is shown, in order, and few facts.

A page compiled for all readers asks for little: which sections, which stories in
them, which of them leads, and the numbers around it. `staged` works these out once
per mail from a `Digest`, with a number per story instead of its text.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from digest.model import Chosen, Digest, Length, Section

#: What tells one section from another in an issue: its slug and its title.
SectionKey = tuple[str, str]
#: A story in a section, at a length, as the lead or not.
BlockKey = tuple[SectionKey, str, bool, Length]


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

    @classmethod
    def wished(cls, length: Length, count: int) -> Lengths:
        """Return what a reader asked for."""
        full = count if length is Length.FULL else 0
        return cls(full=full, summaries=0 if length is Length.HEADLINES else count)


class StoryItem:
    """One story where it stands, and which other sections it belongs to.

    Equal ones are one object (`Cast`), so that pages remember a story's piece by it.
    """

    __slots__ = ("also_in", "id", "key", "minutes")

    def __init__(self, key: BlockKey, chosen: Chosen) -> None:
        self.key = key
        self.id = chosen.article.id
        self.also_in = chosen.also_in
        self.minutes = chosen.article.reading_minutes


class SectionItem:
    """One section with its stories; `others` are those without the lead."""

    __slots__ = ("key", "more", "others", "stories", "title")

    def __init__(
        self, section: Section, stories: list[StoryItem], *, led: bool
    ) -> None:
        self.key = section_key(section)
        self.title = section.title
        self.more = section.more
        self.stories = stories
        self.others = stories[1:] if led else stories


class Stage:
    """What one reader's mail shows."""

    def __init__(
        self, sections: list[SectionItem], *, more: int, present: frozenset[str]
    ) -> None:
        """Take the sections shown, and the names of the personal values there are."""
        self.sections, self.more, self.present = sections, more, present
        self.stories = [story for section in sections for story in section.stories]
        self.leads, self.others = self.stories[:1], self.stories[1:]
        self.count = len(self.stories)

    @cached_property
    def minutes(self) -> int:
        """How long all of it takes to read."""
        return sum([story.minutes for story in self.stories])

    @property
    def complete(self) -> bool:
        """Whether the reader has seen it all: nothing was left out."""
        return not self.more and not any(section.more for section in self.sections)

    @property
    def topics(self) -> tuple[str, ...]:
        """The titles of the sections."""
        return tuple([section.title for section in self.sections if section.title])


#: How to get something of a mail: from its stage, and from the section and the story
#: at hand, if there are any.
Of = Callable[[Stage, SectionItem | None, StoryItem | None], Any]  # Any: of any type


def also_in(_: Stage, __: SectionItem | None, story: StoryItem | None) -> object:
    """Return the titles of the other sections that the story at hand belongs to."""
    assert story is not None, "a story's facts are asked inside its block"
    return story.also_in


def section_key(section: Section) -> SectionKey:
    """Return what tells this section from the others."""
    return section.slug, section.title


class Cast:
    """All the stories of an issue, wherever they stand in anybody's digest."""

    def __init__(self) -> None:
        self._stories: dict[SectionKey, dict[object, StoryItem]] = {}

    def staged(
        self, digest: Digest, lengths: Lengths, *, present: frozenset[str]
    ) -> Stage:
        """Return the stage of a digest whose stories have these lengths."""
        sections: list[SectionItem] = []
        place = 0
        for section in digest.sections:
            key = section_key(section)
            known = self._stories.setdefault(key, {})
            stories = []
            for chosen in section.articles:
                length = lengths.of(place)
                face = (chosen.article.id, not place, length, chosen.also_in)
                story = known.get(face)
                if story is None:
                    block = (key, chosen.article.id, not place, length)
                    story = known[face] = StoryItem(block, chosen)
                stories.append(story)
                place += 1
            led = not sections and bool(stories)
            sections.append(SectionItem(section, stories, led=led))
        return Stage(sections, more=digest.more, present=present)
