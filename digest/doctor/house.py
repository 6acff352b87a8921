"""What can be looked at without any network: folders, secrets, the database."""

from __future__ import annotations

import stat
import tempfile
from collections.abc import Iterator
from pathlib import Path

from digest.doctor.observations import Observation, ok, unseen, warning, wrong
from digest.errors import StoreError
from digest.newsroom import NOBODY, Newsroom
from digest.settings import FilesDelivery, Settings

#: Where systemd keeps what LoadCredential names; its rights are its own affair.
CREDENTIALS = Path("/run/credentials")


def folders(settings: Settings) -> Iterator[Observation]:
    """Say of each folder that is written to whether it can be."""
    written = {"newsroom's folder": settings.root}
    if isinstance(settings.database, Path):
        written["database's folder"] = settings.database.parent
    if isinstance(settings.delivery, FilesDelivery):
        written["delivery.files"] = settings.delivery.folder
    seen = set[Path]()
    for thing, folder in written.items():
        if folder not in seen:
            yield folder_of(thing, folder)
        seen.add(folder)


def folder_of(thing: str, folder: Path) -> Observation:
    """Write to a folder, or to where it will be made, and take it away again."""
    place = folder
    try:
        while not place.exists() and place != place.parent:
            place = place.parent
        # Rights alone do not tell: root has all of them on a full or read-only disk.
        with tempfile.TemporaryFile(dir=place) as file:
            file.write(b"digest doctor")
    except OSError as error:
        return wrong(
            thing,
            f"{place} cannot be written to ({error.strerror})",
            "give this account the right to, or make room",
        )
    later = "" if place == folder else "; it is made when it is needed"
    return ok(thing, f"{folder}{later}")


def secrets(settings: Settings) -> Iterator[Observation]:
    """Say of each file with secrets whether others can read it."""
    files = {f"secret {_short(f, settings.root)}": f for f in settings.secret_files}
    database = settings.database
    if isinstance(database, Path) and database.exists():
        files["database's rights"] = database
    if not files:
        yield unseen("secrets", "none is in a file")
    for thing, file in files.items():
        yield rights(thing, file)


def _short(file: Path, root: Path) -> Path:
    return file.relative_to(root) if file.is_relative_to(root) else file


def rights(thing: str, file: Path) -> Observation:
    """Say who beside its owner can read a file."""
    try:
        mode = stat.S_IMODE(file.stat().st_mode)
    except OSError as error:
        return wrong(thing, f"{file} cannot be read ({error.strerror})", "put it back")
    shown = f"{file} ({mode:04o})"
    if file.is_relative_to(CREDENTIALS):
        return ok(thing, f"{shown}, kept by systemd")
    if mode & stat.S_IRWXO:
        return wrong(thing, f"{shown}: everybody here can read it", f"chmod 600 {file}")
    if mode & stat.S_IRWXG:
        return warning(thing, f"{shown}: its group can read it", f"chmod 600 {file}")
    return ok(thing, shown)


def database(settings: Settings) -> tuple[Observation, str]:
    """Open the database; return how it is, and a link that leaves for nobody.

    The link is "" when there is no database that has made its key yet.
    """
    where = settings.database
    if isinstance(where, Path) and not where.exists():
        return unseen("database", f"{where} is made by the first command"), ""
    try:
        with Newsroom(settings) as newsroom:
            slug = settings.newsletters[0].slug
            link = newsroom.links.unsubscribe(NOBODY, slug)
            doubt = newsroom.store.life.doubt()
    except StoreError as error:
        return wrong("database", str(error), "let `digest db verify` say more"), ""
    if doubt:
        return wrong(
            "database", f"nothing is sent: {doubt}", "see `digest db accept --help`"
        ), link
    return ok("database", "it opens, and is the one that sent last"), link
