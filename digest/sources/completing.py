"""Articles completed with what only their pictures on the web know: how large they are.

An article that is new, or shows a new picture, is looked at once: the beginning of each
picture is fetched through the guarded fetcher, and the size is kept with the article.
A picture that cannot be measured is a note for the operator and nothing else; it is not
asked for again. Pictures of a kind that mail programs do not show are noted, too.
"""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Callable, Collection, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from itertools import islice
from pathlib import PurePosixPath
from urllib.parse import urlsplit

from digest.model import Article, Fetched, Problem
from digest.settings import FeedSource, PageSource, Settings, Site, SourceSettings
from digest.sources.documents import DocumentError
from digest.sources.fetching import Fetcher
from digest.sources.measuring import HEAD, Size, size_of_head
from digest.sources.pictures import picture_urls, sized, sizes_said

#: What many mail programs do not show, by the ending of addresses.
UNFIT = {".webp": "webp", ".avif": "avif", ".svg": "svg"}

_SECONDS = 10.0  #: for one picture, with all its redirects
#: For all that a source brought at once: its pictures may lie at a thousand slow hosts,
#: and an issue may wait for the collect.
_SECONDS_IN_ALL = 120.0
_THREADS = 8
_MOST = 20  #: of one article
_PATIENCE = 3  #: pictures of one host that fail before the others are left alone
#: Names that stand in examples and tests and are nobody's (RFC 2606, RFC 6761).
_NOBODYS = (
    *("example", "example.com", "example.net", "example.org"),
    *("invalid", "localhost", "test"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Asked:
    """What one picture answered."""

    size: Size = field(default_factory=Size)
    trouble: str = ""  #: why it has no size


def completing(
    settings: Settings, *, held: Callable[[str], Article | None]
) -> Callable[[Fetched, str], Fetched]:
    """Return what completes the answer of a source, given with the source's name."""
    sources = {source.name: source for source in settings.sources}
    complete = Completing(
        site=settings.site, held=held, allowed=settings.images_allowed
    )
    return lambda fetched, name: complete.completed(fetched, sources.get(name))


class Completing:
    """Completes what sources bring, before it goes into the archive."""

    def __init__(
        self,
        *,
        site: Site,
        held: Callable[[str], Article | None],
        allowed: Collection[str] = (),
        seconds: float = _SECONDS_IN_ALL,
    ) -> None:
        """Take how to find an article as it is held, and the kinds that are allowed.

        No picture is asked for when `seconds` have gone by; a test takes fewer.
        """
        self._site, self._held, self._allowed = site, held, allowed
        self._seconds = seconds

    def completed(self, fetched: Fetched, settings: SourceSettings | None) -> Fetched:
        """Return what a source brought with the sizes of its pictures, and notes.

        `settings` say which host the source may use though it is a private one.
        """
        carried: list[Article] = []
        wanted: dict[str, None] = {}
        fresh: set[str] = set()
        for article in fetched.articles:
            if _is_complete(article):
                carried.append(article)
                continue
            held = self._held(article.id)
            if held is None or held.source == article.source:
                known = {} if held is None else sizes_said(held)
                article = sized(article, known)  # noqa: PLW2901 - the same one, completed
                seen = set() if held is None else set(picture_urls(held))
                new = [url for url in picture_urls(article) if url not in seen]
                fresh.update(new)
                said = sizes_said(article)
                ask = (url for url in new if url not in said and _is_askable(url))
                wanted |= dict.fromkeys(islice(ask, _MOST))
            carried.append(article)
        asked = self._ask(list(wanted), _private_hosts(settings))
        sizes = {url: answer.size for url, answer in asked.items()}
        return replace(
            fetched,
            articles=tuple(sized(article, sizes) for article in carried),
            problems=(*fetched.problems, *self._notes(carried, asked, fresh)),
        )

    def _ask(self, urls: list[str], private: Collection[str]) -> dict[str, _Asked]:
        if not urls:
            return {}
        fetcher = Fetcher(
            site_url=self._site.url,
            connect_seconds=_SECONDS / 2,
            read_seconds=_SECONDS / 2,
            total_seconds=_SECONDS,
        )
        failed: Counter[str] = Counter()
        lock = threading.Lock()
        end = time.monotonic() + self._seconds

        def ask(url: str) -> _Asked:
            host = urlsplit(url).netloc
            if time.monotonic() > end:
                return _Asked(
                    trouble="there was no time for it; the others took "
                    f"{self._seconds:g} seconds"
                )
            if failed[host] >= _PATIENCE:
                return _Asked(trouble=f"others at {host} could not be fetched either")
            try:
                response = fetcher.get(url, allow_private=host in private, most=HEAD)
            except DocumentError as error:
                with lock:
                    failed[host] += 1
                return _Asked(trouble=str(error))
            size = size_of_head(response.content)
            return _Asked(size=size, trouble="" if size.width else _unmeasured(size))

        pool = ThreadPoolExecutor(max_workers=_THREADS, thread_name_prefix="picture")
        try:
            return dict(zip(urls, pool.map(ask, urls), strict=True))
        finally:  # Ctrl-C waits for nobody
            pool.shutdown(wait=False, cancel_futures=True)

    def _notes(
        self,
        articles: list[Article],
        asked: Mapping[str, _Asked],
        fresh: Collection[str],
    ) -> Iterator[Problem]:
        """Yield what an operator may want to know about pictures seen for the first time."""
        for article in articles:
            for url in picture_urls(article):
                if url not in fresh:
                    continue
                answer = asked.get(url, _Asked())
                kind = answer.size.kind or _kind(url)
                if kind in UNFIT.values() and kind not in self._allowed:
                    what = (
                        f"the picture {url} is {kind.upper()}, which many mail programs "
                        "do not show; give it as JPEG or PNG, or allow it in "
                        f"digest.yaml: `images: {{allow: [{kind}]}}`"
                    )
                elif answer.trouble:
                    what = (
                        f"the picture {url} has no width and height in mails: "
                        f"{answer.trouble}"
                    )
                else:
                    continue
                yield Problem(where=f"“{article.headline}”", what=what, note=True)


def _is_complete(article: Article) -> bool:
    """Say whether there is nothing to find out, or to say, about its pictures."""
    said = sizes_said(article)
    return all(url in said and not _kind(url) for url in picture_urls(article))


def _kind(url: str) -> str:
    """Return the kind that an address says, of those that are not always shown."""
    return UNFIT.get(PurePosixPath(urlsplit(url).path).suffix.lower(), "")


def _unmeasured(size: Size) -> str:
    if size.kind:
        return f"a {size.kind.upper()} does not say them at its beginning"
    return "what was found there is no picture; correct its address"


def _is_askable(url: str) -> bool:
    """Say whether a picture is on the web, at an address that may be somebody's."""
    parts = urlsplit(url)
    host = (parts.hostname or "").rstrip(".")
    return parts.scheme in ("http", "https") and not any(
        host == name or host.endswith(f".{name}") for name in _NOBODYS
    )


def _private_hosts(settings: SourceSettings | None) -> set[str]:
    """Return the hosts, with their ports, that a source may use wherever they are."""
    match settings:
        case FeedSource(allow_private=True):
            return {urlsplit(settings.location).netloc}
        case PageSource(allow_private=True):
            return {urlsplit(location).netloc for location in settings.locations}
        case _:
            return set()
