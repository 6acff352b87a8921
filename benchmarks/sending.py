"""How fast messages leave: against the limit on this machine, and over a longer way.

    python -m benchmarks.sending [--quick]

The server is Postfix's smtp-sink. The limit is Postfix's own smtp-source, which sends
one and the same content again and again, in C; ours sends a content of its own to each
reader. Beside them, what one writes first: a loop over `smtplib`. Only ratios within a
round mean something: the server takes most of a core, whoever sends.

Over the longer way (a proxy of ours that delays) the number of round trips a message
takes is what counts, and no machine's load changes it much.
"""

from __future__ import annotations

import resource
import shutil
import smtplib
import socket
import statistics
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from benchmarks import report
from benchmarks.delaying import Delaying
from digest.model import Envelope, Message, Outcome, State
from digest.postbox import LOOPBACK
from digest.settings import Security, SmtpDelivery
from digest.transports.smtp import SmtpTransport

WHERE = "/usr/sbin:/usr/lib/postfix/sbin:/usr/bin"
SINK, SOURCE = (shutil.which(f"smtp-{name}", path=WHERE) for name in ("sink", "source"))
SENDER = "b@longitude.example"
BODY = b"".join(b"%070d\r\n" % line for line in range(568))  # 40 KB
A_NEWSROOMS = BODY[:23_976]  # 24 KB
CONNECTIONS = (1, 5, 20)
ROUND_TRIPS = (0.02, 0.08)  #: seconds


def message(number: int, body: bytes = BODY) -> Message:
    return Message(
        delivery=str(number),
        envelope=Envelope(
            sender=SENDER, recipient=f"r{number}@d{number % 500}.example"
        ),
        content=b"Subject: mail %d\r\n\r\n" % number + body,
    )


class Desk:
    """Makes a message when it is asked for one, and counts; writes nothing down."""

    def __init__(self, number: int, body: bytes = BODY) -> None:
        self._left, self._lock = number, threading.Lock()
        self._body = body
        self.sent = 0
        self.first = self.last = 0.0  #: when the first content left, and all were taken

    def take(self) -> Message | None:
        with self._lock:
            if not self._left:
                return None
            self._left -= 1
            number = self._left
        return message(number, self._body)

    def settle(
        self, outcomes: Sequence[Outcome] = (), *, leaving: Message | None = None
    ) -> bool:
        with self._lock:
            if leaving is not None and not self.first:
                self.first = time.perf_counter()
            self.sent += sum(outcome.state is State.SENT for outcome in outcomes)
            self.last = time.perf_counter()
        return True


