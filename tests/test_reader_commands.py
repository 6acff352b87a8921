"""`digest subscribers`: readers by hand, their history, their numbers, all about one."""

from __future__ import annotations

import csv
import json
import re
import shlex
import tracemalloc
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from digest.cli.editing import FIELDS
from digest.cli.importing import write_privately
from digest.config import load_settings
from digest.newsroom import Newsroom
from tests.commands import Shell, run

ANA = "ana@readers.example"
BO = "bo@readers.example"


@pytest.fixture
def digest(capsys: pytest.CaptureFixture[str], project: Path) -> Shell:
    shell = Shell(capsys, project)
    assert shell("subscribers", "import").code == 0
    return shell


def found(digest: Shell, *options: str) -> list[str]:
    listed = digest("subscribers", "list", "--json", *options).json["subscribers"]
    return sorted(reader["address"].partition("@")[0] for reader in listed)


def test_a_reader_is_added_changed_and_found(digest: Shell) -> None:
    no_consent = digest("subscribers", "add", "dee@readers.example")
    wrong = digest(
        "subscribers", "add", "dee", "--consent", "fair", "--follows", "river;schools",
        "--days", "fryday", "--hour", "18:30",
    )  # fmt: skip
    added = digest(
        "subscribers", "add", "dee@readers.example", "--consent", "fair",
        "--follows", "rivers", "--language", "fr", "--limit", "3", "--days", "friday",
    )  # fmt: skip
    again = digest("subscribers", "add", "DEE@readers.example", "--consent", "fair")
    edited = digest(
        "subscribers", "edit", "dee@readers.example", "--follows", "-", "--mutes",
        "tag:rail;schools", "--limit", "-", "--address", "dee@new.example",
        "--days", "-", "--hour", "0",
    )  # fmt: skip
    same = digest("subscribers", "edit", "dee@new.example", "--language", "fr")
    taken = digest("subscribers", "edit", BO, "--address", ANA)

    assert no_consent.code == 2
    assert (wrong.code, wrong.err.count("\n")) == (3, 4)
    assert "`days` is not a day: 'fryday'; did you mean `friday`?" in wrong.err
    assert "`hour` is not a full hour: '18:30'; write it like `18`" in wrong.err
    assert "`address` is not a mail address" in wrong.err
    assert "`follows` names no topic: 'river'; did you mean" in wrong.err
    assert "is added" in added.out
    assert "is known already, and active" in again.err
    assert "dee@new.example is changed" in edited.out
    assert "is as before" in same.out
    assert "another reader" in taken.err
    dee = digest("subscribers", "show", "dee@new.example", "--json").json["subscriber"]
    assert dee["preferences"] == {
        "newsletters": ["daily"], "follows": [], "mutes": ["schools", "tag:rail"], "top": [],
        "format": "html", "length": "summaries", "limit": None, "days": [], "hour": 0,
    }  # fmt: skip
    assert found(digest, "--language", "FR") == ["dee"]
    assert found(digest, "--follows", "rivers") == ["ana", "cy", "dee"]
    assert found(digest, "--mutes", "schools") == ["dee"]
    assert found(digest, "--search", "NEW.ex") == ["dee"]
    assert found(digest, "--status", "active", "--newsletter", "daily") == [
        "ana", "bo", "cy", "dee",
    ]  # fmt: skip
    assert found(digest, "--left", "daily") == []
    assert "No such reader" in digest("subscribers", "list", "--left", "daily").out


ALL_FIELDS = {
    "name": "=Zoë ‘Zo’ Ngô",
    "language": "pt-BR",
    "timezone": "America/Sao_Paulo",
    "newsletters": "daily",
    "follows": "rivers; tag:Night Trains",
    "mutes": "schools;tag:Rail",
    "top": "rivers",
    "format": "text",
    "length": "full",
    "limit": "4",
    "days": "weekends;monday",
    "hour": "18:00",
    "paused_until": "24.12.2035 08:30",
}
ZOE = "zoe@readers.example"


def options(fields: Mapping[str, str]) -> list[str]:
    pairs = ((f"--{name.replace('_', '-')}", said) for name, said in fields.items())
    return [word for pair in pairs for word in pair]


