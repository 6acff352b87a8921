"""Addresses that must not be mailed, and why.

Kept as HMAC-SHA256 under a key of this database, so that an entry outlives the reader
it was about and nobody can read the address from it: who was erased is not written to
again, and is not known either (GDPR article 17; article 21(3) for the purpose). The key
is not the one of links, which an operator may replace.
"""

from __future__ import annotations

import hmac
import secrets
from collections.abc import Callable, Iterable
from datetime import datetime

from digest.addresses import same_address_key
from digest.store.database import Database, chunks, statements, storable, to_ms

SQL = statements("suppressions")

#: The reasons that decide something; others are words for people.
BY_OPERATOR = "operator"  #: taken back by the operator alone
HARD_BOUNCE = "hard bounce"
ERASED = "erased"


class Suppressions:
    """The suppressed addresses of one database."""

    def __init__(self, database: Database, *, now: Callable[[], datetime]) -> None:
        """Use the database; `now` dates entries."""
        self._database, self._now = database, now
        self._known_key: bytes | None = None

    def reason(self, address: str) -> str:
        """Return why an address must not be mailed; "" when it may be."""
        return self.among([address]).get(same_address_key(address), "")

    def among(self, addresses: Iterable[str]) -> dict[str, str]:
        """Return the reasons of those that must not be mailed, by `same_address_key`."""
        if not self._database.all(SQL["any"]):
            return {}
        found = {}
        for chunk in chunks(addresses):
            keys = {self._hash(address): same_address_key(address) for address in chunk}
            for row in self._database.all(SQL["among"], hashes=tuple(keys)):
                found[keys[row["hash"]]] = row["reason"]
        return found

    def add(self, address: str, reason: str, *, by: str) -> None:
        """Let an address not be mailed; a new reason counts, but for BY_OPERATOR."""
        self._database.run(
            SQL["add"],
            hash=self._hash(address),
            reason=storable(reason),
            by=storable(by),
            now=to_ms(self._now()),
            strongest=BY_OPERATOR,
        )

    def remove(self, address: str) -> bool:
        """Let an address be mailed again; returns False when it could be already."""
        return bool(self._database.run(SQL["remove"], hash=self._hash(address)))

    def _hash(self, address: str) -> str:
        key = same_address_key(address).encode("utf-8", "replace")
        return hmac.digest(self._key(), key, "sha256").hex()

    def _key(self) -> bytes:
        """Return the key, made when it is first needed, whoever comes first."""
        if self._known_key is None:
            row = self._database.one(SQL["key"])
            if row is None:  # not remembered: the transaction may still be undone
                self._database.run(SQL["make_key"], hex=secrets.token_hex(32))
                (row,) = self._database.all(SQL["key"])
                return bytes.fromhex(row["hex"])
            self._known_key = bytes.fromhex(row["hex"])
        return self._known_key
