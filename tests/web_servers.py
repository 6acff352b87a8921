"""A real web server on loopback that answers as a test tells it to."""

from __future__ import annotations

import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any  # what socketserver calls a connection

TLS_HANDSHAKE = b"\x16"

Answer = Callable[[BaseHTTPRequestHandler], None]


class Site:
    """What is served, path by path, and what was asked for."""

    def __init__(self, port: int, scheme: str) -> None:
        self.port = port
        self.url = f"{scheme}://127.0.0.1:{port}"
        self.answers: dict[str, Answer] = {}
        self.requests: list[tuple[str, dict[str, str]]] = []

    def put(self, path: str, content: bytes, **headers: str) -> str:
        """Serve `content` at `path`; header names with _ for -."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}

        def answer(request: BaseHTTPRequestHandler) -> None:
            reply(request, 200, content, named)

        self.answers[path] = answer
        return self.url + path

    def redirect(self, path: str, to: str) -> str:
        """Lead from `path` to the address `to`."""
        self.answers[path] = lambda request: reply(
            request, 302, b"moved", {"Location": to}
        )
        return self.url + path


def reply(
    request: BaseHTTPRequestHandler,
    status: int,
    content: bytes = b"",
    headers: dict[str, str] | None = None,
) -> None:
    """Answer with a whole response."""
    request.send_response(status)
    for name, value in (headers or {}).items():
        request.send_header(name, value)
    request.send_header("Content-Length", str(len(content)))
    request.end_headers()
    try:
        request.wfile.write(content)
    except (BrokenPipeError, ConnectionResetError):  # the client had enough
        request.close_connection = True


@contextmanager
def serving(
    tls: ssl.SSLContext | None = None, *, host: str = "127.0.0.1"
) -> Iterator[Site]:
    """Serve on a free port until the block ends; with `tls`, both ways on it."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            site.requests.append((self.path, dict(self.headers)))
            answer = site.answers.get(self.path)
            if answer:
                answer(self)
            else:
                reply(self, 404)

        def log_message(self, *args: object) -> None:
            """Say nothing."""

    class Server(ThreadingHTTPServer):
        daemon_threads = True

        def handle_error(self, *args: object) -> None:
            """Say nothing: clients of these tests hang up on purpose."""

        def finish_request(self, request: Any, client_address: Any) -> None:
            if tls and request.recv(1, socket.MSG_PEEK) == TLS_HANDSHAKE:
                with tls.wrap_socket(request, server_side=True) as secured:
                    super().finish_request(secured, client_address)
            else:
                super().finish_request(request, client_address)

    server = Server((host, 0), Handler)
    site = Site(server.server_port, "https" if tls else "http")
    thread = threading.Thread(
        target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True
    )
    thread.start()
    try:
        yield site
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
