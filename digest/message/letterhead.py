"""What the header of every message of an issue says, worked out once.

Of some twenty fields only six differ from reader to reader. The others are checked,
encoded and folded when the first message of an issue is composed, and joined as octets
into the rest.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

from digest.message.headers import (
    mailbox_field,
    matching,
    named_field,
    on_the_wire,
    plain_field,
    uri_field,
)
from digest.model import Mailbox

_NOT_ALPHANUMERIC = re.compile(r"[^A-Za-z0-9]")
_LIST_ID = re.compile(r"[A-Za-z0-9_-]+(?:\.[A-Za-z0-9_-]+)+")


class Standing(NamedTuple):
    """Fields as octets with their line ends, by their place among a reader's own."""

    sender: bytes  #: From, which comes first
    reply_to: tuple[bytes, ...]  #: Reply-To or nothing, after To
    list_id: bytes  #: List-Id, after Message-ID
    rest: tuple[bytes, ...]  #: List-Help to MIME-Version, after List-Unsubscribe


@dataclass(frozen=True, kw_only=True)
class Letterhead:
    """What the header says that is the same for every reader of an issue.

    URLs and addresses come without angle brackets; a field that is empty here is
    left out of the message.
    """

    sender: Mailbox  #: the publication, the same in every issue
    list_id: str  #: ``daily.longitude.example``: the newsletter, for ever
    list_title: str
    reply_to: Mailbox | None = None
    help_url: str = ""
    archive_url: str = ""  #: of the newsletter; holds no token
    owner: str = ""  #: the mailbox of whoever answers for the list
    archived_at: str = ""  #: of this issue, the same for all; holds no token
    issue: str = ""  #: with `newsletter`: what Gmail's complaint counts name
    newsletter: str = ""  #: slug

    @cached_property
    def standing(self) -> Standing:
        """The fields themselves; raises `HeaderProblem` when one cannot be written."""
        list_id = matching("List-Id", self.list_id, _LIST_ID)
        reply_to = [mailbox_field("Reply-To", self.reply_to)] if self.reply_to else []
        return Standing(
            sender=on_the_wire(mailbox_field("From", self.sender)),
            reply_to=tuple(map(on_the_wire, reply_to)),
            list_id=on_the_wire(
                named_field("List-Id", self.list_title, f"<{list_id}>")
            ),
            rest=tuple(map(on_the_wire, _rest(self))),
        )


def _rest(letterhead: Letterhead) -> Iterator[str]:
    """Yield what makes this list mail that is never answered."""
    if letterhead.help_url:
        yield uri_field("List-Help", letterhead.help_url)
    if letterhead.archive_url:
        yield uri_field("List-Archive", letterhead.archive_url)
    yield "List-Post: NO"  # RFC 2369 section 3.4: nobody but us writes to it
    if letterhead.owner:
        yield uri_field("List-Owner", mailbox=letterhead.owner)
    if letterhead.archived_at:
        yield uri_field("Archived-At", letterhead.archived_at)  # RFC 5064
    if letterhead.issue and letterhead.newsletter:
        yield plain_field("Feedback-ID", _feedback_id(letterhead))
    yield "Precedence: bulk"  # old auto-responders and SpamAssassin still read it
    yield "Auto-Submitted: auto-generated"  # RFC 3834: no vacation replies
    yield "X-Auto-Response-Suppress: OOF, AutoReply"  # the same, for Exchange
    yield "MIME-Version: 1.0"


def _feedback_id(letterhead: Letterhead) -> str:
    """Return Gmail's four fields; the last, of 5 to 15 characters, is the sender."""
    domain = letterhead.sender.address.rpartition("@")[2]
    sender = f"{_NOT_ALPHANUMERIC.sub('', domain)[:15]:0<5}"
    named = (
        part.replace(":", "-") for part in (letterhead.issue, letterhead.newsletter)
    )
    return ":".join([*named, "digest", sender])
