"""Tokens open one thing for one reader, and nobody can make them up."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.links import Links, Purpose

LINKS = Links(key=b"k" * 32, site_url="https://ledger.example")
ID = "aebagbafaydqq"  # eight bytes, as the store makes them

READERS = st.text("abcdefghijklmnopqrstuvwxyz234567", min_size=12, max_size=12).map(
    lambda text: text + "a"  # the last character holds 4 bits of padding
)


@given(READERS, st.sampled_from(Purpose), st.text(max_size=20))
def test_a_token_reads_back_for_its_purpose_and_scope_alone(
    reader: str, purpose: Purpose, scope: str
) -> None:
    token = LINKS.token(purpose, subscriber=reader, scope=scope)

    assert re.fullmatch("[a-z2-7]{32}", token)
    assert LINKS.read_token(token, purpose=purpose, scope=scope) == reader
    assert LINKS.read_token(token.upper(), purpose=purpose, scope=scope) == reader
    assert LINKS.read_token(token, purpose=purpose, scope=scope + "x") is None
    for other in set(Purpose) - {purpose}:
        assert LINKS.read_token(token, purpose=other, scope=scope) is None


@given(READERS, READERS)
def test_two_readers_share_no_token(one: str, other: str) -> None:
    tokens = {
        LINKS.token(purpose, subscriber=reader, scope="daily")
        for purpose in Purpose
        for reader in (one, other)
    }

    assert len(tokens) == len(Purpose) * len({one, other})


@given(st.integers(0, 31), st.sampled_from("abcdefghijklmnopqrstuvwxyz234567"))
def test_an_altered_token_is_nobodys(place: int, letter: str) -> None:
    token = LINKS.token(Purpose.PREFERENCES, subscriber=ID, scope="daily")
    altered = token[:place] + letter + token[place + 1 :]

    read = LINKS.read_token(altered, purpose=Purpose.PREFERENCES, scope="daily")

    assert (read == ID) == (altered == token)


@pytest.mark.parametrize("token", ["", "short", "1" * 32, "é" * 32, "a" * 33])
def test_what_is_no_token_is_refused_quietly(token: str) -> None:
    assert LINKS.read_token(token, purpose=Purpose.BOUNCE, scope="daily") is None


def test_another_key_reads_nothing() -> None:
    token = LINKS.token(Purpose.PAUSE, subscriber=ID, scope="daily")
    other = Links(key=b"o" * 32, site_url=LINKS.site_url)

    assert other.read_token(token, purpose=Purpose.PAUSE, scope="daily") is None
    assert "k" * 32 not in repr(LINKS)


def test_addresses_fit_their_limits() -> None:
    bounce = LINKS.bounce_mailbox(issue="daily/1", subscriber=ID, domain="b.example")
    leave = LINKS.unsubscribe_mailbox(ID, "daily", "ledger.example")

    assert len(bounce.partition("@")[0]) <= 64
    assert len(leave.partition("@")[0]) <= 64
    assert bounce.startswith("b+")
    assert leave.startswith("u+")


def test_a_message_id_is_one_per_reader_and_issue_and_the_same_again() -> None:
    made = {
        LINKS.message_id(issue=issue, subscriber=reader, domain="ledger.example")
        for issue in ("daily/2026-11-23", "daily/2026-11-24")
        for reader in (ID, "bbbbbbbbbbbba")
        for _ in range(2)
    }

    assert len(made) == 4
    pattern = r"<daily-2026-11-2[34]\.[0-9a-f]{32}@ledger\.example>"
    assert all(re.fullmatch(pattern, one) for one in made)


def test_the_web_copy_is_the_same_for_all() -> None:
    assert LINKS.web_copy("daily/2026-11-23") == (
        "https://ledger.example/archive/daily/2026-11-23"
    )
    pages = {
        LINKS.unsubscribe(ID, "daily"),
        LINKS.preferences(ID, "daily"),
        LINKS.pause(ID, "daily"),
    }
    assert len({page.rpartition("/")[2] for page in pages}) == 3
