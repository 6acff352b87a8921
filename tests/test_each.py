"""`each` and `when`: the same template for one choice of articles, and for all."""

from __future__ import annotations

import pytest

from digest.errors import TemplateProblem
from digest.model import Article, Chosen, Digest, Format, Length, Section
from digest.rendering import Rendered, Renderer
from tests import rendering_samples as samples
from tests.plain_path import PlainPath
from tests.rendering_samples import article, digest, personal, section, templates

STORIES = [article(number, headline=f"Story {number}") for number in range(6)]
WHOLE = (section("Climate", *STORIES[:3]), section("Europe", *STORIES[3:]))
UNSUBSCRIBE = "{{ reader.unsubscribe }}"


def renderer(html: str, *, joined: bool = True, **files: str) -> Renderer:
    return Renderer(
        templates=templates(digest__html__j2=html, **files),
        site=samples.site(),
        newsletter=samples.newsletter(),
        issue=samples.issue(*STORIES),
        sections=WHOLE if joined else (),
    )


def render(made: Renderer, what: Digest, **changes: object) -> Rendered:
    return made.render(
        what,
        personal(**changes),
        language="",
        length=Length.SUMMARIES,
        format=Format.HTML,
    )


def shown(template: str, what: Digest, **changes: object) -> str:
    """Return the HTML of a template, the same on every path to it."""
    html = f"<html><body>{template}<p>{UNSUBSCRIBE}</p></body></html>"
    made = renderer(html)
    joined = render(made, what, **changes).html
    exact = render(renderer(html, joined=False), what, **changes).html
    plain = PlainPath(
        templates=templates(digest__html__j2=html),
        site=samples.site(),
        newsletter=samples.newsletter(),
        issue=samples.issue(*STORIES),
    ).mail(what, personal(**changes))[2]

    assert made.why_not_joined == {}
    assert joined == exact == plain
    return plain.partition("<body>")[2].partition("<p>http")[0]


ONE = digest(section("Climate", STORIES[1]))
TWO = digest(section("Climate", STORIES[0], STORIES[2]), more=3)
ACROSS = digest(section("Climate", STORIES[1]), section("Europe", *STORIES[3:], more=2))


class TestEach:
    ITEMS = "{% each a in digest.articles %}[{{ a.headline }}]{% endeach %}"

    def test_shows_what_a_reader_gets_in_order(self) -> None:
        assert shown(self.ITEMS, ONE) == "[Story 1]"
        assert shown(self.ITEMS, TWO) == "[Story 0][Story 2]"
        assert shown(
            self.ITEMS, digest(section("Climate", STORIES[2], STORIES[0]))
        ) == ("[Story 2][Story 0]")

    def test_nests(self) -> None:
        template = (
            "{% each s in digest.sections %}<h2>{{ s.title }}</h2>"
            "{% each a in s.articles %}[{{ a.headline }}]{% endeach %}{% endeach %}"
        )

        assert shown(template, ACROSS) == (
            "<h2>Climate</h2>[Story 1]<h2>Europe</h2>[Story 3][Story 4][Story 5]"
        )

    def test_puts_between_only_between(self) -> None:
        template = (
            "{% each a in digest.articles %}[{{ a.headline }}]"
            "{% between %} | {% endeach %}"
        )

        assert shown(template, ONE) == "[Story 1]"
        assert shown(template, TWO) == "[Story 0] | [Story 2]"

    def test_tells_the_lead_from_the_others(self) -> None:
        template = (
            "{% each a in digest.leads %}<b>{{ a.headline }}</b>{% endeach %}"
            "{% each s in digest.sections %}({% each a in s.others %}"
            "{{ a.headline }},{% endeach %}){% endeach %}"
        )

        assert shown(template, ACROSS) == "<b>Story 1</b>()(Story 3,Story 4,Story 5,)"

    def test_goes_through_lists_that_are_the_same_for_all(self) -> None:
        template = "{% each w in ['a', 'b'] %}{{ w }}{% between %}-{% endeach %}"

        assert shown(template, ONE) == "a-b"

    def test_works_between_the_rows_of_a_table(self) -> None:
        template = (
            "<table>{% each a in digest.articles %}<tr><td>{{ a.headline }}</td></tr>"
            "{% between %}<tr><td>–</td></tr>{% endeach %}</table>"
        )

        assert shown(template, TWO).count("<tr>") == 3

    def test_leaves_what_is_set_inside_inside(self) -> None:
        template = (
            "{% set x = 'out' %}{% each a in digest.articles %}"
            "{% set x = a.headline %}{{ x }}{% endeach %}{{ x }}"
        )

        assert shown(template, ONE) == "Story 1out"

    def test_works_in_macros_and_captured_blocks(self) -> None:
        template = (
            "{% macro list(items) %}{% each a in items %}[{{ a.headline }}]{% endeach %}"
            "{% endmacro %}{% set all %}{{ list(digest.articles) }}{% endset %}{{ all }}"
        )

        assert shown(template, TWO) == "[Story 0][Story 2]"


