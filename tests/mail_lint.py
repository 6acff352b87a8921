"""What the best mail engineers would look at before a mail leaves, as code.

`lint` reads the final bytes of one message, with the standard library and nothing
of ours, and says in one sentence each what a mail server, a mail program or a filter
would hold against it.
"""

from __future__ import annotations

import email
import re
from collections import Counter, defaultdict
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from email import policy
from email.header import decode_header
from email.utils import parseaddr, parsedate_to_datetime
from html.parser import HTMLParser

#: The order of the fields, which is that of the standards' model message.
ORDER = (
    "DKIM-Signature",
    *("From", "To", "Reply-To", "Subject", "Date", "Message-ID", "List-Id"),
    *("List-Unsubscribe", "List-Unsubscribe-Post", "List-Help", "List-Archive"),
    *("List-Post", "List-Owner", "Archived-At", "Feedback-ID", "Precedence"),
    *("Auto-Submitted", "X-Auto-Response-Suppress", "MIME-Version", "Content-Type"),
    "Content-Transfer-Encoding",
)
#: Those that a signature covers; each must be there to be covered.
SIGNED = frozenset(ORDER[1:]) - {"Reply-To", "Content-Transfer-Encoding"}
WITH_PHRASE = {"From", "Reply-To", "Subject", "List-Id"}  #: may hold encoded words

