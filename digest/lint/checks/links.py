"""Links: that they say where they go, and go there."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator
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
_EXAMPLE = re.compile(r"(?:.*\.)?example(?:\.(?:com|org|net))?")
_GENERIC = frozenset(
    {
        "click here",
        "here",
        "read more",
        "more",
        "learn more",
        "link",
        "this",
        "continue",
    }
    | {"lire la suite", "en savoir plus", "cliquez ici", "ici", "plus", "suite"}
    | {"mehr", "hier", "hier klicken", "weiterlesen", "mehr lesen", "weiter"}
    | {"leer más", "más", "aquí", "haga clic aquí", "seguir leyendo"}
    | {"leia mais", "saiba mais", "aqui", "clique aqui", "leggi tutto", "qui"}
    | {"clicca qui", "lees meer", "meer", "klik hier", "czytaj dalej", "więcej"}
    | {"читать далее", "подробнее", "здесь", "читати далі", "детальніше", "тут"}
    | {"المزيد", "اقرأ المزيد", "هنا", "اضغط هنا", "ادامه مطلب", "קרא עוד", "כאן"}
    | {"阅读更多", "更多", "点击这里", "続きを読む", "もっと見る", "こちら"}
)
_SHOWN_DOMAIN = re.compile(
    r"(?:https?://)?((?:[\w-]+\.)+[a-z]{2,})(?:[/?#:].*)?", re.IGNORECASE
)
_SCHEMES = ("https:", "http:", "mailto:", "tel:", "sms:", "cid:", "data:", "#")
_URLS = (("a", "href"), ("img", "src"), ("area", "href"), ("td", "background"))


def _split(url: str) -> SplitResult | None:
    try:
        return urlsplit(url)
    except ValueError:
        return None


@lru_cache(maxsize=8192)
def _host(url: str) -> str:
    parts = _split(url)
    try:
        return ((parts and parts.hostname) or "").lower()
    except ValueError:
        return ""


def _addresses(mail: Mail) -> Iterator[tuple[Node, str]]:
    """Yield every address of the page, with its element."""
    for tag, name in _URLS:
        for node in mail.page[tag]:
            if name in node.attrs:
                yield node, node.attrs[name].strip()


def _web(mail: Mail) -> Iterator[tuple[Node, str]]:
    for node, url in mail.once(_addresses):
        if url.startswith(("http://", "https://")):
            yield node, url


def _said(node: Node) -> str:
    """Return what a link says to who listens."""
    alts = " ".join(inner.get("alt") for inner in node.inside if inner.tag == "img")
    return node.get("aria-label").strip() or node.text or alts.strip()


@rule(
    "link-empty",
    ERROR,
    fix="Put words into the link, or an alt into its picture.",
    bad='<a href="https://news.example/a"><img src="https://news.example/a.png" alt="" '
    'width="90" height="30"></a>',
    good='<a href="https://news.example/a"><img src="https://news.example/a.png" '
    'alt="A bridge" width="90" height="30"></a>',
)
def link_empty(mail: Mail) -> Iterator[Hit]:
    """A screen reader reads its address out, letter by letter."""
    for node in mail.page["a"]:
        seen = "href" in node.attrs and node.get("aria-hidden") != "true"
        if seen and not _said(node):
            yield node.hit(f"a link without words: {node.get('href')[:60]}")


@rule(
    "link-no-address",
    WARNING,
    fix="Give it an href, or make it a span.",
    bad="<a>Read on</a>",
    good='<a href="https://news.example/a">Read on about bridges</a>',
)
def link_no_address(mail: Mail) -> Iterator[Hit]:
    """It looks like a link and goes nowhere."""
    for node in mail.page["a"]:
        if not node.get("href").strip() and not node.get("name") and not node.get("id"):
            yield node.hit(f"{node.text[:40]!r} has no address")


@rule(
    "link-generic",
    WARNING,
    fix="Say what it leads to: the headline, or “Read on about …”.",
    bad='<a href="https://news.example/a">Read more</a>',
    good='<a href="https://news.example/a">Read on about night trains</a>',
)
def link_generic(mail: Mail) -> Iterator[Hit]:
    """Who listens hears a list of links: five times “read more” is no choice."""
    for node in mail.page["a"]:
        said = _said(node)
        if len(said) < 24 and said.strip(" .…→›»>:!").casefold() in _GENERIC:  # noqa: PLR2004 longer says more
            yield node.hit(f"{said!r} says nothing about where it goes")


@rule(
    "link-same-words",
    WARNING,
    fix="Let the words say what differs.",
    bad='<a href="https://news.example/a">Our report</a> '
    '<a href="https://news.example/b">Our report</a>',
    good='<a href="https://news.example/a">Our report on Lyon</a> '
    '<a href="https://news.example/b">Our report on Lille</a>',
)
def link_same_words(mail: Mail) -> Iterator[Hit]:
    """Links of the same words that lead to different pages cannot be told apart."""
    known: dict[str, str] = {}
    for node in mail.page["a"]:
        said, url = _said(node).casefold(), node.get("href").strip()
        if said and url and known.setdefault(said, url) != url:
            yield node.hit(f"{said[:40]!r} leads to another page than before")


@rule(
    "link-title-only",
    INFO,
    fix="Put the words into the link itself.",
    bad='<a href="https://news.example/a" title="Read on about trains">→</a>',
    good='<a href="https://news.example/a">Read on about trains →</a>',
)
def link_title_only(mail: Mail) -> Iterator[Hit]:
    """Phones never show a title."""
    for node in mail.page["a"]:
        if node.get("title") and not re.search(r"\w", _said(node)):
            yield node.hit(f"only its title says {node.get('title')[:40]!r}")


@rule(
    "link-http",
    WARNING,
    fix="Link to https.",
    bad='<a href="http://news.example/a">A story about trains</a>',
    good='<a href="https://news.example/a">A story about trains</a>',
)
def link_http(mail: Mail) -> Iterator[Hit]:
    """Anybody on the way can read it and put another page in its place."""
    for node in mail.page["a"]:
        if node.get("href").strip().lower().startswith("http:"):
            yield node.hit(node.get("href")[:80])


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
    for node, url in mail.once(_addresses):
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
    for node, url in mail.once(_web):
        if not _host(url):
            yield node.hit(f"{url[:60]!r} names no server")


@rule(
    "url-local",
    ERROR,
    fix="Link to the public address; check site.url in digest.yaml.",
    bad='<a href="http://localhost:8000/a">A story about trains</a>',
    good='<a href="https://news.example/a">A story about trains</a>',
)
def url_local(mail: Mail) -> Iterator[Hit]:
    """Readers cannot reach a server on your own machine or network."""
    for node, url in mail.once(_web):
        host = _host(url)
        if host and _LOCAL.fullmatch(host):
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
    rehearsal = mail.duties.domain
    if rehearsal and _EXAMPLE.fullmatch(rehearsal):
        return  # a newsroom of invented names is a rehearsal as a whole
    for node, url in mail.once(_web):
        if _EXAMPLE.fullmatch(_host(url)):
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
    for node, url in mail.once(_web):
        if _host(url).removeprefix("www.") in _SHORTENERS:
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
    for node, url in mail.once(_web):
        host = _host(url)
        number = re.fullmatch(r"[\d.]+|.*:.*", host)
        if number and not _LOCAL.fullmatch(host):
            yield node.hit(url[:80])


@rule(
    "url-credentials",
    ERROR,
    fix="Take the name and the password out.",
    bad='<a href="https://editor:secret@news.example/a">A story about trains</a>',
    good='<a href="https://news.example/a">A story about trains</a>',
)
def url_credentials(mail: Mail) -> Iterator[Hit]:
    """Everybody who gets the mail gets the password."""
    for node, url in mail.once(_web):
        parts = _split(url)
        if parts and "@" in parts.netloc:
            yield node.hit(f"a password in an address at {_host(url)}")


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
    variants = {address, address.replace("@", "%40")} if address else set()
    for node, url in mail.once(_web):
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
    for node, url in mail.once(_web):
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
    for node, url in mail.once(_web):
        if not url.isascii() or re.search(r"\s", url):
            yield node.hit(f"{url[:80]!r}")


@rule(
    "link-anchor",
    WARNING,
    fix="Leave jumps inside the mail out.",
    bad='<a href="#climate">To the climate section</a>',
    good='<a href="https://news.example/climate">Climate on our site</a>',
)
def link_anchor(mail: Mail) -> Iterator[Hit]:
    """They do nothing in Gmail on iPhones, Yahoo's app and some web mail."""
    for node in mail.page["a"]:
        if node.get("href").startswith("#"):
            yield node.hit(f"a jump to {node.get('href')[:30]!r}")


