"""Web pages, live and saved: what they say goes into its field, the rest stays."""

from __future__ import annotations

import json
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given
from hypothesis import strategies as st

from digest.model import Article, Fetched, Link
from digest.sources.origin import Origin
from digest.sources.page import read_page
from tests.examples import examples

PAGES = Path(__file__).parent / "data" / "pages"
NOW = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)
URL = "https://longitude.example/news/story"


def read(content: bytes | str, *, url: str = URL, charset: str = "") -> Fetched:
    return read_page(
        content.encode() if isinstance(content, str) else content,
        origin=Origin(
            source="pages",
            key="story.html",
            where="story.html",
            timezone="Europe/Paris",
            tags=("saved",),
            base_url=url,
        ),
        now=lambda: NOW,
        charset=charset,
    )


STORY = """
<p>The lamps along the quay went out at nine, and for an hour nobody minded. Then the
first boat missed the steps, and somebody went to look for the key of the power house.</p>
<p>It hung where it had always hung. The door, though, had been painted shut in spring, and
the painter lives on the other side of the water, where the lamps were still burning.</p>
"""


def page(body: str = "", *, head: str = "", story: str = STORY) -> str:
    return (
        f"<!doctype html><html lang='en'><head><title>Dark quay</title>{head}</head>"
        f"<body><main><h1>Dark quay</h1>{body}<div>{story}</div></main></body></html>"
    )


def only(html: str, **said: str) -> Article:
    fetched = read(html, **said)
    assert (fetched.error, fetched.problems) == ("", ())
    (article,) = fetched.articles
    return article


def ld(**said: object) -> str:
    thing = {"@context": "https://schema.org", "@type": "NewsArticle", **said}
    thing.setdefault("headline", "Dark quay")
    return f'<script type="application/ld+json">{json.dumps(thing)}</script>'


def told(fetched: Fetched) -> dict[str, object]:
    def plain(value: object) -> object:
        if isinstance(value, dict):
            return {
                k: plain(v) for k, v in value.items() if v not in ("", None, (), [])
            }
        if isinstance(value, list | tuple):
            return [plain(one) for one in value]
        return value.isoformat() if isinstance(value, datetime) else value

    return {
        "articles": [plain(asdict(article)) for article in fetched.articles],
        "error": fetched.error,
    }


# -- whole pages --------------------------------------------------------------


@pytest.mark.parametrize("path", sorted(PAGES.glob("*.html")), ids=lambda p: p.stem)
def test_reads_a_saved_page_as_expected(path: Path) -> None:
    expected = json.loads(path.with_suffix(".expected.json").read_text())

    assert told(read(path.read_bytes(), url="")) == expected


# -- JSON-LD ------------------------------------------------------------------


@pytest.mark.parametrize(
    "wrapped",
    [
        "{}",
        "<!-- {} -->",
        "//<![CDATA[\n{}\n//]]>",
        "/*<![CDATA[*/ {} /*]]>*/",
        "[{}]",
        '{{"@graph": [{{"@type": "WebSite"}}, {}]}}',
        '{{"@type": "WebPage", "mainEntity": {}}}',
        "{};",
        "{{}} {}",
        '{{"@type": "Organization",}}, {}',
    ],
)
def test_json_ld_is_read_through_its_mistakes(wrapped: str) -> None:
    thing = (
        '{"@type": ["Thing", "https://schema.org/NewsArticle"], "headline": "Dark quay",'
        ' "datePublished": "2026-11-22T07:00:00Z", "description": "A key,\n and paint.",'
        ' "keywords": ["Lamps", "Paint",], }'
    )
    script = wrapped.format(thing)

    article = only(page(head=f"<script type='application/ld+json'>{script}</script>"))

    assert article.published == datetime(2026, 11, 22, 7, tzinfo=UTC)
    assert article.standfirst == "A key, and paint."
    assert article.tags == ("Lamps", "Paint", "saved")


@pytest.mark.parametrize(
    "script",
    [
        *(
            "",
            "{",
            "null",
            "[[[",
            '{"@type": 5}',
            '{"@type": "NewsArticle"}',
            "[" * 9999,
        ),
        '{"@type": "Article", "headline": ["", 3], "author": [[]], "image": [{}]}',
    ],
)
def test_json_ld_that_says_nothing_costs_nothing(script: str) -> None:
    article = only(page(head=f"<script type='application/ld+json'>{script}</script>"))

    assert article.headline == "Dark quay"


