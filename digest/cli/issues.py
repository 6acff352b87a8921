"""Commands that look and do not send: plan, build, preview."""

from __future__ import annotations

import os
import sys
from collections import Counter
from collections.abc import Callable, Sequence
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import click

from digest.building import Sizes
from digest.cli.findings import mention
from digest.cli.output import (
    RENDERED_PER_CHOICE,
    Command,
    as_json,
    echo_json,
    line,
    plural,
    said,
    table,
    when,
)
from digest.cli.planning import show_sums, sums_json
from digest.cli.project import newsroom_of, project_file, settings_of
from digest.issues import Plan
from digest.linting import Looked, notes
from digest.model import Newsletter
from digest.newsroom import Newsroom
from digest.planning import change_since, summed
from digest.settings import SmtpDelivery

SCREENFUL = 20  #: readers named, and shortened digests; --json has them all
NAMED = 5  #: articles named where there may be many

newsletter_argument = click.argument("newsletter", required=False, default="")


def only_option(help_text: str) -> Callable[[Command], Command]:
    """Return the option that names single readers."""
    return click.option("--only", multiple=True, metavar="ADDRESS", help=help_text)


class Moment(click.DateTime):
    """A day or a time on the command line; a wrong one is told by an example."""

    def __init__(self, formats: Sequence[str], *, what: str, like: str) -> None:
        """Take how it may be written, what it is called, and one."""
        super().__init__(formats)
        self._what, self._like = what, like

    def convert(
        self,
        value: object,
        param: click.Parameter | None,
        ctx: click.Context | None,
    ) -> datetime:
        """Read it."""
        try:
            found: datetime = super().convert(value, param, ctx)
        except click.BadParameter:
            self.fail(f"{value!r} is no {self._what}; write it like {self._like}")
        return found


issue_option = click.option(
    "--issue",
    "issue_id",
    metavar="ID",
    default="",
    help="An issue already made, such as daily/2026-11-23; otherwise what `send` would "
    "send now.",
)


def newsletter_of(newsroom: Newsroom, named: str, issue_id: str) -> Newsletter:
    """Return the newsletter that was named, or else the one of the issue named."""
    return newsroom.newsletter(named or issue_id.partition("/")[0])


def plan_of(newsroom: Newsroom, newsletter: Newsletter, issue_id: str) -> Plan:
    """Work out the plan, after following the readers' file."""
    newsroom.refresh_subscribers()
    return newsroom.issues.plan(newsroom.issues.find(newsletter, issue_id), newsletter)


def plan_json(plan: Plan, sizes: Sizes) -> dict[str, object]:
    """Return a plan as scripts want it: ids and reasons, nothing twice."""
    shortened = {row.subscriber.id: how for row, how in sizes.shortened}
    fitted = {row.subscriber.id: row for row, _ in sizes.shortened}
    return {
        "issue": plan.issue.id,
        "number": plan.issue.number,
        "newsletter": plan.newsletter.slug,
        "since": plan.issue.since,
        "until": plan.issue.until,
        "articles": [article.id for article in plan.issue.articles],
        "near_duplicates": [(one.id, other.id) for one, other in plan.alike],
        "digests": [
            {
                "subscriber": row.subscriber.id,
                "address": row.subscriber.address,
                "sections": [
                    {
                        "slug": section.slug,
                        "title": section.title,
                        "articles": [chosen.article.id for chosen in section.articles],
                        "more": section.more,
                    }
                    for section in row.digest.sections
                ],
                "more": row.digest.more,
                "skipped": row.digest.skipped,
                "shortened": shortened.get(row.subscriber.id),
                "octets": sizes.octets.get(row.subscriber.id),
            }
            for row in (fitted.get(r.subscriber.id, r) for r in plan.rows)
        ],
        "sizes_unknown": sizes.unknown,
    }


def show_sizes(sizes: Sizes) -> None:
    """Say whose digests are too long for Gmail, and what is done about it."""
    if sizes.unknown:
        line(
            "Whether Gmail shows all of each digest is seen when they are made: the HTML "
            f"{RENDERED_PER_CHOICE}: {sizes.unknown}"
        )
    if not sizes.shortened:
        return
    said(
        f"{plural(len(sizes.shortened), 'digest')} shortened from the end, for Gmail "
        "cuts a mail's HTML at 102,400 bytes:"
    )
    table(
        ("reader", "in summary", "by headline", "left to the site"),
        [
            (
                row.subscriber.name or row.subscriber.address,
                *map(str, (how.in_summary, how.by_headline, how.left_out)),
            )
            for row, how in sizes.shortened[:SCREENFUL]
        ],
    )
    if len(sizes.shortened) > SCREENFUL:
        line(f"… and {len(sizes.shortened) - SCREENFUL} more")


