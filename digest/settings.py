"""What an operator may set: `digest.yaml`, checked and complete.

`digest.config` reads the file into these values; everything below it sees only
them. Paths are absolute (relative ones were read against the project's folder),
secrets are already fetched from the environment or their file.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from enum import StrEnum
from pathlib import Path

from digest.model import Newsletter, Topic


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """Who publishes: what mastheads, footers and links need."""

    name: str
    url: str  #: https://…, without a slash at the end
    postal_address: str  #: required in commercial mail (CAN-SPAM, § 5 DDG, …)
    language: str  #: BCP 47; what articles and newsletters speak unless they say
    timezone: str  #: IANA name
    tagline: str = ""
    subscribe_url: str = ""  #: where a mail that was passed on sends its new reader
    app_url: str = ""  #: where the publication's app can be had


@dataclass(frozen=True, slots=True, kw_only=True)
class FolderSource:
    """Markdown, HTML and text files in a folder, read again at each collect."""

    name: str
    path: Path
    tags: tuple[str, ...] = ()  #: given to every article
    language: str = ""
    images_url: str = ""  #: where the folder's pictures are published, no end slash


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedSource:
    """An RSS, Atom or JSON feed: `location` is an http(s) URL or a file path."""

    name: str
    location: str
    tags: tuple[str, ...] = ()
    language: str = ""
    allow_private: bool = False  #: the config allows this host by name


@dataclass(frozen=True, slots=True, kw_only=True)
class PageSource:
    """Web pages that each hold one article: URLs, saved files or `*.html` globs."""

    name: str
    locations: tuple[str, ...]
    tags: tuple[str, ...] = ()
    language: str = ""
    allow_private: bool = False


SourceSettings = FolderSource | FeedSource | PageSource


class Security(StrEnum):
    """How the way to the SMTP server is protected (RFC 8314)."""

    TLS = "tls"  #: from the first byte, port 465
    STARTTLS = "starttls"  #: required, never opportunistic, port 587
    NONE = "none"  #: only to this machine


@dataclass(frozen=True, slots=True, kw_only=True)
class SmtpDelivery:
    """Messages leave through an SMTP server."""

    host: str
    port: int
    security: Security = Security.TLS
    username: str = ""
    password: str = field(default="", repr=False)
    token_command: tuple[str, ...] = ()  #: prints an OAuth token; instead of a password
    ca_file: Path | None = (
        None  #: a private authority that signed the server's certificate
    )
    bounce_domain: str = ""  #: of the envelope sender; empty: the sender's own domain
    connections: int = 4  #: at once; as many mails are in doubt after a crash
    messages_per_connection: int = 100  #: then a new one is opened
    rate: float = 0  #: messages a second over all connections; 0: as they come


@dataclass(frozen=True, slots=True, kw_only=True)
class ImapInbox:
    """A mailbox on an IMAP server, to which returned mail comes."""

    host: str
    port: int
    username: str
    security: Security = Security.TLS
    password: str = field(default="", repr=False)
    token_command: tuple[str, ...] = ()  #: prints an OAuth token; instead of a password
    ca_file: Path | None = None
    folder: str = "INBOX"
    done: str = ""  #: the folder read mails go to; empty: they stay, marked as seen
    delete: bool = False  #: read mails are deleted instead


@dataclass(frozen=True, slots=True, kw_only=True)
class Bounces:
    """Where returned mail comes to; `digest run` looks there."""

    imap: ImapInbox | None = None
    maildir: Path | None = None
    mbox: Path | None = None
    every_minutes: int = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class FilesDelivery:
    """Messages are written to a folder, one Maildir file each."""

    folder: Path


class InDoubt(StrEnum):
    """What becomes of a mail when nobody was left to hear the server's answer."""

    HOLD = "hold"  #: it waits for `digest resolve`
    RESEND = "resend"  #: the same mail goes again; a reader may see it twice
    ASSUME_SENT = "assume-sent"  #: it counts as sent; a reader may miss it


@dataclass(frozen=True, slots=True, kw_only=True)
class Dkim:
    """What signs every message."""

    selector: str  #: the name under which the DNS has the public key
    key: str = field(repr=False)  #: private, PEM
    domain: str = ""  #: that signs; empty: each newsletter's sender's


@dataclass(frozen=True, slots=True, kw_only=True)
class ServerDatabase:
    """A database on a PostgreSQL server."""

    url: str  #: postgresql://user@host:port/name, never with a password
    password: str = field(default="", repr=False)  #: empty: PGPASSWORD, ~/.pgpass, …


@dataclass(frozen=True, slots=True, kw_only=True)
class LintSettings:
    """How strictly mails are looked at before they leave."""

    ignore: frozenset[str] = frozenset()  #: ids of rules
    targets: tuple[str, ...] = ()  #: mail programs that count; empty: the usual ones
    facts: Path | None = None  #: caniemail's data.json; without it, our own table


@dataclass(frozen=True, slots=True, kw_only=True)
class ServeSettings:
    """Where `digest serve` listens, and whose word about visitors it takes."""

    host: str = "127.0.0.1"  #: an address of this machine
    port: int = 8080
    #: Addresses and networks of proxies whose `X-Forwarded-For` and `-Proto` count.
    trusted_proxies: tuple[str, ...] = ("127.0.0.1", "::1")


@dataclass(frozen=True, slots=True, kw_only=True)
class Retention:
    """How long is kept what is about single readers; None: always."""

    deliveries: timedelta | None = timedelta(days=90)  #: settled ones; numbers stay
    refusals: timedelta | None = timedelta(days=365)  #: mails refused for now
    unconfirmed: timedelta | None = timedelta(days=30)  #: who asked, never confirmed


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """Everything of `digest.yaml`."""

    root: Path  #: the project's folder
    site: Site
    topics: tuple[Topic, ...]
    newsletters: tuple[Newsletter, ...]
    sources: tuple[SourceSettings, ...]
    delivery: SmtpDelivery | FilesDelivery
    database: Path | ServerDatabase  #: an SQLite file, or PostgreSQL
    in_doubt: InDoubt = InDoubt.HOLD
    dkim: Dkim | None = None  #: without it, whatever takes the mails may sign
    editors: tuple[str, ...] = ()  #: addresses that get proofs and may approve
    subscribers: Path | None = None  #: imported by content before each send
    collect_every_minutes: int = 15
    #: Kinds of pictures that may be in mails although many programs do not show them.
    images_allowed: frozenset[str] = frozenset()
    lint: LintSettings = field(default_factory=LintSettings)
    serve: ServeSettings = field(default_factory=ServeSettings)
    bounces: Bounces | None = None  #: without it, `digest bounces` is told where
    retention: Retention = field(default_factory=Retention)
    #: Where secrets were read from.
    secret_files: tuple[Path, ...] = field(default=(), repr=False)

    def newsletter(self, slug: str) -> Newsletter | None:
        """Return the newsletter of that slug, or None."""
        return next((n for n in self.newsletters if n.slug == slug), None)
