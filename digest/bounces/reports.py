"""Reads one returned mail, from the surest sign to the weakest.

What comes first decides: a complaint or a delivery status says what it is; a mail to an
unsubscribe address is the reader's word, even when their program marks it as an
automatic reply, as Apple's does; automatic replies are nobody's word; the rest is read
by the habits of those who write such mails.
"""

from __future__ import annotations

from collections.abc import Iterable
from email.message import Message

from digest.bounces import tokens
from digest.bounces.automatic import is_automatic, says_so
from digest.bounces.feedback import told_by_feedback
from digest.bounces.habits import from_a_program, named_as_one, prose, told_by_habit
from digest.bounces.parts import (
    UNREADABLE,
    blocks,
    header,
    one_line,
    report_type,
    taken_apart,
)
from digest.bounces.report import Effect, Kind, Report
from digest.bounces.statuses import Told, told_by_status

_STATUS_PARTS = ("message/delivery-status", "message/global-delivery-status")


def read_returned(content: bytes, *, recipients: Iterable[str] = ()) -> Report:
    """Return what a mail says that came to one of our return addresses.

    `recipients` are those of its envelope, where they are known. Any bytes have a
    report; nothing is raised.
    """
    try:
        return _read(taken_apart(content), recipients)
    except UNREADABLE:
        return Report(kind=Kind.UNREADABLE)


def _read(message: Message, recipients: Iterable[str]) -> Report:
    to = tokens.addressed(message, recipients)
    told = _told(message, leaving=bool(to[tokens.UNSUBSCRIBE]))
    within = tokens.enclosed(message) if told.kind is not Kind.LETTER else {}
    return Report(
        kind=told.kind,
        effect=told.effect,
        bounce_tokens=_both(to, within, tokens.BOUNCE),
        unsubscribe_tokens=_both(to, within, tokens.UNSUBSCRIBE)
        if told.kind in (Kind.COMPLAINT, Kind.FEEDBACK)
        else to[tokens.UNSUBSCRIBE],
        action=told.action,
        status=told.status,
        words=told.words,
        fault=told.fault,
        identity=header(message, "Message-ID"),
    )


def _both(to: tokens.Found, within: tokens.Found, what: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys((*to[what], *within.get(what, ()))))


def _told(message: Message, *, leaving: bool) -> Told:
    """Return what the mail says; `leaving`: it came to an unsubscribe address."""
    if told := told_by_feedback(message):
        return told
    for part in message.walk():  # forwarders wrap whole reports
        if part.get_content_type() in _STATUS_PARTS and (
            told := told_by_status(blocks(part))
        ):
            return _in_detail(told, message)
    if leaving and not report_type(message):
        return Told(kind=Kind.UNSUBSCRIBE, effect=Effect.LEAVE)
    return _by_signs(message)


def _in_detail(told: Told, message: Message) -> Told:
    """Return a delivery status that says why; its prose may, where its fields do not."""
    if told.effect is not Effect.SOFT or not told.status.endswith(".0.0"):
        return told
    by_prose = told_by_habit(message)
    return by_prose if by_prose and by_prose.status not in ("", "5.0.0") else told


def _by_signs(message: Message) -> Told:
    """Return what a mail says that follows no standard."""
    automatic = is_automatic(message)
    failed = header(message, "X-Failed-Recipients")
    if not failed and not named_as_one(message):
        silent = from_a_program(message)  # by its empty return path
        if says_so(message) if silent else automatic:
            return Told(kind=Kind.AUTO_REPLY)
    if told := told_by_habit(message):
        return told
    if automatic:
        return Told(kind=Kind.AUTO_REPLY)
    if from_a_program(message):
        words = header(message, "Subject") or one_line(prose(message))
        return Told(kind=Kind.UNREADABLE, effect=Effect.SOFT, words=words)
    return Told(kind=Kind.LETTER)
