"""What somebody asks for by a form."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta

from digest.model import Agreed, Preferences, Status, Subscriber
from digest.store import Request

#: How long the link in a mail that answers a form works.
LINK_WORKS = timedelta(hours=72)


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """What somebody asks for by the form for new readers."""

    address: str
    newsletters: tuple[str, ...]  #: slugs
    topics: tuple[str, ...] = ()  #: slugs; none: all
    language: str = ""
    days: tuple[int, ...] = ()  #: weekdays, 0 is Monday; none: every issue
    hour: int | None = None
    timezone: str = ""  #: of the hour and the days; empty: the newsletter's
    where: str = ""  #: the form's address
    wording: str = ""  #: the sentence agreed to, as it was shown

    @property
    def subscriber(self) -> Subscriber:
        """The reader this would make, without an id."""
        return Subscriber(
            id="",
            address=self.address,
            language=self.language,
            timezone=self.timezone,
            status=Status.PENDING,
            preferences=Preferences(
                newsletters=frozenset(self.newsletters),
                follows=self.topics,
                days=frozenset(self.days),
                hour=self.hour,
            ),
        )

    def agreed(self, request: Request, *, method: str) -> Agreed:
        """Return the entry for the record of consent, dated by the request."""
        details = [f"newsletters: {', '.join(self.newsletters)}"]
        details += [f"topics: {', '.join(self.topics)}"] if self.topics else []
        return Agreed(
            at=request.asked,
            where=self.where,
            method=method,
            wording=self.wording,
            details="; ".join([*details, f"request: {request.id}"]),
        )

    def granted(self, subscriber: Subscriber) -> Subscriber:
        """Return a reader who gets mail already, with what they asked for on top.

        Who follows everything goes on doing so.
        """
        held = subscriber.preferences
        everything = not held.follows or not self.topics
        follows = () if everything else tuple(dict.fromkeys(held.follows + self.topics))
        newsletters = held.newsletters | frozenset(self.newsletters)
        return replace(
            subscriber,
            preferences=replace(held, newsletters=newsletters, follows=follows),
            left=subscriber.left - frozenset(self.newsletters),
        )
