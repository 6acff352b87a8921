"""`digest dkim`: a key is made once, kept secret, and everything needed is said."""

from __future__ import annotations

import re
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

from digest.cli import main
from digest.config import load_settings
from digest.message.dkim import read_key, records
from digest.yamltext import read_yaml
from tests.commands import ROOT, Result, Shell, run
from tests.keys import our_key
from tests.projects import SETTINGS

pytestmark = pytest.mark.slow

TWO_SENDERS = SETTINGS.replace(
    "sources:\n",
    "  weekly: {title: Weekly, sender: w@weekly.example}\n"
    "  late: {title: Late, sender: late@ledger.example}\n"
    "sources:\n",
)


def test_keygen_makes_a_key_that_signs(project: Path, digest: Shell) -> None:
    made = digest("dkim", "keygen", "--selector", "s2026")
    file = project / "secrets/dkim-s2026.pem"
    (yaml,) = re.findall(r"(?m)^    dkim:\n(?:      .*\n)+", made.out)
    (project / "digest.yaml").write_text(
        SETTINGS + re.sub("(?m)^    ", "", yaml), encoding="utf-8"
    )

    loaded = load_settings(project, environment={})

    assert made.code == 0
    assert loaded.dkim
    assert loaded.dkim.key == file.read_text().removesuffix("\n")
    assert (loaded.dkim.selector, loaded.dkim.domain) == ("s2026", "")
    assert read_key(loaded.dkim.key).key_size == 2048
    assert digest("check").code == 0


def test_the_page_about_signing_works_as_written(project: Path, digest: Shell) -> None:
    page = (ROOT / "docs/running.md").read_text(encoding="utf-8")
    section = page.partition("## Signing with DKIM\n")[2].partition("\n## ")[0]
    (command,) = re.findall(r"```sh\ndigest (.*)\n```", section)
    (yaml,) = re.findall(r"   ```yaml\n(.*?)   ```", section, re.DOTALL)

    made = digest(*command.split(), "--json")
    (project / "digest.yaml").write_text(
        SETTINGS + textwrap.dedent(yaml), encoding="utf-8"
    )

    assert made.json["settings"] == textwrap.dedent(yaml)
    assert digest("check").code == 0
    assert digest("dkim", "record", "--json").json["records"] == made.json["records"]


def test_the_lines_in_the_sample_are_those_to_write(
    project: Path, digest: Shell
) -> None:
    sample = (ROOT / "examples/newsroom/digest.yaml").read_text(encoding="utf-8")
    (lines,) = re.findall(r"(?m)^# dkim:\n(?:#   .*\n)+", sample)

    made = digest("dkim", "keygen", "--selector", "s2026", "--json").json

    assert re.sub("(?m)^# ", "", lines) == made["settings"]


def test_the_record_can_be_shown_again(project: Path, digest: Shell) -> None:
    made = digest("dkim", "keygen", "--selector", "s2026", "--json").json
    (project / "digest.yaml").write_text(SETTINGS + made["settings"], encoding="utf-8")

    shown, spoken = (
        digest("dkim", "record", "--json").json,
        digest("dkim", "record").out,
    )

    [record] = shown["records"]
    assert shown["records"] == made["records"]
    assert record["name"] == "s2026._domainkey.ledger.example"
    assert "".join(record["strings"]) == record["value"]
    for text in (record["name"], record["value"], record["zone"]):
        assert text in spoken


@pytest.mark.parametrize("json", [(), ("--json",)])
def test_only_the_owner_can_read_the_key_and_it_is_never_shown(
    project: Path, digest: Shell, json: tuple[str, ...]
) -> None:
    made = digest("dkim", "keygen", "--selector", "s2026", *json)

    file = project / "secrets/dkim-s2026.pem"
    assert file.stat().st_mode & 0o777 == 0o600
    assert file.parent.stat().st_mode & 0o777 == 0o700
    lines = file.read_text().splitlines()
    assert lines[0] == "-----BEGIN PRIVATE KEY-----"
    said = made.out + made.err
    assert not any(line in said for line in lines)
    assert "PRIVATE KEY" not in said


def test_a_key_that_is_there_is_never_overwritten(project: Path, digest: Shell) -> None:
    digest("dkim", "keygen", "--selector", "s2026")
    before = (project / "secrets/dkim-s2026.pem").read_bytes()

    again = digest("dkim", "keygen", "--selector", "s2026")

    assert again.code == 3
    assert "secrets/dkim-s2026.pem is there already; nothing was changed" in again.err
    assert again.out == ""
    assert (project / "secrets/dkim-s2026.pem").read_bytes() == before


def test_each_senders_domain_gets_its_record(project: Path, digest: Shell) -> None:
    (project / "digest.yaml").write_text(TWO_SENDERS, encoding="utf-8")

    made = digest("dkim", "keygen", "--selector", "s2026", "--json").json

    assert [record["name"] for record in made["records"]] == [
        "s2026._domainkey.ledger.example",
        "s2026._domainkey.weekly.example",
    ]
    assert "domain" not in made["settings"]


@pytest.mark.parametrize(
    ("domain", "name", "written"),
    [
        ("ledger.example", "ledger.example", None),
        ("bücher.example", "xn--bcher-kva.example", "xn--bcher-kva.example"),
    ],
)
def test_a_domain_is_written_down_where_it_is_not_the_senders(
    digest: Shell, domain: str, name: str, written: str | None
) -> None:
    made = digest(
        "dkim", "keygen", "--selector", "7", "--domain", domain, "--json"
    ).json

    assert [r["name"] for r in made["records"]] == [f"7._domainkey.{name}"]
    settings = read_yaml(made["settings"], file="digest.yaml").value
    assert isinstance(settings, dict)
    assert settings["dkim"].get("domain") == written
    assert settings["dkim"]["selector"] == "7"


