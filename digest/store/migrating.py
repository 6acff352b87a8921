"""Brings a database up to date: numbered files of statements, all or none."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

from digest.errors import StoreError

if TYPE_CHECKING:
    from digest.store.database import Database

MIGRATIONS = Path(__file__).parent / "migrations"


def migrate(database: Database) -> list[int]:
    """Apply what this database has not seen yet; return the numbers applied.

    Raises `StoreError` when it is another program's, or a newer digest's.
    """
    scripts = _scripts(database.engine.kind)
    newest = max(scripts)
    if version_of(database) == newest:
        return []  # without waiting for a process that is writing
    with database.rebuilding(), database.tx():
        version = version_of(database)
        if version > newest:
            raise StoreError(
                f"{database.engine.name} was written by a newer digest: it has "
                f"format {version}, this one knows formats up to {newest}. "
                "Update digest, or name another one under `database:`."
            )
        applied = [number for number in scripts if number > version]
        for number in applied:
            for statement in _statements(scripts[number].read_text(encoding="utf-8")):
                database.run(statement)
        if database.engine.orphans and (found := database.all(database.engine.orphans)):
            raise StoreError(
                f"{database.engine.name} was not brought up to date: a row of "
                f"{found[0]['name']!r} refers to nothing. Restore it from a backup."
            )
        database.run("update schema_version set version = :newest", newest=newest)
    return applied


def _scripts(kind: str) -> dict[int, Path]:
    """Return the migrations by number; some there are one of for each kind of engine."""
    return {
        int(path.name[:4]): path
        for path in sorted(MIGRATIONS.glob("[0-9]*.sql"))
        if path.suffixes in ([".sql"], [f".{kind}", ".sql"])
    }


def _statements(script: str) -> list[str]:
    text = re.sub(r"--.*", "", script)
    return [statement for statement in text.split(";") if statement.strip()]


def version_of(database: Database) -> int:
    """Return the number of the last migration applied, 0 for an empty database."""
    tables = [row["name"] for row in database.all(database.engine.tables)]
    if "schema_version" in tables:
        row = database.one("select version from schema_version")
        return int(row["version"]) if row else 0
    if tables:
        raise StoreError(
            f"{database.engine.name} belongs to another program: it has the "
            f"table {min(tables)!r}. Name another one under `database:`."
        )
    return 0
