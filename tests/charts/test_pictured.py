"""Grids and curves: page and notebook show the same numbers, and the picture stays readable."""

from __future__ import annotations

import json
import re

from cxloop.charts.cohort_charts import grid_chart, stairs_chart
from cxloop.charts.grids import grid_picture, shade
from cxloop.charts.stairs import stairs_picture
from cxloop.core.pictured import Grid, GridRow, Stair, StairPoint, Stairs

GRID = Grid(
    "Percent of each cohort that bought again",
    ("1", "2"),
    (GridRow("Jan <2026>", 120, (0.25, 0.18)), GridRow("Feb 2026", 1300, (0.31,)), GridRow("Mar 2026", 4, (None,))),
    GridRow("all", 1424, (0.3, 0.18)),
)
STAIRS = Stairs(
    "Share still there",
    (
        Stair("DE", 40, (StairPoint(30, 0.9, 0.8, 0.95, 40), StairPoint(400, 0.6, 0.4, 0.75, 12))),
        Stair("FR", 20, (StairPoint(90, 0.8, 0.6, 0.9, 18),)),
    ),
)


def test_every_cell_says_its_number_and_a_small_cohort_has_none() -> None:
    drawn = grid_picture(GRID, width=560)

    assert re.findall(r'text-anchor="middle"[^>]*>([^<]+)</text>', drawn) == [
        "1", "2", "25", "18", "31", "–", "30", "18",
    ]  # fmt: skip
    assert "Jan &lt;2026&gt;" in drawn
    assert "1,300" in drawn


def test_the_notebook_shows_the_same_cells_as_the_page() -> None:
    told = json.dumps(grid_chart(GRID, width=560).to_dict())

    assert re.findall(r'"label": "(\d+)"', told)[:5] == ["25", "18", "31", "30", "18"]


def test_darker_is_more_and_never_so_dark_that_ink_is_lost() -> None:
    assert [shade(value, 0.5) for value in (0.0, 0.25, 0.5)] == [0.06, 0.34, 0.62]
    assert shade(0.0, 0.0) == 0.06


def test_a_narrow_screen_shows_as_many_columns_as_fit() -> None:
    wide = Grid(
        "many", tuple(map(str, range(1, 13))), (GridRow("Jan 2026", 9, (0.1,) * 12),), GridRow("all", 9, (0.1,) * 12)
    )

    assert grid_picture(wide, width=280).count("<rect") < grid_picture(wide, width=700).count("<rect") == 24


def test_nothing_to_draw_is_no_picture() -> None:
    assert grid_picture(Grid("none", (), (), GridRow("all", 0, ())), width=300) == ""
    assert stairs_picture(Stairs("none", ()), width=300) == ""


def test_curves_have_a_band_the_last_share_and_numbers_at_risk() -> None:
    drawn = stairs_picture(STAIRS, width=560)

    assert drawn.count('fill-opacity="0.18"') == 2
    assert re.findall(r'font-weight="600">([^<]+)<', drawn) == ["DE", "60 %", "FR", "80 %"]
    assert ">40</text>" in drawn  # at the start of DE
    assert ">12</text>" in drawn  # seen until day 400


def test_the_notebook_draws_the_same_points() -> None:
    told = json.dumps(stairs_chart(STAIRS, width=400).to_dict())

    for share in ("0.9", "0.6", "0.8"):
        assert f'"share": {share}' in told
