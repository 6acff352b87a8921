"""Whether one click leaves: what mail programs POST to must be there (RFC 8058).

It is only asked with a GET, which changes nothing, and with a link that belongs to
nobody.
"""

from __future__ import annotations

from http import HTTPStatus

from digest.doctor.observations import Observation, ok, unseen, warning, wrong
from digest.sources.documents import DocumentError
from digest.sources.fetching import Fetcher

THING = "one-click unsubscribe"

#: The page is for a POST; a server may say so.
_THERE = {HTTPStatus.OK, HTTPStatus.METHOD_NOT_ALLOWED}


def leaving(link: str, fetcher: Fetcher) -> Observation:
    """Ask for a link of List-Unsubscribe; an empty one is not there yet."""
    if not link:
        return unseen(THING, "the database has made no links yet")
    shown = link.rpartition("/")[0] + "/…"
    if not link.startswith("https:"):
        return wrong(
            THING,
            f"{shown} is not https, so no mail program shows the button",
            "give site.url in digest.yaml an https address",
        )
    try:
        status = fetcher.status(link)
    except DocumentError as error:
        # Its advice, after the semicolon, is for who reads feeds.
        found = str(error).replace(link, shown).partition(";")[0].partition(". If ")[0]
        return wrong(
            THING, found, "readers must reach site.url from anywhere, over HTTPS"
        )
    return _judged(shown, status)


def _judged(shown: str, status: int) -> Observation:
    found = f"{shown} answers {status}"
    if status in _THERE:
        return ok(THING, found)
    if status in (HTTPStatus.NOT_FOUND, HTTPStatus.GONE):
        return warning(
            THING,
            f"{found} to a link of nobody's",
            "see that the web server at site.url leads this path to what unsubscribes",
        )
    if HTTPStatus.MULTIPLE_CHOICES <= status < HTTPStatus.BAD_REQUEST:
        return wrong(
            THING,
            f"{found}, a redirect, which receivers do not follow",
            "set site.url to where it leads",
        )
    return wrong(THING, found, "see why in the log of the web server at site.url")
