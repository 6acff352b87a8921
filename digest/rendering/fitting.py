"""Mails that Gmail shows whole.

Gmail cuts a mail's HTML at 102,400 octets, and the unsubscribe link at its end with it.
So no HTML part leaves with more than `LARGEST` octets, counted as they are sent: the
last stories are told in summary instead of in full, then by their headlines alone, and
where even that is too much they are left to the site, which the mail then says.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TypeVar

from digest.model import Digest, Section
from digest.rendering.stage import Lengths

LARGEST = 100_000

Made = TypeVar("Made")


@dataclass(frozen=True, slots=True, kw_only=True)
class Shortened:
    """How many stories of a digest had to be told shorter, or not at all."""

    in_summary: int = 0  #: that were to be told in full
    by_headline: int = 0
    left_out: int = 0  #: left to the site


def fitted(
    digest: Digest,
    wished: Lengths,
    *,
    make: Callable[[Digest, Lengths], Made],
    size: Callable[[Made], int],
) -> tuple[Made, Shortened | None]:
    """Return what `make` makes of a digest, shortened from its end until it fits.

    The first story stays, whatever its size.
    """
    made = make(digest, wished)
    if size(made) <= LARGEST:
        return made, None
    count = digest.count
    low, high = 1, wished.full + wished.summaries + count - 1
    step = high
    while low <= high:
        middle = (low + high) // 2
        trial = make(*_shorter(digest, wished, middle))
        if size(trial) <= LARGEST or middle == step:
            made, found = trial, middle
            high = middle - 1
        else:
            low = middle + 1
    return made, _told(digest, wished, found)


def _shorter(digest: Digest, wished: Lengths, step: int) -> tuple[Digest, Lengths]:
    """Return the digest after `step` steps, each of which shortens one story."""
    full = max(0, wished.full - step)
    step -= wished.full - full
    summaries = max(0, wished.summaries - step)
    step -= wished.summaries - summaries
    return without_last(digest, step), Lengths(full=full, summaries=summaries)


def _told(digest: Digest, wished: Lengths, step: int) -> Shortened:
    shorter, lengths = _shorter(digest, wished, step)
    kept = shorter.count
    return Shortened(
        in_summary=min(wished.full, lengths.summaries) - min(lengths.full, kept),
        by_headline=min(wished.summaries, kept) - min(lengths.summaries, kept),
        left_out=digest.count - kept,
    )


def without_last(digest: Digest, number: int) -> Digest:
    """Return the digest with its last stories counted as left to the site."""
    sections: list[Section] = []
    left = number
    for section in reversed(digest.sections):
        gone = min(left, len(section.articles))
        left -= gone
        kept = section.articles[: len(section.articles) - gone]
        if kept:
            more = section.more + gone
            sections.append(replace(section, articles=kept, more=more))
    return replace(
        digest, sections=tuple(reversed(sections)), more=digest.more + number
    )
