"""Messages leave through an SMTP server, one after the other on one connection.

What a lost connection means depends on when it was lost. Before the last byte of a
message nothing was delivered: the message goes again on a new connection, a few
times, and else comes back QUEUED. After it nobody knows: UNKNOWN, and never again
by itself. A server that says 421 closes a conversation, which is no fault of the
message: on a conversation already used it goes at once on the next.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator

from digest.errors import TransportError
from digest.model import Message, Outcome, State
from digest.settings import Security, SmtpDelivery
from digest.transports.smtp.replies import Lost, SenderRefused, outcome
from digest.transports.smtp.session import Session, Timeouts
from digest.transports.smtp.trouble import explained, trust

__all__ = ["SmtpTransport", "Timeouts"]

_logger = logging.getLogger(__name__)

_CONNECTIONS_A_MESSAGE = 3  #: tried for one message before it waits for another run
_MISHAPS_IN_A_ROW = 3  #: messages; then the server is unwell, and the rest waits


class SmtpTransport:
    """One connection to the operator's server, opened again as often as needed."""

    window = 1

    def __init__(
        self, settings: SmtpDelivery, *, timeouts: Timeouts | None = None
    ) -> None:
        """Prepare; the first message connects. Raises `TransportError` (ca_file)."""
        self._settings = settings
        self._timeouts = timeouts or Timeouts()
        clear = settings.security is Security.NONE
        self._tls = None if clear else trust(settings.ca_file)
        self._session: Session | None = None
        self._mishaps = 0

    def deliver(self, messages: Iterable[Message]) -> Iterator[Outcome]:
        """Yield each message's outcome, in order; see `digest.transports`."""
        self._mishaps = 0
        for message in messages:
            result, trouble = self._handed_over(message)
            yield result
            if trouble is not None:
                raise trouble

    def close(self) -> None:
        """Say goodbye to the server."""
        if self._session is not None:
            self._session.leave()
            self._session = None

    def _handed_over(self, message: Message) -> tuple[Outcome, TransportError | None]:
        """Return the message's outcome, and why no other message can follow it."""
        result = _waiting(message, "the connection broke again and again")
        for _ in range(_CONNECTIONS_A_MESSAGE):
            try:
                session = self._ready()
                fresh = not session.handed
                answered = session.hand_over(message)
            except TransportError as trouble:
                return _waiting(message, str(trouble)), trouble
            except SenderRefused as refused:
                return _waiting(message, str(refused)), self._unwelcome(refused)
            except Lost as lost:
                _logger.info("connection to %s lost", self._settings.host)
                if (known := _known(message, lost, fresh=fresh)) is not None:
                    result = known
                    break
            else:
                self._mishaps = 0
                return answered, None
        self._mishaps += 1
        unwell = self._mishaps >= _MISHAPS_IN_A_ROW
        return result, self._unwell(result) if unwell else None

    def _ready(self) -> Session:
        if self._session is not None and self._session.alive:
            return self._session
        session = Session(self._settings, tls=self._tls, timeouts=self._timeouts)
        try:
            session.open()
        except (OSError, UnicodeError) as error:
            raise explained(error, self._settings) from error
        finally:
            if not session.ready:
                session.close()
        _logger.info("connected to %s", self._settings.host)
        self._session = session
        return session

    def _unwelcome(self, refused: SenderRefused) -> TransportError:
        settings = self._settings
        return TransportError(
            f"{settings.host}:{settings.port}: it takes no mail from our sender: "
            f"{refused}; check the newsletter's sender, delivery.smtp.bounce_domain "
            "and the login. Nothing is lost: run it again afterwards."
        )

    def _unwell(self, last: Outcome) -> TransportError:
        settings = self._settings
        return TransportError(
            f"{settings.host}:{settings.port}: {_MISHAPS_IN_A_ROW} messages in a row "
            f"ended with the connection ({last.reply}); wait, or ask who runs the "
            "server. What was not sent waits for the next run."
        )


def _known(message: Message, lost: Lost, *, fresh: bool) -> Outcome | None:
    """Return what a lost conversation means; None: try on another connection."""
    if lost.reply is not None:  # 421: not accepted, whatever it answers
        if not (lost.body_left or fresh):
            return None
        state, words = State.DEFERRED, str(lost.reply)
    elif lost.body_left:
        state = State.UNKNOWN
        words = f"no answer after the last byte ({lost}); it may have been delivered"
    else:
        return None
    return outcome(message, state, words)


def _waiting(message: Message, words: str) -> Outcome:
    return outcome(message, State.QUEUED, words)