LARGEST_HTML = 102_400  #: octets, as Gmail counts before it cuts
LARGEST_MAIL = 200_000
TINIEST_PICTURE = 3  #: pixels; a smaller one counts readers
VOID = {"br", "hr", "img", "meta", "link", "input", "col"}
SHORTENERS = re.compile(r"//(?:bit\.ly|t\.co|tinyurl\.com|goo\.gl|ow\.ly)/")
UNRESOLVED = re.compile(r"\{\{|\}\}|\{%|%\}|\$\{|%%[A-Z_]+%%")
CONTROL = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f]")
TURNING = re.compile("[\u2028-\u202e\u2066-\u2069]")  #: and what ends a line for some
ADDRESS = re.compile(r"(?i)https?://[^\s<>\"]+")
ENCODED_WORD = re.compile(r"=\?[^?]*\?[BbQq]\?[^?]*\?=")
TOKEN = re.compile(r"(?<![a-z0-9])[a-z2-7]{32}(?![a-z0-9])")
WRONG_OCTETS = (
    (re.compile(rb"(?<!\r)\n|\r(?!\n)"), "a CR or LF that is no line end"),
    (re.compile(rb"\0"), "a NUL"),
    (re.compile(rb"^\.", re.MULTILINE), "a line that begins with a dot: sent as it is"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """One part of a body, as sent and as read."""

    kind: str
    raw: bytes
    text: str


@dataclass(slots=True)
class Seen:
    """What a mail program finds in a page."""

    links: list[str] = field(default_factory=list)
    pictures: list[dict[str, str]] = field(default_factory=list)
    words: list[str] = field(default_factory=list)
    hidden: list[str] = field(default_factory=list)
    forbidden: list[str] = field(default_factory=list)
    unbalanced: list[str] = field(default_factory=list)


class Reader(HTMLParser):
    """Reads a page as a mail program does: comments are not there."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.seen = Seen()
        self.open: list[tuple[str, bool]] = []  # the element; whether it is hidden

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = {name: value or "" for name, value in attrs}
        if tag in {"script", "form", "iframe", "object", "embed", "input", "base"}:
            self.seen.forbidden.append(f"<{tag}>")
        for name, value in found.items():
            if name.startswith("on") or re.match(r"\s*(?:java|vb)script:", value):
                self.seen.forbidden.append(f"{tag} {name}={value[:40]!r}")
            if name in {"href", "src", "background", "action", "srcset"}:
                self.seen.links.append(value)
        if tag == "img":
            self.seen.pictures.append(found)
        if tag not in VOID:
            self.open.append((tag, self.hides(found.get("style", ""))))

    def hides(self, style: str) -> bool:
        """Whether an element's text cannot be seen."""
        style = style.replace(" ", "").lower()
        if "display:none" in style or "visibility:hidden" in style:
            return True
        if "font-size:" in style:
            return "font-size:0" in style
        return bool(self.open) and self.open[-1][1]

    def handle_endtag(self, tag: str) -> None:
        if not self.open or self.open[-1][0] != tag:
            self.seen.unbalanced.append(tag)
        if self.open:
            self.open.pop()

    def handle_data(self, data: str) -> None:
        inside = {tag for tag, _ in self.open}
        if inside & {"style", "title"} or not data.strip(" \n\u00a0"):
            return
        self.seen.words.append(data)
        if self.open and self.open[-1][1]:
            self.seen.hidden.append(data)


def page(html: str) -> Seen:
    """Return what a mail program finds in `html`."""
    reader = Reader()
    reader.feed(html)
    reader.close()
    reader.seen.unbalanced += [tag for tag, _ in reader.open]
    return reader.seen


def fields_of(content: bytes) -> list[tuple[str, str]]:
    """Return the header's fields as they stand there, folds and all."""
    header = content.partition(b"\r\n\r\n")[0].decode("utf-8", "replace")
    named = (text.partition(":") for text in re.split(r"\r\n(?![ \t])", header))
    return [(name, value.removeprefix(" ")) for name, _, value in named]


def parts_of(content: bytes) -> list[Part]:
    """Return the parts of the body, decoded."""
    message = email.message_from_bytes(content, policy=policy.default)
    parts = []
    for part in message.walk():
        if not part.is_multipart():
            raw, read = part.get_payload(), part.get_payload(decode=True)
            assert isinstance(raw, str)
            assert isinstance(read, bytes)
            text = read.decode("utf-8").replace("\r\n", "\n")
            parts.append(
                Part(kind=part.get_content_type(), raw=raw.encode(), text=text)
            )
    return parts


def tokens(content: bytes) -> set[str]:
    """Return everything in a message that could be one reader's secret."""
    texts = [value for _, value in fields_of(content)]
    texts += [part.text for part in parts_of(content)]
    return {token for text in texts for token in TOKEN.findall(text)}


def lint(
    content: bytes,
    *,
    recipient: str,
    unsubscribe_url: str,
    postal_address: str,
    insecure: Collection[str] = (),
) -> list[str]:
    """Return what is wrong with a message; `insecure` links are the source's own."""
    fields, parts = fields_of(content), parts_of(content)
    found_in = defaultdict(str, fields)
    return [
        *octets(content, recipient),
        *folding(fields),
        *identity(found_in, recipient),
        *leaving(found_in, unsubscribe_url),
        *structure(content, parts),
        *(found for part in parts for found in part_alone(part)),
        *(
            found
            for part in parts
            for found in duties(part, unsubscribe_url, postal_address)
        ),
        *(
            found
            for part in parts
            if part.kind == "text/html"
            for found in html_part(part, recipient, insecure)
        ),
        *both(parts),
    ]


def octets(content: bytes, recipient: str) -> Iterator[str]:
    for wrong, words in WRONG_OCTETS:
        if wrong.search(content):
            yield words
    if not content.endswith(b"\r\n"):
        yield "the last line does not end"
    header, _, body = content.partition(b"\r\n\r\n")
    allowed = b"" if recipient.isascii() else recipient.encode()
    if not header.replace(allowed, b"").isascii() or not body.isascii():
        yield "an octet beyond ASCII"
    for line in content.split(b"\r\n"):
        if len(line) > 998:
            yield f"a line of {len(line)} octets"
    for line in body.split(b"\r\n"):
        if len(line) > 78 or line.startswith((b".", b"From ")) or line.endswith(b" "):
            yield f"a line that a relay would change: {line[:90]!r}"
    if len(content) > LARGEST_MAIL:
        yield f"{len(content)} octets in all"


def folding(fields: list[tuple[str, str]]) -> Iterator[str]:
    names = [name for name, _ in fields]
    yield from (
        f"{n} stands there {c} times" for n, c in Counter(names).items() if c > 1
    )
    yield from (f"{name} is no field of ours" for name in names if name not in ORDER)
    yield from (f"{name} is missing" for name in SIGNED - set(names))
    if sorted(names, key=lambda n: (*ORDER, n).index(n)) != names:
        yield f"the fields are out of order: {names}"
    for name, value in fields:
        lines = f"{name}: {value}".split("\r\n")
        if not all(line.strip() for line in lines):
            yield f"{name} has an empty line"
        for number, line in enumerate(lines):
            could_fold = " " in (
                value.partition("\r\n")[0] if not number else line.strip()
            )
            if len(line) > 78 and could_fold:
                yield f"{name}: a line of {len(line)} that could be folded"
        yield from encoded_words(name, value)


def encoded_words(name: str, value: str) -> Iterator[str]:
    words = ENCODED_WORD.findall(value)
    if words and name not in WITH_PHRASE:
        yield f"{name} may not hold an encoded word"
    if not words:
        return
    for word in words:
        if len(word) > 75:
            yield f"{name}: an encoded word of {len(word)}"
        [(text, charset)] = decode_header(word)
        try:
            (text if isinstance(text, bytes) else text.encode()).decode(
                charset or "ascii"
            )
        except (UnicodeError, LookupError):
            yield f"{name}: {word} cannot be read alone"
    if any(
        "=?" in line and len(line) > 76 for line in f"{name}: {value}".split("\r\n")
    ):
        yield f"{name}: a line with an encoded word is longer than 76"
    if CONTROL.search(read := shown(value)) or TURNING.search(read):
        yield f"{name}: a control character: {read!r}"


def shown(value: str) -> str:
    """Return an unstructured field as readers see it."""
    unfolded = re.sub(r"\?=\r\n =\?", "?==?", value).replace("\r\n", "")
    return "".join(
        text.decode(charset or "ascii") if isinstance(text, bytes) else text
        for text, charset in decode_header(unfolded.replace("?==?", "?= =?"))
    )


def identity(fields: dict[str, str], recipient: str) -> Iterator[str]:
    sender = parseaddr(fields["From"])
    if not sender[0] or "," in re.sub(r'"[^"]*"', "", fields["From"]):
        yield f"From is not one named mailbox: {fields['From']}"
    if fields["To"] != f"<{recipient}>":
        yield f"To is not the reader alone: {fields['To']}"
    if not re.fullmatch(r"\w{3}, \d\d \w{3} \d{4} [\d:]{8} \+0000", fields["Date"]):
        yield f"Date: {fields['Date']}"
    elif parsedate_to_datetime(fields["Date"]).utcoffset() is None:
        yield "Date has no zone"
    domain = re.escape(sender[1].rpartition("@")[2])
    if not re.fullmatch(rf"<[\w.-]+\.[0-9a-f]{{32}}@{domain}>", fields["Message-ID"]):
        yield f"Message-ID: {fields['Message-ID']}"
    if not shown(fields["Subject"]).strip() or shown(fields["Subject"]).isupper():
        yield "Subject is empty or all in capitals"
    if not re.fullmatch(r"[\w./-]+:[\w-]+:\w+:\w{5,15}", fields["Feedback-ID"]):
        yield f"Feedback-ID: {fields['Feedback-ID']}"
    if fields["MIME-Version"] != "1.0":
        yield "MIME-Version is not 1.0"


def leaving(fields: dict[str, str], url: str) -> Iterator[str]:
    sender = parseaddr(fields["From"])[1]
    token, domain = url.rpartition("/")[2], sender.rpartition("@")[2]
    mailbox = f"<mailto:u+{token}@{domain}?subject=unsubscribe>"
    if fields["List-Unsubscribe"] != f"<{url}>,\r\n {mailbox}":
        yield f"List-Unsubscribe: {fields['List-Unsubscribe']}"
    if not url.startswith("https://") or "%" in url:
        yield f"the address to leave at is {url}"
    if fields["List-Unsubscribe-Post"] != "List-Unsubscribe=One-Click":
        yield "List-Unsubscribe-Post is not as RFC 8058 writes it"
    if not re.search(r"<[a-z0-9_-]+(?:\.[a-z0-9_-]+)+>\Z", fields["List-Id"]):
        yield f"List-Id: {fields['List-Id']}"
    for name in ("List-Help", "List-Archive", "Archived-At", "List-Owner"):
        if not re.fullmatch(r"<(?:https://|mailto:)[!-~]+>", fields[name]):
            yield f"{name}: {fields[name]}"
        if TOKEN.search(fields[name]):
            yield f"{name} gives a reader's token away"


def structure(content: bytes, parts: list[Part]) -> Iterator[str]:
    message = email.message_from_bytes(content, policy=policy.default)
    for part in message.walk():
        yield from (f"a defect: {defect!r}" for defect in part.defects)
        if not part.is_multipart() and part.get_content_charset() != "utf-8":
            yield f"a part in {part.get_content_charset()}"
    kinds = [part.kind for part in parts]
    if kinds not in (["text/plain"], ["text/plain", "text/html"]):
        yield f"the parts are {kinds}"
    if message.is_multipart() != (len(parts) == 2):
        yield "a wrapper around a single part"
    boundary = message.get_boundary() or ""
    if boundary and any(boundary in part.text + part.raw.decode() for part in parts):
        yield "the boundary stands in a part"


def part_alone(part: Part) -> Iterator[str]:
    if any(len(line) > 76 for line in part.raw.splitlines()):
        yield f"{part.kind}: an encoded line longer than 76"
    if match := CONTROL.search(part.text):
        around = part.text[max(0, match.start() - 30) : match.end() + 10]
        yield f"{part.kind}: a control character: {around!r}"
    for line in part.text.split("\n"):
        if part.kind == "text/plain" and "://" in line and TURNING.search(line):
            yield f"{part.kind}: a mark that turns an address around: {line!r}"


def duties(part: Part, unsubscribe_url: str, postal_address: str) -> Iterator[str]:
    links, text = {unsubscribe_url}, part.text
    if part.kind == "text/html":
        seen = page(part.text)
        links, text = set(seen.links), "".join(seen.words)
    if unsubscribe_url not in links or unsubscribe_url not in part.text:
        yield f"{part.kind}: does not say where to leave"
    if " ".join(postal_address.split()) not in " ".join(text.split()):
        yield f"{part.kind}: has no postal address"


def html_part(part: Part, recipient: str, insecure: Collection[str]) -> Iterator[str]:
    if len(part.text.encode()) > LARGEST_HTML:
        yield f"HTML of {len(part.text.encode())} octets, which Gmail cuts"
    if not re.match(
        r'<!DOCTYPE html>\n<html lang="[\w-]+" dir="(?:ltr|rtl)"', part.text
    ):
        yield "the page does not say what it is, in which language and direction"
    seen = page(part.text)
    yield from (f"HTML: {what}" for what in seen.forbidden)
    yield from (f"HTML: {text[:60]!r} cannot be seen" for text in seen.hidden)
    yield from (f"HTML: <{tag}> is not balanced" for tag in seen.unbalanced)
    for link in seen.links:
        if not link.startswith(("https://", "mailto:")) and link not in insecure:
            yield f"HTML: a link to {link[:80]!r}"
        if not link.isascii() or re.search(r"\s", link):
            yield f"HTML: a link not in ASCII: {link[:80]!r}"
        if recipient.casefold() in link.casefold():
            yield "HTML: the reader's address stands in a link"
        if SHORTENERS.search(link):
            yield f"HTML: a shortened link: {link}"
    yield from (f for picture in seen.pictures for f in picture_alone(picture))


def picture_alone(picture: dict[str, str]) -> Iterator[str]:
    source = picture.get("src", "")
    if not picture.get("alt", "").strip():
        yield f"HTML: a picture without words: {source}"
    if TOKEN.search(source):
        yield f"HTML: a picture that tells who opens it: {source}"
    for side in ("width", "height"):
        pixels = picture.get(side, "")
        if (side == "width" or pixels) and not pixels.isdecimal():
            yield f"HTML: {side} of {source} is {pixels!r}, which Outlook ignores"
        elif pixels and int(pixels) < TINIEST_PICTURE:
            yield f"HTML: a pixel: {source}"


def both(parts: list[Part]) -> Iterator[str]:
    """Say where the text and the HTML are not the same mail."""
    if len(parts) != 2:
        return
    plain, seen = parts[0].text, page(parts[1].text)
    told, shown_words = len(plain.split()), len(" ".join(seen.words).split())
    if told * 4 < shown_words:
        yield f"the text has {told} words, the HTML {shown_words}"
    pictures = {picture.get("src") for picture in seen.pictures}
    for link in sorted(set(seen.links) - pictures):
        address = link.removeprefix("mailto:")
        if not re.search(re.escape(address) + r"(?![\w/?=&%-])", plain):
            yield f"the text lacks the link {link}"


def unresolved(content: bytes) -> list[str]:
    """Return what looks like a hole nobody filled, in the subject and in all parts."""
    texts = [shown(dict(fields_of(content))["Subject"])]
    texts += [part.text for part in parts_of(content)]
    return [found for text in texts for found in UNRESOLVED.findall(text)]
