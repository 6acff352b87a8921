"""What a server says, line by line, and whether it speaks out of turn.

`smtplib` reads through a file of Python's. This asks the line itself: the answers to a
flight mostly come together, and that nothing was said costs one question, which lets
other threads in once instead of three times.
"""

from __future__ import annotations

import select
import socket
import ssl

LONGEST_LINE = 8192  #: of a reply; RFC 5321 section 4.5.3.1.5 allows 512


class Hearing:
    """Reads what comes on a line; the line's own timeout says how long it waits."""

    def __init__(self, line: socket.socket) -> None:
        """Begin with nothing: what was said before this is forgotten (RFC 3207)."""
        self._line, self._said = line, b""
        self._poll = select.poll()
        self._poll.register(line, select.POLLIN)

    def line(self) -> bytes:
        """Return the next line, or its first octets when it is too long or broken off."""
        while b"\n" not in self._said and len(self._said) < LONGEST_LINE:
            more = self._line.recv(LONGEST_LINE)
            if not more:
                break
            self._said += more
        end = self._said.find(b"\n") + 1 or len(self._said)
        end = min(end, LONGEST_LINE)
        line, self._said = self._said[:end], self._said[end:]
        return line

    def spoke(self, *, within: float = 0) -> bool:
        """Whether something is there to be heard, or the end of the line.

        It may take that many seconds to come. On a line with TLS octets may come that
        are no words.
        """
        if self._said:
            return True
        if not isinstance(self._line, ssl.SSLSocket):
            return bool(self._poll.poll(within * 1000))
        if not (self._line.pending() or self._poll.poll(within * 1000)):
            return False
        patience = self._line.gettimeout()
        self._line.settimeout(0)
        try:
            self._said = self._line.recv(LONGEST_LINE)
        except ssl.SSLWantReadError:
            return False
        finally:
            self._line.settimeout(patience)
        return True
