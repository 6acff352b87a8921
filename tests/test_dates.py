"""Dates as newsrooms print them, in four languages."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.sources.dates import date_at, read_date


@pytest.mark.parametrize(
    ("written", "utc"),
    [
        ("2024-02-19", (2024, 2, 18, 23, 0)),
        ("2024-02-19 08:14", (2024, 2, 19, 7, 14)),
        ("2024-02-19T08:14:30Z", (2024, 2, 19, 8, 14, 30)),
        ("2024-02-19T08:14:30.123+02:00", (2024, 2, 19, 6, 14, 30)),
        ("19/02/2024 - 08:14", (2024, 2, 19, 7, 14)),
        ("19.02.2024 - 08:14 Uhr", (2024, 2, 19, 7, 14)),
        ("12/31/2024", (2024, 12, 30, 23, 0)),
        ("19 February 2024", (2024, 2, 18, 23, 0)),
        ("Monday, 19 February 2024 at 8:14 am", (2024, 2, 19, 7, 14)),
        ("Feb. 19, 2024, 8:14 p.m.", (2024, 2, 19, 19, 14)),
        ("Mon, 19 Feb 2024 08:14 GMT", (2024, 2, 19, 8, 14)),
        ("19 Feb 2024 08:14 GMT+2", (2024, 2, 19, 6, 14)),
        ("19 Feb 2024 08:14 UTC-03:30", (2024, 2, 19, 11, 44)),
        ("lundi 19 février 2024 à 8h14", (2024, 2, 19, 7, 14)),
        ("1er mars 2024 à 10h", (2024, 3, 1, 9, 0)),
        ("Montag, 19. Februar 2024, 08:14 Uhr", (2024, 2, 19, 7, 14)),
        ("19 de febrero de 2024 a las 08:14", (2024, 2, 19, 7, 14)),
        ("19\u00a0février\u00a02024", (2024, 2, 18, 23, 0)),
        ("3 July 2024 12:30 am", (2024, 7, 2, 22, 30)),
        ("3 July 2024 12:30 pm", (2024, 7, 3, 10, 30)),
    ],
)
def test_dates_are_read_in_the_zone_they_are_from(
    written: str, utc: tuple[int, int, int, int, int]
) -> None:
    assert read_date(written, zone="Europe/Paris") == datetime(*utc, tzinfo=UTC)


@pytest.mark.parametrize(
    "written",
    [
        *("", "yesterday", "31/02/2024", "32 March 2024", "2024", "12/03/24"),
        *("19 February 2024 was cold", "2024-02-19 25:00", "0001-01-01", "8:14"),
    ],
)
def test_anything_else_is_no_date(written: str) -> None:
    assert read_date(written, zone="Europe/Paris") is None


def test_a_date_ends_where_other_words_begin() -> None:
    text = "Issued on: 19/02/2024 - 08:14Modified: 20/02/2024"

    found = date_at(text, 11, zone="UTC")

    assert found
    assert found[0] == datetime(2024, 2, 19, 8, 14, tzinfo=UTC)
    assert text[found[1] :].startswith("Modified")


@given(st.datetimes(min_value=datetime(1900, 1, 1), max_value=datetime(2200, 1, 1)))  # noqa: DTZ001 -- the zone is added below
def test_every_moment_written_in_iso_form_is_read_back(moment: datetime) -> None:
    moment = moment.replace(microsecond=0, tzinfo=UTC)

    assert read_date(moment.isoformat(), zone="Asia/Kolkata") == moment


@given(st.text(max_size=40))
def test_no_text_makes_reading_a_date_fail(text: str) -> None:
    found = read_date(text, zone="UTC")

    assert found is None or found.tzinfo is UTC
