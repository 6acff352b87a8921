"""A newsroom whose editors see every issue first, and what their mailboxes hold."""

from __future__ import annotations

import email
import email.policy
import http.client
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from email.message import EmailMessage
from pathlib import Path
from urllib.parse import urlsplit

import uvicorn

from digest.newsroom import Newsroom
from digest.reception.post import Post
from digest.web.public.app import public_app
from digest.web.serving import listening_on
from tests.projects import SETTINGS

EDITORS = ("desk@ledger.example", "night@ledger.example")
ISSUE = "daily/2026-11-23"


def asking(approval: str, text: str = SETTINGS) -> str:
    """Return settings in which the daily asks its editors."""
    return text.replace("    schedule:", f"    approval: {approval}\n    schedule:") + (
        f"editors: [{', '.join(EDITORS)}]\n"
    )


def mails(folder: Path, maildir: str = "outbox") -> list[EmailMessage]:
    """Return what was delivered, proofs and mails, in any order."""
    return [
        email.message_from_bytes(path.read_bytes(), policy=email.policy.default)
        for path in (folder / maildir / "new").glob("*")
    ]


def proofs(folder: Path, maildir: str = "outbox") -> dict[str, EmailMessage]:
    """Return the proofs, by whom they went to."""
    return {
        str(mail["To"]): mail
        for mail in mails(folder, maildir)
        if str(mail["Subject"]).startswith("[Proof]")
    }


def links(proof: EmailMessage) -> dict[str, str]:
    """Return the paths of a proof's links, "approve" and "hold"; both parts agree."""
    found = []
    for kind in ("plain", "html"):
        part = proof.get_body((kind,))
        assert part is not None
        text = part.get_content()
        found.append(
            dict(re.findall(r"https://[^/]+/((?:approve|hold))(/[\w./-]+)", text))
        )
    assert found[0] == found[1]
    return {name: f"/{name}{rest}" for name, rest in found[0].items()}


@contextmanager
def served(newsroom: Newsroom) -> Iterator[int]:
    """Answer for the public pages, those behind the links among them; yield the port."""
    folder = newsroom.settings.root / "archive"
    with Post(newsroom) as post, listening_on(0) as listening:
        app = public_app(newsroom, post=post, folder=folder)
        server = uvicorn.Server(
            uvicorn.Config(app, log_level="warning", lifespan="off")
        )
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]})
        thread.start()
        try:
            yield listening.getsockname()[1]
        finally:
            server.should_exit = True
            thread.join()


def ask(port: int, method: str, path: str) -> tuple[int, str]:
    """Send one request as a browser with a proof's link does."""
    line = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
    try:
        line.request(method, urlsplit(path).path)
        answer = line.getresponse()
        assert answer.headers["Cache-Control"] == "no-store"
        assert answer.headers["Referrer-Policy"] == "no-referrer"
        return answer.status, answer.read().decode()
    finally:
        line.close()