def test_every_field_can_be_said_by_hand_and_taken_away_again(digest: Shell) -> None:
    assert list(ALL_FIELDS) == list(FIELDS), "each option is tried"

    digest("subscribers", "add", ZOE, "--consent", "fair", *options(ALL_FIELDS))
    full = digest("subscribers", "show", ZOE, "--json").json["subscriber"]
    nothing = digest("subscribers", "edit", ZOE)
    same = digest("subscribers", "edit", ZOE, *options(ALL_FIELDS))
    digest("subscribers", "edit", ZOE, *options(dict.fromkeys(ALL_FIELDS, "-")))
    bare = digest("subscribers", "show", ZOE, "--json").json["subscriber"]
    history = digest("subscribers", "why", ZOE).out
    listed = digest("subscribers", "list", "--search", "zoe").out
    shown = digest("subscribers", "show", ZOE).out

    assert full["name"] == "=Zoë ‘Zo’ Ngô"
    assert (full["language"], full["timezone"]) == ("pt-BR", "America/Sao_Paulo")
    assert full["paused_until"].startswith("2035-12-24T11:30"), "08:30 in São Paulo"
    assert full["consent"]["where"] == "fair"
    wishes = full["preferences"]
    assert (wishes["newsletters"], wishes["top"]) == (["daily"], ["rivers"])
    assert wishes["follows"] == ["rivers", "tag:night-trains"]
    assert sorted(wishes["mutes"]) == ["schools", "tag:rail"]
    assert (wishes["format"], wishes["length"]) == ("text", "full")
    assert (wishes["limit"], wishes["hour"]) == (4, 18)
    assert sorted(wishes["days"]) == [0, 5, 6]
    assert re.search("active +none +everything", listed)
    assert "newsletters   none: they get no mail" in shown
    assert "the operator added them\n" in history
    for words in (
        "the operator changed them: language was pt-BR, is none; name was =Zoë",
        "days was monday, saturday, sunday, is none",
        "hour was 18:00, is none",
        "paused until was 2035-12-24 12:30 CET, is none",
    ):
        assert words in history
    assert ["as before" in each.out for each in (nothing, same)] == [True, True]
    assert (bare["name"], bare["language"], bare["timezone"]) == ("", "", "")
    assert bare["paused_until"] is None
    assert bare["consent"]["where"] == "fair"
    wishes = bare["preferences"]
    kept = {name: wishes[name] for name in ("follows", "mutes", "top", "days")}
    assert not any(kept.values()), kept
    assert (wishes["newsletters"], wishes["limit"], wishes["hour"]) == ([], None, None)
    assert (wishes["format"], wishes["length"]) == ("html", "summaries")


def test_every_mistake_in_a_field_is_said_at_once_and_nothing_is_changed(
    digest: Shell,
) -> None:
    wrong = {
        "name": "Line\nbreak",
        "language": "portuguese",
        "timezone": "Sao_Paulo",
        "newsletters": "dayly",
        "follows": "rivrs",
        "mutes": "tag:",
        "top": "skools",
        "format": "htlm",
        "length": "ful",
        "limit": "none",
        "days": "mondy",
        "hour": "25",
        "paused_until": "03/04/2035",
    }
    assert list(wrong) == list(FIELDS), "each option is tried"
    before = digest("subscribers", "show", ANA, "--json").json

    result = digest("subscribers", "edit", ANA, "--mutes", "x", *options(wrong))

    assert result.code == 3
    unsaid = [name for name in wrong if f"`{name}`" not in result.err]
    assert unsaid == []
    for hint in ("`America/Sao_Paulo`", "`daily`", "`rivers`", "`schools`", "`full`"):
        assert hint in result.err
    assert digest("subscribers", "show", ANA, "--json").json == before


def test_who_left_is_brought_back_for_a_reason_alone(digest: Shell) -> None:
    digest("subscribers", "unsubscribe", ANA)
    digest("subscribers", "suppress", BO, "--reason", "their lawyer wrote")
    digest("subscribers", "suppress", "eve@readers.example", "--reason", "spam trap")
    not_an_address = digest("subscribers", "suppress", "eve", "--reason", "x")
    suppressed = digest("subscribers", "edit", "cy@readers.example", "--address",
                        "eve@readers.example")  # fmt: skip
    no_reason = digest("subscribers", "revive", ANA, "--reason", " ")
    ana = digest("subscribers", "revive", ANA, "--reason", "asked by phone")
    bo = digest("subscribers", "revive", BO, "--reason", "was a mistake")
    eve = digest("subscribers", "revive", "eve@readers.example", "--reason", "no trap")
    nobody = digest("subscribers", "revive", "eve@readers.example", "--reason", "again")

    assert "not a mail address" in not_an_address.err
    assert "eve@readers.example must not be mailed (operator)" in suppressed.err
    assert "--reason is empty" in no_reason.err
    assert f"{ANA} is active again" in ana.out
    assert f"{BO} is active again" in bo.out
    assert "may be mailed again, and is no reader" in eve.out
    assert "is no reader, and not suppressed" in nobody.err
    told = digest("subscribers", "why", BO).out
    assert "they unsubscribed (operator: their lawyer wrote: operator)" in told
    assert "consent (operator): was a mistake" in told


