"""OAuth for SMTP: a token from a command of the operator's (XOAUTH2).

Exchange Online and Gmail take short-lived tokens instead of passwords. Whatever gets
them prints one on its standard output; it is kept until the server refuses it, and
stands in no message and no log.
"""

from __future__ import annotations

import subprocess
import threading
from collections.abc import Sequence

_SECONDS = 60  #: for the command


class TokenError(OSError):
    """The command gave no token; `str()` says what it did."""


class Tokens:
    """The token that is good now, shared by all connections."""

    def __init__(self, command: Sequence[str]) -> None:
        """Take the command and its arguments; no shell sees them."""
        self._command = tuple(command)
        self._lock = threading.Lock()
        self._token = ""

    def get(self, *, refused: str = "") -> str:
        """Return a token that is not the `refused` one; raise `TokenError`."""
        with self._lock:
            if self._token in ("", refused):
                self._token = self._fetched()
            return self._token

    def _fetched(self) -> str:
        try:
            # What it says on standard error is for whoever runs it by hand.
            found = subprocess.run(  # noqa: S603 the operator wrote it
                self._command,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                timeout=_SECONDS,
                check=False,
            )
        except subprocess.TimeoutExpired:
            raise TokenError(f"it did not end within {_SECONDS} seconds") from None
        except OSError as error:
            raise TokenError(error.strerror or "it cannot be run") from None
        if found.returncode:
            raise TokenError(f"it ended with {found.returncode}")
        token = found.stdout.strip()
        if not token or not token.isascii() or len(token.split()) != 1:
            raise TokenError("it printed something else than one token")
        return token.decode()


def xoauth2(username: str, token: str) -> str:
    """Return the words of a login with a token, as Google and Microsoft want them."""
    return f"user={username}\x01auth=Bearer {token}\x01\x01"
