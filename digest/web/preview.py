"""The local preview: the pages `build` writes, made afresh with the first of them.

Plain for now: the contact sheet with every reader's digest, each to be opened as
HTML, as text, or as the message itself. What is shown is what would be sent: the
same plan, rendering and serialiser. Only this machine can ask, and only by its own
name (against DNS rebinding); what a mail contains can run nothing.
"""

from __future__ import annotations

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

from digest.errors import DigestError
from digest.linting import notes
from digest.model import Newsletter
from digest.newsroom import Newsroom
from digest.web.serving import LOOPBACK, ended_by_signals, listening_on

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
                made = self.newsroom.assembler(plan.issue)
                looked = self.newsroom.lint(plan.issue, only=self.only, made=made)
                built = self.newsroom.build(
                    plan, self.folder, only=self.only, made=made, notes=notes(looked)
                )
            except DigestError as error:
                return trouble(f"{error}\n\nCorrect it and reload this page.")
            except Exception as error:  # noqa: BLE001 a fault of ours gets words, too
                return trouble(f"this should not have happened: {error!r}")
        return FileResponse(built.index, headers=HEADERS, media_type=KINDS[".html"])

    def file(self, request: Request) -> Response:
        """Show one file of the build; nothing outside its folder."""
        path = self.found(request.path_params["name"])
        if path is None:
            words = "There is no such page. Go back to the first one and reload it."
            return PlainTextResponse(words, 404, headers=HEADERS)
        return FileResponse(path, headers=HEADERS, media_type=KINDS.get(path.suffix))

    def found(self, name: str) -> Path | None:
        """Return the file of that name, if the build wrote it."""
        try:
            path = (self.folder / name).resolve(strict=True)
        except (OSError, ValueError):  # not there, too long, or no name at all
            return None
        inside = path.is_relative_to(self.folder.resolve())
        hidden = any(part.startswith(".") for part in path.parts[-2:])
        return path if inside and path.is_file() and not hidden else None


def trouble(what: str) -> Response:
    """Return what is shown instead of a page that cannot be made."""
    words = f"This cannot be shown:\n\n{what}\n"
    return PlainTextResponse(words, 500, headers=HEADERS)


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

    Raises `BusyError` when the port is taken, `TransportError` when it is not for us.
    """
    with listening_on(port) as listening, TemporaryDirectory("-digest") as folder:
        preview = Preview(
            newsroom, newsletter, Path(folder) / "out", issue_id=issue_id, only=only
        )
        config = uvicorn.Config(
            preview.app(),
            log_level="warning",
            lifespan="off",
            timeout_graceful_shutdown=2,
        )
        server = uvicorn.Server(config)
        on_ready(f"http://{LOOPBACK}:{listening.getsockname()[1]}/")
        with ended_by_signals():
            server.run(sockets=[listening])
