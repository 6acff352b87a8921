"""What a line of a pasted page is: a date, a byline, an invitation, or text.

Each line is looked at alone here; what only its neighbours can tell (which line
is the headline, whether a list is the tags) is for `digest.sources.pasted.roles`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from itertools import pairwise

from digest.sources.dates import date_at, read_date
from digest.sources.pasted import words


class Kind(StrEnum):
    """What a line is for."""

    TEXT = "text"
    TITLE = "title"  #: "Headline: …"
    BYLINE = "byline"
    CORRESPONDENT = "correspondent"  #: "With our correspondent in PLACE, NAME"
    DESK = "desk"  #: an agency or a place beside the byline
    PUBLISHED = "published"
    UPDATED = "updated"
    DATE = "date"  #: a date without a word about it
    MINUTES = "minutes"
    CREDIT = "credit"  #: of the picture
    TAGS = "tags"
    ADDRESS = "address"  #: a URL and nothing else
    ALSO_READ = "also read"
    SAME_SUBJECT = "same subject"
    READ_MORE = "read more"
    CALL = "call to action"
    NOTICE = "notice"
    RIGHTS = "rights"  #: the footer's "all rights reserved"
    OTHER_LIST = "other list"  #: "Most read", and a list of other stories
    NAVIGATION = "navigation"
    SECTION = "section"  #: "Europe": a menu's word, or a tag
    RULE = "rule"  #: "=====", "***"


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """What a line is, and the part of it that says something."""

    kind: Kind
    value: str = ""  #: empty behind a label: the next line says it
    label: str = ""  #: the words that only said what it is
    place: str = ""  #: where a correspondent is
    when: datetime | None = None
    minutes: int = 0


#: As many characters as before, so that places in one are places in the other.
_FOLDED = str.maketrans(
    dict.fromkeys("\u00a0\u2007\u2009\u202f\u3000\t", " ")
    | {"’": "'", "ʼ": "'", "‘": "'", "：": ":"}
)
_LONGEST = 300  #: characters; what is longer is a paragraph
_LONG_BYLINE = 12  #: words
_TERMINAL = re.compile(r"[.!?…:。！？：؟۔।។][\"”»“'’)\]\s]*$")


def fold(text: str) -> str:
    """Return `text` with plain spaces and straight apostrophes, as long as before."""
    return text.translate(_FOLDED)


def is_finished(text: str) -> bool:
    """Tell whether a sentence ends where `text` does."""
    return bool(_TERMINAL.search(text))


def is_names(text: str, *, most: int = 9) -> bool:
    """Tell whether `text` reads like the names of people, agencies or places."""
    found = re.findall(r"[^\s,/|&()·–-]+", text)
    capitals = [word for word in found if word[0].isupper()]
    small = [word for word in found if not word[0].isupper()]
    ends_like_prose = re.search(r"[^\W\d_]{3,}[.!?…:]$", text)
    return bool(
        capitals
        and len(found) <= most
        and not ends_like_prose
        and all(fold(w).lower().split("'")[0] in words.PARTICLES for w in small)
    )


def read_mark(text: str, *, zone: str) -> Mark:
    """Return what one line is; `zone` is where its dates are."""
    text = text.strip()
    if len(text) <= _LONGEST:
        if words.RULE.fullmatch(text):
            return Mark(kind=Kind.RULE, label=text)
        readings = (_links, _dates, _rights, _bylines, _furniture)
        for reading in readings:
            if mark := reading(text, fold(text), zone):
                return mark
    return Mark(kind=Kind.TEXT, value=text)


def _cut(kind: Kind, text: str, match: re.Match[str], group: str = "value") -> Mark:
    """Return the mark whose value is a group of `match`, the rest its label."""
    start, end = match.span(group)
    if start < 0:
        return Mark(kind=kind, label=text)
    label = f"{text[:start]} {text[end:]}".strip()
    return Mark(kind=kind, value=text[start:end].strip(), label=label)


def unlabelled(title: str) -> str:
    """Return the title of a story without the "Also read:" that its link may hold."""
    mark = read_mark(title, zone="UTC")
    return mark.value if mark.kind is Kind.ALSO_READ and mark.value else title


def _links(text: str, folded: str, zone: str) -> Mark | None:
    del zone
    for kind, pattern in (
        (Kind.SAME_SUBJECT, words.SAME_SUBJECT),
        (Kind.ALSO_READ, words.ALSO_READ),
        (Kind.ALSO_READ, words.MARKED_LINK),
        (Kind.TITLE, words.TITLE),
        (Kind.ADDRESS, words.ADDRESS),
        (Kind.TAGS, words.TAGS),
    ):
        if match := pattern.fullmatch(folded):
            return _cut(kind, text, match)
    if words.HASHTAGS.fullmatch(folded):
        return Mark(kind=Kind.TAGS, value=text)
    return None


def _dates(text: str, folded: str, zone: str) -> Mark | None:
    for kind, pattern in (
        (Kind.PUBLISHED, words.PUBLISHED),
        (Kind.UPDATED, words.UPDATED),
    ):
        if not (label := pattern.match(folded)):
            continue
        when = read_date(folded[label.end() :], zone=zone)
        relative = words.RELATIVE_DATE.fullmatch(folded, label.end())
        if when or relative or label.end() == len(folded):
            return Mark(kind=kind, label=text, when=when)
    if words.AGO.fullmatch(folded):
        return Mark(kind=Kind.PUBLISHED, label=text)
    if when := read_date(folded, zone=zone):
        return Mark(kind=Kind.DATE, label=text, when=when)
    match = words.MINUTES.fullmatch(folded)
    if match or words.MINUTES_LABEL.fullmatch(folded):
        minutes = int(match["value"]) if match else 0
        return Mark(kind=Kind.MINUTES, label=text, minutes=minutes)
    return None


def _rights(text: str, folded: str, zone: str) -> Mark | None:
    del zone
    if words.RIGHTS.fullmatch(folded):
        return Mark(kind=Kind.RIGHTS, label=text)
    if words.AGENCY.fullmatch(text) or words.AGENCY_ALONE.fullmatch(folded):
        return Mark(kind=Kind.CREDIT, value=text)
    if match := words.CREDIT.fullmatch(folded):
        group = "mark" if match["mark"] else "value"
        if group == "value":
            return _cut(Kind.CREDIT, text, match, group)
        return Mark(kind=Kind.CREDIT, value=text)  # the © is part of a credit
    return None


def _bylines(text: str, folded: str, zone: str) -> Mark | None:
    del zone
    if match := words.CORRESPONDENT.fullmatch(folded):
        groups = {name: value for name, value in match.groupdict().items() if value}
        spans = {name.rstrip("234"): match.span(name) for name in groups}
        said = {name: text[start:end].strip() for name, (start, end) in spans.items()}
        if said and all(is_names(value) for value in said.values()):
            name, place = said.get("name", ""), said.get("place", "")
            return Mark(kind=Kind.CORRESPONDENT, value=name, place=place, label=text)
    if match := words.WITH_AGENCY.fullmatch(folded):
        group = "value" if match["value"] else "value2"
        if is_names(text[slice(*match.span(group))], most=4) or group == "value2":
            return _cut(Kind.DESK, text, match, group)
    if (match := words.WITH_NAME.fullmatch(folded)) and folded[0].islower():
        return _cut(Kind.BYLINE, text, match) if is_names(match["value"]) else None
    if match := words.BYLINE.fullmatch(folded):
        value = match["value"]
        sure = " " in folded[: match.start("value")].strip(" :") or _is_caseless(value)
        if not value or _signs(value) or (sure and len(value.split()) <= _LONG_BYLINE):
            return _cut(Kind.BYLINE, text, match)
    if (match := words.BYLINE_BARE.fullmatch(folded)) and folded[:1].isupper():
        group = next(name for name, value in match.groupdict().items() if value)
        if _signs(match[group]):
            return _cut(Kind.BYLINE, text, match, group)
    return None


def _is_caseless(value: str) -> bool:
    """Tell whether no letter says by its case that a name begins: 林若水, سلمى حداد."""
    return not is_finished(value) and value.upper() == value.lower()


def _signs(value: str) -> bool:
    """Tell whether a byline's value names people, first of all."""
    names = words.PHOTO_BY.sub("", value)
    if is_names(names):
        return True
    if place := words.NAME_IN_PLACE.fullmatch(names):
        return is_names(place["names"]) and is_names(place["desk"], most=4)
    first = re.split(r"[,(]", names, maxsplit=1)[0].strip()
    more = first != names and len(names.split()) <= _LONG_BYLINE
    return more and " " in first and is_names(first)


