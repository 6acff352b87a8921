"""What benchmarks say: quartiles, a table, JSON and a plot in `benchmarks/results/`."""

from __future__ import annotations

import json
import os
import statistics
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

RESULTS = Path(__file__).parent / "results"


@dataclass(frozen=True, slots=True, kw_only=True)
class Spread:
    """How long something took, many times over, in seconds."""

    low: float  #: the fastest
    first: float  #: quartile
    median: float
    third: float  #: quartile
    number: int

    @classmethod
    def of(cls, times: Sequence[float]) -> Spread:
        """Return the spread of at least two times."""
        first, median, third = statistics.quantiles(times, n=4)
        return cls(
            low=min(times), first=first, median=median, third=third, number=len(times)
        )

    def __str__(self) -> str:
        return f"{spoken(self.median)} ({spoken(self.first)} to {spoken(self.third)})"

    @property
    def as_json(self) -> dict[str, float]:
        """The same in microseconds."""
        names = ("low", "first", "median", "third")
        times = {name: round(1e6 * getattr(self, name), 2) for name in names}
        return {**times, "number": self.number}


def spoken(seconds: float) -> str:
    """Return a time with a fitting unit."""
    for unit, name in ((1, "s"), (1e-3, "ms")):
        if seconds >= unit:
            return f"{seconds / unit:.3g} {name}"
    return f"{1e6 * seconds:.3g} µs"


def yardstick() -> float:
    """Return how long this machine takes for `sum(range(1000))` right now.

    A quiet core of 2024 takes 8 to 12 µs; more says that others are using it.
    """
    return min(_summing() for _ in range(2000))


def _summing() -> float:
    began = time.perf_counter()
    sum(range(1000))
    return time.perf_counter() - began


def load() -> dict[str, object]:
    """Return under what load something is measured."""
    return {
        "cores": os.cpu_count(),
        "load": round(os.getloadavg()[0], 2),
        "yardstick_us": round(1e6 * yardstick(), 1),
    }


def table(title: str, head: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """Print a table, its first column to the left, the others to the right."""
    lines = [list(map(str, line)) for line in (head, *rows)]
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    print(f"\n{title}")
    for first, *others in lines:
        cells = (
            cell.rjust(width) for cell, width in zip(others, widths[1:], strict=True)
        )
        print("  ".join([first.ljust(widths[0]), *cells]).rstrip())


def keep(name: str, found: Mapping[str, object]) -> Path:
    """Write figures as JSON, with the load they were taken under."""
    RESULTS.mkdir(exist_ok=True)
    path = RESULTS / f"{name}.json"
    path.write_text(json.dumps(found, indent=1, ensure_ascii=False) + "\n", "utf-8")
    return path
