"""What leaves, and what came of it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


@dataclass(frozen=True, slots=True, kw_only=True)
class Envelope:
    """RFC 5321: who gets the bounce, and who gets the mail."""

    sender: str
    recipient: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """RFC 5322 bytes, ready for the wire, in their envelope.

    `delivery` is the journal row they belong to. `content` has CRLF line ends, the
    last one too, and no line that begins with a dot: it is sent as it is, without a
    look at its 40 KB (`digest.quoting` and `digest.message` see to that).
    """

    delivery: str
    envelope: Envelope
    content: bytes


class State(StrEnum):
    """Of a delivery; `digest.store.journal` draws the way from one to the next."""

    QUEUED = "queued"  #: not yet tried
    CLAIMED = "claimed"  #: leased to one process, nothing said to a server yet
    SENDING = "sending"  #: its envelope is being handed over; nothing of it has left
    BODY_SENT = "body_sent"  #: all of it may be with the server; no answer yet
    SENT = "sent"  #: the server took responsibility
    DEFERRED = "deferred"  #: refused for now (4yz); tried again when `due`
    FAILED = "failed"  #: refused for good (5yz), or expired
    UNKNOWN = "unknown"  #: the process or the line died after the last byte; held
    SKIPPED = "skipped"  #: this reader gets nothing of this issue; see the reason

    @property
    def settled(self) -> bool:
        """Whether nothing is left to do and nothing is in doubt."""
        return self in (State.SENT, State.FAILED, State.SKIPPED)


class Bounce(StrEnum):
    """What a refusal says of an address, beside the one message it refused."""

    HARD = "hard"  #: the address will never take mail
    SOFT = "soft"  #: for now; often enough, it counts as hard


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What came of handing one message over."""

    delivery: str
    state: State  #: SENT, DEFERRED, FAILED, UNKNOWN, or QUEUED: never left us
    reply: str = ""  #: the server's words, or ours when it never answered
    bounce: Bounce | None = None  #: None: nothing is known against the address
    wait_seconds: float = 0  #: until a DEFERRED one; 0: the journal's own back-off
