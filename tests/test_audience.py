from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.errors import StoreError
from digest.model import Consent, Format, Length, Preferences, Status, Subscriber
from digest.store import Event, Imported, Store
from digest.store.importing import BATCH
from tests.examples import examples
from tests.projects import MONDAY, Clock
from tests.stores import in_order, opened, questions, reader

pytestmark = pytest.mark.usefixtures("engine")

BOTH = Preferences(newsletters=frozenset({"daily", "weekly"}))


def import_(
    store: Store, *readers: Subscriber, origin: str = "readers.yaml", sync: bool = True
) -> Imported:
    return store.audience.import_(readers, origin=origin, sync=sync)


def known(store: Store, address: str = "reader1@example.org") -> Subscriber:
    found = store.audience.find(address)
    assert found is not None
    return found


def kinds(store: Store, address: str = "reader1@example.org") -> list[tuple[str, str]]:
    history = store.audience.history(known(store, address).id)
    return [(event.kind, event.detail) for event in history]


class TestAReader:
    def test_comes_back_as_the_file_says_with_an_id(self, store: Store) -> None:
        full = Subscriber(
            id="",
            address="Zoë.O'Neil@example.org",
            name="Zoë \U0001f4f0",
            language="pt-BR",
            timezone="Europe/Lisbon",
            preferences=Preferences(
                newsletters=frozenset({"daily", "weekly"}),
                follows=("climate", "tag:lisbon"),
                mutes=frozenset({"sport"}),
                format=Format.TEXT,
                length=Length.FULL,
                limit=8,
            ),
            status=Status.PENDING,
            paused_until=datetime(2026, 12, 24, tzinfo=UTC),
            consent=Consent(at=datetime(2026, 2, 3, tzinfo=UTC), where="a paper slip"),
        )

        import_(store, full)

        (found,) = store.audience.all()
        assert len(found.id) == 13
        assert {f: getattr(found, f) for f in Subscriber.__slots__ if f != "id"} == {
            f: getattr(full, f) for f in Subscriber.__slots__ if f != "id"
        }

    def test_is_found_by_address_in_any_case_and_by_id(self, store: Store) -> None:
        import_(store, reader(address="Ana@Example.org"))

        found = known(store, "ana@EXAMPLE.org")

        assert found.address == "Ana@Example.org"
        assert store.audience.find(found.id) == found
        assert store.audience.find("bo@example.org") is None
        assert store.audience.find("nobody") is None

    def test_is_found_by_any_part_of_name_or_address_in_any_case(
        self, store: Store
    ) -> None:
        names = ("Émile Örn", 'Ana "the_one" Bell', "هالة", "rivers", "Bell, Bo")
        import_(store, *(reader(n, name=name) for n, name in enumerate(names)))

        def search(words: str, limit: int = 9) -> set[str]:
            return {r.name for r in store.audience.search(words, limit=limit)}

        assert search("émile ÖRN") == {"Émile Örn"}
        assert search('"THE_one"') == {'Ana "the_one" Bell'}
        assert search("_") == {'Ana "the_one" Bell'}
        assert search(" هالة ") == {"هالة"}
        assert search("river") == {"rivers"}  # and not who follows them
        assert search("READER2@") == {"هالة"}
        assert search("bell") == {'Ana "the_one" Bell', "Bell, Bo"}
        assert len(search("example.org", limit=3)) == 3
        assert search("%") == set()

    def test_is_found_with_many_others_at_once(self, store: Store) -> None:
        import_(store, *(reader(n) for n in range(BATCH + 2)))
        everyone = {s.id: s for s in store.audience.all()}

        assert store.audience.by_ids([*everyone, "nobody"]) == everyone
        assert store.audience.by_ids([]) == {}


