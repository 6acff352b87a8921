"""What stands around the text of a page: taken off the tree, put into its field.

Only what is said in words or in a class's name is believed: a heading "On the same
subject", a line "Text by: …", a list with the class "tags". Everything taken is
removed from the tree, so that what is left is the story and what nobody knows.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime

from lxml.html import HtmlElement

from digest.model import Link
from digest.sources.identity import absolute_url
from digest.sources.page.tree import class_words, drop, is_gone, is_in, lines, text_of
from digest.sources.pasted import words
from digest.sources.pasted.marks import (
    Kind,
    Mark,
    fold,
    read_mark,
    split_line,
    unlabelled,
)
from digest.sources.pasted.people import split_byline

_LONGEST_LINE = 250  #: what is longer is prose
_LONGEST_TAG = 40
_SHORTEST_TITLE = 8  #: of a related story; below it a link says "Next" or "2"
_LINES_ABOVE, _LINES_BELOW = 5, 60  #: of the headline, where its facts stand
_LONGEST_BYLINE = 120
_LONGEST_LIST = 2000  #: characters of a list of stories; above it is the story
_STANDFIRST = {
    *("standfirst", "chapo", "chapeau", "dek", "lede", "teaser", "vorspann", "anlauf"),
    *("entradilla", "bajada", "subtitle", "subheadline", "subhead", "intro"),
    *("introduction", "leadtext", "summary"),
}
_STANDFIRST_LENGTHS = range(30, 700)
_TAGS = {
    "tags",
    "tag",
    "topics",
    "keywords",
    "etiquetas",
    "schlagworte",
    "schlagwörter",
}
_INVITING = {
    *("newsletter", "subscribe", "subscription", "share", "sharing", "social"),
    *("advert", "advertisement", "promo", "cookie", "breadcrumb", "breadcrumbs"),
    *("comments", "paywall", "sponsored", "appdownload"),
}
_INVITATION_LENGTH = 600
_FURNITURE = {
    *(Kind.CALL, Kind.NOTICE, Kind.RIGHTS, Kind.READ_MORE, Kind.RULE),
    *(Kind.NAVIGATION, Kind.OTHER_LIST),
}


@dataclass(slots=True)
class Parts:
    """What was found around the text."""

    head: HtmlElement | None = None  #: where the headline stands
    headline: str = ""
    standfirst: str = ""
    bylines: list[str] = field(default_factory=list)
    desks: list[str] = field(default_factory=list)
    photo: str = ""  #: who took the picture, when the byline says so
    minutes: int = 0
    published: datetime | None = None
    updated: datetime | None = None
    tags: list[str] = field(default_factory=list)
    also_read: list[Link] = field(default_factory=list)
    related: list[Link] = field(default_factory=list)


def take_parts(tree: HtmlElement, *, base_url: str, zone: str) -> Parts:
    """Take everything known off the tree and return it."""
    parts = Parts()
    head = parts.head = _headline(tree)
    if head is not None:
        parts.headline = text_of(head)
    _take_labelled(tree, parts, base_url)
    _take_tags(tree, parts)
    _take_invitations(tree, head)
    if head is not None:
        _take_lines(tree, head, parts, zone)
    return parts


def _headline(tree: HtmlElement) -> HtmlElement | None:
    """Return the first h1 of the story; a site's name may be an h1, too."""
    for path in ("//article//h1", "//main//h1", "//h1"):
        for found in tree.xpath(path):
            if text_of(found):
                return found
    return None


# -- other stories ----------------------------------------------------------


def _take_labelled(tree: HtmlElement, parts: Parts, base_url: str) -> None:
    """Take "Also read" lines and lists under "On the same subject"."""
    for line in list(lines(tree)):
        if is_gone(line, tree):  # with one before
            continue
        text = text_of(line)
        mark = read_mark(text, zone="UTC") if len(text) <= _LONGEST_LINE else None
        if mark is None or mark.kind not in {Kind.ALSO_READ, Kind.SAME_SUBJECT}:
            continue
        links = list(_links_in(line, base_url)) or _wrapping_link(line, mark, base_url)
        if mark.kind is Kind.ALSO_READ and _is_prose(mark, links):
            continue
        group = line
        if not links:
            group, links = _links_below(line, base_url)
        if not links and mark.value:
            links = [Link(title=mark.value)]
        if links:
            known = parts.also_read if mark.kind is Kind.ALSO_READ else parts.related
            known += [link for link in links if link not in known]
            drop(group)
            drop(line)


