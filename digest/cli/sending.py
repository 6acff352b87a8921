"""The command `send`: by hand, repeatable, with a test mail and a dry run."""

from __future__ import annotations

import signal
import sys
from collections import Counter
from collections.abc import Collection, Iterable
from contextlib import suppress
from dataclasses import replace
from difflib import get_close_matches

import click

from digest.addresses import check_address
from digest.approving import ask, let_go
from digest.cli import STOPPED
from digest.cli.approving import show_awaiting
from digest.cli.findings import mention
from digest.cli.issues import (
    issue_option,
    newsletter_argument,
    newsletter_of,
    nothing_new,
    only_option,
    plan_json,
    plan_of,
    show_plan,
    show_sizes,
)
from digest.cli.output import (
    RENDERED_PER_CHOICE,
    as_json,
    counted,
    echo_json,
    line,
    plural,
    progress,
    said,
    waiting_words,
    warned,
    when,
)
from digest.cli.privacy import without_addresses
from digest.cli.project import newsroom_of
from digest.cli.status import RETRY
from digest.cli.stopping import Stop
from digest.errors import DigestError, InputError, StoreError
from digest.issues import waiting_in, way_on
from digest.model import Issue, Newsletter, State
from digest.newsroom import Newsroom
from digest.sendreport import SendReport
from digest.store import PAUSED, Approval

SCREENFUL = 20  #: refusals shown; `digest status` has them all
ALIKE = 3  #: so many with the same words are told one by one


def show_report(newsroom: Newsroom, report: SendReport) -> None:
    """Say what came of a send.

    Readers' addresses are for the operator's own eyes: where a log may be reading,
    it gets their ids, and no server's words about them.
    """
    left_us: dict[State, int] = {
        s: n for s, n in report.done.items() if s is not State.QUEUED
    }
    said(
        f"{report.issue.id}: {counted(left_us) if left_us else 'nothing sent'} in this "
        f"run; in all {counted(report.counts)}"
    )
    for reason, number in report.skipped.items():
        line(f"  {plural(number, 'reader')} skipped: {reason}")
    if report.waiting:
        line(f"  {waiting_words(report.waiting)}")
    for file, why in report.not_joined.items():
        line(f"  {file} {RENDERED_PER_CHOICE}: {why}")
    show_refusals(newsroom, report)
    if report.counts.get(State.UNKNOWN):
        warned(
            f"  {plural(report.counts[State.UNKNOWN], 'mail')} in doubt: the line or the "
            "process died after the last byte left. Such mails are held, never sent "
            f"twice; `digest resolve --issue {report.issue.id} --log …` settles them."
        )
    left = waiting_in(report.counts)
    if report.hold and left:
        warned(
            f"  {report.hold} meanwhile; {left} wait. {way_on(report.hold, report.issue.id)}"
        )
    elif report.stopped and left:
        warned(f"  stopped when asked to; {left} wait for the next `digest send`")


def show_refusals(newsroom: Newsroom, report: SendReport) -> None:
    """Say whom the server refused and why, once of many alike; and what comes next."""
    private = sys.stderr.isatty()
    alike: dict[tuple[State, str], list[str]] = {}
    for reader, outcome in report.refusals:
        why = outcome.reply if private else without_addresses(outcome.reply)
        alike.setdefault((outcome.state, why), []).append(reader)
    lines: list[str] = []
    for (state, why), readers in alike.items():
        if state is State.QUEUED:
            continue  # nothing of it was handed over; it waits
        if len(readers) > ALIKE:
            lines.append(f"  {plural(len(readers), 'mail')} {state}: {why}")
            continue
        for reader in readers:
            subscriber = newsroom.store.audience.find(reader)
            who = subscriber.address if subscriber and private else reader
            lines.append(f"  {who}: {state}: {why}")
    for each in lines[:SCREENFUL]:
        warned(each)
    if len(lines) > SCREENFUL:
        warned(f"  … and more: `digest status {report.issue.newsletter}`")
    if any(o.state is State.FAILED and o.bounce is None for _, o in report.refusals):
        warned(f"  {RETRY.format(issue=report.issue.id)}")
    due = newsroom.store.journal.oldest_due(report.issue.id)
    if due and report.counts.get(State.DEFERRED, 0) > report.waiting:
        warned(
            f"  what is deferred is tried again from {when(due)} on, by `digest run` or "
            f"`digest send {report.issue.newsletter}`"
        )


