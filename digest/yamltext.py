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

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

import yaml

from digest.errors import FileProblems
from digest.model import Problem

#: Ends a location that means the key itself, not its value. No YAML text holds a NUL.
KEY = "\0key"

Location = tuple[str | int, ...]


class Mark(NamedTuple):
    """A place in a file, as editors count: both from 1."""

    line: int
    column: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """What a text says, and where it says it.

    `value` is made of dict, list, str, int, float, bool and None. `marks` knows
    the root as ``()``, a value as ``("readers", 3, "name")`` and a key as
    ``("readers", 3, "name", KEY)``; nothing below an alias.
    """

    value: object
    marks: Mapping[Location, Mark]

    def mark(self, location: Location) -> Mark:
        """Return the place of `location`, or of the nearest thing around it."""
        while location not in self.marks:
            location = location[:-1]
        return self.marks[location]


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
    reader = _Reader(file=file, first_line=first_line)
    text = text.removeprefix("\ufeff")
    try:
        value = reader.document(yaml.parse(text, Loader=yaml.CSafeLoader))
    except yaml.MarkedYAMLError as error:
        mark, what = _explained(error, text)
    except UnicodeEncodeError as error:
        mark, what = _unreadable(text, error.start)
    except yaml.reader.ReaderError as error:  # its position counts bytes
        before = text.encode()[: error.position].decode(errors="ignore")
        mark, what = _unreadable(text, len(before))
    else:
        return Document(value=value, marks=reader.marks), reader.problems
    raise reader.stopped(Mark(mark.line + first_line - 1, mark.column), what)


def write_yaml(value: object) -> str:
    """Write what `read_yaml` reads back equal, lists of values on one line, texts not folded."""
    return yaml.dump(
        value,
        Dumper=_Dumper,
        allow_unicode=True,
        sort_keys=False,
        default_flow_style=False,
        width=10**6,
    )


_OUR_TAGS = "tag:yaml.org,2002:"

# -- plain scalars ----------------------------------------------------------

#: Forty digits are more than anybody counts; Python refuses to read 4,301.
_INT = re.compile(r"[-+]?[0-9]{1,40}")
_FLOAT = re.compile(
    r"[-+]?(?:\.[0-9]{1,40}|[0-9]{1,40}(?:\.[0-9]{0,40})?)(?:[eE][-+]?[0-9]{1,3})?"
)
_WORDS: Mapping[str, bool | None] = {
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
    **dict.fromkeys(("null", "Null", "NULL", "~", ""), None),
}
_MAY_BE_NUMBER = frozenset("-+.0123456789")


def _plain(text: str) -> object:
    if text in _WORDS:
        return _WORDS[text]
    if text[0] in _MAY_BE_NUMBER:
        if _INT.fullmatch(text):
            return int(text)
        if _FLOAT.fullmatch(text):
            return float(text)
    return text


class _Dumper(yaml.CSafeDumper):
    """Quotes what either YAML, 1.1 or 1.2, would take for something but text."""

    def ignore_aliases(self, data: object) -> bool:  # noqa: ARG002 theirs
        """Write a value again where it stands twice; people cannot follow aliases."""
        return True


def _write_list(dumper: _Dumper, items: list[object]) -> yaml.Node:
    short = not any(isinstance(item, dict | list) for item in items)
    return dumper.represent_sequence(_OUR_TAGS + "seq", items, flow_style=short)


_Dumper.add_representer(list, _write_list)
_Dumper.add_implicit_resolver(
    _OUR_TAGS + "int", re.compile(f"(?:{_INT.pattern})$"), list(_MAY_BE_NUMBER)
)
_Dumper.add_implicit_resolver(
    _OUR_TAGS + "float",
    re.compile(f"(?:{_FLOAT.pattern})$"),
    list(_MAY_BE_NUMBER),
)


# -- documents --------------------------------------------------------------

_DEEPEST = 100  #: levels; our files have five
_TOO_DEEP = f"more than {_DEEPEST} levels of lists and mappings; write it flatter"
_MOST_REPEATED = 1_000  #: values that aliases may stand for, all together

_TEXT_TAG = _OUR_TAGS + "str"
_TAGS = frozenset(
    _OUR_TAGS + name for name in ("str", "int", "float", "bool", "null", "seq", "map")
)


