"""The studio, asked without a server: what pages hold, and that looking changes nothing."""

from __future__ import annotations

import random
import re
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest

from digest.config import write_subscribers
from digest.explaining import Why
from digest.model import Format, Length, Preferences, State, Subscriber
from digest.newsroom import NOBODY
from digest.selection import TOP_STORIES
from digest.settings import FilesDelivery
from digest.transports import open_transport
from digest.web.studio.asking import Asked
from digest.web.studio.reasons import KINDS
from digest.web.studio.watching import Changed
from tests.projects import (
    READERS,
    SETTINGS,
    Clock,
    smtp_settings,
    write_article,
    write_project,
)
from tests.studio_pages import HOST, Visitor, visiting

TAGS = ("river", "canal", "schools", "football", "markets")


@pytest.fixture
def studio(project: Path) -> Iterator[Visitor]:
    with visiting(project) as visitor:
        yield visitor


def id_of(studio: Visitor, name: str) -> str:
    return studio.desk.newsroom.subscriber(f"{name}@readers.example").id


class TestEveryPane:
    def test_shows_the_same_mail_each_in_its_way(self, studio: Visitor) -> None:
        ana = id_of(studio, "ana")

        mail = studio(reader=ana)
        framed = studio(mail.frame())
        text = studio(reader=ana, pane="text")
        header = studio(reader=ana, pane="header")

        assert mail.status == framed.status == 200
        assert "The ferry is back" in framed.text
        assert "No bell on Monday" not in framed.text
        assert "The ferry is back" in text.words
        assert "RCPT TO ana@readers.example" in header.words
        assert "List-Unsubscribe-Post List-Unsubscribe=One-Click" in header.words
        assert re.search(r"HTML [\d.]+ kB of the 102.4 kB that Gmail shows", mail.words)
        assert "To Ana · From The Ledger · 2 stories" in mail.words

    def test_offers_newsletters_issues_and_readers(self, studio: Visitor) -> None:
        page = studio()

        assert "The Ledger Daily" in page.words
        assert "What send would send now" in page.words
        assert "Next, Tue 24 Nov 2026, 07:00" in page.words
        for name in ("Ana", "Bo", "Cy"):
            assert name in page.part("readers")
        assert "Bo" not in studio(search="ANA").part("readers")
        assert "No reader is called so" in studio(search="nobody").part("readers")

    def test_explains_every_article_and_what_other_wishes_would_change(
        self, studio: Visitor
    ) -> None:
        ana = id_of(studio, "ana")

        own = studio(reader=ana, pane="why")
        other = studio(
            reader=ana, pane="why", as_if="1", follows="schools", length="full"
        )

        assert "In this mail: 2 of 3 articles" in own.words
        assert re.search(r"Not followed 1 .*No bell on Monday", own.words)
        assert "In this mail: 1 of 3 articles" in other.words
        assert "follows Schools" in other.words
        assert "nothing is saved" in other.words
        saved = studio.desk.newsroom.subscriber(ana).preferences
        assert (saved.follows, saved.length) == (("rivers",), Length.SUMMARIES)

    def test_has_words_for_every_kind_of_reason(self) -> None:
        assert set(KINDS) == set(Why) - {Why.SHOWN}

    def test_tries_top_stories_only(self, project: Path) -> None:
        for number in range(5):
            text = f"---\nheadline: River {number}\ntags: [river]\n---\n\nR.\n"
            write_article(project, f"{number}.md", text)
        with visiting(project) as studio:
            page = studio(
                reader=id_of(studio, "ana"), pane="why", as_if="1", follows="rivers",
                top="rivers",
            )  # fmt: skip

        assert f"In this mail: {TOP_STORIES} of 8 articles" in page.words
        assert "Beyond the top stories" in page.words

    def test_knows_readers_who_are_invented(self, studio: Visitor) -> None:
        page = studio(
            reader="invented", as_if="1", mutes="rivers", format="text", language="fr"
        )

        assert "wants text only" in page.words
        assert "No bell on Monday" in page.words
        assert "The ferry is back" not in page.words
        assert "nouvelle" in page.words or "article" in page.words

    def test_says_what_the_linter_finds_and_frames_the_place(
        self, studio: Visitor, project: Path
    ) -> None:
        folder = project / "templates" / "shared"
        folder.mkdir(parents=True)
        stock = Path(__file__).parent.parent / "templates/shared/page.html.j2"
        spoilt = stock.read_text().replace(
            "<body", '<body data-x="1"><p><img src="https://x.example/a.png"></p><i', 1
        )
        (folder / "page.html.j2").write_text(spoilt)
        studio.desk.refresh({Changed.TEMPLATES}, ())

        page = studio(pane="findings", reader=id_of(studio, "cy"))
        (spot,) = set(re.findall(r'href="([^"]*)" id="spot-img-alt-\d+"', page.text))
        place = studio.ask(spot.replace("&amp;", "&"))

        assert "error: img-alt" in page.words
        assert re.search(r"Findings \d+", page.part("panes"))
        assert "<mark>" in place.text
        framed = studio(place.frame().partition("#")[0])
        assert re.search(r'<p [^>]*data-spot=""|<img [^>]*data-spot=""', framed.text)

    def test_compares_with_another_reader_and_with_what_was_before(
        self, studio: Visitor, project: Path
    ) -> None:
        ana, bo = id_of(studio, "ana"), id_of(studio, "bo")

        beside = studio(reader=ana, pane="compare", against="reader", other=bo)
        studio(reader=ana)
        (project / "templates" / "newsroom").mkdir(parents=True)
        subject = project / "templates" / "newsroom" / "subject.txt.j2"
        subject.write_text("Fresh from the press")
        studio.desk.refresh({Changed.TEMPLATES}, ())
        before = studio(reader=ana, pane="compare")

        assert "Only Ana 2 stories" in beside.words
        assert "Only Bo 1 story No bell on Monday" in beside.words
        assert "<ins>Fresh" in before.text
        assert "Both 2 stories" in before.words

    def test_compares_other_wishes_with_their_own(self, studio: Visitor) -> None:
        page = studio(
            reader=id_of(studio, "ana"), as_if="1", follows="schools", pane="compare"
        )

        assert "Only With these preferences 1 story No bell on Monday" in page.words
        assert "Only With their own 2 stories" in page.words

    def test_says_in_words_what_an_address_asks_in_vain(self, studio: Visitor) -> None:
        stranger = studio(reader="nobody")
        wild = studio(
            newsletter="none", issue="none/1", pane="x", limit="-1", showing="?",
            as_if="1", follows="x", mutes="tag:", language="\0/../x", spot="html:999999",
        )  # fmt: skip

        assert stranger.status == 500
        assert "no reader 'nobody' is known" in stranger.words
        assert wild.status in (200, 500)
        assert "Traceback" not in wild.text
        assert "The Ledger Daily" in wild.words

    def test_says_why_a_reader_gets_nothing(self, project: Path) -> None:
        (project / "subscribers.yaml").write_text(
            READERS.replace("[schools]", "[schools]\n    mutes: [schools]")
        )
        with visiting(project) as studio:
            page = studio(reader=id_of(studio, "bo"))

        assert "Bo gets no mail of this issue" in page.words
        assert "Nothing new on the topics they follow" in page.words


