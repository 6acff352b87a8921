"""No article is longer than mail can carry, whoever wrote it.

A headline of a megabyte, or an address of one, would fill each reader's mail and push
every other story out of it. Whatever a source brings is cut to what people still read;
a text that no mail could hold is left to the site it came from.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from digest.model import Article, Fetched, Image, Link, Problem, Quote

#: Characters of each field that is plain text.
_LONGEST = {"headline": 300, "standfirst": 3_000, "byline": 300, "desk": 300}
_LONGEST_LINE = 300  #: of a credit, a name, a linked title
_LONGEST_WORDS = 2_000  #: of a caption, a quotation
_LONGEST_TAG = 100
_LONGEST_ADDRESS = 4_000  #: browsers and servers take little more
_LONGEST_BODY = 400_000  #: characters of HTML; the longest reports have some 200,000
_MOST_TAGS = 100
_MOST_LINKS = 50
_SHOWN = 60


def bounded(fetched: Fetched) -> Fetched:
    """Return what a source brought within bounds, and a problem for what was not."""
    articles, problems = [], list(fetched.problems)
    for article in fetched.articles:
        within = _within(article)
        articles.append(within)
        if within != article:
            problems.append(
                Problem(
                    where=f"{article.source}: “{article.headline[:_SHOWN]}”",
                    what=f"{_said(article, within)}; shorten it, or ask its publisher",
                )
            )
    return replace(fetched, articles=tuple(articles), problems=tuple(problems))


def _within(article: Article) -> Article:
    return replace(
        article,
        headline=_cut(article.headline, _LONGEST["headline"]),
        standfirst=_cut(article.standfirst, _LONGEST["standfirst"]),
        byline=_cut(article.byline, _LONGEST["byline"]),
        desk=_cut(article.desk, _LONGEST["desk"]),
        url=_address(article.url),
        image=_image(article.image),
        body=article.body if len(article.body) <= _LONGEST_BODY else "",
        quotes=tuple(map(_quote, article.quotes)),
        tags=tuple(
            tag for tag in article.tags[:_MOST_TAGS] if len(tag) <= _LONGEST_TAG
        ),
        related=_links(article.related),
        also_read=_links(article.also_read),
    )


def _said(article: Article, within: Article) -> str:
    """Say what was too much."""
    if within.body != article.body:
        return (
            f"its text has {len(article.body):,} characters, more than "
            f"{_LONGEST_BODY:,}, which no mail can carry; it was left out"
        )
    names = [n for n in _LONGEST if getattr(within, n) != getattr(article, n)]
    if names:
        had, most = len(getattr(article, names[0])), _LONGEST[names[0]]
        return f"its {names[0]} has {had:,} characters, more than {most:,}; it was cut"
    if within.url != article.url:
        return (
            f"its address has {len(article.url):,} characters, more than "
            f"{_LONGEST_ADDRESS:,}; it was left out"
        )
    return (
        "it has more tags, links or words about a picture than fit; some were left out"
    )


def _cut(text: str, longest: int) -> str:
    return text if len(text) <= longest else f"{text[: longest - 1].rstrip()}…"


def _address(url: str) -> str:
    return url if len(url) <= _LONGEST_ADDRESS else ""


def _image(image: Image | None) -> Image | None:
    if image is None or _address(image.url) != image.url:
        return None
    return replace(
        image,
        alt=_cut(image.alt, _LONGEST_WORDS),
        caption=_cut(image.caption, _LONGEST_WORDS),
        credit=_cut(image.credit, _LONGEST_LINE),
    )


def _quote(quote: Quote) -> Quote:
    return Quote(
        text=_cut(quote.text, _LONGEST_WORDS),
        who=_cut(quote.who, _LONGEST_LINE),
        role=_cut(quote.role, _LONGEST_LINE),
    )


def _links(links: Sequence[Link]) -> tuple[Link, ...]:
    return tuple(
        Link(title=_cut(link.title, _LONGEST_LINE), url=_address(link.url))
        for link in links[:_MOST_LINKS]
    )
