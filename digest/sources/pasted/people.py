"""Bylines as they are printed, taken apart: names, desk or agency, photographer."""

from __future__ import annotations

import re
from dataclasses import dataclass

from digest.sources.pasted import words
from digest.sources.pasted.marks import Kind, fold, is_names, read_mark


@dataclass(frozen=True, slots=True, kw_only=True)
class Byline:
    """Who wrote, for which desk or agency or from where, and who took the picture."""

    names: str
    desk: str = ""
    photo: str = ""


_FOLLOW = re.compile(
    r"\s+(?:follow|suivre|folgen|seguir|подписаться|تابِ?ع|关注)\s*$|\s*[|·•]\s*$",
    re.IGNORECASE,
)
_APART = re.compile(
    r"^(?P<names>[^,/|()]{3,60}?)\s*(?:(?:,|/|\||\s[–—-]\s)\s*(?P<desk>[^,/|()]{2,50})"
    r"|\((?P<inside>[^()]{2,60})\))$"
)
#: A related title's date or reading time.
_ABOUT = re.compile(
    r"(?:\s[-–—|·]\s|[(,|·]\s*|\s(?=\d{1,2}[./]\d))(?P<about>[^-–—|·(),]{4,40})\)?\s*$"
)
_SIGNATURE = re.compile(
    r"([^,:()–—-]{3,40}?)(?:\s*[,:(]\s*|\s+[–—-]\s+)([^,:()–—]{3,40}?)\)?"
)
_SEVERAL = re.compile(r"\s(?:and|und|et|y|e|&)\s", re.IGNORECASE)


def split_byline(value: str) -> Byline:
    """Return the parts of "NAME, AGENCY", "NAME in PLACE", "NAME, photos: NAME"."""
    value = _FOLLOW.sub("", value).strip(" .,;|·")
    photo = words.PHOTO_BY.search(fold(value))
    if photo:
        rest = split_byline(value[: photo.start()])
        return Byline(
            names=rest.names,
            desk=rest.desk,
            photo=value[slice(*photo.span("photo"))].strip(),
        )
    place = words.NAME_IN_PLACE.fullmatch(fold(value))
    if place and is_names(place["desk"], most=4):
        return _both(value, place, "desk")
    apart = _APART.match(fold(value))
    if apart and is_names(apart["names"]):
        desk = "inside" if apart["inside"] else "desk"
        if not _SEVERAL.search(apart[desk]):
            return _both(value, apart, desk)
    return Byline(names=value)


def _both(value: str, match: re.Match[str], group: str) -> Byline:
    names, desk = (value[slice(*match.span(name))] for name in ("names", group))
    return Byline(names=names.strip(), desk=desk.strip())


def is_office(text: str) -> bool:
    """Tell whether a line below a name says where the person works."""
    place = re.fullmatch(r"[^,]{2,40},\s[^,]{2,30}", text)
    return is_names(text, most=6) and bool(place or words.OFFICE.search(fold(text)))


def read_signature(text: str) -> tuple[str, str] | None:
    """Return the name and the place of "Lisbon, Mara Quist" or "Mara Quist (Lisbon)"."""
    parts = _SIGNATURE.fullmatch(fold(text))
    if not parts or not all(is_names(part, most=4) for part in parts.groups()):
        return None
    first, second = (text[slice(*parts.span(group))].strip() for group in (1, 2))
    if len(first.split()) == 1 < len(second.split()):
        return second, first
    if len(second.split()) == 1 < len(first.split()):
        return first, second
    return None  # two places, or two names, or something else


def cut_place(text: str) -> tuple[str, str, str]:
    """Return the place a paragraph says it was written in, how, and the rest.

    "(From Berlin) Talks went on." is "Berlin", "(From", "Talks went on."; a
    paragraph that says none comes back whole.
    """
    place = words.FROM_PLACE.match(fold(text))
    if not place or not is_names(place["place"], most=4):
        return "", "", text
    start, end = place.span("place")
    return text[start:end].strip(), text[:start].strip(), text[place.end() :]


def cut_about(title: str) -> tuple[str, str]:
    """Return a related title without the "- 3 min" or the date behind it, and those."""
    about = ""
    while match := _ABOUT.search(title):
        if read_mark(match["about"], zone="UTC").kind not in {Kind.DATE, Kind.MINUTES}:
            break
        title, about = title[: match.start()], f"{match[0]}{about}"
    return title.rstrip(" ,("), about
