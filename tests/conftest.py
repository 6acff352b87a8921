"""One option for the whole suite: golden files are approved, not edited by hand."""

from __future__ import annotations

import pytest


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--approve",
        action="store_true",
        help="write what is rendered now as the golden files; read the diff",
    )
