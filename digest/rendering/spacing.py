"""Spaces as a language has them: where a line may end, and where it may not.

French has spaces inside its guillemets and before `:`, `;`, `!` and `?`. A line that
began with such a mark would be a mistake, whichever space was typed.
"""

from __future__ import annotations

import re
from collections import Counter

from digest.rendering.plaintext import one_line
from digest.rendering.words import primary_subtag

#: A run of spaces is looked at from its beginning alone, or a long one would take long.
_FRENCH_SPACE = re.compile(r"(?<=«)[ \t\n]+|(?<![ \t\n])[ \t\n]+(?=[»:;!?])")
_NO_BREAK = "\u00a0"
#: An element's tag with its attributes. Cleaned bodies write `<` as `&lt;` everywhere
#: else, so a search never goes on into the next tag, however a body is made.
_TAG = re.compile(r"""(<[^<>"']*(?:(?:"[^"<]*"|'[^'<]*')[^<>"']*)*>)""")
_NAME = re.compile(r"<(/?)([a-z0-9]+)", re.IGNORECASE)
_LANGUAGE = re.compile(r"""\slang\s*=\s*["']?([\w-]+)""", re.IGNORECASE)
#: Their spaces are their authors'.
_AS_TYPED = frozenset({"code", "kbd", "pre", "samp", "tt", "script", "style"})
_VOID = frozenset({"br", "hr", "img", "wbr"})


def set_in(language: str, text: str) -> str:
    """Return `text` on one line, its marks held to their words where they stand apart."""
    line = one_line(text)
    return _FRENCH_SPACE.sub(_NO_BREAK, line) if _is_french(language) else line


def set_in_html(language: str, html: str) -> str:
    """Return a body with the marks of its text held to their words.

    Text in another language, code and tags stay as they are.
    """
    if not (_is_french(language) or "lang=" in html):
        return html
    open_: list[tuple[str, bool]] = []  # elements, and whether French is set in them
    there: Counter[str] = Counter()  # how many of each are open
    french = _is_french(language)
    parts = _TAG.split(html)
    for at, part in enumerate(parts):
        set_here = open_[-1][1] if open_ else french
        if at % 2 == 0:
            parts[at] = _FRENCH_SPACE.sub(_NO_BREAK, part) if set_here else part
        elif (found := _NAME.match(part)) is not None:
            name = found[2].lower()
            if found[1]:
                _close(open_, name, there)
            elif name not in _VOID:
                spoken = _LANGUAGE.search(part)
                here = _is_french(spoken[1]) if spoken else set_here
                open_.append((name, here and name not in _AS_TYPED))
                there[name] += 1
    return "".join(parts)


def _close(open_: list[tuple[str, bool]], name: str, there: Counter[str]) -> None:
    """Close the innermost element of a name, and what is still open in it."""
    while there[name]:
        closed, _ = open_.pop()
        there[closed] -= 1
        if closed == name:
            break


def _is_french(language: str) -> bool:
    return primary_subtag(language) == "fr"
