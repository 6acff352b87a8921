"""What single values in the files must look like, and what they become.

Each function takes what somebody wrote and returns what the product uses, or raises
`ValueError` with a sentence to stand after the value's name: what is wrong, what was
found, what to do. Nothing that may hold a password is repeated in one.
"""

from __future__ import annotations

import ipaddress
import re
import shlex
from collections.abc import Collection, Iterable
from datetime import MAXYEAR, MINYEAR, UTC, datetime, tzinfo
from difflib import get_close_matches
from functools import cache
from urllib.parse import SplitResult, quote, urlsplit, urlunsplit
from zoneinfo import ZoneInfo, available_timezones

from digest.addresses import check_domain

_LONGEST_SHOWN = 60  #: characters of a found text that a message repeats
_MOST_LISTED = 12  #: known names that a message lists when none is near


def shown(text: str) -> str:
    """Return a found text as a message repeats it: in quotes, not too long."""
    return repr(text if len(text) <= _LONGEST_SHOWN else text[:_LONGEST_SHOWN] + "…")


def suggestion(
    word: str, known: Collection[str], *, otherwise: str = "check its spelling"
) -> str:
    """Return what to write instead of `word`: the nearest known one, or all of them."""
    if near := nearest(word, known):
        return f"did you mean `{near}`?"
    if known and len(known) <= _MOST_LISTED:
        return f"write {either(known)}"
    return otherwise


def nearest(word: str, known: Iterable[str]) -> str:
    """Return the known name that is most like `word`; "" if none is."""
    folded = {name.casefold(): name for name in known}
    near = get_close_matches(word.casefold(), folded, n=1, cutoff=0.6)
    return folded[near[0]] if near else ""


def either(names: Iterable[str]) -> str:
    """Return "`a`, `b` or `c`"."""
    *others, last = (f"`{name}`" for name in names)
    return f"{', '.join(others)} or {last}" if others else last


# -- text -------------------------------------------------------------------


#: Control characters but tab and line feed, and halves of surrogate pairs.
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff]")


def text(written: str) -> str:
    """Return a text of any number of lines without the space around it."""
    if control := _CONTROL.search(written):
        raise ValueError(
            f"holds the control character U+{ord(control[0]):04X}; delete it"
        )
    return written.strip()


def line(written: str) -> str:
    """Return a text of one line: what may stand in a mail's header."""
    stripped = written.strip()
    if {"\r", "\n", "\u2028", "\u2029", "\x85"} & set(stripped):
        raise ValueError("has a line break in it; write it on one line")
    return text(stripped)


def filled(written: str) -> str:
    """Return a text that is not empty."""
    if not written:
        raise ValueError("is empty; write something, or take the line out")
    return written


# -- languages, places, times -----------------------------------------------

#: RFC 5646 section 2.1, without what nobody registered or grandfathers may keep.
_LANGUAGE = re.compile(
    r"(?P<language>[a-z]{2,3}(?:-[a-z]{3}){0,3})"
    r"(?:-(?P<script>[a-z]{4}))?(?:-(?P<region>[a-z]{2}|[0-9]{3}))?"
    r"(?P<rest>(?:-(?:[a-z0-9]{5,8}|[0-9][a-z0-9]{3}))*"
    r"(?:-[a-wyz0-9](?:-[a-z0-9]{2,8})+)*(?:-x(?:-[a-z0-9]{1,8})+)?)",
    re.IGNORECASE,
)


@cache
def language(written: str) -> str:
    """Return a BCP 47 tag in its usual capitals: "pt-BR", "zh-Hant-TW"."""
    parts = _LANGUAGE.fullmatch(written.replace("_", "-"))
    if not parts or "_" in written:
        advice = (
            f"write `{written.replace('_', '-')}`"
            if parts
            else "write a short one such as `en`, `fr` or `pt-BR`"
        )
        raise ValueError(f"is not a language tag: {shown(written)}; {advice}")
    subtags = [
        parts["language"].lower(),
        (parts["script"] or "").title(),
        (parts["region"] or "").upper(),
    ]
    return "-".join(filter(None, subtags)) + parts["rest"].lower()


