"""Draws lines on logarithmic paper as SVG, legible on white and on black.

Colours follow the reader's own setting (`prefers-color-scheme`); each line is named at
its end, so that colour alone says nothing.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from html import escape
from pathlib import Path

_WIDTH, _HEIGHT = 720, 420
_LEFT, _RIGHT, _TOP, _BOTTOM = 96, 90, 76, 58
_APART = 18  # names of lines

_STYLE = """\
svg{color-scheme:light dark;font:14px system-ui,sans-serif;--ink:#1b1f24;--faint:#d5d9de;\
--a:#b3261e;--b:#8a5a00;--c:#0b63b0}
@media (prefers-color-scheme:dark){svg{--ink:#e8eaed;--faint:#3b4048;--a:#ff8a80;\
--b:#f2bf5e;--c:#82bfff}}
text{fill:var(--ink)} .t{font-size:18px;font-weight:600} .g{stroke:var(--faint)}
polyline{fill:none;stroke-width:2.5} .a{stroke:var(--a);fill:var(--a)}\
 .b{stroke:var(--b);fill:var(--b)} .c{stroke:var(--c);fill:var(--c)}
polyline.a,polyline.b,polyline.c{fill:none}
text.a,text.b,text.c{stroke:none;font-weight:600}"""

#: A line's points: what it costs (seconds) at each x.
Line = Mapping[int, float]


@dataclass(frozen=True, slots=True, kw_only=True)
class Paper:
    """Where x and seconds stand on the paper; seconds by their powers of ten."""

    most: int  #: the greatest x
    low: int  #: powers of ten
    high: int

    def x(self, value: float) -> float:
        """Return the place from the left."""
        return round(_LEFT + value / self.most * (_WIDTH - _LEFT - _RIGHT), 1)

    def y(self, seconds: float) -> float:
        """Return the place from the top."""
        part = (math.log10(seconds) - self.low) / (self.high - self.low)
        return round(_HEIGHT - _BOTTOM - part * (_HEIGHT - _TOP - _BOTTOM), 1)


def drawn(
    title: str, note: str, x_label: str, y_label: str, lines: Mapping[str, Line]
) -> str:
    """Return the SVG of at most three named lines."""
    every = [seconds for line in lines.values() for seconds in line.values()]
    paper = Paper(
        most=max(x for line in lines.values() for x in line),
        low=math.floor(math.log10(min(every))),
        high=math.ceil(math.log10(max(every))),
    )
    middle = (_LEFT + _WIDTH - _RIGHT) / 2
    opening = (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {_HEIGHT}" '
        f'role="img" aria-label="{escape(title)}">'
    )
    turned = f'transform="translate(18 {_HEIGHT / 2}) rotate(-90)"'
    parts = [
        opening,
        f"<title>{escape(title)}</title><style>{_STYLE}</style>",
        f'<text class="t" x="{_LEFT}" y="28">{escape(title)}</text>',
        f'<text x="{_LEFT}" y="50">{escape(note)}</text>',
        f'<text x="{middle}" y="{_HEIGHT - 14}" text-anchor="middle">{escape(x_label)}</text>',
        f'<text {turned} text-anchor="middle">{escape(y_label)}</text>',
        *_grid(paper),
    ]
    free = 0.0  # the names stand one below the other, from the top
    last = sorted(lines, key=lambda called: -list(lines[called].values())[-1])
    for called in last:
        line, name = lines[called], "abc"[list(lines).index(called)]
        free = max(free, paper.y(list(line.values())[-1]) + 5)
        place = f'x="{_WIDTH - _RIGHT + 10}" y="{free}"'
        parts += _line(name, line, paper)
        parts.append(f'<text class="{name}" {place}>{escape(called)}</text>')
        free += _APART
    return "\n".join([*parts, "</svg>", ""])


def _grid(paper: Paper) -> list[str]:
    parts = []
    for power in range(paper.low, paper.high + 1):
        y = paper.y(10.0**power)
        parts += [
            f'<path class="g" d="M{_LEFT} {y}H{_WIDTH - _RIGHT}"/>',
            f'<text x="{_LEFT - 8}" y="{y + 5}" text-anchor="end">{_spoken(power)}</text>',
        ]
    step = 12 if paper.most > 24 else 4
    for value in range(0, paper.most + 1, step):
        parts.append(
            f'<text x="{paper.x(value)}" y="{_HEIGHT - _BOTTOM + 20}" '
            f'text-anchor="middle">{value}</text>'
        )
    return parts


def _line(name: str, line: Line, paper: Paper) -> list[str]:
    points = [(paper.x(x), paper.y(seconds)) for x, seconds in line.items()]
    path = " ".join(f"{x},{y}" for x, y in points)
    dots = (f'<circle class="{name}" cx="{x}" cy="{y}" r="3"/>' for x, y in points)
    return [f'<polyline class="{name}" points="{path}"/>', *dots]


def _spoken(power: int) -> str:
    """Return a power of ten seconds as people say it."""
    unit, name = (0, "s") if power >= 0 else (-3, "ms") if power >= -3 else (-6, "µs")
    return f"{10 ** (power - unit)} {name}"


def write(path: Path, svg: str) -> None:
    """Write a drawing where its folder may not be yet."""
    path.parent.mkdir(exist_ok=True)
    path.write_text(svg, encoding="utf-8")
