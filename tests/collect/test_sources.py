"""Where the log comes from."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from cxloop.collect.arrivals import list_sources

if TYPE_CHECKING:
    from tests.collect.conftest import Desk

ROWS = "id,who,at,score\n1,ann,2026-01-05,9\n2,bob,2026-01-20,7\n"


def test_a_source_is_listed_with_its_first_and_last_interaction(desk: Desk, answers: str) -> None:
    desk.take("a.csv", ROWS, answers)

    (row,) = list_sources(desk).records()

    assert row["interactions"] == 2
    assert (row["first_at"], row["last_at"]) == (datetime(2026, 1, 5), datetime(2026, 1, 20))


def test_recent_counts_the_seven_days_before_the_moment_that_counts_as_now(desk: Desk, answers: str) -> None:
    late = desk.as_of.date().isoformat()
    desk.take("a.csv", f"id,who,at,score\n1,ann,2026-01-05,9\n2,bob,{late},7\n", answers)

    (row,) = list_sources(desk).records()

    assert row["recent"] == 1


def test_the_last_seven_days_are_counted_one_by_one(desk: Desk, answers: str) -> None:
    days = [(desk.as_of - timedelta(days=back, hours=-1)).isoformat() for back in (7, 7, 3, 1, 9)]
    rows = "".join(f"{place},ann{place},{day},9\n" for place, day in enumerate(days))
    desk.take("a.csv", f"id,who,at,score\n{rows}", answers)

    (row,) = list_sources(desk).records()

    assert (row["daily"], row["recent"]) == ("2 0 0 0 1 0 1", 4)


def test_an_empty_log_says_that_nothing_has_arrived(desk: Desk) -> None:
    found = list_sources(desk)

    assert (str(found), found.records()) == ("Nothing has arrived yet.", [])
