"""The one door to SQLite: connections, transactions, migrations, plain words.

Everything that only SQLite knows is here; the statements of the other modules are
plain SQL with `:named` parameters, meant to run on PostgreSQL too. Times are UTC
epoch milliseconds. A commit is on the disk when it returns (WAL with
`synchronous=full`): the journal's promise rests on that, and `normal` can lose the
last commits when the power fails.
"""

from __future__ import annotations

import base64
import re
import secrets
import sqlite3
import threading
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from itertools import islice
from pathlib import Path
from typing import TypeVar

from digest.errors import StoreError

Item = TypeVar("Item")
Row = sqlite3.Row
Value = str | int | bytes | None

HERE = Path(__file__).parent

#: How long a statement waits for another process that is writing.
PATIENCE_SECONDS = 30.0

#: `update … returning` and `update … from`.
OLDEST_SQLITE = (3, 35, 0)

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

#: By SQLite's primary result code: what was found, what to do.
WORDS = {
    sqlite3.SQLITE_FULL: (
        "the disk is full",
        "Free some space and run it again; what was written before is kept.",
    ),
    sqlite3.SQLITE_BUSY: (
        "another process has been writing to it all the time",
        "Wait for that process or stop it, then run the command again.",
    ),
    sqlite3.SQLITE_READONLY: (
        "it may only be read",
        "Give this account the right to write to the file and to its folder.",
    ),
    sqlite3.SQLITE_CANTOPEN: (
        "it cannot be opened",
        "Check that the path names a file in a folder this account may write to.",
    ),
    sqlite3.SQLITE_IOERR: (
        "the disk could not be read or written",
        "Check the disk, its free space and the system's log.",
    ),
    sqlite3.SQLITE_NOTADB: (
        "the file is not an SQLite database",
        "Check `database:` in digest.yaml, or move the file away.",
    ),
    sqlite3.SQLITE_CORRUPT: (
        "the file is damaged",
        "Restore it from a backup, or rescue it with `sqlite3 FILE .recover`.",
    ),
}


def to_ms(moment: datetime) -> int:
    """Return UTC epoch milliseconds; what is finer is cut off, towards the past."""
    return (moment - EPOCH) // timedelta(milliseconds=1)


def from_ms(milliseconds: int) -> datetime:
    """Return the moment, aware and in UTC."""
    return EPOCH + timedelta(milliseconds=milliseconds)


def new_id() -> str:
    """Return 8 random bytes as 13 characters that survive case folding."""
    return base64.b32encode(secrets.token_bytes(8)).decode().rstrip("=").lower()


def storable(text: str) -> str:
    """Return foreign text as every database takes it: no NUL, no lone surrogate."""
    return text.replace("\0", "\ufffd").encode("utf-8", "replace").decode()


def statements(room: str) -> dict[str, str]:
    """Return the statements of ``sql/ROOM.sql`` by the name above each."""
    text = (HERE / "sql" / f"{room}.sql").read_text(encoding="utf-8")
    for word in ("skip_locked", "lock_rows"):
        text = text.replace(f"{{{word}}}", "")
    _, *parts = re.split(r"^-- name: (\w+)\n", text, flags=re.MULTILINE)
    return dict(zip(parts[::2], parts[1::2], strict=True))


def chunks(items: Iterable[Item], size: int = 500) -> Iterator[tuple[Item, ...]]:
    """Yield the items in tuples of at most `size`, so that memory stays flat."""
    rest = iter(items)
    while chunk := tuple(islice(rest, size)):
        yield chunk


class _Session(threading.local):
    """What one thread has: its connection, and how deep it is in a transaction."""

    connection: sqlite3.Connection | None = None
    depth = 0
    spoiled = False  #: something inside failed, so the whole must be undone


