"""An editor with a proof in the mailbox: approves and holds in a real browser.

Slow; skipped, and said so, where Chromium or Playwright is not installed.
"""

from __future__ import annotations

from pathlib import Path
from threading import Event

import pytest

from digest.config import load_settings
from digest.newsroom import Newsroom
from digest.postbox import Postbox
from digest.scheduler import Clock as Ticker
from digest.scheduler import Watcher
from digest.simulating import replay
from digest.simulating.report import report
from tests import browser
from tests.approvals import EDITORS, ISSUE, asking, links, proofs, served
from tests.projects import Clock, smtp_settings, write_article, write_project
from tests.test_scheduler import DREDGER

playwright = pytest.importorskip(
    "playwright.sync_api", reason="Playwright is not installed: nobody pressed a button"
)

from playwright.sync_api import (  # noqa: E402 only where it is installed
    Browser,
    Page,
    expect,
)

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(
        browser.CHROMIUM is None,
        reason="Chromium is not installed: nobody pressed a button",
    ),
]

WIDE = "document.documentElement.scrollWidth > document.documentElement.clientWidth"


def press(page: Page, label: str) -> str:
    """Press a button by keyboard alone; return what the page then says."""
    assert not page.evaluate(WIDE)
    page.keyboard.press("Tab")  # past the link to the site
    page.keyboard.press("Tab")
    expect(page.get_by_role("button", name=label)).to_be_focused()
    with page.expect_navigation():
        page.keyboard.press("Enter")
    return page.get_by_role("main").inner_text()


def test_editors_approve_and_hold_what_readers_then_get_or_do_not(
    chromium: Browser, tmp_path: Path
) -> None:
    clock, seen = Clock(), list[str]()
    clock.forward(minutes=-90)
    phone = chromium.new_context(viewport={"width": 360, "height": 640})
    page = phone.new_page()
    with Postbox(tmp_path / "box") as box:
        settings = asking("required", smtp_settings(box.port))
        project = write_project(tmp_path / "news", settings=settings)
        with Newsroom(load_settings(project, environment={}), now=clock) as newsroom:
            ticker = Ticker(newsroom, watcher=Watcher(), stop=Event())
            ticker.tick()
            clock.forward(minutes=90)
            ticker.tick()
            assert box.received == dict.fromkeys(EDITORS, 1)

            with served(newsroom) as port:
                site = f"http://127.0.0.1:{port}"
                proof = links(proofs(tmp_path, "box")[EDITORS[0]])
                page.goto(site + proof["hold"])
                seen.append(page.content())
                held = press(page, "Hold it back")
                assert "This issue is held back." in held
                assert "Mails of it that have left: 0." in held
                ticker.tick()
                assert box.received == dict.fromkeys(EDITORS, 1)
                page.goto(site + proof["approve"])
                seen.append(page.content())
                assert "is approved" in press(page, "Approve")
                seen.append(page.content())
                page.goto(site + proof["approve"][:-1] + "_")
                expect(page.get_by_role("heading")).to_contain_text("nothing to decide")
            clock.forward(seconds=10)
            ticker.tick()
            assert box.received["cy@readers.example"] == 1
            assert len(box.received) == 5
            assert newsroom.store.journal.held(ISSUE) == ""
    phone.close()
    if axe := browser.axe_core():
        for dark in (False, True):
            found = browser.violations(seen, axe, width=600, dark=dark)
            assert found == [[], [], []]


def test_the_report_of_a_replay_can_be_read_by_everybody_on_a_phone(
    chromium: Browser, tmp_path: Path
) -> None:
    project = write_project(tmp_path / "news")
    clock = Clock()
    with Newsroom(load_settings(project, environment={}), now=clock) as newsroom:
        newsroom.refresh_subscribers()
        write_article(project, "dredger.md", DREDGER)
        list(newsroom.collect())
        begin = clock.at
        clock.forward(days=30)
        text = report(
            replay(
                newsroom.store, newsroom.settings.newsletters,
                newsroom.settings.topics, since=begin, until=clock.at,
            )
        )  # fmt: skip
    page = chromium.new_page(viewport={"width": 360, "height": 640})

    page.set_content(text)

    assert not page.evaluate(WIDE)
    assert page.get_by_role("img").count() == 2
    assert page.get_by_role("row").count() == 31
    page.close()
    if axe := browser.axe_core():
        for dark in (False, True):
            assert browser.violations([text], axe, width=600, dark=dark) == [[]]
