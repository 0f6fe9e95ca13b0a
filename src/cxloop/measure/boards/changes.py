"""What the numbers of a dashboard did since the period before: corrected for all that stand on the page together."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from cxloop.core.boards import Filters, Tile, arguments_of
from cxloop.core.comparing import Comparison
from cxloop.core.results import How
from cxloop.core.verbs import registry
from cxloop.measure.boards.reading import read_dashboard
from cxloop.measure.boards.results import DashboardChanges, TileChange
from cxloop.measure.comparing import wording
from cxloop.measure.comparing.comparison import Question, comparison
from cxloop.stats.compare import benjamini_hochberg

if TYPE_CHECKING:
    from cxloop.engine.base import Analysis

__all__ = ["read_changes"]

_COMPARED = frozenset({"measure.nps", "measure.csat", "measure.ces", "measure.rating", "measure.metric"})
_NOT_COMPARED = frozenset({"statistic", "identity", "certainty"})
"""Arguments of a tile that a comparison does not take: its number would be another one than the tile's."""


def read_changes(ws: Analysis, name: str, filters: Filters) -> DashboardChanges:
    """Returns the change of every number of a dashboard against the period before.

    Args:
        ws: the workspace.
        name: of the dashboard.
        filters: what holds besides the dashboard's own.

    Raises:
        UnknownNameError: there is no such dashboard.
        InputError: a moment or the condition cannot be used.
    """
    board = read_dashboard(ws, name).board.with_filters(filters)
    asked = dict(_questions(board.tiles, board.filters))
    found = {question: comparison(ws, question) for question in dict.fromkeys(asked.values())}
    together = _together(found)
    rows = tuple(TileChange(place, together[question]) for place, question in asked.items())
    said = next(iter(together.values()), None)
    return DashboardChanges(name, rows, said.how if said else How())


def _questions(tiles: Sequence[Tile], filters: Filters) -> Iterator[tuple[int, Question]]:
    for place, tile in enumerate(tiles):
        if tile.verb not in _COMPARED:
            continue
        given = arguments_of(tile, filters, registry.get(tile.verb))
        if given.get("since") and not _NOT_COMPARED & given.keys():
            yield place, _question(tile, given)


def _question(tile: Tile, given: Mapping[str, Any]) -> Question:
    return Question(
        metric=str(given["name"]) if tile.verb == "measure.metric" else tile.verb.split(".")[1],
        since=str(given["since"]),
        until=given.get("until"),
        where=given.get("where"),
        version=given.get("version"),
    )


def _together(found: Mapping[Question, Comparison]) -> dict[Question, Comparison]:
    """Corrects the p of all comparisons for each other: each alone has one row, whose p is its own."""
    tested = [
        (question, row.change.p) for question, item in found.items() for row in item.rows if row.change is not None
    ]
    corrected = dict(
        zip((each for each, _ in tested), benjamini_hochberg([p for _, p in tested]).tolist(), strict=True)
    )
    return {question: _corrected(item, corrected.get(question), len(tested)) for question, item in found.items()}


def _corrected(item: Comparison, p: float | None, comparisons: int) -> Comparison:
    row = item.rows[0]
    if row.change is None or p is None:
        return replace(item, comparisons=comparisons)
    change = replace(row.change, p=p)
    said = wording.verdict(change, item.against)
    shown = row.better if said == "changed" else None
    fresh = replace(row, change=change, verdict=said, tag=wording.tag(change, item.against, item.unit), better=shown)
    whole = replace(item, rows=(fresh,), comparisons=comparisons)
    return replace(whole, lede=wording.lede(whole))
