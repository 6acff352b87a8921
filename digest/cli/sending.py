"""Commands that send: send, run, status."""

from __future__ import annotations

import signal
from threading import Event
from types import FrameType

import click

from digest.addresses import check_address
from digest.cli.issues import (
    newsletter_argument,
    nothing_new,
    plan_json,
    plan_of,
    show_plan,
)
from digest.cli.output import (
    as_json,
    counted,
    echo_json,
    plural,
    progress,
    said,
    table,
    warned,
    when,
)
from digest.cli.project import newsroom_of
from digest.delivery import SendReport
from digest.errors import DigestError, InputError
from digest.model import Issue, Newsletter, State
from digest.newsroom import Collected, Newsroom
from digest.scheduler import Watcher
from digest.slots import Slot


def until_asked() -> Event:
    """Return an event set by the first Ctrl-C or SIGTERM; the second one insists."""
    stop = Event()

    def ask(number: int, _: FrameType | None) -> None:
        if stop.is_set():
            raise KeyboardInterrupt
        stop.set()
        name = "Ctrl-C" if number == signal.SIGINT else "SIGTERM"
        click.echo(f"{name}: finishing the message in flight …", err=True)

    signal.signal(signal.SIGINT, ask)
    signal.signal(signal.SIGTERM, ask)
    return stop


def report_json(report: SendReport) -> dict[str, object]:
    """Return a report as scripts want it."""
    return {
        "issue": report.issue.id,
        "counts": {state: report.counts.get(state, 0) for state in State},
        "this_run": {state: report.done.get(state, 0) for state in State},
        "refusals": [
            {"subscriber": reader, "state": o.state, "reply": o.reply}
            for reader, o in report.refusals
        ],
        "stopped": report.stopped,
        "settled": report.settled,
    }


def show_report(newsroom: Newsroom, report: SendReport) -> None:
    """Say what came of a send."""
    said(
        f"{report.issue.id}: {counted(dict(report.done))} in this run; in all {counted(report.counts)}"
    )
    for reader, outcome in report.refusals[:20]:
        subscriber = newsroom.store.audience.find(reader)
        name = subscriber.address if subscriber else reader
        warned(f"  {name}: {outcome.state}: {outcome.reply}")
    if len(report.refusals) > 20:  # noqa: PLR2004 a screenful
        warned(f"  … and {len(report.refusals) - 20} more: `digest status --json`")
    if report.counts.get(State.UNKNOWN):
        warned(
            f"  {plural(report.counts[State.UNKNOWN], 'mail')} in doubt: the line or the "
            "process died after the last byte left. They are held, never sent twice."
        )


def issue_to_send(
    newsroom: Newsroom, newsletter: Newsletter, issue_id: str
) -> Issue | None:
    """Return the issue to go on with, or a new one; None: nothing new."""
    if issue_id:
        issue = newsroom.issues.find(newsletter, issue_id)
        newsroom.issues.plan_rows(issue)
        return issue
    for unfinished in newsroom.issues.open(newsletter):
        newsroom.issues.plan_rows(unfinished)
        return unfinished
    return newsroom.issues.prepare(newsletter)


@click.command()
@newsletter_argument
@click.option("--dry-run", is_flag=True, help="Show the plan; store and send nothing.")
@click.option(
    "--only",
    multiple=True,
    metavar="ADDRESS",
    help="Only this reader; may be repeated. The others wait.",
)
@click.option(
    "--test",
    "test",
    metavar="ADDRESS",
    help="Send one test mail to this address, as if it were the reader --only names; nothing is recorded.",
)
@click.option(
    "--issue", "issue_id", default="", help="An issue already made, by its id."
)
@as_json
@click.pass_context
def send(  # noqa: PLR0913, RUF100 click passes every option
    ctx: click.Context,
    newsletter: str,
    dry_run: bool,
    only: tuple[str, ...],
    test: str | None,
    issue_id: str,
    json: bool,
) -> None:
    """Send the next issue of NEWSLETTER, or go on with an unfinished one.

    Safe to repeat: nobody gets an issue twice.
    """
    newsroom = newsroom_of(ctx)
    found = newsroom.newsletter(newsletter)
    if dry_run:
        plan = plan_of(newsroom, found, issue_id)
        if json:
            echo_json(plan_json(plan))
        elif plan.issue.articles:
            show_plan(plan)
        else:
            nothing_new(newsroom, found)
        return
    newsroom.refresh_subscribers()
    readers = [newsroom.subscriber(address).id for address in only]
    if test is not None:
        send_test(newsroom, newsroom.issues.find(found, issue_id), test, readers)
        return
    stop = until_asked()
    with newsroom.sending(found):
        issue = issue_to_send(newsroom, found, issue_id)
        if issue is None:
            if json:
                echo_json({"issue": None})
            else:
                nothing_new(newsroom, found)
            return
        waiting = newsroom.store.journal.counts(issue.id)
        total = len(readers) or sum(n for s, n in waiting.items() if not s.settled)
        with progress(total, issue.id) as advance:
            report = newsroom.send(
                issue, only=readers, stopping=stop.is_set, on_outcome=advance
            )
    if json:
        echo_json(report_json(report))
    else:
        show_report(newsroom, report)
    if not report.settled:
        ctx.exit(1)


