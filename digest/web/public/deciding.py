"""The pages behind the two links of a proof: approve an issue, or hold it back.

A GET changes nothing, for mail scanners follow links: it shows a button. Its POST acts.
Whoever has the link may; it is one editor's, for one revision of one issue, so a page
that an older proof leads to says where the newer one is. The pages speak the
newsletter's language, as the proof does.
"""

from __future__ import annotations

from collections.abc import Iterable
from http import HTTPStatus

from starlette.responses import Response

from digest import approving
from digest.approving import NotDecidedError, Text
from digest.links import Purpose
from digest.model import Newsletter
from digest.rendering.templates import Markup
from digest.rendering.words import Speech
from digest.web.public.front import Front
from digest.web.public.visits import Visit


class Deciding:
    """Answers for the links of one newsroom's proofs."""

    def __init__(self, front: Front) -> None:
        """Let the editors of the front's newsroom decide."""
        self._front = front

    def question(self, visit: Visit, *, purpose: Purpose) -> Response:
        """Ask whether to approve or hold the issue; nothing is changed."""
        newsroom, issue_id = self._front.newsroom, visit.path["issue"]
        if self._editor(visit, purpose) is None:
            return self._stale(visit)
        issue = approving.issue_named(newsroom, issue_id)
        newsletter = newsroom.newsletter(issue.newsletter)
        speech = self._speech(newsletter)
        approval = newsroom.store.approvals.of(issue_id)
        then: Text = ("proof.then_held", {})
        if purpose is Purpose.APPROVE:
            opens = approval.opens if approval else None
            then = ("proof.leaves_at", {"opens": opens}) if opens else _AT_ONCE
        number = len(issue.articles)
        stories = speech.filled(
            speech.word("stories", number), {"n": speech.number(number)}, str
        )
        title, button = (
            ("proof.approve_title", "proof.approve")
            if purpose is Purpose.APPROVE
            else ("proof.hold_title", "proof.hold")
        )
        return self._front.pages.page(
            "question",
            speech,
            title=speech.said(
                title, issue=approving.named_issue(speech, newsletter, issue)
            ),
            texts=[
                Markup("<bdi>{}</bdi> · {}").format(issue.id, stories),
                *_told(speech, newsletter, [then]),
            ],
            button=speech.said(button),
            action=f"{purpose}/{issue_id}/{visit.path['token']}",
        )

    def decide(self, visit: Visit, *, purpose: Purpose) -> Response:
        """Approve or hold the issue, and say what was done."""
        editor = self._editor(visit, purpose)
        if editor is None:
            return self._stale(visit)
        newsroom, issue_id = self._front.newsroom, visit.path["issue"]
        act = approving.approve if purpose is Purpose.APPROVE else approving.hold
        title, status = "proof.done", HTTPStatus.OK
        try:
            texts = act(newsroom, issue_id, by=editor).texts
        except NotDecidedError as error:
            texts = error.texts
            title, status = "proof.nothing", HTTPStatus.CONFLICT
        newsletter = newsroom.newsletter(issue_id.rpartition("/")[0])
        speech = self._speech(newsletter)
        return self._front.pages.tell(
            speech,
            speech.said(title),
            *_told(speech, newsletter, texts),
            status=status,
        )

    def _speech(self, newsletter: Newsletter) -> Speech:
        return self._front.pages.speech(newsletter.language)

    def _stale(self, visit: Visit) -> Response:
        """Return what a link leads to that is not ours, or of an older revision."""
        slug = visit.path["issue"].rpartition("/")[0]
        newsletter = self._front.newsroom.settings.newsletter(slug)
        speech = (
            self._speech(newsletter) if newsletter else self._front.speech_for(visit)
        )
        return self._front.pages.tell(
            speech,
            speech.said("proof.stale"),
            speech.said("proof.stale_text"),
            status=HTTPStatus.NOT_FOUND,
        )

    def _editor(self, visit: Visit, purpose: Purpose) -> str | None:
        editor = self._found(visit, purpose)
        if editor is None and self._front.tokens.refresh():
            return self._found(visit, purpose)
        return editor

    def _found(self, visit: Visit, purpose: Purpose) -> str | None:
        return approving.editor_of(
            self._front.newsroom,
            visit.path["token"],
            purpose=purpose,
            issue_id=visit.path["issue"],
        )


_AT_ONCE: Text = ("proof.leaves_now", {})


def _told(speech: Speech, newsletter: Newsletter, texts: Iterable[Text]) -> list[str]:
    return [
        speech.said(key, **approving.written(speech, newsletter, values))
        for key, values in texts
    ]
