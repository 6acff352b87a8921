from __future__ import annotations

from pathlib import Path

import pytest

from tests.commands import Shell
from tests.projects import write_project


@pytest.fixture
def digest(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> Shell:
    write_project(tmp_path)
    return Shell(capsys, tmp_path)


def words(shell: Shell, text: str) -> None:
    file = shell.folder / "templates" / "newsroom" / "words.yaml"
    file.parent.mkdir(parents=True)
    file.write_text(text)


def test_shows_what_is_shipped(digest: Shell) -> None:
    result = digest("languages")

    assert result.code == 0
    assert len(result.out.splitlines()) == 22, "a heading, twenty languages, en-US"
    assert "français" in result.out
    assert result.err == ""


def test_shows_what_ones_own_words_lack(digest: Shell) -> None:
    words(digest, "en: {ours: 'Our {x}', also_read: And}\nfr: {ours: 'Notre {y}'}\n")

    result = digest("languages")
    german = digest("languages", "de")

    cells = {row.split()[0]: row.split()[-3:] for row in result.out.splitlines()[1:]}
    assert cells["fr"] == ["2", "of", "2"]
    assert cells["de"] == ["1", "of", "2"]
    assert "fr, newsroom: `ours` has a blank {y} that nobody fills" in result.err
    assert german.out == "newsroom: `ours` is missing\n"


def test_gives_scripts_the_same(digest: Shell) -> None:
    words(digest, "en: {ours: Ours}\n")

    (german,) = digest("languages", "de", "--json").json["languages"]

    assert german["name"] == "Deutsch"
    assert german["stock"]["missing"] == []
    assert german["own"]["newsroom"]["missing"] == ["ours"]


def test_says_when_all_is_there_and_when_nothing_is(digest: Shell) -> None:
    assert digest("languages", "sw").out == "sw (Kiswahili) is complete.\n"

    unknown = digest("languages", "tlh")

    assert unknown.code == 3
    assert "nothing speaks 'tlh'" in unknown.err
