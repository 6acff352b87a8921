"""Feeds of what was published: Atom (RFC 4287) and JSON Feed 1.1, of the same entries."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from html import escape

#: Entries in a feed, the newest; feed readers remember the others.
MOST = 30


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One issue, or one story of a topic. Texts are plain, on one line."""

    url: str  #: stable: also its id
    title: str
    at: datetime
    summary: str = ""
    html: str = ""  #: its content
    author: str = ""
    image: str = ""
    language: str = ""
    tags: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Feed:
    """What a feed says of itself, and its entries, the newest first."""

    title: str
    subtitle: str
    home: str  #: the page it is the feed of; the feed's own address begins with it
    language: str
    publisher: str
    entries: Sequence[Entry]


def atom(feed: Feed) -> str:
    """Return a feed as Atom."""
    return "\n".join(_atom(feed)) + "\n"


def _atom(feed: Feed) -> Iterator[str]:
    entries = feed.entries[:MOST]
    yield '<?xml version="1.0" encoding="utf-8"?>'
    yield (
        f'<feed xmlns="http://www.w3.org/2005/Atom" xml:lang="{escape(feed.language)}">'
    )
    yield f"<title>{escape(feed.title)}</title>"
    if feed.subtitle:
        yield f"<subtitle>{escape(feed.subtitle)}</subtitle>"
    yield f"<id>{escape(feed.home)}</id>"
    yield f'<link rel="alternate" type="text/html" href="{escape(feed.home)}"/>'
    yield (
        '<link rel="self" type="application/atom+xml"'
        f' href="{escape(feed.home)}/feed.xml"/>'
    )
    yield f"<updated>{_time(max(entry.at for entry in entries))}</updated>"
    yield f"<author><name>{escape(feed.publisher)}</name></author>"
    for entry in entries:
        yield from _atom_entry(entry)
    yield "</feed>"


def _atom_entry(entry: Entry) -> Iterator[str]:
    language = f' xml:lang="{escape(entry.language)}"' if entry.language else ""
    yield f"<entry{language}>"
    yield f"<title>{escape(entry.title)}</title>"
    yield f"<id>{escape(entry.url)}</id>"
    yield f'<link rel="alternate" type="text/html" href="{escape(entry.url)}"/>'
    yield f"<published>{_time(entry.at)}</published>"
    yield f"<updated>{_time(entry.at)}</updated>"
    if entry.author:
        yield f"<author><name>{escape(entry.author)}</name></author>"
    for tag in entry.tags:
        yield f'<category term="{escape(tag)}"/>'
    if entry.summary:
        yield f"<summary>{escape(entry.summary)}</summary>"
    if entry.html:
        yield f'<content type="html">{escape(entry.html)}</content>'
    yield "</entry>"


def json_feed(feed: Feed) -> str:
    """Return a feed as JSON Feed."""
    value = {
        "version": "https://jsonfeed.org/version/1.1",
        "title": feed.title,
        "description": feed.subtitle,
        "home_page_url": feed.home,
        "feed_url": f"{feed.home}/feed.json",
        "language": feed.language,
        "authors": [{"name": feed.publisher}],
        "items": [_item(entry) for entry in feed.entries[:MOST]],
    }
    kept = {key: part for key, part in value.items() if part != ""}
    return json.dumps(kept, ensure_ascii=False, indent=1) + "\n"


def _item(entry: Entry) -> dict[str, object]:
    item = {
        "id": entry.url,
        "url": entry.url,
        "title": entry.title,
        "summary": entry.summary,
        "content_html": entry.html,
        # One of both contents is asked for.
        "content_text": "" if entry.html else entry.summary or entry.title,
        "date_published": _time(entry.at),
        "image": entry.image,
        "language": entry.language,
        "authors": [{"name": entry.author}] if entry.author else "",
        "tags": list(entry.tags) or "",
    }
    return {key: value for key, value in item.items() if value != ""}


def _time(moment: datetime) -> str:
    return moment.isoformat(timespec="seconds").replace("+00:00", "Z")
