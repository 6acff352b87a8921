"""Labels that stand on a line of their own, put together with what they announce.

Pages print "Text by:" above the name and "Issued on:" above the date; as text,
that is two lines, with a button or a bar between them now and then.
"""

from __future__ import annotations

from dataclasses import replace

from digest.sources.pasted.lines import Unit
from digest.sources.pasted.marks import Kind, is_names
from digest.sources.pasted.page import FURNITURE, MENU_WORDS, count

#: Words of a credit, and of another story's title, at most.
_CREDIT_WORDS, _ALSO_WORDS = 10, 30


def fill_labels(units: list[Unit]) -> list[Unit]:
    """Return the units, each label that stood alone together with its value."""
    filled: list[Unit] = []
    for unit in units:
        waiting = _waiting(filled)
        if waiting and _is_its_address(waiting, unit):
            value = f"{waiting.mark.value} {unit.mark.value}"
            waiting.mark = replace(waiting.mark, value=value)
            continue
        if _is_second_author(filled, unit):
            unit.mark = replace(unit.mark, kind=Kind.BYLINE)
        if waiting is None or not _takes(waiting, unit):
            filled.append(unit)
            continue
        label, mark = waiting.mark.label, unit.mark
        waiting.mark = replace(
            waiting.mark,
            value=unit.text if mark.kind is Kind.TEXT else "",
            when=mark.when,
            minutes=mark.minutes,
            label=f"{label} {mark.label}",
        )
    return filled


def _is_its_address(link: Unit, unit: Unit) -> bool:
    """Tell whether the address below an "Also read" is that story's."""
    below = unit.kind is Kind.ADDRESS and not unit.gap
    return below and link.kind is Kind.ALSO_READ and "://" not in link.mark.value


def _waiting(filled: list[Unit]) -> Unit | None:
    """Return the label that the next line may complete."""
    if not filled:
        return None
    above = next((u for u in reversed(filled[-3:]) if u.kind not in FURNITURE), None)
    if above and above.kind is Kind.ALSO_READ:
        return above  # "subscribers only" may stand between it and its title
    return filled[-1]


def _is_second_author(before: list[Unit], unit: Unit) -> bool:
    """Tell whether a name stands behind "Text by: NAME / Follow / |"."""
    names = unit.kind is Kind.TEXT and is_names(unit.text, most=4)
    if not names or not before or before[-1].text != "|":
        return False
    above = (u.kind for u in reversed(before) if u.kind not in FURNITURE)
    return next(above, None) is Kind.BYLINE


def _takes(label: Unit, unit: Unit) -> bool:
    """Tell whether `unit` is what `label` announces."""
    mark, words = label.mark, count(unit.text)
    if mark.value or mark.when or mark.minutes:
        return False
    if mark.kind in {Kind.PUBLISHED, Kind.UPDATED}:
        return unit.kind is Kind.DATE
    if mark.kind is Kind.MINUTES or unit.kind is not Kind.TEXT:
        return mark.kind is unit.kind is Kind.MINUTES and unit.mark.minutes > 0
    short = words <= MENU_WORDS and not unit.bullet
    fits = {
        Kind.CORRESPONDENT: not unit.bullet and is_names(unit.text, most=5),
        Kind.BYLINE: short or is_names(unit.text),
        Kind.CREDIT: words <= _CREDIT_WORDS,
        Kind.ALSO_READ: words <= _ALSO_WORDS,
    }
    return fits.get(mark.kind, False)
