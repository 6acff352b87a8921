"""A page as a tree, and small questions to its elements."""

from __future__ import annotations

import re
from collections.abc import Iterator

from lxml import etree
from lxml import html as lxml_html
from lxml.html import HtmlElement

from digest.sources.documents import NOT_XML

#: lxml takes no text that says in which charset it was written.
_DECLARATION = re.compile(r"^\s*<\?xml[^>]{0,200}\?>")
_WORDS = re.compile(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])|\d+")

_BLOCK_NAMES = """
address article aside blockquote dd div dl dt figcaption figure footer h1 h2 h3 h4 h5 h6
header hgroup li main nav ol p pre section table td th time tr ul
"""
#: Elements that stand on lines of their own.
BLOCKS = frozenset(_BLOCK_NAMES.split())
_SILENT_NAMES = """
script style template noscript svg iframe object embed button select input textarea
dialog
"""
#: Never part of what a page says to its readers.
_SILENT = tuple(_SILENT_NAMES.split())
#: Not for reading either, unless the whole page is inside one (ASP.NET, pop-ups).
_SILENT_IF_SMALL = "//form | //nav | //*[@hidden or @aria-hidden='true'][not(.//img)]"
_SMALL = 1000  #: characters of text


def parse(text: str) -> HtmlElement | None:
    """Return the tree of a page, None when there is nothing in it."""
    content = _DECLARATION.sub("", _legal(text)).encode()
    try:
        # The parser gives up on content 256 elements deep, so nesting costs no time.
        tree = lxml_html.document_fromstring(
            content, parser=lxml_html.HTMLParser(encoding="utf-8")
        )
    except etree.ParserError:  # empty, or only a comment
        return None
    for element in tree.iter():  # "&#1;" is read, but may not be moved about
        if element.text and NOT_XML.search(element.text):
            element.text = _legal(element.text)
        if element.tail and NOT_XML.search(element.tail):
            element.tail = _legal(element.tail)
    return tree


def _legal(text: str) -> str:
    return NOT_XML.sub("", text.replace("\f", " "))


def silence(tree: HtmlElement) -> None:
    """Take out what is not for reading: scripts, forms, menus, comments."""
    for element in list(tree.iter(*_SILENT, etree.Comment, etree.PI)):
        drop(element)
    for element in tree.xpath(_SILENT_IF_SMALL):
        if len(text_of(element)) <= _SMALL:
            drop(element)


def text_of(element: HtmlElement) -> str:
    """Return an element's words on one line."""
    return " ".join(str(element.text_content()).split())


def class_words(element: HtmlElement) -> set[str]:
    """Return the words in an element's classes and id: "t-articleBody" has "body"."""
    said = f"{element.get('class') or ''} {element.get('id') or ''}"
    return {word.lower() for word in _WORDS.findall(said[:500])}


def lines(scope: HtmlElement) -> Iterator[HtmlElement]:
    """Yield what stands on a line of its own, in order.

    That is a block without blocks inside, or an inline element between blocks.
    """
    holds = {one for block in scope.iter(*BLOCKS) for one in block.iterancestors()}
    for element in scope.iter():
        if not isinstance(element.tag, str) or element in holds:
            continue
        beside_blocks = element.getparent() in holds
        if (element.tag in BLOCKS or beside_blocks) and text_of(element):
            yield element


def is_in(element: HtmlElement, scope: HtmlElement) -> bool:
    """Say whether `element` is `scope` or inside it."""
    return element is scope or any(one is scope for one in element.iterancestors())


def drop(element: HtmlElement) -> None:
    """Take an element out, once; the text behind it stays."""
    if element.getparent() is not None:
        element.drop_tree()


def is_gone(element: HtmlElement, tree: HtmlElement) -> bool:
    """Say whether `element` has been taken out of `tree`."""
    return element.getroottree().getroot() is not tree
