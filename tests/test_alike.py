"""The same story from two sources: found, told from mere resemblance, and mailed once."""

from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import replace
from itertools import combinations
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.alike import COMMON, alike, pairs
from digest.cli.issues import show_plan
from digest.config import load_settings
from digest.explaining import Why, explain
from digest.model import Article, Digest, Newsletter, Subscriber
from digest.newsroom import Newsroom
from digest.selection import Candidates, Places, candidates, choose
from tests.commands import Shell
from tests.examples import examples
from tests.projects import SETTINGS, write_article, write_project
from tests.random_issues import TEXTS
from tests.test_selection import (
    ARTICLES,
    LIMITS,
    NOW,
    READERS,
    SPORT,
    TOPICS,
    issue,
    newsletter,
    reader,
    shape,
)

#: Words as each language writes them; the last three write none, but characters.
WORDS = {
    "en": "the river rose all night and council said that bridge would stay closed until "
    "engineers had looked at its piers again while ferry took people across for nothing",
    "fr": "l'eau est montée toute la nuit et le conseil a dit que pont resterait fermé "
    "jusqu'à ce qu’on ait vu ses piles pendant bac passait gens d’une rive à autre sans",
    "ru": "река поднялась за ночь и совет сказал что мост останется закрыт пока инженеры "
    "не осмотрят его опоры а паром возил людей на другой берег даром каждый час снова",
    "ar": "ارتفع النهر طوال الليل وقال المجلس إن الجسر سيبقى مغلقا حتى يفحص المهندسون "
    "دعائمه مرة أخرى بينما كانت العبارة تنقل الناس إلى الضفة الأخرى دون مقابل",
    "hi": "नदी रात भर चढ़ती रही और परिषद ने कहा कि पुल तब तक बंद रहेगा जब इंजीनियर उसके खंभे "
    "फिर से देख लें नाव लोगों को मुफ़्त उस पार ले जाती थी सुबह शाम",
    "zh": " ".join("河水整夜上涨市议会表示大桥将关闭至工程师再次检查桥墩渡轮免费载客往返两岸"),
    "th": " ".join("แม่น้ำสูงขึ้นตลอดคืนสภาเมืองกล่าวว่าสะพานจะปิดจนกว่าวิศวกรตรวจเสาเรือข้ามฟากฟรี"),
    "km": " ".join("ទន្លេឡើងពេញមួយយប់ក្រុមប្រឹក្សាបាននិយាយថាស្ពាននឹងបិទរហូតដល់វិស្វករពិនិត្យសសរ"),
}  # fmt: skip
SPACELESS = {"zh", "th", "km"}


def text(language: str, number: int, words: int = 200) -> list[str]:
    """Return the words of one story of many, in real words and no sense."""
    return random.Random(f"{language}{number}").choices(
        WORDS[language].split(), k=words
    )


