"""What measures the product follows its changes: benchmarks run, at their smallest.

What they find is not looked at here; timings belong to `make bench`.
"""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from benchmarks import (
    compiling,
    importing,
    journaled,
    linting,
    report,
    sending,
    studio,
    two_thousand_readers,
)
from digest.model import State

pytestmark = pytest.mark.slow

with_sink = pytest.mark.skipif(
    sending.SINK is None, reason="NOT TESTED: install Debian's postfix for smtp-sink"
)


@pytest.fixture(autouse=True)
def results(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Keep figures of a test away from those of the machine."""
    monkeypatch.setattr(report, "RESULTS", tmp_path)
    return tmp_path


def test_compiling_and_linting_keep_what_they_find(results: Path) -> None:
    compiling.main(quick=True)
    linting.main(quick=True)

    kept = {file.stem: json.loads(file.read_text()) for file in results.iterdir()}
    assert {"compiling", "linting"} <= kept.keys()


def test_a_file_of_readers_is_taken_in_twice(
    capsys: pytest.CaptureFixture[str],
) -> None:
    importing.main(200)

    assert "seconds_again" in capsys.readouterr().out


def test_the_whole_chain_and_the_studio_are_timed(
    capsys: pytest.CaptureFixture[str],
) -> None:
    two_thousand_readers.main(20, 30)
    studio.main(20, 50)

    assert "a saved article shown after" in capsys.readouterr().out


@with_sink
def test_the_journal_sends_what_the_wire_takes() -> None:
    with sending.sink() as port, journaled.stores(["SQLite"]) as opened:
        store = opened["SQLite"]
        issue = journaled.planned(store, 30, "daily")
        assert sending.ours(port, 30, 2) > 0
        assert journaled.sent(store, issue, port, 2) > 0

        assert store.journal.counts(issue.id) == {State.SENT: 30}


@with_sink
def test_what_the_server_can_take_at_most_is_found() -> None:
    found = sending.at_most(number=100, rounds=1)

    assert found.keys() == {"smtp-source", "ours", "the server's"}
    assert all(found.values())
