"""What people asked for on the public pages, until its mail is out and its link used.

A request is written before anybody is answered, and its mail is made later: so none is
lost when a mail server is away or a process dies, and an answer tells nothing about who
is known. Taking one for its mail sets when it is tried again; only a mail that is out
ends that. A link works once, and not for ever.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from digest.addresses import same_address_key
from digest.jsonform import dump
from digest.store.database import Database, Row, from_ms, statements, to_ms
from digest.store.ids import new_id

SQL = statements("requests")

#: After the first try, and twice as long after each one, but never longer than a day.
FIRST_WAIT = timedelta(minutes=5)
LONGEST_WAIT = timedelta(hours=24)

#: What was asked for is forgotten after so long.
KEPT = timedelta(days=30)


class Wanted(StrEnum):
    """What a request is for."""

    SUBSCRIBE = "subscribe"  #: somebody filled in the form
    WELCOME = "welcome"  #: they confirmed
    ADDRESS = "address"  #: one side of a change of address; there are two


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """One thing that somebody asked for."""

    id: str  #: 13 characters, as a subscriber's; what the link in its mail holds
    kind: Wanted
    subscriber: str | None  #: id; None: nobody has looked yet
    detail: Mapping[str, Any]  # what the kind needs, as JSON
    asked: datetime
    attempts: int  #: to send its mail
    until: datetime  #: when its link stops working
    used: bool  #: the link

    @property
    def mailbox(self) -> str:
        """The address that its mail goes to; "" is its reader's own."""
        return str(self.detail.get("side") or self.detail.get("address") or "")


class Requests:
    """The requests of one database; see the module."""

    def __init__(self, database: Database, *, now: Callable[[], datetime]) -> None:
        """Use the database; `now` is the clock of everything written."""
        self._database, self._now = database, now

    def add(
        self,
        kind: Wanted,
        *,
        address: str,
        detail: Mapping[str, object],
        lifetime: timedelta,
        subscriber: str | None = None,
    ) -> str:
        """Write down a request whose mail goes to `address`; return its id."""
        now, id_ = self._now(), new_id()
        with self._database.tx():  # which waits best for whoever is writing
            self._database.run(
                SQL["add"],
                id=id_,
                kind=kind.value,
                subscriber=subscriber,
                address=same_address_key(address),
                detail=dump(detail),
                now=to_ms(now),
                due=to_ms(now),
                until=to_ms(now + lifetime),
            )
        return id_

    def find(self, id_: str) -> Request | None:
        """Return that request, used or not, or None."""
        row = self._database.one(SQL["by_id"], id=id_)
        return _request(row) if row else None

    def of(self, subscriber: str) -> list[Request]:
        """Return what a reader asked for, the oldest first."""
        rows = self._database.all(SQL["of"], subscriber=subscriber)
        return [_request(row) for row in rows]

    def use(self, id_: str) -> bool:
        """Use a link; False: it is unknown, was used before, or is too old."""
        return bool(self._database.run(SQL["use"], id=id_, now=self._ms()))

    def is_open(self, request: Request) -> bool:
        """Whether a request's link may still be used."""
        return not request.used and request.until > self._now()

    # -- mails ----------------------------------------------------------------

    def take(self, limit: int = 20) -> list[Request]:
        """Return requests whose mail is due; each comes again unless it is settled."""
        now = self._now()
        with self._database.tx():
            rows = self._database.all(SQL["due"], now=to_ms(now), limit=limit)
            found = [_request(row) for row in rows]
            for request in found:
                wait = min(FIRST_WAIT * 2**request.attempts, LONGEST_WAIT)
                self._database.run(SQL["take"], id=request.id, due=to_ms(now + wait))
        return found

    def settle(self, id_: str) -> None:
        """Say that a request's mail is out."""
        self._database.run(SQL["settle"], id=id_)

    def belongs(self, id_: str, subscriber: str) -> None:
        """Say whose request it is."""
        self._database.run(SQL["belongs"], id=id_, subscriber=subscriber)

    def drop(self, id_: str) -> None:
        """Forget a request that gets no mail."""
        self._database.run(SQL["drop"], id=id_)

    def waiting(self) -> int:
        """Return for how many requests a mail is still to be sent."""
        row = self._database.one(SQL["waiting"])
        return int(row["number"]) if row else 0

    def mailed(self, address: str, *, since: datetime) -> int:
        """Return how many mails about requests an address got since then."""
        key = same_address_key(address)
        row = self._database.one(SQL["mailed"], address=key, since=to_ms(since))
        return int(row["number"]) if row else 0

    def forget_old(self) -> int:
        """Forget what was asked for long ago; return how many requests."""
        before = to_ms(self._now() - KEPT)
        return self._database.run(SQL["forget"], before=before)

    def _ms(self) -> int:
        return to_ms(self._now())


def _request(row: Row) -> Request:
    return Request(
        id=row["id"],
        kind=Wanted(row["kind"]),
        subscriber=row["subscriber"],
        detail=json.loads(row["detail"]),
        asked=from_ms(row["asked_ms"]),
        attempts=row["attempts"],
        until=from_ms(row["until_ms"]),
        used=row["used_ms"] is not None,
    )