def random_reader(number: int, chance: random.Random) -> Subscriber:
    topics = ["rivers", "schools", *(f"tag:{tag}" for tag in TAGS)]
    return Subscriber(
        id="",
        address=f"reader{number}@readers.example",
        name=chance.choice(("", "Zoë", "هالة", "O'Neil & Sons", f"Reader {number}")),
        language=chance.choice(("", "fr")),
        preferences=Preferences(
            newsletters=frozenset({"daily"}),
            follows=tuple(chance.sample(topics, chance.randint(0, 3))),
            mutes=frozenset(chance.sample(topics, chance.choice((0, 0, 1)))),
            format=chance.choice((Format.HTML, Format.HTML, Format.TEXT)),
            length=chance.choice((Length.SUMMARIES, Length.FULL)),
            limit=chance.choice((None, None, 2)),
        ),
    )


@pytest.mark.slow
def test_the_bytes_shown_to_two_hundred_random_readers_are_those_that_leave(
    tmp_path: Path,
) -> None:
    chance, clock = random.Random(6), Clock()
    readers = [random_reader(number, chance) for number in range(200)]
    project = write_project(
        tmp_path / "news", readers="".join(write_subscribers(readers, form="yaml"))
    )
    for number in range(7):
        tags = ", ".join(chance.sample(TAGS, chance.randint(0, 3)))
        write_article(
            project,
            f"{number}.md",
            f"---\nheadline: Story {number}\ntags: [{tags}]\n---\n\nSaid.\n",
        )

    with visiting(project, clock=clock) as studio:
        newsroom = studio.desk.newsroom
        everyone = list(newsroom.store.audience.all())
        issue = newsroom.issues.prepare(newsroom.newsletter())
        assert issue is not None
        for reader in everyone:  # every language, length and format is worked out
            studio.desk.find(Asked(issue=issue.id, reader=reader.id))
        studio.worked_out()
        found = [
            studio.desk.find(Asked(issue=issue.id, reader=reader.id)).galley
            for reader in everyone
        ]
        shown = [galley.content for galley in found if galley and galley.content]
        assert all(galley and galley.whole for galley in found)
        page = studio(issue=issue.id, reader=everyone[0].id, pane="source")
        (link,) = re.findall(r'href="(/message/[^"]*)"', page.text)
        assert "These are the bytes that leave" in page.words
        assert studio(link).body in shown
        box = tmp_path / "box"
        newsroom.send(issue, transport=open_transport(FilesDelivery(folder=box)))

    sent = [path.read_bytes() for path in (box / "new").iterdir()]
    assert sorted(shown) == sorted(sent)
    assert 100 < len(sent) < 200  # some get nothing


