"""Tags are compared by slug; topics ask for any, all and none of them."""

from __future__ import annotations

import re
import unicodedata
from typing import Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.model import Topic
from digest.tags import belongs, single_tag, slug, slugs

Form = Literal["NFC", "NFD", "NFKC", "NFKD"]
FORMS: list[Form] = ["NFC", "NFD", "NFKC", "NFKD"]


@pytest.mark.parametrize(
    ("label", "expected"),
    [
        ("Human rights", "human-rights"),
        ("  HUMAN -- Rights! ", "human-rights"),
        ("Élections européennes", "elections-europeennes"),
        ("Straße", "strasse"),
        ("حقوق الإنسان", "حقوق-الإنسان"),
        ("人権", "人権"),
        ("ภาษาไทย", "ภาษาไทย"),
        ("मानव अधिकार", "मानव-अधिकार"),
        ("Ｆｏｏｔｂａｌｌ ２", "football-2"),
        ("C++", "c-plus-plus"),
        ("C", "c"),
        ("c# & .NET", "c-sharp-net"),
        ("Vitamin\u00a0B＋", "vitamin-b-plus"),
        ("LGBT+", "lgbt"),
        ("#metoo", "metoo"),
        ("18+", "18"),
        ("COVID-19", "covid-19"),
        ("Sport ⚽\ufe0f", "sport"),
        ("❤\ufe0f", ""),
        ("Top 1\ufe0f\u20e3", "top-1"),
        ("\u093e", ""),
        ("Menschen\u00adrechte", "menschenrechte"),
        ("می\u200cخواهم", "میخواهم"),
        ("\ufeffCinema\u200b", "cinema"),
        ("—", ""),
        ("", ""),
    ],
)
def test_a_slug_is_what_people_would_call_the_same(label: str, expected: str) -> None:
    assert slug(label) == expected


@given(st.text())
def test_a_slug_is_its_own_slug(label: str) -> None:
    assert slug(slug(label)) == slug(label)


@given(st.text(), st.sampled_from(FORMS))
def test_a_label_is_the_same_tag_however_its_accents_are_stored(
    label: str, form: Form
) -> None:
    assert slug(unicodedata.normalize(form, label)) == slug(label)


@given(st.text())
def test_a_slug_fits_between_colons_commas_and_spaces(label: str) -> None:
    words = slug(label).split("-")

    assert words == [""] or all(any(map(str.isalnum, word)) for word in words)
    assert not re.search(r"[\s:;,|/\"']", slug(label))


def test_labels_without_letters_are_no_tags() -> None:
    assert slugs(["Rivers", "?", "RIVERS"]) == {"rivers"}


def test_a_single_tag_is_followed_with_a_prefix() -> None:
    assert single_tag("tag:Foot Ball") == "foot-ball"
    assert single_tag("football") is None
    assert single_tag("tag:") == ""


def test_a_topic_that_names_no_tag_matches_nothing() -> None:
    assert not belongs(Topic(slug="t", title="T"), frozenset(["a"]))
    assert belongs(Topic(slug="t", title="T", none=frozenset(["a"])), frozenset("b"))


TAGS = st.frozensets(st.sampled_from("abcdef"), max_size=4)


@given(TAGS, TAGS, TAGS, TAGS)
def test_belonging_is_any_and_all_and_not_none(
    any_: frozenset[str],
    all_: frozenset[str],
    none: frozenset[str],
    tags: frozenset[str],
) -> None:
    topic = Topic(slug="t", title="T", any=any_, all=all_, none=none)

    expected = (
        bool(any_ or all_ or none)
        and (not any_ or any(t in tags for t in any_))
        and all(t in tags for t in all_)
        and not any(t in tags for t in none)
    )

    assert belongs(topic, tags) is expected
