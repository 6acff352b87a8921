"""Addresses of links and pictures: whole, public, private to nobody."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from email.utils import parseaddr
from functools import lru_cache
from urllib.parse import SplitResult, urlsplit

from digest.lint.findings import Hit
from digest.lint.mail import Mail
from digest.lint.page import Node
from digest.lint.rules import ERROR, INFO, WARNING, rule, told_rule

_LONGEST = 2000
_SHORTENERS = frozenset(
    {"bit.ly", "t.co", "tinyurl.com", "goo.gl", "ow.ly", "is.gd", "buff.ly", "rb.gy"}
    | {"cutt.ly", "lnkd.in", "shorturl.at", "t.ly"}
)
_LOCAL = re.compile(
    r"localhost|.*\.(?:local|localhost|internal|lan|test|invalid)|127\.[\d.]+|0\.0\.0\.0"
    r"|10\.[\d.]+|192\.168\.[\d.]+|172\.(?:1[6-9]|2\d|3[01])\.[\d.]+|::1|[^.:]+"
)
_NUMBER = re.compile(r"[\d.]+|.*:.*")
_EXAMPLE = re.compile(r"(?:.*\.)?example(?:\.(?:com|org|net))?")
_SCHEMES = ("https:", "http:", "mailto:", "tel:", "sms:", "cid:", "data:", "#")
_URLS = (("a", "href"), ("img", "src"), ("area", "href"), ("td", "background"))


def _split(url: str) -> SplitResult | None:
    try:
        return urlsplit(url)
    except ValueError:
        return None


@lru_cache(maxsize=8192)
def host_of(url: str) -> str:
    """Return the name of an address's server in small letters, or ""."""
    parts = _split(url)
    try:
        return ((parts and parts.hostname) or "").lower()
    except ValueError:
        return ""


def is_local(host: str) -> bool:
    """Whether a server's name means something on one machine or network only."""
    return bool(host) and _LOCAL.fullmatch(host) is not None


def addresses(mail: Mail) -> Iterator[tuple[Node, str]]:
    """Yield every address of the page, with its element."""
    for tag, name in _URLS:
        for node in mail.page[tag]:
            if name in node.attrs:
                yield node, node.attrs[name].strip()


def web_addresses(mail: Mail) -> Iterator[tuple[Node, str]]:
    """Yield those that lead into the web."""
    for node, url in mail.once(addresses):
        if url.startswith(("http://", "https://")):
            yield node, url


def _hosts(mail: Mail) -> Iterator[str]:
    """Yield the servers they lead to, each once; a mail has many links to few."""
    yield from {host_of(url) for _, url in mail.once(web_addresses)}


def _leading_to(
    mail: Mail, wrong: Callable[[str], object]
) -> Iterator[tuple[Node, str]]:
    """Yield addresses in the web at servers with a name that is wrong."""
    hosts = {host for host in mail.once(_hosts) if wrong(host)}
    for node, url in mail.once(web_addresses) if hosts else ():
        if host_of(url) in hosts:
            yield node, url


@rule(
    "img-http",
    WARNING,
    fix="Publish pictures at https addresses.",
    bad='<img src="http://news.example/a.png" alt="A" width="90" height="30">',
    good='<img src="https://news.example/a.png" alt="A" width="90" height="30">',
)
def img_http(mail: Mail) -> Iterator[Hit]:
    """Web mail is read over https and refuses or proxies what is not."""
    for node in mail.page["img"]:
        if node.get("src").strip().lower().startswith("http:"):
            yield node.hit(node.get("src")[:80])


@rule(
    "url-relative",
    ERROR,
    fix="Write the whole address, beginning with https://.",
    bad='<a href="/stories/trains">A story about trains</a>',
    good='<a href="https://news.example/stories/trains">A story about trains</a>',
)
def url_relative(mail: Mail) -> Iterator[Hit]:
    """In a mail there is no page it could be relative to: the link is dead."""
    for node, url in mail.once(addresses):
        script = url.lower().startswith(("javascript:", "vbscript:"))
        if url and not script and not url.lower().startswith(_SCHEMES):
            yield node.hit(f"{url[:60]!r} is no whole address")


@rule(
    "url-broken",
    ERROR,
    fix="Correct the address.",
    bad='<a href="https://">A story about trains</a>',
    good='<a href="https://news.example/a">A story about trains</a>',
)
def url_broken(mail: Mail) -> Iterator[Hit]:
    """Nothing opens."""
    for node, url in _leading_to(mail, lambda host: not host):
        yield node.hit(f"{url[:60]!r} names no server")


