"""The shape of what `digest.yaml` says about how mails leave, and who signs them."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from digest.config import values
from digest.config.kinds import (
    CaFile,
    Count,
    Domain,
    FilePath,
    Line,
    Part,
    Rate,
    Selector,
    ServerPassword,
    ServerSecurity,
    SigningKey,
    TokenCommand,
)


class SmtpPart(Part):
    """The mail server that takes the messages."""

    host: Annotated[Line, AfterValidator(values.host)] = Field(
        description="The server's name.", examples=["mail.example.org"]
    )
    port: Annotated[int, Field(ge=1, le=65535)] | None = Field(
        default=None,
        description="Without it: 465 with tls, 587 with starttls, 25 with none.",
        examples=[465],
    )
    security: ServerSecurity = "tls"
    username: Line | None = Field(
        default=None,
        description="The account's name.",
        examples=["digest@longitude.example"],
    )
    password: ServerPassword = Field(
        default=None, examples=["env:SMTP_PASSWORD", "file:secrets/smtp"]
    )
    token_command: TokenCommand = Field(
        default=None, examples=["/usr/local/bin/mail-token --account digest"]
    )
    connections: Annotated[int, Field(ge=1, le=100)] = Field(
        default=4,
        description="How many connections at once; after a power cut, as many mails "
        "are in doubt.",
        examples=[4],
    )
    messages_per_connection: Count = Field(
        default=100,
        description="After so many mails, a connection is closed and another opened.",
        examples=[100],
    )
    rate: Rate | None = Field(
        default=None,
        description="The most your server lets you send; without it, as fast as it "
        "takes them.",
        examples=["14 per second", "500 per minute"],
    )
    ca_file: CaFile = None
    bounce_domain: Domain | None = Field(
        default=None,
        description="The domain that receives returned mail; without it, the sender's.",
        examples=["bounces.longitude.example"],
    )


class DeliveryPart(Part):
    """Where mails go: one of `files` and `smtp`."""

    files: FilePath | None = Field(
        default=None,
        description="A folder to write them to; nothing is sent.",
        examples=["outbox"],
    )
    smtp: SmtpPart | None = Field(default=None, description="A mail server.")
    in_doubt: Literal["hold", "resend", "assume-sent"] = Field(
        default="hold",
        description="What becomes of a mail when the line died before the server "
        "answered: hold it for `digest resolve`, resend it (it may come twice), or "
        "assume-sent (it may be missing).",
        examples=["hold"],
    )


class DkimPart(Part):
    """The key that signs every mail, so that nobody else can write in your name."""

    selector: Selector = Field(
        description="The name under which the DNS of your domain has the public key.",
        examples=["s2026"],
    )
    key: SigningKey = Field(
        description="Where the private key is: file:path, or env:NAME (a variable of "
        "the environment). `digest dkim keygen` makes one.",
        examples=["file:secrets/dkim-s2026.pem"],
        json_schema_extra={"pattern": "^(env|file):.+"},
        repr=False,
    )
    domain: Domain | None = Field(
        default=None,
        description="The domain that signs, above the senders'; without it, the sender's.",
        examples=["longitude.example"],
    )