class TestWhen:
    @pytest.mark.parametrize(
        ("condition", "expected"),
        [
            ("digest.more", "010"),
            ("not digest.more", "101"),
            ("digest.others", "011"),
            ("digest.count > 2", "001"),
            ("digest.count == 1 or digest.more", "110"),
            ("digest.count != 1 and not digest.complete", "011"),
            ("digest.complete", "100"),
            ("digest.topics", "111"),
            ("site.name", "111"),
            ("site.name and digest.more", "010"),
            ("digest.more or site.name == 'x'", "010"),
            ("digest.minutes >= 4", "011"),
        ],
    )
    def test_decides_for_each_reader(self, condition: str, expected: str) -> None:
        template = f"{{% when {condition} %}}1{{% otherwise %}}0{{% endwhen %}}"

        assert "".join(shown(template, what) for what in (ONE, TWO, ACROSS)) == expected

    def test_decides_for_each_section_and_story(self) -> None:
        template = (
            "{% each s in digest.sections %}{% when s.more %}{{ t('section_more', "
            "n=s.more, topic=s.title) }};{% otherwise %}-;{% endwhen %}"
            "{% each a in s.articles %}{% when a.also_in %}"
            "{{ listed(a.also_in) }};{% endwhen %}{% endeach %}{% endeach %}"
        )
        what = Digest(
            issue="daily/2026-11-23",
            sections=(
                Section(
                    slug="climate",
                    title="Climate",
                    articles=(
                        Chosen(article=STORIES[0], also_in=("Europe", "Africa")),
                        Chosen(article=STORIES[1]),
                    ),
                    more=1,
                ),
                section("Europe", STORIES[3]),
            ),
        )

        assert shown(template, what) == (
            "Climate: 1 more on the site;Europe and Africa;-;"
        )

    def test_that_hangs_on_the_section_is_not_remembered_by_the_story(self) -> None:
        template = (
            "{% each s in digest.sections %}{% each a in s.articles %}"
            "{{ a.headline }}: {% when s.more %}more{% otherwise %}all{% endwhen %} of "
            "{{ s.more }}, {% each b in s.articles %}+{% endeach %};"
            "{% endeach %}{% endeach %}"
        )
        made = renderer(f"<html><body>{template}{UNSUBSCRIBE}</body></html>")

        def of(*stories: Article, more: int) -> str:
            what = digest(section("Climate", *stories, more=more), more=more)
            return (render(made, what).html or "").partition("<body>")[2][:40]

        assert of(STORIES[0], more=0).startswith("Story 0: all of 0, +;")
        assert of(STORIES[0], more=2).startswith("Story 0: more of 2, +;")
        assert of(STORIES[0], STORIES[1], more=2).startswith("Story 0: more of 2, ++;")
        assert made.why_not_joined == {}

    def test_asks_which_values_a_reader_has(self) -> None:
        template = (
            "{% when reader.has_name and not reader.has_pause %}{{ reader.name }}"
            "{% otherwise %}?{% endwhen %}"
        )

        assert shown(template, ONE, pause="") == "Amira"
        assert shown(template, ONE) == shown(template, ONE, name="") == "?"

    def test_is_not_needed_to_ask_that(self) -> None:
        template = "{% if reader.has_name %}{{ reader.name }}{% else %}?{% endif %}"

        assert (shown(template, ONE), shown(template, ONE, name="")) == ("Amira", "?")


class TestFacts:
    def test_are_cleared_of_what_could_forge_a_line(self) -> None:
        template = (
            "{{ listed(digest.topics) }}{% each a in digest.articles %}"
            "({{ listed(a.also_in) }}){% endeach %}"
        )
        hostile = "Ri\u202ev\x00er\r\n<b>s"
        what = Digest(
            issue="daily/2026-11-23",
            sections=(
                Section(
                    slug="tag:x",
                    title=hostile,
                    articles=(Chosen(article=STORIES[0], also_in=(hostile,)),),
                ),
            ),
        )

        assert shown(template, what) == "River &lt;b&gt;s(River &lt;b&gt;s)"

    def test_are_written_as_the_language_writes_numbers(self) -> None:
        template = "{{ digest.count }} {{ digest.count - 1 }} {{ t('stories', n=digest.count) }}"

        assert shown(template, ONE) == "1 0 1 story"
        assert shown(template, ACROSS) == "4 3 4 stories"

    def test_stand_in_attributes_too(self) -> None:
        template = (
            "<img src='https://x.example/{{ digest.count }}.png' width='1' "
            """alt="{{ t('stories', n=digest.count) }} for {{ reader.name }}">"""
        )

        html = shown(template, TWO, name="A \"b\" & 'c'")

        assert 'src="https://x.example/2.png"' in html
        assert "alt=\"2 stories for A &quot;b&quot; &amp; 'c'\"" in html

    def test_name_the_other_headlines_that_fit(self) -> None:
        assert shown("{{ digest.teasers(20) }}", ACROSS) == "Story 3 · Story 4"
        assert shown("{{ digest.teasers(5) }}", TWO) == "Stor…"


