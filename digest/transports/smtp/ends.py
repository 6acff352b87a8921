"""How a conversation with an SMTP server begins, and how it can end."""

from __future__ import annotations

from digest.replies import Reply

READY = 220  #: of the greeting and STARTTLS
CLOSING = 421  #: answers anything, and ends the conversation


class InsecureError(OSError):
    """The line would carry readers' addresses in clear to another machine."""


class Lost(Exception):
    """The conversation is over; `reply` is the 421 that ended it, if there was one."""

    def __init__(self, words: str, *, reply: Reply | None = None) -> None:
        """Keep what is known."""
        super().__init__(words)
        self.reply = reply
