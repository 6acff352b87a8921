"""Terminals, pipes and signals as they really are: closed, full, foreign, impatient."""

from __future__ import annotations

import errno
import io
import json
import os
import pty
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from digest.cli import main, streams
from digest.cli.output import progress, table, wide
from digest.cli.privacy import without_addresses
from digest.cli.stopping import SIGNALS, Stop
from digest.model import State
from digest.settings import Security
from tests.commands import ROOT, Shell, run
from tests.projects import write_article, write_project
from tests.smtp_servers import RealServer

pytestmark = pytest.mark.slow

HEADLINE = "Die Fähre „Großer Ärger“ – 渡し船が戻る ⛴"


@pytest.fixture
def project(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Path:
    project = write_project(tmp_path / "nüws 渡")
    text = f"---\nheadline: {HEADLINE}\ntags: [river]\n---\n\nZurück.\n"
    write_article(project, "fähre.md", text)
    Shell(capsys, project)("collect")
    return project


def shell(
    project: Path, command: str, **environment: str
) -> subprocess.CompletedProcess[bytes]:
    """Run a line of shell in which `digest` is the command, on this project."""
    digest = f'digest() {{ "{sys.executable}" -m digest -C "{project}" "$@"; }}; '
    result = subprocess.run(
        ["bash", "-c", digest + command],
        capture_output=True,
        check=False,
        timeout=60,
        env=os.environ | {"PYTHONPATH": str(ROOT)} | environment,
    )
    assert b"Traceback" not in result.stderr
    assert b"should not have happened" not in result.stderr
    assert b"Exception ignored" not in result.stderr
    return result


class TestEncodings:
    @pytest.mark.parametrize(
        "environment",
        [
            pytest.param({"PYTHONIOENCODING": "ascii"}, marks=pytest.mark.slow),
            pytest.param({"PYTHONIOENCODING": "latin-1"}, marks=pytest.mark.slow),
            {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"},
        ],
        ids=["ascii", "latin-1", "C"],
    )
    def test_no_letter_is_an_error_and_json_is_utf_8(
        self, project: Path, environment: dict[str, str]
    ) -> None:
        table = shell(project, "digest articles", **environment)
        data = shell(project, "digest articles --json", **environment)
        readers = shell(project, "digest subscribers export", **environment)
        wrong = shell(project, "digest plan dägly", **environment)

        assert table.returncode == data.returncode == readers.returncode == 0
        assert b"Die F" in table.stdout
        headlines = {a["headline"] for a in json.loads(data.stdout)["articles"]}
        assert HEADLINE in headlines
        assert readers.stdout.decode("utf-8")
        assert wrong.returncode == 3

    def test_a_terminal_without_unicode_shows_what_it_can(self, project: Path) -> None:
        said = on_a_terminal(project, "articles", PYTHONIOENCODING="latin-1")

        assert "Die F" in said
        assert "Traceback" not in said

    def test_a_file_name_that_is_no_text_is_only_odd(self, project: Path) -> None:
        result = shell(
            project, r"digest collect $'\xff\xfe' ; digest add $'\xff.md' --json"
        )

        assert result.returncode == 3
        assert result.stdout == b""

    def test_wide_letters_take_two_columns(self) -> None:
        assert [wide("渡し船"), wide("Fähre"), wide("e\u0301")] == [6, 5, 1]


class TestStreams:
    @pytest.mark.parametrize(
        "command", ["articles", "articles --json", "status", "plan"]
    )
    @pytest.mark.parametrize("closed", [">&-", "2>&-", ">&- 2>&- <&-"])
    def test_closed_ones_are_no_errors(
        self, project: Path, command: str, closed: str
    ) -> None:
        assert shell(project, f"digest {command} {closed}").returncode == 0

    def test_a_reader_that_leaves_ends_a_list_quietly(self, project: Path) -> None:
        names = "".join(f"tag:{n}, " for n in range(20_000))
        readers = f"subscribers: [{{address: a@a.example, follows: [{names}]}}]"
        (project / "subscribers.yaml").write_text(readers)
        for command in ("subscribers list", "plan daily --json", "lint --rules"):
            result = shell(project, f"digest {command} | true; echo ${{PIPESTATUS[0]}}")
            # As the shell says of whoever writes to `head`: SIGPIPE.
            assert (result.stdout, result.stderr) == (b"141\n", b""), command

    def test_a_closed_one_never_becomes_the_database(self, project: Path) -> None:
        shell(project, "digest send >&- 2>&- <&-")

        assert shell(project, "digest status --json").returncode == 0
        assert len(list((project / "outbox" / "new").iterdir())) == 3

    @pytest.mark.parametrize(
        "command", ["articles", "articles --json", "--help", "bogus"]
    )
    def test_a_full_one_is_said(self, project: Path, command: str) -> None:
        result = shell(project, f"digest {command} >/dev/full")

        assert result.returncode == (2 if command == "bogus" else 4)
        if command != "bogus":
            assert b"what this command prints cannot be written" in result.stderr

    def test_a_mistake_that_nobody_can_hear_keeps_its_code(self, project: Path) -> None:
        for stderr in ("2>/dev/full", "2>&-", "2> >(true)"):
            assert shell(project, f"digest bogus {stderr}").returncode == 2
            assert shell(project, f"digest plan dayly {stderr}").returncode == 3

    def test_a_reader_that_stops_reading_is_no_error(self, project: Path) -> None:
        result = shell(project, "digest articles --json | head -c 1")

        assert result.stderr == b""

    def test_standard_streams_can_be_missing_altogether(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(sys, "stdout", None)
        monkeypatch.setattr(sys, "stderr", None)

        with pytest.raises(SystemExit) as ended:
            main(["--version"])

        assert ended.value.code == 0
        for stream in (sys.stdout, sys.stderr):
            stream.close()

    def test_text_that_would_act_on_a_terminal_only_shows(self) -> None:
        assert (
            streams.printable("a\x1b[2Jb\x07\x9b\n\tc")
            == "a\ufffd[2Jb\ufffd\ufffd\n\tc"
        )


def on_a_terminal(project: Path, *arguments: str, **environment: str) -> str:
    """Run a command on a pseudo-terminal; return what it showed and its code."""
    ours, theirs = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, "-m", "digest", "-C", str(project), *arguments],
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        env=os.environ
        | {"PYTHONPATH": str(ROOT), "TERM": "xterm", "COLUMNS": "100"}
        | environment,
    )
    os.close(theirs)
    shown = b""
    while chunk := read(ours):
        shown += chunk
    os.close(ours)
    return f"{shown.decode('utf-8', 'replace')}[{process.wait(30)}]"


def read(terminal: int) -> bytes:
    try:
        return os.read(terminal, 65536)
    except OSError:  # the other end is closed
        return b""


def test_ctrl_c_while_the_program_is_loaded_shows_nothing(tmp_path: Path) -> None:
    (tmp_path / "click.py").write_text(
        "import time\nprint('loading', flush=True)\ntime.sleep(60)\n"
    )
    heard = signal.signal(signal.SIGINT, signal.default_int_handler)  # not ignored
    try:
        process = subprocess.Popen(
            [sys.executable, "-m", "digest", "status"],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=os.environ | {"PYTHONPATH": f"{tmp_path}{os.pathsep}{ROOT}"},
        )
    finally:
        signal.signal(signal.SIGINT, heard)
    assert process.stdout
    assert process.stdout.readline() == b"loading\n"

    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=30)

    assert (process.returncode, err) == (-signal.SIGINT, b"")


