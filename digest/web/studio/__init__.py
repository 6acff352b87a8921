"""The studio: one reader's mail as it will leave, and why it is what it is.

An editor chooses newsletter, issue and reader; sees the mail as mail programs show it,
as text, header and source; learns why each story is in it or is not, what the linter
finds, how it differs from another; and sends it to themselves. Saving a file shows what
it changes at once. Nothing is asked of any other machine, and looking changes nothing.

    watching        files that were saved          asking   what an address asks for
    desk            the newsroom, kept open        galleys  one reader's mail, made quickly
    app, guard      answers, and who may ask       page     the page around the panes
    panes, reasons, findings, comparing            words    small pieces of HTML
"""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from datetime import datetime
from pathlib import Path
from types import FrameType

import uvicorn

from digest.newsroom import Newsroom
from digest.settings import Settings
from digest.web.serving import LOOPBACK, ended_by_signals, listening_on
from digest.web.studio.app import Studio
from digest.web.studio.asking import Asked
from digest.web.studio.desk import Desk
from digest.web.studio.guard import Guard
from digest.web.studio.watching import watch_files

#: Names by which a browser on this machine may call us.
OUR_NAMES = frozenset({LOOPBACK, "localhost", "[::1]"})
#: Addresses that stand for every address of this machine.
_EVERYWHERE = frozenset({"0.0.0.0", "::"})  # noqa: S104 an operator's choice, behind a token


def serve(
    newsroom: Newsroom,
    load: Callable[[], Settings],
    *,
    settings_file: Path,
    first: Asked,
    port: int,
    on_ready: Callable[[str], None],
    host: str = LOOPBACK,
    at: datetime | None = None,
) -> None:
    """Answer until Ctrl-C; `on_ready` gets the address of the page to open.

    `load` reads the settings again when their file was saved. With a `host` that is not
    this machine alone, that address holds a token that works once. Raises `BusyError`
    when the port is taken, `TransportError` when it is not for us.
    """
    desk = Desk(
        newsroom,
        load,
        settings_file=settings_file,
        at=at,
        newsletter=first.newsletter,
    )
    studio = Studio(desk)
    app = Guard(
        studio.app(),
        hosts=_names(host),
        locked=host not in OUR_NAMES,
        home=first.address,
    )
    with listening_on(port, host) as listening, closing(desk):
        bound = listening.getsockname()[1]
        server = StudioServer(app, studio)
        with watching(desk, studio, first), ended_by_signals():
            on_ready(_address(host, bound, app.token or "", first))
            server.run(sockets=[listening])


class StudioServer(uvicorn.Server):
    """Ends the streams of open pages when it ends itself; they would never."""

    def __init__(self, app: Guard, studio: Studio) -> None:
        super().__init__(
            uvicorn.Config(
                app,
                log_level="warning",
                lifespan="off",
                ws="none",
                timeout_graceful_shutdown=2,
            )
        )
        self._studio = studio

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """Begin to end at a signal."""
        super().handle_exit(sig, frame)
        self._studio.end()


def _names(host: str) -> frozenset[str]:
    """Return the names we answer to; every one where the token alone guards the door."""
    if host in OUR_NAMES:
        return OUR_NAMES
    named = f"[{host}]" if ":" in host else host
    own = {socket.gethostname()} if host in _EVERYWHERE else {named}
    return OUR_NAMES | own | ({"*"} if host in _EVERYWHERE else set())


def _address(host: str, port: int, token: str, first: Asked) -> str:
    """Return the address of the first page; `token` opens the door once."""
    name = f"[{host}]" if ":" in host else host
    if token:
        shown = socket.gethostname() if host in _EVERYWHERE else name
        return f"http://{shown}:{port}/?token={token}"
    return f"http://{name}:{port}{first.address}"


@contextmanager
def watching(desk: Desk, studio: Studio, first: Asked) -> Iterator[None]:
    """Watch the project's files in a thread of its own; make the first mail in another."""
    stop = threading.Event()

    def watch() -> None:
        try:
            watch_files(desk.watched, on_change=desk.refresh, stop=stop)
        except Exception as error:  # noqa: BLE001 as of too many folders to watch
            studio.unwatched = str(error)
            studio.wake()

    threads = [
        threading.Thread(target=watch, daemon=True),
        # While the browser starts.
        threading.Thread(target=desk.find, args=(first,), daemon=True),
    ]
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        stop.set()
        for thread in threads:
            thread.join()
