"""Sizes over time: in a row, and with axes."""

from __future__ import annotations

import re
from datetime import date, timedelta
from itertools import pairwise
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cxloop.charts import size_history, size_line
from cxloop.charts.axes import text_width

FIRST = date(2026, 8, 1)
POINTS = [(FIRST + timedelta(days=day), 10 + day) for day in range(31)]


def test_a_line_goes_from_left_to_right_and_rises_with_the_size() -> None:
    path = re.search(r'polyline points="([^"]+)"', size_line(POINTS, label="late"))
    assert path is not None
    places = [tuple(map(float, point.split(","))) for point in path[1].split()]

    assert len(places) == 31
    assert all(left[0] < right[0] and left[1] > right[1] for left, right in pairwise(places))


@pytest.mark.parametrize("points", [[], POINTS[:1]])
def test_one_day_is_no_line(points: list[tuple[date, int]]) -> None:
    assert size_line(points, label="late") == ""
    assert size_history(points, label="late", width=300) == ""


def test_a_history_begins_at_zero_and_writes_the_last_size_beside_its_end() -> None:
    drawn = ElementTree.fromstring(size_history(POINTS, label="late <all>", width=640))
    texts = [item.text for item in drawn.iter("text")]

    assert texts[0] == "0"
    assert texts[-1] == "40"
    assert drawn.attrib["aria-label"] == "late <all>: 10 on 1 Aug 2026, 40 on 31 Aug 2026"


@pytest.mark.parametrize("size", [0, 7])
def test_a_segment_that_does_not_change_is_drawn_as_well(size: int) -> None:
    still = [(FIRST, size), (FIRST + timedelta(days=1), size)]

    assert f"{size} on 2 Aug 2026" in size_history(still, label="late", width=270)


@given(
    start=st.dates(date(2020, 1, 1), date(2026, 1, 1)),
    days=st.integers(1, 900),
    width=st.sampled_from([270, 640, 1100]),
)
def test_at_least_two_dates_are_written_and_none_is_cut_off(start: date, days: int, width: int) -> None:
    points = [(start, 3), (start + timedelta(days=days), 5)]
    drawn = ElementTree.fromstring(size_history(points, label="late", width=width))
    written = [item for item in drawn.iter("text") if item.attrib.get("text-anchor") == "middle"]

    assert len(written) >= 2
    for item in written:
        half = text_width(item.text or "") / 2
        assert half - 0.1 <= float(item.attrib["x"]) <= width - half + 0.1
