"""What a server's words in a returned mail mean, by the table of SMTP replies.

A returned mail tells at second hand what a server said: a status (RFC 3463), a
diagnostic that quotes the reply, or prose. It is put together again as the reply that
we would have had ourselves, and judged by the same table.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from digest.bounces.parts import Fields, one_line
from digest.bounces.report import Effect, Kind
from digest.judging import Fault, Judgement, Step, judged
from digest.model import Bounce, State
from digest.replies import Reply

_ENHANCED = re.compile(r"(?<![\d.])([245]\.\d{1,3}\.\d{1,3})(?![\d.])")
_CODE = re.compile(r"(?:^|[\s:;<>(\"'])([45]\d\d)(?=[ \-#])")
_SAYS_NOTHING = ".0.0"

#: Where in the conversation it was refused; a report is about a recipient, else.
_STEPS = (
    (Step.MAIL, re.compile(r"(?:reply to|after) MAIL FROM", re.IGNORECASE)),
    (
        Step.CONTENT,
        re.compile(
            r"end of data|(?:reply to|after) (?:the )?(?:DATA|message content)",
            re.IGNORECASE,
        ),
    ),
)

_KINDS = {
    "failed": Kind.BOUNCE,
    "delayed": Kind.DELAYED,
    "delivered": Kind.DELIVERED,
    "relayed": Kind.DELIVERED,
    "expanded": Kind.DELIVERED,
}

#: Of several recipients, which one counts: ours is one, and others are its aliases.
_GRAVEST = ("failed", "delayed", "relayed", "expanded", "delivered")


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """What a report tells of one recipient, and what that means."""

    kind: Kind
    effect: Effect = Effect.NONE
    action: str = ""
    status: str = ""
    words: str = ""
    fault: Fault = Fault.NONE


def told_by_status(blocks: list[Fields]) -> Told | None:
    """Return what the fields of a delivery status say; None: they are none."""
    about = [block for block in blocks if "action" in block or "status" in block]
    if not about:
        return None
    block = min(about, key=lambda each: _GRAVEST.index(_action(each)))
    action = _action(block)
    _, typed, diagnostic = block.get("diagnostic-code", "").partition(";")
    words = one_line(diagnostic if typed else block.get("diagnostic-code", ""))
    words = words or block.get("status", "")
    kind = _KINDS[action]
    if kind is not Kind.BOUNCE:
        status = _first_enhanced(block.get("status", ""), words)
        return Told(kind=kind, action=action, status=status, words=words)
    return told_by_words(words, status=block.get("status", ""), action=action)


def _action(block: Fields) -> str:
    """Return the action; what is not said follows from the status."""
    said = block.get("action", "").partition(";")[0].partition(" ")[0].lower()
    if said in _KINDS:
        return said
    by_class = {"2": "delivered", "4": "delayed"}
    return by_class.get(block.get("status", "").strip()[:1], "failed")


def told_by_words(words: str, *, status: str = "", action: str = "") -> Told:
    """Return what a refusal means that a server gave up with.

    `words` may quote an SMTP reply; `status` is what the report itself says.
    """
    reply = _replied(words, status)
    step = next((s for s, said in _STEPS if said.search(words)), Step.RCPT)
    judgement = judged(step, reply)
    return Told(
        kind=Kind.BOUNCE,
        effect=effect_of(judgement),
        action=action,
        status=reply.status,
        words=one_line(words),
        fault=judgement.fault,
    )


def effect_of(judgement: Judgement) -> Effect:
    """Return what a refusal means for the reader when nobody tries again.

    What was refused for now until its server gave up counts as refused once. Where
    the fault is ours, it never counts: a 5.7.x suppresses nobody.
    """
    if judgement.bounce is Bounce.HARD:
        return Effect.HARD
    gave_up = judgement.state is State.DEFERRED and judgement.fault is Fault.NONE
    return Effect.SOFT if judgement.bounce or gave_up else Effect.NONE


def _first_enhanced(status: str, words: str) -> str:
    """Return the status, or the first one in the words where it says nothing."""
    said = _ENHANCED.search(status)
    if said and not said[1].endswith(_SAYS_NOTHING):
        return said[1]
    found = [each for each in _ENHANCED.findall(words) if not each.endswith(".0.0")]
    return found[0] if found else said[1] if said else ""


def _replied(words: str, status: str) -> Reply:
    """Return the reply that the server gave, as far as it can be known."""
    enhanced, code = _first_enhanced(status, words), _CODE.search(words)
    if code and (not enhanced or code[1][0] == enhanced[0]):
        number = int(code[1])
    else:
        number = 450 if enhanced.startswith("4") else 550
        enhanced = enhanced or "5.0.0"  # without a code, nobody said "550"
    return Reply(number, f"{enhanced} {words}".strip())
