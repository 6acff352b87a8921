"""Somebody who visits the public pages: the application is called as a server calls it."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from email import policy
from email.message import EmailMessage
from email.parser import BytesParser
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlencode, urlsplit

from digest.config import load_settings
from digest.newsroom import Newsroom
from digest.postbox import Postbox
from digest.reception.post import Post
from digest.web.public.app import public_app
from tests.projects import READERS, Clock, smtp_settings, write_project

if TYPE_CHECKING:
    from starlette.types import ASGIApp

ONE_CLICK = b"List-Unsubscribe=One-Click"
FORM = "application/x-www-form-urlencoded"

Fields = Mapping[str, str | list[str]]


@dataclass(frozen=True)
class Answer:
    status: int
    headers: Mapping[str, str]  #: names in small letters
    text: str

    @property
    def links(self) -> list[str]:
        """Where its links and forms lead, inside the site."""
        return re.findall(r'(?:href|action)="(/[^"]*)"', self.text)


@dataclass
class Visitor:
    """A browser that keeps nothing, at one address."""

    app: ASGIApp
    client: str = "192.0.2.7"
    headers: dict[str, str] = field(
        default_factory=lambda: {"sec-fetch-site": "same-origin"}
    )

    def get(self, path: str, **headers: str) -> Answer:
        return self.ask("GET", path, headers=headers)

    def post(self, path: str, fields: Fields | bytes = b"", **headers: str) -> Answer:
        body = fields if isinstance(fields, bytes) else form(fields)
        return self.ask("POST", path, body, headers={"content-type": FORM, **headers})

    def ask(
        self,
        method: str,
        url: str,
        body: bytes = b"",
        *,
        headers: Mapping[str, str] | None = None,
    ) -> Answer:
        """Send one request, exactly as written; names with _ for - in `headers`."""
        parts = urlsplit(url)
        named = {
            name.replace("_", "-"): value
            for name, value in {**self.headers, **(headers or {})}.items()
        }
        scope = {
            "type": "http",
            "http_version": "1.1",
            "method": method,
            "scheme": "http",
            "path": parts.path,
            "raw_path": quote(parts.path).encode(),
            "query_string": parts.query.encode("utf-8", "replace"),
            "root_path": "",
            "headers": [
                (name.encode(), value.encode("latin-1", "replace"))
                for name, value in {"host": "ledger.example", **named}.items()
            ],
            "client": (self.client, 4000),
            "server": ("127.0.0.1", 8080),
        }
        # In a thread of its own: Playwright has a loop running in ours.
        with ThreadPoolExecutor(1) as pool:
            asked = partial(_asked, self.app, scope, body)
            return pool.submit(lambda: asyncio.run(asked())).result()


async def _asked(app: ASGIApp, scope: dict[str, Any], body: bytes) -> Answer:
    started: dict[str, Any] = {}
    bodies = [body]
    parts: list[bytes] = []

    async def receive() -> dict[str, Any]:
        if not bodies:  # nobody hangs up
            await asyncio.Event().wait()
        return {"type": "http.request", "body": bodies.pop(), "more_body": False}

    async def send(message: Any) -> None:
        if message["type"] == "http.response.start":
            started.update(message)
        else:
            parts.append(message.get("body", b""))

    await app(scope, receive, send)
    return Answer(
        status=started["status"],
        headers={k.decode().lower(): v.decode() for k, v in started["headers"]},
        text=b"".join(parts).decode("utf-8", "replace"),
    )


def form(fields: Fields) -> bytes:
    return urlencode(fields, doseq=True).encode()


@dataclass
class Site:
    """A newsroom with its public pages, and the mailboxes of all its readers."""

    newsroom: Newsroom
    post: Post
    app: ASGIApp
    visitor: Visitor
    clock: Clock
    box: Postbox
    folder: Path

    def mails(self, address: str = "") -> list[EmailMessage]:
        """Send what waits; return what arrived for an address, the newest last."""
        self.post.send_due()
        files = sorted((self.box.filing.folder / "new").iterdir())
        mails = [
            BytesParser(policy=policy.default).parsebytes(file.read_bytes())
            for file in files
        ]
        return [m for m in mails if not address or address in str(m["To"])]

    def link(self, address: str, kind: str) -> str:
        """Return the path of a link of a kind in the newest mail to an address."""
        mail = self.mails(address)[-1]
        part = mail.get_body(("plain",))
        assert part is not None
        found = re.findall(rf"https://\S+?(/{kind}/[a-z2-7]{{32}})", part.get_content())
        return str(found[0])

    def own(self, address: str, kind: str, newsletter: str = "daily") -> str:
        """Return the path of a reader's own link, as their mails have it."""
        reader = self.newsroom.subscriber(address)
        links = self.newsroom.links
        url = {
            "u": links.unsubscribe,
            "p": links.preferences,
            "pause": links.pause,
        }[kind](reader.id, newsletter)
        return urlsplit(url).path


@contextmanager
def opened_site(folder: Path, *, settings: str = "") -> Iterator[Site]:
    """Write a newsroom with three readers, send its first issue to nobody yet."""
    with Postbox(folder / "arrived") as box:
        written = (settings or smtp_settings(0)).replace("port: 0", f"port: {box.port}")
        readers = READERS
        if "weekly:" in written:
            both = "    newsletters: [daily, weekly]\n"
            readers = re.sub(r"(    name: .*\n)", rf"\1{both}", READERS)
        project = write_project(folder / "news", settings=written, readers=readers)
        clock = Clock()
        with Newsroom(load_settings(project, environment={}), now=clock) as newsroom:
            newsroom.refresh_subscribers()
            list(newsroom.collect())
            clock.forward(minutes=1)
            post = Post(newsroom)

            def seconds() -> float:
                return clock.at.timestamp()

            app = public_app(
                newsroom,
                post=post,
                folder=folder / "archive",
                clock=seconds,
            )
            yield Site(newsroom, post, app, Visitor(app), clock, box, folder)
