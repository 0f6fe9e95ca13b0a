"""From the question of a tile to the page that asks the same: what `keep` took from a page, this gives back to it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

__all__ = ["MEAN", "OPEN", "Place", "page_of"]

MEAN = ":mean"
"""What follows the name of a metric of which the mean is asked, where a page asks for both by one field."""


@dataclass(frozen=True)
class Place:
    """Where a question is asked on a page of its own.

    Attributes:
        path: of the page.
        called: what a field is called there where the verb says otherwise.
        always: whether the page means a period of its own where its address names none, and `all` is the whole log.
        part: of the page, as its address names it.
    """

    path: str
    called: Mapping[str, str] = field(default_factory=dict)
    always: bool = False
    part: str = ""


OPEN: Mapping[str, Place] = {
    "measure.compare": Place("/explore/compare"),
    "measure.control_chart": Place("/explore/control"),
    "measure.league": Place("/explore/league", {"of": "metric"}, always=True),
    "measure.rollup": Place("/explore/league/added-up", {"of": "metric"}, always=True),
    "measure.retention": Place("/explore/retention", always=True),
    "measure.churn": Place("/explore/retention", part="members"),
    "measure.point_value": Place("/explore/money"),
    "measure.revenue_at_risk": Place("/explore/money", part="risk"),
    "measure.lifetime_value": Place("/explore/value"),
    "measure.whole_base": Place("/explore/all-customers"),
}
"""The verbs whose questions are asked on a page of their own."""


def page_of(verb: str, asked: Mapping[str, Any]) -> str:
    """Returns the address of the page that asks what a tile asks; empty where no page does.

    Args:
        verb: who answers the tile.
        asked: what it is asked with.
    """
    place = OPEN.get(verb)
    if place is None:
        return ""
    told = {place.called.get(name, name): _field(value) for name, value in asked.items() if name != "statistic"}
    if asked.get("statistic") == "mean":
        told["metric"] += MEAN
    if place.always and not told.get("since"):
        told["since"] = "all"
    given = urlencode({name: value for name, value in told.items() if value})
    return place.path + (f"?{given}" if given else "") + (f"#{place.part}" if place.part else "")


def _field(value: object) -> str:
    if isinstance(value, list | tuple):
        return ", ".join(map(str, value))
    return "" if value is None else str(value)
