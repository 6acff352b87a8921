"""Many threads, one commit: who comes first writes for all who wait.

A commit that must be on the disk takes as long for twenty rows as for one. While one
thread waits for the disk, the others gather; the next of them writes for all.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from typing import Generic, TypeVar

Ask = TypeVar("Ask")


class _Waiting(Generic[Ask]):
    """One thread's request until it is written, or could not be."""

    __slots__ = ("ask", "error", "written")

    def __init__(self, ask: Ask) -> None:
        self.ask = ask
        self.written = False
        self.error: BaseException | None = None


class Commits(Generic[Ask]):
    """Gathers what threads want written; each `write` returns when it is."""

    def __init__(self, commit: Callable[[Sequence[Ask]], None]) -> None:
        """Take what writes several requests at once; it is called by one at a time."""
        self._commit = commit
        self._gathering = threading.Lock()
        self._writing = threading.Lock()
        self._waiting: list[_Waiting[Ask]] = []

    def write(self, ask: Ask) -> None:
        """Return when the request is written; raise what kept it from being written."""
        mine = _Waiting(ask)
        with self._gathering:
            self._waiting.append(mine)
        with self._writing:
            if not mine.written and mine.error is None:
                self._write_all()
        if mine.error is not None:
            raise mine.error

    def _write_all(self) -> None:
        with self._gathering:
            together, self._waiting = self._waiting, []
        try:
            self._commit([each.ask for each in together])
        except BaseException as error:  # noqa: BLE001 each of them raises it
            for each in together:
                each.error = error
        else:
            for each in together:
                each.written = True
