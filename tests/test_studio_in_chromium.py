"""The studio in a real browser: what an editor does there from choosing to sending.

Slow; skipped, and said so, where Chromium, Playwright or axe-core is not installed.
"""

from __future__ import annotations

import re
import shutil
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from email import message_from_bytes, policy
from pathlib import Path

import pytest

from digest.config import load_settings
from digest.newsroom import Newsroom
from digest.postbox import Postbox
from digest.web.serving import LOOPBACK, listening_on
from digest.web.studio import OUR_NAMES, StudioServer, watching
from digest.web.studio.app import Studio
from digest.web.studio.asking import Asked
from digest.web.studio.desk import Desk
from digest.web.studio.guard import Guard
from tests import browser
from tests.rendering_samples import ROOT

playwright = pytest.importorskip(
    "playwright.sync_api", reason="Playwright is not installed: nobody used the studio"
)

from playwright.sync_api import (  # noqa: E402 only where it is installed
    Browser,
    Page,
    Request,
    expect,
)

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(
        browser.CHROMIUM is None,
        reason="Chromium is not installed: nobody used the studio",
    ),
]

expect.set_options(timeout=20_000)  # of a machine that has much else to do
PANES = ("mail", "text", "why", "findings", "compare", "header", "source")


@dataclass
class Studios:
    """The sample newsroom in the studio, and where its mail goes."""

    url: str
    project: Path
    box: Postbox
    desk: Desk


@pytest.fixture(scope="module")
def studio(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Studios]:
    project = tmp_path_factory.mktemp("studio") / "news"
    shutil.copytree(ROOT / "examples" / "newsroom", project)
    with Postbox(project.parent / "box") as box:
        file = project / "digest.yaml"
        text = file.read_text()
        smtp = f"  smtp: {{host: 127.0.0.1, port: {box.port}, security: none}}"
        file.write_text(re.sub(r"(?m)^  files: .*$", smtp, text))
        with serving(project) as (url, desk):
            yield Studios(url, project, box, desk)


@contextmanager
def serving(project: Path) -> Iterator[tuple[str, Desk]]:
    file = project / "digest.yaml"
    with Newsroom(load_settings(file, environment={})) as newsroom:
        newsroom.refresh_subscribers()
        list(newsroom.collect())
        desk = Desk(
            newsroom, lambda: load_settings(file, environment={}), settings_file=file
        )
        pages = Studio(desk)
        server = StudioServer(Guard(pages.app(), hosts=OUR_NAMES, locked=False), pages)
        with listening_on(0) as listening, closing(desk):
            thread = threading.Thread(
                target=server.run, kwargs={"sockets": [listening]}
            )
            with watching(desk, pages, Asked()):
                thread.start()
                yield f"http://{LOOPBACK}:{listening.getsockname()[1]}", desk
                pages.end()
                server.should_exit = True
                thread.join()


@pytest.fixture
def page(chromium: Browser, studio: Studios) -> Iterator[Page]:
    context = chromium.new_context(viewport={"width": 1280, "height": 900})
    opened = context.new_page()
    asked, faults = list[str](), list[str]()

    def note(request: Request) -> None:
        # What the policy of the page stopped was not asked; "blocked:" is no place.
        if request.failure not in ("csp", "net::ERR_UNKNOWN_URL_SCHEME"):
            asked.append(request.url)

    context.on("requestfinished", note)
    context.on("requestfailed", note)
    opened.on("pageerror", lambda error: faults.append(str(error)))
    yield opened
    context.close()
    assert faults == []
    # Nothing that was shown asked anybody but the studio for anything.
    assert [url for url in asked if not url.startswith(studio.url)] == []


def see(page: Page, studio: Studios, address: str, **query: str) -> None:
    """Open a page of a reader, by their address."""
    reader = studio.desk.newsroom.subscriber(address).id
    rest = "".join(f"&{name}={value}" for name, value in query.items())
    page.goto(f"{studio.url}/?newsletter=daily&reader={reader}{rest}")


def test_a_reader_is_found_by_keys_alone_and_their_mail_shown_in_every_way(
    page: Page, studio: Studios
) -> None:
    see(page, studio, "amira@example.org")
    page.keyboard.press("Tab")
    expect(page.locator(".skip")).to_be_focused()
    page.locator("#search").focus()
    page.keyboard.type("odil")
    expect(page.locator("#readers li")).to_have_count(1)
    expect(page.locator("#search")).to_be_focused()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")

    expect(page).to_have_title(re.compile("^Odile Ferrier: "))
    expect(page.locator("#readers [aria-current]")).to_be_focused()
    mail = page.frame_locator("#pane iframe")
    expect(mail.locator("html")).to_have_attribute("lang", "fr")
    page.locator("#width-1").press("Enter")
    expect(page.locator(".sheet.phone iframe")).to_have_css("width", "375px")
    ink = mail.locator("h1").first
    expect(ink).to_have_css("color", re.compile(r"rgb\((\d|[1-5]\d), "))
    page.locator("#as-night").press("Enter")
    expect(ink).to_have_css("color", re.compile(r"rgb\(2[2-5]\d, "))
    page.locator("#as-darkened").press("Enter")
    expect(mail.locator("html")).to_have_css("filter", re.compile("invert"))
    page.locator("#as-styleless").press("Enter")
    expect(mail.locator("body style")).to_have_count(0)
    page.locator("#as-outlook").press("Enter")
    expect(page.locator("#as-outlook")).to_have_attribute("aria-current", "true")
    expect(mail.locator("xml")).to_have_count(0)
    page.locator("#as-pictureless").press("Enter")
    expect(mail.locator("img").first).to_have_attribute("src", "blocked:")
    for name in PANES:
        page.locator(f"#pane-{name}").press("Enter")
        expect(page.locator(f"#pane-{name}")).to_have_attribute("aria-current", "true")
        expect(page.locator("#pane")).not_to_be_empty()
    page.go_back()
    expect(page.locator("#pane-header")).to_have_attribute("aria-current", "true")


