"""Verbatims: what customers say, chosen by the same conditions as the numbers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal, TypeAlias
from zoneinfo import ZoneInfo

from sqlglot import exp

from cxloop.core.time import window
from cxloop.engine.base import Analysis
from cxloop.engine.customers import NOW
from cxloop.engine.dimensions import Dimension, Dimensions, customer_node, log_source
from cxloop.engine.quoting import column_node, text_node
from cxloop.measure.conditions import conditions
from cxloop.understand.queries import VERBATIM_COUNT, VERBATIMS
from cxloop.understand.results import Verbatim, Verbatims

__all__ = ["Order", "read"]

Order: TypeAlias = Literal["newest", "lowest", "highest"]
_LABELLED = ("touchpoint", "channel")


def read(
    ws: Analysis,
    *,
    metric: str | None,
    since: str | None,
    until: str | None,
    where: str | None,
    order: Order,
    limit: int,
) -> Verbatims:
    """Returns the verbatims that the verb asks for; raises InputError for a condition or time it cannot read."""
    within = window(since, until, zone=ZoneInfo(ws.settings.company.time_zone), now=ws.as_of)
    chosen, needed = conditions(ws, window=within, where=where)
    if metric is not None:
        chosen.append(exp.EQ(this=column_node("metric", "i"), expression=text_node(metric)))
    known = Dimensions(ws.experience)
    labelled = {name: known.resolve(name) for name in _LABELLED}
    # counting needs no labels, and so not their join
    slots = {"log": log_source(needed), "where": exp.and_(exp.true(), *chosen, copy=False)}
    log = log_source([*labelled.values(), *needed], NOW)
    found = {**slots, "log": log, "customer": customer_node(), "order": _order(order)}
    rows = ws.engine.fetch(VERBATIMS, {"rows": limit}, found).to_pylist()
    total = ws.engine.fetch(VERBATIM_COUNT, slots=slots).to_pylist()[0]["total"]
    return Verbatims(total, tuple(_verbatim(row, labelled) for row in rows))


def _verbatim(row: Mapping[str, Any], labelled: Mapping[str, Dimension]) -> Verbatim:
    return Verbatim(**{**row, **{name: dimension.label(row[name]) for name, dimension in labelled.items()}})


def _order(order: Order) -> exp.Expr:
    """Returns what stands first in the order; texts without a score come last where scores decide."""
    if order == "newest":
        return exp.Ordered(this=column_node("occurred_at", "i"), desc=True)
    return exp.Ordered(this=column_node("score", "i"), desc=order == "highest", nulls_first=False)
