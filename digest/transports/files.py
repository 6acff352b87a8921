"""Messages leave to a folder: a Maildir, which mail programs and `mutt -f` open.

Each message is written and flushed under ``tmp`` and then renamed into ``new``, so
a file is whole or not there at all, whatever crashes (maildir(5)). Its name comes
from its delivery, so that writing the same delivery again, after a crash or by
choice, replaces it wherever the reader's mail program has moved it since.
"""

from __future__ import annotations

import errno
import fcntl
import hashlib
import json
import os
import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from digest.errors import BusyError, OutputError
from digest.model import Message, Outcome, State
from digest.transports import Desk

_UNSAFE = re.compile(r"[^A-Za-z0-9]+")
_FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}
_NO_FOLDER = {errno.ENOTDIR, errno.EEXIST}
_FORBIDDEN = {errno.EACCES, errno.EPERM, errno.EROFS}


class MaildirTransport:
    """A Maildir, made when the first message comes."""

    window = 1

    def __init__(self, folder: Path) -> None:
        """Take the folder; nothing is touched yet."""
        self._folder = folder

    def deliver(self, desk: Desk) -> None:
        """Write each message to a file, in order; SENT says where.

        Raises `OutputError` when a file cannot be written; its message is settled as
        QUEUED then, and nothing of it is left behind.
        """
        known: dict[str, Path] | None = None
        done: list[Outcome] = []
        while message := desk.take():
            # What came of the one before is written down in the same commit.
            may_leave = desk.settle(done, leaving=message)
            done = []
            if not may_leave:
                continue
            try:
                if known is None:
                    known = self._prepared()
                path = self._written(message, known)
            except OSError as error:
                trouble = unwritable(self._folder, error)
                desk.settle([_outcome(message, State.QUEUED, str(trouble))])
                raise trouble from error
            done = [_outcome(message, State.SENT, str(path))]
        if done:
            desk.settle(done)

    def close(self) -> None:
        """Do nothing: every file is closed and flushed as it is written."""

    def _prepared(self) -> dict[str, Path]:
        """Make the Maildir, and return its files by their unique names."""
        for part in ("tmp", "new", "cur"):
            (self._folder / part).mkdir(parents=True, exist_ok=True)
        files = (path for part in ("new", "cur") for path in self._in(part))
        return {path.name.partition(":")[0]: path for path in files}

    def _in(self, part: str) -> Iterator[Path]:
        with os.scandir(self._folder / part) as entries:
            yield from (Path(entry.path) for entry in entries)

    def _written(self, message: Message, known: dict[str, Path]) -> Path:
        name = _unique_name(message.delivery)
        path = known.get(name, self._folder / "new" / name)
        place(path, message.content, by_way_of=self._folder / "tmp" / name)
        flush_folder(path.parent)
        known[name] = path
        return path


def place(path: Path, content: bytes | Iterable[bytes], *, by_way_of: Path) -> None:
    """Put a whole file at `path`, replacing what is there; flushed to the disk.

    `by_way_of` is on the same disk; nothing is left there if anything fails.
    """
    try:
        with by_way_of.open("wb") as file:
            file.writelines([content] if isinstance(content, bytes) else content)
            file.flush()
            os.fsync(file.fileno())
        by_way_of.replace(path)
    except BaseException:
        by_way_of.unlink(missing_ok=True)
        raise


def listed(
    folder: Path, marker: str, *, like: re.Pattern[str], besides: str, nobodys: str
) -> frozenset[str]:
    """Return the files that our mark in a folder lists; none where it is cut off.

    Paths that are not `like` ours are left out. Raises `OutputError` when there is no
    mark and anything `besides` one name of ours; `nobodys` says what such files are.
    """
    try:
        found = json.loads((folder / marker).read_text("utf-8"))
    except FileNotFoundError:
        strangers = sorted(p.name for p in folder.iterdir() if p.name != besides)
        if strangers:
            raise OutputError(
                f"{folder}: it holds files that {nobodys} (such as {strangers[0]}); "
                "choose a new or an empty folder"
            ) from None
        return frozenset()
    except ValueError:  # cut off or edited: what it listed stays, and is not ours
        return frozenset()
    paths = found if isinstance(found, list) else []
    return frozenset(p for p in paths if isinstance(p, str) and like.fullmatch(p))


@contextmanager
def held(folder: Path) -> Iterator[None]:
    """Keep other processes out of a folder that is being written, even if this one dies.

    Raises `BusyError` when another one has it.
    """
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        os.close(handle)
        raise BusyError(
            f"{folder}: another build is writing here; wait for it, or choose another "
            "folder"
        ) from error
    try:
        yield
    finally:
        os.close(handle)


def flush_folder(folder: Path) -> None:
    """Make the names in `folder` last through a power cut, too."""
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def unwritable(folder: Path, error: OSError) -> OutputError:
    """Return what keeps files from being written: where, what, what to do."""
    what = error.strerror or str(error)
    if error.errno in _FULL:
        remedy = "make room on that disk, or choose another folder"
    elif error.errno in _NO_FOLDER:
        remedy = "a file is in the way; choose another folder"
    elif error.errno in _FORBIDDEN:
        remedy = "allow this user to write there, or choose another folder"
    else:
        remedy = "check that the folder can be used, or choose another"
    return OutputError(f"{folder}: files cannot be written ({what}); {remedy}")


def _unique_name(delivery: str) -> str:
    """Return a name that mail programs accept, readable and one per delivery."""
    readable = _UNSAFE.sub("-", delivery).strip("-")[:60] or "mail"
    return f"{readable}.{hashlib.sha256(delivery.encode()).hexdigest()[:12]}.digest"


def _outcome(message: Message, state: State, reply: str) -> Outcome:
    return Outcome(delivery=message.delivery, state=state, reply=reply)