def known_rules(
    _: click.Context, __: click.Parameter, written: tuple[str, ...]
) -> tuple[str, ...]:
    """Check the names of rules, for `--despite-lint`."""
    from digest.lint import RULES

    for name in written:
        if name not in RULES:
            near = get_close_matches(name, RULES, n=1)
            hint = f" Did you mean {near[0]}?" if near else ""
            raise click.BadParameter(
                f"there is no rule {name!r}.{hint} `digest lint --rules` lists them."
            )
    return written


@click.command()
@newsletter_argument
@click.option(
    "--dry-run", is_flag=True, help="Show the plan; make no issue, send nothing."
)
@only_option("Only to this reader; may be repeated. The others wait.")
@click.option(
    "--test",
    "test",
    metavar="ADDRESS",
    help="Send one test mail to this address instead: the whole issue, or what the "
    "reader named with --only would get. Nothing is recorded.",
)
@click.option(
    "--despite-lint",
    "despite",
    multiple=True,
    metavar="RULE",
    callback=known_rules,
    help="Send although the linter finds this error; may be repeated.",
)
@issue_option
@as_json
@click.pass_context
def send(  # noqa: PLR0913, RUF100 click passes every option
    ctx: click.Context,
    newsletter: str,
    dry_run: bool,
    only: tuple[str, ...],
    test: str | None,
    despite: tuple[str, ...],
    issue_id: str,
    json: bool,
) -> None:
    """Send the next issue of NEWSLETTER, or go on with an interrupted one.

    NEWSLETTER may be left out when there is only one. Safe to repeat at any time:
    nobody gets an issue twice, and what was deferred is tried again once it is due.
    """
    newsroom = newsroom_of(ctx)
    found = newsletter_of(newsroom, newsletter, issue_id)
    newsroom.refresh_subscribers()
    readers = [newsroom.subscriber(address).id for address in only]
    if dry_run and test is not None:
        raise click.UsageError("--dry-run sends nothing, --test does: choose one.")
    if dry_run:
        show_dry_run(newsroom, found, issue_id, readers, json=json)
    elif test is not None:
        if len(readers) > 1:
            raise click.UsageError("--test is one mail: name one reader with --only.")
        issue = newsroom.issues.find(found, issue_id)
        ctx.exit(send_test(newsroom, issue, test, readers, json=json))
    else:
        ctx.exit(
            send_issues(newsroom, found, issue_id, readers, despite=despite, json=json)
        )


def send_issues(
    newsroom: Newsroom,
    newsletter: Newsletter,
    issue_id: str,
    readers: Collection[str],
    *,
    despite: Collection[str],
    json: bool,
) -> int:
    """Send everything there is to send; return the exit code."""
    stop = Stop(after="the mail in flight")
    reports: list[SendReport] = []
    trouble: DigestError | None = None
    let_go(newsroom, newsletter)
    with newsroom.sending(newsletter):
        try:
            for issue in newsroom.issues.to_send(newsletter, issue_id):
                if not stop.is_set():
                    send_issue(newsroom, issue, readers, despite, reports, stop)
        except DigestError as error:
            trouble = error
    done = {report.issue.id for report in reports}
    open_now = [] if trouble else newsroom.issues.open(newsletter)
    later = [issue for issue in open_now if issue.id not in done]
    asked = [] if trouble else ask(newsroom, newsletter)
    awaiting = newsroom.store.approvals.held_back(newsletter.slug)
    left = [r for r in reports if not r.settled] or beyond_hours(newsroom, later)
    paused = [] if trouble else paused_now(newsroom, newsletter, but=done)
    settled = not (left or awaiting or paused)
    if json:
        told = sent_json(reports, later, paused, awaiting, settled=settled)
        echo_json({**told, "error": str(trouble or "")})
    else:
        if not (reports or awaiting or paused) and trouble is None:
            nothing_new(newsroom, newsletter)
        show_awaiting(asked, awaiting)
        for report in reports:
            show_report(newsroom, report)
        for issue in later:
            show_waiting(newsroom, issue)
        for issue in paused:
            show_paused(newsroom, issue)
    if trouble is not None:
        raise trouble
    return STOPPED if stop.signal is signal.SIGINT else int(not settled)


def sent_json(
    reports: Iterable[SendReport] = (),
    later: Iterable[Issue] = (),
    paused: Iterable[Issue] = (),
    awaiting: Iterable[Approval] = (),
    *,
    settled: bool,
) -> dict[str, object]:
    """Return what came of a send as scripts want it, without what stopped it."""
    return {
        "issues": [report.as_json for report in reports],
        "waiting": [issue.id for issue in later],
        "paused": [issue.id for issue in paused],
        "awaiting_approval": [approval.issue for approval in awaiting],
        "settled": settled,
        "error": "",
    }


