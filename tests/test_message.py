"""Messages as bytes: what any mail program reads back is what we put in."""

from __future__ import annotations

import email
import email.message
import hashlib
import re
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta, timezone
from email import policy
from email.header import decode_header, make_header
from email.utils import parseaddr
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from digest.message import HeaderProblem, Letter, compose, needs_smtputf8
from digest.model import Mailbox
from digest.quoting import Part
from tests.test_quoting import AWKWARD

EXAMPLES = settings(max_examples=150, deadline=None)

LETTER = Letter(
    sender=Mailbox(address="digest@longitude.example", name="Longitude — l’essentiel"),
    recipient="amira@example.org",
    date=datetime(2026, 11, 23, 7, 0, 5, tzinfo=UTC),
    message_id="<daily-2026-11-23.84a07a273843f46a32fd1755976d5514@longitude.example>",
    list_id="daily.longitude.example",
    list_title="Longitude Daily",
    unsubscribe_url="https://longitude.example/u/bbfwgs35hhldk7ttb2pblfsuqvd7qmiu",
    unsubscribe_mailbox="u+bbfwgs35hhldk7ttb2pblfsuqvd7qmiu@longitude.example",
    reply_to=Mailbox(address="desk@longitude.example"),
    help_url="https://longitude.example/help",
    archive_url="https://longitude.example/archive/daily",
    owner="desk@longitude.example",
    archived_at="https://longitude.example/archive/daily/2026-11-23",
    issue="2026-11-23",
    newsletter="daily",
)


@dataclass(frozen=True, kw_only=True)
class Told:
    """What a message says, as plain texts."""

    subject: str
    text: str
    html: str | None


RENDERED = Told(
    subject="Storm warning, and eight more stories",
    text="Storm warning\n\nFrom the coast, a café owner writes.\n",
    html="<!DOCTYPE html>\n<title>Storm warning</title>\n<p>From the coast…</p>\n",
)

TEXT = AWKWARD | st.text()
WORDS = st.text(
    alphabet=st.characters(exclude_categories=("Cc", "Cs", "Zl", "Zp")), max_size=300
) | st.lists(
    st.sampled_from(
        (
            *("word", " ", "  ", "=?utf-8?q?a?=", '"', "\\", "é", "(", ")", "<a@b.c>"),
            *(",", ";", "@", "x" * 60, "x" * 70, "x" * 100, "中" * 30, "=?", "?=", "."),
        )
    ),
    max_size=12,
).map("".join)


def written(told: Told, *, letter: Letter) -> bytes:
    return compose(
        letter=letter,
        subject=told.subject,
        text=Part.of(told.text),
        html=None if told.html is None else Part.of(told.html),
    )


def changed(letter: Letter, field: str, value: str) -> Letter:
    fields: dict[str, Any] = {field: value}  # Any: any one of the letter's fields
    return replace(letter, **fields)


def parsed(content: bytes) -> email.message.EmailMessage:
    message = email.message_from_bytes(content, policy=policy.default)
    assert isinstance(message, email.message.EmailMessage)
    return message


def body(part: email.message.Message) -> str:
    payload = part.get_payload(decode=True)
    assert isinstance(payload, bytes)
    return payload.decode().replace("\r\n", "\n")


def line_feeds(text: str) -> str:
    return text.replace("\r\n", "\n").replace("\r", "\n")


def header_of(content: bytes) -> bytes:
    return content.partition(b"\r\n\r\n")[0]


def assert_safe_for_every_relay(content: bytes) -> None:
    """ASCII, CRLF only, no line to stuff, to wrap or to mark with a bracket."""
    assert content.isascii()
    assert content.endswith(b"\r\n")
    lines = content.split(b"\r\n")
    assert not any(b"\n" in line or b"\r" in line for line in lines)
    assert max(map(len, lines)) <= 998
    after_header = content.partition(b"\r\n\r\n")[2].split(b"\r\n")
    assert not any(line.startswith((b"From ", b".")) for line in after_header)
    assert not any(line.endswith((b" ", b"\t")) for line in after_header)


