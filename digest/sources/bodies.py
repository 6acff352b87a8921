"""What is taken out of an article's body: links elsewhere, quotes, its first picture.

Newsrooms put into the text what belongs beside it: "Also read" lines, a list of
stories on the same subject, tags, the lead picture once more, an invitation to
subscribe. Each goes into its own field or, when it only sells something, away.
What is not recognised stays where it was.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from lxml import html as lxml_html
from lxml.html import HtmlElement

from digest.model import Image, Link, Quote
from digest.sources.cleaning import clean_html, plain
from digest.sources.labels import same_picture, shows_the_story, split_credit
from digest.sources.pasted import words
from digest.sources.pasted.marks import Kind, fold, read_mark, unlabelled
from digest.sources.quotations import find_quotes, opening_quote

_LONGEST_LINE = 250  #: above it, a paragraph is prose, whatever it begins with
_LONGEST_TAG = 40
_LAST_BLOCKS = 6  #: where a list of tags may stand
_NARROWEST = 100  #: pixels; below it is an icon, not a picture
_LEADING_BLOCKS = 2  #: where the lead picture stands when it is in the body, too
_TEXT_BLOCKS = {"p", "h2", "h3", "h4"}
_NOT_THE_STORY = {Kind.READ_MORE, Kind.CALL, Kind.NOTICE}

_LONGEST_PARAGRAPH = 5000  #: in which quotations are looked for
_ALSO_READ = words.ALSO_READ.pattern.removesuffix("(?P<value>.*)")
#: An "Also read" that only a line end sets apart becomes a paragraph of its own.
_ALSO_AFTER_BREAK = re.compile(
    rf"(?:<br>\s*)+(?=(?:<(?:strong|b|em|i)>\s*)*{_ALSO_READ})",
    re.IGNORECASE,
)
#: What blog engines put under every item of a feed.
_FOOTER = re.compile(
    r"the post .+ (?:first appeared|appeared first) on .+|l'article .+ est apparu en"
    r" premier sur .+|der beitrag .+ erschien zuerst auf .+|la entrada .+ (?:se publicó"
    r" primero|apareció primero) en .+",
    re.IGNORECASE,
)
#: What a live report puts above each entry; as a paragraph it is the length of a recording.
_CLOCK = re.compile(r"\d{1,2}:\d\d")
_ATTRIBUTION = re.compile(r"\s*(?:[—–―]|--?)\s*(?=\S)")
_MARKS_AROUND = "\"'«»“”„‟‹›「」『』 \u00a0\u202f"


@dataclass(frozen=True, slots=True, kw_only=True)
class Body:
    """An article's body and what was found in it."""

    html: str = ""  #: the safe subset
    text: str = ""  #: its words
    image: Image | None = None  #: the first picture in it
    quotes: tuple[Quote, ...] = ()
    tags: tuple[str, ...] = ()
    also_read: tuple[Link, ...] = ()
    related: tuple[Link, ...] = ()

    def without_lead(self, image: Image | None) -> Body:
        """Return the body without `image` where it opens it: it stands above."""
        if image is None or "<img" not in self.html:
            return self
        root = _tree(self.html)
        for block in list(root)[:_LEADING_BLOCKS]:
            pictures = block.findall(".//img")
            shown = [
                one for one in pictures if same_picture(one.get("src", ""), image.url)
            ]
            words_left = len(_text(block)) > len(_caption(block))
            if shown and len(pictures) == 1 and not words_left:
                block.drop_tree()
                return replace(self, html=_html(root))
        return self

    def without_opening(self, text: str) -> Body:
        """Return the body without its first block if that only says `text`."""
        root = _tree(self.html)
        if len(root) and _text(root[0]) == text:
            root[0].drop_tree()
            return replace(self, html=_html(root))
        return self


@dataclass(slots=True)
class _Found:
    """What has been taken out so far."""

    also_read: list[Link] = field(default_factory=list)
    related: list[Link] = field(default_factory=list)
    tags: list[str] = field(default_factory=list)
    changed: bool = False


def read_body(html: str, *, base_url: str) -> Body:
    """Clean `html` and take out what belongs beside the text."""
    cleaned = clean_html(html, base_url=base_url)
    cleaned = _ALSO_AFTER_BREAK.sub("</p><p>", cleaned)
    root, found = _tree(cleaned), _Found()
    blocks = list(root)
    for index, block in enumerate(blocks):
        if block.getparent() is None:  # a list already taken with its heading
            continue
        if _take(block, found, last=index >= len(blocks) - _LAST_BLOCKS):
            block.drop_tree()
            found.changed = True
    if found.changed or "</p><p>" in cleaned:
        cleaned = clean_html(_html(root))
    return Body(
        html=cleaned,
        text=plain(cleaned),
        image=_first_image(root),
        quotes=tuple(_quotes(root)),
        tags=tuple(found.tags),
        also_read=tuple(found.also_read),
        related=tuple(found.related),
    )


# -- what is beside the text ------------------------------------------------


