"""Every command, as a user types it: what it says, and the code it ends with."""

from __future__ import annotations

import io
import json
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import click
import pytest

from digest.cli import COMMANDS, main
from digest.cli import digest as group
from digest.cli.demo import DemoFailed, compare, read_back
from digest.cli.demo import collect as demo_collect
from digest.cli.issues import show_plan
from digest.cli.output import said
from digest.config import load_settings
from digest.newsroom import Newsroom
from digest.settings import Security
from tests.commands import ROOT, Shell, run
from tests.projects import write_article
from tests.smtp_servers import RealServer
from tests.web_servers import reply, serving


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


def test_help_says_sentences_whole_and_which_issue_is_meant(digest: Shell) -> None:
    for name in ("articles", "bounces", "db", "dkim", "keys", "issues", "subscribers"):
        assert "...\n" not in digest(name, "--help").out.partition("Commands:")[2]
    for command in ("pause", "recall", "resume", "retry", "resolve", "prove"):
        said = " ".join(digest(command, "--help").out.split())
        assert "otherwise the newsletter's last one." in said
        assert "what `send` would" not in said


def test_an_option_takes_the_same_everywhere_and_says_what_it_is_for() -> None:
    called: dict[str, set[str]] = {}
    for words, command in commands_of(group):
        for option in command.params:
            if isinstance(option, click.Option):
                assert option.help, f"{words} {option.opts}"
                ctx = click.Context(command)
                called.setdefault(option.opts[0], set()).add(option.make_metavar(ctx))
    # What `add` and `edit` take is a cell of a table, whatever it is.
    several = {name for name, found in called.items() if len(found - {"TEXT"}) > 1}
    assert several == {"--from", "--to"}  # of a time, of mail that came back


def commands_of(
    within: click.Group, words: str = "digest"
) -> Iterator[tuple[str, click.Command]]:
    ctx = click.Context(within)
    for name in within.list_commands(ctx):
        command = within.get_command(ctx, name)
        assert command
        yield f"{words} {name}", command
        if isinstance(command, click.Group):
            yield from commands_of(command, f"{words} {name}")


def test_help_is_a_word_too(digest: Shell) -> None:
    assert "Commands:" in digest("help").out
    assert "Usage: digest send " in digest("help", "send").out
    assert (
        "Usage: digest subscribers import "
        in digest("help", "subscribers", "import").out
    )
    assert "Did you mean `digest send`?" in digest("help", "sned").err


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
        "cryptography",
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
    assert sent["issues"][0]["counts"]["sent"] == 3
    assert sent["settled"] is True
    assert digest("send", "--json").json == {
        "issues": [], "waiting": [], "paused": [], "awaiting_approval": [],
        "settled": True, "error": "",
    }  # fmt: skip
    assert digest("status", "--json").json["issues"][0]["counts"]["sent"] == 3
    assert digest("sources", "--json").json["sources"][0]["items"] == 3
    checked = digest("check", "--json").json
    assert set(checked) == {"problems", "not_joined", "findings"}
    assert checked["problems"] == []
    assert checked["not_joined"] == {"daily": {}}
    assert {f["severity"] for f in checked["findings"]["daily"]} == {"info"}
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
        (["plan", "dayly"], "; did you mean `daily`?"),
        (["collect", "wire"], "there is no source 'wire'; name one of these: articles"),
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


def test_an_article_added_by_hand_as_json(digest: Shell, tmp_path: Path) -> None:
    story = tmp_path / "story.md"
    story.write_text("---\nheadline: A heron moves in\n---\n\nAt noon.\n")

    added = digest("add", story, "--json").json

    assert added["article"]["headline"] == "A heron moves in"
    assert added["problems"] == []


def test_a_source_that_has_not_changed_is_said_so(digest: Shell, project: Path) -> None:
    feed = "<rss version='2.0'><channel><title>W</title></channel></rss>"
    config = project / "digest.yaml"
    with serving() as site:
        site.answers["/wire.xml"] = lambda request: (
            reply(request, 304)
            if request.headers.get("If-None-Match")
            else reply(request, 200, feed.encode(), {"ETag": '"1"'})
        )
        config.write_text(
            config.read_text().replace(
                "  - folder: articles\n",
                f"  - {{feed: '{site.url}/wire.xml', name: wire, allow_private: true}}\n",
            )
        )
        digest("collect")
        again = digest("collect")

    assert "wire: nothing changed since last time" in again.out


