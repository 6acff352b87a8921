"""Plain text that reads as if somebody had typed it.

Two jobs. `fill` and its relatives lay out text of a template in 72 columns,
counted as a terminal counts them (a Chinese character is two wide), breaking only
where a reader expects it and never inside a URL. `body_text` turns the HTML of
one article into such text: html2text knows the structure, and what it leaves
rough is prepared before it and repaired after it (its own escapes, `docs` of
html2text 2025.4.15; each rule below was seen to be needed).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from unicodedata import bidirectional, category

from html2text import HTML2Text
from wcwidth import wcswidth, wcwidth

from digest.rendering.simplifying import BREAK, HEADING, SPACES, RowMarks, simplified

WIDTH = 72

_NO_BREAK_SPACES = str.maketrans("\u00a0\u202f\u2007", "   ")
_HOLDER = "\ufdd0"  # no character, and no text has it
_HELD = str.maketrans(dict.fromkeys("\u00a0\u202f", _HOLDER))
_JOINERS = "\u200c\u200d\u200e\u200f"  # Persian, emoji and marks of direction
#: Zero-width characters, soft hyphens and joiners that only measure a screen.
_INVISIBLE = re.compile("[\u200b\u2060\ufeff\u034f\u00ad]")
_MARKS = {"ltr": "\u200e", "rtl": "\u200f"}
_RIGHT_TO_LEFT = re.compile("[\u0590-\u08ff\ufb1d-\ufefc\U00010800-\U00010fff]")
_TURNS = {"L": "ltr", "R": "rtl", "AL": "rtl"}
_CLOSING = frozenset(
    "、。，．・：；？！）］｝」』】〉》〕’”…‥ーっゃゅょァィゥェォッャュョ々"
)
_OPENING = frozenset("（［｛「『【〈《〔‘“")
#: Text of letters one column wide, broken at plain spaces alone: most of Europe's.
_NARROW = re.compile(
    "[ -~\u00a1-\u00ac\u00ae-\u02ff\u0370-\u0482\u048a-\u0530\u2010-\u2027]*"
)
_BLANK_LINES = re.compile(r"\n{3,}")
_HTML2TEXT_ESCAPE = re.compile(r"\\([\\.+-])")
#: Quote marks and a list bullet or number, as html2text writes them.
_PREFIX = re.compile(r"((?:> ?)*)( *(?:\*|\d{1,3}\.) )?")
_CODE_INDENT = "    "
_ENGLISH = RowMarks()


def columns(text: str) -> int:
    """Return how many columns a terminal needs for `text`."""
    if text.isascii() and text.isprintable():
        return len(text)
    counted = wcswidth(text)  # -1: it holds a control character
    return counted if counted >= 0 else sum(max(0, wcwidth(c)) for c in text)


def fill(text: str, *, width: int = WIDTH, first: str = "", rest: str = "") -> str:
    """Wrap one paragraph; `first` and `rest` stand before its lines.

    Words longer than a line (URLs, mostly) stay whole on a line of their own.
    Chinese and Japanese break between characters, but no line begins with a
    closing mark or ends with an opening one. No-break spaces hold the words
    together and come out as spaces. Where Arabic or Hebrew meets Latin words, each
    line says by a mark which way the paragraph runs, if it begins with a word of
    the other kind: mail programs ask every line for its own.
    """
    if _NARROW.fullmatch(text) and first.isascii() and rest.isascii():
        return _filled(" ".join(text.split()), width, first, rest)
    lines = [first]
    used, empty = columns(first), True
    for piece, spaced in _pieces(text):
        gap = " " if spaced and not empty else ""
        if not empty and used + columns(gap + piece) > width:
            lines.append(rest)
            used, gap = columns(rest), ""
        lines[-1] += gap + piece
        used += columns(gap + piece)
        empty = False
    if _RIGHT_TO_LEFT.search(text):
        lines = _turned(lines, text, first=first, rest=rest)
    return "\n".join(line.rstrip() for line in lines).translate(_NO_BREAK_SPACES)


def _filled(text: str, width: int, first: str, rest: str) -> str:
    """Wrap words with one space between, every character of them one column wide."""
    lines, before, start = [], first, 0
    while len(text) - start > width - len(before):
        end = text.rfind(" ", start, start + width - len(before) + 1)
        if end < 0:  # a word longer than a line
            end = text.find(" ", start)
        if end < 0:
            break
        lines.append(before + text[start:end])
        before, start = rest, end + 1
    return "\n".join([*lines, (before + text[start:]).rstrip()])


def _turned(lines: list[str], text: str, *, first: str, rest: str) -> list[str]:
    """Mark the lines that would run another way than most words of `text`."""
    words = [turn for word in text.split() if (turn := _turn(word))] or [""]
    others = [turn for turn in words if turn != words[0]]
    direction = others[0] if len(others) > len(words) / 2 else words[0]
    marked = []
    for number, line in enumerate(lines):
        start = len(rest if number else first)
        mark = "" if _turn(line) in {direction, ""} else _MARKS[direction]
        marked.append(line[:start] + mark + line[start:])
    return marked


def _turn(text: str) -> str:
    """Return which way `text` runs by its first letter, if it has one."""
    found = (_TURNS.get(bidirectional(character), "") for character in text)
    return next(filter(None, found), "")


def item(text: str) -> str:
    """Return `text` as one point of a list, with a hanging indent."""
    return fill(text, first="* ", rest="  ")


def quote(text: str) -> str:
    """Return `text` as a quotation."""
    return fill(text, first="> ", rest="> ")


def underline(text: str, mark: str = "-") -> str:
    """Wrap `text` and underline it as long as its longest line, at most a whole one.

    Full-width rules are read aloud by screen readers, one dash after the other.
    """
    lines = fill(text)
    longest = min(WIDTH, max(columns(line) for line in lines.split("\n")))
    return f"{lines}\n{mark * longest}" if longest else ""


def shorten(text: str, width: int) -> str:
    """Cut `text` to `width` columns at the end of a word, and say so with "…"."""
    text = SPACES.sub(" ", text).strip()
    if columns(text) <= width:
        return text
    kept = ""
    for piece, spaced in _pieces(text):
        longer = kept + (" " if spaced and kept else "") + piece
        if columns(longer) > width - 1:
            break
        kept = longer
    return (kept or _cut(text, width - 1)).rstrip(" ,;:.·–—-") + "…"


def mixed(text: str, *, inner: str, outer: str) -> str:
    """Return `text`, which runs `inner`, ready for a line that runs `outer`.

    Without marks a program puts the full stop of an Arabic title on its wrong
    side, and draws a number that follows into the title. Marks and no isolates:
    mail filters distrust those, for they can hide what a line says.
    """
    if inner == outer:
        return text
    turns = [_TURNS.get(bidirectional(character)) for character in text]
    if inner not in turns:
        return text
    own, around = _MARKS[inner], _MARKS[outer]
    before = "" if turns[0] == inner else own
    after = "" if turns[-1] == inner else own
    return f"{around}{before}{text}{after}{around}"


def one_line(text: str) -> str:
    """Return `text` without line ends, control characters and overrides.

    No-break spaces become plain ones: it is for headers and for values that
    must not bring their own layout.
    """
    if text.isprintable():  # so it has no white space but spaces
        return text if " " not in text else " ".join(text.split())
    return " ".join("".join(c for c in text if not _is_control(c)).split())


def tidy(page: str) -> str:
    """Return a rendered page without trailing spaces and piled-up blank lines."""
    *lines, last = visible(page).split("\n")
    return tidied([*lines, last.rstrip()]).strip("\n") + "\n"


def visible(text: str) -> str:
    """Return `text` without zero-width characters that only mail programs need."""
    return _INVISIBLE.sub("", text)


def tidied(lines: Sequence[str]) -> str:
    """Return lines without trailing spaces, joined with at most one blank between.

    The last is not touched: it may go on.
    """
    text = "\n".join([*(line.rstrip() for line in lines[:-1]), lines[-1]])
    return _BLANK_LINES.sub("\n\n", text.translate(_NO_BREAK_SPACES))


def body_text(html: str, marks: RowMarks = _ENGLISH) -> str:
    """Return an article's body as text: 72 columns, links as footnotes.

    `marks` are those of its language, for the rows of tables.
    """
    parser = HTML2Text(bodywidth=0)  # a new one each time: it counts links on
    parser.unicode_snob = True
    parser.ignore_images = True
    parser.ul_item_mark = "*"
    # It takes no-break spaces for any others.
    written = parser.handle(simplified(html, marks).translate(_HELD))
    written = written.replace(_HOLDER, "\u00a0")
    lines = _HTML2TEXT_ESCAPE.sub(r"\1", written).split("\n")
    return tidy("\n".join(_wrapped(line) for line in lines)).rstrip("\n")


def _wrapped(line: str) -> str:
    """Wrap one line of html2text's, hanging under its bullet or quote marks."""
    match = _PREFIX.match(line)
    assert match is not None  # every part of the pattern may be empty
    if line.startswith(_CODE_INDENT) and not match[2]:
        return line
    quotes, bullet = match[1], match[2] or ""
    bullet = bullet.removeprefix("  ")
    text = line[match.end() :].strip()
    first, rest = quotes + bullet, quotes + " " * columns(bullet)
    if not text:
        return quotes.rstrip()
    parts = [part for part in text.removeprefix(HEADING).split(BREAK) if part.strip()]
    return "\n".join(
        fill(part, first=rest if number else first, rest=rest)
        for number, part in enumerate(parts)
    )


