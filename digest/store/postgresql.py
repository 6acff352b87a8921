"""PostgreSQL: for a newsroom that outgrows one machine.

A commit is on the disk when it returns: `synchronous_commit` is set for each
connection, whatever the server's default is. Transactions that look at one thing and
write another ask for one lock before they look, so that there is one of them at a
time, as on SQLite; those that touch only rows they name (the journal's commits while
an issue goes out) do without and run beside each other.
"""

from __future__ import annotations

import logging
import re
import zlib
from collections.abc import Iterable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, nullcontext, suppress
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from digest.errors import StoreError
from digest.settings import ServerDatabase
from digest.store.engine import Changes, Single, Trouble, Value, filled, unusable

if TYPE_CHECKING:
    import psycopg

# What it logs of a line that broke is said once, in our words, by who used the line.
logging.getLogger("psycopg").addHandler(logging.NullHandler())

FILLS = {
    "{skip_locked}": "for update skip locked",
    "{lock_rows}": "for update of d",
    "{clustered}": "",
}

#: Our locks among those of other programs: the letters "digs".
LOCKS = int.from_bytes(b"digs")

#: A process that was stopped in a transaction holds up the others at most so long.
LONGEST_PAUSE_SECONDS = 300

#: By SQLSTATE, or the class that its first two characters are.
WORDS = {
    "08": ("it cannot be reached", "Check that the server runs and answers here."),
    "22021": ("it was given what is not text", "Write it anew, in UTF-8."),
    "25006": (
        "it may only be read",
        "Name the server that may be written to, not its standby.",
    ),
    "28": (
        "the server does not let this user in",
        "Check the user's name and `database_password:` in digest.yaml, or PGPASSWORD.",
    ),
    "3D000": (
        "there is no database of that name",
        "Make one with `createdb --encoding=UTF8 --template=template0 NAME`.",
    ),
    "40P01": (
        "two processes waited for one another",
        "Run it again; nothing of it was kept.",
    ),
    "42501": (
        "this user may not do that",
        "Make the user the owner of the database.",
    ),
    "53100": (
        "the disk is full",
        "Free some space on the server; what was written before is kept.",
    ),
    "53300": (
        "it has no room for another connection",
        "Raise max_connections on the server, or stop what else is connected.",
    ),
    "55P03": (
        "another process has been writing to it all the time",
        "Wait for that process or stop it, then run the command again.",
    ),
    "57P": (
        "it is being stopped or started",
        "Wait a moment and run it again.",
    ),
}

#: What the server says, without a code, to one it does not let in.
UNCODED = (
    (re.compile("authentication failed|no password supplied|no pg_hba"), "28"),
    (re.compile('database ".*" does not exist'), "3D000"),
    (re.compile("is starting up|is shutting down|in recovery mode"), "57P"),
    (re.compile("too many clients|remaining connection slots"), "53300"),
)


