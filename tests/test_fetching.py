"""The fetcher against real servers on loopback: what it gets and what it refuses."""

from __future__ import annotations

import gzip
import ssl
import threading
import time
import tracemalloc
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler

import pytest
import trustme

from digest.model import Validators
from digest.sources.documents import LIMIT, DocumentError
from digest.sources.fetching import Fetcher
from digest.sources.public import is_public
from tests.web_servers import Site, reply, serving


def fetcher(**changed: object) -> Fetcher:
    given: dict[str, object] = {
        "site_url": "https://longitude.example",
        "connect_seconds": 2.0,
        "read_seconds": 2.0,
    }
    return Fetcher(**(given | changed))  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def server() -> Iterator[Site]:
    with serving() as site:
        yield site


def refusal(url: str, *, allow_private: bool = True, **changed: object) -> str:
    with pytest.raises(DocumentError) as caught:
        fetcher(**changed).get(url, allow_private=allow_private)
    return str(caught.value)


# -- what comes back ----------------------------------------------------------


def test_a_document_comes_with_its_charset_and_validators(server: Site) -> None:
    url = server.put(
        "/a",
        b"caf\xe9",
        Content_Type="text/html; charset=iso-8859-1",
        ETag='"v1"',
        Last_Modified="Mon, 23 Nov 2026 07:00:00 GMT",
    )

    response = fetcher().get(url, allow_private=True)

    assert response.content == b"caf\xe9"
    assert response.charset.lower() == "iso-8859-1"
    assert response.validators == Validators(
        etag='"v1"', last_modified="Mon, 23 Nov 2026 07:00:00 GMT"
    )
    assert response.url == url
    assert not response.unchanged


def test_says_who_asks_and_where_to_complain(server: Site) -> None:
    url = server.put("/who", b"x")

    fetcher().get(url, allow_private=True)

    agent = server.requests[-1][1]["User-Agent"]
    assert agent.startswith("digest/")
    assert agent.endswith("(+https://longitude.example)")


def test_gives_validators_back_and_understands_not_modified(server: Site) -> None:
    known = Validators(etag='W/"7"', last_modified="Sun, 22 Nov 2026 07:00:00 GMT")
    server.answers["/same"] = lambda request: reply(
        request, 304 if request.headers["If-None-Match"] == 'W/"7"' else 200
    )

    response = fetcher().get(f"{server.url}/same", validators=known, allow_private=True)

    assert response.unchanged
    assert server.requests[-1][1]["If-Modified-Since"] == known.last_modified


def test_a_validator_that_cannot_be_sent_back_is_forgotten(server: Site) -> None:
    url = server.put("/etag", b"x", ETag='"caf\xe9"')

    assert fetcher().get(url, allow_private=True).validators == Validators()


def test_gzip_is_decoded(server: Site) -> None:
    url = server.put(
        "/gz", gzip.compress(b"words" * 99, mtime=0), Content_Encoding="gzip"
    )

    assert fetcher().get(url, allow_private=True).content == b"words" * 99


def test_redirects_are_followed_and_the_last_address_is_told(server: Site) -> None:
    end = server.put("/end", b"here")
    server.redirect("/two", "/end")
    start = server.redirect("/one", f"{server.url}/two")

    response = fetcher().get(start, allow_private=True)

    assert (response.content, response.url) == (b"here", end)


def test_a_redirects_own_body_is_never_read(server: Site) -> None:
    end = server.put("/small", b"ok")
    bomb = gzip.compress(bytes(LIMIT * 4))
    server.answers["/fat"] = lambda request: reply(
        request, 301, bomb, {"Location": end, "Content-Encoding": "gzip"}
    )

    assert fetcher().get(f"{server.url}/fat", allow_private=True).content == b"ok"


# -- what is refused ----------------------------------------------------------


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1:{}/",
        "http://localhost:{}/",
        "http://[::1]:{}/",
        "http://[::ffff:127.0.0.1]:{}/",
        "http://2130706433:{}/",
        "http://127.1:{}/",
        "http://0.0.0.0:{}/",
        "http://[64:ff9b::7f00:1]:{}/",
        "http://169.254.169.254/latest",
        "http://10.0.0.1/",
        "http://[fe80::1]/",
        "http://[2002:7f00:1::]/",
    ],
)
def test_never_asks_an_address_that_is_not_public(server: Site, url: str) -> None:
    asked = len(server.requests)

    # Port 80 stands for the server's own, so that only the address is at fault.
    text = refusal(url.replace(":{}", ""), allow_private=False)

    assert "not a public address" in text
    assert "allow_private" in text
    assert "allow_private" in refusal(url.format(server.port), allow_private=False)
    assert len(server.requests) == asked


