"""Markdown articles: front matter, and a body as people write it.

CommonMark with tables and footnotes, raw HTML allowed since everything is cleaned afterwards.
Where the front matter is silent, the text speaks: its first `#` heading is the
headline, a first paragraph all in bold or italics the standfirst, a picture
above the text the lead image.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from html import escape

from markdown_it import MarkdownIt
from markdown_it.token import Token
from mdit_py_plugins.footnote import footnote_plugin

from digest.errors import FileProblems
from digest.model import Article, Fetched, Image, Link
from digest.reading import reading_minutes
from digest.sources.bodies import read_body
from digest.sources.cleaning import plain
from digest.sources.frontmatter import FrontMatter, split_front_matter
from digest.sources.identity import absolute_url, article_id, canonical_url
from digest.sources.labels import tag_labels
from digest.sources.origin import Origin
from digest.sources.pictures import is_beside, picture_url, rewrite

_OPENS = re.compile(
    r"<(?:figure|p)>(?:<a [^>]*>)?<img "
)  #: a body with a picture first
_SIGNS = re.compile(r"\s*(?:[—–―]|--)\s*\S")  #: begins the line that names a speaker
_MARKDOWN = (
    MarkdownIt("commonmark")
    .enable(["table", "strikethrough"])
    .use(footnote_plugin, inline=False)
)


# A footnote is a number and a list below: links inside a mail lead nowhere in many programs.
_MARKDOWN.add_render_rule(
    "footnote_ref", lambda _, tokens, at, *__: f"<sup>{tokens[at].meta['id'] + 1}</sup>"
)
_MARKDOWN.add_render_rule("footnote_block_open", lambda *_: "<hr>\n<ol>\n")
_MARKDOWN.add_render_rule("footnote_block_close", lambda *_: "</ol>\n")
_MARKDOWN.add_render_rule("footnote_anchor", lambda *_: "")


def read_markdown(text: str, *, origin: Origin) -> Fetched:
    """Return the article of one file; none of a draft or of what cannot be read."""
    try:
        front, body = split_front_matter(text, origin=origin)
    except FileProblems as error:
        return Fetched(problems=error.problems)
    articles = () if front.flag("draft") else (_article(front, body, origin),)
    return Fetched(articles=articles, problems=tuple(dict.fromkeys(front.problems)))


def _article(front: FrontMatter, text: str, origin: Origin) -> Article:
    page = _Page(front=front, origin=origin, tokens=_MARKDOWN.parse(text))
    headline = front.text("headline")
    headline = page.take_headline(headline) or headline or _name(front, origin)
    page.make_figures()
    standfirst = front.text("standfirst") or page.take_standfirst()
    body = read_body(page.html(), base_url=origin.base_url)
    # A picture further down belongs where it stands.
    image = page.image() or (body.image if _OPENS.match(body.html) else None)
    opened = body.without_lead(image)
    url = page.url()
    counted = reading_minutes(f"{headline} {standfirst} {body.text}")
    return Article(
        id=article_id(url, source=origin.source, key=origin.key),
        headline=headline,
        source=origin.source,
        url=url,
        standfirst=standfirst,
        byline=front.text("byline"),
        desk=front.text("desk"),
        image=image,
        body=opened.html,
        quotes=front.quotes() or body.quotes,
        tags=tag_labels([*front.texts("tags"), *body.tags, *origin.tags]),
        related=page.links("related", body.related),
        also_read=page.links("also_read", body.also_read),
        reading_minutes=max(1, front.number("reading_minutes") or counted),
        published=front.date("published"),
        updated=front.date("updated"),
        language=front.language(),
        pinned=front.flag("pinned"),
        order=front.number("order"),
    )


def _name(front: FrontMatter, origin: Origin) -> str:
    """Return a headline made of the file's name, and say that one is missing."""
    name = posixpath.splitext(posixpath.basename(origin.key))[0]
    words = re.sub(r"[-_\s]+", " ", name).strip()
    front.wrong(
        "headline",
        f"no headline; write `headline: …` in the front matter, or begin the text with"
        f" `# …`. The file's name stands in: “{words}”",
    )
    return words


