"""A million readers: how long until the first mail, how much memory, how large a file.

    python -m benchmarks.million [READERS]

The readers are in the database before; `send` prepares the issue, writes a row for
each of them and sends until the first mails are with the server. Then it is stopped.
"""

from __future__ import annotations

import sqlite3
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import closing
from multiprocessing import get_context
from pathlib import Path

from benchmarks.growth import memory
from benchmarks.report import keep
from benchmarks.sized_newsroom import make_newsroom
from benchmarks.two_thousand_readers import server
from digest.config import load_settings
from digest.model import Preferences, State, Subscriber
from digest.newsroom import Newsroom
from digest.settings import Security, Settings, SmtpDelivery
from digest.transports import open_transport

READERS = 1_000_000
FIRST = 2_000  #: mails, after which the send is stopped


def readers(number: int, newsletter: str, topics: list[str]) -> Iterator[Subscriber]:
    """Yield readers who follow two of the topics each."""
    for n in range(number):
        follow = {topics[n % len(topics)], topics[n * 7 % len(topics)]}
        yield Subscriber(
            id="",
            address=f"reader{n}@readers.example",
            preferences=Preferences(
                newsletters=frozenset({newsletter}), follows=tuple(sorted(follow))
            ),
        )


def prepare(folder: Path, number: int) -> None:
    """Read the sources and take so many readers in."""
    settings = load_settings(folder, environment={})
    with Newsroom(settings) as newsroom:
        list(newsroom.collect())
        began = time.perf_counter()
        topics = [topic.slug for topic in settings.topics]
        newsroom.store.audience.import_(
            readers(number, settings.newsletters[0].slug, topics),
            origin="benchmark",
            sync=False,
        )
        print(f"{number:,} readers imported in {time.perf_counter() - began:.0f} s")


def octets(settings: Settings) -> int:
    """Return how large the database is: its file, when all is written there."""
    path = settings.database
    assert isinstance(path, Path)
    with closing(sqlite3.connect(path)) as database:
        database.execute("pragma wal_checkpoint")
    return path.stat().st_size


def main(number: int = READERS) -> None:
    """Measure once; print and write what was found."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        make_newsroom(folder, readers=1, articles=60)
        # In a process of its own: the memory it took is not the sender's.
        preparing = get_context("spawn").Process(target=prepare, args=(folder, number))
        preparing.start()
        preparing.join()
        settings = load_settings(folder, environment={})
        with server(folder) as (program, port):
            figures = measured(settings, port, number)
        print(f"through {program}:")
        for what, figure in figures.items():
            print(f"  {what:44} {figure:,.1f}")
        keep("million", {"readers": number, **figures})


def measured(settings: Settings, port: int, number: int) -> dict[str, float]:
    """Send the beginning of an issue; return what it took."""
    smtp = SmtpDelivery(host="127.0.0.1", port=port, security=Security.NONE)
    enough = threading.Event()
    first: list[float] = []
    before = octets(settings)
    began = time.perf_counter()
    with Newsroom(settings) as newsroom:
        newsletter = newsroom.settings.newsletters[0]

        def outcome(state: State) -> None:
            if state is State.SENT:
                first.append(time.perf_counter() - began)
                if len(first) >= FIRST:
                    enough.set()

        with newsroom.sending(newsletter):
            (issue,) = newsroom.issues.to_send(newsletter)
            planned = time.perf_counter() - began
            after = octets(settings)
            newsroom.send(
                issue,
                transport=open_transport(smtp),
                stopping=enough.is_set,
                on_outcome=outcome,
            )
    return {
        "seconds until everybody has a row": planned,
        "seconds until the first mail is sent": first[0],
        "mails a second after it": (len(first) - 1) / (first[-1] - first[0]),
        "octets of journal for each reader": (after - before) / number,
        "MiB of memory at most": memory()[0],
    }


if __name__ == "__main__":
    main(int(sys.argv[1]) if sys.argv[1:] else READERS)