@pytest.mark.parametrize(
    ("address", "public"),
    [
        ("93.184.216.34", True),
        ("2606:2800:220:1::1", True),
        ("64:ff9b::5db8:d822", True),
        ("2002:5db8:d822::1", True),
        ("::ffff:93.184.216.34", True),
        ("127.0.0.1", False),
        ("10.1.2.3", False),
        ("100.64.0.1", False),
        ("169.254.169.254", False),
        ("168.63.129.16", False),
        ("192.0.0.9", False),
        ("224.0.0.1", False),
        ("255.255.255.255", False),
        ("0.0.0.0", False),
        ("::", False),
        ("::1", False),
        ("::127.0.0.1", False),
        ("::ffff:10.0.0.1", False),
        ("64:ff9b::a00:1", False),
        ("64:ff9b:1::a00:1", False),
        ("2002:a00:1::1", False),
        ("2001:0:4136:e378:8000:63bf:f5ff:fffe", False),  # Teredo to 10.0.0.1
        ("fc00::1", False),
        ("fe80::1%eth0", False),
        ("ff02::1", False),
        ("fec0::1", False),
        ("2001:db8::1", False),
    ],
)
def test_knows_public_addresses_from_others(address: str, public: bool) -> None:
    assert is_public(address) is public


def test_one_address_that_is_not_public_spoils_the_name() -> None:
    text = refusal(
        "http://mixed.example/",
        allow_private=False,
        resolver=lambda host, port: ["93.184.216.34", "10.0.0.1"],
    )

    assert "mixed.example" in text
    assert "10.0.0.1" in text


def test_dials_the_address_that_was_checked(server: Site) -> None:
    """A DNS server that answers differently the second time gets no second time."""
    answers = iter([["127.0.0.1"], ["10.0.0.1"]])
    asked: list[str] = []

    def rebinding(host: str, port: int) -> list[str]:
        asked.append(host)
        return next(answers)

    server.put("/rebind", b"first")
    url = f"http://news.invalid:{server.port}/rebind"

    response = fetcher(resolver=rebinding).get(url, allow_private=True)

    assert response.content == b"first"
    assert asked == ["news.invalid"], "resolved once; .invalid is known to nobody else"


def test_the_guard_stands_at_every_redirect(server: Site) -> None:
    with serving() as other:
        secret = other.put("/secret", b"secret")
        for hop in (secret, f"http://localhost:{server.port}/x", "http://10.0.0.1/"):
            server.redirect("/hop", hop)
            assert "allow_private" in refusal(f"{server.url}/hop")
        assert not other.requests


@pytest.mark.parametrize(
    "target", ["file:///etc/passwd", "ftp://files.example/", "gopher://x/", "http://"]
)
def test_a_redirect_leads_only_to_the_web(server: Site, target: str) -> None:
    server.redirect("/odd", target)

    assert refusal(f"{server.url}/odd")


def test_permission_of_one_source_does_not_serve_another(server: Site) -> None:
    url = server.put("/mine", b"mine")
    shared = fetcher()
    shared.get(url, allow_private=True)

    with pytest.raises(DocumentError):
        shared.get(url)


def test_other_ports_need_permission() -> None:
    text = refusal("http://news.example:8080/", allow_private=False)

    assert "port 8080 is neither 80 nor 443" in text


def test_too_many_redirects_end(server: Site) -> None:
    server.redirect("/loop", "/loop")

    assert "redirects more than 5 times" in refusal(f"{server.url}/loop")


def test_a_document_above_the_cap_is_not_read_to_its_end(server: Site) -> None:
    url = server.put("/large", bytes(LIMIT + 1))

    assert "larger than 5 MB" in refusal(url)
    fits = server.put("/fits", bytes(LIMIT))
    assert len(fetcher().get(fits, allow_private=True).content) == LIMIT


def test_a_gzip_bomb_is_stopped_while_it_unpacks(server: Site) -> None:
    bomb = gzip.compress(bytes(200 * 1024 * 1024), compresslevel=1)
    url = server.put("/bomb", bomb, Content_Encoding="gzip")

    tracemalloc.start()
    try:
        assert "larger than 5 MB" in refusal(url)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()

    assert peak < 4 * LIMIT


@pytest.mark.parametrize(
    ("content", "coding", "said"),
    [
        (b"not gzip", "gzip", "broken gzip"),
        (gzip.compress(b"words" * 99, mtime=0)[:-9], "gzip", "broken gzip"),
        (
            gzip.compress(gzip.compress(b"x", mtime=0), mtime=0),
            "gzip, gzip",
            "'gzip, gzip'",
        ),
        (b"\x1b", "br", "'br'"),
    ],
)
def test_other_codings_are_refused(
    server: Site, content: bytes, coding: str, said: str
) -> None:
    url = server.put("/coded", content, Content_Encoding=coding)

    assert said in refusal(url)


