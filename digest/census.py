"""The audience in numbers: who there is, what they take, follow and mute."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime

from digest.model import Status, Subscriber
from digest.slots import weekday_names


@dataclass(slots=True, kw_only=True)
class Census:
    """How many readers there are of each kind.

    `statuses` counts all of them; everything else those who are active.
    """

    statuses: Counter[str] = field(default_factory=Counter)
    active: int = 0
    paused: int = 0
    without_newsletter: int = 0  #: they left the last one, or never had one
    everything: int = 0  #: follow no topic, so all
    newsletters: Counter[str] = field(default_factory=Counter)
    follows: Counter[str] = field(default_factory=Counter)  #: topics, and ``tag:…``
    mutes: Counter[str] = field(default_factory=Counter)
    top: Counter[str] = field(default_factory=Counter)  #: topics, top stories only
    left: Counter[str] = field(default_factory=Counter)  #: newsletters they left
    #: weekdays, of who does not take every issue
    days: Counter[str] = field(default_factory=Counter)
    hours: Counter[str] = field(default_factory=Counter)  #: "18:00", of who waits
    languages: Counter[str] = field(default_factory=Counter)
    formats: Counter[str] = field(default_factory=Counter)
    lengths: Counter[str] = field(default_factory=Counter)
    domains: Counter[str] = field(default_factory=Counter)  #: of their addresses


def census(subscribers: Iterable[Subscriber], *, now: datetime) -> Census:
    """Count readers; `now` tells who is paused."""
    found = Census()
    for reader in subscribers:
        found.statuses[reader.status.value] += 1
        if reader.status is not Status.ACTIVE:
            continue
        wishes = reader.preferences
        found.active += 1
        found.paused += bool(reader.paused_until and reader.paused_until > now)
        found.without_newsletter += not wishes.newsletters
        found.everything += not wishes.follows
        found.newsletters.update(wishes.newsletters)
        found.follows.update(wishes.follows)
        found.mutes.update(wishes.mutes)
        found.top.update(wishes.top)
        found.left.update(reader.left)
        found.days.update(weekday_names(wishes.days))
        if wishes.hour is not None:
            found.hours[f"{wishes.hour:02}:00"] += 1
        found.languages[reader.language] += 1
        found.formats[wishes.format.value] += 1
        found.lengths[wishes.length.value] += 1
        found.domains[reader.address.rpartition("@")[2].lower()] += 1
    return found
