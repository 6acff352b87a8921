"""What all connections of one delivery share: the messages, the pace, and the end.

Couriers draw from here and report here. The lock is held for moments only, never
while the desk, the server or the disk is waited for.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from digest.errors import TransportError
from digest.judging import Fault, Judgement, Step, judged
from digest.model import Message, Outcome, State
from digest.providers import provider_of
from digest.replies import Reply
from digest.settings import SmtpDelivery
from digest.transports import Desk
from digest.transports.smtp.ends import CLOSING
from digest.transports.smtp.pace import Bucket, Pace
from digest.transports.smtp.trouble import malformed, unwelcome, unwell

_MISHAPS_IN_A_ROW = 3  #: for each connection; then the server is unwell, and all waits
_MALFORMED_IN_A_ROW = 3


class Line(Protocol):
    """A connection that another thread may have to end."""

    def cut(self) -> None:
        """Make whoever waits on it hear that it is over."""
        ...


@dataclass(slots=True, eq=False)
class Letter:
    """A message that was taken and has no outcome yet."""

    message: Message
    provider: str
    tries: int = 0  #: connections that were lost with it
    admitted: bool = False  #: counted by the provider's pace


class Pool:
    """One delivery."""

    def __init__(
        self, desk: Desk, settings: SmtpDelivery, clock: Callable[[], float]
    ) -> None:
        """Take the desk; nothing is taken from it yet."""
        self.desk, self._settings = desk, settings
        self._changed = threading.Condition()
        self._bucket = Bucket(settings.rate, clock)
        self._pace = Pace(connections=settings.connections, clock=clock)
        self._returned: deque[Letter] = deque()
        self._lines: set[Line] = set()
        self._mishaps = self._malformed = 0
        self._sent = self._abandoned = self._finished = False
        self.reached = False  #: the server, at least once
        self.stopped = False  #: nothing more may be begun
        self.error: BaseException | None = None

    # -- beginning and end ------------------------------------------------------

    def wait_until_reached(self) -> None:
        """Wait until the first connection is open, or none is needed."""
        with self._changed:
            self._changed.wait_for(
                lambda: self.reached or self.stopped or self._finished
            )

    def joins(self, line: Line) -> None:
        """Note an open connection."""
        with self._changed:
            self.reached = True
            self._lines.add(line)
            if self._abandoned:
                line.cut()
            self._changed.notify_all()

    def parts(self, line: Line) -> None:
        """Note that a connection is over."""
        with self._changed:
            self._lines.discard(line)

    @property
    def connected(self) -> bool:
        """Whether any connection is open."""
        return bool(self._lines)

    @property
    def one_line(self) -> bool:
        """Whether there is one connection alone, so that nothing else keeps it busy."""
        return len(self._lines) == 1

    def fail(self, error: BaseException) -> None:
        """Begin nothing more; the first error is the one that is raised."""
        with self._changed:
            self.error = self.error or error
            self.stopped = True
            self._changed.notify_all()

    def abandon(self) -> None:
        """End everything at once, in mid-message."""
        with self._changed:
            self._abandoned = self.stopped = True
            for line in self._lines:
                line.cut()
            self._changed.notify_all()

    def pause(self, seconds: float) -> None:
        """Wait that long, or until nothing more may be begun."""
        with self._changed:
            self._changed.wait_for(lambda: self.stopped, seconds)

    # -- messages -----------------------------------------------------------------

    def draw(self, *, wait: bool) -> Letter | None:
        """Return the next message; None: there is no more, or, without `wait`, not yet."""
        with self._changed:
            while not self.stopped and (self._returned or not self._finished):
                if self._returned:
                    return self._returned.popleft()
                if not (delay := self._pace.rest() or self._bucket.delay()):
                    break
                if not wait:
                    return None
                self._changed.wait(delay)
            else:
                return None
        return self._taken()

    def _taken(self) -> Letter | None:
        try:
            message = self.desk.take()
        except Exception as error:  # noqa: BLE001 whatever it is, `deliver` raises it
            self.fail(error)
            return None
        if message is None:
            with self._changed:
                self._finished = True
                self._changed.notify_all()
            return None
        return Letter(message, provider_of(message.envelope.recipient))

    def give_back(self, letter: Letter, user: object) -> None:
        """Let another connection take a message."""
        with self._changed:
            self.release(letter, user)
            self._returned.append(letter)
            self._changed.notify_all()

    def left_over(self) -> list[Letter]:
        """Return the messages that nobody took any more."""
        return [*self._returned]

    def admit(self, letter: Letter, user: object, *, wait: bool) -> bool | Outcome:
        """Return whether its provider lets it go on this connection now.

        An outcome: the provider is silent, and the message is put off without a try.
        """
        if letter.admitted:
            return True
        with self._changed:
            while not self.stopped:
                silence, why = self._pace.silence(letter.provider)
                if silence:
                    words = f"not tried: {letter.provider} asked us to wait: {why}"
                    return _outcome(letter, State.DEFERRED, words, wait=silence)
                if self._pace.enter(letter.provider, user):
                    letter.admitted = True
                    return True
                if not wait:
                    return False
                self._changed.wait()
        return False

    def release(self, letter: Letter, user: object) -> None:
        """Note that a message is no longer on this connection."""
        with self._changed:
            if letter.admitted:
                letter.admitted = False
                self._pace.leave(letter.provider, user)
                self._changed.notify_all()

    # -- outcomes -----------------------------------------------------------------

    def judge(self, letter: Letter, user: object, step: Step, reply: Reply) -> Outcome:
        """Return what a reply makes of a message; stop everything if it must be."""
        judgement = judged(step, reply)
        with self._changed:
            seen = self._pace.learn(letter.provider, judgement, str(reply))
            silence, _ = self._pace.silence(letter.provider)
            self.release(letter, user)
            if reply.code != CLOSING:
                self._mishaps = 0
            if judgement.state is State.SENT:
                self._sent, self._malformed = True, 0
        words = str(reply)
        if seen.bounce is not judgement.bounce:
            words += " (not held against the reader: too many such answers)"
        deferred = seen.state is State.DEFERRED
        return Outcome(
            delivery=letter.message.delivery,
            state=self._at_fault(seen, reply),
            reply=words,
            bounce=seen.bounce,
            wait_seconds=silence if deferred else 0,
        )

    def _at_fault(self, judgement: Judgement, reply: Reply) -> State:
        """Return the message's state, after stopping for a fault that is not its own."""
        if judgement.fault is Fault.SENDER:
            self.fail(unwelcome(reply, self._settings))
        if judgement.fault is Fault.FORM:
            # One among many accepted ones is malformed by itself.
            with self._changed:
                self._malformed += 1
                ours = not self._sent or self._malformed >= _MALFORMED_IN_A_ROW
            if ours:
                self.fail(malformed(reply, self._settings))
                return State.QUEUED
        return judgement.state

    def give_up(
        self, letter: Letter, user: object, state: State, words: str
    ) -> Outcome:
        """Return the outcome of a message that needs no reply."""
        self.release(letter, user)
        return _outcome(letter, state, words)

    def mishap(self, words: str) -> None:
        """Note a message that ended with its connection; too many stop everything."""
        with self._changed:
            self._mishaps += 1
            most = _MISHAPS_IN_A_ROW * self._settings.connections
            trouble: TransportError | None = None
            if self._mishaps >= most:
                trouble = unwell(most, words, self._settings)
        if trouble is not None:
            self.fail(trouble)


def _outcome(letter: Letter, state: State, words: str, *, wait: float = 0) -> Outcome:
    return Outcome(
        delivery=letter.message.delivery,
        state=state,
        reply=words,
        wait_seconds=wait,
    )
