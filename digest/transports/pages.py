"""Digests as pages to look at: what `digest build` writes.

Every reader gets ``NAME-ID.eml`` (the message, byte for byte), ``.txt``, and
``.html`` where there is one, with the project's own pictures copied beside it so
that it can be looked at offline; ``index.html`` is the contact sheet.

A folder is either ours, marked as such with the list of what we wrote, or it must
be empty: nobody's files are ever replaced. A build is written aside and moved into
place when it is complete, so a full disk leaves the earlier one as it was.
"""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Collection, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from digest.rendering import Rendered
from digest.tags import slug
from digest.transports.files import held, listed, place, unwritable
from digest.transports.pictures import Pictures
from digest.transports.sheet import Cover, Entry, Skipped, contact_sheet, entry_text

__all__ = ["Cover", "Page", "Skipped", "Written", "write_pages"]

MARKER = ".digest-build"
_ASIDE = ".building"
_OPAQUE = re.compile(r"[^A-Za-z0-9_-]+")
_OURS = re.compile(
    r"(?:images/)?[^/\\\0]*[^/\\\0.][^/\\\0]*"
)  # never outside the folder
_LONGEST_SLUG = 40


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """One reader's digest, and what the contact sheet says about it."""

    key: str  #: opaque and unique, part of file names: the subscriber's id
    reader: str  #: what to call them: their name, or their address
    rendered: Rendered
    content: bytes  #: the message
    articles: int
    sections: tuple[str, ...] = ()  #: titles
    note: str = ""  #: "headlines", "text only", …
    language: str = ""  #: of the digest


@dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    """What a build left in its folder."""

    index: Path
    pages: int
    skipped: int


def write_pages(
    folder: Path,
    pages: Iterable[Page],
    *,
    cover: Cover,
    skipped: Iterable[Skipped] = (),
    images: Mapping[str, Path] | None = None,
) -> Written:
    """Write every page and the contact sheet, in place of our earlier build.

    `pages` is drawn one by one, so thousands need no memory; `skipped` is read
    after the last of them. `images` maps the URLs of the project's own pictures
    to their files. Raises `OutputError` when the folder cannot be written or is
    not ours, and `BusyError` when another build is writing it.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with held(folder):
            earlier = listed(
                folder,
                MARKER,
                like=_OURS,
                besides=_ASIDE,
                nobodys="no earlier build wrote",
            )
            aside = _fresh(folder / _ASIDE)
            try:
                written = _all(aside, pages, cover, skipped, Pictures(aside, images))
                _move(aside, folder, earlier)
            finally:
                shutil.rmtree(aside, ignore_errors=True)
    except OSError as error:
        raise unwritable(folder, error) from error
    return Written(index=folder / "index.html", pages=written[0], skipped=written[1])


# -- one build --------------------------------------------------------------


def _all(
    aside: Path,
    pages: Iterable[Page],
    cover: Cover,
    skipped: Iterable[Skipped],
    pictures: Pictures,
) -> tuple[int, int]:
    entries = [_page(aside, page, pictures) for page in pages]
    passed_over = list(skipped)
    sheet = contact_sheet(cover, entries, passed_over)
    (aside / "index.html").write_text(sheet, "utf-8", "replace")
    return len(entries), len(passed_over)


def _page(aside: Path, page: Page, pictures: Pictures) -> Entry:
    """Write one reader's files; return what the sheet says of them."""
    rendered, stem = page.rendered, _stem(page)
    (aside / f"{stem}.eml").write_bytes(page.content)
    (aside / f"{stem}.txt").write_text(rendered.text, "utf-8", "replace")
    html = None
    if rendered.html is not None:
        html = len(rendered.html.encode("utf-8", "replace"))
        offline = pictures.localized(rendered.html)
        (aside / f"{stem}.html").write_text(offline, "utf-8", "replace")
    return Entry(
        reader=page.reader,
        subject=rendered.subject,
        stem=stem,
        html_octets=html,
        articles=page.articles,
        sections=page.sections,
        note=page.note,
        language=page.language,
        text=entry_text(rendered.text),
    )


def _stem(page: Page) -> str:
    """Return the file names' stem; an address never becomes part of one."""
    named = "" if "@" in page.reader else slug(page.reader)
    opaque = _OPAQUE.sub("-", page.key)
    return f"{named[:_LONGEST_SLUG].strip('-') or 'reader'}-{opaque}"


# -- the folder -------------------------------------------------------------


def _fresh(aside: Path) -> Path:
    """Return an empty folder to write in; a crash may have left an old one."""
    shutil.rmtree(aside, ignore_errors=True)
    aside.mkdir()
    return aside


def _move(aside: Path, folder: Path, earlier: frozenset[str]) -> None:
    """Put the new build where the earlier one was; the contact sheet last."""
    found = (path.relative_to(aside) for path in aside.rglob("*") if path.is_file())
    new = sorted({str(path) for path in found} - {"index.html"})
    # Listed before they are there: a crash leaves no file that the next build
    # would not know as ours.
    _mark(folder, earlier.union(new, {"index.html"}))
    (folder / "images").mkdir(exist_ok=True)
    for name in (*new, "index.html"):
        (aside / name).replace(folder / name)
    for name in earlier.difference(new, {"index.html"}):
        (folder / name).unlink(missing_ok=True)
    with suppress(OSError):  # not empty: it is in use
        (folder / "images").rmdir()
    _mark(folder, {*new, "index.html"})


def _mark(folder: Path, files: Collection[str]) -> None:
    content = json.dumps(sorted(files), ensure_ascii=False, indent=0)
    place(folder / MARKER, content.encode(), by_way_of=folder / _ASIDE / MARKER)