def send_test(
    newsroom: Newsroom, issue: Issue, address: str, readers: list[str]
) -> None:
    """Send one reader's digest to another address, marked as a test."""
    try:
        address = check_address(address)
    except ValueError as error:
        raise InputError(f"--test: {error}") from error
    outcome, reader = newsroom.send_test(
        issue, address, reader=readers[0] if readers else ""
    )
    whose = f"{reader}'s digest" if reader else "the whole issue"
    if outcome.state is not State.SENT:
        raise InputError(f"the test mail was not accepted: {outcome.reply}")
    said(f"Sent {whose} of {issue.id} to {address} as a test; nothing was recorded.")


@click.command()
@click.option("--once", is_flag=True, help="Do what is due now and end (for cron).")
@click.pass_context
def run(ctx: click.Context, once: bool) -> None:
    """Stay up: collect, and send each newsletter when it is due.

    Ctrl-C or SIGTERM ends it after the message in flight.
    """
    from digest.scheduler import Clock, upcoming

    newsroom = newsroom_of(ctx)
    if not any(n.schedule for n in newsroom.settings.newsletters):
        raise InputError(
            f"no newsletter in {newsroom.settings.root / 'digest.yaml'} has a `schedule:`; "
            "there is nothing to wait for. Send by hand with `digest send`."
        )
    stop = until_asked()
    failures: list[DigestError] = []
    clock = Clock(newsroom, watcher=log_lines(failures), stop=stop)
    for slot in upcoming(newsroom):
        stamp(f"{slot.newsletter}: next due {when(slot.due)}")
    if once:
        clock.tick()
        ctx.exit(1 if failures else 0)
    clock.run()
    stamp("stopped")


def stamp(text: str) -> None:
    """Print one line of the log."""
    from digest.newsroom import utc_now

    click.echo(f"{utc_now():%Y-%m-%dT%H:%M:%SZ} {text}")


def log_lines(failures: list[DigestError]) -> Watcher:
    """Return a watcher that says what happens, a line each."""

    def collected(c: Collected) -> None:
        if c.error:
            stamp(f"collect {c.source}: {c.error}")
        elif c.new or c.changed:
            stamp(f"collect {c.source}: {c.new} new, {c.changed} changed")
        for problem in c.problems:
            stamp(f"collect {c.source}: {problem.where}: {problem.what}")

    def missed(slot: Slot, number: int) -> None:
        stamp(
            f"{slot.newsletter}: {plural(number, 'slot')} missed while not running, the last {when(slot.due)}; not sent"
        )

    def sent(report: SendReport) -> None:
        stamp(
            f"{report.issue.id}: {counted(dict(report.done))}; in all {counted(report.counts)}"
        )

    def failed(what: str, error: DigestError) -> None:
        failures.append(error)
        stamp(f"{what}: {error}")

    return Watcher(
        collected=collected,
        due=lambda slot: stamp(f"{slot.newsletter}: due, preparing"),
        missed=missed,
        nothing=lambda newsletter: stamp(
            f"{newsletter.slug}: nothing new, nothing sent"
        ),
        sent=sent,
        failed=failed,
    )


@click.command()
@click.argument("newsletter", required=False, default="")
@as_json
@click.pass_context
def status(ctx: click.Context, newsletter: str, json: bool) -> None:
    """Show the issues, how their deliveries stand, and what is due next."""
    from digest.scheduler import upcoming

    newsroom = newsroom_of(ctx)
    if newsletter:
        newsroom.newsletter(newsletter)
    issues = newsroom.store.archive.issues(newsletter or None, limit=20)
    counts = {issue.id: newsroom.store.journal.counts(issue.id) for issue in issues}
    slots = upcoming(newsroom)
    if json:
        echo_json(
            {
                "issues": [
                    {
                        "id": i.id,
                        "number": i.number,
                        "until": i.until,
                        "counts": counts[i.id],
                    }
                    for i in issues
                ],
                "next": slots,
            }
        )
    else:
        table(
            ("issue", "No.", "made", "deliveries"),
            [
                (i.id, str(i.number), when(i.until), counted(counts[i.id]))
                for i in issues
            ],
        )
        for slot in slots:
            click.echo(f"next: {slot.newsletter} at {when(slot.due)}")
    open_states = [
        s for c in counts.values() for s, n in c.items() if n and not s.settled
    ]
    if open_states:
        ctx.exit(1)