class TestATerminal:
    def test_that_is_narrow_cuts_nothing_off(self, project: Path) -> None:
        run(project, "subscribers", "import")
        said = on_a_terminal(project, "subscribers", "list", COLUMNS="44")
        wider = on_a_terminal(project, "articles", COLUMNS="60")

        assert "…" not in said
        assert "ana@readers.example" in said, "whose line it is stays whole"
        assert "…" not in wider

    def test_shows_tables_colours_and_progress(self, project: Path) -> None:
        plan = on_a_terminal(project, "plan")
        sent = on_a_terminal(project, "send")
        status = on_a_terminal(project, "status")

        assert "\x1b[1m" in plan
        assert "Ana" in plan
        assert "3/3" in sent
        assert "3 sent in this run" in sent
        assert "3 sent" in status
        assert all(said.endswith("[0]") for said in (plan, sent, status))

    def test_names_readers_that_a_log_does_not(self, project: Path) -> None:
        config = project / "digest.yaml"
        (project / "subscribers.yaml").write_text(
            "subscribers: [{address: gone@readers.example}]\n"
        )
        with RealServer(Security.NONE) as server:
            smtp = f"{{smtp: {{host: 127.0.0.1, port: {server.port}, security: none}}}}"
            config.write_text(config.read_text().replace("{files: outbox}", smtp))
            said = on_a_terminal(project, "send")

        assert "gone@readers.example: failed: 550 5.1.1 no such mailbox" in said
        assert said.endswith("[1]")


@contextmanager
def screen(monkeypatch: pytest.MonkeyPatch) -> Iterator[int]:
    """Make our own standard streams a terminal; yield where it can be read."""
    ours, theirs = pty.openpty()
    with (
        os.fdopen(theirs, "w", buffering=1, encoding="utf-8") as terminal,
        monkeypatch.context() as patch,
    ):
        patch.setattr(sys, "stdout", terminal)
        patch.setattr(sys, "stderr", terminal)
        yield ours
    os.close(ours)


class Full(io.BytesIO):
    """Takes nothing."""

    def write(self, _: object) -> int:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


