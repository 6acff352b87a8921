"""One process at a time, said by the kernel: a lock that dies with who holds it.

A lease in a table outlives a process that was killed, and every minute of it is a
minute in which nobody may go on. The kernel knows at once. Claims and their fence
keep deliveries safe without this lock; it lets a second `send` say that it is not
needed, and tells the next one that whatever is still claimed belongs to the dead.
"""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from digest.errors import StoreError


@contextmanager
def alone(file: Path) -> Iterator[bool]:
    """Hold `file`'s lock while the block runs; yield False when somebody has it.

    The file stays where it is: removing it would let two processes hold two files
    of one name. Raises `StoreError` when it cannot be made.
    """
    try:
        handle = os.open(file, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError as error:
        there = os.path.exists(file)  # noqa: PTH110 False where one may not look
        what = "file, which another account made" if there else "folder"
        raise StoreError(
            f"{file}: the lock cannot be made: {error.strerror}; give this account the "
            f"right to write to the {what}"
        ) from error
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            yield False
        else:
            yield True
    finally:
        os.close(handle)  # and with it the lock
