"""`digest plan`: its numbers add up, and what it says is what `send` then does."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.building import Sizes
from digest.cli.planning import by_size, lasting
from digest.config import load_settings
from digest.issues import Plan
from digest.model import Article, Issue, Preferences, Status, Subscriber
from digest.newsroom import Newsroom
from digest.planning import change_since, summed
from tests.commands import Shell
from tests.examples import examples
from tests.projects import MONDAY, SETTINGS, Clock, smtp_settings, write_project
from tests.stores import article, reader
from tests.test_delivery import Wire

NAMES = ["rivers", "schools", "tag:canal", "tag:odd"]
TAGS = ["river", "canal", "schools", "odd"]
STORIES = st.lists(
    st.tuples(st.lists(st.sampled_from(TAGS), max_size=2), st.booleans()),
    min_size=1,
    max_size=9,
)
READERS = st.lists(
    st.builds(
        Preferences,
        newsletters=st.just(frozenset({"daily", "weekly"})),
        follows=st.lists(st.sampled_from(NAMES), unique=True, max_size=3).map(tuple),
        mutes=st.frozensets(st.sampled_from(NAMES), max_size=1),
        limit=st.none() | st.integers(1, 4),
        days=st.frozensets(st.sampled_from([1, 2, 4]), max_size=2),
        hour=st.none() | st.just(23),
    ),
    min_size=1,
    max_size=8,
)
WEEKLY = """\
  weekly:
    title: The Ledger Weekly
    sender: The Ledger <digest@ledger.example>
    template: brief
    limits: {articles: 4, per_topic: 2, minimum: 2, max_age_days: 3}
sources:
"""


def stories(drawn: list[tuple[list[str], bool]], *, first: int) -> list[Article]:
    """Make articles, some of them too old for the weekly."""
    return [
        article(
            number,
            tags=tuple(tags),
            pinned=pinned,
            published=MONDAY - timedelta(days=number % 5),
        )
        for number, (tags, pinned) in enumerate(drawn, start=first)
    ]


def audience(wishes: list[Preferences]) -> list[Subscriber]:
    """Make readers, some of whom get nothing whatever there is."""
    away: dict[int, dict[str, object]] = {
        3: {"paused_until": MONDAY + timedelta(days=9)},
        5: {"status": Status.PENDING},
    }
    return [
        reader(number, preferences=each, **away.get(number, {}))
        for number, each in enumerate(wishes)
    ]


def sent(newsroom: Newsroom, issue: Issue) -> dict[str, frozenset[str] | str]:
    """Send an issue; return by reader what their mail held, or why there was none."""
    wire = Wire()
    with newsroom.sending(newsroom.newsletter(issue.newsletter)):
        assert newsroom.send(issue, transport=wire).settled
    ids = [each.id for each in (*issue.articles, *issue.carried)]
    journal = newsroom.store.journal
    return {
        row.subscriber: row.reason
        or next(
            each.articles
            for each in journal.brought(row.subscriber, ids)
            if each.issue == issue.id
        )
        for row in journal.deliveries(issue.id)
    }


def promised(newsroom: Newsroom, plan: Plan) -> dict[str, frozenset[str] | str]:
    """Return the same as a plan has it, and check that its numbers add up."""
    sizes = newsroom.sizes(plan)
    sums = summed(plan, sizes, rate=2, change=change_since(newsroom.store, plan))
    counts = Counter(row.digest.count for row in plan.receiving)
    assert sums.digests + sum(sums.skipped.values()) == len(plan.rows)
    assert sums.per_digest == counts
    shown = sum(count * mails for count, mails in counts.items())
    assert sum(topic.shown for topic in sums.topics) == shown
    seen = {a.id for row in plan.receiving for a in row.digest.articles}
    assert {a.id for a in sums.unseen} == {a.id for a in plan.issue.articles} - seen
    assert set(sums.octets) == {row.subscriber.id for row in plan.receiving}
    assert sums.seconds == sums.digests / 2
    return {
        row.subscriber.id: row.digest.skipped
        or frozenset(a.id for a in row.digest.articles)
        for row in plan.rows
    }


@pytest.mark.slow
@examples(10)
@given(STORIES, STORIES, READERS)
def test_what_a_plan_says_is_what_send_then_does(
    first: list[tuple[list[str], bool]],
    second: list[tuple[list[str], bool]],
    wishes: list[Preferences],
) -> None:
    with TemporaryDirectory() as folder:
        project = Path(folder) / "news"
        text = SETTINGS.replace("sources:\n", WEEKLY).replace(
            "subscribers: subscribers.yaml\n", ""
        )
        write_project(project, settings=text)
        clock = Clock()
        with Newsroom(load_settings(project, environment={}), now=clock) as newsroom:
            newsroom.store.audience.import_(
                audience(wishes), origin="readers", sync=False
            )
            for start, drawn in ((1, first), (100, second)):
                newsroom.store.archive.add(stories(drawn, first=start))
                clock.forward(days=1)
                for slug in ("daily", "weekly"):  # what one brought, the other leaves
                    clock.forward(minutes=1)
                    agrees(newsroom, slug)


def agrees(newsroom: Newsroom, slug: str) -> None:
    """Check one issue's plan against the send, and against the plan of it after."""
    newsletter = newsroom.newsletter(slug)
    draft = newsroom.issues.draft(newsletter)
    plan = promised(newsroom, newsroom.issues.plan(draft, newsletter))
    issue = newsroom.issues.prepare(newsletter)
    if issue is None:
        assert not any(isinstance(each, frozenset) for each in plan.values())
        return

    done = sent(newsroom, issue)

    assert done == plan
    afterwards = newsroom.issues.plan(issue, newsletter)
    assert promised(newsroom, afterwards) == plan


