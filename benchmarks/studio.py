"""How long an editor waits for the studio, with 500 articles and 10,000 readers.

    python -m benchmarks.studio [ARTICLES [READERS]]

Each figure is a whole page and the mail in its frame, as the browser asks for them, from
a server on this machine. The newsroom is collected and its readers are imported before.
"""

from __future__ import annotations

import http.client
import random
import re
import statistics
import sys
import tempfile
import threading
import time
from contextlib import closing
from pathlib import Path

from benchmarks.sized_newsroom import make_newsroom
from digest.config import load_settings
from digest.newsroom import Newsroom
from digest.web.serving import LOOPBACK, listening_on
from digest.web.studio import OUR_NAMES, StudioServer, watching
from digest.web.studio.app import Studio
from digest.web.studio.asking import Asked
from digest.web.studio.desk import Desk
from digest.web.studio.guard import Guard

READERS_ASKED = 40


class Browser:
    """Asks for a page, and then for the frame in it."""

    def __init__(self, port: int) -> None:
        self.port = port

    def ask(self, path: str) -> str:
        with closing(http.client.HTTPConnection(LOOPBACK, self.port)) as line:
            line.request("GET", path)
            return line.getresponse().read().decode()

    def look(self, path: str) -> float:
        """Return how many seconds a page with its mail takes."""
        began = time.perf_counter()
        page = self.ask(path)
        if frame := re.search(r'<iframe[^>]* src="([^"]*)"', page):
            assert "<html" in self.ask(frame[1])
        return time.perf_counter() - began


def measure(desk: Desk, browser: Browser, readers: list[str]) -> None:
    """Print what an editor waits for, from the first page on."""
    first, *others = readers
    print(f"first page                     {browser.look(f'/?reader={first}'):6.2f} s")
    quick = [browser.look(f"/?reader={reader}") for reader in others[:5]]
    print(f"next reader, issue not ready   {1000 * statistics.median(quick):6.0f} ms")
    began = time.perf_counter()
    for _, press in list(desk.presses.values()):
        for thread in press.working:
            thread.join()
    print(f"until the issue is worked out  {time.perf_counter() - began:6.2f} s more")
    ready = [browser.look(f"/?reader={reader}") for reader in others]
    print(
        f"next reader                    {1000 * statistics.median(ready):6.0f} ms"
        f"   (slowest of {len(ready)}: {1000 * max(ready):.0f} ms)"
    )
    for pane in ("text", "why", "findings", "source"):
        took = [
            browser.look(f"/?reader={reader}&pane={pane}") for reader in others[:10]
        ]
        print(f"  pane {pane:24}  {1000 * statistics.median(took):6.0f} ms")
    found = [browser.look(f"/?search=reader9{number}") for number in range(10, 20)]
    print(f"a search among the readers     {1000 * statistics.median(found):6.0f} ms")


def saved(desk: Desk, browser: Browser, file: Path, text: str) -> float:
    """Return how many seconds after a save the new page is there."""
    version = desk.version
    began = time.perf_counter()
    file.write_text(text, encoding="utf-8")
    while desk.version == version:
        time.sleep(0.005)
    browser.look("/")
    return time.perf_counter() - began


def show(what: str, times: list[float]) -> None:
    """Print the median and the slowest."""
    median, slowest = 1000 * statistics.median(times), 1000 * max(times)
    print(f"{what:30} {median:6.0f} ms   (slowest: {slowest:.0f} ms)")


def main(articles: int, readers: int) -> None:
    with tempfile.TemporaryDirectory() as name:
        file = make_newsroom(Path(name) / "news", articles=articles, readers=readers)
        settings = load_settings(file, environment={})
        with Newsroom(settings) as newsroom:
            newsroom.refresh_subscribers()
            list(newsroom.collect())
            desk = Desk(
                newsroom,
                lambda: load_settings(file, environment={}),
                settings_file=file,
            )
            pages = Studio(desk)
            guard = Guard(pages.app(), hosts=OUR_NAMES, locked=False)
            server = StudioServer(guard, pages)
            with listening_on(0) as listening, closing(desk):
                thread = threading.Thread(
                    target=server.run, kwargs={"sockets": [listening]}
                )
                thread.start()
                browser = Browser(listening.getsockname()[1])
                everyone = [reader.id for reader in newsroom.store.audience.all()]
                asked = random.Random(1).sample(everyone, READERS_ASKED)
                measure(desk, browser, asked)
                folder = file.parent / "templates" / "newsroom"
                folder.mkdir(parents=True)
                with watching(desk, pages, Asked()):
                    time.sleep(0.5)  # until the files are watched
                    times = [
                        saved(desk, browser, folder / "subject.txt.j2", f"Fresh {n}")
                        for n in range(5)
                    ]
                    show("a saved template shown after", times)
                    article = file.parent / "articles" / "0000.md"
                    text = article.read_text(encoding="utf-8")
                    times = [
                        saved(desk, browser, article, f"{text}\n\nMore {n}.\n")
                        for n in range(5)
                    ]
                    show("a saved article shown after", times)
                pages.end()
                server.should_exit = True
                thread.join()


if __name__ == "__main__":
    sizes = [int(argument) for argument in sys.argv[1:]]
    main(*(sizes + [500, 10_000][len(sizes) :]))
