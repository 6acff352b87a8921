"""The server of the public pages, until Ctrl-C or SIGTERM."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory

import uvicorn

from digest.newsroom import Newsroom
from digest.reception.post import Post
from digest.settings import ServeSettings
from digest.web.public.app import public_app
from digest.web.serving import ended_by_signals, listening_on


def serve(
    newsroom: Newsroom, where: ServeSettings, *, on_ready: Callable[[str], None]
) -> None:
    """Answer until a signal ends it; `on_ready` gets the address on this machine.

    Raises `BusyError` when the port is taken, `TransportError` when it is not for us.
    """
    with (
        listening_on(where.port, where.host) as listening,
        TemporaryDirectory("-digest") as folder,
        Post(newsroom) as post,
    ):
        server = uvicorn.Server(
            uvicorn.Config(
                public_app(newsroom, post=post, folder=Path(folder) / "archive"),
                log_level="warning",
                access_log=False,  # links are secrets
                lifespan="off",
                server_header=False,
                proxy_headers=bool(where.trusted_proxies),
                forwarded_allow_ips=list(where.trusted_proxies),
                timeout_graceful_shutdown=5,
            )
        )
        host, port = listening.getsockname()[:2]
        shown = f"[{host}]" if ":" in host else host
        on_ready(f"http://{shown}:{port}/")
        with ended_by_signals():
            server.run(sockets=[listening])
