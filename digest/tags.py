"""What a tag is, and when an article belongs to a topic.

A tag is a label somebody typed; two labels are the same tag when their slugs are
equal: "Droits humains", "droits-humains" and "DROITS HUMAINS" are one.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from collections.abc import Set as AbstractSet
from functools import lru_cache

from digest.model import Topic

#: Accents on Latin, Greek and Cyrillic letters, and the selectors that turn a sign
#: into an emoji. Marks of other scripts are letters to their readers (Thai and Hindi
#: vowels) and stay.
_DROPPED = re.compile("[\u0300-\u036f\ufe00-\ufe0f\U000e0100-\U000e01ef]")

#: Soft hyphens, joiners, direction marks; frames around digits: not part of a word,
#: and not between two words either.
_INVISIBLE = frozenset({"Cf", "Me"})
#: Languages and vitamins of one letter, which nothing but the signs tells apart.
_SIGNED = re.compile(r"(?<!\w)([^\W\d_])([+#♯]+)(?!\w)")
_SIGNS = {"+": " plus", "#": " sharp", "♯": " sharp"}
_PREFIX = "tag:"
#: As many letters tell one from many in languages that write with letters: river, rivers.
_ENDING = 2


@lru_cache(maxsize=8192)  # a newsroom has some hundred labels, and asks all the time
def slug(label: str) -> str:
    """Return the label as compared: folded, without accents, words joined by "-".

    Letters and digits of every script are kept; a label without any gives "". Of other
    signs those behind a letter that stands alone count: "C++" is "c-plus-plus".
    """
    decomposed = unicodedata.normalize("NFKD", label).casefold()
    visible = "".join(filter(_is_visible, _DROPPED.sub("", decomposed)))
    kept = "".join(map(_kept, _SIGNED.sub(_spelt, visible)))
    words = unicodedata.normalize("NFKC", kept).split()
    return "-".join(word for word in words if any(map(str.isalnum, word)))


def _is_visible(character: str) -> bool:
    return unicodedata.category(character) not in _INVISIBLE


def _kept(character: str) -> str:
    return character if unicodedata.category(character)[0] in "LMN" else " "


def _spelt(found: re.Match[str]) -> str:
    return found[1] + "".join(map(_SIGNS.__getitem__, found[2]))


def slugs(labels: Iterable[str]) -> frozenset[str]:
    """Return the slugs of some labels, without the empty one."""
    return frozenset(filter(None, map(slug, labels)))


def says_the_same(one: str, other: str) -> bool:
    """Return whether two slugs are one word to a reader: "river" and "rivers" are."""
    short, long = sorted((one, other), key=len)
    apart = len(long) - len(short)
    return long.startswith(short) and (not apart or apart <= _ENDING < len(short))


def single_tag(name: str) -> str | None:
    """Return the tag's slug when `name` is "tag:…", as readers follow a single tag."""
    return slug(name.removeprefix(_PREFIX)) if name.startswith(_PREFIX) else None


def belongs(topic: Topic, tags: AbstractSet[str]) -> bool:
    """Return whether an article with these tags (slugs) belongs to the topic.

    It must carry one of `any` where there are any, every one of `all`, none of
    `none`. A topic that names no tag at all matches nothing.
    """
    return (
        bool(topic.any or topic.all or topic.none)
        and (not topic.any or not topic.any.isdisjoint(tags))
        and topic.all <= tags
        and topic.none.isdisjoint(tags)
    )
