"""Makes a newsroom of any size in a folder: invented articles, readers with many tastes."""

from __future__ import annotations

import random
from pathlib import Path

TOPICS = (
    "rivers", "harbours", "schools", "orchards", "railways", "theatre",
    "glaciers", "markets", "courts", "football", "libraries", "weather",
)  # fmt: skip
PLACES = ("Ostend", "Cádiz", "Trieste", "Göteborg", "Porto", "Gdańsk", "Brest", "Split")
SENTENCES = (
    "The council had expected forty people, and three hundred came.",
    "Nobody on the quay remembers who painted the first number.",
    "“We kept the key because somebody had to,” says the last warden.",
    "The figures, published late on Monday, surprised even those who made them.",
    "A second hearing is planned for the spring, when the road is open again.",
    "It began with a letter, two pages long, left on the counter of the town hall.",
)

SETTINGS = """\
site:
  name: The Ledger
  url: https://ledger.example
  postal_address: The Ledger, 4 Harbour Row, 1000 Anytown
  language: en
  timezone: Europe/Brussels
topics:
{topics}
newsletters:
  daily:
    title: The Ledger Daily
    sender: The Ledger <digest@ledger.example>
    schedule: {{days: daily, at: "07:00"}}
sources:
  - folder: articles
delivery: {{files: outbox}}
subscribers: subscribers.yaml
"""


def article(number: int, chance: random.Random) -> str:
    """Return one Markdown article with one to three tags."""
    tags = chance.sample(TOPICS, chance.randint(1, 3))
    place = chance.choice(PLACES)
    body = "\n\n".join(
        " ".join(chance.choices(SENTENCES, k=chance.randint(2, 4))) for _ in range(4)
    )
    return (
        f"---\nheadline: {place} story {number}, told by those who were there\n"
        f"standfirst: What {place} decided on {tags[0]}, and what it costs.\n"
        f"byline: Reporter {number % 17}\ntags: [{', '.join(tags)}]\n---\n\n{body}\n"
    )


def reader(number: int, chance: random.Random) -> str:
    """Return one reader, following one to four topics and muting perhaps one."""
    follows = chance.sample(TOPICS, chance.randint(1, 4))
    rest = [topic for topic in TOPICS if topic not in follows]
    mutes = chance.sample(rest, chance.randint(0, 1))
    return (
        f"  - address: reader{number}@readers.example\n    name: Reader {number}\n"
        f"    follows: [{', '.join(follows)}]\n    mutes: [{', '.join(mutes)}]\n"
        f"    format: {'text' if number % 20 == 0 else 'html'}\n"
    )


def make_newsroom(folder: Path, *, articles: int, readers: int, seed: int = 1) -> Path:
    """Write the newsroom and return its digest.yaml; equal arguments, equal files."""
    chance = random.Random(seed)
    (folder / "articles").mkdir(parents=True)
    for number in range(articles):
        path = folder / "articles" / f"{number:04}.md"
        path.write_text(article(number, chance), encoding="utf-8")
    lines = "".join(reader(number, chance) for number in range(readers))
    (folder / "subscribers.yaml").write_text(f"subscribers:\n{lines}", encoding="utf-8")
    topics = "\n".join(f"  {t}: {{title: {t.capitalize()}}}" for t in TOPICS)
    settings = folder / "digest.yaml"
    settings.write_text(SETTINGS.format(topics=topics), encoding="utf-8")
    return settings
