"""How a reader leaves, and what the law wants said."""

from __future__ import annotations

import re
from collections.abc import Iterator
from urllib.parse import urlsplit

from digest.lint.checks.urls import host_of, is_local
from digest.lint.findings import Hit, Where
from digest.lint.mail import Mail
from digest.lint.rules import ERROR, INFO, WARNING, header_rule, rule, told_rule

#: How newsletters call the link by which one leaves, where its address is not known.
_LEAVE = re.compile(
    r"(?i)unsubscri|opt.?out|désabonn|desabonn|désinscri|desinscri|abmeld|abbestell|"
    r"darse de baja|cancelar|disiscri|afmeld|uitschrij|отписа|відписа|إلغاء|الاشتراك|"
    r"לבטל|退订|配信停止|/u/"
)


@header_rule(
    "list-unsubscribe-missing",
    ERROR,
    fix="Give every mail List-Unsubscribe with an https address.",
    bad="List-Unsubscribe:",
    good="List-Unsubscribe: <https://news.example/u/abc>",
)
def list_unsubscribe_missing(mail: Mail) -> Iterator[Hit]:
    """Gmail and Yahoo require it of everybody who sends much; without it readers press
    “spam” instead."""
    if not mail.first("List-Unsubscribe").strip():
        yield mail.header_hit("List-Unsubscribe is missing", "List-Unsubscribe")


@header_rule(
    "list-unsubscribe-broken",
    ERROR,
    fix="Write <https://…> first, then <mailto:…>, without percent signs.",
    bad="List-Unsubscribe: <http://news.example/u?e=%41bc>",
    good="List-Unsubscribe: <https://news.example/u/abc>",
)
def list_unsubscribe_broken(mail: Mail) -> Iterator[Hit]:
    """Only an https address in angle brackets is clicked for the reader; a percent sign
    looks like a hole in a template to filters (RFC 2369 §3.2)."""
    value = " ".join(mail.first("List-Unsubscribe").split())
    if value and "=?" not in value:
        link = r"<(?:https://|mailto:)[^<>\s%]+>"
        if not re.fullmatch(rf"<https://[^<>\s%]+>(?:, ?{link})*", value):
            yield mail.header_hit(f"it is {value[:80]!r}", "List-Unsubscribe")


@header_rule(
    "list-unsubscribe-post",
    ERROR,
    fix="Write exactly List-Unsubscribe-Post: List-Unsubscribe=One-Click",
    bad="List-Unsubscribe-Post: One-Click",
    good="List-Unsubscribe-Post: List-Unsubscribe=One-Click",
)
def list_unsubscribe_post(mail: Mail) -> Iterator[Hit]:
    """Without this very line there is no one-click button (RFC 8058 §3.1)."""
    if "https:" not in mail.first("List-Unsubscribe"):
        return
    if mail.first("List-Unsubscribe-Post") != "List-Unsubscribe=One-Click":
        what = f"it is {mail.first('List-Unsubscribe-Post')!r}"
        yield mail.header_hit(what, "List-Unsubscribe-Post")


@header_rule(
    "list-id-missing",
    WARNING,
    fix="Name the newsletter: List-Id: The News <daily.news.example>.",
    bad="List-Id: daily",
    good="List-Id: The News <daily.news.example>",
)
def list_id_missing(mail: Mail) -> Iterator[Hit]:
    """It is how readers and filters tell one newsletter from another (RFC 2919)."""
    if not re.search(r"<[\w-]+(?:\.[\w-]+)+>\s*\Z", mail.first("List-Id")):
        yield mail.header_hit("List-Id is missing or has no <name.domain>", "List-Id")


@header_rule(
    "bulk-mark-missing",
    INFO,
    fix="Add Auto-Submitted: auto-generated and Precedence: bulk.",
    bad="Auto-Submitted:",
    good="Auto-Submitted: auto-generated",
)
def bulk_mark_missing(mail: Mail) -> Iterator[Hit]:
    """Without these marks every absence notice answers you (RFC 3834 §5)."""
    if not mail.first("Auto-Submitted").strip():
        yield mail.header_hit("Auto-Submitted is missing", "Auto-Submitted")


@header_rule(
    "list-field-token",
    ERROR,
    fix="Let these fields name the generic page, the same for everybody.",
    bad="Archived-At: <https://news.example/u/abcdefghijklmnopqrstuvwxyz234567>",
    good="Archived-At: <https://news.example/archive/daily/2026-11-22>",
)
def list_field_token(mail: Mail) -> Iterator[Hit]:
    """Archives show these fields to everybody; a reader's own link lets others in."""
    secrets = {_secret(url) for url in (mail.unsubscribe_url,)} | {
        _secret(mail.duties.preferences_url)
    }
    for name in ("List-Help", "List-Archive", "Archived-At", "List-Owner"):
        value = mail.first(name)
        if any(secret and secret in value for secret in secrets):
            yield mail.header_hit(f"{name} holds the reader's own token", name)


