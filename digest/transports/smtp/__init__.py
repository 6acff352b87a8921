"""Messages leave through an SMTP server, on several connections at once.

What a lost connection means depends on when it was lost. Before the last byte of a
message nothing was delivered: the message goes again on a new connection, a few
times, and else is settled as QUEUED. After it nobody knows: UNKNOWN, and never again
by itself. A server that says 421 closes a conversation, which is no fault of the
message: on a conversation already used it goes at once on the next.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from queue import Empty, SimpleQueue

from digest.model import Outcome, State
from digest.oauth import Tokens
from digest.settings import Security, SmtpDelivery
from digest.transports import Desk
from digest.transports.smtp.courier import Courier
from digest.transports.smtp.pool import Pool
from digest.transports.smtp.session import Session, Timeouts
from digest.transports.smtp.trouble import trust

__all__ = ["SmtpTransport", "Timeouts"]


class SmtpTransport:
    """The operator's server; each delivery opens connections and closes them."""

    def __init__(
        self,
        settings: SmtpDelivery,
        *,
        timeouts: Timeouts | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Prepare; the first message connects. Raises `TransportError` (ca_file)."""
        self._settings, self._clock = settings, clock
        self._timeouts = timeouts or Timeouts()
        clear = settings.security is Security.NONE
        self._tls = None if clear else trust(settings.ca_file)
        command = settings.token_command
        self._tokens = Tokens(command) if command else None

    @property
    def window(self) -> int:
        """One message a connection."""
        return self._settings.connections

    def deliver(self, desk: Desk) -> None:
        """Send what the desk has; see `digest.transports`.

        An interrupt ends it in mid-message: what may be with the server is settled as
        UNKNOWN, the rest as QUEUED, if that can be done within a few seconds.
        """
        pool = Pool(desk, self._settings, self._clock)
        ended: SimpleQueue[None] = SimpleQueue()
        number = self._settings.connections
        try:
            for place in range(number):
                threading.Thread(
                    target=self._carry, args=(pool, ended, place), daemon=True
                ).start()
            for _ in range(number):
                ended.get()
        except BaseException:
            pool.abandon()
            self._await_the_end(ended, number)
            raise
        words = str(pool.error or "no connection was left for it")
        if left := pool.left_over():
            desk.settle(
                [
                    Outcome(
                        delivery=letter.message.delivery,
                        state=State.QUEUED,
                        reply=words,
                    )
                    for letter in left
                ]
            )
        if pool.error is not None:
            raise pool.error

    def close(self) -> None:
        """Do nothing: a delivery takes leave of the server when it ends."""

    def _carry(self, pool: Pool, ended: SimpleQueue[None], place: int) -> None:
        """Be one courier, in a thread."""
        try:
            if place:  # a server that cannot be reached is asked once, not by everybody
                pool.wait_until_reached()
            Courier(pool, self._settings, self._session).run()
        finally:
            ended.put(None)

    def _session(self) -> Session:
        return Session(
            self._settings,
            tls=self._tls,
            tokens=self._tokens,
            timeouts=self._timeouts,
        )

    def _await_the_end(self, ended: SimpleQueue[None], number: int) -> None:
        """Give abandoned couriers a moment to write down what they know."""
        until = time.monotonic() + self._timeouts.farewell
        try:
            for _ in range(number):
                ended.get(timeout=max(0.0, until - time.monotonic()))
        except Empty:
            return
