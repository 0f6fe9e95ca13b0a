"""The queries of inviting: whom a wave wants, and what the door has to know of customers."""

from __future__ import annotations

from cxloop.core.schema import Type
from cxloop.engine.query import Query

__all__ = [
    "ANSWERS",
    "EVENTS",
    "EVERYBODY",
    "KNOWN",
    "LABELS",
    "LAST_BATCH",
    "MEMBERS",
    "NAMED",
    "OWNERS",
    "OWN_KEYS",
    "PAST_EVENTS",
    "PROFILES",
    "SAID",
    "SPREADS",
    "TRAIT_VALUES",
]

MEMBERS = Query(
    name="collect.inviting_members",
    sql="""
        select distinct m.customer_id
        from segment_members as m
        where m.segment = $segment and m.until is null
        order by m.customer_id
    """,
    inputs=("segment_members",),
    parameters={"segment": "text"},
    output={"customer_id": "bigint"},
)

EVERYBODY = Query(
    name="collect.inviting_everybody",
    sql="select customer_id from customers order by customer_id",
    inputs=("customers",),
    output={"customer_id": "bigint"},
)

NAMED = Query(
    name="collect.inviting_named",
    sql="""
        select lower(k.value) as value, o.customer_id, k.key_id
        from keys as k
        inner join customer_of as o on o.key_id = k.key_id
        where lower(k.value) in (select unnest($wanted))
        order by value, o.customer_id, k.key_id
    """,
    inputs=("keys", "customer_of"),
    parameters={"wanted": "texts"},
    output={"value": "text", "customer_id": "bigint", "key_id": "bigint"},
)
"""Whom identifiers of a file name, without regard to capitals."""

KNOWN = Query(
    name="collect.inviting_known",
    sql="""
        select o.key_id, o.customer_id
        from customer_of as o
        where o.key_id in (select unnest($keys))
        order by o.key_id
    """,
    inputs=("customer_of",),
    parameters={"keys": "bigints"},
    output={"key_id": "bigint", "customer_id": "bigint"},
)
"""Whose some keys are now."""

OWNERS = Query(
    name="collect.inviting_owners",
    sql="""
        select m.key_id, m.customer_id
        from customer_keys as m
        where m.until is null and m.key_id <> m.customer_id and m.customer_id in (select unnest($customers))
        order by m.key_id
    """,
    inputs=("customer_keys",),
    parameters={"customers": "bigints"},
    output={"key_id": "bigint", "customer_id": "bigint"},
)
"""The further keys of some customers."""

OWN_KEYS = """
    select m.key_id, m.customer_id
    from customer_keys as m
    where m.until is null and m.customer_id in (select unnest($customers))
    union
    select k.key_id, k.key_id as customer_id
    from keys as k
    where k.key_id in (select unnest($customers))
"""
"""SQL of all keys of `$customers`."""

PROFILES = Query(
    name="collect.inviting_profiles",
    sql=f"""
        with mine as ({OWN_KEYS}),
        named as (
            select
                m.customer_id,
                min(case when k.type = 'email' then k.key_id end) as email_key,
                arg_min(k.value, k.key_id) filter (where k.type = 'email') as email,
                arg_min(k.value, k.key_id) filter (where k.type = 'phone') as phone
            from keys as k
            inner join mine as m on m.key_id = k.key_id
            group by m.customer_id
        ),
        told as (
            select
                m.customer_id,
                arg_max(t.value, t.occurred_at) filter (where t.name = 'email') as email,
                arg_max(t.value, t.occurred_at) filter (where t.name = 'phone') as phone,
                arg_max(t.value, t.occurred_at) filter (where t.name in ('time_zone', 'timezone')) as time_zone,
                arg_max(t.value, t.occurred_at) filter (where t.name in ('country', 'country_code')) as country,
                arg_max(t.value, t.occurred_at) filter (where t.name in ('language', 'locale')) as language,
                arg_max(t.value, t.occurred_at) filter (where t.name = 'first_name') as first_name,
                arg_max(t.value, t.occurred_at) filter (where t.name = 'preferred_channel') as channel
            from traits as t
            inner join mine as m on m.key_id = t.key_id
            where t.name in (
                'email', 'phone', 'time_zone', 'timezone', 'country', 'country_code', 'language', 'locale',
                'first_name', 'preferred_channel'
            )
            group by m.customer_id
        )
        select
            n.customer_id, n.email_key,
            coalesce(n.email, t.email) as email, coalesce(n.phone, t.phone) as phone,
            t.time_zone, t.country, t.language, t.first_name, t.channel
        from named as n
        left join told as t on t.customer_id = n.customer_id
        order by n.customer_id
    """,
    inputs=("customer_keys", "keys", "traits"),
    parameters={"customers": "bigints"},
    output={
        "customer_id": "bigint",
        "email_key": "bigint",
        "email": "text",
        "phone": "text",
        "time_zone": "text",
        "country": "text",
        "language": "text",
        "first_name": "text",
        "channel": "text",
    },
)
"""How some customers are reached, where and in which language they live, as they told last."""

