"""Pages pasted as text, each with the article it must become beside it."""

from __future__ import annotations

import json
import re
from collections import Counter
from dataclasses import asdict
from pathlib import Path
from textwrap import wrap

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.sources.cleaning import clean_html, plain
from digest.sources.markup import visible
from digest.sources.origin import Origin
from digest.sources.pasted import Pasted, read_pasted
from tests.examples import examples

PAGES = Path(__file__).parent / "data" / "pasted"
NAMES = sorted(path.stem for path in PAGES.glob("*.txt"))


def read(text: str, *, language: str = "", base_url: str = "") -> Pasted:
    origin = Origin(
        source="desk",
        key="inbox/page.txt",
        where="inbox/page.txt",
        timezone="Europe/Paris",
        language=language,
        base_url=base_url,
    )
    return read_pasted(text, origin=origin)


def said(pasted: Pasted) -> dict[str, object]:
    """Return what a fixture's JSON says: the fields with something in them."""
    fields = asdict(pasted.article) | {"left_out": pasted.left_out}
    for name in ("id", "source", "pinned", "order"):
        del fields[name]
    kept = {
        name: value for name, value in fields.items() if value not in ("", (), None)
    }
    found: dict[str, object] = json.loads(json.dumps(kept, default=str))
    return found


@pytest.mark.parametrize("name", NAMES)
def test_every_page_becomes_the_article_beside_it(
    name: str, request: pytest.FixtureRequest
) -> None:
    text = (PAGES / f"{name}.txt").read_bytes().decode()
    expected = PAGES / f"{name}.json"

    found = said(read(text))

    if request.config.getoption("--approve"):
        expected.write_text(json.dumps(found, ensure_ascii=False, indent=1) + "\n")
    wanted = json.loads(expected.read_text())
    assert found.keys() == wanted.keys()
    for field, value in wanted.items():
        assert found[field] == value, field


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize(
    ("pattern", "instead"),
    [(r"^", "    "), (r"$", "   "), (r"^• ", "* "), (r"^• ", "·"), (r"\n", "\r\n")],
    ids=["indented", "with spaces at the end", "stars", "dots", "windows line ends"],
)
def test_the_layout_of_lines_changes_nothing(
    name: str, pattern: str, instead: str
) -> None:
    text = (PAGES / f"{name}.txt").read_bytes().decode().replace("\r\n", "\n")

    other = re.sub(pattern, instead, text, flags=re.MULTILINE)

    assert read(other) == read(text)


@pytest.mark.parametrize("name", sorted({*NAMES} - {"bruecke-de", "umbrella"}))
def test_lines_cut_at_72_columns_are_put_together_again(name: str) -> None:
    text = (PAGES / f"{name}.txt").read_bytes().decode().replace("\r\n", "\n")

    cut = [
        piece
        for line in text.split("\n")
        for piece in (
            wrap(line, 72, break_on_hyphens=False, break_long_words=False) or [""]
        )
    ]

    found, wanted = said(read("\n".join(cut))), said(read(text))
    assert found.keys() == wanted.keys()
    # An invitation may have been cut, too; nobody puts that together.
    assert found | {"left_out": []} == wanted | {"left_out": []}


def words(*texts: str) -> Counter[str]:
    return Counter(re.findall(r"\w+", " ".join(texts).replace("_", " ")))


def words_kept(pasted: Pasted) -> Counter[str]:
    """Count the words in every field, among what was left out and the labels."""
    article = pasted.article
    image = article.image
    return words(
        article.headline,
        article.standfirst,
        article.byline,
        article.desk,
        *((image.url, image.caption, image.credit) if image else ()),
        plain(article.body),
        *article.tags,
        *(f"{link.title} {link.url}" for link in article.related),
        *(f"{link.title} {link.url}" for link in article.also_read),
        *pasted.left_out,
        *pasted.labels,
    )


@pytest.mark.parametrize("name", NAMES)
def test_no_word_of_a_page_is_lost(name: str) -> None:
    text = (PAGES / f"{name}.txt").read_bytes().decode()

    missing = words(text) - words_kept(read(text))

    assert not missing


