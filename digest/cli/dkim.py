"""The commands `dkim keygen` and `dkim record`: a key, and what to publish of it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from digest.cli.output import Group, as_json, echo_json, line, said
from digest.cli.project import project_file, settings_of
from digest.errors import InputError
from digest.settings import Settings
from digest.transports.files import unwritable

if TYPE_CHECKING:
    from digest.message.dkim import Record


@click.group(cls=Group)
def dkim() -> None:
    """Sign every mail with a key of your own (DKIM)."""


@dkim.command()
@click.option(
    "--selector",
    required=True,
    metavar="NAME",
    help="The key's name in the DNS; best with its date in it, such as s2026.",
)
@click.option(
    "--domain",
    metavar="DOMAIN",
    help="The domain that signs; otherwise that of each newsletter's sender.",
)
@click.option(
    "--to",
    "file",
    metavar="FILE",
    type=click.Path(path_type=Path),
    help="Where the private key goes; otherwise secrets/dkim-NAME.pem in the newsroom.",
)
@as_json
@click.pass_context
def keygen(
    ctx: click.Context, selector: str, domain: str | None, file: Path | None, json: bool
) -> None:
    """Make a new key and say what to publish and what to write in digest.yaml.

    The private key goes into a file that only you can read; it is never shown, and a
    file that is there is never overwritten.
    """
    from digest.message.dkim import new_key, read_key, records

    selector, domain = _named(selector, domain)
    root = _root(ctx)
    senders = [] if domain and root is None else _senders(ctx, domain)
    pem = new_key()
    path = file or (root or Path()) / "secrets" / f"dkim-{selector}.pem"
    _write(path, pem)
    published = records(
        read_key(pem), selector=selector, domains=[domain] if domain else senders
    )
    lines = _lines(selector, path, root, "" if senders == [domain] else domain)
    if json:
        echo_json(
            {"key_file": str(path), "records": _json(published), "settings": lines}
        )
        return
    said(f"A new private key is in {path}; only you can read it.")
    line("Keep it out of version control, and in your backups.")
    line("")
    _show(published)
    line("Once that is published, put these lines into digest.yaml:")
    line("")
    for each in lines.splitlines():
        line(f"    {each}")


@dkim.command()
@as_json
@click.pass_context
def record(ctx: click.Context, json: bool) -> None:
    """Show the DNS record of the key in digest.yaml."""
    from digest.message.dkim import read_key, records

    settings = settings_of(ctx)
    if settings.dkim is None:
        raise InputError(
            f"{project_file(ctx.find_root().obj)}: it has no `dkim`, so no mail is "
            "signed. `digest dkim keygen --selector NAME` makes a key and says what to "
            "write there."
        )
    published = records(
        read_key(settings.dkim.key),
        selector=settings.dkim.selector,
        domains=[settings.dkim.domain] if settings.dkim.domain else _domains(settings),
    )
    if json:
        echo_json({"records": _json(published)})
    else:
        _show(published)


def _named(selector: str, domain: str | None) -> tuple[str, str]:
    """Return both names as digest.yaml would accept them."""
    from digest.addresses import check_domain
    from digest.config.values import selector as checked

    try:
        selector = checked(selector)
    except ValueError as error:
        raise InputError(f"--selector {error}") from error
    try:
        return selector, "" if domain is None else check_domain(domain)
    except ValueError as error:
        raise InputError(f"--domain is {error}") from error


def _root(ctx: click.Context) -> Path | None:
    """Return the newsroom's folder; None when no one was named and none is here."""
    named = ctx.find_root().obj
    try:
        return project_file(named).parent
    except InputError:
        if named is not None:
            raise
        return None


def _senders(ctx: click.Context, domain: str) -> list[str]:
    """Return the domains of the newsroom's senders.

    A digest.yaml that names the key before it is made cannot be read yet; with a
    `domain` it need not be.
    """
    try:
        return _domains(settings_of(ctx))
    except InputError as error:
        if domain:
            return []
        raise InputError(
            "--domain is not given, and no digest.yaml says whose mail is to be signed:\n"
            f"{error}"
        ) from error


def _domains(settings: Settings) -> list[str]:
    senders = (n.sender.address.rpartition("@")[2] for n in settings.newsletters)
    return list(dict.fromkeys(senders))


def _write(path: Path, pem: str) -> None:
    """Write a new file that only its owner can read, or leave nothing."""
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        path.touch(mode=0o600, exist_ok=False)
    except FileExistsError as error:
        if not path.exists():  # it is a file where a folder should be
            raise unwritable(path.parent, error) from error
        raise InputError(
            f"{path} is there already; nothing was changed. Choose another --selector, "
            "or another file with --to."
        ) from error
    except OSError as error:
        raise unwritable(path.parent, error) from error
    try:
        path.write_text(pem, encoding="ascii")
    except OSError as error:
        path.unlink()
        raise unwritable(path.parent, error) from error


def _lines(selector: str, path: Path, root: Path | None, domain: str) -> str:
    """Return what to write in digest.yaml; paths there are read against its folder."""
    from digest.yamltext import write_yaml

    full = path.absolute()
    home = (root or Path()).absolute()
    place = full.relative_to(home) if full.is_relative_to(home) else full
    settings = {"selector": selector, "key": f"file:{place}"}
    return write_yaml({"dkim": settings | ({"domain": domain} if domain else {})})


def _show(published: Sequence[Record]) -> None:
    """Show each record whole, and as a zone file has it."""
    for each in published:
        line(f"Publish this TXT record in the DNS, under the name {each.name}:")
        line("")
        line(each.value)
        line("")
        line("The same for a zone file, in strings of at most 255 characters:")
        line("")
        line(each.zone)
        line("")


def _json(published: Sequence[Record]) -> list[dict[str, object]]:
    return [
        {"name": r.name, "value": r.value, "strings": r.strings, "zone": r.zone}
        for r in published
    ]
