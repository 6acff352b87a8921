"""The SMTP transport against a server that misbehaves at random but keeps the truth."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

import pytest

from digest.model import Envelope, Message, State
from digest.transports.smtp import SmtpTransport, Timeouts
from tests.desks import ListDesk, delivered
from tests.faulty_server import KEY, FaultyServer

PATIENT = Timeouts(connect=20, reply=20, verdict=20, farewell=2, pauses=(0.01,) * 9)
TEXT = b"a line of the story, so that a content is more than one segment\r\n"


def messages(number: int, *, lines: int = 100) -> Iterator[Message]:
    for place in range(number):
        name = f"r{place}"
        yield Message(
            delivery=name,
            envelope=Envelope(
                sender="b+token@longitude.example",
                recipient=f"{name}@d{place % 40}.example",
            ),
            content=KEY + name.encode() + b"\r\n\r\n" + TEXT * lines,
        )


def run(seed: int, *, number: int, connections: int, pipelining: bool) -> Counter[str]:
    """Send through faults; fail on any wrong verdict; return what was acted out."""
    desk = ListDesk(messages(number))
    with FaultyServer(
        seed,
        pipelining=pipelining,
        may_leave=desk.left.__contains__,
    ) as server:
        transport = SmtpTransport(server.settings(connections), timeouts=PATIENT)
        while error := delivered(transport, desk):  # what a later run goes on with
            assert "messages in a row ended with the connection" in str(error)

    assert server.violations == []
    assert len(desk.outcomes) == number
    for outcome in desk.outcomes:
        times = server.accepted[outcome.delivery]
        allowed = {State.SENT: (1,), State.UNKNOWN: (0, 1)}.get(outcome.state, (0,))
        assert times in allowed, (outcome, times)
        if outcome.state in (State.DEFERRED, State.FAILED):
            first = "4" if outcome.state is State.DEFERRED else "5"
            assert outcome.reply.startswith(first), "only a server's word does that"
    found = Counter(desk.states.values())
    assert found[State.UNKNOWN] <= server.lost, "one a connection"
    assert found[State.SENT] > number / 2
    return server.acted + Counter({f"{state}": n for state, n in found.items()})


@pytest.mark.parametrize("pipelining", [True, False])
@pytest.mark.parametrize(("seed", "connections"), [(1, 6), (2, 6), (3, 1)])
def test_no_verdict_is_wrong_and_nothing_is_doubled(
    seed: int, connections: int, *, pipelining: bool
) -> None:
    acted = run(seed, number=300, connections=connections, pipelining=pipelining)

    assert {"soft", "hard", "421", "drop", "reset", "unknown"} <= acted.keys()


@pytest.mark.slow
@pytest.mark.timeout(600)
@pytest.mark.parametrize("pipelining", [True, False])
@pytest.mark.parametrize("connections", [1, 6, 20])
def test_thousands_of_messages_through_every_fault(
    connections: int, *, pipelining: bool
) -> None:
    for seed in range(10, 12):
        run(seed, number=2_000, connections=connections, pipelining=pipelining)
