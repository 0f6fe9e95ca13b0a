"""The queries of league tables and hierarchies: answers summed by group and kind of case, and by customer."""

from __future__ import annotations

from cxloop.engine.query import Query

__all__ = ["CELLS", "GROUPS", "PLACE", "ROLLED"]

PLACE = 1 << 36
"""By how much the number of a node stands above that of an account in `$places`; doubles divide exactly there."""
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

ROLLED = Query(
    name="measure.rolled_up_accounts",
    sql="""
        select
            node, count(*) as customers, cast(sum(answers) as bigint) as n, sum($total * $total) as total_squares,
            sum($total * answers) as total_sizes, sum(answers * answers) as size_squares, $sums
        from (
            select p.node, t.customer, sum(t.answers) as answers, $sums
            from (
                select $whose as customer, $place as place, count(*) as answers, $parts
                from $log
                where $where
                group by $whose, $place
            ) as t
            inner join (
                select a.account as place, a.node
                from (
                    select
                        b.code % 68719476736 as account,
                        cast((b.code - b.code % 68719476736) / 68719476736 as bigint) as node
                    from (select unnest($places) as code) as b
                ) as a
                union all
                select -1 - m.customer as place, m.node
                from (
                    select distinct $customer as customer, c.node
                    from $everything
                    inner join (
                        select
                            d.code % 68719476736 as account,
                            cast((d.code - d.code % 68719476736) / 68719476736 as bigint) as node
                        from (select unnest($places) as code) as d
                    ) as c on c.account = i.account_key
                    where i.key_id is not null and i.traffic is null
                ) as m
            ) as p on p.place = t.place
            group by p.node, t.customer
        ) as per_customer
        group by node
    """,
    inputs=_INPUTS,
    parameters={"places": "bigints"},
    slots=("total", "sums", "parts", "whose", "place", "customer", "log", "where", "everything"),
    output={
        "node": "bigint",
        "customers": "bigint",
        "n": "bigint",
        "total_squares": "double",
        "total_sizes": "double",
        "size_squares": "bigint",
    },
)
"""Sums over answers for each node of hierarchies of accounts. `$places` are codes of an account (below 2^36) and a node
at or above it. An answer stands where its account stands; one that names no account, with all accounts of its customer,
and once in each node, however many of these lead there."""
