"""Every message of a newsroom, read back: it decodes to the mail of the plain path.

Two parsers read it, the standard library's and mail-parser, and neither knows of
pieces. A small newsroom is always looked at; one of 2,000 readers when there is time.
"""

from __future__ import annotations

import email
import random
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from email import policy
from email.message import EmailMessage
from pathlib import Path

import dkim
import mailparser
import pytest

from benchmarks.sized_newsroom import make_newsroom
from digest.assembly import Assembler
from digest.config import load_settings
from digest.issues import PlannedDigest
from digest.message.dkim import Signer, read_key, records
from digest.model import Format, Message
from digest.newsroom import Newsroom
from digest.rendering import Personal, Rendered
from digest.template_files import load_templates
from tests.keys import SELECTOR, our_key
from tests.oracle import LONG, lengths_of
from tests.plain_path import Mail, PlainPath
from tests.projects import Clock

DOMAIN = "ledger.example"
_TOKEN = re.compile(r"(?<![a-z0-9])[a-z2-7]{32}(?![a-z0-9])")


@dataclass(frozen=True, slots=True, kw_only=True)
class Sent:
    """One reader's message, and what it was made of."""

    row: PlannedDigest
    rendered: Rendered
    message: Message


@dataclass(frozen=True, slots=True, kw_only=True)
class Edition:
    """A newsroom's issue, with what makes its messages and what knows them."""

    newsroom: Newsroom
    assembler: Assembler
    rows: tuple[PlannedDigest, ...]
    plain: PlainPath

    def sent(self, *, signed: bool) -> Iterator[Sent]:
        """Make each message."""
        if signed:
            key = read_key(our_key())
            self.assembler.signer = Signer(key, selector=SELECTOR, domain=DOMAIN)
        for row in self.rows:
            rendered, message = self.assembler.message(
                row.subscriber, row.digest, dated=self.newsroom.seconds()
            )
            yield Sent(row=row, rendered=rendered, message=message)

    def alone(self, sent: Sent) -> Mail:
        """Return what this reader's mail has to be."""
        reader, links = sent.row.subscriber, self.newsroom.links
        length, shortened = reader.preferences.length, sent.rendered.shortened
        return self.plain.mail(
            sent.rendered.digest,
            Personal(
                name=reader.name,
                address=reader.address,
                subscribed=reader.consent.at,
                unsubscribe=links.unsubscribe(reader.id, "daily"),
                preferences=links.preferences(reader.id, "daily"),
                pause=links.pause(reader.id, "daily"),
                web_copy=links.web_copy(self.assembler.issue.id),
            ),
            language=reader.language,
            length=length,
            lengths=lengths_of(sent.row.digest, length, shortened)
            if shortened
            else None,
        )


_FOLLOWS = ("tag:rivers", "tag:courts", "markets", "schools", "tag:weather")


def _wishes(folder: Path, languages: Sequence[str]) -> None:
    """Have readers differ in more than the benchmark's do: language, length, tags."""
    chance = random.Random(3)
    path = folder / "subscribers.yaml"
    readers = path.read_text("utf-8").split("  - address")
    path.write_text(
        "  - address".join(
            [
                readers[0],
                *(
                    re.sub(
                        r"follows: \[(.*)\]",
                        lambda m: f"follows: [{m[1]}, {chance.choice(_FOLLOWS[:2])}]",
                        reader,
                    )
                    + f"    length: {chance.choice(('headlines', 'summaries', 'full'))}\n"
                    f"    language: {chance.choice(languages)}\n"
                    f"    limit: {chance.choice((1, 3, 12))}\n"
                    for reader in readers[1:]
                ),
            ]
        ),
        "utf-8",
    )


@contextmanager
def edition(
    folder: Path, *, readers: int, articles: int, languages: Sequence[str]
) -> Iterator[Edition]:
    settings_file = make_newsroom(folder, articles=articles, readers=readers)
    _wishes(folder, languages)
    settings = load_settings(settings_file, environment={})
    clock = Clock()
    with Newsroom(settings, now=clock) as newsroom:
        newsroom.refresh_subscribers()
        assert not any(collected.error for collected in newsroom.collect())
        clock.forward(minutes=1)
        newsletter = newsroom.newsletter("daily")
        plan = newsroom.issues.plan(newsroom.issues.draft(newsletter), newsletter)
        yield Edition(
            newsroom=newsroom,
            assembler=newsroom.assembler(plan.issue),
            rows=tuple(plan.receiving),
            plain=PlainPath(
                templates=load_templates(newsletter.template, settings.root),
                site=settings.site,
                newsletter=newsletter,
                issue=plan.issue,
            ),
        )


