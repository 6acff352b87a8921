"""Issues that editors see first: what leaves when, and who said so."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from threading import Event

import pytest

from digest import approving
from digest.cli.running import Diary
from digest.config import load_settings
from digest.errors import DigestError, FileProblems, InputError
from digest.model import State
from digest.newsroom import Newsroom
from digest.scheduler import Clock as Ticker
from digest.store import AWAITING, HELD, Start
from tests.approvals import EDITORS, ISSUE, ask, asking, links, mails, proofs, served
from tests.commands import Shell
from tests.projects import Clock, smtp_settings, write_article, write_project
from tests.stores import article, opened, planned, rows
from tests.stores import issue as stored
from tests.test_delivery import Wire
from tests.test_scheduler import DREDGER, Log

DESK, NIGHT = EDITORS
REQUIRED, WINDOW = "required", "window 45 minutes"


class Desk:
    """A newsroom that ticks by hand."""

    def __init__(self, folder: Path, approval: str) -> None:
        self.folder = write_project(folder / "news", settings=asking(approval))
        self.clock, self.log = Clock(), Log()
        self.clock.forward(minutes=-90)  # 05:30 in Brussels, before the 07:00 slot
        settings = load_settings(self.folder, environment={})
        self.newsroom = Newsroom(settings, now=self.clock)
        self.log.asked = lambda asked: self.log.lines.append(
            f"asked {len(asked.editors)} about {asked.issue.id} #{asked.revision}"
        )
        self.ticker = Ticker(self.newsroom, watcher=self.log, stop=Event())
        self.ticker.tick()

    def after(self, **step: float) -> list[str]:
        """Go on so long, tick, and return what was told."""
        self.log.take()
        self.clock.forward(**step)
        self.ticker.tick()
        return self.log.take()

    @property
    def left(self) -> int:
        """How many readers' mails have left."""
        subjects = [str(mail["Subject"]) for mail in mails(self.folder)]
        return sum(not subject.startswith("[Proof]") for subject in subjects)

    @property
    def hold(self) -> str:
        return self.newsroom.store.journal.held(ISSUE)


@contextmanager
def at_desk(folder: Path, approval: str) -> Iterator[Desk]:
    desk = Desk(folder, approval)
    with desk.newsroom:
        yield desk


def test_what_must_be_approved_leaves_when_it_is_and_not_before(tmp_path: Path) -> None:
    with at_desk(tmp_path, REQUIRED) as desk, served(desk.newsroom) as port:
        odd = "---\nheadline: In nobody's topic\ntags: [odd]\n---\n\nIt is odd.\n"
        write_article(desk.folder, "odd.md", odd)
        desk.after(minutes=60)
        assert desk.after(minutes=30) == [
            "due daily@2026-11-23T07:00+01:00", f"asked 2 about {ISSUE} #1",
        ]  # fmt: skip
        assert desk.after(seconds=10) == [], "each editor gets one proof"
        assert (desk.hold, desk.left) == (AWAITING, 0)
        proof = proofs(desk.folder)[DESK]
        body = proof.get_body(("plain",))
        assert body is not None
        text = body.get_content()
        assert "This issue leaves when one of its editors approves it" in text
        assert "A lock reopens" in text
        approve = links(proof)["approve"]
        assert links(proofs(desk.folder)[NIGHT])["approve"] != approve

        status, page = ask(port, "GET", approve)
        assert (status, desk.hold) == (200, AWAITING), "a scanner's GET changes nothing"
        assert "<h1>Approve The Ledger Daily No.\u00a01?</h1>" in page
        wrong = approve[:-1] + ("a" if approve[-1] != "a" else "q")
        assert ask(port, "POST", wrong)[0] == 404
        assert ask(port, "POST", approve.replace("/approve/", "/hold/"))[0] == 404
        assert ask(port, "POST", approve.replace("2026-11-23", "1999-01-01"))[0] == 404
        assert (desk.hold, desk.left) == (AWAITING, 0)

        status, page = ask(port, "POST", approve)
        assert (status, "is approved" in page) == (200, True)
        assert desk.after(seconds=10) == [f"sent 3 of {ISSUE}"]
        assert desk.left == 3
        assert (
            "desk@ledger.example has approved this issue before"
            in ask(port, "POST", approve)[1]
        )
        late = links(proofs(desk.folder)[NIGHT])["hold"]
        status, page = ask(port, "POST", late)
        assert (status, "no mail of it waits" in page) == (409, True)
        assert "Mails of it that have left: 3." in page