def _is_prose(mark: Mark, links: list[Link]) -> bool:
    """Say whether "Also read by millions, the book …" only begins like a label."""
    labelled = mark.label.rstrip().endswith((":", "–", "—", "-"))
    linked = sum(len(link.title) for link in links)
    return bool(mark.value) and not labelled and 2 * linked < len(mark.value)


def _links_in(element: HtmlElement, base_url: str) -> Iterator[Link]:
    """Yield the stories linked in an element, each once, under its longest title."""
    titles: dict[str, str] = {}
    urls: dict[str, str] = {}
    for one in element.iter("a"):
        written = (one.get("href") or "").strip()
        title = text_of(one)
        if len(title) > len(titles.get(written, "")):  # its picture links there, too
            titles[written] = title
            urls[written] = absolute_url(written, base=base_url)
    for written, title in titles.items():
        if len(title) >= _SHORTEST_TITLE or len(titles) == 1:
            yield Link(title=unlabelled(title), url=urls[written])


def _wrapping_link(line: HtmlElement, mark: Mark, base_url: str) -> list[Link]:
    """Return the link that the whole line stands in, as cards do it."""
    around = next(line.iterancestors("a"), None)
    if around is None or not mark.value:
        return []
    url = absolute_url(around.get("href") or "", base=base_url)
    return [Link(title=mark.value, url=url)]


def _links_below(heading: HtmlElement, base_url: str) -> tuple[HtmlElement, list[Link]]:
    """Return the element after a heading that lists stories, and the stories.

    The list stands behind the heading, or behind the box that holds only it.
    """
    place: HtmlElement | None = heading
    while place is not None and place.tag not in {"body", "main", "article"}:
        following = place.getnext()
        if following is not None:
            return following, _listed(following, base_url)
        place = place.getparent()
    return heading, []


def _listed(element: HtmlElement, base_url: str) -> list[Link]:
    """Return the stories of a list and of those beside it that are links, too."""
    long = any(len(text_of(p)) > _LONGEST_LINE for p in element.iter("p"))
    if long or len(text_of(element)) > _LONGEST_LIST:
        return []
    links = list(_links_in(element, base_url))
    if not links and element.tag in {"ul", "ol"}:
        return [Link(title=text_of(line)) for line in element.iter("li")]
    following = element.getnext()
    while links and following is not None and following.tag == element.tag:
        more = list(_links_in(following, base_url))
        if not more or len(text_of(following)) > _LONGEST_LINE:
            break
        links += more
        done, following = following, following.getnext()
        drop(done)
    return links


# -- tags and invitations ---------------------------------------------------


def _take_tags(tree: HtmlElement, parts: Parts) -> None:
    for line in list(lines(tree)):
        text = text_of(line)
        if len(text) > _LONGEST_LINE or is_gone(line, tree):
            continue
        if read_mark(text, zone="UTC").kind is Kind.TAGS:
            parts.tags += _announced_tags(line)
    for element in tree.xpath("//ul | //ol | //div | //section | //p | //aside"):
        labels = [text_of(a) for a in element.iter("a")]
        if class_words(element) & _TAGS and _are_tags(labels, element):
            parts.tags += labels
            drop(element)
    for link in list(tree.iter("a")):
        if "tag" in (link.get("rel") or "").lower().split() and text_of(link):
            parts.tags.append(text_of(link))
            box = link.getparent()
            alone = box is not None and _are_tags([text_of(link)], box)
            drop(box if alone else link)


def _announced_tags(line: HtmlElement) -> list[str]:
    """Return the tags on a line "Tags: …" or in the list below it, taking them out."""
    labels, holder = [text_of(a) for a in line.iter("a")], line
    following = line.getnext()
    if not labels and following is not None and following.tag in {"ul", "ol"}:
        labels, holder = [text_of(one) for one in following.iter("li")], following
    if not _are_tags(labels, holder):
        return []
    drop(holder)
    drop(line)
    return labels