@contextmanager
def sink(*options: str) -> Iterator[int]:
    """Run smtp-sink; yield its port."""
    assert SINK
    with socket.create_server((LOOPBACK, 0)) as free:
        port: int = free.getsockname()[1]
    command = [SINK, "-u", "nobody", *options, f"{LOOPBACK}:{port}", "200"]
    process = subprocess.Popen(
        command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        for _ in range(100):
            with socket.socket() as probe:
                if probe.connect_ex((LOOPBACK, port)) == 0:
                    break
            time.sleep(0.05)
        yield port
    finally:
        process.terminate()
        process.wait()


def settings(port: int, connections: int) -> SmtpDelivery:
    return SmtpDelivery(
        host=LOOPBACK,
        port=port,
        security=Security.NONE,
        connections=connections,
        messages_per_connection=10_000,
    )


def ours(port: int, number: int, connections: int, body: bytes = BODY) -> float:
    """Return messages a second."""
    desk, began = Desk(number, body), time.perf_counter()
    SmtpTransport(settings(port, connections)).deliver(desk)
    assert desk.sent == number
    return number / (time.perf_counter() - began)


def limit(port: int, number: int, connections: int, size: int = len(BODY)) -> float:
    """Return smtp-source's messages a second."""
    assert SOURCE
    command = [SOURCE, "-s", str(connections), "-m", str(number), "-l", str(size)]
    began = time.perf_counter()
    subprocess.run([*command, f"{LOOPBACK}:{port}"], check=True, capture_output=True)
    return number / (time.perf_counter() - began)


def loop(port: int, number: int, connections: int) -> float:
    """Return the messages a second of `smtplib`, a thread for each connection."""

    def work(numbers: range) -> None:
        with smtplib.SMTP(LOOPBACK, port, local_hostname="bench") as line:
            for each in numbers:
                mail = message(each)
                line.sendmail(SENDER, [mail.envelope.recipient], mail.content)

    threads = [
        threading.Thread(target=work, args=(range(place, number, connections),))
        for place in range(connections)
    ]
    began = time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return number / (time.perf_counter() - began)


def here(*, number: int, rounds: int) -> dict[str, dict[str, float]]:
    """Compare the three on loopback, in the same rounds; return the ratios' medians."""
    found: dict[str, dict[str, float]] = {}
    rows = []
    with sink() as port:
        for connections in CONNECTIONS:
            ratios: dict[str, list[float]] = {"ours": [], "smtplib": []}
            rates: list[float] = []
            for _ in range(rounds):
                most = limit(port, number, connections)
                rates.append(ours(port, number, connections))
                ratios["ours"].append(rates[-1] / most)
                ratios["smtplib"].append(loop(port, number // 2, connections) / most)
            medians = {name: statistics.median(each) for name, each in ratios.items()}
            found[f"{connections} connections"] = {
                "ours a second": round(statistics.median(rates)),
                **{name: round(ratio, 2) for name, ratio in medians.items()},
            }
            low, high = min(ratios["ours"]), max(ratios["ours"])
            rows.append(
                (
                    connections,
                    f"{statistics.median(rates):,.0f}",
                    f"{medians['ours']:.2f} ({low:.2f} to {high:.2f})",
                    f"{medians['smtplib']:.2f}",
                )
            )
    head = ("connections", "ours a second", "ours / smtp-source", "smtplib / it")
    report.table("Distinct mails of 40 KB to smtp-sink on this machine", head, rows)
    return found


def at_most(*, number: int, rounds: int) -> dict[str, int]:
    """Measure what no sender on this machine can go beyond: what the server takes."""
    found: dict[str, list[float]] = {"smtp-source": [], "ours": [], "the server's": []}
    for _ in range(rounds):
        with sink() as port:
            found["smtp-source"].append(limit(port, number, 4, len(A_NEWSROOMS)))
        before = _processor_of_children()
        with sink() as port:
            found["ours"].append(ours(port, number, 4, A_NEWSROOMS))
        took = _processor_of_children() - before
        found["the server's"].append(1e6 * took / number)
    medians = {name: round(statistics.median(each)) for name, each in found.items()}
    server = medians["the server's"]
    report.table(
        "Mails of 24 KB on 4 connections, nothing written down",
        ("smtp-source a second", "ours a second", "the server's processor a mail"),
        [(*list(medians.values())[:2], f"{server} µs")],
    )
    return medians


def _processor_of_children() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def over_a_way(
    port: int, seconds: float, *, number: int, connections: int
) -> tuple[float, float]:
    """Return how many round trips a message takes: ours, and a `smtplib` loop's."""
    with Delaying(port, seconds) as way:
        desk = Desk(number * connections)
        SmtpTransport(settings(way.port, connections)).deliver(desk)
        mine = (desk.last - desk.first) / number / seconds
        few = max(3, number // 4)
        with smtplib.SMTP(LOOPBACK, way.port, local_hostname="bench") as line:
            began = time.perf_counter()
            for each in range(few):
                mail = message(each)
                line.sendmail(SENDER, [mail.envelope.recipient], mail.content)
            theirs = (time.perf_counter() - began) / few / seconds
    return mine, theirs


def far(*, number: int) -> dict[str, dict[str, float]]:
    """Count round trips over longer ways, with and without PIPELINING."""
    found: dict[str, dict[str, float]] = {}
    rows = []
    for offers, options in (("PIPELINING", ()), ("without it", ("-p",))):
        with sink(*options) as port:
            for seconds in ROUND_TRIPS:
                for connections in (1, 10):
                    mine, theirs = over_a_way(
                        port, seconds, number=number, connections=connections
                    )
                    key = f"{offers}, {1000 * seconds:.0f} ms, {connections}"
                    found[key] = {"ours": round(mine, 2), "smtplib": round(theirs, 2)}
                    rows.append((key, f"{mine:.2f}", f"{theirs:.2f}"))
    head = ("server, way, connections", "ours", "smtplib")
    report.table("Round trips a mail of 40 KB takes", head, rows)
    return found


def main(*, quick: bool = False) -> None:
    """Measure, print, and keep the figures."""
    if SINK is None or SOURCE is None:
        print("\nNot measured: sending. Install Debian's postfix for its smtp-sink.")
        return
    report.keep(
        "sending",
        {
            **report.load(),
            "on this machine": here(
                number=400 if quick else 3_000, rounds=2 if quick else 5
            ),
            "at most": at_most(
                number=400 if quick else 4_000, rounds=2 if quick else 5
            ),
            "round trips": far(number=8 if quick else 40),
        },
    )


if __name__ == "__main__":
    main(quick="--quick" in sys.argv[1:])
