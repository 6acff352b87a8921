"""The text part: a mail of its own, with the same stories and links."""

from __future__ import annotations

import re
from collections.abc import Iterator
from unicodedata import east_asian_width

from digest.lint.findings import Hit
from digest.lint.mail import Mail, words
from digest.lint.rules import ERROR, INFO, WARNING, both_rule, mail_rule, text_rule

_FEWEST = 0.25  # of the HTML's words
_SHARED = 0.4  # of the words of both
_WIDEST = 78
_FEW_WORDS = 20
_ENTITY = re.compile(r"&(?:nbsp|amp|lt|gt|quot|zwnj|shy|#\d{2,5}|#x[0-9a-fA-F]+);")
_TAG = re.compile(
    r"</?(?:p|div|span|table|td|tr|br|img|h[1-6]|strong|style)(?:\s[^<>]*)?/?>"
)


@mail_rule(
    "text-missing",
    ERROR,
    fix="Send a text part with the same stories, before the HTML.",
    bad="a mail of HTML alone",
    good="a mail of text and HTML",
)
def text_missing(mail: Mail) -> Iterator[Hit]:
    """Watches, screen readers and text-only readers get nothing, and filters count it."""
    if mail.text is None or not mail.text.strip():
        yield mail.header_hit("there is no text part, or an empty one", "Content-Type")


@mail_rule(
    "text-order",
    ERROR,
    fix="Put the text before the HTML.",
    bad="multipart/alternative of HTML, then text",
    good="multipart/alternative of text, then HTML",
)
def text_order(mail: Mail) -> Iterator[Hit]:
    """Mail programs show the last part they can: the HTML would never be seen
    (RFC 2046 §5.1.4)."""
    kinds = [part.kind for part in mail.parts]
    both = "text/plain" in kinds and "text/html" in kinds
    if both and kinds.index("text/html") < kinds.index("text/plain"):
        yield mail.header_hit("the HTML comes before the text", "Content-Type")


@both_rule(
    "text-thin",
    WARNING,
    fix="Write the stories into the text, too, not only a link to them.",
    bad="a text of one sentence beside a page of 300 words",
    good="a text with the words of the page",
)
def text_thin(mail: Mail) -> Iterator[Hit]:
    """A stub beside a full page counts as spam, and its readers get nothing."""
    told, there = len(mail.plain.split()), mail.word_count
    if there > _FEW_WORDS and told < _FEWEST * there:
        yield mail.text_hit(f"{told} words, the HTML has {there}")


@both_rule(
    "text-drift",
    WARNING,
    fix="Make both parts of the same stories.",
    bad="a text about other things than the page",
    good="a text about what is on the page",
)
def text_drift(mail: Mail) -> Iterator[Hit]:
    """Parts that differ look like an attempt to fool a filter."""
    told, there = set(mail.plain.split()), set(mail.prose.split())
    both = words(told & there)  # nearly all, so they are taken apart once
    one, other = both | words(told - there), both | words(there - told)
    if min(len(one), len(other)) < _FEW_WORDS:
        return
    shared = len(one & other) / min(len(one), len(other))
    if shared < _SHARED:
        yield mail.text_hit(f"only {shared:.0%} of its words are on the page")


@both_rule(
    "text-links",
    WARNING,
    fix="Write every link of the page into the text, on a line of its own.",
    bad="a text without the link of a story on the page",
    good="a text with every link of the page",
)
def text_links(mail: Mail) -> Iterator[Hit]:
    """Who reads the text cannot get to what the page links to."""
    there = mail.text_links
    missing = {
        link
        for link in mail.links
        if link.startswith(("https://", "http://")) and link not in there
    }
    missing = {
        link
        for link in missing
        if link not in mail.plain
        or not re.search(re.escape(link) + r"(?![\w/?=&%#-])", mail.plain)
    }
    for link in sorted(missing)[:5]:
        yield mail.text_hit(f"lacks {link[:80]}")
    if len(missing) > 5:  # noqa: PLR2004 enough to see what is meant
        yield mail.text_hit(f"lacks {len(missing) - 5} more links of the page")


@text_rule(
    "text-width",
    INFO,
    fix="Break lines at 72 columns, but never inside an address.",
    bad="A line " + "of the text part that goes on and on " * 4,
    good="A line of the text part that fits.",
)
def text_width(mail: Mail) -> Iterator[Hit]:
    """Old programs and replies do not break lines; 72 columns are read everywhere."""
    offset = 0
    for line in mail.plain.split("\n"):
        wide = len(line)
        if wide > _WIDEST // 2 and not line.isascii():
            wide += sum(east_asian_width(letter) in "WF" for letter in line)
        if wide > _WIDEST and "://" not in line and " " in line.strip():
            yield mail.text_hit(f"a line of {wide} columns", offset)
        offset += len(line) + 1


@text_rule(
    "text-entities",
    WARNING,
    fix="Turn off HTML escaping in the text template.",
    bad="Fish &amp; chips&nbsp;tonight",
    good="Fish & chips tonight",
)
def text_entities(mail: Mail) -> Iterator[Hit]:
    """In a text part an entity is read as it stands."""
    for found in _ENTITY.finditer(mail.plain):
        yield mail.text_hit(f"{found[0]} stands in the text", found.start())


@text_rule(
    "text-markup",
    WARNING,
    fix="Print text, not HTML, in the text template.",
    bad="<p>The ferry is back.</p>",
    good="The ferry is back.",
)
def text_markup(mail: Mail) -> Iterator[Hit]:
    """In a text part tags are read as they stand."""
    for found in _TAG.finditer(mail.plain):
        yield mail.text_hit(f"{found[0][:40]} stands in the text", found.start())


@text_rule(
    "text-signature",
    WARNING,
    fix="Part the footer by another line, such as `* * *`.",
    bad="News.\n-- \nUnsubscribe: https://news.example/u/abc",
    good="News.\n\n* * *\n\nUnsubscribe: https://news.example/u/abc",
)
def text_signature(mail: Mail) -> Iterator[Hit]:
    """Mail programs fold away what stands under `-- `, here the way to leave."""
    found = (
        re.search(r"^-- $", mail.plain, re.MULTILINE) if "-- " in mail.plain else None
    )
    if found:
        yield mail.text_hit("a signature mark hides the rest", found.start())


@text_rule(
    "text-turned-link",
    WARNING,
    fix="Put a mark (U+200E) after the address instead, or nothing.",
    bad="\u202ehttps://news.example/a",
    good="https://news.example/a",
)
def text_turned_link(mail: Mail) -> Iterator[Hit]:
    """A mark that turns text around shows another address than it opens."""
    offset = 0
    for line in mail.plain.split("\n"):
        url = "://" in line and not line.isascii()
        if url and re.search("[\u2028-\u202e\u2066-\u2069]", line):
            yield mail.text_hit("an address on a line that is turned around", offset)
        offset += len(line) + 1
