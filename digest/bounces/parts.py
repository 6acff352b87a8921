"""A mail taken apart without trust, and without looking at more of it than it needs.

Mails that come back are written by forty years of programs, and by whoever likes to
write to our return address.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import suppress
from email import message_from_bytes
from email.errors import HeaderParseError, MessageError
from email.header import Header, decode_header
from email.message import Message
from itertools import islice

LARGEST = 256 << 10  #: bytes of a mail that are looked at; the rest is our own mail
MOST_PARTS = 40  #: of one mail

#: What Python's parser can end with on a mail that is none, or is nested without end.
UNREADABLE = (
    RecursionError,
    MessageError,
    LookupError,
    ValueError,
    TypeError,
    AttributeError,
)

#: What a strange charset ends with: there is none of that name, or it is no name.
_NO_CHARSET = (LookupError, ValueError)

Fields = dict[str, str]  #: of a block, by their names in small letters

_FIELD = re.compile(r"([!-9;-~]+):[ \t]*(.*)")
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\ud800-\udfff\ufffd]+")
_LONGEST_LINE = 500  #: characters that are kept of anybody's words


def taken_apart(content: bytes) -> Message:
    """Return the mail; raise one of `UNREADABLE` when it cannot be read at all."""
    message = message_from_bytes(content[:LARGEST].lstrip(b"\r\n"))
    for part in message.walk():
        inside = part.get_payload()
        if isinstance(inside, list):
            del inside[MOST_PARTS:]
    return message


def one_line(text: str) -> str:
    """Return text in one line, without what a terminal would obey."""
    return " ".join(_CONTROL.sub(" ", text).split())[:_LONGEST_LINE]


def headers(message: Message, *names: str) -> Iterator[str]:
    """Yield the values of these fields, decoded, in one line each."""
    for name in names:
        yield from map(_decoded, islice(message.get_all(name, []), MOST_PARTS))


def header(message: Message, *names: str) -> str:
    """Return the first of these fields that is there, or ""."""
    return next(headers(message, *names), "")


def _decoded(value: object) -> str:
    raw = _eight_bit(value) if isinstance(value, Header) else str(value)
    if "=?" in raw:
        with suppress(HeaderParseError, *_NO_CHARSET):
            raw = "".join(
                text if isinstance(text, str) else _read(text, charset or "")
                for text, charset in decode_header(raw)
            )
    return one_line(raw)


def _eight_bit(value: Header) -> str:
    """Return a field that was written without encoding, as programs do (RFC 6532)."""
    return "".join(
        text if isinstance(text, str) else _read(text, "")
        for text, _ in decode_header(value)
    )


def _read(octets: bytes, charset: str) -> str:
    try:
        return octets.decode(charset or "utf-8", "replace")
    except _NO_CHARSET:
        return octets.decode("latin-1")


def report_type(message: Message) -> str:
    """Return what a multipart/report says it reports, or ""."""
    if message.get_content_type() != "multipart/report":
        return ""
    return str(message.get_param("report-type", "")).lower()


def outer(message: Message) -> list[Message]:
    """Return the parts of the report itself, not of the mail it returns."""
    found: list[Message] = []
    waiting = [message]
    while waiting and len(found) < MOST_PARTS:
        part = waiting.pop(0)
        inside = part.get_payload()
        multipart = part.get_content_maintype() == "multipart"
        if multipart and isinstance(inside, list):
            waiting[:0] = [each for each in inside if isinstance(each, Message)]
        else:
            found.append(part)
    return found


def originals(message: Message) -> list[Message]:
    """Return what is in the report of the mail it is about: whole, or headers alone."""
    found: list[Message] = []
    for part in outer(message):
        kind = part.get_content_type()
        if kind in ("message/rfc822", "message/global", "message/global-headers"):
            found += within(part)
        elif kind == "text/rfc822-headers":
            found.append(taken_apart(octets(part)))
    return found


def within(part: Message) -> list[Message]:
    """Return what Python takes for mails inside a part of a type message/*."""
    inside = part.get_payload()
    found = inside if isinstance(inside, list) else []
    return [each for each in found if isinstance(each, Message)]


def octets(part: Message) -> bytes:
    """Return what a part holds, without its transfer encoding."""
    inside = part.get_payload(decode=True)
    return inside if isinstance(inside, bytes) else b""


def text(part: Message) -> str:
    """Return a text part's text, in whatever charset it was meant."""
    written = _read(octets(part), part.get_content_charset() or "")
    return written.replace("\r\n", "\n")


def blocks(part: Message) -> list[Fields]:
    """Return the blocks of fields of a report part."""
    found: list[Fields] = []
    for each in within(part):
        names = list(dict.fromkeys(name.lower() for name in each))
        found.append({name: header(each, name) for name in names})
        rest = each.get_payload()
        found += _blocks(rest) if isinstance(rest, str) else []
    return [block for block in found if block][:MOST_PARTS]


def _blocks(written: str) -> list[Fields]:
    found: list[Fields] = []
    for block in re.split(r"\n[ \t]*\n", written.replace("\r\n", "\n")):
        fields: Fields = {}
        for line in re.sub(r"\n[ \t]+", " ", block).split("\n"):
            if parts := _FIELD.fullmatch(line):
                fields.setdefault(parts[1].lower(), one_line(parts[2]))
        if fields:
            found.append(fields)
    return found
