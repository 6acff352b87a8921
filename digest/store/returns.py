"""Returned mail: which was read, and what it said about deliveries that had been sent.

A delivery that comes back stays `sent`: that is what happened when it was sent. What
came back stands beside it, and `digest status` counts both.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import datetime, timedelta

from digest.model import Status
from digest.store.database import Database, from_ms, statements, storable, to_ms

SQL = statements("returns")

#: How long after an issue its mail may come back, and which was read is remembered.
MEMORY = timedelta(days=90)


@dataclass(frozen=True, slots=True, kw_only=True)
class Parked:
    """A hard bounce among too many of one provider: it waits for the operator."""

    issue: str
    provider: str
    subscriber: str
    reply: str
    at: datetime


class Returns:
    """What came back; see `digest.store`."""

    def __init__(self, database: Database, *, now: Callable[[], datetime]) -> None:
        """Use the database; `now` is the clock of everything written."""
        self._database, self._now = database, now

    def recent_issues(self) -> dict[str, datetime]:
        """Return the issues whose mail may still come back, and when each was made.

        They are by id, the newest first.
        """
        since = to_ms(self._now() - MEMORY)
        rows = self._database.all(SQL["recent_issues"], since=since)
        return {row["id"]: from_ms(row["frozen_ms"]) for row in rows}

    def seen(self, mark: str) -> str:
        """Return what came of a mail when it was read before, or ""."""
        row = self._database.one(SQL["seen"], mark=mark)
        return str(row["outcome"]) if row else ""

    def mark(self, mark: str, outcome: str) -> None:
        """Remember that a mail was read, and what came of it."""
        self._database.run(
            SQL["mark"], mark=mark, outcome=outcome, now=to_ms(self._now())
        )

    def outcomes(self) -> Counter[str]:
        """Return how many mails came back, as far as is remembered, by what came of them."""
        since = to_ms(self._now() - MEMORY)
        rows = self._database.all(SQL["outcomes"], since=since)
        return Counter({row["outcome"]: row["n"] for row in rows})

    # -- about deliveries -------------------------------------------------------

    def note(
        self,
        issue: str,
        subscriber: str,
        kind: str,
        *,
        provider: str,
        was: Status,
        reply: str,
    ) -> bool:
        """Note what came back of a delivery; return whether that is new.

        `kind` is hard, soft, refused (for our sake) or complaint.
        """
        return bool(
            self._database.run(
                SQL["note"],
                issue=issue,
                subscriber=subscriber,
                kind=kind,
                provider=provider,
                was=was.value,
                reply=storable(reply),
                now=to_ms(self._now()),
            )
        )

    def counts(self, issue: str) -> dict[str, int]:
        """Return how many mails of an issue came back, by kind; "parked" among them."""
        found: Counter[str] = Counter()
        for row in self._database.all(SQL["counts"], issue=issue):
            found["parked" if row["parked"] == "parked" else row["kind"]] += row["n"]
        return dict(found)

    def of(self, subscriber: str) -> list[dict[str, object]]:
        """Return what came back of a reader's mails, as plain values."""
        return [
            {
                "issue": row["issue"],
                "kind": row["kind"],
                "reply": row["reply"],
                "at": from_ms(row["at_ms"]),
            }
            for row in self._database.all(SQL["of_reader"], subscriber=subscriber)
        ]

    # -- too many at once -------------------------------------------------------

    def hard(self, issue: str, provider: str) -> int:
        """Return how many of a provider's readers bounced hard in an issue."""
        (row,) = self._database.all(SQL["hard"], issue=issue, provider=provider)
        return int(row["n"])

    def mailed(self, issue: str, domains: Collection[str]) -> int:
        """Return to how many readers at these domains an issue was sent."""
        values = {f"domain{n}": f"%@{domain}" for n, domain in enumerate(domains)}
        like = SQL["one_domain"].strip()
        likes = (f"{like} :{name}" for name in values)
        sql = SQL["mailed"].replace("{domains}", " or ".join(likes))
        (row,) = self._database.all(sql, issue=issue, **values)
        return int(row["n"])

    def park(self, issue: str, provider: str) -> dict[str, Status]:
        """Park a provider's hard bounces of an issue; return whose were not before.

        Each comes with the status they had before the bounce.
        """
        rows = self._database.all(SQL["park"], issue=issue, provider=provider)
        return {row["subscriber"]: Status(row["was"]) for row in rows}

    def parked(self) -> list[Parked]:
        """Return the bounces that wait for the operator, by issue and provider."""
        return [
            Parked(
                issue=row["issue"],
                provider=row["provider"],
                subscriber=row["subscriber"],
                reply=row["reply"],
                at=from_ms(row["at_ms"]),
            )
            for row in self._database.all(SQL["parked"])
        ]

    def settle(self, parked: Parked, becomes: str) -> None:
        """Write down what the operator decided: "accepted" or "dropped"."""
        self._database.run(
            SQL["settle"],
            issue=parked.issue,
            subscriber=parked.subscriber,
            becomes=becomes,
        )

    def forget(self) -> int:
        """Forget which mails were read longer ago than `MEMORY`; return how many.

        What came back of deliveries is forgotten with these; see `Store.tidy`.
        """
        before = to_ms(self._now() - MEMORY)
        return self._database.run(SQL["forget"], before=before)
