from __future__ import annotations

import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.addresses import (
    check_address,
    check_domain,
    check_mailbox,
    same_address_key,
)
from digest.model import Mailbox


class TestAnAddress:
    @pytest.mark.parametrize(
        ("written", "kept"),
        [
            ("amira@example.org", "amira@example.org"),
            ("Amira.B+digest@Example.ORG", "Amira.B+digest@example.org"),
            ("Postmaster@example.org", "Postmaster@example.org"),
            ("amira@bücher.example", "amira@xn--bcher-kva.example"),
            ("amira@BÜCHER.example", "amira@xn--bcher-kva.example"),
            ("amira@xn--bcher-kva.example", "amira@xn--bcher-kva.example"),
            ("émile@example.org", "émile@example.org"),
            ("e\u0301mile@example.org", "e\u0301mile@example.org"),
            ("o'hara@example.org", "o'hara@example.org"),
        ],
    )
    def test_keeps_its_first_part_and_gets_an_ascii_domain(
        self, written: str, kept: str
    ) -> None:
        assert check_address(written) == kept

    @pytest.mark.parametrize(
        "written",
        [
            *("", "amira", "amira@", "@example.org", "a@b", "a b@example.org"),
            *("a..b@example.org", "a@example..org", "a@-example.org", "a@exa mple.org"),
            *("a@[192.0.2.1]", '"a b"@example.org', "a@localhost", "a@b@example.org"),
            *(
                "a@example.org\n",
                "a@example.org\r\nBcc: b@example.org",
                "a\0@example.org",
            ),
            *("a" * 65 + "@example.org", "a@" + "b" * 260 + ".org", " a@example.org"),
        ],
    )
    def test_that_is_none_is_refused_with_advice(self, written: str) -> None:
        with pytest.raises(
            ValueError, match=r"^not a mail address: .*\. Write it like"
        ):
            check_address(written)

    def test_with_a_name_is_refused_with_other_advice(self) -> None:
        with pytest.raises(
            ValueError, match="Leave out the name and the angle brackets"
        ):
            check_address("Amira <amira@example.org>")

    def test_that_is_absurdly_long_is_not_repeated_in_full(self) -> None:
        with pytest.raises(ValueError, match="not a mail address") as caught:
            check_address("a" * 100_000)

        assert len(str(caught.value)) < 300

    @given(st.text(max_size=40))
    def test_that_passes_can_never_break_a_header(self, written: str) -> None:
        try:
            checked = check_address(written)
        except ValueError:
            return

        assert checked.isprintable()
        assert " " not in checked
        assert check_address(checked) == checked

    @given(st.text(string.ascii_letters + string.digits, min_size=1, max_size=20))
    def test_is_the_same_reader_in_capitals(self, name: str) -> None:
        one, other = f"{name.lower()}@example.org", f"{name.upper()}@example.org"

        assert same_address_key(one) == same_address_key(other)

    def test_of_another_reader_is_another(self) -> None:
        assert same_address_key("a@example.org") != same_address_key("b@example.org")


class TestADomain:
    def test_becomes_ascii_in_small_letters(self) -> None:
        assert check_domain("Bounces.BÜCHER.example") == "bounces.xn--bcher-kva.example"

    @pytest.mark.parametrize("written", ["", "example", "a b.example", "x@example.org"])
    def test_that_is_none_is_refused(self, written: str) -> None:
        with pytest.raises(ValueError, match=r"not a domain\. Write it like"):
            check_domain(written)


class TestAMailbox:
    @pytest.mark.parametrize(
        ("written", "mailbox"),
        [
            ("d@example.org", Mailbox(address="d@example.org")),
            ("<d@example.org>", Mailbox(address="d@example.org")),
            (
                "The Desk <d@example.org>",
                Mailbox(address="d@example.org", name="The Desk"),
            ),
            (
                '"Desk, The" <d@Example.org>',
                Mailbox(address="d@example.org", name="Desk, The"),
            ),
            (
                r'"The \"Desk\" \\ Co" <d@example.org>',
                Mailbox(address="d@example.org", name='The "Desk" \\ Co'),
            ),
            (
                "Ла́дога <d@example.org> ",
                Mailbox(address="d@example.org", name="Ла́дога"),
            ),
        ],
    )
    def test_is_a_name_and_an_address_or_an_address(
        self, written: str, mailbox: Mailbox
    ) -> None:
        assert check_mailbox(written) == mailbox

    @pytest.mark.parametrize(
        "written",
        [
            "Desk d@example.org",
            "Desk <d@example.org",
            "Desk <d>",
            'A "B" <d@example.org>',
        ],
    )
    def test_that_is_none_is_refused(self, written: str) -> None:
        with pytest.raises(ValueError, match="not a mail address"):
            check_mailbox(written)
