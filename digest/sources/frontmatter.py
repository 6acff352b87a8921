"""The block of YAML above a Markdown article: what it says about the article.

Each field may be called what other tools call it, too. A field nobody knows, or
one that cannot be understood, is a problem with its place; the article is made
without it.
"""

from __future__ import annotations

import difflib
import re
from dataclasses import dataclass, field
from datetime import datetime

from digest.errors import FileProblems
from digest.model import Image, Link, Problem, Quote
from digest.sources.cleaning import plain
from digest.sources.dates import read_date
from digest.sources.labels import language_tag, split_credit
from digest.sources.origin import Origin
from digest.yamltext import KEY, Document, Location, scan_yaml

#: Our name of each field, and what blog engines call it.
_FIELDS = {
    "headline": ("title",),
    "standfirst": ("description", "summary", "subtitle", "excerpt", "dek"),
    "byline": ("author", "authors", "by"),
    "desk": ("agency", "place"),
    "image": ("picture", "photo", "cover"),
    "tags": ("keywords", "categories", "topics"),
    "published": ("date",),
    "updated": ("modified", "lastmod"),
    "language": ("lang",),
    "url": ("canonical", "canonical_url", "link"),
    "related": ("on_the_same_subject",),
    "also_read": (),
    "quotes": ("quote",),
    "reading_minutes": ("reading_time", "minutes"),
    "pinned": ("sticky",),
    "order": ("weight",),
    "draft": (),
}
_OURS = {name: ours for ours, others in _FIELDS.items() for name in (ours, *others)}
_IMAGE_KEYS = ("url", "file", "alt", "caption", "credit", "width", "height")
_QUOTE_KEYS = ("text", "who", "role")
_LINK_KEYS = ("title", "url")

#: What a word processor makes of `---`, or a hand that slips.
_NEARLY = re.compile(r"\ufeff?\s*([-\u2010-\u2015\u2212]{2,10})[ \t]*\r?\n")
_FENCE = re.compile(r"\s*---[ \t]*\r?\n")
_END = re.compile(r"^(?:---|\.\.\.)[ \t]*(?:\r?\n|\Z)", re.MULTILINE)
_FIELD = re.compile(r"[A-Za-z][\w -]{0,30}:")
_MARKDOWN_LINK = re.compile(r"\[(?P<title>[^\]]+)\]\((?P<url>[^\s)]+)\)")


