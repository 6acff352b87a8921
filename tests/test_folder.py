"""Folders of real files, good and bad."""

from __future__ import annotations

import os
import time
import unicodedata
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from digest.model import Fetched, Validators
from digest.settings import FolderSource, Site
from digest.sources.folder import Folder

SITE = Site(
    name="The Ledger",
    url="https://ledger.example",
    postal_address="4 Harbour Row",
    language="en",
    timezone="Europe/Paris",
)
NOW = datetime(2026, 11, 23, 6, 0, tzinfo=UTC)

PAGE = """\
<html lang="en"><head><title>A page about bolts</title>
<meta name="author" content="Mara Quist"></head><body><article>
<h1>A page about bolts</h1>
<figure><img src="img/bolt.jpg" width="800" height="500"><figcaption>A bolt. © Wire</figcaption></figure>
<p>The bolts of the old bridge were counted on Monday, one after the other, by hand.</p>
<p>There were nine hundred of them, and three were loose. Nobody could say since when.</p>
<p>The three have been tightened, painted red and given to the school, which will draw
them for the rest of the term and then return them to the river, as is the custom.</p>
</article></body></html>
"""


def folder_of(path: Path, **files: str | bytes) -> Folder:
    """Make a folder; "__" in a name stands for "/", a last "_" for the dot."""
    for name, content in files.items():
        file = path / name.replace("__", "/")[::-1].replace("_", ".", 1)[::-1]
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content.encode() if isinstance(content, str) else content)
    settings = FolderSource(name="desk", path=path)
    return Folder(settings, site=SITE, now=lambda: NOW)


def fetch(folder: Folder) -> Fetched:
    return folder.fetch(Validators())


def headlines(fetched: Fetched) -> list[str]:
    return [article.headline for article in fetched.articles]


def test_markdown_html_and_text_become_articles_in_the_order_of_their_paths(
    tmp_path: Path,
) -> None:
    folder = folder_of(
        tmp_path,
        b_md="# Second\n\nText",
        a_txt="First story of the day\n\nIt rained.",
        sub__c_html=PAGE,
        sub__a_markdown="# Third\n\nText",
    )

    fetched = fetch(folder)

    assert headlines(fetched) == [
        "First story of the day", "Second", "Third", "A page about bolts"
    ]  # fmt: skip
    assert {article.source for article in fetched.articles} == {"desk"}
    assert fetch(folder) == fetched


