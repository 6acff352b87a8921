"""Digests that a compiled issue must get right before it is trusted.

Few, but each of another kind: one as full as they get, the smallest, one whose lead is
the last story of all, one that takes a story here and there. The readers they are for
have either nothing but a link out, or every value, full of what is escaped somewhere.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import islice

from digest.model import Chosen, Digest, Section

BARE = {"unsubscribe": "https://sample.example/u/1?a=b&c"}
RICH = {
    "name": 'Ada "O\'Hara" & <Söhne>',
    "address": "ada+x@sample.example",
    "subscribed": "3 February 2026",
    "unsubscribe": "https://sample.example/u/2",
    "preferences": "https://sample.example/p/2",
    "pause": "https://sample.example/pause/2",
    "web_copy": "https://sample.example/archive/2",
}

_SHOWN = 60  #: characters of a difference
_BEFORE = 30  #: of these, before it


def proofs(sections: Sequence[Section], limit: int) -> Iterator[Digest]:
    """Yield sample digests of at most `limit` articles, each article once."""
    filled = [section for section in sections if section.articles]
    if not filled:
        return
    yield _digest(filled, step=1, limit=limit, more=7)
    yield _digest(filled[:1], step=1, limit=1, more=0)
    yield _digest([filled[-1]], step=-1, limit=2, more=0)
    yield _digest(filled, step=3, limit=limit, more=0)


def _digest(sections: Sequence[Section], *, step: int, limit: int, more: int) -> Digest:
    """Return every `step`th story of each section, with facts that vary."""
    titles = [section.title for section in sections if section.title]
    taken: set[str] = set()
    chosen = []
    for number, section in enumerate(sections):
        fair = max(1, limit // len(sections))
        fresh = (c for c in section.articles[::step] if c.article.id not in taken)
        articles = tuple(
            Chosen(article=one.article, also_in=tuple(titles[: place % 3]))
            for place, one in enumerate(islice(fresh, min(fair, limit - len(taken))))
        )
        taken.update(one.article.id for one in articles)
        if articles:
            left = more and number % 3
            chosen.append(
                Section(
                    slug=section.slug, title=section.title, articles=articles, more=left
                )
            )
    return Digest(issue="", sections=tuple(chosen), more=more)


def difference(joined: str, exact: str) -> str:
    """Return where two pages differ, or ""."""
    if joined == exact:
        return ""
    pairs = enumerate(zip(joined, exact, strict=False))
    shorter = min(len(joined), len(exact))
    at = next((place for place, (a, b) in pairs if a != b), shorter)
    start = max(0, at - _BEFORE)
    one, other = (text[start : start + _SHOWN] for text in (joined, exact))
    return f"joined it reads {one!r}, rendered by itself {other!r}"
