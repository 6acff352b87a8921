"""What is old is forgotten, and the numbers still add up."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path

import pytest

from digest.config import load_settings
from digest.errors import FileProblems
from digest.model import Agreed, Outcome, State, Status, Subscriber
from digest.newsroom import Newsroom
from digest.scheduler import Clock as NewsroomClock
from digest.scheduler import Watcher
from digest.settings import Retention
from digest.store import Start, Store, Tidied, tidying
from tests.commands import Shell
from tests.projects import MONDAY, SETTINGS, Clock, write_project
from tests.stores import opened, planned, reader, rows


def tidied(store: Store, before: datetime | None) -> Tidied:
    return store.tidy(
        deliveries_before=before, refusals_before=before, unconfirmed_before=before
    )


def asked(store: Store, number: int, at: datetime) -> Subscriber:
    agreed = Agreed(at=at, where="a form", method="form")
    return store.audience.ask(reader(number), agreed)


@pytest.mark.usefixtures("engine")
def test_settled_deliveries_leave_their_numbers(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tidying, "BATCH", 2)
    clock = Clock()
    with opened(tmp_path, clock) as store:
        issue = planned(store, readers=9)
        claims = store.journal.claim(issue.id, limit=8, lease_seconds=60)
        store.journal.write(
            issue.id,
            skips=[(claims[0], "nothing new")],
            starts=[Start(claim=c, dated=MONDAY, articles=("a",)) for c in claims[1:]],
            leaving=claims[1:],
        )
        states = [State.SENT] * 5 + [State.FAILED, State.UNKNOWN]
        store.journal.write(
            issue.id,
            outcomes=[
                (claim, Outcome(delivery=claim.delivery, state=state, reply="x"), None)
                for claim, state in zip(claims[1:], states, strict=True)
            ],
        )
        counts, reasons = (
            store.journal.counts(issue.id),
            store.journal.reasons(issue.id),
        )
        clock.forward(days=10)

        assert tidied(store, MONDAY) == Tidied()
        assert tidied(store, None) == Tidied()
        assert tidied(store, clock()) == Tidied(deliveries=7)
        assert tidied(store, clock()) == Tidied()

        assert store.journal.counts(issue.id) == counts
        assert store.journal.reasons(issue.id) == reasons == {"nothing new": 1}
        left = {row.state for row in store.journal.deliveries(issue.id)}
        assert left == {State.UNKNOWN, State.QUEUED}
        store.audience.erase(claims[1].subscriber)
        assert store.journal.counts(issue.id) == counts


@pytest.mark.usefixtures("engine")
def test_who_never_confirmed_goes_as_if_they_had_not_come(tmp_path: Path) -> None:
    clock = Clock()
    with opened(tmp_path, clock) as store:
        asked(store, 1, MONDAY)
        confirmed = asked(store, 2, MONDAY)
        store.audience.confirm(confirmed.id, Agreed(at=MONDAY, where="", method="x"))
        store.audience.leave(confirmed.id, None, by="reader")
        asked(store, 2, MONDAY)
        pending = reader(3, status=Status.PENDING)
        store.audience.import_([pending], origin="r.yaml", sync=False)
        store.audience.bounced(
            store.audience.find("reader3@example.org").id,  # type: ignore[union-attr]
            hard=False, reply="452 full", issue="daily/1",
        )  # fmt: skip
        clock.forward(days=31)
        asked(store, 4, clock())
        late = asked(store, 5, MONDAY)

        assert tidied(store, clock() - timedelta(days=30)) == Tidied(
            refusals=1, unconfirmed=1
        )

        known = {s.address[6] for s in store.audience.all()}
        assert known == {"2", "3", "4", "5"}
        assert store.audience.suppressed("reader1@example.org") == ""
        assert rows(tmp_path, "select * from asked") == []
        assert store.audience.find(late.id)


def test_retention_is_what_digest_yaml_says(tmp_path: Path) -> None:
    def read(part: str) -> Retention:
        folder = tmp_path / str(len(list(tmp_path.iterdir())))
        write_project(folder, settings=SETTINGS + part)
        return load_settings(folder, environment={}).retention

    assert read("") == Retention()
    assert read(
        "retention: {deliveries: forever, refusals: 12 weeks, unconfirmed: 48 h}\n"
    ) == Retention(
        deliveries=None, refusals=timedelta(weeks=12), unconfirmed=timedelta(days=2)
    )
    with pytest.raises(
        FileProblems, match="`deliveries` has no unit: 90; write it like"
    ):
        read("retention: {deliveries: 90}\n")


def test_a_day_after_the_last_time_the_clock_tidies(tmp_path: Path) -> None:
    clock, told = Clock(), list[Tidied]()
    settings = load_settings(write_project(tmp_path / "news"), environment={})
    with Newsroom(settings, now=clock) as newsroom:
        asked(newsroom.store, 1, MONDAY)
        ticker = NewsroomClock(
            newsroom, watcher=Watcher(tidied=told.append), stop=NeverStopped()
        )
        for hours in (0, 23, 1, 24 * 30):
            clock.forward(hours=hours)
            ticker.tick()

    assert told == [Tidied(), Tidied(), Tidied(unconfirmed=1)]


class NeverStopped:
    def is_set(self) -> bool:
        return False

    def wait(self, timeout: float, /) -> bool:
        raise AssertionError(timeout)


def test_the_command_says_what_is_forgotten(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    digest = Shell(capsys, write_project(tmp_path / "news"))

    assert digest("db", "tidy").out == (
        "0 settled deliveries, 0 refusals and 0 readers who never confirmed are "
        "forgotten.\n"
    )
    assert digest("db", "tidy", "--json").json == {
        "deliveries": 0, "refusals": 0, "unconfirmed": 0,
    }  # fmt: skip
