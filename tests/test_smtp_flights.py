"""What shares a flight, what the desk hears and when, and what several connections do."""

from __future__ import annotations

import os
import signal
import socket
import struct
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Self

import pytest

from digest.errors import InputError, StoreError, TransportError
from digest.judging import Step
from digest.model import Bounce, Envelope, Message, Outcome, State
from digest.replies import Reply
from digest.transports.smtp import SmtpTransport, Timeouts
from digest.transports.smtp.courier import Courier
from digest.transports.smtp.pool import Pool
from digest.transports.smtp.session import Session
from tests.desks import ListDesk, delivered
from tests.smtp_servers import DROP, HOST, SILENCE, Scripted, loopback, play

QUICK = Timeouts(connect=10, reply=10, verdict=10, farewell=0.3, pauses=(0.01, 0.02))
SENT, DEFERRED, FAILED = State.SENT, State.DEFERRED, State.FAILED
UNKNOWN, QUEUED = State.UNKNOWN, State.QUEUED
TAKEN = ("250 ok", "250 ok", "354 go on")


def message(name: str, *, size: int = 300, domain: str = "example.org") -> Message:
    return Message(
        delivery=name,
        envelope=Envelope(sender="b@longitude.example", recipient=f"{name}@{domain}"),
        content=b"Subject: x\r\n\r\n" + b"text of the letter\r\n" * (size // 20),
    )


def letters(*names: str, size: int = 300) -> ListDesk:
    return ListDesk([message(name, size=size) for name in names])


class Peer:
    """Plays one conversation, word by word; later connections are refused."""

    def __init__(self, talk: Callable[[Peer], None]) -> None:
        self.talk, self.heard = talk, list[str]()
        self.listener = socket.create_server((HOST, 0))
        self.settings = replace(loopback(self.listener.getsockname()[1]))
        self.thread = threading.Thread(target=self.serve)

    def __enter__(self) -> Self:
        self.thread.start()
        return self

    def __exit__(self, *error: object) -> None:
        self.thread.join()

    def serve(self) -> None:
        self.line, _ = self.listener.accept()
        self.listener.close()
        self.line.settimeout(10)
        self.line.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        with self.line, self.line.makefile("rb") as self.file:
            self.say("220 peer")
            self.hear(1)
            self.say("250-peer", "250 PIPELINING")
            self.talk(self)

    def say(self, *lines: str) -> None:
        self.line.sendall("".join(f"{text}\r\n" for text in lines).encode())

    def drip(self, *lines: str) -> None:
        for octet in "".join(f"{text}\r\n" for text in lines).encode():
            self.line.sendall(bytes([octet]))

    def hear(self, number: int) -> None:
        self.heard += [self.file.readline().decode().strip() for _ in range(number)]

    def content(self) -> None:
        while self.file.readline() not in (b".\r\n", b""):
            pass

    def reset(self) -> None:
        linger = struct.pack("ii", 1, 0)
        self.line.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)


def spoken_to(
    talk: Callable[[Peer], None], desk: ListDesk, timeouts: Timeouts = QUICK
) -> tuple[Peer, TransportError | None]:
    with Peer(talk) as peer:
        error = delivered(SmtpTransport(peer.settings, timeouts=timeouts), desk)
    assert error is None or isinstance(error, TransportError)
    return peer, error