class TestAFile:
    def test_read_again_changes_nothing(self, store: Store) -> None:
        readers = [reader(n) for n in range(3)]

        assert import_(store, *readers) == Imported(added=3)
        before = list(store.audience.all())
        assert import_(store, *readers) == Imported(same=3)
        assert list(store.audience.all()) == before

    def test_changes_only_what_it_says_differently(self, store: Store) -> None:
        import_(store, reader(1), reader(2))

        imported = import_(store, reader(1), reader(2, name="Bo"))

        assert imported == Imported(changed=1, same=1)
        assert known(store, "reader2@example.org").name == "Bo"

    def test_keeps_the_id_of_a_reader_who_writes_their_address_otherwise(
        self, store: Store
    ) -> None:
        import_(store, reader(address="ana@example.org"))
        before = known(store, "ana@example.org")

        assert import_(store, reader(address="Ana@example.org")) == Imported(changed=1)
        assert [s.address for s in store.audience.all()] == ["Ana@example.org"]
        assert known(store, "ana@example.org").id == before.id

    def test_that_names_a_reader_twice_means_the_last_row(self, store: Store) -> None:
        assert import_(store, reader(name="Ana"), reader(name="Bo")) == Imported(
            added=1
        )
        assert known(store).name == "Bo"

    def test_leaves_alone_what_another_file_said_since(self, store: Store) -> None:
        import_(store, reader(name="Ana"))
        import_(store, reader(name="Ana M."), origin="other.csv", sync=False)

        assert import_(store, reader(name="Ana")) == Imported(same=1)
        assert known(store).name == "Ana M."

    def test_changes_one_field_and_leaves_the_others_as_they_are_by_now(
        self, store: Store
    ) -> None:
        mutes = Preferences(
            newsletters=frozenset({"daily"}), mutes=frozenset({"sport"})
        )
        import_(store, reader(name="Ana"))
        import_(store, reader(preferences=mutes), origin="other.csv", sync=False)
        limit = Preferences(newsletters=frozenset({"daily"}), limit=5)

        import_(store, reader(name="Ana", preferences=limit))

        assert known(store).preferences.mutes == {"sport"}
        assert known(store).preferences.limit == 5

    def test_is_taken_in_as_a_whole_or_not_at_all(self, store: Store) -> None:
        broken = reader(2, preferences=Preferences(newsletters=frozenset({"\ud800"})))

        with pytest.raises(StoreError, match=r"not text\. Write it anew"):
            import_(store, reader(1), broken)

        assert list(store.audience.all()) == []

    @pytest.mark.slow_on_postgresql
    def test_of_four_times_the_readers_asks_the_database_four_times_as_often(
        self, store: Store, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        asked = questions(monkeypatch)
        counts = []

        for number in (500, 2000):
            asked.clear()
            readers = [reader(n + 10_000 * number) for n in range(number)]
            import_(store, *readers, origin=f"{number}.yaml")
            counts.append(len(asked))

        assert counts[1] <= 4 * counts[0] + 8
        assert counts[0] <= 10, "a batch is a few statements"


class TestAnUnsubscribe:
    def test_is_stronger_than_any_file(self, store: Store) -> None:
        import_(store, reader())
        store.audience.set_status(known(store).id, Status.UNSUBSCRIBED, by="reader")

        for origin in ("readers.yaml", "other.csv", "readers.yaml"):
            imported = import_(store, reader(name="Ana"), origin=origin)
            assert imported == Imported(kept_unsubscribed=("reader1@example.org",))

        assert known(store).status is Status.UNSUBSCRIBED
        assert kinds(store) == [
            ("imported", "readers.yaml"),
            ("unsubscribed", "reader"),
            ("changed", "readers.yaml"),
        ]

    def test_survives_leaving_the_file_and_coming_back(self, store: Store) -> None:
        import_(store, reader())
        store.audience.set_status(known(store).id, Status.UNSUBSCRIBED)

        assert import_(store) == Imported(removed=0)
        import_(store, reader())

        assert known(store).status is Status.UNSUBSCRIBED

    def test_that_the_file_knows_of_is_no_news(self, store: Store) -> None:
        import_(store, reader(status=Status.UNSUBSCRIBED))

        assert import_(store, reader(status=Status.UNSUBSCRIBED)) == Imported(same=1)

    def test_by_the_file_counts_as_well(self, store: Store) -> None:
        import_(store, reader())

        import_(store, reader(status=Status.UNSUBSCRIBED))
        import_(store, reader())

        assert known(store).status is Status.UNSUBSCRIBED

    def test_is_taken_back_by_hand_alone(self, store: Store) -> None:
        import_(store, reader(status=Status.UNSUBSCRIBED))

        assert store.audience.set_status(known(store).id, Status.ACTIVE)

        assert known(store).status is Status.ACTIVE
        assert import_(store, reader(status=Status.UNSUBSCRIBED)) == Imported(same=1)
        assert kinds(store)[-1] == ("resubscribed", "operator")


HARD = "550 5.1.1 no such mailbox"
SOFT = "452 4.2.2 the mailbox is full"


class TestABounce:
    def bounced(self, store: Store, issue: str = "daily/1", *, hard: bool) -> bool:
        return store.audience.bounced(
            known(store).id, hard=hard, reply=HARD if hard else SOFT, issue=issue
        )

    def test_for_good_stops_all_mail_and_no_file_revives_the_address(
        self, store: Store
    ) -> None:
        import_(store, reader())

        assert self.bounced(store, hard=True)

        assert known(store).status is Status.BOUNCED
        assert list(store.audience.takers("daily")) == []
        assert import_(store, reader(name="Ana")) == Imported(
            kept_bounced=("reader1@example.org",)
        )
        import_(store)
        import_(store, reader())
        assert known(store).status is Status.BOUNCED
        assert kinds(store) == [
            ("imported", "readers.yaml"),
            ("bounced", HARD),
            ("changed", "readers.yaml"),
        ]

    def test_is_said_once(self, store: Store) -> None:
        import_(store, reader())

        assert self.bounced(store, hard=True)
        assert not self.bounced(store, hard=True)
        assert not store.audience.bounced("nobody", hard=True, reply=HARD, issue="d/1")

    def test_of_who_unsubscribed_changes_nothing(self, store: Store) -> None:
        import_(store, reader(status=Status.UNSUBSCRIBED))

        assert not self.bounced(store, hard=True)
        assert known(store).status is Status.UNSUBSCRIBED

    def test_can_be_followed_by_an_unsubscribe_and_taken_back_by_hand(
        self, store: Store
    ) -> None:
        import_(store, reader())
        self.bounced(store, hard=True)

        assert store.audience.set_status(known(store).id, Status.ACTIVE)
        self.bounced(store, hard=True)
        import_(store, reader(status=Status.UNSUBSCRIBED))

        assert known(store).status is Status.UNSUBSCRIBED

    @pytest.mark.parametrize(
        ("days", "stops"), [((0, 7, 14), True), ((0, 6, 13), False), ((0, 20), False)]
    )
    def test_for_now_counts_after_three_issues_in_a_row_and_two_weeks(
        self, store: Store, clock: Clock, days: tuple[int, ...], *, stops: bool
    ) -> None:
        import_(store, reader())

        for day in days:
            clock.at = MONDAY + timedelta(days=day)
            stopped = [self.bounced(store, f"daily/{day}", hard=False) for _ in "ab"]

        assert stopped == [stops, False]
        assert (known(store).status is Status.BOUNCED) == stops
        softs = [("soft bounce", f"daily/{day}: {SOFT}") for day in days]
        ends = [("bounced", SOFT)] if stops else []
        assert kinds(store)[1:] == softs + ends

    def test_for_now_is_forgotten_when_mail_arrives(
        self, store: Store, clock: Clock, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        import_(store, reader(1), reader(2))
        for day in range(3):
            self.bounced(store, f"daily/{day}", hard=False)
        ids = [s.id for s in store.audience.all()]

        store.audience.delivered(ids)

        clock.forward(days=30)
        assert not self.bounced(store, "daily/30", hard=False)
        store.audience.delivered(ids)
        asked = questions(monkeypatch)
        store.audience.delivered(ids)
        assert len(asked) == 1, "nothing is written where nothing bounced"


class TestAReaderNoLongerInTheFile:
    def test_is_removed_and_comes_back(self, store: Store) -> None:
        import_(store, reader(1), reader(2))

        assert import_(store, reader(2)) == Imported(same=1, removed=1)
        assert known(store).status is Status.REMOVED
        assert import_(store, reader(2)) == Imported(same=1)
        assert import_(store, reader(1), reader(2)) == Imported(changed=1, same=1)
        assert known(store).status is Status.ACTIVE
        assert [kind for kind, _ in kinds(store)] == [
            "imported",
            "removed",
            "resubscribed",
        ]

    def test_stays_when_the_file_is_not_followed_exactly(self, store: Store) -> None:
        import_(store, reader(1), sync=False)

        assert import_(store, reader(2), sync=False) == Imported(added=1)
        assert known(store).status is Status.ACTIVE

    def test_goes_when_it_is_followed_exactly_from_now_on(self, store: Store) -> None:
        import_(store, reader(1), sync=False)

        assert import_(store) == Imported(removed=1)

    def test_stays_when_brought_back_by_something_else(self, store: Store) -> None:
        import_(store, reader(1))
        import_(store)
        import_(store, reader(1), origin="other.csv", sync=False)

        assert import_(store) == Imported(removed=0)
        assert known(store).status is Status.ACTIVE

    def test_stays_when_it_never_named_them(self, store: Store) -> None:
        import_(store, reader(1), origin="other.yaml")

        assert import_(store, reader(2)) == Imported(added=1)
        assert known(store).status is Status.ACTIVE

    def test_stays_while_another_followed_file_names_them(self, store: Store) -> None:
        import_(store, reader(1), origin="staff.yaml")
        import_(store, reader(1))

        assert import_(store) == Imported(removed=0)
        assert import_(store, origin="staff.yaml") == Imported(removed=1)

    def test_goes_although_they_were_once_imported_by_hand(self, store: Store) -> None:
        import_(store, reader(1), origin="old.csv", sync=False)
        import_(store, reader(1))

        assert import_(store) == Imported(removed=1)


class TestTakers:
    def test_are_the_active_readers_of_a_newsletter(self, store: Store) -> None:
        import_(
            store,
            reader(1),
            reader(2, preferences=BOTH),
            reader(3, preferences=Preferences(newsletters=frozenset({"weekly"}))),
            reader(4, status=Status.PENDING),
            reader(5, status=Status.UNSUBSCRIBED),
            reader(6, paused_until=MONDAY),
        )

        assert in_order(store.audience.takers("daily")) == [
            "reader1@example.org",
            "reader2@example.org",
            "reader6@example.org",
        ]
        assert in_order(store.audience.takers("weekly")) == [
            "reader2@example.org",
            "reader3@example.org",
        ]

    def test_follow_what_the_file_says_later(self, store: Store) -> None:
        import_(store, reader(preferences=BOTH))

        import_(store, reader())

        assert list(store.audience.takers("weekly")) == []

    @pytest.mark.slow_on_postgresql
    def test_come_by_id_however_many_there_are(self, store: Store) -> None:
        import_(store, *(reader(n) for n in range(2 * BATCH + 1)))

        found = [s.id for s in store.audience.takers("daily")]

        assert found == sorted(found)
        assert len(found) == 2 * BATCH + 1

    @pytest.mark.slow_on_postgresql
    def test_can_be_changed_while_they_are_read(self, store: Store) -> None:
        import_(store, *(reader(n) for n in range(BATCH + 5)))

        for taker in store.audience.takers("daily"):
            store.audience.set_status(taker.id, Status.UNSUBSCRIBED)

        assert list(store.audience.takers("daily")) == []
        counts = Counter(s.status for s in store.audience.all())
        assert counts == {Status.UNSUBSCRIBED: BATCH + 5}


class TestHistory:
    def test_says_what_happened_when_and_by_what(
        self, store: Store, clock: Clock
    ) -> None:
        import_(store, reader(status=Status.PENDING))
        identity = known(store).id
        clock.forward(hours=1)
        store.audience.set_status(identity, Status.ACTIVE, by="reader\0")

        assert store.audience.history(identity) == [
            Event(at=MONDAY, kind="imported", detail="readers.yaml"),
            Event(at=clock(), kind="confirmed", detail="reader\ufffd"),
        ]
        assert store.audience.history("nobody") == []

    def test_says_nothing_when_nothing_happened(self, store: Store) -> None:
        import_(store, reader())

        assert not store.audience.set_status(known(store).id, Status.ACTIVE)
        assert not store.audience.set_status("nobody", Status.UNSUBSCRIBED)
        assert len(kinds(store)) == 1

    def test_knows_who_must_confirm_again(self, store: Store) -> None:
        import_(store, reader())

        import_(store, reader(status=Status.PENDING))

        assert kinds(store)[-1] == ("pending", "readers.yaml")


ROWS = st.dictionaries(
    st.integers(1, 4),
    st.tuples(st.sampled_from(["", "Ana", "Bo"]), st.sampled_from(list(Status)[:3])),
    max_size=4,
)


@pytest.mark.slow_on_postgresql
@examples(40)
@given(files=st.lists(st.tuples(ROWS, st.booleans()), min_size=1, max_size=5))
def test_whatever_a_file_says_an_unsubscribed_reader_never_takes_anything(
    tmp_path_factory: pytest.TempPathFactory,
    files: list[tuple[dict[int, tuple[str, Status]], bool]],
) -> None:
    gone: set[str] = set()
    with opened(tmp_path_factory.mktemp("audience"), Clock()) as store:
        for file, sync in files:
            imported = import_(
                store,
                *(reader(n, name=name, status=s) for n, (name, s) in file.items()),
                sync=sync,
            )
            everyone = list(store.audience.all())
            takers = {s.address for s in store.audience.takers("daily")}

            told = imported.added + imported.changed + imported.same
            assert told + len(imported.kept_unsubscribed) == len(file)
            assert not takers & gone
            gone |= {s.address for s in everyone if s.status is Status.UNSUBSCRIBED}
            if sync:
                assert takers <= {f"reader{n}@example.org" for n in file}
