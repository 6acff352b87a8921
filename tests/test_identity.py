"""One story, one id, however it reaches the newsroom."""

from __future__ import annotations

import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.sources.identity import absolute_url, article_id, canonical_url


@pytest.mark.parametrize(
    ("written", "canonical"),
    [
        ("https://Paper.example/a", "https://paper.example/a"),
        ("HTTPS://PAPER.example:443/A", "https://paper.example/A"),
        ("http://paper.example:8080/a", "http://paper.example:8080/a"),
        ("https://paper.example", "https://paper.example/"),
        ("https://paper.example/a#comments", "https://paper.example/a"),
        (
            "https://paper.example/a?utm_source=x&id=7&UTM_medium=y",
            "https://paper.example/a?id=7",
        ),
        ("https://paper.example/a?fbclid=1", "https://paper.example/a"),
        (" https://paper.example/a\n", "https://paper.example/a"),
        ("https://paper.example/é à", "https://paper.example/%C3%A9%20%C3%A0"),
        ("//paper.example/a", "https://paper.example/a"),
        ("https://ana:secret@paper.example/a", "https://paper.example/a"),
        ("https://[2001:db8::1]:443/a", "https://[2001:db8::1]/a"),
        ("https://zeitung.exämple/a", "https://zeitung.exämple/a"),
    ],
)
def test_an_address_has_one_canonical_form(written: str, canonical: str) -> None:
    assert canonical_url(written) == canonical
    assert canonical_url(canonical) == canonical


@pytest.mark.parametrize(
    "written",
    [
        *("", "   ", "paper.example/a", "/a", "#top", "mailto:desk@paper.example"),
        *("javascript:alert(1)", "java\nscript:alert(1)", "\x01javascript:alert(1)"),
        *("data:text/html,x", "file:///etc/passwd", "ftp://paper.example/a"),
        *("http://", "http://[", "http://paper.example:seven/", "http://a b.example/"),
        *("https://paper.example:99999/", "https:///a", 'https://a".example/'),
    ],
)
def test_what_is_no_web_address_has_none(written: str) -> None:
    assert absolute_url(written) == ""
    assert canonical_url(written) == ""


def test_relative_addresses_need_the_page_they_stand_on() -> None:
    base = "https://paper.example/2026/a"

    assert absolute_url("b?x=1#y", base=base) == "https://paper.example/2026/b?x=1#y"
    assert absolute_url("/c", base=base) == "https://paper.example/c"
    assert absolute_url("//cdn.example/d.jpg", base=base) == "https://cdn.example/d.jpg"
    assert absolute_url("javascript:alert(1)", base=base) == ""
    assert absolute_url("b", base="not an address") == ""


@given(st.text(max_size=80), st.sampled_from(["", "https://paper.example/x/"]))
def test_any_text_is_an_address_or_none_and_never_an_error(
    text: str, base: str
) -> None:
    url = absolute_url(text, base=base)

    assert not url or url.startswith(("http://", "https://"))
    assert not set(url) & set(string.whitespace + '"<>\\^`{}')
    assert canonical_url(canonical_url(text, base=base)) == canonical_url(
        text, base=base
    )


def test_an_id_is_sixteen_lower_case_letters_and_digits() -> None:
    found = article_id("https://paper.example/a", source="wire", key="guid-1")

    assert len(found) == 16
    assert set(found) <= set(string.ascii_lowercase + "234567")


def test_the_same_address_is_the_same_article_whatever_the_source() -> None:
    one = article_id("https://paper.example/a?utm_source=rss", source="wire", key="1")
    other = article_id("https://PAPER.example/a#top", source="pages", key="a.html")

    assert one == other


def test_without_an_address_the_source_and_its_key_make_the_id() -> None:
    ids = {
        article_id("", source="wire", key="1"),
        article_id("", source="wire", key="2"),
        article_id("", source="desk", key="1"),
        article_id("not an address", source="wire", key="3"),
    }

    assert len(ids) == 4
    assert article_id("", source="wire", key="1") == article_id(source="wire", key="1")


def test_ids_stay_what_they_are() -> None:
    # An archive written by an earlier version must still know its articles.
    assert (
        article_id("https://paper.example/a", source="", key="") == "q6o7yzu6m7wdjumv"
    )
    assert article_id(source="desk", key="strike.md") == "6z3ksbr4oxifgbsi"