def test_a_window_opens_by_itself_unless_somebody_holds_the_issue(
    tmp_path: Path,
) -> None:
    with at_desk(tmp_path, WINDOW) as desk:
        assert desk.after(minutes=44) == []
        assert desk.after(minutes=1) == [
            "due daily@2026-11-23T07:00+01:00", f"asked 2 about {ISSUE} #1",
        ]  # fmt: skip
        body = proofs(desk.folder)[DESK].get_body(("html",))
        assert body is not None
        assert (
            "leaves on <bdi>23 November 2026</bdi> at <bdi>07:00</bdi> "
            "(<bdi>Europe/Brussels</bdi>) unless"
        ) in body.get_content()
        assert desk.after(minutes=44) == []
        assert desk.after(minutes=1) == [f"sent 3 of {ISSUE}"]
        assert desk.after(minutes=1) == [], "the slot is served once"

        write_article(desk.folder, "dredger.md", DREDGER)
        second = "daily/2026-11-24"
        desk.after(minutes=20)
        assert desk.after(days=1, minutes=-66)[-1] == f"asked 2 about {second} #1"
        said = approving.hold(desk.newsroom, second, by=DESK).plain
        assert said == f"{second} is held; mails of it that have left: none"
        assert approving.hold(desk.newsroom, second, by=NIGHT).plain == (
            f"{second} is held already"
        )
        assert desk.after(hours=7) == []
        assert desk.left == 3
        approving.approve(desk.newsroom, second, by=NIGHT)
        assert desk.after(seconds=10) == [f"sent 3 of {second}"], "late, and wanted"
        assert desk.left == 5


@pytest.mark.slow
def test_who_approves_in_the_window_changes_nothing_about_the_time(
    tmp_path: Path,
) -> None:
    with at_desk(tmp_path, WINDOW) as desk, served(desk.newsroom) as port:
        desk.after(minutes=45)
        approve = links(proofs(desk.folder)[DESK])["approve"]
        leaves = "This issue leaves on 23 November 2026 at 07:00 (Europe/Brussels)."
        assert leaves in ask(port, "GET", approve)[1]
        assert leaves in ask(port, "POST", approve)[1]
        desk.newsroom.store.journal.hold(ISSUE, "paused")
        assert desk.newsroom.store.approvals.resume(ISSUE) == AWAITING
        assert desk.after(minutes=44) == []
        hold = links(proofs(desk.folder)[NIGHT])["hold"]
        assert ask(port, "POST", hold)[0] == 200
        assert ask(port, "POST", approve)[0] == 200, "thought better of"
        assert desk.after(minutes=1) == [f"sent 3 of {ISSUE}"]


@pytest.mark.slow
def test_editors_have_their_window_however_late_the_news(tmp_path: Path) -> None:
    with at_desk(tmp_path, WINDOW) as desk:
        desk.after(minutes=45)
        desk.after(minutes=45)
        assert desk.left == 3
        assert desk.after(days=1, minutes=-45) == [], "no news yet, and time"
        write_article(desk.folder, "dredger.md", DREDGER)
        desk.after(minutes=15)  # collected
        second = "daily/2026-11-24"
        assert desk.after(minutes=10)[-1] == f"asked 2 about {second} #1"
        assert desk.after(minutes=44) == []
        assert desk.after(minutes=1) == [f"sent 3 of {second}"]
        assert desk.after(days=1, minutes=-70) == []
        assert desk.after(minutes=46) == [
            "due daily@2026-11-25T07:00+01:00", "nothing daily",
        ]  # fmt: skip


