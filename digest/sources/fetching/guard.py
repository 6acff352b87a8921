"""The network underneath: connections only to where a source may go.

httpx2 takes no network backend, httpcore2 does; so the guard is an httpcore2
backend, and a small transport puts httpx2 on top of it. Both use only what the
two packages make public.
"""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterable, Iterator

import httpcore2
import httpx2

from digest.sources.documents import DocumentError
from digest.sources.public import is_public

PORTS = {"http": 80, "https": 443}

#: The numeric addresses of a host: `resolve`, or what a test puts in its place.
Resolver = Callable[[str, int], Iterable[str]]


def resolve(host: str, port: int) -> list[str]:
    """Return the numeric addresses of `host`, in the system's order of preference."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(address[0]) for *_, address in found))


class GuardedBackend(httpcore2.NetworkBackend):
    """Opens connections only to public addresses, or to the one host allowed."""

    def __init__(self, resolver: Resolver, allowed: tuple[str, int] | None) -> None:
        self._resolver = resolver
        self._allowed = allowed
        self._backend = httpcore2.SyncBackend()
        self._sockets: list[socket.socket] = []
        self._lock = threading.Lock()
        self.aborted = False

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[httpcore2.SOCKET_OPTION] | None = None,
    ) -> httpcore2.NetworkStream:
        """Resolve, check, and dial what was checked, the first that answers."""
        failure: Exception | None = None
        for address in self._checked(host, port):
            try:
                stream = self._backend.connect_tcp(
                    address, port, timeout, local_address, socket_options
                )
            except (httpcore2.ConnectError, httpcore2.ConnectTimeout) as error:
                failure = error
                continue
            self._watch(stream)
            return stream
        raise failure or httpcore2.ConnectError(f"{host} has no address")

    def _checked(self, host: str, port: int) -> list[str]:
        allowed = (host.lower(), port) == self._allowed
        if port not in PORTS.values() and not allowed:
            raise DocumentError(
                f"{host}:{port} was not fetched: port {port} is neither 80 nor 443. "
                "If this server is yours, set `allow_private: true` on its source"
            )
        try:
            addresses = list(self._resolver(host, port))
        except (OSError, UnicodeError) as error:
            raise DocumentError(
                f"{host} is not known: its name has no address (DNS); "
                "check the spelling and the network"
            ) from error
        for address in addresses:
            if not allowed and not is_public(address):
                raise DocumentError(
                    f"{host} was not fetched: it leads to {address}, which is not a "
                    "public address. If this server is yours, set "
                    "`allow_private: true` on its source"
                )
        return addresses

    def _watch(self, stream: httpcore2.NetworkStream) -> None:
        # TLS takes the socket over; a second handle to it stays ours.
        with self._lock:
            self._sockets.append(stream.get_extra_info("socket").dup())
        if self.aborted:
            self.abort()

    def abort(self) -> None:
        """End every connection now, whatever it is waiting for."""
        self.aborted = True
        with self._lock:
            for one in self._sockets:
                try:
                    one.shutdown(socket.SHUT_RDWR)
                except OSError:  # already over
                    continue

    def close(self) -> None:
        """Give back the handles kept for `abort`."""
        with self._lock:
            for one in self._sockets:
                one.close()
            self._sockets.clear()


class _Body(httpx2.SyncByteStream):
    """httpcore2's body as httpx2 wants it."""

    def __init__(self, response: httpcore2.Response) -> None:
        self._response = response

    def __iter__(self) -> Iterator[bytes]:
        yield from self._response.iter_stream()

    def close(self) -> None:
        self._response.close()


class Transport(httpx2.BaseTransport):
    """httpx2 on a pool of ours: its own transport takes no network backend."""

    def __init__(self, pool: httpcore2.ConnectionPool) -> None:
        self._pool = pool

    def handle_request(self, request: httpx2.Request) -> httpx2.Response:
        """Send one request; what goes wrong is raised as httpcore2 says it."""
        url = request.url
        response = self._pool.handle_request(
            httpcore2.Request(
                request.method,
                httpcore2.URL(
                    scheme=url.raw_scheme,
                    host=url.raw_host,
                    port=url.port,
                    target=url.raw_path,
                ),
                headers=request.headers.raw,
                extensions=request.extensions,
            )
        )
        return httpx2.Response(
            response.status,
            headers=response.headers,
            stream=_Body(response),
            extensions=response.extensions,
        )

    def close(self) -> None:
        """Close what is still open."""
        self._pool.close()