def test_who_left_a_newsletter_alone_does_not_seem_to_be_brought_back(
    digest: Shell, project: Path
) -> None:
    config = project / "digest.yaml"
    weekly = "  weekly: {title: W, sender: W <w@ledger.example>}\nsources:"
    config.write_text(config.read_text().replace("sources:", weekly))
    digest("subscribers", "edit", ANA, "--newsletters", "daily;weekly")
    settings = load_settings(project, environment={})
    with Newsroom(settings) as newsroom:
        audience = newsroom.store.audience
        audience.leave(newsroom.subscriber(ANA).id, "daily", by="their mail")

    revived = digest("subscribers", "revive", ANA, "--reason", "by phone")
    edit = re.search("`digest (subscribers edit .*)`", revived.err)
    assert edit
    edited = digest(*shlex.split(edit[1]))

    assert f"{ANA} is active already." in revived.out
    assert "What they left stays left: daily." in revived.err
    assert edited.code == 0
    shown = digest("subscribers", "show", ANA, "--json").json["subscriber"]
    assert shown["preferences"]["newsletters"] == ["daily", "weekly"]


def test_why_tells_who_said_what(digest: Shell, project: Path) -> None:
    other = project / "fair.csv"
    other.write_text(f"address,name,consent_where\n{ANA},Ana Real,Spring fair\n")
    digest("subscribers", "import", other)
    digest("subscribers", "edit", ANA, "--limit", "5")

    told = digest("subscribers", "why", ANA).out
    as_json = digest("subscribers", "why", ANA, "--json").json

    sentences = [line.strip().partition("  ")[2] for line in told.splitlines()[1:5]]
    assert sentences == [
        "subscribers.yaml named them for the first time",
        "consent (import): Spring fair [fair.csv; when is unknown]",
        (
            "fair.csv changed them: consent.where was none, is Spring fair; name was "
            "Ana, is Ana Real"
        ),
        "the operator changed them: limit was none, is 5",
    ]
    origins = {row["what"]: (row["value"], row["by"]) for row in as_json["came_from"]}
    assert origins["name"] == ("Ana Real", "fair.csv")
    assert origins["limit"] == ("5", "operator")
    assert origins["follows"] == ("rivers", "subscribers.yaml")
    assert as_json["said_by_files"]["subscribers.yaml"]["name"] == "Ana"
    assert "fair.csv says at present: active, daily" in told


def test_stats_count_what_readers_ask_for(digest: Shell) -> None:
    digest("subscribers", "unsubscribe", "cy@readers.example")
    digest("subscribers", "edit", ANA, "--paused-until", "2099-01-01", "--mutes", "-")
    digest("subscribers", "edit", ANA, "--days", "friday", "--hour", "18")

    told = digest("subscribers", "stats").out
    as_json = digest("subscribers", "stats", "--json").json

    assert "All: 2 active, 1 unsubscribed" in told
    assert "Active: 2; of these 1 are paused, 0 take nothing, 0 follow" in told
    assert [
        line.split() for line in told.splitlines() if line.startswith("follows")
    ] == [
        ["follows", "rivers", "1", "50.0", "%"],
        ["follows", "schools", "1", "50.0", "%"],
    ]
    assert re.search(r"^only on +friday +1 +50.0 %$", told, re.MULTILINE)
    assert re.search(r"^at +18:00 +1 +50.0 %$", told, re.MULTILINE)
    assert as_json["domains"] == {"readers.example": 2}
    for name in ("bo", "ana"):
        digest("subscribers", "erase", f"{name}@readers.example", "--yes")
    assert digest("subscribers", "stats").out.startswith("All: 1 unsubscribed")


