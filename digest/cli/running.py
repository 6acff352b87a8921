"""The command `run`: stays up, and says what happens in lines fit for a log."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime

import click

from digest.approving import Asked
from digest.cli.output import (
    RENDERED_PER_CHOICE,
    counted,
    forgotten,
    plural,
    waiting_words,
)
from digest.cli.privacy import without_addresses
from digest.cli.project import newsroom_of
from digest.cli.stopping import Stop
from digest.cli.streams import printable
from digest.collecting import Collected
from digest.errors import (
    BusyError,
    DigestError,
    FileProblems,
    InputError,
    StoreError,
)
from digest.model import Newsletter, Problem
from digest.newsroom import utc_now
from digest.returning import Came, Handled
from digest.scheduler import Clock, Watcher, upcoming
from digest.sendreport import SendReport
from digest.slots import MISSED_AT_MOST, Slot
from digest.store import Tidied

MOMENT = "%Y-%m-%dT%H:%M:%SZ"  #: a log is read far from where it was written


@click.command()
@click.option("--once", is_flag=True, help="Do what is due now and end (for cron).")
@click.pass_context
def run(ctx: click.Context, once: bool) -> None:
    """Stay up: collect, and send each newsletter when it is due.

    Says what happens in lines for a log: the time in UTC, no addresses. Ctrl-C or
    SIGTERM ends it after the mail in flight. Start it again after a change in
    digest.yaml; readers, articles and templates are read anew each time.
    """
    newsroom = newsroom_of(ctx)
    if not any(n.schedule for n in newsroom.settings.newsletters):
        raise InputError(
            f"no newsletter in {newsroom.settings.root / 'digest.yaml'} has a `schedule:`; "
            "there is nothing to wait for. Send by hand with `digest send`."
        )
    try:  # said before the first slot, while whoever restored a backup still looks
        newsroom.store.life.insist()
    except StoreError as error:
        if once:
            raise
        stamp(str(error))
    stop = Stop(after="the mail in flight")
    diary = Diary(once=once)
    clock = Clock(newsroom, watcher=diary.watcher(), stop=stop)
    if once:
        clock.tick()
    for slot in upcoming(newsroom):
        stamp(f"{slot.newsletter}: next due {slot.due:{MOMENT}}")
    if once:
        ctx.exit(diary.code())
    clock.run()
    stamp("stopped")


def stamp(text: str) -> None:
    """Print one line of the log; that it cannot be written stops no mail."""
    text = printable(without_addresses(" ".join(text.split())))
    with suppress(OSError):
        click.echo(f"{utc_now():{MOMENT}} {text}")


def told(handled: Handled) -> str:
    """Say what came of a returned mail, without an address."""
    who = f", reader {handled.subscriber.id}" if handled.subscriber else ""
    about = f", {handled.issue}" if handled.issue else ""
    words = f": {handled.report.words}" if handled.report.words else ""
    return f"{handled.came}{who}{about}{words}"


@dataclass(kw_only=True)
class Diary:
    """Writes down what happens, a line each, and remembers what went wrong."""

    once: bool = False  #: nothing is tried again by this process
    failed: list[DigestError] = field(default_factory=list)
    problems: dict[str, tuple[Problem, ...]] = field(default_factory=dict)
    unsettled: bool = False  #: a slot missed, a source failed, a mail not accepted

    def watcher(self) -> Watcher:
        """Return what the clock tells."""
        return Watcher(
            collected=self.collected,
            due=lambda slot: stamp(f"{slot.newsletter}: due, preparing"),
            missed=self.missed,
            nothing=self.nothing,
            asked=self.asked,
            sent=self.sent,
            returned=self.returned,
            failed=self.trouble,
            tidied=self.tidied,
        )

    def code(self) -> int:
        """Return the exit code of `--once`."""
        if self.failed and all(isinstance(e, BusyError) for e in self.failed):
            return 5
        return 1 if self.failed or self.unsettled else 0

    def collected(self, c: Collected) -> None:
        """Say what a source brought."""
        if c.error:
            self.unsettled = True
            stamp(f"collect {c.source}: {c.error}")
        elif c.new or c.changed:
            stamp(f"collect {c.source}: {c.new} new, {c.changed} changed")
        said = self.problems.get(c.source, ())
        for problem in c.problems:
            if problem not in said:  # once, and not at every collect
                stamp(f"collect {c.source}: {problem.where}: {problem.what}")
        self.problems[c.source] = c.problems

    def missed(self, slot: Slot, number: int, followed: bool) -> None:
        """Say which slots passed while nothing was running, and what that means."""
        self.unsettled |= not followed
        most = "at least " if number == MISSED_AT_MOST else ""
        way_on = (
            "the one that is due now has their news, too"
            if followed
            else f"not sent. `digest send {slot.newsletter}` sends it now."
        )
        stamp(
            f"{slot.newsletter}: {most}{plural(number, 'slot')} missed while not "
            f"running, the last {slot.due:{MOMENT}}; {way_on}"
        )

    def nothing(self, newsletter: Newsletter) -> None:
        """Say that a slot came and there was no news."""
        stamp(f"{newsletter.slug}: nothing new, nothing sent")

    def asked(self, asked: Asked) -> None:
        """Say that an issue waits for its editors."""
        opens = f"leaves {asked.opens:{MOMENT}} unless held" if asked.opens else "waits"
        stamp(
            f"{asked.issue.id}: {plural(len(asked.editors), 'proof')} sent of revision "
            f"{asked.revision}; {opens}"
        )

    def sent(self, report: SendReport) -> None:
        """Say what came of an issue."""
        self.unsettled |= not report.settled
        joined = "" if report.not_joined else "; joined from pieces"
        stamp(
            f"{report.issue.id}: {counted(report.done)}; "
            f"in all {counted(report.counts)}{joined}"
        )
        if report.waiting:
            stamp(f"{report.issue.id}: {waiting_words(report.waiting)}")
        for file, why in report.not_joined.items():
            stamp(f"{report.issue.id}: {file} {RENDERED_PER_CHOICE}: {why}")

    def returned(self, handled: Handled) -> None:
        """Say what came of a mail that came back; a parked one wants a word."""
        self.unsettled |= handled.came is Came.PARKED
        if handled.came is not Came.AGAIN:  # an mbox is read from its beginning
            stamp(f"returned mail: {told(handled)}")

    def tidied(self, tidied: Tidied) -> None:
        """Say what was forgotten, if anything was."""
        if tidied != Tidied():
            stamp(f"tidied: {forgotten(tidied)}")

    def trouble(self, what: str, error: DigestError, again: datetime) -> None:
        """Say what cannot be done now, and when it is tried again."""
        self.failed.append(error)
        later = "" if self.once else f" Next try: {again:{MOMENT}}."
        if isinstance(error, FileProblems):  # which quote what they found: addresses
            places = plural(len(error.problems), "mistake")
            stamp(
                f"{what}: {places} in files, the first at {error.problems[0].where}; "
                f"`digest check` says what is wrong.{later}"
            )
        else:
            stamp(f"{what}: {str(error).removesuffix('.')}.{later}")
