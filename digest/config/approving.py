"""What `approval` of a newsletter may say."""

from __future__ import annotations

from digest.config.values import minutes, shown
from digest.model import Approval

REQUIRED, WINDOW = "required", "window "


def approval_of(written: str) -> Approval:
    """Return what "required" or "window 45 minutes" asks for.

    Raises `ValueError` with words on anything else.
    """
    said = written.strip().lower()
    if said == REQUIRED:
        return Approval()
    if not said.startswith(WINDOW):
        raise ValueError(
            f"is no way to approve: {shown(written)}; write `required`, or `window 45 "
            "minutes`, after which an issue leaves unless somebody holds it"
        )
    return Approval(window_minutes=minutes(said.removeprefix(WINDOW)))


def approval(written: str) -> str:
    """Return what was written, once it can be read."""
    approval_of(written)
    return written
