"""Asks the studio without a server in between, as a browser would, and as others would."""

from __future__ import annotations

import asyncio
import html
import re
from collections.abc import Iterator, MutableMapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any  # ASGI's messages are dictionaries of anything
from urllib.parse import urlencode, urlsplit

from digest.config import load_settings
from digest.newsroom import Newsroom
from digest.web.studio.app import Studio
from digest.web.studio.desk import Desk
from digest.web.studio.guard import Guard
from tests.projects import Clock

HOST = "127.0.0.1:8000"


@dataclass(frozen=True)
class Answer:
    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def text(self) -> str:
        return self.body.decode()

    @property
    def words(self) -> str:
        """What can be read on the page."""
        plain = re.sub(r"<[^>]*>", " ", self.text)
        return " ".join(html.unescape(plain).split())

    def part(self, name: str) -> str:
        """Return what stands between the tags of one part of the page, roughly."""
        found = re.search(rf'id="{name}".*?data-part>(.*?)\n', self.text, re.DOTALL)
        assert found
        return found[1]

    def link(self, name: str) -> str:
        """Return where a link of the page leads, by its id."""
        found = re.search(rf'<a href="([^"]*)" id="{name}"', self.text)
        assert found, name
        return html.unescape(found[1])

    def frame(self) -> str:
        """Return the address of the frame with the mail."""
        found = re.search(r'<iframe[^>]* src="([^"]*)"', self.text)
        assert found
        return html.unescape(found[1])


class Visitor:
    """A browser, as far as HTTP knows."""

    def __init__(self, guard: Guard, studio: Studio) -> None:
        self.guard, self.studio, self.desk = guard, studio, studio.desk

    def __call__(self, path: str = "/", **query: str) -> Answer:
        return self.ask(path + ("?" + urlencode(query) if query else ""))

    def ask(self, address: str, *, body: bytes | None = None, **headers: str) -> Answer:
        """Send one request; `headers` have _ for -."""
        parts = urlsplit(address)
        sent = {"host": HOST} | {n.replace("_", "-"): v for n, v in headers.items()}
        scope: dict[str, object] = {
            "type": "http",
            "method": "GET" if body is None else "POST",
            "path": parts.path,
            "raw_path": parts.path.encode(),
            "query_string": parts.query.encode(),
            "headers": [(n.encode(), v.encode()) for n, v in sent.items()],
            "server": ("127.0.0.1", 8000),
            "client": ("127.0.0.1", 1),
            "scheme": "http",
            "root_path": "",
            "http_version": "1.1",
        }
        return asyncio.run(self._asked(scope, body or b""))

    async def _asked(self, scope: dict[str, object], body: bytes) -> Answer:
        messages = list[MutableMapping[str, Any]]()

        asked = iter([{"type": "http.request", "body": body, "more_body": False}])

        async def receive() -> dict[str, object]:
            for message in asked:
                return message
            await asyncio.Event().wait()  # it stays on the line
            raise AssertionError

        async def send(message: MutableMapping[str, Any]) -> None:
            messages.append(message)

        await self.guard(scope, receive, send)
        head, *rest = messages
        return Answer(
            status=head["status"],
            headers={n.decode(): v.decode() for n, v in head["headers"]},
            body=b"".join(each.get("body", b"") for each in rest),
        )

    def post(self, address: str, fields: dict[str, str], **headers: str) -> Answer:
        return self.ask(address, body=urlencode(fields).encode(), **headers)

    def worked_out(self) -> None:
        """Wait until the issues that were asked for are compiled."""
        for _, press in self.desk.presses.values():
            for thread in press.working:
                thread.join()


@contextmanager
def visiting(
    project: Path, *, clock: Clock | None = None, locked: bool = False
) -> Iterator[Visitor]:
    """Open the studio of a project for one visitor."""
    file = project / "digest.yaml"
    clock = clock or Clock()
    with Newsroom(load_settings(file, environment={}), now=clock) as newsroom:
        newsroom.refresh_subscribers()
        list(newsroom.collect())
        clock.forward(minutes=1)  # what is seen this very moment is in the next issue
        desk = Desk(
            newsroom, lambda: load_settings(file, environment={}), settings_file=file
        )
        desk.patience = 0
        studio = Studio(desk)
        hosts = {"127.0.0.1", "localhost"} | ({"*"} if locked else set())
        visitor = Visitor(Guard(studio.app(), hosts=hosts, locked=locked), studio)
        yield visitor
        desk.close()