def show_plan(plan: Plan, *, rows: int | None = None) -> None:
    """Print who gets what and who nothing and why, then the sums."""
    shown = plan.rows if rows is None else plan.rows[:rows]
    lines = []
    for row in shown:
        digest = row.digest
        sections = ", ".join(
            f"{section.title or plan.newsletter.title} {len(section.articles)}"
            for section in digest.sections
        )
        number = "–" if digest.skipped else str(len(digest.articles))
        more = f" ({digest.more} more on the site)" if digest.more else ""
        what = f"skipped: {digest.skipped}" if digest.skipped else sections + more
        lines.append((row.subscriber.name or row.subscriber.address, number, what))
    table(("reader", "articles", "what they get"), lines)
    if len(shown) < len(plan.rows):
        line(f"… and {plural(len(plan.rows) - len(shown), 'reader')} more")
    reasons = Counter(row.digest.skipped for row in plan.rows if row.digest.skipped)
    said(
        f"{plan.issue.id}, No. {plan.issue.number}: "
        f"{plural(len(plan.issue.articles), 'article')}, "
        f"{plural(len(plan.receiving), 'digest')}, {sum(reasons.values())} skipped"
    )
    for reason, times in reasons.most_common() if sum(reasons.values()) > 1 else ():
        line(f"  {times} skipped: {reason}")
    if plan.without_topic:
        headlines = [f"“{article.headline}”" for article in plan.without_topic]
        line(
            f"In none of its topics, so in nobody's digest unless they follow the tag: "
            f"{plural(len(plan.without_topic), 'article')}: {_first(headlines, ', ')}"
        )
    if plan.alike:
        both = [f"“{a.headline}” and “{b.headline}”" for a, b in plan.alike]
        line(f"Near-duplicates, of which a reader gets one: {_first(both, '; ')}")


def _first(named: Sequence[str], mark: str) -> str:
    """Return the first few of what may be many."""
    return mark.join(named[:NAMED]) + (" …" if len(named) > NAMED else "")


@click.command()
@newsletter_argument
@issue_option
@as_json
@click.pass_context
def plan(ctx: click.Context, newsletter: str, issue_id: str, json: bool) -> None:
    """Show who would get what of the next issue of NEWSLETTER, or nothing and why.

    In numbers, too: by topic, by size, how long it takes, what is new against the last
    issue. `digest why READER` has one reader's mail article by article. No issue is made and nothing is sent. NEWSLETTER may be left out when there is
    only one.
    """
    newsroom = newsroom_of(ctx)
    found = plan_of(newsroom, newsletter_of(newsroom, newsletter, issue_id), issue_id)
    if not found.issue.articles and not json:
        nothing_new(newsroom, found.newsletter)
        return
    made = newsroom.assembler(found.issue)
    sizes, looked = (
        newsroom.sizes(found, made=made),
        newsroom.lint(found.issue, made=made),
    )
    delivery = newsroom.settings.delivery
    sums = summed(
        found,
        sizes,
        rate=delivery.rate if isinstance(delivery, SmtpDelivery) else 0,
        change=change_since(newsroom.store, found),
    )
    if json:
        shown = {**plan_json(found, sizes), "sums": sums_json(sums)}
        echo_json({**shown, "findings": looked.findings})
        return
    show_plan(found, rows=SCREENFUL)
    show_sizes(sizes)
    show_sums(sums)
    mention(looked, f"digest lint {found.newsletter.slug}")


def nothing_new(newsroom: Newsroom, newsletter: Newsletter) -> None:
    """Say why there is no next issue, and what one could look at instead."""
    last = newsroom.store.archive.last_issue(newsletter.slug)
    if newsroom.issues.draft(newsletter).articles:
        said(
            f"No reader takes {newsletter.slug}. Name some in subscribers.yaml, or "
            "`digest subscribers import FILE`."
        )
    elif last is None:
        said("No articles yet. Put some into your sources, then run `digest collect`.")
    else:
        said(
            f"Nothing new since {last.id} ({when(last.until)}); `digest collect` looks "
            f"for more. To look at that one again add `--issue {last.id}`."
        )


