"""The public pages, asked as readers, mail programs, scanners and attackers do."""

from __future__ import annotations

import json
import re
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime
from email import message_from_bytes, policy
from pathlib import Path
from urllib.parse import quote, urljoin

import pytest
from hypothesis import HealthCheck, given
from hypothesis import strategies as st

from digest import approving
from digest.inbox import Arrived
from digest.links import Links, Purpose
from digest.model import Format, Length, State, Status
from digest.newsroom import NOBODY, Newsroom
from digest.reception.mails import A_DAY, Mails
from digest.reception.post import Post
from digest.returning import Came
from digest.web.public.app import public_app
from digest.web.public.guards import MOST_COUNTED, Limiter, network
from tests import approvals
from tests.commands import Shell
from tests.examples import examples
from tests.projects import SETTINGS, smtp_settings, write_article
from tests.returned_mail import with_tokens
from tests.smtp_servers import Scripted, play
from tests.stores import questions, rows
from tests.test_bounces import SAMPLES
from tests.visitors import ONE_CLICK, Site, Visitor, opened_site

ANA, BO, CY = (f"{name}@readers.example" for name in ("ana", "bo", "cy"))

TWO = smtp_settings(0).replace(
    "sources:",
    """\
  weekly:
    title: The Ledger Weekly
    sender: The Ledger <digest@ledger.example>
    schedule: {days: monday, at: "07:00"}
sources:""",
)

Fields = dict[str, str | list[str]]
NEW: Fields = {
    "address": "new@x.example",
    "newsletter": "daily",
    "topic": "rivers",
    "language": "en",
}


UNKNOWN_USER = SAMPLES / "postfix-unknown-user.eml"
SCHOOL_BUS = "---\nheadline: The bus is late\ntags: [schools]\n---\n\nAgain.\n"


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    with opened_site(tmp_path) as opened:
        yield opened


@pytest.fixture
def two(tmp_path: Path) -> Iterator[Site]:
    """A site with two newsletters."""
    with opened_site(tmp_path, settings=TWO) as opened:
        yield opened


def sent(site: Site) -> dict[str, str]:
    """Send the next issue; return the text of each reader's mail, by address."""
    newsletter = site.newsroom.newsletter("daily")
    for issue in site.newsroom.issues.to_send(newsletter):
        before = len(site.mails())
        site.newsroom.send(issue)
        found = {}
        for mail in site.mails()[before:]:
            part = mail.get_body(("plain",))
            assert part is not None
            found[str(mail["To"]).strip("<>")] = part.get_content()
        return found
    return {}


def dump(site: Site) -> list[str]:
    """Return all that the database holds."""
    path = site.newsroom.settings.database
    assert isinstance(path, Path)
    with closing(sqlite3.connect(path)) as connection:
        return list(connection.iterdump())


