"""What readers decide themselves, on both engines, and what no file undoes."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from digest.errors import InputError
from digest.model import (
    Agreed,
    Consent,
    Outcome,
    Preferences,
    State,
    Status,
    Subscriber,
)
from digest.store import Event, Imported, Start, Store
from digest.store.copying import ALL, TABLES
from tests.projects import MONDAY, Clock
from tests.stores import in_order, opened, planned, reader, rows

pytestmark = pytest.mark.usefixtures("engine")

BOTH = Preferences(newsletters=frozenset({"daily", "weekly"}))
PAGE = "https://ledger.example/subscribe"
FORM = Agreed(at=MONDAY, where=PAGE, method="form", wording="Yes, send me news.")
YES = replace(FORM, method="confirmed", details="form 3")
ADDRESS = "reader1@example.org"


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with opened(tmp_path, Clock()) as store:
        yield store


def import_(
    store: Store, *readers: Subscriber, origin: str = "readers.yaml", sync: bool = True
) -> Imported:
    return store.audience.import_(readers, origin=origin, sync=sync)


def known(store: Store, address: str = ADDRESS) -> Subscriber:
    found = store.audience.find(address)
    assert found is not None
    return found


def told(store: Store, address: str = ADDRESS) -> list[tuple[str, str]]:
    history = store.audience.history(known(store, address).id)
    return [(event.kind, event.detail) for event in history]


def taking(*newsletters: str) -> Preferences:
    return Preferences(newsletters=frozenset(newsletters))


def following(*topics: str) -> Preferences:
    return replace(taking("daily"), follows=topics)


class TestAChange:
    def test_is_written_with_what_it_changed(self, store: Store) -> None:
        import_(store, reader())
        identity = known(store).id

        def change(subscriber: Subscriber) -> Subscriber:
            return replace(subscriber, id="other", name="Ana", preferences=BOTH)

        changed = store.audience.change(identity, change, by="reader")

        assert known(store) == changed
        assert (changed.id, changed.name, changed.preferences) == (
            identity,
            "Ana",
            BOTH,
        )
        assert in_order(store.audience.takers("weekly")) == [ADDRESS]
        assert store.audience.history(identity)[1:] == [
            Event(
                at=MONDAY,
                kind="changed",
                detail="reader",
                changed={
                    "name": ("", "Ana"),
                    "preferences.newsletters": (["daily"], ["daily", "weekly"]),
                },
            )
        ]

    def test_of_nothing_leaves_no_event(self, store: Store) -> None:
        import_(store, reader())

        store.audience.change(known(store).id, lambda s: s, by="reader")

        assert told(store) == [("imported", "readers.yaml")]

    def test_of_nobody_and_one_that_fails_write_nothing(self, store: Store) -> None:
        import_(store, reader(1), reader(2))
        taken = replace(known(store), address="READER2@example.org")

        with pytest.raises(InputError, match="no reader 'nobody' is known"):
            store.audience.change("nobody", lambda s: s, by="reader")
        with pytest.raises(InputError, match=r"another reader \(\w{13}\) has this"):
            store.audience.change(taken.id, lambda _: taken, by="reader")

        assert told(store) == [("imported", "readers.yaml")]

    def test_of_the_address_is_understood_by_files_that_name_the_former(
        self, store: Store
    ) -> None:
        import_(store, reader(name="Ana"))
        identity = known(store).id
        store.audience.change(
            identity, lambda s: replace(s, address="ana@new.example"), by="reader"
        )

        assert import_(store, reader(name="Ana")) == Imported(same=1)
        assert import_(store, reader(name="Ana M.")) == Imported(changed=1)
        import_(store, reader(), origin="other.csv", sync=False)
        both = [reader(name="Ana M."), reader(address="ana@new.example", name="Ana N.")]
        import_(store, *both)

        (ana,) = store.audience.all()
        assert (ana.id, ana.address, ana.name) == (
            identity,
            "ana@new.example",
            "Ana N.",
        )
        assert store.audience.find(ADDRESS) is None

    def test_of_the_address_leaves_the_former_to_who_asks_with_it(
        self, store: Store
    ) -> None:
        import_(store, reader())
        moved = store.audience.change(
            known(store).id, lambda s: replace(s, address="a@new.example"), by="reader"
        )

        other = store.audience.ask(reader(name="Bo"), FORM)

        assert other.id != moved.id
        assert import_(store, reader(name="Bo")).added == 0
        assert store.audience.find("a@new.example") == moved


class TestWhoAsks:
    def test_is_pending_until_they_confirm(self, store: Store) -> None:
        asked = store.audience.ask(reader(preferences=following("climate")), FORM)
        again = store.audience.ask(reader(preferences=following("rivers")), FORM)

        assert asked.id == again.id
        assert known(store) == again
        assert again.status is Status.PENDING
        assert list(store.audience.takers("daily")) == []
        assert told(store) == [("asked", PAGE), ("asked", PAGE)]

        active = store.audience.confirm(asked.id, YES)
        assert store.audience.confirm(asked.id, YES) == active == known(store)

        assert active.status is Status.ACTIVE
        assert active.preferences.follows == ("rivers",)
        assert active.consent == Consent(at=MONDAY, where=PAGE)
        assert in_order(store.audience.takers("daily")) == [ADDRESS]
        assert told(store)[2:] == [("confirmed", PAGE)]
        assert store.audience.agreements(asked.id) == [FORM, FORM, YES]

    def test_and_is_active_changes_nothing(self, store: Store) -> None:
        import_(store, reader(name="Ana"))
        before = known(store)

        assert store.audience.ask(reader(name="Mallory"), FORM) == before
        assert known(store) == before

    def test_after_leaving_gets_what_they_asked_for_last(self, store: Store) -> None:
        import_(store, reader(preferences=BOTH))
        identity = known(store).id
        store.audience.leave(identity, "weekly", by="reader")
        store.audience.leave(identity, None, by="reader")

        asked = store.audience.ask(reader(preferences=taking("weekly")), FORM)
        assert asked.status is Status.UNSUBSCRIBED
        active = store.audience.confirm(identity, YES)

        assert (active.status, active.preferences, active.left) == (
            Status.ACTIVE,
            taking("weekly"),
            frozenset(),
        )
        assert in_order(store.audience.takers("weekly")) == [ADDRESS]
        assert told(store)[-2:] == [("asked", PAGE), ("resubscribed", PAGE)]

    def test_and_confirmed_does_not_stand_and_fall_with_a_file(
        self, store: Store
    ) -> None:
        store.audience.confirm(store.audience.ask(reader(), FORM).id, YES)
        import_(store, reader(), reader(2))

        assert import_(store) == Imported(removed=1)

        assert known(store).status is Status.ACTIVE

    def test_may_do_so_again_after_a_bounce_or_a_complaint_but_not_past_the_operator(
        self, store: Store
    ) -> None:
        import_(store, reader(1), reader(2), reader(3))
        reasons = ["hard bounce", "complaint", "operator"]
        for n, reason in enumerate(reasons, 1):
            store.audience.suppress(f"reader{n}@example.org", reason, by="test")
        ids = [known(store, f"reader{n}@example.org").id for n in (1, 2, 3)]

        active = [store.audience.confirm(each, YES).status for each in ids[:2]]
        with pytest.raises(InputError, match="the operator has suppressed"):
            store.audience.confirm(ids[2], YES)
        with pytest.raises(InputError, match="no reader 'nobody' is known"):
            store.audience.confirm("nobody", YES)

        assert active == [Status.ACTIVE, Status.ACTIVE]
        assert [
            store.audience.suppressed(f"reader{n}@example.org") for n in (1, 2, 3)
        ] == [
            "",
            "",
            "operator",
        ]


class TestWhoLeaves:
    def test_one_newsletter_gets_the_others_whatever_files_say(
        self, store: Store
    ) -> None:
        import_(store, reader(preferences=BOTH))
        identity = known(store).id

        for _ in range(2):
            left = store.audience.leave(identity, "weekly", by="reader")

        assert (left.status, left.preferences) == (Status.ACTIVE, taking("daily"))
        said_otherwise = reader(
            preferences=taking("daily", "weekly", "science"), name="Ana"
        )
        assert import_(store, said_otherwise) == Imported(
            changed=1, kept_left=(ADDRESS,)
        )
        import_(store, said_otherwise, origin="other.csv", sync=False)
        assert known(store).preferences == taking("daily", "science")
        assert known(store).left == {"weekly"}
        assert list(store.audience.takers("weekly")) == []
        assert told(store)[1:] == [("left", "reader"), ("changed", "readers.yaml")]

    def test_the_last_newsletter_is_active_and_gets_nothing(self, store: Store) -> None:
        import_(store, reader())

        left = store.audience.leave(known(store).id, "daily", by="reader")
        import_(store, reader(name="Ana"))

        assert (left.status, known(store).status) == (Status.ACTIVE, Status.ACTIVE)
        assert list(store.audience.takers("daily")) == []

    def test_by_a_choice_of_newsletters_left_as_well(self, store: Store) -> None:
        import_(store, reader(1, preferences=BOTH), reader(2, preferences=BOTH))

        def take(number: int, *newsletters: str, by: str) -> frozenset[str]:
            address = f"reader{number}@example.org"
            return store.audience.change(
                known(store, address).id,
                lambda s: replace(s, preferences=taking(*newsletters)),
                by=by,
            ).left

        assert take(1, "daily", by="reader") == {"weekly"}
        assert take(2, "daily", by="operator") == frozenset()
        everybody = [reader(n, name="Ana", preferences=BOTH) for n in (1, 2)]
        import_(store, *everybody, origin="other.csv", sync=False)
        assert in_order(store.audience.takers("weekly")) == ["reader2@example.org"]
        assert take(1, "daily", "weekly", by="operator") == frozenset()

    def test_may_undo_it(self, store: Store) -> None:
        import_(store, reader(preferences=BOTH))
        before = known(store)

        store.audience.leave(before.id, "weekly", by="reader")
        assert store.audience.rejoin(before.id, "weekly", by="reader") == before
        store.audience.leave(before.id, None, by="reader")
        assert known(store).status is Status.UNSUBSCRIBED
        assert store.audience.rejoin(before.id, None, by="reader") == before
        assert store.audience.rejoin(before.id, None, by="reader") == before

        assert [kind for kind, _ in told(store)[1:]] == [
            "left",
            "rejoined",
            "unsubscribed",
            "resubscribed",
        ]
        assert in_order(store.audience.takers("weekly")) == [ADDRESS]


class TestASuppressedAddress:
    def test_is_not_mailed_and_no_file_brings_it_back(self, store: Store) -> None:
        import_(store, reader(1), reader(2))
        for address, reason in (
            ("Reader1@Example.org", "complaint"),
            ("reader2@example.org", "hard bounce"),
            ("reader3@example.org", "operator"),
        ):
            store.audience.suppress(address, reason, by="test")
            store.audience.suppress(address, "complaint", by="again")

        imported = import_(store, *(reader(n, name="New") for n in range(1, 5)))

        assert imported == Imported(
            added=1,
            kept_unsubscribed=("reader1@example.org", "reader2@example.org"),
            kept_suppressed=("reader3@example.org",),
        )
        assert in_order(store.audience.takers("daily")) == ["reader4@example.org"]
        assert told(store)[1] == ("unsubscribed", "test: complaint")
        assert store.audience.suppressed("READER3@example.org") == "operator"

    def test_cannot_be_given_mail_by_any_change(self, store: Store) -> None:
        import_(store, reader(1), reader(2))
        store.audience.suppress(ADDRESS, "complaint", by="test")
        store.audience.suppress("away@example.org", "complaint", by="test")
        gone, other = known(store), known(store, "reader2@example.org")
        active = replace(gone, status=Status.ACTIVE)
        moved = replace(other, address="away@example.org")

        with pytest.raises(InputError, match=r"must not be mailed \(complaint\)"):
            store.audience.change(gone.id, lambda _: active, by="operator")
        with pytest.raises(InputError, match=r"must not be mailed \(complaint\)"):
            store.audience.rejoin(gone.id, None, by="reader")
        with pytest.raises(InputError, match=r"must not be mailed \(complaint\)"):
            store.audience.change(other.id, lambda _: moved, by="operator")

        assert store.audience.unsuppress(ADDRESS)
        assert not store.audience.unsuppress(ADDRESS)
        assert store.audience.change(gone.id, lambda _: active, by="o") == active

    def test_is_found_by_the_next_process_and_cannot_be_read(
        self, store: Store, tmp_path: Path
    ) -> None:
        store.audience.suppress(ADDRESS, "complaint", by="test")

        with closing(store), opened(tmp_path, Clock()) as again:
            assert again.audience.suppressed(ADDRESS) == "complaint"

        ((hashed, *_),) = rows(tmp_path, "select * from suppression")
        assert len(str(hashed)) == 64


def fill(store: Store, identity: str) -> None:
    """Leave traces of a reader wherever there can be any."""
    store.audience.change(
        identity,
        lambda s: replace(s, address=f"{identity}@new.example"),
        by="reader",
    )
    gone = store.audience.leave(identity, None, by="reader")
    store.audience.ask(gone, FORM)
    active = store.audience.rejoin(identity, None, by="reader")
    assert not store.audience.bounced(active.id, hard=False, reply="4", issue="daily/1")


class TestWhoIsErased:
    def test_leaves_a_hash_and_numbers(self, store: Store, tmp_path: Path) -> None:
        issue = planned(store, readers=3)
        gone = known(store)
        store.audience.change(
            gone.id, lambda s: replace(s, address="a@new.example"), by="reader"
        )
        store.audience.confirm(
            store.audience.ask(reader(4), FORM).id, YES
        )  # stays, as others do
        claims = store.journal.claim(issue.id, limit=9, lease_seconds=60)
        store.journal.write(
            issue.id,
            starts=[
                Start(claim=claim, dated=MONDAY, articles=("a",)) for claim in claims
            ],
            leaving=claims,
        )
        sent = [
            (
                claim,
                Outcome(delivery=claim.delivery, state=State.SENT, reply="250"),
                None,
            )
            for claim in claims
        ]

        store.journal.write(issue.id, outcomes=sent[:1])
        for claim, _, _ in sent[:2]:
            fill(store, claim.subscriber)
        holding = {
            table
            for table in TABLES
            if any(
                claims[0].subscriber in row for row in rows(tmp_path, ALL.format(table))
            )
        }
        assert holding == {
            "subscriber",
            "taken",
            "imported",
            "event",
            "agreement",
            "asked",
            "formerly",
            "soft_bounce",
            "delivery",
        }
        for claim, _, _ in sent[:2]:
            store.audience.erase(claim.subscriber)
        written = store.journal.write(issue.id, outcomes=sent[1:])

        assert written.recorded == {claims[2].delivery}
        assert store.journal.counts(issue.id) == {State.SENT: 2, State.SKIPPED: 1}
        assert store.journal.reasons(issue.id) == {"erased while in doubt": 1}
        ids = {claims[0].subscriber, claims[1].subscriber}
        for table in TABLES:
            assert not any(
                ids & set(map(str, row))
                for row in rows(tmp_path, f"select * from {table}")
            ), table
        with pytest.raises(InputError, match="no reader"):
            store.audience.erase(claims[0].subscriber)

    def test_is_brought_back_by_no_file_but_by_themselves(self, store: Store) -> None:
        import_(store, reader(1), reader(2))
        store.audience.change(
            known(store).id, lambda s: replace(s, address="a@new.example"), by="reader"
        )
        store.audience.erase(known(store, "a@new.example").id)

        imported = import_(store, reader(1), reader(2), reader(address="a@new.example"))
        assert imported == Imported(same=1, kept_suppressed=(ADDRESS, "a@new.example"))

        back = store.audience.confirm(store.audience.ask(reader(1), FORM).id, YES)
        assert back.status is Status.ACTIVE
        assert store.audience.suppressed(ADDRESS) == ""
        assert told(store) == [("asked", PAGE), ("confirmed", PAGE)]
