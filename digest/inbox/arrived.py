"""A mail that came in, and what a place that mails come in to can do."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrived:
    """One mail, as it came."""

    name: str  #: what its place calls it: a file's name, a number
    content: bytes
    recipients: tuple[str, ...] = ()  #: of its envelope, where that is known


class Inbox(Protocol):
    """Where mails come in."""

    name: str  #: for messages

    def arrived(self, *, looking: bool) -> Iterator[Arrived]:
        """Yield the mails that nobody has dealt with.

        With `looking`, nothing about them changes, and `done` is not called. Raises
        `InputError` when the place is not there, `TransportError` when a server fails.
        """
        ...

    def done(self, mail: Arrived) -> None:
        """Note that a mail yielded last has been dealt with."""
        ...


class Standing(Inbox, Protocol):
    """An inbox that is looked into again and again."""

    def waiting(self) -> int:
        """Return how many mails nobody has dealt with; nothing changes.

        An mbox counts those, too, that were read before. Raises as `arrived` does, and
        when what was read could not be put where it belongs.
        """
        ...
