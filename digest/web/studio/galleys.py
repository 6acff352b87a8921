"""One reader's mail as a printer's proof: made as `send` makes it, and made quickly.

What every mail of an issue is joined from is worked out once, which takes seconds for
hundreds of articles. Nobody waits for that: the first mails are rendered by themselves,
and the issue is worked out meanwhile. Both say the same, to the letter; where the lines
of the encoded parts end may differ, so `Galley.whole` says which bytes are those that
leave.
"""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from digest.assembly import Assembler
from digest.errors import DigestError
from digest.lint import Finding
from digest.linting import Linter
from digest.model import (
    Digest,
    Format,
    Issue,
    Length,
    Message,
    Newsletter,
    Outcome,
    Status,
    Subscriber,
)
from digest.newsroom import NOBODY, Newsroom
from digest.rendering import Rendered
from digest.selection import Candidates
from digest.web.studio.words import called


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
    whole: bool = True  #: joined as `send` joins it: the bytes that leave

    @property
    def html(self) -> str:
        """The HTML part, or ""."""
        return (self.rendered.html or "") if self.rendered else ""

    @property
    def content(self) -> bytes:
        """The message as it leaves, or b""."""
        return self.message.content if self.message else b""

    @property
    def text(self) -> str:
        """The subject and the text part, or ""."""
        if self.rendered is None:
            return ""
        return f"Subject: {self.rendered.subject}\n\n{self.rendered.text}"

    @property
    def said(self) -> tuple[str, str, str]:
        """All that this mail says: equal for two that look the same."""
        return self.text, self.html, self.digest.skipped

    @property
    def key(self) -> str:
        """What this message is called: other bytes, another key."""
        return hashlib.sha256(self.content).hexdigest()[:24]


class Press:
    """Makes the galleys of one issue, as long as nothing on the disk changes."""

    def __init__(
        self,
        newsroom: Newsroom,
        issue: Issue,
        *,
        at: datetime,
        patience: float,
        on_whole: Callable[[], None],
    ) -> None:
        """Read the templates; `on_whole` is called when the issue is worked out.

        `at` is the Date of mails that were not sent yet. Working the issue out begins
        `patience` seconds after the first mail.
        """
        self._newsroom, self._on_whole, self.at = newsroom, on_whole, at
        self._patience, self._abandoned = patience, threading.Event()
        self.issue = issue
        self._single = newsroom.assembler(issue, joined=False)
        self._joined: Assembler | None = None  #: what `send` uses; made when needed
        self._joining = threading.Lock()
        self._worked_out: dict[_Shape, DigestError | None] = {}  # None: it went well
        self._linter: Linter | None = None
        self._begun = set[_Shape]()
        self.working = list[threading.Thread]()  #: that work the issue out
        self._lock = threading.Lock()

    def galley(
        self, reader: Subscriber, *, received: Collection[str], at: datetime
    ) -> Galley:
        """Return a reader's mail; raise what making it raises, as `send` would."""
        made = self._single
        digest = made.choose(reader, received=received, now=at)
        found = Galley(
            newsletter=made.newsletter,
            issue=self.issue,
            reader=reader,
            received=frozenset(received),
            at=at,
            candidates=made.spans.of(reader),
            digest=digest,
            enclosed={url: each.url for url, each in made.enclosures.items()},
        )
        if digest.skipped:
            return found
        whole = self._whole(self._shape(reader))
        maker = self._assembler() if whole else made
        rendered, message = maker.message(reader, digest, dated=at)
        if not whole:
            self._work_out(found)
        return replace(found, rendered=rendered, message=message, whole=whole)

    def findings(self, galley: Galley) -> Sequence[Finding]:
        """Return what the linter says of a mail."""
        assert galley.message is not None
        with self._lock:
            if self._linter is None:
                self._linter = Linter(self._single, self._newsroom.settings)
        return self._linter.look([(galley.reader, galley.message)]).findings

    def test(self, galley: Galley, recipient: str, *, at: datetime) -> Outcome:
        """Send what a galley shows to somebody; it is marked as a test."""
        maker = self._assembler() if galley.whole else self._single
        message = maker.test_message(
            replace(galley.reader, id=NOBODY, status=Status.ACTIVE),
            whose=called(galley.reader),
            recipient=recipient,
            now=at,
            received=galley.received,
        )
        return self._newsroom.hand_over(message)

    def abandon(self) -> None:
        """Begin nothing more: something has changed, and this is not shown again."""
        self._abandoned.set()

    def _shape(self, reader: Subscriber) -> _Shape:
        """Return what decides which pages are compiled for a reader."""
        wishes, back = reader.preferences, self._single.spans.back(reader)
        return back, reader.language, wishes.length, wishes.format

    def _assembler(self) -> Assembler:
        """Return what joins mails; who only looks at one after a save waits for none."""
        with self._joining:
            if self._joined is None:
                self._joined = self._newsroom.assembler(self.issue)
            return self._joined

    def _whole(self, shape: _Shape) -> bool:
        """Whether mails of this shape are worked out; raise what went wrong if not."""
        with self._lock:
            if failed := self._worked_out.get(shape):
                raise failed
            return shape in self._worked_out

    def _work_out(self, galley: Galley) -> None:
        """Begin to compile the issue for readers like this one, unless it is begun."""
        shape = self._shape(galley.reader)

        def work() -> None:
            if self._abandoned.wait(self._patience):
                return
            failed: DigestError | None = None
            try:
                made = self._assembler()
                made.message(galley.reader, galley.digest, dated=galley.at)
            except DigestError as error:
                failed = error
            except Exception as error:  # noqa: BLE001 a fault of ours gets words, too
                failed = unforeseen(error)
            with self._lock:
                self._worked_out[shape] = failed
            self._on_whole()

        with self._lock:
            if shape in self._begun:
                return
            self._begun.add(shape)
        thread = threading.Thread(target=work, daemon=True)
        self.working.append(thread)
        thread.start()


def unforeseen(error: Exception) -> DigestError:
    """Return the words for a fault of ours."""
    return DigestError(f"this should not have happened: {error!r}")


_Shape = tuple[int, str, Length, Format]
