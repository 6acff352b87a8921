"""Which articles of an issue one reader gets, and in which sections.

An article is for a reader when it belongs to something they follow, to nothing they
mute, and they never got it before. It stands once, in the first of their sections it
belongs to. Sections follow the newsletter's order of topics, then the single tags the
reader follows, in the reader's order; one with a pinned article comes first. Inside a
section the rank decides.

When not everything fits, pinned articles come first; then each section in turn gives
its next best article, so that a reader of four topics with room for eight articles
gets something of each. What did not fit is counted, never forgotten.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from datetime import datetime, timedelta

from digest.model import (
    Article,
    Chosen,
    Digest,
    Issue,
    Newsletter,
    Preferences,
    Section,
    Status,
    Subscriber,
    Topic,
)
from digest.tags import belongs, single_tag, slug, slugs

#: A set of places in the issue's ranked articles.
Places = frozenset[int]


def rank(articles: Iterable[Article]) -> tuple[Article, ...]:
    """Return the articles pinned first, then in the editor's order, then newest first.

    Articles without a place come after those with one, undated ones last; the id
    decides between equals, so the order depends on nothing but the articles.
    """

    def key(article: Article) -> tuple[bool, bool, int, float, str]:
        published = (
            article.published.timestamp() if article.published else float("-inf")
        )
        unplaced, place = article.order is None, article.order or 0
        return (not article.pinned, unplaced, place, -published, article.id)

    return tuple(sorted(articles, key=key))


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidates:
    """One issue against one newsletter, worked out once for all readers."""

    issue: str
    newsletter: Newsletter
    articles: tuple[Article, ...]  #: ranked, none older than the newsletter allows
    topics: Mapping[str, Places]  #: of every topic of the project, by slug
    tags: Mapping[str, Places]  #: by slug
    labels: Mapping[str, str]  #: a tag's slug -> as the articles write it
    places: Mapping[str, int]  #: by article id
    pinned: Places

    @property
    def without_topic(self) -> tuple[Article, ...]:
        """Articles in none of the newsletter's topics: no reader of topics gets them."""
        if not self.newsletter.topics:
            return ()
        found = Places().union(*(self.topics[t.slug] for t in self.newsletter.topics))
        return tuple(a for i, a in enumerate(self.articles) if i not in found)


def candidates(
    issue: Issue, newsletter: Newsletter, topics: Iterable[Topic]
) -> Candidates:
    """Work out which articles of `issue` belong to which topics and tags.

    `topics` are all those of the project: a reader may mute one that this
    newsletter does not offer.
    """
    articles = tuple(a for a in rank(issue.articles) if _fresh(a, issue, newsletter))
    carried = [slugs(article.tags) for article in articles]
    by_tag: dict[str, set[int]] = {}
    for place, tags in enumerate(carried):
        for tag in tags:
            by_tag.setdefault(tag, set()).add(place)
    labels = {slug(tag): tag for a in reversed(articles) for tag in reversed(a.tags)}
    return Candidates(
        issue=issue.id,
        newsletter=newsletter,
        articles=articles,
        topics={
            topic.slug: frozenset(
                place for place, tags in enumerate(carried) if belongs(topic, tags)
            )
            for topic in (*topics, *newsletter.topics)
        },
        tags={tag: frozenset(places) for tag, places in by_tag.items()},
        labels=labels,
        places={article.id: place for place, article in enumerate(articles)},
        pinned=frozenset(i for i, article in enumerate(articles) if article.pinned),
    )


def _fresh(article: Article, issue: Issue, newsletter: Newsletter) -> bool:
    days = newsletter.limits.max_age_days
    if days is None or article.published is None:
        return True
    return article.published >= issue.until - timedelta(days=days)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Wanted:
    """A section a reader may get, before limits."""

    slug: str
    title: str
    members: Places  #: all articles that belong here
    places: Sequence[int] = ()  #: those standing here, ranked


def choose(
    candidates: Candidates,
    subscriber: Subscriber,
    *,
    received: AbstractSet[str],
    now: datetime,
) -> Digest:
    """Return the digest of one reader, or one whose `skipped` says why it is empty.

    `received` holds the ids of articles the reader got before.
    """
    preferences = subscriber.preferences
    reason = _not_now(subscriber, now)
    sections = [] if reason else _followed(candidates, preferences)
    if not reason and not sections:
        reason = "follows none of this newsletter's topics"
    if reason:
        return Digest(issue=candidates.issue, skipped=reason)
    gone = _muted(candidates, preferences) | {
        place for id_ in received if (place := candidates.places.get(id_)) is not None
    }
    wanted = _dealt(sections, gone)
    return _limited(candidates, wanted, preferences)