def everything(project: Path) -> list[str]:
    """Return all that the database holds, as text."""
    with sqlite3.connect(project / "digest.db") as database:
        return list(database.iterdump())


class TestLooking:
    def test_changes_nothing(self, studio: Visitor, project: Path) -> None:
        (database,) = project.glob("*.db")
        assert database.name == "digest.db"
        before = everything(project)

        ana = id_of(studio, "ana")
        for pane in ("mail", "text", "why", "findings", "compare", "header", "source"):
            for issue in ("", "next"):
                assert studio(reader=ana, pane=pane, issue=issue).status == 200
        studio(reader="invented", as_if="1", follows="schools", pane="why")
        studio(reader=ana, pane="compare", against="reader", other=id_of(studio, "bo"))
        studio.worked_out()

        assert everything(project) == before
        assert not (project / "outbox").exists()

    def test_fetches_nothing_and_runs_nothing(
        self, studio: Visitor, project: Path
    ) -> None:
        page = studio()
        framed = studio(page.frame())

        policy = page.headers["content-security-policy"]
        assert "default-src 'none'" in policy
        assert "script-src 'self'" in policy
        assert "frame-ancestors 'none'" in policy
        assert 'sandbox=""' in page.text
        mail = framed.headers["content-security-policy"]
        assert mail.startswith("default-src 'none'")
        assert mail.endswith("; sandbox")
        assert "script-src" not in mail
        for answer in (page, framed, studio("/nothing"), studio("/studio.js")):
            assert answer.headers["x-content-type-options"] == "nosniff"
            assert answer.headers["referrer-policy"] == "no-referrer"
            assert answer.headers["cache-control"] == "no-store"

    @pytest.mark.parametrize(
        "host", ["evil.example", "evil.example:8000", "127.0.0.1.evil.example", ""]
    )
    def test_is_for_who_calls_it_by_its_own_name(
        self, studio: Visitor, host: str
    ) -> None:
        assert studio.ask("/", host=host).status == 400
        assert studio.ask("/mail/x", host=host).status == 400
        assert studio.post("/send", {}, host=host).status == 400
        assert studio.ask("/", host="localhost:8000").status == 200

    @pytest.mark.parametrize(
        "path",
        [
            "/../digest.yaml",
            "/..%2fdigest.yaml",
            "/picture/..%2f..%2fdigest.yaml",
            "/studio.html",
            "/mail/" + "a" * 5000,
            "/message/x.eml",
        ],
    )
    def test_shows_no_file_but_its_own(self, studio: Visitor, path: str) -> None:
        assert studio(path).status == 404

    def test_shows_this_projects_pictures_and_no_others(
        self, studio: Visitor, project: Path
    ) -> None:
        (project / "articles" / "boat.png").write_bytes(b"a picture")
        write_article(
            project,
            "ferry.md",
            "---\nheadline: The ferry is back\ntags: [river]\nimage: boat.png\n---\n\n"
            "![Far](https://far.example/a.png)\n",
        )
        studio.desk.refresh({Changed.ARTICLES}, ["articles"])

        framed = studio(studio(reader="invented", as_if="1", length="full").frame())
        (own,) = re.findall(r'src="(/picture/[^"]*)"', framed.text)

        assert studio(own).body == b"a picture"
        assert studio(own).headers["content-security-policy"].endswith("sandbox")
        assert "https://far.example/a.png" in framed.text  # which the policy stops