@dataclass(slots=True)
class FrontMatter:
    """The fields of one file, read as they are asked for."""

    origin: Origin
    values: dict[str, tuple[object, Location]] = field(default_factory=dict)
    document: Document | None = None
    problems: list[Problem] = field(default_factory=list)

    @classmethod
    def read(cls, block: str, origin: Origin, *, first_line: int) -> FrontMatter:
        """Read the YAML; raises `FileProblems` where it is none."""
        document, problems = scan_yaml(block, file=origin.where, first_line=first_line)
        front = cls(origin, document=document, problems=problems)
        value = document.value
        if value is not None and not isinstance(value, dict):
            front._wrong((), "no `field: value` lines here; write one for each field")
            value = None
        for key, item in (value or {}).items():
            ours = _OURS.get(re.sub(r"[\s-]+", "_", key.strip().lower()))
            if ours is None:
                front._unknown((key,), key, tuple(_OURS))
            elif ours in front.values:
                front._wrong((key, KEY), f"`{key}` says `{ours}` again; keep one")
            else:
                front.values[ours] = (item, (key,))
        return front

    def text(self, name: str) -> str:
        """Return a text on one line, without markup; "" where there is none."""
        return self._plain(*self._value(name))

    def texts(self, name: str) -> tuple[str, ...]:
        """Return a list of texts, which may also be written with commas."""
        value, at = self._value(name)
        items = _items(value)
        if isinstance(value, str):
            items = [item.strip(" \"'") for item in value.split(",")]
        said = (self._plain(item, (*at, i)) for i, item in enumerate(items))
        return tuple(text for text in said if text)

    def date(self, name: str) -> datetime | None:
        """Return a moment; without a zone, it is in the site's."""
        value, at = self._value(name)
        found = (
            None if value is None else read_date(str(value), zone=self.origin.timezone)
        )
        if value is not None and found is None:
            self._wrong(at, f"`{value}` is no date; write it like 2026-11-23 07:00")
        return found

    def number(self, name: str) -> int | None:
        """Return a whole number; "3 min" is 3."""
        value, at = self._value(name)
        if value is None or (isinstance(value, int) and not isinstance(value, bool)):
            return value
        digits = re.match(r"\s*(-?\d{1,6})(?!\d|[.,]\d)", str(value))
        if not digits:
            self._wrong(at, f"`{value}` is no number; write digits, as in `{name}: 3`")
        return int(digits[1]) if digits else None

    def flag(self, name: str) -> bool:
        """Return whether it is true."""
        value, at = self._value(name)
        if value is not None and not isinstance(value, bool):
            self._wrong(at, f"`{value}` is neither true nor false; write one of them")
        # A draft that cannot be read must not be published.
        return bool(value) and (value is True or name == "draft")

    def language(self) -> str:
        """Return the BCP 47 tag, or the source's own."""
        value, at = self._value("language")
        said = language_tag(str(value or ""))
        if value and not said:
            self._wrong(at, f"`{value}` is no language; write it like `en` or `pt-BR`")
        return said or self.origin.language

    def links(self, name: str) -> tuple[Link, ...]:
        """Return titles with addresses: mappings, `[title](url)`, or only titles."""
        value, at = self._value(name)
        return tuple(
            link
            for i, item in enumerate(_items(value))
            if (link := self._link(item, (*at, i)))
        )

    def quotes(self) -> tuple[Quote, ...]:
        """Return the quotations: texts, or mappings of text, who and role."""
        value, at = self._value("quotes")
        found = []
        for i, item in enumerate(_items(value)):
            said = {"text": item} if not isinstance(item, dict) else item
            parts = self._parts(said, (*at, i), _QUOTE_KEYS)
            if parts.get("text"):
                text = parts["text"].strip('“”„«»" ')
                who, role = parts.get("who", ""), parts.get("role", "")
                found.append(Quote(text=text, who=who, role=role))
        return tuple(found)

    def image(self) -> Image | None:
        """Return the lead image; its `url` is as written, a path or an address."""
        value, at = self._value("image")
        if value is None or value == "":
            return None
        said = {"url": value} if not isinstance(value, dict) else value
        parts = self._parts(said, at, _IMAGE_KEYS)
        url = parts.get("url") or parts.get("file") or ""
        if not url:
            self._wrong(at, "an image without `url` or `file`; add one of them")
            return None
        caption, credit = split_credit(parts.get("caption", ""))
        return Image(
            url=url,
            alt=parts.get("alt", ""),
            caption=caption,
            credit=parts.get("credit") or credit,
            width=_size(parts.get("width", "")),
            height=_size(parts.get("height", "")),
        )

    def wrong(self, name: str, what: str) -> None:
        """Note that a field cannot be used."""
        self._wrong(self._value(name)[1], what)

    # -- one value ------------------------------------------------------------

    def _value(self, name: str) -> tuple[object, Location]:
        return self.values.get(name, (None, ()))

    def _plain(self, value: object, at: Location) -> str:
        if isinstance(value, dict):
            self._wrong(at, "a mapping where a text belongs; write it on one line")
            return ""
        if isinstance(value, list):
            said = [self._plain(item, (*at, i)) for i, item in enumerate(value)]
            return ", ".join(filter(None, said))
        return "" if value is None else plain(str(value))

    def _link(self, item: object, at: Location) -> Link | None:
        if isinstance(item, dict):
            parts = self._parts(item, at, _LINK_KEYS)
            title, url = parts.get("title", ""), parts.get("url", "")
        else:
            text = "" if item is None else str(item).strip()
            written = _MARKDOWN_LINK.fullmatch(text)
            title, url = (written["title"], written["url"]) if written else (text, "")
            if re.match(r"https?://\S+$", title):
                url = title
        return Link(title=plain(title or url), url=url) if title or url else None

    def _parts(
        self, value: dict[str, object], at: Location, known: tuple[str, ...]
    ) -> dict[str, str]:
        """Return the texts of a mapping; keys that mean nothing are problems."""
        found = {}
        for key, item in value.items():
            if key in known:
                found[key] = self._plain(item, (*at, key))
            else:
                self._unknown((*at, key), key, known)
        return found

    def _unknown(self, at: Location, key: str, known: tuple[str, ...]) -> None:
        near = difflib.get_close_matches(key, known, n=1)
        hint = f"did you mean `{near[0]}`?" if near else f"known are {_listed(known)}"
        self._wrong(
            (*at, KEY),
            f"`{key}` is no field here; {hint} Rename it or take it out; the article"
            " was made without it",
        )

    def _wrong(self, at: Location, what: str) -> None:
        where = self.origin.where
        if self.document:
            mark = self.document.mark(at)
            where = f"{where}:{mark.line}:{mark.column}"
        self.problems.append(Problem(where=where, what=what))


def has_front_matter(text: str) -> bool:
    """Say whether a text begins with fields between `---` lines, whatever its name."""
    opening = _FENCE.match(text)
    return bool(opening and _FIELD.match(text, opening.end()))


def split_front_matter(text: str, *, origin: Origin) -> tuple[FrontMatter, str]:
    """Return what stands between the `---` lines, and the text below.

    Raises `FileProblems` when it cannot be read at all: then nobody can tell
    whether the article may be published.
    """
    opening = _FENCE.match(text)
    if not opening:
        _refuse_nearly(text, origin)
        return FrontMatter(origin), text
    end = _END.search(text, opening.end())
    if end:
        block = text[opening.end() : end.start()]
        first = text.count("\n", 0, opening.end()) + 1
        return FrontMatter.read(block, origin, first_line=first), text[end.end() :]
    if not _FIELD.match(text, opening.end()):
        return FrontMatter(origin), text  # a rule above the text
    what = "the front matter begins here and never ends; put `---` on a line below it"
    line = text.count("\n", 0, opening.end())
    raise FileProblems([Problem(where=f"{origin.where}:{line}:1", what=what)])


def _refuse_nearly(text: str, origin: Origin) -> None:
    """Refuse fields below a line of other dashes: they would go out as the story."""
    nearly = _NEARLY.match(text)
    if nearly and _FIELD.match(text, nearly.end()):
        what = (
            f"the front matter begins with `{nearly[1]}`, which is not `---`; type three "
            "plain hyphens, here and below the fields"
        )
        line = text.count("\n", 0, nearly.start(1)) + 1
        raise FileProblems([Problem(where=f"{origin.where}:{line}:1", what=what)])


def _items(value: object) -> list[object]:
    if value is None:
        return []
    return list(value) if isinstance(value, list) else [value]


def _size(text: str) -> int | None:
    return int(text) if re.fullmatch(r"\d{1,5}", text) else None


def _listed(names: tuple[str, ...]) -> str:
    return ", ".join(f"`{name}`" for name in names) + "."
