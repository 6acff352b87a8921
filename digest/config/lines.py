"""Files with a reader a line: JSON objects (NDJSON), or nothing but addresses.

A JSON object has the keys of an entry of the YAML file. A line of a ``.txt`` file is an
address or ``Name <address>``, as Mailman's `list_members` and `mailman members` print
them.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

from digest.addresses import check_mailbox
from digest.config.entries import Entries
from digest.config.files import opened
from digest.model import Subscriber


def readers_of_json(path: Path, entries: Entries) -> Iterator[Subscriber]:
    """Yield the readers of an NDJSON file; mistakes are noted in `entries`."""
    with opened(path) as file:
        for line, text in enumerate(file, 1):
            if not text.strip():
                continue
            try:
                entry = json.loads(text)
            except (ValueError, RecursionError) as error:  # brackets in brackets
                entries.add(line, "", f"not JSON ({error}); write one object a line")
                continue
            if not isinstance(entry, dict):
                entries.add(line, "", "not a JSON object; write {…} with an address")
            elif reader := entries.take(
                {name: value for name, value in entry.items() if value is not None},
                line,
            ):
                yield reader


def readers_of_lines(path: Path, entries: Entries) -> Iterator[Subscriber]:
    """Yield the readers of a list of addresses; mistakes are noted in `entries`."""
    with opened(path) as file:
        for line, text in enumerate(file, 1):
            written = text.strip()
            if not written:
                continue
            try:
                mailbox = check_mailbox(written)
            except ValueError as error:
                entries.add(line, "", f"{error}")
                continue
            reader = entries.take(
                {"address": mailbox.address, "name": mailbox.name}, line
            )
            if reader:
                yield reader
