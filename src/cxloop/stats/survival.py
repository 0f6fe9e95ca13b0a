"""Survival: how long something lasts, where many have not ended yet.

Everything works on counts per time and group, not on single rows: a million customers whose times are whole days are a
few thousand counts.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.special import gammaincc, ndtri

from cxloop.stats.sums import Array

__all__ = ["Curve", "LogRank", "Spans", "kaplan_meier", "log_rank", "median", "restricted_mean", "spans_of"]


@dataclass(frozen=True, eq=False)
class Spans:
    """How long things lasted, counted.

    Attributes:
        times: distinct times, ascending, shape (times,).
        ended: how many ended at each, shape (groups, times).
        censored: how many were last seen at each without having ended, shape (groups, times).
    """

    times: Array
    ended: Array
    censored: Array

    @property
    def at_risk(self) -> Array:
        """How many had lasted until just before each time, shape (groups, times); who is censored then still counts."""
        gone = self.ended + self.censored
        return np.asarray(gone[:, ::-1].cumsum(axis=1)[:, ::-1])

    @property
    def size(self) -> Array:
        """How many there are in each group, shape (groups,)."""
        return np.asarray((self.ended + self.censored).sum(axis=1))

    def together(self) -> Spans:
        """Returns all groups as one."""
        return Spans(self.times, self.ended.sum(axis=0, keepdims=True), self.censored.sum(axis=0, keepdims=True))

    def take(self, groups: list[int]) -> Spans:
        """Returns some of the groups."""
        return Spans(self.times, self.ended[groups], self.censored[groups])


def spans_of(
    lasted: NDArray[np.integer] | Array,
    ended: NDArray[np.bool_],
    group: NDArray[np.integer] | None = None,
    count: NDArray[np.integer] | Array | None = None,
) -> Spans:
    """Returns the counts of single rows, or of rows that are counts already.

    Args:
        lasted: how long each lasted so far, at least 0, shape (n,). Whole numbers are counted without sorting.
        ended: whether it ended then, shape (n,); it was seen no longer otherwise.
        group: number of its group, from 0, shape (n,); one group without.
        count: how many a row stands for, shape (n,); one each without.

    Example:
        >>> found = spans_of(np.array([1, 2, 2]), np.array([True, True, False]))
        >>> found.times, found.ended, found.censored
        (array([1., 2.]), array([[1., 1.]]), array([[0., 1.]]))
    """
    values, place = _places(lasted)
    groups = np.zeros(place.size, dtype=np.int64) if group is None else np.asarray(group, dtype=np.int64)
    number = int(groups.max(initial=0)) + 1
    cell = (groups * 2 + ended) * values.size + place
    counts = np.bincount(cell, weights=count, minlength=number * 2 * values.size).astype(float)
    table = counts.reshape(number, 2, values.size)
    seen = table.sum(axis=(0, 1)) > 0
    return Spans(values[seen].astype(float), table[:, 1, seen], table[:, 0, seen])


def _places(lasted: NDArray[np.integer] | Array) -> tuple[Array, NDArray[np.int64]]:
    """Returns the values that may occur and where among them each row stands."""
    whole = np.issubdtype(lasted.dtype, np.integer)
    if whole and int(lasted.max(initial=0)) <= max(4 * lasted.size, 10_000):
        return np.arange(lasted.max(initial=0) + 1.0), lasted.astype(np.int64)
    values, place = np.unique(lasted, return_inverse=True)
    return values, place.astype(np.int64)


@dataclass(frozen=True, eq=False)
class Curve:
    """Survival curves of groups, each shape (groups, times) but `times`.

    Attributes:
        times: as in `Spans`.
        share: share that lasts longer than each time.
        low: lower limit at each time.
        high: upper limit.
        error: standard error of the share by Greenwood's formula.
        at_risk: how many had lasted until just before.
    """

    times: Array
    share: Array
    low: Array
    high: Array
    error: Array
    at_risk: Array


def kaplan_meier(spans: Spans, *, level: float = 0.95) -> Curve:
    """Returns the share that lasts beyond each time: the product-limit estimate.

    Kaplan and Meier (1958), "Nonparametric estimation from incomplete observations", JASA 53, 457-481; variance:
    Greenwood (1926), "The natural duration of cancer"; limits on the scale of log(-log S): Kalbfleisch and Prentice
    (1980), "The statistical analysis of failure time data", section 1.3. Before the first end that scale has no
    width and would claim certainty: there the lower limit is Wilson's of 0 in n. Where nobody is left it has none
    either: there the upper limit stays as it was before.

    Example:
        >>> km = kaplan_meier(spans_of(np.array([1, 2, 3, 4]), np.array([True, False, True, False])))
        >>> km.share.round(3)
        array([[0.75 , 0.75 , 0.375, 0.375]])
    """
    risk, ended = spans.at_risk, spans.ended
    share = np.asarray(np.cumprod(1 - _ratio(ended, risk), axis=1))
    greenwood = np.asarray(np.cumsum(_ratio(ended, risk * (risk - ended)), axis=1))
    z = float(ndtri(0.5 + level / 2))
    inside = (share > 0) & (share < 1)
    logs = np.log(np.where(inside, share, 0.5))
    reach = z * np.sqrt(greenwood) / np.abs(logs)
    low = np.where(inside, np.exp(logs * np.exp(reach)), np.where(share >= 1, risk / (risk + z * z), 0.0))
    high = np.where(inside, np.exp(logs * np.exp(-reach)), 1.0)
    high = np.where(share <= 0, np.minimum.accumulate(high, axis=1), high)
    return Curve(spans.times, share, low, np.asarray(high), share * np.sqrt(greenwood), risk)


def _ratio(above: Array, below: Array) -> Array:
    return np.asarray(np.divide(above, below, out=np.zeros(above.shape), where=below > 0))


def median(curve: Curve, share: float = 0.5) -> Array:
    """Returns when a share is left, with limits, shape (groups, 3): value, low, high; inf where it is not reached.

    The first time at which the curve is at most there; the limits are the times at which its limits are: Brookmeyer
    and Crowley (1982), "A confidence interval for the median survival time", Biometrics 38, 29-41, on the scale of the
    limits of the curve.

    Example:
        >>> median(kaplan_meier(spans_of(np.arange(1, 9), np.full(8, True))))[0]
        array([4., 1., 7.])
    """
    found = [_first(curve.times, line <= share + 1e-12) for line in (curve.share, curve.low, curve.high)]
    return np.column_stack(found)


def _first(times: Array, holds: NDArray[np.bool_]) -> Array:
    return np.where(holds.any(axis=1), times[holds.argmax(axis=1)], np.inf)


def restricted_mean(spans: Spans, until: float) -> tuple[Array, Array]:
    """Returns how long things last on average up to a time, and the standard error, each shape (groups,).

    The area below the curve: Irwin (1949); variance as in Klein and Moeschberger (2003), "Survival analysis", 2nd ed.,
    section 4.5.
    """
    curve = kaplan_meier(spans)
    inside = curve.times < until
    edges = np.concatenate([[0.0], curve.times[inside], [until]])
    heights = np.column_stack([np.ones(spans.ended.shape[0]), curve.share[:, inside]])
    areas = heights * np.diff(edges)
    after = areas[:, ::-1].cumsum(axis=1)[:, ::-1][:, 1:]
    risk, ended = curve.at_risk[:, inside], spans.ended[:, inside]
    return areas.sum(axis=1), np.sqrt((after**2 * _ratio(ended, risk * (risk - ended))).sum(axis=1))


class LogRank(NamedTuple):
    """Whether groups last equally long: the statistic, its degrees of freedom, p, and what was expected."""

    statistic: float
    freedom: int
    p: float
    expected: Array
    """How many would have ended in each group if all were alike, shape (groups,)."""


def log_rank(spans: Spans) -> LogRank:
    """Returns the log-rank test of the hypothesis that all groups have the same hazard at all times.

    Mantel (1966), "Evaluation of survival data and two new rank order statistics", Cancer Chemotherapy Reports 50,
    163-170; for k groups as in Klein and Moeschberger (2003), section 7.3. Groups without anybody at risk while
    something ended say nothing and are left out of the degrees of freedom.

    Example:
        >>> lasted, ended = np.array([1, 2, 3, 4, 5, 6]), np.full(6, True)
        >>> round(log_rank(spans_of(lasted, ended, np.array([0, 0, 0, 1, 1, 1]))).p, 4)
        0.0246
    """
    risk, ended = spans.at_risk, spans.ended
    all_risk, all_ended = risk.sum(axis=0), ended.sum(axis=0)
    share = _ratio(risk, np.broadcast_to(all_risk, risk.shape))
    expected = (share * all_ended).sum(axis=1)
    factor = _ratio(all_ended * (all_risk - all_ended), all_risk - 1)
    spread = np.diag((share * factor).sum(axis=1)) - (share * factor) @ share.T
    freedom = int((expected > 0).sum()) - 1
    if freedom < 1 or not np.any(np.diag(spread) > 0):
        return LogRank(0.0, max(freedom, 0), 1.0, expected)
    more = ended.sum(axis=1) - expected
    statistic = float(more @ np.linalg.pinv(spread, hermitian=True) @ more)
    return LogRank(statistic, freedom, float(gammaincc(freedom / 2, statistic / 2)), expected)
