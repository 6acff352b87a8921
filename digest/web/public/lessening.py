"""Less of one topic: the page behind the link at the end of a mail's sections.

The link is the reader's preferences link with the topic behind it, so a mail needs no
token more for it. Opening it changes nothing: scanners do.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from urllib.parse import quote

from starlette.responses import Response

from digest.links import Purpose
from digest.model import Subscriber
from digest.reception.choosing import Less, Stance, chosen_tags, lessened, stance
from digest.tags import single_tag
from digest.web.public.front import Front
from digest.web.public.pages import Way
from digest.web.public.preferences import STANCES
from digest.web.public.tokens import Holder
from digest.web.public.visits import Visit

#: What the page offers to whom the topic stands so, with each one's word.
_OFFERED = {
    Stance.FOLLOW: {Less.TOP: "pages.top", Less.MUTE: "pages.mute"},
    Stance.TOP: {Less.MUTE: "pages.mute", Less.NOT_TOP: "pages.undo"},
    Stance.SKIP: {Less.MUTE: "pages.mute"},
    Stance.MUTE: {Less.NOT_MUTE: "pages.undo"},
}
#: What only a topic has: a single tag is followed as a whole, or not.
_OF_TOPICS = frozenset({Less.TOP, Less.NOT_TOP})
_BACK = frozenset({Less.NOT_TOP, Less.NOT_MUTE})


@dataclass(frozen=True, slots=True, kw_only=True)
class _About:
    """What the page is about."""

    name: str  #: a topic's slug, or a single tag as preferences have it
    title: str


class Lessening:
    """The page `/p/TOKEN/less/TOPIC`."""

    def __init__(self, front: Front) -> None:
        """Let readers of the front's newsroom have less of a topic."""
        self._front = front

    def question(self, visit: Visit) -> Response:
        """Show how the topic stands, and what could be changed."""
        token = visit.path["token"]
        holder = self._front.tokens.holder(token, Purpose.PREFERENCES, even_nobody=True)
        about = self._about(visit, holder.subscriber) if holder else None
        if holder is None or about is None:
            return self._front.pages.no_page(self._front.speech_for(visit))
        return self._page(visit, holder, about)

    def change(self, visit: Visit) -> Response:
        """Do what a button says, and show the way back."""
        token = visit.path["token"]
        holder = self._front.tokens.holder(token, Purpose.PREFERENCES)
        about = self._about(visit, holder.subscriber) if holder else None
        less = next((each for each in Less if each == visit.field("do")), None)
        if holder is None or about is None or less is None:
            return self._front.pages.no_page(self._front.speech_for(visit))
        if less in _OF_TOPICS and single_tag(about.name) is not None:
            return self._page(visit, holder, about)

        def changed(held: Subscriber) -> Subscriber:
            wanted = lessened(held.preferences, about.name, less)
            return replace(held, preferences=wanted)

        saved = self._front.newsroom.store.audience.change(
            holder.subscriber.id, changed, by="reader"
        )
        holder = replace(holder, subscriber=saved)
        return self._page(visit, holder, about, saved=True)

    def _about(self, visit: Visit, reader: Subscriber) -> _About | None:
        """Return what a link is about: a topic on offer, or a tag the reader chose."""
        name = visit.path["topic"]
        for topic in self._front.topics():
            if topic.slug == name:
                return _About(name=name, title=topic.title)
        tag = single_tag(name)
        if tag is None or name not in chosen_tags(reader.preferences):
            return None
        return _About(name=name, title=self._front.showcase.label(tag))

    def _page(
        self, visit: Visit, holder: Holder, about: _About, *, saved: bool = False
    ) -> Response:
        front, speech = self._front, self._front.speech_of(holder)
        pages, token = front.pages, visit.path["token"]
        stands = stance(holder.subscriber.preferences, about.name)
        is_tag = single_tag(about.name) is not None
        changed = stands is not Stance.FOLLOW
        return pages.page(
            "less",
            speech,
            title=speech.said("less", topic=about.title),
            saved=speech.word("pages.saved", None) if saved else "",
            text=pages.markup(
                speech,
                "labelled",
                name=about.title,
                text=speech.word(STANCES[stands], None),
            )
            if changed
            else "",
            action=f"p/{token}/less/{quote(about.name, safe='')}",
            choices=[
                {"value": less.value, "words": words, "quiet": less in _BACK}
                for less, words in _OFFERED[stands].items()
                if not (is_tag and less in _OF_TOPICS)
            ],
            way=Way(
                path=f"p/{token}",
                words=speech.word(
                    "pages.preferences" if changed or saved else "pages.less_keep", None
                ),
            ),
        )
