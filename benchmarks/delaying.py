"""A TCP proxy that makes the way to a server longer: each octet arrives later.

It stands in for a network with a round trip of so many milliseconds. It delays and
does not drop or limit; opening a connection to it takes no time.
"""

from __future__ import annotations

import socket
import threading
import time
from contextlib import suppress
from queue import SimpleQueue
from typing import Self

from digest.postbox import LOOPBACK

_PORTION = 256 * 1024


class Delaying:
    """The proxy; `with Delaying(port, seconds) as way` starts it, `way.port` is its own."""

    def __init__(self, port: int, seconds: float) -> None:
        """Take the server's port, and how long a round trip is to be."""
        self._server, self._one_way = port, seconds / 2
        self._listener = socket.create_server((LOOPBACK, 0))
        self.port: int = self._listener.getsockname()[1]

    def __enter__(self) -> Self:
        threading.Thread(target=self._serve, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()

    def _serve(self) -> None:
        while True:
            try:
                near, _ = self._listener.accept()
            except OSError:
                return
            far = socket.create_connection((LOOPBACK, self._server))
            for line in (near, far):
                line.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            for one, other in ((near, far), (far, near)):
                self._carry(one, other)

    def _carry(self, one: socket.socket, other: socket.socket) -> None:
        """Carry what comes from one to the other, later, in two threads."""
        under_way: SimpleQueue[tuple[float, bytes]] = SimpleQueue()

        def hear() -> None:
            octets = b"x"
            while octets:
                try:
                    octets = one.recv(_PORTION)
                except OSError:
                    octets = b""
                under_way.put((time.monotonic() + self._one_way, octets))

        def say() -> None:
            with suppress(OSError):
                while True:
                    due, octets = under_way.get()
                    time.sleep(max(0.0, due - time.monotonic()))
                    if not octets:
                        break
                    other.sendall(octets)
            with suppress(OSError):
                other.shutdown(socket.SHUT_WR)

        for work in (hear, say):
            threading.Thread(target=work, daemon=True).start()
