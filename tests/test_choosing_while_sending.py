"""Two hundred readers choose on the public pages while an issue goes out to them.

Three processes share one SQLite database, as in a newsroom: `digest serve` answers,
`digest send` sends, and we are the readers. How long it takes is measured elsewhere
(benchmarks/choosing.py); here everything is counted.
"""

from __future__ import annotations

import http.client
import re
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from urllib.parse import urlencode, urlsplit

import pytest

from digest.config import load_settings
from digest.links import Links
from digest.model import State, Subscriber
from digest.newsroom import Newsroom
from digest.postbox import Postbox
from tests.commands import finish, start
from tests.projects import smtp_settings, write_project
from tests.visitors import ONE_CLICK

READERS = 200
#: A third each: the form, the page of one topic, one click.
FORM, LESS, LEAVE = range(3)
HEADLINES = {
    "rivers": {"The ferry is back", "A lock reopens"},
    "schools": {"No bell on Monday"},
}


@contextmanager
def served(project: Path) -> Iterator[int]:
    """Run `digest serve`; yield its port."""
    process = start(project, "serve", "--port", "0")
    try:
        assert process.stdout
        found = re.search(r"http://127\.0\.0\.1:(\d+)/", process.stdout.readline())
        assert found
        yield int(found[1])
    finally:
        process.terminate()
        assert finish(process).code == 0


def post(port: int, path: str, body: str, *, number: int) -> int:
    """Send a form as the web server in front does, for one reader; return the status."""
    line = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    headers = {
        "Content-Type": "application/x-www-form-urlencoded",
        "X-Forwarded-For": f"198.51.100.{number}",
    }
    line.request("POST", path, body, headers)
    answer = line.getresponse()
    answer.read()
    line.close()
    return answer.status


def chosen(reader: Subscriber, number: int) -> Subscriber:
    """Return a reader as they are to be in the end."""
    wanted = reader.preferences
    if number % 3 == LEAVE:
        wanted = replace(wanted, newsletters=frozenset())
        return replace(reader, preferences=wanted, left=frozenset({"daily"}))
    if number % 3 == LESS:
        return replace(reader, preferences=replace(wanted, mutes=frozenset({"rivers"})))
    wanted = replace(wanted, follows=("schools",), limit=number % 9 + 1)
    return replace(reader, preferences=wanted)


def choose(port: int, links: Links, reader: Subscriber, number: int) -> int:
    """Do what this reader does; return the status of the answer."""
    page = urlsplit(links.preferences(reader.id, "daily")).path
    if number % 3 == LEAVE:
        leave = urlsplit(links.unsubscribe(reader.id, "daily")).path
        return post(port, leave, ONE_CLICK.decode(), number=number)
    if number % 3 == LESS:
        return post(port, f"{page}/less/rivers", "do=mute", number=number)
    form = {
        "newsletter": "daily",
        "topic-rivers": "skip",
        "topic-schools": "follow",
        "limit": number % 9 + 1,
        "name": reader.name,
    }
    return post(port, page, urlencode(form), number=number)


@pytest.mark.slow
def test_no_choice_is_lost_and_no_mail_comes_twice_or_torn(tmp_path: Path) -> None:
    with Postbox(tmp_path / "arrived") as box:
        project = write_project(
            tmp_path / "news",
            settings=smtp_settings(box.port).replace(
                "security: none", "security: none, rate: 40 per second"
            ),
            readers="subscribers:\n"
            + "".join(
                f"- {{address: r{n}@readers.example, name: Reader {n}}}\n"
                for n in range(READERS)
            ),
        )
        with Newsroom(load_settings(project, environment={})) as newsroom:
            newsroom.refresh_subscribers()
            assert not any(each.error for each in newsroom.collect())
            readers = [
                newsroom.subscriber(f"r{n}@readers.example") for n in range(READERS)
            ]
            links = newsroom.links
        with served(project) as port, ThreadPoolExecutor(16) as pool:
            sending = start(project, "send")
            while not box.received:
                assert sending.poll() is None
                time.sleep(0.01)
            statuses = list(
                pool.map(
                    lambda each: choose(port, links, each[1], each[0]),
                    enumerate(readers),
                )
            )
            assert finish(sending).code == 0

        assert set(statuses) == {200}
        with Newsroom(load_settings(project, environment={})) as newsroom:
            found = newsroom.store.audience.by_ids([each.id for each in readers])
            (issue,) = newsroom.store.archive.issues("daily")
            rows = list(newsroom.store.journal.deliveries(issue.id))
        for number, reader in enumerate(readers):
            assert found[reader.id] == chosen(reader, number), number

        # One row each; sent exactly to whom a mail came; left out only who had left.
        assert len({row.subscriber for row in rows}) == len(rows) == READERS
        sent = {row.subscriber for row in rows if row.state is State.SENT}
        left_out = {row.subscriber for row in rows if row.state is State.SKIPPED}
        by_address = {each.address: each.id for each in readers}
        assert {by_address[a]: n for a, n in box.received.items()} == dict.fromkeys(
            sent, 1
        )
        assert sent | left_out == found.keys()
        leavers = {r.id for n, r in enumerate(readers) if n % 3 == LEAVE}
        assert left_out <= leavers
        assert left_out, "some left before their mail was made"
        assert_whole(tmp_path / "arrived" / "new")


def assert_whole(folder: Path) -> None:
    """Assert that each mail is of the choice before or after, and some are of each."""
    everything = frozenset.union(*map(frozenset, HEADLINES.values()))
    kinds = set()
    for file in folder.iterdir():
        text = file.read_text()
        kinds.add(frozenset(line for line in everything if line in text))
    assert kinds == {everything, frozenset(HEADLINES["schools"])}
