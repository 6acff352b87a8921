"""The mails that answer readers: plain, short, and about nothing else.

A mail to confirm says nothing of who is known here, and one address gets few of them:
forms are used to fill strangers' mailboxes ("list bombing").
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from functools import lru_cache
from typing import TYPE_CHECKING

from digest.assembly import Assembler
from digest.jsonform import from_json
from digest.message import Answer, compose_answer
from digest.model import Envelope, Mailbox, Message, Newsletter, Status, Subscriber
from digest.newsroom import Newsroom
from digest.reception.wishes import Wish
from digest.rendering.plaintext import fill
from digest.rendering.words import Speech, Words
from digest.settings import SmtpDelivery
from digest.store import Request, Wanted
from digest.template_files import load_catalogues

if TYPE_CHECKING:
    from digest.message.dkim import Signer

#: Mails about requests that one address gets in a day, whoever asks for them.
A_DAY = 3
DAY = timedelta(days=1)

#: Reasons for which an address gets no mail that must be stronger than its own wish.
OPERATOR = "operator"
COMPLAINT = "complaint"

#: Older issues make no good welcome.
FRESH_ISSUE = timedelta(days=31)

#: A word with what fills its blanks, or a link.
Paragraph = tuple[str, Mapping[str, str]] | str


class Mails:
    """Makes the mail that answers a request."""

    def __init__(self, newsroom: Newsroom) -> None:
        """Write in this newsroom's name."""
        self._newsroom = newsroom
        self._words = Words.of_stock(load_catalogues(newsroom.settings.root))
        #: Compiled once for everybody who is welcomed between two issues.
        self._assembler = lru_cache(maxsize=2)(self._new_assembler)

    def made(self, request: Request) -> Message | None:
        """Return the mail, or None when there is to be none."""
        if request.until <= self._newsroom.now():
            return None
        match request.kind:
            case Wanted.SUBSCRIBE:
                return self._to_confirm(request)
            case Wanted.WELCOME:
                return self._welcome(request)
            case Wanted.ADDRESS:
                return self._to_agree(request)

    # -- subscribe --------------------------------------------------------------

    def _to_confirm(self, request: Request) -> Message | None:
        """Take down what was asked for, and ask whether it is meant."""
        store, wish = self._newsroom.store, from_json(Wish, request.detail)
        if self._is_enough(wish.address):
            return None
        agreed = wish.agreed(request, method="form")
        with store.transaction():  # a second try of the same mail asks no second time
            subscriber = (
                self._newsroom.subscriber(request.subscriber)
                if request.subscriber
                else store.audience.ask(wish.subscriber, agreed)
            )
            store.requests.belongs(request.id, subscriber.id)
        newsletters = self._newsletters(wish.newsletters)
        speech = self._speech(wish.language or newsletters[0].language)
        titles = speech.listed([each.title for each in newsletters])
        has_all = subscriber.preferences.newsletters.issuperset(wish.newsletters)
        parts: list[Paragraph]
        if subscriber.status is Status.ACTIVE and has_all:
            slug = newsletters[0].slug
            parts = [
                ("pages.mail_known", {"newsletters": titles}),
                self._newsroom.links.preferences(subscriber.id, slug),
            ]
            about = "pages.preferences"
        else:
            parts = [
                ("pages.mail_confirm", {"newsletters": titles}),
                self._newsroom.links.confirm(request.id),
                ("pages.mail_once", {}),
                ("pages.mail_ignore", {}),
            ]
            about = "pages.confirm"
        return self._answer(
            request,
            newsletters[0],
            to=wish.address,
            about=(about, titles),
            parts=parts,
            speech=speech,
        )

    def _is_enough(self, address: str) -> bool:
        """Whether an address has had its mails of today, or wants none at all."""
        store = self._newsroom.store
        if store.audience.suppressed(address) in (OPERATOR, COMPLAINT):
            return True
        since = self._newsroom.now() - DAY
        return store.requests.mailed(address, since=since) >= A_DAY

    # -- welcome ----------------------------------------------------------------

    def _welcome(self, request: Request) -> Message | None:
        """Return the last issue's digest made for a new reader, or a few words."""
        subscriber = self._newsroom.store.audience.find(request.subscriber or "")
        if subscriber is None or subscriber.status is not Status.ACTIVE:
            return None
        newsletters = self._newsletters(request.detail["newsletters"])
        speech = self._speech(subscriber.language or newsletters[0].language)
        for newsletter in newsletters:
            digest = self._last_digest(request, subscriber, newsletter, speech)
            if digest is not None:
                return digest
        titles = speech.listed([each.title for each in newsletters])
        slug = newsletters[0].slug
        return self._answer(
            request,
            newsletters[0],
            to=subscriber.address,
            about=("pages.welcome", titles),
            parts=[
                ("pages.mail_welcome", {"newsletters": titles}),
                self._newsroom.links.preferences(subscriber.id, slug),
            ],
            speech=speech,
        )

    def _last_digest(
        self,
        request: Request,
        subscriber: Subscriber,
        newsletter: Newsletter,
        speech: Speech,
    ) -> Message | None:
        """Return what they would have got; None while it is on its way to everybody.

        A new reader gets that one with the others.
        """
        store, now = self._newsroom.store, self._newsroom.seconds()
        issue = store.archive.last_issue(newsletter.slug)
        stale = issue is None or now - issue.until > FRESH_ISSUE
        if (
            stale
            or issue is None
            or issue.id in store.journal.open_issues(newsletter.slug)
        ):
            return None
        assembler = self._assembler(issue.id)
        digest = assembler.choose(subscriber, received=(), now=now)
        if digest.skipped:
            return None
        rendered = assembler.render(subscriber, digest)
        subject = _labelled(speech, "pages.welcome", rendered.subject)
        message = assembler.assemble(
            subscriber,
            replace(rendered, subject=subject),
            delivery=f"welcome {request.id}",
            dated=now,
            extra=f"welcome-{request.id}",
        )
        envelope = self._envelope(request, newsletter, subscriber.address)
        return replace(message, envelope=envelope)

    def _new_assembler(self, issue_id: str) -> Assembler:
        issue = self._newsroom.store.archive.issue(issue_id)
        assert issue is not None  # it was there a moment ago, and none is ever removed
        return self._newsroom.assembler(issue)

    # -- change of address ------------------------------------------------------

    def _to_agree(self, request: Request) -> Message | None:
        subscriber = self._newsroom.store.audience.find(request.subscriber or "")
        side, new = str(request.detail["side"]), str(request.detail["to"])
        if subscriber is None or self._is_enough(side):
            return None
        newsletters = self._newsletters(sorted(subscriber.preferences.newsletters))
        speech = self._speech(subscriber.language or newsletters[0].language)
        return self._answer(
            request,
            newsletters[0],
            to=side,
            about=("pages.confirm", speech.word("pages.new_address", None)),
            parts=[
                ("pages.mail_address", {"address": new}),
                self._newsroom.links.new_address(request.id),
                ("pages.mail_once", {}),
                ("pages.mail_ignore", {}),
            ],
            speech=speech,
        )

    # -- all of them ------------------------------------------------------------

    def _answer(
        self,
        request: Request,
        newsletter: Newsletter,
        *,
        to: str,
        about: tuple[str, str],
        parts: Sequence[Paragraph],
        speech: Speech,
    ) -> Message:
        """Return a plain mail of words, each in a paragraph, and of links.

        `about` is its subject: a word, and what it is about.
        """
        links, sender = self._newsroom.links, newsletter.sender
        domain = sender.address.rpartition("@")[2]
        paragraphs = [
            part
            if isinstance(part, str)
            else fill(speech.filled(speech.word(part[0], None), part[1], str))
            for part in parts
        ]
        site = self._newsroom.settings.site
        answer = Answer(
            sender=Mailbox(name=sender.name, address=sender.address),
            reply_to=newsletter.reply_to,
            recipient=to,
            subject=_labelled(speech, *about),
            text="\n\n".join([*paragraphs, f"{site.name}\n{site.postal_address}"])
            + "\n",
            date=self._newsroom.seconds(),
            message_id=links.message_id(
                issue="request", subscriber=request.id, domain=domain
            ),
        )
        return Message(
            delivery=f"request {request.id}",
            envelope=self._envelope(request, newsletter, to),
            content=compose_answer(answer, signer=self._signer(domain)),
        )

    def _envelope(self, request: Request, newsletter: Newsletter, to: str) -> Envelope:
        """Return the envelope; what comes back names the request it was about.

        So it is known to which address the mail went, and when it was asked for.
        """
        delivery = self._newsroom.settings.delivery
        own = delivery.bounce_domain if isinstance(delivery, SmtpDelivery) else ""
        sender = self._newsroom.links.bounce_mailbox(
            issue=newsletter.slug,
            subscriber=request.id,
            domain=own or newsletter.sender.address.rpartition("@")[2],
        )
        return Envelope(sender=sender, recipient=to)

    def _signer(self, domain: str) -> Signer | None:
        from digest.assembly import signer_of

        dkim = self._newsroom.settings.dkim
        return signer_of(dkim, domain) if dkim else None

    def _newsletters(self, slugs: list[str] | tuple[str, ...]) -> list[Newsletter]:
        """Return those there are still; the first one when none of them is."""
        known = self._newsroom.settings.newsletters
        return [each for each in known if each.slug in slugs] or [known[0]]

    def _speech(self, language: str) -> Speech:
        site = self._newsroom.settings.site
        return self._words.speech(language, otherwise=site.language)


def _labelled(speech: Speech, key: str, text: str) -> str:
    """Return ``Confirm: The Ledger Daily``, as the language writes it."""
    values = {"name": speech.word(key, None), "text": text}
    return speech.filled(speech.word("labelled", None), values, str)
