"""All that the digests of an issue may hold, section by section: what is compiled once."""

from __future__ import annotations

from collections.abc import Iterable

from digest.model import Chosen, Section
from digest.selection import Candidates, Places
from digest.tags import single_tag


def catalogue(candidates: Candidates) -> tuple[Section, ...]:
    """Return every section the newsletter offers, with all that may stand in it.

    Single tags that readers follow are not among them: there may be thousands.
    """
    if not candidates.newsletter.topics:
        return (_whole("", "", candidates, range(len(candidates.articles))),)
    return tuple(
        _whole(topic.slug, topic.title, candidates, candidates.topics[topic.slug])
        for topic in candidates.newsletter.topics
    )


def widened(candidates: Candidates, section: Section) -> Section:
    """Return the section of a single tag with all that may stand in it."""
    tag = single_tag(section.slug)
    places = candidates.tags.get(tag, Places()) if tag else Places()
    return _whole(section.slug, section.title, candidates, places)


def _whole(
    slug: str, title: str, candidates: Candidates, places: Iterable[int]
) -> Section:
    articles = (candidates.articles[place] for place in sorted(places))
    return Section(
        slug=slug, title=title, articles=tuple(Chosen(article=a) for a in articles)
    )