@cache
def timezone(written: str) -> str:
    """Return the name of an IANA time zone."""
    try:
        ZoneInfo(written)
    except (
        ValueError,
        OSError,
        KeyError,
    ):  # a strange name, a folder's, an unknown one
        known = {name for name in available_timezones() if "/" in name or name == "UTC"}
        by_place = {name.rpartition("/")[2].casefold(): name for name in sorted(known)}
        place = written.strip().replace(" ", "_").casefold()
        advice = (
            f"did you mean `{by_place[place]}`?"
            if place in by_place
            else suggestion(
                written, known, otherwise="write one such as `Europe/Paris` or `UTC`"
            )
        )
        raise ValueError(f"names no time zone: {shown(written)}; {advice}") from None
    return written


_UNITS = {"minute": 1, "hour": 60, "day": 24 * 60, "week": 7 * 24 * 60}
_SHORT = {"m": "minute", "min": "minute", "h": "hour", "hr": "hour", "d": "day"}
_DURATION = re.compile(r"\s*([0-9]{1,4})\s*([a-z]+)\s*", re.IGNORECASE)
_LONGEST_DURATION = 366 * 24 * 60  #: minutes


def minutes(written: str) -> int:
    """Return the minutes of "15 minutes", "6 hours" or "2 days"."""
    found = _DURATION.fullmatch(written)
    if found:
        unit = found[2].lower()
        unit = unit if unit in _SHORT else unit.removesuffix("s")
        count = int(found[1]) * _UNITS.get(_SHORT.get(unit, unit), 0)
        if 1 <= count <= _LONGEST_DURATION:
            return count
    raise ValueError(
        f"is not a length of time between a minute and a year: {shown(written)}; write "
        "it like `15 minutes`, `6 hours` or `2 days`"
    )


def duration(written: str) -> str:
    """Return a length of time as it was written, once it can be read."""
    minutes(written)
    return written


FOREVER = "forever"


def age(written: str) -> str:
    """Return a length of time, or FOREVER, as it was written."""
    return FOREVER if written.lower() == FOREVER else duration(written)


_RATE = re.compile(
    r"\s*([0-9]{1,6})\s*(?:per|/|an?)\s*(second|minute|hour)s?\s*", re.IGNORECASE
)
_SECONDS = {"second": 1, "minute": 60, "hour": 3600}


def per_second(written: str) -> float:
    """Return how many a second "14 per second" or "500 per minute" are."""
    found = _RATE.fullmatch(written)
    if found and int(found[1]):
        return int(found[1]) / _SECONDS[found[2].lower()]
    raise ValueError(
        f"is not a number of mails in a time: {shown(written)}; write it like "
        "`14 per second`, `500 per minute` or `10000 per hour`"
    )


def rate(written: str) -> str:
    """Return a rate as it was written, once it can be read."""
    per_second(written)
    return written


def command(written: str) -> tuple[str, ...]:
    """Return a program and its arguments, split as a shell would."""
    try:
        parts = shlex.split(written)
    except ValueError:
        raise ValueError(
            "is not a command: a quotation mark is left open; close it"
        ) from None
    if not parts or not parts[0]:
        raise ValueError("is not a command: it names no program; write one")
    return tuple(parts)


def moment(written: str, zone: str) -> datetime:
    """Return the time of an ISO date or date and time, in UTC; without an offset in `zone`."""
    try:
        parsed = datetime.fromisoformat(written.strip())
        if not MINYEAR < parsed.year < MAXYEAR:  # UTC may be a day away
            raise ValueError  # noqa: TRY301 - the same words for both
        inside: tzinfo = ZoneInfo(zone) if zone else UTC
        aware = parsed if parsed.tzinfo else parsed.replace(tzinfo=inside)
        return aware.astimezone(UTC)
    except ValueError:
        raise ValueError(
            f"is not a date: {shown(written)}; write it like `2026-12-24` or "
            "`2026-12-24T07:00`"
        ) from None


# -- names ------------------------------------------------------------------

_NEWSLETTER_SLUG = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")
_LONGEST_SLUG = 40  #: it stands in Message-ID, List-Id and links
_FILE_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]*")


def newsletter_slug(written: str) -> str:
    """Return a newsletter's short name."""
    if not _NEWSLETTER_SLUG.fullmatch(written) or len(written) > _LONGEST_SLUG:
        raise ValueError(
            f"cannot be a newsletter's short name: {shown(written)}; use "
            f"small letters a to z, digits and single hyphens, at most {_LONGEST_SLUG}"
        )
    return written


