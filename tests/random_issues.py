"""Issues, digests and readers as nobody would make them, for the tests of rendering.

Hypothesis draws them: texts of every script and of every kind that some part of the
way to a mail treats in a way of its own, stories that lack anything they may lack, and
digests that hold whatever selection could ever choose, or more.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from hypothesis import strategies as st

from digest.model import (
    Article,
    Chosen,
    Digest,
    Image,
    Issue,
    Limits,
    Link,
    Newsletter,
    Quote,
    Section,
)
from digest.rendering import Personal
from tests.rendering_samples import HOST, issue, newsletter

#: Whatever the templates have words for, a language they fall back from, and none.
LANGUAGES = ("en", "fr", "ar", "de", "es", "en-US", "fr-CA", "ja", "")

#: What Jinja, libxml2, premailer, MIME, SMTP or a mail program takes for its own.
FRAGMENTS = (
    *("Rain", "harbour", " ", "  ", ".", "a", "1", "Ünïcödé", "x" * 90, "\n", "\t"),
    *("القضاة يقبلون", "؟!", "אוניה", "冰川消失了", "「漢字」", "Ледник"),
    *("👩‍🔬", "🏳️‍🌈", "e\u0301\u0323", "नमस्ते", "한국어", "ﷺ"),
    *("</style>", "</script>", "<b>", "<!--", "-->", "--", "]]>", "<![endif]-->"),
    *("{{ reader.address }}", "{% raw %}", "{# x #}", "{n}", "{name}", "%s", "%41"),
    *('"', "'", "“", "&amp;", "&", "&#34;", "&nbsp;", "<", ">", "=", "=3D", "\\"),
    *("\u202e", "\u2066", "\u200f", "\u200b", "\u00ad", "\ufeff", "\u00a0", "\u202f"),
    *("\0", "\x0b", "\x1b", "\x85", "\u2028", "\r\nBcc: x@y.example", "\ud83d"),
    *("slot0000z", "slot" + "0123456789abcdef01234567" + "0001z", "z", "0"),
    *("From ", ".\n.", "http://x.example/?a=1&b=2", "a@b.example", "·", "…"),
)

TEXTS = st.lists(st.sampled_from(FRAGMENTS), max_size=4).map("".join) | st.text(
    max_size=12
)
#: Texts that leave something when they are cleaned: a headline has to.
WORDS = TEXTS.map(lambda text: f"Word {text}")

BODIES = st.sampled_from(
    (
        "",
        "",
        "<p>The band played in gloves.</p>",
        (
            "<p>One <strong>two</strong> &amp; <a href='https://x.example/?a=1&amp;b=2'>"
            "three</a></p><h2>Four</h2><ul><li>five<li>six</ul>"
        ),
        "<table><tr><th>A</th><td>B</td></tr></table><blockquote>unclosed <p>text",
        "<p>خرجت الرسائل مطوية</p><pre>  a  b\n\n\n  c</pre><hr><p>{{ x }} ]]> </p>",
    )
)


def addresses(*also: str) -> st.SearchStrategy[str]:
    """Return web addresses with anything behind the host, and `also`."""
    web = TEXTS.map(lambda text: f"{HOST}/{text}")
    return web | st.sampled_from((f"{HOST}/a", *also))


IMAGES = st.none() | st.builds(
    Image,
    url=addresses("", "data:x"),
    alt=TEXTS,
    caption=TEXTS,
    credit=TEXTS,
    width=st.sampled_from((None, 90, 1200)),
    height=st.sampled_from((None, 60, 700)),
)
LINKS = st.lists(
    st.builds(Link, title=TEXTS, url=addresses("", "javascript:x")), max_size=2
).map(tuple)


@st.composite
def articles(draw: st.DrawFn, number: int) -> Article:
    """Draw the story of that number."""
    plain = Article(id=f"story-{number}", headline=draw(WORDS), source="s", url=HOST)
    if draw(st.booleans()):
        return plain  # most of what is below would only make examples large
    return replace(
        plain,
        url=draw(addresses("", "ftp://x")),
        standfirst=draw(TEXTS),
        byline=draw(st.just("") | TEXTS),
        desk=draw(st.just("") | TEXTS),
        image=draw(IMAGES),
        body=draw(BODIES),
        quotes=draw(
            st.lists(st.builds(Quote, text=TEXTS, who=TEXTS), max_size=1).map(tuple)
        ),
        also_read=draw(LINKS),
        related=draw(LINKS),
        tags=draw(st.lists(TEXTS, max_size=2).map(tuple)),
        reading_minutes=draw(st.sampled_from((1, 2, 5, 1234))),
        published=draw(st.sampled_from((None, datetime(2026, 11, 1, tzinfo=UTC)))),
        language=draw(st.sampled_from(("", "en", "ar", "he", "ja", "ru", "xx-none"))),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class World:
    """One newsletter's issue: what is known of it, and what turns up for a reader."""

    issue: Issue
    newsletter: Newsletter
    catalogue: tuple[Section, ...]  #: what is compiled at once
    others: tuple[Section, ...]  #: of single tags, and with stories from elsewhere

    @property
    def sections(self) -> tuple[Section, ...]:
        return (*self.catalogue, *self.others)

    def widened(self, section: Section) -> Section:
        """Return all that may stand in a section of a single tag."""
        return next((s for s in self.others if s.slug == section.slug), section)


