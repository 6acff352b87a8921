"""Feeds as they come: every format, and everything that is wrong with them."""

from __future__ import annotations

import json
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given
from hypothesis import strategies as st

from digest.model import Article, Fetched
from digest.sources import items
from digest.sources.documents import DocumentError
from digest.sources.feed import read_feed
from digest.sources.items import Channel
from tests.examples import examples

FEEDS = Path(__file__).parent / "data" / "feeds"
NOW = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)


def read(content: bytes | str, *, charset: str = "", **channel: object) -> Fetched:
    given: dict[str, object] = {
        "location": "https://wire.longitude.example/feed.xml",
        "source": "wire",
    }
    return read_feed(
        content.encode() if isinstance(content, str) else content,
        channel=Channel(**(given | channel)),  # type: ignore[arg-type]
        now=lambda: NOW,
        charset=charset,
    )


def told(fetched: Fetched) -> dict[str, object]:
    """Return what was read as JSON tells it, without what is empty."""

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
        "problems": [f"{p.where}: {p.what}" for p in fetched.problems],
    }


def rss(*items: str, channel: str = "") -> str:
    names = (
        'xmlns:dc="http://purl.org/dc/elements/1.1/" '
        'xmlns:content="http://purl.org/rss/1.0/modules/content/" '
        'xmlns:media="http://search.yahoo.com/mrss/"'
    )
    inside = "".join(f"<item>{item}</item>" for item in items)
    return (
        f'<rss version="2.0" {names}><channel><title>W</title>'
        f"<link>https://wire.longitude.example/</link>{channel}{inside}</channel></rss>"
    )


def only(*items: str, tags: tuple[str, ...] = ()) -> Article:
    fetched = read(rss(*items), tags=tags)
    assert fetched.problems == ()
    (article,) = fetched.articles
    return article


# -- whole feeds --------------------------------------------------------------


@pytest.mark.parametrize(
    "path",
    sorted(p for p in FEEDS.iterdir() if not p.name.endswith(".expected.json")),
    ids=lambda path: path.name,
)
def test_reads_a_feed_as_expected(path: Path) -> None:
    expected = json.loads(path.with_suffix(".expected.json").read_text())

    assert told(read(path.read_bytes())) == expected


@pytest.mark.slow
@pytest.mark.timeout(60)  # each item against each other would take far longer
def test_ten_thousand_items_are_read() -> None:
    items = [
        f"<title>Story {n}</title><link>/s/{n}</link><description>Words &lt;b&gt;of&lt;/b&gt; it</description>"
        for n in range(10_000)
    ]

    fetched = read(rss(*items))

    assert len(fetched.articles) == 10_000


@pytest.mark.slow
@pytest.mark.timeout(60)  # each compared with all before it would take far longer
@pytest.mark.parametrize("rest", ["", "<item><b></item>"], ids=["whole", "broken"])
@pytest.mark.parametrize(
    "excess",
    [
        '<media:content url="/a.jpg" medium="image"/>' * 12_000,
        "".join(f"<category>c{n}</category>" for n in range(60_000)),
        f"<media:keywords>{','.join(f'k{n}' for n in range(100_000))}</media:keywords>",
        "<media:text " + " ".join(f"a{n}=''" for n in range(60_000)) + "/>",
    ],
    ids=["pictures", "categories", "keywords", "attributes"],
)
def test_no_item_holds_so_much_of_one_thing_that_reading_never_ends(
    excess: str, rest: str
) -> None:
    named = "<title>Much</title><link>/much</link>"
    feed = rss(f"{named}{excess}<category>last</category>", "<title>Next</title>")

    fetched = read(feed.replace("</channel>", f"{rest}</channel>"))

    assert [a.headline for a in fetched.articles] == ["Much", "Next"]
    assert len(fetched.articles[0].tags) < 1000


def test_an_empty_channel_is_no_error() -> None:
    assert read(rss()) == Fetched()


# -- what is no feed ----------------------------------------------------------


def error(content: bytes | str) -> str:
    with pytest.raises(DocumentError) as caught:
        read(content)
    return str(caught.value)


