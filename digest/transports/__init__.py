"""Where messages leave the house: an SMTP server, or a folder.

A transport draws messages and answers with outcomes. Whoever feeds it marks each
message as being sent just before yielding it, so what a transport promises is the
base of "never lost, never doubled":

- it draws the next message only when it has room for it (`window`);
- it yields exactly one outcome for every message it drew, also when it then raises;
- it says SENT only after the other side took responsibility, and UNKNOWN only when
  the whole message may have left and no answer came.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from digest.model import Message, Outcome
from digest.settings import FilesDelivery, SmtpDelivery


class Desk(Protocol):
    """Where a transport gets its messages and writes down what becomes of them."""

    def take(self) -> Message | None:
        """Return the next message; None when nothing more may be sent."""
        ...

    def settle(
        self, outcomes: Sequence[Outcome] = (), *, leaving: Message | None = None
    ) -> bool:
        """Write outcomes down, and that the body of `leaving` is about to leave."""
        ...


class Transport(Protocol):
    """Where messages leave the process."""

    @property
    def window(self) -> int:
        """How many messages may be in flight, and so in doubt, at once."""
        ...

    def deliver(self, desk: Desk) -> None:
        """Hand over what the desk gives until there is no more."""
        ...

    def close(self) -> None:
        """Let go of connections; what was said to be SENT stays sent."""
        ...


def open_transport(delivery: SmtpDelivery | FilesDelivery) -> Transport:
    """Return the transport the operator chose; connects at the first message."""
    if isinstance(delivery, FilesDelivery):
        from digest.transports.files import MaildirTransport

        return MaildirTransport(delivery.folder)
    from digest.transports.smtp import SmtpTransport

    return SmtpTransport(delivery)
