"""What stories and newsletters bring along, ready to print: pictures, quotations, links.

Their texts come from strangers: each is put on one line and set as its language is.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from digest.model import Article, Link, Notice, Quote, Section, Topic
from digest.rendering.plaintext import one_line
from digest.rendering.spacing import set_in
from digest.rendering.view import ImageView
from digest.tags import belongs, says_the_same, slug, slugs

#: Longer tags make no good line above a headline.
_LONGEST_KICKER = 32
_QUOTATION_MARKS = "\"“”„‟«»‹›'‘’‚ \u00a0\u202f"


def kicker(article: Article, section: Section, topics: Iterable[Topic]) -> str:
    """Return the first tag that neither heading, headline nor "Also in …" says.

    "GENEVA / Geneva: talks resume" says it twice, "EUROPE / … / Also in Europe", too,
    and so does "RIVER" below "Rivers". Which single tags a reader follows is not known
    here: what is said of those beside it is `elsewhere`.
    """
    said = {section.slug, slug(section.title)}
    tags = slugs(article.tags)
    for topic in topics:
        if belongs(topic, tags):
            said |= {topic.slug, slug(topic.title)}
    opening = slug(article.headline)
    labels = (
        one_line(tag)
        for tag in article.tags
        if not any(says_the_same(slug(tag), other) for other in said)
        and not f"{opening}-".startswith(f"{slug(tag)}-")
    )
    return next((label for label in labels if len(label) <= _LONGEST_KICKER), "")


def image(article: Article, language: str) -> ImageView | None:
    """Return a story's picture; its `alt` says at least the headline."""
    shown = article.image
    url = web(shown.url) if shown else ""
    if shown is None or not url:
        return None
    words = (shown.alt, shown.caption, article.headline)
    return ImageView(
        url=url,
        alt=next(line for text in (*words, "…") if (line := set_in(language, text))),
        caption=set_in(language, shown.caption),
        credit=one_line(shown.credit),
        width=shown.width,
        height=shown.height,
    )


def notice(said: Notice | None, language: str) -> Notice | None:
    """Return the newsletter's own words beside its stories."""
    if said is None:
        return None
    return Notice(
        title=set_in(language, said.title),
        text=set_in(language, said.text),
        label=set_in(language, said.label),
        url=web(said.url),
    )


def quotes(article: Article, language: str) -> tuple[Quote, ...]:
    """Return what was said in a story, without quotation marks."""
    cleaned = (
        Quote(
            text=set_in(language, quote.text).strip(_QUOTATION_MARKS),
            who=one_line(quote.who),
            role=set_in(language, quote.role),
        )
        for quote in article.quotes
    )
    return tuple(quote for quote in cleaned if quote.text)


def links(found: Sequence[Link], language: str) -> tuple[Link, ...]:
    """Return links that have a title; one that leads nowhere has no address."""
    cleaned = (Link(title=set_in(language, li.title), url=web(li.url)) for li in found)
    return tuple(link for link in cleaned if link.title)


def web(url: str) -> str:
    """Return `url` if a click on it is harmless, else nothing."""
    url = one_line(url).replace(" ", "%20")
    return url if url.lower().startswith(("https://", "http://")) else ""
