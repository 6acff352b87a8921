"""What the views share: the newsroom, its pages and links, and what is on show."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass

from digest.model import Newsletter, Topic
from digest.newsroom import Newsroom
from digest.reception.post import Post
from digest.reception.showing import Showcase
from digest.rendering.words import Speech
from digest.web.public.pages import Pages
from digest.web.public.tokens import Holder, Tokens
from digest.web.public.visits import Visit


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """A newsletter or topic as a form shows it."""

    slug: str
    title: str
    tagline: str = ""
    description: str = ""
    language: str = ""
    often: int = 0  #: times a week; 0: not said
    state: str = ""  #: of a topic, how it stands with the reader
    states: Collection[str] = ()  #: in which it can stand


@dataclass(frozen=True, slots=True, kw_only=True)
class Front:
    """Where readers come in."""

    newsroom: Newsroom
    pages: Pages
    tokens: Tokens
    showcase: Showcase
    post: Post

    def speech_of(self, holder: Holder) -> Speech:
        """Return the words for somebody with a link: in their mail's language."""
        return self.pages.speech(holder.subscriber.language, holder.newsletter.language)

    def speech_for(self, visit: Visit) -> Speech:
        """Return the words for somebody who just comes by."""
        return self.pages.speech(visit.query.get("language", ""), *visit.languages)

    def newsletters(self) -> list[Offer]:
        """Return all newsletters, as forms show them."""
        return [
            Offer(
                slug=each.slug,
                title=each.title,
                tagline=each.tagline,
                language=each.language,
                often=self.showcase.issues_a_week(each),
            )
            for each in self.newsroom.settings.newsletters
        ]

    def topics(self) -> list[Topic]:
        """Return the topics that any newsletter offers."""
        newsletters = self.newsroom.settings.newsletters
        offered = {topic.slug for each in newsletters for topic in each.topics}
        return [t for t in self.newsroom.settings.topics if t.slug in offered]

    def offered(self, topic: Topic, *, state: str = "") -> Offer:
        """Return a topic as forms show it."""
        return Offer(
            slug=topic.slug,
            title=topic.title,
            description=topic.description,
            often=self.showcase.stories_a_week(topic.slug),
            state=state,
        )

    def titles(self, slugs: Iterable[str], speech: Speech) -> str:
        """Return the titles of newsletters as a list in words."""
        wanted = set(slugs)
        found: list[Newsletter] = [
            each for each in self.newsroom.settings.newsletters if each.slug in wanted
        ]
        return speech.listed([each.title for each in found])
