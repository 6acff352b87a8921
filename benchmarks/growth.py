"""How a joined message's cost grows: with readers, with articles, with topics.

    python -m benchmarks.growth [--quick]

Readers come from a generator and no message is kept. Each number of readers is measured
in a process of its own, which also says how much memory it took at most: what is
remembered is bounded, so that must not grow with the readers.
"""

from __future__ import annotations

import json
import re
import resource
import subprocess
import sys
import time
from collections import deque
from collections.abc import Sequence
from itertools import islice
from pathlib import Path
from typing import cast

from benchmarks import plot, report
from benchmarks.joining import Case, measured
from benchmarks.sized_issue import NOW, Edition, make_edition, readers

READERS = (1_000, 10_000, 100_000)
ARTICLES = (1, 2, 3, 6, 12, 24, 36, 48, 60)
TOPICS = (1, 2, 4, 8, 16, 24)
LAST = 1_000  #: messages whose times are kept, of a crowd's
#: What `--quick` leaves of them.
FEW_READERS, FEW_ARTICLES, FEW_TOPICS = (1_000, 4_000), (1, 12), (2, 8)

Figures = dict[str, float]


def crowd(number: int) -> Figures:
    """Join the messages of so many readers, in this process."""
    edition = make_edition(60)
    assembler = edition.assembler(edition.renderer())
    found = readers(edition, articles=12)
    assembler.message(*next(found), dated=NOW)
    compiled, _ = memory()
    times: deque[float] = deque(maxlen=LAST)  # all of them would be memory, too
    joining = 0.0
    began = time.perf_counter()
    for subscriber, digest in islice(found, number):
        start = time.perf_counter()
        assembler.message(subscriber, digest, dated=NOW)
        times.append(time.perf_counter() - start)
        joining += times[-1]
    peak, left = memory()
    return {
        "readers": number,
        "median": report.Spread.of(list(times)).median,
        "mean": joining / number,
        "seconds with drawing": time.perf_counter() - began,
        "compiled_mib": compiled,
        "peak_mib": peak,
        "left_mib": left,
    }


def memory() -> tuple[float, float]:
    """Return the most memory this process ever had, and what it has now, in MiB.

    Linux passes `getrusage`'s peak on from a parent that started us, so its own
    account is better where there is one; elsewhere the two are the same.
    """
    status = Path("/proc/self/status")
    if status.exists():
        found = dict(re.findall(r"(VmHWM|VmRSS):\s+(\d+) kB", status.read_text()))
        return int(found["VmHWM"]) / 1024, int(found["VmRSS"]) / 1024
    scale = 1024 * 1024 if sys.platform == "darwin" else 1024
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / scale
    return peak, peak


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


def by_articles(counts: Sequence[int], *, turns: int, each: int) -> dict[int, Case]:
    """Return the cost of digests of 1 to 60 articles, of an issue of 200."""
    return {
        count: measured(200, count, turns=turns, each=each, most=60) for count in counts
    }


def by_topics(counts: Sequence[int], number: int) -> dict[int, report.Spread]:
    """Return the cost of 12 articles, for readers of 1 to 24 topics, of an issue of 400."""
    edition = make_edition(400, topics=24)
    return {count: joined(edition, 12, count, number) for count in counts}


def _shortened(articles: dict[int, Case]) -> str:
    """Return from where on mails are made several times."""
    cut = [count for count, case in articles.items() if case.shortened > 0.5]
    return f"From {cut[0]} articles on, most are shortened for Gmail" if cut else ""


def main(*, quick: bool) -> None:
    """Measure all three, print, keep and draw them."""
    load = report.load()
    if quick:
        crowds = [in_its_own_process(number) for number in FEW_READERS]
        articles = by_articles(FEW_ARTICLES, turns=2, each=30)
        topics = by_topics(FEW_TOPICS, 200)
    else:
        crowds = [in_its_own_process(number) for number in READERS]
        articles = by_articles(ARTICLES, turns=6, each=60)
        topics = by_topics(TOPICS, 1500)
    report.table(
        "12 of 60 articles each, by readers",
        ("readers", "median", "mean", "peak after compiling", "peak", "at the end"),
        [
            (
                f"{one['readers']:,}",
                report.spoken(one["median"]),
                report.spoken(one["mean"]),
                *(
                    f"{one[name]:.1f} MiB"
                    for name in ("compiled_mib", "peak_mib", "left_mib")
                ),
            )
            for one in crowds
        ],
    )
    ways = ("naive", "exact", "joined")
    report.table(
        "Digests of an issue of 200, by articles",
        ("articles", *ways, "naive ÷ joined", "shortened"),
        [
            (
                n,
                *(case.spreads[way] for way in ways),
                f"{case.slower('joined'):.3g}",
                f"{case.shortened:.0%}",
            )
            for n, case in articles.items()
        ],
    )
    report.table(
        "12 of 400 articles, by topics followed",
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
            _shortened(articles),
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
