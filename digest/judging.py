"""What a server's refusal means: for the message, the reader, the sender and our pace.

One table, read from the top; the first row that fits decides. Enhanced status codes
(RFC 3463) say more than basic ones, and some providers say more in words. Rows follow
RFC 5321 section 4.2, the IANA registry of enhanced codes, and what Google, Yahoo and
Microsoft publish about theirs.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum

from digest.model import Bounce, State
from digest.replies import Kind, Reply


class Step(StrEnum):
    """What a reply answered."""

    MAIL = "MAIL"
    RCPT = "RCPT"
    DATA = "DATA"
    CONTENT = "."


class Fault(StrEnum):
    """Whose doing a refusal is."""

    NONE = ""  #: the server's, the message's or the reader's
    PACE = "pace"  #: we are too fast for this provider
    POLICY = "policy"  #: this provider mistrusts us
    SENDER = "sender"  #: it takes no mail from us at all, whoever the reader is
    FORM = "form"  #: it says our mail is malformed


@dataclass(frozen=True, slots=True)
class Judgement:
    """What a reply means."""

    state: State
    bounce: Bounce | None = None
    fault: Fault = Fault.NONE
    silence: float = 0  #: seconds for which this provider wants to hear nothing


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One line of the table: all that is given must fit."""

    about: str
    then: Judgement
    steps: frozenset[Step] = frozenset(Step)
    code: str = ""  #: of the basic code, whole
    status: str = ""  #: of the enhanced code, whole; "-": the reply has none
    words: str = ""  #: anywhere in the text, in any case

    def fits(self, step: Step, reply: Reply) -> bool:
        """Whether this row is about that reply."""
        return (
            step in self.steps
            and (not self.code or _whole(self.code, str(reply.code)))
            and (not self.status or _whole(self.status, reply.status or "-"))
            and (
                not self.words
                or re.search(self.words, reply.text, re.IGNORECASE) is not None
            )
        )


def _whole(pattern: str, text: str) -> bool:
    return re.fullmatch(pattern, text) is not None


_MAIL, _RCPT = frozenset({Step.MAIL}), frozenset({Step.RCPT})
_LATE = frozenset({Step.DATA, Step.CONTENT})
_MINUTE = 60.0

_SENT = Judgement(State.SENT)
_LATER, _FAILED = Judgement(State.DEFERRED), Judgement(State.FAILED)
_STOP = Judgement(State.QUEUED, fault=Fault.SENDER)
_MALFORMED = Judgement(State.FAILED, fault=Fault.FORM)
_HARD = Judgement(State.FAILED, Bounce.HARD)
_SOFT = Judgement(State.FAILED, Bounce.SOFT)
_SOFT_LATER = Judgement(State.DEFERRED, Bounce.SOFT)
_SLOWER = Judgement(State.DEFERRED, fault=Fault.PACE)
_SILENCE = Judgement(State.DEFERRED, fault=Fault.PACE, silence=10 * _MINUTE)
_LONG_SILENCE = Judgement(State.DEFERRED, fault=Fault.PACE, silence=120 * _MINUTE)
_MISTRUSTED = Judgement(State.FAILED, fault=Fault.POLICY)

