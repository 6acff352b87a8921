"""One connection to an SMTP server: opening it, speaking and hearing on it.

`smtplib` connects, speaks EHLO and logs in. What is said for a message is ours, since
`smtplib` waits for an answer four times a message, raises the same exception for a line
lost before a message left (safe to send again) and after its last byte (perhaps
delivered), and leaves a refused DATA open so that the next message fails for it.
"""

from __future__ import annotations

import binascii
import contextlib
import ipaddress
import re
import smtplib
import socket
import ssl
from dataclasses import dataclass

from digest.message import needs_smtputf8, wire_address
from digest.model import Message
from digest.oauth import Tokens, xoauth2
from digest.replies import Kind, Reply
from digest.settings import Security, SmtpDelivery
from digest.transports.smtp.ends import CLOSING, READY, InsecureError, Lost
from digest.transports.smtp.hearing import LONGEST_LINE, Hearing

_REFUSED_LOGIN = 535
_MOST_LINES = 200  #: of one reply
_SIZE = re.compile(r"[0-9]{1,20}")  # RFC 1870 section 4
_NOT_XTEXT = re.compile(r"[^!-*,-<>-~]")  # RFC 3461 section 4
_LONGEST_ENVID = 100  #: RFC 3461 section 4.4


@dataclass(frozen=True, slots=True, kw_only=True)
class Timeouts:
    """Seconds to wait for the server (RFC 5321 section 4.5.3.2)."""

    connect: float = 30  #: for the connection, for TLS, and for the greeting
    reply: float = 300  #: where no content is on its way
    #: With a content, for each block to be taken, and after the final dot, where a
    #: shorter one makes duplicates. What is asked with it waits for its answer as long.
    verdict: float = 600
    farewell: float = 5  #: for QUIT, and for last words on a broken line
    pauses: tuple[float, ...] = (1, 2, 5, 10, 20)  #: before connecting again


