"""Bodies of stories: what is taken out of them, and what is not."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.model import Image, Link, Quote
from digest.sources.bodies import Body, read_body
from digest.sources.labels import (
    is_picture_file,
    language_tag,
    same_picture,
    shows_the_story,
    split_credit,
    tag_labels,
)
from digest.sources.standfirsts import first_words, shortened

PROSE = "<p>The lamps went out at nine, and for an hour nobody minded.</p>"


def read(html: str) -> Body:
    return read_body(html, base_url="https://longitude.example/")


# -- what is beside the text --------------------------------------------------


@pytest.mark.parametrize(
    ("block", "links"),
    [
        ("<p>Also read: <a href='/k'>Keys</a></p>", [("Keys", "/k")]),
        ("<p><b>►À lire aussi :</b> <a href='/k'>Keys</a></p>", [("Keys", "/k")]),
        ("<p>Also read: <a href='/k'>Keys</a> <a href='/l'>Locks</a></p>", [("Keys", "/k"), ("Locks", "/l")]),
        ("<p>Also read: Keys and where they hang</p>", [("Keys and where they hang", "")]),
        ("<p>Read also: <a href='/k'>here</a>, the long history of keys</p>", [("here, the long history of keys", "/k")]),
        ("<h3>Also read</h3><ul><li><a href='/k'>Keys</a></li><li>Locks</li></ul>", [("Keys", "/k"), ("Locks", "")]),
        ("<p>Words of it.<br>►Also read: <a href='/k'>Keys</a><br>►Also read: <a href='/l'>Locks</a></p>", [("Keys", "/k"), ("Locks", "/l")]),
    ],
)  # fmt: skip
def test_also_read_is_taken_out(block: str, links: list[tuple[str, str]]) -> None:
    body = read(PROSE + block + "<p>The end of it.</p>")

    expected = [
        Link(title=title, url=url and f"https://longitude.example{url}")
        for title, url in links
    ]
    assert list(body.also_read) == expected
    assert "Keys" not in body.html
    assert body.html.startswith(PROSE)
    assert body.html.endswith("<p>The end of it.</p>")


@pytest.mark.parametrize(
    "block",
    [
        "<h2>On the same subject</h2><ul><li><a href='/k'>Keys</a></li></ul>",
        "<p><strong>Sur le même sujet</strong></p><p><a href='/k'>Keys</a></p>",
        "<p>Zum selben Thema: <a href='/k'>Keys</a></p>",
    ],
)
def test_related_stories_are_taken_out(block: str) -> None:
    body = read(PROSE + block)

    assert body.related == (Link(title="Keys", url="https://longitude.example/k"),)
    assert body.html == PROSE


@pytest.mark.parametrize(
    ("block", "tags"),
    [
        ("<p>Tags: <a href='/1'>Lamps</a>, <a href='/2'>Quays</a></p>", ("Lamps", "Quays")),
        ("<p>Mots-clés : Lamps, Quays</p>", ("Lamps", "Quays")),
        ("<h4>Topics</h4><ul><li>Lamps</li><li>Quays</li></ul>", ("Lamps", "Quays")),
    ],
)  # fmt: skip
def test_tags_at_the_end_are_taken_out(block: str, tags: tuple[str, ...]) -> None:
    body = read(PROSE + block)

    assert body.tags == tags
    assert body.html == PROSE


@pytest.mark.parametrize(
    "block",
    [
        "<p>Receive our newsletter in your inbox every morning</p>",
        "<p>Subscribe to our newsletter</p>",
        "<p><a href='/s'>Read more</a></p>",
        "<p>Téléchargez l'application</p>",
        "<p>Share this article on Facebook</p>",
        "<p>12:04</p>",
        "<p>The post <a href='/p'>Dark quay</a> appeared first on <a href='/'>Longitude</a>.</p>",
        "<p>L’article <a href='/p'>Quai noir</a> est apparu en premier sur <a href='/'>Longitude</a>.</p>",
    ],
)
def test_invitations_are_dropped(block: str) -> None:
    assert read(PROSE + block).html == PROSE


@pytest.mark.parametrize(
    ("player", "link"),
    [
        (
            '<iframe src="https://www.youtube.com/embed/aB-1?rel=0" title="The last tram"></iframe>',
            '<a href="https://www.youtube.com/watch?v=aB-1">▶ The last tram</a>',
        ),
        (
            "<iframe src=//player.vimeo.com/video/7 title='YouTube video player'>no frames</iframe>",
            '<a href="https://vimeo.com/7">▶ vimeo.com</a>',
        ),
        (
            "<video controls src='/tram.mp4'><p>No player here.</p></video>",
            '<a href="https://longitude.example/tram.mp4">▶ longitude.example</a>',
        ),
        ("<iframe src='https://ads.example/embed/1' title='Buy'></iframe>", ""),
        ("<video><source src='/tram.mp4'></video>", ""),
    ],
)
def test_a_video_is_a_link_to_it(player: str, link: str) -> None:
    linked = f"<p>{link}</p>" if link else ""

    assert read(f"{PROSE}{player}{PROSE}").html == f"{PROSE}{linked}{PROSE}"


@pytest.mark.parametrize(
    "block",
    [
        "<p>Also read by many that night, the <a href='/b'>tide table</a> said nothing of lamps at all.</p>",
        "<p>Also read</p>",
        "<h2>On the same subject</h2><p>Nobody had more to say, and the lamps went on again.</p>",
        "<h2>Environment</h2>",
        "<h3>11:55</h3><p>The bakery has closed.</p><p><strong>11:20</strong></p><p>No crossings.</p>",
        "<p>Tags: the council spoke of them at such a length that nobody could follow it, and left.</p>",
        "<ul><li>Read more</li></ul>",
        f"<p>Subscribe{' and then some' * 30}</p>",
    ],
)
def test_prose_that_only_begins_alike_stays(block: str) -> None:
    assert read(PROSE + block).html == PROSE + block.replace(
        "'/b'", '"https://longitude.example/b"'
    )


@pytest.mark.parametrize(
    "signature",
    [
        *(
            "<footer>Ana Sol, locksmith</footer>",
            "<footer>— Ana Sol, locksmith</footer>",
        ),
        *(
            "<cite>Ana Sol, locksmith</cite>",
            "<footer><p>Ana Sol, locksmith</p></footer>",
        ),
        *(
            "<footer><cite>Ana Sol</cite>, locksmith</footer>",
            "<p>— Ana Sol, locksmith</p>",
        ),
    ],
)
def test_what_signs_a_quotation_is_no_part_of_it(signature: str) -> None:
    body = read(
        f"<blockquote><p>Keys want to be found.</p>{signature}</blockquote><p>So be it.</p>"
    )

    assert body.quotes == (
        Quote(text="Keys want to be found.", who="Ana Sol", role="locksmith"),
    )
    assert body.html == (
        "<blockquote><p>Keys want to be found.</p><p>— Ana Sol, locksmith</p></blockquote>"
        "<p>So be it.</p>"
    )


@pytest.mark.parametrize(
    "html",
    [
        "<blockquote><p>I read <cite>The Key</cite> twice.</p></blockquote>",
        "<blockquote><p>Keys.</p><footer></footer></blockquote><p>So be it.</p>",
        "<p>Keys.</p><footer>Longitude</footer>",
        "<blockquote><footer>Ana Sol</footer></blockquote>",
    ],
)
def test_other_footers_and_titles_of_works_sign_nothing(html: str) -> None:
    assert "—" not in read(html).html


def test_a_role_does_not_go_on_with_the_story() -> None:
    (quote,) = read(
        "<p>“We looked for it until the tide had turned,” said Mr Tarrant, and opened a"
        " drawer full of keys.</p>"
    ).quotes

    assert (quote.who, quote.role) == ("Mr Tarrant", "")


@pytest.mark.parametrize(
    "text",
    [
        "« On l’a cherchée toute la nuit sous la pluie », a dit Léa Noir, et elle a ri.",
        "„Wir haben die ganze Nacht lang danach gesucht“, sagte Eva Lang, und lachte laut.",
        "«La buscamos toda la noche bajo la lluvia», dijo Ana Sol, y abrió un cajón.",
    ],
)
def test_nor_does_it_in_other_languages(text: str) -> None:
    (quote,) = read(f"<p>{text}</p>").quotes

    assert quote.who in {"Léa Noir", "Eva Lang", "Ana Sol"}
    assert quote.role == ""


def test_quotes_are_those_set_apart_and_those_in_the_text() -> None:
    body = read(
        "<blockquote><p>“Keys want to be found.”</p><p>— Ana Sol, locksmith</p></blockquote>"
        "<p>“We looked for it until the tide had turned,” said Ben Ito, harbour master.</p>"
        "<figure><blockquote><p>Paint is a lock.</p></blockquote><figcaption>— Ida Roth</figcaption></figure>"
        "<blockquote>Said by nobody.</blockquote>"
    )

    assert body.quotes == (
        Quote(text="Keys want to be found.", who="Ana Sol", role="locksmith"),
        Quote(
            text="We looked for it until the tide had turned",
            who="Ben Ito",
            role="harbour master",
        ),
        Quote(text="Paint is a lock.", who="Ida Roth"),
        Quote(text="Said by nobody."),
    )
    assert "Keys want" in body.html


def test_the_first_picture_is_known_with_its_caption() -> None:
    body = read(
        "<p><img src='/icons/a.png'><img src='/b.png' width='20'>Words</p>"
        "<figure><img src='/c.jpg' alt='Dark' width='800'><figcaption>A quay (Photo: Ana)</figcaption></figure>"
    )

    assert body.image == Image(
        url="https://longitude.example/c.jpg",
        alt="Dark",
        caption="A quay",
        credit="Ana",
        width=800,
    )


@pytest.mark.parametrize(
    ("html", "left"),
    [
        ("<figure><img src='https://i.example/a.jpg' alt=''></figure>" + PROSE, PROSE),
        (PROSE + "<p><img src='https://i.example/a.jpg' alt=''></p>", PROSE),
    ],
)
def test_the_lead_picture_does_not_stand_in_the_body_again(
    html: str, left: str
) -> None:
    lead = Image(url="https://i.example/a.jpg?w=1200")

    assert read(html).without_lead(lead).html == left


@pytest.mark.parametrize(
    "html",
    [
        "<p><img src='https://i.example/a.jpg' alt=''>and words beside it</p>",
        "<figure><img src='https://i.example/b.jpg' alt=''></figure>",
        PROSE + PROSE + "<figure><img src='https://i.example/a.jpg' alt=''></figure>",
    ],
)
def test_other_pictures_stay(html: str) -> None:
    body = read(html)

    assert body.without_lead(Image(url="https://i.example/a.jpg")) == body
    assert body.without_lead(None) == body


@given(st.text())
def test_reading_its_own_answer_again_changes_no_word(text: str) -> None:
    once = read(text)
    twice = read(once.html)

    assert twice.html == once.html


# -- standfirsts --------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "longest", "expected"),
    [
        ("", 60, ""),
        ("Short.", 60, "Short."),
        ("Cut here […]", 60, "Cut here…"),
        ("Cut here ...", 60, "Cut here…"),
        ("A sentence that is long enough to stand alone. And a", 50, "A sentence that is long enough to stand alone."),
        ("One. Two words and so on", 15, "One. Two words…"),
        ("words words words", 15, "words words…"),
        ("長い文章がここにあります。もうひとつの文もここにあります。", 60, "長い文章がここにあります。もうひとつの文もここにあります。"),
        ("字" * 99, 20, "字" * 20 + "…"),
    ],
)  # fmt: skip
def test_long_texts_end_with_whole_sentences_or_words(
    text: str, longest: int, expected: str
) -> None:
    assert shortened(text, longest=longest) == expected


@pytest.mark.parametrize(
    ("text", "headline"),
    [
        ("", ""),
        ("The lamps went out. Nobody minded.", "The lamps went out"),
        ("Why? Nobody knows.", "Why?"),
        ("no end to it", "no end to it"),
        ("a sentence that goes on and on " * 9, "a sentence that goes on and on a sentence that goes on and on a sentence that goes on and…"),
    ],
)  # fmt: skip
def test_a_headline_is_made_of_first_words(text: str, headline: str) -> None:
    assert first_words(text) == headline


# -- labels -------------------------------------------------------------------


def test_tags_are_labels_once_each() -> None:
    labels = ["Été", "ete", " #Sea ", "a<b>b</b>", "", "!?", "https://x.example/t"]
    labels += ["tag:blog,2026:kind", "ana@x.example", "x" * 81, "AT&amp;T"]

    assert tag_labels(labels) == ("Été", "Sea", "ab", "AT&T")
    assert len(tag_labels(str(n) for n in range(99))) == 40


@pytest.mark.parametrize(
    ("said", "tag"),
    [
        ("en", "en"),
        ("EN_us", "en-US"),
        ("zh-hant-tw", "zh-Hant-TW"),
        ("pt-br ", "pt-BR"),
        ("es-419", "es-419"),
        ("english", ""),
        ("", ""),
        ('en" onload="x', ""),
    ],
)
def test_languages_are_written_one_way(said: str, tag: str) -> None:
    assert language_tag(said) == tag


@pytest.mark.parametrize(
    ("text", "caption", "credit"),
    [
        ("A quay. © Ana Sol", "A quay.", "© Ana Sol"),
        ("A quay (© Ana Sol)", "A quay", "© Ana Sol"),
        ("© Ana Sol", "", "© Ana Sol"),
        ("Photo: Ana Sol", "", "Ana Sol"),
        ("Un quai. (Photo : Ana Sol)", "Un quai.", "Ana Sol"),
        ("A quay at night", "A quay at night", ""),
        ("", "", ""),
    ],
)
def test_captions_and_credits_are_parted(text: str, caption: str, credit: str) -> None:
    assert split_credit(text) == (caption, credit)


@pytest.mark.parametrize(
    ("other", "same"),
    [
        ("https://i.example/a/quay.jpg?w=640", True),
        ("https://i.example/a/quay-1024x683.jpg", True),
        ("https://i.example/a/quay-640.jpg", True),
        ("https://i.example/w:1280/p:16x9/a/quay.jpg", True),
        ("https://i.example/a/quay-2.jpg", False),
        ("https://j.example/a/quay.jpg", False),
        ("", False),
    ],
)
def test_one_picture_in_several_sizes_is_one(other: str, same: bool) -> None:
    assert same_picture("https://i.example/a/quay.jpg", other) is same


def test_two_photographs_of_one_camera_are_two() -> None:
    first, second = (f"https://i.example/IMG_{n}.jpg" for n in (1234, 1235))

    assert not same_picture(first, second)


def test_icons_and_faces_show_no_story() -> None:
    assert shows_the_story("https://i.example/quay.jpg")
    assert not shows_the_story("https://i.example/icons/quay.png")
    assert not shows_the_story("https://gravatar.com/avatar/1")
    assert not shows_the_story("")
    assert is_picture_file("https://i.example/a.JPG?x")
    assert not is_picture_file("https://i.example/a.mp3")
