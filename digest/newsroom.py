"""Everything wired from the settings: one short method per use case.

This is the only module that puts the rooms together. The command line, the preview
and the scheduler are faces of it; they decide nothing themselves, so that what is
planned, previewed, built and sent is worked out in one place.
"""

from __future__ import annotations

import difflib
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Self

from digest import building, collecting
from digest.assembly import Assembler, writable
from digest.building import Sizes
from digest.catalogue import catalogue, widened
from digest.collecting import Collected
from digest.delivery import Sending
from digest.enclosing import enclosures_of
from digest.errors import BusyError, InputError, UnknownReader
from digest.issues import BEGINNING, Issues, Plan, PlannedDigest
from digest.links import Links
from digest.linting import Inspector, Looked
from digest.model import (
    Article,
    Issue,
    Message,
    Newsletter,
    Outcome,
    Problem,
    State,
    Status,
    Subscriber,
)
from digest.readership import follow_readers
from digest.rendering import Rendered, Renderer
from digest.selection import Candidates
from digest.sendreport import SendReport
from digest.settings import (
    FilesDelivery,
    FolderSource,
    InDoubt,
    Settings,
    SmtpDelivery,
)
from digest.spans import Spans
from digest.store import Imported, Store, Tidied, open_store
from digest.template_files import load_templates
from digest.transports import Transport, deliver_one, open_transport
from digest.transports.pages import Written

if TYPE_CHECKING:  # it loads Babel
    from digest.publishing import Published
    from digest.returning import Returning
#: The state of a mail in doubt, as the operator decided.
DOUBTFUL = {
    InDoubt.HOLD: State.UNKNOWN,
    InDoubt.RESEND: State.QUEUED,
    InDoubt.ASSUME_SENT: State.SENT,
}

#: The id of no reader, for the links of test mails.
NOBODY = "aaaaaaaaaaaaa"


def utc_now() -> datetime:
    """Return the time; the one clock of the product."""
    return datetime.now(UTC)


def sample_renderer(settings: Settings, newsletter: Newsletter) -> Renderer:
    """Return what renders samples with a newsletter's templates."""
    return Renderer(
        templates=load_templates(newsletter.template, settings.root),
        site=settings.site,
        newsletter=newsletter,
        issue=Issue(
            id=f"{newsletter.slug}/sample",
            newsletter=newsletter.slug,
            number=1,
            since=BEGINNING,
            until=BEGINNING,
        ),
    )


