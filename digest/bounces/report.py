"""The values a returned mail becomes."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from digest.judging import Fault


class Kind(StrEnum):
    """What a mail to one of our return addresses is."""

    BOUNCE = "bounce"  #: a mail could not be delivered
    DELAYED = "delayed"  #: not yet; its server goes on trying
    DELIVERED = "delivered"  #: it was, or went on to a server that will not tell
    COMPLAINT = "complaint"  #: a reader pressed "this is spam"
    FEEDBACK = "feedback"  #: a report that is no complaint: not spam, a failed DKIM
    UNSUBSCRIBE = "unsubscribe"
    AUTO_REPLY = "auto_reply"  #: away, a read receipt, "prove that you are human"
    LETTER = "letter"  #: somebody wrote
    UNREADABLE = "unreadable"  #: a program wrote, and nobody knows what


class Effect(StrEnum):
    """What follows for the reader, once their token has proved to be ours."""

    NONE = "none"
    SOFT = "soft"  #: refused for now; often enough, it counts as hard
    HARD = "hard"  #: the address will never take mail
    COMPLAINT = "complaint"  #: no mail to them any more, of anything
    LEAVE = "leave"  #: they leave one newsletter


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """What one returned mail says."""

    kind: Kind
    effect: Effect = Effect.NONE
    #: Found where our addresses stand, none of them proved yet.
    bounce_tokens: tuple[str, ...] = ()
    unsubscribe_tokens: tuple[str, ...] = ()
    action: str = ""  #: of a delivery status: "failed", "delayed", …
    status: str = ""  #: the enhanced code that decided: "5.1.1"
    words: str = ""  #: of the server, in one line
    fault: Fault = Fault.NONE  #: ours, when a refusal is no fault of the reader's
    identity: str = ""  #: its Message-ID
