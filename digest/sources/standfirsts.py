"""The few lines between headline and text, where a source does not set them apart.

Feeds give a summary, or the whole text, or the text and its own first lines as the
summary. The reader must get a standfirst that says something, and never the same
paragraph twice.
"""

from __future__ import annotations

import re
from dataclasses import replace

from digest.sources.bodies import Body, read_body
from digest.sources.cleaning import plain

#: Above it, a standfirst is cut at the end of a sentence.
LONGEST = 400
_SHORTEST = 40  #: a cut that leaves less says too little
_HEADLINE_LENGTH = 90
_TEASER_SHARE = 2  #: a "content" this many times shorter than the summary is a teaser

_SENTENCE_END = re.compile(r"[.!?…]+[\"'»”’)\]]*(?=\s|$)|[。！？]+[」』”]?")
#: What blog engines put behind an excerpt.
_CUT_MARK = re.compile(r"\s*(?:\[\s*(?:…|\.\.\.)\s*\]|…|\.\.\.)\s*$")
_OPENING = re.compile(r"<p>(?P<inside>.*?)</p>", re.DOTALL)


def standfirst_and_body(
    content: str, summary: str, *, base_url: str
) -> tuple[str, Body]:
    """Return the standfirst and the body of what a feed calls content and summary.

    Either may be empty, and either may be the longer one.
    """
    body = read_body(content or summary, base_url=base_url)
    if not content or not summary:
        return opening(body)
    said = read_body(summary, base_url=base_url)
    if len(said.text) > _TEASER_SHARE * len(body.text):
        body, said = said, body
    return beside(body, said.text)


def beside(body: Body, summary: str) -> tuple[str, Body]:
    """Return `summary` as the standfirst, unless the body says the same first."""
    excerpt = _CUT_MARK.sub("", summary)
    if not excerpt or body.text.startswith(excerpt[:LONGEST]):
        return opening(body)
    return shortened(summary), body


def opening(body: Body) -> tuple[str, Body]:
    """Return the body's first paragraph as its standfirst, and the rest.

    A paragraph that is long or holds more than words stays in the body, and the
    standfirst repeats its beginning.
    """
    first = _OPENING.match(body.html)
    if first is None:
        return "", body
    text = plain(first["inside"])
    movable = "<" not in first["inside"] and len(text) <= LONGEST
    if movable and not _CUT_MARK.search(text):
        return text, replace(body, html=body.html[first.end() :].lstrip())
    return shortened(text), body


def shortened(text: str, *, longest: int = LONGEST) -> str:
    """Return `text` cut to whole sentences, or whole words where there are none."""
    text, cut = _CUT_MARK.subn("", text)
    if not cut and len(text) <= longest:
        return text
    ends = [m.end() for m in _SENTENCE_END.finditer(text[: longest + 1])]
    if ends and min(ends[-1], longest) >= _SHORTEST:
        return text[: ends[-1]]
    return f"{_whole_words(text, longest)}…"


def first_words(text: str) -> str:
    """Return a headline made of the first sentence or words; "" of nothing."""
    end = _SENTENCE_END.search(text[: _HEADLINE_LENGTH + 1])
    if end and end.end() <= _HEADLINE_LENGTH:
        return text[: end.end()].rstrip(".")
    if len(text) <= _HEADLINE_LENGTH:
        return text
    return f"{_whole_words(text, _HEADLINE_LENGTH)}…"


def _whole_words(text: str, longest: int) -> str:
    """Cut before a word, or anywhere in a script that has no spaces."""
    if len(text) <= longest:
        return text.rstrip(" ,;:–—-")
    head, space, _ = text[:longest].rpartition(" ")
    return (head if space and len(head) > longest // 2 else text[:longest]).rstrip(
        " ,;:–—-"
    )
