"""Kill the sender, hundreds of times, and ask the server what it really got.

    python -m tests.torture [ROUNDS]        (or: make torture)

A sender is killed at random moments and at every commit, stopped and woken as a
zombie, run twice at once; its server refuses, hangs up and answers nonsense; its
database server is crashed. Afterwards the journal must agree with the server's own
account: nothing lost, nothing doubled, and in doubt only what nobody can know.
"""

from __future__ import annotations

import os
import random
import signal
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, fields
from pathlib import Path

from digest.config import load_settings
from digest.model import State
from digest.newsroom import Newsroom
from tests.cluster import Cluster, cluster, program, remove_cluster
from tests.nursery import Nursery
from tests.projects import SETTINGS, write_project
from tests.truth import QUIET, ROUGH, TruthServer

CONNECTIONS = 4
HOUR = 3600
HALF_A_DAY = 12 * HOUR


@dataclass(kw_only=True)
class Verdict:
    """What became of an issue, by the journal and by the server."""

    kills: int = 0
    planned: int = 0
    sent: int = 0
    failed: int = 0
    skipped: int = 0
    unknown: int = 0  #: in doubt
    arrived: int = 0  #: of these
    lost: int = 0  #: sent, says the journal, and the server has nothing
    doubled: int = 0  #: more than once at the server
    unsaid: int = 0  #: at the server, and neither sent nor in doubt
    waiting: int = 0  #: not settled in the end

    @property
    def clean(self) -> bool:
        """Whether the journal told the truth."""
        return not (self.lost or self.doubled or self.unsaid or self.waiting)


class Trial:
    """A newsroom whose senders are killed, and the server they send to."""

    def __init__(
        self,
        folder: Path,
        server: TruthServer,
        nursery: Nursery,
        *,
        readers: int,
        connections: int,
        database: str = "",
        seed: int = 1,
    ) -> None:
        """Write the project, import its readers, prepare an issue."""
        self.folder, self.server, self.nursery = folder, server, nursery
        self.connections = connections
        self.chance, self.ahead, self.kills = random.Random(seed), 0, 0
        delivery = (
            f"{{host: 127.0.0.1, port: {server.port}, security: none, "
            f"connections: {connections}}}"
        )
        text = SETTINGS.replace("{files: outbox}", f"{{smtp: {delivery}}}")
        if database:
            text += f"database: {database}\n"
        names = "".join(
            f"  - {{address: r{n}@readers.example, name: Reader {n}}}\n"
            for n in range(readers)
        )
        write_project(folder, settings=text, readers=f"subscribers:\n{names}")
        with self.newsroom() as newsroom:
            newsroom.refresh_subscribers()
            list(newsroom.collect())
            issue = newsroom.issues.prepare(newsroom.newsletter())
            assert issue
            self.issue = issue

    def newsroom(self) -> Newsroom:
        return Newsroom(load_settings(self.folder, environment={}))

    def start(self, **order: object) -> int:
        return self.nursery.start(self.folder, ahead=self.ahead, **order)

    def run(self, **order: object) -> int:
        """Send; return how the process ended."""
        return self.nursery.wait(self.start(**order))

    def kill_soon(self, process: int) -> None:
        """Kill a process at a random moment after it began to send."""
        self.server.wait_for(self.server.accepted.total() + 1, seconds=10)
        time.sleep(self.chance.uniform(0, 0.1))
        os.kill(process, signal.SIGKILL)
        self.nursery.wait(process)
        self.kills += 1

    def doubtful(self) -> int:
        with self.newsroom() as newsroom:
            counts = newsroom.store.journal.counts(self.issue.id)
        return counts.get(State.BODY_SENT, 0)

    def finish(self) -> Verdict:
        """Send the rest without faults, an hour later each time, and judge."""
        self.server.faults = QUIET
        for _ in range(30):
            self.ahead += HOUR
            self.run()
            if not self.waiting():  # one put off for hours is not due at each try
                break
        return self.verdict()

    def waiting(self) -> int:
        with self.newsroom() as newsroom:
            counts = newsroom.store.journal.counts(self.issue.id)
        return sum(n for state, n in counts.items() if not state.settled) - counts.get(
            State.UNKNOWN, 0
        )

    def verdict(self) -> Verdict:
        """Compare each row with what the server has."""
        verdict = Verdict(kills=self.kills)
        with self.newsroom() as newsroom:
            for row in newsroom.store.journal.deliveries(self.issue.id):
                name = newsroom.links.message_id(
                    issue=self.issue.id,
                    subscriber=row.subscriber,
                    domain="ledger.example",
                )
                times = self.server.accepted[name]
                verdict.planned += 1
                verdict.doubled += times > 1
                match row.state:
                    case State.SENT:
                        verdict.sent += 1
                        verdict.lost += times == 0
                    case State.UNKNOWN:
                        verdict.unknown += 1
                        verdict.arrived += times
                    case State.FAILED:
                        verdict.failed += 1
                        verdict.unsaid += times
                    case State.SKIPPED:
                        # Killed when it was known that the address takes no mail, and
                        # not yet written that this mail was refused.
                        verdict.skipped += 1
                        verdict.unsaid += times
                    case _:
                        verdict.waiting += 1
                        verdict.unsaid += times
        return verdict


