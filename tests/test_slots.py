"""When newsletters are due: zones, clock changes, downtime."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.model import Schedule
from digest.slots import (
    MISSED_AT_MOST,
    cron_problem,
    crons,
    describe,
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


@pytest.mark.parametrize("time", ["24:00", "07:60", "7", "0700", "07:0", "", "a:bc"])
def test_a_time_that_does_not_exist_is_said(time: str) -> None:
    with pytest.raises(ValueError, match="not a time of day"):
        crons(["daily"], [time])


def test_a_day_that_does_not_exist_is_said() -> None:
    with pytest.raises(ValueError, match="'funday' is not a day; write one of daily"):
        crons(["funday"], ["07:00"])


@pytest.mark.parametrize("line", ["x", "* * * *", "61 * * * *", "0 0 30 2 *", ""])
def test_a_bad_cron_expression_is_explained(line: str) -> None:
    assert "cron expression" in (cron_problem(line) or "")


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


def test_a_year_of_minutes_is_not_listed() -> None:
    serve, missed = due(
        schedule("* * * * *"), after="2025-11-23 06:00", now="2026-11-23 06:00"
    )

    assert len(serve) == 1
    assert len(missed) == MISSED_AT_MOST


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


@given(st.datetimes(START, START.replace(year=2030)), st.integers(1, 3000))
def test_however_often_one_asks_no_slot_is_served_twice_or_lost(
    start: datetime, minutes: int
) -> None:
    what = schedule("0 7 * * 1-5", "30 2 * * *", lateness=10**6)
    begin = start.replace(tzinfo=UTC)
    end = begin + timedelta(minutes=minutes)
    middle = begin + timedelta(minutes=minutes // 2)

    def slots(after: datetime, now: datetime) -> list[str]:
        serve, missed = due_slots("d", what, BRUSSELS, after=after, now=now)
        return [slot.id for slot in missed + serve]

    assert slots(begin, middle) + slots(middle, end) == slots(begin, end)


def test_a_schedule_is_said_in_words() -> None:
    assert describe(schedule("0 7 * * 1-5")) == "At 07:00 on Monday through Friday"
