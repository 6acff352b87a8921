"""Which articles of an issue one reader gets, and in which sections.

An article is for a reader when it belongs to something they follow, to nothing they
mute, and they never got it before. It stands once, in the first of their sections it
belongs to. Sections follow the newsletter's order of topics, then the single tags the
reader follows, in the reader's order; one with a pinned article comes first. Inside a
section the rank decides.

Of a topic of which a reader wants "only top stories", the first `TOP_STORIES` are for
them; the rest may still stand in another section.

A section holds at most `per_topic` articles, a digest at most `articles` or what the
reader set, if that is less. When not everything fits, pinned articles come first; then
each section in turn gives its next best article, so that a reader of four topics with
room for eight articles gets something of each. What did not fit is counted, never
forgotten. The minimum asks how much there is for a reader, not how much fits: somebody
who wants two articles at most still gets them.

Of articles that say nearly the same (`alike`) a reader gets the best ranked of those
that are for them, and none when they got one of them before. What is left out is always
alike to one that is for them, never only to something in between: a story that comes
twice is a nuisance, one that never comes is lost. It is not counted as more.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import chain, islice, zip_longest
from zoneinfo import ZoneInfo

from digest.alike import alike
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
from digest.moments import Moments
from digest.tags import belongs, single_tag, slug, slugs

#: What a section holds at most of a topic of which a reader wants only top stories.
TOP_STORIES = 2

#: Articles with their sections that are kept for other readers: some megabytes.
_MOST_SHOWN = 10_000

#: A set of places in the issue's ranked articles.
Places = frozenset[int]


def rank(articles: Iterable[Article]) -> tuple[Article, ...]:
    """Return the articles pinned first, then in the editor's order, then newest first.

    Articles without a place come after those with one. One without a date has just
    come in as far as anybody knows, so it ranks as the newest. The id decides between
    equals, so the order depends on nothing but the articles.
    """

    def key(article: Article) -> tuple[bool, bool, int, float, str]:
        published = article.published.timestamp() if article.published else float("inf")
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
    labels: Mapping[str, str]  #: a tag's slug -> as the first article writes it
    places: Mapping[str, int]  #: by article id
    pinned: Places
    titles: Mapping[str, str]  #: of every topic of the project, by slug
    moments: Moments  #: for readers with days of their own
    stale: tuple[Article, ...] = ()  #: ranked, older than the newsletter allows
    #: By place, those that say nearly the same; empty: the newsletter shows them all.
    alike: Mapping[int, Places] = field(default_factory=dict)
    #: What readers were shown, by place and titles: the next one mostly gets the same.
    shown: dict[tuple[object, ...], Chosen] = field(
        default_factory=dict, compare=False, repr=False
    )

    @property
    def without_topic(self) -> tuple[Article, ...]:
        """Articles in none of the newsletter's topics: no reader of topics gets them."""
        if not self.newsletter.topics:
            return ()
        found = Places().union(*(self.topics[t.slug] for t in self.newsletter.topics))
        return tuple(a for i, a in enumerate(self.articles) if i not in found)


def candidates(
    issue: Issue, newsletter: Newsletter, topics: Collection[Topic], *, back: int = 0
) -> Candidates:
    """Work out which articles of `issue` belong to which topics and tags.

    `topics` are all those of the project: a reader may mute one that this
    newsletter does not offer. With what it holds of so many issues `back`; how old an
    article is counts from the issue that it came in.
    """
    span = (issue, *issue.earlier[:back])
    ranked = rank(article for each in span for article in each.articles)
    stale = frozenset(
        article.id
        for each in span
        for article in each.articles
        if not _fresh(article, each, newsletter)
    )
    articles = tuple(a for a in ranked if a.id not in stale)
    by_tag: dict[str, set[int]] = {}
    labels: dict[str, str] = {}
    for place, article in enumerate(articles):
        for label in article.tags:
            tag = slug(label)
            by_tag.setdefault(tag, set()).add(place)
            labels.setdefault(tag, label)
    carried = [slugs(article.tags) for article in articles]
    every = {topic.slug: topic for topic in (*topics, *newsletter.topics)}
    return Candidates(
        issue=issue.id,
        newsletter=newsletter,
        articles=articles,
        topics={
            name: frozenset(
                place for place, tags in enumerate(carried) if belongs(topic, tags)
            )
            for name, topic in every.items()
        },
        tags={tag: frozenset(places) for tag, places in by_tag.items()},
        labels=labels,
        places={article.id: place for place, article in enumerate(articles)},
        pinned=frozenset(i for i, article in enumerate(articles) if article.pinned),
        titles={name: topic.title for name, topic in every.items()},
        moments=Moments(issue, newsletter),
        stale=tuple(a for a in ranked if a.id in stale),
        alike={} if newsletter.same_story_twice else alike(articles),
    )


