"""Whichever result a place is given, its own picture is drawn in the room that is there, on screens and on paper."""

from __future__ import annotations

import re
from dataclasses import dataclass

import pytest

from cxloop.charts.paper import paper_chart
from cxloop.charts.whichever import result_picture
from cxloop.core.pictured import Grid, Gridded, Stair, StairPoint, Stairs, Stepped
from cxloop.core.results import Result

from .test_pictured import GRID, STAIRS


@dataclass(frozen=True)
class _Cohorts(Gridded):
    def grid(self) -> Grid:
        return GRID


@dataclass(frozen=True)
class _Stays(Stepped):
    def stairs(self) -> Stairs:
        return STAIRS


@pytest.mark.parametrize(("result", "marked"), [(_Cohorts(), "grid-picture"), (_Stays(), "stairs-picture")])
def test_a_tile_gets_the_picture_of_its_result_in_its_room(result: Result, marked: str) -> None:
    drawn = result_picture(result, room=280)

    assert f'class="{marked}"' in drawn
    assert 'width="280"' in drawn


@pytest.mark.parametrize("result", [_Cohorts(), _Stays()])
def test_on_paper_it_has_plain_colours_and_says_that_it_is_svg(result: Result) -> None:
    drawn, share = paper_chart(result)

    assert drawn.startswith('<svg xmlns="http://www.w3.org/2000/svg"')
    assert "var(" not in drawn
    assert 50 < share <= 100


def test_a_result_without_a_picture_has_none_anywhere() -> None:
    assert result_picture(Result(), room=280) == ""
    assert paper_chart(Result()) == ("", 0.0)


def test_below_a_curve_stand_those_who_were_seen_until_then_and_not_until_the_next_fall() -> None:
    # 40 members; 5 of them were last seen on day 40, 23 on day 350, nobody left in between: until day 300 it is 35
    points = (StairPoint(30, 0.9, 0.8, 0.95, 40), StairPoint(400, 0.6, 0.4, 0.75, 12))
    group = Stair("DE", 40, points, ((0, 40), (100, 35), (200, 35), (300, 35), (400, 12)))

    assert [group.at_risk(day) for day in (0, 200, 300, 400)] == [40, 35, 35, 12]
    assert re.search(r">300</text>.*?>35</text>", str(_drawn(group)))


def _drawn(group: Stair) -> str:
    @dataclass(frozen=True)
    class One(Stepped):
        def stairs(self) -> Stairs:
            return Stairs("Share still there", (group,))

    return result_picture(One(), room=560)
