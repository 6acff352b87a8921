"""When a newsletter is due: its schedule read in its own time zone.

Pure: what is due follows from the schedule, the last slot dealt with and the time,
so that a restart, a missed tick or a second process cannot change it. A local time
that a clock change skips is due at the change's end; one that happens twice is due
once, the first time (CronSim's rules, those of Debian's cron).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import islice
from zoneinfo import ZoneInfo

from cronsim import CronSim, CronSimError

from digest.model import Schedule

#: Missed slots told apart; the rest of a long downtime is not worth a list.
MISSED_AT_MOST = 10

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
    try:
        simulated = CronSim(expression, datetime(2024, 1, 1, tzinfo=UTC))
        next(simulated)
    except CronSimError as error:
        return (
            f"is not a cron expression ({error}); write minute hour day month weekday"
        )
    except StopIteration:
        return "never comes; write minute hour day month weekday"
    return None


def crons(days: Iterable[str], at: Iterable[str]) -> tuple[str, ...]:
    """Return cron expressions for days such as "weekdays" or "monday", and times "07:00".

    Raises `ValueError` with words on a day or a time that does not exist.
    """
    wanted = [_day(day) for day in days]
    weekdays = "*" if "*" in wanted else ",".join(dict.fromkeys(wanted))
    return tuple(f"{_minute(time)} {weekdays}" for time in at)


def _day(day: str) -> str:
    name = day.strip().lower()
    if name in DAY_SETS:
        return DAY_SETS[name]
    if name in DAYS:
        return str(DAYS.index(name))
    known = ", ".join([*DAY_SETS, *DAYS])
    raise ValueError(f"{day!r} is not a day; write one of {known}")


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
    backwards = _slots(newsletter, schedule, timezone, start=now, reverse=True)
    recent = []
    for slot in islice(backwards, MISSED_AT_MOST + 1):
        if slot.due <= after:
            break
        recent.append(slot)
    lateness = timedelta(minutes=schedule.max_lateness_minutes)
    serve = recent[:1] if recent and now - recent[0].due <= lateness else []
    return serve, recent[len(serve) :][:MISSED_AT_MOST][::-1]


def next_slot(
    newsletter: str, schedule: Schedule, timezone: str, *, after: datetime
) -> Slot | None:
    """Return the first slot later than `after`."""
    return next(_slots(newsletter, schedule, timezone, start=after), None)


def _slots(
    newsletter: str,
    schedule: Schedule,
    timezone: str,
    *,
    start: datetime,
    reverse: bool = False,
) -> Iterator[Slot]:
    """Yield the slots after `start`, or those up to and with it, latest first."""
    zone = ZoneInfo(timezone)
    if reverse:  # CronSim leaves the start out; a slot due right now is due
        start += timedelta(seconds=1)
    local = start.astimezone(zone)
    lines = [CronSim(cron, local, reverse=reverse) for cron in schedule.crons]
    waiting = [moment for line in lines if (moment := next(line, None))]
    heads = dict(zip(lines, waiting, strict=True))
    choose = max if reverse else min
    while heads:
        moment = choose(heads.values())
        for line in [line for line, head in heads.items() if head == moment]:
            following = next(line, None)
            if following is None:
                del heads[line]
            else:
                heads[line] = following
        yield Slot(
            id=f"{newsletter}@{moment.isoformat(timespec='minutes')}",
            newsletter=newsletter,
            due=moment.astimezone(UTC),
        )


def describe(schedule: Schedule) -> str:
    """Return the schedule in English: "At 07:00 on Monday through Friday"."""
    start = datetime(2024, 1, 1, tzinfo=UTC)
    return "; ".join(str(CronSim(cron, start).explain()) for cron in schedule.crons)
