"""Joined pages where they could go wrong: memory, loops, late stories, threads.

Each test is a way somebody tried to break them; the plain path knows what is right.
"""

from __future__ import annotations

import random
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest

from digest.model import Chosen, Digest, Length
from digest.rendering import Personal, inlining, plaintext
from digest.rendering.compiling import LEADS
from digest.rendering.flowing import Run
from digest.rendering.memory import OCTETS, Memory, Shelf
from digest.rendering.simplifying import RowMarks
from tests import rendering_samples as samples
from tests.oracle import (
    PICTURE,
    STORIES,
    Trial,
    Wish,
    assert_agree,
    rendered,
    section,
    trial,
)
from tests.random_issues import World
from tests.rendering_samples import HOST, digest, personal

# -- what is remembered -------------------------------------------------------

EACH = "{% each s in digest.sections %}{% each a in s.articles %}"
END = "{% endeach %}{% endeach %}"

#: Blocks, each of which hangs on more than the story it is of.
BLOCKS = {
    "its section's count": f"{EACH}<p>{{{{ a.headline }}}} {{{{ s.more }}}}</p>{END}",
    "whether its section has more": (
        f"{EACH}{{% when s.more %}}<p>{{{{ a.headline }}}}</p>{{% endwhen %}}{END}"
    ),
    "its section's other stories": (
        f"{EACH}<p>{{{{ a.headline }}}}{{% each o in s.others %}}{{{{ o.headline }}}}"
        f"{{% endeach %}}</p>{END}"
    ),
    "where else it belongs": (
        f"{EACH}<p>{{{{ a.headline }}}} {{{{ listed(a.also_in) }}}}</p>{END}"
    ),
    "the digest's count": f"{EACH}<p>{{{{ t('stories', n=digest.count) }}}}</p>{END}",
    "its reader": f"{EACH}<p>{{{{ a.headline }}}} for {{{{ reader.name }}}}</p>{END}",
    "its reader in an attribute": (
        f"{EACH}<p title='{{{{ s.more }}}} \" {{{{ reader.name }}}}'>x</p>{END}"
    ),
    "its reader in a link": (
        f"{EACH}<p>{{{{ a.headline }}}}</p>{{% endeach %}}"
        "<a href='{{ reader.preferences }}/less/{{ s.slug }}?x=1'>less</a>"
        "<a href='{{ reader.pause }}/{{ s.title }}'>{{ s.more }}</a>{% endeach %}"
    ),
    "a section inside it": (
        "{% each a in digest.articles %}{% each s in digest.sections %}"
        "<p>{{ a.headline }} {{ s.title }} {{ s.more }}</p>{% endeach %}{% endeach %}"
    ),
    "which story leads": f"{EACH}<p>{{{{ a.headline }}}} {{{{ a.is_lead }}}}</p>{END}",
}


@pytest.mark.parametrize("block", BLOCKS)
def test_a_block_is_remembered_by_all_it_hangs_on(block: str) -> None:
    what = trial(BLOCKS[block])
    two = [(section("Two", 3, more=2),), (section("Two", 3),)]
    digests = [
        digest(section("One", *numbers, more=more, also_in=also_in), *rest, more=more)
        for numbers in ((0, 1), (1, 0, 2))
        for more in (0, 5)
        for also_in in ((), ("Two", "Three"))
        for rest in ((), *(two if also_in else ()))
    ]

    other = personal(
        name='A "B"', preferences=f'{HOST}/"é&?a=b&amp', pause=f"{HOST}/\"' <x>"
    )
    assert_agree(what, digests, personal(), other)

    assert what.why_not == {}


def test_sections_of_one_slug_are_told_apart_by_their_titles() -> None:
    one, other = section("Rivers", 0, 1, slug="x"), section("Lakes", 0, 2, slug="x")
    what = trial(BLOCKS["its section's count"], catalogue=(one, other))

    assert_agree(
        what,
        [digest(one), digest(other), digest(other, section("Rivers", 1, slug="x"))],
    )

    assert what.why_not == {}


def test_what_is_kept_for_other_readers_is_bounded_in_octets() -> None:
    what = trial(
        "{{ listed(digest.topics) }}{{ digest.more }}"
        f"{EACH}<p title='{{{{ s.more }}}}'>{{{{ a.headline }}}}</p>"
        f"{{% when s.more > 3 %}}x{{% endwhen %}}{END}"
    )
    memory = what.joined._pages.memory
    assert memory.most == OCTETS == 32 * 1024 * 1024
    memory.most = 60_000
    emptied, before = 0, 0

    for number in range(200):
        topics = (f"Topic {number}",)
        found = digest(section("One", 0, more=number, also_in=topics), more=number)
        rendered(what.joined, found, personal(), Wish())
        if number % 40 == 0:
            what.assert_all_agree(found, personal())
        kept = [value for shelf in memory.shelves.values() for value in shelf.values()]
        assert sum(map(_octets, kept)) <= memory.held <= memory.most
        emptied += memory.held < before
        before = memory.held

    assert emptied > 3
    assert what.why_not == {}


