"""The archive replayed: what readers would have got, on this schedule, with these wishes.

Every slot of a span of time is served again with the articles that came before it, for
the readers of today with the preferences of today. An article came when it was
published, or else when it was first seen, so that an archive collected yesterday can be
replayed, too. Nothing is stored.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from digest.issues import sources_of
from digest.model import (
    Article,
    Digest,
    Issue,
    Newsletter,
    Preferences,
    Subscriber,
    Topic,
)
from digest.moments import REACH
from digest.selection import not_for, rank
from digest.slots import Slot, slots_between
from digest.spans import Spans
from digest.store import Store

#: How far back the slot before the first one is looked for.
LOOK_BACK = timedelta(days=366)


@dataclass(frozen=True, slots=True, kw_only=True)
class Served:
    """One slot that was served again."""

    slot: Slot
    issue: str  #: the id it would have
    articles: int  #: 0: there was no news, and no issue
    mails: int
    shown: int  #: articles over all mails
    empty: int  #: readers for whom there was nothing, or too little
    full: int  #: mails that had to leave something out
    away: int  #: readers who are paused, or want none on this day


@dataclass(slots=True, kw_only=True)
class ReaderSum:
    """One reader over the whole span."""

    subscriber: Subscriber
    mails: int = 0
    articles: int = 0
    empty: int = 0
    full: int = 0
    away: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Replay:
    """What came of it."""

    newsletters: tuple[Newsletter, ...]
    since: datetime
    until: datetime
    served: tuple[Served, ...]  #: in order
    readers: tuple[ReaderSum, ...]

    @property
    def weeks(self) -> float:
        """How long the span is."""
        return (self.until - self.since) / timedelta(weeks=1)

    @property
    def issues(self) -> int:
        """How many slots had news."""
        return sum(each.articles > 0 for each in self.served)

    @property
    def mails(self) -> int:
        """How many mails would have left."""
        return sum(each.mails for each in self.served)

    @property
    def empty_rate(self) -> float:
        """Of the digests that were due, the share with nothing in it."""
        empty = sum(each.empty for each in self.served)
        return empty / (empty + self.mails) if empty + self.mails else 0.0

    @property
    def full_rate(self) -> float:
        """Of the mails, the share that had to leave something out."""
        full = sum(each.full for each in self.served)
        return full / self.mails if self.mails else 0.0

    def per_week(self) -> dict[int, int]:
        """Return mails a week, rounded -> readers, from none to the most without gaps."""
        counts = Counter(round(each.mails / self.weeks) for each in self.readers)
        return {n: counts[n] for n in range(max(counts, default=0) + 1)}


def replay(
    store: Store,
    newsletters: Sequence[Newsletter],
    topics: Sequence[Topic],
    *,
    since: datetime,
    until: datetime,
) -> Replay:
    """Serve every slot of `(since, until]` of these newsletters again, in order.

    Those without a schedule have none. A story that one newsletter brought to a reader
    is not brought by another, as in life.
    """
    readers: dict[str, ReaderSum] = {}
    received: dict[str, set[str]] = {}
    takers = {n.slug: list(store.audience.takers(n.slug)) for n in newsletters}
    for each in (reader for found in takers.values() for reader in found):
        readers.setdefault(each.id, ReaderSum(subscriber=each))
    arrivals = {
        n.slug: sorted(store.archive.arrivals(sources_of(n)), key=lambda pair: pair[0])
        for n in newsletters
    }
    served, issues = [], dict[str, tuple[Issue, ...]]()
    for newsletter, slot, begin in _slots(newsletters, since=since, until=until):
        articles = _between(arrivals[newsletter.slug], begin, slot.due)
        earlier = _carried(issues.get(newsletter.slug, ()), slot.due)
        issue = _issue(newsletter, slot, begin, articles, earlier)
        if articles:  # there would have been none
            bare = replace(issue, earlier=())
            issues[newsletter.slug] = (bare, *earlier)
        serving = _Serving(newsletter, slot, Spans(issue, newsletter, topics))
        served.append(serving.serve(takers[newsletter.slug], readers, received))
    return Replay(
        newsletters=tuple(newsletters),
        since=since,
        until=until,
        served=tuple(served),
        readers=tuple(readers.values()),
    )


def _slots(
    newsletters: Iterable[Newsletter], *, since: datetime, until: datetime
) -> Iterator[tuple[Newsletter, Slot, datetime]]:
    """Yield the slots of all newsletters by time, each with where its window begins."""
    found = []
    for newsletter in newsletters:
        if newsletter.schedule is None:
            continue
        begin = since - LOOK_BACK
        for slot in slots_between(
            newsletter.slug,
            newsletter.schedule,
            newsletter.timezone,
            after=since - LOOK_BACK,
            until=until,
        ):
            if slot.due > since:
                found.append((newsletter, slot, begin))
            begin = slot.due
    yield from sorted(found, key=lambda each: (each[1].due, each[1].id))


def _between(
    arrivals: Sequence[tuple[datetime, Article]], begin: datetime, end: datetime
) -> tuple[Article, ...]:
    first, last = (
        bisect_left(arrivals, at, key=lambda pair: pair[0]) for at in (begin, end)
    )
    return tuple(article for _, article in arrivals[first:last])


@dataclass(slots=True)
class _Serving:
    """One slot; who wishes the same and got the same before gets the same."""

    newsletter: Newsletter
    slot: Slot
    spans: Spans
    _chosen: dict[tuple[Preferences, str, frozenset[str]], Digest] = field(
        default_factory=dict
    )

    def serve(
        self,
        takers: Iterable[Subscriber],
        readers: dict[str, ReaderSum],
        received: dict[str, set[str]],
    ) -> Served:
        """Choose for every reader; add to their sums and to what they received."""
        tally = Counter[str]()
        ids = self.spans.own.places
        for subscriber in takers if ids else ():
            mine = readers[subscriber.id]
            if not_for(self.spans.own, subscriber, self.slot.due):
                mine.away += 1
                tally["away"] += 1
                continue
            known = received.get(subscriber.id, ())
            got = self.spans.ids(self.spans.back(subscriber)).intersection(known)
            key = subscriber.preferences, subscriber.timezone, got
            if key not in self._chosen:
                self._chosen[key] = self.spans.choose(
                    subscriber, received=got, now=self.slot.due
                )
            digest = self._chosen[key]
            if digest.skipped:
                mine.empty += 1
                tally["empty"] += 1
                continue
            mine.mails += 1
            mine.articles += digest.count
            mine.full += bool(digest.more)
            tally.update(mails=1, shown=digest.count, full=bool(digest.more))
            received.setdefault(subscriber.id, set()).update(
                article.id for article in digest.articles
            )
        return Served(
            slot=self.slot,
            issue=self.spans.issue.id,
            articles=len(ids),
            mails=tally["mails"],
            shown=tally["shown"],
            empty=tally["empty"],
            full=tally["full"],
            away=tally["away"],
        )


def _carried(issues: tuple[Issue, ...], due: datetime) -> tuple[Issue, ...]:
    """Return the issues before one, the newest first, as `Issue.earlier` has them."""
    near = tuple(issue for issue in issues if issue.until >= due - REACH)
    older = (replace(issue, articles=()) for issue in issues[len(near) : len(near) + 1])
    return (*near, *older)


def _issue(
    newsletter: Newsletter,
    slot: Slot,
    begin: datetime,
    articles: Iterable[Article],
    earlier: tuple[Issue, ...],
) -> Issue:
    local = slot.due.astimezone(ZoneInfo(newsletter.timezone))
    return Issue(
        id=f"{newsletter.slug}/{local:%Y-%m-%d}",
        newsletter=newsletter.slug,
        number=1,
        since=begin,
        until=slot.due,
        slot=slot.id,
        articles=rank(articles),
        earlier=earlier,
    )
