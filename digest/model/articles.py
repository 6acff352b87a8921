"""Articles, what they consist of, and how they came in."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime


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
    are about single items. `unchanged` means the server said so (HTTP 304), `complete`
    that it is all there is: what it brought before, and not here, it takes back.
    """

    articles: tuple[Article, ...] = ()
    problems: tuple[Problem, ...] = ()
    validators: Validators = field(default_factory=Validators)
    unchanged: bool = False
    complete: bool = False
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