def test_a_reader_gets_everything_held_about_them_and_is_forgotten(
    digest: Shell, project: Path
) -> None:
    digest("collect")
    digest("send")
    followed = digest("subscribers", "remove", ANA)
    file = project / "ana.json"

    digest("subscribers", "export", file, "--reader", ANA)
    about = json.loads(file.read_text())
    asked = run(project, "subscribers", "erase", ANA)
    erased = digest("subscribers", "erase", ANA, "--yes")

    assert "Take the line out there" in followed.err
    assert file.stat().st_mode & 0o777 == 0o600
    assert about == digest("subscribers", "export", "--reader", BO).json | about
    assert about["reader"]["name"] == "Ana"
    assert about["said_by_files"]["subscribers.yaml"]["preferences"]["follows"] == [
        "rivers"
    ]
    (mail,) = about["deliveries"]
    assert mail["delivery"]["state"] == "sent"
    assert {a["headline"] for a in mail["articles"]} == {
        "The ferry is back",
        "A lock reopens",
    }
    assert asked.code == 2, "nobody is there to answer"
    assert "subscribers.yaml may still hold their address" in erased.err
    assert "1 line left out" in digest("subscribers", "import").err
    assert "3 sent" in digest("status").out
    assert found(digest) == ["bo", "cy"]


def test_an_export_is_written_bit_by_bit_and_whole_or_not_at_all(
    tmp_path: Path,
) -> None:
    file, part = tmp_path / "readers.yaml", b"x" * 100_000

    def parts(*, fails: bool = False) -> Iterator[bytes]:
        for _ in range(50):
            yield part[:-1] + b"y"  # a new one
        if fails:
            raise OSError(28, "No space left on device")

    tracemalloc.start()
    write_privately(file, parts())
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    with pytest.raises(OSError, match="No space left"):
        write_privately(file, parts(fails=True))

    assert file.stat().st_size == 50 * len(part)
    assert file.stat().st_mode & 0o777 == 0o600
    assert most < 10 * len(part)
    assert list(tmp_path.iterdir()) == [file]


def test_an_export_comes_back_and_runs_nothing_in_a_spreadsheet(
    digest: Shell, project: Path
) -> None:
    digest("subscribers", "edit", ANA, "--name", '=HYPERLINK("http://evil.example")')
    before = digest("subscribers", "list", "--json").out

    for name in ("r.csv", "r.ndjson", "r.yaml"):
        file = project / name
        assert digest("subscribers", "export", file).code == 0
        again = digest("subscribers", "import", file)
        assert "0 added, 0 changed, 3 as before" in again.out, again.err
    assert digest("subscribers", "list", "--json").out == before
    with (project / "r.csv").open(newline="") as table:
        cells = [cell for row in csv.reader(table) for cell in row]
    assert not [cell for cell in cells if cell[:1] in "=+@" and cell]
    assert '"address": "bo@' in digest("subscribers", "export", "--form", "ndjson").out


def test_an_import_shows_what_it_would_change(digest: Shell, project: Path) -> None:
    other = project / "other.csv"
    other.write_text(
        "Mail,Who,Note\n" + f"{ANA},Ana Real,x\n" + "dee@gmial.com,Dee,x\n"
        "dee+x@gmial.com,Dee,x\n"
    )
    options = ("--map", "address=Mail", "--map", "name=Who", "--consent", "fair")

    tried = digest("subscribers", "import", other, *options, "--dry-run")
    wrong = digest("subscribers", "import", other, "--map", "addres=Mail")
    done = digest("subscribers", "import", other, *options, "--newsletter", "daily")
    as_json = digest("subscribers", "import", other, *options, "--json").json

    rows = [line.split() for line in tried.out.splitlines()]
    assert [ANA, "name", "Ana", "Ana", "Real"] in rows
    assert ["dee@gmial.com", "added"] in rows
    assert "2 added, 1 changed, 0 as before, 0 no longer in it (nothing" in tried.out
    assert "did they mean @gmail.com?" in tried.err
    assert "other.csv:4: perhaps the same mailbox as in line 3" in tried.err
    assert "Left out: Note" in tried.out
    assert "write OURS=THEIRS" in wrong.err
    assert "2 added, 1 changed" in done.out
    assert as_json["imported"]["same"] == 3


@pytest.mark.parametrize("name", ["readers.xlsx", "readers.json", "readers"])
def test_an_export_that_no_program_would_open_is_not_written(
    digest: Shell, tmp_path: Path, name: str
) -> None:
    file = tmp_path / name

    refused = digest("subscribers", "export", file)
    meant = digest("subscribers", "export", file, "--form", "csv")

    assert refused.code == 3
    assert f"{name}: a file of readers ends in .yaml, .csv or .ndjson" in refused.err
    assert meant.code == 0
    assert file.read_text().startswith("address,")


def test_an_export_to_a_dash_is_one_to_the_terminal(
    digest: Shell, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)

    assert ANA in digest("subscribers", "export", "-").out
    assert ANA in digest("subscribers", "export", "-", "--reader", ANA).out
    assert list(tmp_path.glob("-")) == []
