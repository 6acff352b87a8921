"""The links and addresses that are one reader's alone, and nobody can make up.

A token names a reader by their random id and carries a MAC over what it is for, so a
token from a bounce cannot open preferences and no address stands in any URL. It is
lower-case base32, because relays fold the case of local parts: 32 characters hold 8
bytes of reader and 12 of MAC (RFC 5321 limits a local part to 64).
"""

from __future__ import annotations

import base64
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from enum import StrEnum
from functools import lru_cache
from hashlib import sha256
from hmac import compare_digest
from typing import NamedTuple

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
    CONFIRM = "confirm"  #: one request, which a person made by a form
    ADDRESS = "address"  #: one side of a change of address
    APPROVE = "approve"  #: an editor's, for one revision of one issue
    HOLD = "hold"


#: The one spelling of eight bytes in base32; the last letter holds four bits only.
_ID = re.compile(r"[a-z2-7]{12}[acegikmoqsuwy246]")
_LETTERS = b"abcdefghijklmnopqrstuvwxyz234567"
_DIGITS = str.maketrans(
    _LETTERS.decode(), "0123456789abcdefghijklmnopqrstuv"
)  # `int`'s
_CELL = 32  #: bytes for a token's 32 letters, or its 20 bytes behind zeros


def _decode(text: str) -> bytes:
    """Decode base32 of any case; raise `ValueError` if it is not."""
    # The first letter of "ſhip" is an S in capitals: only ASCII has one case for us.
    if not text.isascii():
        raise ValueError("not base32: a character outside ASCII")
    return base64.b32decode(text.upper() + "=" * (-len(text) % 8))


def _encode(octets: bytes) -> str:
    return base64.b32encode(octets).decode().rstrip("=").lower()


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


def _editor(address: str) -> str:
    """Return what a token calls an editor: they are no readers, and have no id."""
    return _encode(sha256(address.casefold().encode()).digest()[:_READER_BYTES])


def _tokens(key: bytes, scopes: Iterable[bytes], subscriber: str) -> list[str]:
    """Return the reader's bytes and their MAC in base32, for each of these scopes.

    The standard library's encoder is slow. All tokens are one number here, each in a
    cell of its own, and their letters are moved apart all at once.
    """
    reader = _reader(subscriber)
    mac = _mac(key)
    padding = bytes(_CELL - _READER_BYTES - _MAC_BYTES)
    cells = b"".join(
        [padding + reader + mac(scope + reader)[:_MAC_BYTES] for scope in scopes]
    )
    number = int.from_bytes(cells, "big")
    for keep, move, bits in _apart(len(cells)):
        number = number & keep | (number & move) << bits
    letters = number.to_bytes(len(cells), "big").translate(_ALPHABET).decode()
    return [letters[at : at + _CELL] for at in range(0, len(letters), _CELL)]


_ALPHABET = _LETTERS * 8  # all bytes but the first 32 never come


@lru_cache(maxsize=8)  # of one token, or of all that a mail has
def _apart(octets: int) -> list[tuple[int, int, int]]:
    """Return what moves letters of five bits apart, to eight: half of them each time.

    That is what to leave in place, what to move, and by how many bits.
    """
    cells, steps = octets // _CELL, []
    for half in (16, 8, 4, 2, 1):  # letters
        apart = range(0, _CELL * cells, 2 * half)
        low = sum((1 << 5 * half) - 1 << 8 * at for at in apart)
        steps.append((low, low << 5 * half, 3 * half))
    return steps


@lru_cache(maxsize=32)
def _mac(key: bytes) -> Callable[[bytes], bytes]:
    """Return HMAC-SHA256 with this key (RFC 2104), which is read once.

    `hmac.digest` reads it each time, which takes four times as long (measured).
    """
    block = key.ljust(64, b"\0")
    inner, outer = (
        sha256(bytes([octet ^ pad for octet in block])) for pad in (0x36, 0x5C)
    )

    def mac(what: bytes) -> bytes:
        first, second = inner.copy(), outer.copy()
        first.update(what)
        second.update(first.digest())
        return second.digest()

    return mac


@lru_cache(maxsize=256)
def _scope(purpose: Purpose, scope: str) -> bytes:
    """Return what a MAC is over, in front of the reader."""
    return b"\0".join((purpose.encode(), scope.encode(), b""))


@lru_cache(maxsize=256)
def _scopes(newsletter: str, issue: str) -> tuple[bytes, ...]:
    """Return those of the tokens that a mail of an issue holds."""
    return (
        _scope(Purpose.UNSUBSCRIBE, newsletter),
        _scope(Purpose.PREFERENCES, newsletter),
        _scope(Purpose.PAUSE, newsletter),
        _scope(Purpose.BOUNCE, issue),
    )


def _unsubscribe_mailbox(token: str, domain: str) -> str:
    return f"u+{token}@{domain}"


def _bounce_mailbox(token: str, domain: str) -> str:
    return f"b+{token}@{domain}"


class Own(NamedTuple):
    """One reader's links and addresses in the mail of one issue."""

    unsubscribe: str  #: answers a POST
    preferences: str  #: where the reader changes topics
    pause: str
    unsubscribe_mailbox: str
    bounce_mailbox: str  #: the envelope sender (VERP)


