"""Mails for the linter's rules: one clean mail, and what a rule's example does to it."""

from __future__ import annotations

import base64
import quopri
import re
from collections.abc import Callable
from dataclasses import replace

from digest.lint import Duties, Mail, Rule
from digest.lint.rules import Needs, Shows

LEAVE = "https://news.example/u/abcdefghijklmnopqrstuvwx"
TOPICS = "https://news.example/p/abcdefghijklmnopqrstuvwx"
COPY = "https://news.example/archive/daily/1"
ADDRESS = "The News, 1 Harbour Street, 13002 Marseille"
READER = "ana@readers.example"
SECRETS = Duties(
    recipient=READER,
    unsubscribe_url=LEAVE,
    preferences_url=TOPICS,
    web_url=COPY,
    postal_address=ADDRESS,
    language="en",
    domain="news.org",
)

HEADER = {
    "From": "The News <desk@news.example>",
    "To": f"<{READER}>",
    "Subject": "Lisbon keeps its night trains",
    "Date": "Sun, 22 Nov 2026 08:00:00 +0000",
    "Message-ID": "<daily.84a07a273843f46a@news.example>",
    "List-Id": "The News <daily.news.example>",
    "List-Unsubscribe": f"<{LEAVE}>,\r\n <mailto:u@news.example?subject=unsubscribe>",
    "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
    "List-Help": "<https://news.example/help>",
    "Archived-At": f"<{COPY}>",
    "Auto-Submitted": "auto-generated",
    "MIME-Version": "1.0",
}
STORY = (
    "The government in Lisbon said on Sunday that the sleeping cars to Madrid and "
    "Hendaye will stay. Passenger numbers have doubled since spring."
)
FOOT = (
    f'<p>Sent to {READER}. <a href="{LEAVE}">Unsubscribe</a> '
    f'<a href="{TOPICS}">Change your topics</a> <a href="{COPY}">See it on the web</a></p>'
    f"<p>{ADDRESS}</p>"
)
TEXT = f"""THE NEWS
========

The government in Lisbon said on Sunday that the sleeping cars to
Madrid and Hendaye will stay. Passenger numbers have doubled since
spring.

Sent to {READER}.
Unsubscribe:
{LEAVE}
Change your topics:
{TOPICS}
See it on the web:
{COPY}

{ADDRESS}
"""
CSS = "p { margin: 0 }"
HEAD = '<meta name="color-scheme" content="light dark">'
BODY = f'<h1>The News</h1><p class="ink" style="color:#16191f">{STORY}</p>'
CARD = (
    '<div class="card" style="background-color:#ffffff"><p class="ink" '
    'style="color:#16191f">Also: the ferry is back.</p></div>'
)


def page(
    body: str = BODY, *, head: str = HEAD, css: str = CSS, foot: str = FOOT
) -> str:
    """Return a clean page around these pieces."""
    return f"""<!DOCTYPE html>
<html lang="en" dir="ltr">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
{head}
<title>Lisbon keeps its night trains</title>
<style>
{css}
</style>
</head>
<body style="background-color:#f4f2ee;color:#16191f">
<div role="article" aria-label="The News" lang="en" dir="ltr">
{body}
{foot}
</div>
</body>
</html>
"""


def message(
    html: str | None = None,
    *,
    text: str | None = TEXT,
    header: str = "",
    charset: str = "utf-8",
    encoding: str = "quoted-printable",
    html_first: bool = False,
    boundary: str = "=_d84a07a273843f46a",
) -> bytes:
    """Return a message of both parts; `header` replaces the fields it names."""
    html = page() if html is None else html
    fields = dict(HEADER)
    for name in re.findall(r"(?m)^([\w-]+):", header):
        fields.pop(name, None)
    lines = [f"{name}: {value}" for name, value in fields.items()]
    lines += [header] if header else []
    lines.append(f'Content-Type: multipart/alternative; boundary="{boundary}"')
    parts = [("text/plain", text)] if text is not None else []
    parts = (
        [("text/html", html), *parts] if html_first else [*parts, ("text/html", html)]
    )
    body = ""
    for kind, content in parts:
        body += (
            f"--{boundary}\r\nContent-Type: {kind}; charset={charset}\r\n"
            f"Content-Transfer-Encoding: {encoding}\r\n\r\n"
            f"{_encoded(content or '', charset, encoding)}\r\n"
        )
    whole = "\r\n".join(lines) + f"\r\n\r\n{body}--{boundary}--\r\n"
    return whole.encode()


def _encoded(text: str, charset: str, encoding: str) -> str:
    octets = text.replace("\n", "\r\n").encode(charset)
    if encoding == "base64":
        return base64.encodebytes(octets).decode().strip().replace("\n", "\r\n")
    lines = octets.split(b"\r\n")
    return "\r\n".join(
        quopri.encodestring(line).decode().replace("\n", "\r\n") for line in lines
    )


def read(content: bytes, duties: Duties = SECRETS) -> Mail:
    return Mail.read(content, duties=duties)


def of(html: str) -> Mail:
    return read(message(html))


def example(rule: Rule, text: str) -> Mail:
    """Return a clean mail with a rule's example in its place."""
    if rule.shows is Shows.WORDS:
        return DESCRIBED[rule.id][text == rule.good]()
    if rule.shows is Shows.HEADER:
        return read(message(header=text))
    if rule.shows is Shows.TEXT:
        return read(message(text=text))
    return of(_around(rule, text))


