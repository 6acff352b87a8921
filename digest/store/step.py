"""One commit of the journal: what several threads have come to, checked and written.

Every decision is made on what the rows are now: whether the claim still holds, whether
the reader still wants mail, whether another newsletter has just brought one of these
articles. Nearly always all of that is as it was when the rows were claimed, so the
statements ask for it themselves and no row is read. When one of them changes fewer rows
than it should, all of it is undone; the rows are read and locked, and each is judged.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime
from operator import itemgetter

from digest.model import Outcome, State, Status
from digest.store.contents import Contents
from digest.store.database import (
    Database,
    Row,
    Single,
    chunks,
    statements,
    storable,
    to_ms,
)
from digest.store.rows import Claim, Start, Wait, Written

SQL = statements("journal")

Values = dict[str, Single]
_READER = itemgetter("reader")
_START_WANTED = SQL["start"] + SQL["if_wanted"]

#: What an outcome may say.
OUTCOMES = frozenset(
    {State.SENT, State.UNKNOWN, State.DEFERRED, State.FAILED, State.QUEUED}
)

#: Of a row whose holder may still say what became of it.
ANSWERABLE = frozenset({State.SENDING, State.BODY_SENT, State.UNKNOWN})


#: What came of one row, and when a deferred one is tried again.
Answer = tuple[Claim, Outcome, datetime | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What one commit is to write; see `Journal.write`."""

    skips: Collection[tuple[Claim, str]] = ()
    waits: Collection[Wait] = ()
    starts: Collection[Start] = ()
    outcomes: Collection[Answer] = ()
    leaving: Collection[Claim] = ()

    def __post_init__(self) -> None:
        for _, outcome, due in self.outcomes:
            deferred = outcome.state is State.DEFERRED
            if outcome.state not in OUTCOMES or deferred != (due is not None):
                raise ValueError(f"an outcome cannot be {outcome.state} with due {due}")


class Changed(Exception):
    """Something is not as it was when the rows were claimed."""


