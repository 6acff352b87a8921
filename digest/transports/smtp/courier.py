"""One connection after another, and the messages that go on them.

Each flight carries the content of one message together with the envelope of the next
(RFC 2920 section 3.1), so a message costs one round trip; without PIPELINING the same
steps wait for each answer. Replies come strictly in order, and the first unwanted one
decides a message's outcome; those after it are its consequences.

Between the replies to one flight and the next flight the desk is told, in one durable
step, what came of the message before and that the next one's content is leaving. So at
most one content per connection is ever in doubt.
"""

from __future__ import annotations

import logging
from collections import deque
from collections.abc import Callable, Sequence

from digest.judging import Step
from digest.message import HeaderProblem
from digest.model import Outcome, State
from digest.replies import Kind, Reply
from digest.settings import SmtpDelivery
from digest.transports.smtp.ends import Lost
from digest.transports.smtp.pool import Letter, Pool
from digest.transports.smtp.session import Session
from digest.transports.smtp.trouble import explained, lasting, no_sender

_logger = logging.getLogger(__name__)

_CONNECTIONS_A_MESSAGE = 3  #: lost with one message before it waits for another run
_MOST_UNWRITTEN = 50  #: outcomes kept back to be written down together
_SOON = 0.1  #: seconds that one waits for a server's next word; then it is written
_STEPS = ((Step.MAIL, Kind.DONE), (Step.RCPT, Kind.DONE), (Step.DATA, Kind.GO_ON))
_DOT = b".\r\n"
_RESET = b"RSET\r\n"

Asks = tuple[bytes, bytes, bytes]


