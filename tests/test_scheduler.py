"""`digest run`: what happens at which tick, with a clock moved by hand."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from threading import Event, Timer

import pytest

from digest import scheduler
from digest.config import load_settings
from digest.newsroom import Newsroom
from digest.scheduler import Clock as Ticker
from digest.scheduler import Watcher, overdue, upcoming
from tests.projects import SETTINGS, Clock, write_article, write_project
from tests.smtp_servers import Scripted, play

DREDGER = "---\nheadline: The dredger\ntags: [river]\n---\n\nMud.\n"


class Log(Watcher):
    """Remembers what it was told."""

    def __init__(self) -> None:
        self.lines: list[str] = []
        super().__init__(
            due=lambda slot: self.lines.append(f"due {slot.id}"),
            missed=lambda slot, n, followed: self.lines.append(
                f"missed {n}, last {slot.id}" + ", followed" * followed
            ),
            nothing=lambda newsletter: self.lines.append(f"nothing {newsletter.slug}"),
            sent=lambda report: self.lines.append(
                f"sent {report.done.total()} of {report.issue.id}"
            ),
            failed=lambda what, error, _: self.lines.append(f"failed {what}: {error}"),
        )

    def take(self) -> list[str]:
        taken, self.lines[:] = list(self.lines), []
        return taken


@pytest.fixture
def clock() -> Clock:
    clock = Clock()
    clock.forward(minutes=-90)  # 05:30 in Brussels, before the 07:00 slot
    return clock


@pytest.fixture
def newsroom(project: Path, clock: Clock) -> Iterator[Newsroom]:
    with Newsroom(load_settings(project, environment={}), now=clock) as opened:
        yield opened


@pytest.fixture
def log() -> Log:
    return Log()


@pytest.fixture
def ticker(newsroom: Newsroom, log: Log) -> Ticker:
    return Ticker(newsroom, watcher=log, stop=Event())


def sent_files(project: Path) -> int:
    return len(list((project / "outbox" / "new").glob("*")))


def test_an_issue_goes_out_at_its_slot_and_once(
    ticker: Ticker, clock: Clock, log: Log, project: Path
) -> None:
    ticker.tick()
    assert log.take() == []
    clock.forward(minutes=89, seconds=59)
    ticker.tick()
    assert log.take() == []
    clock.forward(seconds=1)
    ticker.tick()
    assert log.take() == [
        "due daily@2026-11-23T07:00+01:00",
        "sent 3 of daily/2026-11-23",
    ]
    for _ in range(5):
        clock.forward(seconds=10)
        ticker.tick()
    assert log.take() == []
    assert sent_files(project) == 3


def test_the_freshest_news_is_collected_just_before(
    ticker: Ticker, clock: Clock, project: Path
) -> None:
    ticker.tick()
    clock.forward(minutes=89)
    ticker.tick()
    write_article(project, "dredger.md", DREDGER)
    clock.forward(minutes=1)
    clock.step = timedelta(
        milliseconds=1
    )  # collecting takes time; the window ends after
    ticker.tick()

    mails = [p.read_text() for p in (project / "outbox" / "new").iterdir()]
    assert sum("dredger" in mail.lower() for mail in mails) == 2


def test_a_new_daemon_does_not_send_the_slots_before_it_existed(
    ticker: Ticker, clock: Clock, log: Log
) -> None:
    clock.forward(hours=3)
    ticker.tick()

    assert log.take() == []


def test_a_slot_missed_by_a_little_is_caught_up_by_another_process(
    ticker: Ticker, newsroom: Newsroom, clock: Clock, log: Log, project: Path
) -> None:
    ticker.tick()
    clock.forward(hours=4)
    later = Ticker(newsroom, watcher=log, stop=Event())

    later.tick()

    assert log.take()[0] == "due daily@2026-11-23T07:00+01:00"
    assert sent_files(project) == 3


def test_slots_missed_by_days_are_said_once_and_not_sent(
    ticker: Ticker, clock: Clock, log: Log, project: Path
) -> None:
    ticker.tick()
    clock.forward(days=2, hours=9)
    ticker.tick()
    ticker.tick()

    assert log.take() == ["missed 3, last daily@2026-11-25T07:00+01:00"]
    assert sent_files(project) == 0


def test_a_clock_that_was_a_year_ahead_for_a_moment_silences_nobody(
    ticker: Ticker, newsroom: Newsroom, clock: Clock, log: Log, project: Path
) -> None:
    ticker.tick()
    clock.forward(days=365, hours=2)
    ticker.tick()
    assert log.take() == [
        "missed 10, last daily@2027-11-22T07:00+01:00, followed",
        "due daily@2027-11-23T07:00+01:00",
        "sent 3 of daily/2027-11-23",
    ]
    clock.forward(days=-365)  # 07:30 of the first day: its slot was not dealt with
    for name in ("dredger", "weir"):
        write_article(project, f"{name}.md", DREDGER.replace("dredger", name))
        ticker.tick()
        clock.forward(seconds=10)
        ticker.tick()
        day = "3" if name == "dredger" else "4"
        assert log.take() == [
            f"due daily@2026-11-2{day}T07:00+01:00",
            f"sent 3 of daily/2026-11-2{day}",
        ]
        assert overdue(newsroom) == []
        clock.forward(days=1)
    assert [s.id for s in overdue(newsroom)] == ["daily@2026-11-25T07:00+01:00"]
    mails = [path.read_text() for path in (project / "outbox" / "new").iterdir()]
    assert [sum(f"The {n}" in m for m in mails) for n in ("dredger", "weir")] == [2, 2]


def test_a_clock_set_back_by_hours_neither_repeats_a_slot_nor_loses_what_came(
    ticker: Ticker, newsroom: Newsroom, clock: Clock, log: Log, project: Path
) -> None:
    ticker.tick()
    clock.forward(hours=4)
    ticker.tick()
    assert log.take()[-1] == "sent 3 of daily/2026-11-23"
    clock.forward(hours=-2)  # 07:30, and the slot of 07:00 was dealt with at 09:30
    write_article(project, "dredger.md", DREDGER)
    ticker.tick()
    assert log.take() == []
    assert [a.headline for a in newsroom.store.archive.articles(limit=1)] == [
        "The dredger"  # looked for at once, not when the clock is where it was
    ]
    clock.forward(days=1)
    ticker.tick()
    assert log.take()[-1] == "sent 3 of daily/2026-11-24"


def test_nothing_new_is_said_and_the_slot_is_done(
    ticker: Ticker, clock: Clock, log: Log
) -> None:
    ticker.tick()
    clock.forward(minutes=90)
    ticker.tick()
    log.take()
    clock.forward(days=1)
    ticker.tick()
    assert log.take() == ["due daily@2026-11-24T07:00+01:00", "nothing daily"]
    clock.forward(seconds=10)
    ticker.tick()
    assert log.take() == []


def test_a_failure_is_said_and_tried_again_later_not_at_every_tick(
    ticker: Ticker, clock: Clock, log: Log, project: Path
) -> None:
    broken = project / "templates" / "newsroom" / "subject.txt.j2"
    broken.parent.mkdir(parents=True)
    broken.write_text("{{ nonsense }}")
    ticker.tick()
    clock.forward(minutes=90)
    ticker.tick()
    assert "subject.txt.j2:1" in log.take()[-1]
    clock.forward(seconds=10)
    ticker.tick()
    assert log.take() == []
    broken.unlink()
    clock.forward(seconds=20)
    ticker.tick()

    assert log.take() == [
        "due daily@2026-11-23T07:00+01:00",
        "sent 3 of daily/2026-11-23",
    ]
    assert sent_files(project) == 3


def test_two_daemons_send_one_issue(
    newsroom: Newsroom, clock: Clock, project: Path
) -> None:
    with Newsroom(newsroom.settings, now=clock) as second:
        logs = [Log(), Log()]
        tickers = [
            Ticker(room, watcher=log, stop=Event())
            for room, log in zip((newsroom, second), logs, strict=True)
        ]
        for ticker in tickers:
            ticker.tick()
        clock.forward(minutes=90)
        for ticker in tickers:
            ticker.tick()

        assert sorted(len(log.lines) for log in logs) == [0, 2]
    assert sent_files(project) == 3


def test_it_ends_when_asked(newsroom: Newsroom, log: Log) -> None:
    stop = Event()
    timer = Timer(0.2, stop.set)
    timer.start()

    Ticker(newsroom, watcher=log, stop=stop).run()

    timer.join()
    assert log.lines == []


def test_it_goes_on_when_the_local_time_is_set_back(
    newsroom: Newsroom, log: Log, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An hour each autumn, where the machine does not go by UTC."""
    ticks: list[str] = []

    class Counting(Ticker):
        def tick(self) -> None:
            ticks.append(time.tzname[0])
            if len(ticks) == 5:
                stop.set()

    class Changing(Event):
        def wait(self, timeout: float | None = None) -> bool:
            if len(ticks) == 2:
                monkeypatch.setenv("TZ", "EARLIER+1")
                time.tzset()
            return super().wait(timeout)

    stop = Changing()

    monkeypatch.setattr(scheduler, "TICK_SECONDS", 0.1)
    monkeypatch.setenv("TZ", "LATER+0")
    time.tzset()
    timer = Timer(10, stop.set)
    timer.start()
    try:
        Counting(newsroom, watcher=log, stop=stop).run()
    finally:
        timer.cancel()
        monkeypatch.undo()
        time.tzset()

    assert ticks == ["LATER"] * 2 + ["EARLIER"] * 3


