from __future__ import annotations

import re
from datetime import UTC, datetime
from pathlib import Path

import pytest

from digest.errors import FileProblems, TemplateProblem
from digest.rendering import TemplateFile, TemplateSet
from digest.rendering.words import (
    Completeness,
    Speech,
    WordMissing,
    Words,
    comma,
    direction,
    own_completeness,
    read_catalogue,
    stock_completeness,
)
from digest.rendering.words.locales import read_messages
from digest.template_files import load_catalogues

ROOT = Path(__file__).parent.parent
STOCK = load_catalogues(None)
NEWSROOMS = [
    "en",
    "fr",
    "de",
    "es",
    "pt",
    "it",
    "nl",
    "pl",
    "ru",
    "uk",
    "ar",
    "fa",
    "he",
    "zh",
    "ja",
    "vi",
    "sw",
    "ha",
    "ro",
    "km",
]

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
MILLION = "1\u202f000\u202f000 articles"
MORNING = datetime(2026, 11, 23, 23, 30, tzinfo=UTC)


def speech(wanted: str, otherwise: str = "en", text: str = SMALL) -> Speech:
    return Words.read(text, file="words.yaml").speech(wanted, otherwise=otherwise)


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
        return Words(languages={}, stock=STOCK, spoken_everywhere=True)

    @pytest.mark.parametrize(
        ("language", "date", "listed"),
        [
            ("en", "Tuesday 24 November 2026", "A, B and C"),
            ("en-US", "Tuesday, November 24, 2026", "A, B, and C"),
            ("fr", "mardi 24 novembre 2026", "A, B et C"),
            ("de", "Dienstag, 24. November 2026", "A, B und C"),
            ("es", "martes, 24 de noviembre de 2026", "A, B y C"),
            ("ar", "الثلاثاء، 24 نوفمبر 2026", "A وB وC"),
            ("ru", "вторник, 24 ноября 2026\u202fг.", "A, B и C"),
            ("fa", "سه‌شنبه ۲۴ نوامبر ۲۰۲۶", "A،\u200f B، و C"),
            ("he", "יום שלישי, 24 בנובמבר 2026", "A, B וC"),
            ("ja", "2026年11月24日火曜日", "A、B、C"),
            ("zh", "2026年11月24日星期二", "A、B和C"),
            ("sw", "Jumanne, 24 Novemba 2026", "A, B na C"),
            ("km", "អង្គារ 24 វិច្ឆិកា 2026", "A, B និង C"),
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
            (
                "fr",
                {0: "0 article", 1: "1 article", 2: "2 articles", 10**6: MILLION},
            ),
            (
                "pl",
                {
                    1: "1 artykuł",
                    2: "2 artykuły",
                    12: "12 artykułów",
                    22: "22 artykuły",
                },
            ),
            ("ru", {1: "1 материал", 3: "3 материала", 11: "11 материалов"}),
            ("ru", {21: "21 материал", 101: "101 материал"}),
            ("he", {1: "כתבה אחת", 2: "שתי כתבות", 10: "10 כתבות"}),
            ("ro", {1: "1 articol", 19: "19 articole", 20: "20 de articole"}),
            ("fa", {1: "۱ مطلب", 1234: "۱٬۲۳۴ مطلب"}),
            ("ja", {1: "記事1本", 2: "記事2本"}),
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
    def test_are_those_of_twenty_languages(self) -> None:
        assert set(STOCK) == {*NEWSROOMS, "en-US"}

    def test_lack_nothing_english_has_and_fill_the_same_blanks(self) -> None:
        for each in stock_completeness(STOCK):
            assert each == Completeness(language=each.language, words=each.words)

    def test_are_those_that_something_says(self) -> None:
        """A word that nothing says any more is not to be translated."""
        rooms = ("publishing", "reception", "web/public")
        code = [path for room in rooms for path in ROOT.glob(f"digest/{room}/*.py")]
        code.append(ROOT / "digest/approving.py")
        where = [*ROOT.glob("templates/*/*.j2"), *code]
        said = {
            key
            for path in where
            for key in re.findall(r'"([\w.]+)"', path.read_text(encoding="utf-8"))
        }

        keys = read_catalogue(STOCK["en"].text, file="en", language="en").keys()

        assert keys - said <= {"locale", "date", "day"}

    @pytest.mark.parametrize("language", STOCK)
    def test_translate_the_english_of_today(self, language: str) -> None:
        english = {m.context: m for m in read_messages(STOCK["en"].text).messages}

        for message in read_messages(STOCK[language].text).messages:
            source = english[message.context].source
            assert message.source == source, "translate it again: English has changed"
            assert not message.fuzzy
            if language == "en" and message.context not in {"date", "day"}:
                assert message.said == source

    @pytest.mark.parametrize("language", STOCK)
    def test_that_stand_before_a_colon_bring_none(self, language: str) -> None:
        """The text part said "Europe : moins d’articles :" above the link."""
        texts = [path.read_text("utf-8") for path in ROOT.glob("templates/**/*.txt.j2")]
        labels = re.compile(r'(?:"label", name=|link\()t\("(\w+)"')
        keys = {key for text in texts for key in labels.findall(text)}
        assert keys >= {"less", "preferences", "yes"}

        spoken = Words.of_stock(STOCK).speech(language, otherwise="en")

        said = [form for key in keys for form in spoken.forms(key).values()]
        assert [form for form in said if set(form) & set(":：៖")] == []

    @pytest.mark.parametrize("language", STOCK)
    def test_know_a_form_for_every_number(self, language: str) -> None:
        spoken = Words(languages={}, stock=STOCK, spoken_everywhere=True).speech(
            language, otherwise="en"
        )
        counted = read_messages(STOCK[language].text)
        by_rule = [m for m in counted.messages if len(m.source) > 1]

        for message in by_rule:
            for number in (*range(1, 130), 1_000, 1_000_000):
                said = spoken.word(message.context, number)
                assert said == message.said[counted.rule(number)], (language, number)

    @pytest.mark.parametrize("language", NEWSROOMS)
    def test_have_the_signs_of_print(self, language: str) -> None:
        for key, form in said(language):
            assert not re.search(r"""["'`]|\.\.|  |^\s|\s$""", form), key
            if language in {"ar", "fa"}:
                assert not set(",;?") & set(form), "the comma of Arabic script is ،"
            if language in {"ja", "zh"}:
                assert not re.search(r"[,:;!?]|\.(?!\w)| ", form), key
            if language not in {"fr", "es", "it", "pt", "ru", "uk", "ar", "fa", "km"}:
                assert not set("«»") & set(form), key

    def test_leave_no_space_before_a_french_colon_that_could_break(self) -> None:
        for _, form in said("fr"):
            assert not re.search(r"[ \w][:;!?»]| [:;!?»]|« ", form), form


def said(language: str) -> list[tuple[str, str]]:
    """Return the words of a shipped language, each form with its key."""
    messages = read_messages(STOCK[language].text).messages
    return [(m.context, form) for m in messages for form in m.said]


def of_set(own: str, *, shipped: bool = False, **more: str) -> Words:
    """Return the words of a set with this `words.yaml`; `more` are catalogues."""
    files = {"words.yaml": TemplateFile(path="words.yaml", text=own)} if own else {}
    stock = {
        tag: TemplateFile(path=f"{tag}.po", text=text) for tag, text in more.items()
    }
    return Words.of(
        TemplateSet(name="mine", files=files, catalogues=STOCK | stock, shipped=shipped)
    )


class TestOwnWords:
    def test_of_a_shipped_set_come_first_and_leave_the_others(self) -> None:
        words = of_set("fr: {hello: Salut., ours: À nous}", shipped=True)

        spoken = words.speech("fr-CA", otherwise="en")

        assert spoken.word("hello", None) == "Salut."
        assert spoken.word("ours", None) == "À nous"
        assert spoken.word("also_read", None) == "À lire aussi"
        assert words.speech("pl", otherwise="fr").language == "pl"
        assert words.speech("pl", otherwise="fr").word("hello", None) == "Dzień dobry."
        assert words.speech("pl", otherwise="fr").word("ours", None) == "À nous"

    def test_of_a_set_of_its_own_say_which_languages_it_speaks(self) -> None:
        words = of_set("en: {hello: Dear reader}\nfr: {hello: Cher lecteur}")

        assert words.spoken == ["en", "fr"]
        assert words.speech("pl", otherwise="fr-FR").language == "fr"
        assert words.speech("fr", otherwise="en").word("also_read", None) == (
            "À lire aussi"
        ), "what is shipped need not be written again"
        assert words.speech("ar", otherwise="pl").word("hello", None) == "Dear reader"

    def test_need_not_be_there(self) -> None:
        words = of_set("")

        assert words.spoken == sorted(STOCK)
        assert words.speech("uk", otherwise="en").word("hello", None) == "Вітаємо."

    def test_may_be_of_a_language_as_gettext_writes_it(self) -> None:
        """`locale/pt_BR` is found; the same name in `words.yaml` was not."""
        words = of_set("pt_BR: {hello: Oi., day: d/M/y}\nen: {hello: Hi.}")

        assert words.spoken == ["pt-BR", "en"]
        for written in ("pt-BR", "pt_BR"):
            spoken = words.speech(written, otherwise="en")
            assert spoken.language == "pt-BR"
            assert spoken.word("hello", None) == "Oi."
            assert spoken.day(MORNING, "UTC") == "23/11/2026"

    def test_may_change_how_a_day_is_written(self) -> None:
        words = of_set("en-US: {day: M/d/y}\nen: {hello: Hi.}", shipped=True)

        assert words.speech("en-US", otherwise="en").day(MORNING, "UTC") == "11/23/2026"
        assert words.speech("en", otherwise="en").day(MORNING, "UTC") == (
            "23 November 2026"
        )
        assert words.speech("en-US", otherwise="fr").word("hello", None) == "Hi."

    def test_are_measured_against_each_other(self) -> None:
        words = of_set(
            "en: {a: 'A {x}', stories: {one: '{n} one', other: '{n} others'}}\n"
            "fr: {a: 'A {y}', b: B}\n"
            "ru: {a: 'A {x}', b: B, stories: {one: one, other: '{n} others'}}",
        )

        english, french, russian = own_completeness(words)

        assert (english.language, english.missing, english.wrong) == ("en", ("b",), ())
        assert (french.words, french.said, french.missing) == (3, 3, ())
        assert french.wrong == (
            "`a` has a blank {y} that nobody fills",
            "`a` lacks the blank {x}",
        )
        assert russian.wrong == (
            "`stories` lacks the plural form many, few",
            "`stories` (one) lacks the blank {n}",
        ), "21 is one in Russian, so the number must be said"


HEAD = (
    'msgid ""\nmsgstr ""\n"Language: ko\\n"\n"Plural-Forms: nplurals=1; plural=0;\\n"\n'
    '"Content-Type: text/plain; charset=utf-8\\n"\n\n'
)
HELLO = 'msgctxt "hello"\nmsgid "Hello."\nmsgstr "안녕하세요."\n\n'
STORIES = 'msgctxt "stories"\nmsgid "{n} story"\nmsgid_plural "{n} stories"\n'


class TestCatalogues:
    def test_of_a_project_add_a_language(self) -> None:
        words = of_set("", ko=HEAD + HELLO + STORIES + 'msgstr[0] "기사 {n}건"\n')

        spoken = words.speech("ko-KR", otherwise="fr")

        assert spoken.language == "ko"
        assert spoken.word("stories", 3) == "기사 {n}건"
        assert spoken.word("also_read", None) == "À lire aussi"
        assert "also_read" in {
            key
            for each in stock_completeness(words.stock)
            if each.language == "ko"
            for key in each.missing
        }

    def test_leave_out_what_is_not_translated_or_in_doubt(self) -> None:
        text = (
            HEAD.replace("nplurals=1; plural=0", "nplurals=2; plural=n != 1")
            + "#, fuzzy\n"
            + HELLO
            + 'msgctxt "by"\nmsgid "By {who}"\nmsgstr ""\n\n'
            + STORIES
            + 'msgstr[0] "x"\nmsgstr[1] ""\n'
        )

        assert read_catalogue(text, file="ko.po", language="ko") == {"locale": "ko"}

    @pytest.mark.parametrize(
        ("text", "line", "what"),
        [
            (HEAD + HELLO.replace('msgctxt "hello"\n', ""), 7, "no `msgctxt`"),
            (HEAD + HELLO + "msgid Hello\n", 11, "missing msgstr"),
            (
                HEAD.replace("plural=0", "plural=n >"),
                1,
                "`Plural-Forms` cannot be read",
            ),
            (HEAD.replace("plural=0", "plural=1/0") + HELLO, 1, "fails for a number"),
            (
                HEAD.replace("nplurals=1; plural=0", "nplurals=1; plural=n != 1")
                + STORIES
                + 'msgstr[0] "x"\n',
                8,
                "has 1 forms, fewer than",
            ),
        ],
    )
    def test_that_are_none_are_named_with_the_line(
        self, text: str, line: int, what: str
    ) -> None:
        with pytest.raises(TemplateProblem, match=what) as caught:
            read_catalogue(text, file="templates/locale/ko.po", language="ko")

        assert (caught.value.file, caught.value.line) == (
            "templates/locale/ko.po",
            line,
        )


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
            ("pt-BR: {a: b}\npt_BR: {a: c}", 2, "`pt_BR` is `pt-BR` again"),
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
