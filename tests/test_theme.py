"""A look without HTML: what a theme may say, what it may not, and what comes of it."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.errors import FileProblems
from digest.model import Format, Image, Length
from digest.rendering import TemplateFile
from digest.rendering.contrast import contrast, nearest
from digest.rendering.theme import Theme, Themes
from digest.template_files import load_templates
from tests import rendering_samples as samples
from tests import stock_samples as stock

SHIPPED = load_templates("newsroom", None).themes
DOCS = Path(__file__).parent.parent / "docs" / "templates.md"


def themed(text: str, language: str = "en") -> Theme:
    own = TemplateFile(path="templates/theme.yaml", text=text)
    return Themes([*SHIPPED, own]).speaking(language)


def complaints(text: str) -> list[str]:
    with pytest.raises(FileProblems) as caught:
        themed(text)
    return str(caught.value).split("\n")


class TestContrast:
    @pytest.mark.parametrize(
        ("one", "other", "ratio"),
        [
            ("#000000", "#ffffff", 21.0),
            ("#ffffff", "#ffffff", 1.0),
            ("#777777", "#ffffff", 4.48),
            ("#767676", "#ffffff", 4.54),
            ("#ff0000", "#0000ff", 2.15),
        ],
    )
    def test_is_what_wcag_says(self, one: str, other: str, ratio: float) -> None:
        assert contrast(one, other) == pytest.approx(ratio, abs=0.005)
        assert contrast(other, one) == contrast(one, other)

    COLOURS = st.from_regex(r"#[0-9a-f]{6}", fullmatch=True)

    @given(COLOURS, COLOURS)
    def test_can_be_had_with_every_ground(self, colour: str, ground: str) -> None:
        found = nearest(colour, ground)

        assert contrast(found, ground) >= 4.5

    def test_is_had_by_changing_little(self) -> None:
        assert nearest("#777777", "#ffffff") == "#767676"
        assert nearest("#888888", "#000000") != "#ffffff"


class TestTheShippedTheme:
    def test_says_everything(self) -> None:
        theme = Themes(SHIPPED).speaking("en")

        assert theme.light.card == "#ffffff"
        assert theme.dark.card == "#191c22"
        assert theme.logo is None
        assert theme.fonts.headlines.startswith("Georgia")

    @pytest.mark.parametrize(
        ("language", "family"),
        [
            ("ar", "Noto Naskh Arabic"),
            ("ar-EG", "Noto Naskh Arabic"),
            ("ja", "Hiragino Mincho ProN"),
            ("zh_TW", "Songti SC"),
            ("nb-NO", "Georgia"),
        ],
    )
    def test_has_fonts_for_scripts(self, language: str, family: str) -> None:
        assert family in Themes(SHIPPED).speaking(language).fonts.headlines

    def test_with_half_a_logo_is_told_where_that_half_stands(self) -> None:
        text = "gutter: 20\nlogo: {url: 'https://x.example/a.png'}"

        assert complaints(text) == [
            "templates/theme.yaml:2:13: lacks `logo.width`: add it",
            "templates/theme.yaml:2:13: lacks `logo.height`: add it",
        ]

    def test_alone_is_checked_for_what_it_lacks(self) -> None:
        with pytest.raises(FileProblems) as caught:
            Themes([TemplateFile(path="theme.yaml", text="width: 600")])

        assert "theme.yaml:1:1: lacks `gutter`: add it" in str(caught.value)
        assert "lacks `colours.ink.dark`: add it" in str(caught.value)


class TestAnOperatorsTheme:
    def test_changes_what_it_says_and_nothing_else(self) -> None:
        theme = themed('colours: {accent: {light: "#05A"}}\nwidth: 640\nlogo:\n')

        assert theme.light == replace(
            Themes(SHIPPED).speaking("en").light, accent="#0055aa"
        )
        assert theme.dark.accent == "#ff9a8b"
        assert (theme.width, theme.gutter) == (640, 24)

    def test_may_be_empty(self) -> None:
        assert themed("") == Themes(SHIPPED).speaking("en")

    @pytest.mark.parametrize(
        ("text", "complaint"),
        [
            (
                'colours:\n  acent: {light: "#fff"}',
                "2:18: `colours.acent.light` is not something a theme says: did you mean `accent`?",
            ),
            (
                "colours: {ink: {light: red}}",
                "1:24: `colours.ink.light` is 'red', not a colour: write it like",
            ),
            (
                'colours: {ink: "#000"}',
                "1:16: `colours.ink` holds light, dark: give one a value below it",
            ),
            (
                "fonts: {text: {default: 'x;color:red'}}",
                "1:25: `fonts.text.default` is 'x;color:red': write font names with commas",
            ),
            ("fonts: {text: {default: Georgia}}", "and `serif` or `sans-serif` at the end"),
            ("fonts: {text: {English: serif}}", "`fonts.text.English` is not something"),
            ("width: 2000", "1:8: `width` is 2000: give a number of pixels from 320 to 720"),
            ("gutter: {left: 3}", "give one value here, with nothing below it"),
            (
                "logo: {url: 'http://x.example/a.png', width: 9, height: 9}",
                ("`logo.url` is 'http://x.example/a.png': give the picture's address, "
                "beginning with https://"),
            ),
            ("logo: {url: 'https://x.example/a.png'}", "lacks `logo.width`: add it"),
            ("- a", "`the file`" ),
        ],
    )  # fmt: skip
    def test_is_told_what_is_wrong_and_where(self, text: str, complaint: str) -> None:
        assert any(complaint in found for found in complaints(text)), complaints(text)

    def test_cannot_hide_a_text_on_its_ground(self) -> None:
        found = complaints('colours:\n  muted: {light: "#9aa1ac"}')

        assert len(found) == 3, "on the card, around it, on a panel"
        assert found[0] == (
            "templates/theme.yaml:2:18: `colours.muted.light` (#9aa1ac) cannot be read "
            "on `colours.card.light` (#ffffff): their contrast is 2.60, and text needs "
            "4.5; the nearest `muted` that has it is #72777f"
        )
        assert contrast("#72777f", "#ffffff") >= 4.5

    def test_is_blamed_for_a_ground_it_changed(self) -> None:
        found = complaints('colours: {card: {dark: "#777777"}}')

        assert all("the nearest `card` that has it is #" in line for line in found)

    @pytest.mark.parametrize("pair", ["button_text on button", "band_text on band"])
    @pytest.mark.parametrize("mode", ["light", "dark"])
    def test_is_checked_for_every_pair_light_and_dark(
        self, pair: str, mode: str
    ) -> None:
        text, ground = pair.split(" on ")

        [found] = complaints(f'colours: {{{text}: {{{mode}: "#777777"}}}}')

        assert f"`colours.{text}.{mode}` (#777777) cannot be read on" in found
        assert f"`colours.{ground}.{mode}`" in found

    def test_of_the_documentation_is_refused_in_these_words(self) -> None:
        part = DOCS.read_text().split("\n## Themes\n")[1].split("\n## ")[0]
        said = " ".join(re.findall(r"^    (.*)$", part, re.MULTILINE))
        colour = re.search(r"\((#\w{6})\)", said)
        assert colour

        found = complaints(f'colours:\n  accent: {{light: "{colour[1]}"}}')

        assert found[0] == said


@pytest.mark.parametrize("of", stock.SETS)
def test_every_set_shows_a_themes_values(of: str) -> None:
    files = samples.templates(of)
    own = TemplateFile(
        path="templates/theme.yaml",
        text='colours: {ink: {light: "#102030", dark: "#fafbfc"}}\nwidth: 640\n'
        "gutter: 17\nfonts: {headlines: {default: Charter, serif}}\n"
        "logo: {url: 'https://l.example/a.png', dark: 'https://l.example/b.png', "
        "width: 200, height: 40}\n".replace("Charter, serif", "'Charter, serif'"),
    )
    digest = stock.digest_of("en", [0, 1])

    made = samples.renderer(
        digest,
        templates=replace(files, themes=(*files.themes, own)),
        sections=digest.sections,
    )
    mail = made.render(
        digest, samples.personal(), language="en", length=Length.SUMMARIES,
        format=Format.HTML,
    )  # fmt: skip

    html = mail.html or ""
    assert not made.why_not_joined
    assert "color:#102030" in html
    assert "#16191f" not in html
    assert re.search(r"\.ink,\.bs,\.ba\{color:#fafbfc !important\}", html)
    assert 'width="640"' in html
    assert "@media (min-width:640px)" in html
    assert "padding-left:17px" in html
    assert "font-family:Charter, serif" in html
    if of != "letter":  # it is signed, and has no masthead
        assert (
            '<source srcset="https://l.example/b.png" media="(prefers-color-scheme:dark)">'
            in html
        )
        assert 'width="200" height="40" alt="Longitude"' in html


@pytest.mark.parametrize("of", stock.SETS)
def test_no_picture_is_wider_than_its_column_and_none_is_enlarged(of: str) -> None:
    files = samples.templates(of)
    own = TemplateFile(path="templates/theme.yaml", text="width: 400\nwide: 30\n")
    pictures = "".join(
        f'<img src="https://m.example/{width}.jpg" alt="A quay" width="{width}" height="{width // 2}">'
        for width in (1200, 200)
    )
    story = samples.article(
        1,
        body=f"<p>Words</p>{pictures}",
        image=Image(url="https://m.example/lead.jpg", alt="A", width=1200, height=600),
    )
    digest = samples.digest(samples.section("Climate", story))

    made = samples.renderer(
        digest, templates=replace(files, themes=(*files.themes, own))
    )
    mail = made.render(
        digest, samples.personal(), language="en", length=Length.FULL,
        format=Format.HTML,
    )  # fmt: skip

    shown = {
        name: (int(width), int(height))
        for name, width, height in re.findall(
            r'<img[^>]* src="https://m.example/(\w+).jpg"[^>]* width="(\d+)" height="(\d+)"',
            re.sub(r'(<img[^>]*?)( alt="[^"]*")', r"\1", mail.html or ""),
        )
    }
    if of != "brief":  # it is headlines alone
        assert shown["1200"] == (340, 170), "sharp on dense screens: 1200 pixels in 340"
        assert shown["200"] == (200, 100)
        assert of == "letter" or shown["lead"] == (400, 200)
    assert all(width <= 400 for width, _ in shown.values())


def test_a_mistake_in_a_theme_stops_the_issue() -> None:
    files = samples.templates()
    own = TemplateFile(path="templates/theme.yaml", text="width: wide")

    with pytest.raises(FileProblems, match=r"templates/theme\.yaml:1:8: `width` is"):
        samples.renderer(
            samples.whole_digest(),
            templates=replace(files, themes=(*files.themes, own)),
        )
