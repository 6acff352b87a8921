"""YAML as people would write it."""

from __future__ import annotations

import re

import yaml

from digest.yamltext.scalars import FLOAT, INT, MAY_BE_NUMBER, TAGS


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


class _Dumper(yaml.CSafeDumper):
    """Quotes what either YAML, 1.1 or 1.2, would take for something but text."""

    def ignore_aliases(self, data: object) -> bool:  # noqa: ARG002 theirs
        """Write a value again where it stands twice; people cannot follow aliases."""
        return True


def _write_list(dumper: _Dumper, items: list[object]) -> yaml.Node:
    short = not any(isinstance(item, dict | list) for item in items)
    return dumper.represent_sequence(TAGS + "seq", items, flow_style=short)


_Dumper.add_representer(list, _write_list)
_Dumper.add_implicit_resolver(
    TAGS + "int", re.compile(f"(?:{INT.pattern})$"), list(MAY_BE_NUMBER)
)
_Dumper.add_implicit_resolver(
    TAGS + "float",
    re.compile(f"(?:{FLOAT.pattern})$"),
    list(MAY_BE_NUMBER),
)
