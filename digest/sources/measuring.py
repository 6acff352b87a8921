"""How large a picture is, and of which kind: read from its first bytes by Pillow.

A mail whose pictures have a width and a height does not jump about while they come, and
classic Outlook shows them no larger than they should be. Nothing is decoded, so a
picture of any size costs the same; what is no picture has no size.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import IO

#: Octets in which a picture's size stands, but for one with a large thumbnail inside.
HEAD = 64 * 1024

_SVG = re.compile(rb"<svg[\s>]", re.IGNORECASE)
_FORMATS = ("JPEG", "PNG", "GIF", "WEBP", "AVIF", "BMP")
_ORIENTATION = 0x0112  #: of Exif; 5 to 8 are turned by a quarter
_TURNED = range(5, 9)


@dataclass(frozen=True, slots=True, kw_only=True)
class Size:
    """What a picture's first bytes say; width and height are 0 where they do not."""

    width: int = 0  #: pixels, as it is shown: turned as Exif says
    height: int = 0
    kind: str = ""  #: "jpeg", "webp", "svg" …; empty: no picture


def size_of_file(path: Path) -> Size:
    """Measure a file; one that cannot be read is no picture."""
    try:
        with path.open("rb") as file:
            return _measured(file)
    except OSError:
        return Size()


def size_of_head(head: bytes) -> Size:
    """Measure a picture by its beginning, as long a one as `HEAD` or all of it."""
    return _measured(BytesIO(head))


def _measured(file: IO[bytes]) -> Size:
    from PIL import Image  # slow to load, and not every collect needs it

    start = file.read(512)
    file.seek(0)
    if _SVG.search(start):
        return Size(kind="svg")
    Image.MAX_IMAGE_PIXELS = None  # a warning against decoding, which nobody does
    try:
        with Image.open(file, formats=_FORMATS) as image:
            width, height = image.size
            kind = (image.format or "").lower()
            if kind == "jpeg" and image.getexif().get(_ORIENTATION) in _TURNED:
                width, height = height, width
    except Exception:  # noqa: BLE001 - Pillow's plugins raise anything at broken files
        return Size(kind=_kind(start))
    return Size(width=width, height=height, kind=kind)


def _kind(start: bytes) -> str:
    """Return the kind of a picture that has to be read whole to be measured."""
    if start[:4] == b"RIFF" and start[8:12] == b"WEBP":
        return "webp"
    return "avif" if start[4:12] in (b"ftypavif", b"ftypavis") else ""
