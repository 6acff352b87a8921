"""What a reader would have received this week, and how often things appear.

Worked out from the issues as they were frozen, by the same choice that makes digests.
What does not differ from reader to reader is kept for a minute: the page is asked for
by many at once.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from threading import Lock

from digest.model import Article, Newsletter, Status, Subscriber
from digest.newsroom import Newsroom
from digest.selection import Candidates, candidates, choose
from digest.slots import next_slot

WEEK = timedelta(days=7)
WEEKS = 4  #: over which "how often" is counted
FRESH = timedelta(minutes=1)

#: Issues looked at of one newsletter: one that comes hourly has more in four weeks.
MOST_ISSUES = 60


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """What a reader would have got of one issue."""

    newsletter: Newsletter
    at: datetime
    articles: tuple[Article, ...]


@dataclass(slots=True)
class _Known:
    """What was worked out, and when."""

    at: datetime = datetime(1970, 1, 1, tzinfo=UTC)
    #: By newsletter: when each issue of this week went, and its articles.
    issues: dict[str, list[tuple[datetime, Candidates]]] = field(default_factory=dict)
    stories: Mapping[str, int] = field(default_factory=dict)
    often: dict[str, int] = field(default_factory=dict)


class Showcase:
    """The issues of the last weeks, as the pages show them."""

    def __init__(self, newsroom: Newsroom) -> None:
        """Look at what this newsroom has sent."""
        self._newsroom, self._known, self._lock = newsroom, _Known(), Lock()

    def week(self, subscriber: Subscriber) -> list[Sample]:
        """Return what a reader would have received in seven days, the latest first.

        It asks what they wish for, not what they had: a pause and mails they got do not
        count. As in mails, no story comes twice. Where no issue went out, it is what
        would go out now.
        """
        reader = replace(
            subscriber,
            status=Status.ACTIVE,
            paused_until=None,
            # What the week held, however many mails it would have been.
            preferences=replace(subscriber.preferences, days=frozenset()),
        )
        known, received = self._looked(), set[str]()
        issues = [
            (at, newsletter, found)
            for newsletter in self._newsroom.settings.newsletters
            if newsletter.slug in reader.preferences.newsletters
            for at, found in known.issues[newsletter.slug]
        ]
        samples = []
        for at, newsletter, found in sorted(issues, key=lambda issue: issue[0]):
            digest = choose(found, reader, received=received, now=known.at)
            received |= {article.id for article in digest.articles}
            if digest.articles:
                samples.append(
                    Sample(newsletter=newsletter, at=at, articles=digest.articles)
                )
        return samples[::-1]

    def stories_a_week(self, topic: str) -> int:
        """Return how many stories of a topic there are in a week, rounded up."""
        return self._looked().stories.get(topic, 0)

    def label(self, tag: str) -> str:
        """Return a tag as an article of this week writes it, or its slug."""
        issues = (found for each in self._looked().issues.values() for _, found in each)
        labels = (found.labels.get(tag) for found in issues)
        return next(filter(None, labels), tag)

    def issues_a_week(self, newsletter: Newsletter) -> int:
        """Return how many issues a newsletter's schedule has in a week, rounded."""
        return self._looked().often.get(newsletter.slug, 0)

    def _looked(self) -> _Known:
        with self._lock:
            now = self._newsroom.now()
            if not timedelta(0) <= now - self._known.at < FRESH:
                self._known = self._look(now)
            return self._known

    def _look(self, now: datetime) -> _Known:
        known = _Known(at=now)
        topics = self._newsroom.settings.topics
        counted: dict[str, set[str]] = {}
        for newsletter in self._newsroom.settings.newsletters:
            issues = self._newsroom.store.archive.issues(
                newsletter.slug, limit=MOST_ISSUES
            ) or [self._newsroom.issues.draft(newsletter)]
            recent = [i for i in issues if now - i.until <= WEEK * WEEKS]
            # Of older ones topics are counted, no more: nothing has to be read for that.
            counting = replace(newsletter, same_story_twice=True)
            known.issues[newsletter.slug] = []
            for each in recent:
                shown = now - each.until <= WEEK
                found = candidates(each, newsletter if shown else counting, topics)
                if shown:
                    known.issues[newsletter.slug].append((each.until, found))
                for topic, places in found.topics.items():
                    seen = counted.setdefault(topic, set())
                    seen.update(found.articles[place].id for place in places)
            known.often[newsletter.slug] = _issues_a_week(newsletter, now)
        # Newsletters share articles; each counts once.
        known.stories = {
            topic: -(-len(articles) // WEEKS) for topic, articles in counted.items()
        }
        return known


def _issues_a_week(newsletter: Newsletter, now: datetime) -> int:
    if newsletter.schedule is None:
        return 0
    count, at = 0, now
    while True:
        slot = next_slot(
            newsletter.slug, newsletter.schedule, newsletter.timezone, after=at
        )
        if slot is None or slot.due > now + WEEK * WEEKS:
            return round(count / WEEKS)
        count, at = count + 1, slot.due
