"""The public pages in a real browser, and the way of one reader from end to end.

Slow; skipped, and said so, where Chromium, Playwright or axe-core is not installed.
"""

from __future__ import annotations

import re
import threading
import urllib.request
from collections.abc import Iterator
from contextlib import closing, contextmanager
from email.message import EmailMessage
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
import uvicorn

from digest.web.serving import LOOPBACK, listening_on
from tests import browser
from tests.projects import write_article
from tests.visitors import Site, opened_site

playwright = pytest.importorskip(
    "playwright.sync_api", reason="Playwright is not installed: nobody saw the pages"
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
        reason="Chromium is not installed: nobody saw the pages",
    ),
]

ANA = "ana@readers.example"
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Site, str]]:
    """A site, and where a server of its own answers for it."""
    folder = tmp_path_factory.mktemp("served")
    with opened_site(folder) as site, serving(site) as url:
        yield site, url


@contextmanager
def serving(site: Site) -> Iterator[str]:
    config = uvicorn.Config(site.app, log_level="error", lifespan="off")
    server = uvicorn.Server(config)
    with closing(listening_on(0)) as listening:
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]})
        thread.start()
        yield f"http://{LOOPBACK}:{listening.getsockname()[1]}"
        server.should_exit = True
        thread.join()


def send_news(site: Site, name: str, headline: str) -> dict[str, EmailMessage]:
    """Write a story about a river, send the next issue; return mails by address."""
    text = f"---\nheadline: {headline}\ntags: [river]\n---\n\nIt rose.\n"
    write_article(site.newsroom.settings.root, f"{name}.md", text)
    list(site.newsroom.collect())
    site.clock.forward(minutes=1)
    before = len(site.mails())
    newsletter = site.newsroom.newsletter()
    for issue in site.newsroom.issues.to_send(newsletter):
        site.newsroom.send(issue)
    return {str(mail["To"]).strip("<>"): mail for mail in site.mails()[before:]}


@pytest.mark.parametrize("javascript", [False, True], ids=["plain", "javascript"])
def test_a_reader_comes_chooses_reads_and_leaves(
    served: tuple[Site, str], chromium: Browser, javascript: bool
) -> None:
    site, url = served
    address = f"dee{javascript:d}@x.example"
    context = chromium.new_context(java_script_enabled=javascript, locale="en-GB")
    page = context.new_page()
    page.set_default_timeout(20_000)

    page.goto(f"{url}/subscribe")
    page.get_by_label("Mail address").fill(address)
    page.get_by_label(re.compile("Rivers")).check()
    page.get_by_role("button", name="Subscribe").click()
    expect(page.get_by_role("heading")).to_have_text("Look into your mailbox")

    page.goto(url + site.link(address, "confirm"))
    page.get_by_role("button", name="Confirm").click()
    expect(page.get_by_role("heading")).to_have_text("Welcome")
    page.get_by_role("link", name="Your preferences").click()

    page.get_by_label("Schools", exact=True).select_option("Follow")
    page.get_by_role("button", name="Show what I would get").click()
    sample = page.locator("#sample")
    expect(sample).to_contain_text("No bell on Monday")
    page.get_by_label("Schools", exact=True).select_option("Never show")
    page.get_by_label("Headlines").check()
    page.get_by_role("button", name="Save", exact=True).first.click()
    expect(page.get_by_role("status")).to_contain_text("Saved.")
    expect(sample).not_to_contain_text("No bell on Monday")

    mail = send_news(site, f"flood{javascript:d}", "The river rises")[address]
    text = mail.get_body(("plain",))
    assert text is not None
    assert "The river rises" in text.get_content()
    assert "No bell on Monday" not in text.get_content()

    one_click(url, mail)
    again = send_news(site, f"ebb{javascript:d}", "The river falls")
    assert address not in again
    assert ANA in again
    page.goto(url + site.own(address, "u"))
    expect(page.get_by_role("heading", level=1)).to_have_text("You are unsubscribed")
    page.get_by_role("button", name="Undo").click()
    expect(page.get_by_role("button", name="Unsubscribe", exact=True)).to_be_visible()
    assert address in send_news(site, f"tide{javascript:d}", "The river rests")
    context.close()