def assert_on_the_wire(content: bytes, prefix: str) -> None:
    """See that no relay has to change a line, and that every slot was filled."""
    assert content.isascii()
    assert b"\0" not in content
    assert b"\n" not in content.replace(b"\r\n", b"")
    assert b"\r" not in content.replace(b"\r\n", b"")
    assert max(map(len, content.split(b"\r\n"))) <= 998
    assert max(map(len, content.partition(b"\r\n\r\n")[2].split(b"\r\n"))) <= 76
    assert prefix.encode() not in content


def assert_reads_as(content: bytes, alone: Mail, *, html: bool) -> None:
    """See what either parser makes of a message."""
    subject, text, page = alone
    parsed = email.message_from_bytes(content, policy=policy.default)
    assert isinstance(parsed, EmailMessage)
    assert not parsed.defects
    assert parsed["Subject"] == subject
    parts = [part for part in parsed.walk() if not part.is_multipart()]
    assert [part.get_content_type() for part in parts] == (
        ["text/plain", "text/html"] if html else ["text/plain"]
    )
    read = [_lines(part.get_content()) for part in parts]
    assert read[0] == _lines(text)
    other = mailparser.parse_from_bytes(content)
    assert other.subject == subject
    assert [_lines(found) for found in other.text_plain] == [_lines(text)]
    if html:
        assert read[1] == _lines(page)
        assert [_lines(found) for found in other.text_html] == [_lines(page)]


def _lines(text: str) -> str:
    """Return a part's text with LF line ends and none at its end."""
    return text.replace("\r\n", "\n").rstrip("\n")


def assert_every_message_is_its_readers(
    found: Edition, *, signed: bool = False
) -> list[bytes]:
    """Read every message; return them."""
    prefix = found.assembler._renderers[0]._pages.secret
    assert found.plain.pages.secret == prefix
    tokens: Counter[str] = Counter()
    contents = []
    for sent in found.sent(signed=signed):
        content = sent.message.content
        assert_on_the_wire(content, prefix)
        html = sent.row.subscriber.preferences.format is Format.HTML
        alone = found.alone(sent)
        assert prefix not in "".join(alone)
        assert_reads_as(content, alone, html=html)
        tokens.update(set(_TOKEN.findall(alone[1] + alone[2])))
        contents.append(content)
    assert found.assembler.not_joined == {}
    assert len(tokens) == 3 * len(contents), "unsubscribe, preferences, pause: his own"
    assert set(tokens.values()) == {1}
    return contents


def test_every_message_of_a_small_newsroom_is_its_readers_own(tmp_path: Path) -> None:
    languages = ("en", "ar")
    with edition(
        tmp_path / "news", readers=16, articles=20, languages=languages
    ) as found:
        contents = assert_every_message_is_its_readers(found)

    assert len(contents) == 16
    assert len({content.partition(b"\r\n\r\n")[2] for content in contents}) == 16


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_every_message_of_a_large_newsroom_is_its_readers_own(tmp_path: Path) -> None:
    """All are signed and read; dkimpy, which takes 20 ms for one, verifies some."""
    [record] = records(read_key(our_key()), selector=SELECTOR, domains=[DOMAIN])

    def published(name: bytes, **_: object) -> bytes | None:
        return record.value.encode() if name.decode() == f"{record.name}." else None

    readers = 2000 if LONG else 400

    with edition(
        tmp_path / "news", readers=readers, articles=300, languages=("en",)
    ) as found:
        contents = assert_every_message_is_its_readers(found, signed=True)

    assert len(contents) == readers
    assert all(content.startswith(b"DKIM-Signature: ") for content in contents)
    assert all(dkim.verify(content, dnsfunc=published) for content in contents[::20])