class Session(smtplib.SMTP):
    """A connection that is open, safe and logged in, or else closed."""

    def __init__(
        self,
        settings: SmtpDelivery,
        *,
        tls: ssl.SSLContext | None,
        tokens: Tokens | None,
        timeouts: Timeouts,
    ) -> None:
        """Prepare; `open` connects. `tls` is None exactly for Security.NONE."""
        # A name of our own would be looked up in DNS; `open` sets the address.
        super().__init__(local_hostname="[127.0.0.1]", timeout=timeouts.connect)
        self.settings, self.tls, self.timeouts = settings, tls, timeouts
        self.tokens = tokens
        self.ready = False  #: for messages; `open` went through
        self.greeting = ""  #: the server's first words; some say the time
        self.handed = 0  #: messages begun in this conversation
        self._hearing: Hearing | None = None  #: of the line that is open

    @property
    def alive(self) -> bool:
        """Whether there is still a line to speak on."""
        return self.sock is not None

    # -- opening ------------------------------------------------------------

    def open(self) -> None:
        """Connect, protect the line, log in; raises OSError or UnicodeError."""
        try:
            self._open()
            self.ready = True
        finally:
            if not self.ready:
                self.close()

    def _open(self) -> None:
        settings = self.settings
        line = socket.create_connection(
            (settings.host, settings.port), self.timeouts.connect
        )
        self.sock, self._hearing = line, Hearing(line)
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
        self.greeting = text.decode("utf-8", "replace")
        self.wait(self.timeouts.reply)
        self._greet()
        if settings.security is Security.STARTTLS:
            self._start_tls()
        if settings.username:
            self._log_in()

    def _start_tls(self) -> None:
        """Protect the line; never go on without (RFC 8314)."""
        if not self.has_extn("starttls"):
            raise smtplib.SMTPNotSupportedError("it does not offer STARTTLS")
        code, text = self.docmd("STARTTLS")
        if code != READY:
            raise smtplib.SMTPResponseException(code, text)
        self.wait(self.timeouts.connect)
        self._protect()
        self.wait(self.timeouts.reply)
        self._greet()

    def _greet(self) -> None:
        """Say EHLO, or HELO to a server that knows no more; a 421 is its last word."""
        code, words = self.ehlo()
        if Reply(code, "").kind is not Kind.DONE and code != CLOSING:
            code, words = self.helo()
        if Reply(code, "").kind is not Kind.DONE:
            raise smtplib.SMTPHeloError(code, words)

    def _log_in(self) -> None:
        try:
            if self.tokens is not None:
                self._log_in_by_token(self.tokens)
            else:
                self.login(self.settings.username, self.settings.password)
        except UnicodeEncodeError as error:  # smtplib sends ASCII alone
            raise smtplib.SMTPNotSupportedError(
                "user name and password must be ASCII"
            ) from error
        except binascii.Error as error:
            raise smtplib.SMTPNotSupportedError(
                "it asks for the login in words that are no base64 (RFC 4954)"
            ) from error

    def _log_in_by_token(self, tokens: Tokens) -> None:
        """Log in with the token at hand; if it is refused, once with a new one."""
        if "XOAUTH2" not in self.esmtp_features.get("auth", "").upper().split():
            raise smtplib.SMTPNotSupportedError("it offers no login by token (XOAUTH2)")
        token = tokens.get()
        try:
            self._present(token)
        except smtplib.SMTPAuthenticationError as error:
            if error.smtp_code != _REFUSED_LOGIN:
                raise
            self._present(tokens.get(refused=token))

    def _present(self, token: str) -> None:
        def words(challenge: bytes | None = None) -> str:
            # A challenge is why it was refused, and wants an empty answer.
            return xoauth2(self.settings.username, token) if challenge is None else ""

        self.auth("XOAUTH2", words)

    def _protect(self) -> None:
        """Put TLS on the line, and forget what was said before (RFC 3207)."""
        assert self.tls is not None
        assert self.sock is not None
        self.ehlo_resp = self.helo_resp = None
        self.sock = self.tls.wrap_socket(self.sock, server_hostname=self.settings.host)
        self._hearing = Hearing(self.sock)

    # -- what is said for a message -------------------------------------------

    @property
    def pipelining(self) -> bool:
        """Whether it takes several commands at once (RFC 2920)."""
        return "pipelining" in self.esmtp_features

    @property
    def limit(self) -> int | None:
        """The most octets of a message (RFC 1870); 0 is no limit, None unsaid."""
        said = self.esmtp_features.get("size")
        if said is None:
            return None
        return int(said) if _SIZE.fullmatch(said) else 0

    def envelope(self, message: Message) -> tuple[bytes, bytes, bytes]:
        """Return MAIL, RCPT and DATA; raise `HeaderProblem` for a forged address."""
        sender = wire_address("MAIL FROM", message.envelope.sender)
        recipient = wire_address("RCPT TO", message.envelope.recipient)
        asked = f"MAIL FROM:<{sender}>"
        features = self.esmtp_features
        if "size" in features:
            asked += f" SIZE={len(message.content)}"
        if needs_smtputf8(sender) or needs_smtputf8(recipient):
            asked += " BODY=8BITMIME SMTPUTF8"
        if "dsn" in features:  # a returned mail names its delivery, and stays small
            asked += f" RET=HDRS ENVID={_xtext(message.delivery)}"
        return (
            f"{asked}\r\n".encode(),
            f"RCPT TO:<{recipient}>\r\n".encode(),
            b"DATA\r\n",
        )

    def obstacle(self, message: Message) -> str:
        """Return why this server cannot take this message, or nothing."""
        host, size = self.settings.host, len(message.content)
        limit = self.limit
        if limit and limit < size:
            return (
                f"5.3.4 not sent: the message has {size} octets and {host} takes "
                f"at most {limit}; lower the newsletter's limits"
            )
        ours = (message.envelope.sender, message.envelope.recipient)
        if any(map(needs_smtputf8, ours)) and "smtputf8" not in self.esmtp_features:
            return (
                f"5.6.7 not sent: the address has letters beyond ASCII and {host} "
                "does not offer SMTPUTF8; ask the reader for another address"
            )
        return ""

    # -- speaking and hearing --------------------------------------------------

    def transmit(self, flight: bytes, *, ends: bool = False) -> int:
        """Return how many bytes left; fewer than all when the line broke.

        That shows in hearing: what a server said before it hung up is still there.
        Call `listen` before: a word that is there already answers nothing of this.
        `ends` says that the flight brings a content to its end.
        """
        assert self.sock is not None
        self.wait(self.timeouts.verdict if ends else self.timeouts.reply)
        line, whole, taken = self.sock, memoryview(flight), 0
        try:
            while taken < len(flight):
                taken += line.send(whole[taken:])
            _acknowledge_at_once(line)
        except OSError:
            self.wait(self.timeouts.farewell)
        return taken

    def begin(self, content: bytes) -> int:
        """Return how many bytes of a content left at once, without waiting for anybody.

        It may be none: when the server said something, and on a line with TLS, which
        must be given again what it would not take. Ask `spoke` before the rest.
        """
        assert self.sock is not None
        if isinstance(self.sock, ssl.SSLSocket) or self.spoke():
            return 0
        patience = self.sock.gettimeout()
        self.sock.settimeout(0)
        try:
            return self.sock.send(content)
        except OSError:  # no room, or the line broke, which shows in hearing
            return 0
        finally:
            self.sock.settimeout(patience)

    def listen(self) -> None:
        """Raise `Lost` if the server hung up, or spoke, while it was our turn.

        A 250 said before the content would else be taken for the answer to it, and a
        line that is closed after 354 would leave the message in doubt.
        """
        if self.spoke():
            self.wait(self.timeouts.farewell)
            raise self.lost(f"out of step, {self.hear()} to nothing")

    def spoke(self, *, within: float = 0) -> bool:
        """Whether the server said something not yet heard, or hung up; soon, if asked."""
        assert self._hearing is not None
        try:
            return self._hearing.spoke(within=within)
        except OSError as error:
            raise self.lost(str(error)) from error

    def hear(self) -> Reply:
        """Return one reply, however many lines it has; raise `Lost` for anything else."""
        try:
            code, words = self._heard()
        except OSError as error:
            raise self.lost(str(error)) from error
        reply = Reply(code, words.decode("utf-8", "replace"))
        if reply.code == CLOSING:
            raise self.lost(str(reply), reply=reply)
        if reply.kind is Kind.NONSENSE:
            raise self.lost("the server answered in no language of mail")
        return reply

    def getreply(self) -> tuple[int, bytes]:
        """Return a reply for `smtplib`, whose own way has no end for one without end."""
        try:
            return self._heard()
        except OSError as error:
            self.close()
            raise smtplib.SMTPServerDisconnected(str(error)) from error

    def _heard(self) -> tuple[int, bytes]:
        """Return a reply's code, -1 where it has none or several, and its lines."""
        assert self._hearing is not None
        codes, lines = set[bytes](), list[bytes]()
        for _ in range(_MOST_LINES):
            line = self._hearing.line()
            if not line.endswith(b"\n"):
                if len(line) >= LONGEST_LINE:
                    raise ConnectionError("a line without end")
                raise ConnectionError(
                    "it hung up in the middle of a reply" if line else "it hung up"
                )
            codes.add(line[:3])
            lines.append(line[4:].strip())
            if line[3:4] != b"-":
                break
        else:
            raise ConnectionError("a reply without end")
        (code,) = codes if len(codes) == 1 else (b"",)
        return int(code) if code.isdigit() else -1, b"\n".join(lines)

    def lost(self, words: str, *, reply: Reply | None = None) -> Lost:
        """Close the line and return what to raise."""
        self.close()
        return Lost(words, reply=reply)

    def leave(self) -> None:
        """Say goodbye if possible; whatever happens changes no outcome."""
        if self.alive:
            self.wait(self.timeouts.farewell)
            with contextlib.suppress(OSError):
                self.docmd("QUIT")
        self.close()

    def cut(self) -> None:
        """End the line from another thread; whoever waits on it hears that it is over."""
        if (line := self.sock) is not None:
            with contextlib.suppress(OSError):
                # Not TLS's own shutdown, which waits for the server.
                socket.socket.shutdown(line, socket.SHUT_RDWR)

    def wait(self, seconds: float) -> None:
        """Set how long to wait for the server from now on."""
        if self.sock is not None and self.sock.gettimeout() != seconds:
            self.sock.settimeout(seconds)


def _acknowledge_at_once(line: socket.socket) -> None:
    """Keep a server's second write from waiting for our acknowledgement (Linux)."""
    if hasattr(socket, "TCP_QUICKACK"):
        line.setsockopt(socket.IPPROTO_TCP, socket.TCP_QUICKACK, 1)


def _require_loopback(line: socket.socket) -> None:
    """Refuse an open line to another machine, before a word is said on it."""
    peer = line.getpeername()[0]
    if not ipaddress.ip_address(peer).is_loopback:
        raise InsecureError(peer)


def _literal(address: str) -> str:
    """Return an address of ours as EHLO wants it (RFC 5321 section 4.1.3)."""
    return f"[IPv6:{address}]" if ":" in address else f"[{address}]"


def _xtext(text: str) -> str:
    """Return `text` as a parameter of MAIL FROM may hold it (RFC 3461 section 4)."""
    quoted = _NOT_XTEXT.sub(_hexadecimal, text)[:_LONGEST_ENVID]
    return re.sub(r"\+.?\Z", "", quoted)  # cut off in the middle of an octet


def _hexadecimal(match: re.Match[str]) -> str:
    return "".join(f"+{octet:02X}" for octet in match[0].encode())
