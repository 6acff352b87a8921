"""The lines of a pasted page, put back together where they were broken.

Text copied from a page breaks in three ways: every line cut at one width, a
paragraph cut wherever a link or a quotation stood, or not at all. A line goes on
in the next when the next word would not have fitted, when the sentence is plainly
unfinished, or when a quotation is still open.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from digest.sources.markup import visible
from digest.sources.pasted import words
from digest.sources.pasted.marks import (
    Kind,
    Mark,
    fold,
    is_finished,
    is_names,
    read_mark,
    split_line,
)
from digest.sources.quotations import is_open

_LINE_ENDS = re.compile("\r\n|[\n\r\v\f\x85\u2028\u2029]")
_BULLETS_INSIDE = re.compile(r"\s+[•‣▪●◦]\s*")
_SPACES = re.compile("[ \t]+")
_DASH = re.compile(r"[–—]\s+(?=\S)")
_LONG_ITEM = 120  #: characters; with a dash before it, what is longer is speech
_WAITS = re.compile(r"[,;–—([«“„&/-]\s*$")  #: more must follow these
_GOES_ON = re.compile(r"[a-zà-öø-ÿœ,;.)\]»”…]")  #: nothing begins with these
_QUOTE_BEGINS = ("“", "«", "„", '"')
#: A hard-wrapped text is never wider, and shows it at least so often.
_NARROWEST, _WIDEST, _EVIDENCE, _RAGGED = 40, 110, 2, 20
#: A quotation nobody closed does not swallow the page.
_LONGEST_QUOTATION, _LINES_OF_SPEECH = 700, 8
#: Nobody writes a longer paragraph; looking at it again for each line has its price.
_LONGEST_PARAGRAPH = 8000
_MOST_LINES = 20_000  #: of a page; what follows is read as paragraphs
_SAME = 24  #: characters that two lines begin with when they say the same
_FRAGMENT = 30  #: characters; a paragraph broken off, not a label or a name
_TAIL = 80  #: characters; enough to see how something ends
#: What is complete on its line; the next one is something else.
_COMPLETE = {
    *(Kind.PUBLISHED, Kind.UPDATED, Kind.DATE, Kind.MINUTES, Kind.ADDRESS),
    *(Kind.NAVIGATION, Kind.READ_MORE, Kind.RULE, Kind.OTHER_LIST, Kind.BYLINE),
    Kind.CORRESPONDENT,
}
#: What may go on, or may be only a label whose value is on the next line.
_LABELS = {Kind.SAME_SUBJECT, Kind.TAGS, Kind.ALSO_READ, Kind.CREDIT}


@dataclass(slots=True)
class Unit:
    """One thing a page says: a paragraph, a headline, a label, an item of a list."""

    number: int  #: of its first line, from 1
    text: str
    mark: Mark
    gap: bool = False  #: an empty line stands before it
    bullet: bool = False
    part: bool = False  #: it shared its line with something about the article
    several: bool = False  #: its line says several things, none of them prose
    lines: list[str] = field(default_factory=list)  #: as they stood

    @property
    def kind(self) -> Kind:
        """What it is for."""
        return self.mark.kind


def read_units(text: str, *, zone: str) -> list[Unit]:
    """Return what the page says, in order, each thing whole."""
    lines = list(_read_lines(text, zone))
    _find_dash_lists(lines)
    width = _width(lines)
    joined: list[Unit] = []
    for index, line in enumerate(lines):
        unit = joined[-1] if joined else None
        if unit and (
            _goes_on(unit, line, width)
            or _speaks_on(unit, lines[index : index + _LINES_OF_SPEECH])
        ):
            _join(unit, line, zone)
        else:
            joined.append(line)
    return [part for unit in joined for part in _parts(unit, zone)]


def _read_lines(text: str, zone: str) -> Iterator[Unit]:
    gap, seen = False, 0
    for number, raw in enumerate(_LINE_ENDS.split(text), 1):
        line = _SPACES.sub(" ", visible(raw)).strip()
        if not line:
            gap = True
            continue
        bullet = words.BULLET.match(fold(line))
        items = [line]
        if bullet:
            items = _BULLETS_INSIDE.split(line[bullet.end() :])
        for item in items:
            seen += 1
            looked_at = seen <= _MOST_LINES
            mark = Mark(kind=Kind.TEXT, value=item)
            if looked_at:
                mark = read_mark(item, zone=zone)
            if bullet and mark.kind is Kind.SECTION:
                mark = Mark(kind=Kind.TEXT, value=item)
            yield Unit(
                number=number,
                text=item,
                mark=mark,
                gap=gap,
                bullet=bool(bullet) and mark.kind in {Kind.TEXT, Kind.NAVIGATION},
                several=looked_at and _says_several(item, zone),
                lines=[line],
            )
            gap = False


def _says_several(text: str, zone: str) -> bool:
    if len(text) > _WIDEST:
        return False
    first = next(split_line(text, zone=zone))
    return first != text and read_mark(first, zone=zone).kind is not Kind.TEXT


def _find_dash_lists(lines: Sequence[Unit]) -> None:
    """Read dashes as bullets where several short lines begin with one."""
    dashed = [
        bool(_DASH.match(line.text))
        and line.kind is Kind.TEXT
        and len(line.text) <= _LONG_ITEM
        and not is_finished(line.text)
        for line in lines
    ]
    for index, line in enumerate(lines):
        if dashed[index] and any(
            dashed[max(index - 1, 0) : index] + dashed[index + 1 : index + 2]
        ):
            line.text = _DASH.sub("", line.text)
            line.mark = Mark(kind=Kind.TEXT, value=line.text)
            line.bullet = True


def _width(lines: Sequence[Unit]) -> int:
    """Return the width every line was cut at, 0 when there was none."""
    cut = [
        (len(before.text), after.text[0].islower())
        for before, after in pairwise(lines)
        if not (after.gap or after.bullet or is_finished(before.text))
        and before.kind is after.kind is Kind.TEXT
        and _NARROWEST <= len(before.text) <= _WIDEST
    ]
    in_mid_sentence = sum(lower for _, lower in cut)
    # German nouns begin with a capital: half as sure a sign of a cut.
    if not in_mid_sentence or len(cut) + in_mid_sentence < 2 * _EVIDENCE:
        return 0
    lengths = sorted(length for length, lower in cut if lower)
    widest, middle = lengths[-1], lengths[len(lengths) // 2]
    wider = sum(len(line.text) > widest + _RAGGED for line in lines)
    if widest - middle > _RAGGED or wider * 2 > len(cut):
        return 0
    return max(len(x.text) for x in lines if len(x.text) <= widest + _RAGGED // 2)


def _goes_on(unit: Unit, line: Unit, width: int) -> bool:
    """Tell whether `line` is the rest of `unit`, from how one ends and one begins."""
    if not _may_join(unit, line):
        return False
    end = unit.text[-_TAIL:]
    goes_on = bool(_GOES_ON.match(line.text)) and not is_finished(end)
    if line.gap:
        prose = unit.kind in {Kind.TEXT, Kind.ALSO_READ} and not unit.bullet
        waits = goes_on or end.rstrip().endswith(",")
        long = len(unit.text) >= _FRAGMENT or line.text.startswith((",", ")"))
        return prose and waits and long
    first_word = line.text.split()[0]
    if width and len(unit.lines[-1]) + 1 + len(first_word) > width:
        return True
    # A paragraph that was broken before is not over in mid-sentence.
    broken = len(unit.lines) > 1 and len(unit.text) > _TAIL and not is_finished(end)
    return goes_on or broken or bool(_WAITS.search(end))


def _speaks_on(unit: Unit, following: Sequence[Unit]) -> bool:
    """Tell whether `unit` opens a quotation that one of the next lines closes."""
    if len(unit.text) > _LONGEST_QUOTATION or not is_open(unit.text):
        return False
    text = unit.text
    for line in following:
        if not _may_join(unit, line) or line.text.startswith(_QUOTE_BEGINS):
            return False  # in English, each paragraph of a speech opens again
        text = f"{text} {line.text}"
        if not is_open(text):
            return True
    return False


def _may_join(unit: Unit, line: Unit) -> bool:
    if line.bullet or line.kind is not Kind.TEXT or unit.kind in _COMPLETE:
        return False
    if line.several or line.text[:_SAME] == unit.text[:_SAME]:  # or said again
        return False
    only_a_label = unit.kind in _LABELS and not unit.mark.value
    return not only_a_label and len(unit.text) <= _LONGEST_PARAGRAPH


def _join(unit: Unit, line: Unit, zone: str) -> None:
    hyphenated = re.search(r"\w-$", unit.text[-2:]) and line.text[0].islower()
    close = hyphenated or line.text.startswith((",", ".", ")"))
    unit.text += ("" if close else " ") + line.text
    unit.lines.extend(line.lines)
    unit.mark = read_mark(unit.text, zone=zone)


def _parts(unit: Unit, zone: str) -> Iterator[Unit]:
    """Yield the unit, or the several things its line said."""
    texts = list(split_line(unit.text, zone=zone))
    if len(texts) == 1:
        yield unit
        return
    before = None
    for index, text in enumerate(texts):
        mark = read_mark(text, zone=zone)
        if before is Kind.BYLINE and mark.kind is Kind.TEXT and is_names(text, most=5):
            # "By NAME | Agency": what stands beside a name as a place does.
            mark = Mark(kind=Kind.DESK, value=text)
        before = mark.kind
        yield Unit(
            number=unit.number,
            text=text,
            mark=mark,
            gap=unit.gap and not index,
            bullet=unit.bullet and mark.kind is Kind.TEXT,
            part=mark.kind is Kind.TEXT and len(text.split()) <= 4,  # noqa: PLR2004 -- a section's name, not a story
            lines=[text],
        )
