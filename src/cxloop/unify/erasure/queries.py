"""The queries of erasure: who is meant, which keys are theirs, and what tells them apart from everybody else."""

from __future__ import annotations

from cxloop.engine.query import Query

__all__ = ["BY_NUMBER", "BY_VALUE", "KEYS_OF", "NAMED", "PROFILE_OF", "TEXTS_OF"]

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
        select distinct
            k.namespace, k.type, k.value, coalesce(m.customer_id, k.key_id) as customer_id,
            c.customer_id is not null as known
        from keys as k
        left join customer_keys as m on m.key_id = k.key_id and m.until is null
        left join customers as c on c.customer_id = coalesce(m.customer_id, k.key_id)
        where k.value in (select unnest($asked)) and (k.namespace <> '*' or m.customer_id is not null)
    """,
    inputs=("keys", "customer_keys", "customers"),
    parameters={"asked": "texts"},
    output={"namespace": "text", "type": "text", "value": "text", "customer_id": "bigint", "known": "bool"},
)
"""The customers of identifiers; those of namespace `*` are values that a profile told. `known`: anything happened."""

NAMED = Query(
    name="unify.erasure_named",
    sql="select namespace, type, value from keys where key_id in (select unnest($keys))",
    inputs=("keys",),
    parameters={"keys": "bigints"},
    output={"namespace": "text", "type": "text", "value": "text"},
)
"""What keys are called, for records that hold a key itself in place of its number."""

KEYS_OF = Query(
    name="unify.erasure_keys",
    sql="""
        with theirs as (
            select unnest($customers) as key_id
            union
            select m.key_id from customer_keys as m
            where m.until is null and m.customer_id in (select unnest($customers))
        ),
        ends as (
            select key_a as key_id, key_b as other from identity_links where key_b is not null
            union all
            select key_b as key_id, key_a as other from identity_links where key_b is not null
        ),
        apart as (
            select distinct d.key_id
            from identity_doubts as d
            left join customer_keys as m on m.key_id = d.key_id and m.until is null
            left join customers as c on c.customer_id = coalesce(m.customer_id, d.key_id)
            where d.other_key is null and c.customer_id is null and d.key_id not in (select key_id from theirs)
        ),
        touched as (
            select distinct e.key_id
            from ends as e
            inner join theirs as t on t.key_id = e.other
            where e.key_id in (select key_id from apart)
        ),
        held as (
            select distinct e.key_id
            from ends as e
            inner join touched as d on d.key_id = e.key_id
            where e.other not in (select key_id from theirs) and e.other not in (select key_id from touched)
        ),
        going as (
            select key_id from theirs
            union
            select key_id from touched where key_id not in (select key_id from held)
        )
        select k.key_id, k.namespace, k.type, k.value
        from keys as k
        inner join going as g on g.key_id = k.key_id
        order by k.key_id
    """,
    inputs=("keys", "customer_keys", "customers", "identity_doubts", "identity_links"),
    parameters={"customers": "bigints"},
    output={"key_id": "bigint", "namespace": "text", "type": "text", "value": "text"},
)
"""The keys of customers, and those set aside (a shared telephone, a value that is none) that nobody else has."""

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
