"""The queries of unify: customers as rows, and what happened to one of them."""

from __future__ import annotations

from cxloop.core.schema import CUSTOMERS, Type
from cxloop.engine.query import Query
from cxloop.unify.identity.queries import TOUCHED_CUSTOMERS
from cxloop.unify.identity.rules import HUB, placeholder_sql

__all__ = [
    "BY_IDENTIFIER",
    "CUSTOMER_BY_ID",
    "CUSTOMER_CHANNELS",
    "CUSTOMER_IDENTIFIERS",
    "CUSTOMER_ROWS",
    "CUSTOMER_SEARCH",
    "CUSTOMER_SEARCH_IN_SEGMENT",
    "CUSTOMER_STEPS",
    "KEYS_OF_CUSTOMER",
    "PRESENT_CUSTOMER",
    "PROMISES_KEPT",
    "PROMISES_MADE",
    "SHARERS",
    "STEP_COUNT",
    "TOUCHED",
]

_CUSTOMER: dict[str, Type] = {column.name: column.type for column in CUSTOMERS.columns if column.name != "search_text"}
_COLUMNS = ", ".join(_CUSTOMER)

KEYS_OF_CUSTOMER = """
    select m.key_id from customer_keys as m where m.customer_id = $customer and m.until is null
    union all
    select $customer as key_id
"""
"""SQL of the keys of `$customer`, a present customer and not one that was merged away. Hubs are among them."""

_ANYBODYS = "('anonymous_id', 'click_id', 'cookie', 'device', 'device_id', 'session')"
"""Types that say nothing to a person who reads them: a customer is called by one of them only for want of others."""

NO_TRAIT = placeholder_sql("t.value", number=False)

CUSTOMER_ROWS = Query(
    name="unify.customer_rows",
    # The aggregates run once over the interactions of the customers that changed; names and e-mails are few.
    sql=f"""
        with touched as ({TOUCHED_CUSTOMERS}),
        mine as (
            select m.key_id, m.customer_id
            from customer_keys as m
            inner join touched as t on t.customer_id = m.customer_id
            where m.until is null
            union
            select t.customer_id as key_id, t.customer_id from touched as t
        ),
        seen as (
            select
                m.customer_id,
                min(i.occurred_at) as first_seen_at,
                max(i.occurred_at) as last_seen_at,
                count(*) as interactions,
                cast(count(distinct c.channel) as int) as channels,
                arg_max(i.metric, i.occurred_at) filter (where i.score is not null) as latest_metric,
                arg_max(i.score, i.occurred_at) filter (where i.score is not null) as latest_score
            from interactions as i
            inner join mine as m on m.key_id = i.key_id
            left join event_catalogue as c on c.event_code = i.event_code
            group by m.customer_id
        ),
        told as (
            select
                m.customer_id,
                arg_max(t.value, t.occurred_at) filter (where t.name = 'name') as name,
                arg_max(t.value, t.occurred_at) filter (where t.name = 'first_name') as first_name,
                arg_max(t.value, t.occurred_at) filter (where t.name = 'last_name') as last_name,
                arg_max(t.value, t.occurred_at) filter (where t.name = 'email') as email,
                arg_max(t.value, t.occurred_at) filter (where t.name = 'phone') as phone
            from traits as t
            inner join mine as m on m.key_id = t.key_id
            where t.name in ('name', 'first_name', 'last_name', 'email', 'phone')
                and not {NO_TRAIT}
            group by m.customer_id
        ),
        known as (
            select
                m.customer_id,
                arg_min(k.value, k.key_id) filter (where k.namespace <> '{HUB}') as identifier,
                arg_min(k.value, k.key_id)
                    filter (where k.namespace <> '{HUB}' and k.type not in {_ANYBODYS}) as readable,
                arg_min(k.value, k.key_id) filter (where k.type = 'email') as email,
                array_to_string(list_sort(list(distinct k.value)), ' ') as all_of_them
            from keys as k
            inner join mine as m on m.key_id = k.key_id
            group by m.customer_id
        ),
        called as (
            select
                k.customer_id,
                coalesce(k.readable, k.identifier) as identifier,
                k.all_of_them,
                coalesce(
                    nullif(trim(n.name), ''),
                    nullif(trim(concat(coalesce(n.first_name, ''), ' ', coalesce(n.last_name, ''))), '')
                ) as name,
                nullif(trim(coalesce(n.email, k.email)), '') as email,
                n.phone as phone
            from known as k
            left join told as n on n.customer_id = k.customer_id
        )
        select
            s.customer_id,
            coalesce(d.name, d.email, d.identifier) as label,
            lower(concat(
                coalesce(d.name, ''), ' ', coalesce(d.email, ''), ' ', coalesce(d.phone, ''), ' ', d.all_of_them
            )) as search_text,
            s.first_seen_at, s.last_seen_at, s.interactions, s.channels, s.latest_metric, s.latest_score
        from seen as s
        inner join called as d on d.customer_id = s.customer_id
    """,
    inputs=("interactions", "event_catalogue", "traits", "keys", "customer_keys"),
    parameters={"batch": "bigint", "entry": "bigint"},
    output={column.name: column.type for column in CUSTOMERS.columns},
)

