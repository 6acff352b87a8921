"""`digest simulate`: the archive replayed says what life said."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from digest.config import load_settings
from digest.model import Article
from digest.newsroom import Newsroom
from digest.simulating import ReaderSum, Replay, replay
from digest.simulating.report import report
from digest.slots import due_slots
from tests.commands import Shell
from tests.projects import MONDAY, READERS, SETTINGS, Clock, write_project
from tests.stores import article, reader
from tests.test_delivery import Wire

WEEKLY = """\
  weekly:
    title: The Ledger Weekly
    sender: The Ledger <digest@ledger.example>
    schedule: {days: [wednesday], at: "08:00"}
    limits: {articles: 2}
sources:
"""
BOTH = READERS.replace("    name:", "    newsletters: [daily, weekly]\n    name:")


def week_of_stories() -> list[Article]:
    """Return stories of a week, some days with many and one with none."""
    tags = ["river", "canal", "schools", "odd"]
    hours = [1, 2, 3, 20, 21, 50, 51, 52, 53, 54, 99, 100]
    return [
        article(n, tags=(tags[n % 4],), published=MONDAY + timedelta(hours=hour))
        for n, hour in enumerate(hours)
    ]


@pytest.mark.slow
def test_a_replay_counts_what_really_left_day_by_day(tmp_path: Path) -> None:
    settings = SETTINGS.replace("sources:\n", WEEKLY).replace(
        "    schedule:", "    limits: {per_topic: 2}\n    schedule:", 1
    )
    project = write_project(tmp_path / "news", settings=settings, readers=BOTH)
    clock, stories, lived = Clock(), week_of_stories(), {}
    with Newsroom(load_settings(project, environment={}), now=clock) as newsroom:
        newsroom.refresh_subscribers()
        since, letters = clock.at, newsroom.settings.newsletters
        for hour in range(1, 24 * 4):
            clock.at = MONDAY + timedelta(hours=hour)
            came = [s for s in stories if s.published == clock.at]
            for newsletter in letters:
                assert newsletter.schedule
                due, _ = due_slots(
                    newsletter.slug, newsletter.schedule, newsletter.timezone,
                    after=clock.at - timedelta(hours=1), now=clock.at,
                )  # fmt: skip
                issue = (
                    newsroom.issues.prepare(newsletter, slot=due[0]) if due else None
                )
                if issue is not None:
                    sent = newsroom.send(issue, transport=Wire())
                    lived[issue.id] = {str(k): n for k, n in sent.done.items()}
            newsroom.store.archive.add(came)

        found = replay(
            newsroom.store, letters, newsroom.settings.topics,
            since=since, until=clock.at,
        )  # fmt: skip

    replayed = {
        each.issue: {
            name: number
            for name, number in (("sent", each.mails), ("skipped", each.empty))
            if number
        }
        for each in found.served
        if each.articles
    }
    assert replayed == lived
    assert len(lived) == 3
    assert found.mails == sum(each.mails for each in found.readers)
    assert sum(each.full for each in found.served) > 0


def test_it_replays_an_archive_that_was_collected_yesterday(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    readers = READERS + "    paused_until: 2030-01-01\n"
    project = write_project(tmp_path / "news", readers=readers)
    digest = Shell(capsys, project)
    with Newsroom(load_settings(project, environment={})) as newsroom:
        newsroom.store.archive.add(week_of_stories())
    page = tmp_path / "replay.html"

    days = ("--from", "2026-11-23", "--to", "2026-11-29")
    out = digest("simulate", "daily", *days, "--report", page).out
    found = digest("simulate", *days, "--json").json

    assert "3 issues, 5 mails to 3 readers in 1.0 weeks; 17% empty, 0% over-full" in out
    assert "most mails:   Bo (3), Ana (2), Cy (0)" in out
    assert f"Open {page}" in out
    assert found["readers_by_mails_a_week"] == {"0": 1, "1": 0, "2": 1, "3": 1}
    assert [each["away"] for each in found["issues"] if each["articles"]] == [1, 1, 1]
    text = page.read_text(encoding="utf-8")
    assert text.count("<svg") == 2
    assert "3 issues and 5 mails to 3 readers: 1.7 mails a reader and week" in text
    assert "2026-11-23 to 2026-11-29" in text
    for drawing in text.split("<svg")[1:]:
        ET.fromstring("<svg" + drawing.partition("</svg>")[0] + "</svg>")
    for outside in ("http:", "https:", "<script", "url("):
        assert outside not in text


def test_what_cannot_be_replayed_is_said(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    text = SETTINGS.replace('    schedule: {days: daily, at: "07:00"}\n', "")
    bare = Shell(capsys, write_project(tmp_path / "bare", settings=text))
    assert "no `schedule:` to replay" in bare("simulate").err
    digest = Shell(capsys, write_project(tmp_path / "news"))
    wrong = digest("simulate", "--from", "2026-11-29", "--to", "2026-11-01")
    assert (wrong.code, "--from has to be before --to" in wrong.err) == (3, True)
    assert "--to 2026-11-01 is before --from 2026-11-29" in wrong.err
    ahead = digest("simulate", "--from", "2099-01-01")
    assert (ahead.code, "--from 2099-01-01 is yet to come" in ahead.err) == (3, True)
    words = digest("simulate", "--from", "tomorrow")
    assert words.code == 2
    assert "'tomorrow' is no day; write it like 2026-10-01" in words.err
    at = digest("preview", "--at", "noon")
    assert "'noon' is no time; write it like 2026-11-23 07:00" in at.err
    nowhere = digest("simulate", "--report", tmp_path / "no" / "x.html")
    assert (nowhere.code, "name another file" in nowhere.err) == (4, True)
    empty = digest("simulate")
    assert (empty.code, "0 issues, 0 mails to 3 readers" in empty.out) == (0, True)


def test_rates_and_weeks_are_of_nothing_when_nothing_was_due() -> None:
    nothing = Replay(
        newsletters=(), since=MONDAY, until=MONDAY + timedelta(weeks=2),
        served=(), readers=(),
    )  # fmt: skip
    assert (nothing.empty_rate, nothing.full_rate, nothing.per_week()) == (0, 0, {0: 0})
    busy = ReaderSum(subscriber=reader(), mails=5)
    once = ReaderSum(subscriber=reader(2), mails=2)
    some = Replay(
        newsletters=(), since=datetime(2026, 1, 1, tzinfo=UTC),
        until=datetime(2026, 1, 15, tzinfo=UTC), served=(), readers=(busy, once),
    )  # fmt: skip
    assert some.per_week() == {0: 0, 1: 1, 2: 1}
    assert "<svg" in report(some)
