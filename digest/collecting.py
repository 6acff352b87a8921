"""Articles come in: from the sources, and by hand."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from digest.errors import InputError
from digest.model import Article, Fetched, Problem
from digest.settings import Settings
from digest.store import Store


@dataclass(frozen=True, slots=True, kw_only=True)
class Collected:
    """What one source brought."""

    source: str
    new: int = 0
    changed: int = 0
    same: int = 0
    withdrawn: int = 0  #: that the source does not hold any more
    unchanged: bool = False  #: the server said that nothing changed
    problems: tuple[Problem, ...] = ()
    error: str = ""


def collect(
    settings: Settings,
    store: Store,
    *,
    now: Callable[[], datetime],
    only: Collection[str] = (),
) -> Iterator[Collected]:
    """Read the sources, or those named, several at once; yield what each one brought."""
    from digest.sources import Fetcher, completing, fetch_all, open_sources

    with Fetcher(site_url=settings.site.url) as fetcher:
        sources = open_sources(
            [s for s in settings.sources if not only or s.name in only],
            site=settings.site,
            fetcher=fetcher,
            now=now,
        )
        complete = completing(settings, held=store.archive.article)
        for name, found in fetch_all(sources, store.archive.validators()):
            fetched = complete(found, name)
            with store.transaction():
                added = store.archive.add(fetched.articles)
                withdrawn = _taken_back(store, name, fetched, now=now())
                store.archive.record_fetch(name, fetched)
            yield Collected(
                source=name,
                new=added.new,
                changed=added.changed,
                same=added.same,
                withdrawn=withdrawn,
                unchanged=fetched.unchanged,
                problems=fetched.problems,
                error=fetched.error,
            )


def _taken_back(store: Store, name: str, fetched: Fetched, *, now: datetime) -> int:
    """Take back what a source that says all it holds does not hold any more."""
    if not fetched.complete:
        return 0
    ids = {article.id for article in fetched.articles}
    return store.archive.withdrawing.keep_only(name, ids, now=now)


def add(
    settings: Settings,
    store: Store,
    location: str,
    *,
    tags: Sequence[str],
    now: Callable[[], datetime],
) -> tuple[Article, tuple[Problem, ...]]:
    """Take one article in by hand; it wins over what a source says of it."""
    from digest.sources import Fetcher, completing, read_one

    with Fetcher(site_url=settings.site.url) as fetcher:
        fetched = read_one(
            location,
            site=settings.site,
            fetcher=fetcher,
            tags=tuple(tags),
            now=now,
        )
    if fetched.error or not fetched.articles:
        raise InputError(fetched.error or f"{location}: no article found in it")
    fetched = completing(settings, held=store.archive.article)(fetched, "")
    store.archive.add(fetched.articles, by_hand=True)
    return fetched.articles[0], fetched.problems