TOUCHED = Query(
    name="unify.touched_customers",
    sql=TOUCHED_CUSTOMERS,
    inputs=("interactions", "customer_keys"),
    parameters={"batch": "bigint", "entry": "bigint"},
    output={"customer_id": "bigint"},
)

CUSTOMER_SEARCH = Query(
    name="unify.customer_search",
    sql=f"""
        select {_COLUMNS}, count(*) over () as total
        from customers
        where $text = '' or contains(search_text, $text)
        order by last_seen_at desc, customer_id
        limit $rows offset $first
    """,
    inputs=("customers",),
    parameters={"text": "text", "rows": "bigint", "first": "bigint"},
    output={**_CUSTOMER, "total": "bigint"},
)

CUSTOMER_SEARCH_IN_SEGMENT = Query(
    name="unify.customer_search_in_segment",
    sql=f"""
        select {_COLUMNS}, count(*) over () as total
        from customers
        where ($text = '' or contains(search_text, $text)) and customer_id in (
            select s.customer_id from segment_members as s where s.segment = $segment and s.until is null
        )
        order by last_seen_at desc, customer_id
        limit $rows offset $first
    """,
    inputs=("customers", "segment_members"),
    parameters={"text": "text", "segment": "text", "rows": "bigint", "first": "bigint"},
    output={**_CUSTOMER, "total": "bigint"},
)

CUSTOMER_BY_ID = Query(
    name="unify.customer_by_id",
    sql=f"select {_COLUMNS} from customers where customer_id = $customer",
    inputs=("customers",),
    parameters={"customer": "bigint"},
    output=_CUSTOMER,
)

BY_IDENTIFIER = Query(
    name="unify.customers_by_identifier",
    # A hub finds whoever told the address as a trait; one that ties nobody finds nobody.
    sql=f"""
        select coalesce(m.customer_id, k.key_id) as customer_id, bool_or(k.namespace <> '{HUB}') as literal
        from keys as k
        left join customer_keys as m on m.key_id = k.key_id and m.until is null
        where ($type = '' or k.type = $type)
            and ($namespace = '' or k.namespace = $namespace)
            and (
                (k.namespace <> '{HUB}' and k.value = $value)
                or (k.namespace = '{HUB}' and m.customer_id is not null and k.value = lower(trim($value)))
            )
        group by coalesce(m.customer_id, k.key_id)
        order by customer_id
    """,
    inputs=("keys", "customer_keys"),
    parameters={"value": "text", "type": "text", "namespace": "text"},
    output={"customer_id": "bigint", "literal": "bool"},
)

SHARERS = Query(
    name="unify.sharers_of_identifier",
    sql=f"""
        with meant as (
            select k.key_id
            from keys as k
            inner join identity_doubts as d on d.key_id = k.key_id and d.other_key is null
            where ($type = '' or k.type = $type)
                and ($namespace = '' or k.namespace = $namespace)
                and (
                    (k.namespace <> '{HUB}' and k.value = $value)
                    or (k.namespace = '{HUB}' and k.value = lower(trim($value)))
                )
        ),
        ends as (
            select n.key_a as key_id from identity_links as n inner join meant as t on t.key_id = n.key_b
            where n.action = 'link'
            union
            select n.key_b as key_id from identity_links as n inner join meant as t on t.key_id = n.key_a
            where n.action = 'link'
        )
        select distinct c.customer_id
        from ends as e
        left join customer_keys as m on m.key_id = e.key_id and m.until is null
        inner join customers as c on c.customer_id = coalesce(m.customer_id, e.key_id)
        order by c.customer_id
    """,
    inputs=("keys", "identity_doubts", "identity_links", "customer_keys", "customers"),
    parameters={"value": "text", "type": "text", "namespace": "text"},
    output={"customer_id": "bigint"},
)
"""The customers who have an identifier that is set aside, because it is not one person's."""

PRESENT_CUSTOMER = Query(
    name="unify.present_customer",
    sql=f"""
        select coalesce(m.customer_id, k.key_id) as customer_id
        from keys as k
        left join customer_keys as m on m.key_id = k.key_id and m.until is null
        where k.key_id = $customer and (m.customer_id is not null or k.namespace <> '{HUB}')
    """,
    inputs=("keys", "customer_keys"),
    parameters={"customer": "bigint"},
    output={"customer_id": "bigint"},
)

