"""The caption of a pasted page's picture: what stands beside its credit."""

from __future__ import annotations

from digest.sources.pasted import words
from digest.sources.pasted.marks import Kind, fold, is_finished
from digest.sources.pasted.page import (
    SHORT_TITLE_WORDS,
    Page,
    Role,
    count,
    is_paragraph,
    is_title,
    same,
)
from digest.sources.pasted.people import is_office

#: Characters: of a caption, of one with its credit, of a credit.
_LONG, _LONG_WITH_CREDIT, _LONG_CREDIT = 220, 600, 140
_FEWEST_WORDS = 3


def find_caption(page: Page) -> None:
    """Find the caption of the first picture, and drop what only repeats it."""
    found = (_with_its_credit(page), _beside_a_credit(page))
    index = min((place for place in found if place is not None), default=None)
    if index is None:
        return
    page.roles[index] = Role.CAPTION
    said = same(page.units[index].text)
    for other in list(page.free(0, index)):
        text = same(page.units[other].text)
        # The text for who cannot see the picture, above the same words.
        if count(text) >= SHORT_TITLE_WORDS and said.startswith(text):
            page.roles[other] = Role.DROPPED


def _with_its_credit(page: Page) -> int | None:
    for index in page.free():
        unit = page.units[index]
        if unit.bullet or len(unit.text) > _LONG_WITH_CREDIT:
            continue
        end = fold(unit.text)[-_LONG_CREDIT:]
        credit = words.CREDIT_AT_END.search(end)
        if credit and not end[credit.end() :].strip(" ."):
            return index
    return None


def _beside_a_credit(page: Page) -> int | None:
    kinds = [unit.kind for unit in page.units]
    if Kind.CREDIT not in kinds:
        return None
    index = kinds.index(Kind.CREDIT)
    free = set(page.free())
    if index - 1 in free and _is_caption(page, index - 1):
        return index - 1
    below = page.units[index + 1 : index + 2]
    title = any(
        is_title(page.units[i], least=SHORT_TITLE_WORDS) for i in page.free(0, index)
    )
    for unit in below:
        short = count(unit.text) >= SHORT_TITLE_WORDS and not is_paragraph(unit)
        if index + 1 in free and title and short and not unit.bullet:
            return index + 1
    return None


def _is_caption(page: Page, index: int) -> bool:
    """Tell whether the text before a credit is its caption, not the headline."""
    unit = page.units[index]
    if unit.bullet or len(unit.text) > _LONG or count(unit.text) < _FEWEST_WORDS:
        return False
    if is_office(unit.text):
        return False
    before = list(page.free(0, index))
    if any(is_title(page.units[i], least=SHORT_TITLE_WORDS) for i in before):
        prose = [i for i in before if is_paragraph(page.units[i])]
        return len(prose) <= 1 or not is_finished(unit.text)
    for i in page.free(index + 1):
        if is_paragraph(page.units[i]):
            return False
        if is_title(page.units[i], least=SHORT_TITLE_WORDS):
            return True
    return False
