"""The newsroom kept open on an editor's desk, and taken in anew when a file is saved.

What is asked for is made of what lay on the disk at the last save. A save that breaks
something leaves the last good mail where it was, with words about what is wrong.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Collection
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from time import monotonic
from typing import TypeVar

from digest.answering import received_before
from digest.errors import DigestError, InputError
from digest.issues import Issues
from digest.model import Issue, Newsletter, Outcome, Problem, Subscriber
from digest.newsroom import NOBODY, Newsroom
from digest.settings import Settings
from digest.slots import next_slot
from digest.web.studio.asking import INVENTED, NEXT, NOW, Asked, Wishes
from digest.web.studio.galleys import Galley, Press, unforeseen
from digest.web.studio.watching import Changed, Watched, local_sources

FRESH_SECONDS = 2.0  #: other programs may have changed the database after that
#: Nothing big is begun while a browser asks for the first page; after a save another
#: may follow soon.
PATIENCE_SECONDS, PATIENCE_AFTER_A_SAVE = 1.0, 3.0
_KEPT = 64  #: galleys, so that the last good one can be shown and compared

K = TypeVar("K")
V = TypeVar("V")


class Kept(OrderedDict[K, V]):
    """The last values that were asked for."""

    def keep(self, key: K, value: V) -> V:
        """Keep a value, and let go of the oldest if there are too many."""
        self[key] = value
        self.move_to_end(key)
        if len(self) > _KEPT:
            self.popitem(last=False)
        return value


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """What came of asking for a mail."""

    asked: Asked  #: with what was left open filled in
    galley: Galley | None = None  #: the last good one, if `wrong`
    before: Galley | None = None  #: what it was until the last save that changed it
    brought: dict[str, str] | None = None  #: by article, the issue that brought it
    sent: frozenset[str] | None = None  #: ids of what was sent; None: nothing was
    wrong: DigestError | None = None  #: why there is no new one


class Desk:
    """One project, open; may be asked by several threads."""

    def __init__(
        self,
        newsroom: Newsroom,
        load: Callable[[], Settings],
        *,
        settings_file: Path,
        at: datetime | None = None,
        newsletter: str = "",
    ) -> None:
        """Take an open newsroom, and what reads its settings again.

        `at` is the moment everything is looked at from; None: now, whenever that is.
        `newsletter` is shown where an address names none.
        """
        self.newsroom, self._load, self.at = newsroom, load, at
        self._given = newsroom  #: closed by who opened it
        self._settings_file, self._usual = settings_file, newsletter
        self.lock = threading.RLock()
        self.troubles: dict[Changed, DigestError] = {}  #: what is wrong with files
        self.notes: tuple[Problem, ...] = ()  #: of the articles last read
        self.version = 0  #: grows with every change
        self.on_change: Callable[[], None] = lambda: None
        #: By newsletter and issue, with when the issue was last looked up.
        self.presses: dict[tuple[str, str], tuple[float, Press]] = {}
        self._last: Kept[tuple[object, ...], tuple[Galley, Galley | None]] = Kept()
        self._pictures: dict[str, Path] | None = None
        self.patience = PATIENCE_SECONDS

    # -- what changes -----------------------------------------------------------

    def watched(self) -> Watched:
        """Return which files matter."""
        return Watched(self.newsroom.settings, settings_file=self._settings_file)

    def refresh(self, changed: Collection[Changed], sources: Collection[str]) -> None:
        """Take in what was saved; `sources` are those of which a file was.

        What is wrong with a file is said until that file is saved again.
        """
        with self.lock:
            kinds = set(changed)
            if Changed.SETTINGS in kinds and self._took(Changed.SETTINGS, self._reopen):
                kinds |= {Changed.READERS, Changed.ARTICLES}
                sources = local_sources(self.newsroom.settings)
            if Changed.READERS in kinds:
                self._took(Changed.READERS, self.newsroom.refresh_subscribers)
            if Changed.ARTICLES in kinds:
                self._took(Changed.ARTICLES, lambda: self._collect(sources))
            self.patience = PATIENCE_AFTER_A_SAVE
            self._drop()
        self.tell()

    def _took(self, kind: Changed, take_in: Callable[[], object]) -> bool:
        """Take files of a kind in; remember what is wrong with them."""
        try:
            take_in()
        except DigestError as error:
            self.troubles[kind] = error
        except Exception as error:  # noqa: BLE001 a fault of ours gets words, too
            self.troubles[kind] = unforeseen(error)
        else:
            self.troubles.pop(kind, None)
        return kind not in self.troubles

    def _reopen(self) -> None:
        """Read the settings again, and open the newsroom with them."""
        opened = Newsroom(self._load(), now=self.newsroom.now)
        self.close()
        self.newsroom = opened

    def close(self) -> None:
        """Close what was opened here."""
        self._drop()
        if self.newsroom is not self._given:
            self.newsroom.close()

    def _drop(self) -> None:
        """Let go of everything that was made of the files as they were."""
        for _, press in self.presses.values():
            press.abandon()
        self.presses.clear()
        self._pictures = None

    def _collect(self, names: Collection[str]) -> None:
        """Read sources on this disk again; nothing is fetched from the web."""
        collected = list(self.newsroom.collect(names)) if names else []
        self.notes = tuple(
            problem
            for each in collected
            for problem in each.problems
            if not problem.note
        )
        for each in collected:
            if each.error:
                raise InputError(f"{each.source}: {each.error}")

    def tell(self) -> None:
        """Let open pages know that there is more to show."""
        self.version += 1
        self.on_change()

    # -- what is asked ------------------------------------------------------------

    def newsletter(self, slug: str) -> Newsletter:
        """Return that newsletter, or the usual one; it may be gone from digest.yaml."""
        settings = self.newsroom.settings
        found = settings.newsletter(slug) or settings.newsletter(self._usual)
        return found or settings.newsletters[0]

    def moment(self) -> datetime:
        """Return the time that mails are looked at from."""
        return self.at or self.newsroom.seconds()

    def next_due(self, newsletter: Newsletter) -> datetime | None:
        """Return when the schedule brings the next issue; None: it never does."""
        if newsletter.schedule is None:
            return None
        slot = next_slot(
            newsletter.slug,
            newsletter.schedule,
            newsletter.timezone,
            after=self.moment(),
        )
        return slot.due if slot else None

    def find(self, asked: Asked) -> Found:
        """Return the mail asked for, or the last good one and what is wrong."""
        with self.lock:
            try:
                newsletter = self.newsletter(asked.newsletter)
                asked = replace(asked, newsletter=newsletter.slug)
                if not _of(asked.issue, newsletter):
                    asked = replace(asked, issue=NOW)
                reader = self._reader(asked, newsletter)
                if not asked.reader:
                    asked = replace(asked, reader=reader.id)
                return self._found(asked, reader, newsletter)
            except DigestError as error:
                wrong = error
            except Exception as error:  # noqa: BLE001 a fault of ours gets words, too
                wrong = unforeseen(error)
            last, before = self._last.get(identity(asked), (None, None))
            return Found(asked=asked, galley=last, before=before, wrong=wrong)

    def _found(self, asked: Asked, reader: Subscriber, newsletter: Newsletter) -> Found:
        press = self.press(newsletter, asked.issue)
        received, sent = received_before(self.newsroom, press.issue, reader)
        galley = press.galley(reader, received=received, at=self._dated(press, reader))
        last, before = self._last.get(identity(asked), (None, None))
        if last is not None and last.said != galley.said:
            before = last
        self._last.keep(identity(asked), (galley, before))
        return Found(
            asked=asked, galley=galley, before=before, brought=received, sent=sent
        )

    def _dated(self, press: Press, reader: Subscriber) -> datetime:
        """Return the mail's Date: that of the mail that was sent, if one was."""
        row = self.newsroom.store.journal.delivery(press.issue.id, reader.id)
        return row.dated if row and row.dated else press.at

    def _reader(self, asked: Asked, newsletter: Newsletter) -> Subscriber:
        audience = self.newsroom.store.audience
        if asked.reader == INVENTED:
            reader = Subscriber(id=NOBODY, address="invented@readers.invalid")
        elif asked.reader:
            reader = self.newsroom.subscriber(asked.reader)
        else:
            first = next(audience.takers(newsletter.slug), None)
            reader = first or Subscriber(id=NOBODY, address="invented@readers.invalid")
        return asked.wishes.given_to(reader) if asked.wishes else reader

    def press(self, newsletter: Newsletter, issue: str) -> Press:
        """Return what makes an issue's mails, kept as long as nothing changes."""
        key = newsletter.slug, issue
        kept = self.presses.get(key)
        if kept and monotonic() - kept[0] < FRESH_SECONDS:
            return kept[1]
        found = self._issue(newsletter, issue)
        if kept and _same(found, kept[1].issue):
            press = kept[1]
        else:
            if kept:
                kept[1].abandon()
            press = Press(
                self.newsroom,
                found,
                at=self.moment(),
                patience=self.patience,
                on_whole=self.tell,
            )
        self.presses[key] = monotonic(), press
        return press

    def _issue(self, newsletter: Newsletter, issue: str) -> Issue:
        if issue == NEXT and newsletter.schedule is not None:
            slot = next_slot(
                newsletter.slug,
                newsletter.schedule,
                newsletter.timezone,
                after=self.moment(),
            )
            if slot is not None:
                return self._issues(lambda: slot.due).draft(newsletter, slot=slot)
        if issue in (NOW, NEXT):
            if self.at is None:
                return self.newsroom.issues.find(newsletter)
            return self._issues(self.moment).draft(newsletter)
        return self.newsroom.issues.find(newsletter, issue)

    def _issues(self, now: Callable[[], datetime]) -> Issues:
        topics = self.newsroom.settings.topics
        return Issues(self.newsroom.store, topics=topics, now=now)

    def send_test(self, asked: Asked, address: str) -> Outcome:
        """Send the mail asked for to somebody, marked as a test; nothing is recorded."""
        with self.lock:
            found = self.find(asked)
            if found.wrong or found.galley is None:
                raise found.wrong or InputError("there is no mail to send")
            press = self.press(found.galley.newsletter, found.asked.issue)
        # A mail server may take its time; others may look meanwhile.
        return press.test(found.galley, address, at=self.newsroom.now())

    def pictures(self) -> dict[str, Path]:
        """Return the files of the project's own pictures, by their web addresses."""
        with self.lock:
            if self._pictures is None:
                self._pictures = self.newsroom.local_images()
            return self._pictures

    def readers(self, newsletter: str, search: str, *, limit: int) -> list[Subscriber]:
        """Return readers by name or address, or the first who take a newsletter."""
        audience = self.newsroom.store.audience
        if search:
            return audience.search(search, limit=limit)
        takers = audience.takers(newsletter)
        return [reader for reader, _ in zip(takers, range(limit), strict=False)]


def identity(asked: Asked) -> tuple[object, ...]:
    """Return what makes two pages pages of the same mail."""
    wishes: Wishes | None = asked.wishes
    return asked.newsletter, asked.issue, asked.reader, wishes


def _of(issue: str, newsletter: Newsletter) -> bool:
    """Whether an issue may be a newsletter's: another may have been chosen since."""
    return issue in (NOW, NEXT) or issue.startswith(f"{newsletter.slug}/")


def _same(found: Issue, kept: Issue) -> bool:
    """Whether nothing but time has passed between two drafts of an issue."""
    return replace(found, until=kept.until) == kept
