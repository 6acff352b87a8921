"""The message itself: its octets and the fields of its header."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from email.header import decode_header
from email.utils import getaddresses, parsedate_to_datetime
from functools import lru_cache

from digest.lint.findings import Hit, Where
from digest.lint.mail import Field, Mail, shown
from digest.lint.rules import ERROR, INFO, WARNING, header_rule, mail_rule

_UNIQUE = (
    *("From", "Sender", "Reply-To", "To", "Cc", "Subject", "Date", "Message-ID"),
    *("MIME-Version", "Content-Type", "Content-Transfer-Encoding", "List-Id"),
    *("List-Unsubscribe", "List-Unsubscribe-Post", "Feedback-ID"),
)
_NEEDED = ("From", "To", "Date", "Message-ID", "MIME-Version")
_WITH_PHRASE = frozenset({"from", "to", "reply-to", "sender", "subject", "list-id"})
_SIGNED = ("from", "subject", "list-unsubscribe", "list-unsubscribe-post")
_UNWANTED = ("Return-Path", "Bcc", "X-Mailer", "X-Priority")
_ENCODED_WORD = re.compile(r"=\?([^?\s]*)\?([BbQq])\?([^?]*)\?=")
_WRONG_LINE_END = re.compile(rb"(?<!\r)\n|\r(?!\n)|\0")
_HARD_LINE, _SOFT_LINE, _LONGEST_WORD = 998, 78, 75
_LARGEST_MAIL = 200_000


def _octets_hit(mail: Mail, what: str, offset: int) -> Hit:
    line = (mail.content or b"").count(b"\n", 0, offset) + 1
    return Hit(what=what, where=Where.MAIL, line=line)


@mail_rule(
    "line-ends",
    ERROR,
    fix="End every line with CR LF, and leave NUL out.",
    bad="a message with a line that ends in LF alone",
    good="a message whose every line ends in CR LF",
)
def line_ends(mail: Mail) -> Iterator[Hit]:
    """A bare CR or LF is repaired by some servers, which breaks the signature, and
    refused by others, which fear smuggled mail (RFC 5321 §2.3.8)."""
    lines = b" ".join(mail.lines)
    if not any(octet in lines for octet in (b"\n", b"\r", b"\0")):
        return
    if found := _WRONG_LINE_END.search(mail.content or b""):
        yield _octets_hit(mail, "a bare CR, LF or NUL", found.start())


@mail_rule(
    "eight-bit",
    ERROR,
    fix="Encode the text as quoted-printable or base64, and names as encoded words.",
    bad="a message with the raw octets of “é”",
    good="a message in ASCII, with “=C3=A9”",
)
def eight_bit(mail: Mail) -> Iterator[Hit]:
    """A relay that only takes ASCII re-encodes the mail, which breaks its signature;
    Gmail refuses raw letters in a header."""
    content = mail.content or b""
    if mail.duties.recipient and not mail.duties.recipient.isascii():
        content = content.replace(mail.duties.recipient.encode(), b"")
    if not content.isascii():
        found = re.search(rb"[\x80-\xff]", content)
        assert found
        yield _octets_hit(mail, "an octet beyond ASCII", found.start())


@mail_rule(
    "line-length",
    ERROR,
    fix="Break the line, or encode the part so that its lines have 76 characters.",
    bad="a message with a line of 1,200 octets",
    good="a message whose lines have at most 78 octets",
)
def line_length(mail: Mail) -> Iterator[Hit]:
    """No server need take a line of more than 998 octets; one that cuts it breaks the
    signature (RFC 5322 §2.1.1)."""
    if max(map(len, mail.lines)) <= _HARD_LINE:
        return
    for number, line in enumerate((mail.content or b"").split(b"\n"), 1):
        if len(line) > _HARD_LINE + 1:
            what = f"a line of {len(line)} octets"
            yield Hit(what=what, where=Where.MAIL, line=number)


@mail_rule(
    "mail-large",
    WARNING,
    fix="Send fewer or shorter articles, or smaller embedded pictures.",
    bad="a message of 260,000 octets",
    good="a message of 60,000 octets",
)
def mail_large(mail: Mail) -> Iterator[Hit]:
    """A mail above 200 kB is slow on phones and looked at longer by filters."""
    size = len(mail.content or b"")
    if size > _LARGEST_MAIL:
        yield Hit(what=f"{size:,} octets in all", where=Where.MAIL)


@header_rule(
    "header-repeated",
    ERROR,
    fix="Write the field once.",
    bad="Subject: One\r\nSubject: Two",
    good="Subject: One",
)
def header_repeated(mail: Mail) -> Iterator[Hit]:
    """Gmail refuses a mail with two of a field that may stand there once; which of
    them a reader would see is anybody's guess (RFC 5322 §3.6)."""
    counts = Counter(field.name.lower() for field in mail.fields)
    for name in _UNIQUE:
        if counts[name.lower()] > 1:
            yield mail.header_hit(
                f"{name} stands there {counts[name.lower()]} times", name
            )


