"""Colours as CSS writes them, and how well one is read on another (WCAG 2.2, 1.4.3)."""

from __future__ import annotations

import re
from functools import lru_cache

Colour = tuple[int, int, int]

WHITE: Colour = (255, 255, 255)
BLACK: Colour = (0, 0, 0)

_NAMED = {
    "black": "000000", "silver": "c0c0c0", "gray": "808080", "grey": "808080",
    "white": "ffffff", "maroon": "800000", "red": "ff0000", "purple": "800080",
    "fuchsia": "ff00ff", "green": "008000", "lime": "00ff00", "olive": "808000",
    "yellow": "ffff00", "navy": "000080", "blue": "0000ff", "teal": "008080",
    "aqua": "00ffff", "orange": "ffa500", "pink": "ffc0cb", "brown": "a52a2a",
    "gold": "ffd700", "crimson": "dc143c", "tomato": "ff6347", "coral": "ff7f50",
    "ivory": "fffff0", "beige": "f5f5dc", "indigo": "4b0082", "darkred": "8b0000",
    "darkblue": "00008b", "darkgreen": "006400", "dimgray": "696969",
    "dimgrey": "696969", "darkgray": "a9a9a9", "darkgrey": "a9a9a9",
    "lightgray": "d3d3d3", "lightgrey": "d3d3d3", "whitesmoke": "f5f5f5",
    "gainsboro": "dcdcdc", "steelblue": "4682b4", "royalblue": "4169e1",
    "slategray": "708090", "slategrey": "708090",
}  # fmt: skip
_RGB = re.compile(
    r"rgba?\(\s*([\d.]+%?)[\s,]+([\d.]+%?)[\s,]+([\d.]+%?)(?:[\s,/]+([\d.]+%?))?\s*\)"
)


@lru_cache(maxsize=1024)
def colour(value: str, *, on: Colour = WHITE) -> Colour | None:
    """Return the colour that a value shows on another; None if it shows none."""
    value = value.strip().lower()
    value = f"#{_NAMED[value]}" if value in _NAMED else value
    if found := re.fullmatch(r"#?([0-9a-f]{3,4}|[0-9a-f]{6}|[0-9a-f]{8})", value):
        digits = found[1]
        if len(digits) < 6:  # noqa: PLR2004 the short form: each digit twice
            digits = "".join(digit * 2 for digit in digits)
        alpha = int(digits[6:8] or "ff", 16) / 255
        red, green, blue = (int(digits[at : at + 2], 16) for at in (0, 2, 4))
        return _blended((red, green, blue), alpha, on)
    if found := _RGB.fullmatch(value):
        red, green, blue = (_channel(part) for part in found.groups()[:3])
        return _blended((red, green, blue), _share(found[4] or "1"), on)
    return None


def background(value: str, *, on: Colour) -> Colour | None:
    """Return the colour in a `background`, wherever it stands there."""
    for part in re.findall(r"[\w#.-]+(?:\([^)]*\))?", value):
        found = colour(part, on=on) if not part.startswith("url(") else None
        if found is not None and not re.fullmatch(r"[\d.]+\w*", part):
            return found
    return None


def _channel(part: str) -> int:
    number = float(part.rstrip("%"))
    return min(255, round(number * 2.55 if part.endswith("%") else number))


def _share(part: str) -> float:
    return min(1.0, float(part.rstrip("%")) / (100 if part.endswith("%") else 1))


def _blended(over: Colour, alpha: float, under: Colour) -> Colour | None:
    if alpha == 0:
        return None
    red, green, blue = (
        round(a * alpha + b * (1 - alpha)) for a, b in zip(over, under, strict=True)
    )
    return red, green, blue


@lru_cache(maxsize=1024)
def luminance(shown: Colour) -> float:
    """Return how bright a colour is, from 0 to 1."""
    red, green, blue = (
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4  # noqa: PLR2004 WCAG's
        for part in (channel / 255 for channel in shown)
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: Colour, other: Colour) -> float:
    """Return the contrast of two colours, from 1 to 21."""
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


def written(shown: Colour) -> str:
    """Return a colour as `#rrggbb`."""
    return "#{:02x}{:02x}{:02x}".format(*shown)
