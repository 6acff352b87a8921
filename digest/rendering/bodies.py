"""An article's body, made ready to stand inside a newsletter.

The archive keeps bodies as a safe subset of HTML, written for a page of their
own. In a mail they stand under a headline, so their headings move below it; they
stand in a column, so pictures get a width classic Outlook obeys and a style
everybody else prefers; and only the few attributes that mean something in a mail
remain. Elements get short class names for the template's style sheet.
"""

from __future__ import annotations

import re
from html import escape, unescape
from html.parser import HTMLParser

from digest.model import Article, Length
from digest.rendering.plaintext import body_text, shorten
from digest.rendering.simplifying import unsectioned
from digest.rendering.spacing import set_in_html
from digest.rendering.words import row_marks

#: What a body is wide in a 600 pixel mail with 40 pixel margins, where no theme says more.
WIDTH = 520

_HEADING = re.compile(r"<h([1-6])[\s>]", re.IGNORECASE)
_DEEPEST = 6
#: Columns of a story's beginning where nobody wrote a standfirst: three lines of it.
_OPENING = 240
_PARAGRAPH = re.compile(r"<p\b[^>]*>(.*?)</p>", re.IGNORECASE | re.DOTALL)
_BREAK = re.compile(r"<br\b[^>]*>", re.IGNORECASE)
_TAG = re.compile(r"<[^>]*>")
#: As many columns stand beside each other on a phone without a word being cut, where a
#: client has dropped the styles by which a table moves by itself.
_COLUMNS = 5
_FIRST_ROWS = re.compile(r"<table\b.*?</tr>", re.IGNORECASE | re.DOTALL)
_CELL = re.compile(r"<t[dh]\b", re.IGNORECASE)
#: A cell is never narrower than its longest word, so an address would make a mail wider
#: than a phone. No entity is cut.
_LONG_WORD = re.compile(r"((?:&[^;\s]+;|[^\s&]){12})(?=(?:&[^;\s]+;|[^\s&]){12})")
#: What is wider than its column is moved sideways on a phone, by itself: or else the whole
#: mail would be as wide as its widest table.
_AROUND = ('<div class="bx">', "</div>")
_VOID = frozenset({"br", "hr", "img"})
_SILENT = frozenset({"script", "style", "template"})
#: Tag to what is written for it: an element of mail, and its class.
_WRITTEN = {
    **{tag: (tag, "") for tag in ("p", "ul", "ol", "li", "br", "strong", "em", "b")},
    **{tag: (tag, "") for tag in ("i", "u", "s", "sub", "sup", "code", "del", "ins")},
    **{tag: (tag, "") for tag in ("small", "abbr", "cite", "q", "mark", "tr", "div")},
    **{tag: (tag, "") for tag in ("thead", "tbody", "tfoot", "dl", "dt", "dd")},
    **{tag: (tag, "bc") for tag in ("td", "th")},
    "a": ("a", "ba"),
    "blockquote": ("blockquote", "bq"),
    "caption": ("caption", "bk"),
    "figcaption": ("p", "bk"),
    "figure": ("div", "bf"),
    "hr": ("hr", "bh"),
    "img": ("img", "bi"),
    "pre": ("pre", "bp"),
    "table": ("table", "bt"),
}
_ATTRIBUTES = frozenset(
    {"href", "src", "alt", "lang", "dir", "colspan", "rowspan", "scope", "start"}
)


class Bodies:
    """Bodies already prepared, so that each is worked out once per issue."""

    def __init__(self, room: int = WIDTH) -> None:
        self._room = room  # what the column is wide, in pixels
        self._html: dict[tuple[str, str, int], str] = {}
        self._text: dict[tuple[str, str], str] = {}

    def standfirst(self, article: Article, length: Length) -> str:
        """Return the lines below the headline; in a summary never nothing at all.

        Who wrote none gets the story's beginning there: a headline alone says too
        little, and in a mail it may have no page to lead to.
        """
        if article.standfirst or length is not Length.SUMMARIES:
            return article.standfirst
        for found in _PARAGRAPH.finditer(article.body):
            if text := unescape(_TAG.sub("", _BREAK.sub(" ", found[1]))).strip():
                return shorten(text, _OPENING)
        return ""

    def html(self, body: str, level: int, *, language: str) -> str:
        """Return `body` as HTML for a mail, its first heading an ``h{level}``."""
        name = body, language, level
        if name not in self._html:
            self._html[name] = prepared(set_in_html(language, body), level, self._room)
        return self._html[name]

    def text(self, body: str, *, language: str) -> str:
        """Return `body` as plain text."""
        name = body, language
        if name not in self._text:
            self._text[name] = body_text(
                set_in_html(language, body), row_marks(language)
            )
        return self._text[name]


