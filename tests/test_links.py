"""Tokens open one thing for one reader, and nobody can make them up."""

from __future__ import annotations

import base64
import hmac
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.links import Links, Purpose

LINKS = Links(key=b"k" * 32, site_url="https://ledger.example")
ID = "aebagbafaydqq"  # eight bytes, as the store makes them

READERS = st.binary(min_size=8, max_size=8).map(
    lambda octets: base64.b32encode(octets).decode().rstrip("=").lower()
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


@given(READERS, st.sampled_from(Purpose), st.text(max_size=99), st.binary(max_size=64))
def test_a_token_is_the_reader_and_a_mac_of_the_standard_librarys(
    reader: str, purpose: Purpose, scope: str, key: bytes
) -> None:
    octets = base64.b32decode(f"{reader}===".upper())
    what = b"\0".join((purpose.encode(), scope.encode("utf-8"), octets))
    mac = hmac.digest(key, what, "sha256")[:12]

    token = Links(key=key, site_url="").token(purpose, subscriber=reader, scope=scope)

    assert token == base64.b32encode(octets + mac).decode().lower()


@given(READERS)
def test_what_a_mail_holds_is_what_each_link_is_by_itself(reader: str) -> None:
    own = LINKS.own(
        reader,
        newsletter="daily",
        issue="daily/1",
        domain="ledger.example",
        bounce_domain="bounces.example",
    )

    assert own == (
        LINKS.unsubscribe(reader, "daily"),
        LINKS.preferences(reader, "daily"),
        LINKS.pause(reader, "daily"),
        LINKS.unsubscribe_mailbox(reader, "daily", "ledger.example"),
        LINKS.bounce_mailbox(
            issue="daily/1", subscriber=reader, domain="bounces.example"
        ),
    )


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


@given(READERS, st.text(max_size=20), st.text(max_size=20))
def test_a_token_of_one_newsletter_is_none_of_another(
    reader: str, one: str, other: str
) -> None:
    token = LINKS.token(Purpose.UNSUBSCRIBE, subscriber=reader, scope=one)

    read = LINKS.read_token(token, purpose=Purpose.UNSUBSCRIBE, scope=other)

    assert read == (reader if one == other else None)


@pytest.mark.parametrize(
    "token",
    ["", "short", "1" * 32, "é" * 32, "a" * 31, "a" * 33, "a" * 26 + "=" * 6, " " * 32],
)
def test_what_is_no_token_is_refused_quietly(token: str) -> None:
    assert LINKS.read_token(token, purpose=Purpose.BOUNCE, scope="daily") is None


@given(st.text(max_size=40))
def test_no_text_upsets_the_reading_of_tokens(token: str) -> None:
    assert LINKS.read_token(token, purpose=Purpose.PAUSE, scope="daily") is None


def test_only_ascii_letters_fold() -> None:
    tokens = [
        LINKS.token(Purpose.PAUSE, subscriber=ID, scope=str(n)) for n in range(20)
    ]

    for letter, look_alike in [("s", "ſ"), ("i", "ı"), ("k", "\u212a")]:
        scope = next(n for n, token in enumerate(tokens) if letter in token)
        forged = tokens[scope].replace(letter, look_alike)
        assert LINKS.read_token(forged, purpose=Purpose.PAUSE, scope=str(scope)) is None


@pytest.mark.parametrize(
    "subscriber",
    ["", "amira@example.org", "aaaaaaaaaaaab", "AAAAAAAAAAAAA", "a" * 14, "ſ" * 13],
)
def test_what_is_no_readers_id_gets_no_token(subscriber: str) -> None:
    with pytest.raises(ValueError, match=r"not a reader's id: .*13 lower-case base32"):
        LINKS.token(Purpose.PREFERENCES, subscriber=subscriber, scope="daily")


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
    assert re.fullmatch(r"[bu]\+[a-z2-7]{32}@[a-z.]+", bounce)
    assert LINKS.unsubscribe(ID, "daily").endswith(f"/u/{leave[2:34]}")


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


@pytest.mark.parametrize(
    "form", ["{}", "https://ledger.example/u/{}", "<U+{}@ledger.example>"]
)
def test_an_unsubscriber_is_found_by_link_mailbox_or_token(form: str) -> None:
    token = LINKS.token(Purpose.UNSUBSCRIBE, subscriber=ID, scope="weekly")
    other = LINKS.token(Purpose.PREFERENCES, subscriber=ID, scope="weekly")

    assert LINKS.unsubscriber(form.format(token), ["daily", "weekly"]) == ID
    assert LINKS.unsubscriber(form.format(other), ["daily", "weekly"]) is None
    assert LINKS.unsubscriber(form.format(token), ["daily"]) is None
    assert LINKS.unsubscriber("ana@readers.example", ["daily"]) is None


def test_after_a_change_of_keys_old_links_still_open_and_mails_stay_the_same() -> None:
    rotated = Links(key=b"n" * 32, older=(b"m" * 32, LINKS.key), site_url="")
    old = LINKS.token(Purpose.UNSUBSCRIBE, subscriber=ID, scope="daily")
    new = rotated.token(Purpose.UNSUBSCRIBE, subscriber=ID, scope="daily")
    same = {"issue": "daily/1", "subscriber": ID, "domain": "ledger.example"}

    assert new != old
    for token in (old, new):
        found = rotated.whose(
            token, purpose=Purpose.UNSUBSCRIBE, scopes=["weekly", "daily"]
        )
        assert found == (ID, "daily")
        assert not rotated.whose(
            token, purpose=Purpose.PREFERENCES, scopes=["weekly", "daily"]
        )
    assert LINKS.read_token(new, purpose=Purpose.UNSUBSCRIBE, scope="daily") is None
    assert rotated.message_id(**same) == LINKS.message_id(**same)
