"""SQLite: the database that is one file, and needs nothing else.

A commit is on the disk when it returns (WAL with `synchronous=full`): the journal's
promise rests on that, and `normal` can lose the last commits when the power fails.
A transaction begins with the right to write, so there is one writer at a time.
"""

from __future__ import annotations

import re
import sqlite3
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import AbstractContextManager, closing, contextmanager, suppress
from functools import lru_cache
from operator import itemgetter
from pathlib import Path
from shutil import disk_usage
from threading import Lock
from typing import Any, cast

from digest.errors import StoreError
from digest.store.alone import alone
from digest.store.engine import Changes, Single, Trouble, Value, filled

#: `update … returning` and `update … from`.
OLDEST = (3, 35, 0)

FILLS = {"{skip_locked}": "", "{lock_rows}": "", "{clustered}": "without rowid"}

A_LOGS_INDEX = 32 * 1024  #: octets by which the index of a log grows (`-shm`)

#: Between two looks whether another process still writes.
LOOK_SECONDS = 0.001

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


#: Of pages kept while a file of readers is taken in; otherwise it is 2 MiB.
ROOMY_KIB = 64 * 1024


class Sqlite:
    """A database in a file; see `Engine`."""

    kind = "sqlite"
    tables = "select name from sqlite_master where type = 'table' order by name"
    orphans = 'select "table" as name from pragma_foreign_key_check'
    snapshot = "begin"  # what is read first settles the moment
    lock = ""
    lost = Trouble(found="it is not open any more", advice="Run it again.")
    errors: type[Exception] = sqlite3.Error

    def __init__(self, path: Path, *, patience_seconds: float) -> None:
        """Take the file, and how long a statement waits for another writer."""
        self.path, self._patience = path, patience_seconds
        self._turn = Lock()
        self.name = f"the database {path}"

    def make(self) -> None:
        """Make the file readable by its owner alone: it holds addresses and a key."""
        if sqlite3.sqlite_version_info < OLDEST:
            raise StoreError(
                f"this Python brings SQLite {sqlite3.sqlite_version}, which is too "
                "old. Use a Python built with SQLite 3.35 or newer."
            )
        try:
            if not self.path.exists():
                self.path.touch(mode=0o600)
        except OSError as error:
            raise StoreError(
                f"the database {self.path} cannot be made: {error.strerror}. "
                "Check `database:` in digest.yaml and the rights on its folder."
            ) from error

    def connect(self, *, committing: bool) -> sqlite3.Connection:
        """Open the file; raise `StoreError` where a log of another one lies beside it.

        One that is `committing` waits for other writers in `begin` and nowhere else.
        """
        with _counting:
            if self._log_of_another():
                raise StoreError(
                    f"beside {self.name} lies {self.path.name}-wal, which belongs to the "
                    "one that was there before, and would be mixed into this one. Move "
                    f"{self.path.name}-wal and {self.path.name}-shm away, then run it "
                    "again."
                )
            connection = sqlite3.connect(
                self.path,
                timeout=0 if committing else self._patience,
                isolation_level=None,
                check_same_thread=False,  # so that one thread can close them all
                factory=_Counted,
            )
            connection.count(self.path)
            connection.committing = committing
        connection.row_factory = sqlite3.Row
        if connection.execute("pragma journal_mode").fetchone()[0] != "wal":
            connection.execute("pragma journal_mode=wal")
        connection.execute("pragma synchronous=full")
        connection.execute("pragma foreign_keys=on")
        return connection

    def _log_of_another(self) -> bool:
        log = self.path.with_name(f"{self.path.name}-wal")
        return log.exists() and log.stat().st_size > 0 and _rests(self.path)

    def begin(self, connection: _Counted) -> None:
        """Begin with the right to write, as soon as another writer lets go of it.

        SQLite's own way of waiting sleeps for up to a tenth of a second between two
        looks, so that a process which commits again and again, as one that sends, keeps
        the right to itself for seconds. Of our threads one at a time looks every
        millisecond instead; the others wait for their turn.
        """
        until = time.monotonic() + self._patience
        with self._turn:
            if connection.committing:
                _begin(connection, until=until)
                return
            connection.execute("pragma busy_timeout=0")
            try:
                _begin(connection, until=until)
            finally:
                patience = round(1000 * self._patience)
                connection.execute(f"pragma busy_timeout={patience}")

    def prepared(
        self, sql: str, values: Mapping[str, Value]
    ) -> tuple[str, Mapping[str, Value]]:
        """Turn `in (:ids)` and a tuple into `in (:ids_0, :ids_1)` and single values."""
        lists = tuple(
            (name, len(value))
            for name, value in values.items()
            if isinstance(value, tuple)
        )
        if not lists:
            return _text(sql), values
        flat: dict[str, Value] = dict(values)
        for name, _ in lists:
            items = cast("tuple[Single, ...]", flat.pop(name))
            flat.update({f"{name}_{place}": item for place, item in enumerate(items)})
        return _spread(sql, lists), flat

    def many(
        self,
        connection: sqlite3.Connection,
        sql: str,
        rows: Iterable[Mapping[str, Single]],
    ) -> int:
        """Run a statement once per row; return how many rows it changed."""
        statement, places = _by_place(sql)
        return max(connection.executemany(statement, map(places, rows)).rowcount, 0)

    def several(
        self,
        connection: _Counted,
        changes: Changes,
        *,
        begin: bool,
    ) -> list[int]:
        """Run one after the other: there is nobody to send them to."""
        if begin:
            self.begin(connection)
        return [self.many(connection, sql, rows) for sql, rows in changes]

    def batches(
        self, connection: sqlite3.Connection, sql: str, size: int
    ) -> Iterator[list[dict[str, Any]]]:
        """Yield a statement's rows in lists."""
        cursor = connection.execute(_text(sql))
        while rows := cursor.fetchmany(size):
            yield [dict(row) for row in rows]

    def complaints(self, connection: sqlite3.Connection) -> Iterator[str]:
        """Check every page, index and reference."""
        for (said,) in connection.execute("pragma integrity_check"):
            if said != "ok":
                yield f"the file is damaged: {said}"
        for row in connection.execute(self.orphans):
            yield f"a row of {row['name']!r} refers to nothing"

    def in_transaction(self, connection: sqlite3.Connection) -> bool:
        """Whether one is open; a full disk may have ended it."""
        return connection.in_transaction

    def is_lost(self, connection: sqlite3.Connection) -> bool:  # noqa: ARG002 a file stays
        """Return False: there is no line that could break."""
        return False

    def trouble(self, error: Exception) -> Trouble:
        """Say what SQLite's result code means."""
        code = _code(error)
        if code == sqlite3.SQLITE_IOERR and self._is_full():
            code = sqlite3.SQLITE_FULL
        words = (str(error), "Run it again; if it stays so, please report it.")
        found, advice = WORDS.get(code, words)
        return Trouble(found=found, advice=advice)

    def _is_full(self) -> bool:
        """Whether the disk has no room: SQLite does not tell that of its index of a log."""
        try:
            return disk_usage(self.path.parent).free < A_LOGS_INDEX
        except OSError:
            return False

    @contextmanager
    def rebuilding(self, connection: sqlite3.Connection) -> Iterator[None]:
        """Look away while a table others refer to is replaced; checked in the end."""
        connection.execute("pragma foreign_keys=off")
        try:
            yield
        finally:
            connection.execute("pragma foreign_keys=on")

    @contextmanager
    def roomy(self, connection: sqlite3.Connection) -> Iterator[None]:
        """Keep more pages: readers' ids are random, so every page is written to."""
        usual = connection.execute("pragma cache_size").fetchone()[0]
        connection.execute(f"pragma cache_size=-{ROOMY_KIB}")
        try:
            yield
        finally:
            connection.execute(f"pragma cache_size={usual}")

    def back_up(self, connection: sqlite3.Connection, to: Path) -> bool:
        """Write all of it, as of one moment, into a new file while others write.

        Only the new file can find its disk full: of the old one nothing is written.
        """
        Sqlite(to, patience_seconds=self._patience).make()
        with closing(sqlite3.connect(to)) as copy:
            try:
                connection.backup(copy)
            except sqlite3.OperationalError as error:
                if _code(error) != sqlite3.SQLITE_FULL:
                    raise
                raise StoreError(
                    f"the backup cannot be written: the disk of {to.parent.resolve()} "
                    "is full. Free some space there, or name a file on another disk; "
                    "the database is as it was."
                ) from error
        return True

    def alone(self, doing: str) -> AbstractContextManager[bool]:
        """Hold the lock on a file beside the database."""
        return alone(self.path.with_name(f"{self.path.name}-{doing}.lock"))


