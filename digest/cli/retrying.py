"""`digest retry`: what was refused or deferred goes again, its cause being gone."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from itertools import islice

import click

from digest.cli.issues import newsletter_argument, newsletter_of, only_option
from digest.cli.output import as_json, echo_json, plural, said, warned
from digest.cli.project import newsroom_of
from digest.cli.sending import send_issues, sent_json
from digest.cli.settling import (
    SCREENFUL,
    issue_of,
    last_issue_option,
    refuse_recalled,
)
from digest.model import Issue, State, Status
from digest.newsroom import Newsroom

AT_ONCE = 500  #: readers of refused mails


@click.command()
@newsletter_argument
@last_issue_option
@only_option("Only to this reader; may be repeated.")
@as_json
@click.pass_context
def retry(
    ctx: click.Context,
    newsletter: str,
    issue_id: str,
    only: tuple[str, ...],
    json: bool,
) -> None:
    """Try again now what was refused or deferred of an issue of NEWSLETTER.

    For when the cause is gone: a full disk at the relay, a wrong setting. Mails in
    doubt are not touched; `digest resolve` is for those. Readers whose address was
    given up are named; `digest subscribers revive` brings them back.
    """
    newsroom = newsroom_of(ctx)
    found = newsletter_of(newsroom, newsletter, issue_id)
    issue = issue_of(newsroom, found, issue_id)
    refuse_recalled(newsroom, issue)
    readers = [newsroom.subscriber(each).id for each in only]
    with newsroom.sending(found):
        again, gone = retry_refused(newsroom, issue, readers)
        again += queue_again(newsroom, issue, State.DEFERRED, readers or None)
    show_given_up(issue, gone)
    code = int(bool(gone))
    if again:
        sent = send_issues(newsroom, found, issue.id, readers, despite=(), json=json)
        ctx.exit(sent or code)
    if json:
        counts = newsroom.store.journal.counts(issue.id)
        settled = not gone and all(state.settled for state in counts)
        echo_json(sent_json(settled=settled))
    elif not gone:
        said(f"{issue.id}: nothing was refused or deferred; there is nothing to retry")
    ctx.exit(code)


def retry_refused(
    newsroom: Newsroom, issue: Issue, only: Collection[str]
) -> tuple[int, list[str]]:
    """Let refused mails be sent again; return how many, and the addresses left out.

    These take no mail by what servers said: a try would skip their mails for good, and
    a retry after `revive` find nothing. A relay may have refused everybody's, so they
    are looked at some at a time.
    """
    again, gone = 0, list[str]()
    failed = (
        delivery.subscriber
        for delivery in newsroom.store.journal.deliveries(issue.id, State.FAILED)
        if not only or delivery.subscriber in only
    )
    while batch := tuple(islice(failed, AT_ONCE)):
        readers = newsroom.store.audience.by_ids(batch)
        lost = [r for r in readers.values() if r.status is Status.BOUNCED]
        gone += [reader.address for reader in lost]
        tried = set(batch) - {reader.id for reader in lost}
        again += queue_again(newsroom, issue, State.FAILED, tried)
    return again, gone


def queue_again(
    newsroom: Newsroom, issue: Issue, was: State, readers: Collection[str] | None
) -> int:
    """Let mails of one state be sent again, all or these readers'; return how many."""
    return newsroom.store.journal.resolve(
        issue.id,
        was=was,
        becomes=State.QUEUED,
        reply="tried again at the operator's word",
        only=readers,
    )


def show_given_up(issue: Issue, gone: Sequence[str]) -> None:
    """Say who is not tried, and what has to come before a retry of theirs."""
    if not gone:
        return
    warned(
        f"{issue.id}: {plural(len(gone), 'refused mail')} not tried: the address takes "
        "no mail, the server said. If that is wrong, `digest subscribers revive ADDRESS "
        '--reason "…"`, then `digest retry` again:'
    )
    for address in gone[:SCREENFUL]:
        warned(f"  {address}")
    if len(gone) > SCREENFUL:
        warned(f"  … and {len(gone) - SCREENFUL:,} more")