class Database:
    """A thin connection per thread; safe to share between threads."""

    def __init__(
        self, path: Path, *, patience_seconds: float = PATIENCE_SECONDS
    ) -> None:
        """Open the file, making it when it is not there, and bring it up to date."""
        self._path, self._patience = path, patience_seconds
        self._session = _Session()
        self._opened: list[sqlite3.Connection] = []
        if sqlite3.sqlite_version_info < OLDEST_SQLITE:
            raise StoreError(
                f"this Python brings SQLite {sqlite3.sqlite_version}, which is too "
                "old. Use a Python built with SQLite 3.35 or newer."
            )
        self._make_file()
        try:
            self._migrate()
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        """Close the connections of all threads; nothing may be running."""
        while self._opened:
            self._opened.pop().close()
        self._session = _Session()

    def all(
        self, sql: str, **values: Value | tuple[str, ...] | tuple[int, ...]
    ) -> list[Row]:
        """Run a statement and return its rows.

        A tuple stands for a list: `in (:ids)` takes it, and it may not be empty.
        """
        sql, flat = _spread(sql, values)
        with self._plain_words():
            return self._connection().execute(sql, flat).fetchall()

    def one(
        self, sql: str, **values: Value | tuple[str, ...] | tuple[int, ...]
    ) -> Row | None:
        """Run a statement and return its first row, or None."""
        rows = self.all(sql, **values)
        return rows[0] if rows else None

    def run(self, sql: str, **values: Value | tuple[str, ...] | tuple[int, ...]) -> int:
        """Run a statement and return how many rows it changed."""
        sql, flat = _spread(sql, values)
        with self._plain_words():
            return self._connection().execute(sql, flat).rowcount

    def many(self, sql: str, rows: Iterable[Mapping[str, Value]]) -> int:
        """Run a statement once per row of values; return how many rows it changed."""
        with self.tx(), self._plain_words():
            return max(self._connection().executemany(sql, rows).rowcount, 0)

    @contextmanager
    def tx(self, *, durable: bool = False) -> Iterator[None]:
        """Write all of it or nothing, alone: one process at a time.

        Inside another transaction it is part of that one, and its failure undoes
        the whole. With `durable` it must be the outermost: when it ends, it is on
        the disk.
        """
        session = self._session
        if session.depth:
            if durable:
                raise RuntimeError("this must be on the disk before anything goes on")
            with self._part():
                yield
            return
        with self._plain_words():
            self._connection().execute("begin immediate")
        session.depth, session.spoiled = 1, False
        try:
            yield
            self._commit()
        except BaseException:
            if self._connection().in_transaction:  # a full disk may have ended it
                with self._plain_words():
                    self._connection().execute("rollback")
            raise
        finally:
            session.depth = 0

    def _commit(self) -> None:
        """Write the outermost transaction to the disk."""
        if self._session.spoiled:
            raise RuntimeError("a part of this transaction failed before")
        with self._plain_words():
            self._connection().execute("commit")

    @contextmanager
    def _part(self) -> Iterator[None]:
        """Take part in the transaction that is already open."""
        session = self._session
        session.depth += 1
        try:
            yield
        except BaseException:
            session.spoiled = True
            raise
        finally:
            session.depth -= 1

    # -- SQLite ---------------------------------------------------------------

    def _make_file(self) -> None:
        """Make the file readable by its owner alone: it holds addresses and a key."""
        try:
            if not self._path.exists():
                self._path.touch(mode=0o600)
        except OSError as error:
            raise StoreError(
                f"the database {self._path} cannot be made: {error.strerror}. "
                "Check `database:` in digest.yaml and the rights on its folder."
            ) from error

    def _connection(self) -> sqlite3.Connection:
        """Return this thread's connection, opened at its first use."""
        connection = self._session.connection
        if connection is None:
            connection = sqlite3.connect(
                self._path,
                timeout=self._patience,
                isolation_level=None,
                check_same_thread=False,  # so that close() can close them all
            )
            self._opened.append(connection)
            connection.row_factory = Row
            if connection.execute("pragma journal_mode").fetchone()[0] != "wal":
                connection.execute("pragma journal_mode=wal")
            connection.execute("pragma synchronous=full")
            connection.execute("pragma foreign_keys=on")
            self._session.connection = connection
        return connection

    @contextmanager
    def _plain_words(self) -> Iterator[None]:
        """Turn SQLite's errors into ours."""
        try:
            yield
        except UnicodeEncodeError as error:
            raise StoreError(
                f"the database {self._path} cannot hold {error.object!r}: it is not "
                "text. Write it anew, in UTF-8."
            ) from error
        except sqlite3.Error as error:
            code = getattr(error, "sqlite_errorcode", sqlite3.SQLITE_ERROR) & 0xFF
            found, advice = WORDS.get(
                code,
                (str(error), "Run it again; if it stays so, please report it."),
            )
            raise StoreError(
                f"the database {self._path} cannot be used: {found}. {advice}"
            ) from error

    # -- migrations -----------------------------------------------------------

    def _migrate(self) -> None:
        """Apply the numbered files this database has not seen yet, all or none."""
        scripts = sorted((HERE / "migrations").glob("[0-9]*.sql"))
        newest = int(scripts[-1].name[:4])
        if self._version() == newest:
            return  # without waiting for a process that is writing
        with self.tx():
            version = self._version()
            if version > newest:
                raise StoreError(
                    f"the database {self._path} was written by a newer digest: it has "
                    f"format {version}, this one knows formats up to {newest}. "
                    "Update digest, or name another file under `database:`."
                )
            for script in scripts[version:]:
                text = re.sub(r"--.*", "", script.read_text(encoding="utf-8"))
                text = text.replace("{clustered}", "without rowid")
                for statement in filter(str.strip, text.split(";")):
                    self.run(statement)
            self.run("update schema_version set version = :newest", newest=newest)

    def _version(self) -> int:
        """Return the number of the last migration applied, 0 for an empty file."""
        tables = {
            row["name"]
            for row in self.all("select name from sqlite_master where type = 'table'")
        }
        if "schema_version" in tables:
            row = self.one("select version from schema_version")
            return int(row["version"]) if row else 0
        if tables:
            raise StoreError(
                f"the database {self._path} belongs to another program: it has the "
                f"table {min(tables)!r}. Name another file under `database:`."
            )
        return 0


def _spread(
    sql: str, values: Mapping[str, Value | tuple[str, ...] | tuple[int, ...]]
) -> tuple[str, dict[str, Value]]:
    """Turn `in (:ids)` and a tuple into `in (:ids_0, :ids_1)` and single values."""
    flat: dict[str, Value] = {}
    for name, value in values.items():
        if isinstance(value, tuple):
            names = [f"{name}_{place}" for place in range(len(value))]
            listed = ", ".join(f":{each}" for each in names)
            sql = re.sub(rf":{name}\b", listed, sql)
            flat.update(zip(names, value, strict=True))
        else:
            flat[name] = value
    return sql, flat
