"""`digest demo`: the whole product once, on a sample newsroom, asking nothing."""

from __future__ import annotations

import os
import shutil
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from email import policy
from email.parser import BytesParser
from pathlib import Path

import click

from digest.cli.articles import show_collected
from digest.cli.issues import show_plan
from digest.cli.output import as_json, counted, echo_json, line, plural, said
from digest.cli.project import clear, make_newsroom
from digest.errors import DigestError, InputError
from digest.issues import Plan
from digest.model import State
from digest.newsroom import Newsroom
from digest.transports.files import unwritable

#: Says that a folder is a demo's, which the next demo may replace.
MARK = ".digest-demo"


class DemoFailed(DigestError):
    """The demo found that something does not hold."""


@contextmanager
def step(number: int, title: str, *, quiet: bool) -> Iterator[None]:
    """Show a numbered step with the time it took."""
    if not quiet:
        click.secho(f"\n{number}. {title}", bold=True)
    began = time.monotonic()
    yield
    if not quiet:
        click.secho(f"   {time.monotonic() - began:.2f} s", dim=True)


def fresh_folder(folder: Path) -> None:
    """Make the sample newsroom in `folder`, replacing an earlier demo's."""
    try:
        if (folder / MARK).is_file():
            clear(folder)
        make_newsroom(folder)
        (folder / MARK).touch()
    except OSError as error:
        raise unwritable(folder, error) from error


@click.command()
@click.argument("folder", default="demo", type=click.Path(path_type=Path))
@as_json
def demo(folder: Path, json: bool) -> None:
    """Make a sample newsroom in FOLDER, send its digests, show what came of it.

    The mails go to a real SMTP server that is started on this machine for the
    occasion and files them in a Maildir; nothing leaves the machine. An earlier demo
    in FOLDER is replaced.
    """
    from digest.config import load_settings

    fresh_folder(folder)
    settings = load_settings(folder / "digest.yaml", environment=os.environ)
    with Newsroom(settings) as newsroom:
        results = show_everything(newsroom, folder, quiet=json)
    if json:
        echo_json(results)


def show_everything(
    newsroom: Newsroom, folder: Path, *, quiet: bool
) -> dict[str, object]:
    """Run the chain, step by step; return the figures."""
    newsletter = newsroom.settings.newsletters[0]
    with step(1, "Collect: Markdown, text, HTML, a feed, a saved page", quiet=quiet):
        collect(newsroom, quiet=quiet)
    with step(2, f"Plan: who gets what of {newsletter.title}", quiet=quiet):
        newsroom.refresh_subscribers()
        plan = newsroom.issues.plan(newsroom.issues.draft(newsletter), newsletter)
        if not quiet:
            show_plan(plan, rows=12)
    with step(3, "Build: every digest as files", quiet=quiet):
        built = newsroom.build(plan, folder / "out")
        if not quiet:
            line(f"   {plural(built.pages, 'digest')} written")
    with step(4, "Send: by SMTP, to a server on this machine", quiet=quiet):
        received, first, second = send_twice(newsroom, folder / "maildir")
        if not quiet:
            line(f"   first time:  {counted(first)}")
            line(f"   second time: {counted(second)}")
    with step(5, "Read back: what arrived", quiet=quiet):
        subjects = read_back(folder / "maildir")
        compare(plan, received)
    if not quiet:
        show_arrived(subjects)
        show_paths(folder, built.index)
    return {
        "articles": len(plan.issue.articles),
        "readers": len(plan.rows),
        "digests": len(plan.receiving),
        "received": len(subjects),
        "second_send": second,
        "build": str(built.index),
        "maildir": str(folder / "maildir"),
    }


def collect(newsroom: Newsroom, *, quiet: bool) -> None:
    """Read all sources of the sample."""
    for collected in newsroom.collect():
        if collected.error:
            raise DemoFailed(f"{collected.source}: {collected.error}")
        if not quiet:
            show_collected(collected)


def compare(plan: Plan, received: dict[str, int]) -> None:
    """Check that exactly the planned readers received, each one mail."""
    planned = {row.subscriber.address: 1 for row in plan.receiving}
    if received != planned:
        raise DemoFailed(f"planned {planned}, received {received}")


def show_arrived(subjects: list[str]) -> None:
    """List what arrived."""
    line(f"   {plural(len(subjects), 'mail')} arrived, one per reader:")
    for subject in subjects:
        line(f"   · {subject}")


def send_twice(
    newsroom: Newsroom, maildir: Path
) -> tuple[dict[str, int], dict[State, int], dict[State, int]]:
    """Send the issue, and again; return who received, and both outcomes."""
    from digest.postbox import LOOPBACK, Postbox
    from digest.settings import Security, SmtpDelivery
    from digest.transports import open_transport

    newsletter = newsroom.settings.newsletters[0]
    with Postbox(maildir) as box:
        server = SmtpDelivery(host=LOOPBACK, port=box.port, security=Security.NONE)
        issue = newsroom.issues.prepare(newsletter)
        if issue is None:
            raise InputError("the sample newsroom has no articles")
        with newsroom.sending(newsletter):
            first = newsroom.send(issue, transport=open_transport(server))
            second = newsroom.send(issue, transport=open_transport(server))
        return box.received, dict(first.done), dict(second.done)


def read_back(maildir: Path) -> list[str]:
    """Parse every mail of a Maildir strictly; return the subjects."""
    parser = BytesParser(policy=policy.default)
    subjects = []
    for path in sorted((maildir / "new").iterdir()):
        mail = parser.parsebytes(path.read_bytes())
        if mail.defects:
            raise DemoFailed(f"{path}: {mail.defects}")
        subjects.append(str(mail["Subject"]))
    return subjects


def show_paths(folder: Path, index: Path) -> None:
    """Say where to look."""
    said("\nAll of it worked. Look at it:")
    for what, path in (
        ("the digests", index),
        ("the mails as received", folder / "maildir" / "new"),
        ("the newsroom", folder / "digest.yaml"),
    ):
        line(f"  {what:22} {path}")
    command = "digest" if shutil.which("digest") else sys.argv[0]  # not on the path
    line(f"  {'in a browser':22} {command} -C {folder} preview daily")