def _furniture(text: str, folded: str, zone: str) -> Mark | None:
    del zone
    for kind, pattern in (
        (Kind.READ_MORE, words.READ_MORE),
        (Kind.CALL, words.CALL_TO_ACTION),
        (Kind.NOTICE, words.NOTICE),
        (Kind.OTHER_LIST, words.OTHER_LISTS),
        (Kind.NAVIGATION, words.SHARING),
    ):
        if pattern.fullmatch(folded):
            return Mark(kind=kind, label=text)
    if folded.strip(" :").lower() in words.SECTIONS:
        return Mark(kind=Kind.SECTION, value=text)
    if _is_path(folded.strip(" >›»…|?؟")):
        return Mark(kind=Kind.NAVIGATION, label=text)
    return None


def _is_path(folded: str) -> bool:
    """Tell whether a line is a menu, or the way to this page: "Home > Europe"."""
    names = [name for name in words.BREADCRUMB.split(folded) if name.strip()]
    menus = words.NAVIGATION | words.SECTIONS
    known = [name.strip(" :").lower() in menus for name in names]
    short = all(len(name.split()) <= 4 for name in names)  # noqa: PLR2004 -- words of a section's name
    arrows = "«" not in folded and re.search(r"\s[>›»→]\s", folded)
    several = len(names) > 1 and short and (arrows or (any(known) and len(names) > 2))  # noqa: PLR2004 -- two may be a headline's halves
    return bool(names) and (all(known) or bool(several))


