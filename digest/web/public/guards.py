"""How often somebody may ask, from where a form may come, under which path we are."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from ipaddress import IPv6Address, ip_address
from threading import Lock
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from starlette.datastructures import Headers
    from starlette.types import ASGIApp, Receive, Scope, Send

#: Who is counted at once; whoever was not seen longest is forgotten first.
MOST_COUNTED = 10_000


class Limiter:
    """Counts what each may do: so many at once, and so many more an hour.

    Memory is bounded: who fills it makes it forget, never refuse others.
    """

    def __init__(
        self, *, at_once: int, an_hour: int, clock: Callable[[], float]
    ) -> None:
        """Allow `at_once` in a row, then `an_hour`; `clock` gives seconds."""
        self._at_once, self._rate, self._clock = at_once, an_hour / 3600, clock
        #: What each has left, and when that was.
        self._left: OrderedDict[str, tuple[float, float]] = OrderedDict()
        self._lock = Lock()

    def allows(self, who: str) -> bool:
        """Count one for `who`; False: that is one too many."""
        now = self._clock()
        with self._lock:
            left, then = self._left.pop(who, (float(self._at_once), now))
            left = min(self._at_once, left + (now - then) * self._rate)
            allowed = left >= 1
            self._left[who] = (left - 1 if allowed else left, now)
            if len(self._left) > MOST_COUNTED:
                self._left.popitem(last=False)
        return allowed

    def __len__(self) -> int:
        return len(self._left)


def network(client: str) -> str:
    """Return whom an address is counted as: of IPv6, all that one customer has."""
    try:
        address = ip_address(client.partition("%")[0])
    except ValueError:
        return ""  # a socket of this machine, or a proxy that says nothing
    if isinstance(address, IPv6Address):
        if address.ipv4_mapped:
            return str(address.ipv4_mapped)
        return address.exploded[: len("0000:0000:0000:0000")]
    return str(address)


def came_from_here(headers: Headers, *, site_url: str) -> bool:
    """Whether a form was sent from one of our own pages, as far as a browser says.

    Sec-Fetch-Site says it best. Without it Origin does, where it is not ``null``, as
    it is from pages that give no referrer: ours. A program that sends neither is no
    browser, which somebody else's page could have sent here.
    """
    site = headers.get("sec-fetch-site")
    if site is not None:
        return site in ("same-origin", "none")
    origin = headers.get("origin", "null")
    own = {urlsplit(site_url).netloc.casefold(), headers.get("host", "").casefold()}
    return origin == "null" or urlsplit(origin).netloc.casefold() in own


class BasePath:
    """Takes the path of `site.url` off, whether a proxy in front did so or not."""

    def __init__(self, app: ASGIApp, base: str) -> None:
        """Serve `app` below `base`, such as ``/news``, and at the root alike."""
        self._app, self._base = app, base

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer with the path inside the site."""
        path = scope.get("path", "")
        if self._base and (path == self._base or path.startswith(f"{self._base}/")):
            scope = {**scope, "path": path[len(self._base) :] or "/"}
        await self._app(scope, receive, send)
