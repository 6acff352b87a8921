"""The command `db`: bring a database up to date, tidy, copy, back up, check it."""

from __future__ import annotations

from pathlib import Path

import click

from digest.cli.output import (
    Group,
    agreed_to,
    as_json,
    echo_json,
    forgotten,
    line,
    plural,
    said,
    warned,
)
from digest.cli.project import newsroom_of, settings_of
from digest.errors import InputError, StoreError
from digest.settings import ServerDatabase


def place_of(written: str) -> Path | ServerDatabase:
    """Return where a database is that was named on the command line."""
    from digest.config import database_place

    try:
        place = database_place(written)
    except ValueError as error:
        what = "this address" if "://" in written else repr(written)  # no password
        raise InputError(f"{what} {error}") from None
    return place


def there(place: Path | ServerDatabase) -> Path | ServerDatabase:
    """Return a place; a file that is read must be there."""
    if isinstance(place, Path) and not place.is_file():
        raise InputError(f"{place}: there is no such file; check the name")
    return place


@click.group(cls=Group)
def db() -> None:
    """Upgrade, tidy, copy, back up or verify the database; accept a restored one."""


@db.command()
@click.pass_context
def upgrade(ctx: click.Context) -> None:
    """Bring the database up to date with this digest.

    Every command does so when it opens the database; this one does nothing else.
    """
    newsroom = newsroom_of(ctx)
    applied = newsroom.store.applied
    if applied:
        steps = ", ".join(f"{number:04}" for number in applied)
        said(f"Applied {steps}; the database is up to date.")
    else:
        said("The database was up to date.")


@db.command()
@as_json
@click.pass_context
def tidy(ctx: click.Context, json: bool) -> None:
    """Forget what is older than `retention:` in digest.yaml keeps it.

    `digest run` does so once a day. The numbers of each issue stay.
    """
    tidied = newsroom_of(ctx).tidy()
    if json:
        echo_json(tidied)
    else:
        said(forgotten(tidied)[0].upper() + forgotten(tidied)[1:] + ".")


@db.command()
@click.argument("source", metavar="FROM")
@click.argument("target", metavar="TO")
@as_json
def copy(source: str, target: str, json: bool) -> None:
    """Copy a whole database to a new one, of another kind if you like.

    FROM and TO are files, or addresses such as postgresql://user@host/name (their
    passwords: PGPASSWORD or ~/.pgpass). TO must be empty or not there. Let nothing
    send meanwhile; then name the new one in digest.yaml.
    """
    from digest.store import copy_database

    copied = copy_database(there(place_of(source)), place_of(target))
    if json:
        echo_json({"copied": copied})
        return
    for table, number in copied.items():
        line(f"  {table:16} {number:>10}")
    said(
        f"Copied {plural(sum(copied.values()), 'row')}; both sides were counted and "
        "compared. To go on there, name it under `database:` in digest.yaml."
    )


@db.command()
@click.argument("file", type=click.Path(path_type=Path))
@click.pass_context
def backup(ctx: click.Context, file: Path) -> None:
    """Write the whole database into FILE, a new SQLite file, while it is in use.

    A backup is marked as one: when it is put in the database's place, nothing is sent
    from it until `digest db accept`. It is read through, and ends with 1 when it is
    damaged as the database is.
    """
    from digest.newsroom import utc_now
    from digest.store import back_up, verify_database

    back_up(settings_of(ctx, secrets_needed=False).database, file, made=utc_now())
    try:
        wrong = verify_database(file)
    except StoreError as error:
        wrong = [str(error)]
    if wrong:
        warned(
            f"Wrote {file}, but it is damaged, as the database is; keep the earlier "
            f"backups. What was found: {wrong[0]}"
        )
        ctx.exit(1)
    said(
        f"Wrote {file} ({file.stat().st_size / 1e6:.1f} MB). It holds addresses and the "
        "key of your links: keep it as safe as the database."
    )


@db.command()
@click.argument("place", required=False)
@as_json
@click.pass_context
def verify(ctx: click.Context, place: str | None, json: bool) -> None:
    """Check whether the database, or the one at PLACE, is whole and adds up.

    Ends with 1 when something is wrong with it.
    """
    from digest.store import verify_database

    where = there(
        place_of(place) if place else settings_of(ctx, secrets_needed=False).database
    )
    wrong = verify_database(where)
    if json:
        echo_json({"wrong": wrong})
    for each in () if json else wrong:
        warned(each)
    if wrong:
        ctx.exit(1)
    if not json:
        said("All well: the database is whole.")


@db.command()
@click.option("--yes", is_flag=True, help="Do not ask.")
@click.pass_context
def accept(ctx: click.Context, yes: bool) -> None:
    """Let a restored, moved or copied database go on from here.

    Nothing that may have been sent since it was saved is sent by it: its unsent mails
    are held in doubt (`digest resolve` settles them), what is collected up to now
    goes into no issue, and slots up to now are not made up for.
    """
    newsroom = newsroom_of(ctx)
    doubt = newsroom.store.life.doubt()
    if not doubt:
        said("There is nothing to accept: this database is the one that sent last.")
        return
    warned(f"{doubt}.")
    if not (yes or agreed_to("Let it go on from here, now?")):
        ctx.exit(1)
    failed = [each for each in newsroom.collect() if each.error]
    held = newsroom.store.life.accept()
    for issue, number in held.items():
        line(f"  {issue}: {plural(number, 'mail')} held, for they may have been sent")
    said("Accepted. The next issues begin with what is collected from now on.")
    for each in failed:
        warned(
            f"{each.source} could not be read ({each.error}): what it brings next may "
            "have been in an issue before."
        )
    ctx.exit(1 if failed else 0)
