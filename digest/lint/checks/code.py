"""What mail programs take out, and filters take offence at."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache

from digest.lint.findings import Hit
from digest.lint.mail import Mail
from digest.lint.rules import ERROR, INFO, WARNING, css_rule, head_rule, rule

_SCRIPT = re.compile(r"(?i)\s*(?:java|vb)script:")
_MODERN_COLOUR = re.compile(
    r"(?:rgba?|hsla?)\(\s*[\d.]+(?:deg|%)?\s+[\d.]|(?:lab|lch|oklab|oklch|color)\("
)
_IMPORTANT = re.compile(r"(?i)(\S?)(!\s*important)")


def _each(mail: Mail, *tags: str) -> Iterator[Hit]:
    for node in mail.page.all(*tags):
        yield node.hit(f"<{node.tag}>")


@rule(
    "script",
    ERROR,
    fix="Leave scripts out.",
    bad="<script>count()</script>",
    good="<p>Nothing runs here.</p>",
)
def script(mail: Mail) -> Iterator[Hit]:
    """No mail program runs it; many servers refuse the mail."""
    yield from _each(mail, "script")


@rule(
    "event-handler",
    ERROR,
    fix="Leave on… attributes out.",
    bad='<p onclick="count()">News</p>',
    good="<p>News</p>",
)
def event_handler(mail: Mail) -> Iterator[Hit]:
    """It is a script by another name."""
    names = {n for n in mail.page.attributes if n.startswith("on") and n.isalpha()}
    for node in mail.page.having(*names):
        for name in node.attrs:
            if name in names:
                yield node.hit(f"<{node.tag} {name}=…>")


@rule(
    "javascript-url",
    ERROR,
    fix="Link to a page.",
    bad='<a href="javas&#99;ript:open()">Open the story</a>',
    good='<a href="https://news.example/a">Open the story</a>',
)
def javascript_url(mail: Mail) -> Iterator[Hit]:
    """It is a script by another name."""
    for node in mail.page.having("href", "src", "action"):
        for name in ("href", "src", "action"):
            value = node.attrs.get(name, "")
            if "script:" in value.lower() and _SCRIPT.match(value):
                yield node.hit(f"{name}={value.strip()[:30]!r}")


@rule(
    "frame",
    ERROR,
    fix="Link to the page instead.",
    bad='<iframe src="https://news.example/video"></iframe>',
    good='<a href="https://news.example/video">Watch the bridge open</a>',
)
def frame(mail: Mail) -> Iterator[Hit]:
    """Pages and players inside a mail are removed everywhere, and make it suspect."""
    yield from _each(mail, "iframe", "frame", "frameset", "object", "embed", "applet")


@head_rule(
    "meta-refresh",
    ERROR,
    fix="Leave it out.",
    bad='<meta http-equiv="refresh" content="0;url=https://news.example/">',
    good='<meta name="viewport" content="width=device-width">',
)
def meta_refresh(mail: Mail) -> Iterator[Hit]:
    """A mail that leads away by itself is taken for an attack."""
    for node in mail.page["meta"]:
        if node.get("http-equiv").lower() == "refresh":
            yield node.hit("<meta http-equiv=refresh>")


@head_rule(
    "css-external",
    ERROR,
    fix="Write the style sheet into the mail.",
    bad='<link rel="stylesheet" href="https://news.example/mail.css">',
    good="<style>p { margin: 0 }</style>",
)
def css_external(mail: Mail) -> Iterator[Hit]:
    """Hardly any program fetches it: the mail arrives bare."""
    for node in mail.page["link"]:
        if "stylesheet" in node.get("rel").lower():
            yield node.hit(f"a style sheet at {node.get('href')[:50]}")


@css_rule(
    "css-import",
    ERROR,
    fix="Write the rules into the mail.",
    bad='@import url("https://news.example/mail.css");',
    good="p { margin: 0 }",
)
def css_import(mail: Mail) -> Iterator[Hit]:
    """Hardly any program fetches it, and some then drop the whole style sheet."""
    for start, sheet in mail.page.sheets:
        for name, what, _, offset in sheet.ats:
            if name == "import":
                yield mail.page.hit(f"@import {what[:50]}", start + offset, "@import")


@rule(
    "form",
    WARNING,
    fix="Link to a page with the form.",
    bad='<form action="https://news.example/vote"><input name="vote"></form>',
    good='<a href="https://news.example/vote">Vote for the best bridge</a>',
)
def form(mail: Mail) -> Iterator[Hit]:
    """Outlook shows none, Gmail warns of them, and filters count them."""
    yield from _each(mail, "form", "input", "select", "textarea", "button")


@rule(
    "media",
    WARNING,
    fix="Show a picture that links to the film.",
    bad='<video src="https://news.example/a.mp4"></video>',
    good='<a href="https://news.example/a"><img src="https://news.example/a.jpg" '
    'alt="Watch the bridge open" width="600" height="340"></a>',
)
def media(mail: Mail) -> Iterator[Hit]:
    """Only Apple Mail plays anything."""
    yield from _each(mail, "video", "audio")


@rule(
    "svg-inline",
    WARNING,
    fix="Use a PNG.",
    bad='<svg width="10" height="10"><circle r="5"></circle></svg>',
    good='<img src="https://news.example/a.png" alt="" width="10" height="10">',
)
def svg_inline(mail: Mail) -> Iterator[Hit]:
    """Gmail and Outlook remove it."""
    yield from _each(mail, "svg", "math", "canvas")


@head_rule(
    "base-tag",
    WARNING,
    fix="Write whole addresses.",
    bad='<base href="https://news.example/">',
    good='<meta name="viewport" content="width=device-width">',
)
def base_tag(mail: Mail) -> Iterator[Hit]:
    """Half of the web mails ignore it, and every relative link is dead there."""
    yield from _each(mail, "base")


@css_rule(
    "css-broken",
    ERROR,
    fix="Close what is open; look at the line before, too.",
    bad="p { margin: 0 ",
    good="p { margin: 0 }",
)
def css_broken(mail: Mail) -> Iterator[Hit]:
    """Programs drop the rest of the style sheet, or all of it."""
    for start, sheet in mail.page.sheets:
        if sheet.broken:
            yield mail.page.hit(sheet.broken, start)


@css_rule(
    "css-nested-at",
    ERROR,
    fix="Move the inner @ rule out.",
    bad="@media screen { @media (min-width:600px) { p { margin: 0 } } }",
    good="@media screen and (min-width:600px) { p { margin: 0 } }",
)
def css_nested_at(mail: Mail) -> Iterator[Hit]:
    """Gmail drops the whole <style> with an @ inside an @."""
    for start, sheet in mail.page.sheets:
        for name, _, depth, offset in sheet.ats:
            if depth and name != "nesting":
                yield mail.page.hit(f"@{name} inside another @", start + offset)


@css_rule(
    "css-nesting",
    WARNING,
    fix="Write each rule by itself.",
    bad="p { margin: 0; a { color: #003366 } }",
    good="p { margin: 0 } p a { color: #003366 }",
)
def css_nesting(mail: Mail) -> Iterator[Hit]:
    """Only Apple Mail and a few others know rules inside rules."""
    for start, sheet in mail.page.sheets:
        for name, what, _, offset in sheet.ats:
            if name == "nesting":
                yield mail.page.hit(f"{what[:40]!r} holds a rule", start + offset)


@css_rule(
    "css-modern-colour",
    ERROR,
    fix="Write #rrggbb, or rgba(0,0,0,0.5) with commas.",
    bad="p { color: rgb(0 0 0 / 60%) }",
    good="p { color: #666666 }",
)
def css_modern_colour(mail: Mail) -> Iterator[Hit]:
    """Gmail drops the whole <style> with a colour that it does not know."""
    for start, sheet in mail.page.sheets:
        for offset, found in _modern_colours(sheet.text):
            yield mail.page.hit(f"{found}…", start + offset, found)


@lru_cache(maxsize=64)
def _modern_colours(text: str) -> list[tuple[int, str]]:
    return [(found.start(), found[0]) for found in _MODERN_COLOUR.finditer(text)]


@css_rule(
    "css-height-query",
    WARNING,
    fix="Ask for widths only.",
    bad="@media (min-height:600px) { p { margin: 0 } }",
    good="@media (min-width:600px) { p { margin: 0 } }",
)
def css_height_query(mail: Mail) -> Iterator[Hit]:
    """Gmail does not know media queries about height, Yahoo drops the rule."""
    for start, sheet in mail.page.sheets:
        for name, what, _, offset in sheet.ats:
            if name == "media" and re.search(r"\b(?:min-|max-)?height\b", what):
                yield mail.page.hit(f"@media {what[:50]}", start + offset, what[:30])


@css_rule(
    "important-spacing",
    WARNING,
    fix="Write a space before it and small letters: 0 !important.",
    bad="p { margin: 0!important }",
    good="p { margin: 0 !important }",
)
def important_spacing(mail: Mail) -> Iterator[Hit]:
    """Orange's web mail drops a declaration without the space, others one in
    capitals."""
    for start, sheet in mail.page.sheets:
        for offset, found in _crowded(sheet.text):
            yield mail.page.hit(f"{found!r}", start + offset)


@lru_cache(maxsize=64)
def _crowded(text: str) -> list[tuple[int, str]]:
    """Return where `!important` stands wrongly in a style sheet, and its line so far."""
    found = []
    for important in _IMPORTANT.finditer(text):
        if important[1] or important[2] != important[2].lower():
            before = text[max(0, important.start() - 20) : important.end()].strip()
            found.append((important.start(), before.splitlines()[-1]))
    return found


@rule(
    "style-in-body",
    WARNING,
    fix="Move <style> into <head>.",
    bad="<style>p { margin: 0 }</style><p>News</p>",
    good="<p>News</p>",
)
def style_in_body(mail: Mail) -> Iterator[Hit]:
    """Gmail only keeps style sheets of the head."""
    for node in mail.page["style"]:
        if node.within("body"):
            yield node.hit("<style> in the body")


@css_rule(
    "web-font",
    INFO,
    fix="Choose fonts that look well without it, too.",
    bad="@font-face { font-family: News; src: url(https://news.example/n.woff2) }",
    good="p { font-family: Georgia, serif }",
)
def web_font(mail: Mail) -> Iterator[Hit]:
    """Only Apple Mail, Samsung's and Thunderbird load fonts."""
    for start, sheet in mail.page.sheets:
        for name, _, _, offset in sheet.ats:
            if name == "font-face":
                yield mail.page.hit("@font-face", start + offset, "@font-face")


_GENERIC_FONTS = re.compile(r"(?:sans-serif|serif|monospace|cursive|system-ui)['\"]?$")


@rule(
    "font-no-fallback",
    WARNING,
    fix="End the list with serif, sans-serif or monospace.",
    bad='<p style="font-family:Futura">News</p>',
    good='<p style="font-family:Futura, sans-serif">News</p>',
)
def font_no_fallback(mail: Mail) -> Iterator[Hit]:
    """Outlook shows Times where it does not have the font."""
    said: set[str] = set()
    for node in (*mail.declaring("font-family"), *mail.page["font"]):
        fonts = node.style.get("font-family") or node.get("face")
        if fonts and fonts not in said and not _GENERIC_FONTS.search(fonts.strip()):
            said.add(fonts)
            if fonts not in ("inherit", "initial"):
                yield node.hit(f"font-family: {fonts[:50]}")
