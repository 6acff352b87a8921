"""Polite, guarded HTTP: what the sources read from the web comes through here.

Guarded, because addresses come from feeds and redirects as much as from an
operator: a name is resolved once, every address it has must be public, and the
address that was checked is the one dialled, so that no second answer of a DNS
server can lead elsewhere. That holds for every hop. Connections are not kept:
one that a source was allowed to open must not serve another source.

Polite: conditional requests (RFC 9110 section 13), a name and an address to
complain to, few redirects, time limits, a cap on what is read. The decoding of
gzip is ours, because the cap must hold for the decoded bytes while they come.
"""

from __future__ import annotations

import ssl
import threading
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from http import HTTPStatus
from typing import Self

import httpcore2
import httpx2

import digest
from digest.model import Validators
from digest.sources.documents import LIMIT, TOO_LARGE, DocumentError
from digest.sources.fetching.guard import (
    PORTS,
    GuardedBackend,
    Resolver,
    Transport,
    resolve,
)

MAX_REDIRECTS = 5
CONNECT_SECONDS = 10.0
READ_SECONDS = 20.0
#: Of one request with its redirects, however steadily a server drips.
TOTAL_SECONDS = 60.0

_ACCEPT = (
    "application/atom+xml, application/rss+xml, application/feed+json, "
    "application/xml;q=0.9, text/xml;q=0.9, text/html;q=0.8, */*;q=0.5"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Response:
    """A document from the web, or the news that it has not changed."""

    url: str  #: where it was found in the end
    content: bytes = b""
    charset: str = ""  #: as the server said
    validators: Validators = field(default_factory=Validators)
    unchanged: bool = False  #: the server answered 304; there is no content
    note: str = ""  #: something about the way that an operator should know


class Fetcher:
    """Gets documents; safe to share between threads.

    `site_url` is named to every server asked. The rest are for tests: limits in
    seconds, another `resolver`, a TLS context that trusts another authority.
    """

    def __init__(
        self,
        *,
        site_url: str,
        connect_seconds: float = CONNECT_SECONDS,
        read_seconds: float = READ_SECONDS,
        total_seconds: float = TOTAL_SECONDS,
        resolver: Resolver = resolve,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        self._headers = {
            "User-Agent": f"digest/{digest.__version__} (+{site_url})",
            "Accept": _ACCEPT,
            "Accept-Encoding": "gzip",
        }
        self._timeout = httpx2.Timeout(read_seconds, connect=connect_seconds)
        self._total_seconds = total_seconds
        self._resolver = resolver
        self._trusted = tls

    def __enter__(self) -> Self:
        return self

    @cached_property
    def _tls(self) -> ssl.SSLContext:
        """Whom to trust; read when something is fetched, for it takes a while."""
        return self._trusted or httpx2.create_ssl_context(trust_env=False)

    def __exit__(self, *_: object) -> None:
        """Nothing is kept between requests, so there is nothing to close."""

    def get(
        self,
        url: str,
        *,
        validators: Validators | None = None,
        allow_private: bool = False,
        most: int | None = None,
    ) -> Response:
        """Return the document at `url`; raise `DocumentError` when there is none.

        With `allow_private`, the host and port of `url` itself may be anywhere;
        a redirect may still only lead to public ones, or back to it. With `most`,
        that many octets of its beginning are enough, and no more are read.
        """
        allowed = _host_and_port(url) if allow_private else None
        headers = _conditions(validators or Validators()) | _range(most)
        with self._guarded(url, allowed) as client:
            return _follow(client, url, headers, most=most)

    def status(self, url: str) -> int:
        """Return the status a GET is answered with; no redirect is followed.

        Raises `DocumentError` when there is no answer, or none that is public.
        """
        with self._guarded(url, None) as client:
            request = client.build_request("GET", url)
            response = client.send(request, stream=True, follow_redirects=False)
            response.close()
            return response.status_code

    @contextmanager
    def _guarded(
        self, url: str, allowed: tuple[str, int] | None
    ) -> Iterator[httpx2.Client]:
        """Yield what sends requests; what goes wrong is said of `url`."""
        shown = without_password(url)
        backend = GuardedBackend(self._resolver, allowed)
        watchdog = threading.Timer(self._total_seconds, backend.abort)
        watchdog.daemon = True
        watchdog.start()
        try:
            with self._client(backend) as client:
                yield client
            if backend.aborted:  # a body that ends with the connection looks whole
                raise httpcore2.ReadTimeout
        except (httpx2.InvalidURL, UnicodeError) as error:
            raise DocumentError(
                f"{shown} is not an address that can be fetched: {error}"
            ) from error
        except _NETWORK_ERRORS as error:
            what = (
                f"took longer than {self._total_seconds:g} seconds in all; "
                "the next collect asks again"
                if backend.aborted
                else _reason(error)
            )
            raise DocumentError(f"{shown} {what}") from error
        finally:
            watchdog.cancel()
            backend.close()

    @contextmanager
    def _client(self, backend: httpcore2.NetworkBackend) -> Iterator[httpx2.Client]:
        pool = httpcore2.ConnectionPool(
            ssl_context=self._tls, network_backend=backend, max_keepalive_connections=0
        )
        with httpx2.Client(
            transport=Transport(pool),
            headers=self._headers,
            timeout=self._timeout,
            trust_env=False,
        ) as client:
            yield client


# -- one request and its redirects ------------------------------------------


def _range(most: int | None) -> dict[str, str]:
    """Return what asks for a document's beginning, uncompressed; servers may ignore it."""
    if most is None:
        return {}
    return {"Range": f"bytes=0-{most - 1}", "Accept-Encoding": "identity"}


def _follow(
    client: httpx2.Client, url: str, headers: dict[str, str], *, most: int | None
) -> Response:
    request = client.build_request("GET", url, headers=headers)
    secure, note = request.url.scheme == "https", ""
    for _ in range(MAX_REDIRECTS + 1):
        if request.url.scheme not in PORTS or not request.url.host:
            raise DocumentError(
                f"{without_password(str(request.url))} is not a web address; "
                "it must begin with http:// or https://"
            )
        if secure and request.url.scheme == "http":
            note = (
                f"{without_password(url)} leads from https to plain http "
                f"({without_password(str(request.url))}), where anybody on the way "
                "can change it; ask the publisher for an https address"
            )
        # Redirects are followed here because httpx2 would read their bodies whole.
        response = client.send(request, stream=True, follow_redirects=False)
        try:
            if response.next_request is None:
                return _response(response, note=note, most=most)
            request = response.next_request
        finally:
            response.close()
    raise DocumentError(
        f"{without_password(url)} redirects more than {MAX_REDIRECTS} times; "
        "open it in a browser and use the address it ends at"
    )


def _response(response: httpx2.Response, *, note: str, most: int | None) -> Response:
    url = without_password(str(response.url))
    if response.status_code == HTTPStatus.NOT_MODIFIED:
        return Response(url=url, unchanged=True, note=note)
    partly = most is not None and response.status_code == HTTPStatus.PARTIAL_CONTENT
    if response.status_code != HTTPStatus.OK and not partly:
        raise DocumentError(f"{url} {_refusal(response.status_code)}")
    return Response(
        url=url,
        content=_whole_or_beginning(_capped(response, url), most),
        charset=response.charset_encoding or "",
        validators=Validators(
            etag=_sendable(response.headers.get("ETag", "")),
            last_modified=_sendable(response.headers.get("Last-Modified", "")),
        ),
        note=note,
    )


def _whole_or_beginning(chunks: Iterator[bytes], most: int | None) -> bytes:
    """Return a body, or so much of its beginning, without reading on."""
    content = bytearray()
    for chunk in chunks:
        content += chunk
        if most is not None and len(content) >= most:
            break
    return bytes(content[:most])


def _sendable(value: str) -> str:
    """Return a header's value if it can be sent back as it came, else ""."""
    return value if value.isascii() and value.isprintable() else ""


def _conditions(validators: Validators) -> dict[str, str]:
    given = {
        "If-None-Match": validators.etag,
        "If-Modified-Since": validators.last_modified,
    }
    return {name: value for name, value in given.items() if value}


def _capped(response: httpx2.Response, url: str) -> Iterator[bytes]:
    """Yield the decoded body; raise as soon as it passes the cap, coded or not."""
    coding = response.headers.get("Content-Encoding", "identity").strip().lower()
    if coding not in {"", "identity", "gzip", "x-gzip"}:
        raise DocumentError(
            f"{url} came as {coding!r}, although only gzip was asked for; "
            "the server is at fault"
        )
    unzip = zlib.decompressobj(wbits=31) if "gzip" in coding else None
    raw = decoded = 0
    for chunk in response.iter_raw():
        raw += len(chunk)
        piece = unzip.decompress(chunk, LIMIT + 1 - decoded) if unzip else chunk
        decoded += len(piece)
        if max(raw, decoded) > LIMIT:
            raise DocumentError(f"{url} {TOO_LARGE}")
        yield piece
    if unzip and raw and not unzip.eof:
        raise zlib.error("cut short")


def _refusal(status: int) -> str:
    """Say what a status means for an operator."""
    try:
        phrase = f"answered {status} {HTTPStatus(status).phrase}"
    except ValueError:
        phrase = f"answered {status}"
    if status in {401, 403, 407, 451}:
        return f"{phrase}: it wants a login or keeps programs out; ask the publisher"
    if status in {404, 410}:
        return f"{phrase}: there is nothing at this address (any more); correct it"
    if (
        status == HTTPStatus.TOO_MANY_REQUESTS
        or status >= HTTPStatus.INTERNAL_SERVER_ERROR
    ):
        return f"{phrase}: the server has a problem; the next collect asks again"
    return f"{phrase}: that is no document; check the address in a browser"


# -- words about addresses and errors ---------------------------------------

_NETWORK_ERRORS = (
    httpcore2.NetworkError,
    httpcore2.TimeoutException,
    httpcore2.ProtocolError,
    httpcore2.UnsupportedProtocol,
    httpx2.HTTPError,
    zlib.error,
    OSError,
)


#: What a network error means for an operator, the most telling first.
_REASONS: list[tuple[type[BaseException], str]] = [
    (ssl.SSLError, "cannot speak TLS with us; check whether the address is right"),
    (
        httpcore2.ConnectTimeout,
        "did not answer in time; check the address and the network",
    ),
    (httpcore2.TimeoutException, "stopped answering; the next collect asks again"),
    (zlib.error, "sent broken gzip; the server is at fault"),
    (
        httpcore2.ConnectError,
        "cannot be reached ({}); check the address and the network",
    ),
]


def _reason(error: BaseException) -> str:
    """Say what went wrong on the way, and what to do."""
    causes = [error]
    while inner := _cause(causes[-1]):
        causes.append(inner)
    for cause in causes:
        if isinstance(cause, ssl.SSLCertVerificationError):
            return (
                f"has no valid certificate ({cause.verify_message}); "
                "ask the publisher to renew it"
            )
    for kind, words in _REASONS:
        if any(isinstance(cause, kind) for cause in causes):
            return words.format(error)
    return f"broke off ({error}); the next collect asks again"


def _cause(error: BaseException) -> BaseException | None:
    """Return what is behind an error; httpcore2 keeps it in the arguments only."""
    kept = error.args[0] if error.args else None
    return error.__cause__ or (kept if isinstance(kept, BaseException) else None)


def _host_and_port(url: str) -> tuple[str, int] | None:
    try:
        parsed = httpx2.URL(url)
    except httpx2.InvalidURL:
        return None
    host = parsed.raw_host.decode("ascii", "replace").lower()
    return host, parsed.port or PORTS.get(parsed.scheme, 0)


def without_password(url: str) -> str:
    """Return `url` as it may be shown: without name and password."""
    scheme, slashes, rest = url.partition("://")
    authority, slash, path = rest.partition("/")
    return f"{scheme}{slashes}{authority.rpartition('@')[2]}{slash}{path}"
