from __future__ import annotations

import re
from datetime import UTC, datetime

import pytest

from digest.errors import FileProblems, TemplateProblem
from digest.rendering.words import Speech, Word, WordMissing, Words, comma, direction
from tests.rendering_samples import NEWSROOM

SMALL = """
en:
  locale: en-GB
  day: d MMM y
  hello: Hello, {name}.
  stories: {one: "{n} story", other: "{n} stories"}
  only_english: Only here
fr:
  hello: Bonjour {name}.
pt-BR:
  hello: Oi, {name}.
"""
MORNING = datetime(2026, 11, 23, 23, 30, tzinfo=UTC)


def speech(wanted: str, otherwise: str = "en", text: str = SMALL) -> Speech:
    return Words.read(text, file="words.yaml").speech(wanted, otherwise=otherwise)


def forms(word: Word) -> list[str]:
    return [word] if isinstance(word, str) else list(word.values())


class TestLanguages:
    @pytest.mark.parametrize(
        ("wanted", "otherwise", "spoken"),
        [
            ("fr", "en", "fr"),
            ("fr-CA", "en", "fr"),
            ("fr_CA", "en", "fr"),
            ("FR", "en", "fr"),
            ("pt-br", "en", "pt-BR"),
            ("pt", "fr", "fr"),
            ("ja", "fr-CH", "fr"),
            ("ja", "ko", "en"),
            ("", "fr", "fr"),
        ],
    )
    def test_are_the_readers_then_the_newsletters_then_english(
        self, wanted: str, otherwise: str, spoken: str
    ) -> None:
        assert speech(wanted, otherwise).language == spoken

    def test_lend_each_other_words_one_by_one(self) -> None:
        french = speech("fr-CA", "pt-BR")

        assert french.word("hello", None) == "Bonjour {name}."
        assert french.word("only_english", None) == "Only here"

    def test_do_not_lend_each_other_their_manners(self) -> None:
        assert speech("fr").day(MORNING, "UTC") == "23 novembre 2026"
        assert speech("en").day(MORNING, "UTC") == "23 Nov 2026"

    def test_run_the_way_of_their_script(self) -> None:
        assert direction("ar-EG") == "rtl"
        assert direction("he") == "rtl"
        assert direction("fr") == "ltr"
        assert direction("not a language") == "ltr"
        assert direction("") == "ltr"

    def test_have_commas_of_their_own(self) -> None:
        commas = {
            tag: comma(tag) for tag in ("fr", "ar-EG", "fa", "he", "ja", "zh-Hant", "")
        }

        assert commas == {
            **dict.fromkeys(("fr", "he", ""), ", "),
            **dict.fromkeys(("ar-EG", "fa"), "، "),
            **dict.fromkeys(("ja", "zh-Hant"), "、"),
        }

    def test_list_in_order_what_runs_the_other_way(self) -> None:
        lrm, rlm = "\u200e", "\u200f"

        assert speech("fr").listed(["ثقافة", "Art"], "rtl") == f"{lrm}ثقافة{lrm} et Art"
        assert speech("fr").listed(["A", "B"], "ltr") == "A et B"
        assert (
            speech("ar", text="ar: {hello: x}").mixed("Art", "ltr") == f"{rlm}Art{rlm}"
        )


class TestWords:
    def test_name_the_nearest_one_when_a_word_is_unknown(self) -> None:
        with pytest.raises(WordMissing, match=r"no word `helo`: did you mean `hello`"):
            speech("fr").word("helo", None)

    def test_that_are_manners_cannot_be_said(self) -> None:
        with pytest.raises(WordMissing, match="no word `locale`"):
            speech("en").word("locale", None)

    def test_with_plurals_need_a_number(self) -> None:
        with pytest.raises(WordMissing, match="pass n="):
            speech("en").word("stories", None)

    def test_need_every_blank_filled(self) -> None:
        with pytest.raises(
            WordMissing, match=r"`\{name\}` .* is not given: pass name="
        ):
            speech("en").filled("Hello, {name}.", {"nmae": "Ada"}, str)

    def test_are_filled_once_so_that_a_value_cannot_fill_another(self) -> None:
        filled = speech("en").filled("{a} and {b}", {"a": "{b}", "b": "{a}"}, str)

        assert filled == "{b} and {a}"


