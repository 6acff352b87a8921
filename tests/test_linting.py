"""The linter at work: in every command, before anything leaves."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from digest.config import load_settings
from digest.lint import RULES, Severity
from digest.linting import READERS_READ, TRIED, look_at_sample, of_each_kind
from digest.model import Format, Length, Notice, Preferences, Subscriber
from digest.newsroom import Newsroom, sample_renderer
from digest.shipped import shipped
from tests.commands import Shell
from tests.projects import SETTINGS

WILD = Path(__file__).parent / "data" / "lint" / "modern.eml"


def pale(project: Path) -> None:
    """Give the project's newsletter a style sheet that nobody can read."""
    stock = shipped("templates") / "newsroom" / "style.css"
    own = project / "templates" / "newsroom"
    own.mkdir(parents=True)
    css = stock.read_text(encoding="utf-8") + "\n.ft{color:#d0d0d0}\n"
    (own / "style.css").write_text(css, encoding="utf-8")


def left(project: Path) -> int:
    return len(list((project / "outbox").glob("new/*")))


@pytest.mark.parametrize("template", ["newsroom", "letter", "brief", "alert"])
@pytest.mark.parametrize("language", ["en", "fr", "de", "es", "ar", "ja"])
def test_the_stock_newsletters_have_neither_errors_nor_warnings(
    project: Path, language: str, template: str
) -> None:
    settings = load_settings(project, environment={})
    newsletter = replace(
        settings.newsletters[0],
        language=language,
        template=template,
        notice=Notice(title="A book", text="Of ours.", url="https://ledger.example/b"),
        feedback="https://ledger.example/useful",
    )

    looked = look_at_sample(settings, newsletter, sample_renderer(settings, newsletter))

    grave = [f for f in looked.findings if f.severity is not Severity.INFO]
    assert looked.mails == len(Length) + 1
    assert grave == []


def test_a_clean_issue_is_clean(digest: Shell) -> None:
    digest("collect")

    result = digest("lint")
    as_json = digest("lint", "daily", "--json")

    assert result.code == as_json.code == 0
    assert "1 mail: no errors, no warnings" in result.out
    assert {f["severity"] for f in as_json.json["findings"]} == {"info"}
    assert digest("lint", "newsroom").code == 0


def test_an_error_stops_a_send_before_anything_leaves(
    digest: Shell, project: Path
) -> None:
    digest("collect")
    pale(project)

    refused = digest("send")

    assert refused.code == 3
    assert left(project) == 0
    assert "daily/" in refused.err
    assert "contrast: " in refused.err
    assert "--despite-lint contrast" in refused.err
    assert digest("status", "--json").json["issues"][0]["counts"]["queued"] == 3
    assert digest("send", "--despite-lint", "img-alt").code == 3

    sent = digest("send", "--despite-lint", "contrast")

    assert sent.code == 0
    assert left(project) == 3


def test_what_was_tried_before_is_not_looked_at_again(
    digest: Shell, project: Path
) -> None:
    digest("collect")
    digest("send")
    pale(project)
    settings = load_settings(project, environment={})

    with Newsroom(settings) as newsroom:
        issue = newsroom.issues.recent("daily")[-1]
        report = newsroom.send(issue)

    assert report.settled


def test_a_rule_that_is_ignored_stops_nothing(digest: Shell, project: Path) -> None:
    digest("collect")
    pale(project)
    settings = f"{SETTINGS}lint: {{ignore: [contrast]}}\n"
    (project / "digest.yaml").write_text(settings, encoding="utf-8")

    assert digest("send").code == 0
    assert left(project) == 3


def test_every_command_says_what_would_stop_the_send(
    digest: Shell, project: Path, tmp_path: Path
) -> None:
    digest("collect")
    pale(project)

    plan, check = digest("send", "--dry-run"), digest("check")
    build = digest("build", "--to", tmp_path / "out")
    lint = digest("lint")

    assert [plan.code, build.code, check.code, lint.code] == [0, 0, 1, 1]
    for said in (plan.err, build.err, check.err):
        assert "error: contrast: " in said
        assert "`digest lint daily` shows all of them." in said
    assert "contrast" in lint.out
    sheet = (tmp_path / "out" / "index.html").read_text(encoding="utf-8")
    assert "error: contrast: " in sheet
    assert {
        finding["rule"]
        for finding in digest("plan", "--json").json["findings"]
        if finding["severity"] == "error"
    } == {"contrast"}


