"""Syntax errors in plain words."""

from __future__ import annotations

import re

import yaml

from digest.yamltext.places import Mark

DEEPEST = 100  #: levels; our files have five
TOO_DEEP = f"more than {DEEPEST} levels of lists and mappings; write it flatter"
_TAB = "a tab where YAML wants spaces; indent with spaces"

#: What libyaml says, and what a person can do about it. The first that fits counts.
_EXPLANATIONS = (
    (
        "mapping values are not allowed",
        (
            "a colon where no `key: value` can stand; put the text before or after it in "
            "quotes, or check that the keys of one mapping begin in the same column"
        ),
    ),
    (
        "did not find expected key",
        (
            "this line does not fit the one above; begin the keys of one mapping in the "
            "same column, and put a text that contains quotes or colons in quotes"
        ),
    ),
    (
        "did not find expected '-' indicator",
        "this line stands where the list's next `-` should be; begin all `-` signs of a list, or all keys of a mapping, in the same column",
    ),
    ("expected ',' or ']'", "the list opened by [ is not closed; add a comma or ]"),
    ("expected ',' or '}'", "the mapping opened by { is not closed; add a comma or }"),
    (
        "unexpected ':'",
        "a colon inside brackets needs a space after it; add one, or put the text in quotes",
    ),
    ("unexpected end of stream", "a quoted text is not closed; add the closing quote"),
    ("could not find expected ':'", "a key without its colon; write `key: value`"),
    (
        "unknown escape character",
        (
            "a backslash that means nothing inside double quotes; use single quotes, or "
            "write \\\\ for one backslash"
        ),
    ),
    (
        "block sequence entries are not allowed",
        "the `-` of a list cannot stand on the line of its key; put it on the next line",
    ),
    ("tab character that violates indentation", _TAB),
    ("maximum nesting depth", TOO_DEEP),
    (
        "expected node content",
        (
            "a value is missing, or begins with a sign that YAML uses itself; add it, "
            "put it in quotes, or close the bracket before it"
        ),
    ),
)

#: Complaints that are about where something began, not where its end was missed.
_OPENED = ("unexpected end of stream", "expected ',' or", "could not find expected ':'")

_SIGN = "cannot start any token"

#: A value or an item that a word processor put into its own quotation marks.
_CURLED = re.compile(r"(?:[:\[,-]\s+|\[)[“”„‟‘’‚]")
_STRAIGHT = (
    "; curly quotes as Word writes them are ordinary letters here, so type "
    "straight ones: \" or '"
)


def explained(
    error: yaml.YAMLError | UnicodeEncodeError, text: str
) -> tuple[Mark, str]:
    """Return where reading a text stopped, and what to do about it."""
    if isinstance(error, UnicodeEncodeError):
        return _unreadable(text, error.start)
    if isinstance(error, yaml.reader.ReaderError):  # its position counts bytes
        before = text.encode()[: error.position].decode(errors="ignore")
        return _unreadable(text, len(before))
    assert isinstance(error, yaml.MarkedYAMLError)  # there are no others
    return _syntax(error, text)


def _syntax(error: yaml.MarkedYAMLError, text: str) -> tuple[Mark, str]:
    """Return where a syntax error is and what it means, opening quotes first."""
    said = f"{error.problem or ''} {error.context or ''}"
    opened = any(words in said for words in _OPENED)
    at = (error.context_mark if opened else None) or error.problem_mark
    mark = Mark(at.line + 1, at.column + 1) if at else Mark(1, 1)
    if _SIGN in said:
        return mark, _strange_sign(text, mark)
    for words, explanation in _EXPLANATIONS:
        if words in said:
            curled = "quotes" in explanation and _CURLED.search(_line(text, mark))
            return mark, explanation + (_STRAIGHT if curled else "")
    return mark, f"not YAML ({said.strip()}); check the signs around this place"


def _strange_sign(text: str, mark: Mark) -> str:
    sign = _line(text, mark)[mark.column - 1 : mark.column]
    if sign == "\t":
        return _TAB
    return f"a text cannot begin with {sign} in YAML; put it in quotes"


def _line(text: str, mark: Mark) -> str:
    """Return the line of a place, as YAML counts lines; "" behind the last one."""
    lines = re.split("\r\n|[\r\n\x85\u2028\u2029]", text)
    return lines[mark.line - 1] if mark.line <= len(lines) else ""


def _unreadable(text: str, position: int) -> tuple[Mark, str]:
    start = text.rfind("\n", 0, position)
    return (
        Mark(text.count("\n", 0, position) + 1, position - start),
        (
            f"the character U+{ord(text[position]):04X} cannot be written in YAML; delete "
            "it (it is invisible in most editors)"
        ),
    )
