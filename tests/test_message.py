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
from hypothesis import given
from hypothesis import strategies as st

from digest.message import HeaderProblem, Letter, Letterhead, compose, needs_smtputf8
from digest.model import Mailbox
from digest.quoting import Encoding, Part, piece
from tests.examples import examples
from tests.test_quoting import AWKWARD

EXAMPLES = examples(150)

LETTER = Letter(
    recipient="amira@example.org",
    date=datetime(2026, 11, 23, 7, 0, 5, tzinfo=UTC),
    message_id="<daily-2026-11-23.84a07a273843f46a32fd1755976d5514@longitude.example>",
    unsubscribe_url="https://longitude.example/u/bbfwgs35hhldk7ttb2pblfsuqvd7qmiu",
    unsubscribe_mailbox="u+bbfwgs35hhldk7ttb2pblfsuqvd7qmiu@longitude.example",
)
LETTERHEAD = Letterhead(
    sender=Mailbox(address="digest@longitude.example", name="Longitude — l’essentiel"),
    list_id="daily.longitude.example",
    list_title="Longitude Daily",
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


def written(
    told: Told = RENDERED,
    *,
    letterhead: Letterhead = LETTERHEAD,
    letter: Letter = LETTER,
) -> bytes:
    return compose(
        letterhead,
        letter,
        subject=told.subject,
        text=Part.of(told.text),
        html=None if told.html is None else Part.of(told.html),
    )


def written_with(where: str, value: str) -> bytes:
    """Compose the message with another value in the letterhead, the letter or above."""
    if where == "subject":
        return written(replace(RENDERED, subject=value))
    if where in ("sender", "reply_to"):
        named = Mailbox(address="d@longitude.example", name=value)
        return written(letterhead=with_value(LETTERHEAD, where, named))
    if hasattr(LETTER, where):
        return written(letter=with_value(LETTER, where, value))
    return written(letterhead=with_value(LETTERHEAD, where, value))


def with_value(told: Any, field: str, value: object) -> Any:  # Any: of any one field
    return replace(told, **{field: value})


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


def line_of(lines: list[bytes], start: bytes) -> bytes:
    (found,) = (line for line in lines if line.startswith(start))
    return found.partition(b":")[0]


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

        content = written()

        assert content.decode("ascii") == expected.replace("\n", "\r\n")

    def test_is_the_same_twice(self) -> None:
        assert written() == written()

    def test_has_every_field_once(self) -> None:
        names = re.findall(
            rb"^([A-Za-z-]+):",
            header_of(written()),
            re.MULTILINE,
        )

        assert len(names) == len({name.lower() for name in names}) == 20

    def test_leaves_out_what_the_letter_does_not_say(self) -> None:
        bare = replace(
            LETTERHEAD,
            reply_to=None,
            help_url="",
            archive_url="",
            owner="",
            archived_at="",
            issue="",
        )
        letter = replace(LETTER, unsubscribe_mailbox="")

        message = parsed(written(letterhead=bare, letter=letter))

        assert message["List-Unsubscribe"] == f"<{LETTER.unsubscribe_url}>"
        for field in ("Reply-To", "List-Help", "List-Archive", "List-Owner"):
            assert message[field] is None
        assert message["Archived-At"] is message["Feedback-ID"] is None

    def test_promises_one_click_only_over_https(self) -> None:
        local = replace(LETTER, unsubscribe_url="http://127.0.0.1:8000/u/abc")

        message = parsed(written(letter=local))

        assert "http://127.0.0.1:8000/u/abc" in message["List-Unsubscribe"]
        assert message["List-Unsubscribe-Post"] is None

    def test_is_one_plain_part_for_who_wants_text_only(self) -> None:
        content = written(replace(RENDERED, html=None))

        message = parsed(content)
        assert message.get_content_type() == "text/plain"
        assert body(message) == RENDERED.text
        assert_safe_for_every_relay(content)

    @pytest.mark.parametrize(("text", "read"), [("", ""), ("a", "a\n"), ("a\n", "a\n")])
    def test_a_plain_part_alone_ends_its_last_line(self, text: str, read: str) -> None:
        content = written(replace(RENDERED, text=text, html=None))

        assert body(parsed(content)) == read

    def test_states_the_date_in_utc_whatever_zone_it_came_in(self) -> None:
        # A moment of its own: equal ones are worked out once, in whatever zone.
        paris = datetime(2027, 3, 1, 8, 30, tzinfo=timezone(timedelta(hours=1)))

        content = written(letter=replace(LETTER, date=paris))

        assert b"\r\nDate: Mon, 01 Mar 2027 07:30:00 +0000\r\n" in content

    @EXAMPLES
    @given(text=TEXT, html=TEXT)
    def test_carries_any_text_through_unchanged(self, text: str, html: str) -> None:
        content = written(replace(RENDERED, text=text, html=html))

        message = parsed(content)
        plain, styled = list(message.iter_parts())
        assert body(plain) == line_feeds(text)
        assert body(styled) == line_feeds(html)
        for part in (message, plain, styled):
            assert not part.defects
            assert not any(value.defects for value in part.values())
        assert_safe_for_every_relay(content)

    @EXAMPLES
    @given(TEXT | st.just("--=_d84a07a273843f46a32fd1755="))
    def test_no_part_holds_what_a_boundary_begins_with(self, text: str) -> None:
        assert b"=_" not in Part.of(text).content

    def test_is_joined_of_pieces_as_if_they_were_one_text(self) -> None:
        halves = Part(
            (piece("Storm warning — a "), piece("café owner writes.\n")),
            Encoding.QUOTED_PRINTABLE,
        )

        content = compose(LETTERHEAD, LETTER, subject="Storm", text=halves, html=halves)

        read = [body(part) for part in parsed(content).iter_parts()]
        assert read == ["Storm warning — a café owner writes.\n"] * 2
        assert_safe_for_every_relay(content)


class TestWhatReadersShare:
    """Fields are worked out once and kept; nobody may get another's."""

    def test_a_letterhead_is_the_same_for_every_reader(self) -> None:
        one = header_of(written()).split(b"\r\n")
        other = replace(
            LETTER,
            recipient="jonas@example.org",
            date=LETTER.date + timedelta(seconds=1),
            message_id="<daily-2026-11-23.ffff@longitude.example>",
            unsubscribe_url="https://longitude.example/u/other",
            unsubscribe_mailbox="u+other@longitude.example",
        )
        two = header_of(written(letter=other)).split(b"\r\n")

        theirs = {line.partition(b":")[0] for line in set(one) ^ set(two)}
        assert theirs == {
            *(b"To", b"Date", b"Message-ID", b"List-Unsubscribe"),
            *(b" <mailto", line_of(one, b" boundary"), line_of(two, b" boundary")),
        }

    def test_another_letterhead_has_fields_of_its_own(self) -> None:
        written()

        other = parsed(written(letterhead=replace(LETTERHEAD, list_title="Weekly")))

        assert other["List-Id"] == "Weekly <daily.longitude.example>"

    def test_a_letterhead_that_cannot_be_written_is_refused_each_time(self) -> None:
        wrong = replace(LETTERHEAD, archive_url="ftp://longitude.example/")

        for _ in range(2):
            with pytest.raises(HeaderProblem) as problem:
                written(letterhead=wrong)
            assert problem.value.field == "List-Archive"

    def test_subjects_and_dates_are_not_mixed_up(self) -> None:
        told = [
            (subject, LETTER.date + timedelta(seconds=seconds))
            for subject in ("Storm", "Calm", "Storm — again")
            for seconds in (0, 1, 3600)
        ]

        for subject, date in [*told, *told]:
            message = parsed(
                written(
                    replace(RENDERED, subject=subject),
                    letter=replace(LETTER, date=date),
                )
            )
            assert (message["Subject"], message["Date"].datetime) == (subject, date)


class TestTheFieldForComplaints:
    @pytest.mark.parametrize(
        ("domain", "sender"),
        [
            ("longitude.example", "longitudeexampl"),
            ("news.rfi.example", "newsrfiexample"),
            ("a.b", "ab000"),
            ("xn--fa-hia.example", "xnfahiaexample"),
        ],
    )
    def test_names_the_sender_in_five_to_fifteen_letters(
        self, domain: str, sender: str
    ) -> None:
        mailbox = Mailbox(address=f"digest@{domain}", name="Longitude")

        message = parsed(written(letterhead=replace(LETTERHEAD, sender=mailbox)))

        assert message["Feedback-ID"] == f"2026-11-23:daily:digest:{sender}"
        assert 5 <= len(sender) <= 15

    def test_has_four_parts_whatever_the_issue_is_called(self) -> None:
        content = written_with("issue", "daily/2026:11:23T07:00")

        value = parsed(content)["Feedback-ID"]
        assert value.split(":")[0] == "daily/2026-11-23T07-00"
        assert value.count(":") == 3


class TestLeaving:
    def test_stands_in_the_header_as_the_standard_wants_it(self) -> None:
        """RFC 8058: https first, no encoded word, folded only at the comma."""
        header = header_of(written()).decode("ascii")

        assert re.search(
            r"^List-Unsubscribe: <https://[!-;=?-~]+>,\r\n <mailto:[!-;=?-~]+>\r\n"
            r"List-Unsubscribe-Post: List-Unsubscribe=One-Click\r$",
            header,
            re.MULTILINE,
        )

    def test_keeps_a_long_link_in_one_line(self) -> None:
        url = f"https://longitude.example/{'u' * 120}/token"

        content = written_with("unsubscribe_url", url)

        assert f"\r\nList-Unsubscribe: <{url}>,\r\n <mailto:".encode() in content
        assert (
            b"=?"
            not in content.partition(b"List-Unsubscribe")[2].partition(b"List-H")[0]
        )


class TestNamesAndSubjects:
    @EXAMPLES
    @given(WORDS.filter(lambda text: text.strip() and len(text) <= 998))
    def test_a_subject_reads_back_as_written(self, subject: str) -> None:
        content = written(replace(RENDERED, subject=subject))

        message = parsed(content)
        assert message["Subject"] == subject
        assert not message["Subject"].defects
        self.assert_folded(content)

    @EXAMPLES
    @given(WORDS)
    def test_a_name_reads_back_as_written(self, name: str) -> None:
        sender = replace(LETTERHEAD.sender, name=name)

        content = written(letterhead=replace(LETTERHEAD, sender=sender))

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

        content = written(letterhead=replace(LETTERHEAD, sender=sender))

        start = content.decode("ascii").replace("\r\n ", " ")
        assert start.startswith(f"From: {phrase} <d@longitude.example>\r\n")


class TestRefusals:
    CONTROLS = ("\r", "\n", "\0", "\r\nBcc: all@example.net", "\x1b", "\x7f", "\x85")

    @pytest.mark.parametrize("control", [*CONTROLS, "\u2028", "\ud800", "\t"])
    @pytest.mark.parametrize(
        "where",
        [
            *("subject", "sender", "reply_to", "list_title", "list_id", "issue"),
            *("recipient", "unsubscribe_url", "unsubscribe_mailbox", "message_id"),
        ],
    )
    def test_no_value_smuggles_a_control_character_into_the_header(
        self, control: str, where: str
    ) -> None:
        with pytest.raises(HeaderProblem) as problem:
            written_with(where, f"Storm{control}warning")

        assert f"(U+{ord(control[0]):04X})" in str(problem.value)
        assert "take it out" in problem.value.remedy

    @EXAMPLES
    @given(st.text(max_size=40))
    def test_whatever_a_headline_holds_it_adds_no_field(self, subject: str) -> None:
        rendered = replace(RENDERED, subject=subject)

        try:
            message = parsed(written(rendered))
        except HeaderProblem:
            return

        assert len(message.keys()) == 20

    def test_the_problem_has_three_parts(self) -> None:
        with pytest.raises(HeaderProblem) as problem:
            written(replace(RENDERED, subject="Storm\nwarning"))

        assert str(problem.value) == (
            "Subject: a line feed (U+000A) after 'Storm'; "
            "take it out of the headline, title or name this value comes from"
        )

    @pytest.mark.parametrize("subject", ["", "   "])
    def test_a_mail_has_a_subject(self, subject: str) -> None:
        with pytest.raises(HeaderProblem, match="Subject: it is empty"):
            written(replace(RENDERED, subject=subject))

    def test_a_field_may_be_longer_than_a_line_if_its_lines_are_not(self) -> None:
        content = written(replace(RENDERED, subject="é" * 998))

        assert parsed(content)["Subject"] == "é" * 998
        assert_safe_for_every_relay(content)

    def test_a_subject_is_no_longer_than_servers_accept(self) -> None:
        with pytest.raises(HeaderProblem, match="999 characters"):
            written(replace(RENDERED, subject="é" * 999))

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
            written(letter=replace(LETTER, recipient=address))

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
            written(letter=replace(LETTER, recipient=address))

    def test_what_only_resembles_an_encoded_word_may_be_an_address(self) -> None:
        address = "a=?b?c@readers.example"
        content = written(letter=replace(LETTER, recipient=address))
        assert f"To: <{address}>\r\n".encode() in content

    def test_a_mailbox_for_answers_that_no_uri_can_hold_is_named(self) -> None:
        with pytest.raises(HeaderProblem, match=r"List-Owner: .*must be ASCII"):
            written(letterhead=replace(LETTERHEAD, owner="pré@longitude.example"))

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
            written_with(field, value)

    def test_a_date_without_a_zone_is_refused(self) -> None:
        naive = LETTER.date.replace(tzinfo=None)

        with pytest.raises(HeaderProblem, match="a time without a zone"):
            written(letter=replace(LETTER, date=naive))


class TestAddressesBeyondAscii:
    def test_a_domain_goes_out_as_an_a_label(self) -> None:
        content = written(letter=replace(LETTER, recipient="a@faß.example"))

        assert b"\r\nTo: <a@xn--fa-hia.example>\r\n" in content

    def test_a_domain_that_is_none_is_refused(self) -> None:
        with pytest.raises(HeaderProblem, match="To: "):
            written(letter=replace(LETTER, recipient="a@é..example"))

    def test_a_local_part_stays_as_it_is_and_needs_smtputf8(self) -> None:
        letter = replace(LETTER, recipient="élodie@exemple.example")

        content = written(letter=letter)

        assert "\r\nTo: <élodie@exemple.example>\r\n".encode() in content
        assert needs_smtputf8(letter.recipient)
        assert not needs_smtputf8("elodie@exemple.example")