LINES = st.sampled_from(
    [
        *(
            "",
            "",
            "   ",
            "Home",
            "Europe",
            "3 min",
            "Read more",
            "Follow",
            "|",
            "=====",
        ),
        *(
            "By Mara Quist",
            "Text by:",
            "Mara Quist",
            "Texte par : Léa Noir",
            "(with AFP)",
        ),
        *("Issued on: 19/02/2024 - 08:14", "Modified:", "19/02/2024", "Publié le :"),
        *(
            "© Agency / Name",
            "A boat in the harbour. © Wire / Jon Aske",
            "Photo: Jon Aske",
        ),
        *("With our correspondent in Velmar, Tobias Renn", "(From Berlin) It rained."),
        *(
            "►Also read: A title that goes on",
            "Also read:",
            "On the same subject",
            "Tags:",
        ),
        *("• Ports", "• Human rights", "* one", "- two", "• A • B • C", "#Sea #Salt"),
        *("Receive all the news in your mailbox", "I subscribe", "Most read", "Share"),
        *("A storm takes the roof of the market hall", "and nobody was below it"),
        *("The roof came down at noon, when the hall was empty but for two cats.",),
        *(
            '"We heard it before',
            'we saw it," said Ann Lee.',
            "« On l’a vu,",
            "partir »",
        ),
        *(
            "© 2024 Copyright Longitude - All rights reserved",
            "https://x.example/a.jpg",
        ),
        *("Headline: A cat is elected", "Title — with a dash", "15/12/2024 - 2 min"),
    ]
)
TEXTS = st.one_of(
    st.lists(LINES, max_size=30).map("\n".join),
    st.lists(st.one_of(LINES, st.text(max_size=60)), max_size=12).map("\n".join),
    st.text(max_size=400),
)


@examples(300)
@given(TEXTS)
def test_no_word_of_any_text_is_lost(text: str) -> None:
    pasted = read(text)

    # Controls are no words, and some line ends are controls.
    shown = " ".join(
        visible(line) for line in re.split("[\n\r\v\f\x85\u2028\u2029]", text)
    )
    assert not words(plain(clean_html(shown_as_html(shown)))) - words_kept(pasted)


