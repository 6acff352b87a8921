"""Where the windows of issues end, by whatever clock.

Clocks are set back, and those of two machines differ by seconds. What came in would
then lie in a window that is over, and be in no issue for ever; so it counts as seen
when the latest window ended.
"""

from __future__ import annotations

from digest.store.database import Database, statements

SQL = statements("archive")


def arrival(database: Database, now: int) -> int:
    """Return when what comes in `now` (ms) counts as seen: in no window that is over."""
    row = database.one(SQL["latest_end"])
    return max(now, row["until_ms"] or now) if row else now
