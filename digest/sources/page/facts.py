"""What a page says about its article, wherever on the page it says so."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from datetime import datetime

from digest.model import Image


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """Facts from one place of a page; empty where that place says nothing.

    Texts are as written: they may hold entities or markup. Addresses may be relative.
    """

    article: bool = False  #: this place says outright that the page is an article
    headline: str = ""
    standfirst: str = ""
    bylines: tuple[str, ...] = ()  #: people
    desk: str = ""
    image: Image | None = None
    tags: tuple[str, ...] = ()
    section: str = ""
    published: datetime | None = None
    updated: datetime | None = None
    language: str = ""
    url: str = ""
    minutes: int = 0
    site: str = ""  #: the publisher's name, which is no byline
    text: str = ""  #: the body as plain text


def combined(places: Sequence[Facts]) -> Facts:
    """Return the facts of all places; where two speak, the first is believed."""
    result = Facts()
    for place in places:
        missing = {
            field.name: getattr(place, field.name)
            for field in fields(Facts)
            if not getattr(result, field.name)
        }
        result = replace(result, **missing)
    return result
