"""The rows of a waterfall: on one scale, one after the other."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cxloop.charts import fall_bars
from cxloop.core.waterfall import Waterfall, WaterfallStep

WEIGHTS = st.lists(st.floats(-30, 30), min_size=1, max_size=12)


def waterfall(start: float, weights: list[float]) -> Waterfall:
    steps = tuple(WaterfallStep(f"c{n}", f"C{n}", "a", "b", "differs", weight) for n, weight in enumerate(weights))
    return Waterfall("Two records", start, start + sum(weights), steps)


def ends(bar: str) -> tuple[float, float]:
    """Left and right end of a bar, in hundredths of the width."""
    found = re.search(r'<rect x="([\d.]+)" y="3" width="([\d.]+)"', bar)
    assert found is not None
    return float(found[1]), float(found[1]) + float(found[2])


def test_each_bar_begins_where_the_one_before_ended() -> None:
    start, email, name, total = (ends(bar) for bar in fall_bars(waterfall(-4, [6, -1])))

    # from -4 to 2: sixteen and two thirds of a hundred for each bit
    assert start == pytest.approx((0, 66.67), abs=0.02)
    assert email == pytest.approx((0, 100), abs=0.02)
    assert name == pytest.approx((83.33, 100), abs=0.02)
    assert total == pytest.approx((66.67, 83.33), abs=0.02)


def test_what_speaks_against_has_another_colour_than_what_speaks_for() -> None:
    bars = fall_bars(waterfall(-4, [6, -1]))

    assert ["var(--accent)" in bar for bar in bars] == [False, True, False, False]
    assert ["var(--pain)" in bar for bar in bars] == [False, False, True, False]


def test_what_is_no_evidence_has_no_bar() -> None:
    missing = WaterfallStep("phone", "Phone", "1", None, "missing", 0.0, counted=False)

    assert len(fall_bars(Waterfall("Two records", -4.0, -4.0, (missing,)))) == 2


@given(start=st.floats(-30, 0), weights=WEIGHTS)
def test_every_bar_can_be_seen_and_stays_in_its_place(start: float, weights: list[float]) -> None:
    for bar in fall_bars(waterfall(start, weights)):
        left, right = ends(bar)
        assert 0 <= left < right <= 100.61
