"""A news page pasted or scraped as text, read as the article it was.

What people really have: menus, a headline, a caption with its credit, "Text by",
"3 min", a standfirst, paragraphs broken anywhere, "Also read" in between, tags,
other stories, invitations to subscribe. Each goes to its field; furniture is
left out and listed; what is not recognised stays in the body, in order.
"""

from __future__ import annotations

from dataclasses import dataclass

from digest.model import Article
from digest.sources.origin import Origin
from digest.sources.pasted.filling import Filling
from digest.sources.pasted.lines import read_units
from digest.sources.pasted.roles import assign


@dataclass(frozen=True, slots=True, kw_only=True)
class Pasted:
    """What became of a page; every word of it is in one of the three."""

    article: Article
    left_out: tuple[str, ...] = ()  #: menus, invitations, footers, repetitions
    labels: tuple[str, ...] = ()  #: what only said what the rest is: "Text by:"


def read_pasted(text: str, *, origin: Origin) -> Pasted:
    """Return the article that the text of a page holds."""
    page = assign(read_units(text, zone=origin.timezone))
    filling = Filling(origin.base_url)
    for index, unit in enumerate(page.units):
        filling.take(unit, page.roles[index])
    return Pasted(
        article=filling.article(origin, page),
        left_out=tuple(filling.left_out),
        labels=tuple(label for label in filling.labels if label),
    )
