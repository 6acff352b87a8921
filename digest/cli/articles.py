"""Commands about articles: collect, add, articles with withdraw and restore, sources."""

from __future__ import annotations

from collections.abc import Sequence

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
from digest.cli.project import newsroom_at_any_hour, newsroom_of
from digest.collecting import Collected
from digest.errors import InputError
from digest.issues import waiting_in
from digest.model import Article, Issue, Problem, SourceRecord, State
from digest.newsroom import Newsroom
from digest.store import By, Withdrawn
from digest.tags import slug


def show_problems(problems: tuple[Problem, ...]) -> None:
    """Say what was wrong with single items."""
    for problem in problems:
        warned(f"  {problem.where}: {problem.what}")


def show_collected(collected: Collected) -> None:
    """Say what one source brought, in a line, and what was wrong with it."""
    if collected.error:
        warned(f"{collected.source}: {collected.error}")
    elif collected.unchanged:
        line(f"{collected.source}: nothing changed since last time")
    else:
        total = collected.new + collected.changed + collected.same
        line(
            f"{collected.source}: {plural(total, 'article')}, "
            f"{collected.new} new, {collected.changed} changed"
            + (f", {collected.withdrawn} withdrawn" if collected.withdrawn else "")
        )
    # A note about a file that was read before was said when it was new.
    fresh = bool(collected.new or collected.changed)
    show_problems(tuple(p for p in collected.problems if fresh or not p.note))


@click.command()
@click.argument("names", metavar="[SOURCE]...", nargs=-1)
@as_json
@click.pass_context
def collect(ctx: click.Context, names: tuple[str, ...], json: bool) -> None:
    """Read the sources (all, or those named) and keep what is new or changed.

    One that fails does not stop the others; the command then ends with 1.
    """
    newsroom = newsroom_of(ctx)
    known = [source.name for source in newsroom.settings.sources]
    for name in names:
        if name not in known:
            raise InputError(
                f"there is no source {name!r}; name one of these: {', '.join(known)}"
            )
    everything = []
    for collected in newsroom.collect(names):
        everything.append(collected)
        if not json:
            show_collected(collected)
    if json:
        echo_json({"sources": everything})
    if any(c.error for c in everything):
        ctx.exit(1)


@click.command()
@click.argument("location", metavar="FILE_OR_URL")
@click.option(
    "--tag",
    "-t",
    "tags",
    metavar="TAG",
    multiple=True,
    help="Add this tag; may be repeated.",
)
@as_json
@click.pass_context
def add(ctx: click.Context, location: str, tags: tuple[str, ...], json: bool) -> None:
    """Take in one article from a file or a web address."""
    article, problems = newsroom_of(ctx).add(location, tags=tags)
    if json:
        echo_json({"article": article, "problems": problems})
        return
    said(f"Added: {article.headline}")
    for name, text in (
        ("by", article.byline),
        ("tags", ", ".join(article.tags)),
        ("image", article.image.caption or article.image.url if article.image else ""),
        ("reading", f"{article.reading_minutes} min"),
        ("address", article.url),
    ):
        if text:
            line(f"  {name:8} {text}")
    show_problems(problems)


@click.group(cls=Group, invoke_without_command=True)
@click.option("--tag", "-t", "tag", metavar="TAG", help="Only with this tag.")
@click.option(
    "--limit",
    "-n",
    metavar="N",
    type=click.IntRange(min=1),
    default=50,
    show_default=True,
    help="At most so many.",
)
@click.option(
    "--withdrawn", is_flag=True, help="Instead those that are in no further mail."
)
@as_json
@click.pass_context
def articles(
    ctx: click.Context, tag: str | None, limit: int, withdrawn: bool, json: bool
) -> None:
    """List the articles, the newest first."""
    if ctx.invoked_subcommand is not None:
        return
    archive = newsroom_of(ctx).store.archive

    def wanted(article: Article) -> bool:
        return tag is None or slug(tag) in {slug(label) for label in article.tags}

    if withdrawn:
        gone = [w for w in archive.withdrawing.all() if wanted(w.article)][:limit]
        if json:
            echo_json({"withdrawn": gone})
        else:
            show_withdrawn(gone)
        return
    found = [article for article in archive.articles() if wanted(article)][:limit]
    if json:
        echo_json({"articles": found})
    elif not found:
        what = "No article has that tag." if tag else "No articles yet."
        said(f"{what} `digest collect` reads the sources.")
    else:
        table(
            ("id", "published", "headline", "tags", "source"),
            [
                (
                    article.id,
                    when(article.published) if article.published else "",
                    article.headline,
                    ", ".join(article.tags),
                    article.source,
                )
                for article in found
            ],
        )


