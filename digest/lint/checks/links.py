"""Links: that they say where they go."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator

from digest.lint.checks.urls import host_of
from digest.lint.findings import Hit
from digest.lint.mail import Mail
from digest.lint.page import Node
from digest.lint.rules import ERROR, INFO, WARNING, rule

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


def _spoken(mail: Mail) -> Iterator[tuple[Node, str]]:
    """Yield the links, each with what it says to who listens."""
    for node in mail.page["a"]:
        yield node, node.get("aria-label").strip() or node.text or _alts(node)


def _alts(node: Node) -> str:
    pictures = [inner for inner in node.inside if inner.tag == "img"]
    return " ".join([picture.get("alt") for picture in pictures]).strip()


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
    for node, said in mail.once(_spoken):
        seen = "href" in node.attrs and node.get("aria-hidden") != "true"
        if seen and not said:
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
    for node, said in mail.once(_spoken):
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
    for node, words in mail.once(_spoken):
        said, url = words.casefold(), node.get("href").strip()
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
    for node, said in mail.once(_spoken):
        if node.get("title") and not re.search(r"\w", said):
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
        shown = _SHOWN_DOMAIN.fullmatch(node.text) if "." in node.text else None
        if shown is None:
            continue
        host = host_of(node.get("href").strip()).removeprefix("www.")
        if host:
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
            tagged[host_of(url)].add("utm_" in url)
    for host, seen in tagged.items():
        if len(seen) > 1:
            yield mail.page.hit(f"some links to {host} are tagged, some are not")
