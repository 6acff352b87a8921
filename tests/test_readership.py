"""The readers' file is read before a send when it may say something new, and only then."""

from __future__ import annotations

from pathlib import Path

import pytest

import digest.readership
from digest.config import Terms, load_settings
from digest.errors import FileProblems
from digest.model import Status
from digest.newsroom import Newsroom
from digest.readership import import_readers
from digest.settings import Settings
from tests.projects import SETTINGS


@pytest.fixture
def read(monkeypatch: pytest.MonkeyPatch) -> list[Path]:
    """Return a list that grows by each file that is read."""
    seen: list[Path] = []
    way = digest.readership.read_readers

    def noted(settings: Settings, path: Path, terms: Terms) -> object:
        seen.append(path)
        return way(settings, path, terms)

    monkeypatch.setattr(digest.readership, "read_readers", noted)
    return seen


def refresh(project: Path) -> bool:
    """Follow the file as a command does; whether there was something new."""
    with Newsroom(load_settings(project, environment={})) as newsroom:
        return newsroom.refresh_subscribers() is not None


def test_is_read_once_as_long_as_it_stays_as_it_is(
    project: Path, read: list[Path]
) -> None:
    assert [refresh(project) for _ in range(3)] == [True, False, False]
    assert read == [project / "subscribers.yaml"]


def test_is_read_again_when_one_letter_of_it_changes(project: Path) -> None:
    refresh(project)
    path = project / "subscribers.yaml"
    path.write_text(path.read_text().replace("name: Cy", "name: Si"))

    assert refresh(project)
    with Newsroom(load_settings(project, environment={})) as newsroom:
        assert newsroom.subscriber("cy@readers.example").name == "Si"


def test_is_read_again_when_other_topics_and_newsletters_are_known(
    project: Path,
) -> None:
    refresh(project)
    settings = SETTINGS.replace("  schools: {title: Schools}\n", "")
    (project / "digest.yaml").write_text(settings)

    with pytest.raises(FileProblems, match="names no topic: 'schools'"):
        refresh(project)


def test_is_read_again_when_it_could_not_be_taken_in(project: Path) -> None:
    path = project / "subscribers.yaml"
    right = path.read_text()
    path.write_text("subscribers: [{address: nobody}]")
    for _ in range(2):
        with pytest.raises(FileProblems):
            refresh(project)
    path.write_text(right)

    assert refresh(project)


def test_is_read_whenever_somebody_asks_for_it(project: Path, read: list[Path]) -> None:
    refresh(project)

    with Newsroom(load_settings(project, environment={})) as newsroom:
        imported = import_readers(
            newsroom.store.audience, newsroom.settings, project / "subscribers.yaml"
        ).imported

    assert imported.same == 3
    assert len(read) == 2
    assert not refresh(project)


def test_that_is_gone_is_said_and_removes_nobody(project: Path) -> None:
    refresh(project)
    (project / "subscribers.yaml").unlink()

    with pytest.raises(FileProblems, match="there is no such file"):
        refresh(project)

    with Newsroom(load_settings(project, environment={})) as newsroom:
        assert newsroom.subscriber("cy@readers.example").status is Status.ACTIVE
