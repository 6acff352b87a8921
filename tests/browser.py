"""Chromium looks at mails: what it lays out, measured in the page, and pictures of it."""

from __future__ import annotations

import html
import json
import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from tests.rendering_samples import ROOT
from tests.stock_samples import PICTURES

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
IMAGES = ROOT / "examples" / "newsroom" / "articles" / "images"

#: Between two mails beside each other, in pixels.
GAP = 8
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
    '<iframe style="border:0;margin:0 {gap}px 0 0;vertical-align:top;color-scheme:{scheme};'
    'width:{width}px;height:900px" srcdoc="{mail}"></iframe>'
)

#: A page that becomes one mail after the other, so that axe-core takes each for a whole
#: page (it asks less of frames), and leaves in the end what it said.
AXE_PAGE = """<!DOCTYPE html><html><head><meta charset="utf-8"></head><body>
<script src="{axe}"></script>
<script>
const mails = {mails}, rules = {rules};
const become = (mail) => {{
  const next = new DOMParser().parseFromString(mail, 'text/html').documentElement;
  const root = document.documentElement;
  [...root.attributes].forEach((each) => root.removeAttribute(each.name));
  [...next.attributes].forEach((each) => root.setAttribute(each.name, each.value));
  root.replaceChildren(...next.children);
}};
onload = async () => {{
  const found = [];
  for (const mail of mails) {{
    become(mail);
    const said = await axe.run(document, {{
      runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'],
      rules,
    }});
    found.push(said.violations.flatMap((rule) => rule.nodes.map(
      (node) => [rule.id, node.html.slice(0, 200), node.failureSummary])));
  }}
  const answer = document.createElement('pre');
  answer.id = 'found';
  answer.textContent = JSON.stringify(found);
  document.body.replaceChildren(answer);
}};
</script>"""


def axe_core() -> Path | None:
    """Return the file of axe-core (npm), wherever it is installed, or None.

    Looked for in the folder that AXE_CORE names, beside the tests, and where npm puts
    what it installs for everybody.
    """
    folders = [ROOT / "node_modules" / "axe-core"]
    if named := os.environ.get("AXE_CORE"):
        folders.insert(0, Path(named))
    if npm := shutil.which("npm"):
        done = subprocess.run(
            [npm, "root", "-g"], capture_output=True, text=True, check=False, timeout=30
        )
        folders.append(Path(done.stdout.strip()) / "axe-core")
    files = (folder / "axe.min.js" for folder in folders)
    return next((file for file in files if file.is_file()), None)


def violations(
    mails: Sequence[str],
    axe: Path,
    *,
    width: int,
    dark: bool = False,
    without: Iterable[str] = (),
) -> list[list[tuple[str, str, str]]]:
    """Return what axe-core objects to in each mail: the rule, the element, the reason.

    `axe` is its file, `without` names rules that it does not ask.
    """
    with tempfile.TemporaryDirectory() as folder:
        text = AXE_PAGE.format(
            axe=axe.as_uri(),
            mails=json.dumps([_with_pictures(m) for m in mails]).replace("</", r"<\/"),
            rules=json.dumps({rule: {"enabled": False} for rule in without}),
        )
        page = Path(folder) / "page.html"
        page.write_text(text, encoding="utf-8")
        window = f"--window-size={width},900"
        # Time that passes only while nothing is left to do: axe-core is waited for.
        waiting = "--virtual-time-budget=600000"
        done = _chromium(
            Path(folder), dark, window, waiting, "--dump-dom", page.as_uri()
        )
    found = _answers(done, len(mails))
    return [[(rule, element, why) for rule, element, why in each] for each in found]


def found_in(
    mails: Sequence[str], *, measure: str, width: int, dark: bool = False
) -> list[Any]:  # JSON
    """Return what `measure`, a function of JavaScript, says of each mail at a width."""
    with tempfile.TemporaryDirectory() as folder:
        page = _page(Path(folder), mails, width=width, dark=dark, measure=measure)
        done = _chromium(Path(folder), dark, "--dump-dom", page.as_uri())
    return _answers(done, len(mails))


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
            f"--window-size={len(mails) * (width + GAP)},{height}",
            f"--force-device-scale-factor={scale}",
            "--virtual-time-budget=3000",
            # Or else the last tiles of a long page are sometimes still blank.
            "--run-all-compositor-stages-before-draw",
            f"--screenshot={path}",
            page.as_uri(),
        )


def _with_pictures(mail: str) -> str:
    return mail.replace(PICTURES, IMAGES.as_uri())


def _answers(dumped: str, count: int) -> list[Any]:  # JSON
    """Return the answers left in a page, one for each mail."""
    answer = dumped.partition('<pre id="found">')[2].partition("</pre>")[0]
    found = json.loads(html.unescape(answer))
    assert len(found) == count
    return list(found)


def _page(
    folder: Path, mails: Sequence[str], *, width: int, dark: bool, measure: str
) -> Path:
    scheme = "dark" if dark else "light"
    frames = "".join(
        FRAME.format(
            mail=html.escape(_with_pictures(mail)),
            width=width,
            gap=GAP,
            scheme=scheme,
        )
        for mail in mails
    )
    page = folder / "page.html"
    text = PAGE.format(frames=frames, measure=measure, scheme=scheme)
    page.write_text(text, encoding="utf-8")
    return page


def _chromium(folder: Path, dark: bool, *arguments: str) -> str:
    """Run Chromium; once in some thousand starts it hangs, and is started again."""
    try:
        return _chromium_once(folder / "profile", dark, *arguments)
    except subprocess.TimeoutExpired:
        return _chromium_once(folder / "another", dark, *arguments)


def _chromium_once(profile: Path, dark: bool, *arguments: str) -> str:
    assert CHROMIUM is not None
    command = [
        CHROMIUM, "--headless", "--hide-scrollbars", "--no-sandbox", "--disable-gpu", "--no-first-run",
        "--disable-background-networking", "--disable-component-update", "--disable-sync",
        "--allow-file-access-from-files", "--host-resolver-rules=MAP * ~NOTFOUND",
        f"--user-data-dir={profile}",
        f"--blink-settings=preferredColorScheme={0 if dark else 1}", *arguments,
    ]  # fmt: skip
    done = subprocess.run(
        command, capture_output=True, text=True, check=True, timeout=50
    )
    return done.stdout
