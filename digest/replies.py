"""What a mail server says of a message: to us, or in a mail that comes back."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import IntEnum

_UNPRINTABLE = re.compile(r"[^ -~]+")
_KINDS = frozenset({2, 3, 4, 5})
#: RFC 3463: at the start of a line, as servers with ENHANCEDSTATUSCODES write it.
_STATUS = re.compile(
    r"^(?:\d{3}[ -])?#?[245]\.(\d{1,3}\.\d{1,3})(?![.\d])", re.MULTILINE
)
_SAYS_NOTHING = "0.0"
_LONGEST_REPLY = 500  #: characters of a server's words that are kept


class Kind(IntEnum):
    """What a reply asks of us, by the first digit of its code."""

    NONSENSE = 0
    DONE = 2
    GO_ON = 3
    LATER = 4
    NEVER = 5


@dataclass(frozen=True, slots=True)
class Reply:
    """A server's answer; `str()` is what the journal keeps of it."""

    code: int
    text: str  #: its lines without their codes

    @property
    def kind(self) -> Kind:
        """What it asks of us."""
        digit = self.code // 100
        return Kind(digit) if digit in _KINDS else Kind.NONSENSE

    @property
    def refuses(self) -> bool:
        """Whether it says no, for now or for good."""
        return self.kind in (Kind.LATER, Kind.NEVER)

    @property
    def status(self) -> str:
        """Return the enhanced code of its last line that has one: "5.1.1", or "".

        Its first digit is the reply's own: the two must agree (RFC 2034 section 4), and
        where they do not, a refusal for good in words may be one for now.
        """
        found = _STATUS.findall(self.text)
        told = [code for code in found if code != _SAYS_NOTHING] or found
        return f"{self.code // 100}.{told[-1]}" if told else ""

    def __str__(self) -> str:
        """Return ``550 5.1.1 no such mailbox``, in one printable line."""
        code = f"{self.code} " if self.code > 0 else ""
        words = _UNPRINTABLE.sub(" ", f"{code}{self.text}")
        return " ".join(words.split())[:_LONGEST_REPLY]
