"""Why an article of an issue is in one reader's digest, or why it is not.

Every article of the issue gets one verdict, those that are too old as well. What is
shown, where and in which order is asked of `choose` itself, so an explanation cannot
say anything else than what is sent. Of several reasons against an article the first
that would have to change is given: the reader, the article's age, what they follow,
what they mute, what they got before, what says nearly the same, and only then the
limits.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from digest.model import Article, Digest, Preferences, Subscriber
from digest.selection import (
    TOP_STORIES,
    Candidates,
    Places,
    Wanted,
    choose,
    dealt,
    followed,
    had,
    muted,
    not_for,
)
from digest.tags import single_tag, slug, slugs


class Why(StrEnum):
    """The kind of a verdict, for scripts and colours; `Verdict.reason` has the words."""

    SHOWN = "shown"
    READER = "reader"  #: paused, unsubscribed, not their day: nothing at all
    OLD = "old"  #: older than the newsletter's `max_age_days`
    NOT_FOLLOWED = "not followed"  #: in nothing they follow
    MUTED = "muted"
    RECEIVED = "received"  #: an issue brought it before
    ALIKE = "alike"  #: one that says nearly the same is for them, or came before
    TOP_ONLY = "top only"  #: beyond the first few of a topic they want no more of
    MINIMUM = "minimum"  #: too few articles for a mail
    TOPIC_FULL = "topic full"  #: the newsletter's `per_topic`
    DIGEST_FULL = "digest full"  #: the newsletter's `articles`
    OWN_LIMIT = "own limit"  #: the reader's `limit`
    SIZE = "size"  #: chosen, and left to the site: Gmail cuts longer mails


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """One article of an issue for one reader."""

    article: Article
    why: Why
    reason: str  #: in plain words, complete: "muted: Sport"
    topic: str = ""  #: title of the section where it stands, or would
    rank: int = 0  #: its place in the digest, from 1; 0: it is not in

    @property
    def shown(self) -> bool:
        """Whether it is in the digest."""
        return self.why is Why.SHOWN


def explain(
    candidates: Candidates,
    subscriber: Subscriber,
    *,
    received: Mapping[str, str],
    now: datetime,
) -> tuple[Verdict, ...]:
    """Return a verdict for each article of the issue, ranked; those too old come last.

    `received` names, by article id, the issue that brought it to this reader before.
    """
    digest = choose(candidates, subscriber, received=frozenset(received), now=now)
    against = not_for(candidates, subscriber, now)
    if against:
        everything = (*candidates.articles, *candidates.stale)
        return tuple(
            Verdict(article=each, why=Why.READER, reason=against) for each in everything
        )
    explained = _Explaining(candidates, subscriber.preferences, digest, received)
    days = candidates.newsletter.limits.max_age_days
    return (
        *explained.verdicts(),
        *(
            Verdict(
                article=each,
                why=Why.OLD,
                reason=f"published {each.published:%Y-%m-%d}, more than {days} days "
                "before this issue",
            )
            for each in candidates.stale
        ),
    )


def after_fitting(
    verdicts: Iterable[Verdict], fitted: Collection[str]
) -> tuple[Verdict, ...]:
    """Return the verdicts when the mail is made and holds only the ids in `fitted`.

    A mail too long for Gmail is shortened from its end, which `choose` cannot know.
    """
    return tuple(
        verdict
        if not verdict.shown or verdict.article.id in fitted
        else replace(
            verdict,
            why=Why.SIZE,
            rank=0,
            reason="left to the site: Gmail cuts a mail longer than this one is",
        )
        for verdict in verdicts
    )


class _Explaining:
    """What is worked out once for all articles of an issue."""

    def __init__(
        self,
        candidates: Candidates,
        preferences: Preferences,
        digest: Digest,
        received: Mapping[str, str],
    ) -> None:
        self.candidates, self.preferences = candidates, preferences
        self.digest, self.received = digest, received
        self.limits = candidates.newsletter.limits
        self.muted = muted(candidates, preferences)
        #: Sections with what may stand in them, before any limit.
        self.sections = dealt(
            followed(candidates, preferences),
            gone=had(candidates, received) | self.muted,
            top=preferences.top,
            alike=candidates.alike,
        )
        #: Articles they get, or that had no room.
        self.standing = {place for s in self.sections for place in s.places}
        self.ranks = {a.id: n for n, a in enumerate(digest.articles, start=1)}

    def verdicts(self) -> Iterator[Verdict]:
        for place, article in enumerate(self.candidates.articles):
            belonging = [s for s in self.sections if place in s.members]
            home = next((s for s in belonging if place in s.places), None)
            if article.id in self.ranks:
                assert home is not None  # `choose` takes from the same sections
                yield self._shown(place, article, home, belonging)
            elif home is not None:
                yield self._left_out(place, article, home)
            else:
                yield self._not_for_them(place, article, belonging)

    def _shown(
        self, place: int, article: Article, home: Wanted, belonging: list[Wanted]
    ) -> Verdict:
        rank = self.ranks[article.id]
        said = [self._because(article, home), f"place {rank} of {len(self.ranks)}"]
        if place in self.candidates.pinned:
            said.append("pinned by the editor")
        also = [s.title for s in belonging if s.title != home.title]
        if also:
            said.append(f"also in {_listed(also)}")
        return Verdict(
            article=article,
            why=Why.SHOWN,
            reason="; ".join(said),
            topic=home.title,
            rank=rank,
        )

    def _because(self, article: Article, home: Wanted) -> str:
        """Say what brings an article to this reader."""
        if not home.slug:
            return "everything in this newsletter"
        tag = single_tag(home.slug)
        if tag is not None:
            return f"follows the tag {home.title}"
        asked = "follows" if self.preferences.follows else "gets every topic, so"
        tags = _matching(self.candidates, home.slug, article)
        return f"{asked} {home.title}" + (f" (tagged {_listed(tags)})" if tags else "")

    def _left_out(self, place: int, article: Article, home: Wanted) -> Verdict:
        """Say which limit an article met that was theirs otherwise."""
        limits, own = self.limits, self.preferences.limit
        if self.digest.skipped:
            why, reason = Why.MINIMUM, f"no mail: {self.digest.skipped}"
        elif home.places.index(place) >= limits.per_topic:
            where = home.title or "the newsletter"
            number = home.places.index(place) + 1
            why = Why.TOPIC_FULL
            reason = f"number {number} in {where}, which holds {limits.per_topic}"
        elif own and own < limits.articles:
            why = Why.OWN_LIMIT
            reason = f"over their own limit of {_articles(own)} in a mail"
        else:
            why = Why.DIGEST_FULL
            reason = f"over the limit of {_articles(limits.articles)} in a mail"
        return Verdict(article=article, why=why, reason=reason, topic=home.title)

    def _not_for_them(
        self, place: int, article: Article, belonging: list[Wanted]
    ) -> Verdict:
        """Say why an article was never a question for this reader."""
        if not belonging:
            why, reason = Why.NOT_FOLLOWED, self._nothing_followed(place, article)
        elif place in self.muted:
            why, reason = Why.MUTED, f"muted: {_listed(self._mutes(place))}"
        elif article.id in self.received:
            why = Why.RECEIVED
            reason = f"already sent with {self.received[article.id]}"
        elif instead := self._instead(place):
            why, reason = Why.ALIKE, f"near-duplicate of {instead}"
        else:
            why = Why.TOP_ONLY
            titles = (each.title for each in belonging)
            reason = f"wants only the first {TOP_STORIES} of {_listed(titles)}"
        topic = belonging[0].title if belonging else ""
        return Verdict(article=article, why=why, reason=reason, topic=topic)

    def _instead(self, place: int) -> str:
        """Say which article that says nearly the same keeps this one out, or ""."""
        for other in sorted(self.candidates.alike.get(place, ())):
            article = self.candidates.articles[other]
            if issue := self.received.get(article.id):
                return f"“{article.headline}”, already sent with {issue}"
            if other in self.standing:
                which = "they get" if article.id in self.ranks else "comes before it"
                return f"“{article.headline}”, which {which}"
        return ""

    def _nothing_followed(self, place: int, article: Article) -> str:
        if not self.sections:
            return self.digest.skipped  # follows none of this newsletter's topics
        topics = self.candidates.newsletter.topics
        titles = [t.title for t in topics if place in self.candidates.topics[t.slug]]
        tags = f" (tagged {_listed(article.tags)})" if article.tags else " (no tags)"
        said = (
            f"does not follow {_listed(titles)}{tags}"
            if titles
            else f"in no topic of this newsletter{tags}"
        )
        return "; ".join([said, *self._nearly(article)])

    def _nearly(self, article: Article) -> Iterator[str]:
        """Say which followed topics have a tag of it and do not take it all the same."""
        mine, followed_ = slugs(article.tags), {each.slug for each in self.sections}
        for topic in self.candidates.newsletter.topics:
            if topic.slug not in followed_ or not mine & (topic.any | topic.all):
                continue
            if unwanted := [t for t in article.tags if slug(t) in topic.none]:
                yield f"{topic.title} leaves out {_listed(unwanted)}"
            elif missing := sorted(topic.all - mine):
                yield f"{topic.title} asks for {_listed(missing)}, too"

    def _mutes(self, place: int) -> list[str]:
        """Return which of their mutes an article meets, as people call them."""
        found, known = [], self.candidates
        for name in sorted(self.preferences.mutes):
            tag = single_tag(name)
            places = known.topics if tag is None else known.tags
            if place in places.get(tag or name, Places()):
                title = known.titles.get(name, name) if tag is None else ""
                found.append(title or f"the tag {known.labels[str(tag)]}")
        return found


def _matching(candidates: Candidates, topic: str, article: Article) -> list[str]:
    """Return the article's labels that make it belong to a topic of the newsletter."""
    for each in candidates.newsletter.topics:
        if each.slug == topic:
            return [t for t in article.tags if slug(t) in each.any | each.all]
    return []


def _articles(number: int) -> str:
    return f"{number} article" + ("" if number == 1 else "s")


def _listed(names: Iterable[str]) -> str:
    return ", ".join(dict.fromkeys(names))
