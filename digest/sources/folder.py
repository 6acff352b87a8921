"""A folder of articles: Markdown, HTML and plain text, read again at each collect.

Subfolders count, hidden files and `_drafts` do not, and the order is that of the
paths, so that two collects of the same files give the same answer. One bad file
is a problem of its own; its neighbours are read.
"""

from __future__ import annotations

import os
import time
import unicodedata
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import lru_cache
from pathlib import Path, PurePosixPath
from urllib.parse import quote
from zoneinfo import ZoneInfo

from digest.model import Article, Fetched, Problem, Validators
from digest.settings import FolderSource, Site
from digest.sources.documents import (
    LIMIT,
    TOO_LARGE,
    DocumentError,
    decode,
    no_text,
    read_file,
)
from digest.sources.frontmatter import has_front_matter
from digest.sources.markdown import read_markdown
from digest.sources.measuring import size_of_file
from digest.sources.origin import Origin
from digest.sources.page import read_page
from digest.sources.pasted import Pasted, read_pasted
from digest.sources.pictures import (
    is_beside,
    key_of,
    keys_in,
    picture_url,
    rewrite,
    sized,
    within,
)

_MARKDOWN = frozenset({".md", ".markdown"})
_HTML = frozenset({".html", ".htm", ".xhtml"})
_TEXT = frozenset({".txt", ".text"})
_ARTICLES = _MARKDOWN | _HTML | _TEXT
#: Somebody may take them for articles; nothing here can read them.
_UNREAD = frozenset(
    {".doc", ".docx", ".eml", ".epub", ".gdoc", ".mht", ".mhtml", ".odt", ".pages"}
    | {".pdf", ".rst", ".rtf", ".webarchive", ".zip"}
)
_LOCKS = "~$"  #: begins the names of files that Word keeps beside an open document
_PICTURES = frozenset({".avif", ".gif", ".jpeg", ".jpg", ".png", ".webp"})
#: What to do about a file that holds no text.
SAVE_AS_TEXT = "save the text inside as .md, .html or .txt, in UTF-8"
_UTF8_MARKS = (b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff")
#: Disks date files by ticks, of two seconds at most (FAT).
_TICK_NS = 2_000_000_000
_FAR = timedelta(days=366)  #: an embargo of more is a slip in the year
_LONGEST_NAME = 100  #: characters of a picture's path that are shown
_SHOWN = 3  #: lines that were left out of a pasted page, in the note about them


@dataclass(frozen=True, slots=True, kw_only=True)
class _Walk:
    """What lies in a folder, as paths relative to it, in order."""

    files: tuple[str, ...] = ()
    problems: tuple[Problem, ...] = ()
    unread: bool = False  #: a folder inside it cannot be opened


@dataclass(slots=True)
class Folder:
    """The source that reads a folder's files."""

    settings: FolderSource
    site: Site = field(kw_only=True)
    now: Callable[[], datetime] = field(kw_only=True)
    name: str = field(init=False)

    def __post_init__(self) -> None:
        """Be called what the settings say."""
        self.name = self.settings.name

    @property
    def images_url(self) -> str:
        """Where the folder's pictures are published."""
        return self.settings.images_url or f"{self.site.url}/media"

    def fetch(self, validators: Validators) -> Fetched:
        """Return every article of the folder, and what is wrong with which file."""
        del validators  # a disk is not asked whether something is new
        folder = self.settings.path
        if not folder.is_dir():
            what = "is not a folder" if folder.exists() else "does not exist"
            return Fetched(
                error=f"{folder} {what}; make it, or correct `folder:` in digest.yaml"
            )
        if not os.access(folder, os.R_OK | os.X_OK):
            return Fetched(error=f"{folder} cannot be read; check its permissions")
        walk = _walk(folder)
        problems, unread = list(walk.problems), walk.unread
        articles: dict[str, tuple[str, Article]] = {}
        for key in walk.files:
            fetched = self._read(key)
            problems += fetched.problems
            if fetched.error:
                unread = True
                problems.append(Problem(where=self._where(key), what=fetched.error))
            for article in fetched.articles:
                problems += self._missing_pictures(key, article)
                first, _ = articles.setdefault(article.id, (key, article))
                if first != key:
                    problems.append(_twice(self._where(key), article, first))
        found = tuple(article for _, article in articles.values())
        # A folder with nothing in it is more likely not mounted than emptied; what is
        # in a file that cannot be read just now, nobody knows.
        complete = bool(found) and not unread
        return Fetched(articles=found, problems=tuple(problems), complete=complete)

    def local_images(self) -> dict[str, Path]:
        """Return the file behind each picture's address, for previews on this machine."""
        folder = self.settings.path
        return {
            f"{self.images_url}/{quote(key)}": folder / key
            for key in _paths(folder, problems=[])
            if PurePosixPath(key).suffix.lower() in _PICTURES
        }

    def _where(self, key: str) -> str:
        return f"{self.settings.path.name}/{key}"

    def _read(self, key: str) -> Fetched:
        origin = Origin(
            source=self.name,
            key=unicodedata.normalize("NFC", key),  # as macOS does not write it
            where=self._where(key),
            timezone=self.site.timezone,
            tags=self.settings.tags,
            language=self.settings.language,
            images_url=self.images_url,
            base_url=f"{self.site.url}/",
        )
        path = self.settings.path / key
        try:
            if path.stat().st_size > LIMIT:
                return Fetched(error=TOO_LARGE)
            if PurePosixPath(key).suffix.lower() in _HTML:
                content = self._with_pictures(read_file(path), origin)
                fetched = read_document(content, origin=origin, now=self.now)
            else:
                fetched = _unless_known(path, origin)
        except DocumentError as error:
            return Fetched(error=str(error))
        except OSError as error:
            return Fetched(
                error=f"cannot be read: {error.strerror}; correct the link, or the "
                "permissions"
            )
        articles = tuple(self._measured(a) for a in fetched.articles)
        far = tuple(self._far_ahead(key, a) for a in articles if self._is_far(a))
        return replace(fetched, articles=articles, problems=(*fetched.problems, *far))

    def _is_far(self, article: Article) -> bool:
        return bool(article.published and article.published > self.now() + _FAR)

    def _far_ahead(self, key: str, article: Article) -> Problem:
        assert article.published
        there = article.published.astimezone(ZoneInfo(self.site.timezone))
        what = (
            f"is `published` in {there.year}, more than a year from now, and nobody gets "
            "it before; correct the year, unless it is meant so"
        )
        return Problem(where=self._where(key), what=what)

    def _measured(self, article: Article) -> Article:
        """Return the article with the sizes of the pictures that lie in the folder."""
        sizes = {
            f"{self.images_url}/{quote(key)}": size_of_file(file)
            for key in keys_in(article, images_url=self.images_url)
            if (file := self._picture(key))
        }
        return sized(article, sizes) if sizes else article

    def _picture(self, key: str) -> Path | None:
        """Return the file in the folder that a picture's path names, if there is one."""
        if not (inside := within(key)):
            return None
        path = self.settings.path / inside
        try:
            return path if path.is_file() else None  # a pipe would never end
        except OSError:  # a longer name than a file can have
            return None

    def _with_pictures(self, content: bytes, origin: Origin) -> bytes:
        """Return a page whose pictures beside it have the addresses they will have."""

        def address(written: str) -> str:
            path = written.encode("latin-1").decode("utf-8", "replace")
            key = key_of(path, origin=origin) if is_beside(path) else ""
            here = key and self._picture(key)
            return picture_url(path, origin=origin) if here else written

        # Latin-1 keeps every byte what it is, whatever the page's charset.
        return rewrite(content.decode("latin-1"), address).encode("latin-1")

    def _missing_pictures(self, key: str, article: Article) -> Iterator[Problem]:
        for picture in keys_in(article, images_url=self.images_url):
            path = self._picture(picture)
            if path is None:
                name = f"{picture[:_LONGEST_NAME]}{picture[_LONGEST_NAME:] and '…'}"
                what = (
                    f"the picture {name} is not in {self.settings.path.name}; put it"
                    " there, or correct its name"
                )
                yield Problem(where=self._where(key), what=what)
            elif not size_of_file(path).kind:
                what = (
                    f"the picture {picture} is no picture inside, and readers would see"
                    " a gap; save it again as JPEG or PNG"
                )
                yield Problem(where=self._where(key), what=what)


def read_document(
    content: bytes, *, origin: Origin, now: Callable[[], datetime]
) -> Fetched:
    """Return the article of one file; the ending of `origin.key` says what it is.

    Whatever is neither Markdown nor HTML is read as text.
    """
    suffix = PurePosixPath(origin.key).suffix.lower()
    if suffix in _HTML and not _unreadable(content):
        # A saved page does not know where it came from: its relative links are lost.
        return read_page(content, origin=replace(origin, base_url=""), now=now)
    return _read_text(content, origin)


def _unless_known(path: Path, origin: Origin) -> Fetched:
    """Return the article of a file that is not HTML; read it only if it was written.

    What was written just now may be written again within one tick of the disk's clock.
    """
    try:
        seen = path.stat()
    except OSError:
        return _read_file(path, (), origin)  # which says what is wrong
    stamp = seen.st_ino, seen.st_size, seen.st_mtime_ns, seen.st_ctime_ns
    settled = time.time_ns() - seen.st_ctime_ns > _TICK_NS
    return (_known_file if settled else _read_file)(path, stamp, origin)


def _read_file(path: Path, _: tuple[int, ...], origin: Origin) -> Fetched:
    return _read_text(read_file(path), origin)


#: Most files are what they were at the last collect.
_known_file = lru_cache(maxsize=1024)(_read_file)


def _unreadable(content: bytes) -> str:
    """Return why no article can be in a file, or ""."""
    if not content.strip():
        return "is empty; write something into it, or delete it"
    what = no_text(content)
    return f"is {what}, whatever its name says; {SAVE_AS_TEXT}" if what else ""


def _read_text(content: bytes, origin: Origin) -> Fetched:
    """Return the article of a file that is not HTML: its content decides everything."""
    if error := _unreadable(content):
        return Fetched(error=error)
    suffix = PurePosixPath(origin.key).suffix.lower()
    text = decode(content).replace("\r\n", "\n").replace("\r", "\n")
    # Editors for plain text add ".txt" to a name they do not know.
    if suffix in _MARKDOWN or has_front_matter(text):
        fetched = read_markdown(text, origin=origin)
    else:
        fetched = _fetched(read_pasted(text, origin=origin), origin)
    charset = _charset_problem(content, origin)
    return replace(fetched, problems=(*charset, *fetched.problems))


def _fetched(pasted: Pasted, origin: Origin) -> Fetched:
    """Return a pasted page with a note about what is not in its article."""
    if not pasted.left_out:
        return Fetched(articles=(pasted.article,))
    shown = ", ".join(f"“{line}”" for line in pasted.left_out[:_SHOWN])
    more = ", …" if len(pasted.left_out) > _SHOWN else ""
    note = Problem(
        where=origin.where,
        what=f"{len(pasted.left_out)} lines of this page were left out as menus,"
        f" invitations or repetitions: {shown}{more}; delete them from the file, or"
        " write the article as Markdown if one of them belongs to it",
        note=True,
    )
    return Fetched(articles=(pasted.article,), problems=(note,))


def _charset_problem(content: bytes, origin: Origin) -> tuple[Problem, ...]:
    if content.startswith(_UTF8_MARKS):
        return ()
    try:
        content.decode()
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        what = (
            f"not UTF-8 (byte 0x{content[error.start]:02x}); it was read as"
            " windows-1252 there: save the file as UTF-8 to be sure of every letter"
        )
        return (Problem(where=f"{origin.where}:{line}", what=what),)
    return ()


def _twice(where: str, article: Article, first: str) -> Problem:
    return Problem(
        where=where,
        what=f"has the same address as {first} ({article.url}), and so is the same"
        " article; give one of them another `url`, or delete it",
    )


def _walk(folder: Path) -> _Walk:
    """Return the files of a folder that hold articles, in the order of their paths."""
    problems: list[Problem] = []
    files = []
    keys = list(_paths(folder, problems=problems))
    unread = bool(problems)
    for key in keys:
        suffix = PurePosixPath(key).suffix.lower()
        if suffix in _ARTICLES:
            files.append(key)
        elif suffix in _UNREAD:
            what = f"{suffix} files are not read; {SAVE_AS_TEXT}"
            problems.append(Problem(where=f"{folder.name}/{key}", what=what))
    return _Walk(files=tuple(files), problems=tuple(problems), unread=unread)


def _paths(folder: Path, *, problems: list[Problem]) -> Iterator[str]:
    """Yield every file below `folder`, but for hidden ones and drafts."""

    def unreadable(error: OSError) -> None:
        where = Path(error.filename).relative_to(folder.parent).as_posix()
        what = f"cannot be read: {error.strerror}; check its permissions"
        problems.append(Problem(where=where, what=what))

    found = []
    for parent, folders, files in os.walk(folder, onerror=unreadable):
        folders[:] = [f for f in folders if not f.startswith(".") and f != "_drafts"]
        inside = Path(parent).relative_to(folder).as_posix()
        before = "" if inside == "." else f"{inside}/"
        hidden = (".", _LOCKS)
        found += [f"{before}{name}" for name in files if not name.startswith(hidden)]
    yield from sorted(found, key=lambda key: key.split("/"))