@rule(
    "link-other-domain",
    WARNING,
    fix="Let the words name the page, not an address.",
    bad='<a href="https://track.elsewhere.org/x">www.yourbank.com</a>',
    good='<a href="https://www.yourbank.com/">www.yourbank.com</a>',
)
def link_other_domain(mail: Mail) -> Iterator[Hit]:
    """Words that show one address and open another are what phishing filters look
    for."""
    for node in mail.page["a"]:
        shown = _SHOWN_DOMAIN.fullmatch(node.text)
        host = _host(node.get("href").strip()).removeprefix("www.")
        if shown and host:
            said = shown[1].lower().removeprefix("www.")
            if not f".{host}".endswith(f".{said}") and not f".{said}".endswith(
                f".{host}"
            ):
                yield node.hit(f"shows {said}, opens {host}")


@rule(
    "utm-inconsistent",
    INFO,
    fix="Tag all links to a site, or none.",
    bad='<a href="https://news.example/a?utm_source=mail">Trains</a> '
    '<a href="https://news.example/b">Bridges</a>',
    good='<a href="https://news.example/a?utm_source=mail">Trains</a> '
    '<a href="https://news.example/b?utm_source=mail">Bridges</a>',
)
def utm_inconsistent(mail: Mail) -> Iterator[Hit]:
    """Half of the visits are counted as coming from nowhere."""
    tagged: dict[str, set[bool]] = defaultdict(set)
    own = {mail.unsubscribe_url, mail.duties.preferences_url, mail.duties.web_url}
    for node in mail.page["a"]:
        url = node.get("href").strip()
        if url.startswith("http") and url not in own:
            tagged[_host(url)].add("utm_" in url)
    for host, seen in tagged.items():
        if len(seen) > 1:
            yield mail.page.hit(f"some links to {host} are tagged, some are not")
