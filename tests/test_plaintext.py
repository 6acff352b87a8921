from __future__ import annotations

import itertools
import re
import textwrap
from unicodedata import category

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from digest.rendering.plaintext import (
    WIDTH,
    body_text,
    columns,
    fill,
    item,
    mixed,
    one_line,
    quote,
    shorten,
    tidy,
    underline,
)

WORDS = st.text(
    st.characters(codec="utf-8", exclude_categories=["C", "Z"]), max_size=30
)
PARAGRAPHS = st.lists(WORDS, max_size=40).map(" ".join)


LRM, RLM = "\u200e", "\u200f"


def unmarked(text: str) -> str:
    return text.replace(LRM, "").replace(RLM, "")


class TestMixed:
    def test_leaves_alone_what_needs_no_mark(self) -> None:
        for text, inner, outer in [
            ("Rain!", "ltr", "ltr"),
            ("مطر!", "rtl", "rtl"),
            ("2026!", "rtl", "ltr"),
            ("", "rtl", "ltr"),
        ]:
            assert mixed(text, inner=inner, outer=outer) == text

    @pytest.mark.parametrize(
        ("text", "marked"),
        [
            ("مطر", f"{LRM}مطر{LRM}"),
            ("مطر!", f"{LRM}مطر!{RLM}{LRM}"),
            ("«مطر»", f"{LRM}{RLM}«مطر»{RLM}{LRM}"),
            ("BBC مطر", f"{LRM}{RLM}BBC مطر{LRM}"),
        ],
    )
    def test_keeps_the_ends_of_a_text_with_it(self, text: str, marked: str) -> None:
        assert mixed(text, inner="rtl", outer="ltr") == marked


class TestFill:
    def test_tells_every_line_which_way_its_paragraph_runs(self) -> None:
        text = "تصلك Longitude لأن العنوان مشترك فيها منذ"

        lines = fill(f"{text} {'x' * 30} في اليوم", first="> ", rest="> ").split("\n")

        assert lines[0].startswith("> تصلك")
        assert lines[1] == f"> {RLM}{'x' * 30} في اليوم"
        assert fill("مطر falls and falls") == f"{LRM}مطر falls and falls"
        assert fill("المزيد على Longitude") == "المزيد على Longitude"
        assert fill("\u061f 42") == "\u061f 42"
        assert fill("\u0661\u0662") == "\u0661\u0662"

    @given(PARAGRAPHS)
    def test_keeps_every_word_in_its_order(self, text: str) -> None:
        assert unmarked("".join(fill(text).split())) == "".join(text.split())

    @given(
        st.lists(
            st.sampled_from(["a", "b" * 4, "c" * 10, "d" * 72, "e" * 90]), min_size=20
        )
    )
    @example(["a" * 35, "b" * 36, "c"])  # exactly 72
    def test_breaks_where_the_standard_library_does(self, words: list[str]) -> None:
        text = " ".join(words)
        wrapped = textwrap.wrap(
            text, 72, break_long_words=False, break_on_hyphens=False
        )

        assert fill(text) == "\n".join(wrapped)

    @given(st.lists(st.text("abcdefghij", min_size=1, max_size=20), max_size=60))
    def test_fills_72_columns_and_no_more(self, words: list[str]) -> None:
        lines = fill(" ".join(words)).split("\n")

        assert all(columns(line) <= WIDTH for line in lines)
        for line, following in itertools.pairwise(lines):
            assert columns(line) + 1 + columns(following.split(" ")[0]) > WIDTH

    def test_leaves_an_address_whole_on_its_own_line(self) -> None:
        url = "https://longitude.example/" + "very-long/" * 10

        lines = fill(f"Some words before {url} and some after it").split("\n")

        assert url in lines

    def test_counts_a_chinese_character_as_two_columns_and_breaks_between(self) -> None:
        lines = fill("漢" * 100).split("\n")

        assert [columns(line) for line in lines] == [72, 72, 56]

    def test_begins_no_line_with_a_closing_mark_and_ends_none_with_an_opening_one(
        self,
    ) -> None:
        for start in range(10):
            for line in fill("x" * start + "「山」と、" * 40).split("\n"):
                assert line[0] not in "」、"
                assert line[-1] != "「"

    def test_holds_words_together_at_a_no_break_space(self) -> None:
        lines = fill("x" * 66 + " pages\u00a0: 12").split("\n")

        assert lines == ["x" * 66, "pages : 12"]

    def test_breaks_before_a_word_and_not_inside_an_emoji(self) -> None:
        family = "👩‍👩‍👧‍👧"

        assert "".join(fill(family * 60).split("\n")) == family * 60
        assert family in fill("a " * 40 + family)

    def test_hangs_the_lines_of_a_point_and_marks_those_of_a_quotation(self) -> None:
        text = "word " * 30

        assert all(
            line.startswith("* " if number == 0 else "  ")
            for number, line in enumerate(item(text).split("\n"))
        )
        assert all(line.startswith("> ") for line in quote(text).split("\n"))

    def test_of_nothing_is_nothing(self) -> None:
        assert fill("") == ""
        assert fill(" \n\t ") == ""