def test_the_record_is_that_of_the_domain_that_signs(
    project: Path, digest: Shell
) -> None:
    (project / "key.pem").write_text(our_key())
    settings = SETTINGS.replace("digest@ledger", "digest@news.ledger")
    dkim = "dkim: {selector: s, key: file:key.pem, domain: ledger.example}\n"
    (project / "digest.yaml").write_text(settings + dkim, encoding="utf-8")

    shown = digest("dkim", "record", "--json").json

    [record] = records(read_key(our_key()), selector="s", domains=["ledger.example"])
    assert shown["records"] == [
        {
            "name": record.name,
            "value": record.value,
            "strings": record.strings,
            "zone": record.zone,
        }
    ]


def test_without_a_newsroom_the_domain_must_be_named(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    keygen = ["dkim", "keygen", "--selector", "s2026"]

    unnamed = here(capsys, *keygen)
    named = here(capsys, *keygen, "--domain", "a.example", "--json")

    assert unnamed.code == 3
    assert unnamed.err.startswith("digest: --domain is not given, and no digest.yaml")
    assert named.code == 0
    assert named.json["key_file"] == "secrets/dkim-s2026.pem"
    assert named.json["settings"] == (
        "dkim:\n  selector: s2026\n  key: file:secrets/dkim-s2026.pem\n"
        "  domain: a.example\n"
    )
    assert (tmp_path / "secrets/dkim-s2026.pem").is_file()


def here(capsys: pytest.CaptureFixture[str], *arguments: str) -> Result:
    """Run a command about the folder we are in."""
    with pytest.raises(SystemExit) as ended:
        main(list(arguments))
    said = capsys.readouterr()
    return Result(int(ended.value.code or 0), said.out, said.err)


def test_a_file_elsewhere_is_written_down_with_its_whole_path(
    digest: Shell, tmp_path: Path
) -> None:
    file = tmp_path / "elsewhere" / "key.pem"

    made = digest("dkim", "keygen", "--selector", "s", "--to", file, "--json").json

    assert made["settings"] == f"dkim:\n  selector: s\n  key: file:{file}\n"
    assert read_key(file.read_text()).key_size == 2048


def test_settings_that_already_name_the_key_do_not_stand_in_its_way(
    project: Path, digest: Shell
) -> None:
    dkim = "dkim: {selector: s, key: file:secrets/dkim-s.pem}\n"
    (project / "digest.yaml").write_text(SETTINGS + dkim, encoding="utf-8")
    keygen = ("dkim", "keygen", "--selector", "s")

    before, made = digest(*keygen), digest(*keygen, "--domain", "ledger.example")

    assert before.code == 3
    assert "digest.yaml:19:26: `key` comes from the file" in before.err
    assert made.code == 0
    assert digest("check").code == 0


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (["keygen"], 2, "Missing option '--selector'"),
        (["keygen", "--selector", "a_b"], 3, "digest: --selector is not a selector"),
        (["keygen", "--selector", "../x"], 3, "digest: --selector is not a selector"),
        (
            ["keygen", "--selector", "a", "--domain", "b"],
            3,
            "--domain is not a domain.",
        ),
        (["keygen", "--selector", "a", "--domain", ""], 3, "--domain is not a domain."),
        (["keygen", "--selector", "a", "--to", "/proc/x/y"], 4, "cannot be written"),
        (
            ["keygen", "--selector", "a", "--to", "/dev/null/y"],
            4,
            "a file is in the way",
        ),
        (["keygen", "--selector", "a", "--to", "/dev/null"], 3, "is there already"),
        (["record"], 3, "it has no `dkim`, so no mail is signed. `digest dkim keygen"),
    ],
)
def test_what_cannot_be_is_said(
    digest: Shell, project: Path, arguments: list[str], code: int, words: str
) -> None:
    result = digest("dkim", *arguments)

    assert (result.code, result.out) == (code, "")
    assert words in result.err
    assert not (project / "secrets").exists()


def test_a_full_disk_leaves_no_half_key(project: Path) -> None:
    result = run(project, "dkim", "keygen", "--selector", "s", largest_file=1000)

    assert result.code == 4
    assert "files cannot be written (File too large); make room" in result.err
    assert list((project / "secrets").iterdir()) == []


def test_a_folder_of_somebody_else_is_named(project: Path) -> None:
    (project / "secrets").mkdir(mode=0o500)

    result = run(project, "dkim", "keygen", "--selector", "s", ordinary=True)

    assert result.code == 4
    assert "secrets: files cannot be written (Permission denied)" in result.err


@pytest.mark.slow
@pytest.mark.parametrize("signing", [False, True])
def test_only_who_signs_loads_cryptography(project: Path, signing: bool) -> None:
    (project / "key.pem").write_text(our_key())
    dkim = "dkim: {selector: s, key: file:key.pem}\n" if signing else ""
    (project / "digest.yaml").write_text(SETTINGS + dkim, encoding="utf-8")
    script = (
        "import sys; from digest.cli import main\n"
        "for command in (['collect'], ['send', 'daily']):\n"
        f"    try: main(['-C', {str(project)!r}, *command])\n"
        "    except SystemExit as ended: assert ended.code == 0\n"
        "print('cryptography' in sys.modules)"
    )

    done = subprocess.run(
        [sys.executable, "-c", script],
        capture_output=True, text=True, check=True, cwd=ROOT,
    )  # fmt: skip

    assert done.stdout.splitlines()[-1] == str(signing)
    sent = [path.read_bytes() for path in (project / "outbox/new").iterdir()]
    assert len(sent) == 3
    assert all(mail.startswith(b"DKIM-Signature: ") is signing for mail in sent)
