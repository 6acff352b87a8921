"""The sample newsroom is what people see first: all of it is read, and read well."""

from __future__ import annotations

import re
import shutil
from collections import Counter
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path

import pytest

from digest.cli import COMMANDS
from digest.config import load_settings, read_subscribers
from digest.model import Article, Fetched, Format, Length, Status
from digest.newsroom import Newsroom
from digest.settings import FilesDelivery, Settings
from digest.shipped import shipped
from digest.sources import Fetcher, fetch_all, open_sources
from digest.tags import belongs, slug
from tests.projects import Clock

NEWSROOM = shipped("examples") / "newsroom"
NOW = datetime(2026, 11, 23, 6, 0, tzinfo=UTC)
#: What surrounds an article on a website and is none of it.
NAVIGATION = re.compile(
    r"subscribe|your mailbox|download|abonne|boîte mail|télécharge"
    r"|read more|lire la suite|most read|cookie|counts? our visitors|skip to",
    re.IGNORECASE,
)


@pytest.fixture(scope="module")
def settings() -> Settings:
    return load_settings(NEWSROOM, environment={})


@pytest.fixture(scope="module")
def fetched(settings: Settings) -> Mapping[str, Fetched]:
    with Fetcher(site_url=settings.site.url) as fetcher:
        sources = open_sources(
            settings.sources, site=settings.site, fetcher=fetcher, now=lambda: NOW
        )
        return dict(fetch_all(sources, {}))


@pytest.fixture(scope="module")
def articles(fetched: Mapping[str, Fetched]) -> list[Article]:
    return [article for source in fetched.values() for article in source.articles]


def told(articles: list[Article], headline: str) -> Article:
    return next(a for a in articles if a.headline.startswith(headline))


class TestSettings:
    def test_are_complete_and_leave_nothing_the_machine(
        self, settings: Settings
    ) -> None:
        assert [n.slug for n in settings.newsletters] == ["daily", "weekly"]
        assert isinstance(settings.delivery, FilesDelivery)
        assert all(n.schedule for n in settings.newsletters)
        assert settings.subscribers == NEWSROOM / "subscribers.yaml"

    def test_show_every_way_to_make_a_topic(self, settings: Settings) -> None:
        assert any(t.all for t in settings.topics)
        assert any(t.none for t in settings.topics)
        assert any(t.any == {t.slug} for t in settings.topics)
        assert all(t.description for t in settings.topics)


class TestArticles:
    def test_are_all_read_without_a_problem(
        self, fetched: Mapping[str, Fetched]
    ) -> None:
        assert {name: (f.error, len(f.articles)) for name, f in fetched.items()} == {
            "articles": ("", 14),
            "lyon": ("", 1),
            "wire": ("", 10),
            "pages": ("", 1),
        }
        # What is left out of a pasted page is said; nothing else is.
        problems = [problem for f in fetched.values() for problem in f.problems]
        assert all(problem.where.endswith(".txt") for problem in problems), problems

    def test_have_everything_that_a_mail_shows(self, articles: list[Article]) -> None:
        for article in articles:
            assert article.url, article.headline
            assert article.standfirst, article.headline
            assert article.tags, article.headline
            assert article.body or article.source == "wire", article.headline

    def test_are_stories_with_an_author_and_a_voice(
        self, articles: list[Article]
    ) -> None:
        for article in articles:
            if article.source != "wire":
                assert article.byline, article.headline
                assert len(re.findall(r"<p>", article.body)) >= 3, article.headline
                assert re.search("[“„«>]", article.body), article.headline

    def test_bring_no_navigation_along(self, articles: list[Article]) -> None:
        for article in articles:
            text = f"{article.headline} {article.standfirst} {article.body}"
            found = NAVIGATION.search(re.sub(r"<[^>]*>", " ", text))
            assert found is None, (article.headline, found)

    def test_speak_four_languages(self, articles: list[Article]) -> None:
        languages = Counter(a.language or "en" for a in articles)
        assert languages == {"en": len(articles) - 4, "fr": 1, "de": 1, "ar": 2}

    def test_fill_every_topic(
        self, settings: Settings, articles: list[Article]
    ) -> None:
        for topic in settings.topics:
            assert any(
                belongs(topic, {slug(tag) for tag in article.tags})
                for article in articles
            ), topic.slug

    def test_one_is_pinned_and_others_have_a_place_each(
        self, articles: list[Article]
    ) -> None:
        assert [a.headline for a in articles if a.pinned] == [
            "Judges admit the prison letters that nobody was meant to read"
        ]
        places = [a.order for a in articles if a.order is not None]
        assert sorted(places) == list(range(1, len(places) + 1))


