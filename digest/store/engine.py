"""What a database engine must be able to do; SQLite and PostgreSQL do it.

The statements of the house are one text for both, with `:named` values, lists as
`in (:names)` and a few placeholders that an engine fills in its own way:

    {skip_locked}   rows that another transaction holds are passed over
    {lock_rows}     rows of the table `d` are ours until the transaction ends
    {clustered}     behind a table: its rows lie in the order of its primary key
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from digest.errors import StoreError

#: What a statement takes: bytes for `bytea`, a tuple for a list.
Single = str | int | bytes | None
Value = Single | tuple[str, ...] | tuple[int, ...]

#: Statements, each with the rows of values it is run for.
Changes = Iterable[tuple[str, Sequence[Mapping[str, Single]]]]


class Row(Protocol):
    """One row of an answer: `row["name"]`."""

    def __getitem__(self, name: str, /) -> Any:  # whatever the column holds
        """Return a column's value."""
        ...

    def keys(self) -> Iterable[str]:
        """Return the names of the columns."""
        ...


class Cursor(Protocol):
    """A statement that ran."""

    @property
    def rowcount(self) -> int:
        """How many rows it changed."""
        ...

    def fetchall(self) -> list[Any]:  # of `Row`, which the packages do not know
        """Return its rows."""
        ...


class Connection(Protocol):
    """One thread's way to the database, in autocommit."""

    def execute(self, statement: Any, values: Any = ..., /) -> Cursor:
        """Run one statement, in the form `Engine.prepared` gave it."""
        ...

    def close(self) -> None:
        """End it, and with it what was not committed."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Trouble:
    """What went wrong, in words: what was found, and what to do."""

    found: str
    advice: str


class Engine(Protocol):
    """A kind of database, and where it is."""

    kind: str  #: "sqlite" or "postgresql", as in the names of migrations
    name: str  #: "the database /srv/news/digest.db", without a password
    tables: str  #: lists its tables, as `name`
    orphans: str  #: lists rows that refer to nothing; empty: there cannot be any
    snapshot: str  #: begins one that only reads, all of it as of one moment
    lock: str  #: inside one: keeps out the others that ask; empty: `begin` does
    lost: Trouble  #: what to say when a connection is lost
    errors: type[Exception]  #: what its package raises

    def make(self) -> None:
        """Make the database where it is not there and that is ours to do."""
        ...

    def connect(self, *, committing: bool) -> Connection:
        """Open a connection; raises its package's errors.

        One that is `committing` runs statements in transactions alone.
        """
        ...

    def begin(self, connection: Any) -> None:
        """Begin a transaction, waiting for whoever is writing."""
        ...

    def prepared(self, sql: str, values: Mapping[str, Value]) -> tuple[Any, Any]:
        """Return a statement and its values as the package takes them."""
        ...

    def many(
        self, connection: Any, sql: str, rows: Iterable[Mapping[str, Single]]
    ) -> int:
        """Run a statement once per row; return how many rows it changed."""
        ...

    def several(
        self,
        connection: Any,
        changes: Changes,
        *,
        begin: bool,
    ) -> list[int]:
        """Begin a transaction if asked; run statements once per row, all in one go.

        Returns how many rows each of them changed.
        """
        ...

    def batches(
        self, connection: Any, sql: str, size: int
    ) -> Iterator[list[dict[str, Any]]]:
        """Yield a statement's rows in lists, without fetching them all first."""
        ...

    def back_up(self, connection: Any, to: Path) -> bool:
        """Write all of it into a new SQLite file; False: it cannot."""
        ...

    def complaints(self, connection: Any) -> Iterator[str]:
        """Yield what the engine itself finds wrong."""
        ...

    def in_transaction(self, connection: Any) -> bool:
        """Whether there is a transaction to roll back."""
        ...

    def is_lost(self, connection: Any) -> bool:
        """Whether a connection that failed will never work again."""
        ...

    def trouble(self, error: Exception) -> Trouble:
        """Say in words what an error of the package means."""
        ...

    def rebuilding(self, connection: Any) -> AbstractContextManager[None]:
        """Let tables that others refer to be rebuilt meanwhile."""
        ...

    def roomy(self, connection: Any) -> AbstractContextManager[None]:
        """Give a connection more memory meanwhile, for who writes a lot at once."""
        ...

    def alone(self, doing: str) -> AbstractContextManager[bool]:
        """Hold the lock of that name; yield False when another process has it."""
        ...


def unusable(name: str, trouble: Trouble) -> StoreError:
    """Return the error that says so."""
    return StoreError(f"{name} cannot be used: {trouble.found}. {trouble.advice}")


def filled(sql: str, fills: Mapping[str, str]) -> str:
    """Return a statement with the placeholders filled in."""
    for placeholder, text in fills.items():
        sql = sql.replace(placeholder, text)
    return sql
