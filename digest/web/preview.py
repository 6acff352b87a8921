"""The local preview: the pages `build` writes, made afresh whenever one looks.

Plain for now: the contact sheet with every reader's digest, each to be opened as
HTML, as text, or as the message itself. What is shown is what would be sent: the
same plan, rendering and serialiser. Only this machine can ask, and only by its own
name (against DNS rebinding); what a mail contains can run nothing.
"""

from __future__ import annotations

import socket
from collections.abc import Callable, Collection
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Lock

import uvicorn
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.requests import Request
from starlette.responses import FileResponse, PlainTextResponse, Response
from starlette.routing import Route

from digest.errors import BusyError, DigestError
from digest.model import Newsletter
from digest.newsroom import Newsroom

LOOPBACK = "127.0.0.1"

#: A mail may show this project's pictures and nothing else: no script, no network.
HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'unsafe-inline'; img-src 'self'; "
        "frame-src 'self'; base-uri 'none'; form-action 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
}

#: By suffix; a message is shown as the text it is rather than downloaded.
KINDS = {
    ".html": "text/html; charset=utf-8",
    ".txt": "text/plain; charset=utf-8",
    ".eml": "text/plain; charset=utf-8",
}


class Preview:
    """Builds one newsletter's pages into a folder and answers requests for them."""

    def __init__(
        self,
        newsroom: Newsroom,
        newsletter: Newsletter,
        folder: Path,
        *,
        issue_id: str = "",
        only: Collection[str] = (),
    ) -> None:
        """Take what is shown and where its pages may be written."""
        self.newsroom, self.newsletter, self.folder = newsroom, newsletter, folder
        self.issue_id, self.only = issue_id, only
        self.building = Lock()

    def app(self) -> Starlette:
        """Return the application; every path but `/` is a file of the build."""
        return Starlette(
            routes=[Route("/", self.sheet), Route("/{name:path}", self.file)],
            middleware=[
                Middleware(TrustedHostMiddleware, allowed_hosts=[LOOPBACK, "localhost"])
            ],
        )

    def sheet(self, _: Request) -> Response:
        """Build afresh and show the contact sheet, or say what is wrong."""
        with self.building:
            try:
                self.newsroom.refresh_subscribers()
                issues = self.newsroom.issues
                issue = issues.find(self.newsletter, self.issue_id)
                plan = issues.plan(issue, self.newsletter)
                built = self.newsroom.build(plan, self.folder, only=self.only)
            except DigestError as error:
                return PlainTextResponse(str(error), 500, headers=HEADERS)
        return FileResponse(built.index, headers=HEADERS, media_type=KINDS[".html"])

    def file(self, request: Request) -> Response:
        """Show one file of the build; nothing outside its folder."""
        path = (self.folder / request.path_params["name"]).resolve()
        hidden = any(part.startswith(".") for part in path.parts[-2:])
        inside = path.is_relative_to(self.folder.resolve())
        if hidden or not inside or not path.is_file():
            return PlainTextResponse("There is no such page.", 404, headers=HEADERS)
        return FileResponse(path, headers=HEADERS, media_type=KINDS.get(path.suffix))


def serve(
    newsroom: Newsroom,
    newsletter: Newsletter,
    *,
    port: int,
    issue_id: str = "",
    only: Collection[str] = (),
    on_ready: Callable[[str], None],
) -> None:
    """Answer on this machine until Ctrl-C; `on_ready` gets the address.

    Raises `BusyError` when the port is taken.
    """
    try:
        listening = socket.create_server((LOOPBACK, port))
    except OSError as error:
        raise BusyError(
            f"port {port} is taken on this machine; choose another with --port"
        ) from error
    with listening, TemporaryDirectory(prefix="digest-preview-") as folder:
        preview = Preview(
            newsroom, newsletter, Path(folder) / "out", issue_id=issue_id, only=only
        )
        config = uvicorn.Config(preview.app(), log_level="warning", lifespan="off")
        on_ready(f"http://{LOOPBACK}:{listening.getsockname()[1]}/")
        uvicorn.Server(config).run(sockets=[listening])
