from __future__ import annotations

import itertools
import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from html import unescape
from html.parser import HTMLParser
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.errors import TemplateProblem
from digest.model import (
    Chosen,
    Digest,
    Format,
    Image,
    Length,
    Link,
    Mailbox,
    Notice,
    Quote,
    Section,
    Topic,
)
from digest.rendering import (
    Personal,
    Rendered,
    Renderer,
    TemplateSet,
    inlining,
    plaintext,
)
from digest.rendering.bodies import Bodies, prepared
from digest.rendering.fitting import LARGEST
from digest.rendering.marks import Marks
from digest.rendering.simplifying import RowMarks
from tests import rendering_samples as samples
from tests import stock_samples as stock
from tests.examples import examples
from tests.plain_path import PlainPath
from tests.rendering_samples import HOST, article, digest, personal, section, templates

GOLDENS = Path(__file__).parent / "goldens"


def rendered(
    what: Digest,
    who: Personal | None = None,
    *,
    language: str = "",
    length: Length = Length.SUMMARIES,
    parts: Format = Format.HTML,
    **changes: object,
) -> Rendered:
    return samples.renderer(what, **changes).render(
        what, who or personal(), language=language, length=length, format=parts
    )


def html_of(result: Rendered) -> str:
    assert result.html is not None
    return result.html


# -- what a page is made of, as a reader's machine sees it ------------------


class Seen(HTMLParser):
    """Collects what the tests ask about."""

    def __init__(self, html: str) -> None:
        super().__init__(convert_charrefs=True)
        self.tags: list[tuple[str, dict[str, str]]] = []
        self.links: list[tuple[str, str]] = []
        self.headings: list[tuple[int, str]] = []
        self._texts: list[str] = []
        self.text = ""
        self._quiet = 0
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, {name: value or "" for name, value in attrs}))
        self._quiet += tag in {"style", "title"}
        if tag == "a" or re.fullmatch("h[1-6]", tag):
            self._texts.append("")
        if tag == "img":
            self.handle_data(dict(attrs)["alt"] or "")

    def handle_endtag(self, tag: str) -> None:
        self._quiet -= tag in {"style", "title"}
        if tag == "a":
            href = [found for name, found in self.tags if name == "a"][len(self.links)]
            self.links.append((href["href"], self._texts.pop().strip()))
        elif re.fullmatch("h[1-6]", tag):
            self.headings.append((int(tag[1]), self._texts.pop().strip()))

    def handle_data(self, data: str) -> None:
        if not self._quiet:
            self.text += data
            self._texts = [text + data for text in self._texts]

    def all(self, *names: str) -> Iterator[dict[str, str]]:
        return (found for tag, found in self.tags if tag in names)


# -- golden files -----------------------------------------------------------

CASES: dict[str, tuple[Digest, str, Length, dict[str, object]]] = {
    "en-summaries": (samples.whole_digest(), "en", Length.SUMMARIES, {}),
    "en-headlines": (samples.whole_digest(), "en", Length.HEADLINES, {}),
    "en-full": (samples.whole_digest(), "en", Length.FULL, {}),
    "fr": (
        samples.french_digest(),
        "fr-CA",
        Length.SUMMARIES,
        {
            "newsletter": samples.newsletter(
                title="Longitude Quotidien",
                language="fr",
                tagline="Les thèmes que vous suivez",
                intro="Un tribunal attendu pour une heure a siégé jusqu’à minuit.",
            )
        },
    ),
    "ar": (
        samples.arabic_digest(),
        "ar",
        Length.SUMMARIES,
        {
            "newsletter": samples.newsletter(
                title="خط الطول", tagline="نشرة المواضيع التي تتابعها", language="ar"
            )
        },
    ),
    "ar-of-en": (
        samples.arabic_digest(titles=("Human rights", "Climate")),
        "ar",
        Length.SUMMARIES,
        {"newsletter": samples.newsletter(intro="A court sat until midnight.")},
    ),
}


#: The stock sets, as `tests.stock_samples` fills them: "letter-ja" and so on.
STOCK = {f"{of}-{lang}": (of, lang) for of in stock.SETS for lang in stock.LANGUAGES}
NAMES = [*CASES, *STOCK]
_WORDS = samples.renderer(samples.whole_digest())._pages.words.spoken


def language_of(name: str) -> str:
    """Return the language a mail speaks: what is wanted, or else English."""
    wanted = STOCK[name][1] if name in STOCK else CASES[name][1][:2]
    return wanted if wanted in _WORDS else "en"


@pytest.fixture(scope="module")
def mails() -> dict[str, Rendered]:
    return {name: stock.mail(*which) for name, which in STOCK.items()} | {
        name: rendered(
            what,
            personal(name="أميرة") if language == "ar" else personal(),
            language=language,
            length=length,
            **changes,  # type: ignore[arg-type]  # what samples.renderer takes
        )
        for name, (what, language, length, changes) in CASES.items()
    }


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("part", ["subject", "txt", "html"])
def test_mails_look_as_approved(
    name: str,
    part: str,
    mails: dict[str, Rendered],
    request: pytest.FixtureRequest,
) -> None:
    mail = mails[name]
    texts = {"subject": mail.subject + "\n", "txt": mail.text, "html": html_of(mail)}
    golden = GOLDENS / ("stock" if name in STOCK else "") / f"{name}.{part}"
    if request.config.getoption("--approve"):
        golden.write_text(texts[part])

    assert texts[part] == golden.read_text(), "pytest --approve, if it is meant"


# -- every mail -------------------------------------------------------------


