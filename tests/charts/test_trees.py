"""Places below each other: every row says its number, and what belongs together is indented."""

from __future__ import annotations

import re

from cxloop.charts.trees import Branch, tree_picture
from cxloop.core.results import Estimate, InsufficientData

ROWS = (
    Branch("North <1>", 0, Estimate(0.8, 0.7, 0.9, 120, 110, "Wilson", 0.95)),
    Branch("Kiel", 1, Estimate(0.6, 0.4, 0.8, 30, 28, "Wilson", 0.95)),
    Branch("Husum", 1, InsufficientData(4, 10)),
)


def test_each_place_has_its_row_and_one_below_another_is_indented() -> None:
    drawn = tree_picture("CSAT", ROWS, 0.75, "share", width=720)

    assert re.findall(r'<text x="([\d.]+)"[^>]*>(North &lt;1&gt;|Kiel|Husum)<', drawn) == [
        ("0.0", "North &lt;1&gt;"), ("16.0", "Kiel"), ("16.0", "Husum"),
    ]  # fmt: skip
    assert "cannot say · n 4" in drawn
    assert drawn.count("<circle") == 2


def test_a_narrow_picture_has_names_above_their_intervals_and_stays_inside() -> None:
    drawn = tree_picture("CSAT", ROWS, None, "share", width=280)

    assert "North &lt;1&gt;  80.0 %" in drawn
    assert max(float(end) for end in re.findall(r"H([\d.]+)", drawn)) <= 280


def test_nothing_that_can_be_said_is_no_picture() -> None:
    assert tree_picture("CSAT", ROWS[2:], None, "share", width=280) == ""
