"""The one door to the database: connections, transactions, plain words.

The statements of the other modules are one text for SQLite and PostgreSQL; what an
engine does in its own way is in its module. Times are UTC epoch milliseconds. A
commit is on the disk when it returns: the journal's promise rests on that.
"""

from __future__ import annotations

import re
import threading
import weakref
from collections.abc import Iterable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, suppress
from datetime import UTC, datetime, timedelta
from itertools import islice
from pathlib import Path
from typing import Any, TypeVar

from digest.errors import StoreError
from digest.settings import ServerDatabase
from digest.store.engine import (
    Changes,
    Connection,
    Cursor,
    Engine,
    Row,
    Single,
    Value,
    unusable,
)
from digest.store.migrating import migrate
from digest.store.postgresql import Postgresql
from digest.store.sqlite import Sqlite

__all__ = ["Database", "Row", "Single", "Value"]

Item = TypeVar("Item")

HERE = Path(__file__).parent

#: How long a statement waits for another process that is writing.
PATIENCE_SECONDS = 30.0

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MILLISECOND = timedelta(milliseconds=1)


def to_ms(moment: datetime) -> int:
    """Return UTC epoch milliseconds; what is finer is cut off, towards the past."""
    return (moment - EPOCH) // MILLISECOND


def from_ms(milliseconds: int) -> datetime:
    """Return the moment, aware and in UTC."""
    return EPOCH + timedelta(milliseconds=milliseconds)


def storable(text: str) -> str:
    """Return foreign text as every database takes it: no NUL, no lone surrogate."""
    return text.replace("\0", "\ufffd").encode("utf-8", "replace").decode()


def statements(room: str) -> dict[str, str]:
    """Return the statements of ``sql/ROOM.sql`` by the name above each."""
    text = (HERE / "sql" / f"{room}.sql").read_text(encoding="utf-8")
    _, *parts = re.split(r"^-- name: (\w+)\n", text, flags=re.MULTILINE)
    return dict(zip(parts[::2], parts[1::2], strict=True))


def chunks(items: Iterable[Item], size: int = 500) -> Iterator[tuple[Item, ...]]:
    """Yield the items in tuples of at most `size`, so that memory stays flat."""
    rest = iter(items)
    while chunk := tuple(islice(rest, size)):
        yield chunk


class _Session:
    """What one thread has: its connection, and how deep it is in a transaction."""

    def __init__(self) -> None:
        self.connection: Connection | None = None
        self.depth = 0
        self.begun = False  #: the database knows of the transaction
        self.spoiled = False  #: something inside failed, so the whole must be undone
        self.alone = False  #: the transaction has the lock

    def close(self) -> None:
        """End the connection, which another one may follow."""
        connection, self.connection = self.connection, None
        if connection is not None:
            connection.close()

    def __del__(self) -> None:
        """Close with the thread."""
        with suppress(Exception):
            self.close()


def _engine(where: Path | ServerDatabase, patience_seconds: float) -> Engine:
    if isinstance(where, Path):
        return Sqlite(where, patience_seconds=patience_seconds)
    return Postgresql(where, patience_seconds=patience_seconds)


