from __future__ import annotations

import json
from datetime import UTC, datetime
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.jsonform import dump, from_json, to_json
from digest.model import (
    Article,
    Consent,
    Image,
    Issue,
    Link,
    Preferences,
    Quote,
    SourceRecord,
    State,
    Subscriber,
    Validators,
)

TEXT = st.text(st.characters(), max_size=12)  # lone surrogates and NUL too
TIMES = st.none() | st.datetimes(timezones=st.just(UTC))
ARTICLES = st.builds(
    Article,
    id=TEXT,
    headline=TEXT,
    source=TEXT,
    body=TEXT,
    image=st.none()
    | st.builds(Image, url=TEXT, alt=TEXT, width=st.none() | st.integers()),
    quotes=st.lists(st.builds(Quote, text=TEXT, who=TEXT), max_size=2).map(tuple),
    tags=st.lists(TEXT, max_size=3).map(tuple),
    related=st.lists(st.builds(Link, title=TEXT, url=TEXT), max_size=2).map(tuple),
    published=TIMES,
    updated=TIMES,
    pinned=st.booleans(),
    order=st.none() | st.integers(),
)


@given(ARTICLES)
def test_every_article_comes_back_exactly(article: Article) -> None:
    assert from_json(Article, json.loads(dump(to_json(article)))) == article


@given(
    st.builds(
        Subscriber,
        id=TEXT,
        address=TEXT,
        preferences=st.builds(
            Preferences,
            newsletters=st.frozensets(TEXT, max_size=3),
            follows=st.lists(TEXT, max_size=3).map(tuple),
            mutes=st.frozensets(TEXT, max_size=3),
        ),
        paused_until=TIMES,
        consent=st.builds(Consent, at=TIMES, where=TEXT),
    )
)
def test_every_subscriber_comes_back_exactly(subscriber: Subscriber) -> None:
    assert from_json(Subscriber, json.loads(dump(to_json(subscriber)))) == subscriber


@given(ARTICLES)
def test_the_text_is_ascii_whatever_an_article_contains(article: Article) -> None:
    assert dump(to_json(article)).isascii()


def test_an_article_has_the_models_own_names() -> None:
    article = Article(
        id="a1",
        headline="A lock reopens",
        source="wire",
        tags=("canal",),
        image=Image(url="https://ledger.example/lock.jpg"),
        published=datetime(2026, 11, 23, 6, tzinfo=UTC),
    )

    form = to_json(article)

    assert form["tags"] == ["canal"]
    assert form["image"]["url"] == "https://ledger.example/lock.jpg"
    assert form["published"] == "2026-11-23T06:00:00+00:00"
    assert {"also_read", "reading_minutes", "standfirst", "desk"} < form.keys()


def test_mappings_and_nested_values_have_a_form() -> None:
    at = datetime(2026, 11, 23, tzinfo=UTC)

    form = to_json({"counts": {State.SENT: 3}, "next": [(at, None, True, 1.5)]})

    assert form == {
        "counts": {"sent": 3},
        "next": [["2026-11-23T00:00:00+00:00", None, True, 1.5]],
    }


def test_a_set_becomes_a_sorted_list() -> None:
    assert to_json(frozenset({"b", "a"})) == ["a", "b"]


@pytest.mark.parametrize("value", [b"bytes", Article, Fraction(1, 2)])
def test_what_has_no_form_is_refused(value: object) -> None:
    with pytest.raises(TypeError, match="has no JSON form"):
        to_json({"deep": [value]})


def test_missing_keys_take_defaults_and_unknown_ones_are_ignored() -> None:
    record = from_json(SourceRecord, {"name": "wire", "from a newer version": 1})

    assert record == SourceRecord(name="wire", validators=Validators())


def test_values_inside_values_are_read() -> None:
    issue = Issue(
        id="daily/1",
        newsletter="daily",
        number=1,
        since=datetime.min.replace(tzinfo=UTC),
        until=datetime(2026, 11, 23, tzinfo=UTC),
        articles=(Article(id="a", headline="b", source="c"),),
    )

    assert from_json(Issue, to_json(issue)) == issue
