"""How much of a disk a journal takes: a million readers must not need a larger one."""

from __future__ import annotations

from pathlib import Path

from digest.model import Outcome, State
from digest.store import Start, Store
from tests.projects import MONDAY, Clock
from tests.stores import article, issue, opened, reader, rows

READERS = 3_000
ARTICLES = 60  #: of the issue; a bit for each: of 200 articles it is 126 octets
REPLY = "250 2.0.0 Ok: queued as 4Q7x1B0HwTzJqKd"

#: A row of one mail, from `queued` to `sent`, in octets of the file.
AT_MOST = 120


def octets(folder: Path) -> int:
    """Return how large the file is, without pages that are free again."""
    ((pages, free, size),) = rows(
        folder,
        "select page_count, freelist_count, page_size from pragma_page_count, "
        "pragma_freelist_count, pragma_page_size",
    )
    return (int(str(pages)) - int(str(free))) * int(str(size))


def send(store: Store, name: str) -> None:
    """Write down that every mail of an issue was sent, a hundred at a time."""
    journal = store.journal
    articles = tuple(f"a{n}" for n in range(0, ARTICLES, 3))
    while claims := journal.claim(name, limit=100, lease_seconds=60):
        starts = [Start(claim=c, dated=MONDAY, articles=articles) for c in claims]
        journal.write(name, starts=starts, leaving=claims)
        outcomes = [
            (c, Outcome(delivery=c.delivery, state=State.SENT, reply=REPLY), None)
            for c in claims
        ]
        journal.write(name, outcomes=outcomes)


def test_a_delivery_takes_120_octets_at_most_before_and_after_it_is_sent(
    tmp_path: Path,
) -> None:
    with opened(tmp_path, Clock()) as store:
        store.audience.import_(
            [reader(n) for n in range(READERS)], origin="readers", sync=False
        )
        articles = tuple(article(n, id=f"a{n}") for n in range(ARTICLES))
        frozen = store.archive.freeze(issue(articles=articles))
        assert frozen is not None
        before = octets(tmp_path)
        store.journal.plan(frozen.id, "daily")
        planned = octets(tmp_path)
        send(store, frozen.id)
        sent = octets(tmp_path)
    assert (planned - before) / READERS < AT_MOST
    assert (sent - before) / READERS < AT_MOST
