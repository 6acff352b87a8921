"""Readers with days and hours of their own, from the schedule to their mailbox."""

from __future__ import annotations

import email
import email.policy
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Event
from typing import Any

import pytest

from digest.answering import explained
from digest.cli.sending import beyond_hours
from digest.cli.status import show_standing, standing
from digest.config import load_settings
from digest.issues import TOO_LATE, Plan
from digest.model import Issue, State, Subscriber
from digest.moments import WAITS
from digest.newsroom import Newsroom
from digest.scheduler import Clock as Ticker
from digest.scheduler import Watcher
from digest.store import verify_database
from tests.projects import SETTINGS, Clock, write_article, write_project
from tests.test_delivery import Wire

READERS = """\
subscribers:
  - address: every@readers.example
  - address: friday@readers.example
    days: friday
  - address: twice@readers.example
    days: [monday, thursday]
    hour: 18
    timezone: America/New_York
"""
#: A set that is compiled at once.
TEMPLATES = {
    "subject.txt.j2": "Today: {{ issue.number }}\n",
    "digest.txt.j2": """{% each section in digest.sections %}\
{% each article in section.articles %}
{{ article.headline }}
{{ article.url }}
{% endeach %}{% endeach %}
{{ newsletter.title }}, {{ site.postal_address }}
Unsubscribe: {{ reader.unsubscribe }}
""",
    "digest.html.j2": """<!DOCTYPE html><html lang="en"><head><meta charset="utf-8">
<title>{{ newsletter.title }}</title></head><body><h1>{{ newsletter.title }}</h1>
{% each section in digest.sections %}{% each article in section.articles %}
<p><a href="{{ article.url }}">{{ article.headline }}</a></p>
{% endeach %}{% endeach %}
<p>{{ site.postal_address }} <a href="{{ reader.unsubscribe }}">Unsubscribe</a></p>
</body></html>
""",
}
BARE = SETTINGS.replace(
    "    schedule:",
    "    template: bare\n    limits: {articles: 20, per_topic: 20}\n    schedule:",
)
START = datetime(2026, 11, 23, 0, 0, tzinfo=UTC)  #: Monday, 01:00 in Brussels


class Desk:
    """A newsroom that can be closed and opened again, and what it delivered."""

    def __init__(self, folder: Path, *, settings: str = BARE) -> None:
        self.folder = write_project(folder / "news", settings=settings, readers=READERS)
        own = self.folder / "templates" / "bare"
        own.mkdir(parents=True)
        for name, text in TEMPLATES.items():
            (own / name).write_text(text)
        for old in (self.folder / "articles").iterdir():
            old.unlink()
        self.clock, self.troubles = Clock(START), list[object]()
        self.clock.step = timedelta(milliseconds=1)  # collecting takes time
        self.newsroom = self._opened()
        self._seen = set[Path]()
        self.tick(START)

    def _opened(self) -> Newsroom:
        return Newsroom(load_settings(self.folder, environment={}), now=self.clock)

    def restart(self) -> None:
        self.newsroom.close()
        self.newsroom = self._opened()

    def tick(self, at: datetime) -> None:
        self.clock.at = at
        watcher = Watcher(failed=lambda *trouble: self.troubles.append(trouble))
        Ticker(self.newsroom, watcher=watcher, stop=Event()).tick()

    def take(self) -> dict[str, list[int]]:
        """Return what came since the last time: by reader, the numbers of stories."""
        came: dict[str, list[int]] = {}
        for file in sorted((self.folder / "outbox" / "new").glob("*")):
            if file in self._seen:
                continue
            self._seen.add(file)
            mail = email.message_from_bytes(
                file.read_bytes(), policy=email.policy.default
            )
            who = str(mail["To"]).partition("@")[0].strip("<").split("<")[-1]
            body = mail.get_body(("plain",))
            assert body is not None
            assert who not in came, f"{who} got two mails at once"
            words = body.get_content().split()
            came[who] = sorted(
                {int(w[5:]) for w in words if w[:5] == "Story" and w[5:].isdigit()}
            )
        return came

    def story(self, number: int) -> None:
        text = f"---\nheadline: Story{number}\ntags: [river]\n---\n\nIt is so.\n"
        write_article(self.folder, f"{number}.md", text)

    def number(self, article_id: str) -> int:
        found = self.newsroom.store.archive.article(article_id)
        assert found is not None
        return int(found.headline.removeprefix("Story"))

    def reader(self, name: str) -> Subscriber:
        return self.newsroom.subscriber(f"{name}@readers.example")

    def change(self, name: str, **wishes: Any) -> None:
        def changed(reader: Subscriber) -> Subscriber:
            preferences = replace(reader.preferences, **wishes)
            return replace(reader, preferences=preferences)

        self.newsroom.store.audience.change(self.reader(name).id, changed, by="reader")

    @property
    def issue(self) -> Issue:
        found = self.newsroom.store.archive.last_issue("daily")
        assert found is not None
        return found

    def plan(self) -> Plan:
        daily = self.newsroom.newsletter("daily")
        return self.newsroom.issues.plan(self.newsroom.issues.draft(daily), daily)


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    made = Desk(tmp_path)
    yield made
    made.newsroom.close()
    assert not made.troubles


