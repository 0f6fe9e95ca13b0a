"""Service: what customers contact the company about, how often, and how long it takes."""

from __future__ import annotations

from cxloop.engine.query import Query
from cxloop.measure.units.base import Units

__all__ = ["UNITS"]

_OPEN = "('open', 'pending', 'hold', 'unresolved')"
"""Outcomes of a contact that say it was not settled, in lower case."""
# Of what is said in several messages, the first one stands for the contact. What is about nothing named is about one
# and the same matter per customer.
_CONTACTS = f"""
    select w.*
    from (
        select
            c.*,
            lag(c.occurred_at) over (
                partition by c.customer_id, c.matter order by c.occurred_at, c.interaction_id
            ) as before_at
        from (
            select p.*, coalesce(m.ticket, m.thread, m.ordered, '') as matter,
                case when lower(p.outcome) in {_OPEN} then 1 else 0 end as stays_open
            from $log as p
            left join (
                select
                    a.interaction_id,
                    min(case when a.type = 'ticket' then concat('ticket ', a.id) end) as ticket,
                    min(case when a.type = 'thread' then concat('thread ', a.id) end) as thread,
                    min(case when a.type = 'order' then concat('order ', a.id) end) as ordered
                from interaction_objects as a
                where a.type in ('ticket', 'thread', 'order')
                group by a.interaction_id
            ) as m on m.interaction_id = p.interaction_id
            where p.customer_id is not null and (p.kind = 'call' or (p.kind = 'message' and p.text is not null))
        ) as c
    ) as w
    where w.before_at is null or w.before_at < w.occurred_at - interval '3600' second
"""

_OPENING = Query(
    name="measure.units.first_contacts",
    sql=f"""
        select
            $row,
            case
                when o.next_at <= o.occurred_at + $within then 0.0
                when o.stays_open = 1 then 0.0
                else 1.0
            end as score
        from (
            select
                e.*,
                lag(e.occurred_at) over (
                    partition by e.customer_id, e.matter order by e.occurred_at, e.interaction_id
                ) as last_at,
                lead(e.occurred_at) over (
                    partition by e.customer_id, e.matter order by e.occurred_at, e.interaction_id
                ) as next_at
            from ({_CONTACTS}) as e
        ) as o
        where o.occurred_at <= $horizon and (o.last_at is null or o.last_at < o.occurred_at - $within)
    """,
    inputs=("interactions", "interaction_objects"),
    slots=("row", "within", "log", "horizon"),
    output={"score": "double"},
)
_MATTERS = Query(
    name="measure.units.matters",
    sql=f"""
        select $row, cast(o.contacts as double) as score
        from (
            select f.*, g.contacts, g.open_at, g.end_at
            from ({_CONTACTS}) as f
            inner join (
                select
                    e.interaction_id, e.customer_id, count(*) as contacts, max(n.occurred_at) as end_at,
                    max(case when n.stays_open = 1 then n.occurred_at end) as open_at
                from (
                    select
                        b.*,
                        lag(b.occurred_at) over (
                            partition by b.customer_id, b.matter order by b.occurred_at, b.interaction_id
                        ) as last_at
                    from ({_CONTACTS}) as b
                ) as e
                inner join ({_CONTACTS}) as n on n.customer_id = e.customer_id and n.matter = e.matter
                    and n.occurred_at >= e.occurred_at and n.occurred_at <= e.occurred_at + $within
                where e.occurred_at <= $horizon and (e.last_at is null or e.last_at < e.occurred_at - $within)
                group by e.interaction_id, e.customer_id
            ) as g on g.interaction_id = f.interaction_id and g.customer_id = f.customer_id
        ) as o
        where o.open_at is null or o.open_at < o.end_at
    """,
    inputs=("interactions", "interaction_objects"),
    slots=("row", "within", "log", "horizon"),
    output={"score": "double"},
)
_ANSWERED = Query(
    name="measure.units.conversations",
    sql=f"""
        select
            $row,
            least(
                coalesce(date_diff('microsecond', o.occurred_at, o.reply_at), o.longest) / 1000000.0,
                o.longest / 1000000.0
            ) as score
        from (
            select
                f.*, g.reply_at, date_diff('microsecond', f.occurred_at, f.occurred_at + $within) as longest
            from ({_CONTACTS}) as f
            inner join (select distinct s.source from $log as s where s.kind = 'reply') as k on k.source = f.source
            left join (
                select q.interaction_id, min(r.occurred_at) as reply_at
                from $log as q
                inner join interaction_objects as a on a.interaction_id = q.interaction_id
                    and a.type in ('ticket', 'thread', 'order')
                inner join interaction_objects as b on b.type = a.type and b.id = a.id
                inner join $log as r on r.interaction_id = b.interaction_id and r.source = q.source
                where q.kind = 'message' and r.kind = 'reply' and r.occurred_at >= q.occurred_at
                    and coalesce(r.properties->>'public', 'true') <> 'false'
                group by q.interaction_id
            ) as g on g.interaction_id = f.interaction_id
            where f.before_at is null and f.kind = 'message' and f.matter <> ''
        ) as o
        where o.occurred_at <= $horizon
    """,
    inputs=("interactions", "interaction_objects"),
    slots=("row", "within", "log", "horizon"),
    output={"score": "double"},
)
_CLOSED = Query(
    name="measure.units.cases_closed",
    sql="""
        select $row, o.duration_seconds as score
        from $log as o
        where o.kind = 'case' and o.duration_seconds is not null and o.occurred_at <= $now
    """,
    inputs=("interactions",),
    slots=("row", "log", "now"),
    output={"score": "double"},
)
_COMPLAINED = Query(
    name="measure.units.orders_complained",
    # Many call from a number that no order knows, or for somebody else. The order that they name says whose it is,
    # unless several customers have one of that name, as with two shops.
    sql=f"""
        select $row, case when o.complained_at <= o.occurred_at + $within then 1.0 else 0.0 end as score
        from (
            select p.*, g.complained_at
            from $log as p
            inner join (
                select d.interaction_id, d.customer_id, min(c.occurred_at) as complained_at
                from (
                    select
                        l.interaction_id, l.customer_id, l.occurred_at, a.id,
                        min(l.customer_id) over (partition by a.id) as one_owner,
                        max(l.customer_id) over (partition by a.id) as other_owner
                    from $log as l
                    inner join interaction_objects as a on a.interaction_id = l.interaction_id and a.type = 'order'
                    where l.kind = 'order' and l.customer_id is not null
                ) as d
                left join (
                    select b.id, e.customer_id, e.occurred_at
                    from ({_CONTACTS}) as e
                    inner join interaction_objects as b on b.interaction_id = e.interaction_id and b.type = 'order'
                ) as c on c.id = d.id and c.occurred_at >= d.occurred_at
                    and (c.customer_id = d.customer_id or d.one_owner = d.other_owner)
                group by d.interaction_id, d.customer_id
            ) as g on g.interaction_id = p.interaction_id and g.customer_id = p.customer_id
        ) as o
        where o.occurred_at <= $horizon
    """,
    inputs=("interactions", "interaction_objects"),
    slots=("row", "within", "log", "horizon"),
    output={"score": "double"},
)

