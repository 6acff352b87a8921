"""A desk for tests: messages from a list, and what a transport did with them.

It keeps its own account of the promises a transport makes, and fails the test that
breaks one: each message settled once, none content leaving without a word before.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable, Sequence
from contextlib import closing

from digest.errors import DigestError
from digest.model import Message, Outcome, State
from digest.transports import Transport

MAY_BE_SETTLED = {
    State.SENT,
    State.DEFERRED,
    State.FAILED,
    State.UNKNOWN,
    State.QUEUED,
}


class ListDesk:
    """Hands out messages in order; keeps every outcome."""

    def __init__(self, messages: Iterable[Message]) -> None:
        self._messages = iter(messages)
        self._lock = threading.Lock()
        self.drawn: list[str] = []  #: deliveries
        self.outcomes: list[Outcome] = []
        self.left: set[str] = set()  #: deliveries whose content may leave
        self.calls: list[tuple[tuple[str, ...], str]] = []  #: to `settle`
        self.recalled: set[str] = set()  #: deliveries that may not leave
        self.broken: list[str] = []  #: promises
        self.stopped = False  #: nothing more is handed out

    def take(self) -> Message | None:
        with self._lock:
            message = None if self.stopped else next(self._messages, None)
            if message is not None:
                self.drawn.append(message.delivery)
            return message

    def settle(
        self, outcomes: Sequence[Outcome] = (), *, leaving: Message | None = None
    ) -> bool:
        with self._lock:
            settled = {outcome.delivery for outcome in self.outcomes}
            for outcome in outcomes:
                if outcome.delivery in settled or outcome.delivery not in self.drawn:
                    self.broken.append(f"{outcome.delivery} was settled before")
                if outcome.state not in MAY_BE_SETTLED:
                    self.broken.append(f"{outcome.state} is no outcome")
                if outcome.state is State.SENT and outcome.delivery not in self.left:
                    self.broken.append(f"{outcome.delivery} left without a word")
                settled.add(outcome.delivery)
            self.outcomes += outcomes
            self.calls.append(
                (
                    tuple(o.delivery for o in outcomes),
                    leaving.delivery if leaving else "",
                )
            )
            if leaving is None:
                return True
            if leaving.delivery in settled:
                self.broken.append(f"{leaving.delivery} leaves after its outcome")
            if leaving.delivery in self.recalled:
                return False
            self.left.add(leaving.delivery)
            return True

    @property
    def states(self) -> dict[str, State]:
        """What became of each, in the order of their outcomes."""
        return {outcome.delivery: outcome.state for outcome in self.outcomes}

    @property
    def replies(self) -> dict[str, str]:
        return {outcome.delivery: outcome.reply for outcome in self.outcomes}

    def check(self) -> None:
        """Fail if a promise was broken, or a message was forgotten."""
        assert not self.broken
        forgotten = set(self.drawn) - set(self.states) - self.recalled
        assert not forgotten


def delivered(transport: Transport, desk: ListDesk) -> DigestError | None:
    """Deliver what is on the desk; return the error that ended it, if one did."""
    error = None
    with closing(transport):
        try:
            transport.deliver(desk)
        except DigestError as ended:
            error = ended
    desk.check()
    return error
