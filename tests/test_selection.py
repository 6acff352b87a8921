"""What one reader gets: rules that hold for every issue and every reader."""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import zip_longest
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.model import (
    Article,
    Digest,
    Issue,
    Limits,
    Mailbox,
    Newsletter,
    Preferences,
    Status,
    Subscriber,
    Topic,
)
from digest.selection import TOP_STORIES, candidates, choose, rank
from digest.tags import slugs

NOW = datetime(2026, 11, 23, 6, tzinfo=UTC)
TOPICS = tuple(
    Topic(slug=name, title=name.title(), any=frozenset(tags))
    for name, tags in {
        "rivers": ["river", "canal"],
        "schools": ["school"],
        "art": ["art"],
    }.items()
)
SPORT = Topic(slug="sport", title="Sport", any=frozenset(["football"]))
TAGS = ("river", "canal", "school", "art", "football", "odd")


def article(name: str, *tags: str, **more: object) -> Article:
    return Article(id=name, headline=name, source="s", tags=tags, **more)  # type: ignore[arg-type]


def newsletter(**limits: int | None) -> Newsletter:
    return Newsletter(
        slug="daily",
        title="Daily",
        sender=Mailbox(address="d@ledger.example"),
        language="en",
        timezone="UTC",
        topics=TOPICS,
        limits=Limits(**limits),  # type: ignore[arg-type]
    )


def issue(*articles: Article) -> Issue:
    return Issue(
        id="daily/1",
        newsletter="daily",
        number=1,
        since=NOW - timedelta(days=1),
        until=NOW,
        articles=articles,
    )


def reader(**preferences: object) -> Subscriber:
    return Subscriber(
        id="a" * 13,
        address="r@readers.example",
        preferences=Preferences(newsletters=frozenset(["daily"]), **preferences),  # type: ignore[arg-type]
    )


def digest_of(
    stories: list[Article],
    subscriber: Subscriber,
    *,
    received: frozenset[str] = frozenset(),
    **limits: int | None,
) -> Digest:
    made = candidates(issue(*stories), newsletter(**limits), (*TOPICS, SPORT))
    return choose(made, subscriber, received=received, now=NOW)


def shape(digest: Digest) -> dict[str, list[str]]:
    return {s.title: [c.article.id for c in s.articles] for s in digest.sections}


def test_articles_stand_in_the_sections_a_reader_follows() -> None:
    articles = [article("a", "River"), article("b", "school"), article("c", "ART")]

    digest = digest_of(articles, reader(follows=("schools", "rivers")))

    assert shape(digest) == {"Rivers": ["a"], "Schools": ["b"]}


def test_following_nothing_means_everything() -> None:
    articles = [article("a", "river"), article("b", "school"), article("c", "art")]

    assert shape(digest_of(articles, reader())) == {
        "Rivers": ["a"],
        "Schools": ["b"],
        "Art": ["c"],
    }


def test_an_article_stands_once_and_says_where_else_it_belongs() -> None:
    digest = digest_of([article("a", "art", "river")], reader())

    assert shape(digest) == {"Rivers": ["a"]}
    assert digest.sections[0].articles[0].also_in == ("Art",)


def test_a_mute_wins_even_over_a_topic_this_newsletter_does_not_offer() -> None:
    articles = [article("a", "river", "football"), article("b", "river")]

    assert shape(digest_of(articles, reader(mutes=frozenset(["sport"])))) == {
        "Rivers": ["b"]
    }
    assert shape(digest_of(articles, reader(mutes=frozenset(["tag:football"])))) == {
        "Rivers": ["b"]
    }


def test_a_single_tag_makes_a_section_with_the_articles_own_label() -> None:
    articles = [article("a", "Saint-Malo"), article("b", "river")]

    digest = digest_of(articles, reader(follows=("tag:saint-malo", "rivers")))

    assert shape(digest) == {"Rivers": ["b"], "Saint-Malo": ["a"]}


def test_a_single_tag_is_called_as_the_first_article_calls_it() -> None:
    articles = [article("b", "SAINT MALO"), article("a", "saint-malo"), article("c")]

    for order in (articles, articles[::-1]):
        digest = digest_of(order, reader(follows=("tag:Saint-Malo",)))
        assert shape(digest) == {"saint-malo": ["a", "b"]}


