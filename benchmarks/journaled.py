"""How fast an issue goes out with every delivery on the disk before its body leaves.

    python -m benchmarks.journaled [--quick]

As in `benchmarks.sending`, against smtp-source in the same round; but the messages come
from a real desk: claimed, started, let go and recorded in the journal, on SQLite and on
PostgreSQL. Making the messages costs nothing here; `benchmarks.joining` is about that,
and `benchmarks.two_thousand_readers` about all of it together.
"""

from __future__ import annotations

import statistics
import sys
import tempfile
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from time import perf_counter
from types import SimpleNamespace
from typing import Any

from benchmarks import report
from benchmarks.sending import BODY, SENDER, SINK, SOURCE, limit, settings, sink
from digest.delivery import Sending
from digest.model import (
    Article,
    Chosen,
    Digest,
    Envelope,
    Issue,
    Mailbox,
    Message,
    Newsletter,
    Preferences,
    Section,
    State,
    Subscriber,
)
from digest.settings import ServerDatabase
from digest.spans import Spans
from digest.store import Store, open_store
from digest.transports.smtp import SmtpTransport
from tests.cluster import cluster, program, remove_cluster

CONNECTIONS = (1, 5, 20)
ARTICLES = 24


def now() -> datetime:
    return datetime.now(UTC)


class Ready:
    """An assembler whose mails are made already: each with a content of its own."""

    def __init__(self, issue: Issue) -> None:
        self.issue = issue
        self.newsletter = Newsletter(
            slug=issue.newsletter,
            title="News",
            sender=Mailbox(address=SENDER),
            language="en",
            timezone="UTC",
        )
        self.spans = Spans(issue, self.newsletter, ())
        self.not_joined: dict[str, str] = {}
        chosen = tuple(Chosen(article=article) for article in issue.articles)
        section = Section(slug="news", title="News", articles=chosen)
        self.digest = Digest(issue=issue.id, sections=(section,))

    def choose(self, *_: object, **__: object) -> Digest:
        return self.digest

    def render(self, _: Subscriber, digest: Digest) -> SimpleNamespace:
        return SimpleNamespace(digest=digest)

    def assemble(
        self, subscriber: Subscriber, _: object, *, delivery: str, dated: datetime
    ) -> Message:
        return Message(
            delivery=delivery,
            envelope=Envelope(sender=SENDER, recipient=subscriber.address),
            content=f"Subject: {delivery}, {dated}\r\n\r\n".encode() + BODY,
        )


def planned(store: Store, readers: int, name: str) -> Issue:
    """Freeze an issue for that many readers."""
    store.audience.import_(
        (
            Subscriber(
                id="",
                address=f"r{number}@d{number % 500}.example",
                preferences=Preferences(newsletters=frozenset({name})),
            )
            for number in range(readers)
        ),
        origin=name,
        sync=False,
    )
    moment = now()
    issue = store.archive.freeze(
        Issue(
            id=f"{name}/1",
            newsletter=name,
            number=0,
            since=moment - timedelta(days=1),
            until=moment,
            articles=tuple(
                Article(
                    id=f"{name}-{number}",
                    headline="A story",
                    source="articles",
                    body="<p>It happened.</p>",
                )
                for number in range(ARTICLES)
            ),
        )
    )
    assert issue
    store.journal.plan(issue.id, name)
    return issue


def sent(store: Store, issue: Issue, port: int, connections: int) -> float:
    """Send an issue; return messages a second."""
    assembler: Any = Ready(issue)
    began = perf_counter()
    counts = (
        Sending(
            assembler=assembler,
            audience=store.audience,
            journal=store.journal,
            transport=SmtpTransport(settings(port, connections)),
            now=now,
        )
        .run()
        .counts
    )
    took = perf_counter() - began
    assert set(counts) == {State.SENT}, counts
    return counts[State.SENT] / took


@contextmanager
def stores(engines: Collection[str]) -> Iterator[dict[str, Store]]:
    """Yield an empty store on the disk for each engine."""
    with tempfile.TemporaryDirectory() as folder:
        places: dict[str, Path | ServerDatabase] = {
            "SQLite": Path(folder) / "digest.db"
        }
        if "PostgreSQL" in engines:
            server = cluster()
            places["PostgreSQL"] = server.server(server.lend())
        opened = {name: open_store(place, now=now) for name, place in places.items()}
        try:
            yield opened
        finally:
            for store in opened.values():
                store.close()


def main(*, quick: bool = False) -> None:
    """Measure, print, and keep the figures."""
    if SINK is None or SOURCE is None:
        print("\nNot measured: sending. Install Debian's postfix for its smtp-sink.")
        return
    number, rounds = (400, 1) if quick else (2_000, 5)
    engines = ["SQLite", "PostgreSQL"] if program("initdb") else ["SQLite"]
    found: dict[str, object] = {}
    rows = []
    with sink() as port, stores(engines) as opened:
        for connections in CONNECTIONS:
            ratios: dict[str, list[float]] = {engine: [] for engine in engines}
            rates: dict[str, list[float]] = {engine: [] for engine in engines}
            for round_ in range(rounds):
                most = limit(port, number, connections)
                for engine, store in opened.items():
                    issue = planned(store, number, f"c{connections}r{round_}")
                    rates[engine].append(sent(store, issue, port, connections))
                    ratios[engine].append(rates[engine][-1] / most)
            for engine in engines:
                middle = statistics.median(ratios[engine])
                rate = statistics.median(rates[engine])
                found[f"{engine}, {connections} connections"] = {
                    "a second": round(rate),
                    "to smtp-source": round(middle, 2),
                }
                low, high = min(ratios[engine]), max(ratios[engine])
                rows.append(
                    (
                        engine,
                        connections,
                        f"{rate:,.0f}",
                        f"{middle:.2f} ({low:.2f} to {high:.2f})",
                    )
                )
    remove_cluster()
    head = ("journal", "connections", "a second", "ours / smtp-source")
    report.table(
        "Distinct mails of 40 KB, each on the disk before it leaves", head, rows
    )
    report.keep("journaled", {**report.load(), **found})


if __name__ == "__main__":
    main(quick="--quick" in sys.argv[1:])
