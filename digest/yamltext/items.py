"""One long list in a YAML text, read item by item: nothing is kept of those before."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import BinaryIO

import yaml

from digest.errors import FileProblems
from digest.model import Problem
from digest.yamltext.documents import Reader
from digest.yamltext.mistakes import explained
from digest.yamltext.places import KEY, Document, Location, Mark


class Items:
    """The items of the list `key` of a document, gone through once.

    Mistakes are in `problems` as they are found; whoever takes them out of it may do
    so after each item.
    """

    def __init__(
        self, stream: BinaryIO, *, file: str, key: str, text: Callable[[], str]
    ) -> None:
        """Take an open file of UTF-8; `text` reads all of it, to explain a mistake."""
        self._stream, self._key, self._text = stream, key, text
        self._reader = Reader(file=file, first_line=1)
        #: The document with an empty list in place of this one, once all is read;
        #: None when it could not be read to its end.
        self.rest: Document | None = None

    @property
    def problems(self) -> list[Problem]:
        """What is wrong."""
        return self._reader.problems

    def __iter__(self) -> Iterator[Document]:
        """Yield each item as a document with a list of that item alone."""
        try:
            yield from self._read(yaml.parse(self._stream, Loader=yaml.CSafeLoader))
        except yaml.YAMLError as error:
            self._stopped(error)
        except FileProblems:  # it is noted already
            return

    def _stopped(self, error: yaml.YAMLError) -> None:
        """Note why reading stopped; the words need the text around it."""
        try:
            mark, what = explained(error, self._text().removeprefix("\ufeff"))
        except FileProblems as of_all:  # it is not even text
            self.problems.extend(of_all.problems)
        else:
            self._reader.add(mark, what)

    def _read(self, events: Iterator[yaml.Event]) -> Iterator[Document]:
        reader = self._reader
        root, value = reader.begin(events), dict[str, object]()
        marks = reader.marks
        if isinstance(root, yaml.MappingStartEvent):
            reader.tag(root)
            marks[()] = reader.mark(root)
            while not isinstance(event := next(events), yaml.MappingEndEvent):
                place = reader.key(event, value, ())
                event = next(events)
                if place == (self._key,) and isinstance(event, yaml.SequenceStartEvent):
                    reader.tag(event)
                    marks[place] = reader.mark(event)
                    value[self._key] = []
                    yield from self._items(marks)
                    reader.marks = marks
                elif place[-1] == KEY:
                    reader.value(event, place)
                else:
                    value[str(place[-1])] = reader.value(event, place)
            reader.end()
            self.rest = Document(value=value, marks=marks)
            return
        other = None if root is None else reader.value(root, ())
        if root is not None:
            reader.end()
        self.rest = Document(value=other, marks=marks)

    def _items(self, around: dict[Location, Mark]) -> Iterator[Document]:
        reader, here = self._reader, (self._key, 0)
        while not isinstance(event := next(reader.events), yaml.SequenceEndEvent):
            reader.marks = dict(around)
            item = reader.value(event, here)
            yield Document(value={self._key: [item]}, marks=reader.marks)
