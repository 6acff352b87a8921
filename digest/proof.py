"""Whether the record of a mail server agrees with ours, message by message.

The Message-ID of a delivery is a function of its issue and its reader, so it can be
looked for in whatever the other side keeps: a log, a Maildir, a dump of messages.
What is in the journal and what was found there are laid side by side.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from digest.errors import InputError
from digest.model import State
from digest.store import Delivery

#: Where Postfix and others name a message in a log, before its Message-ID. Two lines
#: about one queue file are one message.
_QUEUE_FILE = re.compile(rb"\b([0-9A-Za-z]{6,20}): (?:\S+ )?message-id=", re.IGNORECASE)

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
    wanted = re.compile(rb"<(" + name + rb"\.[0-9a-f]{32}@[^>\s]+)>")
    seen: Counter[str] = Counter()
    for place in places:
        try:
            for identity in _in(place, wanted):
                seen[f"<{identity.decode('ascii', 'replace')}>"] += 1
        except OSError as error:
            raise InputError(
                f"{place}: it cannot be read ({error.strerror}); name the mail "
                "server's log, a file of messages, or a Maildir"
            ) from error
    return seen


def _in(place: Path, wanted: re.Pattern[bytes]) -> Iterator[bytes]:
    if not place.is_dir():
        yield from _in_lines(place, wanted)
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


def _in_lines(file: Path, wanted: re.Pattern[bytes]) -> Iterator[bytes]:
    """Yield the Message-IDs in a log or a file of many messages."""
    told: set[bytes] = set()
    with file.open("rb") as lines:
        for line in lines:
            found = wanted.search(line)
            if found is None:
                continue
            if queue_file := _QUEUE_FILE.search(line):
                about = queue_file[1] + found[1]
                if about in told:
                    continue
                told.add(about)
            yield found[1]
