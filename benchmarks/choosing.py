"""Two hundred readers change their preferences while an issue goes out, on SQLite.

    python -m benchmarks.choosing [--quick]

Three processes share one database: `digest serve` answers, `digest send` writes mails to
files as fast as it can, and we are the readers. Each comes within ten seconds, opens
their page, thinks, saves, and sometimes leaves with one click. In the end every choice
must be there, and every mail must have been written once.
"""

from __future__ import annotations

import http.client
import random
import re
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median, quantiles
from urllib.parse import urlencode, urlsplit

from benchmarks import report
from benchmarks.sized_newsroom import TOPICS, make_newsroom
from digest.config import load_settings
from digest.model import State
from digest.newsroom import Newsroom

READERS = 200
WITHIN_SECONDS = 10.0
COMMAND = [sys.executable, "-m", "digest"]


@dataclass
class Times:
    """How long each kind of request took, in seconds."""

    shown: list[float] = field(default_factory=list)
    saved: list[float] = field(default_factory=list)
    left: list[float] = field(default_factory=list)


@contextmanager
def served(project: Path) -> Iterator[int]:
    """Run `digest serve`; yield its port."""
    with subprocess.Popen(
        [*COMMAND, "-C", project, "serve", "--port", "0"],
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout
        found = re.search(r"http://[\d.]+:(\d+)/", process.stdout.readline())
        assert found
        try:
            yield int(found[1])
        finally:
            process.terminate()


def asked(port: int, method: str, path: str, body: str = "", *, who: int = 0) -> float:
    """Send one request, as a proxy does for somebody; return how long it took."""
    began = time.perf_counter()
    line = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    headers = {
        "Content-Type": "application/x-www-form-urlencoded",
        "X-Forwarded-For": f"198.51.100.{who}",
    }
    line.request(method, path, body or None, headers)
    answer = line.getresponse()
    answer.read()
    line.close()
    assert answer.status == 200, (method, path, answer.status)
    return time.perf_counter() - began


def visit(port: int, number: int, links: tuple[str, str], times: Times) -> str:
    """Be one reader for a few seconds; return the topic they chose."""
    chance = random.Random(number)
    preferences, unsubscribe = links
    time.sleep(chance.uniform(0, WITHIN_SECONDS))
    times.shown.append(asked(port, "GET", preferences, who=number))
    time.sleep(chance.uniform(0, 2))
    topic = chance.choice(TOPICS)
    choice = {f"topic-{t}": "follow" if t == topic else "skip" for t in TOPICS}
    form = urlencode({**choice, "newsletter": "daily", "limit": number % 9 + 1})
    times.saved.append(asked(port, "POST", preferences, form, who=number))
    if number % 10 == 0:
        times.left.append(
            asked(port, "POST", unsubscribe, "List-Unsubscribe=One-Click", who=number)
        )
    return topic


def main(*, quick: bool) -> None:
    """Run it once and print what came of it."""
    receiving = 1500 if quick else 12_000
    with tempfile.TemporaryDirectory() as name:
        file = make_newsroom(Path(name) / "news", articles=60, readers=receiving)
        settings = load_settings(file, environment={})
        with Newsroom(settings) as newsroom:
            newsroom.refresh_subscribers()
            assert not any(each.error for each in newsroom.collect())
            chosen = list(newsroom.store.audience.all())[:READERS]
            links = [
                (
                    urlsplit(newsroom.links.preferences(each.id, "daily")).path,
                    urlsplit(newsroom.links.unsubscribe(each.id, "daily")).path,
                )
                for each in chosen
            ]
        times = Times()
        with served(file.parent) as port, ThreadPoolExecutor(READERS) as pool:
            asked(port, "GET", links[0][0])  # the first one compiles templates
            began = time.perf_counter()
            visits = [
                pool.submit(visit, port, number, each, times)
                for number, each in enumerate(links)
            ]
            sent = subprocess.run(
                [*COMMAND, "-C", file.parent, "send"],
                capture_output=True,
                text=True,
                check=False,
            )
            took = time.perf_counter() - began
            topics = [each.result() for each in visits]
        assert sent.returncode == 0, sent.stderr
        with Newsroom(settings) as newsroom:
            check(newsroom, [each.id for each in chosen], topics, receiving)
    show(times, took)


def check(
    newsroom: Newsroom, readers: list[str], topics: list[str], receiving: int
) -> None:
    """Look whether anything was lost or doubled."""
    found = newsroom.store.audience.by_ids(readers)
    for number, (id_, topic) in enumerate(zip(readers, topics, strict=True)):
        wanted = found[id_].preferences
        assert wanted.follows == (topic,), (number, wanted)
        assert wanted.limit == number % 9 + 1
        assert wanted.newsletters == (set() if number % 10 == 0 else {"daily"})
    (issue,) = newsroom.store.archive.issues("daily")
    counts = newsroom.store.journal.counts(issue.id)
    mails = list((newsroom.settings.root / "outbox" / "new").iterdir())
    assert len(mails) == counts[State.SENT]
    # Who left before the issue was planned has no row in it.
    assert receiving - READERS // 10 <= sum(counts.values()) <= receiving
    assert set(counts) <= {State.SENT, State.SKIPPED}, Counter(counts)


def show(times: Times, took: float) -> None:
    """Print and keep the figures."""
    kinds = {
        "open the page": times.shown,
        "save": times.saved,
        "one click": times.left,
    }
    rows = {
        what: (median(each), quantiles(each, n=20)[-1], max(each))
        for what, each in kinds.items()
    }
    report.table(
        f"{READERS} readers choose while an issue goes out ({took:.0f} s)",
        ("", "median", "95 of 100", "slowest"),
        [(what, *map(report.spoken, each)) for what, each in rows.items()],
    )
    report.keep(
        "choosing",
        {
            **report.load(),
            **{w: [round(1e3 * t, 1) for t in r] for w, r in rows.items()},
        },
    )


if __name__ == "__main__":
    main(quick="--quick" in sys.argv[1:])
