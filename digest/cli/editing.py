"""Commands that change one reader, from adding them to erasing them."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

import click

from digest.cli.output import agreed_to, said, warned
from digest.cli.project import newsroom_of
from digest.errors import InputError
from digest.model import Agreed, Status, Subscriber
from digest.newsroom import Newsroom

OPERATOR = "operator"  #: what brought about what is done by hand

Command = TypeVar("Command", bound=Callable[..., object])

#: What `add` and `edit` can say, as in a CSV file: the column, and what it means.
FIELDS = {
    "name": "How mails greet them.",
    "language": "Of the words around the articles, such as fr.",
    "timezone": "Such as Europe/Paris.",
    "newsletters": "Short names, with ; between them.",
    "follows": "Topics or tags, with ; between them.",
    "mutes": "Topics or tags, with ; between them.",
    "top": "Topics of which the first stories are enough, with ; between them.",
    "format": "html or text.",
    "length": "headlines, summaries or full.",
    "limit": "At most so many articles in a mail.",
    "days": "Days that mail comes on, such as monday;thursday.",
    "hour": "When mail may come, such as 18:00 in their time zone.",
    "paused_until": "A day, such as 2026-12-24.",
}


def with_fields(command: Command) -> Command:
    """Give a command an option for each field of a reader."""
    for name, meaning in reversed(FIELDS.items()):
        command = click.option(
            f"--{name.replace('_', '-')}", metavar="TEXT", help=meaning
        )(command)
    return command


@click.command()
@click.argument("address")
@click.option(
    "--consent",
    required=True,
    metavar="TEXT",
    help="Where and how they asked for mail; kept as the proof.",
)
@with_fields
@click.pass_context
def add(
    ctx: click.Context, /, address: str, consent: str, **fields: str | None
) -> None:
    """Add one reader, who gets mail from now on.

    They have asked you for it: --consent says where and how.
    """
    newsroom = newsroom_of(ctx)
    reader = _made(newsroom, None, {"address": address, **fields})
    added = newsroom.store.audience.add(reader, _agreed(newsroom, consent), by=OPERATOR)
    said(f"{added.address} is added.")


@click.command()
@click.argument("address")
@click.option("--address", "moved", metavar="TEXT", help="Another address.")
@with_fields
@click.pass_context
def edit(
    ctx: click.Context, /, address: str, moved: str | None, **fields: str | None
) -> None:
    """Change what is known about a reader; "-" takes a value away.

    A file changes it again only when it says something new.
    """
    newsroom = newsroom_of(ctx)
    known = newsroom.subscriber(address)
    _made(newsroom, known, {"address": moved, **fields})  # says what is wrong at once
    changed = newsroom.store.audience.change(
        known.id,
        lambda now: _made(newsroom, now, {"address": moved, **fields}),
        by=OPERATOR,
    )
    if changed == known:
        said(f"{known.address} is as before.")
        return
    said(f"{changed.address} is changed.")
    if brought_back := changed.preferences.newsletters & known.left:
        warned(
            f"They had left {', '.join(sorted(brought_back))} themselves. Make sure "
            "that they asked for it again."
        )


@click.command()
@click.argument("address")
@click.pass_context
def unsubscribe(ctx: click.Context, address: str) -> None:
    """Stop all mail to a reader; no file revives them.

    ADDRESS may also be a reader's id, as logs and --json name them, or what their
    mail said under List-Unsubscribe: the link, the mailbox or the token in it.
    """
    subscriber = newsroom_of(ctx).unsubscribe(address)
    said(f"{subscriber.address} is unsubscribed and gets nothing more.")


@click.command()
@click.argument("address")
@click.pass_context
def remove(ctx: click.Context, address: str) -> None:
    """Stop all mail to a reader until a file names them again.

    Whom the file in digest.yaml names, you take out there. `unsubscribe` is for who
    asked you to stop, `erase` for who asked you to forget them.
    """
    newsroom = newsroom_of(ctx)
    reader, audience = newsroom.subscriber(address), newsroom.store.audience
    followed = newsroom.settings.subscribers
    if followed and followed.name in _naming(newsroom, reader):
        raise InputError(
            f"{followed.name} names {reader.address} and is followed. Take the line "
            "out there."
        )
    audience.set_status(reader.id, Status.REMOVED, by=OPERATOR)
    said(f"{reader.address} gets nothing more, until a file names them again.")


@click.command()
@click.argument("address")
@click.option(
    "--reason", required=True, metavar="TEXT", help="Why they may be mailed again."
)
@click.pass_context
def revive(ctx: click.Context, address: str, reason: str) -> None:
    """Let somebody be mailed again who unsubscribed, bounced or was suppressed.

    Only when they asked for it: the reason is kept in the record of consent. An
    address that belongs to no reader is only taken from the suppressed ones.
    """
    newsroom = newsroom_of(ctx)
    audience = newsroom.store.audience
    if not reason.strip():
        raise InputError("--reason is empty; say why they may be mailed again")
    known = audience.find(address)
    if known:
        stopped = known.status is not Status.ACTIVE or audience.suppressed(address)
        agreed = _agreed(newsroom, reason)
        revived = audience.revive(known.id, agreed, by=f"{OPERATOR}: {reason}")
        now = "again" if stopped else "already"
        said(f"{revived.address} is {revived.status} {now}.")
        if revived.left:
            wanted = ";".join(sorted(revived.preferences.newsletters | revived.left))
            warned(
                f"What they left stays left: {', '.join(sorted(revived.left))}. If they "
                f"asked for it, say `digest subscribers edit {revived.address} "
                f'--newsletters "{wanted}"`.'
            )
    elif audience.unsuppress(address):
        said(f"{address} may be mailed again, and is no reader.")
    else:
        raise InputError(f"{address} is no reader, and not suppressed")


@click.command()
@click.argument("address")
@click.option(
    "--reason",
    prompt="Why must they not be mailed",
    metavar="TEXT",
    help="Why they must not be mailed; asked for when it is left out.",
)
@click.pass_context
def suppress(ctx: click.Context, address: str, reason: str) -> None:
    """Never mail an address again, whatever a file or a form says.

    Whether it belongs to a reader or not. Only `revive` lifts it.
    """
    from digest.config import reader_with

    newsroom = newsroom_of(ctx)
    slugs = [n.slug for n in newsroom.settings.newsletters]
    cells = {"address": address, "newsletters": slugs[0]}
    reader_with(None, cells, newsletters=slugs, topics=())  # is it an address?
    newsroom.store.audience.suppress(address, "operator", by=f"{OPERATOR}: {reason}")
    said(f"{address} is suppressed.")


@click.command()
@click.argument("address")
@click.option("--yes", is_flag=True, help="Do not ask.")
@click.pass_context
def erase(ctx: click.Context, address: str, *, yes: bool) -> None:
    """Forget a reader: profile, consent, history, deliveries. There is no way back.

    A hash of the address stays, so that no file brings them back, and the numbers of
    each issue (GDPR article 17).
    """
    newsroom = newsroom_of(ctx)
    reader = newsroom.subscriber(address)
    naming = _naming(newsroom, reader)
    if not (yes or agreed_to(f"Forget everything about {reader.address}?")):
        ctx.exit(1)
    newsroom.store.audience.erase(reader.id)
    said(f"{reader.address} is erased.")
    for file in naming:
        warned(f"{file} may still hold their address; take it out there, too.")


def _made(
    newsroom: Newsroom, reader: Subscriber | None, fields: dict[str, str | None]
) -> Subscriber:
    """Return a reader with what the options say."""
    from digest.config import reader_with

    return reader_with(
        reader,
        {name: text for name, text in fields.items() if text is not None},
        newsletters=[n.slug for n in newsroom.settings.newsletters],
        topics=[topic.slug for topic in newsroom.settings.topics],
    )


def _agreed(newsroom: Newsroom, words: str) -> Agreed:
    return Agreed(at=newsroom.now(), where=words.strip(), method=OPERATOR)


def _naming(newsroom: Newsroom, reader: Subscriber) -> list[str]:
    """Return the files that named a reader."""
    return list(newsroom.store.audience.said_by_files(reader.id))
