"""Where returned mail comes in: an IMAP mailbox, a Maildir, an mbox, files, a pipe.

Each of them gives mails one by one, and is told when one has been dealt with. None of
them ever deletes a mail, unless the operator asked for that.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from digest.errors import InputError
from digest.inbox.arrived import Arrived, Inbox, Standing
from digest.inbox.files import Files, Maildir
from digest.settings import Bounces

__all__ = ["Arrived", "Inbox", "Standing", "configured", "open_path"]

_MBOX = b"From "  #: how each of its mails begins


def open_path(path: Path) -> Inbox:
    """Return what is at `path`: a Maildir, an mbox, a mail, or a folder of mails.

    Raises `InputError` when nothing is there that can be read.
    """
    try:
        if (path / "new").is_dir() and (path / "cur").is_dir():
            return Maildir(path)
        if path.is_dir():
            return Files(sorted(each for each in path.iterdir() if each.is_file()))
        with path.open("rb") as file:
            beginning = file.read(len(_MBOX))
    except OSError as error:
        raise InputError(
            f"{path}: it cannot be read ({error.strerror}); name a Maildir, an mbox, a "
            "mail, or a folder of mails"
        ) from error
    if beginning == _MBOX:
        from digest.inbox.mbox import Mbox

        return Mbox(path)
    return Files([path])


def configured(settings: Bounces) -> Iterator[Standing]:
    """Yield each place that digest.yaml names, opened when its turn comes."""
    if settings.imap is not None:
        from digest.inbox.imap import Imap

        yield Imap(settings.imap)
    if settings.maildir is not None:
        yield Maildir(settings.maildir)
    if settings.mbox is not None:
        from digest.inbox.mbox import Mbox

        yield Mbox(settings.mbox)
