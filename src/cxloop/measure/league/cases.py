"""What a league table counts: answers by group and kind of case, as arrays."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from sqlglot import exp

from cxloop.core.errors import InputError
from cxloop.engine.base import Analysis
from cxloop.engine.query import Slots
from cxloop.engine.quoting import column_node
from cxloop.measure.league.queries import CELLS, GROUPS
from cxloop.measure.selection import Selection, key
from cxloop.measure.tallies import NpsTally, PerCustomerTally, ShareTally, Tally
from cxloop.stats.casemix import Cases, Codes, Kind
from cxloop.stats.sums import Array, Clusters, Moments, design_effect

if TYPE_CHECKING:
    import pyarrow as pa

__all__ = ["MOST_CELLS", "Counted", "cell_slots", "counted", "repeats", "value_of"]

MOST_CELLS = 500_000
"""Most groups times kinds of case: more would be one answer each."""


@dataclass(frozen=True, eq=False)
class Counted:
    """Answers by group and kind of case.

    Attributes:
        names: the groups, in the order of their numbers in `cases`.
        cases: the sums.
        unsaid: answers that say no group.
    """

    names: tuple[str, ...]
    cases: Cases
    unsaid: int


def value_of(tally: Tally) -> exp.Expr:
    """Returns what one answer is worth, on the alias `i`: the metric is the mean of it.

    Raises:
        InputError: the metric is no mean over answers.
    """
    score = column_node("score", "i")
    if isinstance(tally, PerCustomerTally):
        raise InputError(
            "This metric is a sum per customer and not a mean over answers, so there is no case to adjust for. "
            "Compare it with `measure.compare`, or see it by group with `measure.metric`."
        )
    if isinstance(tally, NpsTally):
        happy, unhappy = exp.GTE(this=score, expression=_number(9)), exp.LTE(this=score.copy(), expression=_number(6))
        return exp.Case().when(happy, _number(100.0)).when(unhappy, exp.Neg(this=_number(100.0))).else_(_number(0.0))
    if isinstance(tally, ShareTally):
        reached = exp.GTE(this=score, expression=_number(tally.threshold))
        return exp.Case().when(reached, _number(1.0)).else_(_number(0.0))
    return score


def _number(value: float) -> exp.Expr:
    literal = exp.Literal.number(repr(float(abs(value))))
    return exp.Neg(this=literal) if value < 0 else literal


def cell_slots(selection: Selection, tally: Tally) -> Slots:
    """Returns the slots of CELLS: the first dimension of `by` is the group, the rest are kinds of case."""
    return {**selection.slots, **_columns(selection), "value": value_of(tally)}


def _columns(selection: Selection) -> dict[str, Any]:
    nodes = [dimension.node for dimension in selection.by]
    return {
        "columns": [exp.alias_(node.copy(), key(place), quoted=True) for place, node in enumerate(nodes)],
        "groups": [node.copy() for node in nodes],
    }


def counted(ws: Analysis, selection: Selection, tally: Tally) -> Counted:
    """Returns the answers of a selection by group and kind of case."""
    table = ws.engine.fetch(CELLS, {}, cell_slots(selection, tally))
    said = table.filter(table.column(key(0)).is_valid())
    unsaid = int(_numbers(table.column("n")).sum() - _numbers(said.column("n")).sum())
    group, names = _codes(said.column(key(0)))
    kinds = [Kind(codes, len(levels)) for codes, levels in (_codes(said.column(key(at))) for at in _others(selection))]
    n, total, squares = (_numbers(said.column(name)) for name in ("n", "total", "squares"))
    return Counted(tuple(names), Cases(group, len(names), n, total, squares, kinds), unsaid)


def _others(selection: Selection) -> range:
    return range(1, len(selection.by))


def _codes(column: pa.ChunkedArray[Any]) -> tuple[Codes, list[str]]:
    """Returns a column as numbers of its values, and the values; nothing said is a value of its own."""
    values = [None if value is None else str(value) for value in column.to_pylist()]
    found = {value: place for place, value in enumerate(sorted(set(values), key=lambda value: (value is None, value)))}
    return np.array([found[value] for value in values], np.int64), [value or "" for value in found]


def _numbers(column: pa.ChunkedArray[Any]) -> Array:
    return np.array(column.to_pylist(), dtype=float)


def repeats(ws: Analysis, selection: Selection, tally: Tally, names: Sequence[str]) -> tuple[float, dict[str, int]]:
    """Returns how many times wider repeated answers make a group's variance, and how many customers each group has.

    One factor for all groups, weighted by their answers: a single group has too few customers to tell its own.
    """
    slots: Slots = {
        **selection.customers,
        **_columns(selection),
        "customer": selection.whose,
        "key": [column_node(key(0))],
        "value": value_of(tally),
    }
    table = ws.engine.fetch(GROUPS, {}, slots)
    table = table.filter(table.column(key(0)).is_valid())
    groups = [str(value) for value in table.column(key(0)).to_pylist()]
    sums = {name: _numbers(table.column(name)) for name in table.column_names if name != key(0)}
    clusters = Clusters(sums["customers"], sums["total_squares"], sums["total_sizes"], sums["size_squares"])
    effect = design_effect(Moments(sums["n"], sums["total"], sums["squares"], clusters))
    known = np.isfinite(effect) & (sums["customers"] > 1)
    factor = float(np.average(effect[known], weights=sums["n"][known])) if known.any() else 1.0
    customers = dict(zip(groups, sums["customers"].astype(int).tolist(), strict=True))
    return factor, {name: customers.get(name, 0) for name in names}