def _fresh(article: Article, issue: Issue, newsletter: Newsletter) -> bool:
    days = newsletter.limits.max_age_days
    if days is None or article.published is None:
        return True
    return article.published >= issue.until - timedelta(days=days)


@dataclass(slots=True, kw_only=True)  # made for each reader: frozen costs twice as much
class Wanted:
    """A section a reader may get, before limits; `explaining` asks for it, too."""

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
    reason = not_for(candidates, subscriber, now)
    if reason:
        return Digest(issue=candidates.issue, skipped=reason)
    preferences = subscriber.preferences
    sections = followed(candidates, preferences)
    if not sections:
        reason = "follows none of this newsletter's topics"
        return Digest(issue=candidates.issue, skipped=reason)
    gone = had(candidates, received) | muted(candidates, preferences)
    wanted = dealt(sections, gone=gone, top=preferences.top, alike=candidates.alike)
    return _limited(candidates, wanted, limit=preferences.limit)


def not_for(candidates: Candidates, subscriber: Subscriber, now: datetime) -> str:
    """Return why this reader gets nothing of an issue whatever it holds, or ""."""
    reason = not_now(subscriber, candidates.newsletter, now)
    return reason or candidates.moments.against(subscriber)


def not_now(subscriber: Subscriber, newsletter: Newsletter, now: datetime) -> str:
    """Return why this reader gets nothing whatever the issue holds, or ""."""
    if subscriber.status is not Status.ACTIVE:
        return {
            Status.PENDING: "has not confirmed yet",
            Status.UNSUBSCRIBED: "unsubscribed",
            Status.REMOVED: "no longer in the readers' file",
            Status.BOUNCED: "the address takes no mail",
        }[subscriber.status]
    if subscriber.paused_until is not None and now < subscriber.paused_until:
        # Midnight in the reader's zone is the day before in UTC, or the day itself.
        zone = ZoneInfo(subscriber.timezone or newsletter.timezone)
        return f"paused until {subscriber.paused_until.astimezone(zone):%Y-%m-%d}"
    return ""


def followed(candidates: Candidates, preferences: Preferences) -> list[Wanted]:
    """Return the sections of what a reader follows, with everything that belongs."""
    topics, follows = candidates.newsletter.topics, preferences.follows
    if not topics and not follows:
        everything = frozenset(range(len(candidates.articles)))
        return [Wanted(slug="", title="", members=everything)]
    sections = [
        Wanted(
            slug=topic.slug, title=topic.title, members=candidates.topics[topic.slug]
        )
        for topic in topics
        if not follows or topic.slug in follows
    ]
    for tag in filter(None, map(single_tag, follows)):
        title = candidates.labels.get(tag, tag)
        members = candidates.tags.get(tag, Places())
        sections.append(Wanted(slug=f"tag:{tag}", title=title, members=members))
    return sections


def muted(candidates: Candidates, preferences: Preferences) -> Places:
    """Return the articles a reader does not want to see, whatever they follow."""
    found = Places()
    for name in preferences.mutes:
        tag = single_tag(name)
        found |= (
            candidates.topics.get(name, Places())
            if tag is None
            else candidates.tags.get(tag, Places())
        )
    return found


def had(candidates: Candidates, received: Iterable[str]) -> set[int]:
    """Return the articles a reader got before, and those that say nearly the same."""
    got = {candidates.places[id_] for id_ in received if id_ in candidates.places}
    return got.union(*(candidates.alike[p] for p in got & candidates.alike.keys()))


