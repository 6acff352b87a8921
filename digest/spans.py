"""What one reader chooses from: an issue's articles, and those of earlier ones.

Most readers take every issue, and choose from its own articles alone. Who takes mail on
some days chooses from the issues since their last one as well. Readers with the same
span share what is worked out for it, and a span nobody has costs nothing.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from collections.abc import Set as AbstractSet
from datetime import datetime
from typing import Protocol

from digest.model import Article, Digest, Issue, Newsletter, Subscriber, Topic
from digest.selection import Candidates, candidates, choose


class Receipts(Protocol):
    """Who knows what readers got; the journal does."""

    def received(
        self,
        subscribers: Iterable[str],
        articles: Collection[str],
        *,
        except_issue: str | None = None,
    ) -> dict[str, set[str]]:
        """Return which of these articles each of these readers got."""
        ...


class Spans:
    """One issue against one newsletter, for readers of every span."""

    def __init__(
        self, issue: Issue, newsletter: Newsletter, topics: Collection[Topic]
    ) -> None:
        """Take the issue with its earlier ones, and all topics of the project."""
        self.issue, self.newsletter, self._topics = issue, newsletter, topics
        self._candidates: dict[int, Candidates] = {}
        self._ids: dict[int, frozenset[str]] = {}

    def back(self, subscriber: Subscriber) -> int:
        """Return how many earlier issues a reader's digest reaches back over."""
        return self.own.moments.back(subscriber) if subscriber.preferences.days else 0

    @property
    def own(self) -> Candidates:
        """The candidates of who takes every issue."""
        return self.candidates(0)

    def candidates(self, back: int) -> Candidates:
        """Return the candidates of readers with this span."""
        if back not in self._candidates:
            self._candidates[back] = candidates(
                self.issue, self.newsletter, self._topics, back=back
            )
        return self._candidates[back]

    def of(self, subscriber: Subscriber) -> Candidates:
        """Return what a reader chooses from."""
        return self.candidates(self.back(subscriber))

    def articles(self, back: int) -> tuple[Article, ...]:
        """Return the articles of a span, however old they are."""
        earlier = (a for issue in self.issue.earlier[:back] for a in issue.articles)
        return (*self.issue.articles, *earlier)

    def ids(self, back: int) -> frozenset[str]:
        """Return the ids of a span's articles."""
        if back not in self._ids:
            self._ids[back] = frozenset(a.id for a in self.articles(back))
        return self._ids[back]

    def received(
        self, readers: Iterable[Subscriber], receipts: Receipts, *, except_issue: str
    ) -> dict[str, set[str]]:
        """Return which articles of their span each reader got from another issue."""
        spans: dict[int, list[str]] = {}
        for reader in readers:
            spans.setdefault(self.back(reader), []).append(reader.id)
        found: dict[str, set[str]] = {}
        for back, ids in spans.items():
            found |= receipts.received(ids, self.ids(back), except_issue=except_issue)
        return found

    def choose(
        self, subscriber: Subscriber, *, received: AbstractSet[str], now: datetime
    ) -> Digest:
        """Return the digest of one reader, or one whose `skipped` says why not."""
        return choose(self.of(subscriber), subscriber, received=received, now=now)
