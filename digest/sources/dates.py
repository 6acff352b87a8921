"""Dates as people write them: "19/02/2024 - 08:14", "1er mars 2024 à 8h05".

English, French, German and Spanish names of months, day before month where only
numbers stand (as the rest of the world and our examples do), ISO 8601 first of
all. What says no zone is in the one given; what comes back is in UTC.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta, timezone
from zoneinfo import ZoneInfo

_MONTH_NAMES = (
    "january jan janvier janv januar jänner enero ene",
    "february feb février fevrier févr fév februar febrero",
    "march mar mars märz mrz marzo",
    "april apr avril avr abril abr",
    "may mai mayo",
    "june jun juin juni junio",
    "july jul juillet juil juli julio",
    "august aug août aout agosto ago",
    "september sep sept septembre septiembre setiembre",
    "october oct octobre oktober okt octubre",
    "november nov novembre noviembre",
    "december dec décembre déc dezember dez diciembre dic",
)
_MONTHS = {
    name: number
    for number, names in enumerate(_MONTH_NAMES, 1)
    for name in names.split()
}
_WEEKDAY_NAMES = (
    "monday tuesday wednesday thursday friday saturday sunday"
    " mon tue tues wed thu thur thurs fri sat sun"
    " lundi mardi mercredi jeudi vendredi samedi dimanche"
    " montag dienstag mittwoch donnerstag freitag samstag sonnabend sonntag"
    " lunes martes miércoles jueves viernes sábado domingo"
)
#: Longest first, or "mar" would be read in "mars".
_MONTH = "|".join(sorted(_MONTHS, key=len, reverse=True))
_WEEKDAY = "|".join(sorted(_WEEKDAY_NAMES.split(), key=len, reverse=True))
_GAP = "[ \t\u00a0\u202f]"

_DATE = re.compile(
    rf"""(?:(?:on|le|am|el|den|dem)?{_GAP}*(?:{_WEEKDAY})\.?,?{_GAP}+(?:the{_GAP}+|den{_GAP}+)?)?
    (?: (?P<y1>\d{{4}})[-/.](?P<m1>\d{{1,2}})[-/.](?P<d1>\d{{1,2}})
      | (?P<d2>\d{{1,2}})[-/.](?P<m2>\d{{1,2}})[-/.](?P<y2>\d{{4}})
      | (?P<d3>\d{{1,2}})(?:st|nd|rd|th|er|\.)?{_GAP}*(?:of{_GAP}|de{_GAP})?{_GAP}*
        (?P<n3>{_MONTH})\b\.?,?{_GAP}*(?:de{_GAP}|del{_GAP})?{_GAP}*(?P<y3>\d{{4}})
      | (?P<n4>{_MONTH})\b\.?{_GAP}+(?P<d4>\d{{1,2}})(?:st|nd|rd|th)?,?{_GAP}+(?P<y4>\d{{4}})
    )(?!\d)""",
    re.IGNORECASE | re.VERBOSE,
)
_TIME = re.compile(
    rf"""(?:T|{_GAP}*(?:[-–—,|·@]|at|à|um|a{_GAP}las|kl\.?)?{_GAP}*)
    (?P<hour>\d{{1,2}})
    (?:(?::|{_GAP}?h{_GAP}?|\.)(?P<minute>\d{{2}})(?::(?P<second>\d{{2}})(?:[.,]\d+)?)?|{_GAP}?h\b)
    {_GAP}*(?P<half>[ap]\.?m\b\.?)?{_GAP}*(?:Uhr\b|hrs?\b|h\b)?
    {_GAP}*(?P<zone>Z\b|(?:UTC|GMT)\b(?![+-])|CEST\b|CET\b|(?:UTC|GMT)[+-]\d{{1,2}}(?::?\d{{2}})?|[+-]\d{{2}}:?\d{{2}})?(?!\d)""",
    re.IGNORECASE | re.VERBOSE,
)
_COMMA = re.compile(rf"{_GAP}*,?{_GAP}*(?:on{_GAP}+)?")
_ZONES = {"Z": 0, "UTC": 0, "GMT": 0, "CET": 60, "CEST": 120}
_NOON = 12


def date_at(text: str, start: int, *, zone: str) -> tuple[datetime, int] | None:
    """Return the moment written in `text` from `start` on and where it ends.

    A date alone is its midnight in `zone`. None: no date stands there.
    """
    date, early = _DATE.match(text, start), None
    if not date and (early := _TIME.match(text, start)):
        comma = _COMMA.match(text, early.end())  # "8:14 AM CET, February 19, 2024"
        date = _DATE.match(text, comma.end() if comma else early.end())
    if not date:
        return None
    time = early or _TIME.match(text, date.end())
    end = max(date.end(), time.end() if time else 0)
    try:
        year, month, day = _day(date)
        moment = datetime(year, month, day, tzinfo=ZoneInfo(zone))
        if time:
            moment = _at(moment, time)
        return moment.astimezone(UTC), end
    except (ValueError, OverflowError):  # 31 February, 25:00, the year 0001
        return None


def read_date(text: str, *, zone: str) -> datetime | None:
    """Return the moment that `text` as a whole says, None when it says something else."""
    text = text.strip(" \t\r\n\u00a0\u202f")
    found = date_at(text, 0, zone=zone)
    if found is None or text[found[1] :].strip(" .\u00a0\u202f"):
        return None
    return found[0]


def _day(date: re.Match[str]) -> tuple[int, int, int]:
    said = date.groupdict()
    year = next(said[name] for name in ("y1", "y2", "y3", "y4") if said[name])
    day = next(said[name] for name in ("d1", "d2", "d3", "d4") if said[name])
    name = said["n3"] or said["n4"]
    if name:
        return int(year), _MONTHS[name.lower()], int(day)
    month = int(said["m1"] or said["m2"])
    if said["m2"] and month > 12 >= int(day):  # noqa: PLR2004 -- written month first
        month, day = int(day), str(month)
    return int(year), month, int(day)


def _at(day: datetime, time: re.Match[str]) -> datetime:
    hour = int(time["hour"])
    if time["half"]:
        hour = hour % _NOON + (_NOON if time["half"][0] in "pP" else 0)
    moment = day.replace(
        hour=hour, minute=int(time["minute"] or 0), second=int(time["second"] or 0)
    )
    if not time["zone"]:
        return moment
    return moment.replace(tzinfo=timezone(timedelta(minutes=_offset(time["zone"]))))


def _offset(zone: str) -> int:
    """Return the minutes east of Greenwich of "Z", "CET", "+01:00", "GMT+0100"."""
    zone = zone.upper()
    if zone in _ZONES:
        return _ZONES[zone]
    digits = re.sub(r"\D", "", zone)
    hours = digits if len(digits) <= 2 else digits[:-2]  # noqa: PLR2004 -- "+2", "+02"
    minutes = int(hours) * 60 + int(digits[len(hours) :] or 0)
    return -minutes if "-" in zone else minutes
