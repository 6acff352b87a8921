"""What is kept about a reader: handed out to them, or erased."""

from __future__ import annotations

import json

from starlette.responses import Response

from digest.jsonform import to_json
from digest.links import Purpose
from digest.readership import everything_about
from digest.web.public.front import Front
from digest.web.public.pages import PRIVATE, Way
from digest.web.public.tokens import Holder
from digest.web.public.visits import Visit


class Keeping:
    """The pages `/p/TOKEN/data` and `/p/TOKEN/erase`."""

    def __init__(self, front: Front) -> None:
        """Let readers of the front's newsroom see and erase what is kept."""
        self._front = front

    def data(self, visit: Visit) -> Response:
        """Hand out everything that is kept about a reader."""
        holder = self._holder(visit)
        if holder is None:
            return self._no_page(visit)
        kept = everything_about(self._front.newsroom.store, holder.subscriber)
        return Response(
            json.dumps(to_json(kept), ensure_ascii=False, indent=2),
            media_type="application/json",
            headers={
                **PRIVATE,
                "Content-Disposition": 'attachment; filename="my-data.json"',
            },
        )

    def erasing(self, visit: Visit) -> Response:
        """Show what erasing does, and the button that does it."""
        holder = self._holder(visit)
        if holder is None:
            return self._no_page(visit)
        speech = self._front.speech_of(holder)
        return self._front.pages.page(
            "question",
            speech,
            title=speech.word("pages.erase", None),
            texts=[speech.word("pages.erase_text", None)],
            action=f"p/{visit.path['token']}/erase",
            button=speech.word("pages.erase", None),
            way=Way(
                path=f"p/{visit.path['token']}",
                words=speech.word("pages.preferences", None),
            ),
        )

    def erase(self, visit: Visit) -> Response:
        """Forget a reader for good; who presses twice is told so twice."""
        holder, speech = self._holder(visit), self._front.speech_for(visit)
        if holder is not None:
            self._front.newsroom.store.audience.erase(holder.subscriber.id)
            speech = self._front.speech_of(holder)
        elif not self._is_gone(visit.path["token"]):
            return self._no_page(visit)
        return self._front.pages.tell(speech, speech.word("pages.erased", None))

    def _is_gone(self, token: str) -> bool:
        """Whether the link is of somebody who was a reader."""
        purpose, tokens = Purpose.PREFERENCES, self._front.tokens
        someone = tokens.holder(token, purpose, even_nobody=True)
        return someone is None and tokens.is_ours(token, purpose)

    def _holder(self, visit: Visit) -> Holder | None:
        return self._front.tokens.holder(visit.path["token"], Purpose.PREFERENCES)

    def _no_page(self, visit: Visit) -> Response:
        return self._front.pages.no_page(self._front.speech_for(visit))
