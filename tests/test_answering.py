"""`digest why` and `digest diff`: what an editor asks, on a real project."""

from __future__ import annotations

from pathlib import Path

import pytest

from digest.answering import explained, maker
from digest.config import load_settings
from digest.explaining import Why
from digest.newsroom import Newsroom
from tests.commands import Shell
from tests.projects import READERS, SETTINGS, Clock, write_article, write_project

ANA, BO, CY = (f"{name}@readers.example" for name in ("ana", "bo", "cy"))
WEEKLY = """\
  weekly:
    title: The Ledger Weekly
    sender: The Ledger <digest@ledger.example>
    sources: [extra]
sources:
  - {folder: extra, name: extra}
"""


@pytest.fixture
def digest(digest: Shell) -> Shell:
    digest("collect")
    return digest


def test_why_answers_before_and_after_the_mail_and_tells_both_apart(
    digest: Shell, project: Path
) -> None:
    asked = digest("why", ANA, "bell")
    assert "“No bell on Monday” is not in: does not follow Schools" in asked.out
    every = digest("why", ANA).out.splitlines()
    assert every[0].endswith("for Ana: 2 of 3 articles")
    assert every[2].startswith("1  A lock reopens     follows Rivers (tagged canal)")
    assert every[4].startswith("–  No bell on Monday  does not follow")

    assert digest("send").code == 0
    readers = READERS.replace("[rivers]", "[schools]")
    (project / "subscribers.yaml").write_text(readers, encoding="utf-8")

    after = digest("why", ANA, "A lock reopens")
    assert "their mail of this issue: sent" in after.out
    assert "digest.yaml or the articles have changed since" in after.out
    assert "(was in the mail they got)" in after.out
    [found] = digest("why", ANA, "--json").json
    assert found["state"] == "sent"
    kinds = {v["headline"]: (v["shown"], v["why"]) for v in found["verdicts"]}
    assert kinds["No bell on Monday"] == (True, "shown")
    assert kinds["The ferry is back"] == (False, "not followed")
    assert len(found["received"]) == 2


@pytest.mark.slow
def test_an_article_is_named_by_id_address_or_words_and_else_help_is_given(
    digest: Shell, project: Path
) -> None:
    articles = digest("articles", "--json").json["articles"]
    lock = next(a for a in articles if "lock" in a["headline"])

    assert "place 1 of 2" in digest("why", ANA, lock["id"]).out
    assert "place 1 of 2" in digest("why", ANA, "LOCK").out
    many = digest("why", ANA, "e")
    assert many.code == 3
    assert f"name one by its id: {lock['id']} “A lock reopens”; " in many.err
    none = digest("why", ANA, "zebra")
    assert (none.code, "`digest articles` lists them" in none.err) == (3, True)
    assert digest("why", "nobody@readers.example").code == 3

    digest("send")
    write_article(project, "dam.md", "---\nheadline: A dam\ntags: [river]\n---\n\nD.\n")
    digest("collect")
    last = digest("why", ANA, "lock", "--issue", "daily/1999-01-01")
    assert "no issue 'daily/1999-01-01'" in last.err
    assert "place 1 of 1" in digest("why", ANA, "dam").out
    issue = digest("status", "--json").json["issues"][0]["id"]
    dam = digest("why", ANA, "A dam", "--issue", issue)
    assert "came in at another time" in dam.out
    assert "A lock reopens" in digest("why", ANA, "lock").out
    assert digest("why", ANA, "lock", "--json").json[0]["issue"] == issue


