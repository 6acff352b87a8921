"""Whether everybody can read it: contrast, size, links that say where they go."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import partial

from digest.colours import contrast, written
from digest.lint.css import pixels, sides
from digest.lint.findings import Hit
from digest.lint.looks import Look
from digest.lint.mail import Mail
from digest.lint.page import Node
from digest.lint.rules import ERROR, INFO, WARNING, Shows, rule

_NEEDED, _NEEDED_LARGE = 4.5, 3.0
_LARGE, _LARGE_BOLD = 24, 18.66  # pixels
_SMALLEST, _SMALL = 12, 14
_TIGHT = 1.2  # of the size
_LONG_TEXT = 120
_SHOUTED = 30
_TAP, _SMALL_TAP = 44, 24


def _pale(look: Look, *, dark: bool) -> str:
    """Return what is wrong with a look's colours, or ""."""
    if look.over_image:
        return ""
    ink = look.dark_color if dark else look.color
    paper = look.dark_background if dark else look.background
    large = look.size >= _LARGE or (look.size >= _LARGE_BOLD and look.bold)
    needed = _NEEDED_LARGE if large else _NEEDED
    found = contrast(ink, paper)
    if found >= needed - 0.005:
        return ""
    return f"{found:.2f}:1 ({written(ink)} on {written(paper)}), {needed}:1 is needed"


def _by_day(mail: Mail) -> Iterator[Hit]:
    yield from _by_look(mail, dark=False)


def _by_look(mail: Mail, *, dark: bool) -> Iterator[Hit]:
    said: set[str] = set()
    for text, look in mail.looking(partial(_pale, dark=dark)):
        what = _pale(look, dark=dark)
        if what not in said and any(letter.isalnum() for letter in text.value):
            said.add(what)
            assert text.node
            yield text.node.hit(f"{' '.join(text.value.split())[:30]!r}: {what}")


@rule(
    "contrast",
    ERROR,
    fix="Darken the text or lighten what is behind it.",
    bad='<p style="color:#999999;background-color:#ffffff">A pale line of text</p>',
    good='<p style="color:#595959;background-color:#ffffff">A line of text</p>',
)
def contrast_light(mail: Mail) -> Iterator[Hit]:
    """Below 4.5:1 (3:1 for large text) many people cannot read it, and nobody can in
    the sun (WCAG 1.4.3)."""
    yield from mail.once(_by_day)


@rule(
    "contrast-dark",
    ERROR,
    fix="Give the element a dark colour and background that go together.",
    bad="@media (prefers-color-scheme:dark){p,h1{color:#444444 !important}"
    "body{background-color:#111111 !important}}",
    good="@media (prefers-color-scheme:dark){p,h1,a{color:#dddddd !important}"
    "body,div{background-color:#111111 !important}}",
    shows=Shows.CSS,
)
def contrast_dark(mail: Mail) -> Iterator[Hit]:
    """In dark mode a text whose background turned dark and that did not turn light is
    gone."""
    if "prefers-color-scheme" in mail.page.css:
        light = {hit.what.partition(":")[0] for hit in mail.once(_by_day)}
        for hit in _by_look(mail, dark=True):
            if hit.what.partition(":")[0] not in light:
                yield hit


@rule(
    "contrast-over-image",
    WARNING,
    fix="Add a background-color that the text can be read on.",
    bad='<p style="background-image:url(https://news.example/a.png)">Words on a picture</p>',
    good='<p style="background-color:#ffffff;'
    'background-image:url(https://news.example/a.png)">Words on a picture</p>',
)
def contrast_over_image(mail: Mail) -> Iterator[Hit]:
    """Where the picture is blocked or not drawn, nothing says what is behind the text."""
    for text, _ in mail.looking(lambda look: look.over_image):
        assert text.node
        yield text.node.hit("text on a picture with no colour under it")
        return


