from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given
from hypothesis import strategies as st

from digest.model import Article, Fetched, Issue, Problem, SourceRecord, Validators
from digest.store import Added, Store
from digest.store.withdrawing import By
from tests.examples import examples
from tests.projects import MONDAY, Clock
from tests.stores import article, issue, opened, rows

pytestmark = pytest.mark.usefixtures("engine")

HOUR = timedelta(hours=1)
LATER = MONDAY + 24 * HOUR
FOREVER = datetime.max.replace(tzinfo=UTC)


def ids(articles: list[Article]) -> list[str]:
    return [article.id for article in articles]


def frozen(store: Store, draft: Issue) -> Issue:
    made = store.archive.freeze(draft)
    assert made is not None
    return made


class TestAnArticle:
    def test_is_new_once_then_the_same_then_changed(self, store: Store) -> None:
        corrected = article(headline="Corrected")

        assert store.archive.add([article()]) == Added(new=1)
        assert store.archive.add([article()]) == Added(same=1)
        assert store.archive.add([corrected]) == Added(changed=1)
        assert store.archive.add([corrected]) == Added(same=1)
        assert store.archive.article("article1") == corrected

    def test_that_nobody_knows_is_none(self, store: Store) -> None:
        assert store.archive.article("missing") is None

    def test_given_twice_at_once_counts_once(self, store: Store) -> None:
        added = store.archive.add([article(), article(headline="The second")])

        assert added == Added(new=1)
        assert store.archive.articles() == [article(headline="The second")]

    def test_that_says_less_again_is_back_as_it_was(self, store: Store) -> None:
        for headline in ("Before", "After", "Before"):
            store.archive.add([article(headline=headline)])

        assert store.archive.articles() == [article(headline="Before")]

    def test_leaves_no_version_behind_that_nobody_needs(
        self, store: Store, tmp_path: Path
    ) -> None:
        for number in range(5):
            store.archive.add([article(headline=f"Draft {number}")])

        assert rows(tmp_path, "select count(*) from article_version") == [(1,)]

    @pytest.mark.slow_on_postgresql
    @pytest.mark.slow
    def test_of_ten_thousand_is_added_in_one_step(self, store: Store) -> None:
        many = [article(n) for n in range(10_000)]

        assert store.archive.add(many) == Added(new=10_000)
        assert store.archive.add(iter(many)) == Added(same=10_000)


class TestAnArticleOfTwoSources:
    def test_does_not_flip_between_them(self, store: Store) -> None:
        house, wire = article(source="house"), article(source="wire", body="Short")
        store.archive.add([house])

        assert store.archive.add([wire]) == Added(same=1)
        assert store.archive.add([house]) == Added(same=1)
        assert store.archive.article("article1") == house

    def test_belongs_to_both(self, store: Store) -> None:
        store.archive.add([article(1, source="house"), article(2, source="house")])
        store.archive.add([article(1, source="wire"), article(3, source="pages")])

        assert ids(store.archive.articles(sources=["wire"])) == ["article1"]
        assert ids(store.archive.articles(sources=["wire", "pages"])) == [
            "article1",
            "article3",
        ]
        assert len(store.archive.articles(sources=[])) == 3

    def test_given_by_hand_wins_from_then_on(self, store: Store) -> None:
        house, hand = article(source="house"), article(source="added", tags=("lisbon",))
        store.archive.add([house])

        assert store.archive.add([hand], by_hand=True) == Added(changed=1)
        assert store.archive.add([replace(house, body="New")]) == Added(same=1)
        assert store.archive.article("article1") == hand