def _pieces(text: str) -> Iterator[tuple[str, bool]]:
    """Yield what may begin a line, and whether a space stands before it."""
    for word in SPACES.split(text.strip(" \t\n\r\f\v")):
        start = 0
        if not word.isascii() and "://" not in word:
            for at in range(1, len(word)):
                if _breaks_between(word[at - 1], word[at]):
                    yield word[start:at], start == 0
                    start = at
        if word:
            yield word[start:], start == 0


def _breaks_between(left: str, right: str) -> bool:
    return (
        (_is_cjk(left) or _is_cjk(right))
        and left not in _OPENING
        and right not in _CLOSING
        and wcwidth(right) > 0
    )


def _is_control(character: str) -> bool:
    """Whether `character` could forge a line or turn the text around it."""
    return not character.isspace() and (
        category(character) in {"Cc", "Cs"}
        or (category(character) == "Cf" and character not in _JOINERS)
    )


def _is_cjk(character: str) -> bool:
    """Whether `character` belongs to a script written without spaces."""
    return (
        "\u2e80" <= character <= "\u9fff"
        or "\uf900" <= character <= "\ufaff"
        or "\uff01" <= character <= "\uff60"
        or "\U00020000" <= character <= "\U0003ffff"
    )


def _cut(text: str, width: int) -> str:
    """Return as many characters as fit, for a word longer than the line."""
    used = 0
    for at, character in enumerate(text):
        used += max(0, wcwidth(character))
        if used > width:
            return text[:at]
    return text
