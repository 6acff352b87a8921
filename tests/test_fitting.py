"""No HTML part is longer than Gmail shows, and nobody is told otherwise."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.config import load_settings
from digest.model import Article, Digest, Format, Length
from digest.newsroom import Newsroom
from digest.rendering import Rendered, Renderer
from digest.rendering.fitting import LARGEST, Shortened, fitted, without_last
from digest.rendering.stage import Lengths
from tests import rendering_samples as samples
from tests.commands import Shell
from tests.examples import examples
from tests.plain_path import PlainPath
from tests.projects import Clock, write_article, write_project
from tests.rendering_samples import article, digest, personal, section

# -- by steps ----------------------------------------------------------------


@examples(200)
@given(
    sizes=st.lists(st.integers(1, 9_000), min_size=1, max_size=60),
    length=st.sampled_from(Length),
    frame=st.integers(0, 60_000),
)
def test_the_least_is_taken_away_from_the_end_until_it_fits(
    sizes: list[int], length: Length, frame: int
) -> None:
    """A story's size in full, a half of it in summary, 500 bytes by headline."""
    stories = [article(number) for number in range(len(sizes))]
    what = digest(section("A", *stories[: len(sizes) // 2]), section("B", *stories))
    what = Digest(issue="x", sections=tuple(s for s in what.sections if s.articles))
    wished = Lengths.wished(length, what.count)
    weights = {
        story.id: size * 5 for story, size in zip(stories, sizes, strict=True)
    }  # fmt: skip

    def size(made: tuple[Digest, Lengths]) -> int:
        shown, lengths = made
        whole = {Length.FULL: 1.0, Length.SUMMARIES: 0.5, Length.HEADLINES: 0.1}
        return frame + sum(
            int(weights[one.id] * whole[lengths.of(place)]) + 500
            for place, one in enumerate(shown.articles)
        )

    (shown, lengths), shortened = fitted(
        what, wished, make=lambda d, at: (d, at), size=size
    )

    assert size((shown, lengths)) <= LARGEST or shown.count == 1
    assert shown.articles == what.articles[: shown.count]
    assert shown.more == what.more + what.count - shown.count
    if shortened is None:
        assert (shown, lengths) == (what, wished)
        return
    told = (shortened.in_summary, shortened.by_headline, shortened.left_out)
    assert any(told)
    assert min(told) >= 0
    assert shortened.left_out == what.count - shown.count
    if shown.count < what.count:
        assert lengths == Lengths(full=0, summaries=0)
        longer = (without_last(what, what.count - shown.count - 1), lengths)
        assert size(longer) > LARGEST, "one less was enough"


def test_what_is_left_to_the_site_is_counted_where_it_stood() -> None:
    one, two, three = (article(number) for number in range(3))
    what = digest(section("A", one, more=1), section("B", two, three), more=1)

    assert without_last(what, 0) == what
    (a, b) = without_last(what, 1).sections
    assert (a.more, b.more, [c.article for c in b.articles]) == (1, 1, [two])
    assert without_last(what, 2).sections == what.sections[:1]
    assert without_last(what, 2).more == 3


# -- with real templates -----------------------------------------------------


def long_story(number: int, *, words: int, language: str = "en") -> Article:
    text = "слово " if language == "ru" else "word "
    return article(
        number,
        headline=f"Story number {number} of very many, and it says so at length",
        standfirst=f"{text * 25}.",
        body=f"<p>{text * words}</p>",
        language=language,
    )


CASES = {
    "full stories": (12, 3_000, Length.FULL, "en"),
    "an endless story": (1, 60_000, Length.FULL, "en"),
    "many summaries": (90, 5, Length.SUMMARIES, "en"),
    "very many headlines": (300, 5, Length.HEADLINES, "en"),
    "everything, all in full": (120, 400, Length.FULL, "en"),
    "another script": (60, 200, Length.FULL, "ru"),
}


@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize("joined", [pytest.param(True, marks=pytest.mark.slow), False])
def test_an_html_part_stays_below_what_gmail_shows(case: str, joined: bool) -> None:
    number, words, length, language = CASES[case]
    stories = [
        long_story(place, words=words, language=language) for place in range(number)
    ]
    what = digest(section("Climate", *stories))
    kit = {
        "templates": samples.templates(),
        "site": samples.site(),
        "newsletter": samples.newsletter(),
        "issue": samples.issue(*stories),
    }
    made = Renderer(**kit, sections=what.sections if joined else ())  # type: ignore[arg-type]

    mail = made.render(what, personal(), language="", length=length, format=Format.HTML)

    assert made.why_not_joined == {}
    assert mail.html_part is not None
    assert 40_000 < len(mail.html_part.content) <= LARGEST or number == 1
    assert mail.shortened is not None
    assert what.count - mail.digest.count == mail.shortened.left_out
    assert mail.digest.articles == what.articles[: mail.digest.count]
    if mail.shortened.left_out:
        assert f"{mail.shortened.left_out} more" in (mail.html or "")
        assert f"and {mail.digest.count - 1} more stories" in mail.subject
    lengths = lengths_of(mail.shortened, mail.digest.count, length)
    alone = PlainPath(**kit)  # type: ignore[arg-type]
    assert (mail.subject, mail.text, mail.html) == alone.mail(
        mail.digest, personal(), length=length, lengths=lengths
    )


def lengths_of(shortened: Shortened, kept: int, length: Length) -> Lengths:
    """Return at what lengths the stories of a shortened digest are shown."""
    wished = Lengths.wished(length, kept)
    summaries = wished.summaries - shortened.by_headline
    full = wished.full and max(0, summaries - shortened.in_summary)
    return Lengths(full=full, summaries=summaries)


def test_the_text_is_told_as_asked_whatever_the_html_leaves_out() -> None:
    stories = [long_story(place, words=3_000) for place in range(12)]
    what = digest(section("Climate", *stories))

    mail: Rendered = samples.renderer(what, sections=what.sections).render(
        what, personal(), language="", length=Length.FULL, format=Format.HTML
    )

    assert mail.shortened == Shortened(in_summary=mail.shortened.in_summary)  # type: ignore[union-attr]
    told = (mail.html or "").count("word word word")
    assert mail.text.count("word word word") > 3 * told


def test_a_reader_of_text_gets_all_of_it() -> None:
    stories = [long_story(place, words=3_000) for place in range(12)]
    what = digest(section("Climate", *stories))

    mail = samples.renderer(what, sections=what.sections).render(
        what, personal(), language="", length=Length.FULL, format=Format.TEXT
    )

    assert mail.shortened is None


# -- in a newsroom -----------------------------------------------------------


@pytest.fixture
def crowded(tmp_path: Path) -> Path:
    """Return a newsroom with far more headlines than a mail can hold."""
    project = write_project(tmp_path / "news")
    settings_file = project / "digest.yaml"
    text = settings_file.read_text().replace(
        "    schedule:", "    limits: {articles: 300, per_topic: 300}\n    schedule:"
    )
    settings_file.write_text(text)
    for number in range(160):
        write_article(
            project,
            f"{number:03}.md",
            f"---\nheadline: River story {number}, which goes on and on and on\n"
            f"standfirst: {'What the river did. ' * 8}\ntags: [river]\n---\n\nIt flows.\n",
        )
    return project


@pytest.mark.slow
def test_a_plan_says_which_digests_are_shortened(
    crowded: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    shell = Shell(capsys, crowded)
    shell("collect")

    said = shell("plan", "daily").out
    rows = shell("plan", "daily", "--json").json["digests"]

    assert "2 digests shortened from the end" in said
    by_name = {row["address"].partition("@")[0]: row["shortened"] for row in rows}
    assert by_name["bo"] is None
    assert by_name["ana"]["left_out"] > 0
    assert by_name["ana"]["by_headline"] + by_name["ana"]["left_out"] == 162
    assert "left to the site" in shell("send", "daily", "--dry-run").out


@pytest.mark.slow
def test_what_was_left_to_the_site_was_not_received(crowded: Path) -> None:
    clock = Clock()
    with Newsroom(load_settings(crowded, environment={}), now=clock) as newsroom:
        newsroom.refresh_subscribers()
        list(newsroom.collect())
        clock.forward(minutes=1)
        newsletter = newsroom.newsletter("daily")
        issue = newsroom.issues.prepare(newsletter)
        assert issue is not None
        plan = newsroom.issues.plan(issue, newsletter)
        shortened = newsroom.sizes(plan).shortened
        left_out = {row.subscriber.id: how.left_out for row, how in shortened}

        newsroom.send(issue)

        ana = newsroom.subscriber("ana@readers.example")
        got = newsroom.store.journal.received(
            [ana.id], [one.id for one in issue.articles]
        )[ana.id]
        assert len(got) == 162 - left_out[ana.id]
        mails = [p.read_bytes() for p in (crowded / "outbox" / "new").iterdir()]
        assert max(map(len, mails)) < 300_000


@pytest.mark.slow
def test_a_plan_with_a_template_that_is_not_joined_says_why_nobody_looked(
    crowded: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    own = crowded / "templates" / "newsroom" / "digest.html.j2"
    own.parent.mkdir(parents=True)
    shipped = (samples.NEWSROOM / "digest.html.j2").read_text()
    band = "{{ b.band() }}"
    chosen = f"{{% if digest.complete %}}{band}{{% endif %}}"
    own.write_text(shipped.replace(band, chosen))
    shell = Shell(capsys, crowded)
    shell("collect")

    check = shell("check").out
    plan = shell("plan", "daily")
    as_json = json.loads(shell("plan", "daily", "--json").out)
    sent = shell("send", "daily", "--only", "bo@readers.example")

    number = shipped[: shipped.index(band)].count("\n") + 1
    line = f"templates/newsroom/digest.html.j2:{number}: "
    assert "daily: digest.html.j2 is rendered for each choice of articles" in check
    assert line in check
    assert "is seen when they are made" in plan.out
    assert line in plan.out
    assert line in as_json["sizes_unknown"]
    assert line in sent.out