class TestOurOwnTerminal:
    def test_shows_tables_and_progress(self, monkeypatch: pytest.MonkeyPatch) -> None:
        with screen(monkeypatch) as terminal:
            table(("who", "what"), [("Ana", "Rivers [bold]2[/bold]\nand \x1b[2J more")])
            with progress(2, "daily") as advance:
                advance(State.SENT)
                advance(State.SENT)
            shown = ""
            while "2/2" not in shown:
                shown += os.read(terminal, 65536).decode()

        assert "Rivers [bold]2[/bold] and" in shown
        assert "\x1b[2J" not in shown

    def test_a_log_gets_a_line_per_tenth(
        self, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        with progress(30, "daily") as advance:
            for _ in range(30):
                advance(State.SENT)
        assert capsys.readouterr().err.splitlines()[-1] == "daily: 30 of 30"
        with monkeypatch.context() as patch, progress(30, "daily") as advance:
            patch.setattr(sys, "stderr", io.TextIOWrapper(Full(), write_through=True))
            for _ in range(30):
                advance(State.SENT)  # the mail goes on

    def test_what_cannot_be_written_is_dropped_in_the_end(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        with Path("/dev/full").open("w") as full, monkeypatch.context() as patch:
            patch.setattr(sys, "stdout", full)
            full.write("for nobody")
            assert not streams.settle()
            assert streams.settle()

    def test_closed_descriptors_are_opened(self) -> None:
        kept = os.dup(0)
        os.close(0)
        try:
            streams.steady()
            assert os.fstat(0)
        finally:
            os.dup2(kept, 0)
            os.close(kept)

    @pytest.mark.parametrize("where", ["command", "complaint"])
    def test_ctrl_c_ends_at_once_and_in_words(
        self,
        capsys: pytest.CaptureFixture[str],
        monkeypatch: pytest.MonkeyPatch,
        where: str,
    ) -> None:
        def interrupted(*_: object, **__: object) -> None:
            raise KeyboardInterrupt

        monkeypatch.setattr(os, "_exit", sys.exit)
        monkeypatch.setattr("digest.cli.status.newsroom_at_any_hour", interrupted)
        if where == "complaint":
            monkeypatch.setattr("digest.cli.complained", interrupted)

        with pytest.raises(SystemExit) as ended:
            main(["status"])

        assert ended.value.code == 130
        assert ("Stopped." in capsys.readouterr().err) == (where == "command")


class TestLogs:
    @pytest.mark.parametrize(
        ("text", "shown"),
        [
            ("550 <ana@readers.example>: unknown", "550 <…@…>: unknown"),
            ("ana.b+c@x.example, bo@y.example.", "…@…, …@…"),
            ("found 'ana@readers' here", "found '…@…' here"),
            ("mailto:ana@x.example", "mailto:…@…"),
            ("Ana at home", "Ana at home"),
        ],
    )
    def test_hold_no_addresses(self, text: str, shown: str) -> None:
        assert without_addresses(text).rstrip(".") == shown


class TestStop:
    @pytest.fixture(autouse=True)
    def _handlers(self) -> Iterator[None]:
        before = {number: signal.getsignal(number) for number in SIGNALS}
        yield
        for number, handler in before.items():
            signal.signal(number, handler)

    @pytest.mark.parametrize("number", SIGNALS)
    def test_a_signal_ends_the_waiting_at_once(self, number: signal.Signals) -> None:
        stop = Stop(after="the mail in flight")
        assert not stop.is_set()
        assert not stop.wait(0.01)
        began = time.monotonic()

        os.kill(os.getpid(), number)

        assert stop.wait(30)
        assert stop.is_set()
        assert stop.signal is number
        assert time.monotonic() - began < 10

    @pytest.mark.parametrize("second", [signal.SIGINT, signal.SIGTERM])
    def test_a_second_one_insists(self, second: signal.Signals) -> None:
        stop = Stop(after="the mail in flight")
        os.kill(os.getpid(), signal.SIGINT)
        assert stop.is_set()

        with pytest.raises(KeyboardInterrupt):
            os.kill(os.getpid(), second)

    def test_a_terminal_that_closes_may_say_it_often(self) -> None:
        stop = Stop(after="the mail in flight")
        for _ in range(3):
            os.kill(os.getpid(), signal.SIGHUP)

        assert stop.is_set()

    def test_what_nohup_ignores_stays_ignored(self) -> None:
        signal.signal(signal.SIGHUP, signal.SIG_IGN)
        stop = Stop(after="the mail in flight")
        os.kill(os.getpid(), signal.SIGHUP)

        assert not stop.is_set()


def test_a_folder_that_was_removed_is_said(tmp_path: Path) -> None:
    result = subprocess.run(
        [
            "bash",
            "-c",
            f'mkdir x && cd x && rmdir ../x && "{sys.executable}" -m digest status',
        ],
        cwd=tmp_path,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )

    assert result.returncode == 3
    assert "the folder you are in has been removed" in result.stderr


def test_help_is_there_in_every_terminal(project: Path) -> None:
    assert "Exit codes:" in run(project, "--help", PYTHONIOENCODING="ascii").out
