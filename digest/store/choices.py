"""What readers decide themselves, and what is changed for them one by one.

Each is one transaction: read, change, write, and one event that says what changed.
Files come later and know nothing of it; see `digest.store.importing` for what they
can and cannot change then.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime

from digest.addresses import same_address_key
from digest.errors import InputError, UnknownReader
from digest.model import Agreed, Consent, Status, Subscriber
from digest.store.database import Database, Row, statements, to_ms
from digest.store.history import History, kind_of
from digest.store.ids import new_id
from digest.store.merging import differences
from digest.store.profiles import form_of, profile_of, subscriber_of
from digest.store.suppressions import BY_OPERATOR, Suppressions

SQL = statements("choices")

READER = "reader"  #: what brought about what a reader did


class Choices:
    """Changes of single readers; see `Audience` for what each method promises."""

    def __init__(
        self,
        database: Database,
        *,
        now: Callable[[], datetime],
        history: History,
        suppressions: Suppressions,
    ) -> None:
        """Use the database; `now` dates what is asked for."""
        self._database, self._now = database, now
        self._history, self._suppressions = history, suppressions

    def change(
        self,
        subscriber_id: str,
        change: Callable[[Subscriber], Subscriber],
        *,
        by: str,
        kind: str = "changed",
        agreed: Agreed | None = None,
    ) -> Subscriber:
        """Change one reader; `kind` names the event unless their status changes."""
        with self._database.tx():
            row = self._row(subscriber_id)
            was = subscriber_of(row)
            now = _settled(was, replace(change(was), id=was.id), by=by)
            changed = dict(differences(form_of(was), form_of(now)))
            if changed:
                self._write(was, now)
                if changed.pop("status", None):
                    kind = kind_of(was.status, now.status)
                self._history.note([was.id], kind, by, changed)
            if agreed:
                self._history.agree([(was.id, agreed)])
        return now

    def add(self, subscriber: Subscriber, agreed: Agreed, *, by: str) -> Subscriber:
        """Write a reader nobody knew."""
        with self._database.tx():
            key = same_address_key(subscriber.address)
            if other := self._database.one(SQL["by_key"], key=key):
                raise InputError(
                    f"{subscriber.address} is known already, and {other['status']}. "
                    "`digest subscribers edit` changes a reader, `revive` brings one "
                    "back."
                )
            self._refuse_suppressed(subscriber.address)
            consent = Consent(at=agreed.at, where=agreed.where)
            added = replace(subscriber, id=new_id(), consent=consent)
            self._add(added)
            self._history.note([added.id], "added", by)
            self._history.agree([(added.id, agreed)])
        return added

    def ask(self, subscriber: Subscriber, agreed: Agreed) -> Subscriber:
        """Take down what somebody asks for by a form."""
        with self._database.tx():
            row = self._database.one(
                SQL["by_key"], key=same_address_key(subscriber.address)
            )
            if row is None:
                asked = replace(subscriber, id=new_id(), status=Status.PENDING)
                self._add(asked)
                self._history.note([asked.id], "asked", agreed.where)
            else:
                asked = self._ask_again(subscriber_of(row), subscriber, agreed)
            self._history.agree([(asked.id, agreed)])
        return asked

    def _ask_again(
        self, known: Subscriber, subscriber: Subscriber, agreed: Agreed
    ) -> Subscriber:
        """Take down what somebody asks for who is known; ACTIVE ones change nothing."""
        if known.status is Status.ACTIVE:
            return known
        if known.status is Status.PENDING:
            wanted = replace(subscriber, id=known.id, status=Status.PENDING)
            return self.change(
                known.id, lambda _: wanted, by=agreed.where, kind="asked"
            )
        self._database.run(
            SQL["ask"],
            subscriber=known.id,
            profile=profile_of(form_of(subscriber)),
            now=to_ms(self._now()),
        )
        self._history.note([known.id], "asked", agreed.where)
        return known

    def confirm(self, subscriber_id: str, agreed: Agreed) -> Subscriber:
        """Let a reader receive what they asked for."""
        with self._database.tx():
            row = self._row(subscriber_id)
            known = subscriber_of(row)
            if known.status is Status.ACTIVE:
                return known
            if self._suppressions.reason(known.address) == BY_OPERATOR:
                raise InputError(
                    f"the reader {known.id} must not be mailed: the operator has "
                    "suppressed their address. `digest subscribers revive` lifts it."
                )
            self._suppressions.remove(known.address)
            wanted = self._asked(known)
            consent = Consent(at=agreed.at, where=agreed.where)
            now = replace(wanted, status=Status.ACTIVE, consent=consent)
            self._database.run(SQL["forget_asked"], subscriber=known.id)
            return self.change(known.id, lambda _: now, by=agreed.where, agreed=agreed)

    def _asked(self, known: Subscriber) -> Subscriber:
        """Return a reader as they asked to be, if they did since they left."""
        row = self._database.one(SQL["asked"], subscriber=known.id)
        if row is None:
            return known
        as_row = {**dict(row), "id": known.id, "status": known.status.value}
        return subscriber_of({**as_row, "address": known.address})

    def leave(
        self, subscriber_id: str, newsletter: str | None, *, by: str
    ) -> Subscriber:
        """Stop one newsletter, or everything."""

        def left(subscriber: Subscriber) -> Subscriber:
            if newsletter is None:
                return replace(subscriber, status=Status.UNSUBSCRIBED)
            return _without(subscriber, newsletter)

        return self.change(subscriber_id, left, by=by, kind="left")

    def rejoin(
        self, subscriber_id: str, newsletter: str | None, *, by: str
    ) -> Subscriber:
        """Undo that."""

        def back(subscriber: Subscriber) -> Subscriber:
            if newsletter is not None:
                return _with(subscriber, newsletter)
            if subscriber.status is Status.UNSUBSCRIBED:
                return replace(subscriber, status=Status.ACTIVE)
            return subscriber

        return self.change(subscriber_id, back, by=by, kind="rejoined")

    def _row(self, subscriber_id: str) -> Row:
        row = self._database.one(SQL["by_id"], id=subscriber_id)
        if row is None:
            raise UnknownReader(subscriber_id)
        return row

    def _add(self, subscriber: Subscriber) -> None:
        """Write a reader nobody knew."""
        form, key = form_of(subscriber), same_address_key(subscriber.address)
        self._free(key, subscriber.id)
        self._database.run(
            SQL["insert"],
            id=subscriber.id,
            address=subscriber.address,
            key=key,
            status=subscriber.status.value,
            profile=profile_of(form),
        )
        self._take(subscriber)

    def _write(self, was: Subscriber, now: Subscriber) -> None:
        """Write a reader who is known; refuse what would break a promise."""
        key, former = same_address_key(now.address), same_address_key(was.address)
        if key != former:
            self._move(now.id, former, key)
        revived = now.status is Status.ACTIVE and was.status is not Status.ACTIVE
        if revived or key != former:
            self._refuse_suppressed(now.address)
        self._database.run(
            SQL["update"],
            id=now.id,
            address=now.address,
            key=key,
            status=now.status.value,
            profile=profile_of(form_of(now)),
        )
        if was.status is not now.status:
            self._database.run(SQL["forget_bounces"], subscriber=now.id)
        if was.preferences.newsletters != now.preferences.newsletters:
            self._database.run(SQL["untake"], subscriber=now.id)
            self._take(now)

    def _refuse_suppressed(self, address: str) -> None:
        if reason := self._suppressions.reason(address):
            raise InputError(
                f"{address} must not be mailed ({reason}). "
                "`digest subscribers revive` lifts it; it asks for the reason."
            )

    def _move(self, subscriber_id: str, former: str, key: str) -> None:
        """Note an old address, which files may go on naming; the new one is free."""
        other = self._database.one(SQL["by_key"], key=key)
        if other is not None:
            raise InputError(
                f"another reader ({other['id']}) has this address already. Change or "
                "erase that one first."
            )
        self._free(key, subscriber_id)
        self._database.run(SQL["note_former"], key=former, subscriber=subscriber_id)

    def _free(self, key: str, subscriber_id: str) -> None:
        """Part an address from whoever had it before this reader."""
        self._database.run(SQL["unname"], key=key, subscriber=subscriber_id)
        self._database.run(SQL["forget_former"], key=key)

    def _take(self, subscriber: Subscriber) -> None:
        """Repeat which newsletters a reader takes, for SQL."""
        self._database.many(
            SQL["take"],
            [
                {"newsletter": newsletter, "subscriber": subscriber.id}
                for newsletter in sorted(subscriber.preferences.newsletters)
            ],
        )


def _settled(was: Subscriber, now: Subscriber, *, by: str) -> Subscriber:
    """Return a reader who left what they stopped taking, and not what they take."""
    left = now.left - now.preferences.newsletters
    if by == READER:
        left |= was.preferences.newsletters - now.preferences.newsletters
    return now if left == now.left else replace(now, left=left)


def _without(subscriber: Subscriber, newsletter: str) -> Subscriber:
    taken = subscriber.preferences.newsletters - {newsletter}
    return replace(
        subscriber,
        preferences=replace(subscriber.preferences, newsletters=taken),
        left=subscriber.left | {newsletter},
    )


def _with(subscriber: Subscriber, newsletter: str) -> Subscriber:
    taken = subscriber.preferences.newsletters | {newsletter}
    return replace(
        subscriber,
        preferences=replace(subscriber.preferences, newsletters=taken),
        left=subscriber.left - {newsletter},
    )
