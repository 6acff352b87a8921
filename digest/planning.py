"""A plan in numbers: who gets how much, how long it takes, what is new in it.

Worked out from the plan itself, so that the numbers are those of the mails that leave.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from digest.building import Sizes
from digest.issues import Plan, PlannedDigest
from digest.model import Article, Issue, State
from digest.store import Store

#: Readers named at each end: with the longest mails, and with the emptiest.
NAMED = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class TopicSum:
    """One section over all digests of a plan."""

    slug: str
    title: str
    articles: int  #: different ones shown in it
    readers: int  #: whose mail has it
    shown: int  #: articles in it, over all mails


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """What is different from the newsletter's issue before."""

    issue: str
    articles: int  #: it had
    sent: int  #: mails of it that left
    joined: int  #: readers who get a mail now and got none of it
    missing: int  #: readers who got it and get nothing now


@dataclass(frozen=True, slots=True, kw_only=True)
class Sums:
    """The numbers of one plan."""

    digests: int
    skipped: Mapping[str, int]  #: reason -> readers, the most frequent first
    topics: tuple[TopicSum, ...]
    unseen: tuple[Article, ...]  #: in nobody's mail
    per_digest: Mapping[int, int]  #: number of articles -> mails, in order
    octets: Mapping[str, int]  #: of the mails, by reader; empty: not known
    longest: tuple[PlannedDigest, ...]  #: by size, or by articles where none is known
    emptiest: tuple[PlannedDigest, ...]  #: fewest articles first
    seconds: float | None  #: to send all at the configured rate; None: there is none
    change: Change | None  #: None: it is the first issue


def summed(
    plan: Plan, sizes: Sizes, *, rate: float = 0, change: Change | None = None
) -> Sums:
    """Add a plan up; `rate` is `delivery.smtp.rate` in mails a second, 0 for none."""
    shorter = {row.subscriber.id: row for row, _ in sizes.shortened}
    rows = [shorter.get(row.subscriber.id, row) for row in plan.receiving]
    seen = {article.id for row in rows for article in row.digest.articles}

    def size(row: PlannedDigest) -> tuple[int, int, str]:
        octets = sizes.octets.get(row.subscriber.id, 0)
        return octets, row.digest.count, row.subscriber.id

    def count(row: PlannedDigest) -> tuple[int, int, str]:
        return row.digest.count, *size(row)[::2]

    reasons = Counter(row.digest.skipped for row in plan.rows if row.digest.skipped)
    return Sums(
        digests=len(rows),
        skipped=dict(reasons.most_common()),
        topics=_topics(rows, order=[topic.slug for topic in plan.newsletter.topics]),
        unseen=tuple(a for a in plan.issue.articles if a.id not in seen),
        per_digest=dict(sorted(Counter(row.digest.count for row in rows).items())),
        octets=sizes.octets,
        longest=_first(rows, size, reverse=True),
        emptiest=_first(rows, count, reverse=False),
        seconds=len(rows) / rate if rate else None,
        change=change,
    )


def _first(
    rows: Iterable[PlannedDigest],
    key: Callable[[PlannedDigest], tuple[int, int, str]],
    *,
    reverse: bool,
) -> tuple[PlannedDigest, ...]:
    return tuple(sorted(rows, key=key, reverse=reverse)[:NAMED])


def _topics(rows: Iterable[PlannedDigest], *, order: list[str]) -> tuple[TopicSum, ...]:
    """Return the sums of sections in the newsletter's order, then single tags."""
    articles: dict[str, set[str]] = {}
    readers, shown, titles = Counter[str](), Counter[str](), dict[str, str]()
    for row in rows:
        for section in row.digest.sections:
            ids = {chosen.article.id for chosen in section.articles}
            articles.setdefault(section.slug, set()).update(ids)
            titles.setdefault(section.slug, section.title)
            readers[section.slug] += 1
            shown[section.slug] += len(ids)
    places = {slug: place for place, slug in enumerate(order)}
    return tuple(
        TopicSum(
            slug=slug,
            title=titles[slug],
            articles=len(articles[slug]),
            readers=readers[slug],
            shown=shown[slug],
        )
        for slug in sorted(articles, key=lambda s: (places.get(s, len(order)), s))
    )


def change_since(store: Store, plan: Plan) -> Change | None:
    """Compare a plan with what became of the newsletter's issue before it."""
    before = _before(store, plan.issue)
    if before is None:
        return None
    got = {d.subscriber for d in store.journal.deliveries(before.id, State.SENT)}
    receiving = {row.subscriber.id for row in plan.receiving}
    return Change(
        issue=before.id,
        articles=len(before.articles),
        sent=len(got),
        joined=len(receiving - got),
        missing=len(got - receiving),
    )


def _before(store: Store, issue: Issue) -> Issue | None:
    last = store.archive.last_issue(issue.newsletter)
    if last is None or last.number < issue.number:
        return last
    issues = store.archive.issues(issue.newsletter)
    return next((i for i in reversed(issues) if i.number < issue.number), None)
