"""A document's bytes, capped, and the text they stand for.

Labels lie: feeds say ``us-ascii`` and are UTF-8, pages say ISO-8859-1 and mean
windows-1252, and one pasted paragraph may be in another charset than the rest.
What the bytes themselves show wins over what any label says.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterable
from pathlib import Path

from digest.errors import DigestError

#: No article, page or feed is larger; what is larger would only cost memory.
LIMIT = 5 * 1024 * 1024
TOO_LARGE = "is larger than 5 MB, which no article or feed should be; it was not read"

_BOMS = {
    codecs.BOM_UTF8: "utf-8",
    codecs.BOM_UTF32_LE: "utf-32-le",  # before UTF-16, which begins alike
    codecs.BOM_UTF32_BE: "utf-32-be",
    codecs.BOM_UTF16_LE: "utf-16-le",
    codecs.BOM_UTF16_BE: "utf-16-be",
}
#: How "<" and "{" begin a document that has neither mark nor label.
_UNMARKED = {
    **dict.fromkeys((b"<\0", b"{\0", b"\n\0"), "utf-16-le"),
    **dict.fromkeys((b"\0<", b"\0{", b"\0\n"), "utf-16-be"),
}
#: How files begin that hold no text, whatever their names say.
_NO_TEXTS = {
    b"PK\x03\x04": "a Word document or another ZIP archive",
    b"\xd0\xcf\x11\xe0": "an old Word document",
    b"{\\rtf": "a rich text document (RTF)",
    b"%PDF-": "a PDF",
    b"\x1f\x8b": "a compressed file (gzip)",
    b"bplist": "a web archive of Safari's",
    **dict.fromkeys(
        (b"\xff\xd8\xff", b"\x89PNG", b"GIF8", b"II*\0", b"MM\0*"), "a picture"
    ),
}
_HALF = 0.4  #: of the bytes of UTF-16 are zeros where the letters are ASCII, or nearly
_SNIFFED = 2048  #: bytes; where XML and HTML put their label
_LABEL = re.compile(
    rb"(?:charset|encoding)\s*=\s*[\"']?\s*([\w.:-]{2,40})", re.IGNORECASE
)
#: Python knows charsets that are programs (``unicode_escape``) or traps (``utf-7``).
_CHARSETS = re.compile(
    r"utf-?8|iso[-_]?8859[-_]\d{1,2}|latin-?\d{1,2}|windows-\d{3,4}|cp\d{3,4}"
    r"|koi8-[rtu]|mac(?:intosh|-?roman)|x?-?s(?:hift)?[-_]?jis|euc-(?:jp|kr)"
    r"|ks_c_5601-1987|iso-2022-jp|gb2312|gbk|gb18030|big5(?:-hkscs)?|tis-620"
)
#: What browsers read for what is written (WHATWG Encoding, 4.2).
_MEANT = {
    **dict.fromkeys(("gb2312", "gbk"), "gb18030"),
    **dict.fromkeys(("iso-8859-1", "iso8859-1", "latin1", "latin-1"), "cp1252"),
    **dict.fromkeys(("iso-8859-9", "latin5"), "cp1254"),
    **dict.fromkeys(("euc-kr", "ks_c_5601-1987"), "cp949"),
    **dict.fromkeys(("shift_jis", "shift-jis", "sjis", "x-sjis"), "cp932"),
}
#: Bytes that are not UTF-8, as `surrogateescape` leaves them, read as windows-1252.
_STRAY = {
    0xDC00 + byte: bytes([byte]).decode("cp1252", "replace")
    for byte in range(0x80, 0x100)
}
#: What XML 1.0 section 2.2 leaves out; lxml takes no text with one of them in it.
NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_STRAYS = re.compile("[\udc80-\udcff]")
_BEYOND_ASCII = re.compile("[^\x00-\x7f]")


class DocumentError(DigestError):
    """A file or an address gave no document; says which, why, and what to do."""


def read_file(path: Path) -> bytes:
    """Return the file's bytes; raise `DocumentError`, also above `LIMIT`."""
    if not path.exists():
        raise DocumentError(f"{path} does not exist; check its path")
    if not path.is_file():  # a folder, a pipe that never ends
        raise DocumentError(f"{path} is not a file; name a file or a web address")
    try:
        with path.open("rb") as file:
            content = file.read(LIMIT + 1)
    except OSError as error:
        raise DocumentError(
            f"{path} cannot be read: {error.strerror}; check its permissions"
        ) from error
    if len(content) > LIMIT:
        raise DocumentError(f"{path} {TOO_LARGE}")
    return content


def no_text(content: bytes) -> str:
    """Return what a file is that holds no text ("a picture"), "" of one that does."""
    for begins, what in _NO_TEXTS.items():
        if content.startswith(begins):
            return what
    start = content[:_SNIFFED]
    marked = start.startswith(tuple(_BOMS)) or start[:2] in _UNMARKED
    if marked or b"\0" not in start:
        return ""
    wide = max(start[0::2].count(0), start[1::2].count(0)) > _HALF * len(start) / 2
    return (
        "UTF-16 without a mark that says so" if wide else "no text but a program's file"
    )


def decode(content: bytes, *, charset: str = "") -> str:
    """Return the text of `content`; never raises, never guesses twice.

    In this order: a byte order mark; UTF-8 where the bytes are; `charset` (what
    the server said); the label inside the document; UTF-8 with stray bytes read
    as windows-1252; windows-1252.
    """
    for mark, name in _BOMS.items():
        if content.startswith(mark):
            return content[len(mark) :].decode(name, "replace")
    if content[:2] in _UNMARKED:
        return content.decode(_UNMARKED[content[:2]], "replace")
    labels = [*_known([charset]), *_known(_labels(content))]
    if "iso-2022-jp" in labels and b"\x1b" in content:  # 7 bits: looks like UTF-8
        return content.decode("iso-2022-jp", "replace")
    mended = content.decode("utf-8", "surrogateescape")
    strays = len(_STRAYS.findall(mended))
    if not strays or len(_BEYOND_ASCII.findall(mended)) > 2 * strays:
        return mended.translate(_STRAY)
    for label in labels:
        try:
            return content.decode(label)
        except (UnicodeDecodeError, LookupError):
            continue
    return mended.translate(_STRAY)


def _labels(content: bytes) -> list[str]:
    return [label.decode() for label in _LABEL.findall(content[:_SNIFFED])]


def _known(labels: Iterable[str]) -> list[str]:
    """Return the charsets that may be used, as Python calls them."""
    lowered = (label.strip().strip("\"'").lower() for label in labels)
    found = [_MEANT.get(one, one) for one in lowered if _CHARSETS.fullmatch(one)]
    return [label for label in found if label not in {"utf-8", "utf8"}]
