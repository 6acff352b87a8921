"""Taking in a file of readers, a batch at a time: what it says differently counts.

A million readers are a few thousand batches; what is new in one is written with four
statements, and a reader about whom the file says what it said before costs a look.
"""

from __future__ import annotations

from array import array
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Container, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from operator import attrgetter, itemgetter
from typing import NamedTuple

from digest.addresses import same_address_key
from digest.model import Agreed, Consent, Status, Subscriber
from digest.store.database import Database, Row, Single, chunks, statements
from digest.store.history import Changes, History, kind_of
from digest.store.ids import NearIds
from digest.store.merging import differences, merged_form
from digest.store.profiles import (
    Form,
    consent_of,
    form_of,
    form_said,
    profile_of,
    texts_of,
)
from digest.store.suppressions import Suppressions

SQL = statements("importing")

#: To get mail, or a mail that asks to confirm, somebody has to have asked for it.
_MAILED = (Status.ACTIVE, Status.PENDING)

BATCH = 500  #: readers looked up at a time

Values = dict[str, Single]


class New(NamedTuple):
    """A reader nobody knew."""

    id: str
    key: str
    said: Subscriber
    profile: str  #: as the database has it


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """What an import does to one reader."""

    address: str
    #: added, or the kind of the event it leaves
    kind: str
    changed: Changes = field(default_factory=dict)


@dataclass(slots=True)
class Tally:
    """What an import has done so far."""

    added: int = 0
    changed: int = 0
    same: int = 0
    removed: int = 0
    kept: defaultdict[Status, list[str]] = field(
        default_factory=lambda: defaultdict(list)
    )
    suppressed: list[str] = field(default_factory=list)
    left: list[str] = field(default_factory=list)
    changes: list[Change] = field(default_factory=list)
    #: who gets mail by it, and never agreed to that
    without_consent: list[str] = field(default_factory=list)