CUSTOMER_IDENTIFIERS = Query(
    name="unify.customer_identifiers",
    sql=f"""
        select distinct namespace, type, value
        from keys
        where key_id in ({KEYS_OF_CUSTOMER}) and namespace <> '{HUB}'
        order by namespace, type, value
    """,
    inputs=("keys", "customer_keys"),
    parameters={"customer": "bigint"},
    output={"namespace": "text", "type": "text", "value": "text"},
)

CUSTOMER_CHANNELS = Query(
    name="unify.customer_channels",
    sql=f"""
        select c.channel, count(*) as interactions
        from interactions as i
        left join event_catalogue as c on c.event_code = i.event_code
        where i.key_id in ({KEYS_OF_CUSTOMER})
        group by c.channel
        order by interactions desc, c.channel
    """,
    inputs=("interactions", "event_catalogue", "customer_keys"),
    parameters={"customer": "bigint"},
    output={"channel": "text", "interactions": "bigint"},
)

_OF_CUSTOMER = f"i.key_id in ({KEYS_OF_CUSTOMER}) and ($channel = '' or c.channel = $channel)"

STEP_COUNT = Query(
    name="unify.step_count",
    sql=f"""
        select count(*) as total
        from interactions as i
        left join event_catalogue as c on c.event_code = i.event_code
        where {_OF_CUSTOMER}
    """,
    inputs=("interactions", "event_catalogue", "customer_keys"),
    parameters={"customer": "bigint", "channel": "text"},
    output={"total": "bigint"},
)

CUSTOMER_STEPS = Query(
    name="unify.customer_steps",
    sql=f"""
        select
            i.interaction_id, i.occurred_at, i.occurred_precision, i.source, i.kind, e.name,
            c.touchpoint, c.channel, c.stage,
            i.text, i.metric, i.score, i.scale_max, i.answer_value, i.value, i.currency,
            i.outcome, i.product, i.location,
            p.what as promise, p.due_at, p.due_precision
        from interactions as i
        left join event_codes as e on e.event_code = i.event_code
        left join event_catalogue as c on c.event_code = i.event_code
        left join promises as p on p.interaction_id = i.interaction_id
        where {_OF_CUSTOMER}
        order by i.occurred_at desc, i.ordinal desc, i.interaction_id
        limit $rows offset $first
    """,
    inputs=("interactions", "event_codes", "event_catalogue", "promises", "customer_keys"),
    parameters={"customer": "bigint", "channel": "text", "rows": "bigint", "first": "bigint"},
    output={
        "interaction_id": "bigint",
        "occurred_at": "timestamp",
        "occurred_precision": "text",
        "source": "text",
        "kind": "text",
        "name": "text",
        "touchpoint": "text",
        "channel": "text",
        "stage": "text",
        "text": "text",
        "metric": "text",
        "score": "double",
        "scale_max": "double",
        "answer_value": "text",
        "value": "double",
        "currency": "text",
        "outcome": "text",
        "product": "text",
        "location": "text",
        "promise": "text",
        "due_at": "timestamp",
        "due_precision": "text",
    },
)

PROMISES_MADE = Query(
    name="unify.promises_made",
    sql=f"""
        select distinct p.what
        from promises as p
        inner join interactions as i on i.interaction_id = p.interaction_id
        where i.key_id in ({KEYS_OF_CUSTOMER})
        order by p.what
    """,
    inputs=("promises", "interactions", "customer_keys"),
    parameters={"customer": "bigint"},
    output={"what": "text"},
)

PROMISES_KEPT = Query(
    name="unify.promises_kept",
    sql=f"""
        with mine as ({KEYS_OF_CUSTOMER})
        select p.interaction_id, min(f.occurred_at) as kept_at
        from promises as p
        inner join interactions as i on i.interaction_id = p.interaction_id
        inner join interaction_objects as o on o.interaction_id = p.interaction_id
        inner join interaction_objects as g on g.type = o.type and g.id = o.id
        inner join interactions as f on f.interaction_id = g.interaction_id
        where i.key_id in (select key_id from mine) and f.key_id in (select key_id from mine) and p.what = $what
            and list_contains($codes, f.event_code)
            and f.interaction_id <> p.interaction_id and f.occurred_at >= p.made_at
        group by p.interaction_id
    """,
    inputs=("promises", "interactions", "interaction_objects", "customer_keys"),
    parameters={"customer": "bigint", "what": "text", "codes": "bigints"},
    output={"interaction_id": "bigint", "kept_at": "timestamp"},
)
