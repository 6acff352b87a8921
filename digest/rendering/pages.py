"""Pages before anybody's name is on them: subject, text and HTML.

A page is made from templates, its CSS is inlined, and it is cut where something goes
that is not the same for everybody. There are two kinds. A page of one *choice* of
articles has gaps for readers' values alone; a *whole* page shows all articles wherever
they may stand and is cut into blocks. Making either costs milliseconds; `digest.
rendering.renderer` sees to it that it does not happen per reader.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import partial
from hashlib import sha256
from html import unescape

from digest.errors import TemplateProblem
from digest.model import Digest, Issue, Length, Newsletter, Section
from digest.rendering import plaintext
from digest.rendering.bodies import Bodies
from digest.rendering.cutting import cut_html, cut_line, cut_text
from digest.rendering.inlining import inlined
from digest.rendering.joining import Sheet
from digest.rendering.later import Later, refuse_marked
from digest.rendering.marks import Marks, Place, SlotMisuse
from digest.rendering.memory import Memory
from digest.rendering.nodes import Hole
from digest.rendering.personal import Slot, finalize, spoken
from digest.rendering.stage import Lengths
from digest.rendering.templates import Markup, Templates, TemplateSet
from digest.rendering.theme import Themes
from digest.rendering.variables import Variables, any_reader, reader
from digest.rendering.view import ArticleView, ReaderView
from digest.rendering.words import Speech, Words
from digest.settings import Site

STYLE, KEPT = "style.css", "kept.css"

#: The variables of templates, for suggestions when one is misspelt.
VARIABLES = (
    *("site", "newsletter", "issue", "digest", "reader", "subject", "length"),
    *("language", "dir", "rtl", "start", "end", "styles", "t", "listed", "mixed"),
    *("theme", "web"),
)


_COMMENT = re.compile(r"/\*.*?\*/", re.DOTALL)
#: Whole runs alone: a declaration is not looked at again from each of its letters.
_SELECTORS = re.compile(r"(?<![^{}@])[^{}@]++(?=\{)")
#: Asks for siblings, or for what else an element holds: `p + p`, `li:first-child`.
_STRUCTURAL = re.compile(
    r"[+~]|:(?:first|last|only|nth|empty|not|has|is|where|contains)\b"
    # ... or for an attribute's value, which may come later; these never do.
    r"|\[(?!(?:align|class|dir|height|lang|role|type|valign|width)\W)[^\]]*="
)
#: What premailer takes for a style sheet, wherever a template brings one.
_STYLE = re.compile(
    r"<style\b(?![^>]*\bdata-premailer\s*=\s*[\"']?ignore)[^>]*>(.*?)</style>",
    re.DOTALL,
)
_PICTURE = re.compile(r'(\s(?:src|background)=")([^"]*)(")')
_HIDDEN = re.compile(r"<!--.*?-->|\{#.*?#\}|\{[{%].*?[%}]\}", re.DOTALL)


class Kind(StrEnum):
    """What a page is for, by the file that makes it."""

    SUBJECT = "subject.txt.j2"
    TEXT = "digest.txt.j2"
    HTML = "digest.html.j2"


@dataclass(frozen=True, slots=True, kw_only=True)
class Shape:
    """Everything a page depends on besides its articles."""

    speech: Speech
    length: Length  #: what its readers asked for
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
        web: bool = False,
        enclosed: Mapping[str, str] | None = None,
    ) -> None:
        """Take the set; `web` means pages of the archive, which nobody can leave.

        `enclosed` says how pages name the pictures that mails carry, by their URLs.
        """
        self._set, self._site, self._web = templates, site, web
        self._enclosed = enclosed or {}
        self._newsletter, self._issue = newsletter, issue
        self._templates = Templates(templates, names=VARIABLES)
        self._templates.watch_filters(lambda value: refuse_marked(value, self._marks))
        self._templates.add_filters(
            html=self._html_filters(), text=self._text_filters()
        )
        self.words = Words.of(templates)
        self._themes = Themes(templates.themes) if templates.themes else None
        # Fonts differ from language to language, sizes do not.
        theme = self._themes and self._themes.speaking(newsletter.language)
        self._bodies = Bodies(theme.column) if theme else Bodies()
        self.memory = Memory()
        self._styles: dict[str, tuple[str, ...]] = {}
        self._views: dict[str, dict[str, ArticleView]] = {}  # by language
        content = repr((site, newsletter, issue)).encode("utf-8", "surrogatepass")
        # Of both cases, so that no filter or method that changes case leaves it alone.
        self.secret = "sLot" + sha256(content).hexdigest()[:24]
        self._marks = Marks(self.secret)

    def everybody(self, shape: Shape) -> Recipient:
        """Return slots for the values of whoever gets pages of this shape."""
        marks = Marks(self.secret)
        who = reader(shape.present, marks)
        return Recipient(reader=who, subject=Slot("subject", marks), marks=marks)

    def anybody(self, shape: Shape, asked: set[str]) -> Recipient:
        """Return slots for all values; `asked` gets what a template asks for by `if`."""
        marks = Marks(self.secret)
        who = any_reader(shape.present, marks, asked=asked)
        return Recipient(reader=who, subject=Slot("subject", marks), marks=marks)

    def chosen(
        self, kind: Kind, digest: Digest, shape: Shape, lengths: Lengths
    ) -> Sheet:
        """Return the page of one choice of articles, its stories at these lengths."""
        who = self.everybody(shape)
        page = self.rendered(kind, who, digest, shape, lengths)
        return self._cut(kind, page, who.marks)

    def whole(
        self,
        kind: Kind,
        sections: Sequence[Section],
        shape: Shape,
        length: Length,
        *,
        leads: int | None,
        asked: set[str],
        holes: Sequence[Hole] = (),
    ) -> Sheet:
        """Return the page of all articles of `sections`, shown at this length.

        The first `leads` of each section stand there as the lead, too; None: every one.
        Raises `NotJoinable` when a template needs to know what was chosen. `holes` are
        those of the page this one will be added to.
        """
        who = self.anybody(shape, asked)
        variables = self._maker(who, shape).of_all(
            sections, length, leads=leads, escaping=kind is Kind.HTML
        )
        page = self._page(kind, who, shape, variables)
        return self._cut(kind, page, who.marks, holes=holes)

    def rendered(
        self,
        kind: Kind,
        who: Recipient,
        digest: Digest,
        shape: Shape,
        lengths: Lengths,
    ) -> str:
        """Return a page of one choice of articles, uncut."""
        variables = self._maker(who, shape).of(
            digest, lengths, escaping=kind is Kind.HTML
        )
        return self._page(kind, who, shape, variables)

    def misused(self, name: str, what: str) -> TemplateProblem:
        """Return what is wrong with a value, and the first place that prints it."""
        for kind in reversed(Kind):
            file = self._set.file(kind)
            before, found, _ = file.text.partition(spoken(name))
            if found:
                break
        line = 1 + before.count("\n") if found else 1
        return TemplateProblem(file.path, line, f"`{spoken(name)}` {what}")

    def structural_rule(self, speech: Speech) -> Place | None:
        """Return where an inlined style sheet asks which of its siblings one is.

        A whole page has all siblings, so such a rule would be applied wrongly.
        """
        file = self._set.files.get(STYLE)
        if file and (found := _structural(self._styled(speech)[0])):
            text = _COMMENT.sub(_blank, file.text)
            at = max(text.find(found), 0)
            return Place(file=file.path, line=1 + text.count("\n", 0, at))
        for name, file in self._set.files.items():
            text = _HIDDEN.sub(_blank, file.text) if name.endswith(".html.j2") else ""
            for style in _STYLE.finditer(text):
                if found := _structural(style[1]):
                    at = text.index(found, style.start())
                    return Place(file=file.path, line=1 + text.count("\n", 0, at))
        return None

    def _maker(self, who: Recipient, shape: Shape) -> Variables:
        return Variables(
            site=self._site,
            newsletter=self._newsletter,
            issue=self._issue,
            speech=shape.speech,
            bodies=self._bodies,
            marks=who.marks,
            views=self._views.setdefault(shape.speech.language, {}),
        )

    def _page(
        self, kind: Kind, who: Recipient, shape: Shape, variables: dict[str, object]
    ) -> str:
        self._marks = who.marks
        variables |= {
            "reader": who.reader,
            "subject": who.subject,
            "length": shape.length.value,
            "web": self._web,
            **self._theme(shape.speech),
        }
        if kind is not Kind.HTML:
            return self._templates.text(kind.value, variables)
        style, kept = self._styled(shape.speech)
        place = f"<!--{self.secret}-->"
        # The operator's own style sheet; no article has a part in it.
        variables["styles"] = Markup(f"<style>{style}</style>{place}")
        html = inlined(self._templates.html(kind.value, variables))
        if self._enclosed:
            html = _PICTURE.sub(self._named_by_mail, html)
        return html.replace(place, f"<style>{kept}</style>" if kept else "", 1)

    def _named_by_mail(self, match: re.Match[str]) -> str:
        url = unescape(match[2])
        return f"{match[1]}{self._enclosed.get(url) or match[2]}{match[3]}"

    def _styled(self, speech: Speech) -> tuple[str, ...]:
        """Return the style sheet to inline and the one to keep, per language."""
        if speech.language not in self._styles:
            rtl = speech.direction == "rtl"
            start, end = ("right", "left") if rtl else ("left", "right")
            variables = {
                "dir": speech.direction,
                "rtl": rtl,
                "start": start,
                "end": end,
                "language": speech.language,
                **self._theme(speech),
            }
            self._styles[speech.language] = tuple(
                self._templates.text(name, variables) if name in self._set.files else ""
                for name in (STYLE, KEPT)
            )
        return self._styles[speech.language]

    def _theme(self, speech: Speech) -> dict[str, object]:
        """Return the fonts, colours and sizes for a language, where there are any."""
        return {"theme": self._themes.speaking(speech.language)} if self._themes else {}

    def _cut(
        self, kind: Kind, page: str, marks: Marks, *, holes: Sequence[Hole] = ()
    ) -> Sheet:
        cuts = {Kind.HTML: cut_html, Kind.TEXT: cut_text, Kind.SUBJECT: cut_line}
        file = self._set.file(kind).path
        try:
            sheet = cuts[kind](page, marks, self.memory, holes=holes)
        except SlotMisuse as error:
            place = error.place or Place(file=file, line=1)
            raise TemplateProblem(place.file, place.line, str(error)) from error
        leavable = self._web or "unsubscribe" in sheet.names
        if kind is not Kind.SUBJECT and not leavable:
            raise TemplateProblem(
                file,
                1,
                "does not show `reader.unsubscribe`: link it, for every mail must "
                "say how to leave",
            )
        return sheet

    def _text_filters(self) -> Mapping[str, Callable[..., str]]:
        def laid_out(function: Callable[..., str]) -> Callable[..., str]:
            def filtered(text: object, *arguments: object) -> str:
                shape = partial(_apply, function, arguments)
                return self._marks.shaped(str(finalize(text)), shape)

            return filtered

        functions = ("fill", "item", "quote", "underline", "shorten")
        return {name: laid_out(getattr(plaintext, name)) for name in functions}

    def _html_filters(self) -> Mapping[str, Callable[..., object]]:
        def shorten(text: object, width: int) -> str | Later:
            if isinstance(text, Later):
                return text.rewritten(partial(plaintext.shorten, width=width))
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


def _structural(css: str) -> str:
    """Return the first selectors that ask for siblings, or ""."""
    selectors = map(str.strip, _SELECTORS.findall(_COMMENT.sub("", css)))
    return next(filter(_STRUCTURAL.search, selectors), "")


def _blank(match: re.Match[str]) -> str:
    """Return as many lines as there were, with nothing in them."""
    return "\n" * match[0].count("\n")
