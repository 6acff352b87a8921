"""A digest of invented stories with and without everything a story can have.

`Renderer.check` renders it, so that a mistake in a template comes to light when a
newsroom is checked and not in the first issue in which somebody is quoted.
"""

from __future__ import annotations

from datetime import UTC, datetime

from digest.model import Article, Chosen, Digest, Image, Link, Quote, Section

_WITH_EVERYTHING = Article(
    id="sample-everything",
    headline="A bridge is opened twice",
    source="sample",
    url="https://example.org/bridge",
    standfirst="The ribbon was cut in the morning, and mended by noon.",
    byline="Ada Sample",
    desk="Harbour desk",
    image=Image(
        url="https://example.org/bridge.jpg",
        alt="A bridge",
        caption="The bridge, on its second first day.",
        credit="© Sample Pictures",
        width=1200,
        height=800,
    ),
    body="<h2>Morning</h2><p>A <a href='https://example.org/band'>band</a> played.</p>",
    quotes=(Quote(text="It held.", who="Ida Sample", role="engineer"),),
    tags=("Bridges", "Harbour"),
    related=(Link(title="Bridges of the year", url="https://example.org/year"),),
    also_read=(Link(title="Who mends ribbons", url="https://example.org/ribbons"),),
    reading_minutes=3,
    published=datetime(2026, 1, 2, 3, 4, tzinfo=UTC),
    language="en",
)
_WITH_NOTHING = Article(id="sample-nothing", headline="Rain", source="sample")
_ELSEWHERE = Article(
    id="sample-elsewhere",
    headline="مطر",
    source="sample",
    language="ar",
    standfirst="سقط مطر.",
    body="<p>سقط مطر.</p>",
    tags=("Weather",),
)


def sample_digest() -> Digest:
    """Return the sample: two titled sections, and one without a title."""
    return Digest(
        issue="sample",
        sections=(
            Section(
                slug="bridges",
                title="Bridges",
                articles=(
                    Chosen(article=_WITH_EVERYTHING, also_in=("Harbour",)),
                    Chosen(article=_WITH_NOTHING),
                ),
                more=2,
            ),
            Section(slug="weather", title="Weather", articles=(_chosen(_ELSEWHERE),)),
            Section(slug="", title="", articles=(_chosen(_WITH_NOTHING),), more=1),
        ),
        more=3,
    )


def _chosen(article: Article) -> Chosen:
    return Chosen(article=article, also_in=("Bridges", "Harbour"))
