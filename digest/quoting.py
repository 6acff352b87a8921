"""A mail's text in pieces that are encoded once and joined as bytes.

Digests differ in which articles they hold and in a few values; everything between
is the same text again and again. A `Piece` is text with its quoted-printable form,
made once. Quoted-printable may be joined: a soft line break (``=`` at the end of a
line) stands for nothing, so pieces joined by one decode to the joined text
(RFC 2045 section 6.7; a test proves it for arbitrary text).

What leaves is ASCII in lines of at most 76 octets with CRLF ends, and no line that
a relay could touch on its way: none begins with a dot (RFC 5321 section 4.5.2) or
with ``From `` (mbox), none ends in a space, none holds a tab or two spaces in a row.
So an SMTP client has nothing to stuff, and the body is in the canonical form that
DKIM hashes (RFC 6376 section 3.4.4) without a pass over it.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache

_LINE = 76  #: RFC 2045 sections 6.7 (5) and 6.8
SOFT_BREAK = b"=\r\n"  #: a soft line break: no character of the text
_NOT_ASCII = bytes(range(128, 256))

#: Lines that encode to themselves if they are short: most names, links and paragraphs.
_PLAIN = re.compile(r"(?:(?![.]|From )[!-<>-~]++(?: [!-<>-~]++)*+(?:\n(?=.)|\Z))++")
_LONGEST_PLAIN = 72  #: of such a line
#: A line that is the same in HTML: most names, and links without a query.
_TAME = re.compile(r"(?![.]|From )[!#-%'-;?-~]++(?: [!#-%'-;?-~]++)*+")
_LINE_END = re.compile(r"\r\n|\r")
#: What the standard library's encoder leaves in a line, and what it makes too long.
_AWKWARD_LINE = re.compile(rb"\n(?:(?:\.|From ).*|.*(?:  |\t).*|.{77,})")
_UNTAMED = re.compile(rb"(?<= ) |\t")
_AWKWARD_START = re.compile(rb"\A(?:\.|From )")
_PORTION = re.compile(rb".{1,73}(?<!=)(?<!=[0-9A-F])")  # never ends inside =XX


class Encoding(StrEnum):
    """The Content-Transfer-Encoding of a part."""

    QUOTED_PRINTABLE = "quoted-printable"
    BASE64 = "base64"


@dataclass(slots=True, unsafe_hash=True)  # frozen costs twice as much to make
class Piece:
    """Text with LF line ends, and its quoted form, ready to be joined to another.

    Nobody changes one: they are shared by all mails of an issue.
    """

    text: str
    quoted: bytes


#: Between two pieces of one line whose quoted forms do not end in a soft break.
JOIN = Piece("", SOFT_BREAK)


def piece(text: str) -> Piece:
    """Return `text` as a piece that anything may follow."""
    quoted = joinable(text)
    if not quoted or text.endswith(("\n", "\r")):
        return Piece(text, quoted)
    return Piece(text, quoted + SOFT_BREAK)


def plain(text: str) -> bytes | None:
    """Return `text` if it is short lines of words that stand for themselves.

    Such lines have one space between words and leave room for a soft break.
    """
    if not _PLAIN.fullmatch(text):
        return None
    if "\n" not in text:
        return text.encode("ascii") if len(text) <= _LONGEST_PLAIN else None
    lines = text.split("\n")
    if max(map(len, lines)) > _LONGEST_PLAIN:
        return None
    return "\r\n".join(lines).encode("ascii")


@lru_cache(maxsize=256)  # a reader's values stand in the HTML and in the text
def tame(text: str) -> bytes | None:
    """Return `text` in quoted-printable if it is written alike in text and in HTML.

    There it may stand in quotes: lines have room for those and for a soft break.
    """
    if not _TAME.fullmatch(text):
        return None
    if len(text) <= _LONGEST_PLAIN:
        return text.encode("ascii")
    cut = range(0, len(text), _LONGEST_PLAIN)
    lines = [text[start : start + _LONGEST_PLAIN] for start in cut]
    if " " in text or any(line[0] == "." for line in lines):
        return None
    return "=\r\n".join(lines).encode("ascii")


def joinable(text: str) -> bytes:
    """Return `text` in quoted-printable, with room on its last line for a soft break."""
    quoted = plain(text)
    if quoted is not None:
        return quoted
    quoted = quote(text)
    start = quoted.rfind(b"\n") + 1
    if len(quoted) - start < _LINE:
        return quoted
    return quoted[:start] + SOFT_BREAK.join(_portions(quoted[start:]))


def quote(text: str) -> bytes:
    """Return `text` in quoted-printable.

    Line ends may be LF, CRLF or CR; they leave as CRLF. Half a surrogate pair, which
    has no UTF-8, leaves as a question mark. The standard library's encoder is C and
    does most of it; the few lines it gets wrong are mended. A line feed is put in
    front, so that the first line is found like the others.
    """
    octets = _LINE_END.sub("\n", text).encode("utf-8", "replace")
    quoted = _AWKWARD_LINE.sub(_mended, b"\n" + binascii.b2a_qp(octets))
    return quoted[1:].replace(b"\n", b"\r\n")


def _mended(match: re.Match[bytes]) -> bytes:
    """Quote one line's spaces, tabs and first letter, and cut it to size again."""
    line = match[0][1:]
    soft = line.endswith(b"=")
    tamed = _UNTAMED.sub(_octet_quoted, line[:-1] if soft else line)
    return b"\n" + b"=\n".join(_portions(tamed)) + (b"=" if soft else b"")


