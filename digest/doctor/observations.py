"""What `digest doctor` says of one thing it looked at."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Verdict(StrEnum):
    """How a thing is."""

    OK = "ok"
    WARNING = "warning"  #: mail arrives, but not as well as it could
    WRONG = "wrong"  #: mail does not leave, or is refused, or cannot be left
    UNSEEN = "not looked at"


@dataclass(frozen=True, slots=True, kw_only=True)
class Observation:
    """One line of the table."""

    thing: str
    verdict: Verdict
    found: str
    remedy: str = ""  #: what to do; empty when there is nothing to do


def ok(thing: str, found: str) -> Observation:
    """Say that all is well with a thing."""
    return Observation(thing=thing, verdict=Verdict.OK, found=found)


def warning(thing: str, found: str, remedy: str) -> Observation:
    """Say that a thing could be better."""
    return Observation(thing=thing, verdict=Verdict.WARNING, found=found, remedy=remedy)


def wrong(thing: str, found: str, remedy: str) -> Observation:
    """Say that a thing is in the way of a mail."""
    return Observation(thing=thing, verdict=Verdict.WRONG, found=found, remedy=remedy)


def unseen(thing: str, why: str) -> Observation:
    """Say why nobody looked at a thing."""
    return Observation(thing=thing, verdict=Verdict.UNSEEN, found=why)