class TestOneFlight:
    def test_does_not_wait_for_an_acknowledgement_of_its_first_part(self) -> None:
        with Scripted() as server:
            session = Session(server.settings, tls=None, tokens=None, timeouts=QUICK)
            session.open()
            assert session.sock
            assert session.sock.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)
            session.leave()

    def test_a_content_and_the_next_envelope_leave_together(self) -> None:
        def talk(peer: Peer) -> None:
            peer.hear(3)
            peer.say(*TAKEN)
            for number in (1, 2):
                peer.content()
                peer.hear(3)  # before a word about the content
                peer.say(f"250 queued {number}", *TAKEN)
            peer.content()
            peer.say("250 queued 3")
            peer.hear(1)

        desk = letters("a", "b", "c")
        peer, error = spoken_to(talk, desk)

        assert error is None
        assert desk.states == {"a": SENT, "b": SENT, "c": SENT}
        assert desk.replies["b"] == "250 queued 2"
        assert peer.heard[-1] == "QUIT"
        assert desk.calls == [
            ((), "a"),
            (("a",), "b"),  # in one commit
            (("b",), "c"),
            (("c",), ""),
        ]

    def test_answers_may_come_octet_by_octet_and_in_many_lines(self) -> None:
        def talk(peer: Peer) -> None:
            peer.hear(3)
            peer.drip("250-one", "250 two", "250 ok", "354-go", "354 on")
            peer.content()
            peer.hear(3)
            peer.drip("250-q", "250 queued", "250 ok", "550-5.1.1 no", "550 5.1.1 one")
            peer.drip("503 need RCPT")

        desk = letters("a", "b")
        _, error = spoken_to(talk, desk)

        assert error is None
        assert desk.states == {"a": SENT, "b": FAILED}
        assert desk.outcomes[1].bounce is Bounce.HARD

    @pytest.mark.parametrize(
        "answer", ["250-never ends\r\n" * 500, "250-a\r\n550 b", "250 " + "x" * 9000]
    )
    def test_what_is_no_reply_says_nothing(self, answer: str) -> None:
        def talk(peer: Peer) -> None:
            peer.hear(3)
            peer.say(*TAKEN)
            peer.content()
            peer.say(answer)

        desk = letters("a")
        spoken_to(talk, desk)

        assert desk.states == {"a": UNKNOWN}

    def test_a_farewell_said_before_we_began_is_no_refusal(self) -> None:
        def talk(peer: Peer) -> None:
            peer.hear(3)
            peer.say(*TAKEN)
            peer.content()
            peer.say("250 queued", "421 4.4.2 idle for too long")

        desk = letters("a", "b")
        _, error = spoken_to(talk, desk)

        assert desk.states == {"a": SENT, "b": QUEUED}
        assert "nothing listens there" in str(error), (
            "only one connection was to be had"
        )

    def test_a_421_before_the_content_arrives_defers_it(self) -> None:
        def talk(peer: Peer) -> None:
            peer.hear(3)
            peer.say(*TAKEN, "421 4.4.2 too slow")
            peer.line.shutdown(socket.SHUT_WR)
            while peer.line.recv(65536):
                pass

        desk = letters("a", "b", size=400_000)
        spoken_to(talk, desk)

        assert desk.states == {"a": DEFERRED, "b": QUEUED}

    def test_a_refusal_amid_megabytes_is_heard(self) -> None:
        def talk(peer: Peer) -> None:
            peer.hear(3)
            peer.say(*TAKEN)
            peer.line.recv(1000)
            peer.say("552 5.3.4 too large")
            peer.line.shutdown(socket.SHUT_WR)
            peer.line.settimeout(0.2)
            try:
                while peer.line.recv(65536):
                    pass
            except TimeoutError:
                peer.reset()

        desk = letters("a", size=30_000_000)
        _, error = spoken_to(talk, desk)

        assert error is None
        assert desk.replies == {"a": "552 5.3.4 too large"}
        assert desk.states == {"a": FAILED}

    def test_a_reset_amid_megabytes_leaves_it_waiting(self) -> None:
        def talk(peer: Peer) -> None:
            peer.hear(3)
            peer.say(*TAKEN)
            peer.line.recv(1000)
            peer.reset()

        desk = letters("a", "b", size=30_000_000)
        spoken_to(talk, desk)

        assert desk.states == {"a": QUEUED, "b": QUEUED}

    def test_silence_after_the_dot_is_one_in_doubt(self) -> None:
        def talk(peer: Peer) -> None:
            peer.hear(3)
            peer.say(*TAKEN)
            peer.content()
            while peer.line.recv(65536):
                pass

        desk = letters("a", "b")
        spoken_to(talk, desk, replace(QUICK, verdict=0.3))

        assert desk.states == {"a": UNKNOWN, "b": QUEUED}


