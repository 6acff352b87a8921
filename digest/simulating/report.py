"""A replay as one HTML page: charts as SVG inside it, the same numbers as tables.

It needs no network and no script, so it can be mailed, kept and printed.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import timedelta
from html import escape

from digest.simulating import Replay, Served

WIDTH, HEIGHT = 720, 200  #: of a chart's bars
BELOW, LEFT = 44, 48  #: for labels
LABELS = 12  #: under the bars of a chart, at most

PAGE = """\
<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title>
<style>
:root{{color-scheme:light dark;--ink:#1b1b1b;--paper:#fff;--line:#c9c9c9;\
--mails:#14532d;--empty:#b45309}}
@media (prefers-color-scheme:dark){{:root{{--ink:#ececec;--paper:#161616;--line:#4a4a4a;\
--mails:#6ee7a0;--empty:#fbbf24}}}}
body{{font:1rem/1.5 system-ui,sans-serif;color:var(--ink);background:var(--paper);\
max-width:60rem;margin:0 auto;padding:1.5rem 1rem}}
h1{{font-size:1.5rem}}h2{{font-size:1.15rem;margin-top:2.5rem}}
svg{{width:100%;height:auto}}svg text{{font:12px system-ui,sans-serif;fill:var(--ink)}}
.mails{{fill:var(--mails)}}.empty{{fill:var(--empty)}}.rule{{stroke:var(--line)}}
.wide{{overflow-x:auto}}table{{border-collapse:collapse;font-variant-numeric:tabular-nums}}
th,td{{padding:.25rem .75rem .25rem 0;text-align:end;border-bottom:1px solid var(--line)}}
th:first-child,td:first-child{{text-align:start}}
</style>
<main>
<h1>{title}</h1>
<p>{sums}</p>
<h2>Mails at each issue</h2>
<p>Below, green: mails that leave. On top, orange: readers for whom there is nothing, or \
too little.</p>
{issues}
<h2>Readers by mails a week</h2>
{weeks}
<h2>The issues</h2>
<div class="wide" tabindex="0" role="region" aria-label="The issues">{table}</div>
</main>
</html>
"""


def report(replay: Replay) -> str:
    """Return a replay as a page."""
    names = ", ".join(newsletter.title for newsletter in replay.newsletters)
    last = replay.until - timedelta(microseconds=1)
    title = f"{names}: {replay.since:%Y-%m-%d} to {last:%Y-%m-%d}"
    readers = max(1, len(replay.readers))
    rate = replay.mails / readers / replay.weeks if replay.weeks else 0.0
    sums = (
        f"{replay.issues:,} issues and {replay.mails:,} mails to "
        f"{len(replay.readers):,} readers: {rate:.1f} mails a reader and week. "
        f"{replay.empty_rate:.0%} of the digests would be empty, {replay.full_rate:.0%} "
        "of the mails leave something out."
    )
    week = {f"{n}": readers for n, readers in replay.per_week().items()}
    return PAGE.format(
        title=escape(title),
        sums=escape(sums),
        issues=bars(
            [
                (f"{each.slot.due:%d %b}", each.mails, each.empty)
                for each in replay.served
            ],
            label="Mails and empty digests at each issue",
        ),
        weeks=bars(
            [(name, number, 0) for name, number in week.items()],
            label="How many readers get how many mails a week",
        ),
        table=_table(replay.served),
    )


def bars(columns: Sequence[tuple[str, int, int]], *, label: str) -> str:
    """Return a bar chart as SVG: for each column its name, and two numbers stacked."""
    most = max((low + high for _, low, high in columns), default=0) or 1
    step = WIDTH / max(1, len(columns))
    every = -(-len(columns) // LABELS) or 1
    drawn = "".join(
        _column(place * step, step, column, most=most, named=place % every == 0)
        for place, column in enumerate(columns)
    )
    rules = "".join(
        f'<path class="rule" d="M{LEFT} {y}H{LEFT + WIDTH}"/>'
        f'<text x="{LEFT - 6}" y="{y + 4}" text-anchor="end">{value:,}</text>'
        for y, value in ((8, most), (8 + HEIGHT, 0))
    )
    size = f"0 0 {LEFT + WIDTH + 8} {HEIGHT + BELOW}"
    return (
        f'<svg viewBox="{size}" role="img" aria-label="{escape(label)}">'
        f"{rules}{drawn}</svg>"
    )


def _column(
    left: float, step: float, column: tuple[str, int, int], *, most: int, named: bool
) -> str:
    """Return one column: a title for who points at it, two bars, its name."""
    name, low, high = column
    x, width = LEFT + left + step * 0.1, max(1.0, step * 0.8)
    drawn, floor = [f"<title>{escape(name)}: {low:,}, {high:,}</title>"], 8.0 + HEIGHT
    for kind, number in (("mails", low), ("empty", high)):
        tall = number / most * HEIGHT
        floor -= tall
        if number:
            drawn.append(
                f'<rect class="{kind}" x="{x:.1f}" y="{floor:.1f}" '
                f'width="{width:.1f}" height="{tall:.1f}"/>'
            )
    if named:
        drawn.append(
            f'<text x="{x + width / 2:.1f}" y="{HEIGHT + 28}" text-anchor="middle">'
            f"{escape(name)}</text>"
        )
    return f"<g>{''.join(drawn)}</g>"


def _table(served: Iterable[Served]) -> str:
    columns: Mapping[str, str] = {
        "articles": "articles", "mails": "mails", "shown": "shown in all",
        "empty": "empty", "full": "over-full", "away": "paused",
    }  # fmt: skip
    head = "".join(f'<th scope="col">{each}</th>' for each in columns.values())
    rows = "".join(
        f"<tr><td>{escape(each.issue)}</td>"
        + "".join(f"<td>{getattr(each, name):,}</td>" for name in columns)
        + "</tr>"
        for each in served
    )
    return (
        f'<table><thead><tr><th scope="col">issue</th>{head}</tr></thead>'
        f"<tbody>{rows}</tbody></table>"
    )
