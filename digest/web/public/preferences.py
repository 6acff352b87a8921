"""What a reader gets, behind the link of their mails."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from enum import StrEnum
from functools import partial
from http import HTTPStatus
from types import MappingProxyType
from typing import TypeVar
from zoneinfo import ZoneInfo

from starlette.responses import Response

from digest.addresses import readable
from digest.links import Purpose
from digest.model import Format, Length, Preferences, Status, Subscriber
from digest.newsroom import NOBODY
from digest.reception.choosing import (
    NothingFollowed,
    Stance,
    chosen,
    chosen_tags,
    stance,
    stances,
)
from digest.rendering.plaintext import one_line
from digest.rendering.templates import Markup
from digest.rendering.words import Speech, direction
from digest.tags import single_tag
from digest.web.public import timing
from digest.web.public.front import Front, Offer
from digest.web.public.leaving import pause_end, tomorrow, zone_of
from digest.web.public.tokens import Holder
from digest.web.public.visits import Visit

STANCES = {
    Stance.FOLLOW: "pages.follow",
    Stance.TOP: "pages.top",
    Stance.SKIP: "pages.skip",
    Stance.MUTE: "pages.mute",
}
LENGTHS = {
    Length.HEADLINES: "pages.headlines",
    Length.SUMMARIES: "pages.summaries",
    Length.FULL: "pages.full",
}
FORMATS = {Format.HTML: "pages.html", Format.TEXT: "pages.text"}

LONGEST_NAME = 80


class Unacceptable(Exception):
    """A field says something that cannot be; `key` is the word for it."""

    def __init__(self, field: str, key: str) -> None:
        super().__init__(key)
        self.field, self.key = field, key


class Centre:
    """The page `/p/TOKEN`."""

    def __init__(self, front: Front) -> None:
        """Let readers of the front's newsroom choose."""
        self._front = front

    def show(self, visit: Visit) -> Response:
        """Show what a reader has chosen, and what they would have received."""
        token = visit.path["token"]
        holder = self._front.tokens.holder(token, Purpose.PREFERENCES, even_nobody=True)
        if holder is None:
            return self._no_page(visit)
        return self._page(visit, holder, holder.subscriber)

    def change(self, visit: Visit) -> Response:
        """Save a choice, or only show what it would bring."""
        holder = self._holder(visit)
        if holder is None:
            return self._no_page(visit)
        wanted, wrongs = self._read(visit, holder)
        if wrongs or visit.field("do") == "show":
            return self._page(visit, holder, wanted, wrongs=wrongs)
        try:
            saved = self._front.newsroom.store.audience.change(
                holder.subscriber.id, partial(self._wanted, visit, holder), by="reader"
            )
        except Unacceptable as error:
            wrongs = {error.field: error.key}
            return self._page(visit, holder, holder.subscriber, wrongs=wrongs)
        before = holder.subscriber
        holder = replace(holder, subscriber=saved)
        told = self._told(holder, before)
        return self._page(visit, holder, saved, saved=told)

    def refused(
        self, visit: Visit, holder: Holder, wrongs: Mapping[str, str]
    ) -> Response:
        """Show the page again for a form on it that cannot be, with why beside it."""
        return self._page(visit, holder, holder.subscriber, wrongs=wrongs)

    # -- what a form says -------------------------------------------------------

    def _read(self, visit: Visit, holder: Holder) -> tuple[Subscriber, dict[str, str]]:
        """Return a reader with what of a form can be, and fields that cannot, with why."""
        wrongs: dict[str, str] = {}
        while True:
            try:
                return self._wanted(visit, holder, holder.subscriber), wrongs
            except Unacceptable as error:
                if error.field in wrongs:  # what is held cannot be, either
                    return holder.subscriber, wrongs
                wrongs[error.field] = error.key
                visit = visit.without(error.field)

    def _wanted(self, visit: Visit, holder: Holder, held: Subscriber) -> Subscriber:
        """Return a reader with what a form says; raise `Unacceptable`."""
        known = frozenset(n.slug for n in self._front.newsroom.settings.newsletters)
        taken = held.preferences.newsletters
        ticked = known & frozenset(visit.chosen("newsletter"))
        if held.status is Status.UNSUBSCRIBED:
            # Not by a form that was shown while mail came.
            if ticked and visit.field("back") and self._may_return(held):
                held = replace(held, status=Status.ACTIVE)
            else:  # what "undo" brings back
                ticked = known & taken
        wanted = replace(
            self._topics(visit, timing.read(visit, held.preferences)),
            newsletters=(taken - known) | ticked,
            length=_one_of(Length, visit.field("length"), held.preferences.length),
            format=_one_of(Format, visit.field("format"), held.preferences.format),
            limit=self._limit(visit.field("limit")),
        )
        held = replace(
            held,
            preferences=wanted,
            left=(held.left | (taken & known)) - ticked,
            name=_name(visit.field("name")),
            language=self._language(visit, holder, held),
            timezone=_timezone(visit, holder, held),
        )
        return self._paused(visit, replace(holder, subscriber=held))

    def _language(self, visit: Visit, holder: Holder, held: Subscriber) -> str:
        """Return what was chosen; who never chose goes on having the newsletter's."""
        chosen = visit.field("language")
        usual = not held.language and chosen == self._front.speech_of(holder).language
        known = {tag for tag, _ in self._front.pages.languages()}
        return held.language if usual or chosen not in known else chosen

    def _topics(self, visit: Visit, held: Preferences) -> Preferences:
        before = self._standing(held)
        standing = {
            topic: _one_of(Stance, visit.field(f"topic-{topic}"), stance)
            for topic, stance in before.items()
        }
        try:
            return chosen(held, standing)
        except NothingFollowed:
            raise Unacceptable("topic", "pages.choose_topic") from None

    def _limit(self, written: str) -> int | None:
        if not written:
            return None
        if not (written.isascii() and written.isdecimal() and len(written) <= 3):  # noqa: PLR2004 digits
            raise Unacceptable("limit", "pages.wrong_number")
        if not 1 <= int(written) <= self._most():
            raise Unacceptable("limit", "pages.wrong_number")
        return int(written)

    def _most(self) -> int:
        """Return the most stories that any newsletter puts into a mail."""
        return max(n.limits.articles for n in self._front.newsroom.settings.newsletters)

    def _paused(self, visit: Visit, holder: Holder) -> Subscriber:
        written, held = visit.field("until"), holder.subscriber
        if not written:
            return replace(held, paused_until=None)
        if written == _until(holder):
            return held
        now = self._front.newsroom.now()
        until = pause_end(written, zone=zone_of(holder), now=now)
        if until is None:
            raise Unacceptable("until", "pages.wrong_day")
        return replace(held, paused_until=until)

    # -- the page ---------------------------------------------------------------

    def _page(
        self,
        visit: Visit,
        holder: Holder,
        shown: Subscriber,
        *,
        saved: Markup | str = "",
        wrongs: Mapping[str, str] = MappingProxyType({}),
    ) -> Response:
        front, now = self._front, self._front.newsroom.now()
        speech = front.speech_of(holder)
        wanted = replace(shown.preferences, newsletters=self._taken(shown))
        shown = replace(shown, preferences=wanted)
        pages, shown_holder = front.pages, replace(holder, subscriber=shown)
        return pages.page(
            "preferences",
            speech,
            status=HTTPStatus.UNPROCESSABLE_ENTITY if wrongs else HTTPStatus.OK,
            title=speech.word("pages.preferences", None),
            reader=replace(
                holder.subscriber, address=readable(holder.subscriber.address)
            ),
            token=visit.path["token"],
            unsubscribe=front.tokens.of(holder, Purpose.UNSUBSCRIBE),
            saved=saved,
            left=self._left(holder),
            wrongs={
                field: speech.said(key, n=self._most()) for field, key in wrongs.items()
            },
            topics=self._offers(shown.preferences),
            states=STANCES,
            newsletters=front.newsletters(),
            lengths=LENGTHS,
            formats=FORMATS,
            most=self._most(),
            chosen=_chosen(shown_holder)
            | {field: visit.field(field) for field in wrongs},
            **timing.offered(
                front.newsroom, shown, speech, timezone=zone_of(shown_holder).key
            ),
            languages=pages.languages_to_choose(shown.language or speech.language),
            timezones=pages.to_choose(timing.zones(), zone_of(shown_holder).key),
            tomorrow=tomorrow(zone_of(holder), now),
            sample=self._sample(shown, speech, zone_of(holder)),
        )

    def _told(self, holder: Holder, before: Subscriber) -> Markup | str:
        """Return what it means that a choice was saved; nothing is said twice."""
        front, speech = self._front, self._front.speech_of(holder)
        saved = speech.word("pages.saved", None)
        gone = self._taken(before) - self._taken(holder.subscriber)
        if not gone:
            return saved
        if self._left(holder):
            return ""
        titles = front.titles(gone, speech)
        left = front.pages.markup(speech, "pages.left_text", newsletter=titles)
        return Markup(" ").join([saved, left])

    def _left(self, holder: Holder) -> str:
        """Tell a reader whom nothing reaches, and how it would; "" to the others."""
        speech, held = self._front.speech_of(holder), holder.subscriber
        if held.id == NOBODY or self._taken(held):
            return ""
        return speech.word(
            "pages.no_mail" if self._may_return(held) else "pages.left", None
        )

    def _taken(self, held: Subscriber) -> frozenset[str]:
        """Return which newsletters there are come to a reader."""
        if held.status is Status.UNSUBSCRIBED:
            return frozenset()
        known = {n.slug for n in self._front.newsroom.settings.newsletters}
        return held.preferences.newsletters & known

    def _may_return(self, held: Subscriber) -> bool:
        return not self._front.newsroom.store.audience.suppressed(held.address)

    def _offers(self, wanted: Preferences) -> list[Offer]:
        standing = self._standing(wanted)
        topics = [
            replace(
                self._front.offered(topic, state=standing[topic.slug]), states=STANCES
            )
            for topic in self._front.topics()
        ]
        tags = [
            Offer(
                slug=name,
                title=self._front.showcase.label(single_tag(name) or name),
                state=standing[name],
                states=[each for each in STANCES if each is not Stance.TOP],
            )
            for name in chosen_tags(wanted)
        ]
        return topics + tags

    def _standing(self, wanted: Preferences) -> dict[str, Stance]:
        """Return how each topic on offer, and each tag of the reader's, stands."""
        tags = {name: stance(wanted, name) for name in chosen_tags(wanted)}
        return stances(wanted, self._front.topics()) | tags

    def _sample(
        self, shown: Subscriber, speech: Speech, zone: ZoneInfo
    ) -> list[dict[str, object]]:
        return [
            {
                "newsletter": sample.newsletter.title,
                "date": speech.date(sample.at, zone.key),
                "stories": [
                    {
                        "headline": one_line(article.headline),
                        "url": article.url if _is_web(article.url) else "",
                        "language": article.language or sample.newsletter.language,
                        "dir": direction(
                            article.language or sample.newsletter.language
                        ),
                    }
                    for article in sample.articles
                ],
            }
            for sample in self._front.showcase.week(shown)
        ]

    def _holder(self, visit: Visit) -> Holder | None:
        return self._front.tokens.holder(visit.path["token"], Purpose.PREFERENCES)

    def _no_page(self, visit: Visit) -> Response:
        return self._front.pages.no_page(self._front.speech_for(visit))