def test_of_several_articles_in_json_ld_the_pages_own_is_believed() -> None:
    other = ld(url="https://longitude.example/other", keywords="Other")
    own = ld(url=URL, keywords="Own")

    article = only(page(head=f"<link rel='canonical' href='{URL}'>{other}{own}"))

    assert article.tags == ("Own", "saved")


@pytest.mark.parametrize(
    ("author", "byline", "desk"),
    [
        ("Ana Sol", "Ana Sol", ""),
        ({"@type": "Person", "name": "Ana Sol"}, "Ana Sol", ""),
        ([{"name": "Ana Sol"}, {"name": "Ben Ito"}], "Ana Sol, Ben Ito", ""),
        ({"@type": "Organization", "name": "Agency"}, "", "Agency"),
        ({"@type": "NewsMediaOrganization", "name": "Longitude"}, "", ""),
        ([{"name": ["Ana Sol", "Ben Ito"]}], "Ana Sol, Ben Ito", ""),
        ([["deep"]], "deep", ""),
        (7, "", ""),
    ],
)
def test_people_make_the_byline_and_organisations_the_desk(
    author: object, byline: str, desk: str
) -> None:
    head = ld(author=author, publisher={"name": "Longitude"})

    article = only(page(head=head))

    assert (article.byline, article.desk) == (byline, desk)


@pytest.mark.parametrize(
    ("image", "expected"),
    [
        ("/a.jpg", ("https://longitude.example/a.jpg", "", "", None)),
        (["/a.jpg", "/b.jpg"], ("https://longitude.example/a.jpg", "", "", None)),
        (
            {"url": "/a.jpg", "caption": "Lamps © Ana", "width": {"value": 900}},
            ("https://longitude.example/a.jpg", "Lamps", "© Ana", 900),
        ),
        (
            {"contentUrl": "/a.jpg", "author": {"name": "Ana"}, "width": "640px"},
            ("https://longitude.example/a.jpg", "", "Ana", 640),
        ),
    ],
)
def test_the_picture_of_json_ld(image: object, expected: tuple[object, ...]) -> None:
    found = only(page(head=ld(image=image))).image

    assert found is not None
    assert (found.url, found.caption, found.credit, found.width) == expected


# -- the head -----------------------------------------------------------------


def test_meta_elements_stand_in_for_json_ld() -> None:
    head = """
    <meta property="og:title" content="Dark quay &amp; paint">
    <meta name="twitter:description" content="An hour without lamps.">
    <meta name="author" content="Ana Sol"><meta property="article:author" content="https://x.example/ana">
    <meta name="DC.date.issued" content="2026-11-22"><meta property="og:updated_time" content="2026-11-22T10:00:00">
    <meta property="article:tag" content="Lamps"><meta property="article:tag" content="Quays">
    <meta name="keywords" content="news, today">
    <meta property="og:image" content="/lamps.jpg"><meta property="og:image:alt" content="No lamps">
    <meta property="og:image:width" content="1200">
    """

    article = only(page(head=head))

    assert article.headline == "Dark quay"
    assert article.standfirst == "An hour without lamps."
    assert article.byline == "Ana Sol"
    assert article.published == datetime(2026, 11, 21, 23, tzinfo=UTC)
    assert article.updated == datetime(2026, 11, 22, 9, tzinfo=UTC)
    assert article.tags == ("Lamps", "Quays", "saved")
    assert article.image is not None
    assert (article.image.alt, article.image.width) == ("No lamps", 1200)


def test_a_headline_on_the_page_wins_unless_it_is_the_sites_name() -> None:
    own = only(page(head='<meta property="og:title" content="Dark quay: an hour">'))
    site = only(
        page(
            head='<meta property="og:title" content="The lamps went out | Longitude">'
            '<meta property="og:site_name" content="Longitude">'
        ).replace("<h1>Dark quay</h1>", "<h1>Longitude</h1>")
    )

    assert own.headline == "Dark quay"
    assert site.headline == "The lamps went out"


@pytest.mark.parametrize(
    ("said", "url"),
    [
        ("/en/quay?utm_source=x#top", "https://longitude.example/en/quay"),
        ("https://LONGITUDE.example:443/en", "https://longitude.example/en"),
        ("https://longitude.example/", URL),
        ("javascript:void(0)", URL),
        ("", URL),
    ],
)
def test_the_canonical_address_is_the_articles(said: str, url: str) -> None:
    assert only(page(head=f'<link rel="canonical" href="{said}">')).url == url


