"""A finished mail as different mail programs show it: HTML in, HTML out.

A browser shows mails better than most programs that people read them in. These
rewrites take away, or do, what a program takes away or does, so that a browser shows
the rest: the studio and the tests in Chromium look through the same glasses. They are
close, not exact: what a program really does is only seen in that program.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from enum import StrEnum
from html import escape, unescape


class Showing(StrEnum):
    """One way in which a mail is shown."""

    DAY = "day"  #: light mode
    NIGHT = "night"  #: dark mode, in programs that ask the mail for its own colours
    DARKENED = "darkened"  #: dark mode, in programs that turn the colours themselves
    PICTURELESS = "pictureless"  #: pictures are blocked until the reader allows them
    STYLELESS = "styleless"  #: every `<style>` is dropped, as Gmail does to some mails
    OUTLOOK = "outlook"  #: Word lays it out, as in classic Outlook for Windows


def shown(html: str, how: Showing) -> str:
    """Return the mail to be shown by any browser, whatever its own mode is."""
    match how:
        case Showing.DAY:
            return _in_scheme(html, "light")
        case Showing.NIGHT:
            return _in_scheme(html, "dark")
        case Showing.DARKENED:
            return _styled(undeclared(html), _TURNED)
        case Showing.PICTURELESS:
            return _in_scheme(without_pictures(html), "light")
        case Showing.STYLELESS:
            return _in_scheme(without_styles(html), "light")
        case Showing.OUTLOOK:
            return _in_scheme(as_word_shows(html), "light")


# -- what a program drops ---------------------------------------------------------


def without_styles(html: str) -> str:
    """Return the mail as programs show it that drop every `<style>`."""
    return re.sub(r"<style.*?</style>", "", html, flags=re.DOTALL)


def undeclared(html: str) -> str:
    """Return the mail as programs show it that darken it by themselves.

    They drop what it says about dark mode first.
    """
    return re.sub(r'<meta name="[\w-]*color-schemes?"[^>]*>', "", without_styles(html))


def without_pictures(html: str) -> str:
    """Return the mail as programs show it that block pictures."""
    return re.sub(r'src="[^"]*"', 'src="blocked:"', html)


_FOR_WORD = re.compile(r"<!--\[if [^!\]]*mso[^\]]*\]>(.*?)<!\[endif\]-->", re.DOTALL)
_NOT_FOR_WORD = re.compile(
    r"<!--\[if !mso[^\]]*\]><!-->.*?<!--<!\[endif\]-->", re.DOTALL
)
#: What Word is told, not shown.
_SETTINGS = re.compile(r"<xml>.*?</xml>|</?noscript>", re.DOTALL)
#: Word has no at-rules; one level of braces inside is all that mails have.
_AT_RULE = re.compile(r"@[\w-]+[^{};]*\{(?:[^{}]*\{[^{}]*\})*[^{}]*\}")
#: Properties that Word ignores (caniemail.com, "Outlook Windows 2019").
_IGNORED_BY_WORD = re.compile(
    r"(?<![\w-])(?:border-[\w-]*radius|border-radius|box-shadow|text-shadow|opacity|"
    r"position|float|flex[\w-]*|grid[\w-]*|gap|object-fit|max-width|min-width|"
    r"max-height|min-height|background-image|background-size|transform|transition|"
    r"overflow[\w-]*|animation[\w-]*)\s*:[^;\"'<>}]*;?"
)
_DISPLAY = re.compile(r"display\s*:\s*(?:inline-block|flex|inline-flex|grid)\s*;?")
#: Padding counts for cells alone, so a padded link is no button there; `mso-padding-alt`
#: is Word's own word for it.
_PADDED_LINK = re.compile(r"""(<a\b[^>]*style=)("[^"]*"|'[^']*')""")
_PADDING = re.compile(r"(?<![\w-])(?:mso-)?padding[\w-]*\s*:[^;\"'}]*;?")


