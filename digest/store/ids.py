"""The ids of readers and requests: random, and sorted as numbers are."""

from __future__ import annotations

import secrets
from itertools import islice

#: Those of base32, in the order in which text is sorted: so ids are sorted as numbers.
_LETTERS = "234567abcdefghijklmnopqrstuvwxyz"
_PAIRS = tuple(a + b for a in _LETTERS for b in _LETTERS)
_PLACES = range(50, -1, -10)  #: of pairs, behind a first letter
_LAST_START = 2**64 - 2**40  #: where `NearIds` may begin


def new_id() -> str:
    """Return 8 random bytes as 13 characters that survive case folding."""
    return _spelt(secrets.randbits(64))


class NearIds:
    """New ids for many rows that come together: near each other, in no order.

    Random ones would make each row of a million touch another page of every index:
    an import took twice as long.
    """

    def __init__(self) -> None:
        """Begin somewhere."""
        self._at = 0

    def draw(self, number: int) -> list[str]:
        """Return so many, none of which was there before."""
        if not 0 < self._at < _LAST_START:
            self._at = secrets.randbelow(_LAST_START)
        self._at += 1 << 32
        offsets: dict[int, None] = {}
        while len(offsets) < number:
            octets = secrets.token_bytes(4 * number)
            offsets.update(dict.fromkeys(memoryview(octets).cast("I")))
        return [_spelt(self._at + each) for each in islice(offsets, number)]


def _spelt(number: int) -> str:
    """Return 64 bits as base32 (RFC 4648, lower case): 13 letters hold 65."""
    number <<= 1
    pairs = [_PAIRS[number >> place & 1023] for place in _PLACES]
    return _LETTERS[number >> 60] + "".join(pairs)
