"""How well a text can be read on its ground (WCAG 2.2, 1.4.3)."""

from __future__ import annotations

from digest import colours
from digest.colours import Colour

#: What small text needs (level AA).
NEEDED = 4.5


def contrast(one: str, other: str) -> float:
    """Return the contrast of two colours written ``#rrggbb``: from 1 to 21."""
    return colours.contrast(_rgb(one), _rgb(other))


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


def _rgb(colour: str) -> Colour:
    red, green, blue = (int(colour[at : at + 2], 16) for at in (1, 3, 5))
    return red, green, blue


def _hex(colour: tuple[int, ...]) -> str:
    return "#" + "".join(f"{part:02x}" for part in colour)