def test_a_long_plan_is_cut_where_a_summary_is_wanted(
    digest: Shell, project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    digest("collect")
    with Newsroom(load_settings(project, environment={})) as newsroom:
        newsroom.refresh_subscribers()
        daily = newsroom.newsletter("daily")
        show_plan(newsroom.issues.plan(newsroom.issues.find(daily), daily), rows=2)

    assert "… and 1 reader more" in capsys.readouterr().out


def test_completion_finds_the_commands() -> None:
    context = click.Context(group)

    assert group.get_command(context, "send") is not None
    assert group.get_command(context, "sned") is None
    assert group.list_commands(context) == list(COMMANDS)


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


@pytest.mark.parametrize("name", ["digest.yaml", "readers.csv"])
def test_settings_and_readers_are_never_added_as_an_article(
    digest: Shell, project: Path, name: str
) -> None:
    file = project / name
    if not file.exists():
        file.write_text("address,name\nana@readers.example,Ana\n" * 20)

    result = digest("add", file)

    assert result.code == 3
    assert "is data and no article" in result.err
    assert digest("articles", "--json").json["articles"] == []


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


def test_check_misses_a_folder_of_articles(digest: Shell, project: Path) -> None:
    config = project / "digest.yaml"
    config.write_text(config.read_text().replace("folder: articles", "folder: artcles"))

    result = digest("check")

    assert result.code == 3
    assert f"{project}/artcles, which does not exist" in result.err


def test_mistakes_are_placed_as_seen_from_the_folder_one_is_in(
    digest: Shell, project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (project / "digest.yaml").write_text("site: []\n")
    monkeypatch.chdir(project)

    for command in ("check", "plan"):
        lines = digest(command).err.splitlines()
        assert lines
        assert all(line.startswith("digest.yaml:") for line in lines)


def test_no_color_is_respected(monkeypatch: pytest.MonkeyPatch) -> None:
    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    told = []
    for no_color in ("", "1"):
        monkeypatch.setenv("NO_COLOR", no_color)
        terminal = Terminal()
        monkeypatch.setattr(sys, "stdout", terminal)
        said("All well.")
        told.append(terminal.getvalue())
    monkeypatch.undo()

    assert told == ["\x1b[32mAll well.\x1b[0m\n", "All well.\n"]


def test_times_are_the_newsrooms_wherever_the_machine_stands(
    digest: Shell, project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = "---\nheadline: Noon\npublished: 2026-03-24 12:00\n---\n\nAll of it.\n"
    write_article(project, "noon.md", text)
    digest("collect")
    told = []
    for zone in ("Asia/Tokyo", "Europe/Brussels"):
        monkeypatch.setenv("TZ", zone)
        time.tzset()
        told += [row for row in digest("articles").out.splitlines() if "Noon" in row]
    monkeypatch.undo()
    time.tzset()

    assert "2026-03-24 12:00 CET  Noon" in told[0]
    assert "2026-03-24 12:00  Noon" in told[1]


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


def test_check_reads_the_theme_and_says_each_mistake_once(
    digest: Shell, project: Path
) -> None:
    config = project / "digest.yaml"
    twice = "  weekly: {title: Weekly, sender: digest@ledger.example}\n"
    config.write_text(
        config.read_text().replace("newsletters:\n", f"newsletters:\n{twice}")
    )
    (project / "templates").mkdir()
    theme = project / "templates" / "theme.yaml"
    theme.write_text('colours:\n  band_text: {light: "#444444"}\n')

    result = digest("check")

    assert result.code == 3
    assert result.err.count("theme.yaml:2:22: `colours.band_text.light`") == 1
    theme.write_text("width: 640\n")
    assert "theme.yaml" not in digest("check").err


def test_the_schema_is_a_json_schema(digest: Shell) -> None:
    schema = digest("config", "schema").json

    assert "newsletters" in json.dumps(schema)


def test_init_makes_a_newsroom_without_a_mistake_and_once(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    """The tour in `test_readme` goes on from there: collects, plans, builds, sends."""
    digest = Shell(capsys, tmp_path / "news")

    assert digest("init", tmp_path / "news").code == 0
    assert digest("check").code == 0
    again = digest("init", tmp_path / "news")
    assert again.code == 3
    assert "not empty" in again.err


@pytest.mark.slow  # and `make demo` shows it
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


def test_the_demo_says_when_something_does_not_hold(
    digest: Shell, project: Path, tmp_path: Path
) -> None:
    digest("collect")
    for part in ("new", "tmp", "cur"):
        (tmp_path / "mail" / part).mkdir(parents=True)
    (tmp_path / "mail" / "new" / "1").write_bytes(b"no header\r\n\r\nbody\r\n")
    (project / "articles").rename(project / "elsewhere")
    config = project / "digest.yaml"
    with Newsroom(load_settings(config, environment={})) as newsroom:
        daily = newsroom.newsletter("daily")
        newsroom.refresh_subscribers()
        plan = newsroom.issues.plan(newsroom.issues.draft(daily), daily)
        with pytest.raises(DemoFailed, match="planned"):
            compare(plan, {"ana@readers.example": 2})
        with pytest.raises(DemoFailed, match="mail/new/1: "):
            read_back(tmp_path / "mail")
        with pytest.raises(DemoFailed, match="articles"):
            demo_collect(newsroom, quiet=True)


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


@pytest.mark.parametrize("empty", [True, False])
def test_json_is_json_and_nothing_else(
    digest: Shell, project: Path, tmp_path: Path, empty: bool
) -> None:
    if empty:
        for file in (project / "articles").iterdir():
            file.unlink()
        (project / "subscribers.yaml").write_text("subscribers: []\n")
    for command in (
        ["check"],
        ["sources"],
        ["collect"],
        ["articles"],
        ["plan"],
        ["send", "--dry-run"],
        ["build", "--to", str(tmp_path / "out")],
        ["subscribers", "import"],
        ["subscribers", "list"],
        ["send"],
        ["send"],
        ["status"],
        ["sources"],
    ):
        result = digest(*command, "--json")
        assert result.code == 0, command
        assert result.json is not None
        assert result.err == ""


def test_a_newsroom_without_anything_says_what_to_do(
    digest: Shell, project: Path
) -> None:
    assert "No readers" in digest("subscribers", "list").out
    for file in (project / "articles").iterdir():
        file.unlink()
    for command in (["plan"], ["send"], ["build", "--to", "x"], ["send", "--dry-run"]):
        assert "`digest collect`" in digest(*command).out
    assert "No issue yet" in digest("status").out
    assert "No article has that tag" in digest("articles", "--tag", "x").out
    write_article(project, "a.md", "---\nheadline: A\ntags: [river]\n---\n\nB.\n")
    (project / "subscribers.yaml").write_text("subscribers: []\n")
    digest("collect")
    for command in (["send"], ["send", "--json"]):
        assert digest(*command).code == 0
    assert "No reader takes daily" in digest("send").out


def test_a_dry_run_shows_what_send_would_do_and_for_whom(
    digest: Shell, project: Path
) -> None:
    digest("collect")
    one = digest("send", "--dry-run", "--only", "bo@readers.example")
    assert "Bo" in one.out
    assert "Ana" not in one.out
    digest("send", "--only", "ana@readers.example")
    write_article(project, "x.md", "---\nheadline: X\ntags: [river]\n---\n\nB.\n")
    digest("collect")

    rest = digest("send", "--dry-run")

    assert "Ana" not in rest.out
    assert "Bo" in rest.out
    assert "1 reader had this issue's answer before" in rest.out
    assert len(list((project / "outbox" / "new").iterdir())) == 1


@pytest.mark.parametrize(
    "arguments",
    [
        ["--dry-run", "--test", "a@b.fr"],
        ["--test", "a@b.fr", "--only", "ana@readers.example", "--only", "cy@readers.example"],
        ["--bogus"],
        ["daily", "weekly"],
    ],
)  # fmt: skip
def test_what_contradicts_itself_is_a_wrong_command_line(
    digest: Shell, project: Path, arguments: list[str]
) -> None:
    digest("collect")

    result = digest("send", *arguments)

    assert result.code == 2
    assert result.err.startswith("Usage: ")
    assert not (project / "outbox").exists()


def test_a_test_mail_as_json_and_one_that_is_refused(
    digest: Shell, project: Path
) -> None:
    digest("collect")
    assert digest("send", "--test", "me@b.fr", "--json").json["state"] == "sent"
    whole = digest("send", "--test", "me@b.fr")
    assert "Sent a whole digest of daily/" in whole.out
    config = project / "digest.yaml"
    with RealServer(Security.NONE) as server:
        smtp = f"{{smtp: {{host: 127.0.0.1, port: {server.port}, security: none}}}}"
        config.write_text(config.read_text().replace("{files: outbox}", smtp))
        refused = digest("send", "--test", "gone@b.fr")

    assert refused.code == 1
    assert "was not accepted: 550 5.1.1 no such mailbox" in refused.err
    assert digest("status", "--json").json["issues"] == []


@pytest.mark.parametrize(
    ("folder", "words"),
    [
        ("", "-C is empty"),
        ("nowhere", "there is no such folder"),
        ("two words", "digest init '{here}/two words'"),
        ("{here}/articles", "is a folder without a digest.yaml"),
        ("{here}/odd", "digest.yaml: it is not a file"),
        ("/dev/null", "it is not a file"),
        ("{here}/subscribers.yaml", "`site` is missing"),
        ("x" * 5000, "File name too long"),
    ],
)
def test_a_folder_that_is_no_newsroom_is_said(
    capsys: pytest.CaptureFixture[str], project: Path, folder: str, words: str
) -> None:
    (project / "odd" / "digest.yaml").mkdir(parents=True)
    named = folder.format(here=project)
    if folder == "two words":
        named = str(project / folder)

    with pytest.raises(SystemExit) as ended:
        main(["-C", named, "status"])

    assert ended.value.code in (3, 4)
    assert words.format(here=project) in capsys.readouterr().err


def test_digest_yaml_itself_can_be_named(
    capsys: pytest.CaptureFixture[str], project: Path
) -> None:
    assert Shell(capsys, project / "digest.yaml")("check").code == 0


def test_check_needs_no_database_and_leaves_none(digest: Shell, project: Path) -> None:
    result = digest("check")

    assert result.code == 0
    assert "1 newsletter, 2 topics, 1 source, 3 readers" in result.out
    assert not (project / "digest.db").exists()


def test_check_tells_scripts_of_every_mistake(digest: Shell, project: Path) -> None:
    config, readers = project / "digest.yaml", project / "subscribers.yaml"
    folder = project / "templates" / "newsroom"
    folder.mkdir(parents=True)
    (folder / "subject.txt.j2").write_text("{{ nonsense }}")
    readers.write_text(readers.read_text().replace("[rivers]", "[rivrs]"))

    found = digest("check", "--json")
    assert found.code == 3
    places = [problem["where"] for problem in found.json["problems"]]
    assert [place.rpartition("/")[2] for place in places] == [
        "subscribers.yaml:4:15", "subject.txt.j2:1",
    ]  # fmt: skip
    config.write_text(config.read_text().replace("url: https:", "url: ftp:"))
    found = digest("check", "--json")
    assert found.code == 3
    assert "digest.yaml:3:" in found.json["problems"][0]["where"]
    config.unlink()
    (problem,) = digest("check", "--json").json["problems"]
    assert "digest init" in problem["what"]
    assert "digest init" in digest("check").err


@pytest.mark.slow
def test_files_that_may_not_be_read_are_named(project: Path) -> None:
    run(project, "collect")
    folder = project / "templates" / "newsroom"
    folder.mkdir(parents=True)
    for path, command in (
        (project / "digest.yaml", ["status"]),
        (project / "subscribers.yaml", ["send"]),
        (project / "digest.db", ["status"]),
        (folder, ["build", "--to", str(project / "out")]),
    ):
        mode = path.stat().st_mode
        path.chmod(0)
        result = run(project, *command, ordinary=True)
        path.chmod(mode)
        assert result.code in (3, 4)
        assert path.name in result.err
    assert not (project / "out").exists()


def test_an_export_is_for_its_owner_alone_and_replaces_a_file_whole(
    digest: Shell, project: Path
) -> None:
    digest("subscribers", "import")
    file = project / "readers.csv"
    assert digest("subscribers", "export", file).code == 0
    assert file.stat().st_mode & 0o777 == 0o600
    file.chmod(0o640)
    link = project / "link.csv"
    link.symlink_to(file)
    assert digest("subscribers", "export", link).code == 0
    assert file.stat().st_mode & 0o777 == 0o640
    assert link.is_symlink()
    again = digest("subscribers", "import", file)
    assert "3 as before" in again.out
    assert digest("subscribers", "export", "/dev/null").code == 0
    assert not Path("/dev/null").is_file()
    assert "address,name" in digest("subscribers", "export", "--form", "csv").out
    nowhere = digest("subscribers", "export", project / "nowhere" / "x.csv")
    assert nowhere.code == 4
    assert "name a file in a folder" in nowhere.err


def test_a_reader_can_be_named_by_id(digest: Shell) -> None:
    digest("subscribers", "import")
    readers = digest("subscribers", "list", "--json", "--newsletter", "daily").json
    (ana,) = (r["id"] for r in readers["subscribers"] if r["name"] == "Ana")

    assert "ana@readers.example" in digest("subscribers", "show", ana).out
    assert digest("subscribers", "show", ana, "--json").json["history"]
    assert digest("subscribers", "unsubscribe", ana).code == 0
    warned = digest("subscribers", "import")
    assert "1 reader had unsubscribed and stay so" in warned.err


def test_wishes_are_shown(digest: Shell, project: Path) -> None:
    (project / "subscribers.yaml").write_text(
        "subscribers:\n  - {address: d@readers.example, mutes: [rivers], limit: 3,"
        " paused_until: 2030-01-02, consent: {at: 2026-02-03, where: a fair}}\n"
    )
    digest("subscribers", "import")

    shown = digest("subscribers", "show", "d@readers.example").out

    assert "2030-01-0" in shown
    assert "a fair" in shown
    assert "everything; not rivers" in digest("subscribers", "list").out


def test_which_newsletter_has_to_be_said_when_there_are_several(
    digest: Shell, project: Path
) -> None:
    config = project / "digest.yaml"
    config.write_text(
        config.read_text().replace(
            "sources:\n",
            "  weekly:\n    title: Weekly\n    sender: d@ledger.example\nsources:\n",
        )
    )
    readers = project / "subscribers.yaml"
    readers.write_text(
        readers.read_text().replace("    name:", "    newsletters: [weekly]\n    name:")
    )
    digest("collect")

    result = digest("send")

    assert result.code == 3
    assert "which newsletter?" in result.err
    assert "; did you mean `daily`? Name one" in digest("send", "dayly").err
    wrong = digest("resume", "daily/2026-11-26").err
    assert "; did you mean `daily --issue daily/2026-11-26`?" in wrong
    assert "no issue 'daily' of daily; there is none yet" in digest("hold", "daily").err
    assert "of weekly; there" in digest("resume", "--issue", "weekly/2026-11-26").err
    assert "daily, weekly" in result.err
    assert "No reader takes daily" in digest("send", "daily").out
    assert digest("send", "weekly").code == 0
    assert "next: daily" not in digest("status", "weekly").out
    assert "weekly/" in digest("status").out


def test_no_file_of_readers_is_needed(digest: Shell, project: Path) -> None:
    config = project / "digest.yaml"
    readers = project / "subscribers.yaml"
    config.write_text(config.read_text().replace("subscribers: subscribers.yaml\n", ""))
    digest("collect")

    assert "which file?" in digest("subscribers", "import").err
    refused = digest("subscribers", "import", readers)
    assert "does not say where ana@readers.example and 2 more asked" in refused.err
    consent = ("--consent", "a form")
    assert digest("subscribers", "import", readers, *consent).code == 0
    assert "3 sent" in digest("send").out


def test_numbers_out_of_range_are_a_wrong_command_line(digest: Shell) -> None:
    for number in ("0", "-1", "x"):
        assert digest("articles", "--limit", number).code == 2


def test_an_unforeseen_answer_of_the_system_has_words(
    digest: Shell, monkeypatch: pytest.MonkeyPatch
) -> None:
    def raising(error: Exception) -> None:
        def command(*_: object, **__: object) -> None:
            raise error

        monkeypatch.setattr("digest.cli.status.newsroom_at_any_hour", command)

    for error, code, words in (
        (OSError(13, "Permission denied", "/x/y"), 4, "/x/y: Permission denied; check"),
        (OSError(28, "No space left on device"), 4, "cannot be written (No space"),
        (OSError("odd"), 4, "the system answers: odd"),
        (RecursionError("deep"), 70, "should not have happened (RecursionError: deep)"),
    ):
        raising(error)
        with pytest.raises(SystemExit) as ended:
            main(["status"])
        assert ended.value.code == code
        said = digest.capsys.readouterr().err
        assert words in said
        assert "Traceback" not in said
        monkeypatch.setenv("DIGEST_DEBUG", "1")
        with pytest.raises(type(error)):
            main(["status"])
        monkeypatch.delenv("DIGEST_DEBUG")


def test_status_tells_an_operator_everything_and_a_monitor_its_code(
    digest: Shell, project: Path
) -> None:
    config = project / "digest.yaml"
    addresses = [f"gone{n}@readers.example" for n in range(22)] + [
        "later@readers.example"
    ]
    (project / "subscribers.yaml").write_text(
        "subscribers:\n" + "".join(f"  - address: {a}\n" for a in addresses)
    )
    digest("collect")
    with RealServer(Security.NONE) as server:
        smtp = f"{{smtp: {{host: 127.0.0.1, port: {server.port}, security: none}}}}"
        config.write_text(config.read_text().replace("{files: outbox}", smtp))
        sent = digest("send")

    status = digest("status")
    told = digest("status", "--json").json["issues"][0]["deliveries"]
    assert sent.code == status.code == 1
    assert "  19 mails failed: 550 5.1.1" in sent.err
    assert sent.err.count("failed: 550 5.1.1 no such mailbox\n") == 3
    assert status.out.count("@readers.example: failed ") == 20
    assert "… and 1 deferred, 2 failed more: `digest status --json`" in status.out
    assert {d["address"] for d in told} == set(addresses)
    (deferred,) = (d for d in told if d["state"] == "deferred")
    assert deferred["due"] > deferred["changed"]


def test_status_says_when_the_clock_has_stopped(digest: Shell, project: Path) -> None:
    settings = load_settings(project, environment={})
    yesterday = datetime.now(UTC) - timedelta(days=2)
    with Newsroom(settings) as newsroom:
        newsroom.store.archive.record_slot("daily@x", "daily", yesterday)

    result = digest("status")

    assert result.code == 1
    assert "overdue: daily was due" in result.err
    assert "is `digest run` running?" in result.err
    assert digest("status", "--json").json["overdue"][0]["newsletter"] == "daily"


def test_a_reader_is_unsubscribed_by_the_link_in_their_mail(
    digest: Shell, project: Path
) -> None:
    digest("collect")
    digest("send", "--only", "ana@readers.example")
    (mail,) = (project / "outbox" / "new").iterdir()
    (link,) = re.findall(r"List-Unsubscribe: <([^>]+)>", mail.read_text())

    result = digest("subscribers", "unsubscribe", link)

    assert "ana@readers.example is unsubscribed" in result.out
    assert (
        "status        unsubscribed"
        in digest("subscribers", "show", "ana@readers.example").out
    )


def test_a_note_about_a_pasted_page_is_said_when_it_is_new(
    digest: Shell, project: Path
) -> None:
    page = "Home\nMenu\n\nA heron moves in\n\nText by: Ida Sol\n\n2 min\n\nIt came at noon.\n\nIt stayed.\n\nRead more\n"
    (project / "articles" / "heron.txt").write_text(page)

    assert "left out" in digest("collect").err
    assert digest("collect").err == ""