@pytest.mark.parametrize("name", NAMES)
class TestEveryMail:
    def test_says_its_language_and_direction_twice(
        self, name: str, mails: dict[str, Rendered]
    ) -> None:
        seen = Seen(html_of(mails[name]))
        language = language_of(name)
        direction = "rtl" if language == "ar" else "ltr"

        speaking = [found for _, found in seen.tags if "lang" in found][:2]

        assert [found["lang"] for found in speaking] == [language, language]
        assert [found["dir"] for found in speaking] == [direction, direction]

    def test_has_one_h1_and_skips_no_level(
        self, name: str, mails: dict[str, Rendered]
    ) -> None:
        levels = [level for level, _ in Seen(html_of(mails[name])).headings]

        assert levels.count(1) == 1
        assert levels[0] == 1
        for before, after in itertools.pairwise(levels):
            assert after <= before + 1

    def test_announces_no_layout_table_and_no_nameless_picture(
        self, name: str, mails: dict[str, Rendered]
    ) -> None:
        seen = Seen(html_of(mails[name]))

        data_tables = sum("<th" in html_of(mails[name]) for _ in range(1))
        unsaid = [t for t in seen.all("table") if t.get("role") != "presentation"]
        assert len(unsaid) == data_tables
        assert all(image["alt"].strip() for image in seen.all("img"))
        assert all(image["width"].isdecimal() for image in seen.all("img"))

    def test_hides_nothing_and_runs_nothing(
        self, name: str, mails: dict[str, Rendered]
    ) -> None:
        html = html_of(mails[name])

        inline = " ".join(found.get("style", "") for _, found in Seen(html).tags)
        assert not re.search(
            r"display:\s*none|visibility|opacity|max-height:\s*0", inline
        )
        # Nothing but a sign of our own may be left out where a mail is read aloud.
        html = re.sub(
            r"<span[^<>]* aria-hidden=\"true\"[^<>]*>\xa0?[→←■]</span>", "", html
        )
        assert not re.search(r"aria-hidden|<script|<iframe|<form|\son\w+=", html)
        for found in (
            f for _, f in Seen(html).tags if "font-size:0" in f.get("style", "")
        ):
            assert found["class"].split()[-1] in {"bar", "rule", "leadi", "gridw"}, (
                "no text in it, or all of it in boxes of their own"
            )

    def test_keeps_its_media_queries_and_balances_its_comments_for_outlook(
        self, name: str, mails: dict[str, Rendered]
    ) -> None:
        html = html_of(mails[name])
        kept = re.search(
            r"@media \(prefers-color-scheme:dark\)\{(.*?)\n\}", html, re.DOTALL
        )

        assert kept
        assert kept[1].count("!important") >= 10
        assert html.count("<!--[if mso]>") == html.count("<![endif]-->") >= 3
        assert html.count("<table") == html.count("</table")
        assert len("".join(re.findall(r"<style.*?</style>", html, re.DOTALL))) < 8_192

    def test_is_complete_without_any_style_element(
        self, name: str, mails: dict[str, Rendered]
    ) -> None:
        for tag, found in Seen(html_of(mails[name])).tags:
            if tag in {"h1", "h2", "h3", "h4", "blockquote"}:
                assert "font-family" in found["style"], (tag, found)
            if "ink" in found.get("class", "").split():
                assert "color:#16191f" in found["style"]

    def test_tells_in_text_everything_it_tells_in_html(
        self, name: str, mails: dict[str, Rendered]
    ) -> None:
        seen = Seen(html_of(mails[name]))
        text = " ".join(mails[name].text.casefold().split())

        for href, _ in seen.links:
            assert href.casefold() in text
        for _, heading in seen.headings[1:]:
            assert " ".join(heading.strip("→←\u00a0").casefold().split()) in text

    def test_has_text_of_72_columns_with_addresses_on_their_own_lines(
        self, name: str, mails: dict[str, Rendered]
    ) -> None:
        text = mails[name].text

        for line in text.split("\n"):
            assert line == line.rstrip()
            assert line != "--", "clients fold what follows a signature"
            if "://" in line:
                assert re.fullmatch(r"( *|\[\d+\] )https?://\S+", line)
            else:
                assert plaintext.columns(line) <= plaintext.WIDTH
        assert "\n\n\n" not in text
        assert not re.search("[\u200b\ufeff\u00a0\u202f]|&\\w+;", text)

    def test_can_be_left_from_its_top_and_from_its_end(
        self, name: str, mails: dict[str, Rendered]
    ) -> None:
        links = [href for href, _ in Seen(html_of(mails[name])).links]
        unsubscribe = personal().unsubscribe

        if not name.startswith("letter"):  # it begins as letters do
            assert unsubscribe in links[:2]
        assert unsubscribe in links[-2:]
        assert "13002 Marseille" in html_of(mails[name])
        assert "13002 Marseille" in mails[name].text.split("\n\n")[-1]

    def test_gives_every_link_words_of_its_own(
        self, name: str, mails: dict[str, Rendered]
    ) -> None:
        targets: dict[str, set[str]] = {}
        for href, shown in Seen(html_of(mails[name])).links:
            assert shown
            targets.setdefault(shown, set()).add(href)

        assert all(len(found) == 1 for found in targets.values()), targets


def test_the_first_visible_line_is_what_mailboxes_preview(
    mails: dict[str, Rendered],
) -> None:
    first = Seen(html_of(mails["en-summaries"])).text.strip().split("\n")[0]

    assert first.startswith("Also in this issue: A library lends out")
    assert 40 <= len(first) <= 150


@pytest.mark.parametrize("of", ["newsroom", "brief", "alert"])
def test_the_first_visible_line_never_repeats_the_subject(of: str) -> None:
    bare = digest(section("Climate", article(standfirst="")))

    mail = rendered(bare, templates=templates(of), site=samples.site(tagline=""))

    first = Seen(html_of(mail)).text.strip().split("\n")[0]
    assert first == "Here is one story from the topics you follow."


# -- the reader's own values ------------------------------------------------

HOSTILE = [
    'Ada "the <b>first</b>" & Söhne',
    "<script>alert('x')</script>",
    "O'Hara & \\u0000 {{ reader.address }} {% raw %}",
    "👩‍🔬 أميرة של 漢字 \u202eevil",
    "Ann\r\nBcc: everybody@example.org",
    "&amp; &lt; %41 %s {name} {n}",
    "x" * 300,
]


def assert_filled_as_if_rendered(
    what: Digest, who: Personal, template: TemplateSet
) -> None:
    """Compare filling a page with rendering it for this one reader."""
    mail = rendered(what, who, templates=template)
    alone = PlainPath(
        templates=template,
        site=samples.site(),
        newsletter=samples.newsletter(),
        issue=samples.issue(*what.articles),
    )

    assert (mail.subject, mail.text, mail.html) == alone.mail(what, who)


