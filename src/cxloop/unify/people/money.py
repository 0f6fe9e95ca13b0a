"""Money to date: of one customer, of several, under accounts; by currency, orders and returns as negative amounts."""

from __future__ import annotations

from collections.abc import Mapping

from cxloop.core.schema import Type
from cxloop.engine.query import Query

__all__ = ["ACCOUNT_MONEY", "MEMBER_MONEY", "MONEY_OF"]

_SUMS = "i.currency, sum(i.value) as value, count(*) filter (where i.kind = 'order') as orders"
_PAID = """
    i.kind in ('order', 'return') and i.value is not null and i.currency is not null and i.traffic is null
    and not exists (
        select 1 from interactions as r
        where r.revises is not null
            and r.source = i.source and r.revises = i.message_id and r.interaction_id <> i.interaction_id
    )
"""
_BY_CURRENCY = "group by i.currency order by value desc, i.currency"
_OUTPUT: Mapping[str, Type] = {"currency": "text", "value": "double", "orders": "bigint"}

MONEY_OF = Query(
    name="unify.money_of_customer",
    sql=f"""
        select {_SUMS}
        from interactions as i
        where i.key_id in (select unnest($keys)) and {_PAID}
        {_BY_CURRENCY}
    """,
    inputs=("interactions",),
    parameters={"keys": "bigints"},
    output=_OUTPUT,
)
"""Money to date of some keys."""

ACCOUNT_MONEY = Query(
    name="unify.account_money",
    sql=f"""
        select {_SUMS}
        from interactions as i
        where i.account_key in (select unnest($accounts)) and {_PAID}
        {_BY_CURRENCY}
    """,
    inputs=("interactions",),
    parameters={"accounts": "bigints"},
    output=_OUTPUT,
)
"""Money to date under some accounts."""

MEMBER_MONEY = Query(
    name="unify.member_money",
    sql=f"""
        select {_SUMS}
        from interactions as i
        left join customer_keys as h on h.key_id = i.key_id and h.until is null
        where coalesce(h.customer_id, i.key_id) in (select unnest($customers)) and {_PAID}
        {_BY_CURRENCY}
    """,
    inputs=("interactions", "customer_keys"),
    parameters={"customers": "bigints"},
    output=_OUTPUT,
)
"""Money to date of some customers."""
