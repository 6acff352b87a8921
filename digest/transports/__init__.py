"""Where messages leave the house: an SMTP server, or a folder.

A transport takes messages from a desk and writes down there what becomes of them.
What it promises is the base of "never lost, never doubled":

- it settles every message it took exactly once, also when it then raises;
- before the last byte of a message leaves, without which it is none, the desk has
  said, durably, that it may (`settle(leaving=...)`);
- it says SENT only after the other side took responsibility, and UNKNOWN only when
  the whole message may have left and no answer came.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from typing import Protocol

from digest.model import Message, Outcome
from digest.settings import FilesDelivery, SmtpDelivery


class Desk(Protocol):
    """Where a transport gets its messages and says what came of them.

    Any thread may call it, several at once.
    """

    def take(self) -> Message | None:
        """Return the next message; None when nothing may be sent any more.

        What was taken must be settled, once. May raise what keeps messages from
        being made; then nothing was taken, and no more is to be.
        """
        ...

    def settle(
        self, outcomes: Sequence[Outcome] = (), *, leaving: Message | None = None
    ) -> bool:
        """Write down outcomes, and that `leaving` may be with the server from now on.

        It is durable when this returns; before, a server may have heard a content
        begin, but no end of it. False: `leaving` must not be sent (it was recalled, or
        belongs to another process by now), and it needs no outcome any more. One that
        did not get away is announced again with its next attempt, or settled as
        QUEUED. Raises `StoreError` when nothing of it could be written: then it must
        not be sent, either.
        """
        ...


class Transport(Protocol):
    """Where messages leave the process."""

    @property
    def window(self) -> int:
        """How many messages a crash leaves in doubt, at most."""
        ...

    def deliver(self, desk: Desk) -> None:
        """Send what the desk has, until it has no more and all of it is settled.

        Raises `TransportError` or `OutputError` when nothing can leave any more; what
        was taken and did not leave has been settled as QUEUED before. What the desk
        raises comes through.
        """
        ...

    def close(self) -> None:
        """Let go of what is held; what was said to be SENT stays sent."""
        ...


def open_transport(delivery: SmtpDelivery | FilesDelivery) -> Transport:
    """Return the transport the operator chose; connects at the first message."""
    if isinstance(delivery, FilesDelivery):
        from digest.transports.files import MaildirTransport

        return MaildirTransport(delivery.folder)
    from digest.transports.smtp import SmtpTransport

    return SmtpTransport(delivery)


def deliver_one(transport: Transport, message: Message) -> Outcome:
    """Send one message by itself, written down nowhere, and return what came of it.

    Raises what `Transport.deliver` raises.
    """
    desk = _Single(message)
    transport.deliver(desk)
    (outcome,) = desk.outcomes
    return outcome


class _Single:
    """A desk with one message on it."""

    def __init__(self, message: Message) -> None:
        self._waiting, self.outcomes = deque([message]), list[Outcome]()

    def take(self) -> Message | None:
        try:
            return self._waiting.popleft()
        except IndexError:
            return None

    def settle(
        self,
        outcomes: Sequence[Outcome] = (),
        *,
        leaving: Message | None = None,  # noqa: ARG002 it may leave
    ) -> bool:
        self.outcomes += outcomes
        return True
