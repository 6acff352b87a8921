"""Whether the record of a mail server agrees with ours, message by message.

The Message-ID of a delivery is a function of its issue and its reader, so it can be
looked for in whatever the other side keeps: a log, a Maildir, a dump of messages.
What is in the journal and what was found there are laid side by side.
"""

from __future__ import annotations

import gzip
import re
import zlib
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from digest.errors import InputError
from digest.model import State
from digest.store import Delivery

#: Where Postfix names a message, by its queue file and Message-ID: when it has read
#: that in the header, which is before it has all of the message.
_BEGUN = re.compile(rb"\b([0-9A-Za-z]{6,20}): (?:\S+ )?message-id=", re.IGNORECASE)

#: Where it says that it has taken what is in a queue file: what was cut off on the way,
#: or refused after its end, never comes so far.
_TAKEN = re.compile(rb"\b([0-9A-Za-z]{6,20}): (?:from=<[^>]*>, size=|to=<)")

#: Enough of a message to hold the header.
_HEADER_OCTETS = 65_536

#: States that say that the mail is with the server.
_WITH_SERVER = frozenset({State.SENT})

#: States that say nothing about it either way.
_OPEN = frozenset({State.UNKNOWN, State.BODY_SENT})


@dataclass(kw_only=True)
class Proof:
    """What came of comparing; every list but `arrived` should be empty."""

    found: int = 0  #: messages of the issue in the other record
    missing: list[Delivery] = field(default_factory=list)  #: sent, and not found
    doubled: list[Delivery] = field(default_factory=list)  #: found more than once
    unexpected: list[Delivery] = field(default_factory=list)  #: found, and not sent
    arrived: list[Delivery] = field(default_factory=list)  #: in doubt, and found
    absent: list[Delivery] = field(default_factory=list)  #: in doubt, and not found
    strangers: int = 0  #: found, of no delivery that we know

    @property
    def agrees(self) -> bool:
        """Whether the two records say the same wherever both say something."""
        return not (self.missing or self.doubled or self.unexpected or self.strangers)


def compared(
    deliveries: Iterable[Delivery],
    message_id: Callable[[Delivery], str],
    seen: Counter[str],
) -> Proof:
    """Compare an issue's rows with the Message-IDs seen elsewhere, and how often."""
    proof = Proof(found=seen.total())
    rest = Counter(seen)
    for delivery in deliveries:
        times = rest.pop(message_id(delivery), 0)
        if times > 1:
            proof.doubled.append(delivery)
        if delivery.state in _OPEN:
            (proof.arrived if times else proof.absent).append(delivery)
        elif times and delivery.state not in _WITH_SERVER:
            proof.unexpected.append(delivery)
        elif not times and delivery.state in _WITH_SERVER:
            proof.missing.append(delivery)
    proof.strangers = rest.total()
    return proof


def seen_in(places: Iterable[Path], issue_id: str) -> Counter[str]:
    """Count the Message-IDs of an issue in logs, dumps, messages and Maildirs.

    Raises `InputError` when one cannot be read.
    """
    name = re.escape(issue_id.replace("/", "-")).encode()
    # Exim's log has no angle brackets: `<= b+…@… H=… S=40123 id=daily-…@…`.
    wanted = re.compile(rb"(?:<|\bid=)(" + name + rb"\.[0-9a-f]{32}@[^>\s]+)")
    seen: Counter[str] = Counter()
    log = _Log()
    for place in places:
        try:
            for identity in _in(place, wanted, log):
                seen[f"<{identity.decode('ascii', 'replace')}>"] += 1
        except (OSError, EOFError, zlib.error) as error:
            why = getattr(error, "strerror", None) or error
            raise InputError(
                f"{place}: it cannot be read ({why}); name the mail "
                "server's log, a file of messages, or a Maildir"
            ) from error
    return seen


def _in(place: Path, wanted: re.Pattern[bytes], log: _Log) -> Iterator[bytes]:
    if not place.is_dir():
        with gzip.open(place) if place.suffix == ".gz" else place.open("rb") as lines:
            for line in lines:
                yield from log.told(line, wanted)
        return
    for file in sorted(place.rglob("*")):
        if file.is_file():
            yield from _in_message(file, wanted)


def _in_message(file: Path, wanted: re.Pattern[bytes]) -> Iterator[bytes]:
    """Yield the Message-ID of a file that holds one message, if it is ours."""
    with suppress(FileNotFoundError), file.open("rb") as message:  # read meanwhile
        header = message.read(_HEADER_OCTETS).replace(b"\r\n", b"\n")
        if found := wanted.search(header.partition(b"\n\n")[0]):
            yield found[1]


class _Log:
    """The lines of a log, which may go on in another file."""

    def __init__(self) -> None:
        self._begun: dict[bytes, bytes] = {}  #: Message-IDs, by their queue files
        self._taken: set[tuple[bytes, bytes]] = set()

    def told(self, line: bytes, wanted: re.Pattern[bytes]) -> Iterator[bytes]:
        """Yield the Message-ID of the message that was taken by this line, if any.

        Several lines about one queue file are one message.
        """
        if found := wanted.search(line):
            if begun := _BEGUN.search(line):
                self._begun[begun[1]] = found[1]
            else:
                yield found[1]
        elif self._begun and (taken := _TAKEN.search(line)):
            identity = self._begun.pop(taken[1], None)
            if identity and (taken[1], identity) not in self._taken:
                self._taken.add((taken[1], identity))
                yield identity