class TestAStudioForOthers:
    def test_lets_one_browser_in_with_the_token_once(self, project: Path) -> None:
        with visiting(project, locked=True) as studio:
            token = studio.guard.token
            other = "10.0.0.7:8000"
            assert studio.ask("/", host=other).status == 403
            assert studio.ask("/?token=wrong", host=other).status == 403
            opened = studio.ask(f"/?token={token}", host=other)
            cookie = opened.headers["set-cookie"]
            again = studio.ask(f"/?token={token}", host=other)
            inside = studio.ask("/", host=other, cookie=cookie.partition(";")[0])

        assert opened.status == 303
        assert "httponly" in cookie.lower()
        assert "samesite=strict" in cookie.lower()
        assert again.status == 403
        assert inside.status == 200


class TestSendMeThis:
    def token(self, studio: Visitor) -> str:
        page = studio(reader="invented")  # who follows everything, so gets a mail
        found = re.search(r'name="token" value="([^"]+)"', page.text)
        assert found
        return found[1]

    def test_needs_the_token_of_our_own_page(
        self, studio: Visitor, project: Path
    ) -> None:
        token, to = self.token(studio), "me@readers.example"
        for fields in ({}, {"to": to}, {"to": to, "token": token + "x"}):
            assert studio.post("/send", fields).status == 403
        stranger = studio.post(
            "/send", {"to": to, "token": token}, origin="https://evil.example"
        )
        large = studio.post("/send", {"to": to, "token": token, "x": "y" * 20_000})

        assert (stranger.status, large.status) == (403, 403)
        assert studio.ask("/send").status == 404
        assert not (project / "outbox").exists()

    def test_sends_what_is_shown_marked_as_a_test_and_writes_nothing_down(
        self, studio: Visitor, project: Path
    ) -> None:
        before, bo = everything(project), id_of(studio, "bo")
        answer = studio.post(
            f"/send?reader={bo}&as_if=1&follows=rivers",
            {"to": "me@readers.example", "token": self.token(studio)},
            origin=f"http://{HOST}",
        )

        (sent,) = (path.read_text() for path in (project / "outbox/new").iterdir())
        assert "Sent to me@readers.example" in answer.words
        assert "Subject: [Test]" in sent
        assert "To: <me@readers.example>" in sent
        assert "The ferry is back" in sent
        links = studio.desk.newsroom.links
        assert links.unsubscribe(NOBODY, "daily") in sent.replace("=\n", "")
        assert links.unsubscribe(bo, "daily") not in sent.replace("=\n", "")
        assert everything(project) == before

    def test_sends_no_story_that_the_reader_got_before(self, project: Path) -> None:
        (project / "digest.yaml").write_text(
            SETTINGS.replace(
                "sources:",
                "  weekly:\n    title: The Week\n"
                "    sender: The Ledger <digest@ledger.example>\nsources:",
                1,
            )
        )
        readers = READERS.replace(
            "    name: ", "    newsletters: [daily, weekly]\n    name: "
        )
        (project / "subscribers.yaml").write_text(readers)
        clock = Clock()
        with visiting(project, clock=clock) as studio:
            newsroom, ana = studio.desk.newsroom, id_of(studio, "ana")
            issue = newsroom.issues.prepare(newsroom.newsletter("daily"))
            assert issue is not None
            newsroom.send(issue)
            write_article(
                project, "new.md", "---\nheadline: Newest\ntags: [river]\n---\n\nN.\n"
            )
            list(newsroom.collect())
            clock.forward(minutes=1)
            why = studio(newsletter="weekly", reader=ana, pane="why")
            answer = studio.post(
                f"/send?newsletter=weekly&reader={ana}",
                {"to": "me@readers.example", "token": self.token(studio)},
            )

        assert "Sent before 2" in why.words
        assert "already sent with daily/2026-11-23" in why.words
        assert "Sent to me@readers.example" in answer.words
        (sent,) = (project / "outbox/new").glob("test-*")
        assert "Newest" in sent.read_text()
        assert "The ferry is back" not in sent.read_text()

    def test_says_what_is_wrong_with_an_address_or_a_server(
        self, project: Path
    ) -> None:
        (project / "digest.yaml").write_text(smtp_settings(1))
        with visiting(project) as studio:
            token = self.token(studio)
            wrong = studio.post("/send", {"to": "me", "token": token})
            away = studio.post("/send", {"to": "me@readers.example", "token": token})

        assert "Not sent: " in wrong.words
        assert "Not sent: " in away.words
        assert "127.0.0.1" in away.words


