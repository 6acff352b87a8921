"""YAML as people mean it, with the place of every value kept for error messages."""

from __future__ import annotations

from digest.yamltext.documents import read_yaml, scan_yaml
from digest.yamltext.items import Items
from digest.yamltext.places import KEY, Document, Location, Mark
from digest.yamltext.writing import write_yaml

__all__ = [
    "KEY",
    "Document",
    "Items",
    "Location",
    "Mark",
    "read_yaml",
    "scan_yaml",
    "write_yaml",
]
