"""The links and addresses that are one reader's alone, and nobody can make up.

A token names a reader by their random id and carries a MAC over what it is for, so a
token from a bounce cannot open preferences and no address stands in any URL. It is
lower-case base32, because relays fold the case of local parts: 32 characters hold 8
bytes of reader and 12 of MAC (mail-standards: RFC 5321 limits a local part to 64).
"""

from __future__ import annotations

import base64
import hmac
import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import StrEnum
from functools import lru_cache

_READER_BYTES = 8
_MAC_BYTES = 12
_TOKEN_LENGTH = 32
_TOKEN = re.compile(r"(?<![a-z0-9])[a-z2-7]{32}(?![a-z0-9])")


class Purpose(StrEnum):
    """What a token opens; it opens nothing else."""

    UNSUBSCRIBE = "unsubscribe"
    PREFERENCES = "preferences"
    PAUSE = "pause"
    BOUNCE = "bounce"


#: The one spelling of eight bytes in base32; the last letter holds four bits only.
_ID = re.compile(r"[a-z2-7]{12}[acegikmoqsuwy246]")
_LETTERS = "abcdefghijklmnopqrstuvwxyz234567"
_DIGITS = str.maketrans(_LETTERS, "0123456789abcdefghijklmnopqrstuv")  # for `int`
_PAIRS = [one + other for one in _LETTERS for other in _LETTERS]  # of ten bits each
_SHIFTS = range(90, -1, -10)  # of the 100 bits that a reader's id does not say


def _decode(text: str) -> bytes:
    """Decode base32 of any case; raise `ValueError` if it is not."""
    # The first letter of "ſhip" is an S in capitals: only ASCII has one case for us.
    if not text.isascii():
        raise ValueError("not base32: a character outside ASCII")
    return base64.b32decode(text.upper() + "=" * (-len(text) % 8))


def _encode(octets: bytes) -> str:
    return base64.b32encode(octets).decode().rstrip("=").lower()


@lru_cache(maxsize=256)  # every token of a message begins with it
def _reader(subscriber: str) -> bytes:
    """Return the eight bytes behind a subscriber's id.

    Raises `ValueError` on anything but the one spelling of eight bytes: two ids that
    decode to the same bytes would be two readers with one token.
    """
    if not _ID.fullmatch(subscriber):
        raise ValueError(
            f"not a reader's id: {subscriber!r}; "
            "it must be 8 bytes as 13 lower-case base32 characters"
        )
    return (int(subscriber.translate(_DIGITS), 32) >> 1).to_bytes(_READER_BYTES, "big")


@lru_cache(maxsize=256)  # a message's header and its footer hold the same one
def _token(key: bytes, purpose: Purpose, scope: str, subscriber: str) -> str:
    """Return the reader's bytes and their MAC in base32.

    The standard library's encoder is slow, and the first twelve letters are known.
    """
    reader = _reader(subscriber)
    mac = _mac(key, purpose, scope, reader)
    rest = int.from_bytes(reader[-1:] + mac, "big")
    pairs = [_PAIRS[rest >> shift & 0x3FF] for shift in _SHIFTS]
    return subscriber[:12] + "".join(pairs)


def _mac(key: bytes, purpose: Purpose, scope: str, reader: bytes) -> bytes:
    what = b"\0".join((purpose.encode(), scope.encode(), reader))
    return hmac.digest(key, what, "sha256")[:_MAC_BYTES]


@dataclass(frozen=True, slots=True, kw_only=True)
class Links:
    """Makes and reads the links of one database, whose `key` never changes."""

    key: bytes = field(repr=False)  #: 32 random bytes
    site_url: str  #: without a slash at the end

    def token(self, purpose: Purpose, *, subscriber: str, scope: str) -> str:
        """Return the token of a reader (their 13-character id) for one purpose.

        `scope` is the newsletter's slug, or the issue's id for a bounce: a server
        that gets the token tries the few scopes it knows with `read_token`.
        """
        return _token(self.key, purpose, scope, subscriber)

    def read_token(self, token: str, *, purpose: Purpose, scope: str) -> str | None:
        """Return the reader's id, or None when the token is not ours for this."""
        if len(token) != _TOKEN_LENGTH:
            return None
        try:
            octets = _decode(token)
        except ValueError:
            return None
        reader, mac = octets[:_READER_BYTES], octets[_READER_BYTES:]
        if not hmac.compare_digest(mac, _mac(self.key, purpose, scope, reader)):
            return None
        return _encode(reader)

    def unsubscriber(self, text: str, newsletters: Iterable[str]) -> str | None:
        """Return the reader whose unsubscribe token stands in `text`.

        That may be the token itself, the link or the mailbox it came in.
        """
        for token in _TOKEN.findall(text.lower()):
            for newsletter in newsletters:
                reader = self.read_token(
                    token, purpose=Purpose.UNSUBSCRIBE, scope=newsletter
                )
                if reader:
                    return reader
        return None

    # -- pages ------------------------------------------------------------------

    def unsubscribe(self, subscriber: str, newsletter: str) -> str:
        """Return where a POST unsubscribes the reader from this newsletter."""
        return self._page("u", Purpose.UNSUBSCRIBE, subscriber, newsletter)

    def preferences(self, subscriber: str, newsletter: str) -> str:
        """Return the page where the reader changes topics."""
        return self._page("p", Purpose.PREFERENCES, subscriber, newsletter)

    def pause(self, subscriber: str, newsletter: str) -> str:
        """Return the page where the reader pauses."""
        return self._page("pause", Purpose.PAUSE, subscriber, newsletter)

    def web_copy(self, issue: str) -> str:
        """Return the issue's public page, the same for all: safe to forward."""
        return f"{self.archive}/{issue}"

    @property
    def archive(self) -> str:
        """The web archive, where a newsletter's page has its slug as its name."""
        return f"{self.site_url}/archive"

    def _page(self, path: str, purpose: Purpose, subscriber: str, scope: str) -> str:
        token = self.token(purpose, subscriber=subscriber, scope=scope)
        return f"{self.site_url}/{path}/{token}"

    # -- addresses --------------------------------------------------------------

    def unsubscribe_mailbox(self, subscriber: str, newsletter: str, domain: str) -> str:
        """Return the address that unsubscribes whoever it belongs to."""
        token = self.token(Purpose.UNSUBSCRIBE, subscriber=subscriber, scope=newsletter)
        return f"u+{token}@{domain}"

    def bounce_mailbox(self, *, issue: str, subscriber: str, domain: str) -> str:
        """Return the envelope sender (VERP): who bounced, of which issue."""
        token = self.token(Purpose.BOUNCE, subscriber=subscriber, scope=issue)
        return f"b+{token}@{domain}"

    def message_id(self, *, issue: str, subscriber: str, domain: str) -> str:
        """Return the Message-ID: one per reader and issue, the same at a resend.

        It differs per reader because Gmail has a quota on equal ones (421 4.7.28).
        """
        what = f"message-id\0{issue}\0{subscriber}".encode()
        unique = hmac.digest(self.key, what, "sha256").hex()[:32]
        return f"<{issue.replace('/', '-')}.{unique}@{domain}>"
