"""Who receives, and what they asked for."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum


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
    top: frozenset[str] = frozenset()  #: topics of which only the first stories count
    format: Format = Format.HTML
    length: Length = Length.SUMMARIES
    limit: int | None = None  #: articles in a digest; None: the newsletter's
    days: frozenset[int] = frozenset()  #: 0 is Monday; empty: every issue
    #: 0 to 23, in the reader's time zone: when a mail may leave; None: at once
    hour: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Consent:
    """When and where a reader asked for mail; the answer to "why do I get this"."""

    at: datetime | None = None
    where: str = ""  #: a form's address, "paper slip at the spring fair", …


@dataclass(frozen=True, slots=True, kw_only=True)
class Agreed:
    """One entry of the record of consent: what somebody agreed to, and how."""

    at: datetime
    where: str  #: the address of the page, "operator", a file's name
    #: how: "form" (asked, not yet confirmed), "confirmed", "import", "operator"
    method: str
    wording: str = ""  #: the sentence agreed to, as it was shown
    details: str = ""  #: whatever else proves it: topics, the form's version, …


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
    #: newsletters they left themselves: no file brings these back
    left: frozenset[str] = frozenset()