@dataclass(frozen=True, slots=True, kw_only=True)
class Links:
    """Makes and reads the links of one database.

    The newest key makes them; those before it are only read, for ever: a mail from two
    years ago must still unsubscribe its reader.
    """

    key: bytes = field(repr=False)  #: 32 random bytes
    site_url: str  #: without a slash at the end
    older: tuple[bytes, ...] = field(default=(), repr=False)  #: keys, newest first

    def token(self, purpose: Purpose, *, subscriber: str, scope: str) -> str:
        """Return the token of a reader (their 13-character id) for one purpose.

        `scope` is the newsletter's slug, or the issue's id for a bounce: a server
        that gets the token tries the few scopes it knows with `read_token`.
        """
        [token] = _tokens(self.key, (_scope(purpose, scope),), subscriber)
        return token

    def read_token(self, token: str, *, purpose: Purpose, scope: str) -> str | None:
        """Return the reader's id, or None when the token is not ours for this."""
        if len(token) != _TOKEN_LENGTH:
            return None
        try:
            octets = _decode(token)
        except ValueError:
            return None
        reader, mac = octets[:_READER_BYTES], octets[_READER_BYTES:]
        what = _scope(purpose, scope) + reader
        for key in (self.key, *self.older):
            if compare_digest(mac, _mac(key)(what)[:_MAC_BYTES]):
                return _encode(reader)
        return None

    def whose(
        self, token: str, *, purpose: Purpose, scopes: Iterable[str]
    ) -> tuple[str, str] | None:
        """Return the reader's id and the scope, of `scopes`, that a token is for."""
        for scope in scopes:
            if reader := self.read_token(token, purpose=purpose, scope=scope):
                return reader, scope
        return None

    def unsubscriber(self, text: str, newsletters: Iterable[str]) -> str | None:
        """Return the reader whose unsubscribe token stands in `text`.

        That may be the token itself, the link or the mailbox it came in.
        """
        for token in _TOKEN.findall(text.lower()):
            found = self.whose(token, purpose=Purpose.UNSUBSCRIBE, scopes=newsletters)
            if found:
                return found[0]
        return None

    def own(
        self,
        subscriber: str,
        *,
        newsletter: str,
        issue: str,
        domain: str,
        bounce_domain: str,
    ) -> Own:
        """Return what one reader's mail of an issue holds, at the price of one token."""
        scopes = _scopes(newsletter, issue)
        unsubscribe, preferences, pause, bounce = _tokens(self.key, scopes, subscriber)
        return Own(
            unsubscribe=self._page("u", unsubscribe),
            preferences=self._page("p", preferences),
            pause=self._page("pause", pause),
            unsubscribe_mailbox=_unsubscribe_mailbox(unsubscribe, domain),
            bounce_mailbox=_bounce_mailbox(bounce, bounce_domain),
        )

    # -- pages ------------------------------------------------------------------

    def unsubscribe(self, subscriber: str, newsletter: str) -> str:
        """Return where a POST unsubscribes the reader from this newsletter."""
        return self._page("u", self._of(Purpose.UNSUBSCRIBE, subscriber, newsletter))

    def preferences(self, subscriber: str, newsletter: str) -> str:
        """Return the page where the reader changes topics."""
        return self._page("p", self._of(Purpose.PREFERENCES, subscriber, newsletter))

    def pause(self, subscriber: str, newsletter: str) -> str:
        """Return the page where the reader pauses."""
        return self._page("pause", self._of(Purpose.PAUSE, subscriber, newsletter))

    def confirm(self, request: str) -> str:
        """Return the page that confirms what a person asked for by a form."""
        return self._page("confirm", self._of(Purpose.CONFIRM, request, ""))

    def new_address(self, request: str) -> str:
        """Return the page that agrees to a change of address, from one of the two."""
        return self._page("address", self._of(Purpose.ADDRESS, request, ""))

    def decision(
        self, purpose: Purpose, *, editor: str, issue: str, revision: int
    ) -> str:
        """Return the page where an editor (by address) approves or holds an issue."""
        scope = f"{issue}#{revision}"
        token = self._of(purpose, _editor(editor), scope)
        return self._page(f"{purpose}/{issue}", token)

    def editor(
        self,
        token: str,
        editors: Iterable[str],
        *,
        purpose: Purpose,
        issue: str,
        revision: int,
    ) -> str | None:
        """Return the address of the editor whose token this is, or None."""
        scope = f"{issue}#{revision}"
        found = self.read_token(token, purpose=purpose, scope=scope)
        return next((each for each in editors if _editor(each) == found), None)

    def web_copy(self, issue: str) -> str:
        """Return the issue's public page, the same for all: safe to forward."""
        return f"{self.archive}/{issue}"

    @property
    def archive(self) -> str:
        """The web archive, where a newsletter's page has its slug as its name."""
        return f"{self.site_url}/archive"

    def _of(self, purpose: Purpose, subscriber: str, scope: str) -> str:
        return self.token(purpose, subscriber=subscriber, scope=scope)

    def _page(self, path: str, token: str) -> str:
        return f"{self.site_url}/{path}/{token}"

    # -- addresses --------------------------------------------------------------

    def unsubscribe_mailbox(self, subscriber: str, newsletter: str, domain: str) -> str:
        """Return the address that unsubscribes whoever it belongs to."""
        token = self._of(Purpose.UNSUBSCRIBE, subscriber, newsletter)
        return _unsubscribe_mailbox(token, domain)

    def bounce_mailbox(self, *, issue: str, subscriber: str, domain: str) -> str:
        """Return the envelope sender (VERP): who bounced, of which issue."""
        return _bounce_mailbox(self._of(Purpose.BOUNCE, subscriber, issue), domain)

    def message_id(self, *, issue: str, subscriber: str, domain: str) -> str:
        """Return the Message-ID: one per reader and issue, the same at a resend.

        It differs per reader because Gmail has a quota on equal ones (421 4.7.28). The
        first key makes it for ever: a mail that goes again after a change of keys is
        still the same to whoever has it already.
        """
        what = f"message-id\0{issue}\0{subscriber}".encode()
        first = (self.key, *self.older)[-1]
        unique = _mac(first)(what).hex()[:32]
        return f"<{issue.replace('/', '-')}.{unique}@{domain}>"
