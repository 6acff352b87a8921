"""What is published: newsletters, topics, issues, and one reader's choice of them."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Literal

from digest.model.articles import Article


@dataclass(frozen=True, slots=True, kw_only=True)
class Topic:
    """What the public follows: a title and the tags it matches.

    An article belongs when it carries one of `any` (if there are any), every
    one of `all`, and none of `none`; all are tag slugs.
    """

    slug: str
    title: str
    description: str = ""
    page: str = ""  #: its address on the site
    layout: Literal["list", "grid", "brief"] = "list"  #: how its stories stand
    any: frozenset[str] = frozenset()
    all: frozenset[str] = frozenset()
    none: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class Mailbox:
    """A name and an address, as in From and Reply-To."""

    address: str
    name: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Schedule:
    """When a newsletter is due: cron expressions read in its own time zone.

    `crons` is what `weekdays at 07:00` means, too. A slot missed by at most
    `max_lateness_minutes` (the process was down) still goes out; an older one
    is skipped and said to be.
    """

    crons: tuple[str, ...]
    max_lateness_minutes: int = 360


@dataclass(frozen=True, slots=True, kw_only=True)
class Approval:
    """What editors have to do with an issue before it leaves.

    They get a proof of it. Without a window one of them must approve; with one it is
    made so many minutes before its time, and leaves then unless somebody holds it.
    """

    window_minutes: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """How much one digest may hold."""

    articles: int = 12  #: in all
    per_topic: int = 5  #: in one section
    minimum: int = 1  #: with fewer, the reader is skipped
    max_age_days: int | None = None  #: of `published`; None: no limit


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """What a newsletter says beside its stories: a sponsor's words, or its own."""

    title: str
    text: str = ""
    label: str = ""  #: "Sponsored", "Advertisement"; empty: the language's "Notice"
    url: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Newsletter:
    """A named, recurring publication."""

    slug: str
    title: str
    sender: Mailbox
    language: str
    timezone: str  #: IANA name
    tagline: str = ""
    reply_to: Mailbox | None = None
    topics: tuple[Topic, ...] = ()  #: in the order of sections; () = no sections
    sources: frozenset[str] = frozenset()  #: names; empty = every source
    schedule: Schedule | None = None  #: None: only by hand
    limits: Limits = field(default_factory=Limits)
    same_story_twice: bool = False  #: a reader gets near-duplicates, too
    approval: Approval | None = None  #: None: issues leave without anybody's word
    template: str = "newsroom"
    intro: str = ""  #: the editor's words above the first story
    notice: Notice | None = None
    inline_images: bool = False  #: mails carry the project's own pictures
    feedback: str = ""  #: a page that takes "was this issue useful?"; may be empty


@dataclass(frozen=True, slots=True, kw_only=True)
class Issue:
    """One dated, frozen, ranked set of articles of one newsletter.

    `articles` are those seen in `[since, until)`, ranked: pinned first, then in
    the editor's order, then the newest.
    """

    id: str  #: "daily/2026-11-23", unique for ever
    newsletter: str  #: slug
    number: int  #: 1, 2, 3 … within the newsletter
    since: datetime
    until: datetime
    slot: str | None = None  #: the schedule's slot id; None: made by hand
    articles: tuple[Article, ...] = ()
    #: Issues before this one, the newest first, with what this one holds of them for
    #: readers who take mail on days of their own; the last may be too old to be held,
    #: and only says when it was. See `digest.moments`.
    earlier: tuple[Issue, ...] = ()

    @property
    def carried(self) -> tuple[Article, ...]:
        """What it holds of earlier issues, the newest issue's first."""
        return tuple(article for issue in self.earlier for article in issue.articles)

    @property
    def expires(self) -> datetime:
        """When it is stale: what is still deferred then has failed."""
        return self.until + timedelta(hours=24)


@dataclass(frozen=True, slots=True, kw_only=True)
class Chosen:
    """One article in one reader's digest, and where else it would have stood."""

    article: Article
    also_in: tuple[str, ...] = ()  #: titles of other sections it belongs to


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """The articles of one topic inside a digest."""

    slug: str
    title: str  #: empty: a newsletter without topics
    articles: tuple[Chosen, ...]
    more: int = 0  #: how many of the topic did not fit


@dataclass(frozen=True, slots=True, kw_only=True)
class Digest:
    """What one reader receives of an issue; empty when `skipped` says why."""

    issue: str  #: id
    sections: tuple[Section, ...] = ()
    more: int = 0  #: articles the reader follows that did not fit anywhere
    skipped: str = ""  #: empty, or the reason this reader gets nothing

    @property
    def articles(self) -> tuple[Article, ...]:
        """Every article of the digest, in the order shown."""
        return tuple(c.article for s in self.sections for c in s.articles)

    @property
    def count(self) -> int:
        """How many articles it holds."""
        return sum([len(section.articles) for section in self.sections])
