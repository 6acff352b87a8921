"""Less mail, none for a while, or none any more; and the way back.

Everything here may be repeated: the second time changes nothing.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from digest.model import Newsletter, Status, Subscriber
from digest.newsroom import Newsroom

READER = "reader"  #: what brought it about, in the history


def leave(newsroom: Newsroom, subscriber: str, newsletter: str | None) -> None:
    """Send no more of a newsletter to a reader; None: nothing at all any more."""
    newsroom.store.audience.leave(subscriber, newsletter, by=READER)


def come_back(newsroom: Newsroom, subscriber: Subscriber, newsletter: str) -> None:
    """Undo what a reader just did: leave the newsletter, or everything.

    Of an address that must not be mailed nothing is undone.
    """
    audience = newsroom.store.audience
    if audience.suppressed(subscriber.address):
        return
    if subscriber.status is Status.UNSUBSCRIBED:
        audience.rejoin(subscriber.id, None, by=READER)
    if newsletter in newsroom.subscriber(subscriber.id).left:
        audience.rejoin(subscriber.id, newsletter, by=READER)


def pause(newsroom: Newsroom, subscriber: str, until: datetime | None) -> None:
    """Send nothing before `until`; None: go on at once."""
    newsroom.store.audience.change(
        subscriber, lambda held: replace(held, paused_until=until), by=READER
    )


def paused_for(
    days: int, *, subscriber: Subscriber, newsletter: Newsletter, now: datetime
) -> datetime:
    """Return the midnight, in the reader's zone, that is so many days away."""
    zone = ZoneInfo(subscriber.timezone or newsletter.timezone)
    day = now.astimezone(zone).date() + timedelta(days=days)
    return datetime.combine(day, time(), zone)


def leave_out(newsroom: Newsroom, subscriber: str, topic: str) -> None:
    """Show a reader nothing of one topic any more.

    It is no longer followed; or, where they would follow nothing then, which means
    everything, it is muted.
    """

    def without(held: Subscriber) -> Subscriber:
        wanted = held.preferences
        follows = tuple(each for each in wanted.follows if each != topic)
        wanted = (
            replace(wanted, follows=follows)
            if follows
            else replace(wanted, mutes=wanted.mutes | {topic})
        )
        return replace(held, preferences=wanted)

    newsroom.store.audience.change(subscriber, without, by=READER)


def only_on(newsroom: Newsroom, subscriber: str, day: int) -> None:
    """Send a reader one mail a week, on a weekday; 0 is Monday."""

    def weekly(held: Subscriber) -> Subscriber:
        wanted = replace(held.preferences, days=frozenset({day}))
        return replace(held, preferences=wanted)

    newsroom.store.audience.change(subscriber, weekly, by=READER)
