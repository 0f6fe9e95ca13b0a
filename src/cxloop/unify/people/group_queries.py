"""The queries about households and accounts: who shares what, who comes under which account, and their scores."""

from __future__ import annotations

from collections.abc import Iterable

from cxloop.engine.query import Query
from cxloop.unify.matching.fields import FIELDS

__all__ = [
    "ACCOUNTS",
    "ACCOUNT_MEMBERS",
    "ACCOUNT_TRAITS",
    "HOMES",
    "MEMBER_ROWS",
    "SAME_LINE",
    "SCORE_COUNTS",
    "SHARED",
]

_HELD = """
    left join (
        select key_id, customer_id from customer_keys where until is null and customer_id <> key_id
    ) as h on h.key_id = {key}
"""
_CUSTOMER = "coalesce(h.customer_id, {key})"
_COMES = _HELD.format(key="i.key_id")
_WHO = _CUSTOMER.format(key="i.key_id")
_OF_USER, _USER = _HELD.format(key="u.key_id"), _CUSTOMER.format(key="u.key_id")
_OF_TOLD, _TOLD = _HELD.format(key="t.key_id"), _CUSTOMER.format(key="t.key_id")

ACCOUNTS = Query(
    name="unify.accounts",
    sql=f"""
        select a.account_key, k.namespace, k.type, k.value, count(distinct a.customer_id) as members
        from (
            select i.account_key, {_WHO} as customer_id from interactions as i {_COMES}
            where i.account_key is not null and i.key_id is not null and i.traffic is null
        ) as a
        inner join keys as k on k.key_id = a.account_key
        group by a.account_key, k.namespace, k.type, k.value
        order by a.account_key
    """,
    inputs=("interactions", "customer_keys", "keys"),
    output={"account_key": "bigint", "namespace": "text", "type": "text", "value": "text", "members": "bigint"},
)
"""Every account under which something happened, with the number of its customers."""

ACCOUNT_TRAITS = Query(
    name="unify.account_traits",
    sql="""
        select
            t.key_id, t.name, t.value, t.source,
            max(t.occurred_at) as occurred_at, max(t.known_at) as known_at, count(*) as times_told
        from traits as t
        where t.value is not null and t.key_id in (
            select i.account_key from interactions as i where i.account_key is not null
        )
        group by t.key_id, t.name, t.value, t.source
    """,
    inputs=("traits", "interactions"),
    output={
        "key_id": "bigint",
        "name": "text",
        "value": "text",
        "source": "text",
        "occurred_at": "timestamp",
        "known_at": "timestamp",
        "times_told": "bigint",
    },
)
"""What sources told of accounts."""

ACCOUNT_MEMBERS = Query(
    name="unify.account_members",
    sql=f"""
        select i.account_key, {_WHO} as customer_id, max(i.occurred_at) as last_at
        from interactions as i {_COMES}
        where i.account_key is not null and ($every or i.account_key in (select unnest($accounts)))
            and i.key_id is not null and i.traffic is null
        group by i.account_key, {_WHO}
        order by last_at, i.account_key, customer_id
    """,
    inputs=("interactions", "customer_keys"),
    parameters={"accounts": "bigints", "every": "bool"},
    output={"account_key": "bigint", "customer_id": "bigint", "last_at": "timestamp"},
)
"""The customers of some accounts or of all, those who came last at the end."""

MEMBER_ROWS = Query(
    name="unify.member_rows",
    sql="""
        select customer_id, label, last_seen_at, interactions, latest_metric, latest_score
        from customers
        where customer_id in (select unnest($customers))
        order by last_seen_at desc, customer_id
        limit $rows offset $first
    """,
    inputs=("customers",),
    parameters={"customers": "bigints", "rows": "bigint", "first": "bigint"},
    output={
        "customer_id": "bigint",
        "label": "text",
        "last_seen_at": "timestamp",
        "interactions": "bigint",
        "latest_metric": "text",
        "latest_score": "double",
    },
)
"""Some customers as rows of a list, whoever was seen last first."""

SCORE_COUNTS = Query(
    name="unify.score_counts_of_members",
    sql=f"""
        with answers as (
            select
                i.metric, i.score, i.scale_min, i.scale_max,
                row_number() over (
                    partition by {_WHO}, i.metric order by i.occurred_at desc, i.ordinal desc, i.interaction_id
                ) as place
            from interactions as i {_COMES}
            where {_WHO} in (select unnest($customers))
                and i.metric is not null and i.score is not null and i.traffic is null
                and not exists (
                    select 1 from interactions as r
                    where r.revises is not null and r.source = i.source and r.revises = i.message_id
                        and r.interaction_id <> i.interaction_id
                )
        )
        select metric, scale_min, scale_max, score, count(*) as customers
        from answers
        where place = 1
        group by metric, scale_min, scale_max, score
        order by metric, scale_min, scale_max, score
    """,
    inputs=("interactions", "customer_keys"),
    parameters={"customers": "bigints"},
    output={
        "metric": "text",
        "scale_min": "double",
        "scale_max": "double",
        "score": "double",
        "customers": "bigint",
    },
)
"""How many customers gave each score in their latest answer to a metric."""

