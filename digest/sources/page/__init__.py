"""An article's web page, live or saved, read as the article it shows.

What the page says about itself (JSON-LD, OpenGraph, the words around the text) goes
into the fields; the rest is searched for the story (`digest.sources.page.story`).
"""

from __future__ import annotations

import logging
import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import datetime
from html import escape

from lxml.html import HtmlElement

from digest.model import Article, Fetched, Image, Problem
from digest.reading import reading_minutes
from digest.sources.bodies import Body, read_body
from digest.sources.cleaning import plain
from digest.sources.documents import decode
from digest.sources.identity import absolute_url, article_id, canonical_url
from digest.sources.items import AHEAD
from digest.sources.labels import (
    language_tag,
    same_picture,
    shows_the_story,
    split_credit,
    tag_labels,
)
from digest.sources.origin import Origin
from digest.sources.page.facts import Facts, combined
from digest.sources.page.head import base_of, read_head, title_of
from digest.sources.page.jsonld import read_json_ld
from digest.sources.page.parts import Parts, take_parts
from digest.sources.page.story import find_story, key_of, take_figure
from digest.sources.page.tree import drop, parse, silence, text_of
from digest.sources.standfirsts import beside

logger = logging.getLogger(__name__)

#: trafilatura's time grows with the square of it; article pages have some thousand.
_MOST_ELEMENTS = 20_000
#: Characters; less is a cookie notice or a login, unless the page says "article".
_SHORTEST_BODY, _SHORTEST_ARTICLE = 250, 40
#: A Chinese or Japanese character says about what three letters say.
_DENSE, _DENSE_MORE = re.compile("[\u3040-\u30ff\u3400-\u9fff]"), 2
_SITE_SEPARATOR = re.compile(r"\s+[-–—|•·:]\s+")


def read_page(
    content: bytes,
    *,
    origin: Origin,
    now: Callable[[], datetime],
    charset: str = "",
) -> Fetched:
    """Return the article a page shows: one article, or an error that says why not.

    `origin.where` names the page in problems (an error leaves that to the caller),
    `origin.base_url` is its address (empty for a saved file), `origin.key` its id
    where it names no address. Never raises, whatever the page does.
    """
    try:
        return _read(decode(content, charset=charset), origin, now())
    except Exception:  # a hostile page must not cost its neighbours in a folder
        logger.debug("page %s", origin.where, exc_info=True)
        return Fetched(error="could not be understood as a page; check it in a browser")


def _read(text: str, origin: Origin, now: datetime) -> Fetched:
    tree = parse(text)
    if tree is None or not text_of(tree):
        return Fetched(error="is empty; check it in a browser")
    if sum(1 for _ in tree.iter()) > _MOST_ELEMENTS:
        return Fetched(
            error=f"has more than {_MOST_ELEMENTS} elements, which no article has; "
            "give the page of one article"
        )
    reading = _Reading(tree, origin)
    article = reading.article()
    if article is None:
        return Fetched(
            error=f"holds no article: {reading.short_of}. "
            "Give the page of one article, not a front page or one behind a login"
        )
    return _believed(article, now, origin.where)


def _believed(article: Article, now: datetime, where: str) -> Fetched:
    """Return the article without dates that lie ahead, and a problem about them."""
    dates = (article.published, article.updated)
    wrong = next((date for date in dates if date and date > now + AHEAD), None)
    if wrong is None:
        return Fetched(articles=(article,))
    published, updated = (d if d and d <= now + AHEAD else None for d in dates)
    what = (
        f"is dated {wrong:%Y-%m-%d %H:%M}, which lies ahead; "
        "that date was not believed. Correct it at its source"
    )
    return Fetched(
        articles=(replace(article, published=published, updated=updated),),
        problems=(Problem(where=where, what=what),),
    )


