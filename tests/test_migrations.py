"""A database that an older digest wrote, brought up to date with everything in it."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

from tests.projects import Clock
from tests.stores import opened, rows

HERE = Path(__file__).parent


def test_what_an_older_digest_wrote_is_kept(tmp_path: Path) -> None:
    """A database of the first format, with a row in every state, is brought up to date."""
    first = HERE.parent / "digest" / "store" / "migrations" / "0001_first.sql"
    with closing(sqlite3.connect(tmp_path / "digest.db")) as old:
        old.executescript(first.read_text())
        old.executescript(FORMER_ROWS)

    with opened(tmp_path, Clock()) as store:
        found = {row.subscriber: row for row in store.journal.deliveries("daily/1")}
        received = store.journal.received(list("stuvw"), ["x", "y", "z"])
        due = store.journal.claim("daily/1", limit=9, lease_seconds=60)
    with opened(tmp_path, Clock()) as again:
        assert again.journal.received(["s"], ["x", "y"]) == {"s": {"x", "y"}}

    states = {reader: row.state.value for reader, row in found.items()}
    assert states == {
        "s": "sent", "t": "unknown", "u": "queued", "v": "deferred", "w": "skipped",
    }  # fmt: skip
    assert received == {"s": {"x", "y"}, "t": {"y"}}
    settled = "select subscriber from delivery where due_ms < 0 order by subscriber"
    assert rows(tmp_path, settled) == [("s",), ("t",), ("w",)]
    assert (found["s"].reply, found["w"].reason) == ("250 ok", "paused")
    assert {claim.subscriber for claim in due} == {"u"}


FORMER_ROWS = """
update schema_version set version = 1;
insert into article_version values
  ('1', 'x', '{}'), ('2', 'y', '{}'), ('3', 'z', '{}');
insert into issue values
  ('daily/1', 'daily', 1, 0, 1, 5, null), ('daily/0', 'daily', 0, 0, 0, 4, null);
insert into issue_article values ('daily/1', 0, '1'), ('daily/1', 1, '2'),
  ('daily/1', 2, '3');
insert into subscriber values
  ('s', 's@x', 's@x', 'active', '{}'), ('t', 't@x', 't@x', 'active', '{}'),
  ('u', 'u@x', 'u@x', 'active', '{}'), ('v', 'v@x', 'v@x', 'active', '{}'),
  ('w', 'w@x', 'w@x', 'active', '{}');
insert into delivery values
  ('1', 'daily/1', 's', 'sent', null, 0, 0, 1, 9, 0, '', '250 ok', 9),
  ('2', 'daily/1', 't', 'sending', 'k', 9, 0, 1, 9, 0, '', '', 9),
  ('3', 'daily/1', 'u', 'claimed', 'k', 9, 0, 0, null, 0, '', '', 9),
  ('4', 'daily/1', 'v', 'deferred', null, 0, 9999999999999, 1, 9, 0, '', '450', 9),
  ('5', 'daily/1', 'w', 'skipped', null, 0, 0, 0, null, 0, 'paused', '', 9);
insert into received values ('s', 'x', '1'), ('s', 'y', '1'), ('t', 'y', '2');
"""