class TestAWindow:
    def test_is_half_open(self, store: Store, clock: Clock) -> None:
        for number in range(3):
            store.archive.add([article(number)])
            clock.forward(hours=1)

        found = store.archive.articles(since=MONDAY, until=MONDAY + 2 * HOUR)

        assert ids(found) == ["article1", "article0"]

    def test_lists_the_newest_first_and_no_more_than_asked_for(
        self, store: Store, clock: Clock
    ) -> None:
        for number in range(5):
            store.archive.add([article(number)])
            clock.forward(minutes=1)

        assert ids(store.archive.articles(limit=2)) == ["article4", "article3"]

    def test_may_begin_before_everything(self, store: Store, clock: Clock) -> None:
        store.archive.add([article()])
        clock.forward(seconds=1)

        beginning = datetime.min.replace(tzinfo=UTC)
        assert ids(store.archive.articles(since=beginning, until=clock())) == [
            "article1"
        ]

    def test_holds_an_embargoed_article_only_when_its_time_comes(
        self, store: Store, clock: Clock
    ) -> None:
        embargo = MONDAY + 5 * HOUR
        store.archive.add([article(published=embargo)])

        assert store.archive.articles(until=embargo) == []
        assert ids(store.archive.articles(since=embargo)) == ["article1"]

    def test_holds_an_old_article_that_was_seen_today(self, store: Store) -> None:
        store.archive.add([article(published=MONDAY - timedelta(days=400))])

        assert ids(store.archive.articles(since=MONDAY)) == ["article1"]

    def test_holds_what_came_by_a_clock_behind_that_of_the_last_window(
        self, store: Store, clock: Clock
    ) -> None:
        # Another machine's, or this one's that was set right.
        end = MONDAY + HOUR
        frozen(store, issue(until=end))
        store.archive.add([article(1)])
        store.archive.add([article(2, published=end + HOUR)])
        store.archive.withdrawing.withdraw(["article1"], By.OPERATOR, now=clock())
        store.archive.withdrawing.restore(article(1), now=clock())

        found = store.archive.articles(since=end, until=end + HOUR)

        assert ids(found) == ["article1"]
        assert ids(store.archive.articles(since=end + HOUR)) == ["article2"]

    def test_is_not_entered_again_by_a_change(self, store: Store, clock: Clock) -> None:
        store.archive.add([article()])
        clock.forward(hours=2)

        store.archive.add([article(headline="Corrected", published=clock() - HOUR)])

        assert store.archive.articles(since=MONDAY + HOUR) == []

    def test_is_entered_today_when_an_embargo_is_lifted(
        self, store: Store, clock: Clock
    ) -> None:
        store.archive.add([article(published=MONDAY + 9 * HOUR)])
        clock.forward(hours=2)

        store.archive.add([article(published=MONDAY - HOUR)])

        assert ids(store.archive.articles(since=clock())) == ["article1"]
        assert ids(store.archive.articles(until=clock() + HOUR)) == ["article1"]

    @pytest.mark.slow_on_postgresql
    @examples(
        40,
        suppress_health_check=[
            HealthCheck.function_scoped_fixture,
            HealthCheck.differing_executors,  # one on each engine
        ],
    )
    @given(
        steps=st.lists(
            st.tuples(
                st.integers(0, 4),  # which article
                st.none() | st.integers(-3000, 9000),  # published, in ms from now
                st.integers(0, 3000),  # until the next
                st.booleans(),  # whether an issue is made then
            ),
            min_size=1,
            max_size=12,
        )
    )
    def test_of_one_issue_or_another_has_every_article_exactly_once(
        self,
        tmp_path_factory: pytest.TempPathFactory,
        steps: list[tuple[int, int | None, int, bool]],
    ) -> None:
        clock, carried, since = Clock(), list[str](), MONDAY - HOUR
        with opened(tmp_path_factory.mktemp("window"), clock) as store:
            for number, published, pause, cut in [*steps, (0, None, 10_000, True)]:
                at = (
                    None
                    if published is None
                    else clock() + timedelta(milliseconds=published)
                )
                store.archive.add([article(number, published=at, body=f"{at}")])
                clock.forward(milliseconds=pause)
                if cut:
                    found = store.archive.articles(since=since, until=clock())
                    carried += ids(found)
                    since = clock()
            carried += ids(store.archive.articles(since=since, until=FOREVER))

        assert sorted(carried) == sorted({f"article{n}" for n, *_ in [*steps, (0,)]})


class TestASource:
    def test_that_answered_is_remembered(self, store: Store, clock: Clock) -> None:
        validators = Validators(etag='"abc"', last_modified="Mon, 23 Nov 2026")
        problem = Problem(where="item 2", what="no title")

        store.archive.record_fetch(
            "wire",
            Fetched(articles=(article(),), validators=validators, problems=(problem,)),
        )

        assert store.archive.source_records() == [
            SourceRecord(
                name="wire", validators=validators, last_success=clock(), items=1
            )
        ]
        assert store.archive.validators() == {"wire": validators}

    def test_that_fails_keeps_its_last_success(
        self, store: Store, clock: Clock
    ) -> None:
        answer = Fetched(articles=(article(),), validators=Validators(etag='"abc"'))
        store.archive.record_fetch("wire", answer)
        clock.forward(hours=1)

        store.archive.record_fetch("wire", Fetched(error="no answer \ud800\0"))

        (record,) = store.archive.source_records()
        assert (record.last_success, record.items) == (MONDAY, 1)
        assert (record.last_error, record.last_error_at) == (
            "no answer ?\ufffd",
            clock(),
        )
        assert record.validators.etag == '"abc"'

    def test_that_is_unchanged_succeeded(self, store: Store, clock: Clock) -> None:
        answer = Fetched(articles=(article(),), validators=Validators(etag='"abc"'))
        store.archive.record_fetch("wire", answer)
        clock.forward(hours=1)

        store.archive.record_fetch("wire", Fetched(unchanged=True))

        (record,) = store.archive.source_records()
        assert (record.last_success, record.items) == (clock(), 1)
        assert record.validators.etag == '"abc"'

    def test_is_listed_by_name(self, store: Store) -> None:
        for name in ("wire", "articles"):
            store.archive.record_fetch(name, Fetched())

        assert [r.name for r in store.archive.source_records()] == ["articles", "wire"]


