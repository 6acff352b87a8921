"""The archive: articles as they were last seen, issues as they were frozen.

An article keeps its id and the moment it was first seen whatever its source changes
later. What it said is kept as a version, by the hash of it, and an issue freezes
versions: a correction made after an issue was prepared cannot change its mails.
Windows of issues are half-open and abut, so an article is in at most one issue of
a newsletter. An issue may hold those of earlier ones behind its own; see
`digest.store.carrying`.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import count

from digest.jsonform import dump, from_json, to_json
from digest.model import Article, Fetched, Issue, SourceRecord, Validators
from digest.selection import rank
from digest.store.carrying import bare, before, placed, with_frozen, with_words_of_now
from digest.store.database import (
    Database,
    Row,
    chunks,
    from_ms,
    statements,
    storable,
    to_ms,
)
from digest.store.versions import forget, hash_of, keep, read_article
from digest.store.windows import Windows
from digest.store.withdrawing import By, Withdrawing

SQL = statements("archive")


@dataclass(frozen=True, slots=True, kw_only=True)
class Added:
    """What one `add` brought."""

    new: int = 0
    changed: int = 0
    same: int = 0


class Archive:
    """Articles, issues, sources and slots; see `digest.store`."""

    def __init__(self, database: Database, *, now: Callable[[], datetime]) -> None:
        """Use the database; `now` is the clock of everything written."""
        self._database, self._now = database, now
        self.withdrawing, self.windows = Withdrawing(database), Windows(database)

    # -- articles -------------------------------------------------------------

    def add(self, articles: Iterable[Article], *, by_hand: bool = False) -> Added:
        """Take articles in; of two with the same id the last one counts.

        When two sources bring the same article, the words of the first count, so
        that it does not flip between them at each collect; `by_hand` means that
        the operator gave these articles and that they win from now on.
        """
        given = {article.id: article for article in articles}
        added = {"new": 0, "changed": 0, "same": 0}
        with self._database.tx():
            now = to_ms(self.windows.arrival(self._now()))  # after any freeze
            for chunk in chunks(given.values()):
                ids = tuple(article.id for article in chunk)
                rows = self._database.all(SQL["held_articles"], ids=ids)
                held = {row["id"]: row for row in rows}
                for article in chunk:
                    what = self._add(
                        article, held.get(article.id), now=now, by_hand=by_hand
                    )
                    added[what] += 1
                self._database.many(
                    SQL["insert_source"],
                    [{"article": a.id, "source": a.source} for a in chunk],
                )
        return Added(**added)

    def _add(
        self, article: Article, held: Row | None, *, now: int, by_hand: bool
    ) -> str:
        """Write one article; return what it was: new, changed or same."""
        published = to_ms(article.published) if article.published else now
        if held is None:
            self._database.run(
                SQL["insert_article"],
                id=article.id,
                owner=article.source,
                version=keep(self._database, article),
                now=now,
                seen=max(now, published),
            )
            return "new"
        by = held["withdrawn_by"]
        back = by == By.SOURCE or (by_hand and by != "")
        speaks = by_hand or back or held["owner"] == article.source
        if back:
            self.withdrawing.restore(article, now=from_ms(now))
            (held,) = self._database.all(SQL["held_articles"], ids=(article.id,))
        if not speaks or held["version"] == hash_of(article):
            return "changed" if back else "same"
        # Once its time has come it keeps it: an issue may have carried it. One that
        # still waits for its embargo is seen at the new one, and never in the past.
        seen = held["seen_ms"] if held["seen_ms"] <= now else max(now, published)
        self._database.run(
            SQL["update_article"],
            id=article.id,
            owner=article.source,
            version=keep(self._database, article),
            now=now,
            seen=seen,
        )
        forget(self._database, held["version"])
        return "changed"

    def articles(
        self,
        *,
        since: datetime | None = None,
        until: datetime | None = None,
        sources: Collection[str] = (),
        limit: int | None = None,
    ) -> list[Article]:
        """Return the articles whose time is in `[since, until)`, the newest first.

        Their time is when they were first seen or published, whichever is later,
        so what waits for its embargo is not there yet. `sources` are names; none
        means all.
        """
        wheres, values = ["a.withdrawn_by = ''"], {}
        if since is not None:
            wheres.append("a.seen_ms >= :since")
            values["since"] = to_ms(since)
        if until is not None:
            wheres.append("a.seen_ms < :until")
            values["until"] = to_ms(until)
        if sources:
            wheres.append(SQL["from_sources"])
        sql = SQL["articles"].replace("{where}", " and ".join(wheres))
        if limit is not None:
            sql, values["limit"] = f"{sql} limit :limit", limit
        rows = self._database.all(sql, **values, sources=tuple(sources))
        return [read_article(row["content"]) for row in rows]

    def arrivals(self, sources: Collection[str] = ()) -> list[tuple[datetime, Article]]:
        """Return all articles with when they came: published, or else first seen."""
        where = f"a.withdrawn_by = '' and {SQL['from_sources'] if sources else '1 = 1'}"
        rows = self._database.all(
            SQL["arrivals"].replace("{where}", where), sources=tuple(sources)
        )
        read = ((row["seen_ms"], read_article(row["content"])) for row in rows)
        return [(a.published or from_ms(seen), a) for seen, a in read]

    def article(self, article_id: str) -> Article | None:
        """Return an article as it stands today, or None."""
        row = self._database.one(SQL["article"], id=article_id)
        return read_article(row["content"]) if row else None

    # -- sources --------------------------------------------------------------

    def record_fetch(self, name: str, fetched: Fetched) -> None:
        """Remember how a source answered.

        Its articles must be added first, or in the same transaction: what the
        server calls unchanged is not asked for again.
        """
        with self._database.tx():
            row = self._database.one(SQL["source"], name=name)
            record = _record(row["record"]) if row else SourceRecord(name=name)
            now = self._now()
            if fetched.error:
                record = replace(
                    record, last_error=storable(fetched.error), last_error_at=now
                )
            elif fetched.unchanged:
                record = replace(record, last_success=now)
            else:
                record = replace(
                    record,
                    last_success=now,
                    validators=fetched.validators,
                    items=len(fetched.articles),
                )
            self._database.run(
                SQL["upsert_source"], name=name, record=dump(to_json(record))
            )

    def source_records(self) -> list[SourceRecord]:
        """Return how every source ever asked has been doing, by name."""
        rows = self._database.all("select record from source order by name")
        return [_record(row["record"]) for row in rows]

    def validators(self) -> dict[str, Validators]:
        """Return what each source's server wants back at the next fetch."""
        return {record.name: record.validators for record in self.source_records()}

    # -- issues ---------------------------------------------------------------

    def freeze(self, issue: Issue, *, due: datetime | None = None) -> Issue | None:
        """Store an issue with its articles exactly as they are; return it.

        `due` is when its slot is, if that is later than the end of its window: it is
        made before its time so that editors can see it.

        It gets the next number, and ".2", ".3" … behind its id when that is taken.
        Returns None, and changes nothing, when its slot was dealt with already or
        when its window does not begin where the newsletter's last one ended:
        another process was faster.
        """
        since, now = to_ms(issue.since), to_ms(self._now())
        with self._database.tx():
            last = self._database.one(SQL["last_issue"], newsletter=issue.newsletter)
            if last and last["until_ms"] != since:
                return None
            dealt_with = max(now, to_ms(due)) if due else now
            if issue.slot and not self._record_slot(
                issue.slot, issue.newsletter, dealt_with
            ):
                return None
            frozen = replace(
                issue,
                id=self.free_id(issue.id),
                number=last["number"] + 1 if last else 1,
                since=from_ms(since),
                until=from_ms(to_ms(issue.until)),
            )
            self._insert_issue(frozen)
        return frozen

    def revise(self, issue_id: str, draft: Issue) -> Issue:
        """Take what a draft has now into a stored issue of which no mail was made.

        What is in it keeps its place, with its words of now, and what is new comes
        behind: other processes remember places. Its window ends where the draft's does.
        """
        with self._database.tx():
            rows = self._database.all(SQL["frozen_versions"], issue=issue_id)
            held = {row["article"]: row for row in rows}
            for article, carried in placed(draft):
                version = keep(self._database, article)
                row = held.get(article.id)
                if row is None:
                    self._database.run(
                        SQL["insert_issue_article"],
                        issue=issue_id,
                        place=len(held),
                        version=version,
                        carried=carried,
                    )
                    held[article.id] = {"version": version}
                elif row["version"] != version:
                    self._database.run(
                        SQL["set_issue_article"],
                        issue=issue_id,
                        place=row["place"],
                        version=version,
                    )
                    forget(self._database, row["version"])
            until = to_ms(draft.until)
            self._database.run(SQL["set_revision"], issue=issue_id, until=until)
        revised = self.issue(issue_id)
        assert revised is not None
        return revised

    def free_id(self, wanted: str) -> str:
        """Return `wanted`, or the first of wanted.2, wanted.3 … that is free."""
        names = (wanted if n == 1 else f"{wanted}.{n}" for n in count(1))
        return next(
            name for name in names if not self._database.one(SQL["issue"], id=name)
        )

    def _insert_issue(self, issue: Issue) -> None:
        """Write an issue and the versions it freezes."""
        self._database.run(
            SQL["insert_issue"],
            id=issue.id,
            newsletter=issue.newsletter,
            number=issue.number,
            since=to_ms(issue.since),
            until=to_ms(issue.until),
            now=to_ms(self._now()),
            slot=issue.slot,
        )
        for place, (article, carried) in enumerate(placed(issue)):
            self._database.run(
                SQL["insert_issue_article"],
                issue=issue.id,
                place=place,
                version=keep(self._database, article),
                carried=carried,
            )

    def earlier(
        self, newsletter: str, *, number: int, until: datetime, whole: bool
    ) -> tuple[Issue, ...]:
        """Return the issues before that number as far back as one of `until` reaches.

        The newest comes first. If they are wanted `whole`, they have their articles,
        with the words of now, but for those that were stopped.
        """
        found = before(self._database, newsletter, number=number, until=until)
        return with_words_of_now(self._database, found, until=until) if whole else found

    def issues(
        self, newsletter: str | None = None, *, limit: int | None = None
    ) -> list[Issue]:
        """Return the last `limit` issues, the oldest first, without their earlier ones."""
        sql = SQL["issues"] if newsletter is None else SQL["issues_of"]
        values: dict[str, str] = {"newsletter": newsletter} if newsletter else {}
        rows = (
            self._database.all(f"{sql} limit :limit", limit=limit, **values)
            if limit is not None
            else self._database.all(sql, **values)
        )
        return [self._issue(row) for row in reversed(rows)]

    def bare_issues(self, newsletter: str, *, limit: int) -> list[Issue]:
        """Return the last `limit` issues without their articles, the newest first."""
        rows = self._database.all(
            f"{SQL['issues_of']} limit :limit", newsletter=newsletter, limit=limit
        )
        return [bare(row) for row in rows]

    def issue(self, issue_id: str) -> Issue | None:
        """Return an issue as it was frozen, or None."""
        row = self._database.one(SQL["issue"], id=issue_id)
        return self._whole(row) if row else None

    def issues_with(self, article_id: str) -> list[Issue]:
        """Return the issues that froze this article, the newest first."""
        rows = self._database.all(SQL["issues_with"], article=article_id)
        return [self._whole(row) for row in rows]

    def last_issue(self, newsletter: str) -> Issue | None:
        """Return the newsletter's issue with the highest number, or None."""
        row = self._database.one(SQL["last_issue"], newsletter=newsletter)
        return self._whole(row) if row else None

    def _whole(self, row: Row) -> Issue:
        """Return an issue with what it holds of earlier ones."""
        issue = self._issue(row)
        found = before(
            self._database, issue.newsletter, number=issue.number, until=issue.until
        )
        return replace(issue, earlier=with_frozen(self._database, issue, found))

    def _issue(self, row: Row) -> Issue:
        issue = bare(row)
        frozen = self._database.all(
            SQL["issue_articles"], issue=issue.id, expires=to_ms(issue.expires)
        )
        articles = tuple(read_article(each["content"]) for each in frozen)
        # A revised one has late articles behind the others.
        articles = rank(articles) if row["revision"] > 1 else articles
        return replace(issue, articles=articles)

    # -- slots ----------------------------------------------------------------

    def watch(self, newsletter: str) -> datetime:
        """Return when this newsletter's schedule was watched for the first time."""
        with self._database.tx():
            self._database.run(
                SQL["watch"], newsletter=newsletter, now=to_ms(self._now())
            )
            rows = self._database.all(SQL["watched"], newsletter=newsletter)
        return from_ms(rows[0]["since_ms"])

    def record_slot(self, slot: str, newsletter: str, due: datetime) -> bool:
        """Record that a slot is dealt with without an issue: missed, or no news.

        Returns False when it was dealt with before; freezing an issue for a slot
        records it too.
        """
        return self._record_slot(slot, newsletter, to_ms(due))

    def _record_slot(self, slot: str, newsletter: str, due: int) -> bool:
        return bool(
            self._database.run(
                SQL["record_slot"], id=slot, newsletter=newsletter, due=due
            )
        )

    def slot_taken(self, slot: str, newsletter: str) -> bool:
        """Return whether a slot is dealt with, with an issue or without."""
        return bool(self._database.one(SQL["slot"], id=slot, newsletter=newsletter))

    def last_slot(self, newsletter: str, *, until: datetime) -> datetime | None:
        """Return when the latest slot by `until` was dealt with, or None."""
        by = to_ms(until)
        row = self._database.one(SQL["last_slot"], newsletter=newsletter, until=by)
        return from_ms(row["due_ms"]) if row else None


def _record(text: str) -> SourceRecord:
    return from_json(SourceRecord, json.loads(text))
