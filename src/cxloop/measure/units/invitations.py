"""Invitations: who was asked by a survey, and whether an answer came."""

from __future__ import annotations

from cxloop.engine.query import Query
from cxloop.measure.units.base import Units

__all__ = ["UNITS"]

_ASKED = "(e.name = 'survey_sent' or (l.kind = 'treatment' and e.name like '%invited'))"
# A response that a person took out of the numbers, and an answer that was taken back, keep their place in the log.
_ANSWERED = "(l.kind = 'answer' and coalesce(e.name, '') not in ('answer_left_out', 'answer_withdrawn'))"

_SENT = Query(
    name="measure.units.invitations",
    # What an answer replies to is said by `refers_to`, or it is the last invitation to that survey before it: one pass
    # over invitations and answers in the order of time finds that without joining each with each.
    sql=f"""
        select $row, case when o.answered_at <= o.occurred_at + $within then 1.0 else 0.0 end as score
        from (
            select
                p.*,
                coalesce(r.answered_at, case when s.next_at is null or s.answer_at < s.next_at then s.answer_at end)
                    as answered_at
            from $log as p
            inner join (
                select
                    u.interaction_id, u.asked,
                    min(case when u.asked = 0 then u.occurred_at end) over (
                        partition by u.customer_id, u.survey_id
                        order by u.occurred_at, u.asked desc, u.interaction_id
                        rows between 1 following and unbounded following
                    ) as answer_at,
                    min(case when u.asked = 1 then u.occurred_at end) over (
                        partition by u.customer_id, u.survey_id
                        order by u.occurred_at, u.asked desc, u.interaction_id
                        rows between 1 following and unbounded following
                    ) as next_at
                from (
                    select
                        l.interaction_id, l.occurred_at, l.customer_id, l.survey_id,
                        case when l.kind = 'answer' then 0 else 1 end as asked
                    from $log as l
                    inner join event_codes as e on e.event_code = l.event_code
                    where l.customer_id is not null and l.survey_id is not null
                        and ({_ASKED} or ({_ANSWERED} and l.refers_to is null))
                ) as u
            ) as s on s.interaction_id = p.interaction_id and s.asked = 1
            left join (
                select l.source, l.refers_to, min(l.occurred_at) as answered_at
                from $log as l
                inner join event_codes as e on e.event_code = l.event_code
                where l.refers_to is not null and {_ANSWERED}
                group by l.source, l.refers_to
            ) as r on r.source = p.source and r.refers_to = p.message_id
            left join (
                select l.source, l.refers_to, count(*) as times
                from $log as l
                inner join event_codes as e on e.event_code = l.event_code
                where l.refers_to is not null and e.name in ('survey_bounced', 'survey_failed')
                group by l.source, l.refers_to
            ) as b on b.source = p.source and b.refers_to = p.refers_to
            where b.times is null
        ) as o
        where o.occurred_at <= $horizon
    """,
    inputs=("interactions", "event_codes"),
    slots=("row", "within", "log", "horizon"),
    output={"score": "double"},
)

UNITS = (
    Units(
        name="invitations",
        noun="invitation",
        about="An invitation to a survey that was sent to a customer scores 1 if an answer to that survey follows "
        "within a limit of days, else 0. An answer counts for the invitation that it names, or for the last one before "
        "it. A response that was not finished counts with its first answer; a reminder is no invitation of its own. "
        "What bounced is left out, and so are invitations that are younger than the limit, and those to nobody known. "
        "Elsewhere an invitation is a treatment whose name ends with `invited` and that names its survey.",
        rows=_SENT,
    ),
)
