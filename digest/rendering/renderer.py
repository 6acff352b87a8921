"""One reader's mail, as subject, text and HTML, at the price of joining pieces.

Two ways lead there. The *joined* one compiles the issue once per language and length
and joins each reader's pieces. The *exact* one renders a page per choice of articles,
shared by all who chose the same; it serves every template that cannot be joined, and
whoever renders without saying which articles there may be. Both give the same mail.
premailer and html2text run on neither per reader.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import islice
from threading import RLock

from digest.model import Digest, Format, Issue, Length, Newsletter, Section
from digest.quoting import Part
from digest.rendering.compiling import Compiled, Widen, compile_issue
from digest.rendering.fitting import Shortened, fitted
from digest.rendering.joining import Sheet
from digest.rendering.later import NotJoinable
from digest.rendering.pages import Kind, Pages, Shape
from digest.rendering.personal import NAMES, Personal
from digest.rendering.plaintext import one_line, shorten, visible
from digest.rendering.proofs import proofs
from digest.rendering.sample import sample_digest
from digest.rendering.stage import Cast, Lengths, Stage
from digest.rendering.templates import TemplateSet
from digest.rendering.words import Speech
from digest.settings import Site

#: Pages of single choices kept in memory; a reader's mail takes three, some 50 kB
#: together.
_REMEMBERED = 768
#: No subject is longer, whatever a template does; phones show about 40.
_LONGEST_SUBJECT = 150


@dataclass(frozen=True, slots=True, kw_only=True)
class Rendered:
    """A digest as text, before it becomes a message."""

    subject: str
    text_part: Part
    html_part: Part | None = None  #: None: the reader wants text only
    digest: Digest  #: what it shows: less than was chosen, where that was too much
    shortened: Shortened | None = None  #: how it was made to fit

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
        sections: Sequence[Section] = (),
        widen: Widen = lambda section: section,
        web: bool = False,
        enclosed: Mapping[str, str] | None = None,
    ) -> None:
        """Read the words; raise `TemplateProblem` or `FileProblems` if they are wrong.

        `sections` are all that digests may have, each with every article it may hold;
        without any, every choice is rendered by itself. `widen` returns the same for a
        section that is not among them. With `web`, what is rendered is a page of the
        web archive: templates may ask, and it may be as large as it is. `enclosed` are
        the pictures that mails carry: how HTML names them (`cid:…`), by their URLs.
        """
        self._pages = Pages(
            templates=templates,
            site=site,
            newsletter=newsletter,
            issue=issue,
            web=web,
            enclosed=enclosed,
        )
        self._size = _weightless if web else _size
        self._newsletter = newsletter
        self._sections, self._widen = sections, widen
        self._cast = Cast(self._pages.memory)
        self._made: OrderedDict[Hashable, Sheet] = OrderedDict()
        self._compiled: dict[tuple[Kind, str, Length], Compiled] = {}
        self._speeches: dict[str, Speech] = {}
        self._shapes: dict[tuple[str, Length, tuple[str, ...]], Shape] = {}
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
        a digest without articles or a reader without a way out.
        """
        if digest.skipped or not digest.sections:
            raise ValueError("an empty digest is skipped, not rendered")
        if not personal.unsubscribe:
            raise ValueError("a mail that cannot be left is not rendered")
        speech = self._speech(language)
        zone = self._newsletter.timezone
        values = personal.values(lambda moment: speech.day(moment, zone))
        self._refuse_marks(values)
        shape = self._shape(speech, length, tuple(values))

        def make(shown: Digest, lengths: Lengths) -> _Made:
            stage = self._cast.staged(shown, lengths, present=shape.present)
            subject = self._subject(shown, shape, stage, values)
            told = {**values, "subject": subject}
            html = None
            if format is Format.HTML:
                html = self._page(Kind.HTML, shown, shape, lengths, stage, told)
            return _Made(digest=shown, stage=stage, subject=subject, html=html)

        wished = Lengths.wished(length, digest.count)
        made, shortened = fitted(digest, wished, make=make, size=self._size)
        lengths, stage = wished, made.stage
        if shortened:  # the text is told as asked, whatever the HTML had to leave out
            lengths = Lengths.wished(length, made.digest.count)
            stage = self._cast.staged(made.digest, lengths, present=shape.present)
        told = {**values, "subject": made.subject}
        return Rendered(
            subject=made.subject,
            text_part=self._page(Kind.TEXT, made.digest, shape, lengths, stage, told),
            html_part=made.html,
            digest=made.digest,
            shortened=shortened,
        )

    def check(self) -> None:
        """Render a sample of everything; raise `TemplateProblem` where it fails."""
        sample = sample_digest()
        for language in self._pages.words.tried(self._newsletter.language):
            for length in Length:
                for present in (frozenset(NAMES), frozenset({"unsubscribe"})):
                    shape = Shape(
                        speech=self._speech(language), length=length, present=present
                    )
                    lengths = Lengths.wished(length, sample.count)
                    kinds = list(Kind)
                    if language != self._speech("").language:
                        kinds.remove(Kind.HTML)
                    for kind in kinds:
                        self._pages.chosen(kind, sample, shape, lengths)

    def compile_sample(self) -> Mapping[str, str]:
        """Compile a sample for every length; return `why_not_joined`."""
        self._sections = self._sections or sample_digest().sections
        for length in Length:
            shape = Shape(speech=self._speech(""), length=length, present=frozenset())
            for kind in Kind:
                self._compiled_for(kind, shape)
        return self.why_not_joined

    @property
    def why_not_joined(self) -> Mapping[str, str]:
        """The files whose pages could not be joined so far, and why not.

        These pages are rendered for every choice of articles by itself, which is
        slower. The reason names file and line where there is one.
        """
        return {
            kind.value: str(compiled.why_not)
            for (kind, _, _), compiled in self._compiled.items()
            if compiled.why_not is not None
        }

    @property
    def html_not_joined(self) -> str:
        """Why the HTML could not be joined so far, or ""."""
        return self.why_not_joined.get(Kind.HTML.value, "")

    def _speech(self, language: str) -> Speech:
        wanted = language or self._newsletter.language
        if wanted not in self._speeches:
            words = self._pages.words
            speech = words.speech(wanted, otherwise=self._newsletter.language)
            self._speeches[wanted] = speech
        return self._speeches[wanted]

    def _shape(self, speech: Speech, length: Length, names: tuple[str, ...]) -> Shape:
        """Return the shape of pages for who has these values: the same for most."""
        key = (speech.language, length, names)
        found = self._shapes.get(key)
        if found is None:
            present = frozenset(names)
            found = Shape(speech=speech, length=length, present=present)
            self._shapes[key] = found
        return found

    def _subject(
        self, digest: Digest, shape: Shape, stage: Stage, values: Mapping[str, str]
    ) -> str:
        lengths = Lengths.wished(shape.length, stage.count)
        page = self._page(Kind.SUBJECT, digest, shape, lengths, stage, values)
        return _one_subject(page.text)

    def _page(
        self,
        kind: Kind,
        digest: Digest,
        shape: Shape,
        lengths: Lengths,
        stage: Stage,
        values: Mapping[str, str],
    ) -> Part:
        """Return a page, joined if that can be, or else made for this choice."""
        if self._sections:
            try:
                return self._compiled_for(kind, shape).join(digest, stage, values)
            except NotJoinable:
                pass  # `why_not_joined` tells
        return self._exact(kind, digest, shape, lengths).join(stage, values)

    def _compiled_for(self, kind: Kind, shape: Shape) -> Compiled:
        """Return what was compiled for all readers like this, or compile it now."""
        key = (kind, shape.speech.language, shape.length)
        found = self._compiled.get(key)
        if found is None:
            with self._lock:
                found = self._compiled.get(key) or self._compile(kind, shape)
                self._compiled[key] = found
        return found

    def _compile(self, kind: Kind, shape: Shape) -> Compiled:
        """Compile, and prove it: a template's first language with most digests."""
        known = any(k is kind and at is shape.length for k, _, at in self._compiled)
        samples = proofs(self._sections, self._newsletter.limits.articles)
        return compile_issue(
            self._pages,
            kind,
            self._sections,
            shape,
            exact=self._exact,
            cast=self._cast,
            proofs=islice(samples, 1 if known else None),
            widen=self._widen,
            lock=self._lock,
        )

    def _exact(
        self, kind: Kind, digest: Digest, shape: Shape, lengths: Lengths
    ) -> Sheet:
        """Return the page of one choice, made now or remembered."""
        key = (kind, _choice(digest), *_features(shape), lengths)
        with self._lock:
            if key not in self._made:
                self._made[key] = self._pages.chosen(kind, digest, shape, lengths)
                if len(self._made) > _REMEMBERED:
                    self._made.popitem(last=False)
            self._made.move_to_end(key)
            return self._made[key]

    def _refuse_marks(self, values: Mapping[str, str]) -> None:
        """Raise for a value that holds a mark: nobody could know one by chance."""
        if self._pages.secret in "\0".join(values.values()):
            name = next(n for n, text in values.items() if self._pages.secret in text)
            raise self._pages.misused(
                name, "holds a mark of this page: correct it where it is kept"
            )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Made:
    """A reader's subject and HTML, and what they show."""

    digest: Digest
    stage: Stage
    subject: str
    html: Part | None


def _size(made: _Made) -> int:
    return made.html.size if made.html else 0


def _weightless(_: _Made) -> int:
    return 0


@lru_cache(maxsize=4096)  # many readers share a lead and a number of stories
def _one_subject(page: str) -> str:
    return shorten(one_line(visible(page)), _LONGEST_SUBJECT)


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
