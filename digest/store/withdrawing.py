"""Articles taken back: they are in no further mail.

A source that can say all it holds, as a folder can, takes back what it no longer has,
and brings it again when it is there again. What the operator takes back stays so until
they restore it, whatever its source says.

Mails that are not made yet leave such an article out, also those of an issue that was
frozen with it. What a source takes back after an issue has expired changes that issue
no more: somebody tidied a folder. What the operator takes back is gone from old issues
as well, and so from the web archive.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from digest.model import Article
from digest.store.database import (
    Database,
    Row,
    chunks,
    from_ms,
    statements,
    to_ms,
)
from digest.store.versions import read_article
from digest.store.windows import Windows

SQL = statements("withdrawing")


class By(StrEnum):
    """Who took an article back."""

    SOURCE = "source"
    OPERATOR = "operator"


@dataclass(frozen=True, slots=True, kw_only=True)
class Withdrawn:
    """An article that was taken back."""

    article: Article
    at: datetime
    by: By

    @property
    def words(self) -> str:
        """Since when it is in no further mail, and why."""
        when = f"{self.at:%Y-%m-%d %H:%M} UTC"
        if self.by is By.OPERATOR:
            return (
                f"it was withdrawn at {when}; `digest articles restore` brings it again"
            )
        return f"{self.article.source!r} does not hold it any more, since {when}"


class Withdrawing:
    """Takes articles back, and brings them again."""

    def __init__(self, database: Database) -> None:
        """Use the database."""
        self._database = database

    def withdraw(self, ids: Collection[str], by: By, *, now: datetime) -> int:
        """Take these back; return how many were not yet. The operator's word stays."""
        with self._database.tx():
            return sum(
                self._database.run(
                    SQL["withdraw"], ids=chunk, by=by.value, now=to_ms(now)
                )
                for chunk in chunks(ids)
            )

    def keep_only(self, source: str, ids: Collection[str], *, now: datetime) -> int:
        """Take back what is this source's and not among these; return how many."""
        with self._database.tx():
            owned = [r["id"] for r in self._database.all(SQL["owned"], source=source)]
            missing = set(owned).difference(ids)
            return self.withdraw(sorted(missing), By.SOURCE, now=now)

    def restore(self, article: Article, *, now: datetime) -> bool:
        """Bring an article again; return whether it was taken back.

        One that no issue has carried counts as new, or it would be in none.
        """
        came = Windows(self._database).arrival(now)
        seen = max(came, article.published or came)
        return bool(self._database.run(SQL["restore"], id=article.id, seen=to_ms(seen)))

    def of_issue(self, issue_id: str) -> frozenset[str]:
        """Return the ids of what an issue froze and nobody is to get any more."""
        rows = self._database.all(SQL["of_issue"], issue=issue_id)
        return frozenset(row["article"] for row in rows)

    def all(self) -> list[Withdrawn]:
        """Return the articles that are taken back, the last one first."""
        rows = self._database.all(SQL["withdrawn"].replace("{one}", ""))
        return [_withdrawn(row) for row in rows]

    def of(self, article_id: str) -> Withdrawn | None:
        """Return an article that is taken back; None: it is not."""
        one = SQL["withdrawn"].replace("{one}", SQL["one"])
        row = self._database.one(one, id=article_id)
        return _withdrawn(row) if row else None


def _withdrawn(row: Row) -> Withdrawn:
    return Withdrawn(
        article=read_article(row["content"]),
        at=from_ms(row["withdrawn_ms"]),
        by=By(row["withdrawn_by"]),
    )
