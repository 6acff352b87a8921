"""Every benchmark, one after the other: `make bench`, or `make bench QUICK=--quick`."""

from __future__ import annotations

import sys
import time

from benchmarks import (
    choosing,
    compiling,
    growth,
    joining,
    journaled,
    linting,
    report,
    sending,
    steps,
    studio,
    two_thousand_readers,
)

if __name__ == "__main__":
    quick = "--quick" in sys.argv[1:]
    began = time.perf_counter()
    parts = (joining, compiling, growth, linting, sending, journaled, choosing)
    for benchmark in parts:
        benchmark.main(quick=quick)
    steps.main()
    print("\nThe whole chain")
    two_thousand_readers.main(*(100, 30) if quick else (2000, 300))
    print("\nThe studio")
    studio.main(*(60, 300) if quick else (500, 10_000))
    print(f"\n{time.perf_counter() - began:.0f} s; figures are in {report.RESULTS}")
