"""What a reader becomes when a file says something new about them.

Three things are known: what is held (with all the reader chose since), what this file
said before, and what it says now. Only what it says differently from before counts:

- one value (name, length, pause, consent …): the file's new one;
- a list (newsletters, topics followed and muted): what the file added is added, what
  it took out is taken out, the rest stays as it is held;
- the first time a file names somebody who is known, it counts as if it had said
  nothing before, so what it leaves out changes nothing;
- what a reader left stays left, and a status that is `final` stays, whatever it says;
- who was REMOVED comes back as the file says.

docs/readers.md has the table; it is what the tests read.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from digest.model import Status
from digest.store.profiles import USUAL, Form


def merged_form(held: Form, before: Form | None, said: Form) -> Form:
    """Return what a reader becomes; `before` is None the first time a file names them."""
    status = Status(held["status"])
    left = {*held["left"], *said["left"]}
    if status is Status.REMOVED and said["status"] != Status.REMOVED:
        merged = {**said, "preferences": dict(said["preferences"])}
    else:
        known = before or {**USUAL, "status": None}
        merged = {name: _merged(name, held, known, said) for name in said}
        merged["preferences"] = _preferences(
            held["preferences"], known["preferences"], said["preferences"]
        )
    if status.final and said["status"] != Status.UNSUBSCRIBED:
        merged["status"] = held["status"]
    newsletters = merged["preferences"]["newsletters"]
    merged["preferences"]["newsletters"] = [n for n in newsletters if n not in left]
    merged["left"] = sorted(left)
    return merged


def _preferences(held: Form, before: Form, said: Form) -> Form:
    merged = {name: _merged(name, held, before, said) for name in said}
    for name in ("newsletters", "mutes", "top"):
        merged[name] = sorted(_items(held[name], before[name], said[name]))
    merged["follows"] = _follows(held["follows"], before["follows"], said["follows"])
    return merged


def _merged(name: str, held: Form, before: Form, said: Form) -> object:
    """Return one value: the file's if it is a new one."""
    return held[name] if said[name] == before[name] else said[name]


def _items(held: list[str], before: list[str], said: list[str]) -> list[str]:
    """Return a list with what the file added, without what it took out."""
    kept = [item for item in held if item in said or item not in before]
    added = [item for item in said if item not in before and item not in held]
    return kept + added


def _follows(held: list[str], before: list[str], said: list[str]) -> list[str]:
    """Return what is followed, where nothing means everything.

    Who follows everything goes on doing so, unless the file is the first to choose.
    A list that would come out empty only because items left it is the file's.
    """
    if said == before or (said and before and not held):
        return held
    return said and (_items(held, before, said) or said)


def differences(
    was: Mapping[str, object], now: Mapping[str, object], within: str = ""
) -> Iterator[tuple[str, tuple[object, object]]]:
    """Yield what differs between two forms: its name, what was, what is."""
    for name, value in now.items():
        before = was[name]
        if isinstance(value, dict) and isinstance(before, dict):
            yield from differences(before, value, f"{within}{name}.")
        elif value != before:
            yield f"{within}{name}", (before, value)
