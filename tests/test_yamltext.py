from __future__ import annotations

import io
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.errors import FileProblems
from digest.yamltext import KEY, Items, Mark, read_yaml, scan_yaml, write_yaml


def value_of(text: str) -> object:
    return read_yaml(text, file="a.yaml").value


def problem_in(text: str, *, first_line: int = 1) -> str:
    with pytest.raises(FileProblems) as caught:
        read_yaml(text, file="a.yaml", first_line=first_line)
    return str(caught.value)


class TestPlainWords:
    @pytest.mark.parametrize(
        "word",
        [
            *("no", "yes", "on", "off", "y", "NO", "tRUE", "NuLL"),
            *("07:00", "2026-11-23", "2026-11-23T07:00:00Z", "1_000", "0x1F", "0o17"),
            *("12 minutes", "1.2.3", "+", ".", "<<", "=", ".inf", ".nan", "e5"),
        ],
    )
    def test_are_text_unless_yaml_1_2_says_otherwise(self, word: str) -> None:
        assert value_of(f"key: {word}") == {"key": word}

    @pytest.mark.parametrize(
        ("word", "value"),
        [
            *(("true", True), ("True", True), ("FALSE", False)),
            *(("null", None), ("~", None), ("", None)),
            *(("12", 12), ("012", 12), ("-3", -3), ("+4", 4)),
            *(("1.5", 1.5), (".5", 0.5), ("1.", 1.0), ("1e3", 1000.0), ("-2E-1", -0.2)),
        ],
    )
    def test_are_values_where_yaml_1_2_says_so(self, word: str, value: object) -> None:
        read = value_of(f"key: {word}")

        assert read == {"key": value}
        assert isinstance(read, dict)
        assert type(read["key"]) is type(value)

    @pytest.mark.parametrize("written", ["'12'", '"true"', "!!str 12", "|-\n 12"])
    def test_are_text_when_quoted_or_called_so(self, written: str) -> None:
        assert isinstance(value_of(f"- {written}"), list)
        assert value_of(f"- {written}") in (["12"], ["true"])

    def test_may_be_called_a_number(self) -> None:
        assert value_of("- !!int '12'") == [12]

    def test_are_text_when_no_person_counts_that_far(self) -> None:
        long = "9" * 5000

        assert value_of(f"- {long}\n- {long}.{long}") == [long, f"{long}.{long}"]

    def test_are_always_text_as_keys(self) -> None:
        assert value_of("{no: 1, 12: 2, true: 3, 07:00: 4, ~: 5}") == {
            "no": 1,
            "12": 2,
            "true": 3,
            "07:00": 4,
            "~": 5,
        }


class TestPlaces:
    def test_are_kept_for_values_and_keys(self) -> None:
        document = read_yaml("site:\n  name: É\n  tags: [a, bé, c]\n", file="a.yaml")

        assert document.marks[()] == Mark(1, 1)
        assert document.marks["site", KEY] == Mark(1, 1)
        assert document.marks["site", "name"] == Mark(2, 9)
        assert document.marks["site", "name", KEY] == Mark(2, 3)
        assert document.marks["site", "tags", 2] == Mark(3, 17)

    def test_speak_of_curly_quotes_only_where_they_stand_for_straight_ones(
        self,
    ) -> None:
        assert "curly" not in problem_in("a: Holt’s “b” said: c")

    def test_count_from_the_first_line_given(self) -> None:
        document = read_yaml("a: 1\nb: {c: 2}", file="a.md", first_line=2)

        assert document.marks["b", "c"] == Mark(3, 8)
        assert document.marks["b", "c", KEY] == Mark(3, 5)

    def test_of_what_is_not_there_are_those_around_it(self) -> None:
        document = read_yaml("a:\n  b: 1", file="a.yaml")

        assert document.mark(("a", "b", 4, "x")) == Mark(2, 6)
        assert document.mark(("z",)) == Mark(1, 1)

    def test_ignore_a_byte_order_mark(self) -> None:
        assert read_yaml("\ufeffa: 1", file="a.yaml").marks["a",] == Mark(1, 4)

    @pytest.mark.parametrize("text", ["", "\n\n", "# only a remark\n"])
    def test_of_an_empty_text_is_its_beginning(self, text: str) -> None:
        document = read_yaml(text, file="a.md", first_line=3)

        assert document.value is None
        assert document.marks == {(): Mark(3, 1)}


