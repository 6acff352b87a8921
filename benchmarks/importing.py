"""A file of a million readers taken in: how long, how much memory, and again unchanged.

    python -m benchmarks.importing [READERS]

The file is a CSV of addresses, names, languages, up to four of twenty topics, and when
and where each of them asked. Two seconds in three go to the database; `yardstick` says
how busy the machine was.
"""

from __future__ import annotations

import resource
import sys
import tempfile
import time
from datetime import UTC, datetime
from itertools import combinations, cycle
from pathlib import Path

from benchmarks.report import keep, yardstick
from digest.config import ReaderFile
from digest.store import Imported, open_store

READERS = 1_000_000
TOPICS = [f"topic-{number}" for number in range(20)]
HEAD = "address,name,language,newsletters,follows,consent_at,consent_where\n"


def write_file(path: Path, number: int) -> None:
    """Write so many readers, whose wishes vary as those of a newsroom's do."""
    follows = [
        ";".join(some) for size in (0, 1, 2, 3) for some in combinations(TOPICS, size)
    ]
    wishes, languages = cycle(follows), cycle(["en", "fr", "", "de", "en"])
    with path.open("w", encoding="utf-8") as file:
        file.write(HEAD)
        for n in range(number):
            at = f"2026-02-{1 + n % 28:02}T{n % 24:02}:{n % 60:02}:00Z"
            file.write(
                f"reader{n}@host{n % 5000}.example,Reader {n},{next(languages)},daily,"
                f"{next(wishes)},{at},https://ledger.example/subscribe\n"
            )


def main(number: int = READERS) -> None:
    """Take the file in twice, and print what it took."""
    busy = yardstick()
    with tempfile.TemporaryDirectory() as folder:
        path, database = Path(folder) / "readers.csv", Path(folder) / "digest.db"
        write_file(path, number)
        store = open_store(database, now=lambda: datetime.now(UTC))

        def taken() -> tuple[Imported, float, float]:
            wall, processor = time.perf_counter(), time.process_time()
            imported = store.audience.import_(
                ReaderFile(path, newsletters=["daily"], topics=TOPICS),
                origin="readers.csv",
                sync=True,
                consent_needed=True,
            )
            return imported, time.perf_counter() - wall, time.process_time() - processor

        first, wall, processor = taken()
        again, wall_again, processor_again = taken()
        store.close()
        assert (first.added, again.same) == (number, number)
        figures = {
            "readers": number,
            "seconds": round(wall, 1),
            "processor_seconds": round(processor, 1),
            "seconds_again": round(wall_again, 1),
            "processor_seconds_again": round(processor_again, 1),
            "peak_mib": round(
                resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
            ),
            "database_mb": round(database.stat().st_size / 1e6),
            "yardstick_us": round(1e6 * busy, 1),
        }
    for name, value in figures.items():
        print(f"{name:24} {value:,}")
    keep("importing", figures)


if __name__ == "__main__":
    main(*map(int, sys.argv[1:2]))