SAID = Query(
    name="collect.inviting_said",
    sql=f"""
        with mine as ({OWN_KEYS})
        select
            m.customer_id, c.purpose, coalesce(c.channel, '') as channel, c.granted, c.occurred_at, c.known_at,
            c.expires_at
        from consents as c
        inner join mine as m on m.key_id = c.key_id
        order by m.customer_id, c.occurred_at, c.known_at, c.purpose, c.channel, c.granted
    """,
    inputs=("customer_keys", "keys", "consents"),
    parameters={"customers": "bigints"},
    output={
        "customer_id": "bigint",
        "purpose": "text",
        "channel": "text",
        "granted": "bool",
        "occurred_at": "timestamp",
        "known_at": "timestamp",
        "expires_at": "timestamp",
    },
)

ANSWERS = Query(
    name="collect.inviting_answers",
    sql="""
        select coalesce(m.customer_id, i.key_id) as customer_id, i.survey_id, max(i.occurred_at) as at
        from interactions as i
        left join customer_keys as m on m.key_id = i.key_id and m.until is null
        where i.kind = 'answer' and i.survey_id in (select unnest($surveys)) and i.occurred_at >= $since
            and coalesce(m.customer_id, i.key_id) in (select unnest($customers))
        group by coalesce(m.customer_id, i.key_id), i.survey_id
        order by customer_id, i.survey_id
    """,
    inputs=("interactions", "customer_keys"),
    parameters={"surveys": "texts", "since": "timestamp", "customers": "bigints"},
    output={"customer_id": "bigint", "survey_id": "text", "at": "timestamp"},
)
"""When customers answered some surveys last."""

LAST_BATCH = Query(
    name="collect.inviting_last_batch",
    sql="select coalesce(max(batch), 0) as batch from interactions",
    inputs=("interactions",),
    output={"batch": "bigint"},
)

_EVENT = """
    select
        i.batch, i.source, i.message_id, i.occurred_at, coalesce(m.customer_id, i.key_id) as customer_id,
        i.location, i.product, i.team, i.employee, i.brand, i.region, i.campaign
    from $log
    left join customer_keys as m on m.key_id = i.key_id and m.until is null
"""
_EVENT_OUTPUT: dict[str, Type] = {
    "batch": "bigint",
    "source": "text",
    "message_id": "text",
    "occurred_at": "timestamp",
    "customer_id": "bigint",
    "location": "text",
    "product": "text",
    "team": "text",
    "employee": "text",
    "brand": "text",
    "region": "text",
    "campaign": "text",
}

EVENTS = Query(
    name="collect.inviting_events",
    sql=f"""
        {_EVENT}
        where i.batch > $after and i.batch <= $upto and i.key_id is not null and i.traffic is null and $holds
        order by i.occurred_at, i.source, i.message_id
    """,
    inputs=("interactions", "event_catalogue", "customer_keys"),
    parameters={"after": "bigint", "upto": "bigint"},
    slots=("log", "holds"),
    output=_EVENT_OUTPUT,
)
"""What happened since a wave looked last, where its condition holds."""

PAST_EVENTS = Query(
    name="collect.inviting_past_events",
    sql=f"""
        {_EVENT}
        where i.occurred_at >= $since and i.occurred_at < $until
            and i.key_id is not null and i.traffic is null and $holds
        order by i.occurred_at, i.source, i.message_id
    """,
    inputs=("interactions", "event_catalogue", "customer_keys"),
    parameters={"since": "timestamp", "until": "timestamp"},
    slots=("log", "holds"),
    output=_EVENT_OUTPUT,
)
"""The same over a stretch of time, for replays."""

TRAIT_VALUES = Query(
    name="collect.inviting_trait_values",
    sql=f"""
        with mine as ({OWN_KEYS})
        select m.customer_id, arg_max(t.value, t.occurred_at) as value
        from traits as t
        inner join mine as m on m.key_id = t.key_id
        where t.name = $trait
        group by m.customer_id
        order by m.customer_id
    """,
    inputs=("customer_keys", "keys", "traits"),
    parameters={"customers": "bigints", "trait": "text"},
    output={"customer_id": "bigint", "value": "text"},
)
"""The group that each customer is in, by a trait."""

SPREADS = Query(
    name="collect.inviting_spreads",
    sql="""
        with mine as (
            select coalesce(m.customer_id, i.key_id) as customer_id, i.score, i.scale_min, i.scale_max, i.metric
            from interactions as i
            left join customer_keys as m on m.key_id = i.key_id and m.until is null
            where i.kind = 'answer' and i.survey_id = $survey and i.score is not null and i.occurred_at >= $since
                and i.key_id is not null
        )
        select customer_id, metric, score, scale_min, scale_max
        from mine
        order by customer_id, metric, score
    """,
    inputs=("interactions", "customer_keys"),
    parameters={"survey": "text", "since": "timestamp"},
    output={
        "customer_id": "bigint",
        "metric": "text",
        "score": "double",
        "scale_min": "double",
        "scale_max": "double",
    },
)
"""The scores that a survey got, by customer: what is known already of each group."""

LABELS = Query(
    name="collect.inviting_labels",
    sql="""
        select c.customer_id, c.label
        from customers as c
        where c.customer_id in (select unnest($customers))
        order by c.customer_id
    """,
    inputs=("customers",),
    parameters={"customers": "bigints"},
    output={"customer_id": "bigint", "label": "text"},
)
"""What to call some customers."""
