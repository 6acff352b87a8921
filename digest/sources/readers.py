"""The sources that are read from the web or from saved files: feeds and pages."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import datetime
from pathlib import Path

from digest.model import Article, Fetched, Problem, Validators
from digest.settings import FeedSource, PageSource, Site
from digest.sources.documents import DocumentError, read_file
from digest.sources.feed import read_feed
from digest.sources.fetching import Fetcher, Response
from digest.sources.items import Channel
from digest.sources.origin import Origin
from digest.sources.page import read_page

_PATTERN = re.compile(r"[*?\[]")
_WEB = re.compile(r"https?://", re.IGNORECASE)

Clock = Callable[[], datetime]


def is_web(location: str) -> bool:
    """Say whether a location is an address on the web, not a path."""
    return bool(_WEB.match(location))


class FeedReader:
    """One RSS, Atom or JSON feed."""

    def __init__(self, settings: FeedSource, *, fetcher: Fetcher, now: Clock) -> None:
        """Keep what to read and with what."""
        self.name = settings.name
        self._settings = settings
        self._fetcher = fetcher
        self._now = now

    def fetch(self, validators: Validators) -> Fetched:
        """Return the feed's articles, or that nothing changed, or the error."""
        location = self._settings.location
        try:
            response = obtain(
                location,
                fetcher=self._fetcher,
                validators=validators,
                allow_private=self._settings.allow_private,
            )
            if response.unchanged:
                return Fetched(
                    unchanged=True, validators=validators, problems=_noted(response)
                )
            channel = Channel(
                location=response.url,
                source=self.name,
                language=self._settings.language,
                tags=self._settings.tags,
            )
            fetched = read_feed(
                response.content,
                channel=channel,
                now=self._now,
                charset=response.charset,
                validators=response.validators,
            )
        except DocumentError as error:
            return Fetched(error=str(error))
        return replace(fetched, problems=(*fetched.problems, *_noted(response)))


class PageReader:
    """Web pages of one article each, by address or as saved files."""

    def __init__(
        self, settings: PageSource, *, site: Site, fetcher: Fetcher, now: Clock
    ) -> None:
        """Keep what to read and with what."""
        self.name = settings.name
        self._settings = settings
        self._site = site
        self._fetcher = fetcher
        self._now = now

    def fetch(self, validators: Validators) -> Fetched:
        """Return an article for each page; a page without one is a problem.

        Only when no page at all gives an article is it the source's error. A
        source of one page asks the server whether that has changed.
        """
        locations = list(self._locations())
        if len(locations) == 1:
            return self._page(*locations[0], validators)
        articles: dict[str, Article] = {}
        problems: list[Problem] = []
        errors: list[str] = []
        for location, key in locations:
            page = self._page(location, key, Validators())
            problems += page.problems
            if page.error:
                errors.append(page.error)
                problems.append(Problem(where=self.name, what=page.error))
            for article in page.articles:
                articles.setdefault(article.id, article)
        if errors and not articles:
            return Fetched(error="; ".join(dict.fromkeys(errors)))
        return Fetched(articles=tuple(articles.values()), problems=tuple(problems))

    def _locations(self) -> Iterator[tuple[str, str]]:
        """Yield each page and its key: its address, or its path below the pattern.

        A pattern without any file is given back, to be named as missing.
        """
        for location in self._settings.locations:
            if is_web(location):
                yield location, location
                continue
            path = Path(location)
            fixed = _fixed(path)
            if path.exists() or fixed == path:
                yield location, path.name
                continue
            found = sorted(fixed.glob(str(path.relative_to(fixed))))
            for file in found:
                yield str(file), file.relative_to(fixed).as_posix()
            if not found:
                yield location, location

    def _page(self, location: str, key: str, validators: Validators) -> Fetched:
        try:
            response = obtain(
                location,
                fetcher=self._fetcher,
                validators=validators,
                allow_private=self._settings.allow_private,
            )
        except DocumentError as error:
            return Fetched(error=str(error))
        noted = _noted(response)
        if response.unchanged:
            return Fetched(unchanged=True, validators=validators, problems=noted)
        origin = Origin(
            source=self.name,
            key=key,
            where=location,
            timezone=self._site.timezone,
            tags=self._settings.tags,
            language=self._settings.language,
            base_url=response.url if is_web(location) else "",
        )
        page = read_page(
            response.content, origin=origin, now=self._now, charset=response.charset
        )
        if page.error:
            return Fetched(error=f"{location} {page.error}", problems=noted)
        return replace(
            page, validators=response.validators, problems=(*page.problems, *noted)
        )


def _fixed(path: Path) -> Path:
    """Return the part of a path before its first pattern."""
    for parent in [*reversed(path.parents), path]:
        if _PATTERN.search(parent.name):
            return parent.parent
    return path


def obtain(
    location: str,
    *,
    fetcher: Fetcher,
    validators: Validators | None = None,
    allow_private: bool = False,
) -> Response:
    """Return the document at an address or a path; raise `DocumentError`."""
    if not is_web(location):
        return Response(url=location, content=read_file(Path(location)))
    return fetcher.get(location, validators=validators, allow_private=allow_private)


def _noted(response: Response) -> tuple[Problem, ...]:
    """Return what an operator should know about the way to a document."""
    if not response.note:
        return ()
    return (Problem(where=response.url, what=response.note),)