class TestUnderline:
    @pytest.mark.parametrize("title", ["Rain", "خط الطول", "漢字の見出し", "Ça gèle"])
    def test_is_as_long_as_the_title_looks(self, title: str) -> None:
        assert underline(title) == f"{title}\n{'-' * columns(title)}"

    def test_of_a_long_title_is_as_long_as_its_longest_line(self) -> None:
        *lines, rule = underline("words of a title " * 8, "=").split("\n")

        assert len(lines) == 2
        assert rule == "=" * max(len(line) for line in lines)

    def test_of_nothing_is_nothing(self) -> None:
        assert underline("") == ""


class TestShorten:
    @given(PARAGRAPHS, st.integers(5, 80))
    def test_never_exceeds_its_width(self, text: str, width: int) -> None:
        assert columns(shorten(text, width)) <= width

    def test_cuts_at_a_word_and_drops_what_hung_on_it(self) -> None:
        assert shorten("A bridge, twice opened", 10) == "A bridge…"

    def test_leaves_what_fits_alone(self) -> None:
        assert shorten(" A  bridge ", 8) == "A bridge"

    def test_cuts_a_word_that_is_longer_than_the_line(self) -> None:
        assert shorten("Donaudampfschifffahrt", 8) == "Donauda…"


class TestOneLine:
    @given(st.text())
    def test_holds_nothing_that_could_forge_a_line(self, text: str) -> None:
        line = one_line(text)

        assert not any(category(c) in {"Cc", "Cs", "Zl", "Zp"} for c in line)
        assert line == line.strip()
        line.encode()

    def test_drops_marks_that_turn_the_text_around(self) -> None:
        assert one_line("a\u202eb\u2066c\u0000d") == "abcd"

    def test_keeps_what_scripts_and_emoji_are_joined_with(self) -> None:
        assert one_line("می\u200cخواهم 👩\u200d🔬") == "می\u200cخواهم 👩\u200d🔬"


def test_a_tidy_page_has_no_trailing_spaces_and_one_blank_line_at_most() -> None:
    assert tidy("\n\na  \n\n\n\nb\u200b\u00a0c\n\n") == "a\n\nb c\n"


