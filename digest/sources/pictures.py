"""An article's pictures: where readers will find them, and how large they are."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from html import unescape
from urllib.parse import quote, unquote

from digest.model import Article
from digest.sources.identity import absolute_url
from digest.sources.measuring import Size
from digest.sources.origin import Origin

_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:|//")
_RAW = re.compile(r"""(<img\b[^<>]*?\bsrc\s*=\s*)(["'])([^"'<>]*)\2""", re.IGNORECASE)
_SRC = re.compile(r'<img src="([^"]*)"')
#: As `digest.sources.cleaning` writes pictures and their attributes.
_PICTURE = re.compile(r'<img(?: [a-z]+="[^"]*")+>')
_ATTRIBUTE = re.compile(r' ([a-z]+)="([^"]*)"')
_EXTENT = re.compile(r' (?:width|height)="[^"]*"')


def is_beside(path: str) -> bool:
    """Tell whether `path` is a file's, not a web address or a path on the site."""
    return bool(path) and not _SCHEME.match(path) and not path.startswith("/")


def key_of(path: str, *, origin: Origin) -> str:
    """Return a picture's path inside the source, "" when it lies outside.

    `path` is relative to the article's own folder, as written in its file.
    """
    path = unquote(path.replace("\\", "/")).split("?", 1)[0]
    return within(posixpath.join(posixpath.dirname(origin.key), path))


def within(path: str) -> str:
    """Return a path in the source as it is written at its shortest; "" outside."""
    inside = posixpath.normpath(path)
    return "" if inside.startswith(("..", "/")) else inside


def picture_url(path: str, *, origin: Origin) -> str:
    """Return where a picture is published, "" when nobody can tell."""
    path = path.strip().replace("\\", "/")
    if not is_beside(path):
        return absolute_url(path, base=origin.base_url)
    key = key_of(path, origin=origin)
    return f"{origin.images_url}/{quote(key)}" if key and origin.images_url else ""


def rewrite(html: str, address: Callable[[str], str]) -> str:
    """Return `html` with the address of each picture replaced."""
    return _RAW.sub(lambda m: f"{m[1]}{m[2]}{address(m[3])}{m[2]}", html)


def keys_in(article: Article, *, images_url: str) -> Iterator[str]:
    """Yield the paths of the source's own pictures that an article shows."""
    for url in picture_urls(article):
        if url.startswith(f"{images_url}/"):
            yield unquote(url.removeprefix(f"{images_url}/"))


def picture_urls(article: Article) -> list[str]:
    """Return the addresses of all pictures an article shows, the lead image first."""
    urls = [article.image.url] if article.image else []
    urls += [unescape(src) for src in _SRC.findall(article.body)]
    return list(dict.fromkeys(urls))


def sizes_said(article: Article) -> dict[str, Size]:
    """Return the sizes that an article itself says of its pictures, by address."""
    said = {}
    for tag in _PICTURE.finditer(article.body):
        url, width, height = _read(tag[0])
        if width and height:
            said[url] = Size(width=width, height=height)
    image = article.image
    if image and image.width and image.height:
        said[image.url] = Size(width=image.width, height=image.height)
    return said


def sized(article: Article, sizes: Mapping[str, Size]) -> Article:
    """Return the article with a width and a height for each picture in `sizes`.

    Where it says one of the two itself, that counts, and the other follows from it.
    """
    if article.image is None and not _PICTURE.search(article.body):
        return article

    def picture(tag: re.Match[str]) -> str:
        url, width, height = _read(tag[0])
        width, height = _both(width, height, sizes.get(url, Size()))
        if not width or not height:
            return tag[0]
        bare = _EXTENT.sub("", tag[0]).removesuffix(">").rstrip()
        return f'{bare} width="{width}" height="{height}">'

    image = article.image
    if image:
        width, height = _both(
            image.width or 0, image.height or 0, sizes.get(image.url, Size())
        )
        image = replace(image, width=width or None, height=height or None)
    return replace(article, image=image, body=_PICTURE.sub(picture, article.body))


def _both(width: int, height: int, size: Size) -> tuple[int, int]:
    """Return what is said of a picture, completed by what was measured."""
    if (width and height) or not (size.width and size.height):
        return width, height
    if width:
        return width, max(round(size.height * width / size.width), 1)
    if height:
        return max(round(size.width * height / size.height), 1), height
    return size.width, size.height


def _read(tag: str) -> tuple[str, int, int]:
    """Return a picture's address, and its width and height where they are said."""
    found = dict(_ATTRIBUTE.findall(tag))
    width, height = (found.get(name, "") for name in ("width", "height"))
    return (
        unescape(found.get("src", "")),
        int(width) if width.isdecimal() else 0,
        int(height) if height.isdecimal() else 0,
    )
