from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from premailer import Premailer
from premailer.cache import cache

from digest.rendering.inlining import inlined
from tests.examples import examples
from tests.rendering_samples import NEWSROOM

PAGE = """<!DOCTYPE html>
<html lang="en"><head><title>x</title><style>{css}</style><!--kept--></head>
<body>{body}</body></html>"""


def page(css: str, body: str) -> str:
    return PAGE.format(css=css, body=body)


def test_writes_rules_on_the_elements_and_drops_the_sheet() -> None:
    html = inlined(page(".a{color:#123456}", '<p class="a">x</p>'))

    assert '<p class="a" style="color:#123456">x</p>' in html
    assert "<style" not in html


def test_keeps_media_queries_important() -> None:
    css = "@media (max-width:599px){.a{color:#121212 !important}}.a{color:#222222}"

    html = inlined(page(css, '<p class="a">x</p>'))

    assert re.search(r"@media[^{]*\{\s*\.a\s*\{\s*color:\s*#121212\s*!important", html)


def test_leaves_widths_comments_and_ignored_styles_alone() -> None:
    body = (
        '<!--[if mso]><table width="600"><tr><td><![endif]--><img width="600" alt="">'
        '<style data-premailer="ignore">.b{text-wrap:balance}</style>'
    )

    html = inlined(page("img{width:100%}", body))

    assert '<!--[if mso]><table width="600"><tr><td><![endif]-->' in html
    assert 'width="600" alt="" style="width:100%"' in html
    assert "<style>.b{text-wrap:balance}</style>" in html
    assert "<!--kept-->" in html


def test_fetches_nothing() -> None:
    link = '<link rel="stylesheet" href="http://127.0.0.1:9/style.css">'

    assert link in inlined(page("", link))


@pytest.mark.parametrize(
    "attribute", ['class="a b"', "class='a b'", "class = 'a  b'", 'CLASS="b a"']
)
def test_finds_classes_however_they_are_written(attribute: str) -> None:
    assert "color:#123456" in inlined(
        page(".a.b{color:#123456}", f"<p {attribute}>x</p>")
    )


def test_finds_an_unquoted_class() -> None:
    assert "color:#123456" in inlined(page(".a{color:#123456}", "<p class=a>x</p>"))


def test_does_not_take_a_dot_in_an_attribute_for_a_class() -> None:
    css = 'a[href$=".pdf"]{color:#123456}'

    assert "color:#123456" in inlined(page(css, '<a href="x.pdf">x</a>'))


BODIES = st.lists(
    st.sampled_from(
        [
            '<p class="txt bod">x</p>',
            '<p class="stand bod"><a class="under ink" href="https://x.example/">y</a></p>',
            '<div class="b bod"><p>z</p><ul><li>1</li></ul></div>',
            '<table class="crd"><tr><td class="crdt side">c</td></tr></table>',
            '<blockquote class="bq"><p>q</p></blockquote>',
            '<h2 class="h1 ink first">h</h2>',
        ]
    ),
    max_size=5,
).map("".join)


@examples(25)
@given(BODIES)
def test_gives_what_premailer_alone_gives(body: str) -> None:
    css = re.sub(
        r"\{[{%#].*?[%#}]\}", "", (NEWSROOM / "style.css").read_text(), flags=re.DOTALL
    )
    html = page(css, body)

    plain = Premailer(
        html,
        allow_network=False,
        disable_validation=True,
        strip_important=False,
        keep_style_tags=False,
        cssutils_logging_level=50,
        disable_basic_attributes=["width", "height", "align", "valign", "bgcolor"],
    ).transform(pretty_print=False)

    assert inlined(html) == plain


def test_gives_premailer_room_for_a_whole_style_sheet() -> None:
    assert cache.maxsize >= 8192, "128 entries make every page ten times slower"
