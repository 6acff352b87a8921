"""Sources as collecting uses them: opened from settings, fetched several at once."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from digest.model import Article, Fetched, Validators
from digest.settings import FeedSource, FolderSource, PageSource, Site, SourceSettings
from digest.sources import Fetcher, Source, fetch_all, open_sources, read_one
from tests.web_servers import Site as Server
from tests.web_servers import reply, serving

DATA = Path(__file__).parent / "data"
NOW = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)
SITE = Site(
    name="Longitude",
    url="https://longitude.example",
    postal_address="1 Quay Street",
    language="en",
    timezone="Europe/Paris",
)
FEED = (DATA / "feeds" / "rss20-newsroom.xml").read_bytes()
PAGE = (DATA / "pages" / "en-river.html").read_bytes()


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    with serving() as site:
        yield site


def opened(*settings: SourceSettings) -> list[Source]:
    fetcher = Fetcher(site_url=SITE.url, read_seconds=2, connect_seconds=2)
    return open_sources(settings, site=SITE, fetcher=fetcher, now=lambda: NOW)


def fetch(settings: SourceSettings, validators: Validators | None = None) -> Fetched:
    (source,) = opened(settings)
    assert source.name == settings.name
    return source.fetch(validators or Validators())


def add(location: str, *tags: str) -> Fetched:
    with Fetcher(site_url=SITE.url) as fetcher:
        return read_one(
            location, site=SITE, fetcher=fetcher, tags=tags, now=lambda: NOW
        )


# -- feeds --------------------------------------------------------------------


def test_a_feed_is_read_from_a_file() -> None:
    path = str(DATA / "feeds" / "atom.xml")

    fetched = fetch(FeedSource(name="wire", location=path, tags=("wire",)))

    assert [a.headline for a in fetched.articles] == [
        "La primera nieve",
        "Pan de centeno",
    ]
    assert all(a.source == "wire" and a.tags[-1] == "wire" for a in fetched.articles)


def test_a_feed_is_read_from_the_web_and_only_when_it_changed(server: Server) -> None:
    url = f"{server.url}/feed.xml"
    server.answers["/feed.xml"] = lambda request: (
        reply(request, 304)
        if request.headers["If-None-Match"] == '"1"'
        else reply(request, 200, FEED, {"ETag": '"1"'})
    )
    settings = FeedSource(name="wire", location=url, allow_private=True)

    first = fetch(settings)
    second = fetch(settings, first.validators)

    assert len(first.articles) == 4
    assert first.validators == Validators(etag='"1"')
    assert not first.unchanged
    assert second == Fetched(unchanged=True, validators=first.validators)


def test_a_feed_that_could_not_be_read_is_asked_for_again(server: Server) -> None:
    url = server.put("/broken", b"<rss><channel><item>", ETag='"broken"')

    fetched = fetch(FeedSource(name="wire", location=url, allow_private=True))

    assert "no item of it could be read" in fetched.error
    assert fetched.validators == Validators()


def test_a_feed_that_was_cut_off_is_asked_for_again(server: Server) -> None:
    url = server.put("/cut", FEED[:-900], ETag='"cut"')

    fetched = fetch(FeedSource(name="wire", location=url, allow_private=True))

    assert fetched.articles
    assert fetched.validators == Validators()


@pytest.mark.parametrize(
    ("location", "said"),
    [
        ("no/such/feed.xml", "does not exist"),
        (str(DATA), "is not a file"),
        (str(DATA / "pages" / "en-river.html"), "is a web page, not a feed"),
        ("http://127.0.0.1/feed", "not a public address"),
    ],
)
def test_a_feed_that_is_not_there_says_why(location: str, said: str) -> None:
    fetched = fetch(FeedSource(name="wire", location=location))

    assert said in fetched.error
    assert not fetched.articles


# -- pages --------------------------------------------------------------------


def test_pages_come_from_the_web_and_from_files(server: Server, tmp_path: Path) -> None:
    for name in ("en-river", "fr-port"):
        content = (DATA / "pages" / f"{name}.html").read_bytes()
        (tmp_path / f"{name}.html").write_bytes(content)
    (tmp_path / "notes.html").write_text("<p>Too little.</p>")
    settings = PageSource(
        name="pages",
        locations=(
            server.put("/story", PAGE.replace(b"canonical", b"shortlink")),
            str(tmp_path / "*.html"),
            str(tmp_path / "none*.html"),
        ),
        tags=("saved",),
        allow_private=True,
    )

    fetched = fetch(settings)

    assert [a.url for a in fetched.articles] == [
        f"{server.url}/story",
        "https://longitude.example/en/rivers/20261122-river-towns",
        "",
    ]
    assert all("saved" in a.tags for a in fetched.articles)
    assert fetched.error == ""
    small, missing = (p.what for p in fetched.problems)
    assert "notes.html holds no article" in small
    assert "none*.html does not exist" in missing


def test_a_source_of_one_page_is_asked_whether_it_changed(server: Server) -> None:
    server.answers["/one"] = lambda request: (
        reply(request, 304)
        if request.headers["If-None-Match"] == '"1"'
        else reply(request, 200, PAGE, {"ETag": '"1"'})
    )
    settings = PageSource(
        name="pages", locations=(f"{server.url}/one",), allow_private=True
    )

    first = fetch(settings)

    assert len(first.articles) == 1
    assert fetch(settings, first.validators).unchanged


def test_pages_without_any_article_are_an_error(server: Server) -> None:
    url = server.put("/empty", b"<html><body><a href='/'>Home</a></body></html>")
    gone = f"{server.url}/gone"

    fetched = fetch(PageSource(name="pages", locations=(url, gone), allow_private=True))

    assert "/empty holds no article" in fetched.error
    assert "404 Not Found" in fetched.error


def test_files_of_one_name_in_two_folders_stay_two_articles(tmp_path: Path) -> None:
    page = (DATA / "pages" / "fr-port.html").read_bytes()
    for folder in ("a", "b"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "index.html").write_bytes(page)

    fetched = fetch(
        PageSource(name="pages", locations=(str(tmp_path / "**" / "*.html"),))
    )

    assert len({article.id for article in fetched.articles}) == 2


# -- several at once ----------------------------------------------------------


def test_a_folder_is_a_source_like_the_others(tmp_path: Path) -> None:
    (tmp_path / "one.md").write_text("# One\n\nWords of it.\n")

    fetched = fetch(FolderSource(name="articles", path=tmp_path))

    assert [article.headline for article in fetched.articles] == ["One"]


def test_nothing_of_an_article_is_longer_than_mail_can_carry(tmp_path: Path) -> None:
    long, longer = "long word " * 2_000, "a" * 5_000
    feed = tmp_path / "feed.xml"
    items = [
        f"<title>{long}</title><link>/1</link><description>d</description>",
        f"<title>2</title><link>/2</link><author>{long}</author>",
        f"<title>3</title><link>/{longer}</link><description>d</description>",
        (
            f"<title>4</title><link>/4</link><description>d</description>"
            f'<enclosure url="https://x.example/{longer}.jpg" type="image/jpeg"/>'
        ),
        f"<title>5</title><link>/5</link><description>{long * 30}</description>",
        "<title>6</title><link>/6</link><description>d</description>",
    ]
    feed.write_text(
        '<rss version="2.0"><channel><title>W</title><link>https://x.example/</link>'
        + "".join(f"<item>{item}</item>" for item in items)
        + "</channel></rss>"
    )

    source = FeedSource(name="wire", location=str(feed))
    ((_, fetched),) = fetch_all(opened(source), {})

    headline, byline, link, picture, text, last = fetched.articles
    assert len(headline.headline) == 300
    assert headline.headline.endswith("word…")
    assert len(byline.byline) == 300
    assert link.url == ""
    assert picture.image is None
    assert text.body == ""
    assert text.standfirst
    assert last.headline == "6"
    said = [problem.what for problem in fetched.problems]
    assert len(said) == 5
    assert "its headline has 19,999 characters, more than 300; it was cut" in said[0]
    assert "which no mail can carry; it was left out" in said[4]


class Answering:
    """A source that waits for its turn, or breaks."""

    def __init__(self, name: str, wait: threading.Event | None = None) -> None:
        self.name = name
        self.wait = wait
        self.given: Validators | None = None

    def fetch(self, validators: Validators) -> Fetched:
        self.given = validators
        if self.wait:
            assert self.wait.wait(9)
        if self.name == "broken":
            raise RecursionError("too deep")
        article = Article(id=self.name, headline=self.name, source=self.name)
        return Fetched(articles=(article,))


def test_answers_come_as_they_are_ready_and_none_stops_the_others() -> None:
    go = threading.Event()
    slow, broken, quick = Answering("slow", go), Answering("broken"), Answering("quick")
    known = {"quick": Validators(etag="7")}

    answers = fetch_all([slow, broken, quick], known)
    first = dict([next(answers), next(answers)])
    go.set()
    last = dict(answers)

    assert set(first) == {"broken", "quick"}
    assert "RecursionError: too deep" in first["broken"].error
    assert "Traceback" not in first["broken"].error
    assert [a.headline for a in last["slow"].articles] == ["slow"]
    assert quick.given == Validators(etag="7")
    assert slow.given == Validators()


def test_who_stops_listening_does_not_wait_for_the_slow() -> None:
    never = threading.Event()
    answers = fetch_all([Answering("quick"), Answering("slow", never)], {})

    assert next(answers)[0] == "quick"
    answers.close()  # type: ignore[attr-defined]

    assert not never.is_set()  # and yet we are here
    never.set()


def test_several_servers_are_waited_for_at_once(server: Server) -> None:
    together = threading.Barrier(6)

    def slow(request: object) -> None:
        together.wait(30)  # answers nobody before all six have asked
        reply(request, 200, FEED)  # type: ignore[arg-type]

    settings = []
    for number in range(6):
        server.answers[f"/slow{number}"] = slow
        settings.append(
            FeedSource(
                name=str(number),
                location=f"{server.url}/slow{number}",
                allow_private=True,
            )
        )

    answers = dict(fetch_all(opened(*settings), {}))

    assert [len(fetched.articles) for fetched in answers.values()] == [4] * 6


def test_no_sources_give_no_answers() -> None:
    assert list(fetch_all([], {})) == []


# -- one by hand --------------------------------------------------------------


def test_an_article_is_added_from_a_file_of_any_kind(tmp_path: Path) -> None:
    (tmp_path / "a.md").write_text("# From Markdown\n\nA story with `<html>` in it.\n")
    (tmp_path / "b.html").write_bytes(PAGE)
    (tmp_path / "c").write_bytes(PAGE)
    (tmp_path / "d.txt").write_text(
        "From text\n\nA paragraph about <rss> that is long enough to be one.\n"
    )

    added = [
        add(str(tmp_path / name), "Sea", "sea")
        for name in ["a.md", "b.html", "c", "d.txt"]
    ]

    assert [f.error for f in added] == ["", "", "", ""]
    assert [f.articles[0].headline for f in added] == [
        "From Markdown",
        "River towns vote on one wall",
        "River towns vote on one wall",
        "From text",
    ]
    assert all(f.articles[0].tags.count("Sea") == 1 for f in added)
    assert added[1].articles[0].id == added[2].articles[0].id


@pytest.mark.parametrize("name", ["rss20-newsroom.xml", "atom.xml", "jsonfeed.json"])
def test_a_feed_is_not_added_but_named_as_one(name: str) -> None:
    text = add(str(DATA / "feeds" / name)).error

    assert name in text
    assert "is a feed, not an article" in text


@pytest.mark.parametrize(
    ("location", "said"),
    [
        ("no/such/file.md", "no/such/file.md does not exist"),
        ("http://127.0.0.1/a", "not a public address"),
        ("http://[", "is not known"),
    ],
)
def test_what_cannot_be_added_says_why(location: str, said: str) -> None:
    assert said in add(location).error
