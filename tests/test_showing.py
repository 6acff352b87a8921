"""A mail as mail programs show it: what each rewrite takes away, and what it leaves."""

from __future__ import annotations

import pytest

from digest.showing import Showing, shown, with_pictures, with_spot
from tests import stock_samples as stock

MAIL = """\
<!DOCTYPE html>
<html><head><meta name="color-scheme" content="light dark">
<style>
p{color:#111}
@media (prefers-color-scheme: dark){p{color:#eee}}
@media (max-width:480px){.w{width:100%!important}}
</style>
</head>
<body>
<!--[if mso]><noscript><xml><o:PixelsPerInch>96</o:PixelsPerInch></xml></noscript><table width="600"><tr><td><![endif]-->
<!--[if !mso]><!--><p class="others">For others</p><!--<![endif]-->
<div style="max-width:600px; border-radius:4px; color:#222; margin:0">
<p
 id="first" class="w">Words <img src="https://a.example/x.png?a=1&amp;b=2" alt="Boat"></p>
<p>Second</p> <a href="https://b.example/" style="padding:9px; color:#333">Go</a>
</div>
<!--[if mso]></td></tr></table><![endif]-->
</body></html>
"""


def test_by_day_and_by_night_the_mails_own_question_is_answered() -> None:
    day, night = shown(MAIL, Showing.DAY), shown(MAIL, Showing.NIGHT)

    assert "@media (max-width:0){p{color:#eee}}" in day
    assert "@media (min-width:0){p{color:#eee}}" in night
    assert ":root{color-scheme:light}</style></head>" in day
    assert ":root{color-scheme:dark}</style></head>" in night
    assert "prefers-color-scheme" not in day + night


def test_a_program_that_darkens_drops_what_a_mail_says_about_it() -> None:
    dark = shown(MAIL, Showing.DARKENED)

    assert "color-scheme" not in dark.partition("<style>:root")[0]
    assert "p{color:#111}" not in dark
    assert "invert" in dark


def test_pictures_and_styles_go_where_they_are_blocked() -> None:
    assert 'src="blocked:" alt="Boat"' in shown(MAIL, Showing.PICTURELESS)
    styleless = shown(MAIL, Showing.STYLELESS)
    assert "p{color:#111}" not in styleless
    assert "border-radius:4px" in styleless


def test_outlook_sees_the_buttons_that_word_draws_and_styles_in_any_quotes() -> None:
    cell = """<td style='mso-padding-alt:1px 2px; max-width:9px'><p>Kept</p>"""
    link = """<a style='padding:3px; mso-padding-alt:0; color:red'>Go</a></td>"""

    outlook = shown(f"<head></head>{cell}{link}", Showing.OUTLOOK)

    assert "<td style='padding:1px 2px; '><p>Kept</p>" in outlook
    assert "<a style='  color:red'>Go</a></td>" in outlook


def test_outlook_sees_what_is_for_word_and_not_what_word_ignores() -> None:
    outlook = shown(MAIL, Showing.OUTLOOK)

    assert '<table width="600"><tr><td>' in outlook
    assert "</td></tr></table>" in outlook
    for gone in ("For others", "96", "max-width", "border-radius", "@media", "padding"):
        assert gone not in outlook
    for kept in ("p{color:#111}", "color:#222", "margin:0", "color:#333"):
        assert kept in outlook


@pytest.mark.parametrize("showing", Showing)
def test_every_way_of_showing_a_stock_mail_shows_its_words(showing: Showing) -> None:
    html = stock.mail("newsroom", "en").html or ""

    changed = shown(html, showing)

    assert changed != html
    assert changed.count("<h2") == html.count("<h2") > 2
    for element in ("<td", "<p ", "<img", "class="):
        assert changed.count(element) >= html.count(element) > 2, element
    assert changed.count("<a ") >= html.count("<a ") - html.count("[if !mso]")


def test_pictures_are_shown_from_elsewhere_where_somebody_has_them() -> None:
    asked = list[str]()

    def place(url: str) -> str:
        asked.append(url)
        return "/picture/1?a&b"

    moved = with_pictures(MAIL, place)

    assert asked == ["https://a.example/x.png?a=1&b=2"]
    assert 'src="/picture/1?a&amp;b"' in moved
    assert with_pictures(MAIL, lambda _: "") == MAIL


@pytest.mark.parametrize(
    ("line", "framed", "name"),
    [
        (12, '<div id="spot" data-spot=""', "spot"),
        (13, '<p data-spot=""\n id="first"', "first"),
        (14, '<img id="spot" data-spot="" src', "spot"),
        (15, '<p id="spot" data-spot="">Second', "spot"),
        (17, '<a id="spot" data-spot="" href', "spot"),  # not what is for Word
    ],
)
def test_the_element_of_a_line_is_framed(line: int, framed: str, name: str) -> None:
    html, found = with_spot(MAIL, line)

    assert found == name
    assert framed in html
    assert html.count("data-spot=") == 1
    assert "[data-spot]{outline" in html


def test_nothing_is_framed_before_the_first_element() -> None:
    assert with_spot(MAIL, 3) == with_spot(MAIL, 10) == (MAIL, "")
