"""The commands for when a send did not simply go through.

`pause`, `recall`, `resume` act on an issue that is going out; `resolve` on mails in
doubt, as `retry` does on refused ones (`cli/retrying.py`); `prove` lays our record
beside the mail server's.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection
from pathlib import Path

import click

from digest.cli.issues import (
    newsletter_argument,
    newsletter_of,
    only_option,
)
from digest.cli.output import as_json, counted, echo_json, line, plural, said, warned
from digest.cli.project import newsroom_at_any_hour, newsroom_of
from digest.cli.sending import send_issues
from digest.cli.status import address, came_back, following, story
from digest.errors import InputError
from digest.issues import waiting_in, way_on
from digest.model import Issue, Newsletter, State
from digest.newsroom import Newsroom
from digest.proof import Proof, compared, seen_in
from digest.store import PAUSED, RECALLED, Delivery

SCREENFUL = 20  #: deliveries shown; `--json` has them all

last_issue_option = click.option(
    "--issue",
    "issue_id",
    metavar="ID",
    default="",
    help="An issue, such as daily/2026-11-23; otherwise the newsletter's last one.",
)

evidence_option = click.option(
    "--log",
    "logs",
    multiple=True,
    metavar="PATH",
    type=click.Path(path_type=Path),
    help="The mail server's log, a file of messages, or a Maildir; may be repeated.",
)

#: Mails that nobody can send again.
_OVER = frozenset({State.SENT, State.SKIPPED})


def issue_of(newsroom: Newsroom, newsletter: Newsletter, issue_id: str) -> Issue:
    """Return the issue named, or the newsletter's last one."""
    if issue_id:
        return newsroom.issues.find(newsletter, issue_id)
    last = newsroom.store.archive.last_issue(newsletter.slug)
    if last is None:
        raise InputError(f"{newsletter.slug} has no issue yet; `digest send` makes one")
    return last


def refuse_recalled(newsroom: Newsroom, issue: Issue) -> None:
    """Let nothing of a recalled issue be sent again."""
    if newsroom.store.journal.held(issue.id) == RECALLED:
        raise InputError(
            f"{issue.id} was recalled; its mails are skipped for good. The articles "
            "can go out again in another issue only if they are published anew."
        )


@click.command()
@newsletter_argument
@last_issue_option
@click.pass_context
def pause(ctx: click.Context, newsletter: str, issue_id: str) -> None:
    """Let nothing more of an issue of NEWSLETTER leave until `digest resume`.

    A process that is sending it stops at once, but for the few mails that are on the
    wire. Without --issue it is the last one.
    """
    newsroom = newsroom_at_any_hour(ctx)
    found = newsletter_of(newsroom, newsletter, issue_id)
    issue = issue_of(newsroom, found, issue_id)
    journal = newsroom.store.journal
    counts = journal.counts(issue.id)
    if counts and not waiting_in(counts):
        left = f"{issue.id} has nothing left to pause: {counted(counts)}."
        warned(f"{left} {following(newsroom, found.slug)}".strip())
        return
    journal.hold(issue.id, PAUSED)
    counts = journal.counts(issue.id)
    said(f"{issue.id} is paused: {counted(counts)}. {way_on(PAUSED, issue.id)}.")


@click.command()
@newsletter_argument
@last_issue_option
@click.option("--yes", is_flag=True, help="Do not ask.")
@click.pass_context
def recall(ctx: click.Context, newsletter: str, issue_id: str, yes: bool) -> None:
    """Stop an issue of NEWSLETTER for good: nobody else gets it.

    What has left cannot be called back. Without --issue it is the last one.
    """
    newsroom = newsroom_at_any_hour(ctx)
    issue = issue_of(newsroom, newsletter_of(newsroom, newsletter, issue_id), issue_id)
    journal = newsroom.store.journal
    if (counts := journal.counts(issue.id)) and counts.keys() <= _OVER:
        warned(f"{issue.id} has left; nothing can be called back: {counted(counts)}.")
        return
    journal.hold(issue.id, PAUSED)  # so that nothing leaves while we ask
    waiting = waiting_in(journal.counts(issue.id))
    question = f"{issue.id}: {plural(waiting, 'mail')} will never be sent. Recall it?"
    paused = f"{issue.id} is paused instead; {way_on(PAUSED, issue.id)}."
    try:
        meant = yes or not waiting or click.confirm(question, err=True)
    except click.Abort:
        warned(f"\n{paused}")
        raise
    if not meant:
        warned(paused)
        ctx.exit(1)
    journal.hold(issue.id, RECALLED)
    skipped = journal.skip_open(issue.id, RECALLED)
    said(
        f"{issue.id} is recalled: {plural(skipped, 'mail')} will not be sent; "
        f"in all {counted(journal.counts(issue.id))}"
    )


