"""What `build` writes: pages that can be looked at, in a folder that stays ours."""

from __future__ import annotations

import fcntl
import json
import os
from collections.abc import Iterator
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.errors import BusyError, OutputError
from digest.model import Digest
from digest.quoting import Part
from digest.rendering import Rendered
from digest.transports.pages import (
    MARKER,
    Cover,
    Page,
    Skipped,
    Written,
    write_pages,
)
from digest.transports.sheet import GMAIL_CLIPS, NEAR, THUMBNAILS, Entry, contact_sheet
from tests.examples import examples

COVER = Cover(newsletter="Longitude Daily", issue="daily/2026-11-23")
HTML = "<!DOCTYPE html>\n<p>The ferry is late.</p>\n"
VOID = {"meta", "br", "img", "link"}


def page(reader: str = "Amira", key: str = "aaaabbbbccccd", **rendered: object) -> Page:
    values = {"subject": "The ferry is late", "text": "The ferry.\n", "html": HTML}
    said = {**values, **rendered}
    html = said["html"]
    return Page(
        key=key,
        reader=reader,
        rendered=Rendered(
            subject=str(said["subject"]),
            digest=Digest(issue="daily/2026-11-23"),
            text_part=Part.of(str(said["text"])),
            html_part=None if html is None else Part.of(str(html)),
        ),
        content=f"Subject: for {key}\r\n\r\nbody\r\n".encode(),
        articles=3,
        sections=("Harbour", "Weather"),
    )


def readers(number: int) -> Iterator[Page]:
    for count in range(number):
        yield page(f"Reader {count}", f"key{count:04d}")


def files(folder: Path) -> set[str]:
    return {str(p.relative_to(folder)) for p in folder.rglob("*") if p.is_file()}


