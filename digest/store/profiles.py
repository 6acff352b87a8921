"""A reader as the database has them: a few columns, and the rest as JSON.

Rows become readers once per mail of a send, so this is written out field by field:
a fourth of the time of `jsonform`, whose form it is.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from datetime import datetime
from functools import lru_cache
from typing import Any

from digest.jsonform import dump
from digest.model import Consent, Format, Length, Preferences, Status, Subscriber
from digest.store.engine import Row

#: What a subscriber says as JSON: everything but the id.
Form = dict[str, Any]  # of what `to_json` returns

NO_CONSENT = Consent()

READ = json.JSONDecoder().raw_decode  # `json.loads` without what no row needs

STATUSES = {each.value: each for each in Status}


def form_of(subscriber: Subscriber) -> Form:
    """Return what is said about a reader, as JSON: everything but the id."""
    preferences, consent = subscriber.preferences, subscriber.consent
    paused, at = subscriber.paused_until, consent.at
    return {
        "address": subscriber.address,
        "name": subscriber.name,
        "language": subscriber.language,
        "timezone": subscriber.timezone,
        "preferences": {
            "newsletters": sorted(preferences.newsletters),
            "follows": list(preferences.follows),
            "mutes": sorted(preferences.mutes),
            "format": preferences.format.value,
            "length": preferences.length.value,
            "limit": preferences.limit,
        },
        "status": subscriber.status.value,
        "paused_until": paused.isoformat() if paused else None,
        "consent": {"at": at.isoformat() if at else None, "where": consent.where},
        "left": sorted(subscriber.left),
    }


def profile_of(form: Form) -> str:
    """Return the JSON text of all that has no column of its own to rule."""
    return dump({name: value for name, value in form.items() if name != "status"})


def subscriber_of(row: Row) -> Subscriber:
    """Return the reader of a row; what an older digest did not write is as usual."""
    said: Callable[..., Any] = READ(row["profile"])[0].get
    paused = said("paused_until")
    return Subscriber(
        id=row["id"],
        address=row["address"],
        name=said("name", ""),
        language=said("language", ""),
        timezone=said("timezone", ""),
        preferences=_preferences(said("preferences", {})),
        status=STATUSES[row["status"]],
        paused_until=datetime.fromisoformat(paused) if paused else None,
        consent=_consent(said("consent", {})),
        left=frozenset(said("left", ())),
    )


def _preferences(form: Mapping[str, Any]) -> Preferences:
    said = form.get
    return _alike(
        tuple(said("newsletters", ())),
        tuple(said("follows", ())),
        tuple(said("mutes", ())),
        said("format", "html"),
        said("length", "summaries"),
        said("limit"),
    )


@lru_cache(maxsize=4096)
def _alike(
    newsletters: tuple[str, ...],
    follows: tuple[str, ...],
    mutes: tuple[str, ...],
    form: str,
    length: str,
    limit: int | None,
) -> Preferences:
    """Return preferences; many readers have the same, and share them."""
    return Preferences(
        newsletters=frozenset(newsletters),
        follows=follows,
        mutes=frozenset(mutes),
        format=Format(form),
        length=Length(length),
        limit=limit,
    )


def _consent(form: Mapping[str, Any]) -> Consent:
    at, where = form.get("at"), form.get("where", "")
    if not at and not where:
        return NO_CONSENT
    return Consent(at=datetime.fromisoformat(at) if at else None, where=where)
