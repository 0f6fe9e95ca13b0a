"""Who still buys: the mean probability of being active, as a metric by group."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtri

from cxloop.core.results import Estimate, EstimateRow, How, InsufficientData
from cxloop.engine.base import Analysis
from cxloop.measure.value.model import FEWEST_AGAIN, Models
from cxloop.measure.value.orders import Asked, Orders, read_orders
from cxloop.measure.value.results import AliveShares
from cxloop.measure.value.totals import factor_of
from cxloop.measure.value.words import ALIVE, HELD, method
from cxloop.measure.value.worth import Assessed, assess
from cxloop.stats.sums import Array

__all__ = ["probability_alive"]

_METHOD = "mean of BG/NBD probabilities"
_STEP = 1e-3


def probability_alive(ws: Analysis, asked: Asked) -> AliveShares:
    """Returns the share of repeat customers who still buy, by group; raises InputError."""
    orders = read_orders(ws, asked)
    if orders is None:
        return _estimates(ws, asked, (), None, "")
    known = assess(ws, orders, asked)
    doubt = "" if known.trust == "holds" else f"{known.trust.capitalize()}: {'; '.join(known.reasons)}."
    return _estimates(ws, asked, _rows(ws, known), orders, " ".join([doubt, HELD if known.held else ""]).strip())


def _estimates(
    ws: Analysis, asked: Asked, rows: tuple[EstimateRow, ...], orders: Orders | None, doubt: str
) -> AliveShares:
    said = "" if orders is None else " ".join(part for part in (doubt, method(ws, orders)) if part)
    return AliveShares(
        metric="probability_alive",
        unit="share",
        by=asked.by,
        every=None,
        since=None,
        until=None,
        zone=ws.settings.company.time_zone,
        scale=None,
        rows=rows,
        how=How(definition=ALIVE, method=said, sql="" if orders is None else orders.sql),
        noun="customer",
        titles=() if orders is None else tuple(dimension.title for dimension in orders.by),
    )


def _rows(ws: Analysis, known: Assessed) -> tuple[EstimateRow, ...]:
    """One row per group; where the models cannot be trusted, how many customers there are and no number."""
    orders = known.orders
    again = orders.now.known.frequency > 0
    groups, size = orders.groups[again], len(orders.labels)
    counts = np.bincount(groups, minlength=size)
    minimum = max(ws.settings.measure.minimum_n, 1)
    if known.models is None or known.found is None or known.trust == "cannot say":
        needed = [max(minimum, FEWEST_AGAIN, int(n) + 1) for n in counts]
        cannot = [InsufficientData(int(n), need) for n, need in zip(counts, needed, strict=True)]
        return _ordered([EstimateRow(label, None, row) for label, row in zip(orders.labels, cannot, strict=True)])
    alive = known.found.alive[again]
    mean = np.bincount(groups, alive, size) / np.maximum(counts, 1)
    chance = np.bincount(groups, alive * (1 - alive), size) / np.maximum(counts, 1) ** 2
    reach = float(ndtri(0.5 + ws.settings.measure.level / 2))
    half = reach * np.sqrt(chance + _shared(known.models, orders, again, size))
    found = [
        Estimate(
            float(mean[at]),
            float(max(mean[at] - half[at], 0.0)),
            float(min(mean[at] + half[at], 1.0)),
            int(counts[at]),
            int(counts[at]),
            _METHOD,
            ws.settings.measure.level,
        )
        if counts[at] >= minimum
        else InsufficientData(int(counts[at]), minimum)
        for at in range(size)
    ]
    return _ordered([EstimateRow(label, None, row) for label, row in zip(orders.labels, found, strict=True)])


def _shared(models: Models, orders: Orders, again: NDArray[np.bool_], size: int) -> Array:
    """Variance of the groups' means that comes from not knowing the parameters."""
    part, groups = orders.now.of(again), orders.groups[again]
    counts = np.maximum(np.bincount(groups, minlength=size), 1)

    def mean(logs: Array) -> Array:
        return np.asarray(np.bincount(groups, models.expect(part, 1, logs=logs).alive, size) / counts)

    steps = np.eye(models.logs.size)[:4] * _STEP
    slopes = np.array([(mean(models.logs + step) - mean(models.logs - step)) / (2 * _STEP) for step in steps])
    return np.asarray(((slopes.T @ factor_of(models.buying.covariance)) ** 2).sum(axis=1))


def _ordered(rows: list[EstimateRow]) -> tuple[EstimateRow, ...]:
    return tuple(sorted(rows, key=lambda row: tuple((label is None, label or "") for label in row.group)))