class Outline(HTMLParser):
    """Reads a page strictly: what opens must close, in order."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.links: list[str] = []
        self.frames: list[str] = []
        self.tags: list[str] = []
        self.text = ""
        self.feed(html)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = dict(attrs)
        self.tags.append(tag)
        assert not any(name.startswith("on") for name in values)
        if tag == "a" and not (values["href"] or "").startswith("#"):
            self.links.append(unquote(values["href"] or ""))
        if tag == "iframe":
            assert "allow-scripts" not in (values["sandbox"] or "")
            assert values["loading"] == "lazy"
            self.frames.append(unquote(values["src"] or ""))
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if "style" not in self.open:
            self.text += data


def outline(folder: Path) -> Outline:
    return Outline((folder / "index.html").read_text("utf-8"))


class TestEachReader:
    def test_gets_the_message_the_text_and_the_html(self, tmp_path: Path) -> None:
        one = page()

        written = write_pages(tmp_path, [one], cover=COVER)

        assert written == Written(index=tmp_path / "index.html", pages=1, skipped=0)
        stem = "amira-aaaabbbbccccd"
        names = {f"{stem}.eml", f"{stem}.html", f"{stem}.txt", "index.html", MARKER}
        assert files(tmp_path) == names
        assert (tmp_path / f"{stem}.eml").read_bytes() == one.content
        assert (tmp_path / f"{stem}.html").read_text() == HTML
        assert (tmp_path / f"{stem}.txt").read_text() == "The ferry.\n"

    def test_who_wants_text_only_has_no_html(self, tmp_path: Path) -> None:
        write_pages(tmp_path, [page(html=None)], cover=COVER)

        assert not list(tmp_path.glob("amira*.html"))
        sheet = outline(tmp_path)
        assert "Text only" in sheet.text
        assert not sheet.frames

    @pytest.mark.parametrize(
        ("reader", "stem"),
        [
            ("Élodie Brun", "elodie-brun-k"),
            ("سلمى الخطيب", "سلمى-الخطيب-k"),
            ("../../etc/passwd", "etc-passwd-k"),
            ("rui.abrantes@example.org", "reader-k"),
            ("", "reader-k"),
            ("!!!", "reader-k"),
            ("a" * 300, "a" * 40 + "-k"),
        ],
    )
    def test_has_files_named_after_them_but_never_after_their_address(
        self, tmp_path: Path, reader: str, stem: str
    ) -> None:
        write_pages(tmp_path, [page(reader, "k")], cover=COVER)

        assert (tmp_path / f"{stem}.eml").is_file()

    @examples(60)
    @given(reader=st.text(max_size=60), key=st.text(min_size=1, max_size=20))
    def test_stays_in_the_folder_and_on_the_sheet_whatever_the_name(
        self, tmp_path_factory: pytest.TempPathFactory, reader: str, key: str
    ) -> None:
        folder = tmp_path_factory.mktemp("build") / "out"

        write_pages(folder, [page(reader, key, subject=reader)], cover=COVER)

        assert sum(1 for _ in folder.iterdir()) == 5
        for link in outline(folder).links:
            assert (folder / link).is_file(), link

    def test_half_a_character_is_written_as_a_question_mark(
        self, tmp_path: Path
    ) -> None:
        broken = page(
            "A\ud83d", text="a\ud83d", html="<p>a\ud83d</p>", subject="\ud83d"
        )

        write_pages(tmp_path, [broken], cover=COVER)

        assert (tmp_path / "a-aaaabbbbccccd.txt").read_text() == "a?"


class TestPictures:
    URL = "https://longitude.example/media/ferry.jpg?w=600&h=400"

    def shown(self, tmp_path: Path, html: str, files: dict[str, Path]) -> str:
        write_pages(tmp_path / "out", [page(html=html)], cover=COVER, images=files)
        return (tmp_path / "out" / "amira-aaaabbbbccccd.html").read_text()

    def test_of_the_project_are_shown_from_a_copy(self, tmp_path: Path) -> None:
        ferry = tmp_path / "The Ferry.JPG"
        ferry.write_bytes(b"picture")
        escaped = self.URL.replace("&", "&amp;")
        html = f'<p><a href="{escaped}"><img src="{escaped}"></a><td background="{escaped}">'

        shown = self.shown(tmp_path, html, {self.URL: ferry})

        copies = list((tmp_path / "out" / "images").iterdir())
        assert [copy.read_bytes() for copy in copies] == [b"picture"]
        assert copies[0].name.startswith("the-ferry-")
        assert copies[0].name.endswith(".jpg")
        local = f"images/{copies[0].name}"
        assert shown == (
            f'<p><a href="{escaped}"><img src="{local}"></a><td background="{local}">'
        )

    def test_of_others_and_missing_ones_stay_where_they_are(
        self, tmp_path: Path
    ) -> None:
        html = f'<img src="{self.URL}"><img src="https://elsewhere.example/a.png">'

        shown = self.shown(tmp_path, html, {self.URL: tmp_path / "gone.jpg"})

        assert shown == html
        assert not (tmp_path / "out" / "images").exists()

    def test_are_copied_once_for_all_readers(self, tmp_path: Path) -> None:
        ferry = tmp_path / "ferry.png"
        ferry.write_bytes(b"picture")
        html = '<img src="https://l.example/f.png">'
        both = [page(html=html, key=key) for key in ("one", "two")]

        write_pages(
            tmp_path / "out",
            both,
            cover=COVER,
            images={"https://l.example/f.png": ferry},
        )

        assert len(list((tmp_path / "out" / "images").iterdir())) == 1


class TestTheFolder:
    def test_is_made_with_those_above_it(self, tmp_path: Path) -> None:
        write_pages(tmp_path / "a" / "b", [page()], cover=COVER)

        assert (tmp_path / "a" / "b" / "index.html").is_file()

    def test_of_an_earlier_build_is_replaced_whole(self, tmp_path: Path) -> None:
        picture = tmp_path / "f.png"
        picture.write_bytes(b"picture")
        out = tmp_path / "out"
        first = [page("Old", html='<img src="u">'), page("Kept", "kept")]
        write_pages(out, first, cover=COVER, images={"u": picture})
        (out / "my-notes.txt").write_text("mine")

        again = [page("Kept", "kept", text="again\n")]
        write_pages(out, again, cover=COVER)

        ours = {"kept-kept.eml", "kept-kept.html", "kept-kept.txt", "index.html"}
        assert files(out) == {*ours, MARKER, "my-notes.txt"}
        assert (out / "kept-kept.txt").read_text() == "again\n"
        assert not (out / "images").exists()

    def test_built_twice_is_byte_for_byte_the_same(self, tmp_path: Path) -> None:
        for name in ("one", "two"):
            write_pages(tmp_path / name, readers(20), cover=COVER)

        one, two = tmp_path / "one", tmp_path / "two"
        assert files(one) == files(two)
        assert all((one / f).read_bytes() == (two / f).read_bytes() for f in files(one))

    def test_of_somebody_else_is_refused_and_left_alone(self, tmp_path: Path) -> None:
        (tmp_path / "thesis.txt").write_text("years of work")

        with pytest.raises(OutputError) as error:
            write_pages(tmp_path, [page()], cover=COVER)

        assert str(error.value) == (
            f"{tmp_path}: it holds files that no earlier build wrote (such as "
            "thesis.txt); choose a new or an empty folder"
        )
        assert files(tmp_path) == {"thesis.txt"}

    @pytest.mark.parametrize(
        "marker", ["", "[", "{}", '[1, "../precious.txt", "..", "/etc/hosts", "a/b"]']
    )
    def test_with_a_damaged_marker_loses_nothing_of_others(
        self, tmp_path: Path, marker: str
    ) -> None:
        out = tmp_path / "out"
        write_pages(out, [page()], cover=COVER)
        (tmp_path / "precious.txt").write_text("keep me")
        (out / MARKER).write_text(marker)

        write_pages(out, [page("Nadia", "n")], cover=COVER)

        assert (tmp_path / "precious.txt").read_text() == "keep me"
        assert (out / "nadia-n.eml").is_file()

    def test_that_is_a_file_is_refused(self, tmp_path: Path) -> None:
        (tmp_path / "out").write_text("a file")

        with pytest.raises(OutputError, match=r"a file is in the way"):
            write_pages(tmp_path / "out", [page()], cover=COVER)

    def test_keeps_the_earlier_build_when_the_new_one_fails(
        self, tmp_path: Path
    ) -> None:
        write_pages(tmp_path, [page()], cover=COVER)
        before = files(tmp_path)

        def failing() -> Iterator[Page]:
            yield page("Nadia", "n")
            raise OSError(28, "No space left on device")

        with pytest.raises(OutputError, match=r"No space left.*make room"):
            write_pages(tmp_path, failing(), cover=COVER)

        assert files(tmp_path) == before
        assert {path.name for path in tmp_path.iterdir()} == before

    def test_of_a_build_that_was_killed_is_used_again(self, tmp_path: Path) -> None:
        (tmp_path / ".building").mkdir()
        (tmp_path / ".building" / "half.html").write_text("<p>ha")

        write_pages(tmp_path, [page()], cover=COVER)

        assert "half.html" not in files(tmp_path)
        assert json.loads((tmp_path / MARKER).read_text()) == sorted(
            files(tmp_path) - {MARKER}
        )

    def test_takes_one_build_at_a_time(self, tmp_path: Path) -> None:
        other = os.open(tmp_path, os.O_RDONLY)
        fcntl.flock(other, fcntl.LOCK_EX)

        with pytest.raises(BusyError, match=r"another build is writing here"):
            write_pages(tmp_path, [page()], cover=COVER)

        os.close(other)
        assert files(tmp_path) == set()


class TestTheContactSheet:
    def test_names_the_newsletter_every_reader_and_links_every_file(
        self, tmp_path: Path
    ) -> None:
        write_pages(tmp_path, readers(THUMBNAILS + 5), cover=COVER)

        sheet = outline(tmp_path)
        assert "Longitude Daily" in sheet.text
        assert "daily/2026-11-23" in sheet.text
        for number in range(THUMBNAILS + 5):
            assert f"Reader {number}" in sheet.text
        assert {*sheet.links, "index.html", MARKER} == files(tmp_path)
        assert sheet.text.count("3 stories") == THUMBNAILS + 5
        assert "Harbour, Weather" in sheet.text

    def test_draws_only_the_first_as_pictures_and_needs_no_script(
        self, tmp_path: Path
    ) -> None:
        write_pages(tmp_path, readers(200), cover=COVER)

        sheet = outline(tmp_path)
        assert len(sheet.frames) == THUMBNAILS
        assert sheet.tags.count("tr") == 1 + 200 - THUMBNAILS
        assert "The other 188" in sheet.text
        assert not {"script", "form", "object", "embed", "base"} & set(sheet.tags)

    def test_says_who_is_skipped_and_why(self, tmp_path: Path) -> None:
        skipped = [
            Skipped(reader="Marta", reason="paused until 24 December"),
            Skipped(reader="Pavel", reason="nothing new on their topics"),
            Skipped(reader="Lina", reason="nothing new on their topics"),
        ]

        written = write_pages(tmp_path, [], cover=COVER, skipped=skipped)

        text = " ".join(outline(tmp_path).text.split())
        assert written.skipped == 3
        assert "Nobody gets a mail of this issue." in text
        assert "3 readers would get nothing of this issue." in text
        assert "Nothing new on their topics (2) PavelLina" in text
        assert "Paused until 24 December (1) Marta" in text

    def test_reads_who_is_skipped_after_the_last_page(self, tmp_path: Path) -> None:
        skipped: list[Skipped] = []

        def choosing() -> Iterator[Page]:
            yield page()
            skipped.append(Skipped(reader="Marta", reason="paused"))

        written = write_pages(tmp_path, choosing(), cover=COVER, skipped=skipped)

        assert (written.pages, written.skipped) == (1, 1)

    @pytest.mark.parametrize(
        ("octets", "word"),
        [
            (34_100, "34.1 kB of 102.4 kB"),
            (NEAR, "near Gmail’s limit"),
            (GMAIL_CLIPS, "near Gmail’s limit"),
            (GMAIL_CLIPS + 1, "Gmail cuts it"),
        ],
    )
    def test_measures_the_html_against_what_gmail_shows(
        self, tmp_path: Path, octets: int, word: str
    ) -> None:
        html = "é" * (octets // 2) + "x" * (octets % 2)

        write_pages(tmp_path, [page(html=html)], cover=COVER)

        assert word in outline(tmp_path).text

    def test_shows_hostile_words_as_words(self) -> None:
        evil = '"><script>alert(1)</script><b onmouseover="x">'
        entry = Entry(
            reader=evil,
            subject=evil,
            stem="reader-k",
            html_octets=10,
            articles=1,
            sections=(evil,),
            note=evil,
            language=evil,
            text=evil,
        )
        cover = Cover(newsletter=evil, issue=evil, lede=evil)
        text_only = replace(entry, html_octets=None)
        others = [replace(entry, stem=f"r{number}") for number in range(THUMBNAILS)]

        sheet = contact_sheet(
            cover,
            [entry, text_only, *others],
            [Skipped(reader=evil, reason=evil)],
        )

        read = Outline(sheet)
        assert "script" not in read.tags
        assert "b" not in read.tags
        assert evil in read.text
        assert "1 story" in read.text
