"""Returned mail for a real newsroom: samples with the tokens of its readers."""

from __future__ import annotations

from pathlib import Path

from digest.config import load_settings
from digest.links import Purpose
from digest.model import Subscriber
from digest.newsroom import Newsroom
from tests.test_bounces import SAMPLES

#: The tokens in the samples.
BOUNCE = b"mzxw6ytboi4erbbnvjjmrid4nwo3nsup"
UNSUBSCRIBE = b"mzxw6ytboi4erqf7dezxwn4zdw6ehvpg"


def newsroom_in(project: Path) -> Newsroom:
    return Newsroom(load_settings(project, environment={}))


def reader_in(project: Path, address: str) -> Subscriber:
    """Return a reader as the database has them now."""
    with newsroom_in(project) as newsroom:
        return newsroom.subscriber(address)


def with_tokens(content: bytes, bounce: str, leave: str) -> bytes:
    """Return a sample with other tokens, in the case of those it has."""
    content = content.replace(b"=\n", b"")  # one token is broken by it
    for was, now in ((BOUNCE, bounce.encode()), (UNSUBSCRIBE, leave.encode())):
        content = content.replace(was, now).replace(was.upper(), now.upper())
    return content


def returned(project: Path, sample: str, address: str) -> bytes:
    """Return a sample about that reader's mail of the last issue of `daily`."""
    with newsroom_in(project) as newsroom:
        issue = newsroom.store.archive.last_issue("daily")
        assert issue
        reader = newsroom.subscriber(address).id
        return with_tokens(
            (SAMPLES / f"{sample}.eml").read_bytes(),
            newsroom.links.token(Purpose.BOUNCE, subscriber=reader, scope=issue.id),
            newsroom.links.token(Purpose.UNSUBSCRIBE, subscriber=reader, scope="daily"),
        )
