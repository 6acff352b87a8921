"""Who may ask the studio, and what a browser may do with its answers.

Only this machine can ask, and only by its own name: a page of the web whose name was
pointed at 127.0.0.1 (DNS rebinding) is turned away. Where the operator lets others ask,
they need what was printed on the operator's terminal: a token that opens the door once,
for one browser. What changes anything is a POST that sends back a second token.
"""

from __future__ import annotations

import secrets
from collections.abc import Awaitable, Callable, Collection, MutableMapping
from hmac import compare_digest
from typing import Any  # ASGI's messages are dictionaries of anything
from urllib.parse import parse_qs

from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import Request
from starlette.responses import PlainTextResponse, RedirectResponse, Response

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Message, Receive, Send], Awaitable[None]]

#: Of our own pages: our script and style, frames of ours, no other place at all.
PAGE_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; "
    "connect-src 'self'; frame-src 'self'; form-action 'self'; base-uri 'none'; "
    "frame-ancestors 'none'"
)
#: Of a mail: its styles and this project's pictures; it runs nothing and asks nobody.
MAIL_POLICY = (
    "default-src 'none'; style-src 'unsafe-inline'; img-src 'self'; base-uri 'none'; "
    "form-action 'none'; frame-ancestors 'self'; sandbox"
)
HEADERS = {
    "Content-Security-Policy": PAGE_POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
    "Cross-Origin-Opener-Policy": "same-origin",
}
LARGEST_FORM = 16_384  #: octets


class Guard:
    """Stands before the application."""

    def __init__(
        self, app: App, *, hosts: Collection[str], locked: bool, home: str = "/"
    ) -> None:
        """Answer only who calls us by one of `hosts`; `locked`: and has the token.

        With "*" among them, the name does not count: then it must be locked. `home` is
        the page that the token opens.
        """
        assert locked or "*" not in hosts
        self._app, self._hosts, self._home = app, frozenset(hosts), home
        # Cookies know no ports: a second studio on this machine needs another.
        self._cookie = f"studio-{secrets.token_hex(4)}"
        self._pass = secrets.token_urlsafe(24) if locked else ""
        #: What opens the door, once; "" when there is none, or it was used.
        self.token = secrets.token_urlsafe(16) if locked else ""

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        """Turn away who may not ask; give every answer its headers."""

        async def with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in HEADERS.items():
                    headers.setdefault(name, value)
            await send(message)

        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        answer = self._turned_away(Request(scope))
        await (answer or self._app)(scope, receive, with_headers)

    def _turned_away(self, request: Request) -> Response | None:
        if "*" not in self._hosts and _name_of(request.headers) not in self._hosts:
            words = (
                "The studio answers to its own name alone: use the address that "
                "`digest preview` printed."
            )
            return PlainTextResponse(words, 400)
        if not self._pass:
            return None
        if compare_digest(
            request.cookies.get(self._cookie, "").encode(), self._pass.encode()
        ):
            return None
        given = request.query_params.get("token", "")
        if self.token and compare_digest(given.encode(), self.token.encode()):
            self.token = ""
            answer = RedirectResponse(self._home, 303)
            answer.set_cookie(
                self._cookie, self._pass, httponly=True, samesite="strict"
            )
            return answer
        words = (
            "This studio is for who started it. Open the address that `digest preview` "
            "printed; it works once. For another browser, start the preview again."
        )
        return PlainTextResponse(words, 403)


def _name_of(headers: Headers) -> str:
    """Return the host a request was made to, without its port."""
    host = headers.get("host", "")
    name, colon, port = host.rpartition(":")
    return name if colon and port.isdecimal() else host


async def posted(request: Request, *, token: str) -> dict[str, str] | None:
    """Return a form's fields; None: it did not come from one of our pages."""
    origin = request.headers.get("origin", "")
    if origin and origin.partition("://")[2] != request.headers.get("host", ""):
        return None
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > LARGEST_FORM:
            return None
    fields = {
        name: values[0]
        for name, values in parse_qs(body.decode("utf-8", "replace")).items()
    }
    ours = compare_digest(fields.get("token", "").encode(), token.encode())
    return fields if ours else None
