"""Hostile and untidy HTML, and what may leave of it."""

from __future__ import annotations

import re
from html import escape, unescape
from html.parser import HTMLParser

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.sources.cleaning import clean_html, plain
from tests.examples import examples

BASE = "https://paper.example/2026/a"


class Written(HTMLParser):
    """Every tag and attribute in a piece of HTML."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in {"br", "hr", "img"}:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


_ALLOWED_NAMES = (
    "p h2 h3 h4 ul ol li blockquote pre figure figcaption table caption tr td th a b"
    " strong i em q s sub sup code small br hr img"
)
ALLOWED = set(_ALLOWED_NAMES.split())


@pytest.mark.parametrize(
    ("html", "cleaned"),
    [
        ("<h1>A</h1><h2>B</h2><h5>C</h5>", "<h2>A</h2><h2>B</h2><h4>C</h4>"),
        ("<div>one<div>two</div>three</div>", "<p>one</p><p>two</p><p>three</p>"),
        ("one<br><br>two<br>three", "<p>one</p><p>two<br>three</p>"),
        ("<p>one<p>two", "<p>one</p><p>two</p>"),
        ("<b>one<p>two</b>three", "<p><b>one</b></p><p><b>two</b>three</p>"),
        ("<ul><li>a<li>b</ul>", "<ul><li>a</li><li>b</li></ul>"),
        ("<ul>a<p>b</ul>", "<ul><li>a<p>b</p></li></ul>"),
        ("<li>a", "<ul><li>a</li></ul>"),
        ("<p>&nbsp;</p><p></p><p>a</p>", "<p>a</p>"),
        ("<span style='x'>a</span> <font>b</font>", "<p>a b</p>"),
        ("<pre>\n  a\n   b</pre>", "<pre>  a\n   b</pre>"),
        ("<q>a</q><del>b</del><tt>c</tt>", "<p><q>a</q><s>b</s><code>c</code></p>"),
        ("<dl><dt>a<dd>b</dl>", "<p>a</p><p>b</p>"),
        (
            "<table><thead><tr><th>a<tbody><tr><td colspan=2 class=x>b</table>",
            '<table><tr><th>a</th></tr><tr><td colspan="2">b</td></tr></table>',
        ),
        (
            "<table><tr><td></td><td>a</td></table>",
            "<table><tr><td></td><td>a</td></tr></table>",
        ),
        ("<figure><p>x</p></figure>", "<figure><figcaption>x</figcaption></figure>"),
        (
            "<h2><a href='/x'><div>a</div></a></h2>",
            '<h2><a href="https://paper.example/x">a</a></h2>',
        ),
        (
            "<a href='/x'><h3>a</h3><p>b</p></a>",
            '<h3><a href="https://paper.example/x">a</a></h3><p><a href="https://paper.example/x">b</a></p>',
        ),
        ("<pre>a<br>b</pre>", "<pre>a\nb</pre>"),
        ("<table>a<tr>b", "<table><tr><td>a</td></tr><tr><td>b</td></tr></table>"),
        ("<h2>a<ul><li>b</ul>", "<h2>a</h2><ul><li>b</li></ul>"),
        ("<table><p>a</table>", "<table><tr><td><p>a</p></td></tr></table>"),
        (
            '<figure><figcaption>a</figcaption><figcaption>b<img src="/c.png"></figcaption>',
            '<figure><figcaption>a</figcaption><figcaption>b</figcaption><img src="https://paper.example/c.png" alt=""></figure>',
        ),
        ("a < b && c <3", "<p>a &lt; b &amp;&amp; c &lt;3</p>"),
        ("a<!-- b -->c<!--d", "<p>ac&lt;!--d</p>"),
        ("<hr><p>a</p><hr><hr>b", "<p>a</p><hr><p>b</p>"),
    ],
)
def test_markup_is_set_in_order(html: str, cleaned: str) -> None:
    assert clean_html(html, base_url=BASE) == cleaned


class TestLinksAndPictures:
    def test_relative_ones_are_made_absolute(self) -> None:
        html = '<a href="b">x</a><img src="/c.jpg" alt="C" width="640px" height=20>'

        assert clean_html(html, base_url=BASE) == (
            '<p><a href="https://paper.example/2026/b">x</a>'
            '<img src="https://paper.example/c.jpg" alt="C" width="640" height="20"></p>'
        )

    def test_without_an_address_to_start_from_only_the_words_stay(self) -> None:
        assert clean_html('<a href="b">x</a> y<img src="c.jpg">') == "<p>x y</p>"

    def test_mail_links_stay_and_others_go(self) -> None:
        html = '<a href="mailto:desk@paper.example">m</a><a href="tel:1">t</a>'

        assert clean_html(html) == '<p><a href="mailto:desk@paper.example">m</a>t</p>'

    @pytest.mark.parametrize(
        "picture",
        [
            '<img src="https://x.example/p.gif" width="1" height="1">',
            '<img src="https://x.example/p.gif" height=0>',
            '<img src="https://x.example/p.gif" style="width:1px;height:1px">',
            '<img src="https://x.example/p.gif" style="display: none">',
            '<img src="https://pixel.wp.com/b.gif?x=1">',
            '<img src="https://www.facebook.com/tr?id=1">',
            '<img src="https://x.example/img/spacer.gif">',
            '<img src="data:image/gif;base64,R0lGOD">',
            "<img alt='x'>",
        ],
    )
    def test_pictures_that_show_nothing_are_dropped(self, picture: str) -> None:
        assert clean_html(f"<p>a{picture}</p>") == "<p>a</p>"

    def test_a_picture_that_loads_late_is_found(self) -> None:
        html = '<img src="data:image/gif;base64,R0" data-src="https://x.example/a.jpg">'

        assert 'src="https://x.example/a.jpg"' in clean_html(html)


@pytest.mark.parametrize(
    "html",
    [
        "<script>alert(1)</script>",
        "<SCRIPT SRC=//x.example/x.js></SCRIPT>",
        "<scr<script>ipt>alert(1)</script>",
        "<img src=x onerror=alert(1)>",
        '<img src="https://x.example/a.jpg" onerror="alert(1)">',
        "<svg onload=alert(1)><script>alert(1)</script></svg>",
        "<math><mi//xlink:href='data:x,<script>alert(1)</script>'>",
        '<a href="javascript:alert(1)">x</a>',
        '<a href="JaVaScRiPt:alert(1)">x</a>',
        '<a href="&#106;avascript:alert(1)">x</a>',
        '<a href="&#x6A&#x61vascript:alert(1)">x</a>',
        '<a href="java&#9;script:alert(1)">x</a>',
        '<a href="java\nscript:alert(1)">x</a>',
        '<a href=" &#14; javascript:alert(1)">x</a>',
        '<a href="\x01javascript:alert(1)">x</a>',
        '<a href="data:text/html,<script>alert(1)</script>">x</a>',
        '<a href="vbscript:x">x</a>',
        "<iframe src=https://x.example></iframe>",
        "<object data=x></object><embed src=x>",
        "<form action=/x><input name=a><button>b</button></form>",
        "<style>p{background:url(javascript:alert(1))}</style>",
        '<p style="background:url(x)">x</p>',
        "<base href=https://x.example/><link rel=stylesheet href=x>",
        '<meta http-equiv=refresh content="0;url=javascript:alert(1)">',
        "<noscript><p title='</noscript><img src=x onerror=alert(1)>'>",
        "<table><td background=javascript:alert(1)>x",
        "<p id=x class=y title=z onclick=alert(1)>x</p>",
        "<!--><script>alert(1)</script>-->",
        "<![CDATA[<script>alert(1)</script>]]>",
        "<title><a title='</title><script>alert(1)</script>'>",
        "<a href='https://x.example/' onmouseover='alert(1)'>x</a>",
        '<img src="https://x.example/a.jpg" srcset="javascript:alert(1)">',
        "<xmp><p title='</xmp><img src=x onerror=alert(1)>'>",
    ],
)
def test_code_never_gets_through(html: str) -> None:
    is_harmless(clean_html(html, base_url=BASE))


def is_harmless(html: str) -> None:
    written = Written(html)
    assert not written.open
    for tag, attributes in written.tags:
        assert tag in ALLOWED
        assert attributes.keys() <= {
            *("href", "src", "alt", "width", "height", "colspan", "rowspan", "start")
        }
        for name in ("href", "src"):
            if address := attributes.get(name):
                assert re.match(r"https?://|mailto:", address), address


ODD = st.sampled_from(
    [
        *(
            "<p>",
            "</p>",
            "<div>",
            "</div>",
            "<b>",
            "</b>",
            "<a href='/x'>",
            "</a>",
            "<br>",
        ),
        *(
            "<ul>",
            "<li>",
            "</ul>",
            "<table>",
            "<tr>",
            "<td>",
            "</td>",
            "</table>",
            "<th",
        ),
        *(
            "<script>",
            "</script>",
            "<style>",
            "<svg>",
            "</svg>",
            "<!--",
            "-->",
            "<![CDATA[",
        ),
        *(
            "<img src=x onerror=alert(1)>",
            "<img src='/a.jpg' width=1>",
            "<img src=/b.png>",
        ),
        *("<a href='java\tscript:x'>", '<a href="&#106avascript:x">', "<h1>", "</h1>"),
        *("<figure>", "<figcaption>", "</figure>", "<blockquote>", "<pre>", "\n", "  "),
        *(
            "&lt;script&gt;",
            "&amp;",
            "&#0;",
            "&#x202e;",
            "\u00a0",
            "\ud800",
            "\x00",
            "'",
            '"',
        ),
        *(
            "<p title='",
            "=",
            ">",
            "<",
            "/>",
            "<x-y z>",
            "word ",
            "é",
            "😀",
            "&nbsp",
            "&",
        ),
    ]
)
HTML = st.one_of(
    st.lists(ODD, max_size=25).map("".join),
    st.lists(st.one_of(ODD, st.text(max_size=12)), max_size=15).map("".join),
    st.text(max_size=200),
)


@examples(200)
@given(HTML)
def test_any_text_is_cleaned_to_harmless_markup(html: str) -> None:
    is_harmless(clean_html(html, base_url=BASE))


@examples(200)
@given(HTML, st.sampled_from(["", BASE, "not an address"]))
def test_cleaning_twice_changes_nothing(html: str, base: str) -> None:
    once = clean_html(html, base_url=base)

    assert clean_html(once, base_url=base) == once
    assert clean_html(once) == once, "every address is absolute already"


WORDS = st.text(st.characters(categories=["L", "N"]), min_size=1, max_size=8)
TREES = st.recursive(
    WORDS,
    lambda inside: st.builds(
        "<{0}>{1}</{0}>".format,
        st.sampled_from(
            ["p", "div", "b", "span", "li", "ul", "h1", "td", "section", "a"]
        ),
        st.lists(inside, min_size=1, max_size=3).map(" ".join),
    ),
    max_leaves=12,
)


@examples(200)
@given(TREES)
def test_every_word_of_the_text_is_kept_in_order(html: str) -> None:
    found = re.sub(r"<[^>]*>", " ", clean_html(html))

    wanted = re.sub(r"<[^>]*>", " ", html)
    assert "".join(unescape(found).split()) == "".join(wanted.split())


@given(st.text(max_size=100))
def test_escaped_text_comes_out_as_it_went_in(text: str) -> None:
    cleaned = clean_html(f"<p>{escape(text)}</p>")

    assert unescape(re.sub(r"<[^>]*>", " ", cleaned)).split() == printed(text).split()


def printed(text: str) -> str:
    """Return `text` as it can be printed at all: no controls, no half characters."""
    text = text.encode("utf-8", "replace").decode().replace("\x0c", " ")
    text = text.replace("\ufffe", "").replace("\uffff", "")
    kept = (
        c for c in text if c in "\t\n\r" or not (ord(c) < 32 or 127 <= ord(c) < 160)
    )
    return (
        "".join(kept).strip("\u00a0\u200b\ufeff")
        if text.strip("\u00a0\u200b\ufeff \t\r\n")
        else ""
    )


@pytest.mark.parametrize(
    ("title", "text"),
    [
        ("<b>Tides</b> &amp; times", "Tides & times"),
        ("Tides &amp;amp; times", "Tides & times"),
        ("&lt;b&gt;Tides&lt;/b&gt;", "Tides"),
        ("Vec<T> or 5 < 6?", "Vec<T> or 5 < 6?"),
        ("one<br>two<p>three", "one two three"),
        ("half<i>way</i>", "halfway"),
        ("  a \n b\t c ", "a b c"),
        ("Qui\u00a0?", "Qui\u00a0?"),
        ("a\u202eb\u2066c\u200bd\x07e", "abcde"),
        ("<script>alert(1)</script>a", "a"),
        ("👩\u200d🚀 lands", "👩\u200d🚀 lands"),
        ("a\u2028b", "a b"),
        ("\u200f \u2060\u200e", ""),
        ("", ""),
    ],
)
def test_titles_become_plain_text(title: str, text: str) -> None:
    assert plain(title) == text


@given(HTML)
def test_plain_text_has_one_line_and_nothing_that_turns_it_around(html: str) -> None:
    text = plain(html)

    assert not re.search(
        "[\x00-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\u2028\u2029]", text
    )
    assert text == text.strip()


@pytest.mark.timeout(60)
@pytest.mark.parametrize(
    "unit",
    [
        *("<b>", "<blockquote>", "<ul><li>", "<table><td>", "<b><p>", '<a "', "<a '>"),
        *("<!--", "<button>", "<p x=", "&amp;", "<", "</p>", '<a ">"', "<script>"),
    ],
)
@pytest.mark.slow
def test_much_of_any_tag_is_cleaned(unit: str) -> None:
    """Anything that grew with the square of the input would take many minutes."""
    html = unit * (200_000 // len(unit))

    assert len(clean_html(html)) <= 20 * len(html)