EVERYWHERE = {
    "subject__txt__j2": "{{ reader.name }}: {{ digest.lead.headline }}",
    "digest__txt__j2": "{{ t('hello_name', name=reader.name) | fill }}\n"
    "{{ reader.name | underline }}\n{{ reader.address | item }}\n"
    "{{ reader.unsubscribe }} {{ subject }}\n",
    "digest__html__j2": "<html><head><title>{{ subject }}</title>{{ styles }}</head>"
    '<body><p title="{{ reader.name }}">{{ reader.name }}</p>'
    "<!--[if mso]><b title='{{ reader.name }}'>{{ reader.name }}</b><![endif]-->"
    '<a href="{{ reader.unsubscribe }}" data-for="{{ reader.name }}">x</a></body></html>',
}


class TestAReadersValues:
    @pytest.mark.parametrize("name", HOSTILE)
    def test_are_filled_in_as_if_the_page_were_rendered_for_one(
        self, name: str
    ) -> None:
        who = personal(name=name, address=f"{name[:20]}@example.org")

        for template in (templates(), templates(**EVERYWHERE)):
            assert_filled_as_if_rendered(samples.whole_digest(), who, template)

    WHAT = digest(section("Climate", article()))
    EVERYWHERE = templates(**EVERYWHERE)

    @examples(60)
    @given(name=st.text(), url=st.text(max_size=30))
    def test_are_filled_in_whatever_they_are(self, name: str, url: str) -> None:
        who = Personal(name=name, address="a@example.org", unsubscribe=f"{HOST}/{url}")

        assert_filled_as_if_rendered(self.WHAT, who, self.EVERYWHERE)

    @pytest.mark.parametrize("name", HOSTILE)
    def test_stay_text(self, name: str) -> None:
        mail = rendered(digest(section("Climate", article())), personal(name=name))

        greeting = f"Hello, {plaintext.one_line(name)}."
        assert greeting in Seen(html_of(mail)).text
        assert " ".join(greeting.split()) in " ".join(mail.text.split())
        assert "<script" not in html_of(mail)

    def test_wrap_the_text_they_stand_in(self) -> None:
        mail = rendered(
            digest(section("Climate", article())), personal(name="Ada " * 40)
        )

        assert all(len(line) <= plaintext.WIDTH for line in mail.text.split("\n"))

    def test_that_are_missing_leave_no_trace(self) -> None:
        mail = rendered(
            samples.whole_digest(), Personal(unsubscribe=f"{HOST}/u/1", name=" \n")
        )

        assert "Hello." in mail.text
        assert "because you subscribed" in mail.text
        assert "Change topics" not in mail.text + html_of(mail)
        assert 'href=""' not in html_of(mail)

    def test_inside_a_link_are_part_of_it(self) -> None:
        html = "<p><a href='https://x.example/?who={{ reader.name }}'>a</a>"
        html += (
            "<a href='mailto:{{ reader.address }}'>b</a>{{ reader.unsubscribe }}</p>"
        )

        mail = rendered(
            digest(section("Climate", article())),
            personal(name='Ada & "Bo"/é'),
            templates=templates(digest__html__j2=html),
        )

        assert 'href="https://x.example/?who=Ada%20%26%20%22Bo%22%2F%C3%A9"' in html_of(
            mail
        )
        assert 'href="mailto:amira@example.org"' in html_of(mail)

    def test_cannot_be_called_by_an_article(self) -> None:
        what = digest(
            section("Climate", article(standfirst="slot0000z {{ reader.name }}"))
        )
        made = samples.renderer(what)
        mark = Marks(made._pages.secret).print("address")
        forged = digest(section("Climate", article(standfirst=mark)))

        mail = rendered(forged, personal(address="secret@example.org"))

        assert mark in mail.text
        assert mark in html_of(mail)

    def test_may_be_missing_for_one_reader_and_there_for_the_next(self) -> None:
        what = digest(section("Climate", article()))
        made = samples.renderer(what)

        texts = [
            made.render(
                what,
                personal(name=name, pause=pause),
                language="",
                length=Length.SUMMARIES,
                format=Format.HTML,
            ).text
            for name, pause in [("", ""), ("Ada", f"{HOST}/pause"), ("", "")]
        ]

        assert ["Hello, Ada." in text for text in texts] == [False, True, False]
        assert [f"{HOST}/pause" in text for text in texts] == [False, True, False]

    def test_of_one_reader_are_not_in_the_next_ones_mail(self) -> None:
        what = samples.whole_digest()
        made = samples.renderer(what)

        for name in ("Ada", "Bo"):
            mail = made.render(
                what,
                personal(name=name, address=f"{name}@example.org"),
                language="",
                length=Length.SUMMARIES,
                format=Format.HTML,
            )
            other = {"Ada": "Bo@", "Bo": "Ada@"}[name]
            assert f"{name}@example.org" in mail.text + html_of(mail)
            assert other not in mail.text + html_of(mail)


MISUSES = {
    "a condition": ("{% if reader.name %}x{% endif %}", "reader.name", "has_name"),
    "a filter": ("{{ reader.name | upper }}", "reader.name", "neither compared"),
    "a comparison": ("{{ reader.name == 'Ada' }}", "reader.name", "neither compared"),
    "a length": ("{{ reader.address | length }}", "reader.address", "neither"),
    "a loop": (
        "{% for c in reader.name %}{{ c }}{% endfor %}",
        "reader.name",
        "neither",
    ),
    "a method": ("{{ reader.name.upper() }}", "reader.name", "neither compared"),
    "a default": ("{{ reader.name | default('x', true) }}", "reader.name", "neither"),
    "glue": ("{{ 'Dear ' ~ reader.name }}", "reader.name", "neither compared"),
    "arithmetic": ("{{ reader.name + 'x' }}", "reader.name", "neither compared"),
    "formatting": ("{{ '%s' | format(reader.name) }}", "reader.name", "neither"),
    "a shortened greeting": (
        "{{ t('hello_name', name=reader.name) | shorten(9) }}",
        "reader",
        "cannot be shortened",
    ),
    "captured and changed": (
        "{% set x %}{{ reader.name }}{% endset %}{{ x | upper }}",
        "reader.name",
        "nor changed by a filter",
    ),
    "captured and cut": (
        "{% set x %}{{ reader.name }}{% endset %}{{ x | truncate(12, true, '') }}",
        "reader.name",
        "nor changed by a filter",
    ),
    "captured and thrown away": (
        "{% set x %}{{ reader.name }}{% endset %}",
        "reader.name",
        "changed, cut or thrown away",
    ),
    "captured and used twice": (
        "{% set x %}{{ reader.name }}{% endset %}{{ x }}{{ x }}",
        "reader.name",
        "more than once",
    ),
    "in a style sheet": (
        "<style data-premailer='ignore'>.{{ reader.name }}{}</style>",
        "reader.name",
        "style sheet",
    ),
    "in an event": ("<p onclick='{{ reader.name }}'></p>", "reader.name", "a script"),
    "in a style": ("<p style='color:{{ reader.name }}'></p>", "reader.name", "a style"),
    "as a link": ("<a href='{{ reader.name }}'>x</a>", "reader.name", "not an address"),
}


