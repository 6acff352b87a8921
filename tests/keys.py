"""Private keys for tests, made once each: of ours, and of kinds we refuse."""

from __future__ import annotations

from functools import cache

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    KeySerializationEncryption,
    NoEncryption,
    PrivateFormat,
)

from digest.message.dkim import new_key

SELECTOR = "s2026"


@cache
def our_key() -> str:
    """Return a key that signs, the same one for a whole run of the tests."""
    return new_key()


def pem(
    key: rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey | ed25519.Ed25519PrivateKey,
    form: PrivateFormat = PrivateFormat.PKCS8,
    lock: KeySerializationEncryption | None = None,
) -> str:
    encoding = serialization.Encoding.PEM
    return key.private_bytes(encoding, form, lock or NoEncryption()).decode()


@cache
def rsa_key(bits: int) -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(public_exponent=65537, key_size=bits)


@cache
def refused_keys() -> dict[str, str]:
    """Return PEM texts that are no key for us, by what is the matter with each."""
    ours, passphrase = rsa_key(2048), BestAvailableEncryption(b"open sesame")
    public = ours.public_key().public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    return {
        "1024 bits": pem(rsa_key(1024)),
        "2047 bits": pem(rsa_key(2047)),
        "4104 bits": pem(rsa_key(4104)),
        "Ed25519": pem(ed25519.Ed25519PrivateKey.generate()),
        "elliptic": pem(ec.generate_private_key(ec.SECP256R1())),
        "locked": pem(ours, lock=passphrase),
        "locked in the old form": pem(
            ours, PrivateFormat.TraditionalOpenSSL, lock=passphrase
        ),
        "public": public.decode(),
        "cut": pem(ours)[:600],
        "scrambled": pem(ours).replace("MII", "MIX", 1),
        "a word": "hunter2",
        "not ASCII": "clé",
    }
