"""Schema.org facts in JSON-LD, with the mistakes that pages make in it.

Blocks come wrapped in comments, with commas before closing brackets, line ends
inside strings, several objects in a row, or the article deep in a ``@graph`` whose
author is only a reference. What cannot be read is passed over: a page says most of
it elsewhere, too.
"""

from __future__ import annotations

import json
import re
from collections import deque
from collections.abc import Iterable, Iterator, Mapping
from html import unescape

from digest.model import Image
from digest.sources.dates import read_date
from digest.sources.page.facts import Facts

Thing = Mapping[str, object]

_MOST_THINGS = 2000
_ARTICLES = re.compile(
    r"(?:https?://schema\.org/)?(?:\w*Article|\w*BlogPosting|Report|Review)"
)
#: What hides a script from browsers of the last century.
_OPENINGS = ("<!--", "/*<![CDATA[*/", "//<![CDATA[", "<![CDATA[")
_CLOSINGS = ("-->", "//", "/*]]>*/", "//]]>", "]]>", "//")
_BETWEEN = re.compile(r"[ \t\r\n,;]*")
#: A string, kept whole, or a comma before a closing bracket, dropped.
_TRAILING_COMMA = re.compile(r'("(?:[^"\\]|\\.)*+"?)|,(?=\s*[}\]])', re.DOTALL)
_DURATION = re.compile(r"P(?:T(?:(\d{1,2})H)?(?:(\d{1,3})M)?(?:\d+S)?)")
_NUMBER = re.compile(r"\s*(\d{1,5})")


def read_json_ld(blocks: Iterable[str], *, url: str, zone: str) -> Facts:
    """Return what the blocks say about the article at `url` (or any, if it is "")."""
    things = [thing for block in blocks for thing in _things(_load(block))]
    # The longest thing of an id is the one that says most about it.
    named = [thing for thing in things if _text(thing.get("@id"))]
    known = {_text(thing["@id"]): thing for thing in sorted(named, key=len)}
    articles = [thing for thing in things if _is_article(thing)]
    if not articles:
        return Facts()
    # Related stories are articles, too; the page's own names the page.
    article = next((a for a in articles if url and url in _addresses(a)), articles[0])
    body = article.get("articleBody")
    people, desks = _authors(article.get("author"), known)
    return Facts(
        article=True,
        headline=_text(article.get("headline")) or _text(article.get("name")),
        standfirst=_text(article.get("description")),
        bylines=tuple(people),
        desk=next(iter([*desks, *_names(article.get("sourceOrganization"))]), ""),
        image=_image(article.get("image"), known),
        tags=tuple(_keywords(article.get("keywords"))),
        section=next(iter(_names(article.get("articleSection"))), ""),
        published=read_date(_text(article.get("datePublished")), zone=zone),
        updated=read_date(_text(article.get("dateModified")), zone=zone),
        language=_language(article.get("inLanguage")),
        url=next(iter(_addresses(article)), ""),
        minutes=_minutes(_text(article.get("timeRequired"))),
        site=next(iter(_names(_resolved(article.get("publisher"), known))), ""),
        text=body if isinstance(body, str) else "",
    )


# -- JSON as it is ------------------------------------------------------------


def _load(block: str) -> list[object]:
    text = block.strip(" \t\r\n;\ufeff")
    for opening in _OPENINGS:
        text = text.removeprefix(opening).lstrip()
    for closing in _CLOSINGS:
        text = text.removesuffix(closing).rstrip(" \t\r\n;")
    for mended in (text, _TRAILING_COMMA.sub(r"\1", text), unescape(text)):
        try:
            return list(_values(mended))
        except (ValueError, RecursionError):
            continue
    return []


def _values(text: str) -> Iterator[object]:
    """Yield the JSON values that stand one after the other."""
    decoder = json.JSONDecoder(strict=False)
    position = 0
    while position < len(text):
        value, position = decoder.raw_decode(text, position)
        yield value
        between = _BETWEEN.match(text, position)
        position = between.end() if between else position


