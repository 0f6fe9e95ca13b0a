"""The small chart of a card."""

from __future__ import annotations

from typing import Any
from xml.etree import ElementTree

from cxloop import charts


def points(drawn: str, tag: str) -> list[list[tuple[float, float]]]:
    found = [item.get("points", "") for item in ElementTree.fromstring(drawn).iter(tag)]
    return [[(float(x), float(y)) for x, y in (pair.split(",") for pair in each.split())] for each in found]


def test_the_line_rises_from_left_to_right_inside_its_box(over_time: Any) -> None:
    drawn = charts.sparkline(over_time(("all", [50] * 5)).rows, "points", label="NPS")

    (line,) = points(drawn, "polyline")
    assert [x for x, _ in line] == sorted(x for x, _ in line)
    assert [y for _, y in line] == sorted((y for _, y in line), reverse=True)
    assert all(0 <= x <= 236 and 0 <= y <= 56 for each in points(drawn, "polygon") for x, y in each)


def test_a_gap_breaks_line_and_band(over_time: Any) -> None:
    drawn = charts.sparkline(over_time(("all", [50, 50, 2, 50, 50])).rows, "points", label="NPS")

    assert [len(line) for line in points(drawn, "polyline")] == [2, 2]
    assert len(points(drawn, "polygon")) == 2


def test_it_can_be_heard(over_time: Any) -> None:
    drawn = charts.sparkline(over_time(("all", [50] * 5)).rows, "points", label='NPS "all"')

    root = ElementTree.fromstring(drawn)
    assert (root.get("role"), root.get("aria-label")) == ("img", 'NPS "all": from +20.0 to +24.0 over 5 weeks')


def test_fewer_than_two_numbers_are_no_line(over_time: Any) -> None:
    assert charts.sparkline(over_time(("all", [50, 3, 3])).rows, "points", label="NPS") == ""
    assert charts.sparkline((), "points", label="NPS") == ""


def test_equal_numbers_are_a_flat_line(grouped: Any) -> None:
    rows = grouped(("a", 10, 50), ("b", 10, 50)).rows

    (line,) = points(charts.sparkline(rows, "points", label="NPS"), "polyline")

    assert len({y for _, y in line}) == 1