def test_links_are_relative_to_what_the_page_says() -> None:
    link = "<p>More on <a href='lamps'>all the lamps of the town</a> and its quay.</p>"
    head = '<base href="/en/2026/">'

    body = only(page(story=STORY + link, head=head)).body

    assert 'href="https://longitude.example/en/2026/lamps"' in body


def test_a_page_has_one_id_live_and_saved() -> None:
    html = page(head=f'<link rel="canonical" href="{URL}">')

    assert (
        only(html, url=URL).id == only(html, url="").id == only(html, url=f"{URL}?a").id
    )


def test_a_date_that_lies_ahead_is_not_believed() -> None:
    fetched = read(page(head=ld(datePublished="2062-11-22", dateModified="2026-11-22")))

    (article,) = fetched.articles
    assert article.published is None or article.published < NOW
    assert "lies ahead" in fetched.problems[0].what


# -- around the text ----------------------------------------------------------


@pytest.mark.parametrize(
    ("line", "field", "value"),
    [
        ("<p>Text by: Ana Sol</p>", "byline", "Ana Sol"),
        ("<div class='by'>By <a rel='author' href='/ana'>Ana Sol</a></div>", "byline", "Ana Sol"),
        ("<p>Texte par : Ana Sol</p>", "byline", "Ana Sol"),
        ("<p>Von Ana Sol</p>", "byline", "Ana Sol"),
        ("<p>By Ana Sol | 4 min read</p>", "reading_minutes", 4),
        ("<span class='t'>3 min</span>", "reading_minutes", 3),
        ("<div>Lesezeit: 6 Min.</div>", "reading_minutes", 6),
        ("<p class='standfirst'>An hour without lamps, and a key.</p>", "standfirst", "An hour without lamps, and a key."),
        ("<div class='article__chapo'><p>An hour without lamps, and a key.</p></div>", "standfirst", "An hour without lamps, and a key."),
        ("<time>22/11/2026 - 08:00</time>", "published", datetime(2026, 11, 22, 7, tzinfo=UTC)),
        ("<p>Publié le : 22/11/2026</p>", "published", datetime(2026, 11, 21, 23, tzinfo=UTC)),
    ],
)  # fmt: skip
def test_a_line_at_the_headline_goes_to_its_field(
    line: str, field: str, value: object
) -> None:
    article = only(page(line))

    assert getattr(article, field) == value
    assert "The lamps along the quay" in article.standfirst + article.body
    assert "Ana Sol" not in article.body
    assert "min" not in article.body.split("<p>")[0]


@pytest.mark.parametrize(
    "block",
    [
        "<p>Receive all the international news in your mailbox every morning</p>",
        "<p>I subscribe</p>",
        "<div class='o-newsletter'><p>News by mail?</p><a href='/s'>Yes</a></div>",
        "<p>Téléchargez l'application</p>",
        "<p>Laden Sie unsere App herunter</p>",
        "<p><a href='/more'>Read more</a></p>",
        "<div class='m-newsletter-box'><p>A letter every Friday with all that happened on the water, free of charge.</p></div>",
        "<div class='social-share'><a href='https://x.example'>Share this on X</a></div>",
        "<nav><a href='/'>Home</a></nav>",
        "<script>alert(1)</script>",
        "<form><p>Your mail</p><input></form>",
    ],
)
def test_calls_to_action_and_furniture_are_dropped(block: str) -> None:
    plain = only(page())

    for html in (page(block), page(story=STORY + block), page(story=block + STORY)):
        assert only(html).body == plain.body


@pytest.mark.parametrize(
    "block",
    [
        "<p>►Also read: <a href='/key'>Where keys hang</a></p>",
        "<p><strong>À lire aussi :</strong> <a href='/key'>Where keys hang</a></p>",
        "<aside><p>Read also</p><ul><li><a href='/key'>Where keys hang</a></li></ul></aside>",
        "<a href='/key'><div>Lesen Sie auch: Where keys hang</div></a>",
        "<p>Some words of prose that stand before it.<br>►Lea también: <a href='/key'>Where keys hang</a></p>",
    ],
)
def test_also_read_goes_to_its_field(block: str) -> None:
    article = only(page(story=STORY + block + "<p>And the painter slept on.</p>"))

    expected = Link(title="Where keys hang", url="https://longitude.example/key")
    assert article.also_read == (expected,)
    assert "keys hang" not in article.body
    assert "the painter slept on" in article.body