def test_pictures_of_the_project_are_seen_and_nothing_in_a_mail_can_run(
    page: Page, studio: Studios
) -> None:
    folder = studio.project / "templates" / "newsroom"
    folder.mkdir(parents=True, exist_ok=True)
    stock = (ROOT / "templates/newsroom/digest.html.j2").read_text()
    evil = (
        "<script>document.title='ran'</script><img src='https://evil.example/x.png' "
        "alt='' onerror=\"parent.document.title='ran'\">"
        "<form action='https://evil.example/'><button>Press</button></form>"
        "<a href='https://evil.example/' target='_top' id='away'>Away</a>"
    )
    at = stock.index("%}", stock.index("block mail")) + 2
    try:
        (folder / "digest.html.j2").write_text(stock[:at] + evil + stock[at:])
        see(page, studio, "amira@example.org")
        mail = page.frame_locator("#pane iframe")
        expect(mail.locator("#away")).to_be_visible()
        shown = mail.locator("img[src^='/picture/']").first
        assert shown.evaluate("async (e) => {await e.decode(); return e.naturalWidth}")
        mail.locator("#away").click()
        mail.locator("button").click()

        expect(page.locator("#pane iframe")).to_be_visible()
        assert page.title().startswith("Amira")
        assert page.url.startswith(studio.url)
    finally:
        shutil.rmtree(folder)


def test_saving_shows_what_it_changes_and_a_broken_template_keeps_the_last_mail(
    page: Page, studio: Studios
) -> None:
    see(page, studio, "amira@example.org")
    folder = studio.project / "templates" / "newsroom"
    headline, mail = page.locator("h1"), page.frame_locator("#pane iframe")
    expect(mail.locator("h1").first).to_be_visible()
    old = headline.inner_text()
    folder.mkdir(parents=True)
    (folder / "subject.txt.j2").write_text("Fresh from the press")
    expect(headline).to_have_text("Fresh from the press")
    page.locator("#pane-compare").click()
    expect(page.locator(".changed ins").first).to_contain_text("Fresh")
    expect(page.locator(".changed del").first).to_contain_text(old.split()[0])
    page.locator("#pane-mail").click()

    (folder / "subject.txt.j2").write_text("Fresh\n{{ nonsense }}\n")
    trouble = page.locator(".trouble")
    expect(trouble).to_contain_text("subject.txt.j2:2")
    expect(trouble.locator("mark")).to_contain_text("{{ nonsense }}")
    expect(headline).to_have_text("Fresh from the press")
    expect(mail.locator("h1").first).to_be_visible()

    shutil.rmtree(folder)
    expect(trouble).to_have_count(0)
    expect(headline).to_have_text(old)

    article = studio.project / "articles" / "verdict-copyists.md"
    page.locator("#pane-text").click()
    article.write_text(article.read_text().replace("headline: ", "headline: Newly, "))
    expect(page.locator("#pane pre")).to_contain_text("Newly, ")
    readers = studio.project / "subscribers.yaml"
    readers.write_text(readers.read_text().replace("name: Amira", "name: Amira Two"))
    expect(page.locator("#readers")).to_contain_text("Amira Two")
    settings = studio.project / "digest.yaml"
    text = settings.read_text()
    settings.write_text(text.replace("Longitude Daily", "Latitude Daily"))
    expect(page.locator(".kicker")).to_contain_text("Latitude Daily")
    settings.write_text(text)
    expect(page.locator(".kicker")).to_contain_text("Longitude Daily")


