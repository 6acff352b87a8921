from __future__ import annotations

import json
import re
from collections.abc import Iterator
from email import policy
from email.parser import BytesParser
from pathlib import Path
from shutil import copytree

import feedparser
import html5lib
import pytest
from PIL import Image as Pillow

from digest.config import load_settings
from digest.errors import BusyError, InputError, OutputError
from digest.newsroom import Newsroom
from digest.publishing.feeds import Entry, Feed, atom, json_feed
from digest.publishing.folder import MARKER
from digest.sources.feed import read_feed
from digest.sources.items import Channel
from digest.transports.files import held
from tests.commands import Shell
from tests.projects import READERS, SETTINGS, Clock, write_article, write_project

WEB = "https://ledger.example/archive"

TWO_NEWSLETTERS = SETTINGS.replace(
    "newsletters:\n",
    "newsletters:\n"
    "  souk:\n"
    "    title: أصوات السوق\n"
    "    tagline: من الأسواق\n"
    "    language: ar\n"
    "    sender: Souk <souk@ledger.example>\n",
).replace("    schedule:", "    limits: {articles: 2}\n    schedule:")
TAKERS = READERS.replace("name: Cy", "name: Cy\n    newsletters: [souk]").replace(
    "follows:", "newsletters: [daily]\n    follows:"
)
PICTURE = """\
---
headline: "The bridge & 1 < 2"
standfirst: It opens "at last".
byline: Ada Holm
tags: [river]
image: {file: bridge.png, caption: The bridge.}
url: https://ledger.example/bridge
published: 2026-11-22
---

It is long. ![Its end](bridge.png)
"""
SOUK = "---\nheadline: سوق الكتب\nlanguage: ar\ntags: [schools]\n---\n\nفي الصباح.\n"


def send(newsroom: Newsroom, clock: Clock, *slugs: str) -> None:
    for slug in slugs:
        issue = newsroom.issues.prepare(newsroom.newsletter(slug))
        assert issue is not None
        newsroom.send(issue)
    clock.forward(days=1)


@pytest.fixture(scope="module")
def clock() -> Clock:
    return Clock()


@pytest.fixture(scope="module")
def newsroom(
    tmp_path_factory: pytest.TempPathFactory, clock: Clock
) -> Iterator[Newsroom]:
    """A newsroom that sent two issues of one newsletter, one of another."""
    folder = write_project(
        tmp_path_factory.mktemp("archive") / "news",
        settings=TWO_NEWSLETTERS,
        readers=TAKERS,
    )
    Pillow.new("RGB", (90, 60), "navy").save(folder / "articles" / "bridge.png")
    write_article(folder, "bridge.md", PICTURE)
    write_article(folder, "souk.md", SOUK)
    with Newsroom(load_settings(folder, environment={}), now=clock) as opened:
        opened.refresh_subscribers()
        list(opened.collect())
        clock.forward(minutes=1)
        send(opened, clock, "daily", "souk")
        write_article(
            folder, "late.md", "---\nheadline: Late\ntags: [river]\n---\n\nx\n"
        )
        list(opened.collect())
        clock.forward(minutes=1)
        send(opened, clock, "daily")
        yield opened