class TestASave:
    def test_of_a_broken_template_shows_its_line_and_leaves_the_last_good_mail(
        self, studio: Visitor, project: Path
    ) -> None:
        good = studio()
        folder = project / "templates" / "newsroom"
        folder.mkdir(parents=True)
        (folder / "subject.txt.j2").write_text("Fine\n{{ nonsense }}\n")
        studio.desk.refresh({Changed.TEMPLATES}, ())
        broken = studio()
        (folder / "subject.txt.j2").write_text("Fine again")
        studio.desk.refresh({Changed.TEMPLATES}, ())
        mended = studio()

        assert "subject.txt.j2:2" in broken.words
        assert "nonsense" in broken.words
        assert '<mark><span class="no">2</span>{{ nonsense }}</mark>' in broken.text
        assert "the mail as it was before" in broken.words
        assert broken.frame() == good.frame()
        assert studio(broken.frame()).status == 200
        assert "This cannot be shown" not in mended.words
        assert "Fine again" in mended.words

    def test_of_readers_articles_and_settings_is_taken_in(
        self, studio: Visitor, project: Path
    ) -> None:
        file, settings = project / "subscribers.yaml", project / "digest.yaml"
        file.write_text(READERS + "  - address: dee@readers.example\n    name: Dee\n")
        studio.desk.refresh({Changed.READERS}, ())
        assert "Dee" in studio().words
        file.write_text(READERS.replace("[rivers]", "[rivrs]"))
        studio.desk.refresh({Changed.READERS}, ())
        assert re.search(r"subscribers.yaml:4:\d+ .*rivrs", studio().words)
        studio.desk.refresh({Changed.TEMPLATES}, ())  # which mends no other file
        assert re.search(r"subscribers.yaml:4:\d+ .*rivrs", studio().words)
        file.write_text(READERS)
        write_article(
            project, "ferry.md", "---\nheadline: No ferry\ntags: [river]\n---\n\nNo.\n"
        )
        studio.desk.refresh({Changed.READERS, Changed.ARTICLES}, ["articles"])
        assert "No ferry" in studio(pane="text", reader=id_of(studio, "cy")).words
        settings.write_text(SETTINGS.replace("The Ledger Daily", "The Daily Ledger"))
        studio.desk.refresh({Changed.SETTINGS}, ())
        assert "The Daily Ledger" in studio().words
        settings.write_text(SETTINGS.replace("topics:", "topcs:", 1))
        studio.desk.refresh({Changed.SETTINGS}, ())
        assert "did you mean `topics`" in studio().words
        assert "The Daily Ledger" in studio().words


def test_what_another_program_changes_is_seen_in_a_moment(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("digest.web.studio.desk.FRESH_SECONDS", 0)
    clock = Clock()
    with visiting(project, clock=clock) as studio:
        cy = id_of(studio, "cy")
        first = studio(pane="text", reader=cy)
        write_article(
            project, "new.md", "---\nheadline: Newest\ntags: [river]\n---\n\nN.\n"
        )
        list(studio.desk.newsroom.collect())
        clock.forward(minutes=1)
        second = studio(pane="text", reader=cy)

    assert "Newest" not in first.words
    assert "Newest" in second.words


def test_an_issue_that_went_out_is_shown_with_the_date_it_was_sent(
    project: Path,
) -> None:
    clock = Clock()
    with visiting(project, clock=clock) as studio:
        newsroom = studio.desk.newsroom
        issue = newsroom.issues.prepare(newsroom.newsletter())
        assert issue is not None
        assert newsroom.send(issue).counts[State.SENT] == 3
        clock.forward(days=3)
        header = studio(issue=issue.id, pane="header", reader=id_of(studio, "ana"))
        following = studio()

    assert "Date Mon, 23 Nov 2026 06:01:00 +0000" in header.words
    assert "No. 1, daily/2026-11-23" in header.words
    assert "There is nothing new" in following.words


def test_a_studio_looks_from_any_moment(project: Path) -> None:
    write_article(
        project,
        "later.md",
        "---\nheadline: Embargoed\ntags: [river]\npublished: 2026-11-25\n---\n\nNow.\n",
    )
    with visiting(project) as studio:
        cy = id_of(studio, "cy")
        now = studio(pane="text", reader=cy)
        studio.desk.at = studio.desk.newsroom.seconds().replace(day=26)
        studio.desk.refresh((), ())
        later = studio(pane="text", reader=cy)
        header = studio(pane="header", reader=cy)

    assert "Embargoed" not in now.words
    assert "Embargoed" in later.words
    assert "Date Thu, 26 Nov 2026" in header.words