def one_click(url: str, mail: EmailMessage) -> None:
    """Do what a mail program does behind its unsubscribe button."""
    found = re.search(r"<https://ledger\.example(/u/\w+)>", mail["List-Unsubscribe"])
    assert found
    assert mail["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    request = urllib.request.Request(
        url + found[1], data=b"List-Unsubscribe=One-Click", method="POST"
    )
    with urllib.request.urlopen(request, timeout=20) as answer:
        assert answer.status == 200
        assert urlsplit(answer.url).path == found[1], "no redirect"


def shown(page: Page, axe: str) -> dict[str, Any]:
    """Return what axe-core objects to, and whether a page fits its window."""
    page.evaluate(axe)
    return dict(
        page.evaluate(
            """async (rules) => {
              const said = await axe.run(document, {runOnly: rules});
              return {
                wrong: said.violations.flatMap((rule) => rule.nodes.map(
                  (node) => [rule.id, node.html.slice(0, 120)])),
                fits: document.documentElement.scrollWidth <= innerWidth,
                dir: document.documentElement.dir,
                styled: getComputedStyle(document.querySelector('main')).display,
                font: getComputedStyle(document.body).fontSize,
              };
            }""",
            RULES,
        )
    )


@pytest.mark.parametrize("language", ["en", "ar"])
def test_no_page_is_wider_than_the_smallest_phone_with_styles_or_without(
    served: tuple[Site, str], chromium: Browser, language: str
) -> None:
    """A list's marks hung outside the page beside words that run the other way."""
    site, url = served
    cy = site.newsroom.subscriber("cy@readers.example")
    choices = {"newsletter": "daily", "language": language}
    site.visitor.post(site.own(cy.address, "p"), choices)
    own = [site.own(cy.address, kind) for kind in ("u", "p", "pause")]
    page = chromium.new_page(
        viewport={"width": 320, "height": 700}, bypass_csp=True, locale=language
    )
    fits = "document.documentElement.scrollWidth <= innerWidth"
    for path in (f"/subscribe?language={language}", *own, f"{own[1]}/erase"):
        page.goto(url + path)
        assert page.evaluate(fits), path
        page.evaluate("document.querySelector('style').remove()")
        assert page.evaluate(fits), f"{path} without styles"
    page.close()


@pytest.mark.parametrize("language", ["en", "ar"])
def test_every_page_can_be_used_by_everybody_on_every_screen(
    served: tuple[Site, str], chromium: Browser, language: str, tmp_path: Path
) -> None:
    axe = browser.axe_core()
    if axe is None:
        pytest.skip("axe-core is not installed: nobody asked whether all can use it")
    site, url = served
    code = axe.read_text(encoding="utf-8")
    cy = site.newsroom.subscriber("cy@readers.example")
    site.visitor.post(
        site.own(cy.address, "p"), {"newsletter": "daily", "language": language}
    )
    asked = {"address": f"{language}@x.example", "newsletter": "daily"}
    site.visitor.post("/subscribe", {**asked, "language": language})
    confirm = site.link(f"{language}@x.example", "confirm")
    own = {kind: site.own(cy.address, kind) for kind in ("u", "p", "pause")}
    paths = (
        f"/subscribe?language={language}",
        confirm,
        *own.values(),
        f"{own['p']}/erase",
        f"{own['p']}/less/rivers",
        "/nothing",
    )
    looked = 0
    for width, scheme in ((360, "light"), (360, "dark"), (1000, "light")):
        context = chromium.new_context(
            viewport={"width": width, "height": 900},
            color_scheme="dark" if scheme == "dark" else "light",
            bypass_csp=True,  # for axe-core; that the style counts is seen above
            locale=language,
        )
        page = context.new_page()
        for path in paths:
            page.goto(url + path)
            found = shown(page, code)
            assert found["wrong"] == [], (path, width, scheme)
            assert found["fits"], (path, width)
            assert found["font"] == "17px"
            if path != "/nothing":
                assert found["dir"] == ("rtl" if language == "ar" else "ltr"), path
            looked += 1
        context.close()
    assert looked == 3 * len(paths)
