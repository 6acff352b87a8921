"""How large a mail is, and how it is encoded."""

from __future__ import annotations

import re
from collections.abc import Iterator

from digest.lint.findings import Hit, Where
from digest.lint.mail import Mail
from digest.lint.rules import ERROR, INFO, WARNING, mail_rule, rule, told_rule

_CLIP, _NEAR = 102_000, 90_000  # octets of HTML; Gmail cuts at 102,400
_KEPT, _MUCH_KEPT = 16_384, 12_000  # characters of style sheets
_ENCODED_LINE = 76
_CONTROL = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f]")
_CONTROL_OCTETS = bytes([*range(0x09), *range(0x0B, 0x20), 0x7F])
_HIGH_CONTROL = re.compile(rb"\xc2[\x80-\x9f]")  # U+0080 to U+009F in UTF-8


def _octets(mail: Mail) -> int:
    """Return the size of the HTML as it is read, and as it leaves, the larger."""
    sizes = [len(mail.octets)]
    sizes += [len(p.raw) for p in mail.parts if p.kind == "text/html"]
    return max(sizes)


@told_rule(
    "size-gmail-clip",
    ERROR,
    fix="Show fewer or shorter articles; our own templates are shortened by themselves.",
    bad="a page of 110,000 bytes",
    good="a page of 60,000 bytes",
)
def size_gmail_clip(mail: Mail) -> Iterator[Hit]:
    """Gmail cuts a mail's HTML at 102 kB, and with it the way to leave."""
    if (size := _octets(mail)) > _CLIP:
        yield mail.page.hit(f"{size:,} bytes of HTML")


@told_rule(
    "size-near-clip",
    INFO,
    fix="Leave room: one more article and Gmail cuts the mail.",
    bad="a page of 95,000 bytes",
    good="a page of 60,000 bytes",
)
def size_near_clip(mail: Mail) -> Iterator[Hit]:
    """Gmail cuts a mail's HTML at 102 kB."""
    if _NEAR < (size := _octets(mail)) <= _CLIP:
        yield mail.page.hit(f"{size:,} bytes of HTML")


@mail_rule(
    "charset-not-utf8",
    ERROR,
    fix="Write both parts in UTF-8 and say so in Content-Type.",
    bad="a part that says charset=iso-8859-1",
    good="a part that says charset=utf-8",
)
def charset_not_utf8(mail: Mail) -> Iterator[Hit]:
    """Gmail cuts short mails in other charsets, too, and half of the letters of other
    languages cannot be written in them."""
    for part in mail.parts:
        ascii_only = part.charset in ("us-ascii", "") and part.text.isascii()
        if part.kind.startswith("text/") and part.charset != "utf-8" and not ascii_only:
            where = Where.HTML if part.kind == "text/html" else Where.TEXT
            yield Hit(what=f"charset {part.charset or 'not said'}", where=where)


@rule(
    "control-characters",
    ERROR,
    fix="Take control characters out; a U+0092 was meant to be an apostrophe.",
    bad="<p>It\x92s late</p>",
    good="<p>It’s late</p>",
)
def control_characters(mail: Mail) -> Iterator[Hit]:
    """They are shown as boxes, and one such as U+0092 makes Gmail cut a short mail."""
    if found := _control(mail.page.source, mail.octets):
        yield mail.page.hit(f"U+{ord(found[0]):04X}", found.start())
    text = mail.text or ""
    if found := _control(text, text.encode("utf-8", "replace")):
        yield mail.text_hit(f"U+{ord(found[0]):04X}", found.start())


def _control(text: str, octets: bytes) -> re.Match[str] | None:
    """Return the first control character; `octets` are the text, quicker to look at."""
    told = len(octets.translate(None, _CONTROL_OCTETS)) < len(octets)
    return _CONTROL.search(text) if told or _HIGH_CONTROL.search(octets) else None


@told_rule(
    "style-16k",
    ERROR,
    fix="Keep only media queries and dark rules in <style>; inline the rest.",
    bad="20,000 characters of style sheets",
    good="3,000 characters of style sheets",
)
def style_16k(mail: Mail) -> Iterator[Hit]:
    """Gmail drops all style sheets of a mail that has more than 16 kB of them."""
    if (size := len(mail.page.css)) > _KEPT:
        yield mail.page.hit(f"{size:,} characters of style sheets")


@told_rule(
    "style-large",
    WARNING,
    fix="Keep only media queries and dark rules in <style>; inline the rest.",
    bad="14,000 characters of style sheets",
    good="3,000 characters of style sheets",
)
def style_large(mail: Mail) -> Iterator[Hit]:
    """Gmail drops all style sheets of a mail that has more than 16 kB of them."""
    if _MUCH_KEPT < (size := len(mail.page.css)) <= _KEPT:
        yield mail.page.hit(f"{size:,} characters of style sheets")


@mail_rule(
    "encoded-line-length",
    WARNING,
    fix="Encode with lines of 76 characters.",
    bad="a base64 part in a single line",
    good="a base64 part in lines of 76 characters",
)
def encoded_line_length(mail: Mail) -> Iterator[Hit]:
    """Longer lines in a part are against RFC 2045 §6.7 and count as spam."""
    for part in mail.parts:
        if part.encoding in ("base64", "quoted-printable"):
            longest = max(map(len, part.raw.splitlines()), default=0)
            if longest > _ENCODED_LINE:
                what = f"{part.kind}: an encoded line of {longest} characters"
                yield Hit(what=what, where=Where.MAIL)


@mail_rule(
    "base64-ascii",
    WARNING,
    fix="Encode it as quoted-printable.",
    bad="an English text in base64",
    good="an English text in quoted-printable",
)
def base64_ascii(mail: Mail) -> Iterator[Hit]:
    """Plain English in base64 looks like something to hide; filters count it."""
    for part in mail.parts:
        text = part.kind.startswith("text/") and part.encoding == "base64"
        if text and part.text.strip() and part.text.isascii():
            yield Hit(what=f"{part.kind} is ASCII in base64", where=Where.MAIL)


@mail_rule(
    "boundary-in-part",
    ERROR,
    fix="Choose a boundary that stands in no part, such as one that begins with =_.",
    bad="a boundary that is also a line of the text",
    good="a boundary that no part holds",
)
def boundary_in_part(mail: Mail) -> Iterator[Hit]:
    """The mail is cut in the middle of its text (RFC 2046 §5.1.1)."""
    boundary = mail.boundary.encode()
    if boundary and any(boundary in part.raw for part in mail.parts):
        yield mail.header_hit("the boundary stands in a part", "Content-Type")
    elif re.fullmatch(rb"-*\d+", boundary):
        what = "the boundary is dashes and digits, as spam has it"
        yield mail.header_hit(what, "Content-Type")


@rule(
    "cid-missing",
    ERROR,
    fix="Attach the picture with that Content-ID, or link a hosted one.",
    bad='<img src="cid:logo" alt="The News" width="100" height="40">',
    good='<img src="https://news.example/logo.png" alt="The News" width="100" height="40">',
)
def cid_missing(mail: Mail) -> Iterator[Hit]:
    """A picture that is named and not attached is a broken picture everywhere."""
    names = {part.name for part in mail.parts}
    for node in mail.page["img"]:
        source = node.get("src")
        if source.startswith("cid:") and source[4:] not in names:
            yield node.hit(f"{source} is not attached")
