"""What people write in files: `digest.yaml` and the lists of readers.

Every mistake is found in one pass and named as ``file:line:column: what, what was
found, what to do``; what comes out is checked and complete. This is the home of
pydantic, which is slow to load: import this package when a file is to be read.
"""

from __future__ import annotations

from digest.config.databases import database_place
from digest.config.entries import Terms
from digest.config.jsonschema import settings_schema
from digest.config.project import load_settings
from digest.config.spreadsheet import COLUMNS as READER_COLUMNS
from digest.config.subscribers import (
    ReaderFile,
    read_subscribers,
    reader_with,
    write_subscribers,
)

__all__ = [
    "READER_COLUMNS",
    "ReaderFile",
    "Terms",
    "database_place",
    "load_settings",
    "read_subscribers",
    "reader_with",
    "settings_schema",
    "write_subscribers",
]
