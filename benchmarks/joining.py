"""What one message costs, three ways: naive, exact, joined.

    python -m benchmarks.joining [--quick]

All three make whole messages with all headers, for the same readers, none of whom chose
what another did; the readers' choices are made before. They take turns in one process,
so that whatever else the machine does happens to all of them. *Naive* is
`benchmarks.naive`. *Exact* is our renderer without its compiled issue: each new choice of
articles is rendered, inlined and cut. *Joined* is what `digest send` does, for readers
whose sections nobody had before; *again* is the same readers' mail once more, so that their
choices are known. The last case has readers as a newsroom has them: they follow one to
four of twelve topics, and many choose the same. One row signs what was
joined (DKIM, RSA with 2048 bits). *Choosing alone* is what comes before all of them.
"""

from __future__ import annotations

import statistics
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from itertools import islice

from benchmarks import report
from benchmarks.naive import Naive
from benchmarks.report import Spread
from benchmarks.sized_issue import (
    NOW,
    Reading,
    distinct,
    make_edition,
    newsroom_readers,
    readers,
)
from digest.message.dkim import new_key
from digest.model import Digest, Subscriber
from digest.settings import Dkim

#: Articles in the issue, articles in each digest.
CASES = ((12, 12), (60, 12), (60, 24), (200, 12), (200, 24))

Make = Callable[[Subscriber, Digest], int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Way:
    """A way to make messages, and how many of them at each turn."""

    name: str
    make: Make  #: returns the message's octets
    share: slice  #: which of the readers of a turn
    shortened: list[bool] = field(default_factory=list)  #: for Gmail, if noted
    times: list[float] = field(default_factory=list)

    def turn(self, found: Sequence[Reading]) -> int:
        """Make messages for these readers, each timed by itself."""
        size = 0
        for subscriber, digest in found[self.share]:
            began = time.perf_counter()
            size = self.make(subscriber, digest)
            self.times.append(time.perf_counter() - began)
        return size


def ways(
    articles: int,
    count: int,
    *,
    turns: int,
    each: int,
    most: int = 24,
    as_they_come: bool = False,
) -> tuple[list[Way], list[list[Reading]]]:
    """Return the ways to an issue's messages, and readers, each of another choice.

    These come turn by turn, after one for warming up: `each` of them get joined
    messages, as many others signed ones. Where so many choices do not exist, fewer do.
    Readers `as_they_come` are those of a newsroom instead, of whom many choose the same.
    """
    edition = make_edition(articles, most=most)
    dkim = Dkim(selector="s2026", key=new_key())
    together, alone = edition.renderer(), edition.renderer(joined=False)
    found = edition.assembler(together)
    exact = edition.assembler(alone)
    signed = edition.assembler(together, dkim)
    naive = Naive(edition, found)
    # Of an issue of twelve, only readers of most topics want all twelve.
    topics = (6, 12) if articles == count else (2, 12)
    drawn = distinct(
        islice(readers(edition, articles=count, topics=topics), 20_000),
        1 + 2 * turns * each,
    )
    if as_they_come:
        drawn = list(islice(newsroom_readers(edition), 1 + 2 * turns * each))
    each = (len(drawn) - 1) // (2 * turns)

    def message(subscriber: Subscriber, digest: Digest) -> int:
        rendered, made = found.message(subscriber, digest, dated=NOW)
        shortened.append(rendered.shortened is not None)
        return len(made.content)

    shortened: list[bool] = []

    def exact_message(subscriber: Subscriber, digest: Digest) -> int:
        return len(exact.message(subscriber, digest, dated=NOW)[1].content)

    def signed_message(subscriber: Subscriber, digest: Digest) -> int:
        return len(signed.message(subscriber, digest, dated=NOW)[1].content)

    def choosing(subscriber: Subscriber, _: Digest) -> int:
        found.choose(subscriber, received=(), now=NOW)
        return 0

    def naive_message(subscriber: Subscriber, digest: Digest) -> int:
        return len(naive.message(subscriber, digest, dated=NOW))

    one, some, others = slice(0, 1), slice(0, each), slice(each, 2 * each)
    return [
        Way(name="naive", make=naive_message, share=one),
        Way(name="exact", make=exact_message, share=one),
        Way(name="joined", make=message, share=some, shortened=shortened),
        Way(name="joined again", make=message, share=some),
        Way(name="joined and signed", make=signed_message, share=others),
        Way(name="choosing alone", make=choosing, share=others),
    ], [
        drawn[:1],
        *(drawn[1 + turn * 2 * each :][: 2 * each] for turn in range(turns)),
    ]


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """What was measured for one size of issue and digest, by the name of each way."""

    issue: int
    digest: int  #: articles; 0: readers as they come
    spreads: dict[str, Spread]
    octets: dict[str, int]
    shortened: float  #: the share of joined mails that had to be

    def slower(self, name: str) -> float:
        """Return how many times as long the naive way takes."""
        return self.spreads["naive"].median / self.spreads[name].median

    @property
    def as_json(self) -> dict[str, object]:
        return {
            "issue": self.issue,
            "digest": self.digest,
            "octets": self.octets,
            "shortened": self.shortened,
            "us": {name: spread.as_json for name, spread in self.spreads.items()},
            "naive_is_slower": {n: round(self.slower(n), 1) for n in self.spreads},
        }


def measured(
    articles: int,
    count: int,
    *,
    turns: int,
    each: int,
    most: int = 24,
    as_they_come: bool = False,
) -> Case:
    """Return the figures of one case."""
    found, (first, *drawn) = ways(
        articles, count, turns=turns, each=each, most=most, as_they_come=as_they_come
    )
    for way in found:  # compiles the issue, the templates, the style sheet
        way.make(*first[0])
    sizes: dict[str, int] = {}
    for readings in drawn:
        for way in found:
            sizes[way.name] = way.turn(readings)
    return Case(
        issue=articles,
        digest=0 if as_they_come else count,
        spreads={way.name: Spread.of(way.times) for way in found},
        octets=sizes,
        shortened=statistics.mean(found[2].shortened),
    )


def main(*, quick: bool) -> None:
    """Measure every case, print and keep the figures."""
    turns, each = (4, 300) if quick else (10, 600)
    load = report.load()
    chosen = CASES[2:3] if quick else CASES
    cases = [measured(*case, turns=turns, each=each) for case in chosen]
    cases.append(measured(60, 12, turns=turns, each=each, most=12, as_they_come=True))
    rows = [
        (
            f"{case.digest or 'up to 12'} of {case.issue}, {name}",
            spread,
            report.spoken(spread.low),
            f"{case.slower(name):.3g}",
        )
        for case in cases
        for name, spread in case.spreads.items()
    ]
    head = ("articles", "median (quartiles)", "fastest", "naive takes × as long")
    report.table("One message, complete", head, rows)
    report.keep("joining", {"load": load, "cases": [c.as_json for c in cases]})


if __name__ == "__main__":
    main(quick="--quick" in sys.argv[1:])
