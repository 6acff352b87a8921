"""The linter at work: which mails are looked at, and what is known of them.

Every mail of an issue is joined from the same compiled pages, so it is enough to look
at one of each language, length and format, and at a few more. A mistake that all of
them share is said once.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from html import unescape
from itertools import islice
from pathlib import Path
from urllib.parse import urlsplit

from digest.assembly import Assembler
from digest.errors import InputError
from digest.issues import UNTRIED
from digest.links import Links
from digest.lint import (
    STOCK,
    TARGETS,
    ClientFacts,
    Duties,
    Finding,
    Mail,
    Severity,
    TemplateLines,
    errors,
    holes,
    lint,
    merged,
    read_facts,
)
from digest.model import (
    Article,
    Format,
    Issue,
    Length,
    Message,
    Newsletter,
    Preferences,
    State,
    Subscriber,
)
from digest.rendering import Renderer
from digest.rendering.sample import sample_digest
from digest.settings import Settings
from digest.spans import Spans
from digest.store import Store
from digest.template_files import load_templates

#: Readers whose wishes are read to find out which kinds of mails there are.
READERS_READ = 2000
#: Readers tried for each kind of mail, for some of them get nothing.
TRIED = 3
#: Every so many readers, one more mail is looked at, up to `TRIED` in all.
EVERY = 400
#: Who gets sample mails.
_SOMEBODY = Subscriber(
    id="aaaaaaaaaaaaa", address="reader@readers.example", name="Sample Reader"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Looked:
    """What was found in some mails."""

    mails: int = 0  #: how many were looked at
    findings: tuple[Finding, ...] = ()  #: the worst first, each mistake once

    @property
    def errors(self) -> list[Finding]:
        """What stops a send."""
        return errors(self.findings)


class Linter:
    """Looks at mails of one issue as its settings want it."""

    def __init__(
        self,
        assembler: Assembler,
        settings: Settings,
        *,
        ignore: Collection[str] = (),
    ) -> None:
        """Read the facts; raise `InputError` when there are none in their file.

        `ignore` adds rules to those that `settings` ignore.
        """
        wanted = settings.lint
        self._assembler = assembler
        self._ignore = wanted.ignore | set(ignore)
        self._targets = wanted.targets or TARGETS
        self._facts = client_facts(wanted.facts)
        issue = assembler.issue
        self._quoted = frozenset().union(
            *map(_holes, (*issue.articles, *issue.carried))
        )
        found = load_templates(assembler.newsletter.template, settings.root)
        self._place = TemplateLines(
            {name: (_shown(file.path), file.text) for name, file in found.files.items()}
        )

    def look(self, messages: Iterable[tuple[Subscriber, Message]]) -> Looked:
        """Look at these readers' messages."""
        found, number = list[Finding](), 0
        for subscriber, message in messages:
            number += 1
            mail = Mail.read(
                message.content,
                duties=self._duties(subscriber, message),
                targets=self._targets,
                facts=self._facts,
            )
            found += lint(
                mail,
                ignore=self._ignore,
                place=self._place,
                name=_kind(subscriber, self._assembler.newsletter.language),
            )
        return Looked(mails=number, findings=tuple(merged(found)))

    def _duties(self, subscriber: Subscriber, message: Message) -> Duties:
        made, links = self._assembler, self._assembler.links
        newsletter = made.newsletter
        own = subscriber.language in ("", newsletter.language)
        return Duties(
            recipient=message.envelope.recipient,
            unsubscribe_url=links.unsubscribe(subscriber.id, newsletter.slug),
            preferences_url=links.preferences(subscriber.id, newsletter.slug),
            web_url=links.web_copy(made.issue.id),
            postal_address=made.site.postal_address,
            # A template without a reader's language speaks the newsletter's.
            language=newsletter.language if own else "",
            domain=urlsplit(made.site.url).hostname or "",
            quoted=self._quoted | holes(subscriber.name),
        )