class TestWhatTheDeskSays:
    @pytest.mark.parametrize("features", ["PIPELINING", "SIZE"])
    def test_a_recalled_content_never_arrives_and_the_next_goes_on(
        self, features: str
    ) -> None:
        desk = letters("a", "b", "c")
        desk.recalled.add("b")
        with Scripted(features=features) as server:
            error = delivered(SmtpTransport(server.settings, timeouts=QUICK), desk)

        assert error is None
        assert desk.states == {"a": SENT, "c": SENT}
        assert server.accepted == {"a": 1, "c": 1}

    @pytest.mark.parametrize("features", ["PIPELINING", "SIZE"])
    @pytest.mark.parametrize("slow", ["MAIL", "RCPT", "DATA", "QUIT", "greeting"])
    def test_an_answer_is_written_down_while_a_server_takes_its_time(
        self, slow: str, features: str
    ) -> None:
        """Whoever is killed now would hold, or send again, what is known to be there."""
        desk = letters("a", "b")
        written = list[bool]()

        def slowly(step: str) -> str | None:
            if step == slow and desk.left and not written:
                until = time.monotonic() + 2
                while "a" not in desk.states and time.monotonic() < until:
                    time.sleep(0.01)
                written.append("a" in desk.states)
            if slow == "greeting" and step == "MAIL" and desk.left and not written:
                return DROP
            return None

        with Scripted(slowly, slowly, features=features) as server:
            each = 1 if slow == "QUIT" else 9
            settings = replace(server.settings, messages_per_connection=each)
            delivered(
                SmtpTransport(settings, timeouts=replace(QUICK, farewell=5)), desk
            )

        assert written == [True]
        assert desk.states == {"a": SENT, "b": SENT}

    def test_a_full_disk_lets_no_content_out(self) -> None:
        class Full(ListDesk):
            def settle(
                self,
                outcomes: Sequence[Outcome] = (),
                *,
                leaving: Message | None = None,
            ) -> bool:
                if "a" in self.left:
                    raise StoreError("disk full")
                return super().settle(outcomes, leaving=leaving)

        desk = Full([message(name) for name in "abc"])
        with Scripted(features="PIPELINING") as server:
            transport = SmtpTransport(server.settings, timeouts=QUICK)
            with pytest.raises(StoreError, match="disk full"):
                transport.deliver(desk)

        assert server.accepted == {"a": 1}

    def test_what_cannot_be_made_ends_it_after_what_is_in_flight(self) -> None:
        class Broken(ListDesk):
            def take(self) -> Message | None:
                if len(self.drawn) == 2:
                    raise InputError("the template is wrong")
                return super().take()

        desk = Broken([message(name) for name in "abc"])
        with Scripted(features="PIPELINING") as server:
            error = delivered(SmtpTransport(server.settings, timeouts=QUICK), desk)

        assert str(error) == "the template is wrong"
        assert desk.states["a"] is SENT
        assert server.accepted.total() == list(desk.states.values()).count(SENT)

    def test_an_interrupt_says_what_is_in_doubt(self) -> None:
        def interrupting(step: str) -> str | None:
            if step == "dot":
                os.kill(os.getpid(), signal.SIGINT)
                return SILENCE
            return None

        desk = letters("a", "b")
        with Scripted(interrupting, features="PIPELINING") as server:
            transport = SmtpTransport(server.settings, timeouts=QUICK)
            with pytest.raises(KeyboardInterrupt):
                transport.deliver(desk)
            # At once, and not when the server gives up.
            desk.check()
            assert desk.states == {"a": UNKNOWN, "b": QUEUED}