def test_prose_that_begins_like_a_label_stays() -> None:
    prose = "<p>Also read by many that night, the <a href='/b'>tide table</a> said nothing of lamps.</p>"

    article = only(page(story=STORY + prose))

    assert "tide table" in article.body
    assert not article.also_read


@pytest.mark.parametrize(
    "block",
    [
        "<h2>On the same subject</h2><ul><li><a href='/a'>Lamps of other quays</a></li></ul>",
        "<section><h3>Sur le même sujet</h3><div><a href='/a'><img src='/i.jpg'></a><a href='/a'>Lamps of other quays</a></div></section>",
        "<div><div><p>Zum selben Thema</p></div><div><article><a href='/a'>Lamps of other quays</a></article></div></div>",
        "<p>Sobre el mismo tema</p><p><a href='/a'>Lamps of other quays</a></p>",
    ],
)
def test_related_stories_go_to_their_field(block: str) -> None:
    expected = (Link(title="Lamps of other quays", url="https://longitude.example/a"),)

    assert only(page(story=STORY + block)).related == expected
    assert only(page().replace("</main>", f"</main>{block}")).related == expected


@pytest.mark.parametrize(
    "block",
    [
        "<ul class='m-tags'><li><a href='/t/1'>Lamps</a></li><li><a href='/t/2'>Quays</a></li></ul>",
        "<p><a rel='tag' href='/t/1'>Lamps</a> <a rel='tag' href='/t/2'>Quays</a></p>",
        "<p>Tags: <a href='/t/1'>Lamps</a>, <a href='/t/2'>Quays</a></p>",
        "<h3>Mots-clés</h3><ul><li>Lamps</li><li>Quays</li></ul>",
    ],
)
def test_a_list_of_tags_goes_to_its_field(block: str) -> None:
    article = only(page(story=STORY + block))

    assert article.tags == ("Lamps", "Quays", "saved")
    assert "Lamps" not in article.body


def test_the_lead_figure_keeps_caption_and_credit() -> None:
    figure = (
        "<figure><img src='data:image/gif;base64,R0' data-src='/quay-640.jpg' alt='Dark'>"
        "<figcaption>The quay at ten. <small>© Ana Sol / Agency</small></figcaption></figure>"
    )

    article = only(
        page(figure, head='<meta property="og:image" content="/quay-1280.jpg">')
    )

    assert article.image is not None
    assert article.image.url == "https://longitude.example/quay-1280.jpg"
    assert article.image.alt == "Dark"
    assert article.image.caption == "The quay at ten."
    assert article.image.credit == "© Ana Sol / Agency"
    assert "<img" not in article.body


def test_figures_inside_the_story_stay_there_with_their_captions() -> None:
    figure = "<figure><img src='/door.jpg' alt='A door'><figcaption>Painted shut.</figcaption></figure>"

    later = f"<p>Then came the tide.</p>{figure}<p>And the painter slept on.</p>"

    article = only(page(story=STORY + later))

    assert "<figcaption>Painted shut.</figcaption>" in article.body


def test_what_is_not_recognised_stays_in_order() -> None:
    odd = "<p>Painter: none.</p><dl><dt>Lamps</dt><dd>Forty, of which none burned that evening.</dd></dl><pre>key = 1</pre>"
    halves = STORY.strip().split("\n<p>")

    body = only(page(story=f"{halves[0]}{odd}<p>{halves[1]}")).body

    places = [body.find(words) for words in ("Forty", "key = 1", "It hung where")]
    assert places == sorted(places)
    assert -1 not in places


def test_a_hostile_page_leaves_nothing_dangerous() -> None:
    story = STORY.replace("<p>", "<p onclick='x()' style='position:fixed'>") + (
        "<p><a href='javascript:x()'>a link that was one once</a> and words around it</p>"
        "<iframe src='https://x.example'></iframe><svg onload=x()></svg>"
        "<img src='/dot.gif' width=1 height=1><object data=x></object>"
    )

    body = only(page(story=story)).body

    for bad in ("onclick", "style", "javascript", "iframe", "svg", "dot.gif", "object"):
        assert bad not in body


# -- charsets -----------------------------------------------------------------


