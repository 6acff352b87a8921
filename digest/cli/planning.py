"""A plan's numbers on a terminal, and for scripts."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from math import ceil, log2

from digest.cli.output import line, plural, table
from digest.issues import PlannedDigest
from digest.planning import Sums

BAR = 40  #: columns of the longest bar
KIB = 1024
STEPS = 10  #: bars of a histogram of sizes, at most
UNSEEN = 5  #: headlines named


def sums_json(sums: Sums) -> dict[str, object]:
    """Return a plan's numbers; readers by their ids."""
    return {
        "digests": sums.digests,
        "skipped": sums.skipped,
        "topics": sums.topics,
        "unseen": [article.id for article in sums.unseen],
        "articles_per_digest": {str(n): m for n, m in sums.per_digest.items()},
        "longest": [row.subscriber.id for row in sums.longest],
        "emptiest": [row.subscriber.id for row in sums.emptiest],
        "seconds": sums.seconds,
        "change": sums.change,
    }


def show_sums(sums: Sums) -> None:
    """Print the numbers of a plan that has digests."""
    if not sums.digests:
        return
    line("\nby topic:")
    table(
        ("topic", "articles", "mails", "articles a mail"),
        [
            (
                topic.title or "everything",
                f"{topic.articles:,}",
                f"{topic.readers:,}",
                f"{topic.shown / topic.readers:.1f}",
            )
            for topic in sums.topics
        ],
    )
    line("\narticles in a mail:")
    bars({f"{n:,}": mails for n, mails in sums.per_digest.items()})
    if sums.octets:
        line(
            "\nsize of the HTML, or of a mail's text alone, in KiB (Gmail cuts HTML at 100):"
        )
        bars(by_size(list(sums.octets.values())))
    show_ends(sums)
    if sums.unseen:
        named = ", ".join(f"“{a.headline}”" for a in sums.unseen[:UNSEEN])
        dots = " …" if len(sums.unseen) > UNSEEN else ""
        line(f"in nobody's mail: {plural(len(sums.unseen), 'article')}: {named}{dots}")
    show_pace(sums)


def show_ends(sums: Sums) -> None:
    """Name the readers with the longest mails, and those with the emptiest."""

    def told(row: PlannedDigest) -> str:
        octets = sums.octets.get(row.subscriber.id)
        size = f", {octets / KIB:.0f} KiB" if octets else ""
        who = row.subscriber.name or row.subscriber.address
        return f"{who} ({plural(row.digest.count, 'article')}{size})"

    line("")
    line("longest:  " + ", ".join(map(told, sums.longest)))
    line("emptiest: " + ", ".join(map(told, sums.emptiest)))


def show_pace(sums: Sums) -> None:
    """Say how long sending takes, and what is new against the issue before."""
    if sums.seconds is None:
        line("how long: as fast as the server takes them; no `rate` is set")
    else:
        line(f"how long: {lasting(sums.seconds)} at the configured rate")
    change = sums.change
    if change is None:
        line("against the last issue: this is the first")
        return
    line(
        f"against {change.issue}: it had {plural(change.articles, 'article')} and "
        f"{plural(change.sent, 'mail')} left; {change.joined:,} of today's readers got "
        f"none of it, {change.missing:,} who got it get nothing today"
    )


def lasting(seconds: float) -> str:
    """Return "2 h 05 min", "3 min 20 s" or "8 s"; a begun second counts."""
    minutes, rest = divmod(ceil(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    if hours:
        return f"{hours} h {minutes:02} min"
    return f"{minutes} min {rest:02} s" if minutes else f"{rest} s"


def by_size(octets: Sequence[int]) -> dict[str, int]:
    """Return how many mails are in each span of sizes, the smallest span first.

    A span is 1, 2, 4, 8 … KiB wide: the smallest that makes at most `STEPS` of them.
    """
    low, high = min(octets) // KIB, max(octets) // KIB
    width = 2 ** max(0, ceil(log2((high - low + 1) / STEPS)))
    first, last = low // width, high // width
    spans = {
        number: f"{number * width}–{(number + 1) * width}"
        for number in range(first, last + 1)
    }
    counts = dict.fromkeys(spans.values(), 0)
    for each in octets:
        counts[spans[each // KIB // width]] += 1
    return counts


def bars(counts: Mapping[str, int]) -> None:
    """Print a bar for each number; the longest takes `BAR` columns."""
    most, label = max(counts.values()), max(map(len, counts))
    ink = "█" if "utf" in (sys.stdout.encoding or "").lower() else "#"
    for name, number in counts.items():
        length = ceil(number / most * BAR) if number else 0
        line(f"  {name:>{label}} {ink * length}{' ' if length else ''}{number:,}")