@pytest.mark.parametrize("misuse", MISUSES)
def test_a_readers_value_can_only_be_printed(misuse: str) -> None:
    wrong, name, what = MISUSES[misuse]
    html = f"<p>\n{{{{ reader.unsubscribe }}}}\n{wrong}</p>"

    with pytest.raises(TemplateProblem) as caught:
        rendered(samples.whole_digest(), templates=templates(digest__html__j2=html))

    assert caught.value.file == "templates/newsroom/digest.html.j2"
    assert caught.value.line == 3
    assert caught.value.what.startswith(f"`{name}`")
    assert what in caught.value.what


@pytest.mark.parametrize("part", ["digest__html__j2", "digest__txt__j2"])
def test_a_mail_that_cannot_be_left_is_not_rendered(part: str) -> None:
    with pytest.raises(TemplateProblem, match=r"does not show `reader\.unsubscribe`"):
        rendered(samples.whole_digest(), templates=templates(**{part: "<p>Hi</p>"}))


# -- mistakes in templates --------------------------------------------------

MISTAKES = {
    "a misspelt variable": (
        "{{ reder.name }}",
        "`reder` is unknown: did you mean `reader`?",
    ),
    "a misspelt field": (
        "{{ digest.lead.headine }}",
        "`headine` is not a field of `article`: did you mean `headline`?",
    ),
    "a misspelt link": ("{{ reader.unsubscrib }}", "did you mean `unsubscribe`?"),
    "a misspelt word": ("{{ t('unsubscrbe') }}", "did you mean `unsubscribe`"),
    "a blank not filled": ("{{ t('hello_name') }}", "pass name="),
    "a missing include": (
        "{% include 'block.html.j2' %}",
        (
            "includes `block.html.j2`, which is not in this set: did you mean "
            "`blocks.html.j2`?"
        ),
    ),
    "a syntax error": ("{% if %}", "Expected an expression"),
    "an unknown filter": ("{{ 'a' | shout }}", "shout"),
    "an unclosed block": ("{% for a in digest.articles %}", "endfor"),
    "an impossible sum": ("{{ 1 / 0 }}", "ZeroDivisionError"),
    "a wrong call": ("{{ t() }}", "TypeError"),
    "endless recursion": (
        "{% macro m() %}{{ m() }}{% endmacro %}{{ m() }}",
        "Recursion",
    ),
}


@pytest.mark.parametrize("file", ["digest.html.j2", "digest.txt.j2", "subject.txt.j2"])
@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_mistake_is_found_with_file_and_line(file: str, mistake: str) -> None:
    wrong, what = MISTAKES[mistake]
    text = "{# a template #}\n\n" + wrong

    with pytest.raises(TemplateProblem) as caught:
        rendered(
            samples.whole_digest(),
            templates=templates(**{file.replace(".", "__"): text}),
        )

    assert caught.value.file == f"templates/newsroom/{file}"
    assert caught.value.line == 3
    assert what in caught.value.what


def test_a_mistake_in_an_included_file_is_found_there() -> None:
    text = (samples.NEWSROOM / "blocks.html.j2").read_text()
    line = 1 + text[: text.index("{{ a.standfirst }}")].count("\n")
    wrong = text.replace("{{ a.standfirst }}", "{{ a.standfist }}", 1)

    with pytest.raises(TemplateProblem) as caught:
        rendered(samples.whole_digest(), templates=templates(blocks__html__j2=wrong))

    assert str(caught.value) == (
        f"templates/newsroom/blocks.html.j2:{line}: `standfist` is not a field of "
        "`article`: did you mean `standfirst`?"
    )


def test_a_mistake_in_a_style_sheet_is_found_there() -> None:
    with pytest.raises(TemplateProblem, match=r"style\.css:2: `stat` is unknown"):
        rendered(
            samples.whole_digest(),
            templates=templates(style__css="p{margin:0}\n.x{float:{{ stat }}}"),
        )


def test_a_missing_file_is_named_with_those_there_are() -> None:
    whole = templates()
    without = {name: f for name, f in whole.files.items() if name != "subject.txt.j2"}

    with pytest.raises(
        TemplateProblem, match=r"newsroom/subject\.txt\.j2:1: .*style\.css"
    ):
        rendered(
            samples.whole_digest(),
            templates=replace(whole, files=without),
        )


class TestCheck:
    def test_passes_the_shipped_set(self) -> None:
        samples.renderer(samples.whole_digest()).check()

    @pytest.mark.parametrize(
        "wrong",
        [
            "{% for a in digest.articles if a.foreign %}{{ a.langage }}{% endfor %}",
            "{% if length == 'full' %}{{ digest.lead.bdy }}{% endif %}",
            "{% if not reader.has_name %}{{ reader.nme }}{% endif %}",
            "{% for s in digest.sections if not s.title %}{{ s.titel }}{% endfor %}",
        ],
    )
    def test_finds_mistakes_in_what_today_does_not_need(self, wrong: str) -> None:
        text = "{{ reader.unsubscribe }}" + wrong

        with pytest.raises(TemplateProblem, match="is not a field of"):
            samples.renderer(
                samples.whole_digest(), templates=templates(digest__html__j2=text)
            ).check()


# -- what is shown ----------------------------------------------------------


