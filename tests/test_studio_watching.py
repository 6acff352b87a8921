"""Files of a newsroom, saved as editors save them, and seen."""

from __future__ import annotations

import threading
from collections.abc import Collection
from dataclasses import replace
from pathlib import Path
from queue import Queue

import pytest

from digest.config import load_settings
from digest.settings import FeedSource, PageSource, Settings
from digest.web.studio.watching import Changed, Watched, local_sources, watch_files
from tests.projects import write_project


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    project = write_project(tmp_path / "news")
    loaded = load_settings(project / "digest.yaml", environment={})
    (tmp_path / "pages").mkdir()
    (tmp_path / "wire.xml").write_text("<rss/>")
    return replace(
        loaded,
        sources=(
            *loaded.sources,
            FeedSource(name="wire", location=str(tmp_path / "wire.xml")),
            FeedSource(name="web", location="https://feeds.example/rss"),
            PageSource(name="saved", locations=(f"{tmp_path}/pages/*.html",)),
            PageSource(name="far", locations=("https://a.example/x",)),
        ),
    )


def test_every_file_that_shows_in_a_mail_is_known_for_what_it_is(
    settings: Settings,
) -> None:
    root, beside = settings.root, settings.root.parent
    watched = Watched(settings, settings_file=root / "digest.yaml")

    kinds = {
        root / "digest.yaml": Changed.SETTINGS,
        root / "subscribers.yaml": Changed.READERS,
        root / "articles" / "ferry.md": Changed.ARTICLES,
        root / "templates" / "newsroom" / "style.css": Changed.TEMPLATES,
        beside / "wire.xml": Changed.ARTICLES,
        beside / "pages" / "one.html": Changed.ARTICLES,
        root / "digest.db-wal": None,
        root / "outbox" / "new" / "1": None,
    }
    assert {path: watched.kind(path) for path in kinds} == kinds
    assert watched.source(root / "articles" / "ferry.md") == "articles"
    assert watched.source(beside / "pages" / "one.html") == "saved"
    assert local_sources(settings) == ["articles", "wire", "saved"]
    assert root in watched.paths
    assert root / "articles" not in watched.paths  # its folder is watched already


def test_a_save_is_told_with_its_source_and_other_files_are_not(
    settings: Settings,
) -> None:
    root, stop = settings.root, threading.Event()
    told: Queue[tuple[Collection[Changed], Collection[str]]] = Queue()
    thread = threading.Thread(
        target=watch_files,
        args=(lambda: Watched(settings, settings_file=root / "digest.yaml"),),
        kwargs={"on_change": lambda *what: told.put(what), "stop": stop},
    )
    thread.start()
    try:
        for _ in range(100):  # until it has begun to watch
            (root / "templates" / "newsroom").mkdir(parents=True, exist_ok=True)
            (root / "templates" / "newsroom" / "style.css").write_text("")
            stop.wait(0.05)
            if not told.empty():
                break
        while not told.empty() or stop.wait(0.2):
            told.get()
        (root / "digest.db").write_text("not shown in any mail")
        aside = root / "articles" / "ferry.md~"
        aside.write_text("---\nheadline: A\n---\n")
        aside.replace(root / "articles" / "ferry.md")

        assert told.get(timeout=20) == ({Changed.ARTICLES}, {"articles"})
        (root / "digest.yaml").touch()
        assert told.get(timeout=20) == ({Changed.SETTINGS}, set())
    finally:
        stop.set()
        thread.join()
