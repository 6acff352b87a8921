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
import itertools
import re
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime

from digest.model import Subscriber
from digest.slots import weekday_names

COLUMNS = (
    "address",
    "name",
    "language",
    "timezone",
    "newsletters",
    "follows",
    "mutes",
    "top",
    "format",
    "length",
    "limit",
    "days",
    "hour",
    "paused_until",
    "status",
    "consent_at",
    "consent_where",
    "left",
)
#: Columns that hold several items.
LISTS = ("newsletters", "follows", "mutes", "top", "days", "left")
_NO_NEWSLETTERS = "-"
_ITEM_END = re.compile("[;|]")
_FORMULA = re.compile(r"'*[=+\-@]")
DATES = ("paused_until", "consent_at")
#: A date as spreadsheets write it where a point stands between day and month. With
#: slashes nobody can tell which of the two is first.
_POINTED = re.compile(r"(\d{1,2})\.(\d{1,2})\.(\d{4})(?: +(\d{1,2}:\d{2})(?::\d{2})?)?")


def read_cell(cell: str) -> str:
    """Return a cell without what was written before it against formulas."""
    stripped = cell.strip()
    return (
        stripped[1:]
        if stripped.startswith("'") and _FORMULA.match(stripped)
        else stripped
    )


def read_date(cell: str) -> str:
    """Return a date as the YAML file would say it, where that is certain."""
    if not (found := _POINTED.fullmatch(cell)):
        return cell
    day, month, year, time = found.groups()
    return f"{year}-{month:0>2}-{day:0>2}" + (f"T{time:0>5}" if time else "")


def entry_of(cells: Mapping[str, str]) -> dict[str, object]:
    """Return a line as the YAML file would say it; empty cells are left out."""
    reader: dict[str, object] = {"address": cells["address"]}
    for name, written in cells.items():
        if not written:
            continue
        cell = read_date(written) if name in DATES else written
        if name in LISTS:
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


def write(subscribers: Iterable[Subscriber]) -> Iterator[str]:
    """Yield the lines of a CSV file with every column (RFC 4180, commas)."""
    out = io.StringIO(newline="")
    writer = csv.writer(out)
    for row in itertools.chain([COLUMNS], map(_row, subscribers)):
        writer.writerow(row)
        yield out.getvalue()
        out.seek(0)
        out.truncate()


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
        ";".join(sorted(preferences.top)),
        str(preferences.format),
        str(preferences.length),
        "" if preferences.limit is None else str(preferences.limit),
        ";".join(weekday_names(preferences.days)),
        clock(preferences.hour),
        iso(subscriber.paused_until),
        str(subscriber.status),
        iso(consent.at),
        _write_cell(consent.where),
        _write_cell(";".join(sorted(subscriber.left))),
    ]


def _write_cell(text: str) -> str:
    return f"'{text}" if _FORMULA.match(text) else text


def clock(hour: int | None) -> str:
    """Return an hour as in "18:00"; "" for none."""
    return "" if hour is None else f"{hour:02}:00"


def iso(moment: datetime | None) -> str:
    """Return a time as ISO 8601 with its offset; "" for none."""
    return moment.isoformat() if moment else ""
