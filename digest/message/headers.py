"""Header fields as they go on the wire: checked, encoded and folded by us.

The standard library's `EmailMessage` turns a long `List-Unsubscribe` into an
encoded word, which RFC 2047 section 5 forbids and which silently takes the
unsubscribe button away; so nothing of it is used here. Every value passes
`checked`, the one gate that keeps a headline or a name from forging a header.

A field is `Name: value` without its last line end; `on_the_wire` makes octets of it.
Lines are folded only where a space stands already (RFC 5322 section 2.2.3), at 78
characters, or at 76 where they hold an encoded word (RFC 2047 section 2); a URL is
never split.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Callable

from digest.model import Mailbox

FOLD = "\r\n "
_LINE = 78  #: RFC 5322 section 2.1.1, the length a line should keep
_HARD = 998  #: the same section, the length a line must keep
_ENCODED_LINE = 76  #: RFC 2047 section 2, of a line with an encoded word
_ENCODED_WORD = 75  #: the same section
_LONGEST_WORD = 66  #: fits on a line beside the longest of our field names
_LONGEST_TEXT = 998  #: Gmail refuses a longer Subject

_CONTROL = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")
_CONTROL_NAMES = {"\r": "a carriage return", "\n": "a line feed", "\0": "a NUL"}
_ATEXT = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~\-]"
_ATOMS = re.compile(rf"{_ATEXT}+(?: {_ATEXT}+)*")
#: Any character but ASCII's specials and white space of any script (RFC 6531 section 3.3).
_ANY_ATEXT = r'[^\x00- "(),.:;<>@\[\\\]\x7f-\xa0\s]'
_LOCAL_PART = re.compile(rf"{_ANY_ATEXT}+(?:\.{_ANY_ATEXT}+)*")
_ENCODED_LOCAL_PART = re.compile(r"=\?.*\?=")
_DOMAIN = re.compile(r"[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)*|\[[0-9A-Za-z.:]+\]")
#: What passes every check of an address, seen at one glance.
_PLAIN_ADDRESS = re.compile(
    r"[A-Za-z0-9!#$%&'*+/^_`{|}~-]++(?:[.][A-Za-z0-9!#$%&'*+/^_`{|}~-]++)*+"
    r"@[A-Za-z0-9-]++(?:[.][A-Za-z0-9-]++)*+"
)
_URI = re.compile(r"(?:https?://|mailto:)[!-;=?-~]+")
_SPACES = re.compile(" {2,}")
_PRINTABLE = re.compile(r"[!-~](?:[ -~]*[!-~])?")
_Q_SAFE = frozenset(  # RFC 2047 section 5 (3): what is safe in a phrase, too
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789!*+-/"
)


class HeaderProblem(ValueError):
    """A value that cannot stand in a header: what, what was found, what to do."""

    def __init__(self, field: str, found: str, remedy: str) -> None:
        """Keep the three parts; `str()` joins them into one sentence."""
        super().__init__(field, found, remedy)
        self.field, self.found, self.remedy = field, found, remedy

    def __str__(self) -> str:
        """Return ``Subject: a line feed after …; take it out of …``."""
        return f"{self.field}: {self.found}; {self.remedy}"


def checked(field: str, value: str) -> str:
    """Return `value`, or refuse it for a character that no header may hold.

    CR and LF would begin a header of the article's choosing; NUL and the other
    controls are refused or cut by servers; half a surrogate pair has no UTF-8.
    """
    if value.isprintable() or (match := _CONTROL.search(value)) is None:
        return value
    bad = match[0]
    name = _CONTROL_NAMES.get(bad, "a control character")
    raise HeaderProblem(
        field,
        f"{name} (U+{ord(bad):04X}) after {value[: match.start()][-40:]!r}",
        "take it out of the headline, title or name this value comes from",
    )


def needs_smtputf8(address: str) -> bool:
    """Tell whether only a server with SMTPUTF8 (RFC 6531) can take `address`."""
    return not address.rpartition("@")[0].isascii()


def text_field(field: str, text: str) -> str:
    """Return an unstructured field such as Subject, in any script."""
    if not checked(field, text).strip():
        raise HeaderProblem(field, "it is empty", "give the mail a subject")
    if len(text) > _LONGEST_TEXT:
        raise HeaderProblem(
            field,
            f"{len(text)} characters, more than the {_LONGEST_TEXT} servers accept",
            "shorten it",
        )
    if _is_plain(text):
        return folded(f"{field}:", text)
    return f"{field}: {_encoded(text, used=len(field) + 2)}"


def named_field(field: str, name: str, angle: str) -> str:
    """Return a field of an optional phrase and something in angle brackets."""
    start = f"{field}:"
    name = _SPACES.sub(" ", checked(field, name)).strip()
    if not name:
        return f"{start} {angle}"
    if _is_plain(shown := _phrase(name)):
        return folded(start, f"{shown} {angle}")
    words = _encoded(name, used=len(start) + 1)
    last = words.rpartition(FOLD)[2] if FOLD in words else f"{start} {words}"
    fits = len(last) + 2 + len(angle) <= _ENCODED_LINE
    return f"{start} {words}{' ' if fits else FOLD}{angle}"


def mailbox_field(field: str, mailbox: Mailbox) -> str:
    """Return From, To or Reply-To; a local part beyond ASCII stays as it is."""
    return named_field(field, mailbox.name, f"<{wire_address(field, mailbox.address)}>")


def _phrase(name: str) -> str:
    """Return `name` as atoms, or as a quoted string where it is not."""
    if _ATOMS.fullmatch(name):
        return name
    return '"' + name.replace("\\", r"\\").replace('"', r"\"") + '"'


def wire_address(field: str, address: str) -> str:
    """Return `address` fit for a header: checked, its domain as an A-label."""
    if _PLAIN_ADDRESS.fullmatch(address):  # as nearly all are
        return address
    local, at, domain = checked(field, address).rpartition("@")
    if at and not domain.isascii():
        local, at, domain = _with_a_label(field, address).rpartition("@")
    if not (at and _LOCAL_PART.fullmatch(local) and _DOMAIN.fullmatch(domain)):
        raise HeaderProblem(
            field,
            "what stands there is not one plain mail address",
            "write it as name@example.org, without spaces, brackets or quotes",
        )
    if "=?" in local and _ENCODED_LOCAL_PART.search(local):
        # RFC 2047 section 5 (3): none may stand in an address; Gmail refuses the mail,
        # and a server that decodes it would deliver to an address of its writer's choice.
        raise HeaderProblem(
            field, "an encoded word (=?…?=) in the address", "correct the address"
        )
    return f"{local}@{domain}"


def _with_a_label(field: str, address: str) -> str:
    from digest.addresses import check_address  # slow to load, and rarely needed

    try:
        return check_address(address)
    except ValueError as error:
        raise HeaderProblem(field, str(error), "correct the address") from error


def plain_field(field: str, value: str) -> str:
    """Return a field whose value is printable ASCII and goes out as it is."""
    if not _PRINTABLE.fullmatch(checked(field, value)):
        raise HeaderProblem(
            field, f"{value[:80]!r} is not ASCII", "write it in letters a-z and digits"
        )
    return f"{field}: {value}"


def uri_field(field: str, *uris: str, mailbox: str = "", ask: str = "") -> str:
    """Return a field of URIs in angle brackets, folded only at the commas.

    A `mailbox` comes last, as a mailto with the query `ask`.
    """
    if mailbox:
        uris = (*uris, f"mailto:{wire_address(field, mailbox)}{ask}")
    for uri in uris:
        if not _URI.fullmatch(uri):
            checked(field, uri)
            raise HeaderProblem(
                field,
                f"{uri[:80]!r} is not an https or mailto address in ASCII",
                "correct what it is made from: site.url, or the newsletter's sender or "
                "reply_to, whose part before the @ must be ASCII",
            )
    lines = "<" + f">,{FOLD}<".join(uris) + ">"
    if len(lines) + len(field) + 2 <= _LINE:
        lines = lines.replace(FOLD, " ")
    return f"{field}: {lines}"


def matching(field: str, value: str, pattern: re.Pattern[str]) -> str:
    """Return a value of a form that we give it ourselves, if it has that form."""
    if not pattern.fullmatch(value):
        checked(field, value)
        raise HeaderProblem(
            field,
            f"{value[:80]!r} is not of the form it must have",
            "use the letters a-z, digits, hyphens and dots in the newsletter's slug",
        )
    return value


def on_the_wire(field: str) -> bytes:
    """Return a whole field as octets, or refuse it for a line no server need accept."""
    octets = field.encode()
    if (
        len(octets) > _HARD
        and (longest := max(map(len, octets.split(b"\r\n")))) > _HARD
    ):
        raise HeaderProblem(
            field.partition(":")[0],
            f"a line of {longest} octets that has no place to fold",
            f"shorten it to {_HARD} (RFC 5322 section 2.1.1)",
        )
    return octets + b"\r\n"


def _is_plain(text: str) -> bool:
    """Whether text survives without encoding: ASCII, foldable, not seeming encoded."""
    return (
        text.isascii()
        and "=?" not in text
        and text == text.strip(" ")
        and "  " not in text
        and max(map(len, text.split(" "))) <= _LONGEST_WORD
    )


def folded(start: str, value: str) -> str:
    """Return a line of words, broken between them where it grows too long."""
    lines, line = [], start
    for word in value.split(" "):
        if len(line) + 1 + len(word) > _LINE and line != start:
            lines.append(line)
            line = ""
        line += f" {word}"
    return "\r\n".join([*lines, line])


def _encoded(text: str, *, used: int) -> str:
    """Return `text` as encoded words, in B or Q, whichever is shorter.

    `used` characters of the first line are taken. Each word holds whole
    characters only (RFC 2047 section 5).
    """
    in_b = _words(text, used=used, weigh=_utf8_length, capacity=_b_capacity)
    in_q = _words(text, used=used, weigh=_q_length, capacity=_q_capacity)
    b = FOLD.join(f"=?utf-8?B?{base64.b64encode(w.encode()).decode()}?=" for w in in_b)
    q = FOLD.join(f"=?utf-8?Q?{''.join(map(_q, w))}?=" for w in in_q)
    return q if len(q) <= len(b) else b


def _words(
    text: str,
    *,
    used: int,
    weigh: Callable[[str], int],
    capacity: Callable[[int], int],
) -> list[str]:
    words, word, weight = [], "", 0
    room = capacity(min(_ENCODED_WORD, _ENCODED_LINE - used))
    for character in text:
        own = weigh(character)
        if word and weight + own > room:
            words.append(word)
            word, weight = "", 0
            room = capacity(_ENCODED_WORD)
        word += character
        weight += own
    return [*words, word]


def _utf8_length(character: str) -> int:
    return len(character.encode())


def _b_capacity(length: int) -> int:
    return (length - len("=?utf-8?B??=")) // 4 * 3


def _q_capacity(length: int) -> int:
    return length - len("=?utf-8?Q??=")


def _q(character: str) -> str:
    if character in _Q_SAFE:
        return character
    if character == " ":
        return "_"
    return "".join(f"={byte:02X}" for byte in character.encode())


def _q_length(character: str) -> int:
    return len(_q(character))
