"""A server of ours: where it listens, and how it ends."""

from __future__ import annotations

import errno
import signal
import socket
from collections.abc import Iterator
from contextlib import contextmanager

from digest.errors import BusyError, TransportError

LOOPBACK = "127.0.0.1"


def listening_on(port: int, host: str = LOOPBACK) -> socket.socket:
    """Return a socket that listens there; say why not, otherwise."""
    where = "on this machine" if host == LOOPBACK else f"at {host}"
    try:
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        return socket.create_server((host, port), family=family)
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            raise BusyError(
                f"port {port} is taken {where}, perhaps by another digest; end "
                "that one, or choose another port with --port"
            ) from error
        raise TransportError(
            f"port {port} cannot be used {where} ({error.strerror}); choose "
            "another with --port, above 1023"
            + ("" if host == LOOPBACK else ", or an address of this machine for --host")
        ) from error


@contextmanager
def ended_by_signals() -> Iterator[None]:
    """Make Ctrl-C and SIGTERM the ordinary end of a server.

    uvicorn stops at them, and then raises them again for whoever listened before.
    """
    signals = (signal.SIGINT, signal.SIGTERM)
    before = {number: signal.signal(number, lambda *_: None) for number in signals}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
