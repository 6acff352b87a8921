"""Why an article is in a reader's mail or not: one reason each, and the true one."""

from __future__ import annotations

import random
from collections import Counter
from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.explaining import Verdict, Why, explain
from digest.model import Article, Newsletter, Status, Subscriber, Topic
from digest.selection import candidates, choose
from tests.test_selection import (
    ARTICLES,
    LIMITS,
    NOW,
    READERS,
    SPORT,
    TOPICS,
    article,
    issue,
    newsletter,
    reader,
)


def explained(
    stories: list[Article],
    subscriber: Subscriber,
    received: dict[str, str] | None = None,
    letter: Newsletter | None = None,
) -> tuple[Verdict, ...]:
    made = candidates(issue(*stories), letter or newsletter(), (*TOPICS, SPORT))
    return explain(made, subscriber, received=received or {}, now=NOW)


def reasons(*given: object) -> dict[str, str]:
    found = explained(*given)  # type: ignore[arg-type]
    return {verdict.article.id: verdict.reason for verdict in found}


def test_every_article_has_its_reason_in_plain_words() -> None:
    stories = [
        article("top", "Canal", "art", pinned=True),
        article("next", "river", order=1),
        article("third", "river", order=2),
        article("match", "river", "Football"),
        article("gone", "river"),
        article("class", "School"),
        article("odd", "odd"),
        article("bare"),
        article("old", "river", published=NOW - timedelta(days=9)),
    ]
    ana = reader(follows=("rivers", "art", "tag:odd"), mutes=frozenset({"sport"}))

    found = reasons(
        stories, ana, {"gone": "daily/0"}, newsletter(per_topic=2, max_age_days=7)
    )

    assert found == {
        "top": "follows Rivers (tagged Canal); place 1 of 3; pinned by the editor; "
        "also in Art",
        "next": "follows Rivers (tagged river); place 2 of 3",
        "odd": "follows the tag odd; place 3 of 3",
        "third": "number 3 in Rivers, which holds 2",
        "match": "muted: Sport",
        "gone": "already sent with daily/0",
        "class": "does not follow Schools (tagged School)",
        "bare": "in no topic of this newsletter (no tags)",
        "old": "published 2026-11-14, more than 7 days before this issue",
    }


def test_limits_of_the_reader_the_mail_and_the_minimum_are_told_apart() -> None:
    stories = [article(name, "river", order=n) for n, name in enumerate("abc")]

    assert reasons(stories, reader(limit=2))["c"] == (
        "over their own limit of 2 articles in a mail"
    )
    assert reasons(stories, reader(limit=9), {}, newsletter(articles=1))["b"] == (
        "over the limit of 1 article in a mail"
    )
    assert reasons(stories, reader(), {}, newsletter(minimum=4))["a"] == (
        "no mail: only 3 of at least 4 articles"
    )


def test_who_mutes_a_tag_or_follows_nothing_offered_is_told_in_their_words() -> None:
    stories = [article("a", "Football", "river"), article("b", "river")]

    muting = reasons(stories, reader(mutes=frozenset({"tag:football", "art"})))
    assert muting["a"] == "muted: the tag Football"
    assert muting["b"] == "gets every topic, so Rivers (tagged river); place 1 of 1"
    nothing = reasons(stories, reader(follows=("sport",)))
    assert set(nothing.values()) == {"follows none of this newsletter's topics"}
    whole = reasons(stories, reader(), {}, replace(newsletter(), topics=()))
    assert whole["b"] == "everything in this newsletter; place 2 of 2"


