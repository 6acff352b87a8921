"""Which articles say nearly the same: agency text and our edit of it, feed and page.

Two articles are alike when enough of all runs of three words in headline, standfirst
and body stand in both (exact Jaccard). Of scripts written without spaces between words
the characters count as words do.

The bounds are measured. A story with its lead rewritten, a tenth cut and one word in
fifty changed shares 0.70 with what it was (median; one of twenty less than 0.54), with
three tenths cut and one word in twenty changed 0.45. Two stories on one subject share
up to 0.02, with half of their sentences as common background 0.30. Weather, traffic,
results and draws of two days share 0.2 to 0.6 when they are short, and keep it up when
they are long: what tells them apart is their numbers, which an edited copy keeps. So a
short text has to be nearly the whole of another one, and one with numbers has to have
them in common.

Alike is a matter of two: what is alike to a third need not be alike to each other, as
a round-up is to both its stories.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from html import unescape
from itertools import combinations
from zlib import crc32

from digest.model import Article

#: Share of the runs of two articles that must stand in both.
ENOUGH = 0.4
#: The same for an article of less than `SHORT` words.
ENOUGH_OF_SHORT = 0.8
SHORT = 100
#: With fewer words nothing is said: "Weather" and "Results" stand above many pictures.
LEAST = 20
#: From so many numbers on in both, half of the fewer must stand in the other one, too.
NUMBERS = 3

#: Of each article only the runs with the lowest hashes look for company. Of two that
#: are alike 0.4 of the lowest 64 are the same or more, on average, so fewer than `HINT`
#: are by a chance of three in ten million.
LOWEST, HINT = 64, 8
#: A run in more articles than this is a footer's, and tells nothing.
COMMON = 50

_TAG = re.compile("<[^>]*>")
_SPACELESS = (
    "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff"  # Thai, Lao, Burmese, Khmer
    "\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"  # CJK
)
#: Punctuation and signs stand between words, as spaces do. Vowel signs do not.
_BETWEEN = (
    r"\s!-/:-@\[-`{-~\xa1-\xa9\xab-\xb1\xb4\xb6-\xb8\xbb\xbf\u060c\u061b\u061f\u06d4\u0964"
    r"\u17d4-\u17da\u200b\u2010-\u2027\u2030-\u205e\u3001-\u3003\u3008-\u301f"
)
_WORD = re.compile(f"[^{_BETWEEN}{_SPACELESS}]+|[{_SPACELESS}]")

Run = tuple[str, str, str]


def alike(articles: Sequence[Article]) -> dict[int, frozenset[int]]:
    """Return for each place in `articles` that has any the places alike to it."""
    holders: dict[int, list[int]] = {}
    for place, article in enumerate(articles):
        for run in _lowest(article.headline, article.standfirst, article.body):
            holders.setdefault(run, []).append(place)
    together = Counter(
        pair
        for places in holders.values()
        if 1 < len(places) <= COMMON
        for pair in combinations(places, 2)
    )
    read = lru_cache(maxsize=None)(lambda place: _Text.of(articles[place]))
    found: dict[int, set[int]] = {}
    for (one, other), hints in together.items():
        if hints >= HINT and _nearly_the_same(read(one), read(other)):
            found.setdefault(one, set()).add(other)
            found.setdefault(other, set()).add(one)
    return {place: frozenset(others) for place, others in found.items()}


def pairs(found: Mapping[int, frozenset[int]]) -> list[tuple[int, int]]:
    """Return what `alike` found as pairs, each once, the better place first."""
    return sorted(
        (place, other)
        for place, others in found.items()
        for other in others
        if place < other
    )


def _words(headline: str, standfirst: str, body: str) -> list[str]:
    text = _TAG.sub(" ", f"{headline} {standfirst} {body}")
    if "&" in text:
        text = unescape(text)
    text = unicodedata.normalize("NFKC", text).replace("\xad", "").casefold()
    return _WORD.findall(text)


# An issue is looked at again and again: by a plan, by each worker, at each save in the
# studio. The same text has the same hashes in every process, unlike `hash` of a `str`.
@lru_cache(maxsize=1024)
def _lowest(headline: str, standfirst: str, body: str) -> tuple[int, ...]:
    words = _words(headline, standfirst, body)
    if len(words) < LEAST:
        return ()
    octets = " ".join(words).encode("utf-8", "surrogatepass")
    numbers = list(map(crc32, octets.split(b" ")))
    runs = map(hash, zip(numbers, numbers[1:], numbers[2:], strict=False))
    # Hashes are spread evenly over 64 bits; a part of them is sorted sooner than all.
    enough = -(1 << 63) + (3 * LOWEST << 64) // len(words)
    low = sorted([run for run in runs if run < enough])
    return tuple(dict.fromkeys(low[:LOWEST]))


@dataclass(frozen=True, slots=True)
class _Text:
    words: int
    runs: frozenset[Run]
    numbers: frozenset[str]

    @classmethod
    def of(cls, article: Article) -> _Text:
        words = _words(article.headline, article.standfirst, article.body)
        return cls(
            words=len(words),
            runs=frozenset(zip(words, words[1:], words[2:], strict=False)),
            numbers=frozenset(word for word in words if any(map(str.isdigit, word))),
        )


def _nearly_the_same(one: _Text, other: _Text) -> bool:
    fewer = min(len(one.numbers), len(other.numbers))
    if fewer >= NUMBERS and 2 * len(one.numbers & other.numbers) < fewer:
        return False
    enough = ENOUGH if min(one.words, other.words) >= SHORT else ENOUGH_OF_SHORT
    return len(one.runs & other.runs) >= enough * len(one.runs | other.runs)
