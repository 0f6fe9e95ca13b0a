"""What arrived last."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cxloop.collect.latest import list_latest

if TYPE_CHECKING:
    from tests.collect.conftest import Desk

ROWS = "id,who,at,score\n1,mette,2026-01-05,9\n2,bob,2026-01-20,7\n"


def test_the_latest_come_first_by_when_they_arrived_and_not_by_when_they_happened(desk: Desk, answers: str) -> None:
    desk.take("a.csv", ROWS, answers)
    desk.take("b.csv", "id,who,at,score\n3,cid,2025-01-01,8\n", answers)

    found = list_latest(desk, None, 2)

    assert [str(row["occurred_at"])[:4] for row in found.records()] == ["2025", "2026"]
    assert str(found) == "The latest 2 interactions."


def test_nobody_is_named_only_how_they_are_known(desk: Desk, answers: str) -> None:
    desk.take("a.csv", ROWS, answers)

    found = list_latest(desk, None, 50)

    assert {row["known_by"] for row in found.records()} == {"customer"}
    assert "mette" not in str(found.to_dict())


def test_one_source_shows_no_other(desk: Desk, answers: str) -> None:
    desk.take("a.csv", ROWS, answers)

    assert list_latest(desk, "elsewhere", 50).records() == []
    assert str(list_latest(desk, "elsewhere", 50)) == "Nothing of elsewhere has arrived yet."