@rule(
    "font-small",
    WARNING,
    fix="Use 12 pixels at least, 14 for what is to be read.",
    bad='<p style="font-size:10px">You get this mail because …</p>',
    good='<p style="font-size:13px">You get this mail because …</p>',
)
def font_small(mail: Mail) -> Iterator[Hit]:
    """Below 12 pixels older eyes give up; iPhones enlarge it and break the layout."""
    for text, look in mail.looking(lambda look: look.size < _SMALLEST):
        assert text.node
        words = any(letter.isalpha() for letter in text.value)
        if words and not text.node.within("sub", "sup"):
            yield text.node.hit(f"{look.size:g} pixels: {text.value.strip()[:30]!r}")


@rule(
    "font-body-small",
    INFO,
    fix="Use 16 pixels for text that is to be read.",
    bad='<p style="font-size:12px">'
    + "A paragraph that goes on for a while. " * 4
    + "</p>",
    good='<p style="font-size:16px">' + "A paragraph that goes on. " * 6 + "</p>",
)
def font_body_small(mail: Mail) -> Iterator[Hit]:
    """Long text below 14 pixels is tiring on a phone."""
    for text, look in mail.looking(lambda look: _SMALLEST <= look.size < _SMALL):
        assert text.node
        if len(text.value) > _LONG_TEXT:
            yield text.node.hit(f"{look.size:g} pixels: {text.value.strip()[:30]!r}")


@rule(
    "line-height-tight",
    WARNING,
    fix="Use a line height of 1.4 to 1.6 times the size.",
    bad='<p style="font-size:16px;line-height:16px">'
    + "A paragraph of several lines. " * 6
    + "</p>",
    good='<p style="font-size:16px;line-height:25px">'
    + "A paragraph of several lines. " * 6
    + "</p>",
)
def line_height_tight(mail: Mail) -> Iterator[Hit]:
    """Lines that touch are hard to follow from one to the next (WCAG 1.4.12)."""
    for text, look in mail.looking(
        lambda look: 0 < look.line_height < _TIGHT * look.size
    ):
        assert text.node
        if len(text.value) > _LONG_TEXT:
            what = f"{look.line_height:g} pixels for letters of {look.size:g}"
            yield text.node.hit(what)


@rule(
    "justified",
    WARNING,
    fix="Align text at its beginning.",
    bad='<p style="text-align:justify">A paragraph.</p>',
    good='<p style="text-align:left">A paragraph.</p>',
)
def justified(mail: Mail) -> Iterator[Hit]:
    """Rivers of white run through justified text in narrow columns (WCAG 1.4.8)."""
    for node in mail.page.having("align"):
        if node.attrs["align"] == "justify":
            yield node.hit("justified text")
    for node in mail.declaring("text-align"):
        if node.style.get("text-align") == "justify":
            yield node.hit("justified text")


@rule(
    "capitals",
    WARNING,
    fix="Write it in small letters and add text-transform:uppercase if you like.",
    bad="<p>THE GOVERNMENT RESIGNED LAST NIGHT AFTER A LONG DEBATE</p>",
    good="<p>The government resigned last night after a long debate</p>",
)
def capitals(mail: Mail) -> Iterator[Hit]:
    """Some screen readers spell capitals letter by letter, and everybody reads them
    more slowly."""
    for text in mail.shown:
        if text.value.isupper() and " " in text.value.strip():
            letters = [c for c in text.value if c.isalpha() and c.lower() != c]
            if len(letters) > _SHOUTED:
                assert text.node
                yield text.node.hit(f"{' '.join(text.value.split())[:40]!r}")


@rule(
    "tap-target",
    WARNING,
    fix="Give the button more padding or a higher line: 44 pixels in all.",
    bad='<a href="https://news.example/a" style="display:inline-block;padding:4px 8px;'
    'line-height:16px;background-color:#003366;color:#ffffff">Read it</a>',
    good='<a href="https://news.example/a" style="display:inline-block;'
    "padding:12px 20px;line-height:20px;background-color:#003366;color:#ffffff"
    '">Read it</a>',
)
def tap_target(mail: Mail) -> Iterator[Hit]:
    """A thumb needs 44 pixels; on less it hits what is beside."""
    for node, height in mail.once(_blocks):
        style = mail.looks[node.index].style
        button = "background-color" in style.values or "background" in style.values
        button = button or style.get("border").startswith(("1px", "2px"))
        if button and height < _TAP:
            yield node.hit(f"a button of {height:g} pixels")