def edited(words: list[str], language: str) -> list[str]:
    """Return the same story with another lead, cut by a tenth, words changed."""
    chance, fresh = random.Random(7), text(language, 99, 20)
    cut = chance.randrange(30, len(words) - 20)
    kept = words[15:cut] + words[cut + len(words) // 10 :]
    return fresh + [w if chance.random() > 0.02 else fresh[0] for w in kept]


def story(name: str, words: list[str], language: str = "en", **more: object) -> Article:
    """Return an article that says this, in a headline, a standfirst and paragraphs."""
    join = "" if language in SPACELESS else " "
    body = f"{join.join(words[30:100])}.</p>\n<p>“{join.join(words[100:])}&nbsp;!”"
    return article(
        name,
        headline=join.join(words[:8]).upper(),
        standfirst=join.join(words[8:30]),
        body=f"<p>{body}</p>",
        **more,
    )


def article(name: str, *tags: str, **more: object) -> Article:
    """Return an article of that name."""
    return replace(
        Article(id=name, headline=name, source="s", tags=tags),
        **more,  # type: ignore[arg-type]
    )


@pytest.mark.parametrize("language", WORDS)
def test_an_edited_copy_is_found_and_another_story_of_the_same_words_is_not(
    language: str,
) -> None:
    first, second = text(language, 1), text(language, 2)
    page = story("page", [f"{w[:2]}\u00ad{w[2:]}" for w in first], language)
    wrapped = f"<h2>{page.headline}</h2><em>{page.standfirst}</em>{page.body}"
    articles = [
        story("agency", [*first, "\ud83d"], language),  # half a sign, as feeds bring
        story("other", second, language),
        story("ours", edited(first, language), language),
        article("page", headline="", body=wrapped.replace("&nbsp;", "\u00a0")),
    ]

    found = pairs(alike(articles))

    assert found == [(0, 2), (0, 3), (2, 3)]


@examples(40)
@given(st.lists(st.lists(TEXTS, min_size=1, max_size=12), max_size=5))
def test_whatever_articles_say_they_are_alike_to_each_other_and_never_to_themselves(
    said: list[list[str]],
) -> None:
    articles = [
        article(str(n), headline=texts[0], body=" word ".join(texts * 9))
        for n, texts in enumerate(said)
    ]

    found = alike([*articles, *articles])

    for place, others in found.items():
        assert place not in others
        assert all(place in found[other] for other in others)


#: What stands in every one of a kind, and what differs from day to day.
DAILY: dict[str, tuple[str, list[tuple[object, ...]]]] = {
    "weather": (
        (
            "Sunny spells in the {} with highs of {} degrees, light rain in the west from the "
            "afternoon and wind from the {} at {} kilometres an hour. Snow falls above {} "
            "metres. The night stays clear with lows of {} degrees."
        ),
        [("north", 12, "south", 20, 1400, 3), ("east", 17, "north", 45, 1700, 8)],
    ),
    "results": (
        (
            "Round {}. Harbour Town {}, Millbrook {}. Northgate {}, Stanhope Rovers {}. Ashby "
            "{}, Kingsferry {}. Tickets for the next round are at the gate from 3 p.m."
        ),
        [(12, 2, 1, 0, 0, 4, 3), (13, 5, 6, 7, 7, 8, 9)],
    ),
    "closing": (
        (
            "The {} library is closed on {} because of {}. Books can be returned in the box "
            "beside the door, and no fees are asked for the day. The reading room opens "
            "again at nine on the next day."
        ),
        [("central", "Monday", "a meeting"), ("Northgate", "Friday", "repairs")],
    ),
}


@pytest.mark.parametrize(
    ("kind", "places"),
    [*((kind, "A") for kind in DAILY), ("weather", "ABCD"), ("results", "ABCD")],
)
def test_what_says_the_same_every_day_but_for_its_numbers_and_names_is_not_merged(
    kind: str, places: str
) -> None:
    sentence, days = DAILY[kind]
    said = [
        " ".join(f"Region {place}: {sentence.format(*day)}" for place in places)
        for day in days
    ]
    articles = [article(kind, headline=f"{kind} today", body=each) for each in said]

    assert alike(articles) == {}
    again = replace(articles[0], id="again", standfirst="From our desk")
    assert pairs(alike([*articles, again])) == [(0, 2)]


def test_common_background_a_footer_and_a_few_words_make_nothing_alike() -> None:
    background = text("en", 5, 60)
    siblings = [
        story(f"b{n}", [*text("en", n, 70), *background], order=n) for n in range(2)
    ]
    footers = [
        story(f"f{n}", [*text("en", 10 + n, 160), *background]) for n in range(9)
    ]
    today = "The weather of today for all regions, at a glance"
    bare = [article(f"n{n}", headline=today) for n in range(9)]

    assert alike([*siblings, *footers, *bare]) == {}
    copies = [story(f"c{n}", text("en", 1)) for n in range(COMMON + 1)]
    assert alike(copies) == {}, (
        "so many at once are a source gone wrong: nothing is lost"
    )


def test_a_round_up_is_alike_to_both_its_stories_and_they_are_not_to_each_other() -> (
    None
):
    one, two = text("en", 1, 150), text("en", 2, 150)
    articles = [story("one", one), story("both", one + two), story("two", two)]
    assert pairs(alike(articles)) == [(0, 1), (1, 2)]

    ranked = [replace(a, order=n) for n, a in enumerate(articles)]
    assert shown(ranked) == ["one", "two"], "neither is lost to what lies between"
    both_first = [replace(a, order=a.id != "both") for a in articles]
    assert shown(both_first) == ["both"]


def digest_of(
    articles: list[Article],
    subscriber: Subscriber | None = None,
    received: frozenset[str] = frozenset(),
    letter: Newsletter | None = None,
) -> Digest:
    whole = letter or replace(newsletter(), topics=())
    made = candidates(issue(*articles), whole, (*TOPICS, SPORT))
    return choose(made, subscriber or reader(), received=received, now=NOW)


def shown(
    articles: list[Article],
    subscriber: Subscriber | None = None,
    received: frozenset[str] = frozenset(),
) -> list[str]:
    return [a.id for a in digest_of(articles, subscriber, received).articles]


def test_of_two_a_reader_gets_the_best_ranked_that_is_for_them() -> None:
    words = text("en", 1)
    ours = story("ours", words, tags=("art",), order=2)
    wire = story("wire", edited(words, "en"), tags=("river", "football"), order=1)
    other = article("other", "school", order=3)
    everything = [ours, wire, other]
    letter = newsletter()

    def of(subscriber: Subscriber, *received: str, also: Newsletter = letter) -> object:
        return shape(digest_of(everything, subscriber, frozenset(received), also))

    assert of(reader()) == {"Rivers": ["wire"], "Schools": ["other"]}
    assert of(reader(mutes=frozenset({"sport"}))) == {
        "Schools": ["other"],
        "Art": ["ours"],
    }
    assert of(reader(follows=("art",))) == {"Art": ["ours"]}
    assert of(reader(), "ours") == {"Schools": ["other"]}
    assert of(reader(), "wire") == {"Schools": ["other"]}
    both = replace(letter, same_story_twice=True)
    assert of(reader(), also=both) == {
        "Rivers": ["wire"],
        "Schools": ["other"],
        "Art": ["ours"],
    }
    everything[0] = replace(ours, pinned=True)
    assert of(reader()) == {"Art": ["ours"], "Schools": ["other"]}
    few = digest_of(everything, reader(), letter=newsletter(minimum=3))
    assert few.skipped == "only 2 of at least 3 articles"


def test_a_top_story_that_moves_up_pushes_out_none_for_which_another_was_left_out() -> (
    None
):
    first, double = article("first", "river"), article("double", "river")
    moving, mine = article("moving", "river"), article("mine", "art")
    stories = [first, double, moving, mine, article("lost?", "art")]
    ranked = [replace(each, order=n) for n, each in enumerate(stories)]
    made = candidates(issue(*ranked), newsletter(), TOPICS)
    graph = {0: {1}, 1: {0}, 2: {3}, 3: {2, 4}, 4: {3}}
    made = replace(made, alike={key: frozenset(of) for key, of in graph.items()})

    digest = choose(
        made, reader(top=frozenset({"rivers"})), received=frozenset(), now=NOW
    )

    assert shape(digest) == {"Rivers": ["first"], "Art": ["mine"]}


def alike_at_random(
    articles: tuple[Article, ...], chance: random.Random
) -> Mapping[int, Places]:
    found: dict[int, set[int]] = {}
    for one, other in combinations(range(len(articles)), 2):
        if chance.random() < 0.15:
            found.setdefault(one, set()).add(other)
            found.setdefault(other, set()).add(one)
    return {place: frozenset(others) for place, others in found.items()}


@given(ARTICLES, READERS, LIMITS, st.randoms(use_true_random=False))
def test_whatever_is_alike_nothing_comes_twice_and_nothing_is_lost(
    articles: list[Article],
    subscriber: Subscriber,
    limits: dict[str, int],
    chance: random.Random,
) -> None:
    named = [replace(a, headline=f"<{a.id}>") for a in articles]
    made = candidates(issue(*named), newsletter(**limits), (*TOPICS, SPORT))
    made = replace(made, alike=alike_at_random(made.articles, chance))
    received = {a.id: "daily/0" for a in named if chance.random() < 0.1}

    def roomy(found: Candidates) -> set[int]:
        """Return the places of what is for the reader, whatever fits."""
        wide = replace(
            found, newsletter=newsletter(articles=99, per_topic=99, minimum=1)
        )
        wishes = replace(subscriber.preferences, limit=None)
        digest = choose(
            wide,
            replace(subscriber, preferences=wishes),
            received=frozenset(received),
            now=NOW,
        )
        return {made.places[a.id] for a in digest.articles}

    kept, unsifted = roomy(made), roomy(replace(made, alike={}))
    digest = choose(made, subscriber, received=frozenset(received), now=NOW)
    had = {made.places[id_] for id_ in received}

    assert not any(made.alike.get(place, Places()) & (kept | had) for place in kept)
    for place in unsifted - kept:
        instead = made.alike[place] & (kept | had)
        assert instead, "left out, and nothing alike to it is there"
        assert min(instead) < place or subscriber.preferences.top or instead & had
    assert {made.places[a.id] for a in digest.articles} <= kept
    assert digest.count + digest.more == len(kept)

    found = explain(made, subscriber, received=received, now=NOW)
    order = sorted((v for v in found if v.shown), key=lambda v: v.rank)
    assert [v.article for v in order] == list(digest.articles)
    said = {made.places[v.article.id]: v for v in found if v.why is Why.ALIKE}
    assert said.keys() >= unsifted - kept
    unlike = explain(replace(made, alike={}), subscriber, received=received, now=NOW)
    for place, verdict in said.items():
        instead = made.alike[place] & (kept | had)
        named_there = {made.articles[other].headline for other in instead}
        assert verdict.reason.split("“")[1].split("”")[0] in named_there
        assert unlike[place].why is not Why.ALIKE


def test_an_editor_sees_in_plan_and_why_what_is_left_out_and_can_have_both(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    project = write_project(tmp_path / "news")
    words = text("en", 1)
    for name, said, headline in (
        ("wire.md", words, "River rises"),
        ("ours.md", edited(words, "en"), "Bridge closed"),
    ):
        write_article(
            project,
            name,
            f"---\nheadline: {headline}\ntags: [river]\n"
            f"order: {len(headline)}\n---\n\n{' '.join(said)}\n",
        )
    digest = Shell(capsys, project)
    digest("collect")

    with Newsroom(load_settings(project, environment={})) as newsroom:
        newsroom.refresh_subscribers()
        letter = newsroom.newsletter()
        plan = newsroom.issues.plan(newsroom.issues.find(letter), letter)
    show_plan(plan)  # as the command does once it has compiled the issue, too
    planned = capsys.readouterr().out
    assert (
        "Near-duplicates, of which a reader gets one: “River rises” and “Bridge closed”"
        in planned
    )
    ana = "ana@readers.example"
    assert (
        "“Bridge closed” is not in: near-duplicate of “River rises”, which they get"
        in digest("why", ana, "Bridge closed").out
    )

    both = SETTINGS.replace(
        "    schedule:", "    same_story_twice: true\n    schedule:"
    )
    (project / "digest.yaml").write_text(both, encoding="utf-8")
    assert "“Bridge closed” is in: follows" in digest("why", ana, "Bridge").out
