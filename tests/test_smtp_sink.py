"""The SMTP transport against Postfix's smtp-sink, told to fail at each step."""

from __future__ import annotations

import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from digest.model import Envelope, Message, State
from digest.transports.smtp import SmtpTransport, Timeouts
from tests.desks import ListDesk, delivered
from tests.smtp_servers import HOST, loopback

SINK = shutil.which("smtp-sink", path="/usr/sbin:/usr/lib/postfix/sbin:/usr/bin")
QUICK = Timeouts(connect=10, reply=10, verdict=10, farewell=1, pauses=(0.01, 0.02))
pytestmark = pytest.mark.skipif(
    SINK is None, reason="NOT TESTED against smtp-sink: install Debian's postfix"
)

SENT, DEFERRED, FAILED = State.SENT, State.DEFERRED, State.FAILED
UNKNOWN, QUEUED = State.UNKNOWN, State.QUEUED

REFUSED, LATER, HANGS_UP, SAYS_421 = "-f", "-r", "-q", "-Q"

#: What it does at which step, what becomes of three mails, and what is said at the end.
CASES = [
    *((how, "CONNECT", [QUEUED], "no mail can be sent")
      for how in (REFUSED, LATER, HANGS_UP, SAYS_421)),
    (REFUSED, "EHLO", [SENT] * 3, ""),  # HELO does
    (LATER, "EHLO", [SENT] * 3, ""),
    (HANGS_UP, "EHLO", [QUEUED], "no mail can be sent"),
    (SAYS_421, "EHLO", [QUEUED], "no mail can be sent"),
    (REFUSED, "MAIL", [QUEUED], "it takes no mail from our sender"),
    (LATER, "MAIL", [DEFERRED] * 3, ""),
    (HANGS_UP, "MAIL", [QUEUED] * 3, "3 messages in a row"),
    (SAYS_421, "MAIL", [DEFERRED] * 3, "3 messages in a row"),
    (REFUSED, "RCPT", [FAILED] * 3, ""),
    (LATER, "RCPT", [DEFERRED] * 3, ""),
    (HANGS_UP, "RCPT", [QUEUED] * 3, "3 messages in a row"),
    (SAYS_421, "RCPT", [DEFERRED] * 3, "3 messages in a row"),
    (REFUSED, "DATA", [QUEUED], "our mails are malformed"),
    (LATER, "DATA", [DEFERRED] * 3, ""),
    (HANGS_UP, "DATA", [QUEUED] * 3, "3 messages in a row"),
    (SAYS_421, "DATA", [DEFERRED] * 3, "3 messages in a row"),
    # The first content is refused; the next envelope is under way only if pipelined.
    (REFUSED, ".", [QUEUED, QUEUED], "our mails are malformed"),
    (LATER, ".", [DEFERRED] * 3, ""),
    (HANGS_UP, ".", [UNKNOWN] * 3, "3 messages in a row"),
    (SAYS_421, ".", [DEFERRED] * 3, "3 messages in a row"),
    *((how, "QUIT", [SENT] * 3, "") for how in (REFUSED, LATER, HANGS_UP, SAYS_421)),
]  # fmt: skip


@contextmanager
def sink(*options: str) -> Iterator[int]:
    """Run smtp-sink; yield its port."""
    assert SINK
    with socket.create_server((HOST, 0)) as free:
        port: int = free.getsockname()[1]
    process = subprocess.Popen(
        [SINK, "-u", "nobody", *options, f"{HOST}:{port}", "20"],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        for _ in range(200):
            with socket.socket() as probe:
                if probe.connect_ex((HOST, port)) == 0:
                    break
            time.sleep(0.02)
        yield port
    finally:
        process.terminate()
        process.wait()


def letters(number: int) -> ListDesk:
    return ListDesk(
        Message(
            delivery=f"r{place}",
            envelope=Envelope(
                sender="b@longitude.example", recipient=f"r{place}@d{place}.example"
            ),
            content=b"Subject: x\r\n\r\n" + b"text of the letter\r\n" * 100,
        )
        for place in range(number)
    )


@pytest.mark.parametrize(("how", "step", "states", "words"), CASES)
def test_every_failure_at_every_step_means_what_it_should(
    how: str, step: str, states: list[State], words: str
) -> None:
    desk = letters(3)
    with sink(how, step) as port:
        error = delivered(SmtpTransport(loopback(port), timeouts=QUICK), desk)

    assert list(desk.states.values()) == states
    assert (words in str(error)) if words else error is None


def test_takes_a_thousand_on_five_connections() -> None:
    desk = letters(1000)
    with sink() as port:
        settings = loopback(port, connections=5)
        error = delivered(SmtpTransport(settings, timeouts=QUICK), desk)

    assert error is None
    assert set(desk.states.values()) == {SENT}
    assert len(desk.outcomes) == 1000
