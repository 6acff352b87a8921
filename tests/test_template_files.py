from __future__ import annotations

import os
from pathlib import Path

import pytest

from digest.errors import InputError
from digest.shipped import shipped
from digest.template_files import LARGEST_BYTES, MOST_FILES, known_sets, load_templates


def write(
    project: Path, name: str, text: str | bytes, folder: str = "newsroom"
) -> Path:
    path = project / "templates" / folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    return path


def test_a_shipped_set_is_whole() -> None:
    found = load_templates("newsroom", None)

    assert {"digest.html.j2", "digest.txt.j2", "subject.txt.j2", "words.yaml"} < {
        *found.files
    }
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

    assert set(load_templates("lettre-à-tous", tmp_path).files) == {"subject.txt.j2"}


def test_an_unknown_set_is_answered_with_the_known_ones(tmp_path: Path) -> None:
    write(tmp_path, "subject.txt.j2", "Mine", folder="weekly")

    with pytest.raises(InputError) as caught:
        load_templates("newsrom", tmp_path)

    assert str(caught.value) == (
        "template: no set is called `newsrom`: did you mean `newsroom`? "
        f"there are {', '.join(known_sets(tmp_path))}"
    )
    assert "weekly" in known_sets(tmp_path)


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
