"""The whole archive in order: issues, lists, feeds, and the pictures they show."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from html import escape
from pathlib import Path

from digest.errors import InputError
from digest.model import Article, Newsletter, State, Topic
from digest.publishing.editions import (
    Edition,
    Sent,
    Surroundings,
    edition,
    surrounded,
)
from digest.publishing.feeds import Entry, Feed, atom, json_feed
from digest.publishing.folder import ArchiveFolder, opened
from digest.publishing.lists import Lists, Story
from digest.rendering import TemplateSet
from digest.rendering.plaintext import one_line
from digest.rendering.words import Speech, Words, direction
from digest.settings import Settings, Site
from digest.shipped import shipped
from digest.store import Store
from digest.tags import belongs, slugs
from digest.template_files import load_catalogues, load_templates
from digest.transports.pictures import Pictures

#: Folders of the archive's own, which no newsletter can be called.
_TAKEN = frozenset({"topics", "images"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Published:
    """What bringing an archive up to date did."""

    issues: int
    files: int  #: there are now, pictures among them
    changed: int  #: made or replaced
    removed: int


def publish(
    folder: Path,
    *,
    settings: Settings,
    store: Store,
    images: Mapping[str, Path],
    base: str,
) -> Published:
    """Bring the archive in `folder`, which is public at `base`, up to date.

    An issue is published once it went out to anybody. `images` are the files behind the
    addresses of the project's own pictures. Raises what `Archive.publish` raises.
    """
    archive = Archive(
        site=settings.site,
        topics=settings.topics,
        templates=lambda name: load_templates(name, settings.root),
        stock=Words.of_stock(load_catalogues(settings.root)),
        images=images,
        base=base,
    )
    sent = {
        newsletter: [
            Sent(issue=issue, newsletter=newsletter)
            for issue in store.archive.issues(newsletter.slug)
            if store.journal.counts(issue.id).get(State.SENT)
        ]
        for newsletter in settings.newsletters
    }
    return archive.publish(folder, sent)


@dataclass(kw_only=True)
class Archive:
    """Publishes what one project has sent."""

    site: Site
    topics: tuple[Topic, ...]
    templates: Callable[[str], TemplateSet]  #: by name
    stock: Words  #: the shipped words, for what stands around issues
    images: Mapping[str, Path]  #: files behind the addresses of the project's pictures
    base: str  #: public address of the archive, without a slash at the end
    _editions: dict[str, list[Edition]] = field(default_factory=dict)  #: oldest first

    def publish(
        self, folder: Path, newsletters: Mapping[Newsletter, Sequence[Sent]]
    ) -> Published:
        """Bring the archive in `folder` up to date; issues come the oldest first.

        Raises `OutputError`, `BusyError`, `InputError` for a newsletter that cannot
        be published, and what rendering an issue raises.
        """
        if taken := sorted(n.slug for n in newsletters if n.slug in _TAKEN):
            raise InputError(
                f"newsletters: `{taken[0]}` is a folder of the web archive itself; give "
                "the newsletter another short name"
            )
        planned = [path for sent in newsletters.values() for path in _paths(sent)]
        planned += [p for t in self.topics for p in _list_paths(f"topics/{t.slug}")]
        with opened(folder, planned=["index.html", *planned]) as target:
            pictures = Pictures(folder, self.images)
            for newsletter, sent in newsletters.items():
                self._editions[newsletter.slug] = list(
                    self._issues(target, sent, pictures)
                )
            shown = {
                newsletter: self._editions[newsletter.slug][::-1]
                for newsletter in newsletters
                if self._editions[newsletter.slug]
            }
            self._lists(target, shown, pictures)
            target.keep(pictures.copied)
            removed = target.finish()
        return Published(
            issues=sum(map(len, shown.values())),
            files=target.files,
            changed=target.changed + pictures.changed,
            removed=removed,
        )

    # -- issues -----------------------------------------------------------------

    def _issues(
        self, target: ArchiveFolder, sent: Sequence[Sent], pictures: Pictures
    ) -> Iterable[Edition]:
        for place, one in enumerate(sent):
            home = f"{self.base}/{one.newsletter.slug}"
            made = edition(
                one,
                templates=self.templates(one.newsletter.template),
                site=self.site,
                topics=self.topics,
                home=home,
            )
            if made is None:
                continue
            about, html = made
            around = Surroundings(
                url=f"{self.base}/{one.issue.id}",
                home=home,
                older=_beside(sent[place - 1]) if place else "",
                newer=_beside(sent[place + 1]) if place + 1 < len(sent) else "",
            )
            page = surrounded(
                pictures.localized(html, up="../../"),
                about,
                around,
                site=self.site,
                speech=self._speech(one.newsletter.language),
                picture=lambda url: self._public(url, pictures),
            )
            target.write(f"{one.issue.id}/index.html", page)
            yield about

    def _public(self, url: str, pictures: Pictures) -> str:
        """Return where everybody finds a picture."""
        copy = pictures.path(url)
        return f"{self.base}/{copy}" if copy else url

    # -- lists and feeds --------------------------------------------------------

    def _lists(
        self,
        target: ArchiveFolder,
        shown: Mapping[Newsletter, Sequence[Edition]],
        pictures: Pictures,
    ) -> None:
        languages = {self.site.language, *(n.language for n in shown)}
        lists = Lists(
            site=self.site,
            page=(shipped("templates") / "pages" / "archive.html").read_text("utf-8"),
            base=self.base,
            speeches={language: self._speech(language) for language in languages},
            picture=pictures.path,
        )
        by_topic = self._by_topic(shown)
        target.write("index.html", lists.home(shown, by_topic))
        for newsletter, editions in shown.items():
            target.write(
                f"{newsletter.slug}/index.html", lists.newsletter(newsletter, editions)
            )
            feed = self._feed(newsletter.title, newsletter.tagline, newsletter.slug)
            entries = [self._issue_entry(e, pictures) for e in editions]
            feed = replace(feed, language=newsletter.language, entries=entries)
            _write_feeds(target, feed, newsletter.slug)
        for topic, stories in by_topic.items():
            path = f"topics/{topic.slug}"
            target.write(f"{path}/index.html", lists.topic(topic, stories))
            feed = self._feed(topic.title, topic.description, path)
            entries = [self._story_entry(story, pictures) for story in stories]
            _write_feeds(target, replace(feed, entries=entries), path)

    def _by_topic(
        self, shown: Mapping[Newsletter, Sequence[Edition]]
    ) -> dict[Topic, list[Story]]:
        """Return the stories of each topic that has any, the newest issue's first."""
        editions = [edition for found in shown.values() for edition in found]
        editions.sort(key=lambda e: (e.issue.until, e.issue.id), reverse=True)
        found: dict[Topic, list[Story]] = {}
        for topic in self.topics:
            stories: dict[str, Story] = {}
            for about in editions:
                for article in about.articles:
                    if belongs(topic, slugs(article.tags)):
                        story = Story(article=article, edition=about)
                        stories.setdefault(article.id, story)
            if stories:
                found[topic] = list(stories.values())
        return found

    def _feed(self, title: str, subtitle: str, path: str) -> Feed:
        return Feed(
            title=one_line(title),
            subtitle=one_line(subtitle),
            home=f"{self.base}/{path}",
            language=self.site.language,
            publisher=self.site.name,
            entries=(),
        )

    def _issue_entry(self, about: Edition, pictures: Pictures) -> Entry:
        stories = "".join(map(_story_item, about.articles))
        return Entry(
            url=f"{self.base}/{about.issue.id}",
            title=about.title,
            at=about.issue.until,
            summary=about.description,
            html=f"<ul>{stories}</ul>",
            image=self._public(about.lead_picture, pictures),
        )

    def _story_entry(self, story: Story, pictures: Pictures) -> Entry:
        article, issue = story.article, story.edition.issue
        image = article.image.url if article.image else ""
        return Entry(
            url=article.url or f"{self.base}/{issue.id}#{article.id}",
            title=one_line(article.headline),
            at=article.published or issue.until,
            summary=one_line(article.standfirst),
            author=one_line(article.byline),
            image=self._public(image, pictures),
            language=article.language or self.site.language,
            tags=tuple(map(one_line, article.tags)),
        )

    def _speech(self, language: str) -> Speech:
        return self.stock.speech(language, otherwise=self.site.language)


def _write_feeds(target: ArchiveFolder, feed: Feed, path: str) -> None:
    target.write(f"{path}/feed.xml", atom(feed))
    target.write(f"{path}/feed.json", json_feed(feed))


def _story_item(article: Article) -> str:
    """Return a story as a point of a feed's content."""
    headline, language = escape(one_line(article.headline)), article.language
    link = f'<a href="{escape(article.url)}">{headline}</a>'
    spoken = (
        f' lang="{escape(language)}" dir="{direction(language)}"' if language else ""
    )
    standfirst = escape(one_line(article.standfirst))
    said = f"<br>{standfirst}" if standfirst else ""
    return f"<li{spoken}>{link if article.url else headline}{said}</li>"


def _paths(sent: Sequence[Sent]) -> list[str]:
    """Return the files that a newsletter's issues may become."""
    found = [f"{one.issue.id}/index.html" for one in sent]
    return found + (_list_paths(sent[0].newsletter.slug) if sent else [])


def _list_paths(folder: str) -> list[str]:
    return [f"{folder}/{name}" for name in ("index.html", "feed.xml", "feed.json")]


def _beside(sent: Sent) -> str:
    """Return the way from one issue's page to another's."""
    return f"../{sent.issue.id.partition('/')[2]}/"
