"""The queries of erasure: who is meant, which keys are theirs, and what tells them apart from everybody else."""

from __future__ import annotations

from cxloop.engine.query import Query

__all__ = ["BY_NUMBER", "BY_VALUE", "KEYS_OF", "PROFILE_OF", "TEXTS_OF"]

BY_NUMBER = Query(
    name="unify.erasure_by_number",
    sql="""
        select k.key_id as number, coalesce(m.customer_id, k.key_id) as customer_id
        from keys as k
        left join customer_keys as m on m.key_id = k.key_id and m.until is null
        where k.key_id in (select unnest($numbers))
    """,
    inputs=("keys", "customer_keys"),
    parameters={"numbers": "bigints"},
    output={"number": "bigint", "customer_id": "bigint"},
)
"""The customers of numbers; an old number is that of who it was merged into."""

BY_VALUE = Query(
    name="unify.erasure_by_value",
    sql="""
        select distinct k.type, k.value, coalesce(m.customer_id, k.key_id) as customer_id
        from keys as k
        left join customer_keys as m on m.key_id = k.key_id and m.until is null
        where k.value in (select unnest($asked)) and k.namespace <> '*'
    """,
    inputs=("keys", "customer_keys"),
    parameters={"asked": "texts"},
    output={"type": "text", "value": "text", "customer_id": "bigint"},
)

KEYS_OF = Query(
    name="unify.erasure_keys",
    sql="""
        with theirs as (
            select unnest($customers) as key_id
            union
            select m.key_id from customer_keys as m
            where m.until is null and m.customer_id in (select unnest($customers))
        )
        select k.key_id, k.namespace, k.type, k.value
        from keys as k
        inner join theirs as t on t.key_id = k.key_id
        order by k.key_id
    """,
    inputs=("keys", "customer_keys"),
    parameters={"customers": "bigints"},
    output={"key_id": "bigint", "namespace": "text", "type": "text", "value": "text"},
)

PROFILE_OF = Query(
    name="unify.erasure_profile",
    sql="""
        select distinct t.value from traits as t
        where t.key_id in (select unnest($keys)) and t.value is not null
    """,
    inputs=("traits",),
    parameters={"keys": "bigints"},
    output={"value": "text"},
)

TEXTS_OF = Query(
    name="unify.erasure_texts",
    sql="""
        select i.key_id, i.message_id, i.text, i.answer_value, i.properties
        from interactions as i
        where i.key_id in (select unnest($keys))
        order by i.occurred_at desc, i.interaction_id
        limit $most
    """,
    inputs=("interactions",),
    parameters={"keys": "bigints", "most": "bigint"},
    output={
        "key_id": "bigint",
        "message_id": "text",
        "text": "text",
        "answer_value": "text",
        "properties": "json",
    },
)
