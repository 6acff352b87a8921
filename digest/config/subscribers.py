"""Files of readers: reading them with every mistake named, and writing them.

YAML is for people, CSV for spreadsheets, a JSON object a line (NDJSON) for programs; all
hold the same. What `write_subscribers` writes, `read_subscribers` reads back equal, but
for the ids, which belong to the store.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Literal

from pydantic import ValidationError

from digest.config import spreadsheet
from digest.config.complaints import complaints
from digest.config.entries import Entries, Terms
from digest.config.files import opened_octets, read_text, stop
from digest.config.lines import readers_of_json, readers_of_lines
from digest.config.readers import (
    ReaderPart,
    SubscribersFile,
    newsletters_left_out,
    subscriber,
)
from digest.config.references import Known
from digest.config.spreadsheet import LISTS, entry_of
from digest.config.tables import Table
from digest.errors import InputError
from digest.model import Format, Length, Problem, Status, Subscriber
from digest.slots import weekday_names
from digest.yamltext import Document, Items, Mark, write_yaml

#: What readers are written as.
Form = Literal["yaml", "csv", "ndjson"]

#: The endings of files of readers, and what their content is.
FORMS: dict[str, Form | Literal["lines"]] = {
    ".yaml": "yaml",
    ".yml": "yaml",
    ".csv": "csv",
    ".ndjson": "ndjson",
    ".jsonl": "ndjson",
    ".txt": "lines",
}
#: Endings of what spreadsheets keep for themselves.
SPREADSHEETS = (".xlsx", ".xls", ".ods", ".numbers")


class ReaderFile:
    """A file of readers, which is read while it is gone through, once.

    Raises `FileProblems` at its end, however long it is, with every mistake by place.
    """

    def __init__(
        self,
        path: Path,
        *,
        newsletters: Collection[str],
        topics: Collection[str],
        terms: Terms | None = None,
    ) -> None:
        """Take the file and the slugs there are; its ending says what it holds."""
        self._path, self._form = path, FORMS.get(path.suffix.lower(), "")
        if not self._form:
            way = "rename it to what it holds"
            if path.suffix.lower() in SPREADSHEETS:
                way = "save the spreadsheet as CSV (in Excel: “CSV UTF-8”)"
            stop(
                str(path),
                f"a file of readers ends in .yaml, .csv, .ndjson or .txt; {way}",
            )
        self._known = Known(newsletters=newsletters, topics=topics)
        self._terms = terms or Terms()
        #: Whose export it is, and its columns of which nothing is taken; when read.
        self.program = ""
        self.columns_left_out: tuple[str, ...] = ()
        #: What is worth a look, though nothing is wrong with it; and how many.
        self.hints: list[Problem] = []
        self.hinted = 0

    def __iter__(self) -> Iterator[Subscriber]:
        """Yield the readers; their ids are empty."""
        entries = Entries(file=str(self._path), known=self._known, terms=self._terms)
        if self._form == "csv":
            table = Table(self._path, entries)
            yield from table
            self.program = table.program
            self.columns_left_out = table.columns_left_out
        elif self._form == "yaml":
            yield from self._from_yaml(entries)
        else:
            read = readers_of_json if self._form == "ndjson" else readers_of_lines
            yield from read(self._path, entries)
        entries.finish()
        self.hints, self.hinted = entries.hints, entries.hinted

    def _from_yaml(self, entries: Entries) -> Iterator[Subscriber]:
        """Yield the readers of a YAML file; mistakes are noted in `entries`."""
        with opened_octets(self._path) as stream:
            items = Items(
                stream,
                file=entries.file,
                key="subscribers",
                text=partial(read_text, self._path),
            )
            for document in items:
                _take_problems(items, entries)
                if reader := entries.take_from(document):
                    yield reader
            _take_problems(items, entries)
        if items.rest is not None:
            if items.rest.value is None:
                read_text(self._path)  # which says when nothing at all is there
            _judge_rest(items.rest, entries)


def _take_problems(items: Items, entries: Entries) -> None:
    """Note what is wrong with the YAML itself."""
    for problem in items.problems:
        _, line, column = problem.where.rsplit(":", 2)
        entries.add_at(Mark(int(line), int(column)), problem.what)
    items.problems.clear()


def _judge_rest(rest: Document, entries: Entries) -> None:
    """Note what is wrong with a YAML file beside its readers."""
    value = {} if rest.value is None else rest.value
    try:
        SubscribersFile.model_validate(value, context=entries.known)
    except ValidationError as error:
        marks = rest.marks
        for place, what in complaints(error, SubscribersFile, written=marks):
            entries.add_at(rest.mark(place), what)


def read_subscribers(
    path: Path, *, newsletters: Collection[str], topics: Collection[str]
) -> list[Subscriber]:
    """Return the readers of a file, told apart by its ending.

    `newsletters` and `topics` are the slugs there are. A reader who names no
    newsletters takes the only one. The ids are empty. Raises `FileProblems` with
    every mistake, by place.
    """
    return list(ReaderFile(path, newsletters=newsletters, topics=topics))


def reader_with(
    reader: Subscriber | None,
    cells: Mapping[str, str],
    *,
    newsletters: Collection[str],
    topics: Collection[str],
) -> Subscriber:
    """Return a reader, or a new one, with what `cells` say, written as in a CSV file.

    A cell that says "-" takes away what was there. Raises `InputError` that names
    every mistake by its column.
    """
    known = Known(newsletters=newsletters, topics=topics)
    entry = dict(_entry(reader)) if reader else {}
    filled = {name: cell for name, cell in cells.items() if cell != "-"}
    address = reader.address if reader else ""
    entry |= entry_of({"address": address, **filled})
    for name in cells.keys() - filled.keys():
        entry[name] = [] if name in LISTS else None
    found = []
    try:
        part = ReaderPart.model_validate(entry, context=known)
    except ValidationError as error:
        found = [what for _, what in complaints(error, ReaderPart, written=())]
    if entry.get("newsletters") is None and (words := newsletters_left_out(known)):
        found.append(words)
    if found:
        raise InputError("\n".join(found))
    made = subscriber(part, known)
    return replace(made, id=reader.id, left=reader.left) if reader else made


# -- writing ----------------------------------------------------------------


def write_subscribers(
    subscribers: Iterable[Subscriber], *, form: Form
) -> Iterator[str]:
    """Yield the text of a file of these readers, bit by bit.

    But for CSV, which has all columns, what goes without saying is left out.
    """
    if form == "csv":
        yield from spreadsheet.write(subscribers)
    elif form == "ndjson":
        for reader in subscribers:
            yield json.dumps(_entry(reader), ensure_ascii=False) + "\n"
    else:
        empty = True
        for reader in subscribers:
            text = write_yaml({"subscribers": [_entry(reader)]})
            yield text if empty else text.removeprefix("subscribers:\n")
            empty = False
        if empty:
            yield write_yaml({"subscribers": []})


def _entry(subscriber: Subscriber) -> dict[str, object]:
    preferences, consent = subscriber.preferences, subscriber.consent
    usual = {"format": Format.HTML, "length": Length.SUMMARIES, "status": Status.ACTIVE}
    entry: dict[str, object] = {
        "address": subscriber.address,
        "name": subscriber.name,
        "language": subscriber.language,
        "timezone": subscriber.timezone,
        "newsletters": sorted(preferences.newsletters),
        "follows": list(preferences.follows),
        "mutes": sorted(preferences.mutes),
        "top": sorted(preferences.top),
        "format": str(preferences.format),
        "length": str(preferences.length),
        "limit": preferences.limit,
        "days": weekday_names(preferences.days),
        "hour": spreadsheet.clock(preferences.hour),
        "paused_until": spreadsheet.iso(subscriber.paused_until),
        "status": str(subscriber.status),
        "consent": {
            key: text
            for key, text in (
                ("at", spreadsheet.iso(consent.at)),
                ("where", consent.where),
            )
            if text
        },
        "left": sorted(subscriber.left),
    }
    return {
        key: value
        for key, value in entry.items()
        if key == "newsletters" or (value and usual.get(key) != value)
    }