class TestTheWholeMessage:
    def test_has_the_shape_of_the_standard_word_for_word(self) -> None:
        boundary = f"=_d{hashlib.sha256(LETTER.message_id.encode()).hexdigest()[:24]}"
        expected = f"""\
From: =?utf-8?B?TG9uZ2l0dWRlIOKAlCBs4oCZZXNzZW50aWVs?=
 <digest@longitude.example>
To: <amira@example.org>
Reply-To: <desk@longitude.example>
Subject: Storm warning, and eight more stories
Date: Mon, 23 Nov 2026 07:00:05 +0000
Message-ID: <daily-2026-11-23.84a07a273843f46a32fd1755976d5514@longitude.example>
List-Id: Longitude Daily <daily.longitude.example>
List-Unsubscribe: <https://longitude.example/u/bbfwgs35hhldk7ttb2pblfsuqvd7qmiu>,
 <mailto:u+bbfwgs35hhldk7ttb2pblfsuqvd7qmiu@longitude.example?subject=unsubscribe>
List-Unsubscribe-Post: List-Unsubscribe=One-Click
List-Help: <https://longitude.example/help>
List-Archive: <https://longitude.example/archive/daily>
List-Post: NO
List-Owner: <mailto:desk@longitude.example>
Archived-At: <https://longitude.example/archive/daily/2026-11-23>
Feedback-ID: 2026-11-23:daily:digest:longitudeexampl
Precedence: bulk
Auto-Submitted: auto-generated
X-Auto-Response-Suppress: OOF, AutoReply
MIME-Version: 1.0
Content-Type: multipart/alternative;
 boundary="{boundary}"

--{boundary}
Content-Type: text/plain; charset=utf-8
Content-Transfer-Encoding: quoted-printable

Storm warning

=46rom the coast, a caf=C3=A9 owner writes.

--{boundary}
Content-Type: text/html; charset=utf-8
Content-Transfer-Encoding: quoted-printable

<!DOCTYPE html>
<title>Storm warning</title>
<p>From the coast=E2=80=A6</p>

--{boundary}--
"""

        content = written(RENDERED, letter=LETTER)

        assert content.decode("ascii") == expected.replace("\n", "\r\n")

    def test_is_the_same_twice(self) -> None:
        assert written(RENDERED, letter=LETTER) == written(RENDERED, letter=LETTER)

    def test_has_every_field_once(self) -> None:
        names = re.findall(
            rb"^([A-Za-z-]+):",
            header_of(written(RENDERED, letter=LETTER)),
            re.MULTILINE,
        )

        assert len(names) == len({name.lower() for name in names}) == 20

    def test_leaves_out_what_the_letter_does_not_say(self) -> None:
        bare = replace(
            LETTER,
            reply_to=None,
            unsubscribe_mailbox="",
            help_url="",
            archive_url="",
            owner="",
            archived_at="",
            issue="",
        )

        message = parsed(written(RENDERED, letter=bare))

        assert message["List-Unsubscribe"] == f"<{LETTER.unsubscribe_url}>"
        for field in ("Reply-To", "List-Help", "List-Archive", "List-Owner"):
            assert message[field] is None
        assert message["Archived-At"] is message["Feedback-ID"] is None

    def test_promises_one_click_only_over_https(self) -> None:
        local = replace(LETTER, unsubscribe_url="http://127.0.0.1:8000/u/abc")

        message = parsed(written(RENDERED, letter=local))

        assert "http://127.0.0.1:8000/u/abc" in message["List-Unsubscribe"]
        assert message["List-Unsubscribe-Post"] is None

    def test_is_one_plain_part_for_who_wants_text_only(self) -> None:
        content = written(replace(RENDERED, html=None), letter=LETTER)

        message = parsed(content)
        assert message.get_content_type() == "text/plain"
        assert body(message) == RENDERED.text
        assert_safe_for_every_relay(content)

    @pytest.mark.parametrize(("text", "read"), [("", ""), ("a", "a\n"), ("a\n", "a\n")])
    def test_a_plain_part_alone_ends_its_last_line(self, text: str, read: str) -> None:
        content = written(replace(RENDERED, text=text, html=None), letter=LETTER)

        assert body(parsed(content)) == read

    def test_states_the_date_in_utc_whatever_zone_it_came_in(self) -> None:
        paris = LETTER.date.astimezone(timezone(timedelta(hours=1)))

        content = written(RENDERED, letter=replace(LETTER, date=paris))

        assert b"\r\nDate: Mon, 23 Nov 2026 07:00:05 +0000\r\n" in content

    @EXAMPLES
    @given(text=TEXT, html=TEXT)
    def test_carries_any_text_through_unchanged(self, text: str, html: str) -> None:
        content = written(replace(RENDERED, text=text, html=html), letter=LETTER)

        message = parsed(content)
        plain, styled = list(message.iter_parts())
        assert body(plain) == line_feeds(text)
        assert body(styled) == line_feeds(html)
        for part in (message, plain, styled):
            assert not part.defects
            assert not any(value.defects for value in part.values())
        assert_safe_for_every_relay(content)