@pytest.mark.slow
def test_a_window_that_passed_while_nothing_was_running_is_late_as_any_slot_is(
    tmp_path: Path,
) -> None:
    with at_desk(tmp_path, WINDOW) as desk:
        desk.after(minutes=45)
        assert desk.after(hours=7) == [f"sent 0 of {ISSUE}"]
        counts = desk.newsroom.store.journal.counts(ISSUE)
    assert counts == {State.FAILED: 3}


@pytest.mark.slow
def test_late_articles_need_a_revision_and_it_a_new_approval(tmp_path: Path) -> None:
    with at_desk(tmp_path, REQUIRED) as desk, served(desk.newsroom) as port:
        desk.after(minutes=90)
        old = links(proofs(desk.folder)[DESK])
        write_article(desk.folder, "dredger.md", DREDGER)
        write_article(
            desk.folder,
            "bell.md",
            "---\nheadline: A bell on Monday\ntags: [schools]\n---\n\nIt rang.\n",
        )
        desk.clock.forward(minutes=1)
        list(desk.newsroom.collect())
        desk.clock.forward(minutes=1)
        newsletter = desk.newsroom.newsletter()
        issue = approving.issue_named(desk.newsroom, ISSUE)

        revised = desk.newsroom.issues.revise(issue, newsletter)

        assert {a.headline for a in revised.articles} >= {
            "The dredger", "A bell on Monday",
        }  # fmt: skip
        assert len(revised.articles) == 4
        for path in (tmp_path / "news" / "outbox" / "new").iterdir():
            path.unlink()
        assert desk.after(seconds=10) == [f"asked 2 about {ISSUE} #2"]
        proof = proofs(desk.folder)[DESK]
        assert ask(port, "POST", old["approve"])[0] == 404
        assert "newest proof" in ask(port, "GET", old["hold"])[1]
        assert ask(port, "POST", links(proof)["approve"])[0] == 200
        assert desk.after(seconds=10) == [f"sent 3 of {ISSUE}"]
        texts = [mail.as_string() for mail in mails(desk.folder) if mail is not proof]
        assert not any("No bell on Monday" in text for text in texts)
        held = desk.newsroom.store.journal
        cy = desk.newsroom.subscriber("cy@readers.example").id
        [brought] = held.brought(cy, [a.id for a in revised.articles])
        assert len(brought.articles) == 4, "late ones are remembered as received"
        with pytest.raises(InputError, match="is not held back"):
            desk.newsroom.issues.revise(revised, newsletter)
        following = desk.newsroom.issues.draft(newsletter)
        assert (following.since, following.articles) == (revised.until, ())


