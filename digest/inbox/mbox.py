"""An mbox, as a mail server delivers into it: read under its locks, never changed.

Writing it anew, to mark what was read, would race with every server that locks in
another way. So all of it is read each time, and a mail that was read before counts
once; let `logrotate` or a mail program empty it.
"""

from __future__ import annotations

import mailbox
from collections.abc import Iterator
from pathlib import Path

from digest.errors import BusyError, InputError
from digest.inbox.arrived import Arrived


class Mbox:
    """One mbox file."""

    def __init__(self, path: Path) -> None:
        """Take its path."""
        self.path, self.name = path, str(path)

    def arrived(self, *, looking: bool) -> Iterator[Arrived]:  # noqa: ARG002 nothing changes
        """Yield its mails, in order; see `Inbox`."""
        for number, content in enumerate(self._read(), 1):
            yield Arrived(name=f"{self.path.name}:{number}", content=content)

    def waiting(self) -> int:
        """Return how many mails it holds, read before or not; see `Standing`."""
        if not self.path.parent.is_dir():
            raise InputError(
                f"{self.path}: its folder is not there; name the file that the mail "
                "server delivers into"
            )
        return len(self._read())

    def _read(self) -> list[bytes]:
        """Return all mails, or raise what to do."""
        if not self.path.exists():  # an empty mailbox may have no file
            return []
        try:
            return self._contents()
        except mailbox.ExternalClashError as error:
            raise BusyError(
                f"{self.path}: another program has locked it; it is read the next time. "
                f"If none is running, delete {self.path}.lock."
            ) from error
        except OSError as error:
            raise InputError(
                f"{self.path}: it cannot be read ({error.strerror}); check the rights on it"
            ) from error

    def done(self, mail: Arrived) -> None:
        """Leave it alone: it counts once, however often it is read."""

    def _contents(self) -> list[bytes]:
        """Return all mails; the lock is held for no longer than that takes."""
        box = mailbox.mbox(self.path, create=False)
        try:
            box.lock()
            return [box.get_bytes(key) for key in box.keys()]  # noqa: SIM118 no dict
        finally:
            box.close()
