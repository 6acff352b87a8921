"""The shape of what `digest.yaml` says about mail that comes back.

Part of `schema`; the same rules.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from pydantic import AfterValidator, Field

from digest.config import values
from digest.config.kinds import (
    CaFile,
    Duration,
    FilePath,
    Line,
    Part,
    ServerPassword,
    ServerSecurity,
    TokenCommand,
)
from digest.settings import Bounces, ImapInbox, Security

_PORTS = {Security.TLS: 993, Security.STARTTLS: 143, Security.NONE: 143}


class ImapPart(Part):
    """The mailbox that returned mail comes to."""

    host: Annotated[Line, AfterValidator(values.host)] = Field(
        description="The IMAP server's name.", examples=["imap.example.org"]
    )
    port: Annotated[int, Field(ge=1, le=65535)] | None = Field(
        default=None,
        description="Without it: 993 with tls, 143 with the others.",
        examples=[993],
    )
    security: ServerSecurity = "tls"
    username: Line = Field(
        description="The account's name.", examples=["bounces@longitude.example"]
    )
    password: ServerPassword = Field(
        default=None, examples=["env:IMAP_PASSWORD", "file:secrets/imap"]
    )
    token_command: TokenCommand = Field(
        default=None, examples=["/usr/local/bin/mail-token --account bounces"]
    )
    ca_file: CaFile = None
    folder: Line = Field(
        default="INBOX", description="The folder to read.", examples=["INBOX"]
    )
    done: Line | None = Field(
        default=None,
        description="The folder that read mails go to; without it they stay, marked as "
        "seen, and what a person opens there first is not read.",
        examples=["Read"],
    )
    delete: bool = Field(
        default=False, description="true: delete what was read.", examples=[True]
    )


class BouncesPart(Part):
    """Where returned mail comes to; `digest run` looks there."""

    imap: ImapPart | None = Field(
        default=None, description="A mailbox on an IMAP server."
    )
    maildir: FilePath | None = Field(
        default=None,
        description="A Maildir; what was read goes from `new` to `cur`.",
        examples=["/var/mail/bounces"],
    )
    mbox: FilePath | None = Field(
        default=None,
        description="An mbox, which is read and never changed.",
        examples=["/var/mail/bounces"],
    )
    every: Duration = Field(
        default="5 minutes",
        description="How often `digest run` looks there.",
        examples=["5 minutes"],
    )


def bounces(part: BouncesPart, root: Path) -> Bounces:
    """Return what the part says; paths are against the project's folder."""
    return Bounces(
        imap=_imap(part.imap, root) if part.imap else None,
        maildir=root / part.maildir if part.maildir else None,
        mbox=root / part.mbox if part.mbox else None,
        every_minutes=values.minutes(part.every),
    )


def _imap(part: ImapPart, root: Path) -> ImapInbox:
    security = Security(part.security)
    command = part.token_command
    return ImapInbox(
        host=part.host,
        port=part.port or _PORTS[security],
        security=security,
        username=part.username,
        password=part.password or "",
        token_command=values.command(command) if command else (),
        ca_file=root / part.ca_file if part.ca_file else None,
        folder=part.folder,
        done=part.done or "",
        delete=part.delete,
    )
