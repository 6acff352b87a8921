"""The journal's rows, as those see them who claim, send and ask."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from digest.model import State


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """One reader's row, leased to this process."""

    issue: str
    subscriber: str
    token: str  #: shared by the rows claimed together
    attempts: int = 0  #: made before
    #: When an earlier attempt may have arrived: its Date and its articles, so that
    #: this one is the same mail.
    dated: datetime | None = None
    articles: frozenset[str] | None = None

    @property
    def delivery(self) -> str:
        """The row's id."""
        return delivery_id(self.issue, self.subscriber)


@dataclass(frozen=True, slots=True, kw_only=True)
class Start:
    """A claimed row whose message is made: its Date, and the articles it holds."""

    claim: Claim
    dated: datetime
    articles: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Wait:
    """A claimed row that is not tried before its reader's hour."""

    claim: Claim
    due: datetime
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    """What one `write` did."""

    skipped: frozenset[str] = frozenset()  #: deliveries
    recorded: frozenset[str] = frozenset()
    #: Deliveries that may not go on: not ours any more, unsubscribed, or an article
    #: of it just came with another newsletter. Those still ours are queued again.
    refused: frozenset[str] = frozenset()
    hold: str = ""  #: why nothing of the issue may leave at present


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """One row as it stands."""

    issue: str
    subscriber: str
    state: State
    attempts: int
    due: datetime | None  #: of a deferred one
    dated: datetime | None  #: the message's Date, once there was an attempt
    reason: str  #: why it was skipped
    reply: str  #: the server's last words
    changed: datetime

    @property
    def id(self) -> str:
        """What envelopes, outcomes and file names call it."""
        return delivery_id(self.issue, self.subscriber)


@dataclass(frozen=True, slots=True, kw_only=True)
class Brought:
    """What one mail brought to a reader, or may have brought."""

    issue: str
    dated: datetime
    articles: frozenset[str]  #: ids, of those asked for


def delivery_id(issue_id: str, subscriber_id: str) -> str:
    """Return the id of the row of an issue and a reader."""
    return f"{issue_id}:{subscriber_id}"