@dataclass(slots=True, kw_only=True)
class _Page:
    """The blocks of a Markdown text, while what belongs elsewhere is taken out."""

    front: FrontMatter
    origin: Origin
    tokens: list[Token]

    def take_headline(self, known: str) -> str:
        """Take out the first `#` heading if it is the headline, and return it."""
        for index, token in enumerate(self.tokens):
            if token.type == "heading_open" and token.tag == "h1":
                said = _words(self.tokens[index + 1])
                if known and said.casefold() != known.casefold():
                    return ""
                del self.tokens[index : index + 3]
                return said
        return ""

    def take_standfirst(self) -> str:
        """Take out the first paragraph if all of it is bold or in italics."""
        for index, token in enumerate(self.tokens):
            if token.type == "html_block" and token.meta.get("figure"):
                continue
            if token.type != "paragraph_open":
                return ""
            inline = self.tokens[index + 1]
            if not _is_emphasised(inline.children or []):
                return ""
            del self.tokens[index : index + 3]
            return _words(inline)
        return ""

    def make_figures(self) -> None:
        """Give pictures that stand alone their caption, and quotations their speaker."""
        tokens: list[Token] = []
        in_quotation = 0
        for token in self.tokens:
            in_quotation += token.nesting if token.tag == "blockquote" else 0
            tokens.append(token)
            if token.type != "inline":
                continue
            children = [c for c in token.children or [] if c.content or c.attrs]
            pictures = [c for c in children if c.type == "image"]
            if pictures and len(children) == 1 and tokens[-2].type == "paragraph_open":
                tokens[-2:] = [self._figure(pictures[0])]
            elif in_quotation:
                tokens[-1:] = _signed(token)
        self.tokens = [
            token
            for before, token in zip([None, *tokens], tokens, strict=False)
            if not (token.type == "paragraph_close" and _is_figure(before))
        ]

    def _figure(self, picture: Token) -> Token:
        src = escape(self.picture_url(str(picture.attrs.get("src", ""))))
        caption = escape(str(picture.attrs.get("title", "")), quote=False)
        under = f"<figcaption>{caption}</figcaption>" if caption else ""
        content = f'<figure><img src="{src}" alt="{escape(picture.content)}">{under}</figure>\n'
        return Token("html_block", "", 0, content=content, meta={"figure": True})

    def html(self) -> str:
        """Return the blocks as HTML, addresses of pictures and pages resolved."""
        for token in self.tokens:
            if token.type == "html_block" and not _is_figure(token):
                self._resolve_raw(token)
            for child in token.children or []:
                if child.type == "image":
                    src = str(child.attrs.get("src", ""))
                    child.attrs["src"] = self.picture_url(src)
                elif child.type == "link_open":
                    child.attrs["href"] = self._page_url(str(child.attrs["href"]))
                elif child.type == "html_inline":
                    self._resolve_raw(child)
        html: str = _MARKDOWN.renderer.render(self.tokens, _MARKDOWN.options, {})
        return html

    def _resolve_raw(self, token: Token) -> None:
        token.content = rewrite(token.content, self.picture_url)

    def picture_url(self, path: str) -> str:
        """Return where a picture is published, "" and a problem if nobody can tell."""
        url = picture_url(path, origin=self.origin)
        if not url:
            why = (
                "lies outside the source's folder; move it there"
                if self.origin.images_url
                else "has no web address; write one that begins with https://"
            )
            self.front.wrong("", f"the picture `{path}` {why}")
        return url

    def _page_url(self, href: str) -> str:
        """Return an address a mail can carry; another file of the folder has none."""
        if is_beside(href):
            return ""
        mail = href.lower().startswith("mailto:")
        return href if mail else absolute_url(href, base=self.origin.base_url)

    def url(self) -> str:
        """Return the article's own address, "" without one."""
        said = self.front.text("url")
        found = (
            "" if is_beside(said) else canonical_url(said, base=self.origin.base_url)
        )
        if said and not found:
            what = f"`{said}` is no web address; write one that begins with https://"
            self.front.wrong("url", what)
        return found

    def image(self) -> Image | None:
        """Return the front matter's image with its address, None without one."""
        image = self.front.image()
        if image is None:
            return None
        url = self.picture_url(image.url)
        return replace(image, url=url) if url else None

    def links(self, name: str, found: Sequence[Link]) -> tuple[Link, ...]:
        """Return the front matter's links, then those of the text, each once."""
        links: dict[tuple[str, str], Link] = {}
        for link in (*self.front.links(name), *found):
            url = self._page_url(link.url)
            links.setdefault((link.title.casefold(), url), replace(link, url=url))
        return tuple(links.values())


def _signed(inline: Token) -> list[Token]:
    """Return a quotation's last line, when it names the speaker, as a paragraph."""
    children = inline.children or []
    for index in range(len(children) - 1, 0, -1):
        if children[index - 1].type not in {"softbreak", "hardbreak"}:
            continue
        if not _SIGNS.match(children[index].content):
            return [inline]
        said, signed = inline.copy(), inline.copy()
        said.children, signed.children = children[: index - 1], children[index:]
        between = [
            Token("paragraph_close", "p", -1, block=True),
            Token("paragraph_open", "p", 1, block=True),
        ]
        return [said, *between, signed]
    return [inline]


def _is_figure(token: Token | None) -> bool:
    return bool(token and token.meta.get("figure"))


def _is_emphasised(children: Sequence[Token]) -> bool:
    """Tell whether one pair of `**` or `*` stands around all of the words."""
    said = [child for child in children if child.content.strip() or child.nesting]
    if len(said) < 3 or said[0].tag not in {"strong", "em"}:  # noqa: PLR2004 -- the two marks and a word
        return False
    depth = 0
    for child in said[:-1]:
        depth += child.nesting
        if depth == 0:
            return False
    return said[-1].nesting == -1


def _words(inline: Token) -> str:
    """Return the words of a heading or paragraph, without its markup."""
    return plain(_MARKDOWN.renderer.render([inline], _MARKDOWN.options, {}))