def test_what_comes_next_is_soonest_first(tmp_path: Path, clock: Clock) -> None:
    weekly = """\
  weekly:
    title: Weekly
    sender: d@ledger.example
    schedule: {cron: "0 9 * * 6"}
  byhand:
    title: By hand
    sender: d@ledger.example
sources:
"""
    project = write_project(
        tmp_path / "two", settings=SETTINGS.replace("sources:\n", weekly)
    )
    readers = project / "subscribers.yaml"
    readers.write_text(
        readers.read_text().replace("    name:", "    newsletters: [daily]\n    name:")
    )
    with Newsroom(load_settings(project, environment={}), now=clock) as newsroom:
        assert [slot.id for slot in upcoming(newsroom)] == [
            "daily@2026-11-23T07:00+01:00",
            "weekly@2026-11-28T09:00+01:00",
        ]


def test_a_fault_of_our_own_is_told_and_stops_nothing_else(
    newsroom: Newsroom, ticker: Ticker, log: Log, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fault(*_: object) -> None:
        raise RuntimeError("a fault")

    monkeypatch.setattr(newsroom.issues, "due", fault)

    ticker.tick()

    assert log.take() == [
        "failed daily: this should not happen: RuntimeError('a fault'); please report it"
    ]
    assert ticker.collected_at is not None, "the sources were read all the same"


def test_a_newsletter_that_somebody_else_sends_is_left_to_them(
    newsroom: Newsroom, ticker: Ticker, clock: Clock, log: Log, project: Path
) -> None:
    ticker.tick()
    clock.forward(minutes=90)
    with (
        Newsroom(newsroom.settings, now=clock) as other,
        other.sending(other.newsletter("daily")),
    ):
        ticker.tick()
        (line,) = log.take()
        assert "is being sent by another process right now" in line
        clock.forward(seconds=10)
        ticker.tick()
        assert log.take() == [], "said once, and then only now and again"
    clock.forward(seconds=30)
    ticker.tick()
    assert sent_files(project) == 3


def test_a_mistake_in_the_readers_file_holds_the_issue_back_until_it_is_mended(
    ticker: Ticker, clock: Clock, log: Log, project: Path
) -> None:
    ticker.tick()
    readers = project / "subscribers.yaml"
    good = readers.read_text()
    readers.write_text(good.replace("[rivers]", "[rivrs]"))
    clock.forward(minutes=90)
    ticker.tick()
    due, failed, *_ = log.take()
    assert due.startswith("due daily")
    assert "subscribers.yaml:4:" in failed
    assert sent_files(project) == 0
    readers.write_text(good)
    clock.forward(minutes=1)
    ticker.tick()
    assert sent_files(project) == 3


@pytest.mark.parametrize("moment", ["collected", "due"])
def test_asked_to_stop_it_begins_nothing_new(
    newsroom: Newsroom, clock: Clock, project: Path, moment: str
) -> None:
    stop = Event()
    watcher = Watcher()
    setattr(watcher, moment, lambda _: stop.set())
    first = Ticker(newsroom, watcher=Watcher(), stop=Event())
    first.tick()
    clock.forward(minutes=90)

    Ticker(newsroom, watcher=watcher, stop=stop).tick()

    assert sent_files(project) == 0
    assert newsroom.store.archive.issues("daily") == []
    first.tick()
    assert sent_files(project) == 3


def test_asked_to_stop_before_anything_it_does_nothing(
    newsroom: Newsroom, log: Log
) -> None:
    stop = Event()
    stop.set()

    Ticker(newsroom, watcher=log, stop=stop).run()

    assert log.lines == []


def test_a_deferred_mail_goes_out_when_it_is_due(
    newsroom: Newsroom, ticker: Ticker, clock: Clock, log: Log
) -> None:
    ticker.tick()
    clock.forward(minutes=90)
    with Scripted(play(RCPT="450 4.2.1 greylisted")) as server:
        newsroom.settings = replace(newsroom.settings, delivery=server.settings)
        ticker.tick()
        assert server.accepted.total() == 2
        log.take()
        clock.forward(minutes=3)
        ticker.tick()
        assert log.take() == []
        clock.forward(minutes=3)  # five, more or less
        ticker.tick()

    assert log.take() == ["sent 1 of daily/2026-11-23"]
    assert server.accepted.total() == 3


def test_what_nobody_dealt_with_in_time_is_overdue(
    newsroom: Newsroom, ticker: Ticker, clock: Clock
) -> None:
    clock.forward(days=1)
    assert overdue(newsroom) == [], "nobody ever ran it on schedule"
    clock.forward(days=-1)
    ticker.tick()
    clock.forward(minutes=90)
    ticker.tick()
    assert overdue(newsroom) == []
    clock.forward(days=1, minutes=5)
    assert overdue(newsroom) == [], "it may be collecting"
    clock.forward(minutes=10)
    assert [slot.id for slot in overdue(newsroom)] == ["daily@2026-11-24T07:00+01:00"]
    clock.forward(days=2)
    assert [slot.id for slot in overdue(newsroom)] == ["daily@2026-11-26T07:00+01:00"]
