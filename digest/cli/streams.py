"""Standard streams that can be written to, whatever a shell or a service made of them.

They may be closed (`>&-`), full (`/dev/full`), read by somebody who left
(`| head`), or speak an encoding that has no “ or é. None of it may stop a command
half-way or show a traceback.
"""

from __future__ import annotations

import os
import re
import sys
from contextlib import suppress
from typing import TextIO

#: What makes a terminal do things instead of showing them; headlines are foreign.
CONTROLS = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f]")


def printable(text: str) -> str:
    """Return text that only shows, with a mark for each character that would act."""
    return CONTROLS.sub("\ufffd", text)


def from_here(text: str) -> str:
    """Return a message that begins with a file's path, shorter where one stands near.

    Nobody types the whole path of a file in the folder they are in.
    """
    try:
        here = os.path.join(os.getcwd(), "")  # noqa: PTH109, PTH118 a text to compare with
    except OSError:  # the folder has been removed
        return text
    return text.removeprefix(here) if len(here) > 1 else text


def steady() -> None:
    """Open what is closed, and let no character be an error."""
    for number in range(3):  # else the database could become "standard output"
        try:
            os.fstat(number)
        except OSError:
            os.open(os.devnull, os.O_RDWR)  # takes the lowest number that is free
    sys.stdout = _usable(sys.stdout)
    sys.stderr = _usable(sys.stderr)


def _usable(stream: TextIO | None) -> TextIO:
    """Return the stream, or one that goes nowhere; it shows "?" for what it cannot."""
    if stream is None or stream.closed:
        return open(os.devnull, "w", encoding="utf-8")  # noqa: PTH123 for good
    reconfigure = getattr(stream, "reconfigure", None)
    if reconfigure is not None:
        reconfigure(errors="replace")
    return stream


def settle() -> bool:
    """Write what is left; False: it cannot be written, and is dropped.

    Otherwise Python tries again at its end, and complains in its own words.
    """
    return all([_settled(sys.stdout), _settled(sys.stderr)])


def _settled(stream: TextIO) -> bool:
    try:
        stream.flush()
    except OSError:
        with suppress(OSError):
            os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())
        return False
    return True
