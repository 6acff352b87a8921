"""Which issues are a reader's, when their mail leaves, and that nothing is lost by it."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.model import Issue, Mailbox, Newsletter, Preferences, Schedule, Subscriber
from digest.moments import REACH, WEEK, Moments, moment
from digest.slots import DAY_SETS, DAYS, crons, slots_between, weekdays
from digest.spans import Spans
from tests.stores import article

ZONES = (
    *("Europe/Brussels", "America/New_York", "Australia/Lord_Howe", "Asia/Kathmandu"),
    *("Pacific/Auckland", "America/Santiago", "UTC", "Pacific/Kiritimati"),
)
#: Around clock changes on both sides of the equator.
TIMES = st.datetimes(datetime(2026, 3, 1), datetime(2026, 11, 15)).map(  # noqa: DTZ001
    lambda naive: naive.replace(tzinfo=UTC, second=0, microsecond=0)
)
HOURS = st.integers(0, 23)
SOME_DAYS = st.frozensets(st.integers(0, 6), min_size=1)


def newsletter(*, days: list[str], at: list[str], timezone: str) -> Newsletter:
    return Newsletter(
        slug="daily",
        title="Daily",
        sender=Mailbox(address="d@ledger.example"),
        language="en",
        timezone=timezone,
        schedule=Schedule(crons=crons(days, at)),
    )


def reader(days: frozenset[int], hour: int | None = None, zone: str = "") -> Subscriber:
    preferences = Preferences(newsletters=frozenset({"daily"}), days=days, hour=hour)
    return Subscriber(
        id="r", address="r@readers.example", timezone=zone, preferences=preferences
    )


def carried(before: list[Issue], due: datetime) -> tuple[Issue, ...]:
    """Return those that an issue carries, and when the one before them was."""
    near = [i for i in before if i.until >= due - REACH]
    older = [replace(i, articles=()) for i in before[len(near) : len(near) + 1]]
    return tuple(replace(i, earlier=()) for i in (*near, *older))


def issues_of(
    letter: Newsletter, first: datetime, *, weeks: int, without: frozenset[int]
) -> list[Issue]:
    """Return the issues of some weeks, each with one article, but for some slots."""
    assert letter.schedule is not None
    slots = slots_between(
        "daily", letter.schedule, letter.timezone, after=first,
        until=first + timedelta(weeks=weeks),
    )  # fmt: skip
    made: list[Issue] = []
    for number, slot in enumerate(slots):
        if number in without:
            continue
        issue = Issue(
            id=f"daily/{number}",
            newsletter="daily",
            number=len(made) + 1,
            since=made[-1].until if made else first,
            until=slot.due,
            slot=slot.id,
            articles=(article(number),),
            earlier=carried(made[::-1], slot.due),
        )
        made.append(issue)
    return made


@given(TIMES, HOURS, st.sampled_from(ZONES))
def test_a_moment_is_the_first_of_its_hour_and_never_before_the_issue(
    time: datetime, hour: int, timezone: str
) -> None:
    found = moment(time, hour=hour, timezone=timezone)
    zone = ZoneInfo(timezone)
    clock = found.astimezone(zone)

    assert time <= found <= time + timedelta(hours=25)
    there = clock.replace(tzinfo=None, hour=0, minute=0) + timedelta(hours=hour)
    skipped = clock.replace(tzinfo=None) - there
    # At its hour, or later by what the clock jumped; never in its second one.
    assert skipped in (timedelta(0), timedelta(minutes=30), timedelta(hours=1))
    assert not clock.fold or skipped
    minute = time
    while minute < found:  # there was none before
        local = minute.astimezone(zone)
        assert (local.hour, local.minute) != (hour, 0) or local.fold
        minute += timedelta(minutes=1)


@pytest.mark.parametrize(
    ("time", "hour", "timezone", "found"),
    [
        # 02:00 is skipped in Brussels on 29 March 2026, and comes twice on 25 October.
        ("2026-03-29T00:10Z", 2, "Europe/Brussels", "2026-03-29T01:00Z"),
        ("2026-10-24T23:00Z", 2, "Europe/Brussels", "2026-10-25T00:00Z"),
        ("2026-10-25T00:30Z", 2, "Europe/Brussels", "2026-10-26T01:00Z"),
        # Lord Howe Island moves by half an hour, at 02:00.
        ("2026-10-03T14:00Z", 2, "Australia/Lord_Howe", "2026-10-03T15:30Z"),
        ("2026-11-23T06:00Z", 7, "Europe/Brussels", "2026-11-23T06:00Z"),
        ("2026-11-23T06:00Z", 6, "Europe/Brussels", "2026-11-24T05:00Z"),
    ],
)
def test_clock_changes(time: str, hour: int, timezone: str, found: str) -> None:
    asked = datetime.fromisoformat(time)
    assert moment(asked, hour=hour, timezone=timezone) == datetime.fromisoformat(found)


@given(
    st.lists(st.sampled_from([*DAY_SETS, *DAYS]), min_size=1, max_size=4),
    st.lists(
        st.sampled_from(["00:30", "07:00", "16:00", "23:59"]), min_size=1, max_size=2
    ),
    TIMES,
    st.sampled_from(ZONES),
    SOME_DAYS,
    st.none() | HOURS,
    st.sampled_from(ZONES),
    st.frozensets(st.integers(0, 40), max_size=6),
)
def test_what_every_reader_gets_comes_once_to_a_reader_of_days(
    days: list[str],
    at: list[str],
    first: datetime,
    zone: str,
    wanted: frozenset[int],
    hour: int | None,
    home: str,
    without: frozenset[int],
) -> None:
    letter = newsletter(days=days, at=at, timezone=zone)
    somebody = reader(wanted, hour, home)
    made = issues_of(letter, first, weeks=5, without=without)
    got: list[tuple[Issue, int]] = []  # an article's issue, and the mail's
    dates = []
    for place, issue in enumerate(made):
        spans = Spans(issue, letter, ())
        found = spans.own.moments
        if found.against(somebody):
            continue
        mine = moment(issue.until, hour=hour, timezone=home).astimezone(ZoneInfo(home))
        dates.append(mine.date())
        held = [
            *issue.articles,
            *(a for e in issue.earlier[: spans.back(somebody)] for a in e.articles),
        ]
        assert {a.id for a in spans.of(somebody).articles} == {a.id for a in held}
        got += [(next(i for i in made if a in i.articles), place) for a in held]
        assert found.awaited(somebody) == (
            None if hour is None else moment(issue.until, hour=hour, timezone=home)
        )

    came = [issue.number for issue, _ in got]
    assert len(came) == len(set(came)), "nothing twice"
    mails = sorted({place for _, place in got})
    through = max(mails, default=-1)
    for issue in made[: through + 1]:
        due = next(
            made[place].until for place in mails if made[place].until >= issue.until
        )
        assert issue.number in came or issue.until < due - REACH, "nothing is lost"
    # A week without its days does not go by while there are issues.
    rest = made[through + 1 :]
    assert not rest or rest[-1].until - rest[0].until < timedelta(days=WEEK + 1)
    for one, following in pairwise(dates):
        between = {
            (one + timedelta(days=n)).weekday()
            for n in range(1, (following - one).days + 1)
        }
        assert between & wanted, "never more mails than days"
    offered = weekdays(days)
    if not without and len(offered) == WEEK and hour is None and home == zone:
        assert all(date.weekday() in wanted for date in dates), "on their days alone"


def test_days_that_no_issue_comes_on_bring_the_next_one() -> None:
    tuesdays = newsletter(days=["tuesday"], at=["07:00"], timezone="Europe/Brussels")
    twice = newsletter(days=["tuesday", "thursday"], at=["07:00"], timezone="UTC")
    friday = reader(frozenset({4}))
    first = datetime(2026, 11, 1, tzinfo=UTC)

    for letter, mails in ((tuesdays, 4), (twice, 4)):
        made = issues_of(letter, first, weeks=4, without=frozenset())
        own = [i for i in made if not Moments(i, letter).against(friday)]
        assert len(own) == mails
        assert {i.until.weekday() for i in own} == {1}


def test_why_an_issue_is_not_for_a_reader_names_the_day() -> None:
    daily = newsletter(days=["daily"], at=["07:00"], timezone="Europe/Brussels")
    made = issues_of(
        daily, datetime(2026, 11, 22, 12, tzinfo=UTC), weeks=1, without=frozenset()
    )
    days = reader(frozenset({0, 3, 4}))
    said = [Moments(issue, daily).against(days) for issue in made]

    assert said[:3] == [
        "",
        "wants mail on Monday, Thursday and Friday; this comes with Thursday's",
        "wants mail on Monday, Thursday and Friday; this comes with Thursday's",
    ]
    assert said[3:5] == ["", ""]
    assert said[5].endswith("with Monday's")


def test_by_hand_nobody_waits_and_without_a_schedule_days_say_nothing() -> None:
    daily = newsletter(days=["daily"], at=["07:00"], timezone="Europe/Brussels")
    (made, *_) = issues_of(
        daily, datetime(2026, 11, 22, 12, tzinfo=UTC), weeks=1, without=frozenset()
    )
    by_hand = replace(made, slot=None)
    friday = reader(frozenset({4}), 18)
    unscheduled = replace(daily, schedule=None)

    assert Moments(made, daily).awaited(friday) is not None
    assert Moments(by_hand, daily).awaited(friday) is None
    assert Moments(by_hand, daily).against(friday)
    assert Moments(by_hand, unscheduled).against(friday) == ""
    assert Moments(made, unscheduled).awaited(friday) is None


def test_how_old_an_article_is_counts_from_the_issue_it_was_in() -> None:
    daily = newsletter(days=["daily"], at=["07:00"], timezone="UTC")
    daily = replace(daily, limits=replace(daily.limits, max_age_days=2))
    made = issues_of(
        daily, datetime(2026, 11, 22, 12, tzinfo=UTC), weeks=1, without=frozenset()
    )
    fresh = replace(made[0].articles[0], published=made[0].until - timedelta(days=1))
    old = replace(made[1].articles[0], published=made[1].until - timedelta(days=3))
    held = (replace(made[1], articles=(old,)), replace(made[0], articles=(fresh,)))
    friday = replace(made[4], earlier=held)

    found = Spans(friday, daily, ()).candidates(2)

    assert fresh in found.articles
    assert found.stale == (old,)