_CONTACT = (
    "A contact is a call, or a message with something said in it; messages within an hour after the last one are the "
    "same contact. It is about the ticket, thread or order that it names; what names none is one matter per customer. "
)
_LEFT_OUT = "Contacts of nobody known are left out, and so are those that are younger than the limit."
UNITS = (
    Units(
        name="first_contacts",
        noun="first contact",
        about=f"{_CONTACT}A contact is a first one if the customer did not get in touch about the same within a limit "
        "of days before. It scores 1 if they do not come back about it within that limit, and its outcome does not say "
        f"that it stayed open, else 0. {_LEFT_OUT}",
        rows=_OPENING,
    ),
    Units(
        name="matters",
        noun="resolved matter",
        about=f"{_CONTACT}A matter begins with a contact about it after none for a limit of days, and scores the "
        "contacts within that limit from then on. It is resolved unless the last of them says that it stayed open; "
        f"those that are not are left out. {_LEFT_OUT}",
        rows=_MATTERS,
    ),
    Units(
        name="conversations",
        noun="conversation",
        about="A customer's first message about a ticket, a thread or an order scores the seconds until the company's "
        "first reply about the same that is no internal note; one that had no reply within a limit of days scores that "
        f"limit. Messages from sources that tell of no replies are left out. {_LEFT_OUT}",
        rows=_ANSWERED,
    ),
    Units(
        name="cases_closed",
        noun="closed case",
        about="A case that its source calls solved scores the seconds that it was open, and counts when it last "
        "changed. Cases that are open still are left out.",
        rows=_CLOSED,
    ),
    Units(
        name="orders_complained",
        noun="order",
        about="An order scores 1 if somebody calls or writes about it within a limit of days, else 0: whoever names "
        "its number, or only the same customer where several have an order of that number. Orders without a number are "
        "left out, so are those of nobody known, and those that are younger than the limit; and contacts of nobody "
        "known.",
        rows=_COMPLAINED,
    ),
)