@click.command()
@newsletter_argument
@click.option(
    "--to",
    "folder",
    metavar="FOLDER",
    required=True,
    type=click.Path(path_type=Path),
    help="The folder to write to.",
)
@only_option("Only this reader; may be repeated.")
@issue_option
@as_json
@click.pass_context
def build(  # noqa: PLR0913, RUF100 click passes every option
    ctx: click.Context,
    newsletter: str,
    folder: Path,
    only: tuple[str, ...],
    issue_id: str,
    json: bool,
) -> None:
    """Write every reader's .eml, .html and .txt, and index.html to click through.

    The mails are what `send` would send now, byte for byte but for the date; no issue
    is made. FOLDER must be new, empty, or hold an earlier build, which is replaced.
    """
    newsroom = newsroom_of(ctx)
    found = plan_of(newsroom, newsletter_of(newsroom, newsletter, issue_id), issue_id)
    readers = {newsroom.subscriber(address).id for address in only}
    built, looked = None, Looked()
    if found.issue.articles:
        made = newsroom.assembler(found.issue)
        looked = newsroom.lint(found.issue, only=readers, made=made)
        built = newsroom.build(
            found, folder, only=readers, made=made, notes=notes(looked)
        )
    if json:
        echo_json(
            {
                "issue": found.issue.id,
                "folder": str(folder),
                "digests": built.pages if built else 0,
                "skipped": built.skipped if built else len(found.rows),
                "findings": looked.findings,
            }
        )
        return
    if built is None:
        nothing_new(newsroom, found.newsletter)
        return
    digests = plural(built.pages, "digest")
    said(f"{found.issue.id}: {digests} in {folder}, {built.skipped} skipped")
    mention(looked, f"digest lint {found.newsletter.slug}")
    line(f"Open {built.index}")


@click.command()
@newsletter_argument
@click.option(
    "--port",
    metavar="PORT",
    type=click.IntRange(0, 65535),
    default=8000,
    show_default=True,
    help="On this machine; 0 takes one that is free.",
)
@click.option(
    "--host",
    metavar="ADDRESS",
    default="127.0.0.1",
    show_default=True,
    help="Where to listen. Any other lets other machines in, with the address that is "
    "printed, once.",
)
@click.option(
    "--reader", metavar="ADDRESS", default="", help="Whose digest comes first."
)
@click.option(
    "--at",
    metavar="TIME",
    type=Moment(
        ["%Y-%m-%d", "%Y-%m-%dT%H:%M", "%Y-%m-%d %H:%M"],
        what="time",
        like="2026-11-23 07:00",
    ),
    help="As though it were then, in the newsletter's time zone: 2026-11-23 07:00.",
)
@click.option("--no-browser", is_flag=True, help="Do not open a browser.")
@issue_option
@click.pass_context
def preview(  # noqa: PLR0913, RUF100 click passes every option
    ctx: click.Context,
    newsletter: str,
    port: int,
    host: str,
    reader: str,
    at: datetime | None,
    no_browser: bool,
    issue_id: str,
) -> None:
    """Look at any reader's digest in a browser, and at why it is what it is.

    What is shown is, byte for byte, what leaves. Saving a template, an article, the
    readers' file or digest.yaml shows at once what it changes. Ctrl-C ends it.
    """
    from digest.web.studio import serve
    from digest.web.studio.asking import Asked

    newsroom = newsroom_of(ctx)
    found = newsroom.newsletter(newsletter or newsroom.settings.newsletters[0].slug)
    newsroom.refresh_subscribers()
    newsroom.issues.find(found, issue_id)  # a wrong id is said here, not in the browser
    serve(
        newsroom,
        lambda: settings_of(ctx),
        settings_file=project_file(ctx.find_root().obj),
        first=Asked(
            newsletter=found.slug,
            issue=issue_id,
            reader=newsroom.subscriber(reader).id if reader else "",
        ),
        host=host,
        port=port,
        at=at and at.replace(tzinfo=ZoneInfo(found.timezone)),
        on_ready=lambda url: ready(url, no_browser),
    )
    said("The preview has ended.")


def ready(url: str, no_browser: bool) -> None:
    """Say where the preview is, and open it where there is a screen to see it on."""
    said(f"Preview at {url} (Ctrl-C ends it)")
    # Without a screen a browser inside the terminal would be started, and waited for.
    screen = sys.platform in ("darwin", "win32") or any(
        os.environ.get(name) for name in ("DISPLAY", "WAYLAND_DISPLAY")
    )
    if screen and not no_browser:
        import webbrowser

        webbrowser.open(url)
