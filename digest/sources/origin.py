"""Where a file's article comes from, as far as the file itself does not say."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Origin:
    """What every reader of files needs to know beside the file's content."""

    source: str  #: the source's name
    key: str  #: the file's path inside the source, with "/"; its id when it has no URL
    where: str  #: the path as problems name it
    timezone: str  #: IANA name; of dates that say none
    tags: tuple[str, ...] = ()  #: given to every article of the source
    language: str = ""  #: unless the file says another
    images_url: str = ""  #: where the source's pictures are published, no end slash
    base_url: str = ""  #: what other relative links are relative to
