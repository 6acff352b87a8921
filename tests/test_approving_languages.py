"""Editors are asked in their newsletter's language, in the mail and on the pages."""

from __future__ import annotations

from dataclasses import dataclass
from html import unescape
from pathlib import Path

from digest import approving
from digest.config import load_settings
from digest.links import Purpose
from digest.newsroom import Newsroom
from digest.rendering.words import Speech, Words
from digest.template_files import load_catalogues
from tests.approvals import EDITORS, ask, asking, mails, served
from tests.projects import Clock, write_project

LANGUAGES = [each for each in load_catalogues(Path()) if each != "en-US"]


def lettered(language: str, title: str) -> str:
    return (
        f"  {language}:\n    title: {title}\n    language: {language}\n"
        "    sender: The Ledger <digest@ledger.example>\n    approval: required\n"
    )


def in_every_language() -> str:
    """Return settings with a newsletter in each language there is."""
    before, _, after = asking("required").partition("newsletters:\n")
    rest = after[after.index("sources:") :]
    letters = "".join(lettered(each, f"Ledger {each}") for each in LANGUAGES)
    return f"{before}newsletters:\n{letters}{rest}"


@dataclass(frozen=True)
class Links:
    """The links of one issue's proof, and what their pages should say."""

    newsroom: Newsroom
    port: int
    issue: str
    speech: Speech

    def page(self, method: str, purpose: Purpose, revision: int = 1) -> str:
        """Return what a link leads to."""
        link = self.newsroom.links.decision(
            purpose, editor=EDITORS[0], issue=self.issue, revision=revision
        )
        html = ask(self.port, method, link)[1]
        speech = self.speech
        assert f'<html lang="{speech.language}" dir="{speech.direction}">' in html
        return unescape(html)

    def says(self, html: str, *keys: str, **blanks: object) -> bool:
        """Whether a page says these words."""
        return all(self.speech.said(key, **blanks) in html for key in keys)


def test_the_pages_ask_and_tell_in_each_of_the_twenty_languages(
    tmp_path: Path,
) -> None:
    taken = ", ".join(LANGUAGES)
    readers = f"subscribers: [{{address: ana@readers.example, newsletters: [{taken}]}}]"
    project = write_project(
        tmp_path / "news", settings=in_every_language(), readers=readers
    )
    words, clock = Words.of_stock(load_catalogues(project.parent)), Clock()
    with Newsroom(load_settings(project, environment={}), now=clock) as newsroom:
        newsroom.refresh_subscribers()
        list(newsroom.collect())
        clock.forward(minutes=1)
        with served(newsroom) as port:
            for newsletter in newsroom.settings.newsletters:
                issue = newsroom.issues.prepare(newsletter)
                assert issue is not None
                speech = words.speech(newsletter.language, otherwise="en")
                links = Links(newsroom, port, issue.id, speech)
                number = speech.said("issue_number", n=speech.number(1))
                named, says = f"{newsletter.title} {number}", links.says

                asked = links.page("GET", Purpose.APPROVE)
                assert says(asked, "proof.approve", "proof.leaves_now")
                assert says(asked, "proof.approve_title", issue=named)
                asked = links.page("GET", Purpose.HOLD)
                assert says(asked, "proof.hold", "proof.then_held")
                held = links.page("POST", Purpose.HOLD)
                assert says(held, "proof.done", "proof.held")
                assert says(held, "proof.left", n=speech.number(0))
                approved = links.page("POST", Purpose.APPROVE)
                assert says(approved, "proof.approved", "proof.leaves_now")
                assert says(links.page("GET", Purpose.HOLD, 2), "proof.stale_text")
                if speech.direction == "ltr":
                    continue  # nobody may press buttons so often
                again = links.page("POST", Purpose.APPROVE)
                assert says(again, "proof.approved_before", who=EDITORS[0])
                newsroom.store.journal.hold(issue.id, "recalled")
                gone = links.page("POST", Purpose.HOLD)
                assert says(gone, "proof.nothing", "proof.recalled")


def test_a_proof_runs_from_right_to_left_where_its_newsletter_does(
    tmp_path: Path,
) -> None:
    settings = asking("window 45 minutes").replace(
        "title: The Ledger Daily\n", "title: النشرة اليومية\n    language: ar\n"
    )
    project = write_project(tmp_path / "news", settings=settings)
    clock = Clock()
    with Newsroom(load_settings(project, environment={}), now=clock) as newsroom:
        newsroom.refresh_subscribers()
        list(newsroom.collect())
        clock.forward(minutes=1)
        newsletter = newsroom.newsletter()
        newsroom.issues.prepare(newsletter)
        assert approving.ask(newsroom, newsletter)

    proof = mails(project)[0]
    assert str(proof["Subject"]).startswith("[تجربة] ")
    plain, html = (proof.get_body((kind,)) for kind in ("plain", "html"))
    assert plain is not None
    assert html is not None
    lines = plain.get_content().splitlines()
    assert lines[0] == "تجربة النشرة اليومية العدد\u00a01"
    assert (
        "يخرج هذا العدد يوم 23 نوفمبر 2026 في الساعة 7:46 ص (Europe/Brussels)"
        in lines[1]
    )
    assert lines[3] == "الموافقة:"
    assert lines[4].startswith("https://ledger.example/approve/daily/")
    banner = html.get_content().split("<table", 2)[1]
    assert 'dir="rtl" lang="ar"' in banner
    assert "<bdi>Europe/Brussels</bdi>" in banner
    assert not any(word in html.get_content() for word in ("Approve", "Hold", "Proof"))
