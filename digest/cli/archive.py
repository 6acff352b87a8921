"""The command `archive`: the issues that went out, as pages of a website."""

from __future__ import annotations

from pathlib import Path

import click

from digest.cli.output import as_json, echo_json, line, plural, said
from digest.cli.project import newsroom_of


@click.command()
@click.option(
    "--to",
    "folder",
    metavar="FOLDER",
    required=True,
    type=click.Path(path_type=Path),
    help="The folder that your website shows at /archive; new, empty, or an archive.",
)
@as_json
@click.pass_context
def archive(ctx: click.Context, folder: Path, json: bool) -> None:
    """Write every issue that went out as a web page, with lists and feeds.

    The pages are the same for everybody: no name, no address and no link of a reader
    is in them. What has not changed is not touched, so this may run after every send.
    """
    newsroom = newsroom_of(ctx)
    published = newsroom.publish_archive(folder)
    if json:
        echo_json(published)
        return
    said(
        f"{plural(published.issues, 'issue')} in {folder}: "
        f"{plural(published.changed, 'file')} written, "
        f"{published.files - published.changed} unchanged, {published.removed} removed"
    )
    if published.issues:
        line(f"Let {newsroom.links.archive} show that folder: mails link there.")
    else:
        line("Nothing went out yet. `digest send` sends an issue.")