def _take(block: HtmlElement, found: _Found, *, last: bool) -> bool:
    """Put into `found` what a block says beside the text; True: it goes."""
    text = _text(block)
    if block.tag not in _TEXT_BLOCKS or not 0 < len(text) <= _LONGEST_LINE:
        return False
    if _CLOCK.fullmatch(text) and (block.tag != "p" or len(block)):
        return False
    mark = read_mark(text, zone="UTC")
    if mark.kind is Kind.SAME_SUBJECT:
        links = [*_links(block), *_links_after(block)]
        found.related += links
        return bool(links)
    if mark.kind is Kind.ALSO_READ:
        links = _announced(block, mark.value) or list(_links_after(block))
        found.also_read += links
        return bool(links)
    if mark.kind is Kind.TAGS and last:
        labels = _labels(block, mark.value)
        found.tags += labels
        return bool(labels)
    return mark.kind in _NOT_THE_STORY or any(
        pattern.fullmatch(fold(text)) for pattern in (words.SHARING, _FOOTER)
    )


def _links(block: HtmlElement) -> list[Link]:
    """Return the links in a block, in order."""
    found = (
        Link(title=unlabelled(_text(a)), url=a.get("href", "")) for a in block.iter("a")
    )
    return [link for link in found if link.title]


def _announced(block: HtmlElement, title: str) -> list[Link]:
    """Return the stories that an "Also read" block names; none if it is prose."""
    links = _links(block)
    linked = sum(len(link.title) for link in links)
    colon = re.search(r"[:–—-]\s*$", _text(block)[: len(_text(block)) - len(title)])
    if links and 2 * linked >= len(title):
        return links
    if not colon or not title:
        return []
    return [Link(title=title, url=links[0].url if links else "")]


def _links_after(block: HtmlElement) -> Iterator[Link]:
    """Yield the stories listed right after a heading, taking them out."""
    following = block.getnext()
    if following is not None and following.tag in {"ul", "ol"}:
        for line in following.findall("li"):
            links = _links(line)
            yield links[0] if links else Link(title=_text(line))
        following.drop_tree()
        return
    while following is not None and following.tag in _TEXT_BLOCKS:
        links = _links(following)
        if len(links) != 1 or links[0].title != _text(following):
            return
        yield links[0]
        done, following = following, following.getnext()
        done.drop_tree()


def _labels(block: HtmlElement, value: str) -> list[str]:
    """Return the tags after "Tags:", or listed below it; none if it is prose."""
    labels = [link.title for link in _links(block)] or re.split(r"\s*[,;|•·]\s*", value)
    listed = block.getnext() if not value else None
    if listed is not None and listed.tag in {"ul", "ol"}:
        labels = [_text(line) for line in listed.findall("li")]
    labels = [label for label in labels if label]
    if not labels or max(map(len, labels)) > _LONGEST_TAG:
        return []
    if listed is not None:
        listed.drop_tree()
    return labels


# -- what is in the text ----------------------------------------------------


def first_image(html: str) -> Image | None:
    """Return the first picture of a story in cleaned HTML, with caption and credit."""
    return _first_image(_tree(html))


def _first_image(root: HtmlElement) -> Image | None:
    for picture in root.iter("img"):
        sizes = [_pixels(picture.get(side)) for side in ("width", "height")]
        url = picture.get("src", "")
        if shows_the_story(url) and all(n is None or n >= _NARROWEST for n in sizes):
            figure = next(picture.iterancestors("figure"), None)
            caption, credit = split_credit(
                _caption(figure) if figure is not None else ""
            )
            return Image(
                url=url,
                alt=picture.get("alt", ""),
                caption=caption,
                credit=credit,
                width=sizes[0],
                height=sizes[1],
            )
    return None


def _quotes(root: HtmlElement) -> Iterator[Quote]:
    """Yield what people say: quotations set apart, and those in running text."""
    for block in root.iter("blockquote", "p"):
        if block.tag == "blockquote":
            yield from _set_apart(block)
        elif block.getparent().tag != "blockquote":
            text = _text(block)
            yield from find_quotes(text) if len(text) <= _LONGEST_PARAGRAPH else ()


def _set_apart(block: HtmlElement) -> Iterator[Quote]:
    lines = [_text(one) for one in block] or [_text(block)]
    who = ""
    if len(lines) > 1 and _ATTRIBUTION.match(lines[-1]):
        who = lines.pop()
    elif block.getparent().tag == "figure":
        who = _caption(block.getparent())
    text = " ".join(lines)
    if not who and (said := opening_quote(text)):
        yield said
        return
    text = text.strip(_MARKS_AROUND)
    name, _, role = _ATTRIBUTION.sub("", who, count=1).partition(",")
    if text:
        yield Quote(text=text, who=name.strip(), role=role.strip())


def _caption(figure: HtmlElement) -> str:
    return " ".join(_text(one) for one in figure.iter("figcaption"))


def _pixels(text: str | None) -> int | None:
    return int(text) if text else None


# -- the tree ---------------------------------------------------------------


def _tree(html: str) -> HtmlElement:
    # In preformatted text a form feed is left, and lxml would take it no second time.
    return lxml_html.fragment_fromstring(html.replace("\f", " "), create_parent="div")


def _html(root: HtmlElement) -> str:
    inside = "".join(lxml_html.tostring(one, encoding="unicode") for one in root)
    return (root.text or "") + inside


def _text(element: HtmlElement) -> str:
    return " ".join(element.text_content().split())