def _things(values: list[object]) -> Iterator[Thing]:
    """Yield the typed objects, the outer ones first."""
    waiting, seen = deque(values), 0
    while waiting and seen < _MOST_THINGS:
        value, seen = waiting.popleft(), seen + 1
        if isinstance(value, list):
            waiting.extend(value)
        elif isinstance(value, dict):
            if "@type" in value or "@id" in value:
                yield value
            waiting.extend(v for v in value.values() if isinstance(v, dict | list))


# -- things -------------------------------------------------------------------


def _is_article(thing: Thing) -> bool:
    headed = thing.get("headline") or thing.get("name")
    return bool(headed) and any(map(_ARTICLES.fullmatch, _texts(thing.get("@type"))))


def _resolved(value: object, known: Mapping[str, Thing]) -> object:
    """Return the thing that a reference ({"@id": …}) means."""
    if isinstance(value, list):
        return [_resolved(one, known) for one in value[:20]]
    if isinstance(value, dict) and len(value) <= 2:  # noqa: PLR2004 -- @id and @type at most
        return known.get(_text(value.get("@id")), value)
    return value


def _authors(value: object, known: Mapping[str, Thing]) -> tuple[list[str], list[str]]:
    """Return the names of people and of organisations."""
    people: list[str] = []
    desks: list[str] = []
    value = _resolved(value, known)
    for one in value if isinstance(value, list) else [value]:
        types = _texts(one.get("@type")) if isinstance(one, dict) else []
        organised = any("Organization" in kind for kind in types)
        (desks if organised else people).extend(_names(one))
    return people, desks


def _names(value: object) -> list[str]:
    """Return the names in a text, a thing, or a list of either."""
    if isinstance(value, dict):
        return _texts(value.get("name"))
    if isinstance(value, list):
        return [name for one in value for name in _names(one)]
    return _texts(value)


def _keywords(value: object) -> list[str]:
    return [
        word.strip()
        for name in _names(value)
        for word in (re.split("[,;]", name) if isinstance(value, str) else [name])
    ]


def _image(value: object, known: Mapping[str, Thing]) -> Image | None:
    value = _resolved(value, known)
    one = value[0] if isinstance(value, list) and value else value
    if isinstance(one, str) and one:
        return Image(url=one)
    if not isinstance(one, dict):
        return None
    url = _text(one.get("url")) or _text(one.get("contentUrl"))
    owners = [one.get(key) for key in ("copyrightHolder", "creator", "author")]
    credit = [_text(one.get("creditText")), *_names(owners)]
    if not url:
        return None
    return Image(
        url=url,
        caption=_text(one.get("caption")) or _text(one.get("description")),
        credit=next(filter(None, credit), ""),
        width=_pixels(one.get("width")),
        height=_pixels(one.get("height")),
    )


def _addresses(thing: Thing) -> list[str]:
    page = thing.get("mainEntityOfPage")
    said = [thing.get("url"), page, thing.get("@id")]
    if isinstance(page, dict):
        said[1] = page.get("@id") or page.get("url")
    found = [_text(one).partition("#")[0] for one in said]
    return [one for one in found if one.startswith(("http://", "https://", "/"))]


def _language(value: object) -> str:
    if isinstance(value, dict):
        return _text(value.get("alternateName")) or _text(value.get("name"))
    return next(iter(_texts(value)), "")


def _minutes(text: str) -> int:
    found = _DURATION.fullmatch(text)
    return int(found[1] or 0) * 60 + int(found[2] or 0) if found else 0


def _pixels(value: object) -> int | None:
    """Return 1200 of 1200, "1200", "1200px" and {"value": 1200}."""
    said = value.get("value") if isinstance(value, dict) else value
    found = _NUMBER.match(str(said)) if isinstance(said, int | float | str) else None
    return int(found[1]) or None if found else None


def _texts(value: object) -> list[str]:
    """Return the texts in a text or a list of them."""
    values = value if isinstance(value, list) else [value]
    return [
        " ".join(one.split()) for one in values if isinstance(one, str) and one.strip()
    ]


def _text(value: object) -> str:
    return next(iter(_texts(value)), "")
