"""A message: what a reader's mail server gets, byte by byte.

`compose` joins a `Letterhead` (what the header says to everybody), a `Letter` (what it
says to one reader) and a digest's parts into RFC 5322 bytes: ASCII, CRLF, every field
once and in a fixed order, the text before the HTML. It is a function of its arguments
alone, so a mail that must be sent again is the same mail. Where a field has a rule, the
rule stands beside it.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import format_datetime
from functools import cache, lru_cache
from typing import TYPE_CHECKING

from digest.message.enclosures import KINDS, Enclosure, enclosure, related
from digest.message.headers import (
    FOLD,
    HeaderProblem,
    mailbox_field,
    matching,
    needs_smtputf8,
    on_the_wire,
    text_field,
    uri_field,
    wire_address,
)
from digest.message.letterhead import Letterhead
from digest.model import Mailbox
from digest.quoting import Encoding, Part

if TYPE_CHECKING:  # it loads what a message without a signature does not need
    from digest.message.dkim import Signer

__all__ = [
    "KINDS",
    "Answer",
    "Enclosure",
    "HeaderProblem",
    "Letter",
    "Letterhead",
    "compose",
    "compose_answer",
    "enclosure",
    "needs_smtputf8",
    "wire_address",
]

_DOT_ATOM = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~.\-]+"
_MESSAGE_ID = re.compile(rf"<{_DOT_ATOM}@{_DOT_ATOM}>")


@dataclass(frozen=True, slots=True, kw_only=True)
class Letter:
    """What the header says to one reader alone."""

    recipient: str  #: the reader's address
    date: datetime  #: aware; part of the delivery, so that a resend is the same
    message_id: str  #: ``<…@…>``, unique per reader, the same at a resend
    unsubscribe_url: str  #: https, answers a POST (RFC 8058)
    unsubscribe_mailbox: str = ""  #: without angle brackets; may be left out


def compose(
    letterhead: Letterhead,
    letter: Letter,
    *,
    subject: str,
    text: Part,
    html: Part | None = None,
    enclosures: Sequence[Enclosure] = (),
    signer: Signer | None = None,
) -> bytes:
    """Return the whole message, ready for the wire but for dot-stuffing.

    Without `html` it is a plain text mail; `enclosures` are pictures that the HTML
    names; a `signer` puts its signature in front of
    everything. Raises `HeaderProblem` when a value cannot stand in a header.
    """
    standing = letterhead.standing
    message_id = matching("Message-ID", letter.message_id, _MESSAGE_ID)
    fields = [
        standing.sender,
        on_the_wire(f"To: <{wire_address('To', letter.recipient)}>"),
        *standing.reply_to,
        _subject(subject),
        _date(letter.date.replace(microsecond=0)),
        on_the_wire(f"Message-ID: {message_id}"),
        standing.list_id,
        *_unsubscribe(letter),
        *standing.rest,
    ]
    if html is None:
        fields += _described("text/plain", text.encoding)
        body = _alone(text.content)
    else:
        boundary = _boundary(message_id)
        fields.append(
            f'Content-Type: multipart/alternative;{FOLD}boundary="{boundary}"\r\n'.encode()
        )
        body = _alternative(boundary.encode(), text, html, enclosures)
    if signer:
        fields.insert(0, signer.sign(fields, b"".join(body), at=letter.date))
    return b"".join([*fields, b"\r\n", *body])


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """A plain mail to one person who asked for something; no newsletter's mail."""

    sender: Mailbox
    recipient: str  #: an address
    subject: str
    text: str
    date: datetime  #: aware
    message_id: str  #: ``<…@…>``
    reply_to: Mailbox | None = None


