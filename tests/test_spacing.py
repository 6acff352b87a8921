"""French marks hold on to their words; other languages, code and tags are left alone."""

from __future__ import annotations

import pytest

from digest.model import Format, Image, Length, Link, Quote
from digest.rendering.bodies import Bodies
from digest.rendering.spacing import set_in, set_in_html
from tests import rendering_samples as samples


@pytest.mark.parametrize(
    ("language", "typed", "held"),
    [
        ("fr", "« Rien » : pourquoi ?\n Ah !", "«~Rien~»~: pourquoi~? Ah~!"),
        ("fr-CA", "«\u202fRien\u00a0» ; ah", "«~Rien~»~; ah"),
        ("de", "Er rief »Nein« : warum ?", "Er rief »Nein« : warum ?"),
        ("frr", "A : b", "A : b"),
    ],
)
def test_french_marks_hold_on_to_their_words(
    language: str, typed: str, held: str
) -> None:
    assert set_in(language, typed).replace("\u00a0", "~") == held


@pytest.mark.parametrize(
    ("language", "typed", "held"),
    [
        ("fr", "<p>« Rien »\n: quoi ?</p>", "<p>«~Rien~»~: quoi~?</p>"),
        ("fr", "<p>« <em>Rien</em> » <b>Ah</b> !</p>", "<p>«~<em>Rien</em>~» <b>Ah</b>~!</p>"),
        ("fr", '<a href="/a ?b : c" title="« x > »">Où ?</a>', '<a href="/a ?b : c" title="« x > »">Où~?</a>'),
        ("fr", "<pre>a ? b : c</pre><p>Ah !</p>", "<pre>a ? b : c</pre><p>Ah~!</p>"),
        ("fr", "<p><code>x ;</code> non ;</p>", "<p><code>x ;</code> non~;</p>"),
        ("fr", '<p lang="en">Well ?<br>No !</p><p>Si !</p>', '<p lang="en">Well ?<br>No !</p><p>Si~!</p>'),
        ("en", "<p>Well ? <q lang='fr'>Eh !</q> !</p>", "<p>Well ? <q lang='fr'>Eh~!</q> !</p>"),
        ("fr", "<p>Un</b> ; deux  \n !", "<p>Un</b>~; deux~!"),
        ("fr", "<p>R&amp;D &lt; 3 ; déjà\u202f!</p>", "<p>R&amp;D &lt; 3~; déjà\u202f!</p>"),
        ("de", "<p>Er rief »Nein« : warum ?</p>", "<p>Er rief »Nein« : warum ?</p>"),
    ],
)  # fmt: skip
def test_so_they_do_in_bodies_but_not_in_code_and_tags(
    language: str, typed: str, held: str
) -> None:
    assert set_in_html(language, typed).replace("\u00a0", "~") == held


@pytest.mark.parametrize(
    ("language", "row"),
    [
        ("en", "* Ville: Lyon; Voix: 12"),
        ("fr-CH", "* Ville~: Lyon~; Voix~: 12"),
        ("ar", "* Ville: Lyon؛ Voix: 12"),
        ("ja", "* Ville：Lyon；Voix：12"),
        ("zh-Hant", "* Ville：Lyon；Voix：12"),
        ("km", "* Ville៖ Lyon; Voix៖ 12"),
    ],
)
def test_a_row_of_a_table_has_the_marks_of_its_language(
    language: str, row: str
) -> None:
    """In the text part, where a heading with a colon of its own gets no second one."""
    body = (
        "<table><tr><th>Ville</th><th>Voix :</th></tr>"
        "<tr><td>Lyon</td><td>12</td></tr></table>"
    )

    assert Bodies().text(body, language=language) == row.replace("~", " ")


def test_no_row_of_a_french_table_breaks_before_its_colon() -> None:
    heads = "<th>Ville</th><th>Voix</th>"
    for letters in range(40, 70):
        row = f"<td>{'x' * letters} ab</td><td>12</td>"
        body = f"<table><tr>{heads}</tr><tr>{row}</tr></table>"

        lines = Bodies().text(body, language="fr").split("\n")

        assert not [line for line in lines if line.strip(" *")[:1] in ":;"]


def test_no_line_of_a_french_story_begins_with_such_a_mark() -> None:
    """In whatever belongs to it, in both parts."""
    said = "Elle a dit « ah ! » ; puis : rien ?"
    held = said.replace("« ", "«~").translate({32: " "})
    for mark in "»:;!?":
        held = held.replace(f" {mark}", f"~{mark}")
    story = samples.article(
        language="fr",
        body=f"<p>{said}</p><blockquote><p>{said} {said} {said}</p></blockquote>"
        f"<table><tr><th>A</th><th>B</th></tr><tr><td>{said}</td><td>{said} {said}</td></tr></table>",
        image=Image(url="https://x.example/a.jpg", alt=said, caption=said),
        quotes=(Quote(text=said, role=said),),
        also_read=(Link(title=said, url="https://x.example/a ?b"),),
        related=(Link(title=said),),
    )
    plain = samples.article(2, language="fr", quotes=(Quote(text=said, role=said),))
    told = samples.digest(samples.section("Climat", story, plain))
    newsletter = samples.newsletter(language="fr", intro=said, tagline=said)
    made = samples.renderer(told, newsletter=newsletter)

    rendered = made.render(
        told,
        samples.personal(),
        language="fr",
        length=Length.FULL,
        format=Format.HTML,
    )

    html = (rendered.html or "").replace("\u00a0", "~")
    assert html.count(held) >= 9
    assert said not in html
    assert "a%20?b" in html
    lines = [line.strip("> *") for line in rendered.text.split("\n")]
    assert [line for line in lines if line.startswith(tuple("»:;!?"))] == []
    assert [line for line in lines if line.endswith("«")] == []
    assert len([line for line in lines if "rien ?" in line]) >= 9
    assert "\u00a0" not in rendered.text