def _around(rule: Rule, text: str) -> str:
    if rule.shows is Shows.HEAD:
        return page(head=HEAD + text)
    if rule.shows is Shows.CSS:
        return page(BODY + CARD, css=text)
    if rule.shows is Shows.BODY:
        return page(text, foot="" if rule.id == "url-example" else FOOT)
    if "<html" in text:
        return text
    return re.sub(r"(?s)<body[^>]*>.*</body>", text + "</body>", page(), count=1)


def _long(number: int) -> str:
    return page("<p>" + "The train is late again. " * (number // 25) + "</p>")


def _mangled(old: bytes, new: bytes) -> Mail:
    content = message()
    assert old in content
    return read(content.replace(old, new, 1))


#: Of rules whose examples are described: a bad mail and a good one.
DESCRIBED: dict[str, tuple[Callable[[], Mail], Callable[[], Mail]]] = {
    "line-ends": (lambda: _mangled(b"\r\n", b"\n"), lambda: of(page())),
    "eight-bit": (lambda: _mangled(b"THE NEWS", "THÉ".encode()), lambda: of(page())),
    "line-length": (
        lambda: _mangled(b"THE NEWS", b"x" * 1200),
        lambda: of(page()),
    ),
    "mail-large": (lambda: of(_long(260_000)), lambda: of(_long(60_000))),
    "unsubscribe-missing": (lambda: of(page(foot="")), lambda: of(page())),
    "unsubscribe-local": (
        lambda: read(
            message(page(foot=FOOT.replace("news.example", "localhost:8000"))),
            replace(SECRETS, unsubscribe_url=LEAVE.replace("news.example", "localhost")),
        ),
        lambda: of(page()),
    ),
    "postal-address-missing": (lambda: of(page(foot="")), lambda: of(page())),
    "preferences-link-missing": (lambda: of(page(foot="")), lambda: of(page())),
    "web-version-missing": (lambda: of(page(foot="")), lambda: of(page())),
    "why-missing": (lambda: of(page(foot="")), lambda: of(page())),
    "other-readers-link": (
        lambda: of(page(BODY + '<a href="https://news.example/u/zzz">Bo</a>')),
        lambda: of(page()),
    ),
    "preheader-short": (lambda: of(page("<p>News</p>", foot="")), lambda: of(page())),
    "preheader-repeats-subject": (
        lambda: of(page("<p>Lisbon keeps its night trains!</p>" + BODY)),
        lambda: of(page()),
    ),
    "text-missing": (
        lambda: read(message(text=None)),
        lambda: of(page()),
    ),
    "text-order": (lambda: read(message(html_first=True)), lambda: of(page())),
    "text-thin": (
        lambda: read(message(_long(2000), text=f"Read it: {COPY}\n")),
        lambda: of(page()),
    ),
    "text-drift": (
        lambda: read(message(text="Cheap watches, gold and silver, for sale. " * 6
                             + "Completely other words stand here: apple banana cherry "
                             "date elder fig grape hazel iris juniper kale lemon mango "
                             "nutmeg olive pear quince raisin")),
        lambda: of(page()),
    ),
    "text-links": (
        lambda: of(page(BODY + '<a href="https://news.example/a">A story</a>')),
        lambda: of(page()),
    ),
    "size-gmail-clip": (lambda: of(_long(110_000)), lambda: of(_long(60_000))),
    "size-near-clip": (lambda: of(_long(92_000)), lambda: of(_long(60_000))),
    "charset-not-utf8": (
        lambda: read(message(page("<p>Café</p>"), charset="iso-8859-1")),
        lambda: of(page("<p>Café</p>")),
    ),
    "style-16k": (
        lambda: of(page(css="p { margin: 0 }\n" * 1200)),
        lambda: of(page(css="p { margin: 0 }\n" * 200)),
    ),
    "style-large": (
        lambda: of(page(css="p { margin: 0 }\n" * 900)),
        lambda: of(page(css="p { margin: 0 }\n" * 200)),
    ),
    "encoded-line-length": (
        lambda: _mangled(b"THE NEWS", b"x" * 120),
        lambda: of(page()),
    ),
    "base64-ascii": (
        lambda: read(message(encoding="base64")),
        lambda: of(page()),
    ),
    "boundary-in-part": (
        lambda: read(message(boundary="Marseille")),
        lambda: of(page()),
    ),
    "lang-mismatch": (
        lambda: of(page().replace('<html lang="en"', '<html lang="de"')),
        lambda: of(page()),
    ),
    "title-differs": (
        lambda: of(page().replace("<title>Lisbon keeps its night trains", "<title>Untitled")),
        lambda: of(page()),
    ),
    "image-only": (
        lambda: of('<!DOCTYPE html><html lang="en" dir="ltr"><body>'
                   '<img src="https://news.example/a.png" alt="Everything" width="600">'
                   "<p>Five words are here only</p></body></html>"),
        lambda: of(page(BODY + f"<p>{STORY}</p>" * 3
                        + '<img src="https://news.example/a.png" alt="A" width="600">')),
    ),
    "url-reader-address": (
        lambda: of(page(f'<a href="https://news.example/?r={READER}">A story</a>')),
        lambda: of(page()),
    ),
    "page-empty": (lambda: of(page("", foot="")), lambda: of(page())),
}  # fmt: skip

__all__ = ["DESCRIBED", "Needs", "example", "message", "of", "page", "read"]
