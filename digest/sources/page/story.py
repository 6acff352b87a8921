"""Which part of a page is the story: trafilatura tells, and it is taken as it stands.

trafilatura is good at telling a story from what surrounds it, but what it writes
loses captions and changes the order of some elements. So its answer is only used
to find the lines on the page, and the smallest element that holds them.
"""

from __future__ import annotations

import logging
import re

from lxml import html as lxml_html
from lxml.html import HtmlElement

from digest.model import Image
from digest.sources.bodies import first_image
from digest.sources.cleaning import clean_html
from digest.sources.page.tree import drop, lines, parse, text_of

# It warns about every page it finds nothing in; we say so ourselves.
logging.getLogger("trafilatura").setLevel(logging.CRITICAL)

_MOSTLY = 0.9
_HEADINGS_OF_A_LIST = 3
_LONGEST_CAPTION = 250  #: characters in paragraphs; with more, the text has begun
_PARAGRAPH_LENGTH = 40  #: a shorter line that nobody knows is furniture


def take_figure(
    tree: HtmlElement, head: HtmlElement | None, base_url: str
) -> Image | None:
    """Take the picture that stands before the text begins.

    A figure may stand above the headline; without a figure around it, a picture
    up there is the site's own.
    """
    below, read = False, 0
    for element in tree.iter():
        below = below or element is head
        read += len(text_of(element)) if element.tag == "p" else 0
        if read > _LONGEST_CAPTION:
            return None
        loose = element.tag == "img" and below
        if element.tag != "figure" and not loose:
            continue
        found = first_image(_cleaned(element, base_url))
        if found:
            drop(element)
            return found
    return None


def find_story(tree: HtmlElement, base_url: str) -> tuple[str, bool]:
    """Return the part of the page that is the story, cleaned; "" if there is none.

    And whether it only lists other stories, as front pages do.
    """
    from trafilatura import extract  # half a second, and only pages need it

    extracted = extract(
        lxml_html.fromstring(lxml_html.tostring(tree)),  # it changes what it reads
        output_format="html",
        include_links=True,
        include_images=True,
        include_formatting=True,
        include_comments=False,
        fast=True,
    )
    found = parse(extracted or "")
    if found is None:
        return "", False
    wanted = {key_of(text_of(line)) for line in lines(found)}
    if len(wanted) == 1:  # a short story of few letters comes as one paragraph
        whole = _letters(text_of(found))
        on_page = (text_of(line) for line in lines(tree))
        wanted |= {key_of(text) for text in on_page if _letters(text) in whole}
    container = _container(tree, wanted)
    is_list = _lists_links(container)
    root = lxml_html.fragment_fromstring(
        _cleaned(container, base_url), create_parent="div"
    )
    blocks = list(root)
    known = [index for index, block in enumerate(blocks) if _holds(block, wanted)]
    if not known:
        return clean_html(extracted or "", base_url=base_url), is_list
    for index, block in enumerate(blocks):
        inside = known[0] <= index <= known[-1]
        if not (inside and (index in known or _may_stay(block))):
            drop(block)
    html = "".join(lxml_html.tostring(one, encoding="unicode") for one in root)
    return html, is_list


def _lists_links(container: HtmlElement) -> bool:
    """Say whether most of the words, or most of the headings, are links."""
    linked = sum(len(text_of(a)) for a in container.iter("a"))
    headings = [one for one in container.iter("h2", "h3", "h4") if text_of(one)]
    leading = [
        one
        for one in headings
        if one.find(".//a") is not None
        or next(one.iterancestors("a"), None) is not None
    ]
    return 2 * linked > len(text_of(container)) or (
        len(leading) >= _HEADINGS_OF_A_LIST and 2 * len(leading) > len(headings)
    )


def _container(tree: HtmlElement, wanted: set[str]) -> HtmlElement:
    """Return the smallest element that holds nearly all of the lines wanted."""
    weights: dict[HtmlElement, int] = {}
    for line in lines(tree):
        text = text_of(line)
        if key_of(text) in wanted:
            for element in (line, *line.iterancestors()):
                weights[element] = weights.get(element, 0) + len(text)
    container = tree
    while True:
        heaviest = max(container, key=lambda one: weights.get(one, 0), default=None)
        if heaviest is None or heaviest.tag in {"p", "li", "td"}:
            return container
        if weights.get(heaviest, 0) < _MOSTLY * weights.get(container, 1):
            return container
        container = heaviest


def _holds(block: HtmlElement, wanted: set[str]) -> bool:
    return any(key_of(text_of(one)) in wanted for one in (block, *lines(block)))


def _may_stay(block: HtmlElement) -> bool:
    """Say whether a block inside the story that trafilatura passed over is of it."""
    text = text_of(block)
    linked = sum(len(text_of(a)) for a in block.iter("a"))
    if (
        block.tag in {"figure", "blockquote", "table", "pre"}
        or block.find(".//img") is not None
    ):
        return True
    return len(text) >= _PARAGRAPH_LENGTH and 2 * linked < len(text)


def _cleaned(element: HtmlElement, base_url: str) -> str:
    html = lxml_html.tostring(element, encoding="unicode", with_tail=False)
    return clean_html(html, base_url=base_url)


def key_of(text: str) -> str:
    """Return what two writings of one line have in common."""
    return _letters(text)[:80]


def _letters(text: str) -> str:
    return re.sub(r"\W+", "", text).casefold()