@click.command()
@newsletter_argument
@last_issue_option
@as_json
@click.pass_context
def resume(ctx: click.Context, newsletter: str, issue_id: str, json: bool) -> None:
    """Go on with a paused or interrupted issue of NEWSLETTER; never make a new one."""
    newsroom = newsroom_of(ctx)
    found = newsletter_of(newsroom, newsletter, issue_id)
    issue = issue_of(newsroom, found, issue_id)
    refuse_recalled(newsroom, issue)
    if hold := newsroom.store.approvals.resume(issue.id):
        said(f"{issue.id} is not paused any more, but {hold}; {way_on(hold, issue.id)}")
        return
    ctx.exit(send_issues(newsroom, found, issue.id, (), despite=(), json=json))


@click.command()
@newsletter_argument
@last_issue_option
@only_option("Only this reader's mail; may be repeated.")
@click.option("--arrived", "becomes", flag_value="sent", help="They arrived.")
@click.option(
    "--send-again",
    "becomes",
    flag_value="queued",
    help="Send the very same mails again; who got theirs may see it twice.",
)
@click.option("--give-up", "becomes", flag_value="failed", help="They did not arrive.")
@evidence_option
@click.pass_context
def resolve(  # noqa: PLR0913, RUF100 click passes every option
    ctx: click.Context,
    newsletter: str,
    issue_id: str,
    only: tuple[str, ...],
    becomes: str | None,
    logs: tuple[Path, ...],
) -> None:
    """Say what became of the mails in doubt of an issue of NEWSLETTER.

    With --log, those that the mail server knows of are settled as arrived; what is
    said with an option is then about the rest, unless the log lacks mails that the
    server did take: then it says nothing of the rest.
    """
    newsroom = newsroom_at_any_hour(ctx)
    found = newsletter_of(newsroom, newsletter, issue_id)
    issue = issue_of(newsroom, found, issue_id)
    if becomes is None and not logs:
        raise click.UsageError(
            "say what became of them: --arrived, --send-again, --give-up, or --log PATH"
        )
    if becomes == State.QUEUED:
        refuse_recalled(newsroom, issue)
    named = {newsroom.subscriber(each).id for each in only}
    with newsroom.sending(found):  # nobody is sending: what is in doubt stays so
        if logs:
            proof = evidence(newsroom, issue, logs)
            if becomes is not None and proof.missing:
                raise InputError(unfit(proof))
            arrived = {d.subscriber for d in proof.arrived}
            settle(
                newsroom, issue, State.SENT, arrived & named if named else arrived,
                reply="found in the mail server's record",
            )  # fmt: skip
        if becomes is not None:
            settle(
                newsroom, issue, State(becomes), named or None,
                reply="settled by the operator",
            )  # fmt: skip
    counts = newsroom.store.journal.counts(issue.id)
    said(f"{issue.id}: in all {counted(counts)}")
    if logs and (left := counts.get(State.UNKNOWN)):
        warned(
            f"  {plural(left, 'mail')} still in doubt. What a whole log does not know of "
            "did not arrive: add --send-again or --give-up, or wait for more of the log."
        )
    if becomes == State.QUEUED:
        line(f"`digest resume {found.slug} --issue {issue.id}` sends them")
    ctx.exit(1 if counts.get(State.UNKNOWN) else 0)


def unfit(proof: Proof) -> str:
    """Return why a record is no ground to settle what it lacks."""
    return (
        f"{plural(len(proof.missing), 'mail')} that the mail server took "
        f"{'is' if len(proof.missing) == 1 else 'are'} not in what --log names, so "
        "what else is not there may have arrived all the same; nothing is settled. "
        "Name all logs of that time (rotated ones, too: --log may be repeated), or "
        "give --log without the other option, look, and then the option alone."
    )


def settle(
    newsroom: Newsroom,
    issue: Issue,
    becomes: State,
    readers: Collection[str] | None,
    *,
    reply: str,
) -> None:
    """Move mails in doubt, all or some readers', and say how many."""
    number = newsroom.store.journal.resolve(
        issue.id, was=State.UNKNOWN, becomes=becomes, reply=reply, only=readers
    )
    if number:
        said(f"{issue.id}: {plural(number, 'mail')} in doubt: now {becomes} ({reply})")
    else:
        said(f"{issue.id}: no mail in doubt was {reply}")