class TestPastedPages:
    def test_of_a_newspaper_land_in_the_right_fields(
        self, articles: list[Article]
    ) -> None:
        railway = told(articles, "Eleven years after the flood")
        assert railway.standfirst.startswith("The railway between the capital and")
        assert railway.byline == "Awa Sarr"
        assert "Dakar" in railway.desk
        assert railway.reading_minutes == 3
        assert railway.tags == ("Africa", "Senegal", "Rail")
        assert [link.title for link in railway.also_read] == [
            "The lagoon that was given back to the herons",
            "Who mends a road that everybody uses and nobody owns?",
        ]
        assert [link.title for link in railway.related] == [
            "“My timetable was the tide”: the stationmaster who stayed",
            "Explained: why railways float",
            "In pictures: eleven years of grass",
        ]
        assert "Fatim Gueye" not in railway.body

    def test_keep_a_quotation_that_was_broken_over_lines(
        self, articles: list[Article]
    ) -> None:
        register = told(articles, "Families read out names")
        assert "on one form" not in register.body
        assert "On not one of them was there a line for what he was like." in " ".join(
            [register.body, *(quote.text for quote in register.quotes)]
        )

    def test_are_understood_in_french(self, articles: list[Article]) -> None:
        library = told(articles, "À Lyon")
        assert library.standfirst.startswith("Ouverte à l’essai")
        assert library.byline.startswith("Claire Aubin")
        assert "Lyon" in library.desk
        assert library.reading_minutes == 3
        assert library.tags == ("Société", "Lyon", "Bibliothèques", "Français")
        assert len(library.also_read) == 1
        assert len(library.related) == 2


class TestPictures:
    def test_say_what_they_show_and_whose_they_are(
        self, articles: list[Article]
    ) -> None:
        pictures = [a.image for a in articles if a.image and a.image.url]
        assert len(pictures) == 10
        for image in pictures:
            assert image.alt, image.url
            assert image.caption, image.url
            assert image.credit.startswith("©"), image.url

    def test_are_there_and_each_is_used_once(self, articles: list[Article]) -> None:
        files = {path.name for path in (NEWSROOM / "articles/images").iterdir()}
        urls = [a.image.url for a in articles if a.image and a.image.url]
        used = Counter(url.rpartition("/")[2] for url in urls)
        assert used == dict.fromkeys(files, 1)


class TestReaders:
    def test_are_valid_and_differ_in_everything(self, settings: Settings) -> None:
        readers = read_subscribers(
            NEWSROOM / "subscribers.yaml",
            newsletters=[n.slug for n in settings.newsletters],
            topics=[t.slug for t in settings.topics],
        )

        preferences = [reader.preferences for reader in readers]
        assert len(readers) == 11
        assert {p.format for p in preferences} == set(Format)
        assert {p.length for p in preferences} == set(Length)
        assert {r.status for r in readers} == {Status.ACTIVE, Status.UNSUBSCRIBED}
        assert {r.language for r in readers} >= {"en", "fr", "de", "ar"}
        assert sum(r.paused_until is not None for r in readers) == 1
        assert any(not p.follows for p in preferences)
        assert all(r.address.partition("@")[2].startswith("example.") for r in readers)

    def test_get_what_the_remarks_in_the_file_promise(self, tmp_path: Path) -> None:
        shutil.copytree(NEWSROOM, tmp_path, dirs_exist_ok=True)
        clock = Clock(NOW)
        with Newsroom(load_settings(tmp_path, environment={}), now=clock) as newsroom:
            list(newsroom.collect())
            clock.forward(minutes=1)
            newsroom.refresh_subscribers()
            daily = newsroom.newsletter("daily")
            plan = newsroom.issues.plan(newsroom.issues.draft(daily), daily)

        digests = {row.subscriber.address: row.digest for row in plan.rows}
        got = {address for address, digest in digests.items() if not digest.skipped}
        assert got == {
            "amira@example.org",
            "hala@example.org",
            "jonas.weidner@example.net",
            "odile@example.com",
            "tovah@example.org",
            "k.mensah@example.net",
            "noor@example.com",
        }
        assert digests["amira@example.org"].articles[0].pinned
        assert [s.slug for s in digests["amira@example.org"].sections] == [
            "human-rights",
            "climate",
            "europe",
        ]
        assert len(digests["odile@example.com"].articles) == 6
        assert digests["noor@example.com"].more > 0


def test_the_read_me_names_commands_that_exist() -> None:
    named = re.findall(r"digest (\w+)", (NEWSROOM / "README.md").read_text("utf-8"))

    assert {"collect", "plan", "preview", "build", "send", "run"} <= set(named)
    assert set(named) <= set(COMMANDS)
