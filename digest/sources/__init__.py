"""Where articles come from: folders, feeds and pages.

Every kind of source gives the same `Article`, and every failure of a single item
or a single source is a value beside them: collecting goes on whatever one feed
does.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import replace
from datetime import datetime
from pathlib import PurePath
from typing import Protocol
from urllib.parse import urlsplit

from digest.model import ADDED, Fetched, Validators
from digest.settings import FeedSource, FolderSource, PageSource, Site, SourceSettings
from digest.sources.bounds import bounded
from digest.sources.completing import completing
from digest.sources.documents import DocumentError, decode, no_text
from digest.sources.feedxml import is_feed, is_page
from digest.sources.fetching import Fetcher
from digest.sources.folder import SAVE_AS_TEXT, Folder, read_document
from digest.sources.jsonfeed import is_json_feed
from digest.sources.origin import Origin
from digest.sources.page import read_page
from digest.sources.readers import FeedReader, PageReader, is_web, obtain

__all__ = [
    "Fetcher",
    "Source",
    "completing",
    "fetch_all",
    "open_sources",
    "read_one",
]

logger = logging.getLogger(__name__)

#: Endings of addresses that give no page.
_TEXTS = {".md", ".markdown", ".txt", ".text"}
#: Settings and readers' addresses, named by a slip instead of a story.
_DATA = {".csv", ".ini", ".json", ".ndjson", ".toml", ".tsv", ".yaml", ".yml"}
#: At once; a collect waits for servers, not for this machine.
_THREADS = 8


class Source(Protocol):
    """One place articles come from."""

    name: str

    def fetch(self, validators: Validators) -> Fetched:
        """Return what is there now; errors are part of the answer."""
        ...


def open_sources(
    settings: Sequence[SourceSettings],
    *,
    site: Site,
    fetcher: Fetcher,
    now: Callable[[], datetime],
) -> list[Source]:
    """Return the sources that the settings describe, in their order."""
    return [_open(one, site=site, fetcher=fetcher, now=now) for one in settings]


def _open(
    settings: SourceSettings,
    *,
    site: Site,
    fetcher: Fetcher,
    now: Callable[[], datetime],
) -> Source:
    match settings:
        case FolderSource():
            return Folder(settings, site=site, now=now)
        case FeedSource():
            return FeedReader(settings, fetcher=fetcher, now=now)
        case PageSource():
            return PageReader(settings, site=site, fetcher=fetcher, now=now)


def fetch_all(
    sources: Collection[Source], known: Mapping[str, Validators]
) -> Iterator[tuple[str, Fetched]]:
    """Fetch several sources at once; yield each one's answer as it comes."""
    pool = ThreadPoolExecutor(max_workers=_THREADS, thread_name_prefix="fetch")
    try:
        running = {
            pool.submit(_fetch, source, known.get(source.name, Validators())): source
            for source in sources
        }
        for done in as_completed(running):
            yield running[done].name, done.result()
    finally:  # whoever stops listening, as by Ctrl-C, waits for nobody
        pool.shutdown(wait=False, cancel_futures=True)


def _fetch(source: Source, validators: Validators) -> Fetched:
    """Fetch one source; what nobody foresaw becomes its error, too."""
    try:
        return bounded(source.fetch(validators))
    except Exception as error:  # the others must go on, and nobody reads a traceback
        logger.debug("source %s", source.name, exc_info=True)
        return Fetched(
            error=f"could not be read: {type(error).__name__}: {error}. "
            "This is a mistake in digest; please report it with the source's content"
        )


def read_one(
    location: str,
    *,
    site: Site,
    fetcher: Fetcher,
    now: Callable[[], datetime],
    tags: Sequence[str] = (),
) -> Fetched:
    """Return the one article of a file or a web address, as `digest add` wants it.

    What it is, its content says first and its name second: a page in a file
    without an ending is read as a page.
    """
    try:
        response = obtain(location, fetcher=fetcher)
    except DocumentError as error:
        return Fetched(error=str(error))
    text = decode(response.content, charset=response.charset)
    if why_not := _no_story(location, response.content, text):
        return Fetched(error=f"{location} {why_not}")
    web = is_web(location)
    path = urlsplit(response.url).path if web else location
    origin = Origin(
        source=ADDED,
        key=response.url.partition("?")[0] if web else PurePath(path).name,
        where=location,
        timezone=site.timezone,
        tags=tuple(tags),
        images_url=f"{site.url}/media",
        base_url=response.url if web else f"{site.url}/",
    )
    if is_page(text) or (web and PurePath(path).suffix.lower() not in _TEXTS):
        origin = replace(origin, base_url=response.url if web else "")
        fetched = read_page(
            response.content, origin=origin, now=now, charset=response.charset
        )
    else:
        fetched = read_document(response.content, origin=origin, now=now)
    if fetched.error:
        return replace(fetched, error=f"{location} {fetched.error}")
    return bounded(fetched)


def _no_story(location: str, content: bytes, text: str) -> str:
    """Return why a document cannot be one article, whatever is in it; "" if it can."""
    if what := no_text(content):
        return f"is {what}, and no article; {SAVE_AS_TEXT}"
    if is_feed(text) or is_json_feed(text):
        return "is a feed, not an article; add it under `sources` in digest.yaml as `feed:`"
    if not is_web(location) and PurePath(location).suffix.lower() in _DATA:
        return (
            "is data and no article, and readers would get it; give a .md, .txt or "
            ".html file"
        )
    return ""
