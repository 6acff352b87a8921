"""What makes an article the same article tomorrow: its address, made canonical.

A story reaches a newsroom several times: in a feed with campaign parameters, as a
saved page, as a file that names its address. All of them must get one id, or a
reader would receive it twice. Where there is no address, the source's own key (a
feed's GUID, a file's path) stands in.
"""

from __future__ import annotations

import base64
import hashlib
import re
from urllib.parse import quote, urljoin, urlsplit, urlunsplit

#: What browsers drop from an address before reading it (WHATWG URL, 4.4).
_IGNORED = re.compile("[\t\n\r]")
_EDGES = "".join(map(chr, range(0x21)))
#: Letters of any script, since international names read better as they are.
_HOST = re.compile(r"[\w.\-~%:]+")
_PORTS = {"http": 80, "https": 443}
#: Said about a visit, not about the page; everything named utm_* is one, too.
_VISIT = {"fbclid", "gclid", "mc_cid", "mc_eid"}
#: Left as written; everything else outside ASCII letters and digits is escaped.
_KEPT = "%/:=&?~#+!$,;'@()*[]-._|"


def absolute_url(url: str, *, base: str = "") -> str:
    """Return `url` as an absolute http(s) address, or "" when it is not one.

    A relative address needs a `base`; "//host/path" is taken as https. Other
    schemes (``javascript:``, ``data:``, ``file:``, …) give "".
    """
    url = _IGNORED.sub("", url).strip(_EDGES).encode("utf-8", "replace").decode()
    if not url:
        return ""
    if url.startswith("//") and not base:
        url = f"https:{url}"
    try:
        parts = urlsplit(urljoin(base, url) if base else url)
        port = parts.port
    except ValueError:  # "http://[", a port of letters
        return ""
    scheme, name = parts.scheme.lower(), parts.hostname or ""
    if scheme not in _PORTS or not _HOST.fullmatch(name):
        return ""
    return urlunsplit(
        (
            scheme,
            _host(name, port if port != _PORTS[scheme] else None),
            quote(parts.path or "/", safe=_KEPT),
            quote(parts.query, safe=_KEPT),
            quote(parts.fragment, safe=_KEPT),
        )
    )


def _host(name: str, port: int | None) -> str:
    """Return host and port; a name and password in an address are never kept."""
    host = f"[{name}]" if ":" in name else name
    return host if port is None else f"{host}:{port}"


def canonical_url(url: str, *, base: str = "") -> str:
    """Return the address that stands for the page, or "" when there is none.

    Scheme and host in lower case, no default port, no fragment, none of the
    parameters that tell where a visitor came from.
    """
    found = absolute_url(url, base=base)
    if not found:
        return ""
    parts = urlsplit(found)
    query = "&".join(
        pair for pair in parts.query.split("&") if not _about_the_visit(pair)
    )
    return urlunsplit(parts._replace(query=query, fragment=""))


def _about_the_visit(pair: str) -> bool:
    name = pair.partition("=")[0].casefold()
    return name.startswith("utm_") or name in _VISIT


def article_id(url: str = "", *, source: str, key: str) -> str:
    """Return the article's id: 16 lower-case letters and digits, the same for ever.

    Made from the canonical form of `url` where it has one, else from the name of
    its `source` and that source's own `key`.
    """
    said = canonical_url(url) or f"{source}\0{key}"
    digest = hashlib.sha256(said.encode("utf-8", "replace")).digest()
    return base64.b32encode(digest[:10]).decode().lower()
