"""How a joined message's cost grows: with readers, with articles, with topics.

    python -m benchmarks.growth [--quick]

Readers come from a generator and no message is kept. Each number of readers is measured
in a process of its own, which also says how much memory it took at most: what is
remembered is bounded, so that must not grow with the readers.
"""

from __future__ import annotations

import json
import resource
import subprocess
import sys
import time
from itertools import islice
from typing import cast

from benchmarks import plot, report
from benchmarks.joining import Case, measured
from benchmarks.sized_issue import NOW, Edition, make_edition, readers

READERS = (1_000, 10_000, 100_000)
ARTICLES = (1, 2, 3, 6, 12, 24, 36, 48, 60)
TOPICS = (1, 2, 4, 8, 16, 24)

Figures = dict[str, float]


def crowd(number: int) -> Figures:
    """Join the messages of so many readers, in this process."""
    edition = make_edition(60)
    assembler = edition.assembler(edition.renderer())
    found = readers(edition, articles=12)
    assembler.message(*next(found), dated=NOW)
    before = _peak()
    times: list[float] = []
    began = time.perf_counter()
    for subscriber, digest in islice(found, number):
        start = time.perf_counter()
        assembler.message(subscriber, digest, dated=NOW)
        times.append(time.perf_counter() - start)
    return {
        "readers": number,
        "median": report.Spread.of(times).median,
        "mean": sum(times) / number,
        "seconds with drawing": time.perf_counter() - began,
        "peak_mib": _peak(),
        "compiled_mib": before,
    }


def _peak() -> float:
    scale = 1024 * 1024 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / scale


def in_its_own_process(number: int) -> Figures:
    """Return `crowd(number)` of a fresh process."""
    command = [sys.executable, "-m", "benchmarks.growth", str(number)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    return cast("Figures", json.loads(done.stdout))


def joined(edition: Edition, articles: int, topics: int, number: int) -> report.Spread:
    """Return how long messages of so many articles take, of readers of these topics."""
    assembler = edition.assembler(edition.renderer())
    drawn = islice(readers(edition, articles=articles, topics=(topics, topics)), number)
    warm = number // 5
    times = []
    for subscriber, digest in drawn:
        start = time.perf_counter()
        assembler.message(subscriber, digest, dated=NOW)
        times.append(time.perf_counter() - start)
    return report.Spread.of(times[warm:])


def by_articles(*, turns: int) -> dict[int, Case]:
    """Return the cost of digests of 1 to 60 articles, of an issue of 200."""
    return {
        count: measured(200, count, turns=turns, each=60, most=60) for count in ARTICLES
    }


def by_topics(number: int) -> dict[int, report.Spread]:
    """Return the cost of 24 articles in 1 to 24 sections, of an issue of 400."""
    edition = make_edition(400, topics=24)
    return {count: joined(edition, 24, count, number) for count in TOPICS}


def main(*, quick: bool) -> None:
    """Measure all three, print, keep and draw them."""
    load = report.load()
    number = 300 if quick else 1500
    crowds = [in_its_own_process(n) for n in (READERS[:2] if quick else READERS)]
    articles, topics = by_articles(turns=2 if quick else 6), by_topics(number)
    report.table(
        "12 of 60 articles each, by readers",
        ("readers", "median", "mean", "peak memory", "compiled"),
        [
            (
                f"{one['readers']:,}",
                report.spoken(one["median"]),
                report.spoken(one["mean"]),
                f"{one['peak_mib']:.1f} MiB",
                f"{one['compiled_mib']:.1f} MiB",
            )
            for one in crowds
        ],
    )
    ways = ("naive", "exact", "joined")
    report.table(
        "Digests of an issue of 200, by articles",
        ("articles", *ways, "naive takes × as long as joined"),
        [
            (n, *(case.spreads[way] for way in ways), f"{case.slower('joined'):.3g}")
            for n, case in articles.items()
        ],
    )
    report.table(
        "24 of 400 articles, by topics",
        ("topics", "median (quartiles)", "fastest"),
        [(n, spread, report.spoken(spread.low)) for n, spread in topics.items()],
    )
    report.keep(
        "growth",
        {
            "load": load,
            "readers": crowds,
            "articles": {count: one.as_json for count, one in articles.items()},
            "topics": {count: one.as_json for count, one in topics.items()},
        },
    )
    plot.write(
        report.RESULTS / "joining.svg",
        plot.drawn(
            "One reader's mail, whole, by how it is made",
            "articles in the digest",
            "time for one message",
            {
                way: {n: c.spreads[way].median for n, c in articles.items()}
                for way in ways
            },
        ),
    )


if __name__ == "__main__":
    if len(sys.argv) > 1 and sys.argv[1].isdecimal():
        print(json.dumps(crowd(int(sys.argv[1]))))
    else:
        main(quick="--quick" in sys.argv[1:])
