"""Servers that answer in ways that no standard knows, or that somebody meddles with."""

from __future__ import annotations

import socket
import ssl
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path
from typing import BinaryIO

import pytest
import trustme

from digest.errors import DigestError
from digest.model import Message, Outcome, State
from digest.settings import Security, SmtpDelivery
from digest.transports.smtp import SmtpTransport, Timeouts
from digest.transports.smtp.visit import Visit, visit
from tests.desks import ListDesk, delivered
from tests.smtp_servers import HOST, loopback
from tests.test_smtp_flights import QUICK, letters, message

SENT, QUEUED, UNKNOWN = State.SENT, State.QUEUED, State.UNKNOWN


class Line:
    """A client's line, with which a test says what it likes."""

    def __init__(self, line: socket.socket) -> None:
        self.line = line
        self.file: BinaryIO = line.makefile("rb")

    def say(self, *lines: str | bytes) -> None:
        said = (each.encode() if isinstance(each, str) else each for each in lines)
        self.line.sendall(b"".join(each + b"\r\n" for each in said))

    def hear(self) -> str:
        return self.file.readline().decode().strip()

    def content(self) -> None:
        while self.file.readline() not in (b".\r\n", b""):
            pass

    def greet(self, *features: str) -> None:
        self.say("220 strange")
        self.offer(*features)

    def offer(self, *features: str) -> None:
        self.hear()
        self.say("250-strange", *(f"250-{word}" for word in features), "250 HELP")

    def take(self) -> None:
        """Take one message, step by step."""
        for answer in ("250 ok", "250 ok", "354 go on"):
            self.hear()
            self.say(answer)
        self.content()
        self.say("250 queued")
        self.hear()


