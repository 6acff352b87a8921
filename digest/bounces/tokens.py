"""Where our tokens stand in a mail that comes back.

They stand in local parts, `b+TOKEN` for bounces and `u+TOKEN` to unsubscribe, which
relays fold the case of, wrap into theirs (SRS, BATV, Exchange's IMCEA) or write with
another sign than the plus. A token is worth nothing until its MAC was checked, so they
may be looked for anywhere.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from email.message import Message

from digest.bounces.parts import headers, octets, originals, outer, within

#: Fields in which servers write whom they took a mail for.
_RECIPIENT = (
    "Delivered-To",
    "X-Original-To",
    "Envelope-To",
    "X-Envelope-To",
    "X-Delivered-To",
    "X-Rcpt-To",
    "To",
    "Cc",
)

#: Fields of our own mail that hold a token, and those that others add to it.
_OURS = ("Return-Path", "List-Unsubscribe", "X-Envelope-From", "Sender")

_MAILBOX = re.compile(
    r"(?<![a-z0-9])([bu])(?:[+=_-]|%2b|\+2b)([a-z2-7]{32})(?![a-z0-9])", re.IGNORECASE
)
_LINK = re.compile(r"/u/([a-z2-7]{32})(?![a-z0-9])", re.IGNORECASE)

BOUNCE, UNSUBSCRIBE = "b", "u"

Found = dict[str, tuple[str, ...]]  #: tokens by what they are for, in order


def _tokens(texts: Iterable[str], *, links: bool = False) -> Found:
    found: dict[str, dict[str, None]] = {BOUNCE: {}, UNSUBSCRIBE: {}}
    for written in texts:
        for letter, token in _MAILBOX.findall(written):
            found[letter.lower()][token.lower()] = None
        for token in _LINK.findall(written) if links else ():
            found[UNSUBSCRIBE][token.lower()] = None
    return {what: tuple(tokens) for what, tokens in found.items()}


def addressed(message: Message, recipients: Iterable[str]) -> Found:
    """Return the tokens of those a mail was sent to, as its envelope or it says."""
    return _tokens([*recipients, *headers(message, *_RECIPIENT)])


def enclosed(message: Message) -> Found:
    """Return the tokens in the mail that a report returns, and in what it says of it.

    Part 3 of a complaint is all there is to know the reader by: the addresses in
    its fields are mostly struck out.
    """
    texts: list[str] = []
    for original in originals(message):
        texts += headers(original, *_OURS)
        texts += _bodies(original)
    for part in outer(message):
        if part.get_content_type().startswith(("text/", "message/")):
            texts.append(octets(part).decode("latin-1"))
            for each in within(part):
                texts += [str(value) for value in each.values()]
    return _tokens(texts, links=True)


def _bodies(original: Message) -> list[str]:
    return [
        octets(part).decode("latin-1")
        for part in outer(original)
        if part.get_content_type().startswith("text/")
    ]
