"""An issue as a page of the web archive: the mail's own HTML in a page's surroundings."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from html import escape

from digest.model import (
    Article,
    Digest,
    Format,
    Issue,
    Length,
    Limits,
    Newsletter,
    Subscriber,
    Topic,
)
from digest.rendering import Personal, Renderer, TemplateSet
from digest.rendering.plaintext import one_line
from digest.rendering.words import Speech
from digest.selection import Candidates, candidates, choose
from digest.settings import Site

#: Nobody's limits: an issue's page shows all of it.
_WHOLE = Limits(articles=1_000_000, per_topic=1_000_000, minimum=1)
_DESCRIBED = 200  #: characters of a description, more than search engines show

#: Blocks that only classic Outlook reads.
_OUTLOOK = re.compile(r"<!--\[if [^\]]*\]>(?!<!).*?<!\[endif\]-->", re.DOTALL)
_NAMESPACES = re.compile(r'(<html\b[^>]*?)((?:\s+xmlns:\w+="[^"]*")+)')
_BODY = re.compile(r"<body\b[^>]*>")

_STYLE = """\
<style>
.archived{display:flex;flex-wrap:wrap;gap:4px 24px;max-width:600px;margin:0 auto;padding:14px 20px;font:15px/1.6 -apple-system,BlinkMacSystemFont,"Segoe UI",Roboto,Helvetica,Arial,sans-serif}
.archived a{color:#16191f;padding:6px 0;text-underline-offset:.18em}
.archived a[rel=next]{margin-inline-start:auto}
@media (prefers-color-scheme:dark){.archived a{color:#f2efe8}}
</style>"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sent:
    """An issue that went out, and the newsletter it is of."""

    issue: Issue
    newsletter: Newsletter


@dataclass(frozen=True, slots=True, kw_only=True)
class Edition:
    """What lists and feeds say about an issue's page."""

    issue: Issue  #: without articles: `digest` has them
    newsletter: Newsletter
    title: str  #: the subject its mails had, but of the whole issue
    digest: Digest  #: of the whole issue, without the articles' bodies
    candidates: Candidates

    @property
    def articles(self) -> tuple[Article, ...]:
        """Its stories, in the order shown."""
        return self.digest.articles

    @property
    def lead_picture(self) -> str:
        """The address of its first picture, "" without one."""
        urls = (a.image.url for a in self.articles if a.image)
        return next(urls, "")

    @property
    def description(self) -> str:
        """A sentence or two about it, on one line."""
        headlines = " · ".join(one_line(a.headline) for a in self.articles)
        text = one_line(self.articles[0].standfirst) or headlines
        return (
            text if len(text) <= _DESCRIBED else text[: _DESCRIBED - 1].rstrip() + "…"
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Surroundings:
    """What stands around an issue on the web."""

    url: str  #: of the page
    home: str  #: of the newsletter's list of issues
    newer: str = ""  #: of the neighbours, as the page links them
    older: str = ""


def edition(
    sent: Sent,
    *,
    templates: TemplateSet,
    site: Site,
    topics: tuple[Topic, ...],
    home: str,
) -> tuple[Edition, str] | None:
    """Return an issue for the lists, and its page as the template has it.

    `home` is where the page leads instead of out of the newsletter. Returns None for
    an issue without a story that belongs into the newsletter.
    """
    newsletter = replace(sent.newsletter, limits=_WHOLE)
    found = candidates(sent.issue, newsletter, topics)
    digest = choose(
        found,
        Subscriber(id="", address=""),  # who follows everything, and is nobody
        received=frozenset(),
        now=sent.issue.until,
    )
    if digest.skipped:
        return None
    renderer = Renderer(
        templates=templates,
        site=site,
        newsletter=sent.newsletter,
        issue=sent.issue,
        web=True,
    )
    way_out = f"{home}#unsubscribe"
    rendered = renderer.render(
        digest,
        Personal(unsubscribe=way_out),
        language=newsletter.language,
        length=Length.SUMMARIES,
        format=Format.HTML,
    )
    assert rendered.html is not None
    about = Edition(
        issue=replace(sent.issue, articles=()),
        newsletter=sent.newsletter,
        title=rendered.subject,
        digest=_light(digest),
        candidates=replace(found, articles=tuple(map(_bodiless, found.articles))),
    )
    return about, _without_links_to(way_out, rendered.html)


def _light(digest: Digest) -> Digest:
    """Return a digest whose articles have no bodies: lists hold thousands."""
    return replace(
        digest,
        sections=tuple(
            replace(
                section,
                articles=tuple(
                    replace(c, article=_bodiless(c.article)) for c in section.articles
                ),
            )
            for section in digest.sections
        ),
    )


def _bodiless(article: Article) -> Article:
    return replace(article, body="")


def _without_links_to(url: str, html: str) -> str:
    """Return a page without the links that lead a reader out: nobody is one here."""
    link = rf'<a\b[^>]*\shref="{re.escape(escape(url))}"[^>]*>.*?</a>'
    return re.sub(link, "", html, flags=re.DOTALL)


def surrounded(
    html: str,
    about: Edition,
    around: Surroundings,
    *,
    site: Site,
    speech: Speech,
    picture: Callable[[str], str],
) -> str:
    """Return a mail's HTML as a page: found, shared, and part of an archive.

    `picture` returns the public address of a picture. Nothing here differs from one
    reader to another.
    """
    html = _NAMESPACES.sub(r"\1", _OUTLOOK.sub("", html))
    head = "\n".join((*_head(about, around, site, picture), _STYLE))
    html = html.replace("</head>", f"{head}\n</head>", 1)
    nav = _navigation(around, speech)
    return _BODY.sub(lambda body: f"{body[0]}\n{nav}", html, count=1)


def _head(
    about: Edition, around: Surroundings, site: Site, picture: Callable[[str], str]
) -> Iterator[str]:
    """Yield what search engines, feed readers and those who share a link look for."""
    newsletter = about.newsletter
    yield f'<link rel="canonical" href="{escape(around.url)}">'
    yield f'<meta name="description" content="{escape(about.description)}">'
    for kind, file in (("atom+xml", "feed.xml"), ("feed+json", "feed.json")):
        yield (
            f'<link rel="alternate" type="application/{kind}"'
            f' title="{escape(newsletter.title)}" href="{escape(around.home)}/{file}">'
        )
    properties = {
        "og:type": "article",
        "og:site_name": site.name,
        "og:title": about.title,
        "og:description": about.description,
        "og:url": around.url,
        "og:locale": newsletter.language.replace("-", "_"),
        "og:image": picture(about.lead_picture) if about.lead_picture else "",
        "article:published_time": about.issue.until.isoformat(timespec="seconds"),
        "article:section": newsletter.title,
    }
    for name, value in properties.items():
        if value:
            yield f'<meta property="{name}" content="{escape(one_line(value))}">'
    card = "summary_large_image" if properties["og:image"] else "summary"
    yield f'<meta name="twitter:card" content="{card}">'


def _navigation(around: Surroundings, speech: Speech) -> str:
    """Return the way to the other issues, in the newsletter's language."""
    links = [("up", "../", "all_issues")]
    links += [("prev", around.older, "older_issue")] if around.older else []
    links += [("next", around.newer, "newer_issue")] if around.newer else []
    written = "".join(
        f'<a rel="{rel}" href="{escape(url)}">{escape(speech.word(key, None))}</a>'
        for rel, url, key in links
    )
    return (
        f'<nav class="archived" lang="{speech.language}" dir="{speech.direction}"'
        f' aria-label="{escape(speech.word("archive", None))}">{written}</nav>'
    )
