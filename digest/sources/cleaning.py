"""HTML from anywhere made into the safe subset that an article's body is.

The subset: p, h2-h4, ul/ol/li, blockquote, pre, figure/figcaption, simple tables,
a (http, https, mailto), img (http, https), hr, br and a few inline elements.
`digest.sources.blocks` puts markup in that shape; nh3 has the last word on what
leaves here, so a mistake of ours can spoil a layout but never let code through.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from html import escape, unescape
from unicodedata import category
from urllib.parse import urlsplit

import nh3

from digest.sources.blocks import BLOCKS, INLINE, Arrangement
from digest.sources.identity import absolute_url
from digest.sources.markup import Piece, read_markup, visible

_ATTRIBUTES = {
    "a": {"href"},
    "img": {"src", "alt", "width", "height"},
    "td": {"colspan", "rowspan"},
    "th": {"colspan", "rowspan"},
    "ol": {"start"},
}
_GATE = nh3.Cleaner(
    tags={*INLINE.values(), *BLOCKS.values(), "br", "hr", "img"},
    attributes=_ATTRIBUTES,
    url_schemes={"http", "https", "mailto"},
    link_rel=None,
)
#: Cleaning its own output changes nothing; garbage needs a second look to get there.
_ROUNDS = 4

#: Where players get a video, and the page a mail can link to.
_VIDEOS = (
    (
        r"https://www\.youtube(?:-nocookie)?\.com/embed/(?!videoseries)([\w-]+)",
        "https://www.youtube.com/watch?v={}",
    ),
    (r"https://player\.vimeo\.com/video/(\d+)", "https://vimeo.com/{}"),
    (
        r"https://(?:www\.)?dailymotion\.com/embed/video/(\w+)",
        "https://www.dailymotion.com/video/{}",
    ),
)
_NO_TITLES = frozenset({"", "youtube video player", "dailymotion video player"})

_MAILTO = re.compile(r"mailto:[^\s\"<>\\^`{|}]+", re.IGNORECASE)
_NUMBER = re.compile(r"\s*(\d{1,5})(?:\.\d+)?\s*(?:px)?\s*", re.IGNORECASE)
_TINY = re.compile(
    r"\b(?:width|height)\s*:\s*[01](?:px)?\s*(?:;|!|$)|display\s*:\s*none"
)
#: Addresses that count readers instead of showing them something.
_COUNTERS = re.compile(
    r"^https?://(?:[\w.-]+\.)?(?:doubleclick\.net|google-analytics\.com|"
    r"scorecardresearch\.com|quantserve\.com|feedsportal\.com|pixel\.wp\.com|"
    r"stats\.wordpress\.com|facebook\.com/tr\b|feeds\.feedburner\.com/~)"
    r"|/(?:pixel|spacer|blank|1x1|transparent)\.(?:gif|png)(?:[?#]|$)",
    re.IGNORECASE,
)


def clean_html(html: str, *, base_url: str = "") -> str:
    """Return the safe subset of `html`, its links and pictures made absolute.

    A relative link without a `base_url` becomes its text; a relative picture
    goes. Never raises, and cleaning twice changes nothing.
    """
    text = html
    for _ in range(_ROUNDS):
        before, text = text, _clean_once(text, base_url)
        if text == before:
            return text
    return f"<p>{escape(plain(html), quote=False)}</p>"


def _clean_once(html: str, base_url: str) -> str:
    def attributes(name: str, piece: Piece) -> str | None:
        if name == "a":
            return _link(piece, base_url)
        if name == "img":
            return _picture(piece, base_url)
        wanted = _ATTRIBUTES.get(name, set()) & piece.attributes.keys()
        return _numbers(piece, *sorted(wanted))

    arrangement = Arrangement(attributes)
    arrangement.take_all(_linked(read_markup(html), base_url))
    return _GATE.clean(arrangement.html())


def _linked(pieces: Iterable[Piece], base_url: str) -> Iterator[Piece]:
    """Yield the pieces, for a video the way to it: no mail program plays one."""
    for piece in pieces:
        url = _video(piece, base_url) if piece.name in {"iframe", "video"} else ""
        if not url:
            yield piece
            continue
        title = " ".join(piece.attributes.get("title", "").split())
        if title.lower() in _NO_TITLES:
            title = (urlsplit(url).hostname or "").removeprefix("www.")
        yield Piece(name="p")
        yield Piece(name="a", attributes={"href": url})
        yield Piece(text=f"▶ {title}")
        yield Piece(name="a", end=True)
        yield Piece(name="p", end=True)


def _video(piece: Piece, base_url: str) -> str:
    """Return the address of what a player plays, "" where nobody can tell."""
    src = absolute_url(piece.attributes.get("src", ""), base=base_url)
    if not src or piece.end:
        return ""
    if piece.name == "video":
        return src
    for pattern, page in _VIDEOS:
        if match := re.match(pattern, src):
            return page.format(match[1])
    return ""


def _link(piece: Piece, base_url: str) -> str | None:
    href = piece.attributes.get("href", "").strip()
    if _MAILTO.fullmatch(href):
        return f' href="{escape(href)}"'
    url = absolute_url(href, base=base_url)
    return f' href="{escape(url)}"' if url else None


def _picture(piece: Piece, base_url: str) -> str | None:
    """Return the attributes of a picture, None when it shows a reader nothing."""
    said = piece.attributes
    sizes = [_number(said.get(side, "")) for side in ("width", "height")]
    if any(size in {"0", "1"} for size in sizes) or _TINY.search(said.get("style", "")):
        return None
    # Pages that load pictures late keep the real address elsewhere.
    for name in ("data-src", "data-lazy-src", "data-original", "src"):
        url = absolute_url(said.get(name, ""), base=base_url)
        if url and not _COUNTERS.search(url):
            break
    else:
        return None
    alt = " ".join(said.get("alt", "").split())
    return (
        f' src="{escape(url)}" alt="{escape(alt)}"{_numbers(piece, "width", "height")}'
    )


def _numbers(piece: Piece, *names: str) -> str:
    found = ((name, _number(piece.attributes.get(name, ""))) for name in names)
    return "".join(f' {name}="{number}"' for name, number in found if number)


def _number(text: str) -> str:
    found = _NUMBER.fullmatch(text)
    return str(int(found[1])) if found else ""


# -- plain text -------------------------------------------------------------

_ELEMENTS = (
    "a abbr article b bdi bdo big blockquote br center cite code dd del div dl dt em"
    " figcaption figure font footer h1 h2 h3 h4 h5 h6 header hr i iframe img ins kbd li"
    " link main mark math meta nav nobr ol p picture pre q s samp script section small"
    " source span strike strong style sub sup svg table tbody td tfoot th thead time"
    " title tr tt u ul var video wbr"
)
#: Only what is an element: "Vec<T>" and "5 < 6" are words about something.
_MARKUP = re.compile(
    rf"<!--|</?(?:{'|'.join(_ELEMENTS.split())})(?=[\s/>])[^<>]*>", re.IGNORECASE
)
_SIDE_BY_SIDE = frozenset({*INLINE, "span", "font", "u", "big", "abbr", "mark", "time"})
_WHITE = re.compile(r"[ \t\n\v\f\r\x1c-\x1f\x85\u2028\u2029]+")


def plain(html: str) -> str:
    """Return the words of `html` on one line: for headlines, names, captions.

    Titles in feeds are text, HTML, or HTML escaped once too often; all three
    come out as what the newsroom meant. No-break spaces stay.
    """
    text = html
    for _ in range(3):  # escaped twice has been seen, more has not
        before = text
        if _MARKUP.search(text):
            text = _words(text)
        elif "&" in text:
            text = unescape(text)
        if text == before:
            break
    line = _WHITE.sub(" ", visible(text)).strip()
    # Marks of direction alone are no headline: nobody would see what to click.
    return line if any(category(c) not in {"Cf", "Zs"} for c in line) else ""


def _words(html: str) -> str:
    return "".join(
        piece.text if not piece.name else "" if piece.name in _SIDE_BY_SIDE else " "
        for piece in read_markup(html)
    )
