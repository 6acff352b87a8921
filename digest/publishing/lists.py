"""The pages of the web archive that list issues and stories.

Values in, HTML text out, without a script: the newsletters and topics, the issues of a
newsletter, the stories of a topic. The page around it is `templates/pages/archive.html`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from html import escape
from string import Template

from digest.model import Article, Newsletter, Topic
from digest.publishing.editions import Edition
from digest.rendering.plaintext import one_line
from digest.rendering.words import Speech, direction, primary_subtag
from digest.settings import Site

#: Headlines beside the lead's, in the list of a newsletter's issues.
_TEASERS = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Story:
    """One story of a topic, and the issue it stood in."""

    article: Article
    edition: Edition


@dataclass(frozen=True, slots=True, kw_only=True)
class Lists:
    """Writes the list pages of one archive."""

    site: Site
    page: str  #: the template around every page
    base: str  #: public address of the archive, without a slash at the end
    speeches: Mapping[str, Speech]  #: by language
    picture: Callable[[str], str]  #: where a picture lies in the archive, or ""

    def home(
        self,
        newsletters: Mapping[Newsletter, Sequence[Edition]],
        topics: Mapping[Topic, Sequence[Story]],
    ) -> str:
        """Return the page of all newsletters and topics; issues are newest first.

        Before anything went out it says so: mails and sites may already lead there.
        """
        speech = self.speeches[self.site.language]
        main = [*self._newsletters(newsletters, speech)]
        if topics:
            main += [f'<h2 class="part">{_said(speech, "topics")}</h2>']
            main += ['<ul class="topics">']
            for topic, stories in topics.items():
                count = speech.number(len(stories))
                main.append(
                    f'<li><a href="topics/{topic.slug}/">{escape(one_line(topic.title))}'
                    f" <span>{count}</span></a></li>"
                )
            main.append("</ul>")
        return self._written(
            speech,
            title=f"{self.site.name}: {speech.word('archive', None)}",
            heading=speech.word("archive", None),
            lede=self.site.tagline,
            url=self.base,
            way=[(self.site.url, self.site.name)],
            main=main,
        )

    def newsletter(self, newsletter: Newsletter, editions: Sequence[Edition]) -> str:
        """Return the page of a newsletter's issues, the newest first."""
        speech = self.speeches[newsletter.language]
        main = ["<ol>"]
        for edition in editions:
            main += self._edition(edition, speech)
        main.append("</ol>")
        return self._written(
            speech,
            title=newsletter.title,
            heading=newsletter.title,
            lede=newsletter.tagline or self.site.tagline,
            url=f"{self.base}/{newsletter.slug}",
            way=[("../", speech.word("archive", None)), ("feed.xml", _feed(speech))],
            main=main,
            has_feeds=True,
        )

    def topic(self, topic: Topic, stories: Sequence[Story]) -> str:
        """Return the page of a topic's stories, the newest first."""
        speech = self.speeches[self.site.language]
        main = ["<ol>"]
        for story in stories:
            main += self._story(story, speech)
        main.append("</ol>")
        return self._written(
            speech,
            title=topic.title,
            heading=topic.title,
            lede=topic.description,
            url=f"{self.base}/topics/{topic.slug}",
            way=[("../../", speech.word("archive", None)), ("feed.xml", _feed(speech))],
            main=main,
            has_feeds=True,
        )

    # -- the parts --------------------------------------------------------------

    def _newsletters(
        self, newsletters: Mapping[Newsletter, Sequence[Edition]], speech: Speech
    ) -> Iterator[str]:
        if not newsletters:
            nothing = _said(speech, "no_issue")
            yield f"<p>{nothing}</p>"
            if form := self.site.subscribe_url:
                subscribe = _said(speech, "pages.subscribe")
                yield f'<p><a href="{escape(form)}">{subscribe}</a></p>'
            return
        yield "<ul>"
        for newsletter, editions in newsletters.items():
            yield from self._newsletter(newsletter, editions, speech)
        yield "</ul>"

    def _newsletter(
        self, newsletter: Newsletter, editions: Sequence[Edition], speech: Speech
    ) -> Iterator[str]:
        slug, latest = newsletter.slug, editions[0]
        tongue = _tongue(newsletter.language, speech)
        yield '<li class="item"><div class="said">'
        yield f'<h2{tongue}><a href="{slug}/">{escape(newsletter.title)}</a></h2>'
        if newsletter.tagline not in ("", self.site.tagline):
            yield f"<p{tongue}>{escape(newsletter.tagline)}</p>"
        day = speech.day(latest.issue.until, newsletter.timezone)
        yield (
            f'<p class="also row"><span>{escape(day)}</span>'
            f'<a href="{latest.issue.id}/"{tongue}>{escape(latest.title)}</a></p>'
        )
        yield (
            f'<p class="also row"><a href="{slug}/">{_said(speech, "all_issues")}</a>'
            f'<a href="{slug}/feed.xml">{_said(speech, "feed")}</a></p></div>'
        )
        yield f"{self._image(latest.lead_picture, '')}</li>"

    def _edition(self, edition: Edition, speech: Speech) -> Iterator[str]:
        issue = edition.issue
        date = speech.date(issue.until, edition.newsletter.timezone)
        number = speech.filled(
            speech.word("issue_number", issue.number),
            {"n": speech.number(issue.number)},
            str,
        )
        way = issue.id.partition("/")[2]
        yield '<li class="item"><div class="said">'
        yield f'<p class="kick">{escape(date)} · {escape(number)}</p>'
        yield f'<h2><a href="{way}/">{escape(edition.title)}</a></h2>'
        others = [
            self._headline(article, speech)
            for article in edition.articles[1 : 1 + _TEASERS]
        ]
        if others:
            yield f'<p class="also">{" · ".join(others)}</p>'
        yield f"</div>{self._image(edition.lead_picture, '../')}</li>"

    def _headline(self, article: Article, speech: Speech) -> str:
        """Return a headline inside a line of the list's own language."""
        tongue = _tongue(article.language or self.site.language, speech)
        return f"<bdi{tongue}>{escape(one_line(article.headline))}</bdi>"

    def _story(self, story: Story, speech: Speech) -> Iterator[str]:
        article, edition = story.article, story.edition
        tongue = _tongue(article.language or self.site.language, speech)
        copy = f"../../{edition.issue.id}/"
        day = speech.day(
            article.published or edition.issue.until, edition.newsletter.timezone
        )
        picture = article.image.url if article.image else ""
        yield '<li class="item"><div class="said">'
        yield f'<p class="kick">{escape(day)}</p>'
        yield (
            f'<h2{tongue}><a href="{escape(article.url or copy)}">'
            f"{escape(one_line(article.headline))}</a></h2>"
        )
        if article.standfirst:
            yield f"<p{tongue}>{escape(one_line(article.standfirst))}</p>"
        byline = one_line(article.byline)
        by = f"<span{tongue}>{escape(byline)}</span>" if byline else ""
        yield (
            f'<p class="also row">{by}'
            f'<a href="{copy}"{_tongue(edition.newsletter.language, speech)}>'
            f"{escape(edition.newsletter.title)}</a></p></div>"
        )
        yield f"{self._image(picture, '../../')}</li>"

    def _image(self, url: str, up: str) -> str:
        """Return a small picture beside a title that says it all, so without words."""
        if not url:
            return ""
        own = self.picture(url)
        return f'<img src="{escape(up + own if own else url)}" alt="" loading="lazy">'

    def _written(
        self,
        speech: Speech,
        *,
        title: str,
        heading: str,
        lede: str,
        url: str,
        way: Sequence[tuple[str, str]],
        main: Sequence[str],
        has_feeds: bool = False,
    ) -> str:
        head = [f'<link rel="canonical" href="{escape(url)}">']
        if lede:
            head.append(f'<meta name="description" content="{escape(one_line(lede))}">')
        for name, value in (
            ("type", "website"),
            ("site_name", self.site.name),
            ("title", title),
            ("url", url),
        ):
            head.append(f'<meta property="og:{name}" content="{escape(value)}">')
        if has_feeds:
            head += [
                f'<link rel="alternate" type="application/{kind}" href="feed.{ending}">'
                for kind, ending in (("atom+xml", "xml"), ("feed+json", "json"))
            ]
        return Template(self.page).substitute(
            language=escape(speech.language),
            dir=speech.direction,
            title=escape(one_line(title)),
            head="\n".join(head),
            way_label=_said(speech, "archive"),
            way="".join(f'<a href="{escape(u)}">{escape(t)}</a>' for u, t in way),
            heading=escape(one_line(heading)),
            lede=f'<p class="lede">{escape(one_line(lede))}</p>' if lede else "",
            main="\n".join(main),
            footer=escape(one_line(self.site.postal_address)),
        )


def _said(speech: Speech, key: str) -> str:
    return escape(speech.word(key, None))


def _feed(speech: Speech) -> str:
    return speech.word("feed", None)


def _tongue(language: str, speech: Speech) -> str:
    """Return the attributes of a text in another language than the page's."""
    if primary_subtag(language) == primary_subtag(speech.language):
        return ""
    return f' lang="{escape(language)}" dir="{direction(language)}"'
