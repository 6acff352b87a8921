"""A message: what a reader's mail server gets, byte by byte.

`compose` turns a digest's parts and a `Letter` (everything its header says) into
RFC 5322 bytes: ASCII, CRLF, every field once and in a fixed order, the text before
the HTML. It is a function of its arguments alone, so a mail that must be sent
again is the same mail. Where a field has a rule, the rule stands beside it.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import format_datetime

from digest.message.headers import (
    FOLD,
    HeaderProblem,
    mailbox_field,
    named_field,
    needs_smtputf8,
    plain_field,
    text_field,
    uri_field,
    wire_address,
    within_limits,
)
from digest.model import Mailbox
from digest.quoting import Part

__all__ = ["HeaderProblem", "Letter", "compose", "needs_smtputf8", "wire_address"]

_DOT_ATOM = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~.\-]+"
_MESSAGE_ID = re.compile(rf"<{_DOT_ATOM}@{_DOT_ATOM}>")
_NOT_ALPHANUMERIC = re.compile(r"[^A-Za-z0-9]")
_LIST_ID = re.compile(r"[A-Za-z0-9_-]+(?:\.[A-Za-z0-9_-]+)+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Letter:
    """What the header of one reader's message says.

    URLs and addresses come without angle brackets; a field that is empty here is
    left out of the message.
    """

    sender: Mailbox  #: the publication, the same in every issue
    recipient: str  #: the reader's address
    date: datetime  #: aware; part of the delivery, so that a resend is the same
    message_id: str  #: ``<…@…>``, unique per reader, the same at a resend
    list_id: str  #: ``daily.longitude.example``: the newsletter, for ever
    list_title: str
    unsubscribe_url: str  #: https, answers a POST (RFC 8058)
    unsubscribe_mailbox: str = ""
    reply_to: Mailbox | None = None
    help_url: str = ""
    archive_url: str = ""  #: of the newsletter; holds no token
    owner: str = ""  #: the mailbox of whoever answers for the list
    archived_at: str = ""  #: of this issue, the same for all; holds no token
    issue: str = ""  #: with `newsletter`: what Gmail's complaint counts name
    newsletter: str = ""  #: slug


def compose(
    *, letter: Letter, subject: str, text: Part, html: Part | None = None
) -> bytes:
    """Return the whole message, ready for the wire but for dot-stuffing.

    Without `html` it is a plain text mail. Raises `HeaderProblem` when a value cannot
    stand in a header.
    """
    fields = [*_identity(subject, letter), *_list(letter), "MIME-Version: 1.0"]
    parts = [_part("text/plain", text)]
    if html is None:
        return _header(fields) + _ending_once(parts[0])
    parts.append(_part("text/html", html))
    boundary = _boundary(letter.message_id)
    delimiter = f"--{boundary}".encode()
    assert not any(delimiter in part for part in parts), "=_ occurs in neither encoding"
    fields.append(f'Content-Type: multipart/alternative;{FOLD}boundary="{boundary}"')
    body = b"".join(delimiter + b"\r\n" + part for part in parts)
    return _header(fields) + b"\r\n" + body + delimiter + b"--\r\n"


def _identity(subject: str, letter: Letter) -> Iterator[str]:
    """Yield who writes what to whom, and when."""
    yield mailbox_field("From", letter.sender)
    yield mailbox_field("To", Mailbox(address=letter.recipient))
    if letter.reply_to is not None:
        yield mailbox_field("Reply-To", letter.reply_to)
    yield text_field("Subject", subject)
    yield f"Date: {_date(letter.date)}"
    yield f"Message-ID: {_matching('Message-ID', letter.message_id, _MESSAGE_ID)}"


def _list(letter: Letter) -> Iterator[str]:
    """Yield what makes this list mail that can be left and is never answered."""
    list_id = _matching("List-Id", letter.list_id, _LIST_ID)
    yield named_field("List-Id", letter.list_title, f"<{list_id}>")
    yield from _unsubscribe(letter)
    yield from _uris("List-Help", letter.help_url)
    yield from _uris("List-Archive", letter.archive_url)
    yield "List-Post: NO"  # RFC 2369 section 3.4: nobody but us writes to it
    yield from _uris("List-Owner", mailbox=letter.owner)
    yield from _uris("Archived-At", letter.archived_at)  # RFC 5064
    if letter.issue and letter.newsletter:
        yield plain_field("Feedback-ID", _feedback_id(letter))
    yield "Precedence: bulk"  # old auto-responders and SpamAssassin still read it
    yield "Auto-Submitted: auto-generated"  # RFC 3834: no vacation replies
    yield "X-Auto-Response-Suppress: OOF, AutoReply"  # the same, for Exchange


def _unsubscribe(letter: Letter) -> Iterator[str]:
    """Yield both fields of RFC 8058; the second promises one click over https."""
    if "%" in letter.unsubscribe_url + letter.unsubscribe_mailbox:
        raise HeaderProblem(
            "List-Unsubscribe",
            "a % in the address, which filters take for a hole in a template",
            "use a link of lower-case letters, digits, / and -",
        )
    yield from _uris(
        "List-Unsubscribe",
        letter.unsubscribe_url,
        mailbox=letter.unsubscribe_mailbox,
        ask="?subject=unsubscribe",  # some mail programs send nothing without one
    )
    if letter.unsubscribe_url.startswith("https://"):
        yield "List-Unsubscribe-Post: List-Unsubscribe=One-Click"


def _uris(field: str, *urls: str, mailbox: str = "", ask: str = "") -> Iterator[str]:
    uris = [url for url in urls if url]
    if mailbox:
        uris.append(f"mailto:{wire_address(field, mailbox)}{ask}")
    if uris:
        yield uri_field(field, *uris)


def _feedback_id(letter: Letter) -> str:
    """Return Gmail's four fields; the last, of 5 to 15 characters, is the sender."""
    domain = letter.sender.address.rpartition("@")[2]
    sender = f"{_NOT_ALPHANUMERIC.sub('', domain)[:15]:0<5}"
    named = (part.replace(":", "-") for part in (letter.issue, letter.newsletter))
    return ":".join([*named, "digest", sender])


def _date(date: datetime) -> str:
    if date.tzinfo is None:
        raise HeaderProblem("Date", "a time without a zone", "give it one, as in UTC")
    return format_datetime(date.astimezone(UTC))


def _matching(field: str, value: str, pattern: re.Pattern[str]) -> str:
    if not pattern.fullmatch(value):
        raise HeaderProblem(
            field,
            f"{value[:80]!r} is not of the form it must have",
            "use the letters a-z, digits, hyphens and dots in the newsletter's slug",
        )
    return value


def _header(fields: list[str]) -> bytes:
    return "".join(f"{within_limits(field)}\r\n" for field in fields).encode()


def _boundary(message_id: str) -> str:
    """Return what can stand in neither part: ``=_`` is never quoted-printable."""
    return f"=_d{hashlib.sha256(message_id.encode()).hexdigest()[:24]}"


def _part(media_type: str, part: Part) -> bytes:
    """Return a part with its own header, up to the line end after it."""
    return (
        (
            f"Content-Type: {media_type}; charset=utf-8\r\n"
            f"Content-Transfer-Encoding: {part.encoding}\r\n\r\n"
        ).encode()
        + part.content
        + b"\r\n"
    )


def _ending_once(part: bytes) -> bytes:
    """Drop the line end that would stand before a delimiter, if one is there."""
    return part.removesuffix(b"\r\n") if part.endswith(b"\r\n\r\n") else part
