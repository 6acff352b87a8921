"""What lasts: articles and issues, readers, and the record of deliveries.

Narrow nouns over one database: the `Archive`, the `Audience`, the `Journal`, and the
`Approvals` of issues that editors see first.
Each call is one transaction; several become one inside `Store.transaction()`:

    with store.transaction():  # nothing can be added between the two
        articles = store.archive.articles(since=since, until=until)
        issue = store.archive.freeze(...)

SQLite or PostgreSQL holds all of it; the statements are one text for both.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable
from contextlib import AbstractContextManager, closing
from datetime import datetime
from pathlib import Path

from digest.addresses import same_address_key
from digest.errors import StoreError
from digest.settings import ServerDatabase
from digest.store.approvals import (
    AWAITING,
    HELD,
    PAUSED,
    RECALLED,
    Approval,
    Approvals,
)
from digest.store.archive import Added, Archive
from digest.store.audience import Audience, Imported
from digest.store.commits import Commits
from digest.store.copying import copy
from digest.store.database import Database, statements
from digest.store.history import Event
from digest.store.importing import Change
from digest.store.journal import Journal
from digest.store.life import Life, mark_as_backup
from digest.store.requests import Request, Requests, Wanted
from digest.store.returns import MEMORY, Parked, Returns
from digest.store.rows import Brought, Claim, Delivery, Start, Wait, Written
from digest.store.sqlite import lay_to_rest, rests
from digest.store.tidying import Tidied, tidy
from digest.store.verifying import verify
from digest.store.withdrawing import By, Withdrawn

__all__ = [
    "AWAITING",
    "HELD",
    "MEMORY",
    "PAUSED",
    "RECALLED",
    "Added",
    "Approval",
    "Approvals",
    "Archive",
    "Audience",
    "Brought",
    "By",
    "Change",
    "Claim",
    "Commits",
    "Delivery",
    "Event",
    "Imported",
    "Journal",
    "Parked",
    "Request",
    "Requests",
    "Returns",
    "Start",
    "Store",
    "Tidied",
    "Wait",
    "Wanted",
    "Withdrawn",
    "Written",
    "back_up",
    "copy_database",
    "open_store",
    "verify_database",
]

SQL = statements("store")

#: What the first key of links is called; those after it are links-2, links-3 …
FIRST_KEY = "links"


class Store:
    """One database; may be shared between threads."""

    def __init__(
        self,
        database: Database,
        *,
        now: Callable[[], datetime],
        project: Path | None = None,
    ) -> None:
        """Use the database; `now` is the only clock."""
        self._database = database
        self.applied = database.applied  #: migrations, when it was opened
        self.life = Life(database, now=now, project=project)
        self.archive = Archive(database, now=now)
        self.audience = Audience(database, now=now)
        self.journal = Journal(database, now=now)
        self.requests = Requests(database, now=now)
        self.returns = Returns(database, now=now)
        self.approvals = Approvals(database, now=now)
        if not self._keys():
            self._make_key(FIRST_KEY)  # or another process just did
        #: 32 random bytes, made when the database was; it never changes.
        self.key = self.keys()[-1]

    def answer_refused(self, request: Request, *, reply: str) -> bool:
        """Believe that an address is gone to which the mail about a request went.

        False: it is no reader's, or no longer. `reply` are the server's words.
        """
        with self.transaction():
            reader = self.audience.find(request.subscriber or "")
            if reader is None:
                return False
            here, there = request.mailbox or reader.address, reader.address
            if same_address_key(here) != same_address_key(there):
                return False
            self.audience.bounced(reader.id, hard=True, reply=reply, issue="")
        return True

    def keys(self) -> tuple[bytes, ...]:
        """Return the keys of links, the newest first; the last one is `key`."""
        return tuple(bytes.fromhex(hex_) for _, hex_ in reversed(self._keys()))

    def add_key(self) -> int:
        """Make a new key for links from now on; return how many there are."""
        with self._database.tx():
            count = len(self._keys()) + 1
            self._make_key(f"{FIRST_KEY}-{count}")
        return count

    def _keys(self) -> list[tuple[int, str]]:
        """Return the number and the digits of each key, the oldest first."""
        return sorted(
            (int(row["name"].partition("-")[2] or 1), row["hex"])
            for row in self._database.all(SQL["keys"])
        )

    def _make_key(self, name: str) -> None:
        self._database.run(SQL["make_key"], name=name, hex=secrets.token_hex(32))

    def transaction(self) -> AbstractContextManager[None]:
        """Make everything inside one step: all of it or nothing, alone.

        Other processes that write wait meanwhile, so keep it short. The journal
        refuses to start a delivery inside: that must be on the disk at once.
        """
        return self._database.tx()

    def alone(self, doing: str) -> AbstractContextManager[bool]:
        """Keep other processes from `doing` the same; yields False: one is at it.

        `doing` is a few letters and hyphens, such as "send-daily".
        """
        return self._database.alone(doing)

    def tidy(
        self,
        *,
        deliveries_before: datetime | None,
        refusals_before: datetime | None,
        unconfirmed_before: datetime | None,
    ) -> Tidied:
        """Forget what is older than each of these, step by step; None: keep it.

        Deliveries that are settled leave their numbers behind. Readers who asked by a
        form and never confirmed go as if they had not come.
        """
        return tidy(
            self._database,
            deliveries_before=deliveries_before,
            refusals_before=refusals_before,
            unconfirmed_before=unconfirmed_before,
        )

    def close(self) -> None:
        """Close the database; no other thread may be using it."""
        self._database.close()


def open_store(
    where: Path | ServerDatabase,
    *,
    now: Callable[[], datetime],
    project: Path | None = None,
) -> Store:
    """Open the database and bring it up to date; a file that is not there is made.

    In the folder `project` it is noted how far the database had come; see `Life`.

    Raises `StoreError` when it cannot be used, and whenever it cannot be later.
    """
    database = Database(where)
    try:
        return Store(database, now=now, project=project)
    except BaseException:
        database.close()
        raise


def copy_database(
    source: Path | ServerDatabase, target: Path | ServerDatabase
) -> dict[str, int]:
    """Copy everything to an empty database; return how many rows of each table."""
    with closing(Database(source)) as old, closing(Database(target)) as new:
        return copy(old, new)


def back_up(source: Path | ServerDatabase, file: Path, *, made: datetime) -> None:
    """Write a database into a new SQLite file, whole or not at all.

    Others may write to it meanwhile. Raises `StoreError` when the file is there
    already or cannot be written.
    """
    if file.exists():
        raise StoreError(
            f"{file} is there already; nothing was changed. Name a new one."
        )
    aside = file.with_name(f".{file.name}.new")
    aside.unlink(missing_ok=True)
    try:
        with closing(Database(source)) as old:
            if not old.back_up(aside):
                with closing(Database(aside)) as new:
                    copy(old, new)
        with closing(Database(aside)) as new:
            mark_as_backup(new, made=made)
        lay_to_rest(aside)
        aside.replace(file)
    finally:
        aside.unlink(missing_ok=True)


def verify_database(where: Path | ServerDatabase) -> list[str]:
    """Return what is wrong with a database, in words."""
    rested = isinstance(where, Path) and rests(where)
    with closing(Database(where)) as database:
        found = list(verify(database))
    if rested and isinstance(where, Path):
        lay_to_rest(where)  # as it lay there: it was only looked at
    return found