def test_hidden_files_drafts_and_other_files_are_not_read(tmp_path: Path) -> None:
    folder = folder_of(
        tmp_path, a_md="# A\n\nText", photo_jpg=b"\xff\xd8", notes_csv="a,b"
    )
    for name in (".hidden.md", "_drafts/b.md", ".git/c.md", "sub/_drafts/d.md"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("# Not this\n\nText")

    fetched = fetch(folder)

    assert headlines(fetched) == ["A"]
    assert fetched.problems == ()


def test_documents_nobody_here_can_read_are_said(tmp_path: Path) -> None:
    (problem,) = fetch(folder_of(tmp_path, story_docx=b"PK")).problems

    assert problem.where == f"{tmp_path.name}/story.docx"
    assert "save the text inside as .md" in problem.what


def test_what_is_no_text_is_no_article_whatever_its_name_says(tmp_path: Path) -> None:
    folder = folder_of(
        tmp_path,
        a_md=b"\xff\xd8\xff\xe0\0\x10JFIF\0" + bytes(300),
        b_txt=b"PK\x03\x04\x14\0\x06\0" + bytes(40) + b"word/document.xml",
        c_html=b"%PDF-1.7\n%\xe2\xe3\n1 0 obj",
        d_txt="The bolts were counted.\n\nAll of them.".encode("utf-16-le"),
        e_md=b"# Headline\n\n\x01\x02\0\0\0binary",
        f_md="# A\n\nText",
    )
    (tmp_path / "~$b.docx").write_bytes(b"Word keeps this beside an open document")

    fetched = fetch(folder)

    assert headlines(fetched) == ["A"]
    assert [problem.what.split(",")[0] for problem in fetched.problems] == [
        "is a picture",
        "is a Word document or another ZIP archive",
        "is a PDF",
        "is UTF-16 without a mark that says so",
        "is no text but a program's file",
    ]


def test_fields_are_read_below_empty_lines_and_in_a_file_called_txt(
    tmp_path: Path,
) -> None:
    fields = "---\nheadline: Bolts\ntags: [Bridges, Rust]\nsize: 3\n---\n\nCounted."
    folder = folder_of(tmp_path, a_md=f"\n\n{fields}", b_txt=fields)

    fetched = fetch(folder)

    assert [(a.headline, a.tags) for a in fetched.articles] == [
        ("Bolts", ("Bridges", "Rust"))
    ] * 2
    assert "size" not in fetched.articles[0].body
    assert [p.where.partition("/")[2] for p in fetched.problems] == [
        "a.md:6:1",
        "b.txt:4:1",
    ]


def test_a_slip_in_the_year_of_a_date_is_said(tmp_path: Path) -> None:
    folder = folder_of(
        tmp_path,
        a_md="---\npublished: 2062-11-24\n---\n# A\n\nText",
        b_md="---\npublished: 2027-01-01\n---\n# B\n\nText",
    )

    fetched = fetch(folder)

    assert headlines(fetched) == ["A", "B"]
    (problem,) = fetched.problems
    assert "`published` in 2062" in problem.what


def test_one_bad_file_does_not_lose_its_neighbours(tmp_path: Path) -> None:
    folder = folder_of(
        tmp_path,
        a_md="# A\n\nText",
        b_md="---\ntitle: [\n---\nText",
        c_md=b"# C\n\n" + b"x" * (5 * 1024 * 1024),
        d_md="",
        e_md="# E\n\nText",
    )

    fetched = fetch(folder)

    assert headlines(fetched) == ["A", "E"]
    assert [problem.where.split(":")[0] for problem in fetched.problems] == [
        f"{tmp_path.name}/{name}.md" for name in "bcd"
    ]


def test_a_folder_that_is_not_there_is_the_sources_error(tmp_path: Path) -> None:
    folder = folder_of(tmp_path / "gone")
    file = folder_of(tmp_path, a_md="# A")
    file.settings = replace(file.settings, path=tmp_path / "a.md")

    assert "does not exist" in fetch(folder).error
    assert "is not a folder" in fetch(file).error


def test_a_folder_that_may_not_be_read_is_the_sources_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = folder_of(tmp_path, a_md="# A\n\nText")
    monkeypatch.setattr("os.access", lambda *_: False)  # root may read everything

    assert fetch(folder).error.endswith("cannot be read; check its permissions")


def test_a_link_that_leads_to_itself_is_said_with_what_to_do(tmp_path: Path) -> None:
    folder = folder_of(tmp_path, a_md="# A\n\nText")
    (tmp_path / "b.md").symlink_to("b.md")

    fetched = fetch(folder)

    assert headlines(fetched) == ["A"]
    assert "cannot be read: Too many levels" in fetched.problems[0].what
    assert "correct the link" in fetched.problems[0].what


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_an_unreadable_folder_is_said_and_the_others_are_read(tmp_path: Path) -> None:
    folder = folder_of(tmp_path, a_md="# A\n\nText", sub__b_md="# B")
    (tmp_path / "sub").chmod(0)

    fetched = fetch(folder)

    (tmp_path / "sub").chmod(0o755)
    assert headlines(fetched) == ["A"]
    assert "permissions" in fetched.problems[0].what


class TestCharsets:
    def test_a_byte_order_mark_is_no_part_of_the_text(self, tmp_path: Path) -> None:
        fetched = fetch(folder_of(tmp_path, a_md="\ufeff---\ntitle: É\n---\nText"))

        assert headlines(fetched) == ["É"]
        assert fetched.problems == ()

    def test_windows_letters_are_read_and_said(self, tmp_path: Path) -> None:
        content = "# Été\n\n“Déjà” – vu".encode("cp1252")

        fetched = fetch(folder_of(tmp_path, a_md=content))

        assert headlines(fetched) == ["Été"]
        assert fetched.articles[0].body == "<p>“Déjà” – vu</p>"
        assert fetched.problems[0].where == f"{tmp_path.name}/a.md:1"
        assert "save the file as UTF-8" in fetched.problems[0].what

    def test_utf_16_is_read(self, tmp_path: Path) -> None:
        assert headlines(fetch(folder_of(tmp_path, a_md="# Été".encode("utf-16")))) == [
            "Été"
        ]


class TestPictures:
    def test_their_addresses_lead_to_files_for_previews(self, tmp_path: Path) -> None:
        folder = folder_of(
            tmp_path,
            sub__a_md="# A\n\n![x](<img/b c.jpg>)\n\nText",
            sub__img__x_png=b"x",
        )
        (tmp_path / "sub" / "img" / "b c.jpg").write_bytes(b"x")

        (article,) = fetch(folder).articles

        assert article.image
        assert folder.local_images()[article.image.url] == tmp_path / "sub/img/b c.jpg"
        assert len(folder.local_images()) == 2

    def test_they_are_where_the_settings_say(self, tmp_path: Path) -> None:
        folder = folder_of(tmp_path, a_md="# A\n\n![x](b.jpg)\n\nText", b_jpg=b"x")
        folder.settings = replace(folder.settings, images_url="https://cdn.example/p")

        (article,) = fetch(folder).articles

        assert article.image
        assert article.image.url == "https://cdn.example/p/b.jpg"
        assert list(folder.local_images()) == ["https://cdn.example/p/b.jpg"]

    def test_one_that_is_not_there_is_said(self, tmp_path: Path) -> None:
        fetched = fetch(folder_of(tmp_path, a_md="# A\n\n![x](b.jpg)\n\nText"))

        assert headlines(fetched) == ["A"]
        assert "the picture b.jpg is not in" in fetched.problems[0].what

    def test_one_that_is_none_inside_is_said(self, tmp_path: Path) -> None:
        folder = folder_of(tmp_path, a_md="# A\n\n![x](b.jpg)\n\nText", b_jpg="text")

        assert "b.jpg is no picture inside" in fetch(folder).problems[0].what

    def test_that_no_file_of_the_folder_can_have_costs_no_article(
        self, tmp_path: Path
    ) -> None:
        desk = tmp_path / "desk"
        folder = folder_of(
            desk,
            a_md=f"# Long\n\nText ![]({'a' * 300}.jpg)",
            b_md="# Nothing\n\nText ![](a%00b.jpg)",
            c_md="# Pipe\n\nText ![](pipe.jpg)",
            d_md="# Up\n\nText ![](https://ledger.example/media/../outside.jpg)",
            e_md="# Root\n\nText ![](%2Fetc%2Fpasswd)",
            f_html=PAGE.replace("img/bolt", "a" * 300),
        )
        os.mkfifo(desk / "pipe.jpg")
        (tmp_path / "outside.jpg").write_text("not ours")

        fetched = fetch(folder)

        assert len(fetched.articles) == 6
        said = [problem.what for problem in fetched.problems]
        assert len(said) == 5
        assert sum("is not in desk" in what for what in said) == 4
        assert sum("lies outside" in what for what in said) == 1
        assert max(map(len, said)) < 300

    def test_those_beside_a_page_get_an_address(self, tmp_path: Path) -> None:
        folder = folder_of(tmp_path, sub__a_html=PAGE, sub__img__bolt_jpg=b"x")

        (article,) = fetch(folder).articles

        assert article.image
        assert article.image.url == "https://ledger.example/media/sub/img/bolt.jpg"


class TestIdentity:
    def test_a_file_keeps_its_id_when_its_text_changes(self, tmp_path: Path) -> None:
        (before,) = fetch(folder_of(tmp_path, a_md="# A\n\nText")).articles
        (after,) = fetch(folder_of(tmp_path, a_md="# B\n\nOther")).articles

        assert before.id == after.id

    def test_two_files_of_one_address_are_one_article_and_it_is_said(
        self, tmp_path: Path
    ) -> None:
        text = "---\ntitle: {}\nurl: https://ledger.example/a\n---\nText"
        folder = folder_of(tmp_path, a_md=text.format("A"), b_md=text.format("B"))

        fetched = fetch(folder)

        assert headlines(fetched) == ["A"]
        assert fetched.problems[0].where == f"{tmp_path.name}/b.md"
        assert "same address as a.md" in fetched.problems[0].what

    def test_a_name_is_the_same_however_a_file_system_writes_it(
        self, tmp_path: Path
    ) -> None:
        ids = set()
        for form in ("NFC", "NFD"):
            folder = folder_of(tmp_path / form)
            folder.settings.path.mkdir()
            name = unicodedata.normalize(form, "été.md")
            (folder.settings.path / name).write_text("# A\n\nText")
            ids |= {article.id for article in fetch(folder).articles}

        assert len(ids) == 1


def test_the_sources_tags_and_language_are_every_articles(tmp_path: Path) -> None:
    folder = folder_of(
        tmp_path,
        a_md="---\ntitle: A\ntags: [River]\nlanguage: de\n---\nText",
        b_txt="Second story of the day\n\nIt rained.",
    )
    folder.settings = replace(folder.settings, tags=("river", "wire"), language="fr")

    first, second = fetch(folder).articles

    assert (first.tags, first.language) == (("River", "wire"), "de")
    assert (second.tags, second.language) == (("river", "wire"), "fr")


def test_a_file_without_a_date_has_none(tmp_path: Path) -> None:
    (article,) = fetch(folder_of(tmp_path, a_md="# A\n\nText")).articles

    assert article.published is None


def test_what_a_pasted_page_lost_is_said(tmp_path: Path) -> None:
    folder = folder_of(
        tmp_path, a_txt="Home\nShare\nFirst story of the day\n\nIt rained.\n"
    )

    fetched = fetch(folder)

    assert headlines(fetched) == ["First story of the day"]
    assert "2 lines of this page were left out" in fetched.problems[0].what
    assert "“Home”, “Share”" in fetched.problems[0].what
    assert fetched.problems[0].note


@pytest.mark.parametrize("settled", [True, False])
def test_a_file_is_read_again_when_it_was_written_and_not_when_it_was_not(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *, settled: bool
) -> None:
    """Some disks date by two seconds: within them a file may be another, unnoticed."""
    if settled:
        monkeypatch.setattr("digest.sources.folder._TICK_NS", 0)
    folder = folder_of(tmp_path, old_md="# Bolts\n\nNine.\n", note_txt="Nuts\n\nTen.\n")
    first = fetch(folder)
    again = fetch(folder).articles
    known = [a is b for a, b in zip(first.articles, again, strict=True)]
    assert known == ([True, True] if settled else [False, False])

    file, was = tmp_path / "old.md", (tmp_path / "old.md").stat()
    if settled:
        time.sleep(0.02)  # longer than a tick of this disk
    file.write_text("# Nails\n\nNine.\n", encoding="utf-8")  # as long as before
    os.utime(file, ns=(was.st_atime_ns, was.st_mtime_ns))  # and as old
    assert headlines(fetch(folder))[1] == "Nails"
    (tmp_path / "old.md").write_text("", encoding="utf-8")
    assert "is empty" in [p.what[:8] for p in fetch(folder).problems]
