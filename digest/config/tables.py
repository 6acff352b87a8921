"""A CSV file of readers, ours or another program's, read line by line.

The columns are the keys of the YAML file; any may be missing but ``address``. Another
program's are recognised by their names (`exports`), or said with `--map`. Commas,
semicolons or tabs separate cells, whichever the first line uses.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TextIO

from digest.config.entries import Entries, Shape
from digest.config.exports import EXPORTS, Export, recognised
from digest.config.files import opened, read_text
from digest.config.spreadsheet import COLUMNS, entry_of, read_cell
from digest.config.values import either, suggestion
from digest.errors import FileProblems
from digest.model import Problem, Subscriber


def _folded(name: str) -> str:
    return re.sub(r"[\s-]+", "_", name.strip().lower())


#: What other programs call their columns.
FOREIGN = frozenset(
    _folded(name)
    for export in EXPORTS
    for group in (*export.marks, *export.columns.values())
    for name in group
)


def no_address(theirs: str) -> str:
    """Say that a first line names no `address`; `theirs` is a column that may be it."""
    if theirs:
        return (
            f"there is no column `address`; if `{theirs}` is it, add "
            f'--map "address={theirs}", and a --map for each other one to be taken'
        )
    return (
        "there is no column `address`; begin the file with a line of the columns' "
        f"names, such as {','.join(COLUMNS[:5])}, or say which one it is with "
        '--map "address=…"'
    )


def _advice(name: str) -> str:
    otherwise = "take the column out, or say with --map which ones to take"
    return suggestion(name, COLUMNS, otherwise=otherwise)


#: What parts a line into what many lines share, and what is one reader's own.
_Split = Callable[[Sequence[str]], tuple[Shape, tuple[str, str, str]]]

#: What makes an entry of a line's cells.
_Make = Callable[[Sequence[str]], dict[str, str]]


class Table:
    """One CSV file, gone through once; mistakes are noted in `entries`."""

    def __init__(self, path: Path, entries: Entries) -> None:
        """Take the file."""
        self._path, self._entries = path, entries
        self.program = ""  #: whose export it is
        self.columns_left_out: tuple[str, ...] = ()
        self._width = 0
        self._cells: _Make | None = None
        self._own: _Split | None = None
        self._statuses: Mapping[str, str] = {}

    def __iter__(self) -> Iterator[Subscriber]:
        """Yield the readers about whom everything is right."""
        with opened(self._path) as file:
            rows = csv.reader(
                file, delimiter=_separator(file, self._entries), strict=True
            )
            line = 1
            try:
                for row in rows:
                    if "".join(row).strip() and not (line == 1 and _is_hint(row)):
                        if self._cells is None:
                            self._cells = self._head(row, line)
                        elif reader := self._reader(row, line):
                            yield reader
                    line = rows.line_num + 1
            except csv.Error as error:
                self._entries.add(
                    line, "", f"not CSV ({error}); check the quotation marks from here"
                )
        if self._cells is None:
            read_text(self._path)  # which says that it is empty

    def _reader(self, row: Sequence[str], line: int) -> Subscriber | None:
        """Return one reader, or None after noting what is wrong with them."""
        if len(row) > self._width and any(row[self._width :]):
            self._entries.add(
                line,
                "",
                f"{len(row)} cells, but there are {self._width} columns; put a cell "
                "that holds the separator in double quotes",
            )
            return None
        assert self._cells
        shape = None
        if self._own is not None and len(row) == self._width:
            shape, own = self._own(row)
            if known := self._entries.alike(shape, *own, line=line):
                return known
        cells = self._cells(row)
        status = cells.get("status")
        if status and self._statuses:
            ours = self._statuses.get(status.lower())
            if ours is None:
                self._entries.add(
                    line,
                    "status",
                    f"{self.program} has no status {status!r} that we know; write one "
                    f"of {either(self._statuses)}, or map another column",
                )
                return None
            cells["status"] = ours
        reader = self._entries.take(entry_of(cells), line)
        if reader and shape is not None:
            self._entries.learn(shape, reader)
        return reader

    # -- the first line ---------------------------------------------------------

    def _head(self, row: Sequence[str], line: int) -> _Make:
        """Take the names of the columns; stop if they are wrong, as all else would be."""
        self._width = len(row)
        names = [_folded(cell) for cell in row]
        mapped = self._entries.terms.columns
        export = None if mapped else recognised(row)
        if export:
            return self._as_export(export, row)
        problems = []
        for theirs in mapped.values():
            if _folded(theirs) not in names:
                advice = suggestion(theirs, row, otherwise="see the first line")
                problems.append(("", f"there is no column `{theirs}`; {advice}"))
        wanted = {_folded(theirs): ours for ours, theirs in mapped.items()}
        places: dict[str, int] = {}
        left_out = []
        for place, name in enumerate(names):
            ours = wanted.get(name, name)
            if ours in places:
                problems.append((name, f"two columns `{name}`; take one of them out"))
            elif ours in COLUMNS:
                places[ours] = place
            elif mapped:
                left_out.append(row[place].strip())
            else:
                problems.append((name, f"unknown column `{name}`; {_advice(name)}"))
        if "address" not in places and not any("no column" in p for _, p in problems):
            theirs = next((cell.strip() for cell in row if "mail" in cell.lower()), "")
            problems.insert(0 if theirs else len(problems), ("", no_address(theirs)))
        self._stop_at(problems, line)
        self.columns_left_out = tuple(left_out)
        self._entries.names = {ours: row[at].strip() for ours, at in places.items()}
        self._own = _splitting(places)
        return _picking(tuple(places.items()))

    def _stop_at(self, problems: Iterable[tuple[str, str]], line: int) -> None:
        found = [
            Problem(
                where=f"{self._path}:{line}" + (f":{name}" if name else ""), what=what
            )
            for name, what in problems
        ]
        if found:
            raise FileProblems(found)

    def _as_export(self, export: Export, row: Sequence[str]) -> _Make:
        """Take another program's columns as ours."""
        self.program, self._statuses = export.program, export.statuses
        places = {name.strip().lower(): place for place, name in enumerate(row)}
        columns = {
            ours: [places[name] for name in theirs if name in places]
            for ours, theirs in export.columns.items()
        }
        names = [places[name] for name in export.names if name in places]
        used = {at for many in (*columns.values(), names) for at in many}
        self.columns_left_out = tuple(
            name.strip() for place, name in enumerate(row) if place not in used
        )
        self._entries.names = {
            ours: row[many[0]].strip() for ours, many in columns.items() if many
        }

        def make(cells: Sequence[str]) -> dict[str, str]:
            read = [*map(read_cell, cells), *[""] * (len(row) - len(cells))]
            entry = {
                ours: next((read[at] for at in many if read[at]), "")
                for ours, many in columns.items()
            }
            if names:
                entry["name"] = " ".join(filter(None, (read[at] for at in names)))
            entry.setdefault("status", export.status)
            return entry

        return make


