"""The tail of a pasted page: other stories on the subject, tags, lists of anything."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace

from digest.sources.pasted import words
from digest.sources.pasted.lines import Unit
from digest.sources.pasted.marks import Kind, is_finished
from digest.sources.pasted.page import (
    FURNITURE,
    TAG_WORDS,
    Page,
    Role,
    count,
    is_paragraph,
)

#: What may stand between the titles under "On the same subject".
_BETWEEN_TITLES = FURNITURE - {Kind.RIGHTS, Kind.OTHER_LIST}
_UNDER_TITLES = {Kind.DATE, Kind.MINUTES, Kind.PUBLISHED}
_OF_THE_ARTICLE = {
    *(Kind.TITLE, Kind.BYLINE, Kind.CORRESPONDENT, Kind.DESK, Kind.UPDATED),
    *(Kind.CREDIT, Kind.TAGS, Kind.ADDRESS, Kind.ALSO_READ, Kind.SAME_SUBJECT),
    Kind.OTHER_LIST,
}
_LONG_TITLE = 170  #: characters
#: Words: a section's name above titles that are longer, tags below them.
_KICKER_WORDS, _SHORT_TAG_WORDS = 2, 3
_TAG_LINE = re.compile(r"\s*[|·•]\s*|\s+[/–-]\s+")
_NUMBERED = re.compile(r"(\d{1,2})[.)]?\s+(?=\S)")


def find_related(page: Page) -> None:
    """Find the titles under each "On the same subject"."""
    for start, unit in enumerate(page.units):
        if unit.kind is not Kind.SAME_SUBJECT:
            continue
        items = _titles_from(page, start + 1)
        tags = _tags_below(page, items)
        page.give(Role.TAG, tags)
        items = items[: len(items) - len(tags)]
        longest = max((count(page.units[i].text) for i in items), default=0)
        for index in items:
            words_in_it = count(page.units[index].text)
            capitals = page.units[index].text.isupper() and words_in_it <= TAG_WORDS
            short = longest > TAG_WORDS and words_in_it <= _KICKER_WORDS
            kicker = short or (capitals and longest > words_in_it)
            page.roles[index] = Role.DROPPED if kicker else Role.RELATED
        _drop_numbers([page.units[i] for i in items])


def _tags_below(page: Page, items: list[int]) -> list[int]:
    """Return the short lines that end a list of titles: they are the tags."""
    short = [count(page.units[i].text) <= _SHORT_TAG_WORDS for i in items]
    tail = len(short) - next(
        (n for n in range(len(short), 0, -1) if not short[n - 1]), 0
    )
    if not 1 < tail < len(items):
        return []
    first = page.units[items[-tail]]
    return items[-tail:] if first.gap or not first.bullet else []


def _titles_from(page: Page, start: int) -> list[int]:
    items: list[int] = []
    for index in range(start, len(page.units)):
        unit = page.units[index]
        if unit.kind in _UNDER_TITLES:
            page.roles[index] = Role.ABOUT_RELATED
        elif unit.kind is Kind.ADDRESS and items:
            page.roles[index] = Role.RELATED
        elif unit.kind in {Kind.TEXT, Kind.SECTION}:
            if _ends_related(page, items, index):
                break
            items.append(index)
        elif unit.kind not in _BETWEEN_TITLES:
            break
    return items


def _ends_related(page: Page, items: list[int], index: int) -> bool:
    unit = page.units[index]
    if is_paragraph(unit) and (len(unit.text) > _LONG_TITLE or unit.text.endswith(".")):
        return True
    if not items:
        return False
    on_one_line = [u for u in page.units[index : index + 2] if u.number == unit.number]
    if unit.bullet and len(on_one_line) > 1:  # "• Russia • Justice": tags
        return True
    if page.units[items[0]].bullet != unit.bullet:
        return unit.gap or unit.bullet
    if not (unit.bullet and unit.gap):
        return False
    # A second list, of much shorter lines, is the tags.
    run = [count(other.text) for other in _run(page, index)]
    mean = sum(count(page.units[i].text) for i in items) / len(items)
    return len(run) > 1 and max(run) <= _SHORT_TAG_WORDS < mean


def _run(page: Page, start: int) -> Iterator[Unit]:
    """Yield the bullets from `start` on, up to the next gap."""
    for index in range(start, len(page.units)):
        unit = page.units[index]
        if not unit.bullet or (unit.gap and index > start):
            return
        yield unit


def _drop_numbers(titles: list[Unit]) -> None:
    """Take away the numbers of a list that counts its titles from 1."""
    numbers = [_NUMBERED.match(title.text) for title in titles]
    if [int(n[1]) for n in numbers if n] != list(range(1, len(titles) + 1)):
        return
    for title, number in zip(titles, numbers, strict=True):
        if number:
            title.text = title.text[number.end() :]
            title.mark = replace(title.mark, label=number[0])


def drop_other_lists(page: Page) -> None:
    """Drop the titles under "Most read" and its like: other stories, not this one."""
    first = min((i for i, u in enumerate(page.units) if is_paragraph(u)), default=0)
    for start, unit in enumerate(page.units):
        # Above the story, the same words are the name of a section.
        if unit.kind is not Kind.OTHER_LIST or not 0 < first < start:
            continue
        for index in range(start + 1, len(page.units)):
            other = page.units[index]
            if is_paragraph(other) or other.kind in _OF_THE_ARTICLE:
                break
            page.roles.setdefault(index, Role.DROPPED)


def find_labelled_tags(page: Page) -> None:
    """Find the list under a "Tags" that stands alone."""
    for start, unit in enumerate(page.units):
        if unit.kind is not Kind.TAGS or unit.mark.value:
            continue
        path = page.units[start + 1 : start + 2]
        if path and path[0].kind is Kind.NAVIGATION and _TAG_LINE.search(path[0].text):
            page.roles[start + 1] = Role.TAG
        for index in page.free(start + 1, sections=True):
            text = page.units[index].text
            # Where every line stands apart, an empty line ends no list.
            spaced = page.units[start + 1].gap
            apart = page.units[index].gap and index > start + 1 and not spaced
            if index > start + 1 and page.roles.get(index - 1) is not Role.TAG:
                break
            long = count(text) > TAG_WORDS and "," not in text
            if apart or is_finished(text) or long:
                break
            page.roles[index] = Role.TAG


def find_lists(page: Page) -> None:
    """Tell the tags among the bulleted lists from the lists of the story."""
    prose = [*page.paragraphs(), *page.find(Role.STANDFIRST)]
    index = 0
    while index < len(page.units):
        if index in page.roles or not page.units[index].bullet:
            index += 1
            continue
        run = [index]
        while (index := index + 1) < len(page.units):
            unit = page.units[index]
            if index in page.roles or not unit.bullet or unit.gap:
                break
            run.append(index)
        inside = bool(prose) and min(prose) < run[0] < max(prose)
        above = page.units[max(run[0] - 1, 0)]
        # "Share:" announces buttons, which are gone, and not the list below them.
        announced = above.kind not in FURNITURE and above.text.endswith(":")
        tags = not inside and not announced and _are_tags(page, run)
        role = Role.TAG if tags else Role.ITEM
        page.give(Role.DROPPED if _is_menu(page, run) else role, run)


def _are_tags(page: Page, run: list[int]) -> bool:
    texts = [page.units[i].text for i in run]
    return all(count(text) <= TAG_WORDS and not is_finished(text) for text in texts)


def _is_menu(page: Page, run: list[int]) -> bool:
    """Tell whether a list above the headline is the site's, not the story's."""
    if run[0] > min(page.find(Role.HEADLINE), default=-1):
        return False
    above = page.units[max(run[0] - 1, 0)]
    below = page.units[min(run[-1] + 1, len(page.units) - 1)]
    beside = any(u.bullet and u.kind is Kind.NAVIGATION for u in (above, below))
    names = [page.units[i].text.lower() for i in run]
    return beside or all(name in words.SECTIONS for name in names)


def find_loose_tags(page: Page) -> None:
    """Take short lines that end the story for its tags, when it has no others."""
    prose = page.paragraphs()
    tagged = page.find(Role.TAG) or any(u.kind is Kind.TAGS for u in page.units)
    if tagged or not prose:
        return
    loose: list[int] = []
    for index in page.free(prose[-1] + 1, sections=True):
        text = page.units[index].text
        short = count(text) <= _SHORT_TAG_WORDS and not is_finished(text)
        next_to = not loose or index == loose[-1] + 1
        if short and text[0].isupper():
            loose = [*loose, index] if next_to else [index]
        else:
            loose = []
    if len(loose) > 1:
        page.give(Role.TAG, loose)


def find_tag_lines(page: Page) -> None:
    """Take "Russia | Human rights | Justice", below the headline, for tags."""
    headline = next(iter(page.find(Role.HEADLINE)), -1)
    for index in page.free(headline + 1):
        text = page.units[index].text
        names = _TAG_LINE.split(text)
        short = all(0 < count(name) <= _SHORT_TAG_WORDS for name in names)
        if len(names) > 2 and short and not is_finished(text):  # noqa: PLR2004 -- two may be a name and a place
            page.roles[index] = Role.TAG
            return