TABLE = (
    # -- the sender's, whoever the reader is --
    Row(about="no login, or a wrong one", code="530|534|535|538", then=_STOP),
    Row(
        about="Exchange Online takes no passwords any more",
        words=r"basic auth\w* is (?:disabled|not supported)",
        code="5..",
        then=_STOP,
    ),
    Row(
        about="our allowance is used up",
        words=r"daily (?:user )?(?:sending|message) (?:quota|limit)|sending quota",
        then=_STOP,
    ),
    Row(
        about="it does not relay for us",
        words=r"relay(?:ing)? (?:access )?(?:is )?(?:denied|not (?:permitted|allowed))"
        r"|unable to relay|relaying prohibited",
        code="5..",
        then=_STOP,
    ),
    Row(about="our own address is bad", status=r"[45]\.1\.[78]", then=_STOP),
    # -- the message's size --
    Row(about="too big", status=r"5\.3\.4|5\.2\.3", then=_FAILED),
    Row(about="too big", code="552", status="-", steps=_MAIL, then=_FAILED),
    Row(
        about="too big",
        code="552",
        status="-",
        steps=_LATE,
        words="size|large|big",
        then=_FAILED,
    ),
    Row(
        about="a full mailbox, in words alone",
        code="5..",
        status=r"-|5\.[013]\.0",
        steps=_RCPT | _LATE,
        words=r"over ?-?quota|quota (?:is )?exceeded|exceed\w* (?:\w+ ){0,3}quota"
        r"|mailbox (?:is )?(?:full|size)",
        then=_SOFT_LATER,
    ),
    Row(
        about="too big, in words alone",
        code="5..",
        status=r"-|5\.0\.0",
        words=r"message (?:\w+ ){0,2}(?:size|too (?:large|big))|size limit exceeded",
        then=_FAILED,
    ),
    Row(about="any other refusal of the sender", code="5..", steps=_MAIL, then=_STOP),
    # -- too fast, or mistrusted --
    Row(about="greylisting", code="4..", words="gr[ae]y-?list", then=_LATER),
    Row(
        about="the reader gets too much, whoever sends it",
        words=r"receiving e?mail (?:at a rate|too quickly)",
        code="4..",
        then=_LATER,
    ),
    Row(
        about="the same, in the coat of a refusal for good",
        words=r"receiving e?mail (?:at a rate|too quickly)",
        then=_FAILED,
    ),
    Row(about="Google: silence for ten minutes", status=r"4\.7\.28", then=_SILENCE),
    Row(about="Yahoo: for two hours", code="4..", words=r"\bTSS04", then=_LONG_SILENCE),
    Row(
        about="Microsoft's throttles",
        code="4..",
        status=r"4\.7\.(?:5\d\d|65\d)",
        then=_SILENCE,
    ),
    Row(about="Outlook.com's", code="4..", words=r"\bRP-00\d|S3150", then=_SILENCE),
    Row(about="any provider's", code="4..", status=r"4\.7\.\d+", then=_SLOWER),
    Row(
        about="in words alone",
        code="4..",
        words=r"throttl|rate (?:limit )?exceeded|rate.?limit|too many (?:message|mail"
        r"|connection)|too fast|slow down",
        then=_SLOWER,
    ),
    Row(about="a mailbox closed or given away", status=r"5\.7\.1[37]", then=_HARD),
    Row(
        about="Yandex: no such address, in the coat of mistrust",
        status=r"5\.7\.1",
        words=r"no such user",
        steps=_RCPT,
        then=_HARD,
    ),
    Row(about="mistrust", status=r"5\.7\.\d+", then=_MISTRUSTED),
    Row(
        about="mistrust, in words alone",
        code="5..",
        status=r"-|5\.0\.0|5\.3\.0|5\.5\.0",
        words=r"spamhaus|black-?list|block-?list|\bblocked\b|\bspam\b|reputation"
        r"|\bdmarc\b|\bdkim\b|\bspf\b|unsolicited|anti-?spoofing|\bDT:SP"
        r"|policy (?:restriction|reason|violation)|local policy|access denied"
        r"|administrative prohibition|reverse (?:dns|host)|\brdns\b",
        then=_MISTRUSTED,
    ),
    Row(
        about="mistrust of our address, or Orange's of our mail",
        code="5..",
        status=r"-|5\.[01235]\.0",
        words=r"sender (?:address |domain )?(?:is )?(?:not allowed|rejected|denied|verif)"
        r"|verifying <b[+=]|invalid sender|\bofr_506\b",
        then=_MISTRUSTED,
    ),
    # -- the reader's address --
    Row(about="no such address", status=r"5\.1\.(?:1|3|6|10|351)", then=_HARD),
    Row(about="a disabled mailbox", status=r"5\.2\.1", then=_HARD),
    Row(
        about="Yahoo: no such account",
        code="554",
        words=r"\bdd\b.*(?:account|mailbox|user|recipient)",
        then=_HARD,
    ),
    Row(about="a host that takes no mail", code="521|556", then=_HARD),
    Row(about="no such domain", status=r"5\.1\.2|5\.4\.4", then=_SOFT_LATER),
    Row(about="a full mailbox", status=r"[45]\.2\.2", then=_SOFT_LATER),
    Row(  # at RCPT "too many recipients", RFC 5321 section 4.5.3.1.10: one of one
        about="a full mailbox",
        code="452|552",
        status="-",
        steps=_RCPT | _LATE,
        then=_SOFT_LATER,
    ),
    Row(about="a loop on their side", status=r"5\.4\.(?:6|14)", then=_SOFT),
    Row(about="they gave up on it", status=r"4\.4\.7", then=_SOFT_LATER),
    Row(
        about="no such address, in words alone",
        code="5..",
        status=r"-|5\.[013]\.0|5\.5\.\d",
        steps=_RCPT,
        words=r"(?:user|mailbox|recipient|address|addressee|account) (?:is )?"
        r"(?:unknown|unavailable|not found|disabled|inactive|does(?:n't| not) exist)"
        r"|(?:no such|unknown|invalid) (?:user|mailbox|recipient|address)"
        r"|#5\.1\.0 address rejected",  # Cisco's gateways
        then=_HARD,
    ),
    Row(
        about="no such address, bare",
        code="550|553",
        status="-",
        steps=_RCPT,
        then=_HARD,
    ),
    Row(
        about="an address it cannot read",
        code="50[1-4]",
        steps=_RCPT,
        then=_FAILED,
    ),
    Row(
        about="an address it cannot take",
        status=r"5\.[56]\.\d+",
        steps=_RCPT,
        then=_FAILED,
    ),
    Row(about="the address, somehow", code="5..", steps=_RCPT, then=_SOFT),
    # -- what we wrote --
    Row(about="a malformed mail", status=r"5\.[56]\.\d+", then=_MALFORMED),
    Row(about="a malformed mail", code="50[0-4]", then=_MALFORMED),
    # -- the rest --
    Row(about="for good", code="5..", then=_FAILED),
    Row(about="for now", code="4..", then=_LATER),
)


def judged(step: Step, reply: Reply) -> Judgement:
    """Return what a reply means: acceptance of the content, or a refusal at any step."""
    if reply.kind is Kind.DONE:
        return _SENT
    return next(row.then for row in TABLE if row.fits(step, reply))
