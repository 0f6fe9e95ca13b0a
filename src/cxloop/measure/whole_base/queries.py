"""The log as occasions: one row per customer and occasion (an order, say), with what was known before anybody answered.

An occasion begins with its first row and lasts until the customer's next. What is known of it is what happened before
its invitation or, where nobody was invited, within ten days: so both are seen for about as long.
"""

from __future__ import annotations

from cxloop.engine.query import Query

__all__ = ["OCCASIONS"]

_KINDS = "'order', 'delivery', 'return', 'call', 'message', 'case', 'review', 'answer', 'treatment'"
_CONTACT = "kind in ('call', 'message', 'case')"

OCCASIONS = Query(
    name="measure.occasions",
    sql=f"""
        select
            customer, occasion,
            min(case when opens = 1 then moment end) as began_at,
            min(first_moment) as first_at,
            max(case when opens = 1 then product end) as product,
            max(case when opens = 1 then region end) as region,
            max(case when opens = 1 then brand end) as brand,
            max(case when opens = 1 then channel end) as channel,
            sum(case when opens = 1 then worth end) as worth,
            min(case when invited = 1 then moment end) as invited_at,
            max(case when invited = 1 then channel end) as invited_by,
            min(case when answered = 1 then moment end) as answered_at,
            max(case when answered = 1 then channel end) as answered_by,
            avg(case when answered = 1 then score end) as score,
            max(case when known = 1 and kind = 'delivery' then outcome end) as delivery,
            max(case when known = 1 and {_CONTACT} then outcome end) as contact,
            sum(case when known = 1 and opens = 0 and {_CONTACT} then 1 else 0 end) as contacts,
            sum(case when known = 1 and opens = 0 and kind = 'return' then 1 else 0 end) as returned,
            avg(case when known = 1 and answered = 0 then part end) as elsewhere
        from (
            select
                marked.*,
                case
                    when moment < coalesce(first_invited, began + interval '10 days') or opens = 1 then 1 else 0
                end as known
            from (
                select
                    counted.*,
                    min(case when opens = 1 then moment end) over (partition by customer, occasion) as began,
                    min(case when invited = 1 then moment end) over (partition by customer, occasion) as first_invited
                from (
                    select
                        chosen.*,
                        min(moment) over (partition by customer) as first_moment,
                        sum(opens) over (
                            partition by customer order by moment, place
                            rows between unbounded preceding and current row
                        ) as occasion
                    from (
                        select
                            $customer as customer, i.occurred_at as moment, i.interaction_id as place, i.kind as kind,
                            i.product as product, i.region as region, i.brand as brand, c.channel as channel,
                            i.outcome as outcome, i.value as worth, i.score as score,
                            case
                                when i.scale_max > i.scale_min
                                then (i.score - i.scale_min) / (i.scale_max - i.scale_min)
                            end as part,
                            case when $opens then 1 else 0 end as opens,
                            case
                                when i.kind = 'treatment' and coalesce(i.outcome, 'asked') = 'asked' then 1 else 0
                            end as invited,
                            case when $answers then 1 else 0 end as answered
                        from $log
                        where $where and i.key_id is not null and i.known_at <= $until
                        and i.kind in ({_KINDS})
                        and (
                            i.kind <> 'treatment'
                            or i.survey_id in (
                                select s.survey_id from interactions as s
                                where s.metric = $metric and s.survey_id is not null
                            )
                        )
                    ) as chosen
                ) as counted
            ) as marked
        ) as told
        where occasion > 0
        group by customer, occasion
        order by customer, occasion
    """,
    inputs=("interactions", "event_catalogue", "customer_keys", "customer_strength"),
    parameters={"until": "timestamp", "metric": "text"},
    slots=("customer", "opens", "answers", "log", "where"),
    output={
        "customer": "bigint",
        "occasion": "bigint",
        "began_at": "timestamp",
        "first_at": "timestamp",
        "product": "text",
        "region": "text",
        "brand": "text",
        "channel": "text",
        "worth": "double",
        "invited_at": "timestamp",
        "invited_by": "text",
        "answered_at": "timestamp",
        "answered_by": "text",
        "score": "double",
        "delivery": "text",
        "contact": "text",
        "contacts": "bigint",
        "returned": "bigint",
        "elsewhere": "double",
    },
)
"""Every occasion of every customer, in order, with whether they were invited after it and what they answered."""
