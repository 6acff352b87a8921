"""The thread that sends the mails which answer readers.

A mail that cannot leave now is tried again later, after a restart, too: its request
waits in the database. One whose delivery is in doubt is not sent twice; whoever misses
it asks again.
"""

from __future__ import annotations

import logging
from contextlib import closing
from datetime import datetime, timedelta
from threading import Event, Thread
from typing import Self

from digest.errors import DigestError, OutputError, TransportError
from digest.model import Bounce, State
from digest.newsroom import Newsroom
from digest.reception.mails import Mails
from digest.store import Request
from digest.transports import Transport, deliver_one, open_transport

logger = logging.getLogger(__name__)

#: How often requests whose next try is due are looked for.
LOOK_SECONDS = 30.0

A_DAY = timedelta(days=1)

#: Nothing more is to be done about these.
SETTLED = frozenset({State.SENT, State.UNKNOWN, State.FAILED})


class Post:
    """Sends what waits; `with Post(newsroom) as post` starts and stops the thread."""

    def __init__(self, newsroom: Newsroom) -> None:
        """Send through the transport of this newsroom's settings."""
        self._newsroom, self._mails = newsroom, Mails(newsroom)
        self._something, self._ended = Event(), Event()
        self._thread = Thread(target=self._run, name="post", daemon=True)
        self._tidied: datetime | None = None
        self.troubled = False  #: the last mail did not leave: nothing leaves at present

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        self._something.set()
        self._thread.join()

    @property
    def is_working(self) -> bool:
        """Whether the thread is there to send."""
        return self._thread.is_alive()

    def nudge(self) -> None:
        """Say that there is something to send."""
        self._something.set()

    def _run(self) -> None:
        while not self._ended.is_set():
            self._something.clear()
            try:
                self.send_due()
            except Exception:  # whatever it is, the next ones must still be answered
                logger.exception("the post could not work")
            self._something.wait(LOOK_SECONDS)

    def send_due(self) -> int:
        """Send all that is due; return how many mails left."""
        sent = 0
        requests = self._newsroom.store.requests
        self._tidy()
        while (due := requests.take()) and not self._ended.is_set():
            with closing(open_transport(self._newsroom.settings.delivery)) as transport:
                try:
                    for request in due:
                        sent += self._send(request, transport)
                except (TransportError, OutputError) as error:
                    self.troubled = True
                    logger.warning("mails to readers who asked wait: %s", error)
                    break
        return sent

    def _tidy(self) -> None:
        """Forget requests of long ago, once a day."""
        now = self._newsroom.now()
        if self._tidied is None or now - self._tidied > A_DAY:
            self._newsroom.store.requests.forget_old()
            self._tidied = now

    def _send(self, request: Request, transport: Transport) -> bool:
        """Send the answer to one request; one that cannot be made is tried again later.

        Raises what keeps all mails from leaving.
        """
        requests = self._newsroom.store.requests
        try:
            message = self._mails.made(request)
        except DigestError as error:
            logger.warning("the mail about request %s waits: %s", request.id, error)
            return False
        if message is None:
            requests.drop(request.id)
            return False
        outcome = deliver_one(transport, message)
        self.troubled = outcome.state not in SETTLED
        if outcome.bounce is Bounce.HARD:
            self._gone(request, outcome.reply)
        if outcome.state in SETTLED:
            requests.settle(request.id)
        return outcome.state is State.SENT

    def _gone(self, request: Request, reply: str) -> None:
        """Believe what a server says of an address, as of any mail to it."""
        store = self._newsroom.store
        # Whose it is was found when its mail was made.
        now = store.requests.find(request.id)
        if now is not None:
            store.answer_refused(now, reply=reply)
