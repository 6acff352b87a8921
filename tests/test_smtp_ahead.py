"""On one connection a content sets out while it is written down; its end waits."""

from __future__ import annotations

import ssl
import threading
import time
from collections.abc import Sequence
from dataclasses import replace

import pytest
import trustme

from digest.errors import StoreError
from digest.model import Message, Outcome, State
from digest.settings import Security
from digest.transports.smtp import SmtpTransport
from digest.transports.smtp.pool import Pool
from digest.transports.smtp.session import Session
from tests.desks import ListDesk
from tests.smtp_servers import Scripted, loopback
from tests.test_smtp_flights import (
    FAILED,
    QUEUED,
    QUICK,
    SENT,
    TAKEN,
    Peer,
    letters,
    message,
    spoken_to,
)

CONTENT = len(message("a").content)
A_WHILE = 0.2  #: seconds in which what must not come would have come


class Slow(ListDesk):
    """Writes down that "a" leaves only after the server did what it waits for."""

    def __init__(self) -> None:
        super().__init__([message("a"), message("b")])
        self.go_on, self.written = threading.Event(), threading.Event()

    def settle(
        self, outcomes: Sequence[Outcome] = (), *, leaving: Message | None = None
    ) -> bool:
        if leaving is not None and leaving.delivery == "a" and not self.left:
            assert self.go_on.wait(10)
            time.sleep(A_WHILE)
            self.written.set()
        return super().settle(outcomes, leaving=leaving)


def test_all_but_the_end_is_there_before_it_is_written_down() -> None:
    desk = Slow()
    early = list[bool]()

    def talk(peer: Peer) -> None:
        peer.hear(3)
        peer.say(*TAKEN)
        assert peer.file.read(CONTENT) == message("a").content
        desk.go_on.set()
        assert peer.file.readline() == b".\r\n"
        early.append(not desk.written.is_set())
        peer.hear(3)
        peer.say("250 queued", *TAKEN)
        peer.content()
        peer.say("250 queued")

    _, error = spoken_to(talk, desk)

    assert error is None
    assert early == [False]
    assert desk.states == {"a": SENT, "b": SENT}


@pytest.mark.parametrize(
    ("answer", "state", "words"),
    [
        ("552 5.3.4 too large", FAILED, "552 5.3.4 too large"),
        ("451 4.3.0 not now", State.DEFERRED, "451 4.3.0 not now"),
        ("421 4.3.2 closing", State.DEFERRED, "421 4.3.2 closing"),
        ("250 queued", QUEUED, ""),
        ("", QUEUED, ""),
    ],
)
def test_what_a_server_says_to_the_beginning(
    answer: str, state: State, words: str
) -> None:
    """It can refuse it, or hang up; it cannot have accepted it."""
    desk = Slow()
    rest = list[bytes]()

    def talk(peer: Peer) -> None:
        peer.hear(3)
        peer.say(*TAKEN)
        peer.file.read(CONTENT)
        if answer:
            peer.say(answer)
            desk.go_on.set()
            rest.append(peer.file.read())
        else:
            peer.reset()

    def reset(peer: Peer) -> None:
        talk(peer)
        threading.Timer(A_WHILE / 2, desk.go_on.set).start()

    spoken_to(talk if answer else reset, desk)

    assert rest in ([b""], []), "it must not end"
    assert desk.states == {"a": state, "b": QUEUED}
    assert words in desk.replies["a"]


@pytest.mark.parametrize("recalled", [True, False])
def test_one_that_may_not_leave_comes_to_no_end(*, recalled: bool) -> None:
    class Refusing(ListDesk):
        def settle(
            self, outcomes: Sequence[Outcome] = (), *, leaving: Message | None = None
        ) -> bool:
            if leaving is not None and not recalled:
                raise StoreError("disk full")
            return super().settle(outcomes, leaving=leaving)

    desk = Refusing([message("a")])
    desk.recalled.add("a")
    rest = list[bytes]()

    def talk(peer: Peer) -> None:
        peer.hear(3)
        peer.say(*TAKEN)
        rest.append(peer.file.read())

    with Peer(talk) as peer:
        transport = SmtpTransport(peer.settings, timeouts=QUICK)
        if recalled:
            transport.deliver(desk)
        else:
            with pytest.raises(StoreError, match="disk full"):
                transport.deliver(desk)

    assert rest == [message("a").content]


def test_a_line_that_is_full_is_not_waited_for() -> None:
    """What came of the message before is to be written down at once."""
    over = threading.Event()

    def talk(_: Peer) -> None:
        assert over.wait(20)

    with Peer(talk) as peer:
        session = Session(peer.settings, tls=None, tokens=None, timeouts=QUICK)
        session.open()
        began = time.monotonic()
        left = sum(session.begin(bytes(10_000_000)) for _ in range(4))
        took = time.monotonic() - began
        over.set()
        assert session.sock
        patience = session.sock.gettimeout()
        session.close()

    assert 0 < left < 40_000_000
    assert took < QUICK.reply
    assert patience == QUICK.reply, "as before"


def test_nothing_sets_out_under_tls() -> None:
    """What it took and could not send would have to be given to it again."""
    authority = trustme.CA()
    theirs = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("localhost").configure_cert(theirs)
    ours = ssl.create_default_context()
    authority.configure_trust(ours)
    with Scripted(tls=theirs) as server:
        settings = replace(server.settings, host="localhost", security=Security.TLS)
        session = Session(settings, tls=ours, tokens=None, timeouts=QUICK)
        session.open()
        assert session.begin(b"Subject: x\r\n") == 0
        session.leave()

    assert server.heard[-1] == "QUIT"


def test_of_several_connections_none_does() -> None:
    pool = Pool(letters(), loopback(1, connections=2), time.monotonic)
    first, second = Line(), Line()
    assert not pool.one_line
    pool.joins(first)
    assert pool.one_line
    pool.joins(second)
    assert not pool.one_line
    pool.parts(first)
    assert pool.one_line


class Line:
    def cut(self) -> None:
        raise AssertionError
