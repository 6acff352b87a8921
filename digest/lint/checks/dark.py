"""Dark mode: what turns dark, and what then shines."""

from __future__ import annotations

from collections.abc import Iterator

from digest.colours import BLACK, WHITE, luminance, written
from digest.lint.findings import Hit
from digest.lint.mail import Mail
from digest.lint.rules import INFO, WARNING, Shows, css_rule, page_rule, rule

_BRIGHT, _DIM = 0.6, 0.3  # of luminance
_FRAME = "<!DOCTYPE html><html lang='en' dir='ltr'><head>{}</head><body><p>Hi</p></body></html>"


def _has_dark(mail: Mail) -> bool:
    return "prefers-color-scheme" in mail.page.css


@page_rule(
    "dark-meta",
    INFO,
    fix='Write <meta name="color-scheme" content="light dark">.',
    bad=_FRAME.format("<title>News</title>"),
    good=_FRAME.format("<meta name='color-scheme' content='light dark'>"),
)
def dark_meta(mail: Mail) -> Iterator[Hit]:
    """Apple Mail turns a mail dark in its own way if it does not say that it can."""
    names = {node.get("name").lower() for node in mail.page["meta"]}
    if mail.page["head"] and "color-scheme" not in names:
        yield mail.page["head"][0].hit("no color-scheme")


@css_rule(
    "dark-query",
    INFO,
    fix="Add @media (prefers-color-scheme:dark) with your colours for the night.",
    bad="p { margin: 0 }",
    good="@media (prefers-color-scheme:dark) { p { color: #eeeeee !important } }",
)
def dark_query(mail: Mail) -> Iterator[Hit]:
    """Without colours of your own, programs invent some."""
    if not _has_dark(mail) and mail.page["head"]:
        yield mail.page["head"][0].hit("no colours for dark mode")


@css_rule(
    "dark-important",
    WARNING,
    fix="Write !important.",
    bad="@media (prefers-color-scheme:dark) { .ink { color: #eeeeee } }",
    good="@media (prefers-color-scheme:dark) { .ink { color: #eeeeee !important } }",
)
def dark_important(mail: Mail) -> Iterator[Hit]:
    """A style attribute is stronger than a rule without it: the rule does nothing."""
    for start, sheet in mail.page.sheets:
        for rule_ in sheet.rules:
            if not any("prefers-color-scheme" in c for c in rule_.conditions):
                continue
            for declaration in rule_.style.declarations:
                if not declaration.important and mail.declaring(declaration.name):
                    what = f"{rule_.selectors[0].text}: {declaration.name}"
                    yield mail.page.hit(what, start + rule_.offset)


@css_rule(
    "dark-uncovered",
    WARNING,
    fix="Give the element a class with a dark background.",
    bad="@media (prefers-color-scheme:dark) { body { background-color: #111111 !important"
    " } .ink { color: #eeeeee !important } .card { color: #eeeeee !important } }",
    good="@media (prefers-color-scheme:dark) { body,.card { background-color: #111111 "
    "!important } .ink { color: #eeeeee !important } }",
)
def dark_uncovered(mail: Mail) -> Iterator[Hit]:
    """In a page that turned dark it is a lamp."""
    body = mail.page.body
    if not _has_dark(mail) or body is None:
        return
    seen = mail.looks
    darkened = [n for n in (body, *mail.page.wrappers) if _dim(mail, n.index)]
    if not darkened:
        return
    for node in mail.unlike:
        look = seen[node.index]
        own = node.get("bgcolor") or look.style.get("background-color")
        own = own or look.style.get("background")
        shines = luminance(look.dark_background) > _BRIGHT
        if own and shines and not look.hidden and node.text:
            yield node.hit(f"stays {written(look.dark_background)} in the dark")


@css_rule(
    "dark-outlook",
    INFO,
    fix="Repeat the dark colours under [data-ogsc] and [data-ogsb].",
    bad="@media (prefers-color-scheme:dark) { p { color: #eeeeee !important } }",
    good="@media (prefers-color-scheme:dark) { p { color: #eeeeee !important } } "
    "[data-ogsc] p { color: #eeeeee !important }",
)
def dark_outlook(mail: Mail) -> Iterator[Hit]:
    """Outlook.com and Outlook's apps look for these attributes."""
    if _has_dark(mail) and "data-ogs" not in mail.page.css:
        yield mail.page.hit("no rules under [data-ogsc]", None, "prefers-color-scheme")


@rule(
    "dark-pure",
    INFO,
    fix="Use a nearly black text on a nearly white page.",
    bad='<body style="color:#000000;background-color:#ffffff"><p>News</p></body>',
    good='<body style="color:#16191f;background-color:#fefefe"><p>News</p></body>',
    shows=Shows.PAGE,
)
def dark_pure(mail: Mail) -> Iterator[Hit]:
    """Pure white is what Apple and Outlook invert without asking, to pure black."""
    body = mail.page.body
    if body is not None and body.get("style"):
        look = mail.looks[body.index]
        said = {"color", "background-color"} <= set(body.style.values)
        if said and look.color == BLACK and look.background == WHITE:
            yield body.hit("#000000 on #ffffff")


def _dim(mail: Mail, index: int) -> bool:
    return luminance(mail.looks[index].dark_background) < _DIM
