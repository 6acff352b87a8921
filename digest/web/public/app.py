"""All public pages as one application: what is where, and who guards it."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from digest.links import Purpose
from digest.newsroom import Newsroom
from digest.reception.post import Post
from digest.reception.showing import Showcase
from digest.web.public.archive import Shelf
from digest.web.public.deciding import Deciding
from digest.web.public.front import Front
from digest.web.public.guards import BasePath, Limiter
from digest.web.public.health import Health
from digest.web.public.keeping import Keeping
from digest.web.public.leaving import Leaving
from digest.web.public.lessening import Lessening
from digest.web.public.moving import Moving
from digest.web.public.pages import PRIVATE, Pages
from digest.web.public.preferences import Centre
from digest.web.public.subscribing import Subscribing
from digest.web.public.tokens import Tokens
from digest.web.public.visits import Doors, Endpoint

if TYPE_CHECKING:
    from starlette.types import ASGIApp

Clock = Callable[[], float]


def public_app(
    newsroom: Newsroom, *, post: Post, folder: Path, clock: Clock = time.monotonic
) -> ASGIApp:
    """Return the application; it writes the archive into `folder`.

    `post` sends what readers ask for. Raises what is wrong with the templates.
    """
    pages = Pages(newsroom.settings)
    front = Front(
        newsroom=newsroom,
        pages=pages,
        tokens=Tokens(newsroom, clock=clock),
        showcase=Showcase(newsroom),
        post=post,
    )
    # Many readers may sit behind one address: an office, a mobile network.
    doors = Doors(pages, limiter=Limiter(at_once=60, an_hour=600, clock=clock))
    asking = Limiter(at_once=10, an_hour=30, clock=clock)
    subscribing = Subscribing(front, limiter=asking)
    centre = Centre(front)
    app = Starlette(
        routes=[
            *_subscribing(doors, subscribing),
            *_leaving(doors, Leaving(front)),
            *_choosing(doors, centre),
            *_keeping(doors, Keeping(front)),
            *_lessening(doors, Lessening(front)),
            *_deciding(doors, Deciding(front)),
            *_moving(doors, Moving(front, centre=centre, limiter=asking)),
            *_archive(doors, Shelf(front, folder, clock=clock)),
            *_health(doors, Health(front)),
        ],
        exception_handlers={404: _no_page(doors, front), 405: _wrong_method},
    )
    app.router.redirect_slashes = False
    return BasePath(app, pages.base)


def _get(path: str, endpoint: Endpoint) -> Route:
    return Route(path, endpoint, methods=["GET"])  # and HEAD


def _post(path: str, endpoint: Endpoint) -> Route:
    return Route(path, endpoint, methods=["POST"])


def _subscribing(doors: Doors, views: Subscribing) -> list[Route]:
    return [
        _get("/", doors.open(views.form)),
        _get("/subscribe", doors.open(views.form)),
        _post("/subscribe", doors.guarded(views.send)),
        _get("/confirm/{token}", doors.open(views.question)),
        _post("/confirm/{token}", doors.guarded(views.confirm)),
    ]


def _leaving(doors: Doors, views: Leaving) -> list[Route]:
    return [
        _get("/u/{token}", doors.open(views.question)),
        # RFC 8058: no cookie, no referrer, no limit, whatever the body says.
        _post("/u/{token}", doors.open(views.leave)),
        _post("/u/{token}/everything", doors.guarded(views.everything)),
        _post("/u/{token}/undo", doors.guarded(views.undo)),
        _post("/u/{token}/without", doors.guarded(views.without)),
        _post("/u/{token}/weekly", doors.guarded(views.weekly)),
        _post("/u/{token}/pause", doors.guarded(views.pause_instead)),
        _get("/pause/{token}", doors.open(views.pausing)),
        _post("/pause/{token}", doors.guarded(views.pause)),
    ]


def _choosing(doors: Doors, views: Centre) -> list[Route]:
    return [
        _get("/p/{token}", doors.open(views.show)),
        _post("/p/{token}", doors.guarded(views.change)),
    ]


def _keeping(doors: Doors, views: Keeping) -> list[Route]:
    return [
        _post("/p/{token}/data", doors.guarded(views.data)),
        _get("/p/{token}/erase", doors.open(views.erasing)),
        _post("/p/{token}/erase", doors.guarded(views.erase)),
    ]


def _lessening(doors: Doors, views: Lessening) -> list[Route]:
    return [
        _get("/p/{token}/less/{topic}", doors.open(views.question)),
        _post("/p/{token}/less/{topic}", doors.guarded(views.change)),
    ]


def _moving(doors: Doors, views: Moving) -> list[Route]:
    return [
        _post("/p/{token}/address", doors.guarded(views.move)),
        _get("/address/{token}", doors.open(views.agreeing)),
        _post("/address/{token}", doors.guarded(views.agree)),
    ]


def _deciding(doors: Doors, views: Deciding) -> list[Route]:
    return [
        route
        for purpose in (Purpose.APPROVE, Purpose.HOLD)
        for path in [f"/{purpose}/{{issue:path}}/{{token}}"]
        for route in (
            _get(path, doors.open(partial(views.question, purpose=purpose))),
            _post(path, doors.guarded(partial(views.decide, purpose=purpose))),
        )
    ]


def _archive(doors: Doors, shelf: Shelf) -> list[Route]:
    return [
        _get("/archive", doors.open(shelf.root)),
        _get("/archive/{path:path}", doors.open(shelf.show)),
    ]


def _health(doors: Doors, views: Health) -> list[Route]:
    return [
        _get("/robots.txt", doors.open(views.robots)),
        _get("/.well-known/security.txt", doors.open(views.security)),
        _get("/healthz", doors.open(views.alive)),
        _get("/readyz", doors.open(views.ready)),
    ]


def _no_page(
    doors: Doors, front: Front
) -> Callable[[Request, Exception], Awaitable[Response]]:
    look = doors.open(lambda visit: front.pages.no_page(front.speech_for(visit)))

    async def handler(request: Request, _: Exception) -> Response:
        return await look(request)

    return handler


async def _wrong_method(request: Request, error: Exception) -> Response:
    """Say what may be asked, as OPTIONS wants to know; nothing is done.

    What a button led to leads back to the page of the button: a browser that opens
    its tabs again asks for it without having pressed anything.
    """
    if request.method in ("GET", "HEAD"):
        own = quote(request.path_params.get("token", ""), safe="")
        back = {"Location": f"../{own}"}
        return Response(status_code=303, headers={**PRIVATE, **back})
    allowed = getattr(error, "headers", None) or {}
    return PlainTextResponse(
        "This path is not for that.\n", 405, headers={**PRIVATE, **allowed}
    )
