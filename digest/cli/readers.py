"""Commands about readers: subscribers import, list, show, export, unsubscribe."""

from __future__ import annotations

import os
from pathlib import Path

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
from digest.errors import InputError, OutputError
from digest.model import Preferences
from digest.transports.files import place


@click.group()
def subscribers() -> None:
    """Import, list, show, export and unsubscribe readers."""


@subscribers.command("import", short_help="Take in a file of readers, YAML or CSV.")
@click.argument("file", required=False, type=click.Path(path_type=Path))
@as_json
@click.pass_context
def import_(ctx: click.Context, file: Path | None, json: bool) -> None:
    """Take in a YAML or CSV file; without FILE, the one digest.yaml names.

    Only what changed since the last import changes anything, and who unsubscribed
    stays unsubscribed, whatever the file says.
    """
    newsroom = newsroom_of(ctx)
    path = file or newsroom.settings.subscribers
    if path is None:
        raise InputError(
            "which file? digest.yaml names none under `subscribers:`. "
            "Say `digest subscribers import FILE`."
        )
    imported = newsroom.import_subscribers(path)
    if json:
        echo_json(imported)
        return
    said(
        f"{path.name}: {imported.added} added, {imported.changed} changed, "
        f"{imported.same} as before, {imported.removed} no longer in it"
    )
    if imported.kept_unsubscribed:
        warned(
            f"{plural(len(imported.kept_unsubscribed), 'reader')} had unsubscribed "
            "and stay so, although the file names them."
        )
    if imported.kept_bounced:
        warned(
            f"{plural(len(imported.kept_bounced), 'reader')} of the file get nothing: "
            "their addresses take no mail; `digest subscribers show ADDRESS` says why."
        )
    if imported.kept_suppressed:
        warned(
            f"{plural(len(imported.kept_suppressed), 'line')} left out: who complained, "
            "was erased, or is suppressed by you must not be mailed."
        )
    if imported.kept_left:
        warned(
            f"{plural(len(imported.kept_left), 'reader')} left a newsletter that the file "
            "gives them, and do not get it."
        )


def wishes(preferences: Preferences) -> str:
    """Return what a reader asked for, in a few words."""
    words = [", ".join(preferences.follows) or "everything"]
    if preferences.mutes:
        words.append("not " + ", ".join(sorted(preferences.mutes)))
    return "; ".join(words)


@subscribers.command("list")
@click.option(
    "--newsletter", metavar="NEWSLETTER", help="Only readers who take this one."
)
@as_json
@click.pass_context
def list_(ctx: click.Context, newsletter: str | None, json: bool) -> None:
    """List the readers."""
    newsroom = newsroom_of(ctx)
    if newsletter:
        newsroom.newsletter(newsletter)
    found = [
        subscriber
        for subscriber in newsroom.store.audience.all()
        if not newsletter or newsletter in subscriber.preferences.newsletters
    ]
    if json:
        echo_json({"subscribers": found})
    elif not found:
        said(
            "No readers. `digest subscribers import` reads the file digest.yaml names."
        )
    else:
        table(
            ("address", "name", "status", "newsletters", "follows"),
            [
                (
                    s.address,
                    s.name,
                    str(s.status),
                    ", ".join(sorted(s.preferences.newsletters)),
                    wishes(s.preferences),
                )
                for s in found
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
        ("newsletters", ", ".join(sorted(p.newsletters))),
        ("follows", ", ".join(p.follows) or "everything"),
        ("mutes", ", ".join(sorted(p.mutes))),
        ("format", "HTML with text" if p.format == "html" else "text only"),
        ("length", str(p.length)),
        ("limit", str(p.limit) if p.limit else "the newsletter's"),
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
    ):
        if text:
            line(f"{name:13} {text}")
    for event in history:
        line(f"{'history':13} {when(event.at)} {event.kind} {event.detail}".rstrip())


@subscribers.command(short_help="Write all readers as YAML or CSV.")
@click.argument("file", required=False, type=click.Path(path_type=Path))
@click.option(
    "--form",
    type=click.Choice(["yaml", "csv"]),
    help="Otherwise by FILE's ending; YAML on the terminal.",
)
@click.pass_context
def export(ctx: click.Context, file: Path | None, form: str | None) -> None:
    """Write all readers as YAML or CSV, to FILE or to the terminal."""
    from digest.config import write_subscribers

    newsroom = newsroom_of(ctx)
    csv = form == "csv" or (form is None and file is not None and file.suffix == ".csv")
    text = write_subscribers(
        newsroom.store.audience.all(), form="csv" if csv else "yaml"
    )
    if file is None:
        click.echo(text.encode(), nl=False)  # a file of readers is UTF-8, always
        return
    try:
        write_privately(Path(os.path.realpath(file)), text.encode())
    except OSError as error:
        raise OutputError(
            f"{file}: it cannot be written ({error.strerror}); name a file in a folder "
            "this account may write to, on a disk with room"
        ) from error
    said(f"Wrote {file}")


def write_privately(file: Path, content: bytes) -> None:
    """Write a file whole or not at all: it may replace the only good copy.

    A new one is for its owner alone; an old one stays as open as it was.
    """
    if file.exists() and not file.is_file():  # a device or a pipe is written to
        file.write_bytes(content)
        return
    aside = file.with_name(f".{file.name[:200]}.new")
    aside.touch(mode=0o600)
    if file.exists():
        aside.chmod(file.stat().st_mode)
    place(file, content, by_way_of=aside)


@subscribers.command()
@click.argument("address")
@click.pass_context
def unsubscribe(ctx: click.Context, address: str) -> None:
    """Stop all mail to a reader; no file revives them.

    ADDRESS may also be a reader's id, as logs and --json name them, or what their
    mail said under List-Unsubscribe: the link, the mailbox or the token in it.
    """
    subscriber = newsroom_of(ctx).unsubscribe(address)
    said(f"{subscriber.address} is unsubscribed and gets nothing more.")
