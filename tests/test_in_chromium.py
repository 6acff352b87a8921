"""The mails in a real browser: nothing sticks out on a phone, dark means dark."""

from __future__ import annotations

import html
import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
GOLDENS = sorted((Path(__file__).parent / "goldens").glob("*.html"))

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(CHROMIUM is None, reason="Chromium is not installed"),
]

#: The mail in a frame of a phone's or a window's width, and what the browser makes of it.
PAGE = """<!DOCTYPE html><meta charset="utf-8">
<iframe style="border:0;width:{width}px;height:900px" srcdoc="{mail}"></iframe>
<pre id="found"></pre>
<script>
onload = () => {{
  const page = frames[0].document, root = page.documentElement;
  const style = (selector) => frames[0].getComputedStyle(page.querySelector(selector));
  const wide = [...page.querySelectorAll('body *')].filter(
    (e) => e.getBoundingClientRect().right > {width} + 1 || e.getBoundingClientRect().left < -1);
  document.getElementById('found').textContent = JSON.stringify({{
    scroll: root.scrollWidth, dir: root.dir,
    outside: wide.slice(-3).map((e) => e.outerHTML.slice(0, 300)),
    card: style('.card').backgroundColor, ink: style('h1').color,
    hidden: [...page.querySelectorAll('body *')].filter((e) => !['STYLE', 'SCRIPT'].includes(e.tagName)
      && frames[0].getComputedStyle(e).display === 'none').length,
  }});
}};
</script>"""


def look(mail: str, tmp_path: Path, *, width: int, dark: bool = False) -> Any:  # JSON
    page = tmp_path / "page.html"
    page.write_text(PAGE.format(mail=html.escape(mail), width=width), encoding="utf-8")
    assert CHROMIUM is not None
    command = [
        CHROMIUM, "--headless", "--no-sandbox", "--disable-gpu", "--no-first-run",
        "--disable-background-networking", "--disable-component-update", "--disable-sync",
        "--host-resolver-rules=MAP * ~NOTFOUND", f"--user-data-dir={tmp_path / 'profile'}",
        f"--blink-settings=preferredColorScheme={0 if dark else 1}",
        "--dump-dom", page.as_uri(),
    ]  # fmt: skip
    done = subprocess.run(
        command, capture_output=True, text=True, check=True, timeout=60
    )
    found = done.stdout.partition('<pre id="found">')[2].partition("</pre>")[0]
    return json.loads(html.unescape(found))


def brightness(colour: str) -> float:
    numbers = [int(n) for n in colour.partition("(")[2].rstrip(")").split(",")[:3]]
    return sum(numbers) / 3


@pytest.mark.parametrize("golden", GOLDENS, ids=lambda path: path.stem)
def test_nothing_sticks_out_and_nothing_is_hidden(golden: Path, tmp_path: Path) -> None:
    mail = golden.read_text(encoding="utf-8")

    for width in (320, 375, 640):
        found = look(mail, tmp_path, width=width)

        assert found["outside"] == [], f"{golden.name} at {width} px"
        assert found["scroll"] <= width
        assert found["hidden"] == 0


@pytest.mark.parametrize("golden", GOLDENS[:2], ids=lambda path: path.stem)
def test_dark_means_light_ink_on_a_dark_card(golden: Path, tmp_path: Path) -> None:
    mail = golden.read_text(encoding="utf-8")

    light, dark = (look(mail, tmp_path, width=600, dark=dark) for dark in (False, True))

    assert brightness(light["card"]) > 240
    assert brightness(light["ink"]) < 60
    assert brightness(dark["card"]) < 60
    assert brightness(dark["ink"]) > 220
