"""A few rounds of what `make torture` does by the hundred."""

from __future__ import annotations

import pytest

from tests import torture
from tests.cluster import cluster
from tests.torture import trial

pytestmark = pytest.mark.slow


@pytest.mark.parametrize("way", torture.WAYS)
def test_senders_killed_at_random_lose_nothing_and_double_nothing(way: str) -> None:
    pipelining, connections = torture.WAYS[way]
    with trial(
        readers=250, seed=11, pipelining=pipelining, connections=connections
    ) as tried:
        verdict = torture.random_kills(tried, 5)

    assert verdict.clean, verdict
    assert verdict.kills > 1
    told = (verdict.sent, verdict.failed, verdict.skipped, verdict.unknown)
    assert sum(told) == 250
    assert verdict.skipped <= verdict.kills * connections  # in hand at each


def test_senders_killed_at_any_commit_lose_nothing_and_double_nothing() -> None:
    with trial(readers=60, seed=12) as tried:
        verdict = torture.kills_at_commits(tried, 6)

    assert verdict.clean, verdict
    assert verdict.unknown <= verdict.kills * torture.CONNECTIONS


def test_a_sender_that_slept_through_its_lease_does_no_harm() -> None:
    with trial(readers=150, seed=13) as tried:
        verdict = torture.zombies(tried, 1)

    assert verdict.clean, verdict


def test_senders_at_once_send_each_mail_once() -> None:
    with trial(readers=200, seed=14) as tried:
        verdict = torture.two_at_once(tried, 2)

    assert verdict.clean, verdict


def test_a_database_server_that_crashes_forgets_nothing() -> None:
    server = cluster()
    with trial(readers=250, seed=15, cluster=server) as tried:
        verdict = torture.crashed_database(tried, 2, server)

    assert verdict.clean, verdict
    assert verdict.kills > 0
