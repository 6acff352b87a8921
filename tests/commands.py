"""Runs the command line as a user would: inside the test's process, or as a real one."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from digest.cli import main

ROOT = Path(__file__).parent.parent


@dataclass(frozen=True)
class Result:
    """What a command said and how it ended."""

    code: int
    out: str
    err: str

    def __post_init__(self) -> None:
        """Check what holds for every command, whatever it was asked."""
        assert "Traceback" not in self.err, self.err
        assert "should not have happened" not in self.err, self.err

    @property
    def json(self) -> Any:
        return json.loads(self.out)


class Shell:
    """Runs commands in a folder; no traceback may ever show."""

    def __init__(self, capsys: pytest.CaptureFixture[str], folder: Path) -> None:
        self.capsys, self.folder = capsys, folder

    def __call__(self, *arguments: str | Path) -> Result:
        handlers = {
            s: signal.getsignal(s)
            for s in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
        }
        self.capsys.readouterr()
        try:
            with pytest.raises(SystemExit) as ended:
                main(["-C", str(self.folder), *map(str, arguments)])
        finally:
            if threading.current_thread() is threading.main_thread():
                for number, handler in handlers.items():
                    signal.signal(number, handler)
        said = self.capsys.readouterr()
        code = ended.value.code
        return Result(code if isinstance(code, int) else 0, said.out, said.err)


#: Takes from root what makes files' rights not count for it, CAP_DAC_OVERRIDE (1) and
#: CAP_DAC_READ_SEARCH (2), by PR_CAPBSET_DROP (24); sets a quota; becomes the command.
LIMITED = """
import ctypes, os, resource, sys
ordinary, largest = map(int, sys.argv[1:3])
for capability in (1, 2) if ordinary else ():
    ctypes.CDLL(None).prctl(24, capability, 0, 0, 0)
if largest:
    resource.setrlimit(resource.RLIMIT_FSIZE, (largest, largest))
os.execv(sys.executable, [sys.executable, *sys.argv[3:]])
"""


def start(
    folder: Path,
    *arguments: str | Path,
    ordinary: bool = False,
    largest_file: int = 0,
    **environment: str,
) -> subprocess.Popen[str]:
    """Start a command as a process of its own.

    `ordinary` makes files' rights count for it, even for root; `largest_file` is a
    quota in bytes.
    """
    limits = ["-c", LIMITED, str(int(ordinary)), str(largest_file)]
    return subprocess.Popen(
        [
            sys.executable,
            *(limits if ordinary or largest_file else ()),
            "-m",
            "digest",
            "-C",
            str(folder),
            *map(str, arguments),
        ],
        env=os.environ | {"PYTHONPATH": str(ROOT)} | environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def finish(process: subprocess.Popen[str]) -> Result:
    """Wait for a command's end."""
    try:
        out, err = process.communicate(timeout=60)
    except BaseException:
        process.kill()
        process.communicate()
        raise
    return Result(process.returncode, out, err)


def run(
    folder: Path,
    *arguments: str | Path,
    ordinary: bool = False,
    largest_file: int = 0,
    **environment: str,
) -> Result:
    """Run a command as a process of its own, to its end."""
    process = start(
        folder,
        *arguments,
        ordinary=ordinary,
        largest_file=largest_file,
        **environment,
    )
    return finish(process)
