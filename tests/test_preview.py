"""`digest preview`: a real server on a free port, asked as browsers and attackers do."""

from __future__ import annotations

import http.client
import os
import re
import signal
import socket
import threading
from collections.abc import Callable
from concurrent.futures import Future
from pathlib import Path

import pytest

from digest.newsroom import Newsroom
from tests.commands import Result, Shell, finish, run, start
from tests.projects import READERS, write_project

pytestmark = pytest.mark.slow

HOST = "127.0.0.1"


@pytest.fixture
def project(tmp_path: Path) -> Path:
    return write_project(tmp_path / "news")


@pytest.fixture
def digest(capsys: pytest.CaptureFixture[str], project: Path) -> Shell:
    shell = Shell(capsys, project)
    shell("collect")
    return shell


class Answer:
    """What the server said to one request."""

    def __init__(self, response: http.client.HTTPResponse) -> None:
        self.status = response.status
        self.headers = response.headers
        self.text = response.read().decode()


def ask(port: int, path: str = "/", **headers: str) -> Answer:
    """Send one request exactly as written; nothing tidies the path."""
    line = http.client.HTTPConnection(HOST, port, timeout=20)
    try:
        line.putrequest("GET", path, skip_host="Host" in headers)
        for name, value in headers.items():
            line.putheader(name, value)
        line.endheaders()
        return Answer(line.getresponse())
    finally:
        line.close()


def free_port() -> int:
    with socket.create_server((HOST, 0)) as listening:
        port: int = listening.getsockname()[1]
        return port


def looked_at(digest: Shell, look: Callable[[int], None], *arguments: str) -> Result:
    """Run the preview here, look at it from another thread, and press Ctrl-C."""
    port = free_port()
    looked: Future[None] = Future()

    def visit() -> None:
        try:
            wait_for(port)
            look(port)
            looked.set_result(None)
        except BaseException as error:  # noqa: BLE001 told to the test below
            looked.set_exception(error)
        finally:
            os.kill(os.getpid(), signal.SIGINT)

    visitor = threading.Thread(target=visit)
    visitor.start()
    result = digest("preview", "daily", "--port", str(port), "--no-browser", *arguments)
    visitor.join()
    looked.result()
    return result


def wait_for(port: int) -> None:
    for _ in range(300):
        try:
            ask(port, "/nothing")
        except OSError:
            threading.Event().wait(0.05)
        else:
            return
    raise AssertionError("the preview does not answer")


def test_every_readers_digest_can_be_opened_in_every_form(digest: Shell) -> None:
    def look(port: int) -> None:
        sheet = ask(port)
        assert sheet.status == 200
        assert sheet.headers["Content-Type"] == "text/html; charset=utf-8"
        links = set(
            re.findall(r'"((?:ana|bo|cy)-[a-z0-9]+\.(?:html|txt|eml))"', sheet.text)
        )
        assert len(links) == 9
        for link in links:
            page = ask(port, f"/{link}")
            assert page.status == 200
            kind = "text/html" if link.endswith(".html") else "text/plain"
            assert page.headers["Content-Type"] == f"{kind}; charset=utf-8"
        (ana,) = (link for link in links if re.fullmatch(r"ana-.*\.eml", link))
        mail = ask(port, f"/{ana}").text
        assert "To: <ana@readers.example>" in mail
        assert "Subject: " in mail

    result = looked_at(digest, look)

    assert result.code == 0
    assert "Ctrl-C ends it" in result.out
    assert "The preview has ended." in result.out
    assert result.err == ""


def test_nothing_can_run_or_call_home_and_nobody_else_can_ask(digest: Shell) -> None:
    def look(port: int) -> None:
        for path in ("/", "/nothing"):
            headers = ask(port, path).headers
            policy = headers["Content-Security-Policy"]
            assert "default-src 'none'" in policy
            assert "script-src" not in policy
            assert headers["X-Content-Type-Options"] == "nosniff"
            assert headers["Referrer-Policy"] == "no-referrer"
            assert headers["Cache-Control"] == "no-store"
        for host in (
            "evil.example",
            f"evil.example:{port}",
            "127.0.0.1.evil.example",
            "",
        ):
            assert ask(port, Host=host).status == 400
        for host in (f"localhost:{port}", f"127.0.0.1:{port}"):
            assert ask(port, Host=host).status == 200

    assert looked_at(digest, look).code == 0


@pytest.mark.parametrize(
    "path",
    [
        "/../digest.yaml",
        "/..%2f..%2fdigest.yaml",
        "/%2e%2e/%2e%2e/etc/passwd",
        "//etc/passwd",
        "/images/../../news/digest.yaml",
        "/.digest-build",
        "/%00",
        "/%ff%fe",
        "/" + "a" * 5000,
        "/images",
        "/index.html/x",
    ],
)
def test_nothing_outside_the_build_is_served(digest: Shell, path: str) -> None:
    def look(port: int) -> None:
        ask(port)
        answer = ask(port, path)
        assert answer.status == 404
        assert "There is no such page" in answer.text

    result = looked_at(digest, look)

    assert (result.code, result.err) == (0, "")


