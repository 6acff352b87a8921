"""The head of a pasted page: headline, byline, standfirst, in whatever order."""

from __future__ import annotations

import re
from dataclasses import replace

from digest.sources.pasted import words
from digest.sources.pasted.marks import Kind, Mark, fold, is_names
from digest.sources.pasted.page import (
    HEADLINE_WORDS,
    MENU_WORDS,
    SHORT_TITLE_WORDS,
    TITLE_WORDS,
    Page,
    Role,
    count,
    is_title,
    same,
)
from digest.sources.pasted.people import is_office, read_signature

#: What is printed about an article between its headline and its text.
_HEAD = {
    *(Kind.PUBLISHED, Kind.UPDATED, Kind.DATE, Kind.MINUTES, Kind.BYLINE),
    *(Kind.CREDIT, Kind.READ_MORE, Kind.CORRESPONDENT, Kind.DESK),
}
#: Characters: of a standfirst in several paragraphs, and of one.
_LONG_STANDFIRST, _ONE_STANDFIRST = 600, 400
_NAME_WORDS = 4
_MOST_TITLES = 100  #: lines above the text; where there are more, the first count
_WITH_THE_SITE = re.compile(r"\s[|–—-]\s")  #: "Headline | Site"
_DATED = {Kind.DATE, Kind.PUBLISHED, Kind.UPDATED, Kind.MINUTES}


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
    titles = [i for i in candidates[:_MOST_TITLES] if is_title(page.units[i])]
    if titles:
        return _best_title(page, titles)
    if candidates:
        return candidates[-1]
    sentence = bool(prose) and count(page.units[prose[0]].text) <= HEADLINE_WORDS
    return prose[0] if sentence else None


def _best_title(page: Page, titles: list[int]) -> int:
    said = [same(unit.text) for unit in page.units]
    if repeated := [i for i in titles if _is_repeated(said, i)]:
        return repeated[0]
    if long := [i for i in titles if count(page.units[i].text) >= TITLE_WORDS]:
        # What stands above the site's menu is the site's own line.
        return next(i for i in long if not _has_menu_between(page, i, long[-1]))
    return max(titles, key=lambda i: (count(page.units[i].text), i))


def _has_menu_between(page: Page, start: int, end: int) -> bool:
    entries = [
        unit
        for unit in page.units[start:end]
        if unit.kind in {Kind.NAVIGATION, Kind.SECTION}
        and not words.SHARING.fullmatch(fold(unit.text))
    ]
    return len(entries) > 1


def _is_repeated(said: list[str], index: int) -> bool:
    """Tell whether the page says it twice, as pages do with their headline."""
    title = said[index]
    if count(title) < SHORT_TITLE_WORDS:
        return False
    others = said[:index] + said[index + 1 :]
    return any(text == title or text.startswith(f"{title} ") for text in others)


def find_bare_byline(page: Page) -> None:
    """Take a name alone below the headline for the byline, if it looks like one.

    What looks like one: a date, an agency or a newsroom stands right below it or
    beside it, and no line says "By" as it should.
    """
    headline = next(iter(page.find(Role.HEADLINE)), -1)
    if any(unit.kind is Kind.BYLINE for unit in page.units):
        return
    for index in page.free(headline + 1):
        unit = page.units[index]
        names = re.split(r"[,(]", unit.text)[0]
        if unit.bullet or count(names) < 2 or not is_names(names, most=_NAME_WORDS):  # noqa: PLR2004 -- a first name and a last
            return
        beside = unit.text[len(names) :].strip()
        below = page.units[index + 1] if index + 1 < len(page.units) else unit
        office = below.kind is Kind.TEXT and is_office(below.text)
        if beside or office or below.kind in _DATED:
            unit.mark = replace(unit.mark, kind=Kind.BYLINE, value=unit.text)
            if office:
                below.mark = replace(below.mark, kind=Kind.DESK, value=below.text)
        return


def find_signature(page: Page) -> None:
    """Take "PLACE, NAME" or "NAME (PLACE)", above the text, for the correspondent's."""
    headline = next(iter(page.find(Role.HEADLINE)), -1)
    prose = page.paragraphs(headline + 1)
    for index in page.free(headline + 1, prose[1] if len(prose) > 1 else None):
        unit = page.units[index]
        who = None if unit.bullet or unit.part else read_signature(unit.text)
        if who:
            name, place = who
            unit.mark = Mark(
                kind=Kind.CORRESPONDENT, value=name, place=place, label=unit.text
            )


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
    begins = prose[0] if prose else headline + 1
    return max([begins, *(i + 1 for i in about if i < until)])


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
