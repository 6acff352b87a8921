"""A door for a mail server on this machine: LMTP (RFC 2033) and SMTP, on one port.

A transaction takes one recipient. Then the two protocols differ in their greeting
alone, and each mail is answered by what became of it: what could not be written down
stays with the mail server, which tries again.
"""

from __future__ import annotations

from collections.abc import Callable
from types import TracebackType
from typing import Self

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session, syntax

from digest.errors import DigestError, TransportError

_LARGEST = 32 << 20  #: bytes; a returned mail holds ours, and little more


class _Both(SMTP):
    """Takes LHLO for EHLO."""

    #: A mail whose lines are too long has come this far, and must not come back again.
    line_length_limit = 1 << 20

    @syntax("LHLO hostname")
    async def smtp_LHLO(self, arg: str) -> None:  # noqa: N802 aiosmtpd's name for it
        """Greet a client that speaks LMTP."""
        await self.smtp_EHLO(arg)


class _Taking:
    """What the server does with a mail."""

    def __init__(self, take: Callable[[bytes, str], None]) -> None:
        self.take = take

    async def handle_RCPT(  # noqa: N802 aiosmtpd's name for it
        self, _: SMTP, __: Session, envelope: Envelope, address: str, ___: list[str]
    ) -> str:
        if envelope.rcpt_tos:
            return "452 4.5.3 one recipient at a time"
        envelope.rcpt_tos.append(address)
        return "250 2.1.5 OK"

    async def handle_DATA(  # noqa: N802 aiosmtpd's name for it
        self, _: SMTP, __: Session, envelope: Envelope
    ) -> str:
        # As a server writes it that delivers: none is what marks a returned mail.
        sender = (envelope.mail_from or "").strip("<>")
        content = f"Return-Path: <{sender}>\r\n".encode()
        content += envelope.original_content or b""
        try:
            self.take(content, envelope.rcpt_tos[0])
        except DigestError:
            return "451 4.3.0 it could not be written down; try again later"
        return "250 2.0.0 taken"


class Receiving:
    """The server; `with Receiving(...)` starts and stops it."""

    def __init__(
        self, host: str, port: int, take: Callable[[bytes, str], None]
    ) -> None:
        """Prepare to hand each mail and its recipient to `take`, in another thread.

        A `DigestError` of its makes the client try again later.
        """
        self._where = f"{host}:{port}"
        self._controller = Controller(
            _Taking(take),
            hostname=host,
            port=port,
            data_size_limit=_LARGEST,
            enable_SMTPUTF8=True,  # or Postfix could not hand over what needs it
            ident="digest",
        )
        self._controller.factory = lambda: _Both(  # type: ignore[method-assign]
            self._controller.handler, **self._controller.SMTP_kwargs
        )

    def __enter__(self) -> Self:
        """Start; raise `TransportError` when the port cannot be had."""
        try:
            self._controller.start()
        except (OSError, TimeoutError) as error:
            raise TransportError(
                f"{self._where} cannot be listened on ({error}); name a port of this "
                "machine that nobody else uses"
            ) from error
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._controller.stop()