class Newsroom:
    """One project: its settings, its store, and what can be done with them."""

    def __init__(
        self, settings: Settings, *, now: Callable[[], datetime] = utc_now
    ) -> None:
        """Open the database, making it when it is not there."""
        self.settings = settings
        self.now = now
        self.store: Store = open_store(
            settings.database, now=now, project=settings.root
        )
        self.issues = Issues(self.store, topics=settings.topics, now=now)
        newest, *older = self.store.keys()
        self.links = Links(key=newest, older=tuple(older), site_url=settings.site.url)
        self.inspector = Inspector(self.store, settings, now=self.seconds)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the database."""
        self.store.close()

    # -- collect --------------------------------------------------------------

    def collect(self, only: Collection[str] = ()) -> Iterator[Collected]:
        """Read the sources, several at once; yield what each one brought.

        A source that fails yields its error and does not stop the others.
        """
        return collecting.collect(self.settings, self.store, now=self.now, only=only)

    def add(
        self, location: str, *, tags: Sequence[str] = ()
    ) -> tuple[Article, tuple[Problem, ...]]:
        """Take one article in by hand, from a file or a web address."""
        return collecting.add(
            self.settings, self.store, location, tags=tags, now=self.now
        )

    # -- readers --------------------------------------------------------------

    def refresh_subscribers(self) -> Imported | None:
        """Follow the file named in digest.yaml; None: there is none, or nothing new."""
        return follow_readers(self.store.audience, self.settings)

    def subscriber(self, address_or_id: str) -> Subscriber:
        """Return that reader, or raise `InputError`."""
        found = self.store.audience.find(address_or_id)
        if found is None:
            raise UnknownReader(address_or_id)
        return found

    def unsubscribe(self, who: str) -> Subscriber:
        """Stop all mail to a reader, whatever a file says later.

        `who` is an address, an id, or the link or mailbox of a List-Unsubscribe.
        """
        slugs = [newsletter.slug for newsletter in self.settings.newsletters]
        subscriber = self.subscriber(self.links.unsubscriber(who, slugs) or who)
        self.store.audience.set_status(subscriber.id, Status.UNSUBSCRIBED)
        return replace(subscriber, status=Status.UNSUBSCRIBED)

    def returning(self) -> Returning:
        """Return what reads returned mail and follows it."""
        from digest.returning import Returning

        slugs = [newsletter.slug for newsletter in self.settings.newsletters]
        return Returning(store=self.store, links=self.links, newsletters=slugs)

    def tidy(self) -> Tidied:
        """Forget what is older than `retention:` keeps it; safe at any time."""
        now, kept = self.now(), self.settings.retention
        return self.store.tidy(
            deliveries_before=now - kept.deliveries if kept.deliveries else None,
            refusals_before=now - kept.refusals if kept.refusals else None,
            unconfirmed_before=now - kept.unconfirmed if kept.unconfirmed else None,
        )

    # -- issues ---------------------------------------------------------------

    def newsletter(self, slug: str = "") -> Newsletter:
        """Return that newsletter; the only one when `slug` is empty."""
        known = [n.slug for n in self.settings.newsletters]
        found = self.settings.newsletter(slug or (known[0] if len(known) == 1 else ""))
        if found is None:
            near = difflib.get_close_matches(slug.partition("/")[0], known, n=1)
            issue = f" --issue {slug}" if "/" in slug else ""
            hint = f"; did you mean `{near[0]}{issue}`?" if near else "."
            wrong = f"there is no newsletter {slug!r}{hint}"
            file = self.settings.root / "digest.yaml"
            names = f"Name one of those in {file}: {', '.join(known)}"
            raise InputError(f"{wrong if slug else 'which newsletter?'} {names}")
        return found

    def assembler(self, issue: Issue, *, joined: bool = True) -> Assembler:
        """Return what makes this issue's messages; checks the template first.

        Unless they are to be `joined`, each is rendered by itself: the first comes at
        once, the thousandth late. They say the same, encoded in other lines.
        """
        newsletter = self.newsletter(issue.newsletter)
        enclosures = enclosures_of(issue, newsletter, self.local_images)
        templates = load_templates(newsletter.template, self.settings.root)

        def renderer(found: Candidates) -> Renderer:
            return Renderer(
                templates=templates,
                site=self.settings.site,
                newsletter=newsletter,
                issue=issue,
                sections=catalogue(found) if joined else (),
                widen=partial(widened, found),
                enclosed={url: each.url for url, each in enclosures.items()},
            )

        delivery = self.settings.delivery
        return Assembler(
            issue=issue,
            newsletter=newsletter,
            site=self.settings.site,
            spans=Spans(issue, newsletter, self.settings.topics),
            renderer=renderer,
            links=self.links,
            bounce_domain=(
                delivery.bounce_domain if isinstance(delivery, SmtpDelivery) else ""
            ),
            dkim=self.settings.dkim,
            enclosures=enclosures,
        )

    def messages(
        self, plan: Plan, *, only: Collection[str] = ()
    ) -> Iterator[tuple[PlannedDigest, Rendered, Message]]:
        """Return what each receiving reader gets, exactly as it would leave.

        They are made one by one; templates that cannot be read are said at once.
        """
        assembler = self.assembler(plan.issue)
        return building.made(assembler, plan, only=only, dated=self.seconds)

    def seconds(self) -> datetime:
        """Return the time as a Date field has it."""
        return self.now().replace(microsecond=0)

    def build(
        self,
        plan: Plan,
        folder: Path,
        *,
        only: Collection[str] = (),
        made: Assembler | None = None,
        notes: Sequence[str] = (),
    ) -> Written:
        """Write every digest of a plan, and `notes`, as files to look at."""
        return building.write_build(
            made or self.assembler(plan.issue),
            plan,
            folder,
            only=only,
            notes=notes,
            dated=self.seconds,
            images=self.local_images(),
        )

    def sizes(self, plan: Plan, *, made: Assembler | None = None) -> Sizes:
        """Find out which digests of a plan have to be shortened for Gmail."""
        return building.sizes(made or self.assembler(plan.issue), plan)

    def lint(
        self, issue: Issue, *, only: Collection[str] = (), made: Assembler | None = None
    ) -> Looked:
        """Look at one mail of each kind; `made` makes them, if it is there already."""
        return self.inspector.look(made or self.assembler(issue), only=only)

    def local_images(self) -> dict[str, Path]:
        """Return the files behind the public addresses of this project's pictures."""
        from digest.sources.folder import Folder

        found: dict[str, Path] = {}
        for source in self.settings.sources:
            if isinstance(source, FolderSource):
                folder = Folder(source, site=self.settings.site, now=self.now)
                found |= folder.local_images()
        return found

    def publish_archive(self, folder: Path) -> Published:
        """Bring the web archive of all issues that went out up to date."""
        from digest.publishing import publish

        return publish(
            folder,
            settings=self.settings,
            store=self.store,
            images=self.local_images(),
            base=self.links.archive,
        )

    # -- send -----------------------------------------------------------------

    @contextmanager
    def sending(self, newsletter: Newsletter) -> Iterator[None]:
        """Hold the right to send this newsletter; raise `BusyError` if it is taken.

        Its templates are tried first, with sample articles, lest one fails half-way.
        Whoever sent it before and still has claims is dead: they are given back, and a
        mail whose body may have left is dealt with as `delivery.in_doubt` says.
        """
        with self.store.alone(f"send-{newsletter.slug}") as granted:
            if not granted:
                raise BusyError(
                    f"{newsletter.slug} is being sent by another process right now; "
                    "nothing was changed. `digest status` shows how far it is."
                )
            sample_renderer(self.settings, newsletter).check()
            for id_ in self.store.journal.in_hand(newsletter.slug):  # held ones, too
                self.store.journal.recover(id_, doubtful=self._doubtful())
            for issue in self.issues.open(newsletter):
                self.issues.refuse_late(issue, newsletter)
            with self.store.life.sending():
                yield

    def _doubtful(self) -> State:
        """Return what becomes of a mail that may have left when a process died.

        A file can be written again: it takes the place of the one before.
        """
        if isinstance(self.settings.delivery, FilesDelivery):
            return State.QUEUED
        return DOUBTFUL[self.settings.in_doubt]

    def send(
        self,
        issue: Issue,
        *,
        only: Collection[str] = (),
        despite: Collection[str] = (),
        transport: Transport | None = None,
        stopping: Callable[[], bool] = lambda: False,
        on_outcome: Callable[[State], None] = lambda _: None,
    ) -> SendReport:
        """Send what is due of a prepared issue; safe to repeat at any time.

        Raises `InputError` before anything leaves when the linter finds an error in its
        mails, but for the rules in `despite`.
        """
        assembler = self.assembler(issue)
        self.inspector.let_pass(assembler, only=only, despite=despite)
        transport = transport or open_transport(self.settings.delivery)
        approval = self.store.approvals.of(issue.id)
        try:
            return Sending(
                assembler=assembler,
                audience=self.store.audience,
                journal=self.store.journal,
                transport=transport,
                now=self.now,
                withdrawn=partial(self.store.archive.withdrawing.of_issue, issue.id),
                only=tuple(only),
                allowed=approval.allowed if approval else None,
                stopping=stopping,
                on_outcome=on_outcome,
            ).run()
        finally:
            transport.close()

    def send_test(
        self,
        issue: Issue,
        address: str,
        *,
        reader: str = "",
        transport: Transport | None = None,
    ) -> Outcome:
        """Send one digest to `address`, marked as a test; nothing is recorded.

        It is the digest of the reader with the id `reader`, or else of one who
        follows everything; its links belong to nobody, so that a click on
        "unsubscribe" unsubscribes nobody.
        """
        subscriber = (
            self.subscriber(reader)
            if reader
            else Subscriber(id=NOBODY, address=address)
        )
        with writable(issue):
            message = self.assembler(issue).test_message(
                replace(subscriber, id=NOBODY, status=Status.ACTIVE),
                whose=(subscriber.name or subscriber.address) if reader else "",
                recipient=address,
                now=self.now(),
            )
        return self.hand_over(message, transport=transport)

    def hand_over(
        self, message: Message, *, transport: Transport | None = None
    ) -> Outcome:
        """Let one message leave by itself, written down nowhere."""
        transport = transport or open_transport(self.settings.delivery)
        try:
            return deliver_one(transport, message)
        finally:
            transport.close()
