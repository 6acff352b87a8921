"""The file of readers: read, taken in, and followed as long as it changes."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

from digest import __version__
from digest.model import Subscriber
from digest.settings import Settings
from digest.store import Audience, Imported


def read_readers(settings: Settings, path: Path) -> list[Subscriber]:
    """Read a YAML or CSV file of readers, checked against these settings."""
    from digest.config import read_subscribers

    return read_subscribers(
        path, newsletters=_slugs(settings), topics=_topics(settings)
    )


def import_readers(audience: Audience, settings: Settings, path: Path) -> Imported:
    """Take in a file of readers; a reader's own unsubscribe always wins.

    The file named in digest.yaml is followed exactly: who is no longer in it
    no longer receives. Any other file only adds and changes.
    """
    configured, path = settings.subscribers, Path(os.path.realpath(path))
    seen = _look(settings, path)  # before it is read: a change meanwhile is seen later
    return audience.import_(
        read_readers(settings, path),
        origin=_origin(settings, path),
        sync=configured is not None and path == configured.resolve(),
        seen=seen,
    )


def follow_readers(audience: Audience, settings: Settings) -> Imported | None:
    """Take in the file named in digest.yaml; None: there is none, or it is as it was.

    Reading a hundred thousand readers takes many seconds, and before most sends
    nothing has changed.
    """
    if settings.subscribers is None:
        return None
    path = Path(os.path.realpath(settings.subscribers))
    seen = _look(settings, path)
    if seen and audience.seen(_origin(settings, path)) == seen:
        return None
    return import_readers(audience, settings, path)


def _origin(settings: Settings, path: Path) -> str:
    """Return what the store calls a file: its path, inside the project if it is."""
    root = settings.root.resolve()
    return str(path.relative_to(root) if path.is_relative_to(root) else path)


def _look(settings: Settings, path: Path) -> str:
    """Return a hash of all that decides what a file says; "" if it cannot be read."""
    known = repr((__version__, _slugs(settings), _topics(settings)))
    try:
        with path.open("rb") as file:
            content = hashlib.file_digest(file, "sha256").hexdigest()
    except OSError:
        return ""  # reading it says why
    return hashlib.sha256(f"{known} {content}".encode()).hexdigest()


def _slugs(settings: Settings) -> list[str]:
    return [newsletter.slug for newsletter in settings.newsletters]


def _topics(settings: Settings) -> list[str]:
    return [topic.slug for topic in settings.topics]
