"""Pages before anybody's name is on them: subject, text and HTML of one choice.

A page is made from templates and a choice of articles, the HTML is inlined, and
both are cut where personal values go. That costs milliseconds; `digest.rendering.
renderer` sees to it that it happens once for everyone who gets the same page.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from hashlib import sha256

from digest.errors import TemplateProblem
from digest.model import Digest, Issue, Length, Newsletter
from digest.rendering import plaintext
from digest.rendering.bodies import Bodies
from digest.rendering.filling import Page, cut_html, cut_text
from digest.rendering.inlining import inlined
from digest.rendering.personal import Marks, Place, Slot, SlotMisuse, finalize
from digest.rendering.templates import Markup, Templates, TemplateSet
from digest.rendering.variables import Lengths, Variables, reader
from digest.rendering.view import ReaderView
from digest.rendering.words import Speech, Words
from digest.settings import Site

HTML, TEXT, SUBJECT = "digest.html.j2", "digest.txt.j2", "subject.txt.j2"
STYLE, KEPT, WORDS = "style.css", "kept.css", "words.yaml"

#: Gmail cuts a mail's HTML at 102,400 bytes, and the unsubscribe link with it.
#: What is left of that is for the readers' values, longer than their marks.
GMAIL_CUTS_AT = 102_400
LARGEST = GMAIL_CUTS_AT - 4_096

#: The variables of templates, for suggestions when one is misspelt.
VARIABLES = (
    *("site", "newsletter", "issue", "digest", "reader", "subject", "length"),
    *("language", "dir", "rtl", "start", "end", "styles", "t", "listed", "mixed"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Shape:
    """Everything a page depends on besides the choice of articles."""

    speech: Speech
    length: Length
    present: frozenset[str]  #: names of the personal values there are


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipient:
    """Whom a page is rendered for: everybody, as slots, or one reader, as values."""

    reader: ReaderView
    subject: Slot | str
    marks: Marks  #: what slots print


class Pages:
    """Makes the pages of one issue. Not for several threads at once."""

    def __init__(
        self,
        *,
        templates: TemplateSet,
        site: Site,
        newsletter: Newsletter,
        issue: Issue,
    ) -> None:
        self._set, self._site = templates, site
        self._newsletter, self._issue = newsletter, issue
        self._templates = Templates(templates, names=VARIABLES)
        self._templates.add_filters(
            html=self._html_filters(), text=self._text_filters()
        )
        file = templates.file(WORDS)
        self.words = Words.read(file.text, file=file.path)
        self._bodies = Bodies()
        self._styles: dict[str, tuple[str, ...]] = {}
        content = repr((site, newsletter, issue)).encode("utf-8", "surrogatepass")
        self._secret = "slot" + sha256(content).hexdigest()[:24]
        self._marks = Marks(self._secret)

    def everybody(self, shape: Shape) -> Recipient:
        """Return slots for the values of whoever gets pages of this shape."""
        marks = Marks(self._secret)
        who = reader(shape.present, marks)
        return Recipient(reader=who, subject=Slot("subject", marks), marks=marks)

    def subject(self, digest: Digest, shape: Shape) -> Page:
        """Return the subject, unfilled; `one_line` it when filled."""
        who = self.everybody(shape)
        return self._cut(cut_text, self.subject_for(who, digest, shape), who)

    def text(self, digest: Digest, shape: Shape) -> Page:
        """Return the text part, unfilled."""
        who = self.everybody(shape)
        text = self.text_for(who, digest, shape)
        return self._cut(cut_text, text, who, unsubscribe_in=TEXT)

    def html(self, digest: Digest, shape: Shape) -> Page:
        """Return the HTML part, inlined and unfilled, short enough for Gmail.

        Where it would be too long, the last stories are told at less length; none
        is left out, for the journal says that the reader got it.
        """
        count = len(digest.articles)
        choices = _shorter_and_shorter(Lengths.wished(shape.length, count))
        fits = choices[0]
        page, size = self._html_sized(digest, shape, fits)
        low, high = 1, len(choices) - 1
        while size > LARGEST and low <= high:
            middle = (low + high) // 2
            trial, trial_size = self._html_sized(digest, shape, choices[middle])
            if trial_size > LARGEST and middle < len(choices) - 1:
                low = middle + 1
            else:
                high = middle - 1
                page = trial
        return page

    def subject_for(self, who: Recipient, digest: Digest, shape: Shape) -> str:
        """Render the subject."""
        variables = self._variables(who, digest, shape)
        return plaintext.tidy(self._templates.text(SUBJECT, variables))

    def text_for(self, who: Recipient, digest: Digest, shape: Shape) -> str:
        """Render the text part."""
        variables = self._variables(who, digest, shape)
        return plaintext.tidy(self._templates.text(TEXT, variables))

    def html_for(
        self, who: Recipient, digest: Digest, shape: Shape, *, lengths: Lengths
    ) -> str:
        """Render and inline the HTML part, its stories at these lengths."""
        style, kept = self._styled(shape.speech)
        place = f"<!--{self._secret}-->"
        variables = self._variables(who, digest, shape, lengths=lengths)
        # The operator's own style sheet; no article has a part in it.
        variables["styles"] = Markup(f"<style>{style}</style>{place}")
        html = inlined(self._templates.html(HTML, variables))
        return html.replace(place, f"<style>{kept}</style>" if kept else "", 1)

    def _html_sized(
        self, digest: Digest, shape: Shape, lengths: Lengths
    ) -> tuple[Page, int]:
        who = self.everybody(shape)
        html = self.html_for(who, digest, shape, lengths=lengths)
        page = self._cut(cut_html, html, who, unsubscribe_in=HTML)
        return page, len(html.encode())

    def _variables(
        self,
        who: Recipient,
        digest: Digest,
        shape: Shape,
        *,
        lengths: Lengths | None = None,
    ) -> dict[str, object]:
        """Return a template's variables; with `lengths` they are for HTML."""
        self._marks = who.marks
        variables = Variables(
            site=self._site,
            newsletter=self._newsletter,
            issue=self._issue,
            speech=shape.speech,
            bodies=self._bodies,
        )
        wished = Lengths.wished(shape.length, len(digest.articles))
        return {
            **variables.of(digest, lengths or wished, escaping=lengths is not None),
            "reader": who.reader,
            "subject": who.subject,
            "length": shape.length.value,
        }

    def _styled(self, speech: Speech) -> tuple[str, ...]:
        """Return the style sheet to inline and the one to keep, per direction."""
        if speech.direction not in self._styles:
            rtl = speech.direction == "rtl"
            start, end = ("right", "left") if rtl else ("left", "right")
            variables = {
                "dir": speech.direction,
                "rtl": rtl,
                "start": start,
                "end": end,
            }
            self._styles[speech.direction] = tuple(
                self._templates.text(name, variables) if name in self._set.files else ""
                for name in (STYLE, KEPT)
            )
        return self._styles[speech.direction]

    def _cut(
        self,
        cut: Callable[[str, Marks], Page],
        text: str,
        who: Recipient,
        *,
        unsubscribe_in: str = "",
    ) -> Page:
        try:
            page = cut(text, who.marks)
        except SlotMisuse as error:
            place = error.place or Place(file=self._set.file(HTML).path, line=1)
            raise TemplateProblem(place.file, place.line, str(error)) from error
        if unsubscribe_in and "unsubscribe" not in page.names:
            raise TemplateProblem(
                self._set.file(unsubscribe_in).path,
                1,
                "does not show `reader.unsubscribe`: link it, for every mail must "
                "say how to leave",
            )
        return page

    def _text_filters(self) -> Mapping[str, Callable[..., str]]:
        def laid_out(function: Callable[..., str]) -> Callable[..., str]:
            def filtered(text: object, *arguments: object) -> str:
                shape = partial(_apply, function, arguments)
                return self._marks.shaped(str(finalize(text)), shape)

            return filtered

        functions = ("fill", "item", "quote", "underline", "shorten")
        return {name: laid_out(getattr(plaintext, name)) for name in functions}

    def _html_filters(self) -> Mapping[str, Callable[..., str]]:
        def shorten(text: object, width: int) -> str:
            plain = text.unescape() if isinstance(text, Markup) else str(text)
            if self._marks.prefix in plain:
                raise SlotMisuse(
                    "reader", "cannot be shortened in HTML: print it alone"
                )
            return plaintext.shorten(plain, width)

        return {"shorten": shorten}


def _apply(
    function: Callable[..., str], arguments: tuple[object, ...], text: str
) -> str:
    return function(text, *arguments)


def _shorter_and_shorter(wished: Lengths) -> list[Lengths]:
    """Return `wished` and all that is less: first bodies go, then summaries."""
    return [
        *(
            Lengths(full=full, summaries=wished.summaries)
            for full in range(wished.full, 0, -1)
        ),
        *(Lengths(full=0, summaries=n) for n in range(wished.summaries, -1, -1)),
    ]
