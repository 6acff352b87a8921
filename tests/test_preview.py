"""`digest preview`: a real server on a free port, started and ended as people do."""

from __future__ import annotations

import http.client
import os
import re
import signal
import socket
import threading
from collections.abc import Callable, Generator
from concurrent.futures import Future
from contextlib import closing
from pathlib import Path

import pytest

from tests.commands import Result, Shell, finish, start
from tests.projects import READERS

pytestmark = pytest.mark.slow

HOST = "127.0.0.1"


@pytest.fixture
def digest(digest: Shell) -> Shell:
    digest("collect")
    return digest


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


def changes(line: http.client.HTTPConnection, since: str) -> Generator[str, None, None]:
    """Yield the versions that the stream tells of."""
    line.request("GET", f"/changes?since={since}")
    with line.getresponse() as answer:
        while told := answer.readline():
            if told.startswith(b"data: "):
                yield told.decode().split()[1]


def version(page: Answer) -> str:
    found = re.search(r'data-version="(\d+)"', page.text)
    assert found
    return found[1]


def test_an_open_page_is_told_of_a_save_and_lets_go_at_the_end(
    digest: Shell, project: Path
) -> None:
    left_open = http.client.HTTPConnection(HOST)

    def look(port: int) -> None:
        seen = version(ask(port))
        with closing(http.client.HTTPConnection(HOST, port, timeout=20)) as line:
            readers = project / "subscribers.yaml"
            readers.write_text(
                READERS + "  - address: dee@readers.example\n    name: Dee\n"
            )
            told = changes(line, seen)  # of what was worked out meanwhile, too
            assert any("Dee" in ask(port).text for _ in told)
            told.close()
        left_open.port = port
        left_open.request("GET", f"/changes?since={version(ask(port))}")

    with closing(left_open):
        result = looked_at(digest, look)

    assert (result.code, result.err) == (0, "")
    assert "Ctrl-C ends it" in result.out
    assert "The preview has ended." in result.out


def test_one_reader_of_an_issue_already_sent(digest: Shell) -> None:
    issue = digest("send", "--json").json["issues"][0]["issue"]

    def look(port: int) -> None:
        assert "To <bdi>Ana</bdi>" in ask(port, "/" + query).text

    ready = re.compile(r"(\?newsletter=daily&issue=daily\S*&reader=\w+) ")
    arguments = ("--issue", issue, "--reader", "ana@readers.example")
    shown = digest("subscribers", "show", "ana@readers.example", "--json").json
    query = f"?issue={issue}&reader={shown['subscriber']['id']}"
    result = looked_at(digest, look, *arguments)

    assert result.code == 0
    assert ready.search(result.out)


def test_it_looks_from_a_moment_in_the_newsletters_zone(digest: Shell) -> None:
    def look(port: int) -> None:
        assert "Wed 1 Dec 2027, 06:30" in ask(port).text

    assert looked_at(digest, look, "--at", "2027-12-01T06:30").code == 0


def test_only_who_has_the_printed_address_gets_in_from_elsewhere(
    digest: Shell,
) -> None:
    process = start(
        digest.folder, "preview", "--host", "0.0.0.0", "--port", "0", "--no-browser"
    )
    assert process.stdout is not None
    try:
        line = process.stdout.readline()
        printed = re.search(r"http://[^:]+:(\d+)(/\?token=\S+) ", line)
        assert printed
        port = int(printed[1])
        stranger = ask(port)
        opened = ask(port, printed[2])
        cookie = opened.headers["Set-Cookie"].partition(";")[0]
        again = ask(port, printed[2])
        inside = ask(port, Cookie=cookie)
    finally:
        process.send_signal(signal.SIGINT)
        ended = finish(process)

    statuses = [each.status for each in (stranger, opened, again, inside)]
    assert statuses == [403, 303, 403, 200]
    assert "The Ledger Daily" in inside.text
    assert ended.code == 0


def test_a_port_that_is_taken_is_said(digest: Shell) -> None:
    with socket.create_server((HOST, 0)) as taken:
        port = taken.getsockname()[1]
        result = digest("preview", "--port", str(port), "--no-browser")

    assert result.code == 5
    assert f"port {port} is taken" in result.err
    assert "--port" in result.err


def test_what_is_wrong_from_the_start_is_said_on_the_terminal(
    digest: Shell, project: Path
) -> None:
    port = digest("preview", "--port", "99999", "--no-browser")
    host = digest("preview", "--host", "203.0.113.9", "--port", "0", "--no-browser")
    moment = digest("preview", "--at", "tomorrow", "--no-browser")
    reader = digest("preview", "--reader", "nobody@readers.example", "--no-browser")
    issue = digest("preview", "--issue", "daily/1999-01-01", "--no-browser")
    (project / "subscribers.yaml").write_text("subscribers: 3\n")
    broken = digest("preview", "--no-browser")

    assert (port.code, moment.code) == (2, 2)
    assert "99999" in port.err
    assert "tomorrow" in moment.err
    assert host.code == 4
    assert "203.0.113.9" in host.err
    assert (reader.code, issue.code, broken.code) == (3, 3, 3)
    assert "nobody@readers.example" in reader.err
    assert "daily/1999-01-01" in issue.err
    assert "subscribers.yaml:1:" in broken.err


def test_a_signal_ends_it_while_a_page_is_open(digest: Shell) -> None:
    process = start(digest.folder, "preview", "--port", "0", "--no-browser")
    assert process.stdout is not None
    port = int(process.stdout.readline().split(":")[2].split("/")[0])
    assert ask(port).status == 200
    with socket.create_connection((HOST, port)) as line:  # an open page's stream
        line.sendall(b"GET /changes?since=99 HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
        line.recv(100)
        process.send_signal(signal.SIGTERM)
        result = finish(process)

    assert result.code == 0
    assert result.err == ""


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