@pytest.mark.parametrize(
    ("status", "said"),
    [
        (404, "404 Not Found: there is nothing"),
        (410, "410 Gone: there is nothing"),
        (403, "wants a login or keeps programs out"),
        (503, "the next collect asks again"),
        (299, "answered 299"),
        (302, "answered 302 Found"),
    ],
)
def test_a_refusal_says_what_to_do(server: Site, status: int, said: str) -> None:
    server.answers["/status"] = lambda request: reply(request, status)

    assert said in refusal(f"{server.url}/status")


@pytest.mark.parametrize(
    "url",
    [
        "",
        "news.example/feed",
        "file:///etc/passwd",
        "http://",
        "http://[",
        "http://a b/",
        "http://" + "a" * 300 + ".example/",
        "http://news.example:99999/",
        "http://0177.0.0.1/",  # octal: some libraries read 127.0.0.1
        "http://xn--\ud800.example/",
    ],
)
def test_what_is_no_address_is_said_to_be_none(url: str) -> None:
    assert refusal(url, allow_private=False)


def test_an_unknown_name_is_said_to_be_unknown() -> None:
    assert "is not known" in refusal("http://nowhere.invalid/", allow_private=False)


def test_a_password_in_an_address_is_not_shown(server: Site) -> None:
    url = f"http://anna:secret@127.0.0.1:{server.port}/none"

    text = refusal(url)

    assert "secret" not in text
    assert "/none" in text
    assert server.requests[-1][1]["Authorization"].startswith("Basic ")


# -- servers that misbehave ---------------------------------------------------


def test_nobody_listening() -> None:
    with serving() as gone:
        url = gone.url

    assert "cannot be reached" in refusal(url)


def test_a_server_that_never_answers_is_left(server: Site) -> None:
    over = threading.Event()

    def wait(request: BaseHTTPRequestHandler) -> None:
        over.wait(9)

    server.answers["/never"] = wait

    text = refusal(f"{server.url}/never", read_seconds=0.2)
    over.set()

    assert "stopped answering" in text


def drip(request: BaseHTTPRequestHandler, first: bytes) -> None:
    """Send a byte now and then, for as long as anybody listens."""
    try:
        request.wfile.write(first)
        while True:
            request.wfile.write(b" ")
            time.sleep(0.05)
    except OSError:
        request.close_connection = True


@pytest.mark.parametrize(
    "first", [b"HTTP/1.0 200 OK\r\n\r\n", b"HTTP/1.0 200 OK\r\nX: "]
)
def test_a_server_that_drips_for_ever_is_left(server: Site, first: bytes) -> None:
    server.answers["/drip"] = lambda request: drip(request, first)

    text = refusal(f"{server.url}/drip", total_seconds=0.4)

    assert "took longer than 0.4 seconds" in text


def hang_up(request: BaseHTTPRequestHandler, after: bytes) -> None:
    """Send some bytes, whatever they are, and close."""
    request.wfile.write(after)
    request.close_connection = True


def test_a_body_cut_short_is_an_error(server: Site) -> None:
    half = b"HTTP/1.0 200 OK\r\nContent-Length: 99\r\n\r\nhalf"
    server.answers["/cut"] = lambda request: hang_up(request, half)

    assert "broke off" in refusal(f"{server.url}/cut")


def test_what_is_not_http_is_an_error(server: Site) -> None:
    server.answers["/odd"] = lambda request: hang_up(request, b"220 mail ready\r\n")

    assert "broke off" in refusal(f"{server.url}/odd")


# -- TLS ----------------------------------------------------------------------


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    return trustme.CA()


@pytest.fixture(scope="module")
def secure(authority: trustme.CA) -> Iterator[Site]:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(context)
    with serving(context) as site:
        yield site


def trusting(authority: trustme.CA) -> ssl.SSLContext:
    context = ssl.create_default_context()
    authority.configure_trust(context)
    return context


def test_an_unknown_authority_is_refused(secure: Site) -> None:
    assert "has no valid certificate" in refusal(f"{secure.url}/")


def test_a_certificate_for_another_name_is_refused(
    secure: Site, authority: trustme.CA
) -> None:
    text = refusal(f"https://localhost:{secure.port}/", tls=trusting(authority))

    assert "has no valid certificate" in text


def test_plain_http_where_tls_was_meant(server: Site) -> None:
    text = refusal(server.url.replace("http:", "https:"))

    assert "cannot speak TLS" in text


def test_leaving_https_is_followed_and_noted(
    secure: Site, authority: trustme.CA
) -> None:
    secure.put("/plain", b"words")
    secure.redirect("/down", secure.url.replace("https:", "http:") + "/plain")
    client = fetcher(tls=trusting(authority))

    kept = client.get(f"{secure.url}/plain", allow_private=True)
    left = client.get(f"{secure.url}/down", allow_private=True)

    assert (kept.content, kept.note) == (b"words", "")
    assert left.content == b"words"
    assert "leads from https to plain http" in left.note