def test_a_newsletter_that_is_not_taken_or_does_not_draw_on_the_source_is_the_reason(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    settings = SETTINGS.replace("sources:\n", WEEKLY)
    readers = READERS.replace("    follows: [schools]\n", "    newsletters: [daily]\n")
    readers = readers.replace("    follows: [rivers]\n", "    newsletters: [weekly]\n")
    readers += "    newsletters: [daily, weekly]\n"
    project = write_project(tmp_path / "news", settings=settings, readers=readers)
    (project / "extra").mkdir()
    digest = Shell(capsys, project)
    digest("collect")

    no_source = digest("why", ANA, "lock")
    assert "does not draw on the source 'articles'" in no_source.out
    not_taken = digest("why", ANA, "lock", "--newsletter", "daily")
    assert "is not in: does not take The Ledger Daily" in not_taken.out
    both = [each["newsletter"] for each in digest("why", CY, "--json").json]
    assert both == ["daily", "weekly"]
    named = digest("diff", CY, ANA, "--issue", "daily/1999-01-01")
    assert "no issue 'daily/1999-01-01' of daily; there is none yet" in named.err
    assert "There is no article in it." in digest("why", ANA).out


@pytest.mark.slow
def test_what_came_with_another_newsletter_is_named_and_only_if_it_came_before(
    tmp_path: Path,
) -> None:
    second = WEEKLY.partition("    sources: [extra]")[0] + "sources:\n"
    settings = SETTINGS.replace("sources:\n", second)
    limits = "    limits: {articles: 2}\n    schedule:"
    settings = settings.replace("    schedule:", limits)
    readers = READERS.replace("    name: Cy\n", "    newsletters: [daily, weekly]\n")
    readers = readers.replace("    follows", "    newsletters: [daily]\n    follows")
    project = write_project(tmp_path / "news", settings=settings, readers=readers)
    clock = Clock()
    with Newsroom(load_settings(project, environment={}), now=clock) as newsroom:
        list(newsroom.collect())
        newsroom.refresh_subscribers()
        clock.forward(minutes=1)
        sent = []
        for slug in ("daily", "weekly"):
            clock.forward(minutes=1)
            if slug == "weekly":
                write_article(
                    project,
                    "dam.md",
                    "---\nheadline: A dam\ntags: [river]\n---\n\nD.\n",
                )
                list(newsroom.collect())
                clock.forward(minutes=1)
            with newsroom.sending(newsroom.newsletter(slug)):
                issue = newsroom.issues.prepare(newsroom.newsletter(slug))
                assert issue is not None
                assert newsroom.send(issue).settled
            sent.append(issue)
        cy = newsroom.subscriber(CY)

        first, later = (explained(newsroom, issue, cy) for issue in sent)

    assert [v.reason for v in later.verdicts if not v.shown] == [
        f"already sent with {sent[0].id}"
    ] * 2
    [left] = [v for v in first.verdicts if not v.shown]
    assert left.why is Why.DIGEST_FULL, "that weekly brought it came after"
    assert left.article.id in {v.article.id for v in later.verdicts if v.shown}
    assert not first.changed
    assert not later.changed


@pytest.mark.slow
def test_what_gmail_would_cut_is_said_to_be_left_to_the_site(tmp_path: Path) -> None:
    limits = "    limits: {articles: 300, per_topic: 300}\n    schedule:"
    settings = SETTINGS.replace("    schedule:", limits)
    project = write_project(tmp_path / "news", settings=settings)
    for number in range(260):
        text = (
            f"---\nheadline: Long {number} {'rain ' * 30}\ntags: [river]\n---\n\nW.\n"
        )
        write_article(project, f"long{number}.md", text)
    clock = Clock()
    with Newsroom(load_settings(project, environment={}), now=clock) as newsroom:
        list(newsroom.collect())
        clock.forward(minutes=1)
        newsroom.refresh_subscribers()
        issue = newsroom.issues.draft(newsroom.newsletter())
        made = maker(newsroom, issue, newsroom.subscriber(CY))

        found = explained(newsroom, issue, newsroom.subscriber(CY), made=made)

        shown = made.render(newsroom.subscriber(CY), found.digest).digest.articles
    assert {v.article.id for v in found.verdicts if v.shown} == {a.id for a in shown}
    left = [v for v in found.verdicts if v.why is Why.SIZE]
    assert len(left) == 263 - len(shown) > 0


def test_diff_lays_two_readers_or_two_issues_side_by_side(
    digest: Shell, project: Path
) -> None:
    two = digest("diff", ANA, CY)
    assert "2 of 3 articles in both" in two.out
    assert two.out.splitlines()[-1].startswith("–     3      No bell on Monday  does")
    [found] = digest("diff", ANA, BO, "--json").json
    assert [a["kind"] for a in found["articles"]] == ["left", "left", "right"]

    digest("send")
    issue = digest("status", "--json").json["issues"][0]["id"]
    write_article(project, "dam.md", "---\nheadline: A dam\ntags: [river]\n---\n\nD.\n")
    digest("collect")
    then = digest("diff", ANA, issue)
    assert "0 of 3 articles in both" in then.out
    assert "A dam" in then.out
    assert "not in that issue" in then.out
    wrong = digest("diff", ANA, "bo")
    assert (wrong.code, "neither a reader nor an issue" in wrong.err) == (3, True)
