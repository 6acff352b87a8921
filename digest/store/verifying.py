"""Whether a database is whole: what the engine knows, and numbers that must add up."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator

from digest.addresses import same_address_key
from digest.store.contents import unpacked
from digest.store.database import Database, statements
from digest.store.profiles import form_said

SQL = statements("verifying")

BATCH = 500  #: rows looked at at a time


def verify(database: Database) -> Iterator[str]:
    """Yield what is wrong, in words; nothing is changed.

    Raises `StoreError` when the database cannot even be read.
    """
    with database.snapshot():
        yield from database.complaints()
        yield from _versions(database)
        yield from _issues(database)
        yield from _deliveries(database)
        yield from _readers(database)


def _versions(database: Database) -> Iterator[str]:
    """Look whether each version of an article says what its hash says."""
    for rows in database.batches(SQL["versions"], BATCH):
        for row in rows:
            if hashlib.sha256(row["content"].encode()).hexdigest() != row["hash"]:
                yield f"article {row['article']}: a version of it was changed"


def _issues(database: Database) -> Iterator[str]:
    """Look whether issues are numbered, abut and have every place filled."""
    for row in database.all(SQL["gaps"]):
        yield f"{row['id']}: its window does not begin where the one before ended"
    for row in database.all(SQL["places"]):
        yield f"{row['id']}: it has {row['n']} articles, and the last is No. {row['last']}"


def _deliveries(database: Database) -> Iterator[str]:
    """Look whether each delivery belongs to an issue and holds what is in it."""
    for row in database.all(SQL["strays"]):
        yield f"{row['n']} deliveries belong to no issue (key {row['issue']})"
    for row in database.all(SQL["lost_claims"]):
        yield f"{row['id']}: {row['n']} deliveries are claimed by nobody"
    for row in database.all(SQL["misdated"]):
        yield f"{row['id']}: {row['n']} deliveries are open and never due, or the reverse"
    sizes = {row["key"]: (row["id"], row["n"]) for row in database.all(SQL["sizes"])}
    for rows in database.batches(SQL["contents"], BATCH):
        for row in rows:
            name, size = sizes.get(row["issue"], ("", 0))
            if any(place >= size for place in unpacked(row["contents"])):
                yield f"{name}: reader {row['subscriber']} got what is not in it"


def _readers(database: Database) -> Iterator[str]:
    """Look whether what is written twice about a reader is the same twice."""
    for rows in database.batches(SQL["readers"], BATCH):
        taken: dict[str, set[str]] = {row["id"]: set() for row in rows}
        for row in database.all(SQL["taken"], ids=tuple(taken)):
            taken[row["subscriber"]].add(row["newsletter"])
        for row in rows:
            profile = form_said(row["profile"], address=row["address"], status="active")
            if same_address_key(row["address"]) != row["address_key"]:
                yield f"reader {row['id']}: the address and its key differ"
            if set(profile["preferences"]["newsletters"]) != taken[row["id"]]:
                yield f"reader {row['id']}: takes other newsletters than is written"
