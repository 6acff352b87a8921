"""RSS, RDF and Atom feeds, read by feedparser; JSON feeds are handed on.

feedparser gets bytes that `feedxml` has checked, never an address, and does not
clean: `digest.sources.cleaning` does that for every source alike. What it tells of
each item is put into an `Item`; `items` decides the rest.
"""

from __future__ import annotations

import calendar
import io
import logging
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from html import escape
from typing import Any  # feedparser ships no types; its dictionaries hold anything

import feedparser

from digest.model import Fetched, Image, Link, Validators
from digest.sources.dates import read_date
from digest.sources.documents import DocumentError, decode
from digest.sources.feedxml import PLACE, FeedXml, read_feed_xml, readable_part
from digest.sources.identity import absolute_url
from digest.sources.items import Channel, Item, Reading
from digest.sources.jsonfeed import is_json, read_json_feed
from digest.sources.labels import is_picture_file, language_tag

logger = logging.getLogger(__name__)

Entry = Mapping[str, Any]

_HTML = {"text/html", "application/xhtml+xml"}
_BLANK_LINE = re.compile(r"\n[ \t]*\n\s*")


def read_feed(
    content: bytes,
    *,
    channel: Channel,
    now: Callable[[], datetime],
    charset: str = "",
    validators: Validators | None = None,
) -> Fetched:
    """Return the articles of a feed in any format, and what was wrong with items.

    `validators` go back with them unless the feed is broken: a feed that was cut
    off on its way must be asked for again. Raises `DocumentError` when `content` is no feed, or nothing can be read of it.
    """
    text = decode(content, charset=charset)
    known = validators or Validators()
    if is_json(text):
        fetched = read_json_feed(text, channel=channel, now=now)
        return replace(fetched, validators=known)
    xml = read_feed_xml(text, location=channel.location)
    parsed = _parse(xml, channel.location)
    feed: Entry = dict(parsed.get("feed") or {})
    entries = [dict(entry) for entry in parsed["entries"]]
    if xml.cut_off:
        del entries[-1:]
    if xml.broken and not entries:
        raise _unreadable(xml, channel.location)
    reading = Reading(channel=_completed(channel, feed), now=now)
    if xml.broken:
        reading.broken(xml.broken, whole=len(entries), cut_off=xml.cut_off)
    for number, entry in enumerate(entries, 1):
        reading.take(number, partial(_item, entry, number, feed, xml.images))
    fetched = reading.fetched()
    return fetched if xml.broken else replace(fetched, validators=known)


def _parse(xml: FeedXml, location: str) -> Entry:
    """Return what feedparser says; try again on the readable part if it gives up."""
    for prepare in (readable_part,) if xml.excessive else (bytes, readable_part):
        content = io.BytesIO(prepare(xml.content))
        try:
            parsed: Entry = feedparser.parse(
                content, sanitize_html=False, resolve_relative_uris=False
            )
        except Exception:  # its loose parser raises whatever bad input makes it
            logger.debug("feedparser gave up on %s", location, exc_info=True)
            continue
        if parsed["entries"] or not xml.broken:
            return parsed
    raise _unreadable(xml, location)


def _unreadable(xml: FeedXml, location: str) -> DocumentError:
    return DocumentError(
        f"{location} is not well-formed XML ({xml.broken or 'unknown reason'}) and "
        "no item of it could be read; ask the publisher"
    )


def _completed(channel: Channel, feed: Entry) -> Channel:
    """Return the channel with what the feed says about itself."""
    base = absolute_url(channel.location)
    return replace(
        channel,
        url=absolute_url(_text(feed, "link"), base=base),
        spoken=language_tag(_text(feed, "language")),
    )


# -- one item ---------------------------------------------------------------


def _item(
    entry: Entry, number: int, feed: Entry, images: Mapping[str, tuple[Image, ...]]
) -> Item:
    content, base = _content(entry)
    summary = entry.get("summary")
    if any(_of(one, "value") == summary for one in _all(entry, "content")):
        summary = ""  # feedparser's copy, where the feed gives none
    published, unread = _moment(entry, "published", "created")
    updated, unread_too = _moment(entry, "updated")
    return Item(
        number=number,
        key=_text(entry, "id"),
        url=_url(entry),
        title=_text(entry, "title"),
        summary=_as_html(summary, entry.get("summary_detail")),
        content=content,
        base=base or _of(entry.get("summary_detail"), "base"),
        authors=tuple(_authors(entry)) or tuple(_authors(feed)),
        desk=_desk(entry),
        tags=tuple(_tags(entry)),
        images=images.get(_text(entry, PLACE)) or tuple(_images(entry)),
        related=tuple(_related(entry)),
        published=published,
        updated=updated,
        unread_date=unread or unread_too,
        language=_language(entry),
    )


