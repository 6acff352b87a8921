"""The file of readers: read, taken in, and followed as long as it changes."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from digest import __version__
from digest.model import Article, Problem, Subscriber
from digest.settings import Settings
from digest.store import Audience, Delivery, Imported, Store

if TYPE_CHECKING:  # it loads pydantic
    from digest.config import ReaderFile, Terms


@dataclass(frozen=True, slots=True, kw_only=True)
class Taken:
    """What came of taking in a file of readers."""

    imported: Imported
    program: str = ""  #: whose export it is
    columns_left_out: tuple[str, ...] = ()
    #: worth a look: addresses that seem misspelt, or one mailbox with two of them
    hints: tuple[Problem, ...] = ()
    hinted: int = 0  #: how many hints there are, named or not


def read_readers(
    settings: Settings, path: Path, terms: Terms | None = None
) -> ReaderFile:
    """Return a file of readers, checked against these settings as it is read."""
    from digest.config import ReaderFile

    return ReaderFile(
        path, newsletters=_slugs(settings), topics=_topics(settings), terms=terms
    )


def import_readers(
    audience: Audience,
    settings: Settings,
    path: Path,
    *,
    terms: Terms | None = None,
    trial: bool = False,
) -> Taken:
    """Take in a file of readers; what readers decided themselves always wins.

    The file named in digest.yaml is followed exactly: who is no longer in it
    no longer receives. Any other file only adds and changes, and has to say where its
    readers asked for mail; `terms` may say it for them. A `trial` writes nothing.
    """
    configured, path = settings.subscribers, Path(os.path.realpath(path))
    followed = configured is not None and path == configured.resolve()
    seen = _look(settings, path)  # before it is read: a change meanwhile is seen later
    file = read_readers(settings, path, terms)
    imported = audience.import_(
        file,
        origin=_origin(settings, path),
        sync=followed,
        seen=seen,
        consent_needed=not followed,
        trial=trial,
    )
    return Taken(
        imported=imported,
        program=file.program,
        columns_left_out=file.columns_left_out,
        hints=tuple(file.hints),
        hinted=file.hinted,
    )


def follow_readers(audience: Audience, settings: Settings) -> Imported | None:
    """Take in the file named in digest.yaml; None: there is none, or it is as it was.

    Reading a hundred thousand readers takes many seconds, and before most sends
    nothing has changed.
    """
    if settings.subscribers is None:
        return None
    path = Path(os.path.realpath(settings.subscribers))
    seen = _look(settings, path)
    if seen and audience.seen(_origin(settings, path)) == seen:
        return None
    return import_readers(audience, settings, path).imported


def everything_about(store: Store, subscriber: Subscriber) -> dict[str, object]:
    """Return all that is held about a reader: what they may ask for, as plain values.

    Sources: GDPR articles 15 (access) and 20 (portability).
    """
    audience = store.audience
    return {
        "reader": subscriber,
        "former_addresses": audience.former_addresses(subscriber.id),
        "agreements": audience.agreements(subscriber.id),
        "history": audience.history(subscriber.id),
        "said_by_files": audience.said_by_files(subscriber.id),
        "suppressed": audience.suppressed(subscriber.address),
        "requests": [
            {
                "for": request.kind.value,
                "at": request.asked,
                "said": dict(request.detail),
            }
            for request in store.requests.of(subscriber.id)
        ],
        "returned_mail": store.returns.of(subscriber.id),
        "deliveries": [
            {
                "delivery": delivery,
                "articles": [
                    {"id": article.id, "headline": article.headline}
                    for article in articles
                ],
            }
            for delivery, articles in _deliveries(store, subscriber.id)
        ],
    }


def _deliveries(
    store: Store, subscriber_id: str
) -> Iterator[tuple[Delivery, list[Article]]]:
    """Yield a reader's deliveries, and what each of them held."""
    for delivery, held in store.journal.of_reader(subscriber_id):
        issue = store.archive.issue(delivery.issue)
        articles = (*issue.articles, *issue.carried) if issue else ()
        known = {article.id: article for article in articles}
        yield delivery, [known[each] for each in held if each in known]


def _origin(settings: Settings, path: Path) -> str:
    """Return what the store calls a file: its path, inside the project if it is."""
    root = settings.root.resolve()
    return str(path.relative_to(root) if path.is_relative_to(root) else path)


def _look(settings: Settings, path: Path) -> str:
    """Return a hash of all that decides what a file says; "" if it cannot be read."""
    known = repr((__version__, _slugs(settings), _topics(settings)))
    try:
        with path.open("rb") as file:
            content = hashlib.file_digest(file, "sha256").hexdigest()
    except OSError:
        return ""  # reading it says why
    return hashlib.sha256(f"{known} {content}".encode()).hexdigest()


def _slugs(settings: Settings) -> list[str]:
    return [newsletter.slug for newsletter in settings.newsletters]


def _topics(settings: Settings) -> list[str]:
    return [topic.slug for topic in settings.topics]