class Step:
    """The rows of one issue inside a transaction; use once."""

    def __init__(
        self, database: Database, contents: Contents, issue: int, *, now: int
    ) -> None:
        """Take the issue by its key, and the time in epoch milliseconds."""
        self._database, self._contents = database, contents
        self._issue, self._now = issue, now
        self._rows: dict[str, Row] = {}
        self._states: dict[str, State] = {}
        self._hold, self._last_issue = "", 0

    def write_unread(self, asked: Asked) -> Written:
        """Write all of it, or raise `Changed`: then undo it, and `write` what may be."""
        answered = {claim.subscriber for claim, _, _ in asked.outcomes}
        going = {claim.subscriber for claim in asked.leaving}
        starting = {start.claim.subscriber for start in asked.starts}
        open_ = [s for s in asked.starts if s.claim.subscriber not in answered]
        past = [s for s in asked.starts if s.claim.subscriber in answered]
        self._last_issue = self._contents.newest(self._issue)
        if not (answered & starting).isdisjoint(going) or self._just_received(open_):
            raise Changed
        newest: Values = {"newest": self._last_issue}
        again = [c for c in asked.leaving if c.subscriber not in starting]
        self._all(
            (SQL["skip"], [self._skipped(*each) for each in asked.skips]),
            (SQL["put_off"], [self._waiting(wait) for wait in asked.waits]),
            (SQL["start"], [self._started(s, State.SENDING) for s in past]),
            (
                _START_WANTED,
                [
                    self._started(s, _begun(goes=s.claim.subscriber in going)) | newest
                    for s in open_
                ],
            ),
            (SQL["record"], [self._recorded(*each) for each in asked.outcomes]),
            (SQL["leave"], [self._of(claim) for claim in again]),
        )
        return Written(
            skipped=frozenset([claim.delivery for claim, _ in asked.skips]),
            recorded=frozenset([claim.delivery for claim, _, _ in asked.outcomes]),
            # None of those starts while it is held.
            hold="" if open_ else hold_of(self._database, self._issue),
        )

    def _all(self, *statements: tuple[str, list[Values]]) -> None:
        """Run each statement for its rows; raise `Changed` when one is not as it was.

        Rows go in the order in which other statements lock them.
        """
        changes = [(sql, sorted(rows, key=_READER)) for sql, rows in statements if rows]
        if self._database.several(changes) != [len(each) for _, each in changes]:
            raise Changed

    def write(self, asked: Asked) -> Written:
        """Write what may be written; see `Journal.write`."""
        starts, outcomes, leaving = asked.starts, asked.outcomes, asked.leaving
        self._read(
            [claim for claim, _ in asked.skips]
            + [wait.claim for wait in asked.waits]
            + [start.claim for start in starts]
            + [claim for claim, _, _ in outcomes]
            + [*leaving]
        )
        skipped = self._skip(asked.skips)
        self._put_off(asked.waits)
        answered = {claim.subscriber for claim, _, _ in outcomes}
        going = {claim.subscriber for claim in leaving}
        refused = self._start(starts, answered, going)
        recorded = self._record(outcomes)
        refused |= self._leave([c for c in leaving if c.delivery not in refused])
        return Written(
            skipped=skipped,
            recorded=recorded,
            refused=frozenset(refused),
            hold=self._hold,
        )

    def _read(self, claims: Collection[Claim]) -> None:
        """Read the rows that are still ours and lock them, and what holds for all."""
        tokens = tuple({claim.token for claim in claims})
        for chunk in chunks({claim.subscriber for claim in claims}):
            for row in self._database.all(
                SQL["standing"], issue=self._issue, readers=chunk, tokens=tokens
            ):
                self._rows[row["subscriber"]] = row
                self._states[row["subscriber"]] = State(row["state"])
                self._hold, self._last_issue = row["hold"], row["last_key"]

    def _ours(self, claim: Claim, *states: State) -> bool:
        """Whether a row is still the claim's, and in one of these states."""
        row = self._rows.get(claim.subscriber)
        return (
            row is not None
            and row["token"] == claim.token
            and self._states[claim.subscriber] in states
        )

    def _skip(self, skips: Iterable[tuple[Claim, str]]) -> frozenset[str]:
        ours = [(c, why) for c, why in skips if self._ours(c, State.CLAIMED)]
        self._many("skip", [self._skipped(*each) for each in ours])
        self._become(State.SKIPPED, [claim for claim, _ in ours])
        return frozenset(claim.delivery for claim, _ in ours)

    def _skipped(self, claim: Claim, why: str) -> Values:
        return {**self._of(claim), "reason": storable(why)}

    def _put_off(self, waits: Iterable[Wait]) -> None:
        ours = [wait for wait in waits if self._ours(wait.claim, State.CLAIMED)]
        self._many("put_off", [self._waiting(wait) for wait in ours])
        self._become(State.DEFERRED, [wait.claim for wait in ours])

    def _waiting(self, wait: Wait) -> Values:
        return {
            **self._of(wait.claim),
            "due": to_ms(wait.due),
            "reason": storable(wait.reason),
        }

    def _start(
        self,
        starts: Collection[Start],
        answered: Collection[str],
        going: Collection[str],
    ) -> set[str]:
        """Mark rows `sending` with what they hold; return the deliveries refused.

        Those whose body is `going` become `body_sent` in the same step. What a
        server has `answered` already, the envelope alone, is past refusing.
        """
        ours = [start for start in starts if self._ours(start.claim, State.CLAIMED)]
        open_ = [start for start in ours if start.claim.subscriber not in answered]
        back = [s for s in open_ if self._hold or not self._wanted(s.claim)]
        back += self._just_received([s for s in open_ if s not in back])
        good = [start for start in ours if start not in back]
        for goes in (False, True):
            rows = [s for s in good if (s.claim.subscriber in going) is goes]
            state = _begun(goes=goes)
            self._many("start", [self._started(start, state) for start in rows])
            self._become(state, [start.claim for start in rows])
        self._many("requeue", [self._of(start.claim) for start in back])
        self._become(State.QUEUED, [start.claim for start in back])
        started = {start.claim.delivery for start in good}
        return {start.claim.delivery for start in starts} - started

    def _started(self, start: Start, state: State) -> Values:
        return {
            **self._of(start.claim),
            "state": state.value,
            "dated": to_ms(start.dated),
            "contents": self._contents.pack(self._issue, start.articles),
        }

    def _wanted(self, claim: Claim) -> bool:
        """Whether the reader wants this newsletter's mail, to the last moment."""
        row = self._rows[claim.subscriber]
        return bool(row["status"] == Status.ACTIVE.value and row["takes"])

    def _just_received(self, starts: Collection[Start]) -> list[Start]:
        """Return those of which another issue has just brought an article."""
        carried = self._contents.carried(self._issue)
        reaching = [s for s in starts if not carried.isdisjoint(s.articles)]
        others = [start for start in starts if start not in reaching]
        return [
            *self._overtaken(others, carried=False),
            *self._overtaken(reaching, carried=True),
        ]

    def _overtaken(self, starts: Collection[Start], *, carried: bool) -> list[Start]:
        """Return those of which an issue that shares an article brought one."""
        if not starts:
            return []
        rivals = self._contents.rivals(
            self._issue, last_key=self._last_issue, carried=carried
        )
        if not rivals:
            return []
        readers = [start.claim.subscriber for start in starts]
        with self._database.tx():  # alone: the other must not decide the same just now
            received = self._contents.received(readers, rivals)
        return [
            start
            for start in starts
            if not received.get(start.claim.subscriber, set()).isdisjoint(
                start.articles
            )
        ]

    def _record(self, outcomes: Iterable[Answer]) -> frozenset[str]:
        ours = [each for each in outcomes if self._ours(each[0], *ANSWERABLE)]
        self._many("record", [self._recorded(*each) for each in ours])
        for claim, outcome, _ in ours:
            self._become(outcome.state, [claim])
        return frozenset(claim.delivery for claim, _, _ in ours)

    def _recorded(self, claim: Claim, outcome: Outcome, due: datetime | None) -> Values:
        doubtful = outcome.state is State.UNKNOWN
        return {
            **self._of(claim),
            "state": outcome.state.value,
            # Kept while in doubt, so that the one who knows can still say so.
            "kept": claim.token if doubtful else None,
            "doubted": int(doubtful),
            "tried": int(outcome.state is not State.QUEUED),
            "due": to_ms(due) if due else due_at(outcome.state),
            "reply": storable(outcome.reply),
        }

    def _leave(self, leaving: Collection[Claim]) -> set[str]:
        """Mark rows `body_sent`; return the deliveries refused.

        One that was `body_sent` already has just started, or did not get away and is
        tried again.
        """
        ours = [claim for claim in leaving if self._ours(claim, State.SENDING)]
        self._many("leave", [self._of(claim) for claim in ours])
        self._become(State.BODY_SENT, ours)
        return {c.delivery for c in leaving if not self._ours(c, State.BODY_SENT)}

    def _of(self, claim: Claim) -> Values:
        """Return the values that name a claim's row."""
        return {
            "issue": self._issue,
            "reader": claim.subscriber,
            "token": claim.token,
            "now": self._now,
        }

    def _become(self, state: State, claims: Iterable[Claim]) -> None:
        self._states.update((claim.subscriber, state) for claim in claims)

    def _many(self, statement: str, rows: list[Values]) -> None:
        """Run a statement for each row; all of them must be there, for they were read."""
        if rows and self._database.many(SQL[statement], rows) != len(rows):
            raise RuntimeError(f"{statement}: a row changed although it was locked")


def hold_of(database: Database, issue: int) -> str:
    """Return why nothing of an issue leaves at present, or ""."""
    row = database.one(SQL["hold_of"], issue=issue)
    return str(row["hold"]) if row else ""


def due_at(state: State) -> int:
    """Return when a row that is now in this state is due: at once, or never (-1)."""
    if state is State.QUEUED:
        return 0
    if state.settled or state is State.UNKNOWN:
        return -1
    raise ValueError(f"a row that is {state} is due at a time of its own")


def _begun(*, goes: bool) -> State:
    """Return what a row is whose body goes at once, or whose envelope goes first."""
    return State.BODY_SENT if goes else State.SENDING
