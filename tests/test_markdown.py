"""Markdown articles: what their front matter says, and what their text does."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.errors import FileProblems
from digest.model import Article, Fetched, Image, Link, Quote
from digest.sources.cleaning import clean_html
from digest.sources.frontmatter import split_front_matter
from digest.sources.markdown import read_markdown
from digest.sources.origin import Origin
from tests.examples import examples

FULL = """\
---
headline: The bridge that hums
standfirst: It began with one loose bolt.
byline: Mara Quist
desk: Lisbon
image:
  file: img/bridge.jpg
  alt: A bridge in fog
  caption: The bridge at six in the morning.
  credit: © Harbour Wire / Jon Aske
  width: 1200
tags: [Bridges, "Public works"]
published: 2026-11-20 07:30
updated: 2026-11-21T09:00:00Z
language: pt-PT
url: https://ledger.example/a/bridge?utm_source=desk
related:
  - {title: A bridge in mourning, url: /a/mourning}
  - "[Bolts](https://ledger.example/a/bolts)"
  - The engineer who listens
also_read: [{title: A humming valley, url: "https://ledger.example/a/valley"}]
quotes:
  - {text: “It hums in B flat.”, who: Ana Reis, role: tuner}
reading_minutes: 7
pinned: true
order: 2
---
The first complaint came from a dog.
"""


def read(text: str, *, key: str = "rivers/bridge.md", images_url: str = "") -> Fetched:
    origin = Origin(
        source="desk",
        key=key,
        where=f"articles/{key}",
        timezone="Europe/Paris",
        tags=("desk",),
        language="en",
        images_url=images_url or "https://ledger.example/media",
        base_url="https://ledger.example/",
    )
    return read_markdown(text, origin=origin)


def article(text: str, **options: str) -> Article:
    fetched = read(text, **options)
    assert not fetched.problems
    return fetched.articles[0]


class TestFrontMatter:
    def test_every_field_is_read(self) -> None:
        found = article(FULL)

        assert found == Article(
            id=found.id,
            headline="The bridge that hums",
            source="desk",
            url="https://ledger.example/a/bridge",
            standfirst="It began with one loose bolt.",
            byline="Mara Quist",
            desk="Lisbon",
            image=Image(
                url="https://ledger.example/media/rivers/img/bridge.jpg",
                alt="A bridge in fog",
                caption="The bridge at six in the morning.",
                credit="© Harbour Wire / Jon Aske",
                width=1200,
            ),
            body="<p>The first complaint came from a dog.</p>",
            quotes=(Quote(text="It hums in B flat.", who="Ana Reis", role="tuner"),),
            tags=("Bridges", "Public works", "desk"),
            related=(
                Link(
                    title="A bridge in mourning",
                    url="https://ledger.example/a/mourning",
                ),
                Link(title="Bolts", url="https://ledger.example/a/bolts"),
                Link(title="The engineer who listens"),
            ),
            also_read=(
                Link(title="A humming valley", url="https://ledger.example/a/valley"),
            ),
            reading_minutes=7,
            published=datetime(2026, 11, 20, 6, 30, tzinfo=UTC),
            updated=datetime(2026, 11, 21, 9, 0, tzinfo=UTC),
            language="pt-PT",
            pinned=True,
            order=2,
        )

    def test_other_tools_names_of_the_fields_are_known(self) -> None:
        found = article(
            "---\ntitle: A\nauthors: [Ann Lee, Bo Ek]\ndescription: B\ndate: 2026-11-20\n"
            "lang: no\nkeywords: river, old town\ncanonical_url: https://x.example/a\n---\n"
        )

        assert (found.headline, found.byline, found.standfirst) == (
            "A",
            "Ann Lee, Bo Ek",
            "B",
        )
        assert found.published == datetime(2026, 11, 19, 23, 0, tzinfo=UTC)
        assert found.language == "no", "Norwegian, not false"
        assert found.tags == ("river", "old town", "desk")
        assert found.url == "https://x.example/a"

    def test_an_image_may_be_only_a_path(self) -> None:
        found = article("---\ntitle: A\nimage: ../bridge fog.jpg\n---\n")

        assert found.image == Image(url="https://ledger.example/media/bridge%20fog.jpg")

    def test_the_credit_may_stand_at_the_end_of_the_caption(self) -> None:
        found = article(
            "---\ntitle: A\nimage: {url: 'https://x.example/a.jpg', caption: 'Fog. © Wire / Jo'}\n---\n"
        )

        assert found.image
        assert (found.image.caption, found.image.credit) == ("Fog.", "© Wire / Jo")

    def test_markup_in_a_headline_is_taken_out(self) -> None:
        assert (
            article("---\ntitle: A <b>loud</b> \u202ebridge\n---\n").headline
            == "A loud bridge"
        )

    def test_a_draft_is_skipped(self) -> None:
        assert read("---\ntitle: A\ndraft: true\n---\nText").articles == ()

    def test_a_draft_is_skipped_even_when_it_is_badly_said(self) -> None:
        fetched = read("---\ntitle: A\ndraft: perhaps\n---\nText")

        assert fetched.articles == ()
        assert fetched.problems[0].where == "articles/rivers/bridge.md:3:8"

    def test_an_unknown_field_is_named_with_its_place_and_the_nearest_known_one(
        self,
    ) -> None:
        fetched = read(
            "---\ntitle: A\nstandfrist: B\nimage: {url: /a.jpg, captoin: C}\n---\nText"
        )

        assert fetched.articles[0].headline == "A"
        first, second = fetched.problems
        assert first.where == "articles/rivers/bridge.md:3:1"
        assert "`standfrist`" in first.what
        assert "did you mean `standfirst`?" in first.what
        assert second.where == "articles/rivers/bridge.md:4:22"
        assert "did you mean `caption`?" in second.what

    @pytest.mark.parametrize(
        ("line", "where", "what"),
        [
            ("published: last week", "2:12", "is no date"),
            ("order: first", "2:8", "is no number"),
            ("reading_minutes: some", "2:18", "is no number"),
            ("pinned: yes", "2:9", "neither true nor false"),
            ("language: English please", "2:11", "is no language"),
            ("url: bridge dot com:x", "2:6", "is no web address"),
            ("image: {caption: x}", "2:8", "without `url` or `file`"),
            ("byline: {name: x}", "2:9", "a mapping where a text belongs"),
        ],
    )
    def test_what_cannot_be_understood_is_said_and_left_out(
        self, line: str, where: str, what: str
    ) -> None:
        fetched = read(f"---\n{line}\ntitle: A\n---\nText")

        (problem,) = fetched.problems
        assert problem.where == f"articles/rivers/bridge.md:{where}"
        assert what in problem.what
        assert fetched.articles[0].body == "<p>Text</p>"

    def test_a_field_given_twice_is_said(self) -> None:
        fetched = read("---\ntitle: A\nheadline: B\n---\nText")

        assert fetched.articles[0].headline == "A"
        assert "keep one" in fetched.problems[0].what

    @pytest.mark.parametrize(
        "text",
        [
            "---\na: [b\n---\nText",
            "---\ntitle: A\ntext that never ends",
            "---\na: b: c\n---\n",
        ],
    )
    def test_front_matter_that_is_no_yaml_makes_no_article(self, text: str) -> None:
        fetched = read(text)

        assert fetched.articles == ()
        assert fetched.problems[0].where.startswith("articles/rivers/bridge.md:")

    def test_front_matter_that_is_a_list_is_said(self) -> None:
        fetched = read("---\n- title\n---\n# A\n")

        assert fetched.articles[0].headline == "A"
        assert "no `field: value` lines" in fetched.problems[0].what

    def test_empty_front_matter_says_nothing(self) -> None:
        assert article("---\n---\n# A\n").headline == "A"

    def test_lists_may_hold_gaps(self) -> None:
        found = article(
            "---\ntitle: A\nrelated: [https://x.example/a, ~]\nquotes: [~]\n---\n"
        )

        assert found.related == (
            Link(title="https://x.example/a", url="https://x.example/a"),
        )
        assert found.quotes == ()

    def test_a_rule_above_the_text_is_no_front_matter(self) -> None:
        assert article("---\n\n# A\n\nText").headline == "A"


class TestText:
    def test_the_first_heading_is_the_headline(self) -> None:
        found = article("# A *loud* bridge\n\nText\n\n# Another\n")

        assert found.headline == "A loud bridge"
        assert found.body == "<p>Text</p><h2>Another</h2>"

    def test_a_heading_that_repeats_the_headline_is_not_said_twice(self) -> None:
        assert (
            article("---\ntitle: A bridge\n---\n# A bridge\n\nText").body
            == "<p>Text</p>"
        )

    def test_a_heading_that_says_something_else_stays(self) -> None:
        found = article("---\ntitle: A bridge\n---\n# By night\n\nText")

        assert found.body == "<h2>By night</h2><p>Text</p>"

    def test_without_any_the_file_lends_its_name_and_it_is_said(self) -> None:
        fetched = read("Text", key="rivers/the-loud_bridge.md")

        assert fetched.articles[0].headline == "the loud bridge"
        assert "no headline" in fetched.problems[0].what

    @pytest.mark.parametrize("mark", ["**", "*", "__", "_"])
    def test_a_first_paragraph_all_in_bold_or_italics_is_the_standfirst(
        self, mark: str
    ) -> None:
        found = article(f"# A\n\n{mark}It [began](/x) with one bolt.{mark}\n\nText")

        assert found.standfirst == "It began with one bolt."
        assert found.body == "<p>Text</p>"

    @pytest.mark.parametrize(
        "paragraph",
        ["It began.", "**It** began.", "**It** and **that**", "*It* began*"],
    )
    def test_any_other_first_paragraph_is_the_body(self, paragraph: str) -> None:
        assert article(f"# A\n\n{paragraph}\n\nText").standfirst == ""

    def test_a_picture_above_the_text_is_the_lead_image(self) -> None:
        found = article(
            '# A\n\n![A bridge](a.jpg "At six. © Wire / Jo")\n\n**Bold.**\n\nText'
        )

        assert found.image == Image(
            url="https://ledger.example/media/rivers/a.jpg",
            alt="A bridge",
            caption="At six.",
            credit="© Wire / Jo",
        )
        assert found.standfirst == "Bold."
        assert found.body == "<p>Text</p>"

    def test_a_picture_further_down_stays_there_with_its_caption(self) -> None:
        found = article('# A\n\nOne\n\nTwo\n\n![B](b.jpg "Fog & rain")\n\nText')

        assert found.image is None
        assert (
            '<figure><img src="https://ledger.example/media/rivers/b.jpg" alt="B">'
            "<figcaption>Fog &amp; rain</figcaption></figure>" in found.body
        )

    def test_pictures_outside_the_folder_are_a_problem(self) -> None:
        fetched = read("# A\n\nText\n\n![B](../../secret.jpg)\n\nText")

        assert "<img" not in fetched.articles[0].body
        assert "outside the source's folder" in fetched.problems[0].what

    def test_links_to_other_files_become_their_words(self) -> None:
        found = article("# A\n\n[a](other.md) [b](/b) [c](#c) [d](mailto:d@x.example)")

        assert found.body == (
            '<p>a <a href="https://ledger.example/b">b</a> c '
            '<a href="mailto:d@x.example">d</a></p>'
        )

    def test_raw_html_is_allowed_and_cleaned(self) -> None:
        found = article(
            "# A\n\nOne <b>two</b> <script>alert(1)</script>\n\n<div onclick=x>"
            '<img src="b.jpg"></div>\n\n<style>p{}</style>'
        )

        assert found.body == (
            "<p>One <b>two</b></p>"
            '<p><img src="https://ledger.example/media/rivers/b.jpg" alt=""></p>'
        )

    def test_footnotes_are_numbers_and_a_list_below(self) -> None:
        found = article("# A\n\nHers[^b], his[^1] and [^none].\n\n[^1]: *x*\n[^b]: y\n")

        assert found.body == (
            "<p>Hers<sup>1</sup>, his<sup>2</sup> and [^none].</p><hr>"
            "<ol><li><p>y</p></li><li><p><em>x</em></p></li></ol>"
        )

    def test_tables_and_lists_are_kept(self) -> None:
        found = article("# A\n\n| a | b |\n|---|---|\n| 1 | 2 |\n\n1. x\n2. y\n")

        assert found.body == (
            "<table><tr><th>a</th><th>b</th></tr><tr><td>1</td><td>2</td></tr></table>"
            "<ol><li>x</li><li>y</li></ol>"
        )

    @pytest.mark.parametrize(
        "line",
        [
            "Also read: [Ten dams](https://x.example/d)",
            "►Also read: [Ten dams](https://x.example/d)",
            "**À lire aussi\u00a0:** [Ten dams](https://x.example/d)",
            "*Lesen Sie auch:* [Ten dams](https://x.example/d)",
            "Lea también: [Ten dams](https://x.example/d)",
        ],
    )
    def test_other_stories_inside_the_text_are_taken_out(self, line: str) -> None:
        found = article(f"# A\n\nOne\n\n{line}\n\nTwo")

        assert found.also_read == (Link(title="Ten dams", url="https://x.example/d"),)
        assert found.body == "<p>One</p><p>Two</p>"

    def test_a_list_on_the_same_subject_is_taken_out(self) -> None:
        found = article(
            "# A\n\nOne\n\n## On the same subject\n\n- [B](https://x.example/b)\n- C\n"
        )

        assert found.related == (
            Link(title="B", url="https://x.example/b"),
            Link(title="C"),
        )
        assert found.body == "<p>One</p>"

    def test_block_quotations_are_quotes_and_stay_in_the_body(self) -> None:
        found = article("# A\n\n> It hums\n> in B flat.\n> — Ana Reis, tuner\n")

        assert found.quotes == (
            Quote(text="It hums in B flat.", who="Ana Reis", role="tuner"),
        )
        assert found.body == (
            "<blockquote><p>It hums\nin B flat.</p><p>— Ana Reis, tuner</p></blockquote>"
        ).replace("\n", " ")

    def test_a_quotation_that_signs_nothing_is_left_whole(self) -> None:
        found = article("# A\n\n> It hums\n> in B flat.\n")

        assert found.quotes == (Quote(text="It hums in B flat."),)

    def test_reading_time_is_counted_when_it_is_not_given(self) -> None:
        assert article("# A\n\n" + "word " * 1000).reading_minutes == 4

    def test_windows_line_ends_are_read_the_same(self) -> None:
        assert article(FULL.replace("\n", "\r\n")) == article(FULL)


PIECES = st.sampled_from(
    [
        *(
            "---\n",
            "title: A\n",
            "tags: [a\n",
            "date: x\n",
            "draft: no\n",
            "image: {",
            "\n",
        ),
        *(
            "# ",
            "**",
            "*",
            "![a](b.jpg)",
            "[a](b)",
            "> ",
            "- ",
            "| a |\n|--|\n",
            "<b>",
            "</b>",
        ),
        *(
            "Also read: ",
            "## On the same subject\n",
            "text ",
            "\n\n",
            "`",
            "&lt;",
            "\t",
            "\x00",
        ),
    ]
)


@examples(150)
@given(st.lists(st.one_of(PIECES, st.text(max_size=10)), max_size=25).map("".join))
def test_any_text_gives_a_safe_article_or_a_problem(text: str) -> None:
    fetched = read(text.encode("utf-8", "replace").decode())

    assert fetched.articles or fetched.problems or "draft" in text
    for found in fetched.articles:
        assert found.body == clean_html(found.body)
        assert found.reading_minutes >= 1


@pytest.mark.parametrize("dashes", ["—--", "–-", "----", "———"])
def test_fields_below_other_dashes_do_not_become_the_story(dashes: str) -> None:
    origin = Origin(source="articles", key="a.md", where="a.md", timezone="UTC")
    text = f"{dashes}\nheadline: Boats\ndraft: true\n{dashes}\n\nBody.\n"

    with pytest.raises(FileProblems) as caught:
        split_front_matter(text, origin=origin)

    assert f"a.md:1:1: the front matter begins with `{dashes}`" in str(caught.value)
    rule = f"{dashes}\n\nIt rained.\n"
    assert split_front_matter(rule, origin=origin)[1] == rule
