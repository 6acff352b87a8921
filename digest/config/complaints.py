"""What pydantic found wrong, in words for people who never heard of pydantic.

Every complaint comes with the location of what it is about; the caller knows which
line that is. Below `delivery` and `dkim`, where a password or a key may stand in the
wrong place, values are never repeated.
"""

from __future__ import annotations

import re
from collections.abc import Container, Iterator, Mapping
from typing import get_args, get_origin

from pydantic import ValidationError
from pydantic.fields import FieldInfo
from pydantic_core import ErrorDetails

from digest.config.kinds import Part
from digest.config.values import nearest, shown, suggestion
from digest.yamltext import KEY, Location

_SECRETIVE = {("delivery",), ("dkim",), ("database",), ("database_password",)}

#: What pydantic calls a wrong kind: what we ask for, and what to do.
_KINDS = {
    "string_type": ("text", "write one text"),
    "int_type": ("a whole number", "write digits only, without quotes"),
    "bool_type": ("true or false", "write true or false, without quotes"),
    "list_type": ("a list", "write it in brackets: [first, second]"),
    "dict_type": ("a mapping", "write its parts below it, each as `key: value`"),
    "model_type": ("a mapping", "write its parts below it, each as `key: value`"),
}
_SHOWN_BY_EXAMPLE = ("string_type", "int_type", "list_type")
#: What pydantic calls a number beyond its bounds: our words, and where the bound is.
_BOUNDS = {
    "greater_than_equal": ("at least", "ge"),
    "less_than_equal": ("at most", "le"),
}


def complaints(
    error: ValidationError, model: type[Part], *, written: Container[Location]
) -> Iterator[tuple[Location, str]]:
    """Yield the location and the words of every mistake.

    `written` holds the locations there are in the file, keys among them.
    """
    for detail in error.errors(include_url=False):
        location: Location = tuple(detail["loc"])
        if detail["type"] == "missing":
            yield _missing(location, model, written)
        elif detail["type"] == "extra_forbidden":
            yield (*location, KEY), _unknown_key(location, model)
        else:
            yield location, _wrong(detail, location, model)


def _missing(
    location: Location, model: type[Part], written: Container[Location]
) -> tuple[Location, str]:
    name = location[-1]
    field = _fields(model, location[:-1])[str(name)]
    example = _example(field)
    advice = f"a line such as `{name}: {example}`" if example else f"`{name}:`"
    meaning = f" ({field.description.rstrip('.')})" if field.description else ""
    if (*location, KEY) in written:
        return (*location, KEY), f"`{name}` is empty; write {advice}{meaning}"
    return location[:-1], f"`{name}` is missing; add {advice}{meaning}"


def _unknown_key(location: Location, model: type[Part]) -> str:
    key = str(location[-1])
    name, colon, _ = key.partition(":")
    if colon:  # the rest may be a password
        return f"`{name}:` needs a space after the colon; write `{name}: …`"
    known = _fields(model, location[:-1])
    elsewhere = dict(_homes(model))
    if not nearest(key, known) and (there := nearest(key, elsewhere)):
        return (
            f"unknown key `{key}`; did you mean `{there}`, which stands inside "
            f"`{elsewhere[there]}`?"
        )
    return f"unknown key `{key}`; {suggestion(key, known, otherwise='take it out')}"


def _wrong(detail: ErrorDetails, location: Location, model: type[Part]) -> str:
    kind, value = detail["type"], detail["input"]
    context: Mapping[str, object] = detail.get("ctx") or {}
    names = [step for step in location if isinstance(step, str)]
    label = f"`{names[-1]}`" if names else "the file"
    field = _field(model, location)
    found = _found(value, secretive=location[:1] in _SECRETIVE)
    if kind == "value_error":
        return f"{label} {context['error']}"
    if kind == "literal_error":
        allowed = re.findall(r"'([^']*)'", str(context["expected"]))
        return f"{label} cannot be {found}; {suggestion(str(value), allowed)}"
    if kind == "too_short":
        return f"{label} is empty; add at least one{_such_as(field)}"
    if kind in _BOUNDS:
        words, bound = _BOUNDS[kind]
        return f"{label} must be {words} {context[bound]}, but {found} was found; correct it"
    if not location:
        first = next(iter(model.model_fields))
        return f"{label} must be a mapping, but {found} was found; begin it with `{first}:`"
    of_many = isinstance(location[-1], int)
    each = f"each of {label}" if of_many else label
    expected, advice = _KINDS[kind]
    such = _such_as(field, of_many=of_many) if kind in _SHOWN_BY_EXAMPLE else ""
    advice = _better_advice(kind, value) or advice
    return f"{each} must be {expected}{such}, but {found} was found; {advice}"


def _better_advice(kind: str, value: object) -> str:
    if value is None:
        return "take the empty entry out, or fill it"
    if kind == "string_type" and isinstance(value, bool | int | float):
        return "put it in quotes"
    return ""


def _found(value: object, *, secretive: bool) -> str:
    if value is None:
        return "nothing"
    if isinstance(value, dict | list):
        return "a mapping" if isinstance(value, dict) else "a list"
    if isinstance(value, str):
        return "a text" if secretive else f"the text {shown(value)}"
    if secretive:
        return "a number"
    return f"`{value}`".lower() if isinstance(value, bool) else f"the number {value}"


def _such_as(field: FieldInfo | None, *, of_many: bool = False) -> str:
    example = _example(field, of_many=of_many) if field else ""
    return f" such as `{example}`" if example else ""


def _example(field: FieldInfo, *, of_many: bool = False) -> str:
    """Return a field's first example as it would be written in YAML, or its first item."""
    first = (field.examples or [""])[0]
    if isinstance(first, list):
        return str(first[0]) if of_many else f"[{', '.join(first)}]"
    return str(first)


# -- finding fields ---------------------------------------------------------


def _field(model: type[Part], location: Location) -> FieldInfo | None:
    """Return the field that `location` is about; None for an entry of a mapping."""
    while location and isinstance(location[-1], int):
        location = location[:-1]
    return _fields(model, location[:-1]).get(str(location[-1])) if location else None


def _fields(model: type[Part], location: Location) -> Mapping[str, FieldInfo]:
    """Return the fields of the mapping at `location`."""
    steps = list(location)
    while steps:
        annotation = model.model_fields[str(steps.pop(0))].annotation
        if steps and get_origin(annotation) in (dict, list):
            steps.pop(0)
        model = _part(annotation) or model
    return model.model_fields


def _homes(model: type[Part]) -> Iterator[tuple[str, str]]:
    """Yield the keys inside a model's parts, each with the key of its part."""
    for name, field in model.model_fields.items():
        if part := _part(field.annotation):
            yield from ((inner, name) for inner in part.model_fields)
            yield from _homes(part)


def _part(annotation: object) -> type[Part] | None:
    """Return the only kind of mapping inside an annotation."""
    if isinstance(annotation, type) and issubclass(annotation, Part):
        return annotation
    return next(filter(None, map(_part, get_args(annotation))), None)
