"""When newsletters are due: zones, clock changes, downtime."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from digest.model import Schedule
from digest.slots import (
    MISSED_AT_MOST,
    cron_problem,
    crons,
    due_slots,
    next_slot,
)

BRUSSELS = "Europe/Brussels"


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def schedule(*lines: str, lateness: int = 360) -> Schedule:
    return Schedule(crons=lines, max_lateness_minutes=lateness)


def due(what: Schedule, *, after: str, now: str) -> tuple[list[str], list[str]]:
    serve, missed = due_slots("daily", what, BRUSSELS, after=at(after), now=at(now))
    return [s.id for s in serve], [s.id for s in missed]


def test_days_and_times_become_cron_expressions() -> None:
    assert crons(["weekdays"], ["07:00"]) == ("0 7 * * 1-5",)
    assert crons(["Monday", "thursday", "monday"], ["7:05", "18:30"]) == (
        "5 7 * * 1,4",
        "30 18 * * 1,4",
    )
    assert crons(["daily", "monday"], ["00:00"]) == ("0 0 * * *",)
    assert crons(["weekends"], ["09:00"]) == ("0 9 * * 6,0",)
    assert crons(["sunday"], ["9:00", "09:00"]) == ("0 9 * * 0",)


@pytest.mark.parametrize("time", ["24:00", "07:60", "7", "0700", "07:0", "", "a:bc"])
def test_a_time_that_does_not_exist_is_said(time: str) -> None:
    with pytest.raises(ValueError, match="not a time of day"):
        crons(["daily"], [time])


def test_a_day_that_does_not_exist_is_said() -> None:
    with pytest.raises(ValueError, match="'funday' is not a day; write one of daily"):
        crons(["funday"], ["07:00"])


def test_a_schedule_needs_a_day() -> None:
    with pytest.raises(ValueError, match="no day is named; write daily"):
        crons([], ["07:00"])


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("", "has not five fields"),
        ("x", "has not five fields"),
        ("* * * * * *", "has not five fields"),
        ("@daily", "has not five fields"),
        ("61 * * * *", "Bad minute"),
        ("0 0 30 2 *", "Bad day-of-month"),
        ("0 0 */31 * MON#3", "a day that never comes"),
    ],
)
def test_a_bad_cron_expression_is_explained(line: str, words: str) -> None:
    problem = cron_problem(line) or ""

    assert words in problem
    assert "cron expression" in problem
    assert problem.endswith("; write minute hour day month weekday")


FIELDS = st.from_regex(
    r"(\*|[0-9]{1,2}(-[0-9]{1,2})?|LW?|MON|[0-7]L|TUE#[1-6])(/[0-9]{1,2})?",
    fullmatch=True,
) | st.text("0123456789*/,-#LWMONTUE", max_size=6)


@given(st.lists(FIELDS, min_size=5, max_size=5))
def test_any_line_is_a_schedule_or_explained(fields: list[str]) -> None:
    line = " ".join(fields)

    if cron_problem(line) is None:
        assert next_slot("d", schedule(line), BRUSSELS, after=at("2026-11-23"))


def test_a_good_one_has_no_problem() -> None:
    assert cron_problem("0 7 * * 1-5") is None
    assert cron_problem("0 9 * * MON#1") is None


def test_a_slot_is_due_at_its_moment_in_the_newsletters_zone() -> None:
    weekdays = schedule("0 7 * * 1-5")

    assert due(weekdays, after="2026-11-22 00:00", now="2026-11-23 05:59") == ([], [])
    assert due(weekdays, after="2026-11-22 00:00", now="2026-11-23 06:00") == (
        ["daily@2026-11-23T07:00+01:00"],
        [],
    )


def test_a_slot_is_not_due_even_a_moment_early() -> None:
    early = at("2026-11-23 05:59:59.999999")
    late = early + timedelta(microseconds=2)
    seven = schedule("0 7 * * 1-5")

    for now, count in [(early, 0), (late, 1)]:
        serve, _ = due_slots(
            "d", seven, BRUSSELS, after=at("2026-11-23 00:00"), now=now
        )
        assert len(serve) == count
    following = next_slot("d", seven, BRUSSELS, after=late)
    assert following is not None
    assert following.due == at("2026-11-24 06:00")


def test_a_newsletter_without_times_is_never_due() -> None:
    assert due(schedule(), after="2026-11-22 00:00", now="2026-11-23 00:00") == ([], [])
    assert next_slot("d", schedule(), BRUSSELS, after=at("2026-11-23")) is None


def test_a_clock_set_back_makes_nothing_due() -> None:
    daily = schedule("0 7 * * *")

    assert due(daily, after="2026-11-23 06:00", now="2026-11-20 00:00") == ([], [])


def test_a_slot_dealt_with_is_not_due_again() -> None:
    assert due(
        schedule("0 7 * * *"), after="2026-11-23 06:00", now="2026-11-23 07:00"
    ) == ([], [])


def test_only_the_latest_slot_is_served_after_downtime() -> None:
    serve, missed = due(
        schedule("0 7 * * *"), after="2026-11-20 06:00", now="2026-11-23 06:10"
    )

    assert serve == ["daily@2026-11-23T07:00+01:00"]
    assert missed == ["daily@2026-11-21T07:00+01:00", "daily@2026-11-22T07:00+01:00"]


def test_a_slot_too_late_is_missed() -> None:
    what = schedule("0 7 * * *", lateness=60)

    assert due(what, after="2026-11-22 06:00", now="2026-11-23 07:00")[0]
    assert due(what, after="2026-11-22 06:00", now="2026-11-23 07:01") == (
        [],
        ["daily@2026-11-23T07:00+01:00"],
    )


@pytest.mark.parametrize(
    ("day", "expected"),
    [
        ("2026-03-29", "daily@2026-03-29T03:00+02:00"),  # 02:30 does not exist
        ("2026-10-25", "daily@2026-10-25T02:30+02:00"),  # 02:30 comes twice
    ],
)
def test_a_clock_change_makes_exactly_one_slot(day: str, expected: str) -> None:
    what = schedule("30 2 * * *", lateness=2000)
    found, now = set(), at(f"{day} 00:00") - timedelta(hours=3)
    for _ in range(24 * 12):
        now += timedelta(minutes=5)
        serve, _missed = due_slots(
            "daily", what, BRUSSELS, after=now - timedelta(minutes=5), now=now
        )
        found |= {slot.id for slot in serve}

    assert found == {expected}


@pytest.mark.parametrize("asked_at", ["00:30", "00:59", "01:10", "01:29", "01:59"])
def test_the_repeated_hour_neither_hides_nor_repeats_its_slot(asked_at: str) -> None:
    what, now = schedule("30 2 * * *"), f"2026-10-25 {asked_at}"

    assert due(what, after="2026-10-24 12:00", now=now) == (
        ["daily@2026-10-25T02:30+02:00"],
        [],
    )
    following = next_slot("daily", what, BRUSSELS, after=at(now))
    assert following is not None
    assert following.id == "daily@2026-10-26T02:30+01:00"


def test_two_lines_agree_about_the_repeated_hour() -> None:
    what = schedule("45 2 * * *", "30 2 * * *", "*/30 * * * *")

    serve, missed = due(what, after="2026-10-24 23:59", now="2026-10-25 02:00")

    assert missed + serve == [
        "daily@2026-10-25T02:00+02:00",
        "daily@2026-10-25T02:30+02:00",
        "daily@2026-10-25T02:45+02:00",
        "daily@2026-10-25T02:00+01:00",
        "daily@2026-10-25T02:30+01:00",
        "daily@2026-10-25T03:00+01:00",
    ]


def test_the_chatham_islands_are_served_too() -> None:
    # Their clocks change at 02:45 and 03:45, where CronSim 2.8 loses its way: for ever
    # when going back from April's change, for an hour when starting after September's.
    what, zone = schedule("0 */2 * * *"), "Pacific/Chatham"
    autumn, spring = at("2026-04-04 15:20"), at("2026-09-26 14:06")

    serve, _ = due_slots(
        "daily", what, zone, after=autumn - timedelta(hours=2), now=autumn
    )
    following = next_slot("daily", what, zone, after=spring)

    assert [slot.id for slot in serve] == ["daily@2026-04-05T04:00+12:45"]
    assert following is not None
    assert following.id == "daily@2026-09-27T04:00+13:45"


#: Half an hour, two hours, at midnight, in Ramadan, on no whole hour, and never.
ZONES = [
    "America/Havana",
    "America/New_York",
    "Africa/Cairo",
    "Africa/Casablanca",
    "Antarctica/Troll",
    "Asia/Kolkata",
    "Australia/Lord_Howe",
    "Europe/Brussels",
    "Pacific/Chatham",
]
TIMES = st.times().map(lambda time: f"{time:%H:%M}")


@given(st.sampled_from(ZONES), TIMES, st.dates(date(2025, 1, 1), date(2027, 12, 1)))
@example("Europe/Brussels", "02:30", date(2026, 3, 28))
@example("Africa/Cairo", "00:15", date(2026, 4, 23))
@example("Australia/Lord_Howe", "01:45", date(2026, 4, 4))
def test_a_daily_newsletter_is_due_once_on_every_day(
    zone: str, time: str, first: date
) -> None:
    what = schedule(*crons(["daily"], [time]))
    midnight = datetime.combine(first, datetime.min.time(), ZoneInfo(zone))
    after, days = midnight - timedelta(microseconds=1), []

    for _ in range(5):
        slot = next_slot("d", what, zone, after=after)
        assert slot is not None
        assert slot.due > after
        serve, missed = due_slots("d", what, zone, after=after, now=slot.due)
        assert (serve, missed) == ([slot], [])
        days.append(slot.due.astimezone(ZoneInfo(zone)).date())
        after = slot.due

    assert days == [first + timedelta(days=n) for n in range(5)]


def test_a_year_of_minutes_is_not_listed() -> None:
    serve, missed = due(
        schedule("* * * * *"), after="2025-11-23 06:00", now="2026-11-23 06:00"
    )

    assert len(serve) == 1
    assert len(missed) == MISSED_AT_MOST
    serve, missed = due(
        schedule("0 * * * *", lateness=1),
        after="2025-11-23 06:00",
        now="2026-11-23 06:30",
    )
    assert len(missed) == MISSED_AT_MOST
    assert (serve, missed[-1]) == ([], "daily@2026-11-23T07:00+01:00")


def test_several_times_a_day_are_one_schedule() -> None:
    twice = schedule("0 7 * * *", "30 18 * * *", "0 7 * * 1")

    serve, missed = due(twice, after="2026-11-22 00:00", now="2026-11-23 06:00")

    assert serve == ["daily@2026-11-23T07:00+01:00"]
    assert missed == ["daily@2026-11-22T07:00+01:00", "daily@2026-11-22T18:30+01:00"]
    following = next_slot("daily", twice, BRUSSELS, after=at("2026-11-23 06:00"))
    assert following is not None
    assert following.id == "daily@2026-11-23T18:30+01:00"
    assert following.due == at("2026-11-23 17:30")


#: Naive, as Hypothesis wants it.
START = at("2024-01-01").replace(tzinfo=None)
EVENING = at("2026-10-24 20:00").replace(tzinfo=None)


@given(
    st.sampled_from(ZONES),
    st.datetimes(START, START.replace(year=2030)),
    st.integers(1, 3000),
    st.floats(0, 1),
)
@example("Europe/Brussels", EVENING, 600, 0.51)
def test_however_often_one_asks_no_slot_is_served_twice_or_lost(
    zone: str, start: datetime, minutes: int, part: float
) -> None:
    what = schedule("0 7 * * 1-5", "30 2 * * *", "0 */12 * * *", lateness=10**6)
    begin = start.replace(tzinfo=UTC)
    end = begin + timedelta(minutes=minutes)
    middle = begin + timedelta(minutes=minutes * part)

    def slots(after: datetime, now: datetime) -> list[str]:
        serve, missed = due_slots("d", what, zone, after=after, now=now)
        return [slot.id for slot in missed + serve]

    assert slots(begin, middle) + slots(middle, end) == slots(begin, end)
