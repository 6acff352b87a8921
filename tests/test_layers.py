"""The house's rules, read from the code itself: they fail the day they are broken."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parent.parent / "digest"

#: Lowest first. A room may import from rooms above its line here, and from itself.
LAYERS = [
    {"model"},
    {"errors", "settings"},
    {
        "tags",
        "colours",
        "yamltext",
        "reading",
        "addresses",
        "links",
        "shipped",
        "jsonform",
        "quoting",
        "showing",
    },
    {"selection", "slots", "message", "rendering", "lint"},
    {"explaining"},
    {"config", "sources", "store", "transports", "template_files"},
    {"assembly", "enclosing", "issues", "readership", "postbox"},
    {"delivery", "building", "collecting", "linting", "proof", "publishing"},
    {"newsroom"},
    {"answering"},
    {"scheduler", "doctor"},
    {"web"},
    {"cli"},
    {"__init__", "__main__"},
]
LEVEL = {room: level for level, rooms in enumerate(LAYERS) for room in rooms}

#: Rooms where values go in and values come out: no clock, no I/O, no logging.
PURE = set().union(*LAYERS[:5]) - {"shipped"}
IMPURE_MODULES = {"os", "socket", "sqlite3", "time", "random", "logging", "secrets"}

#: Each outside package has one home.
HOME = {
    "jinja2": "rendering/templates",
    "premailer": "rendering/inlining",
    "html2text": "rendering/plaintext",
    "wcwidth": "rendering/plaintext",
    "babel": "rendering/words/locales",
    "schedule": "scheduler",
    "cronsim": "slots",
    "yaml": "yamltext",
    "pydantic": "config",
    "email_validator": "addresses",
    "markdown_it": "sources/markdown",
    "nh3": "sources/cleaning",
    "feedparser": "sources/feed",
    "httpx2": "sources/fetching",
    "httpcore2": "sources/fetching",
    "trafilatura": "sources/page",
    "lxml": "sources",
    "PIL": "sources/measuring",
    "sqlite3": "store/sqlite",
    "psycopg": "store/postgresql",
    "smtplib": "transports/smtp",
    "aiosmtpd": "postbox",
    "cryptography": "message/dkim",
    "dns": "doctor/names",
    "click": "cli",
    "rich": "cli",
    "starlette": "web",
    "uvicorn": "web",
    "watchfiles": "web/studio/watching",
}


def modules() -> list[Path]:
    return sorted(PACKAGE.rglob("*.py"))


def room(path: Path) -> str:
    relative = path.relative_to(PACKAGE)
    return relative.parts[0].removesuffix(".py")


def imports(tree: ast.AST, path: Path) -> Iterator[tuple[str, int]]:
    """Yield every imported module, in full, with its line."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from ((alias.name, node.lineno) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert not node.level, f"{path}:{node.lineno}: relative import"
            assert node.module
            if node.module == "digest":
                yield from ((f"digest.{a.name}", node.lineno) for a in node.names)
            else:
                yield node.module, node.lineno


@pytest.mark.parametrize("path", modules(), ids=lambda p: str(p.relative_to(PACKAGE)))
class TestEveryModule:
    def test_has_a_place_in_the_house(self, path: Path) -> None:
        assert room(path) in LEVEL

    def test_imports_only_downwards(self, path: Path) -> None:
        here = room(path)
        for name, line in imports(ast.parse(path.read_text()), path):
            if name == "digest.__version__" or not name.startswith("digest."):
                continue
            there = name.split(".")[1]
            assert there == here or LEVEL[there] < LEVEL[here], (
                f"{path}:{line}: {here} may not import {there}"
            )

    def test_outside_packages_stay_in_their_home(self, path: Path) -> None:
        relative = path.relative_to(PACKAGE).with_suffix("").as_posix()
        for name, line in imports(ast.parse(path.read_text()), path):
            home = HOME.get(name.split(".")[0])
            assert (
                home is None or relative == home or relative.startswith(home + "/")
            ), f"{path}:{line}: {name} belongs to {home}"

    def test_pure_rooms_touch_nothing(self, path: Path) -> None:
        if room(path) not in PURE:
            return
        tree = ast.parse(path.read_text())
        for name, line in imports(tree, path):
            assert name.split(".")[0] not in IMPURE_MODULES, f"{path}:{line}: {name}"
        for node in ast.walk(tree):
            if isinstance(node, ast.Call):
                called = ast.unparse(node.func)
                assert not called.endswith((".now", ".today", ".utcnow")), (
                    f"{path}:{node.lineno}: reads the clock"
                )
                assert called != "open", f"{path}:{node.lineno}: reads a disk"

    def test_only_the_command_line_prints_and_exits(self, path: Path) -> None:
        if room(path) in {"cli", "__main__"}:
            return
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call):
                called = ast.unparse(node.func)
                assert called not in {"print", "sys.exit", "exit", "quit"}, (
                    f"{path}:{node.lineno}: {called}"
                )

    def test_sql_lives_in_the_store(self, path: Path) -> None:
        if room(path) == "store":
            return
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                words = node.value.lower().split()
                assert not (words[:1] == ["select"] and "from" in words), (
                    f"{path}:{node.lineno}: SQL outside store/"
                )

    def test_is_short_enough_to_read(self, path: Path) -> None:
        text = path.read_text()
        assert text.count("\n") <= 400
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                length = (node.end_lineno or node.lineno) - node.lineno + 1
                assert length <= 50, (
                    f"{path}:{node.lineno}: {node.name}: {length} lines"
                )
