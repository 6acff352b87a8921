"""What servers' refusals mean, row by row, in the words providers really use."""

from __future__ import annotations

import pytest

from digest.judging import TABLE, Fault, Judgement, Step, judged
from digest.model import Bounce, State
from digest.replies import Reply

SENT, DEFERRED, FAILED, QUEUED = (
    State.SENT,
    State.DEFERRED,
    State.FAILED,
    State.QUEUED,
)
HARD, SOFT = Bounce.HARD, Bounce.SOFT
MAIL, RCPT, DATA, CONTENT = Step.MAIL, Step.RCPT, Step.DATA, Step.CONTENT
STOP = Judgement(QUEUED, fault=Fault.SENDER)
PACE, POLICY, FORM = Fault.PACE, Fault.POLICY, Fault.FORM

#: Step, reply as it comes (lines after the first without their code), meaning.
REPLIES: list[tuple[Step, str, Judgement]] = [
    (CONTENT, "250 2.0.0 Ok: queued as 4Xy", Judgement(SENT)),
    # -- the sender's --
    (MAIL, "530 5.7.0 Must issue a STARTTLS command first", STOP),
    (RCPT, "530 5.7.57 Client not authenticated to send mail", STOP),
    (MAIL, "535 5.7.8 Error: authentication failed", STOP),
    (CONTENT, "550 5.7.30 Basic authentication is not supported for Client", STOP),
    (CONTENT, "550 5.4.5 Daily user sending limit exceeded. For more", STOP),
    (CONTENT, "454 Throttling failure: Daily message quota exceeded.", STOP),
    (RCPT, "554 5.7.1 <a@b.example>: Relay access denied", STOP),
    (RCPT, "550 relay not permitted", STOP),
    (RCPT, "550 5.7.54 SMTP; Unable to relay recipient in non-accepted domain", STOP),
    (RCPT, "550 5.1.8 <b@c.example>: Sender address rejected: Domain not found", STOP),
    (RCPT, "450 4.1.8 <b@c.example>: Sender address rejected: Domain not found", STOP),
    (RCPT, "501 5.1.7 Invalid address", STOP),
    (MAIL, "553 5.7.1 <b@c.example>: Sender address rejected: not owned", STOP),
    (MAIL, "501 Syntax error in parameters", STOP),
    (MAIL, "451 4.3.0 Temporary lookup failure", Judgement(DEFERRED)),
    # -- size --
    (MAIL, "552 5.3.4 Message size exceeds fixed limit", Judgement(FAILED)),
    (MAIL, "552 Message size exceeds maximum permitted", Judgement(FAILED)),
    (CONTENT, "552-5.2.3 Your message exceeded Google's limits", Judgement(FAILED)),
    (CONTENT, "552 Message too large", Judgement(FAILED)),
    (RCPT, "553 Exceeded maximum inbound message size", Judgement(FAILED)),
    # -- too fast --
    (RCPT, "450 4.2.0 <a@b.example>: Recipient address rejected: Greylisted",
     Judgement(DEFERRED)),
    (RCPT, "451 4.7.1 Greylisting in action, please come back later",
     Judgement(DEFERRED)),
    (RCPT, "450 4.2.1 The user you are trying to contact is receiving mail at a rate",
     Judgement(DEFERRED)),
    (RCPT, "550 5.2.1 The user you are trying to contact is receiving email at a rate",
     Judgement(FAILED)),
    (CONTENT, "421 4.7.28 Gmail has detected an unusual rate of unsolicited mail",
     Judgement(DEFERRED, fault=PACE, silence=600)),
    (MAIL, "421 4.7.0 [TSS04] Messages from 1.2.3.4 temporarily deferred",
     Judgement(DEFERRED, fault=PACE, silence=7200)),
    (CONTENT, "451 4.7.500 Server busy. Please try again later",
     Judgement(DEFERRED, fault=PACE, silence=600)),
    (CONTENT, "451 4.7.652 The mail server has exceeded the maximum number of",
     Judgement(DEFERRED, fault=PACE, silence=600)),
    (MAIL, "421 RP-001 The mail server IP connecting has exceeded the rate limit",
     Judgement(DEFERRED, fault=PACE, silence=600)),
    (CONTENT, "421 4.7.26 This mail is unauthenticated",
     Judgement(DEFERRED, fault=PACE)),
    (CONTENT, "454 Throttling failure: Maximum sending rate exceeded.",
     Judgement(DEFERRED, fault=PACE)),
    (MAIL, "421 Too many connections from your host",
     Judgement(DEFERRED, fault=PACE)),
    # -- mistrusted: never the reader's fault --
    (CONTENT, "550-5.7.26 Your email has been blocked\n5.7.26 because",
     Judgement(FAILED, fault=POLICY)),
    (RCPT, "550 5.7.1 Service unavailable; client blocked using zen.spamhaus.org",
     Judgement(FAILED, fault=POLICY)),
    (CONTENT, "550 5.7.515 Access denied, sending domain does not meet",
     Judgement(FAILED, fault=POLICY)),
    (RCPT, "550 5.7.606 Access denied, banned sending IP",
     Judgement(FAILED, fault=POLICY)),
    (RCPT, "554 Service unavailable; Client host blocked using Spamhaus",
     Judgement(FAILED, fault=POLICY)),
    (CONTENT, "554 Message refused: looks like spam", Judgement(FAILED, fault=POLICY)),
    (RCPT, "550 Access denied", Judgement(FAILED, fault=POLICY)),
    (RCPT, "550 Administrative prohibition", Judgement(FAILED, fault=POLICY)),
    (RCPT, "550 Mailbox unavailable or access denied [x IP: 192.0.2.1]",
     Judgement(FAILED, fault=POLICY)),
    (CONTENT, "554 Transaction failed\nReject due to policy restrictions.",
     Judgement(FAILED, fault=POLICY)),
    (RCPT, "550 Mailbox unavailable\nSender address is not allowed.",
     Judgement(FAILED, fault=POLICY)),
    (RCPT, "550 <b@c.example>: Sender address rejected: Access denied",
     Judgement(FAILED, fault=POLICY)),
    (RCPT, "550 Callback setup failed while verifying <b+x@c.example>",
     Judgement(FAILED, fault=POLICY)),
    (RCPT, "550 Sender verify failed", Judgement(FAILED, fault=POLICY)),
    (RCPT, "550 5.1.0 <b@c.example> sender rejected : invalid sender domain",
     Judgement(FAILED, fault=POLICY)),
    (CONTENT, "550 5.2.0 Mail rejete. Mail rejected. ofr_506 [506]",
     Judgement(FAILED, fault=POLICY)),
    # -- the address --
    (RCPT, "550-5.1.1 The email account that you tried to reach does not exist",
     Judgement(FAILED, HARD)),
    (RCPT, "550 5.1.1 <a@b.example>: Recipient address rejected: User unknown",
     Judgement(FAILED, HARD)),
    (RCPT, "501 5.1.3 Bad recipient address syntax", Judgement(FAILED, HARD)),
    (RCPT, "551 5.1.6 Recipient no longer on server", Judgement(FAILED, HARD)),
    (RCPT, "550 5.1.10 RESOLVER.ADR.RecipientNotFound", Judgement(FAILED, HARD)),
    (RCPT, "556 5.1.10 <a@b.example>: Domain does not accept mail (nullMX)",
     Judgement(FAILED, HARD)),
    (RCPT, "521 Host does not accept mail", Judgement(FAILED, HARD)),
    (RCPT, "550 5.2.1 The email account that you tried to reach is disabled",
     Judgement(FAILED, HARD)),
    (RCPT, "550 5.7.17 Mailbox owner has changed", Judgement(FAILED, HARD)),
    (RCPT, "550 5.7.13 User account has been disabled", Judgement(FAILED, HARD)),
    (CONTENT, "554 delivery error: dd This user doesn't have a yahoo.com account",
     Judgement(FAILED, HARD)),
    (CONTENT, "554 delivery error: dd Not a valid recipient - atlas",
     Judgement(FAILED, HARD)),
    (RCPT, "550 5.7.1 No such user!", Judgement(FAILED, HARD)),
    (RCPT, "550 #5.1.0 Address rejected.", Judgement(FAILED, HARD)),
    (RCPT, "550 5.1.351 Remote server returned unknown recipient",
     Judgement(FAILED, HARD)),
    (RCPT, "550 No such user here", Judgement(FAILED, HARD)),
    (RCPT, "553 sorry", Judgement(FAILED, HARD)),
    (RCPT, "550 5.5.0 Requested action not taken: mailbox unavailable",
     Judgement(FAILED, HARD)),
    (RCPT, "550 5.0.0 <a@b.example>... User unknown", Judgement(FAILED, HARD)),
    (RCPT, "550 5.1.2 <a@b.example>: Host unknown", Judgement(DEFERRED, SOFT)),
    (RCPT, "550 5.4.4 Domain not found", Judgement(DEFERRED, SOFT)),
    (RCPT, "452 4.2.2 The email account is over quota", Judgement(DEFERRED, SOFT)),
    (RCPT, "552 5.2.2 Mailbox full", Judgement(DEFERRED, SOFT)),
    (RCPT, "550 a@b.example...User account is overquota", Judgement(DEFERRED, SOFT)),
    (RCPT, "553 5.3.0 <a@b.example>... No such user here", Judgement(FAILED, HARD)),
    (RCPT, "552 too many recipients", Judgement(DEFERRED, SOFT)),
    (RCPT, "452 Mailbox full", Judgement(DEFERRED, SOFT)),
    (CONTENT, "554 5.4.6 Too many hops", Judgement(FAILED, SOFT)),
    (CONTENT, "554 5.4.14 Hop count exceeded", Judgement(FAILED, SOFT)),
    (RCPT, "450 4.4.7 Message expired", Judgement(DEFERRED, SOFT)),
    (RCPT, "501 Syntax error", Judgement(FAILED)),
    (RCPT, "550 5.6.7 Internationalised address not supported", Judgement(FAILED)),
    (RCPT, "550 5.4.1 Recipient address rejected: Access denied",
     Judgement(FAILED, SOFT)),
    # -- what we wrote --
    (CONTENT, "554 5.6.0 Message is malformed", Judgement(FAILED, fault=FORM)),
    (CONTENT, "550 5.5.2 Syntax error in header", Judgement(FAILED, fault=FORM)),
    (CONTENT, "500 Line too long", Judgement(FAILED, fault=FORM)),
    # -- the rest --
    (CONTENT, "554 Transaction failed", Judgement(FAILED)),
    (CONTENT, "550 5.3.0 Rejected", Judgement(FAILED)),
    (DATA, "451 4.3.0 Try again", Judgement(DEFERRED)),
    (CONTENT, "452 4.3.1 Insufficient system storage", Judgement(DEFERRED)),
    (CONTENT, "421 4.3.2 Service shutting down", Judgement(DEFERRED)),
    (RCPT, "421 4.4.2 Idle timeout", Judgement(DEFERRED)),
    (RCPT, "450 4.2.1 Mailbox busy", Judgement(DEFERRED)),
]  # fmt: skip


