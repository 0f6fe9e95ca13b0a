"""Each group beside all others: sums of the rest, exact also where one customer stands in several groups."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np

from cxloop.core.errors import InputError
from cxloop.core.wording import count
from cxloop.engine.query import Query
from cxloop.measure.estimate import MOST_GROUPS

if TYPE_CHECKING:
    import pyarrow as pa

    from cxloop.engine.base import Analysis
    from cxloop.measure.selection import Selection
    from cxloop.measure.tallies import Tally
    from cxloop.stats.intervals import Intervals
    from cxloop.stats.sums import Array

__all__ = ["REST", "group_and_rest"]

REST = Query(
    name="measure.rest",
    sql="""
        select
            $keys,
            count(*) as customers,
            sum(answers) as n,
            sum(worth * worth) as total_squares,
            sum(worth * answers) as total_sizes,
            sum(answers * answers) as size_squares,
            sum(case when answers = all_answers then 1 else 0 end) as only_here,
            sum(cast(answers as double) / all_answers) as persons,
            sum(worth * all_worth) as worth_worth,
            sum(worth * all_answers) as worth_answers,
            sum(answers * all_worth) as answers_worth,
            sum(answers * all_answers) as answers_answers,
            $sums
        from (
            select
                per_customer.*, $total as worth,
                sum($total) over (partition by customer) as all_worth,
                sum(answers) over (partition by customer) as all_answers
            from (
                select $columns, $customer as customer, count(*) as answers, $parts
                from $log
                where $where
                group by $groups, customer
            ) as per_customer
        ) as beside
        group by $keys
    """,
    inputs=("interactions", "event_catalogue", "customer_keys", "customer_strength"),
    slots=("keys", "columns", "groups", "customer", "total", "sums", "parts", "log", "where"),
    output={
        "customers": "bigint",
        "n": "bigint",
        "total_squares": "double",
        "total_sizes": "double",
        "size_squares": "bigint",
        "only_here": "bigint",
        "persons": "double",
        "worth_worth": "double",
        "worth_answers": "double",
        "answers_worth": "double",
        "answers_answers": "bigint",
    },
)
"""The sums of each group, and what of them a customer's answers elsewhere take part in."""
_CROSSED = ("only_here", "persons", "worth_worth", "worth_answers", "answers_worth", "answers_answers")
_OWN = ("customers", "n", "total_squares", "total_sizes", "size_squares")


def group_and_rest(ws: Analysis, selection: Selection, tally: Tally) -> tuple[pa.Table, Intervals, Intervals]:
    """Returns the groups of a selection as a table, what is known of each, and what of all others taken together.

    Raises:
        InputError: there are too many groups.
    """
    import pyarrow as pa

    table = ws.engine.fetch(REST, {}, selection.scores(tally))
    if table.num_rows > MOST_GROUPS:
        raise InputError(f"This makes {count(table.num_rows)} groups; at most {count(MOST_GROUPS)} can be compared.")
    names = [name for name in table.column_names if name not in selection.keys]
    columns = {name: np.array(table.column(name).cast(pa.float64()).to_pylist(), dtype=float) for name in names}
    level = ws.settings.measure.level
    return table, tally.intervals(columns, level), tally.intervals(rest_of(columns), level)


def rest_of(columns: Mapping[str, Array]) -> dict[str, Array]:
    """Returns, for each group, the sums over everybody's units in other groups.

    With t(c), n(c) of customer c over all groups and t(c, g), n(c, g) in one, the sum of (t(c) - t(c, g))^2 is that
    of t(c)^2 less twice that of t(c, g) t(c), and that of t(c, g)^2 again; summed over the groups, the sums of
    t(c, g) t(c) make up that of t(c)^2. So one pass gives the rest of every group.
    """
    crossed = {name: columns[name] for name in _CROSSED}
    parts = {name: values.sum() - values for name, values in columns.items() if name not in (*_CROSSED, *_OWN)}
    mixed = crossed["worth_answers"] + crossed["answers_worth"]
    return {
        "customers": np.rint(crossed["persons"].sum()) - crossed["only_here"],
        "n": columns["n"].sum() - columns["n"],
        "total_squares": crossed["worth_worth"].sum() - 2 * crossed["worth_worth"] + columns["total_squares"],
        "total_sizes": crossed["answers_worth"].sum() - mixed + columns["total_sizes"],
        "size_squares": crossed["answers_answers"].sum() - 2 * crossed["answers_answers"] + columns["size_squares"],
        **parts,
    }
