"""What the README and the pages in docs/ show is run here, as a newcomer would."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from digest import cli
from digest.config import load_settings
from digest.yamltext import read_yaml
from tests.commands import Shell
from tests.projects import SETTINGS, write_project

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]

#: They stay up until they are stopped; tests/test_preview.py and
#: tests/test_failures.py run them.
STAYING_UP = ("preview", "run")


def fenced(text: str, language: str) -> Iterator[str]:
    return (m[1] for m in re.finditer(rf"```{language}\n(.*?)```", text, re.DOTALL))


def test_it_is_short() -> None:
    assert README.count("\n") < 250


@pytest.mark.parametrize("page", PAGES, ids=lambda path: path.name)
def test_every_link_to_a_file_leads_somewhere(page: Path) -> None:
    text = re.sub(r"```.*?```|`[^`]*`", "", page.read_text("utf-8"), flags=re.DOTALL)
    for link in re.findall(r"\]\(([^)#]+)", text):
        assert "://" in link or (page.parent / link).exists(), link


def test_the_tour_works_as_written(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    (tour,) = (block for block in fenced(README, "sh") if "digest init" in block)
    monkeypatch.chdir(tmp_path)
    first, *others = [line.partition("#")[0].strip() for line in tour.splitlines()]
    assert first == "digest init news && cd news"
    digest = Shell(capsys, tmp_path / "news")
    assert digest("init", tmp_path / "news").code == 0
    monkeypatch.chdir(tmp_path / "news")

    for line in others:
        _, command, *arguments = shlex.split(line)
        if command not in STAYING_UP:
            result = digest(command, *arguments)
            assert result.code == 0, f"{line}: {result.err}"


def test_every_command_mentioned_exists_with_its_options(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    digest = Shell(capsys, tmp_path)
    root, shown = click.Context(cli.digest), set[tuple[str, ...]]()
    for page in PAGES:
        text = page.read_text(encoding="utf-8")
        commands = re.findall(r"`digest ([^`]+)`", text)
        shells = [*fenced(text, "sh"), *re.findall(r"(?m)^    (digest .*\n)", text)]
        for block in shells:
            lines = block.replace("\\\n", " ")
            commands += re.findall(r"^digest (.+)", lines, re.MULTILINE)
        for command in commands:
            words = shlex.split(command.partition("|")[0].partition("#")[0])
            shown.add(tuple(words))
    for name, *rest in shown:
        if name.startswith("-") or name.isupper():
            continue
        assert name in cli.COMMANDS, name
        group = isinstance(cli.digest.get_command(root, name), click.Group)
        subcommand = [w for w in rest[:1] if group and not w.startswith("-")]
        page_of_help = digest(name, *subcommand, "--help")
        assert page_of_help.code == 0, (name, *rest)
        for option in (word for word in rest if word.startswith("--")):
            assert option in page_of_help.out, f"digest {name} has no {option}"


def test_the_exit_codes_are_those_of_the_command_line() -> None:
    table = dict(re.findall(r"^\| (\d+) \| ([^|]+) \|$", README, re.MULTILINE))
    documented = re.findall(r"^ *(\d+) +\w", cli.EXIT_CODES, re.MULTILINE)

    assert list(table) == documented


def test_the_delivery_shown_is_accepted(tmp_path: Path) -> None:
    (delivery,) = (b for b in fenced(README, "yaml") if b.startswith("delivery:"))
    settings = SETTINGS.replace("delivery: {files: outbox}\n", delivery)
    project = write_project(tmp_path / "news", settings=settings)

    loaded = load_settings(project, environment={"SMTP_PASSWORD": "secret"})

    assert "smtp.example.org" in repr(loaded.delivery)
    assert "secret" not in repr(loaded)


@pytest.mark.parametrize("page", PAGES, ids=lambda path: path.name)
def test_every_yaml_shown_can_be_read(page: Path) -> None:
    for block in fenced(page.read_text(encoding="utf-8"), "ya?ml"):
        read_yaml(block, file=page.name)


def test_the_mistake_shown_is_what_check_says(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (shown,) = re.findall(r"^    digest\.yaml:\d+:\d+: (.*)$", README, re.MULTILINE)
    settings = SETTINGS.replace(
        "    title: The Ledger Daily\n", "    title: T\n    topcs: [rivers]\n"
    )
    digest = Shell(capsys, write_project(tmp_path / "news", settings=settings))

    assert shown in digest("check").err


def test_every_key_of_digest_yaml_is_shown_where_people_read(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    schema = Shell(capsys, tmp_path)("config", "schema").json
    objects = [schema, *schema["$defs"].values()]
    keys = {key for each in objects for key in each.get("properties", {})}
    sample = ROOT / "examples" / "newsroom" / "digest.yaml"
    shown = "".join(page.read_text(encoding="utf-8") for page in (*PAGES, sample))

    assert len(keys) > 50
    assert {key for key in keys if not re.search(rf"\b{key}\b", shown)} == set()
