from __future__ import annotations

import os
import re
from collections.abc import Iterator
from email import policy
from email.message import EmailMessage, MIMEPart
from email.parser import BytesParser
from io import BytesIO
from pathlib import Path

import dkim
import pytest
from PIL import Image as Pillow

from digest.config import load_settings
from digest.enclosing import LIMIT, enclosures_of
from digest.message.dkim import Signer, read_key, records
from digest.newsroom import Newsroom
from tests.keys import SELECTOR, our_key
from tests.projects import READERS, SETTINGS, Clock, write_article, write_project

INLINE = SETTINGS.replace("sender:", "inline_images: true\n    sender:")
ALL_TEXT = READERS + "  - {address: di@readers.example, format: text}\n"
BRIDGE = """\
---
headline: The bridge
standfirst: It opens.
tags: [river]
image: {file: bridge.png, caption: The bridge.}
---

It is long. ![Its end](end.jpg) ![Again](copy.png)
"""
LARGE = "---\nheadline: The wall\ntags: [schools]\nimage: {file: wall.png}\n---\n\nx\n"


@pytest.fixture(scope="module")
def newsroom(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Newsroom]:
    folder = write_project(
        tmp_path_factory.mktemp("inline") / "news", settings=INLINE, readers=ALL_TEXT
    )
    articles = folder / "articles"
    write_article(folder, "bridge.md", BRIDGE)
    write_article(folder, "wall.md", LARGE)
    picture = BytesIO()
    Pillow.new("RGB", (90, 60), "navy").save(picture, "PNG")
    for name in ("bridge.png", "copy.png"):
        (articles / name).write_bytes(picture.getvalue())
    Pillow.new("RGB", (30, 20), "red").save(articles / "end.jpg")
    (articles / "wall.png").write_bytes(picture.getvalue() + os.urandom(LIMIT))
    clock = Clock()
    with Newsroom(load_settings(folder, environment={}), now=clock) as opened:
        opened.refresh_subscribers()
        list(opened.collect())
        clock.forward(minutes=1)
        yield opened


@pytest.fixture(scope="module")
def mails(newsroom: Newsroom) -> dict[str, EmailMessage]:
    """What each reader gets, by address."""
    newsletter = newsroom.newsletter("daily")
    plan = newsroom.issues.plan(newsroom.issues.draft(newsletter), newsletter)
    parser = BytesParser(policy=policy.default)
    return {
        row.subscriber.address: parser.parsebytes(message.content)
        for row, _, message in newsroom.messages(plan)
    }


def shape(part: MIMEPart) -> object:
    """Return the media types of a mail, nested as its parts are."""
    if not part.is_multipart():
        return part.get_content_type()
    return [part.get_content_type(), *map(shape, part.iter_parts())]


class TestMails:
    def test_carry_the_pictures_of_the_stories_in_them(
        self, mails: dict[str, EmailMessage], newsroom: Newsroom
    ) -> None:
        mail = mails["ana@readers.example"]
        related = next(p for p in mail.walk() if p["Content-Type"].subtype == "related")
        html, picture = related.iter_parts()
        file = newsroom.settings.root / "articles" / "bridge.png"

        assert shape(mail) == [
            "multipart/alternative",
            "text/plain",
            ["multipart/related", "text/html", "image/png"],
        ]
        assert related.get_param("type") == "text/html"
        assert picture.get_content() == file.read_bytes()
        assert picture["Content-Disposition"].params["filename"] == "bridge.png"
        named = set(re.findall(r'src="cid:([^"]+)"', html.get_content()))
        assert named == {picture["Content-ID"].strip("<>")}
        assert "ledger.example/media" not in html.get_content()
        assert not any(part.defects for part in mail.walk())

    def test_carry_no_others(self, mails: dict[str, EmailMessage]) -> None:
        assert shape(mails["bo@readers.example"]) == [
            "multipart/alternative",
            "text/plain",
            "text/html",
        ]
        assert shape(mails["di@readers.example"]) == "text/plain"

    def test_link_what_is_too_large_and_stay_small(
        self, mails: dict[str, EmailMessage]
    ) -> None:
        html = mails["bo@readers.example"].get_body(("html",))

        assert html is not None
        assert 'src="https://ledger.example/media/wall.png"' in html.get_content()
        assert all(len(bytes(mail)) < LIMIT + 300_000 for mail in mails.values())

    def test_are_still_joined_and_their_parts_encoded_once(
        self, newsroom: Newsroom
    ) -> None:
        newsletter = newsroom.newsletter("daily")
        issue = newsroom.issues.draft(newsletter)
        plan = newsroom.issues.plan(issue, newsletter)
        assembler = newsroom.assembler(issue)
        parts = {
            id(part)
            for row in plan.receiving
            for part in assembler._shown(assembler.render(row.subscriber, row.digest))
        }

        assert len(parts) == 1, "the same picture, whoever gets it"
        assert not assembler.not_joined

    def test_can_be_signed(self, newsroom: Newsroom) -> None:
        newsletter = newsroom.newsletter("daily")
        issue = newsroom.issues.draft(newsletter)
        plan = newsroom.issues.plan(issue, newsletter)
        assembler = newsroom.assembler(issue)
        key = read_key(our_key())
        assembler.signer = Signer(key, selector=SELECTOR, domain="ledger.example")
        row = next(row for row in plan.receiving if row.subscriber.name == "Ana")

        _, message = assembler.message(
            row.subscriber, row.digest, dated=newsroom.seconds()
        )

        assert b"multipart/related" in message.content
        (record,) = records(key, selector=SELECTOR, domains=["ledger.example"])
        published = record.value.encode()
        assert dkim.verify(message.content, dnsfunc=lambda *_, **__: published)

    def test_are_shown_whole_by_build(self, newsroom: Newsroom, tmp_path: Path) -> None:
        newsletter = newsroom.newsletter("daily")
        plan = newsroom.issues.plan(newsroom.issues.draft(newsletter), newsletter)

        newsroom.build(plan, tmp_path / "out")

        page = next((tmp_path / "out").glob("ana-*.html")).read_text()
        (source,) = set(re.findall(r'src="(images/[^"]+)"', page))
        assert (tmp_path / "out" / source).is_file()
        assert "cid:" not in page


def test_the_pictures_of_a_whole_story_are_carried_too_each_once(
    newsroom: Newsroom,
) -> None:
    newsletter = newsroom.newsletter("daily")
    issue = newsroom.issues.draft(newsletter)

    found = enclosures_of(issue, newsletter, newsroom.local_images)

    names = {url.rpartition("/")[2] for url in found}
    assert names == {"bridge.png", "copy.png", "end.jpg"}
    by_id = {part.content_id: part for part in found.values()}
    assert len(by_id) == 2, "two files of the same content are one part"
