"""Whose link it is.

The keys of links may be changed while we serve: what cannot be read is tried again
with the keys of now, but not more than once a second, however often somebody guesses.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from threading import Lock

from digest.links import Purpose
from digest.model import Newsletter, Preferences, Subscriber
from digest.newsroom import NOBODY, Newsroom
from digest.store import Request

LOOK_SECONDS = 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Holder:
    """Who holds a link, and of which newsletter's mail."""

    subscriber: Subscriber
    newsletter: Newsletter


class Tokens:
    """Reads the links of one newsroom."""

    def __init__(self, newsroom: Newsroom, *, clock: Callable[[], float]) -> None:
        """Read with the newsroom's keys; `clock` gives seconds."""
        self._newsroom, self._clock = newsroom, clock
        self._looked, self._lock = clock(), Lock()

    def holder(
        self, token: str, purpose: Purpose, *, even_nobody: bool = False
    ) -> Holder | None:
        """Return who holds a reader's link; None: it is not ours, or they are gone.

        With `even_nobody` that may be the nobody of test mails, who takes everything:
        a page that only looks can be shown to them.
        """
        newsletters = {n.slug: n for n in self._newsroom.settings.newsletters}
        found = self._read(token, purpose, tuple(newsletters))
        if found is None:
            return None
        reader, slug = found
        subscriber = self._newsroom.store.audience.find(reader)
        if subscriber is None and reader == NOBODY and even_nobody:
            wanted = Preferences(newsletters=frozenset(newsletters))
            subscriber = Subscriber(id=NOBODY, address="", preferences=wanted)
        if subscriber is None:
            return None
        return Holder(subscriber=subscriber, newsletter=newsletters[slug])

    def is_ours(self, token: str, purpose: Purpose) -> bool:
        """Whether a reader's link was made here, be they gone or nobody."""
        slugs = tuple(n.slug for n in self._newsroom.settings.newsletters)
        return self._read(token, purpose, slugs) is not None

    def request(self, token: str, purpose: Purpose) -> Request | None:
        """Return the request whose link it is, used or not."""
        found = self._read(token, purpose, ("",))
        return self._newsroom.store.requests.find(found[0]) if found else None

    def of(self, holder: Holder, purpose: Purpose) -> str:
        """Return a token for another of the holder's pages."""
        return self._newsroom.links.token(
            purpose, subscriber=holder.subscriber.id, scope=holder.newsletter.slug
        )

    def _read(
        self, token: str, purpose: Purpose, scopes: tuple[str, ...]
    ) -> tuple[str, str] | None:
        links = self._newsroom.links
        found = links.whose(token, purpose=purpose, scopes=scopes)
        if found is None and self.refresh():
            links = self._newsroom.links
            found = links.whose(token, purpose=purpose, scopes=scopes)
        return found

    def refresh(self) -> bool:
        """Use the keys of now; False: they were asked for just now, or are the same."""
        with self._lock:
            if self._clock() - self._looked < LOOK_SECONDS:
                return False
            self._looked = self._clock()
        newest, *older = self._newsroom.store.keys()
        links = self._newsroom.links
        if newest == links.key:
            return False
        self._newsroom.links = replace(links, key=newest, older=tuple(older))
        return True