class TestLength:
    def test_headlines_are_headline_byline_and_link(
        self, mails: dict[str, Rendered]
    ) -> None:
        html = html_of(mails["en-headlines"])

        assert samples.GLACIER.headline in html
        assert "Tomas Reuter" in html
        assert samples.GLACIER.standfirst not in html
        assert "<img" not in html

    def test_full_holds_the_stories_themselves(
        self, mails: dict[str, Rendered]
    ) -> None:
        html, text = html_of(mails["en-full"]), mails["en-full"].text

        for sentence in ("counting is allowed.", "The day was a Sunday, and windy."):
            assert sentence in html
            assert sentence in text
        assert "* Bench: First; For: 2; Against: 1" in text

    def test_puts_a_storys_headings_below_its_own(
        self, mails: dict[str, Rendered]
    ) -> None:
        levels = {
            text: level for level, text in Seen(html_of(mails["en-full"])).headings
        }

        assert levels[samples.LEAD.headline] == 2
        assert levels["What the letters say"] == 3
        assert levels["Three that were read aloud"] == 4
        assert levels[samples.GLACIER.headline] == 3
        assert levels["After the ice"] == 4

    def test_skips_no_level_even_where_a_story_does(self) -> None:
        body = "<h4>Deep</h4><p>a</p><h2>High</h2><h6>Deepest</h6><p>b</p>"
        what = digest(section("Climate", article(1, body=body)))

        headings = Seen(html_of(rendered(what, length=Length.FULL))).headings

        assert {(3, "Deep"), (3, "High"), (4, "Deepest")} <= {*headings}

    def test_gives_pictures_in_a_story_a_width_for_outlook_and_a_style_for_others(
        self, mails: dict[str, Rendered]
    ) -> None:
        image = next(
            found
            for found in Seen(html_of(mails["en-full"])).all("img")
            if found["src"].endswith("city.jpg")
        )

        assert (image["width"], image["height"]) == ("520", "390")
        assert "max-width:100%" in image["style"]


def _long_story(number: int, size: int) -> object:
    return article(
        number,
        headline=f"A long story, number {number}",
        body=f"<p>{'word ' * (size // 5)}</p>",
        image=Image(url="https://media.example/lead.jpg"),
    )


class TestGmailsLimit:
    def test_shortens_the_last_stories_and_drops_none(self) -> None:
        stories = [_long_story(number, 15_000) for number in range(12)]
        what = digest(section("Climate", *stories))  # type: ignore[arg-type]

        mail = rendered(what, length=Length.FULL)
        html = html_of(mail)

        assert 80_000 < len(html.encode()) < LARGEST
        assert all(f"number {number}<" in html for number in range(12))
        assert "Continue reading “A long story, number 11”" in html
        assert "Continue reading “A long story, number 1”" not in html
        assert mail.text.count("word word word") >= 12, "text is not cut"

    def test_holds_even_for_one_endless_story(self) -> None:
        what = digest(section("Climate", _long_story(1, 300_000)))  # type: ignore[arg-type]

        assert len(html_of(rendered(what, length=Length.FULL)).encode()) < 30_000

    def test_is_far_away_for_twelve_whole_stories(self) -> None:
        numbers = [0, *([1, 2, 3, 4, 5] * 3)[:11]]
        sections = stock.digest_of("en", numbers)
        made = stock.renderer("newsroom", "en", sections)

        sizes = {
            length: len(
                html_of(
                    made.render(
                        sections,
                        personal(),
                        language="en",
                        length=length,
                        format=Format.HTML,
                    )
                ).encode()
            )
            for length in (Length.SUMMARIES, Length.FULL)
        }

        assert sections.count == 12
        assert max(sizes.values()) < 60_000, sizes

    def test_turns_summaries_into_headlines_when_there_are_very_many(self) -> None:
        stories = [_long_story(number, 10) for number in range(60)]
        what = digest(section("Climate", *stories))  # type: ignore[arg-type]

        html = html_of(rendered(what))

        assert len(html.encode()) < LARGEST
        assert html.count("A long story, number") >= 60


