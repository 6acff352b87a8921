"""What an issue holds of earlier ones, for readers who take mail on days of their own.

These articles have places behind the issue's own, so that a delivery can say which of
them it holds. They are the issue's for nobody else: what lists an issue's articles
leaves them out.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime

from digest.model import Article, Issue
from digest.moments import REACH
from digest.store.approvals import AWAITING, HELD, RECALLED
from digest.store.database import Database, Row, from_ms, statements, to_ms
from digest.store.versions import read_article

SQL = statements("carrying")


def placed(issue: Issue) -> Iterator[tuple[Article, int | None]]:
    """Yield what an issue freezes in order, with the number of the issue it was in.

    None: it is the issue's own.
    """
    for article in issue.articles:
        yield article, None
    for earlier in issue.earlier:
        for article in earlier.articles:
            yield article, earlier.number


def before(
    database: Database, newsletter: str, *, number: int, until: datetime
) -> tuple[Issue, ...]:
    """Return the issues before this number that one of `until` carries, newest first.

    One more comes last, which is too old: whose the ones after it are depends on when
    it was. They have no articles; see `with_words_of_now` and `with_frozen`.
    """
    rows = database.all(
        SQL["before"],
        newsletter=newsletter,
        number=number,
        since=to_ms(until - REACH),
    )
    return tuple(bare(row) for row in rows)


def with_words_of_now(
    database: Database, issues: tuple[Issue, ...], *, until: datetime
) -> tuple[Issue, ...]:
    """Return these issues with their own articles as they stand today.

    What is too old for an issue of `until`, what editors stopped, or never let go,
    stays empty.
    """
    ids = tuple(issue.id for issue in issues if issue.until >= until - REACH)
    stopped = (RECALLED, AWAITING, HELD)
    rows = database.all(SQL["now"], issues=ids, stopped=stopped) if ids else []
    return tuple(_holding(issue, rows, issue.id) for issue in issues)


def with_frozen(
    database: Database, holder: Issue, issues: tuple[Issue, ...]
) -> tuple[Issue, ...]:
    """Return these issues with what is held of them in another one."""
    if not issues:
        return ()
    rows = database.all(SQL["frozen"], issue=holder.id, expires=to_ms(holder.expires))
    return tuple(_holding(issue, rows, issue.number) for issue in issues)


def _holding(issue: Issue, rows: Sequence[Row], key: str | int) -> Issue:
    held = tuple(read_article(r["content"]) for r in rows if r["origin"] == key)
    return replace(issue, articles=held) if held else issue


def bare(row: Row) -> Issue:
    """Return the issue of a row, without articles."""
    return Issue(
        id=row["id"],
        newsletter=row["newsletter"],
        number=row["number"],
        since=from_ms(row["since_ms"]),
        until=from_ms(row["until_ms"]),
        slot=row["slot"],
    )
