"""The SMTP transport against real servers, and against ones that break off."""

from __future__ import annotations

import logging
import random
import socket
import ssl
import threading
from collections import Counter
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import trustme

from digest.errors import DigestError, TransportError
from digest.model import Envelope, Message, State
from digest.settings import Security, SmtpDelivery
from digest.transports import deliver_one, open_transport
from digest.transports.smtp import SmtpTransport, Timeouts
from digest.transports.smtp.trouble import explained
from tests.desks import ListDesk
from tests.desks import delivered as deliver
from tests.smtp_servers import (
    DROP,
    HOST,
    RESET,
    SILENCE,
    RealServer,
    Scripted,
    loopback,
    play,
)

PAUSES = (0.01, 0.02)  # a server that comes back does so at once
QUICK = Timeouts(connect=10, reply=10, verdict=10, farewell=0.3, pauses=PAUSES)
IMPATIENT = Timeouts(connect=0.5, reply=0.5, verdict=0.3, farewell=0.3, pauses=PAUSES)
SMALL = b"Subject: x\r\n\r\nbody\r\n"
BIG = b"Subject: x\r\n\r\n" + (b"x" * 900 + b"\r\n") * 20_000  # fills every buffer
SENT, DEFERRED, FAILED = State.SENT, State.DEFERRED, State.FAILED
UNKNOWN, QUEUED = State.UNKNOWN, State.QUEUED


def message(name: str, *, content: bytes = SMALL) -> Message:
    return Message(
        delivery=name,
        envelope=Envelope(
            sender="b+token@longitude.example", recipient=f"{name}@example.org"
        ),
        content=content,
    )


def letters(*names: str, content: bytes = SMALL) -> ListDesk:
    return ListDesk([message(name, content=content) for name in names])


def delivered(
    settings: SmtpDelivery, desk: ListDesk, *, timeouts: Timeouts = QUICK
) -> tuple[ListDesk, DigestError | None]:
    """Deliver it all; return the desk, and the error that ended it, if one did."""
    return desk, deliver(SmtpTransport(settings, timeouts=timeouts), desk)


