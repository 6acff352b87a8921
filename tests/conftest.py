"""Options for the whole suite.

Golden files are approved, not edited by hand: `pytest --approve`. Whoever has the time
lets the oracle look further: `pytest tests/test_oracle.py --hypothesis-profile=long
--timeout=0`.
"""

from __future__ import annotations

import pytest
from hypothesis import settings

settings.register_profile("long", deadline=None)


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--approve",
        action="store_true",
        help="write what is rendered now as the golden files; read the diff",
    )
