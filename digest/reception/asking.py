"""Subscribe, confirm, change of address: requests, and what the link in a mail does.

A request is written down before anybody looks whose it is. Its link works once: who
confirmed, left later, and opens the old mail again, does not come back by it.
"""

from __future__ import annotations

from dataclasses import replace
from enum import Enum, auto

from digest.errors import BusyError
from digest.jsonform import from_json, to_json
from digest.model import Status, Subscriber
from digest.newsroom import Newsroom
from digest.reception.wishes import LINK_WORKS, Wish
from digest.store import Request, Wanted

#: Requests whose mail is still to be sent; whoever asks then is told to come later.
MOST_WAITING = 1000


class Agreement(Enum):
    """How far a change of address has come."""

    HALF = auto()  #: the other address has to agree, too
    WHOLE = auto()
    IMPOSSIBLE = auto()  #: another reader has the new address


def ask(newsroom: Newsroom, wish: Wish) -> None:
    """Write down what somebody asks for; the post answers them.

    Raises `BusyError` when more mails wait than are sent soon.
    """
    _refuse_when_full(newsroom)
    newsroom.store.requests.add(
        Wanted.SUBSCRIBE,
        address=wish.address,
        detail=to_json(wish),
        lifetime=LINK_WORKS,
    )


def confirm(newsroom: Newsroom, request: Request, *, where: str) -> Subscriber | None:
    """Let somebody have what they asked for; None: the link is used up or too old.

    `where` is the page on which they agreed. Who was not ACTIVE is, whatever they
    were before. A welcome follows by mail.
    """
    store, wish = newsroom.store, from_json(Wish, request.detail)
    agreed = replace(
        wish.agreed(request, method="confirmed"), at=newsroom.now(), where=where
    )
    with store.transaction():
        if request.subscriber is None or not store.requests.use(request.id):
            return None
        held = newsroom.subscriber(request.subscriber)
        subscriber = (
            store.audience.change(held.id, wish.granted, by="reader", agreed=agreed)
            if held.status is Status.ACTIVE
            else store.audience.confirm(held.id, agreed)
        )
        store.requests.add(
            Wanted.WELCOME,
            address=subscriber.address,
            subscriber=subscriber.id,
            detail={"newsletters": list(wish.newsletters)},
            lifetime=LINK_WORKS,
        )
    return subscriber


def confirmed_before(newsroom: Newsroom, request: Request) -> Subscriber | None:
    """Return who has what a used link brought; None: they left, or it is too old.

    Somebody who presses a button twice, or opens the mail again, asks for that.
    """
    if not _used_lately(newsroom, request):
        return None
    wanted = set(from_json(Wish, request.detail).newsletters)
    held = newsroom.store.audience.find(request.subscriber or "")
    here = held and held.status is Status.ACTIVE
    return held if held and here and wanted <= held.preferences.newsletters else None


def ask_address(newsroom: Newsroom, subscriber: Subscriber, address: str) -> None:
    """Write down that a reader wants their mail at `address`; both are asked.

    Raises `BusyError` when more mails wait than are sent soon.
    """
    _refuse_when_full(newsroom)
    requests = newsroom.store.requests
    with newsroom.store.transaction():
        for mailbox in (subscriber.address, address):
            requests.add(
                Wanted.ADDRESS,
                address=mailbox,
                subscriber=subscriber.id,
                detail={"to": address, "from": subscriber.address, "side": mailbox},
                lifetime=LINK_WORKS,
            )


def confirm_address(newsroom: Newsroom, request: Request) -> Agreement | None:
    """Note that one of two addresses agrees; the second one makes the change.

    None: the link is used up or too old, or the reader has another address by now.
    """
    store = newsroom.store
    with store.transaction():
        if request.subscriber is None:
            return None
        held = newsroom.subscriber(request.subscriber)
        new, old = str(request.detail["to"]), request.detail["from"]
        if held.address != old or not store.requests.use(request.id):
            return None
        if _sides(newsroom, request) != {new, old}:
            return Agreement.HALF
        if store.audience.find(new) not in (None, held):
            return Agreement.IMPOSSIBLE
        store.audience.change(
            held.id, lambda reader: replace(reader, address=new), by="reader"
        )
    return Agreement.WHOLE


def agreed_before(newsroom: Newsroom, request: Request) -> Agreement | None:
    """Return what came of a used link, where it still stands."""
    held = newsroom.store.audience.find(request.subscriber or "")
    if held is None or not _used_lately(newsroom, request):
        return None
    new, old = request.detail["to"], request.detail["from"]
    if held.address == new:
        return Agreement.WHOLE
    if held.address != old:
        return None
    both = _sides(newsroom, request) == {new, old}
    return Agreement.IMPOSSIBLE if both else Agreement.HALF


def _sides(newsroom: Newsroom, request: Request) -> set[object]:
    """Return which of the two addresses of a change have agreed."""
    change = request.detail["to"], request.detail["from"]
    return {
        other.detail["side"]
        for other in newsroom.store.requests.of(request.subscriber or "")
        if other.kind is Wanted.ADDRESS
        and (other.detail["to"], other.detail["from"]) == change
        and other.used
    }


def _used_lately(newsroom: Newsroom, request: Request) -> bool:
    return request.used and request.until > newsroom.now()


def _refuse_when_full(newsroom: Newsroom) -> None:
    if newsroom.store.requests.waiting() >= MOST_WAITING:
        raise BusyError(
            f"{MOST_WAITING} mails to people who asked for one wait to be sent; no more "
            "are taken. See whether the mail server of digest.yaml takes mail."
        )
