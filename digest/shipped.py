"""Where the files lie that the product ships beside its code.

`templates/` and `examples/` stand at the top of the repository, where people look
for them, and inside the package in a wheel. This is the only place that knows.
"""

from __future__ import annotations

from pathlib import Path


def shipped(name: str) -> Path:
    """Return the folder ``templates`` or ``examples``, wheel or checkout alike."""
    package = Path(__file__).parent
    inside = package / name
    return inside if inside.is_dir() else package.parent / name
