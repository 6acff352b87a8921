"""A template's variables, made out of the model's values.

Texts of articles come from strangers: each is put on one line, cleared of control
characters and marks that turn the text around, and only web addresses become links.
Escaping is the template's part.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from digest.model import (
    Article,
    Chosen,
    Digest,
    Issue,
    Length,
    Link,
    Newsletter,
    Quote,
    Section,
)
from digest.rendering.bodies import Bodies
from digest.rendering.personal import NAMES, Marks, Slot, finalize
from digest.rendering.plaintext import one_line
from digest.rendering.templates import Markup, escape
from digest.rendering.view import (
    ArticleView,
    DigestView,
    ImageView,
    IssueView,
    NewsletterView,
    ReaderView,
    SectionView,
)
from digest.rendering.words import Speech, comma, direction
from digest.settings import Site
from digest.tags import slug

#: Longer tags make no good line above a headline.
_LONGEST_KICKER = 32
_QUOTATION_MARKS = "\"“”„‟«»‹›'‘’‚ \u00a0\u202f"


@dataclass(frozen=True, slots=True, kw_only=True)
class Lengths:
    """How many stories, from the first, are shown at full length or in summary.

    A reader's wish, or less of it where the page would be too long for Gmail.
    """

    full: int
    summaries: int

    def of(self, place: int) -> Length:
        """Return how much to show of the story at `place`, counted from 0."""
        if place < self.full:
            return Length.FULL
        return Length.SUMMARIES if place < self.summaries else Length.HEADLINES

    @classmethod
    def wished(cls, length: Length, count: int) -> Lengths:
        """Return what a reader asked for."""
        full = count if length is Length.FULL else 0
        return cls(full=full, summaries=0 if length is Length.HEADLINES else count)


@dataclass(frozen=True, slots=True, kw_only=True)
class Variables:
    """Makes what the templates of one issue print, in one language."""

    site: Site
    newsletter: Newsletter
    issue: Issue
    speech: Speech
    bodies: Bodies

    def of(
        self, digest: Digest, lengths: Lengths, *, escaping: bool
    ) -> dict[str, object]:
        """Return every variable but `reader`, `subject`, `length` and `styles`."""
        end = {"left": "right", "right": "left"}
        start = "right" if self.speech.direction == "rtl" else "left"
        return {
            "site": self.site,
            "newsletter": self._newsletter(),
            "issue": self._issue(),
            "digest": self._digest(digest, lengths),
            "language": self.speech.language,
            "dir": self.speech.direction,
            "rtl": self.speech.direction == "rtl",
            "start": start,
            "end": end[start],
            "t": self._html_word if escaping else self._text_word,
            "listed": self.speech.listed,
            "mixed": self.speech.mixed,
        }

    def _newsletter(self) -> NewsletterView:
        blocks = self.newsletter.intro.split("\n\n")
        language = self.newsletter.language
        return NewsletterView(
            title=one_line(self.newsletter.title),
            tagline=one_line(self.newsletter.tagline or self.site.tagline),
            intro=tuple(one_line(block) for block in blocks if block.strip()),
            language=language,
            dir=direction(language),
            foreign=self._is_foreign(language),
        )

    def _issue(self) -> IssueView:
        zone = self.newsletter.timezone
        return IssueView(
            number=self.issue.number,
            date=self.speech.date(self.issue.until, zone),
            day=self.speech.day(self.issue.until, zone),
        )

    def _digest(self, digest: Digest, lengths: Lengths) -> DigestView:
        sections = []
        place = 0
        for section in digest.sections:
            articles = []
            for chosen in section.articles:
                length = lengths.of(place)
                articles.append(
                    self._article(chosen, section, length=length, is_lead=place == 0)
                )
                place += 1
            sections.append(
                SectionView(
                    slug=section.slug,
                    title=one_line(section.title),
                    articles=tuple(articles),
                    more=section.more,
                )
            )
        return DigestView(sections=tuple(sections), more=digest.more)

    def _article(
        self, chosen: Chosen, section: Section, *, length: Length, is_lead: bool
    ) -> ArticleView:
        article = chosen.article
        language = article.language or self.site.language
        published = article.published
        return ArticleView(
            headline=one_line(article.headline),
            url=_web(article.url),
            topic=one_line(section.title),
            kicker=_kicker(article, section),
            standfirst=one_line(article.standfirst),
            byline=one_line(article.byline),
            desk=one_line(article.desk),
            comma=comma(language),
            image=_image(article),
            quotes=tuple(q for q in map(_quote, article.quotes) if q.text),
            also_read=_links(article.also_read),
            related=_links(article.related),
            also_in=tuple(one_line(title) for title in chosen.also_in),
            tags=tuple(one_line(tag) for tag in article.tags),
            minutes=article.reading_minutes,
            published=self.speech.day(published, self.newsletter.timezone)
            if published
            else "",
            language=language,
            dir=direction(language),
            foreign=self._is_foreign(language),
            length=length.value,
            is_lead=is_lead,
            _body=article.body,
            _bodies=self.bodies,
        )

    def _is_foreign(self, language: str) -> bool:
        return _base(language) != _base(self.speech.language)

    def _html_word(self, key: str, /, **values: object) -> Markup:
        word = self.speech.word(key, _number(values))
        shown = {name: str(escape(self._shown(v))) for name, v in values.items()}
        return Markup(self.speech.filled(str(escape(word)), shown))

    def _text_word(self, key: str, /, **values: object) -> str:
        word = self.speech.word(key, _number(values))
        shown = {name: str(self._shown(value)) for name, value in values.items()}
        return self.speech.filled(word, shown)

    def _shown(self, value: object) -> object:
        """Return a number as the language writes it, a slot as its mark."""
        if isinstance(value, int | float):
            return self.speech.number(value)
        return finalize(value)


def reader(present: Collection[str], marks: Marks) -> ReaderView:
    """Return the reader as slots for the values that are present."""
    values = {name: Slot(name, marks) if name in present else "" for name in NAMES}
    there = {f"has_{name}": name in present for name in NAMES}
    return ReaderView(**values, **there)  # type: ignore[arg-type]  # the names are exactly its fields


def known_reader(values: Mapping[str, str]) -> ReaderView:
    """Return the reader with the values themselves: what slots must come to."""
    texts = {name: values.get(name, "") for name in NAMES}
    there = {f"has_{name}": bool(texts[name]) for name in NAMES}
    return ReaderView(**texts, **there)  # type: ignore[arg-type]  # the names are exactly its fields


def _number(values: Mapping[str, object]) -> float | None:
    number = values.get("n")
    return number if isinstance(number, int | float) else None


def _kicker(article: Article, section: Section) -> str:
    """Return the first tag that neither the section's heading nor the headline says.

    "GENEVA / Geneva: talks resume" says it twice.
    """
    said = {section.slug, slug(section.title)}
    opening = slug(article.headline)
    labels = (
        one_line(tag)
        for tag in article.tags
        if slug(tag) not in said and not f"{opening}-".startswith(f"{slug(tag)}-")
    )
    return next((label for label in labels if len(label) <= _LONGEST_KICKER), "")


def _image(article: Article) -> ImageView | None:
    image = article.image
    if image is None or not _web(image.url):
        return None
    words = (image.alt, image.caption, article.headline)
    return ImageView(
        url=image.url,
        alt=next(line for text in (*words, "…") if (line := one_line(text))),
        caption=one_line(image.caption),
        credit=one_line(image.credit),
        width=image.width,
        height=image.height,
    )


def _quote(quote: Quote) -> Quote:
    return Quote(
        text=one_line(quote.text).strip(_QUOTATION_MARKS),
        who=one_line(quote.who),
        role=one_line(quote.role),
    )


def _links(links: Sequence[Link]) -> tuple[Link, ...]:
    cleaned = (Link(title=one_line(li.title), url=_web(li.url)) for li in links)
    return tuple(link for link in cleaned if link.title)


def _web(url: str) -> str:
    """Return `url` if a click on it is harmless, else nothing."""
    url = one_line(url).replace(" ", "%20")
    return url if url.lower().startswith(("https://", "http://")) else ""


def _base(language: str) -> str:
    return language.replace("_", "-").partition("-")[0].casefold()