def template(written: str) -> str:
    """Return the name of a template set: a folder's name, not a path."""
    if not _FILE_NAME.fullmatch(written):
        raise ValueError(
            f"is not a template's name: {shown(written)}; write the name of a folder "
            "inside `templates`, such as `newsroom`"
        )
    return written


#: RFC 6376 section 3.1: labels as in a domain, joined by dots.
_SELECTOR = re.compile(
    r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?)*",
    re.IGNORECASE,
)
_LONGEST_SELECTOR = 63  #: leaves room for the domain in a name of the DNS


def selector(written: str) -> str:
    """Return the name under which the DNS has a public key."""
    if not _SELECTOR.fullmatch(written) or len(written) > _LONGEST_SELECTOR:
        raise ValueError(
            "is not a selector: it can have letters a to z, digits and hyphens, at most "
            f"{_LONGEST_SELECTOR}; write one such as `s2026`"
        )
    return written


# -- addresses on the web and in the network --------------------------------


def is_url(written: str) -> bool:
    """Return whether this is an address on the web, not a path."""
    return written.lower().startswith(("https://", "http://"))


def is_loopback(host: str) -> bool:
    """Return whether `host` can only be this machine."""
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return host.lower() == "localhost"


def public_url(written: str) -> str:
    """Return an https address of our own, in ASCII, without a slash at the end."""
    parts = _url_parts(written)
    host = parts.hostname or ""
    if parts.scheme != "https" and not is_loopback(host):
        raise ValueError(
            "must begin with https://; mail programs warn of anything else (http:// is "
            "for localhost only)"
        )
    if parts.query or parts.fragment:
        raise ValueError("must end before any ? or #; give the address without it")
    port = f":{parts.port}" if parts.port else ""
    path = quote(parts.path.rstrip("/"), safe="/%:@!$&'()*+,;=~")
    return urlunsplit((parts.scheme, _ascii(host) + port, path, "", ""))


def site_url(written: str) -> str:
    """Return the site's address, which stands in List-Unsubscribe.

    There, filters take a % for a hole that a template left open (SpamAssassin's
    UNRESOLVED_TEMPLATE).
    """
    url = public_url(written)
    if "%" in url:
        raise ValueError(
            "has a path that links can only write with %; use one of plain letters, "
            "digits, - and /"
        )
    return url


def ascii_local_part(written: str) -> str:
    """Return a mailbox of ours that every mail server can answer.

    It stands in List-Owner, too, where only ASCII may (RFC 2369, RFC 6068).
    """
    if not written.rpartition("@")[0].rpartition("<")[2].isascii():
        raise ValueError(
            "has letters before the @ that many mail servers cannot answer; use an "
            "address of plain letters and digits"
        )
    return written


def location(written: str) -> str:
    """Return where to fetch from: a web address, or a path as it was written."""
    if is_url(written):
        _url_parts(written)
    elif "://" in written:
        raise ValueError(
            "begins with something we cannot fetch; write https://… or a path"
        )
    return written


def _url_parts(written: str) -> SplitResult:
    try:
        parts = urlsplit(written)
        usable = parts.scheme in ("https", "http") and bool(parts.hostname)
        usable = usable and (parts.port is None or parts.port > 0)
    except ValueError:
        usable = False
    if not usable or re.search(r"\s", written):
        raise ValueError("is not a web address; write it like `https://example.org`")
    if "@" in parts.netloc:
        raise ValueError(
            "has a user name or password in it, which everybody who sees the address "
            "would see; use one without"
        )
    return parts


def _ascii(host: str) -> str:
    if ":" in host:
        return f"[{host}]"
    try:
        return host if _HOST.fullmatch(host) else check_domain(host)
    except ValueError as error:
        raise ValueError(
            "is not a web address; write it like `https://example.org`"
        ) from error


def path(written: str) -> str:
    """Return a path; a web or database address is none."""
    if "://" in written:
        raise ValueError("must be a path to a file or folder, not an address with ://")
    return written


_HOST = re.compile(
    r"(?:[a-z0-9](?:[a-z0-9-]*[a-z0-9])?\.)*[a-z0-9](?:[a-z0-9-]*[a-z0-9])?",
    re.IGNORECASE,
)


def host(written: str) -> str:
    """Return the name or IP address of a server."""
    if _HOST.fullmatch(written):
        return written
    try:
        return str(ipaddress.ip_address(written.strip("[]")))
    except ValueError:
        raise ValueError(
            "is not a server's name; write it like `mail.example.org`, and the port in "
            "a line of its own"
        ) from None
