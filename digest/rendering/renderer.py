"""One reader's mail, as subject, text and HTML, at the price of filling gaps.

Readers who get the same articles, in the same language and at the same length,
share a page: it is rendered, inlined and turned into text once, and each reader's
name, address and links are filled in. premailer and html2text never run per reader.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Hashable
from dataclasses import dataclass
from threading import RLock

from digest.model import Digest, Format, Issue, Length, Newsletter
from digest.quoting import Part
from digest.rendering.filling import Page
from digest.rendering.pages import Pages, Shape
from digest.rendering.personal import NAMES, Personal
from digest.rendering.plaintext import one_line, shorten
from digest.rendering.sample import sample_digest
from digest.rendering.templates import TemplateSet
from digest.rendering.words import Speech
from digest.settings import Site

#: Pages kept in memory; a reader's mail takes three, some 50 kB together.
_REMEMBERED = 768
#: No subject is longer, whatever a template does; phones show about 40.
_LONGEST_SUBJECT = 150


@dataclass(frozen=True, slots=True, kw_only=True)
class Rendered:
    """A digest as text, before it becomes a message."""

    subject: str
    text_part: Part
    html_part: Part | None = None  #: None: the reader wants text only

    @property
    def text(self) -> str:
        """The text part as it is read, with LF line ends."""
        return self.text_part.text

    @property
    def html(self) -> str | None:
        """The HTML part as it is read, if there is one."""
        return None if self.html_part is None else self.html_part.text


class Renderer:
    """Renders the digests of one issue. Safe to share between threads."""

    def __init__(
        self,
        *,
        templates: TemplateSet,
        site: Site,
        newsletter: Newsletter,
        issue: Issue,
    ) -> None:
        """Read the words; raise `TemplateProblem` or `FileProblems` if they are wrong."""
        self._pages = Pages(
            templates=templates, site=site, newsletter=newsletter, issue=issue
        )
        self._newsletter = newsletter
        self._made: OrderedDict[Hashable, Page] = OrderedDict()
        self._speeches: dict[str, Speech] = {}
        self._lock = RLock()

    def render(
        self,
        digest: Digest,
        personal: Personal,
        *,
        language: str,
        length: Length,
        format: Format,  # noqa: A002 - the model's word for it
    ) -> Rendered:
        """Return what one reader receives.

        `language` is the reader's wish, empty for the newsletter's own. Raises
        `TemplateProblem` when a template cannot be rendered, and `ValueError` for
        a digest without articles.
        """
        if not digest.articles:
            raise ValueError("an empty digest is skipped, not rendered")
        speech = self._speech(language)
        zone = self._newsletter.timezone
        values = personal.values(lambda moment: speech.day(moment, zone))
        shape = Shape(speech=speech, length=length, present=frozenset(values))
        subject = shorten(
            one_line(self._page(self._pages.subject, digest, shape).fill(values)),
            _LONGEST_SUBJECT,
        )
        values["subject"] = subject
        text = self._page(self._pages.text, digest, shape).fill(values)
        html = None
        if format is Format.HTML:
            html = self._page(self._pages.html, digest, shape).fill(values)
        return Rendered(
            subject=subject,
            text_part=Part.of(text),
            html_part=None if html is None else Part.of(html),
        )

    def check(self) -> None:
        """Render a sample of everything; raise `TemplateProblem` where it fails."""
        for language in self._pages.words.languages:
            for length in Length:
                for present in (frozenset(NAMES), frozenset({"unsubscribe"})):
                    shape = Shape(
                        speech=self._speech(language), length=length, present=present
                    )
                    self._pages.subject(sample_digest(), shape)
                    self._pages.text(sample_digest(), shape)
                    if language == self._speech("").language:
                        self._pages.html(sample_digest(), shape)

    def _speech(self, language: str) -> Speech:
        wanted = language or self._newsletter.language
        if wanted not in self._speeches:
            words = self._pages.words
            speech = words.speech(wanted, otherwise=self._newsletter.language)
            self._speeches[wanted] = speech
        return self._speeches[wanted]

    def _page(
        self, make: Callable[[Digest, Shape], Page], digest: Digest, shape: Shape
    ) -> Page:
        """Return the page, made now or remembered."""
        key = (make.__name__, _choice(digest), *_features(shape))
        with self._lock:
            if key not in self._made:
                self._made[key] = make(digest, shape)
                if len(self._made) > _REMEMBERED:
                    self._made.popitem(last=False)
            self._made.move_to_end(key)
            return self._made[key]


def _features(shape: Shape) -> tuple[Hashable, ...]:
    return shape.speech.language, shape.length, shape.present


def _choice(digest: Digest) -> Hashable:
    """Return what distinguishes one choice of articles from another."""
    return (
        digest.more,
        tuple(
            (
                section.slug,
                section.title,
                section.more,
                tuple(
                    (chosen.article.id, chosen.also_in) for chosen in section.articles
                ),
            )
            for section in digest.sections
        ),
    )
