"""What the address of a page asks for: every state of the studio can be linked to.

A page is a function of its address and of what lies on the disk, so going back,
opening a second window and loading again do what a browser's user expects.
"""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from enum import StrEnum
from typing import Self, TypeVar
from urllib.parse import urlencode

from starlette.datastructures import QueryParams

from digest.model import Format, Length, Subscriber
from digest.showing import Showing

E = TypeVar("E", bound=StrEnum)

#: The reader nobody is: everything about them is in the address.
INVENTED = "invented"
#: Issues that are not in the archive: what `send` would send, and the schedule's next.
NOW, NEXT = "", "next"


class Pane(StrEnum):
    """One way to look at a digest."""

    MAIL = "mail"
    TEXT = "text"
    WHY = "why"
    FINDINGS = "findings"
    COMPARE = "compare"
    HEADER = "header"
    SOURCE = "source"


@dataclass(frozen=True, slots=True, kw_only=True)
class Wishes:
    """Preferences to look at a digest with, instead of the reader's own."""

    follows: tuple[str, ...] = ()
    mutes: tuple[str, ...] = ()
    top: tuple[str, ...] = ()  #: topics of which only the first stories count
    format: Format = Format.HTML
    length: Length = Length.SUMMARIES
    limit: int | None = None
    language: str = ""

    @classmethod
    def read(cls, query: QueryParams) -> Self:
        """Read them from an address; what makes no sense is as usual."""
        limit = query.get("limit", "")
        return cls(
            follows=tuple(dict.fromkeys(filter(None, query.getlist("follows")))),
            mutes=tuple(dict.fromkeys(filter(None, query.getlist("mutes")))),
            top=tuple(dict.fromkeys(filter(None, query.getlist("top")))),
            format=_one_of(Format, query.get("format", ""), Format.HTML),
            length=_one_of(Length, query.get("length", ""), Length.SUMMARIES),
            limit=int(limit) if limit.isdecimal() and int(limit) > 0 else None,
            language=query.get("language", ""),
        )

    @classmethod
    def of(cls, reader: Subscriber) -> Self:
        """Return a reader's own."""
        own = reader.preferences
        return cls(
            follows=own.follows,
            mutes=tuple(sorted(own.mutes)),
            top=tuple(sorted(own.top)),
            format=own.format,
            length=own.length,
            limit=own.limit,
            language=reader.language,
        )

    def given_to(self, reader: Subscriber) -> Subscriber:
        """Return that reader as though these were their wishes; nothing is saved."""
        preferences = replace(
            reader.preferences,
            follows=self.follows,
            mutes=frozenset(self.mutes),
            top=frozenset(self.top),
            format=self.format,
            length=self.length,
            limit=self.limit,
        )
        return replace(reader, preferences=preferences, language=self.language)

    def pairs(self) -> list[tuple[str, str]]:
        """Return them as an address has them."""
        return [
            *(("follows", each) for each in self.follows),
            *(("mutes", each) for each in self.mutes),
            *(("top", each) for each in self.top),
            ("format", self.format.value),
            ("length", self.length.value),
            ("limit", str(self.limit or "")),
            ("language", self.language),
        ]


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """One page of the studio."""

    newsletter: str = ""  #: slug; empty: the first
    issue: str = NOW  #: `NOW`, `NEXT`, or an issue's id
    reader: str = ""  #: id, or `INVENTED`; empty: the first who takes it
    wishes: Wishes | None = None  #: None: the reader's own
    pane: Pane = Pane.MAIL
    showing: Showing = Showing.DAY
    phone: bool = False
    search: str = ""  #: words that readers are looked for by
    spot: str = ""  #: a finding's place: "html:12"
    against: str = ""  #: "before", "reader" or "issue": what a digest is compared with
    other: str = ""  #: the id of that reader or issue
    other_search: str = ""

    @classmethod
    def read(cls, query: QueryParams) -> Self:
        """Read an address; what makes no sense is as usual."""
        return cls(
            newsletter=query.get("newsletter", ""),
            issue=query.get("issue", ""),
            reader=query.get("reader", ""),
            wishes=Wishes.read(query) if "as_if" in query else None,
            pane=_one_of(Pane, query.get("pane", ""), Pane.MAIL),
            showing=_one_of(Showing, query.get("showing", ""), Showing.DAY),
            phone=query.get("phone", "") == "1",
            search=query.get("search", ""),
            spot=query.get("spot", ""),
            against=query.get("against", ""),
            other=query.get("other", ""),
            other_search=query.get("other_search", ""),
        )

    def but(self, **changes: object) -> str:
        """Return the address of this page with something else about it."""
        return replace(self, **changes).address  # type: ignore[arg-type] # names of fields

    @property
    def address(self) -> str:
        """Where this page is."""
        return "/?" + urlencode(self.pairs())

    def pairs(self, *, without: tuple[str, ...] = ()) -> list[tuple[str, str]]:
        """Return what an address says of it, as usual left out."""
        found = list[tuple[str, str]]()
        for each in fields(self):
            value = getattr(self, each.name)
            if each.name in without or value == each.default:
                continue
            if isinstance(value, Wishes):
                found += [("as_if", "1"), *value.pairs()]
            else:
                found.append((each.name, "1" if value is True else str(value)))
        return found


def _one_of(kind: type[E], value: str, usual: E) -> E:
    try:
        return kind(value)
    except ValueError:
        return usual
