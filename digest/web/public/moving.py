"""A reader moves to another address: both are asked by mail, and both must agree."""

from __future__ import annotations

from http import HTTPStatus

from starlette.responses import Response

from digest.addresses import check_address, same_address_key
from digest.errors import BusyError
from digest.links import Purpose
from digest.reception import asking
from digest.rendering.words import Speech
from digest.store import Request, Wanted
from digest.web.public.front import Front
from digest.web.public.guards import Limiter
from digest.web.public.pages import Way
from digest.web.public.preferences import Centre
from digest.web.public.visits import Visit


class Moving:
    """The pages `/p/TOKEN/address` and `/address/TOKEN`."""

    def __init__(self, front: Front, *, centre: Centre, limiter: Limiter) -> None:
        """Let readers of the front's newsroom move; `limiter` counts who asks.

        The form is on the page of `centre`.
        """
        self._front, self._centre, self._limiter = front, centre, limiter

    def move(self, visit: Visit) -> Response:
        """Take down a new address; both are asked by mail."""
        front, token = self._front, visit.path["token"]
        holder = front.tokens.holder(token, Purpose.PREFERENCES)
        if holder is None:
            return self._no_page(visit)
        speech, held = front.speech_of(holder), holder.subscriber
        way = Way(path=f"p/{token}", words=speech.word("pages.preferences", None))
        try:
            address = check_address(visit.field("address"))
        except ValueError:
            wrongs = {"address": "pages.not_address"}
            return self._centre.refused(visit, holder, wrongs)
        if same_address_key(address) == same_address_key(held.address):
            return front.pages.tell(speech, speech.word("pages.saved", None), way=way)
        if not self._limiter.allows(visit.network):
            return front.pages.sorry(
                speech, "pages.too_often", status=HTTPStatus.TOO_MANY_REQUESTS
            )
        try:
            asking.ask_address(front.newsroom, held, address)
        except BusyError:
            return front.pages.sorry(
                speech, "pages.try_later", status=HTTPStatus.SERVICE_UNAVAILABLE
            )
        front.post.nudge()
        title, text = speech.word("pages.asked", None), speech.word("pages.both", None)
        return front.pages.tell(speech, title, text, way=way)

    def agreeing(self, visit: Visit) -> Response:
        """Show which address a link agrees to, and the button that does."""
        request = self._request(visit)
        if request is None or not self._front.newsroom.store.requests.is_open(request):
            return self._again(visit)
        pages, speech = self._front.pages, self._speech_of(request)
        text = pages.markup(speech, "pages.address_text", address=request.detail["to"])
        return pages.page(
            "question",
            speech,
            title=speech.word("pages.new_address", None),
            texts=[text],
            action=f"address/{visit.path['token']}",
            button=speech.word("pages.confirm", None),
        )

    def agree(self, visit: Visit) -> Response:
        """Note that one of the two addresses agrees."""
        request = self._request(visit)
        if request is None:
            return self._no_page(visit)
        agreement = asking.confirm_address(self._front.newsroom, request)
        return self._agreed(request, agreement) if agreement else self._again(visit)

    def _again(self, visit: Visit) -> Response:
        """Say once more what came of a used link."""
        request = self._request(visit)
        if request is None:
            return self._no_page(visit)
        before = asking.agreed_before(self._front.newsroom, request)
        return self._agreed(request, before) if before else self._no_page(visit)

    def _agreed(self, request: Request, agreement: asking.Agreement) -> Response:
        pages, speech = self._front.pages, self._speech_of(request)
        if agreement is asking.Agreement.IMPOSSIBLE:
            return pages.sorry(speech, "pages.try_later", status=HTTPStatus.CONFLICT)
        done = pages.markup(speech, "pages.address_done", address=request.detail["to"])
        half = speech.word("pages.address_half", None)
        whole = agreement is asking.Agreement.WHOLE
        title = speech.word("pages.new_address", None)
        return pages.tell(speech, title, done if whole else half)

    def _request(self, visit: Visit) -> Request | None:
        """Return the request of a link, one of the two of a change."""
        found = self._front.tokens.request(visit.path["token"], Purpose.ADDRESS)
        return found if found and found.kind is Wanted.ADDRESS else None

    def _speech_of(self, request: Request) -> Speech:
        found = self._front.newsroom.store.audience.find(request.subscriber or "")
        return self._front.pages.speech(found.language if found else "")

    def _no_page(self, visit: Visit) -> Response:
        return self._front.pages.no_page(self._front.speech_for(visit))