def _octets(kept: object) -> int:
    """Return what pieces take at least; of other things, of which one is kept, a bit."""
    if isinstance(kept, tuple | Run):
        return sum(
            len(piece.text) + len(piece.quoted) for piece in kept if len(kept) == 1
        )
    return 100


def test_readers_of_one_choice_have_its_page_in_common_until_there_are_too_many() -> (
    None
):
    what = trial(f"<p>{{{{ reader.name }}}}</p>{EACH}<p>{{{{ a.headline }}}}</p>{END}")
    choices = what.joined._pages.memory.choices
    one, other = (digest(section("One", number)) for number in (0, 1))

    def pages(found: Digest, name: str) -> int:
        mail = rendered(what.joined, found, personal(name=name), Wish())
        assert mail.html is not None
        assert name in mail.html
        return sum(map(len, choices.shelves.values()))

    of_proofs = pages(one, "Ana")  # and of what compiling compares
    assert pages(one, "Ben") == of_proofs
    assert pages(other, "Ben") == of_proofs + 3  # subject, text and HTML
    choices.most = choices.held
    assert pages(digest(section("One", 2)), "Ana") <= 3
    assert choices.held <= choices.most


#: A reader's name where the text meets it closely, and where it is laid out.
MEETS = (
    "{% each s in digest.sections %}{{ s.title }}\n\n{{ reader.name }}\n\n"
    "{{ s.more }} {{ reader.name }}\n{% endeach %}{{ reader.unsubscribe }}\n"
)
LAID_OUT = (
    "{% filter fill %}Hello {{ reader.name }}{% endfilter %}\n"
    "{% filter fill %}{{ reader.name }}{% endfilter %}\n\n"
)


@pytest.mark.parametrize("text", [MEETS, LAID_OUT + MEETS])
@pytest.mark.parametrize("name", ["", "\u200b", "Ana", "Zoë", "\u202e \u202c"])
def test_a_value_that_changes_what_is_around_it_is_told_all_the_same(
    name: str, text: str
) -> None:
    what = trial("x", digest__txt__j2=text)
    digests = [digest(section("One", 0)), digest(section("One", 1), section("Two", 3))]

    assert_agree(what, digests, personal(name=name), personal(name="Ben"))

    assert what.why_not == {}


def test_readers_without_a_name_have_pages_in_common_too() -> None:
    what = trial("x", digest__txt__j2=MEETS)
    choices = what.joined._pages.memory.choices
    found = digest(section("One", 0))

    def pages(name: str) -> int:
        rendered(what.joined, found, personal(name=name), Wish())
        return sum(map(len, choices.shelves.values()))

    pages("Ana")
    nameless = pages("")
    assert pages("\u200b") == nameless  # which is as good as no name
    assert pages("") == pages("Ben") == nameless


def test_nothing_is_kept_of_a_page_that_is_gone() -> None:
    memory = Memory()
    shelf: Shelf[str] = Shelf(memory)
    shelf.keep("a", "b")

    del shelf

    assert not memory.shelves


# -- what comes late ------------------------------------------------------------

ASKS = (
    f"{EACH}<p>{{{{ a.headline }}}}{{% if a.image and reader.has_pause %}}"
    f"<a href='{{{{ reader.pause }}}}'>pause</a>{{% endif %}}</p>{END}"
)


@pytest.mark.parametrize("pauses", [("", f"{HOST}/p"), (f"{HOST}/p", "")])
def test_a_late_story_may_ask_for_a_value_nobody_asked_for(
    pauses: tuple[str, str],
) -> None:
    late = replace(section("Tag", slug="tag:tag"), articles=(Chosen(article=PICTURE),))
    what = trial(ASKS)

    assert_agree(
        what,
        [digest(section("One", 0)), digest(section("One", 0), late)],
        *(personal(pause=pause) for pause in pauses),
        *(personal(pause=pause, name="") for pause in pauses),
    )

    assert what.why_not == {}


def test_a_late_story_stands_wherever_the_others_do() -> None:
    late = section("Tag", 5, 0, slug="tag:tag")
    lead = "{% each a in digest.leads %}<b>{{ a.headline }}</b>{% endeach %}"
    what = trial(lead + BLOCKS["where else it belongs"], others=(late,))

    assert_agree(
        what,
        [
            digest(section("One", 0, 1)),
            digest(section("Tag", 5, slug="tag:tag"), section("One", 0, 1)),
            digest(section("One", 5), section("Two", 0)),
            digest(section("One", 0, 1, more=1)),
        ],
    )

    assert what.why_not == {}


def test_a_late_story_in_a_loop_of_a_loop_is_told_by_itself() -> None:
    late = section("Tag", 5, slug="tag:tag")
    what = trial(BLOCKS["a section inside it"], others=(late,))

    assert_agree(what, [digest(section("One", 0)), digest(section("One", 0), late)])


