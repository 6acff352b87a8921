"""Options for the whole suite.

Golden files are approved, not edited by hand: `pytest --approve`. Hypothesis tries a third
of the examples unless told `--hypothesis-profile=thorough`. Whoever has the time lets the
oracle look further, and at more mails: `pytest tests/test_oracle.py
tests/test_every_message.py --hypothesis-profile=long --timeout=0`.
"""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import nullcontext
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import settings

from digest.store import Store
from tests.cluster import remove_cluster
from tests.commands import Shell
from tests.projects import Clock, write_project
from tests.stores import on_postgresql, opened

if TYPE_CHECKING:
    from playwright.sync_api import Browser

# How long an example takes says more about the machine than about the code.
settings.register_profile("quick", deadline=None, max_examples=33)
settings.register_profile("thorough", deadline=None)
settings.register_profile("long", deadline=None)
settings.load_profile("quick")


@pytest.fixture(scope="module")  # an open Playwright keeps an event loop running
def chromium() -> Iterator[Browser]:
    """A Chromium to be driven; for modules that skip where there is none."""
    from playwright.sync_api import sync_playwright  # not installed everywhere

    from tests import browser  # which most tests need not load

    with sync_playwright() as driver:
        opened = driver.chromium.launch(
            executable_path=browser.CHROMIUM, args=["--no-sandbox"]
        )
        yield opened
        opened.close()


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--approve",
        action="store_true",
        help="write what is rendered now as the golden files; read the diff",
    )


def pytest_configure() -> None:
    """Search for no garbage while thousands of tests are collected."""
    gc.disable()


def pytest_collection_finish() -> None:
    """Spare every later search for garbage the tests and what they import.

    And search less often: nothing here lives long enough to pile up.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 20, 50)
    gc.enable()


def pytest_unconfigure() -> None:
    remove_cluster()


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Run what uses the fixture `engine` on each."""
    if "engine" in metafunc.fixturenames:
        slow = metafunc.definition.get_closest_marker("slow_on_postgresql")
        marks = [pytest.mark.slow] if slow else []
        metafunc.parametrize(
            "engine", ["sqlite", pytest.param("postgresql", marks=marks)], indirect=True
        )


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A newsroom's folder."""
    return write_project(tmp_path / "news")


@pytest.fixture
def digest(capsys: pytest.CaptureFixture[str], project: Path) -> Shell:
    """The command, run in that folder."""
    return Shell(capsys, project)


@pytest.fixture
def clock() -> Clock:
    """A clock that moves when it is told to."""
    return Clock()


@pytest.fixture
def store(tmp_path: Path, clock: Clock) -> Iterator[Store]:
    """A database of its own, with that clock."""
    with opened(tmp_path, clock) as store:
        yield store


@pytest.fixture
def engine(request: pytest.FixtureRequest) -> Iterator[str]:
    """Let `opened` open a store of that kind; SQLite for who cannot have both."""
    name: str = getattr(request, "param", "sqlite")
    with on_postgresql() if name == "postgresql" else nullcontext():
        yield name
