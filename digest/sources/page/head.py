"""What a page's head says about it: OpenGraph, meta elements, links, `<html lang>`."""

from __future__ import annotations

import re
from collections.abc import Mapping

from lxml.html import HtmlElement

from digest.model import Image
from digest.sources.dates import read_date
from digest.sources.identity import absolute_url
from digest.sources.page.facts import Facts

#: The names under which heads say a thing, the most reliable first.
_HEADLINES = ("og:title", "twitter:title", "dc.title", "headline")
_STANDFIRSTS = (
    "og:description",
    "twitter:description",
    "description",
    "dc.description",
)
_BYLINES = (
    "author",
    "article:author",
    "parsely-author",
    "sailthru.author",
    "dc.creator",
    "byl",
)
_PUBLISHED = (
    "article:published_time", "datepublished", "parsely-pub-date", "sailthru.date",
    "dc.date.issued", "dcterms.created", "dc.date", "pubdate", "publish-date", "date",
)  # fmt: skip
_UPDATED = (
    "article:modified_time",
    "og:updated_time",
    "datemodified",
    "dcterms.modified",
    "last-modified",
)
_IMAGES = (
    "og:image:secure_url",
    "og:image",
    "og:image:url",
    "twitter:image",
    "twitter:image:src",
)
#: Said about this page; "keywords" is often said about the whole site.
_TAGS = (
    "article:tag",
    "og:article:tag",
    "parsely-tags",
    "sailthru.tags",
    "news_keywords",
)
_SEVERAL = re.compile(r"\s*[,;]\s*")

Meta = Mapping[str, list[str]]


def read_head(tree: HtmlElement, *, zone: str) -> Facts:
    """Return the facts in the head of a page."""
    meta = _meta(tree)
    url = _link(tree, "canonical") or _first(meta, "og:url")
    return Facts(
        article=_first(meta, "og:type").lower() in {"article", "news", "blog"},
        headline=_first(meta, *_HEADLINES),
        standfirst=_first(meta, *_STANDFIRSTS),
        bylines=tuple(n for n in _any(meta, *_BYLINES) if not re.search("[/@]", n)),
        image=_image(meta, tree),
        tags=tuple(_tags(meta)),
        section=_first(meta, "article:section", "og:article:section"),
        published=read_date(_first(meta, *_PUBLISHED), zone=zone),
        updated=read_date(_first(meta, *_UPDATED), zone=zone),
        language=_language(tree, meta),
        url=url,
        site=_first(meta, "og:site_name", "application-name", "publisher"),
    )


def base_of(tree: HtmlElement, address: str) -> str:
    """Return what relative addresses on the page are relative to (HTML 4.2.3)."""
    said = next((one.get("href") for one in tree.iter("base") if one.get("href")), "")
    return absolute_url(said or "", base=address) or address


def title_of(tree: HtmlElement) -> str:
    """Return the text of the page's `<title>`."""
    found = tree.find(".//head/title")
    return " ".join(str(found.text_content()).split()) if found is not None else ""


def _meta(tree: HtmlElement) -> dict[str, list[str]]:
    """Return the contents of all meta elements under their names, in lower case."""
    found: dict[str, list[str]] = {}
    for one in tree.iter("meta"):
        content = " ".join((one.get("content") or "").split())
        for attribute in ("property", "name", "itemprop"):
            name = (one.get(attribute) or "").strip().lower()
            if name and content:
                found.setdefault(name, []).append(content)
    return found


def _any(meta: Meta, *names: str) -> list[str]:
    """Return everything said under the first name that says anything."""
    return next((meta[name] for name in names if name in meta), [])


def _first(meta: Meta, *names: str) -> str:
    return next(iter(_any(meta, *names)), "")


def _tags(meta: Meta) -> list[str]:
    said = [text for name in _TAGS for text in meta.get(name, [])]
    return [
        tag for text in said or meta.get("keywords", []) for tag in _SEVERAL.split(text)
    ]


def _image(meta: Meta, tree: HtmlElement) -> Image | None:
    url = _first(meta, *_IMAGES) or _link(tree, "image_src")
    if not url:
        return None
    sizes = [_first(meta, f"og:image:{side}") for side in ("width", "height")]
    width, height = (
        int(size) if re.fullmatch("[0-9]{1,5}", size) else None for size in sizes
    )
    alt = _first(meta, "og:image:alt", "twitter:image:alt")
    return Image(url=url, alt=alt, width=width or None, height=height or None)


def _link(tree: HtmlElement, relation: str) -> str:
    for one in tree.iter("link"):
        if relation in (one.get("rel") or "").lower().split():
            return (one.get("href") or "").strip()
    return ""


def _language(tree: HtmlElement, meta: Meta) -> str:
    html = next(tree.iter("html"), None)
    said = (
        (
            html.get("lang")
            or html.get("{http://www.w3.org/XML/1998/namespace}lang")
            or ""
        )
        if html is not None
        else ""
    )
    return said or _first(meta, "content-language", "og:locale", "language")
