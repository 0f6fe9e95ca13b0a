"""What the log says of the events of a source: how many, and what their properties hold. Python sees only sums."""

from __future__ import annotations

from cxloop.engine.query import Query

__all__ = ["DAYS", "EVENTS", "PROPERTIES", "REFUSED", "SAMPLE"]

_EVENTS_OF = """
    select i.interaction_id, c.name, i.properties, i.key_id, i.occurred_at
    from interactions as i
    join event_codes as c on c.event_code = i.event_code
    where i.source = $source and i.occurred_at >= $since and i.occurred_at < $until
        and c.name is not null and i.traffic is null
"""
# `events.RESERVED`; a test holds one against the other.
_RESERVED = """
    'browser', 'browser_version', 'context', 'context_', 'device_type', 'ip', 'ip_', 'os', 'os_version',
    'sent_timestamp', 'sent_timestamp_', 'tracking_plan', 'tracking_plan_'
"""
# Of each event about `each`, chosen by their id: it is a hash, so this is a fair sample, and the same one each time.
# Three steps down: products, each product, and what it holds. Deeper is rare, and a person can write it by hand. A name
# with "@" is somebody's address that was used as a name: it is no property.
_STEPS = f"""
    with amounts as (select name, count(*) as among from ({_EVENTS_OF}) as counted group by name),
    events as (
        select e.name, e.key_id, e.interaction_id, e.properties
        from ({_EVENTS_OF}) as e
        join amounts as a on a.name = e.name
        where abs(e.interaction_id % 1000000) * a.among < $each * 1000000.0
    ),
    first_parts as (select name, key_id, interaction_id, unnest(cx_parts(properties)) as part from events),
    first as (
        select name, key_id, interaction_id, '/' || part.key as path, part.value as value
        from first_parts where not part.key like '%@%' and not part.key in ({_RESERVED})
    ),
    second_parts as (
        select name, key_id, interaction_id, path, unnest(cx_parts(value)) as part
        from first where left(value, 1) in ('{{', '[')
    ),
    second as (
        select name, key_id, interaction_id, path || '/' || part.key as path, part.value as value
        from second_parts where not part.key like '%@%'
    ),
    third_parts as (
        select name, key_id, interaction_id, path, unnest(cx_parts(value)) as part
        from second where left(value, 1) in ('{{', '[')
    ),
    third as (
        select name, key_id, interaction_id, path || '/' || part.key as path, part.value as value
        from third_parts where not part.key like '%@%'
    ),
    parts as (
        select name, key_id, interaction_id, path, value from first
        union all
        select name, key_id, interaction_id, path, value from second
        union all
        select name, key_id, interaction_id, path, value from third
    ),
    typed as (
        select name, key_id, interaction_id, path, value,
            case
                when left(value, 1) = '"' then 'string'
                when left(value, 1) = '{{' then 'object'
                when left(value, 1) = '[' then 'array'
                when left(value, 1) = 'n' then 'null'
                when left(value, 1) in ('t', 'f') then 'boolean'
                when regexp_matches(value, '^-?[0-9]+$') then 'integer'
                else 'number'
            end as type
        from parts
    )
"""
_INPUTS = ("interactions", "event_codes")

EVENTS = Query(
    name="collect.tracking_events",
    sql=f"""
        with events as ({_EVENTS_OF})
        select name, count(*) as n from events group by name order by n desc, name
    """,
    inputs=_INPUTS,
    parameters={"source": "text", "since": "timestamp", "until": "timestamp"},
    output={"name": "text", "n": "bigint"},
)
"""Events of a source by name, the most frequent first."""

