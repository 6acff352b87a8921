"""The clock of `digest run`: wakes up, asks what is due, calls the newsroom.

`schedule` only ticks. What is due is worked out from the newsletters' own schedules
and what the database says has been done, so a missed tick, a restart or a second
process changes nothing: a slot has at most one issue.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import partial
from typing import Protocol

from schedule import Scheduler

from digest.approving import Asked, ask, let_go
from digest.collecting import Collected
from digest.errors import DigestError
from digest.inbox import configured
from digest.model import Approval, Issue, Newsletter, State
from digest.newsroom import Newsroom
from digest.returning import Handled
from digest.sendreport import SendReport
from digest.slots import Slot, due_slots, next_slot
from digest.store import Tidied

FIRST_WAIT = timedelta(seconds=30)
LONGEST_WAIT = timedelta(minutes=15)
TICK_SECONDS = 10  #: a digest due at 07:00 begins by 07:00:10

#: How often is forgotten what is older than it is kept.
TIDY_EVERY = timedelta(days=1)

#: How long a slot may be past before somebody should look: sources may be slow.
GRACE = timedelta(minutes=10)


class Stop(Protocol):
    """Whether somebody asked to stop; a `threading.Event` is one."""

    def is_set(self) -> bool:
        """Return whether somebody did."""
        ...

    def wait(self, timeout: float, /) -> bool:
        """Wait so many seconds, or until somebody does."""
        ...


@dataclass(kw_only=True)
class Watcher:
    """What the face that runs the clock wants to be told; silent by default."""

    collected: Callable[[Collected], None] = lambda _: None
    due: Callable[[Slot], None] = lambda _: None
    #: The last slot missed, how many, and whether a later one is served at once.
    missed: Callable[[Slot, int, bool], None] = lambda *_: None
    nothing: Callable[[Newsletter], None] = lambda _: None
    asked: Callable[[Asked], None] = lambda _: None
    sent: Callable[[SendReport], None] = lambda _: None
    returned: Callable[[Handled], None] = lambda _: None
    #: What cannot be done, why, and when it is tried again.
    failed: Callable[[str, DigestError, datetime], None] = lambda *_: None
    tidied: Callable[[Tidied], None] = lambda _: None
    outcome: Callable[[State], None] = field(default=lambda _: None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Trouble:
    """When what failed is tried again: later each time."""

    wait: timedelta
    again: datetime

    @classmethod
    def after(cls, earlier: Trouble | None, now: datetime) -> Trouble:
        """Return the next wait: half a minute, then double, at most a quarter hour."""
        wait = min(LONGEST_WAIT, earlier.wait * 2) if earlier else FIRST_WAIT
        return cls(wait=wait, again=now + wait)


class Clock:
    """Runs a newsroom's schedule until it is asked to stop."""

    def __init__(self, newsroom: Newsroom, *, watcher: Watcher, stop: Stop) -> None:
        """Take what is run, who is told, and what ends it."""
        self.newsroom, self.watcher, self.stop = newsroom, watcher, stop
        self.collected_at: datetime | None = None
        self.returned_at: datetime | None = None
        self.tidied_at: datetime | None = None
        self.trouble: dict[str, Trouble] = {}  #: what failed: newsletters, by slug

    def run(self) -> None:
        """Tick until `stop` is set; a message in flight is finished first."""
        ticker = Scheduler()
        ticker.every(TICK_SECONDS).seconds.do(self.tick)
        self.tick()
        while not self.stop.is_set():
            ticker.run_pending()
            idle = ticker.idle_seconds or 0.0
            if idle > TICK_SECONDS:
                # It goes by the local time, which is set back an hour each autumn, and
                # would wait until it is as late again.
                ticker.run_all()
                idle = 0.0
            self.stop.wait(min(1.0, max(0.05, idle)))

    def tick(self) -> None:
        """Do everything that is due now; what goes wrong is told, and tried again."""
        now = self.newsroom.now()
        for newsletter in self.newsroom.settings.newsletters:
            if self.stop.is_set():
                return
            self.attempt(newsletter.slug, now, partial(self.serve, newsletter, now))
        every = timedelta(minutes=self.newsroom.settings.collect_every_minutes)
        if _is_time(self.collected_at, every, now):
            self.attempt("sources and readers", now, partial(self.collect, now))
        bounces = self.newsroom.settings.bounces
        if bounces is not None and not self.stop.is_set():
            every = timedelta(minutes=bounces.every_minutes)
            if _is_time(self.returned_at, every, now):
                self.attempt("returned mail", now, partial(self.read_returned, now))
        if _is_time(self.tidied_at, TIDY_EVERY, now):
            self.attempt("tidying", now, partial(self.tidy, now))

    def attempt(self, what: str, now: datetime, work: Callable[[], None]) -> None:
        """Do one thing; when that fails, say so and wait before the next try.

        Whatever happens, the others get their turn: a fault in one newsletter's
        template, or in this program, is no reason for silence everywhere.
        """
        earlier = self.trouble.get(what)
        if earlier is not None and earlier.again - earlier.wait <= now < earlier.again:
            return
        try:
            work()
        except DigestError as error:
            trouble = error
        except Exception as error:  # noqa: BLE001 told, and tried again
            trouble = DigestError(
                f"this should not happen: {error!r}; please report it"
            )
        else:
            self.trouble.pop(what, None)
            return
        self.trouble[what] = later = Trouble.after(earlier, now)
        self.watcher.failed(what, trouble, later.again)

    def collect(self, now: datetime) -> None:
        """Read the sources, and the readers' file."""
        self.collected_at = now
        for collected in self.newsroom.collect():
            self.watcher.collected(collected)
            if self.stop.is_set():
                return
        self.newsroom.refresh_subscribers()

    def read_returned(self, now: datetime) -> None:
        """Read the mail that came back, where digest.yaml says that it comes to."""
        settings = self.newsroom.settings.bounces
        assert settings is not None
        returning = self.newsroom.returning()
        for inbox in configured(settings):
            for handled in returning.read(inbox):
                self.watcher.returned(handled)
                if self.stop.is_set():
                    return
        self.returned_at = now

    def tidy(self, now: datetime) -> None:
        """Forget what is older than `retention:` keeps it."""
        self.watcher.tidied(self.newsroom.tidy())
        self.tidied_at = now

    def serve(self, newsletter: Newsletter, now: datetime) -> None:
        """Prepare and send a newsletter's due issue, and what an earlier one left."""
        let_go(self.newsroom, newsletter)
        slot = self.due(newsletter, now)
        if (
            slot
            and slot.due > now
            and not self.newsroom.issues.draft(newsletter).articles
        ):
            slot = None  # made early for its editors; there may be news until its time
        waiting = self.newsroom.issues.due(newsletter)
        if slot is not None or waiting:
            with self.newsroom.sending(newsletter):
                for issue in waiting:
                    self.send(issue)
                if slot is not None and not self.stop.is_set():
                    self.watcher.due(slot)
                    self.collect(now)  # the freshest news, just before
                    self.send_next(newsletter, slot)
        for asked in ask(self.newsroom, newsletter):  # last: nothing waits for a proof
            self.watcher.asked(asked)

    def send_next(self, newsletter: Newsletter, slot: Slot) -> None:
        """Prepare the issue of a slot and send it; or say that there is no news."""
        if self.stop.is_set():  # the slot is still there when somebody starts again
            return
        prepared = self.newsroom.issues.prepare(newsletter, slot=slot)
        if prepared is not None:
            if newsletter.approval is None:
                self.send(prepared)
            return
        archive = self.newsroom.store.archive
        if archive.record_slot(slot.id, newsletter.slug, slot.due):
            self.watcher.nothing(newsletter)

    def due(self, newsletter: Newsletter, now: datetime) -> Slot | None:
        """Return the slot to serve now, if any; tell of those missed.

        Where editors have a window before an issue leaves, it is served so much earlier.
        """
        if newsletter.schedule is None:
            return None
        archive = self.newsroom.store.archive
        window = (newsletter.approval or Approval()).window_minutes or 0
        until = now + timedelta(minutes=window)
        # Of a time that has not come, by this clock, nothing is dealt with: one that
        # was a year ahead for a moment would else silence us for a year.
        after = archive.last_slot(newsletter.slug, until=until)
        lateness = newsletter.schedule.max_lateness_minutes + window
        to_run, missed = due_slots(
            newsletter.slug,
            replace(newsletter.schedule, max_lateness_minutes=lateness),
            newsletter.timezone,
            after=after or archive.watch(newsletter.slug),
            now=until,
        )
        if to_run and archive.slot_taken(to_run[-1].id, newsletter.slug):
            return None  # before the clock was set back
        if missed and not to_run:
            latest = missed[-1]
            archive.record_slot(latest.id, newsletter.slug, latest.due)
        if missed:
            self.watcher.missed(missed[-1], len(missed), bool(to_run))
        return to_run[-1] if to_run else None

    def send(self, issue: Issue) -> None:
        """Send what is due of an issue and tell what came of it."""
        self.watcher.sent(
            self.newsroom.send(
                issue, stopping=self.stop.is_set, on_outcome=self.watcher.outcome
            )
        )


def _is_time(last: datetime | None, every: timedelta, now: datetime) -> bool:
    """Return whether it was never done, long ago, or by a clock that was ahead."""
    return last is None or not last <= now < last + every


def upcoming(newsroom: Newsroom) -> list[Slot]:
    """Return each newsletter's next slot, soonest first."""
    now = newsroom.now()
    slots = [
        next_slot(n.slug, n.schedule, n.timezone, after=now)
        for n in newsroom.settings.newsletters
        if n.schedule is not None
    ]
    return sorted((s for s in slots if s is not None), key=lambda slot: slot.due)


def overdue(newsroom: Newsroom) -> list[Slot]:
    """Return slots that passed and that nobody dealt with, although somebody used to.

    A newsletter that never went out on schedule has none: it may be sent by hand.
    """
    now, found = newsroom.now(), []
    for newsletter in newsroom.settings.newsletters:
        last = newsroom.store.archive.last_slot(newsletter.slug, until=now)
        if newsletter.schedule is not None and last is not None:
            to_run, missed = due_slots(
                newsletter.slug,
                newsletter.schedule,
                newsletter.timezone,
                after=last,
                now=now - GRACE,
            )
            found += [*missed, *to_run][-1:]
    return found
