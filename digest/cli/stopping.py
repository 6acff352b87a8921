"""Being asked to stop: by Ctrl-C, by SIGTERM, or by a terminal that is closed.

The first time, the work ends as soon as nothing is half-done. Ctrl-C or SIGTERM a
second time insists.
"""

from __future__ import annotations

import os
import signal
import sys
from contextlib import suppress
from queue import Empty, SimpleQueue
from types import FrameType

SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class Stop:
    """Whether this process was asked to stop, and by which signal.

    Not a `threading.Event`: its lock may be held by the very thread that a signal
    interrupts, and then the handler would wait for itself for ever.
    """

    def __init__(self, *, after: str) -> None:
        """Listen from now on; `after` is what is finished first, to be said."""
        self.after = after
        self.signal: signal.Signals | None = None
        self._asked: SimpleQueue[None] = SimpleQueue()
        for number in SIGNALS:
            if signal.getsignal(number) is not signal.SIG_IGN:  # nohup, and `&` in sh
                signal.signal(number, self.ask)

    def ask(self, number: int, _: FrameType | None = None) -> None:
        """Note the signal; a second one ends everything with `KeyboardInterrupt`."""
        if self.signal is not None:
            if number == signal.SIGHUP:  # a closing terminal says it more than once
                return
            raise KeyboardInterrupt
        self.signal = signal.Signals(number)
        self._asked.put(None)
        name = "Ctrl-C" if number == signal.SIGINT else self.signal.name
        say(f"{name}: finishing {self.after} … (once more ends it at once)")

    def is_set(self) -> bool:
        """Return whether somebody asked."""
        return self.signal is not None

    def wait(self, seconds: float) -> bool:
        """Wait that long, or until somebody asks; return whether somebody did."""
        with suppress(Empty):
            self._asked.get(timeout=seconds)
        return self.is_set()


def say(text: str) -> None:
    """Print a line on standard error from inside a signal handler.

    Python's own streams cannot be used there: the signal may have interrupted them.
    """
    start = "\n" if sys.stderr.isatty() else ""  # after the terminal's ^C
    with suppress(OSError):
        os.write(2, f"{start}{text}\n".encode())
