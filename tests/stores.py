"""A store in a folder and what goes into it, with defaults that fit most tests."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager
from datetime import datetime
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import psycopg
import pytest

from digest.model import Article, Issue, Preferences, Status, Subscriber
from digest.settings import ServerDatabase
from digest.store import Store, open_store
from digest.store.database import Database
from tests.cluster import Cluster, cluster
from tests.projects import MONDAY, Clock

#: All that `planned` readers take.
NEWSLETTERS = frozenset({"daily", "weekly"})

#: In a folder whose database is on a server: its address.
ADDRESS = "database.url"


def where(folder: Path) -> Path | ServerDatabase:
    """Return the database that belongs to a test's folder."""
    address = folder / ADDRESS
    if address.exists():
        return ServerDatabase(url=address.read_text())
    return folder / "digest.db"


class Servers:
    """Lends databases of the tests' cluster to folders that ask for theirs."""

    def __init__(self, cluster: Cluster) -> None:
        self.cluster, self.lent = cluster, list[str]()

    def settle(self, folder: Path) -> None:
        """Make a database on the server the folder's own."""
        if not (folder / ADDRESS).exists():
            name = self.cluster.lend()
            self.lent.append(name)
            (folder / ADDRESS).write_text(self.cluster.server(name).url)

    def end(self) -> None:
        for name in self.lent:
            self.cluster.take_back(name)


class Engine:
    """The engine of the running test; `servers` is None on SQLite."""

    servers: Servers | None = None


@contextmanager
def on_postgresql() -> Iterator[Servers]:
    """Let the stores opened inside be on a server."""
    Engine.servers = Servers(cluster())
    try:
        yield Engine.servers
    finally:
        Engine.servers.end()
        Engine.servers = None


def settled(folder: Path) -> Path | ServerDatabase:
    """Return a folder's database, giving it one of the running test's engine."""
    if Engine.servers is not None:
        Engine.servers.settle(folder)
    return where(folder)


@cache
def _empty() -> bytes:
    """Return a database file that has every table and nothing in them."""
    with TemporaryDirectory() as folder:
        file = Path(folder) / "digest.db"
        Database(file).close()
        return file.read_bytes()


@contextmanager
def opened(folder: Path, clock: Clock) -> Iterator[Store]:
    """Open the folder's store; close it in the end.

    A new one in a file is copied, which takes a tenth of the time that making the tables
    does; `tests/test_migrations.py` makes them.
    """
    place = settled(folder)
    if isinstance(place, Path) and not place.exists():
        place.touch(mode=0o600)
        place.write_bytes(_empty())
    with closing(open_store(place, now=clock)) as store:
        yield store


def article(number: int = 1, **changes: object) -> Article:
    """Make an article; equal arguments make equal ones."""
    values: dict[str, object] = {
        "id": f"article{number}",
        "headline": f"Headline {number}",
        "source": "articles",
        "body": f"<p>Body {number}</p>",
    }
    return Article(**{**values, **changes})  # type: ignore[arg-type]


def reader(number: int = 1, **changes: object) -> Subscriber:
    """Make a subscriber as a file gives them: without an id."""
    values: dict[str, object] = {
        "id": "",
        "address": f"reader{number}@example.org",
        "status": Status.ACTIVE,
        "preferences": Preferences(newsletters=frozenset({"daily"})),
    }
    return Subscriber(**{**values, **changes})  # type: ignore[arg-type]


def issue(
    number: int = 1,
    *,
    since: datetime = MONDAY,
    until: datetime = MONDAY,
    slot: str | None = None,
    newsletter: str = "daily",
    articles: tuple[Article, ...] = (),
) -> Issue:
    """Make the draft of an issue."""
    return Issue(
        id=f"{newsletter}/{number}",
        newsletter=newsletter,
        number=0,
        since=since,
        until=until,
        slot=slot,
        articles=articles,
    )


def planned(store: Store, *, readers: int, newsletter: str = "daily") -> Issue:
    """Freeze an issue and plan it for that many new readers."""
    store.audience.import_(
        [
            reader(n, preferences=Preferences(newsletters=NEWSLETTERS))
            for n in range(1, readers + 1)
        ],
        origin="readers",
        sync=False,
    )
    articles = tuple(article(n, id=letter) for n, letter in enumerate("abcdefgh"))
    frozen = store.archive.freeze(issue(newsletter=newsletter, articles=articles))
    assert frozen is not None
    store.journal.plan(frozen.id, newsletter)
    return frozen


def in_order(readers: Iterable[Subscriber]) -> list[str]:
    """Return the readers' addresses in the order of their numbers."""
    return sorted((s.address for s in readers), key=lambda a: (len(a), a))


def rows(folder: Path, sql: str) -> list[tuple[object, ...]]:
    """Look into the folder's database past the store."""
    place = where(folder)
    if isinstance(place, Path):
        with closing(sqlite3.connect(place)) as connection:
            return connection.execute(sql).fetchall()
    with psycopg.connect(place.url) as session:
        return session.execute(sql.encode()).fetchall()


def questions(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Return a list that grows by what the database is asked from now on."""
    asked: list[str] = []
    for name in ("all", "run", "many"):
        way = getattr(Database, name)

        def counted(
            self: Database, *args: object, way: Any = way, **named: object
        ) -> object:
            asked.append(str(args[:1]))
            return way(self, *args, **named)

        monkeypatch.setattr(Database, name, counted)
    return asked