NOT_JOINED = {
    "for": ("{% for a in digest.articles %}{{ a.headline }}{% endfor %}", "`for`"),
    "if": ("{% if digest.more %}x{% endif %}", "`if`"),
    "the lead": ("{{ digest.lead.headline }}", "`digest.lead`"),
    "a filter": ("{{ digest.articles | length }}", "`digest.articles`"),
    "an item": ("{{ digest.topics[0] }}", "`digest.topics`"),
    "a sum": ("{{ digest.count * 2 }}", "`digest.count`"),
    "printed twice": (
        "{% set n %}{{ digest.count }}{% endset %}{{ n }}{{ n }}",
        "more than once",
    ),
    "thrown away": ("{% set n %}{{ digest.count }}{% endset %}", "changed, cut"),
    "changed": (
        "{% set n %}{{ digest.count }}{% endset %}{{ n | upper }}",
        "a filter changes",
    ),
    "a class": ("<p class='n{{ digest.count }}'>x</p>", "a style or a script"),
}


@pytest.mark.parametrize("case", NOT_JOINED)
def test_a_page_that_must_know_the_choice_is_rendered_for_it(case: str) -> None:
    template, why = NOT_JOINED[case]
    html = f"<html><body>\n{UNSUBSCRIBE}\n{template}</body></html>"
    made = renderer(html)

    mails = [render(made, what).html for what in (ONE, TWO, ACROSS)]

    assert list(made.why_not_joined) == ["digest.html.j2"]
    reason = made.why_not_joined["digest.html.j2"]
    assert reason.startswith("templates/newsroom/digest.html.j2:3: ")
    assert why in reason
    alone = renderer(html, joined=False)
    assert mails == [render(alone, what).html for what in (ONE, TWO, ACROSS)]


@pytest.mark.parametrize("rule", ["p + p{color:red}", "p:first-child{color:red}"])
def test_a_style_sheet_that_asks_for_siblings_is_applied_to_the_choice(
    rule: str,
) -> None:
    html = (
        "<html><head>{{ styles }}</head><body>{% each a in digest.articles %}"
        "<p>{{ a.headline }}</p>{% endeach %}<div>{{ reader.unsubscribe }}</div></body>"
    )
    made = renderer(html, style__css=f"div{{color:blue}}\n{rule}")

    mail = render(made, TWO).html

    assert made.why_not_joined["digest.html.j2"].startswith(
        "templates/newsroom/style.css:2: "
    )
    assert mail is not None
    assert mail.count("color:red") == 1


def test_pages_that_differ_in_a_character_are_not_joined() -> None:
    # A list carries something from story to story that no mark can see.
    html = (
        "{% set seen = [] %}{% each a in digest.articles %}{% set _ = seen.append(a) %}"
        "{{ seen | length }}. {{ a.headline }} {% endeach %}{{ reader.unsubscribe }}"
    )
    made = renderer(html)

    mail = render(made, TWO).html

    assert "joined it reads" in made.why_not_joined["digest.html.j2"]
    assert mail is not None
    assert "1. Story 0 2. Story 2" in mail


@pytest.mark.parametrize("tag", ["each a in digest.articles", "when digest.more"])
def test_loop_has_no_meaning_inside(tag: str) -> None:
    html = f"{UNSUBSCRIBE}\n{{% {tag} %}}\n{{{{ loop.index }}}}{{% end{tag[:4]} %}}"

    with pytest.raises(TemplateProblem, match="`loop` has no meaning inside") as caught:
        render(renderer(html), ONE)

    assert caught.value.line == 3


def test_a_for_inside_has_a_loop_of_its_own() -> None:
    template = (
        "{% each a in digest.articles %}{% for tag in a.tags %}{{ loop.index }}{{ tag }}"
        "{% endfor %}{% endeach %}"
    )

    assert shown(template, TWO) == "1Climate1Climate"


@pytest.mark.parametrize(
    "wrong", ["{% when reader.name %}x{% endwhen %}", "{{ reader.name | upper }}"]
)
def test_a_readers_value_decides_nothing(wrong: str) -> None:
    with pytest.raises(TemplateProblem, match=r"`reader\.name` .*neither") as caught:
        render(renderer(f"{UNSUBSCRIBE}\n{wrong}"), ONE)

    assert caught.value.line == 2


def test_a_value_that_holds_a_mark_is_refused_where_it_is_printed() -> None:
    made = renderer(f"{UNSUBSCRIBE}\n<p>{{{{ reader.name }}}}</p>")

    with pytest.raises(TemplateProblem, match="holds a mark") as caught:
        render(made, ONE, name=f"{made._pages.secret}0000z")

    assert (caught.value.file, caught.value.line) == (
        "templates/newsroom/digest.html.j2",
        2,
    )