@pytest.mark.parametrize(
    ("written", "meta", "header"),
    [
        ("utf-8", "", ""),
        ("utf-8", "iso-8859-1", ""),
        ("cp1252", "iso-8859-1", ""),
        ("cp1252", "", "windows-1252"),
        ("cp1252", "utf-8", ""),
        ("utf-16", "", ""),
        ("utf-8-sig", "us-ascii", "us-ascii"),
    ],
)
def test_letters_survive_wrong_labels(written: str, meta: str, header: str) -> None:
    declared = f'<meta charset="{meta}">' if meta else ""
    html = page(head=declared).replace("Dark quay", "Été “noir”")

    assert only_bytes(html.encode(written), header).headline == "Été “noir”"


def only_bytes(content: bytes, charset: str) -> Article:
    (article,) = read(content, charset=charset).articles
    return article


def test_control_characters_are_passed_over() -> None:
    html = page(head="<title>\x01</title>").replace("lamps", "la\x1emps\x00")
    html = html.replace("<main>", "<main><script>x</script>&#1;&#12;\f<pre>\f</pre>")

    assert "The lamps along" in only(html).standfirst


def test_xhtml_with_a_declaration_is_read() -> None:
    html = f'<?xml version="1.0" encoding="iso-8859-1"?>{page()}'

    assert only(html).headline == "Dark quay"


# -- what is no article -------------------------------------------------------


@pytest.mark.parametrize(
    ("html", "said"),
    [
        ("", "is empty"),
        ("<!-- nothing -->", "is empty"),
        ("\x00", "is empty"),
        (
            "<html><body><h1>Log in</h1><p>To go on.</p></body></html>",
            "characters of text",
        ),
        ("<p>Hello</p>", "no headline"),
        (page(story="<p>Cookies?</p>"), "holds no article"),
        ("<h1>T</h1>" + "<p>x</p>" * 20_001, "more than 20000 elements"),
    ],
)
def test_a_page_without_an_article_says_what_it_lacks(html: str, said: str) -> None:
    fetched = read(html)

    assert said in fetched.error
    assert not fetched.articles


def test_a_short_article_that_says_it_is_one_is_taken() -> None:
    short = page(story="<p>The lamps burn again, and nobody knows why.</p>", head=ld())

    assert only(short).standfirst == "The lamps burn again, and nobody knows why."


def test_a_story_only_in_json_ld_is_taken_from_there() -> None:
    text = "The lamps went out at nine.\nNobody minded for an hour, and then a boat missed the steps."
    html = f"<html><head>{ld(articleBody=text)}</head><body><div id='app'>Loading</div></body></html>"

    article = only(html)

    assert article.standfirst == "The lamps went out at nine."
    assert "missed the steps" in article.body


# -- whatever comes -----------------------------------------------------------

SAMPLES = [path.read_bytes() for path in sorted(PAGES.glob("*.html"))]


@given(data=st.data())
@examples(60, suppress_health_check=list(HealthCheck))
def test_no_mutation_of_a_page_ever_escapes(data: st.DataObject) -> None:
    content = bytearray(data.draw(st.sampled_from(SAMPLES)))
    for _ in range(data.draw(st.integers(1, 6))):
        start = data.draw(st.integers(0, len(content)))
        end = data.draw(st.integers(start, min(len(content), start + 300)))
        content[start:end] = data.draw(
            st.one_of(
                st.binary(max_size=8),
                st.sampled_from([b"<", b">", b"</div>", b"<p>", b"<!--", b"<table>"]),
                st.just(bytes(content[start:end]) * 2),
            )
        )

    fetched = read(bytes(content))

    assert bool(fetched.error) != bool(fetched.articles)
    assert "could not be understood" not in fetched.error
    assert "<script" not in "".join(a.body for a in fetched.articles)


@pytest.mark.timeout(60)
@pytest.mark.parametrize(
    "mark",
    ["<div>", "<b><p>", "<table><tr><td>", "<p>Also read: ", "<a href=x>", "<br>"],
)
@pytest.mark.slow
def test_a_page_that_never_closes_anything_is_read(mark: str) -> None:
    """Anything that grew with the square of the input would take minutes."""
    elements = 18_000  # with more, a page is refused unread

    fetched = read("<h1>T</h1>" + mark * (elements // mark.count("<")))

    assert bool(fetched.error) != bool(fetched.articles)
    assert "elements" not in fetched.error
