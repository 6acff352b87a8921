r"""The journal: one row per issue and reader, and what became of it.

    queued -> claimed -> sending -> sent | deferred | failed | unknown
                    \-> skipped

A process claims rows for a while (a lease) and marks each `sending`, on the disk,
before its first byte may leave. Every later step asks for the claim's token, so a
process that slept through its lease can do no harm when it wakes. Rows whose lease
ended before they were `sending` are simply claimed again; those that were `sending`
are in doubt and become `unknown`: nobody can know whether that mail left.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime

from digest.model import Outcome, State
from digest.store.database import (
    Database,
    Row,
    chunks,
    from_ms,
    new_id,
    statements,
    storable,
    to_ms,
)

BATCH = 500  #: rows read at a time

SQL = statements("journal")

#: What an outcome may say, and whether the mail then certainly did not leave.
OUTCOMES = {
    State.SENT: False,
    State.UNKNOWN: False,
    State.DEFERRED: True,
    State.FAILED: True,
    State.QUEUED: True,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """One reader's row, leased to this process."""

    delivery: str
    issue: str
    subscriber: str
    token: str  #: shared by the rows claimed together
    attempts: int  #: made before
    lease_seconds: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """One row as it stands."""

    id: str
    issue: str
    subscriber: str
    state: State
    attempts: int
    due: datetime | None  #: of a deferred one
    dated: datetime | None  #: the message's Date, once there was an attempt
    reason: str  #: why it was skipped
    reply: str  #: the server's last words
    changed: datetime


