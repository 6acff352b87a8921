"""A feed's XML made fit to be parsed: what is refused, mended and set aside.

Feeds arrive with a stray blank before the XML declaration, with ``&nbsp;`` that
nothing declares, with control characters a mail program left in. All that is
mended before any parser sees it. Entity declarations are refused: no feed needs
them, and they are how a small file becomes a large one or reads another file.

Pictures of Media RSS are set aside here, because feedparser flattens them: it
forgets which caption and credit belong to which picture, and takes a picture's
description for the item's.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from html.entities import html5

from lxml import etree

from digest.model import Image
from digest.sources.documents import NOT_XML, DocumentError
from digest.sources.excess import is_excessive, without_excess

#: Put into every item, so that its pictures are found again behind the parser.
PLACE = "digest_place"

#: What may stand before the root of an XML document.
_PROLOG = re.compile(r"(?:\s|\ufeff|<\?.*?\?>|<!--.*?-->)*+", re.DOTALL)
_ROOT = re.compile(
    r"<(?:[a-z_][\w.-]*:)?(?P<name>rss|feed|rdf|channel)(?=[\s>/])", re.IGNORECASE
)
_ITEM_TAG = re.compile(
    r"<(?P<end>/?)(?:[a-z_][\w.-]*:)?(?:item|entry)[\s>/]", re.IGNORECASE
)
_ROOT_END = re.compile(
    r"</(?:[a-z_][\w.-]*:)?(?:rss|feed|rdf|channel)\s*>", re.IGNORECASE
)
_TAIL = 200  #: characters at the end, where the root's end tag stands
_PAGE = re.compile(r"<!doctype\s+html|<html[\s>]", re.IGNORECASE)
_TITLE = re.compile(r"<title[^<>]{0,200}>([^<]{1,200})", re.IGNORECASE)
_FEED_LINK = re.compile(
    r"<link\b[^<>]{0,500}application/(?:rss|atom)\+xml[^<>]{0,500}>", re.IGNORECASE
)
_HREF = re.compile(r"\bhref\s*=\s*[\"']?([^\"'\s>]+)", re.IGNORECASE)

_NUMBERED = re.compile(r"&#(?:[xX]([0-9a-fA-F]+)|([0-9]+));")
_NAMED = re.compile(r"&([A-Za-z][A-Za-z0-9]*;)")
_XML_NAMES = {"lt;", "gt;", "amp;", "quot;", "apos;"}
_XML_LETTERS = {"<": "&lt;", ">": "&gt;", "&": "&amp;", '"': "&quot;", "'": "&apos;"}

_MEDIA = re.compile(r"https?://search\.yahoo\.com/mrss/?", re.IGNORECASE)
#: Elements of Media RSS that say something about the story, not about a picture.
_ABOUT_THE_STORY = {"keywords", "category"}
_PICTURE_FILE = re.compile(r"\.(?:jpe?g|png|gif|webp|avif)(?:[?#]|$)", re.IGNORECASE)
_WITH_ADDRESS = re.compile(
    r"(?:(?P<before>[^<>()@]*?)[\s<(]+)?[^\s<>()@]+@[^\s<>()@]+[>)]?"
    r"\s*(?:\((?P<after>[^()]*)\))?"
)
_MOST_PICTURES = 20  #: of one item
_LONGEST_AUTHOR = 300
#: libxml2 tells the place behind its message, counted from the root element.
_PLACE_SAID = re.compile(r",? (?:\w+ )?line \d+.*", re.DOTALL)


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedXml:
    """A feed ready for a parser."""

    content: bytes  #: UTF-8, from the root element on
    images: Mapping[str, tuple[Image, ...]] = field(default_factory=dict)
    broken: str = ""  #: why it is not well-formed XML, with the line
    cut_off: bool = False  #: it ends inside an item
    excessive: bool = False  #: broken, and only its `readable_part` can be read in time


def is_feed(text: str) -> bool:
    """Say whether `text` is an RSS, RDF or Atom feed, by what it begins with."""
    start = _start(text)
    return (
        text.startswith("<", start)
        and bool(_ROOT.search(text, start))
        and not _is_page(text)
    )


def is_page(text: str) -> bool:
    """Say whether `text` is a web page, by what it begins with."""
    return text.startswith("<", _start(text)) and _is_page(text)


def read_feed_xml(text: str, *, location: str) -> FeedXml:
    """Prepare a feed; raise `DocumentError` when it is none or declares entities."""
    start = _start(text)
    root = _ROOT.search(text, start)
    if root is None or _is_page(text):
        raise DocumentError(_no_feed(text, location))
    if "<!entity" in text[start : root.start()].lower():
        raise DocumentError(
            f"{location} declares entities (<!ENTITY), which no feed needs and "
            "attackers use; it was not read. Ask the publisher to leave them out"
        )
    mended = _mended(text[root.start() :])
    try:
        tree = etree.fromstring(mended.encode(), _parser())
    except etree.XMLSyntaxError as error:
        line = text.count("\n", 0, root.start()) + (error.lineno or 1)
        return FeedXml(
            content=mended.encode(),
            broken=f"line {line}: {_PLACE_SAID.sub('', error.msg or '')}",
            cut_off=_ends_inside_item(mended),
            excessive=is_excessive(mended),
        )
    without_excess(tree)
    images = dict(_set_images_aside(tree))
    return FeedXml(content=etree.tostring(tree, encoding="utf-8"), images=images)


def _ends_inside_item(text: str) -> bool:
    ends = _ITEM_TAG.findall(text)
    return bool(ends) and not ends[-1] and not _ROOT_END.search(text[-_TAIL:])


def readable_part(content: bytes) -> bytes:
    """Return what can be understood of broken XML, as well-formed XML; "" if nothing."""
    tree = etree.fromstring(content, _parser(recover=True))
    if tree is None:
        return b""
    without_excess(tree)
    return etree.tostring(tree, encoding="utf-8")


def _parser(*, recover: bool = False) -> etree.XMLParser:
    return etree.XMLParser(
        resolve_entities=False, no_network=True, load_dtd=False, recover=recover
    )


# -- what is it -------------------------------------------------------------


def _start(text: str) -> int:
    prolog = _PROLOG.match(text)
    return prolog.end() if prolog else 0


def _is_page(text: str) -> bool:
    """Say whether HTML stands in `text` before anything of a feed."""
    start = _start(text)
    page, root = _PAGE.search(text, start), _ROOT.search(text, start)
    return page is not None and (root is None or page.start() < root.start())


def _no_feed(text: str, location: str) -> str:
    if not text.strip():
        return f"{location} is empty; check the address in a browser"
    if not _is_page(text):
        return (
            f"{location} is not a feed: it is neither RSS, Atom nor JSON Feed; "
            "check the address"
        )
    title, link = _TITLE.search(text), _FEED_LINK.search(text)
    titled = f" (its title: “{' '.join(title[1].split())}”)" if title else ""
    href = link and _HREF.search(link[0])
    hint = f"; its feed seems to be {href[1]}" if href else ""
    return (
        f"{location} is a web page, not a feed{titled}{hint}. "
        "To take one article from it, give it as `page:`"
    )


# -- mending ----------------------------------------------------------------


def _mended(text: str) -> str:
    # A backspace in one headline would spoil the whole feed.
    text = NOT_XML.sub("", text)
    text = _NUMBERED.sub(_legal_number, text)
    return _NAMED.sub(_declared, text)


def _legal_number(reference: re.Match[str]) -> str:
    digits, base = (reference[1], 16) if reference[1] else (reference[2], 10)
    if len(digits.lstrip("0")) > 7:  # noqa: PLR2004 -- beyond U+10FFFF, however written
        return ""
    number = int(digits, base)
    legal = number < 0x110000 and not NOT_XML.match(chr(number))  # noqa: PLR2004 -- the end of Unicode
    return reference[0] if legal else ""


def _declared(reference: re.Match[str]) -> str:
    """Return what HTML means by a name; XML itself knows five only."""
    name = reference[1]
    if name in _XML_NAMES:
        return reference[0]
    meant = html5.get(name, reference[0])
    return _XML_LETTERS.get(meant, meant)


# -- Media RSS --------------------------------------------------------------


def _set_images_aside(
    tree: etree._Element,
) -> Iterator[tuple[str, tuple[Image, ...]]]:
    """Mark every item with its place; take its pictures out and yield them."""
    for author in tree.iter("{*}author", "{*}creator"):
        author.text = _name_only(author.text or "")
    items = list(tree.iter("{*}item", "{*}entry"))  # before any is changed
    for place, item in enumerate(items):
        images = tuple(_images(item))
        if images:
            yield str(place), images
        for element in [one for one in item.iter() if _is_media(one)]:
            parent = element.getparent()
            if parent is not None and _name(element) not in _ABOUT_THE_STORY:
                parent.remove(element)
        mark = etree.SubElement(item, f"{_namespace(item)}{PLACE}")
        mark.text = str(place)


def _name_only(text: str) -> str:
    """Return the name of "mail@host (Name)" and "Name <mail@host>".

    feedparser leaves half of an address there whose domain ends in a long word.
    """
    short = "@" in text and len(text) <= _LONGEST_AUTHOR
    found = _WITH_ADDRESS.fullmatch(text.strip()) if short else None
    return (found["after"] or found["before"] or "").strip() if found else text


def _images(item: etree._Element) -> Iterator[Image]:
    """Yield the pictures of an item, the widest first, thumbnails last."""
    contents = [one for one in item.iter() if _is_media(one, "content")]
    pictures = [one for one in contents if _is_picture(one)]
    pictures.sort(key=lambda one: -(_pixels(one.get("width")) or 0))
    pictures += [one for one in item.iter() if _is_media(one, "thumbnail")]
    for one in pictures[:_MOST_PICTURES]:  # each looks through all that is around it
        yield _image(one, item)


def _is_picture(content: etree._Element) -> bool:
    kind = content.get("medium") or (content.get("type") or "").partition("/")[0]
    if kind:
        return kind.lower() == "image"
    return bool(_PICTURE_FILE.search(content.get("url") or ""))


def _image(element: etree._Element, item: etree._Element) -> Image:
    """Return a picture with what is said nearest to it."""
    description = _said(element, "description", item)
    title = _said(element, "title", item)
    return Image(
        url=element.get("url") or (element.text or "").strip(),
        caption=description or title,
        alt=title if description else "",
        credit=_said(element, "credit", item),
        width=_pixels(element.get("width")),
        height=_pixels(element.get("height")),
    )


def _said(element: etree._Element, name: str, item: etree._Element) -> str:
    """Return the text of a Media RSS element inside `element` or around it."""
    holder: etree._Element | None = element
    while holder is not None:
        for one in holder:
            if _is_media(one, name):
                return " ".join(
                    str(
                        etree.tostring(
                            one, method="text", encoding="unicode", with_tail=False
                        )
                    ).split()
                )
        holder = None if holder is item else holder.getparent()
    return ""


def _is_media(element: etree._Element, name: str = "") -> bool:
    if not isinstance(element.tag, str):  # a comment
        return False
    return bool(_MEDIA.fullmatch(_namespace(element).strip("{}"))) and (
        not name or _name(element) == name
    )


def _name(element: etree._Element) -> str:
    return str(element.tag).rpartition("}")[2]


def _namespace(element: etree._Element) -> str:
    """Return ``{uri}``, or "" for an element in no namespace."""
    space, brace, _ = str(element.tag).rpartition("}")
    return space + brace


def _pixels(text: str | None) -> int | None:
    return int(text) if text and re.fullmatch(r"[0-9]{1,5}", text.strip()) else None
