"""What a mail program in `lint.targets` does not show, by the table of facts."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from itertools import chain

from digest.lint.css import Style, sides
from digest.lint.findings import Hit
from digest.lint.mail import Mail
from digest.lint.page import Node
from digest.lint.rules import INFO, WARNING, rule

#: Without these a layout falls apart or text is lost; without others it is plainer.
_CARRYING = frozenset(
    {"css-display-flex", "css-display-grid", "css-position", "css-float", "css-gap"}
    | {"css-object-fit", "css-transform", "css-variables", "css-function-calc"}
    | {"css-function-clamp", "css-aspect-ratio", "css-unit-rem", "css-margin-inline"}
    | {"css-padding-inline", "css-visibility", "css-modern-color"}
)
_ELEMENTS = {"picture": "html-picture", "svg": "html-svg", "video": "html-video"}
_IN_VALUES = (
    ("css-variables", re.compile(r"\bvar\(")),
    ("css-function-calc", re.compile(r"\bcalc\(")),
    ("css-function-clamp", re.compile(r"\b(?:clamp|min|max)\(")),
    ("css-unit-rem", re.compile(r"\d\s*rem\b")),
    ("css-linear-gradient", re.compile(r"linear-gradient\(")),
    (
        "css-modern-color",
        re.compile(r"(?:rgba?|hsla?)\(\s*[\d.]+%?\s+[\d.]|okl|\blab\("),
    ),
    ("css-rgba", re.compile(r"rgba\([^)]*,")),
)
_BLOCKS = ("p", "div", "h1", "h2", "h3", "h4", "ul", "ol", "li", "blockquote")


@lru_cache(maxsize=4096)
def _asked_by(style: Style) -> dict[str, str]:
    """Return the features that a style asks for, each as it is first written."""
    found: dict[str, str] = {}
    for name, value, _ in style.declarations:
        for feature in _features(name, value):
            found.setdefault(feature, f"{name}:{value}"[:50])
    return found


def _features(name: str, value: str) -> Iterator[str]:
    """Yield what a declaration asks of a mail program."""
    if name == "display":
        yield f"css-display-{value.lower().removeprefix('inline-')}"
    elif name == "position":
        yield "css-position" if value.lower() not in ("static", "") else ""
    elif name.startswith(("margin-inline", "padding-inline")):
        yield "css-" + "-".join(name.split("-")[:2])
    else:
        yield f"css-{name}"
    if "(" in value or "rem" in value:
        for feature, form in _IN_VALUES:
            if form.search(value):
                yield feature


_Asked = tuple[str, str, Node | None, int | None]


def _asked(mail: Mail) -> Iterator[_Asked]:
    """Yield what the page needs of a program, once: the feature, as written, where."""
    seen = {""}
    for feature, text, node, offset in chain(
        _by_elements(mail), _by_styles(mail), _by_sheets(mail)
    ):
        if feature not in seen:
            seen.add(feature)
            yield feature, text, node, offset


def _by_elements(mail: Mail) -> Iterator[_Asked]:
    for node in mail.page.nodes:
        if node.tag in _ELEMENTS:
            yield _ELEMENTS[node.tag], f"<{node.tag}>", node, None
        if "srcset" in node.attrs:
            yield "html-srcset", "srcset", node, None


def _by_styles(mail: Mail) -> Iterator[_Asked]:
    for node in mail.styled:
        for feature, text in _asked_by(node.style).items():
            yield feature, text, node, None


def _by_sheets(mail: Mail) -> Iterator[_Asked]:
    for start, sheet in mail.page.sheets:
        for rule_ in sheet.rules:
            if not rule_.conditions and any(s.known for s in rule_.selectors):
                for feature, text in _asked_by(rule_.style).items():
                    yield feature, text, None, start + rule_.offset


def _found(mail: Mail, *, mark: str, carrying: bool | None) -> Iterator[Hit]:
    for feature, text, node, offset in mail.once(_asked):
        if carrying is not None and (feature in _CARRYING) is not carrying:
            continue
        if lacking := mail.facts.lacking(feature, mail.targets, mark=mark):
            how = "only in part" if mark == "a" else "not"
            what = f"{text} is {how} shown in {', '.join(lacking)}"
            tested = mail.facts.tested(feature)
            hit = f"{what} (tested {tested})"
            yield node.hit(hit) if node else mail.page.hit(hit, offset)


@rule(
    "client-unsupported",
    WARNING,
    fix="Use tables and inline blocks for layout, pixels for lengths; or take the program"
    " out of lint.targets.",
    bad='<div style="display:flex"><p>One</p><p>Two</p></div>',
    good='<table role="presentation"><tr><td>One</td><td>Two</td></tr></table>',
)
def client_unsupported(mail: Mail) -> Iterator[Hit]:
    """The layout depends on something that a program you write for does not know."""
    yield from _found(mail, mark="n", carrying=True)


@rule(
    "client-plainer",
    INFO,
    fix="Look at the mail without it; `digest preview` shows how.",
    bad='<p style="border-radius:8px">News</p>',
    good='<p style="border:1px solid #666666">News</p>',
)
def client_plainer(mail: Mail) -> Iterator[Hit]:
    """Some programs leave the decoration out."""
    yield from _found(mail, mark="n", carrying=False)


@rule(
    "client-partial",
    INFO,
    fix="Look at the mail in that program.",
    bad='<p style="overflow:hidden">News</p>',
    good="<p>News</p>",
)
def client_partial(mail: Mail) -> Iterator[Hit]:
    """Some programs know some of its values only."""
    yield from _found(mail, mark="a", carrying=None)


@rule(
    "padding-on-block",
    INFO,
    fix="Put padding on <td>, margins on paragraphs.",
    bad='<p style="padding:20px">News</p>',
    good='<p style="margin:20px">News</p>',
)
def padding_on_block(mail: Mail) -> Iterator[Hit]:
    """Classic Outlook only knows padding on cells."""
    if "outlook-classic" not in mail.targets:
        return
    for node in mail.styled:
        told = node.tag not in _BLOCKS or "mso-padding-alt" in node.style.values
        if not told and any(sides(node.style, "padding")):
            yield node.hit(f"padding on <{node.tag}>")


@rule(
    "margin-negative",
    WARNING,
    fix="Use less padding around it instead.",
    bad='<p style="margin-top:-20px">News</p>',
    good='<p style="margin-top:0">News</p>',
)
def margin_negative(mail: Mail) -> Iterator[Hit]:
    """Gmail and Outlook drop negative margins: things lie where nobody meant them."""
    for node in mail.styled:
        if min(sides(node.style, "margin")) < 0:
            yield node.hit("a negative margin")


@rule(
    "css-important-inline",
    INFO,
    fix="Leave !important to <style>.",
    bad='<p style="color:#333333 !important">News</p>',
    good='<p style="color:#333333">News</p>',
)
def css_important_inline(mail: Mail) -> Iterator[Hit]:
    """Classic Outlook ignores the whole declaration."""
    if "outlook-classic" not in mail.targets:
        return
    for node in mail.styled:
        important = "!" in node.attrs["style"] and [
            d for d in node.style.declarations if d.important
        ]
        if important and not all(d.name.startswith("mso") for d in important):
            yield node.hit("!important in a style attribute")
