"""What machines ask for: robots.txt, security.txt, whether we are alive and ready."""

from __future__ import annotations

from datetime import UTC, timedelta
from http import HTTPStatus

from starlette.responses import PlainTextResponse, Response

from digest.errors import StoreError
from digest.web.public.front import Front
from digest.web.public.pages import PUBLIC
from digest.web.public.visits import Visit

#: Paths with a reader's link behind them, which no robot has a reason to ask for.
OWN = ("u", "p", "pause", "confirm", "address", "approve", "hold")

#: RFC 9116 section 2.5.5 wants less than a year.
VALID = timedelta(days=180)


class Health:
    """Plain texts, the same for everybody."""

    def __init__(self, front: Front) -> None:
        """Speak for the front's newsroom."""
        self._front = front

    def robots(self, _: Visit) -> Response:
        """Say what robots may not ask for."""
        base = self._front.pages.base
        lines = [f"Disallow: {base}/{path}/" for path in OWN]
        return _plain("\n".join(["User-agent: *", *lines]))

    def security(self, _: Visit) -> Response:
        """Say whom to tell about a hole (RFC 9116)."""
        settings = self._front.newsroom.settings
        newsletter = settings.newsletters[0]
        mailbox = newsletter.reply_to or newsletter.sender
        expires = (self._front.newsroom.now() + VALID).astimezone(UTC)
        return _plain(
            f"Contact: mailto:{mailbox.address}\n"
            f"Expires: {expires:%Y-%m-%dT00:00:00Z}\n"
            f"Preferred-Languages: {settings.site.language}\n"
            f"Canonical: {settings.site.url}/.well-known/security.txt"
        )

    def alive(self, _: Visit) -> Response:
        """Say that the process answers."""
        return _plain("ok")

    def ready(self, _: Visit) -> Response:
        """Say whether requests can be taken: the database, and the post's thread."""
        try:
            self._front.newsroom.store.requests.waiting()
        except StoreError:
            return _plain("the database cannot be used", status=UNAVAILABLE)
        if not self._front.post.is_working:
            return _plain("nobody sends the mails", status=UNAVAILABLE)
        return _plain("ready")


UNAVAILABLE = HTTPStatus.SERVICE_UNAVAILABLE


def _plain(text: str, *, status: int = HTTPStatus.OK) -> Response:
    return PlainTextResponse(f"{text}\n", status, headers=PUBLIC)
