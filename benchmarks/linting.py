"""How long the linter takes for a message, by size; read the time with the yardstick.

    python -m benchmarks.linting [--quick]

`send` looks at one message of each kind, not at everybody's, so this is what a send
costs once per language, length and format, and what a text editor waits for. Time is
the processor's own, for other work on the machine is not the linter's.
"""

from __future__ import annotations

import sys
import time

from benchmarks import report
from benchmarks.sized_issue import NOW, make_edition, readers
from digest.lint import Mail, lint
from digest.model import Length

AIM_MS = 10


def message(stories: int, length: Length) -> bytes:
    """Return a mail of about so many stories."""
    edition = make_edition(60)
    assembler = edition.assembler(edition.renderer())
    reader, digest = next(readers(edition, articles=stories, length=length))
    return assembler.message(reader, digest, dated=NOW)[1].content


def timed(content: bytes, *, turns: int) -> report.Spread:
    """Look at a message again and again."""
    times = []
    for _ in range(turns):
        began = time.process_time()
        lint(Mail.read(content))
        times.append(time.process_time() - began)
    return report.Spread.of(times)


def main(*, quick: bool) -> None:
    """Measure a few sizes, print and keep the figures."""
    load = report.load()
    sizes = ((12, Length.SUMMARIES),) if quick else (
        (6, Length.HEADLINES), (12, Length.SUMMARIES), (24, Length.SUMMARIES),
    )  # fmt: skip
    found, rows = [], []
    for stories, length in sizes:
        content = message(stories, length)
        spread = timed(content, turns=30 if quick else 200)
        rows.append(
            (
                f"{stories} {length}",
                f"{len(content):,}",
                spread,
                report.spoken(spread.low),
            )
        )
        found.append({"stories": stories, "length": length.value,
                      "octets": len(content), **spread.as_json})  # fmt: skip
    head = ("stories, length", "octets", "median (quartiles)", "fastest")
    report.table(f"A message under the linter; the aim is {AIM_MS} ms", head, rows)
    print(f"yardstick {load['yardstick_us']} µs; a quiet core takes 8 to 12 for that")
    report.keep("linting", {"load": load, "cases": found})


if __name__ == "__main__":
    main(quick="--quick" in sys.argv[1:])
