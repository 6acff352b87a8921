"""Small things that feeds and pages write in many ways: tags, languages, images."""

from __future__ import annotations

import re
from collections.abc import Iterable
from urllib.parse import urlsplit

from digest.sources.cleaning import plain
from digest.sources.pasted import words
from digest.sources.pasted.marks import Kind, fold, read_mark
from digest.tags import slug

_MOST_TAGS = 40
_LONGEST_TAG = 80  #: a sentence is no label
_ADDRESS = re.compile(r"(?:https?:|tag:|urn:)\S*|\S+@\S+", re.IGNORECASE)
#: RFC 5646 as far as a lang attribute needs it; "en_US" is common and wrong.
_LANGUAGE = re.compile(r"[A-Za-z]{2,3}(?:[-_][A-Za-z0-9]{1,8}){0,3}")
_REGION, _SCRIPT = 2, 4
#: Pictures that are no pictures of the story.
_DECORATION = re.compile(
    r"/(?:emoji|smil(?:ey|ie)s?|icons?|logos?|avatars?)/|gravatar\.com/|\.svg(?:[?#]|$)",
    re.IGNORECASE,
)
_PICTURE_FILE = re.compile(r"\.(?:jpe?g|png|gif|webp|avif)(?:[?#]|$)", re.IGNORECASE)
#: Whole widths only: "IMG_1234" and "IMG_1235" are two pictures.
_SIZE = re.compile(
    r"-\d{2,4}x\d{2,4}(?=\.\w+$)|/(?:[a-z]{1,2}[:_=]?)?\d{2,4}x\d{1,4}(?=/)"
    r"|/[a-z]{1,2}[:_=]\d{1,4}(?:x\d{1,4})?(?=/)"
    r"|[-_](?:[1-9]00|320|360|480|640|720|750|768|960|980|1024|1080|1[0-9]00|1280|1366"
    r"|1440|1536|1920|2[0-9]00|2048|2560)w?(?=\.\w+$)"
)
_CREDIT_AT_END = re.compile(words.CREDIT_AT_END.pattern + "$", re.IGNORECASE)


def tag_labels(labels: Iterable[str]) -> tuple[str, ...]:
    """Return the labels as plain text, each tag once, in the order given.

    Addresses (a category's scheme, a blog engine's own kinds) are no tags.
    """
    found: dict[str, str] = {}
    for label in labels:
        text = plain(label).strip(" ,;#")
        key = slug(text)
        if key and len(text) <= _LONGEST_TAG and not _ADDRESS.fullmatch(text):
            found.setdefault(key, text)
        if len(found) == _MOST_TAGS:
            break
    return tuple(found.values())


def language_tag(text: str) -> str:
    """Return a BCP 47 tag as one writes it ("pt-BR"), or "" for anything else."""
    if not _LANGUAGE.fullmatch(text.strip()):
        return ""
    first, *rest = re.split("[-_]", text.strip())
    styles = {_REGION: str.upper, _SCRIPT: str.title}
    return "-".join([first.lower(), *(styles.get(len(p), str.lower)(p) for p in rest)])


def shows_the_story(url: str) -> bool:
    """Say whether a picture may stand above a story: no icon, face or emoji."""
    return bool(url) and not _DECORATION.search(url)


def is_picture_file(url: str) -> bool:
    """Say whether an address names a picture by its ending."""
    return bool(_PICTURE_FILE.search(url))


def split_credit(text: str) -> tuple[str, str]:
    """Return a caption's words and the credit at its end: "…" and "© Name"."""
    text = " ".join(text.split())
    mark = read_mark(text, zone="UTC")
    if mark.kind is Kind.CREDIT:
        return "", mark.value
    before, sign, credit = text.rpartition("©")
    if sign:
        return before.strip(" -–—|,;("), f"© {credit.strip(' )')}".strip()
    match = _CREDIT_AT_END.search(fold(text))
    if match is None:
        return text, ""
    said = text[match.start("credit") : match.end("credit")].strip("()[] ")
    inside = read_mark(said, zone="UTC")
    return (
        text[: match.start()].strip(),
        inside.value if inside.kind is Kind.CREDIT else said,
    )


def same_picture(one: str, other: str) -> bool:
    """Say whether two addresses show one picture, in whatever size.

    Servers put the size in the query ("?w=640"), behind the name
    ("…-1024x683.jpg", "…-640.jpg") or into the path ("/w:1280/p:16x9/…").
    """
    return bool(one and other) and _sizeless(one) == _sizeless(other)


def _sizeless(url: str) -> tuple[str, str]:
    parts = urlsplit(url)
    return parts.netloc, _SIZE.sub("", parts.path)
