"""JSON Feed: nothing about the types inside is trusted."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.model import Article
from tests.examples import examples
from tests.test_feed import NOW, read

VERSION = "https://jsonfeed.org/version/1.1"


def only(item: dict[str, object], **feed: object) -> Article:
    fetched = read(json.dumps({"version": VERSION, "items": [item], **feed}))
    assert fetched.problems == ()
    (article,) = fetched.articles
    return article


@pytest.mark.parametrize("version", ["https://jsonfeed.org/version/1", VERSION])
def test_both_versions_are_read(version: str) -> None:
    feed = json.dumps({"version": version, "items": [{"id": "1", "title": "T"}]})

    assert [a.headline for a in read("\ufeff " + feed).articles] == ["T"]


@pytest.mark.parametrize(
    ("said", "byline"),
    [
        ({"authors": [{"name": "Ana"}, {"name": "Ben"}, {}]}, "Ana, Ben"),
        ({"author": {"name": "Ana"}}, "Ana"),
        ({"authors": "Ana", "author": ["Ben"]}, ""),
    ],
)
def test_authors_of_an_item_or_of_the_feed(
    said: dict[str, object], byline: str
) -> None:
    assert only({"id": "1", "title": "T", **said}).byline == byline
    assert only({"id": "1", "title": "T"}, **said).byline == byline


def test_text_is_text_and_html_is_html() -> None:
    text = only({"id": 1, "title": "1 < 2", "content_text": "One & <b>.\r\n\r\nTwo."})
    html = only(
        {"id": 1, "title": "T", "content_html": "<p>One.</p><p><i>Two.</i></p>"}
    )

    assert text.headline == "1 < 2"
    assert text.body == "<p>Two.</p>"
    assert html.standfirst == "One."
    assert html.body == "<p><i>Two.</i></p>"


def test_relative_addresses_are_the_sites() -> None:
    article = only(
        {"id": "1", "title": "T", "url": "a", "image": "i.jpg"},
        home_page_url="https://tidewater.example/x/",
    )

    assert article.url == "https://tidewater.example/x/a"
    assert article.image is not None
    assert article.image.url == "https://tidewater.example/x/i.jpg"


def test_an_item_dated_far_ahead_is_a_problem() -> None:
    item = {
        "id": "1",
        "title": "T",
        "date_published": f"{NOW.year + 1}-01-01T00:00:00Z",
    }

    fetched = read(json.dumps({"version": VERSION, "items": [item]}))

    assert fetched.articles[0].published is None
    assert "lies ahead" in fetched.problems[0].what


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(max_size=9),
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(
                st.sampled_from(
                    [
                        "id",
                        "url",
                        "title",
                        "content_html",
                        "image",
                        "authors",
                        "author",
                        "tags",
                        "attachments",
                        "date_published",
                        "name",
                        "language",
                        "summary",
                    ]
                ),
                inner,
                max_size=5,
            )
        ),
        max_leaves=12,
    )
)
@examples(150)
def test_a_json_feed_may_hold_anything(item: object) -> None:
    feed = {
        "version": "https://jsonfeed.org/version/1.1",
        "items": [item, {"title": "T"}],
    }

    fetched = read(json.dumps(feed))

    assert fetched.articles[-1].headline == "T" or len(fetched.articles) == 1
