"""One conversation with an SMTP server: opening it, and handing over one message.

`smtplib` connects, speaks EHLO and logs in. The transaction itself is ours, since
`smtplib` raises the same exception for a line lost before a message left (safe to
send again) and after its last byte (perhaps delivered), and leaves a refused DATA
open so that the next message fails for it. Here a `Lost` says which of the two.
"""

from __future__ import annotations

import contextlib
import ipaddress
import smtplib
import socket
import ssl
from collections.abc import Iterator
from dataclasses import dataclass

from digest.message import HeaderProblem, needs_smtputf8, wire_address
from digest.model import Message, Outcome, State
from digest.settings import Security, SmtpDelivery
from digest.transports.smtp.replies import (
    CLOSING,
    READY,
    TOO_MUCH,
    InsecureError,
    Kind,
    Lost,
    Reply,
    SenderRefused,
    judged,
    outcome,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Timeouts:
    """Seconds to wait for the server (RFC 5321 section 4.5.3.2)."""

    connect: float = 30  #: for the connection, for TLS, and for the greeting
    reply: float = 300
    verdict: float = 600  #: after the final dot; a shorter one makes duplicates
    farewell: float = 5  #: for QUIT, and for last words on a broken line


class Session(smtplib.SMTP):
    """A connection that is open, safe and logged in, or else closed."""

    def __init__(
        self, settings: SmtpDelivery, *, tls: ssl.SSLContext | None, timeouts: Timeouts
    ) -> None:
        """Prepare; `open` connects. `tls` is None exactly for Security.NONE."""
        # A name of our own would be looked up in DNS; `open` sets the address.
        super().__init__(local_hostname="[127.0.0.1]", timeout=timeouts.connect)
        self.settings, self.tls, self.timeouts = settings, tls, timeouts
        self.ready = False  #: for messages; `open` went through
        self.handed = 0  #: messages tried in this conversation
        self._body_left = False

    @property
    def alive(self) -> bool:
        """Whether there is still a line to speak on."""
        return self.sock is not None

    # -- opening ------------------------------------------------------------

    def open(self) -> None:
        """Connect, protect the line, log in; raises OSError or UnicodeError."""
        settings = self.settings
        line = socket.create_connection(
            (settings.host, settings.port), self.timeouts.connect
        )
        self.sock = line
        # Else Nagle's algorithm holds back the end of each message: measured over
        # TLS, 23 messages a second instead of 1,757.
        line.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.local_hostname = _literal(line.getsockname()[0])
        if settings.security is Security.NONE:
            _require_loopback(line)
        if settings.security is Security.TLS:
            self._protect()
        code, text = self.getreply()
        if code != READY:
            raise smtplib.SMTPConnectError(code, text)
        self._wait(self.timeouts.reply)
        self.ehlo_or_helo_if_needed()
        if settings.security is Security.STARTTLS:
            self._start_tls()
        if settings.username:
            self._log_in()
        self.ready = True

    def _start_tls(self) -> None:
        """Protect the line; never go on without (RFC 8314)."""
        if not self.has_extn("starttls"):
            raise smtplib.SMTPNotSupportedError("it does not offer STARTTLS")
        code, text = self.docmd("STARTTLS")
        if code != READY:
            raise smtplib.SMTPResponseException(code, text)
        self._wait(self.timeouts.connect)
        self._protect()
        self._wait(self.timeouts.reply)
        self.ehlo_or_helo_if_needed()

    def _log_in(self) -> None:
        try:
            self.login(self.settings.username, self.settings.password)
        except UnicodeEncodeError as error:  # smtplib sends ASCII alone
            raise smtplib.SMTPNotSupportedError(
                "user name and password must be ASCII"
            ) from error

    def _protect(self) -> None:
        """Put TLS on the line, and forget what was said before (RFC 3207)."""
        assert self.tls is not None
        assert self.sock is not None
        if self.file is not None:
            self.file.close()
            self.file = None
        self.ehlo_resp = self.helo_resp = None
        self.sock = self.tls.wrap_socket(self.sock, server_hostname=self.settings.host)

    # -- one message --------------------------------------------------------

    def hand_over(self, message: Message) -> Outcome:
        """Return what the server said to one message: SENT, DEFERRED or FAILED.

        Raises `Lost` when the conversation ended first, and `SenderRefused` when
        the server takes no mail from us.
        """
        self._body_left = False
        try:
            commands = list(self._commands(message))
        except HeaderProblem as problem:
            return outcome(message, State.FAILED, f"5.1.3 not sent: {problem}")
        if obstacle := self._obstacle(message):
            return outcome(message, State.FAILED, obstacle)
        self.handed += 1
        try:
            return self._transaction(message, commands)
        except BaseException:  # an interrupt, too: the line is in mid-message
            self.close()
            raise

    def _transaction(self, message: Message, commands: list[str]) -> Outcome:
        for command in commands:
            reply = self._ask(command)
            if reply.kind is not (Kind.GO_ON if command == "DATA" else Kind.DONE):
                return self._refusal(message, command, reply)
        return self._content(message)

    def _commands(self, message: Message) -> Iterator[str]:
        sender = wire_address("MAIL FROM", message.envelope.sender)
        recipient = wire_address("RCPT TO", message.envelope.recipient)
        size = f" SIZE={len(message.content)}" if self.has_extn("size") else ""
        utf8 = needs_smtputf8(sender) or needs_smtputf8(recipient)
        yield f"MAIL FROM:<{sender}>{size}{' BODY=8BITMIME SMTPUTF8' if utf8 else ''}"
        yield f"RCPT TO:<{recipient}>"
        yield "DATA"

    def _obstacle(self, message: Message) -> str:
        """Return why this server cannot take this message, or nothing."""
        host, size = self.settings.host, len(message.content)
        limit = self.esmtp_features.get("size", "")
        if limit.isdecimal() and 0 < int(limit) < size:
            return (
                f"5.3.4 not sent: the message has {size} octets and {host} takes "
                f"at most {int(limit)}; lower the newsletter's limits"
            )
        ours = (message.envelope.sender, message.envelope.recipient)
        if any(map(needs_smtputf8, ours)) and not self.has_extn("smtputf8"):
            return (
                f"5.6.7 not sent: the address has letters beyond ASCII and {host} "
                "does not offer SMTPUTF8; ask the reader for another address"
            )
        return ""

    def _refusal(self, message: Message, command: str, reply: Reply) -> Outcome:
        """Return what a reply other than the wanted one means, with a clean slate."""
        if not reply.refuses:
            raise self._lost(f"out of step, {reply} to {command[:4]}")
        to_sender = command.startswith("MAIL") and reply.kind is Kind.NEVER
        if reply.about_login or (to_sender and not reply.about_size):
            raise SenderRefused(reply)
        self._reset()
        # RFC 5321 section 4.5.3.1.10: "too many recipients" is for now, not for good.
        if command.startswith("RCPT") and reply.code == TOO_MUCH:
            return outcome(message, State.DEFERRED, reply)
        return judged(message, reply)

    def _content(self, message: Message) -> Outcome:
        assert self.sock is not None
        try:
            self.sock.sendall(_stuffed(message.content))
        except OSError:
            return self._last_words(message)
        self._wait(self.timeouts.verdict)
        self._body_left = True  # from the first byte of the dot on, it may be there
        reply = self._ask(".")
        self._wait(self.timeouts.reply)
        if reply.kind is Kind.GO_ON:  # answers no message
            raise self._lost(f"out of step, {reply} to the final dot")
        return judged(message, reply)

    def _last_words(self, message: Message) -> Outcome:
        """Return why the server hung up on a half-sent message, if it said so."""
        self._wait(self.timeouts.farewell)
        reply = self._hear()
        if reply.refuses:
            self.close()
            return judged(message, reply)
        raise self._lost(f"the line broke after {reply}")

    def _reset(self) -> None:
        """Clear a refused transaction; a server that cannot is left."""
        with contextlib.suppress(Lost):  # closed; the refusal stands
            if self._ask("RSET").kind is not Kind.DONE:
                self.close()

    def leave(self) -> None:
        """Say goodbye if possible; whatever happens changes no outcome."""
        if self.alive:
            self._wait(self.timeouts.farewell)
            with contextlib.suppress(OSError):
                self.docmd("QUIT")
        self.close()

    # -- speaking -----------------------------------------------------------

    def _ask(self, command: str) -> Reply:
        """Say one line and hear the answer; a failure to speak shows in hearing.

        What a server said before it hung up is still there to be read.
        """
        assert self.sock is not None
        try:
            self.sock.sendall(f"{command}\r\n".encode())
        except OSError:
            self._wait(self.timeouts.farewell)
        return self._hear()

    def _hear(self) -> Reply:
        try:
            code, text = self.getreply()
        except OSError as error:  # smtplib's exceptions are OSErrors
            raise self._lost(str(error)) from error
        reply = Reply(code, text.decode("utf-8", "replace"))
        if code == CLOSING:
            raise self._lost(str(reply), reply=reply)
        if reply.kind is Kind.NONSENSE:
            raise self._lost("the server answered in no language of mail")
        return reply

    def _lost(self, words: str, *, reply: Reply | None = None) -> Lost:
        self.close()
        return Lost(words, reply=reply, body_left=self._body_left)

    def _wait(self, seconds: float) -> None:
        if self.sock is not None:
            self.sock.settimeout(seconds)


def _require_loopback(line: socket.socket) -> None:
    """Refuse an open line to another machine, before a word is said on it."""
    peer = line.getpeername()[0]
    if not ipaddress.ip_address(peer).is_loopback:
        raise InsecureError(peer)


def _literal(address: str) -> str:
    """Return an address of ours as EHLO wants it (RFC 5321 section 4.1.3)."""
    return f"[IPv6:{address}]" if ":" in address else f"[{address}]"


def _stuffed(content: bytes) -> bytes:
    """Double the dots at line starts (RFC 5321 section 4.5.2); ours have none."""
    if not content.endswith(b"\r\n"):
        content += b"\r\n"
    if content.startswith(b"."):
        content = b"." + content
    return content.replace(b"\n.", b"\n..")
