"""The audience: who asked for mail, what they asked for, and what became of it.

Files are imported by content: only what a file says differently from its last
import changes anything, so what a reader chose since then stays. An unsubscribe is
stronger than any file. Every change of status leaves an event that is never changed.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from itertools import islice

from digest.addresses import same_address_key
from digest.errors import InputError
from digest.model import Agreed, Status, Subscriber
from digest.store.choices import Choices
from digest.store.database import Database, chunks, statements, to_ms
from digest.store.erasing import erase
from digest.store.history import Event, History
from digest.store.importing import BATCH, Change, Import
from digest.store.profiles import Form, form_said, subscriber_of
from digest.store.suppressions import HARD_BOUNCE, Suppressions

#: An address that is refused "for now" so often, over so long, takes no mail.
SOFT_ISSUES = 3
SOFT_SPAN = timedelta(days=14)

#: How many changes of an import are told one by one.
MOST_LISTED = 200

SQL = statements("audience")

_NOT_PLAIN = re.compile(r"[^a-z0-9@.+-]+")


class _Trial(Exception):
    """Ends the transaction of an import that only tried."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Imported:
    """What one import changed."""

    added: int = 0
    changed: int = 0
    same: int = 0
    removed: int = 0  #: no longer in the file
    kept_unsubscribed: tuple[str, ...] = ()  #: addresses it names all the same
    kept_bounced: tuple[str, ...] = ()  #: addresses that take no mail
    kept_suppressed: tuple[str, ...] = ()  #: addresses that must not be mailed
    kept_left: tuple[str, ...] = ()  #: who left a newsletter the file gives them
    #: the first of them, one by one
    changes: tuple[Change, ...] = field(default=(), compare=False)


