"""Two ways to a mail, held against the plain path.

A `Trial` is one issue with one set of templates: whatever the joined and the exact
path give for a reader of it has to be what the plain path gives, character for
character.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st

from digest.model import Chosen, Digest, Format, Image, Length, Section
from digest.rendering import Personal, Rendered, Renderer, TemplateSet
from digest.rendering.fitting import Shortened, _shorter, _told
from digest.rendering.proofs import difference
from digest.rendering.stage import Lengths
from tests import rendering_samples as samples
from tests.plain_path import Mail, PlainPath
from tests.random_issues import LANGUAGES, READERS, World, digests
from tests.rendering_samples import HOST, article, personal

LONG = settings.get_current_profile_name() == "long"
_FURTHER = 60 if LONG else 1  #: how much further a long run looks
#: Making a failing example small takes minutes, in which a short run is stopped.
_WITHOUT_SHRINKING = (Phase.explicit, Phase.reuse, Phase.generate)


def examples(number: int) -> settings:
    """Return settings for that many issues, each with many mails."""
    return settings(
        max_examples=number * _FURTHER,
        deadline=None,
        phases=tuple(Phase) if LONG else _WITHOUT_SHRINKING,
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
    )


@dataclass(frozen=True, slots=True)
class Wish:
    """How a reader wants a digest."""

    language: str = ""
    length: Length = Length.SUMMARIES


class Trial:
    """One issue, ready to be rendered every way there is."""

    def __init__(self, world: World, templates: TemplateSet | None = None) -> None:
        self.world = world
        make = partial(
            Renderer,
            templates=templates or samples.templates(),
            site=samples.site(),
            newsletter=world.newsletter,
            issue=world.issue,
        )
        self.joined = make(sections=world.catalogue, widen=world.widened)
        self.exact = make()
        self.plain = PlainPath(
            templates=templates or samples.templates(),
            site=samples.site(),
            newsletter=world.newsletter,
            issue=world.issue,
        )

    @property
    def why_not(self) -> Mapping[str, str]:
        return self.joined.why_not_joined

    def assert_all_agree(
        self, digest: Digest, reader: Personal, wish: Wish | None = None
    ) -> None:
        """Render one reader's mail every way; the plain path knows what it is."""
        wish = wish or Wish()
        found: dict[str, Rendered] = {}
        for way, renderer in (("joined", self.joined), ("exact", self.exact)):
            mail = rendered(renderer, digest, reader, wish)
            found[way] = mail
            alone = plain(self.plain, digest, reader, wish, mail)
            assert_same(way, mail, alone)
        words = rendered(self.joined, digest, reader, wish, parts=Format.TEXT)
        assert words.html is None
        if not found["joined"].shortened:
            assert (words.subject, words.text) == alone[:2]


def rendered(
    renderer: Renderer,
    digest: Digest,
    reader: Personal,
    wish: Wish,
    *,
    parts: Format = Format.HTML,
) -> Rendered:
    return renderer.render(
        digest, reader, language=wish.language, length=wish.length, format=parts
    )


def plain(
    path: PlainPath, digest: Digest, reader: Personal, wish: Wish, mail: Rendered
) -> Mail:
    """Return what a reader gets who is shown as much as `mail` shows."""
    lengths = None
    if mail.shortened:
        lengths = lengths_of(digest, wish.length, mail.shortened)
    return path.mail(
        mail.digest,
        reader,
        language=wish.language,
        length=wish.length,
        lengths=lengths,
    )


def lengths_of(digest: Digest, length: Length, shortened: Shortened) -> Lengths:
    """Return what is shown of a digest of which that is told."""
    wished = Lengths.wished(length, digest.count)
    steps = range(1, wished.full + wished.summaries + digest.count)
    step = next(n for n in steps if _told(digest, wished, n) == shortened)
    return _shorter(digest, wished, step)[1]


def assert_same(way: str, mail: Rendered, alone: Mail) -> None:
    for part, made, wanted in zip(
        ("subject", "text", "HTML"),
        (mail.subject, mail.text, mail.html),
        alone,
        strict=True,
    ):
        assert made is not None
        if what := difference(made, wanted):
            pytest.fail(f"{way}, {part}: first {what}")


def try_out(data: st.DataObject, trial: Trial, *, least: int) -> None:
    """Draw digests and readers of an issue; see that all their mails agree."""
    wish = Wish(
        language=data.draw(st.sampled_from(LANGUAGES)),
        length=data.draw(st.sampled_from(Length)),
    )
    readers = data.draw(st.lists(READERS, min_size=2, max_size=4))
    some = st.lists(digests(trial.world), min_size=least, max_size=2 * least)
    for digest in data.draw(some):
        for reader in readers:
            trial.assert_all_agree(digest, reader, wish)


# -- small issues, for pages somebody thought of -----------------------------------

STORIES = tuple(article(n, headline=f"Story {n}", byline="") for n in range(6))
PICTURE = replace(STORIES[5], image=Image(url=f"{HOST}/x.jpg"))


def section(
    title: str,
    *numbers: int,
    more: int = 0,
    also_in: tuple[str, ...] = (),
    slug: str = "",
) -> Section:
    chosen = tuple(Chosen(article=STORIES[n], also_in=also_in) for n in numbers)
    return Section(slug=slug or title.lower(), title=title, articles=chosen, more=more)


CATALOGUE = (section("One", 0, 1, 2), section("Two", 3, 4))


def trial(
    html: str,
    *,
    catalogue: Sequence[Section] = CATALOGUE,
    others: Sequence[Section] = (),
    **files: str,
) -> Trial:
    """Return a trial of a page with this in its body."""
    page = (
        f"<html><head>{{{{ styles }}}}</head>\n<body><div>{html}</div>"
        "<p><a href='{{ reader.unsubscribe }}'>x</a></p></body></html>"
    )
    world = World(
        issue=samples.issue(*STORIES, PICTURE),
        newsletter=samples.newsletter(),
        catalogue=tuple(catalogue),
        others=tuple(others),
    )
    files = {"digest__html__j2": page, "style__css": "p{margin:0}"} | files
    return Trial(world, samples.templates(**files))


def assert_agree(what: Trial, digests: Sequence[Digest], *readers: Personal) -> None:
    for one in digests:
        for reader in readers or (personal(),):
            what.assert_all_agree(one, reader)
