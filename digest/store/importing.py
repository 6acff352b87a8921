"""Taking in a file of readers, a batch at a time: what it says differently counts.

A million readers are a few thousand batches; what is new in one is written with four
statements, and a reader about whom the file says what it said before costs a look.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Callable, Container, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from digest.addresses import same_address_key
from digest.jsonform import dump
from digest.model import Status, Subscriber
from digest.store.database import Database, Row, Single, chunks, new_id, statements
from digest.store.history import Changes, kind_of
from digest.store.merging import differences, held_form, merged_form
from digest.store.profiles import Form, form_of, profile_of

SQL = statements("importing")

BATCH = 500  #: readers looked up at a time

Values = dict[str, Single]


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
    named: set[str] = field(default_factory=set)


class Import:
    """One import of one file, inside a transaction; use once."""

    def __init__(
        self,
        database: Database,
        *,
        origin: str,
        standing: bool,
        note: Callable[[Sequence[str], str, str, Changes], None],
        suppressed: Callable[[Iterable[str]], Mapping[str, str]],
    ) -> None:
        """Take what the file is called; `note` adds to readers' history.

        `suppressed` returns which addresses must not be mailed, by their key.
        """
        self._database, self._origin = database, origin
        self._standing, self._note = int(standing), note
        self._suppressed = suppressed
        self.tally = Tally()

    def take_in(self, subscribers: Sequence[Subscriber]) -> None:
        """Import one batch; of two with the same address the last one counts."""
        given = {same_address_key(s.address): s for s in subscribers}
        rows = self._database.all(SQL["held"], keys=tuple(given), origin=self._origin)
        held = {row["named"]: row for row in rows}
        suppressed = self._suppressed(key for key in given if key not in held)
        new: list[tuple[str, str, Form]] = []
        said_now: list[Values] = []
        for key, subscriber in given.items():
            said, row = form_of(subscriber), held.get(key)
            if key in suppressed:
                self.tally.suppressed.append(subscriber.address)
                continue
            if row and self._is_named_twice(key, row, given):
                self.tally.same += 1
                continue
            text = dump(said)
            identity = row["id"] if row else new_id()
            self.tally.named.add(identity)
            if row is None:
                new.append((identity, key, said))
            elif self._is_as_before(row, text, said):
                continue
            said_now.append(
                {
                    "origin": self._origin,
                    "subscriber": identity,
                    "said": text,
                    "standing": self._standing,
                }
            )
        self._insert(new)
        self._database.many(SQL["upsert_imported"], said_now)

    def _is_named_twice(self, key: str, row: Row, given: Container[str]) -> bool:
        """Whether a row has a reader's former address, and another one the new."""
        return row["address_key"] != key and (
            row["address_key"] in given or row["id"] in self.tally.named
        )

    def _is_as_before(self, row: Row, text: str, said: Form) -> bool:
        """Write what the file says differently; whether it says what it said before."""
        repeated = row["said"] == text
        status = Status(row["status"])
        if not repeated or status is Status.REMOVED:
            self._update(row, status, said)
        elif status.final and status != said["status"]:
            self.tally.kept[status].append(row["address"])
        else:
            self.tally.same += 1
        return repeated and bool(row["standing"] == self._standing)

    def _insert(self, new: Sequence[tuple[str, str, Form]]) -> None:
        """Write readers nobody knew."""
        self.tally.added += len(new)
        self._database.many(
            SQL["insert"],
            [
                {
                    "id": identity,
                    "address": said["address"],
                    "key": key,
                    "status": said["status"],
                    "profile": profile_of(said),
                }
                for identity, key, said in new
            ],
        )
        self._take([(identity, said) for identity, _, said in new])
        self._note([identity for identity, _, _ in new], "imported", self._origin, {})

    def _update(self, row: Row, status: Status, said: Form) -> None:
        """Write what a file says differently about a reader already known."""
        held = held_form(json.loads(row["profile"]), row["status"])
        merged = merged_form(held, json.loads(row["said"] or "null"), said)
        if row["named"] != row["address_key"]:
            merged["address"] = held["address"]
        if status.final and merged["status"] == status != said["status"]:
            self.tally.kept[status].append(row["address"])
        elif merged == held:
            self.tally.same += 1
        else:
            self.tally.changed += 1
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
        self._take([(row["id"], merged)])
        changed = dict(differences(held, merged))
        word = "changed"
        if changed.pop("status", None):
            word = kind_of(status, Status(merged["status"]))
        self._note([row["id"]], word, self._origin, changed)

    def _take(self, readers: Sequence[tuple[str, Form]]) -> None:
        """Repeat which newsletters readers take, for SQL."""
        self._database.many(
            SQL["take"],
            [
                {"newsletter": newsletter, "subscriber": identity}
                for identity, said in readers
                for newsletter in said["preferences"]["newsletters"]
            ],
        )

    def remove_others(self) -> None:
        """Remove the readers the file named and no longer names."""
        after = ""
        while rows := self._database.all(
            SQL["named_by"], origin=self._origin, after=after, limit=BATCH
        ):
            after = rows[-1]["subscriber"]
            readers = [row["subscriber"] for row in rows]
            missing = [each for each in readers if each not in self.tally.named]
            for chunk in chunks(missing):
                self._database.run(SQL["forget"], origin=self._origin, ids=chunk)
                for row in self._database.all(SQL["to_remove"], ids=chunk):
                    self._database.run(
                        SQL["remove"], id=row["id"], status=Status.REMOVED.value
                    )
                    self._note([row["id"]], Status.REMOVED.value, self._origin, {})
                    self.tally.removed += 1