class Postgresql:
    """A database on a server; see `Engine`."""

    kind = "postgresql"
    tables = (
        "select table_name as name from information_schema.tables "
        "where table_schema = current_schema() and table_type = 'BASE TABLE' "
        "order by table_name"
    )
    orphans = ""
    snapshot = "begin isolation level repeatable read read only"
    lock = f"select pg_advisory_xact_lock({LOCKS})"
    lost = Trouble(
        found="the connection broke. Whether the last change was kept is not known",
        advice="Run it again when the server is back; what was kept is not done twice.",
    )

    def __init__(self, where: ServerDatabase, *, patience_seconds: float) -> None:
        """Take the address, and how long a statement waits for a lock."""
        try:
            import psycopg
        except ImportError as error:
            raise StoreError(
                f"the database {where.url} needs the package psycopg. Install it with "
                "`pip install 'digest-newsletter[postgresql]'`."
            ) from error
        self._where, self._patience = where, patience_seconds
        self.name = f"the database {where.url}"
        self.errors: type[Exception] = psycopg.Error

    def make(self) -> None:
        """Leave it to whoever runs the server."""

    def connect(
        self,
        *,
        committing: bool = False,  # noqa: ARG002 nobody waits for whoever else writes
    ) -> psycopg.Connection[dict[str, Any]]:
        """Open a connection that notices when the other end is gone."""
        import psycopg
        from psycopg.rows import dict_row

        milliseconds = int(self._patience * 1000)
        connection = psycopg.connect(
            self._where.url,
            password=self._where.password or None,  # or the environment's
            autocommit=True,
            row_factory=dict_row,
            application_name="digest",
            connect_timeout=max(2, int(self._patience)),
            keepalives_idle=30,
            keepalives_interval=10,
            keepalives_count=3,
            tcp_user_timeout=60_000,
            client_encoding="UTF8",
            options=f"-c synchronous_commit=on -c lock_timeout={milliseconds} "
            "-c idle_in_transaction_session_timeout="
            f"{LONGEST_PAUSE_SECONDS * 1000} -c client_min_messages=warning",
        )
        encoding = connection.info.parameter_status("server_encoding")
        if encoding != "UTF8":
            connection.close()
            found = f"its encoding is {encoding}, which cannot hold every text"
            raise unusable(self.name, Trouble(found=found, advice=WORDS["3D000"][1]))
        return connection

    def begin(self, connection: psycopg.Connection[Any]) -> None:
        """Begin a transaction; others write beside it."""
        connection.execute("begin")

    def prepared(self, sql: str, values: Mapping[str, Value]) -> tuple[bytes, Any]:
        """Return the statement for psycopg, with tuples as arrays."""
        if any(isinstance(value, tuple) for value in values.values()):
            return _text(sql), {
                name: list(value) if isinstance(value, tuple) else value
                for name, value in values.items()
            }
        return _text(sql), values

    def many(
        self,
        connection: psycopg.Connection[dict[str, Any]],
        sql: str,
        rows: Iterable[Mapping[str, Single]],
    ) -> int:
        """Run a statement once per row, in one go; return how many rows it changed."""
        with connection.cursor() as cursor:
            cursor.executemany(_text(sql), rows)
            return max(cursor.rowcount, 0)

    def several(
        self,
        connection: psycopg.Connection[dict[str, Any]],
        changes: Changes,
        *,
        begin: bool,
    ) -> list[int]:
        """Send all of them, then read the answers: one way there and back."""
        cursors = []
        with connection.pipeline():
            if begin:
                self.begin(connection)
            for sql, rows in changes:
                cursors.append(connection.cursor())
                cursors[-1].executemany(_text(sql), rows)
        return [cursor.rowcount for cursor in cursors]

    def batches(
        self, connection: psycopg.Connection[dict[str, Any]], sql: str, size: int
    ) -> Iterator[list[dict[str, Any]]]:
        """Yield a statement's rows in lists, through a cursor of the server."""
        with connection.cursor(name="digest") as cursor:
            cursor.execute(_text(sql))
            while rows := cursor.fetchmany(size):
                yield rows

    def back_up(self, connection: object, to: Path) -> bool:  # noqa: ARG002 another kind
        """Return False: its rows have to be copied."""
        return False

    def complaints(
        self, connection: psycopg.Connection[dict[str, Any]]
    ) -> Iterator[str]:
        """Check whether the server keeps what it confirms."""
        for setting in ("fsync", "full_page_writes"):
            (row,) = connection.execute(f"show {setting}".encode()).fetchall()
            if row[setting] != "on":
                yield (
                    f"the server runs with {setting} off: when its machine fails, what "
                    "was sent may be forgotten, and sent again"
                )

    def in_transaction(self, connection: psycopg.Connection[dict[str, Any]]) -> bool:
        """Whether the server knows of one."""
        from psycopg.pq import TransactionStatus

        status = connection.info.transaction_status
        return status in (TransactionStatus.INTRANS, TransactionStatus.INERROR)

    def is_lost(self, connection: psycopg.Connection[dict[str, Any]]) -> bool:
        """Whether the line broke."""
        return connection.closed

    def trouble(self, error: Exception) -> Trouble:
        """Say what PostgreSQL's code means; without one, nobody answered."""
        text = str(error).strip()
        first = text.splitlines()[0] if text else type(error).__name__
        code = getattr(error, "sqlstate", None) or _uncoded(error, text)
        for known, (found, advice) in WORDS.items():
            if code.startswith(known):
                said = f" ({first})" if known == "08" else ""
                return Trouble(found=found + said, advice=advice)
        return Trouble(
            found=first, advice="Run it again; if it stays so, please report it."
        )

    def rebuilding(self, connection: object) -> AbstractContextManager[None]:  # noqa: ARG002 nothing to do
        """Do nothing: constraints are changed in place."""
        return nullcontext()

    def roomy(self, connection: object) -> AbstractContextManager[None]:  # noqa: ARG002 nothing to do
        """Do nothing: the server has memory of its own."""
        return nullcontext()

    @contextmanager
    def alone(self, doing: str) -> Iterator[bool]:
        """Hold an advisory lock on a connection of its own; it dies with the process."""
        number = zlib.crc32(doing.encode()) - 2**31  # as PostgreSQL's integer
        try:
            connection = self.connect()
        except self.errors as error:
            raise unusable(self.name, self.trouble(error)) from error
        try:
            asked = connection.execute(
                "select pg_try_advisory_lock(%s, %s) as granted", (LOCKS, number)
            )
            (row,) = asked.fetchall()
            yield bool(row["granted"])
        finally:
            with suppress(self.errors):  # the server sees late that we hung up
                connection.execute("select pg_advisory_unlock_all()")
            connection.close()


def _uncoded(error: Exception, text: str) -> str:
    """Return the code of an error that came without one, while connecting."""
    import psycopg

    if not isinstance(error, psycopg.OperationalError):
        return ""
    return next((code for words, code in UNCODED if words.search(text)), "08")


_LIST = re.compile(r"\b(not\s+)?in\s*\(:(\w+)\)", re.IGNORECASE)
_NAME = re.compile(r"(?<![:\w]):([a-z_]\w*)")


def _listed(found: re.Match[str]) -> str:
    return f"<> all(:{found[2]})" if found[1] else f"= any(:{found[2]})"


@lru_cache(maxsize=1024)
def _text(sql: str) -> bytes:
    """Return a statement as psycopg takes it: `%(name)s` for `:name`."""
    sql = re.sub(r"--.*", "", filled(sql, FILLS)).replace("%", "%%")
    sql = _LIST.sub(_listed, sql)
    return _NAME.sub(r"%(\1)s", sql).encode()
