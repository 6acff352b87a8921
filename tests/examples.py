"""How many examples Hypothesis tries: a third of what a test asks for, until all count.

`make test` takes the third; `make check` takes all (`--hypothesis-profile=thorough`).
"""

from __future__ import annotations

from typing import Any

from hypothesis import settings

_QUICK = settings.get_current_profile_name() == "quick"
_FEWEST = 10


def examples(number: int, **more: Any) -> settings:
    """Return settings for that many examples where all count."""
    fewer = min(number, max(_FEWEST, number // 3))
    return settings(max_examples=fewer if _QUICK else number, **more)
