"""Makes an issue of any size in memory, and readers who each choose differently."""

from __future__ import annotations

import base64
import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial

from benchmarks.sized_newsroom import PLACES, SENTENCES
from digest.assembly import Assembler
from digest.catalogue import catalogue, widened
from digest.links import Links
from digest.model import (
    Article,
    Consent,
    Digest,
    Image,
    Issue,
    Length,
    Limits,
    Mailbox,
    Newsletter,
    Preferences,
    Subscriber,
    Topic,
)
from digest.rendering import Renderer, TemplateSet
from digest.selection import Candidates, candidates, choose
from digest.settings import Dkim, Site
from digest.spans import Spans
from digest.template_files import load_templates

SITE_URL = "https://ledger.example"
NOW = datetime(2026, 11, 23, 6, 0, tzinfo=UTC)
SUBJECTS = (
    "Rivers", "Harbours", "Schools", "Orchards", "Railways", "Theatre",
    "Glaciers", "Markets", "Courts", "Football", "Libraries", "Weather",
    "Bridges", "Bakeries", "Choirs", "Forests", "Hospitals", "Islands",
    "Lighthouses", "Museums", "Parliament", "Radio", "Satellites", "Trams",
)  # fmt: skip

SITE = Site(
    name="The Ledger",
    url=SITE_URL,
    postal_address="The Ledger, 4 Harbour Row, 1000 Anytown",
    language="en",
    timezone="Europe/Brussels",
    tagline="What the coast talks about",
)

#: A reader, and what they get.
Reading = tuple[Subscriber, Digest]


@dataclass(frozen=True, slots=True, kw_only=True)
class Edition:
    """An issue with all that its mails are made of."""

    issue: Issue
    newsletter: Newsletter
    candidates: Candidates
    templates: TemplateSet
    links: Links

    def renderer(self, *, joined: bool = True) -> Renderer:
        """Return a new renderer, which remembers nothing; exact if not `joined`."""
        return Renderer(
            templates=self.templates,
            site=SITE,
            newsletter=self.newsletter,
            issue=self.issue,
            sections=catalogue(self.candidates) if joined else (),
            widen=partial(widened, self.candidates),
        )

    def assembler(self, renderer: Renderer, dkim: Dkim | None = None) -> Assembler:
        """Return what makes whole messages of what `renderer` renders."""
        return Assembler(
            issue=self.issue,
            newsletter=self.newsletter,
            site=SITE,
            spans=Spans(self.issue, self.newsletter, self.newsletter.topics),
            renderer=lambda _: renderer,
            links=self.links,
            bounce_domain="bounces.ledger.example",
            dkim=dkim,
        )


def make_edition(
    articles: int, *, topics: int = 12, most: int = 24, seed: int = 1
) -> Edition:
    """Return an issue of so many articles, of which a digest holds at most `most`.

    Equal arguments give an equal issue.
    """
    chance = random.Random(seed)
    subjects = SUBJECTS[:topics]
    newsletter = Newsletter(
        slug="daily",
        title="The Ledger Daily",
        sender=Mailbox(address="digest@ledger.example", name="The Ledger"),
        reply_to=Mailbox(address="desk@ledger.example"),
        language="en",
        timezone=SITE.timezone,
        topics=tuple(
            Topic(slug=name.lower(), title=name, any=frozenset({name.lower()}))
            for name in subjects
        ),
        limits=Limits(articles=most, per_topic=most),
        # The stories are made of a few sentences, so many are alike.
        same_story_twice=True,
    )
    issue = Issue(
        id="daily/2026-11-23",
        newsletter="daily",
        number=214,
        since=NOW - timedelta(days=1),
        until=NOW,
        articles=tuple(
            _article(number, subjects, chance) for number in range(articles)
        ),
    )
    return Edition(
        issue=issue,
        newsletter=newsletter,
        candidates=candidates(issue, newsletter, newsletter.topics),
        templates=load_templates("newsroom", None),
        links=Links(key=bytes(range(32)), site_url=SITE_URL),
    )


