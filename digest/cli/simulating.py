"""The command `simulate`: what readers would have got, from a day to another."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import click

from digest.cli.issues import Moment, newsletter_argument
from digest.cli.output import as_json, echo_json, line, plural, said, table, when
from digest.cli.planning import bars
from digest.cli.project import newsroom_of
from digest.errors import InputError, OutputError
from digest.newsroom import Newsroom
from digest.simulating import Replay, Served, replay

SPAN = timedelta(weeks=4)  #: looked at unless somebody says
ISSUES = 20  #: shown; --json and --report have them all
NAMED = 5  #: readers at each end

day = Moment(["%Y-%m-%d"], what="day", like="2026-10-01")


@click.command()
@newsletter_argument
@click.option("--from", "since", type=day, metavar="DAY", help="Such as 2026-10-01.")
@click.option("--to", "until", type=day, metavar="DAY", help="The last day.")
@click.option(
    "--report",
    "file",
    metavar="FILE",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Write it with charts, as a page to open in a browser.",
)
@as_json
@click.pass_context
def simulate(  # noqa: PLR0913, RUF100 click passes every option
    ctx: click.Context,
    newsletter: str,
    since: datetime | None,
    until: datetime | None,
    file: Path | None,
    json: bool,
) -> None:
    """Replay the archive: how many mails a week each reader would have got.

    With the schedule, limits and preferences of now, so that you can change them and
    see. NEWSLETTER may be left out: then all that have a schedule. Without days it is
    the last four weeks. Nothing is stored or sent.
    """
    newsroom = newsroom_of(ctx)
    newsroom.refresh_subscribers()
    letters = (
        [newsroom.newsletter(newsletter)]
        if newsletter
        else [n for n in newsroom.settings.newsletters if n.schedule]
    )
    if not any(n.schedule for n in letters):
        raise InputError(
            "there is no `schedule:` to replay; give a newsletter one in "
            f"{newsroom.settings.root / 'digest.yaml'}"
        )
    begin, end = span(newsroom, since, until)
    found = replay(
        newsroom.store, letters, newsroom.settings.topics, since=begin, until=end
    )
    if file is not None:
        write_report(found, file)
    if json:
        echo_json(replay_json(found))
    else:
        show_replay(found)
        if file is not None:
            line(f"Open {file}")


def span(
    newsroom: Newsroom, since: datetime | None, until: datetime | None
) -> tuple[datetime, datetime]:
    """Return from when to when, whole days in the site's time zone."""
    zone, now = ZoneInfo(newsroom.settings.site.timezone), newsroom.now()
    end = until.replace(tzinfo=zone) + timedelta(days=1) if until else now
    begin = since.replace(tzinfo=zone) if since else end - SPAN
    if begin >= end and until:
        raise InputError(
            f"--to {until:%Y-%m-%d} is before --from {begin:%Y-%m-%d}; --from has to be "
            "before --to"
        )
    if begin >= end:
        raise InputError(
            f"--from {begin:%Y-%m-%d} is yet to come; name a day before today"
        )
    return begin, end


def write_report(found: Replay, file: Path) -> None:
    """Write a replay as a page."""
    from digest.simulating.report import report

    try:
        file.write_text(report(found), encoding="utf-8")
    except OSError as error:
        raise OutputError(
            f"{file}: cannot be written ({error.strerror}); name another file"
        ) from error


def replay_json(found: Replay) -> dict[str, object]:
    """Return a replay as scripts want it: readers by their ids."""
    return {
        "newsletters": [newsletter.slug for newsletter in found.newsletters],
        "since": found.since,
        "until": found.until,
        "weeks": found.weeks,
        "mails": found.mails,
        "empty_rate": found.empty_rate,
        "full_rate": found.full_rate,
        "readers_by_mails_a_week": {str(n): m for n, m in found.per_week().items()},
        "issues": [
            {
                "issue": each.issue,
                "due": each.slot.due,
                "articles": each.articles,
                "mails": each.mails,
                "shown": each.shown,
                "empty": each.empty,
                "full": each.full,
                "away": each.away,
            }
            for each in found.served
        ],
        "readers": [
            {
                "subscriber": each.subscriber.id,
                "mails": each.mails,
                "articles": each.articles,
                "empty": each.empty,
                "full": each.full,
                "away": each.away,
            }
            for each in found.readers
        ],
    }


def numbers(each: Served) -> tuple[int, ...]:
    """Return a slot's numbers as they stand in the table."""
    return each.articles, each.mails, each.empty, each.full, each.away


def show_replay(found: Replay) -> None:
    """Print a replay: the issues, the sums, how often readers hear from us."""
    table(
        ("issue", "due", "articles", "mails", "empty", "over-full", "paused"),
        [
            (each.issue, when(each.slot.due), *(f"{n:,}" for n in numbers(each)))
            for each in found.served[-ISSUES:]
        ],
    )
    if len(found.served) > ISSUES:
        line(f"… and {len(found.served) - ISSUES} before these")
    readers = len(found.readers)
    said(
        f"{plural(found.issues, 'issue')}, {plural(found.mails, 'mail')} to "
        f"{plural(readers, 'reader')} in {found.weeks:.1f} weeks; "
        f"{found.empty_rate:.0%} empty, {found.full_rate:.0%} over-full"
    )
    if not readers:
        return
    line("\nreaders by mails a week:")
    bars({str(n): number for n, number in found.per_week().items()})
    ordered = sorted(
        found.readers, key=lambda r: (r.mails, r.articles, r.subscriber.id)
    )
    line("")
    for what, ends in (("most mails:  ", ordered[::-1]), ("fewest mails:", ordered)):
        named = (
            f"{each.subscriber.name or each.subscriber.address} ({each.mails})"
            for each in ends[:NAMED]
        )
        line(f"{what} {', '.join(named)}")