def test_no_way_around_leads_past_an_approval(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    project = write_project(tmp_path / "news", settings=asking(REQUIRED))
    digest = Shell(capsys, project)
    digest("collect")

    sent = digest("send")
    assert sent.code == 1
    assert "2 proofs sent to the editors" in sent.out
    [issue] = digest("issues", "--json").json
    name = issue["id"]
    assert f"awaiting approval; `digest approve {name}` lets it go" in sent.err
    assert [word["kind"] for word in issue["approval"]] == ["asked", "proof", "proof"]
    write_article(project, "dredger.md", DREDGER)
    digest("collect")
    again = digest("send", "--json")
    assert again.json["awaiting_approval"] == [name]
    assert again.json["issues"] == []
    plan = digest("plan", "--json").json
    assert (plan["issue"], plan["sums"]["digests"]) == (name, 3), "the dredger is next"
    named = digest("send", "--issue", name)
    assert (named.code, "is awaiting approval" in named.err) == (3, True)
    assert digest("pause").code == 0
    resumed = digest("resume")
    assert "not paused any more, but awaiting approval" in resumed.out
    with Newsroom(load_settings(project, environment={})) as newsroom:
        found = newsroom.store.archive.issue(name)
        assert found is not None
        wire = Wire()
        assert newsroom.send(found, transport=wire).hold == AWAITING
        assert wire.seen == [], "not even for who goes past every command"
    status = digest("status")
    assert (status.code, "awaiting approval: nothing more of it" in status.err) == (
        1, True,
    )  # fmt: skip

    held = digest("hold", name).out
    assert f"{name} is held; mails of it that have left: none\n  `digest app" in held
    assert f"{HELD}: 3 queued" in digest("issues", "--newsletter", "daily").out
    assert digest("resume").out.count("digest approve") == 1
    approved = digest("approve", name).out
    assert f"{name} is approved: it leaves now\n  `digest run` sends it" in approved
    assert "was approved before: operator" in digest("approve", name).out
    sent = digest("send")
    assert f"{name}: 3 sent" in sent.out
    listed = digest("issues", "--newsletter", "daily").out
    assert "3 sent" in listed
    assert "approved: operator, " in listed
    for command in ("approve", "hold"):
        wrong = digest(command, "daily/1999-01-01")
        assert (wrong.code, f"the last ones are: {name}" in wrong.err) == (3, True)


@pytest.mark.slow
def test_revise_and_recall_say_what_cannot_be_done(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    project = write_project(tmp_path / "news", settings=asking(REQUIRED))
    digest = Shell(capsys, project)
    assert "No issue yet" in digest("issues").out
    digest("collect")
    digest("send")
    [issue] = digest("issues", "--json").json
    name = issue["id"]
    write_article(project, "dredger.md", DREDGER)
    digest("collect")

    revised = digest("issues", "revise", name)
    assert f"{name}: 1 article new, 0 changed, 4 in all\n  The dredger" in revised.out
    assert "2 proofs sent" in revised.out
    assert digest("issues", "--json").json[0]["revision"] == 2
    assert digest("recall", "--yes").code == 0
    for command in (["approve"], ["hold"], ["issues", "revise"]):
        refused = digest(*command, name)
        assert (refused.code, "recalled" in refused.err) == (3, True), command


@pytest.mark.slow
def test_a_pause_in_the_window_outlasts_it_and_ends_in_it(tmp_path: Path) -> None:
    with at_desk(tmp_path, WINDOW) as desk:
        desk.after(minutes=45)
        approvals = desk.newsroom.store.approvals
        desk.newsroom.store.journal.hold(ISSUE, "paused")
        assert desk.after(minutes=50) == []
        said = approving.approve(desk.newsroom, ISSUE, by=DESK)
        assert "it is paused, and waits" in said.plain
        assert (desk.after(seconds=10), desk.left) == ([], 0)
        assert approvals.resume(ISSUE) == ""
        assert desk.after(seconds=10) == [f"sent 3 of {ISSUE}"]


def test_a_proof_that_cannot_leave_stops_nothing_else_and_is_tried_again(
    tmp_path: Path,
) -> None:
    project = write_project(
        tmp_path / "news", settings=asking(REQUIRED, smtp_settings(9))
    )
    clock, log = Clock(), Log()
    clock.forward(minutes=-90)
    with Newsroom(load_settings(project, environment={}), now=clock) as newsroom:
        ticker = Ticker(newsroom, watcher=log, stop=Event())
        ticker.tick()
        clock.forward(minutes=90)
        ticker.tick()
        assert log.take()[-1].startswith("failed daily: ")
        assert newsroom.store.journal.held(ISSUE) == AWAITING
        standing = newsroom.store.approvals.of(ISSUE)
        assert standing is not None
        assert standing.proofed == frozenset()
        clock.forward(days=2)
        with pytest.raises(InputError, match="more than a day old"):
            approving.approve(newsroom, ISSUE, by=DESK)
        assert approving.ask(newsroom, newsroom.newsletter()) == [], "it is stale"


@pytest.mark.slow_on_postgresql
@pytest.mark.usefixtures("engine")
def test_the_words_on_an_issue_decide_and_are_only_added_to(tmp_path: Path) -> None:
    clock = Clock()
    with opened(tmp_path, clock) as store:
        issue = planned(store, readers=1)
        approvals, opens = store.approvals, clock.at + timedelta(minutes=45)

        approvals.ask(issue.id, opens=opens)
        assert not approvals.open(issue.id), "not yet"
        assert [a.issue for a in store.approvals.held_back("daily")] == [issue.id]
        assert approvals.untouched(issue.id)
        approvals.hold(issue.id, who=DESK)
        clock.forward(hours=1)
        assert not approvals.open(issue.id), "somebody holds it"
        approvals.approve(issue.id, who=NIGHT)
        standing = approvals.of(issue.id)
        assert standing is not None
        assert (standing.hold, standing.allowed) == ("", clock.at)
        [claim] = store.journal.claim(issue.id, limit=1, lease_seconds=60)
        assert not approvals.untouched(issue.id)
        approvals.hold(issue.id, who=DESK)
        assert store.journal.write(issue.id, skips=[(claim, "x")]).hold == HELD
        assert approvals.of("daily/none") is None
        kinds = [word.kind for word in approvals.of(issue.id).words]  # type: ignore[union-attr]
    assert kinds == ["asked", "held", "approved", "held"]
    assert len(rows(tmp_path, "select * from approval")) == 4


@pytest.mark.slow_on_postgresql
@pytest.mark.usefixtures("engine")
def test_a_revision_keeps_the_places_that_deliveries_refer_to(tmp_path: Path) -> None:
    clock = Clock()
    with opened(tmp_path, clock) as store:
        issue = planned(store, readers=2)
        was = {a.id: a for a in issue.articles}
        late = article(9, id="late", pinned=True, published=clock.at)
        newer = replace(was["b"], headline="Another headline")
        clock.forward(minutes=5)
        draft = replace(issue, articles=(late, newer, was["a"]), until=clock.at)

        revised = store.archive.revise(issue.id, draft)

        assert revised == store.archive.issue(issue.id)
        assert (revised.until, revised.since) == (clock.at, issue.since)
        assert [a.id for a in revised.articles] == ["late", *"abcdefgh"]
        assert {a.id: a for a in revised.articles}["b"].headline == "Another headline"
        standing = store.approvals.of(issue.id)
        assert standing is not None
        assert standing.revision == 2
        first, second = store.journal.claim(issue.id, limit=2, lease_seconds=60)
        start = Start(claim=first, dated=clock.at, articles=("late", "b"))
        store.journal.write(issue.id, starts=[start], leaving=[first])
        assert [i.id for i in store.archive.issues_with("late")] == [issue.id]
        [brought] = store.journal.brought(first.subscriber, ["late", "a", "b", "none"])
        assert brought.articles == {"late", "b"}
        assert store.journal.brought(second.subscriber, ["late"]) == []
        row = store.journal.delivery(issue.id, first.subscriber)
        assert row is not None
        assert row.state is State.BODY_SENT
        assert store.journal.delivery(issue.id, "nobody") is None
        store.archive.add([late, article(10, id="undated")])
        seen = clock.at
        came = [(when, a.id) for when, a in store.archive.arrivals(["articles"])]
        assert came == [(late.published, "late"), (seen, "undated")]


def test_the_log_says_what_waits_until_when(
    capsys: pytest.CaptureFixture[str],
) -> None:
    asked = approving.Asked(
        issue=stored(), revision=2, editors=EDITORS, opens=Clock().at
    )

    Diary().asked(asked)
    Diary().asked(replace(asked, opens=None, editors=EDITORS[:1]))

    first, second = capsys.readouterr().out.splitlines()
    assert "2 proofs sent of revision 2; leaves 2026-11-23T06:00:00Z unless" in first
    assert second.endswith("1 proof sent of revision 2; waits")
    assert "@" not in first + second


@pytest.mark.parametrize(
    ("written", "words"),
    [
        ("sometimes", "is no way to approve: 'sometimes'; write `required`, or"),
        ("window soon", "is not a length of time"),
    ],
)
def test_what_approval_may_say_is_checked_and_editors_must_be_named(
    tmp_path: Path, written: str, words: str
) -> None:
    project = write_project(tmp_path / "news", settings=asking(written))
    with pytest.raises(FileProblems) as wrong:
        load_settings(project, environment={})
    assert words in str(wrong.value)
    alone = asking(REQUIRED).replace("editors:", "x:").partition("x:")[0]
    (project / "digest.yaml").write_text(alone, encoding="utf-8")
    with pytest.raises(DigestError, match="asked of editors, and none are named"):
        load_settings(project, environment={})
