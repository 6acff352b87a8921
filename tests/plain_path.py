"""The plain path: a mail rendered, inlined and laid out for one reader alone.

It knows no marks, no pieces and no memory. Whatever the other ways to a mail give, it
must be this.
"""

from __future__ import annotations

from collections.abc import Mapping

from digest.model import Digest, Issue, Length, Newsletter
from digest.rendering import Personal, TemplateSet
from digest.rendering.marks import Marks
from digest.rendering.pages import Kind, Pages, Recipient, Shape
from digest.rendering.personal import NAMES
from digest.rendering.plaintext import one_line, shorten, tidy, visible
from digest.rendering.stage import Lengths
from digest.rendering.view import ReaderView
from digest.settings import Site

Mail = tuple[str, str, str]  #: subject, text, HTML


def known_reader(values: Mapping[str, str]) -> ReaderView:
    """Return the reader with the values themselves: what slots must come to."""
    texts = {name: values.get(name, "") for name in NAMES}
    there = {f"has_{name}": bool(texts[name]) for name in NAMES}
    return ReaderView(**texts, **there)  # type: ignore[arg-type]  # the names are exactly its fields


class PlainPath:
    """Renders each mail from nothing."""

    def __init__(
        self,
        *,
        templates: TemplateSet,
        site: Site,
        newsletter: Newsletter,
        issue: Issue,
    ) -> None:
        self.newsletter = newsletter
        self.pages = Pages(
            templates=templates, site=site, newsletter=newsletter, issue=issue
        )

    def mail(
        self,
        digest: Digest,
        personal: Personal,
        *,
        language: str = "",
        length: Length = Length.SUMMARIES,
        lengths: Lengths | None = None,
    ) -> Mail:
        """Return what one reader gets; `lengths` where the HTML was made to fit."""
        own = self.newsletter.language
        speech = self.pages.words.speech(language or own, otherwise=own)
        zone = self.newsletter.timezone
        values = personal.values(lambda moment: speech.day(moment, zone))
        shape = Shape(speech=speech, length=length, present=frozenset(values))
        wished = Lengths.wished(length, digest.count)
        marks = Marks(self.pages.secret)

        def page(kind: Kind, subject: str) -> str:
            who = Recipient(reader=known_reader(values), subject=subject, marks=marks)
            shown = lengths if lengths and kind is Kind.HTML else wished
            return self.pages.rendered(kind, who, digest, shape, shown)

        subject = shorten(one_line(visible(page(Kind.SUBJECT, ""))), 150)
        text, html = tidy(page(Kind.TEXT, subject)), page(Kind.HTML, subject)
        assert not marks.printed, "it was rendered with values, not with slots"
        return subject, text, html
