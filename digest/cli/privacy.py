"""What a log may say: everything but who the readers are."""

from __future__ import annotations

import re

_ADDRESS = re.compile(r"[^\s<>()\[\]:;,\"'`“”‘’«»]+@[^\s<>()\[\]:;,\"'`“”‘’«»]+")


def without_addresses(text: str) -> str:
    """Return the text with each mail address replaced by "…@…"."""
    return _ADDRESS.sub("…@…", text)
