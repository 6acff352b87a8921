r"""The journal: one row per issue and reader, and what became of it.

    queued -> claimed -> sending -> body_sent -> sent | deferred | failed | unknown
                    \-> skipped

A process claims rows for a while (a lease). A row is `sending` while its envelope is
handed over and nothing of it can have arrived, and `body_sent`, on the disk, before
the last byte of its message may leave. Every step asks for the claim's token, so a
process that slept through its lease can do no harm when it wakes.

When a process dies, its rows that were `claimed` or `sending` are simply free again.
Only those that were `body_sent` are in doubt: nobody can know whether that mail
arrived. They become `unknown` and wait for the operator, unless the operator said
beforehand what is to become of them.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from datetime import datetime

from digest.model import State
from digest.store.approvals import RECALLED
from digest.store.contents import Contents
from digest.store.database import (
    Database,
    Row,
    Single,
    chunks,
    from_ms,
    statements,
    storable,
    to_ms,
)
from digest.store.rows import Brought, Claim, Delivery, Start, Wait, Written
from digest.store.step import Answer, Asked, Changed, Step, due_at, hold_of

BATCH = 500  #: rows read at a time

SQL = statements("journal")

#: What becomes of a row in doubt, and what its reply then says.
DOUBTS = {
    State.UNKNOWN: "nobody was left to hear the answer; it may have arrived",
    State.QUEUED: "nobody was left to hear the answer; sent again, as "
    "delivery.in_doubt says",
    State.SENT: "nobody was left to hear the answer; taken as sent, as "
    "delivery.in_doubt says",
}


class Journal:
    """Deliveries and what readers received; see `digest.store`."""

    def __init__(self, database: Database, *, now: Callable[[], datetime]) -> None:
        """Use the database; `now` is the clock of leases, too."""
        self._database, self._now = database, now
        self._contents = Contents(database)
        self._contents.adopt()
        self._keys: dict[str, int] = {}

    # -- plan and claim -------------------------------------------------------

    def plan(self, issue_id: str, newsletter: str) -> int:
        """Write a queued row for each active taker who has none; return how many."""
        with self._database.tx():
            return self._database.run(
                SQL["plan"],
                issue=self._key(issue_id),
                newsletter=newsletter,
                now=self._ms(),
            )

    def put_off(
        self, issue_id: str, waiting: Mapping[str, datetime], reason: str
    ) -> None:
        """Let queued rows wait until then, by reader's id, before they are tried."""
        same: dict[str, Single] = {"issue": self._key(issue_id), "now": self._ms()}
        rows = [
            {**same, "token": "", "reader": reader, "due": to_ms(due), "reason": reason}
            for reader, due in waiting.items()
        ]
        with self._database.tx():
            self._database.many(SQL["put_off"], rows)

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
        token, rows = secrets.token_hex(16), list[Row]()
        readers = [None] if only is None else list(chunks(sorted(only)))
        with self._database.tx(alone=False):
            for chunk in readers:
                rows += self._database.all(
                    SQL["claim"].replace(
                        "{only}", "" if chunk is None else SQL["only"]
                    ),
                    issue=self._key(issue_id),
                    now=self._ms(),
                    token=token,
                    lease=self._ms() + int(lease_seconds * 1000),
                    limit=limit - len(rows),
                    readers=chunk or (),
                )
        rows.sort(key=lambda row: str(row["subscriber"]))
        return [self._claim(issue_id, row) for row in rows]

    def _claim(self, issue_id: str, row: Row) -> Claim:
        claim = Claim(
            issue=issue_id,
            subscriber=row["subscriber"],
            token=row["token"],
            attempts=row["attempts"],
        )
        if not row["doubted"]:
            return claim
        held = self._contents.unpack(self._key(issue_id), row["contents"] or b"")
        return Claim(
            issue=issue_id,
            subscriber=claim.subscriber,
            token=claim.token,
            attempts=claim.attempts,
            dated=from_ms(row["dated_ms"]),
            articles=held,
        )

    def release(self, claims: Sequence[Claim]) -> int:
        """Give back those rows that were not started; return how many."""
        with self._database.tx(alone=False):
            return sum(
                self._database.run(
                    SQL["release"],
                    issue=self._key(chunk[0].issue),
                    readers=tuple(claim.subscriber for claim in chunk),
                    token=chunk[0].token,
                    now=self._ms(),
                )
                for chunk in chunks(claims)
            )

    # -- what happens ---------------------------------------------------------

    def write(
        self,
        issue_id: str,
        *,
        skips: Collection[tuple[Claim, str]] = (),
        waits: Collection[Wait] = (),
        starts: Collection[Start] = (),
        outcomes: Collection[Answer] = (),
        leaving: Collection[Claim] = (),
    ) -> Written:
        """Write down, with one commit, what several threads have come to.

        `skips` get nothing, and why; `waits` nothing yet. `starts` are about to be
        handed over; their articles count as received from now on. `outcomes` are what
        came of some, with the next attempt of those DEFERRED; the truth wins even when
        it comes late and the row is `unknown` already. The bodies of `leaving` may leave
        when this returned, unless refused. A crash leaves them in doubt.
        """
        asked = Asked(
            skips=skips, waits=waits, starts=starts, outcomes=outcomes, leaving=leaving
        )
        with suppress(Changed), self._database.tx(durable=True, alone=False):
            return self._step(issue_id).write_unread(asked)
        with self._database.tx(durable=True, alone=False):
            return self._step(issue_id).write(asked)

    def _step(self, issue_id: str) -> Step:
        key = self._key(issue_id)
        return Step(self._database, self._contents, key, now=self._ms())

    def recover(self, issue_id: str, *, doubtful: State = State.UNKNOWN) -> int:
        """Take all rows of an issue from whoever holds them.

        For who just took the issue's lock: whoever claimed rows before is gone. Those
        whose body may have left become `doubtful` (QUEUED: the same mail again, unless
        the issue was recalled). Returns how many these were.
        """
        issue, now = self._key(issue_id), self._ms()
        with self._database.tx():
            self._database.run(SQL["recover_untouched"], issue=issue, now=now)
            if hold_of(self._database, issue) == RECALLED:
                self.skip_open(issue_id, RECALLED)
                doubtful = State.UNKNOWN if doubtful is State.QUEUED else doubtful
            return self._database.run(
                SQL["recover_doubtful"],
                issue=issue,
                now=now,
                state=doubtful.value,
                due=due_at(doubtful),
                reply=DOUBTS[doubtful],
            )

    def resolve(
        self,
        issue_id: str,
        *,
        was: State,
        becomes: State,
        reply: str,
        only: Collection[str] | None = None,
    ) -> int:
        """Move rows that nobody holds from one state to another; return how many.

        This is the operator's word: in doubt to sent, failed to queued. `only`
        limits it to those readers.
        """
        readers = [None] if only is None else list(chunks(sorted(only)))
        with self._database.tx():
            return sum(
                self._database.run(
                    SQL["resolve"].replace(
                        "{only}", "" if chunk is None else SQL["only"]
                    ),
                    issue=self._key(issue_id),
                    was=was.value,
                    state=becomes.value,
                    due=due_at(becomes),
                    reply=storable(reply),
                    now=self._ms(),
                    readers=chunk or (),
                )
                for chunk in readers
            )

    # -- an issue held back ---------------------------------------------------

    def hold(self, issue_id: str, why: str) -> None:
        """Let nothing more of an issue leave, from the next commit on; "" ends it."""
        self._database.run(SQL["set_hold"], issue=self._key(issue_id), hold=why)

    def held(self, issue_id: str) -> str:
        """Return why nothing of an issue leaves at present, or ""."""
        return hold_of(self._database, self._key(issue_id))

    def skip_open(self, issue_id: str, reason: str) -> int:
        """Skip every row whose envelope was not handed over yet; return how many."""
        return self._database.run(
            SQL["skip_open"],
            issue=self._key(issue_id),
            reason=storable(reason),
            now=self._ms(),
        )

    # -- read -----------------------------------------------------------------

    def open_issues(self, newsletter: str) -> list[str]:
        """Return the ids of issues of which something is not settled, oldest first.

        Held ones are left out, and rows in doubt do not count: they wait for a word.
        """
        rows = self._database.all(SQL["open_issues"], newsletter=newsletter)
        return [row["id"] for row in rows]

    def in_hand(self, newsletter: str) -> list[str]:
        """Return the ids of issues of which some process has, or had, mails in hand."""
        rows = self._database.all(SQL["in_hand"], newsletter=newsletter)
        return [row["id"] for row in rows]

    def counts(self, issue_id: str) -> dict[State, int]:
        """Return how many rows are in each state; states without rows are left out."""
        found = {
            row["state"]: row["n"]
            for row in self._database.all(SQL["counts"], issue=self._key(issue_id))
        }
        return {state: found[state.value] for state in State if state.value in found}

    def waiting(self, issue_id: str) -> tuple[int, datetime | None]:
        """Return how many rows wait for their reader's hour, and until when the first."""
        (row,) = self._database.all(SQL["waiting"], issue=self._key(issue_id))
        return row["n"], from_ms(row["due_ms"]) if row["n"] else None

    def reasons(self, issue_id: str) -> dict[str, int]:
        """Return why readers were skipped and how many, the most frequent first."""
        rows = self._database.all(SQL["reasons"], issue=self._key(issue_id))
        return {row["reason"]: row["n"] for row in rows}

    def deliveries(
        self, issue_id: str, state: State | None = None
    ) -> Iterator[Delivery]:
        """Yield an issue's rows by reader's id, all or those in one state."""
        sql = SQL["deliveries"].replace("{state}", SQL["in_state"] if state else "")
        values = {"state": state.value} if state else {}
        after, issue = "", self._key(issue_id)
        while rows := self._database.all(
            sql, issue=issue, after=after, limit=BATCH, **values
        ):
            after = rows[-1]["subscriber"]
            yield from (_delivery(issue_id, row) for row in rows)

    def delivery(self, issue_id: str, subscriber: str) -> Delivery | None:
        """Return one reader's row of an issue; None: there is none."""
        row = self._database.one(
            SQL["delivery"], issue=self._key(issue_id), reader=subscriber
        )
        return _delivery(issue_id, row) if row else None

    def brought(self, subscriber: str, articles: Collection[str]) -> list[Brought]:
        """Return which mails brought a reader any of these articles, oldest first."""
        sharing = self._contents.sharing(articles)
        if not sharing:
            return []
        names = self._database.all(SQL["issue_ids"], keys=tuple(sharing))
        ids = {row["key"]: row["id"] for row in names}
        return [
            Brought(
                issue=ids[row["issue"]],
                dated=from_ms(row["dated_ms"]),
                articles=self._contents.unpack(row["issue"], row["contents"])
                & set(articles),
            )
            for row in self._database.all(
                SQL["brought"], issues=tuple(sharing), reader=subscriber
            )
        ]

    def of_reader(self, subscriber_id: str) -> list[tuple[Delivery, frozenset[str]]]:
        """Return a reader's rows, and the ids of the articles each mail held.

        The oldest issue comes first.
        """
        return [
            (
                _delivery(row["id"], row),
                self._contents.unpack(row["issue"], row["contents"] or b""),
            )
            for row in self._database.all(SQL["of_reader"], reader=subscriber_id)
        ]

    def oldest_due(self, issue_id: str) -> datetime | None:
        """Return since when, or from when on, the first open row may be sent.

        None: everything is settled.
        """
        issue = self._key(issue_id)
        (row,) = self._database.all(SQL["first_open"], issue=issue)
        if row["due_ms"]:
            return from_ms(row["due_ms"])
        if row["due_ms"] is None:
            return None
        (row,) = self._database.all(SQL["frozen"], issue=issue)
        return from_ms(row["frozen_ms"])

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
        sharing = self._contents.sharing(articles)
        if except_issue is not None:
            sharing.pop(self._key(except_issue), None)
        return self._contents.received(subscribers, sharing)

    def _key(self, issue_id: str) -> int:
        """Return the short key of a stored issue; 0, which none has, of no other."""
        if issue_id not in self._keys:
            row = self._database.one(SQL["issue_key"], id=issue_id)
            if row is None:
                return 0
            self._keys[issue_id] = row["key"]
        return self._keys[issue_id]

    def _ms(self) -> int:
        return to_ms(self._now())


def _delivery(issue_id: str, row: Row) -> Delivery:
    state, dated = State(row["state"]), row["dated_ms"]
    return Delivery(
        issue=issue_id,
        subscriber=row["subscriber"],
        state=state,
        attempts=row["attempts"],
        due=from_ms(row["due_ms"]) if state is State.DEFERRED else None,
        dated=None if dated is None else from_ms(dated),
        reason=row["reason"],
        reply=row["reply"],
        changed=from_ms(row["changed_ms"]),
    )
