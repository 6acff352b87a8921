"""What can go wrong as a whole, each with words a person can act on.

    DigestError
    ├── InputError          a file or an argument says something impossible
    │   ├── UnknownReader   nobody has that address or id
    │   ├── FileProblems    several mistakes in files, all at once
    │   └── TemplateProblem a template cannot be rendered: file and line
    ├── StoreError          the database cannot be opened, read or written
    ├── TransportError      messages cannot leave at all (server down, no login)
    ├── OutputError         files cannot be written (permission, full disk)
    └── BusyError           another process is doing this right now

Problems with single items travel as values (`Problem`, `Outcome`), never as
exceptions: one bad article or refused recipient must not stop its neighbours.
Every text says what, what was found, and what to do.
"""

from __future__ import annotations

from collections.abc import Sequence

from digest.model import Problem


class DigestError(Exception):
    """The root; `str()` of it is fit to show to a user."""


class InputError(DigestError):
    """A file or an argument says something impossible."""


class UnknownReader(InputError):
    """Nobody has the address or id that was given."""

    def __init__(self, who: str) -> None:
        """Take what was given."""
        super().__init__(
            f"no reader {who!r} is known. `digest subscribers list` shows who is."
        )


class FileProblems(InputError):
    """Every mistake found in a set of files, in the order of their places.

    `problems[i].where` reads ``file:line:column``.
    """

    def __init__(self, problems: Sequence[Problem]) -> None:
        """Keep the problems; there is at least one."""
        super().__init__(tuple(problems))
        self.problems = tuple(problems)

    def __str__(self) -> str:
        """Return one line per mistake: ``file:line:column: what …``."""
        return "\n".join(f"{p.where}: {p.what}" for p in self.problems)


class TemplateProblem(InputError):
    """A template cannot be rendered; nothing was sent."""

    def __init__(self, file: str, line: int, what: str) -> None:
        """Say where: the template's path and 1-based line."""
        super().__init__(file, line, what)
        self.file, self.line, self.what = file, line, what

    def __str__(self) -> str:
        """Return ``file:line: what``."""
        return f"{self.file}:{self.line}: {self.what}"


class StoreError(DigestError):
    """The database cannot be opened, read or written."""


class TransportError(DigestError):
    """Messages cannot leave at all: no server, no TLS, no login."""


class OutputError(DigestError):
    """Files cannot be written: permission, full disk."""


class BusyError(DigestError):
    """Another process is doing this right now; nothing was changed."""