class Database:
    """A connection per thread; safe to share between threads."""

    def __init__(
        self,
        where: Path | ServerDatabase,
        *,
        patience_seconds: float = PATIENCE_SECONDS,
    ) -> None:
        """Open it and bring it up to date; a file that is not there is made."""
        self.engine = _engine(where, patience_seconds)
        self._local = threading.local()
        self._sessions: weakref.WeakSet[_Session] = weakref.WeakSet()
        self._adding = threading.Lock()
        self._committing, self._shared = threading.Lock(), _Session()
        self._sessions.add(self._shared)
        self.engine.make()
        try:
            #: The numbers of the migrations that opening it applied.
            self.applied = migrate(self)
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        """Close the connections of all threads; nothing may be running."""
        with self._adding:
            for session in list(self._sessions):
                session.close()
            self._local = threading.local()

    # -- statements -----------------------------------------------------------

    def all(self, sql: str, **values: Value) -> list[Row]:
        """Run a statement that returns rows, and return them.

        A tuple stands for a list: `in (:ids)` takes it, and it may not be empty.
        """
        session = self._session()
        cursor = self._execute(session, sql, values)
        with self._plain_words(session):  # `update … returning` may fail only here
            return cursor.fetchall()

    def one(self, sql: str, **values: Value) -> Row | None:
        """Run a statement that returns rows; return the first, or None."""
        rows = self.all(sql, **values)
        return rows[0] if rows else None

    def run(self, sql: str, **values: Value) -> int:
        """Run a statement and return how many rows it changed."""
        return self._execute(self._session(), sql, values).rowcount

    def many(self, sql: str, rows: Iterable[Mapping[str, Single]]) -> int:
        """Run a statement once per row of values; return how many rows it changed."""
        session = self._session()
        if session.depth:
            return self._many(session, sql, rows)
        with self.tx(alone=False):
            return self._many(session, sql, rows)

    def _many(
        self, session: _Session, sql: str, rows: Iterable[Mapping[str, Single]]
    ) -> int:
        try:
            return self.engine.many(self._ready(session), sql, rows)
        except (UnicodeEncodeError, self.engine.errors) as error:
            raise self._said(session, error) from error

    def several(self, changes: Changes) -> list[int]:
        """Run statements, each once per row of values, inside a transaction.

        They go to the database together, and none waits for the answer to another.
        Returns how many rows each of them changed.
        """
        session = self._session()
        with self._plain_words(session):
            connection, begin = self._connection(session), not session.begun
            session.begun = True
            return self.engine.several(connection, changes, begin=begin)

    def batches(self, sql: str, size: int) -> Iterator[list[dict[str, Any]]]:
        """Yield a statement's rows, `size` at a time; inside a transaction."""
        session = self._session()
        with self._plain_words(session):
            yield from self.engine.batches(self._ready(session), sql, size)

    def back_up(self, file: Path) -> bool:
        """Write all of it into a new file; False: this engine cannot by itself."""
        session = self._session()
        with self._plain_words(session):
            return self.engine.back_up(self._connection(session), file)

    def complaints(self) -> list[str]:
        """Return what the engine itself finds wrong, in words."""
        session = self._session()
        with self._plain_words(session):
            return list(self.engine.complaints(self._connection(session)))

    def _execute(
        self, session: _Session, sql: str, values: Mapping[str, Value]
    ) -> Cursor:
        try:
            statement, flat = self.engine.prepared(sql, values)
            return self._ready(session).execute(statement, flat)
        except (UnicodeEncodeError, self.engine.errors) as error:
            raise self._said(session, error) from error

    # -- transactions ---------------------------------------------------------

    @contextmanager
    def tx(self, *, durable: bool = False, alone: bool = True) -> Iterator[None]:
        """Write all of it or nothing.

        While one that is `alone` runs, no other such one does, in any process: what
        it looked at is still so when it writes. Without it, on PostgreSQL, several
        run beside each other: for statements that name their rows and decide by what
        these hold, as the journal's do. Inside another transaction it is part of
        that one, and its failure undoes the whole. With `durable` it must be the
        outermost: when it ends, it is on the disk.
        """
        session = self._session()
        if durable:
            if session.depth:
                raise RuntimeError("this must be on the disk before anything goes on")
            with self._in_turn() as shared, self._whole(shared, alone=alone):
                yield
        elif session.depth:
            with self._part(session, alone=alone):
                yield
        else:
            with self._plain_words(session):
                self._begin(session)
            with self._whole(session, alone=alone):
                yield

    @contextmanager
    def _whole(self, session: _Session, *, alone: bool) -> Iterator[None]:
        """Be the outermost transaction; it begins with its first statement at the latest."""
        session.depth, session.spoiled, session.alone = 1, False, False
        try:
            if alone:
                self._keep_others_out(session)
            yield
            self._commit(session)
        except BaseException:
            self._roll_back(session)
            raise
        finally:
            session.depth, session.begun = 0, False

    def _begin(self, session: _Session) -> None:
        self.engine.begin(self._connection(session))
        session.begun = True

    @contextmanager
    def _in_turn(self) -> Iterator[_Session]:
        """Give this thread the one session of those that commit again and again.

        Each thread's own would read anew what another one's commit changed.
        """
        own = self._session()
        with self._committing:
            self._local.session = self._shared
            try:
                yield self._shared
            finally:
                self._local.session = own

    @contextmanager
    def snapshot(self) -> Iterator[None]:
        """Read everything inside as it is at one moment, while others write."""
        session = self._session()
        self._execute(session, self.engine.snapshot, {})
        session.depth, session.spoiled, session.begun = 1, False, True
        try:
            yield
        finally:
            session.depth, session.begun = 0, False
            self._roll_back(session)

    def _commit(self, session: _Session) -> None:
        """Write the outermost transaction to the disk."""
        if session.spoiled:
            raise RuntimeError("a part of this transaction failed before")
        if session.begun:
            self._execute(session, "commit", {})

    def alone(self, doing: str) -> AbstractContextManager[bool]:
        """Hold the lock of that name; yield False when another process has it."""
        return self.engine.alone(doing)

    def rebuilding(self) -> AbstractContextManager[None]:
        """Let tables that others refer to be rebuilt in a transaction inside."""
        return self.engine.rebuilding(self._connection(self._session()))

    def roomy(self) -> AbstractContextManager[None]:
        """Have more memory meanwhile, for who writes a lot at once."""
        return self.engine.roomy(self._connection(self._session()))

    def _keep_others_out(self, session: _Session) -> None:
        if self.engine.lock and not session.alone:
            self._execute(session, self.engine.lock, {})
        session.alone = True

    @contextmanager
    def _part(self, session: _Session, *, alone: bool) -> Iterator[None]:
        """Take part in the transaction that is already open."""
        session.depth += 1
        try:
            if alone:
                self._keep_others_out(session)
            yield
        except BaseException:
            session.spoiled = True
            raise
        finally:
            session.depth -= 1

    def _roll_back(self, session: _Session) -> None:
        """Undo what is open; a connection on which that fails is given up."""
        connection = session.connection
        if connection is None:
            return
        try:
            if self.engine.in_transaction(connection):
                connection.execute("rollback")
        except self.engine.errors:
            session.close()

    # -- connections ----------------------------------------------------------

    def _session(self) -> _Session:
        session: _Session | None = getattr(self._local, "session", None)
        if session is None:
            session = self._local.session = _Session()
            with self._adding:
                self._sessions.add(session)
        return session

    def _ready(self, session: _Session) -> Connection:
        """Return this thread's connection, in the transaction that is to be."""
        if session.depth and not session.begun:
            self._begin(session)
        return self._connection(session)

    def _connection(self, session: _Session) -> Connection:
        """Return this thread's connection, opened when there is none."""
        if session.connection is None:
            if session.begun:  # what it did so far is gone with the last one
                raise unusable(self.engine.name, self.engine.lost)
            committing = session is self._shared
            session.connection = self.engine.connect(committing=committing)
        return session.connection

    @contextmanager
    def _plain_words(self, session: _Session) -> Iterator[None]:
        """Turn an engine's errors into ours."""
        try:
            yield
        except (UnicodeEncodeError, self.engine.errors) as error:
            raise self._said(session, error) from error

    def _said(self, session: _Session, error: Exception) -> StoreError:
        """Return an engine's error in our words."""
        session.spoiled = True
        if isinstance(error, UnicodeEncodeError):
            return StoreError(
                f"{self.engine.name} cannot hold {error.object!r}: it is not "
                "text. Write it anew, in UTF-8."
            )
        trouble = self.engine.trouble(error)
        if session.connection and self.engine.is_lost(session.connection):
            session.close()
            trouble = self.engine.lost
        return unusable(self.engine.name, trouble)
