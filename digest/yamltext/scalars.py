"""What a text without quotes means: YAML 1.2's core schema."""

from __future__ import annotations

import re
from collections.abc import Mapping

#: How YAML's own tags begin.
TAGS = "tag:yaml.org,2002:"

#: Forty digits are more than anybody counts; Python refuses to read 4,301.
INT = re.compile(r"[-+]?[0-9]{1,40}")
FLOAT = re.compile(
    r"[-+]?(?:\.[0-9]{1,40}|[0-9]{1,40}(?:\.[0-9]{0,40})?)(?:[eE][-+]?[0-9]{1,3})?"
)
WORDS: Mapping[str, bool | None] = {
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
    **dict.fromkeys(("null", "Null", "NULL", "~", ""), None),
}
MAY_BE_NUMBER = frozenset("-+.0123456789")


def plain(text: str) -> object:
    """Return what a text without quotes means."""
    if text in WORDS:
        return WORDS[text]
    if text[0] in MAY_BE_NUMBER:
        if INT.fullmatch(text):
            return int(text)
        if FLOAT.fullmatch(text):
            return float(text)
    return text