def test_a_tag_followed_twice_or_called_as_a_topic_is_named_once() -> None:
    articles = [article("a", "Art", "river"), article("b", "river", "Quay")]
    follows = ("rivers", "art", "tag:art", "tag:quay", "tag:Quay", "tag:")

    digest = digest_of(articles, reader(follows=follows))

    assert shape(digest) == {"Rivers": ["a", "b"]}
    assert [c.also_in for c in digest.sections[0].articles] == [("Art",), ("Quay",)]
    only_art = digest_of([article("a", "Art")], reader(follows=("art", "tag:art")))
    assert only_art.sections[0].articles[0].also_in == ()


def test_a_pinned_article_leads_and_its_section_with_it() -> None:
    articles = [
        article("a", "river", order=1),
        article("b", "art", pinned=True),
        article("c", "art", order=1),
        article("d", "school"),
    ]

    assert shape(digest_of(articles, reader())) == {
        "Art": ["b", "c"],
        "Rivers": ["a"],
        "Schools": ["d"],
    }
    assert list(shape(digest_of(articles, reader()))) == ["Art", "Rivers", "Schools"]
    assert shape(digest_of(articles, reader(limit=1))) == {"Art": ["b"]}


def test_what_does_not_fit_is_shared_fairly_and_counted() -> None:
    articles = [article(f"r{n}", "river", order=n) for n in range(9)]
    articles += [article(f"s{n}", "school", order=n) for n in range(2)]

    digest = digest_of(articles, reader(limit=4), per_topic=3)

    assert shape(digest) == {"Rivers": ["r0", "r1"], "Schools": ["s0", "s1"]}
    assert digest.sections[0].more == 7
    assert digest.more == 7


def test_a_section_that_found_no_room_is_counted_all_the_same() -> None:
    articles = [article("a", "river"), article("b", "school"), article("c", "art")]

    digest = digest_of(articles, reader(), articles=2)

    assert shape(digest) == {"Rivers": ["a"], "Schools": ["b"]}
    assert [section.more for section in digest.sections] == [0, 0]
    assert digest.more == 1


def test_a_newsletter_without_topics_is_one_untitled_section() -> None:
    made = candidates(
        issue(article("a", "odd"), article("b")), replace(newsletter(), topics=()), ()
    )

    digest = choose(made, reader(), received=frozenset(), now=NOW)

    assert shape(digest) == {"": ["a", "b"]}
    assert made.without_topic == ()
    followed = choose(made, reader(follows=("tag:odd",)), received=frozenset(), now=NOW)
    assert shape(followed) == {"odd": ["a"]}


def test_articles_without_a_topic_are_known() -> None:
    made = candidates(
        issue(article("a", "odd"), article("b", "art")), newsletter(), TOPICS
    )

    assert [a.id for a in made.without_topic] == ["a"]


def test_old_articles_stay_out_and_undated_ones_do_not() -> None:
    articles = [
        article("old", "river", published=NOW - timedelta(days=8)),
        article("week", "river", published=NOW - timedelta(days=7)),
        article("new", "river", published=NOW - timedelta(days=6)),
        article("undated", "river"),
    ]

    assert shape(digest_of(articles, reader(), max_age_days=7)) == {
        "Rivers": ["undated", "new", "week"]
    }


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"status": Status.PENDING}, "has not confirmed yet"),
        ({"status": Status.UNSUBSCRIBED}, "unsubscribed"),
        ({"status": Status.REMOVED}, "no longer in the readers' file"),
        ({"paused_until": NOW + timedelta(days=1)}, "paused until 2026-11-24"),
        (
            {"preferences": Preferences(follows=("sport",))},
            "follows none of this newsletter's topics",
        ),
        (
            {"preferences": Preferences(follows=("art",))},
            "nothing new on the topics they follow",
        ),
    ],
)
def test_a_reader_who_gets_nothing_is_told_why(
    change: dict[str, object], reason: str
) -> None:
    digest = digest_of([article("a", "river")], replace(reader(), **change))  # type: ignore[arg-type]

    assert (digest.skipped, digest.sections) == (reason, ())


def test_a_pause_that_is_over_is_over() -> None:
    digest = digest_of([article("a", "river")], replace(reader(), paused_until=NOW))

    assert not digest.skipped