def test_a_late_topic_is_as_clean_as_the_others() -> None:
    title = "Rivers\u00a0\u202eand\u200b  \x07lakes"
    late = section(title, 5, also_in=(title,), slug="tag:rivers")
    what = trial("{{ listed(digest.topics) }}" + BLOCKS["where else it belongs"])

    assert_agree(what, [digest(section("One", 0)), digest(late)])

    mail = rendered(what.joined, digest(late), personal(), Wish())
    assert "Rivers and lakes" in str(mail.html)
    assert what.why_not == {}


def test_a_lead_from_deep_in_its_section_brings_the_other_leads_of_it_along(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    pages: list[str] = []

    def inline(html: str) -> str:
        pages.append(html)
        return inlining.inlined(html)

    monkeypatch.setattr("digest.rendering.pages.inlined", inline)
    deep = LEADS + 2
    whole = [section("One", *range(deep + 1)), section("Two", *range(deep))]
    world = World(
        issue=samples.issue(*STORIES),
        newsletter=samples.newsletter(),
        catalogue=tuple(whole),
        others=(),
    )
    what = Trial(world)
    counts = []

    for first in (0, LEADS - 1, LEADS, LEADS + 1, deep):
        rendered(what.joined, digest(section("One", first)), personal(), Wish())
        counts.append(len(pages))
    for first in range(deep + 1):
        found = digest(section("One", first, deep), section("Two", 0))
        what.assert_all_agree(found, personal(), Wish())

    assert counts[0] == counts[1], "the first few are compiled at once"
    assert counts[2] == counts[3] == counts[4] == counts[1] + 1, "the others together"
    assert what.why_not == {}


# -- mails that were made to fit -------------------------------------------------


@pytest.mark.parametrize(
    ("length", "kilobytes"),
    [(Length.FULL, 10), (Length.FULL, 60), (Length.SUMMARIES, 30)],
)
def test_shortened_mails_agree_too(length: Length, kilobytes: int) -> None:
    text = "The band played in gloves, and nobody had told the surveyors. " * 16
    stories = [
        replace(one, body=f"<p>{text}</p>" * kilobytes, standfirst=text * kilobytes)
        for one in STORIES
    ]
    catalogue = (samples.section("One", *stories[:3]), samples.section("Two", *stories))
    world = World(
        issue=samples.issue(*stories),
        newsletter=samples.newsletter(),
        catalogue=catalogue,
        others=(),
    )
    what = Trial(world)
    found = digest(catalogue[0], samples.section("Two", *stories[3:]), more=2)

    what.assert_all_agree(found, personal(), Wish(length=length))

    assert rendered(what.joined, found, personal(), Wish(length=length)).shortened
    assert what.why_not == {}


# -- once for all -------------------------------------------------------------------


def test_one_reader_more_costs_no_call_of_premailer_or_html2text(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    pages: list[str] = []
    bodies: list[str] = []

    def inline(html: str) -> str:
        pages.append(html)
        return inlining.inlined(html)

    def body_text(html: str, marks: RowMarks) -> str:
        bodies.append(html)
        return plaintext.body_text(html, marks)

    monkeypatch.setattr("digest.rendering.pages.inlined", inline)
    monkeypatch.setattr("digest.rendering.bodies.body_text", body_text)
    whole = samples.whole_digest()
    world = World(
        issue=samples.issue(*whole.articles),
        newsletter=samples.newsletter(),
        catalogue=whole.sections,
        others=(),
    )
    what = Trial(world)
    chance = random.Random(1)
    with_body = {one.body for one in whole.articles if one.body}
    counts = []

    for language in ("en", "fr"):
        for length in Length:
            for number in range(40):
                shown = [s for s in whole.sections if chance.random() < 0.6]
                found = digest(*shown or whole.sections[:1], more=number)
                who = personal(name=f"Reader {number}" * (number % 3))
                rendered(what.joined, found, who, Wish(language, length))
            counts.append(len(pages))

    # A page each, and four proofs in the first language, one in every other.
    assert counts == [5, 10, 15, 17, 19, 21]
    assert sorted(bodies) == sorted(with_body)
    assert what.why_not == {}


@pytest.mark.slow
def test_eight_threads_give_the_bytes_of_one() -> None:
    late = [section(f"Tag {n}", n % 6, (n + 1) % 6, slug=f"tag:{n}") for n in range(8)]
    body = ASKS + BLOCKS["its section's count"]
    chance = random.Random(2)
    wishes = [
        (
            digest(section("One", *chance.sample(range(3), 2)), chance.choice(late)),
            personal(
                name=chance.choice(("", "Ada", '"<b>"')),
                pause=chance.choice(("", f"{HOST}/p")),
                address=chance.choice(("", "ada@example.org")),
            ),
            Wish("en", chance.choice(list(Length))),
        )
        for _ in range(160)
    ]

    def made(what: Trial, threads: int) -> list[tuple[object, ...]]:
        def mail(wish: tuple[Digest, Personal, Wish]) -> tuple[object, ...]:
            found = rendered(what.joined, *wish)
            assert found.html_part is not None
            return found.subject, found.text_part.content, found.html_part.content

        with ThreadPoolExecutor(threads) as pool:
            return list(pool.map(mail, wishes))

    alone = made(trial(body), 1)

    for _ in range(2):
        assert made(trial(body), 8) == alone
