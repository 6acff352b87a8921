"""The commands for issues that editors see before they leave: issues, approve, hold."""

from __future__ import annotations

from collections.abc import Iterable

import click

from digest import approving
from digest.approving import Asked
from digest.cli.output import (
    Group,
    as_json,
    counted,
    echo_json,
    line,
    plural,
    said,
    table,
    warned,
    when,
)
from digest.cli.project import newsroom_at_any_hour, newsroom_of
from digest.issues import way_on
from digest.model import Issue
from digest.newsroom import Newsroom
from digest.store import HELD, PAUSED, Approval

ISSUES = 20  #: listed

#: Who decided, where a command did.
OPERATOR = "operator"


@click.group(cls=Group, invoke_without_command=True)
@click.option("--newsletter", metavar="NAME", default="", help="Of this one alone.")
@as_json
@click.pass_context
def issues(ctx: click.Context, newsletter: str, json: bool) -> None:
    """List the last issues with what became of them, the newest first.

    Where editors are asked before an issue leaves, it says who decided what.
    """
    if ctx.invoked_subcommand is not None:
        return
    newsroom = newsroom_of(ctx)
    slug = newsroom.newsletter(newsletter).slug if newsletter else None
    found = newsroom.store.archive.issues(slug, limit=ISSUES)[::-1]
    approvals = [newsroom.store.approvals.of(issue.id) for issue in found]
    if json:
        echo_json(
            [
                issue_json(newsroom, issue, approval)
                for issue, approval in zip(found, approvals, strict=True)
            ]
        )
        return
    if not found:
        said("No issue yet. `digest plan` shows the next, `digest send` sends it.")
        return
    table(
        ("issue", "No.", "revision", "articles", "what became of it", "approval"),
        [
            (
                issue.id,
                str(issue.number),
                str(approval.revision if approval else 1),
                str(len(issue.articles)),
                became(newsroom, issue, approval),
                decision(approval),
            )
            for issue, approval in zip(found, approvals, strict=True)
        ],
    )


def became(newsroom: Newsroom, issue: Issue, approval: Approval | None) -> str:
    """Say where an issue's mails are, and what holds it back."""
    counts = counted(newsroom.store.journal.counts(issue.id))
    return f"{approval.hold}: {counts}" if approval and approval.hold else counts


def decision(approval: Approval | None) -> str:
    """Say what editors did with an issue: who, when; or by when they may."""
    if approval is None or approval.asked is None:
        return ""
    decided, opens = approval.decided, approval.opens
    leaves = f"leaves {when(opens)} unless held" if opens else ""
    if decided is None:
        return leaves or "nobody yet"
    said = f"{decided.kind}: {decided.who}, {when(decided.at)}"
    return f"{said}; {leaves}" if leaves else said


def issue_json(
    newsroom: Newsroom, issue: Issue, approval: Approval | None
) -> dict[str, object]:
    """Return an issue as scripts want it, with the whole history of its approval."""
    return {
        "id": issue.id,
        "newsletter": issue.newsletter,
        "number": issue.number,
        "since": issue.since,
        "until": issue.until,
        "articles": [article.id for article in issue.articles],
        "counts": newsroom.store.journal.counts(issue.id),
        "revision": approval.revision if approval else 1,
        "hold": approval.hold if approval else "",
        "approval": approval.words if approval else (),
    }


@issues.command()
@click.argument("issue_id", metavar="ISSUE")
@click.pass_context
def revise(ctx: click.Context, issue_id: str) -> None:
    """Take late and corrected articles into ISSUE; approval has to be given anew.

    Only while nothing of it has left: it waits for its editors, or is paused. Run
    `digest collect` first. The editors get a proof of the new revision.
    """
    newsroom = newsroom_of(ctx)
    issue = approving.issue_named(newsroom, issue_id)
    newsletter = newsroom.newsletter(issue.newsletter)
    revised = newsroom.issues.revise(issue, newsletter)
    before = {article.id: article for article in issue.articles}
    new = [a for a in revised.articles if a.id not in before]
    other = [a for a in revised.articles if before.get(a.id, a) != a]
    said(
        f"{issue.id}: {plural(len(new), 'article')} new, {len(other)} changed, "
        f"{len(revised.articles)} in all"
    )
    for article in (*new, *other):
        line(f"  {article.headline}")
    show_awaiting(
        approving.ask(newsroom, newsletter),
        newsroom.store.approvals.held_back(newsletter.slug),
    )


@click.command()
@click.argument("issue_id", metavar="ISSUE")
@click.pass_context
def approve(ctx: click.Context, issue_id: str) -> None:
    """Let ISSUE leave that waits for its editors, such as daily/2026-11-23.

    `digest run` then sends it; without it, `digest send` does.
    """
    newsroom = newsroom_of(ctx)
    said(approving.approve(newsroom, issue_id, by=OPERATOR).plain)
    issue = approving.issue_named(newsroom, issue_id)
    if newsroom.store.journal.held(issue.id) == PAUSED:
        line(f"  {way_on(PAUSED, issue.id)}")
    elif newsroom.issues.open(newsroom.newsletter(issue.newsletter)):
        line(f"  `digest run` sends it; without it, `digest send {issue.newsletter}`")


@click.command()
@click.argument("issue_id", metavar="ISSUE")
@click.pass_context
def hold(ctx: click.Context, issue_id: str) -> None:
    """Let nothing more of ISSUE leave until somebody approves it.

    A process that is sending it stops at once, but for the few mails on the wire.
    """
    newsroom = newsroom_at_any_hour(ctx)
    said(approving.hold(newsroom, issue_id, by=OPERATOR).plain)
    line(f"  {way_on(HELD, issue_id)}")


def show_awaiting(asked: Iterable[Asked], awaiting: Iterable[Approval]) -> None:
    """Say which issues wait for their editors, and who got a proof of them now."""
    proofs = {each.issue.id: each.editors for each in asked}
    for approval in awaiting:
        opens = approval.opens
        leaves = f", leaves {when(opens)} unless held" if opens else ""
        warned(
            f"{approval.issue}: {approval.hold}{leaves}; {way_on(approval.hold, approval.issue)}"
        )
        if editors := proofs.get(approval.issue):
            line(f"  {plural(len(editors), 'proof')} sent to the editors")
