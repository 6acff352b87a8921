"""A private PostgreSQL: started by the first test that asks, gone with the last.

It keeps its promises (fsync is on), because tests crash it. Its collation is one of
people, not of bytes, so that nothing comes to depend on the order of bytes.
"""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from functools import cache
from itertools import count
from pathlib import Path
from typing import Any

import psycopg
import pytest

from digest.settings import ServerDatabase
from digest.store.database import Database

MISSING = (
    "PostgreSQL's programs (initdb, postgres) are not here: install Debian's package "
    "`postgresql`; no server of the system's own is needed"
)
SETTINGS = """
listen_addresses = '127.0.0.1'
unix_socket_directories = '{folder}'
port = {port}
fsync = on
synchronous_commit = off  # digest must not rely on the server's default
max_connections = 60
shared_buffers = 32MB
autovacuum = off
"""

#: What every database of a test begins as.
TEMPLATE = "migrated"


def program(name: str) -> str | None:
    """Return where a program of PostgreSQL is: the newest version's, or the PATH's."""
    found = sorted(Path("/usr/lib/postgresql").glob(f"*/bin/{name}"))
    return str(found[-1]) if found else shutil.which(name)


def account() -> pwd.struct_passwd | None:
    """Return whom the server runs as when we are root, which it refuses to be."""
    if os.geteuid():
        return None
    for name in ("postgres", "nobody"):
        with suppress(KeyError):
            return pwd.getpwnam(name)
    pytest.skip("PostgreSQL does not run as root, and there is no other account")


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


class Cluster:
    """One server of our own, with as many databases as tests want."""

    def __init__(self, initdb: str, postgres: str) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="digest-postgresql-"))
        self.data, self.port = self.folder / "data", free_port()
        self.postgres, self.account = postgres, account()
        self.process: subprocess.Popen[bytes] | None = None
        self.numbers, self.spare = count(1), list[str]()
        if self.account:
            os.chown(self.folder, self.account.pw_uid, self.account.pw_gid)
        options = ["--username=digest", "--auth=trust", "--encoding=UTF8", "--no-sync"]
        options += ["--locale=C.UTF-8", "--locale-provider=icu", "--icu-locale=en"]
        self.run(initdb, "-D", str(self.data), *options)
        with (self.data / "postgresql.conf").open("a") as file:
            file.write(SETTINGS.format(folder=self.folder, port=self.port))
        self.start()
        self.admin(f"create database {TEMPLATE}")
        with closing(Database(self.server(TEMPLATE))) as database:
            self.tables = {row["name"] for row in database.all(database.engine.tables)}

    def command(self, *arguments: str) -> list[str]:
        """Return a command that runs as the account, and dies with the tests."""
        who = ["setpriv", "--pdeathsig=QUIT"]
        if self.account:
            who += [f"--reuid={self.account.pw_uid}", f"--regid={self.account.pw_gid}"]
            who += ["--clear-groups"]
        return [*who, *arguments]

    def run(self, *arguments: str) -> None:
        subprocess.run(
            self.command(*arguments), check=True, capture_output=True, cwd="/"
        )

    def start(self) -> None:
        """Start it, after a crash as well; returns when it answers."""
        with (self.folder / "log").open("ab") as log:
            self.process = subprocess.Popen(
                self.command(self.postgres, "-D", str(self.data)),
                stdout=log,
                stderr=log,
                cwd="/",
            )
        for _ in range(600):
            with suppress(psycopg.OperationalError):
                self.admin("select 1")
                return
            assert self.process.poll() is None, (self.folder / "log").read_text()
            time.sleep(0.05)
        raise AssertionError((self.folder / "log").read_text())

    def crash(self) -> None:
        """End it as a power cut would, like `pg_ctl stop -m immediate`."""
        self.stop(signal.SIGQUIT)

    def stop(self, how: signal.Signals = signal.SIGINT) -> None:
        assert self.process
        self.process.send_signal(how)
        self.process.wait(timeout=60)

    def remove(self) -> None:
        if self.process and self.process.poll() is None:
            self.crash()
        shutil.rmtree(self.folder)

    # -- databases ------------------------------------------------------------

    def server(self, name: str, *, over_tcp: bool = False) -> ServerDatabase:
        host = "127.0.0.1" if over_tcp else str(self.folder)
        return ServerDatabase(
            url=f"postgresql://digest@/{name}?host={host}&port={self.port}"
        )

    def admin(self, statement: str) -> None:
        with psycopg.connect(self.server("postgres").url, autocommit=True) as session:
            session.execute(statement.encode())

    def rows(self, name: str, sql: str) -> list[tuple[Any, ...]]:
        """Look into a database past the store."""
        with psycopg.connect(self.server(name).url, autocommit=True) as session:
            answer = session.execute(sql.encode())
            return answer.fetchall() if answer.description else []

    @contextmanager
    def empty(self) -> Iterator[str]:
        """Make a database with nothing in it; drop it afterwards."""
        name = f"empty{next(self.numbers)}"
        self.admin(f"create database {name}")
        try:
            yield name
        finally:
            self.admin(f"drop database {name} with (force)")

    def lend(self) -> str:
        """Return the name of a migrated database without rows."""
        if self.spare:
            return self.spare.pop()
        name = f"test{next(self.numbers)}"
        self.admin(f"create database {name} template {TEMPLATE}")
        return name

    def take_back(self, name: str) -> None:
        """Empty a database for the next test; drop one that is not as it was."""
        with psycopg.connect(self.server(name).url, autocommit=True) as session:
            session.execute(
                "select pg_terminate_backend(pid) from pg_stat_activity "
                "where datname = current_database() and pid <> pg_backend_pid()"
            )
            found = session.execute(
                "select relname from pg_class where relkind = 'r' "
                "and relnamespace = 'public'::regnamespace"
            ).fetchall()
            whole = {table for (table,) in found} == self.tables
            if whole:
                emptied = sorted(self.tables - {"schema_version"})
                wipes = "; ".join(f"delete from {table}" for table in emptied)
                session.execute(
                    f"set session_replication_role = replica; {wipes}".encode()
                )
                self.spare.append(name)
        if not whole:
            self.admin(f"drop database {name} with (force)")


@cache
def _cluster() -> Cluster | None:
    initdb, postgres = program("initdb"), program("postgres")
    return Cluster(initdb, postgres) if initdb and postgres else None


def cluster() -> Cluster:
    """Return this process's cluster, started now if need be; skip where it cannot be."""
    found = _cluster()
    if found is None:
        pytest.skip(MISSING)
    return found


def remove_cluster() -> None:
    """End and delete the cluster, if one was started."""
    if _cluster.cache_info().currsize and (found := _cluster()):
        found.remove()
        _cluster.cache_clear()
