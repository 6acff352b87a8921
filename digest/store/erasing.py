"""Forgetting a reader: every row about them, in one transaction.

Of their deliveries the numbers stay, so that an issue's add up. Deliveries have no
index over readers, and a reference that the engine checks would make it look through
all of them: so it looks away, and a test proves that no table was left out.
"""

from __future__ import annotations

from digest.errors import UnknownReader
from digest.store.database import Database, statements
from digest.store.suppressions import ERASED, Suppressions

SQL = statements("erasing")

#: What is deleted, in this order.
PARTS = (
    SQL["erase_delivery"],
    SQL["erase_held_before"],
    SQL["erase_event"],
    SQL["erase_agreement"],
    SQL["erase_asked"],
    SQL["erase_request"],
    SQL["erase_formerly"],
    SQL["erase_imported"],
    SQL["erase_soft_bounce"],
    SQL["erase_late_reply"],
    SQL["erase_taken"],
    SQL["erase_subscriber"],
)


def erase(database: Database, subscriber_id: str, suppressions: Suppressions) -> None:
    """Delete all rows about a reader; see `Audience.erase`."""
    with database.rebuilding(), database.tx():
        row = database.one(SQL["address"], id=subscriber_id)
        if row is None:
            raise UnknownReader(subscriber_id)
        formers = database.all(SQL["former"], id=subscriber_id)
        for address in (row["address"], *(each["address_key"] for each in formers)):
            suppressions.add(address, ERASED, by="")
        database.run(SQL["count"], id=subscriber_id)
        for part in PARTS:
            database.run(part, id=subscriber_id)