class Journal:
    """Deliveries and what readers received; see `digest.store`."""

    def __init__(self, database: Database, *, now: Callable[[], datetime]) -> None:
        """Use the database; `now` is the clock of leases, too."""
        self._database, self._now = database, now

    # -- plan and claim -------------------------------------------------------

    def plan(self, issue_id: str, subscribers: Iterable[str]) -> int:
        """Write a queued row for every reader who has none; return how many."""
        now = to_ms(self._now())
        with self._database.tx():
            return sum(
                self._database.many(
                    SQL["plan"],
                    [
                        {
                            "id": new_id(),
                            "issue": issue_id,
                            "reader": reader,
                            "now": now,
                        }
                        for reader in chunk
                    ],
                )
                for chunk in chunks(subscribers)
            )

    def claim(
        self,
        issue_id: str,
        *,
        limit: int,
        lease_seconds: float,
        only: Collection[str] | None = None,
    ) -> list[Claim]:
        """Lease up to `limit` rows that may be sent now; no other process gets them.

        These are the queued ones, deferred ones that are due, and claimed ones
        whose lease ended. `only` limits them to those readers.
        """
        token, claims = secrets.token_hex(16), list[Claim]()
        readers = [None] if only is None else list(chunks(sorted(only)))
        with self._database.tx():
            for chunk in readers:
                rows = self._database.all(
                    SQL["claim"].replace(
                        "{only}", "" if chunk is None else SQL["only"]
                    ),
                    issue=issue_id,
                    now=to_ms(self._now()),
                    token=token,
                    lease=self._lease(lease_seconds),
                    limit=limit - len(claims),
                    readers=chunk or (),
                )
                rows.sort(key=lambda row: (row["due_ms"], row["subscriber"]))
                claims += (_claim(row, lease_seconds) for row in rows)
        return claims

    def release(self, token: str) -> int:
        """Give back the rows claimed under `token` and not started; return how many."""
        return self._database.run(SQL["release"], token=token, now=to_ms(self._now()))

    # -- one row --------------------------------------------------------------

    def skip(self, claim: Claim, reason: str) -> bool:
        """Write that this reader gets nothing of the issue; False: not ours any more."""
        return bool(
            self._database.run(
                SQL["skip"],
                id=claim.delivery,
                token=claim.token,
                reason=storable(reason),
                now=to_ms(self._now()),
            )
        )

    def start(self, claim: Claim, articles: Collection[str]) -> datetime | None:
        """Mark a claimed row `sending`; its bytes may leave when this returned.

        `articles` are the ids the mail holds; the reader never gets them again
        unless it turns out that the mail did not leave. Returns the message's
        Date. None means: do not send it, go on to the next. The lease ended and
        another process took the row; or the reader was just sent one of these
        articles by another newsletter, and the row is queued to be chosen again.
        """
        return self.start_many([(claim, articles)]).get(claim.delivery)

    def start_many(
        self, chosen: Collection[tuple[Claim, Collection[str]]]
    ) -> dict[str, datetime]:
        """Start several rows with one commit; return the Dates by delivery.

        A crash leaves all of them in doubt: give it no more than fit in flight.
        """
        with self._database.tx(durable=True):
            dates = {
                claim.delivery: self._start(claim, tuple(dict.fromkeys(articles)))
                for claim, articles in chosen
            }
        return {
            delivery: from_ms(date)
            for delivery, date in dates.items()
            if date is not None
        }

    def _start(self, claim: Claim, articles: tuple[str, ...]) -> int | None:
        """Mark one row and write what it holds, if it is ours and still right."""
        mine: dict[str, str | int] = {
            "id": claim.delivery,
            "token": claim.token,
            "now": to_ms(self._now()),
        }
        if articles and self._database.one(
            SQL["received"], readers=(claim.subscriber,), articles=articles
        ):
            self._database.run(SQL["requeue"], **mine)
            return None
        row = self._database.one(
            SQL["start"], **mine, lease=self._lease(claim.lease_seconds)
        )
        if row is None:
            return None
        self._database.many(
            SQL["receive"],
            [
                {"reader": claim.subscriber, "article": a, "delivery": claim.delivery}
                for a in articles
            ],
        )
        return int(row["dated_ms"])

    def record(
        self, claim: Claim, outcome: Outcome, *, due: datetime | None = None
    ) -> bool:
        """Write what came of a started row; DEFERRED needs `due`, its next attempt.

        The truth wins even when it comes late and the row is `unknown` already.
        Returns False when the row is not this claim's any more.
        """
        return bool(self.record_many([(claim, outcome, due)]))

    def record_many(
        self, outcomes: Collection[tuple[Claim, Outcome, datetime | None]]
    ) -> int:
        """Record several outcomes with one commit; return how many were ours."""
        with self._database.tx():
            return sum(self._record(*each) for each in outcomes)

    def _record(self, claim: Claim, outcome: Outcome, due: datetime | None) -> bool:
        state = outcome.state
        if state not in OUTCOMES or (state is State.DEFERRED) != (due is not None):
            raise ValueError(f"an outcome cannot be {state} with due {due}")
        row = self._database.one(
            SQL["record"],
            id=claim.delivery,
            token=claim.token,
            state=state.value,
            # Kept while in doubt, so that the one who knows can still say so.
            kept=claim.token if state is State.UNKNOWN else None,
            doubted=int(state is State.UNKNOWN),
            untried=int(state is State.QUEUED),
            due=to_ms(due or self._now()),
            reply=storable(outcome.reply),
            now=to_ms(self._now()),
        )
        if row and OUTCOMES[state]:
            self._database.run(
                SQL["unreceive"], reader=row["subscriber"], delivery=claim.delivery
            )
        return row is not None

    def expire(self) -> int:
        """Turn rows whose process died while sending into `unknown`; return how many."""
        return self._database.run(SQL["expire"], now=to_ms(self._now()))

    def recover(self, issue_id: str) -> int:
        """End all leases on an issue at once, as if their time were up.

        For who just took the issue's lock: whoever claimed rows before is gone.
        Returns how many rows were left in doubt.
        """
        with self._database.tx():
            self._database.run(
                SQL["end_leases"], issue=issue_id, now=to_ms(self._now())
            )
            return self.expire()

    # -- read -----------------------------------------------------------------

    def counts(self, issue_id: str) -> dict[State, int]:
        """Return how many rows are in each state; states without rows are left out."""
        found = {
            row["state"]: row["n"]
            for row in self._database.all(SQL["counts"], issue=issue_id)
        }
        return {state: found[state.value] for state in State if state.value in found}

    def deliveries(
        self, issue_id: str, state: State | None = None
    ) -> Iterator[Delivery]:
        """Yield an issue's rows by reader's id, all or those in one state."""
        sql = SQL["deliveries"].replace("{state}", SQL["in_state"] if state else "")
        values = {"state": state.value} if state else {}
        after = ""
        while rows := self._database.all(
            sql, issue=issue_id, after=after, limit=BATCH, **values
        ):
            after = rows[-1]["subscriber"]
            yield from map(_delivery, rows)

    def oldest_due(self, issue_id: str) -> datetime | None:
        """Return since when, or from when on, the first open row may be sent."""
        row = self._database.one(SQL["oldest_due"], issue=issue_id)
        return from_ms(row["due_ms"]) if row else None

    def received(
        self,
        subscribers: Iterable[str],
        articles: Collection[str],
        *,
        except_issue: str | None = None,
    ) -> dict[str, set[str]]:
        """Return which of these articles each of these readers got, or may have got.

        Readers who got none are left out. What `except_issue` itself brought does
        not count: that is for planning the issue again.
        """
        found: dict[str, set[str]] = {}
        sql = SQL["received"] + (
            SQL["except_issue"] if except_issue is not None else ""
        )
        values = {} if except_issue is None else {"issue": except_issue}
        for readers in chunks(subscribers):
            for wanted in chunks(articles):
                for row in self._database.all(
                    sql, readers=readers, articles=wanted, **values
                ):
                    found.setdefault(row["subscriber"], set()).add(row["article"])
        return found

    def _lease(self, seconds: float) -> int:
        return to_ms(self._now()) + int(seconds * 1000)


def _claim(row: Row, lease_seconds: float) -> Claim:
    return Claim(
        delivery=row["id"],
        issue=row["issue"],
        subscriber=row["subscriber"],
        token=row["token"],
        attempts=row["attempts"],
        lease_seconds=lease_seconds,
    )


def _delivery(row: Row) -> Delivery:
    state, dated = State(row["state"]), row["dated_ms"]
    return Delivery(
        id=row["id"],
        issue=row["issue"],
        subscriber=row["subscriber"],
        state=state,
        attempts=row["attempts"],
        due=from_ms(row["due_ms"]) if state is State.DEFERRED else None,
        dated=None if dated is None else from_ms(dated),
        reason=row["reason"],
        reply=row["reply"],
        changed=from_ms(row["changed_ms"]),
    )
