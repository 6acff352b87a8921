"""What happened to readers and what they agreed to: only ever added to.

An event says what happened, what brought it about, and what it changed. The record of
consent says what was agreed to, in which words; it answers whoever asks for a proof
(GDPR article 7).
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from digest.jsonform import dump
from digest.model import Agreed, Status
from digest.store.database import (
    Database,
    Single,
    from_ms,
    statements,
    storable,
    to_ms,
)

SQL = statements("history")

#: What was and what is, by the name of what changed: "preferences.follows", …
Changes = Mapping[str, tuple[object, object]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """One thing that happened to a reader."""

    at: datetime
    #: imported, added, asked, confirmed, changed, left, rejoined, unsubscribed, resubscribed,
    #: removed, pending, soft bounce, bounced
    kind: str
    detail: str = ""  #: what brought it about: a file's name, "operator", "reader", …
    changed: Changes = field(default_factory=dict)


class History:
    """The events of all readers, and the record of consent."""

    def __init__(self, database: Database, *, now: Callable[[], datetime]) -> None:
        """Use the database; `now` dates events."""
        self._database, self._now = database, now

    def note(
        self,
        subscriber_ids: Sequence[str],
        kind: str,
        detail: str,
        changed: Changes | None = None,
    ) -> None:
        """Add an event to the history of each of these readers."""
        event: dict[str, Single] = {
            "at": to_ms(self._now()),
            "kind": kind,
            "detail": storable(detail),
            "changed": dump(changed) if changed else "",
        }
        self._database.many(
            SQL["add_event"], [{**event, "subscriber": each} for each in subscriber_ids]
        )

    def begin(self, subscriber_ids: Iterable[str], kind: str, detail: str) -> None:
        """Write the first event of readers nobody knew: `note` would look for others."""
        now, detail = to_ms(self._now()), storable(detail)
        self._database.many(
            SQL["first_event"],
            [
                {"subscriber": each, "at": now, "kind": kind, "detail": detail}
                for each in subscriber_ids
            ],
        )

    def of(self, subscriber_id: str) -> list[Event]:
        """Return what happened to a reader, the oldest first."""
        return [
            Event(
                at=from_ms(row["at_ms"]),
                kind=row["kind"],
                detail=row["detail"],
                changed={
                    name: (was, now)
                    for name, (was, now) in json.loads(row["changed"] or "{}").items()
                },
            )
            for row in self._database.all(SQL["history"], subscriber=subscriber_id)
        ]

    def agree(self, agreements: Iterable[tuple[str, Agreed]]) -> None:
        """Add what readers, by their ids, agreed to."""
        self._database.many(
            SQL["add_agreement"],
            [{**_agreement(agreed), "subscriber": each} for each, agreed in agreements],
        )

    def agree_first(
        self, agreed: Agreed, readers: Iterable[tuple[str, datetime]]
    ) -> None:
        """Write the first entry of readers nobody knew: the same, but for when."""
        alike = _agreement(agreed)
        self._database.many(
            SQL["first_agreement"],
            [{**alike, "subscriber": each, "at": to_ms(at)} for each, at in readers],
        )

    def agreements(self, subscriber_id: str) -> list[Agreed]:
        """Return what a reader agreed to, the oldest first."""
        return [
            Agreed(
                at=from_ms(row["at_ms"]),
                where=row["place"],
                method=row["method"],
                wording=row["wording"],
                details=row["details"],
            )
            for row in self._database.all(SQL["agreements"], subscriber=subscriber_id)
        ]


def kind_of(was: Status, now: Status) -> str:
    """Return the word for a change of status."""
    if now is not Status.ACTIVE:
        return now.value
    return "confirmed" if was is Status.PENDING else "resubscribed"


def _agreement(agreed: Agreed) -> dict[str, Single]:
    return {
        "at": to_ms(agreed.at),
        "place": storable(agreed.where),
        "method": storable(agreed.method),
        "wording": storable(agreed.wording),
        "details": storable(agreed.details),
    }