class _Reading:
    """One page while it is read; `short_of` says what is missing for an article."""

    def __init__(self, tree: HtmlElement, origin: Origin) -> None:
        self.origin = origin
        self.short_of = "it has no headline"
        head = read_head(tree, zone=origin.timezone)
        self.base = base_of(tree, origin.base_url or absolute_url(head.url))
        blocks = [
            one.text_content()
            for one in tree.iter("script")
            if "ld+json" in (one.get("type") or "").lower()
        ]
        self.url = self._address(head.url)
        data = read_json_ld(blocks, url=self.url, zone=origin.timezone)
        title = title_of(tree)
        silence(tree)
        self.parts = take_parts(tree, base_url=self.base, zone=origin.timezone)
        self.language = language_tag(head.language) or language_tag(data.language)
        self.facts = combined([data, _visible(self.parts), head, Facts(headline=title)])
        self.headline = self._headline(data, head, title)
        self.figure = take_figure(tree, self.parts.head, self.base)
        if self.parts.head is not None:
            drop(self.parts.head)
        self.html, self.is_list = find_story(tree, self.base)

    def article(self) -> Article | None:
        """Return the article, None when there is none to return."""
        standfirst, body = self._texts()
        if not self.headline or not self._is_enough(standfirst, body):
            return None
        parts, facts, origin = self.parts, self.facts, self.origin
        image = self._image(body)
        body = body.without_lead(image)
        url = self.url or self._address(facts.url)
        counted = reading_minutes(f"{self.headline} {standfirst} {plain(body.html)}")
        newer = facts.published and facts.updated and facts.updated > facts.published
        return Article(
            id=article_id(url, source=origin.source, key=origin.key),
            headline=self.headline,
            source=origin.source,
            url=url,
            standfirst=standfirst,
            byline=", ".join(self._bylines()),
            desk=self._desk(),
            image=image,
            body=body.html,
            quotes=body.quotes,
            tags=self._tags(body),
            related=(*parts.related, *body.related),
            also_read=(*parts.also_read, *body.also_read),
            reading_minutes=parts.minutes or facts.minutes or counted,
            published=facts.published or facts.updated,
            updated=facts.updated if newer else None,
            language=language_tag(origin.language) or self.language,
        )

    # -- field by field -------------------------------------------------------

    def _texts(self) -> tuple[str, Body]:
        """Return standfirst and body; the visible standfirst is the newsroom's own."""
        html = self.html
        if len(self.facts.text) > 2 * len(plain(html)):  # a page made by its scripts
            html = _paragraphs(self.facts.text)
        body = read_body(html, base_url=self.base)
        if self.parts.standfirst:
            return self.parts.standfirst, body.without_opening(self.parts.standfirst)
        return beside(body, plain(self.facts.standfirst))

    def _is_enough(self, standfirst: str, body: Body) -> bool:
        """Say whether this is one story and not a list of others, a login, an error."""
        said = f"{standfirst}{body.text}"
        length = len(said) + _DENSE_MORE * len(_DENSE.findall(said))
        needed = _SHORTEST_ARTICLE if self.facts.article else _SHORTEST_BODY
        self.short_of = f"only {length} characters of text were found"
        if length < needed:
            return False
        self.short_of = "it is a list of links to others"
        return self.facts.article or not self.is_list

    def _headline(self, data: Facts, head: Facts, title: str) -> str:
        """Return the headline on the page, if the head agrees that it is one."""
        known = [
            _alone(plain(t), self.facts.site)
            for t in (data.headline, head.headline, title)
        ]
        shown = plain(escape(self.parts.headline, quote=False))
        known = [text for text in known if text]
        if shown and (not known or any(_begin_alike(shown, text) for text in known)):
            return shown
        return known[0] if known else ""

    def _bylines(self) -> Iterator[str]:
        seen = {self.facts.site.casefold(), self._desk().casefold()}
        for name in map(plain, self.facts.bylines):
            if name and name.casefold() not in seen and "://" not in name:
                seen.add(name.casefold())
                yield name

    def _desk(self) -> str:
        desk = plain(self.facts.desk)
        return "" if desk.casefold() == self.facts.site.casefold() else desk

    def _tags(self, body: Body) -> tuple[str, ...]:
        facts = self.facts
        return tag_labels(
            [
                *self.parts.tags,
                *body.tags,
                *facts.tags,
                facts.section,
                *self.origin.tags,
            ]
        )

    def _image(self, body: Body) -> Image | None:
        """Return the lead picture: in the size of the head, in the words of the page."""
        named, shown = self.facts.image, self.figure or body.image
        if named is None or not shows_the_story(
            absolute_url(named.url, base=self.base)
        ):
            return shown
        caption, credit = split_credit(plain(named.caption))
        named = replace(
            named,
            url=absolute_url(named.url, base=self.base),
            alt=plain(named.alt),
            caption=caption,
            credit=plain(named.credit) or credit or self.parts.photo,
        )
        if shown is None:
            return named
        if not same_picture(named.url, shown.url) and self.figure is None:
            return named  # the text's first picture is another one
        return replace(
            named if same_picture(named.url, shown.url) else shown,
            alt=shown.alt or named.alt,
            caption=shown.caption or named.caption,
            credit=shown.credit or named.credit,
            width=named.width or shown.width,
            height=named.height or shown.height,
        )

    def _address(self, said: str) -> str:
        """Return the page's own address; a front page is nobody's."""
        url = canonical_url(said, base=self.base)
        own = canonical_url(self.origin.base_url)
        if not url or (url.rstrip("/").count("/") <= 2 and own):  # noqa: PLR2004 -- scheme://host
            return own
        return url


def _visible(parts: Parts) -> Facts:
    return Facts(
        headline=parts.headline,
        bylines=tuple(filter(None, parts.bylines)),
        desk=", ".join(dict.fromkeys(filter(None, parts.desks))),
        published=parts.published,
        updated=parts.updated,
    )


def _alone(title: str, site: str) -> str:
    """Return a title without the site's name behind it."""
    ends = list(_SITE_SEPARATOR.finditer(title))
    if ends and site and title[ends[-1].end() :].casefold() == site.casefold():
        return title[: ends[-1].start()]
    return title


def _begin_alike(one: str, other: str) -> bool:
    """Say whether two titles are one, of which either may be cut."""
    keys = sorted((key_of(one), key_of(other)), key=len)
    return bool(keys[0]) and keys[1].startswith(keys[0][:20])


def _paragraphs(text: str) -> str:
    lines_of_text = escape(text, quote=False).splitlines()
    return "".join(f"<p>{line}</p>" for line in lines_of_text if line.strip())
