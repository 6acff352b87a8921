"""One request: read, guarded, and answered whatever happens.

Views are ordinary functions of a `Visit`, run in the server's threads; what they raise
becomes words. A POST is taken only from our own pages, and not too often, but for the
one click of a mail program (RFC 8058), which must always work.
"""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, replace
from http import HTTPStatus
from urllib.parse import parse_qs

from starlette.concurrency import run_in_threadpool
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response

from digest.errors import DigestError
from digest.web.public.guards import Limiter, came_from_here, network
from digest.web.public.pages import Pages

logger = logging.getLogger(__name__)

#: Longer is no form of ours.
MOST_BYTES = 64 * 1024
MOST_FIELDS = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class Visit:
    """What a view gets to see of a request."""

    path: Mapping[str, str]  #: parts of the path by name
    query: Mapping[str, str]
    form: Mapping[str, list[str]]  #: empty but for a POST
    languages: tuple[str, ...]  #: that the browser prefers, the best first
    network: str  #: who asks, for counting

    def field(self, name: str) -> str:
        """Return what a field says, on one line; "" when it is not there."""
        return " ".join(next(iter(self.form.get(name, ())), "").split())

    def without(self, name: str) -> Visit:
        """Return the visit as though a field, or all that begin `name-`, were not there."""
        rest = {
            field: values
            for field, values in self.form.items()
            if field != name and not field.startswith(f"{name}-")
        }
        return replace(self, form=rest)

    def chosen(self, name: str) -> tuple[str, ...]:
        """Return every value that is chosen of a name."""
        return tuple(dict.fromkeys(self.form.get(name, ())))


View = Callable[[Visit], Response]
Endpoint = Callable[[Request], Awaitable[Response]]


class Doors:
    """Makes endpoints out of views."""

    def __init__(self, pages: Pages, *, limiter: Limiter) -> None:
        """Say what is wrong with `pages`; count POSTs with `limiter`."""
        self._pages, self._limiter = pages, limiter

    def open(self, view: View) -> Endpoint:
        """Return an endpoint that only looks, or that every POST may reach."""

        async def endpoint(request: Request) -> Response:
            return await run_in_threadpool(self._answered, view, _visit(request, b""))

        return endpoint

    def guarded(self, view: View) -> Endpoint:
        """Return an endpoint for the forms of our own pages."""

        async def endpoint(request: Request) -> Response:
            wrong = self._refusal(request)
            if wrong is not None:
                return wrong
            body = await _body(request)
            if body is None:
                speech = self._pages.speech(*_languages(request))
                return self._pages.sorry(
                    speech,
                    "pages.try_later",
                    status=HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
                )
            return await run_in_threadpool(self._answered, view, _visit(request, body))

        return endpoint

    def _refusal(self, request: Request) -> Response | None:
        speech = self._pages.speech(*_languages(request))
        if not came_from_here(request.headers, site_url=self._pages.site.url):
            return self._pages.sorry(
                speech, "pages.try_later", status=HTTPStatus.FORBIDDEN
            )
        if not self._limiter.allows(_network(request)):
            return self._pages.sorry(
                speech, "pages.too_often", status=HTTPStatus.TOO_MANY_REQUESTS
            )
        return None

    def _answered(self, view: View, visit: Visit) -> Response:
        try:
            return view(visit)
        except DigestError as error:
            logger.error("a page could not be shown: %s", error)  # noqa: TRY400 it has words
        except Exception:  # a fault of ours: whoever came gets words, the log the rest
            logger.exception("a page could not be shown")
        speech = self._pages.speech(*visit.languages)
        return self._pages.sorry(
            speech, "pages.try_later", status=HTTPStatus.SERVICE_UNAVAILABLE
        )


def _visit(request: Request, body: bytes) -> Visit:
    return Visit(
        path={name: str(value) for name, value in request.path_params.items()},
        query=dict(request.query_params),
        form=_form(body),
        languages=_languages(request),
        network=_network(request),
    )


def _network(request: Request) -> str:
    return network(request.client.host) if request.client else ""


async def _body(request: Request) -> bytes | None:
    """Return the body; None: it is too long for a form of ours."""
    body = b""
    try:
        async for chunk in request.stream():
            body += chunk
            if len(body) > MOST_BYTES:
                return None
    except ClientDisconnect:
        return None
    return body


def _form(body: bytes) -> dict[str, list[str]]:
    """Return the fields of a form; what is no form has none."""
    try:
        return parse_qs(
            body.decode("utf-8", "replace"),
            keep_blank_values=True,
            max_num_fields=MOST_FIELDS,
            errors="replace",
        )
    except ValueError:
        return {}


def _languages(request: Request) -> tuple[str, ...]:
    """Return what Accept-Language prefers, the best first (RFC 9110 section 12.5.4)."""
    weighed: list[tuple[float, str]] = []
    for part in request.headers.get("accept-language", "")[:1000].split(","):
        tag, _, weight = part.partition(";")
        try:
            quality = float(weight.strip().removeprefix("q=") or 1)
        except ValueError:
            continue
        if tag.strip() and quality > 0:
            weighed.append((quality, tag.strip()))
    weighed.sort(key=lambda pair: -pair[0])
    return tuple(tag for _, tag in weighed)
