"""Every command, as a user types it: what it says, and the code it ends with."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from digest.cli import COMMANDS, main
from tests.commands import Shell
from tests.projects import write_article, write_project

ROOT = Path(__file__).parent.parent


@pytest.fixture
def project(tmp_path: Path) -> Path:
    return write_project(tmp_path / "news")


@pytest.fixture
def digest(capsys: pytest.CaptureFixture[str], project: Path) -> Shell:
    return Shell(capsys, project)


def test_help_names_every_command(digest: Shell) -> None:
    result = digest("--help")

    assert result.code == 0
    assert all(name in result.out for name in COMMANDS)


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_explains_itself(digest: Shell, command: str) -> None:
    result = digest(command, "--help")

    assert result.code == 0
    assert "Usage: digest" in result.out


def test_an_unknown_command_is_answered_with_the_nearest(digest: Shell) -> None:
    result = digest("prevew")

    assert result.code == 2
    assert "Did you mean `digest preview`?" in result.err


def test_the_version_is_said(digest: Shell) -> None:
    assert digest("--version").out.startswith("digest ")


def test_help_loads_none_of_the_heavy_packages() -> None:
    script = "import sys; from digest.cli import main\ntry: main(['--help'])\nexcept SystemExit: pass\nprint(sorted(sys.modules), file=sys.stderr)"
    result = subprocess.run(
        [sys.executable, "-c", script],
        capture_output=True, text=True, check=True, cwd=ROOT,
    )  # fmt: skip

    loaded = result.stderr
    for heavy in (
        "premailer",
        "lxml",
        "pydantic",
        "httpx2",
        "babel",
        "jinja2",
        "sqlite3",
        "rich",
    ):
        assert f"'{heavy}'" not in loaded


def test_outside_a_project_it_says_where_to_go(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)

    with pytest.raises(SystemExit) as ended:
        main(["status"])

    assert ended.value.code == 3
    assert "digest init" in capsys.readouterr().err


def test_the_project_is_found_upwards(
    project: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(project / "articles")

    with pytest.raises(SystemExit) as ended:
        main(["check"])

    assert ended.value.code == 0
    assert "All well" in capsys.readouterr().out


def test_the_tour_of_the_readme(digest: Shell, project: Path, tmp_path: Path) -> None:
    assert "3 new" in digest("collect").out
    assert "0 new, 0 changed" in digest("collect").out
    plan = digest("plan", "daily")
    assert "3 digests" in plan.out
    built = digest("build", "daily", "--to", tmp_path / "out")
    assert built.code == 0
    assert (tmp_path / "out" / "index.html").is_file()
    assert len(list((tmp_path / "out").glob("*.eml"))) == 3
    sent = digest("send", "daily")
    assert (sent.code, "3 sent" in sent.out) == (0, True)
    again = digest("send", "daily")
    assert again.code == 0
    assert "Nothing new since daily/" in again.out
    status = digest("status")
    assert status.code == 0
    assert "3 sent" in status.out
    assert "next: daily" in status.out
    assert len(list((project / "outbox" / "new").iterdir())) == 3


def test_json_speaks_the_models_names(digest: Shell) -> None:
    digest("collect")
    (first, *_) = digest("articles", "--json").json["articles"]
    assert set(first) >= {
        "id", "url", "headline", "standfirst", "byline", "desk", "image", "body",
        "quotes", "tags", "related", "also_read", "reading_minutes", "published",
        "updated", "language", "source",
    }  # fmt: skip
    plan = digest("plan", "daily", "--json").json
    assert {row["address"] for row in plan["digests"]} == {
        "ana@readers.example", "bo@readers.example", "cy@readers.example",
    }  # fmt: skip
    assert plan["digests"][0]["sections"][0]["articles"]
    sent = digest("send", "--json").json
    assert sent["counts"]["sent"] == 3
    assert sent["settled"] is True
    assert digest("send", "--json").json == {"issue": None}
    assert digest("status", "--json").json["issues"][0]["counts"]["sent"] == 3
    assert digest("sources", "--json").json["sources"][0]["items"] == 3
    assert digest("check", "--json").json == {"problems": []}
    assert digest("collect", "--json").json["sources"][0]["same"] == 3
    assert digest("subscribers", "list", "--json").json["subscribers"][0]["address"]


def test_a_dry_run_stores_and_sends_nothing(digest: Shell, project: Path) -> None:
    digest("collect")

    result = digest("send", "daily", "--dry-run")

    assert "3 digests" in result.out
    assert not (project / "outbox").exists()
    assert digest("status", "--json").json["issues"] == []


def test_only_one_reader_first_and_the_rest_after(digest: Shell, project: Path) -> None:
    digest("collect")

    first = digest("send", "--only", "ana@readers.example")
    rest = digest("send")

    assert first.code == 1, "the others wait"
    assert "1 sent in this run" in first.out
    assert "2 sent in this run" in rest.out
    assert rest.code == 0
    assert len(list((project / "outbox" / "new").iterdir())) == 3


def test_a_test_mail(digest: Shell, project: Path) -> None:
    digest("collect")

    result = digest(
        "send", "--test", "me@ledger.example", "--only", "ana@readers.example"
    )

    assert result.code == 0
    (mail,) = (project / "outbox" / "new").iterdir()
    text = mail.read_text()
    assert "To: <me@ledger.example>" in text
    assert "Subject: [Test]" in text
    assert digest("status", "--json").json["issues"] == []


def test_a_wrong_test_address_is_said(digest: Shell) -> None:
    digest("collect")

    result = digest("send", "--test", "me@")

    assert result.code == 3
    assert "--test" in result.err


@pytest.mark.parametrize(
    ("command", "words"),
    [
        (["plan", "dayly"], "Did you mean daily?"),
        (["collect", "wire"], "no source 'wire'; there are: articles"),
        (["send", "--only", "nobody@readers.example"], "no reader"),
        (["subscribers", "show", "nobody@readers.example"], "no reader"),
        (["subscribers", "import", "nowhere.csv"], "nowhere.csv"),
        (["build", "--issue", "daily/1999-01-01", "--to", "x"], "no issue"),
        (["add", "nowhere.md"], "nowhere.md"),
        (["add", "https://127.0.0.1/x"], "public"),
    ],
)
def test_what_does_not_exist_is_said_with_a_way_out(
    digest: Shell, command: list[str], words: str
) -> None:
    result = digest(*command)

    assert result.code == 3
    assert words in result.err


def test_articles_are_listed_and_found_by_tag(digest: Shell) -> None:
    assert "digest collect" in digest("articles").out
    digest("collect")

    found = digest("articles", "--tag", "Canal").out

    assert "A lock reopens" in found
    assert "ferry" not in found.lower()


def test_one_article_is_added_by_hand(digest: Shell, tmp_path: Path) -> None:
    story = tmp_path / "story.md"
    story.write_text(
        "---\nheadline: A heron moves in\nbyline: Ida Sol\n---\n\nAt noon.\n"
    )

    result = digest("add", story, "--tag", "River", "--tag", "birds")

    assert result.code == 0
    assert "A heron moves in" in result.out
    shown = digest("articles", "--json").json["articles"][0]
    assert shown["tags"] == ["River", "birds"]


def test_each_source_is_shown_with_its_last_success(digest: Shell) -> None:
    assert "never" in digest("sources").out
    digest("collect")

    out = digest("sources").out

    assert "articles" in out
    assert "never" not in out


def test_a_broken_source_is_said_and_the_others_go_on(
    digest: Shell, project: Path
) -> None:
    config = project / "digest.yaml"
    config.write_text(
        config.read_text().replace(
            "  - folder: articles\n",
            "  - folder: articles\n  - feed: nowhere.xml\n    name: wire\n",
        )
    )

    result = digest("collect")

    assert result.code == 1
    assert "wire: " in result.err
    assert "3 new" in result.out
    assert "nowhere.xml" in digest("sources").out


def test_readers_are_imported_shown_exported_and_unsubscribed(
    digest: Shell, project: Path, tmp_path: Path
) -> None:
    assert "3 added" in digest("subscribers", "import").out
    assert "3 as before" in digest("subscribers", "import").out
    assert "Ana" in digest("subscribers", "list").out
    shown = digest("subscribers", "show", "ana@readers.example").out
    assert "rivers" in shown
    assert "imported" in shown
    digest("subscribers", "export", tmp_path / "readers.csv")
    assert "ana@readers.example" in (tmp_path / "readers.csv").read_text()
    assert "ana@readers.example" in digest("subscribers", "export").out
    digest("subscribers", "unsubscribe", "ana@readers.example")
    again = digest("subscribers", "import", project / "subscribers.yaml")
    assert "unsubscribed" in digest("subscribers", "show", "ana@readers.example").out
    assert again.code == 0


def test_mistakes_in_files_come_all_at_once_with_their_places(
    digest: Shell, project: Path
) -> None:
    config = project / "digest.yaml"
    config.write_text(
        config.read_text()
        .replace("  name: The Ledger\n", "  nmae: The Ledger\n")
        .replace("Europe/Brussels", "Europe/Brusels")
    )

    result = digest("check")

    assert result.code == 3
    lines = result.err.splitlines()
    assert any(":2:3: " in line and "name" in line for line in lines)
    assert any(":6:" in line and "Europe/Brussels" in line for line in lines)


def test_a_mistake_in_the_readers_file_stops_a_send(
    digest: Shell, project: Path
) -> None:
    digest("collect")
    readers = project / "subscribers.yaml"
    readers.write_text(
        readers.read_text().replace("follows: [rivers]", "follows: [rivrs]")
    )

    result = digest("send")

    assert result.code == 3
    assert "subscribers.yaml:4:" in result.err
    assert "rivers" in result.err
    assert not (project / "outbox").exists()


def test_check_reads_templates_too(digest: Shell, project: Path) -> None:
    folder = project / "templates" / "newsroom"
    folder.mkdir(parents=True)
    (folder / "digest.txt.j2").write_text("line one\n{% if %}\n")

    result = digest("check")

    assert result.code == 3
    assert "digest.txt.j2:2" in result.err


def test_the_schema_is_a_json_schema(digest: Shell) -> None:
    schema = digest("config", "schema").json

    assert "newsletters" in json.dumps(schema)


def test_init_makes_a_newsroom_that_works(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    digest = Shell(capsys, tmp_path / "news")

    assert digest("init", tmp_path / "news").code == 0
    assert digest("check").code == 0
    assert digest("collect").code == 0
    assert digest("plan", "daily").code == 0
    again = digest("init", tmp_path / "news")
    assert again.code == 3
    assert "not empty" in again.err


def test_the_demo_shows_everything_and_ends(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    digest = Shell(capsys, tmp_path)

    first = digest("demo", tmp_path / "demo")
    second = digest("demo", tmp_path / "demo", "--json")

    assert first.code == 0
    assert "All of it worked" in first.out
    assert second.json["received"] == second.json["digests"] > 3
    assert (tmp_path / "demo" / "out" / "index.html").is_file()


def test_the_demo_never_replaces_what_is_not_its_own(
    capsys: pytest.CaptureFixture[str], project: Path
) -> None:
    result = Shell(capsys, project)("demo", project)

    assert result.code == 3
    assert (project / "digest.yaml").is_file()


def test_run_once_does_what_is_due(digest: Shell, project: Path) -> None:
    result = digest("run", "--once")

    assert result.code == 0
    assert "next due" in result.out


def test_run_without_a_schedule_says_so(digest: Shell, project: Path) -> None:
    config = project / "digest.yaml"
    config.write_text(
        config.read_text().replace('    schedule: {days: daily, at: "07:00"}\n', "")
    )

    result = digest("run")

    assert result.code == 3
    assert "schedule" in result.err


def test_an_article_in_no_topic_is_pointed_out(digest: Shell, project: Path) -> None:
    write_article(
        project, "odd.md", "---\nheadline: Odd one\ntags: [misc]\n---\n\nHm.\n"
    )
    digest("collect")

    assert "Odd one" in digest("plan").out


def test_a_database_that_is_none_is_said(digest: Shell, project: Path) -> None:
    (project / "digest.db").write_text("this is not a database, but a text " * 50)

    result = digest("status")

    assert result.code == 4
    assert "digest.db" in result.err


def test_a_reader_that_stops_reading_is_no_error(project: Path) -> None:
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    command = f"{sys.executable} -m digest -C {project} articles --json | head -c 1"
    result = subprocess.run(
        command,
        shell=True,
        capture_output=True,
        text=True,
        check=False,
        env=environment,
    )

    assert result.stderr == ""