class TestAnIssue:
    def test_comes_back_as_it_was_frozen(self, store: Store) -> None:
        articles = (article(2), article(1, pinned=True))
        until = MONDAY + timedelta(microseconds=1_234_567)

        made = frozen(store, issue(until=until, slot="daily@07", articles=articles))

        assert made.until == MONDAY + timedelta(milliseconds=1234)
        assert made.articles == articles
        assert store.archive.issue(made.id) == made
        assert store.archive.last_issue("daily") == made
        assert store.archive.issues() == store.archive.issues("daily") == [made]

    def test_that_nobody_made_is_none(self, store: Store) -> None:
        assert store.archive.issue("daily/1") is None
        assert store.archive.last_issue("daily") is None
        assert store.archive.issues("daily") == []

    def test_does_not_change_with_its_articles(self, store: Store) -> None:
        store.archive.add([article()])
        made = frozen(store, issue(articles=(article(),)))

        store.archive.add([article(headline="Corrected")])
        store.archive.add([article(headline="Corrected again")])

        assert store.archive.issue(made.id) == made

    def test_has_the_next_number_of_its_newsletter(self, store: Store) -> None:
        made = [
            frozen(store, issue(1, newsletter=name))
            for name in ("daily", "weekly", "daily")
        ]

        assert [each.number for each in made] == [1, 1, 2]

    def test_gets_another_id_when_its_own_is_taken(self, store: Store) -> None:
        made = [frozen(store, issue(7)) for _ in range(3)]

        assert [each.id for each in made] == ["daily/7", "daily/7.2", "daily/7.3"]

    def test_of_a_slot_is_made_once(self, store: Store) -> None:
        first = frozen(store, issue(1, slot="daily@07"))

        assert store.archive.freeze(issue(2, slot="daily@07")) is None
        assert store.archive.issues() == [first]
        assert frozen(store, issue(slot="daily@07", newsletter="weekly")).number == 1

    def test_must_begin_where_the_last_one_ended(self, store: Store) -> None:
        frozen(store, issue(1, since=MONDAY - HOUR, until=MONDAY))

        assert store.archive.freeze(issue(2, since=MONDAY - HOUR)) is None
        assert store.archive.freeze(issue(2, since=MONDAY + HOUR)) is None
        assert frozen(store, issue(2, since=MONDAY, until=MONDAY + HOUR)).number == 2

    def test_refused_leaves_its_slot_free(self, store: Store) -> None:
        frozen(store, issue(1, until=MONDAY + HOUR))

        assert store.archive.freeze(issue(2, slot="daily@08")) is None
        assert store.archive.last_slot("daily", until=LATER) is None

    def test_is_listed_after_those_made_before(
        self, store: Store, clock: Clock
    ) -> None:
        made = []
        for name in ("daily", "weekly", "daily"):
            made.append(frozen(store, issue(1, newsletter=name)))
            clock.forward(days=1)

        assert store.archive.issues() == made
        assert store.archive.issues(limit=2) == made[1:]
        assert store.archive.issues("daily", limit=1) == [made[2]]
        bare = store.archive.bare_issues("daily", limit=1)
        assert bare == [replace(made[2], articles=())]

    def test_and_the_articles_it_is_made_of_can_be_one_step(self, store: Store) -> None:
        with store.transaction():
            store.archive.add([article()])
            articles = store.archive.articles()
            frozen(store, issue(articles=tuple(articles)))

        assert store.archive.issues()[0].articles == (article(),)


class TestASlot:
    def test_without_an_issue_is_recorded_once(self, store: Store) -> None:
        assert store.archive.record_slot("daily@07", "daily", MONDAY)
        assert not store.archive.record_slot("daily@07", "daily", MONDAY)

    def test_dealt_with_gets_no_issue_any_more(self, store: Store) -> None:
        store.archive.record_slot("daily@07", "daily", MONDAY)

        assert store.archive.freeze(issue(slot="daily@07")) is None

    def test_of_an_issue_is_dealt_with(self, store: Store, clock: Clock) -> None:
        clock.forward(hours=1)
        frozen(store, issue(slot="daily@07", until=MONDAY + HOUR))

        assert store.archive.slot_taken("daily@07", "daily")
        assert not store.archive.slot_taken("daily@07", "weekly")
        assert not store.archive.record_slot("daily@07", "daily", MONDAY + HOUR)
        assert store.archive.last_slot("daily", until=LATER) == MONDAY + HOUR

    def test_that_was_last_is_the_latest_one_of_its_newsletter(
        self, store: Store
    ) -> None:
        assert store.archive.last_slot("daily", until=LATER) is None
        for hours in (0, 2, 1):
            store.archive.record_slot(f"daily@{hours}", "daily", MONDAY + hours * HOUR)
        store.archive.record_slot("weekly@9", "weekly", MONDAY + 9 * HOUR)

        assert store.archive.last_slot("daily", until=LATER) == MONDAY + 2 * HOUR
        # By a clock that was set back the last two have not come yet.
        assert store.archive.last_slot("daily", until=MONDAY) == MONDAY

    def test_is_watched_for_from_the_first_time_on(
        self, store: Store, clock: Clock
    ) -> None:
        assert store.archive.watch("daily") == MONDAY
        clock.forward(days=1)

        assert store.archive.watch("daily") == MONDAY
        assert store.archive.watch("weekly") == MONDAY + timedelta(days=1)
        clock.forward(days=-3)  # it was ahead
        assert store.archive.watch("daily") == MONDAY - timedelta(days=2)
