"""Entries of a file of readers, one after the other, however many there are.

What a million entries have in common is judged once: every value but the address, the
name and the consent comes from a memory of what was judged before. An entry with
anything that is not right is judged again as a whole, for the words to say about it.
Nothing is kept of an entry but two numbers, to find who is in the file twice.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from itertools import pairwise
from typing import Any

from pydantic import ValidationError

from digest.addresses import (
    check_address,
    misspelt,
    same_address_key,
    same_mailbox_key,
)
from digest.config.agreement import mapping, sequence
from digest.config.complaints import complaints
from digest.config.readers import (
    ReaderPart,
    SubscribersFile,
    newsletters_left_out,
    same_reader_key,
    subscriber,
)
from digest.config.references import Known
from digest.config.values import moment
from digest.errors import FileProblems
from digest.model import (
    Consent,
    Format,
    Length,
    Preferences,
    Problem,
    Status,
    Subscriber,
)
from digest.yamltext import KEY, Document, Location, Mark

#: How many mistakes, and how many hints, are named before the others are counted.
MOST_NAMED = 100

_WISHES = (
    *("newsletters", "follows", "mutes", "top"),
    *("format", "length", "limit", "days", "hour"),
)
_WIDEST = 2**16 - 1  #: columns that are told apart
_MOST_REMEMBERED = 50_000  #: values judged before
_MOST_SHAPES = 20_000  #: lines but for what differs from reader to reader

Shape = tuple[str, ...]

#: An entry as a YAML file would say it.
Entry = Mapping[str, Any]  # whatever stands in a file


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """What holds for a whole file, and is not written in it."""

    #: our column: the file's
    columns: Mapping[str, str] = field(default_factory=dict)
    newsletters: tuple[str, ...] = ()  #: that readers take who name none
    consent: str = ""  #: where readers asked who do not say it


class Entries:
    """The entries of one file; raises `FileProblems` in `finish`."""

    def __init__(
        self,
        *,
        file: str,
        known: Known,
        terms: Terms,
    ) -> None:
        """Take what the file is called, and what holds for all of it."""
        self.file, self.known, self.terms = file, known, terms
        self.names: Mapping[str, str] = {}  #: what the file calls our columns
        self.problems: list[tuple[int, int, Problem]] = []
        self.hints: list[Problem] = []
        self.hinted = 0  #: how many there are, named or not
        self._wrong = 0
        self._keys, self._mailboxes = array("q"), array("q")
        self._lines, self._columns = array("Q"), array("H")
        self._shapes: dict[Shape, Subscriber] = {}
        self._memory: dict[tuple[object, ...], Any] = {}  # values of any field

    def take(self, entry: Entry, line: int) -> Subscriber | None:
        """Return the reader, or None after noting what is wrong with them."""
        reader = self._quickly(entry) or self._slowly(entry, line)
        if reader:
            return self.noted(reader, line)
        if key := same_reader_key(entry.get("address")):
            self._note(key, line)
        return None

    def take_from(self, document: Document) -> Subscriber | None:
        """Return the reader of a YAML document with a list of one; see `take`."""
        (entry,) = sequence(mapping(document.value).get("subscribers"))
        mark = document.mark(("subscribers", 0, "address"))
        reader = self._quickly(entry) if isinstance(entry, dict) else None
        reader = reader or self._slowly_from(document)
        if reader:
            return self.noted(reader, mark.line, column=mark.column)
        if key := same_reader_key(mapping(entry).get("address")):
            self._note(key, mark.line, mark.column)
        return None

    def alike(
        self, shape: Shape, address: str, name: str, at: str, *, line: int
    ) -> Subscriber | None:
        """Return a reader like one before them, but for address, name and when.

        `shape` is everything else that stands in their line. None: take it as a whole.
        """
        like = self._shapes.get(shape)
        if like is None or not name.isprintable():
            return None
        try:
            address = check_address(address)
            asked = moment(at, like.timezone) if at else None
        except ValueError:
            return None
        reader = Subscriber(
            id="",
            address=address,
            name=name,
            language=like.language,
            timezone=like.timezone,
            preferences=like.preferences,
            status=like.status,
            paused_until=like.paused_until,
            consent=Consent(at=asked, where=like.consent.where),
            left=like.left,
        )
        return self.noted(reader, line)

    def learn(self, shape: Shape, reader: Subscriber) -> None:
        """Remember what a line becomes, for others like it."""
        if len(self._shapes) >= _MOST_SHAPES:
            self._shapes.clear()
        self._shapes[shape] = reader

    def noted(self, reader: Subscriber, line: int, *, column: int = 0) -> Subscriber:
        """Return a reader who is right, with the consent that holds for all of them."""
        key = same_address_key(reader.address)
        self._note(key, line, column)
        if meant := misspelt(key.rpartition("@")[2]):
            self._hint(line, f"{reader.address}: did they mean @{meant}?")
        if reader.consent.where or not self.terms.consent:
            return reader
        consent = Consent(at=reader.consent.at, where=self.terms.consent)
        return replace(reader, consent=consent)

    def add(self, line: int, column: str, what: str, *, order: int = 0) -> None:
        """Note a mistake in a line, in one column or as a whole."""
        self._wrong += 1
        if self._wrong <= MOST_NAMED:
            where = f"{self.file}:{line}" + (
                f":{self.names.get(column, column)}" if column else ""
            )
            problem = Problem(where=where, what=what)
            self.problems.append((line, order, problem))

    def add_at(self, place: Mark, what: str) -> None:
        """Note a mistake at a place of a YAML file."""
        self.add(place.line, str(place.column), what, order=place.column)

    def finish(self) -> None:
        """Find who is there twice; raise `FileProblems` if anything is wrong."""
        order = list(ReaderPart.model_fields).index("address")
        for first, line, column in self._twice(self._keys):
            words = f"the same reader as in line {first}; keep one of the two"
            if column:
                self.add_at(Mark(line, column), words)
            else:
                self.add(line, "address", words, order=order)
        if not self._wrong:
            for first, line, _ in self._twice(self._mailboxes):
                self._hint(line, f"perhaps the same mailbox as in line {first}")
            return
        problems = [each for _, _, each in sorted(self.problems, key=lambda p: p[:2])]
        if self._wrong > len(problems):
            more = f"{self._wrong - len(problems):,} more mistakes like these"
            problems.append(Problem(where=self.file, what=more))
        raise FileProblems(problems)

    # -- one entry ------------------------------------------------------------

    def _quickly(self, entry: Entry) -> Subscriber | None:
        """Return a reader of whom everything is plainly right."""
        address, name = entry.get("address"), entry.get("name", "")
        if not isinstance(address, str) or not _is_plain(name):
            return None
        zone = entry.get("timezone") or ""
        try:
            address = check_address(address.strip())
            found = self._values(entry, zone)
            consent = _consent(entry.get("consent"), zone)
        except (ValueError, TypeError, ValidationError):
            return None
        newsletters = found.get("newsletters")
        if newsletters is None:
            newsletters = self._usual_newsletters()
        if newsletters is None:
            return None
        return Subscriber(
            id="",
            address=address,
            name=name.strip(),
            language=found.get("language", ""),
            timezone=found.get("timezone", ""),
            preferences=self._preferences(
                newsletters,
                found.get("follows", ()),
                found.get("mutes", frozenset()),
                found.get("top", frozenset()),
                found.get("format", Format.HTML),
                found.get("length", Length.SUMMARIES),
                found.get("limit"),
                found.get("days", frozenset()),
                found.get("hour"),
            ),
            status=found.get("status", Status.ACTIVE),
            paused_until=found.get("paused_until"),
            consent=consent,
            left=found.get("left", frozenset()),
        )

    def _values(self, entry: Entry, zone: str) -> dict[str, Any]:
        """Return what was judged before; a value that is new is judged now."""
        found = {}
        for name, raw in entry.items():
            if name in ("address", "name", "consent"):
                continue
            what = tuple(raw) if isinstance(raw, list) else raw
            key = (name, type(raw), what, zone if name == "paused_until" else "")
            if key not in self._memory:
                if len(self._memory) >= _MOST_REMEMBERED:
                    self._memory.clear()
                self._memory[key] = self._judged(name, raw, zone)
            found[name] = self._memory[key]
        return found

    def _judged(self, name: str, raw: object, zone: str) -> object:
        """Return one value as the product has it; raise `ValidationError`."""
        entry = {"address": "a@example.org", name: raw}
        if name == "paused_until" and zone:
            entry["timezone"] = zone
        part = ReaderPart.model_validate(entry, context=self.known)
        reader = subscriber(part, self.known)
        if name in Preferences.__slots__:
            return getattr(reader.preferences, name)
        return getattr(reader, name)

    def _usual_newsletters(self) -> frozenset[str] | None:
        """Return what readers take who name none; None: they have to."""
        if self.terms.newsletters:
            return frozenset(self.terms.newsletters)
        one = self.known.newsletters
        return frozenset(one) if len(one) == 1 else None

    def _preferences(self, *values: Any) -> Preferences:
        key = ("preferences", *values)
        if key not in self._memory:
            self._memory[key] = Preferences(**dict(zip(_WISHES, values, strict=True)))
        made: Preferences = self._memory[key]
        return made

    def _slowly(self, entry: Entry, line: int) -> Subscriber | None:
        """Judge an entry as a whole, and note what is wrong with it."""
        if self.terms.newsletters and entry.get("newsletters") is None:
            entry = {**entry, "newsletters": list(self.terms.newsletters)}
        found: list[tuple[Location, str]] = []
        part = None
        try:
            part = ReaderPart.model_validate(entry, context=self.known)
        except ValidationError as error:
            found += complaints(error, ReaderPart, written=())
        if entry.get("newsletters") is None and (
            words := newsletters_left_out(self.known)
        ):
            found.append((("newsletters",), words))
        names = list(ReaderPart.model_fields)
        for location, what in found:
            column = "_".join(
                str(s) for s in location if isinstance(s, str) and s != KEY
            )
            first = str(location[0]) if location else ""
            place = names.index(first) if first in names else len(names)
            self.add(line, column, what, order=place)
        return subscriber(part, self.known) if part and not found else None

    def _slowly_from(self, document: Document) -> Subscriber | None:
        """Do as `_slowly` does, and name the places of a YAML file."""
        written, found = document.value, list[tuple[Location, str]]()
        (entry,) = sequence(mapping(written).get("subscribers"))
        if mapping(entry) and "newsletters" not in mapping(entry):
            if self.terms.newsletters:
                entry = {**mapping(entry), "newsletters": [*self.terms.newsletters]}
                written = {"subscribers": [entry]}
            elif words := newsletters_left_out(self.known):
                found.append((("subscribers", 0), words))
        part = None
        try:
            checked = SubscribersFile.model_validate(written, context=self.known)
            (part,) = checked.subscribers
        except ValidationError as error:
            marks = document.marks
            found += complaints(error, SubscribersFile, written=marks)
        for place, what in found:
            self.add_at(document.mark(place), what)
        return subscriber(part, self.known) if part and not found else None

    # -- all of them ------------------------------------------------------------

    def _note(self, key: str, line: int, column: int = 0) -> None:
        """Remember who was here; a table has no column to say."""
        self._keys.append(hash(key))
        self._lines.append(line)
        self._columns.append(min(column, _WIDEST))
        self._mailboxes.append(hash(same_mailbox_key(key)))

    def _hint(self, line: int, what: str) -> None:
        self.hinted += 1
        if len(self.hints) < MOST_NAMED:
            self.hints.append(Problem(where=f"{self.file}:{line}", what=what))

    def _twice(self, numbers: array[int]) -> Iterator[tuple[int, int, int]]:
        """Yield the line in which a number stands first, and line and column of others."""
        repeated = {a for a, b in pairwise(sorted(numbers)) if a == b}
        first: dict[int, int] = {}
        for number, line, column in zip(
            numbers, self._lines, self._columns, strict=True
        ):
            if number in repeated and first.setdefault(number, line) != line:
                yield first[number], line, column


def _is_plain(name: object) -> bool:
    """Whether a name has nothing in it that must be looked at."""
    return isinstance(name, str) and name.isprintable()


def _consent(written: object, zone: str) -> Consent:
    """Return when and where somebody asked; raise `ValueError` if it is not plain."""
    if not written:
        return Consent()
    if not isinstance(written, dict) or not written.keys() <= {"at", "where"}:
        raise ValueError(written)
    at, where = written.get("at"), written.get("where", "")
    if not _is_plain(where) or not isinstance(at, str | None):
        raise ValueError(written)
    return Consent(at=moment(at, zone) if at else None, where=where.strip())
