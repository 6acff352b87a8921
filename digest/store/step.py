"""One commit of the journal: what several threads have come to, checked and written.

The rows are read and locked first, so that every decision is made on what they are
now: whether the claim still holds, whether the reader still wants mail, whether
another newsletter has just brought one of these articles.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import datetime

from digest.model import Outcome, State, Status
from digest.store.contents import Contents, Sharing
from digest.store.database import Database, Row, chunks, statements, storable, to_ms
from digest.store.rows import Claim, Start, Written

SQL = statements("journal")

#: Of a row whose holder may still say what became of it.
ANSWERABLE = frozenset({State.SENDING, State.BODY_SENT, State.UNKNOWN})


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

    def write(
        self,
        *,
        skips: Collection[tuple[Claim, str]],
        starts: Collection[Start],
        outcomes: Collection[tuple[Claim, Outcome, datetime | None]],
        leaving: Collection[Claim],
    ) -> Written:
        """Write what may be written; see `Journal.write`."""
        self._read(
            [claim for claim, _ in skips]
            + [start.claim for start in starts]
            + [claim for claim, _, _ in outcomes]
            + [*leaving]
        )
        (row,) = self._database.all(SQL["at_commit"], issue=self._issue)
        rivals = self._contents.rivals(self._issue, last_key=row["last_key"])
        skipped = self._skip(skips)
        answered = {claim.subscriber for claim, _, _ in outcomes}
        refused = self._start(starts, rivals, answered, hold=row["hold"])
        recorded = self._record(outcomes)
        refused |= self._leave([c for c in leaving if c.delivery not in refused])
        return Written(
            skipped=skipped,
            recorded=recorded,
            refused=frozenset(refused),
            hold=row["hold"],
        )

    def _read(self, claims: Iterable[Claim]) -> None:
        """Read the rows and lock them."""
        for chunk in chunks({claim.subscriber for claim in claims}):
            for row in self._database.all(
                SQL["standing"], issue=self._issue, readers=chunk
            ):
                self._rows[row["subscriber"]] = row
                self._states[row["subscriber"]] = State(row["state"])

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
        self._many(
            "skip",
            [{**self._of(claim), "reason": storable(why)} for claim, why in ours],
        )
        self._become(State.SKIPPED, [claim for claim, _ in ours])
        return frozenset(claim.delivery for claim, _ in ours)

    def _start(
        self,
        starts: Collection[Start],
        rivals: Sharing,
        answered: Collection[str],
        *,
        hold: str,
    ) -> set[str]:
        """Mark rows `sending` with what they hold; return the deliveries refused.

        What a server has answered already, the envelope alone, is past refusing.
        """
        ours = [start for start in starts if self._ours(start.claim, State.CLAIMED)]
        open_ = [start for start in ours if start.claim.subscriber not in answered]
        back = [start for start in open_ if hold or not self._wanted(start.claim)]
        back += self._just_received([s for s in open_ if s not in back], rivals)
        good = [start for start in ours if start not in back]
        self._many(
            "start",
            [
                {
                    **self._of(start.claim),
                    "dated": to_ms(start.dated),
                    "contents": self._contents.pack(self._issue, start.articles),
                }
                for start in good
            ],
        )
        self._become(State.SENDING, [start.claim for start in good])
        self._many("requeue", [self._of(start.claim) for start in back])
        self._become(State.QUEUED, [start.claim for start in back])
        started = {start.claim.delivery for start in good}
        return {start.claim.delivery for start in starts} - started

    def _wanted(self, claim: Claim) -> bool:
        """Whether the reader wants mail, to the last moment."""
        return bool(self._rows[claim.subscriber]["status"] == Status.ACTIVE.value)

    def _just_received(self, starts: Collection[Start], rivals: Sharing) -> list[Start]:
        """Return those of which another newsletter has just brought an article."""
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

    def _record(
        self, outcomes: Iterable[tuple[Claim, Outcome, datetime | None]]
    ) -> frozenset[str]:
        ours = [each for each in outcomes if self._ours(each[0], *ANSWERABLE)]
        self._many("record", [self._recorded(*each) for each in ours])
        for claim, outcome, _ in ours:
            self._become(outcome.state, [claim])
        return frozenset(claim.delivery for claim, _, _ in ours)

    def _recorded(
        self, claim: Claim, outcome: Outcome, due: datetime | None
    ) -> dict[str, str | int | bytes | None]:
        doubtful = outcome.state is State.UNKNOWN
        # One that went on to `unknown` by itself was counted then.
        counted = self._states[claim.subscriber] is State.UNKNOWN
        return {
            **self._of(claim),
            "state": outcome.state.value,
            # Kept while in doubt, so that the one who knows can still say so.
            "kept": claim.token if doubtful else None,
            "doubted": int(doubtful),
            "tried": int(outcome.state is not State.QUEUED and not counted),
            "due": to_ms(due) if due else 0,
            "reply": storable(outcome.reply),
        }

    def _leave(self, leaving: Collection[Claim]) -> set[str]:
        """Mark rows `body_sent`; return the deliveries refused.

        One that was `body_sent` already did not get away, and is tried again.
        """
        mine = (State.SENDING, State.BODY_SENT)
        ours = [claim for claim in leaving if self._ours(claim, *mine)]
        self._many("leave", [self._of(claim) for claim in ours])
        self._become(State.BODY_SENT, ours)
        return {claim.delivery for claim in leaving} - {c.delivery for c in ours}

    def _of(self, claim: Claim) -> dict[str, str | int | bytes | None]:
        """Return the values that name a claim's row."""
        return {
            "issue": self._issue,
            "reader": claim.subscriber,
            "token": claim.token,
            "now": self._now,
        }

    def _become(self, state: State, claims: Iterable[Claim]) -> None:
        self._states.update((claim.subscriber, state) for claim in claims)

    def _many(
        self, statement: str, rows: list[dict[str, str | int | bytes | None]]
    ) -> None:
        """Run a statement for each row; all of them must be there, for they were read."""
        if rows and self._database.many(SQL[statement], rows) != len(rows):
            raise RuntimeError(f"{statement}: a row changed although it was locked")
