"""Unsubscribe with one click (RFC 8058), and everything that is less than leaving.

`POST /u/TOKEN` unsubscribes, whoever sends it and whatever it says: mail programs do,
without cookies, and follow no redirect. Nothing else on that path changes anything but
with a button of our own page.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from http import HTTPStatus
from zoneinfo import ZoneInfo

from starlette.responses import PlainTextResponse, Response

from digest.links import Purpose
from digest.model import Status, Subscriber
from digest.reception import leaving
from digest.reception.choosing import Stance, stances
from digest.rendering.words import Speech
from digest.web.public import timing
from digest.web.public.front import Front
from digest.web.public.pages import PRIVATE, Way
from digest.web.public.tokens import Holder
from digest.web.public.visits import Visit

#: A pause from a button, in days.
PAUSES = (7, 30)
FRIDAY = 4  #: chosen beforehand where mail comes on it
LONGEST_PAUSE = timedelta(days=366)


class Leaving:
    """The pages `/u/TOKEN` and `/pause/TOKEN`."""

    def __init__(self, front: Front) -> None:
        """Let readers of the front's newsroom go."""
        self._front = front

    # -- unsubscribe ------------------------------------------------------------

    def question(self, visit: Visit) -> Response:
        """Show what the button does; nothing is changed."""
        holder = self._looker(visit, Purpose.UNSUBSCRIBE)
        return self._page(visit, holder) if holder else self._no_page(visit)

    def leave(self, visit: Visit) -> Response:
        """Send no more of this newsletter; a second time changes nothing."""
        holder = self._holder(visit, Purpose.UNSUBSCRIBE)
        if holder is None:
            return self._gone(visit)
        leaving.leave(
            self._front.newsroom, holder.subscriber.id, holder.newsletter.slug
        )
        return self._page_again(visit)

    def _gone(self, visit: Visit) -> Response:
        """Tell the mail program of somebody who was erased that no more mail comes."""
        if self._front.tokens.is_ours(visit.path["token"], Purpose.UNSUBSCRIBE):
            return PlainTextResponse("You are unsubscribed.\n", headers=PRIVATE)
        return PlainTextResponse(
            "There is no such page.\n", HTTPStatus.NOT_FOUND, headers=PRIVATE
        )

    def everything(self, visit: Visit) -> Response:
        """Send nothing any more."""
        holder = self._holder(visit, Purpose.UNSUBSCRIBE)
        if holder is None:
            return self._no_page(visit)
        leaving.leave(self._front.newsroom, holder.subscriber.id, None)
        return self._page_again(visit)

    def undo(self, visit: Visit) -> Response:
        """Take back what was just done here."""
        holder = self._holder(visit, Purpose.UNSUBSCRIBE)
        if holder is None:
            return self._no_page(visit)
        leaving.come_back(
            self._front.newsroom, holder.subscriber, holder.newsletter.slug
        )
        suppressed = self._front.newsroom.store.audience.suppressed
        return self._page_again(visit, saved=not suppressed(holder.subscriber.address))

    def without(self, visit: Visit) -> Response:
        """Leave out one topic."""
        holder, topic = self._holder(visit, Purpose.UNSUBSCRIBE), visit.field("topic")
        if holder is None or topic not in {t.slug for t in self._front.topics()}:
            return self._no_page(visit)
        leaving.leave_out(self._front.newsroom, holder.subscriber.id, topic)
        return self._saved(visit, holder)

    def _saved(self, visit: Visit, holder: Holder) -> Response:
        speech, newsletter = self._front.speech_of(holder), holder.newsletter.title
        return self._front.pages.tell(
            speech,
            speech.word("pages.saved", None),
            way=Way(
                path=f"u/{visit.path['token']}",
                words=speech.said("unsubscribe_from", newsletter=newsletter),
            ),
        )

    def weekly(self, visit: Visit) -> Response:
        """Send one mail a week from now on, on a day."""
        holder, day = self._holder(visit, Purpose.UNSUBSCRIBE), visit.field("day")
        if holder is None or day not in {each.value for each in self._days(holder)}:
            return self._no_page(visit)
        leaving.only_on(self._front.newsroom, holder.subscriber.id, int(day))
        return self._saved(visit, holder)

    def _page_again(self, visit: Visit, *, saved: bool = False) -> Response:
        holder = self._holder(visit, Purpose.UNSUBSCRIBE)
        return (
            self._page(visit, holder, saved=saved) if holder else self._no_page(visit)
        )

    def _page(self, visit: Visit, holder: Holder, *, saved: bool = False) -> Response:
        front, speech = self._front, self._front.speech_of(holder)
        subscriber, newsletter = holder.subscriber, holder.newsletter
        gone = subscriber.status is Status.UNSUBSCRIBED
        taken = subscriber.preferences.newsletters
        left = gone or newsletter.slug not in taken
        names = speech.listed([
            each.title for each in front.newsroom.settings.newsletters
            if each.slug == newsletter.slug or (gone and each.slug in taken)
        ])  # fmt: skip
        others = () if gone else taken - {newsletter.slug}
        title = (
            speech.word("pages.left", None)
            if left
            else speech.said("unsubscribe_from", newsletter=newsletter.title)
        )
        return front.pages.page(
            "leave",
            speech,
            title=title,
            text=front.pages.markup(
                speech,
                "pages.left_text" if left else "pages.leave_text",
                newsletter=names,
            ),
            left=left,
            may_return=not front.newsroom.store.audience.suppressed(subscriber.address),
            token=visit.path["token"],
            saved=speech.word("pages.saved", None) if saved else "",
            topics=self._followed(subscriber),
            days=self._days(holder),
            others=[
                each.title
                for each in front.newsroom.settings.newsletters
                if each.slug in others
            ],
        )

    def _followed(self, subscriber: Subscriber) -> list[object]:
        """Return the topics that somebody may leave out: two or more."""
        topics = self._front.topics()
        standing = stances(subscriber.preferences, topics)
        followed = [
            self._front.offered(topic)
            for topic in topics
            if standing[topic.slug] in (Stance.FOLLOW, Stance.TOP)
        ]
        return list(followed) if len(followed) > 1 else []

    def _days(self, holder: Holder) -> list[timing.Choice]:
        """Return the days on which one mail a week can come; none: it is no less."""
        wishes = holder.subscriber.preferences
        there = timing.coming(
            [holder.newsletter],
            hour=wishes.hour,
            timezone=zone_of(holder).key,
            now=self._front.newsroom.now(),
        )
        if len(there) <= 1 or len(wishes.days) == 1:
            return []
        speech = self._front.speech_of(holder)
        usual = FRIDAY if FRIDAY in there else max(there)
        return timing.days(speech, {usual}, there, zone_of(holder).key)

    # -- pause ------------------------------------------------------------------

    def pausing(self, visit: Visit) -> Response:
        """Show how long the pause is, or for how long it may be."""
        holder = self._looker(visit, Purpose.PAUSE)
        return self._pause_page(visit, holder) if holder else self._no_page(visit)

    def pause(self, visit: Visit) -> Response:
        """Pause, or end a pause; from the page of either link."""
        holder = self._holder(visit, Purpose.PAUSE)
        if holder is None:
            return self._no_page(visit)
        days = visit.field("days")
        until: datetime | None = None
        if days != "0":
            until = self._until(visit, holder)
            if until is None:
                return self._pause_page(visit, holder, wrong="pages.wrong_day")
        leaving.pause(self._front.newsroom, holder.subscriber.id, until)
        holder = self._holder(visit, Purpose.PAUSE)
        return self._pause_page(visit, holder) if holder else self._no_page(visit)

    def pause_instead(self, visit: Visit) -> Response:
        """Pause instead of unsubscribing."""
        holder = self._holder(visit, Purpose.UNSUBSCRIBE)
        if holder is None or visit.field("days") not in map(str, PAUSES):
            return self._no_page(visit)
        until = self._until(visit, holder)
        assert until is not None  # a number of days from a button
        leaving.pause(self._front.newsroom, holder.subscriber.id, until)
        speech = self._front.speech_of(holder)
        token = self._front.tokens.of(holder, Purpose.PAUSE)
        return self._front.pages.tell(
            speech,
            speech.word("pause", None),
            self._front.pages.markup(
                speech, "pages.paused", date=_day(until, holder, speech)
            ),
            way=Way(path=f"pause/{token}", words=speech.word("pages.resume", None)),
        )

    def _until(self, visit: Visit, holder: Holder) -> datetime | None:
        """Return when a pause ends; None: that is no day, past, or too far away."""
        now = self._front.newsroom.now()
        days = visit.field("days")
        if days in map(str, PAUSES):
            return leaving.paused_for(
                int(days),
                subscriber=holder.subscriber,
                newsletter=holder.newsletter,
                now=now,
            )
        return pause_end(visit.field("until"), zone=zone_of(holder), now=now)

    def _pause_page(self, visit: Visit, holder: Holder, *, wrong: str = "") -> Response:
        front, speech = self._front, self._front.speech_of(holder)
        until, now = holder.subscriber.paused_until, front.newsroom.now()
        paused = until is not None and until > now
        return front.pages.page(
            "pause",
            speech,
            status=HTTPStatus.UNPROCESSABLE_ENTITY if wrong else HTTPStatus.OK,
            title=speech.word("pause", None),
            until=_day(until, holder, speech) if until and paused else "",
            token=visit.path["token"],
            tomorrow=tomorrow(zone_of(holder), now),
            wrongs={"until": speech.word(wrong, None)} if wrong else {},
            written=visit.field("until"),
        )

    # -- both -------------------------------------------------------------------

    def _holder(self, visit: Visit, purpose: Purpose) -> Holder | None:
        return self._front.tokens.holder(visit.path["token"], purpose)

    def _looker(self, visit: Visit, purpose: Purpose) -> Holder | None:
        return self._front.tokens.holder(visit.path["token"], purpose, even_nobody=True)

    def _no_page(self, visit: Visit) -> Response:
        return self._front.pages.no_page(self._front.speech_for(visit))


def zone_of(holder: Holder) -> ZoneInfo:
    """Return the zone in which a reader's days are."""
    return ZoneInfo(holder.subscriber.timezone or holder.newsletter.timezone)


def tomorrow(zone: ZoneInfo, now: datetime) -> str:
    """Return the first day on which a pause can end."""
    return (now.astimezone(zone).date() + timedelta(days=1)).isoformat()


def pause_end(written: str, *, zone: ZoneInfo, now: datetime) -> datetime | None:
    """Return the midnight of a day; None: it is no day, past, or too far away."""
    try:
        until = datetime.combine(date.fromisoformat(written), time(), zone)
        until = until.astimezone(UTC)
    except (ValueError, OverflowError):
        return None
    return until if now < until <= now + LONGEST_PAUSE else None


def _day(until: datetime, holder: Holder, speech: Speech) -> str:
    return speech.day(until, zone_of(holder).key)
