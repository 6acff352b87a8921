"""A store in a folder and what goes into it, with defaults that fit most tests."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from digest.model import Article, Issue, Preferences, Status, Subscriber
from digest.store import Store, open_store
from digest.store.database import Database
from tests.projects import MONDAY, Clock

#: All that `planned` readers take.
NEWSLETTERS = frozenset({"daily", "weekly"})


@contextmanager
def opened(folder: Path, clock: Clock) -> Iterator[Store]:
    """Open the folder's store; close it in the end."""
    with closing(open_store(folder / "digest.db", now=clock)) as store:
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
    """Look into the database file past the store."""
    with closing(sqlite3.connect(folder / "digest.db")) as connection:
        return connection.execute(sql).fetchall()


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
