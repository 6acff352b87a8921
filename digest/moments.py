"""When a reader's mail of an issue leaves, and which issues are theirs.

A reader may want mail on some weekdays only, and at an hour of their own. Both are read
in the reader's time zone, else the newsletter's, and count for newsletters with a
schedule: who waits for what is sent by hand does not know for how long.

The *moment* of an issue for a reader is the issue's time, or the first time after it
that the clock shows the reader's hour. Each day a reader named brings the first issue
whose moment is on it or after it. So a newsletter of Tuesdays reaches the reader of
Fridays on Tuesdays, a Friday without an issue is made up for by Saturday's, nobody gets
more mails than they named days, and nobody none. That issue brings what came in between:
it reaches back over the earlier ones that were not theirs. Nothing is lost, nothing
comes twice.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from functools import cached_property, lru_cache
from itertools import accumulate, chain, pairwise
from zoneinfo import ZoneInfo

from digest.model import Issue, Newsletter, Subscriber
from digest.slots import due_of, slot_before, weekday_names

#: As far back as an issue carries earlier ones: a week, and as long again for days on
#: which none appeared.
REACH = timedelta(days=14)

WEEK = 7
#: Why a mail is not tried yet.
WAITS = "waits for the hour its reader asked for"

NAMES = tuple(name.capitalize() for name in weekday_names(range(WEEK)))


def moment(time: datetime, *, hour: int | None, timezone: str) -> datetime:
    """Return the first time at or after `time` when the clock shows `hour`, in UTC.

    None is `time` itself. An hour that a clock change skips comes as much later as the
    clock jumped; of one that happens twice the first counts.
    """
    if hour is None:
        return time
    zone = ZoneInfo(timezone)
    today = time.astimezone(zone).date()
    for day in (today + timedelta(days=ahead) for ahead in range(3)):
        local = datetime(day.year, day.month, day.day, hour, tzinfo=zone)
        found = local.astimezone(UTC)
        if found >= time:
            return found
    raise AssertionError(f"no {hour}:00 in three days of {timezone}")


def day_names(days: frozenset[int]) -> str:
    """Return days in English: "Monday and Thursday"."""
    *most, last = [NAMES[day] for day in sorted(days)]
    return f"{', '.join(most)} and {last}" if most else last


class Moments:
    """One issue's time and those of the issues before it, for any reader."""

    def __init__(self, issue: Issue, newsletter: Newsletter) -> None:
        """Take an issue, and those before it in `issue.earlier`."""
        self._issue, self._newsletter = issue, newsletter
        self._back = lru_cache(maxsize=1024)(self._worked_out)

    @cached_property
    def _times(self) -> list[datetime]:
        """When the issue and those before it were due; read when a reader asks."""
        return [_time(each) for each in (self._issue, *self._issue.earlier)]

    def awaited(self, subscriber: Subscriber) -> datetime | None:
        """Return when a mail leaves that waits for its reader's hour; None: at once.

        What was made by hand waits for nobody.
        """
        hour = subscriber.preferences.hour
        by_hand = self._issue.slot is None or self._newsletter.schedule is None
        if hour is None or by_hand:
            return None
        return moment(self._times[0], hour=hour, timezone=self._zone(subscriber))

    def back(self, subscriber: Subscriber) -> int:
        """Return how many earlier issues a reader's digest reaches back over."""
        found = self._found(subscriber)
        return found if isinstance(found, int) else 0

    def against(self, subscriber: Subscriber) -> str:
        """Return why this issue is not for a reader, or ""."""
        found = self._found(subscriber)
        return "" if isinstance(found, int) else found

    def _found(self, subscriber: Subscriber) -> int | str:
        wishes = subscriber.preferences
        if not wishes.days or self._newsletter.schedule is None:
            return 0
        return self._back(wishes.days, wishes.hour, self._zone(subscriber))

    def _zone(self, subscriber: Subscriber) -> str:
        return subscriber.timezone or self._newsletter.timezone

    def _worked_out(
        self, days: frozenset[int], hour: int | None, timezone: str
    ) -> int | str:
        """Return how far the issue reaches back, or why it is not for such a reader."""
        zone = ZoneInfo(timezone)

        def day_of(time: datetime) -> date:
            return moment(time, hour=hour, timezone=timezone).astimezone(zone).date()

        dates = [day_of(time) for time in self._times]
        # One that was served late came after the next one's time.
        dates = [*accumulate(reversed(dates), max)][::-1]
        before = (day_of(time) for time in self._before())  # not asked unless needed
        own = (
            _named(days, after=after, until=until)
            for until, after in pairwise(chain(dates, before))
        )
        if not next(own):
            weekday = dates[0].weekday()
            ahead = next(n for n in range(1, WEEK + 1) if (weekday + n) % WEEK in days)
            name = NAMES[(weekday + ahead) % WEEK]
            return f"wants mail on {day_names(days)}; this comes with {name}'s"
        return next((n for n, is_own in enumerate(own) if is_own), len(dates) - 1)

    def _before(self) -> Iterator[datetime]:
        """Yield when the schedule was due before all issues that are known here."""
        schedule, first = self._newsletter.schedule, self._times[-1]
        assert schedule is not None
        found = slot_before(schedule, self._newsletter.timezone, first)
        yield found or first - timedelta(days=WEEK)


def _named(days: frozenset[int], *, after: date, until: date) -> bool:
    """Whether one of the days is in `(after, until]`."""
    number = (until - after).days
    return any(
        (until.weekday() - ago) % WEEK in days for ago in range(min(number, WEEK))
    )


def _time(issue: Issue) -> datetime:
    """Return when an issue is due: its slot's time, or when it was made by hand."""
    return due_of(issue.slot) if issue.slot else issue.until
