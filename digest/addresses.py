"""Mail addresses: whether one is written correctly, and whether two are the same.

Only the writing is looked at, never the network. The part before the @ belongs to
the receiving server, so it is kept as it was given (RFC 5321 section 2.4); the
domain becomes lower-case ASCII (RFC 5890). Two addresses that differ only in case
are nevertheless one reader: no provider in practice gives them to two people.
"""

from __future__ import annotations

import re
from functools import lru_cache

from email_validator import EmailNotValidError, validate_email

from digest.model import Mailbox

_LONGEST_SHOWN = 80  #: characters of a wrong address that a message repeats

#: An address about which nothing is left to ask but its domain: most are. A million of
#: them are judged in seconds instead of a minute.
_PLAIN = re.compile(
    r"(?=.{3,254}\Z)(?=[^@]{1,64}@)"
    r"([A-Za-z0-9_+-]+(?:\.[A-Za-z0-9_+-]+)*)@([A-Za-z0-9.-]+)"
)

#: ``Name <address>``, the name perhaps in double quotes.
_NAMED = re.compile(
    r'\s*(?:"(?P<quoted>(?:[^"\\]|\\.)*+)"|(?P<bare>[^<>"]*?))\s*<(?P<address>[^<>]*)>\s*'
)


def check_address(text: str) -> str:
    """Return the address with its domain as lower-case ASCII.

    Raises `ValueError` that says what was found and what to do.
    """
    plain = _PLAIN.fullmatch(text)
    if plain and (domain := _checked_domain(plain[2])):
        return f"{plain[1]}@{domain}"
    try:
        checked = validate_email(
            text, check_deliverability=False, allow_smtputf8=True, strict=True
        )
    except EmailNotValidError as error:
        shown = text if len(text) <= _LONGEST_SHOWN else text[:_LONGEST_SHOWN] + "…"
        advice = (
            "Leave out the name and the angle brackets."
            if "<" in text
            else "Write it like name@example.org."
        )
        raise ValueError(
            f"not a mail address: {shown!r}. {_reason(error)} {advice}"
        ) from error
    local, _, _ = text.rpartition("@")
    return f"{local}@{checked.ascii_domain}"


@lru_cache(maxsize=16_384)
def _checked_domain(domain: str) -> str:
    """Return the domain of a plain address; "" if something is wrong with it."""
    try:
        return check_domain(domain)
    except ValueError:
        return ""


def check_domain(text: str) -> str:
    """Return a domain that can receive mail, as lower-case ASCII.

    Raises `ValueError` that says what is wrong and what to do.
    """
    try:
        checked = validate_email(
            f"postmaster@{text}", check_deliverability=False, allow_smtputf8=True
        )
    except EmailNotValidError as error:
        raise ValueError("not a domain. Write it like mail.example.org.") from error
    return checked.ascii_domain


def same_address_key(address: str) -> str:
    """Return what is equal for two addresses of one reader."""
    return address.casefold()


#: Where a mailbox has many addresses: dots in them mean nothing.
_DOTLESS = frozenset({"gmail.com", "googlemail.com"})


def same_mailbox_key(key: str) -> str:
    """Return what is equal for two addresses that probably are one mailbox.

    `key` is a `same_address_key`. It is a hint for people: behind a plus, and at Gmail
    between dots, may stand what the reader invented for each newsletter.
    """
    if "+" not in key and not key.endswith(("@gmail.com", "@googlemail.com")):
        return key
    local, _, domain = key.rpartition("@")
    local = local.partition("+")[0] or local
    if domain in _DOTLESS:
        return f"{local.replace('.', '')}@gmail.com"
    return f"{local}@{domain}"


#: Where most readers are, and what is near enough to these and right all the same.
_WELL_KNOWN = frozenset(
    [
        "gmail.com",
        "googlemail.com",
        "hotmail.com",
        "outlook.com",
        "yahoo.com",
        "icloud.com",
        "live.com",
        "msn.com",
        "aol.com",
        "gmx.de",
        "gmx.net",
        "gmx.com",
        "web.de",
        "t-online.de",
        "orange.fr",
        "wanadoo.fr",
        "free.fr",
        "laposte.net",
        "sfr.fr",
        "proton.me",
        "protonmail.com",
        "hotmail.fr",
        "hotmail.co.uk",
        "yahoo.fr",
        "yahoo.co.uk",
        "yahoo.de",
        "outlook.fr",
        "outlook.de",
        "libero.it",
    ]
)
_ALSO_RIGHT = frozenset(
    ["mail.com", "email.com", "ymail.com", "me.com", "mac.com", "mail.de"]
)

#: Providers have a domain in every country; these are no countries but slips.
_PROVIDERS = frozenset(domain.partition(".")[0] for domain in _WELL_KNOWN)
_NO_COUNTRIES = frozenset({"co", "cm", "om", "ne", "nt"})
_COUNTRY = 2  #: letters


@lru_cache(maxsize=16_384)
def misspelt(domain: str) -> str:
    """Return the well-known domain that is meant by one a slip away from it, or "".

    A slip is one letter too many, missing, wrong, or two in the wrong order.
    """
    if domain in _WELL_KNOWN or domain in _ALSO_RIGHT or not domain.isascii():
        return ""
    name, _, country = domain.partition(".")
    in_a_country = len(country) == _COUNTRY and country not in _NO_COUNTRIES
    if in_a_country and name in _PROVIDERS:
        return ""
    return next((each for each in sorted(_WELL_KNOWN) if _slip(domain, each)), "")


def _slip(written: str, meant: str) -> bool:
    if abs(len(written) - len(meant)) > 1:
        return False
    start = 0
    while start < min(len(written), len(meant)) and written[start] == meant[start]:
        start += 1
    rest, wanted = written[start:], meant[start:]
    return (
        rest[1:] in (wanted, wanted[1:])
        or rest == wanted[1:]
        or (rest[:2] == wanted[1::-1] and len(wanted) > 1 and rest[2:] == wanted[2:])
    )


def check_mailbox(text: str) -> Mailbox:
    """Return the name and address of ``Name <name@example.org>``, or of an address alone.

    Raises `ValueError` that says what was found and what to do.
    """
    named = _NAMED.fullmatch(text)
    if not named:
        return Mailbox(address=check_address(text))
    name = named["bare"]
    if named["quoted"] is not None:  # a backslash takes the next letter as it is
        name = re.sub(r"\\(.)", r"\1", named["quoted"])
    return Mailbox(address=check_address(named["address"]), name=name.strip())


def _reason(error: EmailNotValidError) -> str:
    """Return the library's sentence, which is plain, with our word for @."""
    return str(error).replace("@-sign", "@")
