"""The audience: who asked for mail, what they asked for, and what became of it.

Files are imported by content: only what a file says differently from its last
import changes anything, so what a reader chose since then stays. An unsubscribe is
stronger than any file. Every change of status leaves an event that is never changed.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import islice

from digest.addresses import same_address_key
from digest.model import Status, Subscriber
from digest.store.database import (
    Database,
    Single,
    chunks,
    from_ms,
    statements,
    storable,
    to_ms,
)
from digest.store.importing import BATCH, Import, kind_of
from digest.store.profiles import subscriber_of

#: An address that is refused "for now" so often, over so long, takes no mail.
SOFT_ISSUES = 3
SOFT_SPAN = timedelta(days=14)

SQL = statements("audience")

_NOT_PLAIN = re.compile(r"[^a-z0-9@.+-]+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Imported:
    """What one import changed."""

    added: int = 0
    changed: int = 0
    same: int = 0
    removed: int = 0  #: no longer in the file
    kept_unsubscribed: tuple[str, ...] = ()  #: addresses it names all the same
    kept_bounced: tuple[str, ...] = ()  #: addresses that take no mail


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """One thing that happened to a reader."""

    at: datetime
    #: imported, confirmed, unsubscribed, resubscribed, removed, pending, soft bounce,
    #: bounced
    kind: str
    detail: str = ""  #: what brought it about: a file's name, "operator", …


class Audience:
    """Subscribers and their history; see `digest.store`."""

    def __init__(self, database: Database, *, now: Callable[[], datetime]) -> None:
        """Use the database; `now` is the clock of everything written."""
        self._database, self._now = database, now

    # -- read -----------------------------------------------------------------

    def takers(self, newsletter: str) -> Iterator[Subscriber]:
        """Yield the active readers who take a newsletter, by id.

        Paused ones are among them. Rows are fetched in batches, so anything may be
        read or written meanwhile and memory stays flat.
        """
        return self._pages(
            SQL["takers"], newsletter=newsletter, status=Status.ACTIVE.value
        )

    def all(self) -> Iterator[Subscriber]:
        """Yield every subscriber, whatever their status, by id."""
        return self._pages(SQL["everyone"])

    def search(self, words: str, *, limit: int) -> list[Subscriber]:
        """Return readers whose name or address holds `words`, in any case, by id."""
        wanted = words.strip().casefold()
        # In JSON, and where only ASCII has cases, a database finds a few too many.
        pattern = f"%{_NOT_PLAIN.sub('%', wanted)}%"
        found = (
            subscriber
            for subscriber in self._pages(SQL["matching"], pattern=pattern)
            if wanted in f"{subscriber.name}\n{subscriber.address}".casefold()
        )
        return list(islice(found, limit))

    def _pages(self, sql: str, **values: str) -> Iterator[Subscriber]:
        after = ""
        while rows := self._database.all(sql, after=after, limit=BATCH, **values):
            after = rows[-1]["id"]
            yield from map(subscriber_of, rows)

    def find(self, address_or_id: str) -> Subscriber | None:
        """Return the reader with that address (in any case) or id, or None."""
        row = (
            self._database.one(SQL["by_key"], key=same_address_key(address_or_id))
            if "@" in address_or_id
            else self._database.one(SQL["by_id"], id=address_or_id)
        )
        return subscriber_of(row) if row else None

    def by_ids(self, ids: Iterable[str]) -> dict[str, Subscriber]:
        """Return the readers with these ids, by id; who is not known is left out."""
        return {
            row["id"]: subscriber_of(row)
            for chunk in chunks(ids)
            for row in self._database.all(SQL["by_ids"], ids=chunk)
        }

    def history(self, subscriber_id: str) -> list[Event]:
        """Return what happened to a reader, the oldest first."""
        rows = self._database.all(SQL["history"], subscriber=subscriber_id)
        return [
            Event(at=from_ms(row["at_ms"]), kind=row["kind"], detail=row["detail"])
            for row in rows
        ]

    def seen(self, origin: str) -> str:
        """Return what a file looked like when it was last taken in, or ""."""
        row = self._database.one(SQL["seen"], origin=origin)
        return str(row["seen"]) if row else ""

    # -- write ----------------------------------------------------------------

    def set_status(
        self, subscriber_id: str, status: Status, *, by: str = "operator"
    ) -> bool:
        """Change a reader's status and say in their history who did.

        Returns False when they have it already, or are not known.
        """
        with self._database.tx():
            row = self._database.one(SQL["by_id"], id=subscriber_id)
            if row is None or row["status"] == status:
                return False
            self._database.run(SQL["set_status"], id=subscriber_id, status=status.value)
            self._database.run(SQL["forget_bounces"], ids=(subscriber_id,))
            self._note([subscriber_id], kind_of(Status(row["status"]), status), by)
        return True

    def bounced(
        self, subscriber_id: str, *, hard: bool, reply: str, issue: str
    ) -> bool:
        """Remember that a reader's address was refused, in the server's words.

        For good (`hard`), they are BOUNCED at once. For now, they are when nothing
        has arrived for 3 issues in a row and 14 days. Returns whether they became so.
        """
        with self._database.tx():
            row = self._database.one(SQL["by_id"], id=subscriber_id)
            if row is None or Status(row["status"]).final:
                return False
            if not hard and not self._refused_too_long(subscriber_id, issue, reply):
                return False
            return self.set_status(subscriber_id, Status.BOUNCED, by=reply)

    def _refused_too_long(self, subscriber_id: str, issue: str, reply: str) -> bool:
        """Count an issue that was refused for now, however often it was tried."""
        now = to_ms(self._now())
        row = self._database.one(SQL["soft_bounces"], subscriber=subscriber_id)
        if row and row["issue"] == issue:
            return False
        self._note([subscriber_id], "soft bounce", f"{issue}: {reply}")
        self._database.run(
            SQL["add_soft_bounce"], subscriber=subscriber_id, issue=issue, now=now
        )
        if row is None:
            return False
        span = timedelta(milliseconds=now - row["since_ms"])
        return bool(row["issues"] + 1 >= SOFT_ISSUES and span >= SOFT_SPAN)

    def delivered(self, subscriber_ids: Iterable[str]) -> None:
        """Remember that mail arrived: what was refused for now before is forgotten."""
        for chunk in chunks(subscriber_ids):
            rows = self._database.all(SQL["bouncing"], ids=chunk)
            if rows:  # of most there is nothing to forget, and nothing is written
                ids = tuple(row["subscriber"] for row in rows)
                self._database.run(SQL["forget_bounces"], ids=ids)

    def _note(self, subscriber_ids: Sequence[str], kind: str, detail: str) -> None:
        """Add an event to the history of each of these readers."""
        event: dict[str, Single] = {
            "at": to_ms(self._now()),
            "kind": kind,
            "detail": storable(detail),
        }
        self._database.many(
            SQL["add_event"], [{**event, "subscriber": each} for each in subscriber_ids]
        )

    def import_(
        self,
        subscribers: Iterable[Subscriber],
        *,
        origin: str,
        sync: bool,
        seen: str = "",
    ) -> Imported:
        """Take in what the file `origin` says; ids are not looked at.

        With `sync` the file is followed exactly: readers it named and no longer
        names become REMOVED, unless another such file names them, and come back
        when it names them again. A row that repeats an address replaces the row
        before it. Nothing is written when anything fails. `seen` is remembered: what
        the file looked like.
        """
        taken = Import(self._database, origin=origin, standing=sync, note=self._note)
        with self._database.tx():
            for chunk in chunks(subscribers, BATCH):
                taken.take_in(chunk)
            if sync:
                taken.remove_others()
            self._database.run(SQL["see"], origin=origin, seen=seen)
        tally = taken.tally
        return Imported(
            added=tally.added,
            changed=tally.changed,
            same=tally.same,
            removed=tally.removed,
            kept_unsubscribed=tuple(tally.kept[Status.UNSUBSCRIBED]),
            kept_bounced=tuple(tally.kept[Status.BOUNCED]),
        )
