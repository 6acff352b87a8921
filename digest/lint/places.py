"""From a finding back to the line of a template that wrote it.

Nothing in a finished mail says where it came from, so the line is looked for: the one
that holds what the element is known by (its class, its id, words of its own), and if
several do, the one with most of it. When that is not one line, no place is given: a
wrong one would cost more time than none.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from digest.lint.findings import Hit, Where

_CLASS = re.compile(r'class="([^"]*)')
_WORD = re.compile(r"[\w-]{2,}")
_NEEDED_SCORE = 3


class TemplateLines:
    """The lines of a template set, to be searched."""

    def __init__(self, files: Mapping[str, tuple[str, str]]) -> None:
        """Take the files by name: the path to show, and the text."""
        self._lines = {
            name: [(number, line) for number, line in enumerate(text.split("\n"), 1)]
            for name, (_, text) in files.items()
        }
        self._paths = {name: path for name, (path, _) in files.items()}
        self._known: dict[tuple[Where, tuple[str, ...]], str] = {}

    def __call__(self, hit: Hit) -> str:
        """Return ``path:line``, or "" when no single line stands out."""
        key = (hit.where, hit.clues)
        if key not in self._known:
            self._known[key] = self._found(hit) if hit.clues else ""
        return self._known[key]

    def _found(self, hit: Hit) -> str:
        best: list[tuple[int, str, int]] = []
        for name, lines in self._lines.items():
            if not _may_write(name, hit.where):
                continue
            for number, line in lines:
                score = sum(_score(clue, line) for clue in hit.clues)
                if score >= _NEEDED_SCORE:
                    best.append((score, name, number))
        best.sort(reverse=True)
        if not best or (len(best) > 1 and best[0][0] == best[1][0]):
            return ""
        _, name, number = best[0]
        return f"{self._paths[name]}:{number}"


def _may_write(name: str, where: Where) -> bool:
    """Whether a file of that name makes that part of a mail."""
    if where is Where.HTML:
        return ".html" in name or name.endswith(".css")
    return where is Where.TEXT and ".txt" in name


def _score(clue: str, line: str) -> int:
    """Return how much a line looks like it wrote what the clue says."""
    if clue in line:
        if not clue.startswith("<"):
            return 4
        return 1 if re.search(re.escape(clue) + r"\b", line) else 0
    if clue.startswith("class=") and (here := _CLASS.search(line)):
        wanted, there = clue[7:-1].split(), set(_WORD.findall(here[1]))
        return 2 * len(there.intersection(wanted)) if there & {*wanted[:1]} else 0
    return 0
