from __future__ import annotations

import os
import re
from dataclasses import fields
from pathlib import Path

import pytest

from digest.errors import FileProblems, InputError
from digest.model import Format, Length
from digest.rendering.pages import VARIABLES
from digest.rendering.templates import TemplateFile
from digest.rendering.theme import Colours, Theme, Themes
from digest.rendering.view import (
    ArticleView,
    DigestView,
    ImageView,
    IssueView,
    NewsletterView,
    ReaderView,
    SectionView,
)
from digest.shipped import shipped
from digest.template_files import LARGEST_BYTES, MOST_FILES, known_sets, load_templates
from tests import rendering_samples as samples


def write(
    project: Path, name: str, text: str | bytes, folder: str = "newsroom"
) -> Path:
    path = project / "templates" / folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    return path


def test_a_shipped_set_is_whole() -> None:
    found = load_templates("newsroom", None)

    assert {"digest.html.j2", "digest.txt.j2", "subject.txt.j2"} < {*found.files}
    assert found.shipped
    assert {"en", "fr", "en-US", "ar"} < {*found.catalogues}
    assert found.files["style.css"].path == str(
        shipped("templates") / "newsroom" / "style.css"
    )


def test_a_projects_file_wins_and_the_others_stay(tmp_path: Path) -> None:
    own = write(tmp_path, "subject.txt.j2", "Mine")

    found = load_templates("newsroom", tmp_path)

    assert found.files["subject.txt.j2"].text == "Mine"
    assert found.files["subject.txt.j2"].path == str(own)
    assert (
        found.files["digest.html.j2"]
        == (load_templates("newsroom", None).files["digest.html.j2"])
    )


def test_a_project_may_have_a_set_of_its_own(tmp_path: Path) -> None:
    write(tmp_path, "subject.txt.j2", "Mine", folder="lettre-à-tous")

    found = load_templates("lettre-à-tous", tmp_path)

    own = {name for name in found.files if not name.startswith("shared/")}
    assert own == {"subject.txt.j2"}
    assert not found.shipped


def test_a_projects_catalogue_wins_and_the_others_stay(tmp_path: Path) -> None:
    own = write(tmp_path, "fr/LC_MESSAGES/digest.po", "# mine", folder="locale")
    write(tmp_path, "pt_BR/LC_MESSAGES/digest.po", "# new", folder="locale")

    found = load_templates("newsroom", tmp_path).catalogues

    assert (found["fr"].text, found["fr"].path) == ("# mine", str(own))
    assert found["pt-BR"].text == "# new"
    assert found["de"] == load_templates("newsroom", None).catalogues["de"]
    assert "locale" not in known_sets(tmp_path)
    with pytest.raises(InputError, match="no set is called `locale`"):
        load_templates("locale", tmp_path)


def test_a_projects_shared_file_wins_in_every_set(tmp_path: Path) -> None:
    write(tmp_path, "last.css", ".even{color:red}", folder="shared")

    for name in ("newsroom", "letter", "brief", "alert"):
        found = load_templates(name, tmp_path).files
        assert found["shared/last.css"].text == ".even{color:red}"
        assert "shared/base.css" in found


def test_themes_come_with_the_strongest_last(tmp_path: Path) -> None:
    of_set = write(tmp_path, "theme.yaml", "width: 640")
    of_all = write(tmp_path, "theme.yaml", "width: 620", folder=".")

    themes = load_templates("newsroom", tmp_path).themes

    assert [theme.path for theme in themes] == [
        str(shipped("templates") / "theme.yaml"),
        str(of_all.resolve()),
        str(of_set),
    ]
    assert len(load_templates("letter", tmp_path).themes) == 2


def test_a_folder_without_templates_is_no_set(tmp_path: Path) -> None:
    write(tmp_path, "photo.txt", "x", folder="pictures")

    assert known_sets(tmp_path) == ["alert", "brief", "letter", "newsroom"]
    with pytest.raises(InputError, match="no set is called `shared`"):
        load_templates("shared", tmp_path)


def test_an_unknown_set_is_answered_with_the_known_ones(tmp_path: Path) -> None:
    write(tmp_path, "subject.txt.j2", "Mine", folder="weekly")

    with pytest.raises(InputError) as caught:
        load_templates("newsrom", tmp_path)

    assert str(caught.value) == (
        "template: no set is called `newsrom`: did you mean `newsroom`? "
        f"there are {', '.join(known_sets(tmp_path))}"
    )
    assert "weekly" in known_sets(tmp_path)


def test_who_asks_for_an_unknown_set_is_told_with_its_place(tmp_path: Path) -> None:
    settings = tmp_path / "digest.yaml"
    settings.write_text(
        "newsletters:\n  daily: {title: newsrom, template: newsrom}\n"
        "  late:\n    template: letter\n  weekly:\n    template: newsrom\n"
    )

    with pytest.raises(FileProblems) as caught:
        load_templates("newsrom", tmp_path)

    assert [(p.where, p.what[:30]) for p in caught.value.problems] == [
        (f"{settings}:2:37", "no set is called `newsrom`: di"),
        (f"{settings}:6:15", "no set is called `newsrom`: di"),
    ]
    settings.write_text("newsletters: [")
    with pytest.raises(InputError, match="template: no set is called `newsrom`"):
        load_templates("newsrom", tmp_path)