def test_a_finding_names_the_template_and_its_line(
    digest: Shell, project: Path
) -> None:
    own = project / "templates" / "shared"
    shutil.copytree(shipped("templates") / "shared", own)
    frame = own / "page.html.j2"
    text = frame.read_text(encoding="utf-8")
    (line,) = (
        number
        for number, written in enumerate(text.split("\n"), 1)
        if "</body>" in written
    )
    shown = (
        '<img class="odd" src="https://ledger.example/a.png" width="9" height="9">\n'
    )
    frame.write_text(text.replace("</body>", f"{shown}</body>"), encoding="utf-8")

    found = digest("lint", "newsroom", "--json").json["findings"]

    [finding] = [f for f in found if f["rule"] == "img-alt"]
    assert finding["template"].endswith(f"shared/page.html.j2:{line}")


def test_a_file_needs_no_project(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    page = tmp_path / "page.html"
    page.write_text("<!DOCTYPE html><p>Hello</p>", encoding="utf-8")
    shell = Shell(capsys, tmp_path)

    def digest(*arguments: str | Path) -> object:
        from digest.cli import main

        with pytest.raises(SystemExit) as ended:
            main(list(map(str, arguments)))
        return ended.value.code

    assert digest("lint", WILD) == 1
    assert digest("lint", page) == 1
    assert digest("lint", tmp_path / "no.eml") == 3
    capsys.readouterr()
    assert digest("lint", WILD, "--sarif") == 1
    log = json.loads(capsys.readouterr().out)
    assert log["version"] == "2.1.0"
    assert shell("lint", WILD).code == 3, "a folder that was named must be a project"


def test_what_is_nothing_to_look_at_is_said(digest: Shell) -> None:
    result = digest("lint", "dayly")

    assert result.code == 3
    assert "daily" in result.err
    assert "newsroom" in result.err


def test_the_rules_are_listed(digest: Shell) -> None:
    listed = digest("lint", "--rules")
    as_json = digest("lint", "--rules", "--json").json

    assert all(name in listed.out for name in RULES)
    assert {rule["id"] for rule in as_json} == set(RULES)


@pytest.mark.parametrize(
    ("lint", "said"),
    [
        ("ignore: [contrst]", "did you mean `contrast`?"),
        ("targets: [gmial]", "gmail"),
        ("targets: []", "targets"),
        ("colour: red", "colour"),
    ],
)
def test_a_mistake_in_the_settings_is_named_with_its_place(
    digest: Shell, project: Path, lint: str, said: str
) -> None:
    settings = f"{SETTINGS}lint: {{{lint}}}\n"
    (project / "digest.yaml").write_text(settings, encoding="utf-8")

    result = digest("check")

    assert result.code == 3
    assert said in result.err
    assert f"digest.yaml:{settings.count(chr(10))}:" in result.err


def test_a_table_of_facts_that_is_none_is_named(digest: Shell, project: Path) -> None:
    settings = f"{SETTINGS}lint: {{facts: data.json}}\n"
    (project / "digest.yaml").write_text(settings, encoding="utf-8")

    missing = digest("lint", "newsroom")
    (project / "data.json").write_text("{}", encoding="utf-8")
    wrong = digest("lint", "newsroom")

    assert missing.code == wrong.code == 3
    assert "data.json: cannot be read" in missing.err
    assert "is not caniemail's data.json" in wrong.err


def test_an_unknown_rule_is_answered_with_the_nearest(digest: Shell) -> None:
    result = digest("send", "--despite-lint", "contrst")

    assert result.code == 2
    assert "Did you mean contrast?" in result.err


def test_a_few_readers_stand_for_thousands() -> None:
    everybody = [
        Subscriber(
            id=f"{number:013}",
            address=f"{number}@readers.example",
            language=("", "fr")[number % 2],
            preferences=Preferences(
                length=list(Length)[number % 3],
                format=Format.TEXT if number % 100 == 0 else Format.HTML,
            ),
        )
        for number in range(10_000)
    ]
    read = iter(everybody)

    groups = list(of_each_kind(read, "en"))

    kinds = {
        (reader.language, reader.preferences.length, reader.preferences.format)
        for group in groups
        for reader in group
    }
    assert len(kinds) == 9  # texts are all of even numbers
    assert len(groups) == 9 + TRIED
    assert all(len(group) <= TRIED for group in groups)
    assert next(read) is everybody[READERS_READ], "the others were not even read"
