"""`digest serve` as a process: it answers, mails, takes up new keys, and ends when told."""

from __future__ import annotations

import http.client
import re
import signal
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from digest.config import load_settings
from digest.newsroom import Newsroom
from digest.postbox import Postbox
from tests.commands import finish, run, start
from tests.projects import smtp_settings, write_project

pytestmark = pytest.mark.slow

FORM = {"Content-Type": "application/x-www-form-urlencoded"}


def asked(
    port: int, method: str, path: str, body: str = "", **headers: str
) -> tuple[int, str]:
    line = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    line.request(method, path, body or None, {**FORM, **named})
    answer = line.getresponse()
    text = answer.read().decode()
    line.close()
    return answer.status, text


@contextmanager
def served(folder: Path) -> Iterator[tuple[int, subprocess.Popen[str]]]:
    process = start(folder, "serve", "--port", "0")
    try:
        assert process.stdout
        found = re.search(r"http://127\.0\.0\.1:(\d+)/", process.stdout.readline())
        assert found
        yield int(found[1]), process
    finally:
        if process.poll() is None:
            process.kill()
            process.communicate()


def test_the_server_answers_mails_and_ends(tmp_path: Path) -> None:
    with Postbox(tmp_path / "arrived") as box:
        folder = write_project(tmp_path / "news", settings=smtp_settings(box.port))
        with (
            Newsroom(load_settings(folder, environment={})) as newsroom,
            served(folder) as (port, process),
        ):
            newsroom.refresh_subscribers()
            ana = newsroom.subscriber("ana@readers.example")
            link = urlsplit(newsroom.links.unsubscribe(ana.id, "daily")).path

            assert asked(port, "GET", "/readyz") == (200, "ready\n")
            form = "address=new%40x.example&newsletter=daily"
            assert asked(port, "POST", "/subscribe", form)[0] == 200
            for _ in range(200):
                if box.received:
                    break
                process.poll()
                asked(port, "GET", "/healthz")
            assert box.received == {"new@x.example": 1}

            assert run(folder, "keys", "rotate").code == 0
            with Newsroom(newsroom.settings) as later:
                fresh = urlsplit(later.links.preferences(ana.id, "daily")).path
            assert "ana@readers.example" in asked(port, "GET", fresh)[1]
            assert asked(port, "POST", link, "List-Unsubscribe=One-Click")[0] == 200
            assert not newsroom.subscriber(ana.id).preferences.newsletters

            def visits(*claims: str) -> set[int]:
                return {
                    asked(port, "POST", fresh, x_forwarded_for=claim)[0]
                    for claim in claims
                }

            people = [f"192.0.2.1, 198.51.100.{n}" for n in range(70)]
            liars = [f"198.51.100.{n}, 192.0.2.1" for n in range(70)]
            assert visits(*people) == {200}, "each is counted by themselves"
            assert 429 in visits(*liars), "what our proxy did not see does not count"

            with socket.create_connection(("127.0.0.1", port)):
                process.send_signal(signal.SIGTERM)
                ended = finish(process)
    assert ended.code == 0
    assert "no longer served" in ended.out
    assert ended.err == ""


def test_what_keeps_it_from_listening_is_said(tmp_path: Path) -> None:
    folder = write_project(tmp_path / "news")
    with socket.create_server(("127.0.0.1", 0)) as taken:
        busy = run(folder, "serve", "--port", str(taken.getsockname()[1]))
    wrong = run(folder, "serve", "--host", "news.example")

    assert busy.code == 5
    assert "is taken on this machine" in busy.err
    assert wrong.code == 2
    assert "is not an address of this machine" in wrong.err
