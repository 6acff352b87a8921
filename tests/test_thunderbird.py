"""Thunderbird, the real program, opens our mails: offline, pictures blocked, as at first.

The pictures taken of it are in pytest's temporary folder (`--basetemp`), to be looked at.
"""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
from PIL import Image, ImageGrab

from tests import stock_samples as stock
from tests.test_realmail import mail, received

pytestmark = [pytest.mark.slow, pytest.mark.realmail]

PROGRAMS = ("thunderbird", "Xvfb", "xdotool")
MISSING = [each for each in PROGRAMS if shutil.which(each) is None]

#: Nothing to greet, to ask, to update or to connect to.
PREFERENCES = {
    "mail.provider.suppress_dialog_on_startup": "true",
    "mail.rights.version": "1",
    "mail.shell.checkDefaultClient": "false",
    "mailnews.start_page.enabled": "false",
    "offline.startup_state": "3",
    "app.donation.eoy.version.viewed": "999",
    "app.update.enabled": "false",
    "datareporting.policy.bypassNotification": "true",
    "datareporting.policy.dataSubmissionPolicyBypassNotification": "true",
    "network.proxy.type": "1",
    "network.proxy.http": '"127.0.0.1"',
    "network.proxy.http_port": "9",
    "network.proxy.ssl": '"127.0.0.1"',
    "network.proxy.ssl_port": "9",
}


@pytest.fixture(scope="module")
def display() -> Iterator[str]:
    """Run a screen that nobody sees; yield its name."""
    if MISSING:
        pytest.skip(f"not installed: {', '.join(MISSING)}")
    ours, theirs = os.pipe()
    screen = subprocess.Popen(
        ["Xvfb", "-displayfd", str(theirs), "-screen", "0", "1000x1300x24"],
        pass_fds=[theirs],
        stderr=subprocess.DEVNULL,
    )
    os.close(theirs)
    try:
        with os.fdopen(ours) as said:
            yield f":{said.readline().strip()}"
    finally:
        screen.terminate()
        screen.wait(30)


def titles(display: str) -> list[str]:
    """Return what stands above the windows."""
    found = subprocess.run(
        ["xdotool", "search", "--onlyvisible", "--name", ".", "getwindowname", "%@"],
        env={**os.environ, "DISPLAY": display},
        capture_output=True,
        text=True,
        check=False,
    )
    return found.stdout.splitlines()


def settled_picture(display: str) -> Image.Image:
    """Return what the screen shows once it no longer changes."""
    before, until = ImageGrab.grab(xdisplay=display), time.monotonic() + 30
    while time.monotonic() < until:
        time.sleep(1.5)
        now = ImageGrab.grab(xdisplay=display)
        if now.tobytes() == before.tobytes():
            break
        before = now
    return before.convert("RGB")


@pytest.mark.parametrize(
    ("of", "language"), list(zip(stock.SETS, stock.LANGUAGES, strict=True))
)
def test_thunderbird_shows_a_stock_mail_as_designed(
    display: str, tmp_path: Path, of: str, language: str
) -> None:
    file, profile = tmp_path / "mail.eml", tmp_path / "profile"
    file.write_bytes(received(mail(of, language)))
    profile.mkdir()
    lines = (f'user_pref("{key}", {value});\n' for key, value in PREFERENCES.items())
    (profile / "user.js").write_text("".join(lines))
    rendered = stock.mail(of, language)

    with subprocess.Popen(
        ["thunderbird", "--profile", str(profile), "--no-remote", str(file)],
        env={
            **os.environ,
            "DISPLAY": display,
            "HOME": str(tmp_path),
            "LANG": "C.UTF-8",
        },
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    ) as running:
        try:
            until = time.monotonic() + 60
            while not any(rendered.subject in title for title in titles(display)):
                assert time.monotonic() < until, titles(display)
                time.sleep(0.3)
            picture = settled_picture(display)
        finally:
            os.killpg(running.pid, signal.SIGTERM)

    picture.save(tmp_path / f"{of}-{language}.png")
    shown = {colour: n for n, colour in picture.getcolors(1 << 24) or ()}
    pixels = picture.width * picture.height
    assert shown[255, 255, 255] > pixels / 10, "the paper"
    assert shown.get(ink(rendered.html or ""), 0) > pixels / 1000, "the text's colour"


def ink(html: str) -> tuple[int, ...]:
    """Return the colour of most texts: ours, not what a mail program takes by itself."""
    colours = re.findall(r"[\";\s]color:\s*#([0-9a-f]{6})", html, re.IGNORECASE)
    ((colour, _),) = Counter(colours).most_common(1)
    assert colour not in ("000000", "ffffff")
    return tuple(bytes.fromhex(colour))