def test_a_reload_shows_what_changed_and_mistakes_in_words(
    digest: Shell, project: Path
) -> None:
    readers = project / "subscribers.yaml"
    template = project / "templates" / "newsroom" / "subject.txt.j2"
    template.parent.mkdir(parents=True)

    def look(port: int) -> None:
        assert "Dee" not in ask(port).text
        readers.write_text(
            READERS + "  - address: dee@readers.example\n    name: Dee\n"
        )
        assert "Dee" in ask(port).text
        readers.write_text(READERS.replace("[rivers]", "[rivrs]"))
        answer = ask(port)
        assert answer.status == 500
        assert "subscribers.yaml:4:" in answer.text
        assert "rivers" in answer.text
        readers.write_text(READERS)
        template.write_text("{{ nonsense }}")
        answer = ask(port)
        assert answer.status == 500
        assert answer.headers["Content-Type"].startswith("text/plain")
        assert "subject.txt.j2:1: " in answer.text
        template.write_text("Fresh from the press")
        assert "Fresh from the press" in ask(port).text

    result = looked_at(digest, look)

    assert (result.code, result.err) == (0, "")


def test_a_fault_of_our_own_is_no_traceback_either(
    digest: Shell, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fault(*_: object, **__: object) -> None:
        raise RuntimeError("a fault")

    monkeypatch.setattr(Newsroom, "build", fault)

    def look(port: int) -> None:
        answer = ask(port)
        assert answer.status == 500
        assert "should not have happened: RuntimeError('a fault')" in answer.text

    assert looked_at(digest, look).err == ""


def test_one_reader_of_an_issue_already_sent(digest: Shell) -> None:
    issue = digest("send", "--json").json["issues"][0]["issue"]

    def look(port: int) -> None:
        text = ask(port).text
        assert "Ana" in text
        assert "Bo" not in text

    arguments = ("--issue", issue, "--only", "ana@readers.example")
    assert looked_at(digest, look, *arguments).code == 0


def test_a_newsroom_without_articles_has_an_empty_sheet(
    capsys: pytest.CaptureFixture[str], project: Path
) -> None:
    def look(port: int) -> None:
        assert ask(port).status == 200

    assert looked_at(Shell(capsys, project), look).code == 0


def test_a_port_that_is_taken_is_said(digest: Shell) -> None:
    with socket.create_server((HOST, 0)) as taken:
        port = taken.getsockname()[1]
        result = digest("preview", "--port", str(port), "--no-browser")

    assert result.code == 5
    assert f"port {port} is taken" in result.err
    assert "--port" in result.err


def test_a_port_that_is_none_is_said(digest: Shell) -> None:
    result = digest("preview", "--port", "99999", "--no-browser")

    assert result.code == 2
    assert "99999" in result.err


def test_what_is_wrong_from_the_start_is_said_on_the_terminal(
    digest: Shell, project: Path
) -> None:
    wrong = digest("preview", "--issue", "daily/1999-01-01", "--no-browser")
    (project / "subscribers.yaml").write_text("subscribers: 3\n")
    broken = digest("preview", "--no-browser")

    assert wrong.code == broken.code == 3
    assert "daily/1999-01-01" in wrong.err
    assert "subscribers.yaml:1:" in broken.err


@pytest.mark.parametrize(
    "number", [signal.SIGINT, pytest.param(signal.SIGTERM, marks=pytest.mark.slow)]
)
def test_a_signal_ends_it_and_leaves_nothing_behind(
    project: Path, tmp_path: Path, number: signal.Signals
) -> None:
    run(project, "collect")
    (tmp_path / "tmp").mkdir()
    process = start(
        project, "preview", "--port", "0", "--no-browser", TMPDIR=str(tmp_path / "tmp")
    )
    assert process.stdout is not None
    port = int(process.stdout.readline().split(":")[2].split("/")[0])
    assert ask(port).status == 200
    with socket.create_connection((HOST, port)):  # a browser keeps its line open
        process.send_signal(number)
        result = finish(process)

    assert result.code == 0
    assert result.err == ""
    assert list((tmp_path / "tmp").iterdir()) == []


@pytest.mark.slow
@pytest.mark.parametrize("screen", [True, False])
def test_a_browser_is_opened_only_where_there_is_a_screen(
    digest: Shell, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, screen: bool
) -> None:
    opened = tmp_path / "opened"
    browser = tmp_path / "browser"
    browser.write_text(f'#!/bin/sh\necho "$1" > {opened}\n')
    browser.chmod(0o755)
    monkeypatch.setenv("BROWSER", str(browser))
    monkeypatch.delenv("WAYLAND_DISPLAY", raising=False)
    monkeypatch.setenv("DISPLAY", ":0" if screen else "")
    process = start(digest.folder, "preview", "--port", "0")
    assert process.stdout is not None
    port = int(process.stdout.readline().split(":")[2].split("/")[0])
    ask(port)
    process.send_signal(signal.SIGINT)

    assert finish(process).code == 0
    assert opened.exists() == screen