@dataclass(slots=True, kw_only=True)
class _Reader:
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
        self.marks[()] = Mark(self.first_line, 1)
        self.events = events
        next(events)  # the stream's start
        if isinstance(next(events), yaml.StreamEndEvent):
            return None
        value = self.value(next(events), ())
        next(events)  # the document's end
        following = next(events)
        if isinstance(following, yaml.DocumentStartEvent):
            raise self.stopped(
                self.mark(following),
                "a second document begins here; take out the line `---`, or what follows it",
            )
        return value

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
        tag = getattr(event, "tag", None)
        if tag is not None and tag not in _TAGS:
            self.add(
                self.mark(event),
                "a YAML tag (a word that begins with !) means nothing here; take it "
                "out, or put the text in quotes",
            )
        if isinstance(event, yaml.ScalarEvent):
            # `implicit[0]`: neither quoted nor tagged.
            plain = event.implicit[0] or tag in _TAGS - {_TEXT_TAG}
            return _plain(event.value) if plain else event.value
        if len(location) > _DEEPEST:
            raise self.stopped(
                self.mark(event),
                _TOO_DEEP,
            )
        if isinstance(event, yaml.SequenceStartEvent):
            return self.sequence(location)
        return self.mapping(location)

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


# -- syntax errors in plain words -------------------------------------------

#: What libyaml says, and what a person can do about it. The first that fits counts.
_EXPLANATIONS = (
    (
        "mapping values are not allowed",
        (
            "a colon where no `key: value` can stand; put the text before or after it in "
            "quotes, or check that the keys of one mapping begin in the same column"
        ),
    ),
    (
        "did not find expected key",
        (
            "this line does not fit the one above; begin the keys of one mapping in the "
            "same column, and put a text that contains quotes or colons in quotes"
        ),
    ),
    (
        "did not find expected '-' indicator",
        "this line stands where the list's next `-` should be; begin all `-` signs of a list, or all keys of a mapping, in the same column",
    ),
    ("expected ',' or ']'", "the list opened by [ is not closed; add a comma or ]"),
    ("expected ',' or '}'", "the mapping opened by { is not closed; add a comma or }"),
    (
        "unexpected ':'",
        "a colon inside brackets needs a space after it; add one, or put the text in quotes",
    ),
    ("unexpected end of stream", "a quoted text is not closed; add the closing quote"),
    ("could not find expected ':'", "a key without its colon; write `key: value`"),
    (
        "unknown escape character",
        (
            "a backslash that means nothing inside double quotes; use single quotes, or "
            "write \\\\ for one backslash"
        ),
    ),
    (
        "block sequence entries are not allowed",
        "the `-` of a list cannot stand on the line of its key; put it on the next line",
    ),
    ("maximum nesting depth", _TOO_DEEP),
    (
        "expected node content",
        (
            "a value is missing, or begins with a sign that YAML uses itself; add it, "
            "put it in quotes, or close the bracket before it"
        ),
    ),
)

#: Complaints that are about where something began, not where its end was missed.
_OPENED = ("unexpected end of stream", "expected ',' or", "could not find expected ':'")

_SIGN = "cannot start any token"


def _explained(error: yaml.MarkedYAMLError, text: str) -> tuple[Mark, str]:
    """Return where a syntax error is and what it means, opening quotes first."""
    said = f"{error.problem or ''} {error.context or ''}"
    opened = any(words in said for words in _OPENED)
    at = (error.context_mark if opened else None) or error.problem_mark
    mark = Mark(at.line + 1, at.column + 1) if at else Mark(1, 1)
    if _SIGN in said:
        return mark, _strange_sign(text, mark)
    for words, explanation in _EXPLANATIONS:
        if words in said:
            return mark, explanation
    return mark, f"not YAML ({said.strip()}); check the signs around this place"


def _strange_sign(text: str, mark: Mark) -> str:
    lines = re.split("\r\n|[\r\n\x85\u2028\u2029]", text)
    sign = lines[mark.line - 1][mark.column - 1 : mark.column]
    if sign == "\t":
        return "a tab where YAML wants spaces; indent with spaces"
    return f"a text cannot begin with {sign} in YAML; put it in quotes"


def _unreadable(text: str, position: int) -> tuple[Mark, str]:
    start = text.rfind("\n", 0, position)
    return (
        Mark(text.count("\n", 0, position) + 1, position - start),
        (
            f"the character U+{ord(text[position]):04X} cannot be written in YAML; delete "
            "it (it is invisible in most editors)"
        ),
    )