# -- several things on one line -------------------------------------------------

_ABOUT_THE_ARTICLE = {
    *(Kind.BYLINE, Kind.PUBLISHED, Kind.UPDATED, Kind.DATE, Kind.MINUTES),
}
_SEPARATOR = re.compile(r"\s+[|·•–—]\s+|\s*\|\s*")
_DATE_FOLLOWS = re.compile(r"\s[-–—]\s|,\s|\s\(?(?=\d)")


def split_line(text: str, *, zone: str) -> Iterator[str]:
    """Yield the parts of a line that says several things about an article.

    "By NAME | 3 min read | 19 February 2024", two dates with their labels, an
    "also read" behind the end of a paragraph. Anything else comes back whole.
    """
    found = words.ALSO_READ_INSIDE.finditer(fold(text))
    inside = [match.start() for match in found if match.start()]
    for start, end in pairwise([0, *inside, len(text)]):
        yield from _split_part(text[start:end].strip(), zone)


def _split_part(text: str, zone: str) -> Iterator[str]:
    folded = fold(text)
    if len(text) <= _LONGEST:
        for parts in (_after_a_date(folded, zone), _between(folded, zone)):
            if parts:
                for start, end in parts:
                    yield from _split_part(text[start:end].strip(), zone)
                return
    if text:
        yield text


Span = tuple[int, int]


def _after_a_date(folded: str, zone: str) -> list[Span]:
    """Find "LABEL DATE rest", or "BYLINE - DATE", and return both parts."""
    label = words.PUBLISHED.match(folded) or words.UPDATED.match(folded)
    if found := date_at(folded, label.end() if label else 0, zone=zone):
        rest = folded[found[1] :].strip(" .|·•–—-")
        known = rest and read_mark(rest, zone=zone).kind in _ABOUT_THE_ARTICLE
        dated = rest and (words.UPDATED.match(rest) or words.PUBLISHED.match(rest))
        if known or dated:
            begin = folded.index(rest, found[1])
            return [(0, found[1]), (begin, len(folded))]
    for gap in _DATE_FOLLOWS.finditer(folded):
        if read_date(folded[gap.end() :].rstrip(" )"), zone=zone):
            before = read_mark(folded[: gap.start()], zone=zone).kind
            if before in {Kind.BYLINE, Kind.MINUTES}:
                return [(0, gap.start()), (gap.end(), len(folded))]
    return []


def _between(folded: str, zone: str) -> list[Span]:
    """Find the parts between bars and dots, if one of them is about the article."""
    ends = [(m.start(), m.end()) for m in _SEPARATOR.finditer(folded)]
    if not ends or len(ends) > 8:  # noqa: PLR2004 -- more is a menu
        return []
    starts = [0, *(end for _, end in ends)]
    spans = list(zip(starts, [*(start for start, _ in ends), len(folded)], strict=True))
    spans = [(start, end) for start, end in spans if folded[start:end].strip()]
    kinds = {read_mark(folded[start:end], zone=zone).kind for start, end in spans}
    return spans if len(spans) > 1 and kinds & _ABOUT_THE_ARTICLE else []