def _url(entry: Entry) -> str:
    """Return the story's own address, not the one that counts its readers.

    A GUID stands in where there is no link, if it is an address at all: many
    feeds forget to say that it is not.
    """
    own, link = _text(entry, "feedburner_origlink"), _text(entry, "link")
    if own:
        return own
    linked = any(_of(one, "rel") == "alternate" for one in _all(entry, "links"))
    return link if linked or re.match(r"https?://", link, re.IGNORECASE) else ""


def _content(entry: Entry) -> tuple[str, str]:
    """Return the longest content, HTML before text, and what it is relative to."""
    found = [one for one in _all(entry, "content") if _of(one, "value")]
    if not found:
        return "", ""
    best = max(found, key=lambda one: (one.get("type") in _HTML, len(one["value"])))
    return _as_html(best["value"], best), _of(best, "base")


def _as_html(value: object, detail: object) -> str:
    """Return a text construct as HTML; blank lines of plain text part paragraphs."""
    text = value if isinstance(value, str) else ""
    if _of(detail, "type") == "text/plain":
        text = escape(text, quote=False)
    if "<" in text or not _BLANK_LINE.search(text):
        return text
    return "".join(f"<p>{part}</p>" for part in _BLANK_LINE.split(text))


def _authors(entry: Entry) -> Iterator[str]:
    """Yield names; an address is not for readers, and a feed's is no byline."""
    names = [_of(one, "name") for one in _all(entry, "authors")]
    for name in names if any(names) else [_text(entry, "author")]:
        if name and "@" not in name:
            yield name


def _desk(entry: Entry) -> str:
    for said in (_of(entry.get("source"), "title"), _text(entry, "publisher")):
        if said and "@" not in said:
            return said
    return ""


def _tags(entry: Entry) -> Iterator[str]:
    for tag in _all(entry, "tags"):
        yield _of(tag, "label") or _of(tag, "term")


def _images(entry: Entry) -> Iterator[Image]:
    """Yield pictures that were not set aside with their captions, the best first."""
    for one in _all(entry, "media_content"):
        kind = _of(one, "medium") or _of(one, "type").partition("/")[0]
        if kind == "image" or (not kind and is_picture_file(_of(one, "url"))):
            yield Image(url=_of(one, "url"))
    for one in _all(entry, "links"):
        if _of(one, "rel") == "enclosure":
            url, kind = _of(one, "href"), _of(one, "type")
            if kind.startswith("image/") or is_picture_file(url):
                yield Image(url=url)
    if _of(entry.get("image"), "href"):  # iTunes
        yield Image(url=_of(entry["image"], "href"))
    for one in _all(entry, "media_thumbnail"):
        yield Image(url=_of(one, "url"))


def _related(entry: Entry) -> Iterator[Link]:
    for one in _all(entry, "links"):
        if _of(one, "rel") == "related" and _of(one, "title"):
            yield Link(title=_of(one, "title"), url=_of(one, "href"))


def _language(entry: Entry) -> str:
    said = [_text(entry, "language")]
    said += [
        _of(entry.get(f"{name}_detail"), "language") for name in ("title", "summary")
    ]
    return next(filter(None, said), "")


def _moment(entry: Entry, *names: str) -> tuple[datetime | None, str]:
    """Return the first date that can be read, and one that could not."""
    unread = ""
    for name in names:
        said = _text(entry, name)
        parsed = entry.get(f"{name}_parsed")
        if parsed:
            try:
                return datetime.fromtimestamp(calendar.timegm(parsed), UTC), ""
            except (ValueError, OverflowError, OSError):  # the year 0000, or 99999
                unread = said
        elif said:
            # "dim., 22 nov. 2026": the day of the week tells nothing new.
            for text in (said, said.partition(",")[2]):
                moment = read_date(text, zone="UTC")
                if moment:
                    return moment, ""
            unread = said
    return None, unread


# -- feedparser's dictionaries ------------------------------------------------


def _text(entry: Entry, name: str) -> str:
    value = entry.get(name)
    return value.strip() if isinstance(value, str) else ""


def _of(value: object, name: str) -> str:
    """Return the text `name` of a dictionary, "" of anything else."""
    return _text(value, name) if isinstance(value, Mapping) else ""


def _all(entry: Entry, name: str) -> Sequence[Entry]:
    """Return the dictionaries of a list, none of anything else."""
    value = entry.get(name)
    found: Iterable[object] = value if isinstance(value, list) else ()
    return [dict(one) for one in found if isinstance(one, Mapping)]
