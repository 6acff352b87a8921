"""From one database to another, whatever kinds they are, with proof.

All tables are read in one snapshot and written in one transaction. Before it ends,
the rows of both sides are counted and added up by their hashes: a copy is whole, or
there is none.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from typing import Any

from digest.errors import StoreError
from digest.store.database import Database

#: Every table but `schema_version`, those referred to before those that refer.
TABLES = (
    "secret",
    "life",
    "article_version",
    "article",
    "article_source",
    "source",
    "issue",
    "issue_article",
    "approval",
    "slot",
    "watched",
    "subscriber",
    "taken",
    "imported",
    "event",
    "agreement",
    "asked",
    "formerly",
    "suppression",
    "soft_bounce",
    "followed",
    "request",
    "delivery",
    "tally",
    "held_before",
    "returned_mail",
    "late_reply",
)

ALL = "select * from {}"
ANY = "select 1 as one from {} limit 1"
INSERT = "insert into {} ({}) values ({})"

BATCH = 1000  #: rows read and written at a time

Sum = tuple[int, int]  #: how many rows, and the sum of their hashes


def copy(source: Database, target: Database) -> dict[str, int]:
    """Copy everything; return how many rows of each table.

    Raises `StoreError`, having changed nothing, when the target holds anything, or
    when what was written is not what was read.
    """
    copied: dict[str, int] = {}
    with source.snapshot(), target.tx():
        _refuse_unless_empty(target)
        for table in TABLES:
            number, read = 0, 0
            for rows in source.batches(ALL.format(table), BATCH):
                _insert(target, table, rows)
                number, read = number + len(rows), (read + _added_up(rows)) % 2**256
            if _sum(target, table) != (number, read):
                raise StoreError(
                    f"{target.engine.name} did not take {table!r} as it is in "
                    f"{source.engine.name}; nothing was copied. Please report it."
                )
            copied[table] = number
    return copied


def _refuse_unless_empty(target: Database) -> None:
    for table in TABLES:
        if target.all(ANY.format(table)):
            raise StoreError(
                f"{target.engine.name} is not empty: there are rows in {table!r}; "
                "nothing was changed. Name a new one."
            )


def _insert(target: Database, table: str, rows: list[dict[str, Any]]) -> None:
    names = ", ".join(rows[0])
    values = ", ".join(f":{name}" for name in rows[0])
    target.many(INSERT.format(table, names, values), rows)


def _sum(database: Database, table: str) -> Sum:
    """Return how many rows a table has and what they add up to, in any order."""
    number, total = 0, 0
    for rows in database.batches(ALL.format(table), BATCH):
        number, total = number + len(rows), (total + _added_up(rows)) % 2**256
    return number, total


def _added_up(rows: Iterable[Mapping[str, Any]]) -> int:
    return sum(map(_hash, rows))


def _hash(row: Mapping[str, Any]) -> int:
    text = repr(sorted(row.items()))
    return int.from_bytes(hashlib.sha256(text.encode()).digest())
