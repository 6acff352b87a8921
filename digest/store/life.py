"""Which database this is, and whether it has been here before: no old one may send.

A database that was restored from a backup knows nothing of what was sent since, and
would send it again. So each has a name of its own (`life`) and counts its steps: one
whenever something is about to be sent, and one after it. The same two are noted in a
small file in the project's folder, which no restored database brings along. When the
database has another name than the note, or fewer steps, or is a backup, or when the
note speaks of another folder or machine, nothing is sent until the operator decides.

The step is on the disk in the database before it is in the note, so a crash between
the two only leaves a note that asks for less.
"""

from __future__ import annotations

import json
import os
import secrets
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

from digest.errors import StoreError
from digest.store.database import Database, from_ms, statements, to_ms

NOTE = "digest.seen"  #: the file in the project's folder

#: What tells one machine from another on Linux; without it, folders alone count.
MACHINE = Path("/etc/machine-id")

ADVICE = (
    "Nothing was sent. Put the right database back; or, if this one is to go on, "
    "`digest db accept` holds back whatever may have been sent since"
)

SQL = statements("life")


class Life:
    """One database's name and steps, and the note of them."""

    def __init__(
        self,
        database: Database,
        *,
        now: Callable[[], datetime],
        project: Path | None = None,
    ) -> None:
        """Use the database; the note is in the folder `project`, if there is one."""
        self._database, self._now = database, now
        self._project = project
        if not database.all(SQL["read"]):
            database.run(SQL["begin"], id=secrets.token_hex(16))

    # -- may it send? ---------------------------------------------------------

    @contextmanager
    def sending(self) -> Iterator[None]:
        """Take a step before and after what is sent inside.

        Raises `StoreError`, with the reason and what to do, when this is not the
        database that this place has seen last.
        """
        self.insist()
        self.step()
        try:
            yield
        finally:
            self.step()

    def insist(self) -> None:
        """Raise `StoreError` when this is not the database seen last: see `doubt`."""
        if doubt := self.doubt():
            raise StoreError(f"{doubt}. {ADVICE}.")

    def doubt(self) -> str:
        """Return why this database may be older than what was sent, or ""."""
        name = self._database.engine.name
        (row,) = self._database.all(SQL["read"])
        if row["backup_ms"] is not None:
            return f"{name} is a backup of {_day(from_ms(row['backup_ms']))}"
        note = self._note()
        if note is None:
            return ""
        before = f"this folder sent with last, {note['at']}"
        if note["life"] != row["id"]:
            return f"{name} is not the one that {before}"
        if note["steps"] > row["steps"]:
            return (
                f"{name} is older than the one that {before}: it was restored, or set "
                f"back, by {note['steps'] - row['steps']} steps"
            )
        return self._moved(note)

    def _moved(self, note: Mapping[str, Any]) -> str:
        """Say when the folder is a copy: its twin has the same database in a file."""
        here = self._here()
        if self._database.engine.kind != "sqlite" or note["place"] == here:
            return ""
        where = note["place"]["folder"]
        if where == here["folder"]:
            where = f"{where} on another machine"
        return (
            f"{self._project} was copied or moved: it was {where} that sent last, "
            f"{note['at']}, and if that still sends, everybody would get every mail twice"
        )

    # -- steps ----------------------------------------------------------------

    def step(self) -> None:
        """Take a step, first in the database, then in the note."""
        (row,) = self._database.all(SQL["step"])
        self._write(row["id"], row["steps"])

    def accept(self) -> dict[str, int]:
        """Let this database go on, from now and from here.

        What it has not sent may have been sent by the one before: those mails become
        `unknown` and are held. Issues that were made since are not made again: what
        was collected up to now and the slots up to now count as dealt with.
        """
        now, life = self._now(), secrets.token_hex(16)
        with self._database.tx():
            held: dict[str, int] = {}
            for row in self._database.all(SQL["open_rows"]):
                held[row["issue"]] = held.get(row["issue"], 0) + row["n"]
            self._database.run(
                SQL["hold_open_rows"],
                now=to_ms(now),
                reply="the database was restored; it may have been sent before",
            )
            self._database.run(SQL["close_windows"], now=to_ms(now))
            self._database.run(
                SQL["close_slots"], id=f"accepted-{life}", now=to_ms(now)
            )
            self._database.run(SQL["become"], id=life, backup=None)
        self.step()
        return held

    # -- the note -------------------------------------------------------------

    def _here(self) -> dict[str, str]:
        try:
            machine = MACHINE.read_text(encoding="ascii").strip()
        except (OSError, ValueError):
            machine = ""
        return {"folder": str(self._project), "machine": machine}

    def _note(self) -> dict[str, Any] | None:
        """Return what the note says; None when there is none."""
        if self._project is None:
            return None
        path = self._project / NOTE
        try:
            note: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
            return {key: note[key] for key in ("life", "steps", "at", "place")}
        except FileNotFoundError:
            return None
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise StoreError(
                f"{path} cannot be read ({error}). It tells a restored database from "
                "the right one; if this is the right one, `digest db accept` writes "
                "it anew."
            ) from error

    def _write(self, life: str, steps: int) -> None:
        """Write the note whole or not at all."""
        if self._project is None:
            return
        path = self._project / NOTE
        aside = path.with_name(f".{NOTE}.{os.getpid()}")
        note = {
            "what": "how far the database had come; keep it, and in no backup",
            "life": life,
            "steps": steps,
            "at": _day(self._now()),
            "place": self._here(),
        }
        try:
            with aside.open("w", encoding="utf-8") as file:
                json.dump(note, file, indent=1)
                file.flush()
                os.fsync(file.fileno())
            aside.replace(path)
        except OSError as error:
            raise StoreError(
                f"{path} cannot be written ({error.strerror}). It tells a restored "
                "database from the right one; give this account the right to write "
                "to the folder, or make room on its disk."
            ) from error


def _day(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%M} UTC"


def mark_as_backup(database: Database, *, made: datetime) -> None:
    """Give a backup a name of its own, so that it cannot pass for what it is of."""
    database.run(SQL["become"], id=secrets.token_hex(16), backup=to_ms(made))