def _not_now(subscriber: Subscriber, now: datetime) -> str:
    """Return why this reader gets nothing whatever the issue holds, or ""."""
    if subscriber.status is not Status.ACTIVE:
        return {
            Status.PENDING: "has not confirmed yet",
            Status.UNSUBSCRIBED: "unsubscribed",
            Status.REMOVED: "no longer in the readers' file",
        }[subscriber.status]
    if subscriber.paused_until is not None and now < subscriber.paused_until:
        return f"paused until {subscriber.paused_until:%Y-%m-%d}"
    return ""


def _followed(candidates: Candidates, preferences: Preferences) -> list[_Wanted]:
    """Return the sections of what a reader follows, with everything that belongs."""
    topics = candidates.newsletter.topics
    follows = preferences.follows
    if not topics and not follows:
        everything = frozenset(range(len(candidates.articles)))
        return [_Wanted(slug="", title="", members=everything)]
    sections = [
        _Wanted(slug=t.slug, title=t.title, members=candidates.topics[t.slug])
        for t in topics
        if not follows or t.slug in follows
    ]
    for tag in filter(None, map(single_tag, follows)):
        label, members = (
            candidates.labels.get(tag, tag),
            candidates.tags.get(tag, Places()),
        )
        sections.append(_Wanted(slug=f"tag:{tag}", title=label, members=members))
    return sections


def _muted(candidates: Candidates, preferences: Preferences) -> Places:
    """Return the articles a reader does not want to see, whatever they follow."""
    found = Places()
    for name in preferences.mutes:
        tag = single_tag(name)
        places = (
            candidates.topics.get(name) if tag is None else candidates.tags.get(tag)
        )
        found |= places or Places()
    return found


def _dealt(sections: Iterable[_Wanted], gone: AbstractSet[int]) -> list[_Wanted]:
    """Give every article to the first section it belongs to."""
    taken, dealt = set(gone), []
    for section in sections:
        mine = section.members - taken
        taken |= mine
        dealt.append(
            _Wanted(
                slug=section.slug,
                title=section.title,
                members=section.members,
                places=sorted(mine),  # places are ranks
            )
        )
    return dealt


def _limited(
    candidates: Candidates, wanted: Sequence[_Wanted], preferences: Preferences
) -> Digest:
    """Return what fits, as a digest; skipped when it is less than the minimum."""
    limits = candidates.newsletter.limits
    total = min(limits.articles, preferences.limit or limits.articles)
    available = sum(len(section.places) for section in wanted)
    shown = _fitting(
        wanted, candidates.pinned, per_section=limits.per_topic, total=total
    )
    if not available:
        reason = "nothing new on the topics they follow"
        return Digest(issue=candidates.issue, skipped=reason)
    if len(shown) < limits.minimum:
        reason = f"only {len(shown)} of at least {limits.minimum} articles"
        return Digest(issue=candidates.issue, skipped=reason, more=available)
    sections = []
    for section in wanted:
        chosen = tuple(
            Chosen(
                article=candidates.articles[place],
                also_in=tuple(
                    other.title
                    for other in wanted
                    if other is not section and place in other.members
                ),
            )
            for place in section.places
            if place in shown
        )
        if chosen:
            sections.append(
                Section(
                    slug=section.slug,
                    title=section.title,
                    articles=chosen,
                    more=len(section.places) - len(chosen),
                )
            )
    # What the editor pinned leads, so its section does.
    sections.sort(key=lambda section: not section.articles[0].article.pinned)
    return Digest(
        issue=candidates.issue, sections=tuple(sections), more=available - len(shown)
    )


def _fitting(
    wanted: Sequence[_Wanted], pinned: Places, *, per_section: int, total: int
) -> set[int]:
    """Return the places that fit: pinned ones, then each section's next in turn."""
    queues = [section.places[:per_section] for section in wanted]
    in_reach = set[int]().union(*queues)
    shown = set(sorted(pinned & in_reach)[:total])
    longest = max(map(len, queues), default=0)
    for turn in range(longest):
        for queue in queues:
            if turn < len(queue) and len(shown) < total:
                shown.add(queue[turn])
    return shown
