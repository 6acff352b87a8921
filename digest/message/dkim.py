"""DKIM signatures (RFC 6376): whoever receives a mail can tell that it is ours, unchanged.

This is the home of `cryptography`, which takes a while to load; only who signs imports
this module. A signature is a function of the message, the key and the stored date
(RSA's older padding, PKCS #1 v1.5, has no chance in it), so that a mail sent again is
the same mail. `new_key` alone is different every time.

RSA with 2048 bits and SHA-256 is all there is: Yahoo may fail a mail for its second
signature, many receivers call Ed25519 invalid, and 1024 bits are no longer enough.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from digest.message.headers import FOLD, folded

#: Named once more than they are there, so that nobody can add a second one to a mail of
#: ours and have it shown instead (RFC 6376 sections 5.4.2 and 8.15).
OVERSIGNED = (
    *("from", "to", "cc", "reply-to", "subject", "date", "message-id"),
    *("list-unsubscribe", "list-unsubscribe-post", "content-type"),
)

_BITS = 2048
_MOST_BITS = 4096  #: what a receiver must be able to verify (RFC 8301 section 3.2)
_STRING = 255  #: octets in one string of a TXT record (RFC 1035 section 3.3)
_LINE = 72  #: of the signature's base64
_NEW = "make a new one with `digest dkim keygen`"

_PADDING, _SHA256 = padding.PKCS1v15(), hashes.SHA256()


class Signer:
    """Signs the messages of one sender."""

    def __init__(self, key: rsa.RSAPrivateKey, *, selector: str, domain: str) -> None:
        """Take the key, and where the DNS has its public half."""
        self._key, self._selector, self._domain = key, selector, domain

    def sign(self, fields: Sequence[bytes], body: bytes, *, at: datetime) -> bytes:
        """Return the DKIM-Signature field, which is to come first.

        `fields` are all fields of the message, each with its line end; they and the
        body must be as `compose` makes them, see `_relaxed` and `_without_empty_end`.
        """
        names = tuple(field.partition(b":")[0].decode().lower() for field in fields)
        start = f"v=1; a=rsa-sha256; c=relaxed/relaxed; d={self._domain};"
        tags = f"{start} s={self._selector}; t={int(at.timestamp())};"
        body_hash = hashlib.sha256(_without_empty_end(body)).digest()
        unsigned = (
            f"{folded('DKIM-Signature:', tags)}\r\n{_listed(names)}"
            f"{FOLD}bh={_base64(body_hash)};{FOLD}b="
        ).encode()
        signed = b"\r\n".join([*map(_relaxed, fields), _relaxed(unsigned)])
        signature = _base64(self._key.sign(signed, _PADDING, _SHA256))
        return unsigned + FOLD.join(_cut(signature, _LINE)).encode() + b"\r\n"


@lru_cache(maxsize=8)  # there are messages with and without HTML, and little else
def _listed(names: tuple[str, ...]) -> str:
    """Return which fields are signed, in lines that break after colons."""
    words = ": ".join((*names, *OVERSIGNED))
    return folded("", f"h={words};").replace(": ", ":")


def _relaxed(field: bytes) -> bytes:
    """Return a field in DKIM's relaxed form (RFC 6376 section 3.4.2), without line end.

    Ours have one space after the colon, no tabs, no two spaces in a row and none at
    the end; only their folds are to be undone.
    """
    name, _, value = field.partition(b": ")
    return name.lower() + b":" + value.replace(b"\r\n", b"")


def _without_empty_end(body: bytes) -> bytes:
    """Return a body in DKIM's relaxed form (RFC 6376 section 3.4.4).

    Within its lines there is nothing to do: `digest.quoting` writes neither tabs nor
    two spaces in a row nor a space before a line end. Empty lines at the end do not
    count.
    """
    filled = body.rstrip(b"\r\n")
    return filled + b"\r\n" if filled else b""


# -- keys -------------------------------------------------------------------


@lru_cache(maxsize=4)  # proving that the numbers are a key takes 40 ms
def read_key(pem: str) -> rsa.RSAPrivateKey:
    """Return the private key that a PEM text holds.

    Raises `ValueError` with words to stand after the key's name; they never repeat
    any of the text.
    """
    try:
        key = serialization.load_pem_private_key(pem.encode(), password=None)
    except TypeError:  # it asks for a password
        raise ValueError(
            "is locked with a passphrase, which nobody types when mail leaves by itself; "
            "unlock it with `openssl pkey`, or " + _NEW
        ) from None
    except (ValueError, UnsupportedAlgorithm):
        found = "is a public key" if "PUBLIC KEY" in pem else "is no private key in PEM"
        raise ValueError(
            f"{found}; name the file that begins with -----BEGIN PRIVATE KEY-----, or {_NEW}"
        ) from None
    if not isinstance(key, rsa.RSAPrivateKey):
        kind = type(key).__name__.removesuffix("PrivateKey")
        raise ValueError(  # noqa: TRY004 - what was written is wrong, not its type
            f"is no RSA key but {kind}, which many receivers cannot verify; {_NEW}"
        )
    if not _BITS <= key.key_size <= _MOST_BITS:
        why = "can be forged" if key.key_size < _BITS else "not every receiver verifies"
        raise ValueError(f"has {key.key_size} bits, which {why}; {_NEW}")
    return key


def new_key() -> str:
    """Return a new private key as PEM."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=_BITS)
    return key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    ).decode()


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """The TXT record with which receivers verify."""

    name: str  #: ``selector._domainkey.domain``
    value: str

    @property
    def strings(self) -> list[str]:
        """The value in parts that a TXT record can hold."""
        return _cut(self.value, _STRING)

    @property
    def zone(self) -> str:
        """The record as it stands in a zone file."""
        quoted = "\n".join(f'  "{string}"' for string in self.strings)
        return f"{self.name}. IN TXT (\n{quoted} )"


def records(
    key: rsa.RSAPrivateKey, *, selector: str, domains: Iterable[str]
) -> list[Record]:
    """Return what the DNS of each domain has to say about the key."""
    public = key.public_key().public_bytes(
        serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    value = f"v=DKIM1; k=rsa; p={_base64(public)}"
    return [
        Record(name=f"{selector}._domainkey.{domain}", value=value)
        for domain in domains
    ]


def _base64(octets: bytes) -> str:
    return base64.b64encode(octets).decode()


def _cut(text: str, length: int) -> list[str]:
    return [text[start : start + length] for start in range(0, len(text), length)]