#: How many connections of this process there are to each file.
_open: Counter[Path] = Counter()
_counting = Lock()


class _Counted(sqlite3.Connection):
    """A connection that says for as long as it is open whose file it has locks on."""

    _file: Path | None = None
    committing = False  #: it waits in `Sqlite.begin` alone

    def count(self, file: Path) -> None:
        """Count it among those to this file."""
        self._file = file.resolve()
        _open[self._file] += 1

    def close(self) -> None:
        """Close it, and count it no more."""
        super().close()
        with _counting:
            if self._file is not None:
                _open[self._file] -= 1
                self._file = None


def rests(file: Path) -> bool:
    """Return whether a database has no log of its own, as a backup until it is used.

    SQLite writes into it whatever log it finds beside it (file format, section 1.3).
    """
    with _counting:
        return _rests(file)


def _rests(file: Path) -> bool:
    # Who closes a file loses all locks of its process on it, SQLite's as well (POSIX):
    # another process would then delete the log that this one is writing. So a file is
    # not read beside a connection; one that was opened rests no more.
    if _open[file.resolve()]:
        return False
    try:
        with file.open("rb") as header:
            return header.read(19)[18:] == b"\x01"
    except OSError:  # it is made, or whoever opens it says what is wrong
        return False


def lay_to_rest(file: Path) -> None:
    """Let a database have no log of its own until it is used, if it is whole."""
    with closing(sqlite3.connect(file)) as connection, suppress(sqlite3.Error):
        connection.execute("pragma journal_mode=delete")


