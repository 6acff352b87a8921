"""A real name server on loopback, over UDP and TCP, that answers as a test tells it to."""

from __future__ import annotations

import socket
import struct
import threading
from contextlib import suppress
from typing import Self

import dns.flags
import dns.message
import dns.rcode
import dns.rdatatype
import dns.resolver
import dns.rrset

HOST = "127.0.0.1"
_SHORT = (
    400  #: octets; more is asked for again over TCP, as a key is (others cut at 512)
)


def room(query: bytes) -> int:
    """Return how long an answer whoever asks can take over UDP (RFC 6891)."""
    asked = dns.message.from_wire(query)
    return asked.payload if asked.edns >= 0 else _SHORT


class NameServer:
    """Serves `records`: lists of texts, as zone files have them, by name and kind."""

    def __init__(self) -> None:
        self.records: dict[tuple[str, str], list[str]] = {}
        self.failing: set[str] = set()  #: names that are answered SERVFAIL
        self.over_tcp: list[str] = []  #: names that were asked for this way
        self.udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.udp.bind((HOST, 0))
        self.port: int = self.udp.getsockname()[1]
        self.tcp = socket.create_server((HOST, self.port))
        self.threads = [
            threading.Thread(target=serve) for serve in (self.serve_udp, self.serve_tcp)
        ]

    def __enter__(self) -> Self:
        for thread in self.threads:
            thread.start()
        return self

    def __exit__(self, *error: object) -> None:
        self.tcp.shutdown(socket.SHUT_RDWR)
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as last:
            last.sendto(b"", (HOST, self.port))
        for thread in self.threads:
            thread.join()
        self.udp.close()
        self.tcp.close()

    @property
    def resolver(self) -> dns.resolver.Resolver:
        """Return what asks this server alone."""
        made = dns.resolver.Resolver(configure=False)
        made.nameservers, made.port = [HOST], self.port
        return made

    def serve_udp(self) -> None:
        while True:
            wire, peer = self.udp.recvfrom(4096)
            if not wire:
                return
            answer = self.answer(wire)
            whole = answer.to_wire()
            if len(whole) > room(wire):
                answer.answer.clear()
                answer.flags |= dns.flags.TC
                whole = answer.to_wire()
            self.udp.sendto(whole, peer)

    def serve_tcp(self) -> None:
        while True:
            try:
                line, _ = self.tcp.accept()
            except OSError:
                return
            line.settimeout(1)  # rspamd opens one and says nothing
            with line, line.makefile("rb") as file, suppress(OSError):
                while length := file.read(2):
                    answer = self.answer(file.read(*struct.unpack("!H", length)))
                    self.over_tcp.append(answer.question[0].name.to_text())
                    whole = answer.to_wire()
                    line.sendall(struct.pack("!H", len(whole)) + whole)

    def answer(self, wire: bytes) -> dns.message.Message:
        query = dns.message.from_wire(wire)
        answer = dns.message.make_response(query)
        (question,) = query.question
        name = question.name.to_text(omit_final_dot=True)
        kind = dns.rdatatype.to_text(question.rdtype)
        if name in self.failing:
            answer.set_rcode(dns.rcode.SERVFAIL)
        elif found := self.records.get((name, kind)):
            answer.answer.append(
                dns.rrset.from_text(question.name, 60, "IN", kind, *found)
            )
        elif not any(name == known for known, _ in self.records):
            answer.set_rcode(dns.rcode.NXDOMAIN)
        return answer
