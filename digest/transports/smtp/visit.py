"""A visit to the SMTP server that leaves no mail: what it offers, and whether it lets us in."""

from __future__ import annotations

import re
import ssl
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from digest.errors import TransportError
from digest.oauth import Tokens
from digest.settings import Security, SmtpDelivery
from digest.transports.smtp.session import Session, Timeouts
from digest.transports.smtp.trouble import reason, trust

#: A visitor has no mail to lose and need not be patient.
HURRIED = Timeouts(connect=5, reply=5, farewell=1)

#: A date as Exim, Sendmail and Exchange greet with (RFC 5322 section 3.3).
_DATE = re.compile(
    r"(?:[A-Z][a-z]{2}, )?\d{1,2} [A-Z][a-z]{2} \d{4} \d\d:\d\d:\d\d [+-]\d{4}"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Visit:
    """What a server showed of itself."""

    certified_until: datetime | None  #: of its certificate; None without TLS
    logged_in: bool
    pipelining: bool
    size: int | None  #: the most octets of a message; 0 is no limit, None unsaid
    time: datetime | None  #: by its clock, if it greets with it


@dataclass(frozen=True, slots=True, kw_only=True)
class Unusable:
    """Why a server takes no mail from us, and what to do."""

    found: str
    remedy: str


def visit(settings: SmtpDelivery, *, timeouts: Timeouts = HURRIED) -> Visit | Unusable:
    """Connect and log in as for mail, look, and leave."""
    try:
        clear = settings.security is Security.NONE
        tls = None if clear else trust(settings.ca_file)
    except TransportError as error:
        return Unusable(found=str(error), remedy="name the authority's PEM file")
    command = settings.token_command
    session = Session(
        settings,
        tls=tls,
        tokens=Tokens(command) if command else None,
        timeouts=timeouts,
    )
    try:
        session.open()
    except (OSError, UnicodeError) as error:
        found, remedy = reason(error)
        return Unusable(found=found, remedy=remedy)
    seen = Visit(
        certified_until=_certified_until(session),
        logged_in=bool(settings.username),
        pipelining=session.pipelining,
        size=session.limit,
        time=_time(session.greeting),
    )
    session.leave()
    return seen


def _certified_until(session: Session) -> datetime | None:
    certificate = (
        session.sock.getpeercert() if isinstance(session.sock, ssl.SSLSocket) else None
    )
    if not certificate:
        return None
    seconds = ssl.cert_time_to_seconds(str(certificate["notAfter"]))
    return datetime.fromtimestamp(seconds, UTC)


def _time(greeting: str) -> datetime | None:
    found = _DATE.search(greeting)
    try:
        return parsedate_to_datetime(found[0]) if found else None
    except ValueError:
        return None
