"""Days and an hour of one's own, in forms: what there is to choose, and what was chosen.

Only days are offered on which something comes, in the reader's zone and at their hour,
each with its time. Whoever ticks none gets every issue.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import cache
from itertools import islice
from typing import Any
from zoneinfo import ZoneInfo, available_timezones

from digest.model import Newsletter, Preferences, Subscriber
from digest.moments import WEEK, moment
from digest.newsroom import Newsroom
from digest.rendering.words import Speech
from digest.slots import slots_between
from digest.web.public.visits import Visit

HOURS = range(24)
#: So many days ahead are looked at, and so many issues at most: a schedule may have one
#: every minute.
AHEAD, MOST_ISSUES = timedelta(weeks=2), 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """One thing to choose: what the form says for it, its words, whether it is chosen."""

    value: str
    words: str
    hint: str = ""
    chosen: bool = False


@cache
def zones() -> tuple[str, ...]:
    """Return the names of time zones that people know."""
    odd = ("Etc/", "SystemV/", "posix/", "right/")
    return tuple(
        sorted(z for z in available_timezones() if "/" in z and not z.startswith(odd))
    )


def offered(
    newsroom: Newsroom, reader: Subscriber, speech: Speech, *, timezone: str
) -> dict[str, Any]:  # what a page shows
    """Return the days and hours of a reader's form; none if nothing comes by itself."""
    newsletters = newsroom.settings.newsletters
    wanted = reader.preferences
    taken = [n for n in newsletters if n.slug in wanted.newsletters] or newsletters
    there = coming(taken, hour=wanted.hour, timezone=timezone, now=newsroom.now())
    if not there:
        return {}
    return {
        "days": days(speech, wanted.days, there, timezone),
        "hours": hours(speech, wanted.hour),
    }


def coming(
    newsletters: Iterable[Newsletter],
    *,
    hour: int | None,
    timezone: str,
    now: datetime,
) -> dict[int, datetime]:
    """Return the weekdays on which mail comes, each with when it is the next time."""
    zone = ZoneInfo(timezone)
    found: dict[int, datetime] = {}
    for newsletter in newsletters:
        if newsletter.schedule is None:
            continue
        slots = slots_between(
            newsletter.slug,
            newsletter.schedule,
            newsletter.timezone,
            after=now,
            until=now + AHEAD,
        )
        for slot in islice(slots, MOST_ISSUES):
            at = moment(slot.due, hour=hour, timezone=timezone)
            day = at.astimezone(zone).weekday()
            found[day] = min(at, found.get(day, at))
    return dict(sorted(found.items()))


def days(
    speech: Speech,
    wanted: Collection[int],
    there: dict[int, datetime],
    timezone: str,
) -> list[Choice]:
    """Return the days to choose from: those `there` are, and those `wanted` already.

    None, when there is no choice.
    """
    shown = sorted({*there, *wanted})
    if len(there) < 2 and not wanted:  # noqa: PLR2004 one is no choice
        return []
    return [
        Choice(
            value=str(day),
            words=speech.weekday(day),
            hint=speech.time(there[day], timezone) if day in there else "",
            chosen=day in wanted,
        )
        for day in shown
    ]


def hours(speech: Speech, wanted: int | None) -> list[Choice]:
    """Return the hours to choose from, after "as soon as it is there"."""
    first = Choice(
        value="", words=speech.word("pages.at_once", None), chosen=wanted is None
    )
    return [first] + [
        Choice(value=str(hour), words=speech.hour(hour), chosen=hour == wanted)
        for hour in HOURS
    ]


def read(visit: Visit, held: Preferences) -> Preferences:
    """Return preferences with the days and the hour that a form says.

    A form without these fields, such as one from before there were any, changes nothing.
    """
    if not visit.field("timing"):
        return held
    chosen = {int(day) for day in visit.chosen("day") if day in map(str, range(WEEK))}
    hour = visit.field("hour")
    return replace(
        held,
        days=frozenset(chosen),
        hour=int(hour) if hour in map(str, HOURS) else None,
    )
