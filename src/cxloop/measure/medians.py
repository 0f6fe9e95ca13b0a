"""Medians: the statistic that sums do not give. Its interval is made of the order statistics, chosen in the engine."""

from __future__ import annotations

from collections.abc import Mapping

from scipy.special import ndtri

from cxloop.engine.query import Query
from cxloop.stats.intervals import Intervals
from cxloop.stats.sums import Array

__all__ = ["MEDIANS", "median_intervals", "reach"]

MEDIANS = Query(
    name="measure.medians",
    sql="""
        select
            $keys,
            max(n) as n,
            max(customers) as customers,
            avg(case when place = floor((n + 1) / 2.0) or place = ceil((n + 1) / 2.0) then score end) as median,
            max(case when place = greatest(1, round(n * (0.5 - $reach / sqrt(customers)))) then score end) as low,
            max(case when place = least(n, 1 + round(n * (0.5 + $reach / sqrt(customers)))) then score end) as high
        from (
            select
                $keys, score, place,
                count(*) over (partition by $keys, 1) as n,
                sum(case when turn = 1 then 1 else 0 end) over (partition by $keys, 1) as customers
            from (
                select
                    $keys, score,
                    row_number() over (partition by $keys, 1 order by score) as place,
                    row_number() over (partition by $keys, customer order by score) as turn
                from (select $columns, $customer as customer, i.score as score from $log where $where) as units
            ) as placed
        ) as counted
        group by $keys
    """,
    inputs=("interactions", "event_catalogue", "customer_keys", "customer_strength"),
    parameters={"reach": "double"},
    slots=("keys", "columns", "customer", "log", "where"),
    output={"n": "bigint", "customers": "bigint", "median": "double", "low": "double", "high": "double"},
)
"""Median and two order statistics per group. Of n ordered units the limits are those at n/2 - z sqrt(n)/2 and at
1 + n/2 + z sqrt(n)/2, rounded: Campbell and Gardner (1988), "Calculating confidence intervals for some non-parametric
analyses", British Medical Journal 296, 1454-1456. As a share of n that is 1/2 -/+ z / (2 sqrt(n)); the number of
customers stands in the place of the last n, so that one who comes often does not make it look sure."""


def reach(level: float) -> float:
    """Returns half a normal quantile: how far the limits' ranks are apart, times the root of the number."""
    return float(ndtri(0.5 + level / 2)) / 2


def median_intervals(columns: Mapping[str, Array], level: float) -> Intervals:
    """Returns the medians with their limits from the columns of `measure.medians`."""
    return Intervals(
        value=columns["median"],
        low=columns["low"],
        high=columns["high"],
        n=columns["n"],
        customers=columns["customers"],
        effective=columns["customers"],
        method="median, order statistics",
        level=level,
    )
