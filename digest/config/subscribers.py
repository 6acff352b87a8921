"""Files of readers: reading them with every mistake named, and writing them.

YAML is for people, CSV for spreadsheets and other programs; both hold the same. What
`write_subscribers` writes, `read_subscribers` reads back equal, but for the ids, which
belong to the store.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from pathlib import Path
from typing import Literal

from pydantic import ValidationError

from digest.config import spreadsheet
from digest.config.agreement import mapping, sequence
from digest.config.complaints import complaints
from digest.config.files import Findings, read_text, stop
from digest.config.readers import (
    SubscribersFile,
    newsletters_left_out,
    same_reader_key,
    subscriber,
)
from digest.config.references import Known
from digest.model import Format, Length, Status, Subscriber
from digest.yamltext import Document, Location, scan_yaml, write_yaml


def read_subscribers(
    path: Path, *, newsletters: Collection[str], topics: Collection[str]
) -> list[Subscriber]:
    """Return the readers of a YAML or CSV file, told apart by its ending.

    `newsletters` and `topics` are the slugs there are. A reader who names no
    newsletters takes the only one. The ids are empty. Raises `FileProblems` with
    every mistake, by place.
    """
    known = Known(newsletters=newsletters, topics=topics)
    kind = path.suffix.lower()
    if kind not in (".yaml", ".yml", ".csv"):
        stop(
            str(path),
            "a file of readers ends in .yaml or .csv; rename it to what it holds",
        )
    text = read_text(path)
    if kind == ".csv":
        return spreadsheet.read(text, file=str(path), known=known)
    return _read_yaml(text, file=str(path), known=known)


def _read_yaml(text: str, *, file: str, known: Known) -> list[Subscriber]:
    document, problems = scan_yaml(text, file=file)
    findings = Findings(file=file, document=document, problems=problems)
    value = {} if document.value is None else document.value
    parts = []
    try:
        checked = SubscribersFile.model_validate(value, context=known)
        parts = checked.subscribers
    except ValidationError as error:
        findings.add(complaints(error, SubscribersFile, written=document.marks))
    findings.add(_disagreements(value, document, known))
    findings.finish()
    return [subscriber(part, known) for part in parts]


def _disagreements(
    value: object, document: Document, known: Known
) -> Iterator[tuple[Location, str]]:
    """Yield who takes no newsletter, and who is there twice."""
    nothing_taken = newsletters_left_out(known)
    first: dict[str, Location] = {}
    for place, entry in enumerate(sequence(mapping(value).get("subscribers"))):
        reader, here = mapping(entry), ("subscribers", place)
        if nothing_taken and reader and "newsletters" not in reader:
            yield here, nothing_taken
        key = same_reader_key(reader.get("address"))
        if key in first:
            line = document.mark(first[key]).line
            yield (
                (*here, "address"),
                f"the same reader as in line {line}; keep one of the two",
            )
        elif key:
            first[key] = (*here, "address")


# -- writing ----------------------------------------------------------------


def write_subscribers(
    subscribers: Iterable[Subscriber], *, form: Literal["yaml", "csv"]
) -> str:
    """Return a file of these readers; the YAML leaves out what goes without saying."""
    if form == "csv":
        return spreadsheet.write(subscribers)
    return write_yaml({"subscribers": [_entry(s) for s in subscribers]})


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
        "format": str(preferences.format),
        "length": str(preferences.length),
        "limit": preferences.limit,
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
    }
    return {
        key: value
        for key, value in entry.items()
        if key == "newsletters" or (value and usual.get(key) != value)
    }