@pytest.mark.slow
def test_two_weeks_of_a_daily_newsletter(desk: Desk) -> None:
    """Opened anew each day; what a plan says a moment before is what comes."""
    came: dict[str, list[tuple[str, list[int]]]] = {}
    planned: list[tuple[str, list[int]]] = []
    for day in range(12):
        desk.story(day)
        for hour in (6, 23):  # 07:00 in Brussels; 18:00 in New York
            desk.tick(START + timedelta(days=day, hours=hour))
            for who, stories in desk.take().items():
                came.setdefault(who, []).append((f"{desk.clock.at:%a %H}", stories))
        desk.restart()
        if desk.issue.articles:
            told = explained(desk.newsroom, desk.issue, desk.reader("friday"))
            if told.held:
                assert not told.changed
                planned.append((told.issue.id, sorted(map(desk.number, told.held))))
            else:
                assert told.digest.skipped == told.delivery.reason  # type: ignore[union-attr]

    assert came["every"] == [
        (f"{START + timedelta(days=d):%a} 06", [d]) for d in range(12)
    ]
    assert came["friday"] == [
        ("Fri 06", [0, 1, 2, 3, 4]),
        ("Fri 06", [5, 6, 7, 8, 9, 10, 11]),
    ]
    assert came["twice"] == [
        ("Mon 23", [0]),
        ("Thu 23", [1, 2, 3]),
        ("Mon 23", [4, 5, 6, 7]),
        ("Thu 23", [8, 9, 10]),
    ]
    assert [stories for _, stories in planned] == [s for _, s in came["friday"]]
    archive = desk.newsroom.store.archive
    assert [len(issue.articles) for issue in archive.issues("daily")] == [1] * 12
    assert verify_database(desk.newsroom.settings.database) == []