def waiting_of(newsroom: Newsroom, issue: Issue) -> int:
    """Return how many mails of an issue are still to be sent."""
    return waiting_in(newsroom.store.journal.counts(issue.id))


def show_paused(newsroom: Newsroom, issue: Issue) -> None:
    """Say what waits of an issue that was paused, and what lets it go on."""
    number = plural(waiting_of(newsroom, issue), "mail")
    warned(f"{issue.id}: paused, {number} waiting; {way_on(PAUSED, issue.id)}")


def paused_now(
    newsroom: Newsroom, newsletter: Newsletter, *, but: Collection[str]
) -> list[Issue]:
    """Return the issues of which something waits for `digest resume`."""
    held = newsroom.store.journal.held
    return [
        issue
        for issue in newsroom.issues.recent(newsletter.slug)
        if issue.id not in but
        and held(issue.id) == PAUSED
        and waiting_of(newsroom, issue)
    ]


def beyond_hours(newsroom: Newsroom, issues: Iterable[Issue]) -> list[Issue]:
    """Return those of which something waits, and not for its reader's hour."""
    hours = newsroom.store.journal.waiting
    return [i for i in issues if waiting_of(newsroom, i) > hours(i.id)[0]]


def show_waiting(newsroom: Newsroom, issue: Issue) -> None:
    """Say what waits of an issue that was not touched now."""
    due = newsroom.store.journal.oldest_due(issue.id)
    number = waiting_of(newsroom, issue)
    warned(
        f"{issue.id}: {plural(number, 'mail')} waiting, due {when(due)}; `digest send` "
        "then goes on"
    )


def send_issue(
    newsroom: Newsroom,
    issue: Issue,
    readers: Collection[str],
    despite: Collection[str],
    reports: list[SendReport],
    stop: Stop,
) -> None:
    """Send one issue and add its report, also when it ends in trouble."""
    total = len(readers) or waiting_of(newsroom, issue)
    done: Counter[State] = Counter()

    with progress(total, issue.id) as advance:

        def outcome(state: State) -> None:
            done[state] += 1
            advance(state)

        try:
            report = newsroom.send(
                issue,
                only=readers,
                despite=despite,
                stopping=stop.is_set,
                on_outcome=outcome,
            )
        except DigestError:
            report = SendReport(issue=issue, done=done)
            with suppress(StoreError):  # then that is the trouble
                report.counts = newsroom.store.journal.counts(issue.id)
            reports.append(report)
            raise
    reports.append(report)


def show_dry_run(
    newsroom: Newsroom,
    newsletter: Newsletter,
    issue_id: str,
    readers: Collection[str],
    *,
    json: bool,
) -> None:
    """Show what `send` would send: the rest of an interrupted issue, or the next."""
    plan = plan_of(newsroom, newsletter, issue_id)
    answered = newsroom.issues.answered(plan.issue)
    rows = tuple(
        row
        for row in plan.rows
        if row.subscriber.id not in answered
        and (not readers or row.subscriber.id in readers)
    )
    plan = replace(plan, rows=rows)
    made = newsroom.assembler(plan.issue)
    sizes = newsroom.sizes(plan, made=made)
    looked = newsroom.lint(plan.issue, only=readers, made=made)
    if json:
        echo_json({**plan_json(plan, sizes), "findings": looked.findings})
    elif plan.issue.articles:
        show_plan(plan)
        show_sizes(sizes)
        mention(looked, f"digest lint {newsletter.slug}")
        if answered:
            line(f"{plural(len(answered), 'reader')} had this issue's answer before.")
    else:
        nothing_new(newsroom, newsletter)


def send_test(
    newsroom: Newsroom, issue: Issue, address: str, readers: list[str], *, json: bool
) -> int:
    """Send one digest to another address, marked as a test; return the exit code."""
    try:
        address = check_address(address)
    except ValueError as error:
        raise InputError(f"--test: {error}") from error
    outcome = newsroom.send_test(issue, address, reader=readers[0] if readers else "")
    sent = outcome.state is State.SENT
    if json:
        echo_json({"issue": issue.id, "state": outcome.state, "reply": outcome.reply})
    elif sent:
        reader = newsroom.subscriber(readers[0]) if readers else None
        whose = (
            f"{reader.name or reader.address}'s digest" if reader else "a whole digest"
        )
        said(f"Sent {whose} of {issue.id} to {address} as a test; nothing is recorded.")
    else:
        warned(f"the test mail was not accepted: {outcome.reply}")
    return 0 if sent else 1
