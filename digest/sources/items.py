"""From an item of a feed, whichever format it came in, to an article.

`feed` and `jsonfeed` read their formats into `Item`; everything that is decided
about an item (what is its standfirst, which date to believe, whether it is there
twice) is decided here, once. One item that makes no article becomes a `Problem`
and its neighbours stay.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from digest.model import Article, Fetched, Image, Link, Problem
from digest.reading import reading_minutes
from digest.sources.cleaning import plain
from digest.sources.identity import absolute_url, article_id, canonical_url
from digest.sources.labels import (
    language_tag,
    same_picture,
    shows_the_story,
    split_credit,
    tag_labels,
)
from digest.sources.standfirsts import first_words, standfirst_and_body

logger = logging.getLogger(__name__)

#: A clock may be wrong, a story embargoed until tomorrow; 3026 is a mistake.
AHEAD = timedelta(hours=48)
_SHOWN_LENGTH = 60

#: Of one feed at a time: the pages of an issue are made of all of them, and of 15,000
#: for two minutes and in more than a gigabyte (measured).
MOST_ITEMS = 10_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """What a feed says about one story; texts may be HTML, addresses relative."""

    number: int  #: 1 for the first
    key: str = ""  #: GUID, Atom id
    url: str = ""
    title: str = ""
    summary: str = ""
    content: str = ""
    base: str = ""  #: what relative addresses are relative to
    authors: tuple[str, ...] = ()
    desk: str = ""
    tags: tuple[str, ...] = ()
    images: tuple[Image, ...] = ()  #: best first
    related: tuple[Link, ...] = ()
    published: datetime | None = None
    updated: datetime | None = None
    unread_date: str = ""  #: a date as written, when nobody can read it
    language: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Channel:
    """What the feed as a whole gives to each of its items."""

    location: str
    source: str  #: the source's name
    url: str = ""  #: the site's front page, which some feeds give for every item
    language: str = ""  #: the operator's word, which goes above all
    spoken: str = ""  #: what the feed says it is in
    tags: tuple[str, ...] = ()  #: the operator's


@dataclass(slots=True)
class Reading:
    """The articles of one feed as they are made, and what was wrong."""

    channel: Channel
    now: Callable[[], datetime]
    _first: dict[str, tuple[int, Article]] = field(default_factory=dict)  #: by id
    _problems: list[Problem] = field(default_factory=list)
    _unread_dates: list[str] = field(default_factory=list)
    _items: int = 0  #: all there are
    _front_page: str = field(init=False)

    def __post_init__(self) -> None:
        """Work out once what every item is compared with."""
        self._front_page = canonical_url(self.channel.url)

    def take(self, number: int, make: Callable[[], Item]) -> None:
        """Make an item and an article of it, or a problem; never raises."""
        self._items += 1
        if self._items > MOST_ITEMS:
            return
        item = Item(number=number)
        try:
            item = make()
            article = self._article(item)
        except Exception:  # whatever a hostile item does, its neighbours stay
            logger.debug("item %d of a feed", number, exc_info=True)
            self.problem(item, "could not be understood and was left out")
            return
        if item.unread_date:
            self._unread_dates.append(item.unread_date)
        if article is None:
            self.problem(
                item,
                "has neither a title nor a text; it was left out. Ask the publisher",
            )
        elif article.id not in self._first:
            self._first[article.id] = (number, article)
        elif _differ(self._first[article.id][1], article):
            self.problem(
                item,
                f"has the same address or GUID as item {self._first[article.id][0]} "
                "but says something else; the first one was kept",
            )

    def broken(self, why: str, *, whole: int, cut_off: bool) -> None:
        """Note that the feed is not well-formed and what could be read of it."""
        items = "1 item" if whole == 1 else f"{whole} items"
        what = f"is not well-formed XML ({why}); {items} could be read"
        if cut_off:
            what += "; the last one is cut off and was left out"
        self._note(f"{what}. Ask the publisher if this stays so")

    def fetched(self) -> Fetched:
        """Return the articles in the feed's order, and every problem."""
        if self._items > MOST_ITEMS:
            self._note(
                f"has {self._items:,} items, more than {MOST_ITEMS:,}; those behind "
                "the first of them, mostly the oldest, were left out. Ask the publisher"
            )
        if self._unread_dates:
            count, first = len(self._unread_dates), self._unread_dates[0]
            self._note(
                f"has dates that cannot be read, such as “{first[:_SHOWN_LENGTH]}”, "
                f"in {count} of its items; these count from when they were first seen"
            )
        return Fetched(
            articles=tuple(article for _, article in self._first.values()),
            problems=tuple(self._problems),
        )

    def _note(self, what: str) -> None:
        self._problems.append(Problem(where=self.channel.location, what=what))

    def problem(self, item: Item, what: str) -> None:
        """Note what is wrong with one item."""
        title = plain(item.title)[:_SHOWN_LENGTH] or item.url[:_SHOWN_LENGTH]
        shown = f"“{title}” " if title else ""
        where = f"{self.channel.location}#item {item.number}"
        self._problems.append(Problem(where=where, what=shown + what))

    def _article(self, item: Item) -> Article | None:
        base = self._base(item)
        url = canonical_url(item.url, base=base)
        standfirst, body = standfirst_and_body(
            item.content, item.summary, base_url=base
        )
        headline = plain(item.title)
        if not headline:
            headline = first_words(standfirst or body.text)
            standfirst = standfirst.removeprefix(headline).lstrip(".…!? ")
        if not headline:
            return None
        image = _lead(item.images, body.image, base)
        published, updated = self._moments(item)
        return Article(
            id=self._id(item, url, headline),
            headline=headline,
            source=self.channel.source,
            url=url,
            standfirst=standfirst,
            byline=", ".join(dict.fromkeys(filter(None, map(plain, item.authors)))),
            desk=plain(item.desk),
            image=image,
            body=body.without_lead(image).html,
            quotes=body.quotes,
            tags=tag_labels([*item.tags, *body.tags, *self.channel.tags]),
            related=(*_absolute(item.related, base), *body.related),
            also_read=body.also_read,
            reading_minutes=reading_minutes(body.text or standfirst),
            published=published,
            updated=updated,
            language=language_tag(self.channel.language)
            or language_tag(item.language)
            or self.channel.spoken,
        )

    def _base(self, item: Item) -> str:
        """Return what the item's addresses are relative to, as far as it is known."""
        around = self.channel.url or absolute_url(self.channel.location)
        return absolute_url(item.base, base=around) or around

    def _id(self, item: Item, url: str, headline: str) -> str:
        """Return the article's id, from its address unless that is the front page."""
        own = url if url != self._front_page or not item.key else ""
        moment = item.published.isoformat() if item.published else ""
        return article_id(
            own, source=self.channel.source, key=item.key or f"{headline}\0{moment}"
        )

    def _moments(self, item: Item) -> tuple[datetime | None, datetime | None]:
        """Return when the item was published and updated, as far as that may be."""
        latest = self.now() + AHEAD
        given = (item.published, item.updated)
        published, updated = (m if m and m <= latest else None for m in given)
        wrong = next((m for m in given if m and m > latest), None)
        if wrong:
            self.problem(
                item,
                f"is dated {wrong:%Y-%m-%d %H:%M}, which lies ahead; "
                "that date was not believed. Ask the publisher",
            )
        if published is None:
            return updated, None
        return published, updated if updated and updated > published else None


def _lead(images: Sequence[Image], in_body: Image | None, base: str) -> Image | None:
    """Return the picture above the story, with what the body says about it."""
    for image in images:
        url = absolute_url(image.url, base=base)
        if not shows_the_story(url):
            continue
        caption, credit = split_credit(plain(image.caption))
        found = replace(
            image,
            url=url,
            alt=plain(image.alt),
            caption=caption,
            credit=plain(image.credit) or credit,
        )
        if in_body and same_picture(url, in_body.url):
            found = replace(
                found,
                alt=in_body.alt or found.alt,
                caption=found.caption or in_body.caption,
                credit=found.credit or in_body.credit,
            )
        return found
    return in_body


def _absolute(links: Sequence[Link], base: str) -> Iterator[Link]:
    for link in links:
        yield Link(title=plain(link.title), url=canonical_url(link.url, base=base))


def _differ(one: Article, other: Article) -> bool:
    """Say whether two articles with one id tell two stories."""
    return (one.headline, one.standfirst, one.body) != (
        other.headline,
        other.standfirst,
        other.body,
    )
