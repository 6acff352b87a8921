"""The three-way merge, as a table: what is held, what the file said, what it says now.

docs/readers.md prints this table; a test there keeps the two equal.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.model import Consent, Preferences, Status, Subscriber
from digest.store.merging import differences, merged_form
from digest.store.profiles import form_of

ANA = Subscriber(id="", address="ana@readers.example")
SLIP = Consent(at=datetime(2026, 2, 3, tzinfo=UTC), where="a paper slip")
PAGE = Consent(at=datetime(2026, 5, 6, tzinfo=UTC), where="web page")


def ana(**changes: Any) -> Subscriber:
    """Make a reader by fields of hers and of her preferences."""
    wishes = {k: changes.pop(k) for k in list(changes) if k in Preferences.__slots__}
    for name in ("newsletters", "mutes", "top"):
        if name in wishes:
            wishes[name] = frozenset(wishes[name].split())
    if "follows" in wishes:
        wishes["follows"] = tuple(wishes["follows"].split())
    if "left" in changes:
        changes["left"] = frozenset(changes["left"].split())
    return replace(ANA, preferences=Preferences(**wishes), **changes)


def merged(
    held: Subscriber, before: Subscriber | None, said: Subscriber
) -> dict[str, Any]:
    return merged_form(
        form_of(held), form_of(before) if before else None, form_of(said)
    )


#: What changes, what is held, what the file said before (None: nothing), what it says
#: now, and what comes of it.
TABLE: list[tuple[str, Any, Any, Any, Any]] = [
    # one value: the file's if it is a new one
    ("name", "Anna", "Ana", "Ana", "Anna"),
    ("name", "Anna", "Ana", "Ana M.", "Ana M."),
    ("name", "Anna", "Ana", "", ""),
    ("name", "Anna", None, "", "Anna"),
    ("name", "Anna", None, "Ana", "Ana"),
    ("limit", 3, 8, 8, 3),
    ("limit", 3, 8, None, None),
    ("hour", 18, 7, 7, 18),
    ("consent", PAGE, SLIP, SLIP, PAGE),
    ("consent", PAGE, None, Consent(), PAGE),
    # a list: what the file added, without what it took out
    ("newsletters", "daily", "daily", "daily weekly", "daily weekly"),
    ("newsletters", "science", "daily", "daily weekly", "science weekly"),
    ("newsletters", "daily science", "daily weekly", "weekly", "science"),
    ("newsletters", "daily", None, "weekly", "daily weekly"),
    ("mutes", "sport", "", "war", "sport war"),
    ("mutes", "", "sport", "sport war", "war"),
    ("mutes", "sport", None, "", "sport"),
    # follows, where nothing means everything
    ("follows", "rivers", "climate", "climate", "rivers"),
    ("follows", "rivers", "climate", "climate schools", "rivers schools"),
    ("follows", "", "climate", "climate schools", ""),
    ("follows", "rivers", "climate", "", ""),
    ("follows", "climate", "climate rivers", "rivers", "rivers"),
    ("follows", "rivers", None, "", "rivers"),
    ("follows", "rivers", None, "climate", "rivers climate"),
    # status: what is final stays
    ("status", "active", "active", "unsubscribed", "unsubscribed"),
    ("status", "unsubscribed", "active", "pending", "unsubscribed"),
    ("status", "bounced", "pending", "active", "bounced"),
    ("status", "bounced", "active", "unsubscribed", "unsubscribed"),
    ("status", "pending", "pending", "active", "active"),
    ("status", "pending", None, "active", "active"),
    ("status", "removed", None, "active", "active"),
    ("status", "removed", "active", "pending", "pending"),
]


@pytest.mark.parametrize(("name", "held", "before", "said", "becomes"), TABLE)
def test_what_a_file_says_differently_counts(
    name: str, held: object, before: object, said: object, becomes: object
) -> None:
    def with_(value: object) -> Subscriber:
        return ana(**{name: Status(str(value)) if name == "status" else value})

    first = None if before is None and name != "limit" else with_(before)

    form = merged(with_(held), first, with_(said))

    assert form == form_of(with_(becomes))


def test_what_a_reader_left_no_list_brings_back() -> None:
    held = ana(newsletters="daily", left="weekly")

    for before in (None, ana(newsletters="daily")):
        form = merged(held, before, ana(newsletters="daily weekly", left="science"))

        becomes = ana(newsletters="daily", left="weekly science")
        assert form == form_of(becomes)


def test_who_was_removed_comes_back_as_the_file_says_but_for_what_they_left() -> None:
    held = ana(name="Ana", mutes="sport", left="weekly", status=Status.REMOVED)

    form = merged(held, None, ana(newsletters="daily weekly"))

    assert form == form_of(ana(newsletters="daily", left="weekly"))


ITEMS = st.lists(st.sampled_from("abc"), unique=True, max_size=3).map(" ".join)
READERS = st.builds(
    ana,
    name=st.sampled_from(["", "A", "B"]),
    newsletters=ITEMS,
    follows=ITEMS,
    mutes=ITEMS,
    left=ITEMS,
    status=st.sampled_from(Status),
)


@given(held=READERS, before=st.none() | READERS, said=READERS)
def test_a_merge_said_twice_changes_nothing_more_and_brings_nothing_back(
    held: Subscriber, before: Subscriber | None, said: Subscriber
) -> None:
    form = merged(held, before, said)

    again = merged_form(form, form_of(said), form_of(said))
    assert again == form
    assert set(form["left"]) >= held.left
    assert not set(form["left"]) & set(form["preferences"]["newsletters"])
    if held.status.final:
        assert form["status"] in (held.status, Status.UNSUBSCRIBED)
    assert not dict(differences(form, again))


def row(*cells: Any) -> str:
    """Return a line of the table in docs/readers.md."""
    name, held, before, said, becomes = cells

    def cell(value: object) -> str:
        return str((value.where if isinstance(value, Consent) else value) or "·")

    first = "–" if before is None and name != "limit" else cell(before)
    return f"| `{name}` | {cell(held)} | {first} | {cell(said)} | {cell(becomes)} |"


def test_the_table_in_the_docs_is_this_one() -> None:
    page = (Path(__file__).parent.parent / "docs" / "readers.md").read_text("utf-8")
    _, _, rest = page.partition("<!-- merge table")
    table, _, _ = rest.partition("<!-- end of merge table -->")

    assert table.strip().splitlines()[3:] == [row(*each) for each in TABLE]