def client_facts(path: Path | None) -> ClientFacts:
    """Read an operator's `data.json`, or return our own table."""
    if path is None:
        return STOCK
    try:
        return read_facts(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise InputError(
            f"{path}: cannot be read ({error.strerror}); correct lint.facts in "
            "digest.yaml, or leave it out"
        ) from error
    except ValueError as error:
        raise InputError(
            f"{path}: {error}; fetch it anew from https://www.caniemail.com/api/data.json, "
            "or leave lint.facts out"
        ) from error


def of_each_kind(
    readers: Iterable[Subscriber], language: str
) -> Iterator[list[Subscriber]]:
    """Yield a few readers of every kind of mail there is, and a few more by chance.

    `readers` come in the order of their random ids, so the first ones are a sample.
    Each list is tried in turn until one of its readers gets a mail.
    """
    kinds: dict[tuple[str, Length, Format], list[Subscriber]] = {}
    others: list[list[Subscriber]] = []
    for number, reader in enumerate(islice(readers, READERS_READ)):
        wishes = reader.preferences
        kind = (reader.language or language, wishes.length, wishes.format)
        tried = kinds.setdefault(kind, [])
        if len(tried) < TRIED:
            tried.append(reader)
        elif number % EVERY == EVERY - 1 and len(others) < TRIED:
            others.append([reader])
    yield from kinds.values()
    yield from others


class Inspector:
    """Looks at issues before they are sent."""

    def __init__(
        self, store: Store, settings: Settings, *, now: Callable[[], datetime]
    ) -> None:
        """Take where readers and deliveries are kept; `now` dates the mails."""
        self._store, self._settings, self._now = store, settings, now

    def look(self, assembler: Assembler, *, only: Collection[str] = ()) -> Looked:
        """Look at one mail of each language, length and format of an issue.

        `only` limits it to readers with these ids.
        """
        issue, newsletter, now = assembler.issue, assembler.newsletter, self._now()
        audience, journal = self._store.audience, self._store.journal

        def first(readers: Sequence[Subscriber]) -> tuple[Subscriber, Message] | None:
            """Return the mail of the first reader who gets one."""
            received = assembler.spans.received(readers, journal, except_issue=issue.id)
            for reader in readers:
                had = received.get(reader.id, set())
                digest = assembler.choose(reader, received=had, now=now)
                # One whose address cannot be written fails when it is sent, alone.
                if not digest.skipped and reader.address.isprintable():
                    return reader, assembler.message(reader, digest, dated=now)[1]
            return None

        takers = (
            filter(None, map(audience.find, only))
            if only
            else audience.takers(newsletter.slug)
        )
        groups = of_each_kind(takers, newsletter.language)
        linter = Linter(assembler, self._settings)
        return linter.look(filter(None, map(first, groups)))

    def let_pass(
        self, assembler: Assembler, *, only: Collection[str], despite: Collection[str]
    ) -> None:
        """Look at an issue about to be sent; raise `InputError` at an error in a mail.

        Rules in `despite` do not count. An issue of which all was tried before, and
        some deferred, is not looked at again: its mails are out.
        """
        journal, issue = self._store.journal, assembler.issue.id
        counts = journal.counts(issue)
        # Those who have an hour of their own may be the first, or the only ones.
        unseen = State.SENT not in counts and journal.waiting(issue)[0]
        if unseen or any(map(counts.get, UNTRIED)):
            looked = self.look(assembler, only=only)
            wrong = [f for f in looked.errors if f.rule not in despite]
            if wrong:
                raise InputError(_refusal(assembler.issue, wrong))


def look_at_sample(
    settings: Settings, newsletter: Newsletter, renderer: Renderer
) -> Looked:
    """Look at mails of invented stories, in every length and as text.

    Their links are invented, too, so these are not held against it.
    """
    digest, dated = sample_digest(), datetime(2026, 1, 2, 3, 4, tzinfo=UTC)
    slug = newsletter.slug
    issue = Issue(
        id=f"{slug}/sample", newsletter=slug, number=1, since=dated, until=dated
    )
    assembler = Assembler(
        issue=issue,
        newsletter=newsletter,
        site=settings.site,
        spans=Spans(issue, newsletter, settings.topics),
        renderer=lambda _: renderer,
        links=Links(key=b"of samples", site_url=settings.site.url),
        bounce_domain="",
    )
    wishes = [Preferences(length=length) for length in Length]
    wishes.append(Preferences(format=Format.TEXT))
    readers = [replace(_SOMEBODY, preferences=preferences) for preferences in wishes]
    return Linter(assembler, settings, ignore={"url-example"}).look(
        (reader, assembler.message(reader, digest, dated=dated)[1])
        for reader in readers
    )


def _refusal(issue: Issue, wrong: Sequence[Finding]) -> str:
    number = f"{len(wrong)} errors" if len(wrong) > 1 else "an error"
    lines = [f"  {told(finding)} {finding.fix}" for finding in wrong]
    rules = sorted({finding.rule for finding in wrong})
    anyway = " ".join(f"--despite-lint {rule}" for rule in rules)
    head = f"{issue.id}: nothing was sent, for its mails have {number}:"
    foot = (
        f"Correct them, or send all the same with `digest send {issue.newsletter} "
        f"{anyway}`. `digest lint {issue.newsletter}` shows all there is to say."
    )
    return "\n".join((head, *lines, foot))


def told(finding: Finding) -> str:
    """Return a finding on one line: its rule, its place, what was found."""
    times = f" ({finding.times} times)" if finding.times > 1 else ""
    return f"{finding.rule}: {place(finding)}: {finding.what}{times}."


def notes(looked: Looked) -> list[str]:
    """Return the errors and warnings, one sentence or two each."""
    return [
        f"{finding.severity}: {told(finding)} {finding.fix}"
        for finding in looked.findings
        if finding.severity is not Severity.INFO
    ]


def place(finding: Finding) -> str:
    """Return where a finding stands, in the template if that is known."""
    line = f" line {finding.line}" if finding.line else ""
    return finding.template or f"{finding.where}{line}"


def counted(findings: Iterable[Finding]) -> dict[Severity, int]:
    """Return how many findings there are of each severity."""
    found = list(findings)
    return {
        severity: sum(finding.severity is severity for finding in found)
        for severity in Severity
    }


def _kind(reader: Subscriber, language: str) -> str:
    """Return what kind of mail a reader gets, as in "fr summaries html"."""
    wishes = reader.preferences
    return f"{reader.language or language} {wishes.length} {wishes.format}"


def _holes(article: Article) -> frozenset[str]:
    texts = [article.headline, article.standfirst, article.byline, article.desk]
    texts += [article.body, *article.tags]
    return holes(unescape("\n".join(texts)))


def _shown(path: str) -> str:
    """Return a template's path from where the command runs, if that is shorter."""
    try:
        return str(Path(path).relative_to(Path.cwd()))
    except (ValueError, OSError):
        return path