class TestMistakes:
    @pytest.mark.parametrize(
        ("text", "place", "words"),
        [
            ("a:\n\t- b", "2:1", "a tab"),
            ("a: @b", "1:4", "cannot begin with @"),
            ("a: `b`", "1:4", "cannot begin with `"),
            ("x: 1\na: b: c", "2:5", "a colon where no"),
            ("x: 1\na: “b: c” d", "2:6", "curly quotes as Word writes them"),
            ("a: - b", "1:4", "on the next line"),
            ("a: [1, 2", "1:4", "opened by [ is not closed"),
            ("a: {b: 1", "1:4", "opened by { is not closed"),
            ("a: 'x\nb: 2", "1:4", "quoted text is not closed"),
            ('a: "\\q"', "1:5", "backslash"),
            ("a:\n  b: 1\n c: 2", "3:2", "does not fit the one above"),
            ("- a\nb: 1", "2:1", "next `-` should be"),
            ("a: 1\nb\n c\nd: 2", "2:1", "without its colon"),
            ("{a:, b: 1}", "1:3", "needs a space after it"),
            ("a: ]", "1:4", "begins with a sign that YAML uses"),
            ("a: *b", "1:4", "begins with * must stand in quotes"),
            ("a: 1\n---\nb: 2", "2:1", "second document"),
            ("%YAML 3.0\n---\na: 1", "1:1", "check the signs around this place"),
            ("é: 1\na: é\x01", "2:5", "U+0001"),
            ("é: \ud800", "1:4", "U+D800"),
            ("a: {{ name }}", "1:5", "put the text in quotes"),
            ("? [a]\n: b", "1:3", "key must be text"),
            ("a: !secret b", "1:4", "YAML tag"),
            ("a: ! b", "1:4", "YAML tag"),
            ("a: !!python/name:os.system b", "1:4", "YAML tag"),
        ],
    )
    def test_are_named_with_their_place(
        self, text: str, place: str, words: str
    ) -> None:
        problem = problem_in(text)

        assert problem.startswith(f"a.yaml:{place}: ")
        assert words in problem

    def test_count_from_the_first_line_given(self) -> None:
        assert problem_in("a: 1\nb: @", first_line=11).startswith("a.yaml:12:4: ")
        assert problem_in("a: 1\na: 2", first_line=11).startswith("a.yaml:12:1: ")

    def test_are_all_named_when_keys_are_given_twice(self) -> None:
        problem = problem_in("a: 1\nb: {c: 1, c: {d: 1}}\na: [2]\na: 3\n")

        assert problem.splitlines() == [
            f"a.yaml:{place}: the key `{key}` is given twice, first in line {line}; "
            "keep one of them"
            for place, key, line in [("2:11", "c", 2), ("3:1", "a", 1), ("4:1", "a", 1)]
        ]

    def test_do_not_hide_the_first_of_two_equal_keys(self) -> None:
        document, problems = scan_yaml("a: 1\na: {b: 2}\nc: 3", file="a.yaml")

        assert document.value == {"a": 1, "c": 3}
        assert len(problems) == 1

    def test_come_after_those_found_before_reading_stopped(self) -> None:
        assert len(problem_in("a: 1\na: 2\nb: [").splitlines()) == 2

    @pytest.mark.parametrize(
        "text",
        ["p: *hunter2", "p: !hunter2 x", "p: [hunter2", "p: @hunter2", "p: 'hunter2"],
    )
    def test_never_repeat_a_value(self, text: str) -> None:
        assert "hunter2" not in problem_in(text)


class TestHostileTexts:
    @pytest.mark.parametrize("text", ["[" * 500_000, "- " * 500_000, "{a: " * 300_000])
    def test_that_go_deep_are_refused(self, text: str) -> None:
        assert "more than 100 levels" in problem_in(text)

    def test_that_repeat_themselves_are_refused(self) -> None:
        laughs = ["a0: &a0 [ha, ha, ha, ha, ha, ha, ha, ha, ha, ha]"]
        laughs += [
            f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 30)
        ]

        assert "values are repeated" in problem_in("\n".join(laughs))

    def test_cannot_contain_themselves(self) -> None:
        assert "not there" in problem_in("a: &a [*a]")

    def test_may_repeat_something_small(self) -> None:
        read = value_of("a: &usual {x: 1}\nb: *usual\nc: [*usual, *usual]")

        assert read == {"a": {"x": 1}, "b": {"x": 1}, "c": [{"x": 1}, {"x": 1}]}


