"""Expected beside actual: both lines on one scale, named at their ends, the same in a notebook."""

from __future__ import annotations

import re
from dataclasses import dataclass

import pytest

from cxloop.charts import draw, pair_picture
from cxloop.charts.pairs import told
from cxloop.core.errors import InputError
from cxloop.core.pairs import Pair, Paired, Pairs

PAIRS = Pairs("Orders", "bought before", "count", (Pair("0", 1.0, 2.0), Pair("1", 3.0, 4.0), Pair("2+", 5.0, None)))


@dataclass(frozen=True)
class Shown(Paired):
    """A result with pairs."""

    found: Pairs | None = None

    def pairs(self) -> Pairs | None:
        return self.found


def heights(svg: str) -> list[list[float]]:
    lines = re.findall(r'<polyline points="([^"]+)"', svg)
    return [[float(point.split(",")[1]) for point in line.split()] for line in lines]


def test_both_lines_stand_on_one_scale_from_zero() -> None:
    expected, actual = heights(pair_picture(PAIRS, width=400))

    # equal steps are equally high, and what is missing is left out
    assert expected[0] - expected[1] == pytest.approx(expected[1] - expected[2])
    assert actual[0] == pytest.approx((expected[0] + expected[1]) / 2, abs=0.1)
    assert len(actual) == 2


def test_the_picture_is_told_to_those_who_do_not_see_it() -> None:
    svg = pair_picture(PAIRS, width=400)

    assert "0: expected 1.00, actual 2.00; 1: expected 3.00, actual 4.00; 2+: expected 5.00." in told(PAIRS)
    assert 'role="img"' in svg
    assert told(PAIRS) in svg


def test_one_place_is_no_line() -> None:
    assert pair_picture(Pairs("Orders", "x", "count", PAIRS.rows[:1]), width=400) == ""
    with pytest.raises(InputError, match="nothing to draw"):
        draw(Shown(PAIRS.__class__("Orders", "x", "count", ())))


def test_the_notebook_draws_the_same_numbers() -> None:
    chart = draw(Shown(PAIRS)).to_dict()

    values = chart["datasets"][chart["layer"][0]["data"]["name"]]
    assert [(row["place"], row["series"], row["value"]) for row in values] == [
        ("0", "expected", 1.0),
        ("0", "actual", 2.0),
        ("1", "expected", 3.0),
        ("1", "actual", 4.0),
        ("2+", "expected", 5.0),
    ]
    assert chart["description"] == told(PAIRS)