class TestLanguage:
    def test_of_a_story_is_said_where_it_differs(
        self, mails: dict[str, Rendered]
    ) -> None:
        html = html_of(mails["en-summaries"])

        assert re.search(r'<h3[^>]* lang="ar" dir="rtl"[^>]*><a[^>]*>في بوس', html)
        assert html.count('lang="ar"') == 4, "kicker, headline, byline, summary"

    def test_of_right_to_left_scripts_mirrors_the_page(
        self, mails: dict[str, Rendered]
    ) -> None:
        english, arabic = html_of(mails["en-summaries"]), html_of(mails["ar"])

        assert "border-left:3px solid #b3261e" in english
        assert "border-right:3px solid #b3261e" in arabic
        assert "border-left:3px solid" not in arabic
        inline = " ".join(f.get("style", "") for _, f in Seen(arabic).tags)
        assert "letter-spacing:1px" not in inline
        assert "italic" not in inline
        assert '<span dir="ltr">amira@example.org</span>' in arabic

    def test_of_the_newsletter_is_said_where_it_differs(
        self, mails: dict[str, Rendered]
    ) -> None:
        html = html_of(mails["ar-of-en"])
        speaking = re.findall(
            r'<(\w+)[^>]* lang="en" dir="ltr"[^>]*>(?:<(?:a|span)[^>]*>)?([\w ]+)', html
        )

        assert speaking == [
            ("h1", "Longitude"),
            ("p", "The digest of the topics you follow"),
            ("p", "A court sat until midnight"),
            ("span", "Human rights"),
            ("span", "Climate"),
            ("p", "Human rights"),
            ("span", "Human rights"),
            ("h2", "Climate"),
            ("span", "Climate"),
            ("span", "Longitude"),
            ("span", "Longitude"),
        ]

    def test_of_the_newsletter_goes_without_saying_where_it_is_the_mails(
        self, mails: dict[str, Rendered]
    ) -> None:
        assert html_of(mails["en-summaries"]).count('lang="en"') == 2

    def test_tells_the_comma_between_byline_and_desk(self) -> None:
        story = article(1, headline="مطر", byline="سلمى", desk="الثقافة", language="ar")

        for language in ("ar", "en"):
            mail = rendered(digest(section("A", story)), language=language)
            assert "سلمى، الثقافة" in mail.text
            assert "سلمى</strong>، الثقافة" in html_of(mail)

    def test_of_arabic_script_is_never_spaced_out_or_slanted(self) -> None:
        story = article(
            1,
            headline="مطر",
            language="ar",
            tags=("طقس",),
            quotes=(Quote(text="سقط مطر."),),
        )
        title = samples.newsletter(title="نشرة", tagline="يومية", language="ar")

        mail = rendered(
            digest(section("أخبار", story)), language="en", newsletter=title
        )

        arabic = [f for _, f in Seen(html_of(mail)).tags if f.get("dir") == "rtl"]
        styles = [found.get("style", "") for found in arabic]
        assert len(styles) >= 8
        for style in styles:
            assert re.findall(r"letter-spacing:\s*([^;]+)", style)[-1:] in ([], ["0"])
        assert re.findall(r"font-style:\s*(\w+)", html_of(mail))[-1] == "normal"

    @pytest.mark.parametrize(
        ("of", "side", "other"), [("ar", "right", "left"), ("en", "left", "right")]
    )
    def test_of_another_direction_is_told_on_its_own_side(
        self, of: str, side: str, other: str
    ) -> None:
        body = (
            "<ul><li>a</li></ul><blockquote><p>b</p></blockquote>"
            "<table><tr><th>c</th></tr><tr><td>d</td></tr></table>"
        )
        story = article(1, body=body, language=of)

        pages = [
            html_of(
                rendered(digest(section("A", story)), language=mail, length=Length.FULL)
            )
            for mail in ("ar", "en")
        ]

        for html in pages:
            styles = {
                tag: found["style"]
                for tag, found in Seen(html).tags
                if tag in {"ul", "blockquote", "th", "td"}
                and found.get("class") in {None, "bq", "bc"}
            }
            assert ("0 22px 0 0" in styles["ul"]) == (side == "right")
            assert ("border-width:0 3px 0 0" in styles["blockquote"]) == (
                side == "right"
            )
            assert f"text-align:{side}" in styles["th"]
            assert f"text-align:{other}" not in styles["td"]

    def test_of_a_cell_is_cut_only_where_it_would_make_the_mail_too_wide(self) -> None:
        word = "https://longitude.example/a?b=1&amp;c=2"
        row = "<tr>" + "<td>Harbour</td>" * 6 + "</tr>"

        html = prepared(
            f"<p>{word}</p><table><tr><td>{word}</td></tr></table><table>{row}</table>",
            3,
            520,
        )

        assert f"<p>{word}</p>" in html
        assert ">https://long<wbr>itude.example/a?b=1&amp;c=2<" in html
        assert re.findall('<table[^>]* class="([^"]+)"', html) == ["bt", "bt bw"]

    def test_of_another_direction_keeps_its_place_in_a_line(self) -> None:
        rain = article(1, headline="هل يسقط مطر في المدينة القديمة قبل الفجر بقليل؟!")
        rain = replace(rain, language="ar", byline="سلمى", desk="")
        what = digest(section("A", rain, article(2, headline="Rain")))

        english = rendered(what)
        arabic = rendered(
            digest(section("A", article(2, headline="Rain!"), rain)), language="ar"
        )

        lrm, rlm = "\u200e", "\u200f"
        assert english.subject.startswith(f"{lrm}هل يسقط")
        assert english.subject.endswith(f"؟!{rlm}{lrm} and 1 more story")
        assert f"By {lrm}سلمى{lrm} · 2 min read" in english.text
        second = rendered(digest(section("A", article(2), rain)))
        assert f"Also in this issue: {lrm}هل يسقط" in html_of(second)
        assert arabic.subject == f"{rlm}Rain!{lrm}{rlm} ومقال آخر"
        assert not re.search("[\u202a-\u202e\u2066-\u2069]", str((english, arabic)))

    def test_nobody_speaks_falls_back_to_the_newsletters(self) -> None:
        mail = rendered(
            samples.french_digest(),
            language="ko",
            newsletter=samples.newsletter(language="fr"),
        )

        assert 'lang="fr"' in html_of(mail)
        assert "Bonjour Amira." in mail.text


@pytest.mark.parametrize("language", ["en", "ar"])
def test_signs_beside_words_are_not_read_aloud(language: str) -> None:
    """A screen reader says "rightwards arrow" after each title."""
    html = stock.mail("newsroom", language).html or ""

    signs = re.findall(r"<(\w+[^>]*)>\s*[→←■]", html)

    assert len(signs) >= 4
    assert [sign for sign in signs if 'aria-hidden="true"' not in sign] == []


class TestTheWordAboveAHeadline:
    def test_is_none_that_the_mail_says_beside_it(self) -> None:
        topics = (
            Topic(slug="climate", title="Climate", any=frozenset({"climate"})),
            Topic(slug="union", title="Europe", any=frozenset({"europe"})),
        )
        stories = [
            (("Climate",), ()),
            (("Climate", "Europe"), ("Europe",)),
            (("Climate", "Europe", "Alps"), ("Europe",)),
            (("Climate", "Africa"), ()),
            (("Climates", "EU", "Iran"), ()),
        ]
        chosen = tuple(
            Chosen(article=article(number, tags=tags), also_in=also_in)
            for number, (tags, also_in) in enumerate(stories)
        )
        told = digest(Section(slug="climate", title="Climate", articles=chosen))
        made = samples.renderer(told, newsletter=samples.newsletter(topics=topics))

        for length in (Length.SUMMARIES, Length.FULL):
            rendered = made.render(
                told, personal(), language="en", length=length, format=Format.HTML
            )

            kickers = re.findall(r'class="kick acc"[^>]*>([^<]*)', html_of(rendered))
            assert kickers == ["Alps", "Africa", "EU"]
            assert html_of(rendered).count("Europe") == 2, "once in each story"
            assert rendered.text.casefold().count("europe") == 2

    def test_is_not_said_again_as_a_tag_that_the_reader_follows(self) -> None:
        """Which single tags those are is known long after the word is set."""
        stories = (
            Chosen(article=article(0, tags=("x",))),
            Chosen(article=article(1, tags=("Alps",)), also_in=("Alps",)),
            Chosen(article=article(2, tags=("River",)), also_in=("Rivers", "Alps")),
            Chosen(article=article(3, tags=("Alps",))),
        )
        told = digest(Section(slug="climate", title="Climate", articles=stories))
        topics = (Topic(slug="climate", title="Climate", any=frozenset({"x"})),)
        made = samples.renderer(told, newsletter=samples.newsletter(topics=topics))

        rendered = made.render(
            told, personal(), language="en", length=Length.FULL, format=Format.HTML
        )

        assert not made.why_not_joined
        html = html_of(rendered)
        assert re.findall(r'class="kick acc"[^>]*>(\w+)', html) == [
            "Alps",
            "River",
            "Alps",
        ]
        assert re.findall(r"Also in (?!this)([^<]*)<", html) == ["Alps"]
        assert re.findall(r"Also in (?!this)(.*)", rendered.text) == ["Alps"]


