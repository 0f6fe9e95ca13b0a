"""Axes carry round numbers and dates, and labels that can be read."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cxloop.charts.axes import Scale, dates, numbers, text_width, without_overlap


# Expected: d3.ticks(start, stop, count) of d3-array 3.2.4.
@pytest.mark.parametrize(
    ("low", "high", "wanted", "expected"),
    [
        (0, 1, 10, [0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0]),
        (0, 1, 5, [0, 0.2, 0.4, 0.6, 0.8, 1.0]),
        (-10, 10, 5, [-10, -5, 0, 5, 10]),
        (-10, 10, 2, [-10, 0, 10]),
    ],
)
def test_numbers_are_those_of_d3(low: float, high: float, wanted: int, expected: list[float]) -> None:
    assert numbers(low, high, wanted) == expected


@given(st.floats(-1e6, 1e6), st.floats(1e-3, 1e6), st.integers(3, 8))
def test_numbers_are_inside_and_as_many_as_wanted(low: float, span: float, wanted: int) -> None:
    found = numbers(low, low + span, wanted)

    # a step is at most the square root of 2.5 finer or coarser than asked for, and the ends may add or cost one
    assert wanted / 2.5 - 1 <= len(found) <= 2.5 * wanted + 1
    assert all(low - 1e-6 * span <= value <= low + span + 1e-6 * span for value in found)


@given(st.dates(date(1990, 1, 1), date(2060, 1, 1)), st.integers(0, 9000), st.integers(3, 9))
def test_dates_are_inside_and_not_too_many(first: date, days: int, most: int) -> None:
    last = date.fromordinal(first.toordinal() + days)

    found = [place for place, _ in dates(first, last, most)]

    assert found == sorted(set(found))
    assert all(first <= place <= last for place in found)
    assert len(found) <= most + 1


def test_dates_over_years_name_january_by_its_year() -> None:
    labels = [label for _, label in dates(date(2024, 12, 1), date(2026, 11, 1), 9)]

    assert labels == ["2025", "April", "July", "October", "2026", "April", "July", "October"]


def test_dates_within_weeks_are_days() -> None:
    assert [label for _, label in dates(date(2026, 1, 26), date(2026, 2, 16), 4)] == [
        "26 Jan",
        "2 Feb",
        "9 Feb",
        "16 Feb",
    ]


def test_one_value_stands_in_the_middle() -> None:
    assert Scale(5, 5, 0, 200)(5) == 100


def test_labels_that_would_touch_are_left_out() -> None:
    assert without_overlap([(0, "June"), (20, "July"), (90, "August")]) == [(0, "June"), (90, "August")]


def test_square_signs_are_wider_than_letters() -> None:
    assert text_width("顧客満足") > text_width("abcd") > text_width("iiii")
