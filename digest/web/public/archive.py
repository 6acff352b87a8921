"""The issues that went out, as `digest archive` writes them, always up to date.

They are written into a folder of our own when somebody first asks, and again once
another issue is out. A site with many issues lets its web server show the folder of
`digest archive` at this path instead.
"""

from __future__ import annotations

import mimetypes
from collections.abc import Callable
from pathlib import Path
from threading import Lock

from starlette.responses import FileResponse, Response

from digest.model import State
from digest.web.public.front import Front
from digest.web.public.pages import PUBLIC
from digest.web.public.visits import Visit

#: An issue is a mail: its styles stand in it, and its pictures are anywhere.
HEADERS = {
    **PUBLIC,
    "Cache-Control": "public, max-age=300",
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'unsafe-inline'; img-src 'self' https: http:; "
        "form-action 'none'; base-uri 'none'; frame-ancestors 'none'"
    ),
}
FEEDS = {"feed.xml": "application/atom+xml", "feed.json": "application/feed+json"}

#: How often it is looked whether another issue is out.
LOOK_SECONDS = 60.0


class Shelf:
    """The pages below `/archive`."""

    def __init__(
        self, front: Front, folder: Path, *, clock: Callable[[], float]
    ) -> None:
        """Write into `folder`, which nobody else uses; `clock` gives seconds."""
        self._front, self._folder, self._clock = front, folder, clock
        self._looked = float("-inf")
        self._out: frozenset[str] | None = None  # what is written; None: nothing yet
        self._writing = Lock()

    def show(self, visit: Visit) -> Response:
        """Show a page, a feed or a picture of the archive."""
        self._refresh()
        written = visit.path.get("path", "")
        path = self._found(written)
        if path is None:
            return self._front.pages.no_page(self._front.speech_for(visit))
        if path.is_dir():
            index = self._found(f"{written}/index.html".lstrip("/"))
            if index is None or not index.is_file():
                return self._front.pages.no_page(self._front.speech_for(visit))
            if written and not written.endswith("/"):
                return _with_slash(path.name)
            path = index
        return FileResponse(path, headers=HEADERS, media_type=_kind(path.name))

    def root(self, _: Visit) -> Response:
        """Lead from `/archive` to the page of all newsletters."""
        return _with_slash("archive")

    def _found(self, written: str) -> Path | None:
        """Return the file or folder of that name, inside the archive alone."""
        try:
            path = (self._folder / written).resolve(strict=True)
        except (OSError, ValueError):  # not there, too long, or no name at all
            return None
        home = self._folder.resolve()
        inside = path.is_relative_to(home)
        hidden = inside and any(
            part.startswith(".") for part in path.relative_to(home).parts
        )
        return path if inside and not hidden else None

    def _refresh(self) -> None:
        """Write the archive when another issue is out; others look at the old one."""
        if self._clock() - self._looked < LOOK_SECONDS:
            return
        if not self._writing.acquire(blocking=self._out is None):
            return
        try:
            if self._clock() - self._looked < LOOK_SECONDS:
                return
            out = self._issues_out()
            if out != self._out:
                self._front.newsroom.publish_archive(self._folder)
            self._looked, self._out = self._clock(), out
        finally:
            self._writing.release()

    def _issues_out(self) -> frozenset[str]:
        """Return the latest issues that went out to anybody."""
        newsroom = self._front.newsroom
        return frozenset(
            issue.id
            for newsletter in newsroom.settings.newsletters
            for issue in newsroom.store.archive.issues(newsletter.slug, limit=3)
            if newsroom.store.journal.counts(issue.id).get(State.SENT)
        )


def _with_slash(name: str) -> Response:
    """Lead to a folder's own page, by a way that is right under any path."""
    return Response(status_code=308, headers={**PUBLIC, "Location": f"{name}/"})


def _kind(name: str) -> str:
    kind = FEEDS.get(name) or mimetypes.guess_type(name)[0]
    return kind or "application/octet-stream"