@contextmanager
def trial(
    *,
    readers: int,
    seed: int,
    cluster: Cluster | None = None,
    pipelining: bool = True,
    connections: int = CONNECTIONS,
) -> Iterator[Trial]:
    """Yield a newsroom to be tortured, in a folder that goes away."""
    with ExitStack() as open_:
        folder = Path(open_.enter_context(tempfile.TemporaryDirectory()))
        server = open_.enter_context(TruthServer(seed=seed, pipelining=pipelining))
        nursery = open_.enter_context(Nursery())
        database = ""
        if cluster is not None:
            name = open_.enter_context(cluster.empty())
            database = cluster.server(name).url
        yield Trial(
            folder / "news",
            server,
            nursery,
            readers=readers,
            connections=connections,
            database=database,
            seed=seed,
        )


def random_kills(tried: Trial, rounds: int) -> Verdict:
    """Kill senders at random moments; each crash leaves a doubt a connection at most."""
    tried.server.faults = ROUGH
    for _ in range(rounds):
        if not tried.waiting():
            break
        tried.kill_soon(tried.start())
        assert tried.doubtful() <= tried.connections
        tried.ahead += HALF_A_DAY // rounds  # within the day that an issue lasts
    return tried.finish()


def kills_at_commits(tried: Trial, rounds: int) -> Verdict:
    """Kill senders at each of their commits, before and after it is written."""
    for number in range(1, rounds + 1):
        for written in (False, True):
            tried.run(die_at=number, written=written)
            tried.kills += 1
            assert tried.doubtful() <= tried.connections
            if not tried.waiting():
                return tried.finish()
    return tried.finish()


def zombies(tried: Trial, rounds: int) -> Verdict:
    """Stop senders until their lease is over; others go on; then wake them."""
    for _ in range(rounds):
        sleeper = tried.start(locked=False, lease=1)
        tried.server.wait_for(tried.server.accepted.total() + 1, seconds=10)
        time.sleep(tried.chance.uniform(0, 0.05))
        os.kill(sleeper, signal.SIGSTOP)
        time.sleep(1.1)
        other = tried.start(locked=False, lease=1)
        time.sleep(tried.chance.uniform(0.2, 1))
        os.kill(sleeper, signal.SIGCONT)
        tried.nursery.wait(other)
        tried.nursery.wait(sleeper)
        tried.kills += 1
    return tried.finish()


def two_at_once(tried: Trial, rounds: int) -> Verdict:
    """Start several senders at once, with the lock and without, and kill one."""
    for _ in range(rounds):
        locked = tried.chance.random() < 0.5
        senders = [tried.start(locked=locked) for _ in range(3)]
        tried.kill_soon(senders[0])
        for process in senders[1:]:
            tried.nursery.wait(process)
        if not tried.waiting():
            break
    return tried.finish()


def crashed_database(tried: Trial, rounds: int, cluster: Cluster) -> Verdict:
    """Crash the database server under senders, as a power cut would."""
    for _ in range(rounds):
        process = tried.start()
        tried.server.wait_for(tried.server.accepted.total() + 1, seconds=10)
        time.sleep(tried.chance.uniform(0, 0.1))
        cluster.crash()
        tried.nursery.wait(process)
        cluster.start()
        tried.kills += 1
        if not tried.waiting():
            break
    return tried.finish()


SCENARIOS: dict[str, Callable[[Trial, int], Verdict]] = {
    "killed at random, rough server": random_kills,
    "killed at every commit": kills_at_commits,
    "stopped, woken as zombies": zombies,
    "two and three at once": two_at_once,
}

#: How messages go: with PIPELINING, and on how many connections.
WAYS = {
    "": (True, CONNECTIONS),
    ", lockstep": (False, CONNECTIONS),
    ", 1 line": (True, 1),  # contents set out before they are written down
}


def main(rounds: int = 100) -> int:
    """Do all of it on both engines, print the table, return 0 if all is well."""
    names = [field.name for field in fields(Verdict)]
    print(f"{'':52}" + "".join(f"{name:>9}" for name in names))
    engines = [None, cluster()] if program("initdb") else [None]
    well = True
    for engine in engines:
        for way, (pipelining, connections) in WAYS.items():
            for number, (name, scenario) in enumerate(SCENARIOS.items()):
                with trial(
                    readers=40 * rounds, seed=number, cluster=engine,
                    pipelining=pipelining, connections=connections,
                ) as tried:  # fmt: skip
                    verdict = scenario(tried, rounds)
                well &= verdict.clean
                told = f"{name}, {'PostgreSQL' if engine else 'SQLite'}"
                show(told + way, verdict, names)
        if engine:
            with trial(readers=40 * rounds, seed=9, cluster=engine) as tried:
                verdict = crashed_database(tried, rounds, engine)
            well &= verdict.clean
            show("database crashed, PostgreSQL", verdict, names)
    remove_cluster()
    return 0 if well else 1


def show(name: str, verdict: Verdict, names: list[str]) -> None:
    figures = "".join(f"{getattr(verdict, each):9,}" for each in names)
    print(f"{name:52}{figures}  {'ok' if verdict.clean else 'WRONG'}", flush=True)


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]) if sys.argv[1:] else 100))