class Import:
    """One import of one file, inside a transaction; use once."""

    def __init__(
        self,
        database: Database,
        *,
        origin: str,
        standing: bool,
        history: History,
        suppressions: Suppressions,
        now: datetime,
        most_listed: int,
    ) -> None:
        """Take what the file is called; `standing` if it is followed exactly.

        So many changes are listed, and the others counted.
        """
        self._now, self._most_listed = now, most_listed
        self._database, self._origin = database, origin
        self._standing, self._history = int(standing), history
        self._suppressions = suppressions
        self._named = array("q")  # 8 bytes a reader: there may be millions
        self._ids = NearIds()
        self._known = bool(
            database.all(SQL["named_by"], origin=origin, after="", limit=1)
        )
        self.tally = Tally()

    def take_in(self, subscribers: Sequence[Subscriber]) -> None:
        """Import one batch; of two with the same address the last one counts."""
        given = {same_address_key(s.address): s for s in subscribers}
        rows = self._database.all(SQL["held"], keys=tuple(given), origin=self._origin)
        held = {row["named"]: row for row in rows}
        suppressed = self._suppressions.among(key for key in given if key not in held)
        new: list[New] = []
        said_now: list[Values] = []
        fresh = iter(self._ids.draw(len(given) - len(held)))
        for key, subscriber in given.items():
            row = held.get(key)
            if key in suppressed:
                self.tally.suppressed.append(subscriber.address)
                continue
            if row and self._is_named_twice(key, row, given):
                self.tally.same += 1
                continue
            profile, said = texts_of(subscriber)
            identity = row["id"] if row else next(fresh)
            self._named.append(hash(identity))
            if row is None:
                new.append(New(identity, key, subscriber, profile))
            elif self._is_as_before(row, said, subscriber):
                continue
            said_now.append(
                {
                    "origin": self._origin,
                    "subscriber": identity,
                    "said": said,
                    "standing": self._standing,
                }
            )
        self._insert(new)
        said_now.sort(key=itemgetter("subscriber"))  # as the other tables'
        self._database.many(SQL["upsert_imported"], said_now)

    def _is_named_twice(self, key: str, row: Row, given: Container[str]) -> bool:
        """Whether a row has a reader's former address, and another one the new."""
        return row["address_key"] != key and (
            row["address_key"] in given or hash(row["id"]) in self._named
        )

    def _is_as_before(self, row: Row, text: str, subscriber: Subscriber) -> bool:
        """Write what the file says differently; whether it says what it said before."""
        repeated = row["said"] == text
        status = Status(row["status"])
        if not repeated or status is Status.REMOVED:
            self._update(row, status, form_of(subscriber))
        elif status.final and status is not subscriber.status:
            self.tally.kept[status].append(row["address"])
        else:
            self.tally.same += 1
        return repeated and bool(row["standing"] == self._standing)

    def _insert(self, new: Sequence[New]) -> None:
        """Write readers nobody knew."""
        self.tally.added += len(new)
        # In the order of the tables, each row comes behind the one before it.
        ordered = sorted(new, key=attrgetter("id"))
        self._database.many(
            SQL["insert"],
            [
                {
                    "id": each.id,
                    "address": each.said.address,
                    "key": each.key,
                    "status": each.said.status.value,
                    "profile": each.profile,
                }
                for each in ordered
            ],
        )
        self._take((each.id, each.said.preferences.newsletters) for each in ordered)
        self._history.begin([each.id for each in ordered], "imported", self._origin)
        self._agree(ordered)
        self.tally.without_consent += [
            each.said.address
            for each in new
            if each.said.status in _MAILED and not each.said.consent.where
        ]
        for each in new[: self._most_listed - len(self.tally.changes)]:
            self._list(each.said.address, "added", {})

    def _update(self, row: Row, status: Status, said: Form) -> None:
        """Write what a file says differently about a reader already known."""
        held = form_said(row["profile"], address=row["address"], status=row["status"])
        before = form_said(row["said"]) if row["said"] else None
        merged = merged_form(held, before, said)
        if row["named"] != row["address_key"]:
            merged["address"] = held["address"]
        if status.final and merged["status"] == status != said["status"]:
            self.tally.kept[status].append(row["address"])
        elif merged == held:
            self.tally.same += 1
        else:
            self.tally.changed += 1
        newsletters = merged["preferences"]["newsletters"]
        if not {*merged["left"]}.isdisjoint(said["preferences"]["newsletters"]):
            self.tally.left.append(row["address"])
        if merged == held:
            return
        self._database.run(
            SQL["update"],
            id=row["id"],
            address=merged["address"],
            status=merged["status"],
            profile=profile_of(merged),
        )
        self._database.run(SQL["untake"], subscriber=row["id"])
        self._take([(row["id"], newsletters)])
        changed = dict(differences(held, merged))
        word = "changed"
        if changed.pop("status", None):
            word = kind_of(status, Status(merged["status"]))
        self._history.note([row["id"]], word, self._origin, changed)
        self._list(row["address"], word, changed)
        if word == "confirmed" and not merged["consent"]["where"]:
            self.tally.without_consent.append(row["address"])
        if merged["consent"] != held["consent"] and merged["consent"]["where"]:
            consent = consent_of(merged["consent"])
            self._history.agree([(row["id"], self._agreed(consent))])

    def _agree(self, new: Iterable[New]) -> None:
        """Write what they agreed to; of many readers, most did so in one place."""
        alike: dict[tuple[str, bool], tuple[Agreed, list[tuple[str, datetime]]]] = {}
        for each in new:
            consent = each.said.consent
            if not consent.where:
                continue
            place = consent.where, consent.at is None
            if place not in alike:
                alike[place] = self._agreed(consent), []
            alike[place][1].append((each.id, consent.at or self._now))
        for agreed, readers in alike.values():
            self._history.agree_first(agreed, readers)

    def _agreed(self, consent: Consent) -> Agreed:
        """Return what a file says of a consent as the record has it."""
        return Agreed(
            at=consent.at or self._now,
            where=consent.where,
            method="import",
            details=self._origin if consent.at else f"{self._origin}; when is unknown",
        )

    def _list(self, address: str, kind: str, changed: Changes) -> None:
        if len(self.tally.changes) < self._most_listed:
            change = Change(address=address, kind=kind, changed=changed)
            self.tally.changes.append(change)

    def _take(self, readers: Iterable[tuple[str, Iterable[str]]]) -> None:
        """Repeat which newsletters readers take, for SQL."""
        self._database.many(
            SQL["take"],
            [
                {"newsletter": newsletter, "subscriber": identity}
                for identity, newsletters in readers
                for newsletter in sorted(newsletters)
            ],
        )

    def remove_others(self) -> None:
        """Remove the readers the file named and no longer names."""
        if not self._known:  # a million readers would be looked through for nobody
            return
        named, after = array("q", sorted(self._named)), ""
        while rows := self._database.all(
            SQL["named_by"], origin=self._origin, after=after, limit=BATCH
        ):
            after = rows[-1]["subscriber"]
            readers = [row["subscriber"] for row in rows]
            missing = [each for each in readers if not _among(hash(each), named)]
            for chunk in chunks(missing):
                self._database.run(SQL["forget"], origin=self._origin, ids=chunk)
                for row in self._database.all(SQL["to_remove"], ids=chunk):
                    self._database.run(
                        SQL["remove"], id=row["id"], status=Status.REMOVED.value
                    )
                    self._history.note([row["id"]], Status.REMOVED.value, self._origin)
                    self._list(row["address"], Status.REMOVED.value, {})
                    self.tally.removed += 1


def _among(number: int, ordered: Sequence[int]) -> bool:
    place = bisect_left(ordered, number)
    return place < len(ordered) and ordered[place] == number