@rule(
    "url-local",
    WARNING,
    fix="Link to the public address.",
    bad='<a href="http://localhost:8000/a">A story about trains</a>',
    good='<a href="https://news.example/a">A story about trains</a>',
)
def url_local(mail: Mail) -> Iterator[Hit]:
    """Readers cannot reach a server on your own machine or network."""
    for node, url in _leading_to(mail, is_local):
        yield node.hit(f"{url[:60]!r} is not on the public Internet")


@rule(
    "url-example",
    WARNING,
    fix="Put the real address in.",
    bad='<a href="https://www.example.com/a">A story about trains</a>',
    good='<a href="https://www.rfi.fr/a">A story about trains</a>',
)
def url_example(mail: Mail) -> Iterator[Hit]:
    """These names are reserved for examples; nobody will ever answer there."""
    sender = parseaddr(mail.first("From"))[1].rpartition("@")[2]
    rehearsal = mail.duties.domain or sender
    if _EXAMPLE.fullmatch(rehearsal):
        return  # a newsroom of invented names is a rehearsal as a whole
    for node, url in _leading_to(mail, _EXAMPLE.fullmatch):
        yield node.hit(url[:80])


@rule(
    "url-shortened",
    WARNING,
    fix="Link to the page itself.",
    bad='<a href="https://bit.ly/3abc">A story about trains</a>',
    good='<a href="https://news.example/a">A story about trains</a>',
)
def url_shortened(mail: Mail) -> Iterator[Hit]:
    """Filters distrust them, for spam hides there, and readers do not see where they
    go."""
    for node, url in _leading_to(
        mail, lambda host: host.removeprefix("www.") in _SHORTENERS
    ):
        yield node.hit(url[:80])


@rule(
    "url-number",
    WARNING,
    fix="Link to a name.",
    bad='<a href="https://203.0.113.7/a">A story about trains</a>',
    good='<a href="https://news.example/a">A story about trains</a>',
)
def url_number(mail: Mail) -> Iterator[Hit]:
    """Only phishers link to numbers; filters count it."""
    for node, url in _leading_to(
        mail, lambda host: _NUMBER.fullmatch(host) and not is_local(host)
    ):
        yield node.hit(url[:80])


@rule(
    "url-credentials",
    WARNING,
    fix="Take the name and the password out.",
    bad='<a href="https://editor:secret@news.example/a">A story about trains</a>',
    good='<a href="https://news.example/a">A story about trains</a>',
)
def url_credentials(mail: Mail) -> Iterator[Hit]:
    """Everybody who gets the mail gets the password."""
    for node, url in mail.once(web_addresses):
        parts = _split(url) if "@" in url else None
        if parts and "@" in parts.netloc:
            yield node.hit(f"a password in an address at {host_of(url)}")


@told_rule(
    "url-reader-address",
    WARNING,
    fix="Use an opaque token instead of the address.",
    bad="a link with the reader's mail address in it",
    good="a link with an opaque token",
)
def url_reader_address(mail: Mail) -> Iterator[Hit]:
    """It is written into the logs of every server on the way, and forwarded with the
    mail."""
    address = mail.duties.recipient.casefold()
    if not address:
        return
    variants = {address, address.replace("@", "%40")}
    for node, url in mail.once(web_addresses):
        if any(variant in url.casefold() for variant in variants):
            yield node.hit("the reader's address stands in a link")


@rule(
    "url-long",
    INFO,
    fix="Link to a shorter address of your own site.",
    bad='<a href="https://news.example/?' + "q=trains&" * 250 + '">A story</a>',
    good='<a href="https://news.example/a">A story about trains</a>',
)
def url_long(mail: Mail) -> Iterator[Hit]:
    """Some programs cut addresses above 2,000 characters, and the link is dead."""
    for node, url in mail.once(web_addresses):
        if len(url) > _LONGEST:
            yield node.hit(f"an address of {len(url)} characters")


@rule(
    "url-spaces",
    WARNING,
    fix="Encode the address: %20 for a space, %C3%A9 for é.",
    bad='<a href="https://news.example/night trains">A story about trains</a>',
    good='<a href="https://news.example/night%20trains">A story about trains</a>',
)
def url_spaces(mail: Mail) -> Iterator[Hit]:
    """Programs encode such addresses differently, or end them at the space."""
    for node, url in mail.once(web_addresses):
        if not url.isascii() or re.search(r"\s", url):
            yield node.hit(f"{url[:80]!r}")
