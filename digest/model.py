"""The nouns of a newsroom's digests: what every room of the house talks about.

Everything here is a value: frozen, slotted, keyword-only, free of behaviour that
needs a clock, a disk or a network, and importing nothing of ours. Read this
module first; the words are explained in docs/design.md.

    newsletter > issue > digest > message

A *newsletter* recurs; an *issue* is one dated, frozen, ranked set of articles; a
*digest* is what one reader receives of an issue; a *message* is the bytes that
leave. Datetimes are aware and in UTC; a language is a BCP 47 tag ("fr", "pt-BR").
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Literal

# -- articles ---------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Image:
    """A picture with what a newsroom says about it."""

    url: str  #: absolute; empty where a pasted page only has the caption
    alt: str = ""  #: for who cannot see it; the caption stands in when empty
    caption: str = ""
    credit: str = ""  #: "© Agency / Photographer"
    width: int | None = None  #: pixels, where known
    height: int | None = None  #: pixels, where known


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """A link to another article, as in "Also read" and "On the same subject".

    `url` is empty where the source named an article without linking it.
    """

    title: str
    url: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Quote:
    """Words somebody said, which a template may show large."""

    text: str
    who: str = ""
    role: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Article:
    """One story, whichever source it came from.

    Text fields are plain text; only `body` is HTML, and it is always the safe
    subset of `digest.sources.cleaning`, with absolute links.
    """

    id: str  #: stable for ever: the canonical URL's, or the source's own, hashed
    headline: str
    source: str  #: the name of the source it came from
    url: str = ""  #: canonical address; empty when it exists only as a file
    standfirst: str = ""
    byline: str = ""
    desk: str = ""  #: the desk, agency or place that stands beside the byline
    image: Image | None = None
    body: str = ""
    quotes: tuple[Quote, ...] = ()
    tags: tuple[str, ...] = ()  #: labels as written; `tags.slug` compares them
    related: tuple[Link, ...] = ()  #: "On the same subject"
    also_read: tuple[Link, ...] = ()  #: "Also read" links found inside the body
    reading_minutes: int = 1
    published: datetime | None = None
    updated: datetime | None = None
    language: str = ""  #: empty: the site's
    pinned: bool = False  #: the editor wants it first
    order: int | None = None  #: the editor's place for it, 1 before 2


#: What the source of an article is called that somebody added by hand.
ADDED = "added"


# -- what is published ------------------------------------------------------


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

    @property
    def expires(self) -> datetime:
        """When it is stale: what is still deferred then has failed."""
        return self.until + timedelta(hours=24)


# -- who receives -----------------------------------------------------------


class Status(StrEnum):
    """Where a subscriber stands; only ACTIVE receives."""

    PENDING = "pending"  #: asked, not yet confirmed
    ACTIVE = "active"
    UNSUBSCRIBED = "unsubscribed"  #: wins over any file imported later
    REMOVED = (
        "removed"  #: no longer in the file they came from; back when it names them
    )
    BOUNCED = "bounced"  #: the address will never take mail; no file revives it

    @property
    def final(self) -> bool:
        """Whether it is stronger than any file: only by hand can it be changed."""
        return self in (Status.UNSUBSCRIBED, Status.BOUNCED)


class Format(StrEnum):
    """Which parts of the mail a reader wants."""

    HTML = "html"  #: HTML with its text twin
    TEXT = "text"  #: text only


class Length(StrEnum):
    """How much of each article a reader wants."""

    HEADLINES = "headlines"
    SUMMARIES = "summaries"
    FULL = "full"


@dataclass(frozen=True, slots=True, kw_only=True)
class Preferences:
    """What a reader asked for.

    `follows` and `mutes` name topics by slug, or single tags as ``tag:slug``.
    Following nothing means following everything the newsletter offers.
    """

    newsletters: frozenset[str] = frozenset()  #: slugs; empty: receives nothing
    follows: tuple[str, ...] = ()
    mutes: frozenset[str] = frozenset()
    format: Format = Format.HTML
    length: Length = Length.SUMMARIES
    limit: int | None = None  #: articles in a digest; None: the newsletter's


@dataclass(frozen=True, slots=True, kw_only=True)
class Consent:
    """When and where a reader asked for mail; the answer to "why do I get this"."""

    at: datetime | None = None
    where: str = ""  #: a form's address, "paper slip at the spring fair", …


@dataclass(frozen=True, slots=True, kw_only=True)
class Subscriber:
    """A person who asked for mail."""

    id: str  #: random, opaque; what links and journal rows hold, never the address
    address: str
    name: str = ""
    language: str = ""  #: empty: the newsletter's
    timezone: str = ""  #: empty: the newsletter's
    preferences: Preferences = field(default_factory=Preferences)
    status: Status = Status.ACTIVE
    paused_until: datetime | None = None
    consent: Consent = field(default_factory=Consent)


# -- one reader's choice ----------------------------------------------------


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


# -- what leaves ------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Envelope:
    """RFC 5321: who gets the bounce, and who gets the mail."""

    sender: str
    recipient: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """RFC 5322 bytes, ready for the wire, in their envelope.

    `delivery` is the journal row they belong to. `content` has CRLF line ends, the
    last one too, and no line that begins with a dot: it is sent as it is, without a
    look at its 40 KB (`digest.quoting` and `digest.message` see to that).
    """

    delivery: str
    envelope: Envelope
    content: bytes


class State(StrEnum):
    """Of a delivery; `digest.store.journal` draws the way from one to the next."""

    QUEUED = "queued"  #: not yet tried
    CLAIMED = "claimed"  #: leased to one process, nothing said to a server yet
    SENDING = "sending"  #: its envelope is being handed over; nothing of it has left
    BODY_SENT = "body_sent"  #: all of it may be with the server; no answer yet
    SENT = "sent"  #: the server took responsibility
    DEFERRED = "deferred"  #: refused for now (4yz); tried again when `due`
    FAILED = "failed"  #: refused for good (5yz), or expired
    UNKNOWN = "unknown"  #: the process or the line died after the last byte; held
    SKIPPED = "skipped"  #: this reader gets nothing of this issue; see the reason

    @property
    def settled(self) -> bool:
        """Whether nothing is left to do and nothing is in doubt."""
        return self in (State.SENT, State.FAILED, State.SKIPPED)


class Bounce(StrEnum):
    """What a refusal says of an address, beside the one message it refused."""

    HARD = "hard"  #: the address will never take mail
    SOFT = "soft"  #: for now; often enough, it counts as hard


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What came of handing one message over."""

    delivery: str
    state: State  #: SENT, DEFERRED, FAILED, UNKNOWN, or QUEUED: never left us
    reply: str = ""  #: the server's words, or ours when it never answered
    bounce: Bounce | None = None  #: None: nothing is known against the address
    wait_seconds: float = 0  #: until a DEFERRED one; 0: the journal's own back-off


# -- collecting -------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """Something wrong with one item; its neighbours are not affected."""

    where: str  #: "articles/strike.md:3" or "https://…/feed#item 12"
    what: str  #: what, what was found, what to do
    note: bool = False  #: True: nothing is wrong, but somebody may want to know


@dataclass(frozen=True, slots=True, kw_only=True)
class Validators:
    """What a server wants back to answer "not modified" (RFC 9110 §13)."""

    etag: str = ""
    last_modified: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fetched:
    """One source's answer to one `fetch`.

    `error` is empty or says why the source as a whole gave nothing; `problems`
    are about single items. `unchanged` means the server said so (HTTP 304).
    """

    articles: tuple[Article, ...] = ()
    problems: tuple[Problem, ...] = ()
    validators: Validators = field(default_factory=Validators)
    unchanged: bool = False
    error: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceRecord:
    """How a source has been doing, as the archive remembers it."""

    name: str
    validators: Validators = field(default_factory=Validators)
    last_success: datetime | None = None
    last_error: str = ""
    last_error_at: datetime | None = None
    items: int = 0  #: articles in its last successful answer
