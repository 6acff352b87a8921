"""The house's rules, read from the code itself: they fail the day they are broken."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parent.parent / "digest"

#: Lowest first. A room may import from rooms above its line here, and from itself.
LAYERS = [
    {"model"},
    {"errors", "settings", "replies"},
    {
        "tags",
        "alike",
        "colours",
        "yamltext",
        "reading",
        "addresses",
        "links",
        "shipped",
        "jsonform",
        "quoting",
        "judging",
        "providers",
        "oauth",
        "showing",
        "slots",
    },
    {"moments"},
    {"selection", "message", "rendering", "lint", "bounces"},
    {"explaining", "spans", "catalogue"},
    {"config", "sources", "store", "transports", "template_files", "inbox"},
    {
        "assembly",
        "enclosing",
        "issues",
        "flights",
        "sendreport",
        "readership",
        "census",
        "postbox",
    },
    {
        "delivery",
        "building",
        "collecting",
        "linting",
        "proof",
        "publishing",
        "returning",
    },
    {"newsroom", "planning", "simulating"},
    {"answering", "approving", "reception"},
    {"scheduler", "doctor"},
    {"web"},
    {"cli"},
    {"__init__", "__main__"},
]
LEVEL = {room: level for level, rooms in enumerate(LAYERS) for room in rooms}

#: Rooms where values go in and values come out: no clock, no I/O, no logging.
PURE = set().union(*LAYERS[:6]) - {"shipped", "oauth"}
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
    "mdit_py_plugins": "sources/markdown",
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
    "flufl": "bounces/habits",
    "imaplib": "inbox/imap",
    "mailbox": "inbox/mbox",
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


@cache
def nodes(path: Path) -> list[ast.AST]:
    return list(ast.walk(ast.parse(path.read_text())))


def imports(path: Path) -> Iterator[tuple[str, int]]:
    """Yield every imported module, in full, with its line."""
    for node in nodes(path):
        if isinstance(node, ast.Import):
            yield from ((alias.name, node.lineno) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert not node.level, f"{path}:{node.lineno}: relative import"
            assert node.module
            if node.module == "digest":
                yield from ((f"digest.{a.name}", node.lineno) for a in node.names)
            else:
                yield node.module, node.lineno


def calls(path: Path) -> Iterator[tuple[str, int]]:
    """Yield what every call calls, as it is written, with its line."""
    for node in nodes(path):
        if isinstance(node, ast.Call) and isinstance(
            node.func, ast.Name | ast.Attribute
        ):
            yield ast.unparse(node.func), node.lineno


def imports_only_downwards(path: Path) -> Iterator[str]:
    here = room(path)
    for name, line in imports(path):
        if name == "digest.__version__" or not name.startswith("digest."):
            continue
        there = name.split(".")[1]
        if there != here and LEVEL[there] >= LEVEL[here]:
            yield f"{line}: {here} may not import {there}"


def outside_packages_stay_in_their_home(path: Path) -> Iterator[str]:
    relative = path.relative_to(PACKAGE).with_suffix("").as_posix()
    for name, line in imports(path):
        home = HOME.get(name.split(".")[0], relative)
        if relative != home and not relative.startswith(home + "/"):
            yield f"{line}: {name} belongs to {home}"


def pure_rooms_touch_nothing(path: Path) -> Iterator[str]:
    if room(path) not in PURE:
        return
    for name, line in imports(path):
        if name.split(".")[0] in IMPURE_MODULES:
            yield f"{line}: {name}"
    for called, line in calls(path):
        if called.endswith((".now", ".today", ".utcnow")):
            yield f"{line}: reads the clock"
        if called == "open":
            yield f"{line}: reads a disk"


def only_the_command_line_prints_and_exits(path: Path) -> Iterator[str]:
    if room(path) in {"cli", "__main__"}:
        return
    for called, line in calls(path):
        if called in {"print", "sys.exit", "exit", "quit"}:
            yield f"{line}: {called}"


def sql_lives_in_the_store(path: Path) -> Iterator[str]:
    if room(path) == "store":
        return
    for node in nodes(path):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            words = node.value.lower().split()
            if words[:1] == ["select"] and "from" in words:
                yield f"{node.lineno}: SQL outside store/"


def is_short_enough_to_read(path: Path) -> Iterator[str]:
    if (lines := path.read_text().count("\n")) > 400:
        yield f"{lines} lines"
    for node in nodes(path):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            length = (node.end_lineno or node.lineno) - node.lineno + 1
            if length > 50:
                yield f"{node.lineno}: {node.name}: {length} lines"


RULES = (
    imports_only_downwards,
    outside_packages_stay_in_their_home,
    pure_rooms_touch_nothing,
    only_the_command_line_prints_and_exits,
    sql_lives_in_the_store,
    is_short_enough_to_read,
)


@pytest.mark.parametrize("path", modules(), ids=lambda p: str(p.relative_to(PACKAGE)))
def test_every_module_keeps_the_rules(path: Path) -> None:
    assert room(path) in LEVEL, "it has no place in the house"
    assert not [
        f"{path}:{what} ({rule.__name__.replace('_', ' ')})"
        for rule in RULES
        for what in rule(path)
    ]


def test_the_page_about_the_house_lists_every_room_from_the_top() -> None:
    page = (PACKAGE.parent / "docs" / "design.md").read_text(encoding="utf-8")
    lines = re.findall(
        r"^    (\S.*?)(?:  .*)?$", page.split("## Rooms")[1], re.MULTILINE
    )
    listed = [
        word.rstrip("/,").removesuffix(".py")
        for line in lines[: lines.index("model/") + 1]
        for word in line.split()
    ]

    assert sorted(listed) == sorted(set(LEVEL) - {"__init__", "__main__"})
    assert [LEVEL[room] for room in listed] == sorted(
        (LEVEL[room] for room in listed), reverse=True
    )