@told_rule(
    "unsubscribe-missing",
    ERROR,
    fix="Print the reader's unsubscribe link: {{ links.unsubscribe }} in our templates.",
    bad="a page and a text without the unsubscribe link",
    good="a page and a text that both hold it",
)
def unsubscribe_missing(mail: Mail) -> Iterator[Hit]:
    """A mail that cannot be left is against the law of most countries, and reported as
    spam."""
    url = mail.unsubscribe_url
    if url:
        if mail.html is not None and url not in mail.links:
            yield mail.page.hit("the HTML does not link to where one leaves")
        if mail.text is not None and url not in mail.plain:
            yield mail.text_hit("the text does not say where to leave")
    elif not any(
        _LEAVE.search(node.text + " " + node.get("href")) for node in mail.page["a"]
    ):
        yield mail.page.hit("no link looks like a way to leave")


@told_rule(
    "postal-address-missing",
    WARNING,
    fix="Print the site's postal address at the end: {{ site.postal_address }}.",
    bad="a footer without the address of digest.yaml",
    good="a footer that ends in it",
)
def postal_address_missing(mail: Mail) -> Iterator[Hit]:
    """The law of many countries wants it (CAN-SPAM 15 USC 7704, § 5 DDG)."""
    address = "".join(mail.duties.postal_address.split())
    if not address:
        return
    if mail.html is not None and address not in "".join(mail.prose.split()):
        yield mail.page.hit("the HTML has no postal address")
    if mail.text is not None and address not in "".join(mail.plain.split()):
        yield mail.text_hit("the text has no postal address")


@told_rule(
    "preferences-link-missing",
    WARNING,
    fix="Link to the reader's own page of topics.",
    bad="a page without the link to the reader's topics",
    good="a page that holds it",
)
def preferences_link_missing(mail: Mail) -> Iterator[Hit]:
    """Who cannot ask for less asks for nothing at all."""
    url = mail.duties.preferences_url
    if url and url not in mail.links:
        yield mail.page.hit("no link leads to the reader's topics")


@told_rule(
    "web-version-missing",
    INFO,
    fix="Link to the issue on the web.",
    bad="a page without the link to its web copy",
    good="a page that holds it",
)
def web_version_missing(mail: Mail) -> Iterator[Hit]:
    """Where a mail program spoils the page, the reader has nowhere to go."""
    url = mail.duties.web_url
    if url and url not in mail.links:
        yield mail.page.hit("no link leads to the web copy")


@told_rule(
    "other-readers-link",
    ERROR,
    fix="Report this: a mail must hold its own reader's links alone.",
    bad="a mail with two readers' unsubscribe links",
    good="a mail with its own reader's link",
)
def other_readers_link(mail: Mail) -> Iterator[Hit]:
    """Whoever clicks another reader's link changes what the other gets."""
    url = mail.duties.unsubscribe_url
    if not url:
        return
    folder = url.rpartition("/")[0] + "/"
    for node in mail.page["a"]:
        href = node.get("href")
        if href.startswith(folder) and href != url:
            yield node.hit("an unsubscribe link that is not this reader's")
    for found in re.finditer(re.escape(folder) + r"[\w-]+", mail.text or ""):
        if found[0] != url:
            yield Hit(what="an unsubscribe link of another reader", where=Where.TEXT)


@rule(
    "unsubscribe-insecure",
    WARNING,
    fix="Use https for the way to leave.",
    bad='<p><a href="http://news.example/unsubscribe">Unsubscribe</a></p>',
    good='<p><a href="https://news.example/unsubscribe">Unsubscribe</a></p>',
)
def unsubscribe_insecure(mail: Mail) -> Iterator[Hit]:
    """Over http anybody on the way reads the reader's token and can use it."""
    for node in mail.page["a"]:
        href = node.get("href")
        if href.startswith("http:") and (
            _LEAVE.search(node.text) or href == mail.unsubscribe_url
        ):
            yield node.hit(f"the way to leave is {href[:60]}")


@told_rule(
    "unsubscribe-local",
    ERROR,
    fix="Correct site.url in digest.yaml: it is where readers reach you.",
    bad="an unsubscribe link at http://localhost:8000",
    good="an unsubscribe link at the site's public address",
)
def unsubscribe_local(mail: Mail) -> Iterator[Hit]:
    """Readers cannot reach a server on your own machine or network, so they cannot
    leave."""
    url = mail.unsubscribe_url
    if url and is_local(host_of(url)):
        yield mail.page.hit(f"{url[:60]!r} is not on the public Internet")


def _secret(url: str) -> str:
    last = urlsplit(url).path.rpartition("/")[2]
    return last if len(last) >= 16 else ""  # noqa: PLR2004 shorter is a word