def _are_tags(labels: list[str], element: HtmlElement) -> bool:
    """Say whether an element holds labels and nothing else."""
    words_left = len(text_of(element)) - sum(map(len, labels)) - 2 * len(labels)
    return (
        bool(labels)
        and all(0 < len(label) <= _LONGEST_TAG for label in labels)
        and words_left <= _LONGEST_TAG
    )


def _take_invitations(tree: HtmlElement, head: HtmlElement | None) -> None:
    """Drop what invites to something else, by its class or by its words."""
    for element in tree.xpath("//div | //section | //aside | //ul | //p | //footer"):
        inviting = class_words(element) & _INVITING
        small = len(text_of(element)) <= _INVITATION_LENGTH
        if inviting and small and (head is None or not is_in(head, element)):
            drop(element)
    for line in list(lines(tree)):
        text = text_of(line)
        if line is not head and len(text) <= _LONGEST_LINE:
            kind = read_mark(text, zone="UTC").kind
            # A heading "Environment" is a heading; a line of a menu is no paragraph.
            if kind in _FURNITURE and not (
                kind is Kind.NAVIGATION and line.tag in {"h2", "h3", "h4", "td", "th"}
            ):
                drop(line)


# -- between headline and text ----------------------------------------------


def _take_lines(tree: HtmlElement, head: HtmlElement, parts: Parts, zone: str) -> None:
    """Take standfirst, byline, dates and reading time, which stand at the headline."""
    everything = list(lines(tree))
    at_head = (
        i for i, one in enumerate(everything) if is_in(one, head) or is_in(head, one)
    )
    place = next(at_head, 0)
    for line in everything[max(0, place - _LINES_ABOVE) : place + _LINES_BELOW]:
        text = text_of(line)
        if line is head or line.tag == "figcaption":
            continue
        if not parts.standfirst and _is_standfirst(line, text):
            parts.standfirst = text
            drop(line)
        elif len(text) > _LONGEST_LINE:
            return
        elif _take_line(line, text, parts, zone):
            drop(line)


def _is_standfirst(line: HtmlElement, text: str) -> bool:
    words = class_words(line)
    around = line.getparent()
    if around is not None and text_of(around) == text:
        words |= class_words(around)
    return bool(words & _STANDFIRST) and len(text) in _STANDFIRST_LENGTHS


def _take_line(line: HtmlElement, text: str, parts: Parts, zone: str) -> bool:
    """Put what a short line says into its fields; False: it says something else."""
    authors = [text_of(a) for a in line.iter("a") if "author" in (a.get("rel") or "")]
    if authors and len(text) <= _LONGEST_BYLINE:
        parts.bylines += authors
        return True
    text = _without_buttons(line) or text
    marks = [read_mark(part, zone=zone) for part in split_line(text, zone=zone)]
    known = [_take_mark(mark, parts) for mark in marks]
    return all(known)


def _without_buttons(line: HtmlElement) -> str:
    """Return a line's words without the "Follow" that stands close to its name."""
    said = [" ".join(part.split()) for part in line.itertext() if part.strip()]
    return " ".join(part for part in said if not words.SHARING.fullmatch(fold(part)))


def _take_mark(mark: Mark, parts: Parts) -> bool:
    """Put what a line says into its field; False: it says something else."""
    match mark.kind:
        case Kind.BYLINE:
            byline = split_byline(mark.value)
            parts.bylines.append(byline.names)
            parts.desks.append(byline.desk)
            parts.photo = parts.photo or byline.photo
        case Kind.CORRESPONDENT:
            parts.bylines.append(mark.value)
            parts.desks.append(mark.place)
        case Kind.MINUTES:
            parts.minutes = parts.minutes or mark.minutes
        case Kind.PUBLISHED:
            parts.published = parts.published or mark.when
        case Kind.UPDATED:
            parts.updated = parts.updated or mark.when
        case Kind.DATE:
            if parts.published:
                parts.updated = parts.updated or mark.when
            else:
                parts.published = mark.when
        case _:
            return False
    return True
