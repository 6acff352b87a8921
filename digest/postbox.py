"""A small SMTP server on this machine that files every mail it gets in a Maildir.

The demo and whoever tries `digest` out send to it: what arrives has crossed a real
SMTP conversation, without any of it leaving the machine.
"""

from __future__ import annotations

import socket
from pathlib import Path
from types import TracebackType
from typing import Self

from aiosmtpd.controller import Controller
from aiosmtpd.handlers import Mailbox
from aiosmtpd.smtp import SMTP, Envelope, Session

LOOPBACK = "127.0.0.1"


class Filing(Mailbox):
    """Files each message, and remembers how many came for each recipient."""

    def __init__(self, folder: Path) -> None:
        """Make the Maildir."""
        super().__init__(folder)
        self.received: dict[str, int] = {}

    async def handle_RCPT(  # noqa: N802 aiosmtpd's hook names
        self,
        server: SMTP,  # noqa: ARG002 aiosmtpd's signature
        session: Session,  # noqa: ARG002
        envelope: Envelope,
        address: str,
        options: list[str],  # noqa: ARG002
    ) -> str:
        """Accept and count one recipient."""
        envelope.rcpt_tos.append(address)
        self.received[address] = self.received.get(address, 0) + 1
        return "250 OK"


class Postbox:
    """The server; `with Postbox(folder) as box` starts and stops it."""

    def __init__(self, folder: Path) -> None:
        """Prepare to file into `folder`; any free port is taken."""
        self.filing = Filing(folder)
        # Controller cannot take port 0 itself: it connects to the number it was given.
        with socket.create_server((LOOPBACK, 0)) as free:
            self.port: int = free.getsockname()[1]
        self.controller = Controller(self.filing, hostname=LOOPBACK, port=self.port)

    @property
    def received(self) -> dict[str, int]:
        """How many messages came for each address."""
        return dict(self.filing.received)

    def __enter__(self) -> Self:
        self.controller.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.controller.stop()
