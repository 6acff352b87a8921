"""A pasted page as a row of units, and what each of them is for.

Also the few things one can tell from a single line: whether it is prose, whether
it could be a headline, whether two lines are the same.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from enum import StrEnum

from digest.sources.pasted.lines import Unit
from digest.sources.pasted.marks import Kind, fold, is_finished

#: Words: a tag and a menu's entry have no more, a headline neither.
TAG_WORDS, MENU_WORDS, HEADLINE_WORDS = 4, 6, 25
#: Words: a line of so many stands out from menus; a whole sentence of so many is prose.
TITLE_WORDS, PROSE_WORDS = 5, 12
SHORT_TITLE_WORDS = 4  #: a headline where something else says that it is one
#: Characters: what is longer is no headline, what is as long is prose in any case.
_LONG_HEADLINE, _LONG = 170, 160
_WORD = re.compile(r"\w[\w'’-]*")
#: Chinese and Japanese; Thai, Lao, Burmese and Khmer: no spaces between words.
_TWO_A_WORD = re.compile("[\u3040-\u30ff\u3400-\u9fff]")
_FIVE_A_WORD = re.compile("[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff]")

#: What a page draws around any article.
FURNITURE = {
    *(Kind.NAVIGATION, Kind.CALL, Kind.NOTICE, Kind.RIGHTS, Kind.RULE),
    *(Kind.READ_MORE, Kind.OTHER_LIST, Kind.SECTION),
}


class Role(StrEnum):
    """What becomes of a unit."""

    HEADLINE = "headline"
    STANDFIRST = "standfirst"
    CAPTION = "caption"
    ABOUT = "about"  #: its mark says which field
    TAG = "tag"
    RELATED = "related"
    ABOUT_RELATED = "about related"  #: a date or "3 min" under a related title
    BODY = "body"
    SUBHEAD = "subhead"
    ITEM = "item"  #: of a list in the body
    DROPPED = "dropped"


def count(text: str) -> int:
    """Return the number of words, or about as many where none are set apart."""
    dense = len(_TWO_A_WORD.findall(text)) // 2 + len(_FIVE_A_WORD.findall(text)) // 5
    spaced = _TWO_A_WORD.sub(" ", _FIVE_A_WORD.sub(" ", text)) if dense else text
    return dense + len(_WORD.findall(spaced))


def same(text: str) -> str:
    """Return what two copies of a line have in common."""
    return " ".join(re.findall(r"\w+", fold(text).casefold()))


def is_paragraph(unit: Unit) -> bool:
    """Tell whether the unit is prose: long, or a whole sentence of some length."""
    if unit.kind is not Kind.TEXT or unit.bullet:
        return False
    ends = is_finished(unit.text) and not unit.text.rstrip().endswith(":")
    return len(unit.text) >= _LONG or (count(unit.text) >= PROSE_WORDS and ends)


def is_title(unit: Unit, *, least: int = 2, most: int = HEADLINE_WORDS) -> bool:
    """Tell whether the unit could be a headline of so many words."""
    return (
        unit.kind is Kind.TEXT
        and not unit.bullet
        and least <= count(unit.text) <= most
        and len(unit.text) <= _LONG_HEADLINE
        and not unit.text.endswith((".", "。", "។", "।"))
        and not unit.text.startswith(("—", "–"))
    )


@dataclass(slots=True)
class Page:
    """The units of a page and, once `assign` ran, the role of each."""

    units: list[Unit]
    roles: dict[int, Role] = field(default_factory=dict)

    def free(
        self, start: int = 0, end: int | None = None, *, sections: bool = False
    ) -> Iterator[int]:
        """Yield the places of text that has no role yet, and of sections' names."""
        kinds = {Kind.TEXT, Kind.SECTION} if sections else {Kind.TEXT}
        for index in range(start, len(self.units) if end is None else end):
            if index not in self.roles and self.units[index].kind in kinds:
                yield index

    def give(self, role: Role, indexes: Iterable[int]) -> None:
        """Give `role` to each of the units."""
        for index in indexes:
            self.roles[index] = role

    def find(self, role: Role) -> list[int]:
        """Return the places of a role, in order."""
        return sorted(index for index, has in self.roles.items() if has is role)

    def paragraphs(self, start: int = 0) -> list[int]:
        """Return the places of prose that has no role yet."""
        return [i for i in self.free(start) if is_paragraph(self.units[i])]
