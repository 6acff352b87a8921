"""What template authors see: plain values, ready to print.

The model speaks of articles and choices; a template wants "23 November 2026", the
word above a headline, whether a text runs from right to left. These are the fields
docs/templates.md explains (a test compares the two), and `digest.rendering.
variables` fills them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from digest.model import Link, Notice, Quote
from digest.rendering.bodies import Bodies
from digest.rendering.later import Later, Present
from digest.rendering.personal import Slot
from digest.rendering.plaintext import columns, shorten
from digest.rendering.templates import Markup

#: Between headlines on one line.
DOT = " · "


@dataclass(frozen=True, slots=True, kw_only=True)
class ImageView:
    """A picture; `alt` is never empty."""

    url: str
    alt: str
    caption: str
    credit: str
    width: int | None
    height: int | None

    def width_in(self, room: int) -> int:
        """Return how wide to show it in `room` pixels: never enlarged."""
        return min(room, self.width or room)

    def height_in(self, room: int) -> int | None:
        """Return the height that belongs to `width_in(room)`, where it is known."""
        if not self.width or not self.height:
            return None
        return round(self.height * self.width_in(room) / self.width)


@dataclass(frozen=True, slots=True, kw_only=True)
class ArticleView:
    """One story of a reader's digest."""

    headline: str
    url: str  #: empty when the story exists only as a file
    topic: str  #: its section's title; empty in a newsletter without topics
    kicker: str  #: a tag that says more than the topic; may be empty
    standfirst: str
    byline: str
    desk: str
    comma: str  #: what its language writes between byline and desk
    image: ImageView | None
    quotes: tuple[Quote, ...]
    also_read: tuple[Link, ...]
    related: tuple[Link, ...]
    also_in: tuple[str, ...] | Later  #: titles of other sections it belongs to
    elsewhere: tuple[str, ...] | Later  #: of these, what the kicker does not say
    tags: tuple[str, ...]
    minutes: int
    published: str  #: "23 November 2026", or empty
    language: str
    dir: str  #: "ltr" or "rtl"
    foreign: bool  #: in another language than the mail
    length: str  #: "headlines", "summaries" or "full": how much of it to show
    is_lead: bool
    _body: str = field(repr=False)
    _bodies: Bodies = field(repr=False)
    _mixed: Callable[[str, str], str] = field(repr=False)

    @property
    def has_body(self) -> bool:
        """Whether there is more than headline and standfirst."""
        return bool(self._body)

    def _teaser(self, width: int) -> str:
        """Return the headline for a line of headlines of at most `width` columns."""
        return self._mixed(shorten(self.headline, width), self.dir)

    @property
    def body(self) -> Markup:
        """The whole story as HTML, its headings below the story's own."""
        level = 3 if self.is_lead else 4
        return Markup(self._bodies.html(self._body, level, language=self.language))

    @property
    def body_text(self) -> str:
        """The whole story as plain text."""
        return self._bodies.text(self._body, language=self.language)


@dataclass(frozen=True, slots=True, kw_only=True)
class SectionView:
    """The stories of one topic."""

    slug: str
    title: str  #: empty in a newsletter without topics
    url: str  #: the topic's page on the site; may be empty
    layout: str  #: "list", "grid" or "brief": how its stories stand
    articles: tuple[ArticleView, ...]
    more: int  #: how many of the topic did not fit

    @property
    def others(self) -> tuple[ArticleView, ...]:
        """Its stories without the lead."""
        return tuple(article for article in self.articles if not article.is_lead)


@dataclass(frozen=True, slots=True, kw_only=True)
class DigestView:
    """What this reader receives."""

    sections: tuple[SectionView, ...]
    more: int  #: stories on the reader's topics that did not fit

    @property
    def articles(self) -> tuple[ArticleView, ...]:
        """Every story, in the order shown."""
        return tuple(article for s in self.sections for article in s.articles)

    @property
    def lead(self) -> ArticleView:
        """The first story."""
        return self.articles[0]

    @property
    def leads(self) -> tuple[ArticleView, ...]:
        """The first story, for `each`."""
        return self.articles[:1]

    @property
    def others(self) -> tuple[ArticleView, ...]:
        """Every story but the first."""
        return self.articles[1:]

    def teasers(self, width: int) -> str:
        """Return the headlines of `others` that fit on a line, at least one."""
        teasers = [article._teaser(width) for article in self.others]  # noqa: SLF001 - hidden from templates alone
        return DOT.join(teasers[: fitting(map(columns, teasers), width)])

    @property
    def count(self) -> int:
        """How many stories there are."""
        return len(self.articles)

    @property
    def minutes(self) -> int:
        """How long they take to read."""
        return sum(article.minutes for article in self.articles)

    @property
    def complete(self) -> bool:
        """Whether the reader has seen it all: nothing was left out."""
        return not self.more and not any(section.more for section in self.sections)

    @property
    def topics(self) -> tuple[str, ...]:
        """The titles of the sections."""
        return tuple(section.title for section in self.sections if section.title)


def fitting(lengths: Iterable[int], width: int) -> int:
    """Return how many texts of so many columns fit on a line of `width`."""
    used = number = 0
    for length in lengths:
        used += length + (len(DOT) if number else 0)
        if number and used > width:
            break
        number += 1
    return number


@dataclass(frozen=True, slots=True, kw_only=True)
class NewsletterView:
    """The newsletter this is an issue of."""

    title: str
    tagline: str
    intro: tuple[str, ...]  #: the editor's words, in paragraphs
    language: str  #: of its title, tagline, intro and topics
    dir: str
    foreign: bool  #: in another language than the mail
    notice: Notice | None  #: with title, text, label and url
    reply_to: str  #: an address that somebody reads; may be empty
    feedback_yes: str  #: "this issue was useful", as an address; may be empty
    feedback_no: str


@dataclass(frozen=True, slots=True, kw_only=True)
class IssueView:
    """The issue this digest was chosen from."""

    number: int
    date: str  #: "Monday 23 November 2026"
    day: str  #: "23 November 2026"


@dataclass(frozen=True, slots=True, kw_only=True)
class ReaderView:
    """The reader: values to print, and whether each is there."""

    name: Slot | str
    address: Slot | str
    subscribed: Slot | str  #: the day, "3 February 2026"
    unsubscribe: Slot | str
    preferences: Slot | str
    pause: Slot | str
    web_copy: Slot | str
    has_name: bool | Present
    has_address: bool | Present
    has_subscribed: bool | Present
    has_unsubscribe: bool | Present
    has_preferences: bool | Present
    has_pause: bool | Present
    has_web_copy: bool | Present
