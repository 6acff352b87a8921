"""What editors have said of issues that may not leave before they are seen.

An issue that waits for them is held back as a paused one is: its `hold` is looked at in
the commit that starts each mail, so nothing of it can leave, whoever is sending. Who
decided what is only ever added to; how it stands follows from the last word on the
issue's present revision.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from digest.store.database import Database, from_ms, statements, storable, to_ms

SQL = statements("approvals")

#: Why an issue does not leave: what `Journal.held` returns.
AWAITING, HELD = "awaiting approval", "held by an editor"
PAUSED, RECALLED = "paused", "recalled"


@dataclass(frozen=True, slots=True, kw_only=True)
class Word:
    """One thing that happened on the way to an approval."""

    at: datetime
    kind: str  #: asked, proof, approved, held, opened or revised
    revision: int
    who: str  #: whom a proof went to; who decided
    opens: datetime | None = None  #: of "asked": when it leaves unless it is held


@dataclass(frozen=True, slots=True, kw_only=True)
class Approval:
    """How an issue stands with its editors."""

    issue: str
    newsletter: str
    hold: str  #: why nothing of it leaves; "": it may
    revision: int
    words: tuple[Word, ...]  #: oldest first

    @property
    def asked(self) -> Word | None:
        """When its present revision was put before the editors; None: it was not."""
        return next((w for w in reversed(self._present) if w.kind == "asked"), None)

    @property
    def decided(self) -> Word | None:
        """The last word on its present revision: approved, held or opened."""
        decisions = ("approved", "held", "opened")
        return next((w for w in reversed(self._present) if w.kind in decisions), None)

    @property
    def opens(self) -> datetime | None:
        """When it leaves unless it is held; None: not by itself, or it may already."""
        return self.asked.opens if self.asked and self.hold == AWAITING else None

    @property
    def outstanding(self) -> bool:
        """Whether it was asked for and nobody has let it go."""
        decided = self.decided
        return self.asked is not None and (decided is None or decided.kind == "held")

    @property
    def proofed(self) -> frozenset[str]:
        """Who has a proof of its present revision."""
        return frozenset(w.who for w in self._present if w.kind == "proof")

    @property
    def allowed(self) -> datetime | None:
        """Since when it may leave: approved then, or due then as nobody held it."""
        if self.decided is None or self.decided.kind == "held":
            return None
        by_itself = self.decided.kind == "opened" and self.asked
        return by_itself.opens if by_itself else self.decided.at

    @property
    def _present(self) -> tuple[Word, ...]:
        return tuple(w for w in self.words if w.revision == self.revision)


class Approvals:
    """The approvals of a database; see `digest.store`."""

    def __init__(self, database: Database, *, now: Callable[[], datetime]) -> None:
        """Use the database; `now` is the clock of everything written."""
        self._database, self._now = database, now

    def of(self, issue_id: str) -> Approval | None:
        """Return how a stored issue stands; None: there is no such issue."""
        row = self._database.one(SQL["standing"], issue=issue_id)
        if row is None:
            return None
        words = self._database.all(SQL["history"], issue=issue_id)
        return Approval(
            issue=row["id"],
            newsletter=row["newsletter"],
            hold=row["hold"],
            revision=row["revision"],
            words=tuple(
                Word(
                    at=from_ms(each["at_ms"]),
                    kind=each["kind"],
                    revision=each["revision"],
                    who=each["who"],
                    opens=None
                    if each["opens_ms"] is None
                    else from_ms(each["opens_ms"]),
                )
                for each in words
            ),
        )

    def held_back(self, newsletter: str) -> list[Approval]:
        """Return a newsletter's issues that wait for their editors, oldest first."""
        rows = self._database.all(
            SQL["held_back"], newsletter=newsletter, holds=(AWAITING, HELD)
        )
        return [a for a in (self.of(row["id"]) for row in rows) if a is not None]

    def untouched(self, issue_id: str) -> bool:
        """Whether no mail of an issue was ever made, skipped or given up."""
        row = self._database.one(SQL["touched"], issue=issue_id)
        return row is not None and row["n"] == 0

    # -- write ------------------------------------------------------------------

    def ask(self, issue_id: str, *, opens: datetime | None) -> None:
        """Hold an issue back until an editor approves, or until `opens`."""
        with self._database.tx():
            self._add(issue_id, "asked", opens=opens)
            if self._standing(issue_id).hold != PAUSED:
                self._set_hold(issue_id, AWAITING)

    def proof(self, issue_id: str, *, who: str) -> None:
        """Remember who has a proof of the present revision."""
        self._add(issue_id, "proof", who=who)

    def approve(self, issue_id: str, *, who: str) -> None:
        """Let an issue leave: at its time, if that is still to come.

        One that the operator paused waits for them all the same.
        """
        with self._database.tx():
            self._add(issue_id, "approved", who=who)
            standing = self._standing(issue_id)
            if standing.hold in (AWAITING, HELD):
                self._set_hold(issue_id, self._until_its_time(standing))

    def hold(self, issue_id: str, *, who: str) -> None:
        """Let nothing more of an issue leave until somebody approves it."""
        with self._database.tx():
            standing = self._standing(issue_id)
            if standing.asked is None:  # so that `approve` and `resume` know
                self._add(issue_id, "asked")
            self._add(issue_id, "held", who=who)
            if standing.hold in ("", AWAITING):
                self._set_hold(issue_id, HELD)

    def open(self, issue_id: str) -> bool:
        """Let an issue leave whose time has come; False: somebody was faster."""
        with self._database.tx():
            standing = self._standing(issue_id)
            opens = standing.asked.opens if standing.asked else None
            if standing.hold != AWAITING or opens is None or self._now() < opens:
                return False
            self._add(issue_id, "opened", who="nobody held it")
            self._set_hold(issue_id, "")
        return True

    def resume(self, issue_id: str) -> str:
        """End a pause; return why nothing leaves even so, or ""."""
        with self._database.tx():
            standing = self._standing(issue_id)
            if standing.hold != PAUSED:
                return standing.hold
            decided = standing.decided
            held = HELD if decided and decided.kind == "held" else AWAITING
            hold = held if standing.outstanding else self._until_its_time(standing)
            self._set_hold(issue_id, hold)
        return hold

    def _until_its_time(self, standing: Approval) -> str:
        """Return what an approved issue is held back by: nothing, once its time came."""
        opens = standing.asked.opens if standing.asked else None
        return AWAITING if opens is not None and self._now() < opens else ""

    def _standing(self, issue_id: str) -> Approval:
        found = self.of(issue_id)
        assert found is not None  # those who ask have the issue
        return found

    def _set_hold(self, issue_id: str, hold: str) -> None:
        self._database.run(SQL["set_hold"], issue=issue_id, hold=hold)

    def _add(
        self, issue_id: str, kind: str, *, who: str = "", opens: datetime | None = None
    ) -> None:
        self._database.run(
            SQL["add"],
            issue=issue_id,
            revision=self._standing(issue_id).revision,
            at=to_ms(self._now()),
            kind=kind,
            who=storable(who),
            opens=None if opens is None else to_ms(opens),
        )