class TestSubscribing:
    def test_takes_a_form_a_mail_and_a_button(self, site: Site) -> None:
        audience = site.newsroom.store.audience

        answer = site.visitor.post("/subscribe", NEW)
        assert (answer.status, "new@x.example" in answer.text) == (200, True)
        assert audience.find("new@x.example") is None, "nobody was looked up yet"

        link = site.link("new@x.example", "confirm")
        (mail,) = site.mails("new@x.example")
        assert mail["Subject"] == "Confirm: The Ledger Daily"
        assert mail["Auto-Submitted"] == "auto-replied"
        assert mail["List-Unsubscribe"] is None, "it is nobody's newsletter yet"
        pending = audience.find("new@x.example")
        assert pending is not None
        assert pending.status is Status.PENDING

        page = site.visitor.get(link)
        assert "The Ledger Daily" in page.text
        assert audience.find("new@x.example") == pending, "a look confirms nothing"

        site.clock.forward(hours=71)
        assert site.visitor.post(link).status == 200
        reader = site.newsroom.subscriber("new@x.example")
        assert reader.status is Status.ACTIVE
        assert reader.preferences.follows == ("rivers",)
        form, confirmed = audience.agreements(reader.id)
        assert (form.method, confirmed.method) == ("form", "confirmed")
        assert form.where == "https://ledger.example/subscribe"
        assert "By subscribing you ask The Ledger" in confirmed.wording
        assert confirmed.at == site.clock() > form.at

        welcome = site.mails("new@x.example")[-1]
        assert welcome["Subject"] == "Welcome: The Ledger Daily"
        assert site.link("new@x.example", "p") == site.own("new@x.example", "p")

    def test_may_say_when_mail_comes(self, site: Site) -> None:
        form = site.visitor.get("/subscribe").text
        assert "<summary>When mail comes</summary>" in form
        wrong: Fields = NEW | {
            "address": "no",
            "timing": "1",
            "day": ["4"],
            "hour": "0",
        }
        again = site.visitor.post("/subscribe", wrong).text
        assert "<details open>" in again
        assert 'value="4" aria-describedby="days-hint" checked' in again

        here: Fields = {"address": "new@x.example", "timezone": "Asia/Tokyo"}
        site.visitor.post("/subscribe", wrong | here)
        site.visitor.post(site.link("new@x.example", "confirm"))

        reader = site.newsroom.subscriber("new@x.example")
        assert (reader.preferences.days, reader.preferences.hour) == (frozenset({4}), 0)
        assert reader.timezone == "Asia/Tokyo"

    def test_welcomes_with_the_last_issue_made_for_the_new_reader(
        self, site: Site
    ) -> None:
        sent(site)
        site.visitor.post("/subscribe", NEW)
        site.visitor.post(site.link("new@x.example", "confirm"))

        welcome = site.mails("new@x.example")[-1]

        text = welcome.get_body(("plain",))
        assert text is not None
        assert welcome["Subject"].startswith("Welcome: ")
        assert "A lock reopens" in text.get_content()
        assert "No bell on Monday" not in text.get_content(), "they follow rivers"
        assert welcome["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
        assert site.own("new@x.example", "u") in welcome["List-Unsubscribe"]
        assert not sent(site), "it was the issue they would have got"

    def test_gives_a_link_that_works_once_and_for_three_days(self, site: Site) -> None:
        site.visitor.post("/subscribe", NEW)
        link = site.link("new@x.example", "confirm")
        first = site.visitor.post(link)
        assert first.status == 200
        assert site.own("new@x.example", "p") in first.text
        before = dump(site)
        for twice in (site.visitor.post(link), site.visitor.get(link)):
            assert (twice.status, "Welcome" in twice.text) == (200, True)
            assert "/p/" not in twice.text, "it opens no preferences again"
        assert dump(site) == before
        site.visitor.post(site.own("new@x.example", "u"), ONE_CLICK)

        again = site.visitor.post(link)

        reader = site.newsroom.subscriber("new@x.example")
        assert again.status == site.visitor.get(link).status == 404
        assert not reader.preferences.newsletters, "who left does not come back by it"
        late = NEW | {"address": "late@x.example"}
        site.visitor.post("/subscribe", late)
        link = site.link("late@x.example", "confirm")
        site.clock.forward(hours=72, seconds=1)
        assert site.visitor.get(link).status == site.visitor.post(link).status == 404

    def test_tells_nobody_who_is_known(
        self, site: Site, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        audience = site.newsroom.store.audience
        audience.leave(site.newsroom.subscriber(BO).id, None, by="reader")
        audience.suppress("angry@x.example", "complaint", by="inbox")
        site.visitor.get("/subscribe")
        asked = questions(monkeypatch)

        told = set()
        for address in ("nobody@x.example", ANA, BO, "angry@x.example"):
            asked.clear()
            answer = site.visitor.post("/subscribe", NEW | {"address": address})
            hidden = answer.text.replace(address, "ADDRESS")
            told.add((answer.status, hidden, tuple(asked)))

        assert len(told) == 1, "the same words, by the same work"
        assert "you are subscribed" not in told.pop()[1]
        known = [m for m in site.mails(ANA) if "receive it already" in str(m)]
        assert len(known) == 1
        assert site.link(BO, "confirm"), "who left may come back"
        assert not site.mails("angry@x.example"), "who complained is left alone"

    def test_lets_who_gets_one_newsletter_ask_for_another(self, two: Site) -> None:
        reader = two.newsroom.subscriber(ANA)
        assert reader.preferences.newsletters == {"daily", "weekly"}
        two.visitor.post(two.own(ANA, "u", "weekly"), ONE_CLICK)
        wish = {"address": ANA, "newsletter": "weekly", "topic": "schools"}

        two.visitor.post("/subscribe", wish)
        assert two.newsroom.subscriber(ANA).preferences.newsletters == {"daily"}
        two.visitor.post(two.link(ANA, "confirm"))

        now = two.newsroom.subscriber(ANA)
        assert now.preferences.newsletters == {"daily", "weekly"}
        assert now.preferences.follows == ("rivers", "schools")
        assert not now.left
        agreed = two.newsroom.store.audience.agreements(now.id)
        assert [each.method for each in agreed][-2:] == ["form", "confirmed"]

    def test_cannot_be_used_to_fill_a_strangers_mailbox(self, site: Site) -> None:
        for number in range(12):
            visitor = Visitor(site.app, client=f"198.51.100.{number}")
            assert visitor.post("/subscribe", NEW).status == 200
            site.mails()
        assert len(site.mails("new@x.example")) == A_DAY

        site.clock.forward(hours=25)
        site.visitor.post("/subscribe", NEW)
        assert len(site.mails("new@x.example")) == A_DAY + 1

        answers = [
            site.visitor.post("/subscribe", NEW | {"address": f"{n}@x.example"})
            for n in range(20)
        ]
        assert {answer.status for answer in answers} == {200, 429}
        other = Visitor(site.app, client="203.0.113.9")
        assert other.post("/subscribe", NEW).status == 200
        assert site.visitor.post(site.own(ANA, "u"), ONE_CLICK).status == 200, (
            "leaving is never too often"
        )

    def test_says_what_is_wrong_with_a_form_and_keeps_the_rest(self, two: Site) -> None:
        wrong = NEW | {"address": 'me<script>"@x', "newsletter": "weekly"}

        answer = two.visitor.post("/subscribe", wrong)
        nothing = two.visitor.post("/subscribe", {"address": "new@x.example"})

        assert answer.status == nothing.status == 422
        assert "This is not a mail address" in answer.text
        assert "<script>" not in answer.text
        assert 'value="weekly" checked' in answer.text
        assert 'value="daily" checked' not in answer.text
        assert "Choose at least one newsletter" in nothing.text
        both = two.visitor.post("/subscribe", {"address": "me"}).text
        assert re.findall('href="#(\\w+)">', both) == ["address", "newsletter"]
        assert 'aria-describedby="address-wrong" autofocus>' in both
        assert both.count("Choose at least one newsletter") == 2, "above, and beside it"
        assert "<title>This did not work · " in both
        assert not two.newsroom.store.requests.waiting()

    def test_is_never_lost_while_the_mail_server_is_away(
        self, site: Site, tmp_path: Path
    ) -> None:
        port = site.box.port
        site.box.controller.stop()
        site.visitor.post("/subscribe", NEW)
        assert site.post.send_due() == 0
        other = site.visitor.post("/subscribe", NEW | {"address": "other@x.example"})
        assert "takes no mail at the moment" in other.text
        site.post.send_due()

        site.box.controller.__init__(  # type: ignore[misc] # the same port again
            site.box.filing, hostname="127.0.0.1", port=port
        )
        site.box.controller.start()
        assert site.post.send_due() == 0, "not due again yet"
        site.clock.forward(minutes=6)
        restarted = Post(site.newsroom)

        assert restarted.send_due() == 2
        assert site.link("new@x.example", "confirm")
        assert len(site.mails()) == 2
        assert not restarted.troubled


class TestMailsThatComeBack:
    """The mails that answer a form have bounce addresses, as digests have."""

    def test_name_their_request_and_end_mail_to_an_address_that_is_not_there(
        self, site: Site
    ) -> None:
        sent(site)
        store, mails = site.newsroom.store, Mails(site.newsroom)
        site.visitor.post("/subscribe", NEW)
        (request,) = store.requests.take()
        made = mails.made(request)
        assert made
        assert re.fullmatch(r"b\+[a-z2-7]{32}@ledger\.example", made.envelope.sender)
        site.clock.forward(minutes=10)
        site.visitor.post(site.link("new@x.example", "confirm"))
        (welcome,) = store.requests.take()
        digest = mails.made(welcome)
        assert digest
        assert b"A lock reopens" in digest.content

        for message, came in ((made, Came.OVERTAKEN), (digest, Came.HARD)):
            token = re.findall(r"[a-z2-7]{32}", message.envelope.sender)[0]
            back = with_tokens(UNKNOWN_USER.read_bytes(), token, "").replace(
                b"Message-ID: <", b"Message-ID: <" + token.encode()
            )
            arrived = Arrived(name="back", content=back)
            assert site.newsroom.returning().take(arrived).came is came
        reader = site.newsroom.subscriber("new@x.example")
        assert reader.status is Status.BOUNCED

    def test_are_believed_when_the_server_refuses_the_address_at_once(
        self, site: Site
    ) -> None:
        newsroom = site.newsroom
        site.visitor.post("/subscribe", NEW)
        with Scripted(play(RCPT="550 5.1.1 no such user")) as server:
            newsroom.settings = replace(newsroom.settings, delivery=server.settings)
            assert site.post.send_due() == 0

        assert newsroom.subscriber("new@x.example").status is Status.BOUNCED


class TestOneClick:
    def test_unsubscribes_by_either_encoding_without_cookie_or_redirect(
        self, two: Site
    ) -> None:
        multipart = (
            b'--x\r\nContent-Disposition: form-data; name="List-Unsubscribe"\r\n\r\n'
            b"One-Click\r\n--x--\r\n"
        )
        answers = [
            Visitor(two.app, headers={}).post(two.own(ANA, "u"), ONE_CLICK),
            Visitor(two.app, headers={"sec-fetch-site": "cross-site"}).post(
                two.own(BO, "u"),
                multipart,
                content_type="multipart/form-data; boundary=x",
            ),
            two.visitor.post(two.own(CY, "u").upper().replace("/U/", "/u/")),
            two.visitor.post(two.own(CY, "u"), ONE_CLICK),
        ]

        for answer in answers:
            assert answer.status == 200
            assert "set-cookie" not in answer.headers
            assert "location" not in answer.headers
        for address in (ANA, BO, CY):
            reader = two.newsroom.subscriber(address)
            assert reader.status is Status.ACTIVE
            assert reader.preferences.newsletters == {"weekly"}, "this one alone"
        told = two.newsroom.store.audience.history(two.newsroom.subscriber(CY).id)
        assert [event.kind for event in told].count("left") == 1
        assert not two.mails(), "nobody is written to because they left"

    def test_stops_the_mail_that_is_about_to_leave(self, site: Site) -> None:
        newsletter = site.newsroom.newsletter()
        issue = site.newsroom.issues.prepare(newsletter)
        assert issue is not None

        site.visitor.post(site.own(ANA, "u"), ONE_CLICK)
        report = site.newsroom.send(issue)

        assert report.counts == {State.SENT: 2, State.SKIPPED: 1}
        assert site.box.received == {BO: 1, CY: 1}

    def test_gives_a_bad_link_nothing_but_404(self, site: Site) -> None:
        good = site.own(ANA, "u")
        other = site.own(BO, "u")
        before = dump(site)

        for token in (
            good[:-1],
            good + "a",
            good[:-1] + ("a" if good[-1] != "a" else "b"),
            good[:16] + other[16:],
            "/u/" + site.own(ANA, "p").rpartition("/")[2],
            "/u/" + "ſ" * 32,
            "/u/" + "7" * 32,
        ):
            answer = site.visitor.post(quote(token), ONE_CLICK)
            assert (answer.status, answer.text) == (404, "There is no such page.\n")
        assert dump(site) == before

    def test_offers_less_and_the_way_back(self, two: Site) -> None:
        link, visitor = two.own(CY, "u"), two.visitor

        def now() -> tuple[object, ...]:
            reader = two.newsroom.subscriber(CY)
            wanted = reader.preferences
            return reader.status, wanted.newsletters, wanted.mutes

        asked = visitor.get(link)
        assert "Unsubscribe from <bdi>" not in asked.text
        assert "Unsubscribe from The Ledger Daily" in asked.text
        assert "The Ledger Weekly" in asked.text

        visitor.post(f"{link}/without", {"topic": "rivers"})
        assert now() == (Status.ACTIVE, {"daily", "weekly"}, {"rivers"})
        paused = visitor.post(f"{link}/pause", {"days": "30"})
        assert "23 December 2026" in paused.text
        reader = two.newsroom.subscriber(CY)
        assert reader.paused_until == datetime(2026, 12, 22, 23, tzinfo=UTC)
        visitor.post(two.own(CY, "pause"), {"days": "0"})
        assert two.newsroom.subscriber(CY).paused_until is None

        left = visitor.post(link, ONE_CLICK)
        assert "Undo" in left.text
        assert now() == (Status.ACTIVE, {"weekly"}, {"rivers"})
        visitor.post(f"{link}/everything")
        assert now()[0] is Status.UNSUBSCRIBED
        visitor.post(f"{link}/undo")
        assert now() == (Status.ACTIVE, {"daily", "weekly"}, {"rivers"})
        assert visitor.post(f"{link}/without", {"topic": "none"}).status == 404

        assert '<option value="4" selected>Friday' in asked.text
        assert visitor.post(f"{link}/weekly", {"day": "9"}).status == 404
        assert "Saved" in visitor.post(f"{link}/weekly", {"day": "5"}).text
        assert two.newsroom.subscriber(CY).preferences.days == {5}
        assert "/weekly" not in visitor.get(link).text, "it is no less"


class TestLessOfATopic:
    """The link at the end of each section, and its page."""

    def test_is_one_link_and_one_button_away_and_can_be_taken_back(
        self, site: Site
    ) -> None:
        texts = sent(site)
        links = re.findall(r"Less of (\w+):\r\nhttps://ledger\.example(\S+)", texts[CY])
        assert links == [
            (title, f"{site.own(CY, 'p')}/less/{title.lower()}")
            for title in ("Rivers", "Schools")
        ]
        rivers, schools = (link for _, link in links)
        html = site.mails(CY)[-1].get_body(("html",))
        assert html is not None
        assert html.get_content().count(f'https://ledger.example{rivers}"') == 1
        before, reader = dump(site), site.newsroom.subscriber(CY)

        asked = site.visitor.get(rivers)
        assert "<h1>Less of Rivers</h1>" in asked.text
        for words in ("Only top stories", "Never show", "Leave it as it is"):
            assert words in asked.text
        assert (site.own(CY, "p"), "Undo" in asked.text) == (asked.links[-1], False)
        assert site.visitor.ask("HEAD", rivers).status == 200
        assert dump(site) == before, "a look changes nothing"

        site.visitor.post(rivers, {"do": "top"})
        said = site.visitor.post(schools, {"do": "mute"}).text
        assert "Saved." in said
        assert "<bdi>Schools</bdi>: <bdi>Never show</bdi>" in said
        wanted = site.newsroom.subscriber(CY).preferences
        assert not wanted.follows, "which is everything, as before"
        assert (*wanted.mutes, *wanted.top) == ("schools", "rivers")
        write_article(site.newsroom.settings.root, "bus.md", SCHOOL_BUS)
        list(site.newsroom.collect())
        site.clock.forward(minutes=1)
        later = sent(site)
        assert BO in later
        assert CY not in later, "of one topic out of all, nothing is nothing"

        for link, step in ((rivers, "not-top"), (schools, "not-mute")) * 2:
            site.visitor.post(link, {"do": step})
        assert site.newsroom.subscriber(CY) == reader

    def test_never_turns_what_a_reader_follows_into_everything(
        self, site: Site
    ) -> None:
        audience = site.newsroom.store.audience
        tag = "tag:canal"
        reader = site.newsroom.subscriber(ANA)
        audience.change(
            reader.id,
            lambda held: replace(
                held, preferences=replace(held.preferences, follows=(tag,))
            ),
            by="test",
        )
        of_tag = f"{site.own(ANA, 'p')}/less/{tag}"
        assert f"{of_tag.replace(':', '%3A')}\r\n" in sent(site)[ANA]

        page = site.visitor.get(of_tag)
        assert "<h1>Less of canal</h1>" in page.text
        assert "Only top stories" not in page.text, "a tag has none"
        site.visitor.post(of_tag, {"do": "top"})
        site.visitor.post(of_tag, {"do": "mute"})

        wanted = site.newsroom.subscriber(ANA).preferences
        assert wanted.follows == (tag,), "no topic would be all of them"
        assert (*wanted.mutes, *wanted.top) == (tag,)
        assert "Undo" in site.visitor.get(of_tag).text, "the way back stays"

        own, form = site.own(ANA, "p"), {"newsletter": "daily", "name": "Ana"}
        assert f'name="topic-{tag}"' in site.visitor.get(own).text
        site.visitor.post(own, form)
        assert site.newsroom.subscriber(ANA).preferences == wanted, "nothing chosen"
        everything = {"topic-rivers": "follow", "topic-schools": "follow"}
        site.visitor.post(own, form | everything | {f"topic-{tag}": "skip"})
        wanted = site.newsroom.subscriber(ANA).preferences
        assert (wanted.follows, len(wanted.mutes)) == ((), 0)

    def test_is_for_its_reader_alone_and_what_there_is(self, site: Site) -> None:
        link, before = f"{site.own(ANA, 'p')}/less/", dump(site)
        elsewhere = Visitor(site.app, headers={"sec-fetch-site": "cross-site"})
        nobody = site.newsroom.links.preferences(NOBODY, "daily") + "/less/rivers"
        unsubscribing = site.own(ANA, "u").replace("/u/", "/p/")

        assert elsewhere.post(f"{link}rivers", {"do": "mute"}).status == 403
        for wrong in (
            f"{link}odd",
            f"{link}tag:lisbon",
            f"{unsubscribing}/less/rivers",
        ):
            assert site.visitor.get(wrong).status == 404
            assert site.visitor.post(wrong, {"do": "mute"}).status == 404
        assert site.visitor.post(f"{link}rivers", {"do": "all"}).status == 404
        assert site.visitor.get(nobody).status == 200, "of a test mail"
        assert site.visitor.post(nobody, {"do": "mute"}).status == 404
        assert dump(site) == before

    def test_speaks_the_readers_language(self, site: Site) -> None:
        reader = site.newsroom.subscriber(CY)
        site.newsroom.store.audience.change(
            reader.id, lambda held: replace(held, language="ar"), by="test"
        )

        page = site.visitor.get(f"{site.own(CY, 'p')}/less/rivers")

        assert 'dir="rtl"' in page.text
        assert "مقالات أقل في Rivers" in page.text
        assert "الأهم فقط" in page.text


class TestPreferences:
    def test_change_the_next_mail(self, two: Site) -> None:
        page = two.own(CY, "p")
        choice: dict[str, str | list[str]] = {
            "newsletter": ["daily"],
            "topic-rivers": "top",
            "topic-schools": "mute",
            "length": "headlines",
            "format": "text",
            "limit": "3",
            "language": "ar",
            "timezone": "Asia/Tokyo",
            "name": "  Cy\u202e  Twombly ",
            "until": "",
        }

        shown = two.visitor.post(page, choice | {"do": "show"})
        assert two.newsroom.subscriber(CY).preferences.follows == ()
        assert "A lock reopens" in shown.text
        assert "No bell on Monday" not in shown.text
        saved = two.visitor.post(page, choice | {"do": "save"})

        reader = two.newsroom.subscriber(CY)
        wanted = reader.preferences
        assert "حُفظ ذلك" in saved.text, "in the language just chosen"
        assert wanted.newsletters == {"daily"}
        assert reader.left == {"weekly"}
        assert wanted.follows == ()
        assert wanted.mutes == {"schools"}
        assert wanted.top == {"rivers"}
        assert (wanted.length, wanted.format, wanted.limit) == (
            Length.HEADLINES,
            Format.TEXT,
            3,
        )
        assert (reader.name, reader.language) == ("Cy Twombly", "ar")
        assert reader.timezone == "Asia/Tokyo"
        texts = sent(two)
        assert "No bell on Monday" in texts[BO]
        assert "No bell on Monday" not in texts[CY]
        again = two.visitor.get(page)
        assert 'dir="rtl"' in again.text
        assert again.text.count(" selected") == 5

    def test_say_what_it_means_to_take_no_newsletter_and_how_to_come_back(
        self, two: Site
    ) -> None:
        page, leave = two.own(CY, "p"), two.own(CY, "u")
        form: Fields = {"length": "full", "format": "html", "language": "fr"}

        fewer = two.visitor.post(page, {**form, "newsletter": "weekly"})
        none = two.visitor.post(page, form)

        assert "Enregistré." in fewer.text
        assert "<bdi>The Ledger Daily</bdi> ne viendra plus." in fewer.text
        title = fewer.text.partition("<title>")[2]
        assert title.startswith("Enregistré."), "a screen reader begins with it"
        assert "The Ledger Daily ne viendra plus. ·" in title.partition("</title>")[0]
        assert "Aucun message ne viendra plus. Cochez une lettre" in none.text
        assert "Enregistré." not in none.text, "it is one thing that is said"
        assert "Choisissez au moins une lettre" in none.text, "in place of a sample"
        assert "Cochez une lettre" in two.visitor.get(page).text, "on another day, too"
        assert "Enregistré." in two.visitor.post(page, form).text
        two.visitor.post(page, {**form, "newsletter": ["daily", "weekly"]})
        assert two.newsroom.subscriber(CY).preferences.newsletters == {
            "daily",
            "weekly",
        }

        # From everything there is a way back by the same page, and by no older one.
        open_tab: Fields = {**form, "newsletter": ["daily", "weekly"]}
        two.visitor.post(f"{leave}/everything")
        shown = two.visitor.get(page)
        stale = two.visitor.post(page, {**open_tab, "name": "Cyd"})
        assert two.newsroom.subscriber(CY).status is Status.UNSUBSCRIBED
        assert two.newsroom.subscriber(CY).name == "Cyd"
        for answer in (shown, stale):
            assert "Cochez une lettre" in answer.text
            assert 'name="back"' in answer.text
            assert 'value="daily" checked' not in answer.text
        back = two.visitor.post(page, {**form, "newsletter": "daily", "back": "1"})
        assert "Cochez une lettre" not in back.text
        reader = two.newsroom.subscriber(CY)
        assert reader.status is Status.ACTIVE
        assert reader.preferences.newsletters == {"daily"}
        assert reader.left == {"weekly"}

    def test_offer_no_way_back_that_leads_nowhere(self, site: Site) -> None:
        page, leave = site.own(CY, "p"), site.own(CY, "u")
        site.newsroom.store.audience.suppress(CY, "complaint", by="a test")

        shown = site.visitor.get(leave)
        undone = site.visitor.post(f"{leave}/undo")
        form = {"newsletter": "daily", "back": "1", "name": "Cyd"}
        saved = site.visitor.post(page, form)

        assert "/undo" not in shown.text
        assert (undone.status, undone.text) == (200, shown.text)
        assert "You are unsubscribed" in saved.text
        assert "comes again" not in saved.text
        assert "Saved" in saved.text
        reader = site.newsroom.subscriber(CY)
        assert (reader.status, reader.name) == (Status.UNSUBSCRIBED, "Cyd")

    def test_hold_days_and_an_hour_that_come_in_the_readers_zone(
        self, two: Site
    ) -> None:
        page = two.own(CY, "p")
        form: Fields = {"newsletter": ["daily"], "language": "ar"}
        timed: Fields = {"timing": "1", "timezone": "America/New_York"}

        def wishes() -> tuple[set[int], int | None]:
            found = two.newsroom.subscriber(CY).preferences
            return set(found.days), found.hour

        before = two.visitor.get(page)
        assert before.text.count('name="day"') == 7
        assert "Friday <span" in before.text
        assert "7:00\u202fAM" in before.text or "07:00" in before.text
        saved = two.visitor.post(
            page, form | timed | {"day": ["0", "4", "9", "x"], "hour": "18"}
        )
        assert wishes() == ({0, 4}, 18)
        assert 'name="day" value="4" aria-describedby="days-hint" checked' in saved.text
        assert "الجمعة" in saved.text, "as CLDR has it"
        two.visitor.post(page, form)
        assert wishes() == ({0, 4}, 18), "a form without the fields changes nothing"
        two.visitor.post(page, form | timed | {"hour": "24"})
        assert wishes() == (set(), None)

        weekly = two.visitor.post(page, form | {"newsletter": ["weekly"]} | timed)
        assert 'name="day"' not in weekly.text, "one day is no choice"

    def test_are_not_changed_by_what_makes_no_sense(self, site: Site) -> None:
        page, before = site.own(ANA, "p"), site.newsroom.subscriber(ANA)
        kept = {"newsletter": "daily"}
        wrong = {
            "number of stories must be from 1 to": {"limit": "0"},
            "stories must be from": {"limit": "٣"},
            "day must be after today": {"until": "2026-11-23"},
            "be after today": {"until": "9999-12-31"},
            "at least one topic": {"topic-rivers": "skip", "topic-schools": "mute"},
        }

        for words, fields in wrong.items():
            typed = {"name": "Typed", "length": "full"}
            refused = site.visitor.post(page, kept | typed | fields)
            assert refused.status == 422
            assert refused.text.count(words) == 2, (
                fields,
                "above, and beside the field",
            )
            assert 'value="Typed"' in refused.text
            assert 'value="full" checked' in refused.text
            (field, said), *_ = fields.items()
            assert (
                field.startswith("topic") or f'value="{said}" aria-inv' in refused.text
            )
        odd = {"length": "x", "format": "\0", "language": "tlh", "timezone": "../etc"}
        site.visitor.post(page, kept | odd | {"newsletter": ["daily", "odd"]})

        assert site.newsroom.subscriber(ANA) == replace(before, name="")
        shown = {"language": "en", "timezone": "Europe/Brussels"}
        site.visitor.post(page, kept | shown)
        assert site.newsroom.subscriber(ANA) == replace(before, name=""), (
            "what the page showed as usual is no choice"
        )

    def test_and_mails_show_an_address_in_the_letters_of_its_reader(
        self, site: Site
    ) -> None:
        newsroom, written = site.newsroom, "cy@xn--bcher-kva.example"
        newsroom.store.audience.change(
            newsroom.subscriber(CY).id,
            lambda held: replace(held, address=written),
            by="test",
        )
        newsletter = newsroom.newsletter("daily")
        plan = newsroom.issues.plan(newsroom.issues.draft(newsletter), newsletter)

        page = site.visitor.get(site.own(written, "p")).text
        (mail,) = [
            message_from_bytes(message.content, policy=policy.default)
            for row, _, message in newsroom.messages(plan)
            if row.subscriber.address == written
        ]

        assert "cy@bücher.example" in page
        assert mail["To"].addresses[0].addr_spec == written
        for text in _texts(mail):
            assert "cy@bücher.example" in text
            assert written not in text

    def test_hold_a_pause_in_the_readers_own_days(self, site: Site) -> None:
        page = site.own(ANA, "p")
        fields = {"newsletter": "daily", "until": "2026-12-01"}

        site.visitor.post(page, fields | {"timezone": "Pacific/Auckland"})

        until = site.newsroom.subscriber(ANA).paused_until
        assert until == datetime(2026, 11, 30, 11, tzinfo=UTC)
        assert 'value="2026-12-01"' in site.visitor.get(page).text
        assert ANA not in sent(site)

    def test_move_to_another_address_once_both_agree(self, site: Site) -> None:
        page, reader = site.own(ANA, "p"), site.newsroom.subscriber(ANA)

        site.visitor.post(f"{page}/address", {"address": "Ana@new.example"})
        old, new = site.link(ANA, "address"), site.link("Ana@new.example", "address")
        assert "Ana@new.example" in site.visitor.get(old).text
        half = site.visitor.post(new)
        assert "other address" in half.text
        assert site.newsroom.subscriber(ANA) == reader
        before = dump(site)
        for twice in (site.visitor.post(new), site.visitor.get(new)):
            assert twice.text == half.text
        assert dump(site) == before, "one address counts once"
        whole = site.visitor.post(old)

        assert "goes to" in whole.text
        for link in (old, new):
            assert site.visitor.post(link).text == whole.text
            assert site.visitor.get(link).text == whole.text
        moved = site.newsroom.subscriber("ana@new.example")
        assert moved == replace(reader, address="Ana@new.example")
        assert site.own("ana@new.example", "p") == page, "links go on working"
        assert "Ana@new.example" in sent(site)

    def test_keep_an_address_that_is_none_with_why_beside_it(self, site: Site) -> None:
        page = site.own(ANA, "p")

        answer = site.visitor.post(f"{page}/address", {"address": 'ana@x"<y'})

        assert answer.status == 422
        assert "<title>This did not work · Your preferences" in answer.text
        assert '<a href="#address">This is not a mail address.' in answer.text
        assert re.search(
            r'<p class="wrong" id="address-wrong">This is not [^<]*</p>\s*'
            r'<input id="address"[^>]* value="ana@x&#34;&lt;y" aria-invalid="true" '
            r'aria-describedby="address-wrong" autofocus>',
            answer.text,
        )
        assert "A lock reopens" in answer.text, "the page is as it was"
        assert site.mails(ANA) == []

    def test_do_not_move_onto_another_reader(self, site: Site) -> None:
        before = site.newsroom.subscriber(BO)

        site.visitor.post(f"{site.own(ANA, 'p')}/address", {"address": BO})
        old, new = site.link(ANA, "address"), site.link(BO, "address")
        site.visitor.post(new)

        assert site.visitor.post(old).status == 409
        assert site.visitor.post(old).status == site.visitor.get(new).status == 409
        assert site.newsroom.subscriber(BO) == before
        assert site.newsroom.subscriber(ANA).address == ANA

    def test_hand_out_and_erase_all_there_is(self, site: Site) -> None:
        page, id_ = site.own(ANA, "p"), site.newsroom.subscriber(ANA).id
        unsubscribe = site.own(ANA, "u")
        sent(site)
        site.visitor.post("/subscribe", {"address": ANA, "newsletter": "daily"})
        site.visitor.post(f"{page}/address", {"address": "ana@new.example"})
        site.mails()

        kept = site.visitor.post(f"{page}/data")
        told = json.loads(kept.text)
        assert kept.headers["content-disposition"].startswith("attachment")
        assert told["reader"]["address"] == ANA
        assert [each["method"] for each in told["agreements"]] == ["form"]
        assert len(told["requests"]) == 3

        assert site.visitor.get(f"{page}/erase").status == 200
        assert site.newsroom.subscriber(ANA).id == id_
        for _ in range(2):
            erased = site.visitor.post(f"{page}/erase")
            assert (erased.status, "erased" in erased.text) == (200, True)
        assert site.visitor.get(page).status == 404
        left = site.visitor.post(unsubscribe, ONE_CLICK)
        assert (left.status, left.text) == (200, "You are unsubscribed.\n")
        text = "\n".join(dump(site))
        assert ANA not in text
        assert "ana@new.example" not in text
        assert id_ not in text


class TestNothingButAButton:
    def test_changes_anything_whatever_a_scanner_asks(self, two: Site) -> None:
        two.visitor.post("/subscribe", NEW)
        two.visitor.post(f"{two.own(BO, 'p')}/address", {"address": "b@new.example"})
        sent(two)
        links = {
            re.sub(r"[>).,]+$", "", url)
            for mail in two.mails()
            for text in (mail.as_string(), *_texts(mail))
            for url in re.findall(r"https://ledger\.example(/[^\s\"<]*)", text)
        }
        assert {"u", "p", "pause", "confirm", "address", "archive"} <= {
            link.split("/")[1] for link in links
        }
        for _ in range(2):
            found = [two.visitor.get(link) for link in sorted(links)]
            links |= {link for answer in found for link in answer.links}
        before = dump(two)

        asked = 0
        for link in sorted(links):
            for method in ("GET", "HEAD", "OPTIONS", "PUT", "DELETE", "PROPFIND"):
                answer = two.visitor.ask(method, link)
                assert answer.status in (200, 303, 308, 404, 405), (method, link)
                assert "set-cookie" not in answer.headers
                asked += 1

        assert asked > 150
        assert dump(two) == before
        assert not two.newsroom.store.requests.waiting()

    def test_and_what_it_led_to_leads_back_when_it_is_opened_again(
        self, two: Site
    ) -> None:
        """As browsers do that were closed, and people who press Enter in the address."""
        own = {kind: two.own(CY, kind) for kind in ("u", "p")}
        does = ("undo", "everything", "without", "weekly", "pause")
        paths = [f"{own['u']}/{each}" for each in does]
        paths += [f"{own['p']}/{each}" for each in ("address", "data")]

        for path in paths:
            for method in ("GET", "HEAD"):
                answer = two.visitor.ask(method, path)
                assert answer.status == 303
                back = urljoin(path, answer.headers["location"])
                assert back == path.rpartition("/")[0]
            assert two.visitor.get(back).status == 200
        odd = two.visitor.get("/u/ä b/undo")
        assert (odd.status, odd.headers["location"]) == (303, "../%C3%A4%20b")

    def test_reads_well_where_only_text_is_shown(self, two: Site) -> None:
        for path in (two.own(CY, "p"), "/subscribe"):
            text = " ".join(re.sub("<[^>]*>", "", two.visitor.get(path).text).split())

            assert "The Ledger Daily Issues a week: 7" in text
            assert "Rivers Stories a week: 1" in text
            assert "Monday 07:00" in text

    def test_that_is_on_another_site(self, site: Site) -> None:
        page = site.own(ANA, "p")
        before = dump(site)

        for headers in (
            {"sec-fetch-site": "cross-site"},
            {"sec-fetch-site": "same-site", "origin": "https://ledger.example"},
            {"origin": "https://evil.example"},
            {"origin": "https://ledger.example.evil.example"},
        ):
            stranger = Visitor(site.app, headers=headers)
            for path in (page, f"{page}/erase", f"{page}/data", "/subscribe"):
                assert stranger.post(path, NEW).status == 403, (headers, path)
        assert dump(site) == before
        own = Visitor(site.app, headers={"origin": "https://ledger.example"})
        assert own.post(page, {"newsletter": "daily"}).status == 200


class TestTokens:
    def test_open_one_thing_and_survive_a_change_of_keys(self, site: Site) -> None:
        kinds = ("u", "p", "pause")
        tokens = {kind: site.own(ANA, kind).rpartition("/")[2] for kind in kinds}

        for kind in (*kinds, "confirm", "address"):
            for made, token in tokens.items():
                expected = 200 if kind == made else 404
                assert site.visitor.get(f"/{kind}/{token}").status == expected

        site.newsroom.store.add_key()
        with Newsroom(site.newsroom.settings, now=site.clock) as sender:
            reader = sender.subscriber(ANA)
            fresh = sender.links.token(
                Purpose.UNSUBSCRIBE, subscriber=reader.id, scope="daily"
            )
        assert fresh != tokens["u"]
        site.clock.forward(seconds=2)
        assert site.visitor.get(f"/u/{tokens['u']}").status == 200
        assert site.visitor.get(f"/u/{fresh}").status == 200, "taken up while serving"
        forged = Links(key=b"\0" * 32, site_url="").token(
            Purpose.UNSUBSCRIBE, subscriber=reader.id, scope="daily"
        )
        assert site.visitor.get(f"/u/{forged}").status == 404

    def test_of_test_mails_show_their_pages_and_change_nothing(
        self, site: Site
    ) -> None:
        before = dump(site)

        for purpose, kind in (
            (Purpose.UNSUBSCRIBE, "u"),
            (Purpose.PREFERENCES, "p"),
            (Purpose.PAUSE, "pause"),
        ):
            token = site.newsroom.links.token(purpose, subscriber=NOBODY, scope="daily")
            assert site.visitor.get(f"/{kind}/{token}").status == 200
            expected = 200 if kind == "u" else 404
            assert site.visitor.post(f"/{kind}/{token}").status == expected
            for more in ("/undo", "/everything", "/erase", "/data"):
                assert site.visitor.post(f"/{kind}/{token}{more}").status >= 404
        assert dump(site) == before

    def test_to_leave_or_pause_lead_to_nothing_that_is_kept_of_a_reader(
        self, site: Site
    ) -> None:
        # They stand in headers, and in the log of whoever takes in `u+TOKEN@…`.
        leave, pause = site.own(ANA, "u"), site.own(ANA, "pause")

        answers = [
            site.visitor.get(leave),
            site.visitor.get(pause),
            site.visitor.post(f"{leave}/without", {"topic": "schools"}),
            site.visitor.post(f"{leave}/pause", {"days": "7"}),
            site.visitor.post(pause, {"days": "30"}),
            site.visitor.post(leave, ONE_CLICK),
            site.visitor.get(leave),
            site.visitor.post(f"{leave}/undo"),
            site.visitor.post(f"{leave}/everything"),
        ]

        for answer in answers:
            assert answer.status == 200
            assert "/p/" not in answer.text

    def test_are_neither_kept_nor_passed_on(self, site: Site) -> None:
        for kind in ("u", "p", "pause"):
            answer = site.visitor.get(site.own(ANA, kind))
            assert answer.headers["cache-control"] == "no-store"
            assert answer.headers["referrer-policy"] == "no-referrer"
            assert "noindex" in answer.headers["x-robots-tag"]
            policy = answer.headers["content-security-policy"]
            assert "default-src 'none'" in policy
            assert "frame-ancestors 'none'" in policy
            assert ANA not in "".join(answer.links)
            assert "style=" not in answer.text
            assert "<script" not in answer.text


class TestTheRest:
    def test_of_the_site_is_the_archive_and_what_machines_ask_for(
        self, site: Site
    ) -> None:
        empty = site.visitor.get("/archive/")
        assert (empty.status, "No issue is out yet." in empty.text) == (200, True)
        assert site.visitor.get("/archive/daily/").status == 404
        sent(site)
        site.clock.forward(minutes=2)

        home = site.visitor.get("/archive/")
        issue = site.visitor.get("/archive/daily/2026-11-23/")
        feed = site.visitor.get("/archive/daily/feed.xml")

        assert home.status == issue.status == feed.status == 200
        assert "A lock reopens" in issue.text
        assert feed.headers["content-type"].startswith("application/atom+xml")
        assert "x-robots-tag" not in home.headers
        way = site.visitor.get("/archive/daily/2026-11-23")
        assert (way.status, way.headers["location"]) == (308, "2026-11-23/")
        for path in (
            "../../digest.db",
            "%2e%2e/x",
            ".digest-archive",
            "a\0b",
            "x" * 999,
        ):
            assert site.visitor.get(f"/archive/{path}").status == 404
        assert "Disallow: /p/" in site.visitor.get("/robots.txt").text
        contact = site.visitor.get("/.well-known/security.txt").text
        assert "Contact: mailto:digest@ledger.example" in contact
        assert site.visitor.get("/healthz").text == "ok\n"
        assert site.visitor.get("/readyz").status == 503
        with site.post:
            assert site.visitor.get("/readyz").text == "ready\n"

    def test_works_below_a_path_whether_a_proxy_takes_it_off_or_not(
        self, tmp_path: Path
    ) -> None:
        below = smtp_settings(0).replace(
            "https://ledger.example", "https://x.example/news"
        )
        with opened_site(tmp_path, settings=below) as site:
            page = site.own(ANA, "p")
            assert page.startswith("/news/p/")
            for path in (page, page.removeprefix("/news")):
                answer = site.visitor.get(path)
                assert answer.status == 200
                assert all(link.startswith("/news/") for link in answer.links)
            assert site.visitor.get("/newsletter").status == 404
            assert site.visitor.get("/news/archive").headers["location"] == "archive/"

    def test_lets_editors_decide_behind_the_links_of_a_proof(
        self, tmp_path: Path
    ) -> None:
        asking = approvals.asking("required", smtp_settings(0))
        with opened_site(tmp_path, settings=asking) as site:
            newsletter = site.newsroom.newsletter()
            issue = site.newsroom.issues.prepare(newsletter)
            assert issue is not None
            approving.ask(site.newsroom, newsletter)
            proof = site.mails("desk@ledger.example")[-1]
            approve = approvals.links(proof)["approve"]
            before = dump(site)

            assert "Approve" in site.visitor.get(approve).text
            assert site.visitor.ask("HEAD", approve).status == 200
            stranger = Visitor(site.app, headers={"sec-fetch-site": "cross-site"})
            assert stranger.post(approve).status == 403
            assert dump(site) == before
            assert site.visitor.post(approve).status == 200
            assert site.visitor.get(approve[:-1]).status == 404
            assert site.newsroom.send(issue).counts == {State.SENT: 3}

    def test_speaks_the_visitors_language(self, site: Site) -> None:
        arabic = site.visitor.get(
            "/subscribe", accept_language="tlh, ar;q=0.8, en;q=0.1"
        )
        chosen = site.visitor.get("/subscribe?language=fr", accept_language="ar")

        assert '<html lang="ar" dir="rtl">' in arabic.text
        assert '<html lang="fr" dir="ltr">' in chosen.text
        assert 'value="fr" lang="fr" selected' in chosen.text
        nowhere = site.visitor.get("/nowhere", accept_language="de-AT, en;q=0.5")
        assert (nowhere.status, '<html lang="de' in nowhere.text) == (404, True)

    def test_counts_visitors_in_bounded_memory(self) -> None:
        now = 0.0
        limiter = Limiter(at_once=2, an_hour=3600, clock=lambda: now)

        assert [limiter.allows("a") for _ in range(3)] == [True, True, False]
        now = 1.0
        assert [limiter.allows("a") for _ in range(2)] == [True, False]
        for number in range(MOST_COUNTED + 5):
            limiter.allows(str(number))
        assert len(limiter) == MOST_COUNTED
        assert network("2001:db8:1:2:3::4") == network("2001:db8:1:2:ffff::")
        assert network("::ffff:192.0.2.1") == "192.0.2.1"

    def test_takes_no_body_that_is_no_form(self, site: Site) -> None:
        page = site.own(ANA, "p")
        before = site.newsroom.subscriber(ANA)

        for body in (b"\xff\xfe%zz&&&=", b"a=1&" * 600, b"{}", b"a" * 70_000):
            answer = site.visitor.post(page, body)
            assert answer.status in (200, 413)
        assert site.newsroom.subscriber(ANA).preferences.follows == (
            before.preferences.follows
        )


def test_a_new_key_is_made_on_the_command_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    shell = Shell(capsys, tmp_path)
    (tmp_path / "digest.yaml").write_text(SETTINGS.replace("subscribers: ", "# "))

    first, second = shell("keys", "rotate"), shell("keys", "rotate", "--json")

    assert "There are 2 keys now" in first.out
    assert second.json == {"keys": 3, "open_issues": []}
    assert len(rows(tmp_path, "select 1 from secret where name like 'links%'")) == 3


def test_digest_yaml_says_where_to_listen(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    shell = Shell(capsys, tmp_path)
    wrong = "serve: {host: news.example, port: 0, trusted_proxies: [10.0.0.1/8]}\n"
    (tmp_path / "digest.yaml").write_text(SETTINGS + wrong)

    said = shell("check").err

    assert "is not an address of this machine" in said
    assert "is neither an address nor a network" in said
    assert said.count("digest.yaml:") >= 3


def _texts(mail: object) -> Iterator[str]:
    """Yield the parts of a mail as they are read."""
    for part in mail.walk():  # type: ignore[attr-defined] # an EmailMessage
        if not part.is_multipart():
            yield part.get_content()


# -- whatever is asked -------------------------------------------------------------

PATHS = (
    "/", "/subscribe", "/confirm/{token}", "/u/{token}", "/u/{token}/everything",
    "/u/{token}/undo", "/u/{token}/without", "/u/{token}/pause", "/pause/{token}",
    "/p/{token}", "/p/{token}/data", "/p/{token}/address", "/p/{token}/erase",
    "/p/{token}/less/rivers", "/p/{token}/less/tag:\0",
    "/address/{token}", "/archive/{token}", "/archive", "/robots.txt", "/readyz",
)  # fmt: skip
NAMES = (
    "address", "newsletter", "topic", "topic-rivers", "topic-schools", "length",
    "format", "limit", "language", "timezone", "name", "until", "days", "do", "spoken",
)  # fmt: skip
VALUES = st.one_of(
    st.text(max_size=40),
    st.sampled_from(
        ["daily", "rivers", "follow", "skip", "mute", "top", "7", "30", "0", "-1", "1e9",
         "2026-12-01", "0001-01-01", "9999-12-31", "a@b.example", "ar", "UTC", "show"]
    ),
)  # fmt: skip


@pytest.fixture(scope="module")
def fuzzed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Site, str]]:
    """A site, and a link of it to confirm."""
    with opened_site(tmp_path_factory.mktemp("fuzzed")) as opened:
        opened.visitor.post("/subscribe", NEW)
        yield opened, opened.link("new@x.example", "confirm").rpartition("/")[2]


@examples(
    120,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(
    method=st.sampled_from(["GET", "POST", "POST", "HEAD", "OPTIONS"]),
    path=st.sampled_from(PATHS),
    token=st.one_of(
        st.sampled_from(["u", "p", "pause", "confirm"]), st.text(max_size=40)
    ),
    fields=st.dictionaries(st.sampled_from(NAMES), VALUES, max_size=6),
    query=st.dictionaries(st.sampled_from(["language", "newsletter"]), VALUES),
    accept=st.text(st.characters(max_codepoint=255, exclude_characters="\r\n\0")),
)
def test_nothing_that_is_asked_is_answered_by_a_fault_of_ours(
    fuzzed: tuple[Site, str],
    method: str,
    path: str,
    token: str,
    fields: dict[str, str],
    query: dict[str, str],
    accept: str,
) -> None:
    site, to_confirm = fuzzed
    if token in ("u", "p", "pause"):
        token = site.own(ANA, token).rpartition("/")[2]
    elif token == "confirm":
        token = to_confirm
    if path.endswith("/erase") and method == "POST":
        return  # it works, and then there is nothing left to ask for
    site.clock.forward(minutes=1)
    url = path.replace("{token}", quote(token, safe="")) + (
        "?" + "&".join(f"{k}={quote(v)}" for k, v in query.items()) if query else ""
    )
    body = "&".join(f"{k}={quote(v)}" for k, v in fields.items()).encode()

    answer = site.visitor.ask(
        method,
        url,
        body,
        headers={"accept_language": accept, "content-type": "x"},
    )

    assert answer.status < 500 or path == "/readyz"
    assert site.newsroom.store.audience.find(ANA)


def test_a_page_that_fails_says_so_and_tells_nothing(
    site: Site, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    app = public_app(site.newsroom, post=site.post, folder=tmp_path / "elsewhere")
    rows(site.folder / "news", "select 1")
    with closing(sqlite3.connect(site.folder / "news" / "digest.db")) as connection:
        connection.execute("drop table request")

    answer = Visitor(app).post("/subscribe", NEW)

    assert answer.status == 503
    assert "Please try again later" in answer.text
    assert "request" not in answer.text
    assert "a page could not be shown" in caplog.text
