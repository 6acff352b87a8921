"""Forgetting what is old: rows of deliveries, refusals, and who never confirmed.

Of deliveries the numbers stay, so that an issue's add up. What is not settled stays
whatever its age: somebody has to look at it. Rows go in small steps, each a
transaction, so that a send that runs meanwhile never waits for long.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from digest.store.database import Database, statements, to_ms
from digest.store.erasing import PARTS

SQL = statements("tidying")

BATCH = 5000  #: rows that go in one step

_UNCONFIRMED = 100  #: readers who go in one step


@dataclass(frozen=True, slots=True, kw_only=True)
class Tidied:
    """How much was forgotten."""

    deliveries: int = 0
    refusals: int = 0  #: events of mails that were refused for now
    unconfirmed: int = 0  #: readers who asked and never confirmed


def tidy(
    database: Database,
    *,
    deliveries_before: datetime | None,
    refusals_before: datetime | None,
    unconfirmed_before: datetime | None,
) -> Tidied:
    """Forget what is older than each of these; None: keep it."""
    return Tidied(
        deliveries=_deliveries(database, deliveries_before),
        refusals=_refusals(database, refusals_before),
        unconfirmed=_unconfirmed(database, unconfirmed_before),
    )


def _deliveries(database: Database, before: datetime | None) -> int:
    if before is None:
        return 0
    gone, cutoff = 0, to_ms(before)
    for row in database.all(SQL["old_issues"], before=cutoff):
        issue = row["key"]
        while True:
            with database.tx():
                last = database.one(
                    SQL["last_of_batch"], issue=issue, before=cutoff, limit=BATCH
                )
                if last is None or last["subscriber"] is None:
                    break
                until = last["subscriber"]
                database.run(SQL["count"], issue=issue, before=cutoff, until=until)
                gone += database.run(
                    SQL["forget"], issue=issue, before=cutoff, until=until
                )
    database.run(SQL["forget_late_replies"], before=cutoff)
    return gone


def _refusals(database: Database, before: datetime | None) -> int:
    if before is None:
        return 0
    return database.run(SQL["forget_refusals"], before=to_ms(before))


def _unconfirmed(database: Database, before: datetime | None) -> int:
    if before is None:
        return 0
    gone, cutoff = 0, to_ms(before)
    database.run(SQL["forget_asked"], before=cutoff)
    while rows := database.all(SQL["unconfirmed"], before=cutoff, limit=_UNCONFIRMED):
        with database.rebuilding(), database.tx():
            for row in rows:
                for part in PARTS:
                    database.run(part, id=row["id"])
        gone += len(rows)
    return gone