@pytest.mark.parametrize(
    "name",
    ["", "..", ".", "../newsroom", "a/b", "a\\b", "/etc", ".hidden", "a..b", "a\n"],
)
def test_a_name_cannot_lead_out_of_the_folder(tmp_path: Path, name: str) -> None:
    with pytest.raises(InputError, match="is not a name"):
        load_templates(name, tmp_path)


def test_hidden_files_and_folders_are_no_templates(tmp_path: Path) -> None:
    write(tmp_path, ".subject.txt.j2.swp", b"\xff\xfe")
    write(tmp_path, "drafts/old.txt.j2", "old")

    names = set(load_templates("newsroom", tmp_path).files)

    assert names == set(load_templates("newsroom", None).files)


def test_a_file_that_is_not_text_is_named(tmp_path: Path) -> None:
    path = write(tmp_path, "logo.png", b"\x89PNG\r\n")

    with pytest.raises(InputError, match="is not UTF-8 text") as caught:
        load_templates("newsroom", tmp_path)

    assert str(path) in str(caught.value)


def test_a_byte_order_mark_is_not_part_of_the_text(tmp_path: Path) -> None:
    write(tmp_path, "subject.txt.j2", b"\xef\xbb\xbfMine")

    assert load_templates("newsroom", tmp_path).files["subject.txt.j2"].text == "Mine"


def test_a_file_too_big_for_a_template_is_refused(tmp_path: Path) -> None:
    write(tmp_path, "big.css", "x" * (LARGEST_BYTES + 1))

    with pytest.raises(InputError, match=r"524,289 bytes are too many"):
        load_templates("newsroom", tmp_path)


def test_a_folder_of_something_else_is_refused(tmp_path: Path) -> None:
    for number in range(MOST_FILES + 1):
        write(tmp_path, f"{number}.css", "")

    with pytest.raises(InputError, match="101 files are too many"):
        load_templates("newsroom", tmp_path)


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_file_nobody_may_read_is_named(tmp_path: Path) -> None:
    write(tmp_path, "style.css", "").chmod(0)

    with pytest.raises(InputError, match="cannot be read"):
        load_templates("newsroom", tmp_path)


DOCS = Path(__file__).parent.parent / "docs" / "templates.md"


class TestDocumentation:
    def test_shows_a_set_that_works(self, tmp_path: Path) -> None:
        blocks = re.findall(
            r"`(templates/note/[\w.]+)`[^`]*```\w+\n(.*?)```",
            DOCS.read_text(),
            re.DOTALL,
        )
        for name, text in blocks:
            path = tmp_path / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)

        what = samples.whole_digest()
        renderer = samples.renderer(what, templates=load_templates("note", tmp_path))
        renderer.check()
        mail = renderer.render(
            what,
            samples.personal(),
            language="fr",
            length=Length.FULL,
            format=Format.HTML,
        )

        assert len(blocks) == 5
        assert mail.subject == samples.LEAD.headline[:59].rsplit(" ", 1)[0] + "…"
        assert "Amira, bonjour," in mail.text
        assert "Three that were read aloud" in mail.text
        assert mail.html is not None
        assert "Amira, bonjour, lundi 23 novembre 2026" in mail.html
        assert (
            'style="font-size:20px; line-height:26px; margin:24px 0 8px"' in mail.html
        )

    @pytest.mark.parametrize(
        "view",
        [
            NewsletterView,
            IssueView,
            DigestView,
            SectionView,
            ArticleView,
            ImageView,
            ReaderView,
            Theme,
        ],
    )
    def test_explains_every_field_and_no_other(self, view: type) -> None:
        title = view.__name__.removesuffix("View").lower()
        part = DOCS.read_text().split(f"\n### {title}\n")[1].split("\n##")[0]
        cells = re.findall(r"^\| (`.*?) \|", part, re.MULTILINE) or [part]
        explained = set(re.findall(r"`(\w+)(?:\(\d+\))?`", " ".join(cells)))

        fields = {name for name in dir(view) if not name.startswith("_")}

        assert fields <= explained
        if title != "reader":
            assert explained == fields

    def test_names_every_colour(self) -> None:
        part = DOCS.read_text().split("\n### theme\n")[1].split("\n##")[0]
        line = next(line for line in part.split("\n") if "`light`" in line)

        names = re.findall(r"`(\w+)`", line.split("|")[2])

        assert names == [field.name for field in fields(Colours)]

    def test_shows_a_theme_that_works(self) -> None:
        text = re.search(
            r"## Themes\n.*?```yaml\n(.*?)```", DOCS.read_text(), re.DOTALL
        )
        assert text
        own = TemplateFile(path="theme.yaml", text=text[1])

        theme = Themes([*load_templates("newsroom", None).themes, own]).speaking("en")

        assert theme.light.accent == "#0b57d0"
        assert theme.logo

    def test_explains_every_variable(self) -> None:
        part = DOCS.read_text().split("\n## Variables\n")[1].split("\n###")[0]

        explained = set(re.findall(r"`(\w+)(?:\([^`]*\))?`", part))

        assert set(VARIABLES) <= explained
