"""Pictures that a message carries: parts beside its HTML, which names them by `cid:`.

A part is the same for every reader, so it is encoded once (RFC 2045 section 6.8) and
joined as octets. The HTML and its pictures are one `multipart/related` (RFC 2387)
inside the alternative to the text.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field

_LINE = 57  #: octets that make a line of 76 characters
KINDS = {
    ".gif": "image/gif",
    ".jpeg": "image/jpeg",
    ".jpg": "image/jpeg",
    ".png": "image/png",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Enclosure:
    """One picture as a part of a message, ready to be joined."""

    content_id: str  #: without angle brackets
    part: bytes = field(repr=False)  #: its header and its content, with CRLF line ends

    @property
    def url(self) -> str:
        """How HTML names it."""
        return f"cid:{self.content_id}"


def enclosure(content: bytes, *, name: str, kind: str, domain: str) -> Enclosure:
    """Return a picture as a part; `name` is ASCII, `kind` its media type.

    Its id is made from the content: the same picture is the same part in every mail.
    """
    content_id = f"{hashlib.sha256(content).hexdigest()[:24]}@{domain}"
    lines = (content[at : at + _LINE] for at in range(0, len(content), _LINE))
    header = (
        f"Content-Type: {kind}\r\n"
        "Content-Transfer-Encoding: base64\r\n"
        f"Content-ID: <{content_id}>\r\n"
        f'Content-Disposition: inline; filename="{name}"\r\n\r\n'
    )
    encoded = b"\r\n".join(map(base64.b64encode, lines))
    return Enclosure(content_id=content_id, part=header.encode() + encoded + b"\r\n")


def related(
    html: Sequence[bytes], enclosures: Sequence[Enclosure], *, boundary: bytes
) -> list[bytes]:
    """Return an HTML part (its fields, an empty line, its content) with its pictures.

    The result is a part itself, to stand where the HTML alone would.
    """
    delimiter = b"--" + boundary
    body = [
        b'Content-Type: multipart/related; type="text/html";\r\n boundary="',
        boundary,
        b'"\r\n\r\n',
        delimiter,
        b"\r\n",
        *html,
    ]
    for each in enclosures:
        body += (delimiter, b"\r\n", each.part)
    return [*body, delimiter, b"--\r\n"]
