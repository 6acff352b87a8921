"""A newsroom's own article pages, pasted and saved, come out field by field."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from digest.model import Article, Fetched
from digest.sources.folder import read_document
from digest.sources.origin import Origin
from tests.newsroom_pages import PAGES, Page

NOW = datetime(2026, 11, 26, tzinfo=UTC)


def read(text: str, key: str) -> Fetched:
    origin = Origin(
        source="desk",
        key=key,
        where=key,
        timezone="Europe/Paris",
        images_url="https://longitude.example/media",
        base_url="https://longitude.example/",
    )
    return read_document(text.encode(), origin=origin, now=lambda: NOW)


def check(article: Article, page: Page) -> None:
    """Compare everything both kinds of page say."""
    assert article.headline == page.headline
    assert article.standfirst == page.standfirst
    assert article.byline == page.byline
    assert article.published == datetime(2026, 11, 12, 17, 42, tzinfo=UTC)
    assert article.updated == datetime(2026, 11, 12, 18, 5, tzinfo=UTC)
    assert article.reading_minutes == 4
    assert article.image
    assert article.image.caption == page.caption
    assert article.image.credit == page.credit
    assert article.tags == page.tags
    assert [link.title for link in article.also_read] == [page.also]
    assert [link.title for link in article.related] == list(page.related)
    assert article.language == page.language


def names(page: Page) -> str:
    return page.language


@pytest.mark.parametrize("page", PAGES, ids=names)
def test_a_pasted_page_is_read_in_the_newsrooms_language(page: Page) -> None:
    (article,) = read(page.pasted(), "page.txt").articles

    check(article, page)
    assert article.body == "".join(f"<p>{text}</p>" for text in page.paragraphs)


@pytest.mark.parametrize("page", PAGES, ids=names)
def test_a_saved_page_is_read_in_the_newsrooms_language(page: Page) -> None:
    (article,) = read(page.saved(), "page.html").articles

    check(article, page)
    first, second, quotation, last = page.paragraphs
    assert article.body == (
        f"<p>{first}</p><p>{second}</p>"
        f"<blockquote><p>{quotation}</p></blockquote><p>{last}</p>"
    )
    (quote,) = article.quotes
    assert quote.text == page.said
