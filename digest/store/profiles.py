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

from digest.model import Consent, Format, Length, Preferences, Status, Subscriber
from digest.store.engine import Row

#: What a subscriber says as JSON: everything but the id.
Form = dict[str, Any]  # of what `to_json` returns

NO_CONSENT = Consent()

#: What has a column of its own.
_COLUMNS = ("address", "status")

#: As `jsonform.dump`, made once, and for a string alone.
ENCODED = json.JSONEncoder(sort_keys=True, separators=(",", ":")).encode
_QUOTED = json.encoder.encode_basestring_ascii

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
            "top": sorted(preferences.top),
            "format": preferences.format.value,
            "length": preferences.length.value,
            "limit": preferences.limit,
            "days": sorted(preferences.days),
            "hour": preferences.hour,
        },
        "status": subscriber.status.value,
        "paused_until": paused.isoformat() if paused else None,
        "consent": {"at": at.isoformat() if at else None, "where": consent.where},
        "left": sorted(subscriber.left),
    }


#: What a reader says who says nothing: it is not written down.
USUAL = form_of(Subscriber(id="", address=""))


def profile_of(form: Form) -> str:
    """Return the JSON text of all that has no column of its own and is not as usual."""
    unusual = {
        name: value
        for name, value in form.items()
        if value != USUAL[name] and name not in _COLUMNS
    }
    if preferences := unusual.get("preferences"):
        usual = USUAL["preferences"]
        unusual["preferences"] = {
            name: value for name, value in preferences.items() if value != usual[name]
        }
    return ENCODED(unusual)


def texts_of(subscriber: Subscriber) -> tuple[str, str]:
    """Return the profile, and the JSON text of all that is said about a reader.

    It is what `profile_of` returns and what `form_said` reads, written out for a
    million readers of a file.
    """
    parts = []
    consent = subscriber.consent
    if consent.at or consent.where:
        at = f'"{consent.at.isoformat()}"' if consent.at else "null"
        parts.append(f'"consent":{{"at":{at},"where":{_QUOTED(consent.where)}}}')
    if subscriber.language:
        parts.append(f'"language":{_QUOTED(subscriber.language)}')
    if subscriber.left:
        parts.append(f'"left":{ENCODED(sorted(subscriber.left))}')
    if subscriber.name:
        parts.append(f'"name":{_QUOTED(subscriber.name)}')
    if subscriber.paused_until:
        parts.append(f'"paused_until":"{subscriber.paused_until.isoformat()}"')
    if preferences := _preferences_text(subscriber.preferences):
        parts.append(f'"preferences":{preferences}')
    if subscriber.timezone:
        parts.append(f'"timezone":{_QUOTED(subscriber.timezone)}')
    rest = ",".join(parts)
    columns = (
        f'"address":{_QUOTED(subscriber.address)},"status":"{subscriber.status.value}"'
    )
    return f"{{{rest}}}", f"{{{columns},{rest}}}" if rest else f"{{{columns}}}"


@lru_cache(maxsize=4096)
def _preferences_text(preferences: Preferences) -> str:
    """Return the JSON text of preferences that are not as usual, or ""."""
    form = form_of(Subscriber(id="", address="", preferences=preferences))
    whole = profile_of(form)
    return whole.removeprefix('{"preferences":')[:-1] if form != USUAL else ""


def form_said(text: str, **columns: str) -> Form:
    """Return the form of either text of `texts_of`, of a profile with the columns."""
    form = {**USUAL, **json.loads(text), **columns}
    form["preferences"] = {**USUAL["preferences"], **form["preferences"]}
    return form


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
        consent=consent_of(said("consent", {})),
        left=frozenset(said("left", ())),
    )


def _preferences(form: Mapping[str, Any]) -> Preferences:
    said = form.get
    return _alike(
        tuple(said("newsletters", ())),
        tuple(said("follows", ())),
        tuple(said("mutes", ())),
        tuple(said("top", ())),
        said("format", "html"),
        said("length", "summaries"),
        said("limit"),
        tuple(said("days", ())),
        said("hour"),
    )


@lru_cache(maxsize=4096)
def _alike(
    newsletters: tuple[str, ...],
    follows: tuple[str, ...],
    mutes: tuple[str, ...],
    top: tuple[str, ...],
    form: str,
    length: str,
    limit: int | None,
    days: tuple[int, ...],
    hour: int | None,
) -> Preferences:
    """Return preferences; many readers have the same, and share them."""
    return Preferences(
        newsletters=frozenset(newsletters),
        follows=follows,
        mutes=frozenset(mutes),
        top=frozenset(top),
        format=Format(form),
        length=Length(length),
        limit=limit,
        days=frozenset(days),
        hour=hour,
    )


def consent_of(form: Mapping[str, Any]) -> Consent:
    """Return what the form of a consent says."""
    at, where = form.get("at"), form.get("where", "")
    if not at and not where:
        return NO_CONSENT
    return Consent(at=datetime.fromisoformat(at) if at else None, where=where)