def test_a_save_takes_nothing_from_who_is_typing_and_who_listens_is_told(
    page: Page, studio: Studios
) -> None:
    see(page, studio, "amira@example.org")
    page.locator("#readers a", has_text="Odile").press("Enter")
    expect(page.locator("#heard")).to_have_text(
        re.compile(r"^Odile Ferrier: .*\. Mail$")
    )
    subject = studio.project / "templates" / "newsroom" / "subject.txt.j2"
    subject.parent.mkdir(parents=True)
    page.locator("#send-me").press("Enter")
    page.locator("#to").press_sequentially("desk@")

    subject.write_text("Saved while typing")
    expect(page.locator("h1")).to_have_text("Saved while typing")
    expect(page.locator("#to")).to_be_focused()
    page.keyboard.type("example.org")
    expect(page.locator("#to")).to_have_value("desk@example.org")
    page.locator("#send-me").press("Enter")

    page.locator("#pane-why").press("Enter")
    expect(page.locator("#heard")).to_have_text(re.compile(r"\. Why$"))
    group = page.locator("#group-NOT_FOLLOWED")
    group.press("Enter")
    closed = page.locator("details.group:not([open])", has=group)
    expect(closed).to_have_count(1)
    article = studio.project / "articles" / "lake-by-ear.md"
    whole = article.read_text()
    article.write_text(whole.replace("headline: ", "headline: Anew, "))
    expect(page.locator("#pane")).to_contain_text("Anew, ")
    expect(closed).to_have_count(1)
    expect(group).to_be_focused()
    article.write_text(whole)
    shutil.rmtree(subject.parent)
    expect(page.locator("h1")).not_to_have_text("Saved while typing")


def test_why_what_if_findings_comparing_and_send_me_this(
    page: Page, studio: Studios
) -> None:
    see(page, studio, "odile@example.com", pane="why")
    stories = page.locator("ol.stories li")
    expect(page.locator("#pane h2").first).to_contain_text("In this mail: 6 of 26")
    expect(page.locator("#pane")).to_contain_text("Over the reader’s own limit")
    page.locator("#limit").fill("2")
    page.locator("#limit").press("Tab")
    expect(stories).to_have_count(2)
    expect(page.locator(".as-if")).to_contain_text("nothing is saved")
    page.locator("#own-wishes").click()
    expect(stories).to_have_count(6)

    page.locator("#pane-findings").click()
    page.get_by_role("link", name="Show the place of heading-fake").click()
    expect(page.locator(".spot pre mark")).to_be_visible()
    framed = page.frame_locator(".spot iframe").locator("[data-spot]")
    expect(framed).to_have_css("outline-style", "solid")

    page.locator("#pane-compare").click()
    page.locator("#against-reader").click()
    page.locator("#other_search").fill("amir")
    expect(page.locator(".choices a")).to_have_count(1)
    page.locator(".choices a").click()
    expect(page.locator(".columns")).to_contain_text("Only Odile Ferrier")
    expect(page.locator(".changed").first).to_contain_text("Subject: ")

    page.locator("#send-me").click()
    page.locator("#to").fill("me@desk.example")
    page.locator(".send button").click()
    expect(page.locator(".sent")).to_contain_text("Sent to me@desk.example")
    assert studio.box.received == {"me@desk.example": 1}
    (sent,) = (studio.box.filing.folder / "new").iterdir()
    mail = message_from_bytes(sent.read_bytes(), policy=policy.default)
    assert str(mail["Subject"]).startswith("[Test] ")
    newsroom = studio.desk.newsroom
    assert newsroom.store.archive.last_issue("daily") is None


#: Of a long list, the first lines say as much about the page as all of them.
ASK_AXE = """axe.run({exclude: ['.source > :nth-child(n+9)', '.stories > :nth-child(n+4)',
  '.findings > :nth-child(n+4)', '.changed > :nth-child(n+9)', '.header tr:nth-child(n+6)',
  '.columns li:nth-child(n+3)', '.readers > :nth-child(n+4)'].map((each) => [each])}, {
  iframes: false, runOnly: RULES})"""
EVERY_RULE = "['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice']"
CONTRAST = "{type: 'rule', values: ['color-contrast']}"


def test_everybody_can_use_every_pane_by_day_and_by_night(
    page: Page, studio: Studios
) -> None:
    axe = browser.axe_core()
    if axe is None:
        pytest.skip("axe-core is not installed: nobody asked about the studio")
    script = axe.read_text()
    other = studio.desk.newsroom.subscriber("noor@example.com").id
    compared = {"against": "reader", "other": other}
    found = {}
    for pane in PANES:
        page.emulate_media(color_scheme="light")
        query = compared if pane == "compare" else {}
        see(page, studio, "odile@example.com", pane=pane, **query)
        page.evaluate(script)  # around the page's own policy, as a debugger does
        for rules in (EVERY_RULE, CONTRAST):
            said = page.evaluate(ASK_AXE.replace("RULES", rules))
            found[pane, rules] = [
                (rule["id"], node["html"], node["failureSummary"])
                for rule in said["violations"]
                for node in rule["nodes"]
            ]
            page.emulate_media(color_scheme="dark")
    assert {pane: each for pane, each in found.items() if each} == {}


def test_a_phone_shows_every_pane_without_scrolling_sideways(
    page: Page, studio: Studios
) -> None:
    page.set_viewport_size({"width": 360, "height": 740})
    for pane in PANES:
        see(page, studio, "amira@example.org", pane=pane, phone="1")
        expect(page.locator("#pane")).not_to_be_empty()
        width = page.evaluate("document.documentElement.scrollWidth")
        assert (pane, width) == (pane, 360)
