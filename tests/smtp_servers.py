"""SMTP servers for tests: one that follows a script, and a real one with TLS."""

from __future__ import annotations

import base64
import re
import socket
import ssl
import struct
import threading
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from typing import BinaryIO, Self

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, LoginPassword
from aiosmtpd.smtp import Envelope as Received
from aiosmtpd.smtp import Session as Peers

from digest.settings import Security, SmtpDelivery

HOST = "127.0.0.1"


def loopback(port: int, *, connections: int = 1) -> SmtpDelivery:
    return SmtpDelivery(
        host=HOST, port=port, security=Security.NONE, connections=connections
    )


DROP, RESET, SILENCE = "drop", "reset", "silence"
Play = Callable[[str], str | None]  #: what to do at a step; None: as servers do


class Over(Exception):
    """The scripted server has hung up."""


def play(**steps: str | tuple[str, ...]) -> Play:
    """Return a play that does these things at the first times each step comes."""
    left = {
        step: [actions] if isinstance(actions, str) else list(actions)
        for step, actions in steps.items()
    }
    return lambda step: left[step].pop(0) if left.get(step) else None


class Scripted:
    """Plays one script per connection, then behaves; keeps the truth."""

    offers = ""  #: to every client, beside the features of one server

    def __init__(
        self,
        *plays: Play,
        features: str = "SIZE 99999999",
        tls: ssl.SSLContext | None = None,
        starttls: tuple[ssl.SSLContext, str] | None = None,
    ) -> None:
        """Take what it offers; `starttls` has what it offers after that."""
        self.plays, self.features, self.tls = list(plays), features, tls
        self.starttls = starttls
        self.heard: list[str] = []
        self.accepted: Counter[str] = Counter()
        self.bodies: list[bytes] = []
        self.connections = 0
        self.for_nobody = "503 5.5.1 need RCPT"  #: to DATA; 354 is legal, too
        self.forgetful = False  #: takes a recipient after it refused the sender
        self.unfinished = 0  #: bytes of contents without an end
        self.strays = 0  #: bytes of content for nobody
        self.listener = socket.create_server((HOST, 0))
        self.settings = loopback(self.listener.getsockname()[1])
        self.thread = threading.Thread(target=self.serve)

    def __enter__(self) -> Self:
        self.thread.start()
        return self

    def __exit__(self, *error: object) -> None:
        self.listener.shutdown(socket.SHUT_RDWR)
        self.thread.join()
        self.listener.close()

    def serve(self) -> None:
        while True:
            try:
                line, _ = self.listener.accept()
            except OSError:
                return
            line.settimeout(5)
            self.connections += 1
            act = self.plays.pop(0) if self.plays else play()
            if self.tls is not None:
                line = self.tls.wrap_socket(line, server_side=True)
            with line, line.makefile("rb") as file, suppress(OSError, Over):
                self.converse(line, file, act)
                if self.starttls is not None:
                    self.under_tls(line, act, *self.starttls)

    def under_tls(
        self, line: socket.socket, act: Play, tls: ssl.SSLContext, features: str
    ) -> None:
        """Begin again, with other features."""
        self.features = features
        with (
            tls.wrap_socket(line, server_side=True) as safe,
            safe.makefile("rb") as file,
        ):
            self.commands(safe, file, act)

    def do(self, line: socket.socket, action: str) -> None:
        if action == SILENCE:
            while line.recv(65536):
                pass
        if action == RESET:
            linger = struct.pack("ii", 1, 0)
            line.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
        if action in (DROP, RESET, SILENCE):
            raise Over
        line.sendall(f"{action}\r\n".encode())
        if action.startswith("421"):
            raise Over

    def converse(self, line: socket.socket, file: BinaryIO, act: Play) -> None:
        self.do(line, act("greeting") or "220 scripted")
        self.commands(line, file, act)

    def commands(self, line: socket.socket, file: BinaryIO, act: Play) -> None:
        offered = "".join(f"250-{word}\r\n" for word in self.offers.split())
        usual = {
            "EHLO": f"250-scripted\r\n{offered}250 {self.features}",
            "QUIT": "221 bye",
        }
        recipient, refused = "", False
        while command := file.readline().decode("utf-8", "replace").strip():
            self.heard.append(command)
            verb = command.partition(" ")[0].upper()
            if verb == "DATA":
                self.data(line, file, act, recipient)
                recipient = ""
                continue
            answer = act(verb) or usual.get(verb, "250 ok")
            if verb == "STARTTLS" and self.starttls is not None:
                self.do(line, "220 go on")
                return
            if verb == "MAIL":
                refused = not answer.startswith("2") and not self.forgetful
            elif verb == "RCPT" and refused:
                answer = "503 5.5.1 need MAIL"
            if verb == "RCPT" and answer.startswith("2"):
                recipient = re.sub(".*<(.*)@.*", r"\1", command)
            self.do(line, answer)

    def data(
        self, line: socket.socket, file: BinaryIO, act: Play, recipient: str
    ) -> None:
        answer = (act("DATA") or "354 go on") if recipient else self.for_nobody
        self.do(line, answer)
        if not answer.startswith("354"):
            return
        if recipient and (action := act("body")):
            file.read(10)
            self.do(line, action)
            raise Over
        body = list[bytes]()
        while (text := file.readline()) != b".\r\n":
            if not text:
                raise Over
            body.append(text)
            self.unfinished += len(text)
        self.unfinished -= sum(map(len, body))
        if not recipient:
            self.strays += sum(map(len, body))
            self.do(line, "554 5.5.1 no valid recipients")
            return
        answer = act("dot") or "250 queued"
        if answer in (DROP, RESET, SILENCE) or answer.startswith("250"):
            self.accepted[recipient] += 1  # RFC 1047: kept, though unsaid
            self.bodies.append(b"".join(body))
        self.do(line, answer)


