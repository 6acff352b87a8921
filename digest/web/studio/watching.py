"""The files a newsroom is made of, watched while somebody edits them.

Editors save a file in several steps, and some save it twice: changes are gathered for
a moment, so that a save is one change.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Collection
from enum import StrEnum
from pathlib import Path

from watchfiles import Change, watch

from digest.settings import FeedSource, FolderSource, PageSource, Settings
from digest.shipped import shipped

GATHERED_MS = 60  #: changes at most so far apart are one
_LOOK_EVERY_MS = 20
_WEB = ("http://", "https://")


class Changed(StrEnum):
    """What kind of file somebody saved."""

    SETTINGS = "settings"
    READERS = "readers"
    ARTICLES = "articles"
    TEMPLATES = "templates"


class Watched:
    """Which files matter to a newsroom, and what they are to it."""

    def __init__(self, settings: Settings, *, settings_file: Path) -> None:
        """Read where the settings say that things lie."""
        self._settings_files = {settings_file.resolve()} | {
            path.resolve() for path in settings.secret_files
        }
        self._readers = settings.subscribers and settings.subscribers.resolve()
        self._templates = [
            (settings.root / "templates").resolve(),
            shipped("templates").resolve(),
        ]
        self._sources = {
            path.resolve(): source.name
            for source in settings.sources
            for path in _files_of(source)
        }
        self._root = settings.root.resolve()

    @property
    def paths(self) -> list[Path]:
        """Folders and files to watch, with all that is in them."""
        wanted = [self._root, *self._templates, *self._sources, *self._settings_files]
        if self._readers:
            wanted.append(self._readers.parent)
        there = [path for path in dict.fromkeys(wanted) if path.exists()]
        return [
            path
            for path in there
            if not any(path != each and path.is_relative_to(each) for each in there)
        ]

    def kind(self, path: Path) -> Changed | None:
        """Return what a file is; None: nothing that shows in a mail."""
        if path in self._settings_files:
            return Changed.SETTINGS
        if path == self._readers:
            return Changed.READERS
        if any(path.is_relative_to(each) for each in self._templates):
            return Changed.TEMPLATES
        return Changed.ARTICLES if self.source(path) else None

    def source(self, path: Path) -> str:
        """Return the name of the source that reads a file, or ""."""
        found = (n for place, n in self._sources.items() if path.is_relative_to(place))
        return next(found, "")


def local_sources(settings: Settings) -> list[str]:
    """Return the names of sources that lie on this machine's disk."""
    return [source.name for source in settings.sources if _files_of(source)]


def _files_of(source: FolderSource | FeedSource | PageSource) -> list[Path]:
    """Return where a source lies on the disk; nothing if any of it is on the web."""
    match source:
        case FolderSource():
            return [source.path]
        case FeedSource():
            locations: tuple[str, ...] = (source.location,)
        case PageSource():
            locations = source.locations
    if any(each.startswith(_WEB) for each in locations):
        return []
    # Of a pattern such as `pages/*.html`, the folder is watched.
    return [Path(each).parent if "*" in each else Path(each) for each in locations]


def watch_files(
    watched: Callable[[], Watched],
    *,
    on_change: Callable[[Collection[Changed], Collection[str]], None],
    stop: threading.Event,
) -> None:
    """Call `on_change` after each save, until `stop` is set.

    It gets what was saved, and the names of sources of which something was. `watched`
    is asked anew after a change of settings: other folders may matter then.

    Raises `OSError` when this machine cannot watch so many folders.
    """
    while not stop.is_set():
        matter = watched()

        def counts(_: Change, path: str, matter: Watched = matter) -> bool:
            return matter.kind(Path(path)) is not None

        for changes in watch(
            *matter.paths,
            watch_filter=counts,
            stop_event=stop,
            debounce=GATHERED_MS,
            step=_LOOK_EVERY_MS,
            rust_timeout=1000,
            yield_on_timeout=False,
            raise_interrupt=False,
        ):
            paths = {Path(path) for _, path in changes}
            kinds = set(filter(None, map(matter.kind, paths)))
            on_change(kinds, set(filter(None, map(matter.source, paths))))
            if Changed.SETTINGS in kinds:
                break
