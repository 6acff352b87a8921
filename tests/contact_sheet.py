"""Makes docs/looks.webp: the stock sets as Chromium shows them.

    python -m tests.contact_sheet

It needs Chromium, and fonts for Arabic and Japanese, or those show in whatever the
machine has. Look at the picture before it is committed.
"""

from __future__ import annotations

import tempfile
from pathlib import Path

from PIL import Image

from tests import browser
from tests import stock_samples as stock
from tests.rendering_samples import ROOT

TARGET = ROOT / "docs" / "looks.webp"
GAP = 24
GROUND = "#8a8780"

#: Rows: how wide the mails are, how much of them is shown, and which ones.
ROWS = (
    (600, 1650, ("newsroom-en", "newsroom-ar dark", "newsroom-fr", "newsroom-ja dark")),
    (
        360,
        1150,
        (
            *("letter-en", "letter-ar dark", "brief-ja", "brief-fr dark"),
            *("alert-ar", "alert-en dark"),
        ),
    ),
)
SCALE = 0.6


def main() -> None:
    """Take the pictures and put them together."""
    rows = [row(*each) for each in ROWS]
    width = max(image.width for image in rows) + 2 * GAP
    sheet = Image.new("RGB", (width, sum(r.height + GAP for r in rows) + GAP), GROUND)
    top = GAP
    for image in rows:
        sheet.paste(image, ((width - image.width) // 2, top))
        top += image.height + GAP
    sheet.save(TARGET, quality=72, method=6)


def row(width: int, height: int, names: tuple[str, ...]) -> Image.Image:
    """Return mails beside each other, light or dark."""
    shots = [shot(name, width, height) for name in names]
    size = sum(s.width + GAP for s in shots) - GAP, max(s.height for s in shots)
    image = Image.new("RGB", size, GROUND)
    left = 0
    for one in shots:
        image.paste(one, (left, 0))
        left += one.width + GAP
    return image


def shot(name: str, width: int, height: int) -> Image.Image:
    """Return the upper part of one mail."""
    mail, _, mode = name.partition(" ")
    html = stock.mail(*mail.split("-")).html
    assert html
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "shot.png"
        browser.picture(
            [html], path, width=width, height=height, dark=bool(mode), scale=SCALE
        )
        with Image.open(path) as image:
            return image.convert("RGB").crop(
                (0, 0, round(width * SCALE), round(height * SCALE))
            )


if __name__ == "__main__":
    main()