PROPERTIES = Query(
    name="collect.tracking_properties",
    sql=f"""
        {_STEPS},
        sent as (
            select name, path, type, case when type = 'string' then value end as value,
                case when type = 'string' then coalesce(key_id, interaction_id) end as sender, count(*) as n
            from typed group by 1, 2, 3, 4, 5
        ),
        held as (
            select name, path, type, value, sum(n) as n, count(*) as senders from sent group by name, path, type, value
        ),
        found as (
            select name, path, type, sum(n) as n,
                sum(n) filter (
                    where regexp_matches(value, '^"[0-9]{{4}}-[0-9]{{2}}-[0-9]{{2}}T([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9]([.][0-9]{{1,9}})?(Z|[+-]([01][0-9]|2[0-3]):[0-5][0-9])"$')
                        and try_cast(substring(value, 2, 10) as date) is not null
                ) as moments,
                sum(n) filter (
                    where regexp_matches(value, '^"[0-9]{{4}}-[0-9]{{2}}-[0-9]{{2}}"$')
                        and try_cast(substring(value, 2, 10) as date) is not null
                ) as dates,
                sum(n) filter (
                    where length(value) < 60 and regexp_matches(value, '^"[A-Za-z0-9_+-]+([.][A-Za-z0-9_+-]+)*@([A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?[.])+[A-Za-z]+"$')
                ) as addresses,
                sum(n) filter (
                    where regexp_matches(value, '^"https?://[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?(:[0-9]{{1,4}})?(/([A-Za-z0-9._~/-]|%[0-9A-Fa-f]{{2}})*)?([?]([A-Za-z0-9._~/?&=+-]|%[0-9A-Fa-f]{{2}})*)?(#([A-Za-z0-9._~/?&=+-]|%[0-9A-Fa-f]{{2}})*)?"$')
                ) as links,
                sum(n) filter (
                    where regexp_matches(value, '^"[0-9a-fA-F]{{8}}(-[0-9a-fA-F]{{4}}){{3}}-[0-9a-fA-F]{{12}}"$')
                ) as uuids
            from held group by name, path, type
        ),
        totals as (select name, path, sum(n) as total from found group by name, path),
        few as (
            select name, path from held where type = 'string' and length(value) <= 42
            group by name, path having sum(n) >= 100 and count(*) <= $most
        )
        select f.name, f.path, f.type, cast(null as varchar) as value, cast(f.n as bigint) as n,
            cast(null as bigint) as senders, cast(coalesce(f.moments, 0) as bigint) as moments,
            cast(coalesce(f.dates, 0) as bigint) as dates, cast(coalesce(f.addresses, 0) as bigint) as addresses,
            cast(coalesce(f.links, 0) as bigint) as links, cast(coalesce(f.uuids, 0) as bigint) as uuids
        from found as f
        join totals as t on t.name = f.name and t.path = f.path
        where t.total >= $least
        union all
        select h.name, h.path, 'string', h.value, cast(h.n as bigint), h.senders, 0, 0, 0, 0, 0
        from held as h
        join few as w on w.name = h.name and w.path = h.path
        where h.type = 'string'
        union all
        select name, '', 'event', null, count(*), null, 0, 0, 0, 0, 0 from events group by name
        order by name, path, type, n desc, value
    """,  # noqa: E501 - a pattern that is broken into lines is harder to read, not easier
    inputs=_INPUTS,
    parameters={
        "source": "text",
        "since": "timestamp",
        "until": "timestamp",
        "each": "bigint",
        "least": "bigint",
        "most": "bigint",
    },
    output={
        "name": "text",
        "path": "text",
        "type": "text",
        "value": "text",
        "n": "bigint",
        "senders": "bigint",
        "moments": "bigint",
        "dates": "bigint",
        "addresses": "bigint",
        "links": "bigint",
        "uuids": "bigint",
    },
)
"""What a sample of events holds, from one walk through them. Per event, property (as a JSON pointer) and type: how
many, and how many of the texts are a moment, a date, an e-mail address, a link or a UUID as JSON Schema understands
these. With a value: a text of a property that has few different ones, as JSON, and how many customers sent it. With
the type "event": how many were looked at."""

SAMPLE = Query(
    name="collect.tracking_sample",
    sql=f"""
        with events as ({_EVENTS_OF})
        select name, properties from events order by interaction_id limit $most
    """,
    inputs=_INPUTS,
    parameters={"source": "text", "since": "timestamp", "until": "timestamp", "most": "bigint"},
    output={"name": "text", "properties": "json"},
)
"""Some events, chosen by their id: it is a hash, so this is a fair sample, and the same one each time."""

DAYS = Query(
    name="collect.tracking_days",
    sql=f"""
        with events as ({_EVENTS_OF})
        select name, floor(date_diff('microsecond', $since, occurred_at) / 86400000000.0) as day, count(*) as n
        from events group by 1, 2 order by 1, 2
    """,
    inputs=_INPUTS,
    parameters={"source": "text", "since": "timestamp", "until": "timestamp"},
    output={"name": "text", "day": "double", "n": "bigint"},
)
"""Events of a source by name and day, counted in whole days from the start of the range."""

REFUSED = Query(
    name="collect.tracking_refused",
    sql="""
        select count(*) as n from rejected
        where source = $source and code = 'tracking_plan' and rejected_at >= $since and rejected_at < $until
    """,
    inputs=("rejected",),
    parameters={"source": "text", "since": "timestamp", "until": "timestamp"},
    output={"n": "bigint"},
)
"""Events that the plan kept out of the log."""
