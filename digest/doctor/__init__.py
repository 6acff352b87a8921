"""What stands between this newsroom and a delivered mail.

Each thing is looked at by a small function that returns an `Observation`; several are
looked at once, and none may take long. Nothing is sent or changed.
"""

from __future__ import annotations

import ipaddress
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future
from functools import partial
from time import monotonic

from digest.doctor import domains, house, inboxes
from digest.doctor.domains import Question
from digest.doctor.leaving import THING as LEAVING
from digest.doctor.leaving import leaving
from digest.doctor.names import Names
from digest.doctor.observations import Observation, Verdict, unseen, wrong
from digest.doctor.relay import THINGS, relay
from digest.message.dkim import read_key, records
from digest.newsroom import utc_now
from digest.settings import Bounces, Settings, SmtpDelivery
from digest.sources.fetching import Fetcher

__all__ = ["Observation", "Verdict", "examine", "far", "near"]

SECONDS = 20.0  #: for everything; each thing has limits of its own below that
_FETCH_SECONDS = 6.0

_OFFLINE = "--offline"

#: Looks at a thing or several.
Look = Callable[[], list[Observation]]


def examine(settings: Settings, *, offline: bool = False) -> list[Observation]:
    """Look at everything; `offline` leaves out what needs a network."""
    found, link = near(settings)
    if offline:
        things = [each.thing for each in questions(settings)]
        things += [*THINGS, LEAVING, *_imap(settings)]
        return found + [unseen(each, _OFFLINE) for each in things]
    fetcher = Fetcher(
        site_url=settings.site.url,
        connect_seconds=_FETCH_SECONDS,
        read_seconds=_FETCH_SECONDS,
        total_seconds=_FETCH_SECONDS,
    )
    return found + far(settings, link=link, names=Names(), fetcher=fetcher)


def near(settings: Settings) -> tuple[list[Observation], str]:
    """Look at this machine; return also a link that leaves for nobody, or ""."""
    database, link = house.database(settings)
    signed = [domains.signer(each, settings.dkim) for each in sender_domains(settings)]
    seen = [*house.folders(settings), *house.secrets(settings), database, *signed]
    return seen + inboxes.on_this_machine(settings.bounces), link


def far(
    settings: Settings, *, link: str, names: Names, fetcher: Fetcher
) -> list[Observation]:
    """Look at what is elsewhere: the DNS, the relay, the way to leave."""
    looks: list[tuple[str, Look]] = [
        (each.thing, partial(_asked, each, names)) for each in questions(settings)
    ]
    looks.append((THINGS[0], lambda: relay(settings.delivery, now=utc_now())))
    looks.append((LEAVING, lambda: [leaving(link, fetcher)]))
    for thing, bounces in _imap(settings).items():
        looks.append((thing, partial(inboxes.inboxes, bounces)))
    return at_once(looks)


def _imap(settings: Settings) -> dict[str, Bounces]:
    """Return what is to be looked at of an IMAP mailbox, if there is one, by its name."""
    bounces = settings.bounces
    if bounces is None or bounces.imap is None:
        return {}
    return {inboxes.IMAP: Bounces(imap=bounces.imap)}


def _asked(question: Question, names: Names) -> list[Observation]:
    return [domains.asked(question, names)]


def questions(settings: Settings) -> Iterator[Question]:
    """Yield what to ask the DNS: of each sender's domain, of returned mail, of the relay."""
    senders = sender_domains(settings)
    delivery = settings.delivery
    bounce = delivery.bounce_domain if isinstance(delivery, SmtpDelivery) else ""
    returned = [bounce] if bounce else senders
    for domain in dict.fromkeys((*senders, *returned)):
        yield domains.spf(domain, returned=domain in returned)
    if dkim := settings.dkim:
        yield from map(
            domains.dkim,
            records(
                read_key(dkim.key),
                selector=dkim.selector,
                domains=[dkim.domain] if dkim.domain else senders,
            ),
        )
    yield from map(domains.dmarc, senders)
    yield from map(domains.returned_mail, returned)
    if isinstance(delivery, SmtpDelivery) and _is_address(delivery.host):
        yield domains.pointer(delivery.host)


def sender_domains(settings: Settings) -> list[str]:
    """Return the domains that newsletters are sent from."""
    addresses = (n.sender.address for n in settings.newsletters)
    return list(dict.fromkeys(each.rpartition("@")[2] for each in addresses))


def _is_address(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True


def at_once(
    looks: Sequence[tuple[str, Look]], *, seconds: float = SECONDS
) -> list[Observation]:
    """Look at several things at once; return what was seen, in the order given."""
    until = monotonic() + seconds
    futures = [(thing, _begun(look)) for thing, look in looks]
    found = list[Observation]()
    for thing, future in futures:
        try:
            found += future.result(timeout=max(0.0, until - monotonic()))
        except TimeoutError:
            found.append(
                wrong(
                    thing,
                    f"no answer within {seconds:g} seconds",
                    "check this machine's network and name servers",
                )
            )
    return found


def _begun(look: Look) -> Future[list[Observation]]:
    """Look in a thread that nobody has to wait for: a system's look-up has no limit."""
    future = Future[list[Observation]]()

    def run() -> None:
        try:
            future.set_result(look())
        except BaseException as error:  # noqa: BLE001 whoever waits for it raises it
            future.set_exception(error)

    threading.Thread(target=run, daemon=True).start()
    return future