SHARED = Query(
    name="unify.shared_by_customers",
    # a key that ties nobody together still says who uses it; a person's cut says that somebody does not
    sql=f"""
        with quiet as (
            select d.key_id from identity_doubts as d
            where d.doubt = 'shared' and d.other_key is null
        ),
        used as (
            select l.key_a as shared_key, l.key_b as key_id from identity_links as l
            where l.action = 'link' and l.state = 'accepted' and l.key_a in (select q.key_id from quiet as q)
            union
            select l.key_b as shared_key, l.key_a as key_id from identity_links as l
            where l.action = 'link' and l.state = 'accepted' and l.key_b in (select q.key_id from quiet as q)
        )
        select
            u.shared_key, s.type, u.key_id, {_USER} as customer_id,
            u.key_id in (select q.key_id from quiet as q) as also_shared
        from used as u
        inner join keys as s on s.key_id = u.shared_key
        {_OF_USER}
        where not exists (
            select 1 from identity_links as c
            where c.action = 'cut' and c.key_a = least(u.shared_key, u.key_id)
                and c.key_b = greatest(u.shared_key, u.key_id)
        )
        order by u.shared_key, u.key_id
    """,
    inputs=("identity_doubts", "identity_links", "keys", "customer_keys"),
    output={
        "shared_key": "bigint",
        "type": "text",
        "key_id": "bigint",
        "customer_id": "bigint",
        "also_shared": "bool",
    },
)
"""Which customers use a landline, a mailbox or a device that several people use."""

_NAMES = {field.name: field.names for field in FIELDS}
_PLAIN_NAME = "regexp_replace(lower(t.name), '[^a-z0-9]', '', 'g')"
_PLAIN_VALUE = r"regexp_replace(lower(t.value), '[^\p{L}\p{N}]', '', 'g')"
_LINES = sorted({*_NAMES["street"], "address"})


def _listed(names: Iterable[str]) -> str:
    return ", ".join(f"'{name}'" for name in sorted(names))


def _latest(names: Iterable[str], value: str = "t.plain") -> str:
    """SQL of the value told last under some names; one is taken in the same way wherever two were told at once."""
    at = "{'at': t.occurred_at, 'known': t.known_at, 'value': t.value}"
    return f"arg_max({value}, {at}) filter (where t.name in ({_listed(names)}))"


_FAMILY, _NUMBER, _POSTCODE, _CITY = (_latest(_NAMES[name]) for name in ("family", "number", "postcode", "city"))
_WHOLE = _latest(_NAMES["whole"], "lower(trim(t.value))")
_LINE, _LINE_NAMES = _latest(_LINES), _listed(_LINES)

HOMES = Query(
    name="unify.homes",
    sql=f"""
        with told as (
            select
                {_TOLD} as customer_id, {_PLAIN_NAME} as name, t.value,
                {_PLAIN_VALUE} as plain, t.occurred_at, t.known_at
            from traits as t
            {_OF_TOLD}
            where t.value is not null and ($everybody or t.key_id in (select unnest($keys)))
        ),
        lived as (
            select
                t.customer_id,
                coalesce(
                    {_FAMILY},
                    regexp_extract({_WHOLE}, '([^ ]+)$', 1)
                ) as family,
                {_LINE} as line,
                {_NUMBER} as number,
                coalesce({_POSTCODE}, {_CITY}) as place
            from told as t
            group by t.customer_id
        )
        select
            customer_id, line,
            concat(family, '|', line, '|', coalesce(number, ''), '|', coalesce(place, '')) as home
        from lived
        where family <> '' and line <> '' and length(line) >= 4
        order by customer_id
    """,
    inputs=("traits", "customer_keys"),
    parameters={"keys": "bigints", "everybody": "bool"},
    output={"customer_id": "bigint", "line": "text", "home": "text"},
)
"""Family name and address of customers, in plain letters, as they were told last."""

SAME_LINE = Query(
    name="unify.same_address_line",
    sql=f"""
        select distinct coalesce(m.key_id, f.key_id) as key_id
        from (
            select {_TOLD} as customer_id, t.key_id
            from traits as t
            {_OF_TOLD}
            where {_PLAIN_NAME} in ({_LINE_NAMES}) and {_PLAIN_VALUE} = $line
        ) as f
        left join customer_keys as m on m.customer_id = f.customer_id and m.until is null
        order by key_id
    """,
    inputs=("traits", "customer_keys"),
    parameters={"line": "text"},
    output={"key_id": "bigint"},
)
"""All keys of the customers who were ever told to live at an address."""
