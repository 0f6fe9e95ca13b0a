"""The queries of league tables and hierarchies: answers summed by group and kind of case, and by customer."""

from __future__ import annotations

from cxloop.engine.query import Query

__all__ = ["CELLS", "GROUPS"]

_INPUTS = ("interactions", "event_catalogue", "customer_keys", "customer_strength")

CELLS = Query(
    name="measure.league_cells",
    sql="""
        select $columns, count(*) as n, sum($value) as total, sum($value * $value) as squares
        from $log
        where $where
        group by $groups
    """,
    inputs=_INPUTS,
    slots=("columns", "value", "log", "where", "groups"),
    output={"n": "bigint", "total": "double", "squares": "double"},
)
"""Answers by group and kind of case, with the sums of what they are worth."""

GROUPS = Query(
    name="measure.league_groups",
    sql="""
        select
            $key, count(*) as customers, sum(answers) as n, sum(total) as total, sum(squares) as squares,
            sum(total * total) as total_squares, sum(total * answers) as total_sizes,
            sum(answers * answers) as size_squares
        from (
            select
                $columns, $customer as customer, count(*) as answers, sum($value) as total,
                sum($value * $value) as squares
            from $log
            where $where
            group by $groups, customer
        ) as per_customer
        group by $key
    """,
    inputs=_INPUTS,
    slots=("key", "columns", "customer", "value", "log", "where", "groups"),
    output={
        "customers": "bigint",
        "n": "bigint",
        "total": "double",
        "squares": "double",
        "total_squares": "double",
        "total_sizes": "double",
        "size_squares": "bigint",
    },
)
"""Answers by group, with sums over customers for those who answer repeatedly."""
