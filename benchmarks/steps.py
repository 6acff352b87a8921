"""How many steps of Python's one joined message takes, and in which functions.

    python -m benchmarks.steps

Counted, not timed: no load changes these figures. What happens inside C counts as one
step, so they say where to look, not how long it takes.
"""

from __future__ import annotations

import sys
from collections import Counter
from itertools import islice
from pathlib import Path
from types import FrameType
from typing import Any

from benchmarks import report
from benchmarks.sized_issue import NOW, make_edition, readers

WARM, COUNTED, SHOWN = 600, 40, 15


def main() -> None:
    """Count over some messages of 24 of 200 articles, and print the greatest shares."""
    edition = make_edition(200)
    assembler = edition.assembler(edition.renderer())
    found = readers(edition, articles=24)
    for subscriber, digest in islice(found, WARM):
        assembler.message(subscriber, digest, dated=NOW)
    counted = list(islice(found, COUNTED))
    steps: Counter[tuple[str, str]] = Counter()

    def entered(frame: FrameType, _event: str, _told: Any) -> Any:  # as Python calls it
        frame.f_trace_opcodes = True
        code = frame.f_code
        place = (Path(code.co_filename).name, code.co_name)

        def traced(_frame: FrameType, event: str, _told: Any) -> Any:
            steps[place] += event == "opcode"
            return traced

        return traced

    sys.settrace(entered)
    for subscriber, digest in counted:
        assembler.message(subscriber, digest, dated=NOW)
    sys.settrace(None)
    whole = steps.total()
    rows = [
        (f"{file}: {name}", round(number / COUNTED), f"{number / whole:.0%}")
        for (file, name), number in steps.most_common(SHOWN)
    ]
    rows.append(("in all", round(whole / COUNTED), "100%"))
    report.table("Steps of one joined message", ("function", "steps", "share"), rows)


if __name__ == "__main__":
    main()