def dealt(
    sections: Iterable[Wanted],
    *,
    gone: AbstractSet[int],
    top: AbstractSet[str],
    alike: Mapping[int, Places],
) -> list[Wanted]:
    """Give every article that is not gone to the first section it belongs to.

    A section in `top` takes its first ones only; the others are not wanted there. Of
    those that are `alike` the best ranked stays.
    """
    dealt = list(sections)
    _deal(dealt, gone, top)
    kept, out = set[int](), set(gone)
    while alike:
        standing = alike.keys() & set(chain.from_iterable(s.places for s in dealt))
        # What stands already stays: a top story that moved up has to be another one.
        doubles = set()
        for place in sorted(standing - kept):
            if alike[place].isdisjoint(kept):
                kept.add(place)
            else:
                doubles.add(place)
        if not doubles:
            break
        out |= doubles
        _deal(dealt, out, top)
    return dealt


def _deal(
    sections: Iterable[Wanted], gone: AbstractSet[int], top: AbstractSet[str]
) -> None:
    taken = set(gone)
    for section in sections:
        mine = sorted(section.members - taken)  # places are ranks
        section.places = mine[:TOP_STORIES] if section.slug in top else mine
        taken.update(section.places)


def _limited(
    candidates: Candidates, wanted: Sequence[Wanted], *, limit: int | None
) -> Digest:
    """Return what fits, as a digest; skipped when there is less than the minimum."""
    limits = candidates.newsletter.limits
    available = sum(len(section.places) for section in wanted)
    if not available:
        reason = "nothing new on the topics they follow"
        return Digest(issue=candidates.issue, skipped=reason)
    if available < limits.minimum:
        reason = f"only {available} of at least {limits.minimum} articles"
        return Digest(issue=candidates.issue, skipped=reason, more=available)
    shown = _fitting(
        [section.places[: limits.per_topic] for section in wanted],
        pinned=candidates.pinned,
        total=min(limit or limits.articles, limits.articles),
    )
    belonging: dict[int, list[str]] = {place: [] for place in shown}
    for section in wanted:
        for place in shown & section.members:
            belonging[place].append(section.title)
    sections = [
        _section(candidates, section, belonging)
        for section in wanted
        if not shown.isdisjoint(section.places)
    ]
    # What the editor pinned leads, so its section does.
    sections.sort(key=lambda section: not section.articles[0].article.pinned)
    return Digest(
        issue=candidates.issue, sections=tuple(sections), more=available - len(shown)
    )


def _fitting(
    queues: Sequence[Sequence[int]], *, pinned: Places, total: int
) -> set[int]:
    """Return the places that fit: pinned ones, then each queue's next in turn."""
    in_turn = chain.from_iterable(zip_longest(*queues))
    waiting = [place for place in in_turn if place is not None]
    leading = sorted(pinned.intersection(waiting))
    return set(islice(dict.fromkeys([*leading, *waiting]), total))


def _section(
    candidates: Candidates, section: Wanted, belonging: Mapping[int, Sequence[str]]
) -> Section:
    """Return the section with what is shown of it, and where else that belongs.

    `belonging` holds, for each article shown, the titles of all sections it belongs to.
    """
    chosen = tuple(
        [
            _chosen(candidates, place, section.title, belonging[place])
            for place in section.places
            if place in belonging
        ]
    )
    return Section(
        slug=section.slug,
        title=section.title,
        articles=chosen,
        more=len(section.places) - len(chosen),
    )


def _chosen(
    candidates: Candidates, place: int, title: str, titles: Sequence[str]
) -> Chosen:
    """Return an article in the section with this title, of the sections with `titles`."""
    name = (place, title, *titles)
    if (known := candidates.shown.get(name)) is not None:
        return known
    if len(candidates.shown) >= _MOST_SHOWN:
        candidates.shown.clear()
    # A tag may be called as a topic is; naming either once is enough.
    also_in = tuple(dict.fromkeys([one for one in titles if one != title]))
    made = Chosen(article=candidates.articles[place], also_in=also_in)
    candidates.shown[name] = made
    return made
