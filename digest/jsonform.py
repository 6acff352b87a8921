"""Our values as JSON, with the model's own names, and back without loss.

The store keeps articles and readers in this form and `--json` prints it, so a
script sees what the database holds. A dataclass becomes an object with its field
names, a set a sorted list, a datetime ISO 8601, an enum its value.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import fields, is_dataclass
from datetime import datetime
from enum import Enum
from functools import cache, partial
from types import NoneType, UnionType
from typing import Any, TypeVar, get_args, get_origin, get_type_hints

Kind = TypeVar("Kind")

#: Any: what comes out of `json.loads`, and what `kind` says it must become.
Reader = Callable[[Any], Any]


def to_json(value: object) -> Any:  # one of the types `json.dumps` takes
    """Return `value` as dicts, lists, strings, numbers, booleans and None.

    Raises `TypeError` on a value that has no form here.
    """
    if isinstance(value, Enum):
        return value.value
    if value is None or isinstance(value, str | int | float):
        return value
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, Mapping):
        return {to_json(key): to_json(item) for key, item in value.items()}
    if is_dataclass(value) and not isinstance(value, type):
        return {f.name: to_json(getattr(value, f.name)) for f in fields(value)}
    if isinstance(value, list | tuple | set | frozenset):
        items = [to_json(item) for item in value]
        return items if isinstance(value, list | tuple) else sorted(items)
    raise TypeError(f"{type(value).__name__} has no JSON form: {value!r}")


def dump(form: object) -> str:
    """Return the JSON text of what `to_json` returned, equal for equal forms.

    It is ASCII, so that every database takes it whatever a feed contains.
    """
    return json.dumps(form, sort_keys=True, separators=(",", ":"))


def from_json(kind: type[Kind], form: Mapping[str, Any]) -> Kind:
    """Return the `kind` (a dataclass) of which `form` is the JSON form.

    A key that is missing takes the field's default, an unknown one is ignored:
    what an older or newer version wrote can still be read.
    """
    readers = _readers(kind)  # type: ignore[arg-type] # a class is hashable
    return kind(**{name: readers[name](form[name]) for name in readers if name in form})


@cache
def _readers(kind: type) -> dict[str, Reader]:
    """Return how each field of a dataclass is read; worked out once per class."""
    hints = get_type_hints(kind)
    return {field.name: _reader(hints[field.name]) for field in fields(kind)}


def _reader(hint: Any) -> Reader:  # a type, or what `int | None` is
    """Return what reads a value of the type `hint`."""
    if get_origin(hint) is UnionType:
        (read,) = (_reader(a) for a in get_args(hint) if a is not NoneType)
        return lambda form: None if form is None else read(form)
    if get_origin(hint) in (tuple, frozenset):
        collect, read_item = get_origin(hint), _reader(get_args(hint)[0])
        return lambda form: collect(map(read_item, form))
    kind: type[Any] = hint
    if is_dataclass(kind):
        return partial(from_json, kind)
    if issubclass(kind, datetime):
        return datetime.fromisoformat
    if issubclass(kind, Enum):
        return kind
    return lambda form: form
