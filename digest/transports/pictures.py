"""The project's own pictures, copied beside pages that show them.

A mail shows them from the website; a page on this machine, or in the web archive, has
them in its own `images` folder.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import quote

from digest.showing import with_pictures
from digest.tags import slug

_LONGEST_SLUG = 40


class Pictures:
    """Copies each picture when it is first shown."""

    def __init__(self, folder: Path, files: Mapping[str, Path] | None) -> None:
        """Take the folder of the pages, and the project's pictures by their URLs."""
        self._folder, self._files = folder, files or {}
        self._copied: dict[str, str] = {}
        self.changed = 0  #: copies that were made or replaced

    @property
    def copied(self) -> frozenset[str]:
        """The copies so far, as paths in the folder."""
        return frozenset(filter(None, self._copied.values()))

    def localized(self, html: str, *, up: str = "") -> str:
        """Return `html` showing the copies; pictures of others stay where they are.

        `up` is the way from the page to the folder: `../../` for one two below.
        """

        def place(url: str) -> str:
            path = self.path(url)
            return up + quote(path) if path else ""

        return with_pictures(html, place) if self._files else html

    def path(self, url: str) -> str:
        """Return where a picture lies now, in the folder; "" when it is not ours."""
        if url not in self._copied:
            self._copied[url] = self._copy(url)
        return self._copied[url]

    def _copy(self, url: str) -> str:
        file = self._files.get(url)
        if file is None or not file.is_file():
            return ""
        digest = hashlib.sha256(url.encode()).hexdigest()[:8]
        name = f"{slug(file.stem)[:_LONGEST_SLUG]}-{digest}{file.suffix.lower()}"
        content, copy = file.read_bytes(), self._folder / "images" / name
        if not (copy.is_file() and copy.read_bytes() == content):
            copy.parent.mkdir(exist_ok=True)
            copy.write_bytes(content)
            self.changed += 1
        return f"images/{name}"