@contextmanager
def server(
    talk: Callable[[Line], None], host: str = HOST
) -> Iterator[tuple[SmtpDelivery, list[int]]]:
    """Let each client be spoken to alike; yield its settings, and who came."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.create_server((host, 0), family=family)
    came: list[int] = []

    def serve() -> None:
        with suppress(OSError):
            while True:
                line, peer = listener.accept()
                came.append(peer[1])
                line.settimeout(5)
                with line, suppress(OSError):
                    talk(Line(line))

    thread = threading.Thread(target=serve)
    thread.start()
    try:
        yield replace(loopback(listener.getsockname()[1]), host=host), came
    finally:
        listener.shutdown(socket.SHUT_RDWR)
        thread.join()
        listener.close()


def sent(
    settings: SmtpDelivery, *names: str, timeouts: Timeouts = QUICK
) -> tuple[ListDesk, DigestError | None]:
    desk = letters(*(names or "a"))
    return desk, delivered(SmtpTransport(settings, timeouts=timeouts), desk)


class TestOutOfTurn:
    def test_a_yes_before_the_content_is_not_the_answer_to_it(self) -> None:
        def talk(line: Line) -> None:
            line.greet("PIPELINING")
            for _ in range(3):
                line.hear()
            line.say("250 ok", "250 ok", "354 go on", "250 queued already")
            line.content()
            line.say("550 5.7.1 spam")
            line.hear()

        with server(talk) as (settings, came):
            desk, error = sent(settings, "a", "b")

        assert error is None
        assert desk.states == {"a": QUEUED, "b": QUEUED}
        assert "out of step, 250 queued already to nothing" in desk.replies["a"]
        assert len(came) > 1, "another connection was tried"

    @pytest.mark.parametrize("features", [(), ("PIPELINING",)])
    def test_a_line_closed_after_354_leaves_nothing_in_doubt(
        self, features: tuple[str, ...]
    ) -> None:
        closed = threading.Event()

        class Careful(ListDesk):
            """Takes its time to write down that a content is leaving."""

            def settle(
                self,
                outcomes: Sequence[Outcome] = (),
                *,
                leaving: Message | None = None,
            ) -> bool:
                if leaving is not None:
                    closed.wait(10)
                return super().settle(outcomes, leaving=leaving)

        def talk(line: Line) -> None:
            closed.clear()
            line.greet(*features)
            for answer in ("250 ok", "250 ok", "354 go on"):
                line.hear()
                line.say(answer)
            line.line.shutdown(socket.SHUT_RDWR)
            closed.set()

        desk = Careful([message("a")])
        with server(talk) as (settings, came):
            delivered(SmtpTransport(settings, timeouts=QUICK), desk)

        assert desk.states == {"a": QUEUED}
        assert "it hung up" in desk.replies["a"]
        assert len(came) == 3


class TestBeforeTheFirstMail:
    def test_a_greeting_without_end_is_not_listened_to_for_ever(self) -> None:
        heard_out = threading.Event()

        def talk(line: Line) -> None:
            for _ in range(30_000):
                line.say("220-welcome" * 8)
            heard_out.set()

        with server(talk) as (settings, _):
            desk, error = sent(settings)

        assert "a reply without end" in str(error)
        assert desk.states == {"a": QUEUED}
        assert not heard_out.is_set()

    def test_a_farewell_instead_of_an_offer_is_told_in_its_words(self) -> None:
        def talk(line: Line) -> None:
            line.say("220 strange")
            line.hear()
            line.say("421 4.3.2 closed for maintenance")

        with server(talk) as (settings, _):
            _, error = sent(settings)

        assert "it answers 421 4.3.2 closed for maintenance" in str(error)

    @pytest.mark.parametrize("size", ["9" * 5000, "9" * 21, "12e3"])
    def test_a_size_that_is_no_number_of_octets_is_no_limit(self, size: str) -> None:
        def talk(line: Line) -> None:
            line.greet(f"SIZE {size}")
            line.take()

        with server(talk) as (settings, _):
            seen = visit(settings)
            desk, error = sent(settings)

        assert error is None
        assert desk.states == {"a": SENT}
        assert isinstance(seen, Visit)
        assert seen.size == 0

    def test_a_question_for_the_login_that_is_no_base64_is_explained(self) -> None:
        def talk(line: Line) -> None:
            line.greet("AUTH LOGIN")
            line.hear()
            line.say("334 your name, please")
            line.hear()

        with server(talk) as (settings, _):
            login = replace(settings, username="digest", password="x")
            desk, error = sent(login)

        assert "it asks for the login in words that are no base64" in str(error)
        assert "Nothing is lost" in str(error)
        assert desk.states == {"a": QUEUED}


class TestUnderTls:
    @pytest.fixture
    def tls(self, tmp_path: Path) -> tuple[ssl.SSLContext, Path]:
        authority = trustme.CA()
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        authority.issue_cert("localhost").configure_cert(context)
        path = tmp_path / "ca.pem"
        authority.cert_pem.write_to_path(path)
        return context, path

    def test_what_was_slipped_in_behind_its_220_is_never_believed(
        self, tls: tuple[ssl.SSLContext, Path]
    ) -> None:
        """As anybody on the way can do (CVE-2011-0411, CVE-2021-38371)."""
        context, ca_file = tls
        heard: list[str] = []

        def talk(line: Line) -> None:
            line.greet("STARTTLS", "PIPELINING")
            line.hear()
            line.say("220 go on", "250-evil", "250-PIPELINING", "250 AUTH PLAIN")
            with context.wrap_socket(line.line, server_side=True) as safe:
                under = Line(safe)
                heard.append(under.hear())
                under.say("250-strange", "250 STARTTLS")  # again: nobody asks for it
                for answer in ("250 ok", "250 ok", "354 go on"):
                    heard.append(under.hear())
                    under.say(answer)
                under.content()
                under.say("250 queued")
                heard.append(under.hear())

        with server(talk) as (settings, _):
            secure = replace(
                settings,
                host="localhost",
                security=Security.STARTTLS,
                ca_file=ca_file,
            )
            desk, error = sent(secure)

        assert error is None
        assert desk.states == {"a": SENT}
        assert [each.partition(" ")[0].upper() for each in heard] == (
            ["EHLO", "MAIL", "RCPT", "DATA", "QUIT"]
        )

    def test_one_that_never_begins_is_given_up(
        self, tls: tuple[ssl.SSLContext, Path]
    ) -> None:
        _, ca_file = tls

        def talk(line: Line) -> None:
            line.greet("STARTTLS")
            line.hear()
            line.say("220 go on")
            while line.line.recv(4096):
                pass

        with server(talk) as (settings, _):
            secure = replace(
                settings, host="localhost", security=Security.STARTTLS, ca_file=ca_file
            )
            desk, error = sent(secure, timeouts=replace(QUICK, connect=0.3))

        assert "it does not answer; check host, port and firewall" in str(error)
        assert desk.states == {"a": QUEUED}


class TestSeveralAddresses:
    def test_the_next_one_is_tried_where_the_first_is_dead(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        with socket.create_server((HOST, 0)) as free:
            dead = free.getsockname()[1]

        def talk(line: Line) -> None:
            line.greet()
            line.take()

        with server(talk) as (settings, _):
            kind = (socket.AF_INET, socket.SOCK_STREAM, 6, "")
            monkeypatch.setattr(
                socket,
                "getaddrinfo",
                lambda *_, **__: [
                    (*kind, (HOST, port)) for port in (dead, settings.port)
                ],
            )
            desk, error = sent(replace(settings, host="smtp.longitude.example"))

        assert error is None
        assert desk.states == {"a": SENT}

    def test_one_of_ipv6_is_greeted_with_ours(self) -> None:
        heard: list[str] = []

        def talk(line: Line) -> None:
            line.say("220 strange")
            heard.append(line.hear())
            line.say("250 HELP")
            line.take()

        try:
            with server(talk, host="::1") as (settings, _):
                desk, error = sent(settings)
        except OSError:
            pytest.skip("this machine has no IPv6")

        assert error is None
        assert desk.states == {"a": SENT}
        assert heard == ["ehlo [IPv6:::1]"]
