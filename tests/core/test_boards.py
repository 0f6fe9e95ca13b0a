"""Filters of a dashboard: whose period holds, and how conditions meet."""

from __future__ import annotations

import pytest

from cxloop.core.boards import Board, Filters, Tile, arguments_of
from cxloop.core.errors import InputError
from cxloop.runtime import parts

TILE = Tile("", "measure.nps", {"by": ["channel"], "since": "30d", "where": "score >= 9 or score == 0"})


def test_the_period_of_the_dashboard_takes_the_place_of_the_tiles_own() -> None:
    nps = parts.find("measure.nps")

    assert arguments_of(TILE, Filters(), nps)["since"] == "30d"
    assert arguments_of(TILE, Filters(since="90d"), nps)["since"] == "90d"
    assert "since" not in arguments_of(TILE, Filters(until="2026-05-01"), nps)


def test_both_conditions_hold_and_neither_swallows_the_other() -> None:
    asked = arguments_of(TILE, Filters(where='region == "DE" or region == "FR"'), parts.find("measure.nps"))

    assert asked["where"] == '(score >= 9 or score == 0) and (region == "DE" or region == "FR")'


def test_a_verb_is_not_asked_what_it_does_not_take() -> None:
    asked = arguments_of(
        Tile("", "measure.metrics", {}), Filters("90d", "", "score > 1"), parts.find("measure.metrics")
    )

    assert asked == {}


def test_filters_of_an_address_are_added_to_those_of_the_dashboard() -> None:
    board = Board("a", "A", "", Filters("90d", "", 'channel == "web"'), ())

    assert board.with_filters(Filters()).filters == board.filters
    found = board.with_filters(Filters("30d", "", "score > 6")).filters
    assert (found.since, found.where) == ("30d", 'channel == "web" and score > 6')
    with pytest.raises(InputError):
        board.with_filters(Filters(where="score >"))