def compose_answer(answer: Answer, *, signer: Signer | None = None) -> bytes:
    """Return an answer as a whole message: no list, no HTML, nothing to unsubscribe.

    Raises `HeaderProblem` when a value cannot stand in a header.
    """
    text = Part.of(answer.text)
    message_id = matching("Message-ID", answer.message_id, _MESSAGE_ID)
    reply_to = [mailbox_field("Reply-To", answer.reply_to)] if answer.reply_to else []
    fields = [
        on_the_wire(mailbox_field("From", answer.sender)),
        on_the_wire(f"To: <{wire_address('To', answer.recipient)}>"),
        *map(on_the_wire, reply_to),
        _subject(answer.subject),
        _date(answer.date.replace(microsecond=0)),
        on_the_wire(f"Message-ID: {message_id}"),
        b"Auto-Submitted: auto-replied\r\n",  # RFC 3834: it answers a form
        b"X-Auto-Response-Suppress: OOF, AutoReply\r\n",
        b"MIME-Version: 1.0\r\n",
        *_described("text/plain", text.encoding),
    ]
    body = _alone(text.content)
    if signer:
        fields.insert(0, signer.sign(fields, b"".join(body), at=answer.date))
    return b"".join([*fields, b"\r\n", *body])


@lru_cache(maxsize=1024)  # readers of the same lead story share it
def _subject(text: str) -> bytes:
    return on_the_wire(text_field("Subject", text))


@lru_cache(maxsize=64)  # messages of the same second share it
def _date(date: datetime) -> bytes:
    if date.tzinfo is None:
        raise HeaderProblem("Date", "a time without a zone", "give it one, as in UTC")
    return on_the_wire(f"Date: {format_datetime(date.astimezone(UTC))}")


def _unsubscribe(letter: Letter) -> list[bytes]:
    """Return both fields of RFC 8058; the second promises one click over https."""
    if "%" in letter.unsubscribe_url or "%" in letter.unsubscribe_mailbox:
        raise HeaderProblem(
            "List-Unsubscribe",
            "a % in the address, which filters take for a hole in a template",
            "use a link of lower-case letters, digits, / and -",
        )
    field = uri_field(
        "List-Unsubscribe",
        letter.unsubscribe_url,
        mailbox=letter.unsubscribe_mailbox,
        ask="?subject=unsubscribe",  # some mail programs send nothing without one
    )
    if not letter.unsubscribe_url.startswith("https://"):
        return [on_the_wire(field)]
    return [
        on_the_wire(field),
        b"List-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n",
    ]


def _boundary(message_id: str) -> str:
    """Return what can stand in neither part: ``=_`` is never quoted-printable."""
    return f"=_d{hashlib.sha256(message_id.encode()).hexdigest()[:24]}"


def _alternative(
    boundary: bytes, text: Part, html: Part, enclosures: Sequence[Enclosure]
) -> list[bytes]:
    """Return a body of both parts, each with a header of its own, to be joined."""
    delimiter = b"--" + boundary
    plain = _part("text/plain", text)
    styled = _part("text/html", html)
    if enclosures:  # ``=_d…`` and ``=_r…``: neither begins with the other
        inner = boundary.replace(b"=_d", b"=_r", 1)
        styled = related(styled, enclosures, boundary=inner)
    return [
        *(delimiter, b"\r\n", *plain),
        *(delimiter, b"\r\n", *styled),
        *(delimiter, b"--\r\n"),
    ]


def _part(media_type: str, part: Part) -> list[bytes]:
    described = _described(media_type, part.encoding)
    return [*described, b"\r\n", *part.chunks, b"\r\n"]


def _alone(content: bytes) -> list[bytes]:
    """Return the body of a text mail; its last line needs an end, if there is one."""
    whole = content.endswith(b"\r\n") or not content
    return [content] if whole else [content, b"\r\n"]


@cache  # two media types in two encodings
def _described(media_type: str, encoding: Encoding) -> tuple[bytes, bytes]:
    """Return the fields that say what a part is."""
    return (
        f"Content-Type: {media_type}; charset=utf-8\r\n".encode(),
        f"Content-Transfer-Encoding: {encoding}\r\n".encode(),
    )