class Inbox:
    """aiosmtpd's hooks: refuses some, keeps the rest."""

    def __init__(self, token: str = "") -> None:
        self.messages: list[tuple[str, list[str], bytes]] = []
        self.token = token  #: that is good now; "": there is no login by token
        self.presented: list[str] = []
        if token:
            self.auth_XOAUTH2 = self.by_token  # aiosmtpd's name

    async def by_token(self, server: SMTP, args: list[str]) -> AuthResult:
        """Log in as Google and Microsoft do (XOAUTH2): why not comes as a challenge."""
        words = base64.b64decode(args[1]).decode()
        self.presented.append(words)
        if words == f"user=newsroom\x01auth=Bearer {self.token}\x01\x01":
            return AuthResult(success=True, auth_data="newsroom")
        answer = await server.challenge_auth('{"status":"401"}', encode_to_b64=True)
        assert answer == b""
        return AuthResult(success=False, handled=False)

    async def handle_RCPT(  # noqa: N802 aiosmtpd's name
        self,
        server: SMTP,
        session: Peers,
        envelope: Received,
        address: str,
        options: list[str],
    ) -> str:
        if address.startswith("gone"):
            return "550 5.1.1 no such mailbox"
        if address.startswith("later"):
            return "450 4.2.1 greylisted"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(  # noqa: N802 aiosmtpd's name
        self, server: SMTP, session: Peers, envelope: Received
    ) -> str:
        content = envelope.original_content or b""
        self.messages.append((envelope.mail_from or "", envelope.rcpt_tos, content))
        return "250 2.0.0 queued"


def authenticator(
    server: SMTP, session: Peers, envelope: Received, mechanism: str, auth: object
) -> AuthResult:
    right = LoginPassword(b"newsroom", b"open sesame")
    return AuthResult(success=auth == right, handled=False)


class RealServer:
    """aiosmtpd on a free port, with or without TLS."""

    def __init__(
        self, security: Security, tls: ssl.SSLContext | None = None, token: str = ""
    ) -> None:
        self.inbox = Inbox(token)
        with socket.create_server((HOST, 0)) as free:
            self.port: int = free.getsockname()[1]
        self.controller = Controller(
            self.inbox,
            hostname=HOST,
            port=self.port,
            server_hostname="localhost",
            ssl_context=tls if security is Security.TLS else None,
            tls_context=tls if security is Security.STARTTLS else None,
            enable_SMTPUTF8=security is Security.NONE,
            authenticator=authenticator,
            auth_required=security is Security.STARTTLS,
            auth_require_tls=security is Security.STARTTLS,
        )

    def __enter__(self) -> Self:
        self.controller.start()
        return self

    def __exit__(self, *error: object) -> None:
        self.controller.stop()
