"""Text as a transfer encoding: quoted-printable, or base64 for other scripts.

Both give ASCII lines of at most 76 octets with CRLF ends and no line that a relay
could touch on its way: none begins with a dot (RFC 5321 section 4.5.2) or with
``From `` (mbox), none ends in a space. What a signature covers therefore arrives
unchanged, and an SMTP client has nothing to stuff.
"""

from __future__ import annotations

import base64
import binascii
import re

_LINE = 76  #: RFC 2045 sections 6.7 (5) and 6.8
_NOT_ASCII = bytes(range(128, 256))

_AWKWARD_LINE = re.compile(rb"\n(?:\.|From ).*")
_LONG_LINE = re.compile(rb"\n.{77,}")
_AWKWARD_START = re.compile(rb"\A(?:\.|From )")
_PIECE = re.compile(rb".{1,73}(?<!=)(?<!=[0-9A-F])")  # never ends inside =XX


def encode(text: str) -> tuple[str, bytes]:
    """Return the name of the encoding that suits `text`, and `text` in it.

    Base64 when at least one octet in six is beyond ASCII (Arabic, Chinese,
    Russian), since quoted-printable would then be longer and no more readable.
    Line ends may be LF, CRLF or CR; they leave as CRLF.
    """
    octets = _line_feeds(text).encode("utf-8", "replace")
    beyond = (
        0 if octets.isascii() else len(octets) - len(octets.translate(None, _NOT_ASCII))
    )
    if beyond and beyond * 6 >= len(octets):
        return "base64", _base64(octets.replace(b"\n", b"\r\n"))
    return "quoted-printable", _quoted_printable(octets)


def _line_feeds(text: str) -> str:
    if "\r" not in text:
        return text
    return text.replace("\r\n", "\n").replace("\r", "\n")


def _base64(octets: bytes) -> bytes:
    encoded = base64.b64encode(octets)
    return b"\r\n".join(
        encoded[start : start + _LINE] for start in range(0, len(encoded), _LINE)
    )


def _quoted_printable(octets: bytes) -> bytes:
    """Quote with the standard library's C, then mend the few lines it gets wrong.

    It leaves dots and ``From `` at the start of lines, and makes a line too long
    when it turns the space at its end into ``=20``. A line feed is put in front,
    so that the first line is found like the others.
    """
    quoted = _AWKWARD_LINE.sub(_mended, b"\n" + binascii.b2a_qp(octets))
    if b"=20\n" in quoted or b"=09\n" in quoted or quoted.endswith((b"=20", b"=09")):
        quoted = _LONG_LINE.sub(_mended, quoted)
    return quoted[1:].replace(b"\n", b"\r\n")


def _mended(match: re.Match[bytes]) -> bytes:
    """Cut one line again into pieces that have room for a quoted first letter."""
    line = match[0][1:]
    soft = line.endswith(b"=")
    pieces = _PIECE.findall(line[:-1] if soft else line)
    return b"\n" + b"=\n".join(map(_tame, pieces)) + (b"=" if soft else b"")


def _tame(piece: bytes) -> bytes:
    return _AWKWARD_START.sub(
        lambda start: b"=%02X" % start[0][0] + start[0][1:], piece
    )