def _code(error: Exception) -> int:
    """Return SQLite's primary result code."""
    return getattr(error, "sqlite_errorcode", sqlite3.SQLITE_ERROR) & 0xFF


def _begin(connection: sqlite3.Connection, *, until: float) -> None:
    while not _begun(connection, until=until):
        time.sleep(LOOK_SECONDS)


def _begun(connection: sqlite3.Connection, *, until: float) -> bool:
    """Try to begin; False: somebody is writing, and it is not too late yet."""
    try:
        connection.execute("begin immediate")
    except sqlite3.OperationalError as error:
        if _code(error) != sqlite3.SQLITE_BUSY or time.monotonic() > until:
            raise
        return False
    return True


@lru_cache(maxsize=1024)
def _text(sql: str) -> str:
    return filled(sql, FILLS)


@lru_cache(maxsize=256)
def _by_place(
    sql: str,
) -> tuple[str, Callable[[Mapping[str, Single]], tuple[Single, ...]]]:
    """Return a statement with numbers for names, and what puts a row in their order.

    sqlite3 looks each name up in each row anew: an import took a twentieth longer.
    """
    sql = _text(sql)
    first, *others = dict.fromkeys(re.findall(r":(\w+)", sql))
    for number, name in enumerate((first, *others), 1):
        sql = re.sub(rf":{name}\b", f"?{number}", sql)
    return sql, itemgetter(first, *others) if others else lambda row: (row[first],)


@lru_cache(maxsize=256)
def _spread(sql: str, lists: tuple[tuple[str, int], ...]) -> str:
    """Return a statement with a name for each item of each list."""
    sql = _text(sql)
    for name, length in lists:
        names = ", ".join(f":{name}_{place}" for place in range(length))
        sql = re.sub(rf":{name}\b", names, sql)
    return sql