@rule(
    "tap-target-small",
    INFO,
    fix="Give the link more padding or a higher line: 24 pixels at least.",
    bad='<a href="https://news.example/a" style="display:block;line-height:16px">One</a>',
    good='<a href="https://news.example/a" style="display:block;line-height:28px">One</a>',
)
def tap_target_small(mail: Mail) -> Iterator[Hit]:
    """Links that stand by themselves need 24 pixels (WCAG 2.5.8)."""
    for node, height in mail.once(_blocks):
        if height < _SMALL_TAP:
            yield node.hit(f"a link of {height:g} pixels")


def _blocks(mail: Mail) -> Iterator[tuple[Node, float]]:
    """Yield links with a box of their own, and its height."""
    for node in mail.page["a"]:
        look = mail.looks[node.index]
        shape = look.style.get("display")
        if shape in ("block", "inline-block") and not look.hidden and node.text:
            if any(inner.tag == "img" for inner in node.inside):
                continue
            top, _, bottom, _ = sides(look.style, "padding")
            height = pixels(look.style.get("height")) or 0
            line = look.line_height or look.size * 1.2
            yield node, max(height, line) + top + bottom


@rule(
    "link-colour-only",
    INFO,
    fix="Underline links inside text.",
    bad='<p style="color:#333333">Words and <a style="color:#223366;'
    'text-decoration:none" href="https://news.example/a">a link</a> between.</p>',
    good='<p style="color:#333333">Words and <a style="color:#223366" '
    'href="https://news.example/a">a link</a> between.</p>',
)
def link_colour_only(mail: Mail) -> Iterator[Hit]:
    """Who cannot tell the colours apart does not see that there is a link (WCAG
    1.4.1)."""
    for node in mail.page["a"]:
        above = node.parent
        if above is None or above.tag not in ("p", "li") or node.tag != "a":
            continue
        look, around = mail.looks[node.index], mail.looks[above.index]
        alone = node.text == above.text
        same_weight = look.bold == around.bold
        if look.underlined or alone or look.hidden or not same_weight:
            continue
        if look.style.get("display") in ("block", "inline-block"):
            continue
        if contrast(look.color, around.color) < _NEEDED_LARGE and not any(
            inner.tag in ("b", "strong", "img") for inner in node.inside
        ):
            yield node.hit(f"{node.text[:40]!r} is told by its colour alone")


@rule(
    "role-button",
    WARNING,
    fix="Leave the role out: it is a link.",
    bad='<a href="https://news.example/a" role="button">Read</a>',
    good='<a href="https://news.example/a">Read</a>',
)
def role_button(mail: Mail) -> Iterator[Hit]:
    """What is called a button should react to the space bar; a link does not."""
    for node in mail.page["a"]:
        if node.get("role") == "button":
            yield node.hit("a link with role=button")


@rule(
    "aria-hidden-link",
    WARNING,
    fix="Take aria-hidden away, or the link out of it.",
    bad='<div aria-hidden="true"><a href="https://news.example/a">Read</a></div>',
    good='<div><a href="https://news.example/a">Read</a></div>',
)
def aria_hidden_link(mail: Mail) -> Iterator[Hit]:
    """The Tab key still goes there, and nothing is said."""
    for node in mail.page.having("aria-hidden"):
        if node.get("aria-hidden") == "true" and (
            node.tag == "a" or any(inner.tag == "a" for inner in node.inside)
        ):
            yield node.hit("a link that screen readers must not see")


@rule(
    "tabindex",
    WARNING,
    fix="Leave tabindex out.",
    bad='<a href="https://news.example/a" tabindex="3">Read</a>',
    good='<a href="https://news.example/a">Read</a>',
)
def tabindex(mail: Mail) -> Iterator[Hit]:
    """It reorders the whole mail program for who uses the Tab key."""
    for node in mail.page.having("tabindex"):
        if re.fullmatch(r"[1-9]\d*", node.get("tabindex")):
            yield node.hit(f"tabindex={node.get('tabindex')}")
