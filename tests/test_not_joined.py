"""Pages that cannot be joined, and pages that can: each says which, and is right.

What a page for all readers cannot know is left to the exact path, with the reason, the
file and the line; what nobody can know before the mail is made is a mistake.
"""

from __future__ import annotations

import pytest

from digest.errors import TemplateProblem
from tests.oracle import Wish, assert_agree, rendered, section, trial
from tests.rendering_samples import HOST, digest, personal

# -- pages that cannot be joined ----------------------------------------------------

NOT_JOINED = {
    "loop.index": (
        (
            "{% for a in digest.articles %}<p>{{ loop.index }} {{ a.headline }}</p>"
            "{% endfor %}"
        ),
        "`digest.articles` is another for each reader, and `for` goes through it",
    ),
    "a question by if": ("{% if digest.more %}x{% endif %}", "`if` asks for it"),
    "for over a section": (
        (
            "{% each s in digest.sections %}{% for a in s.articles %}<p>{{ a.headline }}"
            "</p>{% endfor %}{% endeach %}"
        ),
        "`section.articles` is another for each reader",
    ),
    "the lead": ("<p>{{ digest.lead.headline }}</p>", "`digest.lead` is another story"),
    "a filter": ("<p>{{ digest.count | abs }}</p>", "`digest.count` is another for"),
    "a filter of a whole": ("<p>{{ digest.topics | safe }}</p>", "a filter, a test"),
    "a filter over captured text": (
        (
            "{% set x %}{{ t('stories', n=digest.count) }}{% endset %}<p>{{ x | replace("
            "'s', 'S') }}</p>"
        ),
        "a filter changes text",
    ),
    "captured and printed twice": (
        "{% set x %}{{ digest.count }}{% endset %}<p>{{ x }} {{ x }}</p>",
        "stands in the page more than once",
    ),
    "captured and asked for": (
        (
            "{% set x %}{% when digest.more %}m{% endwhen %}{% endset %}"
            "{% if x %}<p>{{ x }}</p>{% endif %}"
        ),
        "joined it reads",
    ),
    "an outer story in an inner loop": (
        (
            "{% each l in digest.leads %}{% each a in digest.others %}<p>{{ a.headline }}"
            "{{ listed(l.also_in) }}</p>{% endeach %}{% endeach %}"
        ),
        "inside `each` of another",
    ),
    "an outer section in an attribute": (
        (
            "{% each s in digest.sections %}{% each r in digest.sections %}"
            "<p title='{{ s.more }}'>{{ r.title }}</p>{% endeach %}{% endeach %}"
        ),
        "inside `each` of another",
    ),
    "a namespace": (
        (
            "{% set n = namespace(x=0) %}{% each a in digest.articles %}"
            "{% set n.x = 1 %}{% endeach %}{{ n.x }}"
        ),
        "changes a namespace",
    ),
    "a script": (
        "<script type='x'>{{ listed(digest.topics) }}</script>",
        "a style sheet or a script",
    ),
    "a style of its own": (
        (
            "<style>p + p{color:#111}</style>{% each a in digest.articles %}"
            "<p>{{ a.headline }}</p>{% endeach %}"
        ),
        "place among its siblings",
    ),
}


@pytest.mark.parametrize("page", NOT_JOINED)
def test_a_page_that_cannot_be_joined_says_why_and_where(page: str) -> None:
    html, why = NOT_JOINED[page]
    what = trial("\n" + html)

    assert_agree(
        what,
        [
            digest(section("One", 0, 1, also_in=("Two",)), section("Two", 3), more=1),
            digest(section("Two", 4), section("One", 2, more=3)),
            digest(section("Tag & <b>", 5, slug="tag:tag")),
        ],
    )

    reason = what.why_not["digest.html.j2"]
    assert why in reason
    assert list(what.why_not) == ["digest.html.j2"]
    if "joined it reads" not in why:
        assert reason.startswith("templates/newsroom/digest.html.j2:3: ")


@pytest.mark.parametrize(
    "rule",
    [
        "p + p{color:#111}",
        "p ~ p{color:#111}",
        "p:first-child{color:#111}",
        "p:nth-child(2){color:#111}",
        "p[title='3']{color:#111}",
    ],
)
def test_a_style_sheet_that_asks_for_siblings_is_named(rule: str) -> None:
    html = "{% each a in digest.articles %}<p title='{{ digest.count }}'>x</p>{% endeach %}"
    what = trial(html, style__css=f"p{{margin:0}}\n/* p + p */\n{rule}")

    assert_agree(what, [digest(section("One", 0, 1, 2)), digest(section("Two", 3))])

    reason = what.why_not["digest.html.j2"]
    assert reason.startswith("templates/newsroom/style.css:3: ")


