"""Mail addresses: whether one is written correctly, and whether two are the same.

Only the writing is looked at, never the network. The part before the @ belongs to
the receiving server, so it is kept as it was given (RFC 5321 section 2.4); the
domain becomes lower-case ASCII (RFC 5890). Two addresses that differ only in case
are nevertheless one reader: no provider in practice gives them to two people.
"""

from __future__ import annotations

import re

from email_validator import EmailNotValidError, validate_email

from digest.model import Mailbox

_LONGEST_SHOWN = 80  #: characters of a wrong address that a message repeats

#: ``Name <address>``, the name perhaps in double quotes.
_NAMED = re.compile(
    r'\s*(?:"(?P<quoted>[^"]*)"|(?P<bare>[^<>"]*?))\s*<(?P<address>[^<>]*)>\s*'
)


def check_address(text: str) -> str:
    """Return the address with its domain as lower-case ASCII.

    Raises `ValueError` that says what was found and what to do.
    """
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


def check_mailbox(text: str) -> Mailbox:
    """Return the name and address of ``Name <name@example.org>``, or of an address alone.

    Raises `ValueError` that says what was found and what to do.
    """
    named = _NAMED.fullmatch(text)
    if not named:
        return Mailbox(address=check_address(text))
    name = named["bare"] if named["quoted"] is None else named["quoted"]
    return Mailbox(address=check_address(named["address"]), name=name.strip())


def _reason(error: EmailNotValidError) -> str:
    """Return the library's sentence, which is plain, with our word for @."""
    return str(error).replace("@-sign", "@")
