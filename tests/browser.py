"""Chromium looks at mails: what it lays out, measured in the page, and pictures of it."""

from __future__ import annotations

import html
import json
import re
import shutil
import subprocess
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from tests.rendering_samples import ROOT
from tests.stock_samples import PICTURES

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
IMAGES = ROOT / "examples" / "newsroom" / "articles" / "images"

#: Mails beside each other, each in a frame of its own as high as the mail; then `measure`
#: is asked about each, and the answers are left in the page.
PAGE = """<!DOCTYPE html><html style="color-scheme:{scheme}"><meta charset="utf-8">
<body style="margin:0;width:max-content;white-space:nowrap;font-size:0;background:#777">
{frames}<pre id="found"></pre>
<script>
const measure = {measure};
onload = () => {{
  const found = [...document.querySelectorAll('iframe')].map((frame) => {{
    const page = frame.contentDocument;
    frame.style.height = page.documentElement.scrollHeight + 'px';
    return measure(frame.contentWindow, page, frame.clientWidth);
  }});
  document.getElementById('found').textContent = JSON.stringify(found);
}};
</script>"""
FRAME = (
    '<iframe style="border:0;margin:0 8px 0 0;vertical-align:top;color-scheme:{scheme};'
    'width:{width}px;height:900px" srcdoc="{mail}"></iframe>'
)


def found_in(
    mails: Sequence[str], *, measure: str, width: int, dark: bool = False
) -> list[Any]:  # JSON
    """Return what `measure`, a function of JavaScript, says of each mail at a width."""
    with tempfile.TemporaryDirectory() as folder:
        page = _page(Path(folder), mails, width=width, dark=dark, measure=measure)
        done = _chromium(Path(folder), dark, "--dump-dom", page.as_uri())
    answer = done.partition('<pre id="found">')[2].partition("</pre>")[0]
    found = json.loads(html.unescape(answer))
    assert len(found) == len(mails)
    return list(found)


def picture(
    mails: Sequence[str],
    path: Path,
    *,
    width: int,
    height: int,
    dark: bool = False,
    forced: bool = False,
    scale: float = 1,
) -> None:
    """Write a PNG of mails beside each other; `forced`: a browser darkens them itself."""
    with tempfile.TemporaryDirectory() as folder:
        nothing = "() => 0"
        page = _page(Path(folder), mails, width=width, dark=dark, measure=nothing)
        _chromium(
            Path(folder),
            dark,
            *(["--blink-settings=forceDarkModeEnabled=true"] if forced else []),
            f"--window-size={len(mails) * (width + 8)},{height}",
            f"--force-device-scale-factor={scale}",
            "--virtual-time-budget=3000",
            f"--screenshot={path}",
            page.as_uri(),
        )


def without_styles(mail: str) -> str:
    """Return the mail as programs show it that drop every <style>."""
    return re.sub(r"<style.*?</style>", "", mail, flags=re.DOTALL)


def undeclared(mail: str) -> str:
    """Return the mail as programs show it that darken it by themselves.

    They drop what it says about dark mode first.
    """
    return re.sub(r'<meta name="[\w-]*color-schemes?"[^>]*>', "", without_styles(mail))


def without_pictures(mail: str) -> str:
    """Return the mail as programs show it that block pictures."""
    return re.sub(r'src="[^"]*"', 'src="blocked:"', mail)


def _page(
    folder: Path, mails: Sequence[str], *, width: int, dark: bool, measure: str
) -> Path:
    scheme = "dark" if dark else "light"
    frames = "".join(
        FRAME.format(
            mail=html.escape(mail.replace(PICTURES, IMAGES.as_uri())),
            width=width,
            scheme=scheme,
        )
        for mail in mails
    )
    page = folder / "page.html"
    text = PAGE.format(frames=frames, measure=measure, scheme=scheme)
    page.write_text(text, encoding="utf-8")
    return page


def _chromium(folder: Path, dark: bool, *arguments: str) -> str:
    assert CHROMIUM is not None
    command = [
        CHROMIUM, "--headless", "--hide-scrollbars", "--no-sandbox", "--disable-gpu", "--no-first-run",
        "--disable-background-networking", "--disable-component-update", "--disable-sync",
        "--allow-file-access-from-files", "--host-resolver-rules=MAP * ~NOTFOUND",
        f"--user-data-dir={folder / 'profile'}",
        f"--blink-settings=preferredColorScheme={0 if dark else 1}", *arguments,
    ]  # fmt: skip
    done = subprocess.run(
        command, capture_output=True, text=True, check=True, timeout=120
    )
    return done.stdout
