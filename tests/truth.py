"""An SMTP server that misbehaves by chance, and keeps the truth of what it took.

It may refuse for now or for good at every step, hang up before or after the final dot,
take its time, or answer nonsense. What it says is one thing; what it really accepted
is in `accepted`, and that is what a journal is compared with.
"""

from __future__ import annotations

import random
import re
import socket
import threading
import time
from collections import Counter
from collections.abc import Mapping
from contextlib import suppress
from typing import BinaryIO, Self

HOST = "127.0.0.1"

#: What may happen, by the step at which it does, and how often in a thousand.
QUIET: Mapping[str, int] = {}
ROUGH: Mapping[str, int] = {
    "MAIL 450": 5, "MAIL 421": 5, "MAIL drop": 5,
    "RCPT 450": 10, "RCPT 550": 10, "RCPT drop": 5,
    "DATA 450": 5, "DATA 421": 5, "DATA drop": 5, "DATA nonsense": 3,
    "body drop": 10,
    "dot 450": 10, "dot 550": 5, "dot 421": 5, "dot drop": 8, "dot took+drop": 8,
    "dot took+nonsense": 3, "dot took+slow": 20,
}  # fmt: skip

WORDS = {
    "450": "450 4.2.0 greylisted",
    "550": "550 5.1.1 no such mailbox",
    "421": "421 4.3.2 going down",
    "nonsense": "what was the question",
}

_MESSAGE_ID = re.compile(
    rb"^Message-ID: *(?:\r\n )?(<[^>]+>)", re.IGNORECASE | re.MULTILINE
)


class Over(Exception):
    """The server has hung up."""


class TruthServer:
    """A thread for each connection; `faults` may be changed while it runs."""

    def __init__(
        self, *, seed: int, faults: Mapping[str, int] = QUIET, pipelining: bool = True
    ) -> None:
        """Listen on a free port of this machine."""
        self.faults, self.chance = faults, random.Random(seed)
        self.features = "PIPELINING" if pipelining else "SIZE"
        self.accepted: Counter[str] = Counter()  #: by Message-ID
        self.after_the_dot = 0  #: answers that nobody got, although all had arrived
        self.lock = threading.Lock()
        self.progress = threading.Condition(self.lock)
        self.listener = socket.create_server((HOST, 0), backlog=100)
        self.port: int = self.listener.getsockname()[1]
        self.thread = threading.Thread(target=self.serve, daemon=True)

    def __enter__(self) -> Self:
        self.thread.start()
        return self

    def __exit__(self, *error: object) -> None:
        with suppress(OSError):
            self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()
        self.thread.join()

    def serve(self) -> None:
        while True:
            try:
                line, _ = self.listener.accept()
            except OSError:
                return
            threading.Thread(target=self.converse, args=[line], daemon=True).start()

    def converse(self, line: socket.socket) -> None:
        line.settimeout(60)
        with line, line.makefile("rb") as file, suppress(OSError, Over):
            self.say(line, "220 truth")
            while command := file.readline():
                verb = command.split(None, 1)[0].decode("ascii", "replace").upper()
                if verb == "EHLO":
                    self.say(line, f"250-truth\r\n250 {self.features}")
                elif verb == "QUIT":
                    self.say(line, "221 bye")
                    return
                elif verb == "DATA":
                    self.data(line, file)
                else:
                    self.answer(line, self.fault(verb), "250 ok")

    def data(self, line: socket.socket, file: BinaryIO) -> None:
        fault = self.fault("DATA")
        self.answer(line, fault, "354 go on")
        if fault:
            return
        if self.fault("body"):
            file.read(10)
            raise Over
        lines = []
        while (text := file.readline()) != b".\r\n":
            if not text:
                raise Over  # it ended in the middle: nothing was accepted
            lines.append(text)
        body = b"".join(lines)
        if not body:  # how a client leaves a transaction whose recipient was refused
            self.say(line, "554 5.5.1 no valid recipients")
            return
        fault = self.fault("dot")
        took, _, then = fault.rpartition("+")
        if took or not fault:
            self.take(body)
        if then == "drop" or (took and then == "nonsense"):
            with self.lock:
                self.after_the_dot += 1
        if then == "slow":
            time.sleep(0.05)
            then = ""
        self.answer(line, then, "250 2.0.0 Ok: queued")

    def take(self, body: bytes) -> None:
        found = _MESSAGE_ID.search(body)
        assert found, body[:500]
        with self.progress:
            self.accepted[found[1].decode()] += 1
            self.progress.notify_all()

    def wait_for(self, number: int, *, seconds: float = 60) -> bool:
        """Wait until so many messages were accepted; return whether they were."""
        with self.progress:
            return self.progress.wait_for(
                lambda: self.accepted.total() >= number, timeout=seconds
            )

    def fault(self, step: str) -> str:
        """Return what goes wrong at this step, mostly nothing."""
        with self.lock:
            for name, share in self.faults.items():
                at, _, what = name.partition(" ")
                if at == step and self.chance.random() * 1000 < share:
                    return what
        return ""

    def answer(self, line: socket.socket, fault: str, usual: str) -> None:
        if fault == "drop":
            raise Over
        self.say(line, WORDS.get(fault, usual))
        if fault == "421":
            raise Over

    def say(self, line: socket.socket, words: str) -> None:
        line.sendall(f"{words}\r\n".encode())
