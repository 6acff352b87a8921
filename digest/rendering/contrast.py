"""How well a text can be read on its ground (WCAG 2.2, 1.4.3)."""

from __future__ import annotations

#: What small text needs (level AA).
NEEDED = 4.5

#: Below this share sRGB is linear.
_LINEAR = 0.04045

Rgb = tuple[int, int, int]


def contrast(one: str, other: str) -> float:
    """Return the contrast of two colours written ``#rrggbb``: from 1 to 21."""
    low, high = sorted((_luminance(_rgb(one)), _luminance(_rgb(other))))
    return (high + 0.05) / (low + 0.05)


def nearest(colour: str, beside: str, needed: float = NEEDED) -> str:
    """Return the colour nearest to `colour` that can be read with `beside`.

    It is made darker or lighter step by step, whichever gets there first; one of
    black and white always does.
    """
    own = _rgb(colour)
    for step in range(1, 101):
        for end in (0, 255):
            mixed = _hex(tuple(round(part + (end - part) * step / 100) for part in own))
            if contrast(mixed, beside) >= needed:
                return mixed
    return "#000000" if contrast("#000000", beside) > needed else "#ffffff"


def _luminance(colour: Rgb) -> float:
    shares = (part / 255 for part in colour)
    red, green, blue = (
        share / 12.92 if share <= _LINEAR else ((share + 0.055) / 1.055) ** 2.4
        for share in shares
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _rgb(colour: str) -> Rgb:
    red, green, blue = (int(colour[at : at + 2], 16) for at in (1, 3, 5))
    return red, green, blue


def _hex(colour: tuple[int, ...]) -> str:
    return "#" + "".join(f"{part:02x}" for part in colour)