@header_rule(
    "header-missing",
    ERROR,
    fix="Write the field.",
    bad="MIME-Version:",
    good="MIME-Version: 1.0",
)
def header_missing(mail: Mail) -> Iterator[Hit]:
    """Every mail has these fields; without them it goes to the junk folder."""
    for name in _NEEDED:
        if not mail.first(name).strip():
            yield mail.header_hit(f"{name} is missing or empty", name)


@header_rule(
    "header-unwanted",
    WARNING,
    fix="Leave the field out.",
    bad="Bcc: <desk@news.example>",
    good="Reply-To: <desk@news.example>",
)
def header_unwanted(mail: Mail) -> Iterator[Hit]:
    """These fields are a server's to write, tell secrets, or only mark bulk mail."""
    for name in _UNWANTED:
        if mail.named(name):
            yield mail.header_hit(f"{name} has no business in a newsletter", name)


@header_rule(
    "header-folding",
    WARNING,
    fix="Fold the line at a space, 78 characters at most.",
    bad="List-Help: " + "<https://news.example/help>, " * 4 + "<mailto:h@news.example>",
    good="List-Help: <https://news.example/help>,\r\n <mailto:h@news.example>",
)
def header_folding(mail: Mail) -> Iterator[Hit]:
    """Long lines are folded anew by some servers, which can break the signature."""
    for field in mail.fields:
        for number, line in enumerate(f"{field.name}: {field.value}".splitlines()):
            inner = line.strip() if number else line.partition(": ")[2].strip()
            if len(line) > _SOFT_LINE and " " in inner:
                yield mail.header_hit(
                    f"{field.name}: a line of {len(line)}", field.name
                )


@header_rule(
    "encoded-word-place",
    ERROR,
    fix="Write addresses and URLs as they are; fold long ones at the comma.",
    bad="List-Unsubscribe: =?utf-8?q?=3Chttps=3A//news=2Eexample/u/abc=3E?=",
    good="List-Unsubscribe: <https://news.example/u/abc>",
)
def encoded_word_place(mail: Mail) -> Iterator[Hit]:
    """An encoded word may stand in names and the subject only. In List-Unsubscribe it
    silently takes the unsubscribe button away (RFC 2047 §5)."""
    for field in mail.fields:
        words = _encoded_words(field)
        if words and field.name.lower() not in _WITH_PHRASE:
            yield mail.header_hit(f"{field.name} holds {words[0][0][:40]}", field.name)
        elif any(f"{word[0]}@" in field.value for word in words):
            yield mail.header_hit(f"{field.name}: an encoded address", field.name)


@header_rule(
    "encoded-word-broken",
    ERROR,
    fix="Encode whole characters, at most 75 characters a word.",
    bad="Subject: =?utf-8?Q?caf=C3?= =?utf-8?Q?=A9_and_more?=",
    good="Subject: =?utf-8?Q?caf=C3=A9_and_more?=",
)
def encoded_word_broken(mail: Mail) -> Iterator[Hit]:
    """A word that is too long, or ends within a letter, is shown as gibberish."""
    for field in mail.fields:
        for found in _encoded_words(field):
            if len(found[0]) > _LONGEST_WORD:
                what = f"{field.name}: an encoded word of {len(found[0])}"
                yield mail.header_hit(what, field.name)
            try:
                [(text, charset)] = decode_header(found[0])
                if isinstance(text, bytes):
                    text.decode(charset or "ascii")
            except (ValueError, LookupError):
                what = f"{field.name}: {found[0][:60]} cannot be read"
                yield mail.header_hit(what, field.name)


@header_rule(
    "header-control",
    ERROR,
    fix="Take control characters out of names and headlines.",
    bad="Subject: =?utf-8?Q?Good_=E2=80=AEgninrom?=",
    good="Subject: Good morning",
)
def header_control(mail: Mail) -> Iterator[Hit]:
    """Controls and marks that turn text around disguise what is written."""
    for field in mail.fields:
        if "=?" in field.value or not field.value.isprintable():
            bad = re.search("[\0-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]",
                            shown(field.value))  # fmt: skip
            if bad:
                what = f"{field.name} holds U+{ord(bad[0]):04X}"
                yield mail.header_hit(what, field.name)


@header_rule(
    "from-mailbox",
    ERROR,
    fix="Write one address in From: Name <address@your.domain>.",
    bad="From: A <a@news.example>, B <b@news.example>",
    good="From: The News <news@news.example>",
)
def from_mailbox(mail: Mail) -> Iterator[Hit]:
    """Gmail refuses mail that is from nobody or from several (RFC 5322 §3.6.2)."""
    if mail.named("From"):
        boxes = _mailboxes(mail, "From")
        if len(boxes) != 1 or "@" not in boxes[0][1]:
            yield mail.header_hit(f"From is {mail.first('From')[:80]!r}", "From")


