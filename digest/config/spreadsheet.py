"""Readers as CSV, the way spreadsheets write and open it.

The columns are the keys of the YAML file, with ``consent_at`` and ``consent_where`` for
the two parts of a consent; any may be missing but ``address``. Commas, semicolons or
tabs separate cells, whichever the first line uses; ``;`` or ``|`` the items of a list.
``-`` says "no newsletters", which an empty cell cannot.

A spreadsheet runs a cell that begins with = + - or @ as a formula, and names come from
strangers: such a cell is written with an apostrophe before it, which spreadsheets
understand and reading takes off again.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from pydantic import ValidationError

from digest.config.complaints import complaints
from digest.config.readers import (
    ReaderPart,
    newsletters_left_out,
    same_reader_key,
    subscriber,
)
from digest.config.references import Known
from digest.config.values import suggestion
from digest.errors import FileProblems
from digest.model import Problem, Subscriber
from digest.yamltext import KEY, Location

COLUMNS = (
    "address",
    "name",
    "language",
    "timezone",
    "newsletters",
    "follows",
    "mutes",
    "format",
    "length",
    "limit",
    "paused_until",
    "status",
    "consent_at",
    "consent_where",
)
_LISTS = ("newsletters", "follows", "mutes")
_NO_NEWSLETTERS = "-"
_ITEM_END = re.compile("[;|]")
_FORMULA = re.compile(r"'*[=+\-@]")


def read(text: str, *, file: str, known: Known) -> list[Subscriber]:
    """Return the readers of a CSV file; raise `FileProblems` with every mistake."""
    table = _Table(file=file, known=known)
    return table.read(text)


@dataclass(slots=True, kw_only=True)
class _Table:
    """One file while it is read."""

    file: str
    known: Known
    problems: list[Problem] = field(default_factory=list)
    columns: Sequence[str] = ()
    lines: dict[str, int] = field(default_factory=dict)  #: of every reader so far

    def read(self, text: str) -> list[Subscriber]:
        """Return the readers, line by line."""
        first, _, _ = text.lstrip().partition("\n")
        rows = csv.reader(
            io.StringIO(text, newline=""), delimiter=_separator(first), strict=True
        )
        readers = []
        line = 1
        try:
            for row in rows:
                if any(cell.strip() for cell in row):
                    if not self.columns:
                        self.head(row, line)
                    elif part := self.part(row, line):
                        readers.append(subscriber(part, self.known))
                line = rows.line_num + 1
        except csv.Error as error:
            self.add(
                line, "", f"not CSV ({error}); check the quotation marks from here"
            )
        if self.problems:
            raise FileProblems(self.problems)
        return readers

    def head(self, row: Sequence[str], line: int) -> None:
        """Take the names of the columns; stop if they are wrong, as all else would be."""
        self.columns = [re.sub(r"[\s-]+", "_", cell.strip().lower()) for cell in row]
        for place, name in enumerate(self.columns):
            if name not in COLUMNS:
                advice = suggestion(name, COLUMNS, otherwise="take the column out")
                self.add(line, name, f"unknown column `{name}`; {advice}")
            elif name in self.columns[:place]:
                self.add(line, name, f"two columns `{name}`; take one of them out")
        if "address" not in self.columns:
            self.add(
                line,
                "",
                "there is no column `address`; begin the file with a line of the "
                f"columns' names, such as {','.join(COLUMNS[:5])}",
            )
        if self.problems:
            raise FileProblems(self.problems)

    def part(self, row: Sequence[str], line: int) -> ReaderPart | None:
        """Return one reader, or None after noting what is wrong with them."""
        if len(row) > len(self.columns) and any(row[len(self.columns) :]):
            self.add(
                line,
                "",
                f"{len(row)} cells, but there are {len(self.columns)} columns; put a cell "
                "that holds the separator in double quotes",
            )
            return None
        cells = dict.fromkeys(self.columns, "")
        cells.update(zip(self.columns, map(_read_cell, row), strict=False))
        before = len(self.problems)
        part = None
        found: list[tuple[Location, str]] = []
        try:
            part = ReaderPart.model_validate(_reader(cells), context=self.known)
        except ValidationError as error:
            found += complaints(error, ReaderPart, written=())
        if not cells.get("newsletters") and (words := newsletters_left_out(self.known)):
            found.append((("newsletters",), words))
        key = same_reader_key(cells.get("address"))
        if key and self.lines.setdefault(key, line) != line:
            words = f"the same reader as in line {self.lines[key]}; keep one of the two"
            found.append((("address",), words))
        for location, what in sorted(found, key=lambda f: COLUMNS.index(_column(f[0]))):
            self.add(line, _column(location), what)
        return part if len(self.problems) == before else None

    def add(self, line: int, column: str, what: str) -> None:
        """Note a mistake in a line, in one column or as a whole."""
        where = f"{self.file}:{line}" + (f":{column}" if column else "")
        self.problems.append(Problem(where=where, what=what))


def _separator(head: str) -> str:
    """Return what stands between the columns' names."""
    return max(
        ",;\t",
        key=lambda sign: sum(
            n.strip(' "').lower() in COLUMNS for n in head.split(sign)
        ),
    )


def _column(location: Location) -> str:
    names = [str(step) for step in location if isinstance(step, str) and step != KEY]
    return "_".join(names)


def _read_cell(cell: str) -> str:
    stripped = cell.strip()
    return (
        stripped[1:]
        if stripped.startswith("'") and _FORMULA.match(stripped)
        else stripped
    )


def _reader(cells: Mapping[str, str]) -> dict[str, object]:
    """Return a line as the YAML file would say it; empty cells are left out."""
    reader: dict[str, object] = {"address": cells["address"]}
    for name, cell in cells.items():
        if not cell:
            continue
        if name in _LISTS:
            items = (item.strip() for item in _ITEM_END.split(cell))
            reader[name] = [] if cell == _NO_NEWSLETTERS else list(filter(None, items))
        elif name == "limit" and cell.isdecimal():
            reader[name] = int(cell)
        elif name.startswith("consent_"):
            consent = reader.setdefault("consent", {})
            assert isinstance(consent, dict)
            consent[name.removeprefix("consent_")] = cell
        else:
            reader[name] = cell
    return reader


# -- writing ----------------------------------------------------------------


def write(subscribers: Iterable[Subscriber]) -> str:
    """Return a CSV file with every column (RFC 4180, commas)."""
    out = io.StringIO(newline="")
    writer = csv.writer(out)
    writer.writerow(COLUMNS)
    writer.writerows(map(_row, subscribers))
    return out.getvalue()


def _row(subscriber: Subscriber) -> list[str]:
    preferences, consent = subscriber.preferences, subscriber.consent
    return [
        _write_cell(subscriber.address),
        _write_cell(subscriber.name),
        subscriber.language,
        subscriber.timezone,
        ";".join(sorted(preferences.newsletters)) or _NO_NEWSLETTERS,
        ";".join(preferences.follows),
        ";".join(sorted(preferences.mutes)),
        str(preferences.format),
        str(preferences.length),
        "" if preferences.limit is None else str(preferences.limit),
        iso(subscriber.paused_until),
        str(subscriber.status),
        iso(consent.at),
        _write_cell(consent.where),
    ]


def _write_cell(text: str) -> str:
    return f"'{text}" if _FORMULA.match(text) else text


def iso(moment: datetime | None) -> str:
    """Return a time as ISO 8601 with its offset; "" for none."""
    return moment.isoformat() if moment else ""