BODIES = {
    "emphasis leaves no double or missing spaces": (
        '<p>She said <em>"no"</em>, <b>bold</b>ly.</p>',
        'She said "no", boldly.',
    ),
    "what looks like Markdown is left as it was": (
        "<p>2026. A year.</p><p>- a dash</p><p># *stars* [sic] C:\\*</p>",
        "2026. A year.\n\n- a dash\n\n# *stars* [sic] C:\\*",
    ),
    "links become footnotes under their paragraph": (
        '<p>A <a href="https://x.example/?a=1&amp;b=2">report</a>.</p><p>More.</p>',
        "A report [1].\n\n[1] https://x.example/?a=1&b=2\n\nMore.",
    ),
    "a link to the same page keeps its number": (
        (
            '<p><a href="https://x.example/">One</a></p>'
            '<p><a href="https://x.example/">two</a></p>'
        ),
        "One [1]\n\n[1] https://x.example/\n\ntwo [1]\n\n[1] https://x.example/",
    ),
    "a link that shows its address needs no number": (
        '<p>See <a href="https://x.example/a&amp;b">https://x.example/a&amp;b</a></p>',
        "See https://x.example/a&b",
    ),
    "a linked picture leaves its address": (
        (
            '<figure><a href="https://x.example/"><img src="p.jpg" alt="x"></a>'
            "<figcaption>The harbour</figcaption></figure>"
        ),
        "The harbour\n\nhttps://x.example/",
    ),
    "links that lead nowhere leave no number": (
        '<p><a href="#top">up</a> <a name="here">here</a></p>',
        "up here",
    ),
    "footnotes of a list stand under it": (
        '<ul><li>one <a href="https://x.example/1">thing</a></li><li>two</li></ul>',
        "* one thing [1]\n* two\n\n[1] https://x.example/1",
    ),
    "the second paragraph of a point keeps its indent": (
        "<ul><li><p>First.</p><p>Second.</p></li><li>Next</li></ul>",
        "* First.\n  Second.\n* Next",
    ),
    "lists inside lists are indented": (
        "<ul><li>Fruit<ul><li>figs</li></ul></li></ul><ol><li>one</li></ol>",
        "* Fruit\n  * figs\n\n1. one",
    ),
    "quotations are marked, and their paragraphs kept apart": (
        "<blockquote><p>One.</p><p>Two.</p></blockquote><p>After.</p>",
        "> One.\n>\n> Two.\n\nAfter.",
    ),
    "a table with headings becomes points that can be read aloud": (
        (
            "<table><tr><th>City</th><th>Votes</th></tr>"
            "<tr><td>Paris</td><td>1,200</td></tr>"
            '<tr><td><a href="https://x.example/l">Lyon</a></td><td></td></tr></table>'
        ),
        "* City: Paris; Votes: 1,200\n* City: Lyon [1]\n\n[1] https://x.example/l",
    ),
    "what is written above a table stands above its points": (
        (
            "<table><caption>Votes, <a href='https://x.example/v'>first round</a></caption>"
            "<tr><th>City</th><th>Votes</th></tr><tr><td>Paris</td><td>1,200</td></tr>"
            "</table><table><caption>Seats<tr><td>a</td><td>b</td></tr></table>"
        ),
        (
            "Votes, first round [1]\n\n* City: Paris; Votes: 1,200\n\n"
            "[1] https://x.example/v\n\nSeats\n\na, b"
        ),
    ),
    "a table for layout is read from left to right": (
        "<table><tr><td>a<br>b</td><td><p>c</p></td></tr></table>",
        "a b, c",
    ),
    "a table inside a table is part of its cell": (
        (
            "<table><tr><td>a</td></tr><tr><td><table><tr><td>b</td></tr></table></td>"
            "</tr></table><p>after</p>"
        ),
        "a\nb\n\nafter",
    ),
    "hidden text stays hidden": (
        (
            '<p>a<span style="display: none">secret</span></p><div hidden>b<p>c</p></div>'
            '<script>x</script><p aria-hidden="true">d</p><p>e</p>'
        ),
        "a\n\ne",
    ),
    "raised figures are powers, raised letters are letters": (
        "<p>10<sup>3</sup> and the 1<sup>er</sup> of H<sub>2</sub>O</p>",
        "10^3 and the 1er of H2O",
    ),
    "lines that were broken stay broken": ("<p>one<br>two</p>", "one\ntwo"),
    "code keeps its shape": (
        "<p>Run</p><pre>if a:\n    b  =  1</pre>",
        "Run\n\n    if a:\n        b  =  1",
    ),
    "entities and invisible characters come out as text": (
        "<p>R&amp;D&nbsp;&lt;3 so\u00adft&#8203;</p>",
        "R&D <3 soft",
    ),
    "text outside any paragraph is not lost": (
        "stray<p>inside</p>tail",
        "stray\n\ninside\n\ntail",
    ),
    "headings stand alone": (
        "<h2>After the <i>ice</i></h2><p>x</p>",
        "After the ice\n\nx",
    ),
    "nothing is nothing": ("", ""),
}


@pytest.mark.parametrize(("html", "text"), BODIES.values(), ids=BODIES)
def test_body_text(html: str, text: str) -> None:
    assert body_text(html) == text


def test_body_text_is_wrapped_under_bullets_and_quote_marks() -> None:
    long = "several words " * 12

    text = body_text(
        f"<ul><li>{long}</li></ul><blockquote>{long}</blockquote><ol><li>{long}</li></ol>"
    )

    assert all(columns(line) <= WIDTH for line in text.split("\n"))
    points, quoted, numbered = text.split("\n\n")
    assert re.fullmatch(r"\* .+(\n  \S.+)+", points)
    assert re.fullmatch(r"(> \S.+\n?)+", quoted)
    assert re.fullmatch(r"1\. .+(\n   \S.+)+", numbered)


@example("a<![1")
@given(st.text(st.sampled_from("<>/abp &#;'\"= \n![]*-1."), max_size=80))
def test_body_text_never_fails_on_broken_html(html: str) -> None:
    body_text(html)