class TestAFaultOfOurOwn:
    """Whatever it is, it comes out, and nothing is forgotten or called unsent."""

    def test_before_anything_left(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(Session, "envelope", broken)
        desk = letters("a", "b")
        with (
            Scripted(features="PIPELINING") as server,
            pytest.raises(ZeroDivisionError),
        ):
            SmtpTransport(server.settings, timeouts=QUICK).deliver(desk)

        desk.check()
        assert desk.states == {"a": QUEUED}

    def test_when_a_content_may_have_left(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(Courier, "_verdict", broken)
        desk = letters("a", "b", "c")
        with (
            Scripted(features="PIPELINING") as server,
            pytest.raises(ZeroDivisionError),
        ):
            SmtpTransport(server.settings, timeouts=QUICK).deliver(desk)

        desk.check()
        assert desk.states == {"a": UNKNOWN, "b": QUEUED}


def broken(*_: object, **__: object) -> None:
    raise ZeroDivisionError


class TestAProvidersConnections:
    @pytest.fixture
    def pool(self) -> Pool:
        """Two connections, of which a provider that said "too fast" allows one."""
        desk = ListDesk([message(name, domain="gmail.com") for name in "abcd"])
        pool = Pool(desk, loopback(1, connections=2), time.monotonic)
        first = pool.draw(wait=True)
        assert first
        assert pool.admit(first, "one", wait=True) is True
        outcome = pool.judge(first, "one", Step.CONTENT, Reply(450, "4.7.1 slow down"))
        assert outcome.state is DEFERRED
        return pool

    def test_are_kept_to(self, pool: Pool) -> None:
        one, other = (pool.draw(wait=True) for _ in range(2))
        assert one
        assert other
        assert pool.admit(one, "one", wait=False) is True
        assert pool.admit(other, "two", wait=False) is False

        found = list[object]()
        waiting = threading.Thread(
            target=lambda: found.append(pool.admit(other, "two", wait=True))
        )
        waiting.start()
        pool.judge(one, "one", Step.CONTENT, Reply(250, "ok"))
        waiting.join(10)

        assert found == [True]

    def test_are_waited_for_only_while_anything_may_be_sent(self, pool: Pool) -> None:
        one, other = (pool.draw(wait=True) for _ in range(2))
        assert one
        assert other
        pool.admit(one, "one", wait=False)

        found = list[object]()
        waiting = threading.Thread(
            target=lambda: found.append(pool.admit(other, "two", wait=True))
        )
        waiting.start()
        pool.fail(TransportError("the end"))
        waiting.join(10)

        assert found == [False]
        assert pool.draw(wait=True) is None

    def test_what_is_given_back_is_drawn_by_another(self, pool: Pool) -> None:
        one = pool.draw(wait=True)
        assert one
        pool.admit(one, "one", wait=False)

        pool.give_back(one, "one")

        assert pool.left_over() == [one]
        assert pool.draw(wait=False) is one
        assert pool.admit(one, "two", wait=False) is True


class TestSeveralConnections:
    def test_share_the_work_and_wear_out(self) -> None:
        desk = letters(*(f"r{number}" for number in range(20)))
        with Scripted(features="PIPELINING") as server:
            settings = replace(server.settings, messages_per_connection=6)
            transport = SmtpTransport(settings, timeouts=QUICK)
            error = delivered(transport, desk)

        assert error is None
        assert set(desk.states.values()) == {SENT}
        assert server.connections == 4

    @pytest.mark.parametrize("answer", ["421 4.3.2 one is enough", "554 5.3.2 no more"])
    def test_a_server_that_takes_only_one_gets_it_all_by_one(self, answer: str) -> None:
        crowded = threading.Lock()

        def one_at_a_time(listener: socket.socket) -> None:
            while True:
                try:
                    line, _ = listener.accept()
                except OSError:
                    return
                threading.Thread(target=talk, args=(line,), daemon=True).start()

        def talk(line: socket.socket) -> None:
            with line, line.makefile("rb") as file:
                if not crowded.acquire(blocking=False):
                    line.sendall(f"{answer}\r\n".encode())
                    return
                try:
                    line.sendall(b"220 busy\r\n")
                    while command := file.readline():
                        if command == b"DATA\r\n":
                            line.sendall(b"354 go on\r\n")
                            while file.readline() not in (b".\r\n", b""):
                                pass
                        line.sendall(b"250 ok\r\n")
                except OSError:
                    pass
                finally:
                    crowded.release()

        desk = letters(*(f"r{number}" for number in range(60)))
        with socket.create_server((HOST, 0)) as listener:
            threading.Thread(
                target=one_at_a_time, args=(listener,), daemon=True
            ).start()
            settings = loopback(listener.getsockname()[1], connections=4)
            patient = replace(QUICK, pauses=(0.05,) * 100)
            transport = SmtpTransport(settings, timeouts=patient)
            error = delivered(transport, desk)
            listener.shutdown(socket.SHUT_RDWR)

        assert error is None
        assert transport.window == 4
        assert set(desk.states.values()) == {SENT}

    def test_a_server_that_comes_back_is_found_again(self) -> None:
        with Scripted(play(dot=DROP), play(greeting="421 4.3.2 starting")) as server:
            desk = letters("a", "b")
            error = delivered(SmtpTransport(server.settings, timeouts=QUICK), desk)

        assert error is None
        assert desk.states == {"a": UNKNOWN, "b": SENT}

    def test_an_operator_s_rate_is_kept(self) -> None:
        with Scripted(features="PIPELINING") as server:
            settings = replace(server.settings, rate=20)
            desk, began = letters(*"abcdef"), time.monotonic()
            error = delivered(SmtpTransport(settings, timeouts=QUICK), desk)

        assert error is None
        assert set(desk.states.values()) == {SENT}
        # A lower bound: six mails at 20 a second, less what may be caught up.
        assert time.monotonic() - began >= 3 / 20


class TestProviders:
    def test_one_that_asks_for_silence_is_left_alone_and_others_go_on(self) -> None:
        desk = ListDesk(
            [
                message("a", domain="gmail.com"),
                message("b"),
                message("c", domain="googlemail.com"),
                message("d"),
            ]
        )
        with Scripted(play(dot="450 4.7.28 unusual rate")) as server:
            error = delivered(SmtpTransport(server.settings, timeouts=QUICK), desk)

        assert error is None
        assert desk.states == {"a": DEFERRED, "b": SENT, "c": DEFERRED, "d": SENT}
        a, c = (o for o in desk.outcomes if o.delivery in "ac")
        assert 590 < c.wait_seconds <= a.wait_seconds <= 600
        assert c.reply == "not tried: google asked us to wait: 450 4.7.28 unusual rate"
        assert not any("<c@" in line for line in server.heard)

    def test_a_crowd_of_hard_bounces_is_doubted(self) -> None:
        refuse = play(RCPT=("250 2.1.5 OK",) + ("550 5.1.1 unknown",) * 23)
        desk = letters(*(f"r{number}" for number in range(24)))
        with Scripted(refuse, features="PIPELINING") as server:
            error = delivered(SmtpTransport(server.settings, timeouts=QUICK), desk)

        assert error is None
        bounces = [o.bounce for o in desk.outcomes if o.state is FAILED]
        assert bounces == [Bounce.HARD] * 20 + [None] * 3
        assert "not held against the reader" in desk.outcomes[-1].reply


class TestManyThatCannotBeSent:
    def test_do_not_keep_a_content_waiting_and_are_written_in_batches(self) -> None:
        small, big = message("a"), [message(f"r{n}", size=9000) for n in range(120)]
        desk = ListDesk([small, *big])
        with Scripted(features="SIZE 5000") as server:
            error = delivered(SmtpTransport(server.settings, timeouts=QUICK), desk)

        assert error is None
        assert list(desk.states.values()).count(FAILED) == 120
        together = [len(outcomes) for outcomes, _ in desk.calls]
        assert together[0] == 50, "with the word that the first one leaves"
        assert desk.calls[0][1] == "a"
        assert max(together) <= 51
        assert len(together) < 6


class TestTheSendersFault:
    def test_a_sender_that_is_no_address_stops_everything(self) -> None:
        forged = message("a")
        envelope = replace(forged.envelope, sender="b>\r\nRCPT TO:<evil@example.org")
        desk = ListDesk([replace(forged, envelope=envelope), message("b")])
        with Scripted() as server:
            error = delivered(SmtpTransport(server.settings, timeouts=QUICK), desk)

        assert "MAIL FROM: " in str(error)
        assert "check the newsletter's sender and delivery.smtp.bounce" in str(error)
        assert desk.states == {"a": QUEUED}
        assert not any("evil" in line for line in server.heard)

    def test_a_malformed_mail_stops_everything_when_it_is_the_first(self) -> None:
        with Scripted(play(dot="554 5.6.0 malformed")) as server:
            desk = letters("a", "b", "c")
            error = delivered(SmtpTransport(server.settings, timeouts=QUICK), desk)

        assert "it says that our mails are malformed: 554 5.6.0" in str(error)
        assert desk.states == {"a": QUEUED, "b": SENT}, "b was under way"

    def test_one_among_many_fails_alone(self) -> None:
        with Scripted(play(dot=("250 ok", "554 5.6.0 malformed"))) as server:
            desk = letters("a", "b", "c")
            error = delivered(SmtpTransport(server.settings, timeouts=QUICK), desk)

        assert error is None
        assert desk.states == {"a": SENT, "b": FAILED, "c": SENT}

    def test_a_used_up_allowance_stops_after_what_is_in_flight(self) -> None:
        plays = play(MAIL=("250 ok", "550 5.4.5 Daily user sending limit exceeded"))
        with Scripted(plays, features="PIPELINING") as server:
            desk = letters("a", "b", "c")
            error = delivered(SmtpTransport(server.settings, timeouts=QUICK), desk)

        assert "how much it lets you send" in str(error)
        assert desk.states == {"a": SENT, "b": QUEUED}
