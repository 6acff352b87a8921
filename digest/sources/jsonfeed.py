"""JSON Feed (jsonfeed.org, versions 1 and 1.1), read into the same items as XML.

Nothing about the types inside is trusted: whatever is not what the format says is
taken as missing.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from datetime import datetime
from functools import partial
from html import escape

from digest.model import Fetched, Image
from digest.sources.dates import read_date
from digest.sources.documents import DocumentError
from digest.sources.identity import absolute_url
from digest.sources.items import Channel, Item, Reading
from digest.sources.labels import is_picture_file, language_tag

_VERSION = "jsonfeed.org/version/"


def is_json(text: str) -> bool:
    """Say whether `text` is meant as a JSON object."""
    return text.lstrip("\ufeff \t\r\n").startswith("{")


def is_json_feed(text: str) -> bool:
    """Say whether `text` is a JSON Feed, well-formed or not."""
    return is_json(text) and _VERSION in text[:5000]


def read_json_feed(
    text: str, *, channel: Channel, now: Callable[[], datetime]
) -> Fetched:
    """Return the articles of a JSON Feed; raise `DocumentError` when it is none."""
    feed = _load(text, channel.location)
    items = feed.get("items")
    if _VERSION not in _text(feed, "version") or not isinstance(items, list):
        raise DocumentError(
            f"{channel.location} is JSON, but not a JSON Feed: it has no version "
            "of jsonfeed.org, or no items; check the address"
        )
    known = replace(
        channel,
        url=absolute_url(
            _text(feed, "home_page_url"), base=absolute_url(channel.location)
        ),
        spoken=language_tag(_text(feed, "language")),
    )
    reading = Reading(channel=known, now=now)
    for number, item in enumerate(items, 1):
        reading.take(number, partial(_item, item, number, feed))
    return reading.fetched()


def _load(text: str, location: str) -> Mapping[str, object]:
    try:
        loaded = json.loads(text.lstrip("\ufeff"))
    except ValueError as error:
        raise DocumentError(
            f"{location} is not well-formed JSON ({error}); ask the publisher"
        ) from error
    except RecursionError as error:
        raise DocumentError(
            f"{location} is JSON nested too deep to be a feed; check the address"
        ) from error
    return loaded if isinstance(loaded, dict) else {}


def _item(item: object, number: int, feed: Mapping[str, object]) -> Item:
    said = item if isinstance(item, dict) else {}
    html, text = _text(said, "content_html"), _text(said, "content_text")
    dates = [_text(said, name) for name in ("date_published", "date_modified")]
    published, updated = (read_date(date, zone="UTC") for date in dates)
    unread = [
        d for d, read in zip(dates, (published, updated), strict=True) if d and not read
    ]
    tags = said.get("tags")
    return Item(
        number=number,
        key=_text(said, "id"),
        url=_text(said, "url") or _text(said, "external_url"),
        title=escape(_text(said, "title"), quote=False),
        summary=escape(_text(said, "summary"), quote=False),
        content=html or _paragraphs(text),
        authors=tuple(_authors(said)) or tuple(_authors(feed)),
        tags=tuple(tag for tag in tags if isinstance(tag, str))
        if isinstance(tags, list)
        else (),
        images=tuple(_images(said)),
        published=published,
        updated=updated,
        unread_date=unread[0] if unread else "",
        language=_text(said, "language"),
    )


def _authors(said: Mapping[str, object]) -> Iterator[str]:
    """Yield the names; version 1 knew one author, 1.1 several."""
    authors = said.get("authors")
    for author in [*(authors if isinstance(authors, list) else ()), said.get("author")]:
        name = _text(author, "name") if isinstance(author, dict) else ""
        if name:
            yield name


def _images(said: Mapping[str, object]) -> Iterator[Image]:
    for name in ("image", "banner_image"):
        if _text(said, name):
            yield Image(url=_text(said, name))
    attachments = said.get("attachments")
    for one in attachments if isinstance(attachments, list) else ():
        if isinstance(one, dict):
            url = _text(one, "url")
            if _text(one, "mime_type").startswith("image/") or is_picture_file(url):
                yield Image(url=url, caption=_text(one, "title"))


def _paragraphs(text: str) -> str:
    parts = escape(text, quote=False).replace("\r\n", "\n").split("\n\n")
    return "".join(f"<p>{part}</p>" for part in parts if part.strip())


def _text(said: Mapping[str, object], name: str) -> str:
    """Return a text; ids are sometimes numbers, everything else is missing."""
    value = said.get(name)
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    return value.strip() if isinstance(value, str) else ""