class TestNamesAndSubjects:
    @EXAMPLES
    @given(WORDS.filter(lambda text: text.strip() and len(text) <= 998))
    def test_a_subject_reads_back_as_written(self, subject: str) -> None:
        content = written(replace(RENDERED, subject=subject), letter=LETTER)

        message = parsed(content)
        assert message["Subject"] == subject
        assert not message["Subject"].defects
        self.assert_folded(content)

    @EXAMPLES
    @given(WORDS)
    def test_a_name_reads_back_as_written(self, name: str) -> None:
        sender = replace(LETTER.sender, name=name)

        content = written(RENDERED, letter=replace(LETTER, sender=sender))

        message = parsed(content)
        assert not message["From"].defects
        assert [a.addr_spec for a in message["From"].addresses] == [sender.address]
        # The modern parser puts spaces between encoded words in a phrase; the old
        # functions follow RFC 2047 section 6.2.
        old = email.message_from_bytes(content)["From"].replace("\r\n", "")
        read = str(make_header(decode_header(parseaddr(old)[0])))
        assert read == re.sub(" {2,}", " ", name).strip()
        self.assert_folded(content)

    def assert_folded(self, content: bytes) -> None:
        header = header_of(content)
        for line in header.split(b"\r\n"):
            if line.startswith((b"Message-ID", b"List-Unsubscribe", b" <mailto:")):
                continue  # one URL or id, which is never split
            assert len(line) <= (76 if b"=?" in line else 78), line
        for word in re.findall(rb"=\?utf-8\?[BQ]\?[^ ?]*\?=", header):
            assert len(word) <= 75
            str(make_header(decode_header(word.decode())))  # whole characters

    @pytest.mark.parametrize(
        ("name", "phrase"),
        [
            ("Longitude Daily", "Longitude Daily"),
            ("Longitude, the digest", '"Longitude, the digest"'),
            ('The "Daily" \\ desk', r'"The \"Daily\" \\ desk"'),
            ("Dr. Rui Abrantes", '"Dr. Rui Abrantes"'),
            ("=?utf-8?q?Bank?=", "=?utf-8?B?PT91dGYtOD9xP0Jhbms/PQ==?="),
            ("Élodie", "=?utf-8?Q?=C3=89lodie?="),
            ("Деловая газета", "=?utf-8?B?0JTQtdC70L7QstCw0Y8g0LPQsNC30LXRgtCw?="),
        ],
    )
    def test_a_name_is_quoted_only_as_far_as_needed(
        self, name: str, phrase: str
    ) -> None:
        sender = Mailbox(address="d@longitude.example", name=name)

        content = written(RENDERED, letter=replace(LETTER, sender=sender))

        start = content.decode("ascii").replace("\r\n ", " ")
        assert start.startswith(f"From: {phrase} <d@longitude.example>\r\n")


