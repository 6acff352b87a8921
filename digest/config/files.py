"""Reading the files people write, and keeping count of what is wrong in them."""

from __future__ import annotations

import codecs
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO, NoReturn, TextIO

from digest.errors import FileProblems
from digest.model import Problem
from digest.yamltext import Document, Location


def stop(where: str, what: str) -> NoReturn:
    """Raise one mistake that leaves nothing else to look at."""
    raise FileProblems([Problem(where=where, what=what)])


def _saving(path: Path) -> str:
    """Say how a text is saved so that it can be read."""
    where = " (in Excel: “CSV UTF-8”)" if path.suffix.lower() == ".csv" else ""
    return f"save the file as UTF-8{where}"


def read_text(path: Path) -> str:
    """Return a UTF-8 file's text, or raise `FileProblems`; an empty file is a mistake."""
    try:
        content = path.read_bytes()
    except OSError as error:
        reason = {
            FileNotFoundError: "there is no such file; check the name and the folder",
            IsADirectoryError: "this is a folder; name a file inside it",
        }.get(type(error), f"cannot be read ({error.strerror}); check who may read it")
        stop(str(path), reason)
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        stop(f"{path}:1:1", f"the text is stored as UTF-16; {_saving(path)}")
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        before = content[: error.start]
        line = before.count(b"\n") + 1
        column = len(before[before.rfind(b"\n") + 1 :].decode()) + 1
        byte = content[error.start]
        stop(
            f"{path}:{line}:{column}",
            f"the text is not UTF-8 (byte 0x{byte:02X} was found); {_saving(path)}",
        )
    if not text.strip():
        stop(f"{path}:1:1", "the file is empty; `digest init` makes one to begin with")
    return text


@contextmanager
def opened(path: Path) -> Iterator[TextIO]:
    """Open a UTF-8 file to be read line by line, or raise `FileProblems`."""
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            if not file.read(1):
                read_text(path)  # which says that it is empty
            file.seek(0)
            yield file
    except (OSError, UnicodeDecodeError):
        read_text(path)  # which says where and why
        raise


@contextmanager
def opened_octets(path: Path) -> Iterator[BinaryIO]:
    """Open a UTF-8 file whose reader decodes it itself, or raise `FileProblems`."""
    try:
        with path.open("rb") as file:
            if file.read(2) in (b"", codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE):
                read_text(path)  # which says so
            file.seek(0)
            yield file
    except OSError:
        read_text(path)  # which says why
        raise


@dataclass(frozen=True, slots=True, kw_only=True)
class Findings:
    """What is wrong in one YAML file, each mistake with its place."""

    file: str
    document: Document
    problems: list[Problem] = field(default_factory=list)

    def add(self, complaints: Iterable[tuple[Location, str]]) -> None:
        """Note some mistakes, each at the place of a value or a key."""
        for location, what in complaints:
            mark = self.document.mark(location)
            where = f"{self.file}:{mark.line}:{mark.column}"
            self.problems.append(Problem(where=where, what=what))

    def finish(self) -> None:
        """Raise `FileProblems` with all mistakes by place, if there are any."""
        if self.problems:
            raise FileProblems(sorted(self.problems, key=_place))


def _place(problem: Problem) -> tuple[int, int]:
    _, line, column = problem.where.rsplit(":", 2)
    return int(line), int(column)