def test_a_pause_ends_on_the_readers_own_day() -> None:
    midnight = datetime(2026, 12, 24, tzinfo=ZoneInfo("Europe/Paris")).astimezone(UTC)
    away = replace(reader(), timezone="Europe/Paris", paused_until=midnight)

    digest = digest_of([article("a", "river")], away)

    assert midnight.day == 23
    assert digest.skipped == "paused until 2026-12-24"


def test_too_few_articles_are_not_worth_a_mail() -> None:
    digest = digest_of([article("a", "river")], reader(), minimum=2)

    assert digest.skipped == "only 1 of at least 2 articles"
    assert digest.more == 1


def test_a_reader_who_wants_few_articles_gets_them_whatever_the_minimum() -> None:
    articles = [article("a", "river"), article("b", "river"), article("c", "river")]

    digest = digest_of(articles, reader(limit=1), minimum=3)

    assert shape(digest) == {"Rivers": ["a"]}
    assert digest.more == 2


def test_rank_is_pinned_then_the_editors_order_then_newest() -> None:
    articles = [
        article("undated"),
        article("old", published=NOW - timedelta(days=2)),
        article("new", published=NOW),
        article("second", order=2),
        article("first", order=1),
        article("pinned", pinned=True),
    ]

    assert [a.id for a in rank(articles)] == [
        "pinned", "first", "second", "undated", "new", "old",
    ]  # fmt: skip


# -- rules for every issue and every reader -----------------------------------

#: Naive, as Hypothesis wants them.
DATES = (NOW.replace(year=2025, tzinfo=None), NOW.replace(tzinfo=None))
ARTICLES = st.lists(
    st.builds(
        Article,
        id=st.text("abcdefgh", min_size=3, max_size=6),
        headline=st.just("h"),
        source=st.just("s"),
        tags=st.lists(st.sampled_from(TAGS), max_size=3).map(tuple),
        pinned=st.booleans(),
        order=st.none() | st.integers(0, 3),
        published=st.none() | st.datetimes(*DATES).map(lambda d: d.replace(tzinfo=UTC)),
    ),
    max_size=25,
    unique_by=lambda a: a.id,
)
NAMES = [t.slug for t in (*TOPICS, SPORT)] + ["tag:odd", "tag:river"]
READERS = st.builds(
    reader,
    follows=st.lists(st.sampled_from(NAMES), unique=True, max_size=4).map(tuple),
    mutes=st.frozensets(st.sampled_from(NAMES), max_size=2),
    top=st.frozensets(st.sampled_from([t.slug for t in (*TOPICS, SPORT)]), max_size=2),
    limit=st.none() | st.integers(1, 8),
)
LIMITS = st.fixed_dictionaries(
    {"articles": st.integers(1, 12), "per_topic": st.integers(1, 5)}
)


def wanted(one: Article, names: frozenset[str] | tuple[str, ...]) -> bool:
    """Say independently whether an article is in one of these topics or tags."""
    tags = slugs(one.tags)
    topics = {t.slug: t.any for t in (*TOPICS, SPORT)}
    return any(
        name.removeprefix("tag:") in tags
        if name.startswith("tag:")
        else topics[name] & tags
        for name in names
    )


@given(ARTICLES, READERS, LIMITS, st.randoms(use_true_random=False))
def test_the_rules_hold_for_every_reader(
    articles: list[Article],
    subscriber: Subscriber,
    limits: dict[str, int],
    chance: random.Random,
) -> None:
    wishes = subscriber.preferences
    received = frozenset(a.id for a in articles if chance.random() < 0.2)
    digest = digest_of(articles, subscriber, received=received, **limits)
    chosen = digest.articles
    offered = tuple(t.slug for t in TOPICS)
    follows = tuple(
        n for n in wishes.follows or offered if n in offered or n.startswith("tag:")
    )
    eligible = [
        a
        for a in articles
        if wanted(a, follows) and not wanted(a, wishes.mutes) and a.id not in received
    ]

    assert {a.id for a in chosen} <= {a.id for a in eligible}, "only what is wanted"
    assert len({a.id for a in chosen}) == len(chosen), "nothing twice"
    counted = len(chosen) + digest.more
    assert counted <= len(eligible), "nothing is counted twice"
    assert wishes.top or counted == len(eligible), "shown and counted is all there is"
    short = (s for s in digest.sections if s.slug in wishes.top)
    assert all(len(s.articles) + s.more <= TOP_STORIES for s in short), "the first ones"
    assert sum(s.more for s in digest.sections) <= digest.more
    assert len(chosen) <= min(limits["articles"], wishes.limit or 99)
    assert all(0 < len(s.articles) <= limits["per_topic"] for s in digest.sections)
    assert bool(digest.skipped) == (not chosen), "a reason, or articles"
    ranked = [a.id for a in rank(articles)]
    for section in digest.sections:
        places = [ranked.index(c.article.id) for c in section.articles]
        assert places == sorted(places), "the editor's order"

    shuffled = list(articles)
    chance.shuffle(shuffled)
    assert digest_of(shuffled, subscriber, received=received, **limits) == digest