class Courier:
    """Carries messages on one connection at a time; `run` in a thread of its own."""

    def __init__(
        self, pool: Pool, settings: SmtpDelivery, session: Callable[[], Session]
    ) -> None:
        """Take what is shared, and what makes an unopened session."""
        self._pool, self._settings, self._session = pool, settings, session
        self._hand: deque[Letter] = deque()  #: taken; no content has left, or not whole
        self._held: Letter | None = None  #: its content opens the next flight
        self._left = False  #: all of the held content may be with the server
        self._closing = b""  #: what clears a refused transaction, in the next flight
        self._done: list[Outcome] = []  #: not yet written down
        self._failures = 0  #: to connect, in a row

    def run(self) -> None:
        """Carry until there is nothing more, or nothing can leave; never raises."""
        try:
            while self._next(wait=True) is not None and self._connect_and_carry():
                pass
        except BaseException as error:  # noqa: BLE001 `deliver` raises it
            self._pool.fail(error)
        try:
            self._wind_up()
        except Exception as error:  # noqa: BLE001 `deliver` raises it
            self._pool.fail(error)

    def _wind_up(self) -> None:
        """Settle what is still in hand: it waits, unless all of it may have left."""
        why = str(self._pool.error or "interrupted before it was sent")
        if self._held is not None:
            if self._left:
                self._drop(
                    self._held,
                    State.UNKNOWN,
                    "interrupted before the server answered; it may have been delivered",
                )
            else:
                self._hand.appendleft(self._held)
        for letter in self._hand:
            self._drop(letter, State.QUEUED, why)
        self._write()

    # -- messages -----------------------------------------------------------------

    def _next(self, *, wait: bool) -> Letter | None:
        """Return the message to begin next, which stays in hand; None: none, or not yet."""
        while not self._pool.stopped:
            if len(self._done) >= _MOST_UNWRITTEN:
                if not wait:  # a content is ready to leave, and has waited enough
                    return None
                self._write()
            if not self._hand and not self._draw(wait=wait):
                return None
            letter = self._hand[0]
            admitted = self._pool.admit(letter, self, wait=False)
            if admitted is False and wait:
                self._write()
                admitted = self._pool.admit(letter, self, wait=True)
            if isinstance(admitted, bool):
                return letter if admitted else None
            self._done.append(admitted)
            self._hand.popleft()
        return None

    def _draw(self, *, wait: bool) -> bool:
        """Take a message in hand; nothing stays unwritten while one is waited for."""
        letter = self._pool.draw(wait=False)
        if letter is None and wait:
            self._write()
            letter = self._pool.draw(wait=True)
        if letter is not None:
            self._hand.append(letter)
        return letter is not None

    def _addressed(self, session: Session, *, wait: bool) -> tuple[Letter, Asks] | None:
        """Return the next message this server can be asked to take, and the asking."""
        while (letter := self._next(wait=wait)) is not None:
            try:
                asks = session.envelope(letter.message)
                obstacle = session.obstacle(letter.message)
            except HeaderProblem as problem:
                if problem.field == "MAIL FROM":
                    self._pool.fail(no_sender(problem, self._settings))
                    return None
                obstacle = f"5.1.3 not sent: {problem}"
            if not obstacle:
                return letter, asks
            self._hand.popleft()
            self._drop(letter, State.FAILED, obstacle)
        return None

    def _drop(self, letter: Letter, state: State, words: str) -> None:
        self._done.append(self._pool.give_up(letter, self, state, words))

    def _write(self, *, leaving: Letter | None = None) -> bool:
        """Have the outcomes so far written down; return whether `leaving` may leave."""
        if not (self._done or leaving):
            return True
        may = self._pool.desk.settle(
            self._done, leaving=leaving.message if leaving else None
        )
        self._done = []
        return may or leaving is None

    # -- connections --------------------------------------------------------------

    def _connect_and_carry(self) -> bool:
        """Use one connection; False: this courier can get no more of them."""
        session = self._session()
        try:
            session.open()
        except (OSError, UnicodeError) as error:
            return self._unreached(error, session.timeouts.pauses)
        self._failures = 0
        _logger.info("connected to %s", self._settings.host)
        self._pool.joins(session)
        try:
            self._carry(session)
        finally:
            self._pool.parts(session)
            session.close()
        return True

    def _unreached(
        self, error: OSError | UnicodeError, pauses: Sequence[float]
    ) -> bool:
        """Decide what a failure to connect means; True: try again, after a pause."""
        alone = not self._pool.connected
        final = (
            lasting(error) or not self._pool.reached or self._failures >= len(pauses)
        )
        if final and alone:
            self._pool.fail(explained(error, self._settings))
            return False
        _logger.info("no connection to %s: %s", self._settings.host, error)
        self._write()
        if not alone:  # another connection is open: its courier goes on meanwhile
            while self._hand:
                self._pool.give_back(self._hand.popleft(), self)
        if final:
            return False
        self._pool.pause(pauses[self._failures])
        self._failures += 1
        return True

    def _carry(self, session: Session) -> None:
        """Send on one connection until it is worn or over, or nothing is left."""
        self._closing = b""
        while session.alive:
            worn = session.handed >= self._settings.messages_per_connection
            following = (
                None if worn else self._addressed(session, wait=self._held is None)
            )
            if following is None and self._held is None:
                break
            self._flight(session, following)
        self._write()  # now: a goodbye and the next connection may take minutes
        if self._closing == _DOT:  # it would take QUIT for a content
            session.close()
        session.leave()

    # -- one flight ---------------------------------------------------------------

    def _flight(self, session: Session, following: tuple[Letter, Asks] | None) -> None:
        """Send the held content and the following envelope; hear all the answers."""
        held, together = self._held, session.pipelining
        letter, asks = following or (None, ())
        fresh = not session.handed
        session.handed += letter is not None
        ending = self._ending()
        length = sum(map(len, ending))
        try:
            ahead = self._ahead(session)
            if not self._write(leaving=held):
                self._recalled(session)
                return
            self._listen(session, ahead)
            self._left = held is not None  # whatever ends us from here on
            # Joined, that is copied, once: 40 KB take 1 µs, a write of its own takes 20.
            flight = b"".join((*ending, *asks) if together else ending)
            taken = ahead + session.transmit(flight[ahead:], ends=held is not None)
            if held is not None:
                self._verdict(session, held, complete=taken >= length)
            elif ending:
                self._cleared(session)
            if letter is not None:
                self._envelope(session, letter, asks, sent=together)
        except Lost as lost:
            _logger.info("connection to %s lost", self._settings.host)
            self._after(lost, letter, fresh=fresh)

    def _ahead(self, session: Session) -> int:
        """Send the held content, but for its end, while it is yet to be written down.

        Without the dot it is no message (RFC 5321 section 4.1.1.4), so it may still be
        called back. On one connection the server would else idle while the disk is
        waited for, and the other way round: measured, a third more messages a second.
        With several, each waits for the others, and one more write costs more than it
        gains.
        """
        if self._held is None or not self._pool.one_line:
            return 0
        return session.begin(self._held.message.content)

    def _listen(self, session: Session, ahead: int) -> None:
        """Raise `Lost` if the server spoke; to a content's beginning it may say no."""
        if ahead and self._held is not None:
            if session.spoke():
                session.wait(session.timeouts.farewell)
                self._verdict(session, self._held, complete=False)
        else:
            session.listen()

    def _recalled(self, session: Session) -> None:
        """Leave a server that waits for a content, or its end, that must not come."""
        assert self._held is not None
        self._pool.release(self._held, self)
        self._held = None
        session.close()

    def _ending(self) -> tuple[bytes, ...]:
        """Return what ends the transaction before: a content with its dot, or less."""
        if self._held is None:
            return (self._closing,) if self._closing else ()
        content = self._held.message.content
        whole = content.endswith(b"\r\n")
        return content, _DOT if whole else b"\r\n" + _DOT

    def _verdict(self, session: Session, held: Letter, *, complete: bool) -> None:
        """Hear what the server says to a content."""
        self._left = complete
        reply = session.hear()
        if not (reply.refuses or (complete and reply.kind is Kind.DONE)):
            raise session.lost(f"out of step, {reply} to the content")
        self._held, self._left = None, False
        self._judge(held, Step.CONTENT, reply)
        if not complete:
            raise session.lost("the line broke")

    def _cleared(self, session: Session) -> None:
        """Hear that a refused transaction is over; a server that cannot is left."""
        closing, self._closing = self._closing, b""
        reply = session.hear()
        if closing == _RESET and reply.kind is not Kind.DONE:
            raise session.lost(f"out of step, {reply} to RSET")

    def _envelope(
        self, session: Session, letter: Letter, asks: tuple[bytes, ...], *, sent: bool
    ) -> None:
        """Hear whether a message is wanted; then it is held, else it has its outcome."""
        first: tuple[Step, Reply] | None = None
        replies: dict[Step, Reply] = {}
        try:
            for (step, wanted), ask in zip(_STEPS, asks, strict=True):
                if not sent:
                    if first is not None:
                        break
                    session.transmit(ask)
                replies[step] = reply = self._answer(session)
                if first is None and reply.kind is not wanted:
                    if not reply.refuses:
                        raise session.lost(f"out of step, {reply} to {step}")
                    first = (step, reply)
        finally:
            if first is not None:  # decided, even if the line broke afterwards
                self._hand.popleft()
                self._judge(letter, *first)
        if first is None:
            self._hand.popleft()
            self._held = letter
            return
        self._closing = _RESET
        if Step.DATA in replies and replies[Step.DATA].kind is Kind.GO_ON:
            self._closing = _DOT  # it waits for a content, and refuses an empty one
            if not replies[Step.RCPT].refuses:
                session.close()  # it would deliver it

    def _answer(self, session: Session) -> Reply:
        """Hear a reply to an envelope; while it lets us wait, nothing stays unwritten.

        A server may look a recipient up for minutes, and has the message before.
        """
        if self._done and not session.spoke(within=_SOON):
            self._write()
        return session.hear()

    def _judge(self, letter: Letter, step: Step, reply: Reply) -> None:
        self._done.append(self._pool.judge(letter, self, step, reply))

    # -- a lost connection ----------------------------------------------------------

    def _after(self, lost: Lost, letter: Letter | None, *, fresh: bool) -> None:
        """Decide what the end of a conversation means for the two in flight."""
        following = letter if self._hand and self._hand[0] is letter else None
        held, self._held = self._held, None
        if following is not None:
            if lost.reply is not None and fresh:  # not accepted, and not by wear
                self._hand.popleft()
                self._judge(following, Step.MAIL, lost.reply)
                self._pool.mishap(str(lost))
            else:
                self._again(following, lost)
        if held is None:
            return
        if lost.reply is not None:  # 421: not accepted, whatever it answers
            self._judge(held, Step.CONTENT, lost.reply)
            self._pool.mishap(str(lost))
        elif self._left:
            words = (
                f"no answer after the last byte ({lost}); it may have been delivered"
            )
            self._drop(held, State.UNKNOWN, words)
            self._pool.mishap(words)
        else:
            self._hand.appendleft(held)
            self._again(held, lost)
        self._left = False

    def _again(self, letter: Letter, lost: Lost) -> None:
        """Leave a message in hand for the next connection, a few times."""
        letter.tries += 1
        if letter.tries < _CONNECTIONS_A_MESSAGE:
            return
        self._hand.remove(letter)
        words = f"the connection broke again and again ({lost})"
        self._drop(letter, State.QUEUED, words)
        self._pool.mishap(words)