@pytest.fixture(params=["lockstep", "PIPELINING"])
def either_way(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """Let scripted servers offer PIPELINING, or not."""
    offers = request.param.replace("lockstep", "")
    monkeypatch.setattr(Scripted, "offers", offers)
    return str(offers)


@pytest.mark.usefixtures("either_way")
class TestWhatEachReplyMeans:
    @pytest.mark.parametrize(
        ("steps", "state", "words"),
        [
            ({}, SENT, "250 queued"),
            ({"RCPT": "251 will forward"}, SENT, "250 queued"),
            ({"MAIL": "451 4.3.0 busy"}, DEFERRED, "451 4.3.0 busy"),
            ({"MAIL": "552 5.3.4 too big"}, FAILED, "552 5.3.4 too big"),
            ({"RCPT": "450 4.2.1 greylisted"}, DEFERRED, "450 4.2.1 greylisted"),
            ({"RCPT": "550 5.1.1 unknown"}, FAILED, "550 5.1.1 unknown"),
            ({"RCPT": "552 too many"}, DEFERRED, "552 too many"),
            ({"DATA": "451 4.7.1 later"}, DEFERRED, "451 4.7.1 later"),
            ({"DATA": "554 5.0.0 no"}, FAILED, "554 5.0.0 no"),
            ({"dot": "452 4.3.1 full"}, DEFERRED, "452 4.3.1 full"),
            (
                {"dot": "550-5.7.1 spam\r\n550 5.7.1 no"},
                FAILED,
                "550 5.7.1 spam 5.7.1 no",
            ),
            ({"dot": "421 4.3.2 stopping"}, DEFERRED, "421 4.3.2 stopping"),
        ],
    )
    def test_a_refused_message_never_stops_the_next(
        self, steps: dict[str, str], state: State, words: str
    ) -> None:
        with Scripted(play(**steps)) as server:
            desk, error = delivered(server.settings, letters("a", "b"))

        assert error is None
        assert desk.states == {"a": state, "b": SENT}
        assert desk.outcomes[0].reply == words
        assert server.accepted["a"] == (state is SENT)
        assert server.accepted["b"] == 1

    def test_a_refused_transaction_is_cleared_before_the_next(
        self, either_way: str
    ) -> None:
        with Scripted(play(RCPT="550 5.1.1 no", DATA="451 4.7.1 no")) as server:
            desk, _ = delivered(server.settings, letters("a", "b", "c"))

        assert desk.states == {"a": FAILED, "b": DEFERRED, "c": SENT}
        verbs = [line.partition(" ")[0] for line in server.heard]
        assert verbs == [
            *("ehlo", "MAIL", "RCPT", *["DATA"] * bool(either_way), "RSET"),
            *("MAIL", "RCPT", "DATA", "RSET"),
            *("MAIL", "RCPT", "DATA", "QUIT"),
        ]

    def test_a_354_for_a_refused_recipient_gets_an_empty_content(self) -> None:
        """RFC 2920 section 3.1: it is refused, and nobody gets an empty mail."""
        with Scripted(play(RCPT=("550 5.1.1 no", "450 4.2.1 no"))) as server:
            server.for_nobody = "354 go on"
            desk, error = delivered(server.settings, letters("a", "b", "c"))

        assert error is None
        assert desk.states == {"a": FAILED, "b": DEFERRED, "c": SENT}
        assert server.connections == 1
        assert (server.strays, server.accepted) == (0, {"c": 1})

    def test_no_goodbye_is_said_to_a_server_that_waits_for_a_content(self) -> None:
        with Scripted(play(RCPT="550 5.1.1 no")) as server:
            server.for_nobody = "354 go on"
            desk, error = delivered(server.settings, letters("a"))

        assert error is None
        assert desk.states == {"a": FAILED}
        assert server.unfinished == 0

    @pytest.mark.parametrize("answer", ["500 what", "421 enough", DROP, RESET])
    def test_a_server_that_cannot_clear_is_left_for_a_new_connection(
        self, answer: str
    ) -> None:
        with Scripted(play(RCPT="550 5.1.1 no", RSET=answer)) as server:
            desk, error = delivered(server.settings, letters("a", "b"))

        assert error is None
        assert desk.states == {"a": FAILED, "b": SENT}
        assert server.connections == 2

    def test_a_server_that_would_deliver_an_empty_mail_gets_none(self) -> None:
        with Scripted(play(MAIL="451 4.3.0 busy")) as server:
            server.forgetful = True
            desk, error = delivered(server.settings, letters("a", "b"))

        assert error is None
        assert desk.states == {"a": DEFERRED, "b": SENT}
        assert server.accepted == {"b": 1}

    def test_many_refused_in_a_row_are_many_outcomes(self) -> None:
        refuse = play(RCPT=("550 5.1.1 unknown",) * 6)
        with Scripted(refuse) as server:
            desk, error = delivered(server.settings, letters(*"abcdefg"))

        assert error is None
        assert Counter(desk.states.values()) == {FAILED: 6, SENT: 1}

    @pytest.mark.parametrize("answer", [DROP, RESET, SILENCE, "500 what"])
    def test_a_broken_goodbye_changes_nothing(self, answer: str) -> None:
        with Scripted(play(QUIT=answer)) as server:
            desk, error = delivered(server.settings, letters("a"))

        assert error is None
        assert desk.states == {"a": SENT}

    def test_a_reply_is_kept_printable_and_short(self) -> None:
        reply = "550 5.1.1 \x1b[31mred\x07 " + "x" * 900
        with Scripted(play(RCPT=reply)) as server:
            desk, _ = delivered(server.settings, letters("a"))

        assert desk.outcomes[0].reply.startswith("550 5.1.1 [31mred x")
        assert len(desk.outcomes[0].reply) == 500


@pytest.mark.usefixtures("either_way")
class TestWhenTheLineBreaks:
    @pytest.mark.parametrize("how", [DROP, RESET])
    @pytest.mark.parametrize("step", ["MAIL", "RCPT", "DATA", "body"])
    def test_before_the_last_byte_the_message_goes_again(
        self, step: str, how: str
    ) -> None:
        supply = letters("a", "b", content=BIG if step == "body" else SMALL)
        with Scripted(play(**{step: how})) as server:
            desk, error = delivered(server.settings, supply)

        assert error is None
        assert desk.states == {"a": SENT, "b": SENT}
        assert server.accepted == {"a": 1, "b": 1}
        assert server.connections == 2

    @pytest.mark.parametrize("how", [DROP, RESET, SILENCE, "garbage", "354 again"])
    def test_after_the_last_byte_nobody_knows_and_it_never_goes_again(
        self, how: str
    ) -> None:
        with Scripted(play(dot=how)) as server:
            desk, error = delivered(
                server.settings,
                letters("a", "b"),
                timeouts=IMPATIENT if how == SILENCE else QUICK,
            )

        assert error is None
        assert desk.states == {"a": UNKNOWN, "b": SENT}
        assert "it may have been delivered" in desk.outcomes[0].reply
        assert server.accepted["a"] <= 1
        assert sum("RCPT TO:<a@" in line for line in server.heard) == 1

    def test_a_slow_yes_is_waited_for(self) -> None:
        pause = threading.Event()

        def slowly(step: str) -> str | None:
            if step == "dot":
                pause.wait(0.6)
            return None

        with Scripted(slowly) as server:
            desk, _ = delivered(
                server.settings, letters("a"), timeouts=Timeouts(reply=0.3, verdict=5)
            )

        assert desk.states == {"a": SENT}

    def test_a_message_lost_on_every_connection_waits_and_the_next_goes_on(
        self,
    ) -> None:
        with Scripted(play(MAIL=DROP), play(RCPT=RESET), play(DATA=DROP)) as server:
            desk, error = delivered(server.settings, letters("a", "b"))

        assert error is None
        assert desk.states == {"a": QUEUED, "b": SENT}
        assert server.connections == 4

    def test_a_server_that_always_breaks_off_stops_the_delivery(self) -> None:
        plays = [play(DATA=DROP) for _ in range(9)]
        with Scripted(*plays) as server:
            supply = letters(*"abcdef")
            desk, error = delivered(server.settings, supply)

        assert "3 messages in a row" in str(error)
        assert desk.states == {"a": QUEUED, "b": QUEUED, "c": QUEUED}
        assert desk.drawn == ["a", "b", "c"]

    def test_a_server_that_never_answers_the_dot_stops_the_delivery(self) -> None:
        plays = [play(dot=DROP) for _ in range(9)]
        with Scripted(*plays) as server:
            desk, error = delivered(server.settings, letters(*"abcdef"))

        assert isinstance(error, TransportError)
        assert list(desk.states.values()) == [UNKNOWN] * 3 + [QUEUED]
        assert list(server.accepted.values()) == [1, 1, 1]

    def test_a_refusal_in_mid_message_is_heard_before_the_line_breaks(self) -> None:
        with Scripted(play(body="552 5.3.4 too large")) as server:
            desk, error = delivered(server.settings, letters("a", content=BIG))

        assert error is None
        assert desk.states == {"a": FAILED}
        assert desk.outcomes[0].reply == "552 5.3.4 too large"

    @pytest.mark.parametrize("steps", [{"RCPT": "354 eh"}, {"body": "250 eh"}])
    def test_a_reply_out_of_step_ends_the_conversation(
        self, steps: dict[str, str]
    ) -> None:
        supply = letters("a", content=BIG if "body" in steps else SMALL)
        with Scripted(play(**steps)) as server:
            desk, error = delivered(server.settings, supply)

        assert error is None
        assert desk.states == {"a": SENT}
        assert server.accepted == {"a": 1}
        assert server.connections == 2


@pytest.mark.usefixtures("either_way")
class TestTooManyForOneConversation:
    def test_a_421_on_a_used_connection_moves_on_to_a_new_one(self) -> None:
        limit = play(MAIL=("250 ok", "250 ok", "421 4.7.0 enough for one session"))
        with Scripted(limit) as server:
            desk, error = delivered(server.settings, letters("a", "b", "c", "d"))

        assert error is None
        assert set(desk.states.values()) == {SENT}
        assert server.accepted == {"a": 1, "b": 1, "c": 1, "d": 1}
        assert server.connections == 2

    def test_a_421_on_a_fresh_connection_defers_the_message(self) -> None:
        with Scripted(play(MAIL="421 4.3.2 not now")) as server:
            desk, error = delivered(server.settings, letters("a", "b"))

        assert error is None
        assert desk.states == {"a": DEFERRED, "b": SENT}
        assert desk.replies["a"] == "421 4.3.2 not now"

    def test_a_server_that_always_says_421_stops_the_delivery(self) -> None:
        plays = [play(RCPT="421 4.3.2 overloaded") for _ in range(9)]
        with Scripted(*plays) as server:
            desk, error = delivered(server.settings, letters(*"abcdef"))

        assert "421 4.3.2 overloaded" in str(error)
        assert list(desk.states.values()) == [DEFERRED] * 3
        assert server.connections == 3

    def test_a_connection_that_the_server_is_tired_of_is_renewed(self) -> None:
        def hang_up_when_done(step: str) -> str | None:
            return "250 queued\r\n421 4.4.2 idle" if step == "dot" else None

        with Scripted(hang_up_when_done) as server:
            first, _ = delivered(server.settings, letters("a", "b"))

        assert first.states == {"a": SENT, "b": SENT}
        assert server.connections == 2


@pytest.mark.usefixtures("either_way")
class TestTheTruthUnderRandomFaults:
    @pytest.mark.parametrize("seed", range(4))
    def test_no_verdict_is_ever_wrong(self, seed: int) -> None:
        dice = random.Random(seed)
        replies = ["450 4.0.0 later", "550 5.0.0 no", "421 4.3.2 bye", DROP, RESET]

        def misbehave(step: str) -> str | None:
            faulty = step not in ("greeting", "EHLO", "QUIT", "MAIL")
            if step == "body":
                return dice.choice([DROP, RESET]) if dice.random() < 0.04 else None
            return dice.choice(replies) if faulty and dice.random() < 0.06 else None

        supply = letters(*(f"r{number}" for number in range(120)))
        with Scripted(*[misbehave] * 200) as server:
            desk, error = delivered(server.settings, supply)

        assert error is None
        assert len(desk.outcomes) == 120
        for outcome in desk.outcomes:
            times = server.accepted[outcome.delivery]
            allowed = {SENT: (1,), UNKNOWN: (0, 1)}.get(outcome.state, (0,))
            assert times in allowed, (outcome, times)


class TestTheEnvelope:
    def test_states_the_size_where_the_server_asks_for_it(self) -> None:
        with Scripted() as server:
            delivered(server.settings, letters("a"))

        sender = f"MAIL FROM:<b+token@longitude.example> SIZE={len(SMALL)}"
        assert server.heard[1:3] == [sender, "RCPT TO:<a@example.org>"]

    @pytest.mark.parametrize("features", ["8BITMIME", "SIZE", "SIZE 0", "SIZE many"])
    def test_sends_where_the_server_states_no_limit(self, features: str) -> None:
        with Scripted(features=features) as server:
            desk, _ = delivered(server.settings, letters("a"))

        assert desk.states == {"a": SENT}

    def test_fails_a_message_too_big_for_the_server_without_sending_it(self) -> None:
        with Scripted(features="SIZE 10") as server:
            desk, error = delivered(server.settings, letters("a"))

        assert error is None
        assert desk.states == {"a": FAILED}
        assert "takes at most 10; lower" in desk.outcomes[0].reply
        assert server.heard == [server.heard[0], "QUIT"]

    def test_greets_with_an_address_literal_and_no_name_of_this_machine(self) -> None:
        with Scripted() as server:
            delivered(server.settings, letters("a"))

        assert server.heard[0].lower() == "ehlo [127.0.0.1]"

    def test_speaks_with_a_server_that_knows_no_ehlo(self) -> None:
        with Scripted(play(EHLO="502 what?")) as server:
            desk, _ = delivered(server.settings, letters("a"))

        assert desk.states == {"a": SENT}

    def test_ends_the_last_line_of_a_content_that_does_not(self) -> None:
        content = b"Subject: x\r\n\r\nno end"
        with Scripted() as server:
            desk, _ = delivered(server.settings, letters("a", "b", content=content))

        assert desk.states == {"a": SENT, "b": SENT}
        assert server.bodies == [content + b"\r\n"] * 2

    def test_names_its_delivery_where_returned_mail_can_say_it(self) -> None:
        with Scripted(features="DSN") as server:
            named = replace(message("a"), delivery="daily/2026-11-23:a+b=é")
            delivered(server.settings, ListDesk([named]))

        assert server.heard[1].endswith(
            "> RET=HDRS ENVID=daily/2026-11-23:a+2Bb+3D+C3+A9"
        )

    def test_a_local_part_beyond_ascii_needs_a_server_that_takes_it(self) -> None:
        with Scripted(features="8BITMIME") as server:
            desk, error = delivered(server.settings, letters("élodie", "b"))

        assert error is None
        assert desk.states == {"élodie": FAILED, "b": SENT}
        assert desk.outcomes[0].reply.startswith("5.6.7 not sent: ")
        assert "SMTPUTF8" in desk.outcomes[0].reply

        with Scripted(features="SMTPUTF8") as server:
            desk, _ = delivered(server.settings, letters("élodie", "b"))

        assert desk.states == {"élodie": SENT, "b": SENT}
        assert server.heard[1].endswith("> BODY=8BITMIME SMTPUTF8")
        assert not server.heard[4].endswith("SMTPUTF8")

    @pytest.mark.parametrize("name", ["a>\r\nRCPT TO:<evil", "a b", "<a", "a\0"])
    def test_an_address_cannot_forge_a_command(self, name: str) -> None:
        with Scripted() as server:
            desk, _ = delivered(server.settings, letters(name, "b"))

        assert desk.states == {name: FAILED, "b": SENT}
        assert desk.outcomes[0].reply.startswith("5.1.3 not sent: RCPT TO: ")
        assert not any("evil" in line for line in server.heard)


def address_towards_the_network() -> str:
    """Return an address of this machine that is not loopback; sends nothing."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as line:
        try:
            line.connect(("203.0.113.1", 9))
        except OSError:
            pytest.skip("this machine has no address but loopback")
        return str(line.getsockname()[0])


class TestNoWayOut:
    def stopped(self, settings: SmtpDelivery, timeouts: Timeouts = QUICK) -> str:
        """Return why; the one message drawn is waiting, the other untouched."""
        supply = letters("a", "b")
        desk, error = delivered(settings, supply, timeouts=timeouts)
        assert error is not None
        assert desk.states == {"a": QUEUED}
        assert desk.drawn == ["a"]
        assert str(error).startswith(f"{settings.host}:{settings.port}: ")
        assert "Nothing is lost" in str(error)
        return str(error)

    def test_nobody_listens(self) -> None:
        with socket.create_server((HOST, 0)) as free:
            port = free.getsockname()[1]

        why = self.stopped(loopback(port))

        assert "nothing listens there; start the server, or check the port" in why

    @pytest.mark.parametrize(
        ("error", "words"),
        [
            (TimeoutError(), "it does not answer; check host, port and firewall"),
            (OSError(101, "Network is unreachable"), "the way is closed"),
            (socket.gaierror(socket.EAI_AGAIN, "x"), "check the network and its DNS"),
        ],
    )
    def test_nobody_can_be_reached(self, error: OSError, words: str) -> None:
        assert words in str(explained(error, loopback(25)))

    def test_no_such_host(self) -> None:
        for host in ("no-such-host.invalid", "a" * 70 + ".example"):
            settings = SmtpDelivery(host=host, port=465)
            assert "there is no such host" in self.stopped(settings)

    @pytest.mark.parametrize(
        ("greeting", "found"),
        [
            ("554 5.7.1 go away", "it answers 554 5.7.1 go away"),
            ("421 4.3.2 not now", "it answers 421 4.3.2 not now"),
            ("HTTP/1.1 400 Bad Request", "it answers /1.1 400 Bad Request"),
            (DROP, "the line broke before anything was sent"),
            (SILENCE, "the line broke before anything was sent"),
        ],
    )
    def test_no_proper_greeting(self, greeting: str, found: str) -> None:
        with Scripted(play(greeting=greeting)) as server:
            why = self.stopped(
                server.settings, IMPATIENT if greeting == SILENCE else QUICK
            )

        assert found in why

    def test_a_server_that_goes_down_in_the_middle(self) -> None:
        def stop(step: str) -> str | None:
            if step == "dot":
                server.listener.shutdown(socket.SHUT_RDWR)
                server.listener.close()
                return "250 queued\r\n421 4.3.2 shutting down"
            return None

        server = Scripted(stop)
        server.thread.start()
        supply = letters("a", "b", "c")
        desk, error = delivered(server.settings, supply)
        server.thread.join()

        assert desk.states == {"a": SENT, "b": QUEUED}
        assert desk.drawn == ["a", "b"]
        assert "nothing listens there" in str(error)

    @pytest.mark.parametrize(
        "steps",
        [
            {"MAIL": "553 5.7.1 sender not owned by you"},
            {"MAIL": "530 5.7.0 authentication required"},
            {"RCPT": "530 5.7.0 authentication required"},
        ],
    )
    def test_a_sender_that_is_refused_fails_no_reader(
        self, steps: dict[str, str]
    ) -> None:
        with Scripted(play(**steps)) as server:
            why = self.stopped(server.settings)

        assert "it takes no mail from our sender: 5" in why

    def test_plain_text_goes_to_this_machine_only(self) -> None:
        outside = address_towards_the_network()
        with socket.create_server((outside, 0)) as listener:
            settings = SmtpDelivery(
                host=outside,
                port=listener.getsockname()[1],
                security=Security.NONE,
            )

            why = self.stopped(settings)

        assert "in clear; set delivery.smtp.security to tls or starttls" in why

    def test_no_starttls_means_no_mail(self) -> None:
        with Scripted() as server:
            settings = SmtpDelivery(
                host=HOST,
                port=server.settings.port,
                security=Security.STARTTLS,
                connections=1,
            )
            why = self.stopped(settings)

        assert "does not offer STARTTLS" in why
        assert not any("MAIL" in line for line in server.heard)

    def test_refused_starttls_means_no_mail(self) -> None:
        refusal = play(STARTTLS="454 4.7.0 TLS not available")
        with Scripted(refusal, features="STARTTLS") as server:
            settings = SmtpDelivery(
                host=HOST,
                port=server.settings.port,
                security=Security.STARTTLS,
                connections=1,
            )
            why = self.stopped(settings)

        assert "it answers 454 4.7.0 TLS not available" in why

    def test_tls_at_once_where_the_server_speaks_first(self) -> None:
        with Scripted() as server:
            settings = SmtpDelivery(host=HOST, port=server.settings.port)
            why = self.stopped(settings)

        assert "TLS failed" in why
        assert "465 goes with security tls, 587 with starttls" in why

    @pytest.mark.parametrize("content", [None, "no certificate"])
    def test_an_authority_that_cannot_be_read(
        self, tmp_path: Path, content: str | None
    ) -> None:
        file = tmp_path / "ca.pem"
        if content is not None:
            file.write_text(content)

        with pytest.raises(TransportError, match=r"ca_file: .*name a PEM file"):
            SmtpTransport(SmtpDelivery(host=HOST, port=465, ca_file=file))


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    return trustme.CA()


@pytest.fixture
def ca_file(authority: trustme.CA, tmp_path: Path) -> Path:
    authority.cert_pem.write_to_path(str(tmp_path / "ca.pem"))
    return tmp_path / "ca.pem"


def certified(
    authority: trustme.CA, name: str, until: datetime | None = None
) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    start = until - timedelta(days=30) if until else None
    certificate = authority.issue_cert(name, not_before=start, not_after=until)
    certificate.configure_cert(context)
    return context


class TestARealServer:
    def test_takes_what_it_wants_and_refuses_the_rest(
        self, caplog: pytest.LogCaptureFixture
    ) -> None:
        supply = letters("a", "gone", "later", "b")
        with RealServer(Security.NONE) as server, caplog.at_level(logging.INFO):
            desk, error = delivered(loopback(server.port), supply)

        assert error is None
        assert desk.states == {
            "a": SENT,
            "gone": FAILED,
            "later": DEFERRED,
            "b": SENT,
        }
        assert [to for _, to, _ in server.inbox.messages] == [
            ["a@example.org"],
            ["b@example.org"],
        ]
        assert server.inbox.messages[0][0] == "b+token@longitude.example"
        assert server.inbox.messages[0][2] == SMALL
        ours = [r.getMessage() for r in caplog.records if r.name.startswith("digest")]
        assert ours == [f"connected to {HOST}"]

    def test_takes_a_local_part_beyond_ascii(self) -> None:
        with RealServer(Security.NONE) as server:
            desk, _ = delivered(loopback(server.port), letters("élodie"))

        assert desk.states == {"élodie": SENT}
        assert server.inbox.messages[0][1] == ["élodie@example.org"]

    @pytest.mark.parametrize("security", [Security.TLS, Security.STARTTLS])
    def test_is_spoken_to_under_tls_and_with_a_login(
        self, authority: trustme.CA, ca_file: Path, security: Security
    ) -> None:
        with RealServer(security, certified(authority, "localhost")) as server:
            desk, error = delivered(
                secure(server, security, ca_file), letters("a", "gone", "b")
            )

        assert error is None
        assert desk.states == {"a": SENT, "gone": FAILED, "b": SENT}

    def test_is_believed_only_what_it_offers_under_tls(
        self, authority: trustme.CA, ca_file: Path
    ) -> None:
        """Before STARTTLS anybody on the way could have said it (RFC 3207)."""
        tls = certified(authority, "localhost")
        with Scripted(starttls=(tls, "8BITMIME")) as server:
            server.offers = "STARTTLS"
            settings = SmtpDelivery(
                host="localhost",
                port=server.settings.port,
                security=Security.STARTTLS,
                ca_file=ca_file,
                connections=1,
            )
            desk, error = delivered(settings, letters("a", "b"))

        assert error is None
        assert desk.states == {"a": SENT, "b": SENT}
        assert "MAIL FROM:<b+token@longitude.example>" in server.heard

    @pytest.mark.parametrize("how", ["250 queued", DROP, RESET])
    def test_takes_whole_flights_under_tls(
        self, authority: trustme.CA, ca_file: Path, how: str
    ) -> None:
        """A content of many records, and the next envelope behind it."""
        supply = letters("a", "b", "c", content=BIG[:399_998] + b"\r\n")
        tls = certified(authority, "localhost")
        plays = play(dot=("250 queued", how))
        with Scripted(plays, features="PIPELINING", tls=tls) as server:
            settings = SmtpDelivery(
                host="localhost",
                port=server.settings.port,
                ca_file=ca_file,
                connections=1,
            )
            desk, error = delivered(settings, supply)

        assert error is None
        second = SENT if how == "250 queued" else UNKNOWN
        assert desk.states == {"a": SENT, "b": second, "c": SENT}
        assert len(server.bodies[0]) == 400_000
        assert server.accepted == {"a": 1, "b": 1, "c": 1}

    @pytest.mark.parametrize("security", [Security.TLS, Security.STARTTLS])
    @pytest.mark.parametrize("fault", ["another name", "unknown authority", "expired"])
    def test_must_be_who_it_says_it_is(
        self, authority: trustme.CA, ca_file: Path, security: Security, fault: str
    ) -> None:
        if fault == "another name":
            tls, remedy = certified(authority, "mail.example.org"), "as its certificate"
        elif fault == "expired":
            past = datetime(2020, 1, 1, tzinfo=UTC)
            tls, remedy = certified(authority, "localhost", until=past), "renew it"
        else:
            tls, remedy = certified(trustme.CA(), "localhost"), "name the authority"
        with RealServer(security, tls) as server:
            supply = letters("a", "b")
            desk, error = delivered(secure(server, security, ca_file), supply)

        assert "its certificate does not hold" in str(error)
        assert remedy in str(error)
        assert desk.states == {"a": QUEUED}
        assert server.inbox.messages == []

    @pytest.mark.parametrize(
        ("password", "found"),
        [
            ("wrong", "it refuses the login: 535"),
            ("sésame", "user name and password must be ASCII"),
        ],
    )
    def test_does_not_let_a_stranger_in(
        self, authority: trustme.CA, ca_file: Path, password: str, found: str
    ) -> None:
        with RealServer(Security.TLS, certified(authority, "localhost")) as server:
            settings = secure(server, Security.TLS, ca_file, password=password)
            desk, error = delivered(settings, letters("a", "b"))

        assert found in str(error)
        assert password not in str(error)
        assert desk.states == {"a": QUEUED}

    @pytest.mark.parametrize("security", [Security.TLS, Security.STARTTLS])
    def test_lets_us_in_by_a_token_and_asks_for_a_new_one_when_it_is_refused(
        self,
        authority: trustme.CA,
        ca_file: Path,
        tmp_path: Path,
        security: Security,
        caplog: pytest.LogCaptureFixture,
    ) -> None:
        calls = tmp_path / "calls"
        command = ("sh", "-c", f"echo x >> {calls}; wc -l < {calls} | tr -d ' '")
        tls = certified(authority, "localhost")
        with (
            RealServer(security, tls, token="2") as server,
            caplog.at_level(logging.DEBUG),
        ):
            settings = replace(
                secure(server, security, ca_file),
                password="",
                token_command=command,
                messages_per_connection=1,
            )
            desk, error = delivered(settings, letters("a", "b", "c"))

        assert error is None
        assert desk.states == {"a": SENT, "b": SENT, "c": SENT}
        assert [words[-3:-2] for words in server.inbox.presented] == [*"1222"]
        assert "Bearer" not in caplog.text

    @pytest.mark.parametrize(
        ("command", "found"),
        [
            (("no-such-program",), "No such file or directory"),
            (("sh", "-c", "echo s3cret; exit 7"), "it ended with 7"),
            (("sh", "-c", "echo s3cret and more"), "something else than one token"),
            (("true",), "something else than one token"),
            (("echo", "s3cret"), "it refuses the login: 535"),
        ],
    )
    def test_does_not_let_us_in_without_a_token(
        self,
        authority: trustme.CA,
        ca_file: Path,
        command: tuple[str, ...],
        found: str,
    ) -> None:
        tls = certified(authority, "localhost")
        with RealServer(Security.TLS, tls, token="other") as server:
            settings = replace(
                secure(server, Security.TLS, ca_file), token_command=command
            )
            desk, error = delivered(settings, letters("a", "b"))

        assert found in str(error)
        assert "token_command" in str(error)
        assert "s3cret" not in str(error)
        assert desk.states == {"a": QUEUED}

    def test_that_offers_no_login_by_token_is_told_apart(self) -> None:
        with Scripted(features="AUTH PLAIN LOGIN") as server:
            settings = replace(
                server.settings, username="newsroom", token_command=("echo", "x")
            )
            _, error = delivered(settings, letters("a"))

        assert "it offers no login by token (XOAUTH2)" in str(error)

    def test_without_a_login_to_offer_says_so(self) -> None:
        with Scripted() as scripted:
            settings = SmtpDelivery(
                host=HOST,
                port=scripted.settings.port,
                security=Security.NONE,
                username="newsroom",
            )
            _, error = delivered(settings, letters("a"))

        assert "AUTH extension not supported" in str(error)

    def test_is_opened_by_the_settings(self) -> None:
        with (
            RealServer(Security.NONE) as server,
            closing(open_transport(loopback(server.port))) as transport,
        ):
            assert transport.window == 1
            assert deliver_one(transport, message("a")).state is SENT

    def test_is_not_even_called_when_there_is_nothing_to_send(self) -> None:
        desk, error = delivered(loopback(1, connections=3), letters())

        assert error is None
        assert desk.calls == []


def secure(
    server: RealServer, security: Security, ca_file: Path, password: str = "open sesame"
) -> SmtpDelivery:
    return SmtpDelivery(
        host="localhost",
        port=server.port,
        security=security,
        username="newsroom",
        password=password,
        ca_file=ca_file,
        connections=1,
    )