def test_a_web_page_is_told_from_a_feed() -> None:
    page = (
        "<!-- feed --><!DOCTYPE html><html><head><title>Port &amp; sea</title>"
        '<link rel="alternate" type="application/rss+xml" href="/rss.xml"></head>'
        "<body><feed>words</feed></body></html>"
    )

    text = error(page)

    assert "is a web page, not a feed" in text
    assert "Port &amp; sea" in text
    assert "its feed seems to be /rss.xml" in text
    assert "`page:`" in text


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("", "is empty"),
        (" \n", "is empty"),
        ("just words", "is not a feed"),
        ("<opml><body/></opml>", "is not a feed"),
        ("\x00\x01\x02", "is not a feed"),
        ("{}", "JSON, but not a JSON Feed"),
        (
            '{"version": "https://jsonfeed.org/version/1", "items": 3}',
            "not a JSON Feed",
        ),
        ("{", "not well-formed JSON"),
        ('{"a":' + "[" * 100_000, "JSON"),
        ("<rss", "is not a feed"),
        ("<rss><channel><title>W", "no item of it could be read"),
    ],
)
def test_what_is_no_feed_is_said_to_be_none(content: str, said: str) -> None:
    assert said in error(content)


@pytest.mark.parametrize(
    "prolog",
    [
        '<!DOCTYPE rss [<!ENTITY a "b">]>',
        '<!DOCTYPE rss [<!entity % a SYSTEM "file:///etc/passwd"> %a;]>',
        '<!-- <rss> --><!DOCTYPE rss [<!ENTITY a "<rss >">]>',
    ],
)
@pytest.mark.parametrize("charset", ["utf-8", "utf-16", "utf-32"])
def test_entity_declarations_are_refused(prolog: str, charset: str) -> None:
    feed = prolog + rss("<title>&a;</title>")

    assert "<!ENTITY" in error(feed.encode(charset))


def test_writing_about_entities_is_no_declaration() -> None:
    article = only(
        "<title>On XML</title><description><![CDATA[<p>Never write "
        "<code>&lt;!ENTITY</code> or <!ENTITY a> yourself.</p>]]></description>"
    )

    assert "&lt;!ENTITY" in article.standfirst + article.body or "<!ENTITY" in (
        article.standfirst
    )


def test_an_entity_hidden_behind_a_false_root_is_never_declared() -> None:
    feed = (
        '<!-- <rss > --><rss > --><!DOCTYPE rss [<!ENTITY a "bomb">]>'
        "<rss><channel><item><title>X&a;Y</title></item></channel></rss>"
    )

    assert "bomb" not in str(read(feed))


# -- broken feeds -------------------------------------------------------------


def test_what_is_whole_of_a_cut_feed_is_kept() -> None:
    feed = rss(*(f"<title>T{n}</title><link>/{n}</link>" for n in range(9)))
    cut = feed[: feed.index("<title>T7") + 8]

    fetched = read(cut)

    assert [a.headline for a in fetched.articles] == [f"T{n}" for n in range(7)]
    (problem,) = fetched.problems
    assert "7 items could be read; the last one is cut off" in problem.what
    assert "line 1" in problem.what
    (alone,) = read(feed[: feed.index("<title>T1") + 8]).problems
    assert "; 1 item could be read" in alone.what


def test_one_item_that_is_no_xml_costs_no_neighbour() -> None:
    fetched = read(
        rss(
            "<title>One</title><link>/1</link>",
            "<title>Fish & <chips</title><link>/2?a=1&b=2</link>",
            "<title>Three</title><link>/3</link>",
        )
    )

    headlines = [a.headline for a in fetched.articles]
    assert headlines[0] == "One"
    assert headlines[-1] == "Three"
    assert "not well-formed" in fetched.problems[0].what


def test_a_prefix_nobody_declared_is_understood() -> None:
    feed = (
        '<rss version="2.0"><channel><item><title>A</title><link>https://a.example/</link>'
        '<dc:creator>Ana</dc:creator><media:content url="https://a.example/p.jpg"/>'
        "</item></channel></rss>"
    )

    (article,) = read(feed).articles

    assert article.byline == "Ana"
    assert article.image is not None
    assert article.image.url == "https://a.example/p.jpg"