def reply(text: str) -> Reply:
    return Reply(int(text[:3]), text[4:])


@pytest.mark.parametrize(("step", "text", "meaning"), REPLIES)
def test_means_what_the_standards_say(
    step: Step, text: str, meaning: Judgement
) -> None:
    assert judged(step, reply(text)) == meaning


def test_every_row_of_the_table_decides_something() -> None:
    deciding = [
        next(place for place, row in enumerate(TABLE) if row.fits(step, reply(text)))
        for step, text, _ in REPLIES
        if not text.startswith("2")
    ]

    idle = set(range(len(TABLE))) - set(deciding)
    assert not [TABLE[place] for place in idle]


@pytest.mark.parametrize(
    ("text", "status"),
    [
        ("550 5.1.1 no", "5.1.1"),
        ("550 5.1.1 one\n5.7.1 the last line counts", "5.7.1"),
        ("550 5.7.1 one\n5.0.0 unless it says nothing", "5.7.1"),
        ("550 5.0.0 no", "5.0.0"),
        ("421 5.7.28 the first digit is the reply's", "4.7.28"),
        ("550 no", ""),
        ("550 host 5.1.1.9 is no code at a line's start", ""),
        ("550 5.1.1.9 is an address, too", ""),
    ],
)
def test_finds_the_enhanced_code(text: str, status: str) -> None:
    assert reply(text).status == status
