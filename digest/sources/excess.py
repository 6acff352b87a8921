"""Taken out of a feed's XML: so much of one thing that reading it would take for ever.

feedparser compares each category of an item with all before it, and looks for each
attribute through all of its tag: with the square of what a hostile feed sends, minutes
for half a megabyte. What goes is far beyond what anybody publishes.
"""

from __future__ import annotations

import re

from lxml import etree

_MOST_ATTRIBUTES = 100  #: of one tag
_MOST_LABELS = 500  #: of one item
_MOST_IN_ALL = 10_000  #: of a feed that is not well-formed, so has no tree to look at
_LONGEST_KEYWORDS = 5_000  #: characters, split at their commas

_LABELS = ("{*}category", "{*}subject")
_KEYWORDS = "{*}keywords"
_LABEL_TAG = re.compile(r"<(?:[\w.-]+:)?(?:category|subject)[\s>/]", re.IGNORECASE)
_TAG = re.compile(r"""<[a-z](?:[^<>"']++|"[^"]*+"|'[^']*+')*+""", re.IGNORECASE)


def is_excessive(text: str) -> bool:
    """Say whether XML that has no tree may hold more than a feed would."""
    labels = sum(1 for _ in _LABEL_TAG.finditer(text))
    if "keywords" in text:
        labels += text.count(",")
    return labels > _MOST_IN_ALL or any(
        tag[0].count("=") > _MOST_ATTRIBUTES for tag in _TAG.finditer(text)
    )


def without_excess(tree: etree._Element) -> None:
    """Take out of `tree` what is too much of one thing."""
    for element in tree.iter("*"):
        if len(element.attrib) > _MOST_ATTRIBUTES:
            element.attrib.clear()  # all: to read a few costs as much as reading all
    counted: dict[etree._Element, int] = {}
    for element in list(tree.iter(*_LABELS)):
        parent = element.getparent()
        if parent is not None:
            counted[parent] = counted.get(parent, 0) + 1
            if counted[parent] > _MOST_LABELS:
                parent.remove(element)
    for element in tree.iter(_KEYWORDS):
        words = str(
            etree.tostring(element, method="text", encoding="unicode", with_tail=False)
        )
        if len(words) > _LONGEST_KEYWORDS:
            tail = element.tail
            element.clear()
            element.text, element.tail = words[:_LONGEST_KEYWORDS], tail
