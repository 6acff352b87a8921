"""Every command of docs/planning.md and docs/approving.md is run, and says what is shown."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest

from tests.commands import ROOT, Shell

pytestmark = pytest.mark.slow

#: What differs from day to day, and from version to version of a font or template.
PASSING = (
    # The zone is named where the machine's clock is in another one.
    (re.compile(r"\d{4}-\d\d-\d\d( \d\d:\d\d( [A-Z]{3,4}\b)?)?"), "DAY"),
    (re.compile(r"\d+ KiB"), "KiB"),
    (re.compile(r"\s+"), " "),
)
APPROVAL = "editors: [desk@longitude.example]\n"


def lasting(text: str) -> str:
    """Return a line without what passes."""
    for pattern, word in PASSING:
        text = pattern.sub(word, text)
    return text.strip()


@pytest.mark.parametrize("page", ["planning.md", "approving.md"])
def test_the_page_can_be_followed_from_its_first_command_to_its_last(
    page: str,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    news = tmp_path / "news"
    digest = Shell(capsys, news)
    digest("init", news)
    monkeypatch.chdir(news)
    if page == "approving.md":
        file, asks = news / "digest.yaml", "    approval: window 45 minutes\n"
        text = re.sub(r"(?m)^(  daily:.*\n)", rf"\1{asks}", file.read_text("utf-8"))
        file.write_text(text + APPROVAL, "utf-8")
    digest("collect")
    digest("subscribers", "import", "subscribers.yaml")
    text = (ROOT / "docs" / page).read_text("utf-8")
    blocks = re.findall(r"^```(sh|text)\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)
    made, said = "", ""

    assert len(blocks) > 2
    for kind, block in blocks:
        if kind == "text":
            shown = {lasting(line) for line in block.splitlines()}
            there = lasting(said)
            assert [line for line in shown if line not in there] == []
            continue
        said = ""
        for line in block.splitlines():
            _, command, *arguments = shlex.split(
                re.sub(r"daily/\d{4}-\d\d-\d\d", made, line) if made else line
            )
            result = digest(command, *arguments)
            waits = command == "send" and page == "approving.md"
            assert result.code == (1 if waits else 0), f"{line}: {result.err}"
            said += result.out
        issues = digest("issues", "--json").json
        made = issues[0]["id"] if issues else ""