class Audience:
    """Subscribers and their history; see `digest.store`."""

    def __init__(self, database: Database, *, now: Callable[[], datetime]) -> None:
        """Use the database; `now` is the clock of everything written."""
        self._database, self._now = database, now
        self._history = History(database, now=now)
        self._suppressions = Suppressions(database, now=now)
        self._choices = Choices(
            database, now=now, history=self._history, suppressions=self._suppressions
        )

    # -- read -----------------------------------------------------------------

    def takers(self, newsletter: str) -> Iterator[Subscriber]:
        """Yield the active readers who take a newsletter, by id.

        Paused ones are among them. Rows are fetched in batches, so anything may be
        read or written meanwhile and memory stays flat.
        """
        return self._pages(
            SQL["takers"], newsletter=newsletter, status=Status.ACTIVE.value
        )

    def with_moments(self, newsletter: str) -> Iterator[Subscriber]:
        """Yield those of the `takers` who have days or an hour of their own, by id."""
        return self._pages(
            SQL["with_moments"], newsletter=newsletter, status=Status.ACTIVE.value
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
        return self._history.of(subscriber_id)

    def agreements(self, subscriber_id: str) -> list[Agreed]:
        """Return what a reader agreed to, the oldest first; it is never changed."""
        return self._history.agreements(subscriber_id)

    def former_addresses(self, subscriber_id: str) -> list[str]:
        """Return the addresses a reader had before, in lower case."""
        rows = self._database.all(SQL["former"], subscriber=subscriber_id)
        return [row["address_key"] for row in rows]

    def said_by_files(self, subscriber_id: str) -> dict[str, Form]:
        """Return what each file last said about a reader, by the file's name."""
        rows = self._database.all(SQL["said"], subscriber=subscriber_id)
        return {row["origin"]: form_said(row["said"]) for row in rows}

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
            self.change(subscriber_id, lambda s: replace(s, status=status), by=by)
        return True

    # -- readers themselves -----------------------------------------------------

    def change(
        self,
        subscriber_id: str,
        change: Callable[[Subscriber], Subscriber],
        *,
        by: str,
        agreed: Agreed | None = None,
    ) -> Subscriber:
        """Change one reader in one transaction, and say in their history what changed.

        `by` is what brought it about: "reader", "operator". A newsletter that a reader
        no longer takes is one they `left`. Nothing is written when `change` returns an
        equal reader, but what they `agreed` to. Raises `InputError` when the id is unknown,
        when another reader has the new address, or when a reader would get mail at an
        address that is suppressed.
        """
        return self._choices.change(subscriber_id, change, by=by, agreed=agreed)

    def add(self, subscriber: Subscriber, agreed: Agreed, *, by: str) -> Subscriber:
        """Take in one reader nobody knew, as they are; the id is not looked at.

        Raises `InputError` when the address is known, or suppressed.
        """
        return self._choices.add(subscriber, agreed, by=by)

    def revive(self, subscriber_id: str, agreed: Agreed, *, by: str) -> Subscriber:
        """Let a reader get mail again, whatever stopped it; `agreed` says why.

        What they left stays left. Raises `InputError` when the id is unknown.
        """
        with self._database.tx():
            known = self.by_ids([subscriber_id]).get(subscriber_id)
            if known:
                self._suppressions.remove(known.address)
            return self._choices.change(
                subscriber_id,
                lambda s: replace(s, status=Status.ACTIVE),
                by=by,
                agreed=agreed,
            )

    def ask(self, subscriber: Subscriber, agreed: Agreed) -> Subscriber:
        """Take down what somebody asks for by a form, and that they did; return who.

        Nobody gets mail by it. Who is not known becomes PENDING; of who is, the new
        profile counts. Of who is ACTIVE nothing changes. Of everybody else it counts
        when they confirm. The id of what is given is not looked at.
        """
        return self._choices.ask(subscriber, agreed)

    def confirm(self, subscriber_id: str, agreed: Agreed) -> Subscriber:
        """Make a reader ACTIVE with what they asked for last, by their own word.

        That word is stronger than their unsubscribe, a bounce, and a suppression that
        is not the operator's (`InputError`). Of who is ACTIVE nothing changes. Raises
        `InputError` when the id is unknown.
        """
        return self._choices.confirm(subscriber_id, agreed)

    def leave(
        self, subscriber_id: str, newsletter: str | None, *, by: str
    ) -> Subscriber:
        """Stop one newsletter for a reader, or everything (None: UNSUBSCRIBED).

        No file brings back what was left. Who leaves the last newsletter stays ACTIVE
        and gets nothing. May be repeated. Raises `InputError` when the id is unknown.
        """
        return self._choices.leave(subscriber_id, newsletter, by=by)

    def rejoin(
        self, subscriber_id: str, newsletter: str | None, *, by: str
    ) -> Subscriber:
        """Undo `leave`, with the same arguments.

        Raises `InputError` when the id is unknown or the address is suppressed.
        """
        return self._choices.rejoin(subscriber_id, newsletter, by=by)

    # -- suppression --------------------------------------------------------------

    def suppressed(self, address: str) -> str:
        """Return why an address must not be mailed; "" when it may be.

        It does not matter whether it belongs to a reader: an entry outlives them.
        """
        return self._suppressions.reason(address)

    def suppress(self, address: str, reason: str, *, by: str) -> None:
        """Let an address not be mailed any more, whatever a file says later.

        Its reader, if there is one, becomes BOUNCED for "hard bounce", and
        UNSUBSCRIBED for everything else. "operator" is stronger than other reasons.
        """
        status = Status.BOUNCED if reason == HARD_BOUNCE else Status.UNSUBSCRIBED
        with self._database.tx():
            self._suppressions.add(address, reason, by=by)
            reader = self.find(address) if "@" in address else None
            if reader and not (reader.status.final and status is Status.BOUNCED):
                self.set_status(reader.id, status, by=f"{by}: {reason}")

    def unsuppress(self, address: str) -> bool:
        """Let an address be mailed again; its reader's status stays as it is.

        Returns False when it was not suppressed.
        """
        return self._suppressions.remove(address)

    def erase(self, subscriber_id: str) -> None:
        """Forget a reader and all that is known about them; not in a transaction.

        What stays is the hash of their address, which is suppressed, so that no file
        brings them back, and the numbers of deliveries. Raises `InputError` when the
        id is unknown.
        """
        erase(self._database, subscriber_id, self._suppressions)

    # -- deliveries ---------------------------------------------------------------

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
        self._history.note([subscriber_id], "soft bounce", f"{issue}: {reply}")
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

    # -- files --------------------------------------------------------------------

    def import_(
        self,
        subscribers: Iterable[Subscriber],
        *,
        origin: str,
        sync: bool,
        seen: str = "",
        consent_needed: bool = False,
        trial: bool = False,
    ) -> Imported:
        """Take in what the file `origin` says; ids are not looked at.

        With `sync` the file is followed exactly: readers it named and no longer
        names become REMOVED, unless another such file names them, and come back
        when it names them again. A row that repeats an address replaces the row
        before it. Nothing is written when anything fails, or when it is a `trial`.
        `seen` is remembered: what the file looked like. With `consent_needed`, raises
        `InputError` when it lets somebody get mail of whom nobody says where they asked.
        """
        with suppress(_Trial), self._database.roomy(), self._database.tx():
            taken = Import(
                self._database,
                origin=origin,
                standing=sync,
                history=self._history,
                suppressions=self._suppressions,
                now=self._now(),
                most_listed=MOST_LISTED,
            )
            for chunk in chunks(subscribers, BATCH):
                taken.take_in(chunk)
            if sync:
                taken.remove_others()
            self._database.run(SQL["see"], origin=origin, seen=seen)
            if consent_needed and taken.tally.without_consent:
                raise InputError(_without_consent(origin, taken.tally.without_consent))
            if trial:
                raise _Trial
        tally = taken.tally
        return Imported(
            added=tally.added,
            changed=tally.changed,
            same=tally.same,
            removed=tally.removed,
            kept_unsubscribed=tuple(tally.kept[Status.UNSUBSCRIBED]),
            kept_bounced=tuple(tally.kept[Status.BOUNCED]),
            kept_suppressed=tuple(tally.suppressed),
            kept_left=tuple(tally.left),
            changes=tuple(tally.changes),
        )


def _without_consent(origin: str, addresses: list[str]) -> str:
    others = f" and {len(addresses) - 1:,} more" if len(addresses) > 1 else ""
    return (
        f"{origin}: it does not say where {addresses[0]}{others} asked for mail; nothing "
        "was changed. Say it in a column `consent_where`, or for all of them with "
        '--consent "…"'
    )