def prepared(body: str, level: int, room: int) -> str:
    """Return `body` ready for a mail, its headings from ``h{level}`` down.

    No picture in it is wider than `room` pixels.
    """
    writer = _Writer(body, level, room)
    writer.feed(unsectioned(body))
    writer.close()
    return writer.finished()


class _Writer(HTMLParser):
    """Copies a body, element by element, into what mail programs understand."""

    def __init__(self, body: str, level: int, room: int) -> None:
        super().__init__(convert_charrefs=True)
        depths = sorted({int(found) for found in _HEADING.findall(body)})
        self._levels = {f"h{depth}": level + at for at, depth in enumerate(depths)}
        self._last = level - 1
        self._room = room
        self._has_headings = "<th" in body
        self._columns = (len(_CELL.findall(r)) for r in _FIRST_ROWS.findall(body))
        self._parts: list[str] = []
        self._open: list[tuple[str, str]] = []  # what was read, what closes it
        self._silent = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in _SILENT:
            self._silent = tag
        if self._silent:
            return
        found = {name: value or "" for name, value in attrs}
        if tag in self._levels:
            # No level is skipped on the way down, whatever the page did.
            self._last = min(self._levels[tag], self._last + 1, _DEEPEST)
            self._start(tag, f"h{self._last}", "bs", {})
        elif tag in _WRITTEN:
            written, name = _WRITTEN[tag]
            self._start(tag, written, name, found)

    def handle_endtag(self, tag: str) -> None:
        if self._silent:
            self._silent = "" if tag == self._silent else self._silent
        elif any(read == tag for read, _ in self._open):
            while self._open:
                read, closing = self._open.pop()
                self._parts.append(closing)
                if read == tag:
                    break

    def handle_data(self, data: str) -> None:
        if self._silent:
            return
        text = escape(data, quote=False)
        if any(read == "table" for read, _ in self._open):
            text = _LONG_WORD.sub(r"\1<wbr>", text)
        self._parts.append(text)

    def finished(self) -> str:
        while self._open:
            self._parts.append(self._open.pop()[1])
        return "".join(self._parts).strip()

    def _start(self, tag: str, written: str, name: str, found: dict[str, str]) -> None:
        kept = {key: value for key, value in found.items() if key in _ATTRIBUTES}
        if tag == "img":
            kept = _picture(found, self._room)
        elif tag == "table":
            kept = {"width": "100%", "cellspacing": "0", "cellpadding": "0"}
            kept |= {} if self._has_headings else {"role": "presentation"}
            name += " bw" if next(self._columns, 0) > _COLUMNS else ""
        elif tag == "th":
            kept.setdefault("scope", "col")
        if name:
            kept["class"] = name
        attributes = "".join(f' {k}="{escape(v)}"' for k, v in kept.items())
        around, closing = _AROUND if tag == "table" else ("", "")
        self._parts.append(f"{around}<{written}{attributes}>")
        if written not in _VOID:
            self._open.append((tag, f"</{written}>{closing}"))


def _picture(found: dict[str, str], room: int) -> dict[str, str]:
    """Give a picture a width that Outlook obeys, and a height where it is known."""
    width, height = (_pixels(found.get(key, "")) for key in ("width", "height"))
    shown = min(width or room, room)
    kept = {"src": found.get("src", ""), "alt": found.get("alt", "")}
    kept["width"] = str(shown)
    if width and height:
        kept["height"] = str(round(height * shown / width))
    return kept


def _pixels(text: str) -> int | None:
    digits = text.strip().removesuffix("px")
    return int(digits) or None if digits.isdecimal() and len(digits) < 6 else None  # noqa: PLR2004 - 99,999 pixels are no picture
