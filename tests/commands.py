"""Runs the command line inside the test's process, as a user would from a shell."""

from __future__ import annotations

import json
import signal
import threading
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from digest.cli import main


@dataclass(frozen=True)
class Result:
    """What a command said and how it ended."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)


class Shell:
    """Runs commands in a folder; no traceback may ever show."""

    def __init__(self, capsys: pytest.CaptureFixture[str], folder: Path) -> None:
        self.capsys, self.folder = capsys, folder

    def __call__(self, *arguments: str | Path) -> Result:
        handlers = {s: signal.getsignal(s) for s in (signal.SIGINT, signal.SIGTERM)}
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
        result = Result(code if isinstance(code, int) else 0, said.out, said.err)
        assert "Traceback" not in result.err
        assert "should not have happened" not in result.err, result.err
        return result