def test_the_plan_says_how_long_it_takes_and_what_changed_since_the_last_issue(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    text = smtp_settings(2525).replace(
        "security: none", "security: none, rate: 2 per second"
    )
    project = write_project(tmp_path / "news", settings=text)
    digest = Shell(capsys, project)
    digest("collect")

    out = digest("plan", "daily").out

    assert "Rivers   2         2      2.0" in out
    assert "how long: 2 s at the configured rate" in out
    assert "against the last issue: this is the first" in out
    assert "longest:  Cy (3 articles, " in out
    assert "emptiest: Bo (1 article, " in out
    found = digest("plan", "daily", "--json").json
    assert found["sums"]["articles_per_digest"] == {"1": 1, "2": 1, "3": 1}
    assert found["sums"]["seconds"] == 1.5
    assert all(row["octets"] > 1000 for row in found["digests"])

    with Newsroom(load_settings(project, environment={})) as newsroom:
        issue = newsroom.issues.prepare(newsroom.newsletter())
        assert issue is not None
        only = [newsroom.subscriber("ana@readers.example").id]
        newsroom.send(issue, only=only, transport=Wire())
        newsroom.store.journal.skip_open(issue.id, "recalled")
        newsroom.store.archive.add([article(1, tags=("schools",))])
    after = digest("plan", "daily").out
    assert f"against {issue.id}: it had 3 articles and 1 mail left" in after
    assert "2 of today's readers got none of it, 1 who got it get nothing" in after
    again = digest("plan", "daily", "--issue", issue.id).out
    assert "this is the first" in again


def test_spans_of_sizes_and_of_time_are_those_people_say() -> None:
    assert by_size([1000, 1500, 5 * 1024]) == {
        "0–1": 1, "1–2": 1, "2–3": 0, "3–4": 0, "4–5": 0, "5–6": 1,
    }  # fmt: skip
    wide = by_size([2000, 99_000])
    assert len(wide) <= 11
    assert sum(wide.values()) == 2
    assert [lasting(s) for s in (0.2, 61, 7500)] == ["1 s", "1 min 01 s", "2 h 05 min"]


def test_a_plan_without_a_mail_has_no_numbers_and_no_sizes(tmp_path: Path) -> None:
    project = write_project(tmp_path / "news")
    with Newsroom(load_settings(project, environment={}), now=Clock()) as newsroom:
        newsletter = newsroom.newsletter()
        plan = newsroom.issues.plan(newsroom.issues.draft(newsletter), newsletter)

        sums = summed(plan, Sizes())

    assert (sums.digests, sums.topics, sums.seconds) == (0, (), None)
