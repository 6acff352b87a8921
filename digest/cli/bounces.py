"""Commands about mail that comes back: read it, and settle what was parked."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Iterable
from functools import partial
from ipaddress import ip_address
from itertools import chain
from pathlib import Path

import click

from digest.cli.output import (
    Group,
    as_json,
    echo_json,
    line,
    plural,
    said,
    table,
    warned,
    when,
)
from digest.cli.project import newsroom_of
from digest.cli.running import stamp, told
from digest.cli.stopping import Stop
from digest.errors import DigestError, InputError
from digest.inbox import Arrived, Inbox, configured, open_path
from digest.newsroom import Newsroom
from digest.returning import Came, Handled
from digest.store import Parked

#: What a mail server understands as "keep it, and try again" (sysexits.h).
EX_TEMPFAIL = 75

SCREENFUL = 50  #: mails shown; `--json` has them all

PIPE = "-"

dry_run_option = click.option(
    "--dry-run", is_flag=True, help="Only show what would follow; change nothing."
)


@click.group(cls=Group, invoke_without_command=True)
@click.option(
    "--from",
    "place",
    metavar="PATH",
    type=click.Path(path_type=Path),
    help="A Maildir, an mbox, a mail, or a folder of mails; - is standard input.",
)
@click.option(
    "--imap", is_flag=True, help="Only the IMAP mailbox that digest.yaml names."
)
@click.option(
    "--listen",
    metavar="HOST:PORT",
    help="Stay up, and take mails by LMTP or SMTP from the mail server of this machine.",
)
@dry_run_option
@as_json
@click.pass_context
def bounces(  # noqa: PLR0913, RUF100 click passes every option
    ctx: click.Context,
    place: Path | None,
    imap: bool,
    listen: str | None,
    dry_run: bool,
    json: bool,
) -> None:
    """Read returned mail: bounces, complaints, and mails to unsubscribe.

    Without an option it is read where `bounces:` in digest.yaml says; with - as the
    only argument, one mail is read from standard input, as mail servers give it to a
    program. A mail counts once, however often it is read.
    """
    ways = [place is not None, imap, listen is not None]
    if ctx.invoked_subcommand is not None:
        if any(ways) or dry_run or json:
            raise click.UsageError(
                f"these options do not go with `{ctx.invoked_subcommand}`; write them "
                "behind it, or leave them out"
            )
        return
    if sum(ways) > 1:
        raise click.UsageError("say one of --from, --imap and --listen")
    if place == Path(PIPE):
        ctx.invoke(pipe, dry_run=dry_run, json=json)
        return
    newsroom = newsroom_of(ctx)
    if listen is not None:
        stay(newsroom, *address_of(listen))
        return
    inboxes = [open_path(place)] if place else inboxes_of(newsroom, imap_only=imap)
    show(ctx, newsroom, inboxes, dry_run=dry_run, json=json)


def inboxes_of(newsroom: Newsroom, *, imap_only: bool) -> Iterable[Inbox]:
    """Return the places that digest.yaml names, or raise `InputError`."""
    from dataclasses import replace

    settings, file = newsroom.settings.bounces, newsroom.settings.root / "digest.yaml"
    if settings is None or (imap_only and settings.imap is None):
        raise InputError(
            f"{file} does not say where returned mail comes to"
            f"{' by IMAP' if imap_only else ''}. Add `bounces:` with "
            f"{'an `imap:`' if imap_only else 'an `imap:`, a `maildir:` or an `mbox:`'}, "
            "or name a place with --from PATH."
        )
    if imap_only:
        settings = replace(settings, maildir=None, mbox=None)
    return configured(settings)


def show(
    ctx: click.Context,
    newsroom: Newsroom,
    inboxes: Iterable[Inbox],
    *,
    dry_run: bool,
    json: bool,
) -> None:
    """Read inboxes, and show what came of each mail."""
    returning = newsroom.returning()
    read = partial(returning.read, dry_run=dry_run)
    handled = list(chain.from_iterable(map(read, inboxes)))
    if json:
        echo_json(
            {
                "dry_run": dry_run,
                "counts": counts_of(handled),
                "mails": [described(each) for each in handled],
            }
        )
    else:
        show_table(handled, dry_run=dry_run)
    if any(each.came is Came.PARKED for each in handled):
        warned(
            "Too many readers of one provider seem to be gone at once; they stay until "
            "you say what is true: `digest bounces parked`."
        )
        ctx.exit(1)


def counts_of(handled: Iterable[Handled]) -> dict[str, int]:
    """Return how many mails came to what, in the order of `Came`."""
    counts = Counter(each.came for each in handled)
    return {came.value: counts[came] for came in Came if counts[came]}


def summed_up(counts: dict[str, int]) -> str:
    """Return "3 hard bounce, 1 complaint"."""
    return ", ".join(f"{number} {came}" for came, number in counts.items())


def described(handled: Handled) -> dict[str, object]:
    """Return a mail and what came of it, for scripts."""
    report, reader = handled.report, handled.subscriber
    return {
        "mail": handled.name,
        "came": handled.came,
        "kind": report.kind,
        "subscriber": reader.id if reader else "",
        "address": reader.address if reader else "",
        "issue": handled.issue,
        "action": report.action,
        "status": report.status,
        "words": report.words,
        "fault": report.fault,
    }


def show_table(handled: list[Handled], *, dry_run: bool) -> None:
    """Print a line for each mail, and how many came to what."""
    if not handled:
        said("No returned mail that was not read before.")
        return
    table(
        ("mail", "what", "reader", "status", "words"),
        [
            (
                each.name,
                each.came.value,
                each.subscriber.address if each.subscriber else "",
                each.report.status,
                each.report.words[:80],
            )
            for each in handled[:SCREENFUL]
        ],
    )
    if len(handled) > SCREENFUL:
        line(f"… and {len(handled) - SCREENFUL} more: --json")
    begin = "would be read" if dry_run else "read"
    said(f"{plural(len(handled), 'mail')} {begin}: {summed_up(counts_of(handled))}")


# -- from a mail server ---------------------------------------------------------


@bounces.command(PIPE, short_help="Read one mail from standard input.")
@dry_run_option
@as_json
@click.pass_context
def pipe(ctx: click.Context, dry_run: bool, json: bool) -> None:
    """Read one mail from standard input, as an alias of a mail server gives it.

    Says nothing but what goes wrong, and then ends with 75, so that the mail server
    keeps the mail and tries again.
    """
    try:
        newsroom = newsroom_of(ctx)
        mail = Arrived(name="standard input", content=sys.stdin.buffer.read())
        handled = newsroom.returning().take(mail, dry_run=dry_run)
    except (DigestError, OSError) as error:
        warned(f"digest: {error}")
        ctx.exit(EX_TEMPFAIL)
    if json:
        echo_json(described(handled))
    elif dry_run:
        show_table([handled], dry_run=True)


def address_of(listen: str) -> tuple[str, int]:
    """Return host and port, or raise `InputError`: they are of this machine."""
    host, _, port = listen.rpartition(":")
    host = host.strip("[]")
    try:
        inside = host == "localhost" or ip_address(host).is_loopback
        number = int(port)
    except ValueError:
        inside, number = False, 0
    if not inside or not 0 < number < 1 << 16:
        raise InputError(
            f"--listen {listen!r}: it takes mail from this machine alone; write it like "
            "127.0.0.1:8024, and let your mail server hand returned mail over there"
        )
    return host, number


def stay(newsroom: Newsroom, host: str, port: int) -> None:
    """Take mails from a mail server until somebody stops us."""
    from digest.postbox.receiving import Receiving

    returning = newsroom.returning()

    def take(content: bytes, recipient: str) -> None:
        mail = Arrived(name="handed over", content=content, recipients=(recipient,))
        try:
            handled = returning.take(mail)
        except DigestError as error:
            stamp(f"returned mail: {error}")
            raise
        stamp(f"returned mail: {told(handled)}")

    stop = Stop(after="the mail at hand")
    with Receiving(host, port, take):
        stamp(f"taking returned mail at {host}:{port} (LMTP and SMTP)")
        while not stop.wait(60):
            newsroom.store.returns.forget()
    stamp("stopped")


# -- too many at once -----------------------------------------------------------

issue_option = click.option("--issue", metavar="ID", help="Only of this issue.")
provider_option = click.option(
    "--provider", metavar="PROVIDER", help="Only of this provider."
)


def waiting(
    newsroom: Newsroom, issue: str | None, provider: str | None
) -> list[Parked]:
    """Return the parked bounces, all or some."""
    return [
        each
        for each in newsroom.store.returns.parked()
        if issue in (None, each.issue) and provider in (None, each.provider)
    ]


@bounces.command(short_help="Show the bounces that wait for your word.")
@issue_option
@provider_option
@as_json
@click.pass_context
def parked(
    ctx: click.Context, issue: str | None, provider: str | None, json: bool
) -> None:
    """Show hard bounces of more readers of one provider than can be gone at once.

    They go on getting mail. `accept` believes the provider, `drop` does not. Ends with
    1 while any wait.
    """
    newsroom = newsroom_of(ctx)
    found = waiting(newsroom, issue, provider)
    groups = Counter((each.issue, each.provider) for each in found)
    first = {(each.issue, each.provider): each for each in reversed(found)}
    if json:
        echo_json({"parked": found})
    elif not found:
        said("Nothing is parked.")
    else:
        table(
            ("issue", "provider", "readers", "since", "the first's words"),
            [
                (*key, str(n), when(first[key].at), first[key].reply[:80])
                for key, n in groups.items()
            ],
        )
    ctx.exit(1 if found else 0)


def settle(
    ctx: click.Context, issue: str | None, provider: str | None, *, accept: bool
) -> int:
    """Settle parked bounces, all or some; return how many. There must be some."""
    newsroom = newsroom_of(ctx)
    found = waiting(newsroom, issue, provider)
    if not found:
        raise InputError(
            "no such bounce is parked. `digest bounces parked` shows which are, by "
            "issue and provider."
        )
    return newsroom.returning().settle(found, accept=accept)


@bounces.command(short_help="Believe parked bounces: these readers get nothing more.")
@issue_option
@provider_option
@click.pass_context
def accept(ctx: click.Context, issue: str | None, provider: str | None) -> None:
    """Believe parked bounces: the addresses take no mail, and get none."""
    number = settle(ctx, issue, provider, accept=True)
    said(f"{plural(number, 'parked bounce')} accepted: their readers get nothing more")


@bounces.command(short_help="Do not believe parked bounces: these readers stay.")
@issue_option
@provider_option
@click.pass_context
def drop(ctx: click.Context, issue: str | None, provider: str | None) -> None:
    """Do not believe parked bounces: their readers stay as they are."""
    number = settle(ctx, issue, provider, accept=False)
    said(f"{plural(number, 'parked bounce')} dropped: their readers stay as they are")
