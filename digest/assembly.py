"""One reader's mail of one issue: chosen, rendered, and put into an envelope.

Everything that looks at a digest (plan, preview, build) and everything that sends one
goes through here, so that what is seen is what leaves.
"""

from __future__ import annotations

import re
import threading
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime
from functools import lru_cache, partial
from typing import TYPE_CHECKING

from digest.errors import InputError
from digest.links import Links
from digest.message import Enclosure, HeaderProblem, Letter, Letterhead, compose
from digest.model import Digest, Envelope, Issue, Message, Newsletter, Subscriber
from digest.rendering import Personal, Rendered, Renderer
from digest.selection import Candidates
from digest.settings import Dkim, Site
from digest.spans import Spans

if TYPE_CHECKING:
    from digest.message.dkim import Signer

#: How HTML names a picture that its mail carries.
_CID = re.compile(r'"(cid:[^"]+)"')


class Assembler:
    """Makes the messages of one issue, for any reader."""

    def __init__(
        self,
        *,
        issue: Issue,
        newsletter: Newsletter,
        site: Site,
        spans: Spans,
        renderer: Callable[[Candidates], Renderer],
        links: Links,
        bounce_domain: str,
        dkim: Dkim | None = None,
        enclosures: Mapping[str, Enclosure] | None = None,
    ) -> None:
        """Take the issue and what is worked out once for it.

        `renderer` makes what renders the digests of readers with the same candidates.
        `enclosures` are the pictures that mails carry, by their URLs.
        """
        self.enclosures = enclosures or {}
        self.issue, self.newsletter, self.site = issue, newsletter, site
        self.spans, self.links = spans, links
        self._new_renderer = renderer
        self._renderers = {0: renderer(spans.own)}  # by span
        self._making = threading.Lock()
        self.domain = newsletter.sender.address.rpartition("@")[2]
        own = partial(
            links.own,
            newsletter=newsletter.slug,
            issue=issue.id,
            domain=self.domain,
            bounce_domain=bounce_domain or self.domain,
        )
        #: A reader's links, by id: their mail is rendered first, then assembled.
        self._own = lru_cache(maxsize=256)(own)
        self._web_copy = links.web_copy(issue.id)
        self.letterhead = Letterhead(
            sender=newsletter.sender,
            reply_to=newsletter.reply_to,
            list_title=newsletter.title,
            list_id=f"{newsletter.slug}.{self.domain}",
            help_url=site.url,
            archive_url=f"{links.archive}/{newsletter.slug}",
            owner=(newsletter.reply_to or newsletter.sender).address,
            archived_at=self._web_copy,
            issue=issue.id,
            newsletter=newsletter.slug,
        )
        self.signer = signer_of(dkim, self.domain) if dkim else None

    def choose(
        self, subscriber: Subscriber, *, received: Collection[str], now: datetime
    ) -> Digest:
        """Return the articles this reader gets, or why there are none."""
        return self.spans.choose(subscriber, received=frozenset(received), now=now)

    def render(self, subscriber: Subscriber, digest: Digest) -> Rendered:
        """Return the reader's digest as text and HTML."""
        own = self._own(subscriber.id)
        personal = Personal(
            name=subscriber.name,
            address=_in_letters(subscriber.address),
            subscribed=subscriber.consent.at,
            unsubscribe=own.unsubscribe,
            preferences=own.preferences,
            pause=own.pause,
            web_copy=self._web_copy,
        )
        return self._renderer(self.spans.back(subscriber)).render(
            digest,
            personal,
            language=subscriber.language or self.newsletter.language,
            length=subscriber.preferences.length,
            format=subscriber.preferences.format,
        )

    def _renderer(self, back: int) -> Renderer:
        """Return what renders the digests of a span; most issues need no other."""
        with self._making:
            if back not in self._renderers:
                found = self.spans.candidates(back)
                self._renderers[back] = self._new_renderer(found)
            return self._renderers[back]

    @property
    def not_joined(self) -> Mapping[str, str]:
        """Files of templates that had to be rendered for each choice, and why."""
        found: dict[str, str] = {}
        for renderer in tuple(self._renderers.values()):
            found = {**renderer.why_not_joined, **found}
        return found

    @property
    def html_not_joined(self) -> str:
        """Why the HTML had to be rendered for each choice of articles, or ""."""
        return self._renderers[0].html_not_joined

    def message(
        self, subscriber: Subscriber, digest: Digest, *, dated: datetime
    ) -> tuple[Rendered, Message]:
        """Make one reader's message to look at: no row of the journal has a part in it."""
        rendered = self.render(subscriber, digest)
        with writable(self.issue):
            message = self.assemble(
                subscriber,
                rendered,
                delivery=f"{self.issue.id}:{subscriber.id}",
                dated=dated,
            )
        return rendered, message

    def assemble(
        self,
        subscriber: Subscriber,
        rendered: Rendered,
        *,
        delivery: str,
        dated: datetime,
        recipient: str = "",
        extra: str = "",
    ) -> Message:
        """Return the message; equal arguments give equal bytes.

        `recipient` is another mailbox for a test mail; the links stay the
        reader's. `extra` is one word for why a mail is not the issue's own, and so has
        a Message-ID of its own. Raises `HeaderProblem` when a header would not be legal.
        """
        own = self._own(subscriber.id)
        extra = f"test-{dated:%H%M%S%f}" if recipient else extra
        unique = f"{self.issue.id}/{extra}" if extra else self.issue.id
        letter = Letter(
            recipient=recipient or subscriber.address,
            date=dated,
            message_id=self.links.message_id(
                issue=unique, subscriber=subscriber.id, domain=self.domain
            ),
            unsubscribe_url=own.unsubscribe,
            unsubscribe_mailbox=own.unsubscribe_mailbox,
        )
        return Message(
            delivery=delivery,
            envelope=Envelope(sender=own.bounce_mailbox, recipient=letter.recipient),
            content=compose(
                self.letterhead,
                letter,
                subject=rendered.subject,
                text=rendered.text_part,
                html=rendered.html_part,
                enclosures=self._shown(rendered),
                signer=self.signer,
            ),
        )

    def _shown(self, rendered: Rendered) -> list[Enclosure]:
        """Return the pictures that a reader's HTML names, and no other."""
        if not self.enclosures or rendered.html is None:
            return []
        shown = set(_CID.findall(rendered.html))
        parts = {each.url: each for each in self.enclosures.values()}
        return [part for url, part in parts.items() if url in shown]

    def test_message(
        self,
        subscriber: Subscriber,
        *,
        whose: str,
        recipient: str,
        now: datetime,
        received: Collection[str] = (),
    ) -> Message:
        """Return a reader's digest as a test mail to somebody else.

        Each one has a Message-ID of its own: mail programs hide a second mail with
        the same one. Raises `InputError` when the reader would get nothing.
        """
        digest = self.choose(subscriber, received=received, now=now)
        if digest.skipped:
            raise InputError(
                f"{whose or 'a reader of everything'} would get nothing of "
                f"{self.newsletter.title} now: {digest.skipped}. Name another reader "
                "with --only, or an earlier issue with --issue."
            )
        rendered = self.render(subscriber, digest)
        return self.assemble(
            subscriber,
            replace(rendered, subject=f"[Test] {rendered.subject}"),
            delivery=f"test {now:%Y%m%dT%H%M%S%f} {self.issue.id}",
            dated=now,
            recipient=recipient,
        )


def signer_of(dkim: Dkim, sender_domain: str) -> Signer:
    """Return what signs the mails of a sender."""
    from digest.message.dkim import Signer, read_key  # slow to load; not all sign

    return Signer(
        read_key(dkim.key),
        selector=dkim.selector,
        domain=dkim.domain or sender_domain,
    )


@contextmanager
def writable(issue: Issue) -> Iterator[None]:
    """Say which issue it is when the block finds that a mail cannot be written."""
    try:
        yield
    except HeaderProblem as problem:
        raise InputError(
            f"{issue.id}: the mail cannot be written: {problem}"
        ) from problem


def _in_letters(address: str) -> str:
    """Return a reader's address as they write it themselves."""
    if "xn--" not in address:
        return address
    from digest.addresses import readable  # slow to load, and rarely needed

    return readable(address)
