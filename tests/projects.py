"""Small newsrooms for tests, written as an operator would write them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

MONDAY = datetime(2026, 11, 23, 6, 0, tzinfo=UTC)  #: 07:00 in Brussels

SETTINGS = """\
site:
  name: The Ledger
  url: https://ledger.example
  postal_address: The Ledger, 4 Harbour Row, 1000 Anytown
  language: en
  timezone: Europe/Brussels
topics:
  rivers: {title: Rivers, any: [river, canal]}
  schools: {title: Schools}
newsletters:
  daily:
    title: The Ledger Daily
    sender: The Ledger <digest@ledger.example>
    schedule: {days: daily, at: "07:00"}
sources:
  - folder: articles
delivery: {files: outbox}
subscribers: subscribers.yaml
"""

READERS = """\
subscribers:
  - address: ana@readers.example
    name: Ana
    follows: [rivers]
  - address: bo@readers.example
    name: Bo
    follows: [schools]
  - address: cy@readers.example
    name: Cy
"""

ARTICLES = {
    "ferry.md": "---\nheadline: The ferry is back\ntags: [river]\n---\n\nIt came at six.\n",
    "lock.md": "---\nheadline: A lock reopens\ntags: [canal]\n---\n\nAfter two winters.\n",
    "bell.md": "---\nheadline: No bell on Monday\ntags: [schools]\n---\n\nTeachers decide.\n",
}


class Clock:
    """A clock that tests move by hand."""

    def __init__(self, at: datetime = MONDAY) -> None:
        self.at = at
        self.step = timedelta(0)  #: how far it goes each time it is read

    def __call__(self) -> datetime:
        self.at += self.step
        return self.at

    def forward(self, **step: float) -> None:
        self.at += timedelta(**step)


def write_project(
    folder: Path, *, settings: str = SETTINGS, readers: str = READERS
) -> Path:
    """Write a newsroom of three articles and three readers into `folder`."""
    (folder / "articles").mkdir(parents=True)
    (folder / "digest.yaml").write_text(settings, encoding="utf-8")
    (folder / "subscribers.yaml").write_text(readers, encoding="utf-8")
    for name, text in ARTICLES.items():
        write_article(folder, name, text)
    return folder


def write_article(folder: Path, name: str, text: str) -> None:
    """Write one more article."""
    (folder / "articles" / name).write_text(text, encoding="utf-8")


def smtp_settings(port: int) -> str:
    """Return the settings with delivery to an SMTP server on this machine."""
    smtp = f"{{smtp: {{host: 127.0.0.1, port: {port}, security: none}}}}"
    return SETTINGS.replace("{files: outbox}", smtp)