def _chosen(shown: Holder) -> dict[str, object]:
    """Return what the form's fields say, but for those of long lists."""
    wanted = shown.subscriber.preferences
    return {
        "address": "",
        "newsletters": wanted.newsletters,
        "length": wanted.length,
        "format": wanted.format,
        "limit": wanted.limit or "",
        "name": shown.subscriber.name,
        "until": _until(shown),
    }


def _until(holder: Holder) -> str:
    """Return the day a pause ends, in the reader's zone; "" without one."""
    until = holder.subscriber.paused_until
    return until.astimezone(zone_of(holder)).date().isoformat() if until else ""


def _timezone(visit: Visit, holder: Holder, held: Subscriber) -> str:
    """Return what was chosen; who never chose goes on having the newsletter's."""
    zone = visit.field("timezone")
    usual = not held.timezone and zone == holder.newsletter.timezone
    return held.timezone if usual or zone not in timing.zones() else zone


def _name(written: str) -> str:
    return "".join(filter(str.isprintable, one_line(written)))[:LONGEST_NAME].strip()


Kind = TypeVar("Kind", bound=StrEnum)


def _one_of(kind: type[Kind], written: str, otherwise: Kind) -> Kind:
    """Return what is written, if it is one of its kind."""
    try:
        return kind(written)
    except ValueError:
        return otherwise


def _is_web(url: str) -> bool:
    return url.lower().startswith(("https://", "http://"))
