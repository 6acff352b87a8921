"""Where a database is, as `digest.yaml` and the command line name it."""

from __future__ import annotations

import re
from pathlib import Path
from urllib.parse import urlsplit

from digest.settings import ServerDatabase

_SERVER = re.compile("postgres(ql)?://")


def is_server(written: str) -> bool:
    """Whether a database is on a server, and not a file."""
    return _SERVER.match(written) is not None


def database(written: str) -> str:
    """Return where a database is: a path, or the address of one on a server."""
    if not is_server(written):
        if "://" in written:
            raise ValueError(
                "must be a path to a file, or an address such as "
                "`postgresql://user@host/name`"
            )
        return written
    try:
        parts = urlsplit(written)
        secret = parts.password or "password" in parts.query
        usable = len(parts.path) > 1 and parts.port != 0
    except ValueError:
        secret, usable = None, False
    if secret:
        raise ValueError(
            "has a password in it, which everybody who sees the address would see; put "
            "it into a file and write `database_password: file:path`"
        )
    if not usable or re.search(r"\s", written):
        raise ValueError(
            "is not the address of a database; write it like "
            "`postgresql://user@host/name`"
        )
    return written


def database_place(
    written: str, *, root: Path = Path(), password: str = ""
) -> Path | ServerDatabase:
    """Return where a database is; raises `ValueError` when that cannot be."""
    if not is_server(database(written)):
        return root / written
    return ServerDatabase(url=written, password=password)
