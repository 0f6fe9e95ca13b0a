"""Dashboards as values: tiles, each a question to a verb, and the filters that hold for all of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Literal

from cxloop.core.expr import both
from cxloop.core.verbs import Verb

__all__ = ["TITLES", "Board", "Filters", "Tile", "TileSize", "arguments_of"]

TileSize = Literal["small", "medium", "wide"]
TITLES: Mapping[str, str] = {
    "measure.league": "League table",
    "measure.control_chart": "Control chart",
    "measure.retention": "Who comes back",
    "measure.churn": "Who stays",
    "measure.compare": "Comparison",
    "measure.whole_base": "All customers",
    "measure.lifetime_value": "Value of customers",
    "measure.contract_value": "Value of members",
    "measure.point_value": "What a better score goes with",
    "measure.revenue_at_risk": "Money at risk",
    "measure.rollup": "Added up",
}
"""What stands above a tile that was given no title, by its verb; the others are called by their metric."""


@dataclass(frozen=True, slots=True)
class Filters:
    """What holds for every tile of a dashboard; empty means: as each tile has it.

    Attributes:
        since: first moment: a date, a date with time, or how far back (90d).
        until: first moment after the window.
        where: a condition that also has to hold.
    """

    since: str = ""
    until: str = ""
    where: str = ""

    def over(self, other: Filters) -> Filters:
        """Returns these filters, with a period of `other` where they name none, and the conditions of both.

        Raises:
            ExpressionError: a condition cannot be read.
        """
        named = self if self.since or self.until else other
        return Filters(named.since, named.until, both(other.where, self.where))


@dataclass(frozen=True)
class Tile:
    """One question of a dashboard.

    Attributes:
        title: what stands above it; empty where the answer names itself.
        verb: who answers, as a full name such as measure.nps.
        arguments: of the verb, as plain JSON values.
        size: how much room it takes.
    """

    title: str
    verb: str
    arguments: Mapping[str, Any]
    size: TileSize = "medium"


@dataclass(frozen=True)
class Board:
    """One dashboard.

    Attributes:
        name: unique in the workspace.
        title: what people call it.
        about: what it is for.
        filters: what holds for every tile unless the page says otherwise.
        tiles: in their order.
    """

    name: str
    title: str
    about: str
    filters: Filters
    tiles: tuple[Tile, ...]

    def with_filters(self, filters: Filters) -> Board:
        """Returns the dashboard under further filters; raises ExpressionError where a condition cannot be read."""
        return replace(self, filters=filters.over(self.filters))


def arguments_of(tile: Tile, filters: Filters, verb: Verb) -> dict[str, Any]:
    """Returns what a tile asks its verb under the filters of its dashboard.

    A period of the dashboard takes the place of the tile's own; its condition has to hold beside the tile's. What the
    verb does not take is left out.

    Raises:
        ExpressionError: a condition cannot be read.
    """
    asked = dict(tile.arguments)
    if filters.since or filters.until:
        asked |= {"since": filters.since, "until": filters.until}
    asked["where"] = both(str(asked.get("where") or ""), filters.where)
    known = {item.name for item in verb.parameters}
    return {name: value for name, value in asked.items() if name in known and value not in (None, "", (), [])}