TEXTS = st.text(st.characters(codec="utf-8"), max_size=20) | st.sampled_from(
    [
        "no",
        "yes",
        "012",
        "1e3",
        "07:00",
        "~",
        "null",
        "2026-11-23",
        "",
        " ",
        "- a",
        "a: b",
        "#",
        "*a",
        "&a",
        "!a",
        "%a",
        "@a",
        "`",
        "=",
        "<<",
        "1_000",
        ".inf",
        "0x1F",
        "a #b",
    ]
)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**39), 10**39) | TEXTS,
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(TEXTS, inner, max_size=4)
    ),
    max_leaves=12,
)


class TestWriting:
    @given(VALUES)
    def test_is_read_back_equal(self, value: object) -> None:
        assert value_of(write_yaml(value)) == value

    @given(st.floats(allow_nan=False, allow_infinity=False))
    def test_keeps_numbers(self, number: float) -> None:
        assert value_of(write_yaml([number])) == [number]

    def test_puts_small_lists_on_one_line_and_never_refers_back(self) -> None:
        twice = ["a", "b"]

        assert write_yaml({"x": twice, "y": twice}) == "x: [a, b]\ny: [a, b]\n"

    def test_keeps_letters_of_every_script_and_long_texts_in_one_piece(self) -> None:
        text = "Слово العربية 新聞 " * 40 + "."

        assert write_yaml({"x": text}) == f"x: {text}\n"


def items(text: str) -> Items:
    stream = io.BytesIO(text.encode())
    return Items(stream, file="a.yaml", key="list", text=lambda: text)


class TestAListReadItemByItem:
    @pytest.mark.parametrize(
        "text",
        [
            "list: [1, x, {a: b}]\nother: &o {c: [d]}\nlast: *o\n",
            "first: 1\nlist:\n  - &a {b: 1, b: 2}\n  - *a\n  - !odd x\nlist: 3\n",
            "list: {no: list}\n", "list:\n", "- a\n- b\n", "text\n", "", "# nothing\n",
            "\ufefflist: !odd []\n", "? [a]\n: 1\nlist: [a]\n",
        ],
    )  # fmt: skip
    def test_says_what_the_whole_says(self, text: str) -> None:
        whole, problems = scan_yaml(text, file="a.yaml")
        listed = items(text)

        found = list(listed)

        rest = listed.rest
        assert rest is not None
        assert listed.problems == problems
        wanted = whole.value
        if isinstance(wanted, dict) and isinstance(wanted.get("list"), list):
            assert [d.value for d in found] == [{"list": [x]} for x in wanted["list"]]
            for number, each in enumerate(found):
                assert each.mark(("list", 0)) == whole.mark(("list", number))
            wanted = wanted | {"list": []}
        assert rest.value == wanted
        assert rest.mark(()) == whole.mark(())

    @pytest.mark.parametrize(
        ("text", "problem"),
        [
            ("list:\n  - a\n  - b: [\n", "4:1: a value is missing"),
            ("list:\n  - a\n  - \tb\n", "3:5: a tab where YAML wants spaces"),
            ("list:\n  - a\n  - *b\n", "3:5: the * repeats something that is not there"),
            ("list:\n  - a\n---\nb\n", "3:1: a second document begins here"),
            ("list:\n  - a\n  - \u0007\n", "3:5: the character U+0007"),
            (f"list:\n  - a\n  - {'[' * 200}", "3:104: more than 100 levels"),
        ],
    )  # fmt: skip
    def test_ends_at_what_cannot_be_read_and_says_where(
        self, text: str, problem: str
    ) -> None:
        listed = items(text)

        found = [each.value for each in listed]

        assert found in ([], [{"list": ["a"]}])
        (only,) = listed.problems
        assert f"{only.where}: {only.what}".startswith(f"a.yaml:{problem}")
        assert listed.rest is None

    def test_keeps_nothing_of_the_items_before(self) -> None:
        text = "list:\n" + "- {a: b, c: d}\n" * 20_000
        stream = io.BytesIO(text.encode())
        listed = Items(stream, file="a.yaml", key="list", text=lambda: text)

        going = iter(listed)
        first = next(going)

        assert stream.tell() < len(text) / 2, "the rest is still to be read"
        for _ in range(100):
            later = next(going)
        assert len(later.marks) == len(first.marks) == 8
        assert later.mark(("list", 0)).line == 102


def test_ten_thousand_readers_are_read_within_seconds() -> None:
    reader = "  - {{address: a{0}@example.org, follows: [x, y], name: Reader {0}}}\n"
    text = "readers:\n" + "".join(reader.format(n) for n in range(10_000))

    started = time.process_time()
    document = read_yaml(text, file="a.yaml")

    assert document.marks["readers", 9_999, "name"].line == 10_001
    assert time.process_time() - started < 10