@pytest.mark.parametrize("tag", ["each a in digest.articles", "when digest.more"])
def test_each_and_when_know_no_loop(tag: str) -> None:
    end = f"end{tag.split(maxsplit=1)[0]}"
    what = trial(f"\n{{% {tag} %}}\n{{{{ loop.index }}}}{{% {end} %}}")

    for renderer in (what.joined, what.exact):
        with pytest.raises(TemplateProblem, match="`loop` has no meaning") as caught:
            rendered(renderer, digest(section("One", 0)), personal(), Wish())
        assert (caught.value.file, caught.value.line) == (
            "templates/newsroom/digest.html.j2",
            4,
        )


MISUSES = {
    "asked by when": "{% when reader.name %}x{% endwhen %}",
    "asked by if": "{% if reader.name %}x{% endif %}",
    "through a filter": "{{ reader.name | upper }}",
    "captured, through a filter": (
        "{% set x %}{{ reader.name }}{% endset %}{{ x | lower }}"
    ),
    "in a word, through a filter": "{{ t('hello_name', name=reader.name) | center(9) }}",
    "in a word, turned": "{{ mixed(t('hello_name', name=reader.name), 'rtl') }}",
    "in a script": "<script>{{ reader.name }}</script>",
    "an unknown field": "{{ reader.nome }}",
}


@pytest.mark.parametrize("misuse", MISUSES)
def test_a_readers_value_is_only_printed_on_either_path(misuse: str) -> None:
    what = trial("\n" + MISUSES[misuse])

    for renderer in (what.joined, what.exact):
        with pytest.raises(TemplateProblem, match=r"`reader\.name`|`nome`") as caught:
            rendered(renderer, digest(section("One", 0)), personal(), Wish())
        assert (caught.value.file, caught.value.line) == (
            "templates/newsroom/digest.html.j2",
            3,
        )


def test_a_value_with_a_mark_in_it_is_refused_with_its_place() -> None:
    what = trial("\n<p>{{ reader.name }}</p>")

    for renderer in (what.joined, what.exact):
        name = f"Ada {renderer._pages.secret}0001z"
        with pytest.raises(TemplateProblem, match="holds a mark") as caught:
            rendered(renderer, digest(section("One", 0)), personal(name=name), Wish())
        assert caught.value.line == 3
        assert caught.value.file == "templates/newsroom/digest.html.j2"


# -- what was found by trying ------------------------------------------------------

LEGAL = {
    "a sum of two": "<p>{{ digest.count + digest.more }} {{ 9 - digest.count }}</p>",
    "a comparison of two": "{% when digest.count > digest.more %}x{% endwhen %}",
    "a list turned": "{{ mixed(listed(digest.topics), 'rtl') }}",
    "a link chosen by when": (
        "<a href='{% when reader.has_pause %}{{ reader.pause }}{% otherwise %}"
        "{{ site.url }}/?a={{ digest.count }}&b={{ reader.name }}{% endwhen %}'>x</a>"
    ),
    "a look behind and": (
        "{% each a in digest.articles %}{% when a.image and a.image.width_in(9) > 1 and"
        " digest.count %}x{% endwhen %}{% endeach %}"
    ),
    "a comment for Outlook": (
        '<!--[if mso]><b title="{{ reader.name }}">{{ reader.name }} '
        "{{ listed(digest.topics) }}</b><![endif]-->"
    ),
    "a cited page": (
        "<blockquote cite='{{ reader.web_copy }}'>x</blockquote>"
        "<table background='{{ reader.web_copy }}'><tr><td>x</td></tr></table>"
    ),
    "a section's count in an attribute": (
        "{% each s in digest.sections %}<p title='{{ t(\"stories\", n=s.more) }}'>x</p>"
        "{% endeach %}"
    ),
}


@pytest.mark.parametrize("page", LEGAL)
def test_a_page_that_is_legal_is_joined(page: str) -> None:
    what = trial(LEGAL[page])
    digests = [
        digest(section("One", 0, 1, more=more), section("مطر", 3, slug="t"), more=more)
        for more in (0, 1, 2, 9)
    ]

    assert_agree(
        what,
        digests,
        personal(name="Ada", pause=""),
        personal(name="A \"B\" <'c'> &amp; --", web_copy=f"{HOST}/é\"'<x y"),
    )

    assert what.why_not == {}
