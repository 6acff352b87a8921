"""The clock of `digest run`: wakes up, asks what is due, calls the newsroom.

`schedule` only ticks. What is due is worked out from the newsletters' own schedules
and what the database says has been done, so a missed tick, a restart or a second
process changes nothing: a slot has at most one issue.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from threading import Event

from schedule import Scheduler

from digest.delivery import SendReport
from digest.errors import BusyError, DigestError
from digest.model import Issue, Newsletter, State
from digest.newsroom import Collected, Newsroom
from digest.slots import Slot, due_slots, next_slot

logger = logging.getLogger(__name__)

FIRST_WAIT = timedelta(seconds=30)
LONGEST_WAIT = timedelta(minutes=15)
TICK_SECONDS = 10  #: a digest due at 07:00 begins by 07:00:10


@dataclass(kw_only=True)
class Watcher:
    """What the face that runs the clock wants to be told; silent by default."""

    collected: Callable[[Collected], None] = lambda _: None
    due: Callable[[Slot], None] = lambda _: None
    missed: Callable[[Slot, int], None] = lambda *_: None
    nothing: Callable[[Newsletter], None] = lambda _: None
    sent: Callable[[SendReport], None] = lambda _: None
    failed: Callable[[str, DigestError], None] = lambda *_: None
    outcome: Callable[[State], None] = field(default=lambda _: None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Trouble:
    """When a newsletter that failed is tried again: later each time."""

    wait: timedelta
    again: datetime

    @classmethod
    def after(cls, earlier: Trouble | None, now: datetime) -> Trouble:
        """Return the next wait: half a minute, then double, at most a quarter hour."""
        wait = min(LONGEST_WAIT, earlier.wait * 2) if earlier else FIRST_WAIT
        return cls(wait=wait, again=now + wait)


class Clock:
    """Runs a newsroom's schedule until it is asked to stop."""

    def __init__(self, newsroom: Newsroom, *, watcher: Watcher, stop: Event) -> None:
        """Take what is run, who is told, and what ends it."""
        self.newsroom, self.watcher, self.stop = newsroom, watcher, stop
        self.collected_at: datetime | None = None
        self.trouble: dict[str, Trouble] = {}  #: newsletters that failed, by slug

    def run(self) -> None:
        """Tick until `stop` is set; a message in flight is finished first."""
        ticker = Scheduler()
        ticker.every(TICK_SECONDS).seconds.do(self.tick)
        self.tick()
        while not self.stop.is_set():
            ticker.run_pending()
            self.stop.wait(min(1.0, max(0.05, ticker.idle_seconds or 0.0)))

    def tick(self) -> None:
        """Do everything that is due now; what goes wrong is told, and tried again."""
        now = self.newsroom.now()
        for newsletter in self.newsroom.settings.newsletters:
            if self.stop.is_set():
                return
            trouble = self.trouble.get(newsletter.slug)
            if trouble is None or now >= trouble.again:
                self.attempt(newsletter, now)
        self.collect_when_due(now)

    def attempt(self, newsletter: Newsletter, now: datetime) -> None:
        """Serve a newsletter; when that fails, say so and wait before the next try."""
        try:
            self.serve(newsletter, now)
        except BusyError as error:
            logger.info("%s", error)
        except DigestError as error:
            earlier = self.trouble.get(newsletter.slug)
            self.trouble[newsletter.slug] = Trouble.after(earlier, now)
            self.watcher.failed(newsletter.slug, error)
        else:
            self.trouble.pop(newsletter.slug, None)

    def collect_when_due(self, now: datetime) -> None:
        """Read the sources when they were last read long enough ago."""
        every = timedelta(minutes=self.newsroom.settings.collect_every_minutes)
        if self.collected_at is None or now - self.collected_at >= every:
            self.collect(now)

    def collect(self, now: datetime) -> None:
        """Read the sources, and the readers' file."""
        self.collected_at = now
        try:
            for collected in self.newsroom.collect():
                self.watcher.collected(collected)
            self.newsroom.refresh_subscribers()
        except DigestError as error:
            self.watcher.failed("collect", error)

    def serve(self, newsletter: Newsletter, now: datetime) -> None:
        """Prepare and send a newsletter's due issue, and what an earlier one left."""
        slot = self.due(newsletter, now)
        waiting = self.newsroom.issues.due(newsletter)
        if slot is None and not waiting:
            return
        with self.newsroom.sending(newsletter):
            for issue in waiting:
                self.send(issue)
            if slot is not None:
                self.watcher.due(slot)
                self.collect(now)  # the freshest news, just before
                prepared = self.newsroom.issues.prepare(newsletter, slot=slot)
                if prepared is None:
                    self.newsroom.store.archive.record_slot(
                        slot.id, newsletter.slug, slot.due
                    )
                    self.watcher.nothing(newsletter)
                else:
                    self.send(prepared)

    def due(self, newsletter: Newsletter, now: datetime) -> Slot | None:
        """Return the slot to serve now, if any; tell of those missed."""
        if newsletter.schedule is None:
            return None
        archive = self.newsroom.store.archive
        after = archive.last_slot(newsletter.slug) or archive.watch(newsletter.slug)
        to_run, missed = due_slots(
            newsletter.slug,
            newsletter.schedule,
            newsletter.timezone,
            after=after,
            now=now,
        )
        if missed and not to_run:
            latest = missed[-1]
            archive.record_slot(latest.id, newsletter.slug, latest.due)
        if missed:
            self.watcher.missed(missed[-1], len(missed))
        return to_run[-1] if to_run else None

    def send(self, issue: Issue) -> None:
        """Send what is due of an issue and tell what came of it."""
        self.watcher.sent(
            self.newsroom.send(
                issue, stopping=self.stop.is_set, on_outcome=self.watcher.outcome
            )
        )


def upcoming(newsroom: Newsroom) -> list[Slot]:
    """Return each newsletter's next slot, soonest first."""
    now = newsroom.now()
    slots = [
        next_slot(n.slug, n.schedule, n.timezone, after=now)
        for n in newsroom.settings.newsletters
        if n.schedule is not None
    ]
    return sorted((s for s in slots if s is not None), key=lambda slot: slot.due)
