"""A template's variables, made out of the model's values.

Texts of articles come from strangers: each is put on one line, cleared of control
characters and marks that turn the text around, and only web addresses become links.
Escaping is the template's part.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, replace

from digest.model import (
    Chosen,
    Digest,
    Issue,
    Length,
    Newsletter,
    Section,
)
from digest.rendering.bodies import Bodies
from digest.rendering.later import Later, Present, refuse_marked
from digest.rendering.marks import Marks
from digest.rendering.particulars import image, kicker, links, notice, quotes, web
from digest.rendering.personal import NAMES, Slot, finalize
from digest.rendering.plaintext import one_line
from digest.rendering.spacing import set_in
from digest.rendering.stage import (
    BlockKey,
    Elsewhere,
    Lengths,
    Of,
    SectionItem,
    Stage,
    StoryItem,
    also_in,
    beyond,
    section_key,
)
from digest.rendering.templates import Markup, escape
from digest.rendering.view import (
    ArticleView,
    DigestView,
    IssueView,
    NewsletterView,
    ReaderView,
    SectionView,
)
from digest.rendering.whole import Placed, WholeDigest, WholeSection
from digest.rendering.words import Speech, comma, direction, primary_subtag
from digest.settings import Site
from digest.tags import slug


@dataclass(frozen=True, slots=True, kw_only=True)
class Variables:
    """Makes what the templates of one issue print, in one language."""

    site: Site
    newsletter: Newsletter
    issue: Issue
    speech: Speech
    bodies: Bodies
    marks: Marks  #: what is not known yet prints these
    views: dict[str, ArticleView]  #: of pages for all readers, by the story's id

    def of(
        self, digest: Digest, lengths: Lengths, *, escaping: bool
    ) -> dict[str, object]:
        """Return every variable but `reader`, `subject`, `length` and `styles`."""
        return self._with(self._digest(digest, lengths), escaping=escaping)

    def of_all(
        self,
        sections: Iterable[Section],
        length: Length,
        *,
        leads: int | None,
        escaping: bool,
    ) -> dict[str, object]:
        """Return the same with every story of `sections` wherever it may stand.

        All of them are shown at this length, and the first `leads` of each section as
        the lead, too; None: every one.
        """
        whole = self._whole(sections, length, leads=leads)
        return self._with(whole, escaping=escaping)

    def _with(
        self, digest: DigestView | WholeDigest, *, escaping: bool
    ) -> dict[str, object]:
        end = {"left": "right", "right": "left"}
        start = "right" if self.speech.direction == "rtl" else "left"
        return {
            "site": self.site,
            "newsletter": self._newsletter(),
            "issue": self._issue(),
            "digest": digest,
            "language": self.speech.language,
            "dir": self.speech.direction,
            "rtl": self.speech.direction == "rtl",
            "start": start,
            "end": end[start],
            "t": self._html_word if escaping else self._text_word,
            "listed": self._listed,
            "mixed": self._mixed,
        }

    def _newsletter(self) -> NewsletterView:
        blocks = self.newsletter.intro.split("\n\n")
        language = self.newsletter.language
        reply_to = self.newsletter.reply_to
        return NewsletterView(
            title=one_line(self.newsletter.title),
            tagline=set_in(language, self.newsletter.tagline or self.site.tagline),
            intro=tuple(set_in(language, block) for block in blocks if block.strip()),
            language=language,
            dir=direction(language),
            foreign=self._is_foreign(language),
            notice=notice(self.newsletter.notice, language),
            reply_to=reply_to.address if reply_to else "",
            feedback_yes=self._feedback("yes"),
            feedback_no=self._feedback("no"),
        )

    def _feedback(self, answer: str) -> str:
        """Return the address that says whether this issue was useful."""
        page = web(self.newsletter.feedback)
        sign = "&" if "?" in page else "?"
        answered = f"{page}{sign}issue={self.issue.number}&useful={answer}"
        return answered if page else ""

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
                    **self._said_of(section),
                    articles=tuple(articles),
                    more=section.more,
                )
            )
        return DigestView(sections=tuple(sections), more=digest.more)

    def _whole(
        self, sections: Iterable[Section], length: Length, *, leads: int | None
    ) -> WholeDigest:
        wholes, everywhere = [], []
        for section in sections:
            key = section_key(section)
            stories: list[Placed] = []
            for place, chosen in enumerate(section.articles):
                view = self._article(chosen, section, length=length, is_lead=False)
                may_lead = leads is None or place < leads
                for is_lead in (True, False) if may_lead else (False,):
                    block: BlockKey = (key, chosen.article.id, is_lead, length)
                    placed = replace(view, is_lead=is_lead)
                    stories.append((block, self._placed(block, placed)))
            said = self._said_of(section)
            wholes.append((key, WholeSection.of(key, said, stories, self.marks)))
            everywhere += stories
        self.views.update({key[1]: view for key, view in everywhere})
        return WholeDigest.of(wholes, everywhere, self.marks, views=self.views)

    def _placed(self, block: BlockKey, view: ArticleView) -> ArticleView:
        """Return a story as seen before it is known where else a reader has it."""

        def later(name: str, of: Of) -> Later:
            return Later(name, of, self.marks, owners=frozenset({block}))

        rest = Elsewhere(slug(view.kicker)) if view.kicker else also_in
        return replace(
            view,
            also_in=later("article.also_in", also_in),
            elsewhere=later("article.elsewhere", rest),
        )

    def _said_of(self, section: Section) -> dict[str, str]:
        """Return what a section says of itself, whoever gets it."""
        topics = (t for t in self.newsletter.topics if t.slug == section.slug)
        topic = next(topics, None)
        return {
            "title": one_line(section.title),
            "url": web(topic.page) if topic else "",
            "layout": topic.layout if topic else "list",
        }

    def _article(
        self, chosen: Chosen, section: Section, *, length: Length, is_lead: bool
    ) -> ArticleView:
        article = chosen.article
        language = article.language or self.site.language
        published = article.published
        above = kicker(article, section, self.newsletter.topics)
        places = tuple(one_line(title) for title in chosen.also_in)
        return ArticleView(
            headline=set_in(language, article.headline),
            url=web(article.url),
            topic=one_line(section.title),
            kicker=above,
            standfirst=set_in(language, self.bodies.standfirst(article, length)),
            byline=one_line(article.byline),
            desk=one_line(article.desk),
            comma=comma(language),
            image=image(article, language),
            quotes=quotes(article, language),
            also_read=links(article.also_read, language),
            related=links(article.related, language),
            also_in=places,
            elsewhere=beyond(places, slug(above)),
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
            _mixed=self.speech.mixed,
        )

    def _is_foreign(self, language: str) -> bool:
        return primary_subtag(language) != primary_subtag(self.speech.language)

    def _html_word(self, key: str, /, **values: object) -> Markup:
        def shown(value: object) -> str:
            return str(escape(self._shown(value)))

        def filled(word: str) -> str:
            return self.speech.filled(str(escape(word)), values, shown)

        return Markup(self._said(key, values.get("n"), filled))

    def _text_word(self, key: str, /, **values: object) -> str:
        def filled(word: str) -> str:
            return self.speech.filled(word, values, lambda v: str(self._shown(v)))

        return self._said(key, values.get("n"), filled)

    def _said(self, key: str, number: object, filled: Callable[[str], str]) -> str:
        """Return a word in the form its number asks for, or in every form."""
        if not isinstance(number, Later):
            known = number if isinstance(number, int | float) else None
            return filled(self.speech.word(key, known))
        forms = self.speech.forms(key)
        if len(forms) == 1:
            return filled(forms["other"])
        return self.marks.choice(
            self._plural_of(number, list(forms)),
            map(filled, forms.values()),
            fact=number._of,  # noqa: SLF001 - it hides its parts from templates alone
            owners=number._owners,  # noqa: SLF001
        )

    def _plural_of(self, number: Later, categories: list[str]) -> Of:
        """Return how to find the place of a number's plural category."""
        of = number._of  # noqa: SLF001 - it hides its parts from templates alone
        known: dict[float, int] = {}

        def place(d: Stage, s: SectionItem | None, a: StoryItem | None) -> int:
            value = of(d, s, a)
            if value not in known:
                category = self.speech.plural(value)
                named = category if category in categories else "other"
                known[value] = categories.index(named)
            return known[value]

        return place

    def _listed(self, texts: Sequence[str] | Later, direction: str = "") -> str | Later:
        if not isinstance(texts, Later):
            for text in texts:
                refuse_marked(text, self.marks)
            return self.speech.listed(texts, direction)
        return texts.written(lambda found: self.speech.listed(found, direction))

    def _mixed(self, text: str | Later, direction: str) -> str | Later:
        if not isinstance(text, Later):
            refuse_marked(text, self.marks)
            return self.speech.mixed(text, direction)
        return text.rewritten(lambda found: self.speech.mixed(found, direction))

    def _shown(self, value: object) -> object:
        """Return a number as the language writes it, a slot as its mark."""
        if isinstance(value, int | float):
            return self.speech.number(value)
        if isinstance(value, Later) and value._write is str:  # noqa: SLF001 - see above
            return value.written(self._written)
        return finalize(value)

    def _written(self, value: object) -> str:
        """Return a fact as the language writes it, numbers above all."""
        if isinstance(value, int | float):
            return self.speech.number(value)
        return str(value)


def reader(present: Collection[str], marks: Marks) -> ReaderView:
    """Return the reader as slots for the values that are present."""
    values = {name: Slot(name, marks) if name in present else "" for name in NAMES}
    there = {f"has_{name}": name in present for name in NAMES}
    return ReaderView(**values, **there)  # type: ignore[arg-type]  # the names are exactly its fields


def any_reader(
    present: Collection[str], marks: Marks, *, asked: set[str]
) -> ReaderView:
    """Return the reader as slots for every value, whoever has which.

    Should a template ask with `if` whether one is there, the answer is for those who
    have `present`, and its name is added to `asked`.
    """
    values = {name: Slot(name, marks) for name in NAMES}
    there = {
        f"has_{name}": Present(name, marks, answer=name in present, asked=asked)
        for name in NAMES
    }
    return ReaderView(**values, **there)  # type: ignore[arg-type]  # the names are exactly its fields