@articles.command()
@click.argument("named", metavar="ARTICLE...", nargs=-1, required=True)
@click.pass_context
def withdraw(ctx: click.Context, named: tuple[str, ...]) -> None:
    """Let ARTICLE be in no further mail, whatever its source says of it.

    ARTICLE is an id, a web address, or words of a headline. Mails not made yet leave it
    out, and so does the web archive from its next `digest archive` on. What has left
    cannot be called back.
    """
    newsroom = newsroom_at_any_hour(ctx)
    withdrawing = newsroom.store.archive.withdrawing
    for article in articles_named(newsroom, named):
        new = withdrawing.withdraw([article.id], By.OPERATOR, now=newsroom.now())
        said(f"{'Withdrawn' if new else 'Was withdrawn before'}: {article.headline}")
        for issue in newsroom.store.archive.issues_with(article.id):
            show_left_out(newsroom, issue)


def articles_named(newsroom: Newsroom, named: Sequence[str]) -> list[Article]:
    """Return the articles meant; raise `InputError` before any of them is touched."""
    from digest.answering import article_named

    return [article_named(newsroom, each) for each in named]


def show_withdrawn(withdrawn: Sequence[Withdrawn]) -> None:
    """List what is in no further mail, and why."""
    if not withdrawn:
        said("No article is withdrawn.")
        return
    table(
        ("id", "headline", "since", "why"),
        [
            (
                each.article.id,
                each.article.headline,
                when(each.at),
                "withdrawn by hand"
                if each.by is By.OPERATOR
                else f"no longer in {each.article.source}",
            )
            for each in withdrawn
        ],
    )


def show_left_out(newsroom: Newsroom, issue: Issue) -> None:
    """Say which mails of an issue leave out an article that was withdrawn just now."""
    counts = newsroom.store.journal.counts(issue.id)
    waiting, left = waiting_in(counts), counts.get(State.SENT, 0)
    if waiting:
        line(f"  {issue.id}: left out of {plural(waiting, 'mail')} not made yet")
    if left:
        line(f"  {issue.id}: {plural(left, 'mail')} left before")
    if not waiting:
        return
    from digest.delivery import CLAIM_ROWS

    with newsroom.store.alone(f"send-{issue.newsletter}") as free:
        if not free:
            line(f"  It is being sent: up to {CLAIM_ROWS} of these were begun already")


@articles.command()
@click.argument("named", metavar="ARTICLE...", nargs=-1, required=True)
@click.pass_context
def restore(ctx: click.Context, named: tuple[str, ...]) -> None:
    """Let ARTICLE be in mails again that was withdrawn.

    One that no issue has carried counts as new.
    """
    newsroom = newsroom_at_any_hour(ctx)
    for article in articles_named(newsroom, named):
        restored = newsroom.store.archive.withdrawing.restore(
            article, now=newsroom.now()
        )
        said(f"{'Restored' if restored else 'Was not withdrawn'}: {article.headline}")


@click.command()
@as_json
@click.pass_context
def sources(ctx: click.Context, json: bool) -> None:
    """Show each source's last success, last error and number of articles."""
    newsroom = newsroom_of(ctx)
    records = {r.name: r for r in newsroom.store.archive.source_records()}
    known = [source.name for source in newsroom.settings.sources]
    if json:
        echo_json({"sources": [records.get(n, SourceRecord(name=n)) for n in known]})
        return
    rows = []
    for name in known:
        record = records.get(name)
        if record is None:
            rows.append((name, "never", "", "not asked yet: `digest collect`"))
            continue
        error = (
            record.last_error and f"{when(record.last_error_at)}: {record.last_error}"
        )
        rows.append((name, when(record.last_success), str(record.items), error))
    table(("source", "last success", "articles", "last error"), rows)
