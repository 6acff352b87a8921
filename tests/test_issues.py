"""Which issue is next, which is unfinished, and which has expired."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from digest.config import load_settings
from digest.errors import InputError, TransportError
from digest.model import Issue, Newsletter, Outcome, State
from digest.newsroom import Newsroom
from digest.settings import FilesDelivery, Security, SmtpDelivery
from digest.slots import Slot
from digest.store import Start
from digest.transports import open_transport
from tests.projects import Clock, write_article

DOWN = SmtpDelivery(host="127.0.0.1", port=9, security=Security.NONE)


@pytest.fixture
def newsroom(project: Path, clock: Clock) -> Iterator[Newsroom]:
    with Newsroom(load_settings(project, environment={}), now=clock) as opened:
        opened.refresh_subscribers()
        list(opened.collect())
        clock.forward(minutes=1)
        yield opened


@pytest.fixture
def daily(newsroom: Newsroom) -> Newsletter:
    return newsroom.newsletter("daily")


def another(newsroom: Newsroom, clock: Clock, number: int) -> None:
    """Collect one more article."""
    text = f"---\nheadline: News {number}\ntags: [river]\n---\n\nMore.\n"
    write_article(newsroom.settings.root, f"news{number}.md", text)
    list(newsroom.collect())
    clock.forward(minutes=1)


def sent(newsroom: Newsroom, issue: Issue) -> dict[State, int]:
    folder = newsroom.settings.root / "outbox"
    transport = open_transport(FilesDelivery(folder=folder))
    return dict(newsroom.send(issue, transport=transport).done)


def test_what_was_interrupted_goes_on_before_anything_new(
    newsroom: Newsroom, daily: Newsletter, clock: Clock
) -> None:
    (first,) = newsroom.issues.to_send(daily)
    with pytest.raises(TransportError):
        newsroom.send(first, transport=open_transport(DOWN))
    another(newsroom, clock, 1)

    assert [issue.id for issue in newsroom.issues.to_send(daily)] == [first.id]
    assert newsroom.issues.find(daily).id == first.id, "what one previews is sent"
    sent(newsroom, first)
    (second,) = newsroom.issues.to_send(daily)
    assert second.number == 2
    assert [article.headline for article in second.articles] == ["News 1"]


def test_an_issue_by_a_clock_that_was_ahead_takes_nothing_from_other_newsletters(
    newsroom: Newsroom, daily: Newsletter, clock: Clock
) -> None:
    clock.forward(days=365)
    (ahead,) = newsroom.issues.to_send(daily)
    clock.forward(days=-365)
    another(newsroom, clock, 1)

    weekly = newsroom.issues.draft(replace(daily, slug="weekly"))

    assert {a.headline for a in weekly.articles} == {
        *(a.headline for a in ahead.articles),
        "News 1",
    }
    (news,) = newsroom.issues.draft(daily).articles
    assert news.headline == "News 1"


def test_who_subscribed_since_the_interruption_is_served_too(
    newsroom: Newsroom, daily: Newsletter, project: Path
) -> None:
    (first,) = newsroom.issues.to_send(daily)
    readers = project / "subscribers.yaml"
    readers.write_text(readers.read_text() + "  - address: dee@readers.example\n")
    newsroom.refresh_subscribers()

    (again,) = newsroom.issues.to_send(daily)

    assert sent(newsroom, again) == {State.SENT: 4}
    assert again.id == first.id


def test_an_hourly_newsletters_deferred_mails_outlive_three_issues(
    newsroom: Newsroom, daily: Newsletter, clock: Clock
) -> None:
    issues = []
    for hour in range(6):
        another(newsroom, clock, hour)
        (*_, issue) = newsroom.issues.to_send(daily)
        issues.append(issue.id)
        if hour:
            sent(newsroom, issue)
        else:
            journal = newsroom.store.journal
            for claim in journal.claim(issue.id, limit=9, lease_seconds=60):
                later = Outcome(delivery=claim.delivery, state=State.DEFERRED)
                journal.write(
                    issue.id,
                    starts=[Start(claim=claim, dated=clock.at, articles=())],
                    outcomes=[(claim, later, clock.at)],
                )
        clock.forward(hours=1)

    assert [i.id for i in newsroom.issues.recent("daily")] == issues
    assert [i.id for i in newsroom.issues.open(daily)] == [issues[0]]
    assert [i.id for i in newsroom.issues.due(daily)] == [issues[0]]
    clock.forward(days=1)
    assert [i.id for i in newsroom.issues.recent("daily")] == issues[-3:]
    assert [i.id for i in newsroom.issues.open(daily)] == [issues[0]], "not forgotten"


def test_an_issue_is_found_by_its_id_and_only_in_its_newsletter(
    newsroom: Newsroom, daily: Newsletter
) -> None:
    with pytest.raises(InputError, match="there is none yet"):
        newsroom.issues.find(daily, "daily/1999-01-01")
    (first,) = newsroom.issues.to_send(daily)

    assert newsroom.issues.find(daily, first.id) == first
    assert [i.id for i in newsroom.issues.to_send(daily, first.id)] == [first.id]
    with pytest.raises(InputError, match=f"the last ones are: {first.id}"):
        newsroom.issues.find(daily, "weekly/1999-01-01")


def test_nothing_is_prepared_without_news_or_readers(
    newsroom: Newsroom, daily: Newsletter, project: Path
) -> None:
    (project / "subscribers.yaml").write_text("subscribers: []\n")
    newsroom.refresh_subscribers()

    assert list(newsroom.issues.to_send(daily)) == []
    assert newsroom.store.archive.issues("daily") == []


def test_who_needs_no_more_of_an_issue_is_known(
    newsroom: Newsroom, daily: Newsletter
) -> None:
    (issue,) = newsroom.issues.to_send(daily)
    assert newsroom.issues.answered(issue) == set()
    sent(newsroom, issue)
    assert newsroom.issues.answered(issue) == {
        subscriber.id for subscriber in newsroom.store.audience.all()
    }


@pytest.mark.parametrize(
    ("scheduled", "hours", "refused"),
    [(True, 5, False), (True, 7, True), (False, 7, False), (False, 25, True)],
)
def test_what_was_not_tried_in_time_is_refused_with_the_reason(
    newsroom: Newsroom,
    daily: Newsletter,
    clock: Clock,
    *,
    scheduled: bool,
    hours: float,
    refused: bool,
) -> None:
    """By schedule within `max_lateness`, here six hours; by hand within a day."""
    due = clock()
    slot = Slot(newsletter="daily", id=f"daily@{due.isoformat()}", due=due)
    issue = newsroom.issues.prepare(daily, slot=slot if scheduled else None)
    assert issue is not None
    clock.forward(hours=hours)

    with newsroom.sending(daily):
        counts = newsroom.store.journal.counts(issue.id)

    assert counts == {State.FAILED if refused else State.QUEUED: 3}
    (first, *_) = newsroom.store.journal.deliveries(issue.id)
    assert ("too late for this issue" in first.reply) == refused