class TestSubject:
    def test_names_the_readers_own_lead_and_counts_the_rest(self) -> None:
        one, two = article(1, headline="Rain in Oslo"), article(2)

        assert rendered(digest(section("A", one))).subject == "Rain in Oslo"
        assert rendered(digest(section("A", one, two))).subject == (
            "Rain in Oslo and 1 more story"
        )

    def test_is_one_short_line_whatever_the_headline(
        self, mails: dict[str, Rendered]
    ) -> None:
        for headline in ("Word " * 60, "漢字" * 60, "x" * 200, "a\r\nBcc: x\u202e\0b"):
            subject = rendered(
                digest(section("A", article(1, headline=headline), article(2)))
            ).subject
            assert subject == plaintext.one_line(subject)
            assert plaintext.columns(subject) <= 70
        assert all(plaintext.columns(m.subject) <= 70 for m in mails.values())

    def test_is_cut_when_a_template_does_not(self) -> None:
        mail = rendered(
            samples.whole_digest(), templates=templates(subject__txt__j2="a \n" * 200)
        )

        assert len(mail.subject) <= 150
        assert "\n" not in mail.subject

    def test_is_the_title_of_the_page(self, mails: dict[str, Rendered]) -> None:
        for mail in mails.values():
            title = re.search(r"<title>(.*?)</title>", html_of(mail), re.DOTALL)
            assert title
            assert unescape(title[1]) == mail.subject


class TestHostileStories:
    WICKED = article(
        1,
        headline="<script>alert(1)</script> \u202e{{ site.url }}",
        standfirst='"><img src=x onerror=alert(1)>',
        url="javascript:alert(1)",
        byline="<b>Ada</b>\r\nBcc: x@example.org",
        image=Image(url="data:image/png;base64,AAAA", caption="x"),
        also_read=(Link(title="<i>x</i>", url="JavaScript:alert(2)"), Link(title="")),
        body="<p onclick='x()'>Fine <script>evil()</script><a href='https://x.example/'"
        " style='position:fixed'>link</a><h1>Big</h1></p><iframe src='y'></iframe>",
        tags=("<u>Climate</u>",),
    )

    @pytest.mark.parametrize("length", Length)
    def test_stay_text(self, length: Length) -> None:
        mail = rendered(digest(section("<s>Climate</s>", self.WICKED)), length=length)
        html = html_of(mail)

        tags = {tag for tag, _ in Seen(html).tags}
        assert tags.isdisjoint({"script", "iframe", "i", "b", "u", "s", "img"})
        assert "javascript:" not in html.lower()
        assert "position:fixed" not in html
        assert not any(key.startswith("on") for _, f in Seen(html).tags for key in f)
        assert "<script>alert(1)</script> {{ site.url }}" in Seen(html).text
        assert "<script>alert(1)</script> {{ site.url }}" in mail.text

    def test_break_no_page_however_they_are_nested(self) -> None:
        body = "<table><tr><td></div></table><blockquote><p>unclosed" + "<div>" * 50
        what = digest(section("Climate", article(1, body=body), article(2)))

        html = html_of(rendered(what, length=Length.FULL))

        assert html.count("<table") == html.count("</table")
        assert html.rstrip().endswith("</html>")


class TestBesideTheStories:
    WHAT = digest(section("Climate", article()))

    def mail(self, **changes: object) -> tuple[str, str]:
        made = rendered(self.WHAT, newsletter=samples.newsletter(**changes))
        return html_of(made), made.text

    def test_stands_a_notice_that_nobody_takes_for_a_story(self) -> None:
        notice = Notice(title="Our letters, bound", text="In blue.")

        html, text = self.mail(notice=notice)

        assert re.search(r">Notice</p>\s*<p[^>]*><span[^>]*>Our letters, bound", html)
        assert "Notice:\nOur letters, bound\nIn blue.\n" in text

    def test_a_notice_is_as_harmless_as_a_story(self) -> None:
        html, text = self.mail(
            notice=Notice(title="<b>A</b>\nb", label="<i>", url="javascript:alert(1)")
        )

        assert "<b>" not in html
        assert "<i>" not in html
        assert "javascript" not in html + text
        assert "<b>A</b> b" in Seen(html).text

    def test_stands_nothing_nobody_asked_for(self) -> None:
        html, text = self.mail()

        for word in ("Notice", "useful", "Reply to this mail", "passed on", "the app"):
            assert word not in html + text

    def test_stands_the_question_whether_it_was_useful(self) -> None:
        html, text = self.mail(feedback=f"{HOST}/f?k=1&of=daily")

        for answer in ("yes", "no"):
            url = f"{HOST}/f?k=1&of=daily&issue=214&useful={answer}"
            assert url in [href for href, _ in Seen(html).links]
            assert f"{answer.title()}:\n{url}\n" in text

    def test_an_answer_to_the_mail_will_do_where_somebody_reads_it(self) -> None:
        html, text = self.mail(reply_to=Mailbox(address="desk@longitude.example"))

        assert "Reply to this mail" in html
        assert "Reply to this mail" in text


class TestLayouts:
    def html(self, layout: str, length: Length = Length.SUMMARIES) -> str:
        topic = Topic(slug="a", title="A", layout=layout, page=f"{HOST}/topic-a")  # type: ignore[arg-type]
        what = digest(section("A", *(article(number) for number in range(4))))
        made = rendered(
            what, length=length, newsletter=samples.newsletter(topics=(topic,))
        )
        return html_of(made)

    def test_are_a_list_a_grid_and_points(self) -> None:
        pages = {layout: self.html(layout) for layout in ("list", "grid", "brief")}

        assert {n: page.count('class="col"') for n, page in pages.items()} == {
            "list": 0,
            "grid": 3,
            "brief": 0,
        }
        assert pages["brief"].count('class="item bri bod"') == 3
        assert pages["list"].count('class="crd"') == 3
        for page in pages.values():
            assert f'href="{HOST}/topic-a"' in page
            assert page.count("What happened in story") == 4

    @pytest.mark.parametrize("length", [Length.HEADLINES, Length.FULL])
    def test_are_for_summaries(self, length: Length) -> None:
        for layout in ("grid", "brief"):
            assert self.html(layout, length).count('class="crd"') >= 3