def evidence(newsroom: Newsroom, issue: Issue, logs: Collection[Path]) -> Proof:
    """Compare an issue's rows with what the mail server kept."""
    return compared(
        newsroom.store.journal.deliveries(issue.id),
        message_ids(newsroom, issue),
        seen_in(logs, issue.id),
    )


def message_ids(newsroom: Newsroom, issue: Issue) -> Callable[[Delivery], str]:
    """Return what names the message of each delivery of an issue."""
    sender = newsroom.newsletter(issue.newsletter).sender
    domain = sender.address.rpartition("@")[2]

    def named(delivery: Delivery) -> str:
        return newsroom.links.message_id(
            issue=issue.id, subscriber=delivery.subscriber, domain=domain
        )

    return named


@click.command()
@newsletter_argument
@last_issue_option
@evidence_option
@as_json
@click.pass_context
def prove(
    ctx: click.Context,
    newsletter: str,
    issue_id: str,
    logs: tuple[Path, ...],
    json: bool,
) -> None:
    """Show that the numbers of an issue of NEWSLETTER add up.

    With --log, message by message against the mail server's own record. Ends with 1
    when anything is open, in doubt or does not agree.
    """
    newsroom = newsroom_at_any_hour(ctx)
    issue = issue_of(newsroom, newsletter_of(newsroom, newsletter, issue_id), issue_id)
    counts = newsroom.store.journal.counts(issue.id)
    tally = Counter(d.state for d in newsroom.store.journal.deliveries(issue.id))
    rows, adds_up = tally.total(), tally == Counter(counts)
    proof = evidence(newsroom, issue, logs) if logs else None
    returned = newsroom.store.returns.counts(issue.id)
    if json:
        shown = proof_json(issue, counts, proof, rows=rows, adds_up=adds_up)
        echo_json({**shown, "returned": returned})
    else:
        show_sum(issue, rows, counts, adds_up=adds_up)
        if returned:
            line(f"  came back after they were sent: {came_back(returned)}")
        if proof is not None:
            show_proof(newsroom, proof)
    settled = all(state.settled for state in counts)
    ctx.exit(0 if settled and adds_up and (proof is None or proof.agrees) else 1)


def proof_json(
    issue: Issue,
    counts: dict[State, int],
    proof: Proof | None,
    *,
    rows: int,
    adds_up: bool,
) -> dict[str, object]:
    """Return a proof as scripts want it: readers by their ids."""
    lists = ("missing", "doubled", "unexpected", "arrived", "absent")
    return {
        "issue": issue.id,
        "planned": rows,
        "counts": {state: counts.get(state, 0) for state in State},
        "adds_up": adds_up,
        "record": proof
        and {
            "found": proof.found,
            **{name: [d.subscriber for d in getattr(proof, name)] for name in lists},
            "strangers": proof.strangers,
            "agrees": proof.agrees,
        },
    }


def show_sum(
    issue: Issue, rows: int, counts: dict[State, int], *, adds_up: bool
) -> None:
    """Print the sum: planned is what became of everybody."""
    parts = " + ".join(
        f"{counts[state]:,} {state}" for state in State if state in counts
    )
    tell = said if adds_up else warned
    tell(
        f"{issue.id}: {rows:,} planned = {parts or '0'}{'' if adds_up else '  (WRONG)'}"
    )


def show_proof(newsroom: Newsroom, proof: Proof) -> None:
    """Say what the mail server's record has, and where it differs."""
    line(f"  the mail server's record has {plural(proof.found, 'mail')} of it")
    for words, found in (
        ("sent by our record, and not in the server's", proof.missing),
        ("more than once in the server's record", proof.doubled),
        ("in the server's record, and not sent by ours", proof.unexpected),
        ("in doubt, and in the server's record: `digest resolve --log`", proof.arrived),
        ("in doubt, and not in the server's record", proof.absent),
    ):
        if found:
            warned(f"  {plural(len(found), 'mail')} {words}:")
        for delivery in found[:SCREENFUL]:
            warned(f"    {address(newsroom, delivery)}: {story(delivery)}")
    if proof.strangers:
        warned(
            f"  {plural(proof.strangers, 'mail')} of this issue in the server's record "
            "to readers who are not in ours: was this database restored?"
        )
    if proof.agrees:
        said("  both records agree")