def _article(number: int, subjects: tuple[str, ...], chance: random.Random) -> Article:
    """Return an article as newsrooms have them: picture, summary, byline, two or three tags."""
    tags = chance.sample(subjects, min(len(subjects), chance.randint(2, 3)))
    place = chance.choice(PLACES)
    standfirst = chance.choice(SENTENCES)
    paragraphs = (" ".join(chance.choices(SENTENCES, k=4)) for _ in range(5))
    return Article(
        id=f"{number:04}",
        headline=f"{place} story {number}, told by those who were there",
        source="articles",
        url=f"{SITE_URL}/a/{place.lower()}-{number}",
        standfirst=f"{standfirst} It is about {tags[0].lower()}.",
        byline=f"Reporter {number % 17}",
        desk=place if number % 3 else "",
        image=Image(
            url=f"https://media.ledger.example/{number}/{chance.randrange(10**9)}.jpg",
            alt=f"A quay in {place} on a grey morning",
            caption=f"The quay in {place}.",
            credit="© The Ledger / R. Porter",
            width=1200,
            height=800,
        ),
        body="".join(f"<p>{text}</p>" for text in paragraphs),
        tags=(*tags, place),
        reading_minutes=chance.randint(1, 9),
        published=NOW - timedelta(minutes=number),
    )


def readers(
    edition: Edition,
    *,
    articles: int,
    length: Length = Length.SUMMARIES,
    seed: int = 2,
    topics: tuple[int, int] = (2, 12),
) -> Iterator[Reading]:
    """Yield readers without end, whose digests hold so many articles each.

    They follow so many topics (from, to), mute one now and then, and had some of the
    articles before, in another newsletter. Hardly two of them get the same.
    """
    chance = random.Random(seed)
    slugs = [topic.slug for topic in edition.newsletter.topics]
    ids = [article.id for article in edition.issue.articles]
    number = 0
    while True:
        number += 1
        wanted = min(chance.randint(*topics), len(slugs))
        subscriber = _subscriber(
            number,
            chance,
            Preferences(
                newsletters=frozenset({"daily"}),
                follows=tuple(chance.sample(slugs, wanted)),
                length=length,
                limit=articles,
            ),
        )
        spare = len(ids) // 6 if len(ids) > articles else 0
        had = chance.sample(ids, chance.randint(0, spare))
        digest = choose(edition.candidates, subscriber, received=set(had), now=NOW)
        if digest.count == articles:
            yield subscriber, digest


def newsroom_readers(edition: Edition, *, seed: int = 3) -> Iterator[Reading]:
    """Yield readers without end as a newsroom has them: many choose the same.

    They follow one to four topics, the first ones more often than the last (the n-th in
    proportion to 1/n), and got nothing of the issue before.
    """
    chance = random.Random(seed)
    slugs = [topic.slug for topic in edition.newsletter.topics]
    weights = [1 / place for place in range(1, len(slugs) + 1)]
    number = 0
    while True:
        number += 1
        follows = chance.choices(slugs, weights, k=chance.randint(1, 4))
        wishes = Preferences(
            newsletters=frozenset({"daily"}), follows=tuple(dict.fromkeys(follows))
        )
        subscriber = _subscriber(number, chance, wishes)
        digest = choose(edition.candidates, subscriber, received=set(), now=NOW)
        if not digest.skipped:
            yield subscriber, digest


def _subscriber(number: int, chance: random.Random, wishes: Preferences) -> Subscriber:
    return Subscriber(
        id=base64.b32encode(chance.randbytes(8)).decode().rstrip("=").lower(),
        address=f"reader{number}@readers.example",
        name=f"Reader {number}",
        consent=Consent(at=NOW - timedelta(days=chance.randint(1, 900))),
        preferences=wishes,
    )


def distinct(found: Iterator[Reading], number: int) -> list[Reading]:
    """Return so many readers, no two of whom chose the same articles in one order."""
    seen: set[object] = set()
    kept: list[Reading] = []
    for subscriber, digest in found:
        choice = tuple(
            (s.slug, s.more, tuple((c.article.id, c.also_in) for c in s.articles))
            for s in digest.sections
        )
        if choice not in seen:
            seen.add(choice)
            kept.append((subscriber, digest))
            if len(kept) == number:
                break
    return kept
