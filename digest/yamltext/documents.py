"""YAML as people mean it, with the place of every value kept for error messages.

YAML 1.1, which PyYAML speaks, reads ``language: no`` (Norwegian) as false, ``012``
as ten, ``07:00`` as a number and ``2026-11-23`` as a date. Here only what YAML 1.2's
core schema calls true, false, null or a decimal number is anything but text. A key
is always text, and two equal keys in one mapping are a mistake.

The value is put together from libyaml's events rather than by PyYAML's composer:
that one recurses in C without a limit (200,000 opening brackets end the process),
follows aliases without one, and drops the places of keys.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

import yaml

from digest.errors import FileProblems
from digest.model import Problem
from digest.yamltext.mistakes import DEEPEST, TOO_DEEP, explained
from digest.yamltext.places import KEY, Document, Location, Mark
from digest.yamltext.scalars import TAGS, plain


def read_yaml(text: str, *, file: str, first_line: int = 1) -> Document:
    """Read one document; `first_line` is where `text` begins in `file`.

    Raises `FileProblems` that say what is wrong at ``file:line:column``.
    """
    document, problems = scan_yaml(text, file=file, first_line=first_line)
    if problems:
        raise FileProblems(problems)
    return document


def scan_yaml(
    text: str, *, file: str, first_line: int = 1
) -> tuple[Document, list[Problem]]:
    """Read one document and what is wrong in it where reading can go on.

    Of two equal keys the first one counts. Raises `FileProblems` where reading
    cannot go on.
    """
    reader = Reader(file=file, first_line=first_line)
    text = text.removeprefix("\ufeff")
    try:
        value = reader.document(yaml.parse(text, Loader=yaml.CSafeLoader))
    except (yaml.YAMLError, UnicodeEncodeError) as error:
        mark, what = explained(error, text)
        place = Mark(mark.line + first_line - 1, mark.column)
        raise reader.stopped(place, what) from None
    return Document(value=value, marks=reader.marks), reader.problems


# -- documents --------------------------------------------------------------

_MOST_REPEATED = 1_000  #: values that aliases may stand for, all together

_TEXT = TAGS + "str"
_KNOWN = frozenset(
    TAGS + name for name in ("str", "int", "float", "bool", "null", "seq", "map")
)


@dataclass(slots=True, kw_only=True)
class Reader:
    """Puts a document together from events."""

    file: str
    first_line: int
    marks: dict[Location, Mark] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)
    events: Iterator[yaml.Event] = field(default_factory=lambda: iter(()))
    anchors: dict[str, tuple[object, int]] = field(default_factory=dict)
    count: int = 0  #: values seen so far, aliases written out
    repeated: int = 0  #: of these, how many came from aliases

    def document(self, events: Iterator[yaml.Event]) -> object:
        """Return the only document's value; None for an empty text."""
        root = self.begin(events)
        if root is None:
            return None
        value = self.value(root, ())
        self.end()
        return value

    def begin(self, events: Iterator[yaml.Event]) -> yaml.Event | None:
        """Return the event with which the document's value begins; None: it is empty."""
        self.marks[()] = Mark(self.first_line, 1)
        self.events = events
        next(events)  # the stream's start
        if isinstance(next(events), yaml.StreamEndEvent):
            return None
        return next(events)

    def end(self) -> None:
        """Go to the end, which must be there once the document's value is read."""
        next(self.events)  # the document's end
        following = next(self.events)
        if isinstance(following, yaml.DocumentStartEvent):
            raise self.stopped(
                self.mark(following),
                "a second document begins here; take out the line `---`, or what follows it",
            )

    def value(self, event: yaml.Event, location: Location) -> object:
        """Return the value that begins with `event`, and remember its place."""
        assert isinstance(event, yaml.NodeEvent)
        self.marks[location] = self.mark(event)
        before = self.count
        self.count += 1
        if isinstance(event, yaml.AliasEvent):
            return self.repeat(event)
        value = self.new_value(event, location)
        if event.anchor:
            self.anchors[event.anchor] = (value, self.count - before)
        return value

    def new_value(self, event: yaml.Event, location: Location) -> object:
        """Return a value that is written out, not repeated."""
        tag = self.tag(event)
        if isinstance(event, yaml.ScalarEvent):
            # `implicit[0]`: neither quoted nor tagged.
            bare = event.implicit[0] or tag in _KNOWN - {_TEXT}
            return plain(event.value) if bare else event.value
        if len(location) > DEEPEST:
            raise self.stopped(
                self.mark(event),
                TOO_DEEP,
            )
        if isinstance(event, yaml.SequenceStartEvent):
            return self.sequence(location)
        return self.mapping(location)

    def tag(self, event: yaml.Event) -> str | None:
        """Return a value's tag, if it has one; note one that means nothing."""
        tag: str | None = getattr(event, "tag", None)
        if tag is not None and tag not in _KNOWN:
            self.add(
                self.mark(event),
                "a YAML tag (a word that begins with !) means nothing here; take it "
                "out, or put the text in quotes",
            )
        return tag

    def sequence(self, location: Location) -> list[object]:
        """Return the items up to the sequence's end."""
        items: list[object] = []
        while not isinstance(event := next(self.events), yaml.SequenceEndEvent):
            items.append(self.value(event, (*location, len(items))))
        return items

    def mapping(self, location: Location) -> dict[str, object]:
        """Return the entries up to the mapping's end; of equal keys the first."""
        entries: dict[str, object] = {}
        while not isinstance(event := next(self.events), yaml.MappingEndEvent):
            place = self.key(event, entries, location)
            value = self.value(next(self.events), place)
            if place[-1] != KEY:
                entries[str(place[-1])] = value
        return entries

    def key(
        self, event: yaml.Event, entries: Mapping[str, object], location: Location
    ) -> Location:
        """Return the location of the value that follows, ending in KEY if it is to be dropped."""
        mark = self.mark(event)
        dropped = (*location, KEY, len(self.problems), KEY)
        if not isinstance(event, yaml.ScalarEvent):
            self.value(event, dropped)
            self.add(
                mark,
                "a mapping's key must be text, and a list or mapping (or `{{ … }}` "
                "without quotes) was found; put the text in quotes",
            )
            return dropped
        if event.value in entries:
            first = self.marks[(*location, event.value, KEY)]
            self.add(
                mark,
                f"the key `{event.value}` is given twice, first in line {first.line}; "
                "keep one of them",
            )
            return dropped
        self.marks[(*location, event.value, KEY)] = mark
        return (*location, event.value)

    def repeat(self, event: yaml.AliasEvent) -> object:
        """Return what an alias stands for, within reason."""
        if event.anchor not in self.anchors:
            raise self.stopped(
                self.mark(event),
                "the * repeats something that is not there; a text that begins with * "
                "must stand in quotes",
            )
        value, count = self.anchors[event.anchor]
        self.count += count
        self.repeated += count
        if self.repeated > _MOST_REPEATED:
            raise self.stopped(
                self.mark(event),
                f"with this *, more than {_MOST_REPEATED:,} values are repeated; write "
                "them out, or fewer of them",
            )
        return value

    def mark(self, event: yaml.Event) -> Mark:
        """Return the place of an event in the file."""
        at = event.start_mark
        assert at is not None  # libyaml always knows
        return Mark(at.line + self.first_line, at.column + 1)

    def add(self, mark: Mark, what: str) -> None:
        """Note a mistake."""
        where = f"{self.file}:{mark.line}:{mark.column}"
        self.problems.append(Problem(where=where, what=what))

    def stopped(self, mark: Mark, what: str) -> FileProblems:
        """Return all mistakes found so far and this one, after which nothing can follow."""
        self.add(mark, what)
        return FileProblems(self.problems)
