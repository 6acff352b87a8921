"""Templates, words and looks of the public pages, and the headers of every answer."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields
from functools import lru_cache
from urllib.parse import urlsplit

from starlette.responses import HTMLResponse, Response

from digest.rendering.templates import Markup, Templates, escape
from digest.rendering.theme import Colours, Theme, Themes
from digest.rendering.words import Speech, Words, language_name
from digest.settings import Settings, Site
from digest.template_files import load_pages

#: Nobody keeps, indexes or frames these pages, and no other site learns their address:
#: who has it can change what a reader gets.
PRIVATE = {
    "Cache-Control": "no-store",
    "Referrer-Policy": "no-referrer",
    "X-Robots-Tag": "noindex, nofollow",
    "X-Content-Type-Options": "nosniff",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "interest-cohort=()",
}
#: What search engines may find.
PUBLIC = {name: value for name, value in PRIVATE.items() if name != "X-Robots-Tag"}

#: What a template may ask for and most pages do not have.
_NOTHING: Mapping[str, object] = {
    "saved": "",
    "texts": (),
    "way": None,
    "wrongs": {},  # fields of a form that was refused, and why
}
#: What every page has.
_ALWAYS = ("base", "dir", "language", "logo", "site", "styles", "t", "title")


@dataclass(frozen=True, slots=True, kw_only=True)
class Way:
    """A link to go on by."""

    path: str  #: inside the site, without a slash in front
    words: str


class Pages:
    """Makes answers out of templates, in the reader's language."""

    def __init__(self, settings: Settings) -> None:
        """Read templates, words and theme; raise what is wrong with them."""
        self.site: Site = settings.site
        self.base = urlsplit(settings.site.url).path.rstrip("/")
        files = load_pages(settings.root)
        self._templates = Templates(files, names=(*_NOTHING, *_ALWAYS))
        self._words = Words.of_stock(files.catalogues)
        self._themes = Themes(files.themes)
        #: A style sheet differs by language alone, and its hash is in the policy.
        self._styled = lru_cache(maxsize=64)(self._style)
        #: Hundreds of lines, which hardly differ from reader to reader.
        self._listed = lru_cache(maxsize=256)(self._options)
        self.speech(self.site.language)

    def speech(self, *wanted: str) -> Speech:
        """Return the words of the first language wanted that there is."""
        spoken = {tag.casefold() for tag in self._words.spoken}
        for language in filter(None, wanted):
            tag = language.casefold()
            while tag:
                if tag in spoken:
                    return self._speech(language)
                tag = tag.rpartition("-")[0]
        return self._speech(self.site.language)

    def _speech(self, language: str) -> Speech:
        return self._words.speech(language, otherwise=self.site.language)

    def languages(self, known: Iterable[str] = ()) -> list[tuple[str, str]]:
        """Return what is spoken: each language's tag, and what it calls itself."""
        tags = dict.fromkeys([*self._words.spoken, *filter(None, known)])
        named = [(tag, language_name(tag) or tag) for tag in tags]
        return sorted(named, key=lambda pair: pair[1].casefold())

    def languages_to_choose(self, chosen: str) -> Markup:
        """Return what is spoken as the options of a list."""
        return self._listed(tuple(self.languages([chosen])), chosen, spoken=True)

    def to_choose(self, values: Iterable[str], chosen: str) -> Markup:
        """Return values as the options of a list, `chosen` among them."""
        options = tuple((value, value) for value in dict.fromkeys([*values, chosen]))
        return self._listed(options, chosen, spoken=False)

    def _options(
        self, options: tuple[tuple[str, str], ...], chosen: str, *, spoken: bool
    ) -> Markup:
        values = {"options": options, "chosen": chosen, "spoken": spoken}
        return Markup(self._templates.html("options.html.j2", values))

    def markup(self, speech: Speech, key: str, **values: object) -> Markup:
        """Return a word as HTML; a value runs its own way in a line of the other one."""
        word = str(escape(speech.word(key, None)))
        return Markup(
            speech.filled(word, values, lambda value: f"<bdi>{escape(value)}</bdi>")
        )

    def page(
        self,
        name: str,
        speech: Speech,
        *,
        status: int = 200,
        headers: Mapping[str, str] = PRIVATE,
        **values: object,
    ) -> Response:
        """Return a page; `title` is among the values."""
        style, digest = self._styled(speech.language)
        theme = self._themes.speaking(speech.language)
        text = self._templates.html(
            f"{name}.html.j2",
            {
                **_NOTHING,
                "base": self.base,
                "dir": speech.direction,
                "language": speech.language,
                "logo": theme.logo,
                "site": self.site,
                "styles": style,
                "t": lambda key, **filled: self.markup(speech, key, **filled),
                **values,
            },
        )
        policy = _policy(digest, theme)
        return HTMLResponse(
            text, status, headers={**headers, "Content-Security-Policy": policy}
        )

    def tell(
        self,
        speech: Speech,
        title: str,
        *texts: str,
        status: int = 200,
        way: Way | None = None,
    ) -> Response:
        """Return a page that says something."""
        return self.page(
            "said", speech, status=status, title=title, texts=texts, way=way
        )

    def sorry(
        self, speech: Speech, why: str, *, status: int, way: Way | None = None
    ) -> Response:
        """Return a page that says why something was not done; `why` is a word's key."""
        title = speech.word("pages.sorry", None)
        return self.tell(speech, title, speech.word(why, None), status=status, way=way)

    def no_page(self, speech: Speech) -> Response:
        """Return what every link gets that does not work, whatever the reason."""
        return self.tell(
            speech,
            speech.word("pages.no_page", None),
            speech.word("pages.no_page_text", None),
            status=404,
            way=Way(path="subscribe", words=speech.word("pages.subscribe", None)),
        )

    def _style(self, language: str) -> tuple[Markup, str]:
        """Return the style sheet, and the hash by which it alone is allowed."""
        style = self._templates.text(
            "style.css",
            {
                "theme": self._themes.speaking(language),
                "names": [field.name for field in fields(Colours)],
            },
        )
        octets = hashlib.sha256(style.encode()).digest()
        return Markup(style), base64.b64encode(octets).decode()


def _policy(style: str, theme: Theme) -> str:
    """Return what a page may load: its own style, and the theme's logo."""
    pictures = {
        f"{parts.scheme}://{parts.netloc}"
        for url in (theme.logo and (theme.logo.url, theme.logo.dark)) or ()
        if url and (parts := urlsplit(url))
    }
    images = " ".join(sorted(pictures)) or "'none'"
    return (
        f"default-src 'none'; style-src 'sha256-{style}'; img-src {images}; "
        "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    )
