"""Commands about articles: collect, add, articles, sources."""

from __future__ import annotations

import click

from digest.cli.output import (
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
from digest.collecting import Collected
from digest.errors import InputError
from digest.model import Problem, SourceRecord
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


@click.command()
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
@as_json
@click.pass_context
def articles(ctx: click.Context, tag: str | None, limit: int, json: bool) -> None:
    """List the articles, the newest first."""
    found = [
        article
        for article in newsroom_of(ctx).store.archive.articles()
        if tag is None or slug(tag) in {slug(label) for label in article.tags}
    ][:limit]
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