def belonging(one: Article, names: tuple[str, ...]) -> list[str]:
    """Say independently which of these sections an article belongs to."""
    return [name for name in names if wanted(one, (name,))]


@given(ARTICLES, READERS, LIMITS)
def test_sections_keep_the_newsletters_order_then_the_readers(
    articles: list[Article], subscriber: Subscriber, limits: dict[str, int]
) -> None:
    follows = subscriber.preferences.follows
    topics = tuple(t.slug for t in TOPICS if not follows or t.slug in follows)
    sections = topics + tuple(name for name in follows if name.startswith("tag:"))
    digest = digest_of(articles, subscriber, received=frozenset(), **limits)

    shown = [s.slug for s in digest.sections]
    leading = [s.slug for s in digest.sections if s.articles[0].article.pinned]
    assert shown[: len(leading)] == leading, "what is pinned leads"
    for group in (leading, shown[len(leading) :]):
        assert group == sorted(group, key=sections.index)
    for section in digest.sections:
        for chosen in section.articles:
            names = belonging(chosen.article, sections)
            better = set(names[: names.index(section.slug)])
            assert better <= subscriber.preferences.top, "under its best topic"
            assert len(chosen.also_in) == len(names) - 1


@given(ARTICLES, READERS, LIMITS)
def test_room_is_shared_by_all_sections_after_what_is_pinned(
    articles: list[Article], subscriber: Subscriber, limits: dict[str, int]
) -> None:
    total = min(limits["articles"], subscriber.preferences.limit or 99)
    roomy = replace(subscriber.preferences, limit=None)
    everything = digest_of(
        articles,
        replace(subscriber, preferences=roomy),
        articles=99,
        per_topic=limits["per_topic"],
    )
    digest = digest_of(articles, subscriber, received=frozenset(), **limits)

    pinned = [a for a in rank(everything.articles) if a.pinned]
    assert len(digest.articles) == min(total, len(everything.articles)), "all room used"
    assert set(pinned[:total]) <= set(digest.articles), "pinned articles first"
    turns = {
        turn: {c.article for c in same_turn if c and not c.article.pinned}
        for turn, same_turn in enumerate(
            zip_longest(*(section.articles for section in everything.sections))
        )
    }
    shown = [turn for turn, ones in turns.items() if ones & set(digest.articles)]
    hidden = [turn for turn, ones in turns.items() if ones - set(digest.articles)]
    assert max(shown, default=0) <= min(hidden, default=99), "one of each, then again"


@given(ARTICLES, READERS, st.sampled_from(NAMES))
def test_another_mute_takes_articles_away_and_adds_none(
    articles: list[Article], subscriber: Subscriber, mute: str
) -> None:
    # Without limits: with them, what is muted makes room for what did not fit.
    roomy = replace(subscriber.preferences, limit=None, top=frozenset())
    stricter = replace(roomy, mutes=roomy.mutes | {mute})
    before = digest_of(
        articles, replace(subscriber, preferences=roomy), articles=99, per_topic=99
    )

    after = digest_of(
        articles, replace(subscriber, preferences=stricter), articles=99, per_topic=99
    )

    assert {a.id for a in after.articles} == {
        a.id for a in before.articles if not wanted(a, stricter.mutes)
    }


def test_of_a_topic_for_its_top_stories_only_the_first_two_are_shown() -> None:
    articles = [
        article("a", "river"),
        article("b", "river"),
        article("c", "river"),
        article("d", "river", "school"),
        article("e", "school"),
    ]

    digest = digest_of(articles, reader(top=frozenset(["rivers"])))

    shown = shape(digest)
    assert shown["Rivers"] == ["a", "b"]
    assert shown["Schools"] == ["d", "e"], "it may stand where it is wanted"
    assert digest.more == 0, "what is not wanted is not on offer either"