class TestManners:
    @pytest.fixture
    def words(self) -> Words:
        return Words.read((NEWSROOM / "words.yaml").read_text(), file="words.yaml")

    @pytest.mark.parametrize(
        ("language", "date", "listed"),
        [
            ("en", "Tuesday 24 November 2026", "A, B and C"),
            ("en-US", "Tuesday, November 24, 2026", "A, B, and C"),
            ("fr", "mardi 24 novembre 2026", "A, B et C"),
            ("de", "Dienstag, 24. November 2026", "A, B und C"),
            ("es", "martes, 24 de noviembre de 2026", "A, B y C"),
            ("ar", "الثلاثاء، 24 نوفمبر 2026", "A وB وC"),
        ],
    )
    def test_are_the_languages_own(
        self, words: Words, language: str, date: str, listed: str
    ) -> None:
        spoken = words.speech(language, otherwise="en")

        assert spoken.date(MORNING, "Europe/Paris") == date
        assert spoken.listed(["A", "B", "C"]) == listed

    @pytest.mark.parametrize(
        ("language", "forms"),
        [
            ("en", {1: "1 story", 2: "2 stories", 1234: "1,234 stories"}),
            ("fr", {0: "0 article", 1: "1 article", 2: "2 articles"}),
            (
                "ar",
                {
                    1: "مقال واحد",
                    2: "مقالان",
                    5: "5 مقالات",
                    11: "11 مقالا",
                    100: "100 مقال",
                },
            ),
        ],
    )
    def test_have_the_plurals_of_the_grammar(
        self, words: Words, language: str, forms: dict[int, str]
    ) -> None:
        spoken = words.speech(language, otherwise="en")

        for number, said in forms.items():
            word = spoken.word("stories", number)
            assert spoken.filled(word, {"n": spoken.number(number)}, str) == said


class TestShippedWords:
    WORDS = Words.read((NEWSROOM / "words.yaml").read_text(), file="words.yaml")

    @pytest.mark.parametrize("language", ["fr", "de", "es", "ar"])
    def test_lack_nothing_english_has(self, language: str) -> None:
        spoken = self.WORDS.speech(language, otherwise="en")
        own = self.WORDS.languages[language]
        english = set(self.WORDS.languages["en"]) - {"locale", "date", "day", "label"}

        assert english <= set(own), "or English shows between the lines"
        assert spoken.language == language

    @pytest.mark.parametrize("language", ["fr", "de", "es", "ar"])
    def test_have_the_blanks_english_has(self, language: str) -> None:
        def blanks(word: Word) -> set[str]:
            return set(re.findall(r"\{(\w+)\}", " ".join(forms(word))))

        for key, word in self.WORDS.languages[language].items():
            assert blanks(word) == blanks(self.WORDS.languages["en"][key]), key

    def test_leave_no_space_before_a_french_colon_that_could_break(self) -> None:
        for word in self.WORDS.languages["fr"].values():
            for form in forms(word):
                assert not re.search(r"[ \w][:;!?»]| [:;!?»]|« ", form), form


class TestMistakes:
    @pytest.mark.parametrize(
        ("text", "line", "what"),
        [
            ("[]", 1, "per language"),
            ("en: hello", 1, "`en` holds no words"),
            ("en:\n  hello: 5", 2, "`hello` is 5, not a text"),
            ("en:\n  a: b\n  c: {one: x}", 3, "lacks the plural form `other`"),
            ("en:\n  c: {onne: x, other: y}", 2, "plural form `onne`"),
            ("en:\n  c: {one: 1, other: y}", 2, "a form that is not a text"),
        ],
    )
    def test_are_found_with_their_line(self, text: str, line: int, what: str) -> None:
        with pytest.raises(TemplateProblem) as caught:
            Words.read(text, file="templates/mine/words.yaml")

        assert (caught.value.file, caught.value.line) == (
            "templates/mine/words.yaml",
            line,
        )
        assert what in caught.value.what

    def test_of_the_file_itself_are_found_too(self) -> None:
        with pytest.raises(FileProblems, match=r"words\.yaml:2"):
            Words.read("en: {", file="words.yaml")
