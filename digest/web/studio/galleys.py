"""One reader's mail as a printer's proof: made as `send` makes it, and made quickly.

What every mail of an issue is joined from is worked out once, which takes seconds for
hundreds of articles. Nobody waits for that: the first mails are joined from the
articles they hold themselves, and the whole issue is worked out meanwhile. Both give
the same mail; only from the whole issue is it sure that the bytes are those that
leave, and `Galley.whole` says so.
"""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime

from digest.assembly import Assembler
from digest.errors import DigestError
from digest.model import (
    Digest,
    Format,
    Issue,
    Length,
    Message,
    Newsletter,
    Outcome,
    Section,
    Status,
    Subscriber,
)
from digest.newsroom import NOBODY, Newsroom
from digest.rendering import Rendered
from digest.selection import Candidates, catalogue

#: With more articles in its sections, an issue is worked out beside the first mails.
AT_ONCE = 60


@dataclass(frozen=True, slots=True, kw_only=True)
class Galley:
    """One reader's mail of one issue, and what it came from."""

    newsletter: Newsletter
    issue: Issue
    reader: Subscriber
    received: frozenset[str]  #: ids of articles the reader got before
    at: datetime  #: when it is looked at, and the mail's Date
    candidates: Candidates
    digest: Digest
    rendered: Rendered | None = None  #: None: this reader gets nothing
    message: Message | None = None
    enclosed: Mapping[str, str] = field(default_factory=dict)  #: `cid:` by URL
    whole: bool = True  #: joined from all of the issue: the bytes that leave

    @property
    def html(self) -> str:
        """The HTML part, or ""."""
        return (self.rendered.html or "") if self.rendered else ""

    @property
    def content(self) -> bytes:
        """The message as it leaves, or b""."""
        return self.message.content if self.message else b""

    @property
    def key(self) -> str:
        """What this mail is called as long as it says the same."""
        told = (self.html, self.rendered.text if self.rendered else "", self.whole)
        head = self.content.partition(b"\r\n\r\n")[0]
        return hashlib.sha256(repr((told, head)).encode()).hexdigest()[:16]


class Press:
    """Makes the galleys of one issue; as long as nothing on the disk changes."""

    def __init__(
        self,
        newsroom: Newsroom,
        issue: Issue,
        *,
        at: datetime,
        on_whole: Callable[[], None],
    ) -> None:
        """Read the templates; `on_whole` is called when the issue is worked out.

        `at` is the Date of mails that were not sent yet.
        """
        self._newsroom, self._on_whole, self.at = newsroom, on_whole, at
        self.issue = issue
        self._whole = newsroom.assembler(issue)
        self._sections = catalogue(self._whole.candidates)
        self._quick = sum(len(each.articles) for each in self._sections) <= AT_ONCE
        self._known: dict[_Shape, DigestError | None] = {}  # None: worked out
        self._working = set[_Shape]()
        self._lock = threading.Lock()

    @property
    def newsletter(self) -> Newsletter:
        """What the issue belongs to."""
        return self._whole.newsletter

    def galley(
        self, reader: Subscriber, *, received: Collection[str], at: datetime
    ) -> Galley:
        """Return a reader's mail; raise what making it raises, as `send` would."""
        made = self._whole
        digest = made.choose(reader, received=received, now=at)
        found = Galley(
            newsletter=made.newsletter,
            issue=self.issue,
            reader=reader,
            received=frozenset(received),
            at=at,
            candidates=made.candidates,
            digest=digest,
            enclosed={url: each.url for url, each in made.enclosures.items()},
        )
        if digest.skipped:
            return found
        whole = self._ready(reader, digest, at)
        maker = made if whole else self._narrow(digest)
        rendered, message = maker.message(reader, digest, dated=at)
        return replace(found, rendered=rendered, message=message, whole=whole)

    def test(self, galley: Galley, recipient: str, *, at: datetime) -> Outcome:
        """Send what a galley shows to somebody; it is marked as a test."""
        ready = self._quick or galley.whole
        maker = self._whole if ready else self._narrow(galley.digest)
        message = maker.test_message(
            replace(galley.reader, id=NOBODY, status=Status.ACTIVE),
            whose=galley.reader.name or galley.reader.address,
            recipient=recipient,
            now=at,
            received=galley.received,
        )
        return self._newsroom.hand_over(message)

    @property
    def assembler(self) -> Assembler:
        """What makes the whole issue's mails."""
        return self._whole

    def _ready(self, reader: Subscriber, digest: Digest, at: datetime) -> bool:
        """Return whether mails of this shape are worked out, or begin with it."""
        if self._quick:
            return True
        shape = _shape(reader)
        with self._lock:
            if shape in self._known:
                failed = self._known[shape]
                if failed is not None:
                    raise failed
                return True
            if shape not in self._working:
                self._working.add(shape)
                threading.Thread(
                    target=self._work_out, args=(shape, reader, digest, at), daemon=True
                ).start()
        return False

    def _work_out(
        self, shape: _Shape, reader: Subscriber, digest: Digest, at: datetime
    ) -> None:
        failed: DigestError | None = None
        try:
            self._whole.message(reader, digest, dated=at)
        except DigestError as error:
            failed = error
        with self._lock:
            self._known[shape] = failed
        self._on_whole()

    def _narrow(self, digest: Digest) -> Assembler:
        """Return what makes mails of a digest's articles alone."""
        ids = {article.id for article in digest.articles}
        kept = (
            replace(
                section,
                articles=tuple(c for c in section.articles if c.article.id in ids),
            )
            for section in self._sections
        )
        sections: tuple[Section, ...] = tuple(each for each in kept if each.articles)
        return self._newsroom.assembler(self.issue, sections=sections)


_Shape = tuple[str, Length, Format]


def _shape(reader: Subscriber) -> _Shape:
    """Return what decides which pages are compiled for a reader."""
    wishes = reader.preferences
    return reader.language, wishes.length, wishes.format
