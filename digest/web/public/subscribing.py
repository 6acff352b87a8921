"""The form for new readers, and what the link in its mail does.

Whoever asks gets the same answer at the same time: nobody is looked up before it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus
from types import MappingProxyType

from starlette.responses import Response

from digest.addresses import check_address
from digest.errors import BusyError
from digest.jsonform import from_json
from digest.links import Purpose
from digest.model import Preferences, Subscriber
from digest.reception import asking
from digest.reception.wishes import Wish
from digest.rendering.words import Speech
from digest.store import Request, Wanted
from digest.web.public import timing
from digest.web.public.front import Front
from digest.web.public.guards import Limiter
from digest.web.public.pages import PUBLIC, Way
from digest.web.public.visits import Visit


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What stands in the form, as far as it makes sense."""

    address: str
    newsletters: tuple[str, ...]
    topics: tuple[str, ...]
    language: str
    timing: Preferences  #: of which the days and the hour count
    timezone: str

    @property
    def timed(self) -> bool:
        """Whether there is anything about days and hours."""
        return bool(self.timing.days) or self.timing.hour is not None


class Subscribing:
    """The pages `/subscribe` and `/confirm/TOKEN`."""

    def __init__(self, front: Front, *, limiter: Limiter) -> None:
        """Show the front's newsletters; `limiter` counts who asks."""
        self._front, self._limiter = front, limiter

    def form(self, visit: Visit) -> Response:
        """Show the form."""
        speech, known = self._front.speech_for(visit), self._newsletters()
        named = visit.query.get("newsletter", "")
        asked = Asked(
            address="",
            newsletters=(named,) if named in known else tuple(known),
            topics=(),
            language=speech.language,
            timing=Preferences(),
            timezone=self._front.pages.site.timezone,
        )
        return self._form(speech, asked)

    def send(self, visit: Visit) -> Response:
        """Take down what somebody asks for; the mail follows."""
        front, pages = self._front, self._front.pages
        speech = pages.speech(visit.field("spoken"), *visit.languages)
        asked = self._asked(visit, speech)
        wrongs = {} if asked.newsletters else {"newsletter": "pages.no_newsletter"}
        try:
            address = check_address(asked.address)
        except ValueError:
            wrongs = {"address": "pages.not_address"} | wrongs
        if wrongs:
            return self._form(speech, asked, wrongs)
        if not self._limiter.allows(visit.network):
            return pages.sorry(
                speech, "pages.too_often", status=HTTPStatus.TOO_MANY_REQUESTS
            )
        wish = Wish(
            address=address,
            newsletters=asked.newsletters,
            topics=asked.topics,
            language=asked.language,
            days=tuple(sorted(asked.timing.days)),
            hour=asked.timing.hour,
            timezone=asked.timezone if asked.timed else "",
            where=f"{pages.site.url}/subscribe",
            wording=self._wording(speech),
        )
        try:
            asking.ask(front.newsroom, wish)
        except BusyError:
            return pages.sorry(
                speech, "pages.try_later", status=HTTPStatus.SERVICE_UNAVAILABLE
            )
        later = front.post.troubled
        front.post.nudge()
        return pages.tell(
            speech,
            speech.word("pages.asked", None),
            pages.markup(speech, "pages.asked_text", address=address),
            *([speech.word("pages.asked_later", None)] if later else []),
        )

    def question(self, visit: Visit) -> Response:
        """Show what a link confirms, and the button that does."""
        request = self._open(visit.path["token"])
        if request is None:
            return self._again(visit)
        wish = from_json(Wish, request.detail)
        pages = self._front.pages
        speech = pages.speech(wish.language)
        text = pages.markup(
            speech,
            "pages.confirm_text",
            newsletters=self._front.titles(wish.newsletters, speech),
            address=wish.address,
        )
        return pages.page(
            "question",
            speech,
            title=speech.word("pages.confirm", None),
            texts=[text],
            action=f"confirm/{visit.path['token']}",
            button=speech.word("pages.confirm", None),
        )

    def confirm(self, visit: Visit) -> Response:
        """Let somebody have what they asked for."""
        front, token = self._front, visit.path["token"]
        where = f"{front.pages.site.url}/confirm"
        request, subscriber = self._open(token), None
        if request is not None:
            subscriber = asking.confirm(front.newsroom, request, where=where)
        if request is None or subscriber is None:
            return self._again(visit)
        front.post.nudge()
        wish = from_json(Wish, request.detail)
        speech = front.pages.speech(subscriber.language)
        mine = front.newsroom.links.token(
            Purpose.PREFERENCES, subscriber=subscriber.id, scope=wish.newsletters[0]
        )
        way = Way(path=f"p/{mine}", words=speech.word("pages.preferences", None))
        return self._welcome(speech, wish, way)

    # -- parts ------------------------------------------------------------------

    def _again(self, visit: Visit) -> Response:
        """Welcome who confirmed already; a used link opens nothing more than that."""
        front = self._front
        request = front.tokens.request(visit.path["token"], Purpose.CONFIRM)
        if request is not None and request.kind is Wanted.SUBSCRIBE:
            reader = asking.confirmed_before(front.newsroom, request)
            if reader is not None:
                wish = from_json(Wish, request.detail)
                return self._welcome(front.pages.speech(reader.language), wish, None)
        return front.pages.no_page(front.speech_for(visit))

    def _welcome(self, speech: Speech, wish: Wish, way: Way | None) -> Response:
        titles = self._front.titles(wish.newsletters, speech)
        text = self._front.pages.markup(
            speech, "pages.welcome_text", newsletters=titles
        )
        title = speech.word("pages.welcome", None)
        return self._front.pages.tell(speech, title, text, way=way)

    def _open(self, token: str) -> Request | None:
        """Return the request of a link that still works."""
        request = self._front.tokens.request(token, Purpose.CONFIRM)
        if request is None or request.kind is not Wanted.SUBSCRIBE:
            return None
        requests = self._front.newsroom.store.requests
        return request if requests.is_open(request) else None

    def _asked(self, visit: Visit, speech: Speech) -> Asked:
        topics = {topic.slug for topic in self._front.topics()}
        spoken = {tag for tag, _ in self._front.pages.languages()}
        language, known = visit.field("language"), self._newsletters()
        zone, front = visit.field("timezone"), self._front
        return Asked(
            address=visit.field("address"),
            newsletters=tuple(n for n in visit.chosen("newsletter") if n in known),
            topics=tuple(t for t in visit.chosen("topic") if t in topics),
            language=language if language in spoken else speech.language,
            timing=timing.read(visit, Preferences()),
            timezone=zone if zone in timing.zones() else front.pages.site.timezone,
        )

    def _newsletters(self) -> list[str]:
        return [each.slug for each in self._front.newsroom.settings.newsletters]

    def _wording(self, speech: Speech) -> str:
        """Return the sentence beside the button, which goes on record."""
        pages = self._front.pages
        return speech.said("pages.agree", site=pages.site.name)

    def _form(
        self,
        speech: Speech,
        asked: Asked,
        wrongs: Mapping[str, str] = MappingProxyType({}),
    ) -> Response:
        front = self._front
        return front.pages.page(
            "subscribe",
            speech,
            status=HTTPStatus.UNPROCESSABLE_ENTITY if wrongs else HTTPStatus.OK,
            headers=PUBLIC,
            title=speech.word("pages.subscribe", None),
            asked=asked,
            newsletters=front.newsletters(),
            topics=[front.offered(topic) for topic in front.topics()],
            languages=front.pages.languages(),
            choices=front.pages.languages_to_choose(asked.language),
            timezones=front.pages.to_choose(timing.zones(), asked.timezone),
            **timing.offered(
                front.newsroom,
                Subscriber(id="", address="", preferences=asked.timing),
                speech,
                timezone=asked.timezone,
            ),
            agree=self._wording(speech),
            wrongs={field: speech.word(key, None) for field, key in wrongs.items()},
        )