def shown_as_html(text: str) -> str:
    """Escape as a body does, so that both sides see the same characters."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


@examples(100)
@given(TEXTS)
def test_an_article_always_has_a_headline_and_a_safe_body(text: str) -> None:
    article = read(text).article

    assert article.headline
    assert "\n" not in article.headline
    assert article.body == clean_html(article.body)
    assert article.reading_minutes >= 1


@examples(100)
@given(st.lists(LINES, max_size=20))
def test_windows_line_ends_change_nothing(lines: list[str]) -> None:
    assert read("\r\n".join(lines)) == read("\n".join(lines))


class TestAmbiguousPlaces:
    def test_a_line_before_a_credit_is_the_headline_when_there_is_no_other(
        self,
    ) -> None:
        article = read(
            "Storm takes the market's roof\n© Wire / Jo\n\nIt rained."
        ).article

        assert article.headline == "Storm takes the market's roof"
        assert article.image
        assert article.image.caption == ""

    def test_a_second_picture_stays_in_the_body(self) -> None:
        text = (PAGES / "deux-legendes-fr.txt").read_text()

        assert "offert par un bijoutier. © Lagune Images" in read(text).article.body

    def test_a_bulleted_list_inside_the_text_is_no_tags(self) -> None:
        text = (PAGES / "no-headline-marks.txt").read_text()

        article = read(text).article

        assert article.tags == ()
        assert "<ul><li>a pump</li>" in article.body

    def test_by_at_the_beginning_of_a_sentence_is_no_byline(self) -> None:
        text = "A quiet night in the port\n\nBy midnight Velmar was asleep.\n\nNo ship came."

        assert read(text).article.byline == ""

    def test_words_of_a_menu_may_be_tags(self) -> None:
        text = (
            "Bees move into the theatre\n\nThe bees came in June and nobody asked them for"
            " a ticket.\n\nTags:\nScience\nCulture\n"
        )

        assert read(text).article.tags == ("Science", "Culture")

    def test_an_unfinished_quotation_does_not_swallow_the_page(self) -> None:
        text = "A short story\n\n" + "\n\n".join(
            ['He said "no', *(f"Paragraph {n} stands alone." for n in range(20))]
        )

        assert read(text).article.body.count("<p>") > 15

    def test_an_address_alone_above_the_story_is_its_own(self) -> None:
        page = "https://longitude.example/a/storm?utm_source=x\nStorm takes the roof off\n\n"

        article = read(
            f"{page}It rained for nine days, and on the tenth it stopped."
        ).article

        assert article.url == "https://longitude.example/a/storm"

    @pytest.mark.parametrize(
        "signature",
        ["Velmar, Mara Quist", "Mara Quist (Velmar)", "Mara Quist – Velmar"],
    )
    def test_a_correspondent_may_sign_with_name_and_place_alone(
        self, signature: str
    ) -> None:
        text = f"Storm takes the roof off a hall\n\n3 min\n\n{signature}\n\nIt rained."

        article = read(text).article

        assert (article.byline, article.desk) == ("Mara Quist", "Velmar")
        assert article.body == "<p>It rained.</p>"

    def test_the_sites_own_line_above_its_menu_is_no_headline(self) -> None:
        text = (
            "Longitude, the world's news in English\nHome\nSport\nStorm takes the roof off"
            " a hall\n\nIt rained for nine days, and then it stopped, all at once."
        )

        assert read(text).article.headline == "Storm takes the roof off a hall"

    def test_lines_that_begin_with_dashes_are_a_list(self) -> None:
        text = (
            "Storm takes the roof off a hall\n\nIt rained for nine days, and then it stopped,"
            " all at once.\n\n– Weather\n– Old Velmar\n"
        )

        assert read(text).article.tags == ("Weather", "Old Velmar")

    def test_speech_that_begins_with_dashes_is_none(self) -> None:
        text = "Storm takes the roof off a hall\n\nIt rained.\n\n– Who is there?\n– The wind.\n"

        assert "<p>– Who is there?</p><p>– The wind.</p>" in read(text).article.body

    def test_a_second_list_of_short_lines_below_the_related_titles_is_the_tags(
        self,
    ) -> None:
        text = (
            "Storm takes the roof off a hall\n\nIt rained.\n\nOn the same subject\n\n"
            "• The second storm of a long year\n• Who mends a market hall\n\n• Velmar\n• Roofs\n"
        )

        article = read(text).article

        assert article.tags == ("Velmar", "Roofs")
        assert len(article.related) == 2

    def test_a_date_may_stand_behind_the_byline(self) -> None:
        text = "Storm takes the roof off a hall\nBy Mara Quist - 19/02/2024 - 08:14\n\nIt rained."

        article = read(text).article

        assert article.byline == "Mara Quist"
        assert str(article.published) == "2024-02-19 07:14:00+00:00"

    def test_short_lines_below_the_related_titles_are_tags(self) -> None:
        text = (
            "Storm takes the roof off a hall\n\nIt rained.\n\nOn the same subject\n"
            "The second storm of a long year\nWho mends a market hall\n\nWeather\nVelmar\n"
        )

        article = read(text).article

        assert article.tags == ("Weather", "Velmar")
        assert len(article.related) == 2

    def test_a_page_of_nothing_is_named_after_its_file(self) -> None:
        assert read("").article.headline == "page"

    def test_a_date_that_was_only_true_once_is_left_out(self) -> None:
        pasted = read(
            "Storm takes the roof off a hall\n\nPublished yesterday at 18:00\n\nIt rained."
        )

        assert pasted.article.published is None
        assert "Published yesterday at 18:00" in pasted.left_out


@pytest.mark.parametrize(
    ("byline", "names", "desk"),
    [
        ("By Mara Quist", "Mara Quist", ""),
        ("By Mara Quist, Harbour Wire", "Mara Quist", "Harbour Wire"),
        ("By Mara Quist and Jon Aske", "Mara Quist and Jon Aske", ""),
        ("By Mara Quist in Lisbon", "Mara Quist", "Lisbon"),
        ("By Mara Quist (Lisbon)", "Mara Quist", "Lisbon"),
        ("Text by: Mara Quist Follow", "Mara Quist", ""),
        ("Texte par\u00a0: Léa Noir", "Léa Noir", ""),
        ("Par Léa Noir à Lyon", "Léa Noir", "Lyon"),
        ("Von Jan van der Meer", "Jan van der Meer", ""),
        ("Text von: Eva Lang", "Eva Lang", ""),
        ("Texto por: Ana de la Cruz", "Ana de la Cruz", ""),
        ("By MARA QUIST | Harbour Wire | 3 min", "MARA QUIST", "Harbour Wire"),
    ],
)
def test_bylines_are_taken_apart(byline: str, names: str, desk: str) -> None:
    article = read(f"Storm takes the roof off a hall\n{byline}\n\nIt rained.").article

    assert (article.byline, article.desk) == (names, desk)


@pytest.mark.parametrize(
    "line",
    [
        *(
            "3 min",
            "3 min read",
            "Reading time: 3 minutes",
            "3-minute read",
            "⏱ 3 min read",
        ),
        *("Temps de lecture\u00a0: 3 min", "3 min de lecture", "Lesezeit: 3 Minuten"),
        *("3 Min. Lesezeit", "Tiempo de lectura: 3 minutos", "3 min de lectura"),
    ],
)
def test_reading_times_are_understood(line: str) -> None:
    pasted = read(f"Storm takes the roof off a hall\n{line}\n\nIt rained.")

    assert pasted.article.reading_minutes == 3
    assert pasted.article.body == "<p>It rained.</p>"


@pytest.mark.parametrize(
    "line",
    [
        *("►Also read: Ten dams", "Also read: Ten dams", "▶ Read also: Ten dams"),
        *(
            "Read more: Ten dams",
            "See also: Ten dams",
            "► À lire aussi\u00a0: Ten dams",
        ),
        *(
            "Lire aussi : Ten dams",
            "À lire également : Ten dams",
            "Mehr dazu: Ten dams",
        ),
        *(
            "Lesen Sie auch: Ten dams",
            "→ Lea también: Ten dams",
            "Lee también: Ten dams",
        ),
    ],
)
def test_other_stories_inside_the_text_are_taken_out(line: str) -> None:
    article = read(
        f"Storm takes the roof\n\nIt rained.\n\n{line}\n\nIt stopped."
    ).article

    assert [link.title for link in article.also_read] == ["Ten dams"]
    assert article.body == "<p>It rained.</p><p>It stopped.</p>"


@pytest.mark.parametrize(
    "line",
    [
        "Receive all the international news directly in your mailbox",
        "I subscribe",
        "Take international news everywhere with you! Download the app",
        "Recevez toute l’actualité internationale directement dans votre boîte mail",
        "Je m’abonne",
        "Erhalten Sie alle Nachrichten direkt in Ihr Postfach",
        "Jetzt abonnieren",
        "Laden Sie die App herunter",
        "Reciba toda la actualidad directamente en su correo",
        "Suscríbase",
        "Descargue la aplicación",
        "Share on WhatsApp",
        "Lien copié",
        "© 2024 Copyright Longitude - All rights reserved",
    ],
)
def test_invitations_and_footers_are_left_out_and_listed(line: str) -> None:
    pasted = read(
        "Storm takes the roof off a hall\n\nIt rained for nine days, and then it stopped at"
        f" last.\n\nOn the same subject\n\nA second storm is on its way\n\n{line}\n"
    )

    assert line in pasted.left_out
    assert len(pasted.article.related) == 1


@pytest.mark.parametrize(
    ("said", "credit"),
    [
        ("© Longitude / H. Varga", "© Longitude / H. Varga"),
        ("© H. Varga", "© H. Varga"),
        ("© J. R. R. Mora", "© J. R. R. Mora"),
        ("Photo: H. Varga", "Photo: H. Varga"),
        ("Foto: Hana Varga/dpa", "Foto: Hana Varga/dpa"),
        ("(Photo: H. Varga)", "Photo: H. Varga"),
    ],
)
def test_a_credit_ends_its_caption_with_initials_too(said: str, credit: str) -> None:
    article = read(
        f"Storm takes the roof off a school\n\nA lamp outside the school at dusk. {said}\n\n"
        "It rained for nine days, and then it stopped at last, all at once.\n"
    ).article

    assert article.image
    assert article.image.caption == "A lamp outside the school at dusk."
    assert article.image.credit == credit
    assert "lamp" not in article.body


@pytest.mark.parametrize(
    "sentence",
    [
        "The label said © Velmar. Nobody believed it, and the roof was sold that night.",
        "It was a bad photo. Photo: the word alone made the whole town hall laugh.",
    ],
)
def test_a_sentence_behind_a_mark_is_no_credit(sentence: str) -> None:
    article = read(f"Storm takes the roof off a school\n\n{sentence}\n").article

    assert article.image is None
    assert sentence in article.body


@pytest.mark.parametrize(
    "line",
    [
        *("Share:", "Follow:", "Follow us:", "Share this article:"),
        *("Partager :", "Teilen:", "Compartir:", "Síguenos:"),
    ],
)
def test_buttons_announce_no_list(line: str) -> None:
    article = read(
        "Storm takes the roof off a hall\n\nIt rained for nine days, and then it stopped,"
        f" all at once.\n\n{line}\n• Weather\n• Roofs\n"
    ).article

    assert article.tags == ("Weather", "Roofs")
    assert "<ul>" not in article.body


@pytest.mark.parametrize(
    "line",
    [
        "Follow the news of the world by downloading the Longitude app",
        "Follow all the international news by downloading the Longitude application",
        "Take the world's news with you! Download our app",
        "Read every story in our Longitude app",
        "Get the app",
        "Suivez toute l’actualité internationale en téléchargeant l’application Longitude",
        "Restez au courant en téléchargeant notre application",
        "Lisez tous nos récits sur notre appli",
        "Verfolgen Sie das Weltgeschehen mit unserer App",
        "Lesen Sie alle Geschichten in unserer Longitude-App",
        "Holen Sie sich die App",
        "Siga toda la actualidad internacional descargando la aplicación Longitude",
        "Manténgase al día con nuestra app",
        "Descárguese la app",
    ],
)
def test_invitations_to_take_the_app_are_left_out(line: str) -> None:
    pasted = read(
        "Storm takes the roof off a hall\n\nIt rained for nine days, and then it stopped at"
        f" last.\n\n{line}\n"
    )

    assert line in pasted.left_out


@pytest.mark.parametrize(
    "line",
    [
        "Take the boy who followed the storm by downloading an app: he is nine.",
        "She downloads the app every night and reads with her sister on the boat.",
        "Get the application forms from the town hall before noon, the mayor said.",
        "Wer die App nicht hat, fragt in der Bäckerei nach dem Wetter.",
        "Follow the signs, download the application form and bring it to the hall.",
        "Keep a log of the rain in the weather app, the farmers were told.",
        "Lesen Sie den Pegel in der Wetter-App ab, riet der Bürgermeister.",
    ],
)
def test_a_story_about_an_app_stays(line: str) -> None:
    pasted = read(
        "Storm takes the roof off a hall\n\nIt rained for nine days, and then it stopped at"
        f" last.\n\n{line}\n"
    )

    assert line in pasted.article.body


@pytest.mark.parametrize(
    ("labels", "language"),
    [
        (("Texte par : Léa Noir", "À lire aussi : Dix digues"), "fr"),
        (("Text von: Eva Lang", "Lesen Sie auch: Zehn Deiche"), "de"),
        (("Texto por: Ana Sol", "Lea también: Diez diques"), "es"),
        (("Text by: Mara Quist", "Also read: Ten dams"), "en"),
        (("Text by: Mara Quist", "À lire aussi : Dix digues"), ""),
        (("Texto por: Ana Sol", "3 min"), ""),  # may be Portuguese
        (("3 min", "© Longitude / Ana Sol"), ""),
    ],
)
def test_the_labels_of_a_page_say_its_language_when_they_agree(
    labels: tuple[str, str], language: str
) -> None:
    text = "Storm takes the roof off a hall\n{}\n\nIt rained.\n\n{}\n".format(*labels)

    assert read(text).article.language == language
    assert read(text, language="pt").article.language == "pt"


@pytest.mark.slow
@pytest.mark.timeout(60)
@pytest.mark.parametrize(
    "line",
    [
        *(
            "a\n",
            "Share\n",
            '"a b c\n',
            "On the same subject\n",
            "• tag\n",
            "© a\n",
            ", ",
        ),
        *(
            '"a b c d e f g h" ',
            "►Also read: a ",
            "a\u00a0",
            "\u00a0",
            "A | 3 min ",
            "• a • b ",
        ),
        *(
            "https://a.example/ ",
            "Storm over the market hall\n",
            "• a b c d\n\n",
            "« »",
        ),
    ],
)
def test_much_of_anything_is_read(line: str) -> None:
    """Anything that grew with the square of the input would take many minutes."""
    text = line * (100_000 // len(line))

    assert read(text).article.headline