@pytest.mark.parametrize("kind", ["rss", "json"])
def test_a_feed_brings_so_many_items_at_a_time_and_says_what_it_left_out(
    kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(items, "MOST_ITEMS", 20)
    stories = [f"Story {n}" for n in range(25)]
    if kind == "json":
        found = [{"id": story, "title": story} for story in stories]
        version = "https://jsonfeed.org/version/1.1"
        content = json.dumps({"version": version, "title": "Wire", "items": found})
    else:
        content = "".join(f"<item><title>{story}</title></item>" for story in stories)
        content = f"<rss version='2.0'><channel>{content}</channel></rss>"

    fetched = read(content)

    assert [article.headline for article in fetched.articles] == stories[:20]
    (problem,) = fetched.problems
    assert "has 25 items, more than 20;" in problem.what


def test_what_makes_the_loose_parser_fail_costs_only_what_is_broken() -> None:
    feed = rss("<title>Good</title>", "<title>&#xD800;&#99999999999; & </title>")

    assert "Good" in [a.headline for a in read(feed).articles]


# -- charsets -----------------------------------------------------------------

CAFE = rss("<title>Café “au lait” – l’été</title>")


@pytest.mark.parametrize(
    ("written", "label", "header"),
    [
        ("utf-8", "utf-8", ""),
        ("utf-8", "iso-8859-1", "us-ascii"),
        ("utf-8-sig", "", ""),
        ("utf-16", "utf-16", ""),
        ("utf-16-le", "utf-8", ""),
        ("utf-32", "", ""),
        ("cp1252", "iso-8859-1", ""),
        ("cp1252", "utf-8", ""),
        ("cp1252", "", "windows-1252"),
        ("cp1252", "nonsense", "unicode_escape"),
    ],
)
def test_letters_survive_wrong_labels(written: str, label: str, header: str) -> None:
    declared = f'<?xml version="1.0" encoding="{label}"?>' if label else ""
    content = (declared + CAFE).encode(written)

    (article,) = read(content, charset=header).articles

    assert article.headline == "Café “au lait” – l’été"


@pytest.mark.parametrize(
    ("charset", "title"),
    [
        ("windows-1251", "Новый мост"),
        ("koi8-r", "Новый мост"),
        ("shift_jis", "新しい橋"),
        ("euc-jp", "新しい橋"),
        ("iso-2022-jp", "新しい橋"),
        ("gb2312", "新的桥"),
        ("big5", "新的橋"),
        ("euc-kr", "새 다리"),
        ("iso-8859-2", "Nový most přes řeku"),
    ],
)
def test_other_charsets_are_read_by_their_label(charset: str, title: str) -> None:
    declared = f'<?xml version="1.0" encoding="{charset}"?>'
    content = (declared + rss(f"<title>{title}</title>")).encode(charset)

    (article,) = read(content).articles

    assert article.headline == title


def test_one_paragraph_in_another_charset_does_not_spoil_the_rest() -> None:
    good = "<title>Überraschung für Köln – „schön“</title>".encode()
    bad = "<title>Schön “so”</title>".encode("cp1252")
    content = rss("@1@", "@2@").encode().replace(b"@1@", good).replace(b"@2@", bad)

    fetched = read(content)

    assert [a.headline for a in fetched.articles] == [
        "Überraschung für Köln – „schön“",
        "Schön “so”",
    ]


# -- single fields ------------------------------------------------------------


@pytest.mark.parametrize(
    ("title", "headline"),
    [
        ("Plain", "Plain"),
        ("&lt;b&gt;Bold&lt;/b&gt; move", "Bold move"),
        ("<![CDATA[A &amp; B <i>C</i>]]>", "A & B C"),
        ("A &amp;amp; B", "A & B"),
        ("5 &lt; 6", "5 < 6"),
        ("👩‍🚀 up", "👩‍🚀 up"),
        (" two\n lines ", "two lines"),
        ("&lt;script&gt;x()&lt;/script&gt;After", "After"),
        ("\u202eright to left", "right to left"),
    ],
)
def test_headlines_are_plain_text(title: str, headline: str) -> None:
    assert only(f"<title>{title}</title>").headline == headline


@pytest.mark.parametrize(
    ("author", "byline"),
    [
        ("<author>ana@desk.example (Ana Sol)</author>", "Ana Sol"),
        ("<author>Ana Sol &lt;ana@desk.museum&gt;</author>", "Ana Sol"),
        ("<author>ana@desk.example</author>", ""),
        ("<dc:creator>Ana Sol</dc:creator>", "Ana Sol"),
        ("<dc:creator>Ana</dc:creator><dc:creator>Ben</dc:creator>", "Ana, Ben"),
        ("<dc:creator><![CDATA[<a href='/'>Ana</a>]]></dc:creator>", "Ana"),
    ],
)
def test_bylines_are_names(author: str, byline: str) -> None:
    assert only(f"<title>T</title>{author}").byline == byline


@pytest.mark.parametrize(
    ("date", "expected"),
    [
        ("Mon, 23 Nov 2026 07:00:00 +0200", "2026-11-23T05:00:00"),
        ("Mon, 23 Nov 2026 07:00:00 EST", "2026-11-23T12:00:00"),
        ("2026-11-23T07:00:00Z", "2026-11-23T07:00:00"),
        ("2026-11-23 07:00", "2026-11-23T07:00:00"),
        ("dim., 22 nov. 2026 08:00", "2026-11-22T08:00:00"),
        ("22 novembre 2026", "2026-11-22T00:00:00"),
        ("0000-00-00 00:00:00", None),
        ("soon", None),
        ("", None),
    ],
)
def test_dates_are_read_or_missing(date: str, expected: str | None) -> None:
    fetched = read(rss(f"<title>T</title><pubDate>{date}</pubDate>"))

    published = fetched.articles[0].published
    assert (published and published.isoformat()[:19]) == expected
    assert bool(fetched.problems) == bool(date and not expected)


def test_embargoed_until_tomorrow_is_believed_and_next_year_is_not() -> None:
    tomorrow, later = (
        read(rss(f"<title>T</title><pubDate>{date}</pubDate>"))
        for date in ("2026-11-24T20:00:00Z", "2027-11-24T20:00:00Z")
    )

    assert tomorrow.articles[0].published == datetime(2026, 11, 24, 20, tzinfo=UTC)
    assert not tomorrow.problems
    assert later.articles[0].published is None
    assert "lies ahead" in later.problems[0].what


def test_the_operators_tags_come_last_and_only_once() -> None:
    article = only(
        "<title>T</title><category>Sea</category><category>Été</category>",
        tags=("ete", "wire"),
    )

    assert article.tags == ("Sea", "Été", "wire")


def test_the_operators_language_goes_above_the_feeds() -> None:
    feed = rss("<title>T</title>", channel="<language>en-us</language>")

    assert read(feed, language="fr").articles[0].language == "fr"
    assert read(feed).articles[0].language == "en-US"


LONG = "A sentence of the story that says one thing. " * 12


@pytest.mark.parametrize(
    ("description", "content", "standfirst", "body"),
    [
        ("Short.", "", "Short.", ""),
        ("&lt;p&gt;One.&lt;/p&gt;&lt;p&gt;Two.&lt;/p&gt;", "", "One.", "<p>Two.</p>"),
        ("Summary.", "<p>Body.</p>", "Summary.", "<p>Body.</p>"),
        ("Body.", "<p>Body.</p><p>More.</p>", "Body.", "<p>More.</p>"),
        (
            "Body be [&#8230;]",
            "<p>Body begins.</p><p>More.</p>",
            "Body begins.",
            "<p>More.</p>",
        ),
        ("", "<p>With <b>bold</b>.</p>", "With bold.", "<p>With <b>bold</b>.</p>"),
        ("Summary…", "<p>Other.</p>", "Summary…", "<p>Other.</p>"),
    ],
)
def test_standfirst_and_body_never_say_the_same(
    description: str, content: str, standfirst: str, body: str
) -> None:
    given = f"<title>T</title><description>{description}</description>"
    if content:
        given += f"<content:encoded><![CDATA[{content}]]></content:encoded>"

    article = only(given)

    assert (article.standfirst, article.body) == (standfirst, body)


def test_a_long_standfirst_ends_with_a_sentence() -> None:
    article = only(
        f"<title>T</title><description>{LONG}</description>"
        "<content:encoded><![CDATA[<p>Body.</p><p>And more of it.</p>]]></content:encoded>"
    )

    assert len(article.standfirst) <= 400 or LONG.startswith(article.standfirst)
    assert article.standfirst.endswith(".")


def test_a_teaser_called_content_is_not_the_body() -> None:
    article = only(
        f"<title>T</title><description>{LONG}</description>"
        "<content:encoded>Teaser.</content:encoded>"
    )

    assert article.standfirst == "Teaser."
    assert LONG.strip() in article.body


def test_what_is_said_of_a_picture_is_not_said_of_the_story() -> None:
    article = only(
        '<media:content url="/p.jpg" medium="image"><media:title>Crane 4</media:title>'
        "<media:description>A crane.</media:description></media:content>"
        "<title>Strike</title><description>No ship came.</description>"
    )

    assert article.headline == "Strike"
    assert (article.standfirst, article.body) == ("No ship came.", "")
    assert article.image is not None
    assert (article.image.caption, article.image.alt) == ("A crane.", "Crane 4")


@pytest.mark.parametrize(
    "given",
    [
        '<media:content url="/p.jpg" medium="image"/>',
        '<media:thumbnail url="/p.jpg"/>',
        '<media:group><media:content url="/p.jpg"/></media:group>',
        '<enclosure url="/p.jpg" type="image/jpeg" length="1"/>',
        '<enclosure url="/p.jpg" type="" length="1"/>',
        "<description>&lt;p&gt;&lt;img src='/p.jpg'&gt;Words.&lt;/p&gt;</description>",
    ],
)
def test_the_lead_picture_is_found_wherever_it_stands(given: str) -> None:
    image = only(f"<title>T</title>{given}").image

    assert image is not None
    assert image.url == "https://wire.longitude.example/p.jpg"


@pytest.mark.parametrize(
    "given",
    [
        '<media:content url="/v.mp4" medium="video"/>',
        '<enclosure url="/a.mp3" type="audio/mpeg" length="1"/>',
        '<media:content url="javascript:x" medium="image"/>',
        '<media:thumbnail url="https://s.example/icons/rss.png"/>',
        "<description>&lt;img src='/dot.gif' width='1' height='1'&gt;Words</description>",
        "<description>&lt;img src='/i.png' width='16'&gt;Words</description>",
    ],
)
def test_what_is_no_picture_of_the_story_is_none(given: str) -> None:
    assert only(f"<title>T</title>{given}").image is None


def test_a_picture_that_opens_the_body_stands_above_it_only_once() -> None:
    figure = (
        "<figure><img src='https://i.example/a.jpg?w=300' alt='A hill'>"
        "<figcaption>The hill. © Ben</figcaption></figure><p>Words.</p>"
    )

    article = only(
        f"<title>T</title><description>S</description>"
        f"<content:encoded><![CDATA[{figure}]]></content:encoded>"
        '<media:content url="https://i.example/a.jpg?w=1200" medium="image"/>'
    )

    assert article.body == "<p>Words.</p>"
    assert article.image is not None
    assert article.image.url.endswith("w=1200")
    assert (article.image.alt, article.image.caption) == ("A hill", "The hill.")
    assert article.image.credit == "© Ben"


# -- who is who ---------------------------------------------------------------


def test_one_address_is_one_article_whatever_its_guid() -> None:
    first, second = (
        only(
            f"<title>T</title><guid isPermaLink='false'>{guid}</guid>"
            f"<link>https://Wire.longitude.example/a?utm_source={guid}#x</link>"
        )
        for guid in ("1", "2")
    )

    assert first.id == second.id
    assert first.url == "https://wire.longitude.example/a"


def test_items_that_all_link_to_the_front_page_stay_apart() -> None:
    item = "<title>T{0}</title><link>https://wire.longitude.example</link><guid isPermaLink='false'>{0}</guid>"

    assert len(read(rss(item.format(1), item.format(2))).articles) == 2


def test_a_guid_that_is_no_address_is_never_a_link() -> None:
    article = only("<title>T</title><guid>1234</guid>")

    assert article.url == ""


def test_items_without_any_key_are_told_apart_by_their_words() -> None:
    weather = "<title>Weather</title><pubDate>2026-11-{}</pubDate>"

    assert len(read(rss(weather.format(21), weather.format(22))).articles) == 2


def test_the_same_item_twice_is_no_problem() -> None:
    item = "<title>T</title><link>/1</link><description>D</description>"

    fetched = read(rss(item, item))

    assert (len(fetched.articles), fetched.problems) == (1, ())


# -- whatever comes -----------------------------------------------------------

SAMPLES = [p.read_bytes() for p in sorted(FEEDS.iterdir()) if "expected" not in p.name]


@given(data=st.data())
@examples(150, suppress_health_check=list(HealthCheck))
def test_no_mutation_of_a_feed_ever_escapes(data: st.DataObject) -> None:
    content = bytearray(data.draw(st.sampled_from(SAMPLES)))
    for _ in range(data.draw(st.integers(1, 6))):
        start = data.draw(st.integers(0, len(content)))
        end = data.draw(st.integers(start, min(len(content), start + 200)))
        content[start:end] = data.draw(
            st.one_of(
                st.binary(max_size=8),
                st.sampled_from([b"<", b">", b"&", b"]]>", b"<item>", b"<![CDATA["]),
                st.just(bytes(content[start:end]) * 2),
            )
        )

    try:
        fetched = read(bytes(content))
    except DocumentError as caught:
        assert str(caught)  # noqa: PT017 -- either is right
    else:
        assert all(a.headline and a.id for a in fetched.articles)
        assert len({a.id for a in fetched.articles}) == len(fetched.articles)
        assert "<script" not in "".join(a.body for a in fetched.articles)
