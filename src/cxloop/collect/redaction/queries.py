"""What redaction asks of the log: the names of the persons whose events arrive."""

from __future__ import annotations

from cxloop.engine.query import Query
from cxloop.engine.quoting import literal

__all__ = ["NAMES_OF", "NAME_TRAITS"]

NAME_TRAITS = (
    "name",
    "first_name",
    "last_name",
    "firstName",
    "lastName",
    "given_name",
    "family_name",
    "full_name",
    "fullName",
    "nickname",
)
"""Traits that hold a person's name."""
_LISTED = ", ".join(literal(name) for name in NAME_TRAITS)

NAMES_OF = Query(
    name="collect.names_of",
    # of a key, and of the other keys of its customer
    sql=f"""
        with asked as (
            select k.namespace, k.type, k.value, k.key_id, coalesce(m.customer_id, k.key_id) as customer_id
            from keys as k
            left join customer_keys as m on m.key_id = k.key_id and m.until is null
            where k.value in (select unnest($named))
        ),
        theirs as (
            select namespace, type, value, key_id from asked
            union
            select a.namespace, a.type, a.value, m.key_id
            from asked as a
            inner join customer_keys as m on m.customer_id = a.customer_id and m.until is null
        )
        select distinct o.namespace, o.type, o.value, t.value as name
        from theirs as o
        inner join traits as t on t.key_id = o.key_id
        where t.value is not null and t.name in ({_LISTED})
    """,
    inputs=("keys", "customer_keys", "traits"),
    parameters={"named": "texts"},
    output={"namespace": "text", "type": "text", "value": "text", "name": "text"},
)
