"""The folder of the web archive: only ours, and only what has changed is touched.

A folder is ours when it has our mark, which lists what was written; otherwise it must
be empty, so that nobody's files are ever replaced. Each file is put in place whole. One
that would be the same is left as it is, with its time, so that a web server and a
mirror see what is new. What is no longer part of the archive is removed.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from digest.errors import OutputError
from digest.transports.files import held, listed, place, unwritable

MARKER = ".digest-archive"
_ASIDE = ".writing"
_PART = r"[^/\\\0]*[^/\\\0.][^/\\\0]*"
_OURS = re.compile(rf"(?:{_PART}/)*{_PART}")  # never outside the folder


class ArchiveFolder:
    """A folder being brought up to date."""

    def __init__(self, folder: Path, *, earlier: Iterable[str]) -> None:
        """Take the folder and what was written into it before."""
        self._folder, self._earlier = folder, frozenset(earlier)
        self._written: set[str] = set()
        self.changed = 0  #: files that were made or replaced

    def write(self, path: str, content: str) -> None:
        """Write a text file, unless it is there and the same."""
        octets, target = content.encode("utf-8", "replace"), self._folder / path
        self._written.add(path)
        if target.is_file() and target.read_bytes() == octets:
            return
        target.parent.mkdir(parents=True, exist_ok=True)
        place(target, octets, by_way_of=self._folder / _ASIDE)
        self.changed += 1

    def keep(self, paths: Iterable[str]) -> None:
        """Count files as part of the archive that others put there: pictures."""
        self._written.update(paths)

    def finish(self) -> int:
        """Remove what is no longer part of the archive; return how many files."""
        gone = self._earlier - self._written
        for path in gone:
            target = self._folder / path
            target.unlink(missing_ok=True)
            for parent in target.relative_to(self._folder).parents:
                with suppress(OSError):  # not empty: it is in use
                    (self._folder / parent).rmdir()
        self.mark(self._written)
        return len(gone)

    def mark(self, paths: Iterable[str]) -> None:
        """Say which files are ours."""
        listed = json.dumps(sorted(paths), ensure_ascii=False, indent=0).encode()
        target = self._folder / MARKER
        if not target.exists() or target.read_bytes() != listed:
            place(target, listed, by_way_of=self._folder / _ASIDE)

    @property
    def files(self) -> int:
        """How many files the archive has."""
        return len(self._written)


@contextmanager
def opened(folder: Path, *, planned: Iterable[str]) -> Iterator[ArchiveFolder]:
    """Bring a folder up to date in the block; `planned` are paths sure to be written.

    Raises `OutputError` when the folder cannot be written or is not ours, and
    `BusyError` when another process is writing it.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with held(folder):
            earlier = listed(
                folder,
                MARKER,
                like=_OURS,
                besides=_ASIDE,
                nobodys="are not an archive of ours",
            )
            archive = ArchiveFolder(folder, earlier=earlier)
            planned = frozenset(planned)
            for path in sorted(planned - earlier):
                if (folder / path).exists():
                    raise OutputError(
                        f"{folder / path}: it is in the way and nothing of ours; move "
                        "it, or choose another folder"
                    )
            # Listed before they are there: after a crash they are known as ours.
            archive.mark(earlier.union(planned))
            yield archive
    except OSError as error:
        raise unwritable(folder, error) from error
