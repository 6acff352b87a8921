"""Where returned mail is read: whether each place is there, and can be read."""

from __future__ import annotations

from dataclasses import replace

from digest.doctor.observations import Observation, ok, unseen, wrong
from digest.errors import DigestError
from digest.inbox import configured
from digest.settings import Bounces

THING = "returned mail"
IMAP = "returned mail by IMAP"


def on_this_machine(bounces: Bounces | None) -> list[Observation]:
    """Look at the Maildir and the mbox; say so when nothing is named at all."""
    if bounces is None:
        return [unseen(THING, "digest.yaml has no `bounces:`: nothing is read there")]
    return inboxes(replace(bounces, imap=None))


def inboxes(bounces: Bounces) -> list[Observation]:
    """Open each place and count what waits in it; no mail changes."""
    found = []
    for inbox in configured(bounces):
        thing = IMAP if bounces.imap else f"{THING} in {inbox.name}"
        try:
            found.append(ok(thing, f"{inbox.waiting():,} there in {inbox.name}"))
        except DigestError as error:
            found.append(wrong(thing, *_parted(str(error))))
    return found


def _parted(words: str) -> tuple[str, str]:
    """Part what was found from what to do, which comes last in every error of ours."""
    for sign in (". ", "; "):
        what, parted, remedy = words.rstrip(".").rpartition(sign)
        if parted:
            return what, remedy
    return words, "see docs/bounces.md"
