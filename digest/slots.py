"""When a newsletter is due: its schedule read in its own time zone.

Pure: what is due follows from the schedule, the last slot dealt with and the time,
so that a restart, a missed tick or a second process cannot change it. A local time
that a clock change skips is due at the change's end; one that happens twice is due
once, the first time (CronSim's rules, those of Debian's cron; an expression that
begins with a star, every half hour say, runs through both).
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from heapq import merge
from itertools import dropwhile, groupby, takewhile
from zoneinfo import ZoneInfo

from cronsim import CronSim, CronSimError

from digest.model import Schedule

#: Missed slots told apart; the rest of a long downtime is not worth a list.
MISSED_AT_MOST = 10

#: Started within the hour after clocks jumped to other minutes than :00 (the Chatham
#: Islands do), CronSim skips the next hour; so it starts well before what is asked.
_CLOCK_CHANGE = timedelta(hours=3)

_YEAR = timedelta(days=366)

_WRITE = "write minute hour day month weekday"
_FIELDS = 5

DAY_SETS = {"daily": "*", "weekdays": "1-5", "weekends": "6,0"}
DAYS = ("sunday", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday")


@dataclass(frozen=True, slots=True, kw_only=True)
class Slot:
    """One moment a newsletter is due."""

    id: str  #: "daily@2026-11-23T07:00+01:00"; the same whenever it is worked out
    newsletter: str
    due: datetime  #: UTC


def cron_problem(expression: str) -> str | None:
    """Return what is wrong with a cron expression, or None."""
    # CronSim would take a sixth field, for seconds: no newsletter needs one.
    if len(expression.split()) != _FIELDS:
        return f"is not a cron expression (it has not five fields); {_WRITE}"
    try:
        next(CronSim(expression, datetime(2024, 1, 1, tzinfo=UTC)))
    except CronSimError as error:
        return f"is not a cron expression ({error}); {_WRITE}"
    except StopIteration:
        return f"is a cron expression for a day that never comes; {_WRITE}"
    return None


def crons(days: Iterable[str], at: Iterable[str]) -> tuple[str, ...]:
    """Return cron expressions for days such as "weekdays" or "monday", and times "07:00".

    Raises `ValueError` with words on a day or a time that does not exist, and when
    there is no day at all.
    """
    wanted = [_day(day) for day in days]
    if not wanted:
        raise ValueError("no day is named; write daily, weekdays or a list of days")
    weekdays = "*" if "*" in wanted else ",".join(dict.fromkeys(wanted))
    return tuple(dict.fromkeys(f"{_minute(time)} {weekdays}" for time in at))


def _day(day: str) -> str:
    name = day.strip().lower()
    if name in DAY_SETS:
        return DAY_SETS[name]
    if name in DAYS:
        return str(DAYS.index(name))
    known = ", ".join([*DAY_SETS, *DAYS])
    raise ValueError(f"{day!r} is not a day; write one of {known}")


def weekdays(days: Iterable[str]) -> frozenset[int]:
    """Return the numbers of days such as "weekdays" or "monday", which is 0."""
    sets = {"daily": range(7), "weekdays": range(5), "weekends": (5, 6)}
    singles = {name: (DAYS.index(name) - 1) % 7 for name in DAYS}
    return frozenset(
        number for day in days for number in sets.get(day) or (singles[day],)
    )


def weekday_names(numbers: Iterable[int]) -> list[str]:
    """Return the names of weekdays, Monday first."""
    return [DAYS[(number + 1) % 7] for number in sorted(numbers)]


def _minute(time: str) -> str:
    hour, colon, minute = time.strip().partition(":")
    numbers = hour.isdecimal() and minute.isdecimal() and len(minute) == len("00")
    if not (colon and numbers and int(hour) < 24 and int(minute) < 60):  # noqa: PLR2004 a clock's
        raise ValueError(f'{time!r} is not a time of day; write it like "07:00"')
    return f"{int(minute)} {int(hour)} * *"


def due_slots(
    newsletter: str,
    schedule: Schedule,
    timezone: str,
    *,
    after: datetime,
    now: datetime,
) -> tuple[list[Slot], list[Slot]]:
    """Return the slots of `(after, now]`: those to serve, and those missed.

    Only the latest is ever served, and only when it is at most the schedule's
    lateness ago: after a weekend off, readers get one digest, not three. Missed
    ones are given oldest first, the last `MISSED_AT_MOST` of them.
    """
    found = [
        _slot(newsletter, timezone, moment)
        for moment in _latest(
            schedule, timezone, after=after, now=now, most=1 + MISSED_AT_MOST
        )
    ]
    lateness = timedelta(minutes=schedule.max_lateness_minutes)
    serve = [slot for slot in found[-1:] if now - slot.due <= lateness]
    return serve, found[: len(found) - len(serve)][-MISSED_AT_MOST:]


def next_slot(
    newsletter: str, schedule: Schedule, timezone: str, *, after: datetime
) -> Slot | None:
    """Return the first slot later than `after`; None for a schedule without any."""
    moments = _later(schedule, timezone, after=after)
    return next((_slot(newsletter, timezone, moment) for moment in moments), None)


def slot_before(schedule: Schedule, timezone: str, moment: datetime) -> datetime | None:
    """Return when the schedule was due last before `moment`; None: not for a year."""
    just_before = moment - timedelta(seconds=1)
    found = _latest(schedule, timezone, after=moment - _YEAR, now=just_before, most=1)
    return found[-1] if found else None


def due_of(slot: str) -> datetime:
    """Return when the slot with this id is due, in UTC."""
    return datetime.fromisoformat(slot.rpartition("@")[2]).astimezone(UTC)


def slots_between(
    newsletter: str,
    schedule: Schedule,
    timezone: str,
    *,
    after: datetime,
    until: datetime,
) -> Iterator[Slot]:
    """Yield every slot of `(after, until]`, as if nothing was ever missed."""
    moments = _later(schedule, timezone, after=after)
    for moment in takewhile(lambda moment: moment <= until, moments):
        yield _slot(newsletter, timezone, moment)


def _slot(newsletter: str, timezone: str, due: datetime) -> Slot:
    local = due.astimezone(ZoneInfo(timezone))
    return Slot(
        id=f"{newsletter}@{local.isoformat(timespec='minutes')}",
        newsletter=newsletter,
        due=due,
    )


def _latest(
    schedule: Schedule, timezone: str, *, after: datetime, now: datetime, most: int
) -> Sequence[datetime]:
    """Return the last moments of `(after, now]`, at most so many.

    Looks back in growing steps, so that a year without us costs no more than a day.
    Not by CronSim's own way backwards: it never returns from 02:45 in the Chatham
    Islands on the day their clocks go back (2.8).
    """
    reach = timedelta(hours=1)
    while True:
        begin = max(after, now - reach)
        moments = _later(schedule, timezone, after=begin)
        found = deque(takewhile(lambda moment: moment <= now, moments), maxlen=most)
        if begin == after or len(found) == found.maxlen:
            return tuple(found)
        reach *= 8


def _later(schedule: Schedule, timezone: str, *, after: datetime) -> Iterator[datetime]:
    """Yield when the schedule is due after `after`, each moment once.

    In UTC, because local times of one zone compare without their fold.
    """
    start = (after - _CLOCK_CHANGE).astimezone(ZoneInfo(timezone))
    lines = (CronSim(cron, start) for cron in schedule.crons)
    in_utc = ((moment.astimezone(UTC) for moment in line) for line in lines)
    moments = (moment for moment, _ in groupby(merge(*in_utc)))
    return dropwhile(lambda moment: moment <= after, moments)
