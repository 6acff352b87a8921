"""Text in pieces that keeps its blank lines in order.

A text page that is rendered whole is tidied: no spaces at line ends, never two blank
lines in a row. Pieces of one are tidied each by itself, and what remains is where two
meet: the line ends there are counted, and the right number is put between them. So a
joined text is the tidied text, without a pass over it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from digest.quoting import JOIN, Piece, joinable, plain, quote
from digest.rendering.plaintext import tidied, tidy, visible

_LINE_END = Piece("\n", b"\r\n")
_BLANK_LINE = Piece("\n\n", b"\r\n\r\n")


@dataclass(slots=True, unsafe_hash=True)
class Run(Piece):
    """A piece of text: line ends, what stands between them, line ends."""

    leading: int  #: line ends before the core, or all there are
    core: Piece | None  #: None: there are only line ends
    trailing: int  #: line ends after the core
    loose: bool  #: a line end right behind the core would have to drop a space


def run(text: str) -> Run:
    """Return a piece of a text page, tidied inside."""
    if not text:
        return _NOTHING
    quoted = plain(text)
    if quoted is not None:  # as most values and paragraphs are: nothing to tidy
        return Run(text, b"", 0, Piece(text, quoted), 0, loose=False)
    shown = tidied(visible(text).split("\n"))
    core = shown.strip("\n")
    leading = len(shown) - len(shown.lstrip("\n"))
    if not core:
        return Run(text, b"", leading, None, 0, loose=False)
    trailing = len(shown) - len(shown.rstrip("\n"))
    return Run(
        text,
        b"",
        leading,
        Piece(core, joinable(core)),
        trailing,
        loose=not trailing and core != core.rstrip(),
    )


_NOTHING = Run("", b"", 0, None, 0, loose=False)


def flow(runs: Sequence[Piece]) -> tuple[Piece, ...]:
    """Return the pieces of a text page: the tidied text of `runs`, joined."""
    flowed: list[Piece] = []
    line_ends, loose = 0, False
    for one in runs:
        assert isinstance(one, Run)
        line_ends += one.leading
        if one.core is None:
            continue
        if not line_ends:
            flowed.append(JOIN)
        elif loose:
            break
        else:
            flowed.append(_LINE_END if line_ends == 1 else _BLANK_LINE)
        flowed.append(one.core)
        line_ends, loose = one.trailing, one.loose
    if loose:  # a value ended in a space, or was empty behind one: rare
        text = tidy("".join([one.text for one in runs]))
        return (Piece(text, quote(text)),)
    return (*flowed[1:], _LINE_END)  # nothing stands before the first