@header_rule(
    "from-name-missing",
    WARNING,
    fix="Put the publication's name before the address.",
    bad="From: <news@news.example>",
    good="From: The News <news@news.example>",
)
def from_name_missing(mail: Mail) -> Iterator[Hit]:
    """Readers look at the name first; without one they see an address, or report it."""
    if any(not name for name, _ in _mailboxes(mail, "From")):
        yield mail.header_hit("From has no name", "From")


@header_rule(
    "noreply-address",
    INFO,
    fix="Send from a mailbox somebody reads, or give one as `reply_to`.",
    bad="From: The News <no-reply@news.example>",
    good="From: The News <desk@news.example>",
)
def noreply_address(mail: Mail) -> Iterator[Hit]:
    """Answers are the best sign to filters that mail is wanted."""
    local = r"(?i)(?:no|do-?not)[-_.]?reply@"
    senders = _mailboxes(mail, "Reply-To") or _mailboxes(mail, "From")
    if any(re.match(local, address) for _, address in senders):
        yield mail.header_hit("answers go to nobody", "From")


@header_rule(
    "to-one-reader",
    ERROR,
    fix="Address each mail to its one reader.",
    bad="To: undisclosed-recipients:;",
    good="To: <reader@readers.example>",
)
def to_one_reader(mail: Mail) -> Iterator[Hit]:
    """A mail to nobody or to many goes to the junk folder, and many learn of each
    other."""
    if mail.named("To"):
        boxes = _mailboxes(mail, "To")
        if len(boxes) != 1 or "@" not in boxes[0][1]:
            yield mail.header_hit("To is not one reader", "To")


@header_rule(
    "date-broken",
    ERROR,
    fix="Write it like Sun, 22 Nov 2026 08:00:00 +0000.",
    bad="Date: 2026-11-22T08:00:00Z",
    good="Date: Sun, 22 Nov 2026 08:00:00 +0000",
)
def date_broken(mail: Mail) -> Iterator[Hit]:
    """Filters take a date they cannot read for spam (RFC 5322 §3.3)."""
    date = mail.first("Date")
    if not date:
        return
    form = r"(?:\w{3}, )?\d{1,2} \w{3} \d{4} \d\d:\d\d(?::\d\d)? [+-]\d{4}"
    try:
        parsedate_to_datetime(date)
    except ValueError:
        yield mail.header_hit(f"Date is {date!r}", "Date")
    else:
        if not re.fullmatch(form, date):
            yield mail.header_hit(f"Date is {date!r}", "Date")


@header_rule(
    "message-id",
    WARNING,
    fix="Write <unique@domain-of-From>.",
    bad="Message-ID: <1234@localhost>",
    good="Message-ID: <2026-11-22.84a07a27@news.example>",
)
def message_id(mail: Mail) -> Iterator[Hit]:
    """Filters expect an id of the sender's domain; without a full domain it counts as
    forged."""
    written = mail.first("Message-ID").strip()
    if not written:
        return
    domain = next((a.rpartition("@")[2] for _, a in _mailboxes(mail, "From")), "")
    found = re.fullmatch(r"<[^<>@\s]+@([^<>@\s]+)>", written)
    if not found:
        yield mail.header_hit(f"Message-ID is {written[:60]!r}", "Message-ID")
    elif domain and not f".{found[1]}".endswith(f".{domain}"):
        yield mail.header_hit(
            f"Message-ID is of {found[1]}, From of {domain}", "Message-ID"
        )


@header_rule(
    "dkim-covers",
    WARNING,
    fix="Sign these fields, too (h=).",
    bad="DKIM-Signature: v=1; h=from:to:subject; b=abc",
    good="DKIM-Signature: v=1; h=from:to:subject:list-unsubscribe:"
    "list-unsubscribe-post; b=abc",
)
def dkim_covers(mail: Mail) -> Iterator[Hit]:
    """One-click unsubscribe only counts when the signature covers it (RFC 8058 §4)."""
    for field in mail.named("DKIM-Signature"):
        found = re.search(r"\bh=([^;]*)", re.sub(r"\s", "", field.value))
        names = found[1].lower().split(":") if found else []
        missing = [n for n in _SIGNED if mail.named(n) and n not in names]
        if missing:
            what = f"the signature leaves out {', '.join(missing)}"
            yield mail.header_hit(what, "DKIM-Signature")


def _encoded_words(field: Field) -> list[re.Match[str]]:
    return list(_ENCODED_WORD.finditer(field.value)) if "=?" in field.value else []


def _mailboxes(mail: Mail, name: str) -> list[tuple[str, str]]:
    return _addresses(tuple([field.value for field in mail.named(name)]))


@lru_cache(maxsize=256)  # a sender is the same in all mails, and asked for three times
def _addresses(values: tuple[str, ...]) -> list[tuple[str, str]]:
    unfolded = [re.sub(r"\r?\n", "", value) for value in values]
    return [
        (name, address) for name, address in getaddresses(unfolded) if name or address
    ]
