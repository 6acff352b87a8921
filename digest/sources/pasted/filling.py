"""An article's fields, filled while a pasted page is read from top to bottom."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import datetime
from html import escape

from digest.model import Article, Image, Link, Quote
from digest.reading import reading_minutes
from digest.sources.cleaning import clean_html, plain
from digest.sources.identity import absolute_url, article_id, canonical_url
from digest.sources.origin import Origin
from digest.sources.pasted import words
from digest.sources.pasted.language import language_of
from digest.sources.pasted.lines import Unit
from digest.sources.pasted.marks import Kind, Mark, fold
from digest.sources.pasted.page import Page, Role, same
from digest.sources.pasted.people import cut_about, cut_place, split_byline
from digest.sources.quotations import find_quotes, is_quotation, read_speaker

_PICTURE = re.compile(r"\.(?:jpe?g|png|gif|webp|avif)(?:[?#]|$)", re.IGNORECASE)
_URL = re.compile(r"https?://[^\s<>«»“”\"]+[^\s<>«»“”\".,;:!?)\]]")
_SEVERAL_TAGS = re.compile(r"\s*[,;|•·#]\s*|\s+[/–-]\s+")
_LONGEST_HEADLINE = 120


@dataclass(slots=True)
class Filling:
    """An article's fields while the page is read from top to bottom."""

    base_url: str
    headline: str = ""
    standfirst: list[str] = field(default_factory=list)
    byline: list[str] = field(default_factory=list)
    desk: list[str] = field(default_factory=list)
    caption: str = ""
    credit: str = ""
    picture: str = ""
    url: str = ""
    published: datetime | None = None
    updated: datetime | None = None
    minutes: int = 0
    body: list[str] = field(default_factory=list)
    items: list[str] = field(default_factory=list)
    quotes: list[Quote] = field(default_factory=list)
    tags: list[str] = field(default_factory=list)
    also_read: list[Link] = field(default_factory=list)
    related: list[Link] = field(default_factory=list)
    left_out: list[str] = field(default_factory=list)
    labels: list[str] = field(default_factory=list)

    def take(self, unit: Unit, role: Role) -> None:
        """Put one unit where its role says."""
        text = unit.text
        match role:
            case Role.HEADLINE:
                self.headline = unit.mark.value or text
                self.labels.append(unit.mark.label)
            case Role.STANDFIRST:
                self.standfirst.append(self._without_place(text))
            case Role.CAPTION:
                self._take_caption(text)
            case Role.TAG:
                self._take_tags(text)
            case Role.RELATED:
                self._take_related(unit)
            case Role.ABOUT_RELATED:
                self.labels.append(text)
            case Role.DROPPED:
                if re.search(r"\w", text):
                    self.left_out.append(text)
            case Role.ABOUT:
                self._take_about(unit)
            case _:
                self._take_body(text, role)

    # -- about the article --------------------------------------------------

    def _take_about(self, unit: Unit) -> None:
        mark = unit.mark
        self.labels.append(mark.label)
        if mark.when:
            self._take_date(mark)
        elif mark.kind is Kind.MINUTES:
            self.minutes = self.minutes or mark.minutes
        elif mark.kind is Kind.TAGS:
            self._take_tags(mark.value)
        elif mark.kind in {Kind.ALSO_READ, Kind.SAME_SUBJECT} and mark.value:
            links = self.also_read if mark.kind is Kind.ALSO_READ else self.related
            links.append(_link(mark.value, self.base_url))
        elif mark.kind is Kind.ADDRESS:
            self._take_address(mark.value)
        elif mark.kind is Kind.CREDIT:
            self._take_credit(mark.value, unit.text)
        else:
            self._take_people(mark)

    def _take_date(self, mark: Mark) -> None:
        if mark.kind is Kind.UPDATED or self.published:
            self.updated = mark.when
        else:
            self.published = mark.when

    def _take_people(self, mark: Mark) -> None:
        if mark.kind is Kind.BYLINE:
            self._take_byline(mark.value)
        elif mark.kind is Kind.CORRESPONDENT:
            self._add(self.byline, mark.value)
            self._add(self.desk, mark.place)
        elif mark.kind is Kind.DESK:
            self._add(self.desk, mark.value)

    def _take_byline(self, value: str) -> None:
        byline = split_byline(value)
        if same(byline.names) != same(value):
            self.labels.append(value)  # "in", "photos:", "Follow" stood there, too
        self._add(self.byline, byline.names)
        self._add(self.desk, byline.desk)
        if byline.photo and self.credit:
            self._add(self.byline, byline.photo)
        else:
            self.credit = self.credit or byline.photo

    def _take_credit(self, value: str, text: str) -> None:
        if self.credit:
            self._take_body(text, Role.BODY)  # of another picture
        else:
            self.credit = value

    def _take_caption(self, text: str) -> None:
        credits_in_it = list(words.CREDIT_AT_END.finditer(fold(text)))
        if not credits_in_it or self.credit:
            self.caption = text
            return
        start, end = credits_in_it[-1].span("credit")
        self.caption = text[: credits_in_it[-1].start()].strip()
        self.credit = text[start:end].strip(" .()[]")

    def _add(self, values: list[str], value: str) -> None:
        """Add what is not there yet, in whatever writing."""
        if same(value) in {same(known) for known in values}:
            self.labels.append(value)
        elif value:
            values.append(value)

    def _take_address(self, url: str) -> None:
        if _PICTURE.search(url):
            self.picture = self.picture or absolute_url(url)
        elif not self.url:
            self.url = canonical_url(url)
        else:
            self._take_body(url, Role.BODY)
        self.labels.append(url)

    def _take_tags(self, text: str) -> None:
        for tag in _SEVERAL_TAGS.split(text):
            self._add(self.tags, tag.strip(" .#"))

    def _take_related(self, unit: Unit) -> None:
        if unit.kind is Kind.ADDRESS:
            last = self.related.pop()
            self.related.append(
                Link(title=last.title, url=absolute_url(unit.mark.value))
            )
            self.labels.append(unit.text)
        else:
            self.labels.append(unit.mark.label)
            title, about = cut_about(unit.text.lstrip("–—- "))
            self.labels.append(about)
            self.related.append(_link(title, self.base_url))

    # -- the body -------------------------------------------------------------

    def _take_body(self, text: str, role: Role) -> None:
        if role is Role.ITEM:
            self.items.append(f"<li>{_html(text)}</li>")
            return
        self._end_list()
        if role is Role.SUBHEAD:
            self.body.append(f"<h3>{_html(text)}</h3>")
            return
        text = self._without_place(text) if not self.body else text
        speaker = read_speaker(text)
        if speaker and self.quotes and not self.quotes[-1].who:
            who, job = speaker
            self.quotes[-1] = Quote(text=self.quotes[-1].text, who=who, role=job)
        self.quotes.extend(find_quotes(text))
        paragraph = f"<p>{_html(text)}</p>"
        if is_quotation(text):
            paragraph = f"<blockquote>{paragraph}</blockquote>"
        self.body.append(paragraph)

    def _end_list(self) -> None:
        if self.items:
            self.body.append(f"<ul>{''.join(self.items)}</ul>")
            self.items.clear()

    def _without_place(self, text: str) -> str:
        place, label, rest = cut_place(text)
        if place:
            self._add(self.desk, place)
            self.labels.append(label)
        return rest

    # -- the whole ------------------------------------------------------------

    def article(self, origin: Origin, page: Page) -> Article:
        """Return the whole."""
        self._end_list()
        body = clean_html("".join(self.body), base_url=origin.base_url)
        standfirst = " ".join(self.standfirst)
        words_in_all = f"{self.headline} {standfirst} {plain(body)}"
        return Article(
            id=article_id(self.url, source=origin.source, key=origin.key),
            headline=plain(escape(self.headline)) or self._made_headline(page, origin),
            source=origin.source,
            url=self.url,
            standfirst=standfirst,
            byline=", ".join(self.byline),
            desk=", ".join(self.desk),
            image=self._image(),
            body=body,
            quotes=tuple(self.quotes),
            tags=(*self.tags, *(t for t in origin.tags if t not in self.tags)),
            related=tuple(self.related),
            also_read=tuple(self.also_read),
            reading_minutes=max(1, self.minutes or reading_minutes(words_in_all)),
            published=self.published,
            updated=self.updated,
            language=origin.language or language_of(page.units),
        )

    def _image(self) -> Image | None:
        if not (self.caption or self.credit or self.picture):
            return None
        return Image(url=self.picture, caption=self.caption, credit=self.credit)

    def _made_headline(self, page: Page, origin: Origin) -> str:
        """Return the beginning of the text, for a page without a headline."""
        text = next((u.text for u in page.units if u.kind is Kind.TEXT), "")
        sentence = re.split(r"(?<=[.!?…])\s", text, maxsplit=1)[0]
        if len(sentence) > _LONGEST_HEADLINE:
            sentence = sentence[:_LONGEST_HEADLINE].rsplit(" ", 1)[0] + "…"
        name = origin.key.rsplit("/", 1)[-1].rsplit(".", 1)[0]
        return sentence or name.replace("-", " ").replace("_", " ")


def _link(text: str, base_url: str) -> Link:
    """Return the title, with the address that stands in it or behind it."""
    found = _URL.search(text)
    if not found:
        return Link(title=text.strip())
    title = (
        f"{text[: found.start()].rstrip(' (–—-:')} {text[found.end() :].lstrip(' )')}"
    )
    url = absolute_url(found[0], base=base_url)
    return Link(title=title.strip() or url, url=url)


def _html(text: str) -> str:
    """Return `text` as HTML, addresses in it as links."""
    parts, start = [], 0
    for url in _URL.finditer(text):
        parts.append(escape(text[start : url.start()], quote=False))
        parts.append(f'<a href="{escape(url[0])}">{escape(url[0], quote=False)}</a>')
        start = url.end()
    return "".join([*parts, escape(text[start:], quote=False)])
