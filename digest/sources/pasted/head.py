"""The head of a pasted page: caption, headline, standfirst, in whatever order."""

from __future__ import annotations

import re

from digest.sources.pasted import words
from digest.sources.pasted.marks import Kind, fold, is_finished
from digest.sources.pasted.page import (
    HEADLINE_WORDS,
    MENU_WORDS,
    TITLE_WORDS,
    Page,
    Role,
    count,
    is_paragraph,
    is_title,
    same,
)

#: What is printed about an article between its headline and its text.
_HEAD = {
    *(Kind.PUBLISHED, Kind.UPDATED, Kind.DATE, Kind.MINUTES, Kind.BYLINE),
    *(Kind.CREDIT, Kind.READ_MORE, Kind.CORRESPONDENT, Kind.DESK),
}
#: Characters: of a standfirst in several paragraphs, of one, of a caption.
_LONG_STANDFIRST, _ONE_STANDFIRST, _LONG_CAPTION = 600, 400, 220
#: Characters: of a caption with its credit, and of the credit.
_LONG_CAPTION_AND_CREDIT, _LONG_CREDIT = 600, 140
_CAPTION_WORDS, _SHORT_TITLE_WORDS = 3, 4
_WITH_THE_SITE = re.compile(r"\s[|–—-]\s")  #: "Headline | Site"


def find_caption(page: Page) -> None:
    """Find the caption: the line with a credit at its end, or before a credit."""
    for index in page.free():
        unit = page.units[index]
        if unit.bullet or len(unit.text) > _LONG_CAPTION_AND_CREDIT:
            continue
        end = fold(unit.text)[-_LONG_CREDIT:]
        credit = words.CREDIT_AT_END.search(end)
        if credit and not end[credit.end() :].strip(" ."):
            page.roles[index] = Role.CAPTION
            return
    kinds = [unit.kind for unit in page.units]
    credit_at = kinds.index(Kind.CREDIT) if Kind.CREDIT in kinds else 0
    if credit_at - 1 in set(page.free()) and _is_caption(page, credit_at - 1):
        page.roles[credit_at - 1] = Role.CAPTION


def _is_caption(page: Page, index: int) -> bool:
    """Tell whether the text before a credit is its caption, not the headline."""
    unit = page.units[index]
    long = len(unit.text) > _LONG_CAPTION
    if unit.bullet or long or count(unit.text) < _CAPTION_WORDS:
        return False
    before = list(page.free(0, index))
    if any(is_title(page.units[i], least=_SHORT_TITLE_WORDS) for i in before):
        prose = [i for i in before if is_paragraph(page.units[i])]
        return len(prose) <= 1 or not is_finished(unit.text)
    for i in page.free(index + 1):
        if is_paragraph(page.units[i]):
            return False
        if is_title(page.units[i], least=_SHORT_TITLE_WORDS):
            return True
    return False


def find_headline(page: Page) -> None:
    """Find the headline; drop the menus above it and its repetitions."""
    chosen = _headline_at(page)
    if chosen is None:
        return
    page.roles[chosen] = Role.HEADLINE
    said = same(page.units[chosen].mark.value)
    for index in list(page.free()):
        unit = page.units[index]
        with_site = same(unit.text).startswith(f"{said} ")
        again = same(unit.text) == said or (
            with_site and _WITH_THE_SITE.search(unit.text)
        )
        # Before the headline stand menus and names of sections.
        menu = index < chosen and is_title(unit, least=1, most=MENU_WORDS)
        if again or menu:
            page.roles[index] = Role.DROPPED


def _headline_at(page: Page) -> int | None:
    labelled = [i for i, unit in enumerate(page.units) if unit.kind is Kind.TITLE]
    if labelled:
        return labelled[0]
    prose = page.paragraphs()
    candidates = [
        i
        for i in page.free(0, prose[0] if prose else None)
        if not page.units[i].part and not page.units[i].bullet
    ]
    titles = [i for i in candidates if is_title(page.units[i])]
    for index in titles:
        if _is_repeated(page, index) or count(page.units[index].text) >= TITLE_WORDS:
            return index
    if titles:
        return max(titles, key=lambda i: (count(page.units[i].text), i))
    if candidates:
        return candidates[-1]
    if prose and count(page.units[prose[0]].text) <= HEADLINE_WORDS:
        return prose[0]  # a headline that is a sentence
    return None


def _is_repeated(page: Page, index: int) -> bool:
    """Tell whether the page says it twice, as pages do with their headline."""
    said = same(page.units[index].text)
    if count(page.units[index].text) < _SHORT_TITLE_WORDS:
        return False
    others = (same(u.text) for i, u in enumerate(page.units) if i != index)
    return any(other == said or other.startswith(f"{said} ") for other in others)


def find_standfirst(page: Page) -> int:
    """Find the standfirst; return where the head ends."""
    headline = next(iter(page.find(Role.HEADLINE)), -1)
    prose = page.paragraphs(headline + 1)
    about = [
        i
        for i, unit in enumerate(page.units)
        if unit.kind in _HEAD and i not in page.roles
    ]
    found = _standfirst_at(page, headline, prose, about)
    page.give(Role.STANDFIRST, found)
    # The body begins at the second paragraph, or the third after a standfirst.
    opening = prose[:1] if len(prose) == 1 else prose[1:2]
    if len(prose) > len(found) + 1 and found and found[-1] in prose:
        opening = prose[len(found) + 1 : len(found) + 2]
    until = opening[0] if opening else len(page.units)
    return max((i + 1 for i in about if i < until), default=headline + 1)


def _standfirst_at(
    page: Page, headline: int, prose: list[int], about: list[int]
) -> list[int]:
    first = prose[0] if prose else len(page.units)
    early = [i for i in about if i < (prose[3] if len(prose) > 3 else len(page.units))]  # noqa: PLR2004 -- a standfirst has three paragraphs at most
    for index in early:
        if page.units[index].kind is Kind.READ_MORE and index > first:
            before = [i for i in prose if i < index]
            long = sum(len(page.units[i].text) for i in before) > _LONG_STANDFIRST
            return before[:1] if long else before
    if len(prose) > 1 and any(first < i < prose[1] for i in about):
        return [first]
    return _unmarked_standfirst(page, headline, prose, about)


def _unmarked_standfirst(
    page: Page, headline: int, prose: list[int], about: list[int]
) -> list[int]:
    """Find a standfirst that nothing sets apart from the text."""
    first = prose[0] if prose else len(page.units)
    begun = [
        i
        for i in about
        if headline < i < first and page.units[i].kind is Kind.CORRESPONDENT
    ]
    for index in page.free(headline + 1, begun[0] if begun else first):
        unit = page.units[index]
        if not unit.bullet and not unit.part and count(unit.text) >= TITLE_WORDS:
            return [index]
    if begun or len(prose) < 3:  # noqa: PLR2004 -- of two paragraphs none is missed in the text
        return []
    text = page.units[first].text
    wire = words.FROM_PLACE.match(fold(text)) or words.DATELINE.match(text)
    plain = not wire and text[0] not in '“«„»"—–'
    return [first] if plain and len(text) <= _ONE_STANDFIRST else []
