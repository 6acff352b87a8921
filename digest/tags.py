"""What a tag is, and when an article belongs to a topic.

A tag is a label somebody typed; two labels are the same tag when their slugs are
equal: "Droits humains", "droits-humains" and "DROITS HUMAINS" are one.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from collections.abc import Set as AbstractSet

from digest.model import Topic

#: Accents on Latin, Greek and Cyrillic letters. Marks of other scripts are letters
#: to their readers (Thai and Hindi vowels) and stay.
_ACCENTS = re.compile("[\u0300-\u036f]")
_PREFIX = "tag:"


def slug(label: str) -> str:
    """Return the label as compared: folded, without accents, words joined by "-".

    Letters and digits of every script are kept; a label without any gives "".
    """
    decomposed = unicodedata.normalize("NFKD", label).casefold()
    plain = unicodedata.normalize("NFKC", _ACCENTS.sub("", decomposed))
    kept = (c if unicodedata.category(c)[0] in "LMN" else " " for c in plain)
    return "-".join("".join(kept).split())


def slugs(labels: Iterable[str]) -> frozenset[str]:
    """Return the slugs of some labels, without the empty one."""
    return frozenset(filter(None, map(slug, labels)))


def single_tag(name: str) -> str | None:
    """Return the tag's slug when `name` is "tag:…", as readers follow a single tag."""
    return slug(name.removeprefix(_PREFIX)) if name.startswith(_PREFIX) else None


def belongs(topic: Topic, tags: AbstractSet[str]) -> bool:
    """Return whether an article with these tags (slugs) belongs to the topic.

    It must carry one of `any` where there are any, every one of `all`, none of
    `none`. A topic that asks for no tag at all matches nothing.
    """
    if not (topic.any or topic.all):
        return False
    return (
        (not topic.any or not topic.any.isdisjoint(tags))
        and topic.all <= tags
        and topic.none.isdisjoint(tags)
    )