def _splitting(places: Mapping[str, int]) -> _Split:
    """Return what parts a line that has all its cells."""
    own = ("address", "name", "consent_at")
    shared = tuple(place for name, place in places.items() if name not in own)
    address, name, at = (places.get(each, -1) for each in own)

    def split(row: Sequence[str]) -> tuple[Shape, tuple[str, str, str]]:
        return tuple([row[place] for place in shared]), (
            read_cell(row[address]),
            read_cell(row[name]) if name >= 0 else "",
            row[at].strip() if at >= 0 else "",
        )

    return split


def _picking(places: Sequence[tuple[str, int]]) -> _Make:
    """Return what picks our columns from a line's cells, which may be too few."""

    def make(cells: Sequence[str]) -> dict[str, str]:
        there = len(cells)
        return {name: read_cell(cells[at]) if at < there else "" for name, at in places}

    return make


def _is_hint(row: Sequence[str]) -> bool:
    """Whether the first line only tells a spreadsheet what stands between cells."""
    return row[0].strip("\ufeff ").lower() == "sep=" and not any(row[1:])


def _separator(file: TextIO, entries: Entries) -> str:
    """Return what stands between the columns' names; the file is at its start again."""
    first = next((line for line in file if line.strip()), "")
    file.seek(0)
    known = {*COLUMNS, *map(_folded, entries.terms.columns.values()), *FOREIGN}
    return max(
        ",;\t",
        key=lambda sign: (
            sum(_folded(name.strip('\ufeff "')) in known for name in first.split(sign)),
            first.count(sign),
        ),
    )
