"""The server that takes the mails: whether it can be reached, and what it offers."""

from __future__ import annotations

from datetime import datetime, timedelta

from digest.doctor.observations import Observation, ok, unseen, warning, wrong
from digest.settings import FilesDelivery, Security, SmtpDelivery
from digest.transports.smtp.visit import Unusable, Visit, visit

#: A certificate is renewed a month before its end, where that works by itself.
SOON = timedelta(days=14)
#: Receivers hold a Date further off against a mail; ours then is wrong in every one.
MOST_OFF = timedelta(minutes=5)
#: Octets of our largest mail: 100,000 of HTML, as much text, and fields.
LARGEST = 210_000

THINGS = ("relay", "relay's certificate", "login", "relay's offers", "clock")


def relay(
    delivery: SmtpDelivery | FilesDelivery, *, now: datetime
) -> list[Observation]:
    """Visit the relay; `now` is our time."""
    if isinstance(delivery, FilesDelivery):
        why = "delivery.files: mails are written to a folder"
        return [unseen(thing, why) for thing in THINGS]
    place = f"{delivery.host}:{delivery.port}"
    seen = visit(delivery)
    if isinstance(seen, Unusable):
        rest = [unseen(thing, "there is no way to the relay") for thing in THINGS[1:]]
        return [wrong("relay", f"{place}: {seen.found}", seen.remedy), *rest]
    return [
        ok("relay", f"{place} answers"),
        certificate(seen, delivery.security, now=now),
        login(seen, delivery),
        offers(seen),
        clock(seen, now=now),
    ]


def certificate(seen: Visit, security: Security, *, now: datetime) -> Observation:
    """Say until when the server's certificate is good."""
    if seen.certified_until is None:
        return unseen("relay's certificate", "no TLS, to this machine only")
    found = f"valid until {seen.certified_until:%Y-%m-%d}, by {security}"
    if seen.certified_until - now < SOON:
        return warning(
            "relay's certificate",
            found,
            "see that it is renewed, or no mail leaves then",
        )
    return ok("relay's certificate", found)


def login(seen: Visit, delivery: SmtpDelivery) -> Observation:
    """Say whether the server let us in; one that did not is `Unusable`."""
    if seen.logged_in:
        return ok("login", f"accepted for {delivery.username}")
    return unseen("login", "delivery.smtp has no username")


def offers(seen: Visit) -> Observation:
    """Say what the server offers that makes sending fast, and what limits it."""
    if seen.size is not None and 0 < seen.size < LARGEST:
        return warning(
            "relay's offers",
            f"SIZE: it takes at most {seen.size:,} octets a mail",
            f"have it raised to {LARGEST:,}, or lower the newsletters' limits",
        )
    limit = f"SIZE {seen.size:,}" if seen.size else "no SIZE limit"
    if not seen.pipelining:
        return warning(
            "relay's offers",
            f"{limit}, but not PIPELINING: four round trips a mail instead of one",
            "raise delivery.smtp.connections if sending takes too long",
        )
    return ok("relay's offers", f"PIPELINING, {limit}")


def clock(seen: Visit, *, now: datetime) -> Observation:
    """Compare our clock with the server's."""
    if seen.time is None:
        return unseen("clock", "the relay does not say what time it has")
    off = now - seen.time
    found = f"{abs(off).total_seconds():.0f} s {'ahead of' if off > timedelta(0) else 'behind'} the relay's"
    if abs(off) > MOST_OFF:
        return wrong("clock", found, "let this machine set its clock by NTP")
    return ok("clock", found)
