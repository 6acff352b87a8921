"""Mails in files: a Maildir, or whatever an operator names."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

from digest.errors import InputError
from digest.inbox.arrived import Arrived


class Maildir:
    """A Maildir: what is in `new` goes to `cur`, marked as seen, once it was read."""

    def __init__(self, folder: Path) -> None:
        """Take its folder."""
        self.folder, self.name = folder, str(folder)

    def arrived(self, *, looking: bool) -> Iterator[Arrived]:  # noqa: ARG002 it is only looked at
        """Yield what is in `new`, in the order of its names; see `Inbox`."""
        for file in self._new():
            try:
                content = file.read_bytes()
            except FileNotFoundError:  # somebody else read it meanwhile
                continue
            except OSError as error:
                raise _unreadable(file, error) from error
            yield Arrived(name=file.name, content=content)

    def waiting(self) -> int:
        """Return how many mails are in `new`, once `cur` proves to take them."""
        number = len(self._new())
        # Rights alone do not tell: root has all of them on a full or read-only disk.
        cur = self.folder / "cur"
        try:
            with tempfile.TemporaryFile(dir=cur if cur.exists() else self.folder):
                return number
        except OSError as error:
            raise _unmovable(self.folder, error) from error

    def _new(self) -> list[Path]:
        try:
            return sorted((self.folder / "new").iterdir())
        except OSError as error:
            raise InputError(
                f"{self.folder}: it is no Maildir that can be read ({error.strerror}); "
                "name the folder with `new` and `cur` in it"
            ) from error

    def done(self, mail: Arrived) -> None:
        """Move a mail to `cur`, as whoever has looked at it does."""
        was = self.folder / "new" / mail.name
        try:
            (self.folder / "cur").mkdir(exist_ok=True)
            was.rename(self.folder / "cur" / f"{mail.name.partition(':')[0]}:2,S")
        except FileNotFoundError:
            return
        except OSError as error:
            raise _unmovable(was, error) from error


class Files:
    """Files of one mail each; they stay as they are."""

    def __init__(self, files: Sequence[Path]) -> None:
        """Take the files."""
        self.files = files
        self.name = str(files[0].parent) if len(files) > 1 else str(*files[:1])

    def arrived(self, *, looking: bool) -> Iterator[Arrived]:  # noqa: ARG002 nothing changes
        """Yield them one by one; see `Inbox`."""
        for file in self.files:
            try:
                yield Arrived(name=file.name, content=file.read_bytes())
            except OSError as error:
                raise _unreadable(file, error) from error

    def done(self, mail: Arrived) -> None:
        """Leave the file alone: it counts once, however often it is read."""


def _unmovable(what: Path, error: OSError) -> InputError:
    return InputError(
        f"{what}: what was read cannot be moved to `cur` ({error.strerror}); let this "
        "account write to the Maildir"
    )


def _unreadable(file: Path, error: OSError) -> InputError:
    return InputError(
        f"{file}: it cannot be read ({error.strerror}); check the rights on it"
    )
