"""An SMTP server that misbehaves at random, and keeps the truth.

It refuses, hangs up, resets, says 421, answers in odd portions, and sometimes accepts a
message and hangs up before it says so. `accepted` is what it truly took.
"""

from __future__ import annotations

import random
import re
import select
import socket
import struct
import threading
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from typing import BinaryIO, Self

from digest.settings import SmtpDelivery
from tests.smtp_servers import HOST, loopback

KEY = b"X-Delivery: "


class Gone(Exception):
    """The server has hung up on this client."""


class FaultyServer:
    """Serves any number of clients at once, each in a thread."""

    def __init__(
        self,
        seed: int,
        *,
        pipelining: bool,
        faults: float = 0.06,
        may_leave: Callable[[str], bool] = lambda _: True,
    ) -> None:
        """Take how often a step fails, and who says whether a content may end."""
        self.seed, self.pipelining, self.faults = seed, pipelining, faults
        self.may_leave = may_leave
        self.lock = threading.Lock()
        self.accepted: Counter[str] = Counter()
        self.acted: Counter[str] = Counter()  #: faults
        self.violations: list[str] = []  #: of the protocol, by the client
        self.lost = 0  #: connections
        self.connections = 0
        self.listener = socket.create_server((HOST, 0), backlog=64)
        self.port = self.listener.getsockname()[1]

    def settings(self, connections: int) -> SmtpDelivery:
        return loopback(self.port, connections=connections)

    def __enter__(self) -> Self:
        threading.Thread(target=self.serve, daemon=True).start()
        return self

    def __exit__(self, *error: object) -> None:
        with suppress(OSError):
            self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()

    def serve(self) -> None:
        while True:
            try:
                line, _ = self.listener.accept()
            except OSError:
                return
            self.connections += 1
            client = Client(
                self, line, random.Random(f"{self.seed}/{self.connections}")
            )
            threading.Thread(target=client.run, daemon=True).start()


class Client:
    """One connection of a faulty server."""

    def __init__(
        self, server: FaultyServer, line: socket.socket, dice: random.Random
    ) -> None:
        self.server, self.line, self.dice = server, line, dice
        self.unsaid = b""
        line.settimeout(10)
        line.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.sender = self.recipient = ""

    def run(self) -> None:
        with self.line, self.line.makefile("rb") as file, suppress(OSError, Gone):
            self.converse(file)

    # -- saying ---------------------------------------------------------------

    def say(self, *lines: str) -> None:
        if self.dice.random() < 0.1:
            lines = (f"{lines[0][:3]}-a preamble", *lines)
        self.unsaid += "".join(f"{text}\r\n" for text in lines).encode()
        if not self.server.pipelining or self.dice.random() < 0.5:
            self.flush()

    def flush(self) -> None:
        out, self.unsaid = self.unsaid, b""
        while out:
            portion = self.dice.choice([1, 7, len(out), len(out), len(out)])
            self.line.sendall(out[:portion])
            out = out[portion:]

    def die(self, how: str) -> None:
        with self.server.lock:
            self.server.acted[how] += 1
            self.server.lost += 1
        if how != "reset" or self.dice.random() < 0.5:
            self.flush()
        if how == "reset":
            linger = struct.pack("ii", 1, 0)
            self.line.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
        raise Gone

    def fails(self, step: str, *, ways: str) -> bool:
        """Act out a failure now and then; return whether the step has its answer."""
        if self.dice.random() > self.server.faults:
            return False
        way = self.dice.choice(ways.split())
        if way == "421":
            self.say("421 4.3.2 closing")
        if way in ("421", "drop", "reset"):
            self.die(way)
        with self.server.lock:
            self.server.acted[way] += 1
        self.say(f"{'451 4.3.0' if way == 'soft' else '550 5.1.1'} {step}")
        return True

    # -- hearing --------------------------------------------------------------

    def converse(self, file: BinaryIO) -> None:
        self.say("220 faulty")
        self.flush()
        while True:
            # Answers may be kept back only while more commands are on their way.
            if self.unsaid and not select.select([self.line], [], [], 0)[0]:
                self.flush()
            command = file.readline().decode()
            if not command:
                return
            self.answer(command, command[:4].upper(), file)

    def answer(self, command: str, verb: str, file: BinaryIO) -> None:
        match verb:
            case "EHLO":
                offered = ["250-PIPELINING"] if self.server.pipelining else []
                self.say("250-faulty", *offered, "250 SIZE 9999999")
                self.flush()
            case "QUIT":
                self.say("221 bye")
                self.flush()
                raise Gone
            case "RSET":
                self.sender = self.recipient = ""
                self.say("250 ok")
            case "MAIL":
                self.mail(command)
            case "RCPT" if not self.sender:
                self.say("503 5.5.1 need MAIL")
            case "RCPT":
                if not self.fails("RCPT", ways="soft hard 421 drop reset"):
                    self.recipient = re.sub(r".*<(.*)@.*\s*", r"\1", command)
                    self.say("250 ok")
            case "DATA":
                self.data(file)
            case _:
                self.violation(command[:40])
                self.say("500 5.5.1 what?")

    def mail(self, command: str) -> None:
        if self.sender:
            self.violation("nested MAIL")
            self.say("503 5.5.1 nested MAIL")
        elif not self.fails("MAIL", ways="soft 421 drop reset"):
            self.sender = command
            self.say("250 ok")

    def violation(self, what: str) -> None:
        with self.server.lock:
            self.server.violations.append(what)

    def data(self, file: BinaryIO) -> None:
        nobody = not self.recipient
        if nobody and self.dice.random() < 0.5:
            self.say("503 5.5.1 need RCPT")
            return
        if self.fails("DATA", ways="soft hard 421 drop reset"):
            return
        self.say("354 go on")
        self.flush()
        broken = self.dice.random() < self.server.faults
        cut = self.dice.randrange(1, 120) if broken else 0
        key, number = "", 0
        while (text := file.readline()) != b".\r\n":
            if not text:
                raise Gone
            number += 1
            if text.startswith(KEY):
                key = text.removeprefix(KEY).decode().strip()
            if number == cut:
                self.die(self.dice.choice(["drop", "reset"]))
        self.end(key, nobody=nobody)
        self.sender = self.recipient = ""

    def end(self, key: str, *, nobody: bool) -> None:
        if nobody:
            if key:
                self.violation("a content for nobody")
            self.say("554 5.5.1 no valid recipients")
            return
        if not self.server.may_leave(key):
            self.violation(f"{key} came without a word before")
        if key != self.recipient:
            self.violation(f"the content of {key} for {self.recipient}")
        if self.dice.random() < self.server.faults / 3:  # RFC 1047
            self.accept(key)
            self.die(self.dice.choice(["drop", "reset"]))
        if not self.fails("content", ways="soft hard 421 drop reset"):
            self.accept(key)
            self.say("250 2.0.0 queued")

    def accept(self, key: str) -> None:
        with self.server.lock:
            self.server.accepted[key] += 1