def test_a_mail_waits_for_its_readers_hour_whatever_happens(desk: Desk) -> None:
    """Put off, found after a crash, given up when too late; nobody else waits."""
    for name in ("every", "friday", "twice"):
        desk.change(name, days=frozenset(), hour=18)  # in Brussels, and in New York
    desk.change("every", hour=None)
    desk.story(1)
    desk.tick(START + timedelta(hours=6))
    journal, issue = desk.newsroom.store.journal, desk.issue
    waiting = journal.waiting(issue.id)
    before = journal.counts(issue.id)

    assert desk.take() == {"every": [1]}
    assert waiting == (2, START + timedelta(hours=17))
    assert before == {State.SENT: 1, State.DEFERRED: 2}
    row = journal.delivery(issue.id, desk.reader("friday").id)
    assert row
    assert (row.reason, row.attempts) == (WAITS, 0)

    desk.tick(START + timedelta(hours=16, minutes=59))
    assert desk.take() == {}
    desk.clock.at = START + timedelta(hours=17)
    assert len(journal.claim(issue.id, limit=9, lease_seconds=60)) == 1  # and it dies
    desk.restart()
    desk.tick(START + timedelta(hours=17, minutes=1))  # ten hours after the issue
    assert desk.take() == {"friday": [1]}
    late = START + timedelta(hours=23 + 6, minutes=1)
    desk.tick(late)
    journal = desk.newsroom.store.journal
    assert desk.take() == {}
    failed = journal.delivery(issue.id, desk.reader("twice").id)
    assert failed
    assert (failed.state, failed.reply) == (State.FAILED, TOO_LATE)


def test_what_a_reader_says_meanwhile_counts(desk: Desk) -> None:
    for name, hour in (("every", 9), ("friday", 10), ("twice", 11)):
        desk.change(name, days=frozenset(), hour=hour)
    desk.change("twice", hour=None)
    desk.story(1)
    desk.tick(START + timedelta(hours=6))
    assert desk.take() == {"twice": [1]}

    desk.newsroom.unsubscribe("every@readers.example")
    desk.change("friday", hour=12)
    desk.tick(START + timedelta(hours=9))  # 10:00
    assert desk.take() == {}
    desk.tick(START + timedelta(hours=11))  # 12:00
    assert desk.take() == {"friday": [1]}
    rows = desk.newsroom.store.journal.deliveries(desk.issue.id)
    assert {row.state for row in rows} == {State.SENT, State.SKIPPED}


def test_an_hour_is_tried_for_a_day_of_its_own_and_told_apart(
    desk: Desk, capsys: pytest.CaptureFixture[str]
) -> None:
    """Put off by its reader, then by a server; the issue expires meanwhile."""
    for name, hour in (("every", None), ("friday", 6), ("twice", None)):
        desk.change(name, days=frozenset(), hour=hour)  # 06:00, tomorrow
    desk.story(1)
    desk.tick(START + timedelta(hours=6))
    newsroom, issue = desk.newsroom, desk.issue
    assert beyond_hours(newsroom, [issue]) == []
    seen = standing(newsroom, issue)
    show_standing(newsroom, seen)
    assert seen.settled
    assert seen.told == ()
    assert (
        "1 of the deferred waits for the hour its reader asked for, the first until "
        in capsys.readouterr().out
    )

    states = []
    for hours in (29, 35, 54):  # its hour; the issue is a day old; so is the hour
        desk.clock.at = START + timedelta(hours=hours)
        with newsroom.sending(newsroom.newsletter()):
            report = newsroom.send(issue, transport=Wire(State.DEFERRED))
        states.append(next(iter(report.done), None))
        assert not report.settled
        assert len(beyond_hours(newsroom, [issue])) == (hours < 54)
        assert newsroom.store.journal.waiting(issue.id) == (0, None)

    assert states == [State.DEFERRED, State.DEFERRED, State.FAILED]


def test_what_is_sent_by_hand_leaves_at_once_and_is_only_theirs_on_their_days(
    desk: Desk,
) -> None:
    desk.change("every", hour=18)
    desk.story(1)
    desk.clock.forward(minutes=1)
    list(desk.newsroom.collect())
    desk.clock.forward(minutes=1)
    daily = desk.newsroom.newsletter()
    plan = desk.plan()
    with desk.newsroom.sending(daily):
        for issue in desk.newsroom.issues.to_send(daily):
            assert desk.newsroom.send(issue).settled

    assert desk.take() == {"every": [1], "twice": [1]}  # a Monday, at 18:00 next
    assert {row.subscriber.address[:5] for row in plan.receiving} == {"every", "twice"}