def as_word_shows(html: str) -> str:
    """Return the mail much as classic Outlook shows it, which lays out with Word."""
    html = _NOT_FOR_WORD.sub("", html)
    html = _FOR_WORD.sub(lambda found: _SETTINGS.sub("", found[1]), html)
    html = re.sub(
        r"(<style[^>]*>)(.*?)(</style>)",
        lambda found: found[1] + _AT_RULE.sub("", found[2]) + found[3],
        html,
        flags=re.DOTALL,
    )
    html = _IGNORED_BY_WORD.sub("", html)
    html = _DISPLAY.sub("", html)
    html = _PADDED_LINK.sub(lambda found: found[1] + _PADDING.sub("", found[2]), html)
    return html.replace("mso-padding-alt:", "padding:")


# -- light and dark ---------------------------------------------------------------

_ASKED = re.compile(r"\(\s*prefers-color-scheme\s*:\s*(light|dark)\s*\)")
_ALWAYS, _NEVER = "(min-width:0)", "(max-width:0)"
#: Every colour becomes its opposite, hue kept; pictures are turned twice, so not at all.
_TURNED = (
    ":root{color-scheme:light;background:#fff;filter:invert(.93) hue-rotate(180deg)}"
    "img,video,[background]{filter:invert(1) hue-rotate(180deg)}"
)


def _in_scheme(html: str, scheme: str) -> str:
    """Answer what the mail asks about light and dark, in the browser's stead."""

    def answer(found: re.Match[str]) -> str:
        return _ALWAYS if found[1] == scheme else _NEVER

    return _styled(_ASKED.sub(answer, html), f":root{{color-scheme:{scheme}}}")


def _styled(html: str, css: str) -> str:
    """Return the page with a style sheet of ours behind its own."""
    head, end, rest = html.partition("</head>")
    return f"{head}<style>{css}</style>{end}{rest}" if end else html


# -- pictures and places ------------------------------------------------------------

_SOURCE = re.compile(r'(\s(?:src|background)=")([^"]*)(")')


def with_pictures(html: str, place: Callable[[str], str]) -> str:
    """Return the mail showing each picture from `place(url)`; "" leaves it there."""

    def replaced(match: re.Match[str]) -> str:
        found = place(unescape(match[2]))
        return f"{match[1]}{escape(found) if found else match[2]}{match[3]}"

    return _SOURCE.sub(replaced, html)


_TAG = re.compile(r"<(?!/|!|meta|link|style|title|head|html|body)[a-zA-Z][^<>]*>")
_COMMENT = re.compile(r"<!--.*?-->", re.DOTALL)
_ID = re.compile(r'\sid="([^"]*)"')
#: What the element is called that is shown, where it has no name of its own.
_SPOT = "spot"


def with_spot(html: str, line: int) -> tuple[str, str]:
    """Return the mail with the element of a line framed, and that element's id.

    That is the first to begin on the line (1-based), or else the last before its end:
    a tag may stand on several lines. The id is "" when there is none.
    """
    lines = html.split("\n")
    begin = sum(len(each) + 1 for each in lines[: line - 1])
    end = begin + len(lines[line - 1]) if 0 < line <= len(lines) else begin
    seen = _COMMENT.sub(lambda found: " " * len(found[0]), html)
    spots = [tag for tag in _TAG.finditer(seen) if tag.start() <= end]
    if not spots:
        return html, ""
    tag = next((each for each in spots if each.start() >= begin), spots[-1])
    known = _ID.search(tag[0])
    name = unescape(known[1]) if known else _SPOT
    at = tag.start() + re.match(r"<[a-zA-Z][\w-]*", tag[0]).end()  # type: ignore[union-attr] # _TAG says so
    id_ = "" if known else f' id="{_SPOT}"'
    marked = f'{html[:at]}{id_} data-spot=""{html[at:]}'
    frame = (
        "[data-spot]{outline:3px solid #b3261e!important;outline-offset:2px!important}"
    )
    return _styled(marked, frame), name
