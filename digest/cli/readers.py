"""Commands about readers: list, show, stats, and those of three more modules."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable

import click

from digest.census import census
from digest.cli.editing import add, edit, erase, remove, revive, suppress, unsubscribe
from digest.cli.importing import export, import_
from digest.cli.output import (
    Group,
    as_json,
    echo_json,
    line,
    said,
    table,
    when,
)
from digest.cli.project import newsroom_of
from digest.cli.remembering import why
from digest.model import Preferences, Status, Subscriber
from digest.slots import weekday_names


@click.group(cls=Group)
def subscribers() -> None:
    """Import, export, list and change readers; tell their history; erase them."""


for command in (
    import_,
    export,
    add,
    edit,
    unsubscribe,
    remove,
    revive,
    suppress,
    erase,
    why,
):
    subscribers.add_command(command)


def wishes(preferences: Preferences) -> str:
    """Return what a reader asked for, in a few words."""
    words = [", ".join(preferences.follows) or "everything"]
    if preferences.mutes:
        words.append("not " + ", ".join(sorted(preferences.mutes)))
    if preferences.top:
        words.append("top stories only of " + ", ".join(sorted(preferences.top)))
    return "; ".join(words)


@subscribers.command("list")
@click.option("--newsletter", metavar="NAME", help="Who takes this one.")
@click.option(
    "--status", type=click.Choice([s.value for s in Status]), help="Who is that."
)
@click.option("--follows", metavar="TOPIC", help="Who follows it, or everything.")
@click.option("--mutes", metavar="TOPIC", help="Who mutes it.")
@click.option("--left", metavar="NAME", help="Who left this one.")
@click.option("--language", metavar="TAG", help="Who reads in this language.")
@click.option("--search", metavar="TEXT", help="In whose name or address it stands.")
@as_json
@click.pass_context
def list_(
    ctx: click.Context, /, newsletter: str | None, *, json: bool, **wanted: str | None
) -> None:
    """List the readers, or those whom every option fits."""
    newsroom = newsroom_of(ctx)
    if newsletter:
        newsroom.newsletter(newsletter)
    found = [
        subscriber
        for subscriber in newsroom.store.audience.all()
        if fits(subscriber, newsletter=newsletter, **wanted)
    ]
    if json:
        echo_json({"subscribers": found})
    elif not found:
        said(
            "No such reader."
            if newsletter or any(wanted.values())
            else "No readers. `digest subscribers import` reads the file digest.yaml "
            "names."
        )
    else:
        table(
            ("address", "name", "status", "newsletters", "follows"),
            [
                (
                    s.address,
                    s.name,
                    str(s.status),
                    ", ".join(sorted(s.preferences.newsletters)) or "none",
                    wishes(s.preferences),
                )
                for s in found
            ],
        )


def fits(subscriber: Subscriber, **wanted: str | None) -> bool:
    """Whether a reader is one of those that the options of `list` ask for."""
    wishes = subscriber.preferences
    searched = f"{subscriber.name}\n{subscriber.address}".casefold()
    tests: dict[str, Callable[[str], bool]] = {
        "newsletter": lambda slug: slug in wishes.newsletters,
        "status": lambda status: subscriber.status == status,
        "follows": lambda topic: not wishes.follows or topic in wishes.follows,
        "mutes": lambda topic: topic in wishes.mutes,
        "left": lambda slug: slug in subscriber.left,
        "language": lambda tag: subscriber.language.casefold() == tag.casefold(),
        "search": lambda text: text.casefold() in searched,
    }
    return all(tests[name](value) for name, value in wanted.items() if value)


def ranked(counts: Counter[str]) -> list[tuple[str, int]]:
    """Return the most frequent first, and equals by name."""
    return sorted(counts.items(), key=lambda each: (-each[1], each[0]))


#: How many domains of addresses are shown.
MOST_DOMAINS = 10


@subscribers.command()
@as_json
@click.pass_context
def stats(ctx: click.Context, json: bool) -> None:
    """Count readers: by status, newsletter, topic, language, domain."""
    newsroom = newsroom_of(ctx)
    found = census(newsroom.store.audience.all(), now=newsroom.now())
    if json:
        echo_json(found)
        return
    if not found.statuses:
        said("No readers.")
        return
    line("All: " + ", ".join(f"{n:,} {what}" for what, n in ranked(found.statuses)))
    line(
        f"Active: {found.active:,}; of these {found.paused:,} are paused, "
        f"{found.without_newsletter:,} take nothing, {found.everything:,} follow "
        "everything"
    )
    rows = [
        (what, name or "the newsletter's", number)
        for what, counts in (
            ("newsletter", ranked(found.newsletters)),
            ("left", ranked(found.left)),
            ("follows", ranked(found.follows)),
            ("mutes", ranked(found.mutes)),
            ("top only", ranked(found.top)),
            ("only on", ranked(found.days)),
            ("at", ranked(found.hours)),
            ("language", ranked(found.languages)),
            ("format", ranked(found.formats)),
            ("length", ranked(found.lengths)),
            ("domain", ranked(found.domains)[:MOST_DOMAINS]),
        )
        for name, number in counts
    ]
    table(
        ("what", "which", "readers", "share"),
        [
            (what, name, f"{number:,}", f"{100 * number / found.active:.1f} %")
            for what, name, number in rows
        ],
    )


@subscribers.command()
@click.argument("address")
@as_json
@click.pass_context
def show(ctx: click.Context, address: str, json: bool) -> None:
    """Show everything known about one reader.

    ADDRESS may be a reader's id, as logs and --json name them.
    """
    newsroom = newsroom_of(ctx)
    subscriber = newsroom.subscriber(address)
    history = newsroom.store.audience.history(subscriber.id)
    if json:
        echo_json({"subscriber": subscriber, "history": history})
        return
    p = subscriber.preferences
    for name, text in (
        ("address", subscriber.address),
        ("name", subscriber.name),
        ("status", str(subscriber.status)),
        ("newsletters", ", ".join(sorted(p.newsletters)) or "none: they get no mail"),
        ("follows", ", ".join(p.follows) or "everything"),
        ("mutes", ", ".join(sorted(p.mutes))),
        ("top stories only", ", ".join(sorted(p.top))),
        ("format", "HTML with text" if p.format == "html" else "text only"),
        ("length", str(p.length)),
        ("limit", str(p.limit) if p.limit else "the newsletter's"),
        ("days", ", ".join(weekday_names(p.days)) or "every issue"),
        ("hour", f"{p.hour:02}:00" if p.hour is not None else "the newsletter's"),
        ("language", subscriber.language or "the newsletter's"),
        ("timezone", subscriber.timezone or "the newsletter's"),
        (
            "paused until",
            when(subscriber.paused_until) if subscriber.paused_until else "",
        ),
        (
            "consent",
            f"{when(subscriber.consent.at)} {subscriber.consent.where}".strip(),
        ),
        ("left", ", ".join(sorted(subscriber.left))),
    ):
        if text:
            line(f"{name:13} {text}")
    for event in history:
        line(f"{'history':13} {when(event.at)} {event.kind} {event.detail}".rstrip())
