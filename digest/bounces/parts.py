"""A mail taken apart without trust: whatever its bytes are, nothing here fails.

Mails that come back are written by forty years of programs, and by whoever likes to
write to our return address.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import suppress
from email import message_from_bytes
from email.errors import MessageError
from email.header import decode_header
from email.message import Message
from itertools import islice

LARGEST = 256 << 10  #: bytes of a mail that are looked at; the rest is our own mail
MOST_PARTS = 40  #: of one mail

#: What a lookup in a malformed header or a strange charset can end with.
BROKEN = (MessageError, LookupError, ValueError, TypeError, AttributeError)

Fields = dict[str, str]  #: of a block, by their names in small letters

_FIELD = re.compile(r"([!-9;-~]+):[ \t]*(.*)")
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\ud800-\udfff\ufffd]+")
_LONGEST_LINE = 500  #: characters that are kept of anybody's words


def taken_apart(content: bytes) -> Message | None:
    """Return the mail, or None when it cannot be read at all (nested without end)."""
    try:
        message = message_from_bytes(content[:LARGEST].lstrip(b"\r\n"))
        for part in message.walk():
            inside = part.get_payload()
            if isinstance(inside, list):
                del inside[MOST_PARTS:]
    except (RecursionError, *BROKEN):
        return None
    return message


def one_line(text: str) -> str:
    """Return text in one line, without what a terminal would obey."""
    return " ".join(_CONTROL.sub(" ", text).split())[:_LONGEST_LINE]


def headers(message: Message, *names: str) -> Iterator[str]:
    """Yield the values of these fields, decoded, in one line each."""
    for name in names:
        try:
            values = message.get_all(name, [])
        except BROKEN:
            continue
        yield from map(_decoded, islice(values, MOST_PARTS))


def header(message: Message, *names: str) -> str:
    """Return the first of these fields that is there, or ""."""
    return next(headers(message, *names), "")


def _decoded(value: object) -> str:
    raw = str(value)
    if "=?" in raw:
        with suppress(*BROKEN):
            raw = "".join(
                text if isinstance(text, str) else _read(text, charset or "")
                for text, charset in decode_header(raw)
            )
    return one_line(raw)


def _read(octets: bytes, charset: str) -> str:
    try:
        return octets.decode(charset or "utf-8", "replace")
    except BROKEN:
        return octets.decode("latin-1")


def kind_of(part: Message) -> str:
    """Return a part's content type, such as "text/plain"."""
    try:
        return part.get_content_type()
    except BROKEN:
        return "text/plain"


def report_type(message: Message) -> str:
    """Return what a multipart/report says it reports, or ""."""
    try:
        if kind_of(message) != "multipart/report":
            return ""
        return str(message.get_param("report-type", "")).lower()
    except BROKEN:
        return ""


def outer(message: Message) -> list[Message]:
    """Return the parts of the report itself, not of the mail it returns."""
    found: list[Message] = []
    waiting = [message]
    while waiting and len(found) < MOST_PARTS:
        part = waiting.pop(0)
        inside = part.get_payload()
        if kind_of(part).startswith("multipart/") and isinstance(inside, list):
            waiting[:0] = [each for each in inside if isinstance(each, Message)]
        else:
            found.append(part)
    return found


def originals(message: Message) -> list[Message]:
    """Return what is in the report of the mail it is about: whole, or headers alone."""
    found: list[Message] = []
    for part in outer(message):
        kind, inside = kind_of(part), part.get_payload()
        if kind in ("message/rfc822", "message/global") and isinstance(inside, list):
            found += [each for each in inside if isinstance(each, Message)]
        elif kind in (
            "text/rfc822-headers",
            "message/rfc822",
            "message/global-headers",
        ):
            again = taken_apart(octets(part))
            found += [again] if again is not None else []
    return found


def octets(part: Message) -> bytes:
    """Return what a part holds, without its transfer encoding."""
    try:
        inside = part.get_payload(decode=True)
        return inside if isinstance(inside, bytes) else b""
    except BROKEN:
        return b""


def text(part: Message) -> str:
    """Return a text part's text, in whatever charset it was meant."""
    try:
        charset = part.get_content_charset() or ""
    except BROKEN:
        charset = ""
    return _read(octets(part), charset).replace("\r\n", "\n")


def blocks(part: Message) -> list[Fields]:
    """Return the blocks of fields of a report part, which Python takes for mails."""
    inside = part.get_payload()
    if isinstance(inside, str):
        return _blocks(text(part))
    found: list[Fields] = []
    for each in inside if isinstance(inside, list) else ():
        if not isinstance(each, Message):
            continue
        try:
            names = list(dict.fromkeys(name.lower() for name in each))
        except BROKEN:
            continue
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