def _portions(line: bytes) -> list[bytes]:
    """Cut a quoted line into lines with room for a quoted first letter and a "="."""
    return [_AWKWARD_START.sub(_start_quoted, p) for p in _PORTION.findall(line)]


def _octet_quoted(match: re.Match[bytes]) -> bytes:
    return b"=%02X" % match[0][0]


def _start_quoted(match: re.Match[bytes]) -> bytes:
    return b"=%02X" % match[0][0] + match[0][1:]


def suited(text: str) -> Encoding:
    """Return the encoding that suits `text`.

    Base64 when at least one octet in six is beyond ASCII (Arabic, Chinese, Russian),
    since quoted-printable would then be longer and no more readable.
    """
    if text.isascii():
        return Encoding.QUOTED_PRINTABLE
    octets = text.encode("utf-8", "replace")
    beyond = len(octets) - len(octets.translate(None, _NOT_ASCII))
    return Encoding.BASE64 if beyond * 6 >= len(octets) else Encoding.QUOTED_PRINTABLE


class Part:
    """One part of a mail: its pieces, and how they are to leave."""

    __slots__ = ("_chunks", "encoding", "pieces")

    def __init__(self, pieces: Iterable[Piece], encoding: Encoding) -> None:
        """Take the pieces, each joinable to the next."""
        self.pieces, self.encoding = pieces, encoding
        self._chunks: list[bytes] | None = None

    @classmethod
    def of(cls, text: str) -> Part:
        """Return a part that is one text, in the encoding that suits it."""
        return cls((Piece(text, quote(text)),), suited(text))

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Part):
            return NotImplemented
        return (self.encoding, self.content) == (other.encoding, other.content)

    def __hash__(self) -> int:
        return hash(self.content)

    @property
    def text(self) -> str:
        """What a reader's mail program makes of it."""
        return "".join([piece.text for piece in self.pieces])

    @property
    def content(self) -> bytes:
        """What stands in the message, without the line end after it."""
        return b"".join(self.chunks)

    @property
    def chunks(self) -> Sequence[bytes]:
        """The same in parts, to be joined with the rest of a message at once."""
        if self._chunks is None:
            if self.encoding is Encoding.BASE64:
                self._chunks = [_base64(self.text)]
            else:
                self._chunks = [piece.quoted for piece in self.pieces]
                _drop_last_join(self._chunks)
        return self._chunks

    @property
    def size(self) -> int:
        """How many octets `content` has."""
        return sum(map(len, self.chunks))


def _drop_last_join(chunks: list[bytes]) -> None:
    """Drop a soft break with nothing behind it: it would be no line (RFC 2045 6.7)."""
    while chunks and not chunks[-1]:
        chunks.pop()
    if chunks:
        chunks[-1] = chunks[-1].removesuffix(SOFT_BREAK)


def _base64(text: str) -> bytes:
    octets = _LINE_END.sub("\n", text).replace("\n", "\r\n").encode("utf-8", "replace")
    encoded = base64.b64encode(octets)
    return b"\r\n".join(
        [encoded[start : start + _LINE] for start in range(0, len(encoded), _LINE)]
    )
