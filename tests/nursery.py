"""Processes that send and may be killed, forked from one that has imported everything.

    python -m tests.nursery

Reads orders as lines of JSON: to send, answered with a process id at once; to wait for
one, answered with how it ended.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Self

from digest import delivery
from digest.config import load_settings
from digest.errors import DigestError
from digest.newsroom import Newsroom, utc_now
from digest.store.database import Database

ROOT = Path(__file__).parent.parent
NOT_SETTLED, TROUBLE = 1, 4


class Nursery:
    """The other end of such a process."""

    def __enter__(self) -> Self:
        self.process = subprocess.Popen(
            [sys.executable, "-m", "tests.nursery"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            cwd=ROOT,
        )
        return self

    def __exit__(self, *error: object) -> None:
        assert self.process.stdin
        assert self.process.stdout
        self.process.stdin.close()
        self.process.wait()
        self.process.stdout.close()

    def ask(self, **order: object) -> int:
        assert self.process.stdin
        assert self.process.stdout
        self.process.stdin.write(json.dumps(order) + "\n")
        self.process.stdin.flush()
        return int(self.process.stdout.readline())

    def start(self, folder: Path, **order: object) -> int:
        """Start a process that sends; return its id."""
        return self.ask(folder=str(folder), **order)

    def wait(self, process: int) -> int:
        """Return the exit code of a process, or minus the signal that killed it."""
        return self.ask(wait=process)


def main() -> None:
    """Take orders until there are no more."""
    for line in sys.stdin:
        order = json.loads(line)
        if "wait" in order:
            _, status = os.waitpid(order["wait"], 0)
            print(os.waitstatus_to_exitcode(status), flush=True)
            continue
        process = os.fork()
        if process == 0:
            os._exit(sent(order))
        print(process, flush=True)


def sent(order: dict[str, Any]) -> int:
    """Send what there is to send, in a forked process; return its exit code."""
    ahead = timedelta(seconds=order.get("ahead", 0))

    def now() -> datetime:
        return utc_now() + ahead

    if "lease" in order:
        delivery.LEASE_SECONDS = order["lease"]
    if "die_at" in order:
        die_at(order["die_at"], written=order["written"])
    try:
        settings = load_settings(Path(order["folder"]), environment={})
        with Newsroom(settings, now=now) as newsroom:
            return send(newsroom, locked=order.get("locked", True))
    except DigestError as error:
        print(f"nursery: {error}", file=sys.stderr, flush=True)
        return TROUBLE


def send(newsroom: Newsroom, *, locked: bool) -> int:
    newsletter = newsroom.newsletter()
    if not locked:  # as if the lock had been lost
        issue = newsroom.store.archive.last_issue(newsletter.slug)
        assert issue
        return 0 if newsroom.send(issue).settled else NOT_SETTLED
    settled = True
    with newsroom.sending(newsletter):
        for issue in newsroom.issues.interrupted(newsletter) or newsroom.issues.due(
            newsletter
        ):
            settled &= newsroom.send(issue).settled
    return 0 if settled else NOT_SETTLED


def die_at(number: int, *, written: bool) -> None:
    """Kill this process at its nth commit: just before it, or when it is written."""
    commit, lock, count = Database._commit, threading.Lock(), 0

    def last(self: Database, *session: Any) -> None:
        nonlocal count
        with lock:
            count += 1
            if count == number and not written:
                os.kill(os.getpid(), signal.SIGKILL)
            commit(self, *session)
            if count == number:
                os.kill(os.getpid(), signal.SIGKILL)

    # In this process alone, which is about to die.
    Database._commit = last  # type: ignore[assignment,method-assign]


if __name__ == "__main__":
    main()
