"""Pictures that lie beside articles in a folder, and where readers will find them."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Callable, Iterator
from urllib.parse import quote, unquote

from digest.model import Article
from digest.sources.identity import absolute_url
from digest.sources.origin import Origin

_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:|//")
_RAW = re.compile(r"""(<img\b[^<>]*?\bsrc\s*=\s*)(["'])([^"'<>]*)\2""", re.IGNORECASE)
_SRC = re.compile(r'<img src="([^"]*)"')


def is_beside(path: str) -> bool:
    """Tell whether `path` is a file's, not a web address or a path on the site."""
    return bool(path) and not _SCHEME.match(path) and not path.startswith("/")


def key_of(path: str, *, origin: Origin) -> str:
    """Return a picture's path inside the source, "" when it lies outside.

    `path` is relative to the article's own folder, as written in its file.
    """
    path = unquote(path.replace("\\", "/")).split("?", 1)[0]
    inside = posixpath.normpath(posixpath.join(posixpath.dirname(origin.key), path))
    return "" if inside.startswith("..") else inside


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
    urls = [article.image.url] if article.image else []
    for url in dict.fromkeys([*urls, *_SRC.findall(article.body)]):
        if url.startswith(f"{images_url}/"):
            yield unquote(url.removeprefix(f"{images_url}/"))
