"""Which articles of its issue a mail holds: a bit for each place in the issue.

An issue is frozen, so the place of an article never changes, and 24 articles of 200
take 25 bytes in a reader's row where a row for each would take a thousand. What a
reader got of another newsletter is found by the issues that share an article.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping

from digest.store.database import Database, chunks, statements

SQL = statements("journal")

#: Articles by place, for each issue that holds one of those asked for, by its key.
Sharing = dict[int, dict[int, str]]


def packed(places: Iterable[int]) -> bytes:
    """Return the places as bits, the first in the lowest bit of the first byte."""
    bits = 0
    for place in places:
        bits |= 1 << place
    return bits.to_bytes((bits.bit_length() + 7) // 8, "little")


def unpacked(octets: bytes) -> Iterator[int]:
    """Yield the places in ascending order."""
    bits = int.from_bytes(octets, "little")
    while bits:
        lowest = bits & -bits
        yield lowest.bit_length() - 1
        bits ^= lowest


class Contents:
    """What issues hold, remembered: they are frozen. Safe to share between threads."""

    def __init__(self, database: Database) -> None:
        """Use the database."""
        self._database = database
        self._places: dict[int, dict[str, int]] = {}
        self._carried: dict[int, frozenset[str]] = {}
        self._sharing: dict[tuple[int, bool], tuple[int, Sharing]] = {}

    def places(self, issue: int) -> Mapping[str, int]:
        """Return the place of each article of an issue, by the article's id."""
        if issue not in self._places:
            rows = self._database.all(SQL["places"], issue=issue)
            self._carried[issue] = frozenset(
                row["article"] for row in rows if row["carried"] is not None
            )
            self._places[issue] = {row["article"]: row["place"] for row in rows}
        return self._places[issue]

    def carried(self, issue: int) -> frozenset[str]:
        """Return the ids of the articles that an issue holds of earlier ones."""
        self.places(issue)
        return self._carried[issue]

    def pack(self, issue: int, articles: Iterable[str]) -> bytes:
        """Return the bits of those articles; all must be in the issue."""
        places = self.places(issue)
        return packed(places[article] for article in articles)

    def unpack(self, issue: int, octets: bytes) -> frozenset[str]:
        """Return the ids of the articles behind the bits."""
        articles = {place: article for article, place in self.places(issue).items()}
        return frozenset(articles[place] for place in unpacked(octets))

    def sharing(self, articles: Collection[str]) -> Sharing:
        """Return the issues that hold any of these articles, and where."""
        found: Sharing = {}
        for wanted in chunks(articles):
            for row in self._database.all(SQL["sharing"], articles=wanted):
                found.setdefault(row["key"], {})[row["place"]] = row["article"]
        return found

    def newest(self, issue: int) -> int:
        """Return the key of the newest issue when rivals were last looked up; or -1."""
        known = [self._sharing.get((issue, carried)) for carried in (False, True)]
        return max([-1, *(found[0] for found in known if found)])

    def rivals(self, issue: int, *, last_key: int, carried: bool) -> Sharing:
        """Return the other issues that share an article with this one.

        Its own articles count, or those that are `carried` as well: few mails hold
        any, and all issues of two weeks share these. `last_key` is the newest issue's:
        they are looked up again only when one was frozen since, because every commit
        of a send asks.
        """
        last, rivals = self._sharing.get((issue, carried), (-1, {}))
        if last != last_key:
            left_out = frozenset[str]() if carried else self.carried(issue)
            rivals = self.sharing([a for a in self.places(issue) if a not in left_out])
            rivals.pop(issue, None)
            self._sharing[issue, carried] = last_key, rivals
        return rivals

    def received(self, readers: Iterable[str], sharing: Sharing) -> dict[str, set[str]]:
        """Return which of the shared articles each reader got, or may have got."""
        found: dict[str, set[str]] = {}
        if not sharing:
            return found
        for chunk in chunks(readers):
            rows = self._database.all(
                SQL["received"], issues=tuple(sharing), readers=chunk
            )
            for row in rows:
                shared = sharing[row["issue"]]
                held = {
                    shared[place]
                    for place in unpacked(row["contents"])
                    if place in shared
                }
                if held:
                    found.setdefault(row["subscriber"], set()).update(held)
        return found

    def adopt(self) -> None:
        """Turn what an older digest wrote row by row into bits; once, after migrating."""
        while rows := self._database.all(SQL["held_before"], limit=500):
            with self._database.tx():
                for row in rows:
                    issue, reader = row["issue"], row["subscriber"]
                    places = self.places(issue)
                    held = self._database.all(
                        SQL["articles_before"], issue=issue, reader=reader
                    )
                    bits = packed(
                        places[each["article"]]
                        for each in held
                        if each["article"] in places
                    )
                    self._database.run(
                        SQL["set_contents"], issue=issue, reader=reader, contents=bits
                    )
                    self._database.run(SQL["forget_before"], issue=issue, reader=reader)