class TestRefusals:
    CONTROLS = ("\r", "\n", "\0", "\r\nBcc: all@example.net", "\x1b", "\x7f", "\x85")

    @pytest.mark.parametrize("control", [*CONTROLS, "\u2028", "\ud800", "\t"])
    @pytest.mark.parametrize(
        "where", ["subject", "sender", "list_title", "recipient", "unsubscribe_url"]
    )
    def test_no_value_smuggles_a_control_character_into_the_header(
        self, control: str, where: str
    ) -> None:
        letter, rendered = LETTER, RENDERED
        if where == "subject":
            rendered = replace(rendered, subject=f"Storm{control}warning")
        elif where == "sender":
            named = Mailbox(address="d@longitude.example", name=f"Desk{control}")
            letter = replace(letter, sender=named)
        else:
            letter = changed(letter, where, f"{getattr(letter, where)}{control}")

        with pytest.raises(HeaderProblem) as problem:
            written(rendered, letter=letter)

        assert f"(U+{ord(control[0]):04X})" in str(problem.value)
        assert "take it out" in problem.value.remedy

    @EXAMPLES
    @given(st.text(max_size=40))
    def test_whatever_a_headline_holds_it_adds_no_field(self, subject: str) -> None:
        rendered = replace(RENDERED, subject=subject)

        try:
            message = parsed(written(rendered, letter=LETTER))
        except HeaderProblem:
            return

        assert len(message.keys()) == 20

    def test_the_problem_has_three_parts(self) -> None:
        with pytest.raises(HeaderProblem) as problem:
            written(replace(RENDERED, subject="Storm\nwarning"), letter=LETTER)

        assert str(problem.value) == (
            "Subject: a line feed (U+000A) after 'Storm'; "
            "take it out of the headline, title or name this value comes from"
        )

    @pytest.mark.parametrize("subject", ["", "   "])
    def test_a_mail_has_a_subject(self, subject: str) -> None:
        with pytest.raises(HeaderProblem, match="Subject: it is empty"):
            written(replace(RENDERED, subject=subject), letter=LETTER)

    def test_a_subject_is_no_longer_than_servers_accept(self) -> None:
        with pytest.raises(HeaderProblem, match="999 characters"):
            written(replace(RENDERED, subject="é" * 999), letter=LETTER)

    @pytest.mark.parametrize(
        "address",
        [
            *("", "amira", "@example.org", "a b@example.org", "a@b@example.org"),
            *("<a@example.org>", "a,b@example.org", "a..b@example.org"),
            "a@exa mple.org",
        ],
    )
    def test_an_address_is_one_plain_address(self, address: str) -> None:
        with pytest.raises(HeaderProblem, match="To: what stands there is not"):
            written(RENDERED, letter=replace(LETTER, recipient=address))

    @pytest.mark.parametrize(
        "address",
        [
            "=?utf-8?q?eve=40evil.example=3e=00?=@readers.example",
            "a.=?x?b?ZXZl?=.b@readers.example",
        ],
    )
    def test_no_address_holds_an_encoded_word_for_a_server_to_decode(
        self, address: str
    ) -> None:
        with pytest.raises(HeaderProblem, match="To: an encoded word"):
            written(RENDERED, letter=replace(LETTER, recipient=address))

    def test_what_only_resembles_an_encoded_word_may_be_an_address(self) -> None:
        address = "a=?b?c@readers.example"
        content = written(RENDERED, letter=replace(LETTER, recipient=address))
        assert f"To: <{address}>\r\n".encode() in content

    def test_a_mailbox_for_answers_that_no_uri_can_hold_is_named(self) -> None:
        with pytest.raises(HeaderProblem, match=r"List-Owner: .*must be ASCII"):
            written(RENDERED, letter=replace(LETTER, owner="pré@longitude.example"))

    @pytest.mark.parametrize(
        ("field", "value"),
        [
            ("message_id", "daily@longitude.example"),
            ("list_id", "новости.longitude.example"),
            ("list_id", "daily"),
            ("archive_url", "ftp://longitude.example/"),
            ("archive_url", "https://longitude.example/<script>"),
            ("help_url", "https://лонгитюд.example/"),
            ("unsubscribe_url", "https://longitude.example/u/%7B%7Btoken%7D%7D"),
            ("issue", "выпуск"),
            ("archived_at", f"https://longitude.example/{'a' * 1000}"),
        ],
    )
    def test_a_field_of_fixed_form_keeps_it(self, field: str, value: str) -> None:
        with pytest.raises(HeaderProblem):
            written(RENDERED, letter=changed(LETTER, field, value))

    def test_a_date_without_a_zone_is_refused(self) -> None:
        naive = LETTER.date.replace(tzinfo=None)

        with pytest.raises(HeaderProblem, match="a time without a zone"):
            written(RENDERED, letter=replace(LETTER, date=naive))


class TestAddressesBeyondAscii:
    def test_a_domain_goes_out_as_an_a_label(self) -> None:
        content = written(RENDERED, letter=replace(LETTER, recipient="a@faß.example"))

        assert b"\r\nTo: <a@xn--fa-hia.example>\r\n" in content

    def test_a_domain_that_is_none_is_refused(self) -> None:
        with pytest.raises(HeaderProblem, match="To: "):
            written(RENDERED, letter=replace(LETTER, recipient="a@é..example"))

    def test_a_local_part_stays_as_it_is_and_needs_smtputf8(self) -> None:
        letter = replace(LETTER, recipient="élodie@exemple.example")

        content = written(RENDERED, letter=letter)

        assert "\r\nTo: <élodie@exemple.example>\r\n".encode() in content
        assert needs_smtputf8(letter.recipient)
        assert not needs_smtputf8("elodie@exemple.example")
