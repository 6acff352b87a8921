"""Where the windows of issues end, by whatever clock.

Clocks are set back, and those of two machines differ by seconds. What came in would
then lie in a window that is over, and be in no issue for ever; so it counts as seen
when the latest window ended, and the next one ends behind that.
"""

from __future__ import annotations

from datetime import datetime

from digest.store.database import Database, from_ms, statements, to_ms

SQL = statements("archive")


class Windows:
    """The windows of all newsletters together: they share what comes in."""

    def __init__(self, database: Database) -> None:
        """Use the database."""
        self._database = database

    def arrival(self, now: datetime) -> datetime:
        """Return when what comes in `now` counts as seen: in no window that is over."""
        latest = self._latest()
        return now if latest is None else max(now, latest)

    def next_end(self, now: datetime) -> datetime:
        """Return where a window ends `now`: behind all that came in before."""
        latest = self._latest()
        return now if latest is None or now > latest else from_ms(to_ms(latest) + 1)

    def _latest(self) -> datetime | None:
        (row,) = self._database.all(SQL["latest_end"])
        return None if row["until_ms"] is None else from_ms(row["until_ms"])