@pytest.fixture(scope="module")
def site(newsroom: Newsroom, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The archive of that; for tests that only look."""
    folder = tmp_path_factory.mktemp("web") / "archive"
    newsroom.publish_archive(folder)
    return folder


@pytest.fixture
def own(site: Path, tmp_path: Path) -> Path:
    """A copy of the archive, for tests that change it."""
    return copytree(site, tmp_path / "archive")


def pages(site: Path) -> dict[str, str]:
    return {
        path.relative_to(site).as_posix(): path.read_text("utf-8")
        for path in sorted(site.rglob("*"))
        if path.suffix in {".html", ".xml", ".json"}
    }


def tags(html: str, name: str) -> list[dict[str, str]]:
    """Return the attributes of all elements of a name, as a browser reads them."""
    tree = html5lib.parse(html, namespaceHTMLElements=False)
    return [dict(element.attrib) for element in tree.iter(name)]


class TestPages:
    def test_lie_where_the_mails_say_they_do(
        self, newsroom: Newsroom, site: Path
    ) -> None:
        outbox = newsroom.settings.root / "outbox" / "new"
        mails = [
            BytesParser(policy=policy.default).parsebytes(path.read_bytes())
            for path in outbox.iterdir()
        ]

        assert mails
        for mail in mails:
            for field in ("Archived-At", "List-Archive"):
                url = str(mail[field]).strip("<>")
                assert (site / url.removeprefix(f"{WEB}/") / "index.html").is_file()
            page = site / str(mail["Archived-At"]).strip("<>").removeprefix(f"{WEB}/")
            canonical = f'<link rel="canonical" href="{mail["Archived-At"][1:-1]}">'
            assert canonical in (page / "index.html").read_text()

    def test_are_valid_html(self, site: Path) -> None:
        for name, text in pages(site).items():
            if name.endswith(".html"):
                html5lib.HTMLParser(strict=True).parse(text)
                assert len(tags(text, "h1")) == len(tags(text, "main")) == 1, name
                assert "aria-roledescription" not in text, "it is no mail"
                assert tags(text, "html")[0]["lang"], name
                assert "[if mso]" not in text

    def test_hold_nothing_of_any_reader(self, newsroom: Newsroom, site: Path) -> None:
        readers = list(newsroom.store.audience.all())

        assert len(readers) == 3
        for name, text in pages(site).items():
            for reader in readers:
                for own in (reader.id, reader.address, f"{reader.name},"):
                    assert own not in text, name
            assert not re.search(r"(?<![a-z0-9])[a-z2-7]{32}(?![a-z0-9])", text), name
            assert not re.search(
                r"(?i)unsubscribe|إلغاء الاشتراك|you receive|/less/", text
            ), name

    def test_show_the_whole_issue_however_little_a_reader_gets(
        self, site: Path
    ) -> None:
        page = pages(site)["daily/2026-11-23/index.html"]

        for headline in ("The ferry is back", "A lock reopens", "No bell on Monday"):
            assert headline in page
        assert "Hello" not in page

    def test_can_be_shared_and_followed(self, site: Path) -> None:
        page = pages(site)["daily/2026-11-23/index.html"]
        said = {
            tag["property"]: tag["content"]
            for tag in tags(page, "meta")
            if "property" in tag
        }
        (picture,) = site.glob("images/bridge-*.png")

        assert said["og:url"] == f"{WEB}/daily/2026-11-23"
        assert said["og:site_name"] == "The Ledger"
        assert said["og:image"] == f"{WEB}/images/{picture.name}"
        assert said["article:published_time"] == "2026-11-23T06:01:00+00:00"
        assert said["og:description"]
        alternates = [
            tag["href"] for tag in tags(page, "link") if tag["rel"] == "alternate"
        ]
        assert alternates == [f"{WEB}/daily/feed.xml", f"{WEB}/daily/feed.json"]

    def test_lead_to_each_other_and_to_nothing_that_is_not_there(
        self, site: Path
    ) -> None:
        neighbours = {
            tag["rel"]: tag["href"]
            for tag in tags(pages(site)["daily/2026-11-23/index.html"], "a")
            if "rel" in tag
        }

        assert neighbours == {"up": "../", "next": "../2026-11-24/"}
        for name, text in pages(site).items():
            if not name.endswith(".html"):
                continue
            links = [tag["href"] for tag in tags(text, "a")]
            links += [tag["src"] for tag in tags(text, "img")]
            for link in links:
                if link.startswith("https://"):
                    continue
                target = (site / name).parent / link
                assert target.is_file() or (target / "index.html").is_file(), (
                    name,
                    link,
                )

    def test_speak_the_newsletters_language_from_right_to_left(
        self, site: Path
    ) -> None:
        for name in ("souk/index.html", "souk/2026-11-23/index.html"):
            html = tags(pages(site)[name], "html")[0]
            assert (html["lang"], html["dir"]) == ("ar", "rtl")
        assert "كل الأعداد" in pages(site)["souk/2026-11-23/index.html"]
        home = pages(site)["index.html"]
        assert '<h2 lang="ar" dir="rtl"><a href="souk/">أصوات السوق</a></h2>' in home

    def test_show_the_projects_own_pictures_as_copies(self, site: Path) -> None:
        page = pages(site)["daily/2026-11-23/index.html"]

        sources = [tag["src"] for tag in tags(page, "img")]

        assert sources
        assert all(source.startswith("../../images/bridge-") for source in sources)
        assert "ledger.example/media" not in page

    def test_list_stories_by_topic_the_newest_first(self, site: Path) -> None:
        page = pages(site)["topics/rivers/index.html"]

        headings = re.findall(r"<h2>(?:<a [^>]*>)(.*?)</a>", page)

        assert headings[0] == "Late"
        assert set(headings[1:]) == {
            "The bridge &amp; 1 &lt; 2",
            "The ferry is back",
            "A lock reopens",
        }
        assert 'href="https://ledger.example/bridge"' in page
        assert 'href="../../daily/2026-11-24/"' in page, "a story that is only a file"


class TestFeeds:
    def test_are_read_by_feed_readers(self, site: Path) -> None:
        for path in sorted(site.rglob("feed.xml")):
            read = feedparser.parse(path.read_text())
            assert not read.bozo, path
            assert read.version == "atom10"
            assert read.feed.id == read.feed.link
            assert len({entry.id for entry in read.entries}) == len(read.entries) > 0
            said = json.loads(path.with_suffix(".json").read_text())
            assert said["version"] == "https://jsonfeed.org/version/1.1"
            assert said["home_page_url"] == read.feed.link
            assert [item["url"] for item in said["items"]] == [
                entry.link for entry in read.entries
            ]
            assert [item["title"] for item in said["items"]] == [
                entry.title for entry in read.entries
            ]

    def test_of_a_newsletter_have_an_entry_per_issue(self, site: Path) -> None:
        newest, oldest = feedparser.parse((site / "daily/feed.xml").read_text()).entries

        assert newest.link == f"{WEB}/daily/2026-11-24"
        assert newest.title == "Late"
        assert newest.updated == "2026-11-24T06:02:00Z"
        assert "The ferry is back" in oldest.content[0].value

    def test_of_a_topic_can_be_a_source_of_another_newsroom(
        self, site: Path, clock: Clock
    ) -> None:
        for name in ("feed.xml", "feed.json"):
            content = (site / "topics" / "rivers" / name).read_bytes()
            channel = Channel(location=f"{WEB}/topics/rivers/{name}", source="ledger")
            fetched = read_feed(content, channel=channel, now=clock)
            bridge = next(a for a in fetched.articles if "bridge" in a.url)
            assert bridge.headline == "The bridge & 1 < 2"
            assert bridge.byline == "Ada Holm"
            assert bridge.standfirst == 'It opens "at last".'
            assert bridge.tags == ("river",)

    def test_hold_the_newest_thirty(self, clock: Clock) -> None:
        entries = [
            Entry(url=f"https://x.example/{n}", title=f"{n}", at=clock.at)
            for n in range(50)
        ]
        feed = Feed(
            title="T",
            subtitle="",
            home="https://x.example",
            language="en",
            publisher="P",
            entries=entries,
        )

        assert len(feedparser.parse(atom(feed)).entries) == 30
        assert len(json.loads(json_feed(feed))["items"]) == 30


class TestFolder:
    def test_is_the_same_when_nothing_is_new_and_nothing_is_touched(
        self, newsroom: Newsroom, own: Path
    ) -> None:
        files = [path for path in sorted(own.rglob("*")) if path.is_file()]
        before = [(path, path.read_bytes(), path.stat().st_mtime_ns) for path in files]

        published = newsroom.publish_archive(own)

        assert published.changed == published.removed == 0
        assert published.files == len(files) - 1, "all but the mark"
        assert before == [
            (path, path.read_bytes(), path.stat().st_mtime_ns)
            for path in sorted(own.rglob("*"))
            if path.is_file()
        ]

    def test_gets_back_what_was_changed_or_lost_and_loses_what_is_no_longer_sent(
        self, newsroom: Newsroom, own: Path, site: Path
    ) -> None:
        (own / "daily" / "2026-11-23" / "index.html").write_text("edited")
        (own / "daily" / "feed.xml").unlink()
        gone = own / "old" / "2020-01-01" / "index.html"
        gone.parent.mkdir(parents=True)
        gone.write_text("an issue of a newsletter that is no more")
        listed = json.loads((own / MARKER).read_text())
        outside = own.parent / "mine.txt"
        outside.write_text("mine")
        lying = [*listed, "old/2020-01-01/index.html", "../mine.txt"]
        (own / MARKER).write_text(json.dumps(lying))

        published = newsroom.publish_archive(own)

        assert (published.changed, published.removed) == (2, 1)
        assert not (own / "old").exists()
        assert outside.exists()
        assert pages(own) == pages(site)

    def test_of_somebody_else_is_left_alone(
        self, newsroom: Newsroom, own: Path, tmp_path: Path
    ) -> None:
        other = tmp_path / "other"
        other.mkdir()
        (other / "notes.txt").write_text("mine")
        own_notes = own / "topics" / "schools" / "feed.xml"
        listed = json.loads((own / MARKER).read_text())
        listed.remove("topics/schools/feed.xml")
        (own / MARKER).write_text(json.dumps(listed))

        with pytest.raises(OutputError, match=r"such as notes\.txt"):
            newsroom.publish_archive(other)
        with pytest.raises(OutputError, match="in the way and nothing of ours"):
            newsroom.publish_archive(own)
        assert own_notes.exists()
        assert [path.name for path in other.iterdir()] == ["notes.txt"]

    def test_that_another_process_writes_is_busy(
        self, newsroom: Newsroom, own: Path
    ) -> None:
        with held(own), pytest.raises(BusyError):
            newsroom.publish_archive(own)


class TestCommand:
    def test_publishes_only_what_went_out(
        self, capsys: pytest.CaptureFixture[str], tmp_path: Path
    ) -> None:
        open_to_all = "  subscribe: https://ledger.example/subscribe\ntopics:"
        folder = write_project(
            tmp_path / "news", settings=SETTINGS.replace("topics:", open_to_all)
        )
        digest = Shell(capsys, folder)
        digest("collect")
        with Newsroom(load_settings(folder, environment={})) as newsroom:
            newsroom.refresh_subscribers()
            newsroom.issues.prepare(newsroom.newsletter("daily"))
        nothing = digest("archive", "--to", tmp_path / "web")
        before = (tmp_path / "web" / "index.html").read_text("utf-8")
        digest("send", "daily")

        result = digest("archive", "--to", tmp_path / "web")

        assert "Nothing went out yet" in nothing.out
        assert "No issue is out yet." in before
        assert '<a href="https://ledger.example/subscribe">Subscribe</a>' in before
        assert not re.search(r"<ul[^>]*>\s*</ul>", before), "no list of nothing"
        assert result.code == 0
        assert "1 issue in" in result.out
        assert "https://ledger.example/archive" in result.out
        assert (
            digest("archive", "--to", tmp_path / "web", "--json").json["changed"] == 0
        )

    def test_refuses_a_newsletter_that_would_hide_the_topics(
        self, newsroom: Newsroom, tmp_path: Path
    ) -> None:
        text = SETTINGS.replace("  daily:", "  topics:")
        write_project(tmp_path / "news", settings=text)
        settings = load_settings(tmp_path / "news", environment={})

        with Newsroom(settings) as opened, pytest.raises(InputError, match="`topics`"):
            opened.publish_archive(tmp_path / "web")
