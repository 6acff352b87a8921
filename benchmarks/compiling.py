"""How long an issue takes to compile, and where that time goes.

    python -m benchmarks.compiling [--quick]

An issue is compiled once per language and length, when its first mail is made. Its
proofs are digests that are made both ways and compared; *alone* leaves them out. The
split is taken by a clock around what Jinja, premailer and the cutting do.
"""

from __future__ import annotations

import statistics
import sys
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import RLock
from typing import Any
from unittest.mock import patch

from benchmarks import report
from benchmarks.sized_issue import Edition, make_edition
from digest.catalogue import catalogue
from digest.model import Length
from digest.rendering import pages
from digest.rendering.compiling import Compiled
from digest.rendering.pages import Kind, Shape
from digest.rendering.proofs import RICH, proofs
from digest.rendering.stage import Cast, Lengths
from digest.rendering.templates import Templates

#: What is timed, by what it is called in the table.
PARTS: dict[str, list[tuple[Any, str]]] = {  # Any: a class or a module
    "Jinja": [(Templates, "html"), (Templates, "text")],
    "premailer": [(pages, "inlined")],
    "cut, encode": [(pages, "cut_html"), (pages, "cut_text")],
}


@contextmanager
def clocks() -> Iterator[dict[str, float]]:
    """Time every part while the block runs."""
    found: dict[str, float] = defaultdict(float)

    def timed(part: str, function: Callable[..., Any]) -> Callable[..., Any]:
        def wrapped(*arguments: object, **named: object) -> object:  # of anything
            began = time.perf_counter()
            try:
                return function(*arguments, **named)
            finally:
                found[part] += time.perf_counter() - began

        return wrapped

    patches = [
        patch.object(owner, name, timed(part, getattr(owner, name)))
        for part, places in PARTS.items()
        for owner, name in places
    ]
    for one in patches:
        one.start()
    try:
        yield found
    finally:
        for one in patches:
            one.stop()


def compiled(edition: Edition, length: Length, *, proved: bool) -> float:
    """Compile an issue for readers of one length; return how long it took."""
    renderer = edition.renderer()
    there, sections = renderer._pages, catalogue(edition.candidates)  # noqa: SLF001 - no public door leads to what is timed
    shape = Shape(speech=renderer._speech(""), length=length, present=frozenset(RICH))  # noqa: SLF001
    began = time.perf_counter()
    if proved:
        made = [renderer._compiled_for(kind, shape) for kind in Kind]  # noqa: SLF001
    else:
        lock = RLock()
        digest = next(proofs(sections, edition.newsletter.limits.articles))
        lengths = Lengths.wished(length, digest.count)
        stage = Cast(there.memory).staged(digest, lengths, present=shape.present)
        made = [
            Compiled(there, kind, sections, shape, widen=lambda one: one, lock=lock)
            for kind in Kind
        ]
        for alone in made:
            alone.join(digest, stage, {**RICH, "subject": "A subject"})
    took = time.perf_counter() - began
    assert not any(one.why_not for one in made)
    return took


def measured(articles: int, length: Length, *, turns: int) -> dict[str, object]:
    """Return the figures of one size and length: medians of some turns, in seconds."""
    edition = make_edition(articles)
    whole: list[float] = []
    alone: list[float] = []
    parts: dict[str, list[float]] = defaultdict(list)
    for _ in range(turns):
        whole.append(compiled(edition, length, proved=True))
        with clocks() as found:
            alone.append(compiled(edition, length, proved=False))
        for part in PARTS:
            parts[part].append(found[part])
    split = {part: statistics.median(times) for part, times in parts.items()}
    return {
        "issue": articles,
        "length": length.value,
        "with proofs": statistics.median(whole),
        "alone": statistics.median(alone),
        "split of alone": split,
    }


def main(*, quick: bool) -> None:
    """Measure every size and length, print and keep the figures."""
    load = report.load()
    # The first in a process compiles templates and reads style sheets, too.
    first = compiled(make_edition(12), Length.SUMMARIES, proved=True)
    sizes = (12, 60) if quick else (12, 60, 200)
    lengths = (Length.SUMMARIES,) if quick else tuple(Length)
    found, rows = [], []
    for articles in sizes:
        for length in lengths:
            one = measured(articles, length, turns=1 if quick else 3)
            split = one["split of alone"]
            assert isinstance(split, dict)
            times = (one["with proofs"], one["alone"], *split.values())
            rows.append((f"{articles} {length}", *map(_spoken, times)))
            found.append(one)
    head = ("articles, length", "with proofs", "alone", *PARTS)
    report.table("An issue, compiled", head, rows)
    print(f"first of a process, 12 summaries: {report.spoken(first)}")
    report.keep("compiling", {"load": load, "first": first, "cases": found})


def _spoken(seconds: object) -> str:
    assert isinstance(seconds, float)
    return report.spoken(seconds)


if __name__ == "__main__":
    main(quick="--quick" in sys.argv[1:])
