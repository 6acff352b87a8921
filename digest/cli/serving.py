"""The commands `serve` and `keys`: the public pages, and what makes their links."""

from __future__ import annotations

from dataclasses import replace
from ipaddress import ip_address

import click

from digest.cli.output import Group, as_json, echo_json, line, plural, said, warned
from digest.cli.project import newsroom_of


def an_address(
    _: click.Context, __: click.Parameter, written: str | None
) -> str | None:
    """Check the address to listen on, for `--host`."""
    if written is None:
        return None
    try:
        return str(ip_address(written))
    except ValueError:
        raise click.BadParameter(
            f"{written!r} is not an address of this machine; write 127.0.0.1, or "
            "0.0.0.0 for all of them."
        ) from None


@click.command()
@click.option(
    "--host",
    metavar="ADDRESS",
    callback=an_address,
    help="Where to listen; otherwise what digest.yaml says, or 127.0.0.1.",
)
@click.option(
    "--port",
    metavar="PORT",
    type=click.IntRange(0, 65535),
    help="Otherwise what digest.yaml says, or 8080; 0 takes one that is free.",
)
@click.pass_context
def serve(ctx: click.Context, host: str | None, port: int | None) -> None:
    """Serve the public pages: subscribe, preferences, unsubscribe, the archive.

    Your web server passes requests for site.url on to it; docs/public-pages.md shows
    how. Mails that readers ask for by a form leave through the delivery of digest.yaml.
    Ctrl-C or SIGTERM ends it.
    """
    from digest.web.public.running import serve as answer

    newsroom = newsroom_of(ctx)
    where = newsroom.settings.serve
    where = replace(
        where,
        host=where.host if host is None else host,
        port=where.port if port is None else port,
    )
    answer(
        newsroom,
        where,
        on_ready=lambda url: said(
            f"Public pages of {newsroom.settings.site.url} at {url} (Ctrl-C ends it)"
        ),
    )
    said("The public pages are no longer served.")


@click.group(cls=Group)
def keys() -> None:
    """Keep the keys that make readers' links."""


@keys.command()
@as_json
@click.pass_context
def rotate(ctx: click.Context, json: bool) -> None:
    """Make a new key; links from now on are made with it, those before still work.

    `digest serve` takes it up by itself. Do it between two issues: a mail that has to
    be sent again afterwards holds new links.
    """
    newsroom = newsroom_of(ctx)
    count = newsroom.store.add_key()
    waiting = [
        issue.id
        for newsletter in newsroom.settings.newsletters
        for issue in newsroom.issues.open(newsletter)
    ]
    if json:
        echo_json({"keys": count, "open_issues": waiting})
        return
    said(f"There are {plural(count, 'key')} now; the newest makes all links.")
    line("Links in mails that went out before go on working.")
    if waiting:
        warned(
            f"  {', '.join(waiting)} is not sent to the end: its other mails, and any "
            "that go again, hold links of the new key"
        )
