"""Commands that take readers from files and write them to files."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

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
from digest.readership import Taken, import_readers
from digest.slots import weekday_names
from digest.store import Change, Imported
from digest.transports.files import place

if TYPE_CHECKING:  # it loads pydantic
    from digest.config.subscribers import Form

#: How many hints are printed; the others are counted.
MOST_HINTS = 10


@click.command("import", short_help="Take in a file of readers, ours or an export.")
@click.argument("file", required=False, type=click.Path(path_type=Path))
@click.option(
    "--map",
    "mapped",
    metavar="OURS=THEIRS",
    multiple=True,
    help="Which column of FILE is which of ours, such as address=Email; may be repeated.",
)
@click.option(
    "--newsletter",
    "newsletters",
    metavar="NAME",
    multiple=True,
    help="What readers take of whom FILE does not say it; may be repeated.",
)
@click.option(
    "--consent",
    metavar="TEXT",
    default="",
    help="Where readers asked for mail, where FILE does not say it.",
)
@click.option("--dry-run", is_flag=True, help="Show what would change; change nothing.")
@as_json
@click.pass_context
def import_(
    ctx: click.Context,
    file: Path | None,
    mapped: Sequence[str],
    newsletters: Sequence[str],
    consent: str,
    *,
    dry_run: bool,
    json: bool,
) -> None:
    """Take in a file: YAML, CSV, NDJSON, or a .txt with an address a line.

    Without FILE, the one digest.yaml names. Exports of listmonk, Mailchimp, Ghost,
    Buttondown and Mailman are recognised by their columns.

    Only what changed since the last import changes anything. Who unsubscribed,
    bounced, complained or was erased stays so, whatever the file says.
    """
    from digest.config import Terms

    newsroom = newsroom_of(ctx)
    path = file or newsroom.settings.subscribers
    if path is None:
        raise InputError(
            "which file? digest.yaml names none under `subscribers:`. "
            "Say `digest subscribers import FILE`."
        )
    terms = Terms(
        columns=_columns(mapped),
        newsletters=tuple(newsroom.newsletter(slug).slug for slug in newsletters),
        consent=" ".join(consent.split()),
    )
    taken = import_readers(
        newsroom.store.audience, newsroom.settings, path, terms=terms, trial=dry_run
    )
    if json:
        echo_json(taken)
        return
    _show(path, taken, dry_run=dry_run)


def _columns(mapped: Iterable[str]) -> dict[str, str]:
    """Return what `--map` says; raise `InputError` if it cannot be understood."""
    from digest.config import READER_COLUMNS

    columns = {}
    for each in mapped:
        ours, equals, theirs = (part.strip() for part in each.partition("="))
        ours = ours.replace("-", "_")
        if not equals or not theirs or ours not in READER_COLUMNS:
            raise InputError(
                f"--map {each!r}: write OURS=THEIRS, such as address=Email; ours are "
                + ", ".join(READER_COLUMNS)
            )
        columns[ours] = theirs
    return columns


def _show(path: Path, taken: Taken, *, dry_run: bool) -> None:
    imported = taken.imported
    if taken.program:
        line(f"{path.name} is an export of {taken.program}.")
    if taken.columns_left_out:
        line("Left out: " + ", ".join(taken.columns_left_out))
    if dry_run and imported.changes:
        table(
            ("address", "what", "was", "becomes"),
            [row for change in imported.changes for row in rows_of(change)],
        )
        all_of_them = imported.added + imported.changed + imported.removed
        if all_of_them > len(imported.changes):
            line(f"… and {all_of_them - len(imported.changes):,} more readers")
    said(
        f"{path.name}: {imported.added} added, {imported.changed} changed, "
        f"{imported.same} as before, {imported.removed} no longer in it"
        + (" (nothing was changed: a dry run)" if dry_run else "")
    )
    _show_kept(imported)
    for hint in taken.hints[:MOST_HINTS]:
        warned(f"{hint.where}: {hint.what}")
    if taken.hinted > MOST_HINTS:
        warned(f"… and {taken.hinted - MOST_HINTS:,} more such lines")


def _show_kept(imported: Imported) -> None:
    """Say whom the file could not change."""
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
            f"{plural(len(imported.kept_left), 'reader')} left a newsletter that the "
            "file gives them, and do not get it."
        )


def rows_of(change: Change) -> list[tuple[str, str, str, str]]:
    """Return a change of a reader as rows of a table, one for each thing that changes."""
    changes = worded(change.changed)
    if not changes:
        return [(change.address, change.kind, "", "")]
    return [(change.address, name, was, now) for name, was, now in changes]


def worded(
    changed: Mapping[str, tuple[object, object]],
) -> list[tuple[str, str, str]]:
    """Return what changed in words: its name, what was, what is."""
    return [
        (
            name.removeprefix("preferences.").replace("_", " "),
            _word(name, was),
            _word(name, now),
        )
        for name, (was, now) in changed.items()
    ]


def _word(name: str, value: object) -> str:
    if name == "preferences.days" and isinstance(value, list):
        value = weekday_names(value)
    if name == "preferences.hour" and isinstance(value, int):
        return f"{value:02}:00"
    if name in ("paused_until", "consent.at") and isinstance(value, str) and value:
        return when(datetime.fromisoformat(value))
    if isinstance(value, list):
        return ", ".join(map(str, value)) or "none"
    return "none" if value in (None, "") else str(value)


@click.command(short_help="Write readers as YAML, CSV or NDJSON, or all about one.")
@click.argument("file", required=False, type=click.Path(path_type=Path))
@click.option(
    "--form",
    type=click.Choice(["yaml", "csv", "ndjson"]),
    help="Otherwise by FILE's ending; YAML on the terminal.",
)
@click.option(
    "--reader",
    metavar="ADDRESS",
    help="Everything held about this reader, as JSON, to give it to them.",
)
@click.pass_context
def export(
    ctx: click.Context, file: Path | None, form: Form | None, reader: str | None
) -> None:
    """Write readers to FILE or to the terminal; an import takes it back.

    With --reader it is everything held about one of them, as JSON: profile, consent,
    history, deliveries. A reader may ask for it (GDPR articles 15 and 20).
    """
    from digest.config import write_subscribers
    from digest.readership import everything_about

    newsroom = newsroom_of(ctx)
    file = None if file == Path("-") else file
    if reader is not None:
        about = everything_about(newsroom.store, newsroom.subscriber(reader))
        if file is None:
            echo_json(about)
            return
        text: Iterable[str] = [about_text(about)]
    else:
        text = write_subscribers(
            newsroom.store.audience.all(),
            form=form or form_of(file),
        )
    if file is None:
        for part in text:  # a file of readers is UTF-8, always
            click.echo(part.encode(), nl=False)
        return
    try:
        write_privately(Path(os.path.realpath(file)), (t.encode() for t in text))
    except OSError as error:
        raise OutputError(
            f"{file}: it cannot be written ({error.strerror}); name a file in a folder "
            "this account may write to, on a disk with room"
        ) from error
    said(f"Wrote {file}")


def form_of(file: Path | None) -> Form:
    """Return what a file's ending asks for; a terminal and a device get YAML.

    Another ending would be a file that neither an import nor its program opens.
    """
    from digest.config.subscribers import FORMS

    if file is None or (file.exists() and not file.is_file()):
        return "yaml"
    form = FORMS.get(file.suffix.lower(), "lines")
    if form != "lines":  # which are addresses alone
        return form
    raise InputError(
        f"{file}: a file of readers ends in .yaml, .csv or .ndjson; nothing was "
        "written. Name it so (a spreadsheet opens .csv), or say --form."
    )


def about_text(about: Mapping[str, object]) -> str:
    """Return everything about a reader as a file of JSON."""
    import json

    from digest.jsonform import to_json

    return json.dumps(to_json(about), ensure_ascii=False, indent=2) + "\n"


def write_privately(file: Path, content: Iterable[bytes]) -> None:
    """Write a file whole or not at all: it may replace the only good copy.

    A new one is for its owner alone; an old one stays as open as it was.
    """
    if file.exists() and not file.is_file():  # a device or a pipe is written to
        with file.open("wb") as device:
            device.writelines(content)
        return
    aside = file.with_name(f".{file.name[:200]}.new")
    aside.touch(mode=0o600)
    if file.exists():
        aside.chmod(file.stat().st_mode)
    place(file, content, by_way_of=aside)
