"""How long 300 articles and 2,000 readers take: collect, plan, build, send.

    python -m benchmarks.two_thousand_readers [READERS [ARTICLES]]

`send` goes through SMTP to a server on this machine (Postfix's smtp-sink when it is
installed, our own postbox otherwise), with every delivery committed to disk on its way.
"""

from __future__ import annotations

import resource
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from benchmarks.sending import SINK, sink
from benchmarks.sized_newsroom import make_newsroom
from digest.config import load_settings
from digest.newsroom import Newsroom
from digest.postbox import LOOPBACK, Postbox
from digest.settings import Security, SmtpDelivery
from digest.transports import open_transport


@contextmanager
def timed(what: str, number: int) -> Iterator[None]:
    """Print how long the block took, and per item."""
    began = time.perf_counter()
    yield
    took = time.perf_counter() - began
    print(f"{what:28} {took:7.2f} s   {1000 * took / number:7.3f} ms each")


@contextmanager
def server(folder: Path) -> Iterator[tuple[str, int]]:
    """Run an SMTP server on loopback; yield its name and port."""
    if SINK is None:
        with Postbox(folder / "maildir") as box:
            yield "postbox", box.port
        return
    with sink() as port:
        yield "smtp-sink", port


def main(readers: int, articles: int) -> None:
    """Run the chain once and print the times."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        settings_file = make_newsroom(
            folder / "news", articles=articles, readers=readers
        )
        settings = load_settings(settings_file, environment={})
        with Newsroom(settings) as newsroom:
            newsletter = newsroom.settings.newsletters[0]
            with timed("collect", articles):
                for collected in newsroom.collect():
                    assert not collected.error, collected
            with timed("import readers", readers):
                newsroom.refresh_subscribers()
            with timed("plan", readers):
                plan = newsroom.issues.plan(
                    newsroom.issues.draft(newsletter), newsletter
                )
            number = len(plan.receiving)
            pages = {
                tuple(article.id for article in row.digest.articles)
                for row in plan.receiving
            }
            print(f"  {number} digests, {len(pages)} distinct choices of articles")
            with timed("build (.eml .html .txt)", number):
                newsroom.build(plan, folder / "out")
            issue = newsroom.issues.prepare(newsletter)
            assert issue is not None
            with server(folder) as (software, port):
                smtp = SmtpDelivery(host=LOOPBACK, port=port, security=Security.NONE)
                with timed(f"send (to {software})", number):
                    report = newsroom.send(issue, transport=open_transport(smtp))
                with timed("send again (nobody twice)", number):
                    newsroom.send(issue, transport=open_transport(smtp))
            print(f"  {report.counts}")
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"peak memory {peak:.0f} MiB")


if __name__ == "__main__":
    sizes = [int(argument) for argument in sys.argv[1:]]
    main(*(sizes + [2000, 300][len(sizes) :]))
