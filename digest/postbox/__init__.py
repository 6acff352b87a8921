"""A small SMTP server on this machine that files every mail it gets in a Maildir.

The demo, and whoever tries `digest` out, sends to it: what arrives has crossed a
real SMTP conversation, and nothing has left the machine. Each file holds the bytes
as they came, and the names sort in the order of arrival.
"""

from __future__ import annotations

import socket
from collections import Counter
from pathlib import Path
from types import TracebackType
from typing import Self

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

from digest.transports.files import place, unwritable

LOOPBACK = "127.0.0.1"


class Filing:
    """Files each message, and counts how many came for each recipient."""

    def __init__(self, folder: Path) -> None:
        """Make the Maildir; raise `OutputError` when that cannot be."""
        self.folder = folder
        self.received: Counter[str] = Counter()
        self.filed = 0
        try:
            for part in ("tmp", "new", "cur"):
                (folder / part).mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise unwritable(folder, error) from error

    async def handle_DATA(  # noqa: N802 aiosmtpd's name for it
        self, _: SMTP, __: Session, envelope: Envelope
    ) -> str:
        """File one message, once for all its recipients."""
        content = envelope.original_content
        assert content is not None
        name = f"{self.filed + 1:08}.postbox"
        path, aside = self.folder / "new" / name, self.folder / "tmp" / name
        try:
            place(path, content, by_way_of=aside)
        except OSError as error:  # not the sender's fault, and perhaps not for long
            return f"452 4.3.1 {unwritable(self.folder, error)}"
        self.filed += 1
        self.received.update(envelope.rcpt_tos)
        return "250 OK"


class Postbox:
    """The server; `with Postbox(folder) as box` starts and stops it."""

    def __init__(self, folder: Path) -> None:
        """Prepare to file into `folder`, on a port that is free."""
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