class TestOnceOnly:
    def test_pages_are_inlined_once_for_all_who_get_the_same(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        inlined: list[str] = []
        texts: list[str] = []

        def inline(html: str) -> str:
            inlined.append(html)
            return inlining.inlined(html)

        def body_text(html: str, marks: RowMarks) -> str:
            texts.append(html)
            return plaintext.body_text(html, marks)

        monkeypatch.setattr("digest.rendering.pages.inlined", inline)
        monkeypatch.setattr("digest.rendering.bodies.body_text", body_text)
        what = samples.whole_digest()
        made = samples.renderer(what)

        for number in range(20):
            for length in (Length.FULL, Length.SUMMARIES):
                made.render(
                    what,
                    personal(name=f"Reader {number}"),
                    language="en",
                    length=length,
                    format=Format.HTML,
                )

        assert len(inlined) == 2
        assert len(texts) == sum(bool(one.body) for one in what.articles)

    def test_another_choice_is_another_page(self) -> None:
        first, second = article(1), article(2)
        made = samples.renderer(digest(section("A", first, second)))
        choices = [
            digest(section("A", first, second)),
            digest(section("A", second, first)),
            digest(section("A", first), section("B", second)),
            digest(section("A", first, second, more=1)),
            digest(section("A", first, second), more=1),
            digest(
                Section(
                    slug="a",
                    title="A",
                    articles=(
                        Chosen(article=first, also_in=("B",)),
                        Chosen(article=second),
                    ),
                )
            ),
        ]

        def mail(what: Digest, length: Length, language: str) -> Rendered:
            return made.render(
                what, personal(), language=language, length=length, format=Format.HTML
            )

        mails = {
            (number, length, language): html_of(mail(choice, length, language))
            for _ in range(2)
            for number, choice in enumerate(choices)
            for length in (Length.SUMMARIES, Length.FULL)
            for language in ("en", "fr")
        }

        assert len(set(mails.values())) >= len(choices) * 2

    def test_forgotten_pages_are_made_again(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("digest.rendering.renderer._REMEMBERED", 3)
        stories = [article(number) for number in range(4)]
        made = samples.renderer(digest(section("A", *stories)))

        def mail(number: int) -> Rendered:
            return made.render(
                digest(section("A", stories[number])),
                personal(),
                language="",
                length=Length.SUMMARIES,
                format=Format.HTML,
            )

        before = [mail(number) for number in range(4)]
        assert len(made._made) == 3
        assert [mail(number) for number in range(4)] == before

    def test_a_story_may_say_what_differs_of_its_section(self) -> None:
        counted = (
            "{% each s in digest.sections %}{% each a in s.articles %}"
            "<p>{{ a.headline }} +{{ s.more }}</p>{% endeach %}{% endeach %}"
            '<a href="{{ reader.unsubscribe }}">Leave</a>'
        )
        both = section("A", article(1), article(2))
        made = Renderer(
            templates=templates(digest__html__j2=counted),
            site=samples.site(),
            newsletter=samples.newsletter(),
            issue=samples.issue(*digest(both).articles),
            sections=[both],
        )

        def counts(more: int) -> list[str]:
            mail = made.render(
                digest(replace(both, more=more)),
                personal(),
                language="",
                length=Length.SUMMARIES,
                format=Format.HTML,
            )
            return re.findall(r"\+\d", html_of(mail))

        assert counts(3) == ["+3", "+3"]
        assert counts(4) == ["+4", "+4"]
        assert not made.why_not_joined

    def test_rendering_twice_gives_the_same_bytes(self) -> None:
        assert rendered(samples.whole_digest()) == rendered(samples.whole_digest())


def test_a_reader_of_text_gets_the_same_text_and_no_html() -> None:
    what = samples.whole_digest()

    alone = rendered(what, parts=Format.TEXT)

    assert alone.html is None
    assert alone.text == rendered(what).text


def test_an_empty_digest_is_not_rendered() -> None:
    with pytest.raises(ValueError, match="is skipped, not rendered"):
        rendered(Digest(issue="daily/2026-11-23"))


def test_a_mail_that_cannot_be_left_is_not_made() -> None:
    with pytest.raises(ValueError, match="cannot be left"):
        rendered(samples.whole_digest(), personal(unsubscribe=""))


def test_days_are_those_of_the_newsletters_zone() -> None:
    late = datetime(2026, 11, 23, 23, 30, tzinfo=UTC)
    what = digest(section("A", article(1)))

    mail = rendered(what, issue=samples.issue(until=late))

    assert "Tuesday 24 November 2026" in mail.text


def test_the_words_of_a_set_may_be_a_projects_own() -> None:
    mine = templates(words__yaml="en: {hello: Ahoy., hello_name: 'Ahoy {name}.'}")

    mail = rendered(samples.whole_digest(), templates=mine)

    assert "Ahoy Amira." in mail.text
    assert "Also read" in mail.text, "the others stay"
    bare = TemplateSet(name="newsroom", files=mine.files)
    with pytest.raises(TemplateProblem, match="has no word `subject_more`"):
        rendered(samples.whole_digest(), templates=bare)


@pytest.mark.parametrize("broken", ["<![1", "<![CDATA[", "<![odd[x", "<![if"])
def test_a_body_that_breaks_off_in_a_section_costs_nothing(broken: str) -> None:
    assert "whole" in prepared(f"<p>whole</p>{broken}", 3, 500)


def test_a_summary_of_a_story_without_standfirst_is_its_beginning() -> None:
    long = "Kelp &amp; <em>eel</em><br>grow " + "where the ferry lands " * 20
    body = (
        f"<figure><img src='a'></figure><h2>I</h2><p> <br></p><p>{long}</p><p>Not.</p>"
    )
    story = samples.article(standfirst="", body=body)
    written = samples.article(body=body)
    pictures = samples.article(standfirst="", body="<figure><img src='a'></figure>")
    bodies = Bodies()

    beginning = bodies.standfirst(story, Length.SUMMARIES)

    assert beginning.startswith("Kelp & eel grow where the ferry lands where")
    assert beginning.endswith("…")
    assert 200 < len(beginning) <= 240
    assert bodies.standfirst(written, Length.SUMMARIES) == written.standfirst
    assert bodies.standfirst(story, Length.HEADLINES) == ""
    assert bodies.standfirst(story, Length.FULL) == "", "it would stand there twice"
    assert bodies.standfirst(pictures, Length.SUMMARIES) == ""
    short = samples.article(standfirst="", body="<p>All of it.</p>")
    assert bodies.standfirst(short, Length.SUMMARIES) == "All of it."
