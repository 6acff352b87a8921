"""Text encoded in pieces: joined, it decodes to the joined text, whatever it is."""

from __future__ import annotations

import base64
import quopri
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.quoting import JOIN, Encoding, Part, Piece, piece, quote, suited, tame
from tests.examples import examples

EXAMPLES = examples(300)

#: What b2a_qp, mbox, SMTP and MIME each treat in a way of their own.
AWKWARD = st.lists(
    st.sampled_from(
        (
            *("a", " ", "  ", ".", "=", "\n", "\r\n", "\r", "é", "😀", "From ", "\t"),
            *("x" * 70, "x" * 75, "x" * 76, "=3D", "&", "..", " \n", "\n.", "\nFrom "),
            *("\x0b", "\0", "中" * 20, "--", "--=_d84a"),
        )
    ),
    max_size=15,
).map("".join)


def line_feeds(text: str) -> str:
    return re.sub(r"\r\n?", "\n", text)


def decoded(content: bytes) -> str:
    return quopri.decodestring(content).decode().replace("\r\n", "\n")


def assert_no_relay_touches(content: bytes) -> None:
    lines = content.split(b"\r\n")
    assert max(map(len, lines)) <= 76
    assert not any(line.startswith((b".", b"From ")) for line in lines)
    assert not any(line.endswith((b" ", b"\t")) for line in lines)
    assert b"\n" not in content.replace(b"\r\n", b"")
    assert b"  " not in content, "DKIM's relaxed form has one space"
    assert b"\t" not in content


class TestPieces:
    @EXAMPLES
    @given(st.lists(AWKWARD | st.text(), min_size=1, max_size=6))
    def test_joined_decode_to_the_joined_text(self, texts: list[str]) -> None:
        part = Part([piece(text) for text in texts], Encoding.QUOTED_PRINTABLE)

        assert decoded(part.content) == "".join(map(line_feeds, texts))
        assert part.text == "".join(texts)
        assert_no_relay_touches(part.content)

    @EXAMPLES
    @given(AWKWARD | st.text())
    def test_that_are_whole_lines_need_nothing_between_them(self, text: str) -> None:
        lines = Piece(text, quote(text))
        end = Piece("\n", b"\r\n")

        content = Part([lines, end, lines], Encoding.QUOTED_PRINTABLE).content

        assert decoded(content) == f"{line_feeds(text)}\n{line_feeds(text)}"

    def test_of_one_line_are_joined_by_a_soft_break(self) -> None:
        whole = [Piece("a", quote("a")), JOIN, Piece("b", quote("b"))]

        assert Part(whole, Encoding.QUOTED_PRINTABLE).content == b"a=\r\nb"

    @pytest.mark.parametrize("length", range(70, 80))
    def test_have_room_for_the_soft_break(self, length: int) -> None:
        for text in ("x" * length, "x" * (length - 4) + ".From", "é" + "x" * length):
            part = Part([piece(text), piece("b")], Encoding.QUOTED_PRINTABLE)

            assert decoded(part.content) == text + "b"
            assert_no_relay_touches(part.content)

    @pytest.mark.parametrize("encoding", Encoding)
    def test_read_the_same_in_either_encoding(self, encoding: Encoding) -> None:
        part = Part([piece("Пресса "), piece("и "), piece("река\n")], encoding)

        assert part.text == "Пресса и река\n"
        if encoding is Encoding.QUOTED_PRINTABLE:
            assert decoded(part.content) == part.text
        else:
            octets = base64.b64decode(part.content)
            assert octets.decode() == "Пресса и река\r\n"


class TestAWholeText:
    @EXAMPLES
    @given(AWKWARD)
    def test_has_short_lines_and_needs_no_stuffing(self, text: str) -> None:
        content = quote(text)

        assert decoded(content) == line_feeds(text)
        assert_no_relay_touches(content)

    @pytest.mark.parametrize("length", range(70, 80))
    @pytest.mark.parametrize("end", [" ", "\t", " \n", "\t\n", ". ", " From ", "  "])
    def test_gets_no_longer_line_by_a_space_at_its_end(
        self, length: int, end: str
    ) -> None:
        content = quote("x" * length + end)

        assert decoded(content) == "x" * length + end
        assert_no_relay_touches(content)

    @pytest.mark.parametrize(
        ("text", "name"),
        [
            ("Plain ASCII, as it comes.", "quoted-printable"),
            (
                "Un café au bord de la grande place, et la mairie juste en face",
                "quoted-printable",
            ),
            ("اجتماع في القرية لوداع النهر الجليدي", "base64"),
            ("Ледник, которого больше нет на карте", "base64"),
            ("冰川从地图上消失了", "base64"),
        ],
    )
    def test_is_encoded_as_suits_the_script(self, text: str, name: str) -> None:
        part = Part.of(text * 20)

        assert part.encoding == name
        assert max(map(len, part.content.split(b"\r\n"))) <= 76

    def test_changes_over_at_one_octet_in_six(self) -> None:
        assert suited("é" + "a" * 10) is Encoding.BASE64
        assert suited("é" + "a" * 11) is Encoding.QUOTED_PRINTABLE

    def test_survives_half_a_character(self) -> None:
        assert Part.of("a\ud83db").content == b"a?b"


class TestTameValues:
    """Values that are written alike in text, in HTML and in its attributes."""

    @EXAMPLES
    @given(
        AWKWARD
        | st.text("Fromabc/:.-% ", max_size=160)
        | st.text('ab/.&<>"=', max_size=9)
    )
    def test_stand_in_quotes_and_before_anything(self, value: str) -> None:
        quoted = tame(value)

        if quoted is not None:
            assert not set(value) & set('&<>"')
            for around, before in (('"', b'"'), ("", b"")):
                content = before + quoted + before + JOIN.quoted + quote("b")
                assert decoded(content) == f"{around}{value}{around}b"
                assert_no_relay_touches(content)

    def test_are_not_cut_in_front_of_a_dot(self) -> None:
        assert tame("x" * 71 + "./y") is not None
        assert tame("x" * 72 + "./y") is None

    @pytest.mark.parametrize("length", [1, 72, 73, 144, 150])
    def test_are_links_of_any_length(self, length: int) -> None:
        link = "https://ledger.example/u/".ljust(length, "x")

        assert tame(link) is not None

    @pytest.mark.parametrize(
        "value",
        [
            "",
            ".a",
            "From me",
            "a  b",
            " a",
            "a ",
            "a=b",
            "a&b",
            'a"b',
            "<",
            "é",
            "a\nb",
        ],
    )
    def test_are_nothing_that_is_escaped_somewhere(self, value: str) -> None:
        assert tame(value) is None