def test_a_topic_that_has_the_tag_and_does_not_take_the_story_says_what_it_lacks() -> (
    None
):
    wet = Topic(
        slug="wet", title="Wet", any=frozenset({"river"}), all=frozenset({"rain"})
    )
    dry = Topic(
        slug="dry", title="Dry", any=frozenset({"river"}), none=frozenset({"flood"})
    )
    letter = replace(newsletter(), topics=(wet, dry, *TOPICS))

    found = reasons(
        [article("a", "River", "Flood")], reader(follows=("wet", "dry")), {}, letter
    )

    assert found["a"] == (
        "does not follow Rivers (tagged River, Flood); Wet asks for rain, too; "
        "Dry leaves out Flood"
    )


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"status": Status.PENDING}, "has not confirmed yet"),
        ({"status": Status.UNSUBSCRIBED}, "unsubscribed"),
        ({"paused_until": NOW + timedelta(days=1)}, "paused until 2026-11-24"),
    ],
)
def test_who_gets_no_mail_at_all_has_that_reason_for_every_article(
    change: dict[str, object], reason: str
) -> None:
    away = replace(reader(), **change)  # type: ignore[arg-type]
    stories = [
        article("a", "river"),
        article("old", "river", published=NOW - timedelta(days=9)),
    ]

    found = explained(stories, away, {}, newsletter(max_age_days=7))

    assert [(v.article.id, v.why, v.reason) for v in found] == [
        ("a", Why.READER, reason),
        ("old", Why.READER, reason),
    ]


@given(ARTICLES, READERS, LIMITS, st.randoms(use_true_random=False))
def test_it_says_what_choose_chooses_and_removing_the_reason_removes_it(
    articles: list[Article],
    subscriber: Subscriber,
    limits: dict[str, int],
    chance: random.Random,
) -> None:
    received = {a.id: "daily/0" for a in articles if chance.random() < 0.2}
    letter = newsletter(**limits, max_age_days=200, minimum=chance.choice((1, 3)))
    made = candidates(issue(*articles), letter, (*TOPICS, SPORT))
    digest = choose(made, subscriber, received=frozenset(received), now=NOW)

    found = explained(articles, subscriber, received, letter)

    assert Counter(v.article.id for v in found) == Counter(a.id for a in articles)
    shown = sorted((v for v in found if v.shown), key=lambda v: v.rank)
    assert [v.article for v in shown] == list(digest.articles)
    assert [v.rank for v in shown] == list(range(1, digest.count + 1))
    assert [v.topic for v in shown] == [
        s.title for s in digest.sections for _ in s.articles
    ]
    full = {Why.TOPIC_FULL, Why.DIGEST_FULL, Why.OWN_LIMIT, Why.MINIMUM}
    assert sum(v.why in full for v in found) == digest.more
    for verdict in found:
        for why, changed in without(verdict, articles, subscriber, received, letter):
            assert why is not verdict.why, f"{verdict.reason}: {changed}"


def without(
    verdict: Verdict,
    articles: list[Article],
    subscriber: Subscriber,
    received: dict[str, str],
    letter: Newsletter,
) -> list[tuple[Why, str]]:
    """Take a verdict's reason away; return what the article's verdict is then."""
    wishes, limits, id_ = subscriber.preferences, letter.limits, verdict.article.id
    match verdict.why:
        case Why.MUTED:
            wishes = replace(wishes, mutes=frozenset())
        case Why.TOP_ONLY:
            wishes = replace(wishes, top=frozenset())
        case Why.RECEIVED:
            received = {key: it for key, it in received.items() if key != id_}
        case Why.OLD:
            limits = replace(limits, max_age_days=None)
        case Why.OWN_LIMIT:
            wishes = replace(wishes, limit=None)
        case Why.DIGEST_FULL:
            limits = replace(limits, articles=99)
        case Why.TOPIC_FULL:
            limits = replace(limits, per_topic=99)
        case Why.MINIMUM:
            limits = replace(limits, minimum=1)
        case _:
            return []
    after = explained(
        articles,
        replace(subscriber, preferences=wishes),
        received,
        replace(letter, limits=limits),
    )
    return [(v.why, f"{v.reason}") for v in after if v.article.id == id_]
