"""What an SMTP server's answers mean for a message (RFC 5321 section 4.2)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import IntEnum

from digest.model import Message, Outcome, State

READY = 220  #: of the greeting and STARTTLS
CLOSING = 421  #: answers anything, and ends the conversation
TOO_MUCH = 552  #: at RCPT TO it is "too many", for now

_UNPRINTABLE = re.compile(r"[^ -~]+")
_KINDS = frozenset({2, 3, 4, 5})
_LOGIN = frozenset({530, 534, 535, 538})
_ABOUT_SIZE = re.compile(r"552\b|5\d\d 5\.(?:3\.4|2\.3)\b")  # RFC 1870
_LONGEST_REPLY = 500  #: characters of a server's words that are kept


class Kind(IntEnum):
    """What a reply asks of us, by the first digit of its code."""

    NONSENSE = 0
    DONE = 2
    GO_ON = 3
    LATER = 4
    NEVER = 5


@dataclass(frozen=True, slots=True)
class Reply:
    """A server's answer; `str()` is what the journal keeps of it."""

    code: int
    text: str

    @property
    def kind(self) -> Kind:
        """What it asks of us."""
        digit = self.code // 100
        return Kind(digit) if digit in _KINDS else Kind.NONSENSE

    @property
    def refuses(self) -> bool:
        """Whether it says no, for now or for good."""
        return self.kind in (Kind.LATER, Kind.NEVER)

    @property
    def about_login(self) -> bool:
        """Whether we, and not the message, lack what the server wants (RFC 4954)."""
        return self.code in _LOGIN

    @property
    def about_size(self) -> bool:
        """Whether the message is at fault, for its size, and not its sender."""
        return _ABOUT_SIZE.match(str(self)) is not None

    def __str__(self) -> str:
        """Return ``550 5.1.1 no such mailbox``, in one printable line."""
        code = f"{self.code} " if self.code > 0 else ""
        words = _UNPRINTABLE.sub(" ", f"{code}{self.text}")
        return " ".join(words.split())[:_LONGEST_REPLY]


class InsecureError(OSError):
    """The line would carry readers' addresses in clear to another machine."""


class Lost(Exception):
    """The conversation is over, and the message in hand was not accepted in it.

    `reply` is the 421 that ended it, if the server said so. `body_left` tells
    whether all of the message may have arrived: then, without a reply, nobody
    knows what became of it (RFC 1047).
    """

    def __init__(self, words: str, *, reply: Reply | None, body_left: bool) -> None:
        """Keep what is known."""
        super().__init__(words)
        self.reply, self.body_left = reply, body_left


class SenderRefused(Exception):
    """The server does not take mail from us at all: no reader is at fault."""

    def __init__(self, reply: Reply) -> None:
        """Keep the server's answer to MAIL FROM."""
        super().__init__(str(reply))


def judged(message: Message, reply: Reply) -> Outcome:
    """Return what a reply to the whole message, or a refusal of it, means."""
    states = {Kind.DONE: State.SENT, Kind.LATER: State.DEFERRED}
    return outcome(message, states.get(reply.kind, State.FAILED), reply)


def outcome(message: Message, state: State, reply: Reply | str) -> Outcome:
    """Return the message's outcome, in the server's words or ours."""
    return Outcome(delivery=message.delivery, state=state, reply=str(reply))
