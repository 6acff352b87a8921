"""A plan's digests, made to be looked at: as files, and for their size.

They are what a send would send, byte for byte but for the date; nothing is recorded.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path

from digest.assembly import Assembler
from digest.issues import Plan, PlannedDigest
from digest.model import Format, Length, Message, Subscriber
from digest.rendering import Rendered, Shortened
from digest.transports.pages import Cover, Page, Skipped, Written, write_pages


@dataclass(frozen=True, slots=True, kw_only=True)
class Sizes:
    """How large a plan's mails are, and which are too long for Gmail as wished for."""

    #: With the digest as it is after that.
    shortened: tuple[tuple[PlannedDigest, Shortened], ...] = ()
    #: Of the HTML part, or the text part of who wants text alone; by reader's id.
    octets: Mapping[str, int] = field(default_factory=dict)
    #: Why nobody looked: each choice of articles would have to be rendered.
    unknown: str = ""


def made(
    assembler: Assembler,
    plan: Plan,
    *,
    only: Collection[str],
    dated: Callable[[], datetime],
) -> Iterator[tuple[PlannedDigest, Rendered, Message]]:
    """Make each receiving reader's mail, one by one."""
    for row in plan.receiving:
        if not only or row.subscriber.id in only:
            yield row, *assembler.message(row.subscriber, row.digest, dated=dated())


def write_build(
    assembler: Assembler,
    plan: Plan,
    folder: Path,
    *,
    only: Collection[str],
    dated: Callable[[], datetime],
    images: Mapping[str, Path],
    notes: Sequence[str] = (),
) -> Written:
    """Write every digest of a plan, and a sheet to click through them."""
    pages = (
        Page(
            key=row.subscriber.id,
            reader=row.subscriber.name or row.subscriber.address,
            rendered=rendered,
            content=message.content,
            articles=rendered.digest.count,
            sections=tuple(s.title for s in rendered.digest.sections if s.title),
            note=_note(row.subscriber),
            language=row.subscriber.language or plan.newsletter.language,
        )
        for row, rendered, message in made(assembler, plan, only=only, dated=dated)
    )
    skipped = (
        Skipped(
            reader=row.subscriber.name or row.subscriber.address,
            reason=row.digest.skipped,
        )
        for row in plan.rows
        if row.digest.skipped and (not only or row.subscriber.id in only)
    )
    carried = {
        each.url: images[url]
        for url, each in assembler.enclosures.items()
        if url in images
    }
    return write_pages(
        folder,
        pages,
        cover=Cover(
            newsletter=plan.newsletter.title, issue=plan.issue.id, notes=tuple(notes)
        ),
        skipped=skipped,
        images={**images, **carried},
    )


def sizes(assembler: Assembler, plan: Plan) -> Sizes:
    """Find out how large the mails are, and which are shortened to be shown whole."""
    shortened, octets = [], {}
    for row in plan.receiving:
        if unknown := assembler.html_not_joined:
            return Sizes(unknown=unknown)
        rendered = assembler.render(row.subscriber, row.digest)
        octets[row.subscriber.id] = (rendered.html_part or rendered.text_part).size
        if rendered.shortened:
            fitted = replace(row, digest=rendered.digest)
            shortened.append((fitted, rendered.shortened))
    return Sizes(shortened=tuple(shortened), octets=octets)


def _note(subscriber: Subscriber) -> str:
    """Return what is special about how a reader wants their digest."""
    notes = []
    if subscriber.preferences.format is Format.TEXT:
        notes.append("text only")
    if subscriber.preferences.length is not Length.SUMMARIES:
        notes.append(str(subscriber.preferences.length))
    return ", ".join(notes)
