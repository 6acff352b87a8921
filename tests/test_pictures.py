from __future__ import annotations

import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler
from io import BytesIO
from pathlib import Path

import pytest
from PIL import Image as Pillow

from digest.model import Article, Fetched, Image
from digest.settings import FeedSource
from digest.sources.completing import Completing
from digest.sources.measuring import HEAD, Size, size_of_file, size_of_head
from digest.sources.pictures import sized, sizes_said
from tests import rendering_samples as samples
from tests.web_servers import Site, reply, serving


def drawn(kind: str, width: int = 900, height: int = 700, **options: object) -> bytes:
    """Return a picture of noise: as large a file as its kind can be."""
    file = BytesIO()
    noise = Pillow.effect_noise((width, height), 80).convert("RGB")
    noise.save(file, kind, **options)  # of each kind its own
    return file.getvalue()


def article(**changes: object) -> Article:
    values: dict[str, object] = {"id": "a", "headline": "Rain", "source": "wire"}
    return Article(**(values | changes))  # type: ignore[arg-type]


class TestMeasuring:
    @pytest.mark.parametrize("kind", ["JPEG", "PNG", "GIF", "BMP"])
    def test_needs_the_beginning_of_a_picture_alone(self, kind: str) -> None:
        picture = drawn(kind)

        assert len(picture) > HEAD
        for octets in (len(picture), HEAD, 2000):
            assert size_of_head(picture[:octets]) == Size(
                width=900, height=700, kind=kind.lower()
            )

    @pytest.mark.parametrize("kind", ["WEBP", "AVIF"])
    def test_knows_a_kind_whose_beginning_does_not_say_its_size(
        self, kind: str, tmp_path: Path
    ) -> None:
        picture = drawn(kind)
        (tmp_path / "picture").write_bytes(picture)

        assert size_of_head(picture[:HEAD]) == Size(kind=kind.lower())
        assert size_of_file(tmp_path / "picture").width == 900

    def test_turns_a_picture_as_a_camera_says(self) -> None:
        turned = Pillow.Exif()
        turned[0x0112] = 6

        assert size_of_head(drawn("JPEG", 40, 30, exif=turned)) == Size(
            width=30, height=40, kind="jpeg"
        )

    @pytest.mark.parametrize(
        ("content", "kind"),
        [
            (b"", ""),
            (b"<!DOCTYPE html><p>Not found", ""),
            (b'<?xml version="1.0"?>\n<svg xmlns="http://www.w3.org/2000/svg">', "svg"),
            (b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0", ""),
            (b"\xff\xd8\xff\xe1\xff\xff" + b"x" * 500, ""),
        ],
    )
    def test_gives_no_size_to_what_is_no_picture_or_a_broken_one(
        self, content: bytes, kind: str
    ) -> None:
        assert size_of_head(content) == Size(kind=kind)

    def test_of_a_file_that_is_not_there_gives_no_size(self, tmp_path: Path) -> None:
        assert size_of_file(tmp_path / "none.jpg") == Size()

    def test_does_not_mind_how_many_pixels_there_would_be(self) -> None:
        bomb = bytearray(drawn("GIF", 10, 10))
        bomb[6:10] = b"\xff\xff\xff\xff"

        assert size_of_head(bytes(bomb)).width == 65535


class TestSizes:
    A, B = "https://x.example/a.jpg?w=1&h=2", "https://x.example/b.jpg"
    SIZES = {A: Size(width=800, height=600), B: Size(width=10, height=20)}  # noqa: RUF012
    BODY = (
        '<p>One</p><img src="https://x.example/a.jpg?w=1&amp;h=2" alt="a > b">'
        '<img src="https://x.example/b.jpg" alt="" width="5">'
        '<img src="https://x.example/c.jpg" alt="">'
    )

    def test_are_written_into_an_article(self) -> None:
        found = sized(article(image=Image(url=self.A), body=self.BODY), self.SIZES)

        assert found.image
        assert (found.image.width, found.image.height) == (800, 600)
        assert found.body == (
            '<p>One</p><img src="https://x.example/a.jpg?w=1&amp;h=2" alt="a > b"'
            ' width="800" height="600">'
            '<img src="https://x.example/b.jpg" alt="" width="5" height="10">'
            '<img src="https://x.example/c.jpg" alt="">'
        )
        assert sized(found, {}) == found
        assert sizes_said(found)[self.A] == self.SIZES[self.A]

    def test_that_an_article_says_itself_count(self) -> None:
        said = Image(url=self.A, width=400)

        found = sized(article(image=said), self.SIZES).image

        assert found
        assert (found.width, found.height) == (400, 300)


@pytest.fixture(scope="module")
def web() -> Iterator[Site]:
    with serving() as site:
        yield site


class TestCompleting:
    @pytest.fixture
    def held(self) -> dict[str, Article]:
        return {}

    @pytest.fixture
    def completing(self, held: dict[str, Article]) -> Completing:
        return Completing(site=samples.site(), held=held.get)

    @pytest.fixture
    def source(self, web: Site) -> FeedSource:
        web.requests.clear()
        return FeedSource(name="wire", location=f"{web.url}/feed", allow_private=True)

    def test_asks_for_the_beginning_of_a_picture_once(
        self,
        web: Site,
        source: FeedSource,
        completing: Completing,
        held: dict[str, Article],
    ) -> None:
        whole = drawn("JPEG")
        url = web.url + "/a.jpg"
        read: list[int] = []

        def answer(request: object) -> None:
            reply(request, 206, whole[:HEAD])  # type: ignore[arg-type]
            read.append(HEAD)

        web.answers["/a.jpg"] = answer
        body = f'<img src="{url}" alt="">'
        fetched = Fetched(articles=(article(image=Image(url=url), body=body),))

        (first,) = completing.completed(fetched, source).articles
        held["a"] = first
        again = completing.completed(fetched, source)

        assert first.image
        assert (first.image.width, first.image.height) == (900, 700)
        assert 'width="900" height="700"' in first.body
        assert again.articles == (first,), "and so the archive sees no change"
        assert len(web.requests) == 1
        asked = web.requests[0][1]
        assert asked["Range"] == f"bytes=0-{HEAD - 1}"
        assert asked["Accept-Encoding"] == "identity"

    def test_reads_no_more_where_a_server_sends_all_of_it(
        self, web: Site, source: FeedSource, completing: Completing
    ) -> None:
        url = web.put("/large.jpg", drawn("JPEG") + bytes(20_000_000))

        done = completing.completed(
            Fetched(articles=(article(image=Image(url=url)),)), source
        )

        assert done.articles[0].image
        assert done.articles[0].image.width == 900, "of more than is ever read whole"

    def test_makes_a_note_of_what_cannot_be_measured_and_goes_on(
        self,
        web: Site,
        source: FeedSource,
        completing: Completing,
        held: dict[str, Article],
    ) -> None:
        page = web.put("/page.jpg", b"<p>no picture")
        plain = article(image=Image(url=page))
        gone = article(id="b", image=Image(url=f"{web.url}/gone.jpg"))

        done = completing.completed(Fetched(articles=(plain, gone)), source)
        held |= {each.id: each for each in done.articles}
        again = completing.completed(Fetched(articles=(plain, gone)), source)

        assert done.articles == (plain, gone)
        assert all(problem.note for problem in done.problems)
        page_note, gone_note = (problem.what for problem in done.problems)
        assert "is no picture" in page_note
        assert "404" in gone_note
        assert not again.problems, "it is said once"
        assert len(web.requests) == 2, "and asked once"

    def test_leaves_a_host_alone_that_does_not_answer(
        self, web: Site, source: FeedSource, completing: Completing
    ) -> None:
        articles = tuple(
            article(id=str(n), image=Image(url=f"{web.url}/gone-{n}.jpg"))
            for n in range(40)
        )

        done = completing.completed(Fetched(articles=articles), source)

        assert len(done.problems) == 40
        assert len(web.requests) < 20

    def test_ends_however_slow_the_hosts_of_a_feed_are(
        self, web: Site, source: FeedSource
    ) -> None:
        small = drawn("JPEG", 9, 9)

        def slow(request: BaseHTTPRequestHandler) -> None:
            time.sleep(0.3)
            reply(request, 200, small)

        urls = [f"{web.url}/slow-{n}.jpg" for n in range(100)]
        web.answers |= {f"/slow-{n}.jpg": slow for n in range(100)}
        articles = tuple(article(id=url, image=Image(url=url)) for url in urls)

        done = Completing(
            site=samples.site(), held=lambda _: None, seconds=0.1
        ).completed(Fetched(articles=articles), source)

        assert len(done.articles) == 100
        assert len(web.requests) < 20
        assert "no time for it" in done.problems[-1].what
        assert all(problem.note for problem in done.problems)

    def test_asks_no_private_host_but_the_sources_own(
        self, web: Site, completing: Completing
    ) -> None:
        url = web.put("/secret.jpg", drawn("JPEG", 9, 9))
        fetched = Fetched(articles=(article(image=Image(url=url)),))
        elsewhere = FeedSource(
            name="wire", location="http://127.0.0.1:1/feed", allow_private=True
        )
        before = len(web.requests)

        for settings in (None, elsewhere, FeedSource(name="wire", location=web.url)):
            done = completing.completed(fetched, settings)
            assert done.articles == fetched.articles
            assert "was not fetched" in done.problems[0].what

        assert len(web.requests) == before

    def test_leaves_articles_of_another_source_and_nobodys_hosts_alone(
        self, completing: Completing, held: dict[str, Article]
    ) -> None:
        held["a"] = article(source="first")
        theirs = article(image=Image(url="http://127.0.0.1:1/x.jpg"))
        sample = article(id="b", image=Image(url="https://longitude.example/x.jpg"))

        done = completing.completed(Fetched(articles=(theirs, sample)), None)

        assert done == Fetched(articles=(theirs, sample))

    @pytest.mark.parametrize("kind", ["webp", "avif", "svg"])
    def test_notes_kinds_that_mail_programs_do_not_show_unless_allowed(
        self, kind: str
    ) -> None:
        picture = Image(url=f"https://x.example/a.{kind}?x=1", width=9, height=9)
        fetched = Fetched(articles=(article(image=picture),))

        for allowed in ((), (kind,)):
            done = Completing(
                site=samples.site(), held=lambda _: None, allowed=allowed
            ).completed(fetched, None)
            said = [problem.what for problem in done.problems]
            assert len(said) == (0 if allowed else 1)
            assert all(f"images: {{allow: [{kind}]}}" in what for what in said)
