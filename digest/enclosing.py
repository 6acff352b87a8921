"""Which pictures the mails of an issue carry, where a newsletter wants them inside.

The project's own pictures are meant: what lies on somebody else's website stays there.
They are chosen once per issue, in the order of its articles, as long as all of them
together stay below `LIMIT`: then no reader's mail is larger, whatever they chose, and
what a page names is the same for all. Pictures beyond that are linked as usual.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

from digest.message import KINDS, Enclosure, enclosure
from digest.model import Issue, Newsletter
from digest.tags import slug

#: Octets of pictures, as they leave; many mail servers take no more than ten million.
LIMIT = 3_000_000
_LONGEST_NAME = 60
_HEADER = 500  #: octets of a part's header, at most


def enclosures_of(
    issue: Issue, newsletter: Newsletter, files: Callable[[], Mapping[str, Path]]
) -> dict[str, Enclosure]:
    """Return the pictures that an issue's mails carry, by their URLs; mostly none.

    `files` finds the project's own pictures by URL. One that is not there, or of a kind
    that not every mail program shows, stays a link.
    """
    if not newsletter.inline_images:
        return {}
    from digest.sources.pictures import picture_urls  # slow to load, and rarely needed

    domain = newsletter.sender.address.rpartition("@")[2]
    found: dict[str, Enclosure] = {}
    same: dict[str, Enclosure] = {}  # by content
    known, room = files(), LIMIT
    articles = (*issue.articles, *issue.carried)
    for url in dict.fromkeys(u for a in articles for u in picture_urls(a)):
        file = known.get(url)
        kind = KINDS.get(file.suffix.lower()) if file else None
        if file is None or kind is None or not file.is_file():
            continue
        if file.stat().st_size * 7 // 5 + _HEADER > room:  # base64 and its line ends
            continue
        stem = slug(file.stem).encode("ascii", "ignore").decode()[:_LONGEST_NAME]
        name = f"{stem.strip('-') or 'picture'}{file.suffix.lower()}"
        part = enclosure(file.read_bytes(), name=name, kind=kind, domain=domain)
        if part.content_id in same:  # two files of the same content are one part
            found[url] = same[part.content_id]
        else:
            found[url] = same[part.content_id] = part
            room -= len(part.part)
    return found