def _section(slug: str, title: str, stories: Sequence[Article]) -> Section:
    chosen = tuple(Chosen(article=one) for one in stories)
    return Section(slug=slug, title=title, articles=chosen)


@st.composite
def worlds(draw: st.DrawFn, *, most: int = 6) -> World:
    """Draw an issue of at most `most` stories in up to five sections."""
    stories = [draw(articles(n)) for n in range(draw(st.integers(2, most)))]
    some = st.lists(st.sampled_from(stories), unique_by=lambda a: a.id, max_size=most)
    titles = st.just("") | TEXTS
    catalogue = [
        _section(draw(st.sampled_from((f"topic-{n}", "topic"))), draw(titles), found)
        for n, found in enumerate(draw(st.lists(some, min_size=1, max_size=3)))
    ]
    others = [
        _section(f"tag:{n}", draw(titles), found)
        for n, found in enumerate(draw(st.lists(some, max_size=2)))
    ]
    language = draw(st.sampled_from(("en", "fr", "ar", "he")))
    letter = newsletter(
        title=draw(WORDS),
        tagline=draw(st.just("") | TEXTS),
        intro=draw(st.just("") | TEXTS),
        language=language,
        limits=Limits(articles=draw(st.sampled_from((3, 12)))),
    )
    return World(
        issue=issue(*stories),
        newsletter=letter,
        catalogue=tuple({(s.slug, s.title): s for s in catalogue}.values()),
        others=tuple(others),
    )


@st.composite
def digests(draw: st.DrawFn, world: World) -> Digest:
    """Draw a choice of articles, each at most once, such as a reader may get.

    Now and then a section holds a story that nobody knew it might.
    """
    found = draw(
        st.lists(
            st.sampled_from(world.sections),
            min_size=1,
            max_size=4,
            unique_by=lambda s: (s.slug, s.title),
        )
    )
    taken: set[str] = set()
    titles = [section.title for section in world.sections]
    also_in = st.lists(st.sampled_from(titles), max_size=2, unique=True).map(tuple)
    sections = []
    for section in found:
        offered = [chosen.article for chosen in section.articles]
        if draw(st.integers(0, 9)) == 0:
            offered = list(world.issue.articles)
        left = [one for one in offered if one.id not in taken]
        if not left:
            continue
        chosen = draw(
            st.lists(st.sampled_from(left), unique_by=lambda a: a.id, min_size=1)
        )
        taken |= {one.id for one in chosen}
        sections.append(
            Section(
                slug=section.slug,
                title=section.title,
                articles=tuple(
                    Chosen(article=one, also_in=draw(also_in)) for one in chosen
                ),
                more=draw(st.sampled_from((0, 0, 1, 2, 3, 11))),
            )
        )
    if not sections:
        sections = [_section("tag:9", "Found", world.issue.articles[:1])]
    more = draw(st.sampled_from((0, 0, 1, 2, 5, 1234)))
    return Digest(issue=world.issue.id, sections=tuple(sections), more=more)


READERS = st.builds(
    Personal,
    name=st.just("") | TEXTS,
    address=st.just("") | st.just("ada@example.org") | TEXTS,
    subscribed=st.sampled_from((None, datetime(2026, 2, 3, 11, tzinfo=UTC))),
    unsubscribe=addresses(),
    preferences=st.just("") | addresses(),
    pause=st.just("") | addresses(),
    web_copy=st.just("") | addresses(),
)
