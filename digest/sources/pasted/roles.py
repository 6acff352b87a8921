"""What each thing on a pasted page is for: headline, standfirst, body, a tag.

Lines that say what they are have been marked (`digest.sources.pasted.marks`); the
rest is told from where it stands. A page has a head (menus, headline, standfirst,
picture, byline, in any order), a body of paragraphs, and a tail (tags, other
stories, invitations, the footer).
"""

from __future__ import annotations

from digest.sources.pasted import words
from digest.sources.pasted.caption import find_caption
from digest.sources.pasted.head import (
    find_bare_byline,
    find_headline,
    find_signature,
    find_standfirst,
)
from digest.sources.pasted.labels import fill_labels
from digest.sources.pasted.lines import Unit
from digest.sources.pasted.marks import Kind, is_finished
from digest.sources.pasted.page import (
    FURNITURE,
    MENU_WORDS,
    Page,
    Role,
    count,
    is_paragraph,
    is_title,
    same,
)
from digest.sources.pasted.tail import (
    drop_other_lists,
    find_labelled_tags,
    find_lists,
    find_loose_tags,
    find_related,
    find_tag_lines,
)

#: No page has more; beyond, everything is body.
_MOST_UNITS = 2000
_SUBHEAD_WORDS = 9
#: Of the article only where its head is; later they are words of the text.
_ONLY_IN_HEAD = {Kind.DATE, Kind.MINUTES, Kind.ADDRESS}


def assign(units: list[Unit]) -> Page:
    """Give every unit its role."""
    units = fill_labels(units)
    page = Page(units[:_MOST_UNITS])
    find_related(page)
    drop_other_lists(page)
    find_labelled_tags(page)
    find_caption(page)
    find_headline(page)
    find_bare_byline(page)
    find_signature(page)
    find_tag_lines(page)
    head_end = find_standfirst(page)
    find_lists(page)
    find_loose_tags(page)
    _assign_marked(page, head_end)
    _assign_rest(page)
    page.give(Role.BODY, range(_MOST_UNITS, len(units)))
    page.units = units
    return page


def _assign_marked(page: Page, head_end: int) -> None:
    """Decide about what is marked: in the body, a bare date is only text."""
    signed = any(unit.kind is Kind.BYLINE for unit in page.units[:head_end])
    for index, unit in enumerate(page.units):
        if index in page.roles or unit.kind is Kind.TEXT:
            continue
        late = index >= head_end
        rights = unit.kind is Kind.CREDIT and words.YEAR_MARK.match(unit.text)
        bare = unit.kind is Kind.BYLINE and signed and ":" not in unit.text
        second = unit.kind is Kind.TITLE  # the first one is the headline
        if unit.kind in FURNITURE or _is_empty(unit) or (late and rights):
            page.roles[index] = Role.DROPPED
        elif second or (late and (unit.kind in _ONLY_IN_HEAD or bare)):
            page.roles[index] = Role.BODY
        else:
            page.roles[index] = Role.ABOUT


def _is_empty(unit: Unit) -> bool:
    """Tell whether the unit is a label that nothing followed."""
    mark = unit.mark
    said = mark.value or mark.place or mark.when or mark.minutes
    return not said and unit.kind not in {Kind.TAGS, Kind.SAME_SUBJECT}


def _assign_rest(page: Page) -> None:
    """Leave everything else in the body, but for the names that end a page."""
    tail = _tail(page)
    bylines = {same(u.mark.value) for u in page.units if u.kind is Kind.BYLINE}
    begun = False
    for index in range(len(page.units)):
        unit = page.units[index]
        if index not in page.roles:
            footer = index > tail and count(unit.text) <= MENU_WORDS
            again = same(unit.text) in bylines
            if footer or unit.part or again:
                page.roles[index] = Role.DROPPED
            else:
                subhead = begun and _is_subhead(page, index)
                page.roles[index] = Role.SUBHEAD if subhead else Role.BODY
        begun = begun or page.roles[index] is Role.BODY


def _tail(page: Page) -> int:
    """Return where nothing but the end of the page follows."""
    last = max(page.paragraphs(), default=-1)
    ends = {Kind.RIGHTS, Kind.SAME_SUBJECT}
    later = (i for i, u in enumerate(page.units) if i > last and u.kind in ends)
    return next(later, len(page.units))


def _is_subhead(page: Page, index: int) -> bool:
    unit = page.units[index]
    following = page.units[index + 1 : index + 2]
    return (
        is_title(unit, least=1, most=_SUBHEAD_WORDS)
        and not is_finished(unit.text)
        and any(is_paragraph(other) for other in following)
    )
